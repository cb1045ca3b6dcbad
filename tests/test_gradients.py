"""Each estimator against closed forms and enumeration, with power; each velocity against the continuity equation."""

import doctest
import math
from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
import scipy.stats
import torch
from scipy.integrate import quad
from torch.distributions import Beta as TorchBeta
from torch.distributions import Gamma as TorchGamma
from torch.distributions import MultivariateNormal

from utils import gradients
from utils.estimate import Estimate, dkw_test, sharpen
from utils.gradients import (
    Bernoulli,
    Beta,
    Categorical,
    Dirichlet,
    Estimator,
    Explicit,
    Gamma,
    LogNormal,
    Normal,
    acceptance_rejection,
    enumeration,
    generalized,
    gumbel_softmax,
    implicit,
    pathwise,
    rebar,
    relax,
    score_function,
    variance,
    velocity,
)

torch.set_num_threads(1)
f64 = torch.float64
SMALLEST = 0.05
"""Every estimator must be able to reject a gradient with one entry off by this share of the largest entry."""


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


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


# Discrete: the truth is a sum over the support


def square(z):
    return ((z - 0.45) ** 2).sum(-1)


def product(z):
    """Depends on the bits jointly, or on the class."""
    weights = torch.arange(1, z.shape[-1] + 1, dtype=f64)
    return ((z * weights).sum(-1) + 0.5).sin()


BITS, CLASSES = Bernoulli([0.4, -1.0, 0.2]), Categorical([0.3, -0.5, 1.0, 0.1])
DISCRETE = {
    "score": (score_function, {}),
    "score, leave one out": (score_function, {"baseline": "leave-one-out", "size": 4}),
    "score, fitted": (score_function, {"baseline": "fitted"}),
    "rebar": (rebar, {}),
    "rebar, hot": (rebar, {"temperature": 3.0, "coefficient": 0.6}),
    "relax": (relax, {"surrogate": lambda y: torch.tanh(y).sum(-1) * 0.3}),
}


@pytest.mark.parametrize("q", [BITS, CLASSES], ids=["bits", "classes"])
@pytest.mark.parametrize("name", DISCRETE)
def test_discrete_unbiased(name, q):
    estimator, options = DISCRETE[name]
    truth = enumeration(product, q)
    estimate = sharp(estimator, product, q, truth, **options)
    assert estimate.agrees_with(truth)
    for i in range(len(truth)):
        off = truth.copy()
        off[i] += SMALLEST * np.abs(truth).max()
        assert estimate.differs_from(off)


def test_enumeration():
    theta = 1 / (1 + math.exp(-0.7))
    truth = theta * (1 - theta) * (0.55**2 - 0.45**2)
    np.testing.assert_allclose(enumeration(square, Bernoulli([0.7])), [truth], rtol=1e-14)
    p = np.exp([0.3, -0.5, 1.0])
    p /= p.sum()
    values = np.array([2.0, -1.0, 4.0])
    got = enumeration(lambda z: z @ torch.tensor(values), Categorical([0.3, -0.5, 1.0]))
    np.testing.assert_allclose(got, p * (values - p @ values), rtol=1e-13)


@pytest.mark.parametrize("temperature", [0.2, 1.0])
def test_gumbel_softmax_is_pathwise_for_its_relaxation_and_biased_for_the_bits(temperature):
    """Its own expectation, by quadrature over the logistic noise, and not the bits' own."""
    q = Bernoulli([1.0])

    def integrand(u, shift):
        y = (1.0 + shift + math.log(u / (1 - u))) / temperature
        return (1 / (1 + math.exp(-y)) - 0.45) ** 2 if y > -700 else 0.45**2

    h = 1e-4
    high, low = (quad(integrand, 0, 1, args=(shift,), epsabs=1e-13, epsrel=1e-13, limit=200)[0] for shift in (h, -h))
    relaxed, truth = (high - low) / (2 * h), enumeration(square, q)[0]
    estimate = sharp(gumbel_softmax, square, q, np.array([relaxed]), temperature=temperature)
    assert estimate.agrees_with(relaxed)
    assert estimate.resolves(relaxed - truth) and estimate.differs_from(truth)


def test_rebar_varies_less_than_the_score():
    ours, plain = (variance(e.draws(square, BITS, 20_000, seeded())) for e in (rebar, score_function))
    assert np.all(ours.interval(0.999)[1] < plain.interval(0.999)[0])


@pytest.mark.parametrize("q", [BITS, CLASSES], ids=["bits", "classes"])
def test_the_relaxation_given_a_draw(q):
    """It stands for that draw, and over all draws it follows the relaxation's own law."""
    n, g = 20_000, seeded(1)
    z = q.sample(n, g)
    y = q.relaxed_given(z, torch.rand(n, q.dim, dtype=f64, generator=g), q.v)
    assert torch.equal(q.harden(y), z)
    law = scipy.stats.logistic if isinstance(q, Bernoulli) else scipy.stats.gumbel_r
    location = q.v if isinstance(q, Bernoulli) else torch.log_softmax(q.v, -1)
    for k in range(q.dim):
        assert dkw_test(y[:, k].numpy(), lambda x, k=k: law.cdf(x, location[k].item()))


# Samplers and densities


@pytest.mark.parametrize("shape", [0.3, 1.0, 4.0])
def test_gamma_draws(shape):
    z = Gamma(shape, 2.0).sample(20_000, seeded())[:, 0].numpy()
    assert dkw_test(z, lambda x: scipy.stats.gamma.cdf(x, shape, scale=0.5))
    assert not dkw_test(z, lambda x: scipy.stats.gamma.cdf(x, shape * 1.1, scale=0.5))


def test_other_draws():
    assert dkw_test(BETA.sample(20_000, seeded())[:, 0].numpy(), lambda x: scipy.stats.beta.cdf(x, 2.3, 1.4))
    z = DIRICHLET.sample(20_000, seeded())
    torch.testing.assert_close(z.sum(-1), torch.ones(len(z), dtype=f64))
    for k, a in enumerate(DIRICHLET.v.tolist()):
        assert dkw_test(z[:, k].numpy(), lambda x, a=a: scipy.stats.beta.cdf(x, a, 4.0 - a))
    z = LOG_NORMAL.sample(20_000, seeded())[:, 1].numpy()
    assert dkw_test(z, lambda x: scipy.stats.lognorm.cdf(x, 0.6, scale=math.exp(0.4)))


def test_densities():
    """Against scipy.stats, at draws."""
    for q, law in (
        (NORMAL, scipy.stats.norm(0.3, 0.8)),
        (LogNormal(0.3, 0.6), scipy.stats.lognorm(0.6, scale=math.exp(0.3))),
        (GAMMA, scipy.stats.gamma(1.7, scale=0.5)),
        (BETA, scipy.stats.beta(2.3, 1.4)),
    ):
        z = q.sample(50, seeded())
        np.testing.assert_allclose(q.log_prob(z, q.v), law.logpdf(z[:, 0].numpy()), rtol=1e-12, atol=1e-12)
    z = DIRICHLET.sample(20, seeded())
    expected = [scipy.stats.dirichlet.logpdf(row, DIRICHLET.v.numpy()) for row in z.numpy()]
    np.testing.assert_allclose(DIRICHLET.log_prob(z, DIRICHLET.v), expected, rtol=1e-12)


@pytest.mark.parametrize("shape", [1.0, 1.7, 20.0])
def test_the_accepted_normals_have_the_density_that_the_correction_differentiates(shape):
    """It integrates to one and stays below a multiple of the standard normal's, 1 / (acceptance rate)."""
    q = Gamma(shape, 1.0)
    start = -math.sqrt(9 * shape - 3)  # where h reaches 0
    nothing = torch.empty(0, 1, 1, dtype=f64)

    def density(eps):
        return float(q.rejection((torch.tensor([[eps]], dtype=f64), nothing), q.v[None])[1].exp())

    assert quad(density, start, 12, epsabs=1e-12)[0] == pytest.approx(1, abs=1e-9)
    eps = np.linspace(start + 1e-3, 5, 400)
    ratio = np.array([density(e) for e in eps]) / scipy.stats.norm.pdf(eps)
    draws = q.noise(20_000, seeded(), 0)[0][:, 0].numpy()
    assert dkw_test(draws, lambda x: scipy.stats.gamma.cdf((shape - 1 / 3) * (1 + x / -start) ** 3, shape))
    assert 1 < ratio.max() < 1.06


# Velocities


def by_mpmath(cdf, density, v):
    """-(dF/dv) / q, with 60 digits."""
    with mp.workdps(60):
        v = [mp.mpf(x) for x in v]
        orders = [tuple(int(i == j) for j in range(len(v))) for i in range(len(v))]
        return [float(-mp.diff(cdf, tuple(v), order) / density(*v)) for order in orders]


@pytest.mark.parametrize("shape", [0.01, 0.3, 1.7, 40.0, 1e3])
def test_implicit_gamma(shape):
    q = Gamma(shape, 2.0)
    z = torch.tensor(scipy.stats.gamma.ppf([0.02, 0.3, 0.5, 0.8, 0.999], shape, scale=0.5), dtype=f64)
    z = z[z > 1e-200]
    for point, got in zip(z.tolist(), velocity(q, z[:, None])[:, 0], strict=True):
        expected = by_mpmath(
            lambda a, b, x=point: mp.gammainc(a, 0, b * x, regularized=True),
            lambda a, b, x=point: mp.exp(a * mp.log(b) + (a - 1) * mp.log(x) - b * x - mp.loggamma(a)),
            [shape, 2.0],
        )
        np.testing.assert_allclose(got, expected, rtol=1e-8)


@pytest.mark.parametrize(("a", "b"), [(0.05, 0.3), (2.3, 1.4), (1.0, 1.0), (3.0, 40.0), (80.0, 100.0)])
def test_implicit_beta(a, b):
    z = torch.tensor(scipy.stats.beta.ppf([0.05, 0.3, 0.5, 0.8, 0.99], a, b), dtype=f64)
    z = z[(z > 1e-200) & (z < 1 - 1e-6)]
    assert len(z) >= 3
    for point, got in zip(z.tolist(), velocity(Beta(a, b), z[:, None])[:, 0], strict=True):
        expected = by_mpmath(
            lambda a, b, x=point: mp.betainc(a, b, 0, x, regularized=True),
            lambda a, b, x=point: mp.exp((a - 1) * mp.log(x) + (b - 1) * mp.log(1 - mp.mpf(x))) / mp.beta(a, b),
            [a, b],
        )
        np.testing.assert_allclose(got, expected, rtol=1e-8)


def test_torch_agrees_as_far_as_it_goes():
    """torch.distributions differentiates draws as well, to about three digits."""
    for law, v, q in ((TorchGamma, (1.7, 2.0), GAMMA), (TorchBeta, (2.3, 1.4), BETA)):
        leaves = [torch.full((200,), x, dtype=f64, requires_grad=True) for x in v]
        with torch.random.fork_rng():
            torch.manual_seed(0)
            z = law(*leaves).rsample()
        theirs = torch.stack(torch.autograd.grad(z.sum(), leaves), dim=-1)
        torch.testing.assert_close(velocity(q, z.detach()[:, None])[:, 0], theirs, rtol=1e-3, atol=1e-4)


def whole(x):
    return x


def simplex(x):
    """The free coordinates of a point of the simplex, (n, K - 1), made whole."""
    return torch.cat([x, 1 - x.sum(-1, keepdim=True)], dim=-1)


def residual(log_prob, v, field, x):
    """d log q / dv + grad log q . w + div w at the points x (n, d), shape (n, p), for the field w(x) (n, d, p)."""
    rows, x = v.expand(len(x), -1).clone().requires_grad_(), x.clone().requires_grad_()
    by_v, by_x = torch.autograd.grad(log_prob(x, rows).sum(), (rows, x))
    x = x.detach()
    divergence = torch.zeros_like(by_v)
    for i in range(x.shape[1]):
        step = torch.zeros_like(x)
        step[:, i] = 1e-3 * torch.minimum(x[:, i].abs(), torch.ones(len(x), dtype=f64))
        near, far = ((field(x + k * step) - field(x - k * step))[:, i] / (2 * k * step[:, i : i + 1]) for k in (1, 2))
        divergence += (4 * near - far) / 3  # Richardson: the error is of fourth order in the step
    return by_v + (by_x[..., None] * field(x)).sum(1) + divergence


def noise_score(q, z):
    """grad_v log q_eps(eps; v) at the eps of z: what keeps g_corr alive."""
    rows = q.v.expand(len(z), -1).clone().requires_grad_()
    moved, log_det = q.unstandardize(q.standardize(z), rows)
    return torch.autograd.grad((q.log_prob(moved, rows) + log_det).sum(), rows)[0]


FIELDS = {
    "implicit, normal": (NORMAL_TWO, "implicit", whole),
    "implicit, log-normal": (LOG_NORMAL, "implicit", whole),
    "implicit, gamma": (GAMMAS, "implicit", whole),
    "implicit, small gamma": (SMALL_GAMMA, "implicit", whole),
    "implicit, beta": (BETA, "implicit", whole),
    "generalized, normal": (NORMAL_TWO, "generalized", whole),
    "generalized, log-normal": (LOG_NORMAL, "generalized", whole),
    "generalized, gamma": (GAMMAS, "generalized", whole),
    "generalized, beta": (BETA, "generalized", whole),
    "generalized, Dirichlet": (DIRICHLET, "generalized", simplex),
}


def field_and_residual(name, spoil=lambda w: w):
    q, by, embed = FIELDS[name]
    z = q.sample(20, seeded(5))
    z = z[(z > 0.05).all(-1)] if embed is simplex else z  # the steps stay inside
    d = q.dim - (embed is simplex)
    got = residual(
        lambda x, v: q.log_prob(embed(x), v), q.v, lambda x: spoil(velocity(q, embed(x), by)[:, :d]), z[:, :d]
    )
    expected = noise_score(q, z) if by == "generalized" else torch.zeros_like(got)
    return got, expected


@pytest.mark.parametrize("name", FIELDS)
def test_continuity(name):
    """d log q / dv + grad log q . w + div w is 0 where the noise is free of v, and the noise's own score elsewhere."""
    got, expected = field_and_residual(name)
    torch.testing.assert_close(got, expected, rtol=1e-7, atol=1e-7)
    free = "normal" in name or name.startswith("implicit")
    assert (expected.abs().max() < 1e-12) == free


@pytest.mark.parametrize("name", FIELDS)
def test_continuity_rejects_faults(name):
    for spoil in (lambda w: 1.001 * w, lambda w: -w, lambda w: w.flip(-1)):
        got, expected = field_and_residual(name, spoil)
        assert not torch.allclose(got, expected, rtol=1e-7, atol=1e-7)


def test_continuity_of_a_correlated_normal():
    """The explicit map T = m + L eps, whose velocity is read off at eps = L^-1 (x - m)."""
    v = torch.tensor([0.3, -0.7, 0.8, -0.4, 0.5], dtype=f64)

    def factor(v):
        zero = torch.zeros_like(v[:, 2])
        return torch.stack([torch.stack([v[:, 2], zero], -1), v[:, 3:]], -2)

    def field(x):
        rows = v.expand(len(x), -1).clone().requires_grad_()
        eps = torch.linalg.solve(factor(rows), (x - rows[:, :2])[..., None])[..., 0].detach()
        moved = correlated(eps, rows)
        return torch.stack([torch.autograd.grad(moved[:, i].sum(), rows, retain_graph=True)[0] for i in (0, 1)], 1)

    def log_prob(x, v):
        return MultivariateNormal(v[:, :2], scale_tril=factor(v)).log_prob(x)

    x = torch.randn(20, 2, dtype=f64, generator=seeded())
    torch.testing.assert_close(residual(log_prob, v, field, x), torch.zeros(20, 5, dtype=f64), rtol=0, atol=1e-7)


# Exact relations between estimators


def test_generalized_is_pathwise_for_the_normal():
    f = SINE[0]
    for q in (NORMAL_TWO, LOG_NORMAL):
        total, rep, corr = (generalized.draws(f, q, 1000, seeded(), part=part) for part in ("sum", "rep", "corr"))
        assert np.abs(corr).max() < 1e-12
        np.testing.assert_allclose(total, rep + corr, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(rep, pathwise.draws(f, q, 1000, seeded()), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(rep, implicit.draws(f, q, 1000, seeded()), rtol=1e-9, atol=1e-12)


def test_the_correction_of_log_z_has_mean_zero():
    """log z is affine in eps, and eps has mean zero at any v; the rate's correction is zero at every draw."""
    corr = generalized.draws(lambda z: z.log().sum(-1), Gamma(3.0, 2.0), 1_000_000, seeded(), part="corr")
    assert Estimate.from_samples(corr[:, 0]).agrees_with(0)
    assert np.abs(corr[:, 1]).max() < 1e-12


def test_the_rate_needs_no_correction():
    corr = acceptance_rejection.draws(DAMPED[0], GAMMA, 100, seeded(), part="corr")
    assert np.all(corr[:, 1] == 0)


def test_closed_form_variances():
    """cos(4 z) under N(0.3, 1), where the score varies less: 0.500 and 8.00."""

    def moment(g, power):
        return quad(lambda z: g(z) ** power * scipy.stats.norm.pdf(z, 0.3), -12, 12, limit=500, epsabs=1e-12)[0]

    q = Explicit(lambda eps, v: v + eps, [0.3], dim=1)
    draws = {
        "path": (pathwise.draws(lambda z: (4 * z).cos().sum(-1), q, 40_000, seeded()), lambda z: -4 * math.sin(4 * z)),
        "score": (
            score_function.draws(lambda z: (4 * z).cos().sum(-1), Normal(0.3, 1.0), 40_000, seeded())[:, :1],
            lambda z: math.cos(4 * z) * (z - 0.3),
        ),
    }
    for rows, g in draws.values():
        truth = moment(g, 2) - moment(g, 1) ** 2
        estimate = variance(rows)
        assert estimate.agrees_with(truth) and estimate.resolves(0.1 * truth)


def test_baselines_reduce_the_variance():
    def f(z):
        return 3 + product(z)

    plain = variance(score_function.draws(f, BITS, 20_000, seeded()))
    for options in ({"baseline": 3.0}, {"baseline": "fitted"}, {"baseline": "leave-one-out", "size": 2}):
        better = variance(score_function.draws(f, BITS, 20_000, seeded(), **options))
        assert np.all(better.interval(0.999)[1] < plain.interval(0.999)[0])


def test_a_constant_is_all_baseline():
    """Leaving one out removes a constant f at every draw, whatever the size of the group."""
    for size in (2, 5):
        options = {"baseline": "leave-one-out", "size": size}
        assert np.abs(score_function.draws(lambda z: z[:, 0] * 0 + 3, GAMMA, 100, seeded(), **options)).max() < 1e-12


@pytest.mark.parametrize("q", [GAMMA, BETA, DIRICHLET, LOG_NORMAL, NORMAL], ids=lambda q: type(q).__name__)
def test_the_noise_is_standard(q):
    """Mean zero and covariance one: the whole of what G-REP asks of it."""
    eps = q.standardize(q.sample(100_000, seeded()))
    products = (eps[:, :, None] * eps[:, None, :]).flatten(1)
    moments = Estimate.from_samples(torch.cat([eps, products], dim=-1).numpy())
    d = eps.shape[1]
    assert moments.agrees_with(np.concatenate([np.zeros(d), np.eye(d).ravel()]))
    assert moments.resolves(0.2)


def test_rao_blackwellization():
    """Each parameter keeps the terms of its own coordinate: as unbiased, and quieter."""
    truth = exact(lambda a, b, c, d: sine_of_sum(a, c) + 5 * sine_of_sum(b, d), NORMAL_TWO.v.tolist())

    def columns(z):
        one, two = z[:, 0].sin(), 5 * z[:, 1].sin()
        return torch.stack([one, two, one, two], dim=-1)

    whole_sum = score_function.draws(lambda z: columns(z)[:, :2].sum(-1), NORMAL_TWO, 20_000, seeded())
    for options in ({}, {"baseline": "fitted"}, {"baseline": "leave-one-out", "size": 3}):
        rows = score_function.draws(columns, NORMAL_TWO, 200_000, seeded(), **options)
        assert Estimate.from_samples(rows).agrees_with(truth)
        assert np.all(rows.var(0)[[0, 2]] < 0.2 * whole_sum.var(0)[[0, 2]])


def test_naesseths_dirichlet():
    """A hundred counts of one under a uniform prior, at the optimum: each estimator quieter than the one before."""
    q = Dirichlet(np.full(100, 2.0))
    truth = float(mp.polygamma(1, 2) - 100 * mp.polygamma(1, 200))
    gammas, normalise = q.gammas()

    def f(z):
        return z.log().sum(-1)

    rows = {
        "score": score_function.draws(f, q, 3000, seeded()),
        "generalized": generalized.draws(lambda y: f(normalise(y)), gammas, 3000, seeded())[:, :100],
        **{b: acceptance_rejection.draws(f, q, 3000, seeded(), augmentation=b) for b in (0, 1, 3, 10)},
        "implicit": implicit.draws(f, q, 3000, seeded()),
    }
    variances = [d.var(0).mean() for d in rows.values()]
    assert all(more > 1.3 * less for more, less in pairwise(variances))
    for name in (10, "implicit"):
        estimate = Estimate.from_samples(rows[name].mean(1))
        assert estimate.agrees_with(truth) and estimate.resolves(truth / 4)


def test_noise_of_another_kind():
    """An exponential variable from a uniform one: E z^0.5 = Gamma(1.5) v^-0.5."""
    uniform = lambda n, generator: torch.rand(n, 1, dtype=f64, generator=generator)  # noqa: E731
    q = Explicit(lambda u, v: -torch.log1p(-u) / v, [2.0], 1, noise=uniform)
    truth = exact(lambda v: mp.gamma(1.5) / mp.sqrt(v), [2.0])
    estimate = sharp(pathwise, lambda z: z.sqrt().sum(-1), q, truth)
    assert estimate.agrees_with(truth)


def test_augmentation_lowers_the_correction():
    spread = [
        acceptance_rejection.draws(DAMPED[0], GAMMA, 20_000, seeded(), augmentation=b, part="corr")[:, 0].std()
        for b in (0, 1, 4, 16)
    ]
    assert spread == sorted(spread, reverse=True)


def test_draws_repeat_and_take_either_generator():
    one, two = (implicit.draws(DAMPED[0], GAMMA, 5, seeded(3)) for _ in range(2))
    assert np.array_equal(one, two) and one.shape == (5, 2) and one.dtype == np.float64
    one, two = (implicit.draws(DAMPED[0], GAMMA, 5, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one, two)
    rng = np.random.default_rng(3)
    assert not np.array_equal(*(implicit.draws(DAMPED[0], GAMMA, 5, rng) for _ in range(2)))


def test_an_estimate_is_that_of_its_draws():
    draws = pathwise.draws(SINE[0], NORMAL, 10_000, seeded())
    estimate = pathwise(SINE[0], NORMAL, 10_000, seeded())
    assert np.array_equal(estimate.value, draws.mean(0)) and estimate.n == 10_000
    assert isinstance(pathwise, Estimator)


# Planted faults: an estimator with the fault in is rejected where the sound one passes


class WrongExponent(Gamma):
    """u_i^(1 / (shape + i)) in place of u_i^(1 / (shape + i - 1))."""

    def rejection(self, noise, v):
        eps, uniforms = noise
        shape = self.halves(v)[0]
        return super().rejection((eps, [u ** ((shape + i) / (shape + i + 1)) for i, u in enumerate(uniforms)]), v)


class NoSlope(Gamma):
    """q(h) without |dh/deps|."""

    def rejection(self, noise, v):
        z, log_density = super().rejection(noise, v)
        a = self.halves(v)[0] + len(noise[1])
        log_slope = (a - 1 / 3).log() - (9 * a - 3).log() / 2 + 2 * (1 + noise[0] / (9 * a - 3).sqrt()).log()
        return z, log_density - log_slope.sum(-1)


class NoRejection(Gamma):
    """Every proposal is accepted."""

    def noise(self, n, generator, augmentation):
        eps, uniforms = super().noise(n, generator, augmentation)
        fresh = torch.randn(eps.shape, dtype=f64, generator=generator)
        return torch.where(fresh > -2.9, fresh, eps), uniforms


class NoDeterminant(Gamma):
    """q_eps without |det dT/deps|."""

    def unstandardize(self, eps, v):
        z, log_det = super().unstandardize(eps, v)
        return z, 0 * log_det


class NoRate(Gamma):
    """The velocity of the shape, at z in place of rate z."""

    def pull(self, slope, z):
        unit = Gamma(self.v[: self.dim], 1.0).pull(slope, z)
        return torch.cat([unit[:, : self.dim], super().pull(slope, z)[:, self.dim :]], dim=-1)


class Flipped(Bernoulli):
    """The second relaxation, given the other bits."""

    def relaxed_given(self, z, uniforms, v):
        return super().relaxed_given(1 - z, uniforms, v)


class Unconditional(Bernoulli):
    """The second relaxation, drawn without regard to the bits: no bias, and no gain either."""

    def relaxed_given(self, z, uniforms, v):
        return self.relaxed(uniforms, v)


class Frozen(Bernoulli):
    """The second relaxation, without its gradient's dependence on how the uniforms were conditioned."""

    def relaxed_given(self, z, uniforms, v):
        return v + (super().relaxed_given(z, uniforms, v) - v).detach()


def groups(f, q, n, rng, size, coefficient):
    """n gradients of `size` draws each, less `coefficient(values, scores)` times the score, of the same draws."""
    z = q.sample(n * size, seeded(int(rng.integers(2**32))))
    v = q.v.expand(len(z), -1).clone().requires_grad_()
    (scores,) = torch.autograd.grad(q.log_prob(z, v).sum(), v)
    values, scores = f(z).reshape(n, size, 1), scores.reshape(n, size, -1)
    return ((values - coefficient(values, scores)) * scores).mean(1).numpy()


def own_mean(values, scores):
    return values.mean(1, keepdim=True)


def own_fit(values, scores):
    return (values * scores**2).mean(1, keepdim=True) / (scores**2).mean(1, keepdim=True)


def dropped_gradient(f, q, n, rng):
    """f log q in place of f grad log q: the note's."""
    z = q.sample(n, seeded(int(rng.integers(2**32))))
    return (f(z) * q.log_prob(z, q.v))[:, None].expand(-1, len(q.v)).numpy()


def step(z):
    return (z.sin() + (z > 0)).sum(-1)


STEP = (step, lambda loc, scale: sine_of_sum(loc, scale) + mp.ncdf(loc / scale))


def test_the_score_sees_a_jump():
    truth = exact(STEP[1], NORMAL.v.tolist())
    assert sharp(score_function, step, NORMAL, truth).agrees_with(truth)


UNSOUND = {
    "pathwise across a jump": (NORMAL, STEP, pathwise.draws),
    "implicit across a jump": (NORMAL, STEP, implicit.draws),
    "dropped gradient of log": (NORMAL, SINE, dropped_gradient),
    "own mean as baseline": (NORMAL, SINE, lambda f, q, n, rng: groups(f, q, n, rng, 5, own_mean)),
    "coefficient from the same draws": (NORMAL, SINE, lambda f, q, n, rng: groups(f, q, n, rng, 5, own_fit)),
    "g_corr missing": (GAMMA, DAMPED, lambda f, q, n, rng: generalized.draws(f, q, n, rng, part="rep")),
    "g_rep missing": (GAMMA, DAMPED, lambda f, q, n, rng: generalized.draws(f, q, n, rng, part="corr")),
    "determinant missing": (NoDeterminant(1.7, 2.0), DAMPED, generalized.draws),
    "g_corr missing, beta": (BETA, POWER, lambda f, q, n, rng: generalized.draws(f, q, n, rng, part="rep")),
    "g_corr missing, Dirichlet": (
        DIRICHLET,
        SIMPLEX,
        lambda f, q, n, rng: generalized.draws(f, q, n, rng, part="rep"),
    ),
    "correction for acceptance missing": (
        SMALL_GAMMA,
        DAMPED,
        lambda f, q, n, rng: acceptance_rejection.draws(f, q, n, rng, part="rep"),
    ),
    "exponent of the augmentation": (WrongExponent(1.7, 2.0), DAMPED, acceptance_rejection.draws),
    "dh/deps missing": (NoSlope(1.7, 2.0), DAMPED, acceptance_rejection.draws),
    "proposals not rejected": (
        NoRejection(1.7, 2.0),
        DAMPED,
        lambda f, q, n, rng: acceptance_rejection.draws(f, q, n, rng, augmentation=0),
    ),
    "velocity at z, not rate z": (NoRate(1.7, 2.0), DAMPED, implicit.draws),
}


@pytest.mark.parametrize("name", UNSOUND)
def test_a_planted_fault_is_rejected(name):
    q, (f, mean), draws = UNSOUND[name]
    truth = exact(mean, q.v.tolist())
    assert Estimate.from_samples(draws(f, q, 400_000, np.random.default_rng(0))).differs_from(truth)


def test_the_helper_of_the_baseline_faults_is_sound_without_them():
    truth = exact(SINE[1], NORMAL.v.tolist())
    rows = groups(SINE[0], NORMAL, 100_000, np.random.default_rng(0), 5, lambda values, scores: 0.1)
    assert Estimate.from_samples(rows).agrees_with(truth)


@pytest.mark.parametrize("fault", [Flipped, Frozen])
@pytest.mark.parametrize("estimator", [rebar, relax])
def test_a_faulty_relaxation_is_rejected(fault, estimator):
    options = {"surrogate": lambda y: 2 * torch.tanh(y).sum(-1)} if estimator is relax else {"coefficient": 2.0}
    truth = enumeration(product, BITS)
    assert estimator(product, BITS, 200_000, seeded(), **options).agrees_with(truth)
    assert estimator(product, fault(BITS.v), 200_000, seeded(), **options).differs_from(truth)


def test_an_unconditional_relaxation_is_no_fault():
    """The second relaxation has mean zero against the score in any case; given the bits, it is of use as well."""
    truth, free = enumeration(square, BITS), Unconditional(BITS.v)
    assert rebar(square, free, 100_000, seeded()).agrees_with(truth)
    with_bits, without = (variance(rebar.draws(square, q, 20_000, seeded())) for q in (BITS, free))
    assert np.all(with_bits.interval(0.999)[1] < without.interval(0.999)[0])


# Bad input


def two(z):
    return (z**2).sum(-1)


NETWORK = torch.nn.Linear(1, 1, dtype=f64)

BAD = {
    "scale": (lambda: Normal(0.0, [1.0, -2.0]), r"`scale` must be positive \(got -2\): take exp or softplus"),
    "zero shape": (lambda: Gamma(0.0, 1.0), r"`shape` must be positive \(got 0\)"),
    "rate": (lambda: Gamma(1.0, -1.0), r"`rate` must be positive \(got -1\)"),
    "beta": (lambda: Beta(1.0, 0.0), r"`b` must be positive"),
    "concentration": (lambda: Dirichlet([1.0, -1.0]), r"`concentration` must be positive"),
    "one corner": (lambda: Dirichlet([1.0]), r"`concentration` must have at least 2 entries \(got 1\)"),
    "one class": (lambda: Categorical([1.0]), r"`logits` must have at least 2 entries \(got 1\)"),
    "broadcast": (
        lambda: Gamma([1.0, 2.0], [1.0, 2.0, 3.0]),
        r"`shape` and `rate` must broadcast \(got \(2,\) and \(3,\)\): give one entry for each",
    ),
    "matrix": (lambda: Normal([[0.0]], 1.0), r"`loc` must be a number or a vector \(got shape \(1, 1\)\)"),
    "NaN parameter": (lambda: Gamma(math.nan, 1.0), r"`shape` must be finite \(got \[nan\]\)"),
    "discrete, pathwise": (
        lambda: pathwise(two, BITS, 10, seeded()),
        r"`q` must be continuous for `pathwise` \(got Bernoulli, a discrete distribution\): use `enumeration`, "
        r"`score_function` or `rebar`",
    ),
    "discrete, generalized": (lambda: generalized(two, CLASSES, 10, seeded()), r"continuous for `generalized`"),
    "discrete, rejection": (lambda: acceptance_rejection(two, BITS, 10, seeded()), r"for `acceptance_rejection`"),
    "discrete, implicit": (lambda: implicit(two, BITS, 10, seeded()), r"`q` must be continuous for `implicit`"),
    "discrete, velocity": (lambda: velocity(BITS, BITS.states()), r"`q` must be continuous for `velocity`"),
    "gamma, pathwise": (
        lambda: pathwise(two, GAMMA, 10, seeded()),
        r"noise is free of v for `pathwise` \(got Gamma\): use `implicit`, `acceptance_rejection` or `generalized`",
    ),
    "normal, rejection": (
        lambda: acceptance_rejection(two, NORMAL, 10, seeded()),
        r"`q` must be made of gamma variables for `acceptance_rejection` \(got Normal\): use `pathwise`",
    ),
    "explicit, score": (
        lambda: score_function(two, Explicit(correlated, [1.0] * 5, 2), 10, seeded()),
        r"`q` must have a density for `score_function` \(got Explicit\): use `pathwise`",
    ),
    "explicit, generalized": (
        lambda: generalized(two, Explicit(correlated, [1.0] * 5, 2), 10, seeded()),
        r"`q` must have a standardization for `generalized` \(got Explicit\): use `pathwise`",
    ),
    "continuous, enumeration": (
        lambda: enumeration(two, GAMMA),
        r"`q` must be discrete for `enumeration` \(got Gamma, a continuous distribution\): use `pathwise`, `implicit`",
    ),
    "continuous, gumbel": (lambda: gumbel_softmax(two, NORMAL, 10, seeded()), r"discrete for `gumbel_softmax`"),
    "continuous, rebar": (lambda: rebar(two, NORMAL, 10, seeded()), r"`q` must be discrete for `rebar`"),
    "continuous, relax": (lambda: relax(two, NORMAL, 10, seeded(), surrogate=two), r"must be discrete for `relax`"),
    "many states": (lambda: enumeration(two, Bernoulli([0.0] * 13)), r"at most 4096 states \(got 2\^13\)"),
    "indicator": (
        lambda: pathwise(lambda z: (z > 0).double().sum(-1), NORMAL, 10, seeded()),
        r"`f` must be differentiable for `pathwise` \(got values without gradient\): drop .detach\(\) and "
        r"comparisons, or use `score_function`",
    ),
    "detached": (lambda: implicit(lambda z: two(z.detach()), GAMMA, 10, seeded()), r"differentiable for `implicit`"),
    "detached network": (
        lambda: implicit(lambda z: NETWORK(z.detach())[:, 0], GAMMA, 10, seeded()),
        r"`f` must depend on its draws through operations with a gradient .*use `score_function`",
    ),
    "detached, rejection": (
        lambda: acceptance_rejection(lambda z: two(z.detach()), GAMMA, 10, seeded()),
        r"`f` must be differentiable for `acceptance_rejection`",
    ),
    "detached, generalized": (
        lambda: generalized(lambda z: two(z.detach()), GAMMA, 10, seeded()),
        r"`f` must be differentiable for `generalized`",
    ),
    "detached, gumbel": (
        lambda: gumbel_softmax(lambda z: two(z.detach()), BITS, 10, seeded()),
        r"`f` must be differentiable for `gumbel_softmax`",
    ),
    "detached, rebar": (
        lambda: rebar(lambda z: two(z.detach()), BITS, 10, seeded()),
        r"`f` must be differentiable for `rebar`",
    ),
    "detached surrogate": (
        lambda: relax(two, BITS, 10, seeded(), surrogate=lambda y: two(y.detach())),
        r"`surrogate` must be differentiable for `relax`",
    ),
    "detached map": (
        lambda: pathwise(two, Explicit(lambda eps, v: eps + v.detach(), [0.0], 1), 10, seeded()),
        r"`transform` must be differentiable in v \(got a detached draw\)",
    ),
    "shape of the map": (
        lambda: pathwise(two, Explicit(lambda eps, v: (eps + v).T, [0.0], 1), 10, seeded()),
        r"`transform` must return shape \(10, 1\) \(got \(1, 10\)\)",
    ),
    "column": (
        lambda: score_function(lambda z: z**2, NORMAL, 10, seeded()),
        r"`f` must return a tensor of shape \(10,\) for draws of shape \(10, 1\) \(got \(10, 1\)\)",
    ),
    "mean": (lambda: pathwise(lambda z: z.mean(), NORMAL, 10, seeded()), r"`f` must return a tensor .*\(got \(\)\)"),
    "number": (lambda: score_function(lambda z: 1.0, NORMAL, 10, seeded()), r"`f` must return .*\(got float\)"),
    "NaN": (
        lambda: score_function(lambda z: z.log().sum(-1), NORMAL, 1000, seeded()),
        r"`f` must be finite \(got NaN or infinity at \d+ of 1000 draws\): keep f inside its domain",
    ),
    "NaN gradient": (
        lambda: implicit(lambda z: (0 * z).sqrt().sum(-1), GAMMA, 10, seeded()),
        r"the gradient must be finite \(got NaN or infinity at 10 of 10 draws\)",
    ),
    "no draws": (lambda: pathwise(two, NORMAL, 0, seeded()), r"`n` must be a positive integer \(got 0\)"),
    "baseline": (
        lambda: score_function(two, NORMAL, 10, seeded(), baseline="best"),
        r"`baseline` must be a number, 'leave-one-out' or 'fitted' \(got 'best'\)",
    ),
    "alone": (
        lambda: score_function(two, NORMAL, 10, seeded(), baseline="leave-one-out", size=1),
        r"`size` must be at least 2 \(got 1\)",
    ),
    "pilot": (
        lambda: score_function(two, NORMAL, 10, seeded(), baseline="fitted", pilot=1),
        r"`pilot` must be at least 2 \(got 1\)",
    ),
    "part": (lambda: generalized(two, GAMMA, 10, seeded(), part="both"), r"`part` must be 'sum', 'rep' or 'corr'"),
    "by": (lambda: velocity(GAMMA, torch.ones(1, 1, dtype=f64), "path"), r"`by` must be 'implicit' or 'generalized'"),
    "velocity of a Dirichlet": (
        lambda: velocity(DIRICHLET, torch.full((1, 3), 1 / 3, dtype=f64)),
        r"independent coordinates for an implicit velocity \(got Dirichlet\): look at its `gammas\(\)`",
    ),
    "float32 point": (
        lambda: velocity(GAMMA, torch.ones(1, 1, dtype=torch.float32)),
        r"`z` must be a float64 tensor of shape \(n, 1\) \(got torch.float32, \(1, 1\)\): one row a point",
    ),
    "flat points": (
        lambda: velocity(GAMMA, torch.ones(3, dtype=f64)),
        r"of shape \(n, 1\) \(got torch.float64, \(3,\)\)",
    ),
    "point outside": (
        lambda: velocity(GAMMA, torch.full((2, 1), -1.0, dtype=f64)),
        r"`z` must lie inside the support of q",
    ),
    "point at the end": (lambda: velocity(BETA, torch.ones(1, 1, dtype=f64)), r"`z` must lie inside the support of q"),
    "augmentation": (
        lambda: acceptance_rejection(two, GAMMA, 10, seeded(), augmentation=-1),
        r"`augmentation` must be an integer, at least 0 \(got -1\)",
    ),
    "too little augmentation": (
        lambda: acceptance_rejection(two, SMALL_GAMMA, 10, seeded(), augmentation=0),
        r"`augmentation` must raise every shape to at least 1 \(got 0 for shape 0.6\)",
    ),
    "temperature": (
        lambda: gumbel_softmax(two, BITS, 10, seeded(), temperature=0.0),
        r"`temperature` must be positive \(got 0.0\)",
    ),
    "underflow": (lambda: implicit(two, Gamma(1e-3, 1.0), 100, seeded()), r"large enough for draws above 1e-308"),
    "overflow": (lambda: Beta(1.0, 1e-3).sample(100, seeded()), r"`b` must be large enough|`shape` of every gamma"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    call, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        call()


def test_wrong_types_are_named():
    with pytest.raises(
        TypeError, match=r"`generator` must be a torch\.Generator or a numpy\.random\.Generator \(got 0\)"
    ):
        pathwise(two, NORMAL, 10, 0)
    with pytest.raises(TypeError, match=r"`q` must be a distribution of utils\.gradients .*wrap a map in `Explicit`"):
        pathwise(two, TorchGamma(1.0, 1.0), 10, seeded())
