"""The rows, the details and the totals of the ledger page, made from planted records; test_site.py opens the page."""

import pytest
from bs4 import BeautifulSoup, Tag
from docutils.core import publish_doctree
from docutils.parsers.rst import directives

from utils import ledger, ledger_page

SOUND = {
    "label": "squares-mean",
    "chapter": "squares",
    "kind": "identity",
    "latex": r"a < b & \text{if } c",
    "source": "Fox & Hedgehog",
    "settles": [],
    "verdicts": ["proved", "checked"],
    "steps": [{"relation": "=", "reason": "a < b", "strategy": "rational functions", "verdict": "proved"}],
    "route": {"name": "quad", "does": "Integrates <f>.", "kind": "deterministic", "points": 64},
    "mutants": {"applied": 40, "rejected": 40, "equivalent": 2, "undefined": 1},
    "why_not": {},
    "symbols": {"a": "real", "n": "integer positive", "f": ""},
    "where": ["a < 1"],
}


def parse(html: str) -> Tag:
    return BeautifulSoup(html, "html.parser")


def shown(**changed: object) -> Tag:
    """The row of the record above with some fields changed; a field changed to ... is left out."""
    record = {k: v for k, v in (SOUND | changed).items() if v is not ...}
    return parse(ledger_page.row(record, "(3.1)", "squares.html#equation-squares-mean", ["squares-wrong"]))


def verdict(row: Tag) -> str:
    return row.select_one(".claim-verdict").text


def test_a_row_says_what_the_record_holds() -> None:
    row = shown()
    item = row.find("li")
    assert (item["id"], item["data-kind"], item["data-verdict"]) == ("row-squares-mean", "identity", "proved checked")
    assert row.a["href"] == "squares.html#equation-squares-mean" and row.a.text == "(3.1) squares-mean"
    assert row.code.text == SOUND["latex"], "the LaTeX as it was, nothing lost to the signs of HTML"
    words = "proved 1 link · checked by quad at 64 points · 40/40 mutants rejected (2 more equivalent) · Fox & Hedgehog"
    assert verdict(row) == words
    told = dict(zip((d.text for d in row("dt")), (d.text for d in row("dd")), strict=True))
    assert told == {
        "Route": "Integrates <f>. (deterministic)",
        "Mutants": "40 applied, 40 rejected; 2 set aside as equivalent, 1 as undefined",
        "Links": "a < b (rational functions)",
        "Where": "a < 1",
        "Symbols": "a (real), n (integer positive), f",
        "Corrects": "squares-wrong",
    }
    assert row.select_one("dd a")["href"] == "#row-squares-wrong"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"steps": [{"reason": "r", "strategy": "s"}] * 3}, "proved 3 links ·"),
        ({"steps": ..., "certificate": {"primal": ["1/2"], "dual": ["0"], "value": "1"}}, "proved exact certificate ·"),
        ({"route": SOUND["route"] | {"kind": "Monte Carlo"}}, "at 64 random points ·"),
        ({"route": SOUND["route"] | {"points": 1}}, "at 1 point ·"),
        ({"mutants": SOUND["mutants"] | {"equivalent": 0}}, "40/40 mutants rejected · Fox"),
        ({"verdicts": ["checked"], "why_not": {"unproved": "too <hard>"}}, "not proved: too <hard>"),
        ({"verdicts": ["proved"], "route": None, "why_not": {"unchecked": "no route"}}, "not checked: no route"),
        ({"verdicts": ["refuted"], "witness": {"a": "1/2", "b": "3"}}, "refuted at a = 1/2, b = 3"),
        ({"verdicts": ["measured"], "measured": "0.8, 5 seeds"}, "measured 0.8, 5 seeds"),
        ({"verdicts": ["defined"], "sanity": {"integrates to one": "Gaussian moments"}}, "defined integrates to one"),
        ({"verdicts": ["cited"], "sanity": {}, "source": "Gibbs"}, "cited · Gibbs"),
    ],
)
def test_each_verdict_says_what_it_rests_on(changed: dict, words: str) -> None:
    assert words in verdict(shown(**changed))


def test_a_gate_left_out_can_be_filtered_and_a_refutation_names_the_truth() -> None:
    row = shown(verdicts=["checked"], why_not={"unproved": "too hard"})
    assert row.li["data-verdict"] == "checked gap"
    row = shown(verdicts=["refuted"], witness={"a": "1"}, corrected="squares-right")
    assert [a["href"] for a in row.select("dd a")] == ["#row-squares-right", "#row-squares-wrong"]


TITLES = {"squares": "1 Squares: and <more>", "cubes": "2 Cubes"}


def published(*claims: dict) -> dict:
    names = dict.fromkeys(c["chapter"] for c in claims)
    chapters = {name: ledger.totals([c for c in claims if c["chapter"] == name]) for name in names}
    return {"claims": claims, "totals": ledger.totals(claims), "chapters": chapters}


def test_rows_stand_under_their_chapters_and_the_form_offers_what_there_is() -> None:
    wrong = SOUND | {"label": "cubes-wrong", "chapter": "cubes", "kind": "refutation", "verdicts": ["refuted"]}
    wrong |= {"witness": {"a": "1"}, "corrected": "squares-mean"}
    targets = {label: ("(1)", f"{label}.html") for label in ("squares-mean", "cubes-wrong")}
    page = parse(ledger_page.rows(published(SOUND, wrong), TITLES, targets, {"macros": {"\\E": '"'}}))
    assert page.div["data-katex"] == '{"macros": {"\\\\E": "\\""}}'
    assert [[li["id"] for li in section("li", id=True)] for section in page("section")] == [
        ["row-squares-mean"],
        ["row-cubes-wrong"],
    ]
    assert [h.text for h in page("h3")] == list(TITLES.values())
    offered = {s["name"]: [o["value"] for o in s("option")] for s in page("select")}
    assert offered == {
        "chapter": ["", "squares", "cubes"],
        "verdict": ["", "proved", "checked", "refuted", "gap"],
        "kind": ["", "identity", "refutation"],
    }
    assert all(field.find_parent("label") for field in page.select("input, select"))
    assert page.select_one("#row-squares-mean dd a[href='#row-cubes-wrong']"), "what is corrected is named"


def test_totals_have_a_line_for_each_chapter_and_for_the_book() -> None:
    cube = SOUND | {"label": "cubes-mean", "chapter": "cubes", "verdicts": ["proved"], "mutants": {"rejected": 2000}}
    addresses = {name: f"{name}.html" for name in TITLES}
    table = parse(ledger_page.totals_table(published(SOUND, cube), TITLES, addresses))
    lines = [[cell.text for cell in line(["th", "td"])] for line in table("tr")]
    assert lines[0] == ["chapter", *ledger_page.COLUMNS[:-1], "mutants rejected"]
    assert lines[1:] == [
        ["1 Squares", "1", "1", "1", "–", "–", "–", "–", "40"],
        ["2 Cubes", "1", "1", "–", "–", "–", "–", "–", "2,000"],
        ["the book", "2", "2", "1", "–", "–", "–", "–", "2,040"],
    ]
    links = ["squares.html", "?chapter=squares#ledger-squares", "cubes.html", "?chapter=cubes#ledger-cubes"]
    assert [a["href"] for a in table("a")] == links


def test_an_unknown_part_is_an_error_in_words() -> None:
    directives.register_directive("ledger", ledger_page.LedgerDirective)
    settings = {"report_level": 5, "halt_level": 5}
    tree = publish_doctree(".. ledger:: sums\n", settings_overrides=settings)
    assert "the ledger has no part 'sums': write totals or rows" in tree.astext()
    tree = publish_doctree(".. ledger:: rows\n", settings_overrides=settings)
    assert [node["part"] for node in tree.findall(ledger_page.ledger_node)] == ["rows"]
