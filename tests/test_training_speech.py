"""Strings of spoken digits are what their labels say, padding is told apart, and scores are those of small examples."""

import itertools
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from training import speech
from training.speech import NO_WORD, batch, decode, edit_distance, encode, error_rate, every, speak, word_hit, words

from utils import audio, data

torch.set_num_threads(1)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def near(mel, wanted):
    """Whether two mels differ by noise alone: of 0.1 in each band, and never more than six times that."""
    return mel.shape == wanted.shape and float((mel - wanted).abs().max()) < 6 * speech.NOISE


# Words


def test_frames_are_standardised_over_all_english_words():
    frames = torch.cat([mel for variants in words().values() for mel in variants])
    assert frames.dtype == torch.float64 and frames.shape[1] == 32
    torch.testing.assert_close(frames.mean(0), torch.zeros(32, dtype=torch.float64), atol=1e-12, rtol=0)
    torch.testing.assert_close(frames.std(0, correction=0), torch.ones(32, dtype=torch.float64), atol=1e-12, rtol=0)
    for voice in ("fr", "it"):
        other = torch.cat([mel for variants in words(voice).values() for mel in variants])
        assert 0 < float(other.mean().abs()) < 1, "their own frames, on the English scale"
    assert float(speech.silence().max()) < float(frames.mean()) and bool((frames >= speech.silence() - 1e-9).all())


@pytest.mark.parametrize("voice", ["en", "fr", "it"])
def test_a_word_is_its_recording_at_five_speeds(voice):
    mean, sd = speech.scale()
    assert list(words(voice)) == list(speech.DIGITS)
    for digit, variants in words(voice).items():
        signal = speech.trimmed(voice)[digit]
        assert np.abs(signal).max() == pytest.approx(0.9)
        assert len(variants) == len(speech.SPEEDS)
        lengths = [len(mel) for mel in variants]
        assert lengths == sorted(lengths, reverse=True) and lengths[0] > lengths[-1]
        for mel, speed in zip(variants, speech.SPEEDS, strict=True):
            assert len(mel) == 1 + (int(len(signal) / speed) - 400) // 200
        np.testing.assert_allclose(variants[2], (audio.log_mel(signal) - mean) / sd, atol=1e-12)


def test_trimming_takes_a_piece_of_the_recording_with_nearly_all_its_energy():
    for digit, signal in data.speech().items():
        cut = speech.trimmed()[digit]
        scaled = np.abs(signal).max() / 0.9 * cut
        starts = range(0, len(signal) - len(cut) + 1, 200)
        assert sum(np.allclose(signal[k : k + len(cut)], scaled) for k in starts) == 1
        assert 0.999 < (scaled**2).sum() / (signal**2).sum() <= 1
        assert len(cut) < len(signal)


@pytest.mark.parametrize("speed", [0.5, 0.85, 1.0, 1.25])
def test_speed_shortens_a_tone_and_raises_it(speed):
    tone = np.sin(2 * np.pi * 200 * np.arange(8000) / 8000)
    found = speech.at_speed(tone, speed)
    assert len(found) == int(8000 / speed)
    peak = np.abs(np.fft.rfft(found * np.hanning(len(found)), 65536)).argmax() * 8000 / 65536
    assert peak == pytest.approx(200 * speed, abs=0.5)


# Letters


def test_texts_come_back_from_their_codes():
    assert speech.ALPHABET[4:] == sorted(set("zeroonetwothreefourfivesixseveneightnine"))
    for text in ("seven two nine", "zero", ""):
        assert decode(encode(text)) == text and int(encode(text)[-1]) == speech.END
    assert decode([*encode("six"), *encode("two")]) == "six", "up to the first END"
    assert decode([speech.BEGIN, *encode("six"), speech.PAD]) == "six"
    with pytest.raises(ValueError, match=r"`text` must be words like 'seven' and spaces \(got 'a' in 'add'\)"):
        encode("add")


def test_one_string_in_ten_is_held_out():
    strings = list(itertools.product(range(10), repeat=4))
    share = np.mean([speech.is_held_out(digits) for digits in strings])
    assert abs(share - 0.1) < 0.01
    assert speech.is_held_out((1, 2)) == speech.is_held_out([1, 2]) == speech.is_held_out(np.array([1, 2]))
    assert [d for d in strings if speech.is_held_out(d)][:3] == [(0, 0, 0, 1), (0, 0, 2, 0), (0, 0, 2, 2)]


@pytest.mark.parametrize("held_out", [True, False])
def test_no_batch_mixes_what_is_held_out_with_the_rest(held_out):
    found = batch(seeded(0), 60, 2, 4, held_out=held_out)
    assert all(speech.is_held_out(digits) == held_out for digits in found.digits)
    assert {len(digits) for digits in found.digits} == {2, 3, 4}


def test_any_string_may_be_drawn_where_held_out_is_none():
    found = batch(seeded(1), 100, 3, 3, held_out=None)
    assert 0 < sum(speech.is_held_out(digits) for digits in found.digits) < 40
    assert {digit for digits in found.digits for digit in digits} == set(range(10))


# Batches


@pytest.mark.parametrize("multiple", [1, 2, 8])
@pytest.mark.parametrize("voices", [("en",), ("en", "fr", "it")])
def test_a_batch_is_what_its_labels_say(multiple, voices):
    found = batch(seeded(2), 20, 1, 4, multiple=multiple, voices=voices)
    b, t, bands = found.mels.shape
    n = found.letters.shape[1]
    assert (b, bands) == (20, 32) and t % multiple == 0 and 0 <= t - int(found.frames.max()) < multiple
    assert n == int(found.lengths.max()) and set(found.voices) == set(voices)
    assert found.word_of_frame.shape == (b, t) and found.word_of_letter.shape == (b, n)
    for i in range(b):
        # the letters
        text, words_of_text = found.texts[i], found.texts[i].split()
        assert text == " ".join(speech.DIGITS[d] for d in found.digits[i])
        assert decode(found.letters[i]) == text and int(found.lengths[i]) == len(text) + 1
        labels = found.word_of_letter[i].tolist()
        wanted = [j for j, word in enumerate(words_of_text) for _ in word + " "][:-1]
        assert labels == wanted + [NO_WORD] * (n - len(wanted))
        assert set(found.letters[i, len(text) + 1 :].tolist()) <= {speech.PAD}
        # the frames: runs of one label, each a recorded word or a gap of one to three frames
        end, place = int(found.frames[i]), 0
        assert bool((found.mels[i, end:] == speech.silence()).all())
        assert set(found.word_of_frame[i, end:].tolist()) <= {NO_WORD}
        runs = [(j, len(list(run))) for j, run in itertools.groupby(found.word_of_frame[i, :end].tolist())]
        assert [j for j, _ in runs] == [k for j in range(len(words_of_text)) for k in (j, NO_WORD)]
        for j, length in runs:
            mel = found.mels[i, place : place + length]
            place += length
            if j == NO_WORD:
                assert 1 <= length <= 3 and near(mel, speech.silence().expand(length, -1))
                assert bool((mel >= speech.silence()).all())
            else:
                variants = words(found.voices[i])[words_of_text[j]]
                assert any(near(mel, variant) for variant in variants)


def test_masks_tell_padding_from_the_rest():
    found = batch(seeded(3), 8, 1, 4, multiple=4)
    assert found.frame_mask.shape == found.mels.shape[:2] and found.letter_mask.shape == found.letters.shape
    assert found.frame_mask.sum(1).tolist() == found.frames.tolist()
    assert torch.equal(found.letter_mask, found.letters != speech.PAD)
    assert bool(found.frame_mask[:, 0].all()) and not bool(found.frame_mask.all())
    assert bool((found.mels[~found.frame_mask] == speech.silence()).all())


def test_noise_has_its_standard_deviation_and_every_speed_and_gap_is_drawn():
    found = speak(seeded(4), [(7,)] * 200)
    noise, lengths, gaps = [], set(), set()
    for mel, labels, end in zip(found.mels, found.word_of_frame, found.frames, strict=True):
        inside = labels == 0
        (variant,) = [v for v in words()["seven"] if len(v) == int(inside.sum())]
        noise.append((mel[inside] - variant).flatten())
        lengths.add(len(variant))
        gaps.add(int(end - inside.sum()))
    noise = torch.cat(noise)
    assert float(noise.std()) == pytest.approx(0.1, rel=0.02) and abs(float(noise.mean())) < 0.002
    assert lengths == {len(v) for v in words()["seven"]} and gaps == {1, 2, 3}


def test_batches_follow_from_their_generator():
    first, again, other = (batch(seeded(s), 4, 2, 4) for s in (5, 5, 6))
    assert first.digits == again.digits != other.digits and torch.equal(first.mels, again.mels)
    state = torch.random.get_rng_state()
    batch(seeded(7), 2, 1, 2)
    assert torch.equal(torch.random.get_rng_state(), state), "no other generator is used"


def test_words_are_not_changed_by_a_batch():
    before = words()["two"][0].clone()
    found = speak(seeded(8), [(2, 2, 2)])
    found.mels.zero_()
    assert torch.equal(words()["two"][0], before) and float(speech.silence().abs().min()) > 0


def test_labels_of_steps_and_blocks_are_those_of_their_middle_frames():
    labels = torch.arange(12).reshape(1, 12)
    assert every(labels, 1).tolist() == labels.tolist()
    assert every(labels, 2).tolist() == [[1, 3, 5, 7, 9, 11]] and every(labels, 4).tolist() == [[2, 6, 10]]


# Scores


def test_word_hit_of_perfect_uniform_and_wrong_alignments():
    found = speak(seeded(9), [(1, 2, 3, 4), (5, 6)], multiple=2)
    query, key = every(found.word_of_frame, 2), found.word_of_letter
    same = (query[:, :, None] == key[:, None]) & (query != NO_WORD)[:, :, None]
    perfect = same / same.sum(-1, keepdim=True).clamp(min=1)
    assert word_hit(perfect, query, key) == pytest.approx(1)
    uniform = found.letter_mask[:, None, :] / found.lengths[:, None, None]
    assert word_hit(uniform.expand(-1, query.shape[1], -1), query, key) == pytest.approx(
        sum(float((key[i] == j).sum() / found.lengths[i]) for i in range(2) for j in query[i][query[i] >= 0].tolist())
        / int((query >= 0).sum())
    )
    assert word_hit(~same / (~same).sum(-1, keepdim=True), query, key) == 0


def test_word_hit_by_hand_leaves_silence_and_padding_out():
    alignment = torch.tensor([[[0.5, 0.25, 0.25], [0.1, 0.2, 0.7], [0.0, 0.0, 1.0]]], dtype=torch.float64)
    assert word_hit(alignment, torch.tensor([[0, 1, -1]]), torch.tensor([[0, 1, -1]])) == pytest.approx((0.5 + 0.2) / 2)
    assert word_hit(alignment, torch.tensor([[-1, -1, 1]]), torch.tensor([[0, 0, 1]])) == pytest.approx(1)


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [
        ("", "", 0),
        ("", "abc", 3),
        ("kitten", "sitting", 3),
        ("flaw", "lawn", 2),
        ("two", "two", 0),
        ([1, 2], [2, 1], 2),
    ],
)
def test_edit_distance_of_known_pairs(first, second, distance):
    assert edit_distance(first, second) == edit_distance(second, first) == distance


texts = st.text(alphabet="ab ", max_size=6)


@given(texts, texts, texts)
def test_edit_distance_is_a_metric_and_agrees_with_its_recursion(x, y, z):
    def slow(a, b):
        if not a or not b:
            return len(a) + len(b)
        return min(slow(a[1:], b) + 1, slow(a, b[1:]) + 1, slow(a[1:], b[1:]) + (a[0] != b[0]))

    assert edit_distance(x, z) <= edit_distance(x, y) + edit_distance(y, z)
    assert (edit_distance(x, y) == 0) == (x == y)
    assert edit_distance(x[:4], y[:4]) == slow(x[:4], y[:4])


def test_error_rate_counts_edits_over_wanted_letters():
    assert error_rate(["two", "sx"], ["two", "six"]) == pytest.approx(1 / 6)
    assert error_rate(["", ""], ["two", "six"]) == 1 and error_rate(["twotwo"], ["two"]) == 1


# Sound


def test_a_word_comes_back_as_sound_with_nearly_its_mel():
    mel = words()["seven"][2]
    found = speech.synthesise(mel)
    assert len(found) == (len(mel) - 1) * 200 + 400 and 0.1 < np.abs(found).max() <= 1
    mean, sd = speech.scale()
    again = torch.tensor((audio.log_mel(found) - mean) / sd)
    nearest = {digit: min(map(float, _differences(again, variants))) for digit, variants in words().items()}
    assert min(nearest, key=nearest.get) == "seven" and nearest["seven"] < 0.35, nearest
    np.testing.assert_array_equal(found, speech.synthesise(mel.numpy()))


def _differences(mel, variants):
    """Mean absolute differences from those variants that are as long, or infinity."""
    return [(mel - v).abs().mean() if mel.shape == v.shape else torch.tensor(torch.inf) for v in variants]


def test_silence_stays_silent():
    assert np.abs(speech.synthesise(speech.silence().repeat(5, 1))).max() < 1e-3


def test_a_recording_is_its_words_with_pauses():
    found = speech.recording((7, 2), "it", gap=3)
    first, second = (speech.trimmed("it")[digit] for digit in ("seven", "two"))
    np.testing.assert_array_equal(found, np.concatenate([first, np.zeros(600), second, np.zeros(600)]))


# The record


def test_the_code_names_what_batches_depend_on(tmp_path, monkeypatch):
    before = speech.code()
    assert re.fullmatch(r"[0-9a-f]{16} [0-9a-f]{16} [0-9a-f]{16}", before)
    source = speech.Path(speech.__file__).read_text(encoding="utf-8")
    for old, new, changes in [
        ("NOISE = 0.1", "NOISE = 0.2", True),
        ("GAPS = (1, 3)", "GAPS = (1, 4)", True),
        ("TRIM = -35.0", "TRIM = -30.0", True),
        ("crc32", "adler32", True),
        ("iterations: int = 60", "iterations: int = 50", False),
        ("# one block more at the end", "# a block more at the end", False),
    ]:
        assert old in source
        copy = tmp_path / "speech.py"
        copy.write_text(source.replace(old, new), encoding="utf-8")
        monkeypatch.setattr(speech, "__file__", str(copy))
        assert (speech.code() != before) == changes, old


# Bad input

ALIGNMENT = torch.full((2, 3, 4), 0.25)
LABELS = torch.zeros(2, 3), torch.zeros(2, 4)

BAD = {
    "no words": (lambda: batch(seeded(0), 2, 0, 3), r"`low` and `high` must satisfy 1 <= low <= high \(got 0 and 3\)"),
    "low above high": (lambda: batch(seeded(0), 2, 4, 3), r"1 <= low <= high \(got 4 and 3\)"),
    "no strings": (lambda: batch(seeded(0), 0, 1, 2), r"`size` and `multiple` must be at least 1 \(got 0 and 1\)"),
    "multiple": (lambda: batch(seeded(0), 1, 1, 2, multiple=0), r"`size` and `multiple` .* \(got 1 and 0\)"),
    "voice": (lambda: batch(seeded(0), 1, 1, 2, voices=("de",)), r"`voice` must be one of en, fr, it \(got 'de'\)"),
    "empty string": (lambda: speak(seeded(0), [(1,), ()]), r"`strings` must hold strings of one digit or more \(got"),
    "nothing to say": (lambda: speak(seeded(0), []), r"`strings` must hold strings of one digit or more \(got \[\]\)"),
    "odd length": (
        lambda: every(torch.zeros(2, 7), 2),
        r"`r` must divide the 7 frames \(got 2\): make the batch with multiple=r",
    ),
    "no factor": (lambda: every(torch.zeros(2, 8), 0), r"`r` must divide the 8 frames \(got 0\)"),
    "alignment transposed": (
        lambda: word_hit(ALIGNMENT.mT, *LABELS),
        r"`word_of_query` and `word_of_key` must have shapes \(2, 4\) and \(2, 3\), those of the alignment \(got "
        r"\(2, 3\) and \(2, 4\)\)",
    ),
    "silence": (lambda: word_hit(ALIGNMENT, LABELS[0] - 1, LABELS[1]), r"`word_of_query` must hold a word \(got sil"),
    "one text too few": (
        lambda: error_rate(["two"], ["two", "six"]),
        r"`found` and `wanted` must be as many.*1, 2",
    ),
    "nothing wanted": (lambda: error_rate([""], [""]), r"and something must be wanted"),
    "other bands": (
        lambda: speech.synthesise(torch.zeros(5, 80)),
        r"`mel` must have shape \(frames, 32\) \(got \(5, 80\)\): one string, without padding",
    ),
    "a batch of mels": (
        lambda: speech.synthesise(torch.zeros(2, 5, 32)),
        r"`mel` must have .*\(got \(2, 5, 32\)",
    ),
    "NaN": (lambda: speech.synthesise(torch.full((5, 32), torch.nan)), r"`mel` must be finite \(got nan at \[0, 0\]\)"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    call, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        call()
