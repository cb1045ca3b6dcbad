"""Each estimator against closed forms and enumeration, with power; each velocity against the continuity equation."""

import doctest

import mpmath as mp
import numpy as np
import pytest
import torch

from utils import gradients
from utils.estimate import sharpen
from utils.gradients import (
    Beta,
    Dirichlet,
    Explicit,
    Gamma,
    LogNormal,
    Normal,
    acceptance_rejection,
    generalized,
    implicit,
    pathwise,
    score_function,
)

torch.set_num_threads(1)
SMALLEST = 0.05
"""Every estimator must be able to reject a gradient with one entry off by this share of the largest entry."""


def test_docstrings():
    assert doctest.testmod(gradients).failed == 0


def test_all_is_sorted_and_complete():
    assert gradients.__all__ == sorted(gradients.__all__)


# The truth: closed forms differentiated in 30 digits, and sums over the support


def exact(mean, v):
    """The gradient of a closed form mean(*v), by mpmath."""
    with mp.workdps(30):
        point = [mp.mpf(x) for x in v]
        orders = [[int(i == j) for j in range(len(v))] for i in range(len(v))]
        return np.array([float(mp.diff(mean, tuple(point), tuple(order))) for order in orders])


def sine_of_sum(*v):
    """E sin(z_1 + ... + z_d) under independent normals."""
    loc, scale = v[: len(v) // 2], v[len(v) // 2 :]
    return mp.sin(mp.fsum(loc)) * mp.exp(-mp.fsum(s**2 for s in scale) / 2)


def gamma_mean(shape, rate):
    """E z^2 exp(-z)."""
    return shape * (shape + 1) * rate**shape / (rate + 1) ** (shape + 2)


def gammas_mean(a, b, c, d):
    """E prod_k z_k^2 exp(-z_k)."""
    return gamma_mean(a, c) * gamma_mean(b, d)


def root(shape, rate):
    """E sqrt(z)."""
    return mp.gamma(shape + 0.5) / mp.gamma(shape) / mp.sqrt(rate)


def beta_mean(a, b):
    """E z^1.5."""
    return mp.beta(a + 1.5, b) / mp.beta(a, b)


def dirichlet_mean(*alpha):
    """E z_1^2 z_2^0.5."""
    powers = (2, 0.5) + (0,) * (len(alpha) - 2)
    ratio = mp.fprod(mp.gamma(a + m) / mp.gamma(a) for a, m in zip(alpha, powers, strict=True))
    return ratio * mp.gamma(mp.fsum(alpha)) / mp.gamma(mp.fsum(alpha) + 2.5)


SINE = (lambda z: z.sum(-1).sin(), sine_of_sum)
SINE_OF_LOG = (lambda z: z.log().sum(-1).sin(), sine_of_sum)
DAMPED = (lambda z: (z**2 * (-z).exp()).prod(-1), gamma_mean)
DAMPED_TWO = (DAMPED[0], gammas_mean)
ROOT = (lambda z: z.sqrt().sum(-1), root)
POWER = (lambda z: (z**1.5).sum(-1), beta_mean)
SIMPLEX = (lambda z: z[:, 0] ** 2 * z[:, 1].sqrt(), dirichlet_mean)


def correlated(eps, v):
    """Two correlated normals: L = ((v2, 0), (v3, v4))."""
    return torch.stack([v[:, 0] + v[:, 2] * eps[:, 0], v[:, 1] + v[:, 3] * eps[:, 0] + v[:, 4] * eps[:, 1]], dim=-1)


def correlated_mean(a, b, c, d, e):
    return mp.sin(a + b) * mp.exp(-((c + d) ** 2 + e**2) / 2)


NORMAL, NORMAL_TWO = Normal(0.3, 0.8), Normal([0.9, 0.4], [0.8, 0.5])
LOG_NORMAL = LogNormal([0.9, 0.4], 0.6)
GAMMA, SMALL_GAMMA, GAMMAS = Gamma(1.7, 2.0), Gamma(0.6, 1.5), Gamma([1.2, 3.0], [1.0, 2.0])
BETA, DIRICHLET = Beta(2.3, 1.4), Dirichlet([1.2, 2.0, 0.8])

# name: (estimator, its options, f and its mean in closed form, q)
CASES = {
    "score, normal": (score_function, {}, SINE, NORMAL_TWO),
    "score, log-normal": (score_function, {}, SINE_OF_LOG, LOG_NORMAL),
    "score, gamma": (score_function, {}, DAMPED, GAMMA),
    "score, beta": (score_function, {}, POWER, BETA),
    "score, Dirichlet": (score_function, {}, SIMPLEX, DIRICHLET),
    "score, constant baseline": (score_function, {"baseline": 0.2}, DAMPED, GAMMA),
    "score, leave one out": (score_function, {"baseline": "leave-one-out", "size": 5}, SINE, NORMAL_TWO),
    "score, leave one of two out": (score_function, {"baseline": "leave-one-out", "size": 2}, DAMPED, GAMMA),
    "score, fitted": (score_function, {"baseline": "fitted", "pilot": 200}, SINE, NORMAL_TWO),
    "score, poorly fitted": (score_function, {"baseline": "fitted", "pilot": 5}, DAMPED, GAMMA),
    "pathwise, normal": (pathwise, {}, SINE, NORMAL_TWO),
    "pathwise, log-normal": (pathwise, {}, SINE_OF_LOG, LOG_NORMAL),
    "pathwise, explicit": (
        pathwise,
        {},
        (SINE[0], correlated_mean),
        Explicit(correlated, [0.3, -0.7, 0.8, -0.4, 0.5], dim=2),
    ),
    "generalized, normal": (generalized, {}, SINE, NORMAL),
    "generalized, log-normal": (generalized, {}, SINE_OF_LOG, LOG_NORMAL),
    "generalized, gamma": (generalized, {}, DAMPED, GAMMA),
    "generalized, gammas": (generalized, {}, DAMPED_TWO, GAMMAS),
    "generalized, beta": (generalized, {}, POWER, BETA),
    "generalized, Dirichlet": (generalized, {}, SIMPLEX, DIRICHLET),
    "rejection, B = 0": (acceptance_rejection, {"augmentation": 0}, DAMPED, GAMMA),
    "rejection, B = 1": (acceptance_rejection, {}, DAMPED_TWO, GAMMAS),
    "rejection, small shape": (acceptance_rejection, {"augmentation": 2}, DAMPED, SMALL_GAMMA),
    "rejection, B = 5": (acceptance_rejection, {"augmentation": 5}, ROOT, GAMMA),
    "rejection, beta": (acceptance_rejection, {}, POWER, BETA),
    "rejection, Dirichlet": (acceptance_rejection, {"augmentation": 3}, SIMPLEX, DIRICHLET),
    "implicit, normal": (implicit, {}, SINE, NORMAL_TWO),
    "implicit, log-normal": (implicit, {}, SINE_OF_LOG, LOG_NORMAL),
    "implicit, gamma": (implicit, {}, DAMPED, GAMMA),
    "implicit, small gamma": (implicit, {}, ROOT, SMALL_GAMMA),
    "implicit, beta": (implicit, {}, POWER, BETA),
    "implicit, Dirichlet": (implicit, {}, SIMPLEX, DIRICHLET),
}


def sharp(estimator, f, q, truth, seed=0, **options):
    """An estimate that rejects an error of SMALLEST in any one entry with utils.estimate's power."""
    return sharpen(
        lambda rng, n: estimator.draws(f, q, n, rng, **options),
        np.random.default_rng(seed),
        resolution=SMALLEST * np.abs(truth).max(),
    )


@pytest.mark.parametrize("name", CASES)
def test_unbiased(name):
    estimator, options, (f, mean), q = CASES[name]
    truth = exact(mean, q.v.tolist())
    estimate = sharp(estimator, f, q, truth, **options)
    assert estimate.agrees_with(truth)
    for i in range(len(truth)):  # the smallest mutants
        off = truth.copy()
        off[i] += SMALLEST * np.abs(truth).max()
        assert estimate.differs_from(off)
