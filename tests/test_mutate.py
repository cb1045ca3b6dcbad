"""Every kind of edit is made where it applies, and nowhere else."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    Abs,
    Determinant,
    Function,
    IndexedBase,
    Integral,
    Limit,
    Matrix,
    MatrixSymbol,
    Max,
    Min,
    Piecewise,
    Product,
    Sum,
    Symbol,
    ceiling,
    exp,
    floor,
    log,
    oo,
    sin,
    sqrt,
    symbols,
    sympify,
)

from utils.domains import evaluated
from utils.mutate import mutants
from utils.notation import as_written

ROOT = Path(__file__).parents[1]
x, y = symbols("x y", real=True)
a, b, c = symbols("a b c", positive=True)
n, k, i = symbols("n k i", integer=True, positive=True)
Y = IndexedBase("Y", real=True)
A, B, C = (MatrixSymbol(name, n, n) for name in "ABC")
f = Function("f")

# (kind of edit, formula, one mutant that has to be there)
EDITS = [
    ("sign", a + b, a - b),
    ("sign", -a * b, a * b),
    ("dropped term", a + b + c, a + c),
    ("dropped factor", a * b * c, a * c),
    ("factor", exp(x), exp(2 * x)),
    ("factor", a + b, 2 * a + b),
    ("exponent", a**2 + b, a**3 + b),
    ("exponent", a**2 + b, a + b),
    ("reciprocal", a**2 + b, a**-2 + b),
    ("reciprocal", sqrt(a) * b, b / sqrt(a)),
    ("number", 3 * x, 4 * x),
    ("swapped symbols", x - 2 * y, y - 2 * x),
    ("wrong symbol", a**2 + b, b**2 + b),
    ("dropped function", log(a) + b, a + b),
    ("swapped arguments", f(x, y) + x, f(y, x) + x),
    ("swapped branches", Piecewise((a, x < 0), (1, True)), Piecewise((1, x < 0), (a, True))),
    ("wrong function", Max(x, y), Min(x, y)),
    ("wrong function", floor(x), ceiling(x)),
    ("index", Y[i + 1] * x, Y[i] * x),
    ("index", Sum(Y[i], (i, 1, n)), Sum(Y[i], (i, 0, n))),
    ("index", Sum(Y[i], (i, 1, n)), Sum(Y[i], (i, 1, n - 1))),
    ("index", Product(Y[i], (i, 1, n)), Product(Y[i], (i, 1, n + 1))),
    ("sign", A + B, A - B),
    ("dropped term", A + B, B),
    ("matrix order", A * B * C, B * A * C),
    ("transpose", A.T * B, A * B),
    ("transpose", A * B, A.T * B),
    ("reciprocal", A.inverse() * B, A * B),
    ("reciprocal", A * B, A.inverse() * B),
    ("factor", A * B, 2 * A * B),
    ("number", Piecewise((3 * a, x < 0), (b, True)), Piecewise((4 * a, x < 0), (b, True))),
    ("number", Matrix([[3 * a, b]]), Matrix([[4 * a, b]])),
    ("factor", Determinant(Matrix([[a, b], [c, x]])), Determinant(Matrix([[a, b], [2 * c, x]]))),
    ("swapped symbols", Determinant(Matrix([[a, b], [c, x]])), Determinant(Matrix([[b, a], [c, x]]))),
]


@pytest.mark.parametrize("kind, formula, wanted", EDITS)
def test_an_edit_is_made_where_it_applies(kind, formula, wanted):
    made = [m.expr for m in mutants(formula) if m.kind == kind]
    assert evaluated(sympify(wanted)) in made


UNTOUCHED = [
    ("swapped symbols", a * n, "a count and a quantity"),
    ("wrong symbol", a + n, "a count and a quantity"),
    ("dropped function", f(x) + a, "an undefined function"),
    ("swapped arguments", sin(x) + a, "one argument"),
    ("transpose", MatrixSymbol("R", n, k), "not square"),
    ("matrix order", A + B, "no product"),
    ("exponent", a + b, "no power"),
    ("index", a * b, "no index"),
    ("wrong function", Abs(x), "no counterpart"),
    ("swapped branches", a + b, "no branches"),
]


@pytest.mark.parametrize("kind, formula, why", UNTOUCHED)
def test_an_edit_that_does_not_apply_is_not_made(kind, formula, why):
    assert kind not in {m.kind for m in mutants(formula)}, why


BOUND = [
    Integral(exp(-(x**2) / a), (x, 0, oo)) + b,
    Limit(a * n / (n + 1), n, oo) + b,
    Sum(a * Y[i], (i, 1, n)) + b,
]


@pytest.mark.parametrize("formula", BOUND)
def test_a_bound_variable_keeps_its_name(formula):
    for mutant in mutants(formula):
        assert mutant.expr.free_symbols <= formula.free_symbols | {Symbol("n", integer=True, positive=True)} | set(
            mutant.expr.atoms(type(Y[i]))
        )
        kinds = [e.variables for e in mutant.expr.atoms(Integral, Sum)]
        assert all(v in [e.variables for e in formula.atoms(Integral, Sum)] for v in kinds)


def test_the_power_of_an_inverse_is_not_edited():
    assert not [m for m in mutants(A.inverse() * B) if m.kind == "number" or m.edit.startswith("-1")]


FORMULAS = [formula for _, formula, _ in EDITS] + BOUND


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_mutant_is_the_original_and_none_comes_twice(formula):
    found = [m.expr for m in mutants(formula)]
    assert found
    assert evaluated(sympify(formula)) not in found
    assert len(set(found)) == len(found)


def test_a_mutant_says_what_became_what():
    mutant = next(m for m in mutants(a**2 + b) if m.kind == "reciprocal")
    assert mutant.edit == "a**2 → a**(-2)"


def test_the_order_is_the_same_in_each_process():
    code = """
from sympy import *
from utils.mutate import mutants
a, b, c = symbols("a b c", positive=True)
T = Symbol("utterance_frames", integer=True, positive=True)
A, B = MatrixSymbol("A", 3, 3), MatrixSymbol("B", 3, 3)
with evaluate(False):
    halved = floor(floor(floor(T / 2) / 2) / 2)
for e in (a / (b + c) - log(a * b) ** 2, A * B.T + B.inverse(), Max(a, b, c) * Min(a, c), halved):
    print([(m.kind, m.edit, str(m.expr)) for m in mutants(e)])
"""
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (0, 1, 2, 8, 12)
    }
    assert len(runs) == 1


leaves = st.sampled_from([a, b, x, n])
pairs = st.sampled_from([lambda s, t: s + t, lambda s, t: s * t, lambda s, t: s - 2 * t, lambda s, t: s / (1 + t**2)])
formulas = st.recursive(
    leaves, lambda inner: st.builds(lambda make, s, t: make(s, t), pairs, inner, inner), max_leaves=5
)


@given(formulas)
@settings(max_examples=60)
def test_mutants_of_any_formula_are_new_and_repeatable(formula):
    first, second = mutants(formula), mutants(formula)
    assert first == second
    assert all(m.expr != evaluated(formula) for m in first)
    assert all(m.expr.free_symbols <= formula.free_symbols for m in first)


def test_a_symbol_that_cancels_when_another_is_swapped_is_no_obstacle():
    with as_written():
        formula = log(a + x * b - a) + b
    assert mutants(formula)


def test_the_indices_of_a_table_are_swapped():
    costs, i, j = IndexedBase("costs", shape=(n, n), real=True), *symbols("i j", integer=True, positive=True)
    with as_written():
        formula = Sum(costs[i, j] * a, (j, 1, n), (i, 1, n))
    swapped = [m.expr for m in mutants(formula) if m.kind == "swapped indices"]
    assert swapped == [Sum(a * costs[j, i], (j, 1, n), (i, 1, n))]
