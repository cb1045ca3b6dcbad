"""Each strategy of the zero test with something true and a near miss; what must never be proved, and never refuted."""

from functools import partial

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    Abs,
    Derivative,
    Determinant,
    Function,
    Heaviside,
    I,
    IndexedBase,
    Integer,
    Integral,
    Lambda,
    Limit,
    Matrix,
    MatrixSymbol,
    Max,
    Min,
    Mod,
    Ne,
    Piecewise,
    Product,
    Q,
    Rational,
    S,
    Si,
    Sum,
    Symbol,
    acos,
    acosh,
    asin,
    atan,
    atan2,
    besselj,
    beta,
    binomial,
    ceiling,
    cos,
    cosh,
    cot,
    csc,
    digamma,
    erf,
    exp,
    expand,
    eye,
    factorial,
    floor,
    gamma,
    log,
    loggamma,
    lowergamma,
    oo,
    pi,
    polygamma,
    sec,
    sign,
    sin,
    sqrt,
    symbols,
    tanh,
    uppergamma,
)

from utils.domains import evaluated
from utils.evaluate import FLOATS, evaluated_roughly
from utils.mutate import mutants
from utils.prove import (
    Undefined,
    _prove_zero,
    _unsuspicious,
    at_most,
    equal,
    evaluate,
    matrix_at,
    nonnegative,
    proportional,
)

x, y, z = symbols("x y z", real=True)
a, b, c = symbols("a b c", positive=True)
p = Symbol("p", positive=True)
q = Symbol("q", real=True, nonzero=True)
neg = Symbol("neg", negative=True)
n, k, T = symbols("n k T", integer=True, positive=True)
i, j = symbols("i j", integer=True, nonnegative=True)
d = Symbol("d", integer=True, positive=True)
A, B = MatrixSymbol("A", d, d), MatrixSymbol("B", d, d)
F = IndexedBase("F", real=True)
f = Function("f")
half = Rational(1, 2)


total = Sum(F[k], (k, 1, n))


def normal(t, mean, variance):
    return exp(-((t - mean) ** 2) / (2 * variance)) / sqrt(2 * pi * variance)


def line(e, t):
    return Integral(e, (t, -oo, oo))


# (strategy, left, right, a right side that is nearly right, where)
STRATEGIES = [
    ("automatic", a + a, 2 * a, 2 * a + Rational(1, 10**9)),
    ("rational functions", (a**3 - b**3) / (a - b), a**2 + a * b + b**2, a**2 + 2 * a * b + b**2),
    ("exponentials", tanh(x), 2 / (1 + exp(-2 * x)) - 1, 2 / (1 + exp(-x)) - 1),
    ("exponentials", cos(x) ** 2 + cot(x) ** 2, csc(x) ** 2 - sin(x) ** 2, sec(x) ** 2 - sin(x) ** 2),
    ("exponentials", exp(a / (a + b)), exp(1 - b / (a + b)), exp(1 - b / (a + 2 * b))),
    ("logarithms", log(a * b**2 / c), log(a) + 2 * log(b) - log(c), log(a) + log(b) ** 2 - log(c)),
    ("radicals", sqrt(a**2 * b + a**2 * c), a * sqrt(b + c), a * sqrt(b * c)),
    ("special functions", gamma(a + 2) / gamma(a), a * (a + 1), a * (a + 2)),
    ("special functions", digamma(1 - a) - digamma(a), pi * cot(pi * a), pi * cot(a)),
    ("minimal polynomial", sqrt(5 + 2 * sqrt(6)), sqrt(2) + sqrt(3), sqrt(2) + Rational(173205080, 10**8)),
    ("equal squares", sqrt(a + b + 2 * sqrt(a * b)), sqrt(a) + sqrt(b), sqrt(a + b)),
    ("case split", Abs(x - y), Max(x, y) - Min(x, y), Max(x, y) + Min(x, y)),
    ("case split", Heaviside(x) * x, (x + Abs(x)) / 2, x),
    ("division", floor(n / k) * k + Mod(n, k), n, n + 1),
    ("division", floor((T - 1) / k) + 1, ceiling(T / k), floor(T / k) + 1),
    ("division", floor(x) + floor(x + half), floor(2 * x), 2 * floor(x)),
    ("division", floor(floor(T / k) / n), floor(T / (k * n)), floor(T / (k + n))),
    ("equal derivatives in x", atan(x), 2 * atan(x / (1 + sqrt(1 + x**2))), 2 * atan(x / 2)),
    ("equal derivatives in neg", atan(neg) + atan(1 / neg), -pi / 2, pi / 2),
    ("equal derivatives in a", asin((1 - a**2) / (1 + a**2)), pi / 2 - 2 * atan(a), 2 * atan(a) - pi / 2),
    ("equal exponentials", log(x + sqrt(1 + x**2)), -log(sqrt(1 + x**2) - x), log(sqrt(1 + x**2) - x)),
    ("induction on n", Sum(cos(j * a), (j, 0, n)), cos(n * a / 2) * sin((n + 1) * a / 2) / sin(a / 2), n * cos(a)),
    (
        "linearity of sums",
        Sum((F[j] - x) ** 2, (j, 1, n)),
        Sum(F[j] ** 2 - 2 * x * F[j], (j, 1, n)) + n * x**2,
        n * x**2,
    ),
    ("telescoping sum", Sum(F[j + 1] - F[j], (j, 1, n)), F[n + 1] - F[1], F[n] - F[1]),
    ("geometric series", Sum(2**j, (j, 0, n)), 2 ** (n + 1) - 1, 2**n - 1),
    ("finite sum", Sum(F[j], (j, n, n + 1)), F[n] + F[n + 1], 2 * F[n]),
    ("finite product", Product(a, (j, 1, n)), a**n, a ** (n + 1)),
    ("product of exponentials", Product(exp(F[j]), (j, 1, n)), exp(Sum(F[k], (k, 1, n))), exp(n * F[1])),
    ("Gaussian moments", line(z**4 * normal(z, x, b), z), x**4 + 6 * b * x**2 + 3 * b**2, x**4 + 3 * b**2),
    ("Gaussian moments", line(cos(a * z) * normal(z, 0, b), z), exp(-(a**2) * b / 2), exp(-a * b / 2)),
    ("Gaussian mean of erf", line(erf(z) * normal(z, x, b), z), erf(x / sqrt(1 + 2 * b)), erf(x / sqrt(1 + b))),
    ("folded at zero", line(Abs(z) * normal(z, 0, b), z), sqrt(2 * b / pi), sqrt(b)),
    ("integration by parts", Integral(z * exp(-a * z**2 + x * z), (z, 0, oo)), None, 1 / a),
    ("Gamma function", Integral(log(z) * z * exp(-b * z), (z, 0, oo)), (digamma(2) - log(b)) / b**2, -log(b) / b**2),
    ("Gamma function", Integral(z ** (-a - 1) * exp(-b / z), (z, 0, oo)), gamma(a) / b**a, gamma(a) * b**a),
    (
        "Beta function",
        Integral(z ** (a - 1) * (1 - z) ** b, (z, 0, 1)),
        gamma(a) * gamma(b + 1) / gamma(a + b + 1),
        1 / a,
    ),
    ("differentiated back", Integral(z * exp(-a * z), (z, 0, b)), (1 - (1 + a * b) * exp(-a * b)) / a**2, 1 / a**2),
    (
        "determinant written out",
        Determinant(Matrix([[1 + a * x, a * y], [b * x, 1 + b * y]])),
        1 + a * x + b * y,
        1 + a * x - b * y,
    ),
    (
        "determinant written out",
        Determinant(Matrix(2, 2, [Derivative(e, v) for e in (x * exp(y), y * exp(x)) for v in (x, y)])),
        exp(x + y) * (1 - x * y),
        exp(x + y),
    ),
    ("limit", Limit((1 + a / n) ** n, n, oo), exp(a), 1 + a + a**2 / 2),
    ("summation", Sum(a**j / factorial(j), (j, 0, oo)), exp(a), exp(a) - 1),
    ("simplify (a heuristic)", besselj(0, x) + besselj(2, x), 2 * besselj(1, x) / x, besselj(1, x) / x),
]
BY_PARTS = 1 / (2 * a) + x * sqrt(pi) * exp(x**2 / (4 * a)) * (1 + erf(x / (2 * sqrt(a)))) / (4 * a * sqrt(a))


@pytest.mark.parametrize("name, left, right, near", STRATEGIES, ids=lambda v: v if isinstance(v, str) else "")
def test_a_strategy_proves_what_is_true_and_not_its_near_miss(name, left, right, near):
    verdict = equal(left, BY_PARTS if right is None else right)
    assert verdict.status == "proved"
    assert name in verdict.strategy
    assert equal(left, near).status == "refuted"


RIGHT_IN_A_DOMAIN = [
    (2 * asin(sqrt(p)), acos(1 - 2 * p), (p < 1,)),
    (acos(-x), pi - acos(x), (x**2 < 1,)),
    (log(Abs(x) ** 3), 3 * log(x**2) / 2, (Ne(x, 0),)),
    (floor((n * T + k) / T), n, (k < T,)),
    (Sum(p**j, (j, 0, oo)), 1 / (1 - p), (p < 1,)),
    (log(n - 1) + log(n + 1), log(n**2 - 1), (n > 1,)),
    (Piecewise((1, p < 1), (2, True)), S.One, (p < 1,)),
]


@pytest.mark.parametrize("left, right, where", RIGHT_IN_A_DOMAIN)
def test_conditions_help_to_prove(left, right, where):
    assert equal(left, right, where).status == "proved"


# Holes that were found in the zero test, and statements on which a checker of this kind could slip.
NEVER_PROVED = {
    "a floor at a closed bound": (floor(p), S.Zero, (p <= 1,)),
    "a case at a closed bound": (Piecewise((1, p < 1), (2, True)), S.One, (p <= 1,)),
    "the root of a square": (sqrt(x**2), x, ()),
    "log gamma left of zero": (log(gamma(x)), loggamma(x), ()),
    "the sign of a sum's first index": (Sum(sign(j), (j, 0, n)), n + 1, ()),
    "a free symbol named as a bound one": (
        Sum(Symbol("i", integer=True, positive=True) * sin(j), (j, 1, n)),
        Sum(j * sin(j), (j, 1, n)),
        (),
    ),
    "two intervals, not one": (atan(q) + atan(1 / q), pi / 2, ()),
    "an antiderivative with a jump": (Integral(1 / (2 + sin(z)), (z, 0, 2 * pi)), S.Zero, ()),
    "a pole inside": (Integral(1 / z**2, (z, -1, 1)), Integer(-2), ()),
    "log of a product of reals": (log(x * y), log(x) + log(y), ()),
    "root of a product of reals": (sqrt(x * y), sqrt(x) * sqrt(y), ()),
    "cube root of a negative": ((neg**3) ** Rational(1, 3), neg, ()),
    "2 log of a nonzero real": (log(q**2), 2 * log(q), ()),
    "log of a turning exponential": (log(exp(I * x)), I * x, ()),
    "arc cosine of cosine": (acos(cos(x)), x, ()),
    "a root that is negative": (sqrt(a + b - 2 * sqrt(a * b)), sqrt(a) - sqrt(b), ()),
    "rationals miss a point": (Heaviside(Symbol("r", rational=True) - sqrt(2)), S.Zero, ()),
    "induction over odd numbers": (Sum((-1) ** j, (j, 1, n)), S.NegativeOne, ()),
    "an empty sum": (Sum(j, (j, 3, n)), n * (n + 1) / 2 - 3, ()),
    "inner n under induction": (Sum(n * sin(j), (j, 1, n)), Sum(j * sin(j), (j, 1, n)), ()),
    "log of a square that can be zero": (log(x**2), 2 * log(x), ()),
    "log of a sum that can be negative": (log(x**2 + x) - log(x), log(x + 1), ()),
    "a slow limit": (Limit(1 / log(n), n, oo), Rational(1, 10**6), ()),
}


@pytest.mark.parametrize("left, right, where", NEVER_PROVED.values(), ids=NEVER_PROVED.keys())
def test_what_is_false_somewhere_is_never_proved(left, right, where):
    assert equal(left, right, where).status != "proved"


# True, and hard on a numerical refutation: cancellation, whole quotients, kinks, oscillation, mass in odd places.
NEVER_REFUTED = {
    "cancellation beyond all digits": ((1 - tanh(x * y) ** 2) * cosh(x * y) ** 2, S.One),
    "whole quotients": (floor(n / k), (n - Mod(n, k)) / k),
    "a floor of an irrational whole": (floor(log(2**n) / log(2)), n),
    "an oscillating integrand": (line(cos(40 * a * z) * normal(z, 0, b), z), exp(-800 * a**2 * b)),
    "a kink": (Integral(Abs(z - p), (z, 0, 1)), Piecewise((p - half, p > 1), (p**2 - p + half, True))),
    "a kink at roots": (
        Integral(Abs(z**2 - a), (z, -a - 1, a + 1)),
        Integral(Max(z**2 - a, a - z**2), (z, -a - 1, a + 1)),
    ),
    "double exponential decay": (line(exp(-z - exp(-z)), z), S.One),
    "two far peaks": (line(normal(z, 30, b) + normal(z, -30, c), z), Integer(2)),
    "a heavy tail beside a Gaussian": (line(exp(-(z**2)) + 1 / (1 + (z - 30) ** 2), z), pi + sqrt(pi)),
    "a peak away from the origin": (line(1 / (1 + (100 * (z - 20)) ** 2), z), pi / 100),
    "a singular end": (Integral(z ** (p - 1), (z, 0, 1)), 1 / p),
    "an integral from right to left": (Integral(z, (z, 1, 0)), -half),
    "a slow series": (Sum(1 / k**2, (k, 1, oo)), pi**2 / 6),
    "a limit that cancels": (Limit(sqrt(n**2 + n) - n, n, oo), half),
    "a nested integral": (Integral(exp(-(z**2) - y**2), (z, -oo, oo), (y, -oo, oo)), pi),
    "a branch that does not apply": (Piecewise((0, x < y), (log(x - y), True)), log(Abs(x - y)) * Heaviside(x - y)),
}


@pytest.mark.parametrize("left, right", NEVER_REFUTED.values(), ids=NEVER_REFUTED.keys())
def test_what_is_true_is_never_refuted(left, right):
    assert equal(left, right).status != "refuted"


@pytest.mark.parametrize("left, right, where", NEVER_PROVED.values(), ids=NEVER_PROVED.keys())
def test_nor_is_it_by_the_strategies_alone(left, right, where):
    """Without the witness that would settle it first."""
    assert _prove_zero(evaluated(left) - evaluated(right), where) is None


def test_a_verdict_has_three_values_and_is_not_a_boolean():
    verdict = equal(a, a)
    with pytest.raises(TypeError, match="three values"):
        bool(verdict)


def test_a_witness_is_one_and_can_be_seen():
    verdict = equal((a + b) ** 2, a**2 + b**2)
    left, right = ((a + b) ** 2).subs(verdict.witness), (a**2 + b**2).subs(verdict.witness)
    assert left != right
    assert verdict.values[0] == pytest.approx(float(left))
    assert verdict.values[1] == pytest.approx(float(right))
    unseen = equal(1 / (1 + exp(-a)), 1 / (1 + exp(-a) + exp(-2 * a)))  # the same to ten digits where a is large
    assert abs(unseen.values[0] - unseen.values[1]) > 1e-4


def test_a_function_without_a_rule_is_evaluated_or_left_undecided():
    assert equal(Si(x), Si(x) + 1).status == "refuted"
    unknown = type("unknown", (Function,), {"eval": classmethod(lambda cls, t: None)})
    assert equal(unknown(x), unknown(x) + x).status == "undecided"
    with pytest.raises(NotImplementedError):
        evaluate(unknown(x), {x: S.Half})


def test_bad_input_says_what_is_wrong():
    with pytest.raises(ValueError, match="no domain"):
        equal(Symbol("free"), Symbol("free") + 1)
    with pytest.raises(ValueError, match="shapes"):
        equal(Matrix([[a, b]]), Matrix([[a], [b]]))
    with pytest.raises(ValueError, match=r"write e\.g\. p < 1"):
        equal(a, a + b, where=("a < 1",))


def test_a_condition_on_a_symbol_that_cancelled_is_sampled_too():
    assert equal(a + b - b, a, where=(b > a + 3,)).status == "proved"
    assert equal(a, a, where=(b < 1, c > b)).points > 0


# ---------------------------------------------------------------------------------------------------- inequalities


def test_an_inequality_needs_the_right_certificate():
    assert at_most(2 * a * b, a**2 + b**2, gap=(a - b) ** 2).status == "proved"
    assert at_most(2 * a * b, a**2 + b**2, gap=(a + b) ** 2).status == "undecided"  # non-negative, but not the gap
    assert at_most(3 * a * b * c, a**3 + b**3 + c**3).status == "undecided"  # true, but not manifest
    assert at_most(3 * a * b, a**2 + b**2).status == "refuted"


def test_a_strict_inequality_is_more():
    assert at_most(2 * a * b, a**2 + b**2, gap=(a - b) ** 2, strict=True).status == "undecided"
    assert at_most(a, a + b, strict=True).status == "proved"
    assert nonnegative(b - a, where=(a <= b,)).status == "proved"
    assert nonnegative(b - a, where=(a <= b,), strict=True).status == "undecided"
    assert nonnegative(b - a, where=(a < b,), strict=True).status == "proved"


def test_manifest_forms():
    assert nonnegative(x**2 + exp(y)).status == "proved"
    assert nonnegative(1 - p, where=(p < 1,)).status == "proved"
    assert nonnegative(x**2 - 1).status == "refuted"
    assert nonnegative((1 - tanh(x * y) ** 2) * cosh(x * y) ** 2 - half).status != "refuted"
    witness = nonnegative(x).witness
    assert witness[x] < 0


# --------------------------------------------------------------------------------------------------- proportional


def test_proportional_ignores_what_is_free_of_the_variable():
    assert proportional(normal(x, y, b), exp(-(x**2) / (2 * b) + x * y / b), x).status == "proved"
    assert proportional(normal(x, y, b), exp(-(x**2) / (2 * b)), x).status == "refuted"
    assert "derivative in x" in proportional(a * exp(x), b * exp(x), x).strategy


# ------------------------------------------------------------------------------------------------------- matrices


def test_an_error_invisible_for_one_by_one_matrices_is_seen():
    assert equal((A * B).T, B.T * A.T).status != "refuted"
    assert equal((A * B).T, A.T * B.T).status == "refuted"
    assert equal((A + B) ** 2, A**2 + 2 * A * B + B**2).status == "refuted"


def test_symmetric_matrices_are_their_own_transposes():
    spd = (Q.positive_definite(A),)
    assert equal(A.T * B, A * B, spd).status == "proved"
    assert equal(A.T * B, A * B).status == "refuted"


def test_matrices_of_entries_are_compared_entry_by_entry():
    left = Matrix([[a + b, a * b], [log(a * b), 1]])
    assert equal(left, Matrix([[b + a, b * a], [log(a) + log(b), 1]])).status == "proved"
    assert equal(left, Matrix([[b + a, b * a], [log(a) - log(b), 1]])).status == "refuted"


def test_matrix_at_puts_exact_matrices_in():
    value = matrix_at(a * A + A.T, {a: Rational(1, 2), A: Matrix([[1, 2], [3, 4]]), d: Integer(2)})
    assert value == Matrix([[Rational(3, 2), 4], [Rational(7, 2), 6]])
    assert matrix_at(A * A.inverse(), {A: Matrix([[1, 2], [3, 4]]), d: Integer(2)}) == eye(2)


# ------------------------------------------------------------------------------------ undefined functions and values


def test_undefined_functions_stand_for_every_function():
    assert equal(Derivative(x * f(x), x), f(x) + x * Derivative(f(x), x)).status == "proved"
    assert equal(Derivative(f(x) ** 2, x), f(x) * Derivative(f(x), x)).status == "refuted"


def test_a_moving_end_of_an_integral_of_any_function():
    """Leibniz, from minus infinity too, where the function that stands in for f has no integral."""
    h = Function("h")
    slope = Derivative(Integral(f(z), (z, -oo, h(x))), x)
    assert equal(slope, f(h(x)) * Derivative(h(x), x)).status == "proved"
    assert equal(slope, f(h(x))).status != "proved"


VALUES = [
    (Sum(F[j] * j, (j, 1, 3)), {F: tuple(map(Integer, (9, 1, 2, 3)))}, 14),
    (F[n + 1], {F: tuple(map(Integer, range(9))), n: Integer(4)}, 5),
    (Product(j, (j, 1, n)), {n: Integer(5)}, 120),
    (Integral(z**2, (z, 0, a)), {a: Integer(3)}, 9),
    (Integral(exp(-z) * Sum(z**j, (j, 0, n)), (z, 0, oo)), {n: Integer(3)}, 10),
    (Derivative(x**3, x, 2), {x: Integer(2)}, 12),
    (Derivative(Integral(z * x, (z, 0, x)), x), {x: Integer(2)}, 6),
    (Limit(sin(z * x) / z, z, 0), {x: Integer(2)}, 2),
    (Piecewise((x, x < 1), (1 / (x - x), True)), {x: Rational(1, 2)}, 0.5),
    (Mod(n, 4) + floor(x) + ceiling(x) + sign(-x) + Heaviside(x), {n: Integer(7), x: Rational(5, 2)}, 8),
    (binomial(n, 2), {n: Integer(6)}, 15),
    (Determinant(Matrix([[0, x, 1], [2, 3, x], [x, 0, 5]])), {x: Integer(2)}, -18),
    (Determinant(Matrix([[Derivative(x**3, x), 1], [x, Sum(j, (j, 1, 3))]])), {x: Integer(2)}, 70),
    (Determinant(Matrix([[x, 2], [3 * x, 6]])), {x: Integer(2)}, 0),
]


# What floats meet besides: numbers too large or too small for them, kinks, peaks, complex values.
BEYOND_FLOATS = [
    (exp(x), {x: Integer(1000)}, exp(1000)),
    (x**400, {x: Integer(10)}, Integer(10) ** 400),
    (Sum(half**j, (j, 0, oo)), {}, 2),
]
IN_FLOATS = [
    (line(exp(-((z - x) ** 2) / (2 * a)), z), {x: Integer(40), a: Rational(1, 40)}, sqrt(2 * pi / 40)),
    (line(Abs(z - x) * exp(-(z**2)), z), {x: Integer(0)}, 1),
    (line(1 / (1 + z**2), z), {}, pi),
    (Integral(Max(z, x), (z, 0, 1)), {x: half}, Rational(5, 8)),
    (Integral(Heaviside(z - x), (z, 0, 1)), {x: Rational(1, 3)}, Rational(2, 3)),
    (Integral(z * y, (z, 0, y), (y, 0, 1)), {}, Rational(1, 8)),
    (exp(I * x) + 1, {x: S.One}, exp(I) + 1),
    (exp(-x) * exp(x - 1), {x: Integer(10**4)}, exp(-1)),
    (x ** (-2) + (-x) ** 3, {x: Integer(2)}, Rational(-31, 4)),
]


@pytest.mark.parametrize("expr, point, value", [*VALUES, *IN_FLOATS])
def test_values(expr, point, value):
    assert evaluate(expr, point) == pytest.approx(complex(value), rel=1e-12)


NO_VALUE = [
    (1 / (x - 1), {x: S.One}),
    (log(x), {x: S.Zero}),
    (Integral(1 / z, (z, 0, 1)), {}),
    (Integral(sin(z), (z, 0, oo)), {}),
    (Integral(1 / (z - half), (z, 0, 1)), {}),
    (Sum(1, (j, 1, n)), {n: Integer(10**6)}),
    (Max(I * x, 1), {x: S.One}),
    (Piecewise((x, x < 0)), {x: S.One}),
]


@pytest.mark.parametrize("expr, point", NO_VALUE)
def test_what_has_no_value_says_so(expr, point):
    with pytest.raises(Undefined):
        evaluate(expr, point)


@pytest.mark.parametrize("expr, point, value", [*VALUES, *IN_FLOATS, *BEYOND_FLOATS])
def test_floats_say_the_same_or_nothing(expr, point, value):
    try:
        found = evaluated_roughly(expr, point)
    except (Undefined, NotImplementedError):
        assert expr.has(Limit) or (expr, point, value) in BEYOND_FLOATS
    else:
        assert found == pytest.approx(complex(value), rel=1e-8)


@pytest.mark.parametrize("function", sorted(FLOATS, key=str), ids=str)
def test_a_function_of_floats_is_the_same_function(function):
    twofold = function in (atan2, beta, binomial, lowergamma, polygamma, uppergamma, Max, Min)
    first = Integer(2) if function in (acosh, polygamma) else Rational(3, 7)
    expr = function(first, Rational(9, 4), evaluate=False) if twofold else function(first, evaluate=False)
    assert evaluated_roughly(expr, {}) == pytest.approx(complex(evaluate(expr, {})), rel=1e-12)


@pytest.mark.parametrize("expr, point", NO_VALUE)
def test_what_has_no_value_has_none_in_floats(expr, point):
    with pytest.raises(Undefined):
        evaluated_roughly(expr, point)


@pytest.mark.parametrize("difference", [10**-3, 10**-6, Rational(1, 10**12), Rational(1, 10**20)])
def test_what_floats_cannot_see_is_refuted_all_the_same(difference):
    verdict = equal(x * y, x * y * (1 + difference))
    assert verdict.status == "refuted" and verdict.witness


def test_floats_refute_nothing_and_hide_no_tiny_difference():
    """The left side of the first cancels in floats; the sides of the second are less than floats hold."""
    assert equal((1 + a * Rational(1, 10**14) - 1) * 10**14, a).status == "proved"
    assert not _unsuspicious(exp(-(10**4) * a), 2 * exp(-(10**4) * a), {a: S.One}, lambda *sides: True)
    assert not _unsuspicious(x, x + Rational(1, 10**6), {x: S.One}, lambda *sides: True)
    assert _unsuspicious(x, x + Rational(1, 10**10), {x: S.One}, lambda *sides: True)
    assert not _unsuspicious(A, A, {}, lambda *sides: True)


def test_a_determinant_of_a_matrix_that_is_not_written_out_is_left_alone():
    with pytest.raises(NotImplementedError, match="written out"):
        evaluate(Determinant(A), {d: Integer(2)})
    assert equal(Determinant(A), Determinant(A.T)).status == "undecided"


def test_a_quadrature_is_good_to_more_than_half_of_its_digits():
    value = evaluate(Integral(exp(-(z**2)), (z, -oo, oo)), {}, 30)
    with mpmath.workdps(30):
        assert abs(value - mpmath.sqrt(mpmath.pi)) < mpmath.mpf(10) ** -18


# ----------------------------------------------------------------------------------------- identities made by building

atoms = st.sampled_from([x, y, a, b, Integer(2), Rational(1, 3)])
positives = st.sampled_from([a, b, c, Integer(2), 1 + x**2, exp(y)])


def combined(children):
    pairs = st.tuples(children, children)
    return st.one_of(
        pairs.map(lambda t: t[0] + t[1]),
        pairs.map(lambda t: t[0] * t[1]),
        pairs.map(lambda t: t[0] / (1 + t[1] ** 2)),
        children.map(lambda e: exp(e / 5)),
    )


terms = st.recursive(atoms, combined, max_leaves=4)
quick = settings(max_examples=25)


@given(terms, terms, terms)
@quick
def test_distributing_is_proved_and_its_mutants_never_are(u, v, w):
    left, right = u * (v + w), u * v + u * w
    assert equal(left, right).status != "refuted"
    for mutant in mutants(right)[:3]:
        verdict = equal(left, mutant.expr, count=4)
        assert verdict.status != "proved" or evaluated(expand(left - mutant.expr)) == 0


@given(positives, positives, st.integers(-3, 3))
@quick
def test_logarithms_of_products_split(u, v, power):
    assert equal(log(u * v**power), log(u) + power * log(v)).status == "proved"
    assert equal(log(u * v**power), log(u) + power * log(v) + log(1 + a)).status == "refuted"


@given(terms, terms)
@quick
def test_exponentials_of_sums_are_products(u, v):
    assert equal(exp(u / 7 + v / 7), exp(u / 7) * exp(v / 7)).status != "refuted"
    assert equal(exp(u / 7 + v / 7), exp(u / 7) + exp(v / 7)).status != "proved"


@given(positives, positives)
@quick
def test_roots_of_positive_products_split(u, v):
    assert equal(sqrt(u * v), sqrt(u) * sqrt(v)).status == "proved"
    assert equal(sqrt(u + v), sqrt(u) + sqrt(v)).status == "refuted"


@given(st.integers(-4, 4), st.integers(1, 5), st.integers(0, 4))
@quick
def test_division_with_remainder_for_all_small_numbers(shift, divisor, remainder):
    statement = equal(floor((n * divisor + remainder) / Integer(divisor)), n + remainder // divisor)
    assert statement.status == "proved"
    assert equal(floor((T + shift) / Integer(divisor)), floor(T / Integer(divisor)) + shift).status == (
        "proved" if divisor == 1 or shift == 0 else "refuted"
    )


@given(st.integers(0, 4), st.integers(1, 4))
@settings(max_examples=6)
def test_gaussian_moments_agree_with_the_recurrence(order, scale):
    def moment(m):
        return line(z**m * normal(z, x, scale * b), z)

    assert equal(moment(order + 2), x * moment(order + 1) + (order + 1) * scale * b * moment(order)).status == "proved"


def test_integrals_with_undefined_functions_are_taken_apart_term_by_term():
    F = Function("F", real=True)
    bell = exp(-((y - x) ** 2) / 2) / sqrt(2 * pi)
    mean = Integral(F(y) * bell, (y, -oo, oo))
    slope = Integral(F(y) * bell.diff(x), (y, -oo, oo))
    shifted = Integral((F(y) - a) * bell * (y - x), (y, -oo, oo))
    decide = partial(equal, functions=[{F: Lambda(y, y**3 - y)}])
    assert decide(mean.diff(x), slope).status == "proved"
    assert decide(shifted, slope).status == "proved"
    assert decide(Integral((F(y) - a) * bell, (y, -oo, oo)), mean - a).status == "proved"
    assert decide(shifted + a, slope).status == "refuted"
    assert decide(Integral((F(y) - y) * bell, (y, -oo, oo)), mean).status == "refuted"


def test_an_integral_of_nothing_negative_is_not_negative():
    u = Symbol("u", real=True)
    t = Symbol("t", positive=True)
    rest = (t - 1) ** 2 * u / (1 - u + u * t)
    assert at_most(log(t), t - 1, gap=Integral(rest, (u, 0, 1))).status == "proved"
    assert at_most(log(t), t - 1, gap=Integral(rest, (u, 0, 1)) * 2).status != "proved"
    assert nonnegative(Integral(u * t, (u, 0, 1))).status == "proved"
    assert nonnegative(Integral(exp(-u), (u, t, oo))).status == "proved"
    for not_manifest in (
        Integral(u - Rational(1, 4), (u, 0, 1)),  # a positive integral of what is not positive throughout
        Integral(u, (u, -1, 2)),
        Integral(u, (u, -oo, 0)),
        Integral(u**2, (u, 1, 0)),  # limits turned round
        Integral(u**2, (u, 0, x)),  # x may be negative
        -Integral(u, (u, 0, 1)),
    ):
        assert nonnegative(not_manifest).status != "proved"
    assert nonnegative(Integral(u, (u, 0, 1)), strict=True).status != "proved"


# Tables: two indices, two sums

ROWS, COLUMNS, DEPTH = symbols("rows columns depth", integer=True, positive=True)
ROW, COL, DEEP = symbols("row col deep", integer=True, positive=True)
PLAN = IndexedBase("plan", shape=(ROWS, COLUMNS), nonnegative=True)
COST = IndexedBase("cost", shape=(COLUMNS, DEPTH), real=True)
LEFT, RIGHT = IndexedBase("left", shape=(ROWS,), real=True), IndexedBase("right", shape=(DEPTH,), real=True)
BY_ROWS = Sum(PLAN[ROW, COL] * COST[COL, DEEP] * RIGHT[DEEP], (ROW, 1, ROWS), (COL, 1, COLUMNS), (DEEP, 1, DEPTH))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            Sum(PLAN[ROW, COL], (ROW, 1, ROWS), (COL, 1, COLUMNS)),
            Sum(PLAN[ROW, COL], (COL, 1, COLUMNS), (ROW, 1, ROWS)),
        ),
        (Sum(PLAN[ROW, COL], (ROW, 1, COL), (COL, 1, ROWS)), Sum(PLAN[DEEP, ROW], (DEEP, 1, ROW), (ROW, 1, ROWS))),
        (
            BY_ROWS,
            Sum(
                RIGHT[DEEP] * Sum(Sum(PLAN[ROW, COL], (ROW, 1, ROWS)) * COST[COL, DEEP], (COL, 1, COLUMNS)),
                (DEEP, 1, DEPTH),
            ),
        ),
        (
            BY_ROWS,
            Sum(
                PLAN[ROW, COL] * Sum(COST[COL, DEEP] * RIGHT[DEEP], (DEEP, 1, DEPTH)), (COL, 1, COLUMNS), (ROW, 1, ROWS)
            ),
        ),
        (
            Sum(LEFT[ROW] * RIGHT[DEEP], (ROW, 1, ROWS), (DEEP, 1, DEPTH)),
            Sum(LEFT[ROW], (ROW, 1, ROWS)) * Sum(RIGHT[DEEP], (DEEP, 1, DEPTH)),
        ),
    ],
)
def test_the_order_of_finite_sums_is_free(one, other):
    assert equal(one, other).status == "proved"


@pytest.mark.parametrize(
    "wrong",
    [
        Sum(PLAN[COL, ROW], (ROW, 1, ROWS), (COL, 1, COLUMNS)),
        Sum(PLAN[ROW, COL], (ROW, 1, ROWS), (COL, 1, ROWS)),
        Sum(PLAN[ROW, COL], (ROW, 1, COL), (COL, 1, COLUMNS)),
        Sum(PLAN[ROW, COL] ** 2, (COL, 1, COLUMNS), (ROW, 1, ROWS)),
    ],
)
def test_other_indices_or_ends_are_refuted(wrong):
    assert equal(Sum(PLAN[ROW, COL], (ROW, 1, ROWS), (COL, 1, COLUMNS)), wrong).status == "refuted"


def test_a_triangle_is_not_a_rectangle():
    """The ends of the inner sum depend on the outer index: the order is not free as it stands."""
    triangle, turned = (
        Sum(PLAN[ROW, COL], (ROW, 1, COL), (COL, 1, ROWS)),
        Sum(PLAN[ROW, COL], (COL, 1, ROW), (ROW, 1, ROWS)),
    )
    assert equal(triangle, turned).status == "refuted"
    assert equal(triangle, Sum(PLAN[ROW, COL], (COL, ROW, ROWS), (ROW, 1, ROWS))).status != "refuted"
