"""Trains the variational autoencoders of chapters/reparameterization.ipynb on binarised digits.

    python -m chapters.training.vae

from the book's folder: 3 minutes of CPU on one thread, latent dimensions 1, 2, 5, 10 and 20, seeds
0 to 4 for each. What each run reaches on the test digits goes to vae.json beside this file, with
its CPU time, and the weights of three runs of seed 0 to *.pt. A run that is on record for the
present code is not repeated.

A page takes from here, after `from training import vae as training`: `results()`, `load(2)`, `digits`,
`bounds` and `log_evidence` (what is on record, measured again), and `trained(2, seed=0, steps=300)`,
which takes a second.
"""

import json
import math
from functools import cache, partial
from pathlib import Path

import torch
from torch import Generator, Tensor, nn
from utils import data

from .flows import count_weights, seeded, standard_error
from .record import begin, complete, fingerprint, read_weights, write_weights

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "vae.json"
COMMAND = "python -m chapters.training.vae"
LATENTS = (1, 2, 5, 10, 20)
SEEDS = (0, 1, 2, 3, 4)
DRAWS = (1, 10, 100, 1000)
"""The numbers k of draws in the bounds IWAE-k."""
KEPT = (1, 2, 10)
"""The latent dimensions whose weights are kept, those of seed 0."""
SIZES = {"steps": 3500, "batch": 100, "rate": 2e-3}
PIXELS, HIDDEN = 64, 64
LOG_2PI = math.log(2 * math.pi)


@cache
def digits() -> dict[str, Tensor]:
    """Pixels of at least half the full ink are 1, others 0: train (1498, 64), test (299, 64), and labels."""
    source = data.digits()
    pixels = (torch.tensor(source["pixels"]) >= 8).double()
    labels = torch.tensor(source["digit"])
    test = torch.arange(len(pixels)) % 6 == 3
    return {"train": pixels[~test], "test": pixels[test], "train_label": labels[~test], "test_label": labels[test]}


def layer(inputs: int, outputs: int, generator: Generator) -> nn.Linear:
    """A linear layer in float64, uniform weights of PyTorch's own width."""
    made = nn.Linear(inputs, outputs, dtype=torch.float64)
    with torch.no_grad():
        made.weight.copy_(2 * torch.rand(made.weight.shape, dtype=torch.float64, generator=generator) - 1)
        made.weight /= math.sqrt(inputs)
        made.bias.zero_()
    return made


class VAE(nn.Module):
    """One hidden layer each way: a normal encoder q(z | x), a standard normal prior, Bernoulli pixels."""

    def __init__(self, latent: int, generator: Generator) -> None:
        super().__init__()
        self.latent = latent
        self.encoder = nn.Sequential(layer(PIXELS, HIDDEN, generator), nn.Tanh(), layer(HIDDEN, 2 * latent, generator))
        self.decoder = nn.Sequential(layer(latent, HIDDEN, generator), nn.Tanh(), layer(HIDDEN, PIXELS, generator))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of q(z | x), each (n, latent)."""
        mean, log_sd = self.encoder(x).chunk(2, dim=-1)
        return mean, log_sd.exp()

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x | z) for x (..., 64) and z (..., latent)."""
        logits = self.decoder(z)
        return (x * logits - nn.functional.softplus(logits)).sum(-1)

    def elbo(self, x: Tensor, noise: Tensor) -> Tensor:
        """One-draw estimate of the bound at each x, with the divergence from the prior in closed form."""
        mean, sd = self.encode(x)
        divergence = (mean**2 + sd**2 - 1 - 2 * sd.log()).sum(-1) / 2
        return self.log_likelihood(x, mean + sd * noise) - divergence

    def log_weights(self, x: Tensor, noise: Tensor) -> Tensor:
        """log p(x, z) - log q(z | x) at z = mean + sd noise: noise (n, k, latent) gives (n, k)."""
        mean, sd = (part.unsqueeze(1) for part in self.encode(x))
        z = mean + sd * noise
        log_prior = -(z**2 + LOG_2PI).sum(-1) / 2
        log_q = (-(noise**2 + LOG_2PI) / 2 - sd.log()).sum(-1)
        return self.log_likelihood(x.unsqueeze(1), z) + log_prior - log_q


def trained(latent: int, seed: int, tell=None, **sizes) -> VAE:
    """The autoencoder of a run, its weights rounded to single precision: so they are kept, and measured."""
    sizes = SIZES | sizes
    generator = seeded(seed)
    model = VAE(latent, generator)
    train = digits()["train"]
    optimiser = torch.optim.Adam(model.parameters(), lr=sizes["rate"])
    for step in range(1, sizes["steps"] + 1):
        x = train[torch.randint(len(train), (sizes["batch"],), generator=generator)]
        noise = torch.randn(len(x), latent, dtype=torch.float64, generator=generator)
        loss = -model.elbo(x, noise).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if tell and step % 500 == 0:
            tell(f"step {step} of {sizes['steps']}, ELBO {-loss.item():.2f}")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.float())
    return model


def bounds(model: VAE, x: Tensor, k: int, seed: int, total: int = 1000) -> Tensor:
    """IWAE-k of Burda et al. (2016), section 3, at each row of x (n,): the mean over total / k groups of k draws."""
    generator = seeded(seed)
    with torch.no_grad():
        parts = []
        for part in x.split(50):
            noise = torch.randn(len(part), total, model.latent, dtype=torch.float64, generator=generator)
            groups = model.log_weights(part, noise).unflatten(1, (total // k, k))  # (n, groups, k)
            parts.append((torch.logsumexp(groups, -1) - math.log(k)).mean(1))
        return torch.cat(parts)


def log_evidence(model: VAE, x: Tensor) -> Tensor:
    """log p(x) at each row of x (n,), by the trapezoidal rule over one or two latent dimensions."""
    if model.latent > 2:
        raise ValueError(
            f"`model` must have 1 or 2 latent dimensions (got {model.latent}): use `bounds` with a large k"
        )
    points = 4001 if model.latent == 1 else 201
    line = torch.linspace(-6, 6, points, dtype=torch.float64)
    z = torch.cartesian_prod(*[line] * model.latent).reshape(-1, model.latent)
    log_prior = -(z**2 + LOG_2PI).sum(-1) / 2 + model.latent * math.log(12 / (points - 1))
    with torch.no_grad():
        logits = model.decoder(z)
        log_rest = log_prior - nn.functional.softplus(logits).sum(-1)
        return torch.cat([torch.logsumexp(part @ logits.T + log_rest, -1) for part in x.split(50)])


def judge(model: VAE) -> dict:
    """Means over the test digits: each bound, and where quadrature reaches, the log evidence itself."""
    test, train = digits()["test"], digits()["train"]
    found = {f"iwae_{k}": bounds(model, test, k, 200 + k) for k in DRAWS}
    numbers = {name: float(values.mean()) for name, values in found.items()}
    numbers["standard_error"] = standard_error(found["iwae_1"])
    numbers["train_elbo"] = float(bounds(model, train, 1, 300, total=50).mean())
    if model.latent <= 2:
        numbers["log_evidence"] = float(log_evidence(model, test).mean())
    return numbers


# The record


def results() -> dict:
    """What vae.json holds: {"runs": {"2 0": {"iwae_1": ..., ...}, ...}, ...}, a run a latent dimension and seed."""
    return json.loads(RESULTS.read_text())


def weights_file(latent: int) -> str:
    return f"vae-{latent}.pt"


def load(latent: int) -> VAE:
    """A trained autoencoder (seed 0) from its file, which must have the sha256 on record."""
    expected = results()["runs"][f"{latent} 0"]["weights_sha256"]
    model = VAE(latent, seeded(0))
    model.load_state_dict(read_weights(FOLDER / weights_file(latent), expected, COMMAND))
    return model


def code() -> str:
    """sha256 of the code that a run depends on, without comments and docstrings."""
    return fingerprint(Path(__file__), ["trained", "judge"])


def main() -> None:
    torch.set_num_threads(1)
    record = begin(RESULTS, code(), COMMAND)
    wanted = [(latent, seed) for latent in LATENTS for seed in SEEDS]
    complete(RESULTS, record, [(f"{latent} {seed}", partial(job, latent, seed)) for latent, seed in wanted])


def job(latent: int, seed: int, tell) -> dict:
    model = trained(latent, seed, tell)
    found = judge(model) | {"weights": count_weights(model)}
    if seed == 0 and latent in KEPT:
        found["weights_sha256"] = write_weights(FOLDER / weights_file(latent), model)
    return found


if __name__ == "__main__":
    main()
