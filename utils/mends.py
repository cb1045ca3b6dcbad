"""Mends of the HTML that the theme, MyST-NB and KaTeX write, where the validator or axe-core finds fault with it.

Each is a small replacement in text that is already written; where a later version writes something else, it does
nothing, and the tests of the site say whether the fault is still there.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx

__all__ = ["connect", "mend_formula", "mend_page"]

# what is written -> what is meant
MENDS = [
    # A summary may hold phrases only, and a label that differs from the words in view hides them from who is read to.
    (
        r'<summary aria-label="Toggle hidden content">\s*'
        r'<p class="collapsed admonition-title">([^<]*)</p>\s*<p class="expanded admonition-title">([^<]*)</p>',
        r'<summary>\n<span class="collapsed admonition-title">\1</span>\n'
        r'<span class="expanded admonition-title">\2</span>',
    ),
    (r'(<button class="btn search-button-field[^>]*?)\s+aria-label="Search"', r"\1"),
    (r'(<i class="theme-switch [^>]*?)\s+title="[^"]*"', r'\1 aria-hidden="true"'),
    # The list's items by their names of today: the role they have was withdrawn from ARIA.
    (r' role="doc-biblioentry"', ' role="listitem"'),
    # The page is saved, not opened as a text in another tab. (From a disk, browsers open it all the same.)
    (r'(<a href="[^"]*") target="_blank"\s+(class="[^"]*btn-download-source-button)', r"\1 download\n   \2"),
    (r'(<main id="main-content" class="bd-main") role="main"', r"\1"),
    (r"<(meta|link|img|br|hr|input)\b([^<>]*?)\s*/>", r"<\1\2>"),  # the slash means nothing in HTML
]
SCRIPTED = ("msub", "msup", "msubsup", "munder", "mover", "munderover")
APPLY = "<mo>\u2061</mo>"


def mend_formula(formula: str) -> str:
    """A formula set by KaTeX, its MathML valid.

    KaTeX writes the invisible sign of applying a function as another child of a base with scripts, where the number
    of children is what tells base from scripts; a word that is an operator it writes as a row of letters inside it.
    """
    if "<mo" not in formula:
        return formula
    formula = re.sub(
        r"(<mo\b[^>]*>)<mrow>((?:<m[in]\b[^>]*>[^<]*</m[in]>)*)</mrow></mo>",
        lambda found: found[1] + re.sub(r"<[^>]*>", "", found[2]) + "</mo>",
        formula,
    )
    # A height below zero is none: browsers drop it.
    formula = re.sub(r"(class=\"vlist\" style=\")height:-[\d.]+em;", r"\1", formula)
    if APPLY not in formula:
        return formula
    written: list[str] = []
    parents: list[str] = []
    for piece in re.findall(r"<[^>]*>|[^<]+", formula.replace(APPLY, "<apply/>")):
        if piece == "<apply/>":
            written += [] if parents and parents[-1] in SCRIPTED else [APPLY]
            continue
        written.append(piece)
        if piece.startswith("</"):
            parents.pop()
        elif piece.startswith("<") and not piece.endswith("/>"):
            parents.append(piece[1:-1].split()[0])
    return "".join(written)


def mend_page(page: str) -> str:
    """A page as written by Sphinx, with the faults above mended."""
    for fault, mend in MENDS:
        page = re.sub(fault, mend, page)
    return page


def mend_pages(app: Sphinx, exception: Exception | None) -> None:
    """Mend every page that was written; a page mended in an earlier build stays as it is."""
    if exception is None and app.builder.name == "html":
        for docname in [*app.env.found_docs, "search"]:
            path = Path(app.outdir) / app.builder.get_target_uri(docname)
            if path.exists():
                page = path.read_text("utf-8")
                mended = mend_page(page)
                if mended != page:
                    path.write_text(mended, "utf-8")


def connect(app: Sphinx) -> None:
    """Mend the pages when all are written."""
    app.connect("build-finished", mend_pages, priority=600)
