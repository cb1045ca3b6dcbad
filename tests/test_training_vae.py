"""What chapters/training/vae.py has on record follows from its code and its weights, and its parts do what they say."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from training import vae as training

torch.set_num_threads(1)
RECORD = training.results()
RUNS = RECORD["runs"]
TEST = training.digits()["test"]


def test_the_record_is_that_of_the_present_code():
    assert RECORD["code"] == training.code(), f"stale: run `{RECORD['command']}` again"
    assert training.RESULTS.read_text() == json.dumps(RECORD, indent=1, sort_keys=True) + "\n"


def test_every_run_is_on_record_and_the_docstring_states_command_and_time():
    assert set(RUNS) == {f"{latent} {seed}" for latent in training.LATENTS for seed in training.SEEDS}
    assert RECORD["cpu_minutes"] == round(sum(r["cpu_seconds"] for r in RUNS.values()) / 60, 1)
    assert RECORD["command"] in training.__doc__
    (minutes,) = re.findall(r"(\d+) minutes of CPU", training.__doc__)
    assert abs(int(minutes) - RECORD["cpu_minutes"]) <= 1


@pytest.mark.parametrize("latent", training.KEPT)
def test_kept_weights_give_the_numbers_on_record(latent):
    again, found = training.judge(training.load(latent)), RUNS[f"{latent} 0"]
    assert again == pytest.approx({name: found[name] for name in again}, rel=1e-6)


def test_changed_weights_are_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "FOLDER", tmp_path)
    name = training.weights_file(2)
    content = bytearray((Path(training.__file__).parent / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=rf"`{name}` must have sha256 \w+ \(got \w+\): restore it from git, or train"):
        training.load(2)


def test_the_kept_files_are_small_and_all_in_use():
    files = sorted(Path(training.__file__).parent.glob("vae-*.pt"))
    assert [f.name for f in files] == sorted(training.weights_file(latent) for latent in training.KEPT)
    assert sum(f.stat().st_size for f in files) < 200_000


def test_training_is_deterministic_and_raises_the_bound():
    first, second = (training.trained(2, 5, steps=5).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    reached = [float(training.bounds(training.trained(2, 5, steps=n), TEST[:50], 1, 0).mean()) for n in (1, 200)]
    assert reached[1] > reached[0] + 5


def test_the_parts_of_the_digits_are_apart_and_binary():
    found = training.digits()
    assert [len(found[part]) for part in ("train", "test", "train_label", "test_label")] == [1498, 299, 1498, 299]
    assert set(torch.cat([found["train"], found["test"]]).unique().tolist()) == {0.0, 1.0}


def test_log_weights_are_torchs_densities():
    model = training.load(2)
    noise = torch.randn(3, 4, 2, dtype=torch.float64, generator=training.seeded(0))
    with torch.no_grad():
        mean, sd = (part.unsqueeze(1) for part in model.encode(TEST[:3]))
        z = mean + sd * noise
        pixels = torch.distributions.Bernoulli(logits=model.decoder(z))
        expected = pixels.log_prob(TEST[:3].unsqueeze(1)).sum(-1)
        expected += torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(-1)
        expected -= torch.distributions.Normal(mean, sd).log_prob(z).sum(-1)
        torch.testing.assert_close(model.log_weights(TEST[:3], noise), expected)


def test_log_evidence_is_the_integral_by_scipy():
    model = training.load(1)
    x = TEST[:2]
    ours = training.log_evidence(model, x).numpy()

    def integrand(z, k):
        place = torch.tensor([z], dtype=torch.float64)
        with torch.no_grad():
            return stats.norm.pdf(z) * math.exp(float(model.log_likelihood(x[k], place)) - ours[k])

    for k in range(2):
        value, _ = integrate.quad(integrand, -8, 8, args=(k,), limit=400, points=np.linspace(-6, 6, 41))
        assert value == pytest.approx(1, abs=1e-5)


def test_log_evidence_refuses_what_it_cannot_integrate():
    with pytest.raises(ValueError, match="`model` must have 1 or 2 latent dimensions \\(got 10\\): use `bounds`"):
        training.log_evidence(training.load(10), TEST[:1])


def test_the_bound_with_an_exact_posterior_is_exact():
    """With a decoder that ignores z the posterior is the prior, and every weight is p(x)."""
    model = training.VAE(1, training.seeded(0))
    with torch.no_grad():
        model.decoder[0].weight.zero_()
        model.encoder[2].weight.zero_()
    exact = training.log_evidence(model, TEST[:5])
    for k in (1, 10):
        torch.testing.assert_close(training.bounds(model, TEST[:5], k, 0, total=10), exact, rtol=1e-6, atol=1e-6)
