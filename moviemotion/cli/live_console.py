"""Terminal display of a live capture: camera status, the keys p and q, and the signals that stop it."""

from __future__ import annotations

import math
import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from moviemotion.audience.live.journal import CameraState
from moviemotion.audience.live.live_capture import LiveCapture
from moviemotion.reports.number_format import plural
from moviemotion.workflows.capture import CaptureResult

REFRESH_SECONDS = 0.25
"""Seconds between updates of the display."""
MAX_LISTED_GAPS = 8
"""Maximum number of gaps listed in the summary; any others are only counted."""
_STATE_COLORS = {CameraState.LIVE: "green", CameraState.WAITING: "yellow", CameraState.ENDED: "dim"}


def live_display(console: Console) -> Callable[[LiveCapture], None]:
    """Create a display that runs until `q` is pressed, a signal arrives or all cameras have ended.

    `p` pauses and resumes. If the console is not a terminal, each change of a camera's state is printed as
    one line.

    Args:
        console: the console to display on.

    Returns:
        A function that displays a capture and returns when the capture has stopped.
    """

    def display(capture: LiveCapture) -> None:
        with _stop_on_signals(capture), _key_presses() as key:
            if not console.is_terminal:
                _print_state_changes(console, capture)
                return
            with Live(health_table(capture), console=console, refresh_per_second=4) as live:
                while not capture.wait(REFRESH_SECONDS):
                    match key():
                        case "q":
                            capture.clock.stop()
                        case "p" if capture.clock.paused:
                            capture.clock.resume()
                        case "p":
                            capture.clock.pause()
                    live.update(health_table(capture))

    return display


def health_table(capture: LiveCapture) -> Table:
    """Build a table with the state and counters of every camera."""
    state = "paused" if capture.clock.paused else "film"
    table = Table(
        title=f"{state} {_format_time(capture.clock.now())}",
        caption="p pause / resume   q stop",
        title_justify="left",
    )
    table.add_column("camera", no_wrap=True)
    table.add_column("state", min_width=10)
    for name in ("samples/s", "faces", "read", "dropped", "losses", "last seen"):
        table.add_column(name, justify="right")
    for camera in capture.health():
        color = _STATE_COLORS.get(camera.state, "red")
        reason = f" {escape(camera.why)}" if camera.why else ""
        table.add_row(
            camera.name,
            f"[{color}]{camera.state}[/]{reason}",
            f"{camera.rate:.1f}",
            str(camera.faces),
            str(camera.read),
            str(camera.dropped),
            str(camera.losses),
            "never" if math.isnan(camera.last_seen) else _format_time(camera.last_seen),
        )
    return table


def capture_summary_lines(captured: CaptureResult) -> list[str]:
    """Summarize a finished capture in plain text."""
    lines = [
        f"Captured {_format_time(captured.seconds)} of film with {plural(len(captured.cameras), 'camera')}."
    ]
    for camera in captured.cameras:
        offset = camera.offset
        uncertainty = "" if math.isnan(offset.half_width) else f" ± {offset.half_width:.3f}"
        lines.append(
            f"  {camera.name}: {plural(len(camera.viewers), 'viewer')}, {camera.read} frames processed, "
            f"{camera.dropped} dropped, offset {offset.seconds:+.3f}{uncertainty} s ({offset.origin})"
        )
    lines += [f"  ! {camera.name}: {doubt}" for camera in captured.cameras for doubt in camera.doubts]
    lines += [
        f"  ! {gap.camera}: not seen {_format_time(gap.start)}–{_format_time(gap.end)}, {gap.reason}"
        for gap in captured.gaps[:MAX_LISTED_GAPS]
    ]
    if len(captured.gaps) > MAX_LISTED_GAPS:
        lines.append(f"    and {len(captured.gaps) - MAX_LISTED_GAPS} more gaps")
    lines += [f"  ! {problem}" for problem in captured.problems]
    lines.append(f"Gaps: {captured.folder / 'gaps.csv'} ({len(captured.gaps)})")
    lines.append(f"Next: moviemotion report {captured.folder}")
    return lines


def _print_state_changes(console: Console, capture: LiveCapture) -> None:
    printed: dict[str, CameraState] = {}
    while True:
        stopped = capture.wait(REFRESH_SECONDS)
        for camera in capture.health():
            if printed.get(camera.name) != camera.state:
                printed[camera.name] = camera.state
                reason = f" ({camera.why})" if camera.why else ""
                film_time = _format_time(capture.clock.now())
                console.print(f"{film_time} {camera.name}: {camera.state}{reason}", markup=False)
        if stopped:
            return


def _format_time(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


@contextmanager
def _stop_on_signals(capture: LiveCapture) -> Iterator[None]:
    before = {
        number: signal.signal(number, lambda *_: capture.clock.stop())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _key_presses(keyboard: TextIO | None = None) -> Iterator[Callable[[], str]]:
    """Read key presses without waiting for Enter.

    Yields:
        A function that returns the key pressed since the last call, in lowercase, or an empty string.
    """
    keyboard = keyboard or sys.stdin
    if not keyboard.isatty():
        yield lambda: ""
        return
    import termios  # not available on Windows
    import tty

    before = termios.tcgetattr(keyboard)
    tty.setcbreak(keyboard)
    try:
        yield (
            lambda: (
                os.read(keyboard.fileno(), 1).decode().lower()
                if select.select([keyboard], [], [], 0)[0]
                else ""
            )
        )
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
