"""Strings of spoken digits, as log-mels and as letters, for the training runs and pages of part V.

A string is some digits in one voice, each in one of five speeds, with one to three frames of silence after each. Its
text is the English words with a space between them and END behind. Where each word lies is known, in frames and in
letters, so that an alignment can be scored without anybody's ears: `word_hit`. One string in ten, by a hash of its
digits, is held out of training.

Mels are standardised: in each band, the mean over all frames of all English words is 0 and their standard deviation 1.
They are float64 tensors, 32 bands every 25 ms; `synthesise` leads from them back to sound.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor
from utils import audio, data

from .record import fingerprint

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SPEEDS = (0.85, 0.92, 1.0, 1.08, 1.15)
"""A faster word is a higher one too: its samples are only read faster."""
BANDS = audio.BANDS
PAD, BEGIN, END, SPACE = range(4)
ALPHABET = ["", "", "", " ", *sorted(set("".join(DIGITS)))]
"""What each code stands for: nothing (padding, begin, end), the space, the letters."""
NO_WORD = -1
"""The label of a frame of silence, of END and of padding."""
GAPS = (1, 3)
"""The least and the greatest number of frames of silence after a word."""
NOISE = 0.1
"""The standard deviation of the noise in each frame and band."""
TRIM = -35.0
"""A recording begins and ends where blocks of 25 ms come up to this level in dB, relative to its loudest one."""
PEAK = 0.9


# Words


@cache
def trimmed(voice: str = "en") -> dict[str, np.ndarray]:
    """The recordings of the ten digits without the silence around them, each with its peak at 0.9."""
    words = {}
    for digit, signal in data.speech(voice).items():
        blocks = signal[: len(signal) // audio.HOP * audio.HOP].reshape(-1, audio.HOP)
        level = np.sqrt((blocks**2).mean(axis=1))
        (loud,) = np.nonzero(level > 10 ** (TRIM / 20) * level.max())
        # one block more at the end, where a word dies away
        cut = signal[loud[0] * audio.HOP : (loud[-1] + 2) * audio.HOP]
        words[digit] = PEAK * cut / np.abs(cut).max()
    return words


def at_speed(signal: np.ndarray, speed: float) -> np.ndarray:
    """The signal read `speed` times as fast, by linear interpolation: 1/speed as many samples."""
    places = np.linspace(0, len(signal) - 1, int(len(signal) / speed))
    return np.interp(places, np.arange(len(signal)), signal)


@cache
def raw_words(voice: str) -> dict[str, list[np.ndarray]]:
    """Log-mels (frames, 32), not standardised, of each digit in the five speeds."""
    return {
        digit: [audio.log_mel(at_speed(signal, speed)) for speed in SPEEDS] for digit, signal in trimmed(voice).items()
    }


@cache
def scale() -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (32,) of each band over the frames of all English words."""
    frames = np.concatenate([mel for variants in raw_words("en").values() for mel in variants])  # (all frames, 32)
    return frames.mean(axis=0), frames.std(axis=0)


@cache
def words(voice: str = "en") -> dict[str, tuple[Tensor, ...]]:
    """Standardised log-mels (frames, 32) of each digit, one for each of SPEEDS. Every voice has the English scale."""
    mean, sd = scale()
    return {
        digit: tuple(torch.tensor((mel - mean) / sd) for mel in variants)
        for digit, variants in raw_words(voice).items()
    }


@cache
def silence() -> Tensor:
    """The standardised log-mel (32,) of nothing at all."""
    mean, sd = scale()
    return torch.tensor((np.log(audio.FLOOR) - mean) / sd)


# Letters


def encode(text: str) -> Tensor:
    """The codes of a text's letters, and END: (len(text) + 1,)."""
    for letter in text:
        if letter not in ALPHABET[SPACE:]:
            raise ValueError(f"`text` must be words like {DIGITS[7]!r} and spaces (got {letter!r} in {text!r})")
    return torch.tensor([ALPHABET.index(letter) for letter in text] + [END])


def decode(codes: Sequence[int] | Tensor) -> str:
    """The text that codes stand for, up to the first END."""
    letters = [int(code) for code in codes]
    if END in letters:
        letters = letters[: letters.index(END)]
    return "".join(ALPHABET[code] for code in letters)


def is_held_out(digits: Sequence[int]) -> bool:
    """Whether a string is kept from training: so are one in ten, by the CRC-32 of its digits."""
    return zlib.crc32(bytes(int(digit) for digit in digits)) % 10 == 0


# Strings and batches


@dataclass(frozen=True, eq=False)
class Batch:
    """B strings, padded: T frames, L letters, the longest's. Frames are padded with silence, letters with PAD."""

    mels: Tensor
    """(B, T, 32)"""
    frames: Tensor
    """(B,): how many frames are not padding."""
    letters: Tensor
    """(B, L): codes, END being the last that is not PAD."""
    lengths: Tensor
    """(B,): how many letters are not padding."""
    word_of_frame: Tensor
    """(B, T): 0 for the first word's frames, and so on; NO_WORD in silence and padding."""
    word_of_letter: Tensor
    """(B, L): likewise. A space belongs to the word before it; END and padding to none."""
    digits: tuple[tuple[int, ...], ...]
    voices: tuple[str, ...]

    @property
    def frame_mask(self) -> Tensor:
        """(B, T) bool: which frames are not padding."""
        return torch.arange(self.mels.shape[1]) < self.frames[:, None]

    @property
    def letter_mask(self) -> Tensor:
        """(B, L) bool: which letters are not padding."""
        return torch.arange(self.letters.shape[1]) < self.lengths[:, None]

    @property
    def texts(self) -> list[str]:
        return [text_of(digits) for digits in self.digits]


def text_of(digits: Sequence[int]) -> str:
    return " ".join(DIGITS[digit] for digit in digits)


def utterance(generator: Generator, digits: Sequence[int], voice: str = "en") -> tuple[Tensor, Tensor]:
    """A string as it is spoken, with speeds, gaps and noise drawn: mel (frames, 32) and the word of each frame."""
    mels, labels = [], []
    for j, digit in enumerate(digits):
        mel = words(voice)[DIGITS[digit]][_draw(generator, 0, len(SPEEDS) - 1)]
        gap = silence().repeat(_draw(generator, *GAPS), 1)
        # noise only raises the level of silence, which is the least there is
        mels += [mel + NOISE * _normal(generator, mel.shape), gap + (NOISE * _normal(generator, gap.shape)).abs()]
        labels += [torch.full((len(mel),), j), torch.full((len(gap),), NO_WORD)]
    return torch.cat(mels), torch.cat(labels)


def draw_digits(generator: Generator, low: int, high: int, held_out: bool | None = False) -> tuple[int, ...]:
    """From `low` to `high` random digits. Held out: only such strings (True), none of them (False), any (None)."""
    if not 1 <= low <= high:
        raise ValueError(f"`low` and `high` must satisfy 1 <= low <= high (got {low!r} and {high!r})")
    while True:
        digits = tuple(_draw(generator, 0, 9) for _ in range(_draw(generator, low, high)))
        if held_out is None or is_held_out(digits) == held_out:
            return digits


def batch(
    generator: Generator,
    size: int,
    low: int,
    high: int,
    held_out: bool | None = False,
    multiple: int = 1,
    voices: Sequence[str] = ("en",),
) -> Batch:
    """`size` random strings of `low` to `high` words, each in one of the voices.

    T is a multiple of `multiple`. `held_out` as in `draw_digits`.
    """
    if size < 1 or multiple < 1:
        raise ValueError(f"`size` and `multiple` must be at least 1 (got {size!r} and {multiple!r})")
    chosen = [draw_digits(generator, low, high, held_out) for _ in range(size)]
    return speak(generator, chosen, [voices[_draw(generator, 0, len(voices) - 1)] for _ in chosen], multiple)


def speak(
    generator: Generator, strings: Sequence[Sequence[int]], voices: Sequence[str] | None = None, multiple: int = 1
) -> Batch:
    """These strings of digits, spoken and padded; in English, where no voice is named for each."""
    if not strings or not all(len(digits) for digits in strings):
        raise ValueError(f"`strings` must hold strings of one digit or more (got {list(strings)!r})")
    voices = ["en"] * len(strings) if voices is None else voices
    spoken = [utterance(generator, digits, voice) for digits, voice in zip(strings, voices, strict=True)]
    written = [encode(text_of(digits)) for digits in strings]
    frames, lengths = (torch.tensor([len(x) for x in many]) for many in ([mel for mel, _ in spoken], written))
    b, t, n = len(strings), -(-int(frames.max()) // multiple) * multiple, int(lengths.max())
    mels = silence().repeat(b, t, 1)
    word_of_frame, word_of_letter = torch.full((b, t), NO_WORD), torch.full((b, n), NO_WORD)
    letters = torch.full((b, n), PAD)
    for i, ((mel, labels), codes) in enumerate(zip(spoken, written, strict=True)):
        mels[i, : len(mel)], word_of_frame[i, : len(mel)] = mel, labels
        letters[i, : len(codes)] = codes
        spaces = (codes == SPACE).long()
        word_of_letter[i, : len(codes) - 1] = (spaces.cumsum(0) - spaces)[:-1]  # a space is not yet the next word
    digits = tuple(tuple(int(digit) for digit in string) for string in strings)
    return Batch(mels, frames, letters, lengths, word_of_frame, word_of_letter, digits, tuple(voices))


def every(labels: Tensor, r: int) -> Tensor:
    """The labels (B, T) of the middle one of each r frames, (B, T / r): those of decoder steps or pyramid blocks."""
    if r < 1 or labels.shape[1] % r:
        raise ValueError(f"`r` must divide the {labels.shape[1]} frames (got {r!r}): make the batch with multiple=r")
    return labels[:, r // 2 :: r]


def _draw(generator: Generator, low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def _normal(generator: Generator, shape: Sequence[int]) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


# Scores


def word_hit(alignment: Tensor, word_of_query: Tensor, word_of_key: Tensor) -> float:
    """The mean weight that an alignment (B, U, L) gives to the right word's keys, over the queries inside of words.

    The words of queries are (B, U), those of keys (B, L). An alignment that knows nothing scores about one over the
    number of words.
    """
    b, u, n = alignment.shape
    if word_of_query.shape != (b, u) or word_of_key.shape != (b, n):
        raise ValueError(
            f"`word_of_query` and `word_of_key` must have shapes {(b, u)} and {(b, n)}, those of the alignment "
            f"(got {tuple(word_of_query.shape)} and {tuple(word_of_key.shape)})"
        )
    asked = word_of_query != NO_WORD  # (B, U)
    if not asked.any():
        raise ValueError("`word_of_query` must hold a word (got silence and padding alone)")
    right = word_of_query[:, :, None] == word_of_key[:, None, :]  # (B, U, L)
    return float((alignment * right).sum(-1)[asked].mean())


def edit_distance(first: Sequence[Any], second: Sequence[Any]) -> int:
    """The least number of insertions, deletions and substitutions that turn one sequence into the other."""
    row = list(range(len(second) + 1))  # from the empty beginning of `first` to each beginning of `second`
    for i, a in enumerate(first, 1):
        before, row = row, [i]
        for j, b in enumerate(second, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b)))
    return row[-1]


def error_rate(found: Sequence[Sequence[Any]], wanted: Sequence[Sequence[Any]]) -> float:
    """All edits together over all wanted lengths together: the character error rate, of texts."""
    total = sum(len(text) for text in wanted)
    if len(found) != len(wanted) or not total:
        raise ValueError(
            f"`found` and `wanted` must be as many, and something must be wanted (got {len(found)}, {len(wanted)})"
        )
    return sum(edit_distance(f, w) for f, w in zip(found, wanted, strict=True)) / total


# Sound


def synthesise(mel: Tensor | np.ndarray, iterations: int = 60) -> np.ndarray:
    """The signal of a standardised mel (frames, 32): non-negative least squares, then Griffin-Lim. Peak 1 at most."""
    found = np.asarray(mel.detach() if isinstance(mel, Tensor) else mel, dtype=float)
    if found.ndim != 2 or found.shape[1] != BANDS:
        raise ValueError(f"`mel` must have shape (frames, {BANDS}) (got {found.shape}): one string, without padding")
    mean, sd = scale()
    magnitude = audio.magnitude_from_mel(np.exp(found * sd + mean), audio.mel_filters())
    signal, _ = audio.griffin_lim(magnitude, iterations)
    return signal / max(1.0, np.abs(signal).max())


def recording(digits: Sequence[int], voice: str = "en", gap: int = 2) -> np.ndarray:
    """The real words of a string one after another, with `gap` frames of silence after each."""
    pause = np.zeros(gap * audio.HOP)
    return np.concatenate([part for digit in digits for part in (trimmed(voice)[DIGITS[digit]], pause)])


def code() -> str:
    """sha256 of the code and the recordings that batches and scores depend on, for the record of a run."""
    parts = [
        fingerprint(Path(__file__), ["batch", "word_hit", "error_rate"]),
        fingerprint(Path(audio.__file__), ["log_mel"]),
        data.speech().sha256,
    ]
    return " ".join(part[:16] for part in parts)
