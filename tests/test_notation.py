"""Symbols are glossed once; what is written keeps its form, its order and its value on the way to the page."""

import cmath
import doctest
import operator
import re
from collections import defaultdict
from statistics import NormalDist

import mpmath
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import (
    Derivative,
    Determinant,
    Function,
    IndexedBase,
    Integral,
    Matrix,
    Rational,
    S,
    Subs,
    Sum,
    Symbol,
    exp,
    lambdify,
    log,
    oo,
    pi,
    polygamma,
    sin,
    sqrt,
    srepr,
    symbols,
)

from utils import notation
from utils.notation import GLOSSARY, LOCAL, as_written, gloss, glossary, latex, normal, symbol, table, tidy, vector
from utils.notation_page import letter, letters

a, b, c = symbols("a b c", real=True)
i, mu_0, sigma, tau_0, y, ys = (getattr(notation, name) for name in ("i", "mu_0", "sigma", "tau_0", "y", "ys"))
F = Function("F")
AT = {"a": 0.73, "b": 2.31, "c": 5.17}


# Letters that the book uses twice on purpose: for a vector and for one observation or one coordinate, for the vector
# of means and the mean of one, for the weights of the schools and the weight of a regression; for a value and a value
# that is known to be positive or to lie in the unit interval; for the letters that a family of laws is known by; and
# where two chapters each need the letter for something of their own, and neither needs the other's.
SHARED_LETTERS = {
    "C_{22}": {"cost_22", "cost_last"},
    "D": {"around", "crossed"},
    "H": {"hw_value", "rows", "units"},
    "K": {"halvings", "layers", "lip"},
    "L": {"depth", "enc_len", "length", "levels"},
    "N": {"bands", "cells"},
    "Q": {"masses_q", "tilted_entry"},
    "R": {"bound", "other_inputs", "risk"},
    "T": {"time", "utterance_frames"},
    "U": {"decoder_steps", "us"},
    "W": {"columns", "ws"},
    r"\Delta": {"halves", "step"},
    r"\bar{y}": {"goal_mean", "ybar"},
    r"\ell": {"log_dets", "miles", "spacing"},
    r"\gamma": {"plan", "plan_entry", "radial_reach", "spread_plan"},
    r"\gamma_{11}": {"both_first", "gamma_11"},
    r"\gamma_{12}": {"gamma_12", "mass_12"},
    r"\gamma_{21}": {"gamma_21", "mass_21"},
    r"\gamma_{22}": {"gamma_22", "mass_22"},
    r"\kappa": {"lifted", "soft_radius"},
    r"\lambda": {"exponent_bc", "lam", "leak", "price", "rate"},
    r"\mu": {"ms", "mu"},
    r"\nu": {"coupling", "frequency"},
    r"\psi": {"psis", "psis_q"},
    r"\tau_1": {"lost_1", "tau_1"},
    r"\theta": {"gen", "theta", "tie"},
    r"\varepsilon": {"eps", "temperature"},
    r"\varphi": {"azimuth", "phis"},
    r"\varsigma": {"scores", "target_sd"},
    r"\vartheta": {"share", "stay_share"},
    "a": {"address", "control", "fewest", "scale", "share_1", "slope"},
    "a_1": {"along_1", "pick_1"},
    "a_2": {"along_2", "pick_2"},
    "b": {"border", "in_batch", "most_more", "share_2", "shift"},
    "c": {"baseline", "column_costs", "in_frame"},
    "c_1": {"least", "low"},
    "e": {"excess_mass", "saving", "shortfalls"},
    "e_0": {"energy", "floor_energy"},
    "e_1": {"energy_1", "left_source"},
    "e_2": {"energy_2", "left_target"},
    "f": {"factor", "guesses", "rewards"},
    "g": {"silent", "stretch"},
    "i": {"i", "in_memory"},
    "j": {"in_step", "j"},
    "m": {"centres", "fitting", "sources", "target"},
    "m_1": {"mass", "mean_source"},
    "m_2": {"mean_target", "need_2"},
    "n": {"bins", "n", "targets"},
    "p": {"order", "power", "step_b"},
    "p_1": {"kink_1", "p_1"},
    "p_2": {"kink_2", "p_2"},
    "q": {"enc_1", "step_j"},
    "r": {"entry_ratio", "miss", "r", "radius", "reduction"},
    "s": {"idle", "s", "slacks", "total"},
    "s_1": {"log_scale_1", "sd_source"},
    "s_2": {"log_scale_2", "sd_target"},
    "s_p": {"bezout_1", "p_sd"},
    "s_q": {"bezout_2", "q_sd"},
    "t": {"in_time", "reach", "t"},
    "u": {"first", "place", "ratio", "row_masses", "supply", "u", "unit"},
    "u_1": {"mass_1", "push_1", "u_1"},
    "u_2": {"mass_2", "push_2", "u_2"},
    "v": {"column_masses", "demand", "edge", "left_weights", "param", "second", "variational"},
    "v_{1}": {"mass_v", "v_1"},
    "w": {"middle", "w", "weight"},
    "w_1": {"facet_1", "row_1"},
    "w_2": {"facet_2", "row_2"},
    "x": {"first_frames", "made_frames", "x", "x_pos", "xs"},
    "x_1": {"first_input", "x_1"},
    "y": {"goals", "true_frames", "y", "y_pos", "ys", "ys_pos"},
    "y_1": {"flowed_1", "place_1", "y_1"},
    "y_2": {"flowed_2", "place_2", "y_2"},
    "z": {"balance", "base", "draws", "latent", "z_pos"},
}


@pytest.fixture
def glossed(monkeypatch):
    """A glossary that the test may change."""
    monkeypatch.setattr(notation, "GLOSSARY", dict(GLOSSARY))
    return notation.GLOSSARY


# ----------------------------------------------------------------------------------- expressions at random
# A tree is built twice, from symbols as an author would write it and from numbers by Python: the second is the truth.

BINARY = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
UNARY = {
    "negative": operator.neg,
    "square": lambda v: v**2,
    "cube": lambda v: v**3,
    "reciprocal": lambda v: v ** (-1),
    "root": lambda v: sqrt(v) if hasattr(v, "free_symbols") else cmath.sqrt(v),
}
LEAVES = st.sampled_from(["a", "b", "c", 1, 2, 3])


TRANSCENDENTAL = {
    "exp": lambda v: exp(v) if hasattr(v, "free_symbols") else mpmath.exp(v),
    "log": lambda v: log(v) if hasattr(v, "free_symbols") else mpmath.log(v),
}


def trees(unary, binary):
    """Nested tuples (operation, part, ...) over the leaves."""
    return st.recursive(
        LEAVES,
        lambda part: st.one_of(st.tuples(st.sampled_from(unary), part), st.tuples(st.sampled_from(binary), part, part)),
        max_leaves=9,
    )


ANY = trees(list(UNARY), list(BINARY))
REAL = trees(["negative", "square", "reciprocal", *TRANSCENDENTAL], list(BINARY))
WITHOUT_FRACTIONS = trees(["square", "cube"], ["+", "-", "*"])


def build(tree, names):
    if not isinstance(tree, tuple):
        return names.get(tree, tree)
    head, *parts = tree
    return {**UNARY, **TRANSCENDENTAL, **BINARY}[head](*(build(part, names) for part in parts))


def built(tree):
    """The tree as an author would write it in a notebook (a bare number stands as SymPy's)."""
    names = {"a": a, "b": b, "c": c, 1: S(1), 2: S(2), 3: S(3)}
    with as_written():
        return build(tree, names)


def value(tree):
    """What the tree is worth; trees without a value are passed over."""
    try:
        found = build(tree, AT)
    except (ZeroDivisionError, OverflowError):
        found = cmath.nan
    assume(cmath.isfinite(found) and 1e-6 < abs(found) < 1e9)
    return complex(found)


def close(found, truth):
    """Equal but for rounding (a root of a number below zero may lie on either side of its cut)."""
    return cmath.isclose(found, truth, rel_tol=1e-6) or cmath.isclose(found, truth.conjugate(), rel_tol=1e-6)


@settings(max_examples=300)
@given(ANY)
def test_tidying_keeps_the_value(tree):
    truth = value(tree)
    neat = tidy(built(tree))
    assert close(complex(neat.subs({a: AT["a"], b: AT["b"], c: AT["c"]})), truth), neat


NUMBERS = {k: Rational(str(v)) for k, v in AT.items()}


def exact_value(tree):
    """What the tree is worth to 60 digits; trees without a real value are passed over."""
    with mpmath.workdps(60):
        names = {k: mpmath.mpf(v.p) / v.q for k, v in {**NUMBERS, 1: S(1), 2: S(2), 3: S(3)}.items()}
        try:
            found = build(tree, names)
        except (ZeroDivisionError, ValueError):
            found = mpmath.nan
        assume(isinstance(found, mpmath.mpf) and 1e-6 < abs(found) < 1e9)
        return found


@settings(max_examples=300)
@given(REAL)
def test_tidying_keeps_the_value_of_exponentials_and_logarithms(tree):
    truth = exact_value(tree)
    neat = tidy(built(tree)).subs({a: NUMBERS["a"], b: NUMBERS["b"], c: NUMBERS["c"]})
    assert mpmath.almosteq(mpmath.mpmathify(neat.evalf(30)), truth, 1e-12)


@settings(max_examples=200)
@given(REAL)
def test_printing_leaves_the_tree_as_it_is(tree):
    exact_value(tree)
    neat = tidy(built(tree))
    before, first = srepr(neat), latex(neat)
    assert srepr(neat) == before and latex(neat) == first


@settings(max_examples=300)
@given(ANY)
def test_tidying_twice_changes_nothing_more(tree):
    value(tree)
    once = tidy(built(tree))
    assert srepr(tidy(once)) == srepr(once)


@settings(max_examples=300)
@given(ANY)
def test_what_is_printed_is_worth_what_was_written(tree):
    truth = value(tree)
    assert close(complex(read(latex(tidy(built(tree))))), truth)


@settings(max_examples=300)
@given(WITHOUT_FRACTIONS)
def test_letters_and_numbers_are_printed_in_the_order_in_which_they_were_written(tree):
    printed = re.sub(r"\^\{\d+\}|\\[a-z]+", "", latex(tidy(built(tree))))
    assert re.findall(r"[a-c]", printed) == [k for k in leaves(tree) if isinstance(k, str)]


def leaves(tree):
    return [leaf for part in tree[1:] for leaf in leaves(part)] if isinstance(tree, tuple) else [tree]


def read(text):
    """The value of a LaTeX formula of sums, products, fractions, roots and whole powers."""
    tokens = re.findall(r"\\left\(|\\right\)|\\[a-z]+|\d+|[-+^{}a-c]", text)
    found = _sum(tokens)
    assert not tokens, (text, tokens)
    return found


def _sum(tokens):
    sign = -1 if tokens[0] == "-" and tokens.pop(0) else 1
    total = sign * _product(tokens)
    while tokens and tokens[0] in "+-":
        total += (1 if tokens.pop(0) == "+" else -1) * _product(tokens)
    return total


def _product(tokens):
    total = _power(tokens)
    while tokens and tokens[0] not in ("+", "-", "}", r"\right)"):
        if tokens[0] == r"\cdot":
            tokens.pop(0)
        total *= _power(tokens)
    return total


def _power(tokens):
    base = _atom(tokens)
    while tokens and tokens[0] == "^":
        tokens.pop(0)
        base = base ** _group(tokens)
    return base


def _group(tokens):
    assert tokens.pop(0) == "{"
    found = _sum(tokens)
    assert tokens.pop(0) == "}"
    return found


def _atom(tokens):
    token = tokens.pop(0)
    if token == r"\frac":
        return _group(tokens) / _group(tokens)
    if token == r"\sqrt":
        return cmath.sqrt(_group(tokens))
    if token == r"\left(":
        found = _sum(tokens)
        assert tokens.pop(0) == r"\right)"
        return found
    return complex(token) if token.isdigit() else AT[token]


# -------------------------------------------------------------------------------------------- as it is written


@pytest.mark.parametrize(
    "write, printed",
    [
        (lambda: b + a, "b + a"),
        (lambda: b - a, "b - a"),
        (lambda: c * b * a, "c b a"),
        (lambda: a - (b - c), r"a - \left(b - c\right)"),
        (lambda: -(a + b), r"- \left(a + b\right)"),
        (lambda: -a * b, "- a b"),
        (lambda: (b + a) ** 2, r"\left(b + a\right)^{2}"),
        (lambda: 2 * (b + a), r"2 \left(b + a\right)"),
        (lambda: a / b + 1, r"\frac{a}{b} + 1"),
        (lambda: (a * b) / (a * c), r"\frac{a b}{a c}"),
        (lambda: a + a, "a + a"),
        (lambda: a * a, "a a"),
        (lambda: a - a, "a - a"),
        (lambda: sqrt(4 * a**2), r"\sqrt{4 a^{2}}"),
        (lambda: log(a * b), r"\log{\left(a b \right)}"),
        (lambda: exp(-a), "e^{- a}"),
        (lambda: exp(-a / b), r"\exp\left(- \frac{a}{b}\right)"),
        (lambda: -2 * (a + b), r"- 2 \left(a + b\right)"),
        (lambda: -a / b, r"- \frac{a}{b}"),
        (lambda: a / 2, r"\frac{a}{2}"),
        (lambda: a - (b + c), r"a - \left(b + c\right)"),
        (lambda: (b - a) * c, r"\left(b - a\right) c"),
        (lambda: (b - a) / (c - a), r"\frac{b - a}{c - a}"),
        (lambda: (a**2) ** 3, "a^{6}"),
        (lambda: 1 / (1 / a), "a"),
        (lambda: y - mu_0, r"y - \mu_{0}"),
        (
            lambda: mu_0 + (y - mu_0) * (tau_0**2 / (sigma**2 + tau_0**2)),
            r"\mu_{0} + \left(y - \mu_{0}\right) \frac{\tau_{0}^{2}}{\sigma^{2} + \tau_{0}^{2}}",
        ),
        (lambda: 1 / tau_0**2 + 1 / sigma**2, r"\frac{1}{\tau_{0}^{2}} + \frac{1}{\sigma^{2}}"),
        (lambda: Derivative(a * b, a), r"\frac{\partial}{\partial a} \left(a b\right)"),
        (lambda: Derivative(a + b, a), r"\frac{\partial}{\partial a} \left(a + b\right)"),
        (lambda: Derivative(log(a), a), r"\frac{d}{d a} \log{\left(a \right)}"),
        (
            lambda: exp(-((a - b) ** 2) / (2 * c**2)) / c,
            r"\frac{1}{c} \exp\left(- \frac{\left(a - b\right)^{2}}{2 c^{2}}\right)",
        ),
        (lambda: exp(a / b) ** 2, r"\exp\left(\frac{a}{b}\right)^{2}"),
        (lambda: exp(a + b + c + a + b + c + a + b), r"\exp\left(a + b + c + a + b + c + a + b\right)"),
        (lambda: Determinant(Matrix([[a - a, 1 * b], [0, c]])), r"\begin{vmatrix} a - a & b \\ 0 & c \end{vmatrix}"),
        (
            lambda: Determinant(Matrix([[Derivative(F(a, b), b)]])),
            r"\begin{vmatrix} \frac{\partial F}{\partial b} \end{vmatrix}",
        ),
        (
            lambda: Determinant(Matrix([[1 / a, b], [0, 1]])),
            r"\begin{vmatrix} \frac{1}{a} & b \\[0.7em] 0 & 1 \end{vmatrix}",
        ),
        (lambda: Derivative(F(a), a), r"F'{\left(a \right)}"),
        (lambda: Derivative(F(a), (a, 2)), r"F''{\left(a \right)}"),
        (lambda: Derivative(F(F(a)), F(a)), r"F'{\left(F{\left(a \right)} \right)}"),
        (lambda: Subs(Derivative(F(a), a), a, b + c), r"F'{\left(b + c \right)}"),
        (
            lambda: Derivative(F(a, b), a, b),
            r"\frac{\partial^{2}}{\partial b\partial a} F{\left(a,b \right)}",
        ),
        (lambda: Derivative(F(a, 2 * b), a), r"\frac{\partial}{\partial a} F{\left(a,2 b \right)}"),
        (lambda: ys[i], "{y}_{i}"),
        (lambda: ys[i + 1], "{y}_{i + 1}"),
        (lambda: ys[1] - notation.ybar, r"{y}_{1} - \bar{y}"),
        (lambda: notation.ms[i], r"{\mu}_{i}"),
        (lambda: Integral(exp(-a) * 2, (a, 0, oo)), r"\int\limits_{0}^{\infty} e^{- a} 2\, da"),
    ],
)
def test_an_expression_is_printed_in_the_authors_own_form(write, printed):
    with as_written():
        expr = tidy(write())
        assert latex(expr) == printed
    assert latex(expr) == printed  # outside of the block too


def test_outside_of_the_block_sympy_evaluates_again():
    with as_written():
        kept = a + a
        with notation.evaluating():
            assert a + a == 2 * a
    assert kept != 2 * a and a + a == 2 * a


def test_an_error_inside_the_block_leaves_evaluation_on():
    with pytest.raises(ZeroDivisionError), as_written():
        raise ZeroDivisionError
    assert a + a == 2 * a


def test_scaffolding_of_unevaluated_arithmetic_goes():
    with as_written():
        assert tidy(1 * a).args == () and tidy(a**1) == a
        assert latex(tidy(a * (b / c) * 1)) == latex(tidy(a * (b / c)))
        assert tidy(-1 * (-1 * a)) == a


def test_the_normal_density_is_printed_with_exp_on_the_line():
    x, m, s = Symbol("x", real=True), Symbol("m", real=True), Symbol("s", positive=True)
    printed = latex(normal(x, m, s**2))
    assert printed == (r"\frac{1}{\sqrt{2 \pi s^{2}}} \exp\left(- \frac{\left(x - m\right)^{2}}{2 s^{2}}\right)")
    density = lambdify([x, m, s], normal(x, m, s**2))
    assert density(1.0, 0.5, 2.0) == pytest.approx(0.19333405840142462)


@pytest.mark.parametrize("mean, deviation", [(0.5, 2.0), (-1.0, 0.1), (5.0, 3.0)])
def test_the_normal_density_takes_a_variance(mean, deviation):
    density = lambdify([y, mu_0, sigma], normal(y, mu_0, sigma**2))
    assert density(1.0, mean, deviation) == pytest.approx(NormalDist(mean, deviation).pdf(1.0), rel=1e-12)


def test_an_absolute_value_leaves_no_bar_to_break_a_table():
    assert "|" not in latex(abs(a - b) * sin(a))


def test_examples_in_the_docstrings():
    result = doctest.testmod(notation)
    assert result.attempted and not result.failed


# ---------------------------------------------------------------------------------------------- the glossary


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: symbol("zeta_9", "a number"), "`zeta_9` needs a domain: give real=True, positive=True"),
        (lambda: symbol("zeta_9", "a number", complex=True), "`zeta_9` needs a domain"),
        (lambda: vector("zetas", Symbol("n", integer=True), "numbers"), "`zetas` needs a domain"),
        (lambda: symbol("zeta_9", " ", real=True), "`meaning` of `zeta_9` is empty: say in words"),
        (lambda: symbol("theta", "an angle", real=True), "`theta` already means “the unknown mean”: choose another"),
        (lambda: symbol("theta", "the unknown mean", positive=True), "`theta` already means"),
        (lambda: vector("theta", Symbol("n", integer=True), "the unknown mean", real=True), "`theta` already means"),
        (lambda: vector("ys", notation.d, GLOSSARY["ys"].meaning, real=True), "`ys` already means"),
        (lambda: table("zetas", notation.n, notation.d, "numbers"), "`zetas` needs a domain"),
        (lambda: vector("zetas", notation.n, "", real=True), "`meaning` of `zetas` is empty"),
    ],
)
def test_a_symbol_needs_a_domain_and_one_meaning(make, message, glossed):
    before = dict(glossed)
    with pytest.raises(ValueError, match=re.escape(message)):
        make()
    assert glossed == before


def test_the_same_symbol_may_be_defined_again(glossed):
    assert symbol("theta", "the unknown mean", real=True) is not None
    assert vector("ys", notation.n, GLOSSARY["ys"].meaning, latex="y", real=True) == ys
    assert glossed == GLOSSARY


def test_a_new_symbol_prints_as_it_is_told_to(glossed):
    made = symbol("zeta_hat", "an estimate", r"\hat{\zeta}", positive=True)
    entries = vector("zs", Symbol("n", integer=True, positive=True), "numbers", "z", real=True)
    with as_written():
        assert latex(made + 1) == r"\hat{\zeta} + 1"
    assert latex(entries[Symbol("i", integer=True)]) == "{z}_{i}"
    tolls = table("tolls", notation.d, notation.n, "numbers in rows", "C", real=True)
    assert latex(tolls[notation.i, notation.j]) == "{C}_{i,j}"
    assert gloss(made).meaning == "an estimate"


def test_every_symbol_of_the_book_has_a_domain_a_meaning_and_latex():
    for name, entry in GLOSSARY.items():
        subject = getattr(entry.symbol, "label", entry.symbol)
        assert str(entry.symbol) == name and entry.meaning.strip() and entry.latex
        assert name.isidentifier()  # a route receives it by this name
        assert subject.is_extended_real or entry.symbol.assumptions0.get("real"), name
        assert not entry.meaning.endswith(".")


def test_letters_are_used_twice_only_on_purpose():
    assert {shown: set(names) for shown, names in letters().items()} == {
        letter(tex): names for tex, names in SHARED_LETTERS.items()
    }


def twins(meanings):
    """Names that mean the same, but for case, articles, punctuation and spaces."""
    names = defaultdict(list)
    for name, meaning in meanings.items():
        names[" ".join(w for w in re.findall(r"\w+", meaning.lower()) if w not in ("a", "an", "the"))].append(name)
    return [found for found in names.values() if len(found) > 1]


def test_no_two_symbols_mean_the_same():
    meanings = {name: entry.meaning for name, entry in GLOSSARY.items()}
    assert twins(meanings) == []
    assert twins(meanings | {"noise_9": "The standard  normal noise."}) == [["eps", "noise_9"]]
    for chapter, local in LOCAL.items():
        assert twins(meanings | {f"{name} of {chapter}": why for name, why in local.items()}) == []


@pytest.mark.parametrize("name", GLOSSARY)
def test_every_symbol_of_the_book_prints_as_glossed_and_fits_a_table(name):
    entry = GLOSSARY[name]
    assert getattr(notation, name) == entry.symbol
    indices = ["i", "j"][: len(entry.symbol.shape)] if isinstance(entry.symbol, IndexedBase) else []
    printed = latex(entry.symbol[symbols(indices)] if indices else entry.symbol)
    assert printed == (f"{{{entry.latex}}}_{{{','.join(indices)}}}" if indices else entry.latex)
    assert "|" not in entry.latex + entry.meaning and "$" not in entry.latex


def test_a_sum_over_two_indices_has_two_signs_of_summation():
    i, j, n, d = notation.i, notation.j, notation.n, notation.d
    tolls = IndexedBase("tolls", shape=(n, d), real=True)
    with as_written():
        assert latex(tidy(Sum(tolls[i, j] + 1, (j, 1, d), (i, 2, n)))) == (
            r"\sum_{i=2}^{n} \sum_{j=1}^{d} \left({tolls}_{i,j} + 1\right)"
        )


def test_polygamma_prints_as_psi():
    x = Symbol("x", positive=True)
    printed = [latex(polygamma(order, x)) for order in (0, 2)]
    assert printed == [r"\psi\left(x\right)", r"\psi_{2}\left(x\right)"]
    assert latex(polygamma(1, x) ** 2) == r"\psi_{1}^{2}\left(x\right)"


def test_a_chapter_shows_the_symbols_it_uses_as_a_table():
    shown = glossary(notation.theta, notation.ybar)._repr_mimebundle_()
    assert shown["text/markdown"].splitlines() == [
        "| symbol | meaning |",
        "|:--|:--|",
        r"| $\theta$ | the unknown mean |",
        r"| $\bar{y}$ | mean of the observations |",
    ]
    assert shown["text/plain"] == "theta: the unknown mean\nybar: mean of the observations"


def test_a_symbol_without_a_gloss_is_named():
    with pytest.raises(KeyError, match=r"`xi` is not in utils/notation.py: define it there, once"):
        glossary(Symbol("xi", real=True))
    with pytest.raises(KeyError, match=r"`xis` is not in"):
        glossary(notation.theta, IndexedBase("xis"))
    with pytest.raises(KeyError, match="`theta` is not in"):
        gloss(Symbol("theta"))  # the same letter without the domain is another symbol
    assert pi not in GLOSSARY


A, B, C, D = symbols("A B C D", positive=True)


@pytest.mark.parametrize(
    ("write", "printed"),
    [
        (lambda: (A / B) / (C / D), r"\frac{\frac{A}{B}}{\frac{C}{D}}"),
        (lambda: (B / A) * (1 / B), r"\frac{\frac{B}{A}}{B}"),
        (lambda: 1 / (A / B), r"\frac{1}{\frac{A}{B}}"),
        (lambda: A * (B / C), r"A \frac{B}{C}"),
        (lambda: A / (-B), r"\frac{A}{- B}"),
        (lambda: (1 / A) / (-B), r"\frac{1}{A \left(- B\right)}"),
    ],
)
def test_fractions_inside_of_fractions_stay_whole(write, printed: str) -> None:
    with as_written():
        assert latex(tidy(write())) == printed


def test_a_difference_keeps_its_brackets_before_an_exponential_on_the_line():
    a, b = symbols("a b", positive=True)
    with as_written():
        printed = latex(tidy((1 - a) * exp(-a / b)))
    assert printed == r"\left(1 - a\right) \exp\left(- \frac{a}{b}\right)"
