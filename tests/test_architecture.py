"""Who may import whom. The rooms of the house and its arrows, read from the imports themselves."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import moviemotion

HOUSE = Path(moviemotion.__file__).parent
OURS = "moviemotion"
ROOMS = ("audience", "lab", "resonance", "simulation", "story", "telling")
# Room → the rooms and modules of ours that it never asks, be it inside a function.
CLOSED = {
    "emotions": {"everything"},
    "errors": {"everything"},
    "files": {"everything"},
    "locks": {"everything"},
    "page": {"everything"},
    "statistics": {"everything"},
    "timecode": {"everything"},
    "audience": {"lab", "story", "resonance", "telling", "simulation", "study", "screen", "live", "demo"},
    "lab": {"audience", "story", "resonance", "telling", "simulation", "study", "screen", "live", "demo"},
    "story": {"audience", "lab", "resonance", "telling", "simulation", "study", "screen", "live", "demo"},
    "resonance": {"audience", "lab", "telling", "simulation", "study", "screen", "live", "demo"},
    "telling": {"audience", "lab", "simulation", "study", "screen", "live", "demo"},
    "study": {"lab", "simulation", "screen", "live", "demo"},
    "screen": {"lab", "simulation", "live", "demo"},
    "told": {"lab", "telling", "simulation", "screen", "live", "demo"},
    "kept": {"lab", "telling", "simulation", "screen", "live", "demo", "privacy"},
    "live": {"lab", "simulation", "demo"},
    "comparing": {"audience", "lab", "simulation", "live", "demo"},
    "predicting": {"audience", "story", "lab", "simulation", "live", "demo"},
    "challenge": {
        "audience",
        "story",
        "resonance",
        "telling",
        "simulation",
        "study",
        "screen",
        "live",
        "demo",
    },
    "grading": {"everything"},
    "privacy": {"lab", "simulation", "demo", "challenge", "grading", "roi"},
    "results": {"audience", "lab", "simulation", "screen", "live", "demo", "privacy"},
    "so_far": {"lab", "telling", "simulation", "live", "demo"},
    "studio": {"lab", "simulation", "simulate", "demo", "challenge", "grading"},
    "simulate": {"lab", "story", "telling", "live", "demo", "privacy"},
    "roi": {
        "audience",
        "lab",
        "story",
        "resonance",
        "telling",
        "simulation",
        "study",
        "screen",
        "live",
        "demo",
    },
    "simulation": {"audience", "lab", "story", "telling", "study", "screen", "live", "demo"},
}
FOR_THE_LAB = {"torch", "torchvision", "onnx"}

MODULES = sorted(path.relative_to(HOUSE) for path in HOUSE.rglob("*.py"))


def imports(module: Path) -> Iterator[str]:
    """Full dotted names of what a module imports, anywhere in it."""
    package = [OURS, *module.parent.parts]
    for node in ast.walk(ast.parse((HOUSE / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def room(name: str) -> str | None:
    """The room or top module of ours that a dotted name lies in; None for everybody else's."""
    parts = name.split(".")
    return parts[1] if parts[0] == OURS and len(parts) > 1 else None


def room_of(module: Path) -> str:
    return module.parts[0].removesuffix(".py")


def test_the_house_is_read() -> None:
    assert {room_of(m) for m in MODULES} >= {*ROOMS, *CLOSED, "cli"}
    assert "moviemotion.audience.faces.session" in set(imports(Path("audience/reader.py")))
    assert "moviemotion.lab.runs" in set(imports(Path("cli/laboratory.py")))  # inside a function


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_room_asks_only_the_rooms_it_may(module: Path) -> None:
    own = room_of(module)
    asked = {asked for name in imports(module) if (asked := room(name)) and asked != own}
    closed = CLOSED.get(own, set())
    allowed_to_all = {"errors", "__version__"}
    forbidden = asked - allowed_to_all if "everything" in closed else asked & closed
    assert not forbidden, f"{module} imports {', '.join(sorted(forbidden))}"
    assert "cli" not in asked, f"{module} imports the command line"
    assert "studio" not in asked or own == "cli", f"{module} imports the studio"


@pytest.mark.parametrize("module", [m for m in MODULES if room_of(m) != "lab"], ids=str)
def test_only_the_lab_needs_torch(module: Path) -> None:
    found = {name.split(".")[0] for name in imports(module)} & FOR_THE_LAB
    assert not found, f"{module} imports {', '.join(sorted(found))}"


def test_watching_and_telling_work_where_torch_cannot_be_imported() -> None:
    program = f"""
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {FOR_THE_LAB!r}:
            raise ModuleNotFoundError(f"{{name}} is blocked", name=name)

sys.meta_path.insert(0, Blocker())
import moviemotion.cli, moviemotion.demo, moviemotion.screen, moviemotion.telling.report
import moviemotion.lab.evaluation
from moviemotion.audience.screening import Watcher
Watcher(5.0)
print("watched without torch")
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.stdout == "watched without torch\n", ran.stderr
