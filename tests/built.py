"""The built site for the tests: built once, parsed once, opened in Chromium; small books with planted cells."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlparse

import nbformat
from bs4 import BeautifulSoup
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).parent.parent
WIDE, PHONE = (1400, 900), (390, 800)


def build(book: Path, out: Path) -> tuple[int, str]:
    """Build the site of a book, warnings and dangling references being errors: the exit code and the log."""
    command = [
        Path(sys.executable).parent / "jupyter-book",
        "build",
        book,
        "--path-output",
        out,
        "-W",
        "-n",
        "--keep-going",
    ]
    # An empty search path: what the build needs, Node included, it must find by itself.
    environment = os.environ | {"PATH": "", "NO_COLOR": "1"}
    out.mkdir(exist_ok=True)
    log = out / "build.log"  # a file, since a pipe would wait for whatever the build leaves running
    with log.open("w") as file:
        built = subprocess.run(command, env=environment, stdout=file, stderr=subprocess.STDOUT, timeout=300)
    return built.returncode, log.read_text()


def pages_of(site: Path) -> list[Path]:
    """Every page of a built site. (`_static` holds two templates that are not pages.)"""
    return sorted(file for file in site.rglob("*.html") if "_static" not in file.parts)


def parse(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "html.parser")


DRAWN = '<span class="katex-html" aria-hidden="true">'
SAYING = r"\b(?:id|href|src|srcset|title|data)=|url\(|katex-error"
TELLING = re.compile(SAYING + r"|<(?!/?(?:span|svg|path|line)\b)")
TELLING_MATH = re.compile(SAYING + r"|<(?!/?(?:m[a-z]+|semantics|annotation)\b)")


def without_formulas(page: str) -> str:
    """The page without what is in its formulas, most of its tags: the boxes that KaTeX draws with, and the MathML.

    A box that holds anything a rule could speak of stays: an id, an address, a KaTeX error, a tag that KaTeX does not
    draw with.
    """
    kept, done = [], 0
    while (start := page.find(DRAWN, done)) >= 0:
        start += len(DRAWN)
        depth, end = 1, start
        for tag in re.compile("<span|(</span>)").finditer(page, start):
            depth += -1 if tag[1] else 1
            if not depth:
                end = tag.start()
                break
        kept += [page[done:start], page[start:end] if TELLING.search(page, start, end) else ""]
        done = end
    drawn = "".join(kept) + page[done:]
    return re.sub(
        "<math.*?</math>", lambda m: m[0] if TELLING_MATH.search(m[0]) else "<math></math>", drawn, flags=re.S
    )


def without_colours(page: str) -> str:
    """The page without the spans that colour its code: words alone, and nothing but a class."""
    coloured = re.compile(r'<span class="[a-z]{1,2}[0-9]?">([^<>]*)</span>')
    return re.sub("<pre>.*?</pre>", lambda code: coloured.sub(r"\1", code[0]), page, flags=re.S)


def plant(folder: Path, *cells: nbformat.NotebookNode) -> Path:
    """A book of a landing page and one chapter with the given cells, dressed as ours is."""
    for name in ("_config.yml", "references.bib"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "site", folder / "site", dirs_exist_ok=True)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: chapters/intro\nchapters:\n- file: chapters/planted\n")
    (folder / "chapters").mkdir(exist_ok=True)
    intro = folder / "chapters" / "intro.md"
    if not intro.exists():  # written again, it would be read again whatever the site's code does
        intro.write_text("# Planted\n\nClaims: {{ total_claims }}.\n")
    title = nbformat.v4.new_markdown_cell("# A chapter")
    notebook = nbformat.v4.new_notebook(cells=[title, *cells], metadata={"language_info": {"name": "python"}})
    nbformat.write(notebook, folder / "chapters" / "planted.ipynb")
    return folder


def printed(markdown: str, **data: object) -> nbformat.NotebookNode:
    """A code cell with a Markdown output, as a claim has."""
    bundle = {"text/markdown": markdown, "text/plain": "", **data}
    output = nbformat.v4.new_output("execute_result", data=bundle, execution_count=1)
    return nbformat.v4.new_code_cell("claim", outputs=[output], execution_count=1)


def view(browser: webdriver.Chrome, size: tuple[int, int], theme: str) -> None:
    """Look at pages in a window of this size, as a reader whose system is light or dark."""
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": theme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


# A page holds up to 60,000 elements, and it takes Chromium a second to lay them out in another size or theme. Most are
# in KaTeX's pictures of formulas (`.katex-html`, hidden from assistive technology). Where lines are broken and what is
# too wide depends on the boxes alone between which a formula may break (`.base`): each is exchanged for an empty one of
# its size, in em, since a font may be of another size elsewhere. A formula that holds a colour, a control or a picture
# is left alone.
PICTURES = """
const pictures = [...document.querySelectorAll(".katex > .katex-html[aria-hidden=true]")].filter(
    picture => !picture.querySelector("[style*=color], a, button, input, [tabindex], [role], img"));
"""
BOXES = """
const bases = pictures.flatMap(picture => [...picture.querySelectorAll(":scope > .base")]);
const looks = bases.map(base => {
    const em = parseFloat(getComputedStyle(base).fontSize), overhang = (base.scrollWidth - base.clientWidth) / em;
    return [base.getBoundingClientRect().width / em + overhang, overhang];
});
bases.forEach((base, k) => {
    const [width, overhang] = looks[k];
    const {height, verticalAlign} = base.querySelector(":scope > .strut")?.style ?? {}; // KaTeX's own word on them
    base.replaceChildren();
    Object.assign(base.style, {display: "inline-block", width: `${width}em`, marginRight: `${-overhang}em`,
        height, verticalAlign});
});
"""
# Most of the rest is MathML, which is the validator's business (test_reach.py), code, of which one token of each colour
# is kept as such, and drawings, whose parts are not read out (they are images with a name, or hidden) and do not change
# the size of the drawing. Live figures are kept whole.
PLAIN = """
pictures.forEach(picture => picture.parentElement.querySelector(".katex-mathml")?.replaceChildren());
const seen = new Set();
for (const token of document.querySelectorAll("div.highlight pre span[class]")) {
    if (token.children.length) continue;
    if (seen.has(token.className)) token.replaceWith(token.textContent);
    seen.add(token.className);
}
for (const drawing of document.querySelectorAll("svg[role=img], svg[aria-hidden=true]")) {
    if (drawing.closest(".live-figure")) continue;
    if (drawing.querySelector("a, [tabindex], [role], [aria-label], foreignObject")) continue;
    drawing.replaceChildren(...drawing.querySelectorAll(":scope > title, :scope > desc"));
}
"""
THINNED = PICTURES + BOXES + PLAIN
# Colours that are still on their way from one theme to the other have the contrast of neither.
AT_REST = """
const still = document.createElement("style");
still.textContent = "*, ::before, ::after { transition: none !important; animation: none !important }";
document.head.append(still);
"""


def arrive(browser: webdriver.Chrome, file: Path, prepare: str = AT_REST + THINNED) -> None:
    """Load a page, let its scripts have their turn, and thin it out."""
    browser.get(file.as_uri())
    browser.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0], 50))")
    browser.execute_script(prepare)


def turn(browser: webdriver.Chrome, size: tuple[int, int], theme: str) -> None:
    """See the page in this size and theme, and wait until it has followed."""
    view(browser, size, theme)
    themed = f"(document.documentElement.dataset.theme ?? '{theme}') == '{theme}'"
    shown = f"return {themed} && matchMedia('(width: {size[0]}px)').matches"
    WebDriverWait(browser, 10, 0.02).until(lambda _: browser.execute_script(shown))


def log_faults(browser: webdriver.Chrome) -> list[str]:
    """Errors on the console, requests that failed, and requests that left the site, since this was last asked."""
    faults = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = message["params"]["request"]["url"]
            if urlparse(url).scheme not in ("file", "data", "blob"):
                faults.append(f"asked for {url}")
        elif message["method"] == "Network.loadingFailed":
            faults.append(f"a request failed: {message['params']['errorText']}")
    return faults
