"""`import moviemotion` is quick and offers exactly what it says."""

from __future__ import annotations

import subprocess
import sys

import pytest

import moviemotion as mm

HEAVY = ("torch", "onnxruntime", "plotly", "pandas", "matplotlib", "scipy", "pyarrow", "av", "numpy")


def test_every_public_name_can_be_imported() -> None:
    for name in mm.__all__:
        assert getattr(mm, name) is not None, name
    assert dir(mm) == sorted(mm.__all__)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        mm.nothing  # noqa: B018


def test_importing_loads_nothing_heavy_and_is_quick() -> None:
    program = f"""
import sys, time
start = time.perf_counter()
import moviemotion
print(time.perf_counter() - start, *(name for name in {HEAVY!r} if name in sys.modules))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    seconds, *loaded = ran.stdout.split()
    assert loaded == []
    assert float(seconds) < 0.3
