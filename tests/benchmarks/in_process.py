"""Run a chapter's code cells in this process, without a kernel, and hand back its claims.

As a script, `python in_process.py chapters/shrinkage.ipynb` prints one JSON line: what the chapter cost.
"""

import json
import os
import sys
import time
from collections import defaultdict
from contextlib import chdir
from pathlib import Path
from typing import Any

import matplotlib
from IPython.core.interactiveshell import InteractiveShell
from memory import peak_mib


def run(chapter: Path) -> list[Any]:
    """Execute every code cell, in order, in its own folder: the claims it has stated. A failing cell raises."""
    from utils import claims

    chapter = chapter.resolve()
    matplotlib.use("agg")
    shell = InteractiveShell()
    shell.display_pub.publish = lambda *args, **kwargs: None  # type: ignore[method-assign]
    shell.displayhook.quiet = lambda: True  # type: ignore[method-assign]
    shell.showtraceback = lambda *args, **kwargs: None  # type: ignore[method-assign]
    sys.path.insert(0, str(chapter.parent))  # `from training import ...`, as in a kernel started there
    with chdir(chapter.parent):
        for cell in json.loads(chapter.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                shell.run_cell("".join(cell["source"])).raise_error()
    return claims.claims()


def seconds_by_claim() -> dict[str, dict[str, float]]:
    """From now on, the CPU seconds each claim spends in each of its gates, by label: a dictionary that fills up."""
    from utils import claims, kinds

    spent: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))

    def timed(owner: type, gate: str) -> None:
        original = getattr(owner, gate)

        def gated(self: Any, *args: Any, **kwargs: Any) -> Any:
            if gate == "check" and not args and owner is claims.Claim:  # check(rtol=...): the route comes later
                return original(self, *args, **kwargs)
            start = time.process_time()
            try:
                return original(self, *args, **kwargs)
            finally:
                spent[self.label][gate] += time.process_time() - start

        setattr(owner, gate, gated)

    for owner, gate in (
        (claims.Claim, "derive"),
        (claims.Claim, "check"),
        (kinds.IndexMap, "check"),
        (kinds.Program, "check"),
        (kinds.Experiment, "run"),
        (claims.Definition, "__init__"),
        (claims.Refutation, "__init__"),
    ):
        timed(owner, gate)
    return spent


if __name__ == "__main__":
    start = time.perf_counter()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    spent = seconds_by_claim()
    stated = run(Path(sys.argv[1]))
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - start,
                "claims": len(stated),
                "peak_mib": peak_mib(),
                "by_claim": spent,
            }
        )
    )
