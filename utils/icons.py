"""The theme's icons without its icon script: the few that a page shows, drawn into the page.

The theme brings Font Awesome whole: a script of 1.5 MB that draws two dozen icons, and 270 kB of fonts behind it. Here
the drawings are read out of that script while the book is built, and the marks of the style sheets (`:before`,
`:after`) out of its font. Font Awesome Free: the icons under CC BY 4.0, the fonts under the SIL OFL 1.1.
"""

import html
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

STYLES = {"fas": "fas", "fa": "fas", "fa-solid": "fas", "far": "far", "fa-regular": "far", "fab": "fab"}
STYLES["fa-brands"] = "fab"
SIZES = {"fa-2xs", "fa-xs", "fa-sm", "fa-lg", "fa-xl", "fa-2xl", "fa-fw"}  # site/static/icons.css has what they need
LETTERED = r'<(i|span)\s[^>]*\bclass="(?:[^"]*\s)?fa(?:[srb]|-solid|-regular|-brands)?\s[^>]*>\s*</\1>'
DRAWING = r'"?([\w-]+)"?:\[(\d+),(\d+),\[([^\]]*)\],"[0-9a-f]+","([^"]*)"\]'
REGISTERED = r'\("(fa[srb])",\w+\)'


class Drawing(NamedTuple):
    """The outline of an icon, in a box of this size."""

    width: str
    height: str
    path: str


def drawings(script: str) -> dict[tuple[str, str], Drawing]:
    """The icons in Font Awesome's script, by style ("fas", "far", "fab") and name, other names of the same included.

    >>> drawings('p={check:[448,512,[10003,"tick"],"f00c","M1 2"]};d("fas",p)')["fas", "tick"]
    Drawing(width='448', height='512', path='M1 2')
    """
    found: dict[tuple[str, str], Drawing] = {}
    waiting: dict[str, Drawing] = {}
    for match in re.finditer(f"{DRAWING}|{REGISTERED}", script):
        name, width, height, others, path, style = match.groups()
        if style:  # each style's icons stand before the call that registers them
            found |= {(style, name): drawing for name, drawing in waiting.items()}
            waiting = {}
        else:
            waiting |= dict.fromkeys([name, *re.findall(r'"([\w-]+)"', others)], Drawing(width, height, path))
    if not found:
        raise ValueError("Font Awesome's script must define icons (got none): has the theme changed how it packs them?")
    return found


def draw(page: str, known: dict[tuple[str, str], Drawing], where: str) -> str:
    """The page with each `<i class="fa-…">` drawn as the script would draw it; `where` names the page in errors.

    >>> known = {("fas", "x"): Drawing("448", "512", "M1 2")}
    >>> print(draw('<i class="fas fa-x"></i>', known, "page.html"))
    <svg class="svg-inline--fa fa-x" aria-hidden="true" viewBox="0 0 448 512"><path fill="currentColor" d="M1 2"/></svg>
    """

    def drawn(match: re.Match[str]) -> str:
        attributes = dict(re.findall(r'([\w-]+)\s*=\s*"([^"]*)"', match[0]))
        classes = attributes.pop("class").split()
        title = attributes.pop("title", "")
        style = next((STYLES[c] for c in classes if c in STYLES), "fas")
        names = [c for c in classes if c.startswith("fa-") and c not in STYLES and c not in SIZES]
        drawing = known.get((style, names[0][3:])) if len(names) == 1 else None
        if not drawing:
            raise ValueError(
                f"{where}: {match[0]} must name one icon of Font Awesome Free in style {style!r} "
                f"(got {' '.join(names) or 'none'}): mend the name, or teach utils/icons.py this class"
            )
        rest = [c for c in classes if c not in STYLES and c != names[0]]
        attributes = {"class": " ".join(["svg-inline--fa", names[0], *rest]), "aria-hidden": "true"} | attributes
        attributes["viewBox"] = f"0 0 {drawing.width} {drawing.height}"
        written = " ".join(f'{name}="{value}"' for name, value in attributes.items())
        tip = f"<title>{html.escape(html.unescape(title))}</title>" if title else ""
        return f'<svg {written}>{tip}<path fill="currentColor" d="{drawing.path}"/></svg>'

    page = re.sub(LETTERED, drawn, page)
    left = re.search(r'<(?!svg)\w+\s[^>]*\bclass="(?:[^"]*\s)?fa(?:[srb]|-[\w-]+)?[\s"][^>]*>', page)
    if left:
        raise ValueError(f"{where}: an icon must be an empty <i> or <span> (got {left[0]}): write it so")
    return page


def without_icons(style: str) -> str:
    """A style sheet without Font Awesome's fonts and the rules that choose its letters, which drawn icons don't need.

    >>> without_icons('a{b:c}.fa-x:before,.fa-y:before{content:"\\\\f00d"}@font-face{font-family:"FontAwesome"}')
    'a{b:c}'
    """
    style = re.sub(r'(?<=[}/])(?:\.fa-[\w-]+:before,?)+\{content:"[^"]*"\}', "", style)
    return re.sub(r"@font-face\{[^}]*font-family:\"?(?:Font ?Awesome)[^}]*\}", "", style)


def letters(styles: Iterable[str]) -> set[int]:
    """The code points of the private use area that style sheets write out: the marks of admonitions, links and so on.

    >>> sorted(map(hex, letters(['a:after{content:"\\\\f107"}', ':root{--pst-icon-x:"\uf1d9"}', "a{b:c}"])))
    ['0xf107', '0xf1d9']
    """
    text = "".join(styles)
    escaped = {int(point, 16) for point in re.findall(r'"\\([ef][0-9a-f]{3})"', text)}
    return escaped | {ord(point) for point in re.findall("[\ue000-\uf8ff]", text)}


def subsets(fonts: dict[str, Path], points: set[int]) -> dict[str, bytes]:
    """For each name and font: the font with no letters but those of `points` that it has, as WOFF."""
    from fontTools import subset  # comes with matplotlib; only the build needs it
    from fontTools.ttLib import TTFont

    made, missing = {}, set(points)
    for name, font in fonts.items():
        # Without the time of day in it, or each build would give other bytes.
        with TTFont(font, recalcTimestamp=False) as whole:
            own = points & set(whole.getBestCmap())
            missing -= own
            cutter = subset.Subsetter(subset.Options(notdef_outline=True, hinting=False))
            cutter.populate(unicodes=own)
            cutter.subset(whole)
            whole.flavor = "woff"
            out = io.BytesIO()
            whole.save(out)
        made[name] = out.getvalue()
    if missing:
        listed = ", ".join(sorted(map(hex, missing)))
        raise ValueError(f"{', '.join(fonts)} must have a letter for each mark (not for {listed}): name its font here")
    return made
