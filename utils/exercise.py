"""The reader's turn: state something, and the book's own zero test answers in words.

An attempt takes no label, leaves no record and does not raise when it is wrong. Proving needs no numerical route, so
"true" here means proved and nothing less; what could not be decided is called undecided, however well it agrees.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise
from typing import Any

import mpmath
from sympy import Basic, Eq, Float, Ge, Gt, Lambda, Le, Lt, Symbol, sympify
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom

from utils import prove
from utils.claims import Claim, ClaimError, Printed, Propto, claims, forget, meaning
from utils.domains import variables
from utils.notation import evaluating, latex
from utils.prove import Verdict
from utils.words import agreement, counterexample

__all__ = ["Answer", "attempt"]

LABEL = "attempt"
WORDS = ("true", "false", "undecided", "rejected", "not yet")
NOT_YET = "put your own in place of the dots, and run the cell"


@dataclass(frozen=True)
class Answer:
    """What the checker says to an attempt: one of the five `WORDS`, and how it knows."""

    word: str
    how: str

    def __str__(self) -> str:
        return f"{self.word}: {self.how}"

    def __bool__(self) -> bool:
        raise TypeError("an answer is not just yes or no: compare `.word` with 'true', 'false', 'undecided', ...")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        html = f'<p class="attempt-answer"><b>{self.word}</b>: {escape(self.how)}</p>'
        return {"text/plain": str(self), "text/html": html}


def attempt(
    statement: Any,
    *terms: Any,
    where: Iterable[Basic] = (),
    given: Iterable[Any] = (),
    functions: Sequence[prove.Functions] = (),
    gap: Any = None,
    check: Callable | None = None,
    **parts: Any,
) -> Answer:
    """Ask the checker whether a statement of yours is true.

    `statement`, `terms`: attempt(a, b) asks whether a = b, attempt(a, b, c, ...) judges a chain of equalities link by
    link. An inequality, a ∝ or a ready equation is one argument: attempt(Le(a, b)). Dots (...) stand for what is still
    to be found. Symbols that were defined stand for their definitions.
    `where`, `given`, `functions`: as in a Claim. `gap`: of an inequality, a form of right side less left side of which
    one sees that it is not negative.
    attempt(IndexMap, ...) and attempt(Program, ...) take what those take (all but the label), and the route in `check`.
    Raises ClaimError for what is no statement: a symbol without a domain or a meaning, a decimal fraction.
    """
    known = {entry.label for entry in claims()}
    if LABEL in known:
        raise ClaimError(LABEL, "this label is reserved for the reader's attempts", "Rename the claim that has it")
    given = (given,) if isinstance(given, Printed) else tuple(given)
    if any(_blank(part) for part in (statement, *terms, gap, *parts.values())):
        return Answer("not yet", NOT_YET)
    try:
        if isinstance(statement, type) and issubclass(statement, Printed):
            return _other_kind(statement, terms, check, dict(parts, where=where) if where else parts)
        if parts or check is not None:
            wrong = f"`{', '.join(parts) or 'check'}` goes with an index map or a program"
            raise ClaimError(LABEL, wrong, "Name that kind first: attempt(IndexMap, ...)")
        with evaluating():
            return _judge(statement, terms, tuple(where), given, functions, gap)
    finally:
        forget(LABEL)


def _blank(part: Any) -> bool:
    """Whether dots stand anywhere in it."""
    return part is ... or (isinstance(part, list | tuple) and any(_blank(entry) for entry in part))


def _other_kind(kind: type[Printed], terms: tuple, check: Callable | None, parts: Mapping[str, Any]) -> Answer:
    """An index map is compared with a library's array, a program's certificate looked at inequality by inequality."""
    if check is None:
        raise ClaimError(LABEL, f"nothing is there to compare the {kind.kind} with", "Pass its route as check=...")
    try:
        made: Any = kind(LABEL, *terms, **parts)
        made.check(check)
    except ClaimError as error:
        return Answer("rejected", str(error).removeprefix(f"claim “{LABEL}”: "))
    return Answer("true", ", ".join(f"{word} {how.split(' · ')[0]}" for word, how in made.verdicts()))


def _judge(
    statement: Any, terms: tuple, where: tuple, given: tuple, functions: Sequence[prove.Functions], gap: Any
) -> Answer:
    chain = [statement, *terms] if terms else [statement]
    if not terms and isinstance(statement, Eq):
        chain = [statement.lhs, statement.rhs]
    if len(chain) == 1 and not isinstance(statement, Le | Lt | Ge | Gt | Propto):
        decided = isinstance(statement, bool | BooleanAtom)
        wrong = "SymPy has made up its mind already" if decided else f"{statement!r} says nothing by itself"
        raise ClaimError(LABEL, wrong, "Write attempt(left side, right side), or a Le inside as_written()")
    if len(chain) > 1 and any(isinstance(term, Relational | Propto) for term in chain):
        raise ClaimError(LABEL, "a relation stands inside a chain", "Write the terms only: attempt(a, b, c)")
    if len(chain) == 1:
        if isinstance(statement, Propto):
            chain = [statement.lhs, statement.rhs]
        else:
            smaller, larger = (statement.lhs, statement.rhs)[:: 1 if isinstance(statement, Le | Lt) else -1]
            chain = [smaller, larger]
    chain = [sympify(term) for term in chain]
    if decimals := sorted({str(f) for term in chain for f in term.atoms(Float)}):
        wrong = f"it holds the decimal fraction {decimals[0]}, which is seldom what is meant exactly"
        raise ClaimError(LABEL, wrong, "Write Rational(1, 4) or S(1)/4 for 0.25")
    cited: list[str] = []
    meant = [_meant(Eq(*pair, evaluate=False), where, given, functions, cited) for pair in pairwise(chain)]
    proportional = isinstance(statement, Propto)
    equation = not proportional and not isinstance(statement, Le | Lt | Ge | Gt)
    if equation and isinstance(chain[0], Symbol) and isinstance(meant[0][0], Symbol) and chain[0] != chain[1]:
        wrong = f"nothing says what {latex(chain[0])} stands for"
        raise ClaimError(LABEL, wrong, "Pass the claim or definition that says so: given=[...]")
    if all(left == right for left, right in pairwise(chain)):
        return Answer("true", "SymPy reads both sides as one and the same expression")
    verdicts = [_verdict(statement, left, right, where, functions, gap) for left, right in meant]
    verdicts = [_with_named(verdict, chain, where, given, functions) for verdict in verdicts]
    return _in_words(verdicts, not equation and not proportional, proportional, cited)


def _meant(equation: Eq, where: tuple, given: tuple, functions: Sequence[prove.Functions], cited: list[str]) -> list:
    """Both sides of a link with what is given and what is defined put in."""
    claim = Claim(LABEL, equation, where=where, given=given, functions=functions)
    sides, sources = meaning(claim)
    cited += [source for source in sources if source not in cited]
    return sides


def _verdict(
    statement: Any, left: Basic, right: Basic, where: tuple, functions: Sequence[prove.Functions], gap: Any
) -> Verdict:
    try:
        if isinstance(statement, Propto):
            return prove.proportional(left, right, statement.variable, where, functions)
        if isinstance(statement, Le | Lt | Ge | Gt):
            strict = isinstance(statement, Lt | Gt)
            found = prove.at_most(left, right, where, None, strict, functions)  # refute first, whatever the gap
            if found.status == "undecided" and gap is not None:
                return prove.at_most(left, right, where, sympify(gap), strict, functions)
            return found
        return prove.equal(left, right, where, functions=functions)
    except ValueError as error:
        raise ClaimError(LABEL, str(error), "Mend that, and run the cell again") from None


def _with_named(
    verdict: Verdict, chain: Sequence[Basic], where: tuple, given: tuple, functions: Sequence[prove.Functions]
) -> Verdict:
    """A witness whose vectors are summed up: the value there of each defined symbol of the statement (their mean)."""
    witness = verdict.witness or {}
    if not any(isinstance(value, tuple) for value in witness.values()):
        return verdict
    point = {s: v for s, v in witness.items() if not isinstance(v, Lambda)}
    named = {}
    for s in variables(*chain[1:]):
        if s not in witness and isinstance(s, Symbol):
            meant = _meant(Eq(s, s, evaluate=False), where, given, functions, [])[0]
            named[s] = mpmath.nstr(prove.evaluate(meant, point, 15), 6)
    plainer = {s: v for s, v in witness.items() if not isinstance(v, tuple)}
    return replace(verdict, witness={**plainer, **named}) if named else verdict


def _in_words(verdicts: Sequence[Verdict], unequal: bool, proportional: bool, cited: Sequence[str]) -> Answer:
    """The answer to a chain: its first false link, else its first undecided one, else the strategies."""
    for status, word in (("refuted", "false"), ("undecided", "undecided")):
        for number, verdict in enumerate(verdicts, 1):
            if verdict.status == status:
                link = f"step {number} of {len(verdicts)}: " if len(verdicts) > 1 else ""
                say = counterexample if word == "false" else agreement
                return Answer(word, link + say(verdict, unequal, proportional))
    strategies = dict.fromkeys(verdict.strategy for verdict in verdicts)
    resting = f", resting on what is cited: {', '.join(cited)}" if cited else ""
    proved = "proved, since" if unequal or proportional else "proved by"
    return Answer("true", f"{proved} {'; '.join(strategies)}{resting}")
