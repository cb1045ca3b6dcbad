"""The live figures of the built site, moved by mouse, keyboard and touch, against NumPy; dark, on a phone, printed.

A rule is a function that returns a list of faults; at the end stands a test that shows it finding planted ones.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sympy
from bs4 import BeautifulSoup
from built import PHONE, WIDE, log_faults, view, without_formulas
from scipy import special, stats
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from utils import figures

# What NumPy makes of each figure, written from the text and not from the notebook's expressions


def bell(x, mean, variance):
    return np.exp(-((x - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)


def posterior_curves(theta, n, sigma, tau_0, ybar):
    precision = n / sigma**2 + 1 / tau_0**2
    return {
        "prior": bell(theta, 0, tau_0**2),
        "data": bell(theta, ybar, sigma**2 / n),
        "posterior": bell(theta, n * ybar / sigma**2 / precision, 1 / precision),
    }


def logit_normal_curves(y, slope, shift):
    forgetful = bell(np.log(y) - np.log1p(-y), shift, slope**2)
    return {"h′ forgotten": forgetful, "density of Y": forgetful / (y * (1 - y))}


def planar_curves(z, strength, offset):
    return {
        "z": z,
        "slope, the determinant": 1 + strength / np.cosh(z + offset) ** 2,
        "f(z)": z + strength * np.tanh(z + offset),
    }


NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(100)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def variances(draws):
    """Of functions of a standard normal variable, given at the nodes, (..., nodes)."""
    return draws**2 @ WEIGHTS - (draws @ WEIGHTS) ** 2


def control_curves(a, mu, sigma):
    z = mu + sigma * NODES
    score = NODES / sigma
    controlled = variances((z**2 + a[:, None]) * score)
    return {"without control": np.full(a.shape, variances(z**2 * score)), "with a times the score": controlled}


def wave_curves(frequency, mu):
    phase = frequency[:, None] * (mu + NODES)
    path = variances(-frequency[:, None] * np.sin(phase))
    return {"score function": variances(np.cos(phase) * NODES), "pathwise": path}


def accepted_curves(noise, shape_less_third):
    t = 1 + noise / (3 * np.sqrt(shape_less_third))
    law = stats.gamma(shape_less_third + 1 / 3)
    accepted = law.pdf(shape_less_third * t**3) * t**2 / law.pdf(shape_less_third)
    return {"normal": np.exp(-(noise**2) / 2), "accepted noise": np.where(t > 0, accepted, np.nan)}


def traffic_curves(x, rate_1, rate_2):
    behind = np.exp(-rate_2 * x) - np.exp(-rate_1 * x)  # F - G
    return {
        "density of P": rate_1 * np.exp(-rate_1 * x),
        "density of Q": rate_2 * np.exp(-rate_2 * x),
        "best critic": x * np.sign(rate_2 - rate_1),
        "traffic": np.abs(behind),
    }


def penalty_curves(weight, slope):
    """The best slope of the encoder by least squares, then its two squared errors."""
    best = (slope + weight) / (slope**2 + weight)
    return {
        "squared distance to the prior": (1 - best) ** 2,
        "squared distance, data to model": np.full(weight.shape, (1 - slope) ** 2),
        "penalised objective": (1 - best * slope) ** 2 + weight * (1 - best) ** 2,
    }


def coin_value(p, q, temperature):
    """Entropic cost between coins with chances p and q at distance one, its plan by bisection on the odds ratio."""
    low, high = np.maximum(0, p + q - 1), np.minimum(p, q)
    for _ in range(200):
        t = (low + high) / 2
        below = t * (1 - p - q + t) < np.exp(2 / temperature) * (p - t) * (q - t)
        low, high = np.where(below, t, low), np.where(below, high, t)
    plan = np.array([t, p - t, q - t, 1 - p - q + t])
    free = np.array([p * q, p * (1 - q), (1 - p) * q, (1 - p) * (1 - q)])
    return plan[1] + plan[2] + temperature * special.rel_entr(plan, free).sum(0)


def coin_curves(a, b, temperature):
    b = np.full(a.shape, b)
    biased = coin_value(a, b, temperature)
    return {
        "Wasserstein distance": np.abs(a - b),
        "half energy distance": (a - b) ** 2,
        "entropic cost alone": biased,
        "Sinkhorn divergence": biased - (coin_value(a, a, temperature) + coin_value(b, b, temperature)) / 2,
    }


def plan_and_price_curves(u_1, v_1, gain):
    straight = np.maximum(0, u_1 + v_1 - 1)
    plan = np.array([straight, u_1 - straight, v_1 - straight, 1 - u_1 - v_1 + straight])
    return {
        "γ₁₁, from 1 to 1": plan[0],
        "γ₁₂, from 1 to 2": plan[1],
        "price φ₁ − φ₂": np.where(u_1 + v_1 > 1, 0.3, 0.3 - gain),
        "cost of the best plan": np.array([0.6, 0.2, 0.3, gain - 0.1]) @ plan,
    }


def envelope_curves(x, u_1, v_1, y_2):
    border = 0 if u_1 > v_1 else 1
    first, second = (x - 0.2) ** 2, (x - y_2) ** 2
    second = second + (border - 0.2) ** 2 - (border - y_2) ** 2
    return {"to target 1": first, "to target 2": second, "price φ(x)": np.minimum(first, second)}


def dealt_curves(x, batch, factor, rounds):
    """The pack itself, dealt to `factor` players and gathered, `rounds` times."""
    pack = np.arange(batch * factor)
    for _ in range(rounds):
        pack = np.concatenate([pack[player::factor] for player in range(factor)])
    place = np.floor(x * (len(pack) - 1)).astype(int)
    return {"viewed": place / (len(pack) - 1), "dealt K times": pack[place] / (len(pack) - 1)}


def sharpening_curves(beta, last):
    weights = special.softmax(np.multiply.outer(beta, [0.1, 0.4, 0.8, -0.4, -0.5, last]), axis=1)
    return {
        "weight of 0.4": weights[:, 1],
        "weight of 0.8": weights[:, 2],
        "weight of the last": weights[:, 5],
        "entropy / log 6": special.entr(weights).sum(1) / np.log(6),
    }


def graves_curves(u, steps, share, narrow):
    first, second = (np.exp(-narrow * (u - start - steps) ** 2) for start in (5, 20))
    return {
        "component 1": share * first,
        "component 2": (1 - share) * second,
        "window": share * first + (1 - share) * second,
    }


def best_mass_curves(x: np.ndarray, frames: float, halvings: float, fitting: float) -> dict[str, np.ndarray]:
    """Softmaxes written out: one block of T / 2^K raised by the gap, and m frames of T."""
    blocks = frames / 2**halvings
    one = np.exp(x) / (np.exp(x) + blocks - 1)
    many = fitting * np.exp(x) / (fitting * np.exp(x) + frames - fitting)
    return {"one frame in T": one, "m frames in T": many}


def highway_curves(x: np.ndarray, bias: float) -> dict[str, np.ndarray]:
    """A gate of slope 2 and this bias between x and tanh(3x)."""
    gate = 1 / (1 + np.exp(-(2 * x + bias)))
    return {
        "wire: x": x,
        "layer: H(x) = tanh(3x)": np.tanh(3 * x),
        "highway": gate * np.tanh(3 * x) + (1 - gate) * x,
    }


def help_or_hurt_curves(theta, n, sigma, tau_0):
    """Squared bias plus variance of a weighted mean; the weight of the data by its share of the precision."""
    kept = (n / sigma**2) / (n / sigma**2 + 1 / tau_0**2)
    return {
        "sample mean": np.full(theta.shape, sigma**2 / n),
        "posterior mean": ((1 - kept) * theta) ** 2 + kept**2 * sigma**2 / n,
    }


def two_branch_curves(y, mu, sigma):
    root = np.sqrt(y)
    upper, lower = (stats.norm.pdf(x, mu, sigma) / (2 * root) for x in (root, -root))
    return {"one branch": upper, "both branches: the density of X²": upper + lower}


def standardized_noise_curves(noise, shape):
    law = stats.loggamma(shape)
    spread = np.sqrt(special.polygamma(1, shape))
    standardized = spread * law.pdf(special.digamma(shape) + spread * noise)
    return {"standard normal": stats.norm.pdf(noise), "standardized noise": standardized}


def step_curves(mu, sigma):
    return {
        "P(z > 0)": stats.norm.sf(0, mu, sigma),
        "its slope, from the score": stats.norm.pdf(0, mu, sigma),
    }


def overshoot_curves(steepness, along, strength):
    over = steepness - 1
    return {
        "distance between the means, a₁": np.full(steepness.shape, along),
        "one-sided penalty": steepness * along - strength * np.where(over > 0, over, 0) ** 2,
        "two-sided penalty": steepness * along - strength * over**2,
    }


def roof_curves(t, temperature):
    """The soft minimum of the two costs, the pairings being equally likely beforehand."""
    costs = np.array([(1 - t) ** 2, (1 + t) ** 2])
    soft = -temperature * (special.logsumexp(-costs / temperature, axis=0) - np.log(2))
    return {"exact cost": costs.min(0), "entropic value": soft}


def mmd_curves(spread, width):
    """A Gaussian kernel is a normal density but for its height: its mean is the density at zero of a sum."""

    def mean_kernel(variance):
        return np.sqrt(2 * np.pi) * width * stats.norm.pdf(0, 0, np.sqrt(variance + width**2))

    own, prior, across = mean_kernel(2 * spread**2), mean_kernel(2), mean_kernel(spread**2 + 1)
    return {"squared W₂": (spread - 1) ** 2, "squared MMD": own + prior - 2 * across}


# chapter and figure: places for its sliders, in their order, and what NumPy makes of them
LIVE: dict[tuple[str, str], tuple[list[tuple[float, ...]], Callable]] = {
    ("shrinkage", "posterior-live"): ([(4, 2, 1, 2.5), (1, 5, 0.2, -4), (50, 0.5, 3, 1.5)], posterior_curves),
    ("change-of-variables", "logit-normal-live"): ([(1, 0.5), (0.3, -2), (4, 1.5)], logit_normal_curves),
    ("flows", "planar-fold"): ([(-2, 0), (-0.7, 1.5), (3, -2)], planar_curves),
    ("score-function", "control-parabola"): ([(1, 1), (-0.5, 0.8), (0, 1.2)], control_curves),
    ("reparameterization", "reparameterization-variances-live"): ([(0.3,), (-1.5,), (0,)], wave_curves),
    ("kantorovich-duality", "plan-and-prices"): ([(0.6, 0.5), (0.2, 1), (0.95, 0.1)], plan_and_price_curves),
    ("kantorovich-duality", "price-envelope"): ([(0.7, 0.5, 1), (0.3, 0.5, 0.4), (0.5, 0.05, 1.5)], envelope_curves),
    ("generalized-reparameterization", "accepted-noise"): ([(0.6,), (3,), (8,)], accepted_curves),
    ("wgan", "wgan-traffic"): ([(2, 0.5), (0.3, 2.5), (1, 1.1)], traffic_curves),
    ("wasserstein-autoencoders", "penalty-and-constraint"): ([(2,), (0.5,), (3,)], penalty_curves),
    ("pyramidal-encoders", "pyramid-best-mass-live"): ([(400, 3, 6), (1600, 0, 30), (100, 5, 1)], best_mass_curves),
    ("attention", "attention-sharpening"): ([(0.8,), (0,), (2,)], sharpening_curves),
    ("attention", "attention-graves-window"): ([(0.1, 0.9, 0.02), (10, 0.05, 1), (4, 0.5, 0.2)], graves_curves),
    ("tacotron", "tacotron-highway-gate"): ([(-1,), (-8,), (4,)], highway_curves),
    ("sinkhorn", "between-two-distances"): ([(0.3, 0.4), (0.7, 2), (0.15, 5)], coin_curves),
    ("shrinkage", "shrinkage-help-or-hurt"): ([(4, 2, 1), (1, 5, 0.2), (50, 0.5, 3)], help_or_hurt_curves),
    ("change-of-variables", "change-of-variables-two-branches"): ([(0, 1), (-2, 0.3), (2.5, 2)], two_branch_curves),
    ("generalized-reparameterization", "standardized-noise"): ([(1,), (0.1,), (20,)], standardized_noise_curves),
    ("score-function", "score-function-step-live"): ([(1,), (0.1,), (2,)], step_curves),
    ("wgan", "wgan-penalty-overshoot-live"): ([(1, 1), (3, 0.2), (0.2, 10)], overshoot_curves),
    ("sinkhorn", "sinkhorn-roof"): ([(1,), (0.05,), (4,)], roof_curves),
    ("wasserstein-autoencoders", "mmd-against-distance"): ([(1,), (0.1,), (10,)], mmd_curves),
    ("reshaping", "reshaping-rounds"): ([(16, 2, 3), (5, 3, 1), (31, 5, 6)], dealt_curves),
}


CHAPTERS = sorted({chapter for chapter, _ in LIVE})


def test_every_live_figure_is_moved_below(pages: dict[Path, BeautifulSoup]) -> None:
    found = {
        (file.stem, figure["id"].removeprefix("fig-"))
        for file, page in pages.items()
        for figure in page.select("figure.live-figure")
    }
    assert found == set(LIVE), "add the figure to LIVE, with curves computed by NumPy from the text"
    assert not any(page.select(".live-figure .katex, .live-figure pre") for page in pages.values()), "see below"


# Rules

STATE = """
const figure = document.getElementById(`fig-${arguments[0]}`), {values, yRange, curves} = figure.liveData;
return {
  values, yRange, curves,
  inputs: [...figure.querySelectorAll("input")].map((input) => input.valueAsNumber),
  readouts: [...figure.querySelectorAll("output")].map((output) => [output.innerText, +output.dataset.digits]),
  paths: Object.fromEntries([...figure.querySelectorAll("path[data-curve]")]
    .map((path) => [path.dataset.curve, path.getAttribute("d")])),
}
"""


def readout_faults(values: list[float], readouts: list[tuple[str, int]]) -> list[str]:
    wanted = [f"{value:.{digits}f}".replace("-", "−") for value, (_, digits) in zip(values, readouts, strict=True)]
    return [f"reads {text} at {want}" for (text, _), want in zip(readouts, wanted, strict=True) if text != want]


def path_faults(label: str, drawn: str, heights: np.ndarray, y_range: list[float]) -> list[str]:
    """A path, read back from the pixels, that is not the curve to a tenth of a pixel."""
    points = np.array([list(map(float, point.split())) for point in re.split("[ML]", drawn)[1:]]).reshape(-1, 2)
    box, finite = figures.BOX, np.isfinite(heights)
    x = np.linspace(box["left"], box["right"], figures.POINTS)[finite]
    y = box["bottom"] - (heights[finite] - y_range[0]) / (y_range[1] - y_range[0]) * (box["bottom"] - box["top"])
    if points.shape != (len(x), 2):
        return [f"{label!r} is drawn through {len(points)} points, not {len(x)}"]
    error = np.abs(points - np.column_stack([x, y]))[np.abs(points[:, 1]) < 9998]  # beyond, the renderer is spared
    return [f"{label!r} is drawn {error.max():.2g} px off"] if len(error) and error.max() > 0.06 else []


def figure_faults(browser: webdriver.Chrome, name: str, curves_of: Callable) -> list[str]:
    """Where the figure's numbers, drawing or readouts are not what its sliders say, by NumPy."""
    state = browser.execute_script(STATE, name)
    where, curves = state["inputs"], state["curves"]
    faults = [] if state["values"] == where else [f"drawn for {state['values']}, not {where}"]
    faults += readout_faults(where, state["readouts"])
    expected = curves_of(np.array(next(iter(curves.values()))["x"]), *where)
    if not set(curves) == set(state["paths"]) == set(expected):
        return [*faults, f"curves {sorted(curves)}, paths {sorted(state['paths'])}, expected {sorted(expected)}"]
    for label, wanted in expected.items():
        shown = np.array(curves[label]["y"], dtype=float)  # null where a curve has no value
        if not np.allclose(shown, wanted, rtol=1e-9, atol=1e-12, equal_nan=True):
            faults.append(f"{label!r} at {where} is {np.nanmax(np.abs(shown - wanted)):.2g} from NumPy's")
        faults += path_faults(label, state["paths"][label], shown, state["yRange"])
    return faults


def number(slider: WebElement, attribute: str) -> float:
    return float(slider.get_property(attribute))


def share(slider: WebElement) -> float:
    """How far along its track the thumb is: 0 at the left end, 1 at the right."""
    low, high = number(slider, "min"), number(slider, "max")
    return (number(slider, "value") - low) / (high - low)


def place(browser: webdriver.Chrome, slider: WebElement, at: float) -> tuple[int, int]:
    """Where in the window the middle of the thumb is when it is this far along; the track ends half a thumb in."""
    script = "arguments[0].scrollIntoView({block: 'center'}); const r = arguments[0].getBoundingClientRect();"
    left, width, middle = browser.execute_script(f"{script} return [r.left, r.width, r.top + r.height / 2]", slider)
    return round(left + 8 + at * (width - 16)), round(middle)


def drag(browser: webdriver.Chrome, slider: WebElement, to: float) -> None:
    """Take the thumb with the mouse, pull it along in two strokes, let go."""
    actions = ActionChains(browser, duration=0)
    mouse = actions.w3c_actions.pointer_action
    mouse.move_to_location(*place(browser, slider, share(slider))).pointer_down()
    mouse.move_to_location(*place(browser, slider, (share(slider) + to) / 2))
    mouse.move_to_location(*place(browser, slider, to)).pointer_up()
    actions.perform()


def tap(browser: webdriver.Chrome, slider: WebElement, at: float) -> None:
    """Touch the track with a finger."""
    x, y = place(browser, slider, at)
    for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchEnd", [])):
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def pull_faults(browser: webdriver.Chrome, slider: WebElement, pull: Callable) -> list[str]:
    """A pull by mouse or finger after which the thumb is not where the hand is, to a step and a pixel or two."""
    to = 0.25 if share(slider) > 0.5 else 0.8
    pull(browser, slider, to)
    step = number(slider, "step") / (number(slider, "max") - number(slider, "min"))
    off = abs(share(slider) - to)
    return [f"{pull.__name__}: the thumb is {off:.2f} of its track from the hand"] if off > 0.03 + step else []


def key_faults(slider: WebElement) -> list[str]:
    """End, Home and the arrow do what they say; PageUp goes further than an arrow does, if there is room."""
    low, high, step = (number(slider, name) for name in ("min", "max", "step"))
    found = []
    for key in (Keys.END, Keys.HOME, Keys.ARROW_RIGHT, Keys.PAGE_UP):
        slider.send_keys(key)
        found.append(number(slider, "value"))
    wanted = [high, low, low + step]
    faults = [
        f"keys: {got:g}, not {want:g}" for got, want in zip(found, wanted, strict=False) if abs(got - want) > 1e-9
    ]
    return faults + ([f"keys: PageUp leaves it at {found[3]:g}"] if not low + step < found[3] <= high else [])


def hand_faults(browser: webdriver.Chrome, name: str, curves_of: Callable) -> list[str]:
    """Move each slider by mouse, then by keyboard; after each hand the figure has to follow."""
    faults = []
    for slider in browser.find_elements(By.CSS_SELECTOR, f"#fig-{name} input"):
        faults += pull_faults(browser, slider, drag) + figure_faults(browser, name, curves_of)
        faults += key_faults(slider) + figure_faults(browser, name, curves_of)
    return faults


# Contrast of each curve (3:1) and of the words (4.5:1) with the page behind the figure, by WCAG's formula; widths.
LOOK = """
const figure = document.getElementById(`fig-${arguments[0]}`), frame = figure.getBoundingClientRect();
const light = (color) => color.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255)
  .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
let ground = figure;
while (/^rgba.*, 0\\)$|^transparent$/.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
const page = light(getComputedStyle(ground).backgroundColor);
const contrast = (color) => (Math.max(light(color), page) + 0.05) / (Math.min(light(color), page) + 0.05);
const look = (selector, property) => [...figure.querySelectorAll(selector)]
  .map((tag) => contrast(getComputedStyle(tag)[property]));
return {
  lines: look("path[data-curve]", "stroke"), words: look("svg text, label, output, figcaption", "color"),
  tallest: figure.querySelector("svg[role=img]").getBoundingClientRect().height,
  targets: [...figure.querySelectorAll("input")].map((input) => input.getBoundingClientRect())
    .map((box) => [box.width, box.height]),
  outside: [...figure.querySelectorAll("*")].filter((tag) => !tag.closest("clipPath, g[clip-path]"))
    .map((tag) => tag.getBoundingClientRect())
    .filter((box) => box.left < frame.left || box.right > Math.min(innerWidth, frame.right) + 0.5).length,
}
"""


def look_faults(browser: webdriver.Chrome, name: str) -> list[str]:
    """Curves or words too faint, a picture too small, parts outside the frame, sliders too small for a thumb."""
    look = browser.execute_script(LOOK, name)
    faults = [f"a curve of contrast {value:.1f}" for value in look["lines"] if value < 3]
    faults += [f"words of contrast {value:.1f}" for value in look["words"] if value < 4.5]
    faults += ["a picture less than 150 px high"] if look["tallest"] < 150 else []
    faults += [f"{look['outside']} parts outside the frame"] if look["outside"] else []
    faults += [f"a slider {length:.0f} px long" for length, _ in look["targets"] if length < 90]
    return faults + [f"a slider {height:.0f} px high" for _, height in look["targets"] if height < 24]


SHOWN = """
const figure = document.getElementById(`fig-${arguments[0]}`);
const shown = (selector) => [...figure.querySelectorAll(selector)].filter((tag) => tag.checkVisibility()).length;
return [shown("svg[role=img]"), shown("input"), shown("output"), shown("figcaption")]
"""


def print_faults(browser: webdriver.Chrome, names: list[str]) -> list[str]:
    """On paper: the picture, its caption and the values for which it is drawn; no slider to pull at."""
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    shown = {name: browser.execute_script(SHOWN, name) for name in names}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    faults = []
    for name, (picture, sliders, readouts, caption) in shown.items():
        faults += [] if picture and caption else [f"{name}: the picture is not printed"]
        faults += [f"{name}: {sliders} sliders are printed"] if sliders else []
        faults += [] if readouts else [f"{name}: the values are not printed"]
    return faults


def reload_faults(browser: webdriver.Chrome, starts: dict[str, dict]) -> list[str]:
    """Figures that do not stand as at first when the page is loaded anew. (Browsers like to keep what was entered.)"""
    browser.refresh()
    return [
        f"{name} starts elsewhere" for name, start in starts.items() if browser.execute_script(STATE, name) != start
    ]


def still_faults(figure: BeautifulSoup, curves_of: Callable) -> list[str]:
    """What stands in the page before any script runs: the curves at the start values, and no dead slider."""
    controls = figure.select_one("[data-controls]")
    faults = [] if controls.has_attr("hidden") else ["sliders show where no script runs"]
    faults += ["a slider may keep its place"] if controls.select("input:not([autocomplete=off])") else []
    values = [json.loads(tag["value"]) for tag in controls.select("input")]
    faults += readout_faults(values, [(tag.text, int(tag["data-digits"])) for tag in controls.select("output")])
    script = figure.find_next("script").text
    x = np.linspace(*map(float, re.search(r"xRange: \[(.*?), (.*?)\]", script).groups()), figures.POINTS)
    with np.errstate(all="ignore"):
        expected = {label: np.broadcast_to(heights, x.shape) for label, heights in curves_of(x, *values).items()}
    fixed = re.search(r"fixedY: \[(.*?), (.*?)\]", script)
    y_range = list(map(float, fixed.groups())) if fixed else figures._y_range(np.concatenate([*expected.values()]))
    paths = {tag["data-curve"]: tag["d"] for tag in figure.select("path[data-curve]")}
    if set(paths) != set(expected):
        return [*faults, f"draws {sorted(paths)}, not {sorted(expected)}"]
    return faults + [fault for label in paths for fault in path_faults(label, paths[label], expected[label], y_range)]


# The figures


@pytest.mark.parametrize(("chapter", "name"), LIVE)
def test_a_picture_stands_in_where_javascript_is_off(
    pages: dict[Path, BeautifulSoup], site: Path, chapter: str, name: str
) -> None:
    figure = pages[site / "chapters" / f"{chapter}.html"].select_one(f"#fig-{name}")
    assert still_faults(figure, LIVE[chapter, name][1]) == []


def around_figures(file: Path, folder: Path) -> Path:
    """A copy of a page without its formulas and its code: nine tenths of its elements, and none in a live figure."""
    text = re.sub("<pre>.*?</pre>", "", without_formulas(file.read_text("utf-8")), flags=re.DOTALL)
    copy = folder / file.name
    copy.write_text(text.replace("<head>", f'<head><base href="{file.as_uri()}">', 1), "utf-8")
    return copy


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_live_figures_follow_the_hand(browser: webdriver.Chrome, site: Path, tmp_path: Path, chapter: str) -> None:
    """One load a chapter, few changes of its size: its figures by script at the places named above, by mouse, by keys,
    printed, in the dark, and on a phone, by touch. (In whole pages they are looked at below, and in test_access.py.)
    """
    view(browser, WIDE, "light")
    log_faults(browser)  # whatever came before
    browser.get(around_figures(site / "chapters" / f"{chapter}.html", tmp_path).as_uri())
    drawn = {name: LIVE[of, name] for of, name in LIVE if of == chapter}
    found = {}
    for name, (places, curves_of) in drawn.items():
        for values in places:
            taken = browser.execute_script(
                "return [...document.querySelectorAll(arguments[0])].map((input, k) => { input.value = arguments[1][k];"
                "input.dispatchEvent(new Event('input', {bubbles: true})); return +input.value })",
                f"#fig-{name} input",
                list(values),
            )
            assert taken == list(values), "these places are not on the sliders' steps"
            found[name, values] = figure_faults(browser, name, curves_of)
        found[name, "hand"] = hand_faults(browser, name, curves_of)
        found[name, "light"] = look_faults(browser, name)
    found["print"] = print_faults(browser, list(drawn))
    for size, theme in ((WIDE, "dark"), (PHONE, "dark"), (PHONE, "light")):
        view(browser, size, theme)
        found |= {(name, size, theme): look_faults(browser, name) for name in drawn}
    for name, (_, curves_of) in drawn.items():
        slider = browser.find_element(By.CSS_SELECTOR, f"#fig-{name} input")
        found[name, "touch"] = pull_faults(browser, slider, tap) + figure_faults(browser, name, curves_of)
    found["log"] = log_faults(browser)
    assert not {where: faults for where, faults in found.items() if faults}


def test_live_figures_start_anew_when_their_page_does(browser: webdriver.Chrome, site: Path) -> None:
    """In one chapter: the attribute that tells browsers so is looked for in all, above."""
    view(browser, WIDE, "light")
    browser.get((site / "chapters" / "attention.html").as_uri())
    names = [name for chapter, name in LIVE if chapter == "attention"]
    start = {name: browser.execute_script(STATE, name) for name in names}
    for slider in browser.find_elements(By.CSS_SELECTOR, "figure.live-figure input"):
        slider.send_keys(Keys.END)
    moved = {name: browser.execute_script(STATE, name) for name in names}
    assert reload_faults(browser, start) == []
    assert reload_faults(browser, moved) == [f"{name} starts elsewhere" for name in names]


def test_pages_without_javascript_show_the_pictures_alone(browser: webdriver.Chrome, site: Path) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get((site / "chapters" / "attention.html").as_uri())
        for figure in browser.find_elements(By.CSS_SELECTOR, "figure.live-figure"):
            assert figure.find_element(By.CSS_SELECTOR, "svg[role=img]").size["height"] > 150
            assert not any(slider.is_displayed() for slider in figure.find_elements(By.TAG_NAME, "input"))
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


# Planted faults

T, A = sympy.symbols("t a", real=True)
FRAME = {"name": "planted", "caption": "What to learn.", "alt": "What is seen.", "x_label": "t", "y_label": "y"}


def line_curves(t: np.ndarray, a: float) -> dict[str, np.ndarray]:
    return {"line": a * t + 1}


def planted_page(tmp_path: Path, old: str, new: str) -> Path:
    """A page with one live figure in the book's styles, in which `old` is replaced by `new`."""
    html = figures.live({"line": A * T + 1}, (T, 0, 1), {A: (0, 4, 1)}, **FRAME).html
    assert old in html
    style = "body { background: #fff } input { min-height: 24px } @media print { input { display: none } }"
    page = tmp_path / "page.html"
    head = '<!DOCTYPE html><meta charset="utf-8"><meta name=viewport content="width=device-width, minimum-scale=1">'
    page.write_text(f"{head}<style>{style}</style><body>{html.replace(old, new)}", encoding="utf-8")
    return page


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("", "", ""),
        ("=> a0*a1 + 1", "=> a0*a1 + 1.001", "from NumPy's"),
        ("round(toY(y[i], range))", "round(toY(y[i], range) + 0.2)", "px off"),
        ("values[k].toFixed(", "(values[k] + 1).toFixed(", "reads "),
        ('addEventListener("input", redraw)', 'addEventListener("nothing", redraw)', "drawn for"),
        ("<input ", '<input readonly onkeydown="return false" ', "keys: "),
        ('<input type="range"', '<input onmousedown="return false" type="range"', "drag: "),
        ("flex: 1; width: 0", "flex: 1; width: 0; pointer-events: none", "drag: "),
        ('stroke="#1a80c4"', 'stroke="#cccccc"', "a curve of contrast 1.6"),
        ("text-align: left; color: inherit", "color: #999", "words of contrast 2.8"),
        ("max-width: 540px; height: auto", "max-width: 50px; height: auto", "less than 150 px high"),
        ("<figcaption ", "<p style='width: 700px'>wide</p><figcaption ", "parts outside the frame"),
        ("flex: 1; width: 0", "flex: 1; width: 0; min-height: 0; height: 16px", "a slider 16 px high"),
        ("flex: 1; width: 0", "flex: 0 0 60px; width: 60px", "a slider 60 px long"),
        ("flex: 1; width: 0", "flex: 1; width: 0; display: block !important", "1 sliders are printed"),
        ("<output ", "<output hidden ", "the values are not printed"),
    ],
)
def test_planted_faults_are_found(browser: webdriver.Chrome, tmp_path: Path, old: str, new: str, fault: str) -> None:
    view(browser, PHONE, "light")
    browser.get(planted_page(tmp_path, old, new).as_uri())
    faults = hand_faults(browser, "planted", line_curves) + look_faults(browser, "planted")
    faults += print_faults(browser, ["planted"])
    assert any(fault in found for found in faults) if fault else faults == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("", "", ""),
        ("data-controls hidden", "data-controls", "sliders show"),
        (' autocomplete="off"', "", "may keep its place"),
        (">1.00</output>", ">2.00</output>", "reads 2.00 at 1.00"),
        ("L530 ", "L531 ", "1 px off"),
        ('data-curve="line"', 'data-curve="curve"', "draws ['curve']"),
    ],
)
def test_planted_faults_in_stills_are_found(tmp_path: Path, old: str, new: str, fault: str) -> None:
    page = BeautifulSoup(planted_page(tmp_path, old, new).read_text("utf-8"), "html.parser")
    faults = still_faults(page.select_one("figure"), line_curves)
    assert any(fault in found for found in faults) if fault else faults == []
