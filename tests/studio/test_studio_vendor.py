"""The vendored JavaScript libraries equal the files of their npm packages and carry their licenses."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from moviemotion._io.html_shell import VENDOR_FOLDER as VENDOR
from moviemotion.studio.app import STATIC_FOLDER

LOCK = Path(__file__).parents[2] / "frontend" / "package-lock.json"
PACKAGES = {package["name"]: package for package in json.loads((VENDOR / "provenance.json").read_text())}


@pytest.mark.parametrize("name", PACKAGES)
def test_vendored_files_match_their_checksums(name: str) -> None:
    found = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in (VENDOR / name).iterdir()}
    assert found == PACKAGES[name]["sha256"]
    assert "LICENSE" in found
    assert PACKAGES[name]["license"] in ("MIT", "BSD-3-Clause")


def test_nothing_else_is_vendored() -> None:
    assert {path.name for path in VENDOR.iterdir()} == {"provenance.json", *PACKAGES}


@pytest.mark.skipif(not LOCK.is_file(), reason="frontend/ is not part of the installed package")
def test_checksums_match_the_npm_lock_file() -> None:
    locked = json.loads(LOCK.read_text())["packages"]
    assert set(locked[""]["dependencies"]) == set(PACKAGES)
    for name, package in PACKAGES.items():
        entry = locked[f"node_modules/{name}"]
        assert (package["version"], package["integrity"]) == (entry["version"], entry["integrity"])


def test_pages_load_nothing_from_other_hosts() -> None:
    """The studio's own files contain no URL of another host."""
    ours = [p for p in STATIC_FOLDER.rglob("*") if p.is_file()]
    ours += list((STATIC_FOLDER.parent / "templates").iterdir())
    for path in ours:
        text = path.read_text(encoding="utf-8")
        assert "https://" not in text, path
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", ""), path
