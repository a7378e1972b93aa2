"""A live capture from seats.toml to the report, stopped by a signal, killed, and on a terminal."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest
from rich.console import Console

from moviemotion.audience.live.finalize import MIN_REPORTED_GAP
from moviemotion.audience.live.journal import read_brightness, read_faces
from moviemotion.audience.live.live_capture import LiveCapture
from moviemotion.audience.live.seats_config import read_seats_config
from moviemotion.audience.live.sync import BARKER_CODE, ELEMENT_SECONDS
from moviemotion.audience.samples import Samples
from moviemotion.cli.live_console import capture_summary_lines, health_table, live_display
from moviemotion.errors import MoviemotionError
from moviemotion.study.file_names import LOCK_FILE
from moviemotion.workflows.capture import CaptureResult, begin_capture, capture, finish_capture
from moviemotion.workflows.report import report
from moviemotion.workflows.screen import Screening

MARK_AT = {"a": 1.0, "b": 2.5}
"""Seconds of each camera's clock at which the mark lights its seat."""
PROGRAM = """
import sys
from pathlib import Path
from rich.console import Console
from moviemotion.cli.live_console import live_display
from moviemotion.workflows.capture import capture
capture(Path(sys.argv[1]), Path(sys.argv[2]), live_display(Console()))
print("finished", flush=True)
"""


@pytest.fixture(scope="module")
def config(seats: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cameras of the same viewer, lit by the mark at different seconds of their own."""
    folder = tmp_path_factory.mktemp("live")
    for name, at in MARK_AT.items():
        light_by_mark(seats[0], folder / f"{name}.mp4", at)
    (folder / "seats.toml").write_text(
        'rate = 2\n[sync]\nmethod = "mark"\nmark = 0.5\n'
        '[[camera]]\nname = "a"\nsource = "a.mp4"\n[[camera]]\nname = "b"\nsource = "b.mp4"\n',
        encoding="utf-8",
    )
    return folder / "seats.toml"


@pytest.fixture(scope="module")
def endless(config: Path) -> Path:
    """With a third camera, which never answers, so that the capture does not end by itself."""
    unreachable = '[[camera]]\nname = "c"\nsource = "rtsp://127.0.0.1:9/x"\n'
    (path := config.with_name("endless.toml")).write_text(
        config.read_text(encoding="utf-8") + unreachable, encoding="utf-8"
    )
    return path


def light_by_mark(video: Path, out: Path, at: float) -> None:
    """The same video, brighter where the code is lit."""
    with av.open(str(video)) as source, av.open(str(out), "w") as sink:
        rate = source.streams.video[0].average_rate
        stream = sink.add_stream("mpeg4", rate=rate)
        stream.width, stream.height = source.streams.video[0].width, source.streams.video[0].height
        stream.pix_fmt, stream.bit_rate = "yuv420p", 5_000_000
        for picture in source.decode(video=0):
            image = picture.to_ndarray(format="rgb24").astype(int)
            element = int(np.floor((picture.time - at) / ELEMENT_SECONDS))
            lit = 0 <= element < len(BARKER_CODE) and BARKER_CODE[element]
            bright = np.clip(image * 0.7 + (40 if lit else 0), 0, 255).astype(np.uint8)
            sink.mux(stream.encode(av.VideoFrame.from_ndarray(bright, format="rgb24")))
        sink.mux(stream.encode(None))


@pytest.fixture(scope="module")
def captured(config: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[CaptureResult, str]:
    """The study of both cameras played to their ends, and what was printed meanwhile."""
    printed = io.StringIO()
    out = tmp_path_factory.mktemp("studies") / "study"
    return capture(config, out, live_display(Console(file=printed, width=100))), printed.getvalue()


def test_the_mark_puts_both_cameras_on_the_films_clock(captured: tuple[CaptureResult, str]) -> None:
    for camera in captured[0].cameras:
        assert camera.offset.seconds == pytest.approx(0.5 - MARK_AT[camera.name], abs=0.1)
        assert camera.offset.origin == "mark"
        assert 0 < camera.offset.half_width < 0.1


def test_samples_are_kept_as_a_screening_keeps_them(captured: tuple[CaptureResult, str]) -> None:
    study = captured[0].folder
    for camera in captured[0].cameras:
        samples = Samples.read(study / "samples" / f"{camera.name}.parquet")
        assert samples.viewers == (camera.name,)
        assert samples.time.min() < 0.5  # the offset moves the first samples before the film's start
        assert samples.end == pytest.approx(samples.time.max(), abs=3)
    assert {path.name for path in study.iterdir() if path.name != LOCK_FILE} == {
        "samples",
        "study.json",
        "gaps.csv",
        "capture.json",
    }


def test_gaps_are_listed_in_a_table_and_in_the_summary(captured: tuple[CaptureResult, str]) -> None:
    with (captured[0].folder / "gaps.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["camera"] for row in rows] == [gap.camera for gap in captured[0].gaps]
    assert set(rows[0] if rows else {"camera", "from", "to", "reason"}) == {"camera", "from", "to", "reason"}
    lines = capture_summary_lines(captured[0])
    assert lines[-2:] == [
        f"Gaps: {captured[0].folder / 'gaps.csv'} ({len(rows)})",
        f"Next: moviemotion report {captured[0].folder}",
    ]
    assert "with 2 cameras." in lines[0]
    assert "a: 1 viewer, " in lines[1]
    assert sum(line.startswith("  ! ") for line in lines) == len(rows)


def test_without_a_terminal_each_change_is_a_line(captured: tuple[CaptureResult, str]) -> None:
    assert "a: live\n" in captured[1]
    assert "b: ended\n" in captured[1]


def test_a_captured_study_becomes_a_report(captured: tuple[CaptureResult, str], film: Path) -> None:
    reported = report(captured[0].folder, film / "film.fountain", film / "film.srt")
    assert reported.analysis.timeline.viewers == ("a", "b")
    page = (reported.folder / "report.html").read_text(encoding="utf-8")
    assert "The Last Ferry" in page
    assert (reported.folder / "annotated.fountain").exists()


def test_a_report_made_again_keeps_the_script(screened: Screening, tmp_path: Path) -> None:
    study = Path(shutil.copytree(screened.folder, tmp_path / "study"))
    before = {path.name: path.read_bytes() for path in study.glob("*.*")}
    assert report(study).analysis.title == screened.analysis.title != "Untitled film"
    assert {path.name: path.read_bytes() for path in study.glob("*.*")} == before


def test_a_study_is_not_captured_into_twice(captured: tuple[CaptureResult, str], config: Path) -> None:
    with pytest.raises(MoviemotionError, match="already contains a study; choose another out"):
        begin_capture(read_seats_config(config), captured[0].folder)
    with pytest.raises(MoviemotionError, match="does not contain an unfinished capture"):
        finish_capture(captured[0].folder)


def test_what_is_no_study_is_not_reported_on(tmp_path: Path) -> None:
    with pytest.raises(MoviemotionError, match="does not contain a study; check the folder name"):
        report(tmp_path)


def test_no_password_is_stored(tmp_path: Path) -> None:
    (path := tmp_path / "seats.toml").write_text(
        '[[camera]]\nname = "a"\nsource = "rtsp://me:secret@127.0.0.1:9/x"\n', encoding="utf-8"
    )
    begin_capture(read_seats_config(path), tmp_path / "study").stop()
    finish_capture(tmp_path / "study")
    for kept in (tmp_path / "study").rglob("*"):
        assert kept.is_dir() or b"secret" not in kept.read_bytes()


def test_the_table_shows_every_camera(config: Path, tmp_path: Path) -> None:
    running = begin_capture(read_seats_config(config), tmp_path / "study")
    try:
        running.wait(1)
        running.clock.pause()
        console = Console(file=io.StringIO(), width=120, record=True)
        console.print(health_table(running))
        text = console.export_text()
    finally:
        running.stop()
    assert "paused 0:00:0" in text
    assert all(word in text for word in ("camera", "dropped", "last seen", " a ", " b "))


def test_a_signal_stops_a_capture_cleanly(config: Path, tmp_path: Path) -> None:
    process = started(config, tmp_path / "study")
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=60)[0].endswith("finished\n")
    assert process.returncode == 0
    assert json.loads((tmp_path / "study" / "capture.json").read_text(encoding="utf-8"))["cameras"]


def test_a_capture_that_is_killed_is_finished_later(endless: Path, tmp_path: Path) -> None:
    process = started(endless, tmp_path / "study")
    wait_for_journal(tmp_path / "study" / "live", "a")
    process.kill()
    process.wait()
    captured = finish_capture(tmp_path / "study")
    assert captured.cameras[0].read > 0
    assert (captured.gaps[-1].camera, captured.gaps[-1].reason) == ("c", "waiting: never reached")
    assert not (tmp_path / "study" / "live").exists()


def test_p_pauses_and_q_stops_on_a_terminal(endless: Path, tmp_path: Path) -> None:
    ours, terminal = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(endless), str(tmp_path / "study")],
        stdin=terminal,
        stdout=terminal,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(terminal)
    shown = ""
    for awaited, key in (("live", b"p"), ("paused", b"p"), ("film", b"q"), ("finished", b"")):
        shown, end = "", time.monotonic() + 120
        while awaited not in shown:
            assert time.monotonic() < end, shown
            shown += os.read(ours, 4096).decode()
        os.write(ours, key)
    assert process.wait(60) == 0
    os.close(ours)


def started(config: Path, out: Path) -> subprocess.Popen[str]:
    """A capture in a process of its own, once its cameras are live."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(config), str(out)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    live = 0
    while live < 2:
        line = process.stdout.readline()
        assert line, "the capture ended early"
        live += line.endswith(": live\n")
    return process


def wait_for_journal(folder: Path, camera: str) -> None:
    """Wait until samples of a camera are on disk, and enough seconds of it to report a gap of another one.

    The file alone says little: on a busy machine it holds no more than its header for a while.
    """
    end = time.monotonic() + 120
    while True:
        times, _ = read_brightness(folder, camera)
        seen = max(times, default=0.0)
        if len(read_faces(folder, camera).time) and seen > MIN_REPORTED_GAP + max(MARK_AT.values()):
            return
        assert time.monotonic() < end, times
        time.sleep(0.1)


def test_the_watcher_ends_with_the_cameras(config: Path, tmp_path: Path) -> None:
    """`watch` is called when the last camera has ended."""
    seen: list[bool] = []

    def watch(running: LiveCapture) -> None:
        seen.append(running.wait(120))

    capture(config, tmp_path / "study", watch)
    assert seen == [True]
