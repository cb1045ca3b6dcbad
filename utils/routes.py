"""Numerical roads to a quantity: how a route is called, kept away from the printed tree, and compared with it."""

import dis
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import CodeType, FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import sympy
from scipy.special import ndtri
from sympy import (
    Abs,
    Add,
    Basic,
    Derivative,
    Expr,
    ImmutableDenseNDimArray,
    Indexed,
    IndexedBase,
    Integer,
    Integral,
    Limit,
    MatrixBase,
    MatrixExpr,
    Mul,
    Number,
    NumberSymbol,
    Pow,
    Product,
    S,
    Sum,
    Symbol,
    exp,
    lambdify,
    log,
)
from sympy.core.function import AppliedUndef, UndefinedFunction

from utils import prove
from utils.domains import Point, evaluated, seed_of, variables
from utils.estimate import FALSE_ALARM, POWER, Estimate

__all__ = [
    "FUNCTIONS",
    "SLOW",
    "ClaimError",
    "Route",
    "Stated",
    "Truth",
    "at_point",
    "numbers",
    "padded",
    "short",
    "shown",
]


class Stated:
    """Anything that has been put into print: what a route must not reach."""


class ClaimError(AssertionError):
    """A claim did not pass. The message names the claim, what was wrong, and how to mend it."""

    def __init__(self, label: str, wrong: str, mend: str) -> None:
        super().__init__(f"claim “{label}”: {wrong}. {mend}")


@dataclass
class Truth:
    """What the route found at each point, and how far a value may lie from it. Arrays are (points, entries)."""

    values: np.ndarray
    error: np.ndarray | None  # standard errors, for a Monte Carlo route
    rtol: float
    atol: float

    def allowed(self, others: np.ndarray) -> np.ndarray:
        if self.error is None:
            return self.rtol * np.maximum(np.abs(self.values), np.abs(others)) + self.atol
        return -ndtri(FALSE_ALARM / self.values.size / 2) * self.error

    def misses(self, others: np.ndarray) -> np.ndarray:
        """Where finite values lie too far from the route's (NaN counts as no evidence)."""
        with np.errstate(invalid="ignore"):
            return np.abs(others - self.values) > self.allowed(others)

    def resolves(self, printed: np.ndarray, others: np.ndarray) -> bool:
        """Whether a Monte Carlo route would tell these values from the printed ones with the stated power."""
        if self.error is None:
            return True
        with np.errstate(invalid="ignore"):
            reach = self.allowed(others) + ndtri(POWER) * self.error
            return bool(np.any(np.abs(others - printed) > reach))


SLOW = (Sum, Product, Integral, Derivative, Limit, Indexed, MatrixExpr)


Columns = dict[Basic, np.ndarray]
FUNCTIONS = "functions"  # the entry of a point that says what its undefined functions stand for


def numbers(expr: Basic, at: Sequence[Point], columns: Columns | None = None) -> np.ndarray:
    """Values of a printed side, shape (points, entries); NaN where it has no finite real value.

    `columns` keeps the values of its parts: pass one dictionary along with the same points, and mutants, which share
    all but one part with the original, cost next to nothing.
    """
    if not isinstance(expr, MatrixExpr) and expr.has(AppliedUndef):
        return _by_instance(expr, at)
    entries = list(expr) if isinstance(expr, MatrixBase) else [expr]
    if any(e.has(*SLOW) for e in entries):
        return padded([at_point(expr, p) for p in at])
    columns = {} if columns is None else columns
    rows = []
    for e in entries:
        try:
            with np.errstate(all="ignore"):
                column = _column(e, at, columns)
            real = np.where(np.imag(column) == 0, np.real(column), np.nan)
            rows.append(np.broadcast_to(real.astype(float), len(at)))
        except (TypeError, ValueError, NameError, ZeroDivisionError, OverflowError, AttributeError):
            return padded([at_point(expr, p) for p in at])
    values = np.stack(rows, axis=1)
    return np.where(np.isfinite(values), values, np.nan)


def _by_instance(expr: Basic, at: Sequence[Point]) -> np.ndarray:
    """Values where undefined functions occur: each point brings its own instance of them."""
    found: list[Any] = [None] * len(at)
    for functions in {id(p[FUNCTIONS]): p[FUNCTIONS] for p in at}.values():
        mine = [k for k, p in enumerate(at) if p[FUNCTIONS] is functions]
        concrete = prove.instantiated(expr, functions)
        for k, row in zip(mine, numbers(concrete, [at[k] for k in mine]), strict=True):
            found[k] = row
    return padded(found)


def _column(e: Basic, at: Sequence[Point], columns: Columns) -> np.ndarray:
    """The values of an expression at all points, in floats, through those of its parts."""
    found: Any = columns.get(e)
    if found is not None:
        return found
    if isinstance(e, Symbol):
        found = np.array([float(p[e]) for p in at])
    elif isinstance(e, Number | NumberSymbol):
        found = np.float64(e)
    elif isinstance(e, Pow):
        base = _column(e.base, at, columns)
        if isinstance(e.exp, Integer):
            found = base ** int(e.exp)
        else:
            found = np.sqrt(base) if e.exp == S.Half else base ** _column(e.exp, at, columns)
    elif type(e) in _FUNCTIONS:
        found = _FUNCTIONS[type(e)](*(_column(arg, at, columns) for arg in e.args))
    else:  # rarer functions, cases and conditions: SymPy writes the NumPy code
        symbols = [v for v in variables(e) if isinstance(v, Symbol)]
        values = [_column(s, at, columns) for s in symbols]
        found = np.asarray(lambdify(symbols, e, modules=["scipy", "numpy"])(*values))
    columns[e] = found
    return found


_FUNCTIONS: dict[type, Callable] = {
    Add: lambda *terms: sum(terms[1:], terms[0]),
    Mul: lambda *factors: math.prod(factors[1:], start=factors[0]),
    exp: np.exp,
    log: np.log,
    Abs: np.abs,
}


def padded(rows: Sequence[Any]) -> np.ndarray:
    """Rows of different lengths (matrices of 1, 2, 3, ... dimensions) as one array, filled up with zeros."""
    width = max(map(len, rows))
    return np.array([[*row, *[0.0] * (width - len(row))] for row in rows])


def at_point(expr: Basic, p: Point) -> list[float]:
    if isinstance(expr, MatrixExpr):
        try:
            return [float(v) for v in prove.matrix_at(expr, p)]
        except (ValueError, TypeError, AttributeError):  # a singular matrix, or shapes that do not fit
            return [np.nan]
    found = []
    for e in list(expr) if isinstance(expr, MatrixBase) else [expr]:
        try:
            value = complex(prove.evaluate(e, p, 20))
            found.append(value.real if value.imag == 0 else np.nan)
        except (prove.Undefined, IndexError, KeyError):
            found.append(np.nan)
    return found


def _argument(s: Basic, p: Point) -> Any:
    """A point's entry as a route receives it: float, int, float array, or function of floats."""
    if isinstance(s, UndefinedFunction):
        law = p[FUNCTIONS][s]
        return lambdify(law.variables, law.expr, modules=["scipy", "numpy"])
    value = p[s]
    if isinstance(s, IndexedBase):
        lengths = [int(d.subs({k: v for k, v in p.items() if isinstance(k, Symbol)})) for d in s.shape]
        return np.array(value, dtype=float)[tuple(slice(1, length + 1) for length in lengths)]
    if isinstance(value, MatrixBase):
        return np.array(value.tolist(), dtype=float)
    return int(value) if s.is_integer else float(value)


def _forbidden(call: FunctionType, seen: set[int]) -> str | None:
    """The name under which a route reaches a symbolic expression (or a function made from one), if it does."""
    cells = zip(call.__code__.co_freevars, call.__closure__ or (), strict=True)
    enclosed = {name: cell.cell_contents for name, cell in cells}
    reached = {name: call.__globals__[name] for name in _names(call.__code__) if name in call.__globals__}
    for name, value in sorted({**reached, **enclosed}.items()):
        if id(value) in seen:
            continue
        seen.add(id(value))
        for part in (value, *_parts(value)):
            if isinstance(part, Stated | MatrixBase) or (isinstance(part, Basic) and not isinstance(part, Number)):
                return name
            if getattr(part, "__name__", "") == "utils.claims" and isinstance(part, ModuleType):
                return name
            if isinstance(part, FunctionType):
                made = part.__code__.co_filename.startswith("<lambdifygenerated")
                if made or (part.__module__ or "").startswith(("sympy", "utils.claims")):
                    return name
                if part.__globals__ is call.__globals__:  # a helper of the same notebook: look inside
                    found = _forbidden(part, seen)
                    if found:
                        return f"{name} → {found}"
    return None


def _parts(value: Any) -> list:
    """What a container, a method or a wrapped function holds."""
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    if isinstance(value, MethodType):
        return [value.__self__]
    if isinstance(value, partial):
        return [value.func, *value.args, *value.keywords.values()]
    return [value.pyfunc] if isinstance(value, np.vectorize) else []


def _automatic(retyped: Expr, side: Expr) -> bool:
    """Whether the two may be one by SymPy's automatic evaluation: what is not need not be tried at points first."""
    if isinstance(retyped, MatrixExpr) or isinstance(side, MatrixExpr):
        return True
    return evaluated(retyped) - evaluated(side) == 0


def _has_bare_array(expr: Basic) -> bool:
    """Whether arithmetic was done on a whole vector, as no printed scalar does."""
    if isinstance(expr, IndexedBase):
        return True
    return not isinstance(expr, Indexed) and any(map(_has_bare_array, expr.args))


def _names(code: CodeType) -> set[str]:
    """Global names that the code loads (attributes such as the sqrt of np.sqrt are not among them)."""
    loads = {k.argval for k in dis.get_instructions(code) if k.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    nested = (c for c in code.co_consts if isinstance(c, CodeType))
    return loads.union(*(_names(c) for c in nested))


@dataclass
class Route:
    """A numerical road to the left-hand side, and the guard that keeps it away from the printed right-hand side."""

    call: Any  # a function, tested below
    label: str
    seed: int = 0
    parameters: list[str] = field(init=False)

    def __post_init__(self) -> None:
        if not isinstance(self.call, FunctionType):
            raise ClaimError(self.label, f"the route {self.call!r} is not a function", "Write it with def")
        self.parameters = list(inspect.signature(self.call).parameters)
        self.name = self.call.__name__.replace("_", " ").strip()
        self.doc = (inspect.getdoc(self.call) or "").strip()
        if not self.doc:
            raise ClaimError(self.label, f"the route `{self.name}` has no docstring", "Say in a line what it computes")

    def guard(
        self, known: Sequence[Basic], printed: Sequence[Basic], functions: Sequence[prove.Functions] = ()
    ) -> None:
        """Refuse unknown parameters and routes that evaluate the printed tree, by name or retyped."""
        names = {str(s) for s in known}
        unknown = [p for p in self.parameters if p not in names | {"rng"}]
        if unknown:
            wrong = f"the route takes {unknown}, which the claim does not have"
            raise ClaimError(self.label, wrong, f"Use its names: {sorted(names)} (and rng for a generator)")
        found = _forbidden(self.call, set())
        if found:
            wrong = f"the route reaches the symbolic expression `{found}`, so it could evaluate the printed tree"
            raise ClaimError(self.label, wrong, "Compute the number by another road, from floats alone")
        by_name = {str(s): s for s in known}
        try:
            answers = _on_symbols(self.call, {p: by_name[p] for p in self.parameters})
        except Exception:  # a real numerical route does not run on symbols
            return
        if answers and all(
            isinstance(retyped, Expr)
            and not retyped.has(ImmutableDenseNDimArray)  # a route that works on arrays does not retype a scalar
            and not _has_bare_array(retyped)
            and any(
                isinstance(side, Expr)
                and side.free_symbols
                and _automatic(retyped, side)
                and prove.equal(retyped, side, count=2, functions=functions).strategy == prove.AUTOMATIC
                for side in printed
            )
            for retyped in answers
        ):
            wrong = "the route evaluates the printed tree: on symbols it gives the printed expression back"
            raise ClaimError(self.label, wrong, "Compute the number by another road: quadrature, simulation, a library")

    def at(self, p: Point, names: Mapping[str, Basic], index: int = 0) -> Any:
        """The route's value at one point: an Estimate, or a float array; NaN, SymPy and complex values are refused."""
        arguments = {k: _argument(names[k], p) for k in self.parameters if k != "rng"}
        if "rng" in self.parameters:
            arguments["rng"] = np.random.default_rng([seed_of(self.label) % 2**32, index, self.seed])
        value = self.call(**arguments)
        if isinstance(value, Estimate):
            return value
        if isinstance(value, Basic):
            raise ClaimError(self.label, "the route returned a SymPy object", "Return a float, an array or an Estimate")
        try:
            if value is None or np.iscomplexobj(value):  # NumPy would make NaN of one and drop half of the other
                raise TypeError
            array = np.asarray(value, dtype=float)
        except (TypeError, ValueError) as error:
            wrong = f"the route returned {type(value).__name__}, not a real number or array"
            raise ClaimError(self.label, wrong, "Return a float, an array or an Estimate") from error
        if not np.all(np.isfinite(array)):
            shown = {k: v for k, v in arguments.items() if k != "rng"}
            raise ClaimError(self.label, f"the route returned {array} at {shown}", "Mend the route or narrow `where`")
        return array


_ELEMENTARY = ("sqrt", "exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "pi")
_SYMBOLIC = SimpleNamespace(
    **{name: getattr(sympy, name) for name in _ELEMENTARY}, abs=sympy.Abs, square=lambda v: v**2
)


def _on_symbols(call: Callable, arguments: dict[str, Basic]) -> list:
    """What a route returns for symbols, NumPy's and math's elementary functions made SymPy's and float() let go."""
    aside: dict[str, Any] = {"float": lambda v: v}
    for name, value in call.__globals__.items():
        if value is np or (isinstance(value, ModuleType) and value.__name__ == "math"):
            aside[name] = _SYMBOLIC
    dressed = FunctionType(call.__code__, {**call.__globals__, **aside}, closure=call.__closure__)  # type: ignore[attr-defined]
    for run in (call, dressed):
        try:
            value = run(**arguments)
        except Exception:
            continue
        return list(value) if isinstance(value, tuple) else [value]
    return []


def short(values: np.ndarray) -> str:
    return ", ".join(f"{v:.6g}" for v in np.ravel(values))


def shown(p: Point) -> str:
    return ", ".join(f"{s} = {v}" for s, v in p.items() if isinstance(s, Symbol))
