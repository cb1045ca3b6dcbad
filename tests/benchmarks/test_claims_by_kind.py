"""Milliseconds per claim of each kind, mutants included. Run: pytest tests/benchmarks -o addopts="" """

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from statements_by_kind import KINDS
from sympy.core.cache import clear_cache

from utils.claims import claims, forget


def fresh() -> None:
    """As for a claim nobody has stated yet: an empty register, and nothing in SymPy's cache."""
    for statement in claims():
        forget(statement.label)
    clear_cache()


@pytest.mark.parametrize("state", KINDS, ids=lambda state: state.__name__)
def test_cost(state: Callable[[], Any], benchmark: BenchmarkFixture) -> None:
    def once() -> Any:
        claim = state()
        claim._repr_mimebundle_()
        return claim

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        claim = benchmark.pedantic(once, setup=fresh, rounds=7, warmup_rounds=1)
    benchmark.extra_info["mutants"] = getattr(claim, "counts", {}).get("rejected", 0)
