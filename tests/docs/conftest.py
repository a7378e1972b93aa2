"""The code of pages and docstrings runs in the tests' own process."""

from __future__ import annotations

import pytest

from moviemotion.audience.faces import face_registry
from moviemotion.screenplay.formats import format_registry


@pytest.fixture(autouse=True)
def _restored_registries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove what a page or a docstring registers, so that later tests do not find it."""
    for registry in (face_registry._DETECTORS, face_registry._MODELS):
        monkeypatch.setattr(registry, "_factories", dict(registry._factories))
    monkeypatch.setattr(format_registry, "_registered", list(format_registry._registered))
