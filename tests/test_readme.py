"""README keeps its word: its example runs and prints what it says, its commands and files exist."""

import re
import subprocess
from pathlib import Path

import pytest

from utils.claims import ClaimError, forget

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


def run(source: str) -> str:
    """Run the example in an empty namespace: what its claim prints in a terminal. Its labels are freed again."""
    namespace: dict = {}
    try:
        exec(compile(source, "README.md", "exec"), namespace)
        return namespace["claim"]._repr_mimebundle_()["text/plain"]
    finally:
        forget("second-moment")
        forget("second-moment-value")


def test_the_example_runs_and_prints_what_is_shown() -> None:
    (example,) = blocks("python")
    shown = run(example)
    assert f"`{shown}`" in README


def test_the_example_made_wrong_is_refuted_as_told() -> None:
    (example,) = blocks("python")
    right, wrong = "mu**2 + sigma**2", "mu**2 - sigma**2"
    assert example.count(right) == 1 and f"`{wrong}`" in README
    with pytest.raises(ClaimError, match=r"second-moment-value.*link 1.*is false: at mu = "):
        run(example.replace(right, wrong))


def test_the_two_commands_are_those_that_ci_and_the_landing_page_use() -> None:
    build, test = blocks("bash")[:2]
    assert build.strip() == "pip install -r requirements.txt && jupyter-book build ."
    assert test.strip() == "pytest"
    assert re.search(r"^pytest( \|\||$)", (ROOT / ".ci/run").read_text(), flags=re.MULTILINE)
    assert build.strip() in (ROOT / "chapters/intro.md").read_text(encoding="utf-8")


def test_everything_it_names_exists() -> None:
    named = set(re.findall(r"`((?:chapters|utils|tests|site|\.ci)/[\w./-]*)`", README))
    named |= set(re.findall(r"\]\((?!http)([^)#]+)\)", README))
    named |= set(re.findall(r"`([\w-]+\.(?:yml|cff|txt))`", README))
    placeholder = {"chapters/name.ipynb"}
    missing = sorted(name for name in named - placeholder if not (ROOT / name).exists())
    assert len(named) > 8 and missing == []
    modules = set(re.findall(r"`(\w+)`", README[README.index("| `utils/` |") : README.index("| `tests/` |")]))
    assert modules == {path.stem for path in (ROOT / "utils").glob("*.py")} - {"__init__"}


def test_torch_is_told_with_the_version_that_is_pinned() -> None:
    pinned = re.search(r"^torch==\S+", (ROOT / "requirements.txt").read_text(), flags=re.MULTILINE)
    assert pinned and f"pip install {pinned.group()} --index-url" in README


def test_ci_run_is_a_sound_script() -> None:
    subprocess.run(["bash", "-n", ROOT / ".ci/run"], check=True)
