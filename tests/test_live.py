"""Live figures: refusals, then real sliders in Chromium against NumPy."""

import re
from decimal import Decimal
from html import escape
from itertools import product
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy
from browser import chromium, console_errors
from scipy import special
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from utils import figures
from utils.figures import PALETTE, Picture, _ticks, _y_range, live

theta, y_bar, shift = sympy.symbols(r"theta \bar{y} shift", real=True)
sigma, tau, var = sympy.symbols("sigma tau_0 var", positive=True)
n = sympy.Symbol("n", integer=True, positive=True)


def normal(mean: sympy.Expr, variance: sympy.Expr) -> sympy.Expr:
    return sympy.exp(-((theta - mean) ** 2) / (2 * variance)) / sympy.sqrt(2 * sympy.pi * variance)


PRECISION = n / sigma**2 + 1 / tau**2
MEAN = n * y_bar / sigma**2 / PRECISION
BELLS = {
    "prior": normal(0, tau**2),
    "likelihood of ȳ": normal(y_bar, sigma**2 / n),
    "posterior": normal(MEAN, 1 / PRECISION),
}
KNOBS = {n: (1, 40, 4), sigma: (0.5, 4, 2), tau: (0.2, 4, 1), y_bar: (-3, 5, 2)}

# Every kind of node that may be printed, a name that JavaScript reserves, poles, gaps and a steep range.
ZOO = {
    "rational": (theta**3 - var) / (theta**2 + Decimal("0.5")) ** 2,
    "logarithm, for positive θ only": sympy.log(theta) * sympy.sqrt(var) + sympy.pi * sympy.E,
    "pole": var / (theta - sympy.Rational(1, 3)),
    "pieces": sympy.Piecewise((theta**2, theta < -1), (sympy.Abs(theta), (theta > 0) & (theta <= var)), (-1, True)),
    "waves": sympy.sin(3 * theta) * sympy.tanh(theta) + sympy.atan(theta) + sympy.floor(theta) * sympy.sign(theta),
    "root": (var + theta**2) ** sympy.Rational(1, 3) + sympy.Max(theta, 0, 1 - var) + sympy.Min(theta, var) ** 3,
}
# Functions that JavaScript lacks
ADDED = {
    "normal distribution function": (1 + sympy.erf(theta / (var * sympy.sqrt(2)))) / 2,
    "gamma": sympy.gamma(theta) / 10,
    "log-gamma": sympy.loggamma(var + theta**2),
    "digamma and trigamma": sympy.digamma(theta) + sympy.polygamma(1, var) * sympy.polygamma(1, theta + 3),
}
WORDS = {"caption": "What to learn.", "alt": "What is seen.", "x_label": "θ", "y_label": "density"}


def bells(**changes) -> Picture:
    arguments = {
        "curves": BELLS,
        "x": (theta, -4, 6),
        "sliders": KNOBS,
        "name": "bells",
        "y_range": (0, 1.5),
        "markers": {"posterior": MEAN, "maximum likelihood": y_bar},
        "names": {y_bar: "ȳ, sample mean"},
    }
    return live(**(arguments | WORDS | changes))


def zoo(**changes) -> Picture:
    arguments = {"curves": ZOO, "x": (theta, -2, 3), "sliders": {var: (0.1, 2, 1)}, "name": "zoo"}
    return live(**(arguments | WORDS | changes))


def added() -> Picture:
    return zoo(curves=ADDED, name="added")


def scale() -> Picture:
    """A line of any steepness: its axis meets every rule for ticks."""
    return zoo(
        curves={"line": 10**y_bar * (theta - shift)},
        sliders={y_bar: (-8, 8, 0), shift: (-12, 12, 0)},
        names={y_bar: "exponent"},
        name="scale",
    )


# What is printed


def test_output_is_the_same_each_time():
    assert bells().html == bells().html


def test_two_figures_share_no_id():
    ids = [set(re.findall(r' id="([^"]+)"', picture.html)) for picture in (bells(), zoo())]
    assert ids[0] and not ids[0] & ids[1]


def test_words_outside_the_svg_are_compared():
    outside = re.sub(r"(?s)<svg.*?</svg>", "", bells().html)
    for words in ("What to learn.", "What is seen.", "maximum likelihood", "ȳ, sample mean", "Math.exp"):
        assert words in outside, words


def test_nothing_is_loaded_and_nothing_is_large():
    html = bells().html
    assert "http" not in html and "src=" not in html and "import" not in html
    assert len(html.encode()) < 30_000


def test_labels_cannot_end_the_script():
    html = zoo(curves={"</script><b>": var * theta}).html
    assert html.count("</script>") == 1 and escape("</script><b>") in html


def test_sliders_are_labelled():
    html = bells().html
    assert html.count('type="range"') == 4 and html.count("<output") == 4
    assert ">n</span>" in html and ">τ₀</span>" in html
    assert 'min="1" max="40" step="1" value="4"' in html
    assert 'min="0.2" max="4" step="0.05" value="1"' in html


def test_ybar_has_a_macron():
    ybar = sympy.Symbol("ybar")
    assert ">ȳ</span>" in zoo(curves={"a": ybar * theta}, sliders={ybar: (1, 2, 1)}).html


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"curves": {}}, "curves must hold 1 to 6 expressions; got 0"),
        ({"curves": dict.fromkeys("abcdefg", var)}, "curves must hold 1 to 6 expressions; got 7"),
        (
            {"curves": {"a": sympy.besselj(0, theta + var)}},
            "'a' must hold only what JavaScript computes; got besselj",
        ),
        ({"curves": {"a": sympy.Sum(var**n, (n, 0, 3))}}, "got .*Sum.*Evaluate it first"),
        ({"curves": {"a": sympy.Integral(theta, (theta, 0, var))}}, "got .*Integral.*doit"),
        ({"curves": {"a": sympy.I * var * theta}}, "'a' must hold only what JavaScript computes; got I"),
        ({"curves": {"a": 2 * sympy.Mod(theta, 3) * var}}, "got Mod"),
        ({"curves": {"a": sympy.Function("f")(theta) * var}}, "got f"),
        ({"curves": {"a": var * sympy.oo}}, "got oo"),
        ({"curves": {"a": var * sympy.EulerGamma}}, "got EulerGamma"),
        ({"curves": {"a": sympy.polygamma(2, var) * theta}}, r"got polygamma\(2, var\)"),
        ({"curves": {"a": sympy.polygamma(n, var) * theta}}, r"got polygamma\(n, var\)"),
        ({"curves": {"a": sympy.loggamma(theta + var)}}, "loggamma of positive values only; got loggamma"),
        ({"curves": {"a": theta < var}}, "must hold only what JavaScript computes; got theta < var"),
        ({"curves": {"a": sympy.Eq(theta, var)}}, "must hold only what JavaScript computes"),
        (
            {"curves": {"a": theta * var * sigma * tau}},
            r"'a' must hold only theta, var; got sigma, tau_0.*slider",
        ),
        (
            {"curves": {"a": sympy.cbrt(theta) * var}},
            r"cube roots of nonnegative values only; got theta\*\*\(1/3\)",
        ),
        ({"curves": {"a": theta}}, "sliders must move something; no curve or marker holds var"),
        (
            {"curves": {"a": sympy.log(-var - theta**2)}},
            "'a' must have finite values at the start; got none of 401",
        ),
        ({"curves": {r"$\theta$": var}}, "must be plain text"),
        ({"markers": {"m": theta}}, "'m' must hold only var; got theta"),
        ({"x": (theta, 3, -2)}, r"theta must run from low to a greater high; got \(3, -2\)"),
        ({"x": (theta, 0, np.inf)}, "theta must run from low to a greater high"),
        ({"x": (tau, -1, 2)}, r"tau_0 is positive; got the range \(-1, 2\)"),
        ({"x": ("theta", 0, 1)}, "x must name a SymPy symbol; got 'theta'"),
        ({"x": (var, 1, 2)}, "x and sliders must be different symbols; got var in both"),
        ({"sliders": {}}, "sliders must hold a symbol at least"),
        ({"sliders": {var: (1, 2)}}, r"slider var must be \(low, high, start\[, step\]\); got \(1, 2\)"),
        ({"sliders": {var: (2, 1, 1)}}, "var must run from low to a greater high"),
        ({"sliders": {var: (0, 1, 1)}}, r"var is positive; got the range \(0, 1\)"),
        ({"sliders": {var: (1, 2, 3)}}, "slider var must start within its range.*start 3"),
        ({"sliders": {var: (1, 2, 1.5, 0.4)}}, "slider var must start within.*step 0.4"),
        ({"sliders": {var: (1, 2, 1.5, -0.1)}}, "slider var must start within.*step -0.1"),
        (
            {"sliders": {n: (1, 9, 2.5)}, "curves": {"a": n * theta}},
            "by integers; got low 1.0, high 9.0, start 2.5",
        ),
        ({"sliders": {n: (1, 9, 2, 0.5)}, "curves": {"a": n * theta}}, "by integers"),
        ({"y_range": (1, 1)}, r"y_range must be \(low, high\) with low < high; got \(1, 1\)"),
        ({"names": {sigma: "σ"}}, "names must name sliders; got sigma"),
        ({"names": {var: "$v$"}}, "the label of slider var must be plain text"),
        ({"x_label": ""}, "x_label must say something"),
        ({"y_label": " "}, "y_label must say something"),
        ({"alt": "What to learn."}, "alt must differ from caption"),
        ({"name": "Bells"}, "live figure 'Bells': name must be kebab-case"),
    ],
)
def test_bad_input_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        zoo(**changes)


def test_symbol_without_plain_name_needs_one():
    with pytest.raises(ValueError, match=r"the label of slider .*bar.* must be plain text; got '.*Write τ₀"):
        bells(names={})


# What moves


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("live") / "page.html"
    html = "".join(figure().html for figure in (bells, zoo, scale, added))
    path.write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Live</title>'
        '<link rel="icon" href="data:,"></head>'
        f"<body>{html}</body></html>",
        encoding="utf-8",
    )
    return path.as_uri()


@pytest.fixture(scope="module")
def driver():
    with chromium() as driver:
        yield driver


@pytest.fixture
def browser(driver, page):
    driver.get(page)
    yield driver
    assert console_errors(driver) == []


def data_of(browser, name: str) -> dict:
    # JSON has no NaN, and the zoo has some
    return browser.execute_script(
        "const plain = (key, v) => typeof v === 'number' && !isFinite(v) ? `${v}` : v;"
        "return JSON.parse(JSON.stringify(document.getElementById(arguments[0]).liveData, plain))",
        f"fig-{name}",
    )


def move(browser, name: str, values: list[float]) -> None:
    browser.execute_script(
        "document.querySelectorAll(`#${arguments[0]} input`).forEach((input, k) => {"
        "input.value = arguments[1][k]; input.dispatchEvent(new Event('input', {bubbles: true}))})",
        f"fig-{name}",
        values,
    )


def check_against_numpy(data: dict, curves: dict, symbols: list, x_symbol: sympy.Symbol) -> None:
    for label, expression in curves.items():
        x = np.array(data["curves"][label]["x"])
        y = np.array([float(value) for value in data["curves"][label]["y"]])
        with np.errstate(all="ignore"):
            expected = sympy.lambdify([x_symbol, *symbols], expression, "numpy")(x, *map(float, data["values"]))
        assert len(x) == 401 and np.isfinite(y).sum() > 100
        np.testing.assert_allclose(y, np.broadcast_to(expected, x.shape), rtol=1e-9, atol=1e-300, err_msg=label)


def check_pixels(browser, name: str, data: dict) -> None:
    """The paths, mapped back from the SVG, are the data to a tenth of a pixel."""
    paths = browser.execute_script(
        "return [...document.querySelectorAll(`#${arguments[0]} path[data-curve]`)]"
        ".map((path) => [path.dataset.curve, path.getAttribute('d')])",
        f"fig-{name}",
    )
    assert {label for label, _ in paths} == set(data["curves"])
    (x_low, x_high), (y_low, y_high), box = data["xRange"], data["yRange"], data["box"]
    for label, d in paths:
        drawn = np.array([list(map(float, point.split())) for point in re.split("[ML]", d)[1:]])
        x = np.array(data["curves"][label]["x"])
        y = np.array([float(value) for value in data["curves"][label]["y"]])
        runs = (np.diff(np.isfinite(y).astype(int), prepend=0) == 1).sum()
        x, y = x[np.isfinite(y)], y[np.isfinite(y)]
        per_x, per_y = (
            (x_high - x_low) / (box["right"] - box["left"]),
            (y_high - y_low) / (box["bottom"] - box["top"]),
        )
        assert np.abs(x_low + (drawn[:, 0] - box["left"]) * per_x - x).max() < 0.06 * per_x
        inside = np.abs(drawn[:, 1]) < 9998  # beyond, the renderer is spared
        error = np.abs(y_low + (box["bottom"] - drawn[:, 1]) * per_y - y)
        assert inside.any() and error[inside].max() < 0.06 * per_y
        assert d.count("M") == runs


def test_figures_start_as_python_drew_them(browser, page):
    pattern = r'(?s)<svg role="img".*?</svg>'
    python = re.findall(pattern, bells().html + zoo().html + scale().html + added().html)
    drawn = browser.execute_script("return [...document.querySelectorAll('svg[role=img]')].map((svg) => svg.outerHTML)")
    number = r"-?\d+(?:\.\d+)?"
    for ours, theirs in zip(python, drawn, strict=True):
        ours = re.sub(r"<(path|line|rect)\b([^>]*)/>", r"<\1\2></\1>", ours)
        assert re.sub(number, "0", ours) == re.sub(number, "0", theirs)
        a, b = ([float(value) for value in re.findall(number, text)] for text in (ours, theirs))
        np.testing.assert_allclose(a, b, atol=0.11)  # a last digit may round the other way


@pytest.mark.parametrize("values", [(4, 2, 1, 2), (40, 0.5, 4, -3), (1, 4, 0.2, 5), (17, 1.25, 0.75, 0.4)])
def test_bells_follow_their_sliders(browser, values):
    move(browser, "bells", list(values))
    data = data_of(browser, "bells")
    assert data["values"] == list(values) and data["yRange"] == [0, 1.5]
    check_against_numpy(data, BELLS, list(KNOBS), theta)
    check_pixels(browser, "bells", data)
    mean = float(MEAN.subs(dict(zip(KNOBS, values, strict=True))))
    assert data["markers"] == pytest.approx({"posterior": mean, "maximum likelihood": values[3]}, rel=1e-12)


@pytest.mark.parametrize("value", [0.1, 1, 1.52, 2])
def test_zoo_follows_its_slider(browser, value):
    move(browser, "zoo", [value])
    data = data_of(browser, "zoo")
    check_against_numpy(data, ZOO, [var], theta)
    check_pixels(browser, "zoo", data)


@pytest.mark.parametrize("value", [0.1, 1, 1.52, 2])
def test_added_functions_follow_their_slider(browser, value):
    move(browser, "added", [value])
    data = data_of(browser, "added")
    check_pixels(browser, "added", data)
    for label, expression in ADDED.items():
        x, y = (np.array([float(v) for v in data["curves"][label][axis]]) for axis in "xy")
        expected = sympy.lambdify([theta, var], expression, ["scipy", "numpy"])(x, value)
        shown = np.isfinite(expected)
        assert (np.isfinite(y) == shown).all() and shown.sum() > 390
        np.testing.assert_allclose(y[shown], expected[shown], rtol=1e-12, atol=1e-12, err_msg=label)


def test_only_figures_that_need_them_carry_the_added_functions():
    assert [figure().html.count("function erf(") for figure in (bells, zoo, scale, added)] == [0, 0, 0, 1]


# Small, large, near zeros and poles, and beyond the largest number; to the left of zero mpmath is the judge, since
# scipy loses digits near the poles.
SPREAD = np.concatenate([np.geomspace(1e-8, 1e8, 400), np.linspace(0.01, 200, 2001), [0.5, 1, 2, 10, 24, 171.6, 172]])
NEGATIVE = -np.concatenate([np.linspace(0.013, 59.99, 997), [0.5, 1 - 1e-9, 1 + 1e-9, 100.5, 168.5]])
JUDGES = {
    "erf": (special.erf, np.concatenate([SPREAD, -SPREAD, [0, 5.9, 6.1, 700]])),
    "gamma": (special.gamma, SPREAD),
    "logGamma": (special.gammaln, SPREAD),
    "digamma": (special.digamma, SPREAD),
    "trigamma": (lambda x: special.polygamma(1, x), SPREAD),
    "gamma left of zero": (np.vectorize(lambda x: float(mpmath.gamma(x))), NEGATIVE),
    "digamma left of zero": (np.vectorize(lambda x: float(mpmath.psi(0, x))), NEGATIVE),
    "trigamma left of zero": (np.vectorize(lambda x: float(mpmath.psi(1, x))), NEGATIVE),
}


@pytest.mark.parametrize("name", JUDGES)
def test_added_functions_are_right_to_twelve_digits(driver, name):
    function, x = JUDGES[name]
    code = Path(figures.__file__).with_name("live_functions.js").read_text(encoding="utf-8")
    # as words, since JSON knows no infinity
    words = driver.execute_script(f"{code}\nreturn arguments[0].map((x) => `${{{name.split()[0]}(x)}}`)", x.tolist())
    got = [float(word.replace("Infinity", "inf")) for word in words]
    np.testing.assert_allclose(got, function(x), rtol=1e-12, atol=1e-12)


def test_added_functions_have_no_value_at_their_poles(driver):
    code = Path(figures.__file__).with_name("live_functions.js").read_text(encoding="utf-8")
    calls = "[erf(NaN), gamma(NaN), logGamma(-0.5), logGamma(0)].concat([0, -1, -2].flatMap((x) => "
    words = driver.execute_script(f"{code}\nreturn {calls} [gamma(x), digamma(x), trigamma(x)])).map(String)")
    assert words == ["NaN"] * 13


def test_one_figure_leaves_the_other_alone(browser):
    before = data_of(browser, "zoo")
    move(browser, "bells", [9, 1, 1, 0])
    assert data_of(browser, "zoo") == before


def test_a_free_axis_follows_the_curves_by_the_rules_of_python(browser):
    texts = "return [...document.querySelectorAll('#fig-scale [data-axis=y] text')].map((t) => t.textContent)"
    seen = set()
    for values in product(range(-8, 9, 2), (-12, -4, -1.5, 0, 1, 5.5, 9, 12)):
        move(browser, "scale", list(values))
        data = data_of(browser, "scale")
        heights = np.array(data["curves"]["line"]["y"])
        low, high = data["yRange"]
        assert low <= heights.min() and heights.max() <= high
        assert (low, high) == pytest.approx(_y_range(heights), rel=1e-12)
        labels = browser.execute_script(texts)
        assert labels == [text for _, text in _ticks(low, high)] and 3 <= len(labels) <= 9
        seen.update(labels)
    assert len(seen) > 60 and "0" in seen and all(any(part in s for s in seen) for part in ("−", "e", "e−", "."))


def test_arrow_keys_move_a_slider(browser):
    first, *_, last = browser.find_elements(By.CSS_SELECTOR, "#fig-bells input")
    first.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT)
    last.send_keys(Keys.HOME)
    data = data_of(browser, "bells")
    assert data["values"] == [5, 2, 1, -3]
    check_against_numpy(data, BELLS, list(KNOBS), theta)
    shown = [output.text for output in browser.find_elements(By.CSS_SELECTOR, "#fig-bells output")]
    assert shown == ["5", "2.00", "1.00", "−3.0"]


def test_sliders_are_named_for_screen_readers(browser):
    names = [slider.accessible_name for slider in browser.find_elements(By.CSS_SELECTOR, "#fig-bells input")]
    assert names == ["n", "σ", "τ₀", "ȳ, sample mean"]
    picture = browser.find_element(By.CSS_SELECTOR, "#fig-bells svg[role=img]")
    assert picture.accessible_name == "What is seen." and picture.aria_role in ("img", "image")


def test_markers_hide_outside_the_plot(browser):
    move(browser, "zoo", [1])
    script = (
        "return [...document.querySelectorAll('#fig-bells line[data-marker]')]"
        ".map((line) => getComputedStyle(line).visibility)"
    )
    assert browser.execute_script(script) == ["visible", "visible"]
    browser.execute_script(
        "const input = document.querySelectorAll('#fig-bells input')[3]; input.min = -9; input.value = -9;"
        "input.dispatchEvent(new Event('input'))"
    )
    assert browser.execute_script(script) == ["hidden", "hidden"]


def test_legend_and_curves_share_their_colours(browser):
    colors = browser.execute_script(
        "return [...document.querySelectorAll('#fig-bells path[data-curve]')]"
        ".map((path) => path.getAttribute('stroke'))"
    )
    assert colors == list(PALETTE[:3])
    legend = browser.find_element(By.CSS_SELECTOR, "#fig-bells > div").text.split("\n")
    assert " ".join(legend) == "prior likelihood of ȳ posterior maximum likelihood"


def test_scripts_may_run_twice_and_late(browser):
    """JupyterLab runs an output's script after the page is there, and once more when a cell is run again."""
    before = {name: data_of(browser, name) for name in ("bells", "zoo")}
    browser.execute_script(
        "const scripts = [...document.querySelectorAll('script')].map((script) => script.textContent);"
        "document.querySelectorAll('figure').forEach((figure) => figure.replaceWith(figure.cloneNode(true)));"
        "[...scripts, ...scripts].forEach((text) => {"
        "const script = document.createElement('script');"
        "script.textContent = text; document.body.append(script)})"
    )
    assert {name: data_of(browser, name) for name in before} == before
    move(browser, "zoo", [2])
    assert data_of(browser, "zoo")["values"] == [2] and data_of(browser, "bells") == before["bells"]


def test_without_javascript_the_picture_stands(page):
    with chromium(javascript=False) as driver:
        driver.get(page)
        for name in ("bells", "zoo"):
            figure = driver.find_element(By.ID, f"fig-{name}")
            assert figure.find_element(By.CSS_SELECTOR, "svg[role=img]").size["height"] > 200
            assert figure.find_element(By.TAG_NAME, "figcaption").is_displayed()
            paths = figure.find_elements(By.CSS_SELECTOR, "path[data-curve]")
            assert paths and all(len(path.get_attribute("d")) > 1000 for path in paths)
            assert not any(slider.is_displayed() for slider in figure.find_elements(By.TAG_NAME, "input"))
        assert driver.execute_script("return document.querySelector('figure').liveData ?? null") is None
