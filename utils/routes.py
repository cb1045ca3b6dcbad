"""Numerical roads to a quantity: how a route is called, kept away from the printed tree, and compared with it."""

import dis
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any

import numpy as np
from scipy import stats
from sympy import (
    Basic,
    Derivative,
    Expr,
    Indexed,
    IndexedBase,
    Integral,
    Limit,
    MatrixBase,
    MatrixExpr,
    Number,
    Product,
    Sum,
    Symbol,
    lambdify,
)

from utils import prove
from utils.domains import Point, seed_of, variables
from utils.estimate import FALSE_ALARM, POWER, Estimate

__all__ = ["SLOW", "ClaimError", "Route", "Stated", "Truth", "at_point", "numbers", "padded", "short", "shown"]


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
        return stats.norm.isf(FALSE_ALARM / self.values.size / 2) * self.error

    def misses(self, others: np.ndarray) -> np.ndarray:
        """Where finite values lie too far from the route's (NaN counts as no evidence)."""
        with np.errstate(invalid="ignore"):
            return np.abs(others - self.values) > self.allowed(others)

    def resolves(self, printed: np.ndarray, others: np.ndarray) -> bool:
        """Whether a Monte Carlo route would tell these values from the printed ones with the stated power."""
        if self.error is None:
            return True
        with np.errstate(invalid="ignore"):
            reach = self.allowed(others) + stats.norm.isf(1 - POWER) * self.error
            return bool(np.any(np.abs(others - printed) > reach))


SLOW = (Sum, Product, Integral, Derivative, Limit, Indexed, MatrixExpr)


def numbers(expr: Basic, at: Sequence[Point]) -> np.ndarray:
    """Values of a printed side, shape (points, entries); NaN where it has no finite real value."""
    entries = list(expr) if isinstance(expr, MatrixBase) else [expr]
    if any(e.has(*SLOW) for e in entries):
        return padded([at_point(expr, p) for p in at])
    symbols = [v for v in variables(expr) if isinstance(v, Symbol)]
    columns = [np.array([float(p[s]) for p in at]) for s in symbols]
    rows = []
    for e in entries:
        try:
            with np.errstate(all="ignore"):
                column = np.asarray(lambdify(symbols, e, modules=["scipy", "numpy"])(*columns))
            real = np.where(np.imag(column) == 0, np.real(column), np.nan)
            rows.append(np.broadcast_to(real.astype(float), len(at)))
        except (TypeError, ValueError, NameError, ZeroDivisionError, OverflowError, AttributeError):
            return padded([at_point(expr, p) for p in at])
    values = np.stack(rows, axis=1)
    return np.where(np.isfinite(values), values, np.nan)


def padded(rows: Sequence[Sequence[float]]) -> np.ndarray:
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
    """A point's entry as a route receives it: float, int, float vector or float matrix."""
    value = p[s]
    if isinstance(s, IndexedBase):
        length = int(s.shape[0].subs({k: v for k, v in p.items() if isinstance(k, Symbol)}))
        return np.array([float(v) for v in value[1 : length + 1]])
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
        if isinstance(value, Stated) or (isinstance(value, Basic) and not isinstance(value, Number)):
            return name
        if isinstance(value, FunctionType):
            if value.__code__.co_filename.startswith("<lambdifygenerated") or value.__module__.startswith("sympy"):
                return name
            if value.__globals__ is call.__globals__:  # a helper of the same notebook: look inside
                found = _forbidden(value, seen)
                if found:
                    return f"{name} → {found}"
    return None


def _names(code: CodeType) -> set[str]:
    """Global names that the code loads (attributes such as the sqrt of np.sqrt are not among them)."""
    loads = {k.argval for k in dis.get_instructions(code) if k.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    nested = (c for c in code.co_consts if isinstance(c, CodeType))
    return loads.union(*(_names(c) for c in nested))


@dataclass
class Route:
    """A numerical road to the left-hand side, and the guard that keeps it away from the printed right-hand side."""

    call: Callable
    label: str
    seed: int = 0
    parameters: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.parameters = list(inspect.signature(self.call).parameters)
        self.name = self.call.__name__.replace("_", " ").strip()
        self.doc = (inspect.getdoc(self.call) or "").strip()
        if not self.doc:
            raise ClaimError(self.label, f"the route `{self.name}` has no docstring", "Say in a line what it computes")

    def guard(self, known: Sequence[Basic], printed: Sequence[Basic]) -> None:
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
            retyped = self.call(**{p: by_name[p] for p in self.parameters})
        except Exception:  # a real numerical route does not run on symbols
            return
        if isinstance(retyped, Expr) and any(
            isinstance(side, Expr) and side.free_symbols and prove.equal(retyped, side, count=2).strategy in PLAIN
            for side in printed
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
            array = np.asarray(value, dtype=float)
        except (TypeError, ValueError) as error:
            wrong = f"the route returned {type(value).__name__}, not a real number or array"
            raise ClaimError(self.label, wrong, "Return a float, an array or an Estimate") from error
        if not np.all(np.isfinite(array)):
            shown = {k: v for k, v in arguments.items() if k != "rng"}
            raise ClaimError(self.label, f"the route returned {array} at {shown}", "Mend the route or narrow `where`")
        return array


PLAIN = ("SymPy's automatic evaluation",)


def short(values: np.ndarray) -> str:
    return ", ".join(f"{v:.6g}" for v in np.ravel(values))


def shown(p: Point) -> str:
    return ", ".join(f"{s} = {v}" for s, v in p.items() if isinstance(s, Symbol))
