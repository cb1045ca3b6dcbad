"""What chapters/training/wae.py has on record follows from its code and its weights, and its parts do what they say."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics.pairwise import euclidean_distances
from training import wae as training

torch.set_num_threads(1)
RECORD = training.results()
RUNS = RECORD["runs"]
DIGITS = training.digits()
KEPT = [(kind, latent) for kind in training.KINDS for latent in (8, 2)]


def normals(n, d, seed, scale=1.0):
    return scale * training.normals(n, d, training.seeded(seed))


def test_the_record_is_that_of_the_present_code():
    assert RECORD["code"] == training.code(), f"stale: run `{RECORD['command']}` again"
    assert training.RESULTS.read_text() == json.dumps(RECORD, indent=1, sort_keys=True) + "\n"


def test_every_run_is_on_record_and_the_docstring_states_command_and_time():
    ten = {f"{kind} 8 {seed}" for kind in training.KINDS for seed in training.SEEDS}
    assert set(RUNS) == ten | {f"{kind} {latent} 0" for kind, latent in KEPT}
    assert RECORD["cpu_minutes"] == round(sum(r["cpu_seconds"] for r in RUNS.values()) / 60, 1)
    assert RECORD["command"] in training.__doc__
    (minutes,) = re.findall(r"(\d+) minutes of CPU", training.__doc__)
    assert abs(int(minutes) - RECORD["cpu_minutes"]) <= 1


@pytest.mark.parametrize(("kind", "latent"), KEPT)
def test_kept_weights_give_the_numbers_on_record(kind, latent):
    again, found = training.judge(training.load(kind, latent)), RUNS[f"{kind} {latent} 0"]
    assert again == pytest.approx({name: found[name] for name in again}, rel=1e-6)


def test_real_digits_give_the_floor_on_record_and_the_reader_reads():
    assert training.floor() == pytest.approx(RECORD["floor"], rel=1e-6)
    read = training.load_reader()(DIGITS["test"]).argmax(1)
    assert float((read == DIGITS["test_label"]).double().mean()) > 0.97


def test_changed_weights_are_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "FOLDER", tmp_path)
    name = training.weights_file("mmd", 2)
    content = bytearray((Path(training.__file__).parent / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    training.load.cache_clear()
    with pytest.raises(ValueError, match=rf"`{name}` must have sha256 \w+ \(got \w+\): restore it from git, or train"):
        training.load("mmd", 2)


def test_the_kept_files_are_small_and_all_in_use():
    files = sorted(Path(training.__file__).parent.glob("wae-*.pt"))
    assert [f.name for f in files] == sorted([*(training.weights_file(*kept) for kept in KEPT), "wae-reader.pt"])
    assert sum(f.stat().st_size for f in files) < 350_000


@pytest.mark.parametrize("kind", training.KINDS)
def test_training_is_deterministic_and_lowers_the_error(kind):
    first, second = (training.trained(kind, 2, 5, steps=5).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    errors = []
    for steps in (1, 200):
        model = training.trained(kind, 2, 5, steps=steps)
        with torch.no_grad():
            errors.append(float(((DIGITS["test"] - model.decoder(model.encode(DIGITS["test"])[0])) ** 2).sum(1).mean()))
    assert errors[1] < 0.7 * errors[0]


def test_the_kernel_is_the_sum_of_inverse_multiquadrics():
    x, y = normals(6, 3, 0), normals(5, 3, 1)
    r2 = euclidean_distances(x.numpy(), y.numpy(), squared=True)
    expected = sum(6 * s / (6 * s + r2) for s in training.SCALES)
    np.testing.assert_allclose(training.kernel(x, y).numpy(), expected, rtol=1e-9)


def test_the_unbiased_mmd_is_zero_on_average_under_the_null_and_not_off_it():
    null = [float(training.mmd2(normals(40, 2, k), normals(50, 2, 10_000 + k))) for k in range(400)]
    error = np.std(null, ddof=1) / np.sqrt(len(null))
    assert abs(np.mean(null)) < 5 * error and np.mean(np.array(null) < 0) > 0.4
    assert float(training.mmd2(normals(40, 2, 1, scale=3.0), normals(50, 2, 2))) > max(null)


def test_frechet_is_that_of_normal_laws():
    """On features that are moved by a constant only the means differ."""
    x = DIGITS["test"]
    assert training.frechet(x, x) == pytest.approx(0, abs=1e-6)
    with torch.no_grad():
        features = training.load_reader()[:2](x).numpy()
        other = training.load_reader()[:2](x.flip(1)).numpy()
    means = ((features.mean(0) - other.mean(0)) ** 2).sum()
    assert training.frechet(x, x.flip(1)) >= means


def test_pixel_w2_is_that_of_the_best_assignment():
    x = DIGITS["test"][:40]
    order = torch.randperm(40, generator=training.seeded(3))
    assert training.pixel_w2(x, x[order]) == pytest.approx(0, abs=1e-9)
    assert training.pixel_w2(x, x[order] + 0.1) == pytest.approx(64 * 0.01, rel=1e-6)


def test_sharpness_is_zero_on_a_ramp_and_large_on_a_checkerboard():
    ramp = torch.arange(8.0).double().repeat(8)[None] / 7
    board = ((torch.arange(64) // 8 + torch.arange(64) % 8) % 2).double()[None]
    assert training.sharpness(ramp) == pytest.approx(0, abs=1e-12)
    assert training.sharpness(board) > 10


def test_a_map_draws_its_own_mean_and_a_vae_its_law():
    x = DIGITS["test"][:1]
    plain, vae = training.load("ae", 8), training.load("vae", 8)
    with torch.no_grad():
        torch.testing.assert_close(plain.draw(x, training.seeded(0)), plain.encode(x)[0])
        mean, log_sd = vae.encode(x)
        many = (vae.draw(x.expand(20_000, -1), training.seeded(0)) - mean) / log_sd.exp()
    assert stats.kstest(many.flatten().numpy(), "norm").pvalue > 1e-6


def test_the_penalty_on_steepness_is_the_squared_slope():
    slope = torch.tensor([[3.0, 4.0]], dtype=torch.float64)
    critic = torch.nn.Linear(2, 1, dtype=torch.float64)
    with torch.no_grad():
        critic.weight.copy_(slope)
    prior, codes = normals(7, 2, 0), normals(7, 2, 1)
    apart, penalised = (training.critic_loss(critic, prior.detach(), codes, weight).item() for weight in (0.0, 2.0))
    assert penalised - apart == pytest.approx(25)


def test_an_interpolation_is_straight_and_ends_at_the_codes():
    model, (start, end) = training.load("mmd", 2), DIGITS["test"][:2]
    path, images = training.interpolation(model, start, end, n=5)
    with torch.no_grad():
        torch.testing.assert_close(path[[0, 4]], model.encode(DIGITS["test"][:2])[0])
    torch.testing.assert_close(path[2], (path[0] + path[4]) / 2)
    assert images.shape == (5, 64)
