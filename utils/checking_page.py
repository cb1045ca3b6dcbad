"""The page "How this book is checked": its tables, made from two measured files, and each page's link to report errors.

``chapters/checking/faults.json`` and ``chapters/checking/benchmarks.json`` are written by the commands that they name.
The directive ``{checking}`` shows one of their tables; a file that is missing or of another form stops the build.
"""

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

__all__ = ["FORMS", "PARTS", "BadFile", "html", "read", "setup"]

BUTTON = "source-issues-button"  # the theme's name for the button of a page that opens an issue
NUMBER = (int, float)
FORMS: dict[str, dict[str, Any]] = {  # file -> field -> its type; a list holds the form of its items
    "faults": {
        "command": str,
        "measured": date,
        "commit": str,
        "faults": [{"fault": str, "planted": int, "caught": int, "gate": str, "how": str, "missed": list}],
    },
    "benchmarks": {
        "machine": str,
        "measured": date,
        "rows": [{"what": str, "value": str, "command": str}],
        "growth": [{"claims": int, "seconds": NUMBER}],
        "chapters": [{"chapter": str, "seconds": NUMBER, "claims": int}],
    },
}
WORDS = {str: "words", int: "a whole number", NUMBER: "a number", list: "a list", date: "a date as 2026-12-31"}

Data = Mapping[str, Any]


class BadFile(ValueError):
    """A file of measurements that is missing or is not of the form that the page needs."""


def _fits(value: Any, kind: Any) -> bool:
    if kind is date:
        try:
            return bool(date.fromisoformat(value))
        except (TypeError, ValueError):
            return False
    if kind is str:
        return isinstance(value, str) and bool(value.strip())
    if isinstance(value, bool) or not isinstance(value, kind):
        return False
    return kind is list or value >= 0


def _misfit(found: Any, form: Mapping[str, Any], where: str) -> str | None:
    """The first way in which something read from a file is not of the given form."""
    if not isinstance(found, dict):
        return f"{where} is no object with the fields {', '.join(form)}"
    for field, kind in form.items():
        if field not in found:
            return f"{where} has no field {field!r}"
        value, name = found[field], f"{where}: {field!r}"
        if isinstance(kind, list):
            if not isinstance(value, list) or not value:
                return f"{name} must be a list that is not empty (got {value!r:.60})"
            below = (_misfit(item, kind[0], f"{where}, {field} {k}") for k, item in enumerate(value, 1))
            if complaint := next(filter(None, below), None):
                return complaint
        elif not _fits(value, kind):
            return f"{name} must be {WORDS[kind]} (got {value!r:.60})"
    return None


def read(path: Path) -> dict[str, Any]:
    """A file of measurements. Raises BadFile if it is missing or not of its form."""
    again = "write it again with its command, which tests/ or README.md names, or restore it from git"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}: {again}") from None
    except ValueError as error:
        raise BadFile(f"{path} is no JSON ({error}): {again}") from None
    complaint = _misfit(found, FORMS[path.stem], path.name)
    for row in found["faults"] if path.stem == "faults" and not complaint else ():
        if not 0 < row["planted"] == row["caught"] + len(row["missed"]):
            complaint = (
                f"{path.name}: {row['fault']!r}: {row['planted']} planted must be {row['caught']} caught "
                f"and {len(row['missed'])} named as missed"
            )
    if complaint:
        raise BadFile(f"{complaint}: {again}")
    return found


def _table(name: str, heads: Sequence[str], rows: Sequence[Sequence[str]], words: str) -> str:
    """A table of HTML cells, the first cell of a row being its head; columns of figures are marked by the style sheet.

    Each cell repeats its column's name, which a phone shows beside it.
    """
    head = "".join(f'<th scope="col">{h}</th>' for h in heads)
    body = ""
    for first, *others in rows:
        cells = "".join(f'<td data-head="{h}">{cell}</td>' for h, cell in zip(heads[1:], others, strict=True))
        body += f'<tr><th scope="row">{first}</th>{cells}</tr>\n'
    return (
        f'<table class="table checking checking-{name}">\n<thead><tr>{head}</tr></thead>\n'
        f'<tbody>\n{body}</tbody></table>\n<p class="checking-origin">{words}</p>\n'
    )


def faults_table(data: Data, titles: Mapping[str, str]) -> str:
    """What was planted, how much of it was caught, and by what."""
    rows = []
    for row in data["faults"]:
        missed = f"<br>Missed: {escape(', '.join(map(str, row['missed'])))}." if row["missed"] else ""
        caught = f"{row['caught']:,} of {row['planted']:,}"
        gate = escape(row["gate"]).replace("/", "/<wbr>")  # a file's path may break at its folders
        rows.append((escape(row["fault"]), caught, gate, escape(row["how"]) + missed))
    planted, caught = (sum(row[field] for row in data["faults"]) for field in ("planted", "caught"))
    words = (
        f"{caught:,} of {planted:,} caught. Measured {data['measured']} at commit {escape(data['commit'][:10])} by "
        f"<code>{escape(data['command'])}</code>."
    )
    return _table("faults", ("Fault", "Caught", "By", "How"), rows, words)


def _measured(data: Data) -> str:
    return f"Measured {data['measured']} on {escape(data['machine'])}."


def speed_table(data: Data, titles: Mapping[str, str]) -> str:
    """What takes how long, and the command that says so."""
    rows = [(escape(r["what"]), escape(r["value"]), f"<code>{escape(r['command'])}</code>") for r in data["rows"]]
    return _table("speed", ("What", "Value", "Command"), rows, _measured(data))


def growth_table(data: Data, titles: Mapping[str, str]) -> str:
    """How time grows with the number of claims."""
    rows = [
        (f"{r['claims']:,}", f"{r['seconds']:,.1f}", f"{1000 * r['seconds'] / max(r['claims'], 1):,.0f}")
        for r in data["growth"]
    ]
    return _table("growth", ("Claims", "Seconds", "Milliseconds a claim"), rows, _measured(data))


def chapters_table(data: Data, titles: Mapping[str, str]) -> str:
    """What each chapter takes; its name leads to it."""
    rows = []
    for r in data["chapters"]:
        if r["chapter"] not in titles:
            raise BadFile(f"benchmarks.json: there is no chapters/{r['chapter']}.ipynb: measure again")
        link = f'<a href="{r["chapter"]}.html">{escape(titles[r["chapter"]])}</a>'
        rows.append((link, f"{r['claims']:,}", f"{r['seconds']:,.1f}"))
    seconds = [r["seconds"] for r in data["chapters"]]
    words = f"Median {statistics.median(seconds):.1f} s, longest {max(seconds):.1f} s. {_measured(data)}"
    return _table("chapters", ("Notebook", "Claims", "Seconds"), rows, words)


PARTS: dict[str, tuple[str, Callable[[Data, Mapping[str, str]], str]]] = {  # part -> file, table
    "faults": ("faults", faults_table),
    "speed": ("benchmarks", speed_table),
    "growth": ("benchmarks", growth_table),
    "chapters": ("benchmarks", chapters_table),
}


def html(part: str, chapters: Path) -> str:
    """A part of the page, from the files in `chapters/checking`."""
    file, table = PARTS[part]
    notebooks = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in chapters.glob("*.ipynb")}
    titles = {name: "".join(book["cells"][0]["source"]).partition("\n")[0] for name, book in notebooks.items()}
    titles = {name: title.lstrip("# ").partition(":")[0] for name, title in titles.items()}
    return table(read(chapters / "checking" / f"{file}.json"), titles)


# What Sphinx is told


class CheckingDirective(Directive):
    """```{checking} faults```, or another of PARTS."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The table that is asked for."""
        part = self.arguments[0]
        if part not in PARTS:
            raise self.error(f"this page has no part {part!r}: write one of {', '.join(PARTS)}")
        env = self.state.document.settings.env
        try:
            return [nodes.raw("", html(part, Path(env.srcdir) / "chapters"), format="html")]
        except BadFile as error:
            raise ExtensionError(f"{env.docname}: {error}") from error


def reread(app: Sphinx, env: Any, *_: object) -> list[str]:
    """Make the page anew in every build, as the ledger is: its files may have been measured again."""
    return [page for page in env.found_docs if page == "chapters/checking"]


def report_error(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Let the page's button open the form that asks for a label and a witness, with the page filled in."""

    def mend(buttons: Sequence[dict[str, Any]]) -> None:
        for button in buttons:
            mend(button.get("buttons", ()))
            if button.get("label") == BUTTON:
                address = button["url"].partition("?")[0]
                asked = urlencode({"template": "error.yml", "page": f"{pagename}.html"})
                button |= {"url": f"{address}?{asked}", "text": "Report an error", "tooltip": "Report an error"}

    mend(context.get("header_buttons", ()))


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of the directive and of the button."""
    app.add_directive("checking", CheckingDirective)
    app.connect("env-get-outdated", reread)
    app.connect("html-page-context", report_error, priority=600)  # when the theme has made its buttons
    return {"parallel_read_safe": True, "parallel_write_safe": True}
