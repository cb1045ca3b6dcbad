"""The ledger page: every claim of the book as a row with its verdicts, totals by chapter, and `ledger.json`.

The rows are made from the stored records in every build, by the directive ``{ledger}`` (``totals`` or ``rows``), and
hold their formulas as LaTeX: the script of the page sets those that come into view, so that the page stays light.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx
from sphinxcontrib import katex

from utils import ledger

__all__ = [
    "KATEX_MEND",
    "PAGE",
    "add_link",
    "connect",
    "details",
    "link_to_row",
    "row",
    "row_id",
    "rows",
    "totals_table",
]

PAGE = "chapters/ledger"
KATEX_MEND = ("MM319 602", "M319 602")  # KaTeX 0.16.22 misspells the drawing of a tall left floor
COLUMNS = ("claims", "proved", "checked", "measured", "refuted", "defined", "cited", "mutants")
VERDICTS = ("proved", "checked", "measured", "defined", "cited", "refuted", "open")
FORM = """<form class="ledger-filter" role="search" aria-label="Filter the ledger" hidden>
<label class="ledger-words">Search <input type="text" name="find" autocomplete="off" spellcheck="false"
 enterkeyhint="search" aria-describedby="ledger-hint"></label>
{selects}
<button type="reset">Clear</button>
<p id="ledger-hint">Words of a label, source, route, method or symbol, or LaTeX; a row has to hold all of them.</p>
</form>
<p class="ledger-plain">Search, filters and typesetting take JavaScript. Without it, here is every row, in LaTeX.</p>
<p class="ledger-count" role="status">{count} claims</p>
<p class="ledger-empty" hidden>No claim answers to all of that. Take a word away, or clear the form.</p>
"""

Record = Mapping[str, Any]


def row_id(label: str) -> str:
    """The anchor of a claim's row."""
    return f"row-{label}"


def _basis(word: str, r: Record) -> str:
    """What a verdict rests on, in few words."""
    if word == "proved":
        links = len(r.get("steps", ()))
        return f"{links} link{'s' * (links > 1)}" if links else "exact certificate"
    if word == "checked":
        unit = "random points" if r["route"]["kind"] == "Monte Carlo" else "points"
        unit = unit if r["route"]["points"] != 1 else unit[:-1]
        return f"by {r['route']['name']} at {r['route']['points']} {unit}"
    if word == "refuted":
        return "at " + ", ".join(f"{name} = {value}" for name, value in r["witness"].items())
    return r["measured"] if word == "measured" else ", ".join(r["sanity"]) if word == "defined" else ""


def _verdicts(r: Record) -> str:
    """The line under the formula: badges, what they rest on, mutants, reasons for what is missing, source."""
    parts = [f'<b class="verdict verdict-{w}">{w}</b> {escape(_basis(w, r))}'.rstrip() for w in r["verdicts"]]
    if "checked" in r["verdicts"]:
        counts = r["mutants"]
        equal = f" ({counts['equivalent']} more equivalent)" if counts.get("equivalent") else ""
        parts.append(f"{counts['rejected']}/{counts['applied']} mutants rejected{equal}")
    parts += [f"not {gate[2:]}: {escape(why)}" for gate, why in r.get("why_not", {}).items()]
    parts += [f"<cite>{escape(r['source'])}</cite>"] if r["source"] else []
    return " · ".join(parts)


def _row_link(label: str) -> str:
    return f'<a href="#{row_id(label)}">{label}</a>'


def details(r: Record, corrects: Sequence[str] = ()) -> list[tuple[str, str]]:
    """(term, HTML) of what a row shows on demand; `corrects` names the refuted statements that this claim replaces."""
    route, found = r.get("route") or {}, []
    if route:
        found.append(("Route", f"{escape(route['does'])} ({escape(route['kind'])})"))
    if "checked" in r["verdicts"]:
        counts = r["mutants"]
        left = f"; {counts['equivalent']} set aside as equivalent, {counts['undefined']} as undefined"
        found.append(("Mutants", f"{counts['applied']} applied, {counts['rejected']} rejected{left}"))
    links = [f"<li>{escape(s['reason'])} <i>({escape(s['strategy'])})</i></li>" for s in r.get("steps", ())]
    if links:
        found.append(("Links", f"<ol>{''.join(links)}</ol>"))
    if certificate := r.get("certificate"):
        points = (f"{side} ({', '.join(certificate[side])})" for side in ("primal", "dual"))
        found.append(("Certificate", escape("; ".join(points))))
    if "trial" in r:
        found.append(("Each run", escape(r["trial"])))
    if r.get("sanity"):
        found.append(("Sanity", "; ".join(f"{escape(k)} <i>({escape(v)})</i>" for k, v in r["sanity"].items())))
    if r.get("where"):
        found.append(("Where", escape(", ".join(r["where"]))))
    if r.get("functions"):
        tried = ("; ".join(f"{f} = {law}" for f, law in chosen.items()) for chosen in r["functions"])
        found.append(("Functions tried", "<br>".join(map(escape, tried))))
    if r.get("symbols"):
        found.append(("Symbols", escape(", ".join(f"{s} ({how})" if how else s for s, how in r["symbols"].items()))))
    if r.get("corrected"):
        found.append(("True instead", _row_link(r["corrected"])))
    if corrects:
        found.append(("Corrects", ", ".join(map(_row_link, corrects))))
    return found


def row(r: Record, number: str, address: str, corrects: Sequence[str] = ()) -> str:
    """One claim as a list item: number and label lead to the equation, at `address`."""
    label, gap = r["label"], " gap" * bool(r.get("why_not"))
    more = "".join(f"<dt>{term}</dt><dd>{words}</dd>" for term, words in details(r, corrects))
    shown = f"<details><summary>more</summary><dl>{more}</dl></details>" if more else ""
    return (
        f'<li id="{row_id(label)}" data-kind="{r["kind"]}" data-verdict="{" ".join(r["verdicts"])}{gap}">'
        f'<p class="ledger-head"><a href="{escape(address)}">{escape(number)} {label}</a> {r["kind"]}'
        f'<a class="headerlink" href="#{row_id(label)}" title="Link to this row">#</a></p>'
        f'<code class="ledger-tex">{escape(r["latex"], quote=False)}</code>'
        f'<p class="claim-verdict">{_verdicts(r)}</p>{shown}</li>\n'
    )


def _select(name: str, title: str, options: Iterable[tuple[str, str]]) -> str:
    choices = "".join(f'<option value="{value}">{escape(words)}</option>' for value, words in options)
    return f'<label>{title} <select name="{name}"><option value="">any</option>{choices}</select></label>'


def rows(published: Record, titles: Mapping[str, str], targets: Mapping[str, tuple[str, str]], options: Record) -> str:
    """The form and the rows by chapter: `titles` of the chapters, (number, address) of each label, KaTeX's options."""
    claims, corrects = published["claims"], {}  # type: ignore[var-annotated]
    for r in claims:
        if r.get("corrected"):
            corrects.setdefault(r["corrected"], []).append(r["label"])
    kinds = sorted({r["kind"] for r in claims})
    used = [w for w in VERDICTS if any(w in r["verdicts"] for r in claims)]
    selects = [
        _select("chapter", "Chapter", ((name, titles[name]) for name in published["chapters"])),
        _select("verdict", "Verdict", [*((w, w) for w in used), ("gap", "with a gate left out")]),
        _select("kind", "Kind", ((k, k) for k in kinds)),
    ]
    parts = [FORM.format(selects="\n".join(selects), count=len(claims))]
    for name in published["chapters"]:
        items = (row(r, *targets[r["label"]], corrects.get(r["label"], ())) for r in claims if r["chapter"] == name)
        head = f'<h3 id="ledger-{name}">{escape(titles[name])}</h3>'
        parts.append(
            f'<section data-chapter="{name}">{head}\n<ol class="ledger-rows">\n{"".join(items)}</ol></section>\n'
        )
    return f'<div class="ledger" data-katex="{escape(json.dumps(options))}">\n{"".join(parts)}</div>\n'


def totals_table(published: Record, titles: Mapping[str, str], addresses: Mapping[str, str]) -> str:
    """Totals by chapter; a chapter's name (its title up to a colon or comma) leads to it, its claims to its rows."""

    def line(head: str, counts: Record, claims: str) -> str:
        cells = "".join(f"<td>{counts[c]:,}</td>" if counts[c] else "<td>–</td>" for c in COLUMNS[1:])
        return f'<tr><th scope="row">{head}</th><td>{claims}</td>{cells}</tr>\n'

    body = "".join(
        line(
            f'<a href="{escape(addresses[name])}">{escape(re.split("[:,] ", titles[name])[0])}</a>',
            counts,
            f'<a href="?chapter={quote(name)}#ledger-{name}">{counts["claims"]:,}</a>',
        )
        for name, counts in published["chapters"].items()
    )
    heads = "".join(f'<th scope="col">{c if c != "mutants" else "mutants rejected"}</th>' for c in COLUMNS)
    foot = line("the book", published["totals"], f"{published['totals']['claims']:,}")
    return (
        '<div class="ledger-totals" tabindex="0" role="region" aria-label="Totals by chapter"><table class="table">\n'
        f'<thead><tr><th scope="col">chapter</th>{heads}</tr></thead>\n<tbody>\n{body}</tbody>\n'
        f"<tfoot>{foot}</tfoot></table></div>\n"
    )


# What Sphinx is told


class ledger_node(nodes.General, nodes.Element):
    """The place of the totals or of the rows; its HTML is made when the page is written, from the records as they are.

    It is no raw HTML, so that the search of the whole book finds chapters and not this page for each of their words.
    """


class LedgerDirective(Directive):
    """```{ledger} totals``` or ```{ledger} rows```."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """A place for the part that is asked for."""
        if self.arguments[0] not in ("totals", "rows"):
            raise self.error(f"the ledger has no part {self.arguments[0]!r}: write totals or rows")
        return [ledger_node(part=self.arguments[0])]


def published(app: Sphinx) -> dict[str, Any]:
    """What the site publishes, the chapters in the order of the table of contents."""
    order = [Path(page).name for page in app.env.collect_relations()]
    return ledger.published(Path(app.srcdir), app.config.project, order)


def visit_ledger(writer: Any, node: ledger_node) -> None:
    """Write the HTML of a part of the ledger."""
    env, builder = writer.builder.env, writer.builder
    found = published(builder.app)
    pages = {name: f"chapters/{name}" for name in found["chapters"]}
    numbers = {name: env.toc_secnumbers.get(page, {}).get("", ()) for name, page in pages.items()}
    titles = {
        name: " ".join([".".join(map(str, numbers[name])), env.titles[page].astext()]).strip()
        for name, page in pages.items()
    }
    if node["part"] == "totals":
        addresses = {name: builder.get_relative_uri(PAGE, page) for name, page in pages.items()}
        writer.body.append(totals_table(found, titles, addresses))
    else:
        math, blank = env.get_domain("math"), nodes.Text("")
        labels = [r["label"] for r in found["claims"]]
        links = {label: math.resolve_xref(env, PAGE, builder, "eq", label, None, blank) for label in labels}
        targets = {label: (link.astext(), link["refuri"]) for label, link in links.items()}
        writer.body.append(rows(found, titles, targets, katex.KATEX_DEFAULT_OPTIONS | {"displayMode": True}))
    raise nodes.SkipNode


def skip_ledger(writer: Any, node: ledger_node) -> None:
    """Other formats than HTML go without."""
    raise nodes.SkipNode


def add_link(
    app: Sphinx,
    docname: str,
    output: nodes.Element,
    page: str,
    anchor: Callable[[str], str | None],
    style: str,
    words: str,
) -> None:
    """End the verdict of a printed claim with a link to its place on a page, if the book has that page.

    `anchor` tells the place by the claim's label, or None where there is none for it.
    """
    label = next((block["label"] for block in output.findall(nodes.math_block) if block.get("label")), None)
    verdict = next((raw for raw in output.findall(nodes.raw) if "claim-verdict" in raw.astext()), None)
    if page not in app.env.found_docs or label is None or verdict is None or (place := anchor(label)) is None:
        return
    address = f"{app.builder.get_relative_uri(docname, page)}#{place}"
    link = f' · <a class="{style}" href="{address}" aria-label="{words}: {label}">{words}</a></p>'
    head, _, tail = verdict.astext().rpartition("</p>")
    verdict.children = [nodes.Text(head + link + tail)]


def link_to_row(app: Sphinx, docname: str, output: nodes.Element) -> None:
    """End the verdict of a printed claim with a link to its row."""
    add_link(app, docname, output, PAGE, row_id, "claim-row", "ledger")


def add_scripts(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """Give the ledger page, and no other, its style sheet, its script, and KaTeX itself."""
    if pagename == PAGE:
        app.add_css_file("ledger/ledger.css")
        app.add_js_file("ledger/katex.min.js", loading_method="defer")
        app.add_js_file("ledger/ledger.js", loading_method="defer")


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Write `ledger.json`, and the KaTeX that set the other pages for the script of this one, mended alike."""
    if exception is not None or app.builder.name != "html" or PAGE not in app.env.found_docs:
        return
    text = json.dumps(published(app), ensure_ascii=False, indent=1) + "\n"
    (Path(app.outdir) / "ledger.json").write_text(text, "utf-8")
    script = Path(katex.__file__).with_name("katex.min.js").read_text("utf-8").replace(*KATEX_MEND)
    (Path(app.outdir) / "_static" / "ledger" / "katex.min.js").write_text(script, "utf-8")


def connect(app: Sphinx) -> None:
    """Tell Sphinx of the directive, of the scripts, and of the files."""
    app.add_node(ledger_node, html=(visit_ledger, None), latex=(skip_ledger, None), text=(skip_ledger, None))
    app.add_directive("ledger", LedgerDirective)
    app.connect("html-page-context", add_scripts)
    app.connect("build-finished", write_files, priority=400)
