"""Typed text to SymPy and back: the language of the workbench. SymPy only.

Text is parsed by Python's `ast`, and what is not listed here is refused in plain words: nothing that is typed is ever
run. Terms keep the order in which they were written.
"""

import ast
import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, NoReturn

import sympy
from sympy import (
    Add,
    Basic,
    Derivative,
    Determinant,
    Expr,
    Function,
    ImmutableMatrix,
    Indexed,
    IndexedBase,
    Integer,
    Integral,
    Limit,
    MatAdd,
    MatMul,
    MatrixBase,
    MatrixExpr,
    MatrixSymbol,
    Mul,
    Piecewise,
    Pow,
    Product,
    Q,
    Rational,
    S,
    Subs,
    Sum,
    Symbol,
)
from sympy.core.function import AppliedUndef, UndefinedFunction
from sympy.core.relational import Relational
from sympy.matrices.expressions.inverse import Inverse
from sympy.matrices.expressions.transpose import Transpose

from utils.domains import evaluated
from utils.notation import tidy

__all__ = ["Mistake", "Reader", "Untypable", "conditions", "declaration", "declared", "named", "shortened", "written"]

LONGEST = 5000  # characters of one field
LINES = 100
DEEPEST = 40  # brackets inside brackets, and powers on powers
LARGEST_POWER = 1000
DIGITS_OF_A_POWER = 10_000
SPELT = str.maketrans({"−": "-", "·": "*", "×": "*", "÷": "/", "∞": " oo ", "π": " pi ", "²": "**2", "³": "**3"})
CONSTANTS = {"pi": S.Pi, "E": S.Exp1, "I": S.ImaginaryUnit, "oo": S.Infinity}
# name: (SymPy's function, fewest arguments, most)
FUNCTIONS: dict[str, tuple[Any, int, int]] = {
    **{
        name: (getattr(sympy, name), 1, 1)
        for name in (
            *("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "asinh", "acosh", "atanh"),
            *("erf", "erfc", "gamma", "loggamma", "digamma", "factorial", "sign", "floor", "ceiling", "Heaviside"),
        )
    },
    "log": (sympy.log, 1, 1),
    "ln": (sympy.log, 1, 1),
    "Abs": (sympy.Abs, 1, 1),
    "abs": (sympy.Abs, 1, 1),
    **{name: (getattr(sympy, name), 2, 2) for name in ("polygamma", "beta", "binomial", "Mod")},
    "Max": (sympy.Max, 1, 20),
    "Min": (sympy.Min, 1, 20),
    "max": (sympy.Max, 1, 20),
    "min": (sympy.Min, 1, 20),
}
GROWING = (sympy.factorial, sympy.gamma, sympy.binomial, sympy.beta, sympy.loggamma, sympy.digamma, sympy.polygamma)
DOMAINS = ("real", "positive", "negative", "nonnegative", "nonpositive", "nonzero", "integer", "even", "odd")
FILLERS = {"a", "an", "and", "the", "number", "numbers", "whole", "of"}
PREDICATES = {"symmetric": Q.symmetric, "positive definite": Q.positive_definite, "orthogonal": Q.orthogonal}
NAME = re.compile(r"\\?[A-Za-z][A-Za-z0-9_]*")
SLASH = "backslash_"  # Python has no names with a backslash: \gamma travels under this one


class Mistake(ValueError):
    """What was typed can't be read as a statement; `field` says where, the text what to do."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(message)
        self.field = where


# ------------------------------------------------------------------------------------------------------------- reading


@dataclass
class Reader:
    """Text to SymPy: the names that are declared, and those that a sum or an integral binds."""

    names: dict[str, Any] = field(default_factory=dict)
    where: str = ""
    text: str = ""
    bound: list[dict[str, Symbol]] = field(default_factory=list)

    def term(self, text: str, where: str) -> Basic:
        """One term, in the order in which it was written."""
        self.where, self.text = where, _spelt(text, where)
        if re.search(r"(?<![<>=!])=(?!=)", self.text):
            self.refuse("a term holds no `=`: the two sides have a field each, and `name = term` goes under conditions")
        body = _tree(self.text, where)
        if isinstance(body, ast.Compare):
            self.refuse("a term holds no comparison: put conditions under conditions, one a line")
        made = self.read(body)
        return tidy(self.an_expression(made, body))

    def condition(self, text: str, where: str) -> Basic:
        """One inequality between two terms."""
        self.where, self.text = where, _spelt(text, where)
        body = _tree(self.text, where)
        if not isinstance(body, ast.Compare):
            self.refuse(f"`{shortened(text)}` is no condition: write an inequality, e.g. p < 1, or `name = term`")
        return self.relation(body)

    def refuse(self, message: str) -> NoReturn:
        raise Mistake(self.where, message)

    def relation(self, node: ast.Compare) -> Basic:
        if len(node.ops) > 1:
            self.refuse(f"`{shortened(ast.unparse(node))}` has two comparisons: write two conditions, one a line")
        kinds: dict[type, Any] = {
            ast.Lt: sympy.Lt,
            ast.LtE: sympy.Le,
            ast.Gt: sympy.Gt,
            ast.GtE: sympy.Ge,
            ast.NotEq: sympy.Ne,
        }
        kinds[ast.Eq] = sympy.Eq
        kind = kinds.get(type(node.ops[0]))
        if kind is None:
            self.refuse("a condition compares by <, <=, >, >= or !=: `in` and `is` are no comparison of numbers")
        left, right = (self.scalar(side) for side in (node.left, node.comparators[0]))
        return kind(evaluated(left), evaluated(right))

    def an_expression(self, made: Any, node: ast.AST) -> Basic:
        if isinstance(made, IndexedBase):
            self.refuse(
                f"`{made}` has several entries: name one, e.g. {made}[{'i' if len(made.shape) == 1 else 'i, j'}]"
            )
        if not isinstance(made, Basic) or isinstance(made, UndefinedFunction):
            self.refuse(f"`{shortened(ast.unparse(node))}` is no term: a function wants its argument, e.g. f(x)")
        return made

    def scalar(self, node: ast.AST) -> Expr:
        made = self.an_expression(self.read(node), node)
        if isinstance(made, MatrixExpr | MatrixBase):
            self.refuse(f"`{shortened(ast.unparse(node))}` is a matrix where a number belongs")
        return made

    def read(self, node: ast.AST) -> Any:
        """The SymPy object of a node; whatever is not listed here is refused."""
        if isinstance(node, ast.Constant):
            return self.number(node)
        if isinstance(node, ast.Name):
            return self.name(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            return self.signed(node)
        if isinstance(node, ast.BinOp):
            return self.operation(node)
        if isinstance(node, ast.Call):
            return self.call(node)
        if isinstance(node, ast.Subscript):
            return self.entry(node)
        what = {ast.Attribute: "a dot after a name", ast.Lambda: "`lambda`", ast.Compare: "a comparison"}
        what |= {ast.List: "a list", ast.Tuple: "a comma", ast.IfExp: "`if`", ast.BoolOp: "`and`/`or`"}
        told = what.get(type(node), type(node).__name__)
        return self.refuse(
            f"{told} has no place in a term (in `{shortened(ast.unparse(node))}`): write + - * / ** f(x) a[i]"
        )

    def number(self, node: ast.Constant) -> Expr:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            self.refuse(f"`{shortened(ast.unparse(node))}` is no number: write digits, e.g. 3 or 0.25")
        written = (ast.get_source_segment(self.text, node) or str(node.value)).replace("_", "")
        if len(written) > 60 or re.search(r"[eE][+-]?\d{3}", written):
            self.refuse(f"the number {shortened(written)} has too many digits: 60 are enough")
        return Integer(int(written, 0)) if isinstance(node.value, int) else Rational(written)

    def name(self, name: str) -> Any:
        name = name.replace(SLASH, "\\")
        for scope in reversed(self.bound):
            if name in scope:
                return scope[name]
        if name in self.names:
            return self.names[name]
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in FUNCTIONS or name in BINDERS:
            self.refuse(f"`{name}` is a function and wants its argument in brackets, e.g. {name}(x)")
        near = difflib.get_close_matches(name, [*self.names, *CONSTANTS], 1, 0.6)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        return self.refuse(f"`{name}` is not declared: add the line `{name}: real` under symbols{hint}")

    def signed(self, node: ast.UnaryOp) -> Basic:
        made = self.an_expression(self.read(node.operand), node.operand)
        if isinstance(node.op, ast.UAdd):
            return made
        if made.is_Number:
            return -made  # type: ignore[operator]
        return _product([S.NegativeOne, made])

    def operation(self, node: ast.BinOp) -> Basic:
        """Sums and products are read along their left side, so that a long sum is not a deep one."""
        rows = {ast.Add: (ast.Add, ast.Sub), ast.Sub: (ast.Add, ast.Sub), ast.Mult: (ast.Mult, ast.Div)}
        row = {**rows, ast.Div: (ast.Mult, ast.Div)}.get(type(node.op))
        if row is None:
            if isinstance(node.op, ast.Pow):
                return self.power(node)
            left, right = self.scalar(node.left), self.scalar(node.right)
            if isinstance(node.op, ast.Mod):
                return sympy.Mod(left, right, evaluate=False)
            if isinstance(node.op, ast.FloorDiv):
                return sympy.floor(_product([left, Pow(right, -1, evaluate=False)]), evaluate=False)
            return self.refuse("the signs of a term are + - * / ** (or ^), // and %")
        spine = []
        first: ast.expr = node
        begins = node.col_offset  # what stands in brackets begins later, and keeps together
        while isinstance(first, ast.BinOp) and isinstance(first.op, row) and first.col_offset == begins:
            spine.append((first.op, first.right))
            first = first.left
        made = self.an_expression(self.read(first), first)
        parts = [made]
        for op, right in reversed(spine):
            value = self.an_expression(self.read(right), right)
            if isinstance(op, ast.Div) and value == 0:
                self.refuse("a term is divided by 0")
            if isinstance(op, ast.Div) and len(parts) == 1 and parts[0].is_Integer and value.is_Integer:
                parts = [Rational(parts[0], value)]
            elif isinstance(op, ast.Div):
                parts.append(_power(value, S.NegativeOne))
            else:
                parts.append(_product([S.NegativeOne, value]) if isinstance(op, ast.Sub) else value)
        return _sum(parts) if row[0] is ast.Add else _product(parts)

    def power(self, node: ast.BinOp) -> Basic:
        base = self.an_expression(self.read(node.left), node.left)
        exponent = self.scalar(node.right)
        if not exponent.free_symbols:
            plainly = evaluated(exponent)
            if plainly.is_Rational and abs(plainly) > LARGEST_POWER:
                self.refuse(
                    f"the power {shortened(ast.unparse(node))} is too large: {LARGEST_POWER} is the largest exponent"
                )
            size = evaluated(base) if not base.free_symbols and not isinstance(base, MatrixExpr | MatrixBase) else S.One
            if plainly.is_Rational and size.is_Rational:
                digits = len(str(abs(size.p))) + len(str(size.q)) if max(abs(size.p), size.q) > 1 else 0
                if digits * abs(plainly) > DIGITS_OF_A_POWER:
                    self.refuse(f"the number {shortened(ast.unparse(node))} is too large to be written out")
                if size == 0 and plainly < 0:
                    self.refuse("a term is divided by 0")
        return _power(base, exponent)

    def entry(self, node: ast.Subscript) -> Basic:
        base: Any = self.read(node.value) if isinstance(node.value, ast.Name) else None
        if not isinstance(base, IndexedBase):
            named = shortened(ast.unparse(node.value))
            self.refuse(f"`{named}` has no entries: declare it, e.g. `{named}: vector of length n`")
        indices = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if any(isinstance(i, ast.Slice) for i in indices) or len(indices) != len(base.shape):
            wanted = "two indices" if len(base.shape) == 2 else "one index"
            self.refuse(f"`{base}` wants {wanted}, e.g. {base}[{'i, j' if len(base.shape) == 2 else 'i'}]")
        return Indexed(base, *(evaluated(self.scalar(i)) for i in indices))

    def call(self, node: ast.Call) -> Basic:
        if not isinstance(node.func, ast.Name):
            self.refuse(f"only a named function can be called (got `{shortened(ast.unparse(node.func))}(...)`)")
        name = node.func.id.replace(SLASH, "\\")  # type: ignore[attr-defined]
        if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
            self.refuse(f"`{name}` takes plain arguments, without * or =")
        if isinstance(self.names.get(name), UndefinedFunction):
            if not node.args:
                self.refuse(f"`{name}` wants its argument, e.g. {name}(x)")
            return self.names[name](*(self.scalar(a) for a in node.args))
        if name in BINDERS:
            return BINDERS[name](self, name, node.args)
        if name == "sqrt" and len(node.args) == 1:
            return _power(self.scalar(node.args[0]), S.Half)
        if name not in FUNCTIONS:
            return self.unknown(name)
        head, fewest, most = FUNCTIONS[name]
        args = [self.scalar(a) for a in node.args]
        if not fewest <= len(args) <= most:
            self.refuse(f"`{name}` takes {fewest} argument{'s' * (fewest > 1)}, and has {len(args)}")
        if head in GROWING and any(a.is_number and not abs(evaluated(a)) <= LARGEST_POWER for a in args):
            self.refuse(f"`{name}` of so large a number is not written out: {LARGEST_POWER} is the largest")
        return head(*args, evaluate=False)

    def unknown(self, name: str) -> Any:
        if name in self.names:
            mend = f"for a product write {name}*(...), for a function declare `{name}: function`"
            self.refuse(f"`{name}` is declared as a symbol and is called like a function: {mend}")
        near = difflib.get_close_matches(name, ["sqrt", *FUNCTIONS, *BINDERS], 1, 0.6)
        hint = f"did you mean `{near[0]}`?" if near else f"for one of your own add the line `{name}: function`"
        return self.refuse(f"the workbench knows no function `{name}`: {hint}")

    # ---- what binds a variable

    def limits(self, name: str, args: Sequence[ast.expr], assumed: str) -> tuple[Expr, list[tuple]]:
        """The body and the limits of an integral or a sum: body, (x, low, high), ..., the innermost first."""
        if len(args) < 2 or not all(isinstance(a, ast.Tuple) and len(a.elts) == 3 for a in args[1:]):
            self.refuse(f"`{name}` is written {name}(term, (x, low, high)), with both ends")
        before = len(self.bound)
        found = []
        try:
            for limit in reversed(args[1:]):  # the outermost binds first
                variable, low, high = limit.elts  # type: ignore[attr-defined]
                ends = evaluated(self.scalar(low)), evaluated(self.scalar(high))
                found.append((self.bind(name, variable, assumed), *ends))
            return self.scalar(args[0]), found[::-1]
        finally:
            del self.bound[before:]

    def bind(self, name: str, variable: ast.expr, assumed: str) -> Symbol:
        """The variable of a sum or integral: as declared, else an integer or a real number."""
        if not isinstance(variable, ast.Name):
            self.refuse(f"`{name}` runs over a name, not over `{shortened(ast.unparse(variable))}`")
        spelt = variable.id.replace(SLASH, "\\")  # type: ignore[attr-defined]
        known = self.names.get(spelt)
        made = known if isinstance(known, Symbol) else Symbol(spelt, **{assumed: True})
        self.bound.append({spelt: made})
        return made

    def bounded(self, name: str, args: Sequence[ast.expr]) -> Expr:
        head = {"integral": Integral, "Integral": Integral, "Product": Product, "product": Product}.get(name, Sum)
        body, limits = self.limits(name, args, "real" if head is Integral else "integer")
        return head(body, *limits)

    def derivative(self, name: str, args: Sequence[ast.expr]) -> Expr:
        if len(args) < 2:
            self.refuse(f"`{name}` is written {name}(term, x), or {name}(term, (x, 2)) for the second")
        steps = []
        for a in args[1:]:
            variable, times = (a.elts[0], a.elts[1]) if isinstance(a, ast.Tuple) and len(a.elts) == 2 else (a, None)
            x, k = self.scalar(variable), S.One if times is None else self.scalar(times)
            if not isinstance(x, Symbol) or not (k.is_Integer and 1 <= k <= 10):
                self.refuse(f"`{name}` is taken in a symbol, at most ten times (got `{shortened(ast.unparse(a))}`)")
            steps.append((x, k))
        return Derivative(self.scalar(args[0]), *steps)

    def limit(self, name: str, args: Sequence[ast.expr]) -> Expr:
        side = args[3].id if len(args) == 4 and isinstance(args[3], ast.Name) else "right"
        if len(args) not in (3, 4) or side not in ("left", "right"):
            self.refuse(f"`{name}` is written {name}(term, x, oo), or {name}(term, x, 0, left) from one side")
        self.bind(name, args[1], "real")
        try:
            x = self.scalar(args[1])
            return Limit(self.scalar(args[0]), x, evaluated(self.scalar(args[2])), "+" if side == "right" else "-")
        finally:
            self.bound.pop()

    def at(self, name: str, args: Sequence[ast.expr]) -> Expr:
        if len(args) != 3:
            self.refuse("`Subs` is written Subs(term, x, value)")
        self.bind(name, args[1], "real")
        try:
            body, x = self.scalar(args[0]), self.scalar(args[1])
        finally:
            self.bound.pop()
        return Subs(body, x, self.scalar(args[2]))

    def cases(self, name: str, args: Sequence[ast.expr]) -> Expr:
        made = []
        for a in args:
            if not isinstance(a, ast.Tuple) or len(a.elts) != 2:
                self.refuse("`Piecewise` is written Piecewise((term, x < 0), (other, True))")
            value, when = a.elts  # type: ignore[attr-defined]
            always = isinstance(when, ast.Constant) and when.value is True
            if not always and not isinstance(when, ast.Compare):
                self.refuse(f"`{shortened(ast.unparse(when))}` is no condition of a case: write e.g. x < 0, or True")
            made.append((self.scalar(value), self.relation(when) if isinstance(when, ast.Compare) else True))
        if not made:
            self.refuse("`Piecewise` is written Piecewise((term, x < 0), (other, True))")
        return Piecewise(*made, evaluate=False)

    def matrix(self, name: str, args: Sequence[ast.expr]) -> Basic:
        rows = args[0].elts if len(args) == 1 and isinstance(args[0], ast.List) else []
        if not rows or not all(isinstance(r, ast.List) and r.elts for r in rows):
            self.refuse("`Matrix` is written Matrix([[a, b], [c, d]])")
        entries = [[self.scalar(e) for e in row.elts] for row in rows]  # type: ignore[attr-defined]
        if len({len(row) for row in entries}) > 1:
            self.refuse("the rows of a Matrix have one length")
        return ImmutableMatrix(entries)

    def of_a_matrix(self, name: str, args: Sequence[ast.expr]) -> Basic:
        made = self.read(args[0]) if len(args) == 1 else None
        if not isinstance(made, MatrixExpr | MatrixBase):
            self.refuse(f"`{name}` takes one matrix: Matrix([[a, b], [c, d]]), or one declared `A: matrix of n by n`")
        return {"det": Determinant, "transpose": Transpose, "inverse": Inverse}[name](made)


BINDERS: dict[str, Callable[[Reader, str, Sequence[ast.expr]], Basic]] = {
    **dict.fromkeys(("integral", "Integral", "Sum", "sum", "Product", "product"), Reader.bounded),
    **dict.fromkeys(("Derivative", "diff"), Reader.derivative),
    **dict.fromkeys(("Limit", "limit"), Reader.limit),
    "Subs": Reader.at,
    "Piecewise": Reader.cases,
    "Matrix": Reader.matrix,
    **dict.fromkeys(("det", "transpose", "inverse"), Reader.of_a_matrix),
}


def _sum(parts: list[Basic]) -> Basic:
    if any(isinstance(p, MatrixExpr | MatrixBase) for p in parts):
        return MatAdd(*parts)
    return Add(*parts, evaluate=False) if len(parts) > 1 else parts[0]


def _product(parts: list[Basic]) -> Basic:
    if any(isinstance(p, MatrixExpr | MatrixBase) for p in parts):
        return MatMul(*parts)
    return Mul(*parts, evaluate=False) if len(parts) > 1 else parts[0]


def _power(base: Basic, exponent: Basic) -> Basic:
    if isinstance(base, MatrixExpr | MatrixBase):
        return Inverse(base) if exponent == -1 else sympy.MatPow(base, exponent)
    return Pow(base, exponent, evaluate=False)


def shortened(text: str) -> str:
    text = " ".join(text.replace(SLASH, "\\").split())
    return text if len(text) <= 40 else text[:37] + "..."


def _spelt(text: str, where: str) -> str:
    """The text in Python's spelling, with what would be refused anyway refused first."""
    if not text.strip():
        raise Mistake(where, "nothing stands here yet: write a term, e.g. (x + 1)**2")
    if len(text) > LONGEST:
        raise Mistake(where, f"{len(text)} characters are too long to be read: {LONGEST} are the most")
    if "__" in text:
        raise Mistake(where, "two underscores in a row have no place in a name: write one")
    opened: list[str] = []
    pairs = {")": "(", "]": "[", "}": "{"}
    for k, c in enumerate(text, 1):
        if c in "([{":
            opened.append(c)
        elif c in pairs and (not opened or opened.pop() != pairs[c]):
            raise Mistake(where, f"the bracket `{c}` at character {k} closes nothing: take it out, or open one before")
        if len(opened) > DEEPEST:
            raise Mistake(where, f"brackets stand {len(opened)} deep, too deep to be read: {DEEPEST} are the most")
    if opened:
        raise Mistake(where, f"{len(opened)} bracket `{opened[-1]}` is never closed: close it")
    text = text.translate(SPELT).replace("^", "**")
    return " ".join(re.sub(r"\\([A-Za-z])", rf"{SLASH}\1", text).split())


def _tree(text: str, where: str) -> ast.expr:
    try:
        body = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError) as error:
        at = getattr(error, "offset", None)
        near = f" near `{shortened(text[max(at - 6, 0) : at + 6])}`" if at else ""
        keyword = re.search(r"\b(lambda|import|is|in|if|for|and|or|not|from|as)\b", text)
        mend = f"`{keyword.group()}` is a word of Python and no name" if keyword else "is a sign missing, as in 2*x?"
        raise Mistake(where, f"this can't be read{near}: {mend}") from None
    except (MemoryError, RecursionError):
        raise Mistake(where, "this is nested too deep to be read: write it in fewer levels") from None
    if _depth(body) > 5 * DEEPEST:
        raise Mistake(where, "this is nested too deep to be read: write it in fewer levels")
    return body


def _depth(body: ast.AST) -> int:
    """Levels of the tree, a left-hand spine of one kind of sign counted once."""
    deepest, stack = 0, [(body, 1)]
    while stack:
        node, level = stack.pop()
        deepest = max(deepest, level)
        for name, child in ast.iter_fields(node):
            for c in child if isinstance(child, list) else [child]:
                if isinstance(c, ast.AST):
                    along = name == "left" and isinstance(node, ast.BinOp) and isinstance(c, ast.BinOp)
                    stack.append((c, level + (not along)))
    return deepest


def declared(text: str) -> dict[str, Any]:
    """The names of the field `symbols`: a line says `name: domain`, or `name, name: domain`."""
    where = "symbols"
    scalars: dict[str, Any] = {}
    arrays: list[tuple[str, re.Match]] = []
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(text) > LONGEST or len(lines) > LINES:
        raise Mistake(where, f"the list of symbols is too long: {LINES} lines are the most")
    for line in lines:
        left, colon, domain = line.partition(":")
        for name in (n.strip() for n in left.split(",")):
            if not NAME.fullmatch(name) or "__" in name:
                raise Mistake(
                    where,
                    f"`{shortened(name)}` is no name: write letters, digits and _, a letter first",
                )
            if name in ("lambda", "in", "is", "if", "for", "and", "or", "not", "as", "from", "import", "None", "True"):
                raise Mistake(where, f"`{name}` is a word of Python and no name: write e.g. `lam`")
            if name in scalars or name in {n for n, _ in arrays}:
                raise Mistake(where, f"`{name}` is declared twice: keep one of the lines")
            if not colon or not domain.strip():
                raise Mistake(where, f"`{name}` has no domain: write e.g. `{name}: real` or `{name}: positive integer`")
            words = domain.strip().replace("non-", "non")
            if words.split()[-1] == "function":
                scalars[name] = Function(name)
            elif shape := re.fullmatch(r"(.*?)\b(vector|table|matrix)\b(?: of(?: length)? (.+))?", words):
                arrays.append((name, shape))
            else:
                scalars[name] = Symbol(name, **_assumed(name, words))
    for name, shape in arrays:
        scalars[name] = _array(name, shape, Reader(dict(scalars)))
    return scalars


def _assumed(name: str, words: str) -> dict[str, bool]:
    found = {}
    for word in re.split(r"[\s,]+", words.strip()):
        if word in DOMAINS:
            found[word] = True
        elif word == "whole":
            found["integer"] = True
        elif word not in FILLERS:
            near = difflib.get_close_matches(word, DOMAINS, 1, 0.7)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            known = f"{', '.join(DOMAINS)}, and combinations; function; vector of length n; matrix of n by m"
            raise Mistake("symbols", f"`{shortened(word)}` is no domain for `{name}`{hint} (the domains: {known})")
    try:
        Symbol(name, **found)
    except ValueError:
        raise Mistake("symbols", f"nothing is {' and '.join(found)} at once: mend the domain of `{name}`") from None
    if not found:
        raise Mistake("symbols", f"`{name}` has no domain: write e.g. `{name}: real` or `{name}: positive integer`")
    return found


def _array(name: str, shape: re.Match, reader: Reader) -> Any:
    words, kind, size = shape.groups()
    sizes = [s for s in re.split(r"\bby\b", size or "") if s.strip()]
    wanted = 1 if kind == "vector" else 2
    if len(sizes) != wanted:
        told = "vector of length n" if kind == "vector" else f"{kind} of n by m"
        raise Mistake("symbols", f"`{name}` has no size: write `{name}: {told}`")
    dims = [evaluated(reader.term(s, "symbols")) for s in sizes]
    if any(not d.is_integer for d in dims):
        raise Mistake("symbols", f"the size of `{name}` is no whole number: declare it as `positive integer`")
    if kind == "matrix":
        return MatrixSymbol(name, *dims)
    return IndexedBase(Symbol(name, **(_assumed(name, words) if words.strip() else {"real": True})), shape=tuple(dims))


def conditions(text: str, reader: Reader) -> tuple[tuple[Basic, ...], dict[Basic, Basic]]:
    """Inequalities, predicates of matrices, and the lines `name = term` that say what a name stands for."""
    found: list[Basic] = []
    meanings: dict[Basic, Basic] = {}
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > LINES:
        raise Mistake("where", f"{len(lines)} conditions are too many: {LINES} are the most")
    for line in lines:
        line = line.replace("≤", "<=").replace("≥", ">=").replace("≠", "!=")
        if structure := re.fullmatch(rf"({NAME.pattern}) is (symmetric|positive definite|orthogonal)", line):
            matrix = reader.names.get(structure.group(1))
            if not isinstance(matrix, MatrixSymbol):
                raise Mistake("where", f"`{structure.group(1)}` is not declared as a matrix: `A: matrix of n by n`")
            found.append(PREDICATES[structure.group(2)](matrix))
        elif stands := re.fullmatch(r"([^<>=!]*?)\s*:?=(?!=)([^=]*)", line):
            name, term = reader.term(stands.group(1), "where"), stands.group(2)
            if not isinstance(name, Symbol | AppliedUndef):
                told = f"`{shortened(line)}` is neither an inequality nor `name = term`"
                raise Mistake("where", f"{told}: rewrite it; a `name` is a symbol, or a function of symbols like f(x)")
            if name in meanings:
                raise Mistake("where", f"`{name}` is said to stand for two things: keep one of the lines")
            meanings[name] = reader.term(term, "where")
        elif re.search(r"(?<![<>=!])=(?!=)", line):
            raise Mistake("where", f"`{shortened(line)}` is neither an inequality nor `name = term`: rewrite it")
        else:
            made = reader.condition(line, "where")
            if made == False:  # noqa: E712  (SymPy's false)
                raise Mistake("where", f"`{shortened(line)}` is never true: take it out")
            found.append(made)
    return tuple(found), meanings


# ------------------------------------------------------------------------------------------------------------- writing


class Untypable(ValueError):
    """An expression that the typed language has no words for; the text says what stands in the way."""


SPELLING = {head: name for name, (head, _, _) in reversed(FUNCTIONS.items())}
SUM, PRODUCT, POWER, ATOM = range(1, 5)  # how tightly a piece of text holds together


def written(expr: Basic, level: int = 0) -> str:
    """Text that reads back to the expression: an equal object, its terms in this order."""
    text, own = _written(expr)
    return f"({text})" if own < level else text


def _written(e: Any) -> tuple[str, int]:
    if isinstance(e, Symbol | IndexedBase | MatrixSymbol):
        return str(e.name), ATOM
    if e.is_Rational:
        return str(e), ATOM if e.is_Integer and e >= 0 else SUM if e < 0 else PRODUCT
    for name, value in CONSTANTS.items():
        if e == value:
            return name, ATOM
    if e == S.NegativeInfinity:
        return "-oo", SUM
    if isinstance(e, Add | MatAdd):
        return _terms(e), SUM
    if isinstance(e, Mul | MatMul):
        return _factors(e)
    if isinstance(e, Pow):
        if e.exp.is_Rational and e.exp < 0:
            return _factors(e)
        if e.exp == S.Half:
            return f"sqrt({written(e.base)})", ATOM
        return f"{written(e.base, ATOM)}**{written(e.exp, ATOM)}", POWER
    if isinstance(e, MatrixBase):
        rows = ", ".join("[" + ", ".join(written(entry) for entry in e.row(k)) + "]" for k in range(e.rows))
        return f"Matrix([{rows}])", ATOM
    return _called(e), ATOM


def _terms(e: Any) -> str:
    text = written(e.args[0], SUM)
    for term in e.args[1:]:
        negative, size = _unsigned(term)
        text += f" {'-' if negative else '+'} {written(size, PRODUCT)}"
    return text


def _unsigned(term: Any) -> tuple[bool, Any]:
    first = term.args[0] if isinstance(term, Mul | MatMul) else term
    if not (first.is_Number and first.is_negative):
        return False, term
    if first is term:
        return True, -term
    rest = [*([] if first == -1 else [-first]), *term.args[1:]]
    return True, term.func(*rest, evaluate=False) if len(rest) > 1 else rest[0]


def _factors(e: Any) -> tuple[str, int]:
    negative, size = _unsigned(e)
    if negative:
        return f"-{written(size, PRODUCT)}", SUM
    above, below = [], []
    for f in e.args if isinstance(e, Mul | MatMul) else [e]:
        if isinstance(f, Pow) and f.exp.is_Rational and f.exp < 0:
            below.append(f.base if f.exp == -1 else Pow(f.base, -f.exp, evaluate=False))
        else:
            above.append(f)
    text = (
        "*".join(written(f, POWER if k or isinstance(f, Mul | MatMul) else PRODUCT) for k, f in enumerate(above)) or "1"
    )
    return text + "".join(f"/{written(f, POWER)}" for f in below), PRODUCT


def _called(e: Any) -> str:
    """What is written as a name with brackets."""
    if isinstance(e, Indexed):
        return f"{e.base.name}[{', '.join(written(i) for i in e.indices)}]"
    head = e.func.__name__
    if isinstance(e, AppliedUndef) and type(e.func) is UndefinedFunction:
        return f"{head}({', '.join(map(written, e.args))})"
    if e.func in SPELLING:
        return f"{SPELLING[e.func]}({', '.join(map(written, e.args))})"
    if isinstance(e, Integral | Sum | Product) and all(len(limit) == 3 for limit in e.limits):
        limits = "".join(f", ({', '.join(map(written, limit))})" for limit in e.limits)
        return f"{head}({written(e.function)}{limits})"
    if isinstance(e, Derivative) and all(v.is_Symbol for v in e.variables):
        steps = (written(x) if k == 1 else f"({written(x)}, {written(k)})" for x, k in e.variable_count)
        return f"Derivative({written(e.expr)}, {', '.join(steps)})"
    if isinstance(e, Limit):
        side = ", left" if str(e.args[3]) == "-" and e.args[2].is_finite else ""
        return f"Limit({', '.join(map(written, e.args[:3]))}{side})"
    if isinstance(e, Subs) and len(e.variables) == 1:
        return f"Subs({written(e.expr)}, {written(e.variables[0])}, {written(e.point[0])})"
    if isinstance(e, Piecewise):
        cases = (f"({written(v)}, {'True' if c == True else written(c)})" for v, c in e.args)  # noqa: E712
        return f"Piecewise({', '.join(cases)})"
    if isinstance(e, Relational):
        return f"{written(e.lhs)} {e.rel_op} {written(e.rhs)}"
    for kind, name in ((Determinant, "det"), (Transpose, "transpose"), (Inverse, "inverse")):
        if isinstance(e, kind):
            return f"{name}({written(e.args[0])})"
    raise Untypable(f"the workbench's language has no {head}")


def named(*exprs: Basic) -> dict[str, Any]:
    """The names of the expressions, and what each stands for there; one name for two things is Untypable."""
    found: dict[str, Any] = {}
    for expr in exprs:
        arrays = expr.atoms(IndexedBase, MatrixSymbol)
        labels = {base.label for base in arrays if isinstance(base, IndexedBase)}
        sizes = {s for base in arrays for d in base.shape or () for s in d.free_symbols}
        functions = {a.func for a in expr.atoms(AppliedUndef) if type(a.func) is UndefinedFunction}
        sides = {e.args[3] for e in expr.atoms(Limit)}
        for s in (expr.atoms(Symbol) - labels - sides) | sizes | arrays | functions:
            name = s.__name__ if isinstance(s, UndefinedFunction) else str(s.name)
            if found.setdefault(name, s) != s:
                raise Untypable(f"`{name}` stands for two things in it")
    return dict(sorted(found.items()))


def declaration(name: str, s: Any) -> str:
    """The line of the field `symbols` that declares a name."""
    if not NAME.fullmatch(name) or "__" in name:
        raise Untypable(f"`{name}` can't be typed as a name")
    if isinstance(s, UndefinedFunction):
        return f"{name}: function"
    if isinstance(s, MatrixSymbol):
        return f"{name}: matrix of {written(s.shape[0])} by {written(s.shape[1])}"
    domain = _domain(s.label if isinstance(s, IndexedBase) else s)
    if isinstance(s, Symbol):
        return f"{name}: {domain}"
    if not s.shape:
        raise Untypable(f"`{name}` is an array without a size")
    kind = "vector of length" if len(s.shape) == 1 else "table of"
    return f"{name}: {domain} {kind} {' by '.join(map(written, s.shape))}"


def _domain(s: Symbol) -> str:
    """The fewest words that make a symbol with these assumptions."""
    for count in (1, 2, 3):
        for words in combinations(DOMAINS, count):
            try:
                made = Symbol(s.name, **dict.fromkeys(words, True))
            except ValueError:
                continue
            if made == s:
                return " ".join(sorted(words, key="integer".__eq__))  # positive integer, as one says it
    raise Untypable(f"`{s}` has no domain")
