"""What chapters/training/voice.py has on record follows from its code and weights, and its parts do what they say."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from training import voice as training

from utils import audio, data

torch.set_num_threads(1)
RECORD = training.results()
RUNS = RECORD["runs"]


def test_the_record_is_that_of_the_present_code():
    assert RECORD["code"] == training.code(), f"stale: run `{RECORD['command']}` again"
    assert training.RESULTS.read_text() == json.dumps(RECORD, indent=1, sort_keys=True) + "\n"


def test_every_run_is_on_record_and_the_docstring_states_command_and_time():
    wanted = {f"wavenet {depth} {seed}" for depth in training.DEPTHS for seed in training.SEEDS}
    assert set(RUNS) == wanted | {f"styles {seed}" for seed in training.SEEDS} | {"mel"}
    assert RECORD["cpu_minutes"] == round(sum(r["cpu_seconds"] for r in RUNS.values()) / 60, 1)
    assert RECORD["command"] in training.__doc__
    (minutes,) = re.findall(r"(\d+) minutes of CPU", training.__doc__)
    assert abs(int(minutes) - RECORD["cpu_minutes"]) <= 1


def test_kept_weights_give_the_numbers_on_record():
    assert training.bits(training.load_vocoder()) == pytest.approx(RUNS["mel"]["bits"], rel=1e-6)
    again = training.judge_styles(training.load_styles())
    assert again == pytest.approx({name: RUNS["styles 0"][name] for name in again}, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "load"), [("voice-mel.pt", training.load_vocoder), ("voice-styles.pt", training.load_styles)]
)
def test_changed_weights_are_noticed(name, load, tmp_path, monkeypatch):
    content = bytearray((Path(training.__file__).parent / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(training, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=rf"`{name}` must have sha256 \w+ \(got \w+\): restore it from git, or train"):
        load()


def test_the_kept_files_are_small_and_all_in_use():
    files = sorted(Path(training.__file__).parent.glob("voice-*.pt"))
    assert [f.name for f in files] == ["voice-mel.pt", "voice-styles.pt"]
    assert sum(f.stat().st_size for f in files) < 400_000


def test_training_is_deterministic_and_lowers_the_bits():
    small = {"batch": 2, "crop": 128}
    first, second = (training.vocoder_trained(2, 5, steps=3, **small).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    reached = [training.bits(training.vocoder_trained(2, 5, steps=n, **small), ("nine",)) for n in (1, 30)]
    assert reached[1] < reached[0] - 0.2


def test_styles_are_deterministic_and_learn():
    first, second = (training.styles_trained(5, steps=3).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    few, more = (training.judge_styles(training.styles_trained(5, steps=n)) for n in (1, 200))
    assert more["own"] < few["own"] - 0.2 and more["other"] > more["own"] + 0.2


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_a_wavenet_is_causal_and_sees_as_far_as_it_says(depth):
    model = training.WaveNet(depth, training.seeded(1))
    past = torch.rand(1, 80, dtype=torch.float64, generator=training.seeded(2)).requires_grad_()
    model(past)[0, 60, 0].backward()
    (moved_by,) = torch.nonzero(past.grad[0], as_tuple=True)
    assert moved_by.tolist() == list(range(60 - 2**depth + 1, 61)) and model.field == 2**depth


def test_a_layer_is_torchs_dilated_convolution():
    model = training.WaveNet(3, training.seeded(1))
    x = torch.randn(2, 20, training.CHANNELS, dtype=torch.float64, generator=training.seeded(2))
    late = torch.nn.functional.pad(x, (0, 0, 4, 0))[:, :20]
    ours = model.gates[2](torch.cat([late, x], -1))
    taps = torch.stack(model.gates[2].weight.chunk(2, 1), -1)  # (out, in, 2): the late tap first
    padded = torch.nn.functional.pad(x.transpose(1, 2), (4, 0))
    theirs = torch.nn.functional.conv1d(padded, taps, model.gates[2].bias, dilation=4).transpose(1, 2)
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("bands", [0, audio.BANDS])
def test_the_fast_sampler_draws_from_the_networks_own_predictions(bands):
    model = training.WaveNet(4, training.seeded(1), bands)
    mel = torch.randn(60, audio.BANDS, dtype=torch.float64, generator=training.seeded(2))
    said = training.say(model, mel, np.random.default_rng(0))
    code = torch.tensor(audio.mu_law(said))
    before = torch.cat([torch.tensor([training.LEVELS // 2]), code[:-1]])
    # the sampler starts from empty rings, the network from zeros before the first sample
    with torch.no_grad():
        logits = model(training.scaled(before)[None], mel[None] if bands else None)[0]
    chances = torch.softmax(logits, -1).cumsum(-1).numpy()
    drawn = np.random.default_rng(0).random(60)
    again = [int(np.searchsorted(row, u * row[-1])) for row, u in zip(chances, drawn, strict=True)]
    assert again == code.tolist()


def test_codes_and_spectra_have_the_same_times():
    for digit in training.TESTED:
        code, mel = training.codes(digit)
        assert code.shape == (len(mel),) == data.speech()[digit].shape and mel.shape[1] == audio.BANDS
        assert code.min() >= 0 and code.max() < training.LEVELS


def test_bits_are_the_log_loss_of_scipy():
    model = training.load_vocoder()
    code, mel = training.codes("nine")
    with torch.no_grad():
        chances = torch.softmax(model(training.scaled(code[None, :-1]), mel[None, 1:])[0], -1).numpy()
    right = chances[np.arange(len(code) - 1), code[1:].numpy()]
    assert training.bits(model, ("nine",)) == pytest.approx(-np.log2(right).mean(), rel=1e-9)


def test_style_weights_sum_to_one_and_speak_at_the_length_they_give():
    model = training.load_styles()
    mel, length = training.mels()
    with torch.no_grad():
        weights = model.weights(mel[0])
    torch.testing.assert_close(weights.sum(-1), torch.ones(10, dtype=torch.float64))
    spoken = training.speak(model, 7, weights[3])
    assert spoken.shape[1] == audio.BANDS and abs(math.log(len(spoken)) - float(length[0, 7])) < 0.2


def test_stretching_keeps_the_ends_and_the_number_of_frames():
    ramp = np.linspace(0, 1, 7)[:, None] * np.ones(3)
    found = training.stretched(ramp, 13)
    np.testing.assert_allclose(found, np.linspace(0, 1, 13)[:, None] * np.ones(3))
