"""Index maps, programs and experiments: what they prove, what they refuse, and what they leave on the page."""

import itertools
import json
import re
from fractions import Fraction

import numpy as np
import pytest
from scipy import optimize
from sympy import Eq, IndexedBase, Rational, Symbol, floor, sqrt, symbols

from utils import claims as module
from utils.kinds import SIZES, Experiment, IndexMap, Program
from utils.notation import as_written
from utils.routes import ClaimError

h, w = symbols("h w", integer=True, positive=True)
i, j, k = symbols("i j k", integer=True, nonnegative=True)
x, out = IndexedBase("x", real=True), IndexedBase("y", real=True)

MIME = "application/vnd.claim+json"


@pytest.fixture(autouse=True)
def empty_register(monkeypatch):
    monkeypatch.setattr(module, "_REGISTER", {})


# ------------------------------------------------------------------------------------------------- index maps


def fold(label="fold", index=None, **options):
    """A flat array as h rows of w."""
    with as_written():
        index = i * w + j if index is None else index
        return IndexMap(label, Eq(out[i, j], x[index]), ranges={i: h, j: w}, source_shape=[h * w], **options)


def numpy_reshape(x, h, w):
    """numpy.reshape in C order."""
    return x.reshape(h, w)


def transposition(right):
    return IndexMap("turn", Eq(out[i, j], x[right]), ranges={i: w, j: h}, source_shape=[h, w])


def numpy_transpose(x, h, w):
    """numpy's transpose."""
    return x.T


def test_a_reshape_in_c_order_is_its_index_map():
    claim = fold()
    claim.check(numpy_reshape)
    assert claim.shapes == len(SIZES) ** 2
    assert claim.counts["applied"] == claim.counts["rejected"] > 5
    assert claim.equation() == r"y_{i, j} = x_{i w + j} \qquad (0 \le i < h,\ 0 \le j < w)"
    assert [word for word, _ in claim.verdicts()] == ["checked"]


def test_a_flattening_is_the_division_with_remainder():
    with as_written():
        right = x[floor(k / w), k - w * floor(k / w)]
        claim = IndexMap("flatten", Eq(out[k], right), ranges={k: h * w}, source_shape=[h, w])

    @claim.check
    def numpy_ravel(x, h, w):
        """numpy.ravel in C order."""
        return x.ravel()

    assert claim.counts["applied"] == claim.counts["rejected"] > 5


def test_a_transposition_is_its_index_map():
    claim = transposition((j, i))
    claim.check(numpy_transpose)
    assert claim.counts["applied"] == claim.counts["rejected"] > 0


@pytest.mark.parametrize("index", [i * h + j, i + j * h, i * w + j + 1, i * w, (i * w + j) * 2, i * w + j - 1])
def test_a_wrong_map_is_rejected(index):
    claim = fold(index=index)
    with pytest.raises(ClaimError, match="“fold”: the printed map and the route differ at sizes"):
        claim.check(numpy_reshape)
    with pytest.raises(ClaimError, match="shown before it is checked"):
        claim._repr_mimebundle_()


def test_a_map_that_is_right_for_squares_only_is_rejected():
    with pytest.raises(ClaimError, match=r"differ at sizes {h: 2, w: 1}"):
        fold(index=i * h + j).check(numpy_reshape)
    square = fold("square", index=i * h + j, where=[Eq(h, w)])
    square.check(numpy_reshape)
    assert square.shapes == len(SIZES)


def test_a_mutant_that_is_the_same_index_is_set_aside():
    with as_written():
        repeated = x[floor((i * w + j) / w)]
        claim = IndexMap("repeat", Eq(out[i, j], repeated), ranges={i: h, j: w}, source_shape=[h])

    @claim.check
    def numpy_repeat(x, h, w):
        """numpy.repeat."""
        return np.repeat(x, w).reshape(h, w)

    assert claim.counts["equivalent"] > 0  # j < w may be left out
    assert claim.counts["applied"] == claim.counts["rejected"]


def bad_route_shape():
    @fold().check
    def flat(x, h, w):
        """Nothing is folded."""
        return x


def bad_route_arguments():
    @fold().check
    def reshaped(x, w, h):
        """The sizes in another order."""
        return x.reshape(h, w)


def bad_route_without_words():
    @fold().check
    def reshaped(x, h, w):
        return x.reshape(h, w)


def bad_route_reads_the_claim():
    claim = fold()

    @claim.check
    def reshaped(x, h, w):
        """The printed index."""
        return x[[[int(claim.rhs_indices[0].subs({"i": a, "j": b, "w": w})) for b in range(w)] for a in range(h)]]


def bad_no_shape():
    fold(where=[h > 9]).check(numpy_reshape)


def bad_sides():
    IndexMap("fold", Eq(Symbol("a"), x[i]), ranges={i: h}, source_shape=[h])


def bad_ranges():
    IndexMap("fold", Eq(out[i, j], x[i]), ranges={j: w, i: h}, source_shape=[h])


def bad_label():
    fold()
    Experiment("fold", "m", seeds=range(9), less_than=1)


@pytest.mark.parametrize(
    "call, pattern",
    [
        (bad_route_shape, r"the route returned shape \(1,\) where \(1, 1\) is claimed, at sizes .*printed shape"),
        (bad_route_arguments, r"the route takes other arguments than \['x', 'h', 'w'\]. Use exactly these"),
        (bad_route_without_words, "has no docstring. Say in a line"),
        (bad_route_reads_the_claim, "the route reaches the symbolic expression `claim`"),
        (bad_no_shape, "no shape satisfies `where`. Widen it"),
        (bad_sides, r"both sides have to be indexed arrays. Write Eq\(out"),
        (bad_ranges, "`ranges` does not name the left-hand indices in order. Give index: length"),
        (bad_label, "this label is taken. Choose another one"),
    ],
)
def test_bad_input_to_an_index_map_is_named(call, pattern):
    with pytest.raises(ClaimError, match=rf"claim “fold”: .*{pattern}|claim “fold”: {pattern}"):
        call()


# --------------------------------------------------------------------------------------------------- programs
# Two heaps of 2/3 and 1/3 go to two holes of 1/2 each; the plan's entries are x11, x12, x21, x22.

TRANSPORT = {
    "cost": [0, 2, 1, Rational(1, 2)],
    "matrix": [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]],
    "rhs": [Fraction(2, 3), Fraction(1, 3), Fraction(1, 2), Fraction(1, 2)],
    "primal": [Fraction(1, 2), Fraction(1, 6), 0, Fraction(1, 3)],
    "dual": [0, Fraction(-3, 2), 0, 2],
    "value": Fraction(1, 2),
}


def transport(**changed):
    return Program("transport", **{**TRANSPORT, **changed})


def linprog(cost, matrix, rhs):
    """HiGHS by scipy.optimize.linprog."""
    return optimize.linprog(cost, A_eq=matrix, b_eq=rhs, method="highs").fun


def test_a_transport_problem_is_proved_by_its_certificate_and_checked_by_a_solver():
    claim = transport()
    claim.check(linprog)
    assert [word for word, _ in claim.verdicts()] == ["proved", "checked"]
    assert claim.counts["applied"] == claim.counts["rejected"] > 12
    markdown = claim._repr_mimebundle_()["text/markdown"]
    assert markdown.startswith("$$\n\\min_{x \\ge 0}") and "= \\frac{1}{2}\n$$ (transport)" in markdown
    record = json.loads(json.dumps(claim.record()))
    assert record["certificate"] == {
        "primal": ["1/2", "1/6", "0", "1/3"],
        "dual": ["0", "-3/2", "0", "2"],
        "value": "1/2",
    }


def test_the_constant_added_to_one_side_of_the_dual_is_another_certificate():
    shifted = [0 + 5, Fraction(-3, 2) + 5, 0 - 5, 2 - 5]
    assert transport(dual=shifted).value == Fraction(1, 2)


@pytest.mark.parametrize(
    "changed, pattern",
    [
        ({"primal": [Fraction(2, 3), 0, Fraction(-1, 6), Fraction(1, 2)]}, "the primal point has a negative entry"),
        ({"primal": [Fraction(2, 3), 0, 0, Fraction(1, 3)]}, "the primal point violates A x = b"),
        ({"dual": [1, Fraction(-3, 2), 0, 2]}, "the dual point is infeasible"),
        ({"value": Fraction(1, 3)}, "the values differ: primal 1/2, dual 1/2, claimed 1/3"),
        ({"dual": [0, -2, 0, 2]}, "the values differ: primal 1/2, dual 1/3, claimed 1/2"),
        (
            {"primal": [Fraction(1, 3), Fraction(1, 3), Fraction(1, 6), Fraction(1, 6)]},
            "the values differ: primal 11/12",
        ),
        ({"cost": [0, 2.0, 1, Fraction(1, 2)]}, "`cost` is not exact (2.0 is a float)"),
        ({"cost": [0, sqrt(4.0), 1, Fraction(1, 2)]}, "`cost` is not exact"),
        ({"cost": [0, sqrt(2), 1, Fraction(1, 2)]}, "`cost` is not exact"),
        ({"rhs": ["two thirds", 1, 1, 1]}, "`rhs` is not exact"),
        ({"value": float("nan")}, "`value` is not exact"),
        ({"dual": [0, 1, 2]}, "the shapes of cost, matrix, rhs, primal and dual do not fit"),
        ({"matrix": [[1, 1], [1, 1], [1, 1], [1, 1]]}, "the shapes of cost, matrix, rhs, primal and dual do not fit"),
    ],
)
def test_each_condition_that_a_certificate_violates_is_named(changed, pattern):
    with pytest.raises(ClaimError, match=f"claim “transport”: {re.escape(pattern)}"):
        transport(**changed)


def test_a_gap_of_zero_without_feasibility_is_no_evidence():
    half = [Fraction(1, 2), 0, 0, 1]  # costs 1/2 as well, but moves 1/2 and 1
    with pytest.raises(ClaimError, match="the primal point violates A x = b"):
        transport(primal=half)
    steep = [3, 0, Fraction(-9, 2), Fraction(3, 2)]
    assert sum(a * b for a, b in zip(steep, TRANSPORT["rhs"], strict=True)) == Fraction(1, 2)
    with pytest.raises(ClaimError, match="the dual point is infeasible"):
        transport(dual=steep)


def test_a_solver_that_disagrees_is_believed():
    claim = transport()

    def lazy(cost, matrix, rhs):
        """The cost of the independent plan."""
        return 7 / 8

    with pytest.raises(ClaimError, match=r"the solver gives 0.875, claimed is 1/2"):
        claim.check(lazy)
    with pytest.raises(ClaimError, match="shown before it is checked"):
        claim.verdicts()


def test_an_optimum_below_the_solvers_tolerance_is_refused():
    tiny = Fraction(1, 10**8)
    scaled = {name: [v * tiny for v in TRANSPORT[name]] for name in ("rhs", "primal")}
    claim = transport(**scaled, value=tiny / 2)
    with pytest.raises(ClaimError, match=r"the solver does not tell 1/200000000 from .*Scale the data"):
        claim.check(linprog)


def test_every_certificate_with_a_vertex_of_another_plan_is_rejected():
    share = [Fraction(k, 6) for k in range(7)]
    optimal = [p for p in itertools.product(share, repeat=4) if accepted(p)]
    assert optimal == [tuple(TRANSPORT["primal"])]


def accepted(plan):
    try:
        return bool(transport(primal=list(plan)))
    except ClaimError:
        return False


# ------------------------------------------------------------------------------------------------- experiments


def gain(**direction):
    return Experiment("gain", r"\mathrm{MSE}_a - \mathrm{MSE}_b", seeds=range(20), **direction)


def measured(seed):
    """One draw around 2."""
    return np.random.default_rng(seed).normal(2, 0.5)


def test_an_experiment_declares_its_direction_and_reports_an_interval():
    claim = gain(greater_than=1)
    claim.run(measured)
    low, high = claim.interval()
    assert 1 < low < 2 < high
    (word, how), bundle = claim.verdicts()[0], claim._repr_mimebundle_()
    assert word == "measured" and how.endswith("20 seeds") and "99.9 % interval" in how
    assert bundle["text/markdown"].startswith(
        "$$\n\\mathbb{E}\\left[\\mathrm{MSE}_a - \\mathrm{MSE}_b\\right] > 1\n$$ (gain)"
    )
    assert json.loads(json.dumps(bundle[MIME]))["verdicts"] == ["measured"]
    assert bundle[MIME]["trial"] == "One draw around 2."


def test_the_other_direction_is_printed_the_other_way_round():
    claim = gain(less_than=3)
    claim.run(measured)
    assert claim.equation().endswith("< 3")


def test_the_interval_holds_the_mean_as_often_as_it_says():
    rng, held, rounds = np.random.default_rng(5), 0, 4_000
    for _ in range(rounds):
        low, high = Experiment._interval(rng.normal(1, 3, 8))
        held += low < 1 < high
    assert abs(held / rounds - 0.999) < 5 * np.sqrt(0.999 * 0.001 / rounds)


@pytest.mark.parametrize("direction", [{"greater_than": 3}, {"less_than": 1}, {"greater_than": 2}, {"less_than": 2}])
def test_an_interval_that_is_not_on_the_claimed_side_raises_and_shows_nothing(direction):
    claim = gain(**direction)
    with pytest.raises(ClaimError, match=r"“gain”: the interval .* does not lie on the claimed side. Report what was"):
        claim.run(measured)
    with pytest.raises(ClaimError, match="shown before it was run"):
        claim._repr_mimebundle_()


@pytest.mark.parametrize(
    "options, pattern",
    [
        ({"seeds": range(9)}, "no direction is declared. Give exactly one"),
        ({"seeds": range(9), "less_than": 1, "greater_than": 0}, "no direction is declared. Give exactly one"),
        ({"seeds": range(4), "less_than": 1}, "4 different seeds are too few. Give at least five"),
        (
            {"seeds": [1, 2, 3, 4, 5, 5], "less_than": 1},
            "5 different seeds are too few. Give at least five, all different",
        ),
    ],
)
def test_an_experiment_that_is_not_declared_before_the_run_is_refused(options, pattern):
    with pytest.raises(ClaimError, match=f"“gain”: {pattern}"):
        Experiment("gain", "m", **options)


def test_a_trial_that_is_not_a_number_is_named_by_its_seed():
    with pytest.raises(ClaimError, match=r"“gain”: the trial with seed 3 is not finite. Mend the trial"):
        gain(greater_than=0).run(lambda seed: np.nan if seed == 3 else 1.0)
