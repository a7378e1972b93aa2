"""Commands whose optional dependencies are missing name the extra to install in one line."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from moviemotion.cli.extras import MODULES_OF_EXTRAS, missing_extra_message

PYPROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
DISTRIBUTION_OF_MODULE = {
    "argon2": "argon2-cffi",
    "mlflow": "mlflow-skinny",
    "sklearn": "scikit-learn",
}
"""Distributions that are not called like the module which they install."""
BLOCKER = """
import sys

BLOCKED = {blocked!r}

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocker())
"""


def run_without(modules: frozenset[str], program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program in which some modules cannot be imported."""
    command = [sys.executable, "-c", BLOCKER.format(blocked=set(modules)) + program]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize(
    ("extra", "arguments"),
    [
        ("export", ["export", "study", "--to", "otio"]),
        ("studio", ["studio", "studies"]),
        ("mcp", ["mcp", "studies"]),
        ("lab", ["lab", "train", "--data", "faces", "--out", "run"]),
        ("lab", ["lab", "audit", "faces"]),
        ("lab", ["lab", "quantize", "model.onnx", "--data", "faces", "--out", "int8.onnx"]),
        ("export", ["export", "study"]),
    ],
)
def test_a_missing_extra_is_one_line(extra: str, arguments: list[str], tmp_path: Path) -> None:
    program = f"sys.argv = ['moviemotion', *{arguments!r}]\nfrom moviemotion.cli.entry import main\nmain()\n"
    ran = run_without(MODULES_OF_EXTRAS[extra], program, tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    message = rf"error: this command needs the {extra} extra \(\w+ is not installed\); "
    assert re.fullmatch(message + rf"run: pip install 'moviemotion\[{extra}\]'\n", ran.stderr), ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_core_commands_need_no_extra(tmp_path: Path) -> None:
    program = """
import moviemotion.cli.commands
import moviemotion.workflows.capture
import moviemotion.workflows.compare
import moviemotion.workflows.demo
import moviemotion.workflows.pattern_study
import moviemotion.workflows.report
import moviemotion.workflows.screen
import moviemotion.workflows.simulate
import moviemotion.workflows.trailer
import moviemotion.privacy.erasure
import moviemotion.roi
import moviemotion.lab.evaluation.evaluate
import moviemotion.lab.proposal.challenge
print("imported")
"""
    ran = run_without(frozenset().union(*MODULES_OF_EXTRAS.values()), program, tmp_path)
    assert ran.stdout == "imported\n", ran.stderr


def test_a_module_of_no_extra_is_a_bug_and_not_explained() -> None:
    assert missing_extra_message(ModuleNotFoundError("No module named 'nmupy'", name="nmupy")) is None


@pytest.mark.parametrize("extra", sorted(MODULES_OF_EXTRAS))
def test_extras_install_the_modules_that_they_are_named_for(extra: str) -> None:
    requirements = PYPROJECT["project"]["optional-dependencies"][extra]
    installed = {re.split(r"[<>=\[]", requirement)[0].lower() for requirement in requirements}
    modules = MODULES_OF_EXTRAS[extra]
    assert {DISTRIBUTION_OF_MODULE.get(module, module) for module in modules} <= installed
