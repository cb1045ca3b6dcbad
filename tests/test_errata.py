"""The errata page: what it shows comes from the records, it is complete, and each of its rules rejects a fault."""

import copy
import json
from pathlib import Path

import pytest

from utils import ledger
from utils.errata import ERRORS, KINDS, NOTES, Errata, Shown, entries_of, incomplete

CHAPTERS = Path(__file__).parent.parent / "chapters"
NOTEBOOKS = ledger.notebooks(CHAPTERS)
RECORDS = ledger.records(CHAPTERS)
INVENTORY = json.loads((CHAPTERS / "inventory.json").read_text())
SHOWN = entries_of(NOTEBOOKS["errata"])

SUM = r"x + 1 = \frac{1}{2}"
ENTRY = {
    "note": 1,
    "chapter": "sums",
    "kind": "formula",
    "items": ["sum"],
    "place": "The sum.",
    "refuted": "sums-wrong",
    "corrected": ["sums-right"],
    "reason": "One is not a half.",
}
QUESTION = {
    "note": 2,
    "chapter": "sums",
    "items": ["doubt"],
    "printed": "Is it one?",
    "carried_by": ["sums-right", "sums-seen"],
    "reason": "It is.",
}


def stored(label, kind, words, latex="x = 1", said=""):
    """The output of a cell that states a claim."""
    record = {"label": label, "kind": kind, "verdicts": words, "latex": latex, "source": "the note", "settles": []}
    data = {ledger.MIME: record, "text/plain": [f"{label}: {said or ' · '.join(words)}"], "text/markdown": ["$$x$$"]}
    return {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}


def toml(table, entry):
    """One entry as TOML; JSON's strings and lists are TOML's."""
    return f"[[{table}]]\n" + "".join(f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in entry.items())


@pytest.fixture
def book(tmp_path):
    """A book of one chapter; call it with changes to the erratum or to the question."""
    outputs = [
        stored(
            "sums-wrong", "refutation", ["refuted"], SUM, "refuted at x_1 = 2: is 3 by counting, the formula gives 1/2"
        ),
        stored("sums-right", "identity", ["proved", "checked"], "x + 1 = 3"),
        stored("sums-model", "definition", ["defined"], "x = 2"),
        stored("sums-seen", "experiment", ["measured"]),
        stored("sums-lore", "citation", ["cited"]),
    ]
    cells = [{"cell_type": "code", "metadata": {}, "source": ["sum"], "execution_count": 1, "outputs": outputs}]
    (tmp_path / "sums.ipynb").write_text(json.dumps({"cells": cells}))
    (tmp_path / "inventory.json").write_text(json.dumps({"sums": {"items": ["sum", "doubt", "fine", "add-ours"]}}))

    def write(erratum=(), question=()):
        entry, asked = {**ENTRY, **dict(erratum)}, {**QUESTION, **dict(question)}
        entry = {k: v for k, v in entry.items() if v is not None}
        (tmp_path / "errata.toml").write_text(toml("erratum", entry) + toml("question", asked))
        return Errata(tmp_path)

    return write


# ---------------------------------------------------------------------------- what an entry shows


def test_an_entry_shows_the_records_and_not_a_copy(book):
    shown = book().note(1).markdown
    assert f"$\\displaystyle {SUM}$" in shown and "$\\displaystyle x + 1 = 3$" in shown
    assert 'verdict-refuted">refuted</b> at x\\_1 = 2: is 3 by counting, the formula gives 1/2' in shown
    assert (
        '{eq}`sums-right` <b class="verdict verdict-proved">proved</b> · <b class="verdict verdict-checked">' in shown
    )
    assert 'id="erratum-1-1"' in shown and "One is not a half." in shown and "{doc}`sums`" in shown
    assert "$$" not in shown


def test_an_entry_may_quote_words_or_latex_and_point_elsewhere(book):
    quoted = {"refuted": None, "corrected": None, "printed": "a half", "formula": "x+1=1/2", "see": ["sums-lore"]}
    shown = book(quoted).note(1).markdown
    assert "The note: “a half”" in shown and "$\\displaystyle x+1=1/2$" in shown
    assert 'See {eq}`sums-lore` <b class="verdict verdict-cited">cited</b>.' in shown


def test_a_model_is_corrected_by_its_definition(book):
    assert "$\\displaystyle x = 2$" in book({"corrected": ["sums-model"]}).note(1).markdown


def test_an_answer_says_what_carries_it_and_how_well(book):
    shown = book().answers()
    assert "Note 2: “Is it one?”" in shown.markdown and "It is." in shown.markdown
    assert '{eq}`sums-seen` <b class="verdict verdict-measured">measured</b>.' in shown.markdown
    assert shown.entries == [
        {"list": "questions", "note": 2, "items": ["doubt"], "refuted": [], "labels": ["sums-right", "sums-seen"]}
    ]


def test_an_answer_that_rests_on_nothing_is_open(book):
    assert 'verdict-open">open</b>' in book(question={"carried_by": []}).answers().markdown


def test_the_counts_are_those_of_the_list(book):
    page = book()
    assert "lists 3 things" in page.figures().markdown and "**2** of them stand" in page.figures().markdown
    assert "**1 entries**: a formula (1). For 1 of" in page.figures().markdown
    table = page.table().markdown.split("\n")
    assert len(table) == 2 + len(NOTES) + 1
    assert table[2] == "| 1 | 1 | 0 | 0 | 0 | 0 | 1 | 1 | 0 |"
    assert table[-1] == "| **All** | **1** | **0** | **0** | **0** | **0** | **1** | **1** | **1** |"


def test_what_is_right_as_printed_comes_last_and_is_not_counted(book, tmp_path):
    book()
    reach = toml("erratum", {**ENTRY, "kind": "reach", "items": [], "place": "A step beyond."})
    listed = (tmp_path / "errata.toml").read_text()
    (tmp_path / "errata.toml").write_text(reach + listed)
    page = Errata(tmp_path)
    shown = page.note(1).markdown
    assert shown.index("The sum.") < shown.index("A step beyond.") and KINDS["reach"] in shown
    assert "The note, put to the test in {eq}" in shown and "A step beyond, in {eq}" in shown
    assert len(page.errors()) == len(page.errors(1)) == 1


FAULTS = {
    "an unknown label": ({"refuted": "sums-none"}, "refuted = 'sums-none' is no label of the book"),
    "no refutation": ({"refuted": "sums-right"}, "refuted = 'sums-right' is a record of kind identity. Name a refut"),
    "an unknown correction": ({"corrected": ["sums-none"]}, "corrected = 'sums-none' is no label of the book"),
    "a correction that is cited": ({"corrected": ["sums-lore"]}, "corrected = 'sums-lore' is cited. A correction is p"),
    "a correction that is measured": ({"corrected": ["sums-seen"]}, "corrected = 'sums-seen' is measured"),
    "a correction that is refuted": ({"corrected": ["sums-wrong"]}, "corrected = 'sums-wrong' is refuted"),
    "a pointer to nothing": ({"see": ["sums-none"]}, "see = 'sums-none' is no label of the book"),
    "no reason": ({"reason": " "}, "`reason` is empty. Say in errata.toml what the reason is"),
    "no chapter": ({"chapter": ""}, "`chapter` is empty"),
    "a kind of its own": ({"kind": "typo"}, "kind = 'typo'. The kinds are formula, words, condition, fact, slip"),
    "nothing quoted": ({"refuted": None}, "nothing is quoted. Name a refutation in `refuted`, or quote words"),
}


@pytest.mark.parametrize("change, fault", FAULTS.values(), ids=FAULTS)
def test_a_faulty_erratum_is_refused(book, change, fault):
    assert book().note(1).markdown
    with pytest.raises(ValueError, match=r"^erratum 1\.1, 'The sum\.'") as caught:
        book(change).note(1)
    assert fault in str(caught.value)


UNANSWERED = {
    "an unknown label": ({"carried_by": ["sums-none"]}, "carried_by = 'sums-none' is no label of the book"),
    "a citation": ({"carried_by": ["sums-lore"]}, "carried_by = 'sums-lore' is cited. An answer rests on what is"),
    "a refutation": ({"carried_by": ["sums-wrong"]}, "carried_by = 'sums-wrong' is refuted"),
    "no answer": ({"reason": ""}, "`reason` is empty"),
    "an eleventh note": ({"note": 11}, "note = 11. The notes are 1 to 10"),
}


@pytest.mark.parametrize("change, fault", UNANSWERED.values(), ids=UNANSWERED)
def test_a_faulty_answer_is_refused(book, change, fault):
    assert book().answers().markdown
    with pytest.raises(ValueError, match=r"^question Q1, 'Is it one\?'") as caught:
        book(question=change).answers()
    assert fault in str(caught.value)


def test_a_note_without_entries_is_refused(book):
    with pytest.raises(ValueError, match=r"note 3: no entry in errata\.toml\. List one, or leave the section out"):
        book().note(3)


# ---------------------------------------------------------------------------- the page, and whether it is complete


def test_the_page_is_complete():
    assert {entry["list"] for entry in SHOWN} == {"errata", "questions"}
    assert incomplete(SHOWN, INVENTORY, RECORDS) == []


def test_every_refutation_of_a_note_is_on_the_page():
    """Said once more without the rule: those that name a note are many, and each is shown."""
    named = {r["label"] for r in RECORDS if r["kind"] == "refutation" and r["source"].startswith("the note")}
    assert len(named) > 20 and named <= {label for entry in SHOWN for label in entry["refuted"]}


def test_the_page_shows_the_whole_list():
    page = Errata()
    assert len(SHOWN) == len(page.errata) + len(page.questions)
    assert {entry["note"] for entry in SHOWN} == set(NOTES)
    assert {e["kind"] for e in page.errors()} == set(ERRORS)
    for entry in (*page.errata, *page.questions):
        assert entry["chapter"] in NOTEBOOKS, entry


def test_every_wrong_formula_is_refuted_by_a_number():
    assert [e["place"] for e in Errata().errata if e["kind"] == "formula" and "refuted" not in e] == []


def an_error(shown):
    return next(e for e in shown if e["list"] == "errata" and e["items"] and e["refuted"])


def drop(shown, inventory, records):
    shown.remove(an_error(shown))


def drop_question(shown, inventory, records):
    shown.remove(next(e for e in shown if e["list"] == "questions"))


def repeat(shown, inventory, records):
    shown.append(an_error(shown))


def unlisted(shown, inventory, records):
    an_error(shown)["items"].append("an-invented-error")


def stray(shown, inventory, records):
    inventory["shrinkage"]["errata"].append("an-item-of-nobody")


def one_more(shown, inventory, records):
    refuted = next(r for r in records if r["kind"] == "refutation")
    records.append({**refuted, "label": "wgan-new", "source": "the note’s second formula"})


def renamed(shown, inventory, records):
    records.remove(next(r for r in records if r["label"] == "shrinkage-mu-n"))


PLANTED = {
    "an error left out": (drop, "listed under errata, shown 0 times"),
    "its refutation with it": (drop, "refutes a note (the note, second formula), but is not on the errata page"),
    "a question left out": (drop_question, "listed under questions, shown 0 times"),
    "an error shown twice": (repeat, "listed under errata, shown 2 times"),
    "an error that no inventory lists": (unlisted, "an-invented-error: shown under errata, but not listed"),
    "an error that is no item": (stray, "an-item-of-nobody: an error or a question, but no item of its chapter"),
    "a refutation in a chapter": (one_more, "wgan-new: refutes a note (the note’s second formula), but is not on"),
    "a label that is gone": (renamed, "shrinkage-mu-n: the errata page leans on it, but it is no label of the book"),
}


@pytest.mark.parametrize("plant, fault", PLANTED.values(), ids=PLANTED)
def test_a_fault_planted_in_the_page_is_found(plant, fault):
    shown, inventory, records = copy.deepcopy((SHOWN, INVENTORY, RECORDS))
    plant(shown, inventory, records)
    found = incomplete(shown, inventory, records)
    assert any(fault in f for f in found), found


def test_a_refutation_of_somebody_else_is_not_asked_for():
    refuted = next(r for r in RECORDS if r["kind"] == "refutation")
    for source in ("folklore", "a footnote", "lecture notes, eq. 3", "FluxML/model-zoo, issue 73", "a notebook"):
        assert incomplete(SHOWN, INVENTORY, [*RECORDS, {**refuted, "label": "wgan-new", "source": source}]) == []


def test_what_shows_no_entry_stores_none():
    assert set(Shown("words")._repr_mimebundle_()) == {"text/markdown", "text/plain"}
    assert entries_of({"cells": [{"outputs": [{"data": Shown("words")._repr_mimebundle_()}]}]}) == []
