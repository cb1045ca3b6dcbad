"""The built site: it builds without a warning, asks nobody for anything, leads nowhere wrong, is searched by keyboard.

A rule is a function that returns a list of faults; below it stands a test that shows it finding a planted one.
"""

import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urldefrag, urlparse

import nbformat
import pytest
from bs4 import BeautifulSoup, NavigableString, Tag
from built import DRAWN, ROOT, WIDE, build, log_faults, parse, plant, printed, view, without_colours, without_formulas
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from sphinxcontrib import katex

from utils.notation import GLOSSARY
from utils.notation_page import letters
from utils.site import start_katex

# The build


def test_printed_equations_are_numbered_and_totals_follow_the_notebooks(tmp_path: Path) -> None:
    """A claim more in a notebook shows on the landing page and in the ledger, whose own sources did not change."""
    mime, reference = "application/vnd.claim+json", nbformat.v4.new_markdown_cell("See {eq}`planted-0`.")
    record = {"kind": "definition", "latex": "x = y", "source": "", "verdicts": ["defined"], "sanity": {}}
    out = tmp_path / "out/_build/html"
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "ledger.md").write_text("# Ledger\n\n```{ledger} totals\n```\n\n```{ledger} rows\n```\n")
    for count in (1, 2):
        labels = [f"planted-{n}" for n in range(count)]
        line = '<p class="claim-verdict"><b class="verdict">defined</b></p>'
        claims = [printed(f"$$\nx = y\n$$ ({k})\n\n{line}\n", **{mime: record | {"label": k}}) for k in labels]
        book = plant(tmp_path, reference, *claims)
        with (book / "_toc.yml").open("a") as toc:
            toc.write("- file: chapters/ledger\n")
        code, log = build(book, tmp_path / "out")
        assert code == 0, log
        assert f"Claims: {count}." in (out / "chapters/intro.html").read_text()
        rows = parse((out / "chapters/ledger.html").read_text()).select(".ledger-rows > li")
        assert [row["id"] for row in rows] == [f"row-{label}" for label in labels]
        assert [c["label"] for c in json.loads((out / "ledger.json").read_text())["claims"]] == labels
    page = parse((out / "chapters/planted.html").read_text())
    number = page.select_one("#equation-planted-0 .eqno").text
    assert page.select_one("a[href='#equation-planted-0']").text == number.rstrip("#") == "(1)"
    assert [a["href"] for a in page.select(".claim-row")] == ["ledger.html#row-planted-0", "ledger.html#row-planted-1"]


@pytest.mark.parametrize(
    ("markdown", "complaint"),
    [
        ("$$\n\\frac{1}{\n$$ (planted)", "chapters/planted: KaTeX parse error"),
        ("{eq}`nowhere`", "nowhere"),
        ("$\\undefined$", "chapters/planted: KaTeX parse error: Undefined control"),
    ],
)
def test_a_bad_formula_or_reference_fails_the_build(tmp_path: Path, markdown: str, complaint: str) -> None:
    code, log = build(plant(tmp_path, printed(markdown)), tmp_path / "out")
    assert code != 0
    assert complaint in log


def test_a_tall_floor_is_drawn_with_paths_that_browsers_read(tmp_path: Path) -> None:
    """KaTeX 0.16.22 writes two M in a row into the drawing of a left floor that no font is tall enough for."""
    tall = r"\left\lfloor\begin{matrix}1 \\ 2 \\ 3 \\ 4 \\ 5\end{matrix}\right\rfloor"
    code, log = build(plant(tmp_path, printed(f"$$\n{tall}\n$$ (planted-floor)")), tmp_path / "out")
    assert code == 0, log
    page = (tmp_path / "out/_build/html/chapters/planted.html").read_text()
    drawings = re.findall(r"\bd=['\"]([^'\"]*)['\"]", page)
    assert any("M319 602" in drawing for drawing in drawings)
    assert not any("MM" in drawing for drawing in drawings)


def test_styles_are_those_of_the_katex_that_renders() -> None:
    """A style sheet of another version of KaTeX sets the sizes wrong."""
    assert f'content:"{katex.katex_version}"' in (ROOT / "site/static/katex/katex.min.css").read_text()


# Rules for one page


def heading_faults(page: BeautifulSoup) -> list[str]:
    """One h1, a title, a description, a language, and no id given twice."""
    faults = [f"{len(page('h1'))} h1 headings"] if len(page("h1")) != 1 else []
    if not page.title or not page.title.text.strip():
        faults.append("no title")
    if not any(tag.get("content", "").strip() for tag in page.select("meta[name=description]")):
        faults.append("no description")
    if not page.html or not page.html.get("lang"):
        faults.append("no language")
    ids = Counter(tag["id"] for tag in page.find_all(id=True))
    return faults + [f"id {name} twice" for name in sorted(name for name in ids if ids[name] > 1)]


GOOD = '<html lang="en"><head><title>T</title><meta name="description" content="d"></head><h1>H</h1>{}</html>'


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        (GOOD.format("<h1>Another</h1>"), "2 h1 headings"),
        (GOOD.replace("<h1>H</h1>", ""), "0 h1 headings"),
        (GOOD.replace("<title>T</title>", ""), "no title"),
        (GOOD.replace('content="d"', 'content=" "'), "no description"),
        (GOOD.replace(' lang="en"', ""), "no language"),
        (GOOD.format('<p id="a"></p><p id="a"></p>'), "id a twice"),
    ],
)
def test_heading_faults_are_found(html: str, fault: str) -> None:
    assert heading_faults(parse(html)) == [fault]


LOADING = {"src", "srcset", "poster", "data", "action", "formaction", "background", "xlink:href"}
OUTSIDE = re.compile(r"(?:https?:)?//[\w.-]+", re.IGNORECASE)


def request_faults(page: BeautifulSoup) -> list[str]:
    """What would be fetched from outside: anything but the `href` of a link that the reader follows."""
    faults = []
    for tag in page.find_all(True):
        named = tag.name in ("a", "area") or tag.get("rel") == ["canonical"]  # nobody fetches a page's own address
        loading = LOADING if named else LOADING | {"href"}
        loads = {value for name, value in tag.attrs.items() if name in loading}
        faults += [f"<{tag.name}> loads {value}" for value in sorted(loads) if OUTSIDE.match(value.strip())]
        faults += style_faults(tag.get("style", ""))
    for tag in page.select("style"):
        faults += style_faults(tag.text)
    for tag in page.select("script:not([src], [type='application/ld+json'])"):  # JSON-LD is words, not a program
        addresses = re.findall(r"https?://[\w./-]+", tag.text)
        faults += [f"a script names {address}" for address in addresses if not address.startswith("http://www.w3.org/")]
    return faults


def style_faults(style: str) -> list[str]:
    """What a style sheet would fetch from outside."""
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    loads = re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", style)
    return [f"a style loads {url or sheet}" for url, sheet in loads if OUTSIDE.match((url or sheet).strip())]


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://unpkg.com/thebe"></script>',
        '<link rel="stylesheet" href="//cdn.jsdelivr.net/katex.css">',
        '<img src="http://example.com/a.png" alt="a">',
        '<p style="background: url(https://example.com/a.png)"></p>',
        "<style>@import 'https://fonts.example.com/css';</style>",
        '<script>const THEBE = "https://unpkg.com/thebe@0.8"</script>',
        '<form action="https://example.com/search"></form>',
    ],
)
def test_requests_to_elsewhere_are_found(html: str) -> None:
    assert len(request_faults(parse(html))) == 1
    assert (
        request_faults(parse('<a href="https://example.com">out</a><svg xmlns="http://www.w3.org/2000/svg"></svg>'))
        == []
    )


def label_faults(page: BeautifulSoup) -> list[str]:
    """Pictures and buttons that say nothing to who cannot see them."""
    silent = []
    for tag in page.select("img, svg, audio, figure.book-figure, button, input"):
        name = tag.get("alt") or tag.get("aria-label") or tag.get("title") or tag.get("placeholder") or ""
        hidden = tag.get("aria-hidden") == "true" or tag.find_parent(attrs={"aria-hidden": "true"})
        # An empty alt is right where words beside the picture, in the same link, say it all.
        beside = tag.name == "img" and tag.has_attr("alt") and tag.parent.name in ("a", "span") and tag.find_parent("a")
        inside = tag.find("figcaption") if tag.name == "figure" else tag.text if tag.name == "button" else None
        labelled = tag.name == "input" and (
            tag.find_parent("label") or page.find("label", attrs={"for": tag.get("id")})
        )
        words = name or inside or (beside and beside.text) or labelled
        if not hidden and not (words if not isinstance(words, str) else words.strip()):
            silent.append(f"<{tag.name}> without a name: {str(tag)[:80]}")
    return silent


@pytest.mark.parametrize(
    "html",
    [
        '<img src="a.png">',
        '<img src="a.png" alt="">',
        '<a href="#"><img src="a.png" alt=""></a>',
        "<svg></svg>",
        '<figure class="book-figure"></figure>',
        "<button><i></i></button>",
        '<input type="range">',
        '<input id="a"><label for="b">B</label>',
        '<audio controls src="data:audio/wav;base64,UklGRg=="></audio>',
    ],
)
def test_silent_pictures_and_buttons_are_found(html: str) -> None:
    assert len(label_faults(parse(html))) == 1


CODE = {"script", "style", "pre", "code"}


def words_of(tag: Tag) -> Iterator[str]:
    """The text that is neither code nor a formula."""
    for part in tag.children:
        if type(part) is NavigableString:  # not its subclasses: comments, scripts, styles
            yield part
        elif isinstance(part, Tag) and part.name not in CODE and "katex" not in part.get("class", ""):
            yield from words_of(part)


def math_faults(page: BeautifulSoup) -> list[str]:
    """Math that is not typeset, typeset wrongly, or left to MathJax; roles and substitutions left in the text."""
    unset = [tag for tag in page.find_all(class_="math") if not tag.find(class_="katex")]
    faults = [f"not rendered: {tag.text[:60]}" for tag in unset]
    faults += [f"KaTeX error: {tag.get('title')}" for tag in page.find_all(class_="katex-error")]
    faults += ["MathJax" for tag in page("script") if "mathjax" in str(tag).lower()]
    words = "".join(words_of(page))
    raw = re.findall(r"\{[a-z:]+\}`[^`]*`?|\{\{[^}]*\}\}|\$\$|\$\\[^$]*|\\[(\[]|\\begin", words)
    return faults + [f"left as typed: {found}" for found in raw]


@pytest.mark.parametrize(
    "html",
    [
        '<div class="math">x^2</div>',
        '<span class="math"><span class="katex"><span class="katex-error" title="t">x</span></span></span>',
        '<script src="mathjax/tex.js"></script>',
        "<p>See {eq}`shrinkage-posterior-mean`.</p>",
        "<p>{{ total_claims }} claims</p>",
        r"<p>where $\theta$ is</p>",
        r"<td>$\displaystyle \left</td>",
        r"<p>\begin{aligned}</p>",
    ],
)
def test_unrendered_math_is_found(html: str) -> None:
    assert len(math_faults(parse(html))) == 1


@pytest.mark.parametrize(
    "inside",
    [
        '<span id="a"></span>',
        '<img alt="">',
        '<a href="https://example.com">x</a>',
        '<span style="background: url(https://example.com/a.png)"></span>',
        '<span class="katex-error" title="t">x</span>',
        "<script>1</script>",
    ],
)
def test_a_formula_that_a_rule_could_speak_of_is_kept(inside: str) -> None:
    drawn = f'<i>{DRAWN}<span class="base"><span style="height: 1em">@</span></span></span></i>'
    math = "<math><semantics><mrow><mi>x</mi>@</mrow><annotation>x</annotation></semantics></math>"
    assert without_formulas(2 * drawn + "<b></b>" + math) == 2 * f"<i>{DRAWN}</span></i>" + "<b></b><math></math>"
    for formula in (drawn, math):
        kept = formula.replace("@", inside)
        assert without_formulas(formula + kept + formula).count(inside) == 1


def test_code_loses_its_colours_and_nothing_else() -> None:
    kept = '<span id="a">b</span><span class="k"><a href="c">d</a></span>'
    assert without_colours(f'<pre><span class="k">if</span> x{kept}</pre>') == f"<pre>if x{kept}</pre>"
    assert without_colours('<p><span class="k">if</span></p>') == '<p><span class="k">if</span></p>'


@pytest.mark.parametrize("rule", [heading_faults, request_faults, label_faults, math_faults])
def test_pages_obey(pages: dict[Path, BeautifulSoup], rule) -> None:
    faults = {file.name: rule(page) for file, page in pages.items()}
    assert not {name: found for name, found in faults.items() if found}


def test_titles_tell_the_pages_apart(pages: dict[Path, BeautifulSoup]) -> None:
    titles = [page.title.text for file, page in pages.items() if file.name != "index.html"]
    assert len(titles) == len(set(titles))


# Rules for the site


def link_faults(pages: dict[Path, BeautifulSoup], styles: list[Path]) -> list[str]:
    """Internal links, scripts, pictures and fonts that lead nowhere, and anchors that are not on the page they name.

    What stands after `#claim=` is for the workbench: tests/test_workbench.py compares it with the claims that it has.
    """
    targets = [
        (file, url)
        for file, page in pages.items()
        for tag in page.find_all(True)
        for name, url in tag.attrs.items()
        if name in ("href", "src")
    ]
    for style in styles:
        text = re.sub(r"/\*.*?\*/", "", style.read_text("utf-8"), flags=re.DOTALL)
        targets += [(style, url) for url in re.findall(r"url\(\s*['\"]?([^'\")]+)", text)]
    ids = {file: {tag["id"] for tag in page.find_all(id=True)} for file, page in pages.items()}  # one walk a page
    faults = []
    for file, url in targets:
        path, anchor = urldefrag(url)
        if urlparse(url).scheme or url.startswith(("//", "%23")) or url in ("#", "#main-content"):
            continue
        target = (file.parent / unquote(path.split("?")[0])).resolve() if path else file
        if target not in pages and not target.exists():
            faults.append(f"{file.name}: {url} does not exist")
        elif anchor and target in pages and unquote(anchor) not in ids[target] and not anchor.startswith("claim="):
            faults.append(f"{file.name}: {url} has no such anchor")
    return sorted(set(faults))


def test_dead_links_are_found(tmp_path: Path) -> None:
    html = '<p id="here"><a href="#here">y</a><a href="#there">n</a><a href="gone.html">n</a><img src="a.png?v=1"></p>'
    page, style = tmp_path / "page.html", tmp_path / "style.css"
    style.write_text("/* url(no.woff2) */ p { background: url('b.png') }")
    assert link_faults({page: parse(html)}, [style]) == [
        "page.html: #there has no such anchor",
        "page.html: a.png?v=1 does not exist",
        "page.html: gone.html does not exist",
        "style.css: b.png does not exist",
    ]


def test_links_lead_somewhere(site: Path, pages: dict[Path, BeautifulSoup]) -> None:
    assert link_faults(pages, list(site.rglob("*.css"))) == []


def test_styles_load_nothing_from_elsewhere(site: Path) -> None:
    assert [fault for sheet in site.rglob("*.css") for fault in style_faults(sheet.read_text("utf-8"))] == []


def test_the_landing_page_shows_the_ledger(pages: dict[Path, BeautifulSoup], site: Path) -> None:
    from utils import ledger

    totals = ledger.totals(ledger.records(ROOT / "chapters"))
    shown = [tag.text for tag in pages[site / "chapters" / "intro.html"].select(".totals strong")]
    assert shown == [f"{totals[name]:,}" for name in ("claims", "proved", "checked", "mutants")]


# The ledger page


def test_claims_lead_to_their_rows_and_rows_to_their_equations(pages: dict[Path, BeautifulSoup], site: Path) -> None:
    """Card by card and row by row. (That the anchors exist on the pages is checked with all other links, above.)"""
    rows = pages[site / "chapters" / "ledger.html"].select(".ledger-rows > li")
    back = {row["id"]: (row.a["href"], row.a.text.split()[0]) for row in rows}
    forth = {}
    for file, page in pages.items():
        for card in page.find_all("div", class_="claim"):
            equation, links = card.find("div", class_="math"), card.find_all("a", class_="claim-row")
            assert len(links) == 1, f"{file.name}: {equation['id']} has {len(links)} links to the ledger"
            number = equation.find("span", class_="eqno").text.rstrip("#")
            forth[links[0]["href"].removeprefix("ledger.html#")] = (f"{file.name}#{equation['id']}", number)
    assert back == forth and len(back) == len(rows) > 0


def test_published_totals_follow_from_the_published_claims(pages: dict[Path, BeautifulSoup], site: Path) -> None:
    """Counted here again, by other code than the book's, and compared with the file and with the table on the page."""
    published = json.loads((site / "ledger.json").read_text("utf-8"))
    page = pages[site / "chapters" / "ledger.html"]
    counts: dict[str, dict[str, int]] = {}
    for claim in published["claims"]:
        for whole in (claim["chapter"], "the book"):
            counted = counts.setdefault(whole, dict.fromkeys(published["totals"], 0))
            counted["claims"] += 1
            for word in claim["verdicts"]:
                counted[word] += 1
            counted["mutants"] += claim["mutants"]["rejected"] if "mutants" in claim else 0
    assert published["chapters"] | {"the book": published["totals"]} == counts
    lines = [[cell.text for cell in line(["th", "td"])] for line in page.table("tr")[1:]]
    words = ("claims", "proved", "checked", "measured", "refuted", "defined", "cited", "mutants")
    wanted = [[counts[name][word] for word in words] for name in (*published["chapters"], "the book")]
    assert [[int(cell.replace(",", "").replace("–", "0")) for cell in line[1:]] for line in lines] == wanted
    assert [c["label"] for c in published["claims"]] == [r["id"][4:] for r in page("li", id=True)]
    assert page.select_one("article a[download]")["href"] == "../ledger.json"


def test_published_hashes_are_those_of_the_files(site: Path) -> None:
    hashes = json.loads((site / "ledger.json").read_text("utf-8"))["sha256"]
    notebooks = {f"chapters/{path.name}" for path in (ROOT / "chapters").glob("*.ipynb")}
    modules = {f"utils/{path.name}" for path in (ROOT / "utils").glob("*.py")}
    assert notebooks | modules | {"requirements.txt", "utils"} <= set(hashes)
    lines = ""
    for name, digest in hashes.items():
        if name != "utils":
            assert hashlib.sha256((ROOT / name).read_bytes()).hexdigest() == digest, name
            lines += f"{digest}  {name}\n" if name.startswith("utils/") else ""
    assert hashlib.sha256(lines.encode()).hexdigest() == hashes["utils"]


def test_the_ledger_alone_loads_katex_and_the_same_one(pages: dict[Path, BeautifulSoup], site: Path) -> None:
    loading = {file.name for file, page in pages.items() if any("ledger/" in s.get("src", "") for s in page("script"))}
    assert loading == {"ledger.html"}
    script = (site / "_static" / "ledger" / "katex.min.js").read_text("utf-8")
    assert f'"{katex.katex_version}"' in script and "MM319" not in script


# The site in a browser


def test_the_index_leads_to_the_landing_page(browser: webdriver.Chrome, site: Path) -> None:
    browser.get((site / "index.html").as_uri())
    WebDriverWait(browser, 10, 0.05).until(lambda _: browser.current_url.endswith("/chapters/intro.html"))


def focus_faults(browser: webdriver.Chrome, stops: int) -> list[str]:
    """Stops of the Tab key at which nothing shows where one is."""
    faults = []
    for _ in range(stops):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        tag = browser.switch_to.active_element
        if tag.value_of_css_property("outline-style") == "none" and tag.value_of_css_property("box-shadow") == "none":
            faults.append(f"<{tag.tag_name}> {tag.text[:40]}")
    return faults


def test_hidden_focus_is_found(browser: webdriver.Chrome, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<style>a { outline: none }</style><a href='#'>link</a><button>b</button>")
    browser.get((tmp_path / "page.html").as_uri())
    assert focus_faults(browser, 2) == ["<a> link"]


def test_the_keyboard_shows_where_it_is(browser: webdriver.Chrome, site: Path) -> None:
    view(browser, WIDE, "light")
    browser.get((site / "chapters" / "intro.html").as_uri())
    assert focus_faults(browser, 12) == []


def test_search_works_from_a_disk(browser: webdriver.Chrome, site: Path) -> None:
    view(browser, WIDE, "light")
    log_faults(browser)
    browser.get((site / "chapters" / "intro.html").as_uri())
    browser.find_element(By.CSS_SELECTOR, ".search-button-field").click()
    field = browser.find_element(By.CSS_SELECTOR, "dialog[open] input[type=search]")
    field.send_keys("shrinkage", Keys.ENTER)
    results = WebDriverWait(browser, 10, 0.05).until(
        lambda _: browser.find_elements(By.CSS_SELECTOR, "#search-results li a")
    )
    assert any("shrinkage.html" in result.get_attribute("href") for result in results)
    assert log_faults(browser) == []


class LedgerPage:
    """The ledger in Chromium: where it is, what it shows, what is typed into it."""

    def __init__(self, browser: webdriver.Chrome, site: Path) -> None:
        self.browser, self.address = browser, (site / "chapters" / "ledger.html").as_uri()

    def open(self, rest: str = "") -> None:
        self.browser.get(self.address + rest)

    def labels(self) -> list[str]:
        seen = "[...document.querySelectorAll('.ledger-rows > li')].filter(row => row.checkVisibility())"
        return self.browser.execute_script(f"return {seen}.map(row => row.id.slice(4))")

    def words(self, selector: str) -> str:
        return self.browser.find_element(By.CSS_SELECTOR, selector).text

    def type(self, *keys: str) -> None:
        """Into whatever has the focus."""
        self.browser.switch_to.active_element.send_keys(*keys)

    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlparse(self.browser.current_url).query))


def test_the_ledger_is_searched_and_filtered_by_keyboard(browser: webdriver.Chrome, site: Path) -> None:
    claims = json.loads((site / "ledger.json").read_text("utf-8"))["claims"]
    view(browser, WIDE, "light")
    log_faults(browser)
    page = LedgerPage(browser, site)
    page.open()
    assert page.labels() == [c["label"] for c in claims] and page.words("[role=status]") == f"{len(claims)} claims"

    browser.find_element(By.CSS_SELECTOR, ".ledger-filter [name=find]").click()
    page.type("JAMES-stein  1961")  # all words, in any order, whatever their case
    found = page.labels()
    said = [json.dumps(c, ensure_ascii=False).lower() for c in claims if c["label"] in found]
    assert found and all("james-stein" in words and "1961" in words for words in said)
    assert page.words("[role=status]") == f"{len(found)} of {len(claims)} claims"
    assert page.query() == {"find": "JAMES-stein  1961"}
    page.type(Keys.ENTER)  # sends nothing anywhere
    assert page.labels() == found
    page.type(" zz")
    assert page.labels() == [] and page.words(".ledger-empty").startswith("No claim") and page.words("h1") == "Ledger"

    page.type(Keys.TAB, "1 Shr")  # the next field, by Tab; a chapter, by its first letters
    page.type(Keys.TAB, "proved")
    page.type(Keys.TAB, "identity")
    assert page.labels() == [] and set(page.query()) == {"find", "chapter", "verdict", "kind"}
    page.type(Keys.TAB, Keys.ENTER)  # Clear
    assert len(page.labels()) == len(claims) and page.query() == {}
    browser.find_element(By.NAME, "chapter").send_keys("1 Shr")
    browser.find_element(By.NAME, "verdict").send_keys("proved")
    wanted = [c["label"] for c in claims if c["chapter"] == "shrinkage" and "proved" in c["verdicts"]]
    assert page.labels() == wanted != []
    here = browser.current_url
    page.open("?" + urlparse(here).query)  # a filtered view can be handed on
    assert browser.current_url == here and page.labels() == wanted

    hidden = next(c["label"] for c in claims if c["chapter"] != "shrinkage")
    browser.execute_script("location.hash = arguments[0]", f"row-{hidden}")  # as a link to a row that is filtered away
    inside = "return document.querySelector('li:target').getBoundingClientRect().top"
    for _ in range(2):  # in the page, and on arrival
        WebDriverWait(browser, 10, 0.05).until(lambda _: len(page.labels()) == len(claims))
        WebDriverWait(browser, 10, 0.05).until(lambda _: 0 <= browser.execute_script(inside) < WIDE[1])
        assert page.query() == {} and browser.current_url.endswith(f"#row-{hidden}")
        page.open(f"?find=zzzz#row-{hidden}")
    assert log_faults(browser) == []


def test_the_ledger_sets_its_formulas_as_they_come_into_view(browser: webdriver.Chrome, site: Path) -> None:
    view(browser, WIDE, "light")
    page = LedgerPage(browser, site)
    page.open("?kind=limit")
    count = "return document.querySelectorAll('.ledger-rows .katex-display').length"
    WebDriverWait(browser, 10, 0.05).until(lambda _: browser.execute_script(count) > 0)
    assert browser.execute_script(count) < len(page.labels())
    # A faulty formula, planted in a row that is filtered away, stays as LaTeX and is counted; it is the only one.
    browser.execute_script("document.querySelector('li[hidden] code.ledger-tex').textContent = '\\\\frac{1}{'")
    faults = browser.execute_script("return ledgerPage.setAll()")
    left = [code.get_attribute("title") for code in browser.find_elements(By.CSS_SELECTOR, "code.ledger-tex")]
    assert faults == len(left) == 1 and left[0].startswith("KaTeX parse error"), left
    every = browser.execute_script("return document.querySelectorAll('.ledger-rows > li').length")
    assert browser.execute_script(count) == every - 1


def test_the_ledger_can_be_read_without_its_script(browser: webdriver.Chrome, site: Path) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page = LedgerPage(browser, site)
        page.open()
        row = browser.find_element(By.CSS_SELECTOR, ".ledger-rows > li")
        assert row.is_displayed() and row.find_element(By.TAG_NAME, "code").text.strip()
        assert not browser.find_element(By.CSS_SELECTOR, ".ledger-filter").is_displayed()
        assert "JavaScript" in page.words(".ledger-plain")
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_a_renderer_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(katex.KaTeXServer, "build_command", lambda socket: [sys.executable, "-c", "pass"])
    with pytest.raises(katex.KaTeXError):
        start_katex(tmp_path, 0.1)


# The notation page


@pytest.fixture(scope="session")
def symbols_page(pages: dict[Path, BeautifulSoup], site: Path) -> BeautifulSoup:
    return pages[site / "chapters" / "notation.html"]


def test_the_notation_page_has_every_symbol_once_with_its_meaning(symbols_page: BeautifulSoup) -> None:
    rows = symbols_page.select("tr[id^=symbol-]")
    shown = {row.select_one("code").text: row.select("td")[1].p.text for row in rows}
    assert len(rows) == len(shown)
    plain = str.maketrans("’‘“”", "''\"\"")
    assert {name: why.translate(plain) for name, why in shown.items()} == {n: g.meaning for n, g in GLOSSARY.items()}
    assert all(row.select_one("td .katex") and row.select("td")[2].select("a") for row in rows)


def test_the_notation_page_tells_letters_apart_and_leads_to_the_claims(symbols_page: BeautifulSoup, site: Path) -> None:
    meanings = symbols_page.select("tr[id^=letter-] li a")
    assert len(meanings) == sum(map(len, letters().values()))
    places = [link["href"] for link in symbols_page.select("tr[id^=symbol-] td:nth-of-type(3) a")]
    assert sum("#equation-" in place for place in places) > 0.8 * len(places)
    size = (site / "chapters" / "notation.html").stat().st_size
    assert size < 1400 * len(GLOSSARY), "the page grew heavy: more than 1.4 kB a symbol"


def test_the_notation_page_is_searched_from_a_disk(browser: webdriver.Chrome, site: Path) -> None:
    view(browser, WIDE, "light")
    browser.get((site / "chapters" / "notation.html").as_uri())
    field = browser.find_element(By.CSS_SELECTOR, ".notation-filter input")
    shown = (
        "return [...document.querySelectorAll('tr[id^=symbol-]')].filter(row => row.checkVisibility()).map(r => r.id)"
    )
    everything = browser.execute_script(shown)
    assert len(everything) == len(GLOSSARY)
    for typed in (r"\lambda gamma law", "λ gamma law", "rate gamma law"):
        field.clear()
        field.send_keys(typed)
        found = browser.execute_script(shown)
        assert "symbol-rate" in found and len(found) < 12, typed
    assert "rows" in browser.find_element(By.CSS_SELECTOR, ".notation-filter [role=status]").text
    field.clear()
    field.send_keys(" ", Keys.BACKSPACE)
    assert browser.execute_script(shown) == everything
