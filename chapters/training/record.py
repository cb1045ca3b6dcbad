"""What the training scripts share: a record of runs, bound to the code and to the weights that it speaks of."""

import ast
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from torch import Tensor, nn

__all__ = ["begin", "complete", "fingerprint", "read_weights", "used_code", "write_weights"]


def begin(path: Path, code: str, command: str) -> dict:
    """The record at `path` if it is that of this code, else one without runs; made by this command."""
    record = json.loads(path.read_text()) if path.exists() else {}
    if record.get("code") != code:
        record = {"code": code, "runs": {}}
    return record | {"command": command}


def complete(path: Path, record: dict, jobs: Iterable[tuple[str, Callable[[Callable], dict]]]) -> None:
    """Do the jobs that the record lacks, and write it to `path` after each, so that a stop loses one run at most.

    A job (key, run): run(tell) returns what goes under record["runs"][key], beside the CPU seconds it took;
    tell(text) shows progress.
    """
    jobs = list(jobs)
    for done, (key, run) in enumerate(jobs, 1):
        if key in record["runs"]:
            continue

        def tell(text: str, key: str = key, done: int = done) -> None:
            print(f"[{done}/{len(jobs)}] {key}: {text}", file=sys.stderr, flush=True)

        start = time.process_time()
        found = run(tell)
        record["runs"][key] = found | {"cpu_seconds": round(time.process_time() - start, 1)}
        record["cpu_minutes"] = round(sum(r["cpu_seconds"] for r in record["runs"].values()) / 60, 1)
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
        unfinished.replace(path)  # all or nothing, if it is interrupted here
        tell(json.dumps(record["runs"][key]))


def write_weights(path: Path, model: nn.Module) -> str:
    """Keep a model's weights in single precision; the sha256 of the file, for the record."""
    torch.save({name: x.float() for name, x in model.state_dict().items()}, path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_weights(path: Path, sha256: str, command: str) -> dict[str, Tensor]:
    """The weights in a file, in double precision. Raises ValueError if it is not the file on record."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        raise ValueError(
            f"`{path.name}` must have sha256 {sha256} (got {found}): restore it from git, "
            f"or train again with `{command}`"
        )
    return {name: x.double() for name, x in torch.load(path, weights_only=True).items()}


def fingerprint(path: Path, names: list[str], without: Iterable[str] = ()) -> str:
    """sha256 of the code in a file that these names lead to."""
    return hashlib.sha256(used_code(path, names, without).encode()).hexdigest()


def used_code(path: Path, names: list[str], without: Iterable[str] = ()) -> str:
    """The top-level definitions of a file that these names lead to, without docstrings.

    A name in `without` is not followed.
    """
    source = path.read_text(encoding="utf-8")
    lines, tree = source.splitlines(), ast.parse(source)
    definitions: dict[str, ast.stmt] = {}
    for node in tree.body:
        targets = getattr(node, "targets", [getattr(node, "target", node)])
        for target in targets:
            name = getattr(target, "id", getattr(target, "name", None))
            if name:
                definitions[name] = node
    seen: list[str] = []
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in definitions and name not in seen and name not in without:
            seen.append(name)
            inside = ast.walk(definitions[name])
            waiting += sorted(part.id for part in inside if isinstance(part, ast.Name))
    kept = []
    for node in (definitions[name] for name in sorted(seen)):
        start = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        dropped = {
            line
            for part in ast.walk(node)
            if isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)
            for line in range(part.lineno, part.end_lineno + 1)
        }
        for number in range(start, node.end_lineno + 1):
            text = lines[number - 1].partition("  #")[0].rstrip()
            if number not in dropped and text and not text.lstrip().startswith("#"):
                kept.append(text)
    return "\n".join(kept)
