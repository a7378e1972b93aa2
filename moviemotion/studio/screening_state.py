"""How far a study is and how it is screened, in its `uploads/screening.json` until it is finished.

So a studio that is stopped, or killed, knows at its next start what to go on with.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from moviemotion.errors import MoviemotionError
from moviemotion.study.file_names import SCREENING_STATE_FILE, UPLOADS_FOLDER
from moviemotion.study.schema import SCREENING_STATE, write_json
from moviemotion.workflows.screen import DEFAULT_RATE, DEFAULT_SEED


class ScreeningSource(StrEnum):
    """Where the pictures come from."""

    FILES = "files"
    LIVE = "live"


class Stage(StrEnum):
    """How far a study is."""

    NEW = "new"
    READING = "reading"
    PAUSED = "paused"
    """A live capture whose film stands still."""
    TELLING = "telling"
    """All is read; the results are being made."""
    STOPPED = "stopped"
    """It can be gone on with."""
    FAILED = "failed"
    FINISHED = "finished"
    OVER = "over"
    """A day that its viewers were told of has come: nobody is asked or read any more."""


ACTIVE_STAGES = (Stage.READING, Stage.PAUSED, Stage.TELLING)


@dataclass(frozen=True)
class ScreeningSettings:
    """How a screening is made; as for `screen`. A live capture has its rate and offsets in seats.toml."""

    source: ScreeningSource = ScreeningSource.FILES
    rate: float = DEFAULT_RATE
    seed: int = DEFAULT_SEED
    offsets: Mapping[str, float] = field(default_factory=dict)
    baseline: tuple[float, float] | None = None


@dataclass(frozen=True)
class ScreeningState:
    """What is written down.

    Attributes:
        stage: `READING` until the end: what is found so at a start was cut off.
        problem: why it failed; empty where it did not.
    """

    stage: Stage
    settings: ScreeningSettings
    problem: str = ""


def read_state(folder: Path) -> ScreeningState | None:
    """What is written down in a study, or None where nothing is under way.

    Raises:
        MoviemotionError: it cannot be read.
    """
    path = folder / UPLOADS_FOLDER / SCREENING_STATE_FILE
    try:
        record = SCREENING_STATE.read_json(path)
        told = record["settings"]
        baseline = tuple(told["baseline"]) if told["baseline"] else None
        settings = ScreeningSettings(
            **{**told, "source": ScreeningSource(told["source"]), "baseline": baseline}
        )
        return ScreeningState(Stage(record["stage"]), settings, record["problem"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MoviemotionError(f"{path}: cannot be read; delete it and start the screening again") from error


def write_state(folder: Path, state: ScreeningState) -> None:
    """Write it down."""
    (folder / UPLOADS_FOLDER).mkdir(exist_ok=True)
    write_json(folder / UPLOADS_FOLDER / SCREENING_STATE_FILE, SCREENING_STATE, asdict(state))


def delete_uploads(folder: Path) -> None:
    """The study is finished: the record goes, and with it any recording, which has been measured."""
    shutil.rmtree(folder / UPLOADS_FOLDER, ignore_errors=True)
