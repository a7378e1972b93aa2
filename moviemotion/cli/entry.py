"""The entry point: set the signal handlers, then import and run the commands.

Importing the commands takes about a second, so the handlers are set first. If Ctrl-C is
pressed during the imports, the program must also print one line instead of a traceback.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType

from moviemotion.cli.exit_codes import INTERRUPTED

STOPPED_MESSAGE = "stopped; commands that save finished parts, such as screen, resume when run again"


def main() -> None:
    """Run the command line and exit.

    After Ctrl-C or SIGTERM, the exit code is 128 plus the signal number; otherwise it is the command's exit
    code.
    """
    signals: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (the signature of a handler)
        signals.append(number)
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        # nohup, and shells that start background jobs, deliberately ignore SIGINT; respect that.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)
    try:
        from moviemotion.cli.commands import run

        code = run()
    except BaseException:
        # Interrupting the import of a compiled module may raise any error, not just KeyboardInterrupt.
        if not signals:
            raise
        code = INTERRUPTED
    if code == INTERRUPTED:
        print(STOPPED_MESSAGE, file=sys.stderr)
        code = 128 + signals[0] if signals else INTERRUPTED
    sys.exit(code)
