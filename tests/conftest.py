"""One thread for linear algebra, Hypothesis without a stopwatch, and the built site for the tests that look at it.

Long files are run first, and `pytest --shard=2/3` runs the second of three parts: whole files, so whole chapters.
"""

import os

from utils.run import ENVIRONMENT

os.environ.update(ENVIRONMENT)  # before NumPy and SymPy look; the notebooks' kernels inherit it

import gc
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from built import ROOT, build, pages_of, parse, without_colours, without_formulas
from filelock import FileLock
from hypothesis import settings
from order import shard
from selenium import webdriver

# SymPy's trees and parsed pages are many objects and hardly ever cycles: to look for cycles as often as Python does by
# default took a sixth of the time. `utils.claims` does the same for the notebooks' kernels.
gc.set_threshold(50_000, 20, 20)

settings.register_profile("here", deadline=None)
# Under CI=true Hypothesis takes its own profile "ci": the same examples in each run, and no deadline either.
settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shard", default="1/1", metavar="K/N", help="run the K-th of N parts, by whole files")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    mine = {file: place for place, file in enumerate(shard((item.path for item in items), config.getoption("--shard")))}
    config.hook.pytest_deselected(items=[item for item in items if item.path not in mine])
    items[:] = sorted((item for item in items if item.path in mine), key=lambda item: mine[item.path])


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The folder of the built site: one build for all processes of pytest-xdist."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if hasattr(request.config, "workerinput") else base
    result = base / "site.json"
    with FileLock(base / "site.lock"):
        if not result.exists():
            result.write_text(json.dumps(build(ROOT, base / "site")))
    code, log = json.loads(result.read_text())
    assert code == 0, log
    return base / "site" / "_build" / "html"


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[Path, BeautifulSoup]:
    """Every page of the site, parsed, its formulas empty and its code plain."""
    return {file: parse(without_colours(without_formulas(file.read_text("utf-8")))) for file in pages_of(site)}


@pytest.fixture(scope="session")
def browser() -> Iterator[webdriver.Chrome]:
    """A headless Chromium with the logs of its console and its network."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    if not program or not driver:
        pytest.fail(
            "The site is tested in Chromium: install it and its driver (apt-get install chromium chromium-driver)."
        )
    options = webdriver.ChromeOptions()
    options.binary_location = program
    switches = "headless=new no-sandbox disable-gpu disable-quic no-first-run disable-background-networking"
    for switch in f"{switches} disable-component-update disable-sync disable-dev-shm-usage".split():
        options.add_argument(f"--{switch}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield chrome
    chrome.quit()
