"""The workbench page: its form, the runtime's files as plain scripts, and the claims as requests it can be filled with.

A browser lets a page from file:// neither fetch a file nor start a worker from one. So each file that Pyodide needs is
written as a script that hands its bytes over, compressed and in base64; `workbench.js` loads these scripts when the
reader first asks, and makes the worker from them. Over http the same way works: there is no other.
"""

import base64
import gzip
import hashlib
import importlib.metadata
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

import mpmath
import sympy
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinxcontrib import katex

from utils import ledger, ledger_page, npm, workbench

__all__ = ["EXAMPLES", "OWN", "PAGE", "connect", "form", "libraries", "link_to_workbench", "requests", "script"]

PAGE = "chapters/workbench"
FOLDER = "_static/workbench"
RUNTIME = ("pyodide.mjs", "pyodide.asm.mjs", "python_stdlib.zip", "pyodide.asm.wasm")
LIBRARIES = (sympy, mpmath)
log = logging.getLogger(__name__)

# One of each chapter, three of the museum; each must be a claim that the workbench can state.
EXAMPLES = (
    "shrinkage-posterior-mean",
    "change-of-variables-share-jacobian",
    "flows-rank-one-2",
    "score-function-identity",
    "reparameterization-bernoulli",
    "generalized-reparameterization-normal",
    "kantorovich-duality-detour",
    "wgan-root-metric",
    "sinkhorn-cell",
    "wasserstein-autoencoders-not-a-metric",
    "reshaping-spearman-limit",
    "attention-addition-theorem",
    "pyramidal-encoders-nested-floors",
    "tacotron-mel-slope",
    "museum-gamma-variance-printed",
    "museum-scatter-printed",
    "museum-flux-printed",
)
# Two that no chapter would print: a wrong one, and one that is true and that no strategy settles.
OWN: Mapping[str, tuple[str, dict[str, Any]]] = {
    "own-wrong": (
        "Wrong: the root of a sum is the sum of the roots",
        {"left": "sqrt(a + b)", "relation": "=", "right": "sqrt(a) + sqrt(b)", "symbols": "a: positive\nb: positive"},
    ),
    "own-chain": (
        "Right at both ends, wrong in between",
        {
            "left": "(a + b)^2 - (a - b)^2",
            "relation": "=",
            "right": "4*a*b",
            "symbols": "a: real\nb: real",
            "chain": [
                {"term": "(a^2 + 2*a*b + b^2) - (a^2 - 2*a*b + b^2)", "reason": "expand both squares"},
                {"term": "2*a*b + 2*b^2 + 2*a*b", "reason": "open the brackets"},
            ],
        },
    ),
    "own-undecided": (
        "Undecided: true, and no strategy knows it",
        {
            "left": "Integral((x - 1)/log(x), (x, 0, 1))",
            "relation": "=",
            "right": "log(2)",
        },
    ),
}

FORM = """<div class="workbench" data-katex="{katex}" data-parts="{parts}">
<p class="wb-plain">The workbench takes JavaScript: it runs Python in this page. Without it, the same checker is the
package <code>utils</code> of the book's repository, and every chapter shows how it is called.</p>
{missing}<form class="wb-form" hidden novalidate>
<p class="wb-wide"><label for="wb-example">Start from an example</label>
<select id="wb-example"><option value="">choose one</option>{examples}</select></p>
<p class="wb-side"><label for="wb-left">Left side</label>
<textarea id="wb-left" name="left" rows="2" {text} aria-describedby="wb-left-error"></textarea>
<span class="wb-error" id="wb-left-error"></span></p>
<p class="wb-relation"><label for="wb-relation">Relation</label>
<select id="wb-relation" name="relation" aria-describedby="wb-relation-error">{relations}</select>
<span class="wb-error" id="wb-relation-error"></span></p>
<p class="wb-side"><label for="wb-right">Right side</label>
<textarea id="wb-right" name="right" rows="2" {text} aria-describedby="wb-right-error"></textarea>
<span class="wb-error" id="wb-right-error"></span></p>
<p class="wb-variable" hidden><label for="wb-variable">Proportional as functions of</label>
<input id="wb-variable" name="variable" type="text" {text} aria-describedby="wb-variable-error">
<span class="wb-error" id="wb-variable-error"></span></p>
<div class="wb-halves">
<p><label for="wb-symbols">Symbols, one a line</label>
<textarea id="wb-symbols" name="symbols" rows="4" {text} placeholder="sigma: positive"
 aria-describedby="wb-symbols-error"></textarea>
<span class="wb-error" id="wb-symbols-error"></span></p>
<p><label for="wb-where">Where, one condition or meaning a line</label>
<textarea id="wb-where" name="where" rows="4" {text} placeholder="p &lt; 1"
 aria-describedby="wb-where-error"></textarea>
<span class="wb-error" id="wb-where-error"></span></p>
</div>
<fieldset class="wb-wide"><legend>Steps between the two sides, if wanted</legend>
<ol class="wb-chain"></ol><button type="button" class="wb-add">Add a step</button></fieldset>
<p class="wb-wide wb-buttons"><button type="submit" class="wb-check">Check</button>
<button type="button" class="wb-stop" disabled>Stop</button>
<button type="button" class="wb-load">Load the checker ({size})</button>
<label>Give up after <input type="number" class="wb-limit" min="1" max="3600" value="30"> s</label></p>
</form>
<p class="wb-status" role="status"></p>
<section class="wb-answer" aria-label="Answer" hidden>
<div class="wb-formula"></div>
<div class="wb-verdict"></div>
<ol class="wb-links"></ol>
<div class="wb-mutants"></div>
<p class="wb-buttons"><button type="button" class="wb-copy-latex">Copy LaTeX</button>
<button type="button" class="wb-copy-link">Copy link</button><span class="wb-copied" role="status"></span></p>
</section>
</div>
"""
MISSING = """<p class="wb-missing admonition warning">This copy of the book was built without the checker's runtime:
Pyodide {version} could not be had from npm, so the form below cannot answer. To get it, build the book once with the
network at hand (<code>jupyter-book build .</code>); it is then kept for later builds.</p>
"""
TEXT = 'spellcheck="false" autocomplete="off" autocapitalize="off"'
RELATIONS = {
    "=": "= equal",
    "<=": "≤ at most",
    "<": "&lt; less",
    ">=": "≥ at least",
    ">": "&gt; greater",
    "∝": "∝ proportional",
}

Record = Mapping[str, Any]


# The files


def script(name: str, content: bytes) -> str:
    """A script that hands over a file: `workbenchPart(name, gzip in base64)`. Made once, then kept in the cache."""
    kept = npm.cache() / "workbench" / f"{hashlib.sha256(name.encode() + content).hexdigest()}.js"
    if not kept.exists():
        packed = base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{id(content)}")  # whoever reads sees the whole script or none
        part.write_text(f'workbenchPart({json.dumps(name)}, "{packed}");\n', "utf-8")
        part.replace(kept)
    return kept.read_text("utf-8")


def archive(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip archive that is the same whenever and wherever it is made; not compressed, since the script is."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as target:
        for name, content in files:
            target.writestr(zipfile.ZipInfo(name), content)  # dated 1980
    return buffer.getvalue()


def libraries() -> bytes:
    """SymPy and mpmath as they are installed here, the pinned versions: their Python without tests, their licences."""
    files: dict[str, bytes] = {}
    for module in LIBRARIES:
        root = Path(module.__file__).parent
        for path in root.rglob("*.py"):
            if not {"tests", "benchmarks"} & set(path.relative_to(root).parts):
                files[path.relative_to(root.parent).as_posix()] = path.read_bytes()
        for licence in importlib.metadata.files(module.__name__) or ():
            if "LICENSE" in licence.name:
                files[licence.as_posix()] = licence.read_binary()
    return archive(sorted(files.items()))


def book() -> bytes:
    """The book's own modules that answer."""
    folder = Path(workbench.__file__).parent
    return archive((f"utils/{name}", (folder / name).read_bytes()) for name in sorted(workbench.FILES))


def runtime() -> dict[str, str]:
    """The scripts of the runtime by file name, in the order in which they are loaded; none if npm cannot be reached."""
    try:
        folder = npm.package("pyodide")
    except npm.Unavailable as error:
        log.info(f"workbench: built without its runtime, and the page says so. {error}")
        return {}
    lock = json.loads((folder / "pyodide-lock.json").read_text("utf-8"))
    # Of the list of packages that Pyodide could load from the net, only the head: it is to load none.
    contents = {"lock.json": json.dumps({"info": lock["info"], "packages": {}}).encode()}
    contents |= {name: (folder / name).read_bytes() for name in RUNTIME}
    contents |= {"libraries.zip": libraries(), "book.zip": book()}
    return {f"{name}.js": script(name, content) for name, content in contents.items()}


# The claims


def requests(srcdir: Path) -> dict[str, dict[str, Any]]:
    """The request of each claim that the workbench can state, by label: made once for the same records and code."""
    records = ledger.records(srcdir / "chapters")
    recipe = book() + json.dumps(records, sort_keys=True).encode()
    kept = npm.cache() / "workbench" / f"requests-{hashlib.sha256(recipe).hexdigest()}.json"
    if not kept.exists():
        found = {r["label"]: request for r in records if (request := workbench.request_of(r, records))}
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{id(found)}")
        part.write_text(json.dumps(found, ensure_ascii=False), "utf-8")
        part.replace(kept)
    return json.loads(kept.read_text("utf-8"))


def _requests(app: Sphinx) -> dict[str, dict[str, Any]]:
    """The same, read once in a build."""
    if not hasattr(app, "workbench_requests"):
        app.workbench_requests = requests(Path(app.srcdir))  # type: ignore[attr-defined]
    return app.workbench_requests  # type: ignore[attr-defined]


def form(sizes: Mapping[str, int], examples: Mapping[str, str], options: Record) -> str:
    """The page's form: sizes of the runtime's scripts (none if missing), titles of the examples by label."""
    choices = "".join(f'<option value="{name}">{escape(title)}</option>' for name, title in examples.items())
    return FORM.format(
        katex=escape(json.dumps(options)),
        parts=escape(json.dumps(sizes)),
        missing="" if sizes else MISSING.format(version=npm.PINS["pyodide"][0]),
        examples=choices,
        relations="".join(f'<option value="{escape(sign)}">{words}</option>' for sign, words in RELATIONS.items()),
        size=f"{sum(sizes.values()) / 1e6:.0f} MB" if sizes else "missing",
        text=TEXT,
    )


# What Sphinx is told


class workbench_node(nodes.General, nodes.Element):
    """The place of the form; its HTML is made when the page is written, and the search does not read it."""


class WorkbenchDirective(Directive):
    """```{workbench}```: the form."""

    def run(self) -> list[nodes.Node]:
        """A place for it."""
        return [workbench_node()]


def visit_workbench(writer: Any, node: workbench_node) -> None:
    """Write the form, with the examples that the book has and the sizes of what the build will write."""
    app = writer.builder.app
    app.workbench_runtime = runtime()
    known = _requests(app)
    chapters = {r["label"]: r["chapter"] for r in ledger.records(Path(app.srcdir) / "chapters")}
    titles = {name: title for name, (title, _) in OWN.items()}
    for label in EXAMPLES:
        if label in known:
            page = app.env.titles[f"chapters/{chapters[label]}"].astext().split(":")[0]
            titles[label] = f"{page}: {label}"
    sizes = {name: len(text) for name, text in app.workbench_runtime.items()}
    writer.body.append(form(sizes, titles, katex.KATEX_DEFAULT_OPTIONS | {"displayMode": True}))
    raise nodes.SkipNode


def skip_workbench(writer: Any, node: workbench_node) -> None:
    """Other formats than HTML go without."""
    raise nodes.SkipNode


def link_to_workbench(app: Sphinx, docname: str, output: nodes.Element) -> None:
    """End the verdict of a printed claim with a link that opens it in the workbench, if it can be stated there."""
    ledger_page.add_link(
        app,
        docname,
        output,
        PAGE,
        lambda label: f"claim={label}" if label in _requests(app) else None,
        "claim-try",
        "try it",
    )


def reread(app: Sphinx, *_: object) -> list[str]:
    """Read the page anew in every build: whether it has its runtime is found out then."""
    return [PAGE] if PAGE in app.env.found_docs else []


def add_scripts(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """Give the page, and no other, its style sheet and its script; the rest is loaded when the reader asks."""
    if pagename == PAGE:
        app.add_css_file("workbench/workbench.css")
        app.add_js_file("workbench/workbench.js", loading_method="defer")


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Write the runtime's scripts, and the requests that the form can be filled with."""
    if exception is not None or app.builder.name != "html" or PAGE not in app.env.found_docs:
        return
    found = _requests(app) | {name: request for name, (_, request) in OWN.items()}
    claims = f"workbenchClaims({json.dumps(found, ensure_ascii=False)});\n"
    folder = Path(app.outdir) / FOLDER
    for name, text in {**app.workbench_runtime, "claims.js": claims}.items():  # type: ignore[attr-defined]
        (folder / name).write_text(text, "utf-8")


def connect(app: Sphinx) -> None:
    """Tell Sphinx of the directive, of the scripts, and of the files."""
    app.add_node(
        workbench_node, html=(visit_workbench, None), latex=(skip_workbench, None), text=(skip_workbench, None)
    )
    app.add_directive("workbench", WorkbenchDirective)
    app.connect("env-get-outdated", reread)
    app.connect("html-page-context", add_scripts)
    app.connect("build-finished", write_files, priority=400)
