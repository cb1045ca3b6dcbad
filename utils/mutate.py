"""One-edit mutants of an expression: the misprints a check has to catch. SymPy only.

Edits follow the errors that books really shipped: a flipped sign, a lost term, factor or function, a wrong exponent, a
reciprocal, a doubled term, two symbols confused, an index off by one, arguments or matrices in the wrong order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from sympy import (
    Add,
    Basic,
    Derivative,
    Function,
    Indexed,
    IndexedBase,
    Integral,
    Limit,
    MatAdd,
    MatMul,
    MatrixBase,
    MatrixExpr,
    MatrixSymbol,
    Max,
    Min,
    Mul,
    Piecewise,
    Pow,
    Product,
    S,
    Sum,
    Symbol,
    Tuple,
    ceiling,
    floor,
    sympify,
)
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.functions.elementary.piecewise import ExprCondPair
from sympy.matrices.expressions.inverse import Inverse
from sympy.matrices.expressions.transpose import Transpose

from utils.domains import evaluated, variables

__all__ = ["Mutant", "mutants"]


@dataclass(frozen=True)
class Mutant:
    """An expression that differs from the printed one by one edit of the named `kind`."""

    kind: str
    old: Basic
    new: Basic
    expr: Basic

    @property
    def edit(self) -> str:
        """What became what, for the message that names a survivor: to print every mutant would take as long again."""
        return f"{self.old} → {self.new}"


def mutants(expr: Basic) -> list[Mutant]:
    """All one-edit mutants of an expression, those that SymPy sees to be the same (or undefined) left out.

    Order and content depend on the expression alone.
    """
    expr = sympify(expr)
    seen = {evaluated(expr)}
    found = []
    for kind, old, new, whole in _edits(expr):
        try:
            value = evaluated(whole)
        except (ValueError, TypeError, ZeroDivisionError, AttributeError):
            continue  # SymPy refuses the edited tree: the edit does not apply
        if value in seen or value.has(S.NaN, S.ComplexInfinity):
            continue
        seen.add(value)
        found.append(Mutant(kind, old, new, value))
    return found


def _edits(expr: Basic) -> Iterator[tuple[str, Basic, Basic, Basic]]:
    """(kind, old part, new part, whole expression with the new part in place)."""
    symbols = [v for v in variables(expr) if isinstance(v, Symbol)]
    for a, b in combinations(symbols, 2):
        if not _confusable(a, b):
            continue
        yield "swapped symbols", a, b, expr.xreplace({a: b, b: a})
    for path, node, parent in _nodes(expr, (), None):
        for kind, new in _variants(node, parent, symbols):
            yield kind, node, new, _put(expr, path, new)


def _confusable(a: Symbol, b: Symbol) -> bool:
    """A count and a quantity are not mistaken for each other (and the limit of a sum can't be a fraction)."""
    return a != b and bool(a.is_integer) == bool(b.is_integer)


def _nodes(e: Basic, path: tuple, parent: Basic | None) -> Iterator[tuple[tuple, Basic, Basic | None]]:
    yield path, e, parent
    if isinstance(e, ExprCondPair):
        yield from _nodes(e.expr, (*path, 0), e)
        return
    if isinstance(e, Integral | Limit | IndexedBase | MatrixSymbol | Tuple):
        return
    if isinstance(e, MatrixBase):
        for k, entry in enumerate(e):
            yield from _nodes(entry, (*path, k), e)
        return
    start = 1 if isinstance(e, Indexed) else 0
    for k, arg in enumerate(e.args):
        power = isinstance(e, Inverse) and k == 1  # always -1: SymPy takes no other
        if k >= start and not isinstance(arg, Relational) and not power:
            yield from _nodes(arg, (*path, k), e)


def _put(e: Basic, path: tuple, new: Basic) -> Basic:
    if not path:
        return new
    if isinstance(e, MatrixBase):
        entries = list(e)
        entries[path[0]] = _put(entries[path[0]], path[1:], new)
        return e.func(*e.shape, entries)
    args = list(e.args)
    args[path[0]] = _put(args[path[0]], path[1:], new)
    # SymPy 1.14 takes floor of an unevaluated zero for 0 or for -1, as the hash seed has it: `evaluated` comes later,
    # and evaluates from the inside.
    if isinstance(e, Add | Mul | Pow | floor | ceiling):
        return e.func(*args, evaluate=False)
    return e.func(*args)


def _variants(e: Basic, parent: Basic | None, symbols: list[Symbol]) -> Iterator[tuple[str, Basic]]:
    if getattr(parent, "is_Matrix", False) or parent is None or not isinstance(e, MatrixExpr | MatrixBase):
        yield from _scalar_variants(e, parent, symbols)
    if isinstance(e, MatrixExpr):
        yield from _matrix_variants(e)


def _scalar_variants(e: Basic, parent: Basic | None, symbols: list[Symbol]) -> Iterator[tuple[str, Basic]]:
    if isinstance(parent, Sum | Product) and e is not parent.args[0]:
        index, low, high = e.args
        for shifted in ((index, low + 1, high), (index, low - 1, high), (index, low, high - 1), (index, low, high + 1)):
            yield "index", e.func(*shifted)
        return
    if isinstance(e, IndexedBase | Tuple) or not getattr(e, "is_commutative", False) or isinstance(e, MatrixBase):
        return
    if isinstance(parent, Indexed):
        yield "index", e + 1
        yield "index", e - 1
        return
    if parent is None or isinstance(parent, Add):
        yield "sign", -e
    if not isinstance(parent, Mul):
        yield "factor", 2 * e
    if isinstance(e, Add | Mul):
        for k, arg in enumerate(e.args):
            rest = [a for j, a in enumerate(e.args) if j != k]
            kind = "dropped term" if isinstance(e, Add) else "sign" if arg == -1 else "dropped factor"
            yield kind, e.func(*rest)
    if isinstance(e, Pow):
        yield "reciprocal", Pow(e.base, -e.exp)
        if e.exp != -1:
            yield "exponent", Pow(e.base, e.exp + 1)
            yield "exponent", Pow(e.base, e.exp - 1)
    if e.is_Number and not isinstance(parent, Pow) and e not in (-1, 0):
        yield "number", e + 1
    if isinstance(e, Function) and len(e.args) == 1 and not isinstance(e, AppliedUndef):
        yield "dropped function", e.args[0]
    if isinstance(e, Derivative):
        yield "dropped derivative", e.expr
    if isinstance(e, Function) and len(e.args) == 2:
        yield "swapped arguments", e.func(*reversed(e.args))
    if isinstance(e, Indexed) and len(e.indices) == 2:
        yield "swapped indices", e.func(e.base, *reversed(e.indices))
    if isinstance(e, Piecewise) and len(e.args) > 1:
        values, conditions = zip(*((a.expr, a.cond) for a in e.args), strict=True)
        yield "swapped branches", Piecewise(*zip((*values[1:], values[0]), conditions, strict=True))
    for one, other in ((Max, Min), (floor, ceiling)):
        if isinstance(e, one):
            yield "wrong function", other(*e.args)
        elif isinstance(e, other):
            yield "wrong function", one(*e.args)
    if e in symbols:
        for other in symbols:
            if _confusable(e, other):
                yield "wrong symbol", other


def _matrix_variants(e: MatrixExpr) -> Iterator[tuple[str, Basic]]:
    if isinstance(e, MatAdd):
        for k, arg in enumerate(e.args):
            rest = [a for j, a in enumerate(e.args) if j != k]
            yield "sign", MatAdd(-arg, *rest)
            yield "dropped term", MatAdd(*rest) if len(rest) > 1 else rest[0]
    if isinstance(e, MatMul):
        for k in range(len(e.args) - 1):
            yield "matrix order", MatMul(*e.args[:k], e.args[k + 1], e.args[k], *e.args[k + 2 :])
        if e.args[0] == -1:
            yield "sign", MatMul(*e.args[1:]) if len(e.args) > 2 else e.args[1]
    if isinstance(e, Transpose):
        yield "transpose", e.arg
    elif isinstance(e, Inverse):
        yield "reciprocal", e.arg
    elif isinstance(e, MatrixSymbol) and e.shape[0] == e.shape[1]:
        yield "transpose", e.T
        yield "reciprocal", e.inverse()
    if not isinstance(e, MatrixSymbol):
        yield "factor", 2 * e
