"""Looks and access: every page is visited once in Chromium, in each size and theme, and given to axe-core.

What scrolls can be reached and shows that it does; paper is whole. A rule is a function that returns a list of faults;
near it stands a test that shows it finding a planted one.
"""

import base64
from pathlib import Path

import pytest
from built import AT_REST, PHONE, PICTURES, PLAIN, THINNED, WIDE, arrive, log_faults, pages_of, turn, view
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from utils import npm

# A page of fewer elements

WIDTHS = """
const boxes = [...document.querySelectorAll("main *")].filter(box => !box.matches(".katex *, pre *, svg *"));
return [document.documentElement.scrollWidth, ...boxes.map(box => [box.localName, box.scrollWidth, box.clientWidth,
    Math.round(box.getBoundingClientRect().x), Math.round(box.getBoundingClientRect().width)].join(" "))];
"""


def test_a_thinned_page_breaks_and_overflows_as_the_whole_one(browser: webdriver.Chrome, site: Path) -> None:
    """Every width of a chapter, on a phone, thinned out on a wide screen; a formula planted that is wider than both."""
    view(browser, PHONE, "light")
    arrive(browser, site / "chapters" / "pyramidal-encoders.html", AT_REST)
    plant = """
    const paragraph = document.createElement("p");
    paragraph.style.whiteSpace = "nowrap";
    paragraph.innerHTML = document.querySelector(".katex-display > .katex").outerHTML.repeat(9);
    document.querySelector("main article").append(paragraph);
    """
    browser.execute_script(plant)
    before = browser.execute_script(WIDTHS)
    elements = "return document.querySelectorAll('*').length"
    many = browser.execute_script(elements)
    turn(browser, WIDE, "light")
    browser.execute_script(THINNED)
    assert browser.execute_script(elements) < many / 3
    turn(browser, PHONE, "light")
    after = browser.execute_script(WIDTHS)
    assert [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]] == []
    assert after[0] > 2 * PHONE[0]
    assert any("px too wide" in fault for fault in look_faults(browser))


# Looks


LOOK = """
const seen = tag => tag.checkVisibility({opacityProperty: true, visibilityProperty: true}) && tag.offsetWidth > 0;
const count = selector => [...document.querySelectorAll(selector)].filter(seen).length;
const rgb = colour => colour.match(/[\\d.]+/g).map(Number);
const linear = c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
const ground = tag => { for (; tag; tag = tag.parentElement) {
    const colour = rgb(getComputedStyle(tag).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour;
} return [255, 255, 255]; };
const words = [...document.querySelectorAll(".verdict, .claim-verdict, .chain td, figcaption, main p")].filter(seen);
const faint = words.filter(tag => {
    const [a, b] = [light(rgb(getComputedStyle(tag).color)), light(ground(tag))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
});
return {headers: count("header, .bd-header-article"),
    searches: count(".search-button, .search-button-field, input[type=search]"),
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    faint: faint.map(tag => tag.textContent.trim().slice(0, 40))};
"""


def look_faults(browser: webdriver.Chrome) -> list[str]:
    """More or less than one header and one search box, words too faint to read, a page that scrolls sideways."""
    look = browser.execute_script(LOOK)
    faults = [f"{look[name]} {name}" for name in ("headers", "searches") if look[name] != 1]
    faults += [f"{look['overflow']} px too wide"] if look["overflow"] > 0 else []
    return faults + [f"too faint: {words}" for words in look["faint"]]


ONE = "<header>H</header><input type=search style='width: 5em'>"


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        (ONE + "<header>Another</header>", "2 headers"),
        (ONE + "<button class=search-button>Search</button>", "2 searches"),
        (ONE.replace("<header>H</header>", "<header hidden>H</header>"), "0 headers"),
        (ONE + "<div style='width: 600px'>wide</div>", "px too wide"),
        (ONE + "<span class=verdict style='color: #ccc'>proved</span>", "too faint: proved"),
    ],
)
def test_bad_looks_are_found(browser: webdriver.Chrome, tmp_path: Path, html: str, fault: str) -> None:
    head = "<!DOCTYPE html><meta name=viewport content='width=device-width, initial-scale=1, minimum-scale=1'>"
    (tmp_path / "page.html").write_text(head + html)
    view(browser, PHONE, "light")
    browser.get((tmp_path / "page.html").as_uri())
    assert [fault in found for found in look_faults(browser)] == [True]


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("<script>undefined.name</script>", "TypeError"),
        ("<script src=gone.js></script>", "ERR_FILE_NOT_FOUND"),
        ("<img src='http://127.0.0.1:9/pixel.png'>", "asked for http://127.0.0.1:9/pixel.png"),
    ],
)
def test_bad_logs_are_found(browser: webdriver.Chrome, tmp_path: Path, html: str, fault: str) -> None:
    (tmp_path / "page.html").write_text(html)
    log_faults(browser)  # forget what came before
    browser.get((tmp_path / "page.html").as_uri())
    assert any(fault in found for found in log_faults(browser))


# axe-core

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]

# For axe a formula is exchanged for letters of its colour, which it may read and judge. (Of what is hidden it would not
# judge the contrast.) They stand in a box as wide and as high, unless the text around them has their colour and is not
# in a box that scrolls: then they are words of that text. Of the ledger's rows and the symbols' 59 are kept, since one
# program writes all of them.
LETTERS = """
const scrolling = [...document.querySelectorAll("main *")].filter(box => box.scrollWidth > box.clientWidth
    && getComputedStyle(box).overflowX != "visible");
const inside = new Set(scrolling.flatMap(box => [...box.querySelectorAll(".katex")]));
const looks = pictures.map(picture => {
    const formula = picture.parentElement, around = formula.parentElement;
    const word = !inside.has(formula) && getComputedStyle(picture).color == getComputedStyle(around).color;
    return {word, ...picture.getBoundingClientRect().toJSON()};
});
pictures.forEach((picture, k) => {
    const {word, width, height} = looks[k];
    if (word) {
        picture.parentElement.replaceWith("xx"); // axe passes over single letters
        return;
    }
    const letters = document.createElement("span");
    letters.textContent = "xx";
    letters.className = picture.className; // its colour, in the light and in the dark
    letters.style.cssText = `${picture.style.cssText}; display: inline-block; width: ${width}px; height: ${height}px`;
    picture.parentElement.replaceChildren(letters);
});
for (const rows of [".ledger-rows > li", "tr[id^=symbol-]"]) {
    [...document.querySelectorAll(rows)].slice(59).forEach(row => row.remove());
}
"""
# Contrast takes axe longer than all other rules together, and words of one colour, size and weight on one ground have
# one contrast. Of each kind five elements are judged, with all that is in them; five, since axe cannot judge every one.
# The ground is whatever the element and those around it are painted with; what is not in the flow of the page may lie
# over something else, and counts by itself.
RUN = """
const [tags, contrast, done] = arguments;
const grounds = new Map([[null, ""]]);
const ground = tag => {
    if (!grounds.has(tag)) {
        const look = getComputedStyle(tag);
        const own = ["backgroundColor", "backgroundImage", "opacity", "filter", "mixBlendMode"].map(name => look[name]);
        const apart = /absolute|fixed|sticky/.test(look.position) || look.float != "none" ? grounds.size : "";
        const clear = own.join() == "rgba(0, 0, 0, 0),none,1,none,normal" && apart === "";
        grounds.set(tag, ground(tag.parentElement) + (clear ? "" : `/${own}${apart}`));
    }
    return grounds.get(tag);
};
const kinds = new Map();
if (contrast) {
    for (const tag of document.body.querySelectorAll("*")) {
        if (![...tag.childNodes].some(node => node.nodeType == Node.TEXT_NODE && node.data.trim())) continue;
        if (!tag.checkVisibility({visibilityProperty: true}) || tag.closest("[aria-hidden=true]")) continue;
        const {color, fontSize, fontWeight, textShadow} = getComputedStyle(tag);
        const kind = [color, fontSize, fontWeight, textShadow, ground(tag)].join();
        kinds.set(kind, [...kinds.get(kind) ?? [], tag].slice(0, 5));
    }
}
axe.run(contrast ? {include: [...kinds.values()].flat()} : document, {
    runOnly: contrast ? ["color-contrast"] : tags,
    rules: contrast ? {} : {"color-contrast": {enabled: false}},
    resultTypes: ["violations"],
}).then(
    result => done(result.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.target.join(" ")}`))),
    error => done([String(error)]));
"""


@pytest.fixture(scope="session")
def axe() -> str:
    return (npm.package("axe-core") / "axe.min.js").read_text("utf-8")


def axe_faults(browser: webdriver.Chrome, axe: str, *looks: tuple[tuple[int, int], str]) -> list[str]:
    """What axe-core finds on the page at which the browser is: in the first look all rules, contrast in each."""
    turn(browser, *looks[0])
    browser.execute_script(PICTURES + LETTERS + axe)
    faults = browser.execute_async_script(RUN, TAGS, False)
    for look in looks:
        turn(browser, *look)
        faults += [f"{fault} ({look[1]})" for fault in browser.execute_async_script(RUN, TAGS, True)]
    return faults


BAD = """<!DOCTYPE html><html lang="en"><title>Planted</title><main><h1>Planted</h1>
<img src="data:,"><p style="color: #bbb; background: #fff">faint</p><button></button><input>
<div style="color: #777; background: #fff"><p>six</p><p>times</p><p>too</p><p>faint</p><p>of one</p><p>kind</p></div>
<div style="background: #ccc"><p style="color: #777">faint here</p></div>
<p style="color: #595959">dark enough</p><p style="color: #595959; opacity: 0.5">not with so little of it</p>
<div style="overflow: auto; width: 90px; white-space: nowrap"><p>words that go on and on beyond the edge</p></div>
<span class="katex"><span class="katex-mathml"><math><annotation>x</annotation></math></span>
<span class="katex-html" aria-hidden="true" style="color: #ccc"><span>xxxxx</span></span></span></main></html>"""


def test_axe_catches_what_is_planted(browser: webdriver.Chrome, axe: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(BAD)
    arrive(browser, tmp_path / "page.html")
    found = axe_faults(browser, axe, (WIDE, "light"))
    rules = [fault.split(": ")[0] for fault in found]
    wanted = ["button-name", "color-contrast", "image-alt", "label", "scrollable-region-focusable"]
    assert sorted(set(rules)) == wanted
    # Five of six that are alike, and one each by its colour, its ground, its opacity, and a formula by its letters.
    assert rules.count("color-contrast") == 9, found


# The visits

LOOKS = ((WIDE, "light"), (WIDE, "dark"), (PHONE, "dark"), (PHONE, "light"), ((980, 800), "light"))
PHONES = ("flows", "errata", "notation")  # a chapter, boxes that scroll, a table that becomes cards


@pytest.fixture(scope="module")
def visits(browser: webdriver.Chrome, axe: str, site: Path) -> dict[str, dict[str, list[str]]]:
    """What is wrong with each page, by what was asked of it: one load for all looks and for axe-core."""
    found: dict[str, dict[str, list[str]]] = {"looks": {}, "axe": {}}
    log_faults(browser)
    for file in pages_of(site):
        if file.name == "index.html":  # it leads on before one can look at it
            continue
        view(browser, *LOOKS[0])
        arrive(browser, file)
        for size, theme in LOOKS:
            turn(browser, size, theme)
            found["looks"][f"{file.name}, {theme}, {size[0]} px"] = look_faults(browser)
        found["looks"][f"{file.name}, log"] = log_faults(browser)
        found["axe"][file.name] = axe_faults(browser, axe, (WIDE, "light"), (WIDE, "dark"))
        if file.stem in PHONES:  # again from the start: what scrolls on a phone may not scroll elsewhere
            view(browser, PHONE, "dark")
            arrive(browser, file)
            found["axe"][f"{file.name} on a phone"] = axe_faults(browser, axe, (PHONE, "dark"))
        log_faults(browser)  # axe-core asks for style sheets, which Chromium does not let it have from a disk
    return found


def test_pages_look_right_from_a_disk(visits: dict[str, dict[str, list[str]]]) -> None:
    assert not {where: faults for where, faults in visits["looks"].items() if faults}


def test_axe_finds_no_fault(visits: dict[str, dict[str, list[str]]]) -> None:
    """WCAG 2.1 A and AA on every page: all rules in the light, contrast again in the dark, some pages on a phone."""
    assert not {where: faults for where, faults in visits["axe"].items() if faults}


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
        arrive(browser, site / "chapters" / f"{name}.html", PICTURES + PLAIN)
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
        arrive(browser, site / "chapters" / f"{name}.html", PICTURES + PLAIN)
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
        browser.get("about:blank")  # rather than lay out once more what is left behind
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        assert look == whole, name
    assert printed_pages(browser, site / "chapters" / "intro.html").startswith(b"%PDF")
