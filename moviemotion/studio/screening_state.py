"""How far a study is and how it is screened, in its `uploads/screening.json` until it is finished.

So a studio that is stopped, or killed, knows at its next start what to go on with.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from moviemotion._io.atomic_files import write_whole
from moviemotion.errors import MoviemotionError
from moviemotion.study.folder import UPLOADS
from moviemotion.workflows.screen import RATE, SEED

RECORD = "screening.json"


class Source(StrEnum):
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


AT_WORK = (Stage.READING, Stage.PAUSED, Stage.TELLING)


@dataclass(frozen=True)
class Settings:
    """How a screening is made; as for `screen`. A live capture has its rate and offsets in seats.toml."""

    source: Source = Source.FILES
    rate: float = RATE
    seed: int = SEED
    offsets: Mapping[str, float] = field(default_factory=dict)
    baseline: tuple[float, float] | None = None


@dataclass(frozen=True)
class Record:
    """What is written down.

    Attributes:
        stage: `READING` until the end: what is found so at a start was cut off.
        problem: why it failed; empty where it did not.
    """

    stage: Stage
    settings: Settings
    problem: str = ""


def read_record(folder: Path) -> Record | None:
    """What is written down in a study, or None where nothing is under way.

    Raises:
        MoviemotionError: it cannot be read.
    """
    path = folder / UPLOADS / RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        told = record["settings"]
        baseline = tuple(told["baseline"]) if told["baseline"] else None
        settings = Settings(**{**told, "source": Source(told["source"]), "baseline": baseline})
        return Record(Stage(record["stage"]), settings, record["problem"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MoviemotionError(f"{path}: cannot be read; delete it and start the screening again") from error


def write_record(folder: Path, record: Record) -> None:
    """Write it down."""
    (folder / UPLOADS).mkdir(exist_ok=True)
    write_whole(folder / UPLOADS / RECORD, json.dumps(asdict(record)) + "\n")


def close_record(folder: Path) -> None:
    """The study is finished: the record goes, and with it any recording, which has been measured."""
    shutil.rmtree(folder / UPLOADS, ignore_errors=True)
