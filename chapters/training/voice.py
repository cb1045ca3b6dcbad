"""Trains what only chapters/tacotron.ipynb needs: small WaveNets, and style tokens for three voices.

    python -m chapters.training.voice

from the book's folder: 4 minutes of CPU on one thread. The WaveNets predict the next mu-law code of digits in the
English voice from the 2, 8 or 128 codes before it (seeds 0 to 4), and one of them from the mel spectrum as well;
"seven" and "nine" are kept for testing. The style tokens (seeds 0 to 4) learn from ten digits of each voice. What each
run reaches goes to voice.json beside this file, and the weights of two runs to *.pt. A run that is on record for the
present code is not repeated.

A page takes from here, after `from training import voice as training`: `results()`, `load_vocoder()`, `load_styles()`,
`bits` and `judge_styles` (what is on record, measured again), `say` and `mels`.
"""

import json
import math
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from torch import Generator, Tensor, nn
from utils import audio, data

from .flows import count_weights, seeded
from .record import begin, complete, fingerprint, read_weights, write_weights
from .vae import layer

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "voice.json"
COMMAND = "python -m chapters.training.voice"
SEEDS = (0, 1, 2, 3, 4)

# A small WaveNet

LEVELS, CHANNELS, SKIP = 256, 24, 48
DEPTHS = (1, 3, 7)
"""Numbers of layers: the receptive fields are 2, 8 and 128 samples."""
TESTED = ("seven", "nine")
VOCODER = {"steps": 500, "batch": 4, "crop": 512, "rate": 4e-3}
SPOKEN_BY = 6
"""Layers of the vocoder that is conditioned on the mel spectrum."""


class WaveNet(nn.Module):
    """Gated causal convolutions of width 2 with dilations 1, 2, 4, ..., residuals, skips (van den Oord et al., 2016).

    Logits of the code at time t come from the codes before t alone, and with `bands` > 0 from the mel spectrum at t.
    """

    def __init__(self, depth: int, generator: Generator, bands: int = 0) -> None:
        super().__init__()
        self.depth, self.bands = depth, bands
        self.first = layer(1, CHANNELS, generator)
        self.gates = nn.ModuleList(layer(2 * CHANNELS, 2 * CHANNELS, generator) for _ in range(depth))
        self.mels = nn.ModuleList(layer(bands, 2 * CHANNELS, generator) for _ in range(depth) if bands)
        self.back = nn.ModuleList(layer(CHANNELS, CHANNELS, generator) for _ in range(depth))
        self.skips = nn.ModuleList(layer(CHANNELS, SKIP, generator) for _ in range(depth))
        self.last = nn.Sequential(nn.ReLU(), layer(SKIP, SKIP, generator), nn.ReLU(), layer(SKIP, LEVELS, generator))

    @property
    def field(self) -> int:
        """Samples that a prediction depends on: the last one, and the sum of the dilations before it."""
        return 1 + sum(2**k for k in range(self.depth))

    def forward(self, past: Tensor, mel: Tensor | None = None) -> Tensor:
        """Logits (B, T, LEVELS) of the codes that follow each of `past` (B, T), which lie in [-1, 1].

        mel: (B, T, bands), the spectrum at the time of the code that is predicted.
        """
        x = self.first(past[..., None])  # (B, T, C)
        total = 0.0
        for k in range(self.depth):
            late = nn.functional.pad(x, (0, 0, 2**k, 0))[:, : x.shape[1]]  # (B, T, C), by 2^k samples
            z = self.gates[k](torch.cat([late, x], -1))  # (B, T, 2 C)
            if mel is not None:
                z = z + self.mels[k](mel)
            value, gate = z.chunk(2, -1)
            z = torch.tanh(value) * torch.sigmoid(gate)
            total = total + self.skips[k](z)
            x = x + self.back[k](z)
        return self.last(total)


@cache
def codes(digit: str) -> tuple[Tensor, Tensor]:
    """A digit of the English voice: codes (T,), and the standardised log-mel spectrum of each sample (T, bands).

    A sample takes the spectrum of the frame whose middle is nearest.
    """
    signal = data.speech()[digit]
    signal = signal / np.abs(signal).max()
    padded = np.pad(signal, audio.WIDTH // 2)
    mel = (audio.log_mel(padded) - mel_scale()[0]) / mel_scale()[1]  # (frames, bands)
    nearest = np.minimum((np.arange(len(signal)) + audio.HOP // 2) // audio.HOP, len(mel) - 1)
    return torch.tensor(audio.mu_law(signal)), torch.tensor(mel[nearest])


def scaled(code: Tensor) -> Tensor:
    """Codes as numbers in [-1, 1]."""
    return 2 * code.double() / (LEVELS - 1) - 1


def vocoder_trained(depth: int, seed: int, bands: int = 0, tell=None, **sizes) -> WaveNet:
    """The WaveNet of a run, its weights rounded to single precision: so they are kept, and measured."""
    sizes = VOCODER | sizes
    generator = seeded(seed)
    model = WaveNet(depth, generator, bands)
    heard = [codes(digit) for digit in data.SPOKEN if digit not in TESTED]
    optimiser = torch.optim.Adam(model.parameters(), lr=sizes["rate"])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, sizes["steps"])
    length = sizes["crop"] + model.field
    for step in range(1, sizes["steps"] + 1):
        crops = []
        for which in torch.randint(len(heard), (sizes["batch"],), generator=generator).tolist():
            code, mel = heard[which]
            start = int(torch.randint(len(code) - length, (), generator=generator))
            crops.append((code[start : start + length + 1], mel[start + 1 : start + length + 1]))
        code, mel = (torch.stack(part) for part in zip(*crops, strict=True))  # (B, T + 1), (B, T, bands)
        logits = model(scaled(code[:, :-1]), mel if bands else None)[:, model.field :]
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), code[:, 1 + model.field :].flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if tell and step % 100 == 0:
            tell(f"step {step} of {sizes['steps']}, {loss.item() / math.log(2):.3f} bits")
    return rounded(model)


def rounded(model: nn.Module) -> nn.Module:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.float())
    return model


def bits(model: WaveNet, digits: tuple[str, ...] = TESTED) -> float:
    """Mean bits a sample that the model needs for these digits."""
    total, count = 0.0, 0
    for digit in digits:
        code, mel = codes(digit)
        with torch.no_grad():
            logits = model(scaled(code[None, :-1]), mel[None, 1:] if model.bands else None)[0]
            total += float(nn.functional.cross_entropy(logits, code[1:], reduction="sum"))
        count += len(code) - 1
    return total / count / math.log(2)


def say(model: WaveNet, mel: Tensor, generator: np.random.Generator, temperature: float = 1.0) -> np.ndarray:
    """A signal (T,) drawn sample by sample to the spectrum mel (T, bands); a layer keeps the states it needs again.

    `temperature` divides the logits: below 1 it draws the likelier codes more often.
    """
    weights = {name: x.numpy() for name, x in model.state_dict().items()}

    def apply(name: str, x: np.ndarray) -> np.ndarray:
        return weights[f"{name}.weight"] @ x + weights[f"{name}.bias"]

    spectra = [
        mel.numpy() @ weights[f"mels.{k}.weight"].T + weights[f"mels.{k}.bias"] if model.bands else np.zeros(len(mel))
        for k in range(model.depth)
    ]
    states = [np.zeros((2**k, CHANNELS)) for k in range(model.depth)]  # rings of the last 2^k inputs of layer k
    said = np.empty(len(mel), dtype=np.int64)
    last = LEVELS // 2
    for t in range(len(mel)):
        x = apply("first", np.array([2 * last / (LEVELS - 1) - 1]))
        total = np.zeros(SKIP)
        for k, ring in enumerate(states):
            z = apply(f"gates.{k}", np.concatenate([ring[t % 2**k], x])) + spectra[k][t]
            ring[t % 2**k] = x
            z = np.tanh(z[:CHANNELS]) / (1 + np.exp(-z[CHANNELS:]))
            total += apply(f"skips.{k}", z)
            x = x + apply(f"back.{k}", z)
        logits = apply("last.3", np.maximum(apply("last.1", np.maximum(total, 0)), 0)) / temperature
        chances = np.exp(logits - logits.max()).cumsum()
        last = said[t] = int(np.searchsorted(chances, generator.random() * chances[-1]))
    return audio.mu_law_inverse(said)


# Style tokens

TOKENS, STYLE, HIDDEN, FRAMES = 4, 8, 96, 24
VOICES = ("en", "fr", "it")
NEVER_HEARD = ("seven", "eight", "nine")
"""Digits that are not used as references in training."""
STYLES = {"steps": 1500, "rate": 3e-3}


@cache
def mel_scale() -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each band (bands,) over the digits of all voices."""
    frames = np.concatenate([audio.log_mel(x / np.abs(x).max()) for v in VOICES for x in data.speech(v).values()])
    return frames.mean(0), frames.std(0)


@cache
def mels() -> tuple[Tensor, Tensor]:
    """Standardised log-mels (voice, digit, FRAMES, bands), stretched to FRAMES frames, and logs of their lengths."""
    found, lengths = [], []
    for voice in VOICES:
        for signal in data.speech(voice).values():
            mel = (audio.log_mel(signal / np.abs(signal).max()) - mel_scale()[0]) / mel_scale()[1]
            found.append(stretched(mel, FRAMES))
            lengths.append(math.log(len(mel)))
    shape = (len(VOICES), 10)
    return torch.tensor(np.array(found)).unflatten(0, shape), torch.tensor(lengths).double().unflatten(0, shape)


def stretched(mel: np.ndarray, frames: int) -> np.ndarray:
    """The mel (T, bands) read at `frames` evenly spaced times, linearly between frames."""
    place = np.linspace(0, len(mel) - 1, frames)
    return np.stack([np.interp(place, np.arange(len(mel)), band) for band in mel.T], 1)


class Styles(nn.Module):
    """A digit and a style embedding make a mel; the style is a weighted mean of tokens (Wang et al., 2018).

    The reference encoder sees a recording of another digit; its mean over time asks the tokens, softmax(q k) weighs
    tanh(tokens).
    """

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.reference = nn.Sequential(layer(audio.BANDS, HIDDEN, generator), nn.Tanh())
        self.query = layer(HIDDEN, STYLE, generator)
        self.tokens = nn.Parameter(torch.randn(TOKENS, STYLE, dtype=torch.float64, generator=generator) / 2)
        self.keys = layer(STYLE, STYLE, generator)
        self.text = nn.Parameter(torch.randn(10, STYLE, dtype=torch.float64, generator=generator))
        self.grow = layer(2 * STYLE, HIDDEN, generator)
        self.frame = nn.Sequential(
            layer(HIDDEN + FRAMES, HIDDEN, generator),
            nn.Tanh(),
            layer(HIDDEN, HIDDEN, generator),
            nn.Tanh(),
            layer(HIDDEN, audio.BANDS, generator),
        )
        self.length = layer(HIDDEN, 1, generator)

    def weights(self, mel: Tensor) -> Tensor:
        """Weights of the tokens (B, TOKENS) for reference mels (B, FRAMES, bands)."""
        query = self.query(self.reference(mel).mean(1))  # (B, STYLE)
        return torch.softmax(query @ self.keys(torch.tanh(self.tokens)).T, -1)

    def forward(self, digit: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Mels (B, FRAMES, bands) and log lengths (B,) of digits (B,) in styles with these weights (B, TOKENS)."""
        style = weights @ torch.tanh(self.tokens)  # (B, STYLE)
        h = torch.tanh(self.grow(torch.cat([self.text[digit], style], -1)))  # (B, HIDDEN)
        place = torch.eye(FRAMES, dtype=h.dtype).expand(len(h), -1, -1)  # (B, FRAMES, FRAMES)
        frames = self.frame(torch.cat([h[:, None].expand(-1, FRAMES, -1), place], -1))
        return frames, self.length(h).squeeze(-1) + 3


def styles_trained(seed: int, tell=None, **sizes) -> Styles:
    """The style tokens of a run, rounded to single precision."""
    sizes = STYLES | sizes
    generator = seeded(seed)
    model = Styles(generator)
    mel, length = mels()
    heard = [k for k, digit in enumerate(data.SPOKEN) if digit not in NEVER_HEARD]
    optimiser = torch.optim.Adam(model.parameters(), lr=sizes["rate"])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, sizes["steps"])
    voice = torch.arange(len(VOICES)).repeat_interleave(10)
    digit = torch.arange(10).repeat(len(VOICES))
    for step in range(1, sizes["steps"] + 1):
        other = torch.tensor(heard)[torch.randint(len(heard), digit.shape, generator=generator)]
        reference = mel[voice, other]
        reference = reference + 0.2 * torch.randn(reference.shape, dtype=torch.float64, generator=generator)
        frames, log_length = model(digit, model.weights(reference))
        loss = (frames - mel[voice, digit]).abs().mean() + (log_length - length[voice, digit]).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if tell and step % 300 == 0:
            tell(f"step {step} of {sizes['steps']}, loss {loss.item():.3f}")
    return rounded(model)


def judge_styles(model: Styles) -> dict:
    """Errors (L1 of standardised log-mels) on all digits with references never heard: own voice, and the others'.

    `told`: share of the references never heard whose weights lie nearest to the mean weights of their own voice.
    """
    mel, _ = mels()
    never = [k for k, digit in enumerate(data.SPOKEN) if digit in NEVER_HEARD]
    heard = [k for k in range(10) if k not in never]
    with torch.no_grad():
        weights = torch.stack([model.weights(part) for part in mel])  # (voice, digit, TOKENS)
        centres = weights[:, heard].mean(1)
        nearest = torch.cdist(weights[:, never].flatten(0, 1), centres).argmin(1)
        told = (nearest == torch.arange(len(VOICES)).repeat_interleave(len(never))).double().mean()
        errors = {"own": [], "other": []}
        for spoken in range(len(VOICES)):
            for styled in range(len(VOICES)):
                found, _ = model(torch.arange(10), weights[styled, never].mean(0).expand(10, -1))
                errors["own" if spoken == styled else "other"].append(float((found - mel[spoken]).abs().mean()))
    return {"told": float(told), "own": float(np.mean(errors["own"])), "other": float(np.mean(errors["other"]))}


def speak(model: Styles, digit: int, weights: Tensor) -> np.ndarray:
    """The log-mel (T, bands) of a digit in the style of these weights (TOKENS,), at the length that the model gives."""
    with torch.no_grad():
        frames, log_length = model(torch.tensor([digit]), weights[None])
    length = round(math.exp(float(log_length)))
    return stretched(frames[0].numpy(), length) * mel_scale()[1] + mel_scale()[0]


# The record


def results() -> dict:
    """What voice.json holds: {"runs": {"wavenet 3 0": {"bits": ...}, "mel": ..., "styles 0": ...}, ...}."""
    return json.loads(RESULTS.read_text())


def load_vocoder() -> WaveNet:
    """The WaveNet that hears the mel spectrum, from its file, which must have the sha256 on record."""
    model = WaveNet(SPOKEN_BY, seeded(0), audio.BANDS)
    model.load_state_dict(read_weights(FOLDER / "voice-mel.pt", results()["runs"]["mel"]["weights_sha256"], COMMAND))
    return model


def load_styles() -> Styles:
    """The style tokens of seed 0 from their file, which must have the sha256 on record."""
    model = Styles(seeded(0))
    expected = results()["runs"]["styles 0"]["weights_sha256"]
    model.load_state_dict(read_weights(FOLDER / "voice-styles.pt", expected, COMMAND))
    return model


def code() -> str:
    """sha256 of the code that a run depends on, without comments and docstrings."""
    return fingerprint(Path(__file__), ["wavenet_job", "mel_job", "styles_job"])


def wavenet_job(depth: int, seed: int, tell) -> dict:
    model = vocoder_trained(depth, seed, tell=tell)
    return {"bits": bits(model), "field": model.field, "weights": count_weights(model)}


def mel_job(tell) -> dict:
    model = vocoder_trained(SPOKEN_BY, 0, audio.BANDS, tell=tell, steps=2 * VOCODER["steps"])
    found = {"bits": bits(model), "field": model.field, "weights": count_weights(model)}
    return found | {"weights_sha256": write_weights(FOLDER / "voice-mel.pt", model)}


def styles_job(seed: int, tell) -> dict:
    model = styles_trained(seed, tell)
    found = judge_styles(model) | {"weights": count_weights(model)}
    if seed == 0:
        found["weights_sha256"] = write_weights(FOLDER / "voice-styles.pt", model)
    return found


def main() -> None:
    torch.set_num_threads(1)
    record = begin(RESULTS, code(), COMMAND)
    jobs = [(f"styles {seed}", partial(styles_job, seed)) for seed in SEEDS]
    jobs += [("mel", mel_job)]
    jobs += [(f"wavenet {depth} {seed}", partial(wavenet_job, depth, seed)) for depth in DEPTHS for seed in SEEDS]
    complete(RESULTS, record, jobs)


if __name__ == "__main__":
    main()
