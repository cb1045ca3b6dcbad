"""One typical claim of each kind, as chapters state them: calling one states it, proves it, checks it and prints it."""

from itertools import count

import numpy as np
from scipy import integrate, optimize, stats
from sympy import (
    Eq,
    Expr,
    IndexedBase,
    Integral,
    Le,
    Limit,
    MatrixSymbol,
    Mod,
    Q,
    Rational,
    Sum,
    Symbol,
    exp,
    floor,
    log,
    oo,
    sqrt,
)

from utils.claims import Claim, Propto, define, leq, propto, refute
from utils.estimate import Estimate
from utils.kinds import Experiment, IndexMap, Program
from utils.notation import as_written, normal

x, y, m, c = (Symbol(name, real=True) for name in ("x", "y", "m", "c"))
s, t, a, b = (Symbol(name, positive=True) for name in ("s", "t", "a", "b"))
n, d, i = (Symbol(name, integer=True, positive=True) for name in ("n", "d", "i"))
v = IndexedBase("v", shape=(n,), real=True)
numbers = count()


def label(kind: str) -> str:
    """A new label each time: no run may lean on the one before."""
    return f"{kind}-{next(numbers)}"


def identity() -> Claim:
    with as_written():
        precision = 1 / s**2 + 1 / t**2
        centre = (x / s**2 + y / t**2) / precision
        square = precision * (m - centre) ** 2 + (x - y) ** 2 / (s**2 + t**2)
        claim = Claim(label("identity"), Eq((m - x) ** 2 / s**2 + (m - y) ** 2 / t**2, square))
        claim.derive((claim.rhs, "complete the square"))

    @claim.check(rtol=1e-7)
    def two_residuals(m, x, y, s, t):
        """The squared length of a vector of residuals."""
        return float(np.linalg.norm([(m - x) / s, (m - y) / t]) ** 2)

    return claim


def integral() -> Claim:
    with as_written():
        mean = Symbol(label("mean").replace("-", "_"), real=True)
        define(label("mean-of-square"), Eq(mean, Integral(x**2 * normal(x, m, s**2), (x, -oo, oo))))
        claim = Claim(label("integral"), Eq(mean, m**2 + s**2))
        claim.derive((claim.rhs, "the second moment of a normal law"))

    @claim.check(rtol=1e-7)
    def quadrature(m, s):
        """The integral by scipy.integrate.quad, twelve deviations to each side."""
        return integrate.quad(lambda z: (m + s * z) ** 2 * stats.norm.pdf(z), -12, 12, epsabs=0, epsrel=1e-10)[0]

    return claim


def monte_carlo() -> Claim:
    with as_written():
        mean = Symbol(label("mean").replace("-", "_"), real=True)
        define(label("mean-of-square"), Eq(mean, Integral(x**2 * normal(x, m, s**2), (x, -oo, oo))))
        claim = Claim(label("monte-carlo"), Eq(mean, m**2 + s**2))
        claim.derive((claim.rhs, "the second moment of a normal law"))

    @claim.check(at=16)
    def simulation(m, s, rng):
        """The mean of the squares of 20,000 draws."""
        return Estimate.from_samples(rng.normal(m, s, 20_000) ** 2)

    return claim


def proportionality() -> Claim:
    with as_written():
        claim = Claim(
            label("proportionality"),
            Propto(normal(x, m, s**2) * normal(y, x, t**2), exp(-((x - m) ** 2 / s**2 + (y - x) ** 2 / t**2) / 2), x),
        )
        claim.derive(propto(claim.rhs, "the normalising constants are free of x", x))

    @claim.check(rtol=1e-7)
    def inverse_of_logarithm(x, y, m, s, t):
        """The product of the two densities, from its logarithm."""
        residuals = np.array([(x - m) / s, (y - x) / t])
        return float(np.exp(-(np.linalg.norm(residuals) ** 2) / 2 - np.log(2 * np.pi * s * t)))

    return claim


def inequality() -> Claim:
    with as_written():
        claim = Claim(label("inequality"), Le(sqrt(a * b), (a + b) / 2))
        claim.derive(leq(claim.rhs, "a square is not negative", gap=(sqrt(a) - sqrt(b)) ** 2 / 2))

    @claim.check(tight={a: 1, b: 1})
    def means(a, b):
        """The geometric mean by logarithms, the arithmetic mean by NumPy."""
        return float(np.exp(np.mean(np.log([a, b])))), float(np.mean([a, b]))

    return claim


def limit() -> Claim:
    with as_written():
        weights = n / s**2, 1 / t**2
        claim = Claim(
            label("limit"),
            Eq(Limit((weights[0] * x + weights[1] * m) / (weights[0] + weights[1]), n, oo), x),
            where=[s < 4, t > Rational(1, 4)],
        )
        claim.derive((claim.rhs, "the data outweigh the prior"))

    @claim.check
    def least_squares(n, x, m, s, t):
        """The prior as one more row of weighted least squares."""
        rows = np.array([[1 / t], [np.sqrt(n) / s]])
        return np.linalg.lstsq(rows, np.array([m / t, np.sqrt(n) * x / s]))[0].item()

    return claim


def matrix() -> Claim:
    with as_written():
        A, B = MatrixSymbol("A", d, d), MatrixSymbol("B", d, d)
        claim = Claim(
            label("matrix"),
            Eq((A.inverse() + B.inverse()).inverse(), A * (A + B).inverse() * B),
            where=[Q.positive_definite(A), Q.positive_definite(B)],
            unproved="exact rational instances only",
        )

    @claim.check(rtol=1e-7)
    def solved(A, B):
        """The sum of the two inverses, inverted by solving for the columns of the identity."""
        return np.linalg.solve(np.linalg.inv(A) + np.linalg.inv(B), np.eye(len(A)))

    return claim


def vector_sum() -> Claim:
    with as_written():
        mean = Sum(v[i], (i, 1, n)) / n
        claim = Claim(
            label("vector-sum"),
            Eq(Sum((v[i] - x) ** 2, (i, 1, n)), Sum(v[i] ** 2, (i, 1, n)) - 2 * x * n * mean + n * x**2),
        )
        claim.derive((claim.rhs, "expand the square"))

    @claim.check(rtol=1e-7)
    def distance(v, x):
        """The squared distance of v from the constant vector x."""
        return float(np.linalg.norm(v - x) ** 2)

    return claim


def index_map() -> IndexMap:
    i, j = (Symbol(name, integer=True, nonnegative=True) for name in "ij")
    rows, columns, factor = (Symbol(name, integer=True, positive=True) for name in ("rows", "columns", "factor"))
    out, source = IndexedBase("y"), IndexedBase("x")
    with as_written():
        claim = IndexMap(
            label("index-map"),
            Eq(out[i, j], source[factor * i + floor(j / columns), Mod(j, columns)]),
            ranges={i: rows, j: factor * columns},
            source_shape=[factor * rows, columns],
        )

    @claim.check
    def reshape(x, columns, factor, rows):
        """NumPy's reshape."""
        return x.reshape(rows, factor * columns)

    return claim


def program() -> Program:
    claim = Program(
        label("program"),
        cost=[1, 3, 2, 1],
        matrix=[[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]],
        rhs=[Rational(1, 2), Rational(1, 2), Rational(1, 3), Rational(2, 3)],
        primal=[Rational(1, 3), Rational(1, 6), 0, Rational(1, 2)],
        dual=[3, 1, -2, 0],
        value=Rational(4, 3),
    )

    @claim.check
    def highs(cost, matrix, rhs):
        """SciPy's linprog (HiGHS)."""
        return optimize.linprog(cost, A_eq=matrix, b_eq=rhs).fun

    return claim


def experiment() -> Experiment:
    claim = Experiment(label("experiment"), r"\bar{x}", seeds=range(10), greater_than=0.9)

    @claim.run
    def trial(seed):
        """The mean of 1,000 normal draws around one."""
        return np.random.default_rng(seed).normal(1, 1, 1000).mean()

    return claim


def definition() -> object:
    with as_written():
        density = normal(x, m, s**2)
        one = Eq(Integral(density, (x, -oo, oo)), 1)
        name = Symbol(label("p").replace("-", "_"), positive=True)
        return define(label("definition"), Eq(name, density), sanity={"integrates to one": one})


def refutation() -> object:
    def entropy(s):
        """The entropy of a normal law by quadrature."""
        law = stats.norm(scale=s)
        return integrate.quad(lambda z: -law.pdf(z) * law.logpdf(z), -12 * s, 12 * s)[0]

    with as_written():
        wrong: Expr = log(s) / 2 + Rational(1, 2)
        return refute(label("refutation"), Eq(c, wrong), witness={s: 3}, truth=entropy, source="a planted error")


KINDS = (
    identity,
    integral,
    monte_carlo,
    proportionality,
    inequality,
    limit,
    matrix,
    vector_sum,
    index_map,
    program,
    experiment,
    definition,
    refutation,
)
