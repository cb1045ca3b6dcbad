"""What the book costs as a whole: imports, chapters against their floor, memory, and growth with the number of claims.

Run: pytest tests/benchmarks -o addopts="" -s (the figures beside a time are printed, and stored as extra_info).
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from pytest_benchmark.fixture import BenchmarkFixture

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
MODULES = sorted(path.stem for path in (ROOT / "utils").glob("*.py") if path.stem != "__init__")
ABOUT_TENSORS = {"flows", "gradients", "transport"}
ENVIRONMENT = os.environ | {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}",
}


def python(*arguments: str) -> Any:
    """Run a fresh Python; the JSON on its last line of output."""
    done = subprocess.run([sys.executable, *arguments], env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def note(benchmark: BenchmarkFixture, **figures: Any) -> None:
    benchmark.extra_info.update(figures)
    print("  ", ", ".join(f"{name} {value}" for name, value in figures.items()))


def imports(modules: str) -> Any:
    listed = "[m for m in ('torch', 'sklearn', 'pandas') if m in sys.modules]"
    code = f"import json, sys, {modules}; print(json.dumps({listed}))"
    return python("-c", code)


@pytest.mark.parametrize("modules", ["sys", "sympy, numpy", *(f"utils.{m}" for m in MODULES)])
def test_import_of_one_module(modules: str, benchmark: BenchmarkFixture) -> None:
    benchmark.pedantic(imports, args=(modules,), rounds=3, warmup_rounds=1)


def test_import_of_the_checker(benchmark: BenchmarkFixture) -> None:
    """What a claim needs, without the modules that are about tensors."""
    names = ", ".join(f"utils.{m}" for m in MODULES if m not in ABOUT_TENSORS)
    heavy = benchmark.pedantic(imports, args=(names,), rounds=5, warmup_rounds=1)
    note(benchmark, heavy=heavy or "none of torch, sklearn, pandas")
    assert "torch" not in heavy


def execute(chapter: Path, imports_only: bool) -> None:
    notebook = nbformat.read(chapter, as_version=4)
    if imports_only:
        notebook.cells = [next(cell for cell in notebook.cells if cell.cell_type == "code")]
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(chapter.parent)}}).execute()


@pytest.mark.parametrize("part", ["floor", "all"])
@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_against_its_floor(chapter: Path, part: str, benchmark: BenchmarkFixture) -> None:
    """The floor: the kernel's start and the first code cell, which holds the imports."""
    benchmark.pedantic(execute, args=(chapter, part == "floor"), rounds=2)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_claims_of_a_chapter(chapter: Path, benchmark: BenchmarkFixture) -> None:
    """A chapter in one process: its claims' median and dearest, and the peak of memory."""
    cost = benchmark.pedantic(python, args=(str(HERE / "in_process.py"), str(chapter)), rounds=1)
    seconds = {label: sum(gates.values()) for label, gates in cost["by_claim"].items()}
    checked = {label: seconds[label] for label, gates in cost["by_claim"].items() if "check" in gates}
    dearest = max(seconds, key=lambda label: seconds[label])
    note(
        benchmark,
        claims=cost["claims"],
        median_of_all=round(statistics.median(seconds.values()), 3),
        median_of_checked=round(statistics.median(checked.values()), 3),
        dearest=f"{dearest} {seconds[dearest]:.2f}",
        peak_mib=round(cost["peak_mib"]),
    )


@pytest.mark.parametrize("count", [10, 100, 1000])
def test_growth(count: int, benchmark: BenchmarkFixture) -> None:
    """Time and memory per claim as one process states more of them."""
    cost = benchmark.pedantic(python, args=(str(HERE / "many.py"), str(count)), rounds=1)
    note(benchmark, **{name: round(value, 3) for name, value in cost.items()})
