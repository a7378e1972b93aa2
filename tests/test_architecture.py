"""The layers of the packages, which import-linter's contracts in pyproject.toml enforce."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
LAB_MODULES = {"torch", "torchvision", "onnx"}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    shutil.copy(PROJECT / "pyproject.toml", folder)
    skipped = shutil.ignore_patterns("__pycache__", "*.onnx", "static", "templates")
    shutil.copytree(PROJECT / "moviemotion", folder / "moviemotion", ignore=skipped)
    return folder


def test_the_contracts_hold(copy: Path) -> None:
    ran = lint_imports(copy)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize(
    ("module", "statement"),
    [
        ("emotions.py", "import moviemotion.errors"),
        ("screenplay/elements.py", "from moviemotion.analysis import analyze"),
        ("privacy/consent.py", "from moviemotion.workflows import screen"),
        ("audience/samples.py", "def later():\n    import torch"),
        ("lab/data/dataset.py", "from moviemotion.audience import samples"),
        ("audience/video/decode.py", "from moviemotion.audience.live import sources"),
    ],
)
def test_an_import_from_a_higher_layer_breaks_a_contract(copy: Path, module: str, statement: str) -> None:
    path = copy / "moviemotion" / module
    before = path.read_text(encoding="utf-8")
    try:
        path.write_text(f"{before}\n{statement}\n", encoding="utf-8")
        ran = lint_imports(copy)
    finally:
        path.write_text(before, encoding="utf-8")
    assert ran.returncode == 1, ran.stdout
    assert (
        "moviemotion." + module.removesuffix(".py").split("/")[0]
        in ran.stdout.partition("Broken contracts")[2]
    )


def test_a_new_top_level_module_needs_a_layer(copy: Path) -> None:
    new = copy / "moviemotion" / "misc.py"
    try:
        new.write_text('"""A module without a layer."""\n', encoding="utf-8")
        ran = lint_imports(copy)
    finally:
        new.unlink()
    assert ran.returncode == 1
    assert "moviemotion.misc" in ran.stdout


def test_screening_and_reporting_work_without_torch() -> None:
    program = f"""
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {LAB_MODULES!r}:
            raise ModuleNotFoundError(f"{{name}} is blocked", name=name)

sys.meta_path.insert(0, Blocker())
import moviemotion.cli.commands, moviemotion.workflows.demo, moviemotion.workflows.screen
import moviemotion.reports.html.screening_report
import moviemotion.lab.evaluation.evaluate
from moviemotion.audience.recordings import CameraProcessor
CameraProcessor(5.0)
print("screened without torch")
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.stdout == "screened without torch\n", ran.stderr
