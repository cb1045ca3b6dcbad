"""What comes from npm is what was pinned, or it is refused."""

from pathlib import Path

import pytest

from utils import npm


def test_package_is_fetched_verified_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHECKED_DERIVATIONS_CACHE", str(tmp_path))
    found = npm.package("axe-core")
    assert (found / "axe.min.js").is_file() and found.is_relative_to(tmp_path)
    monkeypatch.setattr(npm, "_pack", lambda *_: pytest.fail("fetched again"))
    assert npm.package("axe-core") == found
    assert [file.name for file in (tmp_path / "npm").iterdir()] == [found.name]


def test_a_wrong_hash_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pack(name: str, version: str, folder: Path) -> Path:
        archive = folder / "axe-core.tgz"
        archive.write_bytes(b"something else")
        return archive

    monkeypatch.setenv("CHECKED_DERIVATIONS_CACHE", str(tmp_path))
    monkeypatch.setattr(npm, "_pack", pack)
    with pytest.raises(ValueError, match=r"axe-core.tgz is not what was pinned: its sha512 is .* change the pin"):
        npm.package("axe-core")
    assert not list((tmp_path / "npm").iterdir())


def test_bad_input_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.tgz").write_bytes(b"")
    with pytest.raises(ValueError, match="pinned as sha512-…, not as 'sha1-abc'"):
        npm.verify(tmp_path / "x.tgz", "sha1-abc")
    with pytest.raises(ValueError, match="no npm package 'left-pad' is pinned"):
        npm.package("left-pad")


def test_an_unreachable_registry_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHECKED_DERIVATIONS_CACHE", str(tmp_path))
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm-cache"))
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_fetch_retry_mintimeout", "10")  # milliseconds until it tries again
    with pytest.raises(npm.Unavailable, match="npm could not fetch pyodide@"):
        npm.package("pyodide")
