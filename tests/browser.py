"""Headless Chromium for the tests: fresh profile, no background traffic, console messages kept."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

__all__ = ["chromium", "console_errors"]

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def _find(*names: str) -> str:
    for name in names:
        if path := shutil.which(name):
            return path
    # a test that cannot look at the page must fail: a skip would hide that nothing was looked at
    raise FileNotFoundError(f"none of {', '.join(names)} on PATH: apt-get install chromium chromium-driver")


@contextmanager
def chromium(*, javascript: bool = True, width: int = 1280, height: int = 900) -> Iterator[Chrome]:
    """Start Chromium and yield its Selenium driver; it is closed at the end, with its profile.

    `width` and `height` are the page's size in CSS pixels; below 500 wide it is shown as on a phone. With
    ``javascript=False`` scripts on the page do not run; ``execute_script`` of the driver may still. Raises
    FileNotFoundError when Chromium or its driver is missing.
    """
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        options = ChromeOptions()
        options.binary_location = _find("chromium", "chromium-browser", "google-chrome")
        for flag in (*FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        if not javascript:
            options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
        driver = Chrome(options=options, service=Service(_find("chromedriver", "chromium.chromedriver")))
        try:
            driver.set_page_load_timeout(30)
            driver.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
            )
            yield driver
        finally:
            driver.quit()


def console_errors(driver: Chrome) -> list[str]:
    """Messages of level SEVERE since the last call: uncaught exceptions, failed loads."""
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
