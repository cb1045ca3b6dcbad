"""The normal form: rational arithmetic over named kernels, the zero test's workhorse.

Roots, exponentials, logarithms and special functions are given names; what is left is a rational function, and zero or
not by polynomial arithmetic. Taking the kernels for independent can miss a zero and never invents one. SymPy only.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from itertools import combinations

from sympy import (
    Abs,
    Add,
    Basic,
    Derivative,
    Dummy,
    Expr,
    I,
    Integral,
    Limit,
    Mul,
    Piecewise,
    PolynomialError,
    Pow,
    Product,
    Rational,
    S,
    Sum,
    Symbol,
    beta,
    binomial,
    cancel,
    cot,
    default_sort_key,
    digamma,
    erf,
    erfc,
    exp,
    expand,
    expand_func,
    expand_log,
    factor_list,
    factorint,
    fraction,
    gamma,
    harmonic,
    ilcm,
    lcm,
    log,
    loggamma,
    pi,
    polygamma,
    rem,
    together,
)
from sympy import (
    factorial as sym_factorial,
)
from sympy import (
    reduced as reduced_polynomial,
)
from sympy.functions.elementary.hyperbolic import HyperbolicFunction
from sympy.functions.elementary.trigonometric import TrigonometricFunction

__all__ = ["GIVES_UP", "Proof", "factored", "in_exponentials", "joined", "normal_zero"]


# What SymPy raises when it cannot do what it was asked: to a strategy, all of it means "I don't know".
GIVES_UP = (ArithmeticError, AttributeError, LookupError, NotImplementedError, PolynomialError, RecursionError)
GIVES_UP += (TypeError, ValueError)  # type: ignore[assignment]
Proof = str | None  # the name of what proved it
# Both passes over an expression ask the same questions of its parts, and so do the links of a chain.
_remembered = lru_cache(maxsize=5000)


def joined(names: Iterable[str]) -> str:
    kept: list[str] = []
    for name in names:
        for part in name.split(" + "):
            if part and part not in kept:
                kept.append(part)
    return " + ".join(kept)


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


def normal_zero(expr: Expr) -> Proof:
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
    return joined([*sorted(used | kernels.used), "rational functions"])


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
        expr = in_exponentials(expr)
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
            expr = expr.subs(polygamma(0, v), polygamma(0, u) + in_exponentials(pi * cot(pi * u)))
    return expr


def in_exponentials(e: Basic) -> Basic:
    """Trigonometric and hyperbolic functions in exponentials; every other head stays (`rewrite` would reach them)."""
    if not e.args:
        return e
    args = [in_exponentials(a) for a in e.args]
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
    for term in Add.make_args(_expanded_fraction(rest * kernels.divisor)):
        coefficient, monomial = _rational_part(term)
        key = ("exp", base, monomial / kernels.divisor)
        if coefficient == 0:
            continue
        if collect:
            kernels.want(key, coefficient)
        else:
            product *= kernels.power(key, coefficient)
    return product


@_remembered
def _expanded_fraction(e: Expr) -> Expr:
    return expand(cancel(e))


@_remembered
def _lowest_terms(e: Expr) -> Expr:
    return cancel(together(e))


def _rational_part(term: Expr) -> tuple[Expr, Expr]:
    coefficient, monomial = term.as_coeff_Mul()
    return (coefficient, monomial) if coefficient.is_Rational else (S.One, term)


@_remembered
def _proper(e: Expr) -> Expr:
    """A sum of terms: what of a fraction divides out, and a proper fraction."""
    top, bottom = fraction(_lowest_terms(e))
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
    top, bottom = fraction(factored(e.base))
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


@_remembered
def _positive_factors(e: Expr) -> list | None:
    """The factors of a polynomial, if each is positive by its symbols' assumptions."""
    try:
        constant, factors = factor_list(e)
    except PolynomialError:
        return None
    if not constant.is_positive or not all(f.is_positive for f, _ in factors):
        return None
    return ([(constant, 1)] if constant != 1 else []) + factors


@_remembered
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
    split = expand(_split_log(factored(argument) if argument.has(Add) else argument))
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
        rebuilt = e.func(*(_lowest_terms(a) if isinstance(a, Expr) else a for a in e.args))
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


@_remembered
def factored(expr: Expr) -> Expr:
    try:
        return together(expr).factor()
    except PolynomialError:
        return expr
