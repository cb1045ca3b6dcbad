"""What chapters/training/sinkhorn.py has on record follows from its code and weights; its parts do what they say."""

import json
import re
from pathlib import Path

import numpy as np
import ot
import pytest
import torch
from training import sinkhorn as training

torch.set_num_threads(1)
RECORD = training.results()
RUNS = RECORD["runs"]


def test_the_record_is_that_of_the_present_code():
    assert RECORD["code"] == training.code(), f"stale: run `{RECORD['command']}` again"
    assert training.RESULTS.read_text() == json.dumps(RECORD, indent=1, sort_keys=True) + "\n"


def test_every_run_is_on_record_and_the_docstring_states_command_and_time():
    wanted = {
        training.key(t, debiased, k) for t in training.TEMPERATURES for debiased in (0, 1) for k in training.SEEDS
    }
    assert set(RUNS) == wanted
    assert RECORD["cpu_minutes"] == round(sum(r["cpu_seconds"] for r in RUNS.values()) / 60, 1)
    assert RECORD["command"] in training.__doc__
    (minutes,) = re.findall(r"(\d+) minutes of CPU", training.__doc__)
    assert abs(int(minutes) - RECORD["cpu_minutes"]) <= 1


@pytest.mark.parametrize("run", training.KEPT)
def test_kept_weights_give_the_numbers_on_record(run):
    again, found = training.judge(training.load(*run)), RUNS[training.key(*run, 0)]
    assert again == pytest.approx({name: found[name] for name in again}, rel=1e-6)


def test_the_kept_files_are_small_and_all_in_use():
    files = sorted(Path(training.__file__).parent.glob("sinkhorn-*.pt"))
    assert [f.name for f in files] == sorted(training.weights_file(*run) for run in training.KEPT)
    assert sum(f.stat().st_size for f in files) < 400_000


def test_barycentres_are_those_of_pots_plan():
    x, y = (torch.randn(n, 3, dtype=torch.float64, generator=training.seeded(n)) for n in (6, 9))
    cost = training.squared_distances(x, y)
    assert np.allclose(cost, ot.dist(x.numpy(), y.numpy()))
    for target, found in (
        (y, training.barycentres(x, y, 2.0, 200)),
        (x, training.own_barycentres(x, 2.0, 200)),
    ):
        plan = ot.solve_sample(x.numpy(), target.numpy(), reg=2.0, reg_type="KL", tol=1e-12, max_iter=10**4).plan
        assert np.allclose(found, 6 * plan @ target.numpy(), atol=1e-8)


def test_training_is_deterministic_and_the_two_losses_differ():
    first, second, biased = (
        training.trained(1.0, debiased, 3, steps=3).state_dict() for debiased in (True, True, False)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any(not torch.equal(first[name], biased[name]) for name in first)


def test_the_parts_of_the_digits_are_apart_and_the_references_what_they_say():
    found = training.digits()
    assert [len(found[part]) for part in ("train", "test")] == [1498, 299]
    assert found["train"].min() == 0 and found["train"].max() == 1
    references = training.reference(0)
    assert references["real"]["spread"] == pytest.approx(1, abs=0.1)
    assert training.measured(found["test"]) == pytest.approx({"w2_squared": 0, "spread": 1}, abs=1e-9)
