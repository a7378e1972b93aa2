"""What a live capture has seen so far, on disk every few seconds, readable after a crash."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import FaceBox
from moviemotion.audience.faces.identity_switches import Exchange
from moviemotion.emotions import EMOTIONS
from moviemotion.errors import MoviemotionError

KEPT_EVERY = 5.0
"""Seconds of ours after which rows are to be written: what a crash may cost."""
FACES = pa.schema(
    [
        ("time", pa.float64()),
        *((name, pa.float32()) for name in ("left", "top", "right", "bottom", "detection")),
        *((str(emotion), pa.float32()) for emotion in EMOTIONS),
        ("weight", pa.float32()),
        ("refused", pa.float32()),
    ]
)
LIGHT = pa.schema([("time", pa.float64()), ("light", pa.float32())])
NOBODY = (float("nan"),) * (len(FACES) - 1)
"""The row of a sampled frame without a face: frames are counted too."""


class State(StrEnum):
    """How a camera is."""

    WAITING = "waiting"
    """Not reached yet."""
    LIVE = "live"
    LOST = "lost"
    FROZEN = "frozen"
    """It sends the same picture again and again."""
    ENDED = "ended"
    """A file that was played to its end."""


@dataclass(frozen=True)
class Change:
    """A camera's state from `time` on (seconds of the capture's clock), and why."""

    camera: str
    time: float
    state: State
    why: str = ""


class Rows:
    """An Arrow stream: each batch is complete in itself, so a file that breaks off is readable so far.

    Rows may be added by one thread while another writes them down: a slow disk holds up no picture.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = path.open("wb")
        self._writer = pa.ipc.new_stream(self._file, schema)
        self._schema = schema
        self._rows: deque[tuple[float, ...]] = deque()

    def add(self, row: tuple[float, ...]) -> None:
        self._rows.append(row)

    def keep(self) -> None:
        """Write what was added, down to the disk."""
        rows = [self._rows.popleft() for _ in range(len(self._rows))]
        if rows:
            columns = [
                pa.array(column, field.type)
                for column, field in zip(zip(*rows, strict=True), self._schema, strict=True)
            ]
            self._writer.write_batch(pa.record_batch(columns, schema=self._schema))
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self.keep()
        self._writer.close()
        self._file.close()


class Journal:
    """The folder that a capture writes as it goes: of each camera its faces, light, states and exchanges."""

    def __init__(self, folder: Path, cameras: tuple[str, ...]) -> None:
        """
        Raises:
            MoviemotionError: the folder cannot be written.
        """
        try:
            folder.mkdir(parents=True)
            self.faces = {name: Rows(folder / f"{name}.faces.arrows", FACES) for name in cameras}
            self.light = {name: Rows(folder / f"{name}.light.arrows", LIGHT) for name in cameras}
            self._changes = (folder / "states.jsonl").open("w", encoding="utf-8")
            self._exchanges = (folder / "exchanges.jsonl").open("w", encoding="utf-8")
        except OSError as error:
            raise MoviemotionError(
                f"{folder}: cannot be written ({error.strerror}); make room or choose another --out"
            ) from error

    def change(self, change: Change) -> None:
        _line(self._changes, vars(change))

    def exchange(self, camera: str, exchange: Exchange) -> None:
        _line(self._exchanges, {"camera": camera, **vars(exchange)})

    def keep(self) -> None:
        """Write down what was added since the last time; to be called every `KEPT_EVERY` seconds."""
        for rows in (*self.faces.values(), *self.light.values()):
            rows.keep()

    def close(self) -> None:
        for rows in (*self.faces.values(), *self.light.values()):
            rows.close()
        self._changes.close()
        self._exchanges.close()


def read_changes(folder: Path) -> list[Change]:
    """The states of a journal's cameras, in the order in which they came."""
    lines = _lines(folder / "states.jsonl")
    return [Change(line["camera"], line["time"], State(line["state"]), line["why"]) for line in lines]


def read_exchanges(folder: Path, camera: str) -> list[Exchange]:
    """Which tracks of a camera changed places."""
    lines = _lines(folder / "exchanges.jsonl")
    return [
        Exchange(**{key: value for key, value in line.items() if key != "camera"})
        for line in lines
        if line["camera"] == camera
    ]


def read_light(folder: Path, camera: str) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """When each picture of a camera came, (n,) seconds, and how bright it was, (n,) 0–255."""
    table = _read(folder / f"{camera}.light.arrows", LIGHT)
    return table["time"].to_numpy(), table["light"].to_numpy()


@dataclass(frozen=True)
class SeenFaces:
    """The faces of a camera, frame by frame.

    Attributes:
        frames: (f,) seconds of every sampled frame.
        time: (n,) seconds, for each face.
        box: (n, 4) float32 px.
        detection: (n,) float32.
        emotions: (n, 8) float32.
        weight: (n,) float32.
        refused: (n,) int8.
    """

    frames: NDArray[np.float64]
    time: NDArray[np.float64]
    box: NDArray[np.float32]
    detection: NDArray[np.float32]
    emotions: NDArray[np.float32]
    weight: NDArray[np.float32]
    refused: NDArray[np.int8]

    def by_frame(self) -> Iterator[tuple[float, list[FaceBox]]]:
        """Time and faces of each frame, without landmarks."""
        first = np.searchsorted(self.time, self.frames, "left").tolist()
        last = np.searchsorted(self.time, self.frames, "right").tolist()
        none = np.full((5, 2), np.nan, np.float32)
        for time_, a, b in zip(self.frames.tolist(), first, last, strict=True):
            rows = zip(self.box[a:b].tolist(), self.detection[a:b].tolist(), strict=True)
            yield time_, [FaceBox(x0, y0, x1, y1, score, none) for (x0, y0, x1, y1), score in rows]


def read_faces(folder: Path, camera: str) -> SeenFaces:
    """Everything that was seen in a camera."""
    table = _read(folder / f"{camera}.faces.arrows", FACES)
    numbers = np.stack([table[name].to_numpy() for name in FACES.names[1:]], axis=1)
    time_ = table["time"].to_numpy()
    face = ~np.isnan(numbers[:, 4])
    numbers, seen = numbers[face], time_[face]
    return SeenFaces(
        np.unique(time_),
        seen,
        box=numbers[:, :4],
        detection=numbers[:, 4],
        emotions=numbers[:, 5:-2],
        weight=numbers[:, -2],
        refused=numbers[:, -1].astype(np.int8),
    )


def _line(file: TextIO, fields: dict[str, object]) -> None:
    file.write(json.dumps(fields, ensure_ascii=False) + "\n")
    file.flush()


def _lines(path: Path) -> list[dict[str, Any]]:
    lines = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:  # the line at which the machine stopped
            break
    return lines


def _read(path: Path, schema: pa.Schema) -> pa.Table:
    batches = []
    try:
        with pa.ipc.open_stream(path) as stream:
            batches.extend(stream)
    except (pa.ArrowInvalid, OSError):
        pass  # it breaks off where the machine stopped; every batch before that is whole
    return pa.Table.from_batches(batches, schema)
