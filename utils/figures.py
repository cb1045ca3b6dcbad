"""The book's pictures: one style, captions and alt text, light and dark, and live figures.

A chapter calls `use_style` once, draws with matplotlib and ends a cell with `figure`; or hands SymPy
expressions to `live`, whose sliders need no kernel and no network: their JavaScript is printed from those
expressions.
"""

import io
import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy
from sympy.printing.jscode import jscode, known_functions
from sympy.printing.pretty.pretty_symbology import pretty_symbol

if TYPE_CHECKING:
    import matplotlib.figure

__all__ = [
    "BLUE",
    "DATA",
    "GOLD",
    "GREEN",
    "GREY",
    "INK",
    "ORANGE",
    "PALETTE",
    "POSTERIOR",
    "PRIOR",
    "PURPLE",
    "Picture",
    "figure",
    "live",
    "use_style",
]

# Okabe and Ito's hues, moved to mid-tones that stand out (3:1 or more) from a white and from a dark page, and
# spread in lightness, so that all six differ to the colour-blind too. The tests measure both.
BLUE = "#1a80c4"
ORANGE = "#c24400"
GREEN = "#0a9a72"
PURPLE = "#b8679a"
GOLD = "#b08400"
GREY = "#6a6a6a"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, GOLD, GREY)
PRIOR, DATA, POSTERIOR = BLUE, ORANGE, GREEN

# Whatever is drawn in black takes the colour of the page's text.
INK = "#000000"

STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.labelsize": 11,
    "axes.linewidth": 0.6,
    "axes.prop_cycle": f"cycler('color', {list(PALETTE)})",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "figure.figsize": (5.6, 3.4),
    "font.size": 11,
    "grid.alpha": 0.13,
    "grid.color": INK,
    "grid.linewidth": 0.6,
    "image.cmap": "viridis",
    "legend.fontsize": 10,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "savefig.dpi": 180,
    "savefig.facecolor": "none",
    "xtick.labelsize": 10,
    "xtick.major.size": 3,
    "xtick.major.width": 0.6,
    "ytick.labelsize": 10,
    "ytick.major.size": 0,
}

# Inline, so that a figure looks the same in JupyterLab, in the site and in a saved page.
FIGURE_STYLE = "margin: 1.5em 0; text-align: left"
CONTROLS_STYLE = (
    "display: grid; grid-template-columns: repeat(auto-fit, minmax(min(15em, 100%), 1fr)); gap: 0.3em 1.5em; "
    "max-width: 540px; margin-top: 0.5em; font-size: 0.92em"
)
LEGEND_STYLE = "display: flex; flex-wrap: wrap; gap: 0.1em 1.4em; margin-bottom: 0.5em; font-size: 0.92em"
ROW_STYLE = "display: flex; align-items: center; gap: 0.6em; min-width: 0; margin: 0"
# The theme would centre the caption, in a grey too pale to read.
CAPTION_STYLE = (
    "margin: 0.5em 0 0; padding: 0; max-width: 40em; font-size: 0.92em; line-height: 1.45; "
    "text-align: left; color: inherit"
)

# The plot of a live figure, in CSS pixels: the whole picture, then the box that holds the curves.
WIDTH, HEIGHT = 540, 322
BOX = {"left": 40, "right": 530, "top": 26, "bottom": 276}
POINTS = 401
# Nothing hangs on colour alone: the last curve, the figure's point, is solid, those before it broken.
DASHES = ("none", "8 4", "2 3", "9 3 2 3", "14 4", "5 2")
MARKER_DASHES = ("4 2", "1 3", "8 2 2 2")

# What jscode prints faithfully. (It prints a Sum, the imaginary unit or 2*Mod(x, 3) as well, but wrongly.)
PRINTABLE_NODES = (
    sympy.Add,
    sympy.Mul,
    sympy.Pow,
    sympy.Symbol,
    sympy.Integer,
    sympy.Rational,
    sympy.Float,
    type(sympy.pi),
    type(sympy.E),
    sympy.Piecewise,
    sympy.functions.elementary.piecewise.ExprCondPair,
    sympy.core.relational.Relational,
    sympy.And,
    sympy.Or,
    type(sympy.true),
    type(sympy.false),
)

# What `live_functions.js` adds to JavaScript: SymPy's class, the name there. Of a polygamma, only the two orders.
ADDED: dict[str, Any] = {
    "erf": "erf",
    "gamma": "gamma",
    "loggamma": "logGamma",
    "polygamma": [
        (lambda order, _: order == 0, lambda _, x: f"digamma({x})"),
        (lambda order, _: order == 1, lambda _, x: f"trigamma({x})"),
    ],
}


@dataclass(frozen=True)
class Picture:
    """A finished figure: shown as `html` in JupyterLab and in the site, as one line of text elsewhere."""

    name: str
    caption: str
    alt: str
    html: str

    def __repr__(self) -> str:
        return f"Figure {self.name}: {self.alt}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": repr(self)}


def use_style() -> None:
    """Draw every later matplotlib figure in the book's style. Call it once, at the head of a chapter.

    Pure black (`INK`) becomes the colour of the page's text, so that a figure suits a light and a dark
    page; for all else use the palette. Labels are plain text, in the page's own font: write "τ₀", not
    mathtext.
    """
    import matplotlib.style

    matplotlib.style.use(STYLE)


def figure(fig: "matplotlib.figure.Figure", *, name: str, caption: str, alt: str) -> Picture:
    """Turn a matplotlib figure into a picture for the page: inline SVG with a caption, and close it.

    `name` is kebab-case and unique in the book: the figure's anchor is ``fig-<name>``. `caption` says what
    to learn from the figure, `alt` what is seen in it, both in plain text. Rasterised artists
    (``rasterized=True``, for clouds of more than a thousand points) become an embedded PNG. Equal figures
    give equal bytes.

    Raises TypeError for anything but a matplotlib figure; ValueError for a name that is not kebab-case, an
    empty caption or alt, markup in them, or an alt that repeats the caption.

    >>> from matplotlib.figure import Figure
    >>> fig = Figure()
    >>> _ = fig.subplots().plot([0, 1], [0, 1])
    >>> figure(fig, name="identity", caption="y = x leaves all as it is.", alt="A rising diagonal line.")
    Figure identity: A rising diagonal line.
    """
    import matplotlib.figure
    import matplotlib.pyplot as plt

    where = f"figure {name!r}"
    if not isinstance(fig, matplotlib.figure.Figure):
        raise TypeError(f"{where}: fig must be a matplotlib figure; got {type(fig).__name__}.")
    _check_words(where, name, caption, alt)
    buffer = io.StringIO()
    no_metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        fig.savefig(buffer, format="svg", transparent=True, metadata=no_metadata)
    plt.close(fig)
    width, height = 72 * fig.get_size_inches()  # matplotlib's SVG unit is the point, 4/3 of a CSS pixel
    return _picture(name, caption, alt, _svg(width, height, 4 / 3, alt, _tidy(buffer.getvalue(), name)))


def live(
    curves: Mapping[str, sympy.Expr],
    x: tuple[sympy.Symbol, float, float],
    sliders: Mapping[sympy.Symbol, Sequence[float]],
    *,
    name: str,
    caption: str,
    alt: str,
    x_label: str,
    y_label: str,
    y_range: tuple[float, float] | None = None,
    markers: Mapping[str, sympy.Expr] | None = None,
    names: Mapping[sympy.Symbol, str] | None = None,
) -> Picture:
    """Draw curves that follow sliders, in the page itself.

    `curves` maps legend labels to expressions in the symbol of `x`, which is (symbol, low, high), and in
    those of `sliders`. The last curve is drawn solid, those before it broken: put the point of the figure
    last.

    `sliders` maps each symbol to (low, high, start) or (low, high, start, step). An integer symbol moves by
    1; any other by 1, 2 or 5 times a power of ten, about a hundredth of its range. Each is labelled by its
    symbol in Unicode ("τ₀"), or what `names` says ("τ₀, prior width").

    `markers` maps labels to expressions in the sliders alone, drawn as vertical lines; under the label of a
    curve a marker takes that curve's colour. The vertical axis is fixed to `y_range`, or follows the
    curves.

    Where JavaScript is off, the picture stands still at the start values. In the page, ``figure.liveData``
    holds what was drawn last: values, xRange, yRange, box (the plot, in units of the SVG), curves {label:
    {x, y}} of 401 points each, and markers {label: x}.

    Raises ValueError, naming the argument and the remedy, for words as in `figure`, ranges that are empty
    or leave the symbol's assumptions, a start off its slider's steps, a slider that moves nothing, a free
    symbol without a slider, a function that JavaScript lacks (erf, gamma, loggamma of what is positive,
    digamma and trigamma are added), and a curve with no finite value at the start.

    >>> x, a = sympy.symbols("x a", positive=True)
    >>> live({"decay": sympy.exp(-a * x)}, (x, 0.1, 5), {a: (0.5, 2, 1)}, name="decay",
    ...      x_label="x", y_label="y",
    ...      caption="The larger a, the faster the decay.", alt="A curve falling from 0.9 towards zero.")
    Figure decay: A curve falling from 0.9 towards zero.
    """
    where = f"live figure {name!r}"
    markers, names = markers or {}, names or {}
    _check_words(where, name, caption, alt)
    if not curves or len(curves) > len(PALETTE):
        raise ValueError(f"{where}: curves must hold 1 to {len(PALETTE)} expressions; got {len(curves)}.")
    symbol, low, high = x[0], float(x[1]), float(x[2])
    _check_range(where, "x", symbol, low, high)
    knobs = [_Knob.read(where, s, limits, names.get(s)) for s, limits in sliders.items()]
    if not knobs:
        raise ValueError(f"{where}: sliders must hold a symbol at least; got none. A still is a `figure`.")
    if unknown := [str(s) for s in names if s not in sliders]:
        raise ValueError(f"{where}: names must name sliders; got {', '.join(unknown)}.")
    if symbol in sliders:
        raise ValueError(f"{where}: x and sliders must be different symbols; got {symbol} in both.")
    if y_range is not None and not y_range[0] < y_range[1]:
        raise ValueError(f"{where}: y_range must be (low, high) with low < high; got {tuple(y_range)}.")
    _check_plain(where, "x_label", x_label)
    _check_plain(where, "y_label", y_label)
    for label in [*curves, *markers]:
        _check_plain(where, f"label {label!r}", label)
    parameters = list(sliders)
    curves = {label: _printable(where, label, f, [symbol, *parameters]) for label, f in curves.items()}
    markers = {label: _printable(where, label, f, parameters) for label, f in markers.items()}
    used = set().union(*(f.free_symbols for f in [*curves.values(), *markers.values()]))
    if idle := [str(s) for s in parameters if s not in used]:
        raise ValueError(f"{where}: sliders must move something; no curve or marker holds {', '.join(idle)}.")

    xs = low + (high - low) * np.arange(POINTS) / (POINTS - 1)
    start = [float(knob.start) for knob in knobs]
    heights = {label: _values(f, [symbol, *parameters], [xs, *start]) for label, f in curves.items()}
    for label, ys in heights.items():
        if not np.isfinite(ys).any():
            raise ValueError(
                f"{where}: curve {label!r} must have finite values at the start; got none of {POINTS} on "
                f"[{low:g}, {high:g}]. Mend the range of {symbol} or the start values."
            )
    places = {label: float(_values(f, parameters, start)) for label, f in markers.items()}

    frame = _Frame((low, high), y_range or _y_range(np.concatenate(list(heights.values()))))
    svg = _svg(WIDTH, HEIGHT, 1, alt, frame.draw(name, heights, places, x_label, y_label))
    members = {
        "id": _json(f"fig-{name}"),
        "points": _json(POINTS),
        "xRange": _json([low, high]),
        "fixedY": _json(y_range and [float(y) for y in y_range]),
        "box": _json(BOX),
        "curves": _pairs({label: _javascript(f, [symbol, *parameters]) for label, f in curves.items()}),
        "markers": _pairs({label: _javascript(f, parameters) for label, f in markers.items()}),
    }
    label_width = max(len(knob.label) for knob in knobs) * 0.5 + 0.5  # em; all sliders start at one line
    controls = "\n".join(knob.html(label_width) for knob in knobs)
    return _picture(
        name,
        caption,
        alt,
        f"{_legend(curves, markers)}\n{svg}\n"
        f'<div data-controls hidden><div style="{CONTROLS_STYLE}">\n{controls}\n</div></div>',
        _script(members, [*curves.values(), *markers.values()]),
    )


def _check_plain(where: str, argument: str, words: str) -> None:
    if not isinstance(words, str) or not words.strip():
        raise ValueError(f"{where}: {argument} must say something; got {words!r}. Write it in plain words.")
    if re.search(r"[$\\{}]", words):
        raise ValueError(f"{where}: {argument} must be plain text; got {words!r}. Write τ₀ or σ², not TeX.")


def _check_words(where: str, name: str, caption: str, alt: str) -> None:
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise ValueError(f"{where}: name must be kebab-case; got {name!r}. Write e.g. 'shrinkage-arrows'.")
    _check_plain(where, "caption", caption)
    _check_plain(where, "alt", alt)
    if alt.strip().casefold() == caption.strip().casefold():
        raise ValueError(
            f"{where}: alt must differ from caption; got {alt!r} twice. "
            "The alt says what is seen, for one who cannot see it; the caption what to learn from it."
        )


def _check_range(where: str, argument: str, symbol: sympy.Symbol, low: float, high: float) -> None:
    if not isinstance(symbol, sympy.Symbol):
        raise ValueError(f"{where}: {argument} must name a SymPy symbol; got {symbol!r}.")
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"{where}: {symbol} must run from low to a greater high; got ({low:g}, {high:g}).")
    for rule in ("positive", "negative", "nonnegative", "nonpositive"):
        assumed = getattr(symbol, f"is_{rule}")
        if assumed and not all(getattr(sympy.Float(end), f"is_{rule}") for end in (low, high)):
            raise ValueError(f"{where}: {symbol} is {rule}; got the range ({low:g}, {high:g}). Narrow it.")


@dataclass(frozen=True)
class _Knob:
    """A slider; decimals, so that start and ends lie on its steps exactly as the browser will count them."""

    label: str
    low: Decimal
    high: Decimal
    start: Decimal
    step: Decimal

    @classmethod
    def read(cls, where: str, symbol: sympy.Symbol, limits: Sequence[float], label: str | None) -> "_Knob":
        if len(limits) not in (3, 4):
            got = tuple(limits)
            raise ValueError(f"{where}: slider {symbol} must be (low, high, start[, step]); got {got}.")
        low, high, start, *rest = (Decimal(str(float(value))) for value in limits)
        _check_range(where, "sliders", symbol, float(low), float(high))
        # y̅ (an overline) is how SymPy writes ybar; most fonts draw it badly, and all have ȳ
        default = unicodedata.normalize("NFC", pretty_symbol(symbol.name).replace("\u0305", "\u0304"))
        label = default if label is None else label
        _check_plain(where, f"the label of slider {symbol}", label)
        step = rest[0] if rest else cls._step(low, high, start, integer=bool(symbol.is_integer))
        off = step <= 0 or (high - low) % step or (start - low) % step
        fraction = symbol.is_integer and any(value % 1 for value in (low, start, step))
        if off or fraction or not low <= start <= high:
            raise ValueError(
                f"{where}: slider {symbol} must start within its range, and whole steps from low must reach "
                f"start and high{' by integers' if symbol.is_integer else ''}; got low {low}, high {high}, "
                f"start {start}, step {step}. Round them, or give a step."
            )
        return cls(label, low, high, start, step)

    @staticmethod
    def _step(low: Decimal, high: Decimal, start: Decimal, *, integer: bool) -> Decimal:
        if integer:
            return Decimal(1)
        exponent = math.floor(math.log10(high - low)) - 1
        steps = [Decimal(m).scaleb(exponent - k) for k in range(4) for m in (5, 2, 1)]
        steps = [step for step in steps if step <= (high - low) / 50]
        return next((s for s in steps if not (high - low) % s and not (start - low) % s), steps[-1])

    def html(self, label_width: float) -> str:
        digits = max(0, -int(self.step.normalize().as_tuple().exponent))
        limits = {"min": self.low, "max": self.high, "step": self.step, "value": self.start}
        attributes = " ".join(f'{key}="{value.normalize():f}"' for key, value in limits.items())
        shown = f"{self.start:.{digits}f}".replace("-", "−")
        # The output is no live region: the slider itself already speaks its value.
        return (
            f'<div style="{ROW_STYLE}"><label style="{ROW_STYLE}; flex: 1">'
            f'<span style="flex: 0 0 {label_width:.1f}em">{escape(self.label)}</span>'
            f'<input type="range" {attributes} autocomplete="off" '
            f'style="flex: 1; width: 0; margin: 0; accent-color: {BLUE}"></label>'
            f'<output data-digits="{digits}" aria-live="off" style="min-width: 2.8em; text-align: right; '
            f'font-variant-numeric: tabular-nums">{shown}</output></div>'
        )


def _printable(where: str, label: str, expression: Any, allowed: Sequence[sympy.Symbol]) -> sympy.Expr:
    f = sympy.sympify(expression)
    foreign = sorted(
        {
            type(node).__name__ if node.args else str(node)
            for node in sympy.preorder_traversal(f)
            if not isinstance(node, PRINTABLE_NODES) and type(node).__name__ not in {*known_functions, *ADDED}
        }
        | {str(node) for node in f.atoms(sympy.polygamma) if node.args[0] not in (0, 1)}
    )
    if not isinstance(f, sympy.Expr) or foreign:
        raise ValueError(
            f"{where}: {label!r} must hold only what JavaScript computes; got {', '.join(foreign) or f}. "
            "Evaluate it first (.doit()), or rewrite it in elementary functions."
        )
    if strangers := sorted(str(s) for s in f.free_symbols - set(allowed)):
        raise ValueError(
            f"{where}: {label!r} must hold only {', '.join(map(str, allowed))}; got {', '.join(strangers)}. "
            "Give each a slider, or substitute a number."
        )
    for power in f.atoms(sympy.Pow):
        # JavaScript's cube root of -8 is -2; SymPy's, the principal one, is not real
        if power.exp == sympy.Rational(1, 3) and not power.base.is_nonnegative:
            raise ValueError(
                f"{where}: {label!r} must take cube roots of nonnegative values only; got {power}. "
                "Declare its symbols positive."
            )
    for node in f.atoms(sympy.loggamma):
        if not node.args[0].is_positive:
            raise ValueError(
                f"{where}: {label!r} must take loggamma of positive values only; got {node}. "
                "Declare its symbols positive."
            )
    return f


def _javascript(f: sympy.Expr, arguments: Sequence[sympy.Symbol]) -> str:
    """An arrow function of the arguments, in order, renamed: `\\bar{y}` and `var` are no JavaScript names."""
    plain = {s: sympy.Symbol(f"a{k}", **s.assumptions0) for k, s in enumerate(arguments)}
    code = " ".join(jscode(f.xreplace(plain), user_functions=ADDED).split())
    return f"({', '.join(map(str, plain.values()))}) => {code}"


def _script(members: Mapping[str, str], expressions: Sequence[sympy.Expr]) -> str:
    added = any(type(node).__name__ in ADDED for f in expressions for node in f.atoms(sympy.Function))
    files = ["live_functions.js", "live.js"] if added else ["live.js"]
    runtime = "\n".join(Path(__file__).with_name(file).read_text(encoding="utf-8") for file in files)
    call = "\n".join(f"  {key}: {code}," for key, code in members.items())
    return f"<script>\n(() => {{\n{runtime}\nliveFigure({{\n{call}\n}});\n}})();\n</script>\n"


def _pairs(functions: Mapping[str, str]) -> str:
    return f"[{', '.join(f'[{_json(label)}, {code}]' for label, code in functions.items())}]"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")  # no </script> in a label


def _values(f: sympy.Expr, arguments: Sequence[sympy.Symbol], values: Sequence[Any]) -> np.ndarray:
    function: Callable[..., Any] = sympy.lambdify(arguments, f, modules=["scipy", "numpy"])
    with np.errstate(all="ignore"):
        result = np.asarray(function(*map(np.asarray, values)), dtype=float)
    return np.broadcast_to(result, np.broadcast_shapes(*(np.shape(value) for value in values)))


def _round(pixels: float) -> str:
    return f"{math.floor(max(-9999.0, min(9999.0, pixels)) * 10 + 0.5) / 10:g}"


def _step(low: float, high: float) -> tuple[int, int]:
    """Exponent and mantissa (1, 2, 5 or 10) of a tick spacing that cuts the range into about five."""
    exponent = math.floor(math.log10((high - low) / 5))
    ratio = (high - low) / 5 / 10.0**exponent
    return exponent, 1 if ratio < 1.4 else 2 if ratio < 3.1 else 5 if ratio < 7 else 10


def _ticks(low: float, high: float) -> list[tuple[float, str]]:
    exponent, mantissa = _step(low, high)
    size = mantissa * 10.0**exponent
    digits = max(0, -exponent - (mantissa == 10))
    found = []
    for k in range(math.ceil(low / size - 1e-9), math.floor(high / size + 1e-9) + 1):
        text = f"{k * size:.{digits}f}" if abs(exponent) <= 4 else f"{k * mantissa}e{exponent}"
        found.append((k * size, "0" if k == 0 else text.replace("-", "−")))
    return found


def _y_range(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    low, high = float(finite.min()), float(finite.max())
    if 0 < low < high / 2:
        low = 0.0
    if 0 > high > low / 2:
        high = 0.0
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        margin = abs(low) / 2 or 1.0
        low, high = low - margin, high + margin
    exponent, mantissa = _step(low, high)
    size = mantissa * 10.0**exponent
    return math.floor(low / size + 1e-9) * size, math.ceil(high / size - 1e-9) * size


@dataclass(frozen=True)
class _Frame:
    """The axes of a live figure and what stands in them; `live.js` draws the same from the same numbers."""

    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def to_x(self, x: float) -> float:
        low, high = self.x_range
        return BOX["left"] + (x - low) / (high - low) * (BOX["right"] - BOX["left"])

    def to_y(self, y: float) -> float:
        low, high = self.y_range
        return BOX["bottom"] - (y - low) / (high - low) * (BOX["bottom"] - BOX["top"])

    def path(self, ys: np.ndarray) -> str:
        low, high = self.x_range
        parts, broken = [], True
        for i, y in enumerate(ys.tolist()):
            if not math.isfinite(y):
                broken = True
                continue
            x = low + (high - low) * i / (POINTS - 1)
            parts.append(f"{'M' if broken else 'L'}{_round(self.to_x(x))} {_round(self.to_y(y))}")
            broken = False
        return "".join(parts)

    def draw(
        self,
        name: str,
        heights: Mapping[str, np.ndarray],
        places: Mapping[str, float],
        x_label: str,
        y_label: str,
    ) -> str:
        left, right, top, bottom = BOX["left"], BOX["right"], BOX["top"], BOX["bottom"]
        y_ticks = "".join(
            f'<g transform="translate(0 {_round(self.to_y(y))})">'
            f'<line x1="{left}" x2="{right}" stroke="currentColor" stroke-opacity="0.13"/>'
            f'<text x="{left - 7}" dy="0.35em" text-anchor="end">{text}</text></g>'
            for y, text in _ticks(*self.y_range)
        )
        x_ticks = "".join(
            f'<g transform="translate({_round(self.to_x(x))} {bottom})"><line y2="4" stroke="currentColor"/>'
            f'<text y="18" text-anchor="middle">{text}</text></g>'
            for x, text in _ticks(*self.x_range)
        )
        strokes = _strokes(heights, places)
        paths = "".join(
            f'<path data-curve="{escape(label)}" d="{self.path(ys)}" {strokes[label]}/>'
            for label, ys in heights.items()
        )
        lines = ""
        for label, place in places.items():
            shown = self.x_range[0] <= place <= self.x_range[1]
            lines += (
                f'<line data-marker="{escape(label)}" y1="{top}" y2="{bottom}" {strokes["| " + label]} '
                f'visibility="{"visible" if shown else "hidden"}" '
                f'transform="translate({_round(self.to_x(place)) if shown else 0} 0)"/>'
            )
        return (
            f'<clipPath id="fig-{name}-clip"><rect x="{left}" y="{top - 2}" width="{right - left}" '
            f'height="{bottom - top + 4}"/></clipPath>'
            f'<g data-axis="y">{y_ticks}</g><g data-axis="x">'
            f'<line x1="{left}" x2="{right}" y1="{bottom}" y2="{bottom}" stroke="currentColor"/>{x_ticks}</g>'
            f'<text y="12" font-size="14">{escape(y_label)}</text>'
            f'<text x="{(left + right) // 2}" y="{bottom + 38}" font-size="14" text-anchor="middle">'
            f"{escape(x_label)}</text>"
            f'<g clip-path="url(#fig-{name}-clip)" fill="none">{lines}{paths}</g>'
        )


def _strokes(curves: Mapping[str, Any], markers: Mapping[str, Any]) -> dict[str, str]:
    """Stroke attributes of each curve under its label, and of each marker under "| " and its label."""
    colors = dict(zip(curves, PALETTE, strict=False))
    strokes = {
        label: f'stroke="{color}" stroke-width="2.2" stroke-dasharray="{dash}"'
        for (label, color), dash in zip(colors.items(), reversed(DASHES[: len(curves)]), strict=True)
    }
    own = [label for label in markers if label not in curves]
    for label in markers:
        dash = MARKER_DASHES[own.index(label) % len(MARKER_DASHES)] if label in own else "3 3"
        color = colors.get(label, "currentColor")
        strokes[f"| {label}"] = f'stroke="{color}" stroke-width="1.2" stroke-dasharray="{dash}"'
    return strokes


def _legend(curves: Mapping[str, Any], markers: Mapping[str, Any]) -> str:
    """Outside the SVG: it keeps its size and wraps on a phone."""
    strokes = _strokes(curves, markers)
    swatches = {label: f'<line x2="26" y1="7" y2="7" {strokes[label]}/>' for label in curves}
    for label in markers:
        swatches.setdefault(label, f'<line x1="13" x2="13" y2="14" {strokes["| " + label]}/>')
    items = "\n".join(
        '<span style="white-space: nowrap">'
        '<svg aria-hidden="true" width="26" height="14" viewBox="0 0 26 14" '
        'style="display: inline-block; vertical-align: middle; margin-right: 0.45em">'
        f"{swatch}</svg>{escape(label)}</span>"
        for label, swatch in swatches.items()
    )
    return f'<div style="{LEGEND_STYLE}">\n{items}\n</div>'


def _svg(width: float, height: float, scale: float, alt: str, body: str) -> str:
    style = (
        f"display: block; width: 100%; max-width: {scale * width:.0f}px; height: auto; overflow: visible; "
        "stroke-linejoin: round; stroke-linecap: butt"
    )
    return (
        f'<svg role="img" aria-label="{escape(alt)}" viewBox="0 0 {width:g} {height:g}" '
        f'fill="currentColor" font-size="13" style="{style}">{body}</svg>'
    )


def _tidy(svg: str, name: str) -> str:
    """What stands inside matplotlib's root element, fit to share a page with other figures and with text."""
    body = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    body = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<style\b.*?</style>", "", body, flags=re.DOTALL)  # it would restyle the whole page
    body = body.replace("xlink:href", "href").replace(INK, "currentColor")
    body = re.sub(r' transform="rotate\(-?0 [^)]*\)"', "", body)
    body = re.sub(r'(?<=[" ])font-family: [^;"]*(; )?', "", body)  # the page's own font
    used = dict.fromkeys(re.findall(r'(?:href="#|url\(#)([^")]+)', body))
    short = {old: f"fig-{name}-{k}" for k, old in enumerate(used)}
    body = re.sub(r' id="([^"]*)"', lambda m: f' id="{short[m[1]]}"' if m[1] in short else "", body)
    body = re.sub(r'(?<=href="#)([^"]+)|(?<=url\(#)([^)]+)', lambda m: short[m[0]], body)
    body = re.sub(r' (?:d|x|y)="[^"]*"', _shorten, body)
    return re.sub(r">\s+<", "><", body).strip()


def _shorten(attribute: re.Match[str]) -> str:
    numbers = re.sub(r"-?\d+\.\d{3,}", lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), attribute[0])
    return re.sub(r'\s+(?=")', "", re.sub(r"\s*\n\s*", " ", numbers))


def _picture(name: str, caption: str, alt: str, picture: str, script: str = "") -> Picture:
    # The alt is repeated outside the SVG: strict nbval leaves that out, as its last digits vary between CPUs.
    kind = "book-figure live-figure" if script else "book-figure"
    html = (
        f'<figure class="{kind}" id="fig-{name}" data-alt="{escape(alt)}" style="{FIGURE_STYLE}">\n'
        f"{picture}\n"
        f'<figcaption style="{CAPTION_STYLE}">{escape(caption)}</figcaption>\n</figure>\n{script}'
    )
    return Picture(name, caption, alt, html)
