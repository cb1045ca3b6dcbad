"""Every rule of the ledger passes on a good notebook and rejects the fault planted in it."""

import copy
import hashlib
import json
from pathlib import Path

import pytest

from utils import ledger
from utils.ledger import MIME

PICTURE = '<svg role="img" aria-label="A bell curve."></svg>'
FIGURE = f'<figure class="book-figure">{PICTURE}<figcaption>A law.</figcaption></figure>'


def record(label="square", **changed):
    """A sound record of an identity."""
    return {
        "label": label,
        "kind": "identity",
        "latex": "a = b",
        "source": "",
        "settles": ["item-1"],
        "verdicts": ["proved", "checked"],
        "steps": [{"relation": "=", "reason": "expand", "strategy": "rational functions", "verdict": "proved"}],
        "route": {"name": "quad", "does": "integrates", "kind": "deterministic", "points": 64},
        "mutants": {"applied": 40, "rejected": 40, "equivalent": 2, "undefined": 1},
        "why_not": {},
        **changed,
    }


def markdown(*lines):
    return {"cell_type": "markdown", "metadata": {}, "source": [*lines]}


def code(source, count, *outputs):
    return {
        "cell_type": "code",
        "metadata": {},
        "source": [source],
        "execution_count": count,
        "outputs": list(outputs),
    }


def output(**data):
    return {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}


def claim_output(found):
    text = f"$$\n{found['latex']}\n$$ ({found['label']})\n\n<p>proved</p>\n"
    return output(**{"text/markdown": text, "text/plain": "a", MIME: found})


@pytest.fixture
def good():
    """A small notebook without a fault."""
    return {
        "metadata": {},
        "cells": [
            markdown("# Squares\n", "Inline $a^2$ costs $5, and {eq}`square` or {eq}`that <square>` is proved."),
            code("import numpy as np", 1),
            code("", None),
            code("claim", 2, claim_output(record())),
            code("figure(...)", 3, output(**{"text/html": [FIGURE], "text/plain": "figure"})),
            code("print(1)", 4, {"output_type": "stream", "name": "stdout", "text": ["see https://a.org/home/b\n"]}),
        ],
    }


# ---------------------------------------------------------------------------- rules that judge one notebook


@pytest.mark.parametrize("rule", ledger.RULES)
def test_a_good_notebook_has_no_fault(rule, good):
    assert rule(good) == []


def test_a_good_notebook_has_one_sound_record_and_no_broken_reference(good):
    found = ledger.records_of(good)
    assert found == [record()]
    assert ledger.said(good) == {"square": "a"}
    assert ledger.unsound_records(found) == ledger.duplicate_labels(found) == []
    assert ledger.broken_references(good, ["square"]) == []
    assert ledger.unsettled(["item-1"], {}, found) == []


def text_cell(source):
    return lambda nb: nb["cells"].append(markdown(source))


def out_of(*outputs):
    return lambda nb: nb["cells"].append(code("show()", 5, *outputs))


def change(index, **entries):
    return lambda nb: nb["cells"][index].update(entries)


PLANTED = {
    "display math in Markdown": (ledger.display_math, text_cell("$$a = b$$"), "cell 6: Markdown holds display math"),
    "bracketed display math": (ledger.display_math, text_cell(r"so \[a = b\]"), "Markdown holds display math"),
    "an equation environment": (ledger.display_math, text_cell(r"\begin{align*}a"), "Markdown holds display math"),
    "a math directive": (ledger.display_math, text_cell("```{math}\na\n```"), "Markdown holds display math"),
    "a tilde-fenced math directive": (ledger.display_math, text_cell("~~~{math}\na\n~~~"), "holds display math"),
    "a spaced math directive": (ledger.display_math, text_cell("``` {math}\na\n```"), "holds display math"),
    "an array of equations": (ledger.display_math, text_cell(r"\begin{eqnarray} a"), "holds display math"),
    "a colon-fenced math directive": (ledger.display_math, text_cell(":::{math}\na\n:::"), "holds display math"),
    "output math without a record": (
        ledger.display_math,
        out_of(output(**{"text/markdown": ["$$\n", "a = b\n", "$$"]})),
        "cell 6: an output holds display math but no claim record",
    ),
    "a bare SymPy expression": (
        ledger.display_math,
        out_of(output(**{"text/latex": [r"$\displaystyle a$"], "text/plain": "a"})),
        "cell 6: an output holds display math but no claim record",
    ),
    "an output in LaTeX": (
        ledger.display_math,
        out_of(output(**{"text/latex": ["$$a = b$$"]})),
        "cell 6: an output holds display math but no claim record",
    ),
    "a cell that was never run": (ledger.unexecuted, change(3, execution_count=None), "execution count None"),
    "cells run in another order": (
        ledger.unexecuted,
        lambda nb: nb["cells"].insert(1, nb["cells"].pop(3)),
        "cell 1: execution count 2, expected 1; run all cells from a fresh kernel",
    ),
    "a cell run twice": (ledger.unexecuted, change(5, execution_count=9), "cell 5: execution count 9, expected 4"),
    "an error output": (
        ledger.unexecuted,
        out_of({"output_type": "error", "ename": "ValueError", "evalue": "", "traceback": []}),
        "cell 6: stores an error output",
    ),
    "a warning": (
        ledger.unexecuted,
        out_of({"output_type": "stream", "name": "stderr", "text": ["UserWarning"]}),
        "cell 6: stores a warning on stderr",
    ),
    "timestamps": (
        ledger.untidy,
        change(1, metadata={"execution": {"iopub.status.busy": "2024-01-01T00:00:00Z"}}),
        "cell 1: execution timestamps",
    ),
    "a private path in an output": (
        ledger.untidy,
        out_of({"output_type": "stream", "name": "stdout", "text": ["File /home/ann/book/utils/claims.py"]}),
        "cell 6: holds the path /home/ann",
    ),
    "a private path in a cell": (ledger.untidy, change(1, source=['open("/tmp/data.csv")']), "the path /tmp/data.csv"),
    "a private path in Markdown": (ledger.untidy, text_cell("in /Users/ann"), "holds the path /Users/ann"),
    "a private path that starts a line": (ledger.untidy, text_cell("first\n/home/ann/x"), "holds the path /home/ann"),
    "a private path after a tab": (ledger.untidy, text_cell("first\t/work/x"), "holds the path /work/x"),
    "a private path as an address": (ledger.untidy, text_cell("file:///home/ann/x"), "holds the path /home/ann"),
    "a temporary path in a warning": (ledger.untidy, text_cell("(/tmp/ipykernel_3/1.py)"), "the path /tmp/ipykernel_3"),
    "a printed truth": (
        ledger.bare_truths,
        out_of(output(**{"text/plain": "True"})),
        "cell 6: prints a bare True; assert it",
    ),
    "a printed untruth after a word": (
        ledger.bare_truths,
        out_of({"output_type": "stream", "name": "stdout", "text": ["equal:\n", "False\n"]}),
        "cell 6: prints a bare False; assert it",
    ),
    "a bare image": (
        ledger.figures_without_words,
        out_of(output(**{"image/png": "iVBO", "text/plain": "<Figure>"})),
        "cell 6: a bare image; end the cell with figure",
    ),
    "a bare photograph": (ledger.figures_without_words, out_of(output(**{"image/jpeg": "/9j/"})), "a bare image"),
    "an image in HTML": (
        ledger.figures_without_words,
        out_of(output(**{"text/html": '<img src="a">'})),
        "a bare image",
    ),
    "a drawing in HTML": (
        ledger.figures_without_words,
        out_of(output(**{"text/html": ["<svg></svg>"]})),
        "a bare image",
    ),
    "a figure whose alt text is blank": (
        ledger.figures_without_words,
        out_of(output(**{"text/html": FIGURE.replace("A bell curve.", " ")})),
        "cell 6: a figure without alt text or caption",
    ),
    "a figure whose slider alone has words": (
        ledger.figures_without_words,
        out_of(
            output(
                **{"text/html": FIGURE.replace("</svg>", '</svg><input aria-label="n">').replace("A bell curve.", "")}
            )
        ),
        "cell 6: a figure without alt text or caption",
    ),
    "a figure without alt text": (
        ledger.figures_without_words,
        out_of(output(**{"text/html": FIGURE.replace("A bell curve.", "")})),
        "cell 6: a figure without alt text or caption",
    ),
    "a figure without a caption": (
        ledger.figures_without_words,
        out_of(output(**{"text/html": [FIGURE, FIGURE.replace("A law.", " ")]})),
        "cell 6: a figure without alt text or caption",
    ),
    "an image without alt text": (
        ledger.figures_without_words,
        text_cell("![](arrow.png)"),
        "cell 6: a Markdown image without an alt text",
    ),
    "a broken reference": (
        lambda nb: ledger.broken_references(nb, ["square"]),
        text_cell("see {eq}`cube`"),
        "cell 6: {eq}`cube` refers to no claim",
    ),
    "a broken reference in an output": (
        lambda nb: ledger.broken_references(nb, ["square"]),
        out_of(output(**{"text/markdown": ["see ", "{eq}`cube`"], "text/plain": "see"})),
        "cell 6: {eq}`cube` refers to no claim",
    ),
    "a broken reference with a text": (
        lambda nb: ledger.broken_references(nb, ["square"]),
        text_cell("see {eq}`that one <cube>`"),
        "cell 6: {eq}`cube` refers to no claim",
    ),
}


@pytest.mark.parametrize("rule, plant, fault", PLANTED.values(), ids=PLANTED)
def test_a_fault_planted_in_a_notebook_is_found(rule, plant, fault, good):
    assert rule(good) == []
    plant(good)
    found = rule(good)
    assert len(found) >= 1 and any(fault in f for f in found), found


@pytest.mark.parametrize(
    "text",
    [
        r"$\begin{pmatrix} 1 \\[2pt] 2 \end{pmatrix}$",
        "{math}`a = b`",
        "https://a.org/home/b",
        "http://a.org:80/tmp/b",
        "../work/b",
        "data/home/b",
        "a /home without more",
        "![a bell curve](bell.png)",
    ],
)
def test_what_only_looks_like_a_fault_passes(text, good):
    text_cell(text)(good)
    out_of({"output_type": "stream", "name": "stdout", "text": [text]})(good)
    assert [fault for rule in ledger.RULES for fault in rule(good)] == []


# --------------------------------------------------------------------------- rules that judge the records


def test_records_of_every_kind_are_sound_with_the_verdicts_that_suit_it():
    sound = [
        record("identity"),
        record("definition", kind="definition", verdicts=["defined"]),
        record("citation", kind="citation", verdicts=["cited"]),
        record("refutation", kind="refutation", verdicts=["refuted"]),
        record("experiment", kind="experiment", verdicts=["measured"]),
        record("unproved", verdicts=["checked"], why_not={"unproved": "instances only"}),
        record("unchecked", verdicts=["proved"], why_not={"unchecked": "both sides are integrals"}),
    ]
    assert ledger.unsound_records(sound) == ledger.duplicate_labels(sound) == []


def mutated(**counts):
    return {"mutants": {"applied": 40, "rejected": 40, "equivalent": 0, "undefined": 0, **counts}}


UNSOUND = {
    "an unknown verdict": ({"verdicts": ["proved", "checked", "obvious"]}, "square: verdicts ['checked', 'obvious'"),
    "a misspelt verdict": ({"verdicts": ["Proved", "checked"]}, "the words are"),
    "no verdict": ({"kind": "definition", "verdicts": []}, "square: verdicts []"),
    "not proved": ({"verdicts": ["checked"]}, "square: not proved and no reason"),
    "not proved, for an empty reason": (
        {"verdicts": ["checked"], "why_not": {"unproved": ""}},
        "square: not proved and no reason",
    ),
    "not checked": ({"verdicts": ["proved"]}, "square: not checked and no reason"),
    "neither": (
        {"verdicts": ["open"], "why_not": {"unproved": "hard", "unchecked": "hard"}},
        "square: neither proved nor checked",
    ),
    "a weak link": (
        {"steps": [{"relation": "=", "reason": "surely", "strategy": "", "verdict": "undecided"}]},
        "square: links that are not proved: ['surely']",
    ),
    "a surviving mutant": (mutated(rejected=39), "square: 39 of 40 mutants rejected"),
    "no mutant at all": (mutated(applied=0, rejected=0), "square: 0 of 0 mutants rejected"),
    "a proof without links": ({"steps": []}, "square: proved by no link"),
    "no route": ({"route": None}, "square: checked at no point"),
    "not checked, for the reason of another gate": (
        {"verdicts": ["proved"], "why_not": {"unproved": "hard"}},
        "square: not checked and no reason",
    ),
    "no point": ({"route": {"name": "quad", "points": 0}}, "square: checked at no point"),
    "an unproved program": ({"kind": "program", "verdicts": ["checked"]}, "square: not proved and no reason"),
    "an unproved index map": ({"kind": "index map", "verdicts": ["checked"]}, "square: not proved and no reason"),
    "an unchecked inequality": ({"kind": "inequality", "verdicts": ["proved"]}, "square: not checked and no reason"),
    "an unchecked limit": ({"kind": "limit", "verdicts": ["proved"]}, "square: not checked and no reason"),
    "an experiment that is not measured": (
        {"kind": "experiment", "verdicts": ["defined"]},
        "square: a record of kind experiment says defined, not measured",
    ),
    "a refutation that refutes nothing": (
        {"kind": "refutation", "verdicts": ["proved"]},
        "square: a record of kind refutation says proved, not refuted",
    ),
    "an unknown kind": ({"kind": "opinion"}, "square: the kind opinion is none of"),
}


@pytest.mark.parametrize("changed, fault", UNSOUND.values(), ids=UNSOUND)
def test_an_unsound_record_is_found(changed, fault):
    found = ledger.unsound_records([record("other"), record(**changed)])
    assert any(f.startswith("square") and fault in f for f in found), found
    assert not any(f.startswith("other") for f in found)


def test_a_label_used_twice_is_found():
    assert ledger.duplicate_labels([record("a"), record("b"), record("a")]) == [
        "label a is used 2 times; labels are unique in the book"
    ]


@pytest.mark.parametrize(
    "items, reasons, fault",
    [
        (["item-1", "item-2"], {}, "item-2: no record settles it and no reason is given"),
        (["item-1", "item-2"], {"item-2": "  "}, "item-2: an empty reason"),
        (["item-1"], {"item-1": "too hard"}, "item-1: a reason is given, but a record settles it"),
        ([], {}, "item-1: settled by a record, but not in the inventory"),
        (["item-1"], {"item-9": "dropped"}, "item-9: a reason is given, but it is not in the inventory"),
    ],
)
def test_an_inventory_item_that_is_not_accounted_for_is_found(items, reasons, fault):
    assert fault in ledger.unsettled(items, reasons, [record()])


def test_an_item_is_settled_by_its_own_label_by_another_record_or_by_a_reason():
    items, reasons = ["square", "item-1", "item-2"], {"item-2": "a matter of taste"}
    assert ledger.unsettled(items, reasons, [record()]) == []


# ------------------------------------------------------------------------------------------- reading, counting


def test_totals_count_claims_verdicts_and_rejected_mutants():
    found = [record("a"), record("b", verdicts=["checked"], **mutated(rejected=5)), record("c", verdicts=["defined"])]
    del found[2]["mutants"]
    assert ledger.totals(found) == {
        "claims": 3,
        "proved": 1,
        "checked": 2,
        "measured": 0,
        "refuted": 0,
        "defined": 1,
        "cited": 0,
        "mutants": 45,
    }
    assert set(ledger.totals([]).values()) == {0}


def test_records_name_their_chapter_and_come_in_order(tmp_path, good):
    later = copy.deepcopy(good)
    later["cells"].append(code("other", 5, claim_output(record("cube"))))
    for name, nb in (("b", later), ("a", good)):
        (tmp_path / f"{name}.ipynb").write_text(json.dumps(nb), encoding="utf-8")
    found = ledger.records(tmp_path)
    assert [(r["chapter"], r["label"]) for r in found] == [("a", "square"), ("b", "square"), ("b", "cube")]


@pytest.mark.parametrize("content", [b'{"cells": [', b"", b"\xff\xfe"], ids=["torn", "empty", "not UTF-8"])
def test_a_file_that_is_no_notebook_is_named(content, tmp_path):
    (tmp_path / "torn.ipynb").write_bytes(content)
    with pytest.raises(ValueError, match=r"torn\.ipynb is not a notebook .*: restore it from git"):
        ledger.notebooks(tmp_path)


# ------------------------------------------------------------------------------------------------- exercises


def answer(said):
    """What an attempt shows."""
    return output(**{"text/plain": said, "text/html": f'<p class="attempt-answer"><b>{said}</b></p>'})


def exercise(number, count):
    """The text, the reader's cell with a wrong attempt, and the folded solution."""
    solution = code("attempt(a, b)", count + 1, answer("true: proved by rational functions"))
    solution["metadata"] = {"tags": ["hide-cell"]}
    return [
        markdown(f"**{number}.** What is a?"),
        code("attempt(a, c)", count, answer("false: at c = 2, the left side is 1, the right side 2")),
        solution,
    ]


def with_exercises():
    """A notebook of three exercises, the last of which is solved by a claim."""
    cells = [markdown("## Exercises\n", "\n", "How it works."), *exercise(1, 1), *exercise(2, 3), *exercise(3, 5)]
    cells[-1]["outputs"] = [claim_output(record())]
    return {"metadata": {}, "cells": [*cells, markdown("## References"), code("1 + 1", 7)]}


def test_three_exercises_with_cell_and_solution_pass():
    assert ledger.exercises(with_exercises()) == []


def wrong_number(cells):
    cells[4]["source"] = ["**4.** What is a?"]


def one_less(cells):
    del cells[7:10]


def no_readers_cell(cells):
    del cells[5]


def folded_readers_cell(cells):
    cells[5]["metadata"] = {"tags": ["hide-cell"]}


def solution_for_all_to_see(cells):
    cells[6]["metadata"] = {}


def solution_of_prints_for_all_to_see(cells):
    cells[6] = code("print(3)", 4)


def solution_given_away(cells):
    cells[5]["outputs"] = [answer("true: proved by rational functions")]


def undecided_from_the_start(cells):
    cells[5]["outputs"] = [answer("undecided: no counterexample at 16 points, and no proof")]


def unanswered(cells):
    cells[5]["outputs"] = []


def answered_by_a_print(cells):
    cells[5]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "false: as I say"}]


def no_solution(cells):
    del cells[6]


def solution_that_shows_nothing(cells):
    cells[6]["outputs"] = []


def solution_that_is_undecided(cells):
    cells[6]["outputs"] = [answer("undecided: no counterexample at 16 points, and no proof")]


def solution_that_is_refuted(cells):
    cells[6]["outputs"] = [claim_output(record(verdicts=["refuted"]))]


def solution_first(cells):
    cells[5], cells[6] = cells[6], cells[5]


def elsewhere(cells):
    cells[0]["source"] = ["## Beyond the notes"]


@pytest.mark.parametrize(
    ("plant", "fault"),
    [
        (wrong_number, "exercise 4 stands where number 2 is due"),
        (one_less, "2 exercises; there are at least three"),
        (no_readers_cell, "exercise 2: no cell for the reader"),
        (folded_readers_cell, "exercise 2: no cell for the reader"),
        (solution_for_all_to_see, "exercise 2: the reader's cell holds the solution already"),
        (solution_of_prints_for_all_to_see, "exercise 2: 1 visible cells that ask nothing; fold the solution"),
        (solution_given_away, "exercise 2: the reader's cell holds the solution already"),
        (undecided_from_the_start, "exercise 2: nobody can decide what it is shipped with"),
        (unanswered, "exercise 2: the reader's cell shows no answer"),
        (answered_by_a_print, "exercise 2: the reader's cell shows no answer"),
        (no_solution, "exercise 2: no folded solution"),
        (solution_that_shows_nothing, "exercise 2: its solution says neither proved nor checked"),
        (solution_that_is_undecided, "exercise 2: its solution says neither proved nor checked"),
        (solution_that_is_refuted, "exercise 2: its solution says neither proved nor checked"),
        (solution_first, "exercise 2: the solution stands before the reader's cell"),
        (elsewhere, "0 exercises; there are at least three"),
    ],
    ids=lambda planted: getattr(planted, "__name__", ""),
)
def test_faulty_exercises_are_found(plant, fault):
    notebook = with_exercises()
    plant(notebook["cells"])
    assert any(said.startswith(fault) for said in ledger.exercises(notebook))


# What is published


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book of two chapters and one module, with a lock file."""
    cells = {
        "second": [record("second-square"), record("second-word", kind="definition", verdicts=["defined"], mutants={})],
        "first": [record("first-square")],
    }
    (tmp_path / "chapters").mkdir()
    for name, records in cells.items():
        notebook = {"cells": [code("claim", 1, *map(claim_output, records))], "metadata": {}}
        (tmp_path / "chapters" / f"{name}.ipynb").write_text(json.dumps(notebook))
    (tmp_path / "utils").mkdir()
    for path in ("utils/b.py", "utils/a.js", "utils/note.txt", "requirements.txt", "uv.lock"):
        (tmp_path / path).write_text(f"this is {path}")
    return tmp_path


def sha256(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()


def test_published_holds_the_records_in_the_order_of_the_book(book: Path) -> None:
    found = ledger.published(book, "A book", ["intro", "second", "first"])
    assert (found["schema"], found["book"]) == (1, "A book")
    assert [c["label"] for c in found["claims"]] == ["second-square", "second-word", "first-square"]
    page = {"chapter": "second", "page": "chapters/second.html#equation-second-square"}
    assert found["claims"][0] == {**record("second-square"), **page}
    assert list(found["chapters"]) == ["second", "first"]
    assert {k: v for k, v in found["totals"].items() if v} == {
        "claims": 3,
        "proved": 2,
        "checked": 2,
        "defined": 1,
        "mutants": 80,
    }
    assert found["chapters"]["first"]["mutants"] == 40
    assert json.dumps(found) == json.dumps(ledger.published(book, "A book", ["intro", "second", "first"]))
    assert [c["chapter"] for c in ledger.published(book, "A book")["claims"]] == ["first", "second", "second"]


def test_published_hashes_are_those_of_the_files(book: Path) -> None:
    hashes = ledger.published(book, "A book")["sha256"]
    files = ["chapters/first.ipynb", "chapters/second.ipynb", "utils/a.js", "utils/b.py", "requirements.txt", "uv.lock"]
    assert list(hashes) == [*files, "utils"]
    assert {name: hashes[name] for name in files} == {name: sha256((book / name).read_bytes()) for name in files}
    lines = [f"{hashes[name]}  {name}\n".encode() for name in ("utils/a.js", "utils/b.py")]
    assert hashes["utils"] == sha256(*lines)


def test_a_record_removed_and_a_byte_changed_show_in_what_is_published(book: Path) -> None:
    before = ledger.published(book, "A book")
    path = book / "chapters" / "second.ipynb"
    notebook = json.loads(path.read_text())
    del notebook["cells"][0]["outputs"][0]
    path.write_text(json.dumps(notebook))
    with (book / "utils" / "b.py").open("a") as file:
        file.write(" ")
    after = ledger.published(book, "A book")
    changed = {name for name, digest in before["sha256"].items() if after["sha256"][name] != digest}
    assert changed == {"chapters/second.ipynb", "utils/b.py", "utils"}
    assert after["totals"]["claims"] == 2 and after["totals"]["mutants"] == 40
    assert after["chapters"]["first"] == before["chapters"]["first"]
