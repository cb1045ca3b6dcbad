"""What chapters/training/las.py has on record follows from its code and its weights, and its parts do what they say."""

import json
import re
from pathlib import Path

import pytest
import torch
from torch import nn
from training import las as training
from training import speech

torch.set_num_threads(1)
RECORD = training.results()
RUNS = RECORD["runs"]


def frames(rows: int, steps: int, seed: int = 0, features: int = speech.BANDS) -> torch.Tensor:
    """Noise in the shape of a batch of mels."""
    return torch.randn(rows, steps, features, dtype=torch.float64, generator=training.seeded(seed))


def test_the_record_is_that_of_the_present_code():
    assert RECORD["code"] == training.code(), f"stale: run `{RECORD['command']}` again"
    assert training.RESULTS.read_text() == json.dumps(RECORD, indent=1, sort_keys=True) + "\n"


def test_every_run_is_on_record_and_the_docstring_states_command_and_time():
    assert set(RUNS) == {" ".join(map(str, run)) for run in training.RUNS}
    assert RECORD["cpu_minutes"] == round(sum(r["cpu_seconds"] for r in RUNS.values()) / 60, 1)
    assert RECORD["command"] in training.__doc__
    (minutes,) = re.findall(r"(\d+) minutes of CPU", training.__doc__)
    assert abs(int(minutes) - RECORD["cpu_minutes"]) <= 1


@pytest.mark.parametrize(("kind", "depth"), training.KEPT)
def test_kept_weights_give_the_numbers_on_record(kind, depth):
    again, found = training.judge(training.load(kind, depth)), RUNS[f"{kind} {depth} 0"]
    assert again == pytest.approx({name: found[name] for name in again}, rel=1e-6)


def test_changed_weights_are_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "FOLDER", tmp_path)
    training.load.cache_clear()
    name = training.weights_file("location", 3)
    content = bytearray((Path(training.__file__).parent / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=rf"`{name}` must have sha256 \w+ \(got \w+\): restore it from git, or train"):
        training.load("location", 3)
    training.load.cache_clear()


def test_the_kept_files_are_small_and_all_in_use():
    files = sorted(Path(training.__file__).parent.glob("las-*.pt"))
    assert [f.name for f in files] == sorted(training.weights_file(*run) for run in training.KEPT)
    assert sum(f.stat().st_size for f in files) < 2_500_000


def test_training_is_deterministic_and_learns_to_spell():
    first, second = (training.trained("content", 3, 9, updates=2).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    curve: list = []
    training.trained("location", 3, 9, curve, updates=25)
    ((updates, cross_entropy, _),) = curve
    assert updates == 25
    assert cross_entropy < 2.4  # log 14 = 2.64 for letters at random


@pytest.mark.parametrize("steps", [1, 2, 5, 8])
def test_pairs_are_frames_side_by_side_and_an_odd_one_meets_zeros(steps):
    x = frames(3, steps, features=2)
    joined, lengths = training.pairs(x, torch.tensor([steps, 1, steps]))
    padded = torch.cat([x, torch.zeros(3, steps % 2, 2)], 1)
    assert torch.equal(joined, torch.cat([padded[:, 0::2], padded[:, 1::2]], -1))
    assert lengths.tolist() == [-(-steps // 2), 1, -(-steps // 2)]


def test_a_blstm_is_torchs_on_packed_sequences():
    lengths = torch.tensor([7, 3, 1])
    ours = training.BLSTM(speech.BANDS, 5, training.seeded(0))
    torchs = nn.LSTM(speech.BANDS, 5, batch_first=True, bidirectional=True).double()
    with torch.no_grad():
        for name, weight in torchs.named_parameters():
            layer = ours.back if name.endswith("_reverse") else ours.forth
            weight.copy_(getattr(layer, name.removesuffix("_reverse")))
        packed = nn.utils.rnn.pack_padded_sequence(frames(3, 7), lengths, batch_first=True, enforce_sorted=False)
        expected, _ = nn.utils.rnn.pad_packed_sequence(torchs(packed)[0], batch_first=True)
        torch.testing.assert_close(ours(frames(3, 7), lengths), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("halve", [training.pairs, training.every_second])
@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_padding_never_leaks(depth, halve):
    """Neither what a row's padding holds nor how long its neighbours are changes the row, or its gradient."""
    listener = training.Listener(depth, halve, training.seeded(0))
    lengths = torch.tensor([29, 13])
    mels = frames(2, 29).requires_grad_()
    keys, mask = listener(mels, lengths)
    assert mask.sum(1).tolist() == [-(-29 // 2**depth), -(-13 // 2**depth)]
    keys[1].sum().backward()
    assert mels.grad[1, :13].abs().min() > 0
    assert not mels.grad[0].any() and not mels.grad[1, 13:].any()
    alone, _ = listener(mels[1:, :13], lengths[1:])
    torch.testing.assert_close(keys[1:, : alone.shape[1]], alone, rtol=0, atol=1e-12)


@pytest.mark.parametrize("lengths", [[5, 0], [5, 6], [5], [[5, 5]]])
def test_lengths_that_do_not_fit_are_refused(lengths):
    listener = training.Listener(1, training.pairs, training.seeded(0))
    with pytest.raises(ValueError, match="`lengths` must be 2 numbers from 1 to the 5 frames"):
        listener(frames(2, 5), torch.tensor(lengths))


def test_depths_and_kinds_that_there_are_not_are_refused():
    with pytest.raises(ValueError, match="`depth` must be from 0 to 3 \\(got 4\\)"):
        training.Listener(4, training.pairs, training.seeded(0))
    with pytest.raises(ValueError, match="`kind` must be one of location, content, stride \\(got 'loc'\\)"):
        training.Recogniser("loc", 0, training.seeded(0))


def test_a_letter_is_read_from_those_before_it_alone():
    """Teacher forcing shows a step the true letter before it, not its own."""
    model, batch = training.load("content", 3), training.held_out()
    with torch.no_grad():
        logits, _ = model.read(batch)
        batch.letters[:, 5], kept = 4 + (batch.letters[:, 5] - 3) % 5, batch.letters[:, 5].clone()
        changed, _ = model.read(batch)
        batch.letters[:, 5] = kept
    assert torch.equal(logits[:, :6], changed[:, :6]) and not torch.equal(logits[:, 6], changed[:, 6])


def test_what_the_best_listener_writes_is_what_was_said():
    model, batch = training.load("location", 3), training.held_out(14)
    assert training.error_rate(model, batch) < 0.05
    assert sum(a == b for a, b in zip(training.spell(model, batch), batch.texts, strict=True)) >= 12


def test_tricks_are_their_formulas():
    """On one step of an attention: sharpened weights are powers, a window is a mask, and the largest are kept."""
    model = training.load("location", 3)
    batch = training.held_out()
    (_, prepared, mask), (hidden, _, previous) = model.start(batch.mels, batch.frames)
    with torch.no_grad():
        plain = model.attend.step(hidden, prepared, previous, mask)
        sharp = training.Tricks(beta=2.0).weights(model.attend, hidden, prepared, previous, mask)
        near = training.Tricks(window=(0, 3)).weights(model.attend, hidden, prepared, previous, mask)
        top = training.Tricks(top=2).weights(model.attend, hidden, prepared, previous, mask)
    torch.testing.assert_close(sharp, plain**2 / (plain**2).sum(-1, keepdim=True))
    assert not near[:, 4:].any()
    torch.testing.assert_close(near[:, :4], plain[:, :4] / plain[:, :4].sum(-1, keepdim=True))
    assert ((top > 0).sum(-1) == 2).all()


def test_the_words_of_blocks_are_those_of_their_middle_frames():
    words = torch.tensor([[0, 0, 0, -1, 1, 1, 1, 1, 1]])
    assert training.block_words(words, 0).tolist() == words.tolist()
    assert training.block_words(words, 1).tolist() == [[0, -1, 1, 1, -1]]
    assert training.block_words(words, 2).tolist() == [[0, 1, -1]]
