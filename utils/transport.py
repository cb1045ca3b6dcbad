"""Optimal transport between discrete measures, with certificates: exact, by network simplex, entropic; and MMD.

A problem is `cost`, shape (m, n), with masses `u`, shape (m,), and `v`, shape (n,), of one total. Solvers return frozen
results that carry the plan, both objectives and `converged`. A gap proves nothing unless the plan and the potentials
are feasible: `Transport.fault` checks all of it. Arrays are float64; `solve_exact` works in fractions.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from numbers import Integral, Rational
from typing import Any, TypeAlias

import numpy as np
import ot
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = [
    "Entropic",
    "Lipschitz",
    "Transport",
    "bures",
    "c_transform",
    "distance_1d",
    "gaussian_map",
    "imq",
    "kantorovich_rubinstein",
    "lipschitz_product",
    "marginal_operators",
    "mmd2",
    "rbf",
    "sinkhorn",
    "sinkhorn_divergence",
    "solve",
    "solve_exact",
]

Array: TypeAlias = NDArray[np.float64]
PairFunction: TypeAlias = Callable[[Tensor, Tensor], Tensor]

ROUNDING = 1e-9
"""What a float certificate may miss, relative to the total mass, to the largest cost, or to their product."""


# Results


@dataclass(frozen=True, eq=False)
class Transport:
    """A plan (m, n) with its cost `primal`, and potentials phi (m,), psi (n,) with their value `dual`."""

    plan: Any
    primal: Any
    dual: Any
    phi: Any
    psi: Any
    converged: bool
    iterations: int | None
    """None where the solver does not tell."""

    @property
    def gap(self) -> Any:
        """primal - dual: a bound on what the plan costs too much, if plan and potentials are feasible."""
        return self.primal - self.dual

    def fault(self, cost: Any, u: Any, v: Any, tolerance: float = 0) -> str | None:
        """What is wrong with this as a certificate of optimality, or None.

        Asked are: plan >= 0 with row sums u and column sums v; phi_i + psi_j <= cost_ij; the stated values; that the
        primal equals the dual; and plan_ij > 0 only where phi_i + psi_j = cost_ij. `tolerance` is relative to the
        total mass, to the largest cost, or to their product; keep 0 for fractions.
        """
        cost, u, v, plan, phi, psi = map(np.asarray, (cost, u, v, self.plan, self.phi, self.psi))
        if plan.shape != cost.shape or (*phi.shape, *psi.shape) != cost.shape:
            return f"the shapes do not fit: cost {cost.shape}, plan {plan.shape}, phi {phi.shape}, psi {psi.shape}"
        mass, size = u.sum(), abs(cost).max()
        value, slack = tolerance * mass * size, cost - phi[:, None] - psi  # (m, n)
        with np.errstate(invalid="ignore"):
            rules = {
                "the plan has a negative entry": plan >= -tolerance * mass,
                "the plan's row sums are not u": abs(plan.sum(1) - u) <= tolerance * mass,
                "the plan's column sums are not v": abs(plan.sum(0) - v) <= tolerance * mass,
                "the potentials break phi_i + psi_j <= cost_ij": slack >= -tolerance * size,
                "the primal value is not the cost of the plan": abs((cost * plan).sum() - self.primal) <= value,
                "the dual value is not that of the potentials": abs(phi @ u + psi @ v - self.dual) <= value,
                "the primal and the dual value differ": abs(self.gap) <= value,
                "complementary slackness fails": abs(plan * slack) <= value,
            }
        return next((fault for fault, holds in rules.items() if not np.all(holds)), None)  # NaN holds nowhere


@dataclass(frozen=True, eq=False)
class Lipschitz(Transport):
    """A `Transport` under a metric: phi = potential, psi = -potential, and the potential is 1-Lipschitz."""

    @property
    def potential(self) -> Array:
        """f, shape (n,), with sum_i f_i (u_i - v_i) = `dual`."""
        return self.phi


@dataclass(frozen=True, eq=False)
class Entropic:
    """A plan (m, n) = u v^T exp((f + g - cost) / epsilon), its potentials f (m,), g (n,), and what they are worth.

    `primal` is <cost, plan> + epsilon KL(plan | u v^T), `linear` its first part alone, `dual` the value of (f, g).
    `error` is how far the row sums are from u, in all; the column sums are v up to rounding. While it is not zero the
    plan is not feasible, and `primal` may lie below the optimum; `dual` never does lie above it.
    """

    plan: Array
    f: Array
    g: Array
    primal: float
    dual: float
    linear: float
    converged: bool
    iterations: int
    error: float

    @property
    def gap(self) -> float:
        """primal - dual."""
        return self.primal - self.dual


# Exact transport


def marginal_operators(m: int, n: int) -> tuple[Array, Array]:
    """P_X (m, mn) and P_Y (n, mn), with P_X vec(plan) = row sums and P_Y vec(plan) = column sums.

    vec is row-major, as `plan.ravel()`: entry (i, j) stands at i n + j. Column-major vec swaps the factors.

    >>> marginal_operators(2, 2)[1]
    array([[1., 0., 1., 0.],
           [0., 1., 0., 1.]])
    """
    _count("m", m)
    _count("n", n)
    return np.repeat(np.eye(m), n, axis=1), np.tile(np.eye(n), m)


def solve_exact(cost: Any, u: Any, v: Any) -> Transport:
    """min <cost, plan> over plan >= 0 with row sums u and column sums v, in fractions, by cancelling cycles.

    Going from row i to column j costs cost_ij; going back, possible while plan_ij > 0, refunds it. Mass sent round a
    cycle of negative cost makes the plan cheaper. Where no such cycle is left, shortest distances d exist, and
    phi = -d, psi = d prove that the plan is optimal. Costs and masses are multiples of some fraction, and so is what a
    cycle saves: there is an end to it.

    Parameters
    ----------
    cost : (m, n), u : (m,), v : (n,)
        Ints or Fractions, nested lists or arrays; floats are refused. u and v have one total.

    Returns a `Transport` of Fractions, in lists, whose `fault` has been found to be None. `iterations` counts cycles.

    References:
        A Primal Method for Minimal Cost Flows with Applications to the Assignment and Transportation Problems
        (Klein, 1967). https://doi.org/10.1287/mnsc.14.3.205

    >>> found = solve_exact([[1, 0, 1], [0, 0, 0]], [4, 2], [2, 2, 2])
    >>> print(found.primal, found.dual)
    2 2
    """
    cost, u, v = _problem(cost, u, v, _exact)
    m, plan, cycles = len(u), _north_west(u, v), 0
    while True:
        distance, cycle = _shortest(cost, plan)
        if not cycle:
            break
        back = [(j, i - m) for i, j in cycle if i >= m]
        shift = min(plan[cell] for cell in back)
        for i, j in cycle:
            if i < m:
                plan[i, j - m] += shift
        for cell in back:
            plan[cell] -= shift
        cycles += 1
    phi, psi = -distance[:m], distance[m:]
    found = Transport(plan.tolist(), (cost * plan).sum(), phi @ u + psi @ v, phi.tolist(), psi.tolist(), True, cycles)
    if fault := found.fault(cost, u, v):
        raise ArithmeticError(f"`solve_exact` made a bad certificate ({fault}): please report it with its input")
    return found


def solve(cost: Any, u: Any, v: Any, iterations: int = 10_000_000) -> Transport:
    """min <cost, plan> over plan >= 0 with row sums u and column sums v, by POT's network simplex.

    POT may return a wrong plan with no more than a warning where a cost is negative or `iterations` runs out. So costs
    are shifted and scaled into [0, 1], masses to total 1, the potentials made feasible by c-transforms, and
    `converged` says that `fault`, at 1e-9, is None: that plan and potentials prove each other optimal.

    Parameters
    ----------
    cost : (m, n), of either sign; u : (m,), v : (n,)
        Masses of one total, not negative.
    iterations : most pivots of the simplex

    References:
        Computational Optimal Transport (Peyré and Cuturi, 2019), sections 2.3, 2.5 and 3.5.
        https://arxiv.org/abs/1803.00567

    >>> solve([[0.0, -1.0], [2.0, 0.0]], [0.5, 0.5], [0.25, 0.75]).primal
    -0.25
    """
    cost, u, v = _problem(cost, u, v, _floats)
    _count("iterations", iterations)
    low, mass = cost.min(), u.sum()
    scale = float(cost.max() - low) or 1.0
    rows, columns = np.flatnonzero(u), np.flatnonzero(v)
    inner = np.ix_(rows, columns)  # POT's potentials are right where there is mass
    scaled = (cost[inner] - low) / scale
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a wrong plan: `fault` below sees it, and more
        inside, log = ot.emd(u[rows] / mass, v[columns] / v.sum(), scaled, iterations, log=True)
    plan = np.zeros_like(cost)
    plan[inner] = mass * inside
    psi = c_transform(cost[rows], log["u"] * scale + low)
    phi = c_transform(cost.T, psi)
    found = Transport(plan, float((cost * plan).sum()), float(phi @ u + psi @ v), phi, psi, True, None)
    return found if found.fault(cost, u, v, ROUNDING) is None else replace(found, converged=False)


def c_transform(cost: Any, phi: Any) -> Array:
    """psi_j = min_i cost_ij - phi_i, shape (n,): the largest psi that is feasible with phi, shape (m,).

    For the transform the other way, of psi into phi, pass `cost.T`.

    References:
        Computational Optimal Transport (Peyré and Cuturi, 2019), section 3.2.
        https://arxiv.org/abs/1803.00567

    >>> c_transform([[0.0, 3.0], [1.0, 1.0]], [0.0, 0.5])
    array([0. , 0.5])
    """
    cost, phi = _floats("cost", cost, 2), _floats("phi", phi, 1)
    if len(phi) != len(cost):
        raise ValueError(
            f"`phi` must have one entry for each of the {len(cost)} rows of `cost` (got {len(phi)}): "
            "pass cost.T to transform psi"
        )
    return (cost - phi[:, None]).min(0)


def kantorovich_rubinstein(metric: Any, u: Any, v: Any, iterations: int = 10_000_000) -> Lipschitz:
    """max sum_i f_i (u_i - v_i) over f with f_i - f_j <= metric_ij: the dual of W_1 on n points.

    Parameters
    ----------
    metric : (n, n)
        Distances, symmetric, zero on the diagonal, and within the triangle inequality. Zeros off the diagonal are
        allowed, so that a point may come twice: the theorem holds for pseudo-metrics.
    u, v : (n,), masses of one total on the same points

    Returns a `Lipschitz`: a `Transport` from `solve` with phi = potential and psi = -potential. ValueError names the
    axiom that fails, and where.

    References:
        Topics in Optimal Transportation (Villani, 2003), theorem 1.14. https://doi.org/10.1090/gsm/058

    >>> f = kantorovich_rubinstein([[0.0, 2.0], [2.0, 0.0]], [1.0, 0.0], [0.0, 1.0]).potential
    >>> float(f[0] - f[1])
    2.0
    """
    metric, u, v = _problem(metric, u, v, _floats, cost_name="metric")
    _is_metric(metric)
    found = solve(metric, u, v, iterations)
    f = found.phi  # f_i = min_j metric_ij - psi_j: 1-Lipschitz, as a minimum of such, and -f >= psi
    return Lipschitz(found.plan, found.primal, float(f @ u - f @ v), f, -f, found.converged, None)


def distance_1d(x: Any, y: Any, p: float = 1, u: Any = None, v: Any = None) -> float:
    """W_p = (min <|x_i - y_j|^p, plan>)^(1/p) on the line, from the quantile functions: (int |Q_x - Q_y|^p dt)^(1/p).

    Parameters
    ----------
    x : (m,), y : (n,), in any order
    p : at least 1
    u : (m,), v : (n,)
        Masses of one total; 1/m and 1/n by default.

    References:
        Computational Optimal Transport (Peyré and Cuturi, 2019), remark 2.30.
        https://arxiv.org/abs/1803.00567

    >>> distance_1d([0.0, 1.0], [5.0, 2.0], p=2)  # sqrt((2^2 + 4^2) / 2)
    3.1622776601683795
    """
    x, y = _floats("x", x, 1), _floats("y", y, 1)
    if not 1 <= p < math.inf:
        raise ValueError(f"`p` must be a finite number of at least 1 (got {p!r}): below 1 this is not the optimum")
    u, v = _weights("u", u, "x", len(x)), _weights("v", v, "y", len(y))
    _masses(u, v, 1e-10)
    order_x, order_y = np.argsort(x), np.argsort(y)
    up_to_x, up_to_y = np.cumsum(u[order_x]), np.cumsum(v[order_y])
    levels = np.sort(np.concatenate([up_to_x, up_to_y]))
    widths = np.diff(levels, prepend=0.0)  # below each level; there both quantile functions are constant
    at_x = np.minimum(np.searchsorted(up_to_x, levels), len(x) - 1)
    at_y = np.minimum(np.searchsorted(up_to_y, levels), len(y) - 1)
    distance = np.where(widths > 0, np.abs(x[order_x][at_x] - y[order_y][at_y]), 0.0)
    largest = float(distance.max()) or 1.0  # taken out, so that no power overflows
    return largest * float(widths @ (distance / largest) ** p) ** (1 / p)


# Normal laws


def bures(mean_1: Any, cov_1: Any, mean_2: Any, cov_2: Any) -> float:
    """W_2 of two normal laws: its square is |mean_1 - mean_2|^2 + tr(S + T - 2 (S^1/2 T S^1/2)^1/2).

    Means are numbers or (d,), covariances S and T numbers or (d, d), symmetric and positive semi-definite. The trace is
    computed as min |S^1/2 - T^1/2 U|^2 over rotations U, which subtracts nothing large: near laws keep their digits.

    References:
        Computational Optimal Transport (Peyré and Cuturi, 2019), remark 2.31.
        https://arxiv.org/abs/1803.00567
        On the Bures-Wasserstein Distance between Positive Definite Matrices (Bhatia, Jain and Lim, 2019), eq. 1.
        https://arxiv.org/abs/1712.01504

    >>> bures(0.0, 1.0, 3.0, 25.0)  # sqrt(3^2 + (5 - 1)^2)
    5.0
    """
    mean_1, mean_2 = (_floats(name, np.atleast_1d(m), 1) for name, m in (("mean_1", mean_1), ("mean_2", mean_2)))
    roots = [_root(name, cov, len(mean_1)) for name, cov in (("cov_1", cov_1), ("cov_2", cov_2))]
    if len(mean_2) != len(mean_1):
        raise ValueError(f"`mean_2` must have as many entries as `mean_1`, {len(mean_1)} (got {len(mean_2)})")
    left, _, right = np.linalg.svd(roots[1] @ roots[0])
    return math.hypot(np.linalg.norm(mean_1 - mean_2), np.linalg.norm(roots[0] - roots[1] @ left @ right))


def gaussian_map(cov_1: Any, cov_2: Any) -> Array:
    """The symmetric A >= 0 with A cov_1 A = cov_2, shape (d, d): x -> mean_2 + A (x - mean_1) is optimal for |x - y|^2.

    A = S^-1/2 (S^1/2 T S^1/2)^1/2 S^-1/2. S = cov_1 must be positive definite, T = cov_2 semi-definite.

    References:
        Computational Optimal Transport (Peyré and Cuturi, 2019), remark 2.31.
        https://arxiv.org/abs/1803.00567

    >>> gaussian_map([[4.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 9.0]])
    array([[0.5, 0. ],
           [0. , 3. ]])
    """
    cov_1 = np.atleast_2d(np.asarray(cov_1))
    root, other = _root("cov_1", cov_1, len(cov_1)), _root("cov_2", cov_2, len(cov_1))
    if np.linalg.eigvalsh(root)[0] <= 1e-7 * np.linalg.norm(root, 2):
        raise ValueError("`cov_1` must be positive definite (got a singular matrix): a subspace cannot be spread out")
    inverse = np.linalg.inv(root)
    middle = root @ other
    return inverse @ _root("cov_2", middle @ middle.T, len(root)) @ inverse


# Entropic transport


def sinkhorn(cost: Any, u: Any, v: Any, epsilon: float, tolerance: float = 1e-9, iterations: int = 10_000) -> Entropic:
    """min <cost, plan> + epsilon KL(plan | u v^T) over plan >= 0 with row sums u and column sums v.

    Sinkhorn's alternation on the logarithms: f_i = -epsilon log sum_j v_j exp((g_j - cost_ij) / epsilon), then g in the
    same way, until the row sums are within `tolerance` of u, in all. No exponent is positive, so nothing overflows.

    The convention: `primal` is `ot.solve(cost, u, v, reg=epsilon, reg_type="KL").value`; `linear` is what
    `ot.sinkhorn2` returns; `reg_type="entropy"` has the same plan and a value that is less by
    epsilon (H(u) + H(v)), H being Shannon's entropy in nats.

    Parameters
    ----------
    cost : (m, n), u : (m,), v : (n,)
        Masses that sum to 1; zeros are allowed.
    epsilon : positive; the smaller beside the spread of the costs, the more iterations
    iterations : most pairs of updates; where they do not suffice, `converged` is False and `error` says what is left

    References:
        Sinkhorn Distances: Lightspeed Computation of Optimal Transport (Cuturi, 2013), section 4.
        https://arxiv.org/abs/1306.0895
        Computational Optimal Transport (Peyré and Cuturi, 2019), sections 4.1, 4.2 and 4.4.
        https://arxiv.org/abs/1803.00567

    >>> found = sinkhorn([[0.0, 1.0], [1.0, 0.0]], [0.5, 0.5], [0.5, 0.5], epsilon=1.0)
    >>> found.plan.round(4), found.converged
    (array([[0.3655, 0.1345],
           [0.1345, 0.3655]]), True)
    """
    return _entropic(cost, u, v, epsilon, tolerance, iterations, _alternate)


def _squared(x: Tensor, y: Tensor) -> Tensor:
    """|x_i - y_j|^2, shape (m, n), for x (m, d) and y (n, d)."""
    return ((x[:, None] - y) ** 2).sum(-1)


def sinkhorn_divergence(
    x: Any,
    y: Any,
    epsilon: float,
    cost: PairFunction = _squared,
    u: Any = None,
    v: Any = None,
    tolerance: float = 1e-7,
    iterations: int = 10_000,
) -> Tensor:
    """S = OT(x, y) - OT(x, x) / 2 - OT(y, y) / 2, where OT is the optimum that `sinkhorn` finds; differentiable.

    S = 0 at x = y, and S >= 0 when exp(-cost / epsilon) is a positive kernel. By the envelope theorem the gradient of
    OT in the costs is the plan: no iteration is differentiated, and there is no second derivative. OT(x, x) and
    OT(y, y) have one potential each, found by averaging it with its update, which is far faster than alternation.

    Parameters
    ----------
    x : (m, d), y : (n, d)
        Float64 tensors, or arrays.
    cost : callable (m, d), (n, d) -> (m, n)
        Symmetric; |x - y|^2 by default, not half of it.
    u : (m,), v : (n,)
        Masses that sum to 1; 1/m and 1/n by default.

    Returns a scalar tensor. It has no room for a flag: where `iterations` do not reach `tolerance`, ArithmeticError.

    References:
        Interpolating between Optimal Transport and MMD using Sinkhorn Divergences (Feydy et al., 2019), section 1.
        https://arxiv.org/abs/1810.08278

    >>> x = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    >>> sinkhorn_divergence(x, x + 3, epsilon=0.5)
    tensor(9.0000, dtype=torch.float64)
    """
    x, y = _points("x", x), _points("y", y)
    _same_dimension(x, y)
    u, v = _weights("u", u, "x", len(x)), _weights("v", v, "y", len(y))
    total = x.new_zeros(())
    for one, two, left, right, scaling, weight in (
        (x, y, u, v, _alternate, 1.0),
        (x, x, u, u, _average, -0.5),
        (y, y, v, v, _average, -0.5),
    ):
        costs = cost(one, two)
        if scaling is _average and not torch.allclose(costs, costs.T):
            raise ValueError("`cost` must be symmetric (got cost(x, x) unlike its transpose): OT(x, x) is no bias else")
        found = _entropic(costs.detach(), left, right, epsilon, tolerance, iterations, scaling)
        if not found.converged:
            raise ArithmeticError(
                f"`iterations` must suffice for `tolerance` (got {iterations}, and an error of {found.error:.2g} > "
                f"{tolerance:.2g}): raise iterations or epsilon, or accept a larger tolerance"
            )
        plan = torch.as_tensor(found.plan)
        total = total + weight * (found.dual + (plan * (costs - costs.detach())).sum())
    return total


# Kernels


def mmd2(x: Any, y: Any, kernel: PairFunction, unbiased: bool = True) -> Tensor:
    """|E k(x, .) - E k(y, .)|^2 in the kernel's space, from draws x (m, d) and y (n, d); a scalar tensor.

    Unbiased: means of k over pairs of *different* draws, 2 at least on each side; it may be negative. Biased: over all
    pairs; never negative, and too large by E[k(x, x) - k(x, x')] / m, with the like for y, on average.

    References:
        A Kernel Two-Sample Test (Gretton et al., 2012), eq. 3 and 5. https://jmlr.org/papers/v13/gretton12a.html

    >>> x = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    >>> mmd2(x, x, rbf(1.0), unbiased=False)
    tensor(0., dtype=torch.float64)
    """
    x, y = _points("x", x), _points("y", y)
    _same_dimension(x, y)

    def within(z: Tensor, name: str) -> Tensor:
        k = kernel(z, z)
        if not unbiased:
            return k.mean()
        if len(z) < 2:
            raise ValueError(f"`{name}` must have at least 2 rows (got {len(z)}): draw more, or pass unbiased=False")
        return (k.sum() - k.diagonal().sum()) / (len(z) * (len(z) - 1))

    return within(x, "x") + within(y, "y") - 2 * kernel(x, y).mean()


def imq(scale: float) -> PairFunction:
    """k(x, y) = scale / (scale + |x - y|^2), shape (m, n): the inverse multiquadric, with heavier tails than `rbf`.

    References:
        Wasserstein Auto-Encoders (Tolstikhin et al., 2018), section 4, where scale = 2 d sigma^2.
        https://arxiv.org/abs/1711.01558

    >>> imq(2.0)(torch.zeros(1, 1), torch.ones(1, 1))
    tensor([[0.6667]])
    """
    _positive("scale", scale, "2 d sigma^2 is a start")
    return lambda x, y: scale / (scale + _squared(x, y))


def rbf(bandwidth: float) -> PairFunction:
    """k(x, y) = exp(-|x - y|^2 / (2 bandwidth^2)), shape (m, n).

    >>> rbf(1.0)(torch.zeros(1, 1), torch.ones(1, 1))
    tensor([[0.6065]])
    """
    _positive("bandwidth", bandwidth, "the median distance is a start")
    return lambda x, y: torch.exp(-_squared(x, y) / (2 * bandwidth**2))


def lipschitz_product(weights: Sequence[Any]) -> float:
    """sup |h(x) - h(y)| / |x - y| for h = W_L s(... s(W_1 x)) with 1-Lipschitz s is at most the product of the |W_l|_2.

    An upper bound, and often a loose one. `weights`: matrices (outputs, inputs), the first layer first.

    References:
        Spectral Normalization for Generative Adversarial Networks (Miyato et al., 2018), section 2.1.
        https://arxiv.org/abs/1802.05957

    >>> lipschitz_product([[[3.0, 0.0], [0.0, 1.0]], [[0.0, 2.0]]])
    6.0
    """
    product, width = 1.0, None
    for k, weight in enumerate(weights):
        matrix = _floats(f"weights[{k}]", weight.detach() if isinstance(weight, Tensor) else weight, 2)
        if width not in (None, matrix.shape[1]):
            raise ValueError(
                f"`weights[{k}]` must take {width} inputs, the outputs of the layer before "
                f"(got shape {matrix.shape}): pass (outputs, inputs), the first layer first"
            )
        product, width = product * float(np.linalg.norm(matrix, 2)), len(matrix)
    return product


# Steps


def _north_west(u: NDArray, v: NDArray) -> NDArray:
    """The plan that fills cells from the upper left corner, as much as fits, row by row."""
    plan = np.full((len(u), len(v)), Fraction(0), dtype=object)
    u, v, i, j = u.copy(), v.copy(), 0, 0
    while i < len(u) and j < len(v):
        plan[i, j] = moved = min(u[i], v[j])
        u[i], v[j] = u[i] - moved, v[j] - moved
        i, j = (i + 1, j) if u[i] == 0 else (i, j + 1)
    return plan


def _shortest(cost: NDArray, plan: NDArray) -> tuple[NDArray, list[tuple[int, int]]]:
    """Bellman and Ford's distances to rows, then columns, and a cycle of arcs of negative length, empty if none is."""
    m, n = cost.shape
    arcs = [(i, m + j, cost[i, j]) for i in range(m) for j in range(n)]
    arcs += [(m + j, i, -cost[i, j]) for i in range(m) for j in range(n) if plan[i, j] > 0]
    distance = np.full(m + n, Fraction(0), dtype=object)  # as if from a source at distance 0 from every node
    before = [-1] * (m + n)
    for _ in range(m + n):
        moved = -1
        for tail, head, length in arcs:
            if distance[tail] + length < distance[head]:
                distance[head], before[head], moved = distance[tail] + length, tail, head
        if moved < 0:
            return distance, []
    for _ in range(m + n):  # now surely on the cycle
        moved = before[moved]
    cycle, node = [(before[moved], moved)], before[moved]
    while node != moved:
        cycle.append((before[node], node))
        node = before[node]
    return distance, cycle


def _entropic(
    cost: Any, u: Any, v: Any, epsilon: float, tolerance: float, iterations: int, scaling: Callable
) -> Entropic:
    """What `sinkhorn` returns, its potentials divided by epsilon found by `scaling`."""
    cost, u, v = _problem(cost, u, v, _floats)
    _positive("epsilon", epsilon, "0 is for `solve`")
    _positive("tolerance", tolerance, "1e-9 is a start")
    _count("iterations", iterations)
    if abs(u.sum() - 1) > ROUNDING:
        raise ValueError(f"`u` must sum to 1 (got {u.sum():.12g}): divide u and v by their sums")
    with np.errstate(over="ignore"):
        kernel = -cost / epsilon  # (m, n), its logarithm
    if not np.isfinite(kernel).all():
        raise ValueError(f"`epsilon` must leave cost / epsilon finite (got {epsilon!r}): raise it, or use `solve`")
    log_u, log_v = _log(u), _log(v)
    a, b, done, error = scaling(kernel, log_u, log_v, tolerance, iterations)
    plan = np.exp(kernel + (a + log_u)[:, None] + (b + log_v))  # (m, n)
    f, g, rows, columns, excess = epsilon * a, epsilon * b, plan.sum(1), plan.sum(0), epsilon * (plan.sum() - 1)
    return Entropic(
        plan=plan,
        f=f,
        g=g,
        primal=float(f @ rows + g @ columns - excess),
        dual=float(f @ u + g @ v - excess),
        linear=float((cost * plan).sum()),
        converged=error <= tolerance,
        iterations=done,
        error=error,
    )


def _alternate(
    kernel: Array, log_u: Array, log_v: Array, tolerance: float, iterations: int
) -> tuple[Array, Array, int, float]:
    """Sinkhorn's updates in turn: a (m,), b (n,), their number, and the error of the row sums."""
    work, error = np.empty_like(kernel), math.inf
    ahead = -_log_sum(kernel, log_v, work)
    for done in range(1, iterations + 1):  # noqa: B007
        a, b = ahead, -_log_sum(kernel.T, ahead + log_u, work.T)
        ahead = -_log_sum(kernel, b + log_v, work)
        # a row of the plan sums to u exp(a - ahead): the next update measures this one
        error = float(np.abs(np.exp(log_u + a - ahead) - np.exp(log_u)).sum())
        if error <= tolerance:
            break
    return a, b, done, error


def _average(
    kernel: Array, log_u: Array, log_v: Array, tolerance: float, iterations: int
) -> tuple[Array, Array, int, float]:
    """The same for a symmetric kernel and u = v, where a = b: each step is the mean of a and its update.

    Near the solution an update turns the error e into -S e, S between 0 and 1 for a positive kernel. S may be close to
    1, and alternation, S^2, slow; (1 - S) / 2 never is.
    """
    work, a = np.empty_like(kernel), np.zeros_like(log_u)
    for done in range(1, iterations + 1):
        ahead = -_log_sum(kernel, a + log_u, work)
        with np.errstate(over="ignore"):  # far from the solution the mass may be anything
            error = float(np.abs(np.exp(log_u + a - ahead) - np.exp(log_u)).sum())
        if error <= tolerance or done == iterations:
            break
        a = (a + ahead) / 2
    return a, a, done, error


def _log_sum(kernel: Array, weights: Array, work: Array) -> Array:
    """log sum_j exp(kernel_ij + weights_j), shape (m,), without overflow; `work` is overwritten."""
    np.add(kernel, weights, out=work)
    top = work.max(1)
    np.subtract(work, top[:, None], out=work)
    np.maximum(work, -700, out=work)  # beside the top's 1 this adds nothing, and exp is slow where it underflows
    np.exp(work, out=work)
    return top + np.log(work.sum(1))


def _log(masses: Array) -> Array:
    """log, and -inf at 0 without a warning."""
    return np.log(masses, out=np.full_like(masses, -math.inf), where=masses > 0)


def _root(name: str, cov: Any, dim: int) -> Array:
    """The square root of a covariance (dim, dim), or an error."""
    matrix = _floats(name, np.atleast_2d(np.asarray(cov)), 2)
    if matrix.shape != (dim, dim):
        raise ValueError(f"`{name}` must have shape {(dim, dim)} (got {matrix.shape}): one row a coordinate")
    size = np.abs(matrix).max()
    if np.abs(matrix - matrix.T).max() > ROUNDING * size:
        raise ValueError(f"`{name}` must be symmetric (got {matrix.tolist()}): take (S + S.T) / 2")
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    if values[0] < -ROUNDING * size:
        raise ValueError(
            f"`{name}` must be positive semi-definite (got an eigenvalue {values[0]:.6g}): pass a covariance"
        )
    return vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T


# What input has to keep to


def _problem(
    cost: Any, u: Any, v: Any, read: Callable[[str, Any, int], NDArray], cost_name: str = "cost"
) -> tuple[Any, Any, Any]:
    """cost (m, n), u (m,), v (n,) as `read` reads them, or an error."""
    cost, u, v = read(cost_name, cost, 2), read("u", u, 1), read("v", v, 1)
    if cost.shape != (len(u), len(v)):
        raise ValueError(
            f"`{cost_name}` must have shape (len(u), len(v)) = {(len(u), len(v))} (got {cost.shape}): "
            "transpose it, or swap u and v"
        )
    _masses(u, v, 1e-10 if read is _floats else 0)
    return cost, u, v


def _masses(u: Any, v: Any, rounding: float) -> None:
    """Not negative, not all zero, and of one total."""
    for name, masses in (("u", u), ("v", v)):
        if (masses < 0).any():
            index = int(np.argmax(masses < 0))
            raise ValueError(
                f"`{name}` must not be negative (got {masses[index]} at index {index}): a mass is 0 or more; mend it"
            )
    if u.sum() == 0:
        raise ValueError("`u` must hold some mass (got zeros alone): nothing would be moved")
    if abs(u.sum() - v.sum()) > rounding * u.sum():
        raise ValueError(f"`u` and `v` must have equal mass (got sums {u.sum()} and {v.sum()}): divide each by its sum")


def _weights(name: str, masses: Any, points: str, count: int) -> Array:
    """Masses, one a point: equal ones that sum to 1 if None is given."""
    array = np.full(count, 1 / count) if masses is None else _floats(name, masses, 1)
    if len(array) != count:
        raise ValueError(f"`{name}` must have as many entries as `{points}`, {count} (got {len(array)}): one a point")
    return array


def _floats(name: str, values: Any, ndim: int) -> Array:
    """A float64 array of this many axes, not empty and finite."""
    try:
        array = np.asarray(values)
        if np.iscomplexobj(array):
            raise TypeError("complex")
        array = array.astype(np.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"`{name}` must be an array of real numbers (got {error}): detach or convert it") from error
    _axes(name, array, ndim)
    if not np.isfinite(array).all():
        where = tuple(int(k) for k in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"`{name}` must be finite (got {array[where]} at {list(where)}): find where it came from")
    return array


def _exact(name: str, values: Any, ndim: int) -> NDArray:
    """An array of Fractions of this many axes, not empty."""
    array = np.array(values, dtype=object)
    _axes(name, array, ndim)
    for entry in array.ravel():
        if not isinstance(entry, Rational):
            raise ValueError(
                f"`{name}` must be exact, ints or Fractions (got {entry!r}, a {type(entry).__name__}): "
                "write Fraction(1, 3), or use `solve` for floats"
            )
    # NumPy's integers would stay inside of the fractions, and overflow there
    exact = [Fraction(int(entry.numerator), int(entry.denominator)) for entry in array.ravel()]
    return np.array(exact, dtype=object).reshape(array.shape)


def _axes(name: str, array: NDArray, ndim: int) -> None:
    if array.ndim != ndim or array.size == 0:
        what = ("a vector", "a matrix")[ndim - 1]
        raise ValueError(f"`{name}` must be {what}, not empty (got shape {array.shape}): give it {ndim} axes")


def _is_metric(metric: Array) -> None:
    """Raise at the first axiom that fails, by more than rounding."""
    if metric.shape[0] != metric.shape[1]:
        raise ValueError(f"`metric` must be square (got shape {metric.shape}): u and v are on the same points")
    rounding = ROUNDING * np.abs(metric).max()

    def refuse(axiom: str, excess: Array, got: Callable[[int, int], str], fix: str) -> None:
        i, j = (int(k) for k in np.unravel_index(np.argmax(excess), excess.shape))
        if excess[i, j] > rounding:
            raise ValueError(f"`metric` must {axiom} (got {got(i, j)}): {fix}")

    def entry(i: int, j: int) -> str:
        return f"metric[{i}, {j}] = {metric[i, j]:.6g}"

    any_cost = "use `solve`, which takes any cost"
    refuse("be zero on the diagonal", np.diag(np.abs(np.diag(metric))), entry, any_cost)
    refuse("be non-negative", -metric, entry, any_cost)
    refuse("be symmetric", metric - metric.T, lambda i, j: f"{entry(i, j)}, {entry(j, i)}", any_cost)
    for k in range(len(metric)):
        refuse(
            "keep to the triangle inequality",
            metric - metric[:, k, None] - metric[k],
            lambda i, j, k=k: f"{entry(i, j)} > {entry(i, k)} + {entry(k, j)}",  # type: ignore[misc]
            "take lengths of shortest paths, or " + any_cost,
        )


def _points(name: str, x: Any) -> Tensor:
    """A float64 tensor (n, d), finite, or an error."""
    tensor = x if isinstance(x, Tensor) else torch.as_tensor(np.asarray(x))
    if tensor.dtype != torch.float64:
        raise ValueError(f"`{name}` must be float64 (got {tensor.dtype}): convert it with x.double()")
    if tensor.ndim != 2 or tensor.numel() == 0:
        raise ValueError(f"`{name}` must have shape (n, d), not empty (got {tuple(tensor.shape)}): one row a point")
    if not torch.isfinite(tensor).all():
        raise ValueError(f"`{name}` must be finite (got NaN or infinity): find where it came from")
    return tensor


def _same_dimension(x: Tensor, y: Tensor) -> None:
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"`y` must have as many columns as `x`, {x.shape[1]} (got {y.shape[1]}): one a coordinate")


def _positive(name: str, value: float, hint: str) -> None:
    if not 0 < value < math.inf:
        raise ValueError(f"`{name}` must be positive and finite (got {value!r}): {hint}")


def _count(name: str, value: int) -> None:
    if not isinstance(value, Integral) or value < 1:
        raise ValueError(f"`{name}` must be an integer of at least 1 (got {value!r}): mend it")
