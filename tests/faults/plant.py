"""The faults that are planted one at a time in a copy of the book, and the gates that have to see them.

A gate is what pytest runs anyway: a test file, strict nbval, the build of the site and the rules for its pages. It
passes on the copy as it is (else its failure would say nothing), fails on the copy with the fault, and says why.
"""

import ast
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["FAULTS", "Fault", "Gate", "copied", "judged", "pytest_gate", "restored"]

ROOT = Path(__file__).parent.parent.parent
MIME = "application/vnd.claim+json"
PATIENCE = 400  # seconds a gate may take: one that hangs has not caught anything
CHAPTER = "chapters/shrinkage.ipynb"
SHORT = "chapters/short/planted.ipynb"  # the cells of CHAPTER as far as its first claim, to be run
SMALL_TEST = "chapters/short/test_small.py"
BOOK = "small"  # a book of one chapter, dressed as ours is, for the gates that build


@dataclass(frozen=True)
class Gate:
    """What is asked: `ask(copy)` gives (passed, what it said)."""

    name: str
    words: str
    ask: Callable[[Path], tuple[bool, str]]


@dataclass(frozen=True)
class Fault:
    """`plant` changes the files it is given; `says` is what the gate has to complain of (a regular expression).

    With `stands`, it is the gate that has to pass in spite of the fault (the site without a network).
    """

    name: str
    words: str
    gate: Gate
    how: str
    files: tuple[str, ...]
    plant: Callable[..., None]
    says: str
    stands: bool = False


# ------------------------------------------------------------------------------------------------------- the copy


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of what git tracks (as it is on the disk), with a short notebook and a small book beside it."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        copy = Path(folder) / "book"
        command = ["git", "ls-files", "-co", "--exclude-standard"]
        names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
        for name in names:
            if (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                (copy / name).write_bytes((ROOT / name).read_bytes())
        _short(copy)
        yield copy


def _short(copy: Path) -> None:
    """Write SHORT, and its cell with the claim as the one chapter of the small book."""
    import nbformat
    from built import plant

    notebook = json.loads((copy / CHAPTER).read_text("utf-8"))
    last = next(k for k, cell in enumerate(notebook["cells"]) if "checked" in _said(cell))
    notebook["cells"] = notebook["cells"][: last + 1]
    (copy / SHORT).parent.mkdir()
    (copy / SHORT).write_text(json.dumps(notebook), "utf-8")
    cell = nbformat.from_dict(notebook["cells"][-1])
    (copy / BOOK).mkdir()
    (copy / SMALL_TEST).write_text("import pytest\n\n\ndef test_one():\n    pass\n")
    words = nbformat.v4.new_markdown_cell("See {eq}`shrinkage-product-exponent`, or the [landing page](intro.md).")
    plant(copy / BOOK, words, cell)


def _said(cell: dict) -> str:
    return "".join("".join(o["data"]["text/plain"]) for o in cell.get("outputs", ()) if MIME in o.get("data", {}))


@contextmanager
def restored(copy: Path, names: tuple[str, ...]) -> Iterator[list[Path]]:
    """The named files; whatever becomes of them in the block, they are afterwards as they were (or not there)."""
    paths = [copy / name for name in names]
    before = [path.read_bytes() if path.exists() else None for path in paths]
    try:
        yield paths
    finally:
        for path, content in zip(paths, before, strict=True):
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content)


def judged(fault: Fault, copy: Path) -> str:
    """An empty string if the gate catches the fault, else what happened instead."""
    with restored(copy, fault.files) as paths:
        fault.plant(*paths)
        passed, said = fault.gate.ask(copy)
    if passed is not fault.stands:
        return f"{'passed' if passed else 'failed'}: {said[-600:]}"
    return "" if re.search(fault.says, said) else f"does not say /{fault.says}/: {said[-600:]}"


# ------------------------------------------------------------------------------------------------------ the gates


def _ran(command: list[str], copy: Path, where: Path | None = None, **more: str) -> tuple[bool, str]:
    """Run a command in a new session in the copy; one that hangs is ended and has passed nothing, nor caught it."""
    environment = os.environ | {"PYTHONPATH": str(copy), "NO_COLOR": "1", "COLUMNS": "300"} | more
    with tempfile.TemporaryFile("w+", errors="replace") as log:  # no pipe, which would wait for what is left running
        process = subprocess.Popen(
            command, cwd=where or copy, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            code = process.wait(PATIENCE)
        except BaseException as error:
            os.killpg(process.pid, 15)
            if isinstance(error, subprocess.TimeoutExpired):
                return False, f"no end within {PATIENCE} s"
            raise
        log.seek(0)
        return code == 0, log.read()


def _pytest(copy: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", "-x", "-o", "addopts=", "-p", "no:cacheprovider", *arguments]


def pytest_gate(words: str, *arguments: str) -> Gate:
    """A gate that is a run of pytest in the copy."""
    return Gate(" ".join(arguments), words, lambda copy: _ran(_pytest(copy, *arguments), copy))


def _build(copy: Path, prefix: tuple[str, ...] = (), out: str = "out", book: str = BOOK) -> tuple[bool, str]:
    program = str(Path(sys.executable).parent / "jupyter-book")
    flags = ["-W", "-n", "--keep-going", "--all", "--path-output"]
    return _ran([*prefix, program, "build", str(copy / book), *flags, out], copy, PATH="")


def _pages(copy: Path) -> tuple[bool, str]:
    """Build the small book, and ask the rules for built pages."""
    import test_site
    from built import parse, without_formulas

    built, log = _build(copy)
    html = copy / "out/_build/html"
    if not built:
        return built, log
    pages = {f: parse(without_formulas(f.read_text("utf-8"))) for f in html.rglob("*.html") if "_static" not in f.parts}
    rules = (test_site.label_faults, test_site.request_faults, test_site.math_faults)
    faults = [f"{rule.__name__}: {fault}" for page in pages.values() for rule in rules for fault in rule(page)]
    faults += [f"link_faults: {fault}" for fault in test_site.link_faults(pages, [])]
    return not faults, "\n".join(faults)


def _axe(copy: Path) -> tuple[bool, str]:
    """Build the small book, and let axe-core look at its chapter in Chromium."""
    import test_access
    from browser import chromium
    from built import WIDE

    from utils import npm

    built, log = _build(copy)
    if not built:
        return built, log
    axe = (npm.package("axe-core") / "axe.min.js").read_text("utf-8")
    page = copy / "out/_build/html/chapters/planted.html"
    with chromium() as browser:
        test_access.arrive(browser, page)
        faults = test_access.axe_faults(browser, axe, (WIDE, "light"))
    return not faults, "\n".join(faults)


def _unwritable(copy: Path) -> tuple[bool, str]:
    """Build into a folder; a read-only mount where the copy says so, or if none is allowed, one below a regular file.

    (Root may write wherever the mode of a folder forbids it.)
    """
    if not (copy / "read-only").exists():
        return _build(copy)
    (copy / "mounted").mkdir(exist_ok=True)
    mounted = ["/usr/bin/unshare", "-rm", "/bin/sh", "-c", '/bin/mount -t tmpfs -o ro none mounted && exec "$@"', "sh"]
    if _ran([*mounted, "/bin/true"], copy)[0]:
        return _build(copy, tuple(mounted), "mounted")
    return _build(copy, out="read-only/below")


LOOPBACK = """
import fcntl, os, socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(s, 0x8914, struct.pack("16sh", b"lo", 0x41))  # SIOCSIFFLAGS: up
try:
    s.connect(("192.0.2.1", 9))
    sys.exit("there is a network")
except OSError:
    os.execv(sys.argv[1], sys.argv[1:])
"""


def _offline(program: list[str]) -> list[str]:
    """A command without a network, its own loopback excepted (a kernel is spoken to over it)."""
    return ["/usr/bin/unshare", "-rn", sys.executable, "-c", LOOPBACK, *program]


def _build_offline(copy: Path) -> tuple[bool, str]:
    built, log = _build(copy, tuple(_offline([])), book=".")
    return built, log if not built else "built without a network"


def _run_offline(copy: Path) -> tuple[bool, str]:
    return _ran(_offline(_pytest(copy, *NBVAL)), copy)


def _fetch_offline(copy: Path) -> tuple[bool, str]:
    fetch = [sys.executable, "-c", "from utils import npm; npm.package('axe-core')"]
    if not (copy / "offline").exists():
        return _ran(fetch, copy)
    with tempfile.TemporaryDirectory() as empty:
        return _ran(_offline(fetch), copy, CHECKED_DERIVATIONS_CACHE=empty, npm_config_cache=f"{empty}/npm")


def _skips(copy: Path) -> tuple[bool, str]:
    """The part of .ci/run that counts skipped tests, on a report of the small file of tests."""
    snippet = re.search(r"<<'PYTHON'.*?\n(.*?)\nPYTHON", (copy / ".ci/run").read_text(), re.DOTALL)[1]
    report = f"--junitxml={copy / 'report.xml'}"
    passed, said = _ran(_pytest(copy, SMALL_TEST, report), copy)
    return _ran([sys.executable, "-c", snippet, str(copy / "report.xml")], copy) if passed else (passed, said)


RESUMED = """
import json, os, sys
from pathlib import Path
from chapters.training import record
path, ran = Path("record.json"), []
def job(key):
    def run(tell):
        if key == "2" and sys.argv[1] == "killed":
            os.kill(os.getpid(), 9)
        ran.append(key)
        return {}
    return key, run
record.complete(path, record.begin(path, "code", "command"), map(job, "123"))
kept = sorted(json.loads(path.read_text())["runs"])
sys.exit(kept != ["1", "2", "3"] or print("ran", *ran))
"""


def _resumes(copy: Path) -> tuple[bool, str]:
    """A training of three runs, killed in its second where the copy says so, and started again."""
    (copy / "record.json").unlink(missing_ok=True)
    command = [sys.executable, "-c", RESUMED]
    if (copy / "kill").exists() and _ran([*command, "killed"], copy)[0]:
        return False, "it was not killed"
    return _ran([*command, "whole"], copy)


NBVAL = ("--nbval", "--nbval-sanitize-with", "tests/nbval.cfg", SHORT)
RULES = pytest_gate("the ledger's rules (tests/test_book.py)", "tests/test_book.py", "-k", "not solution")
RUNS = pytest_gate("strict nbval, which runs the notebook again", *NBVAL)
DATA = pytest_gate(
    "the data loaders (tests/test_data.py)", "tests/test_data.py", "-k", "public or states or pool or voice"
)
TRAINING = pytest_gate(
    "the training records (tests/test_training_sinkhorn.py)", "tests/test_training_sinkhorn.py", "-k", "kept or record"
)
NPM = pytest_gate("the pins of npm packages (tests/test_npm.py)", "tests/test_npm.py", "-k", "fetched")
BUILD = Gate("build", "the build, warnings being errors (-n -W)", _build)
PAGES = Gate("pages", "the rules for built pages (tests/test_site.py)", _pages)
AXE = Gate("axe", "axe-core in Chromium (tests/test_access.py)", _axe)
UNWRITABLE = Gate("unwritable", "the build's exit code and message", _unwritable)
OFFLINE_BUILD = Gate("offline build", "the build of the whole book, which must succeed", _build_offline)
OFFLINE_RUN = Gate("offline run", "strict nbval, which must succeed", _run_offline)
OFFLINE_FETCH = Gate("offline fetch", "utils/npm.py, which must say what is missing", _fetch_offline)
SKIPS = Gate("skips", "the count of skipped tests in .ci/run", _skips)
RESUMES = Gate("resumes", "chapters/training/record.py, which must resume", _resumes)


# ----------------------------------------------------------------------------------------------------- the faults


def _replaced(old: str, new: str, times: int = 1) -> Callable[[Path], None]:
    def plant(path: Path) -> None:
        text = path.read_text("utf-8")
        if old not in text:
            raise LookupError(f"{path.name} has no {old!r} to replace: mend tests/faults/plant.py")
        path.write_text(text.replace(old, new, times), "utf-8")

    return plant


def _truncated(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _in_notebook(change: Callable[[list[dict]], None]) -> Callable[[Path], None]:
    def plant(path: Path) -> None:
        notebook = json.loads(path.read_text("utf-8"))
        before = json.dumps(notebook)
        change(notebook["cells"])
        if json.dumps(notebook) == before:
            raise LookupError(f"{path.name} was not changed: mend tests/faults/plant.py")
        path.write_text(json.dumps(notebook), "utf-8")

    return plant


def _claim_cell(cells: list[dict]) -> dict:
    return next(cell for cell in cells if "checked" in _said(cell))


def _in_outputs(old: str, new: str) -> Callable[[Path], None]:
    def change(cells: list[dict]) -> None:
        cell = _claim_cell(cells)
        cell["outputs"] = json.loads(re.sub(old, new, json.dumps(cell["outputs"]), count=1))

    return _in_notebook(change)


def _in_record(change: Callable[[dict], None]) -> Callable[[Path], None]:
    def in_cells(cells: list[dict]) -> None:
        change(next(o["data"][MIME] for o in _claim_cell(cells)["outputs"] if MIME in o.get("data", {})))

    return _in_notebook(in_cells)


def _without(doomed: Callable[[ast.stmt], bool]) -> Callable[[Path], None]:
    """The statements of the claim's cell that are doomed are left out; its outputs are the old ones."""

    def change(cells: list[dict]) -> None:
        cell = _claim_cell(cells)
        tree = ast.parse("".join(cell["source"]))
        for node in ast.walk(tree):
            if isinstance(body := getattr(node, "body", None), list):
                body[:] = [statement for statement in body if not doomed(statement)]
        cell["source"] = ast.unparse(tree)

    return _in_notebook(change)


def _is_check(statement: ast.stmt) -> bool:
    return any(".check" in ast.unparse(d) for d in getattr(statement, "decorator_list", ()))


def _is_derivation(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and ".derive(" in ast.unparse(statement)


def _undecorated(cells: list[dict]) -> None:
    cell = _claim_cell(cells)
    cell["source"] = re.sub(r"(?m)^@\w+\.check.*\n", "", "".join(cell["source"]))


def _lost(word: str, **reason: str) -> Callable[[dict], None]:
    """A record that lost a verdict, as a run without that gate would store it."""

    def change(record: dict[str, Any]) -> None:
        record["verdicts"].remove(word)
        record["why_not"] = reason

    return change


def _added(kind: str, source: str) -> Callable[[list[dict]], None]:
    more = {"outputs": [], "execution_count": None} if kind == "code" else {}

    def change(cells: list[dict]) -> None:
        cells.insert(1, {"cell_type": kind, "id": "planted", "metadata": {}, "source": source, **more})

    return change


def _kernel_dies(cells: list[dict]) -> None:
    cell = _claim_cell(cells)
    cell["source"] = "import os\nos._exit(1)"


def _wordless(cells: list[dict]) -> None:
    for cell in cells:
        for output in cell.get("outputs", ()):
            html = "".join(output.get("data", {}).get("text/html", ""))
            if "<figure" in html:
                output["data"]["text/html"] = re.sub(r'aria-label="[^"]*"', 'aria-label=""', html)
                return


def _other_words(cells: list[dict]) -> None:
    """The claim's cell puts out a figure whose stored caption speaks of another run."""
    cell = _claim_cell(cells)
    cell["source"] = (
        "figure, axes = plt.subplots()\naxes.plot([0, 1], [0, 1])\n"
        "figures.figure(figure, name='planted', caption=f'Run with seed {1 + 1}.', alt='A line of slope 1.')"
    )
    html = '<figure id="planted"><figcaption>Run with seed 1.</figcaption></figure>'
    data = {"text/html": html, "text/plain": "planted"}
    cell["outputs"] = [
        {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": cell["execution_count"]}
    ]


def _nan_with_its_hash(table: Path, module: Path) -> None:
    old = hashlib.sha256(table.read_bytes()).hexdigest()
    _replaced("A,28,", "A,nan,")(table)
    _replaced(old, hashlib.sha256(table.read_bytes()).hexdigest())(module)


def _nan_in_weights(weights: Path, record: Path) -> None:
    import torch

    old = hashlib.sha256(weights.read_bytes()).hexdigest()
    held = torch.load(weights, weights_only=True)
    next(iter(held.values())).view(-1)[0] = float("nan")
    torch.save(held, weights)
    _replaced(old, hashlib.sha256(weights.read_bytes()).hexdigest())(record)


def _nan_in_record(record: Path) -> None:
    held = json.loads(record.read_text())
    for run in held["runs"].values():
        run["w2_squared"] = float("nan")
    record.write_text(json.dumps(held, indent=1, sort_keys=True) + "\n")


def _wrong_pin(path: Path) -> None:
    text = path.read_text("utf-8")
    digest = re.search(r'"axe-core": \(\s*"[^"]+",\s*"sha512-(.)', text)
    text = text[: digest.start(1)] + ("A" if digest[1] != "A" else "B") + text[digest.end(1) :]
    path.write_text(text, "utf-8")


def _markdown(text: str) -> Callable[[Path], None]:
    return _in_notebook(_added("markdown", text))


def _below_claim(html: str) -> Callable[[Path], None]:
    """An output of the small book's chapter, which no rule for notebooks has seen."""

    def change(cells: list[dict]) -> None:
        output = {"output_type": "display_data", "metadata": {}, "data": {"text/html": html, "text/plain": ""}}
        _claim_cell(cells)["outputs"].append(output)

    return _in_notebook(change)


def _file(name: str, content: str = "") -> Callable[..., None]:
    """A mark in the copy; the file itself is listed, so that it is put back."""
    return lambda path: path.write_text(content, "utf-8")


PLANTED = f"{BOOK}/chapters/planted.ipynb"
WEIGHTS, RECORD = "chapters/training/sinkhorn-1-biased.pt", "chapters/training/sinkhorn.json"
FLAC, INVENTORY, TABLE = "chapters/data/speech/fr-two.flac", "chapters/inventory.json", "utils/eight_schools.csv"
PICTURE = '<figure class="book-figure"><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="></figure>'

FAULTS = (
    Fault(
        "stale-output",
        "a digit changed in a stored output",
        RUNS,
        "The page says 81 mutants where there were 82.",
        (SHORT,),
        _in_outputs("82/82", "81/82"),
        "does not match|mismatch",
    ),
    Fault(
        "stale-figure",
        "a figure with the caption of an earlier run",
        RUNS,
        "The stored caption names another seed than the code does; strict nbval does not compare the drawing itself.",
        (SHORT,),
        _in_notebook(_other_words),
        "does not match|mismatch",
    ),
    Fault(
        "typed-verdict",
        "a verdict word typed by hand into a stored output",
        RUNS,
        "A claim that was checked is said to be cited.",
        (SHORT,),
        _in_outputs("verdict-checked", "verdict-cited"),
        "does not match|mismatch",
    ),
    Fault(
        "deleted-decorator",
        "a check that is no longer attached",
        RUNS,
        "The line @claim.check is struck out.",
        (SHORT,),
        _in_notebook(_undecorated),
        "it is shown before it is checked",
    ),
    Fault(
        "deleted-check",
        "a deleted check",
        RUNS,
        "The whole function is struck out; the stored output stays.",
        (SHORT,),
        _without(_is_check),
        "it is shown before it is checked",
    ),
    Fault(
        "deleted-derivation",
        "a deleted derivation",
        RUNS,
        "The chain is struck out; the stored output stays.",
        (SHORT,),
        _without(_is_derivation),
        "it is shown before it is proved",
    ),
    Fault(
        "unchecked-record",
        "a record without its check",
        RULES,
        "As a run without the check would store it.",
        (CHAPTER,),
        _in_record(_lost("checked")),
        "not checked and no reason",
    ),
    Fault(
        "unproved-record",
        "a record without its proof",
        RULES,
        "As a run without the derivation would store it.",
        (CHAPTER,),
        _in_record(_lost("proved")),
        "not proved and no reason",
    ),
    Fault(
        "excused-check",
        "a check exchanged for an excuse",
        RULES,
        "unchecked='later' is a reason: it is the floors in tests/coverage.json that complain.",
        (CHAPTER,),
        _in_record(_lost("checked", unchecked="later")),
        "coverage fell below",
    ),
    Fault(
        "surviving-mutant",
        "a mutant that survives",
        RULES,
        "One fewer rejected than applied.",
        (CHAPTER,),
        _in_record(lambda record: record["mutants"].update(rejected=81)),
        "of 82 mutants rejected",
    ),
    Fault(
        "typed-equation",
        "a display equation typed by hand",
        RULES,
        "A Markdown cell with a display equation in it.",
        (CHAPTER,),
        _markdown("$$\nx = y\n$$"),
        "Markdown holds display math",
    ),
    Fault(
        "not-run",
        "a cell that was never run",
        RULES,
        "A code cell without outputs and count.",
        (CHAPTER,),
        _in_notebook(_added("code", "1 + 1")),
        "execution count None",
    ),
    Fault(
        "broken-equation",
        "a reference to an equation that is not there",
        RULES,
        "A reference to shrinkage-nowhere.",
        (CHAPTER,),
        _markdown("See {eq}`shrinkage-nowhere`."),
        "refers to no claim",
    ),
    Fault(
        "broken-equation-built",
        "such a reference in a book that is only built",
        BUILD,
        "A reference to shrinkage-nowhere, in a page that no rule for notebooks has seen.",
        (PLANTED,),
        _markdown("See {eq}`shrinkage-nowhere`."),
        "shrinkage-nowhere",
    ),
    Fault(
        "broken-page-link",
        "a link to a page that is not there",
        BUILD,
        "A Markdown link to gone.md.",
        (PLANTED,),
        _markdown("See [there](gone.md)."),
        "gone.md",
    ),
    Fault(
        "broken-link",
        "a link in an output to a page that is not there",
        PAGES,
        "An output's link to gone.html.",
        (PLANTED,),
        _below_claim('<a href="gone.html">there</a>'),
        "gone.html does not exist",
    ),
    Fault(
        "bad-formula",
        "a formula that cannot be set",
        BUILD,
        "An inline formula with an unknown command.",
        (PLANTED,),
        _markdown("So $\\unknown{x}$."),
        "KaTeX parse error",
    ),
    Fault(
        "missing-alt",
        "a figure without its alt text",
        RULES,
        "The text of a drawn figure is emptied.",
        (CHAPTER,),
        _in_notebook(_wordless),
        "a figure without alt text or caption",
    ),
    Fault(
        "missing-alt-built",
        "a picture without alt text on a built page",
        PAGES,
        "A picture without alt in a figure.",
        (PLANTED,),
        _below_claim(PICTURE),
        "label_faults: <img> without a name",
    ),
    Fault(
        "missing-alt-axe",
        "the same picture, looked at in a browser",
        AXE,
        "A picture without alt in a figure.",
        (PLANTED,),
        _below_claim(PICTURE),
        "image-alt",
    ),
    Fault(
        "outside-request",
        "a page that asks another server",
        PAGES,
        "A script from a CDN.",
        (PLANTED,),
        _below_claim('<script src="https://unpkg.com/thebe"></script>'),
        "loads https://unpkg.com",
    ),
    Fault(
        "nan-table",
        "a NaN in a data file",
        DATA,
        "A school's effect becomes nan: the sha256 is another.",
        (TABLE,),
        _replaced("A,28,", "A,nan,"),
        "`eight_schools.csv` must have sha256",
    ),
    Fault(
        "nan-table-hashed",
        "a NaN in a data file whose hash was updated with it",
        DATA,
        "The loader itself refuses what is not finite.",
        (TABLE, "utils/data.py"),
        _nan_with_its_hash,
        "`eight_schools` must hold finite numbers",
    ),
    Fault(
        "nan-record",
        "a NaN in the record of a training",
        TRAINING,
        "The kept weights give another number.",
        (RECORD,),
        _nan_in_record,
        "nan",
    ),
    Fault(
        "nan-weights",
        "a NaN in a file of weights whose hash was updated with it",
        TRAINING,
        "The weights are evaluated again, and give other numbers than those on record.",
        (WEIGHTS, RECORD),
        _nan_in_weights,
        "nan",
    ),
    Fault(
        "truncated-recording",
        "a truncated recording (FLAC)",
        DATA,
        "The second half is missing.",
        (FLAC,),
        _truncated,
        "`fr-two.flac` must be a whole FLAC file",
    ),
    Fault(
        "truncated-weights",
        "a truncated file of weights",
        TRAINING,
        "The second half is missing.",
        (WEIGHTS,),
        _truncated,
        "sinkhorn-1-biased.pt` must have sha256",
    ),
    Fault(
        "truncated-notebook",
        "a truncated notebook",
        RULES,
        "The second half is missing.",
        (CHAPTER,),
        _truncated,
        "shrinkage.ipynb is not a notebook",
    ),
    Fault(
        "truncated-inventory",
        "a truncated inventory",
        RULES,
        "The second half is missing.",
        (INVENTORY,),
        _truncated,
        "JSONDecodeError",
    ),
    Fault(
        "dead-kernel",
        "a kernel that dies",
        RUNS,
        "os._exit(1) in a cell: a failure, and no hang.",
        (SHORT,),
        _in_notebook(_kernel_dies),
        "the kernel died while it ran this cell",
    ),
    Fault(
        "read-only-output",
        "a read-only output folder",
        UNWRITABLE,
        "A read-only mount (where none is allowed, a path below a regular file): the mode of a folder does not bind "
        "root.",
        ("read-only",),
        _file("read-only"),
        "Read-only file system|Not a directory",
    ),
    Fault(
        "offline-build",
        "no network: the site",
        OFFLINE_BUILD,
        "In a network namespace with nothing in it.",
        (),
        lambda: None,
        "built without a network",
        stands=True,
    ),
    Fault(
        "offline-run",
        "no network: a notebook",
        OFFLINE_RUN,
        "In a network namespace with a loopback only.",
        (),
        lambda: None,
        "passed",
        stands=True,
    ),
    Fault(
        "offline-fetch",
        "no network: a package from npm that is not in the cache",
        OFFLINE_FETCH,
        "The tests of access and the workbench need packages from npm, once.",
        ("offline",),
        _file("offline"),
        "npm could not fetch axe-core",
    ),
    Fault(
        "wrong-pin",
        "an npm package with another hash than the pinned one",
        NPM,
        "One letter of the pin changed.",
        ("utils/npm.py",),
        _wrong_pin,
        "is not what was pinned",
    ),
    Fault(
        "skipped-test",
        "a test that skips",
        SKIPS,
        "pytest passes it; .ci/run does not.",
        (SMALL_TEST,),
        _replaced("    pass", "    pytest.skip('not today')"),
        "a skipped test counts as a failure",
    ),
    Fault(
        "killed-training",
        "a training that is killed",
        RESUMES,
        "SIGKILL in the second of three runs; started again, it does the second and the third.",
        ("kill",),
        _file("kill"),
        "ran 2 3",
        stands=True,
    ),
)
