"""What the checker says, in words: shared by the exercises and the workbench. SymPy and mpmath only."""

import re
from collections.abc import Mapping
from typing import Any

import mpmath
from sympy import Basic, Lambda
from sympy.printing.pretty.pretty_symbology import pretty_symbol

from utils.notation import GLOSSARY
from utils.prove import Verdict

__all__ = ["agreement", "counterexample", "plain", "shown", "told_apart", "unicode_name"]


def unicode_name(s: Basic) -> str:
    """A symbol's name as text: that of the glossary where it is plain, else in Greek letters and subscripts."""
    known = GLOSSARY.get(str(s))
    if known and known.latex.isalpha():
        return known.latex
    # A word set as a subscript is hard to read, and not what one types.
    word = re.search(r"_[a-z]{3}|^[a-z]{3,}_[a-z]{2}", str(s))
    return str(s) if word else pretty_symbol(str(s))


def plain(value: Any) -> str:
    """A number, or the numbers of a vector, as text."""
    return "(" + ", ".join(map(str, value)) + ")" if isinstance(value, tuple | list) else str(value)


def agreement(verdict: Verdict, unequal: bool, proportional: bool) -> str:
    """What an undecided verdict has found: how many points agreed, and what to try."""
    if not verdict.points:
        return "no point was found at which both sides have a value"
    found = f"no counterexample at {verdict.points} point{'s' * (verdict.points > 1)}, and no proof"
    return f"{found}; {'name the gap, or' if unequal else 'try'} smaller steps"


def counterexample(verdict: Verdict, unequal: bool, proportional: bool) -> str:
    """A refutation: the point, and what the two sides are there."""
    place = shown(verdict.witness or {})
    left, right = told_apart(*verdict.values)
    at = f"at {place}, " if place else ""
    if unequal:
        return f"{at}the larger side less the smaller one is {left}"
    if proportional:
        return f"{at}the ratio of the two sides still moves"
    return f"{at}the left side is {left}, the right side {right}"


def shown(witness: Mapping[Any, Any]) -> str:
    """The point in words; of a vector or matrix, which has too many entries for a line, the name only."""
    words = []
    for s, v in witness.items():
        if isinstance(v, Lambda):
            words.append(f"{s}({', '.join(map(str, v.variables))}) = {v.expr}")
        elif isinstance(v, tuple) or bool(getattr(v, "shape", None)):
            words.append(f"some {unicode_name(s)}")
        else:
            words.append(f"{unicode_name(s)} = {plain(v)}")
    return ", ".join(words)


def told_apart(left: Any, right: Any) -> tuple[str, str]:
    """Two different numbers with as few digits as show it, six at least."""
    for digits in range(6, 40):
        pair = mpmath.nstr(left, digits), mpmath.nstr(right, digits)
        if pair[0] != pair[1]:
            break
    return pair
