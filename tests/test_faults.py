"""Fault injection: its result is current and complete, a sample of it holds here and now, and a miss is seen."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from faults import plant, report
from faults.flips import Twins, planted_in
from scipy.integrate import quad
from sympy import Eq, Integral, Symbol

from utils import ledger
from utils.claims import Claim, claims, forget
from utils.notation import as_written

ROOT = Path(__file__).parent.parent
CHAPTERS = ROOT / "chapters"
RESULT = json.loads((CHAPTERS / "checking/faults.json").read_text("utf-8"))
AGAIN = f"run `{RESULT['command']}` again"


def stale(result: dict, chapters: Path) -> list[str]:
    """What the table lacks: a fault of the command, a claim of the ledger, a fault that was caught."""
    rows = {row["name"]: row for row in result["faults"]}
    wanted = {"flips-proof", "flips-number", *(fault.name for fault in plant.FAULTS)}
    found = [f"{name} is not in both the table and the command" for name in sorted(wanted ^ set(rows))]
    found += [f"{name}: missed {row['missed']}" for name, row in rows.items() if row["missed"]]
    found += [f"{name}: {r['caught']} of {r['planted']}" for name, r in rows.items() if r["caught"] != r["planted"]]
    records = [r for r in ledger.records(chapters) if r["kind"] in report.KINDS]
    for gate, word in (("flips-proof", "proved"), ("flips-number", "checked")):
        if gate in rows:
            due = sum(word in r["verdicts"] for r in records)
            counted = rows[gate]["planted"] + len(rows[gate]["set_aside"])
            found += [f"{gate}: {counted} claims where the ledger has {due}"] if counted != due else []
    return found


def test_the_table_is_current_and_everything_was_caught() -> None:
    assert stale(RESULT, CHAPTERS) == [], AGAIN


def test_a_stale_table_is_found() -> None:
    first, second, *others, last = RESULT["faults"]
    worse = [first | {"planted": first["planted"] - 1}, second | {"missed": ["x"]}, *others]
    found = stale({"faults": worse}, CHAPTERS)
    assert [f"{last['name']} is not in both the table and the command"] == [f for f in found if "not in both" in f]
    assert sum("missed" in f for f in found) == sum("claims where the ledger has" in f for f in found) == 1


HERE = [f for f in plant.FAULTS if f.gate is plant.RULES and f.name not in ("excused-check", "truncated-inventory")]


@pytest.mark.parametrize("fault", HERE, ids=lambda fault: fault.name)
def test_the_rules_catch_what_is_planted_in_a_chapter(fault: plant.Fault, tmp_path: Path) -> None:
    def rules(copy: Path) -> tuple[bool, str]:
        try:
            notebooks = ledger.notebooks(copy / "chapters")
        except ValueError as error:
            return False, str(error)
        records = [record for notebook in notebooks.values() for record in ledger.records_of(notebook)]
        faults = [found for notebook in notebooks.values() for rule in ledger.RULES for found in rule(notebook)]
        faults += ledger.unsound_records(records)
        labels = [record["label"] for record in records]
        faults += [found for notebook in notebooks.values() for found in ledger.broken_references(notebook, labels)]
        return not faults, "\n".join(faults)

    (tmp_path / "chapters").mkdir()
    shutil.copy(ROOT / plant.CHAPTER, tmp_path / plant.CHAPTER)
    local = plant.Fault(*(fault.name, fault.words, plant.Gate("", "", rules), "", fault.files, fault.plant, fault.says))
    before = (tmp_path / plant.CHAPTER).read_bytes()
    assert plant.judged(local, tmp_path) == ""
    assert (tmp_path / plant.CHAPTER).read_bytes() == before, "the copy is as it was"
    assert "refers to" in rules(tmp_path)[1] or rules(tmp_path)[0], "but for claims of other chapters, it passes"


@pytest.mark.parametrize(
    ("says", "stands", "answer", "miss"),
    [
        ("wrong", False, (True, "fine"), "passed: fine"),
        ("wrong", False, (False, "something else"), "does not say /wrong/: something else"),
        ("fine", True, (False, "wrong"), "failed: wrong"),
    ],
)
def test_a_gate_that_misses_is_reported(says: str, stands: bool, answer: tuple, miss: str, tmp_path: Path) -> None:
    gate = plant.Gate("gate", "a gate", lambda copy: answer)
    fault = plant.Fault("name", "words", gate, "how", (), lambda: None, says, stands)
    assert plant.judged(fault, tmp_path) == miss
    row = report.row(fault, miss)
    assert row["caught"] == 0 and f"MISSED  words: {miss}" in report.table([row])


def test_a_kernel_that_dies_fails_its_cell_and_ends(tmp_path: Path) -> None:
    shutil.copy(CHAPTERS / "conftest.py", tmp_path)
    cells = [nbformat.v4.new_code_cell("import os\nos._exit(1)", execution_count=1, outputs=[])]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), tmp_path / "dies.ipynb")
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "-p", "no:cacheprovider", "dies.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == 1 and "the kernel died while it ran this cell" in done.stdout


CLAIMS = '''
from scipy.integrate import quad
from sympy import Eq, Integral, Le, Symbol
from utils.claims import Claim, leq
from utils.notation import as_written

x, a = Symbol("x", real=True), Symbol("a", positive=True)
with as_written():
    area = Claim("planted-area", Eq(Integral(x, (x, 0, a)), a**2 / 2))
    area.derive((area.rhs, "integrate"))
    least = Claim("planted-least", Le(-(x**2), 0))
    least.derive(leq(least.rhs, "a square", gap=x**2))

@area.check
def sides(a):
    """The area by scipy."""
    return quad(lambda x: x, 0, a)[0]

@least.check(tight={x: 0})
def square(x):
    """Both sides."""
    return -x * x, 0.0
'''


def test_twins_in_a_notebook_are_refused_by_both_gates(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CLAIMS)])
    nbformat.write(notebook, tmp_path / "planted.ipynb")
    command = [sys.executable, "-m", "tests.faults.flips", tmp_path / "planted.ipynb", tmp_path / "out.json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=report.environment(ROOT))
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out.json").read_text())
    assert found == {
        "planted-area": {"flip": "sign", "proof": "refused", "number": "refused"},
        "planted-least": {"flip": "turned", "proof": "refused", "number": "refused"},
    }


def test_a_twin_that_passes_is_a_miss_and_none_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    x, a = Symbol("x", real=True), Symbol("a", positive=True)
    monkeypatch.setattr(Claim, "_printed", lambda *_: [])  # a check that compares nothing
    monkeypatch.setattr(Claim, "_attack", lambda self, *_, **__: None)
    before = len(claims())
    try:
        with planted_in(Twins()) as twins, as_written():
            claim = Claim("planted-area", Eq(Integral(x, (x, 0, a)), a**2 / 2))
            claim.counts["applied"] = 1

            @claim.check
            def area(a):
                """The area by scipy."""
                return quad(lambda x: x, 0, a)[0]

        assert len(claims()) == before + 1 and claims()[-1] is claim
    finally:
        forget("planted-area")
    assert not twins.found["planted-area"]["number"].startswith("refused")
    assert Claim.check.__name__ == "check", "the gates are themselves again"
