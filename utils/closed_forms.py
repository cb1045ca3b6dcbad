"""Exact values of integrals, sums, products and limits, each by a named rule.

What has no rule here stays as it stands, written the same way each time. SymPy only.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import permutations
from math import factorial
from typing import Any

from sympy import (
    Abs,
    AccumBounds,
    Add,
    Basic,
    Derivative,
    Determinant,
    Dummy,
    Expr,
    I,
    IndexedBase,
    Integral,
    Limit,
    MatrixBase,
    Mul,
    Piecewise,
    Poly,
    Pow,
    Product,
    S,
    Subs,
    Sum,
    Symbol,
    acos,
    asin,
    asinh,
    atan,
    binomial,
    cos,
    cosh,
    default_sort_key,
    diff,
    digamma,
    erf,
    erfc,
    exp,
    expand,
    fraction,
    gamma,
    integrate,
    limit,
    log,
    loggamma,
    oo,
    pi,
    polygamma,
    preorder_traversal,
    sin,
    sinh,
    sqrt,
    tanh,
    together,
)
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.integrals.manualintegrate import manualintegrate

from utils.normal_form import GIVES_UP, factored, in_exponentials, joined, normal_zero

__all__ = ["closed_form", "is_smooth", "put", "surely_nonnegative", "with_derivatives"]


# SymPy's general routines can run for minutes: expressions of more operations than this are not given to them.
INTEGRAND_SIZE = 30
LIMIT_SIZE = 60
SERIES_SIZE = 40
EXPANDED = "determinant written out"


def with_derivatives(e: Basic) -> Any:
    """Derivatives carried out first: a change of variable may not reach into them."""
    if not e.args or not e.has(Derivative):
        return e
    if isinstance(e, Subs):  # the derivative of an undefined function at a place: F'(h(y))
        return e.doit()
    args = [with_derivatives(a) for a in e.args]
    return diff(args[0], *e.variables) if isinstance(e, Derivative) else e.func(*args)


def put(e: Basic, old: Symbol, new: Expr) -> Any:
    """Substitution with automatic evaluation, and without SymPy's cleverness about powers."""
    bound = any(limits.has(old) for node in e.atoms(Sum, Integral, Product, Limit) for limits in node.args[1:])
    return e.subs(old, new) if bound or e.has(Derivative) else e.xreplace({old: new})


def _facts(where: tuple) -> list[Expr]:
    """Differences that `where` makes non-negative."""
    facts = []
    for c in where:
        if isinstance(c, Relational) and c.rel_op in ("<", "<=", ">", ">="):
            gap = c.gts - c.lts
            facts.append(gap - 1 if gap.is_integer and c.rel_op in ("<", ">") else gap)
    return facts


def surely_nonnegative(e: Expr, where: tuple) -> bool:
    return bool(e.is_nonnegative) or any(expand(e - fact).is_nonnegative for fact in _facts(where))


def surely_positive(e: Expr, where: tuple) -> bool:
    return bool(e.is_positive) or any(expand(e - fact).is_positive for fact in _facts(where))


def closed_form(expr: Expr, where: tuple = ()) -> tuple[Expr, list[str]]:
    """Evaluate sums, products, limits, integrals and determinants that have an exact value; name what was used."""
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
        if isinstance(e, Determinant) and isinstance(e.arg, MatrixBase):
            if EXPANDED not in used:
                used.append(EXPANDED)
            return e.arg.applyfunc(visit).det(method="berkowitz")  # no division, so no pivot that might be zero
        args = [visit(a) for a in e.args]
        return e.func(*args) if any(a is not b for a, b in zip(args, e.args, strict=True)) else e

    return with_derivatives(visit(expr)), used


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
    return sum(len(node.limits) for node in e.atoms(Sum, Integral, Product))


def _sum(e: Sum, where: tuple) -> tuple[Expr, str]:
    """Split a sum by linearity; polynomial and geometric summands have closed forms, the rest stay as named sums."""
    total, names = e.function, []
    for limits in e.limits:  # the innermost first
        total, how = _summed(total, limits, where)
        names.append(how)
    return total, joined(names)


def _summed(f: Expr, limits: tuple, where: tuple) -> tuple[Expr, str]:
    index, low, high = limits
    if high == oo:
        return _series(Sum(f, limits), index, low)
    if (high - low).is_Integer:
        terms = [put(f, index, low + k) for k in range(int(high - low) + 1)]
        return Add(*terms), "finite sum"
    names = ["linearity of sums"]
    total = S.Zero
    # of a sum that runs backwards the closed forms say something else
    ordered = surely_nonnegative(expand(high - low + 1), where)
    for term in Add.make_args(expand(f)):
        free, bound = term.as_independent(index, as_Add=False)
        ratio = _ratio(bound, index)
        if ordered and bound.is_polynomial(index) and not bound.has(IndexedBase):
            total += free * Sum(bound, (index, low, high)).doit()
        elif ordered and ratio is not None and (1 - ratio).is_nonzero:
            total += free * (put(bound, index, low) - ratio * put(bound, index, high)) / (1 - ratio)
            names.append("geometric series")
        else:
            total += free * _standing_sum(bound, limits)
    return total, joined(names)


def _standing_sum(f: Expr, outer: tuple) -> Expr:
    """A sum that stays one. Over a box the order of the summations is free, so one of the orders is chosen."""
    order = [outer]
    while len(inner := [e for e in Mul.make_args(f) if isinstance(e, Sum)]) == 1:
        (index, low, high), *rest = reversed(inner[0].limits)  # the outermost of the inner ones first
        if any(end.has(*(x for x, *_ in order)) for end in (low, high)):
            break
        fresh = Dummy("i", **index.assumptions0)
        body = Sum(inner[0].function, *reversed(rest)) if rest else inner[0].function
        f = Mul(*(e for e in Mul.make_args(f) if e is not inner[0]), put(body, index, fresh))
        order.append((fresh, low, high))
    return min((_nested(f, limits) for limits in permutations(order)), key=default_sort_key)


def _nested(f: Expr, limits: Iterable[tuple]) -> Expr:
    for index, low, high in limits:
        f = _standing(Sum, f, index, low, high)
    return f


def _standing(kind: type, f: Expr, index: Symbol, low: Expr, high: Expr) -> Expr:
    """A sum or an integral that stays one, written the same way each time."""
    start = {"positive": True} if low.is_positive else {"nonnegative": True} if low.is_nonnegative else {"real": True}
    slot = _slot(_level(f), integer=True, **start) if kind is Sum else _slot(_level(f), real=True)
    return kind(put(f, index, slot), (slot, low, high))


def _ratio(f: Expr, index: Symbol) -> Expr | None:
    """The ratio of successive terms of a geometric sequence."""
    ratio = S.One
    for factor in Mul.make_args(f):
        base, power = (S.Exp1, factor.exp) if isinstance(factor, exp) else factor.as_base_exp()
        slope = expand(diff(power, index))
        if base.has(index) or slope.has(index):
            return None
        ratio *= base**slope
    return factored(ratio)


def _series(e: Sum, index: Symbol, low: Expr) -> tuple[Expr, str]:
    terms = Add.make_args(expand(e.function, power_base=False, power_exp=False))
    ratios = [_ratio(term, index) for term in terms]
    if all(r is not None and r.is_nonnegative and factored(1 - r).is_positive for r in ratios):
        total = Add(*(put(f, index, low) / (1 - r) for f, r in zip(terms, ratios, strict=True)))  # type: ignore[operator]
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
        return Mul(*(put(e.function, index, low + k) for k in range(int(high - low) + 1))), "finite product"
    if isinstance(e.function, exp) and high != oo:
        total, _ = _sum(Sum(e.function.exp, e.limits[0]), where)
        return exp(total), "a product of exponentials is the exponential of a sum"
    constant, rest = e.function.as_independent(index, as_Add=False)
    if constant != 1 and rest != e.function and surely_nonnegative(expand(high - low + 1), where):
        inner, how = _product(Product(rest, e.limits[0]), where) if rest != 1 else (S.One, "finite product")
        return constant ** (high - low + 1) * inner, how
    return e, ""


def _integral(e: Integral, where: tuple) -> tuple[Expr, str]:
    """Exact value by a table of densities, else by an antiderivative, term by term."""
    if len(e.limits) > 1:
        inner, how = _integral(Integral(e.function, e.limits[0]), where)
        outer, more = _integral(Integral(inner, *e.limits[1:]), where)
        return outer, joined([how, more])
    if len(e.limits[0]) < 3:
        return e, ""
    x, low, high = e.limits[0]
    if e.function.has(AppliedUndef):
        return _by_linearity(e.function, x, low, high, where)
    t = Dummy("t", positive=True) if low.is_nonnegative else Dummy("t", real=True)
    body = put(e.function, x, t)
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
            return total, joined(names)
    return _standing_integral(e.function, x, low, high), ""


def _by_linearity(f: Expr, x: Symbol, low: Expr, high: Expr, where: tuple) -> tuple[Expr, str]:
    """Term by term, where a term holds an undefined function; that each term has an integral is taken on trust."""
    terms = Add.make_args(expand(f, power_exp=False, log=False, power_base=False, mul=True))
    total, names = S.Zero, ["linearity of integrals"] if len(terms) > 1 else []
    for term in terms:
        free, bound = _apart(term, x)
        if bound.has(AppliedUndef):
            total += free * _standing(Integral, bound, x, low, high)
        else:
            value, how = _integral(Integral(bound, (x, low, high)), where)
            total, names = total + free * value, [*names, *([how] if how else [])]
    return total, joined(names)


def _apart(f: Expr, x: Symbol) -> tuple[Expr, Expr]:
    """A product as what is free of x times the rest, an exponential of a sum torn in two (SymPy joins what it can)."""
    free, bound = f.as_independent(x, as_Add=False)
    exponent, rest = _exponent_and_rest(bound, x)
    fixed, moving = exponent.as_independent(x, as_Add=True)
    return free * exp(fixed), rest * exp(moving)


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
    parts = [put(f, x, t), put(f, x, -t)]
    if any(part.atoms(Abs) and part.has(Abs) and any(a.has(t) for a in part.atoms(Abs)) for part in parts):
        return None
    halves = []
    for part in parts:
        free, bound = part.as_independent(t, as_Add=False)
        found = _one_integral(bound, t, S.Zero, oo, where)
        if found is None:
            return None
        halves.append((free * found[0], found[1]))
    return halves[0][0] + halves[1][0], joined(["the line folded at zero", halves[0][1]])


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
    return bool(a.is_negative or together(a).is_negative or factored(a).is_negative)


def _bell(f: Expr, x: Symbol) -> tuple[Expr, Expr, Expr, Expr] | None:
    """polynomial, a, b, c of polynomial times exp(a x^2 + b x + c) with a < 0, if that is the form of f."""
    exponent, polynomial = _exponent_and_rest(f, x)
    if not exponent.is_polynomial(x) or not polynomial.is_polynomial(x):
        return None
    quadratic = Poly(exponent, x)
    if quadratic.degree() != 2 or not _negative(quadratic.LC()):
        return None
    return polynomial, *quadratic.all_coeffs()


def _gaussian(f: Expr, x: Symbol) -> Expr | None:
    """Integral over the line of polynomial times exp(quadratic), by completing the square and the even moments."""
    if f.has(sin, cos, sinh, cosh):
        terms = Add.make_args(expand(in_exponentials(f), power_exp=False))
        values = [None if term.has(sin, cos, sinh, cosh) else _gaussian(term, x) for term in terms]
        return None if None in values else Add(*values)
    parts = _bell(f, x)
    if parts is None:
        return None
    polynomial, a, b, c = parts
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
    parts = _bell(f, x)
    if parts is None or not parts[2].is_extended_real:
        return None
    polynomial, a, b, c = parts
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
    if not (surely_positive(a, where) and surely_positive(b, where)):
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
    if antiderivative.has(Integral, Piecewise, I) or normal_zero(diff(antiderivative, x) - f) is None:
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
    placed = put(antiderivative, x, inside)
    if not all(is_smooth(placed, s) for s in inside.free_symbols):
        return None
    ends = [_value_at(antiderivative, x, end, side) for end, side in ((low, "+"), (high, "-"))]
    return None if None in ends else ends[1] - ends[0]  # type: ignore[operator]


def _value_at(antiderivative: Expr, x: Symbol, end: Expr, side: str) -> Expr | None:
    value = put(antiderivative, x, end) if end.is_finite else S.NaN
    if value.has(S.NaN, oo, -oo, S.ComplexInfinity, AccumBounds) or any(p.base == 0 for p in value.atoms(Pow)):
        if antiderivative.count_ops() > LIMIT_SIZE:
            return None
        value = limit(antiderivative, x, end, side)
    return None if value.has(Limit, S.NaN, oo, -oo, S.ComplexInfinity, AccumBounds) else value


CLOSED_FORMS: dict[type, Callable] = {Integral: _integral, Sum: _sum, Product: _product, Limit: _limit}
SMOOTH_ON_THE_LINE = (exp, sin, cos, sinh, cosh, tanh, atan, asinh, erf, erfc)
SMOOTH_IF_POSITIVE = (log, gamma, loggamma, digamma, polygamma)


def is_smooth(e: Basic, s: Symbol) -> bool:
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
    return here and all(is_smooth(a, s) for a in e.args)


def _surely(e: Expr, question: str) -> bool:
    return bool(getattr(e, question) or getattr(factored(e), question) or getattr(_expanded_fraction(e), question))


def _expanded_fraction(e: Expr) -> Expr:
    top, bottom = fraction(together(e))
    return expand(top) / bottom
