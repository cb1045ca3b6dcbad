"""What lets others find and show the book: its address on each page, tags for previews, a map of the site.

All of it follows from the site's address, `html.baseurl` in `_config.yml`. Without one, nothing of it is written.
"""

import html
import json
import re
from pathlib import Path
from urllib.parse import urlparse

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

__all__ = ["CARD", "connect", "tags"]

CARD = "_static/card.png"  # 1200 by 630, the shape that previews have
CARD_SAYS = "Checked Derivations: a formula, and below it what it went through: proved, checked, attacked."


def check_address(app: Sphinx, config: Config) -> None:
    """Refuse an address of the site to which no page's name can be appended."""
    base = config.html_baseurl
    parts = urlparse(base)
    if base and not (parts.scheme in ("http", "https") and parts.netloc and base.endswith("/")):
        raise ConfigError(f"html.baseurl is the address of a site, https://…/ with a slash at its end, not {base!r}")


def tags(app: Sphinx, pagename: str, title: str, description: str) -> str:
    """Tags for previews (Open Graph, which X reads too) and for search engines (JSON-LD) of one page."""
    base, book = app.config.html_baseurl, app.config.html_title
    landing = pagename == app.config.root_doc
    address = base + app.builder.get_target_uri(pagename)
    properties = {
        "og:type": "book" if landing else "article",
        "og:site_name": book,
        "og:title": title,
        "og:description": description,
        "og:url": address,
        "og:image": base + CARD,
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": CARD_SAYS,
    }
    lines = [f'<meta property="{name}" content="{html.escape(text)}">' for name, text in properties.items()]
    lines.append('<meta name="twitter:card" content="summary_large_image">')
    whole = {"@type": "Book", "name": book, "url": base + app.builder.get_target_uri(app.config.root_doc)}
    said = {
        "@context": "https://schema.org",
        **(whole if landing else {"@type": "LearningResource", "name": title, "url": address, "isPartOf": whole}),
        "description": description,
        "inLanguage": app.config.language,
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "author": {"@type": "Organization", "name": app.config.author},
    }
    text = json.dumps(said, ensure_ascii=False).replace("<", "\\u003c")  # nothing in it ends the script
    return "\n".join([*lines, f'<script type="application/ld+json">{text}</script>'])


def introduce_page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    """Give a page of the book the tags above."""
    if not app.config.html_baseurl or pagename not in app.env.found_docs:
        return
    title = html.unescape(re.sub(r"<[^>]*>", "", context["title"]))
    description = re.search(
        r'name="description" content="([^"]*)"|content="([^"]*)" name="description"', context["metatags"]
    )
    text = html.unescape(description[1] or description[2]) if description else ""
    context["metatags"] += "\n" + tags(app, pagename, title, text)


def write_map(app: Sphinx, exception: Exception | None) -> None:
    """Write sitemap.xml, and the robots.txt that names it."""
    base = app.config.html_baseurl
    if exception is not None or app.builder.name != "html" or not base:
        return
    pages = [base + app.builder.get_target_uri(docname) for docname in sorted(app.env.found_docs)]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
        *(f"<url><loc>{html.escape(page)}</loc></url>" for page in pages),
        "</urlset>",
    ]
    (Path(app.outdir) / "sitemap.xml").write_text("\n".join(lines) + "\n", "utf-8")
    (Path(app.outdir) / "robots.txt").write_text(f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n", "utf-8")


def connect(app: Sphinx) -> None:
    """Write the tags with each page, after its description, and the map of the site with the last."""
    app.connect("config-inited", check_address)
    app.connect("html-page-context", introduce_page, priority=700)
    app.connect("build-finished", write_map)
