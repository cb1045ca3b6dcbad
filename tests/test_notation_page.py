"""What the notation page says of a symbol, and the rule that no notebook makes symbols of its own."""

import nbformat
import pytest
from sympy import Symbol

from utils import ledger, notation, notation_page
from utils.notation import GLOSSARY, Gloss


def notebook(*cells, records=()):
    """A notebook of code cells (or Markdown ones, which start with `#`), whose last output holds the records."""
    kinds = (nbformat.v4.new_markdown_cell if cell.startswith("#") else nbformat.v4.new_code_cell for cell in cells)
    made = nbformat.v4.new_notebook(cells=[kind(cell) for kind, cell in zip(kinds, cells, strict=True)])
    data = [{"output_type": "display_data", "data": {ledger.MIME: record}, "metadata": {}} for record in records]
    made.cells[-1]["outputs"] = data
    return made


def test_a_symbol_is_used_where_a_record_states_it_or_the_code_reads_it():
    stated = {"label": "a-1", "kind": "identity", "symbols": {"theta": "real"}, "srepr": "Symbol('i', integer=True)"}
    moved = {"label": "a-2", "kind": "index map", "symbols": {"n": "size"}, "srepr": "IndexedBase(Symbol('x'))"}
    code = "from utils import notation as N\nfrom utils.notation import sigma as s, tau_0, as_written\ns + N.mu_0"
    found = notation_page.uses(notebook(code, records=[stated, moved, {**stated, "label": "a-3"}]))
    assert found == {"theta": "a-1", "i": "a-1", "n": "a-2", "sigma": "", "mu_0": ""}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("theta", "real"),
        ("sigma", "positive"),
        ("slope", "real, not 0"),
        ("tv", "0 or more"),
        ("n", "positive integer"),
        ("k", "integer, 0 or more"),
        ("bezout_1", "integer"),
        ("ys", "vector of length n, entries real"),
        ("plan", "sources by targets table, entries 0 or more"),
    ],
)
def test_domains_are_told_in_words(name, words):
    assert notation_page.domain(GLOSSARY[name]) == words


def test_a_vector_is_printed_with_an_index_as_the_chapters_print_it():
    assert notation_page.printed(GLOSSARY["ys"]) == "{y}_{i}"
    assert notation_page.printed(GLOSSARY["plan"]) == r"{\gamma}_{i,j}"
    assert notation_page.printed(GLOSSARY["ybar"]) == r"\bar{y}"


def test_letters_that_look_the_same_are_found_however_they_are_written(monkeypatch):
    entries = {name: Gloss(Symbol(name, real=True), tex, name) for name, tex in (("p", "u_1"), ("q", "u_{1}"))}
    monkeypatch.setattr(notation_page, "GLOSSARY", entries | {"r": Gloss(Symbol("r", real=True), "u_2", "r")})
    assert notation_page.letters() == {"u_1": ["p", "q"]}


def test_a_title_is_cut_at_its_first_comma_or_colon():
    assert notation_page.short_title(notebook("# Wasserstein GANs, and what clipping does")) == "Wasserstein GANs"
    assert notation_page.short_title(notebook("# Tacotron: from letters to sound\n\nText.")) == "Tacotron"


def test_the_page_is_slimmed_and_keeps_its_words():
    katex = (
        '<span class="katex"><span class="katex-mathml"><math><mi>λ</mi><annotation encoding="application/x-tex">'
        r'\lambda</annotation></semantics></math></span><span class="katex-html" aria-hidden="true">λ</span></span>'
    )
    slim = notation_page.slim(f'<tr class="row-even" id="a"><td>{katex}</td></tr>' * 2)
    shown = r'<span class="katex" role="img" aria-label="\lambda"><span class="katex-html" aria-hidden="true">λ</span>'
    assert slim == f'<tr id="a"><td>{shown}</span></td></tr>' * 2


# ------------------------------------------------------------------------------------------- symbols of their own

OWN = "makes a `{}` of its own"
IMPORTS = (
    "import sympy as sp\nfrom sympy import Function, symbols, IndexedBase as Array\nfrom utils import notation as N"
)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("sp.Symbol('x', real=True)", ["x"]),
        ("symbols('b t, c')", ["b", "t", "c"]),
        ("Array(r'\\gamma')", [r"\gamma"]),
        ("Function('f')(N.x)", ["f"]),
        ("N.symbol('rise', 'a rise', real=True)", ["rise"]),
        ("N.vector('rises', N.n, 'rises', real=True)", ["rises"]),
        ("[sp.Dummy(name) for name in ('p', 'q')]", ["p", "q"]),
        ("[Function(name) for name in 'pq']", ["p", "q"]),
        ("[sp.MatrixSymbol(f'A_{k}', 2, 2) for k in (1, 2)]", ["A_1", "A_2"]),
        ("def make(name):\n    return Function(f'{name}_1')", ["*_1"]),
        ("names = ['p']\n[Function(name) for name in names]", ["*"]),
    ],
)
def test_a_symbol_that_a_notebook_makes_is_found(code, names):
    made = notebook(IMPORTS, "## A section", code)
    faults = ledger.own_symbols(made, {}, ())
    assert len(faults) == len(names)
    assert all(OWN.format(name) in fault and "cell 2" in fault for name, fault in zip(names, faults, strict=True))
    assert ledger.own_symbols(made, {}, names) == []


@pytest.mark.parametrize(
    "cells",
    [
        ("N.glossary(N.x)", "plot.table(rows)"),
        ("def table():\n    return 1", "table()"),
        ("## Exercises", "sp.Symbol('angle', real=True)"),
    ],
)
def test_what_makes_no_symbol_passes_and_exercises_may(cells):
    assert ledger.own_symbols(notebook(IMPORTS, *cells), {}, ()) == []


def test_after_the_exercises_the_rule_holds_again():
    cells = ("## Exercises", "sp.Symbol('x')", "## References", "sp.Symbol('y')")
    (fault,) = ledger.own_symbols(notebook(IMPORTS, *cells), {}, ())
    assert OWN.format("y") in fault


def test_a_symbol_that_the_glossary_has_is_told_apart_and_an_idle_entry_is_found():
    known = {"rate": "rate of a gamma law", r"\lambda": "rate of a gamma law"}
    for name in ("rate", "lambda_", r"\lambda"):
        (fault,) = ledger.own_symbols(notebook(IMPORTS, f"sp.Symbol({name!r})"), known, ())
        assert ("the glossary has one (“rate of a gamma law”)" in fault) == (name != "lambda_")
    assert ledger.own_symbols(notebook(IMPORTS), known, ["x"]) == [
        "LOCAL lists `x`, which no cell makes; strike it out"
    ]


def test_local_names_are_those_of_one_chapter_and_say_what_they_mean():
    assert all(why.strip() and "|" not in why for names in notation.LOCAL.values() for why in names.values())
