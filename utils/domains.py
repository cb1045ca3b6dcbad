"""Points that satisfy a symbol's assumptions: where a statement is tried before it is believed.

Points are exact rationals, drawn from the declared assumptions and conditions in three regimes (small, of order one,
large), so that an error that hides at sigma = 1 or n = 1 has nowhere left to hide. SymPy only.
"""

import hashlib
import random
from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import prod
from typing import TypeAlias

from sympy import (
    Add,
    Basic,
    Dummy,
    Ge,
    Gt,
    ImmutableMatrix,
    Indexed,
    IndexedBase,
    Integer,
    Le,
    Lt,
    MatrixSymbol,
    Mul,
    Ne,
    Pow,
    Q,
    Rational,
    Symbol,
    eye,
)
from sympy.assumptions import AppliedPredicate
from sympy.core.parameters import global_parameters
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanFalse, BooleanTrue

__all__ = ["Point", "evaluated", "holds", "points", "seed_of", "variables"]

Declared: TypeAlias = list[tuple[str, bool]]
Variable: TypeAlias = Symbol | IndexedBase | MatrixSymbol
# Variable -> Rational, tuple of Rationals or of rows of them (IndexedBase), or ImmutableMatrix (MatrixSymbol)
Point: TypeAlias = dict

REGIMES = ((Rational(1, 40), Rational(1, 4)), (Rational(1, 3), Rational(3)), (Rational(4), Rational(40)))
INTEGERS = ((1, 3), (4, 12), (13, 40))
SPECIAL = {Rational(0), Rational(1), Rational(-1), Rational(2), Rational(1, 2)}
ASSUMED = ("positive", "negative", "nonnegative", "nonpositive", "zero", "integer", "even", "odd", "prime", "composite")
SIGNS = {  # SymPy's own `is_positive` and so on work their way through its rules
    "positive": lambda value: value.p > 0,
    "negative": lambda value: value.p < 0,
    "nonnegative": lambda value: value.p >= 0,
    "nonpositive": lambda value: value.p <= 0,
    "zero": lambda value: value.p == 0,
    "integer": lambda value: value.q == 1,
}
GRID = 360  # points are multiples of 1/360: exact, short to print, and rich in factors
TRIES_PER_POINT = 200


def evaluated(expr: Basic) -> Basic:
    """The same tree with SymPy's automatic evaluation back on (integrals, sums and limits stay as they are)."""
    return _evaluated(expr, global_parameters.evaluate)


@lru_cache(maxsize=20_000)  # a mutant shares all but one path with the printed side, and a link its term with the next
def _evaluated(expr: Basic, evaluating: bool) -> Basic:
    """`evaluating`, SymPy's switch, is an argument since the result hangs on it."""
    if not expr.args or isinstance(expr, Indexed | IndexedBase | MatrixSymbol):
        return expr
    return expr.func(*(_evaluated(arg, evaluating) for arg in expr.args))


def variables(*exprs: Basic) -> list[Variable]:
    """The free variables of the expressions, vectors and matrices included, sorted by name."""
    found: set[Variable] = set()
    for expr in exprs:
        bases = expr.atoms(IndexedBase)
        labels = {base.label for base in bases}
        free = {s for s in expr.free_symbols if not isinstance(s, Indexed | IndexedBase)}
        found |= bases | {s for s in free if s not in labels and not isinstance(s, Dummy)}
    return sorted(found, key=lambda s: (str(s), type(s).__name__))


def seed_of(*exprs: object) -> int:
    """A seed that depends on what is written, not on the process (Python's own hash is salted anew in each)."""
    text = "\x1f".join(str(e) for e in exprs)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def points(symbols: Iterable[Variable], where: Sequence[Basic] = (), count: int = 24, seed: int = 0) -> list[Point]:
    """Draw `count` distinct points at which every assumption and every condition of `where` holds.

    `symbols`: Symbols (real, positive, integer, ... declared), IndexedBases (vectors and tables, drawn longer than any
    integer symbol, so that a shifted index still finds an entry) and MatrixSymbols.
    `where`: relationals (p < 1) and, for matrices, Q.positive_definite, Q.symmetric, Q.orthogonal.
    Raises ValueError for a symbol without a domain, and when no point can be found.
    """
    symbols = list(symbols)
    rng = random.Random(seed)
    conditions = []
    for condition in where:
        if isinstance(condition, BooleanTrue):
            continue
        if isinstance(condition, BooleanFalse):
            raise ValueError("`where` holds a condition that is never true: no point is left to test; drop it")
        if not isinstance(condition, Relational | AppliedPredicate):
            raise ValueError(f"`where` takes relationals and matrix predicates (got {condition!r}): write e.g. p < 1")
        conditions.append(condition)
    symbols += [s for s in variables(*conditions) if s not in symbols]  # they may have cancelled from the statement
    for symbol in symbols:
        _require_domain(symbol)
    relationals = [c for c in conditions if isinstance(c, Relational)]
    scalars = [s for s in symbols if isinstance(s, Symbol)]
    sizes = {d for s in symbols if len(_shape(s)) == 2 for d in _shape(s) if isinstance(d, Symbol)}
    scalars += sorted(sizes - set(scalars), key=str)
    bounds = {s: _bounds(s, relationals) for s in scalars}
    declared = {s: _declared(s) for s in scalars}
    drawn: list[Point] = []
    seen = set()
    for _ in range(TRIES_PER_POINT * count):
        if len(drawn) == count:
            break
        point: Point = {s: _scalar(s, rng, *bounds[s], declared[s], small=s in sizes) for s in scalars}
        if any(value is None for value in point.values()):
            continue
        if not all(holds(c, point) for c in relationals):
            continue
        longest = max([int(v) for s, v in point.items() if s.is_integer] + [3])
        for s in symbols:
            if isinstance(s, IndexedBase):
                point[s] = _entries(s, longest + 3, rng)
            elif isinstance(s, MatrixSymbol):
                point[s] = _matrix(s, point, conditions, rng)
        key = tuple(point[s] for s in scalars)
        if key in seen and len(symbols) == len(scalars):
            continue
        seen.add(key)
        drawn.append(point)
    if not drawn:
        names = ", ".join(map(str, symbols))
        raise ValueError(f"no point satisfies `where` = {list(where)} for {names}: widen the conditions")
    return drawn


def _entry(base: IndexedBase) -> Symbol:
    assumptions = {
        k: v for k, v in base.assumptions0.items() if k in ("real", "positive", "nonnegative", "integer") and v
    }
    return Symbol(str(base), **assumptions)


def _shape(s: Variable) -> tuple:
    return () if isinstance(s, Symbol) else s.shape or ()


def _entries(base: IndexedBase, length: int, rng: random.Random) -> tuple:
    """Numbers for a vector, or rows of them for a table."""
    entry = _entry(base)
    low, high = _bounds(entry, ())
    declared = _declared(entry)

    def number() -> Rational:
        value = None
        while value is None:
            value = _scalar(entry, rng, low, high, declared)
        return value

    if len(_shape(base)) == 2:
        return tuple(tuple(number() for _ in range(length)) for _ in range(length))
    return tuple(number() for _ in range(length))


def _require_domain(symbol: Variable) -> None:
    subject = _entry(symbol) if isinstance(symbol, IndexedBase) else symbol
    if isinstance(symbol, Symbol | IndexedBase) and not subject.is_extended_real:
        raise ValueError(
            f"`{symbol}` has no domain: declare it, e.g. Symbol('{symbol}', real=True) or positive=True, integer=True"
        )


def holds(condition: Basic, point: Point) -> bool:
    """Whether a condition on scalars is true at the point; one on vectors or matrices is left to the matrix sampler."""
    # Most points fail, and by a wide margin: floats see that two hundred times sooner than exact numbers do.
    try:
        (left, size), (right, other) = (_roughly(side, point) for side in condition.args)
    except (KeyError, ValueError, OverflowError, ZeroDivisionError):  # not a rational condition with two sides
        pass
    else:
        if abs(left - right) > 1e-6 * (size + other):
            return isinstance(condition, Gt | Ge | Ne if left > right else Lt | Le | Ne)
    value = condition.xreplace(point)
    return value is True or value == True  # noqa: E712  (a SymPy true is not Python's)


def _roughly(e: Basic, point: Point) -> tuple[float, float]:
    """A rational expression in floats, and how large what was added up to it is; KeyError for any other."""
    if isinstance(e, Symbol):
        e = point[e]
    if isinstance(e, Rational):
        value = e.p / e.q
        return value, abs(value)
    if isinstance(e, Add):
        parts = [_roughly(arg, point) for arg in e.args]
        return sum(value for value, _ in parts), sum(size for _, size in parts)
    if isinstance(e, Mul):
        parts = [_roughly(arg, point) for arg in e.args]
        return prod(value for value, _ in parts), prod(size for _, size in parts)
    if isinstance(e, Pow) and isinstance(e.exp, Integer):
        value, size = _roughly(e.base, point)
        if abs(value) > 1e-3 * size:  # else what was lost in the base would be lost several times over
            value = value ** int(e.exp)
            return value, abs(value)
    raise KeyError(e)


def _bounds(symbol: Symbol, conditions: Sequence[Relational]) -> tuple[Rational | None, Rational | None]:
    """Numeric bounds on a bare symbol among the conditions (others are met by rejection)."""
    low: Rational | None = Rational(0) if symbol.is_nonnegative else None
    high: Rational | None = Rational(0) if symbol.is_nonpositive else None
    for c in conditions:
        left, right = c.args
        if left == symbol and right.is_number:
            bound, above = right, isinstance(c, Gt | Ge)
        elif right == symbol and left.is_number:
            bound, above = left, isinstance(c, Lt | Le)
        else:
            continue
        if isinstance(c, Ne):
            continue
        if above:
            low = bound if low is None else max(low, bound)
        else:
            high = bound if high is None else min(high, bound)
    return low, high


def _scalar(symbol: Symbol, rng: random.Random, low, high, declared: Declared, small: bool = False) -> Rational | None:
    if symbol.is_integer:
        return _integer(symbol, rng, low, high, declared, small)
    regime = rng.randrange(3)
    if low is not None and high is not None:
        share = (Rational(rng.randint(1, 40), GRID), Rational(rng.randint(60, 300), GRID))[regime % 2]
        value = low + (high - low) * (share if regime < 2 else 1 - Rational(rng.randint(1, 40), GRID))
    else:
        start, stop = REGIMES[regime]
        step = Rational(rng.randint(int(start * GRID), int(stop * GRID)), GRID)
        if low is not None:
            value = low + step
        elif high is not None:
            value = high - step
        else:
            value = step * rng.choice((-1, 1))
    return None if value in SPECIAL or not _fits(declared, value) else value


def _integer(symbol: Symbol, rng: random.Random, low, high, declared: Declared, small: bool) -> Rational | None:
    start, stop = INTEGERS[0 if small else rng.randrange(3)]
    if low is not None and high is not None:
        value = rng.randint(int(low), int(high))
    elif low is not None:
        value = int(low) + rng.randint(start, stop) - rng.randint(0, 1)
    elif high is not None:
        value = int(high) - rng.randint(start, stop) + rng.randint(0, 1)
    else:
        value = rng.randint(start, stop) * rng.choice((-1, 1))
    if symbol.is_even:
        value *= 2
    elif symbol.is_odd:
        value = 2 * value + 1
    return Rational(value) if _fits(declared, Rational(value)) else None


def _declared(symbol: Symbol) -> Declared:
    """What is declared of a symbol and can be false of a number."""
    return [(q, known) for q in ASSUMED if (known := getattr(symbol, f"is_{q}")) is not None]


def _fits(declared: Declared, value: Rational) -> bool:
    """Whether nothing declared of a symbol is false of the value."""
    by_hand = SIGNS if isinstance(value, Rational) else {}  # a bound may be π
    return all(known == (by_hand[q](value) if q in by_hand else getattr(value, f"is_{q}")) for q, known in declared)


def _matrix(symbol: MatrixSymbol, point: Point, conditions: Sequence[Basic], rng: random.Random) -> ImmutableMatrix:
    """An exact rational matrix with the asked-for structure (orthogonal ones by Cayley's transform)."""
    rows, columns = (int(point.get(d, d)) for d in symbol.shape)
    draw = ImmutableMatrix(rows, columns, lambda i, j: Rational(rng.randint(-40, 40) or 7, 12))
    asked = {c.function for c in conditions if isinstance(c, AppliedPredicate) and c.arguments[0] == symbol}
    if Q.positive_definite in asked:
        return draw * draw.T + eye(rows) / 3
    if Q.orthogonal in asked:
        skew = draw - draw.T
        return (eye(rows) - skew) * (eye(rows) + skew).inv()
    if Q.symmetric in asked:
        return draw + draw.T
    return draw
