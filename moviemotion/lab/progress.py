"""The callbacks by which long computations of the lab report their progress."""

from __future__ import annotations

from collections.abc import Callable

ProgressCallback = Callable[[int, int], None]
"""Called with the number of steps done and the number of all steps."""

StageCallback = Callable[[str, int, int], None]
"""Called with the name of the present stage, the steps of it that are done, and all its steps."""


def ignore_progress(done: int, total: int) -> None:
    """The default progress callback, which does nothing."""


def ignore_stage(stage: str, done: int, total: int) -> None:
    """The default stage callback, which does nothing."""


def in_stage(on_progress: StageCallback, stage: str) -> ProgressCallback:
    """A callback for one stage, which passes its steps on to `on_progress`."""
    return lambda done, total: on_progress(stage, done, total)
