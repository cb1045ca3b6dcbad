"""A kernel that dies fails its cell at once; nbval by itself waits for its
answer, for half an hour.

A chapter that is run by itself costs what it costs among the tests.
"""

import os
from queue import Empty
from time import monotonic

from nbval.kernel import RunningKernel

# The kernels inherit this; tests/conftest.py says why.
os.environ["SYMPY_CACHE_SIZE"] = "20000"
for name in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"):
    os.environ[name] = str(2**30)

wait = RunningKernel.await_reply


def await_reply(self, msg_id, timeout=None):
    """nbval's own, a second at a time, with a look at the kernel between."""
    deadline = monotonic() + (timeout or float("inf"))
    while True:
        try:
            return wait(self, msg_id, timeout=1)
        except Empty:
            if not self.is_alive():
                wrong = "the kernel died while it ran this cell"
                raise RuntimeError(wrong) from None
            if monotonic() > deadline:
                raise


RunningKernel.await_reply = await_reply
