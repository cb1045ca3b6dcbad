"""Trains the flows of chapters/flows.ipynb and records what they reach on held-out data.

    python -m chapters.training.flows

from the book's folder: 11 minutes of CPU on one thread, with the seeds 0, 1 and 2 (0 and 1 for
the colour patches). Results go to flows.json beside this file after each run, with its seed and
CPU time, and the weights of some to *.pt. A run that is on record for the present code is not
repeated, so that an interrupted command goes on where it was.

A page takes from here, after `from training import flows as training`: `results()`, `load`,
`test_points` and `log_likelihood`, `judge` and `divergence` (what is on record, measured again),
and `trained("plane", "realnvp", seed=0, steps=100)`, which takes a second or two.
"""

import hashlib
import json
import math
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from torch import Generator, Tensor, nn
from utils import data, flows
from utils.flows import (
    ActNorm,
    AdditiveCoupling,
    AffineCoupling,
    Flow,
    Invertible1x1,
    Linear,
    Logistic,
    MaskedAutoregressive,
    Normal,
    Permutation,
    Planar,
    Scale,
    alternating,
    reverse,
)

from .record import complete, read_weights, used_code, write_weights

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "flows.json"
COMMAND = "python -m chapters.training.flows"
SEEDS = (0, 1, 2)


# The data sets: whole numbers, made continuous by uniform noise


@dataclass(frozen=True)
class Counts:
    """Pixels 0 to levels - 1 in three parts; a part is (n, pixels).

    `groups` holds the block of the photographs that each test row comes from.
    """

    levels: int
    train: Tensor
    validation: Tensor
    test: Tensor
    groups: Tensor | None = None
    drop_mean: bool = False

    @property
    def dim(self) -> int:
        return self.train.shape[1] - self.drop_mean

    def continuous(self, counts: Tensor, generator: Generator) -> Tensor:
        """(counts + uniform noise) / levels, shape (n, dim).

        As BSDS300 is in the MAF paper with `drop_mean`: each row's mean is taken off, which
        makes the last pixel redundant, and it goes.
        """
        noise = torch.rand(counts.shape, dtype=torch.float64, generator=generator)
        x = (counts + noise) / self.levels
        return (x - x.mean(-1, keepdim=True))[:, :-1] if self.drop_mean else x

    def held_out(self, part: str = "test") -> Tensor:
        """The test (or validation) part, with noise that is always the same."""
        return self.continuous(getattr(self, part), seeded({"validation": 101, "test": 102}[part]))

    def bits_per_dim(self, nats: float) -> float:
        """A log density in nats as bits a dimension, with the pixels' levels as the unit."""
        return -nats / (self.dim * math.log(2)) + math.log2(self.levels)


@cache
def counts(name: str) -> Counts:
    """The data set of an experiment: "patches", "digits" or "colour"."""
    if name == "digits":
        pixels = torch.tensor(data.digits()["pixels"])
        part = torch.arange(len(pixels)) % 6  # 0: validation, 3: test
        rows = [
            pixels[(part != 0) & (part != 3)],
            pixels[part == 0],
            pixels[part == 3],
        ]
        return Counts(17, *rows)
    patches = {"patches": data.grey_patches, "colour": data.colour_patches}[name]()
    rows = [torch.tensor(patches["pixels"][patches["split"] == part]) for part in ("train", "validation", "test")]
    groups = torch.tensor(patches["block"][patches["split"] == "test"])
    if name == "colour":
        rows = [squeeze(part) for part in rows]
    return Counts(256, *rows, groups=groups, drop_mean=name == "patches")


def squeeze(images: Tensor) -> Tensor:
    """8 x 8 pixels of 3 colours to 4 x 4 pixels of 12 channels, still one row an image."""
    tiles = images.reshape(-1, 4, 2, 4, 2, 3).permute(0, 1, 3, 2, 4, 5)
    return tiles.reshape(len(images), 192)


@cache
def principal_components() -> dict[str, Tensor]:
    """The digits in the plane of their first two principal components, (n, 2) in pixel units."""
    digits = counts("digits")
    mean = digits.train.mean(0)
    _, _, axes = torch.linalg.svd(digits.train - mean, full_matrices=False)
    axes = axes[:2] * axes[:2].sum(1, keepdim=True).sign()  # a sign that every LAPACK agrees on
    parts = ("train", "validation", "test")
    return {part: (getattr(digits, part) - mean) @ axes.T for part in parts}


# The models: maps from the base to the data, so that the last one meets the data first


def autoregressive(dim: int, layers: int, hidden: list[int], generator: Generator) -> Flow:
    """MAF with this many layers, each with the order of the one before turned round. One: MADE."""
    maps: list[flows.Map] = []
    for layer in range(layers):
        order = list(range(dim))[:: -1 if layer % 2 else 1]
        maps += [
            MaskedAutoregressive(dim, hidden, order, generator=generator),
            ActNorm(dim),
        ]
    return Flow(Normal(dim), maps)


def real_nvp(dim: int, layers: int, hidden: list[int], generator: Generator) -> Flow:
    """Affine couplings with alternating masks."""
    maps: list[flows.Map] = []
    for layer in range(layers):
        mask = alternating(dim, first=layer % 2 == 0)
        maps += [
            AffineCoupling(mask, hidden, generator=generator),
            ActNorm(dim),
        ]
    return Flow(Normal(dim), maps)


def nice(dim: int, layers: int, hidden: list[int], generator: Generator) -> Flow:
    """Additive couplings with alternating masks, one scaling, a logistic base.

    The scaling stands at the data's end as an ActNorm, so that it starts at the data's own.
    """
    masks = [alternating(dim, first=layer % 2 == 0) for layer in range(layers)]
    maps = [AdditiveCoupling(mask, hidden, generator=generator) for mask in masks]
    return Flow(Logistic(dim), [Scale(torch.zeros(dim)), *maps, ActNorm(dim)])


class Convolutions(nn.Module):
    """3 x 3, 1 x 1 and 3 x 3 convolutions of 4 x 4 pixels, for couplings of Glow."""

    def __init__(self, inputs: int, outputs: int, generator: Generator) -> None:
        super().__init__()
        sizes = [(inputs, 32, 3), (32, 32, 1), (32, outputs, 3)]
        self.kernels, self.biases = nn.ParameterList(), nn.ParameterList()
        for i, o, k in sizes:
            kernel = torch.randn(o, i, k, k, dtype=torch.float64, generator=generator)
            self.kernels.append(kernel / math.sqrt(i * k * k))
            self.biases.append(torch.zeros(o, dtype=torch.float64))
        with torch.no_grad():
            self.kernels[-1] *= 0.1

    def forward(self, x: Tensor) -> Tensor:
        h = x.unflatten(-1, (4, 4, -1)).movedim(-1, -3)  # (n, channels, 4, 4)
        for layer, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            h = torch.nn.functional.silu(h) if layer else h
            h = nn.functional.conv2d(h, kernel, bias, padding=kernel.shape[-1] // 2)
        parts = h.unflatten(-3, (-1, x.shape[-1] // 16))  # (n, s and t, channels, 4, 4)
        return parts.movedim(-3, -1).flatten(-4)


def glow(coupling: str, mixing: str, layers: int, generator: Generator) -> Flow:
    """Glow's steps on 4 x 4 pixels of 12 channels: coupling, mixing of channels, actnorm."""
    mask = torch.arange(12).repeat(16) < 6
    maps: list[flows.Map] = []
    for _ in range(layers):
        if coupling == "affine":
            network = Convolutions(6, 12, generator)
            maps.append(AffineCoupling(mask, network=network))
        else:
            maps.append(AdditiveCoupling(mask, network=Convolutions(6, 6, generator)))
        channels: flows.Map = {
            "reverse": lambda: reverse(12),
            "shuffle": lambda: Permutation(torch.randperm(12, generator=generator).tolist()),
            "conv": lambda: Linear.random(12, generator),
        }[mixing]()
        maps += [Invertible1x1(16, channels), ActNorm(192)]
    return Flow(Normal(192), maps)


def planar(layers: int, generator: Generator) -> Flow:
    """Planar maps after a diagonal normal: q_0 of the paper is K = 0."""
    return Flow(
        Normal(2),
        [ActNorm(2), *(Planar.random(2, generator) for _ in range(layers))],
    )


def build(experiment: str, model: str, generator: Generator) -> Flow:
    """The flow of a run before training, e.g. build("patches", "maf", seeded(0))."""
    if experiment == "energy":
        return planar(int(model.rpartition("-")[2]), generator)
    if experiment == "colour":
        coupling, mixing = model.split("-")
        return glow(coupling, mixing, 4, generator)
    if experiment == "plane":
        return real_nvp(2, 8, [24, 24], generator)
    dim = counts(experiment).dim
    wide = [64] if experiment == "digits" else [64, 64]  # 1198 digits are soon overfitted
    return {
        "made": lambda: autoregressive(dim, 1, [128], generator),
        "maf": lambda: autoregressive(dim, 5, [64], generator),
        "nice": lambda: nice(dim, 5, wide, generator),
        "realnvp": lambda: real_nvp(dim, 5, wide, generator),
    }[model]()


# Training


def fit(flow, draw, validation, generator, *, steps, batch, rate, every, tell=None):
    """Maximum likelihood by Adam, the rate falling to zero as a cosine; the best state is kept.

    `draw(generator, n)` is a batch of the training data, `validation` the points by whose mean
    log density the best state is chosen, every `every` steps.
    """
    flow.map.initialise(draw(generator, 1000))
    optimiser = torch.optim.Adam(flow.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    best, best_state = -math.inf, flow.state_dict()
    for step in range(1, steps + 1):
        optimiser.zero_grad()
        loss = -flow.log_prob(draw(generator, batch)).mean()
        loss.backward()
        nn.utils.clip_grad_norm_(flow.parameters(), 50.0)
        optimiser.step()
        schedule.step()
        if step % every == 0 or step == steps:
            reached = float(log_likelihood(flow, validation).mean())
            if reached > best:
                best = reached
                best_state = {k: v.clone() for k, v in flow.state_dict().items()}
            if tell:
                tell(f"step {step} of {steps}, validation {reached:.3f}")
    flow.load_state_dict(best_state)


def fit_energy(flow, energy, generator, *, steps, batch, rate, tell=None):
    """Reverse KL: the mean of log q(x) + U(x) over the flow's own draws, which lacks log Z only.

    U is annealed as in Rezende and Mohamed (2015), eq. 20: multiplied by a number that rises
    from 0.01 to 1 over the first half. Without it, long flows lose one of two modes on some seeds.
    """
    optimiser = torch.optim.Adam(flow.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for step in range(1, steps + 1):
        optimiser.zero_grad()
        x, log_q = flow.sample_and_log_prob(batch, generator)
        loss = (log_q + min(1.0, 0.01 + 2 * step / steps) * energy(x)).mean()
        loss.backward()
        nn.utils.clip_grad_norm_(flow.parameters(), 50.0)
        optimiser.step()
        schedule.step()
        if tell and step % 500 == 0:
            tell(f"step {step} of {steps}, objective {loss.item():.3f}")


def log_likelihood(flow: Flow, x: Tensor) -> Tensor:
    """log p of each row of x in nats, shape (n,), without gradients."""
    with torch.no_grad():
        return torch.cat([flow.log_prob(part) for part in x.split(3000)])


def two_ring_bars(x: Tensor) -> Tensor:
    """U_1 of Rezende and Mohamed (2015), table 1: a ring of radius 2, cut at its top and bottom."""
    radius = torch.linalg.vector_norm(x, dim=-1)
    sides = torch.stack([-0.5 * ((x[..., 0] - c) / 0.6) ** 2 for c in (2.0, -2.0)])
    return 0.5 * ((radius - 2) / 0.4) ** 2 - torch.logsumexp(sides, dim=0)


def wave(x: Tensor) -> Tensor:
    """U_2 of the same table: a sine. It does not end, and gets walls of width 0.2 at |x_0| = 4."""
    over = torch.relu(x[..., 0].abs() - 4)
    sine = torch.sin(2 * math.pi * x[..., 0] / 4)
    return 0.5 * ((x[..., 1] - sine) / 0.4) ** 2 + 0.5 * (over / 0.2) ** 2


ENERGIES = {"u1": two_ring_bars, "u2": wave}


def log_normaliser(energy, half_width=7.0, step=0.01) -> float:
    """log Z of exp(-U) on the plane, by the trapezoidal rule on a grid."""
    line = torch.arange(-half_width, half_width + step / 2, step, dtype=torch.float64)
    values = -energy(torch.cartesian_prod(line, line))
    return float(torch.logsumexp(values, dim=0)) + 2 * math.log(step)


# What is compared with


def train_points(name: str) -> Tensor:
    """The training part with one draw of the noise, for what is fitted in one go."""
    return counts(name).continuous(counts(name).train, seeded(100))


@cache
def normal_fit(name: str, full: bool) -> torch.distributions.MultivariateNormal:
    """The normal distribution of greatest likelihood on the training part."""
    x = principal_components()["train"] if name == "plane" else train_points(name)
    covariance = torch.cov(x.T, correction=0)
    covariance = covariance if full else torch.diag(covariance.diagonal())
    return torch.distributions.MultivariateNormal(x.mean(0), covariance)


def kernel_log_density(centres: Tensor, points: Tensor, bandwidth: float) -> Tensor:
    """The mean of normal kernels N(centre, bandwidth^2 I), logarithm at each point, shape (n,)."""
    dim = centres.shape[1]
    constant = math.log(len(centres)) + dim * math.log(bandwidth * math.sqrt(2 * math.pi))
    parts = [torch.logsumexp(-0.5 * (torch.cdist(part, centres) / bandwidth) ** 2, dim=1) for part in points.split(500)]
    return torch.cat(parts) - constant


def kernel_fit(name: str) -> tuple[Tensor, dict]:
    """The kernel density estimate on the test part, its bandwidth chosen on the validation part.

    Kernels have the shape of the training covariance (points are whitened) or are round.
    """
    source = counts(name)
    x = {part: source.held_out(part) for part in ("validation", "test")}
    train = train_points(name)
    root = torch.linalg.cholesky(torch.cov(train.T, correction=0))
    candidates = {}
    round_kernel = torch.eye(source.dim, dtype=torch.float64)
    for shape, matrix in (("round", round_kernel), ("shaped", root)):
        scale = train.std() if shape == "round" else 1.0
        offset = float(torch.logdet(matrix @ matrix.T)) / 2

        def whiten(points, matrix=matrix):
            return torch.linalg.solve_triangular(matrix, points.T, upper=False).T

        for width in np.geomspace(0.05, 1.2, 12):
            h = float(width * scale)
            some = whiten(x["validation"][:: max(1, len(x["validation"]) // 900)])
            reached = float(kernel_log_density(whiten(train), some, h).mean()) - offset
            candidates[reached] = (shape, h, whiten, offset)
    best = max(candidates)
    shape, h, whiten, offset = candidates[best]
    log_p = kernel_log_density(whiten(train), whiten(x["test"]), h) - offset
    return log_p, {"validation": best, "kernel": shape, "bandwidth": h}


# Runs


def seeded(seed: int) -> Generator:
    return torch.Generator().manual_seed(seed)


MODELS = {
    "patches": ["diagonal", "gaussian", "kernel", "made", "nice", "realnvp", "maf"],
    "digits": ["diagonal", "gaussian", "kernel", "nice", "realnvp"],
    "plane": ["gaussian", "realnvp"],
    "energy": [f"{u}-{k}" for u in ("u1", "u2") for k in (0, 2, 8, 32)],
    "colour": [f"{c}-{m}" for c in ("additive", "affine") for m in ("reverse", "shuffle", "conv")],
}
BASELINES = ("diagonal", "gaussian", "kernel")
SIZES: dict[str, dict] = {
    "patches": {"steps": 2000, "batch": 256, "rate": 2e-3, "every": 200},
    "digits": {"steps": 400, "batch": 256, "rate": 3e-3, "every": 25},
    "plane": {"steps": 1500, "batch": 256, "rate": 2e-3, "every": 100},
    "energy": {"steps": 1500, "batch": 256, "rate": 5e-3},
    "colour": {"steps": 500, "batch": 64, "rate": 2e-3, "every": 250},
}
KEPT = [("patches", "maf"), ("plane", "realnvp")] + [("energy", model) for model in MODELS["energy"]]
"""The runs whose weights are kept, those of seed 0."""


def run(experiment: str, model: str, seed: int | None, tell=None) -> tuple[dict, Flow | None]:
    """One run: what goes on record, and the trained flow, if there is one."""
    flow = None if seed is None else trained(experiment, model, seed, tell)
    if experiment == "energy":
        value, error = divergence(flow, ENERGIES[model.partition("-")[0]])
        found = {"divergence": value, "standard_error": error}
    else:
        found = judge(experiment, model, flow)
    return found | ({} if flow is None else {"weights": count_weights(flow)}), flow


def trained(experiment: str, model: str, seed: int, tell=None, **sizes) -> Flow:
    """The flow of a run, its weights rounded to single precision: so they are kept, and measured."""
    generator = seeded(seed)
    flow = build(experiment, model, generator)
    sizes = SIZES[experiment] | sizes
    if experiment == "energy":
        energy = ENERGIES[model.partition("-")[0]]
        fit_energy(flow, energy, generator, tell=tell, **sizes)
    else:
        fit(flow, *training_data(experiment), generator, tell=tell, **sizes)
    with torch.no_grad():
        for parameter in flow.parameters():
            parameter.copy_(parameter.float())
    return flow


def training_data(experiment: str):
    """How to draw a batch, `draw(generator, n)`, and the validation points."""
    if experiment == "plane":
        rows, validation = (principal_components()[part] for part in ("train", "validation"))
    else:
        rows, validation = counts(experiment).train, counts(experiment).held_out("validation")

    def draw(generator: Generator, n: int) -> Tensor:
        batch = rows[torch.randint(len(rows), (n,), generator=generator)]
        return batch if experiment == "plane" else counts(experiment).continuous(batch, generator)

    return draw, validation


def judge(experiment: str, model: str, flow: Flow | None) -> dict:
    """Mean log density on the test part, and by how much it beats the full normal's."""
    test, about = test_points(experiment), {}
    if flow is not None:
        log_p = log_likelihood(flow, test)
    elif model == "kernel":
        log_p, about = kernel_fit(experiment)
    else:
        log_p = normal_fit(experiment, full=model == "gaussian").log_prob(test)
    gain = log_p - normal_fit(experiment, full=True).log_prob(test)
    if experiment != "plane":
        about["bits_per_dim"] = counts(experiment).bits_per_dim(float(log_p.mean()))
    return about | {
        "log_likelihood": float(log_p.mean()),
        "standard_error": standard_error(log_p),
        "gain": float(gain.mean()),
        "gain_standard_error": standard_error(gain),
        "standard_error_between_blocks": standard_error(log_p, groups(experiment)),
        "gain_standard_error_between_blocks": standard_error(gain, groups(experiment)),
    }


def divergence(flow: Flow, energy, n: int = 50_000) -> tuple[float, float]:
    """KL(q || exp(-U) / Z) in nats from n draws of q, and its standard error."""
    with torch.no_grad():
        x, log_q = flow.sample_and_log_prob(n, seeded(103))
        terms = log_q + energy(x) + log_normaliser(energy)
    return float(terms.mean()), float(terms.std()) / math.sqrt(n)


@cache
def test_points(experiment: str) -> Tensor:
    """What the models of an experiment are judged by, (n, dim)."""
    if experiment == "plane":
        return principal_components()["test"]
    return counts(experiment).held_out()


def groups(experiment: str) -> Tensor | None:
    """Which test points stand or fall together: the patches of a block. None: each is its own."""
    return counts(experiment).groups if experiment in ("patches", "colour") else None


def standard_error(values: Tensor, groups: Tensor | None = None) -> float:
    """Of the mean of values (n,), whose groups are independent (without groups: themselves)."""
    rest = values - values.mean()
    if groups is not None:
        _, places = groups.unique(return_inverse=True)
        rest = rest.new_zeros(int(places.max()) + 1).index_add(0, places, rest)
    n = len(rest)
    return float(torch.sqrt((rest**2).sum() * n / (n - 1))) / len(values)


def count_weights(flow: Flow) -> int:
    return sum(parameter.numel() for parameter in flow.parameters())


# The record


def results() -> dict:
    """What flows.json holds: {"runs": {"patches maf 0": {...}, ...}, ...}."""
    return json.loads(RESULTS.read_text())


def load(experiment: str, model: str) -> Flow:
    """A trained flow (seed 0) from its file, which must have the sha256 on record."""
    key = f"{experiment} {model} 0"
    expected = results()["runs"][key]["weights_sha256"]
    flow = build(experiment, model, seeded(0))
    flow.load_state_dict(read_weights(FOLDER / weights_file(experiment, model), expected, COMMAND))
    return flow


def weights_file(experiment: str, model: str) -> str:
    return f"flows-{experiment}-{model}.pt"


ENERGY_ONLY = {"fit_energy", "planar", "divergence", "log_normaliser", "ENERGIES"}
LIKELIHOOD_ONLY = {"fit", "judge", "autoregressive", "real_nvp", "nice", "glow", "training_data"}


def fingerprint(experiment: str) -> str:
    """sha256 of the code an experiment depends on: `run` here, and what is imported of utils.flows.

    Comments, docstrings and blank lines do not count, nor do definitions that `run` never names
    or that only the other kind of experiment comes to.
    """
    without = LIKELIHOOD_ONLY if experiment == "energy" else ENERGY_ONLY
    imported = [name for name in flows.__all__ if name in globals()]
    here = used_code(Path(__file__), ["run"], without)
    there = used_code(Path(flows.__file__), imported)
    return hashlib.sha256(f"{here}\n{there}".encode()).hexdigest()


def seeds(experiment: str) -> tuple[int, ...]:
    return SEEDS[:2] if experiment == "colour" else SEEDS


def wanted() -> list[tuple[str, str, str, int | None]]:
    """All runs: the key on record, experiment, model, seed (None for what has no randomness)."""
    runs: list[tuple[str, str, str, int | None]] = []
    for experiment, models in MODELS.items():
        for model in models:
            if model in BASELINES:
                runs.append((f"{experiment} {model}", experiment, model, None))
            else:
                runs += [(f"{experiment} {model} {k}", experiment, model, k) for k in seeds(experiment)]
    return runs


def main() -> None:
    torch.set_num_threads(1)
    record = results() if RESULTS.exists() else {"code": {}, "runs": {}}
    record["command"] = COMMAND
    for experiment in MODELS:
        if record["code"].get(experiment) != fingerprint(experiment):
            record["code"][experiment] = fingerprint(experiment)
            for key in [key for key in record["runs"] if key.startswith(f"{experiment} ")]:
                del record["runs"][key]
    complete(RESULTS, record, [(key, partial(job, *which)) for key, *which in wanted()])


def job(experiment: str, model: str, seed: int | None, tell) -> dict:
    found, flow = run(experiment, model, seed, tell)
    if seed == 0 and (experiment, model) in KEPT:
        found["weights_sha256"] = write_weights(FOLDER / weights_file(experiment, model), flow)
    return found


if __name__ == "__main__":
    main()
