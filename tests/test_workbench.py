"""The workbench in Chromium, from file:// with the network cut: one start of the real runtime, many checks."""

import json
import re
import shutil
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from bs4 import BeautifulSoup
from built import PHONE, WIDE, build, log_faults, parse, plant, printed, view
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from utils import npm, workbench_page

FIELDS = {"relation": "=", "symbols": "", "where": ""}
LONG = {"left": "Integral(log(1 + x)/(1 + x^2), (x, 0, 1))", "right": "pi*log(2)/8"}  # over 30 s in a fast Python


class Page:
    """The page as a reader uses it."""

    def __init__(self, browser: webdriver.Chrome, site: Path) -> None:
        self.browser = browser
        self.address = (site / "chapters" / "workbench.html").as_uri()

    def find(self, name: str) -> webdriver.remote.webelement.WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, name)

    def fill(self, left: str, right: str, chain: list[tuple[str, str]] = (), **fields: str) -> None:
        """Type a statement; steps are removed and added by their buttons."""
        values = {**FIELDS, "left": left, "right": right, **fields}
        while buttons := self.browser.find_elements(By.CSS_SELECTOR, ".wb-remove"):
            buttons[-1].click()
        for name, value in values.items():
            field = self.find(f"[name={name}]")
            if field.tag_name == "textarea":
                field.clear()
            field.send_keys(value)
        for term, reason in chain:
            self.find(".wb-add").click()
            self.browser.switch_to.active_element.send_keys(term, Keys.TAB, reason)

    def wait(self, what: str, seconds: float = 60) -> None:
        WebDriverWait(self.browser, seconds, 0.05).until(lambda b: b.execute_script(f"return {what}"))

    def status(self) -> str:
        return self.find(".wb-status").text

    def check(self, keys: bool = False) -> str:
        """Check, wait until all is answered, and read the status line."""
        if keys:
            self.find("[name=left]").send_keys(Keys.CONTROL, Keys.ENTER)
        else:
            self.find(".wb-check").click()
        self.wait("!document.querySelector('.wb-check').disabled")
        return self.status()


@pytest.fixture(scope="module")
def page(browser: webdriver.Chrome, site: Path) -> Iterator[Page]:
    """The page with the network cut and the runtime started; the time it took is printed."""
    assert npm.package("pyodide").is_dir()  # where npm cannot be reached, this says so
    browser.execute_cdp_cmd("Network.enable", {})
    cut = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", cut)
    view(browser, WIDE, "light")
    log_faults(browser)
    page = Page(browser, site)
    browser.get(page.address)
    loaded = browser.execute_script("return [...document.scripts].map(s => s.src)")
    assert not [src for src in loaded if "pyodide" in src or "claims.js" in src], "nothing heavy before it is asked for"
    begun = time.monotonic()
    page.find(".wb-load").click()
    page.wait("/is ready/.test(document.querySelector('.wb-status').textContent)")
    print(f"runtime up in {time.monotonic() - begun:.1f} s")
    yield page
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", {**cut, "offline": False})


def test_a_right_claim_is_proved_and_its_misprints_are_told_apart(page: Page) -> None:
    page.fill("(x + y)^2", "x^2 + 2*x*y + y^2", symbols="x: real\ny: real")
    assert page.check(keys=True).startswith("Proved.")
    told = page.find(".wb-mutants").text
    counts = re.match(r"Mutants: (\d+) of (\d+) misprints", told)
    assert counts and int(counts[2]) > 5 and counts[1] == counts[2], told
    assert page.find(".wb-formula .katex").is_displayed()
    assert page.find(".wb-verdict .verdict-proved").text == "proved"


def test_a_wrong_claim_is_refuted_with_a_witness(page: Page) -> None:
    page.fill("sqrt(a + b)", "sqrt(a) + sqrt(b)", symbols="a: positive\nb: positive")
    assert page.check().startswith("Refuted.")
    assert re.search(r"a = \S+, b = \S+", page.find(".wb-verdict").text)


def test_the_wrong_link_of_a_chain_is_named(page: Page) -> None:
    steps = [("x^2 + 2*x + 1", "expand"), ("x^2 + x + 1", "a slip"), ("1 + x + x^2", "order")]
    page.fill("(x + 1)^2", "x*(x + 1) + 1", steps, symbols="x: real")
    assert page.check().startswith("Refuted. Wrong: link 2.")
    looks = [e.get_attribute("class") for e in page.browser.find_elements(By.CSS_SELECTOR, ".wb-links > li")]
    assert [look.split("-")[-1] for look in looks] == ["proved", "refuted", "proved", "proved"]
    assert "a slip" in page.find(".wb-links > li:nth-child(2)").text
    page.find(".wb-step:nth-child(2) .wb-remove").click()
    assert len(page.browser.find_elements(By.CSS_SELECTOR, ".wb-step")) == 2
    assert page.browser.switch_to.active_element.get_attribute("aria-label") == "Remove step 2"


def test_what_no_strategy_settles_is_undecided(page: Page) -> None:
    asked = workbench_page.OWN["own-undecided"][1]
    page.fill(asked["left"], asked["right"])
    assert page.check().startswith("Undecided.")


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("left", {"left": "sin(x", "right": "x", "symbols": "x: real"}),
        ("right", {"left": "x", "right": "__import__('os')", "symbols": "x: real"}),
        ("symbols", {"left": "x", "right": "x", "symbols": "x: rael"}),
        ("where", {"left": "x", "right": "x", "symbols": "x: real", "where": "x or so"}),
        ("chain-1", {"left": "x", "right": "x", "symbols": "x: real", "chain": [("x +", "a torso")]}),
    ],
)
def test_a_mistake_is_shown_at_its_field(page: Page, name: str, fields: dict) -> None:
    page.fill(**fields)
    assert page.check().startswith("Not checked.")
    error = page.find(f"#wb-{name}-error")
    assert len(error.text) > 10 and error.text in page.status()
    field = page.browser.switch_to.active_element
    assert field.get_attribute("aria-describedby") == error.get_attribute("id")
    assert page.browser.find_elements(By.CSS_SELECTOR, "[aria-invalid=true]") == [field]
    assert not page.find(".wb-answer").is_displayed()


def test_stop_and_the_time_limit_end_a_long_computation(page: Page) -> None:
    page.fill(**LONG)
    page.browser.execute_script("window.ticks = 0; setInterval(() => ticks += 1, 20)")
    page.find(".wb-check").click()
    time.sleep(1)
    assert page.status().startswith("Checking"), page.status()
    ticks = page.browser.execute_script("return ticks")
    assert ticks > 20, f"the page stood still: {ticks} ticks of 20 ms in a second"
    page.find(".wb-stop").click()
    page.wait("/^Stopped/.test(document.querySelector('.wb-status').textContent)", 1)
    page.find(".wb-check").click()  # while the next worker starts
    page.find(".wb-stop").click()
    page.wait("/^Stopped/.test(document.querySelector('.wb-status').textContent)", 1)
    limit = page.find(".wb-limit")
    limit.clear()
    limit.send_keys("1")
    assert page.check().startswith("Gave up after 1 s: that is no verdict.")
    limit.clear()
    limit.send_keys("30")
    page.fill("x + x", "2*x", symbols="x: real")
    assert page.check().startswith("Proved."), "a new check, after the old worker was ended"


def test_latex_and_link_are_copied(page: Page) -> None:
    page.fill("x + x", "2*x", [("1*x + 1*x", "one each")], symbols="x: real", where="x < 1")
    page.check()
    page.browser.execute_script(
        "window.copied = []; Object.defineProperty(navigator, 'clipboard', {configurable: true, value: "
        "{writeText: async (text) => { copied.push(text); }}})"
    )
    page.find(".wb-copy-latex").click()
    page.find(".wb-copy-link").click()
    page.wait("/Link copied/.test(document.querySelector('.wb-copied').textContent)", 5)
    latex, link = page.browser.execute_script("return copied")
    assert latex.replace(" ", "").startswith("x+x=2x")
    asked = json.loads(parse_qs(urlparse(link).fragment)["check"][0])
    assert asked["left"] == "x + x" and asked["chain"] == [{"term": "1*x + 1*x", "reason": "one each"}]
    page.fill("0", "0")
    page.browser.execute_script("location.hash = arguments[0]", urlparse(link).fragment)
    page.wait("document.querySelector('[name=left]').value === 'x + x'", 5)
    assert page.find("[name=where]").get_attribute("value") == "x < 1"


def test_an_example_fills_the_form(page: Page) -> None:
    page.find("#wb-example option[value=museum-scatter-printed]").click()
    page.wait("document.querySelector('[name=left]').value === 'scatter'", 5)
    page.browser.execute_script("location.hash = 'claim=no-such-claim'")
    page.wait("/cannot state/.test(document.querySelector('.wb-status').textContent)", 5)


def test_nothing_leaves_the_page(page: Page) -> None:
    assert log_faults(page.browser) == []


def test_a_claims_card_leads_to_the_filled_form(browser: webdriver.Chrome, site: Path) -> None:
    card = parse((site / "chapters/shrinkage.html").read_text("utf-8")).select_one("a.claim-try")
    browser.get((site / "chapters" / card["href"]).as_uri().replace("%23", "#").replace("%3D", "="))
    label = card["href"].split("=")[1]
    filled = "return document.querySelector('[name=left]').value !== ''"
    WebDriverWait(browser, 10, 0.05).until(lambda b: b.execute_script(filled))
    assert label in browser.find_element(By.CSS_SELECTOR, ".wb-status").text
    view(browser, PHONE, "dark")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= PHONE[0]
    view(browser, WIDE, "light")


def test_links_and_examples_agree_with_the_requests(site: Path, pages: dict[Path, BeautifulSoup]) -> None:
    text = (site / "_static/workbench/claims.js").read_text("utf-8")
    claims = json.loads(re.fullmatch(r"workbenchClaims\((.*)\);\n", text, re.DOTALL)[1])
    linked = {a["href"].split("#claim=")[1] for page in pages.values() for a in page.select("a.claim-try")}
    assert linked == set(claims) - set(workbench_page.OWN) and len(linked) > 300
    assert set(workbench_page.EXAMPLES) <= set(claims)
    chapters = {file.stem for file in pages if pages[file].select_one("a.claim-try")}
    shown = {name for name in chapters for label in workbench_page.EXAMPLES if label.startswith(f"{name}-")}
    assert shown >= chapters - {"errata"}, "an example of each chapter"
    loading = [f.name for f, page in pages.items() if any("workbench/" in s.get("src", "") for s in page("script"))]
    assert loading == ["workbench.html"]


def test_the_archives_are_the_same_each_time_and_hold_no_tests() -> None:
    made = workbench_page.libraries()
    assert made == workbench_page.libraries()
    names = zipfile.ZipFile(BytesIO(made)).namelist()
    assert "sympy/__init__.py" in names and "mpmath/__init__.py" in names
    assert not [name for name in names if "/tests/" in name]
    assert sum("LICENSE" in name for name in names) >= 2


def test_without_its_runtime_the_book_builds_and_the_page_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHECKED_DERIVATIONS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")  # nobody answers there
    monkeypatch.setenv("npm_config_fetch_retry_mintimeout", "10")  # milliseconds until it tries again
    book = plant(tmp_path, printed("$$\nx\n$$ (planted)\n"))
    shutil.copy(Path(__file__).parent.parent / "chapters/workbench.md", book / "chapters")
    with (book / "_toc.yml").open("a") as toc:
        toc.write("- file: chapters/workbench\n")
    code, log = build(book, tmp_path / "out")
    assert code == 0, log
    html = tmp_path / "out/_build/html"
    page = parse((html / "chapters/workbench.html").read_text("utf-8"))
    assert "Pyodide 314.0.7 could not be had from npm" in page.select_one(".wb-missing").text.replace("\n", " ")
    assert not list((html / "_static/workbench").glob("pyodide*"))
