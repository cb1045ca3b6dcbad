"""The errata of the notes: what they print, the number that refutes it, the correction and the reason.

The list is `chapters/errata.toml`, in words. Formulas, witnesses, numbers and verdicts are not in it: they are read
from the records that the chapters store, so that the page says what the ledger says, and fails when the ledger changes.
"""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from utils import ledger

__all__ = ["CHAPTERS", "KINDS", "NOTES", "Errata", "Shown", "entries_of", "incomplete"]

MIME = "application/vnd.errata+json"
CHAPTERS = Path(__file__).parent.parent / "chapters"
NOTES = {
    1: "Shrinkage – Bayes meets MLE",
    2: "Reparameterization trick",
    3: "Transforming between probability distributions",
    4: "A simple argument for gradient clipping in WGAN",
    5: "Deriving the Kantorovich duality",
    6: "A reshaping bug",
    7: "Tacotron papers",
    8: "Location based attention",
    9: "Hierarchical Encoders",
    10: "Wasserstein Autoencoders",
}
# what was wrong, as the page calls it; `reach` is no error, and is not counted
KINDS = {
    "formula": "a formula",
    "words": "a statement in words",
    "condition": "a missing condition",
    "fact": "a name, a source, a paper",
    "slip": "a slip of the pen",
    "reach": "right as printed",
}
ERRORS = tuple(kind for kind in KINDS if kind != "reach")
CARRIES = {"proved", "checked"}  # what a correction has to be; a model has only a definition
ANSWERS = CARRIES | {"measured"}
OURS = re.compile("add-|flows-")  # items of the inventory that no note states
OF_A_NOTE = re.compile(r"\b[Tt]he note\b|\bnote \d")  # but not lecture notes, or a footnote


@dataclass(frozen=True)
class Shown:
    """Markdown for a page, with the entries that it shows as data for the tests."""

    markdown: str
    entries: list[dict[str, Any]] = field(default_factory=list)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        data = {"text/markdown": self.markdown, "text/plain": f"{len(self.entries)} entries"}
        return {**data, MIME: self.entries} if self.entries else data


class Errata:
    """The list of errors and questions, bound to the records of the chapters.

    `chapters` holds the notebooks and `errata.toml`. The errata page itself is not read, since it is being written; it
    states no claim of its own.
    """

    def __init__(self, chapters: Path = CHAPTERS) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self.said: dict[str, str] = {}
        for name, notebook in ledger.notebooks(chapters).items():
            if name != "errata":
                self.records |= {r["label"]: {**r, "chapter": name} for r in ledger.records_of(notebook)}
                self.said |= ledger.said(notebook)
        listed = tomllib.loads((chapters / "errata.toml").read_text(encoding="utf-8"))
        self.errata: list[dict[str, Any]] = listed.get("erratum", [])
        self.questions: list[dict[str, Any]] = listed.get("question", [])
        inventory = json.loads((chapters / "inventory.json").read_text(encoding="utf-8"))
        self.items = {item for about in inventory.values() for item in about["items"] if not OURS.match(item)}

    def errors(self, note: int | None = None) -> list[dict[str, Any]]:
        """The errors of one note, or of all: what is right as printed is left out."""
        return [e for e in self.errata if e.get("kind") in ERRORS and note in (None, e["note"])]

    def note(self, number: int) -> Shown:
        """One note's errors, numbered as they are listed, and after them what is wrong only when taken further."""
        found = sorted((e for e in self.errata if e["note"] == number), key=lambda e: e["kind"] == "reach")
        if not found:
            raise _fault(f"note {number}", "no entry in errata.toml", "List one, or leave the section out")
        shown = [self._erratum(f"{number}.{k}", e) for k, e in enumerate(found, 1)]
        return Shown("\n\n".join(shown), [{"list": "errata", **_stored(e)} for e in found])

    def answers(self) -> Shown:
        """The questions that the notes leave open, each with its answer and what carries it."""
        shown = [self._answer(f"Q{k}", q) for k, q in enumerate(self.questions, 1)]
        return Shown("\n\n".join(shown), [{"list": "questions", **_stored(q)} for q in self.questions])

    def figures(self) -> Shown:
        """How many errors there are, of which kind, in one sentence."""
        errors = self.errors()
        kinds = Counter(e["kind"] for e in errors)
        parts = ", ".join(f"{KINDS[k]} ({kinds[k]})" for k in ERRORS if kinds[k])
        items = len({item for e in errors for item in e["items"]})
        witnessed = sum("refuted" in e for e in errors)
        return Shown(
            f"The book's inventory lists {len(self.items)} things that the ten notes say. **{len(self.items) - items}**"
            f" of them stand. The other {items} are gathered here in **{len(errors)} entries**: {parts}. For"
            f" {witnessed} of these the book holds a refutation with a number, the rest are mended in words."
            f" **{len(self.questions)} questions** are taken up at the end."
        )

    def table(self) -> Shown:
        """Note by note: how many errors of which kind, and how many questions."""
        head: list[Any] = ["Note", *ERRORS, "all", "refuted", "asked"]
        rows: list[list[Any]] = [[n, *self._counts(n)] for n in NOTES]
        rows.append(["**All**", *(f"**{n}**" for n in self._counts(None))])
        lines = [head, ["---", *("--:" for _ in head[1:])], *rows]
        return Shown("\n".join("| " + " | ".join(str(entry) for entry in row) + " |" for row in lines))

    def _counts(self, note: int | None) -> list[int]:
        errors = self.errors(note)
        kinds = Counter(e["kind"] for e in errors)
        asked = sum(note in (None, q["note"]) for q in self.questions)
        return [*(kinds[k] for k in ERRORS), len(errors), sum("refuted" in e for e in errors), asked]

    def _erratum(self, number: str, entry: Mapping[str, Any]) -> str:
        where = f"erratum {number}, {entry.get('place', '')!r}"
        self._complete(where, entry)
        refuted, corrected = entry.get("refuted"), entry.get("corrected", [])
        lines = [f'**{number}** <span class="erratum-kind">{KINDS[entry["kind"]]}</span> {entry["place"]}']
        if "printed" in entry:
            lines.append(f"The note: “{entry['printed']}”")
        if "formula" in entry:
            lines += ["The note:", _formula(entry["formula"])]
        if refuted:
            record = self._record(where, "refuted", refuted)
            if record["kind"] != "refutation":
                got = f"refuted = {refuted!r} is a record of kind {record['kind']}"
                raise _fault(where, got, "Name a refutation, or leave `refuted` out and quote the words")
            tested = "Put to the test in" if {"printed", "formula"} & set(entry) else "The note, put to the test in"
            tested = "A step beyond, in" if entry["kind"] == "reach" else tested
            lines += [f"{tested} {{eq}}`{refuted}`:", _formula(record["latex"]), _verdict(self.said[refuted])]
        for label in corrected:
            record = self._record(where, "corrected", label)
            if not CARRIES & set(record["verdicts"]) and record["kind"] != "definition":
                got = f"corrected = {label!r} is {', '.join(record['verdicts'])}"
                raise _fault(where, got, "A correction is proved or checked (or the model's definition)")
            lines += [f"Right is {_cited(record)}:", _formula(record["latex"])]
        seen = [_cited(self._record(where, "see", label)) for label in entry.get("see", ())]
        more = f" See {', '.join(seen)}." if seen else ""
        lines.append(f"{entry['reason'].strip()}{more} (Chapter: {{doc}}`{entry['chapter']}`.)")
        return _boxed(f"erratum-{number.replace('.', '-')}", lines)

    def _answer(self, number: str, entry: Mapping[str, Any]) -> str:
        where = f"question {number}, {entry.get('printed', '')!r}"
        self._complete(where, entry)
        carried = []
        for label in entry["carried_by"]:
            record = self._record(where, "carried_by", label)
            if not ANSWERS & set(record["verdicts"]):
                got = f"carried_by = {label!r} is {', '.join(record['verdicts'])}"
                raise _fault(where, got, "An answer rests on what is proved, checked or measured")
            carried.append(_cited(record))
        status = f"Carried by {', '.join(carried)}." if carried else '<b class="verdict verdict-open">open</b>'
        status += f" (Chapter: {{doc}}`{entry['chapter']}`.)"
        lines = [f"**{number}** Note {entry['note']}: “{entry['printed']}”", entry["reason"].strip(), status]
        return _boxed(f"question-{number[1:]}", lines)

    def _complete(self, where: str, entry: Mapping[str, Any]) -> None:
        """What every entry has to have."""
        for key in ("reason", "chapter"):
            if not str(entry.get(key, "")).strip():
                raise _fault(where, f"`{key}` is empty", f"Say in errata.toml what the {key} is")
        if entry["note"] not in NOTES:
            raise _fault(where, f"note = {entry['note']!r}", f"The notes are {min(NOTES)} to {max(NOTES)}")
        if "carried_by" not in entry:
            if entry.get("kind") not in KINDS:
                raise _fault(where, f"kind = {entry.get('kind')!r}", f"The kinds are {', '.join(KINDS)}")
            if not any(entry.get(key, "").strip() for key in ("refuted", "printed", "formula")):
                wanted = "Name a refutation in `refuted`, or quote words in `printed` or LaTeX in `formula`"
                raise _fault(where, "nothing is quoted", wanted)

    def _record(self, where: str, key: str, label: str) -> dict[str, Any]:
        if label not in self.records:
            raise _fault(where, f"{key} = {label!r} is no label of the book", "Mend the label, or state the claim")
        return self.records[label]


def _fault(where: str, wrong: str, mend: str) -> ValueError:
    return ValueError(f"{where}: {wrong}. {mend}")


def _stored(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the tests need of an entry: its items and the labels it leans on."""
    refuted = [entry["refuted"]] if "refuted" in entry else []
    labels = [*refuted, *entry.get("corrected", ()), *entry.get("see", ()), *entry.get("carried_by", ())]
    return {"note": entry["note"], "items": entry["items"], "refuted": refuted, "labels": labels}


def _formula(latex: str) -> str:
    """A formula in a box that scrolls by itself. It is inline math: a number it has in its own chapter."""
    return f'<div class="erratum-formula">\n\n$\\displaystyle {latex.strip()}$\n\n</div>'


def _verdict(said: str) -> str:
    """The words in which a refutation was reported, with its first word set as the verdict that it is."""
    words = said.split(": ", 1)[1].removeprefix("refuted ")
    return '<b class="verdict verdict-refuted">refuted</b> ' + re.sub(r"([*_`$\\\[\]])", r"\\\1", escape(words))


def _cited(record: Mapping[str, Any]) -> str:
    words = " · ".join(f'<b class="verdict verdict-{w}">{w}</b>' for w in record["verdicts"])
    return f"{{eq}}`{record['label']}` {words}"


def _boxed(anchor: str, lines: Iterable[str]) -> str:
    return f'<div class="erratum" id="{anchor}">\n\n' + "\n\n".join(lines) + "\n\n</div>"


def entries_of(notebook: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The entries that the errata page shows, from its stored outputs."""
    outputs = (output for cell in notebook["cells"] for output in cell.get("outputs", ()))
    return [entry for output in outputs for entry in output.get("data", {}).get(MIME, ())]


def incomplete(
    shown: Sequence[Mapping[str, Any]], inventory: Mapping[str, Mapping], records: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Every error and question of the inventory stands on the page once, and so does every refutation of a note."""
    faults = []
    for which in ("errata", "questions"):
        wanted = Counter(item for about in inventory.values() for item in about.get(which, ()))
        found = Counter(item for entry in shown if entry["list"] == which for item in entry["items"])
        faults += [f"{i}: listed under {which}, shown {found[i]} times" for i in wanted if found[i] != 1]
        faults += [f"{i}: shown under {which}, but not listed in the inventory" for i in found if i not in wanted]
    for about in inventory.values():
        stray = sorted({*about.get("errata", ()), *about.get("questions", ())} - set(about["items"]))
        faults += [f"{i}: an error or a question, but no item of its chapter" for i in stray]
    refuted = {label for entry in shown for label in entry["refuted"]}
    faults += [
        f"{r['label']}: refutes a note ({r['source']}), but is not on the errata page"
        for r in records
        if r["kind"] == "refutation" and OF_A_NOTE.search(r["source"]) and r["label"] not in refuted
    ]
    known = {r["label"] for r in records}
    leaned = sorted({label for entry in shown for label in entry["labels"]} - known)
    return faults + [f"{label}: the errata page leans on it, but it is no label of the book" for label in leaned]
