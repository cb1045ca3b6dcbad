"""A flipped sign in every printed side: twins of a chapter's claims, made while its notebook runs once.

A twin is the claim with one sign changed in what it prints. Where the claim has just been proved, the twin is derived
by the same chain with its last term changed likewise; where it has just been checked, the twin is checked by the same
route. Each gate has to refuse it by itself. Links before the last one are not proved again, nor is the route asked
again: they are the claim's own, from a moment ago. Twins are never registered.

Run as a program, it executes one notebook and writes what it found: python -m tests.faults.flips chapter.ipynb out.json
"""

import copy
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from sympy import Derivative, Ge, Gt, Integral, Le, Limit, Lt, MatMul, MatrixBase, MatrixExpr, Mul, S

from utils import prove
from utils.claims import Claim, ClaimError, Link, Propto
from utils.domains import evaluated, variables
from utils.kinds import IndexMap, Program
from utils.mutate import mutants
from utils.notation import evaluating

__all__ = ["Twins", "flipped", "planted_in", "run"]

TURNED = {Le: Ge, Lt: Gt, Ge: Le, Gt: Lt}
# What a refusal of the fault itself says. Any other complaint (a shape, a missing argument) would be no evidence.
PROOF = ("is false: at", "could not be proved", "the values differ")
NUMBER = ("-hand side is", "where the route gives", "the inequality fails", "and the route differ", "the solver gives")


class _Twin(Claim):
    """A claim with a flipped sign; what its gates need of the original's run is handed over."""

    original: Claim
    reference: tuple | None = None

    def _link(self, before: Any, link: Link) -> prove.Verdict:
        for own, verdict in self.original.links[:-1]:
            if own.reason == link.reason and own.term is link.term:
                return verdict
        return super()._link(before, link)

    def _reference(self, drawn: list, known: list) -> tuple:
        return super()._reference(drawn, known) if self.reference is None else copy.deepcopy(self.reference)


def flipped(claim: Claim) -> tuple[str, Any, Any] | None:
    """(what was done, the statement with one sign flipped, its right side), or None where a flip changes nothing.

    The sign of the whole right-hand side; a bound of 0 has none, and the relation is turned round; a proportionality
    keeps its meaning under a sign in front, so that the first sign inside that changes it is flipped (of a term, or of
    an exponent).
    """
    relation, lhs, rhs = type(claim.statement), claim.lhs, claim.rhs
    with evaluating():
        zero = _zero(evaluated(rhs))
        if relation in TURNED and zero:
            return "turned", _turned(claim.statement), rhs
        if relation is Propto:
            for mutant in mutants(rhs):
                if mutant.kind in ("sign", "reciprocal") and not claim._same(
                    claim._full(rhs), claim._full(mutant.expr)
                ):
                    return "inside", Propto(lhs, mutant.expr, claim.variable), mutant.expr
            return None
        if zero:
            return None
        if isinstance(rhs, MatrixExpr):
            minus = MatMul(S.NegativeOne, rhs)
        else:
            minus = -rhs if isinstance(rhs, MatrixBase) else Mul(S.NegativeOne, rhs, evaluate=False)
        return "sign", relation(lhs, minus, evaluate=False), minus


def _zero(expr: Any) -> bool:
    if isinstance(expr, MatrixExpr | MatrixBase):
        return bool(getattr(expr, "is_zero_matrix", False))
    return expr == 0


class Twins:
    """What the gates said to the twins, by label of the claim: {"flip": …, "proof": …, "number": …}."""

    def __init__(self, tell: Callable[[str], None] = lambda text: None) -> None:
        self.found: dict[str, dict[str, str]] = {}
        self.tell = tell

    def judge(self, label: str, flip: str, gate: str, trial: Callable[[], Any]) -> None:
        """Note whether a gate refuses a twin, and in which words."""
        expected = PROOF if gate == "proof" else NUMBER
        try:
            trial()
            said = "passed"
        except ClaimError as error:
            text = str(error)
            said = "refused" if any(words in text for words in expected) else f"other: {text[:300]}"
            if gate == "proof" and "could not be proved" in text:
                said = "refused, undecided"
        except Exception as error:  # a crash is no refusal
            said = f"other: {type(error).__name__}: {error}"[:300]
        found = self.found.setdefault(label, {"flip": flip})
        found[gate] = said
        if flip != found["flip"]:
            found[f"{gate} flip"] = flip
        if not said.startswith("refused"):
            self.tell(f"{label}: {gate}: {said}")

    def none(self, label: str, why: str) -> None:
        """Note that a claim has no twin."""
        self.found[label] = {"flip": "none", "why": why}

    def twin(self, claim: Claim) -> tuple[str, _Twin, Any] | None:
        """The claim with its flip, unregistered."""
        made = flipped(claim)
        if made is None:
            self.none(claim.label, "the flip is the claim itself")
            return None
        flip, statement, side = made
        twin = type.__call__(  # past the metaclass, which would register it
            _Twin,
            claim.label,
            statement,
            where=claim.where,
            given=claim.rests_on,
            unproved=claim.unproved,
            unchecked=claim.unchecked,
            functions=claim.functions,
        )
        twin.original = claim
        return flip, twin, side


def _last(step: Any, side: Any) -> Any:
    if isinstance(step, Link):
        return Link(side, step.reason, step.relation, step.variable, step.gap)
    return (side, step[1])


@contextmanager
def planted_in(twins: Twins) -> Iterator[Twins]:
    """Within the block, every claim that passes a gate sends its twin through the same gate."""
    kept = (Claim.derive, Claim.check, Claim._reference, IndexMap.check, Program.check)
    derive, check, reference, check_map, check_program = kept
    references: dict[str, tuple] = {}

    def derive_both(self: Claim, *chain: Any) -> Claim:
        done = derive(self, *chain)
        if not isinstance(self, _Twin) and chain and (made := twins.twin(self)):
            flip, twin, side = made
            if flip == "turned":
                _derive_turned(twins, self, chain)
            else:
                steps = [*chain[:-1], _last(chain[-1], side)]
                twins.judge(self.label, flip, "proof", lambda: derive(twin, *steps))
        return done

    def keep_reference(self: Claim, drawn: list, known: list) -> tuple:
        found = reference(self, drawn, known)
        references[self.label] = copy.deepcopy(found)
        return found

    def check_both(self: Claim, route: Callable | None = None, **options: Any) -> Any:
        if route is None:
            return lambda f: check_both(self, f, **options)
        done = check(self, route, **options)
        if not isinstance(self, _Twin) and (made := twins.twin(self)):
            flip, twin, _ = made
            twin.reference = references.pop(self.label, None)
            if flip == "sign" and self.kind == "inequality" and not _evaluates(self):
                flip, twin.statement = "turned", _turned(self.statement)
                twin.lhs, twin.rhs = self.lhs, self.rhs
            twins.judge(self.label, flip, "number", lambda: check(twin, route, **options))
        return done

    def check_map_both(self: IndexMap, route: Callable) -> Callable:
        done = check_map(self, route)
        twin = copy.copy(self)
        twin.rhs_indices = (self.rhs_indices[0] + 1, *self.rhs_indices[1:])
        twins.judge(self.label, "index", "number", lambda: check_map(twin, route))
        return done

    def check_program_both(self: Program, route: Callable) -> Callable:
        done = check_program(self, route)
        if not self.value:
            twins.none(self.label, "the flip is the claim itself")
            return done
        twin = copy.copy(self)
        twin.value = -self.value
        names = ("cost", "matrix", "rhs", "primal", "dual")
        data = {name: getattr(self, name) for name in names}
        twins.judge(self.label, "sign", "proof", lambda: type.__call__(Program, self.label, **data, value=-self.value))
        twins.judge(self.label, "sign", "number", lambda: check_program(twin, route))
        return done

    Claim.derive, Claim.check, Claim._reference = derive_both, check_both, keep_reference
    IndexMap.check, Program.check = check_map_both, check_program_both
    try:
        yield twins
    finally:
        Claim.derive, Claim.check, Claim._reference, IndexMap.check, Program.check = kept


def _turned(statement: Any) -> Any:
    return TURNED[type(statement)](statement.lhs, statement.rhs, evaluate=False)


def _evaluates(claim: Claim) -> bool:
    """Whether the check of an inequality puts numbers into the printed bound: not into an integral, nor into a symbol
    that the route alone computes. Of such a bound the number sees the order of the sides, and no sign.
    """
    with evaluating():
        bound = claim._full(claim.rhs)
        unknown = set(variables(bound)) - set(claim._arguments(claim.route))
        return not unknown and not bound.has(Integral, Limit, Derivative)


def _derive_turned(twins: Twins, claim: Claim, chain: tuple) -> None:
    """a ≤ 0 turned round: no chain proves ≥, so that it is 0 ≤ a that at_most has to refuse."""
    strict = isinstance(claim.statement, Lt | Gt)

    def trial() -> None:
        with evaluating():
            verdict = prove.at_most(
                claim._full(claim.rhs), claim._full(claim.start), claim.where, None, strict, claim.functions
            )
        if verdict.status != "proved":
            words = "is false: at" if verdict.status == "refuted" else "could not be proved"
            raise ClaimError(claim.label, words, "")

    twins.judge(claim.label, "turned", "proof", trial)


def run(notebook: Path, tell: Callable[[str], None]) -> dict[str, dict[str, str]]:
    """Execute a notebook's code cells in this process, in its folder, with the twins; raises where a cell raises."""
    from IPython.core.interactiveshell import InteractiveShell

    twins = Twins(tell)
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    here, folder = Path.cwd(), notebook.resolve().parent
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    shell = InteractiveShell.instance()
    try:
        with open(os.devnull, "w") as nothing, redirect_stdout(nothing), planted_in(twins):
            for number, source in enumerate(sources, 1):
                result = shell.run_cell(source, store_history=True)
                if not result.success:
                    error = result.error_before_exec or result.error_in_exec
                    raise RuntimeError(f"{notebook.name}, code cell {number}: {error}") from error
                if number % 5 == 0:
                    tell(f"{notebook.stem}: {number} of {len(sources)} cells, {len(twins.found)} claims")
    finally:
        os.chdir(here)
    return twins.found


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "agg")
    found = run(Path(sys.argv[1]), lambda text: print(text, file=sys.stderr, flush=True))
    Path(sys.argv[2]).write_text(json.dumps(found, indent=1) + "\n")
