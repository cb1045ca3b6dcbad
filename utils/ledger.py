"""The ledger: the records stored in the notebooks' outputs, and the rules that every chapter has to meet.

A rule takes what it judges and returns a list of faults in words; an empty list is a pass. The tests run each rule on
every chapter, and on a planted fault.
"""

import ast
import hashlib
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = [
    "RULES",
    "broken_references",
    "display_math",
    "duplicate_labels",
    "exercises",
    "figures_without_words",
    "notebooks",
    "own_symbols",
    "published",
    "records",
    "records_of",
    "said",
    "totals",
    "unexecuted",
    "unsettled",
    "unsound_records",
    "untidy",
]

MIME = "application/vnd.claim+json"
VERDICTS = {"proved", "checked", "measured", "defined", "cited", "refuted", "open"}
TO_PROVE = {"identity", "inequality", "limit", "index map", "program"}
OTHERS = {"definition": "defined", "citation": "cited", "refutation": "refuted", "experiment": "measured"}
DISPLAY = re.compile(
    r"\$\$|(?<!\\)\\\[|\\begin\{(equation|eqnarray|align|flalign|gather|displaymath|multline)|(```|~~~|:::) ?\{math\}"
)
PRIVATE_PATH = re.compile(r"(?:(?<![\w.:/])|(?<=file://))/(?:home|root|tmp|work|Users|private|var)/[\w.-]+")
ALT = r'<(?:(?:svg|audio)\b[^>]*\baria-label|img\b[^>]*\balt)="\s*[^"\s]'
CAPTION = r"<figcaption[^>]*>(\s|<[^/][^>]*>)*[^<\s]"
MAKERS = {
    *("Symbol", "symbols", "Dummy", "Wild", "Idx", "IndexedBase", "MatrixSymbol", "Function"),
    *("symbol", "vector", "table"),
}
MAKING = ("sympy", "utils.notation")
REFERENCE = re.compile(r"\{eq\}`([^`<>]+)`|\{eq\}`[^`<]*<([^`>]+)>`")

Notebook = Mapping[str, Any]


def notebooks(chapters: Path) -> dict[str, Notebook]:
    """The chapters' notebooks by name, sorted; unreadable JSON is an error that names the file."""
    found = {}
    for path in sorted(Path(chapters).glob("*.ipynb")):
        try:
            found[path.stem] = json.loads(path.read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} is not a notebook ({error}): restore it from git") from error
    return found


def records_of(notebook: Notebook) -> list[dict[str, Any]]:
    """The claim records in one notebook's stored outputs, in order of appearance."""
    outputs = (output for cell in notebook["cells"] for output in cell.get("outputs", ()))
    return [output["data"][MIME] for output in outputs if MIME in output.get("data", {})]


def said(notebook: Notebook) -> dict[str, str]:
    """What each record of one notebook says in words, its stored text/plain, by label."""
    outputs = (output.get("data", {}) for cell in notebook["cells"] for output in cell.get("outputs", ()))
    return {data[MIME]["label"]: "".join(data["text/plain"]) for data in outputs if MIME in data}


def records(chapters: Path) -> list[dict[str, Any]]:
    """All records of all chapters, each with its `chapter`."""
    return [{**r, "chapter": name} for name, nb in notebooks(chapters).items() for r in records_of(nb)]


def totals(ledger: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many claims there are, how many of each verdict, and how many mutants were rejected."""
    words = Counter(word for r in ledger for word in set(r["verdicts"]))
    return {
        "claims": len(ledger),
        **{word: words[word] for word in ("proved", "checked", "measured", "refuted", "defined", "cited")},
        "mutants": sum(r.get("mutants", {}).get("rejected", 0) for r in ledger),
    }


def published(root: Path, book: str, order: Sequence[str] = ()) -> dict[str, Any]:
    """What the site publishes as `ledger.json`: all records and totals, and the sha256 of what they come from.

    Chapters come in the given order, others after them by name; claims in the order of their pages. The hash of
    `utils` is that of the lines that ``sha256sum utils/*`` prints for its .py, .js and .csv files.
    """
    root, sha256 = Path(root), {}
    locks = [*root.glob("requirements*.txt"), *root.glob("*.lock")]
    code = sorted(p for p in root.glob("utils/*") if p.suffix in (".py", ".js", ".csv"))
    for path in (*sorted((root / "chapters").glob("*.ipynb")), *code, *sorted(locks)):
        sha256[path.relative_to(root).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    lines = "".join(f"{digest}  {name}\n" for name, digest in sha256.items() if name.startswith("utils/"))
    sha256["utils"] = hashlib.sha256(lines.encode()).hexdigest()
    place = {name: k for k, name in enumerate(order)}
    claims = sorted(records(root / "chapters"), key=lambda r: (place.get(r["chapter"], len(place)), r["chapter"]))
    chapters = dict.fromkeys(r["chapter"] for r in claims)
    return {
        "schema": 1,
        "book": book,
        "sha256": sha256,
        "totals": totals(claims),
        "chapters": {name: totals([r for r in claims if r["chapter"] == name]) for name in chapters},
        "claims": [{**r, "page": f"chapters/{r['chapter']}.html#equation-{r['label']}"} for r in claims],
    }


def _code(notebook: Notebook) -> Iterable[tuple[int, Mapping[str, Any]]]:
    return (
        (k, c) for k, c in enumerate(notebook["cells"]) if c["cell_type"] == "code" and "".join(c["source"]).strip()
    )


def display_math(notebook: Notebook) -> list[str]:
    """Display math may appear only through a claim, a definition or a refutation."""
    return [
        f"cell {k}: Markdown holds display math; show it through a claim, a definition or a refutation"
        for k, cell in enumerate(notebook["cells"])
        if cell["cell_type"] == "markdown" and DISPLAY.search("".join(cell["source"]))
    ] + [
        f"cell {k}: an output holds display math but no claim record"
        for k, cell in _code(notebook)
        for output in cell["outputs"]
        if MIME not in (data := output.get("data", {}))
        and ("text/latex" in data or DISPLAY.search("".join(data.get("text/markdown", ""))))
    ]


def unexecuted(notebook: Notebook) -> list[str]:
    """Every code cell was run, in order, once, without an error (strict nbval skips what was never run)."""
    counts = [(k, cell.get("execution_count")) for k, cell in _code(notebook)]
    faults = [
        f"cell {k}: execution count {count}, expected {wanted}; run all cells from a fresh kernel"
        for wanted, (k, count) in enumerate(counts, 1)
        if count != wanted
    ]
    for k, cell in _code(notebook):
        faults += [f"cell {k}: stores an error output" for o in cell["outputs"] if o["output_type"] == "error"]
        faults += [f"cell {k}: stores a warning on stderr" for o in cell["outputs"] if o.get("name") == "stderr"]
    return faults


def untidy(notebook: Notebook) -> list[str]:
    """No timestamps and no paths of one machine."""
    faults = [
        f"cell {k}: execution timestamps" for k, c in enumerate(notebook["cells"]) if "execution" in c["metadata"]
    ]
    for k, cell in enumerate(notebook["cells"]):
        held = json.dumps([cell["source"], cell.get("outputs", [])])
        path = PRIVATE_PATH.search(re.sub(r"\\[nrt]", " ", held))  # a path may start a line
        faults += [f"cell {k}: holds the path {path.group()}"] if path else []
    return faults


def bare_truths(notebook: Notebook) -> list[str]:
    """A printed True asserts nothing: strict nbval would store a False as well."""
    return [
        f"cell {k}: prints a bare {said}; assert it"
        for k, cell in _code(notebook)
        for output in cell["outputs"]
        for said in "".join(output.get("text", output.get("data", {}).get("text/plain", ""))).split("\n")
        if said in ("True", "False")
    ]


def figures_without_words(notebook: Notebook) -> list[str]:
    """Every picture has an alt text and a caption: a bare image output has neither."""
    faults = [
        f"cell {k}: a Markdown image without an alt text"
        for k, cell in enumerate(notebook["cells"])
        if cell["cell_type"] == "markdown" and re.search(r"!\[\s*\]\(", "".join(cell["source"]))
    ]
    for k, cell in _code(notebook):
        for output in cell["outputs"]:
            data = output.get("data", {})
            html = "".join(data.get("text/html", ""))
            outside = re.sub(r"<figure\b.*?</figure>|<script\b.*?</script>", "", html, flags=re.DOTALL)
            if any(kind.startswith("image/") for kind in data) or re.search(r"<(img|svg)\b", outside):
                faults.append(f"cell {k}: a bare image; end the cell with figure(fig, name=, caption=, alt=)")
            for picture in re.findall(r"<figure\b.*?</figure>", html, flags=re.DOTALL):
                if not re.search(ALT, picture) or not re.search(CAPTION, picture):
                    faults.append(f"cell {k}: a figure without alt text or caption")
    return faults


def exercises(notebook: Notebook) -> list[str]:
    """Three exercises at least; each with a cell for the reader, and a solution: executed, folded, proved or checked.

    Below the text of an exercise stands a visible cell that asks `attempt`; what it is shipped with is wrong or blank.
    The solution's cells are tagged `hide-cell`, and one of their outputs says that it holds.
    """
    asked = _asked(notebook)
    faults = [] if len(asked) >= 3 else [f"{len(asked)} exercises; there are at least three"]
    for wanted, (number, cells) in enumerate(asked, 1):
        faults += [] if number == wanted else [f"exercise {number} stands where number {wanted} is due"]
        tags = [set(cell["metadata"].get("tags", ())) for cell in cells]
        visible = [c for c, t in zip(cells, tags, strict=True) if not t & {"hide-cell", "hide-input", "remove-cell"}]
        folded = [c for c, t in zip(cells, tags, strict=True) if "hide-cell" in t]
        turns = [c for c in visible if re.search(r"\battempt\(", "".join(c["source"]))]
        bare = len(visible) - len(turns)
        faults += [f"exercise {number}: {bare} visible cells that ask nothing; fold the solution"] if bare else []
        faults += [] if turns else [f"exercise {number}: no cell for the reader, with an attempt(...)"]
        for cell in turns:
            said = _answers(cell)
            if not said:
                faults.append(f"exercise {number}: the reader's cell shows no answer")
            faults += [f"exercise {number}: the reader's cell holds the solution already" for w in said if w == "true"]
            faults += [
                f"exercise {number}: nobody can decide what it is shipped with" for w in said if w == "undecided"
            ]
        if not folded:
            faults.append(f"exercise {number}: no folded solution")
        elif not any(_holds(cell) for cell in folded):
            faults.append(f"exercise {number}: its solution says neither proved nor checked")
        late = [k for k, c in enumerate(cells) if c in turns and any(c2 in folded for c2 in cells[:k])]
        faults += [f"exercise {number}: the solution stands before the reader's cell"] if late else []
    return faults


def _asked(notebook: Notebook) -> list[tuple[int, list[Mapping[str, Any]]]]:
    """The exercises of the section of that name: the number of each, and the code cells below it."""
    found: list[tuple[int, list[Mapping[str, Any]]]] = []
    inside = False
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            for line in text.split("\n"):
                if line.startswith("## "):
                    inside = line == "## Exercises"
                elif inside and (number := re.match(r"\*\*(\d+)\.\*\*", line)):
                    found.append((int(number.group(1)), []))
        elif inside and found and text.strip():
            found[-1][1].append(cell)
    return found


def _answers(cell: Mapping[str, Any]) -> list[str]:
    """The first words of what the checker answered to the attempts of a cell."""
    return [
        answer.group(1)
        for output in cell.get("outputs", ())
        if 'class="attempt-answer"' in "".join(output.get("data", {}).get("text/html", ""))
        and (answer := re.match(r"(true|false|undecided|rejected|not yet): ", "".join(output["data"]["text/plain"])))
    ]


def _holds(cell: Mapping[str, Any]) -> bool:
    """Whether a solution's cell shows a claim that passed, or an attempt that is true."""
    records = [o["data"][MIME] for o in cell.get("outputs", ()) if MIME in o.get("data", {})]
    return "true" in _answers(cell) or any({"proved", "checked"} & set(r["verdicts"]) for r in records)


def duplicate_labels(ledger: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every label is unique in the book."""
    counts = Counter(r["label"] for r in ledger)
    return [f"label {label} is used {n} times; labels are unique in the book" for label, n in counts.items() if n > 1]


def broken_references(notebook: Notebook, labels: Iterable[str]) -> list[str]:
    """Every {eq}`label` names a claim of the book, in the text and in what a cell puts out as Markdown."""
    known, faults = set(labels), []
    for k, cell in enumerate(notebook["cells"]):
        texts = ["".join(o.get("data", {}).get("text/markdown", "")) for o in cell.get("outputs", ())]
        if cell["cell_type"] == "markdown":
            texts.append("".join(cell["source"]))
        for found in (found for text in texts for found in REFERENCE.finditer(text)):
            label = found.group(1) or found.group(2)
            faults += [] if label in known else [f"cell {k}: {{eq}}`{label}` refers to no claim"]
    return faults


def unsound_records(ledger: Sequence[Mapping[str, Any]]) -> list[str]:
    """Fixed verdict words; proved and checked, or a reason why not; every mutant that differs rejected."""
    faults = []
    for r in ledger:
        label, words = r["label"], set(r["verdicts"])
        if not words or words - VERDICTS:
            faults.append(f"{label}: verdicts {sorted(words)}; the words are {sorted(VERDICTS)}")
        if r["kind"] not in TO_PROVE | set(OTHERS):
            faults.append(f"{label}: the kind {r['kind']} is none of {sorted(TO_PROVE | set(OTHERS))}")
        if r["kind"] in OTHERS and words != {OTHERS[r["kind"]]}:
            said = ", ".join(sorted(words)) or "nothing"
            faults.append(f"{label}: a record of kind {r['kind']} says {said}, not {OTHERS[r['kind']]}")
        if r["kind"] in TO_PROVE:
            why = r.get("why_not", {})
            faults += (
                [f"{label}: not proved and no reason"] if "proved" not in words and not why.get("unproved") else []
            )
            faults += (
                [f"{label}: not checked and no reason"] if "checked" not in words and not why.get("unchecked") else []
            )
            faults += [] if words & {"proved", "checked"} else [f"{label}: neither proved nor checked"]
            weak = [s["reason"] for s in r.get("steps", ()) if s["verdict"] != "proved"]
            faults += [f"{label}: links that are not proved: {weak}"] if weak else []
            faults += [f"{label}: proved by no link"] if "proved" in words and r.get("steps") == [] else []
        if "checked" in words:
            counts = r["mutants"]
            if counts["rejected"] != counts["applied"] or not counts["applied"]:
                faults.append(f"{label}: {counts['rejected']} of {counts['applied']} mutants rejected")
            if not (r["route"] or {}).get("points"):
                faults.append(f"{label}: checked at no point")
    return faults


def unsettled(items: Iterable[str], reasons: Mapping[str, str], ledger: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every inventory item of the notes has a record that settles it, or a stated reason."""
    settled = {r["label"] for r in ledger} | {item for r in ledger for item in r["settles"]}
    known = set(items)
    faults = [
        f"{i}: no record settles it and no reason is given" for i in sorted(known) if i not in settled | set(reasons)
    ]
    faults += [f"{i}: a reason is given, but a record settles it" for i in sorted(set(reasons) & settled)]
    faults += [f"{i}: an empty reason" for i, why in reasons.items() if not why.strip()]
    faults += [f"{i}: a reason is given, but it is not in the inventory" for i in sorted(set(reasons) - known)]
    claimed = {item for r in ledger for item in r["settles"]}
    return faults + [f"{i}: settled by a record, but not in the inventory" for i in sorted(claimed - known)]


def own_symbols(notebook: Notebook, known: Mapping[str, str], local: Iterable[str]) -> list[str]:
    """No notebook makes a symbol or an undefined function of its own, but in an exercise or by a listed name.

    `known`: the glossary's meanings, by the name and by the printed letter. `local`: the names listed for this notebook
    in `LOCAL` of utils/notation.py; one that no cell makes is a fault too. A name that is put together while the cell
    runs counts with `*` for what cannot be read off.
    """
    made, exercise = [], False
    cells = notebook["cells"]
    made_from = {name for cell in cells for name in _imported_makers("".join(cell["source"]), cell["cell_type"])}
    for k, cell in enumerate(cells):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            heading = re.findall(r"^## (.*)", source, flags=re.MULTILINE)
            exercise = heading[-1].startswith("Exercise") if heading else exercise
        elif not exercise:
            made += [(k, name) for name in _made(ast.parse(source), made_from)]
    faults = []
    for k, name in made:
        if name not in local:
            meant = known.get(name) or known.get(name.lstrip("\\"))
            has = f", and the glossary has one (“{meant}”)" if meant else ""
            cure = "take it from utils/notation.py, or list it there in LOCAL with its meaning"
            faults.append(f"cell {k}: makes a `{name}` of its own{has}; {cure}")
    idle = sorted(set(local) - {name for _, name in made})
    return faults + [f"LOCAL lists `{name}`, which no cell makes; strike it out" for name in idle]


def _imported_makers(source: str, kind: str) -> Iterator[str]:
    """The names under which a code cell imports the makers of symbols, or the modules that have them."""
    for part in ast.walk(ast.parse(source)) if kind == "code" else ():
        if isinstance(part, ast.ImportFrom) and part.module in MAKING:
            yield from (a.asname or a.name for a in part.names if a.name in MAKERS)
        elif isinstance(part, ast.ImportFrom):
            yield from (f"{a.asname or a.name}." for a in part.names if f"{part.module}.{a.name}" in MAKING)
        elif isinstance(part, ast.Import):
            yield from (f"{a.asname or a.name}." for a in part.names if a.name in MAKING)


def _made(tree: ast.AST, makers: set[str]) -> Iterator[str]:
    """The names of the symbols that the calls in a tree make; a comprehension over literals is unrolled."""
    loops = [part for part in ast.walk(tree) if isinstance(part, ast.GeneratorExp | ast.ListComp | ast.SetComp)]
    values = {
        loop.target.id: [str(value) for value in ast.literal_eval(loop.iter)]
        for part in loops
        for loop in part.generators
        if isinstance(loop.target, ast.Name) and isinstance(loop.iter, ast.Tuple | ast.List | ast.Constant)
        if all(isinstance(item, ast.Constant) for item in getattr(loop.iter, "elts", ()))
    }
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and call.args and _is_maker(call.func, makers):
            for name in _spelt(call.args[0], values):
                yield from re.split(r"[,\s]+", name.strip(", "))


def _is_maker(called: ast.expr, makers: set[str]) -> bool:
    if isinstance(called, ast.Attribute):
        return called.attr in MAKERS and f"{ast.unparse(called.value)}." in makers
    return isinstance(called, ast.Name) and called.id in makers


def _spelt(argument: ast.expr, values: Mapping[str, list[str]]) -> list[str]:
    """What a name may be: a literal, a loop's variable, or a formatted string of both."""
    if isinstance(argument, ast.Constant):
        return [str(argument.value)]
    if isinstance(argument, ast.Name):
        return values.get(argument.id, ["*"])
    if isinstance(argument, ast.FormattedValue):
        return _spelt(argument.value, values)
    if isinstance(argument, ast.JoinedStr):
        return ["".join(parts) for parts in itertools.product(*(_spelt(part, values) for part in argument.values))]
    return ["*"]


# those that judge one notebook by itself
RULES = (display_math, unexecuted, untidy, bare_truths, figures_without_words)
