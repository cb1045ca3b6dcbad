"""Estimates and distribution tests: what they compute, what they refuse, and that their rates are true.

Calibration runs each helper thousands of times from fixed seeds at a rate of 1e-2, where that many runs say
something, and compares the count of alarms with the stated rate by an exact binomial tail of 1e-4. In 4,000
runs, 19 to 65 alarms pass: a true rate of 2e-2 would be noticed with probability 0.95.
"""

import doctest
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from utils import estimate
from utils.estimate import (
    FALSE_ALARM,
    POWER,
    Estimate,
    chi_square_test,
    dkw_band,
    dkw_resolution,
    dkw_test,
    dkw_test_two_samples,
    gof,
    sharpen,
)

RATE = 1e-2
RUNS = 4_000
TAIL = 1e-4


def generators(runs=RUNS):
    return (np.random.default_rng([20, run]) for run in range(runs))


def count(outcomes):
    return sum(map(bool, outcomes))


def assert_rate_at_most(alarms, runs, rate=RATE):
    assert stats.binom.sf(alarms - 1, runs, rate) > TAIL, f"{alarms} alarms in {runs} runs, stated rate {rate}"


def assert_rate_is(alarms, runs, rate=RATE):
    assert_rate_at_most(alarms, runs, rate)
    assert stats.binom.cdf(alarms, runs, rate) > TAIL, f"only {alarms} alarms in {runs} runs, stated rate {rate}"


def assert_power_at_least(rejections, runs, power):
    assert stats.binom.cdf(rejections, runs, power) > TAIL, f"{rejections} of {runs} rejected, stated {power}"


def normal_log_density(x):
    return -(x**2) / 2 - math.log(2 * math.pi) / 2


def rng(seed=0):
    return np.random.default_rng(seed)


# --- what they compute --------------------------------------------------------------------------------------


def test_examples_in_the_docstrings():
    result = doctest.testmod(estimate)
    assert result.attempted and not result.failed


def test_the_rates_are_the_books():
    assert pytest.approx(1e-6) == FALSE_ALARM
    assert pytest.approx(1e-6) == 1 - POWER


def test_from_samples_is_the_textbook_mean_and_standard_error():
    draws = rng().normal(size=(1_000, 2, 3))
    found = Estimate.from_samples(draws)
    np.testing.assert_allclose(found.value, draws.mean(axis=0))
    np.testing.assert_allclose(found.standard_error, stats.sem(draws))
    assert found.n == 1_000
    along_last = Estimate.from_samples(np.moveaxis(draws, 0, -1), axis=-1)
    np.testing.assert_allclose(along_last.value, found.value)


def test_interval_is_students():
    draws = rng().normal(size=500)
    low, high = Estimate.from_samples(draws).interval(0.9)
    assert (low, high) == pytest.approx(stats.t.interval(0.9, 499, loc=draws.mean(), scale=stats.sem(draws)), rel=1e-9)


def test_two_sided_threshold_at_the_books_rate_is_4_89_standard_errors():
    unit = Estimate(0.0, 1.0, 10**9)
    assert unit.agrees_with(4.89) and unit.agrees_with(-4.89)
    assert unit.differs_from(4.90) and unit.differs_from(-4.90)


def test_bonferroni_widens_the_threshold_of_an_array():
    ten = Estimate(np.zeros(10), np.ones(10), 10**9)
    assert ten.agrees_with(5.32) and ten.differs_from(5.33)


def test_weights_standard_error_is_that_of_the_ratio():
    """Owen's formula, and the spread of 2,000 repetitions, which the naive std / sqrt(n) is not."""

    def repeat(generator):
        draws = generator.standard_t(5, size=4_000)
        log_weights = -(draws**2) / 2 + 3 * np.log1p(draws**2 / 5)
        return draws, log_weights, Estimate.from_weights(draws**2, log_weights)

    draws, log_weights, found = repeat(rng())
    weights = np.exp(log_weights) / np.exp(log_weights).sum()
    by_formula = np.sqrt(np.sum(weights**2 * (draws**2 - found.value) ** 2))
    assert found.standard_error == pytest.approx(by_formula, rel=1e-3)

    spread = np.std([repeat(generator)[2].value for generator in generators(2_000)])
    assert found.standard_error == pytest.approx(spread, rel=0.1)
    assert np.std(draws**2) / np.sqrt(4_000) > 1.5 * spread


def test_weights_of_zero_are_allowed():
    draws = rng().normal(size=20_000)
    positive = Estimate.from_weights(draws, np.where(draws > 0, 0.0, -np.inf))
    assert positive.agrees_with(math.sqrt(2 / math.pi))
    assert positive.resolves(0.1)


def test_difference_and_sum_of_independent_estimates():
    first, second = Estimate(3.0, 0.3, 100), Estimate(1.0, 0.4, 50)
    for combined, value in ((first - second, 2.0), (first + second, 4.0)):
        assert (combined.value, combined.standard_error, combined.n) == (value, pytest.approx(0.5), 50)


def test_resolves_one_entry_or_the_whole_pattern():
    found = Estimate(np.zeros(2), np.array([0.01, 1.0]), 10**6)
    assert not found.resolves(0.5)
    assert found.resolves([0.5, 0.0])
    assert not found.resolves([0.0, 0.5])


def test_values_are_read_only():
    found = Estimate.from_samples(rng().normal(size=(500, 2)))
    with pytest.raises(ValueError, match="read-only"):
        found.value[0] = 0.0


def test_printing():
    assert str(Estimate(1.23456, 0.0123, 1_000)) == "1.235 ± 0.012 (n = 1,000)"
    assert str(Estimate(1234.5, 321.0, 1_000)) == "1234 ± 321 (n = 1,000)"
    assert str(Estimate(np.zeros(3), np.ones(3), 1_000)) == "Estimate of shape (3,) (n = 1,000)"


def test_sharpen_keeps_its_promise_and_draws_afresh():
    batches = []

    def sampler(generator, n):
        batches.append(generator.normal(size=(n, 2)) * [1.0, 3.0])
        return batches[-1]

    found = sharpen(sampler, rng(), resolution=0.1)
    assert found.resolves(0.1)
    np.testing.assert_array_equal(found.value, batches[-1].mean(axis=0))
    assert len(batches) == 2 and found.n == len(batches[-1])


def test_sharpen_enlarges_a_pilot_that_missed_the_tail():
    """One draw in a thousand is large: a pilot of a hundred usually sees none, and fresh draws then tell."""

    def sampler(generator, n):
        return generator.normal(size=n) + 30.0 * (generator.uniform(size=n) < 1e-3)

    assert sharpen(sampler, rng(), resolution=0.1, n0=100).resolves(0.1)


def test_kolmogorov_statistics_equal_scipys():
    one, two = rng(1).normal(size=700), rng(2).normal(size=700)
    assert dkw_test(one, stats.norm.cdf).statistic == pytest.approx(stats.ks_1samp(one, stats.norm.cdf).statistic)
    assert dkw_test_two_samples(one, two).statistic == pytest.approx(stats.ks_2samp(one, two).statistic)
    assert dkw_test_two_samples(one.round(1), two.round(1)).statistic == pytest.approx(
        stats.ks_2samp(one.round(1), two.round(1)).statistic
    )


def test_chi_square_equals_scipys():
    points = rng().uniform(size=(2_000, 2))
    found = chi_square_test(points, 3)
    counts = np.histogram2d(*points.T, bins=3, range=[[0, 1], [0, 1]])[0]
    assert found.statistic == pytest.approx(stats.chisquare(counts.ravel()).statistic)
    assert found.threshold == pytest.approx(stats.chi2.isf(FALSE_ALARM, 8))
    assert chi_square_test(np.append(points, [[1.0, 1.0]], axis=0), 3).n == 2_001


@pytest.mark.parametrize(
    ("name", "law", "support"),
    [
        ("normal", stats.norm(3.0, 1e-4), (-np.inf, np.inf)),
        ("Cauchy", stats.cauchy(0.0, 1e4), (-np.inf, np.inf)),
        ("gamma", stats.gamma(2.5), (0.0, np.inf)),
        ("beta", stats.beta(2.0, 5.0), (0.0, 1.0)),
        ("two humps", stats.Mixture([stats.Normal(mu=-4.0), stats.Normal(mu=4.0)]), (-np.inf, np.inf)),
    ],
)
def test_gof_integrates_densities_of_many_shapes(name, law, support):
    if name == "two humps":
        draws = rng().normal(size=4_000) + rng(1).choice([-4.0, 4.0], size=4_000)
        log_density, cdf = law.logpdf, law.cdf
    else:
        draws = law.rvs(4_000, random_state=rng())
        log_density, cdf = law.logpdf, law.cdf
    found = gof(draws, log_density, support=support)
    assert found
    assert found.statistic == pytest.approx(dkw_test(draws, cdf).statistic, abs=1 / 256)


def test_a_rejected_fit_is_falsy():
    rejected = dkw_test(rng().uniform(size=2_000), lambda x: x**2)
    assert not rejected and not rejected.ok and rejected.statistic > rejected.threshold


# --- properties ---------------------------------------------------------------------------------------------

finite = st.floats(-1e6, 1e6)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), shift=finite, scale=st.floats(1e-3, 1e3))
def test_estimates_follow_shift_and_scale(seed, shift, scale):
    draws = rng(seed).uniform(size=(300, 2))
    plain, moved = Estimate.from_samples(draws), Estimate.from_samples(shift + scale * draws)
    np.testing.assert_allclose(moved.value, shift + scale * plain.value, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(moved.standard_error, scale * plain.standard_error, rtol=1e-4)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), constant=finite)
def test_equal_weights_are_no_weights_and_a_constant_cancels(seed, constant):
    draws = rng(seed).uniform(size=(300, 2))
    plain, weighted = Estimate.from_samples(draws), Estimate.from_weights(draws, np.full(300, constant))
    np.testing.assert_allclose(weighted.value, plain.value, rtol=1e-12)
    np.testing.assert_allclose(weighted.standard_error, plain.standard_error, rtol=1e-9)


@given(value=finite, error=st.floats(1e-3, 1e3), n=st.integers(2, 10**9), level=st.floats(0.01, 0.98))
def test_intervals_are_nested_about_the_value(value, error, n, level):
    inner, outer = Estimate(value, error, n).interval(level), Estimate(value, error, n).interval(level + 0.01)
    assert outer[0] < inner[0] < value < inner[1] < outer[1]


@given(gap=st.floats(1e-3, 1e3), n=st.integers(100, 10**9))
def test_what_is_resolved_would_be_rejected_when_met(gap, n):
    unit = Estimate(0.0, 1.0, n)
    if unit.resolves(gap):
        assert unit.differs_from(gap) and unit.differs_from(-gap) and unit.resolves(2 * gap)


@given(
    values=arrays(np.float64, 3, elements=finite),
    others=arrays(np.float64, 3, elements=finite),
    rate=st.floats(1e-9, 0.5),
)
def test_agreement_is_the_negation_of_difference_and_symmetric(values, others, rate):
    left, right = Estimate(values, np.ones(3), 1_000), Estimate(others, np.ones(3), 1_000)
    assert left.agrees_with(others, rate) is not left.differs_from(others, rate)
    assert left.agrees_with(others, rate) is right.agrees_with(values, rate)
    assert (left - right).agrees_with(0.0, rate) is (right - left).agrees_with(0.0, rate)


@given(n=st.integers(1, 10**9), rate=st.floats(1e-9, 0.5))
def test_bands_narrow_with_draws_and_with_leniency(n, rate):
    assert dkw_band(4 * n, rate) == pytest.approx(dkw_band(n, rate) / 2)
    assert dkw_band(n, rate * 1.5) < dkw_band(n, rate) < dkw_resolution(n, rate)


# --- calibration: the stated rates are the true ones --------------------------------------------------------


def test_calibration_of_a_mean():
    alarms = count(Estimate.from_samples(g.normal(size=600)).differs_from(0.0, RATE) for g in generators())
    assert_rate_is(alarms, RUNS)


def test_calibration_of_a_mean_of_skewed_draws():
    runs = 1_500
    alarms = count(Estimate.from_samples(g.exponential(size=12_000)).differs_from(1.0, RATE) for g in generators(runs))
    assert_rate_is(alarms, runs)


def test_calibration_of_an_array():
    runs = 2_000
    alarms = count(
        Estimate.from_samples(g.normal(size=(600, 10))).differs_from(np.zeros(10), RATE) for g in generators(runs)
    )
    assert_rate_is(alarms, runs)


def test_calibration_of_self_normalised_weights():
    """E x^2 = 1 under N(0, 1), sampled from Student's t with five degrees of freedom."""
    runs = 3_000

    def alarm(generator):
        draws = generator.standard_t(5, size=4_000)
        log_weights = -(draws**2) / 2 + 3 * np.log1p(draws**2 / 5)
        return Estimate.from_weights(draws**2, log_weights).differs_from(1.0, RATE)

    assert_rate_is(count(map(alarm, generators(runs))), runs)


def test_calibration_of_a_difference():
    alarms = count(
        (Estimate.from_samples(g.normal(size=600)) - Estimate.from_samples(g.normal(0.0, 3.0, size=600))).differs_from(
            0.0, RATE
        )
        for g in generators()
    )
    assert_rate_is(alarms, RUNS)


def test_calibration_and_power_of_sharpen():
    runs, power = 1_500, 0.9
    found = [
        sharpen(
            lambda generator, n: generator.normal(size=n),
            g,
            resolution=0.1,
            false_alarm=RATE,
            power=power,
            n0=500,
        )
        for g in generators(runs)
    ]
    assert_rate_is(count(e.differs_from(0.0, RATE) for e in found), runs)
    assert_power_at_least(count(e.differs_from(0.1, RATE) for e in found), runs, power)


def test_power_of_a_mean_is_what_resolves_states():
    """A bias of exactly the smallest difference that 600 normal draws resolve on average."""
    power, n = 0.9, 600
    bias = (stats.t.isf(RATE / 2, n - 1) + stats.t.isf(1 - power, n - 1)) / math.sqrt(n)
    found = [Estimate.from_samples(g.normal(bias, size=n)) for g in generators()]
    assert_power_at_least(count(e.differs_from(0.0, RATE) for e in found), RUNS, power)
    assert 0.4 < count(e.resolves(bias, RATE, power) for e in found) / RUNS < 0.6
    assert all(e.resolves(1.15 * bias, RATE, power) for e in found)


def test_calibration_and_power_of_the_dkw_test():
    alarms = count(not dkw_test(g.uniform(size=500), lambda x: x, RATE) for g in generators())
    assert_rate_at_most(alarms, RUNS)
    assert alarms > 0.5 * RATE * RUNS
    distance = dkw_resolution(500, RATE, 0.9)
    rejections = count(not dkw_test(g.uniform(0, 1 - distance, size=500), lambda x: x, RATE) for g in generators())
    assert_power_at_least(rejections, RUNS, 0.9)


def test_calibration_and_power_of_the_two_sample_test():
    alarms = count(not dkw_test_two_samples(g.uniform(size=500), g.uniform(size=500), RATE) for g in generators())
    assert_rate_at_most(alarms, RUNS)
    assert alarms > 0.4 * RATE * RUNS
    distance = math.sqrt(2) * dkw_resolution(500, RATE, 0.9)
    rejections = count(
        not dkw_test_two_samples(g.uniform(size=500), g.uniform(0, 1 - distance, size=500), RATE) for g in generators()
    )
    assert_power_at_least(rejections, RUNS, 0.9)


def test_calibration_and_power_of_gof():
    runs = 800
    alarms = count(not gof(g.normal(size=1_000), normal_log_density, false_alarm=RATE) for g in generators(runs))
    assert_rate_at_most(alarms, runs)
    # Two normals of unit scale whose means differ by d are 2 Phi(d / 2) - 1 apart.
    distance = dkw_resolution(1_000, RATE, 0.9) + 1 / 256
    shift = 2 * stats.norm.ppf((1 + distance) / 2)
    rejections = count(
        not gof(g.normal(shift, size=1_000), normal_log_density, false_alarm=RATE) for g in generators(200)
    )
    assert_power_at_least(rejections, 200, 0.9)


def test_calibration_and_power_of_the_chi_square_test():
    alarms = count(not chi_square_test(g.uniform(size=(1_600, 2)), 4, RATE) for g in generators())
    assert_rate_is(alarms, RUNS)
    # Two uniforms tied together in a fraction of the points: each alone is uniform still, the pair is not.
    tied, runs = 0.12, 1_000
    noncentrality = 1_600 * 3 * tied**2
    power = stats.ncx2.sf(stats.chi2.isf(RATE, 15), 15, noncentrality)

    def rejected(generator):
        points = generator.uniform(size=(1_600, 2))
        points[:, 1] = np.where(generator.uniform(size=1_600) < tied, points[:, 0], points[:, 1])
        return not chi_square_test(points, 4, RATE)

    rejections = count(map(rejected, generators(runs)))
    assert power > 0.9
    assert_power_at_least(rejections, runs, power - 0.02)


@pytest.mark.parametrize("rate", [2.5e-2, 0.2e-2])
def test_the_calibration_itself_notices_a_wrong_rate(rate):
    alarms = count(Estimate.from_samples(g.normal(size=600)).differs_from(0.0, rate) for g in generators())
    with pytest.raises(AssertionError, match="alarms in 4000 runs"):
        assert_rate_is(alarms, RUNS)


def test_the_books_rate_misses_nothing_and_cries_nothing_in_two_hundred_runs():
    found = [
        sharpen(lambda generator, n: generator.normal(size=n), g, resolution=0.1, n0=2_000) for g in generators(200)
    ]
    assert all(e.agrees_with(0.0) and e.differs_from(0.1) for e in found)


# --- what they refuse ---------------------------------------------------------------------------------------

NORMAL = rng().normal(size=2_000)
UNIT = Estimate(0.0, 1.0, 1_000)


def with_entry(x):
    draws = NORMAL.copy()
    draws[7] = x
    return draws


REFUSED = {
    "NaN value": (lambda: Estimate(math.nan, 1.0, 9), "`value` must be finite (got nan at 1 of 1 entries)"),
    "infinite error": (lambda: Estimate(0.0, math.inf, 9), "`standard_error` must be finite (got inf"),
    "zero error": (
        lambda: Estimate(0.0, 0.0, 9),
        "`standard_error` must be positive (got 0): compare an exact",
    ),
    "negative error": (lambda: Estimate(0.0, -1.0, 9), "`standard_error` must be positive (got -1)"),
    "shapes": (
        lambda: Estimate([0.0, 1.0], 1.0, 9),
        "`standard_error` must have the shape of `value`, (2,) (got ())",
    ),
    "n of one": (lambda: Estimate(0.0, 1.0, 1), "`n` must be an integer, at least 2 (got 1)"),
    "fractional n": (lambda: Estimate(0.0, 1.0, 9.5), "`n` must be an integer, at least 2 (got 9.5)"),
    "NaN draw": (
        lambda: Estimate.from_samples(with_entry(math.nan)),
        "`samples` must be finite (got nan at 1 of 2000",
    ),
    "infinite draw": (
        lambda: Estimate.from_samples(with_entry(-math.inf)),
        "`samples` must be finite (got -inf",
    ),
    "complex draws": (
        lambda: Estimate.from_samples(NORMAL * 1j),
        "`samples` must hold real numbers (got dtype compl",
    ),
    "a number": (
        lambda: Estimate.from_samples(1.0),
        "`samples` must be an array of draws (got the number 1.0)",
    ),
    "few draws": (
        lambda: Estimate.from_samples(NORMAL[:99]),
        "`samples` must hold at least 100 draws (got shape (99,)",
    ),
    "no entries": (
        lambda: Estimate.from_samples(np.zeros((500, 0))),
        "at least 100 draws (got shape (500, 0)",
    ),
    "constant": (
        lambda: Estimate.from_samples(np.full(500, 0.1)),
        "`samples` must vary in every entry (got one number",
    ),
    "constant but for rounding": (
        lambda: Estimate.from_samples(1.0 + 1e-16 * np.arange(500)),
        "`samples` must vary in every entry",
    ),
    "Cauchy draws": (
        lambda: Estimate.from_samples(rng().standard_cauchy(size=100_000)),
        "for its standard error to be believed, given its skewness and kurtosis (got 100,000): draw more",
    ),
    "few skewed draws": (
        lambda: Estimate.from_samples(rng().exponential(size=1_000)),
        "draws for its standard error to be believed",
    ),
    "rare events": (
        lambda: Estimate.from_samples(rng().uniform(size=10_000) < 1e-3),
        "draws for its standard error to be believed",
    ),
    "weights' shape": (
        lambda: Estimate.from_weights(NORMAL, np.zeros(9)),
        "`log_weights` must have shape (2000,) (got (9,)): give one log weight a draw",
    ),
    "NaN weight": (
        lambda: Estimate.from_weights(NORMAL, with_entry(math.nan)),
        "`log_weights` must be finite or -inf, and not all -inf (got 1 NaN, 0 inf, 0 -inf)",
    ),
    "no weight": (
        lambda: Estimate.from_weights(NORMAL, np.full(2_000, -math.inf)),
        "`log_weights` must be finite or -inf, and not all -inf (got 0 NaN, 0 inf, 2000 -inf)",
    ),
    "one weight is all": (
        lambda: Estimate.from_weights(NORMAL, 50 * NORMAL),
        "`log_weights` must leave an effective sample size of at least 100 (got 1.",
    ),
    "NaN compared": (lambda: UNIT.differs_from(math.nan), "`value` must be finite (got nan"),
    "NaN agreed with": (lambda: UNIT.agrees_with(math.nan), "`value` must be finite (got nan"),
    "another shape": (
        lambda: UNIT.differs_from([0.0, 1.0]),
        "`value` must be a number or have the estimate's shape () (got (2,))",
    ),
    "rate of zero": (
        lambda: UNIT.differs_from(0.0, 0.0),
        "`false_alarm` must lie strictly between 0 and 1 (got 0.0)",
    ),
    "power of one": (
        lambda: UNIT.resolves(1.0, power=1.0),
        "`power` must lie strictly between 0 and 1 (got 1.0)",
    ),
    "level in percent": (lambda: UNIT.interval(95), "`level` must lie strictly between 0 and 1 (got 95)"),
    "difference of zero": (lambda: UNIT.resolves(0.0), "`difference` must be nonzero somewhere (got 0)"),
    "minus a number": (
        lambda: UNIT - 1.0,
        "`other` must be an Estimate (got float): compare with a number by",
    ),
    "minus another shape": (
        lambda: UNIT - Estimate([0.0], [1.0], 9),
        "`other` must have the shape () (got (1,)): combine like with like",
    ),
    "a seed for a generator": (
        lambda: sharpen(lambda g, n: g.normal(size=n), 0, resolution=0.1),
        "`rng` must be a numpy.random.Generator (got 0): pass numpy.random.default_rng(seed)",
    ),
    "resolution of zero": (
        lambda: sharpen(lambda g, n: g.normal(size=n), rng(), resolution=0.0),
        "`resolution` must be positive (got 0)",
    ),
    "resolution's shape": (
        lambda: sharpen(lambda g, n: g.normal(size=n), rng(), resolution=[0.1, 0.1]),
        "`resolution` must be a number or have the shape of one draw, () (got (2,))",
    ),
    "too few allowed": (
        lambda: sharpen(lambda g, n: g.normal(size=n), rng(), resolution=1e-4, n_max=10**6),
        "draws to resolve 0.0001 (got 1,000,000): raise n_max, use a coarser resolution",
    ),
    "a sampler of Cauchy draws": (
        lambda: sharpen(lambda g, n: g.standard_cauchy(size=n), rng(), resolution=0.1, n_max=10**6),
        "`n_max` must allow about",
    ),
    "a sampler of another length": (
        lambda: sharpen(lambda g, n: g.normal(size=n + 1), rng(), resolution=0.1),
        "`sampler` must return 10000 draws along the first axis (got shape (10001,))",
    ),
    "a sampler of NaN": (
        lambda: sharpen(lambda g, n: np.full(n, math.nan), rng(), resolution=0.1),
        "`sampler` must be finite (got nan at 10000 of 10000 entries)",
    ),
    "a stuck sampler": (
        lambda: sharpen(lambda g, n: np.ones(n), rng(), resolution=0.1),
        "`sampler` must vary in every entry (got one number at every draw): compare a constant exactly",
    ),
    "a tiny pilot": (
        lambda: sharpen(lambda g, n: g.normal(size=n), rng(), resolution=0.1, n0=10),
        "`n0` must be an integer, at least 100 (got 10)",
    ),
    "a density for a CDF": (
        lambda: dkw_test(NORMAL, stats.norm.pdf),
        "`cdf` must rise within [0, 1] (got values from",
    ),
    "a survival function": (
        lambda: dkw_test(NORMAL, stats.norm.sf),
        "1999 falls): pass the distribution function",
    ),
    "a CDF of one value": (
        lambda: dkw_test(NORMAL, lambda x: 0.5),
        "`cdf` must return shape (2000,), one value a draw",
    ),
    "a CDF with NaN": (lambda: dkw_test(NORMAL, lambda x: x * math.nan), "`cdf` must be finite (got nan"),
    "discrete draws": (
        lambda: dkw_test(rng().integers(5, size=900), stats.norm.cdf),
        "`samples` must come from a continuous distribution (got 895 repeats in 900 draws)",
    ),
    "draws in the plane": (
        lambda: dkw_test(NORMAL.reshape(-1, 2), stats.norm.cdf),
        "`samples` must have shape (n,) (got (1000, 2)): test one coordinate at a time",
    ),
    "unequal sizes": (
        lambda: dkw_test_two_samples(NORMAL, NORMAL[:900]),
        "`first` and `second` must have one size, at least 458 (got 2000 and 900): draw as many of both",
    ),
    "small sizes": (lambda: dkw_test_two_samples(NORMAL[:99], NORMAL[:99]), "at least 458 (got 99 and 99)"),
    "no draws": (lambda: dkw_band(0), "`n` must be an integer, at least 1 (got 0)"),
    "few draws for a fit": (
        lambda: gof(NORMAL[:500], normal_log_density),
        "must hold at least 1000 draws (got 500)",
    ),
    "an unnormalised density": (
        lambda: gof(NORMAL, lambda x: -(x**2) / 2),
        "`log_density` must integrate to one over `support` (got 2.50663): normalise it",
    ),
    "a NaN density": (
        lambda: gof(NORMAL, lambda x: np.where(x > 0, -x, math.nan)),
        "without NaN or +inf",
    ),
    "draws outside the support": (
        lambda: gof(NORMAL, lambda x: -x, support=(0.0, math.inf)),
        "`samples` must lie in the support [0, inf] (got -",
    ),
    "points outside the cube": (lambda: chi_square_test(NORMAL), "`uniforms` must lie in [0, 1] (got -"),
    "no points": (
        lambda: chi_square_test(np.zeros((0, 2))),
        "`uniforms` must have shape (n,) or (n, d) (got (0, 2))",
    ),
    "few points a cell": (
        lambda: chi_square_test(rng().uniform(size=(2_000, 3))),
        "`uniforms` must hold at least 100 points a cell, 6,400 (got 2,000): draw more, or use fewer bins",
    ),
    "one bin": (
        lambda: chi_square_test(rng().uniform(size=900), 1),
        "`bins` must be an integer, at least 2 (got 1)",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused_by_name(case):
    call, message = REFUSED[case]
    with pytest.raises((ValueError, TypeError)) as error:
        call()
    assert message in str(error.value)
    assert ": " in str(error.value).split("(got", 1)[-1], "no fix is offered"
