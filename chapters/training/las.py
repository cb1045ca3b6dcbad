"""Trains the recognisers of chapters/pyramidal-encoders.ipynb: spoken strings of digits in, letters out.

    python -m chapters.training.las

from the book's folder: 12 minutes of CPU on one thread. A listener (Chan et al., 2016) of four bidirectional LSTMs,
of which 0 to 3 halve the time axis, and a speller with content or location attention, trained on strings of 3 to 7
words by teacher forcing, 400 updates each. Location attention at depth 0 and 3 and content attention at depth 3: seeds
0 to 4. The other depths, and a listener that drops every second frame instead of joining pairs: seed 0. What each run
reaches on held-out strings goes to las.json beside this file, with its CPU time, and some weights of seed 0 to *.pt.
A run that is on record for the present code is not repeated. The settings were found on seeds 50
and 51. Training is in single precision, which halves its time; what is on record was measured in double precision.

A page takes from here, after `from training import las as training`: `results()`, `load("location", 3)`, `held_out`,
`read`, `spell`, `error_rate`, and `trained("location", 3, seed=0, updates=20)`, which takes seconds.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import torch
from torch import Generator, Tensor, nn
from utils import attention

from . import speech
from .flows import seeded
from .record import begin, complete, fingerprint, read_weights, write_weights
from .speech import Batch

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "las.json"
COMMAND = "python -m chapters.training.las"
SIZES = {"updates": 400, "rows": 16, "rate": 3e-3, "clip": 1.0}
WORDS = (3, 7)
LAYERS = 3  # above the first
HIDDEN, STATE, SPACE, EMBEDDING = 24, 64, 64, 32
FILTERS, WIDTH = 8, 11
LETTERS = len(speech.ALPHABET)
LONG = {14: 16, 30: 8}
"""Words in a long string, and how many such strings are read."""
EVERY = 25
"""Updates between two looks at the held-out strings."""
KINDS = ("location", "content", "stride")
RUNS = [("location", 3, 0), ("content", 3, 0), ("location", 0, 0), ("location", 1, 0), ("location", 2, 0)]
RUNS += [(kind, 3, seed) for seed in (1, 2, 3, 4) for kind in ("location", "content")]
RUNS += [("location", 0, seed) for seed in (1, 2, 3, 4)] + [("stride", 3, 0)]
RUNS += [("content", depth, 0) for depth in (2, 1, 0)]
KEPT = (("location", 0), ("location", 1), ("location", 2), ("location", 3), ("content", 3))
"""The weights of seed 0 that the page needs."""


# The listener


def present(lengths: Tensor, steps: int) -> Tensor:
    """True where a row of length lengths[b] has a step, (B, steps)."""
    return torch.arange(steps)[None] < lengths[:, None]


def turned(x: Tensor, lengths: Tensor) -> Tensor:
    """Each row (T, D) of x (B, T, D) backwards within its own length; the padding stays behind."""
    at = torch.arange(x.shape[1])[None]  # (1, T)
    index = torch.where(at < lengths[:, None], lengths[:, None] - 1 - at, at)  # (B, T)
    return x.gather(1, index[..., None].expand_as(x))


def pairs(x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Frames 2t and 2t + 1 joined: (B, T, D), (B,) to (B, ceil(T / 2), 2 D), (B,).

    An odd frame at the end is joined to zeros, in every row: what lies behind a row's length must be zero.
    """
    if x.shape[1] % 2:
        x = torch.cat([x, torch.zeros_like(x[:, :1])], 1)
    rows, steps, features = x.shape
    return x.reshape(rows, steps // 2, 2 * features), (lengths + 1) // 2


def every_second(x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Frames 2t, the others dropped: (B, T, D), (B,) to (B, ceil(T / 2), D), (B,)."""
    return x[:, ::2], (lengths + 1) // 2


class BLSTM(nn.Module):
    """An LSTM forward and one backward, side by side; (B, T, D), lengths (B,) to (B, T, 2 H), zero on padding."""

    def __init__(self, inputs: int, hidden: int, generator: Generator) -> None:
        super().__init__()
        self.forth = nn.LSTM(inputs, hidden, batch_first=True)
        self.back = nn.LSTM(inputs, hidden, batch_first=True)
        redraw(self, hidden, generator)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        there, _ = self.forth(x)  # (B, T, H)
        back, _ = self.back(turned(x, lengths))  # (B, T, H)
        both = torch.cat([there, turned(back, lengths)], -1)  # (B, T, 2 H)
        return both.masked_fill(~present(lengths, x.shape[1])[..., None], 0)


def redraw(module: nn.Module, inputs: int, generator: Generator) -> None:
    """Weights in float64, uniform within 1/sqrt(inputs) of 0, from the generator."""
    module.double()
    with torch.no_grad():
        for weight in module.parameters():
            draw = torch.rand(weight.shape, dtype=torch.float64, generator=generator)
            weight.copy_((2 * draw - 1) / math.sqrt(inputs))


class Listener(nn.Module):
    """A BLSTM and LAYERS more; the first `depth` of these read a time axis that was halved.

    (B, T, bands), lengths (B,) to (B, L, 2 H) and its mask (B, L), with L = ceil(T / 2^depth).
    """

    def __init__(self, depth: int, halve: Callable, generator: Generator) -> None:
        super().__init__()
        if not 0 <= depth <= LAYERS:
            raise ValueError(f"`depth` must be from 0 to {LAYERS} (got {depth})")
        self.depth, self.halve = depth, halve
        wide = 4 * HIDDEN if halve is pairs else 2 * HIDDEN
        inputs = [speech.BANDS] + depth * [wide] + (LAYERS - depth) * [2 * HIDDEN]
        self.layers = nn.ModuleList(BLSTM(width, HIDDEN, generator) for width in inputs)

    def forward(self, mels: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        rows, frames, _ = mels.shape
        if lengths.shape != (rows,) or lengths.min() < 1 or lengths.max() > frames:
            raise ValueError(
                f"`lengths` must be {rows} numbers from 1 to the {frames} frames of `mels` (got {lengths.tolist()})"
            )
        mels = mels.masked_fill(~present(lengths, frames)[..., None], 0)
        x = self.layers[0](mels, lengths)
        for k, layer in enumerate(self.layers[1:]):
            if k < self.depth:
                x, lengths = self.halve(x, lengths)
            x = layer(x, lengths)
        return x, present(lengths, x.shape[1])


# The speller


class Recogniser(nn.Module):
    """Listen, attend and spell: a listener, an attention, and a GRU that writes letter after letter."""

    def __init__(self, kind: str, depth: int, generator: Generator) -> None:
        super().__init__()
        if kind not in KINDS:
            raise ValueError(f"`kind` must be one of {', '.join(KINDS)} (got {kind!r})")
        self.listener = Listener(depth, every_second if kind == "stride" else pairs, generator)
        if kind == "content":
            self.attend = attention.ContentAttention(STATE, 2 * HIDDEN, SPACE, generator)
        else:
            self.attend = attention.LocationAttention(STATE, 2 * HIDDEN, SPACE, FILTERS, WIDTH, generator)
        self.letters = nn.Embedding(LETTERS, EMBEDDING)
        self.cell = nn.GRUCell(EMBEDDING + 2 * HIDDEN, STATE)
        self.spell = nn.Linear(STATE + 2 * HIDDEN, LETTERS)
        redraw(self.letters, 1, generator)
        redraw(self.cell, STATE, generator)
        redraw(self.spell, STATE + 2 * HIDDEN, generator)

    def start(self, mels: Tensor, lengths: Tensor) -> tuple:
        """What stays while letters are written (keys, prepared keys, mask), and the state before the first letter."""
        keys, mask = self.listener(mels, lengths)  # (B, L, 2 H), (B, L)
        rows = len(keys)
        state = (
            keys.new_zeros(rows, STATE),
            keys.new_zeros(rows, 2 * HIDDEN),
            attention.first_alignment(mask, keys.dtype),
        )
        return (keys, self.attend.prepare(keys), mask), state

    def step(self, letter: Tensor, fixed: tuple, state: tuple, tricks: Tricks | None = None) -> tuple[Tensor, tuple]:
        """From the last letter (B,) to what the next is read off (B, STATE + 2 H), and the new state."""
        (keys, prepared, mask), (hidden, context, previous) = fixed, state
        hidden = self.cell(torch.cat([self.letters(letter), context], 1), hidden)  # (B, STATE)
        if tricks is None:
            weights = self.attend.step(hidden, prepared, previous, mask)  # (B, L)
        else:
            weights = tricks.weights(self.attend, hidden, prepared, previous, mask)
        context = attention.context(weights, keys)  # (B, 2 H)
        return torch.cat([hidden, context], 1), (hidden, context, weights)

    def read(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Teacher forcing: logits (B, U, LETTERS) and alignments (B, U, L), each step told the true letter before."""
        fixed, state = self.start(batch.mels, batch.frames)
        last = torch.full_like(batch.letters[:, 0], speech.BEGIN)
        outputs, alignments = [], []
        for letter in batch.letters.unbind(1):
            output, state = self.step(last, fixed, state)
            outputs.append(output)
            alignments.append(state[2])
            last = letter
        return self.spell(torch.stack(outputs, 1)), torch.stack(alignments, 1)


class Tricks:
    """What Chorowski et al. (2015), section 2.2, do to a trained alignment: sharpen it by `beta`, look only within a
    `window` (steps back, steps ahead) of the last peak, and keep the `top` largest weights."""

    def __init__(self, beta: float = 1.0, window: tuple[int, int] | None = None, top: int | None = None) -> None:
        self.beta, self.window, self.top = beta, window, top

    def weights(self, attend: nn.Module, hidden: Tensor, prepared: Tensor, previous: Tensor, mask: Tensor) -> Tensor:
        """The alignment (B, L)."""
        found = attend.step(hidden, prepared, previous, mask)
        if self.window:
            mask = attention.window_mask(previous, *self.window, mask)
        if self.window or self.beta != 1:
            found = attention.sharpen(found.clamp_min(1e-300).log(), self.beta, mask)
        if self.top:
            found = attention.keep_top(found, min(self.top, found.shape[1]))
        return found


def spell(model: Recogniser, batch: Batch, tricks: Tricks | None = None) -> list[str]:
    """What the model writes of its own, the likeliest letter at each step, until END or twice the true length."""
    fixed, state = model.start(batch.mels, batch.frames)
    last = torch.full_like(batch.letters[:, 0], speech.BEGIN)
    written = []
    with torch.no_grad():
        for _ in range(2 * batch.letters.shape[1]):
            output, state = model.step(last, fixed, state, tricks)
            last = model.spell(output).argmax(-1)  # (B,)
            written.append(last)
            if (torch.stack(written) == speech.END).any(0).all():
                break
    return [speech.decode(row) for row in torch.stack(written, 1)]


# What is measured


@cache
def held_out(words: int = 0) -> Batch:
    """Strings that no run was trained on: 32 of 3 to 7 words, or LONG[words] of so many words."""
    if words:
        return speech.batch(seeded(900 + words), LONG[words], words, words, held_out=None)
    return speech.batch(seeded(900), 32, *WORDS, held_out=True)


def error_rate(model: Recogniser, batch: Batch, tricks: Tricks | None = None) -> float:
    """Edits from what the model writes to what was said, over the letters said."""
    return speech.error_rate(spell(model, batch, tricks), batch.texts)


def cross_entropy(logits: Tensor, batch: Batch) -> Tensor:
    """Nats a letter, the mean over all letters that are there."""
    there = batch.letter_mask  # (B, U)
    return nn.functional.cross_entropy(logits[there], batch.letters[there])


def block_words(words: Tensor, depth: int) -> Tensor:
    """The word in the middle of each block of 2^depth frames: (B, T) to (B, L)."""
    size = 2**depth
    padded = nn.functional.pad(words, (0, -words.shape[1] % size), value=-1)
    return padded[:, size // 2 :: size]


def heard(model: Recogniser, batch: Batch) -> dict[str, float]:
    """Cross-entropy under teacher forcing, mass on the right word, and the mean largest weight."""
    with torch.no_grad():
        logits, weights = model.read(batch)
        words = block_words(batch.word_of_frame, model.listener.depth)
        return {
            "cross_entropy": float(cross_entropy(logits, batch)),
            "hit": speech.word_hit(weights, batch.word_of_letter, words),
            "peak": float(weights.amax(-1)[batch.letter_mask].mean()),
        }


def judge(model: Recogniser) -> dict[str, float]:
    """What a model makes of the held-out strings, short and long."""
    rates = {f"errors_{words}": error_rate(model, held_out(words)) for words in LONG}
    return heard(model, held_out()) | {"errors": error_rate(model, held_out())} | rates


# Training


def trained(kind: str, depth: int, seed: int, curve: list | None = None, tell=None, **sizes) -> Recogniser:
    """The recogniser of a run, its weights rounded to single precision: so they are kept, and measured.

    To `curve` go [updates, cross-entropy, mass on the right word], on the short held-out strings.
    """
    sizes = SIZES | sizes
    generator = seeded(seed)
    model = Recogniser(kind, depth, generator).float()
    optimiser = torch.optim.Adam(model.parameters(), lr=sizes["rate"])
    for update in range(1, sizes["updates"] + 1):
        for group in optimiser.param_groups:
            group["lr"] = sizes["rate"] * min(1, 4 * (1 - (update - 1) / sizes["updates"]))
        batch = single(speech.batch(generator, sizes["rows"], *WORDS, held_out=False))
        loss = cross_entropy(model.read(batch)[0], batch)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), sizes["clip"])
        optimiser.step()
        if curve is not None and update % EVERY == 0:
            now = heard(model, single(held_out()))
            curve.append([update, round(now["cross_entropy"], 4), round(now["hit"], 4)])
        if tell and update % 100 == 0:
            tell(f"update {update} of {sizes['updates']}, loss {loss.item():.3f}")
    return model.double()


def single(batch: Batch) -> Batch:
    """The same batch, its spectra in single precision."""
    return replace(batch, mels=batch.mels.float())


# The record


def results() -> dict:
    """What las.json holds: {"runs": {"location 3 0": {"errors": ..., ...}, ...}, ...}, by kind, depth and seed."""
    return json.loads(RESULTS.read_text())


def weights_file(kind: str, depth: int) -> str:
    return f"las-{kind}-{depth}.pt"


@cache
def load(kind: str, depth: int) -> Recogniser:
    """A trained recogniser (seed 0) from its file, which must have the sha256 on record."""
    expected = results()["runs"][f"{kind} {depth} 0"]["weights_sha256"]
    model = Recogniser(kind, depth, seeded(0))
    model.load_state_dict(read_weights(FOLDER / weights_file(kind, depth), expected, COMMAND))
    return model


def code() -> str:
    """sha256 of the code and the recordings that a run depends on."""
    parts = [
        fingerprint(Path(__file__), ["trained", "judge"]),
        fingerprint(
            Path(attention.__file__),
            ["LocationAttention", "context", "first_alignment", "keep_top", "sharpen", "window_mask"],
        ),
    ]
    return " ".join([*(part[:16] for part in parts), speech.code()])


def main() -> None:
    torch.set_num_threads(1)
    record = begin(RESULTS, code(), COMMAND)
    complete(RESULTS, record, [(" ".join(map(str, run)), partial(job, *run)) for run in RUNS])


def job(kind: str, depth: int, seed: int, tell) -> dict:
    curve: list = []
    model = trained(kind, depth, seed, curve, tell)
    found = judge(model) | {"curve": curve, "weights": sum(x.numel() for x in model.parameters())}
    if seed == 0 and (kind, depth) in KEPT:
        found["weights_sha256"] = write_weights(FOLDER / weights_file(kind, depth), model)
    return found


if __name__ == "__main__":
    main()
