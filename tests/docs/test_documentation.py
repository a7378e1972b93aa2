"""The code and the commands in the documentation run, and print what the pages show."""

from __future__ import annotations

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
PAGES = sorted(
    path for path in DOCS.rglob("*.md") if re.search(r"^```(python|console)", path.read_text("utf-8"), re.M)
)
BLOCK = re.compile(r"^```(python|console)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
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
    """Blocks run in order, in one folder and one namespace, except those with `skip` after the language.

    In a console block, lines that begin with `$ ` are run; the output is compared with what follows, in which
    `…` stands for anything.
    In a Python block, a comment `# → text` says what the expression before it prints.
    """
    shutil.copytree(material, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("MOVIEMOTION_KEYS", str(tmp_path / "keys"))
    namespace: dict[str, object] = {}
    for language, options, code in BLOCK.findall(page.read_text(encoding="utf-8")):
        if "skip" in options:
            continue
        if language == "python":
            _run_python(code, namespace, page)
        else:
            _run_console(code)


def _run_python(code: str, namespace: dict[str, object], page: Path) -> None:
    exec(compile(code, str(page), "exec"), namespace)  # the documentation's own code
    for line in code.splitlines():
        expression, arrow, expected = line.partition("# → ")
        if arrow:
            assert str(eval(expression, namespace)) == expected.strip()


def _run_console(block: str) -> None:
    for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
        words = shlex.split(command)
        assert words[0] == "moviemotion", f"only moviemotion commands run here: {command}"
        ran = subprocess.run([COMMAND, *words[1:]], capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        if shown.strip():
            pattern = ".*".join(re.escape(part) for part in shown.strip().split("…"))
            assert re.search(pattern, ran.stdout + ran.stderr, re.DOTALL), ran.stdout + ran.stderr
