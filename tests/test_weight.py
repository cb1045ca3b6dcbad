"""What a page of the site loads: at most 600 kB, as GitHub Pages sends it, text gzipped and pictures as they are.

Counted without a browser from the page's HTML, and measured once in Chromium to show that the count is right.
"""

import base64
import functools
import gzip
import http.server
import io
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlparse

import numpy as np
import pytest
from built import WIDE, pages_of, view
from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from utils import icons, weight

LIMIT = 600_000  # bytes
HEAVIER = {  # page: its own limit, and why
    "flows.html": (680_000, "eleven pictures of densities, 234 kB as lossless WebP, more of pictures than of text"),
}
TEXT = {".html", ".css", ".js", ".svg", ".json"}  # what the server gzips


@functools.cache
def sent(file: Path) -> int:
    """The bytes that go over the line for a file."""
    content = file.read_bytes()
    return len(gzip.compress(content, 6) if file.suffix in TEXT else content)


LOADING = {
    "script": "src",
    "img": "src",
    "image": "href",
    "iframe": "src",
    "video": "src",
    "audio": "src",
    "link": "href",
}
LINKS = {"stylesheet", "preload", "modulepreload", "icon"}


def asked(page: str) -> set[str]:
    """The addresses that a page loads at once; not those that wait (`loading=lazy`, `preload=none`)."""
    urls = set()
    for tag, rest in re.findall(rf"<({'|'.join(LOADING)})\b([^>]*)>", page):
        given = dict(re.findall(r"([\w:-]+)=[\"']?([^\"'\s>]*)", rest))
        url = given.get(LOADING[tag]) or given.get("xlink:href", "")
        waits = given.get("loading") == "lazy" or given.get("preload") == "none"
        if url and not waits and not url.startswith("data:") and (tag != "link" or given.get("rel") in LINKS):
            urls.add(url)
    return urls


def fonts(style: Path, classes: set[str]) -> set[Path]:
    """The fonts of a style sheet that the page's classes ask for: those named by a rule all of whose classes occur."""
    text = re.sub(r"/\*.*?\*/", "", style.read_text("utf-8"), flags=re.DOTALL)
    faces, used = {}, set()
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", text):
        # The first family alone: those behind it stand in for letters it lacks.
        family = re.search(r"font(?:-family)?:[^;]*?((?:KaTeX_|Font Awesome)[\w \\]*)", body)
        if not family:
            continue
        heavy, slanted = re.search(r"(?:weight:|font:[^;]*)(?:700|bold)", body), "italic" in body
        face = (family[1].replace("\\", ""), bool(heavy), slanted)
        if selectors.strip() == "@font-face":
            faces[face] = (style.parent / re.findall(r"url\(\s*['\"]?([^'\")]+)", body)[0]).resolve()
        elif any(set(re.findall(r"\.([\w-]+)", one)) <= classes for one in selectors.split(",")):
            used.add(face)
    return {faces[face] for face in used if face in faces}


def loaded(page: Path) -> dict[Path, int]:
    """The files that a first view of the page loads, itself included, and what each weighs on the line."""
    text = page.read_text("utf-8")
    classes = {name for names in re.findall(r"class=[\"']([^\"']*)", text) for name in names.split()}
    files = {page}
    for url in asked(text):
        files.add((page.parent / unquote(urlparse(urldefrag(url)[0]).path)).resolve())
    styles = {file for file in files if file.suffix == ".css"}
    for style in styles:
        imports = re.findall(r"@import\s+(?:url\()?['\"]?([^'\")]+)", style.read_text("utf-8"))
        files |= {(style.parent / url).resolve() for url in imports} | fonts(style, classes)
    return {file: sent(file) for file in files}


def weight_faults(pages: list[Path]) -> list[str]:
    """Pages heavier than they may be, with the three heaviest things on them."""
    faults = []
    for page in pages:
        files = loaded(page)
        total, limit = sum(files.values()), HEAVIER.get(page.name, (LIMIT, ""))[0]
        if total > limit:
            worst = sorted(files, key=files.__getitem__, reverse=True)[:3]
            shares = ", ".join(f"{file.name} {files[file] / 1000:.0f}" for file in worst)
            faults.append(f"{page.name}: {total / 1000:.0f} kB of {limit / 1000:.0f} ({shares})")
    return faults


def test_pages_are_light(site: Path) -> None:
    assert weight_faults(pages_of(site)) == []
    for name, (limit, _) in HEAVIER.items():
        total = sum(loaded(site / "chapters" / name).values())
        assert LIMIT < total <= limit, f"{name} needs no exception, or a smaller one: {total}"


def test_the_theme_s_icon_script_is_too_heavy(site: Path, tmp_path: Path, theme_script: Path) -> None:
    """A chapter of 400 kB with the script put back."""
    text = (site / "chapters" / "museum.html").read_text("utf-8").replace("../_static", str(site / "_static"))
    script = f'<script src="{theme_script}"></script>'
    (tmp_path / "page.html").write_text(text.replace("</head>", script + "</head>"), "utf-8")
    faults = weight_faults([tmp_path / "page.html"])
    assert len(faults) == 1 and "fontawesome.js" in faults[0], faults


@pytest.mark.parametrize(
    "html",
    [
        '<img src="big.png">',
        '<svg><image href="big.png"/></svg>',
        '<script src="big.png?v=1"></script>',
        '<link rel="stylesheet" href="big.css"><p class="loud">words</p>',
        '<link rel="preload" as="font" href="big.png">',
        '<audio preload="metadata" src="big.png"></audio>',
    ],
)
def test_whatever_is_loaded_counts(tmp_path: Path, html: str) -> None:
    (tmp_path / "big.png").write_bytes(bytes(LIMIT))
    face = "@font-face{font-family:KaTeX_Big;src:url(big.png)} .loud{font-family:KaTeX_Big}"
    (tmp_path / "big.css").write_text(face)
    (tmp_path / "page.html").write_text(html)
    assert len(weight_faults([tmp_path / "page.html"])) == 1
    waiting = '<img loading="lazy" src="big.png"><a href="big.png"></a><audio preload="none" src="big.png"></audio>'
    (tmp_path / "page.html").write_text(waiting + '<link rel="stylesheet" href="big.css"><p class="calm">words</p>')
    assert weight_faults([tmp_path / "page.html"]) == []


class Gzipping(http.server.SimpleHTTPRequestHandler):
    """Sends files as GitHub Pages does."""

    def do_GET(self) -> None:
        file = Path(self.translate_path(self.path))
        if not file.is_file():
            return self.send_error(404)
        content = file.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(file)))
        if file.suffix in TEXT:
            content = gzip.compress(content, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder on a port of this machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Gzipping, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_chromium_loads_what_was_counted(browser: webdriver.Chrome, site: Path) -> None:
    """File by file, on a chapter with formulas, pictures and a live figure; the sizes within the server's headers."""
    page = site / "chapters" / "flows.html"
    counted = {file.relative_to(site).as_posix(): size for file, size in loaded(page).items()}
    view(browser, WIDE, "light")
    browser.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": True})
    names, sizes = {}, {}
    try:
        with served(site) as address:
            browser.get("about:blank")
            browser.get_log("performance")
            browser.get(f"{address}/chapters/flows.html")
            browser.execute_script("return document.fonts.ready.then(() => 0)")
            time.sleep(1)  # anything that a script asks for late
            for entry in browser.get_log("performance"):
                message = json.loads(entry["message"])["message"]
                what = message["params"]
                if message["method"] == "Network.requestWillBeSent":
                    names[what["requestId"]] = urlparse(what["request"]["url"]).path.lstrip("/")
                    assert what["request"]["url"].startswith((address, "data:")), what["request"]["url"]
                elif message["method"] == "Network.loadingFinished" and what["encodedDataLength"]:
                    name = names[what["requestId"]]
                    sizes[name] = max(sizes.get(name, 0), what["encodedDataLength"])
            browser.get("about:blank")
    finally:
        browser.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": False})
    assert set(sizes) - set(counted) == set(), "loaded, but not counted"
    left = set(counted) - set(sizes)
    assert all(name.endswith((".woff2", ".woff", "favicon.svg")) for name in left), f"counted, but not loaded: {left}"
    assert all(0 <= size - counted[name] < 500 for name, size in sizes.items())
    assert sum(sizes.values()) <= sum(counted.values()) + 300 * len(sizes)
    assert sum(sizes.values()) > 0.9 * sum(counted.values())


# Icons


@pytest.fixture(scope="module")
def theme_script() -> Path:
    import pydata_sphinx_theme

    theme = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme"
    return theme / "static" / "scripts" / "fontawesome.js"


def test_icons_are_drawn_as_the_theme_s_script_draws_them(
    browser: webdriver.Chrome, site: Path, tmp_path: Path, theme_script: Path
) -> None:
    """Path, box and place of each, in Chromium: with our style sheet, and with the script, which brings its own."""
    kinds = ["fa-solid fa-bars", "fas fa-search", "fab fa-github", "far fa-sun", "theme-switch fa-solid fa-moon fa-lg"]
    letters = "".join(
        f'<button style="font-size:{20 + k}px">a<i class="{c}"></i></button>' for k, c in enumerate(kinds)
    )
    drawn = icons.draw(letters, icons.drawings(theme_script.read_text("utf-8")), "page")
    sheets = ((site / "_static" / name).as_uri() for name in ("styles/pydata-sphinx-theme.css", "icons.css"))
    theme, ours = (f'<link rel="stylesheet" href="{sheet}">' for sheet in sheets)
    look = (
        "return [...document.querySelectorAll('svg')].map(svg => [svg.getAttribute('viewBox'), "
        "svg.querySelector('path').getAttribute('d'), JSON.stringify(svg.getBoundingClientRect())])"
    )
    found = []
    for head, body in (
        (theme + ours, drawn),
        (f'{theme}<script defer src="{theme_script.as_uri()}"></script>', letters),
    ):
        (tmp_path / "page.html").write_text(f"<!DOCTYPE html><head>{head}</head><body>{body}</body>")
        browser.get((tmp_path / "page.html").as_uri())
        WebDriverWait(browser, 10, 0.05).until(lambda _: len(browser.execute_script(look)) == len(kinds))
        found.append(browser.execute_script(look))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("html", "complaint"),
    [
        ('<i class="fas fa-no-such-icon"></i>', "page.html: .*must name one icon .*fa-no-such-icon"),
        ('<i class="fas"></i>', "an icon must be an empty"),
        ('<span class="fas fa-sun fa-spin"></span>', "got fa-sun fa-spin"),
        ('<b class="fas fa-sun"></b>', "must be an empty <i> or <span>"),
        ('<i class="fas fa-sun">words</i>', "must be an empty <i> or <span>"),
    ],
)
def test_an_icon_that_cannot_be_drawn_is_an_error(html: str, complaint: str) -> None:
    known = {("fas", "sun"): icons.Drawing("512", "512", "M1 2")}
    with pytest.raises(ValueError, match=complaint):
        icons.draw(html, known, "page.html")


def test_a_changed_theme_is_an_error(theme_script: Path) -> None:
    with pytest.raises(ValueError, match="must define icons"):
        icons.drawings("nothing")
    font = theme_script.parents[1] / "vendor" / "fontawesome" / "webfonts" / "fa-solid-900.ttf"
    with pytest.raises(ValueError, match=r"must have a letter for each mark .*0xe999"):
        icons.subsets({"icons.woff": font}, {0xE999})
    once, again = (icons.subsets({"icons.woff": font}, {0xF107}) for _ in range(2))
    assert once == again  # no time of day in it


def test_the_site_has_every_mark_its_styles_use_and_no_other_icon_font(site: Path) -> None:
    from fontTools.ttLib import TTFont

    styles = [sheet.read_text("utf-8") for sheet in (site / "_static").rglob("*.css")]
    fonts = [set(TTFont(site / "_static" / name).getBestCmap()) for name in ("icons.woff", "brands.woff")]
    assert set.union(*fonts) == icons.letters(styles) != set()
    assert not list(site.rglob("fa-*.woff2")) and not list(site.rglob("fontawesome.js"))
    assert [url for style in styles for url in re.findall(r"url\([^)]*fa-[^)]*\)", style)] == []


# Pictures and sounds


def test_pictures_and_sounds_are_taken_out_as_they_are(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 4), dtype=np.uint8)  # invisible ones too
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, "png")
    picture, sound = (base64.b64encode(content).decode() for content in (png.getvalue(), b"RIFF"))
    page = (
        f'<svg><image href="data:image/png;base64,\n{picture}" width="7"/></svg>'
        f'<audio controls preload="metadata" src="data:audio/wav;base64,{sound}"></audio>'
    )
    lighter = weight.take_out(page, tmp_path / "_images", "../")
    kept = re.fullmatch(
        r'<svg><image href="\.\./_images/(\w+\.webp)" width="7"/></svg>'
        r'<audio controls preload="none" src="\.\./_images/(\w+\.wav)"></audio>',
        lighter,
    )
    assert kept, lighter
    assert np.array_equal(np.asarray(Image.open(tmp_path / "_images" / kept[1])), pixels)
    assert (tmp_path / "_images" / kept[2]).read_bytes() == b"RIFF"
    assert weight.take_out(lighter, tmp_path / "_images", "../") == lighter


def test_nothing_is_left_inside_the_pages(site: Path) -> None:
    left = [page.name for page in pages_of(site) if re.search(r"data:(?:image|audio)/\w+;base64", page.read_text())]
    assert left == []


def test_a_sound_says_its_length_when_it_comes_near(browser: webdriver.Chrome, site: Path) -> None:
    view(browser, WIDE, "light")
    browser.get((site / "chapters" / "tacotron.html").as_uri())
    sounds = browser.find_elements(By.TAG_NAME, "audio")
    assert sounds and sounds[-1].get_attribute("preload") == "none"
    browser.execute_script("arguments[0].scrollIntoView()", sounds[-1])
    length = "return arguments[0].duration"
    WebDriverWait(browser, 10, 0.05).until(lambda _: (browser.execute_script(length, sounds[-1]) or 0) > 0)
    assert "tacotron" not in [page.stem for page in pages_of(site) if "sound.js" not in page.read_text()]
