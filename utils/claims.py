"""The claim: one equation that is printed, proved link by link, checked by another road, and attacked by mutants.

A claim goes through three gates, and each of them raises: `derive` proves every link of a chain that starts at the
definition of the left-hand side and ends in the printed side; `check` compares the printed side with a numerical route
that never sees it; then every one-edit mutant of what is printed has to be rejected by that same route. What is left
prints itself (Markdown, LaTeX and a record for the ledger), and what it prints is the object that passed.
"""

import gc
import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from sympy import (
    Basic,
    Derivative,
    Eq,
    Expr,
    Ge,
    Gt,
    Integral,
    Lambda,
    Le,
    Limit,
    Lt,
    MatrixExpr,
    Pow,
    Q,
    Rational,
    Symbol,
    srepr,
    sympify,
)
from sympy.assumptions import AppliedPredicate
from sympy.core.function import AppliedUndef, UndefinedFunction
from sympy.core.relational import Relational
from sympy.matrices.expressions.inverse import Inverse
from sympy.matrices.expressions.transpose import Transpose

from utils import prove
from utils.domains import Point, evaluated, holds, points, seed_of, variables
from utils.estimate import Estimate
from utils.mutate import mutants
from utils.notation import evaluating, latex, tidy
from utils.routes import (
    FUNCTIONS,
    SLOW,
    ClaimError,
    Columns,
    Route,
    Stated,
    Truth,
    at_point,
    numbers,
    padded,
    short,
    shown,
)
from utils.words import plain, unicode_name

__all__ = [
    "Claim",
    "ClaimError",
    "Definition",
    "Printed",
    "Propto",
    "Refutation",
    "cite",
    "claims",
    "define",
    "forget",
    "leq",
    "meaning",
    "plain",
    "propto",
    "refute",
    "unicode_name",
]

POINTS = 64
POINTS_ONE_BY_ONE = 16  # where sums, vectors or matrices forbid evaluating all points at once
DENORMAL = 1e-290  # below this a float has lost digits
LIMIT_STARTS = (16, 128, 1024, 8192)  # where a sequence starts; a later start is tried until the value settles
LIMIT_STEPS = 6  # and how often it doubles
RTOL = 1e-9
RTOL_LIMIT = 1e-6
MIME = "application/vnd.claim+json"

# SymPy makes millions of small objects and hardly a cycle: Python's search for cycles, in its default measure, took a
# sixth of a chapter's time. What has been imported by now stays, and need not be searched at all.
gc.freeze()
gc.set_threshold(50_000, 20, 20)


@dataclass(frozen=True)
class Propto:
    """lhs ∝ rhs: equal up to a factor free of `variable`."""

    lhs: Expr
    rhs: Expr
    variable: Symbol


@dataclass(frozen=True)
class Link:
    """One step of a derivation: `relation` term, because of `reason`."""

    term: Basic
    reason: str
    relation: str = "="
    variable: Symbol | None = None
    gap: Expr | None = None


def leq(term: Expr, reason: str, gap: Expr | None = None) -> Link:
    """A step "≤ term"; `gap`, if given, is a manifestly non-negative form of term minus the one before."""
    return Link(term, reason, r"\le", gap=gap)


def propto(term: Expr, reason: str, variable: Symbol) -> Link:
    """A step "∝ term": equal up to a factor free of `variable`."""
    return Link(term, reason, r"\propto", variable=variable)


# ------------------------------------------------------------------------------------------------ the register


@dataclass
class _Entry:
    statement: Any
    place: tuple[str, int]
    cell: str | None


_REGISTER: dict[str, _Entry] = {}
_HERE = __file__.removesuffix("claims.py")  # statements are made elsewhere, also those of utils/kinds.py
LABEL = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def _register(label: str, statement: Any) -> None:
    """Take a label. A cell that is run again replaces its own claim; any other claim of that name is an error."""
    if not LABEL.fullmatch(label):
        raise ClaimError(label, "the label is not in kebab-case", "Write lower-case words joined by hyphens")
    frame = inspect.currentframe()
    while frame and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    place = (frame.f_code.co_filename, frame.f_lineno) if frame else ("", 0)
    known = _REGISTER.get(label)
    cell = _cell()
    if known and known.place != place and (cell is None or cell != known.cell):
        raise ClaimError(label, "this label is taken", f"Choose another one, or call forget({label!r}) first")
    _REGISTER[label] = _Entry(statement, place, cell)


def _cell() -> str | None:
    """The id of the notebook cell being run, where the front end tells it."""
    try:
        shell = get_ipython()  # type: ignore[name-defined]
    except NameError:
        return None
    return shell.get_parent().get("metadata", {}).get("cellId") if hasattr(shell, "get_parent") else None


def claims() -> list[Any]:
    """Everything stated so far, in order."""
    return [entry.statement for entry in _REGISTER.values()]


def forget(label: str) -> None:
    """Free a label, so that an exercise can be tried again."""
    _REGISTER.pop(label, None)


def _definition(lhs: Basic, variable: Symbol | None = None) -> tuple[Basic | None, "Definition | None"]:
    """What the left-hand side is defined to be, in the form in which that was written, and where.

    A definition up to a factor free of `variable` will do for a claim up to such a factor, and for no other.
    """
    base, power = lhs.as_base_exp()
    for entry in _REGISTER.values():
        stated = entry.statement.statement if isinstance(entry.statement, Definition) else None
        if isinstance(stated, Eq) or (isinstance(stated, Propto) and stated.variable == variable):
            named, value = entry.statement.named, entry.statement.rhs
            if named == lhs:
                return value, entry.statement
            if isinstance(base, Symbol) and base.is_positive and named.as_base_exp()[0] == base:
                return Pow(value, power / named.as_base_exp()[1], evaluate=False), entry.statement
    return None, None


def _terms(p: Point) -> int:
    """How long the sums at a point are, about: a misprint shows in a short one as well as in a long one."""
    return sum(int(value) for s, value in p.items() if isinstance(s, Symbol) and s.is_integer)


def _meaning(lhs: Basic) -> tuple[Basic, list["Definition"]]:
    """The left-hand side with every defined symbol replaced by its definition, and the definitions that took part."""
    used = []
    for entry in _REGISTER.values():
        if isinstance(entry.statement, Definition) and isinstance(entry.statement.statement, Eq):
            named, value = entry.statement.solved
            if lhs.has(named):
                lhs = evaluated(lhs.xreplace({named: value}))
                used.append(entry.statement)
    return lhs, used


# ------------------------------------------------------------------------------------------ what they all share

_KIND = {Eq: "identity", Le: "inequality", Lt: "inequality", Ge: "inequality", Gt: "inequality", Propto: "identity"}
_RELATION = {Eq: "=", Le: r"\le", Lt: "<", Ge: r"\ge", Gt: ">", Propto: r"\propto"}
Relation: TypeAlias = Relational | Propto


class _Registering(type):
    """A statement takes its label once it is made: one that raised on the way leaves nothing behind."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        made = super().__call__(*args, **kwargs)
        _register(made.label, made)
        return made


class Printed(Stated, metaclass=_Registering):
    """What prints itself as a numbered equation with a verdict and leaves a record."""

    kind = ""

    def __init__(self, label: str, source: str, settles: Iterable[str]) -> None:
        self.label, self.source, self.settles = label, source, tuple(settles)

    def equation(self) -> str:
        """The LaTeX of the printed equation, made from the object itself."""
        raise NotImplementedError

    def verdicts(self) -> list[tuple[str, str]]:
        """(verdict word, what it rests on), e.g. ("proved", "4 links")."""
        raise NotImplementedError

    def record(self) -> dict[str, Any]:
        """What the ledger keeps: no timings, no raw error digits."""
        return {
            "label": self.label,
            "kind": self.kind,
            "latex": self.equation(),
            "source": self.source,
            "settles": list(self.settles),
            "verdicts": [word for word, _ in self.verdicts()],
        }

    def _below(self) -> str:
        return ""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        verdicts = self.verdicts()
        badges = " · ".join(
            f'<b class="verdict verdict-{word}">{word}</b> {escape(how)}'.rstrip() for word, how in verdicts
        )
        cited = f" · <cite>{escape(self.source)}</cite>" if self.source else ""
        below = self._below()
        markdown = f'$$\n{self.equation()}\n$$ ({self.label})\n\n<p class="claim-verdict">{badges}{cited}</p>\n' + (
            f"\n{below}\n" if below else ""
        )
        plain = f"{self.label}: " + " · ".join(f"{word} {how}".strip() for word, how in verdicts)
        return {"text/markdown": markdown, "text/plain": plain, MIME: self.record()}


class _Stated(Printed):
    """A printed relation between two SymPy expressions."""

    def __init__(self, label: str, statement: Relation, where: Iterable[Basic], source: str, settles: Iterable[str]):
        if type(statement) not in _RELATION:
            mend = "Give Eq, Le, Lt, Ge, Gt or Propto, inside as_written() if SymPy decides it too early"
            raise ClaimError(label, f"{statement!r} is not a statement", mend)
        super().__init__(label, source, settles)
        with evaluating():
            self.where = tuple(evaluated(c) for c in where)
            self.lhs, self.rhs = tidy(sympify(statement.lhs)), tidy(sympify(statement.rhs))
        self.statement = statement
        self.variable = statement.variable if isinstance(statement, Propto) else None

    @property
    def relation(self) -> str:
        return _RELATION[type(self.statement)]

    @cached_property
    def named(self) -> Basic:
        """The left-hand side with SymPy's evaluation back on: what other claims know it by."""
        with evaluating():
            return evaluated(self.lhs)

    @cached_property
    def solved(self) -> tuple[Basic, Basic]:
        """What it says of its one symbol: tau from a statement about tau² or 1/tau²."""
        with evaluating():
            value = evaluated(self.rhs)
            if isinstance(self.named, Pow) and self.named.base.is_positive:
                return self.named.base, value ** (1 / self.named.exp)
            return self.named, value

    def equation(self) -> str:
        with evaluating():
            domain = r",\ ".join(latex(tidy(c)) for c in self.where)
            condition = rf"\qquad ({domain})" if domain else ""
            return f"{latex(self.lhs)} {self.relation} {latex(self.rhs)}{condition}"

    def record(self) -> dict[str, Any]:
        return {
            **super().record(),
            "srepr": f"{type(self.statement).__name__}({srepr(self.lhs)}, {srepr(self.rhs)})",
            "symbols": {str(s): _assumptions(s) for s in variables(self.lhs, self.rhs)},
            "where": [str(c) for c in self.where],
        }


def _instances(label: str, functions: Sequence[prove.Functions]) -> tuple[dict, ...]:
    """Instances of undefined functions, each naming the same functions."""
    mend = "Give functions=[{f: Lambda(x, ...), ...}, ...], every entry with the same functions"
    for chosen in functions:
        if not isinstance(chosen, Mapping) or set(chosen) != set(functions[0]) or not chosen:
            raise ClaimError(label, f"`functions` holds {chosen}", mend)
        for f, law in chosen.items():
            if not isinstance(f, UndefinedFunction) or not isinstance(law, Lambda) or law.free_symbols:
                raise ClaimError(label, f"`functions` says that {f} is {law}", mend)
    return tuple(dict(chosen) for chosen in functions)


def _assumptions(s: Basic) -> str:
    known = getattr(s, "assumptions0", {})
    names = [k for k in ("integer", "positive", "nonnegative", "negative", "real") if known.get(k)]
    weaker = {"real": len(names) > 1, "nonnegative": "positive" in names}
    return " ".join(k for k in names if not weaker.get(k)) or type(s).__name__


# -------------------------------------------------------------------------------------------------- the claim


@dataclass(frozen=True)
class _Settings:
    """How a check is run: points, accuracy of the route, and where an inequality is tight."""

    at: int | None = None
    rtol: float | None = None
    atol: float = 0.0
    tight: Mapping[Symbol, Any] | None = None


class Claim(_Stated):
    """A statement to be proved and checked: an identity, an inequality, or a limit.

    `statement`: Eq, Le, Lt, Ge, Gt, or Propto; Eq(Limit(f, n, oo), L) is a limit. Its symbols declare domains.
    `where`: conditions that hold besides, e.g. (p < 1,). `source`: where it stands in print.
    `given`: definitions and earlier claims whose left-hand sides stand, in this claim, for their right-hand sides.
    `settles`: ids of the inventory items that this claim answers. `unproved`, `unchecked`: why a gate is left out.
    `functions`: of a statement about undefined functions, instances {f: Lambda(x, ...), ...} that meet its hypotheses
    (an increasing f, say); they are tried in turn, and a route receives them by name. Proofs hold for every smooth f.
    Raises ClaimError for a label that is taken, and for a symbol without a domain.
    """

    def __init__(
        self,
        label: str,
        statement: Relation,
        *,
        where: Iterable[Basic] = (),
        source: str = "",
        settles: Iterable[str] = (),
        given: Iterable["_Stated"] = (),
        unproved: str = "",
        unchecked: str = "",
        functions: Sequence[prove.Functions] = (),
    ) -> None:
        super().__init__(label, statement, where, source, settles)
        self.functions = _instances(label, functions)
        self.cited: list[str] = []
        self.rests_on = tuple(given)
        for earlier in self.rests_on:
            if not isinstance(earlier.statement, Eq):
                wrong = f"`given` holds “{earlier.label}”, which is no equation"
                raise ClaimError(label, wrong, "Only an equation lets one side stand for the other")
            self._lean_on(earlier)
        with evaluating():
            self.given = dict(earlier.solved for earlier in self.rests_on)
        self.unproved, self.unchecked = unproved, unchecked
        self.kind = "limit" if isinstance(self.lhs, Limit) else _KIND[type(statement)]
        self.links: list[tuple[Link, prove.Verdict]] = []
        self.start: Basic | None = None
        self.begins = ""
        self.route: Route | None = None
        self.checked_points = 0
        self.monte_carlo = False
        self.counts = {"applied": 0, "rejected": 0, "equivalent": 0, "undefined": 0}
        with evaluating():
            for s in variables(self.lhs, self.rhs):
                try:
                    points([s], (), 1)
                except ValueError as error:
                    raise ClaimError(label, str(error), "Symbols of the book live in utils/notation.py") from None

    def _lean_on(self, earlier: Any) -> None:
        """What is cited in what this claim starts from, or is given, is cited by this claim too."""
        for source in getattr(earlier, "cited", ()):
            if source not in self.cited:
                self.cited.append(source)

    def _full(self, expr: Basic) -> Basic:
        """An expression with SymPy's evaluation back on and what is given put in."""
        expr = evaluated(expr)
        differentiated = {v for e in expr.atoms(Derivative) for v in e.variables}
        moving = {v for v in differentiated & set(self.given) if not self.given[v].is_Symbol}
        if moving:
            wrong = f"{', '.join(sorted(map(str, moving)))} is given by other symbols, and a derivative is taken in it"
            raise ClaimError(self.label, wrong, "Leave it out of `given`, or differentiate in what it is made of")
        for _ in self.given:
            if not expr.free_symbols & set(self.given):
                break
            expr = evaluated(expr.xreplace(self.given))
        else:
            if expr.free_symbols & set(self.given):
                wrong = f"what is given explains {', '.join(map(str, self.given))} by one another, in a circle"
                raise ClaimError(self.label, wrong, "Leave out one of them")
        return expr

    # ---- the derivation

    def derive(self, *chain: Any) -> "Claim":
        """Prove the statement link by link.

        `chain`: (term, reason) pairs, or `leq` and `propto` links. The chain starts at the meaning of the left-hand
        side: its definition (by `define`), or itself if it already is an integral, a sum, a limit or a closed form.
        An earlier claim or definition of the same left-hand side may stand first, to start from its right-hand side.
        The last term has to be the printed side.
        """
        with evaluating():
            self._rests(self.rests_on)
            begun = isinstance(chain[0], _Stated) and chain[0].relation != "=" if chain else False
            start, links = self._begin(list(chain))
            if not links or evaluated(links[-1].term) != evaluated(self.rhs):
                last = latex(links[-1].term) if links else "nothing"
                wrong = f"the derivation ends in {last}, not in the printed side {latex(self.rhs)}"
                raise ClaimError(self.label, wrong, "Let the last term be the claim's own right-hand side")
            self._fits(links, begun)
            self.start, self.links, term = start, [], start
            proved = []  # kept aside: a chain that breaks leaves no link behind
            for number, link in enumerate(links, 1):
                verdict = self._link(self._full(term), link)
                if verdict.status != "proved":
                    self._broken(number, term, link, verdict)
                proved.append((link, verdict))
                term = link.term
            self.links = proved
        return self

    def _begin(self, chain: list[Any]) -> tuple[Basic, list[Link]]:
        lhs = evaluated(self.lhs)
        if chain and isinstance(chain[0], _Stated):
            earlier = chain.pop(0)
            if evaluated(earlier.lhs) != lhs:
                wrong = f"the derivation starts from “{earlier.label}”, which is about {latex(earlier.lhs)}"
                raise ClaimError(self.label, wrong, f"Start from a claim or definition of {latex(self.lhs)}")
            self._rests([earlier])
            follows = earlier.relation == self.relation or (earlier.relation, self.relation) == ("<", r"\le")
            if earlier.relation != "=" and not (follows and earlier.variable == self.variable):
                wrong = f"the derivation starts from “{earlier.label}”, which says {earlier.relation}"
                raise ClaimError(self.label, wrong, f"That does not lead to {self.relation}: start from an equation")
            start = earlier.rhs
            self.begins = f"by {{eq}}`{earlier.label}`"
            self._lean_on(earlier)
        else:
            definition = None
            if lhs in self.given:
                start = tidy(self._full(lhs))
            else:
                start, definition = _definition(lhs, self.variable)
                used = [definition] if definition else []
                if start is None and self._full(lhs) == lhs:
                    meaning, used = _meaning(lhs)
                    start = tidy(meaning) if used else self.lhs
                for earlier in used:
                    self._lean_on(earlier)
                start = self.lhs if start is None else start
            self.begins = "the left-hand side" if evaluated(start) == lhs else "by definition"
            if isinstance(definition, _Citation):
                self.begins = "as cited"
            if isinstance(start, Symbol):
                wrong = f"the derivation does not start from a definition: {latex(start)} has none"
                raise ClaimError(self.label, wrong, "Say what it stands for with define(...), or start from a claim")
        links = []
        for step in chain:
            link = step if isinstance(step, Link) else Link(step[0], step[1])
            links.append(Link(tidy(sympify(link.term)), link.reason, link.relation, link.variable, link.gap))
        return start, links

    def _rests(self, earlier: Iterable[_Stated]) -> None:
        """A derivation may rest on definitions, on cited theorems and on what has been proved."""
        for other in earlier:
            if isinstance(other, Refutation):
                wrong = f"the derivation rests on “{other.label}”, which is refuted"
                raise ClaimError(self.label, wrong, "Use the corrected claim")
            if isinstance(other, Claim) and not other.links:
                wrong = f"the derivation rests on “{other.label}”, which is not proved"
                raise ClaimError(self.label, wrong, "Derive that one first")

    def _fits(self, links: list[Link], begun: bool) -> None:
        """The relations of the links (and of the claim it starts from) have to add up to the relation claimed."""
        used = {link.relation for link in links} - {"="}
        allowed = {"=": set(), r"\propto": {r"\propto"}, r"\le": {r"\le"}, "<": {r"\le"}}.get(self.relation)
        if allowed is None:
            wrong = f"a chain proves =, ∝ or ≤, not {self.relation}"
            raise ClaimError(self.label, wrong, "Write the inequality the other way round")
        if used != allowed and not (begun and used < allowed):
            wrong = f"links with {sorted(used) or '='} do not add up to {self.relation}"
            raise ClaimError(self.label, wrong, "Use leq(...) in a chain for ≤, propto(...) in one for ∝, pairs for =")
        others = [
            str(link.variable) for link in links if link.relation == r"\propto" and link.variable != self.variable
        ]
        if others:
            wrong = f"a link drops what is free of {others[0]}, the claim what is free of {self.variable}"
            raise ClaimError(self.label, wrong, "Use the claim's own variable in every propto(...)")

    def _link(self, before: Basic, link: Link) -> prove.Verdict:
        after = self._full(link.term)
        if link.relation == "=":
            return prove.equal(before, after, self.where, functions=self.functions)
        if link.relation == r"\propto":
            return prove.proportional(before, after, link.variable, self.where, self.functions)
        gap, strict = None if link.gap is None else self._full(link.gap), self.relation == "<"
        return prove.at_most(before, after, self.where, gap, strict, self.functions)

    def _broken(self, number: int, before: Basic, link: Link, verdict: prove.Verdict) -> None:
        step = f"link {number}, {latex(tidy(before))} {link.relation} {latex(link.term)} ({link.reason})"
        if verdict.status == "refuted":
            found = ", ".join(f"{s} = {v}" for s, v in (verdict.witness or {}).items() if not isinstance(v, tuple))
            left, right = (str(v)[:12] for v in verdict.values)
            wrong = f"{step}, is false: at {found or 'any point'} the sides are {left} and {right}"
            raise ClaimError(self.label, wrong, "Mend the term")
        raise ClaimError(self.label, f"{step}, could not be proved", "Split it into smaller steps")

    # ---- the check

    def check(
        self,
        route: Callable | None = None,
        *,
        at: int | None = None,
        rtol: float | None = None,
        atol: float = 0.0,
        tight: Mapping[Symbol, Any] | None = None,
    ) -> Any:
        """Decorate a route to the left-hand side; it is compared with the printed side, then with every mutant.

        The route takes the claim's symbols by name, as floats (ints for integer symbols, arrays for vectors and
        matrices), and `rng` if it simulates. It returns the value of the left-hand side, or of the one symbol in it
        that is not an argument: a float, an array or an Estimate. For a limit it takes the running variable too. For an
        inequality it returns both sides, and `tight` names a point at which they are (nearly) equal.
        `at`: how many points. `rtol`, `atol`: accuracy of the route (an Estimate brings its own).
        """
        if route is None:
            return lambda f: self.check(f, at=at, rtol=rtol, atol=atol, tight=tight)
        with evaluating():
            self.route = Route(route, self.label)
            self.settings = _Settings(at, rtol, atol, tight)
            try:
                self._check()
            except BaseException:
                self.route = None  # a claim whose check failed shows no check
                raise
        return route

    def rerun(self, seed: int) -> None:
        """Check once more with other random numbers (a Monte Carlo route's false alarms are counted this way)."""
        if self.route is None:
            raise ClaimError(self.label, "there is no route to run again", "Give one with check")
        with evaluating():
            self.route.seed = seed
            self._check()

    def _check(self) -> None:
        route, settings = self.route, self.settings
        assert route is not None
        sides = [self._full(self.lhs), self._full(self.rhs)]
        known = self._arguments(route)
        undefined = {a.func for side in sides for a in _meaning(side)[0].atoms(AppliedUndef)}
        if any(undefined - set(chosen) for chosen in self.functions or [{}]):
            wrong = f"nothing says what {', '.join(sorted(map(str, undefined)))} could be"
            raise ClaimError(self.label, wrong, "Give the claim functions=[{f: Lambda(x, ...), ...}, ...]")
        route.guard([*known, *self._function_names()], [s for s in sides if not isinstance(s, Symbol)], self.functions)
        slow = any(s.has(*SLOW) for s in sides if not isinstance(s, Limit))
        count = settings.at or (POINTS_ONE_BY_ONE if slow or self.kind == "limit" else POINTS)
        try:
            drawn = points([s for s in known if s != self._runs()], self.where, count, seed_of(self.label))
        except ValueError as error:
            raise ClaimError(self.label, str(error), "A check without a point is none") from None
        if self.functions:
            drawn = [{**p, FUNCTIONS: self.functions[k % len(self.functions)]} for k, p in enumerate(drawn)]
        if self.kind == "inequality":
            self._check_inequality(drawn, known)
            return
        drawn, truth = self._reference(drawn, known)
        self.checked_points = len(drawn)
        self.monte_carlo = truth.error is not None
        printed = self._printed(drawn, truth)
        for k, (expr, values) in enumerate(printed):
            self._attack(expr, values, drawn, truth, lhs=k == 1)
        if not self.counts["applied"]:
            wrong = f"no mutant of {latex(self.rhs)} has a value, so the check could not have failed"
            raise ClaimError(self.label, wrong, "Print something that a misprint could change")

    def _runs(self) -> Symbol | None:
        return self.lhs.args[1] if isinstance(self.lhs, Limit) else None

    def _arguments(self, route: Route) -> list[Basic]:
        """The variables that are given: those on the right, and those of the definition that the route asks for."""
        lhs = self.lhs.args[0] if isinstance(self.lhs, Limit) else self.lhs
        start = _definition(evaluated(lhs), self.variable)[0]
        start = _meaning(evaluated(lhs))[0] if start is None else start
        right = set(variables(self._full(self.rhs)))
        free = variables(self._full(lhs), self._full(self.rhs), self._full(start))
        return [s for s in free if s in right or str(s) in route.parameters]

    def _function_names(self) -> list[Any]:
        return sorted({f for chosen in self.functions for f in chosen}, key=str)

    def _names(self, known: Sequence[Any]) -> dict[str, Any]:
        """What a route may ask for, by name."""
        return {str(s): s for s in (*known, *self._function_names())}

    def _quantities(self, known: Sequence[Basic]) -> list[Symbol]:
        return [s for s in variables(self._full(self.lhs)) if s not in known and isinstance(s, Symbol)]

    def _reference(self, drawn: list[Point], known: list[Basic]) -> tuple[list[Point], Truth]:
        """Ask the route at every point; for ∝ against the next point's variable, for a limit along n, 2n, 4n, ..."""
        route, names = self.route, self._names(known)
        assert route is not None
        rtol = self.settings.rtol or (RTOL_LIMIT if self.kind == "limit" else RTOL)
        if self.kind == "limit":
            values = [self._extrapolated(p, names) for p in drawn]
        elif self.variable is not None:
            drawn, values = self._ratios(drawn, names)
        else:
            values = [route.at(p, names, k) for k, p in enumerate(drawn)]
        estimates = [v for v in values if isinstance(v, Estimate)]
        if estimates and len(estimates) != len(values):
            raise ClaimError(self.label, "the route returned an Estimate at some points only", "Return one at each")
        centre = [np.ravel(v.value if isinstance(v, Estimate) else v) for v in values]
        side = self._full(self.rhs)
        if not drawn:
            raise ClaimError(self.label, "no usable point was left", "Widen the domain, or let the route reach further")
        for p, found in zip(drawn, centre, strict=True):
            width = len(at_point(side, p)) if isinstance(side, MatrixExpr) else np.size(side)
            if found.size != width:
                wrong = f"the route returned {found.size} entries where the printed side has {width}"
                raise ClaimError(self.label, wrong, "Return one value of the printed side's shape at every point")
        error = padded([np.ravel(e.standard_error) for e in estimates]) if estimates else None
        return drawn, Truth(padded(centre), error, rtol, self.settings.atol)

    def _extrapolated(self, p: Point, names: Mapping[str, Basic]) -> np.ndarray:
        """The limit along n, 2n, 4n, ... by Neville's scheme in 1/n, from as far out as it takes to settle."""
        rtol = self.settings.rtol or RTOL_LIMIT
        tries = []
        for start in LIMIT_STARTS:
            value, doubt = self._neville(p, names, [start * 2**k for k in range(LIMIT_STEPS)])
            tries.append((float(doubt.max()), value))
            if np.all(doubt <= rtol / 10 * np.abs(value) + self.settings.atol):
                break
        return min(tries, key=lambda found: found[0])[1]

    def _neville(self, p: Point, names: Mapping[str, Basic], steps: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """The extrapolated value and how far it moved in the last level."""
        assert self.route is not None
        table = [self.route.at({**p, self._runs(): Rational(m)}, names) for m in steps]
        before = table
        for level in range(1, len(steps)):
            before = table
            table = [
                (steps[k + level] * b - steps[k] * a) / (steps[k + level] - steps[k])
                for k, (a, b) in enumerate(pairwise(before))
            ]
        return table[0], np.abs(table[0] - before[1])

    def _ratios(self, drawn: list[Point], names: Mapping[str, Basic]) -> tuple[list[Point], list[Any]]:
        """Values relative to those at a second value of the variable; a point where one underflows is dropped."""
        assert self.route is not None
        kept, values = [], []
        for p, other in zip(drawn, [*drawn[1:], drawn[0]], strict=True):
            base = {**p, self.variable: other[self.variable]}
            value, against = self.route.at(p, names), self.route.at(base, names)
            if all(np.all(np.abs(v) > DENORMAL) for v in (value, against, numbers(self._full(self.rhs), [p, base]))):
                kept.append({**p, "base": base})
                values.append(value / against)
        return kept, values

    def _printed(self, drawn: list[Point], truth: Truth) -> list[tuple[Basic, np.ndarray]]:
        """The printed sides with their values, each compared with the route."""
        sides = [self._full(self.rhs)]
        lhs = self._full(self.lhs)
        closed = not lhs.has(Integral, Limit, Derivative) and self.variable is None
        unnamed = self._quantities([s for s in drawn[0] if not isinstance(s, str)])
        if unnamed and lhs != unnamed[0] and self.kind != "limit":  # the limit of a defined symbol is the route's value
            if len(unnamed) > 1 or truth.error is not None:
                wrong = f"the left-hand side {latex(self.lhs)} has to be computed from the route's value"
                raise ClaimError(self.label, wrong, "Put one symbol on the left, or let the route return the whole")
            for p, value in zip(drawn, truth.values, strict=True):
                p[unnamed[0]] = float(value[0])
            truth.values = numbers(lhs, drawn)
            sides.append(lhs)
        elif not unnamed and closed:
            sides.append(lhs)
        found = []
        for k, side in enumerate(sides):
            values = self._relative(side, drawn)
            name = "right" if k == 0 else "left"
            undefined = np.flatnonzero(np.isnan(values).any(axis=1))
            if undefined.size:
                wrong = f"the {name}-hand side has no finite real value at {shown(drawn[undefined[0]])}"
                raise ClaimError(self.label, wrong, "The domain is wrong: narrow `where` or the symbols' assumptions")
            bad = np.flatnonzero(truth.misses(values).any(axis=1))
            if bad.size:
                p = drawn[bad[0]]
                wrong = (
                    f"the {name}-hand side is {short(values[bad[0]])} where {self.route.name} gives "  # type: ignore[union-attr]
                    f"{short(truth.values[bad[0]])}, at {shown(p)} ({bad.size} of {len(drawn)} points)"
                )
                raise ClaimError(self.label, wrong, "First believe the check: then mend the equation or the route")
            found.append((side, values))
        return found

    def _relative(
        self, expr: Basic, drawn: Sequence[Point], parts: tuple[Columns, Columns] | None = None
    ) -> np.ndarray:
        here, base = parts or ({}, {})
        values = numbers(expr, drawn, here)
        if self.variable is None:
            return values
        with np.errstate(all="ignore"):
            return values / numbers(expr, [p["base"] for p in drawn], base)

    def _attack(self, expr: Basic, printed: np.ndarray, drawn: list[Point], truth: Truth, lhs: bool = False) -> None:
        """Every one-edit mutant of a printed side has to be rejected by the route's values alone."""
        tree = self.lhs if lhs else self.rhs
        parts: tuple[Columns, Columns] = {}, {}  # values of what the mutants share
        survivors = []
        if not lhs:
            self.counts = dict.fromkeys(self.counts, 0)
        for mutant in mutants(tree):
            changed = self._full(mutant.expr) if self.given else mutant.expr
            fits = getattr(changed, "shape", ()) == getattr(expr, "shape", ())  # else matrices in an impossible order
            values = self._mutant_values(changed, drawn, truth, parts) if fits else None
            if values is None or np.isnan(values).all():
                self.counts["undefined"] += 1
                continue
            self.counts["applied"] += 1
            if truth.misses(values).any() and truth.resolves(printed, values):
                self.counts["rejected"] += 1
            elif self._same(expr, changed):
                self.counts["applied"] -= 1
                self.counts["equivalent"] += 1
            else:
                survivors.append(f"{mutant.kind}: {mutant.edit}")
        if survivors:
            listed = "; ".join(survivors[:8]) + ("; …" if len(survivors) > 8 else "")
            wrong = f"{len(survivors)} mutants survive the check ({listed})"
            raise ClaimError(self.label, wrong, "Sharpen the route (accuracy, sample size) or widen the domain")

    def _mutant_values(
        self, expr: Basic, drawn: list[Point], truth: Truth, parts: tuple[Columns, Columns]
    ) -> np.ndarray | None:
        """Values of a mutant: all points at once where that is cheap, else only until one point rejects it."""
        try:
            if not expr.has(*SLOW):
                found = self._relative(expr, drawn, parts)
                return found if found.shape == truth.values.shape else None
            values: np.ndarray = np.full_like(truth.values, np.nan)
            matrix = isinstance(expr, MatrixExpr)  # of one, the first point says whether the shapes fit
            for k, p in sorted(enumerate(drawn), key=lambda numbered: 0 if matrix else _terms(numbered[1])):
                row = self._relative(expr, [p])[0]
                if len(row) > values.shape[1]:
                    return None
                if not np.isnan(row).all():
                    values[k, : len(row)], values[k, len(row) :] = row, 0  # matrices of several sizes, as in `padded`
                if truth.error is None and truth.misses(values)[k].any():
                    return values
            ill_formed = matrix and np.isnan(values).all(axis=1).any()  # shapes that do not fit
            return None if ill_formed else values
        except (ValueError, TypeError, KeyError, NotImplementedError):
            return None

    def _same(self, expr: Basic, mutant: Basic) -> bool:
        if self.variable is not None:
            return prove.proportional(expr, mutant, self.variable, self.where, self.functions).status == "proved"
        if isinstance(expr, MatrixExpr):
            return self._untransposed(expr) == self._untransposed(mutant)
        return prove.equal(expr, mutant, self.where, functions=self.functions).status == "proved"

    def _untransposed(self, expr: Basic) -> Basic:
        """A matrix expression without transposes of symmetric matrices, and Inverse without its idle exponent."""
        asked = [c for c in self.where if isinstance(c, AppliedPredicate)]
        symmetric = {c.arguments[0] for c in asked if c.function in (Q.positive_definite, Q.symmetric)}
        expr = expr.replace(lambda e: isinstance(e, Transpose) and e.arg in symmetric, lambda e: e.arg)
        return expr.replace(lambda e: isinstance(e, Inverse), lambda e: Inverse(e.arg)).doit()

    # ---- inequalities

    def _check_inequality(self, drawn: list[Point], known: list[Basic]) -> None:
        """Both sides by the route: their order everywhere, a hunt for a counterexample, a point where it is tight."""
        route, names = self.route, self._names(known)
        assert route is not None
        greater = isinstance(self.statement, Ge | Gt)
        pairs = [np.ravel(route.at(p, names, k)) for k, p in enumerate(drawn)]
        if any(pair.size != 2 for pair in pairs):
            raise ClaimError(self.label, "the route returned one value", "For an inequality return (left, right)")
        both = np.array(pairs)
        rtol = self.settings.rtol or RTOL
        self.checked_points = len(drawn)
        self.counts = dict.fromkeys(self.counts, 0)
        for k, tree in enumerate((self.lhs, self.rhs)):
            expr = self._full(tree)
            if expr.has(Integral, Limit, Derivative) or set(variables(expr)) - set(known):
                continue
            truth = Truth(both[:, [k]], None, rtol, self.settings.atol)
            before = dict(self.counts)
            self._attack(expr, self._printed_side(expr, drawn, truth), drawn, truth, lhs=k == 0)
            self.counts = {name: self.counts[name] + (before[name] if k else 0) for name in self.counts}
        gap = (both[:, 0] - both[:, 1]) if greater else (both[:, 1] - both[:, 0])
        slack = rtol * np.abs(both).max(axis=1)
        strict = isinstance(self.statement, Lt | Gt)
        wrong_way = np.flatnonzero(gap <= 0 if strict else gap < -slack)
        if wrong_way.size:
            wrong = f"the inequality fails at {shown(drawn[wrong_way[0]])}: {short(both[wrong_way[0]])}"
            raise ClaimError(self.label, wrong, "Mend the direction or narrow `where`")
        if not np.any(np.abs(gap) > slack):
            wrong = "both sides are equal at every point: the turned-round inequality would pass as well"
            raise ClaimError(self.label, wrong, "State an identity")
        self.counts["applied"] += 1  # the turned-round inequality, just rejected
        self.counts["rejected"] += 1
        self._hunt(drawn, names, greater, strict)
        self._tight(names, greater)

    def _printed_side(self, expr: Basic, drawn: list[Point], truth: Truth) -> np.ndarray:
        """The values of one side of an inequality, compared with the route."""
        values = numbers(expr, drawn)
        bad = np.flatnonzero((truth.misses(values) | np.isnan(values)).any(axis=1))
        if bad.size:
            wrong = f"{latex(expr)} is {short(values[bad[0]])} where the route gives {short(truth.values[bad[0]])}"
            raise ClaimError(self.label, f"{wrong}, at {shown(drawn[bad[0]])}", "Mend the equation or the route")
        return values

    def _hunt(self, drawn: list[Point], names: Mapping[str, Basic], greater: bool, strict: bool) -> None:
        """Walk downhill on the route's gap from the points where it is smallest, looking for a counterexample."""
        from scipy.optimize import minimize  # a quarter of a second to import, and needed here only

        assert self.route is not None
        scalars = [s for s in names.values() if isinstance(s, Symbol) and not s.is_integer]
        if not scalars:
            return

        def gap(x: np.ndarray, p: Point) -> float:
            moved = {**p, **{s: Rational(float(v)) for s, v in zip(scalars, x, strict=True)}}
            if any((s.is_positive and moved[s] <= 0) or (s.is_nonnegative and moved[s] < 0) for s in scalars):
                return np.inf
            if not all(holds(c, moved) for c in self.where):
                return np.inf
            left, right = np.ravel(self.route.at(moved, names))  # type: ignore[union-attr]
            return (left - right if greater else right - left) / max(abs(left), abs(right), 1e-300)

        starts = sorted(drawn, key=lambda p: gap(np.array([float(p[s]) for s in scalars]), p))[:2]
        for p in starts:
            x0 = np.array([float(p[s]) for s in scalars])
            found = minimize(gap, x0, args=(p,), method="Nelder-Mead", options={"maxfev": 60 * len(scalars)})
            if found.fun < -(self.settings.rtol or RTOL) * 10 or (strict and found.fun < 0):
                at = ", ".join(f"{s} = {v:.6g}" for s, v in zip(scalars, found.x, strict=True))
                raise ClaimError(self.label, f"a counterexample was found at {at}", "Narrow `where` or mend the bound")

    def _tight(self, names: Mapping[str, Basic], greater: bool) -> None:
        """A bound that is never nearly reached is a weaker one than it could be: say where it is tight."""
        assert self.route is not None
        if self.settings.tight is None:
            mend = "Pass tight={symbol: value, ...}: a point where the two sides (nearly) meet"
            raise ClaimError(self.label, "no point is named at which the inequality is tight", mend)
        symbols = [s for s in names.values() if not isinstance(s, UndefinedFunction)]
        missing = [str(s) for s in symbols if s not in self.settings.tight]
        if missing:
            raise ClaimError(self.label, f"`tight` gives no value for {missing}", "Name a value for every symbol")
        p: Point = {s: sympify(self.settings.tight[s]) for s in symbols}
        if self.functions:
            p[FUNCTIONS] = self.functions[0]
        left, right = np.ravel(self.route.at(p, names))
        if abs(left - right) > 1e-3 * max(abs(left), abs(right), 1e-12):
            wrong = f"at the point said to be tight the sides are {left:.6g} and {right:.6g}"
            raise ClaimError(self.label, wrong, "Sharpen the bound or name another point")

    # ---- what it shows

    def verdicts(self) -> list[tuple[str, str]]:
        """Every verdict that holds; a claim that skipped a gate without a reason raises instead of showing."""
        if not self.links and not self.unproved:
            mend = "Derive it, or say why not with unproved=..."
            raise ClaimError(self.label, "it is shown before it is proved", mend)
        if self.route is None and not self.unchecked:
            mend = "Give it a route with check, or say why not with unchecked=..."
            raise ClaimError(self.label, "it is shown before it is checked", mend)
        found = []
        if self.links:
            found.append(("proved", f"{len(self.links)} link" + "s" * (len(self.links) > 1)))
        if self.route is not None:
            unit = "random points" if self.monte_carlo else "points"
            if len(self.functions) > 1:
                unit += f" with {len(self.functions)} choices of {', '.join(map(str, self._function_names()))}"
            mutated = f"{self.counts['rejected']}/{self.counts['applied']} mutants rejected"
            found.append(("checked", f"by {self.route.name} at {self.checked_points} {unit} · {mutated}"))
        return found + [("cited", source) for source in self.cited]

    def record(self) -> dict[str, Any]:
        steps = [
            {"relation": k.relation, "reason": k.reason, "strategy": v.strategy, "verdict": v.status}
            for k, v in self.links
        ]
        route = None
        if self.route is not None:
            kind = "Monte Carlo" if self.monte_carlo else "deterministic"
            route = {"name": self.route.name, "does": self.route.doc, "kind": kind, "points": self.checked_points}
        why = {k: v for k, v in (("unproved", self.unproved), ("unchecked", self.unchecked)) if v}
        functions = [{str(f): str(law) for f, law in chosen.items()} for chosen in self.functions]
        tried = {"functions": functions} if functions else {}
        return {**super().record(), "steps": steps, "route": route, "mutants": self.counts, "why_not": why, **tried}

    def _below(self) -> str:
        if not self.links or self.start is None:
            return ""
        rows = [("", self.start, self.begins)]
        rows += [(k.relation, k.term, f"{k.reason} *({v.strategy})*") for k, v in self.links]
        with evaluating():
            return _chain(rows)


def _chain(rows: Iterable[tuple[str, Basic, str]]) -> str:
    """A derivation as a table of relation, term, reason: it wraps and stacks where a LaTeX `aligned` is cut off."""
    lines = ["| | | |", "|:--|:--|:--|"]
    for relation, term, reason in rows:
        reason = reason.replace("|", "&#124;")  # a bar would end the cell
        lines.append(f"| {f'${relation}$' if relation else ''} | $\\displaystyle {latex(term)}$ | {reason} |")
    return "\n".join(lines)


# ------------------------------------------------------------------------ definitions, citations, refutations


class Definition(_Stated):
    """What a symbol stands for. Not checkable; its sanity (e.g. that a density integrates to one) is proved."""

    kind = "definition"
    word = "defined"

    def __init__(self, label: str, statement: Relation, sanity: Mapping[str, Eq], source: str, settles: Iterable[str]):
        super().__init__(label, statement, (), source, settles)
        self.sanity = {}
        with evaluating():
            for what, equation in sanity.items():
                if not isinstance(equation, Eq):
                    wrong = f"its sanity “{what}” is {equation}, not an equation"
                    raise ClaimError(label, wrong, "Give an Eq, inside as_written() if SymPy decides it too early")
                verdict = prove.equal(equation.lhs, equation.rhs)
                if verdict.status != "proved":
                    raise ClaimError(label, f"its sanity “{what}” is {verdict.status}", "Mend the definition")
                self.sanity[what] = verdict.strategy

    def verdicts(self) -> list[tuple[str, str]]:
        checks = ", ".join(f"{what} (proved: {how})" for what, how in self.sanity.items())
        return [(self.word, checks)]

    def record(self) -> dict[str, Any]:
        return {**super().record(), "sanity": self.sanity}


def define(
    label: str,
    statement: Relation,
    *,
    sanity: Mapping[str, Eq] | None = None,
    source: str = "",
    settles: Iterable[str] = (),
) -> Definition:
    """Say what the left-hand side stands for; claims about it start their derivations here.

    `sanity`: equations that a sound definition satisfies, by name; each is proved, e.g. {"integrates to one": Eq(...)}.
    """
    return Definition(label, statement, sanity or {}, source, settles)


class _Citation(Definition):
    kind = "citation"
    word = "cited"

    @property
    def cited(self) -> list[str]:
        return [self.source]


def meaning(claim: Claim) -> tuple[list[Basic], list[str]]:
    """Both sides of a claim with what it is given and what is defined put in, and the sources that this rests on."""
    claim._rests(claim.rests_on)
    sides, cited = [], list(claim.cited)
    for side in (claim.lhs, claim.rhs):
        meant, used = _meaning(claim._full(side))
        sides.append(meant)
        cited += [s for d in used for s in getattr(d, "cited", ()) if s not in cited]
    return sides, cited


def cite(label: str, statement: Relation, *, source: str, settles: Iterable[str] = ()) -> Definition:
    """A theorem that is used and not proved here; `source` says who proves it."""
    if not source.strip():
        raise ClaimError(label, "a citation without a source", "Name the paper or book, with its number there")
    return _Citation(label, statement, {}, source, settles)


class Refutation(_Stated):
    """A formula as it stands in print, and a point at which it is false."""

    kind = "refutation"

    def __init__(
        self, label: str, statement: Relation, witness: Mapping, truth: Any, source: str, settles: Iterable[str]
    ):
        super().__init__(label, statement, (), source, settles)
        route = truth if callable(truth) else getattr(truth, "route", None)
        if route is None:
            raise ClaimError(label, "`truth` has no route", "Give the corrected claim, checked, or a route")
        with evaluating():
            self.truth = truth if isinstance(truth, Claim) else None
            self.route = route if isinstance(route, Route) else Route(route, label)
            self.witness = {s: v for s, v in witness.items()}
            self._settle()

    def _settle(self) -> None:
        sides = [evaluated(self.rhs)] + ([evaluated(self.truth.rhs)] if self.truth else [])
        known = [s for s in variables(*sides) if s in self.witness]
        extra = [s for s in self.witness if s not in known]
        needed = {*map(str, variables(*sides)), *self.route.parameters} - {"rng"}
        missing = sorted(needed - set(map(str, self.witness)))
        if missing:
            raise ClaimError(self.label, f"the witness gives no value for {missing}", "Name a value for every symbol")
        self.route.guard([*known, *extra], sides[:1] if not self.truth else [])
        names = {str(s): s for s in self.witness}
        here, there = self._points()
        truth = float(np.ravel(self.route.at(here, names))[0])
        values = [float(numbers(side, [here])[0, 0]) for side in sides]
        if there is not None:
            truth /= float(np.ravel(self.route.at(there, names))[0])
            values = [v / float(numbers(side, [there])[0, 0]) for v, side in zip(values, sides, strict=True)]
        self.printed_value, self.true_value = values[0], truth
        if len(values) > 1 and abs(values[1] - truth) > 1e-6 * abs(truth):
            wrong = f"the corrected claim gives {values[1]:.6g} at the witness where its route gives {truth:.6g}"
            raise ClaimError(self.label, wrong, "Mend the route before refuting anything with it")
        if not abs(values[0] - truth) > 1e-3 * max(abs(truth), abs(values[0])):
            wrong = f"the witness does not refute it: printed {values[0]:.6g}, true {truth:.6g}"
            raise ClaimError(self.label, wrong, "Find a point where they clearly differ, or withdraw the charge")

    def _points(self) -> tuple[Point, Point | None]:
        """The witness as a point; for ∝ the variable has two values, and the ratio of the two is compared."""
        exact = {s: v if s == self.variable else _exact(v) for s, v in self.witness.items()}
        if self.variable is None:
            return exact, None
        first, second = (sympify(v) for v in exact[self.variable])
        return {**exact, self.variable: first}, {**exact, self.variable: second}

    def verdicts(self) -> list[tuple[str, str]]:
        shown = ", ".join(f"{unicode_name(s)} = {plain(v)}" for s, v in self.witness.items())
        ratio = "the ratio of the two values " if self.variable is not None else ""
        numbers = f"{ratio}is {self.true_value:.6g} by {self.route.name}, the formula gives {self.printed_value:.6g}"
        return [("refuted", f"at {shown}: {numbers}")]

    def record(self) -> dict[str, Any]:
        witness = {str(s): plain(v) for s, v in self.witness.items()}
        corrected = self.truth.label if self.truth else None
        return {**super().record(), "witness": witness, "corrected": corrected}


def _exact(value: Any) -> Any:
    """A witness entry as an exact rational; a vector gets padding at both ends, as sampled ones have."""
    if isinstance(value, tuple | list):
        return (Rational(0), *map(_exact, value), Rational(0))
    return value if isinstance(value, Basic) else Rational(str(value))


def refute(
    label: str, statement: Relation, *, witness: Mapping, truth: Any, source: str, settles: Iterable[str] = ()
) -> Refutation:
    """Show that a printed formula is false at `witness` (symbol: value; of a ∝, two values for its variable).

    `truth`: the corrected claim, whose route gives the number (and whose own printed side has to agree there), or a
    route of the refutation's own. `source`: where the wrong formula stands.
    """
    return Refutation(label, statement, witness, truth, source, settles)
