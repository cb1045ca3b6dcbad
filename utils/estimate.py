"""Monte Carlo estimates that know their standard error, and tests that state their error rates.

A number from a sampler is compared with a formula in standard errors. Two rates are fixed before the draw:
`FALSE_ALARM`, the chance that a true formula is rejected, and `POWER`, the chance that a formula which is
off by the stated amount is rejected. Generators are passed in; everything is float64.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, ndtri, stdtrit

__all__ = [
    "FALSE_ALARM",
    "POWER",
    "Estimate",
    "FitResult",
    "chi_square_test",
    "dkw_band",
    "dkw_resolution",
    "dkw_test",
    "dkw_test_two_samples",
    "gof",
    "sharpen",
]

FALSE_ALARM = 1e-6
"""The chance that a true claim is rejected, for one claim. A book of a thousand claims then cries wolf in
one build of a thousand at most."""

POWER = 1 - 1e-6
"""The chance that a claim which is off by the stated resolution is rejected. Missing a mutant fails the build
just as a false alarm does, so both are equally rare."""

MIN_DRAWS = 100
"""Below this, the sample kurtosis says too little to judge a standard error by."""

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Estimate:
    """A value with its standard error, from `n` independent draws.

    Comparisons use Student's t with n - 1 degrees of freedom, two-sided, with Bonferroni's correction over
    the entries of an array.

    Parameters
    ----------
    value : float or array
        The estimate, in the units of what was sampled.
    standard_error : float or array, same shape
        Its standard error, > 0, same units.
    n : int
        Number of draws, >= 2.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> second_moment = Estimate.from_samples(rng.normal(size=100_000) ** 2)
    >>> print(second_moment)
    1.0003 ± 0.0045 (n = 100,000)
    >>> second_moment.agrees_with(1.0), second_moment.agrees_with(1.1)
    (True, False)
    >>> second_moment.resolves(0.1), second_moment.resolves(0.01)
    (True, False)
    """

    value: float | Array
    standard_error: float | Array
    n: int

    def __post_init__(self) -> None:
        value = _finite("value", self.value)
        standard_error = _finite("standard_error", self.standard_error)
        if value.shape != standard_error.shape:
            raise ValueError(
                f"`standard_error` must have the shape of `value`, {value.shape} "
                f"(got {standard_error.shape}): give one standard error for each entry"
            )
        if np.any(standard_error <= 0):
            raise ValueError(
                f"`standard_error` must be positive (got {standard_error.min():g}): compare an exact number exactly"
            )
        object.__setattr__(self, "value", _scalar_or_array(value))
        object.__setattr__(self, "standard_error", _scalar_or_array(standard_error))
        object.__setattr__(self, "n", _count("n", self.n, at_least=2))

    @classmethod
    def from_samples(cls, samples: ArrayLike, axis: int = 0) -> Estimate:
        """The mean of independent draws, which lie along `axis`.

        Raises ValueError when n is too small for the standard error to be believed. The tails of the sample
        decide: n must reach 100 (kurtosis - 1) and 1,500 skewness^2 (see `_draws_needed`). A Cauchy sample is
        refused at any n; Student's t with two or three degrees of freedom can slip through.
        """
        draws = _varying("samples", np.moveaxis(_finite("samples", samples, min_ndim=1), axis, 0))
        mean = draws.mean(axis=0)
        return cls(mean, _standard_error(draws - mean), len(draws))

    @classmethod
    def from_weights(cls, samples: ArrayLike, log_weights: ArrayLike) -> Estimate:
        r"""Self-normalised importance sampling: $\sum_i w_i x_i$ with $w_i$ the normalised weights.

        The standard error is that of the ratio, $\sqrt{\sum_i w_i^2 (x_i - \hat\mu)^2}$ (Owen, Monte Carlo
        theory, methods and examples, 2013, section 9.2). To leading order the ratio is biased by at most one
        standard error over the square root of the effective sample size, which is why that size may not be
        small.

        Parameters
        ----------
        samples : array (n, ...)
            Draws from the proposal.
        log_weights : array (n,)
            log target - log proposal at each draw, up to one constant; -inf is a weight of zero.
        """
        draws = _varying("samples", _finite("samples", samples, min_ndim=1))
        logs = _numbers("log_weights", log_weights)
        if logs.shape != draws.shape[:1]:
            raise ValueError(
                f"`log_weights` must have shape {draws.shape[:1]} (got {logs.shape}): give one log weight a draw"
            )
        if np.any(np.isnan(logs)) or np.any(logs == np.inf) or np.all(logs == -np.inf):
            raise ValueError(
                "`log_weights` must be finite or -inf, and not all -inf "
                f"(got {np.isnan(logs).sum()} NaN, {(logs == np.inf).sum()} inf, "
                f"{(logs == -np.inf).sum()} -inf): check the two log densities at the draws"
            )
        weights = np.exp(logs - logs.max())
        weights /= weights.sum()
        effective = 1 / np.sum(weights**2)
        if effective < MIN_DRAWS:
            raise ValueError(
                f"`log_weights` must leave an effective sample size of at least {MIN_DRAWS} "
                f"(got {effective:.1f} of {len(draws)} draws): draw more, or from nearer the target"
            )
        weights = weights.reshape(-1, *[1] * (draws.ndim - 1))
        mean = np.sum(weights * draws, axis=0)
        return cls(mean, _standard_error(len(draws) * weights * (draws - mean)), len(draws))

    def __add__(self, other: Estimate) -> Estimate:
        """The sum of two independent estimates; n is the smaller of the two."""
        return _combine(self, other, 1.0)

    def __sub__(self, other: Estimate) -> Estimate:
        """The difference of two independent estimates; n is the smaller of the two.

        For two estimates from the same draws, take `from_samples` of the difference instead: it is sharper.
        """
        return _combine(self, other, -1.0)

    def interval(self, level: float = 0.95) -> tuple[float | Array, float | Array]:
        """The two ends of the confidence interval of this level, for each entry on its own.

        >>> low, high = Estimate(1.0, 0.1, 1_000_000).interval(0.95)
        >>> round(low, 3), round(high, 3)
        (0.804, 1.196)
        """
        half = _t_quantile((1 - _rate("level", level)) / 2, self.n) * np.asarray(self.standard_error)
        return _scalar_or_array(self.value - half), _scalar_or_array(self.value + half)

    def differs_from(self, value: ArrayLike, false_alarm: float = FALSE_ALARM) -> bool:
        """Whether some entry lies too many standard errors from `value` for chance.

        True with probability `false_alarm` or less if `value`, a number or an array of this shape, is the
        truth.
        """
        distance = np.abs(self.value - self._like_value("value", value)) / self.standard_error
        return bool(np.any(distance > _critical(np.size(self.value), self.n, false_alarm)))

    def agrees_with(self, value: ArrayLike, false_alarm: float = FALSE_ALARM) -> bool:
        """Not `differs_from`. Agreement tells something only if the estimate `resolves` the likely error."""
        return not self.differs_from(value, false_alarm)

    def resolves(self, difference: ArrayLike, false_alarm: float = FALSE_ALARM, power: float = POWER) -> bool:
        """Whether a value that is off by `difference` would be rejected with probability at least `power`.

        A number: a discrepancy of that size in one entry, whichever it is. An array of this shape: the whole
        discrepancy (zero where there is none), which one sharp entry is enough to reveal.
        """
        gap = np.abs(self._like_value("difference", difference))
        if not np.any(gap > 0):
            raise ValueError("`difference` must be nonzero somewhere (got 0): state the error to be noticed")
        sharp = gap / self.standard_error >= _power_gap(np.size(self.value), self.n, false_alarm, power)
        return bool(np.all(sharp) if np.ndim(difference) == 0 else np.any(sharp))

    def __str__(self) -> str:
        if np.ndim(self.value):
            return f"Estimate of shape {np.shape(self.value)} (n = {self.n:,})"
        digits = max(0, 1 - int(np.floor(np.log10(self.standard_error))))
        return f"{self.value:.{digits}f} ± {self.standard_error:.{digits}f} (n = {self.n:,})"

    def _like_value(self, name: str, other: ArrayLike) -> Array:
        array = _finite(name, other)
        if array.shape not in ((), np.shape(self.value)):
            raise ValueError(
                f"`{name}` must be a number or have the estimate's shape {np.shape(self.value)} "
                f"(got {array.shape}): compare entry with entry"
            )
        return array


@dataclass(frozen=True)
class FitResult:
    """The outcome of a distribution test; true in a condition exactly when `ok`.

    `ok` is false with probability at most `false_alarm` if the samples follow the stated distribution.
    """

    statistic: float
    threshold: float
    n: int
    false_alarm: float

    @property
    def ok(self) -> bool:
        return self.statistic <= self.threshold

    def __bool__(self) -> bool:
        # Without this a rejected fit would be truthy, and `assert dkw_test(...)` would assert nothing.
        return self.ok


def sharpen(
    sampler: Callable[[np.random.Generator, int], ArrayLike],
    rng: np.random.Generator,
    *,
    resolution: ArrayLike,
    false_alarm: float = FALSE_ALARM,
    power: float = POWER,
    n0: int = 10_000,
    n_max: int = 10_000_000,
) -> Estimate:
    """Draw until the mean's standard error resolves `resolution` at these rates.

    A pilot of n0 draws sets n, with half as many again to spare; the estimate comes from n fresh draws,
    since stopping at a lucky moment would bias it. Should these not be sharp enough after all, they become
    the pilot of a larger fresh batch.

    Parameters
    ----------
    sampler : callable (rng, n) -> array (n, ...)
        Independent draws along the first axis.
    rng : numpy.random.Generator
    resolution : float, or array of the shape of one draw
        The smallest error of each entry that must not go unnoticed, > 0, in the units of the draws.
    n0, n_max : int
        Pilot size, and the largest batch allowed. When n_max is too few, ValueError says what would do.

    Examples
    --------
    >>> mean = sharpen(lambda rng, n: rng.exponential(size=n), np.random.default_rng(1), resolution=0.05)
    >>> mean.agrees_with(1.0), mean.agrees_with(1.05)
    (True, False)
    """
    _generator(rng)
    smallest = _finite("resolution", resolution)
    if np.any(smallest <= 0):
        raise ValueError(
            f"`resolution` must be positive (got {smallest.min():g}): give the smallest error to be noticed"
        )
    n_max = _count("n_max", n_max, at_least=MIN_DRAWS)
    n = _count("n0", n0, at_least=MIN_DRAWS)
    pilot = _draw(sampler, rng, n)
    if smallest.shape not in ((), pilot.shape[1:]):
        raise ValueError(
            f"`resolution` must be a number or have the shape of one draw, {pilot.shape[1:]} "
            f"(got {smallest.shape}): give one resolution, or one for each entry"
        )
    while True:
        gap = _power_gap(pilot[0].size, n, false_alarm, power)
        for_power = np.max(pilot.var(axis=0) * (gap / smallest) ** 2)
        n = max(n, int(np.ceil(1.5 * max(for_power, _draws_needed(pilot - pilot.mean(axis=0))))))
        if n > n_max:
            raise ValueError(
                f"`n_max` must allow about {n:,} draws to resolve {np.min(smallest):g} (got {n_max:,}): "
                "raise n_max, use a coarser resolution, or a sampler with less variance"
            )
        pilot = _draw(sampler, rng, n)
        if _draws_needed(pilot - pilot.mean(axis=0)) <= n:
            estimate = Estimate.from_samples(pilot)
            if np.all(smallest / estimate.standard_error >= gap):
                return estimate
        n *= 2


def dkw_band(n: int, false_alarm: float = FALSE_ALARM) -> float:
    """Half-width of the band that holds the whole empirical CDF of n draws with probability 1 - false_alarm.

    Dvoretzky, Kiefer and Wolfowitz with Massart's constant (Massart, The tight constant in the
    Dvoretzky-Kiefer-Wolfowitz inequality, 1990): valid for every n and every distribution.

    >>> round(dkw_band(10_000), 5)
    0.02693
    """
    return float(np.sqrt(np.log(2 / _rate("false_alarm", false_alarm)) / (2 * _count("n", n, at_least=1))))


def dkw_resolution(n: int, false_alarm: float = FALSE_ALARM, power: float = POWER) -> float:
    """The Kolmogorov distance that `dkw_test` on n draws rejects with probability at least `power`.

    By the triangle inequality: the band of the test, plus the band that holds the draws' own empirical CDF.

    >>> round(dkw_resolution(10_000), 5)
    0.05387
    """
    return dkw_band(n, false_alarm) + dkw_band(n, 1 - _rate("power", power))


def dkw_test(samples: ArrayLike, cdf: Callable[[Array], ArrayLike], false_alarm: float = FALSE_ALARM) -> FitResult:
    """Whether independent draws, shape (n,), follow the continuous distribution with this CDF.

    The statistic is Kolmogorov's sup |F_n - F|, the threshold `dkw_band`: no asymptotics, for any n.

    >>> rng = np.random.default_rng(0)
    >>> dkw_test(rng.uniform(size=5_000), lambda x: x).ok
    True
    >>> dkw_test(rng.uniform(size=5_000), lambda x: x**2).ok
    False
    """
    draws = np.sort(_continuous("samples", samples))
    n = len(draws)
    levels = _finite("cdf", cdf(draws))
    if levels.shape != draws.shape:
        raise ValueError(f"`cdf` must return shape {draws.shape}, one value a draw (got {levels.shape}): vectorise it")
    if levels.min() < 0 or levels.max() > 1 or np.any(np.diff(levels) < -1e-12):
        raise ValueError(
            f"`cdf` must rise within [0, 1] (got values from {levels.min():g} to {levels.max():g}, "
            f"{int(np.sum(np.diff(levels) < -1e-12))} falls): pass the distribution function, not the density"
        )
    above = np.max(np.arange(1, n + 1) / n - levels)
    below = np.max(levels - np.arange(n) / n)
    return FitResult(float(max(above, below)), dkw_band(n, false_alarm), n, false_alarm)


def dkw_test_two_samples(first: ArrayLike, second: ArrayLike, false_alarm: float = FALSE_ALARM) -> FitResult:
    """Whether two independent samples, both of shape (n,) with n >= 458, come from one distribution.

    Kolmogorov and Smirnov's sup |F_n - G_n|; the threshold is the two-sample form of `dkw_band`, which holds
    with the same constant for equal sizes from 458 on (Wei and Dudley, Two-sample
    Dvoretzky-Kiefer-Wolfowitz inequalities, 2012). Draws may repeat: the test is then conservative.

    >>> rng = np.random.default_rng(0)
    >>> dkw_test_two_samples(rng.normal(size=2_000), rng.normal(size=2_000)).ok
    True
    """
    one, two = (np.sort(_vector(name, x)) for name, x in (("first", first), ("second", second)))
    n = len(one)
    if len(two) != n or n < 458:
        raise ValueError(
            f"`first` and `second` must have one size, at least 458 (got {n} and {len(two)}): draw as many of both"
        )
    pooled = np.concatenate([one, two])
    gaps = np.searchsorted(one, pooled, side="right") - np.searchsorted(two, pooled, side="right")
    threshold = float(np.sqrt(2)) * dkw_band(n, false_alarm)
    return FitResult(float(np.abs(gaps).max() / n), threshold, n, false_alarm)


def gof(
    samples: ArrayLike,
    log_density: Callable[[Array], ArrayLike],
    *,
    support: tuple[float, float] = (-np.inf, np.inf),
    false_alarm: float = FALSE_ALARM,
) -> FitResult:
    """Whether independent draws, shape (n,) with n >= 1000, follow the density exp(log_density) on `support`.

    For when there is no CDF to hand: the density is integrated between 256 quantiles of the sample, and the
    empirical CDF is compared there by `dkw_band`. The quantiles cost power (a distance up to 1/256 may hide
    between them), never false alarms.

    Parameters
    ----------
    log_density : callable, array (k,) -> array (k,)
        The normalised log density, smooth inside `support`; -inf is a density of zero.
    support : (low, high)
        Where the density lives. It must integrate to one there: ValueError says to what it does integrate.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> gof(rng.exponential(size=5_000), lambda x: -x, support=(0, np.inf)).ok
    True
    """
    from scipy.integrate import quad  # half a second to import, and needed here only

    draws = np.sort(_continuous("samples", samples))
    n = len(draws)
    low, high = support
    if n < 1000:
        raise ValueError(f"`samples` must hold at least 1000 draws (got {n}): draw more")
    if not low <= draws[0] <= draws[-1] <= high:
        raise ValueError(
            f"`samples` must lie in the support [{low:g}, {high:g}] (got {draws[0]:g} to {draws[-1]:g}): "
            "mend the sampler, or widen `support`"
        )

    def density(x: Array) -> Array:
        log_values = _numbers("log_density", log_density(x))
        if log_values.shape != x.shape or np.any(np.isnan(log_values)) or np.any(log_values == np.inf):
            raise ValueError(
                f"`log_density` must return shape {x.shape} without NaN or +inf (got {log_values.shape}, "
                f"{np.isnan(log_values).sum()} NaN): vectorise it, and keep `support` off its poles"
            )
        return np.exp(log_values)

    ranks = np.arange(1, 256) * n // 256
    knots = draws[ranks - 1]
    scale = knots[-1] - knots[0]

    def tail(end: float, start: float) -> float:
        """The mass between a knot and the far end, in units of the sample's spread so that quad finds it."""
        area, _ = quad(lambda u: float(density(np.array([start + scale * u]))[0]), 0, (end - start) / scale)
        return float(abs(area) * scale)

    nodes, weights = np.polynomial.legendre.leggauss(16)
    half = np.diff(knots) / 2
    points = (knots[:-1] + half)[:, None] + half[:, None] * nodes
    panels = density(points.ravel()).reshape(points.shape) @ weights * half
    levels = tail(low, knots[0]) + np.concatenate([[0.0], np.cumsum(panels)])
    mass = levels[-1] + tail(high, knots[-1])
    threshold = dkw_band(n, false_alarm)
    if not abs(mass - 1) < threshold / 100:
        raise ValueError(
            f"`log_density` must integrate to one over `support` (got {mass:.6g}): normalise it, state "
            "the support it lives on, or look at the samples if they are nowhere near it"
        )
    return FitResult(float(np.max(np.abs(ranks / n - levels))), threshold, n, false_alarm)


def chi_square_test(uniforms: ArrayLike, bins: int = 4, false_alarm: float = FALSE_ALARM) -> FitResult:
    """Whether points, shape (n,) or (n, d), are uniform in the unit cube: Pearson's test on bins**d cells.

    For d dimensions: map the draws to the cube by whatever makes them uniform if the claim is right (a flow's
    inverse followed by the normal CDF; the conditional CDFs one after another). Marginals and dependence are
    both seen, down to the size of a cell. Each cell must expect at least 100 points, so that the chi-square
    law holds.

    >>> rng = np.random.default_rng(0)
    >>> points = rng.uniform(size=(10_000, 2))
    >>> chi_square_test(points).ok, chi_square_test(np.sort(points)).ok
    (True, False)
    """
    points = _finite("uniforms", uniforms, min_ndim=1)
    if points.ndim > 2 or points.size == 0:
        raise ValueError(f"`uniforms` must have shape (n,) or (n, d) (got {points.shape}): one row a point")
    points = points.reshape(len(points), -1)
    bins = _count("bins", bins, at_least=2)
    if points.min() < 0 or points.max() > 1:
        raise ValueError(
            f"`uniforms` must lie in [0, 1] (got {points.min():g} to {points.max():g}): apply the CDF first"
        )
    n, cells = len(points), bins ** points.shape[1]
    if n < 100 * cells:
        raise ValueError(
            f"`uniforms` must hold at least 100 points a cell, {100 * cells:,} (got {n:,}): "
            "draw more, or use fewer bins"
        )
    indices = np.minimum((points * bins).astype(np.int64), bins - 1)
    counts = np.bincount(np.ravel_multi_index(tuple(indices.T), (bins,) * points.shape[1]), minlength=cells)
    statistic = np.sum((counts - n / cells) ** 2) * cells / n
    threshold = chdtri(cells - 1, _rate("false_alarm", false_alarm))
    return FitResult(float(statistic), float(threshold), n, false_alarm)


def _draws_needed(centred: Array) -> float:
    """How many draws a standard error needs to be believed, by the tails of the centred draws (n, ...).

    Kurtosis k: the standard error is itself uncertain by sqrt((k - 1) / 4n), which may be 5 % at most.
    Skewness g: by Edgeworth's expansion one tail of the t statistic at z is about exp(g z^3 / 3 sqrt(n))
    times the stated one; at the book's z of 4.9 this may be e at most. Both sample moments grow with n when
    the true ones are infinite.
    """
    scaled = centred / np.sqrt(np.mean(centred**2, axis=0))
    squared = scaled * scaled
    kurtosis = np.max(np.mean(squared * squared, axis=0))
    skewness = np.max(np.abs(np.mean(squared * scaled, axis=0)))
    z = -ndtri(FALSE_ALARM / 2)
    return float(max(MIN_DRAWS, 100 * (kurtosis - 1), (skewness * z**3 / 3) ** 2))


def _standard_error(centred: Array) -> Array:
    """The standard error of a mean from its centred terms, shape (n, ...)."""
    n = len(centred)
    needed = _draws_needed(centred)
    if n < needed:
        raise ValueError(
            f"`samples` must hold about {needed:,.0f} draws for its standard error to be believed, given its "
            f"skewness and kurtosis (got {n:,}): draw more, or reduce the tails"
        )
    return np.asarray(np.sqrt(np.sum(centred**2, axis=0) / (n - 1) / n))


def _varying(name: str, draws: Array) -> Array:
    """Enough draws that differ by more than rounding: a constant has no standard error to measure by."""
    if len(draws) < MIN_DRAWS or draws.size == 0:
        raise ValueError(
            f"`{name}` must hold at least {MIN_DRAWS} draws (got shape {draws.shape}, draws first): draw more"
        )
    if np.any(np.ptp(draws, axis=0) <= 1e-12 * np.max(np.abs(draws), axis=0)):
        raise ValueError(
            f"`{name}` must vary in every entry (got one number at every draw): compare a constant exactly"
        )
    return draws


def _combine(first: Estimate, second: Estimate, sign: float) -> Estimate:
    if not isinstance(second, Estimate):
        raise TypeError(
            f"`other` must be an Estimate (got {type(second).__name__}): compare with a number by `differs_from`"
        )
    if np.shape(first.value) != np.shape(second.value):
        raise ValueError(
            f"`other` must have the shape {np.shape(first.value)} (got {np.shape(second.value)}): "
            "combine like with like"
        )
    return Estimate(
        first.value + sign * np.asarray(second.value),
        np.hypot(first.standard_error, second.standard_error),
        min(first.n, second.n),
    )


def _draw(sampler: Callable[[np.random.Generator, int], ArrayLike], rng: np.random.Generator, n: int) -> Array:
    draws = _finite("sampler", sampler(rng, n), min_ndim=1)
    if len(draws) != n:
        raise ValueError(
            f"`sampler` must return {n} draws along the first axis (got shape {draws.shape}): return shape (n, ...)"
        )
    return _varying("sampler", draws)


def _critical(entries: int, n: int, false_alarm: float) -> float:
    """Beyond how many standard errors any of the entries is rejected."""
    return _t_quantile(_rate("false_alarm", false_alarm) / (2 * entries), n)


def _power_gap(entries: int, n: int, false_alarm: float, power: float) -> float:
    """How many standard errors a true discrepancy must measure to be rejected with this power."""
    return _critical(entries, n, false_alarm) + _t_quantile(1 - _rate("power", power), n)


def _t_quantile(upper_tail: float, n: int) -> float:
    return float(-stdtrit(n - 1, upper_tail))


def _numbers(name: str, x: Any) -> Array:
    array = np.asarray(x)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"`{name}` must hold real numbers (got dtype {array.dtype}): convert it to float64")
    return array.astype(np.float64)


def _finite(name: str, x: Any, min_ndim: int = 0) -> Array:
    array = _numbers(name, x)
    if array.ndim < min_ndim:
        raise ValueError(f"`{name}` must be an array of draws (got the number {array}): pass shape (n, ...)")
    bad = ~np.isfinite(array)
    if np.any(bad):
        raise ValueError(
            f"`{name}` must be finite (got {array[bad][0]} at {int(bad.sum())} of {array.size} entries): "
            "find where it leaves the domain"
        )
    return array


def _vector(name: str, x: Any) -> Array:
    array = _finite(name, x, min_ndim=1)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"`{name}` must have shape (n,) (got {array.shape}): test one coordinate at a time")
    return array


def _continuous(name: str, x: Any) -> Array:
    array = _vector(name, x)
    repeats = len(array) - len(np.unique(array))
    if repeats > 0.01 * len(array):
        raise ValueError(
            f"`{name}` must come from a continuous distribution (got {repeats} repeats in {len(array)} "
            "draws): sample in float64, or use a test for discrete data"
        )
    return array


def _rate(name: str, x: float) -> float:
    if not isinstance(x, int | float | np.floating) or not 0 < x < 1:
        raise ValueError(f"`{name}` must lie strictly between 0 and 1 (got {x!r}): it is a probability")
    return float(x)


def _count(name: str, x: int, at_least: int) -> int:
    if isinstance(x, bool) or not isinstance(x, int | np.integer) or x < at_least:
        raise ValueError(f"`{name}` must be an integer, at least {at_least} (got {x!r}): pass a count")
    return int(x)


def _generator(rng: Any) -> None:
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"`rng` must be a numpy.random.Generator (got {rng!r}): pass numpy.random.default_rng(seed)")


def _scalar_or_array(x: Array) -> float | Array:
    array = np.array(x, dtype=np.float64)
    if array.ndim == 0:
        return float(array)
    array.setflags(write=False)
    return array
