"""The real data sets of the book: what each holds, where it comes from, and the sha256 it must have.

Two small tables lie beside this module as CSV, and recorded speech in chapters/data/speech as FLAC; the others ship
with scikit-learn, which is imported on first use. A data set whose sha256 is not the recorded one raises: no figure of
the book rests on other numbers than those it was written from.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "DataSet",
    "batting_1970",
    "breast_cancer",
    "colour_patches",
    "diabetes",
    "digits",
    "eight_schools",
    "grey_patches",
    "read_checked",
    "speech",
]

FOLDER = Path(__file__).parent
SPEECH = FOLDER.parent / "chapters/data/speech"
SPEECH_RATE = 8000
"""Samples a second."""


@dataclass(frozen=True, eq=False)
class DataSet(Mapping[str, NDArray[Any]]):
    """Named, read-only arrays and their provenance: `data["column"]` is the array, `data.items()` are all of them.

    Attributes
    ----------
    name, what : str
        The name, and one sentence on what was observed.
    source : str
        Key of the source in references.bib.
    licence : str
    sha256 : str
        Of the file's bytes with Unix line ends (CSV), or of the arrays' names, shapes and float64 bytes.
    arrays : mapping of str to array
        Every array has one row an observation, except where `what` says otherwise.
    units : mapping of str to str
        For each array.
    """

    name: str
    what: str
    source: str
    licence: str
    sha256: str
    units: Mapping[str, str]
    arrays: Mapping[str, NDArray[Any]] = field(repr=False)

    def __post_init__(self) -> None:
        for column, array in self.arrays.items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                bad = int(np.flatnonzero(~np.isfinite(array))[0])
                raise ValueError(
                    f"`{self.name}` must hold finite numbers (got {array.flat[bad]} in `{column}`, entry {bad}): "
                    "restore the file from git, or leave the row out"
                )
            array.setflags(write=False)
        object.__setattr__(self, "units", MappingProxyType(dict(self.units)))
        object.__setattr__(self, "arrays", MappingProxyType(dict(self.arrays)))

    def __getitem__(self, column: str) -> NDArray[Any]:
        if column not in self.arrays:
            raise KeyError(f"`{self.name}` has no array {column!r}: choose one of {', '.join(self.arrays)}")
        return self.arrays[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def __eq__(self, other: object) -> bool:
        """Whether this is the same object: equal arrays have no one truth value, and provenance counts."""
        return self is other

    __hash__ = object.__hash__


def eight_schools() -> DataSet:
    """The effect of coaching on the verbal test score SAT-V, estimated in eight schools (8,).

    BDA3, section 5.5, table 5.2; first analysed by Rubin (1981). Each effect comes from its school's own
    regression; its standard error is treated as known.

    >>> eight_schools()["effect"]
    array([28.,  8., -3.,  7., -1.,  1., 18., 12.])
    """
    sha256 = "aeaef1870c26c894ef61b87d755c6779b131245cfb60849bafbd856d9e26b5a6"
    return DataSet(
        name="eight_schools",
        what="Estimated effect of coaching on SAT-V scores in eight high schools, with standard errors.",
        source="gelman2013bda",
        licence="Facts, published in Rubin (1981): not subject to copyright.",
        sha256=sha256,
        units={"school": "label", "effect": "points of SAT-V", "standard_error": "points of SAT-V"},
        arrays=_columns(read_checked(FOLDER / "eight_schools.csv", sha256), labels=("school",)),
    )


def batting_1970() -> DataSet:
    """Hits of 18 baseball players in their first 45 at-bats of 1970, and in the rest of the season (18,).

    Efron and Morris (1975), table 1. The paper prints the later averages to three decimals; the later hits
    are the only whole numbers that give them, and with them the paper's total squared errors on the arcsine
    scale come out to the last digit: 17.56 for the averages, 5.01 for James-Stein.

    Walt Williams of the White Sox hit .256 in 270 later at-bats. Tables that call him Billy Williams, or that
    give that player's 591 later at-bats, mix up the two.

    >>> season = batting_1970()
    >>> int(season["hits"].sum()), int(season["later_at_bats"].sum())
    (215, 6649)
    """
    sha256 = "69f6b024f660f7bcd78a66ff6499a69e6add979364e01885ea633823b5ede9f6"
    return DataSet(
        name="batting_1970",
        what="Hits and at-bats of 18 major league players in 1970, early and later in the season.",
        source="efron1975data",
        licence="Facts, published in Efron and Morris (1975): not subject to copyright.",
        sha256=sha256,
        units={
            "player": "label",
            "team": "label",
            "league": "label",
            "hits": "count",
            "at_bats": "count",
            "later_hits": "count",
            "later_at_bats": "count",
        },
        arrays=_columns(read_checked(FOLDER / "batting_1970.csv", sha256), labels=("player", "team", "league")),
    )


def diabetes() -> DataSet:
    """Ten measurements of 442 patients, `features` (442, 10), and disease progression a year later (442,).

    From scikit-learn, unscaled: its default standardisation is left to the reader, who can then see it.

    >>> diabetes()["features"].shape
    (442, 10)
    """
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes(scaled=False)
    return _from_scikit_learn(
        name="diabetes",
        what="Age, sex, body mass index, blood pressure and six serum measurements of 442 diabetes patients, "
        "with disease progression one year after. `feature_names` has one entry a feature.",
        source="efron2004lars",
        licence="None stated at the source; distributed with scikit-learn (BSD-3-Clause).",
        sha256="df4544b0400b8e4c179d9bfce5952c3f6e90fcad60fa91bc31f510da8247a4fd",
        units={
            "features": "years; coded 1 or 2; kg/m^2; mm Hg; six serum measurements, units not stated",
            "progression": "score, 25 to 346",
            "feature_names": "label",
        },
        arrays={
            "features": bunch.data,
            "progression": bunch.target,
            "feature_names": np.array(bunch.feature_names),
        },
    )


def digits() -> DataSet:
    """1797 handwritten digits, `pixels` (1797, 64) row by row of 8 x 8, and their `digit` (1797,).

    >>> digits()["pixels"].max()
    np.float64(16.0)
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return _from_scikit_learn(
        name="digits",
        what="Handwritten digits as 8 x 8 images: the test part of UCI's optical recognition data.",
        source="alpaydin1998digits",
        licence="CC BY 4.0 (UCI Machine Learning Repository).",
        sha256="cde3b3e57b4b162f9e4193d30664428371eb7599f61b3382d8a35667f4dd05cd",
        units={"pixels": "inked dots of a 4 x 4 block, 0 to 16", "digit": "0 to 9"},
        arrays={"pixels": bunch.data, "digit": bunch.target},
    )


def breast_cancer() -> DataSet:
    """30 features of cell nuclei, `features` (569, 30), and whether the tumour was `malignant` (569,).

    >>> int(breast_cancer()["malignant"].sum())
    212
    """
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    return _from_scikit_learn(
        name="breast_cancer",
        what="Features of cell nuclei in needle aspirates of 569 breast tumours. `feature_names` has one "
        "entry a feature.",
        source="wolberg1995cancer",
        licence="CC BY 4.0 (UCI Machine Learning Repository).",
        sha256="0c3dd3bc6105908f7a31b9f8fe2800ff6748a7e7a501323f66e648512eb76c39",
        units={
            "features": "as in the source, which states none",
            "malignant": "true or false",
            "feature_names": "label",
        },
        # scikit-learn codes malignant as 0, which is easily read the wrong way round.
        arrays={
            "features": bunch.data,
            "malignant": bunch.target == 0,
            "feature_names": np.array(bunch.feature_names),
        },
    )


def grey_patches() -> DataSet:
    """6 x 6 patches of two photographs in grey levels, `pixels` (27000, 36) row by row, and where each comes from.

    BSDS300's patches in small: made from `china.jpg` and `flower.jpg`, which ship with scikit-learn and are decoded by
    Pillow. Grey is ITU-R BT.601's luma, rounded. Patches start every 4 pixels, so that neighbours overlap; therefore
    `split` goes by whole 64 x 64 `block`s of the photographs (120 in all, in diagonals), and no patch straddles two.
    Patches of one block are alike: a standard error is to be believed between blocks, not between patches.

    >>> patches = grey_patches()
    >>> {part: int((patches["split"] == part).sum()) for part in ("train", "validation", "test")}
    {'train': 18000, 'validation': 4500, 'test': 4500}
    """
    images, about = _photographs()
    grey = (images @ np.array([19595, 38470, 7471]) + 32768) // 65536  # 0.299 R + 0.587 G + 0.114 B in 1/65536
    return _from_scikit_learn(
        name="grey_patches",
        what="6 x 6 patches, every 4 pixels, of two photographs (a palace in China, a flower) in grey.",
        sha256="991050482f8e5c41fca1014bc74aa3f1c1409c318ac5fbd92560b3a33eb5a6ce",
        units={"pixels": "grey level, 0 to 255", "block": "0 to 119", "split": "label"},
        arrays=_patches(grey[..., None], size=6),
        **about,
    )


def colour_patches() -> DataSet:
    """8 x 8 patches of the same photographs in colour, `pixels` (27000, 192): row by row, then red, green, blue.

    Blocks and splits are those of `grey_patches`.

    >>> colour_patches()["pixels"].shape
    (27000, 192)
    """
    images, about = _photographs()
    return _from_scikit_learn(
        name="colour_patches",
        what="8 x 8 patches, every 4 pixels, of two photographs (a palace in China, a flower) in colour.",
        sha256="87f4e48100abe817999d271135665cb8800e1c64f4bcc3b8e91b1a91cd903aec",
        units={"pixels": "red, green, blue level, 0 to 255", "block": "0 to 119", "split": "label"},
        arrays=_patches(images, size=8),
        **about,
    )


@dataclass(frozen=True)
class _Voice:
    speaker: str
    language: str
    licence: str
    sha256: str


VOICES = {
    "en": _Voice(
        "Allison Smith", "English", "CC BY-SA 3.0", "fc995e082e7523c3ac953bf7550efbb51edd224a8f221abc49c400208e27692b"
    ),
    "fr": _Voice(
        "June Wallack", "French", "CC BY-SA 3.0", "7ad8370801a3a767be6a8f1fc19c269dab915693f10e3f36e577a2901ca83f4a"
    ),
    "it": _Voice(
        "Carlo Flora", "Italian", "CC BY 3.0", "bc499da5d0ba7d5615b9441475985fdda878dd16a281a02bc8cb2e751c9d49da"
    ),
}
SPOKEN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def speech(voice: str = "en") -> DataSet:
    """The ten digits, spoken by a voice ("en", "fr" or "it"): for each a signal in [-1, 1], 8000 samples a second.

    Prompts of the telephone exchange Asterisk, 30 recordings in all. The arrays have the names of the English digits
    in every voice, in the order of the numbers, and different lengths. The sha256 is that of the samples and not of the
    FLAC files, whose bytes depend on the version that packed them.

    >>> digits = speech()
    >>> list(digits)[:3], digits["seven"].shape
    (['zero', 'one', 'two'], (6561,))
    """
    if voice not in VOICES:
        raise ValueError(f"`voice` must be one of {', '.join(VOICES)} (got {voice!r}): a language stands for a speaker")
    about = VOICES[voice]
    arrays = {digit: _recording(SPEECH / f"{voice}-{digit}.flac") for digit in SPOKEN}
    found = _arrays_sha256(arrays)
    if found != about.sha256:
        raise ValueError(
            f"the recordings `{voice}-*.flac` must have sha256 {about.sha256} (got {found}): restore them with "
            "`git checkout -- chapters/data/speech`, or record the new sha256 if the change is meant"
        )
    return DataSet(
        name=f"speech-{voice}",
        what=f"The digits 0 to 9 in {about.language}, spoken by {about.speaker}, at {SPEECH_RATE} samples a second.",
        source="smith2018asterisk",
        licence=f"{about.licence}: {about.speaker}, Asterisk Core Sounds; see chapters/data/speech/README.md.",
        sha256=about.sha256,
        units=dict.fromkeys(SPOKEN, "amplitude, full scale = 1"),
        arrays=arrays,
    )


def _recording(path: Path) -> NDArray[np.float64]:
    """A 16-bit recording of one channel at SPEECH_RATE, full scale = 1, or an error."""
    import soundfile

    if not path.exists():
        raise ValueError(
            f"`{path.name}` must lie in chapters/data/speech (got no such file): restore it with "
            f"`git checkout -- chapters/data/speech/{path.name}`"
        )
    try:
        samples, rate = soundfile.read(path, dtype="int16")
    except soundfile.LibsndfileError as error:
        raise ValueError(
            f"`{path.name}` must be a whole FLAC file (got one of {path.stat().st_size} bytes; {error}): "
            f"restore it with `git checkout -- chapters/data/speech/{path.name}`"
        ) from error
    if rate != SPEECH_RATE or samples.ndim != 1:
        channels = 1 if samples.ndim == 1 else samples.shape[1]
        raise ValueError(
            f"`{path.name}` must have {SPEECH_RATE} samples a second in one channel (got {rate} in {channels}): "
            f"restore it with `git checkout -- chapters/data/speech/{path.name}`"
        )
    return samples / 2.0**15


def read_checked(path: Path, sha256: str) -> str:
    """The text of a UTF-8 file whose sha256 is this one; ValueError if it has another.

    Windows line ends are read as Unix ones first, so that a checkout may translate them.
    """
    content = path.read_bytes().replace(b"\r\n", b"\n")
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ValueError(
            f"`{path.name}` must have sha256 {sha256} (got {found}): restore it with "
            f"`git checkout -- utils/{path.name}`, or record the new sha256 if the change is meant"
        )
    return content.decode("utf-8")


def _columns(text: str, labels: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """The columns of a CSV table by name: float64, except for the labels. Lines from # are comments."""
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    return {
        name: np.array([row[name] for row in rows], dtype=np.str_ if name in labels else np.float64) for name in rows[0]
    }


def _arrays_sha256(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Of each array's name and shape, and its entries as little-endian float64 (labels as UTF-8)."""
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(f"{name} {array.shape} ".encode())
        if array.dtype.kind == "U":
            digest.update("\n".join(array.ravel()).encode())
        else:
            digest.update(array.astype("<f8").tobytes())
    return digest.hexdigest()


def _photographs() -> tuple[NDArray[Any], dict[str, str]]:
    """china.jpg and flower.jpg, shape (2, 427, 640, 3), 0 to 255, and where they come from."""
    from sklearn.datasets import load_sample_images

    about = {
        "source": "pedregosa2011sklearn",
        "licence": "CC BY 2.0: china.jpg by danielbuechele (https://www.flickr.com/photos/danielbuechele/6061409035), "
        "flower.jpg by vultilion (https://www.flickr.com/photos/vultilion/6056698931).",
    }
    return np.stack(load_sample_images().images).astype(np.int64), about


def _patches(images: NDArray[Any], size: int) -> dict[str, NDArray[Any]]:
    """Square patches of images (image, row, column, channel), every 4 pixels of each 64 x 64 block."""
    pixels, block, split = [], [], []
    for i, image in enumerate(images):
        for row in range(image.shape[0] // 64):
            for column in range(image.shape[1] // 64):
                square = image[64 * row : 64 * row + 64, 64 * column : 64 * column + 64]
                windows = np.lib.stride_tricks.sliding_window_view(square, (size, size), axis=(0, 1))[::4, ::4]
                found = np.moveaxis(windows, 2, -1).reshape(-1, size * size * image.shape[2])
                pixels.append(found)
                block += [len(pixels) - 1] * len(found)
                part = {0: "validation", 3: "test"}.get((row + column + i) % 6, "train")
                split += [part] * len(found)
    return {
        "pixels": np.concatenate(pixels).astype(np.float64),
        "block": np.array(block),
        "split": np.array(split),
    }


def _from_scikit_learn(*, name: str, sha256: str, arrays: dict[str, NDArray[Any]], **about: Any) -> DataSet:
    found = _arrays_sha256(arrays)
    if found != sha256:
        raise ValueError(
            f"scikit-learn's `{name}` must have sha256 {sha256} (got {found}): install the scikit-learn and pillow "
            "that requirements.txt pins, or record the new sha256 if the data were corrected"
        )
    return DataSet(name=name, sha256=sha256, arrays=arrays, **about)
