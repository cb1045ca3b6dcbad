"""The page of the book's notation: every symbol of the glossary, what it stands for, and where it is used.

A Sphinx extension, loaded by name in `_config.yml`. Nothing on the page is typed: symbols and meanings come from
`utils/notation.py`, the chapters from the records stored in the notebooks and from their code.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sympy import IndexedBase, Symbol

from utils import ledger
from utils.notation import GLOSSARY, LOCAL, Gloss, latex

__all__ = ["domain", "in_order", "letter", "letters", "printed", "short_title", "slim", "uses"]

PAGE = "chapters/notation"
MODULE = "utils.notation"


def uses(notebook: ledger.Notebook) -> dict[str, str]:
    """The glossary's symbols that a notebook uses, each with the label of the first claim that states it, if any.

    A symbol that stands in derivations alone is in no record: the code cells are asked for that.
    """
    found: dict[str, str] = {}
    for record in ledger.records_of(notebook):
        stated = set(record.get("symbols", ()))
        if record["kind"] != "index map":  # whose arrays and indices are the chapter's own
            stated |= set(re.findall(r"Symbol\('(\w+)'", record.get("srepr", "")))
        for name in stated & GLOSSARY.keys():
            found.setdefault(name, record["label"])
    for name in _taken(notebook) & GLOSSARY.keys():
        found.setdefault(name, "")
    return found


def _taken(notebook: ledger.Notebook) -> set[str]:
    """The names that a notebook's code takes from utils/notation.py and reads."""
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    trees = [ast.parse(cell) for cell in cells]
    parts = [part for tree in trees for part in ast.walk(tree)]
    imported = [part for part in parts if isinstance(part, ast.ImportFrom)]
    modules = {a.asname or a.name for part in imported if part.module == "utils" for a in part.names}
    direct = {a.asname or a.name: a.name for part in imported if part.module == MODULE for a in part.names}
    attributes = {
        part.attr
        for part in parts
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in modules
    }
    return attributes | {direct[part.id] for part in parts if isinstance(part, ast.Name) and part.id in direct}


def in_order(source: Path) -> list[str]:
    """The notebooks that the table of contents lists, in its order."""
    toc = yaml.safe_load((source / "_toc.yml").read_text("utf-8"))
    parts = [*toc.get("parts", ()), *([toc] if "chapters" in toc else [])]
    files = [source / chapter["file"] for part in parts for chapter in part["chapters"]]
    return [file.name for file in files if file.with_suffix(".ipynb").exists()]


def short_title(notebook: ledger.Notebook) -> str:
    """A chapter's title up to its first comma or colon."""
    heading = "".join(notebook["cells"][0]["source"]).split("\n")[0]
    return re.split("[:,]", heading.removeprefix("# "))[0]


def printed(entry: Gloss) -> str:
    """A symbol as the chapters print it: a vector with an index, a table with two."""
    if isinstance(entry.symbol, IndexedBase):
        return latex(entry.symbol[tuple(Symbol(index) for index in "ij"[: len(entry.symbol.shape)])])
    return latex(entry.symbol)


def domain(entry: Gloss) -> str:
    """The values that a symbol may take, in words; sizes by name."""
    known = getattr(entry.symbol, "label", entry.symbol).assumptions0
    if known.get("integer"):
        words = "positive integer" if known.get("positive") else "integer"
        words += ", 0 or more" if known.get("nonnegative") and not known.get("positive") else ""
    else:
        words = next((word for key, word in DOMAINS if known.get(key)), "real")
    if not isinstance(entry.symbol, IndexedBase):
        return words
    kind = f"vector of length {_shape(entry)}" if len(entry.symbol.shape) == 1 else f"{_shape(entry)} table"
    return f"{kind}, entries {words}"


def _shape(entry: Gloss) -> str:
    return " by ".join(str(size) for size in entry.symbol.shape)


DOMAINS = (("positive", "positive"), ("nonnegative", "0 or more"), ("nonzero", "real, not 0"))


def letters() -> dict[str, list[str]]:
    """The letters that stand for more than one thing, each with the names of all its symbols."""
    named = defaultdict(list)
    for name, entry in GLOSSARY.items():
        named[letter(entry.latex)].append(name)
    return {shown: names for shown, names in named.items() if len(names) > 1}


def letter(tex: str) -> str:
    """What the reader sees of a symbol, whichever way its LaTeX is written."""
    return re.sub(r"[{}\s]", "", tex)


class Notation(SphinxDirective):
    """`letters` (what a letter may stand for), `symbols` (all of them, by chapter) or `local` (made in a chapter)."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        source = Path(self.env.srcdir)
        found = ledger.notebooks(source / "chapters")
        self.chapters = {name: found[name] for name in in_order(source)}
        self.titles = {name: short_title(notebook) for name, notebook in self.chapters.items()}
        used = {name: uses(notebook) for name, notebook in self.chapters.items()}
        self.where = {s: {name: of[s] for name, of in used.items() if s in of} for s in GLOSSARY}
        self.shared = letters()
        return list({"letters": self.letters, "symbols": self.symbols, "local": self.local}[self.arguments[0]]())

    def letters(self) -> Iterator[nodes.Node]:
        """One row a letter: its meanings, each leading to its symbol, with the chapter where it comes first."""
        rows = []
        for names in (self.shared[shown] for shown in sorted(self.shared, key=_sortable)):
            meanings = nodes.bullet_list(classes=["notation-meanings"])
            for name in names:
                line = nodes.paragraph("", "", _link(GLOSSARY[name].meaning, f"#symbol-{name}"))
                line += nodes.inline("", f" {self.first(name)}", classes=["notation-aside"])
                meanings += nodes.list_item("", line)
            shortest = min((GLOSSARY[name].latex for name in names), key=len)
            rows.append(_row([_math(shortest), meanings], f"letter-{names[0]}"))
        yield _table(["letter", "what it may stand for"], [12, 88], rows)

    def first(self, name: str) -> str:
        """The title of the first chapter that uses a symbol."""
        return next((self.titles[chapter] for chapter in self.where[name]), "")

    def symbols(self) -> Iterator[nodes.Node]:
        """A section for each chapter: the symbols that come up there first, in the glossary's order."""
        groups = defaultdict(list)
        for name in GLOSSARY:
            groups[next(iter(self.where[name]), "")].append(name)
        for chapter in (*self.chapters, ""):
            if groups[chapter]:
                title = self.titles.get(chapter, "In no chapter")
                section = nodes.section("", nodes.title("", title), ids=[f"notation-{chapter or 'unused'}"])
                section += _table(["symbol", "meaning", "used in"], [18, 56, 26], map(self.symbol, groups[chapter]))
                self.state.document.note_implicit_target(section)
                yield section

    def symbol(self, name: str) -> nodes.row:
        """One row: the symbol, its meaning, below it name and domain, and the chapters that use it."""
        entry = GLOSSARY[name]
        about = nodes.paragraph(
            "", "", nodes.literal("", name), nodes.Text(f" {domain(entry)}"), classes=["notation-aside"]
        )
        if same := self.shared.get(letter(entry.latex)):
            about += nodes.Text(" · ")
            about += _link(f"one of {len(same)} meanings", f"#letter-{same[0]}")
        places = nodes.paragraph()
        for number, (chapter, label) in enumerate(self.where[name].items()):
            places += nodes.Text(", " if number else "")
            places += _link(self.titles[chapter], f"{chapter}.html" + (f"#equation-{label}" if label else ""))
        return _row([_math(printed(entry)), [nodes.paragraph("", entry.meaning), about], places], f"symbol-{name}")

    def local(self) -> Iterator[nodes.Node]:
        """The letters that a chapter makes for itself: one row each."""
        rows = [
            _row([_math(_letter_alone(name)), nodes.paragraph("", why), _page(chapter, title)])
            for chapter, title in self.titles.items()
            for name, why in LOCAL.get(chapter, {}).items()
        ]
        yield _table(["letter", "meaning", "made in"], [18, 56, 26], rows)


def _letter_alone(name: str) -> str:
    """A name that a chapter gives, as it is printed; a dot stands for what is filled in there."""
    return latex(Symbol(name.replace("*", "X"))).replace("X", r"\bullet ") if "*" in name else latex(Symbol(name))


def _sortable(shown: str) -> tuple[str, str]:
    plain = re.sub(r"[^A-Za-z0-9]", "", shown)
    return plain.lower(), shown


def _math(tex: str) -> nodes.paragraph:
    return nodes.paragraph("", "", nodes.math(tex, tex))


def _link(text: str, target: str) -> nodes.reference:
    return nodes.reference("", text, refuri=target, internal=True)


def _page(chapter: str, title: str) -> nodes.paragraph:
    return nodes.paragraph("", "", _link(title, f"{chapter}.html"))


def _row(cells: Iterable[Any], name: str = "") -> nodes.row:
    row = nodes.row(ids=[name] if name else [])
    for cell in cells:
        row += nodes.entry("", *(cell if isinstance(cell, list) else [cell]))
    return row


def _table(heads: list[str], widths: list[int], rows: Iterable[nodes.row]) -> nodes.table:
    group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in widths), cols=len(widths))
    group += nodes.thead("", _row([nodes.paragraph("", head) for head in heads]))
    group += nodes.tbody("", *rows)
    return nodes.table("", group, classes=["notation"])


def reread(app: Sphinx, *_: object) -> list[str]:
    """Read the page anew in every build: it comes from other files."""
    return [PAGE] if PAGE in app.env.found_docs else []


MATHML = (
    r'<span class="katex"><span class="katex-mathml">(?:(?!</math>).)*?'
    r"<annotation[^>]*>([^<]*)</annotation></semantics></math></span>"
)


def slim(page: str) -> str:
    """The page without what a thousand small formulas repeat: each carries its TeX as a label in place of MathML."""
    for pattern, instead in (
        (MATHML, r'<span class="katex" role="img" aria-label="\1">'),
        (r'<code class="docutils literal notranslate"><span class="pre">(\w+)</span></code>', r"<code>\1</code>"),
        (r'<a class="reference internal"', "<a"),
        (r'<tr class="row-(?:odd|even)"', "<tr"),
    ):
        page = re.sub(pattern, instead, page, flags=re.DOTALL)
    return page


def finish(app: Sphinx, pagename: str, template: str, context: dict[str, Any], *_: object) -> None:
    """Slim the page, and put the script of the search field on it, and on no other."""
    if pagename == PAGE:
        context["body"] = slim(context["body"])
        app.add_js_file("notation.js", loading_method="defer")


def setup(app: Sphinx) -> Mapping[str, bool]:
    """Connect the page to Sphinx."""
    app.add_directive("notation", Notation)
    app.connect("env-get-outdated", reread)
    app.connect("html-page-context", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
