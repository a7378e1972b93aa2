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
from moviemotion.audience.faces.identity_switches import IdentitySwitch
from moviemotion.emotions import EMOTIONS
from moviemotion.errors import MoviemotionError

FLUSH_INTERVAL = 5.0
"""Seconds of ours after which rows are to be written: what a crash may cost."""
FACES_SCHEMA = pa.schema(
    [
        ("time", pa.float64()),
        *((name, pa.float32()) for name in ("left", "top", "right", "bottom", "detection")),
        *((str(emotion), pa.float32()) for emotion in EMOTIONS),
        ("weight", pa.float32()),
        ("refused", pa.float32()),
    ]
)
BRIGHTNESS_SCHEMA = pa.schema([("time", pa.float64()), ("light", pa.float32())])
NO_FACE = (float("nan"),) * (len(FACES_SCHEMA) - 1)
"""The row of a sampled frame without a face: frames are counted too."""


class CameraState(StrEnum):
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
class StateChange:
    """A camera's state from `time` on (seconds of the capture's clock), and why."""

    camera: str
    time: float
    state: CameraState
    why: str = ""


class ArrowRowWriter:
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

    def flush(self) -> None:
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
        self.flush()
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
            self.faces = {
                name: ArrowRowWriter(folder / f"{name}.faces.arrows", FACES_SCHEMA) for name in cameras
            }
            self.brightness = {
                name: ArrowRowWriter(folder / f"{name}.light.arrows", BRIGHTNESS_SCHEMA) for name in cameras
            }
            self._state_changes = (folder / "states.jsonl").open("w", encoding="utf-8")
            self._identity_switches = (folder / "exchanges.jsonl").open("w", encoding="utf-8")
        except OSError as error:
            raise MoviemotionError(
                f"{folder}: cannot be written ({error.strerror}); make room or choose another --out"
            ) from error

    def add_state_change(self, change: StateChange) -> None:
        _append_json_line(self._state_changes, vars(change))

    def add_identity_switch(self, camera: str, exchange: IdentitySwitch) -> None:
        _append_json_line(self._identity_switches, {"camera": camera, **vars(exchange)})

    def flush(self) -> None:
        """Write down what was added since the last time; to be called every `KEPT_EVERY` seconds."""
        for rows in (*self.faces.values(), *self.brightness.values()):
            rows.flush()

    def close(self) -> None:
        for rows in (*self.faces.values(), *self.brightness.values()):
            rows.close()
        self._state_changes.close()
        self._identity_switches.close()


def read_state_changes(folder: Path) -> list[StateChange]:
    """The states of a journal's cameras, in the order in which they came."""
    lines = _read_json_lines(folder / "states.jsonl")
    return [
        StateChange(line["camera"], line["time"], CameraState(line["state"]), line["why"]) for line in lines
    ]


def read_identity_switches(folder: Path, camera: str) -> list[IdentitySwitch]:
    """Which tracks of a camera changed places."""
    lines = _read_json_lines(folder / "exchanges.jsonl")
    return [
        IdentitySwitch(**{key: value for key, value in line.items() if key != "camera"})
        for line in lines
        if line["camera"] == camera
    ]


def read_brightness(folder: Path, camera: str) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """When each picture of a camera came, (n,) seconds, and how bright it was, (n,) 0–255."""
    table = _read_arrow_stream(folder / f"{camera}.light.arrows", BRIGHTNESS_SCHEMA)
    return table["time"].to_numpy(), table["light"].to_numpy()


@dataclass(frozen=True)
class DetectedFaces:
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

    frame_times: NDArray[np.float64]
    time: NDArray[np.float64]
    box: NDArray[np.float32]
    detection: NDArray[np.float32]
    emotions: NDArray[np.float32]
    weight: NDArray[np.float32]
    rejection_reason: NDArray[np.int8]

    def by_frame(self) -> Iterator[tuple[float, list[FaceBox]]]:
        """Time and faces of each frame, without landmarks."""
        first = np.searchsorted(self.time, self.frame_times, "left").tolist()
        last = np.searchsorted(self.time, self.frame_times, "right").tolist()
        none = np.full((5, 2), np.nan, np.float32)
        for time_, a, b in zip(self.frame_times.tolist(), first, last, strict=True):
            rows = zip(self.box[a:b].tolist(), self.detection[a:b].tolist(), strict=True)
            yield time_, [FaceBox(x0, y0, x1, y1, score, none) for (x0, y0, x1, y1), score in rows]


def read_faces(folder: Path, camera: str) -> DetectedFaces:
    """Everything that was seen in a camera."""
    table = _read_arrow_stream(folder / f"{camera}.faces.arrows", FACES_SCHEMA)
    numbers = np.stack([table[name].to_numpy() for name in FACES_SCHEMA.names[1:]], axis=1)
    time_ = table["time"].to_numpy()
    face = ~np.isnan(numbers[:, 4])
    numbers, seen = numbers[face], time_[face]
    return DetectedFaces(
        np.unique(time_),
        seen,
        box=numbers[:, :4],
        detection=numbers[:, 4],
        emotions=numbers[:, 5:-2],
        weight=numbers[:, -2],
        rejection_reason=numbers[:, -1].astype(np.int8),
    )


def _append_json_line(file: TextIO, fields: dict[str, object]) -> None:
    file.write(json.dumps(fields, ensure_ascii=False) + "\n")
    file.flush()


def _read_json_lines(path: Path) -> list[dict[str, Any]]:
    lines = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:  # the line at which the machine stopped
            break
    return lines


def _read_arrow_stream(path: Path, schema: pa.Schema) -> pa.Table:
    batches = []
    try:
        with pa.ipc.open_stream(path) as stream:
            batches.extend(stream)
    except (pa.ArrowInvalid, OSError):
        pass  # it breaks off where the machine stopped; every batch before that is whole
    return pa.Table.from_batches(batches, schema)
