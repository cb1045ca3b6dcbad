"""The zero test: is an equation true? Proved by a named strategy, refuted by a witness, or undecided.

`simplify(lhs - rhs) == 0` is neither complete, nor sound, nor the same in every process. Here a statement is first
attacked with exact rational points at two precisions; what survives is handed to deterministic strategies, each of
which has a name, does one thing, and can only ever answer "zero" or "I don't know". SymPy and mpmath only.

What is taken on trust: SymPy's automatic evaluation and polynomial arithmetic; the interchange of limits and integrals.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import factorial
from typing import Any

import mpmath
from mpmath import mp
from sympy import (
    Abs,
    Add,
    Basic,
    Derivative,
    Dummy,
    Expr,
    Heaviside,
    I,
    Indexed,
    IndexedBase,
    Integral,
    Lambda,
    Limit,
    MatrixBase,
    MatrixExpr,
    Max,
    Min,
    Mod,
    Mul,
    Piecewise,
    Poly,
    PolynomialError,
    Pow,
    Product,
    Rational,
    S,
    Sum,
    Symbol,
    Wild,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    beta,
    binomial,
    cancel,
    ceiling,
    cos,
    cosh,
    diff,
    digamma,
    erf,
    erfc,
    exp,
    expand,
    expand_func,
    expand_log,
    factor_list,
    factorint,
    floor,
    fraction,
    gamma,
    gammasimp,
    harmonic,
    ilcm,
    integrate,
    limit,
    log,
    loggamma,
    lowergamma,
    minimal_polynomial,
    oo,
    pi,
    piecewise_fold,
    polygamma,
    rem,
    sign,
    simplify,
    sin,
    sinh,
    sqrt,
    sympify,
    tan,
    tanh,
    together,
    uppergamma,
)
from sympy import (
    factorial as sym_factorial,
)
from sympy.core.function import AppliedUndef
from sympy.core.random import seed as seed_sympy
from sympy.core.relational import Relational

from utils.domains import Point, evaluated, points, seed_of, variables

__all__ = ["Undefined", "Verdict", "at_most", "equal", "evaluate", "matrix_at", "nonnegative", "proportional"]

POINTS = 16
DIGITS = (50, 100)
HEURISTIC_SIZE = 150  # above this many operations `simplify` is not worth its minutes
HEURISTIC_SEEDS = (1, 2, 3)


class Undefined(ArithmeticError):
    """An expression has no finite value at a point."""


@dataclass(frozen=True)
class Verdict:
    """What the zero test found, and how.

    `status`: "proved", "refuted" or "undecided". `strategy` names the proof. A refutation carries the `witness` and the
    two `values` there. `points` counts the points at which both sides had a finite value.
    """

    status: str
    strategy: str = ""
    witness: Point | None = None
    values: tuple = ()
    points: int = 0

    def __bool__(self) -> bool:
        raise TypeError("a verdict has three values: compare `.status` with 'proved', 'refuted' or 'undecided'")


def equal(lhs: Basic, rhs: Basic, where: Sequence[Basic] = (), count: int = POINTS) -> Verdict:
    """Decide lhs = rhs for all values of the free symbols that their assumptions and `where` admit.

    Scalars, or matrices of one shape (compared entry by entry). Raises ValueError for a symbol without a domain.
    """
    lhs, rhs = evaluated(sympify(lhs)), evaluated(sympify(rhs))
    refutation, effective = _attack(lhs, rhs, where, count)
    if refutation is not None:
        return refutation
    if isinstance(lhs, MatrixBase) or isinstance(rhs, MatrixBase):
        verdicts = [equal(a, b, where, 1) for a, b in zip(lhs, rhs, strict=True)]
        if all(v.status == "proved" for v in verdicts):
            return Verdict("proved", _join(v.strategy for v in verdicts), points=effective)
        return Verdict("undecided", points=effective)
    if isinstance(lhs, MatrixExpr) or isinstance(rhs, MatrixExpr):
        return Verdict("undecided", points=effective)
    strategy = _prove_zero(lhs - rhs, tuple(where))
    if strategy and effective:
        return Verdict("proved", strategy, points=effective)
    return Verdict("undecided", points=effective)


def proportional(lhs: Expr, rhs: Expr, variable: Symbol, where: Sequence[Basic] = ()) -> Verdict:
    """Decide whether lhs / rhs is free of `variable`: lhs' rhs = lhs rhs', which needs no log and no division."""
    lhs, rhs = evaluated(sympify(lhs)), evaluated(sympify(rhs))
    verdict = equal(diff(lhs, variable) * rhs, lhs * diff(rhs, variable), where)
    if verdict.status == "proved":
        how = f"the ratio's derivative in {variable} is zero: {verdict.strategy}"
        return Verdict("proved", how, points=verdict.points)
    return verdict


def nonnegative(expr: Expr, where: Sequence[Basic] = (), strict: bool = False) -> Verdict:
    """Decide expr >= 0 (> 0 if `strict`): proved only if manifest from its form and its symbols' assumptions."""
    expr = evaluated(expr)
    effective = 0
    for point in points(variables(expr), where, POINTS, seed_of(expr)):
        try:
            value = evaluate(expr, point)
        except Undefined:
            continue
        effective += 1
        if mpmath.im(value) == 0 and value < -(mpmath.mpf(10) ** -20) * (1 + abs(value)):
            return Verdict("refuted", "numerical witness", point, (value, 0), effective)
    if effective and _manifest(expr, tuple(where), strict):
        return Verdict("proved", f"manifestly {'positive' if strict else 'non-negative'}", points=effective)
    return Verdict("undecided", points=effective)


def at_most(
    lhs: Expr, rhs: Expr, where: Sequence[Basic] = (), gap: Expr | None = None, strict: bool = False
) -> Verdict:
    """Decide lhs <= rhs (< if `strict`) from a certificate: `gap` equals rhs - lhs and is manifestly non-negative.

    Without `gap` the difference itself, factored over a common denominator, has to be manifest.
    """
    difference = evaluated(sympify(rhs)) - evaluated(sympify(lhs))
    certificates = [evaluated(gap)] if gap is not None else [difference, together(difference), _factored(difference)]
    verdict = Verdict("undecided")
    for certificate in certificates:
        verdict = nonnegative(certificate, where, strict)
        if verdict.status == "refuted":
            return verdict if gap is None else Verdict("undecided", points=verdict.points)
        if verdict.status == "proved":
            same = equal(difference, certificate, where)
            if same.status == "proved":
                how = f"the gap is {verdict.strategy}: {same.strategy}"
                return Verdict("proved", how, points=same.points)
            return Verdict("undecided", points=same.points)
    return verdict


# ---------------------------------------------------------------------------------------------------- refutation


def _attack(lhs: Basic, rhs: Basic, where: Sequence[Basic], count: int) -> tuple[Verdict | None, int]:
    """Look for a point where the sides differ at 50 digits and still differ, by as much, at 100."""
    lhs, rhs = _instantiate(lhs), _instantiate(rhs)
    digits, most = _effort(lhs, rhs)
    effective = 0
    for point in points(variables(lhs, rhs), where, min(count, most), seed_of(lhs, rhs)):
        try:
            first = _values(lhs, rhs, point, digits[0])
        except Undefined:
            continue
        effective += 1
        if not _differ(first, digits[0]):
            continue
        second = _values(lhs, rhs, point, digits[1])
        steady = not any(_differ(pair, digits[0]) for pair in zip(first, second, strict=True))
        if steady and _differ(second, digits[0]):
            return Verdict("refuted", "numerical witness", point, second, effective), effective
    return None, effective


def _effort(*sides: Basic) -> tuple[tuple[int, int], int]:
    """Digits and points worth spending: numerical integrals are slow, nested ones very slow."""
    if any(len(e.limits) > 1 or e.function.has(Integral) for side in sides for e in side.atoms(Integral)):
        return (8, 11), 1
    return ((20, 30), 3) if any(side.has(Integral, Limit, Sum) for side in sides) else (DIGITS, POINTS)


def _values(lhs: Basic, rhs: Basic, point: Point, digits: int) -> tuple:
    """Both sides at one point, as numbers; of two matrices, the entries that differ most."""
    if isinstance(lhs, MatrixBase | MatrixExpr) or isinstance(rhs, MatrixBase | MatrixExpr):
        left, right = matrix_at(lhs, point), matrix_at(rhs, point)
        if left.shape != right.shape:
            raise ValueError(f"the sides have shapes {left.shape} and {right.shape}: they can't be equal")
        pairs = [(evaluate(a, {}, digits), evaluate(b, {}, digits)) for a, b in zip(left, right, strict=True)]
        return max(pairs, key=lambda pair: abs(pair[0] - pair[1]))
    return evaluate(lhs, point, digits), evaluate(rhs, point, digits)


def matrix_at(expr: Basic, point: Point) -> MatrixBase:
    """A matrix expression with exact rational matrices put in for its symbols."""
    scalars = {s: v for s, v in point.items() if isinstance(s, Symbol)}
    by_name = {s.name: v for s, v in point.items() if not isinstance(s, Symbol | IndexedBase)}

    def put(e: Basic) -> Basic:
        if getattr(e, "is_MatrixExpr", False) and getattr(e, "is_symbol", False):
            return by_name[e.name]
        if not e.args:
            return scalars.get(e, e)
        return e.func(*(put(a) for a in e.args))

    value = put(expr).doit()
    return value if isinstance(value, MatrixBase) else value.as_explicit()


def _differ(pair: tuple, digits: int) -> bool:
    left, right = pair
    return abs(left - right) > mpmath.mpf(10) ** (-digits // 2) * (abs(left) + abs(right) + mpmath.mpf(10) ** -digits)


def _instantiate(expr: Basic) -> Basic:
    """Put a concrete smooth function in for each undefined one: what holds for every f holds for this one."""
    functions = sorted({f.func for f in expr.atoms(AppliedUndef)}, key=str)
    for k, f in enumerate(functions):
        args = [Dummy(f"a{j}", real=True) for j in range(_arity(expr, f))]
        inner = Add(*(a * Rational(2 * j + 3, 7 + k) for j, a in enumerate(args)))
        expr = expr.replace(f, Lambda(tuple(args), exp(-inner / 5) + Rational(k + 2, 3) + inner**2 / 11))
    return expr.doit() if functions else expr


def _arity(expr: Basic, f: type) -> int:
    return len(next(a for a in expr.atoms(AppliedUndef) if a.func == f).args)


MPMATH: dict[type, Callable] = {
    exp: mpmath.exp, log: mpmath.log, sin: mpmath.sin, cos: mpmath.cos, tan: mpmath.tan, sinh: mpmath.sinh,
    cosh: mpmath.cosh, tanh: mpmath.tanh, asin: mpmath.asin, acos: mpmath.acos, atan: mpmath.atan, asinh: mpmath.asinh,
    acosh: mpmath.acosh, erf: mpmath.erf, erfc: mpmath.erfc, gamma: mpmath.gamma, loggamma: mpmath.loggamma,
    digamma: mpmath.digamma, polygamma: lambda m, z: mpmath.polygamma(int(m), z), beta: mpmath.beta,
    binomial: mpmath.binomial, sym_factorial: mpmath.factorial, harmonic: mpmath.harmonic, Abs: abs, sign: mpmath.sign,
    floor: mpmath.floor, ceiling: mpmath.ceil, Max: max, Min: min, lowergamma: lambda a, z: mpmath.gammainc(a, 0, z),
    uppergamma: lambda a, z: mpmath.gammainc(a, z), Heaviside: lambda x, h: mpmath.mpf(x > 0) if x != 0 else h,
    Mod: lambda a, b: a - b * mpmath.floor(a / b),
}  # fmt: skip


def evaluate(expr: Basic, point: Point, digits: int = 30) -> Any:
    """The value of a scalar expression at a point, by mpmath at `digits` digits.

    Handles what `evalf` and `lambdify` disagree about: vectors indexed from 1, sums whose length is a symbol, integrals
    with symbolic limits. Raises Undefined where there is no finite value, NotImplementedError for an unknown function.
    """
    with mp.workdps(digits):
        try:
            value = _Evaluator(point, digits)(expr)
        except (ZeroDivisionError, ValueError, OverflowError, TypeError, mpmath.libmp.NoConvergence) as error:
            raise Undefined(f"{expr} has no value at {point}: {error}") from error
        if not isinstance(value, bool) and not mpmath.isfinite(value):
            raise Undefined(f"{expr} is not finite at {point}")
        return value


@dataclass
class _Evaluator:
    point: Point
    digits: int
    bound: dict = field(default_factory=dict)

    def __call__(self, e: Basic) -> Any:
        if e in self.bound:
            return self.bound[e]
        if e.is_Rational:
            return mpmath.mpf(e.p) / e.q
        if isinstance(e, Symbol):
            return self(self.point[e]) if e in self.point else _missing(e)
        if e.is_Atom and not isinstance(e, Indexed):
            return _constant(e, self.digits)
        if isinstance(e, Add):
            return mpmath.fsum(self(a) for a in e.args)
        if isinstance(e, Mul):
            return mpmath.fprod(self(a) for a in e.args)
        if isinstance(e, Pow):
            base, power = self(e.base), self(e.exp)
            return base ** int(power) if e.exp.is_Integer else base**power
        if type(e) in MPMATH:
            return MPMATH[type(e)](*(self(a) for a in e.args))
        method = getattr(self, f"_{type(e).__name__.lower()}", None)
        if method is None:
            raise NotImplementedError(f"no numerical rule for {type(e).__name__}: state the claim without it")
        return method(e)

    def _with(self, **changes) -> "_Evaluator":
        return _Evaluator(self.point, self.digits, {**self.bound, **changes.pop("bound")})

    def _indexed(self, e) -> Any:
        if len(e.indices) != 1:
            raise NotImplementedError("only vectors have indices here: state a matrix claim with MatrixSymbol")
        entries = self.point.get(e.base) or _missing(e.base)
        return self(entries[int(self(e.indices[0]))])

    def _sum(self, e) -> Any:
        return self._folded(e, mpmath.fsum, mpmath.nsum)

    def _product(self, e) -> Any:
        return self._folded(e, mpmath.fprod, mpmath.nprod)

    def _folded(self, e, finite, infinite) -> Any:
        (index, low, high), rest = e.limits[-1], e.limits[:-1]
        body = e.func(e.function, *rest) if rest else e.function

        def term(k):
            return self._with(bound={index: k})(body)

        start = self(low)
        if high == oo:
            return infinite(term, [int(start), mpmath.inf])
        return finite(term(mpmath.mpf(k)) for k in range(int(start), int(self(high)) + 1))

    def _integral(self, e) -> Any:
        (x, low, high), rest = e.limits[-1], e.limits[:-1]
        body = e.func(e.function, *rest) if rest else e.function
        ends = [_infinite(low) or self(low), _infinite(high) or self(high)]
        nested = bool(rest) or body.has(Integral) or bool(self.bound)
        breaks = _breaks(ends, self._centres(body, x), nested)

        def integrand(t):
            return self._with(bound={x: t})(body)

        # quad stops at an absolute error, so a posterior of height exp(-3000) has to be lifted to height one first
        scale = max((abs(integrand(t)) for t in breaks[1:-1]), default=0) or mpmath.mpf(1)
        return scale * mpmath.quad(lambda t: integrand(t) / scale, breaks, maxdegree=4 if nested else 6)

    def _centres(self, body: Expr, x: Symbol) -> list:
        """Where the mass of an integrand sits: the peaks of its Gaussian factors (tanh-sinh would step over them)."""
        exponents = {e.exp for e in body.atoms(exp)}
        exponents |= {Add(*(f.exp for f in m.args if isinstance(f, exp))) for m in body.atoms(Mul)}
        return [c for e in sorted(exponents, key=str) for c in _peak(e, x, self)]

    def _derivative(self, e) -> Any:
        return self(e.doit())

    def _limit(self, e) -> Any:
        return self(e.doit())

    def _piecewise(self, e) -> Any:
        for value, condition in e.args:
            if condition == True or self._relation(condition):  # noqa: E712
                return self(value)
        raise Undefined("no branch of the Piecewise applies")

    def _relation(self, condition) -> bool:
        if not isinstance(condition, Relational):
            parts = [self._relation(c) for c in condition.args]
            return any(parts) if type(condition).__name__ == "Or" else all(parts)
        left, right = (self(a) for a in condition.args)
        compare = {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}
        return {**compare, "==": left == right, "!=": left != right}[condition.rel_op]


def _missing(symbol: Basic) -> Any:
    raise KeyError(f"no value for `{symbol}` at this point")


def _constant(e: Basic, digits: int) -> Any:
    if e == I:
        return mpmath.mpc(0, 1)
    if e == pi:
        return +mpmath.pi
    if e in (oo, -oo, S.NaN, S.ComplexInfinity):
        raise Undefined(f"{e} is not a finite number")
    return mpmath.mpmathify(e.evalf(digits))


def _infinite(end: Basic) -> Any:
    return {oo: mpmath.inf, -oo: -mpmath.inf}.get(end)


def _peak(exponent: Expr, x: Symbol, value: _Evaluator) -> list:
    try:
        quadratic = Poly(exponent, x)
    except PolynomialError:
        return []
    if quadratic.degree() != 2:
        return []
    try:
        a, b, _ = (value(c) for c in quadratic.all_coeffs())
    except KeyError:  # the exponent has the variable of an inner integral in it
        return []
    if mpmath.im(a) or a >= 0:
        return []
    centre, width = mpmath.re(-b / (2 * a)), mpmath.sqrt(-1 / (2 * a))
    return [centre + k * width for k in (-12, -4, 0, 4, 12)]


def _breaks(ends: list, centres: list, nested: bool) -> list:
    chosen = centres[2::5] if nested else centres  # one break a peak, where each costs a whole inner integral
    return [ends[0], *sorted({c for c in chosen if ends[0] < c < ends[1]}), ends[1]]


# -------------------------------------------------------------------------------------------------------- proofs


def _prove_zero(expr: Expr, where: tuple) -> str | None:
    """The name of the first strategy that reduces the expression to exactly zero, or None."""
    if expr == 0:
        return "SymPy's automatic evaluation"
    expr, moved = _on_its_domain(expr, where)
    prefix = ["change of variable"] if moved else []
    expr, used = _closed(expr)
    for strategy in STRATEGIES:
        name = strategy(expr, where)
        if name:
            return _join([*prefix, *used, name])
    return None


def _join(names) -> str:
    kept: list[str] = []
    for name in names:
        for part in name.split(" + "):
            if part and part not in kept:
                kept.append(part)
    return " + ".join(kept)


def _on_its_domain(expr: Expr, where: tuple) -> tuple[Expr, bool]:
    """Replace a symbol bounded by constants with one declared positive, so that logs and roots may split."""
    lows: dict[Symbol, Expr] = {}
    highs: dict[Symbol, Expr] = {}
    for c in where:
        if not isinstance(c, Relational) or c.rel_op not in ("<", "<=", ">", ">="):
            continue
        small, large = (c.lts, c.gts)
        if small.is_number and isinstance(large, Symbol):
            lows[large] = small
        if large.is_number and isinstance(small, Symbol):
            highs[small] = large
    moved = False
    for s in sorted(set(lows) | set(highs), key=str):
        if s.is_integer:
            continue
        low = lows.get(s, S.Zero if s.is_nonnegative else None)
        high = highs.get(s)
        t = Dummy(f"t_{s}", positive=True)
        if low is not None and high is not None:
            new = (low + high * t) / (1 + t)
        elif low not in (None, 0):
            new = low + t
        elif low is None and high is not None:
            new = high - t
        else:
            continue
        if not any(s in lim for e in expr.atoms(Sum, Integral, Product) for lim in e.limits):
            expr, moved = expr.subs(s, new), True
    return expr, moved


def _closed(expr: Expr) -> tuple[Expr, list[str]]:
    """Evaluate derivatives, sums, limits and integrals that have an exact value; name what was used."""
    used: list[str] = []

    def visit(e: Basic) -> Basic:
        if not e.args or isinstance(e, Relational):
            return e
        if isinstance(e, Derivative):
            return _derivative(visit(e.expr), e)
        if isinstance(e, Integral | Sum | Product | Limit):
            e = e.func(visit(e.args[0]), *e.args[1:])
            value, how = CLOSED_FORMS[type(e)](e)
            if how and how not in used:
                used.append(how)
            return value
        args = [visit(a) for a in e.args]
        return e.func(*args) if any(a is not b for a, b in zip(args, e.args, strict=True)) else e

    return visit(expr), used


def _derivative(body: Expr, e: Derivative) -> Expr:
    return diff(body, *e.variables)


def _limit(e: Limit) -> tuple[Expr, str]:
    value = limit(*e.args)
    return value, "" if isinstance(value, Limit) else "limit (Gruntz)"


def _sum(e: Sum) -> tuple[Expr, str]:
    """Split a sum by linearity; polynomial summands have Faulhaber's closed form, the rest stay as named sums."""
    if len(e.limits) > 1:
        inner, how = _sum(Sum(e.function, e.limits[0]))
        outer, more = _sum(Sum(inner, *e.limits[1:]))
        return outer, _join([how, more])
    index, low, high = e.limits[0]
    if high == oo:
        value = e.doit()
        return value, "" if value.has(Sum) else "summation"
    if (high - low).is_Integer:
        return Add(*(e.function.subs(index, low + k) for k in range(int(high - low) + 1))), "finite sum"
    total = S.Zero
    for term in Add.make_args(expand(e.function)):
        free, bound = term.as_independent(index, as_Add=False)
        if bound.is_polynomial(index) and not bound.has(IndexedBase):
            total += free * Sum(bound, (index, low, high)).doit()
        else:
            slot = Symbol("i", integer=True, positive=True)
            total += free * Sum(bound.subs(index, slot), (slot, low, high))
    return total, "linearity of sums"


def _product(e: Product) -> tuple[Expr, str]:
    index, low, high = e.limits[0]
    if (high - low).is_Integer:
        return Mul(*(e.function.subs(index, low + k) for k in range(int(high - low) + 1))), "finite product"
    if isinstance(e.function, exp):
        total, _ = _sum(Sum(e.function.exp, e.limits[0]))
        return exp(total), "a product of exponentials is the exponential of a sum"
    constant, rest = e.function.as_independent(index, as_Add=False)
    if constant != 1 and rest != e.function:
        inner, how = _product(Product(rest, e.limits[0])) if rest != 1 else (S.One, "finite product")
        return constant ** (high - low + 1) * inner, how
    return e, ""


def _integral(e: Integral) -> tuple[Expr, str]:
    """Exact value by a table of densities, else by an antiderivative that is differentiated back."""
    if len(e.limits) > 1:
        inner, how = _integral(Integral(e.function, e.limits[0]))
        outer, more = _integral(Integral(inner, *e.limits[1:]))
        return outer, _join([how, more])
    if len(e.limits[0]) < 3:
        return e, ""
    x, low, high = e.limits[0]
    total, names = S.Zero, []
    for term in Add.make_args(expand(e.function, power_exp=False, log=False, power_base=False, mul=True)):
        free, bound = term.as_independent(x, as_Add=False)
        value, how = _one_integral(bound, x, low, high)
        if not how:
            whole, how = _one_integral(e.function, x, low, high)
            return (whole, how) if how else (_standing(e.function, x, low, high), "")
        total += free * value
        names.append(how)
    return total, _join(names)


def _standing(f: Expr, x: Symbol, low: Expr, high: Expr) -> Expr:
    """An integral that stays one, written the same way each time: constants outside, one name for its variable."""
    free, bound = f.as_independent(x, as_Add=False)
    slot = Symbol("x_", real=True)
    return free * Integral(bound.subs(x, slot), (slot, low, high))


def _one_integral(f: Expr, x: Symbol, low: Expr, high: Expr) -> tuple[Expr, str]:
    if (low, high) == (-oo, oo):
        value = _gaussian(f, x)
        if value is not None:
            return value, "Gaussian moments"
    if (low, high) == (0, oo):
        value = _gamma_density(f, x)
        if value is not None:
            return value, "Gamma function"
    if f.has(AppliedUndef):
        return S.Zero, ""
    value = _by_antiderivative(f, x, low, high)
    return (value, "antiderivative, differentiated back") if value is not None else (S.Zero, "")


def _gaussian(f: Expr, x: Symbol) -> Expr | None:
    """Integral over the line of polynomial times exp(quadratic), by completing the square and the even moments."""
    polynomial, exponent = S.One, S.Zero
    for factor in Mul.make_args(f):
        if isinstance(factor, exp):
            exponent += factor.exp
        elif isinstance(factor, Pow) and isinstance(factor.base, exp):
            exponent += factor.base.exp * factor.exp
        else:
            polynomial *= factor
    if not exponent.is_polynomial(x) or not polynomial.is_polynomial(x):
        return None
    quadratic = Poly(exponent, x)
    if quadratic.degree() != 2:
        return None
    a, b, c = quadratic.all_coeffs()
    if not together(a).is_negative and not a.is_negative:
        return None
    variance = -1 / (2 * a)
    mean = b * variance
    total = S.Zero
    for (k,), coefficient in Poly(polynomial, x).terms():
        even = range(0, k + 1, 2)
        total += coefficient * Add(*(binomial(k, j) * mean ** (k - j) * variance ** (j // 2) * _odd(j) for j in even))
    return sqrt(2 * pi) * sqrt(together(variance)) * exp(c + mean**2 / (2 * variance)) * total


def _odd(j: int) -> int:
    """E[Z^j] for Z standard normal and even j."""
    return factorial(j) // (2 ** (j // 2) * factorial(j // 2))


def _gamma_density(f: Expr, x: Symbol) -> Expr | None:
    """Integral over the half line of x^(a-1) exp(-b x), times one."""
    b, c = Wild("b", exclude=[x]), Wild("c", exclude=[x])
    power, rate, scale = S.Zero, S.Zero, S.One
    for factor in Mul.make_args(f):
        if factor == x:
            power += 1
        elif isinstance(factor, Pow) and factor.base == x and not factor.exp.has(x):
            power += factor.exp
        elif isinstance(factor, exp):
            match = expand(factor.exp).collect(x).match(-b * x + c)
            if match is None:
                return None
            rate, scale = rate + match[b], scale * exp(match[c])
        elif not factor.has(x):
            scale *= factor
        else:
            return None
    if not (together(rate).is_positive and (power + 1).is_positive):
        return None
    return scale * gamma(power + 1) / rate ** (power + 1)


def _by_antiderivative(f: Expr, x: Symbol, low: Expr, high: Expr) -> Expr | None:
    try:
        antiderivative = integrate(f, x)
    except Exception:  # SymPy's integrator raises a dozen kinds; each means "no antiderivative found"
        return None
    if antiderivative.has(Integral, Piecewise, I) or _normal_zero(diff(antiderivative, x) - f) is None:
        return None
    try:
        ends = [
            antiderivative.subs(x, end) if end.is_finite else limit(antiderivative, x, end, "-") for end in (low, high)
        ]
    except Exception:  # the limit is not found: no exact value
        return None
    if any(end.has(Limit, S.NaN, oo, -oo, S.ComplexInfinity) for end in ends):
        return None
    return ends[1] - ends[0]


CLOSED_FORMS: dict[type, Callable] = {Integral: _integral, Sum: _sum, Product: _product, Limit: _limit}


# ------------------------------------------------------------------------------------- strategy: the normal form


@dataclass
class _Kernels:
    """Transcendental parts of an expression, each given a name, so that what is left is a rational function.

    Treating kernels as independent can miss a zero but never invent one. Powers of one base share one root.
    """

    names: dict = field(default_factory=dict)  # key -> Dummy
    denominators: dict = field(default_factory=dict)  # key -> lcm of the exponents' denominators
    used: set = field(default_factory=set)

    def want(self, key, coefficient: Rational) -> None:
        self.denominators[key] = ilcm(self.denominators.get(key, 1), coefficient.q)

    def power(self, key, coefficient: Rational) -> Expr:
        if key not in self.names:
            self.names[key] = Dummy(f"k{len(self.names)}", positive=True)
        return self.names[key] ** (coefficient * self.denominators[key])


def _normal_zero(expr: Expr) -> str | None:
    """Prove zero by rational arithmetic over the kernels; name the kinds of kernels that took part."""
    try:
        prepared, used = _prepared(expr)
        kernels = _Kernels()
        _replace(prepared, kernels, collect=True)
        rational = _replace(prepared, kernels, collect=False)
        numerator, _ = fraction(together(rational))
        numerator = expand(numerator)
        for key, name in kernels.names.items():
            kind, base = key[0], key[1]
            if kind == "root" and numerator != 0:
                top, bottom = fraction(together(_replace(base, kernels, collect=False)))
                relation = bottom * name ** kernels.denominators[key] - top
                numerator = expand(fraction(together(rem(numerator, relation, name)))[0])
        if numerator != 0:
            numerator = expand(fraction(cancel(together(numerator)))[0])
    except (PolynomialError, NotImplementedError, RecursionError, KeyError):
        return None
    if numerator != 0:
        return None
    return _join([*sorted(used | kernels.used), "rational functions"])


def _prepared(expr: Expr) -> tuple[Expr, set]:
    used = set()
    if expr.has(sin, cos, tan, sinh, cosh, tanh):
        expr = _trigonometry(expr)
        used.add("exponentials")
    if expr.has(gamma, digamma, polygamma, loggamma, beta, binomial, sym_factorial, harmonic):
        expr = expr.rewrite(gamma) if expr.has(beta, binomial, sym_factorial) else expr
        expr = expr.replace(log, lambda a: loggamma(a.args[0]) if isinstance(a, gamma) else log(a))
        expr = expr.replace(harmonic, lambda m: digamma(m + 1) - digamma(1))
        expr = expand_func(expand_log(expr))
        used.add("special functions")
    if expr.has(erfc):
        expr = expr.replace(erfc, lambda a: 1 - erf(a))
    return expr, used


def _trigonometry(e: Basic) -> Basic:
    """Trigonometric and hyperbolic functions in exponentials; every other head stays (`rewrite` would reach them)."""
    if not e.args:
        return e
    args = [_trigonometry(a) for a in e.args]
    rebuilt = e.func(*args)
    return rebuilt.rewrite(exp) if isinstance(rebuilt, sin | cos | tan | sinh | cosh | tanh) else rebuilt


def _replace(e: Expr, kernels: _Kernels, collect: bool) -> Expr:
    """First pass (`collect`): see which roots are needed. Second pass: put the kernels' names in."""
    if e.is_Number or e in (I, pi, S.Exp1) or (isinstance(e, Symbol)):
        return e
    if isinstance(e, Add | Mul):
        return e.func(*(_replace(a, kernels, collect) for a in e.args))
    if isinstance(e, exp):
        kernels.used.add("exponentials")
        return _exponential(S.Exp1, e.exp, kernels, collect)
    if isinstance(e, Pow):
        if e.exp.is_Integer:
            return _replace(e.base, kernels, collect) ** e.exp
        return _power(e, kernels, collect)
    if isinstance(e, log):
        kernels.used.add("logarithms")
        return _logarithm(e.args[0], kernels, collect)
    return _function(e, kernels, collect)


def _exponential(base: Expr, exponent: Expr, kernels: _Kernels, collect: bool) -> Expr:
    product = S.One
    for term in Add.make_args(expand(cancel(expand_log(exponent)) if base == S.Exp1 else exponent)):
        coefficient, monomial = term.as_coeff_Mul()
        if not coefficient.is_Rational:
            coefficient, monomial = S.One, term
        if base == S.Exp1 and isinstance(monomial, log):
            product *= _replace(Pow(monomial.args[0], coefficient), kernels, collect)
            continue
        if base != S.Exp1 and monomial == 1:
            product *= _replace(Pow(base, coefficient), kernels, collect)
            continue
        key = ("exp", base, monomial)
        if collect:
            kernels.want(key, coefficient)
        else:
            product *= kernels.power(key, coefficient)
    return product


def _power(e: Pow, kernels: _Kernels, collect: bool) -> Expr:
    if not e.exp.is_Rational:
        kernels.used.add("exponentials")
        if not e.base.is_positive:
            return _exponential(e.base, e.exp, kernels, collect)
        product = S.One
        for term in Add.make_args(expand(_split_log(e.base))):
            coefficient, logarithm = term.as_coeff_Mul()
            if isinstance(logarithm, log):
                product *= _exponential(logarithm.args[0], e.exp * coefficient, kernels, collect)
            else:
                product *= _exponential(S.Exp1, e.exp * term, kernels, collect)
        return product
    kernels.used.add("radicals")
    top, bottom = fraction(together(e.base))
    if bottom.is_negative:
        top, bottom = -top, -bottom
    if bottom != 1 and bottom.is_positive:
        return _replace(Pow(top, e.exp) / Pow(bottom, e.exp), kernels, collect)
    if not e.base.is_Symbol and not e.base.is_number and e.base.is_nonnegative:
        factors = _positive_factors(top)
        if factors and len(factors) + sum(k != 1 for _, k in factors) > 1:
            return _replace(Mul(*(Pow(f, k * e.exp) for f, k in factors)), kernels, collect)
        top = expand(top)
    key = ("root", top if not e.base.is_Symbol else e.base)
    if collect:
        kernels.want(key, e.exp)
        _replace(key[1], kernels, collect)
        return S.One
    return kernels.power(key, e.exp)


def _positive_factors(e: Expr) -> list | None:
    """The factors of a polynomial, if each is positive by its symbols' assumptions."""
    try:
        constant, factors = factor_list(e)
    except PolynomialError:
        return None
    if not constant.is_positive or not all(f.is_positive for f, _ in factors):
        return None
    return ([(constant, 1)] if constant != 1 else []) + factors


def _split_log(e: Expr) -> Expr:
    """log e as a sum over positive factors."""
    if e.is_Rational and e.is_positive:
        primes = factorint(e.p).items(), factorint(e.q).items()
        return Add(*(k * log(p) for p, k in primes[0])) - Add(*(k * log(p) for p, k in primes[1]))
    if isinstance(e, Mul) and all(a.is_positive for a in e.args):
        return Add(*(_split_log(a) for a in e.args))
    if isinstance(e, exp) and e.exp.is_extended_real:
        return e.exp
    if isinstance(e, Pow) and e.base.is_positive and e.exp.is_extended_real:
        return e.exp * _split_log(e.base)
    top, bottom = fraction(together(e))
    if bottom != 1 and bottom.is_positive and top.is_positive:
        return _split_log(top) - _split_log(bottom)
    factors = _positive_factors(e) if e.is_positive and e.args else None
    if factors and (len(factors) > 1 or factors[0][1] != 1 or factors[0][0] != e):
        return Add(*(k * (_split_log(f) if f != e else log(f)) for f, k in factors))
    return log(e)


def _logarithm(argument: Expr, kernels: _Kernels, collect: bool) -> Expr:
    split = expand(_split_log(argument))
    total = S.Zero
    for term in Add.make_args(split):
        rest, logs = S.One, S.One
        for f in Mul.make_args(term):
            logs, rest = (logs * f, rest) if isinstance(f, log) else (logs, rest * f)
        kernel = S.One if logs == 1 else _function(logs, kernels, collect) if isinstance(logs, log) else None
        if kernel is None:
            raise NotImplementedError("a product of logarithms inside a logarithm")
        total += _replace(rest, kernels, collect) * kernel
    return total


def _function(e: Expr, kernels: _Kernels, collect: bool) -> Expr:
    """Any other function of its arguments in canonical form is a kernel of its own."""
    if e.is_number and not e.args:
        return e
    if e.args and not isinstance(e, Integral | Sum | Product | Derivative | Limit) and e.func not in (log, Piecewise):
        rebuilt = e.func(*(cancel(together(a)) if isinstance(a, Expr) else a for a in e.args))
        if rebuilt.func != e.func:
            return _replace(rebuilt, kernels, collect)
        e = rebuilt
        kernels.used.add("special functions")
    elif isinstance(e, log):
        e = log(expand(e.args[0]))
        if not isinstance(e, log):
            return _replace(e, kernels, collect)
    key = ("function", e)
    if collect:
        kernels.want(key, S.One)
        return S.One
    return kernels.power(key, S.One)


# --------------------------------------------------------------------------------------------- other strategies


def _algebraic_number(expr: Expr, where: tuple) -> str | None:
    """A number made of roots is zero iff its minimal polynomial is x."""
    if expr.free_symbols or not expr.is_algebraic:
        return None
    x = Dummy("x")
    return "minimal polynomial" if minimal_polynomial(expr, x) == x else None


def _gamma_products(expr: Expr, where: tuple) -> str | None:
    if not expr.has(gamma, binomial, sym_factorial, beta):
        return None
    return "gammasimp" if _normal_zero(gammasimp(expr.rewrite(gamma))) else None


CASES = (Piecewise, Abs, Max, Min, sign, Heaviside)


def _case_split(expr: Expr, where: tuple) -> str | None:
    """Cut the line of one symbol at each place where a case changes, and prove every part."""
    if not expr.has(*CASES):
        return None
    expr = expr.replace(Heaviside, lambda a, h=S.Half: Piecewise((0, a < 0), (h, Relational(a, 0, "==")), (1, True)))
    folded = piecewise_fold(expr.rewrite(Piecewise))
    conditions = sorted(folded.atoms(Relational), key=str)
    for condition in conditions:
        difference = condition.lhs - condition.rhs
        for s in sorted(difference.free_symbols, key=str):
            slope = diff(difference, s)
            if slope.has(s) or slope == 0 or not slope.is_nonzero:
                continue
            cut = cancel(s - difference / slope)
            return _split_at(folded, s, cut, where)
    return None


def _split_at(expr: Expr, s: Symbol, cut: Expr, where: tuple) -> str | None:
    t = Dummy("t", positive=True)
    for new in (cut + t, cut, cut - t):
        if (s.is_positive and new.is_nonpositive) or (s.is_nonnegative and new.is_negative):
            continue
        part = evaluated(expr.subs(s, new))
        if part != 0 and not _prove_zero(part, where):
            return None
    return "case split"


SMOOTH_ON_THE_LINE = (exp, sin, cos, sinh, cosh, tanh, atan, asinh, erf, erfc)
SMOOTH_IF_POSITIVE = (log, gamma, loggamma, digamma, polygamma)


def _equal_derivatives(expr: Expr, where: tuple) -> str | None:
    """A smooth function on an interval with zero derivative and one zero value is zero."""
    for s in sorted((v for v in expr.free_symbols if isinstance(v, Symbol)), key=str):
        if not s.is_extended_real or s.is_integer or not _smooth(expr, s):
            continue
        slope = diff(expr, s)
        if slope.has(Derivative) or _normal_zero(slope) is None:
            continue
        for value in (S.One, S.Zero):
            if value == 0 and s.is_positive:
                continue
            at = expr.subs(s, value)
            if at == 0 or _normal_zero(at) or (at.free_symbols and _equal_derivatives(at, where)):
                return f"equal derivatives in {_plain(s)}, equal at {_plain(s)} = {value}"
    return None


def _plain(s: Symbol) -> str:
    return s.name.removeprefix("t_") if isinstance(s, Dummy) else s.name


def _smooth(e: Basic, s: Symbol) -> bool:
    if not e.has(s) or isinstance(e, Symbol):
        return True
    if isinstance(e, (Add, Mul, *SMOOTH_ON_THE_LINE)):
        here = True
    elif isinstance(e, Pow):
        here = bool((e.exp.is_Integer and e.exp > 0) or e.base.is_positive or (e.exp.is_Integer and e.base.is_nonzero))
    elif isinstance(e, SMOOTH_IF_POSITIVE):
        here = bool(e.args[-1].is_positive)
    else:
        here = False
    return here and all(_smooth(a, s) for a in e.args)


def _induction(expr: Expr, where: tuple) -> str | None:
    """For sums up to a symbol n: the value at n = 1 and the step from n to n + 1 are both zero."""
    for s in sorted({lim[2] for e in expr.atoms(Sum) for lim in e.limits if isinstance(lim[2], Symbol)}, key=str):
        if not (s.is_integer and s.is_positive):
            continue

        def later(e, n=s):
            if isinstance(e, Sum) and len(e.limits) == 1 and e.limits[0][2] == n:
                index = e.limits[0][0]
                return e + e.function.subs(index, n + 1)
            return e.func(*(later(a) for a in e.args)) if e.args else (n + 1 if e == n else e)

        base, _ = _closed(expr.subs(s, 1).doit())
        step, _ = _closed(later(expr) - expr)
        if (base == 0 or _normal_zero(base)) and (step == 0 or _normal_zero(step)):
            return f"induction on {s}"
    return None


def _division_with_remainder(expr: Expr, where: tuple) -> str | None:
    """floor(q + r/d) = q for integer q and 0 <= r < d; Mod(a, d) is a less d times that floor."""
    if not expr.has(floor, Mod):
        return None
    expr = expr.replace(Mod, lambda a, d: a - d * floor(a / d))
    reduced = expr.replace(floor, lambda a: _floor(a, where))
    return "division with remainder" if reduced == 0 or _normal_zero(reduced) else None


def _floor(argument: Expr, where: tuple) -> Expr:
    terms = Add.make_args(expand(cancel(argument)))
    whole = Add(*(t for t in terms if t.is_integer))
    rest = together(Add(*(t for t in terms if not t.is_integer)))
    top, bottom = fraction(rest)
    facts = {Relational(*_ordered(c)) for c in where if isinstance(c, Relational)}
    below = top == 0 or Relational(top, bottom, "<") in facts or Relational(top, bottom - 1, "<=") in facts
    above = top == 0 or top.is_nonnegative or Relational(S.Zero, top, "<=") in facts
    return whole if below and above and bottom.is_positive else floor(argument)


def _ordered(c: Relational) -> tuple:
    return c.lts, c.gts, ("<" if c.rel_op in ("<", ">") else "<=")


def _heuristic(expr: Expr, where: tuple) -> str | None:
    """The last resort, and named as such: `simplify` must find zero under every one of several seeds."""
    if expr.count_ops() > HEURISTIC_SIZE:
        return None
    for s in HEURISTIC_SEEDS:
        seed_sympy(s)
        if simplify(expr) != 0:
            return None
    return "simplify (a heuristic)"


STRATEGIES: tuple[Callable[[Expr, tuple], str | None], ...] = (
    lambda expr, where: _normal_zero(expr),
    _algebraic_number,
    _gamma_products,
    _division_with_remainder,
    _case_split,
    _equal_derivatives,
    _induction,
    _heuristic,
)


# ------------------------------------------------------------------------------------------------- inequalities


def _manifest(expr: Expr, where: tuple, strict: bool) -> bool:
    """Non-negative (or positive) by form: sums and products of parts whose sign assumptions and `where` settle."""
    moved, _ = _on_its_domain(expr, where)
    facts = [c.gts - c.lts for c in where if isinstance(c, Relational) and c.rel_op in ("<", "<=", ">", ">=")]
    for fact in facts:  # a difference that `where` makes non-negative may stand as a part of the form
        moved = moved.subs(fact, Dummy("gap", nonnegative=True))
    forms = (moved, _factored(moved))
    return any(f.is_positive if strict else f.is_nonnegative for f in forms)


def _factored(expr: Expr) -> Expr:
    try:
        return together(expr).factor()
    except PolynomialError:
        return expr
