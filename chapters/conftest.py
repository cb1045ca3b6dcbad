"""A kernel that dies fails its cell at once; nbval by itself waits for its
answer, for half an hour.

A chapter that is run by itself costs what it costs among the tests.
"""

import os
from pathlib import Path
from queue import Empty
from tempfile import TemporaryDirectory
from time import monotonic

from nbval.kernel import RunningKernel
from utils.run import ENVIRONMENT

os.environ.update(ENVIRONMENT)  # the kernels inherit it

# Kernels with IPython's own settings, not those of whoever runs the tests; and
# one of ours: imports make a million objects and hardly a cycle, and to look
# for cycles took a fifth of their time. (`utils.claims` says so too, but comes
# after the large libraries.)
settings = TemporaryDirectory(prefix="ipython-")
profile = Path(settings.name, "profile_default")
profile.mkdir()
(profile / "ipython_kernel_config.py").write_text(
    "import gc\n\ngc.set_threshold(50_000, 20, 20)\n"
)
os.environ["IPYTHONDIR"] = settings.name

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
