"""The code and the commands in the documentation run, and print what the pages show.

`UPDATE_DOCS=1 python -m pytest tests/docs` writes the outputs of the Python blocks again.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from moviemotion.simulation import demo_film
from moviemotion.workflows.report import report
from moviemotion.workflows.simulate import simulate

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(
    r"(?P<skip>^<!-- not run by the tests -->\n)?^```(?P<language>python|console)\n(?P<code>.*?)^```\n"
    r"(?P<shown>\n```text title=\"Output\"\n.*?^```\n)?",
    re.MULTILINE | re.DOTALL,
)
PAGES = sorted(path for path in DOCS.rglob("*.md") if BLOCK.search(path.read_text(encoding="utf-8")))
COMMAND = Path(sys.executable).with_name("moviemotion")


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the pages use: a film's screenplay and subtitles, and two simulated studies."""
    folder = tmp_path_factory.mktemp("material")
    shutil.copy(demo_film.SCREENPLAY, folder / "film.fountain")
    shutil.copy(demo_film.SUBTITLES, folder / "film.srt")
    shutil.copy(demo_film.EMOTION_SCHEDULE, folder / "emotions.csv")
    for name, seed in (("study", 36), ("study-b", 37)):
        simulate(folder / "emotions.csv", 24, demo_film.DURATION / 60, folder / name, seed)
        report(folder / name, folder / "film.fountain", folder / "film.srt")
    return folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_a_page_shows_what_happens(
    page: Path, material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks run in order, in one folder and one namespace, unless a comment says "not run by the tests".

    In a console block, lines that begin with `$ ` are run; the output is compared with what follows, in which
    `…` stands for anything. A Python block may be followed by a block titled "Output": what the code prints,
    then the value of its last expression, as in a notebook.
    """
    shutil.copytree(material, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("MOVIEMOTION_KEYS", str(tmp_path / "keys"))
    text = page.read_text(encoding="utf-8")
    namespace: dict[str, object] = {}
    for block in BLOCK.finditer(text):
        if block["skip"]:
            continue
        if block["language"] == "console":
            run_console(block["code"])
            continue
        output = run_python(block["code"], namespace, page)
        if block["shown"]:
            shown = block["shown"].strip().removeprefix('```text title="Output"\n').removesuffix("```")
            if os.environ.get("UPDATE_DOCS"):
                page.write_text(page.read_text("utf-8").replace(shown, output, 1), encoding="utf-8")
            else:
                assert output == shown


def run_python(code: str, namespace: dict[str, object], page: Path) -> str:
    """Run a block as a notebook cell, and return what it prints and the value of its last expression."""
    import pandas as pd

    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with (
        contextlib.redirect_stdout(printed),
        pd.option_context("display.width", 110, "display.max_columns", 12, "display.precision", 3),
    ):
        exec(compile(tree, str(page), "exec"), namespace)  # the documentation's own code
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), str(page), "eval"), namespace)
            if value is not None:
                print(value)
    return re.sub(r" +$", "", printed.getvalue(), flags=re.MULTILINE)


def run_console(block: str) -> None:
    """Run each command of a block, and compare what it prints with what is shown."""
    for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
        words = shlex.split(command)
        assert words[0] == "moviemotion", f"only moviemotion commands run here: {command}"
        ran = subprocess.run([COMMAND, *words[1:]], capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        if shown.strip():
            pattern = ".*".join(re.escape(part) for part in shown.strip().split("…"))
            assert re.search(pattern, ran.stdout + ran.stderr, re.DOTALL), ran.stdout + ran.stderr
