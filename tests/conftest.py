"""Set before anything else is imported: one thread for linear algebra, and Hypothesis without a stopwatch."""

import os

# The tests run side by side, one process a core; more threads than cores cost far more than they bring, and one
# thread gives the same digits each time. The notebooks' kernels inherit this.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

from hypothesis import settings  # noqa: E402

settings.register_profile("here", deadline=None)
# Under CI=true Hypothesis takes its own profile "ci": the same examples in each run, and no deadline either.
settings.load_profile("ci" if os.environ.get("CI") else "here")
