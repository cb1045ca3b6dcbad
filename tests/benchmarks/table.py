"""What the book costs, measured now, for its page: chapters/checking/benchmarks.json. On a quiet machine:

    python tests/benchmarks/table.py [--pages] [--suite "5:40"] [--chapters shrinkage sinkhorn]

Seconds on the clock that pytest takes for each chapter alone: its kernel started, each cell run, each output compared;
the least of three runs, since what else the machine does can only add. Processor seconds, user and system: what a claim
costs as one process states more of them; what the site's build costs. One process at a time, ten minutes. `--pages`
measures with `test_pages.py` too when a page can be read. `--suite` is the wall clock of the last `pytest`, which can't
be measured from inside; the one written down before is kept without it, as are the chapters not asked for.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TABLE = ROOT / "chapters" / "checking" / "benchmarks.json"
sys.path.insert(0, str(ROOT))
os.environ["PYTHONPATH"] = str(ROOT)

from utils import ledger  # noqa: E402
from utils.run import ENVIRONMENT  # noqa: E402

os.environ.update(ENVIRONMENT)  # a claim costs what pytest pays for it

RUNS = 3
COUNTS = (10, 100, 300)
PYTEST = "pytest"


def cost(*command: str | Path) -> tuple[float, str]:
    """Processor seconds of a command and all its children that have ended, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{run.stdout[-3000:]}\n{run.stderr[-3000:]}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, run.stdout


def chapter_seconds(name: str) -> float:
    """A chapter in pytest, by itself: from the start of its kernel to the last output compared; the least of RUNS."""
    return min(chapter_run(name) for _ in range(RUNS))


def chapter_run(name: str) -> float:
    with tempfile.TemporaryDirectory() as out:
        report = Path(out) / "report.xml"
        cost("-m", "pytest", "-n", "0", "-q", f"--junitxml={report}", f"chapters/{name}.ipynb")
        return sum(float(case.get("time", "nan")) for case in ElementTree.parse(report).iter("testcase"))


def growth(count: int) -> dict[str, float]:
    found = json.loads(cost("tests/benchmarks/many.py", str(count))[1])
    return {"claims": count, "seconds": round(count * found["ms_per_claim"] / 1000, 2), **found}


def machine() -> str:
    """The processor's name, how many cores, and the Python: what a reader compares with."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    return f"{os.cpu_count()} cores, {processor}, {platform.system()}, Python {platform.python_version()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", action="store_true", help="also when a page can be read, in Chromium")
    parser.add_argument("--suite", help="the wall clock of the whole pytest, as minutes:seconds")
    parser.add_argument("--chapters", nargs="*", help="these chapters only; the others keep their figures")
    options = parser.parse_args()
    command = "python tests/benchmarks/table.py"
    old = json.loads(TABLE.read_text("utf-8")) if TABLE.exists() else {"rows": [], "chapters": [], "growth": []}
    started = time.perf_counter()

    counted = Counter(record["chapter"] for record in ledger.records(ROOT / "chapters"))
    claims = {name: counted[name] for name in ledger.notebooks(ROOT / "chapters")}
    seconds = {entry["chapter"]: entry["seconds"] for entry in old["chapters"]}
    for name in claims if options.chapters is None else options.chapters:
        seconds[name] = round(chapter_seconds(name), 1)
        print(f"{name}: {seconds[name]} s, {claims[name]} claims", flush=True)

    grown = [growth(count) for count in COUNTS]
    with tempfile.TemporaryDirectory() as out:
        build, _ = cost(
            Path(sys.executable).parent / "jupyter-book", "build", ".", "--path-output", out, "-W", "-n", "-q"
        )

    chapters = [
        {"chapter": name, "seconds": seconds[name], "claims": claims[name]} for name in claims if name in seconds
    ]
    taken = [entry["seconds"] for entry in chapters]
    rows = [
        {
            "what": f"a chapter run and compared, seconds, least of {RUNS} runs: median (least to most)",
            "value": f"{statistics.median(taken):.1f} ({min(taken):.1f} to {max(taken):.1f})",
            "command": command,
        },
        {
            "what": f"{len(taken)} chapters one after the other, seconds, least of {RUNS} runs each",
            "value": f"{sum(taken):.0f}",
            "command": command,
        },
        {
            "what": f"a claim among {', '.join(map(str, COUNTS))} of one process, milliseconds",
            "value": ", ".join(f"{entry['ms_per_claim']:.0f}" for entry in grown),
            "command": f"python tests/benchmarks/many.py {COUNTS[-1]}",
        },
        {
            "what": f"memory that a claim keeps, among {COUNTS[-1]}, KiB",
            "value": f"{grown[-1]['kib_per_claim']:.0f}",
            "command": f"python tests/benchmarks/many.py {COUNTS[-1]}",
        },
        {"what": "the site built, processor seconds", "value": f"{build:.0f}", "command": "jupyter-book build ."},
    ]
    suite = [row for row in old["rows"] if row["command"] == PYTEST]
    if options.suite:
        suite = [{"what": "the whole book verified, minutes on the clock", "value": options.suite, "command": PYTEST}]
    pages = [row for row in old["rows"] if "test_pages" in row["command"]]
    if options.pages:
        test = "tests/benchmarks/test_pages.py"
        _, printed = cost("-m", "pytest", test, "-o", "addopts=", "-s", "-q")
        lines = [line for line in printed.splitlines() if line.startswith(("ours", "default"))]
        pages = [
            {"what": f"{line[:33].strip()}, milliseconds", "value": line[33:].strip(), "command": f"pytest {test}"}
            for line in lines
        ]
    table = {
        "machine": machine(),
        "measured": datetime.now(UTC).date().isoformat(),
        "rows": [*suite, *rows, *pages],
        "growth": [{"claims": entry["claims"], "seconds": entry["seconds"]} for entry in grown],
        "chapters": chapters,
    }
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"{TABLE.relative_to(ROOT)} written in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
