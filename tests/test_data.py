"""The data sets are the ones the literature used, and a changed byte is noticed."""

import doctest
import re

import numpy as np
import pytest

from utils import data

SETS = {
    "eight_schools": {"school": (8,), "effect": (8,), "standard_error": (8,)},
    "batting_1970": dict.fromkeys(
        ("player", "team", "league", "hits", "at_bats", "later_hits", "later_at_bats"), (18,)
    ),
    "diabetes": {"features": (442, 10), "progression": (442,), "feature_names": (10,)},
    "digits": {"pixels": (1797, 64), "digit": (1797,)},
    "breast_cancer": {"features": (569, 30), "malignant": (569,), "feature_names": (30,)},
    "grey_patches": {"pixels": (27000, 36), "block": (27000,), "split": (27000,)},
    "colour_patches": {"pixels": (27000, 192), "block": (27000,), "split": (27000,)},
}


@pytest.mark.parametrize("name", SETS)
def test_every_set_states_its_shapes_units_and_provenance(name):
    found = getattr(data, name)()
    assert found.name == name
    assert {column: array.shape for column, array in found.arrays.items()} == SETS[name]
    assert set(found.units) == set(SETS[name])
    assert all((found.what, found.source, found.licence))
    assert re.fullmatch("[0-9a-f]{64}", found.sha256)


def test_every_public_set_is_in_the_table_above():
    assert set(data.__all__) - {"DataSet", "read_checked", "speech"} == set(SETS)
    assert data.__all__ == sorted(data.__all__)


def test_examples_in_the_docstrings():
    result = doctest.testmod(data)
    assert result.attempted and not result.failed


def test_data_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        data.eight_schools()["effect"][0] = 0.0
    with pytest.raises(TypeError):
        data.eight_schools().arrays["effect"] = np.zeros(8)


def test_an_unknown_array_is_named_with_the_known_ones():
    with pytest.raises(KeyError, match="`eight_schools` has no array 'sigma': choose one of school, effect"):
        data.eight_schools()["sigma"]


@pytest.mark.parametrize("name", ["eight_schools", "batting_1970"])
def test_one_changed_byte_in_a_file_raises(name, tmp_path, monkeypatch):
    copy = tmp_path / f"{name}.csv"
    content = bytearray((data.FOLDER / copy.name).read_bytes())
    content[-2] ^= 1
    copy.write_bytes(content)
    monkeypatch.setattr(data, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=rf"`{name}.csv` must have sha256 \w+ \(got \w+\): restore it with"):
        getattr(data, name)()


def test_a_nan_is_refused_even_under_the_right_sha256(tmp_path, monkeypatch):
    text = (data.FOLDER / "eight_schools.csv").read_text("utf-8").replace(",28,", ",nan,")
    monkeypatch.setattr(data, "read_checked", lambda path, sha256: text)
    with pytest.raises(ValueError, match=r"`eight_schools` must hold finite numbers \(got nan in `effect`, entry 0\)"):
        data.eight_schools()


def test_windows_line_ends_are_not_a_change(tmp_path, monkeypatch):
    content = (data.FOLDER / "eight_schools.csv").read_bytes()
    (tmp_path / "eight_schools.csv").write_bytes(content.replace(b"\n", b"\r\n"))
    monkeypatch.setattr(data, "FOLDER", tmp_path)
    np.testing.assert_array_equal(data.eight_schools()["effect"], [28, 8, -3, 7, -1, 1, 18, 12])


@pytest.mark.parametrize("name", ["diabetes", "digits", "breast_cancer"])
def test_one_changed_number_from_scikit_learn_raises(name, monkeypatch):
    import sklearn.datasets

    original = getattr(sklearn.datasets, f"load_{name}")

    def tampered(**options):
        bunch = original(**options)
        bunch.data = bunch.data.copy()
        bunch.data[3, 4] += 1.0
        return bunch

    monkeypatch.setattr(sklearn.datasets, f"load_{name}", tampered)
    with pytest.raises(ValueError, match=rf"scikit-learn's `{name}` must have sha256 \w+ \(got \w+\): install"):
        getattr(data, name)()


@pytest.mark.parametrize("name", ["grey_patches", "colour_patches"])
def test_one_changed_pixel_of_a_photograph_raises(name, monkeypatch):
    import sklearn.datasets

    bunch = sklearn.datasets.load_sample_images()
    china, flower = bunch.images
    china = china.copy()
    china[100, 100] ^= 8
    monkeypatch.setattr(sklearn.datasets, "load_sample_images", lambda: type(bunch)(images=[china, flower]))
    with pytest.raises(ValueError, match=rf"`{name}` must have sha256 \w+ \(got \w+\): install .* pillow"):
        getattr(data, name)()


def test_the_csv_files_are_shipped_with_the_package():
    assert sorted(path.name for path in data.FOLDER.glob("*.csv")) == [
        "batting_1970.csv",
        "eight_schools.csv",
    ]


def test_eight_schools_pool_to_the_figures_of_bda3():
    """Section 5.5: the pooled estimate is 7.7 with standard error 4.1; chi-square is below its 7 degrees."""
    schools = data.eight_schools()
    precision = schools["standard_error"] ** -2
    pooled = np.sum(precision * schools["effect"]) / precision.sum()
    assert round(pooled, 1) == 7.7
    assert round(precision.sum() ** -0.5, 1) == 4.1
    assert np.sum(precision * (schools["effect"] - pooled) ** 2) < 7


def test_later_hits_are_the_only_whole_numbers_that_give_the_printed_averages():
    printed = [346, 298, 276, 222, 273, 270, 263, 210, 269, 230, 264, 256, 303, 264, 226, 285, 316, 200]
    season = data.batting_1970()
    for hits, at_bats, average in zip(season["later_hits"], season["later_at_bats"], printed, strict=True):
        fitting = [h for h in range(int(at_bats) + 1) if round(1000 * h / at_bats) == average]
        assert fitting == [hits]


def test_batting_reproduces_the_totals_of_efron_and_morris():
    """Efron and Morris (1975): 17.56 for the averages, 5.01 for Stein's estimator, efficiency 3.50."""
    season = data.batting_1970()
    assert np.all(season["at_bats"] == 45)

    def arcsine(proportion):
        return np.sqrt(45) * np.arcsin(2 * proportion - 1)

    x = arcsine(season["hits"] / 45)
    truth = arcsine(season["later_hits"] / season["later_at_bats"])
    shrunk = x.mean() + (1 - 15 / np.sum((x - x.mean()) ** 2)) * (x - x.mean())
    of_averages, of_stein = np.sum((x - truth) ** 2), np.sum((shrunk - truth) ** 2)
    assert round(of_averages, 2) == 17.56
    assert round(of_stein, 2) == 5.01
    assert round(of_averages / of_stein, 2) == 3.50


def test_season_totals_are_the_official_ones_of_four_players():
    """Clemente 145 of 412, Frank Robinson 144 of 471, Howard 160 of 566, Walt Williams 79 of 315."""
    season = data.batting_1970()
    total = dict(zip(season["player"], season["hits"] + season["later_hits"], strict=True))
    at_bats = dict(zip(season["player"], season["at_bats"] + season["later_at_bats"], strict=True))
    for player, hits, of in [
        ("Roberto Clemente", 145, 412),
        ("Frank Robinson", 144, 471),
        ("Frank Howard", 160, 566),
        ("Walt Williams", 79, 315),
    ]:
        assert (total[player], at_bats[player]) == (hits, of)


def test_diabetes_scales_to_scikit_learns_default():
    from sklearn.datasets import load_diabetes

    raw = data.diabetes()
    centred = raw["features"] - raw["features"].mean(axis=0)
    np.testing.assert_allclose(centred / np.linalg.norm(centred, axis=0), load_diabetes().data, atol=1e-12)
    assert (raw["progression"].min(), raw["progression"].max()) == (25, 346)
    assert list(raw["feature_names"][:4]) == ["age", "sex", "bmi", "bp"]


def test_digits_and_breast_cancer_have_their_documented_counts():
    figures = data.digits()
    assert np.bincount(figures["digit"]).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert set(np.unique(figures["pixels"])) == set(range(17))
    assert data.breast_cancer()["malignant"].sum() == 212


@pytest.mark.parametrize(("name", "size", "channels"), [("grey_patches", 6, 1), ("colour_patches", 8, 3)])
def test_patches_are_cut_from_the_photographs_in_reading_order(name, size, channels):
    from sklearn.datasets import load_sample_images

    patches = data.__dict__[name]()
    images = [np.asarray(image, dtype=float) for image in load_sample_images().images]
    for image, row, column, y, x in [(0, 0, 0, 0, 0), (1, 5, 9, 14, 14 if size == 6 else 13), (0, 3, 7, 2, 9)]:
        index = ((image * 6 + row) * 10 + column) * 225 + y * 15 + x
        top, left = 64 * row + 4 * y, 64 * column + 4 * x
        cut = images[image][top : top + size, left : left + size]
        if channels == 1:
            luma = cut @ [0.299, 0.587, 0.114]
            np.testing.assert_allclose(patches["pixels"][index].reshape(size, size), luma, atol=0.51)
        else:
            np.testing.assert_array_equal(patches["pixels"][index].reshape(size, size, 3), cut)
        assert patches["block"][index] == (image * 6 + row) * 10 + column


@pytest.mark.parametrize("name", ["grey_patches", "colour_patches"])
def test_no_block_is_in_two_splits_and_each_split_sees_both_photographs(name):
    patches = data.__dict__[name]()
    blocks = {part: set(patches["block"][patches["split"] == part]) for part in ("train", "validation", "test")}
    assert {part: len(found) for part, found in blocks.items()} == {"train": 80, "validation": 20, "test": 20}
    assert len(set.union(*blocks.values())) == 120
    assert all(min(found) < 60 <= max(found) for found in blocks.values())
    assert patches["pixels"].min() >= 0 and patches["pixels"].max() <= 255
    assert np.all(patches["pixels"] % 1 == 0)


# Speech

DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
VOICES = {
    "en": [6998, 7290, 5978, 6706, 6415, 6561, 7047, 6561, 5540, 6870],
    "fr": [5031, 3743, 4740, 4536, 4723, 5588, 5758, 5538, 4490, 5025],
    "it": [3680, 3040, 3517, 1760, 4285, 4244, 3337, 4072, 3883, 3839],
}
"""The length of each recording."""


@pytest.mark.parametrize("voice", VOICES)
def test_every_voice_speaks_ten_digits_and_states_its_provenance(voice):
    found = data.speech(voice)
    assert list(found) == DIGITS and [len(signal) for signal in found.values()] == VOICES[voice]
    assert all(signal.dtype == np.float64 and 0.2 < abs(signal).max() <= 1 for signal in found.values())
    assert all(np.array_equal(signal * 2**15, np.round(signal * 2**15)) for signal in found.values()), "16 bits"
    assert found.licence.startswith("CC BY 3.0: Carlo Flora" if voice == "it" else "CC BY-SA 3.0: ")
    assert "8000 samples a second" in found.what and set(found.units) == set(DIGITS)
    assert re.fullmatch("[0-9a-f]{64}", found.sha256)
    notice = (data.SPEECH / "README.md").read_text(encoding="utf-8")
    speaker = found.licence.split(": ")[1].split(",")[0]
    assert f"| `{voice}` | {speaker} (" in notice, "the licence asks for credit"


def test_a_recording_is_what_the_standard_librarys_reader_finds(tmp_path):
    """FLAC against WAV, written by soundfile and read by `wave`: the same 16-bit integers."""
    import wave

    import soundfile

    samples, rate = soundfile.read(data.SPEECH / "en-seven.flac", dtype="int16")
    soundfile.write(tmp_path / "seven.wav", samples, rate)
    with wave.open(str(tmp_path / "seven.wav")) as file:
        raw = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
    np.testing.assert_array_equal(data.speech()["seven"], raw / 32768)


@pytest.fixture
def recordings(tmp_path, monkeypatch):
    """A copy of the recordings, to tamper with."""
    for path in data.SPEECH.glob("*.flac"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(data, "SPEECH", tmp_path)
    return tmp_path


def test_a_changed_sample_of_speech_raises(recordings):
    import soundfile

    samples, rate = soundfile.read(recordings / "fr-two.flac", dtype="int16")
    samples[100] ^= 1
    soundfile.write(recordings / "fr-two.flac", samples, rate, subtype="PCM_16")
    with pytest.raises(ValueError, match=r"`fr-\*\.flac` must have sha256 \w+ \(got \w+\): restore them with `git ch"):
        data.speech("fr")
    assert len(data.speech("en")) == 10, "the other voices are as they were"


def test_other_bytes_with_the_same_samples_are_accepted(recordings):
    import soundfile

    samples, rate = soundfile.read(recordings / "it-nine.flac", dtype="int16")
    before = (recordings / "it-nine.flac").read_bytes()
    soundfile.write(recordings / "it-nine.flac", samples, rate, subtype="PCM_16", compression_level=0.0)
    assert (recordings / "it-nine.flac").read_bytes() != before
    np.testing.assert_array_equal(data.speech("it")["nine"] * 2**15, samples)


@pytest.mark.parametrize(
    ("rate", "channels", "message"),
    [
        (16000, 1, r"`en-one\.flac` must have 8000 samples a second in one channel \(got 16000 in 1\): restore it"),
        (8000, 2, r"`en-one\.flac` must have 8000 samples a second in one channel \(got 8000 in 2\): restore it"),
    ],
)
def test_another_sampling_rate_or_stereo_raises(rate, channels, message, recordings):
    import soundfile

    samples, _ = soundfile.read(recordings / "en-one.flac", dtype="int16")
    soundfile.write(recordings / "en-one.flac", np.stack([samples] * channels, axis=1), rate, subtype="PCM_16")
    with pytest.raises(ValueError, match=message):
        data.speech()


def test_a_missing_recording_and_an_unknown_voice_are_named(recordings):
    (recordings / "en-six.flac").unlink()
    with pytest.raises(ValueError, match=r"`en-six\.flac` must lie in chapters/data/speech \(got no such file\): rest"):
        data.speech()
    with pytest.raises(ValueError, match=r"`voice` must be one of en, fr, it \(got 'de'\): a language stands for"):
        data.speech("de")


def test_a_truncated_recording_is_named(recordings):
    content = (recordings / "it-two.flac").read_bytes()
    (recordings / "it-two.flac").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"`it-two\.flac` must be a whole FLAC file \(got one of \d+ bytes; .*restore"):
        data.speech("it")


def test_the_files_of_speech_are_packed_without_padding():
    files = sorted(data.SPEECH.glob("*.flac"))
    assert len(files) == 30 and sum(path.stat().st_size for path in files) < 200_000
    for path in files:
        content, start, kinds, last = path.read_bytes(), 4, [], False
        assert content[:4] == b"fLaC"
        while not last:  # a block: one bit if it is the last, seven for its kind, three bytes for its length
            last, kind = bool(content[start] & 128), content[start] & 127
            kinds.append(kind)
            start += 4 + int.from_bytes(content[start + 1 : start + 4], "big")
        assert 1 not in kinds, f"{path.name} is padded"


def test_make_packs_wav_files_as_the_ones_in_git(tmp_path):
    """From WAV files in the folders of the packages."""
    import importlib.util

    import soundfile

    spec = importlib.util.spec_from_file_location("make", data.SPEECH / "make.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert list(script.VOICES) == list(VOICES) and list(script.DIGITS) == DIGITS
    target = tmp_path / "made"
    target.mkdir()
    for voice, name in script.VOICES.items():
        folder = tmp_path / "usr/share/asterisk/sounds" / name / "digits"
        folder.mkdir(parents=True)
        for number, digit in enumerate(DIGITS):
            samples, rate = soundfile.read(data.SPEECH / f"{voice}-{digit}.flac", dtype="int16")
            soundfile.write(folder / f"{number}.wav", samples, rate, subtype="PCM_16")
    script.make(tmp_path, target)
    for path in data.SPEECH.glob("*.flac"):
        np.testing.assert_array_equal(*(soundfile.read(f / path.name, dtype="int16")[0] for f in (data.SPEECH, target)))


def test_a_data_set_is_a_mapping_of_its_arrays():
    voice = data.speech()
    assert dict(voice) == dict(voice.items()) == dict(zip(voice, voice.values(), strict=True))
    assert len(voice) == 10 and "seven" in voice and "ten" not in voice
    assert voice == voice and voice != data.speech() and len({voice, data.speech()}) == 2
