"""The examples in docstrings run and print what they show."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import moviemotion

PACKAGE = Path(moviemotion.__file__).parent
MODULES = sorted(
    "moviemotion." + ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8") and path.parent != PACKAGE
)


@pytest.mark.parametrize("name", [*MODULES, "moviemotion.errors"])
def test_the_examples_of_a_module(name: str) -> None:
    if name.startswith("moviemotion.lab"):
        pytest.importorskip("torch", reason="needs the lab extra (torch)")
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted
    assert result.failed == 0
