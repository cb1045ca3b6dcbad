"""Access: axe-core finds no fault with any page, what scrolls can be reached and shows that it does, paper is whole."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from built import PHONE, WIDE, view
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

from utils import npm

# axe-core

RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
CONTRAST = {"type": "rule", "values": ["color-contrast"]}

# A page holds up to 60,000 elements, nine in ten inside formulas, and axe takes ten seconds for them. KaTeX's picture of
# a formula (`.katex-html`) is hidden from assistive technology and holds nothing but letters, struts and drawings of one
# colour: for axe it is exchanged for one letter, as wide and as high, in the same place and the same colour. A formula
# with a colour of its own is left alone. The MathML beside it is as KaTeX wrote it, the validator looks at that
# (test_reach.py); here its words alone are left. Of a page's code one token of each colour is kept as such, and of the
# ledger's rows and the symbols' 59, since one program writes all of them.
STAND_IN = """
const pictures = [...document.querySelectorAll(".katex-html[aria-hidden=true]")].filter(
    picture => !picture.querySelector("[style*=color], a, button, input, [tabindex], [role], img"));
const boxes = pictures.map(picture => picture.getBoundingClientRect());
pictures.forEach((picture, k) => {
    const letter = document.createElement("span");
    letter.textContent = "xx"; // axe passes over single letters
    letter.style.cssText = `display: inline-block; width: ${boxes[k].width}px; height: ${boxes[k].height}px`;
    picture.replaceChildren(letter);
    picture.removeAttribute("aria-hidden"); // whose contrast axe would not look at
});
for (const math of document.querySelectorAll(".katex-mathml")) {
    math.textContent = math.querySelector("annotation").textContent;
}
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
<span class="katex-html" aria-hidden="true" style="color: #ccc"><span>x</span></span></span></main></html>"""


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
