"""What chapters/training/tacotron.py has on record follows from code and weights; the model does what it says."""

import doctest
import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from training import speech
from training import tacotron as training

torch.set_num_threads(1)
RECORD = training.results()
RUNS = RECORD["runs"]


def run(attention: str, r: int, special: str = "", seed: int = 0) -> dict:
    return RUNS[f"{training.name_of(attention, r, special)} seed={seed}"]


def batch(size: int = 3) -> speech.Batch:
    return speech.batch(training.seeded(5), size, 1, 3, multiple=4)


def model(attention: str = "location", r: int = 2, bug: bool = False) -> training.Tacotron:
    return training.model_of(attention, r, training.seeded(1), bug).double()


def test_the_record_is_that_of_the_present_code():
    assert RECORD["code"] == training.code(), f"stale: run `{RECORD['command']}` again"
    assert training.RESULTS.read_text() == json.dumps(RECORD, indent=1, sort_keys=True) + "\n"


def test_every_run_is_on_record_and_the_docstring_states_command_and_time():
    assert set(RUNS) == {f"{training.name_of(a, r, special)} seed={seed}" for a, r, seed, special in training.RUNS}
    assert RECORD["cpu_minutes"] == round(sum(r["cpu_seconds"] for r in RUNS.values()) / 60, 1)
    assert RECORD["command"] in training.__doc__
    (minutes,) = re.findall(r"(\d+) minutes of CPU", training.__doc__)
    assert abs(int(minutes) - RECORD["cpu_minutes"]) <= 1


@pytest.mark.parametrize(("attention", "r", "special"), training.KEPT)
def test_kept_models_give_the_numbers_on_record(attention, r, special):
    again, found = training.judge(training.load(attention, r, special == "bug")), run(attention, r, special)
    assert again == pytest.approx({name: found[name] for name in again}, rel=1e-6)


def test_changed_weights_are_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "FOLDER", tmp_path)
    name = training.weights_file("location", 2)
    content = bytearray((Path(training.__file__).parent / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=rf"`{name}` must have sha256 \w+ \(got \w+\): restore it from git, or train"):
        training.load("location", 2)


def test_the_kept_files_are_small_and_all_in_use():
    files = sorted(Path(training.__file__).parent.glob("tacotron-*.pt"))
    assert [f.name for f in files] == sorted(training.weights_file(*kept) for kept in training.KEPT)
    assert sum(f.stat().st_size for f in files) < 2_500_000


def test_the_goals_are_reached():
    assert run("location", 2)["short_told_hit"] > 0.9
    assert run("location", 2)["long_told_hit"] > 0.9
    assert run("location", 2, "bug")["short_told_hit"] < 0.5


def test_the_path_of_each_run_leads_to_what_is_on_record():
    for name, found in RUNS.items():
        path = found["path"]
        assert all(b[0] - a[0] == training.CHECK for a, b in pairwise(path)), name
        assert path[-1][2] == pytest.approx(found["short_told_hit"], abs=0.01), name
        assert path[-1][3] == pytest.approx(found["short_told_l1"], abs=0.01), name
        for hit in (0.5, 0.7, 0.8):
            assert found[f"updates_to_{hit}"] == training.updates_to(path, hit), name


def test_training_is_deterministic():
    first, second = (training.trained("location", 2, 7, updates=3)[0].state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("attention", ["content", "location"])
def test_training_lowers_the_loss(attention):
    _, path = training.trained(attention, 4, 7, updates=2 * training.CHECK)
    assert path[1][1] < path[0][1]


# The model


@pytest.mark.parametrize("r", [1, 2, 4])
def test_the_right_order_of_frames_is_that_of_the_formula_and_the_bug_is_another(r):
    count, rows, size = 3, 5, 2
    steps = torch.arange(count * rows * r * size).view(count, rows, r * size)
    right, wrong = training.in_order(steps, r), training.in_order(steps, r, bug=True)
    for b in range(rows):
        for t in range(count * r):
            assert right[b, t].tolist() == steps[t // r, b, (t % r) * size : (t % r + 1) * size].tolist()
    alone = steps[:, :1].contiguous()
    assert right.shape == wrong.shape and torch.equal(right, wrong) == (r == 1)
    assert torch.equal(training.in_order(alone, r, bug=True), training.in_order(alone, r))
    assert doctest.testmod(training).failed == 0


@pytest.mark.parametrize("bug", [False, True])
def test_frames_come_from_their_own_letters_unless_the_bug_is_planted(bug):
    data, speaker = batch(), model(bug=bug)
    mels = data.mels.clone().requires_grad_()
    spoken = speaker(data.letters, training.seeded(7), mels)
    (gradient,) = torch.autograd.grad(spoken.mels[0].abs().sum(), mels)
    assert gradient[0].abs().sum() > 0
    assert bool(torch.any(gradient[1:] != 0)) == bug


@pytest.mark.parametrize("attention", ["content", "location"])
def test_padding_never_leaks(attention):
    """More padding, of letters or frames, changes nothing that came before it."""
    data, speaker = batch(), model(attention)
    spoken = training.align(speaker, data)
    wider = data.letters.new_zeros(len(data.letters), data.letters.shape[1] + 4)
    wider[:, : data.letters.shape[1]] = data.letters
    again = training.align(speaker, replace(data, letters=wider))
    torch.testing.assert_close(again.mels, spoken.mels, rtol=0, atol=1e-12)
    torch.testing.assert_close(again.alignment[..., : data.letters.shape[1]], spoken.alignment, rtol=0, atol=1e-12)
    assert torch.all(again.alignment[..., data.letters.shape[1] :] == 0)
    assert torch.all(spoken.alignment.transpose(1, 2)[data.letters == speech.PAD] == 0)


def test_the_speaker_hears_only_every_rth_frame_and_only_those_before():
    data, speaker = batch(), model(r=4)
    mels = data.mels.clone().requires_grad_()
    spoken = speaker(data.letters, training.seeded(7), mels)
    (gradient,) = torch.autograd.grad(spoken.mels[:, 12:16].abs().sum(), mels)
    heard = gradient.abs().sum((0, 2)).nonzero()[:, 0].tolist()
    assert heard == [3, 7, 11]


def test_running_free_on_its_own_frames_is_being_told_them():
    data, speaker = batch(), model()
    alone = training.free_run(speaker, data.letters, 9)
    assert alone.mels.shape == (3, 10, training.BANDS) and alone.stops.shape == (3, 10)
    assert alone.alignment.shape == (3, 5, data.letters.shape[1])
    deaf = model()
    deaf.hear = lambda frames, generator: speaker.prenet[1](torch.relu(speaker.prenet[0](frames)))
    alone = training.free_run(deaf, data.letters, 10)
    told = deaf(data.letters, training.seeded(7), alone.mels)
    torch.testing.assert_close(told.mels, alone.mels, rtol=0, atol=1e-12)


def test_the_prenet_drops_half_and_keeps_the_mean():
    x = training.dropped(torch.ones(20_000, dtype=torch.float64), training.seeded(0))
    assert set(x.tolist()) == {0.0, 2.0} and float(x.mean()) == pytest.approx(1, abs=0.04)


def test_the_loss_counts_speech_and_four_frames_after_it():
    mels = torch.zeros(1, 20, training.BANDS, dtype=torch.float64)
    far = torch.full((1, 20), -50.0, dtype=torch.float64)
    far[:, 9:] = 50  # sure of the end, at the tenth frame
    spoken = training.Spoken(torch.ones_like(mels), far, torch.ones(1, 10, 1))
    length = torch.tensor([10])
    assert float(training.loss_of(spoken, mels, length, 0.3)) == pytest.approx(1)
    spoken.mels[:, 14:] = 100
    assert float(training.loss_of(spoken, mels, length, 0.3)) == pytest.approx(1)
    spoken.mels[:, 13] = 15
    assert float(training.loss_of(spoken, mels, length, 0.3)) == pytest.approx(2)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"`attention` must be 'content' or 'location' \(got 'dot'\)"):
        training.model_of("dot", 2, training.seeded(0))
    with pytest.raises(ValueError, match=r"must name one of .*got \('content', 3, ''\)"):
        training.load("content", 3)
    with pytest.raises(ValueError, match=r"`length` must be a multiple of r = 4 \(got 6\)"):
        model(r=4)(batch().letters, training.seeded(0), length=6)
