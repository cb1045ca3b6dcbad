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
TELLING = re.compile(r"\b(?:id|href|src|srcset|title|data)=|url\(|katex-error|<(?!/?(?:span|svg|path|line)\b)")


def without_drawings(page: str) -> str:
    """The page without the boxes that KaTeX draws formulas with, most of its tags; MathML has the formulas too.

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
    return "".join(kept) + page[done:]


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
