"""Claims that are not formulas: index maps, linear programs and experiments.

Each keeps the claim's contract: printed from its own object, established in its own way, tried by another road,
attacked by one-edit mutants, recorded.
"""

import inspect
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from html import escape
from typing import Any

import numpy as np
from scipy.special import stdtrit
from sympy import Basic, Eq, Expr, Float, Indexed, Rational, Symbol, lambdify, srepr

from utils import prove
from utils.claims import Printed
from utils.domains import evaluated, variables
from utils.mutate import mutants
from utils.notation import evaluating, latex, tidy
from utils.routes import ClaimError, Route

__all__ = ["Experiment", "IndexMap", "Program"]

SIZES = (1, 2, 3, 4, 5)  # every combination of these is tried
LEVEL = 0.999  # of an experiment's interval


class IndexMap(Printed):
    """out[i, j, ...] = source[f(i, j, ...), ...]: an algorithm that only moves entries, indices counted from 0.

    `statement`: Eq of two Indexed. `ranges`: index -> its length, an expression in the size symbols;
    `source_shape`: the shape of the source in the same symbols. Claimed for all sizes; checked on every combination
    of small ones.
    """

    kind = "index map"

    def __init__(
        self,
        label: str,
        statement: Eq,
        *,
        ranges: Mapping[Symbol, Expr],
        source_shape: Sequence[Expr],
        where: Iterable[Basic] = (),
        source: str = "",
        settles: Iterable[str] = (),
    ) -> None:
        super().__init__(label, source, settles)
        if not (isinstance(statement.lhs, Indexed) and isinstance(statement.rhs, Indexed)):
            raise ClaimError(label, "both sides have to be indexed arrays", "Write Eq(out[i, j], x[...])")
        with evaluating():
            self.statement, self.ranges = statement, {i: evaluated(r) for i, r in ranges.items()}
            self.source_shape, self.where = tuple(evaluated(d) for d in source_shape), tuple(where)
            self.rhs_indices = tuple(tidy(k) for k in statement.rhs.indices)
        if tuple(statement.lhs.indices) != tuple(self.ranges):
            raise ClaimError(label, "`ranges` does not name the left-hand indices in order", "Give index: length")
        dims = {v for e in (*self.ranges.values(), *self.source_shape) for v in variables(e)}
        self.sizes = sorted(dims, key=str)
        self.route: Callable | None = None
        self.shapes = 0
        self.counts = {"applied": 0, "rejected": 0, "equivalent": 0, "undefined": 0}

    def equation(self) -> str:
        with evaluating():
            bounds = ",\\ ".join(rf"0 \le {latex(i)} < {latex(r)}" for i, r in self.ranges.items())
            out = rf"{latex(self.statement.lhs.base)}_{{{', '.join(latex(i) for i in self.ranges)}}}"
            inner = ", ".join(latex(k) for k in self.rhs_indices)
            return rf"{out} = {latex(self.statement.rhs.base)}_{{{inner}}} \qquad ({bounds})"

    def check(self, route: Callable) -> Callable:
        """Decorate route(x, **sizes) -> array; compared entry by entry over many shapes, then the mutants."""
        expected = ["x", *map(str, self.sizes)]
        if list(inspect.signature(route).parameters) != expected:
            raise ClaimError(self.label, f"the route takes other arguments than {expected}", "Use exactly these")
        Route(route, self.label).guard([Symbol("x"), *self.sizes], [])
        with evaluating():
            cases = list(self._cases(route))
            if not cases:
                raise ClaimError(self.label, "no shape satisfies `where`", "Widen it")
            self.shapes = len(cases)
            bad = self._first_miss(self.rhs_indices, cases)
            if bad is not None:
                raise ClaimError(self.label, f"the printed map and the route differ at sizes {bad}", "Mend one of them")
            self._attack(cases)
        self.route = route
        return route

    def _cases(self, route: Callable) -> Iterable[tuple[dict, np.ndarray, np.ndarray]]:
        for combination in itertools.product(SIZES, repeat=len(self.sizes)):
            sizes = dict(zip(self.sizes, combination, strict=True))
            if not all(c.subs(sizes) == True for c in self.where):  # noqa: E712
                continue
            source = tuple(int(d.subs(sizes)) for d in self.source_shape)
            shape = tuple(int(r.subs(sizes)) for r in self.ranges.values())
            x = np.random.default_rng(sum(combination)).permutation(int(np.prod(source))).reshape(source)
            out = np.asarray(route(x.copy(), **{str(s): v for s, v in sizes.items()}))
            if out.shape != shape:
                wrong = f"the route returned shape {out.shape} where {shape} is claimed, at sizes {sizes}"
                raise ClaimError(self.label, wrong, "Return an array of the printed shape")
            yield sizes, x, out

    def _first_miss(self, indices: Sequence[Expr], cases: Sequence[tuple]) -> dict | None:
        """The first sizes at which source[indices] is not the route's array (or reaches outside of the source)."""
        arguments = [*self.ranges, *self.sizes]
        functions = [lambdify(arguments, evaluated(k), modules="numpy") for k in indices]
        for sizes, x, out in cases:
            grid = list(np.indices(out.shape)) if out.ndim else []
            with np.errstate(all="ignore"):  # a mutant may divide by zero
                where = [np.broadcast_to(f(*grid, *sizes.values()), out.shape) for f in functions]
            if any(
                (w < 0).any() or (w >= d).any() or (w != np.floor(w)).any() for w, d in zip(where, x.shape, strict=True)
            ):
                return sizes
            if not np.array_equal(x[tuple(w.astype(int) for w in where)], out):
                return sizes
        return None

    def _attack(self, cases: Sequence[tuple]) -> None:
        self.counts = dict.fromkeys(self.counts, 0)
        survivors = []
        for k, index in enumerate(self.rhs_indices):
            for mutant in mutants(index):
                changed = [*self.rhs_indices[:k], mutant.expr, *self.rhs_indices[k + 1 :]]
                if self._first_miss(changed, cases) is not None:
                    self.counts["applied"] += 1
                    self.counts["rejected"] += 1
                elif prove.equal(index, mutant.expr, self._bounds()).status == "proved":
                    self.counts["equivalent"] += 1
                else:
                    survivors.append(f"{mutant.kind}: {mutant.edit}")
        if survivors:
            raise ClaimError(self.label, f"mutants survive the check ({'; '.join(survivors)})", "Widen the sizes")

    def _bounds(self) -> tuple:
        return (*self.where, *(i < r for i, r in self.ranges.items()))

    def verdicts(self) -> list[tuple[str, str]]:
        if self.route is None:
            raise ClaimError(self.label, "it is shown before it is checked", "Give it a route with check")
        mutated = f"{self.counts['rejected']}/{self.counts['applied']} mutants rejected"
        return [("checked", f"by {self.route.__name__.replace('_', ' ')} on {self.shapes} shapes · {mutated}")]

    def record(self) -> dict[str, Any]:
        route = {"name": self.route.__name__, "does": inspect.getdoc(self.route), "kind": "deterministic"}  # type: ignore
        return {
            **super().record(),
            "srepr": srepr(self.statement),
            "symbols": {str(s): "size" for s in self.sizes},
            "route": {**route, "points": self.shapes},
            "mutants": self.counts,
            "why_not": {"unproved": f"exhaustion over all sizes in {SIZES[0]}..{SIZES[-1]}, not for every size"},
        }


class Program(Printed):
    """min c·x subject to A x = b, x ≥ 0 equals `value`: proved by an exact primal-dual certificate.

    All data are exact rationals. A gap without feasibility is no evidence, so four things are proved: the primal point
    is feasible, the dual point is feasible, the gap is zero, and the slacks are complementary.
    `cost`: (n,), `matrix`: (m, n), `rhs`: (m,), `primal`: (n,), `dual`: (m,). Raises ClaimError naming what fails.
    """

    kind = "program"

    def __init__(
        self,
        label: str,
        *,
        cost: Sequence,
        matrix: Sequence[Sequence],
        rhs: Sequence,
        primal: Sequence,
        dual: Sequence,
        value: Any,
        source: str = "",
        settles: Iterable[str] = (),
    ) -> None:
        super().__init__(label, source, settles)
        self.cost, self.rhs = _rationals(label, "cost", cost), _rationals(label, "rhs", rhs)
        self.matrix = [_rationals(label, "matrix", row) for row in matrix]
        self.primal, self.dual = _rationals(label, "primal", primal), _rationals(label, "dual", dual)
        (self.value,) = _rationals(label, "value", [value])
        sizes = {len(row) for row in self.matrix}
        if (
            sizes != {len(self.cost)}
            or len(self.primal) != len(self.cost)
            or not (len(self.matrix) == len(self.rhs) == len(self.dual))
        ):
            raise ClaimError(label, "the shapes of cost, matrix, rhs, primal and dual do not fit", "See the docstring")
        fault = self._fault(self.primal, self.dual, self.value)
        if fault:
            raise ClaimError(label, fault, "Mend the certificate")
        self.route: Callable | None = None
        self.counts = {"applied": 0, "rejected": 0, "equivalent": 0, "undefined": 0}

    def _fault(self, primal: Sequence[Fraction], dual: Sequence[Fraction], value: Fraction) -> str | None:
        """What is wrong with a certificate, or None."""
        if any(x < 0 for x in primal):
            return "the primal point has a negative entry"
        if any(_dot(row, primal) != b for row, b in zip(self.matrix, self.rhs, strict=True)):
            return "the primal point violates A x = b"
        slack = [c - _dot(column, dual) for c, column in zip(self.cost, zip(*self.matrix, strict=True), strict=True)]
        if any(s < 0 for s in slack):
            return "the dual point is infeasible"
        if _dot(self.cost, primal) != value or _dot(self.rhs, dual) != value:
            return f"the values differ: primal {_dot(self.cost, primal)}, dual {_dot(self.rhs, dual)}, claimed {value}"
        if any(s * x for s, x in zip(slack, primal, strict=True)):
            return "complementary slackness fails"
        return None

    def check(self, route: Callable) -> Callable:
        """Decorate route(cost, matrix, rhs) -> optimal value by a solver; then every wrong value has to be rejected."""
        Route(route, self.label).guard([Symbol(name) for name in ("cost", "matrix", "rhs")], [])
        arrays = (np.array(a, dtype=float) for a in (self.cost, self.matrix, self.rhs))
        found = float(route(*arrays))
        tolerance = 1e-7 * max(1.0, abs(float(self.value)))
        if not abs(found - float(self.value)) <= tolerance:
            raise ClaimError(
                self.label, f"the solver gives {found:.9g}, claimed is {self.value}", "Believe the check first"
            )
        wrong_values = {self.value * 2, -self.value, self.value + 1, self.value - 1, self.value / 2} - {self.value}
        survivors = [str(v) for v in sorted(wrong_values) if abs(found - float(v)) <= tolerance]
        if survivors:
            wrong = f"the solver does not tell {self.value} from {', '.join(survivors)}"
            raise ClaimError(self.label, wrong, "Scale the data so that the optimum is of order one")
        self.route = route
        self.counts = {**dict.fromkeys(self.counts, 0), "applied": len(wrong_values), "rejected": len(wrong_values)}
        self._attack_certificate()
        return route

    def _attack_certificate(self) -> None:
        """Every certificate with one entry moved has to fail, unless it is another certificate of the same optimum."""
        for k, point in enumerate((self.primal, self.dual)):
            for j, step in itertools.product(range(len(point)), (Fraction(1, 7), Fraction(-1, 7))):
                moved = [*point[:j], point[j] + step, *point[j + 1 :]]
                pair = (moved, self.dual) if k == 0 else (self.primal, moved)
                if self._fault(*pair, self.value) is None:
                    self.counts["equivalent"] += 1
                else:
                    self.counts["applied"] += 1
                    self.counts["rejected"] += 1

    def equation(self) -> str:
        data = (_latex_matrix([self.cost]), _latex_matrix(self.matrix), _latex_matrix([[b] for b in self.rhs]))
        return rf"\min_{{x \ge 0}} \Big\{{ {data[0]}\, x \;:\; {data[1]}\, x = {data[2]} \Big\}} = {_latex(self.value)}"

    def verdicts(self) -> list[tuple[str, str]]:
        if self.route is None:
            raise ClaimError(self.label, "it is shown before it is checked", "Give it a solver with check")
        how = "primal and dual feasible, gap zero, slacks complementary, in exact rationals"
        mutated = f"{self.counts['rejected']}/{self.counts['applied']} mutants rejected"
        return [("proved", how), ("checked", f"by {self.route.__name__.replace('_', ' ')} · {mutated}")]

    def record(self) -> dict[str, Any]:
        route = {"name": self.route.__name__, "does": inspect.getdoc(self.route), "kind": "deterministic", "points": 1}  # type: ignore
        strings = {"primal": list(map(str, self.primal)), "dual": list(map(str, self.dual)), "value": str(self.value)}
        return {**super().record(), "certificate": strings, "route": route, "mutants": self.counts}


def _rationals(label: str, name: str, values: Sequence) -> list[Fraction]:
    try:
        if inexact := [v for v in values if isinstance(v, float | Float)]:
            raise TypeError(f"{inexact[0]} is a float")
        return [Fraction(int(v.p), int(v.q)) if isinstance(v, Rational) else Fraction(v) for v in values]
    except (TypeError, ValueError) as error:
        raise ClaimError(
            label, f"`{name}` is not exact ({error})", "Give ints, Fractions or SymPy Rationals"
        ) from error


def _dot(a: Iterable[Fraction], b: Iterable[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))


def _latex(value: Fraction) -> str:
    return latex(Rational(value.numerator, value.denominator))


def _latex_matrix(rows: Sequence[Sequence[Fraction]]) -> str:
    gap = r" \\[0.4em] " if any(value.denominator > 1 for row in rows for value in row) else r" \\ "
    return r"\begin{pmatrix}" + gap.join(" & ".join(map(_latex, row)) for row in rows) + r"\end{pmatrix}"


class Experiment(Printed):
    """A measured statement: the metric, the direction and the seeds are declared before the run.

    `metric` in LaTeX, e.g. r"\\mathrm{MSE}_{OLS} - \\mathrm{MSE}_{EB}"; `greater_than` or `less_than`: what its mean
    over the seeds is claimed to be; `seeds`: one run each. The verdict is "measured" and carries the mean and a 99.9 %
    Student interval; the claim fails unless the whole interval lies on the claimed side.
    """

    kind = "experiment"

    def __init__(
        self,
        label: str,
        metric: str,
        *,
        seeds: Sequence[int],
        greater_than: float | None = None,
        less_than: float | None = None,
        source: str = "",
        settles: Iterable[str] = (),
    ) -> None:
        super().__init__(label, source, settles)
        if (greater_than is None) == (less_than is None):
            raise ClaimError(label, "no direction is declared", "Give exactly one of greater_than and less_than")
        if len(set(seeds)) < 5 or len(set(seeds)) != len(seeds):
            raise ClaimError(
                label, f"{len(set(seeds))} different seeds are too few", "Give at least five, all different"
            )
        self.metric, self.seeds = metric, list(seeds)
        self.greater_than, self.less_than = greater_than, less_than
        self.values: np.ndarray | None = None

    def run(self, trial: Callable[[int], float]) -> Callable[[int], float]:
        """Decorate trial(seed) -> value of the metric; it runs once for every declared seed."""
        values = np.array([float(trial(seed)) for seed in self.seeds])
        if not np.isfinite(values).all():
            bad = self.seeds[int(np.flatnonzero(~np.isfinite(values))[0])]
            raise ClaimError(self.label, f"the trial with seed {bad} is not finite", "Mend the trial")
        low, high = self._interval(values)
        holds = low > self.greater_than if self.greater_than is not None else high < self.less_than  # type: ignore[operator]
        if not holds:
            wrong = f"the interval [{low:.4g}, {high:.4g}] does not lie on the claimed side"
            raise ClaimError(self.label, wrong, "Report what was measured: withdraw or weaken the claim")
        self.values, self.trial = values, trial
        return trial

    def interval(self) -> tuple[float, float]:
        """The 99.9 % Student interval of the mean over seeds."""
        assert self.values is not None
        return self._interval(self.values)

    @staticmethod
    def _interval(values: np.ndarray) -> tuple[float, float]:
        half = stdtrit(len(values) - 1, (1 + LEVEL) / 2) * values.std(ddof=1) / np.sqrt(len(values))
        return values.mean() - half, values.mean() + half

    def equation(self) -> str:
        if self.greater_than is not None:
            return rf"\mathbb{{E}}\left[{self.metric}\right] > {self.greater_than:g}"
        return rf"\mathbb{{E}}\left[{self.metric}\right] < {self.less_than:g}"

    def verdicts(self) -> list[tuple[str, str]]:
        if self.values is None:
            raise ClaimError(self.label, "it is shown before it was run", "Give it a trial with run")
        low, high = self.interval()
        return [
            ("measured", f"{self.values.mean():.3g}, 99.9 % interval {low:.3g} to {high:.3g}, {len(self.seeds)} seeds")
        ]

    def record(self) -> dict[str, Any]:
        does = inspect.getdoc(self.trial) or ""
        return {**super().record(), "measured": self.verdicts()[0][1], "trial": escape(does)}
