"""Code shared by the commands: the console for messages, progress bars and parsers of option values."""

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
    from moviemotion.audience.recordings import Camera, ProgressCallback

stderr_console = Console(stderr=True, highlight=False, soft_wrap=True)


def parse_seeds(text: str) -> tuple[int, ...]:
    """Parse the value of `--seeds`.

    Args:
        text: comma-separated integers, such as `1,2,3`.

    Returns:
        The seeds in the given order, without duplicates.

    Raises:
        MoviemotionError: the text is not a list of integers.
    """
    try:
        return tuple(dict.fromkeys(int(seed) for seed in text.split(",")))
    except ValueError:
        raise MoviemotionError(
            f"--seeds {text}: not a list of integers; separate them with commas, such as 1,2,3"
        ) from None


def parse_offsets(texts: Iterable[str]) -> dict[str, float]:
    """Parse the values of `--offset`.

    Args:
        texts: values of the form `CAMERA=SECONDS`, at most one per camera.

    Returns:
        Camera → seconds to add to its clock to get film time.

    Raises:
        MoviemotionError: a text does not have this form, its seconds are not a finite number, or a camera
            occurs twice.
    """
    return _parse_per_camera(texts, "--offset", "an offset", "CAMERA=SECONDS, such as seat-07=2.5")


def parse_rotations(texts: Iterable[str]) -> dict[str, int]:
    """Parse the values of `--rotate`.

    Args:
        texts: values of the form `CAMERA=DEGREES`, at most one per camera.

    Returns:
        Camera → degrees by which its frames are rotated clockwise.

    Raises:
        MoviemotionError: a text does not have this form, its degrees are not a whole number, or a camera
            occurs twice.
    """
    values = _parse_per_camera(
        texts, "--rotate", "a rotation", "CAMERA=DEGREES, such as seat-07=90", whole=True
    )
    return {camera: int(value) for camera, value in values.items()}


def _parse_per_camera(
    texts: Iterable[str], option: str, noun: str, example: str, *, whole: bool = False
) -> dict[str, float]:
    values: dict[str, float] = {}
    for text in texts:
        camera, _, number = text.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not camera or not math.isfinite(value) or (whole and value != int(value)):
            raise MoviemotionError(f"{option} {text}: invalid; write {example}")
        if camera in values:
            raise MoviemotionError(
                f"{option} {text}: {camera} already has {noun}; give only one {noun.split()[1]} per camera"
            )
        values[camera] = value
    return values


@contextmanager
def video_progress_bar(total: float) -> Iterator[ProgressCallback]:
    """Show a progress bar over seconds of video while recordings are processed.

    Args:
        total: total length of all recordings, in seconds.

    Yields:
        A callback that takes a camera and the number of seconds of its video processed so far.
    """
    columns = (
        TextColumn("processing"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("s"),
        TimeRemainingColumn(),
    )
    # Even a transient progress bar leaves empty lines in a log file.
    with Progress(
        *columns, console=stderr_console, transient=True, disable=not stderr_console.is_terminal
    ) as bar:
        task = bar.add_task("", total=round(total) or None)
        processed: dict[str, float] = {}

        def show(camera: Camera, seconds: float) -> None:
            processed[camera.name] = seconds
            bar.update(task, completed=round(sum(processed.values())))

        yield show


@contextmanager
def step_progress_bar(task: str) -> Iterator[tuple[Callable[[str], None], Callable[[int, int], None]]]:
    """Show a progress bar over steps, with the remaining time.

    Args:
        task: name of the task, such as `training`.

    Yields:
        A function that prints a line, and a callback that takes the number of finished steps and the total.
    """
    columns = (TextColumn(task), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=stderr_console, transient=True, disable=not stderr_console.is_terminal
    ) as bar:
        number = bar.add_task("", total=None)

        def step(done: int, total: int) -> None:
            bar.update(number, completed=done, total=total)

        yield typer.echo, step


@contextmanager
def listening_progress_bar() -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar over seconds of film while its speech is recognized, once that has started.

    Yields:
        A callback that takes the number of seconds processed so far, and their total.
    """
    columns = (TextColumn("listening"), BarColumn(), MofNCompleteColumn(), TextColumn("s"))
    with Progress(
        *columns,
        TimeRemainingColumn(),
        console=stderr_console,
        transient=True,
        disable=not stderr_console.is_terminal,
    ) as bar:
        task = bar.add_task("", total=None, visible=False)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        yield show


@contextmanager
def stage_progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Show a progress bar over the stages of a computation.

    Yields:
        A callback that takes the name of the stage, its number of finished steps and their total.
    """
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
            # A stage with a single step has no measurable progress, so its bar only shows activity.
            bar.update(task, description=stage, completed=done, total=total if total > 1 else None)

        yield show


def parse_speed(text: str) -> float:
    """Parse the value of `--subtitle-speed`: a number, or a ratio such as 25/23.976.

    Raises:
        MoviemotionError: the text does not have this form.

    Example:
        >>> parse_speed("24/25")
        0.96
    """
    upper, _, lower = text.replace(",", ".").partition("/")
    try:
        return float(upper) / float(lower or 1)
    except (ValueError, ZeroDivisionError):
        raise MoviemotionError(
            f"--subtitle-speed {text}: invalid; write a ratio of frame rates, such as 25/23.976"
        ) from None
