"""What the commands share: where messages go, exit codes, progress bars, options in words of their own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from moviemotion.errors import MoviemotionError

if TYPE_CHECKING:
    from moviemotion.audience.recordings import Camera
    from moviemotion.audience.recordings import ProgressCallback as OnProgress

stderr_console = Console(stderr=True, highlight=False, soft_wrap=True)


def parse_seeds(text: str) -> tuple[int, ...]:
    """Whole numbers separated by commas, each once."""
    try:
        return tuple(dict.fromkeys(int(seed) for seed in text.split(",")))
    except ValueError:
        raise MoviemotionError(
            f"--seeds {text}: write whole numbers separated by commas, such as 1,2,3"
        ) from None


def parse_offsets(texts: Iterable[str]) -> dict[str, float]:
    """CAMERA=SECONDS, each camera once."""
    offsets: dict[str, float] = {}
    for text in texts:
        camera, _, seconds = text.rpartition("=")
        try:
            value = float(seconds)
        except ValueError:
            value = math.nan
        if not camera or not math.isfinite(value):
            raise MoviemotionError(f"--offset {text}: write it as CAMERA=SECONDS, such as seat-07=2.5")
        if camera in offsets:
            raise MoviemotionError(f"--offset {text}: {camera} has one already; keep one")
        offsets[camera] = value
    return offsets


@contextmanager
def video_progress_bar(total: float) -> Iterator[OnProgress]:
    """A progress bar over seconds of video."""
    columns = (
        TextColumn("watching"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("s"),
        TimeRemainingColumn(),
    )
    # In a log file even a bar that vanishes leaves empty lines.
    with Progress(
        *columns, console=stderr_console, transient=True, disable=not stderr_console.is_terminal
    ) as bar:
        task = bar.add_task("", total=round(total) or None)
        watched: dict[str, float] = {}

        def show(camera: Camera, seconds: float) -> None:
            watched[camera.name] = seconds
            bar.update(task, completed=round(sum(watched.values())))

        yield show


@contextmanager
def step_progress_bar(task: str) -> Iterator[tuple[Callable[[str], None], Callable[[int, int], None]]]:
    """A line printer and a progress bar over steps, with the time left."""
    columns = (TextColumn(task), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=stderr_console, transient=True, disable=not stderr_console.is_terminal
    ) as bar:
        number = bar.add_task("", total=None)

        def step(done: int, total: int) -> None:
            bar.update(number, completed=done, total=total)

        yield typer.echo, step


@contextmanager
def stage_progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar over the stages of a computation, with the steps of the present one."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=stderr_console, transient=True, disable=not stderr_console.is_terminal
    ) as bar:
        task = bar.add_task("", total=None)
        present = ""

        def show(stage: str, done: int, total: int) -> None:
            nonlocal present
            if stage != present:
                bar.reset(task)
                present = stage
            # A stage of one step has no measurable progress; the bar then only moves.
            bar.update(task, description=stage, completed=done, total=total if total > 1 else None)

        yield show


@contextmanager
def require_lab() -> Iterator[None]:
    """Says how to install what the laboratory needs where it is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise MoviemotionError(
            f"{error.name} is not installed; run: pip install 'moviemotion[lab]'"
        ) from None
