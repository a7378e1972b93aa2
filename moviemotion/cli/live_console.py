"""A live capture on the terminal: its health, the keys p and q, and the signals that end it."""

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

from moviemotion.audience.live.journal import State
from moviemotion.audience.live.live_capture import LiveCapture
from moviemotion.reports.number_format import plural
from moviemotion.workflows.capture import Captured

EVERY = 0.25
"""Seconds between two looks."""
MOST_GAPS = 8
_COLOURS = {State.LIVE: "green", State.WAITING: "yellow", State.ENDED: "dim"}


def watch_on(console: Console) -> Callable[[LiveCapture], None]:
    """Show a capture on a terminal until `q`, a signal, or the end of every camera.

    `p` pauses and goes on. Where the console is no terminal, each change of a camera is one line.
    """

    def watch(capture: LiveCapture) -> None:
        with _signals_stop(capture), _keys() as key:
            if not console.is_terminal:
                _lines(console, capture)
                return
            with Live(health_table(capture), console=console, refresh_per_second=4) as live:
                while not capture.wait(EVERY):
                    match key():
                        case "q":
                            capture.clock.stop()
                        case "p" if capture.clock.paused:
                            capture.clock.resume()
                        case "p":
                            capture.clock.pause()
                    live.update(health_table(capture))

    return watch


def health_table(capture: LiveCapture) -> Table:
    """Every camera in a row: how it is, and what came of it."""
    state = "paused" if capture.clock.paused else "film"
    table = Table(
        title=f"{state} {_clock(capture.clock.now())}",
        caption="p pause / go on   q stop",
        title_justify="left",
    )
    table.add_column("camera", no_wrap=True)
    table.add_column("state", min_width=10)
    for name in ("samples/s", "faces", "read", "dropped", "losses", "last seen"):
        table.add_column(name, justify="right")
    for camera in capture.health():
        colour = _COLOURS.get(camera.state, "red")
        why = f" {escape(camera.why)}" if camera.why else ""
        table.add_row(
            camera.name,
            f"[{colour}]{camera.state}[/]{why}",
            f"{camera.rate:.1f}",
            str(camera.faces),
            str(camera.read),
            str(camera.dropped),
            str(camera.losses),
            "never" if math.isnan(camera.last_seen) else _clock(camera.last_seen),
        )
    return table


def captured_lines(captured: Captured) -> list[str]:
    """What came of a capture, in plain text."""
    lines = [f"Captured {_clock(captured.seconds)} of film with {plural(len(captured.cameras), 'camera')}."]
    for camera in captured.cameras:
        offset = camera.offset
        sure = "" if math.isnan(offset.half_width) else f" ± {offset.half_width:.3f}"
        lines.append(
            f"  {camera.name}: {plural(len(camera.viewers), 'viewer')}, {camera.read} pictures read, "
            f"{camera.dropped} dropped, offset {offset.seconds:+.3f}{sure} s ({offset.origin})"
        )
    for gap in captured.gaps[:MOST_GAPS]:
        lines.append(f"  ! {gap.camera}: not seen {_clock(gap.start)}–{_clock(gap.end)}, {gap.reason}")
    if len(captured.gaps) > MOST_GAPS:
        lines.append(f"    and {len(captured.gaps) - MOST_GAPS} more gaps")
    lines.append(f"Gaps: {captured.folder / 'gaps.csv'} ({len(captured.gaps)})")
    lines.append(f"Next: moviemotion report {captured.folder}")
    return lines


def _lines(console: Console, capture: LiveCapture) -> None:
    told: dict[str, State] = {}
    while True:
        over = capture.wait(EVERY)
        for camera in capture.health():
            if told.get(camera.name) != camera.state:
                told[camera.name] = camera.state
                why = f" ({camera.why})" if camera.why else ""
                when = _clock(capture.clock.now())
                console.print(f"{when} {camera.name}: {camera.state}{why}", markup=False)
        if over:
            return


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


@contextmanager
def _signals_stop(capture: LiveCapture) -> Iterator[None]:
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
def _keys(keyboard: TextIO | None = None) -> Iterator[Callable[[], str]]:
    """The key that was pressed since the last call, or nothing."""
    keyboard = keyboard or sys.stdin
    if not keyboard.isatty():
        yield lambda: ""
        return
    import termios  # only where there is a terminal of this kind
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
