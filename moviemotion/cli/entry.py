"""The entry point: set the signal handlers, then import and run the commands."""

from __future__ import annotations

import signal
import sys
from types import FrameType

from moviemotion.cli.exit_codes import INTERRUPTED


def main() -> None:
    """Run the command line; Ctrl-C and SIGTERM end it with one line, from its first import on."""
    signals: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        signals.append(number)
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # which nohup and shells set
            signal.signal(number, stop)
    try:
        from moviemotion.cli.commands import run

        code = run()
    except BaseException:
        if not signals:
            raise
        code = INTERRUPTED  # compiled modules make other errors of an interrupted import
    if code == INTERRUPTED:
        print("stopped; finished parts are kept, the same command goes on from there", file=sys.stderr)
        code = 128 + signals[0] if signals else INTERRUPTED
    sys.exit(code)
