"""The workbench: a statement typed by a reader, judged by the book's own zero test. SymPy and mpmath only.

Text becomes SymPy through a list of what is allowed (never through `eval`), so that it runs in a browser on anything
that is typed. `answer` takes and returns JSON and does not raise; what could not be decided is called undecided. There
is no time limit here: whoever calls it has to be able to stop it.
"""

import ast
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

import sympy
from sympy import (
    Abs,
    Basic,
    Derivative,
    Dummy,
    Integral,
    Lambda,
    Limit,
    MatrixBase,
    MatrixExpr,
    Max,
    Min,
    Piecewise,
    Pow,
    Product,
    S,
    Sum,
    Symbol,
    diff,
    exp,
)
from sympy.core.function import AppliedUndef
from sympy.functions.elementary.piecewise import ExprCondPair
from sympy.matrices.expressions.inverse import Inverse

from utils import prove
from utils.domains import evaluated, points, seed_of, variables
from utils.mutate import mutants
from utils.notation import evaluating, latex, tidy
from utils.prove import Undefined, Verdict
from utils.typed import (
    CONSTANTS,
    FUNCTIONS,
    LINES,
    Mistake,
    Reader,
    Untypable,
    conditions,
    declaration,
    declared,
    named,
    shortened,
    written,
)
from utils.words import agreement, counterexample, plain, told_apart, unicode_name

__all__ = ["FILES", "answer", "request_of", "why_not"]

# what has to be shipped for this module to run, besides SymPy and mpmath
FILES = (
    "__init__.py",
    "closed_forms.py",
    "domains.py",
    "evaluate.py",
    "mutate.py",
    "normal_form.py",
    "notation.py",
    "prove.py",
    "typed.py",
    "words.py",
    "workbench.py",
)

MUTANTS = 24  # of a side that is slow to evaluate
MUTANT_POINTS = 16
RELATIONS = {"=": "=", "<=": r"\le", "<": "<", ">=": r"\ge", ">": ">", "∝": r"\propto"}
# ------------------------------------------------------------------------------------------------------------- judging


@dataclass
class _Asked:
    """A request, read: both sides, the relation, conditions, what stands for what, and a chain."""

    left: Basic
    relation: str
    right: Basic
    conditions: tuple[Basic, ...]
    meanings: dict[Basic, Basic]
    chain: list[tuple[Basic, str]]
    variable: Symbol | None

    def meant(self, expr: Basic) -> Basic:
        """With SymPy's evaluation back on, and each defined name replaced by what it stands for."""
        expr = evaluated(expr)
        for _ in range(len(self.meanings) + 1):
            if not self.meanings or not expr.has(*self.meanings):
                return expr
            moving = {v for e in expr.atoms(Derivative) for v in e.variables} & set(self.meanings)
            if moving:
                name = min(map(str, moving))
                raise Mistake("where", f"`{name}` stands for a term, and a derivative is taken in it: take that out")
            expr = evaluated(expr.xreplace(self.meanings))
        names = ", ".join(sorted(map(str, self.meanings)))
        raise Mistake("where", f"the lines `name = term` for {names} explain each other in a circle: take one out")


def _text(request: Mapping[str, Any], name: str) -> str:
    value = request.get(name, "")
    if not isinstance(value, str):
        raise Mistake(name, f"the field holds {type(value).__name__}, not text")
    return value


def _asked(request: Mapping[str, Any]) -> _Asked:
    names = declared(_text(request, "symbols"))
    reader = Reader(names)
    relation = {"≤": "<=", "≥": ">=", "propto": "∝", "==": "="}.get(r := _text(request, "relation") or "=", r)
    if relation not in RELATIONS:
        raise Mistake("relation", f"`{shortened(relation)}` is no relation: choose one of {' '.join(RELATIONS)}")
    left, right = reader.term(_text(request, "left"), "left"), reader.term(_text(request, "right"), "right")
    stated, meanings = conditions(_text(request, "where"), reader)
    chain = []
    steps = request.get("chain") or []
    if not isinstance(steps, list) or not all(isinstance(s, Mapping) for s in steps) or len(steps) > LINES:
        raise Mistake("chain", "the chain is a list of terms with reasons")
    for k, step in enumerate(steps, 1):
        chain.append((reader.term(_text(step, "term"), f"chain {k}"), _text(step, "reason")))
    variable = None
    if relation == "∝":
        named = _text(request, "variable").strip()
        variable = names.get(named)
        if not isinstance(variable, Symbol):
            told = f"`{shortened(named)}` is not declared" if named else "∝ holds in a variable, and none is named"
            raise Mistake("variable", f"{told}: name one of the declared symbols, e.g. theta")
    if (any(isinstance(t, MatrixExpr | MatrixBase) for t in (left, right))) and relation != "=":
        raise Mistake("relation", "matrices are compared by = only")
    return _Asked(left, relation, right, stated, meanings, chain, variable)


def answer(text: str) -> str:
    """The workbench's answer to a request, both as JSON; a request that can't be read is a `mistake`."""
    try:
        request = json.loads(text)
        if not isinstance(request, dict):
            raise Mistake("left", "the request is no JSON object")
        with evaluating():
            found = _answer(request)
    except Mistake as error:
        found = _mistaken(error.field, str(error))
    except json.JSONDecodeError:
        found = _mistaken("left", "the request is no JSON")
    except (RecursionError, MemoryError):
        found = {"latex": "", "verdict": "undecided", "how": "this is too large for the checker: take smaller steps"}
    except Exception as error:  # whatever SymPy trips over: said, and no verdict
        found = {"latex": "", "verdict": "undecided", "how": f"the checker broke off ({type(error).__name__}: {error})"}
    return json.dumps(found, ensure_ascii=False)


def _mistaken(where: str, message: str) -> dict[str, Any]:
    return {"latex": "", "verdict": "mistake", "how": message, "problem": {"field": where, "message": message}}


def _answer(request: Mapping[str, Any]) -> dict[str, Any]:
    asked = _asked(request)
    if asked.relation == "=" and isinstance(asked.left, Symbol) and asked.left not in {*asked.meanings, asked.right}:
        mend = f"add the line `{asked.left} = term` under conditions, or write the term itself"
        raise Mistake("left", f"nothing says what `{asked.left}` stands for: {mend}")
    for s in variables(asked.left, asked.right):
        try:
            points([s], (), 1)
        except ValueError as error:
            raise Mistake("symbols", str(error)) from None
    found: dict[str, Any] = {"latex": _equation(asked)}
    terms = [asked.left, *(term for term, _ in asked.chain)]
    reasons = [reason for _, reason in asked.chain]
    if not asked.chain or terms[-1] != asked.right:
        terms, reasons = [*terms, asked.right], [*reasons, "the right side"]
    verdicts = [_judge(asked, before, after) for before, after in pairwise(terms)]
    found |= _in_words(verdicts, asked)
    if asked.chain:
        found["links"] = [
            {
                "latex": latex(term),
                "relation": RELATIONS[relation],
                "reason": reason,
                "verdict": verdict.status,
                "how": _how(verdict, relation, asked),
            }
            for (relation, verdict), term, reason in zip(verdicts, terms[1:], reasons, strict=True)
        ]
    if request.get("mutants", True) and not any(isinstance(t, MatrixExpr | MatrixBase) for t in terms):
        found["mutants"] = _attacked(asked)
    return found


def _attacked(asked: _Asked) -> dict[str, Any]:
    """One-edit mutants of the right side, each told apart from it, proved equal to it, or neither: a survivor.

    A mutant that has no value at any point that was tried is left out of the count, and so are those after the first
    `MUTANTS` of a side with integrals, sums or limits in it, which take long: `untried` says how many.
    """
    found: dict[str, Any] = {
        "applied": 0,
        "rejected": 0,
        "equivalent": 0,
        "undefined": 0,
        "untried": 0,
        "survivors": [],
    }
    right = asked.meant(asked.right)
    made = mutants(asked.right)
    slow = right.has(Integral, Sum, Product, Limit)
    tell = _teller(asked, right, asked.right)
    for mutant in made[:MUTANTS] if slow else made:
        try:
            changed = asked.meant(mutant.expr)
            verdict = Verdict("refuted", points=1) if tell(changed) else _same(asked, right, changed)
        except (ValueError, TypeError, ArithmeticError, LookupError, NotImplementedError, AttributeError):
            verdict = Verdict("undecided")  # SymPy trips over what the edit has made
        if verdict.status == "proved":
            found["equivalent"] += 1
        elif not verdict.points:
            found["undefined"] += 1
        else:
            found["applied"] += 1
            found["rejected"] += verdict.status == "refuted"
            found["survivors"] += [f"{mutant.kind}: {mutant.edit}"] if verdict.status == "undecided" else []
    found["untried"] = len(made) - MUTANTS if slow and len(made) > MUTANTS else 0
    return found


def _same(asked: _Asked, right: Basic, changed: Basic) -> Verdict:
    where = tuple(asked.meant(c) for c in asked.conditions)
    if asked.variable is not None:
        return prove.proportional(right, changed, asked.variable, where)
    return prove.equal(right, changed, where)


def _teller(asked: _Asked, right: Basic, printed: Basic) -> Callable[[Basic], bool]:
    """Whether some point tells a mutant from the right side, at 50 digits and still, by as much, at 100.

    The right side is evaluated once for all its mutants; what needs more than numbers is left to the zero test.
    """
    if asked.variable is not None or right.has(Integral, Limit, Derivative, AppliedUndef):
        return lambda changed: False
    where = tuple(asked.meant(c) for c in asked.conditions)
    symbols = variables(right, printed, *asked.meanings.values())  # what cancels in it need not cancel in a mutant
    drawn = points(symbols, where, MUTANT_POINTS, seed_of(right))

    @cache
    def value(k: int, digits: int) -> Any:
        try:
            return prove.evaluate(right, drawn[k], digits)
        except Undefined:
            return None

    def differ(a: Any, b: Any) -> bool:
        return bool(abs(a - b) > 1e-25 * (abs(a) + abs(b) + 1e-50))

    def tell(changed: Basic) -> bool:
        for k, point in enumerate(drawn):
            try:
                if value(k, 50) is None or not differ(value(k, 50), first := prove.evaluate(changed, point, 50)):
                    continue
                second = prove.evaluate(changed, point, 100)
            except Undefined:
                continue
            here, there = value(k, 50), value(k, 100)
            if there is not None and differ(there, second) and not differ(first, second) and not differ(here, there):
                return True
        return False

    return tell


def _equation(asked: _Asked) -> str:
    domain = r",\ ".join(
        [
            *(latex(tidy(c)) for c in asked.conditions),
            *(f"{latex(s)} = {latex(t)}" for s, t in asked.meanings.items()),
        ]
    )
    condition = rf"\qquad ({domain})" if domain else ""
    return f"{latex(asked.left)} {RELATIONS[asked.relation]} {latex(asked.right)}{condition}"


def _judge(asked: _Asked, before: Basic, after: Basic) -> tuple[str, Verdict]:
    """The relation that a link was judged by, and the verdict."""
    left, right = asked.meant(before), asked.meant(after)
    where = tuple(asked.meant(c) for c in asked.conditions)
    try:
        if asked.relation == "=":
            return "=", prove.equal(left, right, where)
        if asked.relation == "∝":
            assert asked.variable is not None
            return "∝", prove.proportional(left, right, asked.variable, where)
        if asked.chain:
            same = prove.equal(left, right, where)
            if same.status == "proved":
                return "=", same
        smaller, larger = (left, right)[:: 1 if asked.relation in ("<", "<=") else -1]
        found = prove.at_most(smaller, larger, where, None, strict := asked.relation in ("<", ">"))
        if strict and asked.chain and found.status != "proved":
            return f"{asked.relation}=", prove.at_most(smaller, larger, where)  # another link may be the strict one
        return asked.relation, found
    except ValueError as error:
        raise Mistake("where" if "where" in str(error) else "symbols", str(error)) from None


def _in_words(verdicts: Sequence[tuple[str, Verdict]], asked: _Asked) -> dict[str, Any]:
    """The answer to a chain: its first false link, else its first undecided one, else the strategies."""
    for status in ("refuted", "undecided"):
        for number, (relation, verdict) in enumerate(verdicts, 1):
            if verdict.status == status:
                link = f"step {number} of {len(verdicts)}: " if len(verdicts) > 1 else ""
                return {"verdict": status, "how": link + _how(verdict, relation, asked), **_witness(verdict)}
    strategies = dict.fromkeys(verdict.strategy for _, verdict in verdicts)
    proved = "proved by" if all(relation == "=" for relation, _ in verdicts) else "proved, since"
    if asked.relation == "=" and asked.left == asked.right and not asked.chain:
        return {"verdict": "proved", "how": "SymPy reads both sides as one and the same expression"}
    if asked.relation in ("<", ">") and not any(relation == asked.relation for relation, _ in verdicts):
        return {"verdict": "undecided", "how": f"no link is proved to be {asked.relation}: one has to be"}
    return {"verdict": "proved", "how": f"{proved} {'; '.join(strategies)}"}


def _how(verdict: Verdict, relation: str, asked: _Asked) -> str:
    unequal, proportional = relation not in ("=", "∝"), relation == "∝"
    if verdict.status == "refuted":
        return counterexample(verdict, unequal, proportional)
    if verdict.status == "undecided":
        return agreement(verdict, unequal, proportional)
    return verdict.strategy


def _witness(verdict: Verdict) -> dict[str, Any]:
    if verdict.status != "refuted":
        return {}
    scalars = {unicode_name(s): plain(v) for s, v in (verdict.witness or {}).items() if isinstance(s, Symbol)}
    return {"witness": scalars, "values": list(told_apart(*verdict.values))}


# ------------------------------------------------------------------------------------------------ the book's own claims

HEADS: dict[str, str] = {
    **{"Equality": "=", "LessThan": "<=", "StrictLessThan": "<", "GreaterThan": ">=", "StrictGreaterThan": ">"},
    "Propto": "∝",
}
UNEVALUATED = ("Add", "Mul", "Pow", "MatMul", "MatAdd", "Piecewise", *(f.__name__ for f, _, _ in FUNCTIONS.values()))
STORED = (
    *(
        "Symbol",
        "Integer",
        "Rational",
        "Tuple",
        "Indexed",
        "IndexedBase",
        "MatrixSymbol",
        "Str",
        "ImmutableDenseMatrix",
    ),
    *("Sum", "Product", "Integral", "Derivative", "Limit", "Subs", "Determinant", "Transpose", "Inverse", "Function"),
    *("ExprCondPair", *HEADS),
)
OTHER_KINDS = {
    "experiment": "an experiment is measured, and there is nothing to prove",
    "program": "the workbench has no words for a linear program",
    "index map": "an index map is compared with a library's array, entry by entry",
    "definition": "a definition says what a symbol stands for, and there is nothing to prove",
    "citation": "what is cited is proved elsewhere",
}


def request_of(record: Mapping[str, Any], records: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any] | None:
    """A claim's ledger record as a request, filled in; None where the workbench can't state it.

    `records`: those of the whole book, from which the definitions that the claim starts from are taken.
    """
    found = _request(record, records)
    return found if isinstance(found, dict) else None


def why_not(record: Mapping[str, Any], records: Sequence[Mapping[str, Any]] = ()) -> str:
    """Why the workbench can't state a claim; nothing if it can."""
    found = _request(record, records)
    return found if isinstance(found, str) else ""


def _request(record: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> dict[str, Any] | str:
    if record["kind"] in OTHER_KINDS:
        return OTHER_KINDS[record["kind"]]
    try:
        with evaluating():
            return _filled_in(record, records)
    except Untypable as error:
        return str(error)
    except Mistake as error:
        return f"its text does not read back ({error.field}: {error})"


def _filled_in(record: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The request with the fewest definitions that make it what the book says: true, or false of a refuted formula."""
    head, left, right = stored(record["srepr"])
    known = _known(record, records)
    if head in ("=", "∝") and isinstance(left, Symbol) and left not in known:
        raise Untypable(f"no record says what `{left}` stands for: only the chapter's own cells do")
    where = [_as_typed(c) for c in record["where"]]
    for thorough in (False, True):
        meanings = _meanings(left, right, known, thorough)
        names = named(left, right, *meanings, *meanings.values())
        spelt = {word for c in where for word in re.findall(r"\b[A-Za-z]\w*\b", c)} - {"is", "positive", "definite"}
        if strange := sorted(spelt - {*names, *FUNCTIONS, "symmetric", "orthogonal", "sqrt", "pi"}):
            raise Untypable(f"it has a condition on `{strange[0]}`, which stands in neither side")
        request = {
            "left": written(left),
            "relation": head,
            "right": written(right),
            "symbols": "\n".join(declaration(name, s) for name, s in names.items()),
            "where": "\n".join([*where, *(f"{written(s)} = {written(value)}" for s, value in meanings.items())]),
        }
        if head == "∝":
            request["variable"] = _variable(record)
        asked = _asked(request)
        if _holds(asked) in (None if _speaks_of_one_thing(asked) else True, record["kind"] != "refutation"):
            return request
    said = "true" if record["kind"] == "refutation" else "false"
    raise Untypable(f"taken by itself it is {said}: it rests on what its record does not hold")


def _speaks_of_one_thing(asked: _Asked) -> bool:
    """Whether one side's symbols are among the other's: else a definition is missing, or is one of something else."""
    one, other = (set(variables(asked.meant(side))) for side in (asked.left, asked.right))
    return one <= other or other <= one


def _holds(asked: _Asked) -> bool | None:
    """Whether a statement is true at a few points; None where that takes long, or where it has no value.

    This proves nothing: it finds out which requests lack a definition or a hypothesis that the record does not hold.
    """
    left, right = asked.meant(asked.left), asked.meant(asked.right)
    if asked.variable is not None:
        left, right = diff(left, asked.variable) * right, left * diff(right, asked.variable)
    functions = {a.func: len(a.args) for side in (left, right) for a in side.atoms(AppliedUndef)}
    some = {}
    for k, f in enumerate(sorted(functions, key=str)):
        args = tuple(Dummy(f"a{j}", real=True) for j in range(functions[f]))
        some[f] = Lambda(args, exp(-sum(args, S(k)) / 5) + sum(args, S.Zero) ** 2 / 11)
    left, right = prove.instantiated(left, some), prove.instantiated(right, some)
    if any(s.has(Integral, Limit) or isinstance(s, MatrixExpr | MatrixBase) for s in (left, right)):
        return None
    try:
        where = [asked.meant(c) for c in asked.conditions]
        count = 16 if any(side.has(Abs, Max, Min, Piecewise) for side in (left, right)) else 4  # each case has its turn
        drawn = points(variables(left, right), where, count, seed_of(left, right))
    except ValueError:
        return None
    verdicts = []
    for point in drawn:
        for digits in (20, 80):  # what only cancellation makes differ, more digits bring together
            try:
                a, b = (prove.evaluate(side, point, digits) for side in (left, right))
            except (Undefined, NotImplementedError):
                break
            holds = bool(abs(a - b) <= 1e-9 * (abs(a) + abs(b) + 1e-9))
            if asked.relation not in ("=", "∝"):
                holds |= bool((b - a).real * (1 if asked.relation in ("<", "<=") else -1) > 0)
            if holds or digits == 80:
                verdicts.append(holds)
                break
        if verdicts and not verdicts[-1]:
            return False
    return True if verdicts else None


def _as_typed(condition: str) -> str:
    """A stored condition, which SymPy has spelt, as one would type it."""
    if matrix := re.fullmatch(r"Q\.(\w+)\((\w+)\)", condition):
        return f"{matrix.group(2)} is {matrix.group(1).replace('_', ' ')}"
    unequal = re.fullmatch(r"Ne\((.*), ([^,()]*)\)", condition)
    return f"{unequal.group(1)} != {unequal.group(2)}" if unequal else condition


def _variable(record: Mapping[str, Any]) -> str:
    """The variable of a ∝: named by the proof, or the symbol that has two values in the witness."""
    for step in record.get("steps", ()):
        if found := re.match(r"the ratio's derivative in (\S+) is zero", step["strategy"]):
            return found.group(1)
    for name, value in record.get("witness", {}).items():
        if value.startswith("("):
            return name
    raise Untypable("its record does not name the variable of ∝")


def _known(record: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> dict[Basic, Basic]:
    """What the chapter says of a symbol: its definition, else what was proved of it, before the claim or after."""
    defined: dict[Basic, Basic] = {}
    proved: dict[Basic, Basic] = {}
    later: dict[Basic, Basic] = {}
    passed = False
    for other in records:
        if other["label"] == record["label"]:
            passed = True
        elif other.get("chapter") == record.get("chapter") and other.get("srepr", "").startswith("Equality"):
            stated = other["kind"] in ("definition", "citation")
            into = later if passed else defined if stated else proved
            if (stated or "proved" in other["verdicts"]) and (says := _says(other["srepr"])):
                into.setdefault(*says)
    return {**later, **proved, **defined}


@lru_cache(maxsize=4096)
def _says(text: str) -> tuple[Basic, Basic] | None:
    """The symbol (or function of symbols) that an equation is about, and what it says of it."""
    try:
        _, left, right = stored(text)
    except Untypable:
        return None
    base, power = evaluated(left).as_base_exp()
    if power == 1 and isinstance(base, Symbol | AppliedUndef):
        return base, right
    if isinstance(base, Symbol) and base.is_positive and power.is_Rational:
        return base, tidy(Pow(right, 1 / power, evaluate=False))
    return None


def _meanings(left: Basic, right: Basic, known: Mapping[Basic, Basic], thorough: bool) -> dict[Basic, Basic]:
    """The definitions that it takes to write both sides in the same symbols, as far as they go; or `thorough`, all."""
    used: dict[Basic, Basic] = {}
    while True:
        meant = [_Asked(left, "=", right, (), used, [], None).meant(side) for side in (left, right)]
        one, other = (set(variables(side)) for side in meant)
        wanted = {a for side in meant for a in side.atoms(AppliedUndef)} | (one | other if thorough else one ^ other)
        wanted |= {left} if isinstance(left, Symbol) else set()
        wanted = {s for s in wanted if s in known and s not in used}
        if not wanted:
            return used
        used |= {s: known[s] for s in sorted(wanted, key=str)}


@lru_cache(maxsize=4096)
def stored(text: str) -> tuple[str, Basic, Basic]:
    """A record's `srepr` as relation, left and right side, unevaluated as it was printed."""
    with evaluating():
        body = ast.parse(text, mode="eval").body
        assert isinstance(body, ast.Call)
        left, right = map(_stored, body.args)
        return HEADS[ast.unparse(body.func)], left, right


def _stored(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return {**CONSTANTS, "true": S.true}[node.id]
    if isinstance(node, ast.UnaryOp):
        return -_stored(node.operand)
    if isinstance(node, ast.List):
        return [_stored(e) for e in node.elts]
    assert isinstance(node, ast.Call)
    args = [_stored(a) for a in node.args]
    if isinstance(node.func, ast.Call):
        return _stored(node.func)(*args)
    name = ast.unparse(node.func)
    if name == "Str":
        return args[0]
    if name in UNEVALUATED:
        return getattr(sympy, name)(*args, evaluate=False)
    if name not in STORED:
        raise Untypable(f"the workbench's language has no {name}")
    if name == "Inverse":
        return Inverse(args[0])
    if name == "Limit":
        args[3] = str(args[3])
    keywords = {str(k.arg): k.value.value for k in node.keywords if isinstance(k.value, ast.Constant)}
    return getattr(sympy, name, ExprCondPair)(*args, **keywords)
