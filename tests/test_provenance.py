"""Where things come from: the lock and what is installed, stamps of the notebooks, the workflow, citation and forms."""

import copy
import json
import os
import re
import tomllib
import warnings
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from utils import ledger, run

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ledger.notebooks(ROOT / "chapters")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


# The lock


def pins(requirements: str) -> dict[str, str]:
    found = re.findall(r"^([\w.-]+)==(\S+)", requirements, flags=re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def lock_faults(requirements: str, lock: str) -> list[str]:
    """Pins that the lock lacks or has in another version; entries without hashes, or with something else for one."""
    faults, locked = [], {}
    for entry in re.split(r"\n(?=\S)", "\n" + re.sub(r"^\s*#.*\n", "", lock, flags=re.MULTILINE)):
        if not entry.strip():
            continue
        head, *hashes = (part.strip(" \\\n") for part in entry.strip().split("--hash="))
        if not (match := re.fullmatch(r"([a-z0-9-]+)==([\w.+!]+)(?: ; .+)?", head)):
            faults.append(f"{head}: neither a name nor a version")
            continue
        locked.setdefault(match[1], []).append(match[2])
        wrong = [h for h in hashes if not re.fullmatch(r"sha256:[0-9a-f]{64}", h)]
        faults += [f"{head}: {wrong or 'no hash'}"] if wrong or not hashes else []
    for name, version in pins(requirements).items():
        if locked.get(name) != [version]:
            faults.append(f"{name}: {version} is required, {locked.get(name, 'nothing')} is locked: renew the lock")
    return faults


def expected(kind: str) -> dict[str, str]:
    """The versions that a test run of this kind is about: pins, or for the oldest the bounds of pyproject.toml."""
    bounds = {r.name: next(iter(r.specifier)).version for r in map(Requirement, PROJECT["dependencies"])}
    return pins(text("requirements.txt")) | (bounds if kind == "oldest" else {})


def install_faults(wanted: dict[str, str], installed: dict[str, str], kind: str) -> list[str]:
    """Packages that are missing or of another version; the newest run may have a later one."""
    faults = []
    for name, version in wanted.items():
        got = Version(installed[name]).public if name in installed else "nothing"  # the CPU's torch is 2.13.0+cpu
        fits = name in installed and (Version(got) == Version(version) or (kind == "latest" and got > version))
        faults += [] if fits else [f"{name}: {version} is pinned, {got} is installed"]
    return faults


def test_the_lock_holds_every_pin_with_hashes() -> None:
    assert len(pins(text("requirements.txt"))) > 25
    assert lock_faults(text("requirements.txt"), text("requirements.lock")) == []


REQUIRED, LOCKED = (
    "-e .\nNumPy==2.4.6\nsympy==1.14.0\n",
    f"""# by a command
numpy==2.4.6 ; python_version >= '3.11' \\
    --hash=sha256:{"0a" * 32} \\
    --hash=sha256:{"b1" * 32}
    # via
    #   scipy
sympy==1.14.0 \\
    --hash=sha256:{"c2" * 32}
    # via -r requirements.txt
""",
)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("sympy==1.14.0", "sympy==1.13.3", r"sympy: 1.14.0 is required, \['1.13.3'\] is locked: renew the lock"),
        ("sympy==1.14.0", "sympyx==1.14.0", "sympy: 1.14.0 is required, nothing is locked"),
        ("c2" * 32, "c2" * 31, r"sympy==1.14.0: \['sha256:c2.*'\]"),
        ("sha256:" + "c2" * 32, "md5:" + "c2" * 16, r"sympy==1.14.0: \['md5:"),
        (f" \\\n    --hash=sha256:{'c2' * 32}", "", "sympy==1.14.0: no hash"),
        ("sympy==1.14.0", "sympy>=1.14.0", "sympy>=1.14.0: neither a name nor a version"),
    ],
)
def test_a_lock_with_a_fault_is_refused(old: str, new: str, words: str) -> None:
    assert lock_faults(REQUIRED, LOCKED) == [] and old in LOCKED
    assert re.search(words, "\n".join(lock_faults(REQUIRED, LOCKED.replace(old, new))))


def test_what_is_installed_is_what_this_run_is_about() -> None:
    installed = {canonicalize_name(d.name): d.version for d in metadata.distributions()}
    kind = os.environ.get("DEPENDENCIES", "pinned")
    assert install_faults(expected(kind), installed, kind) == []


def test_another_version_is_noticed() -> None:
    for kind, version, fault in (
        ("pinned", "1.14.0", False),
        ("pinned", "1.14.0+cpu", False),
        ("pinned", "1.15.0", True),
        ("latest", "1.15.0", False),
        ("latest", "1.13.3", True),
        ("oldest", "1.15.0", True),
    ):
        assert bool(install_faults({"sympy": "1.14.0"}, {"sympy": version}, kind)) == fault, (kind, version)
    assert install_faults({"sympy": "1.14.0"}, {}, "pinned") == ["sympy: 1.14.0 is pinned, nothing is installed"]
    assert expected("oldest")["numpy"] == "2.0" != expected("pinned")["numpy"]


def test_readme_tells_the_command_that_made_the_lock_and_the_site_publishes_its_hash() -> None:
    (command,) = re.findall(r"^#    (uv pip compile .*)", text("requirements.lock"), flags=re.MULTILINE)
    assert command in text("README.md")
    assert "requirements.lock" in ledger.published(ROOT, "the book")["sha256"]


# Stamps


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_no_output_is_older_than_its_cells_or_its_data(name: str) -> None:
    assert run.faults(NOTEBOOKS[name]) == []
    if "code" in run.changed(NOTEBOOKS[name]):  # no fault: strict nbval decides; this stands at the end of the report
        warnings.warn(f"chapters/{name}.ipynb: {run.report(NOTEBOOKS[name])} since it ran", stacklevel=1)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_cell_edited_after_the_run_is_a_fault(name: str) -> None:
    edited = copy.deepcopy(NOTEBOOKS[name])
    cell = next(c for c in edited["cells"] if c["cell_type"] == "code")
    cell["source"] = [*cell["source"], "\n0"]
    assert "its code cells changed after it ran" in "".join(run.faults(edited))


@pytest.fixture
def book(tmp_path: Path) -> tuple[dict[str, Any], Path]:
    """A notebook with a stamp, and a book that it imports from, directly and by way of others."""
    for name, source in {
        "utils/__init__.py": "",
        "utils/figures.py": '"""Draws."""\nfrom utils.claims import LINE\n# a comment\nWIDTH = 2\n',
        "utils/claims.py": "def LINE():\n    import utils.deep\n",
        "utils/deep.py": "DEPTH = 1\n",
        "utils/apart.py": "NOBODY = 1\n",
        "utils/live.js": "let x = 1;",
        "chapters/training/vae.py": "from training.record import begin\n",
        "chapters/training/record.py": "begin = 1\n",
        "chapters/training/vae.json": "{}",
        "chapters/training/vae-2.pt": "weights",
        "chapters/training/wae-2.pt": "another's",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)
    sources = ["import numpy as np\nfrom utils import figures", "from training import vae as training\n1 + 1"]
    cells = [nbformat.v4.new_markdown_cell("# Words"), *map(nbformat.v4.new_code_cell, sources)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata[run.KEY] = run.stamp(notebook, tmp_path)
    return notebook, tmp_path


def test_a_stamp_knows_what_a_notebook_reads(book: tuple[dict[str, Any], Path]) -> None:
    notebook, root = book
    modules, data = run.reads(notebook, root)
    assert sorted(modules) == [
        "training.record",
        "training.vae",
        "utils",
        "utils.claims",
        "utils.deep",
        "utils.figures",
    ]
    names = [path.relative_to(root).as_posix() for path in data]
    assert names == ["chapters/training/vae-2.pt", "chapters/training/vae.json", "utils/live.js"]


@pytest.mark.parametrize(
    ("file", "content", "parts"),
    [
        ("utils/figures.py", '"""Draws\n\nlines."""\n\nfrom utils.claims import LINE\nWIDTH = 2\n', []),
        ("utils/figures.py", '"""Draws."""\nfrom utils.claims import LINE\nWIDTH = 3\n', ["code"]),
        ("utils/deep.py", "DEPTH = 2\n", ["code"]),
        ("utils/apart.py", "NOBODY = 2\n", []),
        ("utils/live.js", "let x = 2;", ["data"]),
        ("chapters/training/record.py", "begin = 2\n", ["code"]),
        ("chapters/training/vae.json", "{ }", ["data"]),
        ("chapters/training/vae-2.pt", "other weights", ["data"]),
        ("chapters/training/vae-3.pt", "more weights", ["data"]),
        ("chapters/training/wae-2.pt", "again another's", []),
    ],
)
def test_what_changed_after_the_run_is_told_apart(
    book: tuple[dict[str, Any], Path], file: str, content: str, parts: list[str]
) -> None:
    notebook, root = book
    assert run.changed(notebook, root) == [] == run.faults(notebook, root)
    assert run.report(notebook, root) == "as it ran"
    (root / file).write_text(content)
    assert run.changed(notebook, root) == parts
    assert bool(run.faults(notebook, root)) == ("data" in parts), "a module is named, data are a fault"
    assert parts == [] or run.PARTS[parts[0]] in run.report(notebook, root)


def test_an_output_without_a_stamp_is_a_fault(book: tuple[dict[str, Any], Path]) -> None:
    notebook, root = book
    del notebook["metadata"][run.KEY]
    assert run.faults(notebook, root) == ["its outputs have no stamp: run it with `python -m utils.run`"]
    assert run.report(notebook, root) == "has no stamp"


def test_a_run_is_stored_whole_or_not_at_all(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    here = tmp_path / "chapters" / "here.ipynb"
    here.parent.mkdir()
    cells = [nbformat.v4.new_code_cell("from pathlib import Path\nPath.cwd().name"), nbformat.v4.new_code_cell("1 + 1")]
    about = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=about), here)
    assert run.main([str(here)]) == 0
    stored = json.loads(here.read_text())
    assert [c["outputs"][0]["data"]["text/plain"] for c in stored["cells"]] == [["'chapters'"], ["2"]]
    assert stored["metadata"] == about | {run.KEY: run.stamp(stored)} and ledger.untidy(stored) == []
    assert run.main(["--check", str(here)]) == 0 and "here.ipynb: as it ran" in capfd.readouterr().out

    stored["cells"][1]["source"] = ["1 / 0"]
    here.write_text(json.dumps(stored))
    before = here.read_bytes()
    assert run.main(["--check", str(here)]) == 1 and "its code cells changed" in capfd.readouterr().out
    assert run.main([str(here)]) == 1
    said = capfd.readouterr()
    assert "not stored, since a cell failed" in said.out and "ZeroDivisionError" in said.out
    assert "without encryption" not in said.err
    assert here.read_bytes() == before and list(here.parent.iterdir()) == [here]


def test_a_file_that_is_no_notebook_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run.main(["chapters/nowhere.ipynb"])
    assert "chapters/nowhere.ipynb is no notebook: name files that end in .ipynb" in capsys.readouterr().err


# The workflow


def workflow_faults(workflow: dict[Any, Any]) -> list[str]:
    """What the weekly matrix lacks."""
    on = workflow.get("on", workflow.get(True, {}))  # YAML 1.1 reads `on` as a truth
    crons = [entry["cron"].split() for entry in on.get("schedule") or ()]
    faults = [] if any(c[2:4] == ["*", "*"] and re.fullmatch("[0-6]", c[4]) for c in crons) else ["no weekly run"]
    test = workflow["jobs"]["test"]
    missing = {"oldest", "pinned", "latest"} - {row["dependencies"] for row in test["strategy"]["matrix"]["include"]}
    faults += [f"no run with the {kind} dependencies" for kind in sorted(missing)]
    steps = {kind: "" for kind in ("oldest", "latest", "pinned")}
    for step in test["steps"]:
        for kind in steps:
            if step.get("if") == f"matrix.dependencies == '{kind}'":
                steps[kind] += step["run"]
    oldest, latest = steps["oldest"], steps["latest"]
    if not ("pyproject.toml" in oldest and "s/>=/==/" in oldest and "pip install -r oldest.txt" in oldest):
        faults.append("the oldest are not the lower bounds of pyproject.toml")
    if not ("s/==/>=/" in latest and "pip install -r latest.txt" in latest):
        faults.append("the latest are not the pins let go")
    if "bash .ci/run" not in steps["pinned"]:
        faults.append("the pinned run is not .ci/run")
    if not any("DEPENDENCIES" in step.get("env", {}) for step in test["steps"]):
        faults.append("the tests are not told which dependencies they run with")
    if not {"lint", "test"} <= set(workflow["jobs"]["site"]["needs"]):
        faults.append("the site does not wait for the tests")
    return faults


WORKFLOW = text(".github/workflows/ci.yml")


def test_the_workflow_runs_every_week_with_three_sets_of_dependencies() -> None:
    assert workflow_faults(yaml.safe_load(WORKFLOW)) == []
    lowest = {r.name: next(iter(r.specifier)) for r in map(Requirement, PROJECT["dependencies"])}
    assert all(bound.operator == ">=" for bound in lowest.values())
    assert [n for n, b in lowest.items() if Version(b.version) > Version(pins(text("requirements.txt"))[n])] == []
    lowest_python = PROJECT["requires-python"].removeprefix(">=")
    rows = yaml.safe_load(WORKFLOW)["jobs"]["test"]["strategy"]["matrix"]["include"]
    assert {"dependencies": "oldest", "python": lowest_python} in rows


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("23 4 * * 1", "23 4 1 * *", "no weekly run"),
        ("  schedule:\n", "  planned:\n", "no weekly run"),
        ("- {dependencies: oldest", "- {dependencies: pinned", "no run with the oldest dependencies"),
        ("- {dependencies: latest", "- {dependencies: newest", "no run with the latest dependencies"),
        ("s/>=/==/", "s/>=/>=/", "the oldest are not the lower bounds"),
        ("pip install -r latest.txt", "pip install -r requirements.txt", "the latest are not the pins let go"),
        ("bash .ci/run", "pytest", "the pinned run is not .ci/run"),
        ("DEPENDENCIES:", "OTHERS:", "the tests are not told"),
        ("needs: [lint, test]", "needs: [lint]", "the site does not wait"),
    ],
)
def test_a_workflow_with_a_fault_is_refused(old: str, new: str, words: str) -> None:
    assert old in WORKFLOW
    assert words in "\n".join(workflow_faults(yaml.safe_load(WORKFLOW.replace(old, new))))


# Citation and changelog


CFF_REQUIRED = {"cff-version": str, "message": str, "title": str, "authors": list}  # of the schema, version 1.2.0
CFF_KNOWN = CFF_REQUIRED.keys() | {  # and of what the schema knows, what a book may say of itself
    *("abstract", "commit", "date-released", "doi", "keywords", "license", "references"),
    *("preferred-citation", "repository-code", "type", "url", "version"),
}


def citation_faults(citation: dict[str, Any], changelog: str) -> list[str]:
    """Where CITATION.cff leaves its schema, the version of the package, or the changelog."""
    faults = [f"{key}: missing" for key, kind in CFF_REQUIRED.items() if not isinstance(citation.get(key), kind)]
    faults += [f"{key}: unknown to the schema" for key in citation if key not in CFF_KNOWN]
    people = citation.get("authors") or [{}]
    faults += ["authors: one without a name"] * any(not {"name", "family-names", "alias"} & set(a) for a in people)
    faults += ["cff-version: not 1.2.0"] * (citation.get("cff-version") != "1.2.0")
    faults += ["type: neither software nor dataset"] * (citation.get("type") not in ("software", "dataset"))
    if citation.get("version") != PROJECT["version"]:
        faults.append(f"version: pyproject.toml has {PROJECT['version']}")
    released = citation.get("date-released")
    if not isinstance(released, date):
        faults.append("date-released: no date")
    versions = re.findall(r"^## (\d[\w.]*) - (\d{4}-\d\d-\d\d)$", changelog, flags=re.MULTILINE)
    if not versions or versions[0] != (citation.get("version"), str(released)):
        faults.append(f"version and date: the changelog's latest are {versions[:1]}")
    return faults


def test_the_citation_is_sound_and_of_the_latest_version() -> None:
    assert citation_faults(yaml.safe_load(text("CITATION.cff")), text("CHANGELOG.md")) == []
    assert Version(PROJECT["version"])
    kept = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
    assert set(re.findall("^### (.*)", text("CHANGELOG.md"), flags=re.MULTILINE)) <= set(kept)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("message:", "massage:", "message: missing"),
        ("message:", "massage:", "massage: unknown to the schema"),
        ("  - name: The", "  - nom: The", "authors: one without a name"),
        ("cff-version: 1.2.0", "cff-version: 1.1.0", "cff-version: not 1.2.0"),
        ("type: software", "type: book", "type: neither"),
        ("version: 0.1.0", "version: 0.2.0", "version: pyproject.toml has"),
        ("date-released: 2026-11-26", "date-released: soon", "date-released: no date"),
        ("date-released: 2026-11-26", "date-released: 2026-11-25", "the changelog's latest are"),
    ],
)
def test_a_citation_with_a_fault_is_refused(old: str, new: str, words: str) -> None:
    citation = text("CITATION.cff")
    assert old in citation
    assert words in "\n".join(citation_faults(yaml.safe_load(citation.replace(old, new, 1)), text("CHANGELOG.md")))


# Forms


FORMS = ROOT / ".github" / "ISSUE_TEMPLATE"
ELEMENTS = {"markdown", "input", "textarea", "dropdown", "checkboxes"}


def form_faults(form: dict[str, Any], required: set[str]) -> list[str]:
    """What GitHub would refuse in a form, and the questions that it does not insist on."""
    faults = [f"no {key}" for key in ("name", "description", "body") if not form.get(key)]
    asked = []
    for part in form.get("body") or ():
        kind, attributes = part.get("type"), part.get("attributes", {})
        faults += [] if kind in ELEMENTS else [f"{kind}: no element of a form"]
        if kind == "markdown":
            faults += [] if attributes.get("value") else ["markdown without a value"]
            continue
        faults += [] if re.fullmatch(r"[\w-]+", part.get("id", "")) else [f"{attributes}: no id"]
        faults += [] if attributes.get("label") else [f"{part.get('id')}: no label"]
        asked.append(part.get("id"))
        if part.get("validations", {}).get("required") is True:
            required = required - {part.get("id")}
    faults += ["two elements with one id"] * (len(asked) != len(set(asked)))
    return faults + [f"{name}: not asked for, or not required" for name in sorted(required)]


@pytest.mark.parametrize(
    ("name", "required"), [("error", {"page", "label", "witness"}), ("claim", {"statement", "proof", "route"})]
)
def test_the_forms_ask_for_what_settles_a_report(name: str, required: set[str]) -> None:
    assert form_faults(yaml.safe_load((FORMS / f"{name}.yml").read_text("utf-8")), required) == []


def test_the_chooser_leads_to_a_page_of_the_book() -> None:
    config = yaml.safe_load((FORMS / "config.yml").read_text("utf-8"))
    assert config["blank_issues_enabled"] is True
    assert all({"name", "url", "about"} == set(link) for link in config["contact_links"])
    base = yaml.safe_load(text("_config.yml"))["html"]["baseurl"]
    for link in config["contact_links"]:
        page = link["url"].removeprefix(base).replace(".html", ".md")
        assert (ROOT / page).is_file(), link["url"]
    assert {path.name for path in FORMS.iterdir()} == {"config.yml", "error.yml", "claim.yml"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("description: A claim", "describes: A claim", "no description"),
        ("id: witness", "id: values", "witness: not asked for"),
        ("    id: witness\n", "", "no id"),
        ("id: witness", "id: label", "two elements with one id"),
        ("      label: Witness\n", "", "witness: no label"),
        ("- type: textarea", "- type: text", "text: no element of a form"),
        ("required: true", "required: false", "label: not asked for, or not required"),
        ("      value: >-", "      text: >-", "markdown without a value"),
    ],
)
def test_a_form_with_a_fault_is_refused(old: str, new: str, words: str) -> None:
    form = (FORMS / "error.yml").read_text("utf-8")
    assert old in form
    assert words in "\n".join(form_faults(yaml.safe_load(form.replace(old, new)), {"page", "label", "witness"}))


def test_contributing_names_what_exists() -> None:
    words = text("CONTRIBUTING.md")
    for name in re.findall(r"`([\w./-]+\.(?:md|py|json|ipynb|lock|txt)|LICENSE(?:-text)?)`", words):
        assert (ROOT / name).exists(), name
    forms = re.findall(r"template=([\w.]+)\)", words)
    assert sorted(forms) == ["claim.yml", "error.yml"]
    headings = {
        re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in re.findall("^## (.*)", text("README.md"), re.M)
    }
    assert set(re.findall(r"README\.md#([\w-]+)", words)) <= headings
