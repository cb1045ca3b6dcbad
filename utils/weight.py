"""What a page of the site loads, kept small: done to the built files, since theme and notebooks stay as they are.

- The icon script goes; its icons are drawn into the pages (`utils.icons`).
- The search index and its scripts load on the search page alone: the theme puts them on every page for a search as one
  types, which is turned off; the dialog only sends its words to the search page.
- Pictures and sounds inside a page become files beside it: pictures as lossless WebP, half of what their PNG weighs,
  sounds to be fetched when they come near the window.
"""

import base64
import hashlib
import io
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from utils import icons

ICON_SCRIPT = r"\s*(?:<!-- So that users can add custom icons -->\s*)?<script\b[^>]*/fontawesome\.js[^>]*></script>"
SEARCH_SCRIPT = r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>'
PICTURE = r'(<(?:image|img)\b[^>]*?\b(?:xlink:href|href|src)=")data:image/png;base64,([A-Za-z0-9+/=\s]+)"'
SOUND = r'(<audio\b[^>]*?)preload="metadata"([^>]*?\bsrc=")data:audio/wav;base64,([A-Za-z0-9+/=\s]+)"'


def webp(png: bytes) -> bytes:
    """The same picture, each pixel of it, as WebP."""
    from PIL import Image  # comes with matplotlib; only the build needs it

    out = io.BytesIO()
    Image.open(io.BytesIO(png)).save(out, "webp", lossless=True, exact=True, quality=100, method=4)
    return out.getvalue()


def take_out(page: str, folder: Path, root: str) -> str:
    """The page with its pictures and sounds as files in `folder`, named by what is in them; `root` leads there."""

    def written(content: bytes, ending: str) -> str:
        name = f"{hashlib.sha256(content).hexdigest()[:16]}.{ending}"
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
        return f"{root}{folder.name}/{name}"

    def picture(match: re.Match[str]) -> str:
        return f'{match[1]}{written(webp(base64.b64decode(match[2])), "webp")}"'

    def sound(match: re.Match[str]) -> str:
        return f'{match[1]}preload="none"{match[2]}{written(base64.b64decode(match[3]), "wav")}"'

    return re.sub(SOUND, sound, re.sub(PICTURE, picture, page))


def lighten(app: Sphinx, exception: Exception | None) -> None:
    """Rewrite the pages and the theme's style sheets in the output folder; what is light already stays as it is."""
    if exception is not None or app.builder.format != "html":
        return
    out, static = Path(app.outdir), Path(app.outdir) / "_static"
    script = static / "scripts" / "fontawesome.js"
    try:
        known = icons.drawings(script.read_text("utf-8"))
        for page in sorted(out.rglob("*.html")):
            if static in page.parents:
                continue
            text = page.read_text("utf-8")
            lighter = icons.draw(re.sub(ICON_SCRIPT, "", text), known, page.name)
            if page.name != "search.html":
                lighter = re.sub(SEARCH_SCRIPT, "", lighter)
            root = "../" * len(page.relative_to(out).parent.parts)
            lighter = take_out(lighter, out / "_images", root)
            if lighter != text:
                page.write_text(lighter, "utf-8")
        styles = {sheet: icons.without_icons(sheet.read_text("utf-8")) for sheet in static.rglob("*.css")}
        for sheet, style in styles.items():
            sheet.write_text(style, "utf-8")
        fonts = static / "vendor" / "fontawesome" / "webfonts"
        files = {"icons.woff": fonts / "fa-solid-900.ttf", "brands.woff": fonts / "fa-brands-400.ttf"}
        for name, font in icons.subsets(files, icons.letters(styles.values())).items():
            (static / name).write_bytes(font)
    except (OSError, ValueError) as error:
        raise ExtensionError(f"the pages cannot be made lighter: {error}") from error
    for leftover in (script, script.with_suffix(".js.map"), *fonts.iterdir()):  # Sphinx copies them in each build
        leftover.unlink()


def add_sound(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Give a page with sounds, and no other, the script that fetches them when they come near."""
    if "<audio" in context.get("body", ""):
        app.add_js_file("sound.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the functions above to Sphinx's events."""
    app.add_css_file("icons.css")
    app.connect("html-page-context", add_sound)
    app.connect("build-finished", lighten, priority=900)  # when all pages are written
    return {"parallel_read_safe": True, "parallel_write_safe": True}
