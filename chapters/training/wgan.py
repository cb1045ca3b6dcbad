"""Trains the critics and the generators of chapters/wgan.ipynb on a ring of eight normal laws in the plane.

    python -m chapters.training.wgan

from the book's folder: 4 minutes of CPU on one thread, seeds 0 to 4 for everything. First the critics
alone, one for each way of holding a critic back, between two clouds that stand still. Then generators,
against a clipped critic, a penalised one and a loss-sensitive one. What each run reaches goes to
wgan.json beside this file, with its CPU time, and the weights of four runs of seed 0 to *.pt. A run that
is on record for the present code is not repeated.

A page takes from here, after `from training import wgan as training`: `results()`, `load_critic("penalty")`,
`load_gan("clip")`, `clouds`, `judge_critic` and `judge_gan` (what is on record, measured again), and
`gan("penalty", seed=0, steps=40)`, which takes a second.
"""

import json
import math
from collections.abc import Callable
from functools import cache, partial
from itertools import pairwise
from pathlib import Path

import torch
from scipy.optimize import linear_sum_assignment
from torch import Generator, Tensor, nn

from .flows import seeded
from .record import begin, complete, fingerprint, read_weights, write_weights

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "wgan.json"
COMMAND = "python -m chapters.training.wgan"
SEEDS = (0, 1, 2, 3, 4)
CRITICS = ("clip-0.01", "clip-0.1", "penalty", "one-sided", "spectral")
GANS = ("clip", "penalty", "loss-sensitive")
KEPT_CRITICS, KEPT_GANS = ("clip-0.1", "penalty"), ("clip", "penalty", "loss-sensitive")
"""Whose weights are kept, those of seed 0."""
HIDDEN, BATCH, CLOUD = 64, 128, 256
RADIUS, SPREAD = 2.0, 0.1
"""Of the ring of eight modes: its radius, and the standard deviation of each mode."""
SIZES = {"steps": 1500, "rate": 1e-3, "critic_steps": 5, "strength": 1.0}
"""Of a generator's run; the strength is the penalty's factor."""
ALONE = {"steps": 1000, "rate": 3e-3, "strength": 10.0}
"""Of a critic's run."""


# The laws, and the distance between two clouds


def ring(n: int, generator: Generator) -> Tensor:
    """n draws (n, 2) of the mixture of eight normal laws on a circle."""
    angle = torch.randint(8, (n,), generator=generator) * (math.pi / 4)
    centre = RADIUS * torch.stack([angle.cos(), angle.sin()], -1)
    return centre + SPREAD * torch.randn(n, 2, dtype=torch.float64, generator=generator)


def exact(x: Tensor, y: Tensor) -> float:
    """W1 between two clouds of equal size: a linear program, whose vertices are the permutations."""
    cost = torch.cdist(x, y).numpy()
    rows, columns = linear_sum_assignment(cost)
    return float(cost[rows, columns].mean())


@cache
def clouds() -> tuple[Tensor, Tensor, float]:
    """Two clouds that stand still, the ring and a round one in its middle, (256, 2) each, and their W1."""
    generator = seeded(100)
    x = ring(CLOUD, generator)
    y = torch.randn(CLOUD, 2, dtype=torch.float64, generator=generator)
    return x, y, exact(x, y)


# Networks


def network(sizes: list[int], generator: Generator) -> nn.Sequential:
    """ReLU layers in float64, with He's normal weights."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layer = nn.Linear(inputs, outputs, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.randn(outputs, inputs, dtype=torch.float64, generator=generator))
            layer.weight *= math.sqrt(2 / inputs)
            layer.bias.zero_()
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def critic_network(generator: Generator) -> nn.Sequential:
    return network([2, HIDDEN, HIDDEN, 1], generator)


def weights(model: nn.Module) -> list[Tensor]:
    """The weight matrices of the layers, first to last."""
    return [m.weight for m in model if isinstance(m, nn.Linear)]


def slopes(critic: nn.Module, x: Tensor) -> Tensor:
    """Length of the critic's gradient at each row of x, itself differentiable."""
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return (gradient**2).sum(-1).clamp(min=1e-24).sqrt()


def between(x: Tensor, y: Tensor, generator: Generator) -> Tensor:
    """A uniform point on the segment from each row of x to that of y."""
    t = torch.rand(len(x), 1, dtype=torch.float64, generator=generator)
    return t * x + (1 - t) * y


# Ways of holding a critic back


@torch.no_grad()
def clip(critic: nn.Module, limit: float) -> None:
    """Move every weight and bias into [-limit, limit]."""
    for parameter in critic.parameters():
        parameter.clamp_(-limit, limit)


@torch.no_grad()
def normalise(critic: nn.Module) -> None:
    """Divide each weight matrix by its largest singular value."""
    for weight in weights(critic):
        weight /= torch.linalg.matrix_norm(weight, 2)


def lead(critic: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """The critic's estimate: its mean over x less its mean over y."""
    return critic(x).mean() - critic(y).mean()


def critic_loss(way: str, strength: float, critic: nn.Module, x: Tensor, y: Tensor, generator: Generator) -> Tensor:
    """What the critic minimises. A loss-sensitive critic is minus the paper's loss function."""
    real, fake = critic(x), critic(y)
    if way == "loss-sensitive":
        margins = torch.cdist(x, y) / 2 - real + fake.T  # (n, n): one for every pair
        loss = -real.mean() + margins.clamp(min=0).mean() + real.mean() ** 2
    else:
        loss = fake.mean() - real.mean()
    if way in ("penalty", "one-sided", "loss-sensitive"):
        excess = slopes(critic, between(x, y, generator)) - 1
        if way != "penalty":
            excess = excess.clamp(min=0)
        loss = loss + strength * excess.square().mean()
    return loss


def optimiser(way: str, model: nn.Module, rate: float) -> torch.optim.Optimizer:
    """RMSProp where weights are clipped, Adam without momentum elsewhere, as in the papers."""
    if way.startswith("clip"):
        return torch.optim.RMSprop(model.parameters(), lr=rate)
    return torch.optim.Adam(model.parameters(), lr=rate, betas=(0.0, 0.9))


def hold(way: str, critic: nn.Module) -> None:
    """The part of the constraint that is put on after a step."""
    if way.startswith("clip"):
        clip(critic, float(way.partition("-")[2] or 0.1))
    if way == "spectral":
        normalise(critic)


def slow_down(optimisers: list[torch.optim.Optimizer], rate: float, done: float) -> None:
    for o in optimisers:
        o.param_groups[0]["lr"] = rate * (1 - done)


@torch.no_grad()
def rounded(model: nn.Module) -> None:
    """Round to single precision: so the weights are kept, and measured."""
    for parameter in model.parameters():
        parameter.copy_(parameter.float())


# Critics alone


def critic_alone(way: str, seed: int, **sizes) -> nn.Sequential:
    """A critic trained between the two clouds that stand still, with all their points at every step."""
    sizes = ALONE | sizes
    generator = seeded(seed)
    x, y, _ = clouds()
    critic = critic_network(generator)
    hold(way, critic)
    moves_of = optimiser(way, critic, sizes["rate"])
    for step in range(sizes["steps"]):
        slow_down([moves_of], sizes["rate"], step / sizes["steps"])
        loss = critic_loss(way, sizes["strength"], critic, x, y, generator)
        moves_of.zero_grad()
        loss.backward()
        moves_of.step()
        hold(way, critic)
    rounded(critic)
    return critic


def steepest(critic: nn.Module, points: int = 161) -> float:
    """The largest slope on a grid that covers both clouds: a lower bound on the Lipschitz constant."""
    line = torch.linspace(-4, 4, points, dtype=torch.float64)
    return float(slopes(critic, torch.cartesian_prod(line, line)).max().detach())


def judge_critic(critic: nn.Module) -> dict:
    """The estimate, the exact distance, the slopes, and how many weights sit at their limit."""
    x, y, distance = clouds()
    with torch.no_grad():
        estimate = float(lead(critic, x, y))
        every = torch.cat([w.flatten() for w in weights(critic)]).abs()
        product = torch.stack([torch.linalg.matrix_norm(w, 2) for w in weights(critic)]).prod()
    return {
        "estimate": estimate,
        "exact": distance,
        "steepest": steepest(critic),
        "product": float(product),
        "at_limit": float((every > 0.999 * every.max()).double().mean()),
    }


# Generators


def gan(way: str, seed: int, tell: Callable | None = None, **sizes) -> tuple[nn.ModuleDict, list[list[float]]]:
    """A generator and a critic trained against each other, and [step, estimate, exact W1] along the way."""
    sizes = SIZES | sizes
    generator = seeded(seed)
    model = nn.ModuleDict(
        {"generator": network([2, HIDDEN, HIDDEN, 2], generator), "critic": critic_network(generator)}
    )
    make, critic = model["generator"], model["critic"]
    hold(way, critic)
    moves = [optimiser(way, part, sizes["rate"]) for part in (make, critic)]
    path = []

    def fake(n: int = BATCH) -> Tensor:
        return make(torch.randn(n, 2, dtype=torch.float64, generator=generator))

    for step in range(sizes["steps"]):
        slow_down(moves, sizes["rate"], step / sizes["steps"])
        for _ in range(sizes["critic_steps"]):
            with torch.no_grad():
                x, y = ring(BATCH, generator), fake()
            loss = critic_loss(way, sizes["strength"], critic, x, y, generator)
            moves[1].zero_grad()
            loss.backward()
            moves[1].step()
            hold(way, critic)
        if step % 40 == 0:
            with torch.no_grad():
                x, y = ring(CLOUD, generator), fake(CLOUD)
                path.append([step, float(lead(critic, x, y)), exact(x, y)])
        moves[0].zero_grad()
        (-critic(fake()).mean()).backward()
        moves[0].step()
        if tell and step % 200 == 0:
            tell(f"step {step} of {sizes['steps']}, exact W1 {path[-1][2]:.3f}")
    rounded(model)
    return model, path


@torch.no_grad()
def generated(model: nn.ModuleDict, n: int, seed: int) -> Tensor:
    return model["generator"](torch.randn(n, 2, dtype=torch.float64, generator=seeded(seed)))


def judge_gan(model: nn.ModuleDict) -> dict:
    """Exact W1 from 1,000 generated points to 1,000 fresh ones, that of two fresh clouds, and the modes found."""
    made, real, more = generated(model, 1000, 200), ring(1000, seeded(201)), ring(1000, seeded(202))
    angles = torch.arange(8, dtype=torch.float64) * (math.pi / 4)
    centres = RADIUS * torch.stack([angles.cos(), angles.sin()], -1)
    distance, mode = torch.cdist(made, centres).min(1)
    near = distance < 3 * SPREAD
    counts = torch.bincount(mode[near], minlength=8)
    return {
        "exact": exact(made, real),
        "floor": exact(more, real),
        "near": float(near.double().mean()),
        "modes": int((counts >= 20).sum()),
    }


# The record


def results() -> dict:
    """What wgan.json holds: {"runs": {"critic penalty 0": {...}, "gan clip 0": {...}, ...}, ...}."""
    return json.loads(RESULTS.read_text())


def weights_file(kind: str, way: str) -> str:
    return f"wgan-{kind}-{way}.pt"


def _load(kind: str, way: str, model: nn.Module) -> nn.Module:
    expected = results()["runs"][f"{kind} {way} 0"]["weights_sha256"]
    model.load_state_dict(read_weights(FOLDER / weights_file(kind, way), expected, COMMAND))
    return model


def load_critic(way: str) -> nn.Module:
    """A critic (seed 0) from its file, which must have the sha256 on record."""
    return _load("critic", way, critic_network(seeded(0)))


def load_gan(way: str) -> nn.Module:
    """Generator and critic (seed 0) from their file, which must have the sha256 on record."""
    parts = {"generator": network([2, HIDDEN, HIDDEN, 2], seeded(0)), "critic": critic_network(seeded(0))}
    return _load("gan", way, nn.ModuleDict(parts))


def code() -> str:
    """sha256 of the code that a run depends on, without comments and docstrings."""
    return fingerprint(Path(__file__), ["critic_alone", "judge_critic", "gan", "judge_gan"])


def critic_job(way: str, seed: int, tell: Callable) -> dict:
    critic = critic_alone(way, seed)
    found = judge_critic(critic)
    if seed == 0 and way in KEPT_CRITICS:
        found["weights_sha256"] = write_weights(FOLDER / weights_file("critic", way), critic)
    return found


def gan_job(way: str, seed: int, tell: Callable) -> dict:
    model, path = gan(way, seed, tell)
    found = judge_gan(model) | {"path": path}
    if seed == 0 and way in KEPT_GANS:
        found["weights_sha256"] = write_weights(FOLDER / weights_file("gan", way), model)
    return found


def main() -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # weights clipped hard make numbers too small to be fast
    record = begin(RESULTS, code(), COMMAND)
    jobs = [(f"critic {way} {seed}", partial(critic_job, way, seed)) for way in CRITICS for seed in SEEDS]
    jobs += [(f"gan {way} {seed}", partial(gan_job, way, seed)) for way in GANS for seed in SEEDS]
    complete(RESULTS, record, jobs)


if __name__ == "__main__":
    main()
