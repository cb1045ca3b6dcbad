"""How this book is checked: the page shows every row of both files, and a bad file stops the build in words."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from built import ROOT, build, parse, plant

from utils import checking_page

CHECKING = ROOT / "chapters" / "checking"


def rows(part: str, chapters: Path = ROOT / "chapters") -> list[list[str]]:
    """The cells of a table, line by line, its head left out."""
    return [[cell.text for cell in line(["th", "td"])] for line in parse(checking_page.html(part, chapters))("tr")][1:]


def stored(name: str) -> dict[str, Any]:
    return json.loads((CHECKING / f"{name}.json").read_text("utf-8"))


def test_every_row_of_both_files_is_shown() -> None:
    faults, costs = stored("faults"), stored("benchmarks")
    shown = rows("faults")
    assert [(r[0], r[1], r[2]) for r in shown] == [
        (f["fault"], f"{f['caught']:,} of {f['planted']:,}", f["gate"]) for f in faults["faults"]
    ]
    assert all(r[3].startswith(f["how"]) for r, f in zip(shown, faults["faults"], strict=True))
    assert rows("speed") == [[r["what"], r["value"], r["command"]] for r in costs["rows"]]
    assert [r[:2] for r in rows("growth")] == [[f"{r['claims']:,}", f"{r['seconds']:,.1f}"] for r in costs["growth"]]
    assert [r[1:] for r in rows("chapters")] == [
        [f"{r['claims']:,}", f"{r['seconds']:,.1f}"] for r in costs["chapters"]
    ]


def test_the_built_page_holds_the_tables_and_every_page_its_way_to_report_an_error(site: Path) -> None:
    page = parse((site / "chapters" / "checking.html").read_text("utf-8"))
    for part in checking_page.PARTS:
        table = page.select_one(f"table.checking-{part}")
        assert [[c.text for c in line(["th", "td"])] for line in table("tr")][1:] == rows(part)
    assert all((site / "chapters" / a["href"]).is_file() for a in page.select("table.checking a"))
    for file in sorted((site / "chapters").glob("*.html")):
        (address,) = re.findall(r'href="([^"]*/issues/new[^"]*)"', file.read_text("utf-8"))
        assert address.endswith(f"?template=error.yml&page=chapters%2F{file.name}"), file.name


@pytest.fixture
def chapters(tmp_path: Path) -> Path:
    """A copy of the two files, beside a chapter that they name."""
    folder = tmp_path / "chapters"
    shutil.copytree(CHECKING, folder / "checking")
    for row in stored("benchmarks")["chapters"]:
        book = {"cells": [{"source": [f"# {row['chapter']} & more: a title\n", "\n", "Words."]}]}
        (folder / f"{row['chapter']}.ipynb").write_text(json.dumps(book))
    return folder


def edit(chapters: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    path = chapters / "checking" / f"{name}.json"
    data = json.loads(path.read_text("utf-8"))
    change(data)
    path.write_text(json.dumps(data))


def test_what_was_missed_is_named_and_words_are_no_html(chapters: Path) -> None:
    row = {"fault": "a < b", "planted": 3, "caught": 1, "gate": "g & h", "how": "h", "missed": ["first", "<i>"]}
    edit(chapters, "faults", lambda data: data.update(faults=[row], commit="0123456789abcdef", command="x > y"))
    assert rows("faults", chapters) == [["a < b", "1 of 3", "g & h", "hMissed: first, <i>."]]
    page = parse(checking_page.html("faults", chapters))
    assert page.p.text.startswith("1 of 3 caught. Measured ") and page.p.text.endswith(
        " at commit 0123456789 by x > y."
    )
    assert rows("chapters", chapters)[0][0].endswith("& more")


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("faults", lambda d: d.pop("command"), "faults.json has no field 'command'"),
        (
            "faults",
            lambda d: d.update(measured="yesterday"),
            "'measured' must be a date as 2026-12-31 (got 'yesterday')",
        ),
        ("faults", lambda d: d.update(faults=[]), "'faults' must be a list that is not empty (got [])"),
        ("faults", lambda d: d["faults"][0].pop("how"), "faults.json, faults 1 has no field 'how'"),
        ("faults", lambda d: d["faults"][0].update(caught="all"), "'caught' must be a whole number (got 'all')"),
        ("faults", lambda d: d["faults"][0].update(planted=True), "'planted' must be a whole number (got True)"),
        ("faults", lambda d: d["faults"][0].update(planted=0, caught=0), "0 planted must be 0 caught"),
        ("faults", lambda d: d["faults"][0].update(missed=["x"]), "caught and 1 named as missed"),
        ("faults", lambda d: d["faults"][0].update(gate=" "), "'gate' must be words (got ' ')"),
        ("benchmarks", lambda d: d["growth"][0].update(seconds="1 s"), "'seconds' must be a number (got '1 s')"),
        ("benchmarks", lambda d: d["growth"][0].update(seconds=-1), "'seconds' must be a number (got -1)"),
        ("benchmarks", lambda d: d["rows"].append("fast"), "is no object with the fields what, value, command"),
        ("benchmarks", lambda d: d["chapters"][0].update(chapter="lost"), "there is no chapters/lost.ipynb: measure"),
    ],
)
def test_a_file_of_another_form_is_refused_in_words(chapters: Path, name: str, change: Any, words: str) -> None:
    parts = [part for part, (file, _) in checking_page.PARTS.items() if file == name]
    for part in parts:
        assert rows(part, chapters)
    edit(chapters, name, change)
    with pytest.raises(checking_page.BadFile, match=re.escape(words)):
        checking_page.html(parts[-1], chapters)


def test_a_file_that_is_missing_or_no_json_is_refused_in_words(chapters: Path) -> None:
    path = chapters / "checking" / "faults.json"
    path.write_text(path.read_text()[:-20])
    with pytest.raises(checking_page.BadFile, match=r"faults\.json is no JSON .* restore it from git"):
        checking_page.html("faults", chapters)
    path.unlink()
    with pytest.raises(checking_page.BadFile, match=r"faults\.json: No such file or directory: write it again"):
        checking_page.html("faults", chapters)


def test_the_build_stops_at_a_missing_file(tmp_path: Path) -> None:
    book = plant(tmp_path)
    (book / "chapters" / "intro.md").write_text("# Planted\n\n```{checking} faults\n```\n")
    code, log = build(book, tmp_path / "out")
    assert code != 0
    assert re.search(r"chapters/intro: \S*faults\.json: No such file or directory: write it again", log), log
