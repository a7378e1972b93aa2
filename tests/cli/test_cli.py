"""The installed command, as people run it: what it prints, where, and how it ends."""

from __future__ import annotations

import errno
import importlib.util
import io
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import pytest

from moviemotion.cli.entry import main
from moviemotion.study.provenance import load_analysis
from moviemotion.workflows.screen import Screening

COMMAND = Path(sys.executable).with_name("moviemotion")


class Ran(NamedTuple):
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str | Path) -> Ran:
    """Run the installed command in a process of its own."""
    ran = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=300)
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def call(*arguments: str | Path) -> Ran:
    """Run the command's entry point here: the same, without a second and a half of imports."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["moviemotion", *map(str, arguments)])
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return Ran(code, out.getvalue(), err.getvalue())


def refused(tmp_path: Path, *arguments: str | Path, by: Callable[..., Ran] = call) -> list[str]:
    """The faults that a command names when it refuses its input: one line each, and nothing else."""
    before = sorted(tmp_path.rglob("*"))
    ran = by(*arguments)
    assert ran.returncode == 2, ran.stderr
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr
    lines = ran.stderr.splitlines()
    assert lines
    assert all(line.startswith("error: ") for line in lines), ran.stderr
    assert sorted(tmp_path.rglob("*")) == before
    return [line.removeprefix("error: ") for line in lines]


def screen(
    tmp_path: Path, videos: Sequence[Path], *more: str | Path, by: Callable[..., Ran] = call
) -> list[str]:
    return refused(tmp_path, "screen", *videos, "--out", tmp_path / "study", *more, by=by)


# What cannot be used


def test_each_bad_video_is_one_line(tmp_path: Path) -> None:
    (notes := tmp_path / "notes with a long [name] to wrap.mp4").write_bytes(b"not a video\n" * 99)
    (empty := tmp_path / "empty.mp4").touch()
    bad = [tmp_path / "gone.mp4", empty, notes, tmp_path]
    lines = screen(tmp_path, bad, by=run)
    assert [line.split(": ")[0] for line in lines] == [str(path) for path in bad]


def test_a_video_cut_in_half(seats: list[Path], tmp_path: Path) -> None:
    data = seats[0].read_bytes()
    (half := tmp_path / "half.mp4").write_bytes(data[: len(data) // 2])
    (line,) = screen(tmp_path, [half])
    assert line.startswith(f"{half}: ")


def test_an_unreadable_script(seats: list[Path], tmp_path: Path) -> None:
    (script := tmp_path / "film.fountain").write_bytes(bytes(range(256)) * 8)
    (line,) = screen(tmp_path, seats, "--script", script)
    assert line.startswith(f"{script}: ")


def test_an_empty_script(seats: list[Path], tmp_path: Path) -> None:
    (script := tmp_path / "film.fountain").touch()
    (line,) = screen(tmp_path, seats, "--script", script)
    assert line.startswith(f"{script}: ")


def test_subtitles_of_another_film(seats: list[Path], film: Path, tmp_path: Path) -> None:
    (line,) = screen(tmp_path, seats, "--script", film / "film.fountain", "--subtitles", film / "other.srt")
    assert line.startswith(f"{film / 'other.srt'}: ")
    assert "do not match" in line


def test_subtitles_that_are_none(seats: list[Path], film: Path, tmp_path: Path) -> None:
    (line,) = screen(tmp_path, seats, "--script", film / "film.fountain", "--subtitles", seats[0])
    assert line.startswith(f"{seats[0]}: ")


@pytest.mark.parametrize("offset", ["seat-01", "seat-01=soon", "2.5", "seat-01=nan", "=3"])
def test_a_malformed_offset(offset: str, tmp_path: Path) -> None:
    (line,) = screen(tmp_path, [tmp_path / "seat-01.mp4"], "--offset", offset)
    assert line == f"--offset {offset}: write it as CAMERA=SECONDS, such as seat-07=2.5"


def test_two_offsets_of_one_camera(tmp_path: Path) -> None:
    (line,) = screen(tmp_path, [tmp_path / "seat-01.mp4"], "--offset", "seat-01=1", "--offset", "seat-01=2")
    assert line == "--offset seat-01=2: seat-01 has one already; keep one"


def test_an_offset_for_a_camera_that_is_not_there(seats: list[Path], tmp_path: Path) -> None:
    (line,) = screen(tmp_path, seats, "--offset", "seat-99=2")
    assert line.startswith("--offset seat-99: ")
    assert "seat-01, row-02-03" in line


def test_a_folder_that_holds_other_files(seats: list[Path], tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "thesis.txt").write_text("draft", encoding="utf-8")
    (line,) = screen(tmp_path, seats)
    assert line.startswith(f"{tmp_path / 'study'}: not empty and not a study")
    assert (tmp_path / "study" / "thesis.txt").read_text(encoding="utf-8") == "draft"


def test_evaluating_what_is_not_there(tmp_path: Path) -> None:
    (line,) = refused(tmp_path, "lab", "evaluate", "--data", tmp_path / "faces")
    assert line.startswith(f"{tmp_path / 'faces' / 'test'}: ")


def test_evaluating_against_an_unknown_truth(tmp_path: Path) -> None:
    (line,) = refused(tmp_path, "lab", "evaluate", "--data", tmp_path, "--truth", "moon")
    assert line == "--truth moon: unknown; choose label or consensus"


@pytest.mark.skipif(
    importlib.util.find_spec("torch") is not None, reason="torch is installed: its absence cannot be tested"
)
def test_training_without_torch_says_how_to_get_it(tmp_path: Path) -> None:
    (line,) = refused(tmp_path, "lab", "train", "--data", tmp_path, "--out", tmp_path / "run", by=run)
    assert line == "torch is not installed; run: pip install 'moviemotion[lab]'"


@pytest.mark.parametrize("place", ["plan.toml", None])
def test_a_path_or_a_disk_that_fails_is_one_line(
    place: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> str:
        raise OSError(errno.ENOSPC, "No space left on device", place)

    monkeypatch.setattr("moviemotion.roi.example_plan", full)
    (line,) = refused(tmp_path, "roi", "--example")
    assert line.startswith(f"{place}: No space left" if place else "No space left")


USAGE = [
    ("screen seat.mp4 --out study --rate 0", "--rate", "screen"),
    ("screen seat.mp4", "--out", "screen"),
    ("screen --wheel", "--wheel", "screen"),
    ("scren seat.mp4", "scren", ""),
    ("studio", "folder", "studio"),
    ("studio . --port 0", "--port", "studio"),
    ("lab train --data . --out run --network", "--network", ""),
    ("privacy answer study", "seat", "privacy answer"),
    ("roi plan.toml --seed one", "--seed", "roi"),
]


@pytest.mark.parametrize(("typed", "named", "command"), USAGE)
def test_what_was_typed_wrongly_is_one_line_with_where_to_look(
    typed: str, named: str, command: str, tmp_path: Path
) -> None:
    (line,) = refused(tmp_path, *typed.split())
    assert named in line
    assert line.endswith(f"(see {' '.join(['moviemotion', *command.split()])} --help)")


# What can


@pytest.mark.parametrize("group", [[], ["lab"], ["privacy"]])
def test_a_group_of_commands_lists_them(group: list[str]) -> None:
    ran = call(*group)
    assert (ran.returncode, ran.stderr) == (2, "")
    assert "Commands" in ran.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["screen", "--help"], ["lab", "evaluate", "--help"]])
def test_help_is_help(arguments: list[str]) -> None:
    ran = call(*arguments)
    assert ran.returncode == 0
    assert "Usage: " in ran.stdout
    assert "[OPTIONS]" in ran.stdout
    assert ran.stderr == ""


def test_a_screening_ends_with_a_summary_and_the_report(
    screened: Screening, seats: list[Path], film: Path, tmp_path: Path
) -> None:
    shutil.copytree(screened.folder, tmp_path / "study")  # already watched: only the telling is left
    text = ["--script", film / "film.fountain", "--subtitles", film / "film.srt", "--rate", "2"]
    ran = call("screen", *seats, "--out", tmp_path / "study", *text)
    assert (ran.returncode, ran.stderr.strip()) == (0, "")
    *summary, report = ran.stdout.splitlines()
    assert summary
    assert report.startswith(f"Report: {tmp_path / 'study' / 'report.html'}")


def test_one_bad_seat_does_not_stop_the_others(seats: list[Path], tmp_path: Path) -> None:
    (bad := tmp_path / "seat-02.mp4").write_bytes(b"not a video")
    ran = run("screen", bad, seats[0], "--out", tmp_path / "study", "--rate", "1")
    assert ran.returncode == 1
    (line,) = [line for line in ran.stderr.splitlines() if line.strip()]
    assert line.startswith(f"left out: {bad}: ")
    assert (tmp_path / "study" / "report.html").exists()


def test_a_damaged_seat_is_read_as_far_as_it_can_be(seats: list[Path], tmp_path: Path) -> None:
    data = bytearray(seats[0].read_bytes())
    start, length = len(data) // 2, len(data) // 4
    data[start : start + length] = bytes(length)
    (damaged := tmp_path / "seat-02.mp4").write_bytes(data)
    command = ("screen", damaged, seats[1], "--out", tmp_path / "study", "--rate", "2")
    for ran in (call(*command), call(*command)):  # the second time it has been watched
        assert ran.returncode == 1
        (line,) = [line for line in ran.stderr.splitlines() if line.strip()]
        assert line.startswith(f"left out: {damaged}: no picture from ")
    told = load_analysis(tmp_path / "study")
    assert any(problem.startswith(f"{damaged}: no picture from ") for problem in told.data_quality.problems)
    assert len(told.timeline.viewers) == 3


def repeated(video: Path, times: int, path: Path) -> Path:
    """The same film over and over, copied without decoding."""
    with av.open(str(path), "w") as out, av.open(str(video)) as source:
        picture = source.streams.video[0]
        stream = out.add_stream_from_template(picture)
        packets = [p for p in source.demux(picture) if p.dts is not None]
        length = packets[-1].dts - packets[0].dts + packets[-1].duration
        clock = Fraction(picture.time_base)
        for turn in range(times):
            with av.open(str(video)) as again:
                for packet in again.demux(again.streams.video[0]):
                    if packet.dts is not None:
                        packet.pts, packet.dts = packet.pts + turn * length, packet.dts + turn * length
                        packet.time_base, packet.stream = clock, stream
                        out.mux(packet)
    return path


ON_SIGNAL = pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"]
)
TOLD = "stopped; finished parts are kept, the same command goes on from there"


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process on Windows")
@ON_SIGNAL
def test_stopped_by_the_user_it_keeps_what_is_finished(
    number: int, code: int, seats: list[Path], tmp_path: Path
) -> None:
    long = repeated(seats[0], 240, tmp_path / "long.mp4")
    finished = tmp_path / "study" / "samples" / "seat-01.parquet"
    arguments = [COMMAND, "screen", long, seats[0], "--out", tmp_path / "study", "--rate", "2"]
    with subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background has them, and their children, ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        end = time.monotonic() + 120
        while not finished.exists() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert out == ""
    assert [line for line in err.splitlines() if line.strip()] == [TOLD]
    written = {p.name for p in (tmp_path / "study").rglob("*") if p.is_file()}
    assert written == {"study.json", "seat-01.parquet"}


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process on Windows")
@ON_SIGNAL
@pytest.mark.parametrize("module", ["typer", "numpy._core", "onnxruntime.capi"])
def test_stopped_while_it_starts(module: str, number: int, code: int, tmp_path: Path) -> None:
    program = f"""
import os, signal, sys

class Interruption:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), {int(number)})

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interruption())
sys.argv = ["moviemotion", "screen", "seat.mp4", "--out", "study"]
from moviemotion.cli.entry import main
main()
"""
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (code, "", f"{TOLD}\n")
