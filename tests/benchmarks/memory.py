"""The peak of this process's memory."""

import resource
import sys
from pathlib import Path


def peak_mib() -> float:
    """The largest resident set so far. (On Linux `getrusage` would count the parent's up to the fork.)"""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
