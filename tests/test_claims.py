"""A claim passes its three gates or raises: bad input, planted faults, what it prints, running it again."""

import json
import math
import re

import numpy as np
import pytest
from scipy import stats
from sympy import (
    Abs,
    Derivative,
    Determinant,
    Eq,
    Function,
    Ge,
    Gt,
    IndexedBase,
    Integral,
    Lambda,
    Le,
    Limit,
    Lt,
    Matrix,
    MatrixExpr,
    MatrixSymbol,
    Q,
    Rational,
    Sum,
    Symbol,
    exp,
    lambdify,
    log,
    oo,
    sinh,
    sqrt,
    symbols,
    sympify,
)

from utils import claims as module
from utils import prove
from utils.claims import (
    Claim,
    ClaimError,
    Propto,
    cite,
    claims,
    define,
    forget,
    leq,
    propto,
    refute,
    unicode_name,
)
from utils.domains import evaluated
from utils.estimate import Estimate
from utils.mutate import mutants
from utils.notation import as_written, mu_0, mu_1, n, normal, sigma, tau_0, theta, y, ybar, ys

a, b, m, mean_square, x = symbols("a b m mean_square x", real=True)
p, s, t = symbols("p s t", positive=True)
d = Symbol("d", integer=True, positive=True)
i, j = symbols("i j", integer=True, positive=True)

MIME = "application/vnd.claim+json"


@pytest.fixture(autouse=True)
def empty_register(monkeypatch):
    """Every test starts with no claim stated."""
    monkeypatch.setattr(module, "_REGISTER", {})


# ---------------------------------------------------------------------------------- right claims, to build on


def square(label="square", source="", **options):
    """(a + b)² multiplied out, neither proved nor checked yet."""
    with as_written():
        return Claim(label, Eq((a + b) ** 2, a**2 + 2 * a * b + b**2), source=source, **options)


def polynomial_product(a, b):
    """(a + b)² by numpy.polymul, evaluated at a."""
    return np.polyval(np.polymul([1, b], [1, b]), a)


def passed(label="square"):
    """That claim, proved and checked."""
    claim = square(label)
    claim.derive((claim.rhs, "multiply out"))
    claim.check(polynomial_product)
    return claim


def second_moment(label="second-moment", **options):
    """The mean square of a normal law: a claim about a symbol that is defined by an integral."""
    with as_written():
        define("mean-square", Eq(mean_square, Integral(x**2 * normal(x, a, s**2), (x, -oo, oo))))
        return Claim(label, Eq(mean_square, a**2 + s**2), unproved="the check is meant here", **options)


def simulated(draws):
    """A Monte Carlo route to that mean square."""

    def simulation(a, s, rng):
        """The mean square of normal draws."""
        return Estimate.from_samples(rng.normal(a, s, draws) ** 2)

    return simulation


# ------------------------------------------------------------------------------------------- the bad-input table

BAD = []


def bad(pattern):
    """Enter a bad input in the table, with what its message has to say: what was wrong and how to mend it."""

    def enter(call):
        BAD.append(pytest.param(call, pattern, id=call.__name__))
        return call

    return enter


@bad("“square”: this label is taken. Choose another one, or call forget")
def a_duplicate_label():
    square()
    Claim("square", Eq(a, b))


@bad("“Square_1”: the label is not in kebab-case. Write lower-case words joined by hyphens")
def a_label_that_is_no_label():
    square("Square_1")


@bad("“square”: .*is not a statement. Give Eq, Le, Lt, Ge, Gt or Propto")
def no_statement():
    Claim("square", (a + b) ** 2)


@bad("“square”: `z` has no domain: declare it, e.g. .*real=True")
def a_free_symbol_with_no_domain():
    z = Symbol("z")
    Claim("square", Eq(a, z**2))


@bad("“square”: .*`V` has no domain")
def a_vector_with_no_domain():
    V = IndexedBase("V")
    Claim("square", Eq(a, Sum(V[i], (i, 1, d))))


@bad("“square”: no point satisfies `where`.*widen the conditions")
def no_usable_point():
    square(where=[a > 3, a < 2]).check(polynomial_product)


@bad("“square”: .*never true.*drop it")
def a_condition_that_is_never_true():
    square(where=[p < -1]).check(polynomial_product)


@bad(r"“square”: the route returned nan at \{'a': .*Mend the route or narrow")
def a_route_that_returns_nan():
    @square().check
    def route(a, b):
        """Not a number."""
        return math.nan


@bad("“square”: the route returned inf at .*Mend the route or narrow")
def a_route_that_returns_infinity():
    @square().check
    def route(a, b):
        """Too large a number."""
        return math.inf


@bad("“square”: the route returned complex, not a real number.*Return a float")
def a_route_that_returns_a_complex_number():
    @square().check
    def route(a, b):
        """A root of a negative number."""
        return complex(a, b)


@bad("“square”: the route returned complex128, not a real number.*Return a float")
def a_route_that_returns_a_complex_number_of_numpy():
    @square().check
    def route(a, b):
        """A number of numpy's with an imaginary part."""
        return np.complex128(a + 1j * b)


@bad("“square”: the route returned ndarray, not a real number.*Return a float")
def a_route_that_returns_a_complex_array():
    @square().check
    def route(a, b):
        """The eigenvalues of a rotation."""
        return np.linalg.eigvals(np.array([[0.0, 1.0], [-1.0, 0.0]]))


@bad("“square”: the route returned 3 entries where the printed side has 1. Return one value")
def a_route_that_returns_the_wrong_shape():
    @square().check
    def route(a, b):
        """All three terms."""
        return np.array([a**2, 2 * a * b, b**2])


@bad("“square”: the route returned a SymPy object. Return a float, an array or an Estimate")
def a_route_that_returns_a_sympy_object():
    @square().check
    def route(a, b):
        """A number that looks like one."""
        return Rational(a) + Rational(b)


@bad("“square”: the route returned NoneType, not a real number")
def a_route_that_forgets_to_return():
    @square().check
    def route(a, b):
        """Nothing at all."""


@bad(r"“square”: the route takes \['c'\], which the claim does not have. Use its names: \['a', 'b'\] \(and rng")
def a_route_with_an_unknown_parameter():
    @square().check
    def route(a, c):
        """A sum of other things."""
        return a + c


@bad("“square”: the route `route` has no docstring. Say in a line what it computes")
def a_route_without_a_docstring():
    @square().check
    def route(a, b):
        return a + b


@bad("“square”: the route reaches the symbolic expression `claim`.*by another road")
def a_route_that_asks_the_claim():
    claim = square()

    @claim.check
    def route(a, b):
        """The printed side."""
        return float(claim.rhs.subs({"a": a, "b": b}))


@bad("“square”: the route reaches the symbolic expression `right`.*by another road")
def a_route_that_evaluates_an_expression():
    right = a**2 + 2 * a * b + b**2

    @square().check
    def route(a, b):
        """The printed side."""
        return float(right.subs({"a": a, "b": b}))


@bad("“square”: the route reaches the symbolic expression `compiled`")
def a_route_that_calls_the_lambdified_side():
    compiled = lambdify([a, b], a**2 + 2 * a * b + b**2)

    @square().check
    def route(a, b):
        """The printed side."""
        return compiled(a, b)


COMPILED = lambdify([a, b], a**2 + 2 * a * b + b**2)


def helper(a, b):
    """What a route might hide behind."""
    return COMPILED(a, b)


@bad("“square”: the route reaches the symbolic expression `helper → COMPILED`")
def a_route_that_hides_behind_a_helper():
    @square().check
    def route(a, b):
        """The printed side."""
        return helper(a, b)


@bad("“square”: the route reaches the symbolic expression `inner → right`")
def a_route_that_hides_in_a_closure():
    right = a**2 + 2 * a * b + b**2

    def inner(a, b):
        return float(right.subs({"a": a, "b": b}))

    @square().check
    def route(a, b):
        """The printed side."""
        return inner(a, b)


@bad("“square”: the route reaches the symbolic expression `sides`")
def a_route_that_hides_in_a_list():
    sides = [a**2 + 2 * a * b + b**2]

    @square().check
    def route(a, b):
        """The printed side."""
        return float(sides[0].subs({"a": a, "b": b}))


@bad("“square”: the route reaches the symbolic expression `claims`")
def a_route_that_asks_the_register():
    @square().check
    def route(a, b):
        """The printed side."""
        return float(claims()[0].rhs.subs({"a": a, "b": b}))


@bad("“square”: the route evaluates the printed tree: on symbols it gives the printed expression back. Compute")
def a_route_that_retypes_the_formula():
    @square().check
    def route(a, b):
        """The printed side."""
        return a**2 + 2 * a * b + b**2


@bad("“root”: the route evaluates the printed tree")
def a_route_that_retypes_the_formula_with_functions():
    @Claim("root", Eq(Integral(1 / sqrt(x), (x, 0, s)), 2 * sqrt(s)), unproved="short").check
    def route(s):
        """The printed side."""
        return float(2 * np.sqrt(s))


@bad("“moving”: m is given by other symbols, and a derivative is taken in it. Leave it out of `given`, or")
def a_derivative_in_what_is_given():
    mean = define("mean-is", Eq(m, a**2))
    claim = Claim("moving", Eq(Derivative(exp(m), m), exp(m)), given=[mean])
    claim.derive((exp(m), "differentiate"))


@bad("“free”: the derivation does not start from a definition: a has none. Say what it stands for with define")
def a_derivation_that_does_not_start_from_a_definition():
    claim = Claim("free", Eq(a, b**2))
    claim.derive((b**2, "because"))


@bad("“square”: the derivation ends in a, not in the printed side .*Let the last term be")
def a_derivation_that_ends_elsewhere():
    square().derive((a, "because"))


@bad("“square”: the derivation ends in nothing")
def a_derivation_without_links():
    square().derive()


@bad(
    r"“square”: link 1, .*\(forget the middle\), is false: at a = -?\d+(/\d+)?, b = -?\d+(/\d+)? "
    "the sides are -?[0-9.]+ and -?[0-9.]+. Mend the term"
)
def a_false_link_between_right_ends():
    claim = square()
    claim.derive((a**2 + b**2, "forget the middle"), (claim.rhs, "remember it"))


@bad("“square”: link 2, .*is false")
def a_false_second_link():
    claim = square()
    claim.derive((a * (a + b) + b * (a + b), "distribute"), (a**2 + b**2, "forget the middle"), (claim.rhs, "mend it"))


@bad("“open”: link 1, .*could not be proved. Split it into smaller steps")
def a_link_that_cannot_be_proved():
    A, B = MatrixSymbol("A", d, d), MatrixSymbol("B", d, d)
    claim = Claim("open", Eq((A + B) * (A - B), A * A - A * B + B * A - B * B))
    claim.derive((claim.rhs, "matrices are left to the check"))


@bad(r"“square”: links with .*le.* do not add up to =. Use leq")
def a_chain_with_the_wrong_relation():
    claim = square()
    claim.derive(leq(claim.rhs, "at most"))


@bad(r"“mean”: links with = do not add up to .le. Use leq")
def a_chain_of_equalities_for_an_inequality():
    claim = Claim("mean", Le(2 * a * b, a**2 + b**2))
    claim.derive((claim.rhs, "equal, surely"))


@bad(r"“mean”: a chain proves =, ∝ or ≤, not .ge. Write the inequality the other way round")
def a_chain_for_the_wrong_way_round():
    claim = Claim("mean", Ge(a**2 + b**2, 2 * a * b))
    claim.derive((claim.rhs, "a square"))


@bad("“later”: the derivation rests on “square”, which is not proved. Derive that one first")
def a_start_from_an_unproved_claim():
    earlier = square()
    later = Claim("later", Eq((a + b) ** 2, (a - b) ** 2 + 4 * a * b))
    later.derive(earlier, (later.rhs, "complete it"))


@bad("“later”: the derivation starts from “square”, which is about .*Start from a claim or definition of b")
def a_start_from_a_claim_about_something_else():
    Claim("later", Eq(b**2, (a + b) ** 2 - a**2 - 2 * a * b)).derive(passed(), (b**2, "because"))


@bad("“later”: the derivation rests on “false”, which is refuted. Use the corrected claim")
def a_start_from_a_refutation():
    false = refute("false", wrong_square(), witness={a: 1, b: 2}, truth=passed(), source="a note")
    later = Claim("later", wrong_square())
    later.derive(false, (later.rhs, "as printed"))


@bad(r"“later”: the derivation starts from “means”, which says .le. That does not lead to =")
def an_equality_from_an_inequality():
    with as_written():
        earlier = Claim("means", Le(2 * a * b, a**2 + b**2))
        later = Claim("later", Eq(2 * a * b, b**2 + a**2))
    earlier.derive(leq(earlier.rhs, "a square", gap=(a - b) ** 2))
    later.derive(earlier, (later.rhs, "the other way round"))


@bad("“bell”: the derivation does not start from a definition: p has none")
def an_equality_from_a_definition_up_to_a_factor():
    define("up-to-a-factor", Propto(p, exp(-(x**2)), x))
    claim = Claim("bell", Eq(p, exp(-(x**2))))
    claim.derive((claim.rhs, "by definition"))


@bad("“mean”: the derivation does not start from a definition: a has none")
def an_equality_from_a_cited_inequality():
    cite("theorem", Le(a, b), source="a book")
    claim = Claim("mean", Eq(a, b))
    claim.derive((claim.rhs, "by the theorem"))


@bad("“later”: `given` holds “theorem”, which is no equation")
def a_given_inequality():
    Claim("later", Eq(a**2, b**2), given=[cite("theorem", Le(a, b), source="a book")])


@bad("“later”: the derivation rests on “free”, which is not proved")
def a_derivation_from_what_is_given_but_not_proved():
    earlier = Claim("free", Eq(a, b + 1), unproved="out of the air")
    later = Claim("later", Eq(a**2, b**2 + 2 * b + 1), given=[earlier])
    later.derive((later.rhs, "put it in"))


@bad("“bell”: a link drops what is free of a, the claim what is free of x. Use the claim's own variable")
def a_proportionality_in_another_variable():
    with as_written():
        claim = Claim("bell", Propto(exp(a * x), exp(a * x) * exp(x), x))
    claim.derive(propto(claim.rhs, "free of a", a))


@bad("“square”: it is shown before it is proved. Derive it, or say why not with unproved=")
def a_claim_shown_before_it_is_proved():
    claim = square()
    claim.check(polynomial_product)
    claim._repr_mimebundle_()


@bad("“square”: it is shown before it is checked. Give it a route with check, or say why not")
def a_claim_shown_before_it_is_checked():
    claim = square()
    claim.derive((claim.rhs, "multiply out"))
    claim._repr_mimebundle_()


@bad("“square”: there is no route to run again. Give one with check")
def running_again_what_never_ran():
    square().rerun(1)


@bad("“wrong”: the right-hand side is .* where polynomial product gives .*, at a = .*points.*First believe the check")
def a_printed_side_that_is_wrong():
    Claim("wrong", wrong_square()).check(polynomial_product)


@bad("“log”: the right-hand side has no finite real value at a = -.*The domain is wrong")
def a_domain_on_which_the_printed_side_is_not_defined():
    @Claim("log", Eq(Integral(1 / x, (x, 1, a)), log(a))).check
    def route(a):
        """Some number."""
        return 1.0


@bad("“second-moment”: .*mutants survive the check .*sign: .*Sharpen the route .* or widen the domain")
def a_monte_carlo_route_too_blunt_for_the_mutants():
    second_moment(where=[s < Rational(1, 10), a > 1]).check(simulated(20_000), at=2)


@bad("“second-moment”: the route returned an Estimate at some points only. Return one at each")
def an_estimate_at_some_points_only():
    @second_moment().check
    def route(a, s, rng):
        """Simulated for positive means, else exact."""
        return Estimate.from_samples(rng.normal(a, s, 20_000) ** 2) if a > 0 else stats.norm(a, s).moment(2)


@bad("“zero”: no usable point was left. Widen the domain")
def a_proportionality_that_underflows_everywhere():
    claim = Claim("zero", Propto(exp(-((x - a) ** 2)), exp(-(x**2) + 2 * a * x), x))

    @claim.check
    def route(x, a):
        """Nothing, in floats."""
        return 0.0


# ---- inequalities


def means(**options):
    """Twice a product is at most the sum of the squares."""
    return Claim("mean", Le(2 * a * b, a**2 + b**2), unproved="the check is meant here", **options)


def both_sides(a, b):
    """A product and a squared length by numpy."""
    return np.prod([2.0, a, b]), np.linalg.norm([a, b]) ** 2


@bad("“mean”: no point is named at which the inequality is tight. Pass tight=")
def an_inequality_without_a_tight_point():
    means().check(both_sides)


@bad("“mean”: at the point said to be tight the sides are 4 and 5. Sharpen the bound or name another point")
def an_inequality_at_a_point_where_it_is_not_tight():
    means().check(both_sides, tight={a: 1, b: 2})


@bad("“mean”: `tight` gives no value for .*b")
def an_inequality_with_half_a_tight_point():
    means().check(both_sides, tight={a: 1})


@bad("“mean”: the inequality fails at a = .*Mend the direction or narrow `where`")
def an_inequality_of_the_wrong_direction():
    claim = Claim("mean", Ge(2 * a * b, a**2 + b**2), unproved="false")
    claim.check(both_sides, tight={a: 1, b: 1})


@bad("“mean”: link 1, .*is false")
def a_chain_to_a_false_inequality():
    claim = Claim("mean", Le(a**2 + b**2, 2 * a * b))
    claim.derive(leq(claim.rhs, "because"))


@bad("“hidden”: a counterexample was found at p = 3.[45].*Narrow `where` or mend the bound")
def an_inequality_with_a_hidden_counterexample():
    claim = Claim("hidden", Le(p, p + (p - Rational(7, 2)) ** 2 - Rational(1, 100)), unproved="false")

    @claim.check(tight={p: Rational(18, 5)})
    def route(p):
        """A number and a parabola by numpy, below it between 3.4 and 3.6 only, where no point is drawn."""
        return p, np.polyval(np.array([1, -6, 12.24]), p)


@bad("“mean”: both sides are equal at every point.*State an identity")
def an_inequality_between_equals():
    claim = Claim("mean", Le((a + b) ** 2, a**2 + 2 * a * b + b**2), unproved="an equality")

    @claim.check(tight={a: 1, b: 1})
    def route(a, b):
        """The same number twice."""
        return polynomial_product(a, b), polynomial_product(a, b)


@bad("“mean”: the inequality fails at")
def a_strict_inequality_between_equals():
    claim = Claim("mean", Lt((a + b) ** 2, a**2 + 2 * a * b + b**2), unproved="an equality")

    @claim.check(tight={a: 1, b: 1})
    def route(a, b):
        """The same number twice."""
        return polynomial_product(a, b), polynomial_product(a, b)


@bad("“mean”: the route returned one value. For an inequality return")
def an_inequality_with_one_side():
    @means().check(tight={a: 1, b: 1})
    def route(a, b):
        """The right side."""
        return np.linalg.norm([a, b]) ** 2


@bad("“mean”: .* where the route gives")
def an_inequality_whose_printed_bound_is_not_the_one_checked():
    claim = Claim("mean", Le(2 * a * b, 3 * a**2 + 3 * b**2), unproved="the check is meant here")
    claim.check(both_sides, tight={a: 1, b: 1})


# ---- definitions, citations, refutations


@bad("“density”: its sanity “integrates to one” is refuted. Mend the definition")
def a_definition_with_failing_sanity():
    density = exp(-(x**2) / 2)
    with as_written():
        define("density", Eq(m, density), sanity={"integrates to one": Eq(Integral(density, (x, -oo, oo)), 1)})


@bad("“density”: its sanity “integrates to one” is False, not an equation. Give an Eq, inside as_written")
def a_definition_whose_sanity_sympy_has_decided():
    density = exp(-(x**2) / 2)
    define("density", Eq(m, density), sanity={"integrates to one": Eq(Integral(density, (x, -oo, oo)), 1)})


@bad("“theorem”: a citation without a source. Name the paper or book")
def a_citation_without_a_source():
    cite("theorem", Eq(a, b), source=" ")


def wrong_square():
    with as_written():
        return Eq((a + b) ** 2, a**2 + b**2)


@bad("“wrong”: the witness does not refute it: printed 4, true 4. Find a point where they clearly differ")
def a_witness_that_does_not_refute():
    refute("wrong", wrong_square(), witness={a: 2, b: 0}, truth=passed(), source="a note")


@bad(r"“wrong”: the witness gives no value for \['b'\]. Name a value for every symbol")
def a_witness_with_a_missing_value():
    refute("wrong", wrong_square(), witness={a: 2}, truth=passed(), source="a note")


@bad("“wrong”: the witness gives no value for .*b")
def a_witness_without_the_value_that_the_route_needs():
    refute("wrong", Eq((a + b) ** 2, a**2), witness={a: 2}, truth=polynomial_product, source="a note")


@bad("“wrong”: `truth` has no route. Give the corrected claim, checked, or a route")
def a_refutation_by_an_unchecked_claim():
    refute("wrong", wrong_square(), witness={a: 1, b: 2}, truth=square(), source="a note")


@bad("“wrong”: the corrected claim gives 9 at the witness where its route gives 10. Mend the route")
def a_corrected_claim_that_disagrees_with_its_own_route():
    def off(a, b):
        """One too many at a = 1, where no random point lies."""
        return np.polyval(np.polymul([1, b], [1, b]), a) + (a == 1)

    right = square()
    right.check(off)
    refute("wrong", wrong_square(), witness={a: 1, b: 2}, truth=right, source="a note")


@pytest.mark.parametrize("call, pattern", BAD)
def test_bad_input_raises_naming_the_claim_what_was_wrong_and_how_to_mend_it(call, pattern):
    with pytest.raises(ClaimError) as caught:
        call()
    assert re.search(pattern, str(caught.value), re.DOTALL), str(caught.value)


def test_a_claim_whose_check_failed_shows_no_check():
    claim = Claim("wrong", wrong_square(), unproved="false")
    with pytest.raises(ClaimError):
        claim.check(polynomial_product)
    with pytest.raises(ClaimError, match="shown before it is checked"):
        claim._repr_mimebundle_()


def test_a_claim_whose_chain_broke_shows_no_link():
    claim = square(unchecked="the chain is meant here")
    with pytest.raises(ClaimError, match="link 2"):
        claim.derive((a * (a + b) + b * (a + b), "distribute"), (a**2, "forget"), (claim.rhs, "remember"))
    with pytest.raises(ClaimError, match="shown before it is proved"):
        claim._repr_mimebundle_()


def test_a_statement_that_raised_is_not_in_the_register():
    for call, _ in (entry.values for entry in BAD if "sanity" in entry.id or "no_domain" in entry.id):
        with pytest.raises(ClaimError):
            call()
    assert claims() == []


# ---------------------------------------------------------------------------------------------- planted faults
# A right claim of each kind. Every mutant of what it prints, made into a claim of its own, has to be rejected.


def posterior_mean():
    with as_written():
        joint = normal(theta, mu_0, tau_0**2) * normal(y, theta, sigma**2)
        line = (theta, -oo, oo)
        define("posterior-mean-definition", Eq(mu_1, Integral(theta * joint, line) / Integral(joint, line)))
        mean = (mu_0 / tau_0**2 + y / sigma**2) / (1 / tau_0**2 + 1 / sigma**2)
        claim = Claim("posterior-mean", Eq(mu_1, mean), unproved="the check is meant here")

    def least_squares(mu_0, y, sigma, tau_0):
        """The prior as one more observation: two rows of weighted least squares."""
        rows = np.array([[1 / tau_0], [1 / sigma]])
        return np.linalg.lstsq(rows, np.array([mu_0 / tau_0, y / sigma]))[0].item()

    return claim, least_squares, {}


def sum_of_squares():
    with as_written():
        spread = Sum((ys[i] - theta) ** 2, (i, 1, n))
        parts = n * (theta - ybar) ** 2 + Sum((ys[i] - ybar) ** 2, (i, 1, n))
        define("sample-mean", Eq(ybar, Sum(ys[i], (i, 1, n)) / n))
        claim = Claim("sum-of-squares", Eq(spread, parts.subs(ybar, Sum(ys[j], (j, 1, n)) / n)), unproved="the check")

    def norm(ys, theta):
        """Squared distance from a constant vector."""
        return np.linalg.norm(ys - theta) ** 2

    return claim, norm, {"rtol": 1e-8}


def matrix_inverse():
    S, T = MatrixSymbol("S", d, d), MatrixSymbol("T", d, d)
    right = S * (S + T).inverse() * T
    claim = Claim(
        "harmonic",
        Eq((S.inverse() + T.inverse()).inverse(), right),
        where=[Q.positive_definite(S), Q.positive_definite(T)],
        unproved="exact instances only",
    )

    def solver(S, T):
        """The sum of the inverses, inverted by solving."""
        unit = np.eye(len(S))
        return np.linalg.solve(np.linalg.solve(S, unit) + np.linalg.solve(T, unit), unit)

    return claim, solver, {"rtol": 1e-6}


def proportionality():
    with as_written():
        product = normal(x, a, s**2) * normal(x, b, t**2)
        exponent = -((x - a) ** 2) / (2 * s**2) - (x - b) ** 2 / (2 * t**2)
        claim = Claim("product-of-normals", Propto(product, exp(exponent), x), unproved="the check is meant here")

    def densities(x, a, b, s, t):
        """Two densities of scipy's."""
        return stats.norm.pdf(x, a, s) * stats.norm.pdf(x, b, t)

    return claim, densities, {"rtol": 1e-7}


def compound_interest():
    with as_written():
        claim = Claim("compound", Eq(Limit((1 + a / n) ** n, n, oo), exp(a)), where=[a < 4, a > -4], unproved="check")

    def interest(a, n):
        """n small steps, by logarithms."""
        return math.exp(n * math.log1p(a / n))

    return claim, interest, {"rtol": 1e-6}


def mean_inequality():
    with as_written():
        claim = Claim("means", Le(2 * s * t, s**2 + t**2), unproved="the check is meant here")

    def products(s, t):
        """A product and a squared length, by numpy."""
        return np.prod([2.0, s, t]), np.linalg.norm([s, t]) ** 2

    return claim, products, {"tight": {s: 2, t: 2}}


def rank_one_update():
    with as_written():
        entries = Matrix([[1 + a * s, a * t], [b * s, 1 + b * t]])
        claim = Claim("rank-one", Eq(Determinant(entries), 1 + a * s + b * t))
        claim.derive((claim.rhs, "write it out"))

    def eigenvalues(a, b, s, t):
        """The product of numpy's eigenvalues."""
        return np.prod(np.linalg.eigvals(np.eye(2) + np.outer([a, b], [s, t]))).real

    return claim, eigenvalues, {}


def simulated_moment():
    return second_moment(), simulated(50_000), {"at": 6}


RIGHT = [
    posterior_mean,
    sum_of_squares,
    matrix_inverse,
    proportionality,
    compound_interest,
    mean_inequality,
    rank_one_update,
    simulated_moment,
]


@pytest.mark.parametrize("state", RIGHT)
def test_a_right_claim_passes_with_every_mutant_that_applies_rejected(state):
    claim, route, options = state()
    claim.check(route, **options)
    assert claim.counts["rejected"] == claim.counts["applied"] > 3
    assert claim.checked_points >= 2


def differs(claim, mutant):
    """Whether a mutant is another statement: not provably the same as the printed side."""
    if claim.variable is not None:
        return prove.proportional(claim.rhs, mutant, claim.variable, claim.where).status != "proved"
    if isinstance(mutant, MatrixExpr):
        return not claim._same(evaluated(claim.rhs), mutant)
    return prove.equal(claim.rhs, mutant, claim.where).status != "proved"


@pytest.mark.parametrize("state", RIGHT)
def test_every_mutant_of_a_right_claim_made_into_a_claim_is_rejected(state):
    claim, route, options = state()
    tried = 0
    for mutant in mutants(evaluated(claim.rhs)):
        if not differs(claim, mutant.expr):
            continue
        statement = claim.statement
        if isinstance(statement, Propto):
            wrong = Propto(claim.lhs, mutant.expr, claim.variable)
        else:
            wrong = type(statement)(claim.lhs, mutant.expr, evaluate=False)
        planted = Claim("planted", wrong, where=claim.where, unproved="planted")
        with pytest.raises(ClaimError):
            planted.check(route, **options)
        tried += 1
    assert tried > 3


def test_a_claim_on_a_domain_where_it_is_wrong_is_rejected():
    with as_written():
        claim = Claim("root", Eq(sqrt(a**2), a), where=[a < 1], unproved="false for negative a")

    def length(a):
        """The length of a vector of one entry."""
        return np.linalg.norm([a])

    with pytest.raises(ClaimError, match=r"the right-hand side is -.* where length gives"):
        claim.check(length)
    with as_written():
        Claim("positive-root", Eq(sqrt(a**2), a), where=[a > 0], unproved="the check is meant here").check(length)


# ------------------------------------------------------------------------------- what the mutants' counts mean


def test_a_mutant_that_equals_the_original_is_set_aside():
    with as_written():
        claim = Claim(
            "even", Eq(2 * Integral(x, (x, 0, s + t)) / (s + t), (s**2 - t**2) / (s - t)), where=[s > t], unproved="-"
        )

    @claim.check
    def total(s, t):
        """The sum of an array."""
        return np.sum([s, t])

    assert claim.counts["equivalent"] >= 1  # s and t change places
    assert claim.counts["applied"] == claim.counts["rejected"]


def test_a_mutant_without_a_value_is_not_counted_as_rejected():
    with as_written():
        claim = Claim("log-of-log", Eq(Integral(1 / x, (x, 1, -log(p))), log(-log(p))), where=[p < 1], unproved="check")

    @claim.check
    def logarithm_twice(p):
        """Two area hyperbolic tangents."""
        size = -2 * np.arctanh((p - 1) / (p + 1))
        return 2 * np.arctanh((size - 1) / (size + 1))

    assert claim.counts["undefined"] > 0  # the log of a negative number
    assert claim.counts["applied"] == claim.counts["rejected"] > 0


def test_a_claim_that_no_misprint_could_change_is_refused():
    with as_written():
        claim = Claim("nothing", Eq(Limit(1 / n, n, oo), 0), unproved="the check is meant here")

    def reciprocal(n):
        """A reciprocal by numpy."""
        return np.divide(1.0, n)

    with pytest.raises(ClaimError, match="no mutant of 0 has a value, so the check could not have failed"):
        claim.check(reciprocal, atol=1e-9)


# --------------------------------------------------------------------------------------------------- the output


def test_a_claim_prints_its_equation_with_label_its_verdict_and_its_chain():
    claim = square(source="Euclid, II.4")
    claim.derive((a * (a + b) + b * (a + b), "distribute"), (claim.rhs, "multiply out"))
    claim.check(polynomial_product)
    strategy = claim.links[0][1].strategy
    mutated = f"{claim.counts['rejected']}/{claim.counts['applied']} mutants rejected"
    bundle = claim._repr_mimebundle_()
    assert bundle["text/markdown"] == (
        r"""$$
\left(a + b\right)^{2} = a^{2} + 2 a b + b^{2}
$$ (square)

<p class="claim-verdict"><b class="verdict verdict-proved">proved</b> 2 links · """
        f'<b class="verdict verdict-checked">checked</b> by polynomial product at 64 points · {mutated} · '
        r"""<cite>Euclid, II.4</cite></p>

| | | |
|:--|:--|:--|
|  | $\displaystyle \left(a + b\right)^{2}$ | the left-hand side |
"""
        rf"| $=$ | $\displaystyle a \left(a + b\right) + b \left(a + b\right)$ | distribute *({strategy})* |"
        "\n"
        rf"| $=$ | $\displaystyle a^{{2}} + 2 a b + b^{{2}}$ | multiply out *({strategy})* |"
        "\n"
    )
    assert bundle["text/plain"] == f"square: proved 2 links · checked by polynomial product at 64 points · {mutated}"
    assert set(bundle) == {"text/markdown", "text/plain", MIME}


def test_the_record_holds_what_the_ledger_needs_and_is_json():
    record = json.loads(json.dumps(passed()._repr_mimebundle_()[MIME]))
    assert record["label"] == "square" and record["kind"] == "identity"
    assert record["verdicts"] == ["proved", "checked"]
    assert record["symbols"] == {"a": "real", "b": "real"}
    assert record["route"]["does"] == polynomial_product.__doc__ and record["route"]["points"] == 64
    assert record["mutants"]["applied"] == record["mutants"]["rejected"] > 40
    assert [(s["relation"], s["verdict"]) for s in record["steps"]] == [("=", "proved")]
    assert record["steps"][0]["strategy"] and record["srepr"].startswith("Equality(Pow(")
    assert record["why_not"] == {} and record["where"] == []


@pytest.mark.parametrize("state", [posterior_mean, proportionality, mean_inequality, simulated_moment])
def test_two_runs_print_the_same_and_no_digits_of_a_computation(state):
    bundles = []
    for _ in range(2):
        module._REGISTER.clear()
        claim, route, options = state()
        claim.check(route, **options)
        bundles.append(json.dumps(claim._repr_mimebundle_(), sort_keys=True))
    assert bundles[0] == bundles[1]
    assert not re.search(r"\d\.\d", bundles[0])  # points, mutants and links are counts; no value leaks out


def test_what_is_printed_is_made_from_the_object():
    claim = passed()
    before = claim._repr_mimebundle_()
    claim.rhs = a**2 + b**2
    after = claim._repr_mimebundle_()
    assert "a^{2} + 2 a b + b^{2}\n$$" in before["text/markdown"]
    assert "= a^{2} + b^{2}\n$$" in after["text/markdown"]
    assert before[MIME]["srepr"] != after[MIME]["srepr"] and before[MIME]["latex"] != after[MIME]["latex"]


def test_the_order_in_which_the_author_wrote_is_kept():
    with as_written():
        claim = Claim("order", Eq(b + a, (s + p) * (b / s - a) + x * 3 + 1), unproved="print", unchecked="print")
    assert claim.equation() == r"b + a = \left(s + p\right) \left(\frac{b}{s} - a\right) + x 3 + 1"


def test_a_condition_is_printed_beside_the_equation():
    assert square(where=[a > 1]).equation().endswith(r"b^{2}\qquad (a > 1)")


def test_a_source_and_a_reason_cannot_break_the_page():
    claim = square(source="<script>A & B</script>")
    claim.derive((claim.rhs, "since |a| < 1"))
    claim.check(polynomial_product)
    markdown = claim._repr_mimebundle_()["text/markdown"]
    assert "<script>" not in markdown and "&lt;script&gt;A &amp; B" in markdown
    assert all(row.count("|") == 4 for row in markdown.splitlines() if row.startswith("|"))


# ------------------------------------------------------------------------------------ again, elsewhere, from others


def test_running_the_same_place_again_replaces_the_claim():
    first, second = square(), square()
    assert claims() == [second] and first is not second


def test_the_same_label_in_another_place_raises_until_it_is_forgotten():
    square()
    with pytest.raises(ClaimError, match="label is taken"):
        Claim("square", Eq(a, b))
    forget("square")
    other = Claim("square", Eq(a, b))
    assert claims() == [other]
    forget("never-stated")


def test_an_edited_cell_replaces_its_own_claim_but_not_that_of_another_cell(monkeypatch):
    monkeypatch.setattr(module, "_cell", lambda: "cell-1")
    Claim("square", Eq(a, b))
    edited = Claim("square", Eq(a, b**2))
    assert claims() == [edited]
    monkeypatch.setattr(module, "_cell", lambda: "cell-2")
    with pytest.raises(ClaimError, match="label is taken"):
        Claim("square", Eq(a, b))


def test_a_given_claim_stands_for_its_right_hand_side():
    earlier = second_moment()
    earlier.derive((earlier.rhs, "integrate"))
    with as_written():
        claim = Claim("variance", Eq(mean_square - a**2, s**2), given=[earlier])
    claim.derive((claim.rhs, "put it in"))

    @claim.check
    def variance(a, s):
        """By scipy.stats."""
        return stats.norm.var(a, s)

    assert [word for word, _ in claim.verdicts()] == ["proved", "checked"]


def test_a_derivation_starts_at_the_definition_or_at_an_earlier_claim():
    with as_written():
        define("mean-square", Eq(mean_square, Integral(x**2 * normal(x, a, s**2), (x, -oo, oo))))
        first = Claim("first", Eq(mean_square, a**2 + s**2), unchecked="the chain is meant here")
        first.derive((first.rhs, "integrate"))
        second = Claim("second", Eq(mean_square, (a + s) ** 2 - 2 * a * s), unchecked="the chain is meant here")
        second.derive(first, (second.rhs, "complete the square"))
    assert isinstance(first.start, Integral)
    assert second.start == first.rhs
    assert "| by definition |" in first._repr_mimebundle_()["text/markdown"]


def test_a_chain_of_inequalities_and_one_of_proportions_are_proved():
    with as_written():
        bound = Claim("bound", Le(2 * a * b, a**2 + b**2), unchecked="the chain is meant here")
        bound.derive(leq(bound.rhs, "a square is not negative", gap=(a - b) ** 2))
        bell = Claim("bell", Propto(normal(x, a, s**2), exp(x * a / s**2 - x**2 / (2 * s**2)), x), unchecked="chain")
        bell.derive(propto(bell.rhs, "drop what is free of x", x))
    assert [v.status for c in (bound, bell) for _, v in c.links] == ["proved", "proved"]


def test_a_wrong_gap_proves_nothing():
    with as_written():
        bound = Claim("bound", Le(2 * a * b, a**2 + b**2))
    with pytest.raises(ClaimError, match=r"link 1, .*could not be proved"):
        bound.derive(leq(bound.rhs, "a square is not negative", gap=(a - 2 * b) ** 2))


def test_a_strict_inequality_the_other_way_round_passes_its_check():
    claim = Claim("above", Gt(exp(p), 1 + p), unproved="the check is meant here")

    @claim.check(tight={p: Rational(1, 100)})
    def series(p):
        """The exponential from numpy's expm1, and a line."""
        return np.expm1(p) + 1, np.polyval(np.array([1, 1]), p)

    assert claim.counts["applied"] == claim.counts["rejected"] > 5


def test_definitions_citations_and_refutations_say_what_they_are():
    with as_written():
        density = normal(x, a, s**2)
        law = define("law", Eq(p, density), sanity={"integrates to one": Eq(Integral(density, (x, -oo, oo)), 1)})
        theorem = cite("theorem", Le(a, b), source="A book, p. 1")
    false = refute("false", wrong_square(), witness={a: 1, b: 2}, truth=passed(), source="a note")
    assert law.verdicts()[0][0] == "defined" and "integrates to one (proved: " in law.verdicts()[0][1]
    assert theorem.verdicts() == [("cited", "")]
    shown = [("refuted", "at a = 1, b = 2: is 9 by polynomial product, the formula gives 5")]
    assert false.verdicts() == shown
    assert false.record()["corrected"] == "square" and false.record()["witness"] == {"a": "1", "b": "2"}


# ---------------------------------------------------------------------------------------------- random numbers


def test_a_function_that_is_defined_needs_no_instances():
    """Here f, which is defined by way of g, which is not: only g is tried out."""
    f, g = Function("f")(a, b), Function("g", real=True)
    with as_written():
        define("map", Eq(f, a * b + g(a)))
        claim = Claim(
            "slope", Eq(Derivative(f, b) * g(a), a * g(a)), functions=[{Function("g", real=True): Lambda(x, 1 + x**2)}]
        )
        claim.derive((claim.rhs, "differentiate"))
    claim.check(difference_quotient)
    assert claim.counts["rejected"] == claim.counts["applied"] > 0


def difference_quotient(a, b, g):
    """A difference quotient of a b + g(a) in b, times g(a)."""
    return ((a * (b + 1) + g(a)) - (a * (b - 1) + g(a))) / 2 * g(a)


def test_running_again_changes_the_random_numbers_of_a_simulation():
    claim, seen = second_moment(), []

    @claim.check(at=4)
    def simulation(a, s, rng):
        """The mean square of normal draws."""
        seen.append(rng.random())
        return Estimate.from_samples(rng.normal(a, s, 50_000) ** 2)

    claim.rerun(0)
    claim.rerun(1)
    assert claim.monte_carlo and seen[:4] == seen[4:8]
    assert not set(seen[:4]) & set(seen[8:]) and len(set(seen[:4])) == 4


def test_running_again_changes_nothing_of_a_deterministic_claim():
    claim = passed()
    before = claim._repr_mimebundle_()
    claim.rerun(7)
    assert claim._repr_mimebundle_() == before


def test_a_simulation_under_200_seeds_raises_no_false_alarm():
    claim = second_moment()
    claim.check(simulated(50_000), at=2)
    for seed in range(1, 201):
        claim.rerun(seed)
        assert claim.counts["rejected"] == claim.counts["applied"] > 5


def test_a_limit_may_have_a_bounded_parameter():
    p, n = Symbol("p", positive=True), Symbol("n", integer=True, positive=True)
    with as_written():
        claim = Claim("limit-bounded", Eq(Limit((n * p + 1) / (n + p), n, oo), p), where=[p < 1])
        claim.derive((claim.rhs, "leading terms"))

    @claim.check
    def from_the_ratio(n, p):
        """The sequence itself, by the slope of a chord."""
        return float(np.interp(1.0, [0.0, n + p], [0.0, n * p + 1]))

    assert [word for word, _ in claim.verdicts()] == ["proved", "checked"]


def test_what_is_given_may_not_go_in_a_circle():
    a, b, x = symbols("a b x", positive=True)
    given = [define("circle-one", Eq(a, b + 1)), define("circle-two", Eq(b, a - 1))]
    claim = Claim("circle", Eq(x + a, x + b + 1), given=given)
    with pytest.raises(ClaimError, match="in a circle"):
        claim.derive((claim.rhs, "round and round"))


def test_bounds_on_parameters_do_not_make_a_limit_too_large_to_take():
    m, x = symbols("m x", real=True)
    s, t = symbols("s t", positive=True)
    n = Symbol("n", integer=True, positive=True)
    mean = (m / t**2 + x * n / s**2) / (n / s**2 + 1 / t**2)
    assert prove.equal(Limit(mean, n, oo), x, [s < 4, t > sympify("1/4")]).status == "proved"


def test_a_citation_inside_of_a_left_hand_side_is_shown():
    a, b = symbols("a b", positive=True)
    cite("cited-inside", Eq(a, b**2), source="somebody's theorem")
    claim = Claim("leans-inside", Eq(3 * a, 3 * b**2), unchecked="only what it leans on matters here")
    claim.derive((claim.rhs, "put it in"))
    assert ("cited", "somebody's theorem") in claim.verdicts()


# ------------------------------------------------------------------------------------------ undefined functions


F, h = Function("F"), Function("h")
CHAIN = [
    {F: Lambda(x, 1 / (1 + exp(-x))), h: Lambda(x, x + x**3 / 9)},
    {F: Lambda(x, exp(x / 3)), h: Lambda(x, -sinh(x) / 2)},
]


def chain_rule(printed, **options):
    """The derivative of F(h(a)), with this printed side."""
    with as_written():
        return Claim("chain", Eq(Derivative(F(h(a)), a), printed), where=[a > -2, a < 2], **options)


def differences(F, h, a):
    """Central differences of F at h(a), extrapolated to step 0."""
    step = np.array([1, 2, 4]) * 2e-3
    return (F(h(a + step)) - F(h(a - step))) / (2 * step) @ [64 / 45, -20 / 45, 1 / 45]


def test_a_claim_about_every_function_is_proved_for_all_and_checked_with_some():
    with as_written():
        claim = chain_rule(Derivative(F(h(a)), h(a)) * Derivative(h(a), a), functions=CHAIN)
    claim.derive((claim.rhs, "chain rule"))
    claim.check(differences, rtol=1e-7)
    assert claim.links[0][1].strategy == "rational functions"
    assert claim.counts["applied"] == claim.counts["rejected"] > 8
    assert "16 points with 2 choices of F, h" in claim._repr_mimebundle_()["text/plain"]
    assert claim.record()["functions"][1]["h"] == "Lambda(x, -sinh(x)/2)"
    assert r"F'{\left(h{\left(a \right)} \right)} h'{\left(a \right)}" in claim.equation()


@pytest.mark.parametrize(
    "wrong", [Derivative(F(h(a)), h(a)), Derivative(F(a), a) * Derivative(h(a), a), F(h(a)) * Derivative(h(a), a)]
)
def test_a_wrong_claim_about_every_function_passes_neither_gate(wrong):
    claim = chain_rule(wrong, functions=CHAIN)
    with pytest.raises(ClaimError, match=r"is false: at .*h = Lambda"):
        claim.derive((wrong, "chain rule"))
    with pytest.raises(ClaimError, match="right-hand side is"):
        claim.check(differences, rtol=1e-7)


def test_instances_that_hide_an_error_leave_a_mutant_alive():
    """With increasing functions alone, nothing tells |h'| from h'."""
    with as_written():
        claim = Claim("size", Eq(m, F(h(a)) * Abs(Derivative(h(a), a))), functions=CHAIN[:1], where=[a > -2, a < 2])
        both = Claim("both", Eq(m, F(h(a)) * Abs(Derivative(h(a), a))), functions=CHAIN, where=[a > -2, a < 2])

    def slope(F, h, a):
        """F at h(a), times how far h moves."""
        return F(h(a)) * abs(differences(lambda v: v, h, a))

    with pytest.raises(ClaimError, match=r"survive the check .*Abs"):
        claim.check(slope, rtol=1e-7)
    both.check(slope, rtol=1e-7)


def test_functions_are_asked_for_and_looked_at():
    claim = chain_rule(F(h(a)))
    with pytest.raises(ClaimError, match=r"nothing says what F, h could be. Give the claim functions="):
        claim.check(differences)
    for wrong in (
        [{F: Lambda(x, x)}, {h: Lambda(x, x)}],
        [{}],
        [{F: exp}],
        [{F: Lambda(x, x + a)}],
        [{a: Lambda(x, x)}],
    ):
        with pytest.raises(ClaimError, match="`functions`"):
            chain_rule(F(h(a)), functions=wrong)


def test_a_route_may_not_put_undefined_functions_together_as_printed():
    with as_written():
        claim = Claim("composed", Eq(m, F(h(a))), functions=CHAIN)

    def retyped(F, h, a):
        """The printed side again."""
        return F(h(a))

    with pytest.raises(ClaimError, match="evaluates the printed tree"):
        claim.check(retyped)


def test_an_inequality_about_every_function():
    with as_written():
        g = Function("g", real=True)
        claim = Claim("square", Le(2 * g(a), g(a) ** 2 + 1), functions=[{g: Lambda(x, exp(x))}, {g: Lambda(x, x**3)}])
    claim.derive(leq(claim.rhs, "a square", gap=(g(a) - 1) ** 2))

    @claim.check(tight={a: Rational(1, 10**6)})
    def sides(g, a):
        """A trace and a determinant of matrices with g(a) on the diagonal."""
        return np.trace(np.diag([g(a), g(a)])), np.linalg.det([[g(a), 1], [-1, g(a)]])

    assert claim.counts["rejected"] == claim.counts["applied"] > 0


def test_a_route_may_do_arithmetic_on_a_whole_vector():
    """On symbols `2 * ys + 1` is no number: the guard has to let it pass, not to stumble over it."""
    with as_written():
        claim = Claim("twice-and-one", Eq(Sum(2 * ys[i] + 1, (i, 1, n)), 2 * Sum(ys[i], (i, 1, n)) + n))
        claim.derive((claim.rhs, "linearity"))

    @claim.check
    def by_entries(ys, n):
        """The sum of a NumPy array."""
        shifted = 2 * ys + 1
        return shifted.sum() if isinstance(shifted, np.ndarray) else shifted

    assert claim.counts["rejected"] == claim.counts["applied"] > 0


def test_a_limit_of_a_defined_symbol():
    with as_written():
        define("rising", Eq(m, a * exp(-1 / b)))
        claim = Claim("rising-limit", Eq(Limit(m, b, oo), a))
        claim.derive((claim.rhs, "the exponential tends to one"))

    @claim.check
    def far_out(a, b):
        """The value a long way out."""
        return a * math.exp(-1 / b)

    assert claim.counts["rejected"] == claim.counts["applied"] > 0
    with as_written():
        wrong = Claim("rising-wrong", Eq(Limit(m, b, oo), 2 * a), unproved="it is false")
    with pytest.raises(ClaimError, match="right-hand side"):
        wrong.check(far_out)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("mu_0", "μ₀"),
        ("x_1", "x₁"),
        ("price_step", "price_step"),
        ("fan_in", "fan_in"),
        ("enc_len", "L"),
        ("c_sh", "cₛₕ"),
    ],
)
def test_a_witness_is_named_as_one_reads_and_types_it(name, shown):
    assert unicode_name(Symbol(name, real=True)) == shown
