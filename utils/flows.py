"""Invertible maps with a tractable log-determinant, and the densities they carry, in float64.

Every map takes the variable z of the base to the data x: `forward(z)` returns x and log |det dx/dz|, `inverse(x)`
returns z and log |det dz/dx|. Points have shape (..., dim), log-determinants shape (...). Parameters are drawn from
the generator that is passed in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import linear, logsigmoid, softplus

__all__ = [
    "ActNorm",
    "AdditiveCoupling",
    "AffineCoupling",
    "Composition",
    "Flow",
    "Inverse",
    "Invertible1x1",
    "Linear",
    "Logistic",
    "Map",
    "MaskedAutoregressive",
    "Normal",
    "Permutation",
    "Planar",
    "Radial",
    "Scale",
    "alternating",
    "reverse",
]

MAX_LOG_SCALE = 3.0
"""Networks propose log-scales within this bound, so that no scale overflows: |s| < 3, or e^s between 1/20 and 20."""


class Map(nn.Module):
    """An invertible map of R^dim. Subclasses write `_forward` and `_inverse`; both arguments are checked here."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        if dim < 1:
            raise ValueError(f"`dim` must be at least 1 (got {dim}): a map needs a coordinate to move")
        self.dim = dim

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """x = f(z), shape (..., dim), and log |det dx/dz|, shape (...)."""
        return self._forward(_points("z", z, self.dim))

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z with f(z) = x, shape (..., dim), and log |det dz/dx|, shape (...)."""
        return self._inverse(_points("x", x, self.dim))

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        raise NotImplementedError

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        raise NotImplementedError


class Planar(Map):
    """The planar map x = z + u tanh(w.z + b), with w.u > -1.

    It is stored as w, b and a free vector v, from which u = v + (m(w.v) - w.v) w / |w|^2 with
    m(a) = -1 + log(1 + e^a), so that w.u = m(w.v) > -1 whatever v is. The inverse has no closed form: w.z is the
    root of an increasing scalar function, found by bisection to 1e-12 and one Newton step, which carries the gradient.

    References:
        Variational Inference with Normalizing Flows (Rezende and Mohamed, 2015), eq. 10-13 and appendix A.1.
        https://arxiv.org/abs/1505.05770

    >>> f = Planar(w=[1.0, 2.0], u=[0.5, -0.25], b=0.0)
    >>> x, log_det = f(torch.tensor([1.0, 0.5], dtype=torch.float64))
    >>> x.detach()
    tensor([1.4820, 0.2590], dtype=torch.float64)
    """

    def __init__(self, w: Any, u: Any, b: Any) -> None:
        w, u, b = _parameter("w", w, 1), _parameter("u", u, 1), _parameter("b", b, 0)
        super().__init__(len(w))
        if len(u) != len(w):
            raise ValueError(f"`u` must have as many entries as `w`, {len(w)} (got {len(u)}): one a coordinate")
        wu = w.dot(u)
        if not torch.any(w != 0):
            raise ValueError("`w` must not be zero (got zeros): the map would be a shift; give it a direction")
        if wu <= -1:
            raise ValueError(
                f"`u` must satisfy w.u > -1, or the map folds space (got w.u = {wu:.6g}): "
                "shorten u, or turn it towards w"
            )
        self.w, self.b = nn.Parameter(w), nn.Parameter(b)
        self.v = nn.Parameter(u + (_inverse_softplus(1 + wu) - wu) * w / w.dot(w))

    @classmethod
    def random(cls, dim: int, generator: Generator) -> Planar:
        """Near the identity: u is drawn small, of length about 0.1."""
        w, u = _normal(generator, dim), _normal(generator, dim)
        return cls(w, 0.1 * u / math.sqrt(dim), _normal(generator, 1)[0])

    @property
    def u(self) -> Tensor:
        """The u of the formula, shape (dim,): v, moved along w into the half-space w.u > -1."""
        wv = self.w.dot(self.v)
        return self.v + (softplus(wv) - 1 - wv) * self.w / self.w.dot(self.w)

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        h = torch.tanh(z @ self.w + self.b)  # (...)
        u = self.u
        return z + h[..., None] * u, torch.log1p((1 - h**2) * self.w.dot(u))

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        u = self.u
        wu, wx = self.w.dot(u), x @ self.w
        with torch.no_grad():
            low, high = wx - wu.abs(), wx + wu.abs()  # since |tanh| < 1
            for _ in range(_halvings(wu.abs())):
                middle = (low + high) / 2
                above = middle + wu * torch.tanh(middle + self.b) > wx
                low, high = torch.where(above, low, middle), torch.where(above, middle, high)
            a = (low + high) / 2
            slope = 1 + wu * (1 - torch.tanh(a + self.b) ** 2)
        a = a - (a + wu * torch.tanh(a + self.b) - wx) / slope  # slope is held fixed: the implicit function's gradient
        h = torch.tanh(a + self.b)
        return x - h[..., None] * u, -torch.log1p((1 - h**2) * wu)


class Radial(Map):
    """The radial map x = z + beta (z - z_0) / (alpha + r) with r = |z - z_0|, alpha > 0 and beta > -alpha.

    Stored as z_0, log(alpha) and the inverse softplus of alpha + beta. The radius of the inverse is the positive
    root of a quadratic.

    References:
        Variational Inference with Normalizing Flows (Rezende and Mohamed, 2015), eq. 14 and appendix A.2.
        https://arxiv.org/abs/1505.05770

    >>> f = Radial(z_0=[0.0, 0.0], alpha=1.0, beta=1.0)
    >>> f(torch.tensor([3.0, 4.0], dtype=torch.float64))[0]
    tensor([3.5000, 4.6667], dtype=torch.float64, grad_fn=<AddBackward0>)
    """

    def __init__(self, z_0: Any, alpha: Any, beta: Any) -> None:
        z_0, alpha, beta = _parameter("z_0", z_0, 1), _parameter("alpha", alpha, 0), _parameter("beta", beta, 0)
        super().__init__(len(z_0))
        if alpha <= 0:
            raise ValueError(f"`alpha` must be positive (got {alpha:.6g}): it keeps alpha + r away from zero")
        if beta <= -alpha:
            raise ValueError(
                f"`beta` must exceed -alpha, or the map folds space (got beta = {beta:.6g}, alpha = {alpha:.6g}): "
                "raise beta or alpha"
            )
        self.z_0, self.log_alpha = nn.Parameter(z_0), nn.Parameter(alpha.log())
        self.free_beta = nn.Parameter(_inverse_softplus(alpha + beta))

    @classmethod
    def random(cls, dim: int, generator: Generator) -> Radial:
        """Near the identity: beta is drawn between -0.1 and 0.1, alpha is 1."""
        return cls(_normal(generator, dim), 1.0, 0.1 * torch.tanh(_normal(generator, 1)[0]))

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        alpha = self.log_alpha.exp()
        beta = softplus(self.free_beta) - alpha
        r = torch.linalg.vector_norm(z - self.z_0, dim=-1)  # (...)
        return z + (beta / (alpha + r))[..., None] * (z - self.z_0), self._log_det(r, alpha, beta)

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        alpha = self.log_alpha.exp()
        beta = softplus(self.free_beta) - alpha
        R = torch.linalg.vector_norm(x - self.z_0, dim=-1)  # (...)
        p = alpha + beta - R
        root = torch.sqrt(p**2 + 4 * alpha * R)
        r = torch.where(p > 0, 2 * alpha * R / (p.abs() + root), (root - p) / 2)  # r^2 + p r = alpha R, no cancellation
        return self.z_0 + (x - self.z_0) / (1 + beta / (alpha + r))[..., None], -self._log_det(r, alpha, beta)

    def _log_det(self, r: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
        across, along = beta / (alpha + r), alpha * beta / (alpha + r) ** 2
        return (self.dim - 1) * torch.log1p(across) + torch.log1p(along)


class Scale(Map):
    """The diagonal scaling x = e^s z, which gives NICE back the volume that additive coupling keeps.

    References:
        NICE: Non-linear Independent Components Estimation (Dinh, Krueger and Bengio, 2014), section 3.3.
        https://arxiv.org/abs/1410.8516

    >>> Scale([0.0, 1.0])(torch.ones(2, dtype=torch.float64))[1]
    tensor(1., dtype=torch.float64, grad_fn=<ExpandBackward0>)
    """

    def __init__(self, log_scale: Any) -> None:
        log_scale = _parameter("log_scale", log_scale, 1)
        super().__init__(len(log_scale))
        self.log_scale = nn.Parameter(log_scale)

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return z * self.log_scale.exp(), self.log_scale.sum().expand(z.shape[:-1])

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x * torch.exp(-self.log_scale), -self.log_scale.sum().expand(x.shape[:-1])


class ActNorm(Scale):
    """The scaling and shift x = e^s z + c, set by `initialise` so that the first batch comes back standardised.

    References:
        Glow: Generative Flow with Invertible 1x1 Convolutions (Kingma and Dhariwal, 2018), section 3.1.
        https://arxiv.org/abs/1807.03039

    >>> f = ActNorm(dim=1)
    >>> f.initialise(torch.tensor([[1.0], [3.0]], dtype=torch.float64))
    >>> f.inverse(torch.tensor([[1.0], [3.0]], dtype=torch.float64))[0].flatten()
    tensor([-1.,  1.], dtype=torch.float64, grad_fn=<ViewBackward0>)
    """

    def __init__(self, dim: int) -> None:
        super().__init__(torch.zeros(dim))
        self.shift = nn.Parameter(torch.zeros(dim, dtype=torch.float64))

    def initialise(self, x: Tensor) -> None:
        """Let z = f^-1(x) have mean 0 and variance 1 over the batch x, shape (n, dim)."""
        deviation, mean = torch.std_mean(_points("x", x, self.dim).reshape(-1, self.dim), dim=0, correction=0)
        if not torch.all(deviation > 0):
            raise ValueError(
                f"`x` must vary in every coordinate (got coordinate {int(deviation.argmin())} constant over "
                f"{x.shape[:-1].numel()} points): drop it, or pass more points"
            )
        with torch.no_grad():
            self.log_scale.copy_(deviation.log())
            self.shift.copy_(mean)

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        x, log_det = super()._forward(z)
        return x + self.shift, log_det

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return super()._inverse(x - self.shift)


class Permutation(Map):
    """The reordering x_i = z_order[i], whose determinant is 1 or -1.

    >>> Permutation([2, 0, 1])(torch.tensor([10.0, 20.0, 30.0], dtype=torch.float64))[0]
    tensor([30., 10., 20.], dtype=torch.float64)
    """

    order: Tensor
    back: Tensor

    def __init__(self, order: Sequence[int]) -> None:
        super().__init__(len(order))
        if sorted(order) != list(range(self.dim)):
            raise ValueError(
                f"`order` must hold each of 0 to {self.dim - 1} once (got {list(order)}): list the place each "
                "coordinate comes from"
            )
        self.register_buffer("order", torch.tensor(list(order)), persistent=False)
        self.register_buffer("back", torch.argsort(torch.tensor(list(order))), persistent=False)

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return z[..., self.order], z.new_zeros(z.shape[:-1])

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x[..., self.back], x.new_zeros(x.shape[:-1])


class Linear(Map):
    """The linear map x = W z with W = P L (U + diag(d)): log |det W| is the sum of log |d|.

    P is a fixed permutation, L unit lower triangular, U strictly upper triangular. The signs of d are fixed too.

    References:
        Glow: Generative Flow with Invertible 1x1 Convolutions (Kingma and Dhariwal, 2018), eq. 10-11.
        https://arxiv.org/abs/1807.03039

    >>> f = Linear([[0.0, 2.0], [1.0, 5.0]])
    >>> f(torch.tensor([1.0, 1.0], dtype=torch.float64))[0]
    tensor([2., 6.], dtype=torch.float64, grad_fn=<SqueezeBackward4>)
    """

    P: Tensor
    signs: Tensor

    def __init__(self, matrix: Any) -> None:
        W = _parameter("matrix", matrix, 2)
        if W.shape[0] != W.shape[1]:
            raise ValueError(f"`matrix` must be square (got shape {tuple(W.shape)}): a map keeps its dimension")
        super().__init__(len(W))
        values = torch.linalg.svdvals(W)
        if values[-1] <= 1e-12 * values[0]:
            raise ValueError(
                f"`matrix` must be invertible (got singular values from {values[-1]:.3g} to {values[0]:.3g}): "
                "a singular map has no density; start from a rotation"
            )
        P, L, U = torch.linalg.lu(W)
        d = U.diagonal()
        self.register_buffer("P", P)
        self.register_buffer("signs", d.sign())
        self.lower, self.upper = nn.Parameter(L.tril(-1)), nn.Parameter(U.triu(1))
        self.log_d = nn.Parameter(d.abs().log())

    @classmethod
    def random(cls, dim: int, generator: Generator) -> Linear:
        """A random rotation or reflection, as in Glow."""
        return cls(torch.linalg.qr(_normal(generator, dim, dim))[0])

    @property
    def matrix(self) -> Tensor:
        """W, shape (dim, dim)."""
        L, R = self._factors()
        return self.P @ L @ R

    def _factors(self) -> tuple[Tensor, Tensor]:
        identity = torch.eye(len(self.log_d), dtype=torch.float64)
        return identity + self.lower.tril(-1), torch.diag(self.signs * self.log_d.exp()) + self.upper.triu(1)

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return z @ self.matrix.T, self.log_d.sum().expand(z.shape[:-1])

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        L, R = self._factors()
        columns = (x @ self.P).reshape(-1, x.shape[-1]).T  # P^T x, one column a point
        z = torch.linalg.solve_triangular(L, columns, upper=False, unitriangular=True)
        z = torch.linalg.solve_triangular(R, z, upper=True)
        return z.T.reshape(x.shape), -self.log_d.sum().expand(x.shape[:-1])


class Invertible1x1(Map):
    """A 1x1 convolution: the same matrix W for the channels of each pixel, log |det| = pixels log |det W|.

    A point is an image as one vector, pixel by pixel, the channels of a pixel side by side.

    References:
        Glow: Generative Flow with Invertible 1x1 Convolutions (Kingma and Dhariwal, 2018), eq. 9.
        https://arxiv.org/abs/1807.03039

    >>> f = Invertible1x1(pixels=2, channels=Linear([[0.0, 1.0], [1.0, 0.0]]))
    >>> f(torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64))[0].tolist()
    [2.0, 1.0, 4.0, 3.0]
    """

    def __init__(self, pixels: int, channels: Map) -> None:
        super().__init__(pixels * channels.dim)
        self.pixels, self.channels = pixels, channels

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        x, log_det = self.channels(z.unflatten(-1, (self.pixels, self.channels.dim)))
        return x.flatten(-2), log_det.sum(-1)

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        z, log_det = self.channels.inverse(x.unflatten(-1, (self.pixels, self.channels.dim)))
        return z.flatten(-2), log_det.sum(-1)


class AffineCoupling(Map):
    """x_keep = z_keep and x_move = e^s z_move + t, where s and t are networks of z_keep, and |s| < 3.

    Parameters
    ----------
    mask : sequence of bool (dim,)
        True where a coordinate is kept. It must leave some to move, and some to condition on.
    hidden : sequence of int
        The widths of the network's hidden layers.
    network : module, optional
        Takes (..., kept) to (..., 2 moved), first s before it is bounded, then t. Default: SiLU layers.

    References:
        Density Estimation Using Real NVP (Dinh, Sohl-Dickstein and Bengio, 2017), eq. 4-8.
        https://arxiv.org/abs/1605.08803

    >>> f = AffineCoupling([True, False], hidden=[8], generator=torch.Generator().manual_seed(0))
    >>> f(torch.tensor([0.5, 2.0], dtype=torch.float64))[0][0]
    tensor(0.5000, dtype=torch.float64, grad_fn=<SelectBackward0>)
    """

    outputs = 2
    kept: Tensor
    moved: Tensor
    places: Tensor

    def __init__(
        self,
        mask: Sequence[bool] | Tensor,
        hidden: Sequence[int] = (64, 64),
        *,
        generator: Generator | None = None,
        network: nn.Module | None = None,
    ) -> None:
        keep = torch.as_tensor(mask)
        if keep.dtype != torch.bool or keep.ndim != 1:
            raise ValueError(f"`mask` must be a vector of bools (got {keep.dtype}, shape {tuple(keep.shape)}): {_MASK}")
        super().__init__(len(keep))
        kept, moved = int(keep.sum()), int((~keep).sum())
        if moved == 0 or kept == 0:
            lacks = "move" if moved == 0 else "condition on"
            raise ValueError(f"`mask` must leave coordinates to {lacks} (got {kept} of {self.dim} kept): {_MASK}")
        self.register_buffer("kept", keep.nonzero()[:, 0], persistent=False)
        self.register_buffer("moved", (~keep).nonzero()[:, 0], persistent=False)
        self.register_buffer("places", torch.argsort(torch.cat([self.kept, self.moved])), persistent=False)
        sizes = [kept, *hidden, self.outputs * moved]
        self.network = network or _mlp([torch.ones(o, i) for i, o in pairwise(sizes)], generator)

    def _scale_and_shift(self, keep: Tensor) -> tuple[Tensor, Tensor]:
        raw, t = _outputs("network", self.network(keep), 2 * len(self.moved)).chunk(2, dim=-1)
        return _bounded(raw), t

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        keep = z[..., self.kept]
        s, t = self._scale_and_shift(keep)  # (..., moved) each
        return torch.cat([keep, z[..., self.moved] * s.exp() + t], dim=-1)[..., self.places], s.sum(-1)

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        keep = x[..., self.kept]
        s, t = self._scale_and_shift(keep)
        return torch.cat([keep, (x[..., self.moved] - t) * torch.exp(-s)], dim=-1)[..., self.places], -s.sum(-1)


class AdditiveCoupling(AffineCoupling):
    """x_keep = z_keep and x_move = z_move + t, where t is a network of z_keep: it keeps volume, the log-det is 0.

    The arguments are those of `AffineCoupling`, but a `network` returns t alone.

    References:
        NICE: Non-linear Independent Components Estimation (Dinh, Krueger and Bengio, 2014), section 3.2.
        https://arxiv.org/abs/1410.8516

    >>> f = AdditiveCoupling([True, False], hidden=[8], generator=torch.Generator().manual_seed(0))
    >>> f(torch.zeros(3, 2, dtype=torch.float64))[1]
    tensor([0., 0., 0.], dtype=torch.float64)
    """

    outputs = 1

    def _scale_and_shift(self, keep: Tensor) -> tuple[Tensor, Tensor]:
        t = _outputs("network", self.network(keep), len(self.moved))
        return torch.zeros_like(t), t


class MaskedAutoregressive(Map):
    """x_i = e^(a_i) z_i + m_i, where a and m are networks of x_1 ... x_(i-1), by one masked pass (MADE).

    Density (`inverse`) takes one pass and sampling (`forward`) takes dim: this is the layer of MAF, and with a
    normal base MADE's density with normal conditionals. `Inverse` of it is the layer of IAF, where sampling takes
    one pass. The log-scales are bounded, |a| < 3.

    Parameters
    ----------
    dim : int
        At least 2.
    hidden : sequence of int
        Widths of the hidden SiLU layers, each at least dim - 1, or some x_i would not see all before it.
    order : sequence of int (dim,), optional
        The coordinates in the order in which they are generated. Default: 0, 1, 2, ...

    References:
        MADE: Masked Autoencoder for Distribution Estimation (Germain, Gregor, Murray and Larochelle, 2015), eq. 8-10.
        https://arxiv.org/abs/1502.03509
        Masked Autoregressive Flow for Density Estimation (Papamakarios, Pavlakou and Murray, 2017), eq. 3-5.
        https://arxiv.org/abs/1705.07057
        Improved Variational Inference with Inverse Autoregressive Flow (Kingma et al., 2016), eq. 10.
        https://arxiv.org/abs/1606.04934

    >>> f = MaskedAutoregressive(3, hidden=[8], generator=torch.Generator().manual_seed(0))
    >>> z = torch.tensor([0.3, -0.2, 0.1], dtype=torch.float64)
    >>> torch.allclose(f.inverse(f(z)[0])[0], z)
    True
    """

    rank: Tensor

    def __init__(
        self, dim: int, hidden: Sequence[int] = (64,), order: Sequence[int] | None = None, *, generator: Generator
    ) -> None:
        super().__init__(dim)
        if dim < 2:
            raise ValueError(
                f"`dim` must be at least 2 (got {dim}): one coordinate has none to condition on; use ActNorm"
            )
        if not hidden or min(hidden) < dim - 1:
            raise ValueError(
                f"`hidden` must hold widths of at least dim - 1 = {dim - 1} (got {list(hidden)}): widen it"
            )
        rank = Permutation(range(dim) if order is None else order).back  # rank[i] is when coordinate i is generated
        if len(rank) != dim:
            raise ValueError(f"`order` must have `dim` = {dim} entries (got {len(rank)}): order all coordinates")
        self.register_buffer("rank", rank, persistent=False)
        degrees = [rank, *(torch.arange(width) % (dim - 1) for width in hidden)]
        masks = [after[:, None] >= before for before, after in pairwise(degrees)]
        masks.append(rank.repeat(2)[:, None] > degrees[-1])
        self.network = _mlp(masks, generator)

    def _scale_and_shift(self, x: Tensor) -> tuple[Tensor, Tensor]:
        raw, m = self.network(x).chunk(2, dim=-1)
        return _bounded(raw), m

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        a, m = self._scale_and_shift(x)
        return (x - m) * torch.exp(-a), -a.sum(-1)

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.zeros_like(z)
        for done in range(self.dim):
            a, m = self._scale_and_shift(x)
            x = torch.where(self.rank <= done, z * a.exp() + m, 0.0)  # those of rank <= done are now final
        return x, a.sum(-1)


class Inverse(Map):
    """A map turned round: its `forward` is the other's `inverse`. `Inverse(MaskedAutoregressive(...))` is IAF's layer.

    >>> f = Inverse(Scale([1.0]))
    >>> f(torch.ones(1, dtype=torch.float64))[1]
    tensor(-1., dtype=torch.float64, grad_fn=<NegBackward0>)
    """

    def __init__(self, other: Map) -> None:
        super().__init__(other.dim)
        self.other = other

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return self.other._inverse(z)

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.other._forward(x)


class Composition(Map):
    """Maps one after another, the first one first: log-determinants add. Without maps, the identity.

    >>> f = Composition([Scale([1.0, 2.0]), reverse(2)])
    >>> f(torch.ones(2, dtype=torch.float64))[1]
    tensor(3., dtype=torch.float64, grad_fn=<AddBackward0>)
    """

    def __init__(self, maps: Sequence[Map], dim: int | None = None) -> None:
        dims = {f.dim for f in maps} | ({dim} if dim is not None else set())
        if len(dims) != 1:
            raise ValueError(f"`maps` must share one dimension (got {sorted(dims)}): without maps, pass `dim`")
        super().__init__(dims.pop())
        self.maps: Any = nn.ModuleList(maps)

    def initialise(self, x: Tensor) -> None:
        """Set each ActNorm from the batch x, shape (n, dim), from the data's end to the base's."""
        with torch.no_grad():
            for f in reversed(self.maps):
                if isinstance(f, ActNorm | Composition):
                    f.initialise(x)
                x, _ = f.inverse(x)

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        total = z.new_zeros(z.shape[:-1])
        for f in self.maps:
            z, log_det = f(z)
            total = total + log_det
        return z, total

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        total = x.new_zeros(x.shape[:-1])
        for f in reversed(self.maps):
            x, log_det = f.inverse(x)
            total = total + log_det
        return x, total


class Normal(nn.Module):
    """The standard normal distribution on R^dim, a base that draws from the generator it is given.

    >>> Normal(2).log_prob(torch.zeros(2, dtype=torch.float64))
    tensor(-1.8379, dtype=torch.float64)
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def log_prob(self, z: Tensor) -> Tensor:
        """log N(z; 0, I), shape (...)."""
        return -0.5 * (_points("z", z, self.dim) ** 2 + math.log(2 * math.pi)).sum(-1)

    def sample(self, n: int, generator: Generator) -> Tensor:
        """n independent draws, shape (n, dim)."""
        return _normal(generator, n, self.dim)


class Logistic(Normal):
    """Independent standard logistic coordinates: the base NICE found best on images.

    >>> Logistic(1).log_prob(torch.zeros(1, dtype=torch.float64)).exp()
    tensor(0.2500, dtype=torch.float64)
    """

    def log_prob(self, z: Tensor) -> Tensor:
        """Sum of log sigmoid(z) + log sigmoid(-z), shape (...)."""
        z = _points("z", z, self.dim)
        return (logsigmoid(z) + logsigmoid(-z)).sum(-1)

    def sample(self, n: int, generator: Generator) -> Tensor:
        """n independent draws, shape (n, dim)."""
        return torch.special.logit(torch.rand(n, self.dim, dtype=torch.float64, generator=generator))


class Flow(nn.Module):
    """The distribution of x = f(z) when z follows the base: log p(x) = log p_0(f^-1(x)) + log |det df^-1/dx|.

    Draws are differentiable in the parameters (pathwise), so that a flow serves as a posterior as well.

    References:
        Normalizing Flows for Probabilistic Modeling and Inference (Papamakarios et al., 2021), eq. 1-6.
        https://arxiv.org/abs/1912.02762

    >>> flow = Flow(Normal(1), [Scale([math.log(2)])])
    >>> flow.log_prob(torch.zeros(1, dtype=torch.float64)).exp()  # 1 / (2 sqrt(2 pi))
    tensor(0.1995, dtype=torch.float64, grad_fn=<ExpBackward0>)
    """

    def __init__(self, base: Normal, maps: Sequence[Map]) -> None:
        super().__init__()
        self.base, self.map = base, Composition(maps, base.dim)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, shape (...)."""
        z, log_det = self.map.inverse(x)
        return self.base.log_prob(z) + log_det

    def sample(self, n: int, generator: Generator) -> Tensor:
        """n independent draws, shape (n, dim)."""
        return self.sample_and_log_prob(n, generator)[0]

    def sample_and_log_prob(self, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """n independent draws, shape (n, dim), and their log density, shape (n,), without an inverse."""
        z = self.base.sample(n, generator)
        x, log_det = self.map(z)
        return x, self.base.log_prob(z) - log_det


def alternating(dim: int, first: bool = True) -> Tensor:
    """The mask that keeps every other coordinate, the first one if `first`, shape (dim,).

    >>> alternating(4)
    tensor([ True, False,  True, False])
    """
    return torch.arange(dim) % 2 == int(not first)


def reverse(dim: int) -> Permutation:
    """The permutation that turns the order round.

    >>> reverse(3)(torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64))[0]
    tensor([3., 2., 1.], dtype=torch.float64)
    """
    return Permutation(range(dim - 1, -1, -1))


_MASK = "pass True where a coordinate is kept, False where it moves"


class _MaskedLinear(nn.Module):
    """y = (weight * mask) x + bias, started with variance 1 / (connections of a unit), times `gain`."""

    mask: Tensor

    def __init__(self, mask: Tensor, generator: Generator | None, gain: float = 1.0) -> None:
        super().__init__()
        self.register_buffer("mask", mask.to(torch.float64), persistent=False)
        started = _normal(generator, *mask.shape) * gain / self.mask.sum(1, keepdim=True).clamp(min=1).sqrt()
        self.weight = nn.Parameter(started * self.mask)
        self.bias = nn.Parameter(torch.zeros(len(mask), dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.weight * self.mask, self.bias)


def _mlp(masks: Sequence[Tensor], generator: Generator | None) -> nn.Sequential:
    """SiLU layers with these masks, (outputs, inputs) each; the last starts small, so that maps start near identity."""
    layers: list[nn.Module] = []
    for mask in masks[:-1]:
        layers += [_MaskedLinear(mask, generator, gain=math.sqrt(2)), nn.SiLU()]
    return nn.Sequential(*layers, _MaskedLinear(masks[-1], generator, gain=0.1))


def _bounded(raw: Tensor) -> Tensor:
    return MAX_LOG_SCALE * torch.tanh(raw / MAX_LOG_SCALE)


def _normal(generator: Generator | None, *shape: int) -> Tensor:
    if not isinstance(generator, Generator):
        raise TypeError(
            f"`generator` must be a torch.Generator (got {generator!r}): pass torch.Generator().manual_seed(seed)"
        )
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


def _inverse_softplus(y: Tensor) -> Tensor:
    """a with log(1 + e^a) = y > 0."""
    return y + torch.log(-torch.expm1(-y))


def _halvings(width: Tensor) -> int:
    """How often to halve a bracket of half-width `width` to come within 1e-12."""
    return max(1, math.ceil(math.log2(max(float(width), 1e-12) / 1e-12)))


def _finite(name: str, x: Tensor) -> Tensor:
    if not torch.all(torch.isfinite(x)):
        bad = int((~torch.isfinite(x)).sum())
        raise ValueError(
            f"`{name}` must be finite (got NaN or infinity at {bad} of {x.numel()} entries): find its origin"
        )
    return x


def _points(name: str, x: Tensor, dim: int) -> Tensor:
    """A float64 tensor (..., dim) without NaN, or an error."""
    if not isinstance(x, Tensor) or x.dtype != torch.float64:
        got = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise ValueError(f"`{name}` must be a float64 tensor (got {got}): use torch.tensor(..., dtype=torch.float64)")
    if x.ndim == 0 or x.shape[-1] != dim:
        raise ValueError(f"`{name}` must have shape (..., {dim}) (got {tuple(x.shape)}): one row a point")
    return _finite(name, x)


def _outputs(name: str, y: Tensor, size: int) -> Tensor:
    if y.shape[-1] != size:
        raise ValueError(
            f"`{name}` must return {size} numbers a point (got {y.shape[-1]}): widen or narrow its last layer"
        )
    return y


def _parameter(name: str, x: Any, ndim: int) -> Tensor:
    """A float64 copy, of this many axes and finite."""
    copy = torch.as_tensor(x, dtype=torch.float64).detach().clone()
    if copy.ndim != ndim:
        what = ("a number", "a vector", "a matrix")[ndim]
        raise ValueError(f"`{name}` must be {what} (got shape {tuple(copy.shape)}): pass {ndim} axes")
    return _finite(name, copy)
