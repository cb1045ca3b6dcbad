"""Trains the small text-to-mel models of chapters/tacotron.ipynb on strings of spoken digits.

    python -m chapters.training.tacotron

from the book's folder: 12 minutes of CPU on one thread. Letters go in, log-mel frames come out, r of them at each
decoder step; the attention between the two is by content, or by content and location. Models are trained on strings
of 2 to 4 words and judged on held-out ones and on strings of 8 words: at length with seed 0, whose weights are kept
(by location with seeds 1 and 2 too, by content with 1), and in short runs, which compare the two kinds of attention
over seeds 1 to 5, and other r with seed 1. One run has the bug of chapters/reshaping.ipynb planted in it: its frames
are told to belong to other strings of the batch. What each run reaches goes to tacotron.json beside this file, with
its CPU time, and weights to *.pt. Training is in single precision, judging in double. A run that is on record for the
present code is not repeated. The sizes were chosen with seeds 50 and 51, but for the number of updates of the long
runs: after 900 with seed 0, the word-hit on 8 words was 0.80.

A page takes from here, after `from training import tacotron as training`: `results()`, `load("location", r=2)`,
`align(model, batch)`, `free_run(model, letters, length)`, `judge` (what is on record, measured again), and
`trained("location", 2, seed=0, updates=10)`, which takes a few seconds.
"""

import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from utils import attention as attend
from utils.attention import ContentAttention, LocationAttention, context, first_alignment

from . import speech
from .flows import seeded
from .record import begin, complete, fingerprint, read_weights, write_weights

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "tacotron.json"
COMMAND = "python -m chapters.training.tacotron"
SEEDS = (1, 2, 3, 4, 5)
"""Of the short runs, which the two kinds of attention are compared by."""
RUNS = [
    *(("location", 2, 0, ""), ("content", 2, 0, ""), ("location", 2, 0, "bug")),
    *((attention, r, 1, "short") for r in (2, 4) for attention in ("location", "content")),
    *((attention, 2, seed, "short") for seed in SEEDS[1:] for attention in ("location", "content")),
    *(("location", 1, 1, "short"), ("location", 2, 1, ""), ("location", 2, 2, ""), ("content", 2, 1, "")),
]
"""Attention, reduction factor, seed, and what is special: fewer updates, or the bug planted."""
KEPT = [("location", 2, ""), ("content", 2, ""), ("location", 2, "bug")]
"""Whose weights are kept, those of seed 0."""
BANDS = speech.BANDS
EMBEDDING, ENCODER, DECODER, HIDDEN = 32, 64, 128, 64
FILTERS, WIDTH = 8, 11
PRENET, DROPOUT = (64, 32), 0.5
UPDATES = {"": 1200, "short": 400, "bug": 300}
SIZES = {"batch": 16, "rate": 4e-3, "stop": 0.3}
"""Of a run; `stop` is the factor of the loss that says where speech ends."""
CHECK = 25
"""Updates between two looks at held-out strings."""


# The model


class Spoken(NamedTuple):
    mels: Tensor  # (B, T, BANDS)
    stops: Tensor  # (B, T): the logit that speech is over
    alignment: Tensor  # (B, U, L), T = U r


class Tacotron(nn.Module):
    """Letters to mels: a convolution and a bidirectional GRU read, a GRU with attention speaks r frames a step."""

    def __init__(self, attention: str, r: int, generator: Generator, bug: bool = False) -> None:
        super().__init__()
        self.r, self.bug = r, bug
        self.embedding = nn.Embedding(len(speech.ALPHABET), EMBEDDING)
        self.convolution = nn.Conv1d(EMBEDDING, ENCODER, 5, padding=2)
        self.reader = nn.GRU(ENCODER, ENCODER // 2, batch_first=True, bidirectional=True)
        self.prenet = nn.ModuleList([nn.Linear(BANDS, PRENET[0]), nn.Linear(*PRENET)])
        self.speaker = nn.GRUCell(PRENET[1] + ENCODER, DECODER)
        self.widen = nn.Linear(DECODER + ENCODER, DECODER)
        self.frames = nn.Linear(DECODER, r * (BANDS + 1))
        for name, parameter in self.named_parameters():
            draw(parameter, generator, normal=name.startswith("embedding"))
        sizes = (DECODER, ENCODER, HIDDEN)
        if attention == "location":
            self.attention = LocationAttention(*sizes, FILTERS, WIDTH, generator)
        else:
            self.attention = ContentAttention(*sizes, generator)

    def forward(self, letters: Tensor, generator: Generator, mels: Tensor | None = None, length: int = 0) -> Spoken:
        """Speech for letters (B, L), padded with PAD: told the true mels (B, T, BANDS), or alone, `length` frames."""
        mask = letters != speech.PAD  # (B, L)
        values = self.read(letters, mask)  # (B, L, ENCODER)
        keys = self.attention.prepare(values)  # (B, L, HIDDEN)
        state = values.new_zeros(len(letters), DECODER)
        seen = values.new_zeros(len(letters), ENCODER)
        alignment = first_alignment(mask, values.dtype)  # (B, L)
        frame = values.new_zeros(len(letters), BANDS)
        if mels is not None:
            length = mels.shape[1]
        if length < 1 or length % self.r:
            raise ValueError(f"`length` must be a multiple of r = {self.r} (got {length}): pad the frames with silence")
        if mels is not None:
            told = torch.cat([frame[:, None], mels[:, self.r - 1 :: self.r]], 1)  # (B, U + 1, BANDS): every r-th frame
            heard = self.hear(told[:, :-1], generator)  # (B, U, PRENET)
        states, alignments = [], []
        for step in range(length // self.r):
            now = self.hear(frame, generator) if mels is None else heard[:, step]  # (B, PRENET)
            state = self.speaker(torch.cat([now, seen], 1), state)  # (B, DECODER)
            alignment = self.attention.step(state, keys, alignment, mask)  # (B, L)
            seen = context(alignment, values)  # (B, ENCODER)
            states.append(torch.cat([state, seen], 1))  # (B, DECODER + ENCODER)
            alignments.append(alignment)
            if mels is None:
                frame = self.speak(states[-1])[:, -(BANDS + 1) : -1]  # (B, BANDS), the last of the r
        out = in_order(self.speak(torch.stack(states)), self.r, self.bug)  # (B, T, BANDS + 1)
        return Spoken(out[..., :BANDS], out[..., BANDS], torch.stack(alignments, 1))

    def read(self, letters: Tensor, mask: Tensor) -> Tensor:
        """Encoder states (B, L, ENCODER). A padded letter is 0 to the convolution, and no step of the GRU."""
        embedded = self.embedding(letters) * mask[..., None]  # (B, L, EMBEDDING)
        local = torch.relu(self.convolution(embedded.transpose(1, 2))).transpose(1, 2)  # (B, L, ENCODER)
        packed = pack_padded_sequence(local, mask.sum(1), batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(self.reader(packed)[0], batch_first=True, total_length=letters.shape[1])[0]

    def hear(self, frames: Tensor, generator: Generator) -> Tensor:
        """The prenet, whose dropout is on in training and after: (..., BANDS) to (..., PRENET[1])."""
        for layer in self.prenet:
            frames = dropped(torch.relu(layer(frames)), generator)
        return frames

    def speak(self, states: Tensor) -> Tensor:
        """(..., DECODER + ENCODER) to r frames and their stops side by side, (..., r (BANDS + 1))."""
        return self.frames(torch.relu(self.widen(states)))


def in_order(steps: Tensor, r: int, bug: bool = False) -> Tensor:
    """(U, B, r n), r frames a decoder step, to (B, U r, n), frame after frame. The bug: a view where axes must change.

    >>> steps = torch.arange(8).view(1, 2, 4)  # of two strings, one step of two frames of two numbers
    >>> in_order(steps, r=2).tolist()
    [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]
    >>> in_order(steps, r=2, bug=True).tolist()
    [[[0, 1], [4, 5]], [[2, 3], [6, 7]]]
    """
    count, rows, size = steps.shape
    if bug:
        return steps.view(count * r, rows, size // r).transpose(0, 1)
    return steps.view(count, rows, r, size // r).permute(1, 0, 2, 3).reshape(rows, count * r, size // r)


@torch.no_grad()
def draw(parameter: Tensor, generator: Generator, normal: bool) -> None:
    """A normal embedding; else uniform within 1/sqrt(inputs) of 0, biases within a tenth."""
    value = torch.randn if normal else torch.rand
    drawn = value(parameter.shape, generator=generator)
    if not normal:
        bound = 1 / math.sqrt(parameter[0].numel()) if parameter.ndim > 1 else 0.1
        drawn = bound * (2 * drawn - 1)
    parameter.copy_(drawn)


def dropped(x: Tensor, generator: Generator) -> Tensor:
    """Inverted dropout. Its draws are in torch's default precision: keep that at single, as it was in training."""
    kept = torch.rand(x.shape, generator=generator) >= DROPOUT
    return x * kept / (1 - DROPOUT)


# Batches and losses


def loss_of(spoken: Spoken, mels: Tensor, frames: Tensor, stop: float) -> Tensor:
    """Mean |error| of a frame's band, and the cross-entropy of its stop, over speech and four frames after it."""
    at = torch.arange(mels.shape[1])  # (T,)
    counted = (at < frames[:, None] + 4).to(mels.dtype)  # (B, T)
    over = (at >= frames[:, None] - 1).to(mels.dtype)
    error = (spoken.mels - mels).abs().mean(-1)
    missed = binary_cross_entropy_with_logits(spoken.stops, over, reduction="none", pos_weight=mels.new_tensor(3.0))
    return ((error + stop * missed) * counted).sum() / counted.sum()


def model_of(attention: str, r: int, generator: Generator, bug: bool = False) -> Tacotron:
    if attention not in ("content", "location"):
        raise ValueError(f"`attention` must be 'content' or 'location' (got {attention!r})")
    return Tacotron(attention, r, generator, bug)


# A run


def trained(
    attention: str, r: int, seed: int, bug: bool = False, tell: Callable | None = None, **sizes
) -> tuple[Tacotron, list[list[float]]]:
    """A model after some updates, in double precision, and [update, loss, word-hit, held-out L1] along the way.

    The loss is the mean over the updates since the last line; hit and L1 are told the true frames. In the
    last quarter of the updates, the rate falls to 0.
    """
    sizes = SIZES | {"updates": UPDATES[""]} | sizes
    generator = seeded(seed)
    model = model_of(attention, r, generator, bug)
    model.float()
    optimiser = torch.optim.Adam(model.parameters(), lr=sizes["rate"])
    held_out = short_strings()
    path, losses = [], []
    for update in range(sizes["updates"]):
        optimiser.param_groups[0]["lr"] = sizes["rate"] * min(1, 4 * (1 - update / sizes["updates"]))
        batch = speech.batch(generator, sizes["batch"], 2, 4, multiple=r)
        mels = batch.mels.float()
        loss = loss_of(model(batch.letters, generator, mels), mels, batch.frames, sizes["stop"])
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        losses.append(float(loss.detach()))
        if (update + 1) % CHECK == 0:
            found = measured(model, held_out, align(model, held_out))
            path.append(
                [update + 1, round(sum(losses) / len(losses), 4), round(found["hit"], 4), round(found["l1"], 4)]
            )
            losses = []
            if tell and (update + 1) % 100 == 0:
                tell(f"update {update + 1} of {sizes['updates']}, word-hit {path[-1][2]:.3f}")
    return model.double(), path


def short_strings() -> speech.Batch:
    """32 held-out strings of 2 to 4 words, no string of which is trained on."""
    return speech.batch(seeded(999), 32, 2, 4, held_out=True, multiple=4)


def long_strings() -> speech.Batch:
    """16 strings of 8 words."""
    return speech.batch(seeded(998), 16, 8, 8, held_out=None, multiple=4)


@torch.no_grad()
def align(model: Tacotron, batch: speech.Batch) -> Spoken:
    """What the model says and where it looks when told the true frames, by the prenet's draws of one generator."""
    return model(batch.letters, seeded(7), batch.mels.to(model.widen.weight.dtype))


@torch.no_grad()
def free_run(model: Tacotron, letters: Tensor, length: int, seed: int = 7) -> Spoken:
    """What the model says by itself for letters (B, L), padded with PAD: `length` frames, up to a multiple of r."""
    return model(letters, seeded(seed), length=length + -length % model.r)


def measured(model: Tacotron, batch: speech.Batch, spoken: Spoken) -> dict:
    """Word-hit, mean L1 of the frames with a word, and the mean over their decoder steps of the largest weight."""
    words = speech.every(batch.word_of_frame, model.r)  # (B, U)
    error = (spoken.mels - batch.mels).abs().mean(-1)  # (B, T)
    return {
        "hit": speech.word_hit(spoken.alignment, words, batch.word_of_letter),
        "l1": float(error[batch.word_of_frame != speech.NO_WORD].mean()),
        "peak": float(spoken.alignment.amax(-1)[words != speech.NO_WORD].mean()),
    }


def judge(model: Tacotron) -> dict:
    """`measured` for short and long strings, told the true frames and running free by their timing."""
    found = {}
    for name, batch in (("short", short_strings()), ("long", long_strings())):
        alone = free_run(model, batch.letters, batch.mels.shape[1])
        for how, spoken in (("told", align(model, batch)), ("free", alone)):
            found |= {f"{name}_{how}_{what}": x for what, x in measured(model, batch, spoken).items()}
    return found


def updates_to(path: list[list[float]], hit: float) -> int | None:
    """The first update on record whose word-hit is above `hit`; None if there is none."""
    return next((int(line[0]) for line in path if line[2] > hit), None)


# The record


def results() -> dict:
    """What tacotron.json holds: {"runs": {"location r=2 seed=0": {...}, ...}, "cpu_minutes": ..., ...}."""
    return json.loads(RESULTS.read_text())


def name_of(attention: str, r: int, special: str = "") -> str:
    return f"{attention} r={r} {special}".strip()


def weights_file(attention: str, r: int, special: str = "") -> str:
    return f"tacotron-{name_of(attention, r, special).replace(' r=', '-').replace(' ', '-')}.pt"


def load(attention: str, r: int = 2, bug: bool = False) -> Tacotron:
    """A model (seed 0) in double precision from its file, which must have the sha256 on record."""
    kept = (attention, r, "bug" if bug else "")
    if kept not in KEPT:
        raise ValueError(f"`attention`, `r` and `bug` must name one of {KEPT} (got {kept}): no others are kept")
    model = model_of(attention, r, seeded(0), bug).double()
    expected = results()["runs"][f"{name_of(*kept)} seed=0"]["weights_sha256"]
    model.load_state_dict(read_weights(FOLDER / weights_file(*kept), expected, COMMAND))
    return model


def code() -> str:
    """sha256 of the code that a run depends on, here and in what it imports, without comments and docstrings."""
    parts = [
        fingerprint(Path(__file__), ["trained", "judge", "updates_to"]),
        fingerprint(Path(attend.__file__), ["ContentAttention", "LocationAttention", "context", "first_alignment"]),
        speech.code(),
    ]
    return " ".join(parts)


def job(attention: str, r: int, seed: int, special: str, tell: Callable) -> dict:
    model, path = trained(attention, r, seed, special == "bug", tell, updates=UPDATES[special])
    found = judge(model) | {"path": path} | {f"updates_to_{hit}": updates_to(path, hit) for hit in (0.5, 0.7, 0.8)}
    if seed == 0 and (attention, r, special) in KEPT:
        found["weights_sha256"] = write_weights(FOLDER / weights_file(attention, r, special), model)
    return found


def main() -> None:
    torch.set_num_threads(1)
    record = begin(RESULTS, code(), COMMAND)
    jobs = [
        (f"{name_of(a, r, special)} seed={seed}", partial(job, a, r, seed, special)) for a, r, seed, special in RUNS
    ]
    complete(RESULTS, record, jobs)


if __name__ == "__main__":
    main()
