"""Trains the generators of chapters/sinkhorn.ipynb: networks that imitate handwritten digits through a transport loss.

    python -m chapters.training.sinkhorn

from the book's folder: 3 minutes of CPU on one thread, three temperatures, each with and without the two terms
that take the entropic bias away, seeds 0 to 2. What each run reaches on the test digits goes to sinkhorn.json
beside this file, with its CPU time, and the weights of the runs of seed 0 that the page shows to *.pt. A run that
is on record for the present code is not repeated.

A page takes from here, after `from training import sinkhorn as training`: `results()`, `load(0.3, True)`, `digits`,
`judge` (what is on record, measured again) and `reference` (the same figures for real digits and for a normal law).
"""

import json
from functools import cache, partial
from pathlib import Path

import numpy as np
import ot
import torch
from torch import Generator, Tensor, nn
from utils import data

from .flows import count_weights, seeded
from .record import begin, complete, fingerprint, read_weights, write_weights
from .vae import layer

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "sinkhorn.json"
COMMAND = "python -m chapters.training.sinkhorn"
TEMPERATURES = (0.1, 1.0, 10.0)
"""In units of the squared distance of two images; two digits of the data are about 9 apart."""
SEEDS = (0, 1, 2)
KEPT = ((0.1, True), (1.0, False), (1.0, True))
"""Temperature and whether debiased: the runs whose weights are kept, those of seed 0."""
SIZES = {"steps": 2000, "batch": 128, "rate": 2e-3, "sweeps": 40, "symmetric_sweeps": 12}
PIXELS, LATENT, HIDDEN = 64, 8, 128


@cache
def digits() -> dict[str, Tensor]:
    """Grey levels from 0 to 1: train (1498, 64) and test (299, 64)."""
    pixels = torch.tensor(data.digits()["pixels"]) / 16
    test = torch.arange(len(pixels)) % 6 == 3
    return {"train": pixels[~test], "test": pixels[test]}


class Imitator(nn.Module):
    """Draws images: standard normal noise through two hidden layers, and a sigmoid for each pixel."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            layer(LATENT, HIDDEN, generator),
            nn.Tanh(),
            layer(HIDDEN, HIDDEN, generator),
            nn.Tanh(),
            layer(HIDDEN, PIXELS, generator),
            nn.Sigmoid(),
        )

    def forward(self, noise: Tensor) -> Tensor:
        return self.layers(noise)

    def draw(self, count: int, generator: Generator) -> Tensor:
        """`count` images, (count, 64)."""
        with torch.no_grad():
            return self(torch.randn(count, LATENT, dtype=torch.float64, generator=generator))


def squared_distances(x: Tensor, y: Tensor) -> Tensor:
    """Squared distances of the rows, (n, m)."""
    return ((x**2).sum(1)[:, None] + (y**2).sum(1) - 2 * x @ y.T).clamp(min=0)


def barycentres(x: Tensor, y: Tensor, temperature: float, sweeps: int) -> Tensor:
    """Where the entropic plan sends each row of x on average, after so many sweeps in the log domain."""
    scores = -squared_distances(x, y) / temperature
    f = torch.zeros(len(x), dtype=torch.float64)
    for _ in range(sweeps):
        g = -torch.logsumexp(scores + f[:, None], 0)
        f = -torch.logsumexp(scores + g, 1)
    return torch.softmax(scores + g, 1) @ y


def own_barycentres(x: Tensor, temperature: float, sweeps: int) -> Tensor:
    """The same from x to itself, where both potentials are equal and averaging two sweeps converges at once."""
    scores = -squared_distances(x, x) / temperature
    f = torch.zeros(len(x), dtype=torch.float64)
    for _ in range(sweeps):
        f = (f - torch.logsumexp(scores + f, 1)) / 2
    return torch.softmax(scores + f, 1) @ x


def trained(temperature: float, debiased: bool, seed: int, tell=None, **sizes) -> Imitator:
    """The network of a run, its weights rounded to single precision: so they are kept, and measured.

    By the envelope theorem the loss changes with an image x as 2 (x - its barycentre) says, less the same for the
    plan from the batch of images to itself if `debiased`; only that vector is passed back through the network.
    """
    sizes = SIZES | sizes
    generator = seeded(seed)
    model = Imitator(generator)
    train = digits()["train"]
    optimiser = torch.optim.Adam(model.parameters(), lr=sizes["rate"])
    for step in range(1, sizes["steps"] + 1):
        y = train[torch.randint(len(train), (sizes["batch"],), generator=generator)]
        x = model(torch.randn(sizes["batch"], LATENT, dtype=torch.float64, generator=generator))
        still = x.detach()
        away = still - barycentres(still, y, temperature, sizes["sweeps"])
        if debiased:
            away -= still - own_barycentres(still, temperature, sizes["symmetric_sweeps"])
        optimiser.zero_grad()
        x.backward(2 * away / len(x))
        optimiser.step()
        if tell and step % 200 == 0:
            tell(f"step {step} of {sizes['steps']}, mean pull {away.norm(dim=1).mean():.3f}")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.float())
    return model


def measured(images: Tensor) -> dict:
    """Squared Wasserstein distance to the test digits, exactly, and the total variance as a share of theirs."""
    test = digits()["test"]
    cost = squared_distances(images, test).numpy()
    spread = images.var(0).sum() / test.var(0).sum()
    return {"w2_squared": float(ot.emd2([], [], cost)), "spread": float(spread)}


def judge(model: Imitator) -> dict:
    """What is measured of as many draws as there are test digits."""
    return measured(model.draw(len(digits()["test"]), seeded(100)))


def reference(seed: int) -> dict:
    """The same figures for real digits of the training set, and for the normal law of their mean and covariance."""
    train, count = digits()["train"], len(digits()["test"])
    rng = np.random.default_rng(seed)
    real = train[torch.tensor(rng.choice(len(train), count, replace=False))]
    law = rng.multivariate_normal(train.mean(0).numpy(), np.cov(train.T.numpy()), count, method="eigh")
    return {"real": measured(real), "normal": measured(torch.tensor(law).clamp(0, 1))}


# The record


def results() -> dict:
    """What sinkhorn.json holds: {"runs": {"0.1 debiased 0": {"w2_squared": ..., ...}, ...}, ...}."""
    return json.loads(RESULTS.read_text())


def key(temperature: float, debiased: bool, seed: int) -> str:
    return f"{temperature:g} {'debiased' if debiased else 'biased'} {seed}"


def weights_file(temperature: float, debiased: bool) -> str:
    return f"sinkhorn-{key(temperature, debiased, 0).rsplit(' ', 1)[0].replace(' ', '-')}.pt"


def load(temperature: float, debiased: bool) -> Imitator:
    """A trained network (seed 0) from its file, which must have the sha256 on record."""
    expected = results()["runs"][key(temperature, debiased, 0)]["weights_sha256"]
    model = Imitator(seeded(0))
    model.load_state_dict(read_weights(FOLDER / weights_file(temperature, debiased), expected, COMMAND))
    return model


def code() -> str:
    """sha256 of the code that a run depends on, without comments and docstrings."""
    return fingerprint(Path(__file__), ["trained", "judge"])


def main() -> None:
    torch.set_num_threads(1)
    record = begin(RESULTS, code(), COMMAND)
    wanted = [(t, debiased, seed) for t in TEMPERATURES for debiased in (False, True) for seed in SEEDS]
    complete(RESULTS, record, [(key(*run), partial(job, *run)) for run in wanted])


def job(temperature: float, debiased: bool, seed: int, tell) -> dict:
    model = trained(temperature, debiased, seed, tell)
    found = judge(model) | {"weights": count_weights(model)}
    if seed == 0 and (temperature, debiased) in KEPT:
        found["weights_sha256"] = write_weights(FOLDER / weights_file(temperature, debiased), model)
    return found


if __name__ == "__main__":
    main()
