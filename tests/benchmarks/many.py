"""State, prove and check N claims, each about a symbol with a definition of its own, in one process; print the cost.

python tests/benchmarks/many.py 1000
"""

import json
import sys
import time

import numpy as np
from memory import peak_mib
from sympy import Eq, Symbol

from utils.claims import Claim, define
from utils.notation import as_written

BATCH = 10


def state(k: int) -> None:
    x, y = Symbol("x", real=True), Symbol("y", real=True)
    s, t = Symbol("s", positive=True), Symbol("t", positive=True)
    value = Symbol(f"value_{k}", real=True)
    with as_written():
        define(f"definition-{k}", Eq(value, (k * x / s**2 + y / t**2) / (1 / s**2 + 1 / t**2)))
        claim = Claim(f"claim-{k}", Eq(value, k * x + (y - k * x) * s**2 / (s**2 + t**2)))
        claim.derive((claim.rhs, "over a common denominator"))

    def least_squares(x, y, s, t):
        """Two rows of weighted least squares."""
        return np.linalg.lstsq(np.array([[1 / s], [1 / t]]), np.array([k * x / s, y / t]))[0].item()

    claim.check(least_squares, rtol=1e-8)
    claim._repr_mimebundle_()


if __name__ == "__main__":
    count, empty = int(sys.argv[1]), peak_mib()
    state(1)  # what SymPy sets up once
    warm = peak_mib()
    times = []
    for first in range(1, count + 1, BATCH):
        start = time.perf_counter()
        for k in range(first, min(first + BATCH, count + 1)):
            state(k + 1)
        times.append((time.perf_counter() - start) / BATCH)
    print(
        json.dumps(
            {
                "ms_per_claim": 1000 * sum(times) / len(times),
                "ms_first_ten": 1000 * times[0],
                "ms_last_ten": 1000 * times[-1],
                "mib_empty": empty,
                "mib_peak": peak_mib(),
                "kib_per_claim": 1024 * (peak_mib() - warm) / count,
            }
        )
    )
