"""Static figures: what stands in the SVG, what is refused, and a palette that all can read."""

import doctest
import itertools
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import matplotlib
import numpy as np
import pytest

matplotlib.use("agg")
import matplotlib.pyplot as plt

from utils import figures
from utils.figures import BLUE, INK, PALETTE, Picture, figure, use_style

WORDS = {"name": "arrows", "caption": "Means shrink.", "alt": "Two dots and an arrow."}


def draw(**words: str) -> Picture:
    use_style()
    fig, ax = plt.subplots()
    ax.plot([0, 1, 2], [0, 1, 0.5], color=BLUE, marker="o", label="σ² & <b>")
    ax.fill_between([0, 1], [0, 1], color=INK, alpha=0.3)
    ax.annotate("τ₀", (1, 1), (0.5, 0.9), arrowprops={"arrowstyle": "->", "color": INK})
    ax.set_xlabel("ȳ\nin points")
    ax.legend()
    return figure(fig, **(WORDS | words))


def svg_of(picture: Picture) -> str:
    found = re.search(r"<svg.*</svg>", picture.html, re.DOTALL)
    assert found
    return found[0]


def test_doctests():
    assert doctest.testmod(figures).failed == 0


def test_page_gets_figure_svg_and_caption():
    bundle = draw()._repr_mimebundle_()
    root = ElementTree.fromstring(bundle["text/html"])
    assert bundle["text/plain"] == "Figure arrows: Two dots and an arrow."
    assert root.tag == "figure" and root.get("class") == "book-figure" and root.get("id") == "fig-arrows"
    svg, caption = root
    assert svg.get("role") == "img" and svg.get("aria-label") == WORDS["alt"]
    assert svg.get("viewBox") == "0 0 403.2 244.8" and "max-width: 538px" in str(svg.get("style"))
    assert caption.tag == "figcaption" and caption.text == WORDS["caption"]


def test_caption_and_alt_are_compared_where_svg_is_left_out():
    outside = re.sub(r"(?s)<svg.*?</svg>", "", draw().html)
    assert WORDS["alt"] in outside and WORDS["caption"] in outside


def test_words_are_escaped():
    html = draw(caption='a < b & "c"', alt="<script>alert(1)</script>").html
    assert "<script" not in html and "a &lt; b &amp; &quot;c&quot;" in html


def test_text_stays_text_in_the_font_of_the_page():
    svg = svg_of(draw())
    assert "σ² &amp; &lt;b&gt;" in svg and ">τ₀</text>" in svg
    assert "font-family" not in svg and "DejaVu" not in svg


def test_black_becomes_the_colour_of_the_page():
    svg = svg_of(draw())
    assert "currentColor" in svg and "#000" not in svg and "black" not in svg
    assert not re.search(r"#f{6}|white", svg)  # no background either
    assert BLUE in svg


def test_nothing_leaks_into_the_page():
    svg = svg_of(draw())
    for leak in ("<style", "<metadata", "<!--", "<?xml", "<!DOCTYPE", "xlink", "Matplotlib", "http"):
        assert leak not in svg, leak


def test_equal_figures_give_equal_bytes():
    assert draw().html == draw().html


def test_bytes_are_equal_in_a_fresh_process():
    code = "import tests.test_figures as t; import sys; sys.stdout.write(t.draw().html)"
    runs = {
        subprocess.run([sys.executable, "-X", "utf8", "-c", code], check=True, capture_output=True).stdout
        for _ in range(2)
    }
    assert runs == {draw().html.encode()}


def test_ids_never_collide_and_references_resolve():
    first, second = (svg_of(draw(name=name)) for name in ("arrows", "arrows-again"))
    ids = [re.findall(r' id="([^"]+)"', svg) for svg in (first, second)]
    assert ids[0] and not set(ids[0]) & set(ids[1])
    for svg, own in zip((first, second), ids, strict=True):
        assert len(own) == len(set(own))
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg)) == set(own)


def test_dense_clouds_are_rasterised():
    use_style()
    fig, ax = plt.subplots()
    ax.scatter(*np.random.default_rng(0).normal(size=(2, 20_000)), s=2, rasterized=True)
    picture = figure(fig, **WORDS)
    assert 'href="data:image/png;base64,' in picture.html and len(picture.html) < 400_000
    ElementTree.fromstring(picture.html)


def test_figure_is_closed():
    before = plt.get_fignums()
    draw()
    assert plt.get_fignums() == before


def test_a_typical_figure_is_small():
    assert len(draw().html.encode()) < 15_000


def test_matplotlib_is_imported_only_to_draw():
    code = "import sys, utils.figures; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"caption": ""}, "caption must say something; got ''"),
        ({"caption": "  "}, "caption must say something; got '  '"),
        ({"alt": ""}, "alt must say something; got ''"),
        ({"alt": None}, "alt must say something; got None"),
        ({"alt": "means shrink. "}, "alt must differ from caption; got 'means shrink. '"),
        ({"caption": r"$\tau_0$"}, "caption must be plain text.*Write τ₀"),
        ({"alt": r"\sigma"}, "alt must be plain text.*not TeX"),
        ({"name": "Two Words"}, "name must be kebab-case; got 'Two Words'. Write e.g."),
        ({"name": ""}, "name must be kebab-case; got ''"),
        ({"name": '"><script>'}, "name must be kebab-case"),
    ],
)
def test_bad_words_are_refused(words, message):
    with pytest.raises(ValueError, match=message):
        draw(**words)
    plt.close("all")


def test_only_figures_are_drawn():
    with pytest.raises(TypeError, match=r"figure 'arrows': fig must be a matplotlib figure; got list"):
        figure([1, 2], **WORDS)


def linear(color: str) -> np.ndarray:
    c = np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    """WCAG 2 contrast ratio."""
    low, high = sorted(float(linear(color) @ [0.2126, 0.7152, 0.0722]) for color in (a, b))
    return (high + 0.05) / (low + 0.05)


# Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision deficiency"
# (2009), severity 1.0, on linear RGB: https://www.inf.ufrgs.br/~oliveira/pubs_files/CVD_Simulation/CVD_Simulation.html
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    t = to_xyz @ np.clip(rgb, 0, 1) / [0.9505, 1.0, 1.089]
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("page", ["#ffffff", "#f6f6f6", "#14181e", "#111111"])
@pytest.mark.parametrize("color", PALETTE)
def test_palette_stands_out_from_light_and_dark_pages(color, page):
    assert contrast(color, page) >= 3


def test_contrast_is_the_one_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#e69f00", "#ffffff") < 3  # Okabe and Ito's own orange, too pale for a line on white


@pytest.mark.parametrize("vision", VISION)
def test_colours_are_told_apart_by_every_eye(vision):
    """A colour difference of 2.3 is just noticeable, one of 10 is plain."""
    seen = [lab(VISION[vision] @ linear(color)) for color in PALETTE]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 10


def test_colour_blindness_is_simulated():
    """A red and a green of one lightness fall together."""
    red, green = (lab(VISION["deuteranopia"] @ linear(color)) for color in ("#b04a00", "#6c6c00"))
    assert np.linalg.norm(red - green) < 10 < np.linalg.norm(lab(linear("#b04a00")) - lab(linear("#6c6c00")))


def test_all_is_sorted_and_complete():
    assert figures.__all__ == sorted(figures.__all__)
    assert all(hasattr(figures, name) for name in figures.__all__)
