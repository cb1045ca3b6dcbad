"""Problems whose answers a theorem gives: permutations, shifts, convex functions' gradients, normal laws, quantiles."""

import doctest
import itertools
import math
import re
import warnings
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction

import numpy as np
import ot
import pytest
import sympy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment, linprog
from scipy.stats import norm, wasserstein_distance

from utils import transport
from utils.estimate import Estimate
from utils.transport import (
    bures,
    c_transform,
    distance_1d,
    gaussian_map,
    imq,
    kantorovich_rubinstein,
    lipschitz_product,
    marginal_operators,
    mmd2,
    rbf,
    sinkhorn,
    sinkhorn_divergence,
    solve,
    solve_exact,
)

torch.set_num_threads(1)
f64 = torch.float64


def rng(seed=0):
    return np.random.default_rng(seed)


def squares(x, y):
    return ((x[:, None] - y) ** 2).sum(-1)


def uniform(n):
    return np.full(n, 1 / n)


def flat(rows):
    return list(itertools.chain.from_iterable(rows))


def problem(m, n, seed=0):
    g = rng(seed)
    return g.normal(size=(m, n)), g.dirichlet(np.ones(m)), g.dirichlet(np.ones(n))


def highs(cost, u, v):
    """The optimal value by SciPy's HiGHS."""
    rows, columns = marginal_operators(*cost.shape)
    found = linprog(cost.ravel(), A_eq=np.vstack([rows, columns]), b_eq=np.concatenate([u, v]), method="highs")
    assert found.status == 0
    return found.fun


# Marginal operators and the c-transform


@pytest.mark.parametrize(("m", "n"), [(1, 1), (1, 3), (2, 3), (4, 2)])
def test_marginal_operators_take_row_and_column_sums(m, n):
    plan = rng().normal(size=(m, n))
    rows, columns = marginal_operators(m, n)
    np.testing.assert_allclose(rows @ plan.ravel(), plan.sum(1))
    np.testing.assert_allclose(columns @ plan.ravel(), plan.sum(0))
    np.testing.assert_array_equal(rows, np.kron(np.eye(m), np.ones(n)))
    np.testing.assert_array_equal(columns, np.kron(np.ones(m), np.eye(n)))
    assert np.linalg.matrix_rank(np.vstack([rows, columns])) == m + n - 1
    phi, psi = rng(1).normal(size=m), rng(2).normal(size=n)
    np.testing.assert_allclose((rows.T @ phi + columns.T @ psi).reshape(m, n), phi[:, None] + psi)


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 10**6))
def test_c_transform_is_the_largest_feasible_partner(m, n, seed):
    cost, phi, _ = problem(m, n, seed)
    psi = c_transform(cost, phi)
    slack = cost - phi[:, None] - psi
    assert (slack >= -1e-12).all() and (slack.min(0) <= 1e-12).all()
    back = c_transform(cost.T, psi)
    assert (back >= phi - 1e-12).all(), "twice transformed, a potential grows"
    np.testing.assert_allclose(c_transform(cost, back), psi, atol=1e-12)  # three times is once


# In fractions

EXACT = {
    "equal masses": lambda g, k: [Fraction(1, k)] * k,
    "few integers": lambda g, k: [Fraction(int(a)) for a in g.integers(1, 4, k)],
    "zeros among them": lambda g, k: [Fraction(int(a)) for a in (*g.integers(0, 3, k - 1), 1)],
    "rationals": lambda g, k: [Fraction(int(a), int(b)) for a, b in zip(*g.integers(1, 10, (2, k)), strict=True)],
}


def exact_problem(kind, seed):
    g = rng(seed)
    m, n = map(int, g.integers(1, 5, 2))
    if kind == "equal masses":
        n = m  # the most degenerate: every vertex of the polytope is a permutation
    u, v = EXACT[kind](g, m), EXACT[kind](g, n)
    cost = [[Fraction(int(a), int(b)) for a, b in zip(*g.integers((-9, 1), (10, 5), (n, 2)).T, strict=True)] for _ in u]
    return cost, [a * sum(v) for a in u], [b * sum(u) for b in v]


@pytest.mark.parametrize("kind", EXACT)
def test_primal_and_dual_agree_exactly_on_200_problems_of_each_kind(kind):
    for seed in range(200):
        cost, u, v = exact_problem(kind, seed)
        found = solve_exact(cost, u, v)
        assert found.primal == found.dual and found.gap == 0 and found.converged
        # feasible, both of them, by sums that share nothing with the solver's own check
        assert [sum(row) for row in found.plan] == u
        assert [sum(column) for column in zip(*found.plan, strict=True)] == v
        for row, costs, phi in zip(found.plan, cost, found.phi, strict=True):
            for mass, c, psi in zip(row, costs, found.psi, strict=True):
                assert mass >= 0 and phi + psi <= c and (mass == 0 or phi + psi == c)
        assert found.primal == sum(c * x for c, x in zip(flat(cost), flat(found.plan), strict=True))
        numbers = [found.primal, found.dual, *found.phi, *found.psi, *flat(found.plan)]
        assert all(type(number) is Fraction for number in numbers)


@pytest.mark.parametrize("kind", EXACT)
def test_the_exact_optimum_is_that_of_highs(kind):
    for seed in range(1000, 1025):
        cost, u, v = exact_problem(kind, seed)
        floats = [np.array(a, dtype=float) for a in (cost, u, v)]
        assert float(solve_exact(cost, u, v).primal) == pytest.approx(highs(*floats), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_equal_masses_are_matched_by_the_best_permutation(seed):
    cost = rng(seed).integers(-9, 10, (4, 4))
    best = min(sum(int(cost[i, j]) for i, j in enumerate(p)) for p in itertools.permutations(range(4)))
    found = solve_exact(cost, [1] * 4, [1] * 4)
    assert found.primal == best
    assert sorted(flat(found.plan)) == [0] * 12 + [1] * 4, "integer masses move whole"


def test_a_degenerate_problem_that_sympys_simplex_gets_wrong():
    assert solve_exact([[1, 0, 1], [0, 0, 0]], [4, 2], [2, 2, 2]).primal == 2


@pytest.mark.parametrize("number", [int, Fraction, np.int64, sympy.Integer, lambda k: sympy.Rational(k, 1)])
def test_exact_numbers_of_any_kind_become_fractions(number):
    cost = np.array([[number(k) for k in row] for row in ((1, 0), (0, 0), (1, 0))])
    assert solve_exact(cost.tolist(), [number(2)] * 3, [number(4), number(2)]).primal == 2
    found = solve_exact(cost.T, [number(4), number(2)], [number(2)] * 3)  # column-major, as a transpose is
    assert found.primal == 2 and found.fault(cost.T, [4, 2], [2, 2, 2]) is None
    assert all(type(x) is Fraction and type(x.numerator) is int for x in (found.primal, *found.phi, *flat(found.plan)))


def test_large_numbers_stay_exact():
    big = 10**40
    found = solve_exact([[big + 1, 1], [1, big]], [big, 1], [1, big])
    assert found.plan == [[0, big], [1, 0]] and found.primal == big + 1
    near = solve_exact([[np.int64(2**62)] * 2] * 2, [np.int64(2**62)] * 2, [np.int64(2**62)] * 2)
    assert near.primal == 2**125


def test_a_plan_with_a_cycle_to_cancel_is_mended():
    found = solve_exact([[1, 0], [0, 1]], [1, 1], [1, 1])  # the first plan is the diagonal
    assert found.plan == [[0, 1], [1, 0]] and found.iterations == 1


# In floats


@pytest.mark.parametrize("seed", range(3))
def test_solve_agrees_with_highs_and_with_pot_on_50_by_50(seed):
    cost, u, v = problem(50, 50, seed)
    found = solve(cost, u, v)
    assert found.converged and found.fault(cost, u, v, 1e-9) is None
    assert found.primal == pytest.approx(highs(cost, u, v), abs=1e-9)
    shift = cost.min()
    assert found.primal == pytest.approx(ot.emd2(u, v, cost - shift) + shift, abs=1e-9)
    assert abs(found.gap) < 1e-9


def test_negative_costs_that_pot_gives_up_on():
    """`ot.emd` returns the zero plan here, with a warning only."""
    cost, u, v = [[-8.0, -2.0], [-4.0, -4.5]], [7 / 8, 1 / 8], [5 / 12, 7 / 12]
    found = solve(cost, u, v)
    assert found.converged and found.primal == pytest.approx(-4.8125, abs=1e-12)


@settings(max_examples=60)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 10**6), st.sampled_from([1e-8, 1.0, 1e8]))
def test_solve_certifies_itself_at_any_scale_and_offset(m, n, seed, scale):
    cost, u, v = problem(m, n, seed)
    g = rng(seed)
    u, v = u * (g.random(m) < 0.7), v * (g.random(n) < 0.7)
    u[0], v[0] = max(u[0], 0.1), max(v[0], 0.1)
    u, v, cost = u / u.sum() * scale, v / v.sum() * scale, scale * (cost - 3)
    found = solve(cost, u, v)
    assert found.converged and found.fault(cost, u, v, 1e-9) is None
    assert found.primal / scale**2 == pytest.approx(highs(cost / scale, u / scale, v / scale), abs=1e-9)


def test_a_constant_cost_is_paid_in_full():
    found = solve(np.full((2, 3), 5.0), [1.0, 2.0], [1.0, 1.0, 1.0])
    assert found.converged and found.primal == pytest.approx(15)


def test_permutations_are_found():
    cost = rng(1).random((30, 30))
    rows, columns = linear_sum_assignment(cost)
    plan = solve(cost, uniform(30), uniform(30)).plan
    np.testing.assert_allclose(plan[rows, columns], 1 / 30)


def test_the_gradient_of_a_convex_function_is_optimal():
    x = rng(2).normal(size=(40, 3))
    a = rng(3).normal(size=(3, 3))
    y = x @ (a @ a.T) + np.exp(x) / 2  # the gradient of x.a a^T x / 2 + sum exp(x) / 2
    found = solve(squares(x, y), uniform(40), uniform(40))
    assert found.primal == pytest.approx(((x - y) ** 2).sum(1).mean(), rel=1e-12)
    np.testing.assert_allclose(found.plan, np.eye(40) / 40, atol=1e-15)


def test_a_shift_costs_its_length():
    x, shift = rng(4).normal(size=(25, 2)), np.array([3.0, -4.0])
    assert solve(squares(x, x + shift), uniform(25), uniform(25)).primal == pytest.approx(25, rel=1e-12)


def test_pivots_that_run_out_are_reported():
    cost, u, v = problem(60, 60)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = solve(cost, u, v, iterations=3)
    assert not found.converged


# Certificates: planted faults

COST, U, V = [[0, 2, 1], [3, 0, 4]], [2, 3], [1, 3, 1]
GOOD = solve_exact(COST, U, V)


def moved(values, k, step):
    return [value + (step if i == k else 0) for i, value in enumerate(values)]


FAULTS = {
    "negative": (lambda t: replace(t, plan=[[3, -1, 0], [-2, 4, 1]]), "the plan has a negative entry"),
    "rows": (lambda t: replace(t, plan=[[1, 0, 0], [0, 3, 1]]), "the plan's row sums are not u"),
    "columns": (lambda t: replace(t, plan=[[0, 1, 1], [0, 3, 0]]), "the plan's column sums are not v"),
    "no gap, infeasible potentials": (
        # phi up and psi down by amounts that u and v make even: the value stays, feasibility does not
        lambda t: replace(t, phi=moved(moved(t.phi, 0, 3), 1, -2)),
        "the potentials break phi_i + psi_j <= cost_ij",
    ),
    "no gap, infeasible plan": (
        lambda t: replace(t, plan=[[0, 0, 0], [0, 0, 0]], primal=t.dual),
        "the plan's row sums are not u",
    ),
    "primal": (lambda t: replace(t, primal=t.primal - 1, dual=t.dual - 1), "the primal value is not the cost"),
    "dual": (lambda t: replace(t, dual=t.dual + 1), "the dual value is not that of the potentials"),
    "gap": (lambda t: replace(t, phi=moved(t.phi, 0, -1), dual=t.dual - 2), "the primal and the dual value differ"),
    "shape": (lambda t: replace(t, phi=t.phi[:1]), "the shapes do not fit"),
    "nan": (lambda t: replace(t, plan=np.full((2, 3), math.nan)), "the plan has a negative entry"),
}


@pytest.mark.parametrize("case", FAULTS)
@pytest.mark.parametrize("tolerance", [0, 1e-9])
def test_a_bad_certificate_is_refused(case, tolerance):
    spoil, message = FAULTS[case]
    assert GOOD.fault(COST, U, V, tolerance) is None
    assert GOOD.gap == spoil(GOOD).gap or case == "gap" or case == "dual"
    assert (spoil(GOOD).fault(COST, U, V, tolerance) or "").startswith(message)


def test_slackness_alone_is_asked_for_as_well():
    """With exact numbers it follows from the rest; within a tolerance a cell can stand out alone."""

    class Loose(transport.Transport):
        gap = 0

    spoiled = Loose(GOOD.plan, GOOD.primal, GOOD.primal - 2, moved(GOOD.phi, 0, -1), GOOD.psi, True, 0)
    assert spoiled.fault(COST, U, V) == "complementary slackness fails"


def test_results_are_frozen():
    with pytest.raises(FrozenInstanceError):
        GOOD.primal = 0
    with pytest.raises(FrozenInstanceError):
        sinkhorn([[0.0]], [1.0], [1.0], 1.0).plan = None


# Kantorovich and Rubinstein


@pytest.mark.parametrize("norm_order", [1, 2, np.inf])
def test_kantorovich_rubinstein_is_the_optimal_cost_under_a_metric(norm_order):
    points = rng(5).normal(size=(20, 2))
    metric = np.linalg.norm(points[:, None] - points, ord=norm_order, axis=-1)
    u, v = rng(6).dirichlet(np.ones(20), 2)
    u[:5] = 0
    u /= u.sum()
    found = kantorovich_rubinstein(metric, u, v)
    f = found.potential
    assert (f[:, None] - f <= metric + 1e-12).all()
    assert f @ (u - v) == pytest.approx(found.dual) and found.dual == pytest.approx(highs(metric, u, v), abs=1e-9)
    assert found.converged and found.fault(metric, u, v, 1e-9) is None


def test_the_potential_falls_at_slope_one_along_what_is_moved():
    x = np.array([0.0, 1.0, 4.0, 9.0])
    metric = np.abs(x[:, None] - x)
    f = kantorovich_rubinstein(metric, [1.0, 0, 0, 0], [0, 0, 0, 1.0]).potential
    np.testing.assert_allclose(f - f[0], -x, atol=1e-12)


def test_total_variation_is_transport_under_the_discrete_metric():
    u, v = rng(7).dirichlet(np.ones(6), 2)
    assert kantorovich_rubinstein(1 - np.eye(6), u, v).primal == pytest.approx(np.abs(u - v).sum() / 2)


def test_a_point_may_come_twice():
    points = np.array([0.0, 0.0, 1.0])
    found = kantorovich_rubinstein(np.abs(points[:, None] - points), [1.0, 0, 0], [0, 0.5, 0.5])
    assert found.primal == pytest.approx(0.5) and found.potential[0] == pytest.approx(found.potential[1])


# The line


@settings(max_examples=60)
@given(st.integers(1, 8), st.integers(1, 8), st.integers(0, 10**6), st.sampled_from([1, 1.5, 2, 5]))
def test_distance_1d_is_the_linear_programs(m, n, seed, p):
    _, u, v = problem(m, n, seed)
    x, y = rng(seed + 1).normal(size=m), rng(seed + 2).normal(size=n).round(1)
    cost = np.abs(x[:, None] - y) ** p
    assert distance_1d(x, y, p, u, v) ** p == pytest.approx(solve(cost, u, v).primal, abs=1e-9)
    if p == 1:
        assert distance_1d(x, y, u=u, v=v) == pytest.approx(wasserstein_distance(x, y, u, v), abs=1e-12)


def test_equal_masses_on_the_line_are_matched_in_order():
    x, y = rng(8).normal(size=(2, 50))
    for p in (1, 2, 3):
        expected = (np.abs(np.sort(x) - np.sort(y)) ** p).mean() ** (1 / p)
        assert distance_1d(x, y, p) == pytest.approx(expected, rel=1e-12)


def test_distance_1d_grows_towards_the_largest_step_and_does_not_overflow():
    x, y = [0.0, 1e200], [1.0, 3e200]
    assert distance_1d(x, y, p=4) == pytest.approx(2e200 * 0.5**0.25, rel=1e-12)
    assert distance_1d(x, y, p=500) == pytest.approx(2e200, rel=0.002)
    assert distance_1d(x, x, p=2) == 0
    far = distance_1d([0.0, 1e6], [1.0, -1e6], p=500, u=[1.0, 0.0], v=[1.0, 0.0])
    assert far == pytest.approx(1), "a point without mass does not count"


# Normal laws


def covariance(d, seed):
    a = rng(seed).normal(size=(d, d))
    return a @ a.T + 0.1 * np.eye(d)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_bures_is_pots_and_the_cost_of_its_map(d):
    m_1, m_2 = rng(9).normal(size=(2, d))
    s, t = covariance(d, 10), covariance(d, 11)
    distance = bures(m_1, s, m_2, t)
    assert distance == pytest.approx(ot.gaussian.bures_wasserstein_distance(m_1, m_2, s, t), rel=1e-10)
    a = gaussian_map(s, t)
    np.testing.assert_allclose(a @ s @ a, t, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(a, a.T, atol=1e-12)
    assert np.linalg.eigvalsh(a)[0] > 0, "the gradient of a convex function"
    moved_by = np.eye(d) - a
    assert distance**2 == pytest.approx(((m_1 - m_2) ** 2).sum() + np.trace(moved_by @ s @ moved_by), rel=1e-10)
    assert distance == pytest.approx(bures(m_2, t, m_1, s), rel=1e-12)


def test_bures_on_the_line_is_the_difference_of_quantiles():
    assert bures(1.0, 4.0, -2.0, 0.25) == pytest.approx(math.hypot(3, 1.5), rel=1e-14)
    levels = (np.arange(200_000) + 0.5) / 200_000
    found = distance_1d(norm.ppf(levels, 1, 2), norm.ppf(levels, -2, 0.5), p=2)
    assert found == pytest.approx(bures(1.0, 4.0, -2.0, 0.25), rel=1e-5)


def test_bures_keeps_its_digits_between_near_laws_and_takes_singular_ones():
    s = covariance(4, 12)
    assert bures(np.zeros(4), s, np.zeros(4), s) < 1e-13
    root = transport._root("s", s, 4)
    t = (root + 1e-9 * np.eye(4)) @ (root + 1e-9 * np.eye(4))
    assert bures(np.zeros(4), s, np.zeros(4), t) == pytest.approx(2e-9, rel=1e-5)
    flat = np.diag([4.0, 0.0])
    assert bures([0, 0], flat, [0, 0], np.diag([0.0, 9.0])) == pytest.approx(math.sqrt(13))
    assert bures([0, 0], np.zeros((2, 2)), [3, 4], np.zeros((2, 2))) == 5
    np.testing.assert_allclose(gaussian_map(np.eye(2), flat), np.diag([2.0, 0.0]), atol=1e-15)


# Entropic transport


def kl(plan, u, v):
    product = np.outer(u, v)
    return float((plan * np.log(plan / product) - plan + product).sum())


@pytest.mark.parametrize("epsilon", [0.05, 0.5, 5.0])
def test_sinkhorn_is_pots_under_the_stated_convention(epsilon):
    cost, u, v = problem(12, 9, 13)
    found = sinkhorn(cost, u, v, epsilon, tolerance=1e-12)
    assert found.converged and found.error <= 1e-12 and abs(found.gap) < 1e-10
    theirs = ot.solve(cost, u, v, reg=epsilon, reg_type="KL", tol=1e-13, max_iter=100_000)
    assert found.primal == pytest.approx(theirs.value, abs=1e-9)
    np.testing.assert_allclose(found.plan, theirs.plan, atol=1e-10)
    entropy = ot.solve(cost, u, v, reg=epsilon, reg_type="entropy", tol=1e-13, max_iter=100_000)
    nats = -(u @ np.log(u)) - v @ np.log(v)
    assert entropy.value == pytest.approx(found.primal - epsilon * nats, abs=1e-9)
    linear = ot.sinkhorn2(u, v, cost, epsilon, method="sinkhorn_log", stopThr=1e-13, numItermax=100_000)
    assert found.linear == pytest.approx(float(linear), abs=1e-9)
    assert found.primal == pytest.approx(found.linear + epsilon * kl(found.plan, u, v), abs=1e-12)


@settings(max_examples=60)
@given(st.integers(1, 7), st.integers(1, 7), st.integers(0, 10**6), st.sampled_from([0.1, 1.0, 10.0]))
def test_the_sinkhorn_plan_is_feasible_and_of_the_right_form(m, n, seed, epsilon):
    cost, u, v = problem(m, n, seed)
    found = sinkhorn(cost, u, v, epsilon, 1e-11, 100_000)
    assert found.converged
    np.testing.assert_allclose(found.plan.sum(1), u, atol=1e-11)
    np.testing.assert_allclose(found.plan.sum(0), v, atol=1e-13)
    gibbs = np.outer(u, v) * np.exp((found.f[:, None] + found.g - cost) / epsilon)
    np.testing.assert_allclose(found.plan, gibbs, rtol=1e-10)
    assert found.linear >= highs(cost, u, v) - 1e-9


def test_duals_of_any_potentials_stay_below_and_the_found_ones_are_the_best():
    cost, u, v = problem(5, 6, 14)
    epsilon = 0.3
    found = sinkhorn(cost, u, v, epsilon, 1e-13)

    def dual(f, g):
        return f @ u + g @ v - epsilon * (np.outer(u, v) * np.exp((f[:, None] + g - cost) / epsilon)).sum() + epsilon

    assert dual(found.f, found.g) == pytest.approx(found.dual, abs=1e-13)
    for seed in range(50):
        f, g = found.f + rng(seed).normal(size=5) / 10, found.g + rng(seed + 99).normal(size=6) / 10
        assert dual(f, g) < found.dual
    early = sinkhorn(cost, u, v, epsilon, 1e-13, iterations=1)
    assert not early.converged and early.dual < found.dual


def test_large_epsilon_gives_the_independent_plan_and_small_the_exact_one():
    cost, u, v = problem(6, 6, 15)
    np.testing.assert_allclose(sinkhorn(cost, u, v, 1e6).plan, np.outer(u, v), rtol=1e-5)
    exact = solve(cost, u, v).primal
    costs = [sinkhorn(cost, u, v, e, 1e-8, 200_000).linear for e in (1.0, 0.1, 0.01)]
    assert costs == sorted(costs, reverse=True) and costs[-1] == pytest.approx(exact, abs=1e-3)


def test_no_overflow_and_no_warning_at_a_ten_thousandth_of_the_median_cost():
    g = rng(16)
    x, y = g.normal(size=(100, 2)), g.normal(size=(100, 2)) + 1
    cost = squares(x, y)
    epsilon = 1e-4 * np.median(cost)
    with warnings.catch_warnings(), np.errstate(over="raise", invalid="raise", divide="raise"):
        warnings.simplefilter("error")
        found = sinkhorn(cost, uniform(100), uniform(100), epsilon, iterations=500)
    for value in (found.plan, found.f, found.g, found.primal, found.dual, found.linear, found.error):
        assert np.isfinite(value).all()
    assert not found.converged and found.iterations == 500 and found.error > 1e-9, "reported, not hidden"
    assert found.error == pytest.approx(np.abs(found.plan.sum(1) - 1 / 100).sum(), abs=1e-10)
    np.testing.assert_allclose(found.plan.sum(0), 1 / 100, rtol=1e-9)
    assert found.dual <= solve(cost, uniform(100), uniform(100)).primal + epsilon * math.log(100)


def test_points_without_mass_get_none_and_change_nothing():
    cost, u, v = problem(4, 5, 17)
    u[1], v[3] = 0, 0
    u, v = u / u.sum(), v / v.sum()
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        found = sinkhorn(cost, u, v, 0.2)
    assert found.converged and (found.plan[1] == 0).all() and (found.plan[:, 3] == 0).all()
    inner = sinkhorn(cost[u > 0][:, v > 0], u[u > 0], v[v > 0], 0.2)
    assert found.primal == pytest.approx(inner.primal, abs=1e-12)
    assert np.isfinite(found.f).all() and np.isfinite(found.g).all()


def test_convergence_is_linear_and_no_slower_than_hilberts_metric_allows():
    cost, u, v = problem(8, 8, 18)
    epsilon = 1.0
    kernel = np.exp(-cost / epsilon)
    cross = kernel[:, :, None, None] * kernel / (kernel[:, None, None, :] * kernel.T[None, :, :, None])
    rate = np.tanh(np.log(cross.max()) / 4) ** 2
    errors = [sinkhorn(cost, u, v, epsilon, 1e-300, iterations=k).error for k in (5, 6, 7)]
    assert errors[1] / errors[0] < rate and errors[2] / errors[1] < rate


# Sinkhorn divergences


def cloud(n, d, seed, shift=0.0):
    return torch.as_tensor(rng(seed).normal(size=(n, d)) + shift)


@settings(max_examples=30)
@given(
    st.integers(1, 6), st.integers(1, 6), st.integers(1, 3), st.integers(0, 10**6), st.sampled_from([2.0, 8.0, 30.0])
)
def test_divergences_are_zero_at_equality_positive_elsewhere_and_symmetric(m, n, d, seed, epsilon):
    x, y = cloud(m, d, seed).tanh(), cloud(n, d, seed + 1).tanh()  # apart by little more than epsilon, to converge
    there = float(sinkhorn_divergence(x, y, epsilon, tolerance=1e-10, iterations=100_000))
    assert there > 0
    assert there == pytest.approx(
        float(sinkhorn_divergence(y, x, epsilon, tolerance=1e-10, iterations=100_000)), abs=1e-9
    )
    assert float(sinkhorn_divergence(x, x.flip(0), epsilon, tolerance=1e-10, iterations=100_000)) == pytest.approx(
        0, abs=1e-9
    )


@pytest.mark.parametrize("epsilon", [0.5, 2.0, 100.0])
def test_a_shift_costs_its_length_squared_at_every_epsilon(epsilon):
    x, shift = cloud(10, 2, 19), torch.tensor([3.0, -4.0], dtype=f64)
    assert float(sinkhorn_divergence(x, x + shift, epsilon)) == pytest.approx(25, abs=1e-6)
    assert float(sinkhorn(squares(x, x), uniform(10), uniform(10), epsilon).primal) > 0.01, "biased before"


def test_divergences_tend_to_transport_and_to_the_distance_of_means():
    x, y = cloud(8, 2, 20), cloud(8, 2, 21, shift=1.0)
    exact = solve(squares(x, y).numpy(), uniform(8), uniform(8)).primal
    near = float(sinkhorn_divergence(x, y, 0.01, tolerance=1e-4, iterations=100_000))
    assert near == pytest.approx(exact, rel=0.02)
    means = float(((x.mean(0) - y.mean(0)) ** 2).sum())
    assert float(sinkhorn_divergence(x, y, 1e6)) == pytest.approx(means, rel=1e-4)


def unrolled(x, y, epsilon, rounds=2000):
    """The same divergence by torch alone, every iteration kept for autograd."""

    def value(x, y):
        cost = squares(x, y)
        log_u, log_v = (
            torch.full((len(x),), -math.log(len(x)), dtype=f64),
            torch.full((len(y),), -math.log(len(y)), dtype=f64),
        )
        g = torch.zeros(len(y), dtype=f64)
        for _ in range(rounds):
            f = -epsilon * torch.logsumexp((g - cost) / epsilon + log_v, 1)
            g = -epsilon * torch.logsumexp((f[:, None] - cost) / epsilon + log_u[:, None], 0)
        return f.mean() + g.mean()

    return value(x, y) - value(x, x) / 2 - value(y, y) / 2


@pytest.mark.parametrize("epsilon", [1.0, 3.0])
def test_gradients_are_those_of_unrolled_iterations_and_of_difference_quotients(epsilon):
    x, y = cloud(5, 2, 22).requires_grad_(), cloud(4, 2, 23, shift=0.5).requires_grad_()

    def loss(x, y):
        return sinkhorn_divergence(x, y, epsilon, tolerance=1e-12, iterations=100_000)

    value, theirs = loss(x, y), unrolled(x, y, epsilon)
    assert float(value.detach()) == pytest.approx(float(theirs.detach()), abs=1e-10)
    ours = torch.autograd.grad(value, (x, y))
    for mine, other in zip(ours, torch.autograd.grad(theirs, (x, y)), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-7, atol=1e-8)
    with torch.no_grad():
        for index in itertools.product(range(5), range(2)):
            step = torch.zeros_like(x)
            step[index] = 1e-5
            quotient = float(loss(x + step, y) - loss(x - step, y)) / 2e-5
            assert float(ours[0][index]) == pytest.approx(quotient, abs=1e-7)


def test_descent_by_this_gradient_moves_a_cloud_onto_another():
    x, y = cloud(20, 2, 24), cloud(20, 2, 25, shift=2.0)
    before = float(sinkhorn_divergence(x, y, 0.5, tolerance=1e-5))
    for _ in range(30):
        x = x.detach().requires_grad_()
        sinkhorn_divergence(x, y, 0.5, tolerance=1e-5).backward()
        x = x - 10 * x.grad / 2
    assert float(sinkhorn_divergence(x.detach(), y, 0.5, tolerance=1e-5)) < 0.01 * before


def test_the_averaged_iteration_finds_what_alternation_finds_and_sooner():
    x, u = cloud(30, 2, 36).numpy(), rng(37).dirichlet(np.ones(30))
    cost = squares(x, x)
    slow = sinkhorn(cost, u, u, 0.5, 1e-10, 100_000)
    fast = transport._entropic(cost, u, u, 0.5, 1e-10, 100_000, transport._average)
    np.testing.assert_allclose(fast.plan, slow.plan, atol=1e-9)
    assert fast.primal == pytest.approx(slow.primal, abs=1e-8) and fast.dual == pytest.approx(slow.dual, abs=1e-8)
    assert fast.converged and fast.iterations < 60 < slow.iterations
    np.testing.assert_array_equal(fast.f, fast.g)
    early = transport._entropic(cost, u, u, 0.5, 1e-10, 2, transport._average)
    assert not early.converged and early.dual < slow.dual, "a bound, though the plan has too much mass or too little"
    assert abs(early.plan.sum() - 1) > 1e-3
    assert early.primal == pytest.approx(early.linear + 0.5 * kl(early.plan, u, u), abs=1e-12)
    tiny = transport._entropic(cost, u, u, 1e-3, 1e-10, 100, transport._average)
    assert tiny.converged, "it does not slow down as epsilon falls"


def test_other_costs_and_weights_are_used():
    x, y, u, v = cloud(4, 1, 26), cloud(3, 1, 27), [0.1, 0.2, 0.3, 0.4], [0.5, 0.25, 0.25]

    def absolute(x, y):
        return (x[:, None] - y).abs().sum(-1)

    found = float(sinkhorn_divergence(x, y, 0.4, cost=absolute, u=u, v=v, tolerance=1e-11))
    parts = [
        sinkhorn(absolute(a, b), p, q, 0.4, 1e-11).primal for a, p, b, q in [(x, u, y, v), (x, u, x, u), (y, v, y, v)]
    ]
    assert found == pytest.approx(parts[0] - parts[1] / 2 - parts[2] / 2, abs=1e-9)


def test_a_divergence_that_did_not_converge_is_an_error():
    x = cloud(30, 2, 28)
    with pytest.raises(ArithmeticError, match=r"`iterations` must suffice for `tolerance` \(got 3, and an error of "):
        sinkhorn_divergence(x, x + 1, 1e-3, iterations=3)


# Maximum mean discrepancy

KERNELS = {"rbf": rbf(0.8), "imq": imq(2.0)}


def expected_mmd2(p, q, points, kernel):
    weights = torch.as_tensor(p) - torch.as_tensor(q)
    return float(weights @ kernel(points, points) @ weights)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_unbiased_form_is_unbiased_by_enumeration(kernel):
    """All samples of sizes 2 and 3 from laws on three points, weighted by their probabilities."""
    k, points = KERNELS[kernel], torch.tensor([[0.0], [1.0], [2.5]], dtype=f64)
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.2, 0.6])
    mean = {True: 0.0, False: 0.0}
    for xs in itertools.product(range(3), repeat=2):
        for ys in itertools.product(range(3), repeat=3):
            weight = p[list(xs)].prod() * q[list(ys)].prod()
            for unbiased in mean:
                mean[unbiased] += weight * float(mmd2(points[list(xs)], points[list(ys)], k, unbiased))
    exact = expected_mmd2(p, q, points, k)
    assert mean[True] == pytest.approx(exact, abs=1e-13)
    gram = k(points, points).numpy()
    excess = (1 - p @ gram @ p) / 2 + (1 - q @ gram @ q) / 3
    assert mean[False] == pytest.approx(exact + excess, abs=1e-13)


def test_mmd_of_normal_laws_has_a_closed_form():
    """E exp(-(a - b)^2 / 2) over independent normals is a normal density, up to its constant."""

    def kernel_mean(m_1, s_1, m_2, s_2):
        total = 1 + s_1**2 + s_2**2
        return math.exp(-((m_1 - m_2) ** 2) / (2 * total)) / math.sqrt(total)

    first, second = (0.0, 1.0), (0.7, 1.5)
    exact = kernel_mean(*first, *first) + kernel_mean(*second, *second) - 2 * kernel_mean(*first, *second)
    g = torch.Generator().manual_seed(30)

    def draws(law):
        return law[0] + law[1] * torch.randn(40, 1, dtype=f64, generator=g)

    values = np.array([float(mmd2(draws(first), draws(second), rbf(1.0))) for _ in range(2000)])
    assert Estimate.from_samples(values).agrees_with(exact)
    assert not Estimate.from_samples(values).agrees_with(1.3 * exact)


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernels_are_positive_symmetric_and_one_on_the_diagonal(kernel):
    x = cloud(12, 3, 31)
    gram = KERNELS[kernel](x, x)
    torch.testing.assert_close(gram, gram.T)
    torch.testing.assert_close(gram.diagonal(), torch.ones(12, dtype=f64))
    assert float(torch.linalg.eigvalsh(gram)[0]) > 0
    assert KERNELS[kernel](x, x[:5]).shape == (12, 5)


def test_mmd_has_gradients_and_vanishes_between_equal_samples():
    x = cloud(6, 2, 32).requires_grad_()
    y = cloud(5, 2, 33, shift=1.0)
    assert torch.autograd.gradcheck(lambda x: mmd2(x, y, imq(2.0)), x)
    assert float(mmd2(x, x, rbf(1.0), unbiased=False).detach()) == pytest.approx(0, abs=1e-15)


# Lipschitz constants


def test_the_product_bounds_every_slope_and_is_attained_by_aligned_layers():
    weights = [torch.as_tensor(rng(k).normal(size=shape)) for k, shape in enumerate([(7, 3), (5, 7), (1, 5)])]
    bound = lipschitz_product(weights)
    assert bound == pytest.approx(math.prod(float(torch.linalg.matrix_norm(w, 2)) for w in weights))

    def network(x):
        for w in weights[:-1]:
            x = torch.relu(x @ w.T)
        return x @ weights[-1].T

    x, y = cloud(500, 3, 34), cloud(500, 3, 35)
    slopes = (network(x) - network(y)).norm(dim=1) / (x - y).norm(dim=1)
    assert float(slopes.max()) <= bound
    assert lipschitz_product([np.eye(3)] * 4) == pytest.approx(1)
    assert lipschitz_product([[[2.0]], [[3.0]], [[-4.0]]]) == pytest.approx(24)


# Bad input

C23, U2, V3 = [[0.0, 1.0, 2.0], [1.0, 0.0, 1.0]], [0.5, 0.5], [0.25, 0.25, 0.5]
X, NAN = torch.zeros(3, 2, dtype=f64), math.nan
TRIANGLE = [[0.0, 1.0, 4.0], [1.0, 0.0, 1.0], [4.0, 1.0, 0.0]]
MASS3 = [1 / 3, 1 / 3, 1 / 3]

BAD = {
    "masses": (
        lambda: solve(C23, [1.0, 1.0], V3),
        r"`u` and `v` must have equal mass \(got sums 2\.0 and 1\.0\): divide each by its sum",
    ),
    "masses, nearly equal": (lambda: solve(C23, [0.5, 0.5 + 1e-8], V3), r"`u` and `v` must have equal mass"),
    "exact masses": (
        lambda: solve_exact([[1, 2]], [1], [1, 1]),
        r"`u` and `v` must have equal mass \(got sums 1 and 2\): divide each by its sum",
    ),
    "negative": (
        lambda: sinkhorn(C23, [1.5, -0.5], V3, 1.0),
        r"`u` must not be negative \(got -0\.5 at index 1\): a mass is 0 or more; mend it",
    ),
    "exact negative": (lambda: solve_exact([[1, 2]], [1], [2, -1]), r"`v` must not be negative \(got -1 at index 1\)"),
    "no mass": (lambda: solve(C23, [0.0, 0.0], [0.0] * 3), r"`u` must hold some mass \(got zeros alone\): nothing"),
    "NaN": (
        lambda: solve([[0.0, NAN, 1.0], [0.0, 1.0, 2.0]], U2, V3),
        r"`cost` must be finite \(got nan at \[0, 1\]\): find where it came from",
    ),
    "infinity": (lambda: sinkhorn([[math.inf]], [1.0], [1.0], 1.0), r"`cost` must be finite \(got inf at \[0, 0\]\)"),
    "NaN mass": (lambda: solve(C23, [NAN, 1.0], V3), r"`u` must be finite \(got nan at \[0\]\)"),
    "transposed": (
        lambda: solve(np.transpose(C23), U2, V3),
        r"`cost` must have shape \(len\(u\), len\(v\)\) = \(2, 3\) \(got \(3, 2\)\): transpose it, or swap u and v",
    ),
    "exact transposed": (
        lambda: solve_exact([[1], [2]], [1], [1]),
        r"`cost` must have shape .* = \(1, 1\) \(got \(2, 1\)\)",
    ),
    "flat cost": (
        lambda: solve([1.0, 2.0], U2, V3),
        r"`cost` must be a matrix, not empty \(got shape \(2,\)\): give it 2",
    ),
    "empty": (lambda: solve(C23, [], V3), r"`u` must be a vector, not empty \(got shape \(0,\)\)"),
    "ragged": (lambda: solve([[1.0], [1.0, 2.0]], U2, V3), r"`cost` must be an array of real numbers \(got "),
    "complex": (lambda: solve(np.ones((2, 3)) * 1j, U2, V3), r"`cost` must be an array of real numbers \(got complex"),
    "text": (lambda: solve([["a"]], [1.0], [1.0]), r"`cost` must be an array of real numbers \(got could not convert"),
    "gradient": (
        lambda: sinkhorn(torch.zeros(2, 3, requires_grad=True), U2, V3, 1.0),
        r"`cost` must be an array of real numbers \(got Can't call numpy\(\) .*detach",
    ),
    "floats in fractions": (
        lambda: solve_exact([[0.5]], [1], [1]),
        r"`cost` must be exact, ints or Fractions \(got 0\.5, a float\): write Fraction\(1, 3\), or use `solve` for",
    ),
    "float array": (lambda: solve_exact(np.eye(2), [1, 1], [1, 1]), r"`cost` must be exact.*\(got 1\.0, a float\)"),
    "float mass": (
        lambda: solve_exact([[1]], [1.0], [1]),
        r"`u` must be exact, ints or Fractions \(got 1\.0, a float\)",
    ),
    "ragged fractions": (lambda: solve_exact([[1], [1, 2]], [1, 1], [1, 1]), r"`cost` must be a matrix, not empty"),
    "epsilon": (
        lambda: sinkhorn(C23, U2, V3, 0.0),
        r"`epsilon` must be positive and finite \(got 0\.0\): 0 is for `solve`",
    ),
    "negative epsilon": (lambda: sinkhorn(C23, U2, V3, -1), r"`epsilon` must be positive and finite \(got -1\)"),
    "NaN epsilon": (lambda: sinkhorn_divergence(X, X, NAN), r"`epsilon` must be positive and finite \(got nan\)"),
    "tiny epsilon": (
        lambda: sinkhorn(C23, U2, V3, 1e-320),
        r"`epsilon` must leave cost / epsilon finite \(got 1e-320\): raise it, or use `solve`",
    ),
    "tolerance": (
        lambda: sinkhorn(C23, U2, V3, 1.0, tolerance=0),
        r"`tolerance` must be positive and finite \(got 0\)",
    ),
    "iterations": (
        lambda: sinkhorn(C23, U2, V3, 1.0, iterations=0),
        r"`iterations` must be an integer of at least 1 \(got 0\)",
    ),
    "pivots": (
        lambda: solve(C23, U2, V3, iterations=0),
        r"`iterations` must be an integer of at least 1 \(got 0\): mend it",
    ),
    "half an iteration": (
        lambda: sinkhorn(C23, U2, V3, 1.0, iterations=1e4),
        r"`iterations` must be an integer of at least 1 \(got 10000\.0\)",
    ),
    "one-sided cost": (
        lambda: sinkhorn_divergence(
            X + torch.arange(3.0)[:, None], X, 1.0, cost=lambda x, y: (y.T[:1] - x[:, :1]).relu()
        ),
        r"`cost` must be symmetric \(got cost\(x, x\) unlike its transpose\)",
    ),
    "cost of a wrong shape": (
        lambda: sinkhorn_divergence(X, X, 1.0, cost=lambda x, y: x),
        r"`cost` must have shape \(len\(u\), len\(v\)\) = \(3, 3\) \(got \(3, 2\)\)",
    ),
    "not probabilities": (
        lambda: sinkhorn(C23, [1.0, 1.0], [0.5, 0.5, 1.0], 1.0),
        r"`u` must sum to 1 \(got 2\): divide u and v by their sums",
    ),
    "diagonal": (
        lambda: kantorovich_rubinstein([[0.0, 1.0], [1.0, 0.5]], U2, U2),
        r"`metric` must be zero on the diagonal \(got metric\[1, 1\] = 0\.5\): use `solve`, which takes any cost",
    ),
    "negative distance": (
        lambda: kantorovich_rubinstein([[0.0, -1.0], [-1.0, 0.0]], U2, U2),
        r"`metric` must be non-negative \(got metric\[0, 1\] = -1\): use `solve`",
    ),
    "asymmetric": (
        lambda: kantorovich_rubinstein([[0.0, 1.0], [2.0, 0.0]], U2, U2),
        r"`metric` must be symmetric \(got metric\[1, 0\] = 2, metric\[0, 1\] = 1\): use `solve`",
    ),
    "triangle": (
        lambda: kantorovich_rubinstein(TRIANGLE, MASS3, MASS3),
        r"`metric` must keep to the triangle inequality \(got metric\[0, 2\] = 4 > metric\[0, 1\] = 1 \+ "
        r"metric\[1, 2\] = 1\): take lengths of shortest paths, or use `solve`, which takes any cost",
    ),
    "not square": (
        lambda: kantorovich_rubinstein(C23, U2, V3),
        r"`metric` must be square \(got shape \(2, 3\)\): u and v are on the",
    ),
    "p": (lambda: distance_1d([0.0], [1.0], p=0.5), r"`p` must be a finite number of at least 1 \(got 0\.5\): below 1"),
    "line": (lambda: distance_1d([[0.0]], [1.0]), r"`x` must be a vector, not empty \(got shape \(1, 1\)\)"),
    "weights": (lambda: distance_1d([0.0], [1.0], u=[1.0, 2.0]), r"`u` must have as many entries as `x`, 1 \(got 2\)"),
    "partner": (
        lambda: c_transform(C23, V3),
        r"`phi` must have one entry for each of the 2 rows of `cost` \(got 3\): pass cost\.T to transform psi",
    ),
    "sizes": (lambda: marginal_operators(0, 2), r"`m` must be an integer of at least 1 \(got 0\): mend it"),
    "covariance": (lambda: bures(0, [[1, 2], [0, 1]], 0, 1), r"`cov_1` must have shape \(1, 1\) \(got \(2, 2\)\)"),
    "skew": (lambda: bures([0, 0], [[1, 2], [0, 1]], [0, 0], np.eye(2)), r"`cov_1` must be symmetric \(got \[\[1"),
    "indefinite": (
        lambda: bures([0, 0], np.eye(2), [0, 0], [[1, 2], [2, 1]]),
        r"`cov_2` must be positive semi-definite \(got an eigenvalue -1\): pass a covariance",
    ),
    "means": (lambda: bures([0, 0], np.eye(2), [0], np.eye(2)), r"`mean_2` must have as many entries as `mean_1`, 2"),
    "singular": (
        lambda: gaussian_map(np.diag([1.0, 0.0]), np.eye(2)),
        r"`cov_1` must be positive definite \(got a singular matrix\): a subspace cannot be spread out",
    ),
    "float32": (
        lambda: mmd2(X.float(), X, rbf(1.0)),
        r"`x` must be float64 \(got torch\.float32\): convert it with x\.do",
    ),
    "points": (
        lambda: sinkhorn_divergence(X[0], X, 1.0),
        r"`x` must have shape \(n, d\), not empty \(got \(2,\)\): one row",
    ),
    "NaN point": (lambda: mmd2(X, X * NAN, rbf(1.0)), r"`y` must be finite \(got NaN or infinity\)"),
    "dimension": (lambda: mmd2(X, X[:, :1], rbf(1.0)), r"`y` must have as many columns as `x`, 2 \(got 1\)"),
    "one draw": (
        lambda: mmd2(X, X[:1], rbf(1.0)),
        r"`y` must have at least 2 rows \(got 1\): draw more, or pass unbiased=False",
    ),
    "bandwidth": (lambda: rbf(0), r"`bandwidth` must be positive and finite \(got 0\): the median distance"),
    "scale": (lambda: imq(-1.0), r"`scale` must be positive and finite \(got -1\.0\): 2 d sigma\^2"),
    "layers": (
        lambda: lipschitz_product([np.ones((3, 2)), np.ones((1, 2))]),
        r"`weights\[1\]` must take 3 inputs, the outputs of the layer before \(got shape \(1, 2\)\): pass",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    call, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        call()


# Documentation


def test_examples_in_the_docstrings():
    result = doctest.testmod(transport)
    assert result.attempted and not result.failed
    functions = [name for name in transport.__all__ if not isinstance(getattr(transport, name), type)]
    assert all(">>>" in getattr(transport, name).__doc__ for name in functions)
    assert transport.__all__ == sorted(transport.__all__)


def test_references_have_one_form():
    form = r"[^\n]+[\n ]+\([^()]+, \d{4}\)(, (eq\.|sections?|theorem|remark) [^\n]+)?\.\s+https://[^\n]+\n"
    for name in transport.__all__:
        document = getattr(transport, name).__doc__
        _, found, rest = document.partition("References:\n")
        if found:
            assert re.fullmatch(rf"(\s+{form})+\s*", rest.partition(">>>")[0]), name
