"""The zero test: is an equation true? Proved by a named strategy, refuted by a witness, or undecided.

`simplify(lhs - rhs) == 0` is neither complete, nor sound, nor the same in every process. Here a statement is first
attacked with exact rational points at two precisions; what survives is handed to deterministic strategies, each of
which has a name, does one thing, and can only ever answer "zero" or "I don't know". SymPy and mpmath only.

What is taken on trust: SymPy's automatic evaluation and polynomial arithmetic; the interchange of limits and integrals.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from itertools import combinations, pairwise, permutations
from math import factorial
from typing import Any

import mpmath
from mpmath import mp
from sympy import (
    Abs,
    AccumBounds,
    Add,
    And,
    Basic,
    Derivative,
    Dummy,
    Expr,
    Function,
    Heaviside,
    I,
    Indexed,
    IndexedBase,
    Integer,
    Integral,
    Lambda,
    LambertW,
    Limit,
    MatrixBase,
    MatrixExpr,
    Max,
    Min,
    Mod,
    Mul,
    Ne,
    Or,
    Piecewise,
    Poly,
    PolynomialError,
    Pow,
    Product,
    Q,
    Rational,
    S,
    Sum,
    Symbol,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    beta,
    binomial,
    cancel,
    ceiling,
    conjugate,
    cos,
    cosh,
    cot,
    coth,
    csc,
    csch,
    default_sort_key,
    diff,
    digamma,
    erf,
    erfc,
    erfi,
    erfinv,
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
    im,
    integrate,
    lcm,
    limit,
    log,
    loggamma,
    lowergamma,
    minimal_polynomial,
    oo,
    pi,
    piecewise_fold,
    polygamma,
    preorder_traversal,
    re,
    rem,
    sec,
    sech,
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
    zeta,
)
from sympy import (
    factorial as sym_factorial,
)
from sympy import (
    reduced as reduced_polynomial,
)
from sympy.core.function import AppliedUndef
from sympy.core.random import seed as seed_sympy
from sympy.core.relational import Relational
from sympy.functions.elementary.hyperbolic import HyperbolicFunction
from sympy.functions.elementary.trigonometric import TrigonometricFunction
from sympy.integrals.manualintegrate import manualintegrate
from sympy.matrices.expressions.transpose import Transpose

from utils.domains import Point, evaluated, points, seed_of, variables

__all__ = ["Undefined", "Verdict", "at_most", "equal", "evaluate", "matrix_at", "nonnegative", "proportional"]

POINTS = 16
DIGITS = (50, 100)
VISIBLE = 1e-3  # a witness should convince a reader: where the sides differ by less, a clearer one is looked for
# SymPy's general routines can run for minutes: expressions of more operations than this are not given to them.
HEURISTIC_SIZE = 60
INTEGRAND_SIZE = 30
LIMIT_SIZE = 60
SERIES_SIZE = 40
ALGEBRAIC_SIZE = 40
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
    if isinstance(lhs, MatrixBase) and isinstance(rhs, MatrixBase):
        verdicts = [equal(a, b, where, 1) for a, b in zip(lhs, rhs, strict=True)]
        if all(v.status == "proved" for v in verdicts):
            return Verdict("proved", _join(v.strategy for v in verdicts), points=effective)
        return Verdict("undecided", points=effective)
    if isinstance(lhs, MatrixBase | MatrixExpr) or isinstance(rhs, MatrixBase | MatrixExpr):
        if effective and _canonical_matrix(lhs, where) == _canonical_matrix(rhs, where):
            return Verdict("proved", "symmetric matrices are their own transposes", points=effective)
        return Verdict("undecided", points=effective)
    seed_sympy(1)  # SymPy shuffles some of its questions: the answers may not depend on the process
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
    expr = evaluated(sympify(expr))
    refutation, effective = _attack(expr, S.Zero, where, POINTS, _below)
    if refutation is not None:
        return refutation
    if effective and _manifest(expr, tuple(where), strict):
        return Verdict("proved", f"manifestly {'positive' if strict else 'non-negative'}", points=effective)
    return Verdict("undecided", points=effective)


def _below(left: Any, right: Any) -> bool:
    return bool(mpmath.im(left) == 0 == mpmath.im(right) and mpmath.re(left) < mpmath.re(right))


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


def _attack(
    lhs: Basic, rhs: Basic, where: Sequence[Basic], count: int, wrong: Callable = lambda left, right: True
) -> tuple[Verdict | None, int]:
    """Look for a point where the sides differ at one precision and still differ, by as much, at a higher one.

    The second evaluation also takes other nodes for its quadratures and lets each operation err by its last digit:
    what only rounding, cancellation or an unsettled quadrature makes differ is not steady, and refutes nothing.
    """
    lhs, rhs = _instantiate(lhs), _instantiate(rhs)
    digits, most = _effort(lhs, rhs)
    effective, best = 0, None
    for point in points(variables(lhs, rhs), where, min(count, most), seed_of(lhs, rhs)):
        try:
            first = _values(lhs, rhs, point, digits[0])
            effective += 1
            if not _differ(first, digits[0]) or not wrong(*first):
                continue
            second = _values(lhs, rhs, point, digits[1], again=True)
        except (Undefined, NotImplementedError):
            continue
        steady = not any(_differ(pair, digits[0]) for pair in zip(first, second, strict=True))
        if steady and _differ(second, digits[0]) and wrong(*second):
            gap = abs(second[0] - second[1]) / (abs(second[0]) + abs(second[1]))
            if best is None or gap > best[0]:
                best = gap, point, second
            if gap > VISIBLE:
                break
    if best is None:
        return None, effective
    return Verdict("refuted", "numerical witness", best[1], best[2], effective), effective


def _effort(*sides: Basic) -> tuple[tuple[int, int], int]:
    """Digits and points worth spending: numerical integrals are slow, nested ones very slow."""
    if any(len(e.limits) > 1 or e.function.has(Integral) for side in sides for e in side.atoms(Integral)):
        return (10, 13), 1
    return ((20, 30), 3) if any(side.has(Integral, Limit, Sum) for side in sides) else (DIGITS, POINTS)


def _values(lhs: Basic, rhs: Basic, point: Point, digits: int, again: bool = False) -> tuple:
    """Both sides at one point, as numbers; of two matrices, the entries that differ most."""
    if isinstance(lhs, MatrixBase | MatrixExpr) or isinstance(rhs, MatrixBase | MatrixExpr):
        left, right = matrix_at(lhs, point), matrix_at(rhs, point)
        if left.shape != right.shape:
            raise ValueError(f"the sides have shapes {left.shape} and {right.shape}: they can't be equal")
        pairs = [
            (_evaluate(a, {}, digits, again), _evaluate(b, {}, digits, again)) for a, b in zip(left, right, strict=True)
        ]
        return max(pairs, key=lambda pair: abs(pair[0] - pair[1]))
    return _evaluate(lhs, point, digits, again), _evaluate(rhs, point, digits, again)


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


def _canonical_matrix(expr: Basic, where: Sequence[Basic]) -> Basic:
    """Symmetric matrices without their transposes."""
    known = {c.arguments[0] for c in where if getattr(c, "function", None) in (Q.symmetric, Q.positive_definite)}
    return expr.replace(lambda e: isinstance(e, Transpose) and e.arg in known, lambda e: e.arg).doit()


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


# ---------------------------------------------------------------------------------------------- numerical values


LARGEST = 10**7  # beyond exp(±LARGEST) a number is told from neither zero nor infinity, and not computed in earnest


def _exp(z: Any) -> Any:
    size = mpmath.re(z)
    if size > LARGEST:
        return mpmath.inf
    return mpmath.mpf(0) if size < -LARGEST else mpmath.exp(z)


def _raised(base: Any, power: Any) -> Any:
    if mpmath.im(base) == 0 and mpmath.im(power) == 0 and base > 0 and abs(power) > 1000:
        return _exp(power * mpmath.log(base))
    return base**power


MPMATH: dict[type, Callable] = {
    exp: _exp, log: mpmath.log, sin: mpmath.sin, cos: mpmath.cos, tan: mpmath.tan, cot: mpmath.cot, sec: mpmath.sec,
    csc: mpmath.csc, sinh: mpmath.sinh, cosh: mpmath.cosh, tanh: mpmath.tanh, coth: mpmath.coth, sech: mpmath.sech,
    csch: mpmath.csch, asin: mpmath.asin, acos: mpmath.acos, atan: mpmath.atan, asinh: mpmath.asinh,
    acosh: mpmath.acosh, atanh: mpmath.atanh, atan2: mpmath.atan2, erf: mpmath.erf, erfc: mpmath.erfc,
    erfi: mpmath.erfi, erfinv: mpmath.erfinv, gamma: mpmath.gamma, loggamma: mpmath.loggamma, digamma: mpmath.digamma,
    polygamma: lambda m, z: mpmath.polygamma(int(mpmath.nint(m)), z), beta: mpmath.beta, zeta: mpmath.zeta,
    binomial: mpmath.binomial, sym_factorial: mpmath.factorial, harmonic: mpmath.harmonic, Abs: abs,
    Max: lambda *a: max(map(_real, a)), Min: lambda *a: min(map(_real, a)),
    lowergamma: lambda a, z: mpmath.gammainc(a, 0, z), uppergamma: lambda a, z: mpmath.gammainc(a, z), re: mpmath.re,
    im: mpmath.im, conjugate: mpmath.conj, LambertW: mpmath.lambertw,
}  # fmt: skip
LONGEST_SUM = 20_000
NO_VALUE = (ZeroDivisionError, ValueError, OverflowError, mpmath.libmp.NoConvergence)


def evaluate(expr: Basic, point: Point, digits: int = 30) -> Any:
    """The value of a scalar expression at a point, by mpmath at `digits` digits.

    Handles what `evalf` and `lambdify` disagree about: vectors indexed from 1, sums whose length is a symbol, integrals
    with symbolic limits (by quadratures good to more than half of the digits). Raises Undefined where there is no finite value, or no quadrature that settles within its
    budget, and NotImplementedError for an unknown function.
    """
    return _evaluate(expr, point, digits)


def _evaluate(expr: Basic, point: Point, digits: int, again: bool = False) -> Any:
    with mp.workdps(digits):
        try:
            value = _Evaluator(point, digits, again)(expr)
        except NO_VALUE as error:
            raise Undefined(f"{expr} has no value at {point}: {error}") from error
        if not isinstance(value, bool) and not mpmath.isfinite(value):
            raise Undefined(f"{expr} is not finite at {point}")
        return value


Closure = Callable[[dict], Any]  # from the values of the bound variables to the value of a subexpression


class _Evaluator:
    """Compiles an expression at a point to closures over its bound variables; what is free of them is computed once."""

    def __init__(self, point: Point, digits: int, again: bool):
        self.point, self.digits, self.again = point, digits, again
        self.noise = random.Random(0)  # the same in every process: a verdict may not depend on luck
        self.exact_values = {s: v for s, v in point.items() if isinstance(s, Symbol)}

    def __call__(self, e: Basic) -> Any:
        return self.compiled(e, frozenset())({})

    def compiled(self, e: Basic, bound: frozenset) -> Closure:
        closure = self._node(e, bound)
        if bound and not e.free_symbols & bound:
            value = closure({})
            return lambda env: value
        return closure

    def _node(self, e: Basic, bound: frozenset) -> Closure:
        if e in bound:
            return lambda env: env[e]
        if e.is_Rational:
            value = mpmath.mpf(e.p) / e.q
            return lambda env: value
        if isinstance(e, Symbol):
            return self._node(self.point[e], bound) if e in self.point else _missing(e)
        if e.is_Atom and not isinstance(e, Indexed):
            value = _constant(e, self.digits)
            return lambda env: value
        method = getattr(self, f"_{type(e).__name__.lower()}", None)
        if method is not None:
            return method(e, bound)
        return self._rounded(_function_of(e), [self.compiled(a, bound) for a in e.args])

    def _rounded(self, function: Callable, parts: list[Closure]) -> Closure:
        """The function of the parts; on the second evaluation its last digit is made uncertain."""
        if not self.again:
            return lambda env: function(*(part(env) for part in parts))
        ulp, noise = mpmath.mpf(10) ** -self.digits, self.noise
        return lambda env: function(*(part(env) for part in parts)) * (1 + ulp * noise.choice((-3, -2, 2, 3)))

    def _add(self, e, bound) -> Closure:
        return self._rounded(lambda *terms: mpmath.fsum(terms), [self.compiled(a, bound) for a in e.args])

    def _mul(self, e, bound) -> Closure:
        exponents = [f.exp for f in e.args if isinstance(f, exp)]
        if len(exponents) > 1:  # one may be beyond all bounds where the other is next to nothing
            others = [self.compiled(f, bound) for f in e.args if not isinstance(f, exp)]
            one = self.compiled(Add(*exponents), bound)
            return self._rounded(lambda power, *rest: _exp(power) * mpmath.fprod(rest), [one, *others])
        return self._rounded(lambda *factors: mpmath.fprod(factors), [self.compiled(a, bound) for a in e.args])

    def _pow(self, e, bound) -> Closure:
        base = self.compiled(e.base, bound)
        if e.exp.is_Integer and abs(e.exp) <= 1000:
            power = int(e.exp)
            return self._rounded(lambda b: b**power, [base])
        return self._rounded(_raised, [base, self.compiled(e.exp, bound)])

    def _indexed(self, e, bound) -> Closure:
        if len(e.indices) != 1:
            raise NotImplementedError("only vectors have indices here: state a matrix claim with MatrixSymbol")
        entries = self.point.get(e.base) or _missing(e.base)
        index = self.compiled(e.indices[0], bound)
        return lambda env: self(entries[_whole(index(env))])

    def _sum(self, e, bound) -> Closure:
        return self._folded(e, bound, mpmath.fsum, mpmath.nsum)

    def _product(self, e, bound) -> Closure:
        return self._folded(e, bound, mpmath.fprod, mpmath.nprod)

    def _folded(self, e, bound, finite, infinite) -> Closure:
        (index, low, high), rest = e.limits[-1], e.limits[:-1]
        term = self.compiled(e.func(e.function, *rest) if rest else e.function, bound | {index})
        start = self.compiled(low, bound)
        if high != oo:
            stop = self.compiled(high, bound)

            def total(env):
                first, last = _whole(start(env)), _whole(stop(env))
                if last - first > LONGEST_SUM:
                    raise Undefined(f"{last - first} terms are too many to add up")
                return finite(term({**env, index: mpmath.mpf(k)}) for k in range(first, last + 1))

            return total

        def series(env):  # the second time some terms are added up first, so that the extrapolation sees others
            first = _whole(start(env))
            later = first + (17 if self.again else 0)
            head = [term({**env, index: mpmath.mpf(k)}) for k in range(first, later)]
            tail = infinite(lambda k: term({**env, index: k}), [later, mpmath.inf])
            return finite([*head, tail])

        return series

    def _integral(self, e, bound) -> Closure:
        (x, low, high), rest = e.limits[-1], e.limits[:-1]
        body = e.func(e.function, *rest) if rest else e.function
        nested = bool(rest or bound or body.has(Integral))
        ends = [_end(end) or self.compiled(end, bound) for end in (low, high)]
        peaks = [[self.compiled(c, bound) for c in quadratic] for quadratic in _quadratic_exponents(body, x)]
        kinks = [[self.compiled(c, bound) for c in polynomial] for polynomial in _kinks(body, x)]
        integrand = self.compiled(body, bound | {x})

        def value(env):
            a, b = (_real(end(env)) for end in ends)
            if a == b:
                return mpmath.mpf(0)
            if a > b:
                raise Undefined("an integral from right to left")
            breaks = [c for p in kinks for c in _real_roots([q(env) for q in p])]
            scale = mpmath.mpf(1)
            for p in peaks:
                for centre, width in _peak([q(env) for q in p]):
                    scale = width
                    breaks += [centre] if nested else [centre - 6 * width, centre, centre + 6 * width]
            return _quadrature(
                lambda t: integrand({**env, x: t}), (a, b), breaks, scale, self.digits, nested, self.again
            )

        return value

    def _derivative(self, e, bound) -> Closure:
        return self.compiled(_differentiated(e), bound)

    def _limit(self, e, bound) -> Closure:
        digits = 5 * self.digits  # the expression is taken so near its limit that it cancels
        near = _near_limit(e, self.digits)

        def value(env):
            with mp.workdps(digits):
                values = {**self.point, **{s: _rational(v) for s, v in env.items()}}
                return _Evaluator(values, digits, self.again)(near)

        return value

    def _piecewise(self, e, bound) -> Closure:
        branches: dict = {}  # compiled when first needed: a branch need not have a value where it does not apply

        def value(env):
            for k, (branch, condition) in enumerate(e.args):
                if self._holds(condition, env):
                    if k not in branches:
                        branches[k] = self.compiled(branch, bound)
                    return branches[k](env)
            raise Undefined("no branch of the Piecewise applies")

        return value

    def _floor(self, e, bound) -> Closure:
        return lambda env: mpmath.mpf(int(floor(self._exact(e.args[0], env))))

    def _ceiling(self, e, bound) -> Closure:
        return lambda env: mpmath.mpf(int(ceiling(self._exact(e.args[0], env))))

    def _mod(self, e, bound) -> Closure:
        return self.compiled(e.args[0] - e.args[1] * floor(e.args[0] / e.args[1]), bound)

    def _sign(self, e, bound) -> Closure:
        return lambda env: mpmath.mpf(int(sign(self._exact(e.args[0], env))))

    def _heaviside(self, e, bound) -> Closure:
        return lambda env: self(Heaviside(self._exact(e.args[0], env), *e.args[1:]))

    def _exact(self, e: Expr, env: dict) -> Rational:
        """The exact value of a rational expression: a floor or a condition may not hang on the last digit.

        Of any other, a rational close to it, provided it is clearly not a whole number.
        """
        known = {**self.exact_values, **{s: _rational(v) for s, v in env.items()}}
        value = e.xreplace(known)
        if value.is_Rational:
            return value
        number = self.compiled(e, frozenset(env))(env)
        if mpmath.im(number) != 0 or not mpmath.isfinite(number):
            raise Undefined(f"{e} is not a real number")
        if abs(number - mpmath.nint(number)) < mpmath.mpf(10) ** (-self.digits // 2):
            raise Undefined(f"{e} is too close to a whole number to say on which side")
        return _rational(number)

    def _holds(self, condition: Basic, env: dict) -> bool:
        if condition in (True, S.true):
            return True
        if not isinstance(condition, Relational):
            parts = [self._holds(c, env) for c in condition.args]
            return (
                any(parts) if isinstance(condition, Or) else all(parts) if isinstance(condition, And) else not parts[0]
            )
        return bool(condition.func(self._exact(condition.lhs - condition.rhs, env), 0))


def _real(value: Any) -> Any:
    if mpmath.im(value) != 0:
        raise Undefined("a complex number has no place in an order")
    return mpmath.re(value)


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


def _function_of(e: Basic) -> Callable:
    """mpmath's function of this name, else SymPy's own evaluation."""
    if type(e) in MPMATH:
        return MPMATH[type(e)]

    def by_evalf(*args):
        value = e.func(*(sympify(a) for a in args)).evalf(mp.dps)
        if not all(part.is_Float or part.is_Rational for part in value.as_real_imag()):
            raise NotImplementedError(f"no numerical rule for {type(e).__name__}: state the claim without it")
        return mpmath.mpmathify(value)

    return by_evalf


def _whole(value: Any) -> int:
    nearest = int(mpmath.nint(mpmath.re(value)))
    if abs(value - nearest) > mpmath.mpf(10) ** (5 - mp.dps):
        raise Undefined(f"{mpmath.nstr(value)} is not a whole number")
    return nearest


def _rational(value: Any) -> Rational:
    """A binary floating-point number as the fraction that it is."""
    negative, mantissa, exponent, _ = mpmath.mpf(_real(value))._mpf_
    if exponent > 10_000:
        raise Undefined("the number is too large to be written out")
    return (-1) ** negative * Rational(int(mantissa)) * Rational(2) ** exponent


@lru_cache(maxsize=512)
def _differentiated(e: Basic) -> Basic:
    """All derivatives carried out; under an integral sign, where they belong (Leibniz)."""
    if not e.args or isinstance(e, Indexed):
        return e
    e = e.func(*(_differentiated(a) for a in e.args))
    if not isinstance(e, Derivative):
        return e
    value = diff(e.expr, *e.variables)
    if value.has(Derivative):
        raise NotImplementedError(f"no numerical rule for {value}: state the claim without it")
    return value


@lru_cache(maxsize=512)
def _near_limit(e: Limit, digits: int) -> Expr:
    """An expression whose value is within rounding of the limit, if what is left of it decays like a power.

    Two distances are compared, so that a limit approached more slowly has no value rather than a wrong one.
    """
    body, x, end, direction = e.args
    if body.has(Sum, Integral, Product):
        body = body.doit()
        if body.has(Sum, Integral, Product):
            raise Undefined("no numerical rule for the limit of a sum or an integral")
    step = Integer(10) ** digits
    values = []
    for distance in (step, step**2):
        if end in (oo, -oo):
            at = distance if end == oo else -distance
        else:
            at = end - 1 / distance if str(direction) == "-" else end + 1 / distance
        values.append(body.subs(x, at))
    return _Settled(*values)


class _Settled(Function):
    """Two approximations of one number: the second if they agree, else no value."""

    nargs = 2


def _agreeing(rough: Any, fine: Any) -> Any:
    if abs(rough - fine) > mpmath.mpf(10) ** (-mp.dps // 10) * (1 + abs(fine)):
        raise Undefined("the limit is not settled")
    return fine


MPMATH[_Settled] = _agreeing


# ----------------------------------------------------------------------------------------------------- quadrature


def _end(end: Basic) -> Closure | None:
    value = {oo: mpmath.inf, -oo: -mpmath.inf}.get(end)
    return None if value is None else lambda env: value


def _quadratic_exponents(body: Expr, x: Symbol) -> list:
    """Coefficients of the Gaussian factors' exponents: where the mass of an integrand may sit."""
    exponents = {e.exp for e in body.atoms(exp)}
    exponents |= {Add(*(f.exp for f in m.args if isinstance(f, exp))) for m in body.atoms(Mul)}
    return [c for c in _coefficients(exponents, x, body) if len(c) == 3]


def _kinks(body: Expr, x: Symbol) -> list:
    """Coefficients of the polynomials at whose roots an integrand may have a kink or a jump."""
    zeros: set[Expr] = {e.args[0] for e in body.atoms(Abs, sign, Heaviside)}
    zeros |= {a - b for e in body.atoms(Max, Min) for a, b in combinations(e.args, 2)}
    zeros |= {c.lhs - c.rhs for e in body.atoms(Piecewise) for c in e.atoms(Relational)}
    return _coefficients(zeros, x, body)


def _coefficients(expressions: set, x: Symbol, body: Expr) -> list:
    found = []
    inner = {v for e in body.atoms(Integral, Sum) for v in e.variables}
    for e in sorted(expressions, key=str):
        if e.has(x) and e.is_polynomial(x) and not e.free_symbols & inner:
            found.append(Poly(e, x).all_coeffs())
    return found


def _peak(coefficients: list) -> list:
    a, b, _ = coefficients
    if mpmath.im(a) or a >= 0:
        return []
    return [(mpmath.re(-b / (2 * a)), mpmath.sqrt(-1 / (2 * a)))]


def _real_roots(coefficients: list) -> list:
    while coefficients and coefficients[0] == 0:
        coefficients = coefficients[1:]
    if len(coefficients) == 2:
        return [-coefficients[1] / coefficients[0]]
    if len(coefficients) < 2:
        return []
    return [
        mpmath.re(r) for r in mpmath.polyroots(coefficients, maxsteps=200, extraprec=60) if abs(mpmath.im(r)) < 1e-8
    ]


DEEPEST = {False: 7, True: 4}  # halvings of the step, in a plain and in a nested quadrature


def _quadrature(f: Callable, ends: tuple, breaks: list, scale: Any, digits: int, nested: bool, again: bool) -> Any:
    """Double-exponential quadrature, refined piece by piece until two steps agree; Undefined if they never do."""
    low, high = ends
    inside = sorted({c for c in breaks if low < c < high})
    if not inside and mpmath.isinf(high - low):
        inside, scale = _scouted(f, ends)
    corners = [low, *inside, high]
    pieces = [_Piece(f, a, b, scale, digits, again) for a, b in pairwise(corners)]
    unsettled = pieces
    tolerance = mpmath.mpf(10) ** -(digits // 2 + 2)
    for level in range(2, DEEPEST[nested] + 1):
        for piece in unsettled:
            piece.refine(level)
        size = mpmath.fsum(piece.size for piece in pieces)
        if not mpmath.isfinite(size):
            raise Undefined("the integrand is not finite")
        unsettled = [p for p in unsettled if level == 2 or abs(p.value - p.before) > tolerance * size]
        if not unsettled:
            return mpmath.fsum(piece.value for piece in pieces)
    raise Undefined("the quadrature does not settle within its budget")


def _scouted(f: Callable, ends: tuple) -> tuple[list, Any]:
    """Where an integrand over an infinite range is largest, on a geometric grid (counted by the mass around)."""
    low, high = ends
    origin = low if mpmath.isfinite(low) else high if mpmath.isfinite(high) else mpmath.mpf(0)
    grid = [origin + s * mpmath.mpf(2) ** k for k in range(-12, 13, 2) for s in (-1, 1)]
    reach = [(t, abs(f(t)) * abs(t - origin)) for t in grid if low < t < high]
    best, mass = max(reach, key=lambda pair: pair[1] if mpmath.isfinite(pair[1]) else -1)
    return ([best], abs(best - origin)) if mass > 0 else ([origin + 1 if low == origin else origin - 1], mpmath.mpf(1))


class _Piece:
    """The integral over one piece, by the trapezoidal rule after a double-exponential change of variable."""

    def __init__(self, f: Callable, low: Any, high: Any, scale: Any, digits: int, again: bool):
        self.f, self.low, self.high, self.digits, self.again = f, low, high, digits, again
        self.infinite = mpmath.isinf(low) or mpmath.isinf(high)
        self.length = scale if self.infinite else high - low
        self.value = self.before = self.size = mpmath.mpf(0)
        self.reach = (-8.0, 8.0)  # the part of the range on which anything is to be found

    def refine(self, level: int) -> None:
        found = []
        for u, share, weight in _nodes(self.infinite, level, self.digits, self.again):
            if self.reach[0] <= u <= self.reach[1]:
                t = self._place(share)
                if t != self.low and t != self.high:
                    found.append((u, self.f(t) * weight * self.length))
        step = mpmath.mpf(2) ** -level
        half = 2 if level > 2 else 0  # the nodes of the level before are every other node of this one
        self.before = self.value
        self.value = (self.value / half if half else 0) + step * mpmath.fsum(v for _, v in found)
        self.size = (self.size / half if half else 0) + step * mpmath.fsum(abs(v) for _, v in found)
        if level == 2:
            most = max((abs(v) for _, v in found), default=0)
            here = [u for u, v in found if abs(v) > most * mpmath.mpf(10) ** -(self.digits + 5)]
            if here:
                self.reach = (min(here) - 0.25, max(here) + 0.25)

    def _place(self, share: Any) -> Any:
        if mpmath.isinf(self.high):
            return self.low + share * self.length
        return self.high - share * self.length if self.infinite else self.low + share * self.length


@lru_cache(maxsize=64)
def _nodes(infinite: bool, level: int, digits: int, again: bool) -> tuple:
    """(u, position, weight) of the nodes that a level adds; on the second evaluation the grid is shifted."""
    step = 2.0**-level
    limit_of_u = 6.5 if infinite else 4.75
    count = int(limit_of_u / step)
    numbers = range(-count, count + 1)
    nodes = []
    with mp.workdps(digits + 10):
        for k in numbers:
            if level > 2 and k % 2 == 0:
                continue
            u = mpmath.mpf(k) * step + (mpmath.mpf(11) / 128 if again else 0)
            if infinite:
                share = mpmath.exp(mpmath.pi / 2 * mpmath.sinh(u))
                weight = share * mpmath.pi / 2 * mpmath.cosh(u)
            else:
                share = 1 / (1 + mpmath.exp(-mpmath.pi * mpmath.sinh(u)))
                weight = mpmath.pi * mpmath.cosh(u) * share / (1 + mpmath.exp(mpmath.pi * mpmath.sinh(u)))
            nodes.append((float(u), share, weight))
    return tuple(nodes)


# -------------------------------------------------------------------------------------------------------- proofs

# What SymPy raises when it cannot do what it was asked: to a strategy, all of it means "I don't know".
GIVES_UP = (ArithmeticError, AttributeError, LookupError, NotImplementedError, PolynomialError, RecursionError)
GIVES_UP += (TypeError, ValueError)  # type: ignore[assignment]
Proof = str | None  # the name of what proved it
AUTOMATIC = "SymPy's automatic evaluation"


def _prove_zero(expr: Expr, where: tuple, depth: int = 0) -> Proof:
    """The name of the first strategy that reduces the expression to exactly zero, or None."""
    if expr == 0:
        return AUTOMATIC
    expr = _with_derivatives(expr)
    names: list[str] = []
    for part, moved in _on_its_domain(expr, where):
        names += ["change of variable"] if moved else []
        closed, used = _closed(part, where)
        names += used
        proof = "rational functions" if closed == 0 else None
        for strategy in STRATEGIES:
            if proof:
                break
            try:
                proof = strategy(closed, where, depth)
            except GIVES_UP:
                continue
        if not proof:
            return None
        names.append(proof)
    return _join(names)


def _join(names: Iterable[str]) -> str:
    kept: list[str] = []
    for name in names:
        for part in name.split(" + "):
            if part and part not in kept:
                kept.append(part)
    return " + ".join(kept)


def _with_derivatives(e: Basic) -> Any:
    """Derivatives carried out first: a change of variable may not reach into them."""
    if not e.args or not e.has(Derivative):
        return e
    args = [_with_derivatives(a) for a in e.args]
    return diff(args[0], *e.variables) if isinstance(e, Derivative) else e.func(*args)


def _on_its_domain(expr: Expr, where: tuple) -> list[tuple[Expr, bool]]:
    """The expression with each bounded symbol written by one declared positive, so that logs and roots may split.

    A bound that may be reached gives a second expression, with the bound put in (if it has a value there).
    """
    lows: dict[Symbol, tuple[Expr, bool]] = {}
    highs: dict[Symbol, tuple[Expr, bool]] = {}
    for c in where:
        if isinstance(c, Ne) and isinstance(c.lhs, Symbol) and c.rhs == 0 and c.lhs.is_real and not c.lhs.is_integer:
            if c.lhs.is_nonzero is None:
                expr = _put(expr, c.lhs, Dummy(c.lhs.name, real=True, nonzero=True))
        elif isinstance(c, Relational) and c.rel_op in ("<", "<=", ">", ">="):
            reached = c.rel_op in ("<=", ">=")
            small, large = c.lts, c.gts
            if small.is_number and isinstance(large, Symbol):
                lows[large] = small, reached
            if large.is_number and isinstance(small, Symbol):
                highs[small] = large, reached
            root = small.base if isinstance(small, Pow) and small.exp == 2 else None
            if isinstance(root, Symbol) and root.is_real and large.is_number and large.is_positive:
                lows.setdefault(root, (-sqrt(large), reached))
                highs.setdefault(root, (sqrt(large), reached))
    parts = [(expr, False)]
    for s in sorted(set(lows) | set(highs), key=str):
        if not s.is_real:
            continue
        if s.is_integer:  # sums up to s are for induction on s itself
            if s in lows and not expr.has(Sum, Product):
                first = floor(lows[s][0]) + (0 if lows[s][1] and lows[s][0].is_integer else 1)
                more = Dummy(f"t_{s}", integer=True, nonnegative=True)
                parts = [(_put(part, s, first + more), moved) for part, moved in parts]
            continue
        natural = (S.Zero, not s.is_positive) if s.is_nonnegative else None
        parts = [new for part in parts for new in _moved(*part, s, lows.get(s, natural), highs.get(s))]
    return parts


def _moved(expr: Expr, already: bool, s: Symbol, low: tuple | None, high: tuple | None) -> list[tuple[Expr, bool]]:
    t = Dummy(f"t_{s}", positive=True)
    if low is not None and high is not None:
        new = (low[0] + high[0] * t) / (1 + t)
    elif low is not None and low[0] != 0:
        new = low[0] + t
    elif low is None and high is not None:
        new = high[0] - t
    else:
        return [(expr, already)]
    if not expr.has(s):
        return [(expr, already)]
    moved = _put(expr, s, new)
    parts = [(moved.replace(lambda e: isinstance(e, Add) and e.has(t) and e.is_rational_function(), _factored), True)]
    for bound in (low, high):
        if bound is not None and bound[1]:
            at = _put(expr, s, bound[0])
            if not at.has(S.NaN, oo, -oo, S.ComplexInfinity):
                parts.append((at, already))
    return parts


def _put(e: Basic, old: Symbol, new: Expr) -> Any:
    """Substitution with automatic evaluation, and without SymPy's cleverness about powers."""
    bound = any(old in limits for node in e.atoms(Sum, Integral, Product, Limit) for limits in node.args[1:])
    return e.subs(old, new) if bound or e.has(Derivative) else e.xreplace({old: new})


def _facts(where: tuple) -> list[Expr]:
    """Differences that `where` makes non-negative."""
    facts = []
    for c in where:
        if isinstance(c, Relational) and c.rel_op in ("<", "<=", ">", ">="):
            gap = c.gts - c.lts
            facts.append(gap - 1 if gap.is_integer and c.rel_op in ("<", ">") else gap)
    return facts


def _nonnegative(e: Expr, where: tuple) -> bool:
    return bool(e.is_nonnegative) or any(expand(e - fact).is_nonnegative for fact in _facts(where))


def _positive(e: Expr, where: tuple) -> bool:
    return bool(e.is_positive) or any(expand(e - fact).is_positive for fact in _facts(where))


# --------------------------------------------------------------------------------------------------- closed forms


def _closed(expr: Expr, where: tuple = ()) -> tuple[Expr, list[str]]:
    """Evaluate sums, products, limits and integrals that have an exact value; name what was used."""
    used: list[str] = []

    def visit(e: Basic) -> Basic:
        if not e.args or isinstance(e, Relational):
            return e
        if isinstance(e, Integral | Sum | Product | Limit):
            e = e.func(visit(e.args[0]), *e.args[1:])
            try:
                value, how = CLOSED_FORMS[type(e)](e, where)
            except GIVES_UP:
                return e
            if how and how not in used:
                used.append(how)
            return value
        args = [visit(a) for a in e.args]
        return e.func(*args) if any(a is not b for a, b in zip(args, e.args, strict=True)) else e

    return _with_derivatives(visit(expr)), used


def _limit(e: Limit, where: tuple) -> tuple[Expr, str]:
    if e.args[0].count_ops() > LIMIT_SIZE or e.has(Integral, Sum, Product):
        return e, ""
    value = limit(*e.args)
    return value, "" if isinstance(value, Limit) else "limit (Gruntz)"


@lru_cache
def _slot(level: int, **assumptions: bool) -> Dummy:
    """One and the same name for the bound variable of what stays a sum or an integral, whatever it was called."""
    return Dummy(f"i_{level}", **assumptions)


def _level(e: Basic) -> int:
    return sum(1 for _ in e.atoms(Sum, Integral, Product))


def _sum(e: Sum, where: tuple) -> tuple[Expr, str]:
    """Split a sum by linearity; polynomial and geometric summands have closed forms, the rest stay as named sums."""
    if len(e.limits) > 1:
        inner, how = _sum(Sum(e.function, e.limits[0]), where)
        outer, more = _sum(Sum(inner, *e.limits[1:]), where)
        return outer, _join([how, more])
    index, low, high = e.limits[0]
    if high == oo:
        return _series(e, index, low)
    if (high - low).is_Integer:
        terms = [_put(e.function, index, low + k) for k in range(int(high - low) + 1)]
        return Add(*terms), "finite sum"
    names = ["linearity of sums"]
    total = S.Zero
    ordered = _nonnegative(expand(high - low + 1), where)  # otherwise the closed forms say something about empty sums
    for term in Add.make_args(expand(e.function)):
        free, bound = term.as_independent(index, as_Add=False)
        ratio = _ratio(bound, index)
        if ordered and bound.is_polynomial(index) and not bound.has(IndexedBase):
            total += free * Sum(bound, (index, low, high)).doit()
        elif ordered and ratio is not None and (1 - ratio).is_nonzero:
            total += free * (_put(bound, index, low) - ratio * _put(bound, index, high)) / (1 - ratio)
            names.append("geometric series")
        else:
            total += free * _standing(Sum, bound, index, low, high)
    return total, _join(names)


def _standing(kind: type, f: Expr, index: Symbol, low: Expr, high: Expr) -> Expr:
    """A sum or an integral that stays one, written the same way each time."""
    start = {"positive": True} if low.is_positive else {"nonnegative": True} if low.is_nonnegative else {"real": True}
    slot = _slot(_level(f), integer=True, **start) if kind is Sum else _slot(_level(f), real=True)
    return kind(_put(f, index, slot), (slot, low, high))


def _ratio(f: Expr, index: Symbol) -> Expr | None:
    """The ratio of successive terms of a geometric sequence."""
    ratio = S.One
    for factor in Mul.make_args(f):
        base, power = (S.Exp1, factor.exp) if isinstance(factor, exp) else factor.as_base_exp()
        slope = expand(diff(power, index))
        if base.has(index) or slope.has(index):
            return None
        ratio *= base**slope
    return _factored(ratio)


def _series(e: Sum, index: Symbol, low: Expr) -> tuple[Expr, str]:
    terms = Add.make_args(expand(e.function, power_base=False, power_exp=False))
    ratios = [_ratio(term, index) for term in terms]
    if all(r is not None and r.is_nonnegative and _factored(1 - r).is_positive for r in ratios):
        total = Add(*(_put(f, index, low) / (1 - r) for f, r in zip(terms, ratios, strict=True)))  # type: ignore[operator]
        return total, "geometric series"
    if e.count_ops() > SERIES_SIZE:
        return e, ""
    value = e.doit()
    return (e, "") if value.has(Sum, Piecewise) else (value, "summation (SymPy's)")


def _product(e: Product, where: tuple) -> tuple[Expr, str]:
    index, low, high = e.limits[0]
    if len(e.limits) > 1:
        return e, ""
    if (high - low).is_Integer:
        return Mul(*(_put(e.function, index, low + k) for k in range(int(high - low) + 1))), "finite product"
    if isinstance(e.function, exp) and high != oo:
        total, _ = _sum(Sum(e.function.exp, e.limits[0]), where)
        return exp(total), "a product of exponentials is the exponential of a sum"
    constant, rest = e.function.as_independent(index, as_Add=False)
    if constant != 1 and rest != e.function and _nonnegative(expand(high - low + 1), where):
        inner, how = _product(Product(rest, e.limits[0]), where) if rest != 1 else (S.One, "finite product")
        return constant ** (high - low + 1) * inner, how
    return e, ""


def _integral(e: Integral, where: tuple) -> tuple[Expr, str]:
    """Exact value by a table of densities, else by an antiderivative, term by term."""
    if len(e.limits) > 1:
        inner, how = _integral(Integral(e.function, e.limits[0]), where)
        outer, more = _integral(Integral(inner, *e.limits[1:]), where)
        return outer, _join([how, more])
    if len(e.limits[0]) < 3:
        return e, ""
    x, low, high = e.limits[0]
    if e.has(AppliedUndef):
        return _standing_integral(e.function, x, low, high), ""
    t = Dummy("t", positive=True) if low.is_nonnegative else Dummy("t", real=True)
    body = _put(e.function, x, t)
    for f in (expand(body, power_exp=False, log=False, power_base=False, mul=True), body):
        total, names = S.Zero, []
        for term in Add.make_args(f):
            free, bound = term.as_independent(t, as_Add=False)
            found = _one_integral(bound, t, low, high, where)
            if found is None:
                break
            total += free * found[0]
            names.append(found[1])
        else:
            return total, _join(names)
    return _standing_integral(e.function, x, low, high), ""


def _standing_integral(f: Expr, x: Symbol, low: Expr, high: Expr) -> Expr:
    free, bound = f.as_independent(x, as_Add=False)
    return free * _standing(Integral, bound, x, low, high)


def _one_integral(f: Expr, x: Symbol, low: Expr, high: Expr, where: tuple) -> tuple[Expr, str] | None:
    if (low, high) == (-oo, oo):
        if f.has(Abs):
            return _folded_at_zero(f, x, where)
        table: tuple[tuple[Callable, str], ...] = (
            (_gaussian, "Gaussian moments"),
            (_gaussian_erf, "Gaussian mean of erf"),
        )
    elif (low, high) == (0, oo):
        table = ((_half_gaussian, "integration by parts"), (_gamma_density, "Gamma function"))
    elif (low, high) == (0, 1):
        table = ((lambda f, x: _beta_density(f, x, where), "Beta function"),)
    else:
        table = ()
    for rule, name in table:
        value = rule(f, x)
        if value is not None:
            return value, name
    value = _by_antiderivative(f, x, low, high)
    return None if value is None else (value, "antiderivative, differentiated back")


def _folded_at_zero(f: Expr, x: Symbol, where: tuple) -> tuple[Expr, str] | None:
    t = Dummy("t", positive=True)
    parts = [_put(f, x, t), _put(f, x, -t)]
    if any(part.atoms(Abs) and part.has(Abs) and any(a.has(t) for a in part.atoms(Abs)) for part in parts):
        return None
    halves = []
    for part in parts:
        free, bound = part.as_independent(t, as_Add=False)
        found = _one_integral(bound, t, S.Zero, oo, where)
        if found is None:
            return None
        halves.append((free * found[0], found[1]))
    return halves[0][0] + halves[1][0], _join(["the line folded at zero", halves[0][1]])


def _exponent_and_rest(f: Expr, x: Symbol) -> tuple[Expr, Expr]:
    """A product as exp(exponent) times the rest."""
    rest, exponent = S.One, S.Zero
    for factor in Mul.make_args(f):
        if isinstance(factor, exp):
            exponent += factor.exp
        elif isinstance(factor, Pow) and isinstance(factor.base, exp) and factor.exp.is_Integer:
            exponent += factor.base.exp * factor.exp
        else:
            rest *= factor
    return exponent, rest


def _negative(a: Expr) -> bool:
    sums = {e: Dummy("sum", positive=True) for e in a.atoms(Sum) if e.function.is_positive}
    a = a.xreplace(sums)  # SymPy does not see that a sum of positive terms is positive
    return bool(a.is_negative or together(a).is_negative or _factored(a).is_negative)


def _gaussian(f: Expr, x: Symbol) -> Expr | None:
    """Integral over the line of polynomial times exp(quadratic), by completing the square and the even moments."""
    if f.has(sin, cos, sinh, cosh):
        terms = Add.make_args(expand(_trigonometry(f), power_exp=False))
        values = [None if term.has(sin, cos, sinh, cosh) else _gaussian(term, x) for term in terms]
        return None if None in values else Add(*values)
    exponent, polynomial = _exponent_and_rest(f, x)
    if not exponent.is_polynomial(x) or not polynomial.is_polynomial(x):
        return None
    quadratic = Poly(exponent, x)
    if quadratic.degree() != 2:
        return None
    a, b, c = quadratic.all_coeffs()
    if not _negative(a):
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


def _gaussian_erf(f: Expr, x: Symbol) -> Expr | None:
    """E erf(p X + q) = erf((p m + q) / sqrt(1 + 2 p^2 s^2)) for X normal with mean m and variance s^2."""
    exponent, rest = _exponent_and_rest(f, x)
    if not isinstance(rest, erf) or not exponent.is_polynomial(x) or not rest.args[0].is_polynomial(x):
        return None
    line, quadratic = Poly(rest.args[0], x), Poly(exponent, x)
    if line.degree() != 1 or quadratic.degree() != 2 or not line.as_expr().is_extended_real:
        return None
    (p, q), (a, b, _) = line.all_coeffs(), quadratic.all_coeffs()
    mass = _gaussian(exp(exponent), x)
    if mass is None or not b.is_extended_real:
        return None
    return mass * erf((p * (-b / (2 * a)) + q) / sqrt(1 - p**2 / a))


def _half_gaussian(f: Expr, x: Symbol) -> Expr | None:
    """Integral over the half line of polynomial times exp(quadratic), by parts from the top power down."""
    exponent, polynomial = _exponent_and_rest(f, x)
    if not exponent.is_polynomial(x) or not polynomial.is_polynomial(x):
        return None
    quadratic = Poly(exponent, x)
    if quadratic.degree() != 2:
        return None
    a, b, c = quadratic.all_coeffs()
    if not _negative(a) or not b.is_extended_real:
        return None
    width = sqrt(together(-a))
    moments = [sqrt(pi) / (2 * width) * exp(c - b**2 / (4 * a)) * (1 + erf(b / (2 * width)))]
    for k in range(1, Poly(polynomial, x).degree() + 1):
        boundary = -exp(c) if k == 1 else (k - 1) * moments[k - 2] * -1
        moments.append((boundary - b * moments[k - 1]) / (2 * a))
    return Add(*(coefficient * moments[k] for (k,), coefficient in Poly(polynomial, x).terms()))


def _gamma_density(f: Expr, x: Symbol) -> Expr | None:
    """Integral over the half line of x^p exp(-b x) or x^p exp(-b / x), times whole powers of log x."""
    exponent, rest = _exponent_and_rest(f, x)
    power, logs = S.Zero, 0
    for factor in Mul.make_args(rest):
        base, exponent_of_x = factor.as_base_exp()
        if base == x and not exponent_of_x.has(x):
            power += exponent_of_x
        elif base == log(x) and exponent_of_x.is_Integer and exponent_of_x > 0:
            logs += int(exponent_of_x)
        elif factor.has(x):
            return None
        else:
            return None if factor != 1 else _gamma_integral(exponent, x, power, logs)
    return _gamma_integral(exponent, x, power, logs)


def _gamma_integral(exponent: Expr, x: Symbol, power: Expr, logs: int) -> Expr | None:
    for turn in (1, -1):  # x^p exp(-b / x) dx is u^(-p - 2) exp(-b u) du
        slope = Add(*(term * turn * x ** (1 - turn) for term in Add.make_args(diff(exponent, x))))
        constant = expand(exponent - slope * x**turn)
        top = power + 1 if turn == 1 else -power - 1
        if constant.has(x) or slope.has(x) or not _negative(slope) or not top.is_positive:
            continue
        p = Dummy("p", positive=True)
        value = diff(gamma(p) * (-slope) ** (-p), p, logs).subs(p, top)
        return exp(constant) * turn**logs * value
    return None


def _beta_density(f: Expr, x: Symbol, where: tuple) -> Expr | None:
    """Integral over (0, 1) of x^(a - 1) (1 - x)^(b - 1)."""
    a = b = S.One
    for factor in Mul.make_args(f):
        base, power = factor.as_base_exp()
        if power.has(x):
            return None
        if base == x:
            a += power
        elif base == 1 - x:
            b += power
        elif factor != 1:
            return None
    if not (_positive(a, where) and _positive(b, where)):
        return None
    return gamma(a) * gamma(b) / gamma(a + b)


ELEMENTARY = (exp, log, sin, cos, sinh, cosh, Pow, Add, Mul)


def _by_antiderivative(f: Expr, x: Symbol, low: Expr, high: Expr) -> Expr | None:
    """The fundamental theorem: the antiderivative has to be smooth between the ends, and to have a value at them.

    SymPy's general integrator can run for minutes, so only rational and short elementary integrands are tried.
    """
    if f.is_rational_function(x):
        if f.count_ops() > 4 * INTEGRAND_SIZE:
            return None
        antiderivative = integrate(f, x)
    elif f.count_ops() <= INTEGRAND_SIZE and all(isinstance(e, ELEMENTARY) for e in preorder_traversal(f) if e.args):
        antiderivative = manualintegrate(f, x)
    else:
        return None
    if antiderivative.has(Integral, Piecewise, I) or _normal_zero(diff(antiderivative, x) - f) is None:
        return None
    t = Dummy("t", positive=True)
    if low.is_finite and high.is_finite:
        inside = (low + high * t) / (1 + t)
    elif low.is_finite:
        inside = low + t
    elif high.is_finite:
        inside = high - t
    else:
        inside = Dummy("t", real=True)
    placed = _put(antiderivative, x, inside)
    if not all(_smooth(placed, s) for s in inside.free_symbols):
        return None
    ends = [_value_at(antiderivative, x, end, side) for end, side in ((low, "+"), (high, "-"))]
    return None if None in ends else ends[1] - ends[0]  # type: ignore[operator]


def _value_at(antiderivative: Expr, x: Symbol, end: Expr, side: str) -> Expr | None:
    value = _put(antiderivative, x, end) if end.is_finite else S.NaN
    if value.has(S.NaN, oo, -oo, S.ComplexInfinity, AccumBounds) or any(p.base == 0 for p in value.atoms(Pow)):
        if antiderivative.count_ops() > LIMIT_SIZE:
            return None
        value = limit(antiderivative, x, end, side)
    return None if value.has(Limit, S.NaN, oo, -oo, S.ComplexInfinity, AccumBounds) else value


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
    divisor: Expr = S.One  # all exponents are written over it, so that equal ones look the same

    def want(self, key, coefficient: Rational) -> None:
        self.denominators[key] = ilcm(self.denominators.get(key, 1), coefficient.q)

    def power(self, key, coefficient: Rational) -> Expr:
        if key not in self.names:
            self.names[key] = Dummy(f"k{len(self.names)}", positive=True)
        return self.names[key] ** (coefficient * self.denominators[key])


def _normal_zero(expr: Expr) -> Proof:
    """Prove zero by rational arithmetic over the kernels; name the kinds of kernels that took part."""
    try:
        prepared, used = _prepared(expr)
        kernels = _Kernels(divisor=_common_divisor(prepared))
        _replace(prepared, kernels, collect=True)
        rational = together(_replace(prepared, kernels, collect=False))
        numerator, denominator = (_reduced(part, kernels) for part in fraction(rational))
    except GIVES_UP:
        return None
    if numerator != 0 or denominator == 0:  # nothing over nothing is no proof
        return None
    return _join([*sorted(used | kernels.used), "rational functions"])


def _reduced(polynomial: Expr, kernels: _Kernels) -> Expr:
    """The polynomial modulo what its roots satisfy: k^d = radicand, outer roots before those under them."""
    polynomial = expand(polynomial)
    known: set = set()
    while known != set(kernels.names):  # writing a radicand can name the roots in it
        known = set(kernels.names)
        for key in known:
            if key[0] == "root":
                _replace(key[1], kernels, collect=False)
    roots = [key for key in kernels.names if key[0] == "root"]
    for key in sorted(roots, key=lambda key: (-key[1].count_ops(), default_sort_key(key[1]))):
        name = kernels.names[key]
        if polynomial.has(name):
            top, bottom = fraction(together(_replace(key[1], kernels, collect=False)))
            relation = bottom * name ** kernels.denominators[key] - top
            polynomial = expand(fraction(together(rem(polynomial, relation, name)))[0])
    if polynomial != 0 and not polynomial.is_polynomial():
        polynomial = expand(fraction(cancel(together(polynomial)))[0])
    return polynomial


def _prepared(expr: Expr) -> tuple[Expr, set]:
    used = set()
    if expr.has(TrigonometricFunction, HyperbolicFunction):
        expr = _trigonometry(expr)
        used.add("exponentials")
    if expr.has(gamma, digamma, polygamma, loggamma, beta, binomial, sym_factorial, harmonic):
        expr = expr.rewrite(gamma) if expr.has(beta, binomial, sym_factorial) else expr
        expr = expr.replace(log, _log_of)
        expr = expr.replace(harmonic, lambda m: digamma(m + 1) - digamma(1))
        expr = expand_func(expand_log(_reflected(expr)))
        used.add("special functions")
    if expr.has(erfc):
        expr = expr.replace(erfc, lambda a: 1 - erf(a))
    return expr, used


def _log_of(argument: Expr) -> Expr:
    log_gamma = isinstance(argument, gamma) and argument.args[0].is_positive
    return loggamma(argument.args[0]) if log_gamma else log(argument)


def _reflected(expr: Expr) -> Expr:
    """digamma(1 - u) = digamma(u) + pi cot(pi u), where both arguments occur."""
    arguments = sorted((d.args[1] for d in expr.atoms(polygamma) if d.args[0] == 0), key=default_sort_key)
    for u, v in combinations(arguments, 2):
        if cancel(u + v - 1) == 0:
            expr = expr.subs(polygamma(0, v), polygamma(0, u) + _trigonometry(pi * cot(pi * u)))
    return expr


def _trigonometry(e: Basic) -> Basic:
    """Trigonometric and hyperbolic functions in exponentials; every other head stays (`rewrite` would reach them)."""
    if not e.args:
        return e
    args = [_trigonometry(a) for a in e.args]
    rebuilt = e.func(*args)
    return rebuilt.rewrite(exp) if isinstance(rebuilt, TrigonometricFunction | HyperbolicFunction) else rebuilt


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


def _common_divisor(expr: Expr) -> Expr:
    exponents = {e.exp for e in expr.atoms(exp)} | {e.exp for e in expr.atoms(Pow) if not e.exp.is_Rational}
    bottoms = {fraction(together(e))[1] for e in exponents}
    return reduce(lcm, sorted((b for b in bottoms if not b.is_number), key=default_sort_key), S.One)


def _exponential(base: Expr, exponent: Expr, kernels: _Kernels, collect: bool) -> Expr:
    product, rest = S.One, S.Zero
    for term in Add.make_args(_proper(exponent.replace(log, _split_log) if base == S.Exp1 else exponent)):
        coefficient, monomial = _rational_part(term)
        if base == S.Exp1 and isinstance(monomial, log):
            product *= _replace(Pow(monomial.args[0], coefficient), kernels, collect)
        elif base != S.Exp1 and monomial == 1:
            product *= _replace(Pow(base, coefficient), kernels, collect)
        elif base == S.Exp1 and (2 * term / (I * pi)).is_Integer:
            product *= exp(term)
        else:
            rest += term
    for term in Add.make_args(expand(cancel(rest * kernels.divisor))):
        coefficient, monomial = _rational_part(term)
        key = ("exp", base, monomial / kernels.divisor)
        if coefficient == 0:
            continue
        if collect:
            kernels.want(key, coefficient)
        else:
            product *= kernels.power(key, coefficient)
    return product


def _rational_part(term: Expr) -> tuple[Expr, Expr]:
    coefficient, monomial = term.as_coeff_Mul()
    return (coefficient, monomial) if coefficient.is_Rational else (S.One, term)


def _proper(e: Expr) -> Expr:
    """A sum of terms: what of a fraction divides out, and a proper fraction."""
    top, bottom = fraction(cancel(together(e)))
    if bottom.is_number:
        return expand(e)
    (quotient,), rest = reduced_polynomial(top, [bottom])
    return expand(quotient) + Add(*(term / bottom for term in Add.make_args(expand(rest))))


def _power(e: Pow, kernels: _Kernels, collect: bool) -> Expr:
    if not e.exp.is_Rational:
        kernels.used.add("exponentials")
        if e.base.is_positive:
            return _exponential(S.Exp1, e.exp * _split_log(e.base), kernels, collect)
        return _exponential(e.base, e.exp, kernels, collect)
    kernels.used.add("radicals")
    top, bottom = fraction(_factored(e.base))
    if bottom.is_negative:
        top, bottom = -top, -bottom
    if bottom != 1 and bottom.is_positive:
        return _replace(Pow(top, e.exp) / Pow(bottom, e.exp), kernels, collect)
    if not e.base.is_Symbol and not e.base.is_number:
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
    if isinstance(e, Pow) and e.exp.is_even and e.base.is_extended_real and e.base.is_nonzero:
        return e.exp * log(Abs(e.base))
    top, bottom = fraction(together(e))
    if bottom != 1 and bottom.is_positive and top.is_positive:
        return _split_log(top) - _split_log(bottom)
    factors = _positive_factors(e) if e.is_positive and e.args else None
    if factors and (len(factors) > 1 or factors[0][1] != 1 or factors[0][0] != e):
        return Add(*(k * (_split_log(f) if f != e else log(f)) for f, k in factors))
    return log(e)


def _logarithm(argument: Expr, kernels: _Kernels, collect: bool) -> Expr:
    split = expand(_split_log(_factored(argument) if argument.has(Add) else argument))
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


def _algebraic_number(expr: Expr, where: tuple, depth: int) -> Proof:
    """A number made of roots is zero iff its minimal polynomial is x; so is each coefficient of a polynomial."""
    symbols = sorted(expr.free_symbols, key=default_sort_key)
    if expr.count_ops() > ALGEBRAIC_SIZE or not all(isinstance(s, Symbol) for s in symbols):
        return None
    numerator = fraction(together(expr))[0]
    coefficients = Poly(numerator, *symbols).coeffs() if symbols else [numerator]
    x = Dummy("x")
    if all(c.is_algebraic and minimal_polynomial(c, x) == x for c in coefficients):
        return "minimal polynomial"
    return None


def _gamma_products(expr: Expr, where: tuple, depth: int) -> Proof:
    if not expr.has(gamma, binomial, sym_factorial, beta):
        return None
    return "gammasimp" if _normal_zero(gammasimp(expr.rewrite(gamma))) else None


def _telescoping(expr: Expr, where: tuple, depth: int) -> Proof:
    """Sums of one sequence between shifted ends differ by the terms at the ends."""
    sums = sorted((e for e in expr.atoms(Sum) if len(e.limits) == 1), key=default_sort_key)
    for first, second in permutations(sums, 2):
        (i, low, high), (j, start, stop) = first.limits[0], second.limits[0]
        for shift in range(-3, 4):
            if _put(first.function, i, j + shift) != second.function or not _nonnegative(high - low, where):
                continue
            more, less = expand(stop + shift - high), expand(start + shift - low)
            if more.is_Integer and less.is_Integer and 0 <= less <= more <= 3:
                gained = Add(*(_put(first.function, i, high + 1 + k) for k in range(int(more))))
                lost = Add(*(_put(first.function, i, low + k) for k in range(int(less))))
                rest = expr.xreplace({second: first + gained - lost})
                if rest == 0 or _normal_zero(rest):
                    return "telescoping sum"
    return None


def _equal_squares(expr: Expr, where: tuple, depth: int) -> Proof:
    """sqrt(B) = T if T^2 = B and T is not negative."""
    terms = Add.make_args(expr)
    for term in terms:
        root = [f for f in Mul.make_args(term) if isinstance(f, Pow) and f.exp == S.Half]
        for f in root:
            other = (term - expr) / (term / f)  # expr = 0 iff f = other
            if other.is_nonnegative and _normal_zero(f.base - other**2):
                return "equal squares, both non-negative"
    return None


CASES = (Piecewise, Abs, Max, Min, sign, Heaviside)
DEEPEST_SPLIT = 4


def _case_split(expr: Expr, where: tuple, depth: int) -> Proof:
    """Cut the line of one symbol at each place where a case changes, and prove every part."""
    if not expr.has(*CASES) or depth == DEEPEST_SPLIT:
        return None
    expr = expr.replace(Heaviside, lambda a, h=S.Half: Piecewise((0, a < 0), (h, Relational(a, 0, "==")), (1, True)))
    folded = piecewise_fold(expr.rewrite(Piecewise))
    for condition in sorted(folded.atoms(Relational), key=default_sort_key):
        difference = condition.lhs - condition.rhs
        for s in sorted(difference.free_symbols & folded.free_symbols, key=default_sort_key):
            slope = diff(difference, s)
            if isinstance(s, Symbol) and s.is_extended_real and not slope.has(s) and slope.is_nonzero:
                return _split_at(folded, s, cancel(s - difference / slope), where, depth)
    return None


def _split_at(expr: Expr, s: Symbol, cut: Expr, where: tuple, depth: int) -> Proof:
    if not cut.is_extended_real:
        return None
    t = Dummy("t", positive=True)
    names = ["case split"]
    for new in (cut + t, cut, cut - t):
        if (s.is_positive and new.is_nonpositive) or (s.is_nonnegative and new.is_negative):
            continue
        part = evaluated(_put(expr, s, new))
        proof = _prove_zero(part, where, depth + 1) if part != 0 else ""
        if proof is None:
            return None
        names.append(proof)
    return _join(names)


SMOOTH_ON_THE_LINE = (exp, sin, cos, sinh, cosh, tanh, atan, asinh, erf, erfc)
SMOOTH_IF_POSITIVE = (log, gamma, loggamma, digamma, polygamma)


def _equal_derivatives(expr: Expr, where: tuple, depth: int) -> Proof:
    """A smooth function on an interval with zero derivative and one zero value is zero."""
    for s in sorted((v for v in expr.free_symbols if isinstance(v, Symbol)), key=default_sort_key):
        plain = _on_an_interval(s)
        if plain is None:
            continue
        moved = _put(expr, s, plain)
        if not _smooth(moved, plain):
            continue
        slope = diff(moved, plain)
        if slope.has(Derivative) or _normal_zero(slope) is None:
            continue
        for value in (S.One, S.Zero, S.NegativeOne):
            if (plain.is_positive and value <= 0) or (plain.is_negative and value >= 0):
                continue
            at = _put(moved, plain, value)
            if at == 0 or _normal_zero(at) or (at.free_symbols and _equal_derivatives(at, where, depth)):
                return f"equal derivatives in {_plain(s)}, equal at {_plain(s)} = {value}"
    return None


def _on_an_interval(s: Symbol) -> Dummy | None:
    """A symbol that runs through a whole interval, of which s is a part; what else is known of s would cut it up."""
    if not s.is_extended_real:
        return None
    known = {"positive": True} if s.is_positive else {"negative": True} if s.is_negative else {"real": True}
    return Dummy(s.name, **known)


def _plain(s: Symbol) -> str:
    return s.name.removeprefix("t_") if isinstance(s, Dummy) else s.name


def _smooth(e: Basic, s: Symbol) -> bool:
    """Differentiable in s wherever s goes, by the form of the expression."""
    if not e.has(s) or isinstance(e, Symbol):
        return True
    if isinstance(e, (Add, Mul, exp, sin, cos)):
        here = True
    elif isinstance(e, SMOOTH_ON_THE_LINE):
        here = _surely(e.args[0], "is_extended_real")
    elif isinstance(e, Pow):
        whole = bool(e.exp.is_Integer)
        here = bool((whole and (e.exp > 0 or _surely(e.base, "is_nonzero"))) or _surely(e.base, "is_positive"))
    elif isinstance(e, SMOOTH_IF_POSITIVE):
        here = _surely(e.args[-1], "is_positive") and not any(a.has(s) for a in e.args[:-1])
    elif isinstance(e, asin | acos):
        here = _surely(1 - e.args[0] ** 2, "is_positive")
    else:
        here = False
    return here and all(_smooth(a, s) for a in e.args)


def _surely(e: Expr, question: str) -> bool:
    return bool(getattr(e, question) or getattr(_factored(e), question) or getattr(_expanded_fraction(e), question))


def _expanded_fraction(e: Expr) -> Expr:
    top, bottom = fraction(together(e))
    return expand(top) / bottom


def _equal_exponentials(expr: Expr, where: tuple, depth: int) -> Proof:
    """If exp(expr) is 1 then expr is a multiple of 2 pi i; if it is continuous too, one and the same everywhere.

    A logarithm's argument that is smooth, real and (as exp(expr) is finite) never zero has one sign, so that the
    logarithm is smooth; it remains to see numerically which multiple it is, at one point.
    """
    if not expr.has(log):
        return None
    places = {s: _on_an_interval(s) for s in expr.free_symbols if isinstance(s, Symbol)}
    if None in places.values() or len(places) != len(expr.free_symbols):
        return None
    expr = expr.xreplace(places)
    product = S.One
    for term in Add.make_args(expand(expr)):
        logs = [f for f in Mul.make_args(term) if isinstance(f, log)]
        if len(logs) > 1 or any(log in map(type, preorder_traversal(a.args[0])) for a in logs):
            return None
        factor = term / logs[0] if logs else term
        smooth = (logs[0].args[0], factor) if logs else (term,)
        if not all(f.is_extended_real and _smooth(f, s) for f in smooth for s in places.values()):
            return None
        product *= logs[0].args[0] ** factor if logs else exp(term)
    if _normal_zero(product - 1) is None:
        return None
    signs = [(s, -1 if s.is_negative else 1) for s in sorted(expr.free_symbols, key=default_sort_key)]
    try:
        value = evaluate(expr, {s: Rational(sign_of, 3) for s, sign_of in signs})
    except (Undefined, NotImplementedError):
        return None
    return "equal exponentials" if abs(value) < 1 else None


def _induction(expr: Expr, where: tuple, depth: int) -> Proof:
    """For sums up to n, n - 1, ...: the value at n = 1 and the step from n to n + 1 are both zero."""
    ends = {lim[2] for e in expr.atoms(Sum) for lim in e.limits if len(e.limits) == 1}
    for s in sorted(set().union(*(end.free_symbols for end in ends)), key=default_sort_key):
        if not (isinstance(s, Symbol) and s.is_integer and s.is_positive):
            continue
        n = Dummy(s.name, integer=True, positive=True)  # whatever else is known of s need not hold of s + 1
        moved = _put(expr, s, n)
        base, _ = _closed(_put(moved, n, S.One))
        step, _ = _closed(_later(moved, n) - moved)
        if all(part == 0 or _normal_zero(part) for part in (base, step)):
            return f"induction on {s}"
    return None


def _later(e: Basic, n: Symbol) -> Basic:
    """The expression at n + 1, the last term of each sum up to n + constant written apart."""
    if e == n:
        return n + 1
    if not e.args or not e.has(n):
        return e
    if isinstance(e, Sum) and len(e.limits) == 1:
        index, low, high = e.limits[0]
        reached = (high + 1 - low).is_nonnegative  # an empty sum may gain its first term, but no longer gap is closed
        if expand(high - n).is_Integer and reached and not low.has(n):
            body = _later(e.function, n)
            return Sum(body, (index, low, high)) + _put(body, index, high + 1)
    return e.func(*(_later(a, n) for a in e.args))


DIVISIONS = 3


def _division_with_remainder(expr: Expr, where: tuple, depth: int) -> Proof:
    """floor(q + r/d) = q for whole q and 0 <= r < d; Mod(a, d) is a less d times that floor.

    Where that is not manifest, a symbol is divided by what it is divided by: a = d q + r, for each r if d is a number.
    """
    if not expr.has(floor, ceiling, Mod):
        return None
    expr = expr.replace(Mod, lambda a, d: a - d * floor(a / d)).replace(ceiling, lambda a: -floor(-a))
    return "division with remainder" if _divided(_by_facts(expr, where), DIVISIONS) else None


def _by_facts(expr: Expr, where: tuple) -> Expr:
    """Write what `where` says is larger as the smaller plus a gap, so that signs can be read off."""
    for c in where:
        if not isinstance(c, Relational) or c.rel_op not in ("<", "<=", ">", ">="):
            continue
        small, large, strict = c.lts, c.gts, c.rel_op in ("<", ">")
        whole = bool(small.is_integer and large.is_integer)
        gap = Dummy("g", nonnegative=True, integer=True) if whole else Dummy("g", positive=True)
        if isinstance(large, Symbol) and not small.has(large) and small.is_nonnegative and expr.has(large):
            expr = _put(expr, large, small + gap + (1 if strict and whole else 0))
    return expr


def _divided(expr: Expr, rounds: int) -> bool:
    reduced = _with_floors(expr)
    if reduced == 0 or _normal_zero(reduced):
        return True
    left = sorted(reduced.atoms(floor), key=default_sort_key)
    if not rounds or not left:
        return False
    for e in left:
        top, bottom = fraction(together(e.args[0]))
        for s in sorted(top.free_symbols - bottom.free_symbols, key=default_sort_key):
            for cases in _remainders(reduced, s, bottom):
                if all(_divided(case, rounds - 1) for case in cases):
                    return True
    return False


def _remainders(expr: Expr, s: Symbol, divisor: Expr) -> Iterator[list[Expr]]:
    """Ways to write a dividend as divisor times quotient plus remainder; each is a list of cases, all to be proved."""
    q = Dummy("q", integer=True, **({"nonnegative": True} if s.is_nonnegative else {}))
    if divisor.is_number or not s.is_integer:
        period = _period(expr, s)
        if s.is_integer:
            yield [_put(expr, s, period * q + k) for k in range(period)]
        elif s.is_real:
            g = Dummy("g", nonnegative=True)
            q = Dummy("q", integer=True)
            yield [_put(expr, s, q + k / Integer(period) + g / (period * (1 + g))) for k in range(period)]
        return
    for d in sorted(divisor.free_symbols, key=default_sort_key):
        if d.is_integer and d.is_positive:
            r, g = Dummy("r", integer=True, nonnegative=True), Dummy("g", integer=True, nonnegative=True)
            split = _put(_put(expr, s, d * q + r), d, r + 1 + g)
            yield [split]
            if s.is_positive:  # remainders 1 to d instead of 0 to d - 1
                yield [_put(_put(expr, s, d * q + r + 1), d, r + 1 + g)]


def _period(expr: Expr, s: Symbol) -> int:
    numbers = [diff(e.args[0], s) for e in expr.atoms(floor) if e.has(s)]
    whole = [n for n in numbers if n.is_Rational]
    if not all(s.is_integer or n.is_Integer for n in whole):
        return 1
    return min(int(ilcm(1, *(n.q if s.is_integer else abs(n.p) for n in whole))), 12)


def _with_floors(expr: Expr) -> Expr:
    """Each floor replaced by its value, from the inside out, where that is manifest."""
    if not expr.args or not expr.has(floor):
        return expr
    args = [_with_floors(a) for a in expr.args]
    return _floor(args[0]) if isinstance(expr, floor) else expr.func(*args)


def _floor(argument: Expr) -> Expr:
    top, bottom = fraction(together(argument))
    top, bottom = expand(top), expand(bottom)
    if not bottom.is_positive:
        return floor(argument)
    if bottom.is_number:
        parts = [t for t in Add.make_args(expand(top / bottom)) if t.is_integer]
    else:
        parts = [q for q in reduced_polynomial(top, [bottom])[0] if q.is_integer]
    whole = Add(*parts)
    rest = expand(top - whole * bottom)
    for shift in (0, 1, -1):
        remainder = expand(rest - shift * bottom)
        if remainder.is_nonnegative and expand(bottom - remainder).is_positive:
            return whole + shift
    return whole + floor(rest / bottom)


def _heuristic(expr: Expr, where: tuple, depth: int) -> Proof:
    """The last resort, and named as such: `simplify` must find zero under every one of several seeds."""
    if depth or expr.count_ops() > HEURISTIC_SIZE or expr.has(Integral, Sum, Product, Limit):
        return None
    for s in HEURISTIC_SEEDS:
        seed_sympy(s)
        if simplify(expr) != 0:
            return None
    return "simplify (a heuristic)"


STRATEGIES: tuple[Callable[[Expr, tuple, int], Proof], ...] = (
    lambda expr, where, depth: _normal_zero(expr),
    _equal_squares,
    _algebraic_number,
    _gamma_products,
    _telescoping,
    _division_with_remainder,
    _case_split,
    _equal_exponentials,
    _equal_derivatives,
    _induction,
    _heuristic,
)


# ------------------------------------------------------------------------------------------------- inequalities


def _manifest(expr: Expr, where: tuple, strict: bool) -> bool:
    """Non-negative (or positive) by form: sums and products of parts whose sign assumptions and `where` settle."""
    return all(_manifest_form(part, where, strict) for part, _ in _on_its_domain(_with_derivatives(expr), where))


def _manifest_form(expr: Expr, where: tuple, strict: bool) -> bool:
    for c in where:  # a difference that `where` makes non-negative may stand as a part of the form
        if isinstance(c, Relational) and c.rel_op in ("<", "<=", ">", ">="):
            sign_of_gap = {"positive": True} if c.rel_op in ("<", ">") else {"nonnegative": True}
            expr = expr.subs(c.gts - c.lts, Dummy("gap", **sign_of_gap))
    return any(f.is_positive if strict else f.is_nonnegative for f in (expr, _factored(expr)))


def _factored(expr: Expr) -> Expr:
    try:
        return together(expr).factor()
    except PolynomialError:
        return expr
