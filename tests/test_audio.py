"""The transforms are librosa's and least squares, Griffin-Lim never loses ground, and what is heard can be read."""

import base64
import doctest
import io
import math
import re
import wave

import librosa
import numpy as np
import pytest
from browser import chromium, console_errors
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import lsq_linear, nnls

from utils import audio, data
from utils.audio import (
    griffin_lim,
    inconsistency,
    istft,
    log_mel,
    magnitude_from_mel,
    mel_filters,
    mu_law,
    mu_law_inverse,
    player,
    snr,
    stft,
    window,
)
from utils.ledger import figures_without_words

SEVEN = data.speech()["seven"]
SETTINGS = [(512, 200, 400), (256, 64, 256), (256, 128, 256), (255, 60, 200), (63, 20, 63), (64, 64, 64)]
"""n_fft, hop, width: the book's, windows as wide as the transform, odd lengths, frames that do not overlap."""


def rng(seed):
    return np.random.default_rng(seed)


def norm(spectrum, n_fft):
    """By the whole Fourier transform, the bins above the middle written out."""
    whole = np.fft.fft(np.fft.irfft(spectrum, n_fft, axis=1), axis=1)
    return np.linalg.norm(whole)


# The short-time Fourier transform


@pytest.mark.parametrize("n", [1, 2, 5, 400])
def test_the_window_is_scipys_periodic_one(n):
    from scipy.signal import get_window

    np.testing.assert_allclose(window(n), get_window("hann", n) if n > 1 else [0.0], atol=1e-15)


@pytest.mark.parametrize("n_fft", [64, 256, 512, 63, 255])
@pytest.mark.parametrize("hop", [16, 50])
def test_the_spectrum_is_librosas_where_the_window_is_as_wide_as_the_transform(n_fft, hop):
    theirs = librosa.stft(SEVEN, n_fft=n_fft, hop_length=hop, window="hann", center=False).T
    np.testing.assert_allclose(stft(SEVEN, n_fft, hop, n_fft), theirs, atol=1e-10)


@pytest.mark.parametrize(("n_fft", "width"), [(512, 400), (256, 200), (255, 201)])
def test_a_narrower_window_is_librosas_up_to_where_it_lies_in_the_transform(n_fft, width):
    """librosa centres it: then each frame begins (n_fft - width) // 2 samples early, which turns the phases."""
    early = (n_fft - width) // 2
    padded = np.pad(SEVEN, (early, n_fft - width - early))
    theirs = librosa.stft(padded, n_fft=n_fft, hop_length=200, win_length=width, center=False).T
    turn = np.exp(2j * np.pi * np.arange(n_fft // 2 + 1) * early / n_fft)
    np.testing.assert_allclose(stft(SEVEN, n_fft, 200, width), theirs * turn, atol=1e-10)


@pytest.mark.parametrize("length", [400, 401, 599, 600, 601, 1000])
def test_only_whole_frames_are_taken(length):
    x = rng(0).normal(size=length)
    found = stft(x)
    assert found.shape == (1 + (length - 400) // 200, 257)
    k, n = np.arange(257)[:, None], np.arange(400)
    for t, frame in enumerate(found):
        slow = (x[200 * t : 200 * t + 400] * window(400) * np.exp(-2j * np.pi * k * n / 512)).sum(1)
        np.testing.assert_allclose(frame, slow, atol=1e-10)


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_signal_comes_back_but_for_its_ends(setting):
    _, hop, width = setting
    back = istft(stft(SEVEN, *setting), *setting)
    assert len(back) == (len(SEVEN) - width) // hop * hop + width
    assert back[0] == 0, "the window's first sample is 0"
    seen = np.zeros(len(back))
    for t in range(0, len(back) - width + 1, hop):
        seen[t : t + width] += window(width) ** 2
    inside = seen > 1e-12
    assert inside.sum() >= len(back) - (1 if hop < width else 1 + len(back) // hop)
    np.testing.assert_allclose(back[inside], SEVEN[: len(back)][inside], atol=1e-9)


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("edge", [0.0, 0.01])
def test_istft_is_the_nearest_signal(setting, edge):
    """The gradient of the squared distance, over all n_fft bins, vanishes; and steps in any direction lose."""
    n_fft, hop, width = setting
    g = rng(1)
    bins = n_fft // 2 + 1
    target = g.normal(size=(4, bins)) + 1j * g.normal(size=(4, bins))
    target.imag[:, 0] = 0  # no real signal has more; it would only add a constant
    if n_fft % 2 == 0:
        target.imag[:, -1] = 0
    best = istft(target, *setting, edge)
    off = best == 0
    assert off.sum() <= (3 + 80 * (edge > 0)) * (1 if hop < width else 4)

    def distance(x):
        return norm(stft(x, *setting) - target, n_fft)

    # the adjoint of the transform, from the definition: frames of the residual, windowed, added up
    residual = stft(best, *setting) - target
    gradient = np.zeros_like(best)
    for t, frame in enumerate(np.fft.irfft(residual, n_fft, axis=1)[:, :width] * window(width)):
        gradient[t * hop : t * hop + width] += n_fft * frame
    assert np.abs(gradient[~off]).max() < 1e-10 * n_fft
    for _ in range(20):
        step = g.normal(size=len(best)) * ~off
        numeric = (distance(best + 1e-4 * step) ** 2 - distance(best - 1e-4 * step) ** 2) / 2e-4
        assert abs(numeric) < 1e-5 * distance(best) ** 2 and distance(best + 0.01 * step) > distance(best)


def test_istft_is_the_least_squares_solution_of_a_dense_matrix():
    """The transform of 4 frames as a matrix, real and imaginary parts below one another, and NumPy's solver."""
    setting, length = (16, 4, 12), 24
    matrix = np.stack([np.fft.fft(np.fft.irfft(stft(e, *setting), 16, axis=1), axis=1).ravel() for e in np.eye(length)])
    g = rng(2)
    target = np.fft.rfft(g.normal(size=(4, 16)), axis=1)
    whole = np.fft.fft(np.fft.irfft(target, 16, axis=1), axis=1).ravel()
    a = np.vstack([matrix.T.real, matrix.T.imag])
    solution, _, rank, _ = np.linalg.lstsq(a, np.concatenate([whole.real, whole.imag]))
    assert rank == length - 1, "the first sample is not seen"
    np.testing.assert_allclose(istft(target, *setting), solution, atol=1e-10)


def test_istft_is_librosas_inside():
    g = rng(3)
    target = g.normal(size=(9, 129)) + 1j * g.normal(size=(9, 129))
    theirs = librosa.istft(target.T, hop_length=64, n_fft=256, window="hann", center=False)
    np.testing.assert_allclose(istft(target, 256, 64, 256)[1:-1], theirs[1:-1], atol=1e-8)


def test_plain_overlap_and_add_is_not_the_nearest_signal():
    """So the test above can fail: without the division by the squared windows, a signal does not come back."""
    spectrum = stft(SEVEN)
    frames = np.fft.irfft(spectrum, axis=1)[:, :400] * window(400)
    total = np.zeros(6400)
    for t, frame in enumerate(frames):
        total[200 * t : 200 * t + 400] += frame
    assert norm(stft(total) - spectrum, 512) > 0.1 * norm(spectrum, 512)
    assert norm(stft(istft(spectrum)) - spectrum, 512) < 1e-10 * norm(spectrum, 512)


# Mel scale


@pytest.mark.parametrize(
    ("rate", "n_fft", "bands", "low", "high"),
    [
        (8000, 512, 32, 0.0, None),
        (16000, 1024, 80, 125.0, 7600.0),
        (22050, 2048, 80, 0.0, 8000.0),
        (8000, 255, 13, 0.0, None),
    ],
)
def test_filters_are_librosas(rate, n_fft, bands, low, high):
    theirs = librosa.filters.mel(
        sr=rate, n_fft=n_fft, n_mels=bands, fmin=low, fmax=high, htk=True, norm=None, dtype=np.float64
    )
    np.testing.assert_allclose(mel_filters(rate, n_fft, bands, low, high), theirs, atol=1e-10)


@pytest.mark.parametrize(
    ("bands", "n_fft", "rank", "empty"),
    [(20, 512, 20, 0), (32, 512, 32, 0), (80, 512, 80, 0), (80, 256, 73, 0), (40, 128, 37, 0), (80, 128, 55, 8)],
)
def test_rank_is_the_number_of_filters_unless_some_share_their_bins_or_hold_none(bands, n_fft, rank, empty):
    m = mel_filters(n_fft=n_fft, bands=bands)
    assert np.linalg.matrix_rank(m) == rank
    assert int((m.max(axis=1) == 0).sum()) == empty


def test_rank_of_tacotrons_filterbank():
    m = mel_filters(24000, 2048, 80)
    assert m.shape == (80, 1025) and np.linalg.matrix_rank(m) == 80, "of 1025 dimensions, 945 are lost"


def test_filters_overlap_to_one_between_the_first_and_the_last_peak():
    m = mel_filters()
    np.testing.assert_allclose(m.sum(axis=0)[4:-12], 1, atol=0.7)
    corners = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 4000 / 700), 34) / 2595) - 1)
    f = np.arange(257) * 8000 / 512
    between = (f >= corners[1]) & (f <= corners[-2])
    np.testing.assert_allclose(m.sum(axis=0)[between], 1, atol=1e-12)
    assert m.min() == 0 and m.max() <= 1


def test_log_mel_is_librosas():
    early = (512 - 400) // 2
    power = librosa.feature.melspectrogram(
        y=np.pad(SEVEN, early),
        sr=8000,
        n_fft=512,
        hop_length=200,
        win_length=400,
        center=False,
        power=1.0,
        n_mels=32,
        htk=True,
        norm=None,
        dtype=np.float64,
    )
    np.testing.assert_allclose(
        log_mel(SEVEN), np.log(np.maximum(power.T, 1e-3)), atol=1e-5
    )  # librosa's dtype is narrow
    assert log_mel(np.zeros(400)).tolist() == [[math.log(1e-3)] * 32]
    np.testing.assert_allclose(log_mel(SEVEN, mel_filters(bands=5), floor=1e-9).shape, (31, 5))


@pytest.mark.parametrize("ridge", [1e-6, 1e-2])
def test_magnitudes_from_mels_solve_the_stated_problem(ridge):
    """Against SciPy's bounded least squares, another solver; and by the conditions of Karush, Kuhn and Tucker."""
    m = mel_filters(bands=12, n_fft=64)
    wanted = np.abs(rng(4).normal(size=(5, 12)))
    found = magnitude_from_mel(wanted, m, ridge)
    assert found.shape == (5, 33) and found.min() >= 0
    stacked = np.vstack([m, math.sqrt(ridge) * np.eye(33)])
    for x, frame in zip(found, wanted, strict=True):
        gradient = m.T @ (m @ x - frame) + ridge * x
        assert gradient.min() > -1e-9 and abs(gradient * x).max() < 1e-9
        other = lsq_linear(stacked, np.append(frame, np.zeros(33)), (0, np.inf), tol=1e-14).x
        np.testing.assert_allclose(x, other, atol=1e-4)


def test_magnitudes_from_mels_that_nothing_sounds_like_are_as_good_as_scipys():
    """One band alone is out of reach: Newton's steps stop short of a few such frames, which SciPy's solver takes."""
    m, ridge = mel_filters(), 1e-6
    wanted = np.vstack([np.eye(32), np.zeros((1, 32)), np.exp(2 * rng(5).normal(size=(20, 32)))])
    stacked = np.vstack([m, math.sqrt(ridge) * np.eye(257)])
    expected = np.array([nnls(stacked, np.append(frame, np.zeros(257)))[0] for frame in wanted])
    left = audio._by_prices(m, wanted, ridge, np.zeros((53, 257)))
    assert 0 < len(left) < 5
    found = magnitude_from_mel(wanted, m, ridge)
    np.testing.assert_array_equal(found[left], expected[left])
    loss, best = (((x @ m.T - wanted) ** 2).sum(1) + ridge * (x**2).sum(1) for x in (found, expected))
    assert np.all(loss <= best * (1 + 1e-9))


def test_a_ridge_finds_the_shortest_magnitudes_and_comes_nearer_to_speech():
    true, m = np.abs(stft(SEVEN)), mel_filters()
    seen = true @ m.T
    error = {}
    for ridge in (0.0, 1e-6):
        found = magnitude_from_mel(seen, m, ridge)
        np.testing.assert_allclose(found @ m.T, seen, atol=1e-4)
        error[ridge] = np.linalg.norm(found - true) / np.linalg.norm(true)
    assert {ridge: round(e, 2) for ridge, e in error.items()} == {0.0: 1.46, 1e-6: 0.41}
    again = np.linalg.norm(magnitude_from_mel(seen, m))
    assert again < min(np.linalg.norm(true), np.linalg.norm(magnitude_from_mel(seen, m, 0.0)))


# Griffin-Lim


@given(
    setting=st.sampled_from([(16, 4, 12), (16, 8, 16), (15, 5, 15), (9, 3, 7), (8, 8, 8)]),
    frames=st.integers(1, 6),
    seed=st.integers(0, 2**32 - 1),
    sparse=st.booleans(),
    start=st.booleans(),
)
def test_the_objective_never_increases_on_random_magnitudes(setting, frames, seed, sparse, start):
    g = rng(seed)
    magnitude = g.exponential(size=(frames, setting[0] // 2 + 1)) * (g.random((frames, 1)) > 0.3 if sparse else 1)
    signal, objective = griffin_lim(magnitude, 25, *setting, g if start else None)
    assert signal.shape == ((frames - 1) * setting[1] + setting[2],) and objective.shape == (25,)
    assert np.all(np.diff(objective) <= 1e-12 * (1 + norm(magnitude, setting[0])))
    assert objective[-1] == pytest.approx(inconsistency(signal, magnitude, *setting), abs=1e-12)


@pytest.mark.parametrize("setting", [(512, 200, 400), (256, 64, 256), (256, 128, 256), (512, 128, 512)])
@pytest.mark.parametrize("voice", ["en", "fr", "it"])
def test_the_objective_never_increases_on_real_words_and_falls_below_a_seventh(setting, voice):
    x = data.speech(voice)["seven"]
    magnitude = np.abs(stft(x, *setting))
    total = norm(magnitude, setting[0])
    for generator in (None, rng(5)):
        _, objective = griffin_lim(magnitude, 60, *setting, generator)
        assert np.all(np.diff(objective) <= 1e-12 * total)
        assert objective[-1] < total / 7
        assert objective[-1] > 0.01 * total, "a stationary point, not the recording"


def test_the_objective_counts_every_bin_of_the_transform():
    signal, magnitude = SEVEN[:1000], np.abs(rng(6).normal(size=(4, 257)))
    assert inconsistency(signal, magnitude) == pytest.approx(norm(np.abs(stft(signal)) - magnitude, 512), rel=1e-12)
    odd = np.abs(rng(6).normal(size=(4, 256)))
    assert inconsistency(signal, odd, 511) == pytest.approx(norm(np.abs(stft(signal, 511)) - odd, 511), rel=1e-12)


def worst_rise(start, signal_of, distance):
    """The greatest step up of an objective in 40 iterations on random magnitudes (3, 5), n_fft 8, hop 4, width 8."""
    g = rng(start)
    magnitude, angle = g.exponential(size=(3, 5)), g.uniform(-np.pi, np.pi, (3, 5))
    objective = []
    for _ in range(40):
        spectrum = stft(signal_of(magnitude * np.exp(1j * angle)), 8, 4, 8)
        objective.append(distance(np.abs(spectrum), magnitude))
        angle = np.angle(spectrum)
    return np.diff(objective).max()


def test_another_norm_or_another_inverse_lets_the_objective_rise():
    """What the tests above would notice: bins counted once each, or frames added up without windows."""

    def nearest(spectrum):
        return istft(spectrum, 8, 4, 8)

    def added_up(spectrum):
        frames, total = np.fft.irfft(spectrum, 8, axis=1), np.zeros(16)
        for t, frame in enumerate(frames):
            total[4 * t : 4 * t + 8] += frame
        return total

    def whole(found, wanted):
        return norm(found - wanted, 8)

    def half(found, wanted):
        return np.linalg.norm(found - wanted)

    assert max(worst_rise(k, nearest, whole) for k in range(40)) < 1e-12
    assert max(worst_rise(k, nearest, half) for k in range(40)) > 1e-4
    assert max(worst_rise(k, added_up, whole) for k in range(40)) > 1e-2


def test_it_converges_as_librosas_does():
    """librosa's, without its momentum, from random phases; the least of the two stationary points is luck."""
    magnitude = np.abs(stft(SEVEN, 256, 64, 256))
    total = norm(magnitude, 256)
    ours, theirs = [], []
    for seed in range(4):
        ours.append(griffin_lim(magnitude, 60, 256, 64, 256, rng(seed))[1][-1] / total)
        signal = librosa.griffinlim(
            magnitude.T,
            n_iter=60,
            hop_length=64,
            n_fft=256,
            center=False,
            momentum=0,
            random_state=seed,
            dtype=np.float64,
        )
        found = np.zeros((len(magnitude) - 1) * 64 + 256)
        found[: len(signal)] = signal[: len(found)]
        theirs.append(inconsistency(found, magnitude, 256, 64, 256) / total)
    assert np.mean(ours) == pytest.approx(np.mean(theirs), rel=0.25), (ours, theirs)


def test_phases_that_fit_stay_as_they_are():
    """Of a signal that is 0 near its ends: it is a fixed point, and its inconsistency is 0."""
    x = SEVEN[:2000].copy()
    x[:41], x[-41:] = 0, 0
    spectrum = stft(x)
    again = istft(np.abs(spectrum) * np.exp(1j * np.angle(spectrum)), edge=audio.EDGE)
    np.testing.assert_allclose(again, x, atol=1e-10)
    assert inconsistency(x, np.abs(spectrum)) == 0
    assert inconsistency(-x, np.abs(spectrum)) == 0, "the sign cannot be heard, nor found"


def test_it_is_deterministic_and_its_generator_is_passed_in():
    magnitude = np.abs(stft(SEVEN))
    np.testing.assert_array_equal(griffin_lim(magnitude, 3)[0], griffin_lim(magnitude, 3)[0])
    first, again, other = (griffin_lim(magnitude, 3, generator=rng(s))[0] for s in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)
    silent, objective = griffin_lim(np.zeros((3, 257)), 4)
    assert not silent.any() and not objective.any()


def test_the_ends_do_not_blow_up():
    """Where the window is nearly 0, an inconsistent spectrum asks for samples a thousand times too loud."""
    magnitude = np.abs(stft(SEVEN))
    signal, _ = griffin_lim(magnitude, 30, generator=rng(9))
    assert np.abs(signal).max() < 2 and not signal[:40].any() and not signal[-40:].any()
    loose = istft(magnitude * np.exp(1j * rng(9).uniform(-3, 3, magnitude.shape)))
    assert np.abs(loose).max() > 5


# Mu-law


@pytest.mark.parametrize("levels", [2, 3, 4, 16, 255, 256])
def test_codes_come_back_and_are_the_nearest_on_the_squeezed_scale(levels):
    codes = np.arange(levels)
    centres = mu_law_inverse(codes, levels)
    np.testing.assert_array_equal(mu_law(centres, levels), codes)
    assert np.all(np.diff(centres) > 0) and centres[0] == -1 and centres[-1] == 1
    np.testing.assert_allclose(centres, -centres[::-1], atol=1e-15)
    x = rng(10).uniform(-1, 1, 2000)
    mu = levels - 1

    def squeeze(y):
        return np.sign(y) * np.log(1 + mu * abs(y)) / np.log(1 + mu)

    nearest = np.abs(squeeze(x)[:, None] - squeeze(centres)).argmin(axis=1)
    np.testing.assert_array_equal(mu_law(x, levels), nearest)


@given(x=st.floats(-1, 1), levels=st.integers(2, 1024))
def test_the_round_trip_misses_by_no_more_than_half_a_step_of_the_squeezed_scale(x, levels):
    mu = levels - 1
    found = float(mu_law_inverse(mu_law(x, levels), levels))
    # half a step, times the slope of the inverse at the louder of the two
    slope = math.log(1 + mu) * (1 + mu * max(abs(x), abs(found))) / mu
    assert abs(found - x) <= slope / mu + 1e-12


def test_librosa_agrees_on_the_squeezed_scale():
    """Its quantised codes are one of two conventions; the curve is the same, and so is its inverse."""
    x = rng(11).uniform(-1, 1, 500)
    theirs = librosa.mu_compress(x, mu=255, quantize=False)
    np.testing.assert_array_equal(mu_law(x), np.floor((theirs + 1) / 2 * 255 + 0.5))
    codes = np.arange(256)
    np.testing.assert_allclose(mu_law_inverse(codes), librosa.mu_expand(2 * codes / 255 - 1, mu=255, quantize=False))


def test_snr_of_real_words_is_that_of_the_closed_form():
    """Noise in a cell of width D(x) is D^2 / 12 in the mean, D = slope of the inverse times the step: about 38 dB."""
    ratios = {}
    for voice in ("en", "fr", "it"):
        for word, x in data.speech(voice).items():
            ratios[voice, word] = snr(x, mu_law_inverse(mu_law(x)))
            step = 2 / 255 * math.log(256) * (1 + 255 * np.abs(x)) / 255
            predicted = 10 * math.log10((x**2).sum() / (step**2 / 12).sum())
            assert ratios[voice, word] == pytest.approx(predicted, abs=0.7), (voice, word)
    assert min(ratios.values()) > 34 and max(ratios.values()) < 39
    loud, quiet = SEVEN, SEVEN / 100
    lost = snr(loud, mu_law_inverse(mu_law(loud))) - snr(quiet, mu_law_inverse(mu_law(quiet)))
    even = snr(loud, np.round(loud * 127.5) / 127.5)
    assert lost < 22 and even < snr(loud, mu_law_inverse(mu_law(loud)))
    assert snr(quiet, np.round(quiet * 127.5) / 127.5) < 5, "an even scale loses what is quiet"


def test_snr_of_equal_signals_is_infinite():
    assert snr(SEVEN, SEVEN) == math.inf


# Sound on a page


def test_the_player_holds_the_signal_and_says_what_it_is():
    found = player(SEVEN, caption='One <word> & "quotes".', label="A woman says: seven.")
    bundle = found._repr_mimebundle_()
    assert repr(found) == bundle["text/plain"] == "Sound of 0.8 s: A woman says: seven."
    html = bundle["text/html"]
    (sound,) = re.findall(r'src="data:audio/wav;base64,([^"]+)"', html)
    with wave.open(io.BytesIO(base64.b64decode(sound))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    np.testing.assert_allclose(samples / 32767, SEVEN, atol=0.5001 / 32767)
    assert html == player(SEVEN, caption='One <word> & "quotes".', label="A woman says: seven.").html
    assert "One &lt;word&gt; &amp; &quot;quotes&quot;." in html and "http" not in html
    assert 'aria-label="A woman says: seven."' in html and "To be heard: A woman says: seven." in html
    assert len(html) < 18_500, "a second takes 21 kB"


def test_chromium_plays_it_whole(tmp_path):
    """Its length is known once the sound is decoded; nothing is fetched."""
    page = tmp_path / "page.html"
    html = player(SEVEN, caption="A word.", label="Seven.").html
    page.write_text(f"<!doctype html><title>Sound</title>{html}", encoding="utf-8")
    with chromium() as browser:
        browser.get(page.as_uri())
        found = browser.execute_async_script(
            "const done = arguments[0], sound = document.querySelector('audio');"
            "const tell = () => done([sound.duration, sound.error && sound.error.message]);"
            "sound.readyState >= 2 ? tell() : (sound.onloadeddata = sound.onerror = tell, sound.load());"
        )
        assert found == [pytest.approx(len(SEVEN) / 8000, abs=1e-3), None]
        assert browser.find_element("css selector", "audio").accessible_name == "Seven."
        assert console_errors(browser) == []


def test_the_ledgers_rule_accepts_a_player_and_would_miss_its_label():
    def notebook(html):
        output = {"data": {"text/html": html}, "output_type": "display_data"}
        return {"cells": [{"cell_type": "code", "source": "x", "outputs": [output]}]}

    html = player(SEVEN[:500], caption="A beginning.", label="Half a consonant.").html
    assert figures_without_words(notebook(html)) == []
    assert len(figures_without_words(notebook(re.sub(' aria-label="[^"]*"', "", html)))) == 1
    assert len(figures_without_words(notebook(re.sub("<figcaption.*</figcaption>", "", html)))) == 1


def test_strict_nbval_compares_the_words_and_not_the_sound():
    import configparser
    from pathlib import Path

    rules = configparser.ConfigParser(interpolation=None)
    rules.read(Path(__file__).with_name("nbval.cfg"))
    rule = rules["sound"]
    one, two = (player(x, caption="A beginning.", label="A word.").html for x in (SEVEN[:500], SEVEN[:600]))
    assert one != two
    assert re.sub(rule["regex"], rule["replace"], one) == re.sub(rule["regex"], rule["replace"], two)
    other = player(SEVEN[:500], caption="A beginning.", label="Another word.").html
    assert re.sub(rule["regex"], rule["replace"], one) != re.sub(rule["regex"], rule["replace"], other)


# Bad input

X, A, M, NAN = np.ones(1000), np.ones((4, 257)), mel_filters(), math.nan
WORDS = {"caption": "A caption.", "label": "A label."}


def with_nan(array, *where):
    array = array.copy()
    array[where] = NAN
    return array


BAD = {
    "NaN": (lambda: stft(with_nan(X, 7)), r"`signal` must be finite \(got nan at \[7\]\): find where it came from"),
    "infinity": (lambda: log_mel(np.append(X, math.inf)), r"`signal` must be finite \(got inf at \[1000\]\)"),
    "short": (
        lambda: stft(np.ones(399)),
        r"`signal` must have at least `width` = 400 samples \(got 399\): pad it with zeros, or take a narrower window",
    ),
    "empty": (lambda: stft([]), r"`signal` must be a vector, not empty \(got shape \(0,\)\): give it 1 axes"),
    "stereo": (lambda: stft(np.ones((2, 1000))), r"`signal` must be a vector, not empty \(got shape \(2, 1000\)\)"),
    "text": (lambda: stft(["a"] * 500), r"`signal` must be an array of real numbers \(got <U1\): mend it"),
    "ragged": (lambda: stft([[1.0], [1.0, 2.0]]), r"`signal` must be an array of real numbers \(got setting an array"),
    "complex": (lambda: stft(X * 1j), r"`signal` must be an array of real numbers \(got complex128\)"),
    "gap": (
        lambda: stft(X, 512, 401, 400),
        r"`hop`, `width` and `n_fft` must satisfy hop <= width <= n_fft \(got 401, 400, 512\): samples between the",
    ),
    "wide": (lambda: griffin_lim(A, 2, 512, 200, 513), r"hop <= width <= n_fft \(got 200, 513, 512\)"),
    "no hop": (lambda: istft(A, 512, 0), r"`hop` must be an integer of at least 1 \(got 0\): mend it"),
    "half a hop": (lambda: stft(X, hop=12.5), r"`hop` must be an integer of at least 1 \(got 12\.5\)"),
    "no window": (lambda: window(0), r"`n` must be an integer of at least 1 \(got 0\)"),
    "spectrum transposed": (
        lambda: istft(A.T),
        r"`spectrum` must have shape \(frames, n_fft // 2 \+ 1 = 257\) \(got \(257, 4\)\): one row a frame; transpose",
    ),
    "spectrum of another transform": (
        lambda: istft(A, 511),
        r"`spectrum` must have .* = 256\) \(got \(4, 257\)\)",
    ),
    "NaN in a spectrum": (lambda: istft(with_nan(A, 1, 2) * 1j), r"`spectrum` must be finite \(got .* at \[1, 2\]\)"),
    "text for a spectrum": (lambda: istft("abc"), r"`spectrum` must be an array of complex numbers \(got <U3\)"),
    "edge": (lambda: istft(A, edge=1.0), r"`edge` must be at least 0 and less than 1 \(got 1\.0\): 0 is plain"),
    "negative magnitude": (
        lambda: griffin_lim(-A),
        r"`magnitude` must not be negative \(got -1\): magnitudes are wanted, not their logarithms",
    ),
    "flat magnitude": (lambda: griffin_lim(X), r"`magnitude` must be a matrix with one row a frame or filter, not emp"),
    "magnitude of another transform": (lambda: griffin_lim(A, n_fft=400), r"`magnitude` must have shape .* = 201\)"),
    "NaN magnitude": (lambda: griffin_lim(with_nan(A, 0, 0)), r"`magnitude` must be finite \(got nan at \[0, 0\]\)"),
    "no iterations": (lambda: griffin_lim(A, 0), r"`iterations` must be an integer of at least 1 \(got 0\)"),
    "too many frames": (
        lambda: inconsistency(X, np.ones((5, 257))),
        r"`magnitude` must have the shape of the signal's spectrum, \(4, 257\) \(got \(5, 257\)\): cut the signal",
    ),
    "above half the rate": (
        lambda: mel_filters(8000, high=8000.0),
        r"`low` and `high` must satisfy 0 <= low < high <= rate / 2 = 4000 Hz \(got 0\.0 and 8000\.0\): half the samp",
    ),
    "low above high": (lambda: mel_filters(low=300.0, high=200.0), r"0 <= low < high .* \(got 300\.0 and 200\.0\)"),
    "NaN frequency": (lambda: mel_filters(low=NAN), r"0 <= low < high <= .* \(got nan and 4000\.0\)"),
    "no rate": (lambda: mel_filters(0), r"`rate` must be positive and finite \(got 0\): it counts samples a second"),
    "no bands": (lambda: mel_filters(bands=0), r"`bands` must be an integer of at least 1 \(got 0\)"),
    "floor": (
        lambda: log_mel(X, floor=0.0),
        r"`floor` must be positive and finite \(got 0\.0\): the logarithm",
    ),
    "filters of another transform": (
        lambda: log_mel(X, mel_filters(n_fft=256)),
        r"`filters` must have 257 columns, n_fft // 2 \+ 1 \(got 129\): transpose it, or use the filters that fit",
    ),
    "mel of other bands": (
        lambda: magnitude_from_mel(np.ones((4, 80)), M),
        r"`mel` must have 32 columns, the number of filters \(got 80\): transpose it",
    ),
    "logarithms for mels": (lambda: magnitude_from_mel(log_mel(X * 0), M), r"`mel` must not be negative \(got -6\.907"),
    "ridge": (lambda: magnitude_from_mel(np.ones((4, 32)), M, -1.0), r"`ridge` must be 0 or positive, and finite"),
    "loud": (lambda: mu_law([0.5, -1.5]), r"`x` must lie in \[-1, 1\] \(got 1\.5\): divide it by its peak"),
    "NaN sample": (lambda: mu_law([0.0, NAN]), r"`x` must be finite \(got nan at \[1\]\)"),
    "one level": (
        lambda: mu_law([0.0], 1),
        r"`levels` must be an integer of at least 2 \(got 1\): 256 fit into",
    ),
    "codes of more levels": (
        lambda: mu_law_inverse([255], 16),
        r"`codes` must be from 0 to levels - 1 = 15 \(got 255 to 255\): use the `levels` that made them",
    ),
    "negative codes": (lambda: mu_law_inverse([-1, 3]), r"`codes` must be from 0 to .* \(got -1 to 3\)"),
    "codes that are not": (
        lambda: mu_law_inverse([0.5]),
        r"`codes` must be integers \(got float64\): take what",
    ),
    "lengths": (
        lambda: snr(X, X[:10]),
        r"`other` must have as many samples as `signal`, 1000 \(got 10\): cut the",
    ),
    "silence": (lambda: snr(X * 0, X), r"`signal` must not be silent \(got zeros alone\): there is no ratio"),
    "loud sound": (lambda: player(2 * X, **WORDS), r"`signal` must lie in \[-1, 1\] \(got 2\): divide it by its peak"),
    "NaN sound": (lambda: player(with_nan(X, 3), **WORDS), r"`signal` must be finite \(got nan at \[3\]\)"),
    "stereo sound": (lambda: player(np.ones((9, 2)), **WORDS), r"`signal` must be a vector, not empty"),
    "sound without words": (
        lambda: player(X, caption="A caption.", label=" "),
        r"`label` must say something \(got ' '\): not everyone hears the sound",
    ),
    "sound without caption": (lambda: player(X, caption=None, label="A label."), r"`caption` must say something"),
    "half a rate": (lambda: player(X, 8000.5, **WORDS), r"`rate` must be an integer of at least 1 \(got 8000\.5\)"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    call, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        call()


# Documentation


def test_examples_in_the_docstrings():
    result = doctest.testmod(audio)
    assert result.attempted and not result.failed
    functions = [name for name in audio.__all__ if callable(getattr(audio, name)) and name.islower()]
    assert len(functions) == 12 and all(">>>" in getattr(audio, name).__doc__ for name in functions)
    assert audio.__all__ == sorted(audio.__all__, key=lambda name: (not name.isupper(), name))


def test_references_have_one_form():
    form = r"[^\n]+[\n ]+\([^()]+, \d{4}\)(, (eq\.|sections?|theorem|remark) [^\n]+)?\.\s+https://[^\n]+\n"
    for name in audio.__all__:
        document = getattr(audio, name).__doc__ or ""
        _, found, rest = document.partition("References:\n")
        if found:
            assert re.fullmatch(rf"(\s+{form})+\s*", rest.partition(">>>")[0]), name
