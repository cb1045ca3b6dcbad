"""An attempt: right ones are called true, wrong ones false with a counterexample, and nothing is left behind."""

import numpy as np
import pytest
from scipy import optimize
from sympy import (
    Derivative,
    Eq,
    Function,
    IndexedBase,
    Integral,
    Lambda,
    Le,
    Limit,
    Lt,
    Sum,
    Symbol,
    exp,
    log,
    oo,
    sin,
    symbols,
    zeta,
)

from utils import claims as module
from utils import exercise
from utils.claims import Claim, ClaimError, Propto, claims, define
from utils.exercise import Answer, attempt
from utils.kinds import IndexMap, Program
from utils.notation import as_written, mu, normal, sigma, x

a, b = symbols("a b", real=True)
p = Symbol("p", positive=True)
f = Function("f", real=True)
rows, columns = symbols("rows columns", integer=True, positive=True)
i, j = symbols("i j", integer=True, nonnegative=True)
second = Symbol("second", positive=True)


@pytest.fixture(autouse=True)
def empty_register(monkeypatch):
    """Every test starts with no claim stated."""
    monkeypatch.setattr(module, "_REGISTER", {})


def defined():
    """A symbol that stands for an integral."""
    with as_written():
        return define("second-moment", Eq(second, Integral(x**2 * normal(x, mu, sigma**2), (x, -oo, oo))))


def transposed(x, columns, rows):
    """numpy's transpose."""
    return x.T


def dealt(other_way):
    """Whether a transpose is claimed to be one."""
    out, source = IndexedBase("out"), IndexedBase("x")
    indices = (i, j) if other_way else (j, i)
    return attempt(
        IndexMap,
        Eq(out[i, j], source[indices]),
        ranges={i: columns, j: rows},
        source_shape=[rows, columns],
        check=transposed,
    )


def highs(cost, matrix, rhs):
    """The optimal value by HiGHS."""
    return optimize.linprog(cost, A_eq=matrix, b_eq=rhs).fun


def bought(primal):
    """Buy one unit of the cheaper of two goods."""
    with_prices = {"cost": [1, 2], "matrix": [[1, 1]], "rhs": [1], "dual": [1], "value": 1}
    return attempt(Program, primal=primal, check=highs, **with_prices)


def test_a_right_identity_is_proved_and_the_strategy_named():
    answer = attempt((a + b) ** 2, a**2 + 2 * a * b + b**2)
    assert str(answer) == "true: proved by rational functions"
    assert attempt(Eq((a + b) ** 2, a**2 + 2 * a * b + b**2)) == answer


def test_a_wrong_one_is_met_with_numbers_that_can_be_recomputed():
    answer = attempt((a + b) ** 2, a**2 + b**2)
    assert answer.word == "false"
    where, values = answer.how.removeprefix("at ").split(", the left side is ")
    point = dict(part.split(" = ") for part in where.split(", "))
    left, right = values.split(", the right side ")
    numbers = {name: float(eval(value)) for name, value in point.items()}
    assert (numbers["a"] + numbers["b"]) ** 2 == pytest.approx(float(left), rel=1e-5)
    assert numbers["a"] ** 2 + numbers["b"] ** 2 == pytest.approx(float(right), rel=1e-5)


def test_what_agrees_and_is_not_proved_is_never_called_true():
    answer = attempt(zeta(p + 2) * 2**p, zeta(p + 2) * exp(p * log(2)) + 0 * a)
    assert answer.word == "true"
    hard = attempt(Integral(sin(x) / x, (x, 0, oo)) * 0 + Integral(exp(-(x**4)) * sin(x**2) ** 2, (x, 0, oo)), second)
    assert hard.word != "true"


def test_undecided_says_how_far_it_looked(monkeypatch):
    monkeypatch.setattr(exercise.prove, "_prove_zero", lambda *args: "")
    answer = attempt((a + b) ** 2, a**2 + 2 * a * b + b**2)
    assert str(answer).startswith("undecided: no counterexample at 16 points, and no proof")


def test_a_chain_is_judged_link_by_link():
    assert attempt((a + b) ** 2, (a + b) * (a + b), a**2 + 2 * a * b + b**2).word == "true"
    answer = attempt((a + b) ** 2, a**2 + 2 * a * b + b**2, a**2 + b**2)
    assert answer.word == "false" and answer.how.startswith("step 2 of 2: at a = ")


def test_two_wrong_steps_between_right_ends_are_found():
    assert attempt(a + b, a - b, a + b).how.startswith("step 1 of 2: ")


def test_inequalities_and_their_gap():
    assert attempt(Le(2 * a * b, a**2 + b**2), gap=(a - b) ** 2).word == "true"
    assert attempt(a**2 + b**2 >= 2 * a * b, gap=(a - b) ** 2).word == "true"
    wrong = attempt(Le(a**2 + b**2, 2 * a * b), gap=(a - b) ** 2)
    assert wrong.word == "false" and "the larger side less the smaller one is -" in wrong.how
    assert attempt(Le(1 + a, exp(a)), gap=(a + b) ** 2).word == "undecided"
    with as_written():
        certain = Lt(p, p + 1)
    assert str(attempt(certain)).startswith("true: proved, since the gap is manifestly positive")


def test_conditions_count():
    assert attempt(abs(p - 1), 1 - p).word == "false"
    assert attempt(abs(p - 1), 1 - p, where=[p < 1]).word == "true"


def test_up_to_a_factor_limits_and_every_function():
    assert attempt(Propto(2 * exp(a), exp(a + b), a)).word == "true"
    assert attempt(Propto(exp(2 * a), exp(a), a)).word == "false"
    assert attempt(Limit((1 + p) / p, p, oo), 1).word == "true"
    assert attempt(Limit((1 + p) / p, p, oo), 2).word == "false"
    instances = [{f: Lambda(x, x**3)}, {f: Lambda(x, sin(x))}]
    square = Derivative(f(x) ** 2, x)
    assert attempt(square, 2 * f(x) * Derivative(f(x), x), functions=instances).word == "true"
    wrong = attempt(square, 2 * f(x), functions=instances)
    assert wrong.word == "false" and "f(x) = " in wrong.how


def test_defined_symbols_stand_for_their_definitions():
    defined()
    assert attempt(second, mu**2 + sigma**2).word == "true"
    assert attempt(second, mu**2 - sigma**2).word == "false"


def test_earlier_claims_can_be_given_if_they_are_proved():
    defined()
    with as_written():
        earlier = Claim("moment", Eq(second, mu**2 + sigma**2), unchecked="a test")
    with pytest.raises(ClaimError, match=r"attempt.*rests on “moment”, which is not proved"):
        attempt(second - mu**2, sigma**2, given=earlier)
    earlier.derive((earlier.rhs, "integrate"))
    assert attempt(second - mu**2, sigma**2, given=earlier).word == "true"


def test_of_a_vector_in_a_counterexample_what_the_statement_names_is_told():
    values, size = IndexedBase("values", real=True), Symbol("size", integer=True, positive=True)
    mean = Symbol("mean", real=True)
    total = Sum(values[i], (i, 1, size))
    with as_written():
        define("mean-of-values", Eq(mean, total / size))
    answer = attempt(size * mean, size + mean)
    assert answer.word == "false" and "mean = " in answer.how and "values" not in answer.how
    assert "some values" in attempt(total, size).how


def test_what_rests_on_a_citation_says_so():
    with as_written():
        module.cite("cited", Eq(second, mu**2 + sigma**2), source="A. Author")
    assert str(attempt(second - mu**2, sigma**2)).endswith("resting on what is cited: A. Author")


def test_dots_are_not_yet_an_answer():
    for blank in (attempt(a, ...), attempt(a, ..., b), attempt(..., a), bought([1, ...]), attempt(...)):
        assert blank.word == "not yet"
    assert str(attempt(a, ...)) == "not yet: put your own in place of the dots, and run the cell"


def test_repeating_the_question_is_called_by_its_name():
    assert str(attempt(a + b, a + b)) == "true: SymPy reads both sides as one and the same expression"
    assert attempt(a + b, a + b, a - b).word == "false"


def test_index_maps_and_programs():
    assert dealt(other_way=False).word == "true" and "checked by transposed" in dealt(other_way=False).how
    assert dealt(other_way=True).word == "rejected" and "differ at sizes" in dealt(other_way=True).how
    assert bought([1, 0]).word == "true"
    assert str(bought([0, 1])).startswith("rejected: the values differ: primal 2, dual 1")


def test_no_label_is_taken_and_nothing_registered():
    before = claims()
    attempt(2 * a, b)
    attempt(a, a)
    dealt(other_way=False), dealt(other_way=True), bought([0, 1])
    with pytest.raises(ClaimError):
        attempt(2 * a, 0.5)
    assert claims() == before
    answer = attempt(2 * a, b)._repr_mimebundle_()
    assert set(answer) == {"text/plain", "text/html"}  # no record for the ledger


def test_the_html_is_escaped():
    assert "&lt;b&gt;" in Answer("false", "<b>")._repr_mimebundle_()["text/html"]


BAD = {
    "a decimal": (lambda: attempt(2 * p, 0.25), r"decimal fraction 0\.25.*Rational"),
    "no domain": (lambda: attempt(Symbol("q"), Symbol("q") + 1), "`q` has no domain"),
    "no meaning": (lambda: attempt(second, p), "nothing says what .*second.* stands for.*given="),
    "one term": (lambda: attempt(a), "says nothing by itself.*attempt\\(left side, right side\\)"),
    "decided": (lambda: attempt(Eq(p, -1)), "SymPy has made up its mind"),
    "a relation in a chain": (lambda: attempt(a, Eq(a, b)), "relation stands inside a chain"),
    "parts of another kind": (lambda: attempt(a, b, ranges={}), "`ranges` goes with an index map"),
    "a kind without a route": (lambda: attempt(Program, cost=[1]), "nothing is there to compare.*check="),
    "an impossible condition": (lambda: attempt(2 * p, p + 1, where=[p < -1]), "a condition that is never true"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_an_error_in_words(name):
    call, message = BAD[name]
    with pytest.raises(ClaimError, match=message):
        call()


def test_the_label_is_reserved():
    with as_written():
        Claim("attempt", Eq(a, a), unproved="t", unchecked="t")
    with pytest.raises(ClaimError, match="reserved"):
        attempt(a, b)


def test_an_answer_has_no_truth_value():
    with pytest.raises(TypeError, match="not just yes or no"):
        bool(attempt(2 * a, b))


def test_answers_are_the_same_in_every_run():
    assert {str(attempt((a + b) ** 3, a**3 + np.int64(3) * b)) for _ in range(3)} == {
        str(attempt((a + b) ** 3, a**3 + 3 * b))
    }
