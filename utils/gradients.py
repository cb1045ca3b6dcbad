"""Estimators of the gradient of an expectation, grad_v E f(z) with z ~ q(z; v), in float64.

Each is called as `estimator(f, q, n, generator, ...)` and returns an `Estimate` of the gradient, shape (p,), one entry
for each entry of `q.v`. `estimator.draws(...)`, with the same arguments, returns the n independent draws behind it,
shape (n, p). `f` takes a tensor (n, dim), one draw a row, and returns (n,); each row is treated on its own.

f does not know v. For the gradient of an ELBO, pass log p(x, z) - log q(z; v) with v held fixed: what that leaves out,
E grad_v log q(z; v), is zero.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor
from torch.nn.functional import logsigmoid, one_hot, softplus

from utils.estimate import Estimate

__all__ = [
    "Bernoulli",
    "Beta",
    "Categorical",
    "Dirichlet",
    "Estimator",
    "Explicit",
    "Family",
    "Gamma",
    "LogNormal",
    "Normal",
    "acceptance_rejection",
    "enumeration",
    "generalized",
    "gumbel_softmax",
    "implicit",
    "pathwise",
    "rebar",
    "relax",
    "score_function",
    "variance",
    "velocity",
]

Objective: TypeAlias = Callable[[Tensor], Tensor]

NODES = 48
"""Gauss-Legendre nodes for the derivative of a distribution function: enough for a relative error of 1e-8."""

CHUNK = 2**14
"""As many numbers at a time go through those nodes: few calls for a few draws, and arrays that stay in the cache."""

MAX_STATES = 4096
"""The largest support that `enumeration` sums over."""


# Distributions


class Family:
    """A distribution q(z; v): its parameters `v`, shape (p,), and draws z, shape (n, dim).

    The densities and maps below take one row of parameters for each draw, shape (n, p), so that the gradient of a sum
    over the draws is the gradient of every draw.
    """

    discrete: ClassVar[bool] = False
    applies: ClassVar[str] = "use `score_function`"

    def __init__(self, v: Tensor, dim: int) -> None:
        self.v, self.dim = v, dim

    def sample(self, n: int, generator: Generator) -> Tensor:
        """n independent draws, shape (n, dim)."""
        raise NotImplementedError

    def log_prob(self, z: Tensor, v: Tensor) -> Tensor:
        """log q(z; v) in nats, shape (n,)."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}(v={self.v.tolist()})"


class Explicit(Family):
    """z = T(eps; v), with noise eps whose distribution does not depend on v.

    Parameters
    ----------
    transform : callable (eps (n, k), v (n, p)) -> z (n, dim)
    v : array (p,)
    noise : callable (n, generator) -> eps (n, k)
        Standard normal with k = dim by default.

    >>> q = Explicit(lambda eps, v: v[:, :1] + v[:, 1:] * eps, [0.0, 1.0], dim=1)
    >>> pathwise(lambda z: (z**2).sum(-1), q, 20_000, torch.Generator().manual_seed(0)).agrees_with([0.0, 2.0])
    True
    """

    applies = "use `pathwise`: an explicit map has no density here"

    def __init__(
        self,
        transform: Callable[[Tensor, Tensor], Tensor],
        v: Any,
        dim: int,
        noise: Callable[[int, Generator], Tensor] | None = None,
    ) -> None:
        super().__init__(_vector("v", v), dim)
        self.transform = transform
        self.noise = noise or (lambda n, generator: _normal(n, dim, generator=generator))

    def sample(self, n: int, generator: Generator) -> Tensor:
        return self.rsample(self.v.expand(n, -1), generator)

    def rsample(self, v: Tensor, generator: Generator) -> Tensor:
        """One draw for each row of v, shape (n, dim), differentiable in v."""
        z = self.transform(self.noise(len(v), generator), v)
        if z.shape != (len(v), self.dim):
            raise ValueError(
                f"`transform` must return shape {(len(v), self.dim)} (got {tuple(z.shape)}): "
                "return one row a draw, and let v, shape (n, p), broadcast against eps row by row"
            )
        return z


class _Coordinatewise(Family):
    """Independent coordinates, with two parameters each: v holds the dim first ones, then the dim second ones."""

    first: ClassVar[str]
    second: ClassVar[str]

    def __init__(self, first: Any, second: Any) -> None:
        one, two = _vector(self.first, first), _vector(self.second, second)
        try:
            one, two = torch.broadcast_tensors(one, two)
        except RuntimeError:
            raise ValueError(
                f"`{self.first}` and `{self.second}` must broadcast (got {tuple(one.shape)} and {tuple(two.shape)}): "
                "give one entry for each coordinate, or one for all"
            ) from None
        super().__init__(torch.cat([one, two]), len(one))

    def halves(self, v: Tensor) -> tuple[Tensor, Tensor]:
        return v[..., : self.dim], v[..., self.dim :]

    def coordinate(self, z: Tensor) -> Tensor:
        """An unbounded coordinate y of z, elementwise."""
        raise NotImplementedError

    def from_coordinate(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """z and log dz/dy, elementwise."""
        raise NotImplementedError

    def moments(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of the coordinate y, shape (n, dim) each."""
        raise NotImplementedError

    def standardize(self, z: Tensor) -> Tensor:
        """eps = (y - E y) / sd(y): mean zero and variance one at any v."""
        mean, deviation = self.moments(self.v)
        return (self.coordinate(z) - mean) / deviation

    def unstandardize(self, eps: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """z = T(eps; v), shape (n, dim), and log |det dz/deps|, shape (n,)."""
        mean, deviation = self.moments(v)
        z, log_slope = self.from_coordinate(mean + deviation * eps)
        return z, (log_slope + deviation.log()).sum(-1)

    def pull(self, slope: Tensor, z: Tensor) -> Tensor:
        """slope . dz/dv for slope (n, dim), shape (n, p), where dz/dv = -(dF/dv) / q."""
        raise NotImplementedError


class Normal(_Coordinatewise):
    """Independent normal coordinates with mean `loc` and standard deviation `scale` > 0; v = (loc, scale).

    >>> Normal([0.0, 1.0], 2.0)
    Normal(v=[0.0, 1.0, 2.0, 2.0])
    """

    first, second = "loc", "scale"

    def __init__(self, loc: Any, scale: Any) -> None:
        super().__init__(loc, _positive("scale", scale))

    def sample(self, n: int, generator: Generator) -> Tensor:
        return self.rsample(self.v.expand(n, -1), generator)

    def rsample(self, v: Tensor, generator: Generator) -> Tensor:
        """One draw for each row of v, shape (n, dim), differentiable in v."""
        return self.unstandardize(_normal(len(v), self.dim, generator=generator), v)[0]

    def log_prob(self, z: Tensor, v: Tensor) -> Tensor:
        loc, scale = self.halves(v)
        return (-(((z - loc) / scale) ** 2) / 2 - scale.log() - math.log(2 * math.pi) / 2).sum(-1)

    def coordinate(self, z: Tensor) -> Tensor:
        return z

    def from_coordinate(self, y: Tensor) -> tuple[Tensor, Tensor]:
        return y, torch.zeros_like(y)

    def moments(self, v: Tensor) -> tuple[Tensor, Tensor]:
        return self.halves(v)

    def pull(self, slope: Tensor, z: Tensor) -> Tensor:
        return torch.cat([slope, slope * self.standardize(z)], dim=-1)


class LogNormal(Normal):
    """Independent coordinates exp(y), with y normal of mean `loc` and standard deviation `scale` > 0.

    >>> LogNormal(0.0, 0.5).dim
    1
    """

    def log_prob(self, z: Tensor, v: Tensor) -> Tensor:
        return super().log_prob(z.log(), v) - z.log().sum(-1)

    def coordinate(self, z: Tensor) -> Tensor:
        return z.log()

    def from_coordinate(self, y: Tensor) -> tuple[Tensor, Tensor]:
        return y.exp(), y

    def pull(self, slope: Tensor, z: Tensor) -> Tensor:
        return super().pull(slope * z, z)


_NO_MAP = "use `implicit`, `acceptance_rejection` or `generalized` (or `score_function`)"


class Gamma(_Coordinatewise):
    """Independent gamma coordinates with `shape` > 0 and `rate` > 0; v = (shape, rate).

    >>> Gamma([0.5, 2.0], 1.0)
    Gamma(v=[0.5, 2.0, 1.0, 1.0])
    """

    first, second = "shape", "rate"
    applies = _NO_MAP

    def __init__(self, shape: Any, rate: Any) -> None:
        super().__init__(_positive("shape", shape), _positive("rate", rate))

    def sample(self, n: int, generator: Generator) -> Tensor:
        shape, _ = self.halves(self.v)
        augmentation = int((shape < 1).any())
        return self.rejection(self.noise(n, generator, augmentation), self.v.expand(n, -1))[0]

    def log_prob(self, z: Tensor, v: Tensor) -> Tensor:
        shape, rate = self.halves(v)
        return (shape * rate.log() - torch.lgamma(shape) + (shape - 1) * z.log() - rate * z).sum(-1)

    def coordinate(self, z: Tensor) -> Tensor:
        return z.log()

    def from_coordinate(self, y: Tensor) -> tuple[Tensor, Tensor]:
        return y.exp(), y

    def moments(self, v: Tensor) -> tuple[Tensor, Tensor]:
        shape, rate = self.halves(v)
        return torch.digamma(shape) - rate.log(), torch.polygamma(1, shape).sqrt()

    def noise(self, n: int, generator: Generator, augmentation: int) -> tuple[Tensor, Tensor]:
        """Marsaglia and Tsang's accepted normals, (n, dim), and the uniforms of the augmentation, (B, n, dim).

        References:
            A Simple Method for Generating Gamma Variables (Marsaglia and Tsang, 2000).
            https://doi.org/10.1145/358407.358414
        """
        shape = self.halves(self.v)[0] + augmentation  # (dim,)
        if (shape < 1).any():
            raise ValueError(
                f"`augmentation` must raise every shape to at least 1 (got {augmentation} for shape "
                f"{float(self.v[: self.dim].min()):g}): Marsaglia and Tsang's sampler starts there; raise it"
            )
        a = (shape - 1 / 3).expand(n, -1)  # (n, dim)
        eps, waiting = torch.empty(n, self.dim, dtype=torch.float64), torch.ones(n, self.dim, dtype=torch.bool)
        while waiting.any():
            left = a[waiting]
            x = _normal(len(left), generator=generator)
            cube = (1 + x / (9 * left).sqrt()) ** 3
            log_ratio = x**2 / 2 + left - left * cube + left * cube.clamp(min=1e-300).log()
            accepted = (cube > 0) & (_uniform(len(left), generator=generator).log() < log_ratio)
            eps[waiting] = torch.where(accepted, x, math.nan)
            waiting[waiting.clone()] = ~accepted
        return eps, _uniform(augmentation, n, self.dim, generator=generator)

    def rejection(self, noise: tuple[Tensor, Tensor], v: Tensor) -> tuple[Tensor, Tensor]:
        """z = h(eps; shape + B) prod_i u_i^(1 / (shape + i - 1)) / rate, and log of q(h) |dh/deps| summed, shape (n,).

        The second is the log density of the accepted eps, up to the proposal's, which is free of v.
        """
        eps, uniforms = noise
        shape, rate = self.halves(v)
        high = shape + len(uniforms)
        c = (9 * high - 3).rsqrt()
        h = (high - 1 / 3) * (1 + c * eps) ** 3
        log_slope = (3 * c * (high - 1 / 3)).log() + 2 * (1 + c * eps).log()
        log_density = (high - 1) * h.log() - h - torch.lgamma(high) + log_slope
        log_z = h.log() - rate.log()
        for i, u in enumerate(uniforms):
            log_z = log_z + u.log() / (shape + i)
        z = log_z.exp()
        if (z == 0).any():
            raise ValueError(
                "`shape` of every gamma variable must be large enough for draws above 1e-308 "
                f"(got {float(shape.min()):g}, and a draw of 0): raise it, or work with log z"
            )
        return z, log_density.sum(-1)

    def pull(self, slope: Tensor, z: Tensor) -> Tensor:
        shape, rate = self.halves(self.v)
        centre = torch.digamma(shape)

        def log_kernel(y: Tensor) -> Tensor:
            return shape * y - y.exp()

        # z rate follows Gamma(shape, 1); there log q and its derivative in `shape` are those of y = log(z rate)
        y = (rate * z).log()
        (by_shape,) = _implicit(y, shape > y.exp(), log_kernel, lambda y: (y - centre,))
        return torch.cat([slope * z * by_shape, -slope * z / rate], dim=-1)


class Beta(_Coordinatewise):
    """Independent beta coordinates with parameters `a` > 0 and `b` > 0; v = (a, b).

    >>> Beta(2.0, [1.0, 3.0])
    Beta(v=[2.0, 2.0, 1.0, 3.0])
    """

    first, second = "a", "b"
    applies = _NO_MAP

    def __init__(self, a: Any, b: Any) -> None:
        super().__init__(_positive("a", a), _positive("b", b))

    def gammas(self) -> tuple[Gamma, Objective]:
        """Gamma variables with rate 1, and the map (n, 2 dim) -> (n, dim) from them to this family's draws."""
        return Gamma(self.v, 1.0), lambda y: y[:, : self.dim] / (y[:, : self.dim] + y[:, self.dim :])

    def sample(self, n: int, generator: Generator) -> Tensor:
        gammas, normalise = self.gammas()
        z = normalise(gammas.sample(n, generator))
        if (z == 1).any():
            raise ValueError(
                f"`b` must be large enough for draws below 1 in float64 (got {float(self.halves(self.v)[1].min()):g}, "
                "and a draw of 1): raise it, or turn z into 1 - z and swap a and b"
            )
        return z

    def log_prob(self, z: Tensor, v: Tensor) -> Tensor:
        a, b = self.halves(v)
        log_norm = torch.lgamma(a + b) - torch.lgamma(a) - torch.lgamma(b)
        return (log_norm + (a - 1) * z.log() + (b - 1) * torch.log1p(-z)).sum(-1)

    def coordinate(self, z: Tensor) -> Tensor:
        return torch.special.logit(z)

    def from_coordinate(self, y: Tensor) -> tuple[Tensor, Tensor]:
        return torch.sigmoid(y), logsigmoid(y) + logsigmoid(-y)

    def moments(self, v: Tensor) -> tuple[Tensor, Tensor]:
        a, b = self.halves(v)
        return torch.digamma(a) - torch.digamma(b), (torch.polygamma(1, a) + torch.polygamma(1, b)).sqrt()

    def pull(self, slope: Tensor, z: Tensor) -> Tensor:
        a, b = self.halves(self.v)
        centre_a, centre_b = (torch.digamma(c) - torch.digamma(a + b) for c in (a, b))

        def log_kernel(y: Tensor) -> Tensor:
            return a * logsigmoid(y) + b * logsigmoid(-y)

        def scores(y: Tensor) -> tuple[Tensor, Tensor]:
            return logsigmoid(y) - centre_a, logsigmoid(-y) - centre_b

        by_a, by_b = _implicit(torch.special.logit(z), a * (1 - z) > b * z, log_kernel, scores)
        return torch.cat([slope * z * (1 - z) * by_a, slope * z * (1 - z) * by_b], dim=-1)


class Dirichlet(Family):
    """Points of the simplex, shape (n, K), with `concentration` > 0, shape (K,), K >= 2; v = concentration.

    >>> Dirichlet([1.0, 2.0, 3.0]).dim
    3
    """

    applies = _NO_MAP

    def __init__(self, concentration: Any) -> None:
        v = _positive("concentration", concentration)
        if len(v) < 2:
            raise ValueError(f"`concentration` must have at least 2 entries (got {len(v)}): a simplex has two corners")
        super().__init__(v, len(v))

    def gammas(self) -> tuple[Gamma, Objective]:
        """Gamma variables with rate 1, and the map from them to this family's draws."""
        return Gamma(self.v, 1.0), lambda y: y / y.sum(-1, keepdim=True)

    def sample(self, n: int, generator: Generator) -> Tensor:
        gammas, normalise = self.gammas()
        return normalise(gammas.sample(n, generator))

    def log_prob(self, z: Tensor, v: Tensor) -> Tensor:
        return torch.lgamma(v.sum(-1)) - torch.lgamma(v).sum(-1) + ((v - 1) * z.log()).sum(-1)

    def standardize(self, z: Tensor) -> Tensor:
        """eps = L^-1 (y - E y) of the log-ratios y_k = log z_k / z_K, with Cov y = L L', shape (n, K - 1)."""
        mean, root = self._log_ratios(self.v)
        y = z[:, :-1].log() - z[:, -1:].log()
        return torch.linalg.solve_triangular(root, (y - mean).T, upper=False).T

    def unstandardize(self, eps: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """z = T(eps; v), shape (n, K), and log |det dz/deps| of the first K - 1 coordinates, shape (n,)."""
        mean, root = self._log_ratios(v)
        y = mean + (root @ eps[..., None])[..., 0]
        log_z = torch.log_softmax(torch.cat([y, torch.zeros_like(y[:, :1])], dim=-1), dim=-1)
        return log_z.exp(), log_z.sum(-1) + root.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def _log_ratios(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """Mean (..., K - 1) and Cholesky factor of the covariance (..., K - 1, K - 1) of log z_k / z_K."""
        variances = torch.polygamma(1, v)
        mean = torch.digamma(v[..., :-1]) - torch.digamma(v[..., -1:])
        covariance = torch.diag_embed(variances[..., :-1]) + variances[..., -1:, None]
        return mean, torch.linalg.cholesky(covariance)


class Bernoulli(Family):
    """Independent bits, shape (n, dim), one with probability sigmoid(logit); v = logits.

    >>> Bernoulli([0.0, 1.0]).dim
    2
    """

    discrete = True

    def __init__(self, logits: Any) -> None:
        v = _vector("logits", logits)
        super().__init__(v, len(v))

    def sample(self, n: int, generator: Generator) -> Tensor:
        return self.harden(self.relaxed(_uniform(n, self.dim, generator=generator), self.v))

    def log_prob(self, z: Tensor, v: Tensor) -> Tensor:
        return (z * v - softplus(v)).sum(-1)

    def states(self) -> Tensor:
        """The support, shape (2^dim, dim)."""
        if 2**self.dim > MAX_STATES:
            raise ValueError(
                f"`q` must have at most {MAX_STATES} states (got 2^{self.dim}): use `score_function` or `rebar`"
            )
        bits = (torch.arange(2**self.dim)[:, None] >> torch.arange(self.dim)) & 1
        return bits.to(torch.float64)

    def harden(self, y: Tensor) -> Tensor:
        """The draw that a real-valued y stands for: 1 where y > 0."""
        return (y > 0).to(torch.float64)

    def soften(self, y: Tensor, temperature: float) -> Tensor:
        """The concrete relaxation of the draw, within (0, 1)."""
        return torch.sigmoid(y / temperature)

    def relaxed(self, uniforms: Tensor, v: Tensor) -> Tensor:
        """y = logit + logistic noise, whose sign is the draw."""
        return v + torch.special.logit(uniforms)

    def relaxed_given(self, z: Tensor, uniforms: Tensor, v: Tensor) -> Tensor:
        """y drawn anew, given the draw z, and differentiable in v."""
        zero = torch.sigmoid(-v)  # P(z = 0): y > 0 just when its uniform exceeds this
        u = torch.where(z > 0, zero + uniforms * (1 - zero), uniforms * zero)
        return v + torch.special.logit(_inside(u))


class Categorical(Family):
    """One of K classes as a one-hot row, shape (n, K), with probabilities softmax(logits); v = logits.

    >>> Categorical([0.0, 1.0, 2.0]).dim
    3
    """

    discrete = True

    def __init__(self, logits: Any) -> None:
        v = _vector("logits", logits)
        if len(v) < 2:
            raise ValueError(f"`logits` must have at least 2 entries (got {len(v)}): give one logit for each class")
        super().__init__(v, len(v))

    def sample(self, n: int, generator: Generator) -> Tensor:
        return self.harden(self.relaxed(_uniform(n, self.dim, generator=generator), self.v))

    def log_prob(self, z: Tensor, v: Tensor) -> Tensor:
        return (z * torch.log_softmax(v, dim=-1)).sum(-1)

    def states(self) -> Tensor:
        """The support, shape (K, K)."""
        if self.dim > MAX_STATES:
            raise ValueError(f"`q` must have at most {MAX_STATES} states (got {self.dim}): use `score_function`")
        return torch.eye(self.dim, dtype=torch.float64)

    def harden(self, y: Tensor) -> Tensor:
        """The draw that a real-valued y stands for: one at its largest entry."""
        return one_hot(y.argmax(-1), self.dim).to(torch.float64)

    def soften(self, y: Tensor, temperature: float) -> Tensor:
        """The concrete relaxation of the draw, within the simplex."""
        return torch.softmax(y / temperature, dim=-1)

    def relaxed(self, uniforms: Tensor, v: Tensor) -> Tensor:
        """y = log probability + Gumbel noise, whose largest entry is the draw."""
        return torch.log_softmax(v, dim=-1) - (-uniforms.log()).log()

    def relaxed_given(self, z: Tensor, uniforms: Tensor, v: Tensor) -> Tensor:
        """y drawn anew, given the draw z, and differentiable in v: the largest entry first, then those below it."""
        rates = -uniforms.log()  # exponential variables
        largest = (rates * z).sum(-1, keepdim=True)
        return -torch.where(z > 0, rates, rates / torch.softmax(v, dim=-1) + largest).log()


# Estimators


class Estimator:
    """An estimator of grad_v E f(z): called, it returns an `Estimate`; `draws` returns the draws behind it, (n, p).

    Every entry of the gradient has to vary between draws, and to have tails that n can judge, for an `Estimate` to
    exist. Where one is constant, take `draws` and compare exactly.
    """

    def __init__(self, rows: Callable[..., Tensor]) -> None:
        functools.update_wrapper(self, rows)
        self._rows = rows

    def draws(
        self, f: Objective, q: Family, n: int, generator: Generator | np.random.Generator, **options: Any
    ) -> NDArray[np.float64]:
        """n independent draws of the gradient, shape (n, p)."""
        if not isinstance(q, Family):
            raise TypeError(f"`q` must be a distribution of utils.gradients (got {q!r}): wrap a map in `Explicit`")
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
            raise ValueError(f"`n` must be a positive integer (got {n!r}): it counts independent gradients")
        rows = self._rows(f, q, int(n), _torch_generator(generator), **options).detach()
        return _finite_rows("the gradient", rows).numpy()

    def __call__(
        self, f: Objective, q: Family, n: int, generator: Generator | np.random.Generator, **options: Any
    ) -> Estimate:
        return Estimate.from_samples(self.draws(f, q, n, generator, **options))


@Estimator
def score_function(
    f: Objective,
    q: Family,
    n: int,
    generator: Generator,
    *,
    baseline: float | str = 0.0,
    size: int = 10,
    pilot: int = 1000,
) -> Tensor:
    """(f(z) - baseline) grad_v log q(z; v), z ~ q: REINFORCE. f may jump, and z may be discrete.

    Parameters
    ----------
    f : callable (n, dim) -> (n,) or (n, p)
        A column for each parameter may leave out the terms that are independent of its score (Rao-Blackwellization).
    baseline : number, "leave-one-out" or "fitted"
        A constant; or the mean of f at the other draws of a group of `size`, over which each of the n gradients is
        then averaged; or the best coefficient of the score, one for each parameter, fitted to `pilot` draws
        that are used for nothing else, so that it stays unbiased.

    References:
        Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning (Williams, 1992).
        https://doi.org/10.1007/BF00992696
        Black Box Variational Inference (Ranganath, Gerrish and Blei, 2014), section 3.2.
        https://arxiv.org/abs/1401.0118

    >>> sine = lambda z: z.sin().sum(-1)
    >>> gradient = score_function(sine, Normal(0.0, 1.0), 100_000, torch.Generator().manual_seed(0))
    >>> gradient.agrees_with([math.exp(-0.5), 0])
    True
    """
    _has_density(q, "score_function")
    if isinstance(baseline, str) and baseline not in ("leave-one-out", "fitted"):
        raise ValueError(f"`baseline` must be a number, 'leave-one-out' or 'fitted' (got {baseline!r}): choose one")
    if baseline == "leave-one-out":
        if size < 2:
            raise ValueError(f"`size` must be at least 2 (got {size}): leaving one out has to leave some")
        values, scores = (x.reshape(n, size, -1) for x in _scored(f, q, n * size, generator))
        others = (values.sum(1, keepdim=True) - values) / (size - 1)  # (n, size, 1 or p)
        return ((values - others) * scores).mean(1)
    if baseline == "fitted":
        if pilot < 2:
            raise ValueError(f"`pilot` must be at least 2 (got {pilot}): a coefficient is fitted to these draws")
        values, scores = _scored(f, q, pilot, generator)
        offset = (values * scores**2).mean(0) / (scores**2).mean(0)  # (p,): the score's mean is zero
    else:
        offset = torch.as_tensor(baseline, dtype=torch.float64)
    values, scores = _scored(f, q, n, generator)
    return (values - offset) * scores


@Estimator
def pathwise(f: Objective, q: Family, n: int, generator: Generator) -> Tensor:
    """grad_v f(T(eps; v)): the reparameterization trick. f must be differentiable.

    A jump of f goes unnoticed and biases the estimate: no draw's gradient sees it. The same holds for `implicit`.

    References:
        Auto-Encoding Variational Bayes (Kingma and Welling, 2014), section 2.4.
        https://arxiv.org/abs/1312.6114

    >>> sine = lambda z: z.sin().sum(-1)
    >>> gradient = pathwise(sine, Normal(0.0, 1.0), 100_000, torch.Generator().manual_seed(0))
    >>> gradient.agrees_with([math.exp(-0.5), 0])
    True
    """
    _is_continuous(q, "pathwise")
    if not isinstance(q, Normal | Explicit):
        raise ValueError(
            f"`q` must have a map T(eps; v) whose noise is free of v for `pathwise` "
            f"(got {type(q).__name__}): {q.applies}"
        )
    v = _rows_of(q, n)
    z = q.rsample(v, generator)
    if not z.requires_grad:
        raise ValueError("`transform` must be differentiable in v (got a detached draw): use torch operations on v")
    return _slopes(_values(f, z, "pathwise"), v)


@Estimator
def generalized(f: Objective, q: Family, n: int, generator: Generator, *, part: str = "sum") -> Tensor:
    """g_rep + g_corr, with noise eps standardized to mean zero and variance one, whatever v is.

    g_rep = grad_v f(T(eps; v)) and g_corr = f(z) grad_v log q_eps(eps; v), where
    q_eps(eps; v) = q(T(eps; v); v) |det dT/deps|. The normal, log-normal and gamma standardize z or log z, the beta
    logit z, the Dirichlet the log-ratios to its last coordinate, by a Cholesky factor.

    Parameters
    ----------
    part : "sum", "rep" or "corr"
        Which of the two; neither is unbiased alone.

    References:
        The Generalized Reparameterization Gradient (Ruiz, Titsias and Blei, 2016).
        https://arxiv.org/abs/1610.02287

    >>> gradient = generalized(lambda z: (-z).exp().sum(-1), Gamma(2.0, 1.0), 100_000, torch.Generator().manual_seed(0))
    >>> gradient.agrees_with([-math.log(2) / 4, 1 / 4])  # of E exp(-z) = (rate / (rate + 1))^shape
    True
    """
    _is_continuous(q, "generalized")
    if not isinstance(q, _Coordinatewise | Dirichlet):
        raise ValueError(f"`q` must have a standardization for `generalized` (got {type(q).__name__}): {q.applies}")
    eps = q.standardize(q.sample(n, generator))
    v = _rows_of(q, n)
    z, log_det = q.unstandardize(eps, v)
    return _two_parts(_values(f, z, "generalized"), q.log_prob(z, v) + log_det, v, part)


@Estimator
def acceptance_rejection(
    f: Objective, q: Family, n: int, generator: Generator, *, augmentation: int = 1, part: str = "sum"
) -> Tensor:
    """g_rep + g_cor through Marsaglia and Tsang's sampler: gamma, and beta and Dirichlet made of gammas.

    g_rep = grad_v f(z) with z = h(eps; shape + B) prod_i u_i^(1 / (shape + i - 1)) / rate, i = 1..B, and
    g_cor = f(z) grad_v log [q(h; shape + B) |dh/deps|], eps being the normals that were accepted.

    Parameters
    ----------
    augmentation : int
        B >= 0, the steps by which the shape is raised; shape + B >= 1 is needed. g_cor falls with B.
    part : "sum", "rep" or "corr"
        Which of the two; neither is unbiased alone.

    References:
        Reparameterization Gradients through Acceptance-Rejection Sampling Algorithms (Naesseth, Ruiz, Linderman and
        Blei, 2017). https://arxiv.org/abs/1610.05683

    >>> laplace = lambda z: (-z).exp().sum(-1)
    >>> gradient = acceptance_rejection(laplace, Gamma(2.0, 1.0), 100_000, torch.Generator().manual_seed(0))
    >>> gradient.agrees_with([-math.log(2) / 4, 1 / 4])  # of E exp(-z) = (rate / (rate + 1))^shape
    True
    """
    _is_continuous(q, "acceptance_rejection")
    if isinstance(augmentation, bool) or not isinstance(augmentation, int) or augmentation < 0:
        raise ValueError(f"`augmentation` must be an integer, at least 0 (got {augmentation!r}): it counts steps")
    f, gammas = _through_gammas(f, q, "acceptance_rejection")
    noise = gammas.noise(n, generator, augmentation)
    v = _rows_of(gammas, n)
    z, log_density = gammas.rejection(noise, v)
    return _two_parts(_values(f, z, "acceptance_rejection"), log_density, v, part)[:, : len(q.v)]


@Estimator
def implicit(f: Objective, q: Family, n: int, generator: Generator) -> Tensor:
    """grad_z f(z) . dz/dv with dz/dv = -(dF/dv) / q: no correction, and no map to invert.

    The derivative of the distribution function F of a gamma or beta variable is integrated numerically, to a relative
    error of 1e-8 at most (torch.distributions: 4e-3 in places). A Dirichlet variable is made of gammas.

    References:
        Implicit Reparameterization Gradients (Figurnov, Mohamed and Mnih, 2018).
        https://arxiv.org/abs/1805.08498

    >>> gradient = implicit(lambda z: (-z).exp().sum(-1), Gamma(2.0, 1.0), 100_000, torch.Generator().manual_seed(0))
    >>> gradient.agrees_with([-math.log(2) / 4, 1 / 4])  # of E exp(-z) = (rate / (rate + 1))^shape
    True
    """
    _is_continuous(q, "implicit")
    if isinstance(q, _Coordinatewise):
        source = q
    else:
        f, source = _through_gammas(f, q, "implicit")
    z = source.sample(n, generator).requires_grad_()
    slope = _slopes(_values(f, z, "implicit"), z)
    with torch.no_grad():
        return source.pull(slope, z)[:, : len(q.v)]


def enumeration(f: Objective, q: Bernoulli | Categorical) -> NDArray[np.float64]:
    """The exact gradient, shape (p,), as a sum over the support of a discrete q.

    >>> enumeration(lambda z: (z[:, 0] - 0.45) ** 2, Bernoulli([0.0]))  # 0.1 * 0.5 * 0.5
    array([0.025])
    """
    _is_discrete(q, "enumeration", "`pathwise`, `implicit`, or quadrature")
    states = q.states()
    v = q.v.clone().requires_grad_()
    mean = (q.log_prob(states, v).exp() * _values(f, states).detach()).sum()
    return _slopes(mean, v).numpy()


@Estimator
def gumbel_softmax(f: Objective, q: Family, n: int, generator: Generator, *, temperature: float = 0.5) -> Tensor:
    """The pathwise gradient of a concrete relaxation of a discrete q: BIASED, less so at a lower temperature.

    References:
        Categorical Reparameterization with Gumbel-Softmax (Jang, Gu and Poole, 2017), section 2.
        https://arxiv.org/abs/1611.01144
        The Concrete Distribution (Maddison et al., 2017), section 3.
        https://arxiv.org/abs/1611.00712

    >>> square = lambda z: (z[:, 0] - 0.45) ** 2
    >>> gradient = gumbel_softmax(square, Bernoulli([1.0]), 10_000, torch.Generator().manual_seed(0))
    >>> gradient.agrees_with(enumeration(square, Bernoulli([1.0])))
    False
    """
    q = _is_discrete(q, "gumbel_softmax", "`pathwise` or `implicit`")
    _temperature(temperature)
    v = _rows_of(q, n)
    y = q.relaxed(_uniform(n, q.dim, generator=generator), v)
    return _slopes(_values(f, q.soften(y, temperature), "gumbel_softmax"), v)


@Estimator
def relax(f: Objective, q: Family, n: int, generator: Generator, *, surrogate: Objective) -> Tensor:
    """(f(z) - c(y')) grad_v log q(z; v) + grad_v c(y) - grad_v c(y'), for a discrete q and any differentiable c.

    y is z's own relaxation (logit plus logistic noise, or log probabilities plus Gumbel noise), y' another draw of it
    given z. Unbiased whatever c is; the nearer c(y) comes to f(z), the less it varies.

    Parameters
    ----------
    surrogate : callable (n, dim) -> (n,)
        c, of the unbounded y.

    References:
        Backpropagation through the Void (Grathwohl, Choi, Wu, Roeder and Duvenaud, 2018), section 3.
        https://arxiv.org/abs/1711.00123

    >>> square, q = lambda z: (z[:, 0] - 0.45) ** 2, Bernoulli([1.0])
    >>> generator = torch.Generator().manual_seed(0)
    >>> gradient = relax(square, q, 10_000, generator, surrogate=lambda y: 0.1 * torch.sigmoid(y).sum(-1))
    >>> gradient.agrees_with(enumeration(square, q))
    True
    """
    q = _is_discrete(q, "relax", "`pathwise` or `implicit`")
    return _relaxed(f, q, n, generator, lambda y: _values(surrogate, y, "relax", name="surrogate"))


@Estimator
def rebar(
    f: Objective,
    q: Family,
    n: int,
    generator: Generator,
    *,
    temperature: float = 0.5,
    coefficient: float = 1.0,
) -> Tensor:
    """RELAX with the surrogate c(y) = coefficient f(softened y): unbiased at any temperature and coefficient.

    References:
        REBAR: Low-variance, unbiased gradient estimates for discrete latent variable models (Tucker, Mnih, Maddison,
        Lawson and Sohl-Dickstein, 2017). https://arxiv.org/abs/1703.07370

    >>> square, q = lambda z: (z[:, 0] - 0.45) ** 2, Bernoulli([1.0])
    >>> rebar(square, q, 10_000, torch.Generator().manual_seed(0)).agrees_with(enumeration(square, q))
    True
    """
    q = _is_discrete(q, "rebar", "`pathwise` or `implicit`")
    _temperature(temperature)
    return _relaxed(f, q, n, generator, lambda y: coefficient * _values(f, q.soften(y, temperature), "rebar"))


def variance(draws: NDArray[np.float64]) -> Estimate:
    """The variance of one draw, for each entry of the gradient, from draws (n, ...): an estimate, with its error.

    >>> print(variance(np.random.default_rng(0).normal(0, 2, size=100_000)))
    4.001 ± 0.018 (n = 100,000)
    """
    n = len(draws)
    return Estimate.from_samples((draws - draws.mean(axis=0)) ** 2 * n / (n - 1))


def velocity(q: Family, z: Tensor, by: str = "implicit") -> Tensor:
    """dz/dv at the points z (n, dim), shape (n, dim, p): how a draw moves when v does.

    Parameters
    ----------
    by : "implicit" or "generalized"
        -(dF/dv) / q; or the derivative of T(eps; v) at the eps that belongs to z.

    >>> velocity(Normal(1.0, 2.0), torch.tensor([[4.0]], dtype=torch.float64))
    tensor([[[1.0000, 1.5000]]], dtype=torch.float64)
    """
    _is_continuous(q, "velocity")
    if z.dtype != torch.float64 or z.ndim != 2 or z.shape[1] != q.dim:
        raise ValueError(
            f"`z` must be a float64 tensor of shape (n, {q.dim}) (got {z.dtype}, {tuple(z.shape)}): one row a point"
        )
    if not torch.isfinite(q.log_prob(z, q.v)).all():
        raise ValueError("`z` must lie inside the support of q, off its ends (got a density of 0 or NaN): move it")
    if by not in ("implicit", "generalized"):
        raise ValueError(f"`by` must be 'implicit' or 'generalized' (got {by!r}): choose one")
    if by == "implicit":
        if not isinstance(q, _Coordinatewise):
            raise ValueError(
                f"`q` must have independent coordinates for an implicit velocity (got {type(q).__name__}): "
                "look at its `gammas()`"
            )
        units = torch.eye(q.dim, dtype=torch.float64)
        return torch.stack([q.pull(unit.expand_as(z), z) for unit in units], dim=1)
    if not isinstance(q, _Coordinatewise | Dirichlet):
        raise ValueError(f"`q` must have a standardization (got {type(q).__name__}): {q.applies}")
    v = _rows_of(q, len(z))
    moved, _ = q.unstandardize(q.standardize(z), v)
    return torch.stack([_slopes(moved[:, i], v) for i in range(q.dim)], dim=1)


# Shared steps


def _rows_of(q: Family, n: int) -> Tensor:
    """v once for each draw, shape (n, p), so that the gradient of a sum over draws holds each draw's gradient."""
    return q.v.expand(n, -1).clone().requires_grad_()


def _slopes(values: Tensor, x: Tensor) -> Tensor:
    (slopes,) = torch.autograd.grad(values.sum(), x, retain_graph=True, allow_unused=True)
    if slopes is None:  # values have a gradient, but not in x: f holds parameters of its own
        raise ValueError(
            "`f` must depend on its draws through operations with a gradient (got values that do not move with them): "
            "drop .detach(), or use `score_function`, which needs values only"
        )
    return slopes


def _two_parts(values: Tensor, log_density: Tensor, v: Tensor, part: str) -> Tensor:
    """grad f + f grad log q_eps, or one of the two, shape (n, p)."""
    if part not in ("sum", "rep", "corr"):
        raise ValueError(f"`part` must be 'sum', 'rep' or 'corr' (got {part!r}): choose one")
    total = torch.zeros_like(v)
    if part != "corr":
        total = total + _slopes(values, v)
    if part != "rep":
        total = total + values.detach()[:, None] * _slopes(log_density, v)
    return total


def _relaxed(f: Objective, q: Bernoulli | Categorical, n: int, generator: Generator, surrogate: Objective) -> Tensor:
    """Draws of `relax`, shape (n, p)."""
    v = _rows_of(q, n)
    y = q.relaxed(_uniform(n, q.dim, generator=generator), v)
    z = q.harden(y).detach()
    again = q.relaxed_given(z, _uniform(n, q.dim, generator=generator), v)
    c, c_again = surrogate(y), surrogate(again)
    weight = (_values(f, z) - c_again).detach()
    return weight[:, None] * _slopes(q.log_prob(z, v), v) + _slopes(c - c_again, v)


def _scored(f: Objective, q: Family, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """f at n draws, shape (n, 1) or (n, p), and the scores there, shape (n, p)."""
    z, v = q.sample(n, generator), _rows_of(q, n)
    values = _values(f, z, columns=len(q.v)).detach()
    return values.reshape(n, -1), _slopes(q.log_prob(z, v), v)


def _values(f: Objective, z: Tensor, differentiable_for: str = "", name: str = "f", columns: int = 0) -> Tensor:
    """f at the draws, shape (n,) or (n, columns), checked; with a gradient if an estimator's name is given."""
    values = f(z)
    if not isinstance(values, Tensor) or values.shape not in (z.shape[:1], (len(z), columns)):
        got = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
        raise ValueError(
            f"`{name}` must return a tensor of shape {tuple(z.shape[:1])} for draws of shape {tuple(z.shape)} "
            f"(got {got}): return one value a row, as (z**2).sum(-1) does"
        )
    if differentiable_for and not values.requires_grad:
        raise ValueError(
            f"`{name}` must be differentiable for `{differentiable_for}` (got values without gradient): drop .detach() "
            "and comparisons, or use `score_function`, which needs values only"
        )
    return _finite_rows(f"`{name}`", values.to(torch.float64))


def _finite_rows(what: str, x: Tensor) -> Tensor:
    bad = ~torch.isfinite(x.detach()).reshape(len(x), -1).all(-1)
    if bad.any():
        raise ValueError(
            f"{what} must be finite (got NaN or infinity at {int(bad.sum())} of {len(x)} draws): "
            "keep f inside its domain"
        )
    return x


def _through_gammas(f: Objective, q: Family, estimator: str) -> tuple[Objective, Gamma]:
    """f as a function of the gamma variables that q is made of."""
    if isinstance(q, Gamma):
        return f, q
    if isinstance(q, Beta | Dirichlet):
        gammas, normalise = q.gammas()
        return lambda y: f(normalise(y)), gammas
    raise ValueError(f"`q` must be made of gamma variables for `{estimator}` (got {type(q).__name__}): use `pathwise`")


def _implicit(
    y: Tensor, rising: Tensor, log_kernel: Objective, scores: Callable[[Tensor], Sequence[Tensor]]
) -> list[Tensor]:
    """-(dF/dv) / density at y, for each parameter, where density = exp(log_kernel) up to a constant, log-concave in y.

    The integral of the score times the density up to y is minus that beyond y; the one taken is that over the side
    away from the mode, where the kernel falls. The side is cut where the kernel has fallen by e^-40, and stretched by
    w = W x^3, which resolves a kernel that turns near y and has a long tail.
    """
    sign = torch.where(rising, -1.0, 1.0).to(torch.float64)
    top = log_kernel(y)
    low, high = torch.full_like(y, -20.0), torch.full_like(y, 20.0)  # of log2 W
    for _ in range(8):
        middle = (low + high) / 2
        short = top - log_kernel(y + sign * 2**middle) < 40
        low, high = torch.where(short, middle, low), torch.where(short, high, middle)
    width = 2**high
    totals: list[Tensor] = []
    nodes, weights = (part.reshape(-1, *(1 for _ in y.shape)) for part in _gauss_legendre())
    together = max(1, CHUNK // y.numel())
    for x, weight in zip(nodes.split(together), weights.split(together), strict=True):
        at = y + sign * width * x**3  # (nodes, *y.shape)
        mass = 3 * weight * x**2 * width * (log_kernel(at) - top).exp()
        terms = [(sign * mass * score).sum(0) for score in scores(at)]
        totals = [total + term for total, term in zip(totals, terms, strict=True)] if totals else terms
    return totals


@functools.cache
def _gauss_legendre() -> tuple[Tensor, Tensor]:
    """Nodes in (0, 1), and their weights."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return torch.from_numpy((nodes + 1) / 2), torch.from_numpy(weights / 2)


def _is_continuous(q: Family, estimator: str) -> None:
    if q.discrete:
        raise ValueError(
            f"`q` must be continuous for `{estimator}` (got {type(q).__name__}, a discrete distribution): use "
            "`enumeration`, `score_function` or `rebar` (or `gumbel_softmax`, which is biased)"
        )


def _is_discrete(q: Family, estimator: str, instead: str) -> Bernoulli | Categorical:
    if not isinstance(q, Bernoulli | Categorical):
        raise ValueError(
            f"`q` must be discrete for `{estimator}` (got {type(q).__name__}, a continuous distribution): use {instead}"
        )
    return q


def _has_density(q: Family, estimator: str) -> None:
    if isinstance(q, Explicit):
        raise ValueError(f"`q` must have a density for `{estimator}` (got Explicit): {q.applies}")


def _temperature(temperature: float) -> None:
    if not 0 < temperature < math.inf:
        raise ValueError(f"`temperature` must be positive (got {temperature!r}): 0.5 is a start")


def _vector(name: str, x: Any) -> Tensor:
    """A float64 copy of one axis, without NaN."""
    copy = torch.atleast_1d(torch.as_tensor(x, dtype=torch.float64).detach().clone())
    if copy.ndim != 1 or len(copy) == 0:
        raise ValueError(f"`{name}` must be a number or a vector (got shape {tuple(copy.shape)}): flatten it")
    if not torch.isfinite(copy).all():
        raise ValueError(f"`{name}` must be finite (got {copy.tolist()}): find where NaN or infinity came from")
    return copy


def _positive(name: str, x: Any) -> Tensor:
    vector = _vector(name, x)
    if (vector <= 0).any():
        raise ValueError(
            f"`{name}` must be positive (got {float(vector.min()):g}): take exp or softplus of an unbounded parameter"
        )
    return vector


def _torch_generator(generator: Generator | np.random.Generator) -> Generator:
    """The torch generator itself, or a fresh one seeded from NumPy's."""
    if isinstance(generator, np.random.Generator):
        return Generator().manual_seed(int(generator.integers(2**62)))
    if not isinstance(generator, Generator):
        raise TypeError(
            f"`generator` must be a torch.Generator or a numpy.random.Generator (got {generator!r}): "
            "pass torch.Generator().manual_seed(seed)"
        )
    return generator


def _normal(*shape: int, generator: Generator) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


def _uniform(*shape: int, generator: Generator) -> Tensor:
    """Uniform on (0, 1), its ends excluded: their logarithms are infinite."""
    return _inside(torch.rand(*shape, dtype=torch.float64, generator=generator))


def _inside(u: Tensor) -> Tensor:
    return u.clamp(2.0**-60, 1 - 2.0**-53)
