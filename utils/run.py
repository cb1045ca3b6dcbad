"""Run notebooks, store their outputs, and stamp each with the hashes of what it ran from: ``python -m utils.run``.

    python -m utils.run chapters/*.ipynb            run and store
    python -m utils.run --check chapters/*.ipynb    say which have changed since they ran; run nothing

The stamp lies in the notebook's metadata, and `changed` compares it with the files as they are.
Strict nbval, which runs every cell again, decides whether the outputs still hold; but it looks away from drawings and
sounds, whose last digits differ between processors. A drawing older than its cell is seen by the stamp alone.
"""

import argparse
import ast
import copy
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = ["ENVIRONMENT", "KEY", "changed", "execute", "faults", "reads", "report", "stamp", "store"]

ROOT = Path(__file__).resolve().parent.parent
KEY = "checked_derivations"
PARTS = {
    "cells": "its code cells",
    "data": "the data or training results that it reads",
    "code": "a module or training script that it imports",
}
READ = {  # what modules read beside what their names say: training.x reads training/x.json and training/x-*.pt
    "utils.data": ("utils/*.csv", "chapters/data/speech/*.flac"),
    "utils.errata": ("chapters/errata.toml", "chapters/inventory.json"),
    "utils.figures": ("utils/*.js",),
}
# What notebooks and tests run in. One thread for linear algebra: the same digits each time, and where a process runs on
# each core, more threads than cores cost far more than they bring. A cache for SymPy that holds a chapter's questions,
# not a thousand of each kind. And large arrays kept by glibc, below a gibibyte: handed back to the system when they are
# dropped, each page of the next one is a fault, up to five sixths of the time of what works on arrays of 32 MB.
ENVIRONMENT = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "SYMPY_CACHE_SIZE": "20000",
    **dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(2**30)),
}

Notebook = Mapping[str, Any]


def _sha256(parts: Iterable[bytes]) -> str:
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def _sources(notebook: Notebook) -> list[str]:
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


@lru_cache(maxsize=4096)  # the modules are the same ones for every notebook
def _imported(source: str) -> frozenset[str]:
    """The names that a source imports, `from a import b` being a and a.b."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return frozenset(found)


def _module(name: str, root: Path) -> Path | None:
    """The file of one of the book's modules; None for anybody else's."""
    package, _, module = name.partition(".")
    folder = {"utils": root / "utils", "training": root / "chapters" / "training"}.get(package)
    path = folder / f"{module or '__init__'}.py" if folder else None
    return path if path and path.is_file() else None


def reads(notebook: Notebook, root: Path = ROOT) -> tuple[dict[str, Path], list[Path]]:
    """The book's modules that a notebook imports, directly or by way of others, and the files that those read."""
    modules: dict[str, Path] = {}
    waiting = [name for source in _sources(notebook) for name in _imported(source)]
    while waiting:
        name = waiting.pop()
        path = _module(name, root)
        if path and name not in modules:
            modules[name] = path
            waiting += _imported(path.read_text(encoding="utf-8"))
    globs = [glob for name in modules for glob in READ.get(name, ())]
    trained = [name.removeprefix("training.") for name in modules if name.startswith("training.")]
    globs += [f"chapters/training/{name}{end}" for name in trained for end in (".json", "-*.pt")]
    return modules, sorted({path for glob in globs for path in root.glob(glob)})


@lru_cache(maxsize=256)
def _without_words(source: str) -> str:
    """A module's lines without docstrings, comments on lines of their own, and blank lines."""
    words = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = enumerate(source.splitlines(), 1)
    return "\n".join(t.rstrip() for k, t in lines if k not in words and t.strip() and not t.lstrip().startswith("#"))


def stamp(notebook: Notebook, root: Path = ROOT) -> dict[str, str]:
    """sha256 of a notebook's code cells, of the data that it reads, and of the book's modules that it imports."""
    modules, data = reads(notebook, root)
    code = (f"{name}\n{_without_words(path.read_text(encoding='utf-8'))}" for name, path in sorted(modules.items()))
    named = (f"{path.relative_to(root).as_posix()} {_sha256([path.read_bytes()])}" for path in data)
    return {
        "cells": _sha256(json.dumps(source).encode() for source in _sources(notebook)),
        "data": _sha256(line.encode() for line in named),
        "code": _sha256(text.encode() for text in code),
    }


def changed(notebook: Notebook, root: Path = ROOT) -> list[str]:
    """Which of `cells`, `data` and `code` are no longer what the notebook ran from; all three, if it has no stamp."""
    then, now = notebook["metadata"].get(KEY, {}), stamp(notebook, root)
    return [part for part in PARTS if then.get(part) != now[part]]


def faults(notebook: Notebook, root: Path = ROOT) -> list[str]:
    """Outputs older than the cells or the data that they come from.

    A changed module is no fault: most edits leave the outputs as they are, and a rule that turned red at each of them
    would be answered by stamping without looking. Running the notebook again decides, and strict nbval does that.
    """
    if KEY not in notebook["metadata"]:
        return ["its outputs have no stamp: run it with `python -m utils.run`"]
    stale = [part for part in changed(notebook, root) if part != "code"]
    return [f"{PARTS[part]} changed after it ran: run it again with `python -m utils.run`" for part in stale]


def report(notebook: Notebook, root: Path = ROOT) -> str:
    """What changed since a notebook ran, in words."""
    if KEY not in notebook["metadata"]:
        return "has no stamp"
    return "; ".join(f"{PARTS[part]} changed" for part in changed(notebook, root)) or "as it ran"


def execute(notebook: Notebook, folder: Path, root: Path = ROOT) -> Any:
    """A copy of a notebook, run from a fresh kernel in `folder`; a cell that raises stops it.

    The kernel imports the modules below `root`, whatever copy of the book is installed.
    """
    import nbformat  # a reader of stamps needs neither
    from nbclient import NotebookClient

    old = notebook["metadata"]
    fresh = nbformat.from_dict(copy.deepcopy(dict(notebook)))
    for cell in fresh.cells:
        cell.metadata.pop("execution", None)
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    client = NotebookClient(
        fresh,
        timeout=None,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(folder)}},
    )
    # The kernel warns on the terminal that it speaks over TCP: with this process, on this machine, once.
    client.extra_arguments = ["--IPKernelApp.log_level=ERROR"]
    client.execute(env=os.environ | ENVIRONMENT | {"PYTHONPATH": path})
    fresh.metadata = nbformat.from_dict(copy.deepcopy(dict(old)))  # the kernel's version is no part of the book
    return fresh


def store(path: Path, root: Path = ROOT) -> None:
    """Run the notebook at `path`, and replace it by the result with its stamp: whole, or not at all."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    before = stamp(notebook, root)  # a file that is edited while the notebook runs shows as changed
    ran = execute(notebook, path.resolve().parent, root)
    ran.metadata[KEY] = before
    unfinished = path.with_suffix(".unfinished")
    nbformat.write(ran, unfinished)
    unfinished.replace(path)


def main(arguments: list[str] | None = None) -> int:
    """Run or check the notebooks named on the command line; 1 if one failed or is stale."""
    parser = argparse.ArgumentParser(prog="python -m utils.run", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--check", action="store_true", help="say what changed since they ran; run nothing")
    given = parser.parse_args(arguments)
    failed = False
    for path in given.notebooks:
        if path.suffix != ".ipynb" or not path.is_file():
            parser.error(f"{path} is no notebook: name files that end in .ipynb, as in chapters/shrinkage.ipynb")
        if given.check:
            notebook = json.loads(path.read_text(encoding="utf-8"))
            failed |= bool(faults(notebook))
            print(f"{path}: {report(notebook)}")
            continue
        print(f"{path}: ", end="", flush=True)
        start = time.perf_counter()
        try:
            store(path)
        except Exception as error:  # whatever a cell raises, or a kernel that dies
            failed = True
            print(f"not stored, since a cell failed\n{error}", flush=True)
        else:
            print(f"stored, {time.perf_counter() - start:.1f} s", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
