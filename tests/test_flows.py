"""One battery over all maps at random parameters, far from the identity; each of its checks rejects a planted fault."""

import doctest
import math
import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import (
    AffineTransform,
    ComposeTransform,
    Independent,
    MultivariateNormal,
    SigmoidTransform,
    TanhTransform,
    TransformedDistribution,
    Uniform,
)
from torch.distributions import Normal as TorchNormal

from utils import flows
from utils.estimate import dkw_test
from utils.flows import (
    ActNorm,
    AdditiveCoupling,
    AffineCoupling,
    Composition,
    Flow,
    Inverse,
    Invertible1x1,
    Linear,
    Logistic,
    MaskedAutoregressive,
    Normal,
    Permutation,
    Planar,
    Radial,
    Scale,
    alternating,
    reverse,
)

torch.set_num_threads(1)
f64 = torch.float64


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def scrambled(f, seed=0, scale=0.4):
    """The map with noise on every parameter, so that none is zero and none is at its start."""
    g = seeded(1000 + seed)
    with torch.no_grad():
        for parameter in f.parameters():
            parameter += scale * torch.randn(parameter.shape, dtype=f64, generator=g)
    return f


def points(n, dim, seed=0):
    return 1.5 * torch.randn(n, dim, dtype=f64, generator=seeded(2000 + seed))


FULL = lambda d: torch.ones(d, d, dtype=torch.bool)  # noqa: E731
DIAGONAL = lambda d: torch.eye(d, dtype=torch.bool)  # noqa: E731
TRIANGLE = lambda d: torch.ones(d, d, dtype=torch.bool).tril()  # noqa: E731
ORDER = [2, 0, 3, 1]


def coupled(mask):
    """Row i, column j: whether output i depends on input j. The kept move alone; the moved see all kept."""
    keep = torch.as_tensor(mask)
    return DIAGONAL(len(keep)) | (~keep[:, None] & keep)


def ordered(order):
    rank = torch.argsort(torch.tensor(order))
    return rank[:, None] >= rank


# name: (the map from its seed, which outputs of `forward` depend on which inputs, the same for `inverse`)
MAPS = {
    "planar": (lambda g: Planar.random(4, g), FULL(4), FULL(4)),
    "planar in 1-D": (lambda g: Planar.random(1, g), FULL(1), FULL(1)),
    "radial": (lambda g: Radial.random(4, g), FULL(4), FULL(4)),
    "radial in 1-D": (lambda g: Radial.random(1, g), FULL(1), FULL(1)),
    "scale": (lambda g: Scale(torch.zeros(4)), DIAGONAL(4), DIAGONAL(4)),
    "actnorm": (lambda g: ActNorm(4), DIAGONAL(4), DIAGONAL(4)),
    "permutation": (lambda g: Permutation(ORDER), torch.eye(4)[ORDER] > 0, torch.eye(4)[ORDER].T > 0),
    "reverse": (lambda g: reverse(4), DIAGONAL(4).flip(0), DIAGONAL(4).flip(0)),
    "linear": (lambda g: Linear.random(4, g), FULL(4), FULL(4)),
    "1x1": (
        lambda g: Invertible1x1(2, Linear.random(2, g)),
        torch.block_diag(FULL(2), FULL(2)) > 0,
        torch.block_diag(FULL(2), FULL(2)) > 0,
    ),
    "additive": (
        lambda g: AdditiveCoupling(alternating(4), [8], generator=g),
        coupled(alternating(4)),
        coupled(alternating(4)),
    ),
    "affine": (
        lambda g: AffineCoupling([False, True, True, False], [8, 8], generator=g),
        coupled([False, True, True, False]),
        coupled([False, True, True, False]),
    ),
    "autoregressive": (lambda g: MaskedAutoregressive(4, [8, 8], generator=g), TRIANGLE(4), TRIANGLE(4)),
    "autoregressive, ordered": (
        lambda g: MaskedAutoregressive(4, [9], ORDER, generator=g),
        ordered(ORDER),
        ordered(ORDER),
    ),
    "inverse autoregressive": (
        lambda g: Inverse(MaskedAutoregressive(4, [8, 8], generator=g)),
        TRIANGLE(4),
        TRIANGLE(4),
    ),
    "composition": (
        lambda g: Composition(
            [
                AffineCoupling(alternating(4), [8], generator=g),
                reverse(4),
                Planar.random(4, g),
                Composition([ActNorm(4), Linear.random(4, g)]),
                Inverse(Radial.random(4, g)),
            ]
        ),
        FULL(4),
        FULL(4),
    ),
    "no maps": (lambda g: Composition([], dim=4), DIAGONAL(4), DIAGONAL(4)),
}
SEEDS = (0, 1, 2)
WITH_PARAMETERS = [name for name in MAPS if name not in ("permutation", "reverse", "no maps")]


def build(name, seed=0):
    return scrambled(MAPS[name][0](seeded(seed)), seed)


def jacobian(f, x):
    return torch.autograd.functional.jacobian(lambda one: f(one)[0], x)


# The battery's checks


def check_shapes(f):
    for shape in ((), (5,), (2, 3), (0,)):
        for direction in (f.forward, f.inverse):
            y, log_det = direction(points(math.prod(shape), f.dim).reshape(*shape, f.dim))
            assert y.shape == (*shape, f.dim) and log_det.shape == shape
            assert y.dtype == log_det.dtype == f64


def check_batching(f):
    """A point is mapped on its own: what stands beside it in the batch does not matter."""
    z = points(6, f.dim)
    for direction in (f.forward, f.inverse):
        y, log_det = direction(z)
        alone = [direction(one) for one in z]
        torch.testing.assert_close(y, torch.stack([a[0] for a in alone]), rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(log_det, torch.stack([a[1] for a in alone]), rtol=1e-12, atol=1e-12)


def check_round_trip(f):
    for there, back in ((f.forward, f.inverse), (f.inverse, f.forward)):
        start = points(50, f.dim)
        middle, log_det = there(start)
        end, back_log_det = back(middle)
        torch.testing.assert_close(end, start, rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(back_log_det, -log_det, rtol=1e-9, atol=1e-9)


def check_log_det(f):
    for direction in (f.forward, f.inverse):
        for point in points(8, f.dim):
            _, expected = torch.linalg.slogdet(jacobian(direction, point))
            torch.testing.assert_close(direction(point)[1], expected, rtol=1e-10, atol=1e-10)


def check_structure(f, forward, inverse):
    """Exact zeros where an output must not move, and something else everywhere else."""
    for direction, depends in ((f.forward, forward), (f.inverse, inverse)):
        largest = torch.stack([jacobian(direction, point).abs() for point in points(8, f.dim)]).amax(0)
        assert torch.equal(largest > 0, depends)


def check_gradients(f):
    for direction in (f.forward, f.inverse):
        f.zero_grad()
        x, log_det = direction(points(64, f.dim))
        ((x**2).sum() + log_det.sum()).backward()
        for name, parameter in f.named_parameters():
            assert parameter.grad is not None, name
            free = torch.ones_like(parameter, dtype=torch.bool)
            if name.endswith("lower"):
                free = free.tril(-1)
            elif name.endswith("upper"):
                free = free.triu(1)
            elif name.endswith("weight"):
                free = f.get_submodule(name.rpartition(".")[0]).mask > 0
            assert torch.equal(parameter.grad != 0, free), name


def check_gradient_values(f):
    """Through the inverse, too: autograd's derivative in each parameter is the symmetric difference quotient's."""
    z = points(4, f.dim)
    for direction in (f.forward, f.inverse):

        def loss(direction=direction):
            x, log_det = direction(z)
            return (torch.sin(x).sum() + log_det.sum()) / 4

        f.zero_grad()
        loss().backward()
        for name, parameter in f.named_parameters():
            v = torch.randn(parameter.shape, dtype=f64, generator=seeded(3))
            values = []
            with torch.no_grad():
                for step in (1e-5, -2e-5, 1e-5):  # there, across, and back again
                    parameter += step * v
                    values.append(float(loss()))
            quotient = (values[0] - values[1]) / 2e-5
            assert float((parameter.grad * v).sum()) == pytest.approx(quotient, rel=1e-5, abs=1e-7), name


def mass(flow):
    """The integral of a density on R or R^2 by the trapezoidal rule in t with x = sinh(t), out to |x| = 500."""
    dim = flow.base.dim
    step = 0.02 if dim == 2 else 0.0005  # in 1-D the radial map has a kink at its centre
    t = torch.arange(-7, 7, step, dtype=f64)
    points, weights = torch.cartesian_prod(*[t.sinh()] * dim), torch.cartesian_prod(*[t.cosh()] * dim)
    with torch.no_grad():
        density = flow.log_prob(points.reshape(-1, dim)).exp()
    return float(density @ weights.reshape(-1, dim).prod(-1)) * step**dim


def check_mass(flow):
    assert abs(mass(flow) - 1) < 1e-6


@pytest.mark.parametrize("name", MAPS)
def test_shapes_and_batches(name):
    check_shapes(build(name))
    check_batching(build(name))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", MAPS)
def test_inverse_undoes_forward_and_forward_undoes_inverse(name, seed):
    check_round_trip(build(name, seed))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", MAPS)
def test_log_det_is_that_of_autograds_jacobian(name, seed):
    check_log_det(build(name, seed))


@pytest.mark.parametrize("name", MAPS)
def test_outputs_depend_on_the_inputs_they_should_and_no_others(name):
    check_structure(build(name), *MAPS[name][1:])


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_gradients_reach_every_parameter(name):
    check_gradients(build(name))


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_gradients_are_difference_quotients(name):
    check_gradient_values(build(name))


def test_every_map_is_in_the_battery():
    covered = {type(part).__name__ for name in MAPS for part in build(name).modules()}
    maps = {name for name in flows.__all__ if isinstance(getattr(flows, name), type)} - {"Map", "Flow"}
    assert maps - {"Normal", "Logistic"} <= covered
    assert flows.__all__ == sorted(flows.__all__)


# Densities

DENSITIES = {
    "planar in 1-D": (1, lambda g: [Planar.random(1, g), Planar.random(1, g)]),
    "radial in 1-D": (1, lambda g: [Radial.random(1, g), Radial.random(1, g)]),
    "actnorm in 1-D": (1, lambda g: [ActNorm(1)]),
    "linear in 1-D": (1, lambda g: [Linear.random(1, g)]),
    "planar": (2, lambda g: [Planar.random(2, g), Planar.random(2, g)]),
    "radial": (2, lambda g: [Radial.random(2, g), Radial.random(2, g)]),
    "linear": (2, lambda g: [Linear.random(2, g), Scale(torch.zeros(2))]),
    "nice": (2, lambda g: [AdditiveCoupling(alternating(2, k == 0), [6], generator=g) for k in range(2)]),
    "realnvp": (2, lambda g: [AffineCoupling(alternating(2, k == 0), [6], generator=g) for k in range(2)]),
    "maf": (2, lambda g: [MaskedAutoregressive(2, [6], generator=g), reverse(2)]),
    "iaf": (2, lambda g: [reverse(2), Inverse(MaskedAutoregressive(2, [6], generator=g))]),
}


def density(name, scale=0.25):
    dim, maps = DENSITIES[name]
    return Flow(Normal(dim), [scrambled(f, k, scale) for k, f in enumerate(maps(seeded(4)))])


@pytest.mark.parametrize("name", DENSITIES)
def test_densities_integrate_to_one(name):
    check_mass(density(name))


def test_the_logistic_base_integrates_to_one():
    x = torch.arange(-60.0, 60.0, 0.05, dtype=f64)
    assert float(Logistic(1).log_prob(x[:, None]).exp().sum() * 0.05) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("name", DENSITIES)
def test_samples_come_with_their_own_density(name):
    flow = density(name)
    x, log_q = flow.sample_and_log_prob(100, seeded(5))
    torch.testing.assert_close(log_q, flow.log_prob(x), rtol=1e-9, atol=1e-9)
    assert torch.equal(x, flow.sample(100, seeded(5))), "the generator alone decides"
    assert not torch.equal(x, flow.sample(100, seeded(6)))


@pytest.mark.parametrize(("base", "cdf"), [(Normal(1), lambda x: torch.special.ndtr(x)), (Logistic(1), torch.sigmoid)])
def test_bases_draw_from_their_density(base, cdf):
    draws = base.sample(20_000, seeded(6))[:, 0].numpy()
    assert dkw_test(draws, lambda x: cdf(torch.as_tensor(x)).numpy()).ok
    assert not dkw_test(1.1 * draws, lambda x: cdf(torch.as_tensor(x)).numpy()).ok


@pytest.mark.parametrize("name", ["planar", "linear", "realnvp", "maf"])
def test_sampling_and_density_agree_on_an_expectation(name):
    """The mean of cos(x_0 + x_1 / 2) over draws, against its integral over the density."""
    flow = density(name)
    with torch.no_grad():
        x = flow.sample(100_000, seeded(7))
        values = torch.cos(x @ torch.tensor([1.0, 0.5], dtype=f64))
        line = torch.arange(-14, 14.01, 0.05, dtype=f64)
        grid = torch.cartesian_prod(line, line)
        exact = (flow.log_prob(grid).exp() * torch.cos(grid @ torch.tensor([1.0, 0.5], dtype=f64))).sum() * 0.05**2
    assert abs(values.mean() - exact) < 5.2 * values.std() / math.sqrt(100_000)  # false alarms: 2e-7


def test_random_maps_leave_the_global_generator_alone():
    before = torch.get_rng_state()
    for name in MAPS:
        build(name)
    density("maf").sample(3, seeded())
    assert torch.equal(before, torch.get_rng_state())


# Against torch.distributions


def test_scale_and_actnorm_are_affine_transforms():
    f = build("actnorm")
    theirs = AffineTransform(f.shift, f.log_scale.exp(), event_dim=1)
    z = points(7, 4)
    torch.testing.assert_close(f(z)[0], theirs(z))
    torch.testing.assert_close(f(z)[1], theirs.log_abs_det_jacobian(z, theirs(z)))
    torch.testing.assert_close(Scale(f.log_scale)(z)[0], theirs(z) - f.shift)


def test_composition_is_compose_transform():
    f = Composition([scrambled(ActNorm(3), k) for k in range(3)])
    theirs = ComposeTransform([AffineTransform(g.shift, g.log_scale.exp(), event_dim=1) for g in f.maps])
    z = points(7, 3)
    torch.testing.assert_close(f(z)[0], theirs(z))
    torch.testing.assert_close(f(z)[1], theirs.log_abs_det_jacobian(z, theirs(z)))
    ours = Flow(Normal(3), f.maps).log_prob(z)
    base = Independent(TorchNormal(torch.zeros(3, dtype=f64), 1.0), 1)
    torch.testing.assert_close(ours, TransformedDistribution(base, theirs).log_prob(z))


def test_composition_adds_log_dets():
    f = build("composition")
    z, total = points(7, 4), 0
    y = z
    for part in f.maps:
        y, log_det = part(y)
        total = total + log_det
    torch.testing.assert_close(f(z), (y, total))


def test_planar_slope_is_that_of_tanh_transform():
    f = build("planar")
    z = points(7, 4)
    a = z @ f.w + f.b
    slope = TanhTransform().log_abs_det_jacobian(a, torch.tanh(a)).exp()
    torch.testing.assert_close(f(z)[1], torch.log(1 + slope * f.w.dot(f.u)))


def test_a_linear_flow_is_a_multivariate_normal():
    f, x = build("linear"), points(7, 4)
    theirs = MultivariateNormal(torch.zeros(4, dtype=f64), f.matrix @ f.matrix.T)
    torch.testing.assert_close(Flow(Normal(4), [f]).log_prob(x), theirs.log_prob(x))


def test_logistic_base_is_a_transformed_uniform():
    x = points(7, 2)
    theirs = TransformedDistribution(Uniform(torch.zeros(2, dtype=f64), 1), [SigmoidTransform().inv])
    torch.testing.assert_close(Logistic(2).log_prob(x), theirs.log_prob(x).sum(-1))


def test_autoregressive_density_is_a_product_of_normal_conditionals():
    f, x = build("autoregressive"), points(7, 4)
    a, m = f._scale_and_shift(x)
    theirs = TorchNormal(m, a.exp()).log_prob(x).sum(-1)
    torch.testing.assert_close(Flow(Normal(4), [f]).log_prob(x), theirs)


def test_coupling_is_an_affine_transform_given_what_it_keeps():
    f, z = build("affine"), points(7, 4)
    x, _ = f(z)
    assert torch.equal(x[:, 1:3], z[:, 1:3])
    s, t = f._scale_and_shift(z[:, 1:3])
    torch.testing.assert_close(x[:, [0, 3]], AffineTransform(t, s.exp())(z[:, [0, 3]]))


# What the papers say of single maps


def test_maf_is_the_inverse_of_iaf_with_shared_parameters():
    """Kingma's IAF, x_i = sigma_i z_i + mu_i from z_<i, written out coordinate by coordinate."""
    maf = build("autoregressive")
    iaf, z = Inverse(maf), points(7, 4)
    columns: list = []
    for i in range(4):
        seen = torch.cat([z[:, :i], torch.full((7, 4 - i), 9.9, dtype=f64)], dim=1)  # what comes later does not count
        a, m = maf._scale_and_shift(seen)
        sigma, mu = torch.exp(-a[:, i]), -m[:, i] * torch.exp(-a[:, i])
        columns.append(sigma * z[:, i] + mu)
    torch.testing.assert_close(iaf(z)[0], torch.stack(columns, dim=1))
    torch.testing.assert_close(iaf(z), maf.inverse(z))
    torch.testing.assert_close(iaf.inverse(z), maf(z))


@pytest.mark.parametrize("name", ["autoregressive", "affine"])
def test_one_direction_takes_one_pass_and_the_other_dim(name):
    f = build(name)
    passes = []
    f.network.register_forward_hook(lambda *_: passes.append(1))
    f.inverse(points(3, 4))
    assert len(passes) == 1
    f(points(3, 4))
    assert len(passes) == (5 if name == "autoregressive" else 2)


def test_unconstrained_planar_vectors_are_always_invertible():
    f = Planar.random(3, seeded())
    for seed in range(200):
        with torch.no_grad():
            f.v.copy_(3 * points(1, 3, seed)[0])
            assert f.w.dot(f.u) > -1


def test_planar_and_radial_keep_the_numbers_they_are_given():
    f = Planar(w=[1.0, -2.0], u=[0.3, 0.6], b=0.1)
    torch.testing.assert_close(f.u, torch.tensor([0.3, 0.6], dtype=f64))
    g = Radial(z_0=[0.5, 0.0], alpha=2.0, beta=-1.9)
    x, _ = g(torch.tensor([0.5, 3.0], dtype=f64))
    torch.testing.assert_close(x, torch.tensor([0.5, 3.0 - 1.9 * 3 / 5], dtype=f64))


@pytest.mark.parametrize("wu", [-1 + 1e-6, -0.9, 0.0, 3.0, 1e6])
def test_planar_inverse_up_to_the_edge(wu):
    f = Planar(w=[3.0, 4.0], u=[3.0 * wu / 25, 4.0 * wu / 25], b=0.2)
    tolerance = 1e-9 if wu > -0.99 else 1e-5  # at the edge the map is flat where w.z = -b, as z^3 is at 0
    z = points(200, 2)
    torch.testing.assert_close(f.inverse(f(z)[0])[0], z, rtol=tolerance, atol=tolerance)


def test_radial_maps_its_centre_to_itself():
    f = build("radial")
    z_0 = f.z_0.detach().clone()
    torch.testing.assert_close(f(z_0)[0], z_0)
    torch.testing.assert_close(f.inverse(z_0)[0], z_0)
    jacobian_there = jacobian(f, z_0)
    assert torch.all(torch.isfinite(jacobian_there))


def test_additive_coupling_keeps_volume_and_scale_gives_it_back():
    assert torch.equal(build("additive")(points(5, 4))[1], torch.zeros(5, dtype=f64))
    f = build("scale")
    torch.testing.assert_close(f(points(5, 4))[1], f.log_scale.sum().expand(5))


def test_log_scales_are_bounded():
    f = scrambled(AffineCoupling(alternating(4), [8], generator=seeded()), scale=50.0)
    assert f(100 * points(50, 4))[1].abs().max() <= 2 * flows.MAX_LOG_SCALE


def test_linear_keeps_its_matrix():
    W = points(3, 3)
    torch.testing.assert_close(Linear(W).matrix, W)
    torch.testing.assert_close(Linear(W)(points(1, 3)[0])[1], torch.linalg.slogdet(W)[1])


def test_1x1_moves_the_channels_of_each_pixel():
    f = build("1x1")
    image = points(5, 4).reshape(5, 2, 2)  # five images of two pixels with two channels
    expected = torch.einsum("ij,npj->npi", f.channels.matrix, image)
    torch.testing.assert_close(f(image.flatten(1))[0].reshape(5, 2, 2), expected)


def test_initialise_standardises_a_batch_behind_other_maps():
    f = Composition([ActNorm(4), build("affine"), ActNorm(4), build("linear")])
    f.initialise(3 + points(500, 4))
    z, _ = f.inverse(3 + points(500, 4))
    torch.testing.assert_close(z.mean(0), torch.zeros(4, dtype=f64), atol=1e-12, rtol=0)
    torch.testing.assert_close(z.std(0, correction=0), torch.ones(4, dtype=f64))


def test_a_network_of_ones_own():
    f = AffineCoupling(alternating(4), network=nn.Linear(2, 4, dtype=f64))
    check_log_det(f)
    check_round_trip(f)


def test_weights_survive_saving(tmp_path):
    for name in MAPS:
        f, g = build(name, 0), build(name, 1)
        torch.save(f.state_dict(), tmp_path / "map.pt")
        g.load_state_dict(torch.load(tmp_path / "map.pt", weights_only=True))
        torch.testing.assert_close(f(points(5, f.dim)), g(points(5, f.dim)))


def test_examples_in_the_docstrings():
    result = doctest.testmod(flows)
    assert result.attempted and not result.failed
    for name in flows.__all__:
        if name != "Map":
            assert ">>>" in getattr(flows, name).__doc__, name


def test_references_have_one_form():
    form = r"[^\n]+ \([^()\n]+, \d{4}\)(, (eq\.|section) [^\n]+)?\.\n +https://arxiv\.org/abs/\d{4}\.\d{4,5}\n"
    for name in flows.__all__:
        _, heading, references = (getattr(flows, name).__doc__ or "").partition("    References:\n")
        if heading:
            references = references.partition("\n\n")[0] + "\n"
            assert re.fullmatch(rf"(?: +{form})+", references), name


# Bad input

x2 = torch.zeros(3, 2, dtype=f64)
BAD = {
    "planar outside": (
        lambda: Planar([1.0, 1.0], [-1.0, -0.5], 0.0),
        r"`u` must satisfy w\.u > -1, .* \(got w\.u = -1\.5\): shorten u",
    ),
    "planar on the edge": (lambda: Planar([1.0], [-1.0], 0.0), r"`u` must satisfy w\.u > -1"),
    "planar without direction": (lambda: Planar([0.0, 0.0], [1.0, 1.0], 0.0), r"`w` must not be zero \(got zeros\)"),
    "planar sizes": (lambda: Planar([1.0, 1.0], [1.0], 0.0), r"`u` must have as many entries as `w`, 2 \(got 1\)"),
    "planar shift": (lambda: Planar([1.0], [1.0], [0.0]), r"`b` must be a number \(got shape \(1,\)\)"),
    "planar NaN": (lambda: Planar([math.nan], [1.0], 0.0), r"`w` must be finite \(got NaN or infinity at 1 of 1"),
    "radial alpha": (lambda: Radial([0.0], -1.0, 2.0), r"`alpha` must be positive \(got -1\)"),
    "radial beta": (lambda: Radial([0.0], 1.0, -2.0), r"`beta` must exceed -alpha, .* \(got beta = -2, alpha = 1\)"),
    "radial centre": (lambda: Radial([[0.0]], 1.0, 1.0), r"`z_0` must be a vector \(got shape \(1, 1\)\)"),
    "singular": (
        lambda: Linear([[1.0, 2.0], [2.0, 4.0]]),
        r"`matrix` must be invertible \(got singular values from .* to 5\): .* start from a rotation",
    ),
    "zero matrix": (lambda: Linear([[0.0]]), r"`matrix` must be invertible"),
    "oblong": (lambda: Linear(torch.ones(2, 3)), r"`matrix` must be square \(got shape \(2, 3\)\)"),
    "not a matrix": (lambda: Linear([1.0]), r"`matrix` must be a matrix \(got shape \(1,\)\)"),
    "nothing to move": (
        lambda: AffineCoupling([True, True], generator=seeded()),
        r"`mask` must leave coordinates to move \(got 2 of 2 kept\): pass True where",
    ),
    "nothing to condition on": (
        lambda: AdditiveCoupling([False, False], generator=seeded()),
        r"`mask` must leave coordinates to condition on \(got 0 of 2 kept\)",
    ),
    "mask of numbers": (lambda: AffineCoupling([1, 0], generator=seeded()), r"`mask` must be a vector of bools \(got"),
    "narrow network": (
        lambda: AffineCoupling(alternating(2), network=nn.Linear(1, 1, dtype=f64))(x2),
        r"`network` must return 2 numbers a point \(got 1\)",
    ),
    "nothing before": (
        lambda: MaskedAutoregressive(1, generator=seeded()),
        r"`dim` must be at least 2 \(got 1\): one coordinate has none to condition on; use ActNorm",
    ),
    "too narrow": (
        lambda: MaskedAutoregressive(5, [3], generator=seeded()),
        r"`hidden` must hold widths of at least dim - 1 = 4 \(got \[3\]\)",
    ),
    "no hidden layer": (lambda: MaskedAutoregressive(5, [], generator=seeded()), r"`hidden` must hold .* \(got \[\]\)"),
    "short order": (
        lambda: MaskedAutoregressive(3, [4], [1, 0], generator=seeded()),
        r"`order` must have `dim` = 3 entries \(got 2\)",
    ),
    "not a permutation": (lambda: Permutation([0, 2, 2]), r"`order` must hold each of 0 to 2 once \(got \[0, 2, 2\]\)"),
    "no coordinate": (lambda: Permutation([]), r"`dim` must be at least 1 \(got 0\)"),
    "mixed dimensions": (
        lambda: Composition([Scale([1.0]), reverse(2)]),
        r"`maps` must share one dimension \(got \[1, 2",
    ),
    "no dimension": (
        lambda: Composition([]),
        r"`maps` must share one dimension \(got \[\]\): without maps, pass `dim`",
    ),
    "base and maps": (lambda: Flow(Normal(3), [reverse(2)]), r"`maps` must share one dimension \(got \[2, 3\]\)"),
    "constant column": (
        lambda: ActNorm(2).initialise(torch.tensor([[1.0, 2.0], [3.0, 2.0]], dtype=f64)),
        r"`x` must vary in every coordinate \(got coordinate 1 constant over 2 points\)",
    ),
    "wrong dimension": (
        lambda: Scale([0.0])(x2),
        r"`z` must have shape \(\.\.\., 1\) \(got \(3, 2\)\): one row a point",
    ),
    "wrong dimension back": (lambda: Scale([0.0]).inverse(x2), r"`x` must have shape \(\.\.\., 1\) \(got \(3, 2\)\)"),
    "a number": (lambda: Scale([0.0])(torch.tensor(1.0, dtype=f64)), r"`z` must have shape \(\.\.\., 1\) \(got \(\)\)"),
    "float32": (lambda: Scale([0.0])(torch.zeros(1)), r"`z` must be a float64 tensor \(got torch.float32\)"),
    "array": (lambda: Scale([0.0])(np.zeros(1)), r"`z` must be a float64 tensor \(got ndarray\)"),
    "NaN": (lambda: reverse(2)(x2 * math.nan), r"`z` must be finite \(got NaN or infinity at 6 of 6 entries\)"),
    "infinity": (lambda: Flow(Normal(2), []).log_prob(x2 + math.inf), r"`x` must be finite"),
    "base": (lambda: Normal(1).log_prob(x2), r"`z` must have shape \(\.\.\., 1\) \(got \(3, 2\)\)"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    call, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    "call", [lambda: Normal(1).sample(3, 0), lambda: AffineCoupling([True, False]), lambda: Planar.random(2, None)]
)
def test_a_seed_is_not_a_generator(call):
    with pytest.raises(TypeError, match=r"`generator` must be a torch\.Generator \(got (0|None)\): pass torch\.Gen"):
        call()


# Planted faults: each check must reject the fault it is there for


class Faulty(flows.Map):
    """A good map whose outputs pass through `spoil`."""

    def __init__(self, good, spoil):
        super().__init__(good.dim)
        self.good, self.spoil = good, spoil

    def _forward(self, z):
        return self.spoil(*self.good(z), z)

    def _inverse(self, x):
        return self.spoil(*self.good.inverse(x), x)


def drop_log_det(y, log_det, _):
    return y, torch.zeros_like(log_det)


def flip_log_det(y, log_det, _):
    return y, -log_det


def one_log_det_for_all(y, log_det, _):
    return y, log_det.mean().expand(log_det.shape)


def leak(y, log_det, x):
    """The first output peeks at the last input: the determinant of a triangular Jacobian does not notice."""
    return torch.cat([y[..., :1] + 1e-3 * x[..., -1:].detach().sin(), y[..., 1:]], dim=-1), log_det


def leak_with_gradient(y, log_det, x):
    return torch.cat([y[..., :1] + 1e-3 * x[..., -1:].sin(), y[..., 1:]], dim=-1), log_det


def detach(y, log_det, x):
    return y.detach() + 0 * y, log_det.detach() + 0 * log_det


def standardise_the_batch(y, log_det, _):
    return y - y.mean(0), log_det


def keep_log_det_axis(y, log_det, _):
    return y, log_det[..., None]


def double_gradient(y, log_det, _):
    return 2 * y - y.detach(), log_det


FAULTS = [
    (check_log_det, drop_log_det),
    (check_log_det, flip_log_det),
    (check_log_det, double_gradient),
    (check_round_trip, leak),
    (check_round_trip, standardise_the_batch),
    (check_batching, one_log_det_for_all),
    (check_shapes, keep_log_det_axis),
    (lambda f: check_structure(f, TRIANGLE(4), TRIANGLE(4)), leak_with_gradient),
    (check_gradients, detach),
    (check_gradient_values, double_gradient),
]


@pytest.mark.parametrize(("check", "spoil"), FAULTS)
def test_checks_reject_planted_faults(check, spoil):
    good = build("autoregressive")
    check(good)
    with pytest.raises(AssertionError):
        check(Faulty(good, spoil))


def test_the_structure_check_rejects_an_open_mask():
    f = build("autoregressive")
    f.network[0].mask[0, 3] = 1.0  # lets x_0's own successor in
    with pytest.raises(AssertionError):
        check_structure(f, TRIANGLE(4), TRIANGLE(4))
    with pytest.raises(AssertionError):
        check_round_trip(f)


@pytest.mark.parametrize("name", ["planar", "radial", "realnvp", "maf", "linear"])
def test_the_mass_rejects_a_dropped_log_det(name):
    flow = density(name)
    flow.map = Composition([Faulty(f, drop_log_det) for f in flow.map.maps])
    with pytest.raises(AssertionError):
        check_mass(flow)


def test_a_planar_map_that_folds_is_noticed():
    """u as it stands, with w.u = -2 and no reparametrisation: the formula goes through the motions."""

    class Folded(Planar):
        u = torch.tensor([-2.0], dtype=f64)

    f = Folded(w=[1.0], u=[0.0], b=0.0)
    with pytest.raises(AssertionError):
        check_round_trip(f)
