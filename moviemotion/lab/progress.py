"""The callbacks through which long computations of the lab report progress."""

from __future__ import annotations

from collections.abc import Callable

ProgressCallback = Callable[[int, int], None]
"""Called with the number of steps done and the total number of steps."""

StageCallback = Callable[[str, int, int], None]
"""Called with the name of the current stage, the number of steps done in it, and the total."""


def ignore_progress(done: int, total: int) -> None:
    """The default progress callback, which does nothing."""


def ignore_stage(stage: str, done: int, total: int) -> None:
    """The default stage callback, which does nothing."""


def in_stage(on_progress: StageCallback, stage: str) -> ProgressCallback:
    """Create a callback for one stage that passes its progress on to `on_progress`."""
    return lambda done, total: on_progress(stage, done, total)
