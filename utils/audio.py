"""Short-time Fourier transforms and what speech synthesis needs of them: mel filters, Griffin-Lim, mu-law, a player.

A signal is a vector of float64, full scale = 1. A spectrum has one row a frame: frame t is made of the `width` samples
from t hop on, times a Hann window, padded with zeros to `n_fft`; nothing is centred, mirrored or padded at the ends,
and samples behind the last whole frame are left out. The defaults are windows of 50 ms every 25 ms at 8000 Hz.

Distances between spectra count all n_fft bins of the Fourier transform, of which real signals need n_fft // 2 + 1 only:
the bins between the ends stand for two each. Without that, `istft` would not be the nearest signal, nor would
Griffin-Lim's objective be sure to fall.
"""

from __future__ import annotations

import base64
import io
import math
import wave
from dataclasses import dataclass
from html import escape
from numbers import Integral
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from utils.figures import CAPTION_STYLE, FIGURE_STYLE

__all__ = [
    "BANDS",
    "FLOOR",
    "HOP",
    "N_FFT",
    "RATE",
    "WIDTH",
    "Sound",
    "griffin_lim",
    "inconsistency",
    "istft",
    "log_mel",
    "magnitude_from_mel",
    "mel_filters",
    "mu_law",
    "mu_law_inverse",
    "player",
    "snr",
    "stft",
    "window",
]

Array: TypeAlias = NDArray[np.float64]
ComplexArray: TypeAlias = NDArray[np.complex128]

RATE = 8000
"""Samples a second."""
N_FFT, HOP, WIDTH, BANDS = 512, 200, 400, 32
FLOOR = 1e-3
"""The least mel magnitude that has a logarithm of its own: about that of the English recordings where nobody speaks."""
EDGE = 0.01
"""Griffin-Lim keeps a sample at zero where the squared windows above it add up to no more than this."""
NEWTON_STEPS = 40
"""Most steps towards magnitudes from a mel; ten are the rule."""


# The short-time Fourier transform


def window(n: int) -> Array:
    """The periodic Hann window (n,): 1/2 - 1/2 cos(2 pi k / n).

    Windows that are shifted by n / 2 add up to 1.

    >>> window(4).round(12).tolist()
    [0.0, 0.5, 1.0, 0.5]
    """
    _count("n", n)
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)


def stft(signal: Any, n_fft: int = N_FFT, hop: int = HOP, width: int = WIDTH) -> ComplexArray:
    """The spectrum of a signal, shape (frames, n_fft // 2 + 1), with frames = 1 + (len(signal) - width) // hop.

    >>> stft(np.ones(8), n_fft=4, hop=2, width=4).real.round(9).tolist()
    [[2.0, -1.0, 0.0], [2.0, -1.0, 0.0], [2.0, -1.0, 0.0]]
    """
    _frame(n_fft, hop, width)
    x = _real("signal", signal, 1)
    if len(x) < width:
        raise ValueError(
            f"`signal` must have at least `width` = {width} samples (got {len(x)}): pad it with zeros, or take a "
            "narrower window"
        )
    frames = np.lib.stride_tricks.sliding_window_view(x, width)[::hop]  # (frames, width)
    return np.fft.rfft(frames * window(width), n_fft, axis=1)


def istft(spectrum: Any, n_fft: int = N_FFT, hop: int = HOP, width: int = WIDTH, edge: float = 0.0) -> Array:
    """The signal whose spectrum is nearest to this one in least squares, shape ((frames - 1) hop + width,).

    Each sample is sum_t window y_t / sum_t window^2 over the frames that hold it, where y_t is the inverse transform of
    frame t. Samples whose sum of squared windows is at most `edge` are 0, and the signal is nearest of those that are
    0 there. The very first sample always is: Hann's window gives it no weight. Just inside of the ends the weight is
    small, and an error of the spectrum is divided by it: hence `edge`.

    References:
        Signal estimation from modified short-time Fourier transform (Griffin and Lim, 1984), eq. 6.
        https://doi.org/10.1109/TASSP.1984.1164317

    >>> x = np.sin(np.arange(2000.0))
    >>> bool(np.allclose(istft(stft(x))[1:], x[1:2000], atol=1e-9))
    True
    """
    _frame(n_fft, hop, width)
    s = _finite("spectrum", _numbers("spectrum", spectrum, "fiubc"))
    _bins("spectrum", s, n_fft)
    _fraction("edge", edge)
    hann = window(width)
    frames = np.fft.irfft(s, n_fft, axis=1)[:, :width] * hann  # (frames, width)
    total, weight = (np.zeros((len(s) - 1) * hop + width) for _ in range(2))
    for t, frame in enumerate(frames):
        total[t * hop : t * hop + width] += frame
        weight[t * hop : t * hop + width] += hann**2
    return np.divide(total, weight, out=np.zeros_like(total), where=weight > edge)


# Mel scale


def mel_filters(
    rate: float = RATE, n_fft: int = N_FFT, bands: int = BANDS, low: float = 0.0, high: float | None = None
) -> Array:
    """Triangles over the bins of a spectrum, shape (bands, n_fft // 2 + 1), each with peak 1.

    Their corners are evenly spaced from `low` to `high` Hz (half the rate, if not given) on the mel scale of HTK,
    2595 log10(1 + f / 700). The peak may fall between two bins. With too many bands for so few bins the lowest
    triangles share their bins, or hold none, and the rank is less than `bands`.

    >>> mel_filters().shape, np.linalg.matrix_rank(mel_filters()).item()
    ((32, 257), 32)
    >>> np.linalg.matrix_rank(mel_filters(n_fft=256, bands=80)).item()
    73
    """
    _positive("rate", rate, "it counts samples a second")
    _count("n_fft", n_fft)
    _count("bands", bands)
    high = rate / 2 if high is None else high
    if not 0 <= low < high <= rate / 2:
        raise ValueError(
            f"`low` and `high` must satisfy 0 <= low < high <= rate / 2 = {rate / 2:g} Hz (got {low!r} and {high!r}): "
            "half the sampling rate is the highest frequency there is"
        )
    start, end = (2595 * math.log10(1 + f / 700) for f in (low, high))
    corners = 700 * (10 ** (np.linspace(start, end, bands + 2) / 2595) - 1)  # (bands + 2,) in Hz
    below, peak, above = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    f = np.arange(n_fft // 2 + 1) * rate / n_fft
    return np.maximum(0, np.minimum((f - below) / (peak - below), (above - f) / (above - peak)))


def log_mel(
    signal: Any,
    filters: Any = None,
    n_fft: int = N_FFT,
    hop: int = HOP,
    width: int = WIDTH,
    floor: float = FLOOR,
) -> Array:
    """Logarithms of the mel magnitudes, at least log(floor): shape (frames, bands).

    Not given, the filters are `mel_filters(n_fft=n_fft)`: those of a signal at 8000 Hz.

    >>> log_mel(np.zeros(600)).shape
    (2, 32)
    """
    _positive("floor", floor, "the logarithm needs it")
    spectrum = stft(signal, n_fft, hop, width)
    m = mel_filters(n_fft=n_fft) if filters is None else _real("filters", filters, 2)
    _columns("filters", m, spectrum.shape[1], "n_fft // 2 + 1")
    return np.log(np.maximum(np.abs(spectrum) @ m.T, floor))


def magnitude_from_mel(mel: Any, filters: Any, ridge: float = 1e-6) -> Array:
    """Magnitudes x >= 0, shape (frames, bins), whose mel magnitudes are nearest to `mel`, shape (frames, bands).

    Each frame minimises |filters x - mel|^2 + ridge |x|^2 over x >= 0. There are fewer bands than bins, so that with
    ridge = 0 many x are best, and the solver's is one with a few lonely peaks. A small ridge picks the shortest, which
    spreads over the bins as speech does: on a recorded "seven" it misses the true magnitudes by 41 % instead of 146 %.

    >>> triangles = mel_filters(bands=8)
    >>> seen = np.ones((1, 257)) @ triangles.T
    >>> bool(np.allclose(magnitude_from_mel(seen, triangles) @ triangles.T, seen, rtol=1e-5))
    True
    """
    from scipy.optimize import nnls

    m = _real("filters", filters, 2)
    wanted = _not_negative("mel", _real("mel", mel, 2))
    _columns("mel", wanted, len(m), "the number of filters")
    if not 0 <= ridge < math.inf:
        raise ValueError(f"`ridge` must be 0 or positive, and finite (got {ridge!r}): 1e-6 will do")
    found, bins = np.zeros((len(wanted), m.shape[1])), m.shape[1]
    left = _by_prices(m, wanted, ridge, found) if ridge else np.arange(len(wanted))
    stacked = np.vstack([m, math.sqrt(ridge) * np.eye(bins)]) if ridge else m
    for k in left:
        found[k] = nnls(stacked, np.append(wanted[k], np.zeros(len(stacked) - len(m))))[0]
    return found


def _by_prices(filters: Array, wanted: Array, ridge: float, found: Array) -> NDArray[np.intp]:
    """Write the best magnitudes into `found`; the numbers of the frames that it has to leave to another solver.

    Where x is best, x = max(0, prices filters) with prices (wanted - filters x) / ridge: as many unknowns as bands, not
    as bins. They minimise a convex function, `worth`, whose slope is linear between kinks: Newton's steps end exactly.
    """

    def worth(prices: Array, frames: Array) -> Array:
        x = np.maximum(prices @ filters, 0)
        return (x**2).sum(1) / 2 + ridge * (prices**2).sum(1) / 2 - (prices * frames).sum(1)

    left, prices = np.arange(len(wanted)), np.zeros_like(wanted)
    for _ in range(NEWTON_STEPS):
        x = np.maximum(prices @ filters, 0)
        slope = x @ filters.T + ridge * prices - wanted[left]
        far = np.abs(slope).max(1) > 1e-12 * wanted[left].max(1)
        found[left] = x
        left, prices, x, slope = left[far], prices[far], x[far], slope[far]
        if not len(left):
            break
        curvature = filters * (x > 0)[:, None] @ filters.T + ridge * np.eye(len(filters))  # (frames, bands, bands)
        step = -np.linalg.solve(curvature, slope[..., None])[..., 0]
        least, now = 1e-4 * (slope * step).sum(1), worth(prices, wanted[left])
        share = np.ones(len(left))
        for _ in range(NEWTON_STEPS):  # a step across kinks may go too far
            short = worth(prices + share[:, None] * step, wanted[left]) > now + share * least
            if not short.any():
                break
            share[short] /= 2
        prices = prices + share[:, None] * step
    return left


# Phases


def inconsistency(signal: Any, magnitude: Any, n_fft: int = N_FFT, hop: int = HOP, width: int = WIDTH) -> float:
    """How far the spectrum's magnitudes are from these, | |stft(signal)| - magnitude |, over all n_fft bins.

    >>> x = np.sin(np.arange(1000.0))
    >>> inconsistency(x, np.abs(stft(x)))
    0.0
    """
    found = np.abs(stft(signal, n_fft, hop, width))
    wanted = _not_negative("magnitude", _real("magnitude", magnitude, 2))
    if found.shape != wanted.shape:
        raise ValueError(
            f"`magnitude` must have the shape of the signal's spectrum, {found.shape} (got {wanted.shape}): cut the "
            "signal, or use the n_fft, hop and width that made the magnitudes"
        )
    return _distance(found, wanted, n_fft)


def griffin_lim(
    magnitude: Any,
    iterations: int = 60,
    n_fft: int = N_FFT,
    hop: int = HOP,
    width: int = WIDTH,
    generator: np.random.Generator | None = None,
) -> tuple[Array, Array]:
    """A signal ((frames - 1) hop + width,) with about these magnitudes, and the `inconsistency` after each iteration.

    An iteration gives the magnitudes the phases of the present signal's spectrum, and takes the nearest signal: the
    inconsistency never increases. It ends at a stationary point, which need not be the signal that the magnitudes come
    from; the sign of the signal at least cannot be found. The first phases are drawn by `generator`; without one, they
    are those of a pulse in the middle of each frame. The signal is 0 near its ends, see `istft`.

    References:
        Signal estimation from modified short-time Fourier transform (Griffin and Lim, 1984), section III.
        https://doi.org/10.1109/TASSP.1984.1164317

    >>> signal, objective = griffin_lim(np.abs(stft(np.sin(np.arange(2000.0)))), iterations=5)
    >>> signal.shape, objective.shape, bool(np.all(np.diff(objective) <= 0))
    ((2000,), (5,), True)
    """
    _frame(n_fft, hop, width)
    _count("iterations", iterations)
    wanted = _not_negative("magnitude", _real("magnitude", magnitude, 2))
    _bins("magnitude", wanted, n_fft)
    if generator is None:
        angle = -2 * np.pi * np.arange(wanted.shape[1]) * (width // 2) / n_fft
    else:
        angle = generator.uniform(-np.pi, np.pi, wanted.shape)
    objective = []
    for _ in range(iterations):
        signal = istft(wanted * np.exp(1j * angle), n_fft, hop, width, EDGE)
        spectrum = stft(signal, n_fft, hop, width)
        objective.append(_distance(np.abs(spectrum), wanted, n_fft))
        angle = np.angle(spectrum)
    return signal, np.array(objective)


# Mu-law


def mu_law(x: Any, levels: int = 256) -> NDArray[np.int64]:
    """Codes 0 to levels - 1 of samples in [-1, 1]: rounded evenly on sign(x) log(1 + mu |x|) / log(1 + mu).

    mu is levels - 1. Loud samples are rounded coarsely and quiet ones finely, as the ear asks for. An even number of
    levels has no code for silence: 0 becomes the code just above.

    References:
        WaveNet: a generative model for raw audio (van den Oord and others, 2016), section 2.2.
        https://arxiv.org/abs/1609.03499

    >>> mu_law([-1.0, 0.0, 0.001, 1.0]).tolist()
    [0, 128, 133, 255]
    """
    _levels(levels)
    samples = _in_range("x", x)
    squeezed = np.sign(samples) * np.log1p((levels - 1) * np.abs(samples)) / math.log(levels)
    return np.floor((squeezed + 1) / 2 * (levels - 1) + 0.5).astype(np.int64)


def mu_law_inverse(codes: Any, levels: int = 256) -> Array:
    """The samples that codes 0 to levels - 1 stand for: mu_law(mu_law_inverse(codes)) is codes.

    >>> mu_law_inverse([0, 128, 255]).round(4).tolist()
    [-1.0, 0.0001, 1.0]
    """
    _levels(levels)
    found = _numbers("codes", codes)
    if found.dtype.kind not in "iu":
        raise ValueError(f"`codes` must be integers (got {found.dtype}): take what `mu_law` gives")
    if found.size and (found.min() < 0 or found.max() >= levels):
        raise ValueError(
            f"`codes` must be from 0 to levels - 1 = {levels - 1} (got {found.min()} to {found.max()}): use the "
            "`levels` that made them"
        )
    squeezed = 2 * found / (levels - 1) - 1
    # not expm1, which rounding takes past 1 at the last code
    return np.sign(squeezed) * (np.power(float(levels), np.abs(squeezed)) - 1) / (levels - 1)


def snr(signal: Any, other: Any) -> float:
    """Signal-to-noise ratio in dB, where the noise is what `other` has more or less than `signal`.

    >>> round(snr([1.0, -1.0], [1.1, -1.1]), 6)
    20.0
    """
    x, y = _real("signal", signal, 1), _real("other", other, 1)
    if x.shape != y.shape:
        raise ValueError(f"`other` must have as many samples as `signal`, {len(x)} (got {len(y)}): cut the longer one")
    if not x.any():
        raise ValueError("`signal` must not be silent (got zeros alone): there is no ratio")
    noise = float(np.sum((x - y) ** 2))
    return 10 * math.log10(float(np.sum(x**2)) / noise) if noise else math.inf


# Sound on a page


@dataclass(frozen=True)
class Sound:
    """A player for the page: shown as `html` in JupyterLab and in the site, as one line of text elsewhere."""

    caption: str
    label: str
    seconds: float
    html: str

    def __repr__(self) -> str:
        return f"Sound of {self.seconds:.1f} s: {self.label}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": repr(self)}


def player(signal: Any, rate: int = RATE, *, caption: str, label: str) -> Sound:
    """A player for a signal in [-1, 1], for the last line of a cell or for IPython's `display`.

    The sound, 16-bit WAV, is in the page itself: 21 kB for a second at 8000 Hz. `label` says in words what is heard,
    for those who do not hear it, and stands below the player with `caption`, which says what to learn from it. Both are
    plain text. Equal signals give equal bytes; strict nbval leaves the sound out, as it does the lines of a figure.

    >>> player(np.zeros(8000), caption="Nothing can be said.", label="Silence.")
    Sound of 1.0 s: Silence.
    """
    _count("rate", rate)
    x = _in_range("signal", _real("signal", signal, 1))  # (samples,)
    for name, words in {"caption": caption, "label": label}.items():
        if not isinstance(words, str) or not words.strip():
            raise ValueError(f"`{name}` must say something (got {words!r}): not everyone hears the sound")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(int(rate))
        file.writeframes(np.round(x * 32767).astype("<i2").tobytes())
    sound = base64.b64encode(buffer.getvalue()).decode("ascii")
    html = (
        f'<figure class="book-figure book-sound" data-alt="{escape(label)}" style="{FIGURE_STYLE}">\n'
        f'<audio controls preload="metadata" aria-label="{escape(label)}" style="width: 100%; max-width: 24em" '
        f'src="data:audio/wav;base64,{sound}"></audio>\n'
        f'<figcaption style="{CAPTION_STYLE}">{escape(caption)} To be heard: {escape(label)}</figcaption>\n</figure>\n'
    )
    return Sound(caption, label, len(x) / rate, html)


# Parts


def _distance(first: Array, second: Array, n_fft: int) -> float:
    """The Euclidean distance of two magnitudes (frames, n_fft // 2 + 1) over all n_fft bins."""
    square = (first - second) ** 2
    twice = 1 + (n_fft - 1) // 2  # bins 1 to (n_fft - 1) // 2 have a twin; 0 and, if n_fft is even, n_fft / 2 have none
    return math.sqrt(float(square.sum() + square[:, 1:twice].sum()))


def _numbers(name: str, values: Any, kinds: str = "fiub") -> NDArray[Any]:
    """An array of these kinds of numbers, or an error."""
    what = "complex numbers" if "c" in kinds else "real numbers"
    try:
        found = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"`{name}` must be an array of {what} (got {error}): mend it") from None
    if found.dtype.kind not in kinds:
        raise ValueError(f"`{name}` must be an array of {what} (got {found.dtype}): mend it")
    return found


def _real(name: str, values: Any, ndim: int) -> Array:
    """A float64 array of this many axes, finite and not empty, or an error."""
    found = _numbers(name, values)
    if found.ndim != ndim or not found.size:
        what = ("a vector", "a matrix with one row a frame or filter")[ndim - 1]
        raise ValueError(f"`{name}` must be {what}, not empty (got shape {found.shape}): give it {ndim} axes")
    return _finite(name, found.astype(np.float64))


def _finite(name: str, found: NDArray[Any]) -> NDArray[Any]:
    if not np.isfinite(found).all():
        where = tuple(int(k) for k in np.argwhere(~np.isfinite(found))[0])
        raise ValueError(f"`{name}` must be finite (got {found[where]} at {list(where)}): find where it came from")
    return found


def _not_negative(name: str, found: Array) -> Array:
    if found.min() < 0:
        raise ValueError(
            f"`{name}` must not be negative (got {found.min():.6g}): magnitudes are wanted, not their logarithms"
        )
    return found


def _in_range(name: str, values: Any) -> Array:
    """Float64, finite, from -1 to 1."""
    found = _finite(name, _numbers(name, values).astype(np.float64))
    if found.size and np.abs(found).max() > 1:
        raise ValueError(f"`{name}` must lie in [-1, 1] (got {np.abs(found).max():.6g}): divide it by its peak")
    return found


def _bins(name: str, found: NDArray[Any], n_fft: int) -> None:
    if found.ndim != 2 or not found.size or found.shape[1] != n_fft // 2 + 1:
        raise ValueError(
            f"`{name}` must have shape (frames, n_fft // 2 + 1 = {n_fft // 2 + 1}) (got {found.shape}): one row a "
            "frame; transpose it, or use the n_fft that made it"
        )


def _columns(name: str, found: Array, wanted: int, what: str) -> None:
    if found.shape[1] != wanted:
        raise ValueError(
            f"`{name}` must have {wanted} columns, {what} (got {found.shape[1]}): transpose it, or use the filters "
            "that fit"
        )


def _frame(n_fft: int, hop: int, width: int) -> None:
    for name, value in {"n_fft": n_fft, "hop": hop, "width": width}.items():
        _count(name, value)
    if not hop <= width <= n_fft:
        raise ValueError(
            f"`hop`, `width` and `n_fft` must satisfy hop <= width <= n_fft (got {hop}, {width}, {n_fft}): samples "
            "between the frames, or behind the transform, would be lost"
        )


def _levels(levels: int) -> None:
    if not isinstance(levels, Integral) or levels < 2:
        raise ValueError(f"`levels` must be an integer of at least 2 (got {levels!r}): 256 fit into a byte")


def _fraction(name: str, value: float) -> None:
    if not 0 <= value < 1:
        raise ValueError(f"`{name}` must be at least 0 and less than 1 (got {value!r}): 0 is plain least squares")


def _positive(name: str, value: float, hint: str) -> None:
    if not 0 < value < math.inf:
        raise ValueError(f"`{name}` must be positive and finite (got {value!r}): {hint}")


def _count(name: str, value: int) -> None:
    if not isinstance(value, Integral) or value < 1:
        raise ValueError(f"`{name}` must be an integer of at least 1 (got {value!r}): mend it")
