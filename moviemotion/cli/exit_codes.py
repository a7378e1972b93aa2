"""Exit codes of the commands. Code 0 means that everything was read and written successfully."""

from __future__ import annotations

import signal

INCOMPLETE = 1
"""Results were written, but some recordings could not be read completely or show no viewer."""
BAD_INPUT = 2
"""The input could not be used, and nothing was written."""
INTERRUPTED = 128 + signal.SIGINT
"""The command was interrupted from the keyboard."""
