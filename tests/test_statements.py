"""The zero test against the table of right and wrong statements, and its verdicts in fifty fresh processes."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from statements import CHAINS, FAULTS, RIGHT, WRONG

from utils.domains import evaluated
from utils.prove import _prove_zero, equal

ROOT = Path(__file__).parents[1]
PROVED_AT_LEAST = 197  # of 201 right statements; may only rise
HEURISTIC = "simplify (a heuristic)"
HEURISTICS_AT_MOST = 0  # may only fall
STRATEGIES = (
    "Beta function",
    "Gamma function",
    "Gaussian mean of erf",
    "Gaussian moments",
    "SymPy's automatic evaluation",
    "antiderivative, differentiated back",
    "case split",
    "change of variable",
    "division with remainder",
    "equal derivatives in ",
    "equal exponentials",
    "equal squares, both non-negative",
    "exponentials",
    "finite product",
    "finite sum",
    "gammasimp",
    "geometric series",
    "induction on ",
    "integration by parts",
    "limit (Gruntz)",
    "linearity of sums",
    "logarithms",
    "minimal polynomial",
    "radicals",
    "rational functions",
    HEURISTIC,
    "special functions",
    "summation (SymPy's)",
    "telescoping sum",
    "the line folded at zero",
)
verdicts: dict = {}  # of the right statements: decided once, asked about by several tests


def verdict_of(statement):
    if statement.name not in verdicts:
        verdicts[statement.name] = equal(statement.lhs, statement.rhs, statement.where)
    return verdicts[statement.name]


def test_the_table_is_large_and_its_names_are_unique():
    for rows in (RIGHT, WRONG):
        names = [row.name for row in rows]
        assert len(names) == len(set(names)) >= 60
    assert {row.fault for row in WRONG} == set(FAULTS)


@pytest.mark.parametrize("statement", WRONG, ids=lambda s: s.name)
def test_a_wrong_statement_is_refuted_by_a_witness(statement):
    verdict = equal(statement.lhs, statement.rhs, statement.where)
    assert verdict.status == "refuted"
    assert verdict.witness is not None
    left, right = verdict.values
    assert abs(left - right) > 1e-6 * (abs(left) + abs(right))  # one that a reader can see


@pytest.mark.parametrize("statement", RIGHT, ids=lambda s: s.name)
def test_a_right_statement_is_never_refuted(statement):
    verdict = verdict_of(statement)
    assert verdict.status in ("proved", "undecided")
    assert verdict.points > 0


def test_most_right_statements_are_proved_by_strategies_that_are_named():
    proved = [s for s in RIGHT if verdict_of(s).status == "proved"]
    assert len(proved) >= PROVED_AT_LEAST
    names = {name for s in proved for name in verdict_of(s).strategy.split(" + ")}
    assert not {name for name in names if not name.startswith(STRATEGIES)}
    assert sum(HEURISTIC in verdict_of(s).strategy for s in proved) <= HEURISTICS_AT_MOST


@pytest.mark.parametrize("statement", WRONG[::15], ids=lambda s: s.name)
def test_the_strategies_alone_do_not_prove_what_is_wrong(statement):
    """Without the witness that would settle it first."""
    assert _prove_zero(evaluated(statement.lhs) - evaluated(statement.rhs), statement.where) is None


def test_an_unproved_statement_names_no_strategy():
    assert not any(verdict_of(s).strategy for s in RIGHT if verdict_of(s).status == "undecided")


@pytest.mark.parametrize("name, terms, wrong", CHAINS, ids=[chain[0] for chain in CHAINS])
def test_a_chain_breaks_at_its_first_wrong_link(name, terms, wrong):
    status = [equal(a, b).status for a, b in pairwise(terms)]
    assert status[wrong] == "refuted"
    assert all(s == "proved" for k, s in enumerate(status) if k not in (wrong, wrong + 1))
    assert status[wrong + 1 : wrong + 2] in ([], ["refuted"])


# One statement for each way in which SymPy was seen to answer differently in different processes: shuffled questions,
# sets in hash order, dummies, seeds.
IN_EACH_PROCESS = """
import gc

gc.disable()  # a sixth of the time, and nothing here makes enough to be worth collecting
from sympy import *
from utils.prove import equal, nonnegative
x, y = symbols("x y", real=True)
a, b, c = symbols("a b c", positive=True)
p = symbols("p", positive=True)
n, k = symbols("n k", integer=True, positive=True)
T = symbols("T", integer=True, positive=True)
i = symbols("i", integer=True, nonnegative=True)
rows = [
    (180 * acos(Rational(7823207, 7823209)) / pi, Integer(0)),
    (sqrt(a + b + 2 * sqrt(a * b)), sqrt(a) + sqrt(b)),
    (log(1 + exp(x)) - log(1 + exp(-x)), x),
    (Max(x, y), (x + y + Abs(x - y)) / 2),
    (floor((T - 1) / k) + 1, ceiling(T / k)),
    (Sum(p**i, (i, 0, n - 1)), (1 - p**n) / (1 - p), (p < 1,)),
    (loggamma(a) + loggamma(a + Rational(1, 2)), (1 - 2 * a) * log(2) + log(pi) / 2 + loggamma(2 * a)),
    (besselj(0, x) + besselj(2, x), 2 * besselj(1, x) / x),
    (exp(-p * log(p) - (1 - p) * log(1 - p)), p ** (-p) * (1 - p) ** (p - 1), (p < 1,)),
    (1 / (a**2 + b**2 + c**2), 1 / (a**2 + b**2 + c)),
    (Min(2, 2**p), Integer(2), (p >= 1,)),
]
for row in rows:
    verdict = equal(*row, count=3)
    print(verdict.status, verdict.strategy, verdict.witness, verdict.values, verdict.points)
print(nonnegative(a**2 - 2 * a * b + b**2 + c, strict=True))
"""


def answers(hash_seed):
    environment = {"PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-c", IN_EACH_PROCESS], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_the_verdicts_are_the_same_in_fifty_fresh_processes():
    with ThreadPoolExecutor(2) as pool:
        found = set(pool.map(answers, range(50)))
    assert len(found) == 1
    lines = found.pop().splitlines()
    assert [line.split()[0] for line in lines[:-1]] == ["refuted"] + ["proved"] * 8 + ["refuted", "undecided"]


HIDDEN = """
import sys

class Hide:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in {"sympy", "mpmath", "utils", *sys.stdlib_module_names}:
            raise ModuleNotFoundError(f"{name} is hidden")

sys.meta_path.insert(0, Hide())
from sympy import Symbol, sqrt
from utils import domains, mutate, prove
a = Symbol("a", positive=True)
assert prove.equal(sqrt(a**2), a).status == "proved"
assert mutate.mutants(a + 1) and domains.points([a], count=2)
for name in NAMES:
    assert name not in sys.modules, name
try:
    import numpy
except ModuleNotFoundError:
    print("hidden")
"""


def test_the_checker_needs_sympy_and_mpmath_alone():
    heavy = ("numpy", "scipy", "torch", "matplotlib", "IPython", "ot", "tqdm")
    code = HIDDEN.replace("NAMES", repr(heavy))
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "hidden"
