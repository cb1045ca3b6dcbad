"""The order of the files, and the parts of `pytest --shard`: nothing left out, nothing run twice."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from built import ROOT
from order import LONGEST, longest_first, shard

FILES = [*ROOT.glob("tests/test_*.py"), *ROOT.glob("chapters/*.ipynb")]


def test_the_longest_come_first_and_exist() -> None:
    assert [file.name for file in longest_first(FILES)[: len(LONGEST)]] == LONGEST
    assert longest_first([*FILES, Path("a.py"), FILES[0]]) == longest_first([Path("a.py"), *FILES])


@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_every_file_is_in_exactly_one_part(parts: int) -> None:
    found = [file for k in range(parts) for file in shard(FILES, f"{k + 1}/{parts}")]
    assert sorted(found) == sorted(FILES)


def test_chapters_are_spread_over_the_parts() -> None:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    chapters = {Path(entry["file"]).name for part in toc["parts"] for entry in part["chapters"]}
    counts = [sum(file.suffix == ".ipynb" and file.stem in chapters for file in shard(FILES, f"{k}/3")) for k in "123"]
    assert min(counts) >= 4 and max(counts) - min(counts) <= 2


@pytest.mark.parametrize("part", ["0/2", "3/2", "2", "a/b", "1/0", "-1/2", ""])
def test_a_part_that_there_is_not_is_refused(part: str) -> None:
    with pytest.raises(pytest.UsageError, match="--shard takes K/N with 1 <= K <= N"):
        shard(FILES, part)


def test_pytest_runs_the_part_it_is_given(tmp_path: Path) -> None:
    """In a project of three files, with the book's own conftest.py."""
    shutil.copy(ROOT / "tests/conftest.py", tmp_path)
    for name in "abc":
        (tmp_path / f"test_{name}.py").write_text("def test(): pass\ndef test_again(): pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "--shard=2/2", "-v"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tests"), "PYTEST_ADDOPTS": ""}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert run.returncode == 0 and "2 passed, 4 deselected" in run.stdout, run.stdout + run.stderr
    assert "test_b.py::test PASSED" in run.stdout
