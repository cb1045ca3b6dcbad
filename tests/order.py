"""The order in which pytest runs the files, and the parts of `pytest --shard`."""

from collections.abc import Iterable
from pathlib import Path

import pytest

# The files that take longest, in that order: begun first, none of them is left to one process at the end while the
# others have nothing to do. (pytest-xdist takes the order from here because of --no-loadscope-reorder.)
LONGEST = [
    "test_access.py",
    "test_workbench.py",
    "test_statements.py",
    "test_site_live.py",
    "test_site.py",
    "sinkhorn.ipynb",
    "score-function.ipynb",
    "museum.ipynb",
    "wasserstein-autoencoders.ipynb",
    "reparameterization.ipynb",
    "flows.ipynb",
    "wgan.ipynb",
    "generalized-reparameterization.ipynb",
    "reshaping.ipynb",
    "kantorovich-duality.ipynb",
    "shrinkage.ipynb",
    "tacotron.ipynb",
    "attention.ipynb",
    "change-of-variables.ipynb",
    "pyramidal-encoders.ipynb",
]


def longest_first(files: Iterable[Path]) -> list[Path]:
    """The files in the order in which they are run."""
    rank = {name: place for place, name in enumerate(LONGEST)}
    return sorted(set(files), key=lambda file: (rank.get(file.name, len(rank)), file))


def shard(files: Iterable[Path], part: str) -> list[Path]:
    """The files of part "K/N": every N-th of the longest, so that the parts take about as long as one another."""
    number, slash, parts = part.partition("/")
    if not (slash and number.isdecimal() and parts.isdecimal() and 1 <= int(number) <= int(parts)):
        raise pytest.UsageError(f"--shard takes K/N with 1 <= K <= N (got {part!r}): write e.g. --shard=2/3")
    return longest_first(files)[int(number) - 1 :: int(parts)]
