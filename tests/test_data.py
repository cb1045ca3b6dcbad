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
    assert set(data.__all__) - {"DataSet", "read_checked"} == set(SETS)
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
