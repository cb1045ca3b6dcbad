"""What was planted and caught, as rows for the page and the terminal."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from utils import ledger
from utils.run import ENVIRONMENT

from .plant import Fault

__all__ = ["environment", "flip_rows", "row", "table"]

KINDS = {"identity", "inequality", "limit", "index map", "program"}
HOW = "The right-hand side times -1, and the last term of the chain likewise"
OTHERWISE = {
    "index": "of an index map, an index moved by one",
    "inside": "of a proportionality, a sign or an exponent inside",
    "turned": "where the bound is 0, or the check puts no numbers into it, the relation turned round",
}


def environment(copy: Path) -> dict[str, str]:
    """The environment of a program that runs in the copy."""
    return os.environ | ENVIRONMENT | {"PYTHONPATH": str(copy), "MPLBACKEND": "agg"}


def row(fault: Fault, missed: str) -> dict[str, Any]:
    """The row of one fault; `missed` says what happened instead, or nothing."""
    return {
        "name": fault.name,
        "fault": fault.words,
        "planted": 1,
        "caught": 0 if missed else 1,
        "gate": fault.gate.words,
        "how": fault.how,
        "missed": [missed] if missed else [],
    }


def flip_rows(found: Mapping[str, Mapping[str, str]], chapters: Path, names: Sequence[str]) -> list[dict[str, Any]]:
    """Two rows for the flipped signs, one a gate; a claim of the ledger without a twin is a miss."""
    records = [r for r in ledger.records(chapters) if r["chapter"] in names and r["kind"] in KINDS]
    rows = []
    for gate, word, words in (
        ("proof", "proved", "the derivation, by itself"),
        ("number", "checked", "the numerical check, by itself"),
    ):
        due = [r["label"] for r in records if word in r["verdicts"]]
        aside = [label for label in due if found.get(label, {}).get("flip") == "none"]
        due = [label for label in due if label not in aside]
        said = {label: found.get(label, {}).get(gate, "no twin was made") for label in due}
        caught = [label for label in due if said[label].startswith("refused")]
        false = len([label for label in caught if said[label] == "refused"])
        flips = Counter(found[label].get(f"{gate} flip", found[label]["flip"]) for label in caught)
        how = f"{HOW}; {'; '.join(f'{what}: {flips[kind]}' for kind, what in OTHERWISE.items() if flips[kind])}."
        if gate == "proof":
            how += f" {false} were refuted by a witness, {len(caught) - false} could not be proved."
        if aside:
            how += f" Set aside, the value being 0: {len(aside)}."
        rows.append(
            {
                "name": f"flips-{gate}",
                "fault": f"a flipped sign in each {word} claim",
                "planted": len(due),
                "caught": len(caught),
                "gate": words,
                "how": how,
                "missed": [f"{label}: {said[label]}" for label in due if label not in caught],
                "set_aside": aside,
            }
        )
    return rows


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as text, and below them what was missed."""
    wide = max(len(row["fault"]) for row in rows)
    lines = [f"{row['fault']:<{wide}}  {row['caught']:>3} of {row['planted']:>3}  {row['gate']}" for row in rows]
    lines += [f"MISSED  {row['fault']}: {what}" for row in rows for what in row["missed"]]
    return "\n".join(lines)
