"""How often a true Monte Carlo claim is rejected: run each of a chapter's again with fresh seeds, and count.

    python tests/benchmarks/false_alarms.py chapters/shrinkage.ipynb [--runs 200] [--only LABEL]

Every rejection counts, be it of the printed side (chance went too far) or for a mutant that survives (the sample was
too small to tell). Exit code 1 if there was one.
"""

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

from in_process import run  # noqa: E402

from utils.claims import Claim, ClaimError  # noqa: E402


def alarms(claim: Claim, runs: int) -> Counter[str]:
    """What `runs` checks with the seeds 1, 2, ... complained of (seed 0 is the one in print)."""
    complaints: Counter[str] = Counter()
    for seed in range(1, runs + 1):
        try:
            claim.rerun(seed)
        except ClaimError as error:
            complaints[str(error)] += 1
    return complaints


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("chapters", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--only", help="the label of one claim")
    options = parser.parse_args()
    total = 0
    for chapter in options.chapters:
        tried = [c for c in run(chapter) if getattr(c, "monte_carlo", False)]
        tried = [c for c in tried if options.only in (None, c.label)]
        print(f"{chapter.stem}: {len(tried)} Monte Carlo claims, {options.runs} runs each", flush=True)
        for claim in tried:
            start = time.perf_counter()
            complaints = alarms(claim, options.runs)
            total += complaints.total()
            each = (time.perf_counter() - start) / options.runs
            print(f"  {claim.label}: {complaints.total()} false alarms, {each:.2f} s a run", flush=True)
            for complaint, times in complaints.most_common(3):
                print(f"    {times} times: {complaint}")
    print(f"{total} false alarms")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
