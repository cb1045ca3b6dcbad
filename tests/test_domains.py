"""Points satisfy what was declared, leave the values at which errors hide, and are the same each time."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import (
    Add,
    Eq,
    IndexedBase,
    Integral,
    MatrixSymbol,
    Ne,
    Q,
    Rational,
    S,
    Sum,
    Symbol,
    eye,
    false,
    sqrt,
    symbols,
    true,
)

from utils.domains import SPECIAL, evaluated, holds, points, seed_of, variables

x, y = symbols("x y", real=True)
a, b = symbols("a b", positive=True)
n, k = symbols("n k", integer=True, positive=True)
Y = IndexedBase("Y", positive=True)
A, B = MatrixSymbol("A", n, n), MatrixSymbol("B", n, k)

ASSUMPTIONS = {
    "real": lambda v: v.is_real,
    "positive": lambda v: v > 0,
    "negative": lambda v: v < 0,
    "nonnegative": lambda v: v >= 0,
    "nonpositive": lambda v: v <= 0,
    "nonzero": lambda v: v != 0,
    "integer": lambda v: v.is_Integer,
    "even": lambda v: v % 2 == 0,
    "odd": lambda v: v % 2 == 1,
}


@given(st.sets(st.sampled_from(sorted(ASSUMPTIONS)), min_size=1, max_size=3), st.integers(0, 10**6))
@settings(max_examples=80)
def test_points_satisfy_any_combination_of_assumptions(names, seed):
    try:
        symbol = Symbol("s", **dict.fromkeys(names, True))
    except ValueError:  # inconsistent, as SymPy says
        assume(False)
    assume(symbol.is_zero is not True)
    for point in points([symbol], count=8, seed=seed):
        assert all(ASSUMPTIONS[name](point[symbol]) for name in names)


bounds = st.fractions(-20, 20, max_denominator=50).map(lambda q: Rational(q.numerator, q.denominator))


@given(bounds, bounds, st.booleans(), st.integers(0, 10**6))
@settings(max_examples=60)
def test_points_satisfy_bounds(low, width, strict, seed):
    high = low + abs(width) + Rational(1, 3)
    where = (x > low, x < high) if strict else (low <= x, high >= x)
    for point in points([x], where, count=6, seed=seed):
        assert low <= point[x] <= high


CONDITIONS = [
    (a < b,),
    (a**2 + b**2 < 10,),
    (Ne(x, 0), x * y > 3),
    (k <= n,),
    (n > 1, a < 1, b > a),
    (x**2 < 1,),
    (Ne(x * y, 1), true),
]


@pytest.mark.parametrize("where", CONDITIONS)
def test_points_satisfy_conditions(where):
    drawn = points(variables(*where), where, count=10)
    assert len(drawn) == 10
    assert all(condition == True or condition.subs(point) == True for point in drawn for condition in where)  # noqa: E712


def test_points_leave_the_values_at_which_errors_hide():
    values = {v for point in points([x, a, b], count=200) for v in point.values()}
    assert not values & SPECIAL
    assert {S.Zero, S.One, -S.One, S.Half, S(2)} <= SPECIAL


def test_points_are_small_of_order_one_and_large():
    for symbol in (a, x):
        sizes = [abs(point[symbol]) for point in points([symbol], count=60)]
        assert sum(bool(s <= Rational(1, 4)) for s in sizes) > 5
        assert sum(bool(s >= Rational(1, 3)) and bool(s <= 3) for s in sizes) > 5
        assert sum(bool(s >= 4) for s in sizes) > 5
    assert {point[n] > 12 for point in points([n], count=60)} == {True, False}
    signs = {point[x] > 0 for point in points([x], count=20)}
    assert signs == {True, False}


def test_points_are_distinct_and_the_same_for_the_same_seed():
    first, second, other = (points([a, n], count=24, seed=seed) for seed in (5, 5, 6))
    assert first == second != other
    assert len({tuple(point.values()) for point in first}) == 24


def test_a_seed_depends_on_what_is_written():
    assert seed_of(a + b) == seed_of(b + a) != seed_of(a - b)
    assert seed_of("ab", "c") != seed_of("a", "bc")
    assert 0 <= seed_of(a) < 2**64


def test_symbols_that_only_the_conditions_mention_are_drawn_too():
    assert all(point[b] > point[a] for point in points([a], (b > a,), count=5))


BAD = [
    (lambda: points([Symbol("s")]), "`s` has no domain: declare it"),
    (lambda: points([Symbol("z", complex=True)]), "has no domain"),
    (lambda: points([IndexedBase("W")]), "`W` has no domain"),
    (lambda: points([a], (Symbol("t") < a,)), "`t` has no domain"),
    (lambda: points([a], (a < -1,)), "never true"),
    (lambda: points([a, b], (a < b, b < a)), "widen the conditions"),
    (lambda: points([a], (false,)), "never true"),
    (lambda: points([a], ("a < 1",)), "takes relationals"),
    (lambda: points([a], (a,)), "takes relationals"),
    (lambda: points([x], (Eq(x, 17),)), "no point satisfies"),
]


@pytest.mark.parametrize("draw, message", BAD)
def test_bad_input_says_what_is_wrong(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


def test_a_vector_is_longer_than_any_count():
    for point in points([n, Y], count=12):
        assert len(point[Y]) > point[n] + 1
        assert all(v > 0 for v in point[Y])


def test_a_table_has_rows_longer_than_both_of_its_sizes_which_stay_small():
    rows, columns = symbols("rows columns", integer=True, positive=True)
    costs = IndexedBase("costs", shape=(rows, columns), positive=True)
    drawn = points([rows, columns, costs], count=24)
    assert all(len(row) == len(p[costs]) > max(p[rows], p[columns]) + 1 for p in drawn for row in p[costs])
    assert all(value > 0 for p in drawn for row in p[costs] for value in row)
    assert {p[rows] > p[columns] for p in drawn} == {True, False} and max(p[rows] for p in drawn) <= 3


def test_matrices_have_the_shape_and_structure_asked_for():
    for point in points([A, B], (Q.positive_definite(A),), count=12):
        assert point[A].shape == (point[n], point[n])
        assert point[B].shape == (point[n], point[k])
        assert point[A] == point[A].T
        assert all(point[A][:m, :m].det() > 0 for m in range(1, int(point[n]) + 1))
    for point in points([A], (Q.orthogonal(A),), count=6):
        assert point[A] * point[A].T == eye(int(point[n]))
    for point in points([A], (Q.symmetric(A),), count=6):
        assert point[A] == point[A].T
    assert any(point[A] != point[A].T for point in points([A], count=6))
    assert {int(point[n]) for point in points([A], count=12)} == {1, 2, 3}


def test_variables_are_free_named_once_and_sorted():
    i = Symbol("i", integer=True)
    assert variables(Sum(Y[i] * b, (i, 1, n)) + a, A) == [A, Y, a, b, n]
    assert variables(Integral(x * y, (x, 0, 1))) == [y]
    assert variables(a, a) == [a]


def test_evaluated_turns_automatic_evaluation_back_on():
    assert evaluated(Add(a, a, evaluate=False)) == 2 * a
    integral = Integral(x, (x, 0, 1))
    assert evaluated(integral) == integral
    assert evaluated(sqrt(4 * a**2)) == 2 * a


@pytest.mark.parametrize(
    "condition",
    [
        (a + b) ** 2 - a**2 - 2 * a * b - b**2 >= 0,  # zero, which floats take for ±1e-13
        (a + b) ** 2 - a**2 - 2 * a * b - b**2 < 0,
        1 / ((a + b) ** 2 - a**2 - 2 * a * b - b**2 + Rational(1, 10**20)) > 10**19,
        Ne(a * b - b * a + (a + b) / 3 - a / 3 - b / 3, 0, evaluate=False),
        a - b < Rational(1, 10**18),
        (a - b) ** -2 > 0,
        sqrt(a) * b < 2,
        a**40 * b < a**39 * b**2,
        true,
        Ne(sqrt(2) * a, b),
    ],
)
def test_a_condition_is_judged_as_exactly_as_ever(condition):
    values = [Rational(1, 3), Rational(2, 7), Rational(10**9 + 1, 10**9), Rational(1), Rational(37)]
    for left in values:
        for right in values:
            if left != right or not condition.has((a - b) ** -2):
                exact = condition.xreplace({a: left, b: right})
                assert holds(condition, {a: left, b: right}) == (exact == True), (left, right)  # noqa: E712
