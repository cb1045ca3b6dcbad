"""Attention over a padded batch, by the papers' equations: energies, the ways to normalise them, and modules.

Letters of the shapes: B rows of a batch, U decoder steps, L encoder steps (the longest row's), D and H features,
C filters of width w, M components. A mask (B, L) of bools is True where a row has an encoder step and False where
it is padded; without one, nothing is padded. Padding never leaks: its weights are exactly 0, and neither results nor
gradients depend on what it holds, as long as that is finite. Modules are made in float64 with parameters from the
generator that is passed in; `.float()` turns them to single precision, which all functions take too.

Conventions, where implementations differ: the location features are a cross-correlation (no kernel is turned
round); 'same' padding is by zeros on both sides, so that widths must be odd; the features are those of the previous
alignment, not of the sum of all alignments so far, which is Tacotron 2's choice; the alignment before the first
decoder step is all on the first encoder step; positions count from 0.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import logsigmoid, pad

__all__ = [
    "ContentAttention",
    "GravesWindow",
    "LocationAttention",
    "additive_energy",
    "context",
    "first_alignment",
    "keep_top",
    "location_features",
    "masked_softmax",
    "monotonic_alignment",
    "scaled_dot_product",
    "sharpen",
    "smooth",
    "window_mask",
]

# From energies to weights


def masked_softmax(energy: Tensor, mask: Tensor | None = None) -> Tensor:
    """alpha_j = exp(e_j) / sum_i exp(e_i) over the steps that are not padded; (..., L) to (..., L).

    >>> masked_softmax(torch.tensor([[0.0, 0.0, 9.0]]), torch.tensor([[True, True, False]]))
    tensor([[0.5000, 0.5000, 0.0000]])
    """
    _floats("energy", energy)
    return torch.softmax(_masked(energy, mask), -1)


def sharpen(energy: Tensor, beta: float, mask: Tensor | None = None) -> Tensor:
    """alpha_j proportional to exp(beta e_j): beta is an inverse temperature, 1 the softmax.

    References:
        Attention-Based Models for Speech Recognition (Chorowski et al., 2015), section 2.3.
        https://arxiv.org/abs/1506.07503
    """
    if not (beta > 0 and math.isfinite(beta)):
        raise ValueError(
            f"`beta` must be positive and finite (got {beta}): it is an inverse temperature, small for flat weights"
        )
    return masked_softmax(beta * energy, mask)


def smooth(energy: Tensor, mask: Tensor | None = None) -> Tensor:
    """alpha_j = s(e_j) / sum_i s(e_i) with the logistic function s: the softmax of log s(e_j).

    References:
        Attention-Based Models for Speech Recognition (Chorowski et al., 2015), section 2.3.
        https://arxiv.org/abs/1506.07503
    """
    _floats("energy", energy)
    return masked_softmax(logsigmoid(energy), mask)


def keep_top(alignment: Tensor, k: int) -> Tensor:
    """The k largest weights of each row (..., L), divided by their sum; of equal ones, those that come first.

    >>> keep_top(torch.tensor([0.5, 0.1, 0.3, 0.1]), k=2)
    tensor([0.6250, 0.0000, 0.3750, 0.0000])
    """
    _floats("alignment", alignment)
    length = alignment.shape[-1]
    if not 1 <= k <= length:
        raise ValueError(f"`k` must be from 1 to the {length} steps of the alignment (got {k})")
    best = torch.sort(alignment, dim=-1, descending=True, stable=True).indices[..., :k]  # (..., k)
    kept = torch.zeros_like(alignment).scatter(-1, best, alignment.gather(-1, best))  # (..., L)
    total = kept.sum(-1, keepdim=True)
    if not torch.all(total > 0):
        raise ValueError("`alignment` must have weight in every row (got a row of zeros): normalise it first")
    return kept / total


def window_mask(previous: Tensor, back: int, ahead: int, mask: Tensor | None = None) -> Tensor:
    """True from `back` steps before the peak of the previous alignment (B, L) to `ahead` after it, padding apart.

    >>> window_mask(torch.tensor([[0.1, 0.2, 0.6, 0.1, 0.0]]), back=1, ahead=1)
    tensor([[False,  True,  True,  True, False]])
    """
    _floats("previous", previous)
    if back < 0 or ahead < 0:
        raise ValueError(f"`back` and `ahead` must not be negative (got {back} and {ahead}): they count steps")
    peak = previous.argmax(-1, keepdim=True)  # (B, 1), the first of equal ones
    steps = torch.arange(previous.shape[-1])  # (L,)
    window = (steps >= peak - back) & (steps <= peak + ahead)  # (B, L)
    if mask is None:
        return window
    _check_mask(mask, previous)
    if not torch.all((window & mask).any(-1)):
        raise ValueError("`previous` must have its peak near steps that `mask` keeps (got a window of padding only)")
    return window & mask


# Energies


def location_features(previous: Tensor, filters: Tensor) -> Tensor:
    """f[b, j, c] = sum_i filters[c, i] previous[b, j + i - (w - 1)/2], zero outside; (B, L), (C, w) to (B, L, C).

    References:
        Attention-Based Models for Speech Recognition (Chorowski et al., 2015), eq. 8.
        https://arxiv.org/abs/1506.07503

    >>> location_features(torch.tensor([[0.0, 1.0, 0.0, 0.0]]), torch.tensor([[1.0, 0.0, 0.0]]))[0, :, 0]
    tensor([0., 0., 1., 0.])
    """
    _floats("previous", previous, axes=2, shape="(B, L)")
    _floats("filters", filters, axes=2, shape="(C, w)")
    _alike(previous, filters=filters)
    width = filters.shape[1]
    _check_width(width)
    windows = pad(previous, (width // 2, width // 2)).unfold(1, width, 1)  # (B, L, w)
    return windows @ filters.T


def additive_energy(query: Tensor, keys: Tensor, v: Tensor, location: Tensor | None = None) -> Tensor:
    """e[b, j] = sum_h v_h tanh(query[b, h] + keys[b, j, h] + location[b, j, h]), all three already projected.

    Shapes (B, H), (B, L, H), (H,) and (B, L, H); the result has shape (B, L).

    References:
        Neural Machine Translation by Jointly Learning to Align and Translate (Bahdanau et al., 2015), appendix A.1.2.
        https://arxiv.org/abs/1409.0473
        Attention-Based Models for Speech Recognition (Chorowski et al., 2015), eq. 9.
    """
    _floats("query", query, axes=2, shape="(B, H)")
    _floats("keys", keys, axes=3, shape="(B, L, H)")
    rows, _, hidden = keys.shape
    if query.shape != (rows, hidden) or v.shape != (hidden,):
        raise ValueError(
            f"`query` must have shape {(rows, hidden)} and `v` {(hidden,)}, by the keys' {tuple(keys.shape)} "
            f"(got {tuple(query.shape)} and {tuple(v.shape)}): project them to one size"
        )
    if location is not None and location.shape != keys.shape:
        raise ValueError(
            f"`location` must have the shape of the keys, {tuple(keys.shape)} (got {tuple(location.shape)}): "
            "one vector an encoder step"
        )
    _alike(keys, query=query, v=v, location=location)
    inside = query[:, None] + keys  # (B, L, H)
    if location is not None:
        inside = inside + location
    return torch.tanh(inside) @ v


def context(alignment: Tensor, values: Tensor) -> Tensor:
    """c[b, d] = sum_j alignment[b, j] values[b, j, d]; (B, L), (B, L, D) to (B, D)."""
    _floats("alignment", alignment, axes=2, shape="(B, L)")
    _floats("values", values, axes=3, shape="(B, L, D)")
    _same_steps("values", values, alignment.shape)
    _alike(values, alignment=alignment)
    return (alignment[:, None] @ values)[:, 0]


def scaled_dot_product(
    query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """The alignment softmax_j(query[b, u] . keys[b, j] / sqrt(D)), and the context it gives.

    (B, U, D), (B, L, D), (B, L, V) to the context (B, U, V) and the alignment (B, U, L).

    References:
        Attention Is All You Need (Vaswani et al., 2017), eq. 1.
        https://arxiv.org/abs/1706.03762
    """
    for name, x, shape in (("query", query, "(B, U, D)"), ("keys", keys, "(B, L, D)"), ("values", values, "(B, L, V)")):
        _floats(name, x, axes=3, shape=shape)
    _same_steps("values", values, keys.shape[:2])
    if query.shape[0] != keys.shape[0] or query.shape[2] != keys.shape[2]:
        raise ValueError(
            f"`query` and `keys` must agree in rows and features (got {tuple(query.shape)} and {tuple(keys.shape)})"
        )
    _alike(keys, query=query, values=values)
    if mask is not None:
        _check_mask(mask, keys[..., 0])
        mask = mask[:, None].expand(-1, query.shape[1], -1)  # (B, U, L)
    energy = query @ keys.transpose(1, 2) / math.sqrt(keys.shape[2])  # (B, U, L)
    alignment = masked_softmax(energy, mask)
    return alignment @ values, alignment


# Modules


def first_alignment(mask: Tensor, dtype: torch.dtype = torch.float64) -> Tensor:
    """The alignment before the first decoder step, (B, L): all the weight on the first encoder step."""
    start = torch.zeros(mask.shape, dtype=dtype)
    start[:, 0] = 1
    return start


class ContentAttention(nn.Module):
    """alpha = softmax_j of e_j = v . tanh(W query + V key_j + b): it sees what a key says, not where it stands.

    Called as (query (B, Q), keys (B, L, D), previous, mask); `previous` is there so that both kinds of attention are
    called alike, and is not looked at. Over many decoder steps, `prepare(keys)` once and `step` many times do the same
    for less: V key_j + b does not change.

    References:
        Neural Machine Translation by Jointly Learning to Align and Translate (Bahdanau et al., 2015), appendix A.1.2.
        https://arxiv.org/abs/1409.0473
    """

    def __init__(self, query_size: int, key_size: int, hidden: int, generator: Generator) -> None:
        super().__init__()
        _positive(query_size=query_size, key_size=key_size, hidden=hidden)
        self.W = _uniform(generator, (hidden, query_size), query_size)
        self.V = _uniform(generator, (hidden, key_size), key_size)
        self.b = _uniform(generator, (hidden,), key_size)
        self.v = _uniform(generator, (hidden,), hidden)

    def forward(
        self, query: Tensor, keys: Tensor, previous: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """The alignment, (B, L)."""
        return self.step(query, self.prepare(keys), previous, mask)

    def prepare(self, keys: Tensor) -> Tensor:
        """V key_j + b, shape (B, L, H)."""
        _floats("keys", keys, axes=3, shape="(B, L, D)")
        _features("keys", keys, self.V)
        return keys @ self.V.T + self.b

    def step(
        self, query: Tensor, prepared: Tensor, previous: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """The alignment (B, L) from prepared keys (B, L, H)."""
        _floats("query", query, axes=2, shape="(B, Q)")
        _features("query", query, self.W)
        energy = additive_energy(query @ self.W.T, prepared, self.v, self._location(prepared, previous, mask))
        return masked_softmax(energy, mask)

    def _location(self, prepared: Tensor, previous: Tensor | None, mask: Tensor | None) -> Tensor | None:
        return None


class LocationAttention(ContentAttention):
    """alpha = softmax_j of e_j = v . tanh(W query + V key_j + U f_j + b), with f the features of the last alignment.

    f = location_features(previous, F) for filters F (C, w). Called as (query (B, Q), keys (B, L, D),
    previous (B, L), mask); weight of the previous alignment that lies on padding is left out.

    References:
        Attention-Based Models for Speech Recognition (Chorowski et al., 2015), eq. 8-9.
        https://arxiv.org/abs/1506.07503
    """

    def __init__(
        self, query_size: int, key_size: int, hidden: int, filters: int, width: int, generator: Generator
    ) -> None:
        super().__init__(query_size, key_size, hidden, generator)
        _positive(filters=filters, width=width)
        _check_width(width)
        self.F = _uniform(generator, (filters, width), width)
        self.U = _uniform(generator, (hidden, filters), filters)

    def _location(self, prepared: Tensor, previous: Tensor | None, mask: Tensor | None) -> Tensor:
        if previous is None:
            raise TypeError("`previous` must be the previous alignment (got None): begin with first_alignment(mask)")
        _same_steps("previous", previous, prepared.shape[:2])
        if mask is not None:
            _check_mask(mask, previous)
            previous = previous.masked_fill(~mask, 0)
        return location_features(previous, self.F) @ self.U.T  # (B, L, C) -> (B, L, H)


class GravesWindow(nn.Module):
    """phi_u = sum_m alpha_m exp(-beta_m (kappa_m - u)^2) at u = 0 .. L - 1: Gaussian windows that only move forward.

    With (a, b, k) = W query + c, of M entries each: alpha = e^a, beta = e^b, and kappa grows by e^k at each step. The
    weights are not normalised. Called as (query (B, Q), kappa (B, M), L, mask), it returns the weights (B, L) and the
    new kappa (B, M); begin with kappa = 0.

    References:
        Generating Sequences With Recurrent Neural Networks (Graves, 2013), eq. 46-51 (there u = 1 .. U).
        https://arxiv.org/abs/1308.0850
    """

    def __init__(self, query_size: int, components: int, generator: Generator) -> None:
        super().__init__()
        _positive(query_size=query_size, components=components)
        self.W = _uniform(generator, (3 * components, query_size), query_size)
        self.c = _uniform(generator, (3 * components,), query_size)

    def forward(self, query: Tensor, kappa: Tensor, length: int, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        _floats("query", query, axes=2, shape="(B, Q)")
        _features("query", query, self.W)
        _floats("kappa", kappa)
        _positive(length=length)
        components = len(self.c) // 3
        if kappa.shape != (len(query), components):
            raise ValueError(
                f"`kappa` must have shape {(len(query), components)} (got {tuple(kappa.shape)}): one centre a component"
            )
        _alike(query, kappa=kappa)
        alpha, beta, step = (query @ self.W.T + self.c).exp().split(components, -1)  # (B, M) each
        kappa = kappa + step
        at = torch.arange(length, dtype=query.dtype)  # (L,)
        bumps = alpha[..., None] * torch.exp(-beta[..., None] * (kappa[..., None] - at) ** 2)  # (B, M, L)
        weights = bumps.sum(1)  # (B, L)
        if mask is not None:
            _check_mask(mask, weights)
            weights = weights.masked_fill(~mask, 0)
        return weights, kappa


def monotonic_alignment(p: Tensor) -> Tensor:
    """The expected alignment of an attention that walks forward, and stops at step j with probability p[b, u, j].

    At decoder step u the walk goes on from where it stopped before, at first from step 0, and at each encoder step
    stops or moves to the next; what walks off the end stops nowhere, so a row sums to 1 at most. (B, U, L) to
    (B, U, L), by q_j = (1 - p_{j-1}) q_{j-1} + alpha_{u-1, j} and alpha_{u, j} = p_j q_j, which is the paper's
    recursion without its division. Set p to 0 on padding.

    References:
        Online and Linear-Time Attention by Enforcing Monotonic Alignments (Raffel et al., 2017), eq. 9-10 and 13-14.
        https://arxiv.org/abs/1704.00784

    >>> monotonic_alignment(torch.full((1, 2, 3), 0.5))
    tensor([[[0.5000, 0.2500, 0.1250],
             [0.2500, 0.2500, 0.1875]]])
    """
    _floats("p", p, axes=3, shape="(B, U, L)")
    if not torch.all((p >= 0) & (p <= 1)):
        raise ValueError("`p` must lie in [0, 1] (got entries outside): pass probabilities, not energies")
    start = torch.zeros_like(p[:, 0])  # (B, L)
    start[:, 0] = 1
    rows, last = [], start
    for now in p.unbind(1):  # (B, L)
        arrived = [last[:, 0]]  # the probability q_j that the walk comes to step j
        for j in range(1, p.shape[2]):
            arrived.append((1 - now[:, j - 1]) * arrived[-1] + last[:, j])
        last = now * torch.stack(arrived, -1)
        rows.append(last)
    return torch.stack(rows, 1)


# Arguments


def _floats(name: str, x: Tensor, axes: int | None = None, shape: str = "(..., L)") -> None:
    if not isinstance(x, Tensor) or not x.is_floating_point():
        got = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise TypeError(f"`{name}` must be a tensor of floats (got {got}): use dtype=torch.float64")
    if (axes is not None and x.ndim != axes) or 0 in x.shape or x.ndim == 0:
        raise ValueError(f"`{name}` must have shape {shape}, with no empty axis (got {tuple(x.shape)})")


def _alike(x: Tensor, **others: Tensor | None) -> None:
    for name, other in others.items():
        if other is not None and other.dtype != x.dtype:
            raise TypeError(f"`{name}` must be {x.dtype} as its partner (got {other.dtype}): convert one of them")


def _check_mask(mask: Tensor, energy: Tensor) -> None:
    if mask.dtype != torch.bool:
        raise TypeError(f"`mask` must be of bools, True where a step is present (got {mask.dtype})")
    if mask.shape != energy.shape:
        raise ValueError(
            f"`mask` must have the shape of what it masks, {tuple(energy.shape)} (got {tuple(mask.shape)})"
        )


def _masked(energy: Tensor, mask: Tensor | None) -> Tensor:
    if mask is None:
        return energy
    _check_mask(mask, energy)
    if not torch.all(mask.any(-1)):
        raise ValueError("`mask` must keep a step in every row (got a row that is all padding): drop empty sequences")
    return energy.masked_fill(~mask, -math.inf)


def _check_width(width: int) -> None:
    if width % 2 == 0:
        raise ValueError(
            f"`filters` must have an odd width (got {width}): 'same' padding of (w - 1)/2 zeros a side keeps the length"
        )


def _same_steps(name: str, x: Tensor, wanted: torch.Size | tuple[int, ...]) -> None:
    if x.shape[:2] != tuple(wanted):
        raise ValueError(
            f"`{name}` must have {tuple(wanted)} rows and encoder steps (got {tuple(x.shape[:2])}): pad to one length"
        )


def _features(name: str, x: Tensor, weight: Tensor) -> None:
    if x.shape[-1] != weight.shape[1]:
        raise ValueError(f"`{name}` must have {weight.shape[1]} features (got {x.shape[-1]})")
    if x.dtype != weight.dtype:
        raise TypeError(f"`{name}` must be {weight.dtype} as the module's weights (got {x.dtype}): convert one of them")


def _positive(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"`{name}` must be at least 1 (got {size})")


def _uniform(generator: Generator, shape: tuple[int, ...], inputs: int) -> nn.Parameter:
    """Uniform within 1/sqrt(inputs) of 0, as PyTorch's own linear layers."""
    if not isinstance(generator, Generator):
        raise TypeError(f"`generator` must be a torch.Generator (got {type(generator).__name__}): seed it and pass it")
    draw = torch.rand(shape, dtype=torch.float64, generator=generator)
    return nn.Parameter((2 * draw - 1) / math.sqrt(inputs))
