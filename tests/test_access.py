"""Access: axe-core finds no fault with any page, what scrolls can be reached and shows that it does, paper is whole."""

import base64
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from built import PHONE, WIDE, view
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from utils import npm

# axe-core

RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
CONTRAST = {"type": "rule", "values": ["color-contrast"]}

# A page holds up to 60,000 elements, nine in ten inside formulas, and axe takes ten seconds for them. KaTeX's picture
# of a formula (`.katex-html`) is hidden from assistive technology and holds nothing but letters, struts and drawings of
# one colour: for axe a formula is exchanged for letters of that colour in a box as wide and as high, which it may read
# and judge. (Of what is hidden it would not judge the contrast.) A formula with a colour of its own is left alone. The
# MathML beside the picture is the validator's business (test_reach.py). Of a page's code one token of each colour is
# kept as such, and of the ledger's rows and the symbols' 59, since one program writes all of them.
STAND_IN = """
const pictures = [...document.querySelectorAll(".katex > .katex-html[aria-hidden=true]")].filter(
    picture => !picture.querySelector("[style*=color], a, button, input, [tabindex], [role], img"));
const looks = pictures.map(picture => picture.getBoundingClientRect());
pictures.forEach((picture, k) => {
    const {width, height} = looks[k];
    const letters = document.createElement("span");
    letters.textContent = "xx"; // axe passes over single letters
    letters.className = picture.className; // its colour, in the light and in the dark
    letters.style.cssText = `${picture.style.cssText}; display: inline-block; width: ${width}px; height: ${height}px`;
    picture.parentElement.replaceChildren(letters);
});
const seen = new Set();
for (const token of document.querySelectorAll("div.highlight pre span[class]")) {
    if (token.children.length) continue;
    if (seen.has(token.className)) token.replaceWith(token.textContent);
    seen.add(token.className);
}
for (const rows of [".ledger-rows > li", "tr[id^=symbol-]"]) {
    [...document.querySelectorAll(rows)].slice(59).forEach(row => row.remove());
}
"""
# Colours that are still on their way from one theme to the other have the contrast of neither.
AT_REST = """
const still = document.createElement("style");
still.textContent = "*, ::before, ::after { transition: none !important; animation: none !important }";
document.head.append(still);
"""
RUN = """
const [only, done] = arguments;
axe.run(document, {runOnly: only, resultTypes: ["violations"]}).then(
    result => done(result.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.target.join(" ")}`))),
    error => done([String(error)]));
"""


@pytest.fixture(scope="session")
def axe() -> str:
    return (npm.package("axe-core") / "axe.min.js").read_text("utf-8")


def axe_faults(browser: webdriver.Chrome, axe: str, file: Path, *looks: tuple[tuple[int, int], str, dict]) -> list[str]:
    """What axe-core finds on a page, looked at in each of these ways in turn."""
    faults = []
    view(browser, *looks[0][:2])
    browser.set_script_timeout(60)
    browser.get(file.as_uri())
    browser.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0], 50))")  # scripts have had a turn
    browser.execute_script(AT_REST + STAND_IN + axe)
    for size, theme, rules in looks:
        view(browser, size, theme)
        themed = f"return (document.documentElement.dataset.theme ?? '{theme}') == '{theme}'"
        WebDriverWait(browser, 10, 0.02).until(lambda _, themed=themed: browser.execute_script(themed))
        faults += [f"{theme}, {size[0]} px: {fault}" for fault in browser.execute_async_script(RUN, rules)]
    return faults


BAD = """<!DOCTYPE html><html lang="en"><title>Planted</title><main><h1>Planted</h1>
<img src="data:,"><p style="color: #bbb; background: #fff">faint</p><button></button><input>
<div style="overflow: auto; width: 90px; white-space: nowrap"><p>words that go on and on beyond the edge</p></div>
<span class="katex"><span class="katex-mathml"><math><annotation>x</annotation></math></span>
<span class="katex-html" aria-hidden="true" style="color: #ccc"><span>xxxxx</span></span></span></main></html>"""


def test_axe_catches_what_is_planted(browser: webdriver.Chrome, axe: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(BAD)
    found = axe_faults(browser, axe, tmp_path / "page.html", (WIDE, "light", RULES))
    rules = [fault.split(": ")[1] for fault in found]
    wanted = ["button-name", "color-contrast", "image-alt", "label", "scrollable-region-focusable"]
    assert sorted(set(rules)) == wanted
    assert rules.count("color-contrast") == 2, "the stand-in of a formula has the formula's colour"


PHONES = ("flows", "errata", "notation")  # a chapter, boxes that scroll, a table that becomes cards


def test_axe_finds_no_fault(browser: webdriver.Chrome, axe: str, pages: dict[Path, BeautifulSoup]) -> None:
    """WCAG 2.1 A and AA on every page: all rules in the light, contrast again in the dark, some pages on a phone."""
    faults = {}
    for file in pages:
        if file.name == "index.html":  # it leads on before one can look at it
            continue
        looks = [(WIDE, "light", RULES), (WIDE, "dark", CONTRAST)]
        faults[file.name] = axe_faults(browser, axe, file, *looks)
        if file.stem in PHONES:
            faults[f"{file.name} on a phone"] = axe_faults(browser, axe, file, (PHONE, "dark", RULES))
    assert not {name: found for name, found in faults.items() if found}


# What scrolls


SCROLLING = """
const boxes = [...document.querySelectorAll("main *")].filter(box => box.scrollWidth > box.clientWidth + 14
    && /auto|scroll/.test(getComputedStyle(box).overflowX) && box.checkVisibility());
return boxes.filter(box => box.tabIndex !== 0 || !(box.ariaLabel || box.title) || !box.dataset.cut.includes("right")
    || !getComputedStyle(box).boxShadow.includes("inset -")
       && !getComputedStyle(box).boxShadow.includes(" -")).map(box => box.outerHTML.slice(0, 80)).concat(
    boxes.length ? [] : ["nothing scrolls here"]);
"""


def test_what_scrolls_is_reached_by_keyboard_and_shows_it(browser: webdriver.Chrome, site: Path) -> None:
    """On a phone: a place in the Tab order, a name, a shadow at the cut edge, which moves as the box is scrolled."""
    view(browser, PHONE, "light")
    for name in ("errata", "flows"):
        browser.get((site / "chapters" / f"{name}.html").as_uri())
        WebDriverWait(browser, 10, 0.05).until(
            lambda _: browser.execute_script("return !!document.querySelector('[data-cut]')")
        )
        assert browser.execute_script(SCROLLING) == [], name
    box = browser.find_element(By.CSS_SELECTOR, "table.chain td[data-cut]")
    browser.execute_script("arguments[0].focus()", box)
    box.send_keys(Keys.ARROW_RIGHT)
    WebDriverWait(browser, 10, 0.05).until(lambda _: "left" in box.get_attribute("data-cut"))
    browser.execute_script("arguments[0].scrollLeft = 1e5", box)
    WebDriverWait(browser, 10, 0.05).until(lambda _: box.get_attribute("data-cut") == "left")
    # Wide enough, it is a cell like any other, and no stop.
    view(browser, (3000, 900), "light")
    browser.execute_script("document.querySelector('.bd-page-width, .bd-main').style.maxWidth = 'none'")
    browser.execute_script("arguments[0].style.width = '2000px'", box)
    WebDriverWait(browser, 10, 0.05).until(lambda _: box.get_attribute("tabindex") is None)
    assert box.get_attribute("title") in (None, "") and box.get_attribute("data-cut") is None
    view(browser, WIDE, "light")


def test_a_box_that_nobody_can_reach_is_found(browser: webdriver.Chrome, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        "<main><p style='overflow: auto; width: 50px'><b>unreachable_and_too_wide</b></p></main>"
    )
    browser.get((tmp_path / "page.html").as_uri())
    assert [found[:2] for found in browser.execute_script(SCROLLING)] == ["<p"]


def test_the_keyboard_works_the_page(browser: webdriver.Chrome, site: Path) -> None:
    """The skip link, a folded cell, the theme switch and a slider, by keys alone."""
    view(browser, WIDE, "light")
    browser.get((site / "chapters" / "flows.html").as_uri())
    here = browser.switch_to
    here.active_element.send_keys(Keys.TAB)
    assert here.active_element.get_attribute("textContent") == "Skip to main content"
    here.active_element.send_keys(Keys.ENTER)
    assert browser.current_url.endswith("#main-content")
    for selector, key, changed in (
        ("details.hide > summary", Keys.SPACE, "return document.querySelector('details.hide').open"),
        (".theme-switch-button", Keys.ENTER, "return document.documentElement.dataset.mode != 'auto'"),
        (
            ".live-figure input",
            Keys.ARROW_RIGHT,
            "const i = document.querySelector('.live-figure input');return i.value != i.defaultValue",
        ),
    ):
        tag = browser.find_element(By.CSS_SELECTOR, selector)
        browser.execute_script("arguments[0].focus()", tag)
        assert here.active_element == tag and not browser.execute_script(changed), selector
        tag.send_keys(key)
        assert browser.execute_script(changed), selector
    browser.execute_script("localStorage.clear()")


# Paper


def printed_pages(browser: webdriver.Chrome, file: Path) -> bytes:
    browser.get(file.as_uri())
    return base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})["data"])


PAPER = """
const seen = selector => [...document.querySelectorAll(selector)].filter(tag => tag.checkVisibility()).length;
const edge = document.querySelector("article").getBoundingClientRect().right + 1;
return {bars: seen(".bd-sidebar-primary, .bd-sidebar-secondary, .bd-header-article, .prev-next-footer, .copybtn"),
    cut: [...document.querySelectorAll("div.math .katex-html, table.chain .katex-html, .erratum-formula .katex-html")]
        .filter(tag => tag.getBoundingClientRect().right > edge).map(tag => tag.textContent.slice(0, 40)),
    shadows: [...document.querySelectorAll("[data-cut]")].filter(b => getComputedStyle(b).boxShadow != "none").length};
"""


def test_paper_holds_the_text_alone_and_all_of_it(browser: webdriver.Chrome, site: Path) -> None:
    """No bars, no formula beyond the edge, no shadow; Chromium makes a PDF of it."""
    for name in ("errata", "museum"):
        view(browser, WIDE, "light")
        browser.get((site / "chapters" / f"{name}.html").as_uri())
        marked = "return !!document.querySelector('[data-cut]')"
        WebDriverWait(browser, 20, 0.05).until(lambda _, marked=marked: browser.execute_script(marked))
        view(browser, (715, 1000), "light")  # A4 without its margins
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        whole = {"bars": 0, "cut": [], "shadows": 0}
        for _ in range(20):  # the boxes are measured anew for this width
            look = browser.execute_script(PAPER)
            if look == whole:
                break
            browser.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0], 250))")
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        assert look == whole, name
    assert printed_pages(browser, site / "chapters" / "intro.html").startswith(b"%PDF")
