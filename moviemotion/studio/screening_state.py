"""The state of a screening on disk: its stage and settings, in `uploads/screening.json` until it is finished.

A studio that was stopped or killed reads this file at the next start to decide which screenings to resume.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from moviemotion._io.atomic_files import PRIVATE_FOLDER
from moviemotion.errors import MoviemotionError
from moviemotion.study.file_names import SCREENING_STATE_FILE, UPLOADS_FOLDER
from moviemotion.study.schema import SCREENING_STATE, write_json
from moviemotion.workflows.screen import DEFAULT_RATE, DEFAULT_SEED


class ScreeningSource(StrEnum):
    """The source of the frames."""

    FILES = "files"
    LIVE = "live"


class Stage(StrEnum):
    """The stages of a study."""

    NEW = "new"
    """No screening has been started."""
    PROCESSING = "processing"
    """Recordings are being processed, or live cameras are being captured."""
    PAUSED = "paused"
    """The film of a live capture is paused."""
    ANALYZING = "analyzing"
    """All frames have been processed; the results are being computed."""
    STOPPED = "stopped"
    """The screening was interrupted and can be resumed."""
    FAILED = "failed"
    FINISHED = "finished"
    EXPIRED = "expired"
    """A deletion date passed before the screening, so it can no longer be started."""


ACTIVE_STAGES = (Stage.PROCESSING, Stage.PAUSED, Stage.ANALYZING)


@dataclass(frozen=True)
class ScreeningSettings:
    """The settings of a screening, as for `workflows.screen.screen`.

    Attributes:
        source: recordings or live cameras. The sampling rate and offsets of live cameras are in seats.toml.
        rate: samples per second.
        seed: random seed for the permutation tests.
        offsets: camera → seconds added to its clock to give film time.
        baseline: start and end, in seconds of film time, of the marked baseline stretch.
        film: film time of the film's first and last picture.
        credits: start and end of the credits; the end is None if they last until the film's end.
    """

    source: ScreeningSource = ScreeningSource.FILES
    rate: float = DEFAULT_RATE
    seed: int = DEFAULT_SEED
    offsets: Mapping[str, float] = field(default_factory=dict)
    baseline: tuple[float, float] | None = None
    film: tuple[float, float] | None = None
    credits: tuple[float, float | None] | None = None


@dataclass(frozen=True)
class ScreeningState:
    """The stored state of a screening.

    Attributes:
        stage: `PROCESSING` while the job runs; if the studio finds this stage when it starts, the job was
            interrupted.
        settings: the settings with which the screening was started.
        problem: why the screening failed; empty if it did not.
    """

    stage: Stage
    settings: ScreeningSettings
    problem: str = ""


def read_state(folder: Path) -> ScreeningState | None:
    """The stored state of a study's screening, or None if no screening is in progress.

    Raises:
        MoviemotionError: the file cannot be read.
    """
    path = folder / UPLOADS_FOLDER / SCREENING_STATE_FILE
    try:
        state = SCREENING_STATE.read_json(path)
        stored = state["settings"]
        # Screenings started by earlier versions do not have the settings `film` and `credits`.
        spans = {
            name: tuple(stored[name]) if stored.get(name) else None
            for name in ("baseline", "film", "credits")
        }
        settings = ScreeningSettings(**{**stored, "source": ScreeningSource(stored["source"]), **spans})
        return ScreeningState(Stage(state["stage"]), settings, state["problem"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MoviemotionError(
            f"{path}: cannot be read; delete this file and start the screening again"
        ) from error


def write_state(folder: Path, state: ScreeningState) -> None:
    """Store the state of a study's screening."""
    (folder / UPLOADS_FOLDER).mkdir(PRIVATE_FOLDER, exist_ok=True)
    write_json(folder / UPLOADS_FOLDER / SCREENING_STATE_FILE, SCREENING_STATE, asdict(state))


def delete_uploads(folder: Path) -> None:
    """Delete the state and all recordings of a finished study; only the samples are kept."""
    shutil.rmtree(folder / UPLOADS_FOLDER, ignore_errors=True)
