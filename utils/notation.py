"""The book's symbols, each defined once with its assumptions and meaning, and how expressions are written.

Variances are variances: N(m, s²) names a normal law by mean and variance throughout the book.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sympy import (
    Add,
    Basic,
    Derivative,
    Determinant,
    Expr,
    Function,
    Indexed,
    IndexedBase,
    MatAdd,
    MatMul,
    MatrixBase,
    MatrixSymbol,
    Mul,
    Pow,
    S,
    Sum,
    Symbol,
    evaluate,
    exp,
    pi,
    sqrt,
)
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE

__all__ = [
    "GLOSSARY",
    "LOCAL",
    "Gloss",
    "as_written",
    "evaluating",
    "gloss",
    "glossary",
    "latex",
    "normal",
    "symbol",
    "table",
    "tidy",
    "vector",
]


SHORT_EXPONENT = 6  # operations; a longer exponent is unreadable as a superscript


@dataclass(frozen=True)
class Gloss:
    """What a symbol stands for."""

    symbol: Basic
    latex: str
    meaning: str


GLOSSARY: dict[str, Gloss] = {}

# What a notebook may make for itself, by name: functions that stand for any function, matrices, and the arrays and
# indices of the index maps, which count from 0 where the book's vectors count from 1. The notation page lists them with
# these meanings; each stands for one thing in one chapter, where the glossary's hold for the whole book.
LOCAL: dict[str, dict[str, str]] = {
    "shrinkage": {
        "g": "any smooth function, in Stein's identity",
        "S": "covariance matrix of one observation",
        "S_0": "covariance matrix of the prior",
        "m_0": "mean vector of the prior",
        "v": "an observation in several dimensions",
    },
    "change-of-variables": {
        "f_X": "density of X, whatever it is",
        "f_Y": "density of Y, whatever it is",
        "g": "the map from X to Y, whatever it is",
        "h": "the way back from Y to X",
        "f": "joint density of X and Y, whatever it is",
        "h_1": "first coordinate of the way back, a function of u alone",
        "h_2": "second coordinate of the way back",
        "varphi": "any function of Y whose mean is taken",
        "S": "an invertible matrix: the linear map of a normal vector",
        "v": "a vector less its mean",
    },
    "flows": {
        "f_1": "first coordinate of a planar flow's map",
        "f_2": "second coordinate of a planar flow's map",
        "s": "any function as the log scale of a coupling layer",
        "t": "any function as the shift of a coupling layer",
        "*_1": "first coordinate of a map of the plane, with the initial of the flow's name",
        "*_2": "second coordinate of a map of the plane, with the initial of the flow's name",
    },
    "score-function": {
        "q": "any density of the latent variable, or any positive function of the parameter",
        "j": "any joint density of x and the latent variable",
        "f": "any function whose mean is taken",
    },
    "reparameterization": {
        "f": "any function whose mean is taken",
        "q": "any density of the noise or of the latent variable",
        "tau": "any way from noise to the latent variable",
    },
    "generalized-reparameterization": {
        "f": "any function whose mean is taken, or any density in the plane",
        "q": "any density of the latent variable",
        "T": "any way from noise to the latent variable",
        "h": "velocity of the draw as the parameter moves",
        "q_epsilon": "density of the standardized draw, whatever it is",
        "F_1": "first coordinate of any flux in the plane",
        "F_2": "second coordinate of any flux in the plane",
        "F": "any distribution function of the latent variable",
    },
    "kantorovich-duality": {
        "g": "a plan as one long vector, indexed from 0",
        r"\gamma": "a plan as a table, indexed from 0",
        r"\varphi": "the sources' prices, indexed from 0",
        r"\psi": "the targets' prices, indexed from 0",
        "a": "the sources' prices, repeated for each target, indexed from 0",
        "b": "the targets' prices, repeated for each source, indexed from 0",
    },
    "wasserstein-autoencoders": {"f": "any continuous function"},
    "reshaping": {
        "m": "memory: all numbers in a row, indexed from 0",
        "x": "the batch before it is reshaped, indexed from 0",
        "y": "the batch in the right order, indexed from 0",
        "z": "the batch in the wrong order, indexed from 0",
        "f": "the loss of one number and its target, whatever it is",
    },
    "attention": {
        "u": "a row of a convolution matrix, from 0",
        "j": "an encoder step, from 0",
        "m": "a place in a window, from 0",
        "X": "windows over an alignment, indexed from 0",
        "a": "an alignment with zeros on both ends, indexed from 0",
        "f": "location features, indexed from 0",
        "F": "a filter, indexed from 0",
    },
    "pyramidal-encoders": {
        "b": "a recording of the batch, from 0",
        "t": "a step of a layer, from 0",
        "c": "an input of a layer, from 0",
        "x": "what goes into a layer, indexed from 0",
        "y": "pairs of frames joined, indexed from 0",
    },
    "tacotron": {
        "c": "a channel, or a number of a frame, from 0",
        "l": "a place in the text, from 0",
        "j": "a place in a pooling window, from 0",
        "u": "a decoder step, from 0",
        "b": "a string of the batch, from 0",
        "x": "what a convolution bank puts out, indexed from 0",
        "y": "what is pooled, or the true frames, indexed from 0",
        "f": "the frames that a decoder is fed, indexed from 0",
        "H": "any function in a highway layer",
    },
    "museum": {"x_**": "masses of a plan, where SymPy's own simplex is asked for them"},
}


def symbol(name: str, meaning: str, latex: str = "", **assumptions: bool) -> Symbol:
    """A symbol of the book: `name` as a Python route receives it, its meaning, its LaTeX, its assumptions.

    Raises ValueError if the name is taken with another meaning, or if there is no domain or no meaning.
    """
    return _register(name, Symbol(name, **assumptions), latex, meaning)


def vector(name: str, length: Symbol, meaning: str, latex: str = "", **assumptions: bool) -> IndexedBase:
    """A real vector of the book, indexed from 1 to `length`; it raises as `symbol` does."""
    return _register(name, IndexedBase(name, shape=(length,), **assumptions), latex, meaning)


def table(name: str, rows: Symbol, columns: Symbol, meaning: str, latex: str = "", **assumptions: bool) -> IndexedBase:
    """A real array of the book, indexed from 1 to `rows` and from 1 to `columns`; it raises as `symbol` does."""
    return _register(name, IndexedBase(name, shape=(rows, columns), **assumptions), latex, meaning)


def _register(name: str, made: Any, latex: str, meaning: str) -> Any:
    if not getattr(made, "label", made).is_extended_real:
        raise ValueError(f"`{name}` needs a domain: give real=True, positive=True, integer=True or the like")
    if not meaning.strip():
        raise ValueError(f"`meaning` of `{name}` is empty: say in words what it stands for")
    known = GLOSSARY.get(name)
    if known and (known.symbol != made or known.meaning != meaning):
        raise ValueError(f"`{name}` already means “{known.meaning}”: choose another name")
    GLOSSARY[name] = Gloss(made, latex or _plain_latex(made), meaning)
    return made


def _plain_latex(s: Basic) -> str:
    return LatexPrinter().doprint(s.label if isinstance(s, IndexedBase) else s)


@contextmanager
def as_written() -> Iterator[None]:
    """Keep expressions in the author's own form and order: SymPy's automatic evaluation is off inside the block."""
    with evaluate(False):
        yield


@contextmanager
def evaluating() -> Iterator[None]:
    """SymPy as usual, inside a block that is written as it is: the checker's own work happens here."""
    with evaluate(True):
        yield


def tidy(expr: Basic) -> Basic:
    """The author's tree without the scaffolding that unevaluated arithmetic leaves: factors of 1, nested products.

    The value and the order of what is written stay as they are.
    """
    with evaluate(True):
        return _tidy(expr)


def _tidy(expr: Basic) -> Basic:
    if not expr.args or isinstance(expr, Indexed | IndexedBase | MatrixSymbol):
        return expr
    if isinstance(expr, MatrixBase):
        return expr.applyfunc(_tidy)
    args = [_tidy(a) for a in expr.args]
    if isinstance(expr, Mul):
        negative, factors = False, []
        for factor in (f for a in args for f in (_merged(a) if isinstance(a, Mul) else (a,))):
            sign, size = _signed(factor)
            negative ^= sign
            factors += [size] if size != 1 else []
        if negative and factors and factors[0].is_Number:
            return _rebuilt(Mul, [-factors[0], *factors[1:]], S.One)
        return _rebuilt(Mul, ([S.NegativeOne] if negative else []) + factors, S.One)
    if isinstance(expr, Add):
        return _rebuilt(Add, [f for a in args for f in (a.args if isinstance(a, Add) else (a,))], S.Zero)
    if isinstance(expr, Pow):
        if args[1] == 1:
            return args[0]
        if isinstance(args[0], Pow) and args[1].is_Integer and args[0].exp.is_Integer and args[1] * args[0].exp > 0:
            args = [args[0].base, args[0].exp * args[1]]
        return args[0] if args[1] == 1 else Pow(*args, evaluate=False)
    if isinstance(expr, MatMul | MatAdd | Relational | Function):
        return expr.func(*args, evaluate=False)
    return expr.func(*args)


def _merged(product: Mul) -> tuple:
    """The factors of an inner product; a fraction that the author bracketed stays a factor of its own."""
    fraction = any(isinstance(f, Pow) and f.exp.is_negative for f in product.args)
    if not fraction:
        return product.args
    negative, size = _unsigned(product)
    return (S.NegativeOne, size) if negative else (product,)


def _signed(factor: Expr) -> tuple[bool, Expr]:
    return (True, -factor) if factor.is_Number and factor.is_negative else (False, factor)


def _rebuilt(head: type, args: list, empty: Expr) -> Expr:
    return head(*args, evaluate=False) if len(args) > 1 else (args[0] if args else empty)


class _Printer(LatexPrinter):
    """LaTeX in the order of the tree, with the glossary's names."""

    def __init__(self) -> None:
        names = {getattr(g.symbol, "label", g.symbol): g.latex for g in GLOSSARY.values()}
        super().__init__({"order": "none", "symbol_names": names})

    # SymPy's own printer negates terms to print their sign, and on the way evaluates (and reorders) them.

    def _print_Add(self, e: Add, order: Any = None) -> str:
        pieces = []
        for k, term in enumerate(e.args):
            negative, size = _unsigned(term)
            body = self.parenthesize(size, PRECEDENCE["Add"], strict=False) if negative else self._print(size)
            pieces.append(("- " if negative else "") + body if k == 0 else f" {'-' if negative else '+'} {body}")
        return "".join(pieces)

    def _print_Mul(self, e: Mul) -> str:
        negative, size = _unsigned(e)
        if negative:
            return "- " + self.parenthesize(size, PRECEDENCE["Add"], strict=False)
        tall = [f for f in e.args if isinstance(f, exp) and self._is_tall(f.exp)]
        rest = [f for f in e.args if f not in tall]
        if tall and rest:  # exp(...) on the line, after the fraction, not small on top of it
            before = self._print_Mul(_rebuilt(Mul, rest, S.One)) if len(rest) > 1 else self._factor(rest[0])
            return " ".join([before, *map(self._print, tall)])
        below = [f for f in e.args if _is_divisor(f)]
        parts = [*(f.base for f in below), *(f for f in e.args if f not in below)]
        if below and any(isinstance(part, Mul) for part in parts):  # SymPy would tear an inner fraction apart
            above = [f for f in e.args if f not in below]
            under = [f.base if f.exp == -1 else Pow(f.base, -f.exp, evaluate=False) for f in below]
            return rf"\frac{{{self._factors(above)}}}{{{self._factors(under)}}}"
        return super()._print_Mul(e)

    def _factors(self, factors: list) -> str:
        if len(factors) == 1:
            return self._print(factors[0])
        return " ".join(map(self._factor, factors)) or "1"

    def _factor(self, factor: Basic) -> str:
        if _unsigned(factor)[0]:  # a minus sign between two factors would read as a difference
            return rf"\left({self._print(factor)}\right)"
        return self.parenthesize(factor, PRECEDENCE["Mul"], strict=True)

    def _print_Sum(self, e: Sum) -> str:
        """One sign of summation for each index, the outermost first."""
        if len(e.limits) == 1:
            return super()._print_Sum(e)
        inner = Sum(e.function, *e.limits[:-1])
        return self._print_Sum(Sum(S.One, e.limits[-1])).removesuffix("1") + self._print(inner)

    def _print_Pow(self, e: Pow) -> str:
        if e.exp == -1 and isinstance(e.base, Mul):
            return rf"\frac{{1}}{{{self._print(e.base)}}}"
        return super()._print_Pow(e)

    def _print_polygamma(self, e: Any, exp: Any = None) -> str:
        """The digamma function as psi, its derivatives as psi_1, psi_2, ..."""
        order, argument = e.args
        name = r"\psi" + ("" if order == 0 else rf"_{{{self._print(order)}}}")
        return name + ("" if exp is None else rf"^{{{exp}}}") + rf"\left({self._print(argument)}\right)"

    def _is_tall(self, exponent: Expr) -> bool:
        """A fraction is unreadable as a superscript."""
        return r"\frac" in self._print(exponent) or exponent.count_ops() > SHORT_EXPONENT

    def _print_Determinant(self, e: Determinant) -> str:
        if not isinstance(e.arg, MatrixBase):
            return super()._print_Determinant(e)
        rows = [[self._print(entry) for entry in e.arg.row(k)] for k in range(e.arg.rows)]
        gap = r" \\[0.7em] " if any(r"\frac" in entry for row in rows for entry in row) else r" \\ "
        return rf"\begin{{vmatrix}} {gap.join(' & '.join(row) for row in rows)} \end{{vmatrix}}"

    def _print_Derivative(self, e: Any) -> str:
        if isinstance(e.expr, AppliedUndef) and len(e.expr.args) == 1 and set(e.variables) == set(e.expr.args):
            return self._primed(e, e.expr.args[0])
        of_several = isinstance(e.expr, AppliedUndef) and len(e.expr.args) > 1
        if of_several and len(e.variables) == 1 and all(a.is_Symbol for a in e.expr.args):
            name = self._print(Symbol(e.expr.func.__name__))  # its arguments stand where the function is defined
            return rf"\frac{{\partial {name}}}{{\partial {self._print(e.variables[0])}}}"
        if (
            isinstance(e.expr, Add | Mul) and len(e.variables) == 1
        ):  # without brackets a product reads as its first factor
            return rf"\frac{{\partial}}{{\partial {self._print(e.variables[0])}}} \left({self._print(e.expr)}\right)"
        return super()._print_Derivative(e)

    def _print_Subs(self, e: Any) -> str:
        inner, old, new = e.args
        if isinstance(inner, Derivative) and isinstance(inner.expr, AppliedUndef) and inner.expr.args == tuple(old):
            return self._primed(inner, new[0])
        return super()._print_Subs(e)

    def _primed(self, derivative: Any, argument: Expr) -> str:
        """The derivative of an undefined function of one variable, as F'(x)."""
        name = self._print(Symbol(derivative.expr.func.__name__))
        return rf"{name}{chr(39) * len(derivative.variables)}{{\left({self._print(argument)} \right)}}"

    def _print_ExpBase(self, e: Any, exp: Any = None) -> str:
        if not self._is_tall(e.exp):
            return super()._print_ExpBase(e, exp)
        body = rf"\exp\left({self._print(e.exp)}\right)"
        return rf"{body}^{{{exp}}}" if exp is not None else body


def _is_divisor(factor: Basic) -> bool:
    return isinstance(factor, Pow) and factor.exp.is_Rational and factor.exp.is_negative


def _unsigned(term: Basic) -> tuple[bool, Basic]:
    """Whether a term carries a minus sign, and the term without it, otherwise untouched."""
    if isinstance(term, Mul) and term.args[0].is_Number and term.args[0].is_negative:
        first = -term.args[0]
        return True, _rebuilt(Mul, ([] if first == 1 else [first]) + list(term.args[1:]), S.One)
    if term.is_Number and term.is_negative:
        return True, -term
    return False, term


def latex(expr: Basic) -> str:
    """LaTeX of an expression as it stands: nothing is reordered, nothing simplified.

    >>> a, b = Symbol("b", real=True), Symbol("a", real=True)
    >>> with as_written():
    ...     print(latex(tidy(a - b)))
    b - a
    """
    with evaluating():
        return _Printer().doprint(expr).replace("|", r"\vert ")


def gloss(s: Basic) -> Gloss:
    """The glossary's entry for a symbol; KeyError names the symbol that has none."""
    for entry in GLOSSARY.values():
        if entry.symbol == s:
            return entry
    raise KeyError(f"`{s}` is not in utils/notation.py: define it there, once, with its meaning")


class glossary:
    """A table of symbols and what they stand for, as a chapter's "what you need" shows it."""

    def __init__(self, *symbols: Basic) -> None:
        self.entries = [gloss(s) for s in symbols]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        rows = [f"| ${e.latex}$ | {e.meaning} |" for e in self.entries]
        plain = "\n".join(f"{e.symbol}: {e.meaning}" for e in self.entries)
        return {"text/markdown": "\n".join(["| symbol | meaning |", "|:--|:--|", *rows]), "text/plain": plain}


def normal(x: Expr, mean: Expr, variance: Expr) -> Expr:
    """The density of N(mean, variance) at x, written as in the literature."""
    with as_written():
        return tidy(exp(-((x - mean) ** 2) / (2 * variance)) / sqrt(2 * pi * variance))


# ---------------------------------------------------------------------------------------- estimating (part I)

theta = symbol("theta", "the unknown mean", real=True)
y = symbol("y", "one observation, or a value of Y", real=True)
sigma = symbol("sigma", "standard deviation of one observation, taken as known, or of a normal law", positive=True)
mu_0 = symbol("mu_0", "mean of the prior", real=True)
tau_0 = symbol("tau_0", "standard deviation of the prior", positive=True)
mu_1 = symbol("mu_1", "mean of the posterior after one observation", real=True)
tau_1 = symbol("tau_1", "standard deviation of the posterior after one observation", positive=True)
n = symbol("n", "number of observations, draws or points", integer=True, positive=True)
ys = vector("ys", n, "the observations, numbered from 1 to n", latex="y", real=True)
ybar = symbol("ybar", "mean of the observations", latex=r"\bar{y}", real=True)
mu_n = symbol("mu_n", "mean of the posterior after n observations", real=True)
tau_n = symbol("tau_n", "standard deviation of the posterior after n observations", positive=True)
y_new = symbol("y_new", "an observation yet to come", latex=r"\tilde{y}", real=True)
p_theta = symbol("p_theta", "density of the prior", latex=r"p(\theta)", positive=True)
p_y_given_theta = symbol(
    "p_y_given_theta", "the likelihood: density of one observation", latex=r"p(y \mid \theta)", positive=True
)
p_theta_given_y = symbol("p_theta_given_y", "density of the posterior", latex=r"p(\theta \mid y)", positive=True)
p_y = symbol("p_y", "the evidence: density of y with theta integrated out", latex="p(y)", positive=True)
i = symbol("i", "index of an observation, a coordinate or a school", integer=True, positive=True)
lam = symbol("lam", "squared length of the mean vector", latex=r"\lambda", positive=True)
d = symbol("d", "number of coordinates", integer=True, positive=True)
j = symbol("j", "a second index", integer=True, positive=True)
k = symbol("k", "a counter from 0", integer=True, nonnegative=True)
xs = vector("xs", d, "a point in d dimensions, or an observation there", latex="x", real=True)
ms = vector("ms", d, "the mean vector of X", latex=r"\mu", real=True)
x = symbol("x", "one coordinate, or a value of X", real=True)
s = symbol("s", "sum of the squares of the other coordinates, or a singular value", positive=True)
q = symbol(
    "q", "mean of one over the squared length of X", latex=r"\mathbb{E}\frac{1}{\lVert X\rVert^2}", positive=True
)
q_4 = symbol(
    "q_4",
    "mean of one over the squared length of X in four dimensions",
    latex=r"\mathbb{E}_{d=4}\frac{1}{\lVert X\rVert^2}",
    positive=True,
)
overlap = symbol(
    "overlap",
    "mean product of the error and the shrinking direction",
    latex=r"\mathbb{E}\frac{(X - \mu)^\top X}{\lVert X\rVert^2}",
    real=True,
)
risk = symbol("risk", "mean squared error, summed over coordinates, of James and Stein's estimate", "R", positive=True)
risk_4 = symbol("risk_4", "mean squared error of James and Stein's estimate in four dimensions", "R_4", positive=True)
mse = symbol("mse", "mean squared error of the posterior mean for a fixed theta", r"\mathrm{MSE}", positive=True)
bayes_risk = symbol("bayes_risk", "mean squared error averaged over the prior", r"\mathrm{MSE}_{\pi}", positive=True)
B_n = symbol("B_n", "weight of the prior mean after n observations", positive=True)
kl = symbol("kl", "Kullback-Leibler divergence from the large-sample normal law", r"\mathrm{KL}", positive=True)
r = symbol("r", "variance of the sample mean over variance of the prior", positive=True)
tv = symbol("tv", "total variation distance to the large-sample normal law", r"\mathrm{TV}", nonnegative=True)
p_y_new = symbol("p_y_new", "density of the next observation", r"p(\tilde{y} \mid y_{1:n})", positive=True)
p_theta_given_ys = symbol(
    "p_theta_given_ys", "density of the posterior after n observations", r"p(\theta \mid y_{1:n})", positive=True
)
log_evidence = symbol(
    "log_evidence", "log density of all school effects, their common mean integrated out", r"\log m(\tau)", real=True
)
mu = symbol("mu", "common mean, or the mean of X or of q", real=True)
w = vector("w", n, "weights: one over the variance of each effect around the common mean", positive=True)
weight = symbol("weight", "a regression weight", "w", real=True)
estimate = symbol("estimate", "posterior mean of a regression weight", r"\hat{w}", real=True)
u = symbol("u", "the data along one singular direction", real=True)


# ------------------------------------------------------------------------------------ change of variables (part II)

left_x = symbol("left_x", "left end of the support of X", r"x_{\min}", real=True)
right_x = symbol("right_x", "right end of the support of X", r"x_{\max}", real=True)
left_y = symbol("left_y", "left end of the support of Y", r"y_{\min}", real=True)
prob_interval = symbol(
    "prob_interval", "probability that Y lies in an interval", r"P(c_1 < Y \le c_2)", nonnegative=True
)
low = symbol("low", "lower end of an interval", "c_1", positive=True)
high = symbol("high", "upper end of an interval", "c_2", positive=True)
cdf_scaled = symbol("cdf_scaled", "distribution function of a multiple of X", r"F_{aX}(y)", nonnegative=True)
scale = symbol("scale", "a positive factor", "a", positive=True)
slope = symbol("slope", "slope of an affine map", "a", real=True, nonzero=True)
shift = symbol("shift", "a constant that is added", "b", real=True)
cdf_flipped = symbol("cdf_flipped", "distribution function of exp(-X)", r"F_{e^{-X}}(y)", nonnegative=True)
y_pos = symbol("y_pos", "a positive value of Y", "y", positive=True)
x_pos = symbol("x_pos", "a positive value of X", "x", positive=True)
f_affine = symbol("f_affine", "density of aX + b", "f_{aX+b}(y)", positive=True)
f_exp = symbol("f_exp", "density of exp(X)", "f_{e^X}(y)", positive=True)
log_f_logistic = symbol(
    "log_f_logistic", "log density of the logistic function of X", r"\log f_{\mathrm{sigmoid}(X)}(u)", real=True
)
unit = symbol("unit", "a point of the unit interval", "u", positive=True)
rate = symbol("rate", "rate of an exponential or gamma law", r"\lambda", positive=True)
f_quantile = symbol("f_quantile", "density of an exponential quantile", r"f_{-\log(1-U)/\lambda}(x)", positive=True)
power = symbol("power", "exponent of a power map", "p", positive=True)
f_power = symbol("f_power", "density of a power of X", "f_{X^p}(y)", positive=True)
shape = symbol("shape", "shape of a gamma law", r"\alpha", positive=True)
f_reciprocal = symbol("f_reciprocal", "density of 1/X", "f_{1/X}(y)", positive=True)
f_square = symbol("f_square", "density of the square of X", "f_{X^2}(y)", positive=True)
f_sine = symbol("f_sine", "density of sin X", r"f_{\sin X}(y)", positive=True)
prob_at_least = symbol("prob_at_least", "probability of k failures or more", r"P(Y \le -k)", positive=True)
mass_one_branch = symbol(
    "mass_one_branch", "mass of the density with one branch only", r"\int f_{\text{one}}", positive=True
)
f_exp_square = symbol("f_exp_square", "density of the square of an exponential variable", "f_{E^2}(y)", positive=True)
f_uniform = symbol("f_uniform", "density of the distribution function at X", "f_{F(X)}(u)", positive=True)
cdf_cantor = symbol("cdf_cantor", "distribution function of Y in the Cantor example", "F_Y(y)", nonnegative=True)
p_doubled = symbol("p_doubled", "probability that twice a geometric count is 2k", "P(2N = 2k)", positive=True)
p_even = symbol("p_even", "probability of the parity", r"P(N \bmod 2 = 0)", positive=True)
mean_exp = symbol("mean_exp", "mean of exp(X)", r"\mathbb{E}\, e^X", positive=True)
mode_exp = symbol("mode_exp", "mode of exp(X)", r"\operatorname{mode} e^X", positive=True)
u_1 = symbol("u_1", "first of two uniform variables", positive=True)
u_2 = symbol("u_2", "second of two uniform variables", positive=True)
first = symbol("first", "a value of the first coordinate, U", "u", real=True)
second = symbol("second", "a value of the second coordinate, V", "v", real=True)
f_joint = symbol("f_joint", "joint density of U and V", "f_{U,V}(u, v)", positive=True)
f_joint_x = symbol("f_joint_x", "joint density of X and Y where (u, v) comes from", "f_{X,Y}(h_1, h_2)", positive=True)
jac = symbol("jac", "determinant of the Jacobian matrix of the way back", "J", real=True)
j_11 = symbol("j_11", "entry of a Jacobian matrix, row 1, column 1", "a_{11}", real=True)
j_12 = symbol("j_12", "entry of a Jacobian matrix, row 1, column 2", "a_{12}", real=True)
j_21 = symbol("j_21", "entry of a Jacobian matrix, row 2, column 1", "a_{21}", real=True)
j_22 = symbol("j_22", "entry of a Jacobian matrix, row 2, column 2", "a_{22}", real=True)
k_11 = symbol("k_11", "entry of a second Jacobian matrix, row 1, column 1", "b_{11}", real=True)
k_12 = symbol("k_12", "entry of a second Jacobian matrix, row 1, column 2", "b_{12}", real=True)
k_21 = symbol("k_21", "entry of a second Jacobian matrix, row 2, column 1", "b_{21}", real=True)
k_22 = symbol("k_22", "entry of a second Jacobian matrix, row 2, column 2", "b_{22}", real=True)
cell_area = symbol("cell_area", "area of the image of the unit square", r"\mathrm{area}", nonnegative=True)
det_inverse = symbol("det_inverse", "determinant of the inverse matrix", r"\det A^{-1}", real=True)
volume = symbol("volume", "factor by which two maps in a row change areas", r"\vert\det BA\vert", nonnegative=True)
radius = symbol("radius", "distance from the origin", "r", positive=True)
azimuth = symbol("azimuth", "angle from the first axis", r"\varphi", real=True)
jac_polar = symbol(
    "jac_polar", "determinant of the polar map", r"\det\frac{\partial(x, y)}{\partial(r, \varphi)}", real=True
)
x_1 = symbol("x_1", "first coordinate of X", real=True)
x_2 = symbol("x_2", "second coordinate of X", real=True)
jac_polar_inverse = symbol(
    "jac_polar_inverse",
    "determinant of the way from x and y to polar coordinates",
    r"\det\frac{\partial(r, \varphi)}{\partial(x_1, x_2)}",
    real=True,
)
f_radius = symbol("f_radius", "density of the distance from the origin", "f_R(r)", positive=True)
jac_box_muller = symbol(
    "jac_box_muller",
    "determinant of Box and Muller's map",
    r"\det\frac{\partial(z_1, z_2)}{\partial(u_1, u_2)}",
    real=True,
)
y_1 = symbol("y_1", "first coordinate of Y", real=True)
y_2 = symbol("y_2", "second coordinate of Y", real=True)
sigma_1 = symbol("sigma_1", "standard deviation of the first coordinate", positive=True)
sigma_2 = symbol("sigma_2", "standard deviation of the second coordinate", positive=True)
rho = symbol("rho", "correlation of the two coordinates", real=True)
log_f_pair = symbol("log_f_pair", "log joint density of the two coordinates of Y", r"\log f_Y(y_1, y_2)", real=True)
total = symbol("total", "sum of two gamma variables", "s", positive=True)
shape_2 = symbol("shape_2", "shape of a second gamma law", r"\beta", positive=True)
f_share = symbol("f_share", "joint density of a share and the sum", "f_{U,S}(u, s)", positive=True)
f_ratio = symbol("f_ratio", "density of the ratio of two normal variables", "f_{X/Y}(u)", positive=True)
p_1 = symbol("p_1", "first share of a whole", positive=True)
p_2 = symbol("p_2", "second share of a whole", positive=True)
p_3 = symbol("p_3", "third share of a whole", positive=True)
jac_shares = symbol(
    "jac_shares",
    "determinant of the softmax's Jacobian matrix, three of its shares",
    r"\det(\operatorname{diag}(p) - p p^\top)",
    real=True,
)
jac_logistic = symbol(
    "jac_logistic",
    "determinant of the additive logistic map",
    r"\det\frac{\partial(p_1, p_2)}{\partial(x_1, x_2)}",
    real=True,
)
v_1 = symbol("v_1", "fraction broken off the whole stick", positive=True)
v_2 = symbol("v_2", "fraction broken off what is left", positive=True)
v_3 = symbol("v_3", "fraction broken off what is left after two breaks", positive=True)
jac_sticks = symbol(
    "jac_sticks",
    "determinant of stick-breaking",
    r"\det\frac{\partial(p_1, p_2, p_3)}{\partial(v_1, v_2, v_3)}",
    positive=True,
)
eps = symbol("eps", "standard normal noise", r"\varepsilon", real=True)
tilt = symbol("tilt", "how far a law is moved", r"\delta", real=True)
ys_pos = vector("ys_pos", n, "positive observations, numbered from 1 to n", latex="y", positive=True)
log_lik_log = symbol("log_lik_log", "log-likelihood of the log-normal law", r"\ell_{\log}", real=True)
exponent_bc = symbol("exponent_bc", "exponent of Box and Cox's transform", r"\lambda", real=True, nonzero=True)
slope_bc = symbol("slope_bc", "slope of Box and Cox's transform", "g'(y)", positive=True)
t = symbol("t", "a value of U that is integrated over", real=True)
f_polar = symbol("f_polar", "joint density of distance and angle", r"f_{R,\Phi}(r, \varphi)", positive=True)
ratio = symbol("ratio", "a ratio of two variables", "u", real=True)
f_moved = symbol("f_moved", "density of scaled and shifted noise", r"f_{\mu + \sigma\varepsilon}(y)", positive=True)
f_normals = symbol(
    "f_normals",
    "two normal densities multiplied, at Box and Muller's point",
    r"\varphi(z_1)\,\varphi(z_2)",
    positive=True,
)
log_weight = symbol(
    "log_weight",
    "log ratio of a moved normal density to the standard one",
    r"\log\frac{\varphi(x - \delta)}{\varphi(x)}",
    real=True,
)


# ---------------------------------------------------------------------------------------------- flows (part II)

base = symbol("base", "a draw of the base density, before the flow", "z", real=True)
base_1 = symbol("base_1", "first coordinate of a point before the flow", "z_1", real=True)
base_2 = symbol("base_2", "second coordinate of a point before the flow", "z_2", real=True)
base_3 = symbol("base_3", "third coordinate of a point before the flow", "z_3", real=True)
flowed_1 = symbol("flowed_1", "first coordinate of a point after the flow", "y_1", real=True)
flowed_2 = symbol("flowed_2", "second coordinate of a point after the flow", "y_2", real=True)
layers = symbol("layers", "number of layers of a flow", "K", integer=True, positive=True)
log_dets = vector("log_dets", layers, "log of the size of each layer's Jacobian determinant", r"\ell", real=True)
q_base = symbol("q_base", "base density at the point where a path starts", "q_0(z_0)", positive=True)
q_flow = symbol("q_flow", "density of the flow at the point where the path ends", "q_K(z_K)", positive=True)
f_twice = symbol("f_twice", "density of exp(sinh Z) for a standard normal Z", r"q_2(y)", positive=True)
flowed = symbol("flowed", "a positive point after the flow", r"y_{+}", positive=True)
outer_11, outer_12, outer_21, outer_22 = (
    symbol(f"outer_{ij}", f"entry {ij} of the second layer's Jacobian", f"B_{{{ij}}}", real=True)
    for ij in (11, 12, 21, 22)
)
inner_11, inner_12, inner_21, inner_22 = (
    symbol(f"inner_{ij}", f"entry {ij} of the first layer's Jacobian", f"A_{{{ij}}}", real=True)
    for ij in (11, 12, 21, 22)
)
p_mean = symbol("p_mean", "mean of the law that an affine flow is fitted to", "m_p", real=True)
p_sd = symbol("p_sd", "standard deviation of the law that an affine flow is fitted to", "s_p", positive=True)
q_mean = symbol("q_mean", "shift of an affine flow: the mean of its law", "m_q", real=True)
q_sd = symbol("q_sd", "scale of an affine flow: the standard deviation of its law", "s_q", positive=True)
forward_kl = symbol("forward_kl", "divergence from the model to the data", r"\mathrm{KL}(p \Vert q)", nonnegative=True)
cross_entropy = symbol(
    "cross_entropy", "minus mean log-likelihood of the model under the data", r"-\mathbb{E}_p \log q", real=True
)
entropy = symbol("entropy", "entropy of the data's law", r"H(p)", real=True)
reverse_kl = symbol("reverse_kl", "divergence from the data to the model", r"\mathrm{KL}(q \Vert p)", nonnegative=True)
free_energy = symbol("free_energy", "variational flow bound on minus the log evidence", r"\mathcal{F}(y)", real=True)
log_p_y = symbol("log_p_y", "log evidence of one observation", r"\log p(y)", real=True)
push_1, push_2, push_3 = (
    symbol(f"push_{i}", f"coordinate {i} of the direction in which a planar flow pushes", f"u_{i}", real=True)
    for i in (1, 2, 3)
)
facet_1, facet_2, facet_3 = (
    symbol(f"facet_{i}", f"coordinate {i} of the normal to a planar flow's planes", f"w_{i}", real=True)
    for i in (1, 2, 3)
)
pushes = vector("pushes", d, "direction in which a planar flow pushes", r"\vec{u}", real=True)
facets = vector("facets", d, "normal to the planes of a planar flow", r"\vec{w}", real=True)
bases = vector("bases", d, "a point before the flow", r"\vec{z}", real=True)
planar_offset = symbol("planar_offset", "where a planar flow bends", "b_0", real=True)
det_j = symbol("det_j", "determinant of the Jacobian matrix of a layer", r"\det J", real=True)
bend = symbol("bend", "slope of tanh where the point lies, in (0, 1]", "h'", positive=True)
alignment = symbol("alignment", "inner product of w and u before it is bounded", r"w^\top u", real=True)
aligned = symbol("aligned", "inner product of w and u as it is used", r"w^\top \hat{u}", real=True)
fold = symbol("fold", "positive point that a folding planar flow sends to zero", "z_{*}", positive=True)
q_fold = symbol("q_fold", "density at zero of a folding planar flow", "q(0)", positive=True)
soft_radius = symbol(
    "soft_radius", "distance within which a radial flow acts (the paper's α)", r"\kappa", positive=True
)
radial_push = symbol("radial_push", "strength of a radial flow (the paper's β)", r"\beta_0", real=True)
radial_reach = symbol("radial_reach", "sum of a radial flow's radius and strength", r"\gamma", positive=True)
distance = symbol("distance", "distance from the centre before a radial flow", r"\varrho", positive=True)
distance_after = symbol("distance_after", "distance from the centre after a radial flow", r"\varrho'", positive=True)
away_1, away_2, away_3 = (
    symbol(f"away_{i}", f"coordinate {i} of a point less the centre of a radial flow", rf"\delta_{i}", real=True)
    for i in (1, 2, 3)
)
stretch = symbol("stretch", "factor by which a radial flow moves a point off its centre", "g", real=True)
stretch_slope = symbol(
    "stretch_slope", "slope in the distance of the factor by which a radial flow moves a point", "g'", real=True
)
log_scale_1, log_scale_2, log_scale_3 = (
    symbol(f"log_scale_{i}", f"log scale that a network gives coordinate {i}", f"s_{i}", real=True) for i in (1, 2, 3)
)
shift_1, shift_2 = (
    symbol(f"shift_{i}", f"shift that a network gives coordinate {i}", f"t_{i}", real=True) for i in (1, 2)
)
slope_21, slope_31, slope_32 = (
    symbol(f"slope_{ij}", f"derivative of output {ij[0]} in input {ij[1]}, whatever it is", f"J_{{{ij}}}", real=True)
    for ij in ("21", "31", "32")
)
mix_11, mix_12, mix_21, mix_22 = (
    symbol(f"mix_{ij}", f"entry {ij} of the channel mixing matrix", f"W_{{{ij}}}", real=True) for ij in (11, 12, 21, 22)
)
rows = symbol("rows", "height of an image in pixels", "H", integer=True, positive=True)
columns = symbol("columns", "width of an image in pixels", "W", integer=True, positive=True)
pivot_1 = symbol("pivot_1", "first diagonal entry of the triangular factor", "d_1", real=True)
pivot_2 = symbol("pivot_2", "second diagonal entry of the triangular factor", "d_2", real=True)
below_pivot = symbol("below_pivot", "entry of the lower triangular factor", r"\ell_{21}", real=True)
above_pivot = symbol("above_pivot", "entry of the upper triangular factor", r"u_{12}", real=True)
bits = symbol("bits", "bits per dimension", r"\mathrm{bpd}", real=True)
log_p_unit = symbol("log_p_unit", "log density of the data scaled to the unit cube", r"\log p(x)", real=True)
levels = symbol("levels", "number of grey levels", "L", integer=True, positive=True)
log_cell = symbol("log_cell", "log probability of a grey level", r"\log P(k)", real=True)
time = symbol("time", "time along a continuous flow", "T", positive=True)
drift = symbol("drift", "rate of a linear velocity field", "a_0", real=True)
spin = symbol("spin", "angular velocity of a linear field", r"\omega", real=True)
drift_11, drift_12, drift_21, drift_22 = (
    symbol(f"drift_{ij}", f"entry {ij} of a velocity field's Jacobian", f"V_{{{ij}}}", real=True)
    for ij in (11, 12, 21, 22)
)
carried_11, carried_12, carried_21, carried_22 = (
    symbol(f"carried_{ij}", f"entry {ij} of the flow's Jacobian so far", rf"\Phi_{{{ij}}}", real=True)
    for ij in (11, 12, 21, 22)
)
log_volume = symbol("log_volume", "log of a layer's change of volume", r"\log\lvert\det J\rvert", real=True)


# ------------------------------------------------------------------------- generalized reparameterization (part III)

z_pos = symbol("z_pos", "a positive draw of q", "z", positive=True)
z_one = symbol("z_one", "first coordinate of a draw of q", r"\zeta_1", real=True)
z_two = symbol("z_two", "second coordinate of a draw of q", r"\zeta_2", real=True)
param = symbol("param", "a parameter of q, one component at a time", "v", real=True)
noise = symbol("noise", "the standardized draw, whose law still depends on v, but weakly", r"\epsilon", real=True)
q_gamma = symbol("q_gamma", "density of the gamma law", r"q(z;\alpha,\lambda)", positive=True)
mean_log = symbol("mean_log", "mean of the log of a gamma draw", r"\mathbb{E}\log z", real=True)
var_log = symbol("var_log", "variance of the log of a gamma draw", r"\operatorname{Var}(\log z)", positive=True)
skew_noise = symbol("skew_noise", "third moment of the standardized draw", r"\mathbb{E}\,\epsilon^3", real=True)
log_q_noise = symbol(
    "log_q_noise", "log density of the standardized log of a gamma draw", r"\log q_\epsilon(\epsilon;\alpha)", real=True
)
h_gamma = symbol("h_gamma", "velocity of the draw as the shape moves, the noise held", r"h_\alpha(z)", real=True)
g_rep = symbol("g_rep", "the reparameterization part of the gradient", r"g^{\mathrm{rep}}", real=True)
g_corr = symbol("g_corr", "the correction part of the gradient", r"g^{\mathrm{corr}}", real=True)
line_one = symbol("line_one", "first line: the score-function gradient", r"\ell_{\mathrm{I}}", real=True)
line_three = symbol("line_three", "third line: the rest of the correction", r"\ell_{\mathrm{III}}", real=True)
corrections = symbol(
    "corrections", "second and third line together", r"\ell_{\mathrm{II}}+\ell_{\mathrm{III}}", real=True
)
grep_log = symbol("grep_log", "the reparameterization part for the logarithm", r"g^{\mathrm{rep}}_{\log}", real=True)
mean_logit = symbol("mean_logit", "mean log-odds of a beta draw", r"\mathbb{E}\,\mathrm{logit}\,z", real=True)
shape_3 = symbol("shape_3", "shape of a third gamma law", r"\alpha_3", positive=True)
cov_logs = symbol(
    "cov_logs", "covariance of two logs of a Dirichlet draw", r"\operatorname{Cov}(\log p_1, \log p_2)", real=True
)
field_11, field_12, field_13, field_21, field_22, field_23, field_31, field_32, field_33 = (
    symbol(f"field_{i}{j}", f"derivative of velocity {i} in coordinate {j}", rf"h_{{{i},{j}}}", real=True)
    for i in (1, 2, 3)
    for j in (1, 2, 3)
)
step = symbol("step", "a small change of the parameter", r"\Delta", real=True)
alpha_bar = symbol("alpha_bar", "shape of a gamma law less one third", r"\bar\alpha", positive=True)
cube_root = symbol("cube_root", "Marsaglia and Tsang's moved noise, to be cubed", r"t_\varepsilon", positive=True)
moment = symbol("moment", "mean of a power of a gamma draw", "M_p", positive=True)
psi_gain = symbol("psi_gain", "by how much psi grows from the shape to the shape plus p", "D_p", real=True)
half_skew = symbol("half_skew", "half the log derivative of psi_1 at the shape", r"c_\alpha", real=True)
log_accepted = symbol("log_accepted", "log density of the accepted noise", r"\log\pi(\varepsilon;\alpha)", real=True)
augmented = symbol("augmented", "moment of an augmented gamma draw", r"\mathbb{E}\,(z' u^{1/\alpha})^p", positive=True)
clock_1, clock_2, clock_3 = (
    symbol(f"clock_{i}", f"unnormalised probability of category {i}, a clock's rate", rf"\lambda_{i}", positive=True)
    for i in (1, 2, 3)
)
edge = symbol("edge", "right end of a uniform law", "v", positive=True)
p_first = symbol(
    "p_first", "probability that the first perturbed log weight is largest", r"P(\arg\max = 1)", positive=True
)
odds = symbol("odds", "odds of a Bernoulli variable", "o", positive=True)
p_one = symbol("p_one", "probability of a one", r"\varpi", positive=True)
mean_relaxed = symbol(
    "mean_relaxed", "mean of the relaxed Bernoulli at temperature one", r"\mathbb{E}\,y_1", positive=True
)
centred_corr = symbol(
    "centred_corr", "the correction in sigma after centring alone", r"g^{\mathrm{corr}}_\sigma", real=True
)
noise_at = symbol("noise_at", "the standardized draw that belongs to z", r"\epsilon(z)", real=True)
third_log = symbol(
    "third_log",
    "third central moment of the log of a gamma draw",
    r"\mathbb{E}(\log z - \mathbb{E}\log z)^3",
    real=True,
)
log_q_log = symbol(
    "log_q_log", "log density of the log of a gamma draw times its rate", r"\log q_{\log\lambda z}(y)", real=True
)
u_gamma = symbol("u_gamma", "relative growth of a cell around the draw", r"u_\alpha(\epsilon)", real=True)


# ------------------------------------------------------------------------------------ reparameterization (part III)

latent = symbol("latent", "a latent variable: a draw of q", "z", real=True)
variational = symbol("variational", "a variational parameter that is positive", "v", positive=True)
f_gumbel = symbol("f_gumbel", "density of mu - sigma log(-log U)", r"f_{\mathrm{Gumbel}}(z)", positive=True)
f_logit = symbol("f_logit", "density of mu + sigma log(U / (1 - U))", r"f_{\mathrm{logistic}}(z)", positive=True)
f_cauchy = symbol("f_cauchy", "density of mu + sigma tan(pi (U - 1/2))", r"f_{\mathrm{Cauchy}}(z)", positive=True)
scale_11 = symbol("scale_11", "first diagonal entry of a Cholesky factor", r"\ell_{11}", positive=True)
scale_22 = symbol("scale_22", "second diagonal entry of a Cholesky factor", r"\ell_{22}", positive=True)
mix = symbol("mix", "entry of a Cholesky factor below its diagonal", r"\ell_{21}^{*}", real=True)
eps_1 = symbol("eps_1", "first of two standard normal variables", r"\varepsilon_1", real=True)
eps_2 = symbol("eps_2", "second of two standard normal variables", r"\varepsilon_2", real=True)
log_standardized = symbol(
    "log_standardized", "log density of the standardized variable", r"\log q_\varepsilon", real=True
)
log_whitened = symbol(
    "log_whitened",
    "log density of two standardized coordinates",
    r"\log q_\varepsilon(\varepsilon_1, \varepsilon_2)",
    real=True,
)
coef_0, coef_1, coef_2, coef_3, coef_4, coef_5 = (
    symbol(f"coef_{i}", f"coefficient {i} of a test function", rf"\gamma_{i}", real=True) for i in range(6)
)
var_path = symbol("var_path", "variance of one draw of the pathwise gradient", r"\mathrm{Var}_{path}", nonnegative=True)
var_score = symbol(
    "var_score", "variance of one draw of the score-function gradient", r"\mathrm{Var}_{score}", nonnegative=True
)
var_path_wave = symbol(
    "var_path_wave", "the pathwise variance for a cosine", r"\mathrm{Var}_{path}^{\cos}", nonnegative=True
)
var_score_wave = symbol(
    "var_score_wave", "the score-function variance for a cosine", r"\mathrm{Var}_{score}^{\cos}", nonnegative=True
)
var_path_hermite = symbol(
    "var_path_hermite", "the pathwise variance for a Hermite series", r"\mathrm{Var}_{path}^{H}", nonnegative=True
)
var_score_hermite = symbol(
    "var_score_hermite",
    "the score-function variance for a Hermite series",
    r"\mathrm{Var}_{score}^{H}",
    nonnegative=True,
)
var_score_many = symbol(
    "var_score_many", "the score-function variance in d dimensions", r"\mathrm{Var}_{score}^{(d)}", nonnegative=True
)
frequency = symbol("frequency", "frequency of a cosine", r"\nu", positive=True)
variance = symbol("variance", "variance of q", r"\sigma^2", positive=True)
target = symbol("target", "mean of the posterior that q is fitted to", "m", real=True)
target_sd = symbol("target_sd", "standard deviation of the posterior that q is fitted to", r"\varsigma", positive=True)
var_full = symbol("var_full", "variance of the full gradient of the ELBO", r"\mathrm{Var}_{full}", nonnegative=True)
var_landing = symbol(
    "var_landing", "variance of the path-only gradient of the ELBO", r"\mathrm{Var}_{STL}", nonnegative=True
)
prior_kl = symbol(
    "prior_kl",
    "divergence of q from the standard normal prior",
    r"\mathrm{KL}(q \Vert \mathcal N(0, 1))",
    nonnegative=True,
)
weight_1 = symbol("weight_1", "importance weight of the first draw", r"\omega_1", positive=True)
weight_2 = symbol("weight_2", "importance weight of the second draw", r"\omega_2", positive=True)


# ---------------------------------------------------------------------------------------- score function (part III)

latent_2 = symbol("latent_2", "a second latent variable, or a second draw of the first", "z'", real=True)
draws = vector("draws", n, "draws of the latent variable, numbered from 1 to n", "z", real=True)
p_x = symbol("p_x", "the evidence: density of x with the latent variable integrated out", "p(x)", positive=True)
elbo = symbol("elbo", "evidence lower bound", r"\mathcal{L}", real=True)
mean_log_joint = symbol("mean_log_joint", "mean of the log joint density under q", r"\mathbb{E}_q f", real=True)
entropy_q = symbol("entropy_q", "entropy of the variational law", "H(q)", real=True)
kl_q = symbol("kl_q", "divergence from the posterior to q", r"\mathrm{KL}(q \Vert p(\cdot \mid x))", nonnegative=True)
argument = symbol("argument", "the argument of a logarithm", r"\tau", positive=True)
grad_elbo_sigma = symbol("grad_elbo_sigma", "slope of the bound in σ", r"\partial_\sigma \mathcal{L}", real=True)
grad_square = symbol("grad_square", "slope in μ of the mean of z²", r"\partial_\mu\, \mathbb{E}\, z^2", real=True)
grad_step = symbol("grad_step", "slope in μ of the probability of z > 0", r"\partial_\mu\, P(z > 0)", positive=True)
control = symbol("control", "coefficient of a control variate", "a", real=True)
control_best = symbol("control_best", "best coefficient of a control variate", "a^*", real=True)
ws = vector("ws", n, "equally likely values of an estimator W", "W", real=True)
us = vector("us", n, "values of a control variate U, drawn along with W", "U", real=True)
mean_w = symbol("mean_w", "mean of W", r"\overline{W}", real=True)
mean_u = symbol("mean_u", "mean of U", r"\overline{U}", real=True)
sd_w = symbol("sd_w", "standard deviation of an estimator W", r"\sigma_W", positive=True)
sd_u = symbol("sd_u", "standard deviation of a control variate U", r"\sigma_U", positive=True)
share = symbol("share", "a coefficient as a share of the interval in which it helps", r"\vartheta", real=True)
var_control = symbol(
    "var_control", "variance of the score estimator plus a multiple of the score", "V(a)", positive=True
)
baseline = symbol("baseline", "a baseline: a constant taken off f", "c", real=True)
rewards = vector("rewards", n, "values of f at the draws", "f", real=True)
scores = vector("scores", n, "scores of the draws", r"\varsigma", real=True)
halves = vector("halves", n, "half the distance of the two values that W has given T", r"\Delta", real=True)
centres = vector("centres", n, "mean of W given each value of T", "m", real=True)
mean_centre = symbol("mean_centre", "mean of the means of W given T", r"\overline{m}", real=True)
coupling = symbol("coupling", "weight of the second term of f", r"\nu", real=True)
var_joint = symbol("var_joint", "variance with both terms of f", r"\mathrm{Var}\, g_1", positive=True)
var_given = symbol(
    "var_given", "variance of the mean given the first draw", r"\mathrm{Var}\, \mathbb{E}[g_1 \mid z]", positive=True
)
saved_local = symbol(
    "saved_local",
    "variance saved by keeping the first term of f alone",
    r"\mathrm{Var}\, g_1 - \mathrm{Var}\, z^3",
    real=True,
)
cov_wu = symbol("cov_wu", "covariance of W and U", r"\mathrm{Cov}(W, U)", real=True)
var_u = symbol("var_u", "variance of U", r"\mathrm{Var}\, U", positive=True)


# ------------------------------------------------------------------------------------------- Wasserstein GANs (part IV)

gen = symbol("gen", "the parameter of a generator", r"\theta", real=True)
w_1 = symbol("w_1", "Wasserstein distance of order 1", "W_1", nonnegative=True)
w_2 = symbol("w_2", "Wasserstein distance of order 2", "W_2", nonnegative=True)
mass = symbol("mass", "share of the mass at the first of two points", "m_1", positive=True)
js = symbol("js", "Jensen and Shannon's divergence", r"\mathrm{JS}", nonnegative=True)
common = symbol("common", "mass that two laws have in common", r"\zeta", nonnegative=True)
laplace = symbol("laplace", "argument of a Laplace transform", r"\xi", positive=True)
mean_pushed = symbol(
    "mean_pushed", "Laplace transform of the square of a standard normal", r"\mathbb{E}\,e^{-\xi Z^2}", positive=True
)
shipped = vector("shipped", n, "masses shipped by a coupling, one a shipment", "M", nonnegative=True)
miles = vector("miles", n, "how far each shipment goes", r"\ell", nonnegative=True)
psis_q = vector("psis_q", n, "potential on the side of the targets", r"\psi", real=True)
shortfalls = vector("shortfalls", n, "what inequalities leave over, one a term", "e", nonnegative=True)
masses_q = vector("masses_q", n, "masses of the second law", "Q", nonnegative=True)
leg_1 = symbol("leg_1", "distance of point 1 from the hub", "r_1", positive=True)
leg_2 = symbol("leg_2", "distance of point 2 from the hub", "r_2", positive=True)
leg_3 = symbol("leg_3", "distance of point 3 from the hub", "r_3", positive=True)
surplus_1 = symbol("surplus_1", "mass at point 1, first law less second", "(P_1 - Q_1)", real=True)
surplus_2 = symbol("surplus_2", "mass at point 2, first law less second", "(P_2 - Q_2)", real=True)
need_2 = symbol("need_2", "mass missing at point 2", "m_2", nonnegative=True)
need_3 = symbol("need_3", "mass missing at point 3", "m_3", nonnegative=True)
height_1 = symbol("height_1", "critic at point 1 as a share of its leg", r"\tau_1^{*}", real=True)
height_2 = symbol("height_2", "critic at point 2 as a share of its leg", r"\tau_2^{*}", real=True)
along_1 = symbol("along_1", "a distance", "a_1", positive=True)
along_2 = symbol("along_2", "another distance", "a_2", positive=True)
saving = symbol("saving", "what an inequality leaves over", "e", nonnegative=True)
phi_here = symbol("phi_here", "potential where the minimum is taken", r"\varphi_k", real=True)
gaps = vector("gaps", n, "distance from each point of a line to the next", "h", nonnegative=True)
traffic = vector(
    "traffic",
    n,
    "difference of two distribution functions between neighbours, its size",
    r"\lvert D \rvert",
    nonnegative=True,
)
level = symbol("level", "value of a critic at a point", "g_j", real=True)
level_2 = symbol("level_2", "value of a critic at another point", "g_i", real=True)
value_1 = symbol("value_1", "critic at the first of three points", "f_1", real=True)
value_2 = symbol("value_2", "critic at the second of three points", "f_2", real=True)
value_3 = symbol("value_3", "critic at the third of three points", "f_3", real=True)
step_1 = symbol("step_1", "first law less second, of everything up to the first point", "D_1", real=True)
step_2 = symbol("step_2", "first law less second, of everything up to the second point", "D_2", real=True)
rate_1 = symbol("rate_1", "rate of a first exponential law", r"\beta_1", positive=True)
rate_2 = symbol("rate_2", "rate of a second exponential law", r"\beta_2", positive=True)
cells = symbol("cells", "number of cells of a grid", "N", integer=True, positive=True)
best_rise = symbol("best_rise", "largest rise of a critic over a grid", r"f(1) - f(0)", nonnegative=True)
earned_best = symbol(
    "earned_best",
    "what the best critic of Lipschitz constant K earns",
    r"\max_f\, \mathbb{E}_P f - \mathbb{E}_Q f",
    nonnegative=True,
)
lip = symbol("lip", "Lipschitz constant that a critic is held to", "K", positive=True)
row_1 = symbol("row_1", "first weight of a linear critic", "w_1", real=True)
row_2 = symbol("row_2", "second weight of a linear critic", "w_2", real=True)
move_1 = symbol("move_1", "first coordinate of the difference of two inputs", r"\Delta_1", real=True)
move_2 = symbol("move_2", "second coordinate of the difference of two inputs", r"\Delta_2", real=True)
gram_11 = symbol("gram_11", "squared length of the first column of W", "g_{11}", positive=True)
gram_12 = symbol("gram_12", "inner product of the two columns of W", "g_{12}", real=True)
gram_22 = symbol("gram_22", "squared length of the second column of W", "g_{22}", positive=True)
op_norm = symbol(
    "op_norm", "operator norm of a weight matrix: its largest singular value", r"\lVert W \rVert", nonnegative=True
)
limit_c = symbol("limit_c", "where weights are clipped", r"c_{\max}", positive=True)
fan_out = symbol("fan_out", "number of outputs of a layer", "n_{out}", integer=True, positive=True)
fan_in = symbol("fan_in", "number of inputs of a layer", "n_{in}", integer=True, positive=True)
depth = symbol("depth", "number of layers of a critic", "L", integer=True, positive=True)
width = symbol("width", "width of the hidden layers of a critic", "n_h", integer=True, positive=True)
corner_norm = symbol(
    "corner_norm", "operator norm of a layer with all weights at the limit", r"\lVert W_{\max} \rVert", nonnegative=True
)
gain_square = symbol(
    "gain_square", "mean square by which a random layer multiplies a gradient", r"\mathbb{E}\,g^2", nonnegative=True
)
earned_cube = symbol(
    "earned_cube",
    "what the best linear critic with clipped weights earns",
    r"\max_{\lvert w_i \rvert \le c} w \cdot \Delta",
    nonnegative=True,
)
saving_2 = symbol("saving_2", "what a second inequality leaves over", "e'", nonnegative=True)
steepness = symbol("steepness", "length of a critic's gradient", "s_f", nonnegative=True)
strength = symbol("strength", "factor of a penalty", r"\lambda_p", positive=True)
# ------------------------------------------------------------------------------------- Kantorovich duality (part IV)

sources = symbol("sources", "number of sources", "m", integer=True, positive=True)
targets = symbol("targets", "number of targets", "n", integer=True, positive=True)
plan = table("plan", sources, targets, "a plan: mass sent from i to j", r"\gamma", nonnegative=True)
cell_costs = table("cell_costs", sources, targets, "cost of a unit of mass from i to j", "C", real=True)
slacks = table("slacks", sources, targets, "cost from i to j less both potentials", "s", nonnegative=True)
balance = table("balance", sources, targets, "mass of a used cell, or minus the slack of an idle one", "z", real=True)
phis = vector("phis", sources, "potential of each source", r"\varphi", real=True)
psis = vector("psis", targets, "potential of each target", r"\psi", real=True)
supply = vector("supply", sources, "mass of each source", "u", nonnegative=True)
demand = vector("demand", targets, "mass of each target", "v", nonnegative=True)
lifted = symbol("lifted", "a constant added to a potential", r"\kappa", real=True)
miss = symbol("miss", "by how much one constraint is missed", "r", real=True)
bound = symbol("bound", "largest size of a price", "R", positive=True)
most = symbol("most", "largest mass of a cell", "G", positive=True)
idle = symbol("idle", "cost of a cell less both potentials, of either sign", "s", real=True)
saddle = symbol("saddle", "the upper value, inf of sup", r"\inf_x \sup_y f", real=True)
price = symbol("price", "price of a constraint", r"\lambda", positive=True)
reach = symbol("reach", "how far a point has gone", "t", positive=True)
order = symbol("order", "power of the distance", "p", positive=True)
length = symbol("length", "length of an interval or a side", "L", positive=True)
euclid = symbol("euclid", "Euclidean distance of two points", r"\lVert x - y \rVert", nonnegative=True)
middle = symbol("middle", "a point on the way", "w", real=True)
tie = symbol("tie", "dependence of two uniform variables", r"\theta", real=True)
cost_11, cost_12, cost_21, cost_22 = (
    symbol(f"cost_{ij}", f"cost of a unit of mass from {ij[0]} to {ij[1]}", f"C_{{{ij}}}", real=True)
    for ij in ("11", "12", "21", "22")
)
gamma_11, gamma_12, gamma_13, gamma_21, gamma_22, gamma_23 = (
    symbol(f"gamma_{ij}", f"mass sent from {ij[0]} to {ij[1]}", rf"\gamma_{{{ij}}}", nonnegative=True)
    for ij in ("11", "12", "13", "21", "22", "23")
)
phi_1, phi_2 = (symbol(f"phi_{i}", f"potential of source {i}", rf"\varphi_{i}", real=True) for i in (1, 2))
psi_1, psi_2 = (symbol(f"psi_{j}", f"potential of target {j}", rf"\psi_{j}", real=True) for j in (1, 2))
mass_1, mass_2 = (symbol(f"mass_{i}", f"mass of source {i} of two", f"u_{{{i}}}", positive=True) for i in (1, 2))
excess_mass = symbol("excess_mass", "mass of the first source less that of the second target", "e", real=True)
around = symbol(
    "around", "cost of the diagonal cells less that of the other two, where that is positive", "D", positive=True
)
plan_value = symbol("plan_value", "cost of the best plan", r"I", real=True)
kink_1, kink_2 = (
    symbol(f"kink_{j}", f"price of the second source at which target {j} is indifferent", f"p_{j}", real=True)
    for j in (1, 2)
)
worth_1, worth_2 = (symbol(f"worth_{j}", f"value of the potentials at p_{j}", f"J_{j}", real=True) for j in (1, 2))
kept = symbol(
    "kept",
    "mass that the best plan sends from the first source to the first target",
    r"\gamma_{11}^{*}",
    nonnegative=True,
)
cost_last = symbol("cost_last", "the fourth cost, made from the other three and D", "C_{22}", real=True)
free_cost = symbol(
    "free_cost", "cost of a plan of two and two, as a function of one entry", r"I(\gamma_{11})", real=True
)
spent = symbol("spent", "cost of a plan", r"\langle C, \gamma \rangle", real=True)
earned = symbol(
    "earned",
    "value of the prices at the marginals of a plan",
    r"\left(\langle \varphi, P_X \gamma \rangle + \langle \psi, P_Y \gamma \rangle\right)",
    real=True,
)
worth = symbol("worth", "value of the prices", r"J(\varphi, \psi)", real=True)
worth_moved = symbol(
    "worth_moved", "value of the prices moved against each other", r"J(\varphi + \kappa, \psi - \kappa)", real=True
)
lagrangian = symbol(
    "lagrangian", "cost of a plan and fines for its marginals", r"\mathcal{L}(\gamma, \varphi, \psi)", real=True
)
hat_1, hat_2 = (symbol(f"hat_{j}", f"potential {j} of the c-transform", rf"\varphi^c_{j}", real=True) for j in (1, 2))
twice_1, twice_2 = (
    symbol(f"twice_{i}", f"potential {i} transformed twice", rf"\varphi^{{cc}}_{i}", real=True) for i in (1, 2)
)
pick_1, pick_2, pick_x, pick_y, pick_z = (
    symbol(f"pick_{name}", f"entry {name} of a square part of the constraint matrix", latex, real=True)
    for name, latex in (("1", "a_1"), ("2", "a_2"), ("x", "b_1"), ("y", "b_2"), ("z", "b_3"))
)
stay_share = symbol("stay_share", "share of the mass that a plan leaves on the diagonal", r"\vartheta", positive=True)
mass_v = symbol("mass_v", "mass of the first target", "v_{1}", positive=True)
place_1 = symbol("place_1", "place of the first target", "y_1", real=True)
place_2 = symbol("place_2", "place of the second target", "y_2", positive=True)
lead = symbol("lead", "by how much the potential of the second target is larger", r"(\psi_2 - \psi_1)", real=True)
border = symbol("border", "where both targets pay the same", "b", real=True)
trees = symbol("trees", "number of spanning trees of the m by n cells", r"\tau_{m,n}", positive=True)
slack_11, slack_12 = (
    symbol(f"slack_{ij}", f"cost from {ij[0]} to {ij[1]} less both potentials", f"s_{{{ij}}}", nonnegative=True)
    for ij in ("11", "12")
)
first_sum = symbol("first_sum", "first entry of the source operator times a flattened plan", r"(P_X g)_1", real=True)
least_cost = symbol("least_cost", "least cost of a coupling", r"\min_{\gamma} \int c\, d\gamma", real=True)
highest_value = symbol(
    "highest_value",
    "highest value of admissible prices",
    r"\sup_{\varphi(x) + \psi(y) \le c(x, y)} \int \varphi\, d\mu + \int \psi\, d\nu",
    real=True,
)


# --------------------------------------------------------------------------------- Wasserstein autoencoders (part IV)

enc = symbol("enc", "slope of a linear encoder", "a_Q", real=True)
enc_sd = symbol("enc_sd", "standard deviation of an encoder's noise", "s_Q", positive=True)
enc_best = symbol("enc_best", "the encoder's slope that the penalised objective picks", "a_Q^*", positive=True)
dec = symbol("dec", "slope of a linear decoder", "b_G", positive=True)
dec_sd = symbol("dec_sd", "standard deviation of a decoder's noise", "s_G", positive=True)
decoded = symbol("decoded", "what a deterministic decoder makes of one latent point, its code", "G(z)", real=True)
data_sd = symbol("data_sd", "standard deviation of the data", r"\sigma_X", positive=True)
plan_xy = symbol(
    "plan_xy", "density of a coupling that passes through the latent variable", r"\gamma(x, y)", positive=True
)
q_agg = symbol("q_agg", "aggregated posterior: the law of the codes of all data", "q_Z(z)", positive=True)
p_gen = symbol("p_gen", "density of what the model generates", "p_G(y)", positive=True)
cost_latent = symbol(
    "cost_latent",
    "mean squared distance under a coupling that passes through the latent variable",
    r"\mathcal{C}(q)",
    positive=True,
)
w2_model = symbol("w2_model", "squared Wasserstein distance from data to model", "W_2^2(P_X, P_G)", nonnegative=True)
w1_model = symbol("w1_model", "Wasserstein distance from data to model", "W_1(P_X, P_G)", nonnegative=True)
penalised = symbol("penalised", "infimum of reconstruction cost plus penalty", r"D_\lambda", nonnegative=True)
penalty = symbol("penalty", "weight of the penalty on the aggregated posterior", r"\lambda_Z", positive=True)
f_folded = symbol(
    "f_folded", "density of the size of a standard normal variable", r"f_{\lvert Z\rvert}(y)", positive=True
)
latent_pos = symbol("latent_pos", "a positive code, a draw of the half-normal law", "z_{+}", positive=True)
kl_half = symbol(
    "kl_half", "divergence of the half-normal code from the prior", r"\mathrm{KL}(q_{+} \Vert p_Z)", positive=True
)
fibre_size = symbol("fibre_size", "number of latent points that are decoded alike", "n_y", integer=True, positive=True)
fibre = vector("fibre", fibre_size, "prior masses of the latent points that are decoded alike", r"\pi", positive=True)
encoder_table = table(
    "encoder_table",
    n,
    fibre_size,
    "mass that an encoder sends from each x to each code of a fibre",
    r"\Xi",
    positive=True,
)
prior_mass = symbol("prior_mass", "prior mass of one latent point", r"\pi_z", positive=True)
plan_mass = symbol("plan_mass", "mass that a plan moves from one x to one y", r"\gamma_{xy}", positive=True)
plan_col = vector("plan_col", n, "masses that a plan moves from each x to one y", r"\vec{\gamma}", positive=True)
cost_col = vector("cost_col", n, "costs of moving each x to one y", r"\vec{C}", positive=True)
moved = symbol("moved", "share of a unit mass that is moved", r"\theta_m", positive=True)
prior_share = symbol("prior_share", "share of the first of two data points", r"\theta_X", positive=True)
mmd_sq = symbol("mmd_sq", "squared maximum mean discrepancy", r"\mathrm{MMD}^2", nonnegative=True)
between = symbol("between", "distance between two codes", r"\Delta_z", real=True)
kernel_width = symbol("kernel_width", "width of a Gaussian kernel", r"\ell_k", positive=True)
imq = symbol("imq", "constant of the inverse multiquadric kernel", "C_k", positive=True)
mixing = symbol("mixing", "inverse squared width of a Gaussian kernel in a mixture", r"\varsigma_k", positive=True)
code_var = symbol("code_var", "variance of the difference of two codes", "v_z", positive=True)
agg_sd = symbol("agg_sd", "standard deviation of the aggregated posterior", "s_Z", positive=True)
kernel_far = symbol(
    "kernel_far", "kernel between the codes 0 and 1; between equal ones it is 1", r"\kappa_{01}", positive=True
)
one_q = symbol("one_q", "probability of the code 1 under the encoder", r"\varpi_Q", positive=True)
one_p = symbol("one_p", "probability of the code 1 under the prior", r"\varpi_P", positive=True)
mean_biased = symbol(
    "mean_biased", "mean of the biased estimate of the squared MMD", r"\mathbb{E}\,\mathrm{MMD}_b^2", real=True
)
mean_unbiased = symbol("mean_unbiased", "mean of the unbiased estimate", r"\mathbb{E}\,\mathrm{MMD}_u^2", real=True)
var_unbiased = symbol(
    "var_unbiased", "variance of the unbiased estimate", r"\mathrm{Var}\,\mathrm{MMD}_u^2", positive=True
)
mean_kl = symbol(
    "mean_kl",
    "mean divergence of the posteriors from the prior",
    r"\mathbb{E}_X \mathrm{KL}(q(z \mid X) \Vert p_Z)",
    real=True,
)
enc_1 = vector("enc_1", n, "law of the code given the first of two data points", "q", positive=True)
enc_2 = vector("enc_2", n, "law of the code given the second of two data points", "q'", positive=True)
prior_pmf = vector("prior_pmf", n, "the prior on finitely many codes", r"\bar{p}", positive=True)
pulls = vector("pulls", n, "shares of the data in one code: q(z given x) times p(x)", r"\mathsf{w}", positive=True)
pixels = vector("pixels", n, "data points, one coordinate of each", r"\mathsf{x}", real=True)
apart = symbol("apart", "distance of each of two posterior means from 0", "m_Q", positive=True)
contrast = symbol("contrast", "posterior mean over posterior standard deviation", r"\varrho_Q", positive=True)
best_g = symbol("best_g", "the best decoder for two points", "G^*(z)", real=True)
noise_var = symbol("noise_var", "variance of a decoder's noise", r"\sigma_G^2", positive=True)
dec_sq = symbol("dec_sq", "squared slope of a linear decoder", "b_G^2", nonnegative=True)
atom = symbol("atom", "place of one of two codes", "c_z", positive=True)
mean_dist = symbol(
    "mean_dist", "mean squared distance of one half of a normal law from a point", r"\mathcal{W}", positive=True
)
residual = symbol(
    "residual",
    "what the mean decoder leaves out: the mean conditional variance",
    r"\mathbb{E}\,\mathrm{Var}(X \mid Z)",
    nonnegative=True,
)
slack_f = vector("slack_f", n, "what a critic leaves of each cost, its slack", r"\mathsf{s}", positive=True)
critic_y = symbol("critic_y", "a critic's value at y", "f(y)", real=True)
js_bound = symbol("js_bound", "value of the discriminator's game at its best", r"\mathcal{V}^*", real=True)
enc_3 = vector("enc_3", n, "masses of the aggregated posterior on finitely many codes", r"\bar{q}", positive=True)
w2_map = symbol(
    "w2_map",
    "squared Wasserstein distance from data to model, for a decoder that is a map",
    "W_2^2(P_X, G_{\\#} P_Z)",
    nonnegative=True,
)
kl_contrast = symbol(
    "kl_contrast", "divergence of one of two posteriors from the prior", r"\mathrm{KL}(q_{\pm} \Vert p_Z)", real=True
)
w2_means = symbol(
    "w2_means",
    "squared Wasserstein distance from the data to the decoded means",
    r"W_2^2(P_X, P_{\bar{X}})",
    nonnegative=True,
)


# --------------------------------------------------------------------------------- Sinkhorn divergences (part IV)

temperature = symbol("temperature", "weight of the entropy, in units of cost", r"\varepsilon", positive=True)
sharpness = symbol("sharpness", "one over the temperature", r"\beta_\varepsilon", positive=True)
spread_plan = table("spread_plan", sources, targets, "a plan that leaves no cell empty", r"\gamma", positive=True)
row_masses = vector("row_masses", sources, "mass of each source, never zero", "u", positive=True)
column_masses = vector("column_masses", targets, "mass of each target, never zero", "v", positive=True)
objective = symbol("objective", "entropic cost of a plan", r"\mathcal{P}_\varepsilon", real=True)
dual_value = symbol("dual_value", "entropic value of two potentials", r"\mathcal{D}_\varepsilon", real=True)
plan_entry = symbol("plan_entry", "mass of a plan on one cell", r"\gamma", positive=True)
tilted_entry = symbol("tilted_entry", "mass that two potentials put on one cell", "Q", positive=True)
column_costs = vector("column_costs", sources, "costs of one column", "c", real=True)
column_mass = symbol("column_mass", "mass of one column", "v_j", positive=True)
column_potential = symbol("column_potential", "potential of one column", r"\psi_j", real=True)
soft_min = symbol("soft_min", "soft minimum of two reduced costs", r"\operatorname{smin}_\varepsilon", real=True)
least = symbol("least", "the smaller of two reduced costs", "c_1", real=True)
share_1 = symbol("share_1", "mass of the first point of the first law", "a", positive=True)
share_2 = symbol("share_2", "mass of the first point of the second law", "b", positive=True)
both_first = symbol(
    "both_first", "mass that goes from the first point to the first, never zero", r"\gamma_{11}", positive=True
)
mass_12, mass_21, mass_22 = (
    symbol(
        f"mass_{ij}",
        f"mass of a plan on the cell in row {ij[0]} and column {ij[1]}, never zero",
        rf"\gamma_{{{ij}}}",
        positive=True,
    )
    for ij in ("12", "21", "22")
)
crossed = symbol("crossed", "cost of the diagonal cells less that of the other two, of either sign", "D", real=True)
coin_kl = symbol("coin_kl", "divergence of a coin's plan from independence", r"\mathrm{KL}_\gamma", nonnegative=True)
reversed_kl = symbol(
    "reversed_kl", "divergence of independence from a coin's plan", r"\mathrm{KL}^{*}_\gamma", nonnegative=True
)
odds_plan = symbol("odds_plan", "odds ratio of a plan", r"\varkappa", positive=True)
two_points = symbol("two_points", "entropic cost of two fair coins", r"\mathrm{OT}_\varepsilon", real=True)
stay = symbol("stay", "mass that a symmetric plan leaves on each point", r"\gamma_{11}^{s}", positive=True)
leave = symbol("leave", "mass that a symmetric plan moves from each point", r"\gamma_{12}^{s}", positive=True)
spacing = symbol("spacing", "distance of two points", r"\ell", positive=True)
entry_ratio = symbol("entry_ratio", "ratio of the entries of a positive vector", "r", positive=True)
kernel_11, kernel_12, kernel_21, kernel_22 = (
    symbol(f"kernel_{ij}", f"entry {ij} of the Gibbs kernel", f"K_{{{ij}}}", positive=True) for ij in (11, 12, 21, 22)
)
cross_ratio = symbol("cross_ratio", "cross-ratio of the Gibbs kernel", r"\eta_K", positive=True)
sweep_rate = symbol("sweep_rate", "factor of the error in one sweep", "r_K", nonnegative=True)
cov_plan = symbol(
    "cov_plan", "covariance of the two coordinates under the entropic plan", r"c_\varepsilon", positive=True
)
sd_source = symbol("sd_source", "standard deviation of the first law", "s_1", positive=True)
sd_target = symbol("sd_target", "standard deviation of the second law", "s_2", positive=True)
gauss_value = symbol(
    "gauss_value", "entropic cost of two centred normal laws", r"\mathrm{OT}_\varepsilon^{\mathcal N}", real=True
)
debiased = symbol("debiased", "Sinkhorn divergence", r"S_\varepsilon", real=True)
w_half = symbol("w_half", "least sum of square roots of distances", r"W_{1/2}^{1/2}", nonnegative=True)
mean_source = symbol("mean_source", "mean of the first law", "m_1", real=True)
mean_target = symbol("mean_target", "mean of the second law", "m_2", real=True)
left_source, left_target = (
    symbol(f"left_{name}", f"left end of the {order} uniform law", f"e_{i}", real=True)
    for i, (name, order) in enumerate((("source", "first"), ("target", "second")), 1)
)
width_source, width_target = (
    symbol(f"width_{name}", f"width of the {order} uniform law", rf"\omega_{i}'", positive=True)
    for i, (name, order) in enumerate((("source", "first"), ("target", "second")), 1)
)
gap_x = symbol("gap_x", "distance between two sources", r"\Delta x", positive=True)
gap_y = symbol("gap_y", "distance between two targets", r"\Delta y", positive=True)
axis_1, axis_2 = (
    symbol(f"axis_{i}", f"standard deviation {i} of the first law along its axes", f"s_{i}'", positive=True)
    for i in (1, 2)
)
cov_11 = symbol("cov_11", "variance of the second law along the first axis", "m_{11}", positive=True)
cov_12 = symbol("cov_12", "covariance of the second law", "m_{12}", real=True)
cov_22 = symbol("cov_22", "variance of the second law along the second axis", "m_{22}", positive=True)
map_11, map_12, map_22 = (
    symbol(f"map_{ij}", f"entry {ij} of the optimal map", f"A_{{{ij}}}'", real=True) for ij in (11, 12, 22)
)


# ----------------------------------------------------------------------------------- reshaping (part V)

batch = symbol("batch", "utterances in a batch", "B", positive=True, integer=True)
reduction = symbol(
    "reduction", "reduction factor: frames that a decoder emits in one step", "r", positive=True, integer=True
)
bins = symbol("bins", "numbers in a frame: its mel bins", "n", positive=True, integer=True)
utterance_frames = symbol("utterance_frames", "frames of an utterance or a recording", "T", positive=True, integer=True)
decoder_steps = symbol("decoder_steps", "steps of the decoder", "U", positive=True, integer=True)
in_batch = symbol("in_batch", "an utterance of the batch, from 0", "b", nonnegative=True, integer=True)
in_step = symbol("in_step", "a frame among those of one step, from 0", "j", nonnegative=True, integer=True)
in_frame = symbol("in_frame", "a number of a frame, from 0", "c", nonnegative=True, integer=True)
in_time = symbol("in_time", "a frame of an utterance, from 0", "t", nonnegative=True, integer=True)
in_memory = symbol(
    "in_memory", "a place in memory, or a place in the wrong order, from 0", "i", nonnegative=True, integer=True
)
surplus = symbol(
    "surplus", "frames emitted beyond the end of an utterance", r"\Delta T", nonnegative=True, integer=True
)
address = symbol("address", "place in memory of an entry", "a", nonnegative=True, integer=True)
landing = symbol("landing", "block that belongs where another one is found", r"\pi(i)", nonnegative=True, integer=True)
unmoved = symbol("unmoved", "blocks that the wrong view leaves in place", "F", positive=True, integer=True)
own_blocks = symbol("own_blocks", "blocks that come from the right utterance", "F_1", positive=True, integer=True)
own_flat = symbol(
    "own_flat", "frames from the right utterance when whole runs are reshaped", "F_2", positive=True, integer=True
)
own_steps = symbol(
    "own_steps", "frames from the right utterance when runs are cut by steps", "F_3", positive=True, integer=True
)
bezout_1 = symbol("bezout_1", "first coefficient of Bezout's identity", "s_p", integer=True)
bezout_2 = symbol("bezout_2", "second coefficient of Bezout's identity", "s_q", integer=True)
step_b = symbol("step_b", "B - 1 over the greatest common divisor", "p", integer=True)
step_j = symbol("step_j", "r - 1 over the greatest common divisor", "q", integer=True)
repeats = symbol(
    "repeats", "how often a scramble is repeated until all is in place", r"K_\pi", positive=True, integer=True
)
strayed = symbol(
    "strayed", "sum of the squared distances by which blocks move", r"D_\pi", nonnegative=True, integer=True
)
inversions = symbol("inversions", "pairs of blocks in the wrong order", r"I_\pi", nonnegative=True, integer=True)
spearman = symbol("spearman", "rank correlation of the wrong order with the right one", r"\rho_S", real=True)
guesses = vector("guesses", reduction, "predictions that know nothing of their targets", "f", real=True)
goals = vector("goals", batch, "targets of a prediction", "y", real=True)
goal_mean = symbol("goal_mean", "mean of the targets", r"\bar{y}", real=True)
made_frames = table("made_frames", batch, reduction, "frames as they come out of the decoder", "x", real=True)
true_frames = table("true_frames", batch, reduction, "frames as they should come out", "y", real=True)


# ------------------------------------------------------------------------------------------- attention (part V)

enc_len = symbol(
    "enc_len", "length of the encoder's output: how many steps can be attended to", "L", integer=True, positive=True
)
state_dim = symbol("state_dim", "size of the decoder's state", "d_s", integer=True, positive=True)
key_dim = symbol("key_dim", "size of a key", "d_h", integer=True, positive=True)
hid_dim = symbol("hid_dim", "number of hidden units of an energy", "d_v", integer=True, positive=True)
query = vector("query", state_dim, "state of the decoder, the query", r"\mathbf{s}", real=True)
key = vector("key", key_dim, "output of the encoder at one step, a key", r"\mathbf{h}", real=True)
read_out = vector("read_out", hid_dim, "weights of the hidden units of an energy", r"\mathbf{v}", real=True)
to_query = table("to_query", hid_dim, state_dim, "matrix that meets the query", r"\mathbf{W}", real=True)
to_key = table("to_key", hid_dim, key_dim, "matrix that meets the key", r"\mathbf{V}", real=True)
key_energy = symbol("key_energy", "energy of step j, as a network computes it", "e_j", real=True)
energy = symbol("energy", "energy of one key", "e_0", real=True)
energies = vector("energies", enc_len, "energies of encoder steps", r"\mathbf{e}", real=True)
raw_weights = vector(
    "raw_weights",
    enc_len,
    "weights of encoder steps before they are divided by their sum",
    r"\mathbf{w}",
    positive=True,
)
drives = vector("drives", enc_len, "rates at which the energies move", r"\dot{\mathbf{e}}", real=True)
path_time = symbol("path_time", "time along a path of energies", r"\tau_e", real=True)
beta_e = symbol("beta_e", "inverse temperature of a softmax", r"\beta_e", positive=True)
attention_entropy = symbol("attention_entropy", "entropy of an alignment", r"H(\alpha)", real=True)
entropy_beta = symbol(
    "entropy_beta", "entropy of the alignment at an inverse temperature", r"H(\alpha_{\beta_e})", real=True
)
copies = symbol("copies", "number of equal keys", "n_c", integer=True, positive=True)
copy_share = symbol("copy_share", "share of the attention on equal keys", r"m_c'", positive=True)
copy_mass = symbol("copy_mass", "attention that equal keys receive together", r"m_c", positive=True)
energy_1, energy_2, energy_3 = (
    symbol(f"energy_{a}", f"energy of step {a}", f"e_{{{a}}}", real=True) for a in (1, 2, 3)
)
key_1, key_2, key_3 = (
    symbol(f"key_{a}", f"key of step {a}, one coordinate", f"h_{{{a}}}", real=True) for a in (1, 2, 3)
)
context = symbol("context", "context: the mean of the keys under the alignment", r"\bar{h}", real=True)
Delta_e = symbol("Delta_e", "how far the highest energy lies above all others", r"\Delta_e", positive=True)
weight_ahead = symbol("weight_ahead", "weight of the key that is ahead", r"\alpha_{\max}", positive=True)
wanted = symbol("wanted", "weight that the highest energy is to get", r"p_\alpha", positive=True)
w_F = symbol("w_F", "width of a filter", "w_F", integer=True, positive=True)
C_F = symbol("C_F", "number of filters", "C_F", integer=True, positive=True)
dilation = symbol("dilation", "dilation of a convolution", "d_F", integer=True, positive=True)
padding = symbol("padding", "zeros that a convolution adds at either end", "p_F", integer=True, nonnegative=True)
out_len = symbol("out_len", "length of a convolution's output", r"L_{\mathrm{out}}", integer=True, positive=True)
vector_count = symbol("vector_count", "number of location vectors", r"N_f", integer=True, positive=True)
c_sh = symbol("c_sh", "what query and key bring to a hidden unit", "c_{sh}", real=True)
c_f = symbol("c_f", "what the last alignment brings to a hidden unit", "c_{f}", real=True)
energy_both = symbol("energy_both", "energy of one hidden unit with content and location", "e(s, h, f)", real=True)
kappa_now, kappa_before = (
    symbol(f"kappa_{name}", f"centre of a component {words}", latex, real=True)
    for name, words, latex in (("now", "at this step", r"\kappa_t"), ("before", "at the step before", r"\kappa_{t-1}"))
)
kappa_hat = symbol("kappa_hat", "logarithm of how far a component moves", r"\hat\kappa_t", real=True)
kappa_hat_2 = symbol(
    "kappa_hat_2", "logarithm of how far a component moves at the step after", r"\hat\kappa_{t+1}", real=True
)
kappa_1, kappa_2 = (symbol(f"kappa_{a}", f"centre of component {a}", rf"\kappa_{a}", real=True) for a in (1, 2))
forth_1, forth_2 = (
    symbol(f"forth_{a}", f"how far component {a} moves", rf"\delta\kappa_{a}", positive=True) for a in (1, 2)
)
importance = symbol("importance", "importance of a component", r"\omega_\phi", positive=True)
omega_1, omega_2 = (
    symbol(f"omega_{a}", f"importance of component {a}", rf"\omega_{{\phi {a}}}", positive=True) for a in (1, 2)
)
omegaprime_1, omegaprime_2 = (
    symbol(f"omegaprime_{a}", f"importance of component {a} at the next step", rf"\omega_{{\phi {a}}}'", positive=True)
    for a in (1, 2)
)
narrow = symbol("narrow", "inverse squared width of a component", r"\beta_\phi", positive=True)
window_mass = symbol("window_mass", "integral of a component over all places", r"\int\! \phi", positive=True)
window_move = symbol("window_move", "how far the mean of a window moves in a step", r"\delta\bar\kappa", real=True)
window_back = symbol(
    "window_back", "how far the mean of a window moves back in a step", r"\max(0, -\delta\bar\kappa)", real=True
)
place = symbol("place", "place along the encoder's output", "u", real=True)
weight_ratio = symbol(
    "weight_ratio", "weight of the key that is ahead over that of another", r"\alpha_0/\alpha_1", positive=True
)
second_weight = symbol("second_weight", "weight of the energy 0.8 in the note's vector", r"\alpha_{0.8}", positive=True)
tied = symbol("tied", "number of keys that share the highest energy", "n_{\\max}", integer=True, positive=True)
top_energy = symbol("top_energy", "the highest energy", r"e_{\max}", real=True)
odds_smooth = symbol("odds_smooth", "ratio of two weights after smoothing", r"\sigma_0/\sigma_1", positive=True)
prev_1, prev_2, prev_3 = (
    symbol(f"prev_{a}", f"weight of step {a} in the alignment before", rf"\alpha'_{a}", positive=True)
    for a in (1, 2, 3)
)
halt_1, halt_2, halt_3 = (
    symbol(f"halt_{a}", f"chance that a walk that reaches step {a} stops there", rf"\pi_{a}", positive=True)
    for a in (1, 2, 3)
)
halt = symbol("halt", "chance that a walk stops at a step, the same for all", r"\pi_0", positive=True)
mono_3 = symbol("mono_3", "weight of step 3 in the next monotonic alignment", r"\alpha_{i3}", positive=True)
stopped = symbol("stopped", "chance that a walk stops before the end", r"\sum_j \alpha_{1j}", positive=True)
mono_row = symbol("mono_row", "number of the output", "i_\\alpha", integer=True, positive=True)
mono_col = symbol("mono_col", "number of the encoder step", "j_\\alpha", integer=True, positive=True)
dot_dim = symbol(
    "dot_dim", "size of a query and of a key whose dot product is taken", "d_k", integer=True, positive=True
)
one_query = symbol("one_query", "one coordinate of a query", "q_1", real=True)
one_key = symbol("one_key", "one coordinate of a key", "k_1", real=True)
dot_var = symbol(
    "dot_var",
    "variance of the dot product of a random query and a random key",
    r"\mathrm{Var}\, q^\top k",
    positive=True,
)
smooth_0 = symbol("smooth_0", "weight of the key that is ahead, after smoothing", r"\alpha^\sigma_0", positive=True)
odds_1 = symbol("odds_1", "odds of the lower of two energies: its exponential", r"o_\sigma", positive=True)
excess = symbol("excess", "by which share the odds of the higher energy are larger", r"x_\sigma", positive=True)
walk_mean = symbol(
    "walk_mean", "mean number of steps that a walk goes on before it stops", r"\bar{k}_\pi", nonnegative=True
)
log_odds = symbol(
    "log_odds", "logarithm of the odds of the leading weight", r"\log\frac{\alpha_{\max}}{1 - \alpha_{\max}}", real=True
)


# --------------------------------------------------------------------------------- pyramidal encoders (part V)

halvings = symbol("halvings", "depth of a pyramid: how often time is halved", "K", integer=True, nonnegative=True)
factor = symbol("factor", "number of frames that are joined", "f", integer=True, positive=True)
encoder_steps = symbol("encoder_steps", "steps of all layers of a pyramid", "S_K", positive=True)
pyramid_energies = symbol("pyramid_energies", "energies that a decoder computes", "E_K", positive=True)
units = symbol("units", "size of the state of an LSTM, one way", "H", integer=True, positive=True)
bands = symbol("bands", "number of inputs of an LSTM", "N", integer=True, positive=True)
blstm_weights = symbol("blstm_weights", "number of weights of a bidirectional LSTM", "W_N", positive=True)
work_share = symbol(
    "work_share", "work of a pyramid's layer, over that of a layer that does not halve", "w_K", positive=True
)
floor_energy = symbol("floor_energy", "energy of all steps but the best", "e_0", real=True)
fitting = symbol("fitting", "number of frames that are worth looking at", "m", integer=True, positive=True)
fitting_mass = symbol("fitting_mass", "weight of all steps that are worth looking at", "A_K", positive=True)
needed_gap = symbol("needed_gap", "gap that gives the best step its weight", r"\Delta_p", real=True)
first_frames = vector("first_frames", d, "first frame of a pair", "x", real=True)
second_frames = vector("second_frames", d, "second frame of a pair", "x'", real=True)
lost = symbol(
    "lost",
    "least squared error of a pair of frames told from their mean",
    r"\epsilon_{\mathrm{mean}}",
    nonnegative=True,
)
left_weights = vector("left_weights", d, "weights on the first frame of a pair", "v", real=True)
leak = symbol("leak", "share of its state that a cell keeps in one step", r"\lambda", real=True, nonzero=True)
path_steps = symbol("path_steps", "arcs from the first frame to the last step at the top", "P_K", positive=True)
silent = symbol("silent", "number of silent frames between two words", "g", integer=True, positive=True)
straddle = symbol(
    "straddle", "share of the ways to lay a grid of blocks in which a gap lies within one", "s_g", nonnegative=True
)
fewest = symbol("fewest", "least number of words in a string", "a", integer=True, positive=True)
most_more = symbol(
    "most_more", "greatest number of words in a string, less the least", "b", integer=True, nonnegative=True
)
floor_entropy = symbol("floor_entropy", "entropy of a random string of digits", "H_Y", positive=True)
letter_floor = symbol("letter_floor", "entropy of a random string of digits a letter", r"\bar{H}_Y", positive=True)
glued = symbol("glued", "recording that the second half of row b comes from", "b'", integer=True, nonnegative=True)
first_input = symbol("first_input", "first input of a leaky cell", "x_1", real=True)
other_inputs = symbol("other_inputs", "what the other inputs add to the last state", "R", real=True)
log_chances = vector(
    "log_chances", decoder_steps, "log probability of each letter, given those before it", r"\log p", real=True
)
# -------------------------------------------------------------------------------------------- Tacotron (part V)

drop_rate = symbol("drop_rate", "probability that dropout removes an input", r"p_{\mathrm{d}}", positive=True)
activation = symbol("activation", "one input of a dropout layer", r"x_{\mathrm{d}}", real=True)
drop_mean = symbol("drop_mean", "mean of an input after inverted dropout", r"\mathbb{E}\,\tilde{x}", real=True)
drop_var = symbol(
    "drop_var", "variance of an input after inverted dropout", r"\mathrm{Var}\,\tilde{x}", nonnegative=True
)
feed_gain = symbol("feed_gain", "factor by which a decoder hands on an error in what it is fed", "g_f", positive=True)
feed_slip = symbol("feed_slip", "error that a decoder adds at each step", r"\delta_f", positive=True)
free_error = symbol("free_error", "error of the last step of a decoder that runs freely", "e_U", positive=True)
chars = symbol("chars", "length of the text, in characters", r"L_{\mathrm{in}}", integer=True, positive=True)
half_len = symbol(
    "half_len",
    "length of the output of a convolution that is padded by half of its width",
    r"L_{\lfloor w/2\rfloor}",
    integer=True,
)
bank = symbol("bank", "number of widths in a convolution bank", r"K_{\mathrm{b}}", integer=True, positive=True)
bank_in = symbol("bank_in", "channels that go into a bank", r"C_{\mathrm{in}}", integer=True, positive=True)
bank_out = symbol("bank_out", "filters of each width in a bank", r"C_{\mathrm{w}}", integer=True, positive=True)
bank_weights = symbol("bank_weights", "number of weights in a bank", r"W_{\mathrm{b}}", positive=True)
cbhg_field = symbol(
    "cbhg_field", "characters that one output of the bank's stack can see", r"R_{\mathrm{b}}", positive=True
)
hw_in = symbol("hw_in", "input of a highway layer of one unit", r"x_{\mathrm{h}}", real=True)
hw_value = symbol("hw_value", "what a highway layer would put in the place of its input", r"H", real=True)
gate = symbol("gate", "a gate: the share of H in what a highway layer passes on", "T_g", positive=True)
hw_slope = symbol("hw_slope", "slope of what a highway layer would put in the place of its input", r"H'", real=True)
gate_bias = symbol("gate_bias", "bias of a gate", r"b_T", real=True)
gate_weight = symbol("gate_weight", "weight of a gate's input", r"a_T", real=True)
gate_shut = symbol("gate_shut", "how far below zero a gate's argument lies", r"\zeta_T", positive=True)
hw_out = symbol("hw_out", "output of a highway layer", r"y_{\mathrm{h}}", real=True)
hw_grad = symbol("hw_grad", "derivative of a highway layer", r"y_{\mathrm{h}}'", real=True)
gru_new = symbol("gru_new", "candidate state of a GRU", r"\tilde{h}", real=True)
gru_old = symbol("gru_old", "previous state of a GRU", r"h_{-}", real=True)
update = symbol(
    "update", "update gate of a GRU: the share of the old state that is kept", r"z_{\mathrm{u}}", positive=True
)
query_toy = symbol("query_toy", "state of the attention RNN in a toy of one unit", r"s_{\mathrm{q}}", real=True)
out_state = symbol("out_state", "weight of the RNN's state in the frame", r"v_s", real=True)
out_context = symbol("out_context", "weight of the context in the frame", r"v_c", real=True)
first_frame = symbol("first_frame", "first frame of a toy decoder", r"y_{1}^{\mathrm{dec}}", real=True)
dec_steps = symbol(
    "dec_steps", "steps in which a decoder emits all frames of an utterance", r"U_r", integer=True, positive=True
)
truth_share = symbol("truth_share", "share of the steps at which the truth is fed", r"\epsilon_s", positive=True)
first_a = symbol("first_a", "probability of the sequence AA; the other is BB", r"p_A", positive=True)
said_a = symbol("said_a", "the model's probability of A after A", r"q_A", positive=True)
ss_target = symbol(
    "ss_target", "how often the target is A when A is fed", r"P(x_2 = A \mid \text{fed } A)", positive=True
)
ss_slope = symbol(
    "ss_slope", "slope in the model's probability of A of the mean log loss where A is fed", r"\ell_s'", real=True
)
mixed = symbol("mixed", "probability that a free run mixes A and B", r"P(x_1 \ne x_2)", nonnegative=True)
decay_step = symbol("decay_step", "number of the update", r"\iota", positive=True)
decay_scale = symbol("decay_scale", "constant of the inverse sigmoid schedule", r"k_s", positive=True)
mel = symbol("mel", "frequency on the mel scale", r"m_{\mathrm{f}}", nonnegative=True)
hertz = symbol("hertz", "frequency in hertz", r"f_{\mathrm{Hz}}", nonnegative=True)
bin_1, bin_2, bin_3, bin_4 = (
    symbol(f"bin_{i}", f"magnitude in bin {i} of a toy spectrum", f"X_{i}", real=True) for i in (1, 2, 3, 4)
)
lost_1, lost_2 = (
    symbol(f"lost_{i}", f"step along direction {i} of the null space", rf"\tau_{i}", real=True) for i in (1, 2)
)
mel_1, mel_2 = (
    symbol(f"mel_{i}", f"output {i} of a toy filter bank", f"m_{i}^{{\\mathrm{{toy}}}}", real=True) for i in (1, 2)
)
found_size = symbol(
    "found_size", "magnitude of the present signal's spectrum in a bin", r"\lvert z\rvert", nonnegative=True
)
phase_off = symbol("phase_off", "by how much another phase differs from its phase", r"\delta_z", real=True)
wanted_mag = symbol("wanted_mag", "magnitude that is wanted in a bin", "A", nonnegative=True)
dist_mag = symbol(
    "dist_mag", "squared distance of a bin from the nearest number of the wanted magnitude", "d_A^2", nonnegative=True
)
overlaps = symbol("overlaps", "number of frames that cover a sample", r"F_{\mathrm{c}}", integer=True, positive=True)
tapers = vector(
    "tapers", overlaps, "values of the window at a sample, one for each frame over it", r"\mathsf{v}", real=True
)
pieces = vector(
    "pieces", overlaps, "what the frames over a sample ask for, inverse transforms", r"\mathsf{y}", real=True
)
tapers_1 = symbol("tapers_1", "the window's value at a sample that one frame covers", r"\mathsf{v}_1", real=True)
pieces_1 = symbol("pieces_1", "what the only frame over a sample asks for", r"\mathsf{y}_1", real=True)
sample = symbol("sample", "value of a sample", "x_n", real=True)
merged = symbol("merged", "value of a sample from least squares", "x_n^{*}", real=True)
guess = symbol("guess", "a single guess for a random value", "c_g", positive=True)
mean_sq = symbol("mean_sq", "mean squared error of a guess", r"\mathbb{E}(Y - c)^2", positive=True)
mean_abs = symbol("mean_abs", "mean absolute error of a guess", r"\mathbb{E}\lvert Y - c\rvert", positive=True)
hazard = symbol("hazard", "probability of stopping at a step that is reached", r"\sigma_s", positive=True)
stopped_within = symbol(
    "stopped_within", "probability of having stopped within U steps", r"P(\text{stop} \le U)", positive=True
)
convs = symbol("convs", "number of convolutions in a stack", r"n_{\mathrm{c}}", integer=True, positive=True)
field = symbol(
    "field", "samples or characters that one output can see: the receptive field", r"R_{\mathrm{f}}", positive=True
)
att_energy = vector("att_energy", chars, "energies of attention at one step, one a character", r"\mathsf{e}", real=True)
covered = symbol("covered", "sum of all cumulative attention weights before a step", r"\Sigma_{<t}", nonnegative=True)
compress = symbol("compress", "constant of the μ-law", r"\mu_c", positive=True)
loudness = symbol("loudness", "size of a sample, between 0 and 1", r"\lvert x\rvert", positive=True)
squashed = symbol("squashed", "size of a sample after the μ-law", r"F_{\mu}", positive=True)
tokens = symbol("tokens", "number of style tokens", r"n_{\mathrm{s}}", integer=True, positive=True)
token_gap = vector(
    "token_gap",
    tokens,
    "how far each token stays behind the foremost, in some direction",
    r"\mathsf{g}",
    nonnegative=True,
)
token_energy = vector("token_energy", tokens, "energy of each token", r"\mathsf{t}", real=True)
foremost = symbol("foremost", "how far the foremost token reaches in that direction", r"b_{\max}", real=True)
style_reach = symbol(
    "style_reach", "how far the style embedding reaches in the direction of the foremost token", r"v \cdot e", real=True
)
dilated_field = symbol(
    "dilated_field", "samples that one output of dilated convolutions can see", r"R_{\mathrm{d}}", positive=True
)
triple_field = symbol("triple_field", "samples that one output can see when dilations triple", r"R_3", positive=True)
mean_steps = symbol("mean_steps", "mean number of steps until a decoder stops", r"\mathbb{E}\,U", positive=True)

# --------------------------------------------------------------------------------- museum, first rooms

precision = symbol("precision", "precision of a normal law: one over its variance", r"\Lambda", positive=True)
trust = symbol("trust", "how many observations the prior of a mean is worth", r"\beta_{\mu}", positive=True)
nu_0 = symbol("nu_0", "degrees of freedom of the prior of a precision", r"\nu_0", positive=True)
W_0 = symbol("W_0", "scale of the prior of a precision", "W_0", positive=True)
scatter = symbol("scatter", "sum of the squared deviations from the mean", "S_y", positive=True)
p_precision = symbol(
    "p_precision", "density of a precision, given the observations", r"p(\Lambda \mid y)", positive=True
)
pi_a = symbol("pi_a", "weight of the first component of a mixture", r"\pi_{\mathrm{a}}", positive=True)
mu_a = symbol("mu_a", "where the first component lies along the line of centres", r"\mu_{\mathrm{a}}", real=True)
mu_b = symbol("mu_b", "where the second component lies along the line of centres", r"\mu_{\mathrm{b}}", real=True)
sigma_a = symbol("sigma_a", "standard deviation of the first component", r"\sigma_{\mathrm{a}}", positive=True)
sigma_b = symbol("sigma_b", "standard deviation of the second component", r"\sigma_{\mathrm{b}}", positive=True)
mubar = symbol("mubar", "mean of the mixture along the line of centres", r"\bar{\mu}", real=True)
L_t = symbol("L_t", "number of dimensions of the mixture", "L_t", integer=True, positive=True)
mix_var = symbol(
    "mix_var",
    "mean squared distance of a draw of the mixture from its mean",
    r"\mathbb{E}\lVert t - \mathbb{E}t\rVert^2",
    positive=True,
)
regressors = vector("regressors", n, "values of one regressor", "X", real=True)
responses = vector("responses", n, "values of the response", "Y", real=True)
betahat = symbol("betahat", "slope of a line through the origin", r"\hat{\beta}", real=True)
sigma_e = symbol("sigma_e", "standard deviation of the errors of a regression", r"\sigma_e", positive=True)
sigma_p = symbol("sigma_p", "standard deviation of the prior of a weight", r"\sigma_p", positive=True)
var_stable = symbol(
    "var_stable",
    "variance of the error of the least-squares slope times the root of n",
    r"\mathrm{Var}\,\sqrt{n}\,(\hat{\beta} - \beta)",
    positive=True,
)
var_weight = symbol("var_weight", "variance of a weight, given the data", r"\mathrm{Var}(w \mid y)", positive=True)
var_gamma = symbol("var_gamma", "variance of a gamma draw", r"\operatorname{Var} z", positive=True)
logvar = symbol("logvar", "logarithm of a variance", r"\ell_{\sigma^2}", real=True)
logsd = symbol("logsd", "logarithm of a standard deviation", r"\ell_{\sigma}", real=True)
kl_logvar = symbol(
    "kl_logvar",
    "divergence from the standard normal prior, of an encoder that gives the log variance",
    r"\mathrm{KL}(\mu, \ell_{\sigma^2})",
    nonnegative=True,
)
kl_logsd = symbol(
    "kl_logsd",
    "the same, of an encoder that gives the log standard deviation",
    r"\mathrm{KL}(\mu, \ell_{\sigma})",
    nonnegative=True,
)
kl_swapped = symbol(
    "kl_swapped",
    "divergence of the standard normal prior from q",
    r"\mathrm{KL}(\mathcal N(0, 1) \Vert q)",
    nonnegative=True,
)
kl_laws = symbol(
    "kl_laws",
    "divergence of a first normal law from a second",
    r"\mathrm{KL}(\mathcal N_1 \Vert \mathcal N_2)",
    nonnegative=True,
)
first_law = vector("first_law", n, "probabilities of a first discrete law", r"\mathsf{P}", positive=True)
second_law = vector("second_law", n, "probabilities of a second discrete law", r"\mathsf{Q}", positive=True)
kl_discrete = symbol(
    "kl_discrete",
    "divergence of the first discrete law from the second",
    r"\mathrm{KL}(\mathsf{P} \Vert \mathsf{Q})",
    real=True,
)
mean_old = symbol("mean_old", "mean of the policy before an update", r"\mu_{\mathrm{old}}", real=True)
mean_new = symbol("mean_new", "mean of the policy after an update", r"\mu_{\mathrm{new}}", real=True)
logvar_old = symbol("logvar_old", "log variance of the policy before an update", r"\ell_{\mathrm{old}}", real=True)
logvar_new = symbol("logvar_new", "log variance of the policy after an update", r"\ell_{\mathrm{new}}", real=True)
kl_policy = symbol(
    "kl_policy",
    "divergence of the policy before an update from the one after it",
    r"\mathrm{KL}(\mathrm{old} \Vert \mathrm{new})",
    nonnegative=True,
)
f_mapped = symbol("f_mapped", "density of a standard normal pair after a linear map", "f_{Ax}(y)", positive=True)
f_base = symbol("f_base", "density of a standard normal variable", r"f_{\mathcal N}(z)", positive=True)

# The museum, second half ------------------------------------------------------------------------------------------

pace = symbol("pace", "rate at which the state of an equation grows", r"p_u", positive=True)
instant = symbol("instant", "time of an equation", r"t_u", positive=True)
ending = symbol("ending", "time at which an equation ends", r"T_u", positive=True)
later = symbol("later", "a later time that is integrated over", r"\tau_u", positive=True)
adjoint = symbol("adjoint", "what a nudge of the state adds to the total: the adjoint", r"\lambda_u", real=True)
adjoint_slope = symbol("adjoint_slope", "derivative of the adjoint in time", r"\lambda_u'", real=True)
total_slope = symbol("total_slope", "derivative of the total in the rate", r"\mathrm{d}G/\mathrm{d}p_u", real=True)
S_11, S_12, S_21, S_22 = (
    symbol(f"S_{ij}", f"entry {ij} of the matrix of a quadratic form", f"S_{{{ij}}}", real=True)
    for ij in (11, 12, 21, 22)
)
qf_grad = symbol(
    "qf_grad",
    "first entry of the gradient of that form, taken with the inverse",
    r"\partial_1\, y^\top S^{-1} y",
    real=True,
)
growth = symbol("growth", "factor by which all weights of a classifier grow", "C_w", positive=True)
margin = symbol("margin", "margin of a point: how far on its right side", "m_w", positive=True)
exp_loss = symbol("exp_loss", "exponential loss of a point after the weights grew", r"\ell_C", positive=True)
discount = symbol("discount", "discount of a reward that comes a step later", r"\gamma_r", positive=True)
trace = symbol("trace", "decay of the weights of longer advantages", r"\lambda_r", positive=True)
lag = symbol("lag", "by how many steps a temporal difference lies ahead", r"l_r", integer=True, nonnegative=True)
td_weight = symbol("td_weight", "weight of that difference in an advantage", r"w(\delta_{t+l})", positive=True)
w_p_shift = symbol("w_p_shift", "Wasserstein distance of order p between samples", r"W_p^{\mathrm{s}}", positive=True)
m_Z = symbol("m_Z", "how far the mean of the codes lies from the prior's", r"m_Z", positive=True)
wae_slope = symbol(
    "wae_slope",
    "derivative of a penalised objective in that distance",
    r"\mathrm{d}\mathcal{O}/\mathrm{d}m_Z",
    real=True,
)
score_0, score_1, score_2 = (
    symbol(name, f"similarity of an anchor to its {what}", letter, real=True)
    for name, what, letter in (
        ("score_0", "positive", "s_{+}"),
        ("score_1", "first negative", "s_{-,1}"),
        ("score_2", "second negative", "s_{-,2}"),
    )
)
npair = symbol("npair", "N-pairs loss of one anchor", r"\ell_{N}", positive=True)
target_1 = symbol("target_1", "target probability of the first of two classes", "t_{c}", positive=True)
predicted_1 = symbol("predicted_1", "predicted probability of that class", "y_{c}", positive=True)
xent = symbol("xent", "cross-entropy of targets and predictions", "H(t, y)", positive=True)
column = symbol("column", "even column of a position encoding", "k_e", integer=True, nonnegative=True)
channels = symbol("channels", "channels of a position encoding in two dimensions", "d_e", integer=True, positive=True)
pe_freq = symbol("pe_freq", "frequency of that column", r"\omega_k", positive=True)
keep_1, keep_2 = (
    symbol(
        f"keep_{t}", f"share of the variance that step {t} of a diffusion keeps", rf"\alpha_{{d,{t}}}", positive=True
    )
    for t in (1, 2)
)
noise_sd = symbol("noise_sd", "standard deviation of the noise after two steps", r"\sigma(x_2 \mid x_0)", positive=True)
stride = symbol("stride", "stride of a convolution", "s_F", integer=True, positive=True)
extra_out = symbol("extra_out", "output padding of a transposed convolution", "o_F", integer=True, nonnegative=True)
tap = symbol("tap", "number of a filter's tap, from 0", "k_F", integer=True, nonnegative=True)
output = symbol("output", "number of an output, from 0", "j_F", integer=True, nonnegative=True)
skipped = symbol(
    "skipped", "inputs left out between two taps: 0 in a dense filter", "D_F", integer=True, nonnegative=True
)
input_read = symbol("input_read", "number of the input that a tap reads", "i_F", integer=True)
signal_len = symbol("signal_len", "samples of a signal", "L_x", integer=True, positive=True)
fft_len = symbol("fft_len", "length of a Fourier transform", r"n_{\mathrm{fft}}", integer=True, positive=True)
win_len = symbol(
    "win_len", "length of a window, at most that of the transform", r"n_{\mathrm{win}}", integer=True, positive=True
)
hop_len = symbol("hop_len", "samples from one frame to the next", r"n_{\mathrm{hop}}", integer=True, positive=True)
stft_frames = symbol("stft_frames", "frames of a transform without padding", "F_x", integer=True, positive=True)
logit_1, logit_2, logit_3 = (symbol(f"logit_{a}", f"logit of class {a}", f"l_{a}", real=True) for a in (1, 2, 3))
gumbel_1, gumbel_2, gumbel_3 = (
    symbol(f"gumbel_{a}", f"Gumbel noise of class {a}", f"g_{a}", real=True) for a in (1, 2, 3)
)
relax_temp = symbol("relax_temp", "temperature of a relaxed sample", r"\tau_g", positive=True)
relaxed_1 = symbol("relaxed_1", "first entry of a relaxed sample", "z_{g,1}", positive=True)
x_real = symbol("x_real", "where the real samples lie", r"x_{\mathrm{real}}", real=True)
x_made = symbol("x_made", "where the made samples lie", r"x_{\mathrm{fake}}", real=True)
critic_loss = symbol("critic_loss", "loss of the best critic", "L_D", real=True)
sub_price_1, sub_price_2 = (
    symbol(f"sub_price_{a}", f"price in subpair {a} before it is adjusted", rf"\phi_{{x_{a}}}", real=True)
    for a in (1, 2)
)
price_step = symbol(
    "price_step", "step between the prices of two subpairs that their costs allow", r"\beta_{x_2}", real=True
)
price_gap = symbol("price_gap", "difference of the two prices once adjusted", r"\phi_{x_1}' - \phi_{x_2}'", real=True)
