"""The zero test: is an equation true? Proved by a named strategy, refuted by a witness, or undecided.

`simplify(lhs - rhs) == 0` is neither complete, nor sound, nor the same in every process. Here a statement is first
attacked with exact rational points at two precisions; what survives is handed to deterministic strategies, each of
which has a name, does one thing, and can only ever answer "zero" or "I don't know". SymPy and mpmath only.

What is taken on trust: SymPy's automatic evaluation and polynomial arithmetic; the interchange of limits and integrals.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any, TypeAlias

import mpmath
from sympy import (
    Abs,
    Add,
    Basic,
    Derivative,
    Dummy,
    Expr,
    Heaviside,
    IndexedBase,
    Integer,
    Integral,
    Lambda,
    Limit,
    MatrixBase,
    MatrixExpr,
    Max,
    Min,
    Mod,
    Mul,
    Ne,
    Piecewise,
    Poly,
    Pow,
    Product,
    Q,
    Rational,
    S,
    Subs,
    Sum,
    Symbol,
    beta,
    binomial,
    cancel,
    ceiling,
    default_sort_key,
    diff,
    exp,
    expand,
    floor,
    fraction,
    gamma,
    gammasimp,
    ilcm,
    log,
    minimal_polynomial,
    oo,
    preorder_traversal,
    sign,
    simplify,
    sqrt,
    sympify,
    together,
)
from sympy import (
    factorial as sym_factorial,
)
from sympy import (
    reduced as reduced_polynomial,
)
from sympy.core.function import AppliedUndef
from sympy.core.random import seed as seed_sympy
from sympy.core.relational import Relational
from sympy.matrices.expressions.transpose import Transpose

from utils.closed_forms import closed_form, is_smooth, put, surely_nonnegative, with_derivatives
from utils.domains import Point, evaluated, points, seed_of, variables
from utils.evaluate import Undefined, evaluate, evaluated_at, evaluated_roughly
from utils.normal_form import GIVES_UP, Proof, factored, joined, normal_zero

__all__ = [
    "AUTOMATIC",
    "Undefined",
    "Verdict",
    "at_most",
    "equal",
    "evaluate",
    "instantiated",
    "matrix_at",
    "nonnegative",
    "proportional",
]


Functions: TypeAlias = Mapping[type, Lambda]  # an undefined function -> what it stands for, in one instance

POINTS = 16
DIGITS = (50, 100)
VISIBLE = 1e-3  # a witness should convince a reader: where the sides differ by less, a clearer one is looked for
# SymPy's general routines can run for minutes: expressions of more operations than this are not given to them.
HEURISTIC_SIZE = 60
ALGEBRAIC_SIZE = 40
HEURISTIC_SEEDS = (1, 2, 3)


@dataclass(frozen=True)
class Verdict:
    """What the zero test found, and how.

    `status`: "proved", "refuted" or "undecided". `strategy` names the proof. A refutation carries the `witness` and the
    two `values` there. `points` counts the points at which both sides had a finite value.
    """

    status: str
    strategy: str = ""
    witness: Point | None = None
    values: tuple = ()
    points: int = 0

    def __bool__(self) -> bool:
        raise TypeError("a verdict has three values: compare `.status` with 'proved', 'refuted' or 'undecided'")


def equal(
    lhs: Basic, rhs: Basic, where: Sequence[Basic] = (), count: int = POINTS, functions: Sequence[Functions] = ()
) -> Verdict:
    """Decide lhs = rhs for all values of the free symbols that their assumptions and `where` admit.

    Scalars, or matrices of one shape (compared entry by entry). `functions`: instances {f: Lambda} of the undefined
    functions, in turn tried at the points; a proof holds for every smooth f. Raises ValueError for a symbol without a
    domain.
    """
    lhs, rhs = evaluated(sympify(lhs)), evaluated(sympify(rhs))
    refutation, effective = _attack(lhs, rhs, where, count, functions)
    if refutation is not None:
        return refutation
    if isinstance(lhs, MatrixBase) and isinstance(rhs, MatrixBase):
        verdicts = [equal(a, b, where, 1, functions) for a, b in zip(lhs, rhs, strict=True)]
        if all(v.status == "proved" for v in verdicts):
            return Verdict("proved", joined(v.strategy for v in verdicts), points=effective)
        return Verdict("undecided", points=effective)
    if isinstance(lhs, MatrixBase | MatrixExpr) or isinstance(rhs, MatrixBase | MatrixExpr):
        if effective and _canonical_matrix(lhs, where) == _canonical_matrix(rhs, where):
            return Verdict("proved", "symmetric matrices are their own transposes", points=effective)
        return Verdict("undecided", points=effective)
    seed_sympy(1)  # SymPy shuffles some of its questions: the answers may not depend on the process
    strategy = _prove_zero(lhs - rhs, tuple(where))
    if strategy and effective:
        return Verdict("proved", strategy, points=effective)
    return Verdict("undecided", points=effective)


def proportional(
    lhs: Expr, rhs: Expr, variable: Symbol, where: Sequence[Basic] = (), functions: Sequence[Functions] = ()
) -> Verdict:
    """Decide whether lhs / rhs is free of `variable`: lhs' rhs = lhs rhs', which needs no log and no division."""
    lhs, rhs = evaluated(sympify(lhs)), evaluated(sympify(rhs))
    verdict = equal(diff(lhs, variable) * rhs, lhs * diff(rhs, variable), where, functions=functions)
    if verdict.status == "proved":
        how = f"the ratio's derivative in {variable} is zero: {verdict.strategy}"
        return Verdict("proved", how, points=verdict.points)
    return verdict


def nonnegative(
    expr: Expr, where: Sequence[Basic] = (), strict: bool = False, functions: Sequence[Functions] = ()
) -> Verdict:
    """Decide expr >= 0 (> 0 if `strict`): proved only if manifest from its form and its symbols' assumptions."""
    expr = evaluated(sympify(expr))
    refutation, effective = _attack(expr, S.Zero, where, POINTS, functions, _below)
    if refutation is not None:
        return refutation
    if effective and _manifest(expr, tuple(where), strict):
        return Verdict("proved", f"manifestly {'positive' if strict else 'non-negative'}", points=effective)
    return Verdict("undecided", points=effective)


def _below(left: Any, right: Any) -> bool:
    return bool(mpmath.im(left) == 0 == mpmath.im(right) and mpmath.re(left) < mpmath.re(right))


def at_most(
    lhs: Expr,
    rhs: Expr,
    where: Sequence[Basic] = (),
    gap: Expr | None = None,
    strict: bool = False,
    functions: Sequence[Functions] = (),
) -> Verdict:
    """Decide lhs <= rhs (< if `strict`) from a certificate: `gap` equals rhs - lhs and is manifestly non-negative.

    Without `gap` the difference itself, factored over a common denominator, has to be manifest.
    """
    difference = evaluated(sympify(rhs)) - evaluated(sympify(lhs))
    certificates = [evaluated(gap)] if gap is not None else [difference, together(difference), factored(difference)]
    verdict = Verdict("undecided")
    for certificate in certificates:
        verdict = nonnegative(certificate, where, strict, functions)
        if verdict.status == "refuted":
            return verdict if gap is None else Verdict("undecided", points=verdict.points)
        if verdict.status == "proved":
            same = equal(difference, certificate, where, functions=functions)
            if same.status == "proved":
                how = f"the gap is {verdict.strategy}: {same.strategy}"
                return Verdict("proved", how, points=same.points)
            return Verdict("undecided", points=same.points)
    return verdict


# ----------------------------------------------------------------------------------------------------------- refutation


def _attack(
    lhs: Basic,
    rhs: Basic,
    where: Sequence[Basic],
    count: int,
    functions: Sequence[Functions] = (),
    wrong: Callable = lambda left, right: True,
) -> tuple[Verdict | None, int]:
    """Look for a point where the sides differ at one precision and still differ, by as much, at a higher one.

    The second evaluation also takes other nodes for its quadratures and lets each operation err by its last digit:
    what only rounding, cancellation or an unsettled quadrature makes differ is not steady, and refutes nothing.
    The first point is always evaluated so; where floats see no difference at a later one, that is left at it.
    """
    instances = functions or [_some_functions(lhs, rhs)]
    pairs = [(instantiated(lhs, chosen), instantiated(rhs, chosen)) for chosen in instances]
    digits, most = _effort(*pairs[0])
    effective, best = 0, None
    symbols = variables(*(side for pair in pairs for side in pair))
    wanted = max(min(count, most), len(pairs))  # each instance has its turn
    for k, point in enumerate(points(symbols, where, wanted, seed_of(*pairs[0]))):
        lhs, rhs = pairs[k % len(pairs)]
        if k and _unsuspicious(lhs, rhs, point, wrong):
            effective += 1
            continue
        try:
            first = _values(lhs, rhs, point, digits[0])
            effective += 1
            if not _differ(first, digits[0]) or not wrong(*first):
                continue
            second = _values(lhs, rhs, point, digits[1], again=True)
        except (Undefined, NotImplementedError):
            continue
        steady = not any(_differ(pair, digits[0]) for pair in zip(first, second, strict=True))
        if steady and _differ(second, digits[0]) and wrong(*second):
            gap = abs(second[0] - second[1]) / (abs(second[0]) + abs(second[1]))
            if best is None or gap > best[0]:
                best = gap, {**point, **(instances[k % len(pairs)] if functions else {})}, second
            if gap > VISIBLE:
                break
    if best is None:
        return None, effective
    return Verdict("refuted", "numerical witness", best[1], best[2], effective), effective


def _unsuspicious(lhs: Basic, rhs: Basic, point: Point, wrong: Callable) -> bool:
    """Whether floats see nothing wrong at a point: sides equal to eight digits, or the other way round."""
    if isinstance(lhs, MatrixBase | MatrixExpr) or isinstance(rhs, MatrixBase | MatrixExpr):
        return False
    try:
        left, right = evaluated_roughly(lhs, point), evaluated_roughly(rhs, point)
    except (Undefined, NotImplementedError):
        return False
    size = abs(left) + abs(right)
    close = abs(left - right) <= 1e-8 * size
    return size > 1e-200 and (close or not wrong(left, right))  # what is smaller may have been lost on the way


def _effort(*sides: Basic) -> tuple[tuple[int, int], int]:
    """Digits and points worth spending: numerical integrals are slow, nested ones very slow."""
    if any(len(e.limits) > 1 or e.function.has(Integral) for side in sides for e in side.atoms(Integral)):
        return (10, 13), 1
    return ((20, 30), 3) if any(side.has(Integral, Limit, Sum) for side in sides) else (DIGITS, POINTS)


def _values(lhs: Basic, rhs: Basic, point: Point, digits: int, again: bool = False) -> tuple:
    """Both sides at one point, as numbers; of two matrices, the entries that differ most."""
    if isinstance(lhs, MatrixBase | MatrixExpr) or isinstance(rhs, MatrixBase | MatrixExpr):
        left, right = matrix_at(lhs, point), matrix_at(rhs, point)
        if left.shape != right.shape:
            raise ValueError(f"the sides have shapes {left.shape} and {right.shape}: they can't be equal")
        pairs = [
            (evaluated_at(a, {}, digits, again), evaluated_at(b, {}, digits, again))
            for a, b in zip(left, right, strict=True)
        ]
        return max(pairs, key=lambda pair: abs(pair[0] - pair[1]))
    return evaluated_at(lhs, point, digits, again), evaluated_at(rhs, point, digits, again)


def matrix_at(expr: Basic, point: Point) -> MatrixBase:
    """A matrix expression with exact rational matrices put in for its symbols."""
    scalars = {s: v for s, v in point.items() if isinstance(s, Symbol)}
    by_name = {s.name: v for s, v in point.items() if not isinstance(s, Symbol | IndexedBase)}

    def put(e: Basic) -> Basic:
        if getattr(e, "is_MatrixExpr", False) and getattr(e, "is_symbol", False):
            return by_name[e.name]
        if not e.args:
            return scalars.get(e, e)
        return e.func(*(put(a) for a in e.args))

    value = put(expr).doit()
    return value if isinstance(value, MatrixBase) else value.as_explicit()


def _canonical_matrix(expr: Basic, where: Sequence[Basic]) -> Basic:
    """Symmetric matrices without their transposes."""
    known = {c.arguments[0] for c in where if getattr(c, "function", None) in (Q.symmetric, Q.positive_definite)}
    return expr.replace(lambda e: isinstance(e, Transpose) and e.arg in known, lambda e: e.arg).doit()


def _differ(pair: tuple, digits: int) -> bool:
    left, right = pair
    return abs(left - right) > mpmath.mpf(10) ** (-digits // 2) * (abs(left) + abs(right) + mpmath.mpf(10) ** -digits)


def instantiated(expr: Basic, functions: Functions) -> Basic:
    """Put concrete functions in for undefined ones: what holds for every f holds for these."""
    if not functions:
        return expr
    expr = expr.replace(lambda e: isinstance(e, Derivative), _in_a_symbol)
    for f, law in functions.items():
        expr = expr.replace(f, law)
    return expr.replace(lambda e: isinstance(e, Subs), lambda e: e.doit())


def _in_a_symbol(e: Derivative) -> Expr:
    """F'(h(y)), which SymPy writes as a derivative in h(y), as one in a symbol, at h(y)."""
    for u in e.variables:
        if isinstance(u, AppliedUndef):
            slot = Dummy("slot", real=True)
            return Subs(Derivative(e.expr.xreplace({u: slot}), *(slot if v == u else v for v in e.variables)), slot, u)
    return e


def _some_functions(*sides: Basic) -> Functions:
    """A smooth function for each undefined one, where the caller names none."""
    applied = {a.func: len(a.args) for side in sides for a in side.atoms(AppliedUndef)}
    chosen = {}
    for k, f in enumerate(sorted(applied, key=str)):
        args = [Dummy(f"a{j}", real=True) for j in range(applied[f])]
        inner = Add(*(a * Rational(2 * j + 3, 7 + k) for j, a in enumerate(args)))
        chosen[f] = Lambda(tuple(args), exp(-inner / 5) + Rational(k + 2, 3) + inner**2 / 11)
    return chosen


# --------------------------------------------------------------------------------------------------------------- proofs


AUTOMATIC = "SymPy's automatic evaluation"


def _prove_zero(expr: Expr, where: tuple, depth: int = 0) -> Proof:
    """The name of the first strategy that reduces the expression to exactly zero, or None."""
    if expr == 0:
        return AUTOMATIC
    expr = with_derivatives(expr)
    names: list[str] = []
    if expr.has(AppliedUndef) and (proof := normal_zero(expr)):  # a change of variable would reach into f(x)
        return proof
    if expr.has(Limit):  # a change of variable could make it too large to take
        expr, names = closed_form(expr, where)
    for part, moved in _on_its_domain(expr, where):
        names += ["change of variable"] if moved else []
        closed, used = closed_form(part, where)
        names += used
        proof = "rational functions" if closed == 0 else None
        for strategy in STRATEGIES:
            if proof:
                break
            try:
                proof = strategy(closed, where, depth)
            except GIVES_UP:
                continue
        if not proof:
            return None
        names.append(proof)
    return joined(names)


def _on_its_domain(expr: Expr, where: tuple) -> list[tuple[Expr, bool]]:
    """The expression with each bounded symbol written by one declared positive, so that logs and roots may split.

    A bound that may be reached gives a second expression, with the bound put in (if it has a value there).
    """
    lows: dict[Symbol, tuple[Expr, bool]] = {}
    highs: dict[Symbol, tuple[Expr, bool]] = {}
    for c in where:
        if isinstance(c, Ne) and isinstance(c.lhs, Symbol) and c.rhs == 0 and c.lhs.is_real and not c.lhs.is_integer:
            if c.lhs.is_nonzero is None:
                expr = put(expr, c.lhs, Dummy(c.lhs.name, real=True, nonzero=True))
        elif isinstance(c, Relational) and c.rel_op in ("<", "<=", ">", ">="):
            reached = c.rel_op in ("<=", ">=")
            small, large = c.lts, c.gts
            if small.is_number and isinstance(large, Symbol):
                lows[large] = small, reached
            if large.is_number and isinstance(small, Symbol):
                highs[small] = large, reached
            root = small.base if isinstance(small, Pow) and small.exp == 2 else None
            if isinstance(root, Symbol) and root.is_real and large.is_number and large.is_positive:
                lows.setdefault(root, (-sqrt(large), reached))
                highs.setdefault(root, (sqrt(large), reached))
    parts = [(expr, False)]
    for s in sorted(set(lows) | set(highs), key=str):
        if not s.is_real:
            continue
        if s.is_integer:  # sums up to s are for induction on s itself
            if s in lows and not expr.has(Sum, Product):
                first = floor(lows[s][0]) + (0 if lows[s][1] and lows[s][0].is_integer else 1)
                more = Dummy(f"t_{s}", integer=True, nonnegative=True)
                parts = [(put(part, s, first + more), moved) for part, moved in parts]
            continue
        natural = (S.Zero, not s.is_positive) if s.is_nonnegative else None
        parts = [new for part in parts for new in _moved(*part, s, lows.get(s, natural), highs.get(s))]
    return parts


def _moved(expr: Expr, already: bool, s: Symbol, low: tuple | None, high: tuple | None) -> list[tuple[Expr, bool]]:
    t = Dummy(f"t_{s}", positive=True)
    if low is not None and high is not None:
        new = (low[0] + high[0] * t) / (1 + t)
    elif low is not None and low[0] != 0:
        new = low[0] + t
    elif low is None and high is not None:
        new = high[0] - t
    else:
        return [(expr, already)]
    if not expr.has(s):
        return [(expr, already)]
    moved = put(expr, s, new)
    parts = [(moved.replace(lambda e: isinstance(e, Add) and e.has(t) and e.is_rational_function(), factored), True)]
    for bound in (low, high):
        if bound is not None and bound[1]:
            at = put(expr, s, bound[0])
            if not at.has(S.NaN, oo, -oo, S.ComplexInfinity):
                parts.append((at, already))
    return parts


# ----------------------------------------------------------------------------------------------------------- strategies


def _algebraic_number(expr: Expr, where: tuple, depth: int) -> Proof:
    """A number made of roots is zero iff its minimal polynomial is x; so is each coefficient of a polynomial."""
    symbols = sorted(expr.free_symbols, key=default_sort_key)
    if expr.count_ops() > ALGEBRAIC_SIZE or not all(isinstance(s, Symbol) for s in symbols):
        return None
    numerator = fraction(together(expr))[0]
    coefficients = Poly(numerator, *symbols).coeffs() if symbols else [numerator]
    x = Dummy("x")
    if all(c.is_algebraic and minimal_polynomial(c, x) == x for c in coefficients):
        return "minimal polynomial"
    return None


def _gamma_products(expr: Expr, where: tuple, depth: int) -> Proof:
    if not expr.has(gamma, binomial, sym_factorial, beta):
        return None
    return "gammasimp" if normal_zero(gammasimp(expr.rewrite(gamma))) else None


def _telescoping(expr: Expr, where: tuple, depth: int) -> Proof:
    """Sums of one sequence between shifted ends differ by the terms at the ends."""
    sums = sorted((e for e in expr.atoms(Sum) if len(e.limits) == 1), key=default_sort_key)
    for first, second in permutations(sums, 2):
        (i, low, high), (j, start, stop) = first.limits[0], second.limits[0]
        for shift in range(-3, 4):
            if put(first.function, i, j + shift) != second.function or not surely_nonnegative(high - low, where):
                continue
            more, less = expand(stop + shift - high), expand(start + shift - low)
            if more.is_Integer and less.is_Integer and 0 <= less <= more <= 3:
                gained = Add(*(put(first.function, i, high + 1 + k) for k in range(int(more))))
                lost = Add(*(put(first.function, i, low + k) for k in range(int(less))))
                rest = expr.xreplace({second: first + gained - lost})
                if rest == 0 or normal_zero(rest):
                    return "telescoping sum"
    return None


def _equal_squares(expr: Expr, where: tuple, depth: int) -> Proof:
    """sqrt(B) = T if T^2 = B and T is not negative."""
    terms = Add.make_args(expr)
    for term in terms:
        root = [f for f in Mul.make_args(term) if isinstance(f, Pow) and f.exp == S.Half]
        for f in root:
            other = (term - expr) / (term / f)  # expr = 0 iff f = other
            if other.is_nonnegative and normal_zero(f.base - other**2):
                return "equal squares, both non-negative"
    return None


CASES = (Piecewise, Abs, Max, Min, sign, Heaviside)
DEEPEST_SPLIT = 4


def _case_split(expr: Expr, where: tuple, depth: int) -> Proof:
    """Cut the line of one symbol at each place where a case changes, and prove every part."""
    if not expr.has(*CASES) or depth == DEEPEST_SPLIT:
        return None
    expr = expr.replace(Heaviside, lambda a, h=S.Half: Piecewise((0, a < 0), (h, Relational(a, 0, "==")), (1, True)))
    expr = expr.rewrite(Piecewise)
    for condition in sorted(expr.atoms(Relational), key=default_sort_key):
        difference = condition.lhs - condition.rhs
        if difference.has(Piecewise):  # the cases within come first
            continue
        for s in sorted(difference.free_symbols & expr.free_symbols, key=default_sort_key):
            slope = diff(difference, s)
            if isinstance(s, Symbol) and s.is_extended_real and not slope.has(s) and slope.is_nonzero:
                return _split_at(expr, s, cancel(s - difference / slope), where, depth)
    return None


def _split_at(expr: Expr, s: Symbol, cut: Expr, where: tuple, depth: int) -> Proof:
    if not cut.is_extended_real:
        return None
    t = Dummy("t", positive=True)
    names = ["case split"]
    for new in (cut + t, cut, cut - t):
        if (s.is_positive and new.is_nonpositive) or (s.is_nonnegative and new.is_negative):
            continue
        part = evaluated(put(expr, s, new))
        proof = _prove_zero(part, where, depth + 1) if part != 0 else ""
        if proof is None:
            return None
        names.append(proof)
    return joined(names)


def _equal_derivatives(expr: Expr, where: tuple, depth: int) -> Proof:
    """A smooth function on an interval with zero derivative and one zero value is zero."""
    for s in sorted((v for v in expr.free_symbols if isinstance(v, Symbol)), key=default_sort_key):
        plain = _on_an_interval(s)
        if plain is None:
            continue
        moved = put(expr, s, plain)
        if not is_smooth(moved, plain):
            continue
        slope = diff(moved, plain)
        if slope.has(Derivative) or normal_zero(slope) is None:
            continue
        for value in (S.One, S.Zero, S.NegativeOne):
            if (plain.is_positive and value <= 0) or (plain.is_negative and value >= 0):
                continue
            at = put(moved, plain, value)
            if at == 0 or normal_zero(at) or (at.free_symbols and _equal_derivatives(at, where, depth)):
                return f"equal derivatives in {_plain(s)}, equal at {_plain(s)} = {value}"
    return None


def _on_an_interval(s: Symbol) -> Dummy | None:
    """A symbol that runs through a whole interval, of which s is a part; what else is known of s would cut it up."""
    if not s.is_extended_real:
        return None
    known = {"positive": True} if s.is_positive else {"negative": True} if s.is_negative else {"real": True}
    return Dummy(s.name, **known)


def _plain(s: Symbol) -> str:
    return s.name.removeprefix("t_") if isinstance(s, Dummy) else s.name


def _equal_exponentials(expr: Expr, where: tuple, depth: int) -> Proof:
    """If exp(expr) is 1 then expr is a multiple of 2 pi i; if it is continuous too, one and the same everywhere.

    A logarithm's argument that is smooth, real and never zero has one sign, so that the logarithm is smooth; it remains
    to see numerically which multiple it is, at one point. Where an argument's form does not exclude zero, exp(expr) = 1
    does, as long as the powers of all such arguments have one sign: none can make up for another.
    """
    if not expr.has(log):
        return None
    places = {s: _on_an_interval(s) for s in expr.free_symbols if isinstance(s, Symbol)}
    if None in places.values() or len(places) != len(expr.free_symbols):
        return None
    expr = expr.xreplace(places)
    product = S.One
    signs: set = set()  # of the powers of arguments that might be zero
    for term in Add.make_args(expand(expr)):
        logs = [f for f in Mul.make_args(term) if isinstance(f, log)]
        if len(logs) > 1 or any(log in map(type, preorder_traversal(a.args[0])) for a in logs):
            return None
        factor = term / logs[0] if logs else term
        smooth = (logs[0].args[0], factor) if logs else (term,)
        if not all(f.is_extended_real and is_smooth(f, s) for f in smooth for s in places.values()):
            return None
        product *= logs[0].args[0] ** factor if logs else exp(term)
        if logs and not all(is_smooth(logs[0], s) for s in places.values()):
            signs.add(sign(factor))
    if len(signs) > 1 or not signs <= {S.One, S.NegativeOne} or normal_zero(product - 1) is None:
        return None
    try:
        value = evaluate(expr, {s: Rational(-1 if s.is_negative else 1, 3) for s in expr.free_symbols})
    except (Undefined, NotImplementedError):
        return None
    return "equal exponentials" if abs(value) < 1 else None


def _induction(expr: Expr, where: tuple, depth: int) -> Proof:
    """For sums up to n, n - 1, ...: the value at n = 1 and the step from n to n + 1 are both zero."""
    ends = {lim[2] for e in expr.atoms(Sum) for lim in e.limits if len(e.limits) == 1}
    for s in sorted(set().union(*(end.free_symbols for end in ends)), key=default_sort_key):
        if not (isinstance(s, Symbol) and s.is_integer and s.is_positive):
            continue
        n = Dummy(s.name, integer=True, positive=True)  # whatever else is known of s need not hold of s + 1
        moved = put(expr, s, n)
        base, _ = closed_form(put(moved, n, S.One))
        step, _ = closed_form(_later(moved, n) - moved)
        if all(part == 0 or normal_zero(part) for part in (base, step)):
            return f"induction on {s}"
    return None


def _later(e: Basic, n: Symbol) -> Basic:
    """The expression at n + 1, the last term of each sum up to n + constant written apart."""
    if e == n:
        return n + 1
    if not e.args or not e.has(n):
        return e
    if isinstance(e, Sum) and len(e.limits) == 1:
        index, low, high = e.limits[0]
        reached = (high + 1 - low).is_nonnegative  # an empty sum may gain its first term, but no longer gap is closed
        if expand(high - n).is_Integer and reached and not low.has(n):
            body = _later(e.function, n)
            return Sum(body, (index, low, high)) + put(body, index, high + 1)
    return e.func(*(_later(a, n) for a in e.args))


DIVISIONS = 3


def _division_with_remainder(expr: Expr, where: tuple, depth: int) -> Proof:
    """floor(q + r/d) = q for whole q and 0 <= r < d; Mod(a, d) is a less d times that floor.

    Where that is not manifest, a symbol is divided by what it is divided by: a = d q + r, for each r if d is a number.
    """
    if not expr.has(floor, ceiling, Mod):
        return None
    expr = expr.replace(Mod, lambda a, d: a - d * floor(a / d)).replace(ceiling, lambda a: -floor(-a))
    return "division with remainder" if _divided(_by_facts(expr, where), DIVISIONS) else None


def _by_facts(expr: Expr, where: tuple) -> Expr:
    """Write what `where` says is larger as the smaller plus a gap, so that signs can be read off."""
    for c in where:
        if not isinstance(c, Relational) or c.rel_op not in ("<", "<=", ">", ">="):
            continue
        small, large, strict = c.lts, c.gts, c.rel_op in ("<", ">")
        whole = bool(small.is_integer and large.is_integer)
        gap = Dummy("g", nonnegative=True, integer=True) if whole else Dummy("g", positive=True)
        if isinstance(large, Symbol) and not small.has(large) and small.is_nonnegative and expr.has(large):
            expr = put(expr, large, small + gap + (1 if strict and whole else 0))
    return expr


def _divided(expr: Expr, rounds: int) -> bool:
    reduced = _with_floors(expr)
    if reduced == 0 or normal_zero(reduced):
        return True
    left = sorted(reduced.atoms(floor), key=default_sort_key)
    if not rounds or not left:
        return False
    for e in left:
        top, bottom = fraction(together(e.args[0]))
        for s in sorted(top.free_symbols - bottom.free_symbols, key=default_sort_key):
            for cases in _remainders(reduced, s, bottom):
                if all(_divided(case, rounds - 1) for case in cases):
                    return True
    return False


def _remainders(expr: Expr, s: Symbol, divisor: Expr) -> Iterator[list[Expr]]:
    """Ways to write a dividend as divisor times quotient plus remainder; each is a list of cases, all to be proved."""
    q = Dummy("q", integer=True, **({"nonnegative": True} if s.is_nonnegative else {}))
    if divisor.is_number or not s.is_integer:
        period = _period(expr, s)
        if s.is_integer:
            yield [put(expr, s, period * q + k) for k in range(period)]
        elif s.is_real:
            g = Dummy("g", nonnegative=True)
            q = Dummy("q", integer=True)
            yield [put(expr, s, q + k / Integer(period) + g / (period * (1 + g))) for k in range(period)]
        return
    for d in sorted(divisor.free_symbols, key=default_sort_key):
        if d.is_integer and d.is_positive:
            r, g = Dummy("r", integer=True, nonnegative=True), Dummy("g", integer=True, nonnegative=True)
            split = put(put(expr, s, d * q + r), d, r + 1 + g)
            yield [split]
            if s.is_positive:  # remainders 1 to d instead of 0 to d - 1
                yield [put(put(expr, s, d * q + r + 1), d, r + 1 + g)]


def _period(expr: Expr, s: Symbol) -> int:
    numbers = [diff(e.args[0], s) for e in expr.atoms(floor) if e.has(s)]
    whole = [n for n in numbers if n.is_Rational]
    if not all(s.is_integer or n.is_Integer for n in whole):
        return 1
    return min(int(ilcm(1, *(n.q if s.is_integer else abs(n.p) for n in whole))), 12)


def _with_floors(expr: Expr) -> Expr:
    """Each floor replaced by its value, from the inside out, where that is manifest."""
    if not expr.args or not expr.has(floor):
        return expr
    args = [_with_floors(a) for a in expr.args]
    return _floor(args[0]) if isinstance(expr, floor) else expr.func(*args)


def _floor(argument: Expr) -> Expr:
    top, bottom = fraction(together(argument))
    top, bottom = expand(top), expand(bottom)
    if not bottom.is_positive:
        return floor(argument)
    if bottom.is_number:
        parts = [t for t in Add.make_args(expand(top / bottom)) if t.is_integer]
    else:
        parts = [q for q in reduced_polynomial(top, [bottom])[0] if q.is_integer]
    whole = Add(*parts)
    rest = expand(top - whole * bottom)
    for shift in (0, 1, -1):
        remainder = expand(rest - shift * bottom)
        if remainder.is_nonnegative and expand(bottom - remainder).is_positive:
            return whole + shift
    return whole + floor(rest / bottom)


def _heuristic(expr: Expr, where: tuple, depth: int) -> Proof:
    """The last resort, and named as such: `simplify` must find zero under every one of several seeds."""
    if depth or expr.count_ops() > HEURISTIC_SIZE or expr.has(Integral, Sum, Product, Limit):
        return None
    for s in HEURISTIC_SEEDS:
        seed_sympy(s)
        if simplify(expr) != 0:
            return None
    return "simplify (a heuristic)"


STRATEGIES: tuple[Callable[[Expr, tuple, int], Proof], ...] = (
    lambda expr, where, depth: normal_zero(expr),
    _equal_squares,
    _algebraic_number,
    _gamma_products,
    _telescoping,
    _division_with_remainder,
    _case_split,
    _equal_exponentials,
    _equal_derivatives,
    _induction,
    _heuristic,
)


# --------------------------------------------------------------------------------------------------------- inequalities


def _manifest(expr: Expr, where: tuple, strict: bool) -> bool:
    """Non-negative (or positive) by form: sums and products of parts whose sign assumptions and `where` settle."""
    return all(_manifest_form(part, where, strict) for part, _ in _on_its_domain(with_derivatives(expr), where))


def _manifest_form(expr: Expr, where: tuple, strict: bool) -> bool:
    for c in where:  # a difference that `where` makes non-negative may stand as a part of the form
        if isinstance(c, Relational) and c.rel_op in ("<", "<=", ">", ">="):
            sign_of_gap = {"positive": True} if c.rel_op in ("<", ">") else {"nonnegative": True}
            expr = expr.subs(c.gts - c.lts, Dummy("gap", **sign_of_gap))
    integrals = {e: Dummy("integral", nonnegative=True) for e in expr.atoms(Integral) if _manifest_integral(e, where)}
    expr = expr.xreplace(integrals)
    return any(f.is_positive if strict else f.is_nonnegative for f in (expr, factored(expr)))


def _manifest_integral(e: Integral, where: tuple) -> bool:
    """The integrand is manifestly non-negative between the limits, which stand in order."""
    if len(e.limits) > 1 or len(e.limits[0]) < 3:
        return False
    x, low, high = e.limits[0]
    if low.has(oo, -oo) or not (high == oo or surely_nonnegative(expand(high - low), where)):
        return False
    t = Dummy("t", positive=True)
    return _manifest_form(put(e.function, x, low + t if high == oo else (low + high * t) / (1 + t)), where, False)
