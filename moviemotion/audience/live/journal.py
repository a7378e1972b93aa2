"""The journal of a live capture: observations are on disk within seconds and readable after a crash.

A journal is a folder. It contains two Arrow streams per camera, one with the faces and one with the
brightness of the frames, and the state changes and identity switches of all cameras as JSON lines. Arrow
streams and JSON lines can be read up to the last complete record, so nothing has to be repaired after a
crash.
"""

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

from moviemotion._io.schemas import SCHEMA_KEY, VERSION_KEY, FileSchema
from moviemotion.audience.faces.detect import FaceBox
from moviemotion.audience.faces.identity_switches import IdentitySwitch
from moviemotion.emotions import EMOTIONS
from moviemotion.errors import SettingError

FLUSH_INTERVAL = 5.0
"""Interval in seconds at which rows are written, and thus the most that is lost in a crash."""
JOURNAL = FileSchema("moviemotion/capture-journal", 2)
"""Schema of every file in the folder. Version 2 added the schema name and version, and standard names for
files and columns."""
_EARLIER_SUFFIXES = {
    ".brightness.arrows": ".light.arrows",
    "identity-switches.jsonl": "exchanges.jsonl",
}
"""End of a file name → its equivalent in version 1."""
FACES_SCHEMA = pa.schema(
    [
        ("time", pa.float64()),
        *((name, pa.float32()) for name in ("left", "top", "right", "bottom", "detection")),
        *((str(emotion), pa.float32()) for emotion in EMOTIONS),
        ("weight", pa.float32()),
        ("rejection_reason", pa.float32()),
    ],
    metadata=JOURNAL.metadata(),
)
BRIGHTNESS_SCHEMA = pa.schema(
    [("time", pa.float64()), ("brightness", pa.float32())], metadata=JOURNAL.metadata()
)
NO_FACE = (float("nan"),) * (len(FACES_SCHEMA) - 1)
"""The remaining columns of the row for a sampled frame without a face; such frames count too."""


class CameraState(StrEnum):
    """The state of a camera."""

    WAITING = "waiting"
    """Not reached yet."""
    LIVE = "live"
    LOST = "lost"
    FROZEN = "frozen"
    """The camera keeps sending the same image."""
    ENDED = "ended"
    """A file that was played to its end."""


@dataclass(frozen=True)
class StateChange:
    """A camera's change of state.

    Attributes:
        camera: the camera's name.
        time: when the state began, in seconds on the capture clock.
        state: the new state.
        why: human-readable reason, if any.
    """

    camera: str
    time: float
    state: CameraState
    why: str = ""


class ArrowRowWriter:
    """Writes rows to an Arrow stream, whose complete batches stay readable if the file is truncated.

    One thread may add rows while another thread writes them, so that a slow disk does not delay frames.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = path.open("wb")
        self._writer = pa.ipc.new_stream(self._file, schema)
        self._schema = schema
        self._rows: deque[tuple[float, ...]] = deque()

    def add(self, row: tuple[float, ...]) -> None:
        """Add a row; it is written by the next `flush`."""
        self._rows.append(row)

    def flush(self) -> None:
        """Write the added rows, and wait until they are stored on disk."""
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
        """Write the remaining rows and close the file."""
        self.flush()
        self._writer.close()
        self._file.close()


class Journal:
    """Writes the journal of a running capture.

    Attributes:
        faces: camera name → writer of `FACES_SCHEMA` rows.
        brightness: camera name → writer of `BRIGHTNESS_SCHEMA` rows.
    """

    def __init__(self, folder: Path, cameras: tuple[str, ...]) -> None:
        """Create the folder and its files.

        Raises:
            MoviemotionError: the folder already exists or cannot be written.
        """
        try:
            folder.mkdir(parents=True)
            self.faces = {
                name: ArrowRowWriter(folder / f"{name}.faces.arrows", FACES_SCHEMA) for name in cameras
            }
            self.brightness = {
                name: ArrowRowWriter(folder / f"{name}.brightness.arrows", BRIGHTNESS_SCHEMA)
                for name in cameras
            }
            self._state_changes = (folder / "states.jsonl").open("w", encoding="utf-8")
            self._identity_switches = (folder / "identity-switches.jsonl").open("w", encoding="utf-8")
            for file in (self._state_changes, self._identity_switches):
                _append_json_line(file, JOURNAL.mark({}))
        except OSError as error:
            raise SettingError(
                "not-writable",
                "{folder}: cannot be written ({reason}); free some space or choose another {out}",
                folder=folder,
                reason=error.strerror,
            ) from error

    def add_state_change(self, change: StateChange) -> None:
        """Write a state change immediately."""
        _append_json_line(self._state_changes, vars(change))

    def add_identity_switch(self, camera: str, switch: IdentitySwitch) -> None:
        """Write an identity switch of two tracks immediately."""
        _append_json_line(self._identity_switches, {"camera": camera, **vars(switch)})

    def flush(self) -> None:
        """Write the rows added since the last call; called every `FLUSH_INTERVAL` seconds."""
        for rows in (*self.faces.values(), *self.brightness.values()):
            rows.flush()

    def close(self) -> None:
        """Write the remaining rows and close all files."""
        for rows in (*self.faces.values(), *self.brightness.values()):
            rows.close()
        self._state_changes.close()
        self._identity_switches.close()


def read_state_changes(folder: Path) -> list[StateChange]:
    """Read the state changes of all cameras, in the order in which they happened."""
    lines = _read_json_lines(folder / "states.jsonl")
    return [
        StateChange(line["camera"], line["time"], CameraState(line["state"]), line["why"]) for line in lines
    ]


def read_identity_switches(folder: Path, camera: str) -> list[IdentitySwitch]:
    """Read the identity switches of a camera; `first` and `second` are tracks."""
    lines = _read_json_lines(folder / "identity-switches.jsonl")
    return [
        IdentitySwitch(**{key: value for key, value in line.items() if key != "camera"})
        for line in lines
        if line["camera"] == camera
    ]


def read_brightness(folder: Path, camera: str) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Read the time of each frame of a camera, (n,) in seconds, and its mean brightness, (n,) 0–255."""
    table = _read_arrow_stream(folder / f"{camera}.brightness.arrows", BRIGHTNESS_SCHEMA)
    return table["time"].to_numpy(), table["brightness"].to_numpy()


@dataclass(frozen=True)
class DetectedFaces:
    """The faces detected in a camera's frames.

    Attributes:
        frame_times: (f,) time of each sampled frame in seconds, including frames without a face.
        time: (n,) time of each face in seconds.
        box, detection, emotions, weight, rejection_reason: (n, …) as in `Samples`.
    """

    frame_times: NDArray[np.float64]
    time: NDArray[np.float64]
    box: NDArray[np.float32]
    detection: NDArray[np.float32]
    emotions: NDArray[np.float32]
    weight: NDArray[np.float32]
    rejection_reason: NDArray[np.int8]

    def by_frame(self) -> Iterator[tuple[float, list[FaceBox]]]:
        """Yield the time and the faces of each frame; landmarks are not stored, so they are NaN."""
        first = np.searchsorted(self.time, self.frame_times, "left").tolist()
        last = np.searchsorted(self.time, self.frame_times, "right").tolist()
        none = np.full((5, 2), np.nan, np.float32)
        for time_, a, b in zip(self.frame_times.tolist(), first, last, strict=True):
            rows = zip(self.box[a:b].tolist(), self.detection[a:b].tolist(), strict=True)
            yield time_, [FaceBox(x0, y0, x1, y1, score, none) for (x0, y0, x1, y1), score in rows]


def read_faces(folder: Path, camera: str) -> DetectedFaces:
    """Read all faces of a camera."""
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
    path = _existing(path)
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:  # the line that was being written when the machine stopped
            break
    if lines and SCHEMA_KEY in lines[0]:  # absent in version 1
        mark = lines.pop(0)
        JOURNAL.check(path, mark[SCHEMA_KEY], mark[VERSION_KEY])
    return lines


def _read_arrow_stream(path: Path, schema: pa.Schema) -> pa.Table:
    batches = []
    path = _existing(path)
    try:
        with pa.ipc.open_stream(path) as stream:
            metadata = stream.schema.metadata or {}
            JOURNAL.check_metadata(path, {key.decode(): value.decode() for key, value in metadata.items()})
            batches.extend(stream)
    except (pa.ArrowInvalid, OSError):
        pass  # the file ends where the machine stopped; all earlier batches are complete
    # Columns of version 1 have the same order but different names.
    renamed = [pa.RecordBatch.from_arrays(batch.columns, schema=schema) for batch in batches]
    return pa.Table.from_batches(renamed, schema)


def _existing(path: Path) -> Path:
    """The path of a journal file; its version 1 name is used if only that file exists."""
    for suffix, earlier in _EARLIER_SUFFIXES.items():
        named = path.with_name(path.name.removesuffix(suffix) + earlier)
        if path.name.endswith(suffix) and named.is_file() and not path.is_file():
            return named
    return path
