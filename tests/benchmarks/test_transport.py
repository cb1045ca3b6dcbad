"""Log-domain Sinkhorn beside POT's, to one tolerance at n = 500. Run: pytest tests/benchmarks -o addopts=""

POT asks for the Euclidean length of the column sums' error, once in ten iterations; ours for the sum of the rows'
errors, which is never less, in each.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import ot
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from utils.transport import sinkhorn

N, TOLERANCE = 500, 1e-9


def problem(share: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Costs between two clouds in the plane, uniform masses, and epsilon as a share of the median cost."""
    g = np.random.default_rng(0)
    x, y = g.normal(size=(N, 2)), g.normal(size=(N, 2)) + 1
    cost = ((x[:, None] - y) ** 2).sum(-1)
    return cost, np.full(N, 1 / N), share * float(np.median(cost))


def ours(cost: np.ndarray, masses: np.ndarray, epsilon: float) -> tuple[np.ndarray, int]:
    found = sinkhorn(cost, masses, masses, epsilon, TOLERANCE, 100_000)
    assert found.converged
    return found.plan, found.iterations


def pot(cost: np.ndarray, masses: np.ndarray, epsilon: float) -> tuple[np.ndarray, int]:
    options: dict[str, Any] = {"method": "sinkhorn_log", "stopThr": TOLERANCE, "numItermax": 100_000, "log": True}
    plan, log = ot.sinkhorn(masses, masses, cost, epsilon, **options)
    return plan, log["niter"] + 1


@pytest.mark.parametrize("share", [1.0, 0.1, 0.03])
@pytest.mark.parametrize("solver", [ours, pot], ids=lambda solver: solver.__name__)
def test_sinkhorn(solver: Callable, share: float, benchmark: BenchmarkFixture) -> None:
    given = problem(share)
    plan, iterations = benchmark.pedantic(solver, args=given, rounds=5, warmup_rounds=1)
    benchmark.extra_info["iterations"] = iterations
    print("  ", f"{iterations} iterations")
    np.testing.assert_allclose(plan.sum(0), given[1], atol=TOLERANCE)
    np.testing.assert_allclose(plan.sum(1), given[1], atol=TOLERANCE)
