"""The Sphinx extension behind the site: pre-rendered math, live totals, the look of a claim, page descriptions.

It is loaded by name in `_config.yml`; no notebook imports it.
"""

import gc
import html
import socket
import subprocess
import textwrap
import time
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinxcontrib import katex

from utils import ledger, ledger_page, mends, npm, reach, workbench_page

SUMMARY = "Statistics and machine learning with each equation proved, checked by a number and attacked by mutants."
REDIRECT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="{summary}">
<meta http-equiv="refresh" content="0; url={page}">
<link rel="icon" href="_static/favicon.svg" type="image/svg+xml">
{tags}<title>{title}</title>
</head>
<body><h1><a href="{page}">{title}</a></h1></body>
</html>
"""


def configure_katex(app: Sphinx, config: Config) -> None:
    """Make a bad formula an error, give KaTeX the book's macros, and use the Node that pip installed."""
    katex.KATEX_DEFAULT_OPTIONS.update(throwOnError=True, strict="error", macros=config.katex_macros)
    # The `node` beside Python is a script that starts Node as a child, which would outlive the build: name the program.
    katex.NODEJS_BINARY = npm.node()
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60  # a busy machine needs more than the 5 seconds they allow
    katex.KaTeXServer.start_server_process = staticmethod(start_katex)


def start_katex(rundir: Path, timeout: float) -> tuple[subprocess.Popen, socket.socket]:
    """Start Node with KaTeX on a Unix socket, and connect as soon as it listens.

    sphinxcontrib-katex connects as soon as the socket exists, a moment too early now and then. Its other way, a port of
    localhost, waits 40 ms for each formula (Nagle's algorithm meets delayed acknowledgement): 20 s for a chapter.
    """
    path = rundir / "katex.sock"
    command = katex.KaTeXServer.build_command(socket=path)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=rundir)
    deadline = time.monotonic() + timeout
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(path))
            return process, connection
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            if time.monotonic() > deadline:
                process.kill()
                raise katex.KaTeXServer.timeout_error(timeout) from None
            time.sleep(0.01)


def name_the_page(app: Sphinx) -> None:
    """Make KaTeX's complaint about a formula say on which page the formula stands; mend what it writes."""
    render = katex.render_latex

    def render_on_page(latex: str, options: dict | None = None) -> str:
        try:
            return mends.mend_formula(render(latex, options).replace(*ledger_page.KATEX_MEND))
        except katex.KaTeXError as error:
            page = app.builder.current_docname  # type: ignore[attr-defined]  # the HTML builder has it
            raise ExtensionError(f"{page}: {error}") from error

    katex.render_latex = render_on_page


def set_totals(app: Sphinx) -> None:
    """Give the pages `{{ total_claims }}`, `{{ total_proved }}`, `{{ total_checked }}` and `{{ total_mutants }}`."""
    totals = ledger.totals(ledger.records(Path(app.srcdir) / "chapters"))
    # A new dictionary, since MyST's is the configuration's own: a change there makes Sphinx read every page again.
    substitutions = {f"total_{name}": f"{count:,}" for name, count in totals.items()}
    app.env.myst_config.substitutions = substitutions  # type: ignore[attr-defined]  # MyST puts it there


def reread_totals(app: Sphinx, *_: object) -> list[str]:
    """Read the landing page and the ledger anew in every build: what they show comes from the notebooks."""
    return [app.config.root_doc, *({ledger_page.PAGE} & app.env.found_docs)]


def mark_claims(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Class a claim's output `claim`, its derivation `chain`; drop its empty head; link to ledger and workbench."""
    for output in doctree.findall(lambda node: isinstance(node, nodes.container) and "cell_output" in node["classes"]):
        written = "".join(raw.astext() for raw in output.findall(nodes.raw))
        if "claim-verdict" not in written:
            continue
        output["classes"] += ["claim", "claim-refuted"] if "verdict-refuted" in written else ["claim"]
        ledger_page.link_to_row(app, docname, output)
        workbench_page.link_to_workbench(app, docname, output)
        for table in output.findall(nodes.table):
            table["classes"].append("chain")
            for head in list(table.findall(nodes.thead)):
                if not head.astext().strip():
                    head.parent.remove(head)


def describe_page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """Give a page that declares no description its first paragraph as one."""
    if 'name="description"' in context.get("metatags", ""):
        return
    paragraph = next(doctree.findall(nodes.paragraph), None) if doctree else None
    text = paragraph.astext() if paragraph else f"{context.get('title') or pagename}: {app.config.html_title}"
    text = textwrap.shorten(text, 160, placeholder=" …")
    context["metatags"] = context.get("metatags", "") + f'\n<meta name="description" content="{html.escape(text)}">'


def write_index(app: Sphinx, exception: Exception | None) -> None:
    """Write an index.html that leads to the landing page: sphinx-external-toc's has no title and no language."""
    if exception is None and app.builder.name == "html":
        page, title, base = (
            app.builder.get_target_uri(app.config.root_doc),
            app.config.html_title,
            app.config.html_baseurl,
        )
        tags = f'<link rel="canonical" href="{base}{page}">\n' if base else ""
        tags += reach.tags(app, app.config.root_doc, title, SUMMARY) + "\n" if base else ""
        text = REDIRECT.format(title=title, page=page, summary=SUMMARY, tags=tags)
        (Path(app.outdir) / "index.html").write_text(text, "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the functions above to Sphinx's events."""
    gc.freeze()  # docutils' trees live to the end: looking for garbage among them finds none, again and again
    gc.set_threshold(50_000, 20, 20)
    app.add_config_value("katex_macros", {}, "html")
    app.connect("config-inited", configure_katex)
    app.connect("builder-inited", name_the_page)
    app.connect("builder-inited", set_totals, priority=900)  # after MyST has made its configuration
    app.connect("env-get-outdated", reread_totals)
    app.connect("doctree-resolved", mark_claims)
    app.connect("html-page-context", describe_page)
    app.connect("build-finished", write_index, priority=400)
    ledger_page.connect(app)
    workbench_page.connect(app)
    mends.connect(app)
    reach.connect(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
