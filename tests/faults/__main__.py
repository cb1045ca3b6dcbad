"""Plant every fault, report which gate catches it, and write chapters/checking/faults.json.

python -m tests.faults [--only NAME ...] [--chapters a,b] [--keep FOLDER]

NAME is a fault's name, or `flips` for the flipped signs; --chapters limits those to some notebooks. What a notebook
gave is kept under --keep and not asked again while the notebook and utils/ are as they were, so that a run that was
interrupted goes on where it was. --only replaces its rows in the file and leaves the others; a run on some chapters
only writes nothing. Exit code 1 if a fault is missed.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # the gates live beside the tests

from . import report  # noqa: E402
from .plant import FAULTS, copied, judged  # noqa: E402

RESULT = ROOT / "chapters/checking/faults.json"
COMMAND = "python -m tests.faults"


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def flips(copy: Path, chapters: list[str], keep: Path) -> dict[str, dict]:
    """What the gates said to each claim's twin, by label, over these notebooks."""
    found: dict[str, dict] = {}
    keep.mkdir(parents=True, exist_ok=True)
    for chapter in chapters:
        notebook = copy / "chapters" / f"{chapter}.ipynb"
        code = [notebook, *sorted((copy / "utils").glob("*.py")), copy / "tests/faults/flips.py"]
        key = hashlib.sha256(b"".join(path.read_bytes() for path in code)).hexdigest()[:12]
        result = keep / f"{chapter}-{key}.json"
        if not result.exists():
            tell(f"flips: {chapter}")
            work = result.with_suffix(".unfinished")
            command = [sys.executable, "-m", "tests.faults.flips", str(notebook), str(work)]
            subprocess.run(command, cwd=copy, check=True, env=report.environment(copy))
            work.replace(result)
        found |= json.loads(result.read_text())
    return found


def write(rows: list[dict]) -> None:
    """Put rows into RESULT, in the order of the command; those of faults that are no more are struck out."""
    RESULT.parent.mkdir(exist_ok=True)
    with FileLock(f"{tempfile.gettempdir()}/checked-derivations-faults.lock"):
        known = json.loads(RESULT.read_text("utf-8"))["faults"] if RESULT.exists() else []
        by_name = {row["name"]: row for row in (*known, *rows)}
        order = ["flips-proof", "flips-number", *(fault.name for fault in FAULTS)]
        commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
        about = {"command": COMMAND, "measured": date.today().isoformat(), "commit": commit}
        about["faults"] = [by_name[name] for name in order if name in by_name]
        RESULT.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    names = ["flips", *(fault.name for fault in FAULTS)]
    books = sorted(path.stem for path in (ROOT / "chapters").glob("*.ipynb"))
    parser.add_argument("--only", action="append", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--chapters", default=",".join(books), help="notebooks whose claims get flipped signs")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "checked-derivations-flips")
    asked = parser.parse_args()
    chapters = asked.chapters.split(",")
    if unknown := sorted(set(chapters) - set(books)):
        parser.error(f"--chapters names {', '.join(unknown)}: choose from {', '.join(books)}")
    wanted = asked.only or names
    rows, controls = [], {}
    with copied() as copy:
        if "flips" in wanted:
            rows += report.flip_rows(flips(copy, chapters, asked.keep), copy / "chapters", chapters)
        for fault in (fault for fault in FAULTS if fault.name in wanted):
            start = time.monotonic()
            if not fault.stands and fault.gate.name not in controls:
                passed, said = fault.gate.ask(copy)  # a gate that fails anyway has caught nothing
                controls[fault.gate.name] = "" if passed else f"fails without the fault: {said[-600:]}"
            missed = controls.get(fault.gate.name, "") or judged(fault, copy)
            rows.append(report.row(fault, missed))
            tell(f"{fault.name}: {missed or 'caught'} ({time.monotonic() - start:.0f} s)")
    print(report.table(rows))
    missed = sum(len(row["missed"]) for row in rows)
    if chapters == books:
        write(rows)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
