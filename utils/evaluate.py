"""Values of expressions at points, by mpmath: what a refutation rests on.

`evalf` and `lambdify` disagree about vectors, sums whose length is a symbol and integrals with symbolic limits; here
each has one rule. A quadrature counts only if two different ones agree. SymPy and mpmath only.

The same rules serve Python's floats, some ten times as fast, for a first look: nothing is refuted by what they say.
"""

import cmath
import math
import operator
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import combinations, pairwise
from typing import Any

import mpmath
from mpmath import fp, mp
from sympy import (
    Abs,
    Add,
    And,
    Basic,
    Derivative,
    Determinant,
    Expr,
    Function,
    Heaviside,
    I,
    Indexed,
    Integer,
    Integral,
    LambertW,
    Limit,
    MatrixBase,
    Max,
    Min,
    Mul,
    Or,
    Piecewise,
    Poly,
    Product,
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
    ceiling,
    conjugate,
    cos,
    cosh,
    cot,
    coth,
    csc,
    csch,
    diff,
    digamma,
    erf,
    erfc,
    erfi,
    erfinv,
    exp,
    floor,
    gamma,
    harmonic,
    im,
    log,
    loggamma,
    lowergamma,
    oo,
    pi,
    polygamma,
    re,
    sec,
    sech,
    sign,
    sin,
    sinh,
    sympify,
    tan,
    tanh,
    uppergamma,
    zeta,
)
from sympy import (
    factorial as sym_factorial,
)
from sympy.core.relational import Relational

from utils.domains import Point

__all__ = ["Undefined", "evaluate", "evaluated_at", "evaluated_roughly"]


class Undefined(ArithmeticError):
    """An expression has no finite value at a point."""


LARGEST = 10**7  # beyond exp(±LARGEST) a number is told from neither zero nor infinity, and not computed in earnest


def _exp(z: Any) -> Any:
    size = mpmath.re(z)
    if size > LARGEST:
        return mpmath.inf
    return mpmath.mpf(0) if size < -LARGEST else mpmath.exp(z)


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


def _float_exp(z: complex) -> complex:
    return math.exp(z) if isinstance(z, float) else cmath.exp(z)


# The others are mpmath's for floats, of the same name.
FLOATS: dict[type, Callable] = {
    exp: _float_exp, asinh: math.asinh, acosh: math.acosh, atanh: math.atanh,
    polygamma: lambda m, z: fp.polygamma(int(m), z), lowergamma: lambda a, z: fp.gammainc(a, 0, z),
    uppergamma: fp.gammainc, sym_factorial: fp.factorial, conjugate: fp.conj, LambertW: fp.lambertw,
    Abs: abs, Max: MPMATH[Max], Min: MPMATH[Min],
}  # fmt: skip
FLOATS |= {f: getattr(fp, f.__name__) for f in MPMATH if f not in FLOATS}

LONGEST_SUM = 20_000
NO_VALUE = (ZeroDivisionError, ValueError, OverflowError, mpmath.libmp.NoConvergence)
FLOAT_DIGITS = 15


def evaluate(expr: Basic, point: Point, digits: int = 30) -> Any:
    """The value of a scalar expression at a point, by mpmath at `digits` digits.

    Handles what `evalf` and `lambdify` disagree about: vectors indexed from 1, sums whose length is a symbol, integrals
    with symbolic limits (by quadratures good to more than half of the digits). Raises Undefined where there is no
    finite value, or no quadrature that settles within its budget, and NotImplementedError for an unknown function.
    """
    return evaluated_at(expr, point, digits)


def evaluated_at(expr: Basic, point: Point, digits: int, again: bool = False) -> Any:
    with mp.workdps(digits):
        try:
            value = _Evaluator(point, digits, again)(expr)
        except NO_VALUE as error:
            raise Undefined(f"{expr} has no value at {point}: {error}") from error
        if not isinstance(value, bool) and not mpmath.isfinite(value):
            raise Undefined(f"{expr} is not finite at {point}")
        return value


def evaluated_roughly(expr: Basic, point: Point) -> complex:
    """The value in floats, good to some nine digits where nothing cancels.

    Raises Undefined and NotImplementedError where floats do not reach, oftener than `evaluate` does: ask that then.
    """
    try:
        value = _FloatEvaluator(point, FLOAT_DIGITS, False)(expr)
    except (*NO_VALUE, TypeError) as error:  # floats raise TypeError where complex numbers are put in an order
        raise Undefined(f"{expr} has no value in floats at {point}: {error}") from error
    if not cmath.isfinite(value):
        raise Undefined(f"{expr} is not finite in floats at {point}")
    return value


Closure = Callable[[dict], Any]  # from the values of the bound variables to the value of a subexpression


class _Evaluator:
    """Compiles an expression at a point to closures over its bound variables; what is free of them is computed once."""

    context = mp
    functions = MPMATH

    def __init__(self, point: Point, digits: int, again: bool):
        self.point, self.digits, self.again = point, digits, again
        self.noise = random.Random(0)  # the same in every process: a verdict may not depend on luck
        self.exact_values = {s: v for s, v in point.items() if isinstance(s, Symbol)}
        self.entries: dict = {}  # base -> place -> value: a sum reads each entry many times

    def __call__(self, e: Basic) -> Any:
        return self.compiled(e, frozenset())({})

    def compiled(self, e: Basic, bound: frozenset) -> Closure:
        closure = self._node(e, bound)
        if bound and bound.isdisjoint(_free_symbols(e)):
            value = closure({})
            return lambda env: value
        return closure

    def _node(self, e: Basic, bound: frozenset) -> Closure:
        if e in bound:
            return lambda env: env[e]
        if e.is_Rational:
            value = self.context.mpf(e.p) / e.q
            return lambda env: value
        if isinstance(e, Symbol):
            return self._node(self.point[e], bound) if e in self.point else _missing(e)
        if e.is_Atom and not isinstance(e, Indexed):
            value = self.context.convert(_constant(e, self.digits))
            return lambda env: value
        method = getattr(self, f"_{type(e).__name__.lower()}", None)
        if method is not None:
            return method(e, bound)
        return self._rounded(self.function_of(e), [self.compiled(a, bound) for a in e.args])

    def _rounded(self, function: Callable, parts: list[Closure]) -> Closure:
        """The function of the parts; on the second evaluation its last digit is made uncertain."""
        if not self.again:
            if len(parts) == 1:  # the innermost loop of every quadrature and sum: one and two are written out
                (only,) = parts
                return lambda env: function(only(env))
            if len(parts) == 2:
                first, second = parts
                return lambda env: function(first(env), second(env))
            return lambda env: function(*[part(env) for part in parts])
        ulp, noise = mpmath.mpf(10) ** -self.digits, self.noise
        return lambda env: function(*[part(env) for part in parts]) * (1 + ulp * noise.choice((-3, -2, 2, 3)))

    def function_of(self, e: Basic) -> Callable:
        """mpmath's function of this name, else SymPy's own evaluation."""
        return self.functions.get(type(e)) or _by_evalf(e)

    def product(self, *factors: Any) -> Any:
        """mpmath's fprod, digit by digit, without what it does around the product."""
        value = mp.one
        for factor in factors:
            value *= factor
        return +value

    def power(self, base: Any, exponent: Any) -> Any:
        if mpmath.im(base) == 0 and mpmath.im(exponent) == 0 and base > 0 and abs(exponent) > 1000:
            return _exp(exponent * mpmath.log(base))
        return base**exponent

    def _add(self, e, bound) -> Closure:
        total = self.context.fsum
        return self._rounded(lambda *terms: total(terms), [self.compiled(a, bound) for a in e.args])

    def _mul(self, e, bound) -> Closure:
        exponents = [f.exp for f in e.args if isinstance(f, exp)]
        if len(exponents) > 1:  # one may be beyond all bounds where the other is next to nothing
            others = [self.compiled(f, bound) for f in e.args if not isinstance(f, exp)]
            one = self.compiled(Add(*exponents), bound)
            raised, product = self.functions[exp], self.context.fprod
            return self._rounded(lambda power, *rest: raised(power) * product(rest), [one, *others])
        return self._rounded(self.product, [self.compiled(a, bound) for a in e.args])

    def _pow(self, e, bound) -> Closure:
        base = self.compiled(e.base, bound)
        if e.exp.is_Integer and abs(e.exp) <= 1000:
            power = int(e.exp)
            return self._rounded(lambda b: b**power, [base])
        return self._rounded(self.power, [base, self.compiled(e.exp, bound)])

    def _indexed(self, e, bound) -> Closure:
        if len(e.indices) > 2:
            raise NotImplementedError("an array has at most two indices here: write its slices as tables")
        entries = self.point.get(e.base) or _missing(e.base)
        indices = [self.compiled(index, bound) for index in e.indices]
        known = self.entries.setdefault(e.base, {})

        def entry(env):
            place = tuple([_whole(index(env)) for index in indices])
            if place not in known:
                known[place] = self(reduce(operator.getitem, place, entries))
            return known[place]

        return entry

    def _sum(self, e, bound) -> Closure:
        return self._folded(e, bound, self.context.fsum, mpmath.nsum)

    def _product(self, e, bound) -> Closure:
        return self._folded(e, bound, self.context.fprod, mpmath.nprod)

    def _folded(self, e, bound, finite, infinite) -> Closure:
        (index, low, high), rest = e.limits[-1], e.limits[:-1]
        term = self.compiled(e.func(e.function, *rest) if rest else e.function, bound | {index})
        start, number = self.compiled(low, bound), self.context.mpf
        if high != oo:
            stop = self.compiled(high, bound)

            def total(env):
                first, last = _whole(start(env)), _whole(stop(env))
                if last - first > LONGEST_SUM:
                    raise Undefined(f"{last - first} terms are too many to add up")
                return finite([term({**env, index: number(k)}) for k in range(first, last + 1)])

            return total

        def series(env):  # the second time some terms are added up first, so that the extrapolation sees others
            first = _whole(start(env))
            later = first + (17 if self.again else 0)
            head = [term({**env, index: number(k)}) for k in range(first, later)]
            tail = infinite(lambda k: term({**env, index: k}), [later, mpmath.inf])
            return finite([*head, tail])

        return series

    def _integral(self, e, bound) -> Closure:
        (x, low, high), rest = e.limits[-1], e.limits[:-1]
        body = e.func(e.function, *rest) if rest else e.function
        nested = bool(rest or bound or body.has(Integral))
        infinite = {oo: lambda env: self.context.inf, -oo: lambda env: self.context.ninf}
        ends = [infinite.get(end) or self.compiled(end, bound) for end in (low, high)]
        peaks = [[self.compiled(c, bound) for c in quadratic] for quadratic in _quadratic_exponents(body, x)]
        kinks = [[self.compiled(c, bound) for c in polynomial] for polynomial in _kinks(body, x)]
        integrand = self.compiled(body, bound | {x})

        def value(env):
            a, b = (_real(end(env)) for end in ends)
            if a == b:
                return self.context.zero
            if a > b:
                raise Undefined("an integral from right to left")
            breaks = [self.context.convert(c) for p in kinks for c in _real_roots([q(env) for q in p])]
            scale = self.context.one
            for p in peaks:
                for centre, width in _peak([q(env) for q in p], self.context):
                    scale = width
                    breaks += [centre] if nested else [centre - 6 * width, centre, centre + 6 * width]
            rule = _Rule(self.context, self.digits, self.again)
            return _quadrature(lambda t: integrand({**env, x: t}), (a, b), breaks, scale, nested, rule)

        return value

    def _determinant(self, e: Determinant, bound: frozenset) -> Closure:
        """By elimination: another road than the expansion that a proof takes."""
        if not isinstance(e.arg, MatrixBase):
            raise NotImplementedError("only a matrix that is written out has a determinant here: write out its entries")
        size = e.arg.rows

        def value(*entries):
            rows = [entries[size * row : size * (row + 1)] for row in range(size)]
            return self.context.det(self.context.matrix(rows))

        return self._rounded(value, [self.compiled(a, bound) for a in e.arg])

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
        return lambda env: self.context.mpf(int(floor(self._exact(e.args[0], env))))

    def _ceiling(self, e, bound) -> Closure:
        return lambda env: self.context.mpf(int(ceiling(self._exact(e.args[0], env))))

    def _mod(self, e, bound) -> Closure:
        return self.compiled(e.args[0] - e.args[1] * floor(e.args[0] / e.args[1]), bound)

    def _sign(self, e, bound) -> Closure:
        return lambda env: self.context.mpf(int(sign(self._exact(e.args[0], env))))

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


class _FloatEvaluator(_Evaluator):
    """The same in Python's floats, without limits and series: these need digits to spare."""

    context = fp
    functions = FLOATS

    def function_of(self, e: Basic) -> Callable:
        if type(e) not in self.functions:
            raise NotImplementedError(f"no rule in floats for {type(e).__name__}")
        return self.functions[type(e)]

    def product(self, *factors: Any) -> Any:
        return math.prod(factors)

    def power(self, base: Any, exponent: Any) -> Any:
        return base**exponent

    def _folded(self, e, bound, finite, infinite) -> Closure:
        if e.limits[-1][2] == oo:
            raise NotImplementedError("no series in floats")
        return super()._folded(e, bound, finite, infinite)

    def _limit(self, e, bound) -> Closure:
        raise NotImplementedError("no limits in floats")


@lru_cache(maxsize=20_000)  # asked of each part, and by SymPy worked out from the leaves each time
def _free_symbols(e: Basic) -> frozenset:
    return frozenset(e.free_symbols)


def _real(value: Any) -> Any:
    if isinstance(value, float):
        return value
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


def _by_evalf(e: Basic) -> Callable:
    """SymPy's own evaluation of a function that mpmath lacks."""

    def by_evalf(*args):
        value = e.func(*(sympify(a) for a in args)).evalf(mp.dps)
        if not all(part.is_Float or part.is_Rational for part in value.as_real_imag()):
            raise NotImplementedError(f"no numerical rule for {type(e).__name__}: state the claim without it")
        return mpmath.mpmathify(value)

    return by_evalf


def _whole(value: Any) -> int:
    if isinstance(value, float | mpmath.mpf) and value == (nearest := int(value)):
        return nearest
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


def _peak(coefficients: list, context: Any) -> list:
    a, b, _ = coefficients
    if mpmath.im(a) or a >= 0:
        return []
    return [(context.re(-b / (2 * a)), context.sqrt(-1 / (2 * a)))]


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


@dataclass(frozen=True)
class _Rule:
    """How a quadrature computes: mpmath's numbers or floats, to how many digits, for the first time or again."""

    context: Any
    digits: int
    again: bool


def _quadrature(f: Callable, ends: tuple, breaks: list, scale: Any, nested: bool, rule: _Rule) -> Any:
    """Double-exponential quadrature, refined piece by piece until two steps agree; Undefined if they never do."""
    low, high = ends
    inside = sorted({c for c in breaks if low < c < high})
    if not inside and mpmath.isinf(high - low):
        inside, scale = _scouted(f, ends, rule)
    corners = [low, *inside, high]
    pieces = [_Piece(f, a, b, scale, rule) for a, b in pairwise(corners)]
    unsettled, total = pieces, rule.context.fsum
    tolerance = rule.context.mpf(10) ** -(rule.digits // 2 + 2)
    for level in range(2, DEEPEST[nested] + 1):
        for piece in unsettled:
            piece.refine(level)
        size = total(piece.size for piece in pieces)
        if not mpmath.isfinite(size):
            raise Undefined("the integrand is not finite")
        unsettled = [p for p in unsettled if level == 2 or abs(p.value - p.before) > tolerance * size]
        if not unsettled:
            return total(piece.value for piece in pieces)
    raise Undefined("the quadrature does not settle within its budget")


def _scouted(f: Callable, ends: tuple, rule: _Rule) -> tuple[list, Any]:
    """Where an integrand over an infinite range is largest, on a geometric grid (counted by the mass around)."""
    low, high = ends
    origin = low if mpmath.isfinite(low) else high if mpmath.isfinite(high) else rule.context.zero
    grid = [origin + s * 2.0**k for k in range(-12, 13, 2) for s in (-1, 1)]
    reach = [(t, abs(f(t)) * abs(t - origin)) for t in grid if low < t < high]
    best, mass = max(reach, key=lambda pair: pair[1] if mpmath.isfinite(pair[1]) else -1)
    if mass > 0:
        return [best], abs(best - origin)
    return [origin + 1 if low == origin else origin - 1], rule.context.one


class _Piece:
    """The integral over one piece, by the trapezoidal rule after a double-exponential change of variable."""

    def __init__(self, f: Callable, low: Any, high: Any, scale: Any, rule: _Rule):
        self.f, self.low, self.high, self.rule = f, low, high, rule
        self.downward = mpmath.isinf(low)
        self.infinite = self.downward or mpmath.isinf(high)
        self.length = scale if self.infinite else high - low
        self.value = self.before = self.size = rule.context.zero
        self.reach = (-8.0, 8.0)  # the part of the range on which anything is to be found

    def refine(self, level: int) -> None:
        found = []
        for u, share, weight in _nodes(self.infinite, level, self.rule):
            if self.reach[0] <= u <= self.reach[1]:
                t = self._place(share)
                if t != self.low and t != self.high:
                    found.append((u, self.f(t) * weight * self.length))
        step = 2.0**-level
        half = 2 if level > 2 else 0  # the nodes of the level before are every other node of this one
        total = self.rule.context.fsum
        self.before = self.value
        self.value = (self.value / half if half else 0) + step * total(v for _, v in found)
        self.size = (self.size / half if half else 0) + step * total(abs(v) for _, v in found)
        if level == 2:
            most = max((abs(v) for _, v in found), default=0)
            least = most * self.rule.context.mpf(10) ** -(self.rule.digits + 5)
            here = [u for u, v in found if abs(v) > least]
            if here:
                self.reach = (min(here) - 0.25, max(here) + 0.25)

    def _place(self, share: Any) -> Any:
        return self.high - share * self.length if self.downward else self.low + share * self.length


@lru_cache(maxsize=64)
def _nodes(infinite: bool, level: int, rule: _Rule) -> tuple:
    """(u, position, weight) of the nodes that a level adds; on the second evaluation the grid is shifted."""
    step = 2.0**-level
    limit_of_u = 6.5 if infinite else 4.75
    if infinite and rule.context is fp:
        limit_of_u = 4.5  # 5e30 and its inverse: the square of 1e226 would be too large for a float
    count = int(limit_of_u / step)
    numbers = range(-count, count + 1)
    nodes = []
    with mp.workdps(rule.digits + 10):
        for k in numbers:
            if level > 2 and k % 2 == 0:
                continue
            u = mpmath.mpf(k) * step + (mpmath.mpf(11) / 128 if rule.again else 0)
            if infinite:
                share = mpmath.exp(mpmath.pi / 2 * mpmath.sinh(u))
                weight = share * mpmath.pi / 2 * mpmath.cosh(u)
            else:
                share = 1 / (1 + mpmath.exp(-mpmath.pi * mpmath.sinh(u)))
                weight = mpmath.pi * mpmath.cosh(u) * share / (1 + mpmath.exp(mpmath.pi * mpmath.sinh(u)))
            nodes.append((float(u), rule.context.convert(share), rule.context.convert(weight)))
    return tuple(nodes)
