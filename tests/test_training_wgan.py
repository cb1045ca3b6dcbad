"""What chapters/training/wgan.py has on record follows from its code and its weights; its parts do what they say."""

import json
import re
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from training import wgan as training

from utils import transport

torch.set_num_threads(1)
RECORD = training.results()
RUNS = RECORD["runs"]


def cloud(n: int, seed: int) -> torch.Tensor:
    return torch.randn(n, 2, dtype=torch.float64, generator=training.seeded(seed))


def test_the_record_is_that_of_the_present_code():
    assert RECORD["code"] == training.code(), f"stale: run `{RECORD['command']}` again"
    assert training.RESULTS.read_text() == json.dumps(RECORD, indent=1, sort_keys=True) + "\n"


def test_every_run_is_on_record_and_the_docstring_states_command_and_time():
    wanted = {f"critic {way} {seed}" for way in training.CRITICS for seed in training.SEEDS}
    wanted |= {f"gan {way} {seed}" for way in training.GANS for seed in training.SEEDS}
    assert set(RUNS) == wanted
    assert RECORD["cpu_minutes"] == round(sum(r["cpu_seconds"] for r in RUNS.values()) / 60, 1)
    assert RECORD["command"] in training.__doc__
    (minutes,) = re.findall(r"(\d+) minutes of CPU", training.__doc__)
    assert abs(int(minutes) - RECORD["cpu_minutes"]) <= 1


@pytest.mark.parametrize("way", training.KEPT_CRITICS)
def test_kept_critics_give_the_numbers_on_record(way):
    again, found = training.judge_critic(training.load_critic(way)), RUNS[f"critic {way} 0"]
    assert again == pytest.approx({name: found[name] for name in again}, rel=1e-6)


@pytest.mark.parametrize("way", training.KEPT_GANS)
def test_kept_generators_give_the_numbers_on_record(way):
    again, found = training.judge_gan(training.load_gan(way)), RUNS[f"gan {way} 0"]
    assert again == pytest.approx({name: found[name] for name in again}, rel=1e-6)


def test_changed_weights_are_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "FOLDER", tmp_path)
    name = training.weights_file("gan", "clip")
    content = bytearray((Path(training.__file__).parent / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=rf"`{name}` must have sha256 \w+ \(got \w+\): restore it from git, or train"):
        training.load_gan("clip")


def test_the_kept_files_are_small_and_all_in_use():
    files = sorted(Path(training.__file__).parent.glob("wgan-*.pt"))
    wanted = [training.weights_file("critic", way) for way in training.KEPT_CRITICS]
    wanted += [training.weights_file("gan", way) for way in training.KEPT_GANS]
    assert [f.name for f in files] == sorted(wanted)
    assert sum(f.stat().st_size for f in files) < 200_000


def test_training_is_deterministic():
    first, second = (training.gan("penalty", 7, steps=3)[0].state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    first, second = (training.critic_alone("one-sided", 7, steps=3).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("way", training.CRITICS)
def test_training_raises_the_estimate(way):
    x, y, _ = training.clouds()
    critics = [training.critic_alone(way, 7, steps=n) for n in (1, 60)]
    with torch.no_grad():
        before, after = (float(training.lead(critic, x, y)) for critic in critics)
    assert after > before


def test_the_exact_distance_is_the_least_over_permutations_and_that_of_pot():
    x, y = cloud(5, 1), cloud(5, 2)
    cost = torch.cdist(x, y).numpy()
    least = min(cost[range(5), list(order)].mean() for order in permutations(range(5)))
    assert training.exact(x, y) == pytest.approx(least, rel=1e-12)
    x, y, distance = training.clouds()
    uniform = np.full(len(x), 1 / len(x))
    assert distance == pytest.approx(transport.solve(torch.cdist(x, y).numpy(), uniform, uniform).primal, rel=1e-9)


def test_no_estimate_exceeds_its_bound():
    for name, run in RUNS.items():
        if name.startswith("critic"):
            assert run["estimate"] <= run["product"] * run["exact"], name
            assert run["steepest"] <= run["product"] * (1 + 1e-9), name


def test_the_ring_has_eight_modes_of_the_stated_size():
    points = training.ring(8000, training.seeded(3))
    mode = torch.round(torch.atan2(points[:, 1], points[:, 0]) / (np.pi / 4)).long() % 8
    assert torch.bincount(mode, minlength=8).min() > 850
    for k in range(8):
        inside = points[mode == k]
        centre = training.RADIUS * torch.tensor([np.cos(k * np.pi / 4), np.sin(k * np.pi / 4)])
        assert torch.allclose(inside.mean(0), centre, atol=0.02)
        assert torch.allclose(inside.std(0), torch.full((2,), training.SPREAD, dtype=torch.float64), atol=0.01)


def test_slopes_are_those_of_finite_differences_and_can_be_trained_on():
    critic, x = training.critic_network(training.seeded(4)), cloud(6, 5)
    found = training.slopes(critic, x)
    step = 1e-6 * torch.eye(2, dtype=torch.float64)
    with torch.no_grad():
        gradient = torch.stack([(critic(x + e) - critic(x - e))[:, 0] / 2e-6 for e in step], -1)
    torch.testing.assert_close(found.detach(), gradient.norm(dim=1), rtol=1e-6, atol=1e-8)
    found.sum().backward()
    assert training.weights(critic)[0].grad.abs().sum() > 0


def test_clipping_and_normalising_do_what_they_say():
    critic = training.critic_network(training.seeded(6))
    training.normalise(critic)
    norms = [np.linalg.norm(w.detach().numpy(), 2) for w in training.weights(critic)]
    assert norms == pytest.approx([1, 1, 1])
    training.hold("clip-0.01", critic)
    assert max(float(p.detach().abs().max()) for p in critic.parameters()) <= 0.01


def test_the_penalties_of_a_linear_critic_are_known():
    """With slope 3 both are (3 - 1)^2, with slope 1/2 only the two-sided one is not zero."""
    x, y = cloud(8, 1), cloud(8, 2) + 1
    for slope, two, one in ((3.0, 4.0, 4.0), (0.5, 0.25, 0.0)):
        critic = nn.Linear(2, 1, bias=False, dtype=torch.float64)
        with torch.no_grad():
            critic.weight.copy_(torch.tensor([[slope, 0.0]]))
        free = float(-training.lead(critic, x, y).detach())
        for way, penalty in (("penalty", two), ("one-sided", one), ("clip", 0.0)):
            loss = training.critic_loss(way, 10, critic, x, y, training.seeded(0))
            assert float(loss.detach()) == pytest.approx(free + 10 * penalty)


def test_the_loss_sensitive_objective_is_the_papers_with_the_sign_of_the_critic_changed():
    x, y = cloud(4, 1), cloud(4, 2)
    critic = nn.Linear(2, 1, bias=False, dtype=torch.float64)
    with torch.no_grad():
        critic.weight.copy_(torch.tensor([[0.1, -0.2]]))
        loss_x, loss_y = (-critic(points)[:, 0] for points in (x, y))
        hinges = [
            max(0.0, float(torch.dist(x[a], y[b])) / 2 + float(loss_x[a]) - float(loss_y[b]))
            for a in range(4)
            for b in range(4)
        ]
        expected = float(loss_x.mean()) + np.mean(hinges) + float(loss_x.mean()) ** 2
    found = training.critic_loss("loss-sensitive", 1, critic, x, y, training.seeded(0))
    assert float(found.detach()) == pytest.approx(expected)
