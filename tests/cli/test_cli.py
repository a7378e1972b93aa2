"""The installed command: what it prints to stdout and stderr, and its exit code."""

from __future__ import annotations

import csv
import errno
import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from fractions import Fraction
from math import inf
from pathlib import Path
from typing import NamedTuple

import av
import pytest

from moviemotion import __version__
from moviemotion.analysis.signals.baseline import TimeSpan
from moviemotion.cli.commands import COMMANDS
from moviemotion.cli.entry import STOPPED_MESSAGE, main
from moviemotion.study.provenance import load_analysis, read_provenance
from moviemotion.workflows.screen import Screening

COMMAND = Path(sys.executable).with_name("moviemotion")


class Finished(NamedTuple):
    """Exit code and output of a finished command."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str | Path) -> Finished:
    """Run the installed command in a separate process."""
    ran = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=300)
    return Finished(ran.returncode, ran.stdout, ran.stderr)


def call(*arguments: str | Path) -> Finished:
    """Run the entry point in this process, which saves importing everything again."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["moviemotion", *map(str, arguments)])
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return Finished(code, out.getvalue(), err.getvalue())


def error_lines(tmp_path: Path, *arguments: str | Path, by: Callable[..., Finished] = call) -> list[str]:
    """Run a command with bad input; return its error messages, which must be all that it does."""
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
    tmp_path: Path, videos: Sequence[Path], *more: str | Path, by: Callable[..., Finished] = call
) -> list[str]:
    return error_lines(tmp_path, "screen", *videos, "--out", tmp_path / "study", *more, by=by)


# --- Input that cannot be used ---


def test_each_bad_video_is_one_line(tmp_path: Path) -> None:
    (notes := tmp_path / "notes with a long [name] to wrap.mp4").write_bytes(b"not a video\n" * 99)
    (empty := tmp_path / "empty.mp4").touch()
    bad = [tmp_path / "gone.mp4", empty, notes, tmp_path]
    lines = screen(tmp_path, bad, by=run)
    assert [line.split(": ")[0] for line in lines] == [str(path) for path in bad]


def test_a_truncated_video(seats: list[Path], tmp_path: Path) -> None:
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


def test_a_video_without_a_subtitle_track_as_subtitles(seats: list[Path], film: Path, tmp_path: Path) -> None:
    (line,) = screen(tmp_path, seats, "--script", film / "film.fountain", "--subtitles", seats[0])
    assert line.startswith(f"{seats[0]}: ")


@pytest.mark.parametrize("offset", ["seat-01", "seat-01=soon", "2.5", "seat-01=nan", "=3"])
def test_a_malformed_offset(offset: str, tmp_path: Path) -> None:
    (line,) = screen(tmp_path, [tmp_path / "seat-01.mp4"], "--offset", offset)
    assert line == f"--offset {offset}: invalid; write CAMERA=SECONDS, such as seat-07=2.5"


def test_two_offsets_of_one_camera(tmp_path: Path) -> None:
    (line,) = screen(tmp_path, [tmp_path / "seat-01.mp4"], "--offset", "seat-01=1", "--offset", "seat-01=2")
    assert line == "--offset seat-01=2: seat-01 already has an offset; give only one offset per camera"


def test_an_offset_of_an_unknown_camera(seats: list[Path], tmp_path: Path) -> None:
    (line,) = screen(tmp_path, seats, "--offset", "seat-99=2")
    assert line.startswith("--offset seat-99: ")
    assert "seat-01, row-02-03" in line


def test_a_folder_that_holds_other_files(seats: list[Path], tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "thesis.txt").write_text("draft", encoding="utf-8")
    (line,) = screen(tmp_path, seats)
    assert line.startswith(f"{tmp_path / 'study'}: this folder is not empty and does not contain a study")
    assert (tmp_path / "study" / "thesis.txt").read_text(encoding="utf-8") == "draft"


def test_evaluating_a_missing_folder(tmp_path: Path) -> None:
    (line,) = error_lines(tmp_path, "lab", "evaluate", "--data", tmp_path / "faces")
    assert line.startswith(f"{tmp_path / 'faces' / 'test'}: ")


def test_evaluating_with_an_unknown_ground_truth(tmp_path: Path) -> None:
    (line,) = error_lines(tmp_path, "lab", "evaluate", "--data", tmp_path, "--truth", "moon")
    assert line == "--truth moon: unknown; choose label or consensus"


@pytest.mark.parametrize("place", ["plan.toml", None])
def test_a_disk_error_is_one_line(place: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise OSError(errno.ENOSPC, "No space left on device", place)

    monkeypatch.setattr("moviemotion.roi.example_plan", fail)
    (line,) = error_lines(tmp_path, "roi", "--example")
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
def test_a_usage_error_is_one_line_that_names_the_help(
    typed: str, named: str, command: str, tmp_path: Path
) -> None:
    (line,) = error_lines(tmp_path, *typed.split())
    assert named in line
    assert line.endswith(f"(see {' '.join(['moviemotion', *command.split()])} --help)")


# --- Input that can be used ---


@pytest.mark.parametrize(
    ("group", "title"), [([], "Screen a film"), (["lab"], "Commands"), (["privacy"], "Commands")]
)
def test_a_command_group_lists_its_commands(group: list[str], title: str) -> None:
    ran = call(*group)
    assert (ran.returncode, ran.stderr) == (2, "")
    assert title in ran.stdout


def test_the_version() -> None:
    ran = call("--version")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"moviemotion {__version__}\n", "")


def test_help_lists_the_commands_in_the_order_of_their_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    lines = [line.lstrip("│ ") for line in call("--help").stdout.splitlines() if line.startswith("│ ")]
    listed = [line.split()[0] for line in lines]
    names = [name for name, _, _ in COMMANDS]
    assert [name for name in listed if name in names] == names


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("sc", "screen"), ("privacy er", "erase"), ("screen --subtitle-t", "--subtitle-track")],
)
def test_shell_completion_offers_commands_and_options(typed: str, offered: str) -> None:
    words = typed.split()
    variables = {
        **os.environ,
        "_MOVIEMOTION_COMPLETE": "complete_bash",
        "COMP_WORDS": f"moviemotion {typed}",
        "COMP_CWORD": str(len(words)),
    }
    ran = subprocess.run([COMMAND], env=variables, capture_output=True, text=True, check=False, timeout=60)
    assert offered in ran.stdout.split()


def test_completion_can_be_installed() -> None:
    assert "--install-completion" in call("--help").stdout


@pytest.mark.parametrize("arguments", [["--help"], ["screen", "--help"], ["lab", "evaluate", "--help"]])
def test_help(arguments: list[str]) -> None:
    ran = call(*arguments)
    assert ran.returncode == 0
    assert "Usage: " in ran.stdout
    assert "[OPTIONS]" in ran.stdout
    assert ran.stderr == ""


def test_screen_prints_a_summary_and_the_report(
    screened: Screening, seats: list[Path], film: Path, tmp_path: Path
) -> None:
    shutil.copytree(screened.folder, tmp_path / "study")  # its recordings need not be processed again
    text = ["--script", film / "film.fountain", "--subtitles", film / "film.srt", "--rate", "2"]
    ran = call("screen", *seats, "--out", tmp_path / "study", *text)
    assert (ran.returncode, ran.stderr.strip()) == (0, "")
    *summary, report = ran.stdout.splitlines()
    assert summary
    assert report.startswith(f"Report: {tmp_path / 'study' / 'report.html'}")


def test_an_unreadable_video_is_skipped(seats: list[Path], tmp_path: Path) -> None:
    (bad := tmp_path / "seat-02.mp4").write_bytes(b"not a video")
    ran = run("screen", bad, seats[0], "--out", tmp_path / "study", "--rate", "1")
    assert ran.returncode == 1
    (line,) = [line for line in ran.stderr.splitlines() if line.strip()]
    assert line.startswith(f"incomplete: {bad}: ")
    assert (tmp_path / "study" / "report.html").exists()


def test_the_readable_part_of_a_damaged_video_is_used(seats: list[Path], tmp_path: Path) -> None:
    data = bytearray(seats[0].read_bytes())
    start, length = len(data) // 2, len(data) // 4
    data[start : start + length] = bytes(length)
    (damaged := tmp_path / "seat-02.mp4").write_bytes(data)
    command = ("screen", damaged, seats[1], "--out", tmp_path / "study", "--rate", "2")
    for ran in (call(*command), call(*command)):  # the second time from stored samples
        assert ran.returncode == 1
        (line,) = [line for line in ran.stderr.splitlines() if line.strip()]
        assert line.startswith(f"incomplete: {damaged}: no frames from ")
    analysis = load_analysis(tmp_path / "study")
    assert any(
        str(problem).startswith(f"{damaged}: no frames from ") for problem in analysis.data_quality.problems
    )
    assert len(analysis.timeline.viewers) == 3


def repeat_video(video: Path, times: int, path: Path) -> Path:
    """Repeat a film several times without decoding it."""
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


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process on Windows")
@ON_SIGNAL
def test_a_stopped_screening_keeps_finished_cameras(
    number: int, code: int, seats: list[Path], tmp_path: Path
) -> None:
    long = repeat_video(seats[0], 240, tmp_path / "long.mp4")
    finished = tmp_path / "study" / "samples" / "seat-01.parquet"
    arguments = [COMMAND, "screen", long, seats[0], "--out", tmp_path / "study", "--rate", "2"]
    with subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background makes them and their children ignore SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 (no threads yet)
    ) as process:
        end = time.monotonic() + 120
        while not finished.exists() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert out == ""
    assert [line for line in err.splitlines() if line.strip()] == [STOPPED_MESSAGE]
    written = {p.name for p in (tmp_path / "study").rglob("*") if p.is_file()}
    assert written == {"study.json", "study.lock", "seat-01.parquet"}


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process on Windows")
@ON_SIGNAL
@pytest.mark.parametrize("module", ["typer", "numpy._core", "onnxruntime.capi"])
def test_a_signal_during_the_imports(module: str, number: int, code: int, tmp_path: Path) -> None:
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
    assert (ran.returncode, ran.stdout, ran.stderr) == (code, "", f"{STOPPED_MESSAGE}\n")


# --- The film's span and the seats ---


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        (
            "--film",
            "1:00",
            "--film 1:00: not a valid stretch of film time; enter START-END, such as 0:00-0:20",
        ),
        ("--film", "9-1", "--film 9-1: the end is not after the start; enter START-END, such as 0:00-0:20"),
        (
            "--credits",
            "soon",
            "--credits soon: not a valid stretch of film time; enter START-END, such as 0:00-0:20, "
            "or only START",
        ),
        ("--film", "100-200", "--film 100-200: the recordings end at 8 s; choose an earlier stretch"),
        ("--credits", "1:40", "--credits 100: the recordings end at 8 s; choose an earlier stretch"),
    ],
)
def test_a_wrong_span_is_one_line(
    seats: list[Path], tmp_path: Path, option: str, value: str, message: str
) -> None:
    assert screen(tmp_path, seats, option, value) == [message]


def test_a_wrong_seat_map_is_one_line(seats: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "seats.csv"
    assert screen(tmp_path, seats, "--seats", path)[0].startswith(f"{path}: ")
    path.write_text("viewer,row,seat\nseat-01,A,1\nseat-02,A,2\n", encoding="utf-8")
    assert screen(tmp_path, seats, "--seats", path) == [
        f"{path}, line 3: there is no viewer seat-02; choose from seat-01, row-02-03"
    ]


def test_screen_and_report_take_span_and_seats(
    screened: Screening, seats: list[Path], tmp_path: Path
) -> None:
    (table := tmp_path / "seats.csv").write_text(
        "viewer,row,seat\nseat-01,A,1\nrow-02-03-1,A,2\nrow-02-03-2,A,3\n", encoding="utf-8"
    )
    given = ["--film", "0:01-0:08", "--credits", "0:06", "--seats", table]
    assert call("screen", *seats, "--out", tmp_path / "new", "--rate", "1", *given).returncode == 0
    shutil.copytree(screened.folder, tmp_path / "old")
    assert call("report", tmp_path / "old", *given).returncode == 0
    for study in ("new", "old"):
        provenance = read_provenance(tmp_path / study)
        assert (provenance.film, provenance.credits) == (TimeSpan(1, 8), TimeSpan(6, inf))
        assert set(provenance.seats or {}) == {"seat-01", "row-02-03-1", "row-02-03-2"}


def test_line_times_go_out_as_csv_and_come_back(screened: Screening, film: Path, tmp_path: Path) -> None:
    study = tmp_path / "study"
    shutil.copytree(screened.folder, study)
    assert call("export", study, "--to", "csv").returncode == 0
    exported = study / "exports" / "csv" / "lines.csv"
    rows = list(csv.DictReader(io.StringIO(exported.read_text(encoding="utf-8"), newline="")))
    edited = next(row for row in rows if row["kind"] == "dialogue" and row["time_source"] == "subtitles")
    start, end = float(edited["start_s"]), float(edited["end_s"])
    edited |= {"start_s": str(start + 0.75), "end_s": str(end + 0.5)}

    def give_back() -> Finished:
        with (tmp_path / "lines.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, rows[0])
            table.writeheader()
            table.writerows(rows)
        return call("report", study, "--line-times", tmp_path / "lines.csv")

    unmarked = give_back()
    assert unmarked.returncode != 0
    assert 'write "by hand" into the column time_source' in unmarked.stderr
    edited["time_source"] = "by hand"
    assert give_back().returncode == 0

    def stored() -> dict[str, str]:
        assert call("export", study, "--to", "csv").returncode == 0
        rows = csv.DictReader(io.StringIO(exported.read_text(encoding="utf-8"), newline=""))
        return next(row for row in rows if row["element"] == edited["element"])

    for command in ([], ["--script", film / "film.fountain", "--subtitles", film / "film.srt"]):
        row = stored()
        assert (float(row["start_s"]), float(row["end_s"])) == (start + 0.75, end + 0.5)
        assert (row["time_source"], float(row["confidence"])) == ("by hand", 1.0)
        assert call("report", study, *command).returncode == 0
    shutil.copy(exported, tmp_path / "again.csv")
    assert call("report", study, "--line-times", tmp_path / "again.csv").returncode == 0
    assert stored() == row


def test_line_times_need_a_script(seats: list[Path], tmp_path: Path) -> None:
    (table := tmp_path / "lines.csv").write_text("element,text,start_s\n1,x,1\n", encoding="utf-8")
    assert screen(tmp_path, seats, "--line-times", table) == [
        f"{table}: cannot be used without a script; add --script"
    ]


def test_a_film_is_of_no_use_to_a_report_without_a_script(screened: Screening, seats: list[Path]) -> None:
    refused = call("report", screened.folder, "--film", seats[0])
    assert refused.returncode != 0
    assert f"{seats[0]}: cannot be used without a script; add --script" in refused.stderr
