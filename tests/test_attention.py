"""Every function and module against its printed formula in NumPy loops; padding, limits, walks, and bad input."""

import doctest
import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from utils import attention
from utils.attention import (
    ContentAttention,
    GravesWindow,
    LocationAttention,
    additive_energy,
    context,
    first_alignment,
    keep_top,
    location_features,
    masked_softmax,
    monotonic_alignment,
    scaled_dot_product,
    sharpen,
    smooth,
    window_mask,
)

torch.set_num_threads(1)
B, U, L, D, H, Q, C, W, M = 3, 4, 7, 5, 6, 2, 3, 5, 2
LENGTHS = torch.tensor([7, 4, 1])
MASK = torch.arange(L) < LENGTHS[:, None]  # (B, L)
ENERGIES = st.lists(st.floats(-30, 30), min_size=2, max_size=12)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=seeded(seed))


def weights(*shape: int, seed: int = 0, mask: Tensor | None = None) -> Tensor:
    return masked_softmax(2 * draw(*shape, seed=seed), mask)


def modules() -> dict[str, torch.nn.Module]:
    return {
        "content": ContentAttention(Q, D, H, seeded(1)),
        "location": LocationAttention(Q, D, H, C, W, seeded(2)),
    }


def close(found: Tensor, expected) -> None:
    """To 1e-12 of the formula in loops."""
    np.testing.assert_allclose(found.detach().numpy(), np.asarray(expected), rtol=1e-12, atol=1e-12)


def softmax_in_loops(energy: Tensor, mask: Tensor, scale: float = 1.0) -> np.ndarray:
    alpha = np.zeros(energy.shape)
    for b in range(len(energy)):
        present = [j for j in range(energy.shape[1]) if mask[b, j]]
        total = sum(math.exp(scale * energy[b, j]) for j in present)
        for j in present:
            alpha[b, j] = math.exp(scale * energy[b, j]) / total
    return alpha


def features_in_loops(previous: np.ndarray, filters: np.ndarray) -> np.ndarray:
    rows, length = previous.shape
    f = np.zeros((rows, length, len(filters)))
    for b, j, c in np.ndindex(f.shape):
        for i in range(filters.shape[1]):
            at = j + i - (filters.shape[1] - 1) // 2
            if 0 <= at < length:
                f[b, j, c] += filters[c, i] * previous[b, at]
    return f


def alignment_in_loops(module, query: Tensor, keys: Tensor, previous: Tensor, mask: Tensor) -> np.ndarray:
    p = {name: x.detach().numpy() for name, x in module.named_parameters()}
    energy = np.zeros(mask.shape)
    for b, j in np.ndindex(energy.shape):
        inside = p["W"] @ query[b].numpy() + p["V"] @ keys[b, j].numpy() + p["b"]
        if "U" in p:
            inside = inside + p["U"] @ features_in_loops((previous * mask).numpy(), p["F"])[b, j]
        energy[b, j] = p["v"] @ np.tanh(inside)
    return softmax_in_loops(torch.tensor(energy), mask)


# Formulas


def test_docstrings():
    found = doctest.testmod(attention)
    assert found.failed == 0 and found.attempted >= 5


def test_masked_softmax_is_its_formula():
    close(masked_softmax(draw(B, L), MASK), softmax_in_loops(draw(B, L), MASK))
    close(masked_softmax(draw(B, L)), softmax_in_loops(draw(B, L), torch.ones_like(MASK)))


def test_sharpen_is_its_formula():
    close(sharpen(draw(B, L), 2.5, MASK), softmax_in_loops(draw(B, L), MASK, 2.5))


def test_smooth_is_its_formula():
    sigma = MASK.numpy() / (1 + np.exp(-draw(B, L).numpy()))
    close(smooth(draw(B, L), MASK), sigma / sigma.sum(1, keepdims=True))


def test_keep_top_is_its_formula():
    alignment = weights(B, L)
    for k in range(1, L + 1):
        expected = np.zeros((B, L))
        for b in range(B):
            best = sorted(range(L), key=lambda j: -alignment[b, j])[:k]
            for j in best:
                expected[b, j] = alignment[b, j] / sum(alignment[b, i] for i in best)
        close(keep_top(alignment, k), expected)


def test_keep_top_prefers_the_first_of_equal_weights_and_leaves_padding_at_zero():
    assert keep_top(torch.full((1, 6), 1 / 6), 2).tolist() == [[0.5, 0.5, 0, 0, 0, 0]]
    assert torch.all(keep_top(weights(B, L, mask=MASK), 5)[~MASK] == 0)


def test_window_mask_is_its_formula():
    previous = weights(B, L, mask=MASK)
    for back, ahead in itertools.product(range(4), repeat=2):
        found = window_mask(previous, back, ahead, MASK)
        for b, j in itertools.product(range(B), range(L)):
            peak = max(range(L), key=lambda i: previous[b, i])
            assert bool(found[b, j]) == (peak - back <= j <= peak + ahead and bool(MASK[b, j]))
    assert torch.all(window_mask(previous, L, L))


def test_location_features_are_their_formula():
    for width in (1, 3, 5, 9):  # also wider than the row
        filters = draw(C, width, seed=1)
        close(location_features(weights(B, L), filters), features_in_loops(weights(B, L).numpy(), filters.numpy()))


def test_additive_energy_is_its_formula():
    query, keys, v, location = draw(B, H), draw(B, L, H, seed=1), draw(H, seed=2), draw(B, L, H, seed=3)
    for extra in (None, location):
        expected = np.zeros((B, L))
        for b, j in np.ndindex(B, L):
            for h in range(H):
                inside = query[b, h] + keys[b, j, h] + (0 if extra is None else extra[b, j, h])
                expected[b, j] += v[h] * math.tanh(inside)
        close(additive_energy(query, keys, v, extra), expected)


def test_context_is_its_formula():
    values = draw(B, L, D)
    expected = [[sum(weights(B, L)[b, j] * values[b, j, d] for j in range(L)) for d in range(D)] for b in range(B)]
    close(context(weights(B, L), values), expected)


def test_scaled_dot_product_is_its_formula():
    query, keys, values = draw(B, U, D), draw(B, L, D, seed=1), draw(B, L, 2, seed=2)
    found, alignment = scaled_dot_product(query, keys, values, MASK)
    for u in range(U):
        energy = np.array([[sum(query[b, u] * keys[b, j]) / math.sqrt(D) for j in range(L)] for b in range(B)])
        alpha = softmax_in_loops(torch.tensor(energy), MASK)
        close(alignment[:, u], alpha)
        close(found[:, u], [alpha[b] @ values[b].numpy() for b in range(B)])


def test_scaled_dot_product_is_pytorchs():
    query, keys, values = draw(B, U, D), draw(B, L, D, seed=1), draw(B, L, 2, seed=2)
    theirs = torch.nn.functional.scaled_dot_product_attention(query, keys, values, MASK[:, None])
    torch.testing.assert_close(scaled_dot_product(query, keys, values, MASK)[0], theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", ["content", "location"])
def test_the_modules_are_their_formulas(kind):
    query, keys, previous = draw(B, Q), draw(B, L, D, seed=1), weights(B, L, seed=2)
    module = modules()[kind]
    expected = alignment_in_loops(module, query, keys, previous, MASK)
    close(module(query, keys, previous, MASK), expected)
    close(module.step(query, module.prepare(keys), previous, MASK), expected)


def test_graves_window_is_its_formula():
    module, query, kappa = GravesWindow(Q, M, seeded(3)), draw(B, Q), draw(B, M, seed=1).exp()
    found, moved = module(query, kappa, L, MASK)
    expected, centres = np.zeros((B, L)), np.zeros((B, M))
    for b, m in np.ndindex(B, M):
        raw = module.W.detach().numpy() @ query[b].numpy() + module.c.detach().numpy()
        alpha, beta, step = (math.exp(raw[i * M + m]) for i in range(3))
        centres[b, m] = kappa[b, m] + step
        for u in range(LENGTHS[b]):
            expected[b, u] += alpha * math.exp(-beta * (centres[b, m] - u) ** 2)
    close(found, expected)
    close(moved, centres)


def test_monotonic_alignment_is_the_papers_recursion():
    p = draw(B, U, L).sigmoid()
    expected, last = np.zeros((B, U, L)), np.eye(1, L).repeat(B, 0)
    for u in range(U):
        for b, j in np.ndindex(B, L):
            before = (1 - p[b, u, j - 1]) * expected[b, u, j - 1] / p[b, u, j - 1] if j else 0.0
            expected[b, u, j] = p[b, u, j] * (before + last[b, j])
        last = expected[:, u]
    close(monotonic_alignment(p), expected)


# What they must do


@pytest.mark.parametrize("kind", ["content", "location"])
def test_padding_never_leaks_through_the_modules(kind):
    query, keys, previous = draw(B, Q), draw(B, L, D, seed=1), weights(B, L, seed=2)
    module = modules()[kind]

    def read(keys: Tensor, previous: Tensor) -> Tensor:
        return context(module(query, keys, previous, MASK), keys)

    keys.requires_grad_()
    previous.requires_grad_()
    found = read(keys, previous)
    (found * draw(B, D, seed=3)).sum().backward()
    assert torch.all(keys.grad[~MASK] == 0) and torch.all(keys.grad[MASK].abs().sum(-1) > 0)
    if kind == "location":
        assert torch.all(previous.grad[~MASK] == 0) and previous.grad[MASK].abs().sum() > 0
    for filling in (0.0, 1e6, -1e12, 1e300):
        other = keys.detach().masked_fill(~MASK[..., None], filling)
        assert torch.equal(read(other, previous.detach().masked_fill(~MASK, filling)), found.detach())
    cut = module(query[1:2], keys[1:2, :4], previous[1:2, :4], MASK[1:2, :4])  # the row by itself, without padding
    close(cut, module(query, keys, previous, MASK)[1:2, :4].detach())


def test_padding_never_leaks_through_the_functions():
    ways = [masked_softmax, smooth, lambda e, m: sharpen(e, 3.0, m), lambda e, m: keep_top(masked_softmax(e, m), 3)]
    for way in ways:
        energy = draw(B, L).requires_grad_()
        alignment = way(energy, MASK)
        (alignment * draw(B, L, seed=1)).sum().backward()
        assert torch.all(energy.grad[~MASK] == 0) and energy.grad[MASK].abs().sum() > 0
        assert torch.all(alignment[~MASK] == 0)
        for filling in (-1e300, 1e300):
            assert torch.equal(way(energy.detach().masked_fill(~MASK, filling), MASK), alignment.detach())


def test_padding_never_leaks_through_the_scaled_dot_product():
    query, keys, values = draw(B, U, D), draw(B, L, D, seed=1).requires_grad_(), draw(B, L, 2).requires_grad_()
    found, alignment = scaled_dot_product(query, keys, values, MASK)
    (found * draw(B, U, 2, seed=3)).sum().backward()
    for x in (keys, values):
        assert torch.all(x.grad[~MASK] == 0) and x.grad[0].abs().sum() > 0
    assert torch.all(alignment.transpose(1, 2)[~MASK] == 0)
    other = keys.detach().masked_fill(~MASK[..., None], 1e100)
    assert torch.equal(scaled_dot_product(query, other, values, MASK)[0], found)


def test_padding_never_leaks_through_the_windows():
    weighed, _ = GravesWindow(Q, M, seeded(3))(draw(B, Q), torch.zeros(B, M, dtype=torch.float64), L, MASK)
    assert torch.all(weighed[~MASK] == 0)
    p = draw(B, U, L).sigmoid() * MASK[:, None]
    assert torch.all(monotonic_alignment(p).transpose(1, 2)[~MASK] == 0)


def test_location_features_move_with_the_alignment_but_for_the_edges():
    filters, previous = draw(C, W, seed=1), torch.zeros(1, 20, dtype=torch.float64)
    previous[0, 5:9] = draw(4).softmax(0)
    for shift in range(-3, 10):  # the mass stays (w - 1)/2 away from both ends
        moved = location_features(previous.roll(shift, 1), filters)
        assert torch.equal(moved, location_features(previous, filters).roll(shift, 1))
    at_the_edge = location_features(previous.roll(-5, 1), filters)
    assert not torch.allclose(at_the_edge, location_features(previous, filters).roll(-5, 1))


def test_content_attention_is_blind_to_order_and_to_the_previous_alignment_and_location_attention_is_not():
    query, keys, previous = draw(B, Q), draw(B, L, D, seed=1), weights(B, L, seed=2)
    for kind, module in modules().items():
        turned = module(query, keys.flip(1), previous)
        assert torch.allclose(turned, module(query, keys, previous).flip(1)) == (kind == "content")
        other = module(query, keys, previous.flip(1))
        assert torch.equal(other, module(query, keys, previous)) == (kind == "content")
        equal = module(query, keys[:, :1].expand(-1, L, -1), first_alignment(MASK))
        assert torch.allclose(equal, torch.full_like(equal, 1 / L)) == (kind == "content")


@given(ENERGIES)
def test_sharpen_goes_from_uniform_to_the_peak(energies):
    energy = torch.tensor([sorted(energies)], dtype=torch.float64)
    assert torch.equal(sharpen(energy, 1.0), masked_softmax(energy))
    close(sharpen(energy, 1e-18), np.full(energy.shape, 1 / len(energies)))
    gap = energy[0, -1] - energy[0, :-1].max()
    if gap > 1e-6:
        close(sharpen(energy, 1e9), np.eye(len(energies))[-1:])
    betas = [0.3, 1.0, 3.0]
    peaks = [float(sharpen(energy, beta).max()) for beta in betas]
    assert peaks[0] <= peaks[1] + 1e-12 and peaks[1] <= peaks[2] + 1e-12


def test_sharpen_shares_alike_between_equal_peaks():
    close(sharpen(torch.tensor([[1.0, 3.0, 3.0, 2.0]], dtype=torch.float64), 1e6), [[0, 0.5, 0.5, 0]])


@given(ENERGIES)
def test_smooth_is_never_sharper_than_softmax(energies):
    energy = torch.tensor(energies, dtype=torch.float64)
    flat, sharp = smooth(energy), masked_softmax(energy)
    assert flat.max() <= sharp.max() + 1e-12
    entropies = [float(torch.special.entr(alpha).sum()) for alpha in (flat, sharp)]
    assert entropies[0] >= entropies[1] - 1e-12
    assert torch.allclose(smooth(energy - 200), sharp, atol=1e-12)  # far below 0 the two are one


@given(st.integers(0, 10**6))
@settings(max_examples=30)
def test_every_component_of_the_graves_window_moves_forward(seed):
    module, kappa = GravesWindow(Q, M, seeded(seed)), torch.zeros(B, M, dtype=torch.float64)
    for step in range(5):
        _, moved = module(3 * draw(B, Q, seed=seed + step), kappa, L)
        assert torch.all(moved > kappa)
        kappa = moved


def test_the_mean_of_the_graves_mixture_may_go_back():
    module = GravesWindow(1, 2, seeded(0))
    with torch.no_grad():
        module.c.zero_()
        module.W.copy_(torch.tensor([[-1.0], [1.0], [0.0], [0.0], [0.0], [0.0]]))
    kappa, means = torch.tensor([[2.0, 17.0]], dtype=torch.float64), []
    for query in (3.0, -3.0):
        found, kappa = module(torch.tensor([[query]], dtype=torch.float64), kappa, 40)
        means.append(float((found.detach() * torch.arange(40)).sum() / found.detach().sum()))
    assert means[0] > 17 and means[1] < 5


def test_monotonic_alignment_sums_over_all_walks():
    p = draw(1, 3, 4).sigmoid()
    expected = np.zeros((3, 4))
    for stops in itertools.combinations_with_replacement(range(4), 3):
        chance, at = 1.0, 0
        for u, stop in enumerate(stops):
            chance *= math.prod(1 - float(p[0, u, j]) for j in range(at, stop)) * float(p[0, u, stop])
            expected[u, stop] += chance if u == 2 else 0
            at = stop
    close(monotonic_alignment(p)[0, 2], expected[2])


def test_monotonic_alignment_is_where_random_walks_stop():
    """20,000 walks: every share within five standard errors, at most 0.0036 each."""
    p, walks = draw(1, U, L).sigmoid()[0], 20_000
    random = np.random.default_rng(0)
    counts = np.zeros((U, L))
    at = np.zeros(walks, dtype=int)  # L once a walk has run off the end
    for u in range(U):
        moving = np.ones(walks, dtype=bool)
        for j in range(L):
            here = moving & (at <= j)
            stops = here & (random.random(walks) < float(p[u, j]))
            counts[u, j] = stops.sum()
            at[stops] = j
            moving &= ~stops
        at[moving] = L
    alpha = monotonic_alignment(p[None])[0].numpy()
    assert np.all(np.abs(counts / walks - alpha) <= 5 * np.sqrt(alpha * (1 - alpha) / walks) + 1e-9)


def test_monotonic_alignment_at_zero_and_one():
    sure = torch.zeros(1, 2, 4, dtype=torch.float64)
    assert torch.all(monotonic_alignment(sure) == 0)
    sure[0, 0, 1], sure[0, 1, 3] = 1, 1
    assert monotonic_alignment(sure)[0].tolist() == [[0, 1, 0, 0], [0, 0, 0, 1]]
    assert torch.all(monotonic_alignment(draw(B, U, L).sigmoid()).sum(-1) <= 1 + 1e-12)


def test_weights_sum_to_one_and_never_negative():
    for way in (masked_softmax, smooth):
        alignment = way(draw(B, L), MASK)
        close(alignment.sum(-1), np.ones(B))
        assert torch.all(alignment >= 0)


def test_gradients_are_those_of_finite_differences():
    query, keys, previous = (x.requires_grad_() for x in (draw(B, Q), draw(B, L, D, seed=1), weights(B, L, seed=2)))
    for module in modules().values():
        assert torch.autograd.gradcheck(lambda *x, m=module: m(*x, MASK), (query, keys, previous))
    window = GravesWindow(Q, M, seeded(3))
    kappa = draw(B, M, seed=4).exp().requires_grad_()
    assert torch.autograd.gradcheck(lambda q, k: window(q, k, L), (query, kappa))
    p = (0.1 + 0.8 * draw(2, 3, 4).sigmoid()).requires_grad_()
    assert torch.autograd.gradcheck(monotonic_alignment, (p,))
    energy = draw(B, L).requires_grad_()
    for way in (masked_softmax, smooth, lambda e, m: sharpen(e, 2.0, m)):
        assert torch.autograd.gradcheck(lambda e, w=way: w(e, MASK), (energy,))
    assert torch.autograd.gradcheck(location_features, (previous, draw(C, W).requires_grad_()))


def test_modules_work_in_single_precision_and_are_drawn_from_their_generator():
    module = modules()["location"]
    found = module.float()(draw(B, Q).float(), draw(B, L, D).float(), first_alignment(MASK, torch.float32), MASK)
    assert found.dtype == torch.float32
    first, second = (modules()["location"].state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) and first[name].dtype == torch.float64 for name in first)


# Bad input

ZERO = torch.zeros(B, L, dtype=torch.float64)
KEYS = torch.zeros(B, L, D, dtype=torch.float64)
QUERY = torch.zeros(B, Q, dtype=torch.float64)
HALF = torch.full((B, U, L), 0.5, dtype=torch.float64)
BAD_INPUT = [
    (lambda: masked_softmax(ZERO, MASK & (LENGTHS > 1)[:, None]), ValueError, "`mask` must keep a step in every row"),
    (lambda: masked_softmax(ZERO, MASK[:, :5]), ValueError, r"`mask` must have the shape .* \(3, 7\) \(got \(3, 5\)\)"),
    (lambda: masked_softmax(ZERO, MASK.double()), TypeError, r"`mask` must be of bools.*got torch.float64"),
    (lambda: masked_softmax(ZERO.long()), TypeError, r"`energy` must be a tensor of floats \(got torch.int64\)"),
    (lambda: masked_softmax([[1.0]]), TypeError, r"`energy` must be a tensor of floats \(got list\)"),
    (lambda: masked_softmax(ZERO[:, :0]), ValueError, r"`energy` must have shape .* no empty axis \(got \(3, 0\)\)"),
    (lambda: sharpen(ZERO, 0.0), ValueError, r"`beta` must be positive and finite \(got 0.0\)"),
    (lambda: sharpen(ZERO, -1.0), ValueError, r"`beta` must be positive and finite \(got -1.0\)"),
    (lambda: sharpen(ZERO, math.inf), ValueError, r"`beta` must be positive and finite \(got inf\)"),
    (lambda: sharpen(ZERO, math.nan), ValueError, r"`beta` must be positive and finite \(got nan\)"),
    (lambda: smooth(ZERO.int()), TypeError, "`energy` must be a tensor of floats"),
    (lambda: keep_top(ZERO + 1, 8), ValueError, r"`k` must be from 1 to the 7 steps of the alignment \(got 8\)"),
    (lambda: keep_top(ZERO + 1, 0), ValueError, r"`k` must be from 1 to the 7 steps of the alignment \(got 0\)"),
    (lambda: keep_top(ZERO, 2), ValueError, "`alignment` must have weight in every row"),
    (lambda: window_mask(ZERO, -1, 2), ValueError, r"`back` and `ahead` must not be negative \(got -1 and 2\)"),
    (lambda: window_mask(ZERO.flip(1), 0, 0, ~MASK), ValueError, "`previous` must have its peak near steps"),
    (lambda: location_features(ZERO, torch.ones(C, 4).double()), ValueError, r"must have an odd width \(got 4\)"),
    (lambda: location_features(ZERO, torch.ones(C, 3)), TypeError, "`filters` must be torch.float64 as its partner"),
    (lambda: location_features(ZERO[0], torch.ones(C, 3).double()), ValueError, r"`previous` must have shape \(B, L\)"),
    (lambda: additive_energy(ZERO, KEYS, KEYS[0, 0]), ValueError, r"`query` must have shape \(3, 5\)"),
    (lambda: additive_energy(KEYS[:, 0], KEYS, KEYS[0, 0], ZERO), ValueError, "`location` must have the shape of"),
    (lambda: context(ZERO, KEYS[:, :4]), ValueError, r"`values` must have \(3, 7\) rows.*got \(3, 4\)"),
    (lambda: context(ZERO.float(), KEYS), TypeError, "`alignment` must be torch.float64"),
    (lambda: scaled_dot_product(KEYS, KEYS, KEYS[:, :4]), ValueError, r"`values` must have \(3, 7\) rows"),
    (lambda: scaled_dot_product(HALF, KEYS, KEYS), ValueError, "`query` and `keys` must agree"),
    (lambda: scaled_dot_product(KEYS, KEYS, KEYS, ~MASK), ValueError, "`mask` must keep a step in every row"),
    (lambda: modules()["content"](QUERY, ZERO), ValueError, r"`keys` must have shape \(B, L, D\)"),
    (lambda: modules()["content"](KEYS[:, 0], KEYS), ValueError, r"`query` must have 2 features \(got 5\)"),
    (lambda: modules()["content"](QUERY, KEYS.float()), TypeError, "`keys` must be torch.float64 as the module's"),
    (lambda: modules()["content"](QUERY[:2], KEYS), ValueError, r"`query` must have shape \(3, 6\)"),
    (lambda: modules()["location"](QUERY, KEYS), TypeError, r"`previous` .* begin with first_alignment\(mask\)"),
    (lambda: modules()["location"](QUERY, KEYS, ZERO[:, :4]), ValueError, r"`previous` must have \(3, 7\) rows"),
    (lambda: LocationAttention(Q, D, H, C, 4, seeded(0)), ValueError, r"must have an odd width \(got 4\)"),
    (lambda: LocationAttention(Q, D, H, 0, 3, seeded(0)), ValueError, r"`filters` must be at least 1 \(got 0\)"),
    (lambda: ContentAttention(Q, D, H, 7), TypeError, r"`generator` must be a torch.Generator \(got int\)"),
    (lambda: GravesWindow(Q, M, seeded(0))(QUERY, ZERO, L), ValueError, r"`kappa` must have shape \(3, 2\)"),
    (lambda: GravesWindow(Q, M, seeded(0))(QUERY, ZERO[:, :M], 0), ValueError, "`length` must be at least 1"),
    (lambda: monotonic_alignment(HALF + 1), ValueError, r"`p` must lie in \[0, 1\]"),
    (lambda: monotonic_alignment(HALF - 1), ValueError, r"`p` must lie in \[0, 1\]"),
    (lambda: monotonic_alignment(HALF * math.nan), ValueError, r"`p` must lie in \[0, 1\]"),
    (lambda: monotonic_alignment(ZERO), ValueError, r"`p` must have shape \(B, U, L\)"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD_INPUT)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
