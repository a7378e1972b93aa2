"""The journal of a live capture: observations are on disk within seconds and readable after a crash.

A journal is a folder. For each camera, it contains two Arrow streams, one with the faces and one with the
brightness of the frames. The state changes and identity switches of all cameras are stored as JSON lines.
Arrow streams and JSON lines can be read up to the last complete record, so nothing has to be repaired after a
crash.
"""

from __future__ import annotations

import json
import math
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from moviemotion._io.atomic_files import PRIVATE_FILE, PRIVATE_FOLDER
from moviemotion._io.schemas import SCHEMA_KEY, VERSION_KEY, FileSchema
from moviemotion.audience.faces.detect import FaceBox
from moviemotion.audience.faces.identity_switches import IdentitySwitch
from moviemotion.audience.faces.quality import REJECTION_REASONS
from moviemotion.emotions import EMOTIONS
from moviemotion.errors import SettingError

FLUSH_INTERVAL = 5.0
"""Interval in seconds at which rows are written; a crash loses at most the rows of one interval."""
JOURNAL = FileSchema("moviemotion/capture-journal", 3)
"""Schema of every file in the folder. Version 2 added the schema name and version, and standard names for
files and columns. Version 3 added the pose of heads."""
_EARLIER_SUFFIXES = {
    ".brightness.arrows": ".light.arrows",
    "identity-switches.jsonl": "exchanges.jsonl",
}
"""Ending of a file name → the corresponding ending in version 1."""
FACES_SCHEMA = pa.schema(
    [
        ("time", pa.float64()),
        *((name, pa.float32()) for name in ("left", "top", "right", "bottom", "detection")),
        *((str(emotion), pa.float32()) for emotion in EMOTIONS),
        ("weight", pa.float32()),
        ("rejection_reason", pa.float32()),
        ("yaw", pa.float32()),
        ("pitch", pa.float32()),
    ],
    metadata=JOURNAL.metadata(),
)
BRIGHTNESS_SCHEMA = pa.schema(
    [("time", pa.float64()), ("brightness", pa.float32())], metadata=JOURNAL.metadata()
)
_STATES_FILE, _SWITCHES_FILE = "states.jsonl", "identity-switches.jsonl"
_STREAM_END = b"\xff\xff\xff\xff\0\0\0\0"
"""The bytes that end a properly closed Arrow stream. The first four of them also start each message."""
_ALIGNMENT = 8
"""Messages start at multiples of this many bytes."""
_MAX_HEADER_BYTES = 1 << 16
"""Largest plausible size of a message header, in bytes; a larger size indicates damage."""
_MAX_SECONDS = 30 * 86400.0
"""Latest plausible capture time, in seconds; a later time indicates damage."""
_TOLERANCE = 1e-3
"""Amount by which rounding may raise a value above its limit."""
_Record = TypeVar("_Record")
NO_FACE = (float("nan"),) * (len(FACES_SCHEMA) - 1)
"""The values that follow the time in the row of a sampled frame without any faces."""


class CameraState(StrEnum):
    """The state of a camera."""

    WAITING = "waiting"
    """The camera has not been reached yet."""
    LIVE = "live"
    LOST = "lost"
    FROZEN = "frozen"
    """The camera keeps sending the same image."""
    ENDED = "ended"
    """The camera is a file that was played to its end."""


@dataclass(frozen=True)
class StateChange:
    """A camera's change of state.

    Attributes:
        camera: the camera's name.
        time: when the state began, in seconds on the capture clock.
        state: the new state.
        why: the reason as human-readable text, or an empty string; for a live camera, a reason to doubt it.
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
        path.touch(PRIVATE_FILE)
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
            folder.mkdir(PRIVATE_FOLDER, parents=True)
            self.faces = {
                name: ArrowRowWriter(folder / f"{name}.faces.arrows", FACES_SCHEMA) for name in cameras
            }
            self.brightness = {
                name: ArrowRowWriter(folder / f"{name}.brightness.arrows", BRIGHTNESS_SCHEMA)
                for name in cameras
            }
            for name in (_STATES_FILE, _SWITCHES_FILE):
                (folder / name).touch(PRIVATE_FILE)
            self._state_changes = (folder / _STATES_FILE).open("w", encoding="utf-8")
            self._identity_switches = (folder / _SWITCHES_FILE).open("w", encoding="utf-8")
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
    return _scan_json_lines(folder / _STATES_FILE, _state_change)[0]


def read_identity_switches(folder: Path, camera: str) -> list[IdentitySwitch]:
    """Read the identity switches of a camera; `first` and `second` are tracks."""
    switches, _ = _scan_json_lines(folder / _SWITCHES_FILE, _identity_switch)
    return [switch for of_camera, switch in switches if of_camera == camera]


def read_brightness(folder: Path, camera: str) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Read the brightness of a camera's frames.

    Returns:
        The time of each frame in seconds, (n,), and the mean brightness of each frame, (n,), from 0 to 255.
    """
    table = _scan_arrow_stream(folder / f"{camera}.brightness.arrows", BRIGHTNESS_SCHEMA).table
    return table["time"].to_numpy(), table["brightness"].to_numpy()


@dataclass(frozen=True)
class DetectedFaces:
    """The faces detected in a camera's frames.

    Attributes:
        frame_times: (f,) time of each sampled frame in seconds, including frames without a face.
        time: (n,) time of each face in seconds.
        box, detection, emotions, weight, rejection_reason, pose: (n, …) as in `Samples`.
    """

    frame_times: NDArray[np.float64]
    time: NDArray[np.float64]
    box: NDArray[np.float32]
    detection: NDArray[np.float32]
    emotions: NDArray[np.float32]
    weight: NDArray[np.float32]
    rejection_reason: NDArray[np.int8]
    pose: NDArray[np.float32]

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
    table = _scan_arrow_stream(folder / f"{camera}.faces.arrows", FACES_SCHEMA).table
    numbers = np.stack([table[name].to_numpy() for name in FACES_SCHEMA.names[1:]], axis=1)
    time_ = table["time"].to_numpy()
    face = ~np.isnan(numbers[:, 4])
    numbers, seen = numbers[face], time_[face]
    return DetectedFaces(
        np.unique(time_),
        seen,
        box=numbers[:, :4],
        detection=numbers[:, 4],
        emotions=numbers[:, 5:-4],
        weight=numbers[:, -4],
        rejection_reason=numbers[:, -3].astype(np.int8),
        pose=numbers[:, -2:],
    )


def journal_problems(folder: Path, cameras: Iterable[str]) -> Iterator[str]:
    """Describe each damaged file in one line; an unfinished last record does not count as damage.

    Args:
        folder: the journal folder.
        cameras: the names of the cameras.
    """
    damaged = []
    for camera in cameras:
        for name, schema in (("faces", FACES_SCHEMA), ("brightness", BRIGHTNESS_SCHEMA)):
            path = folder / f"{camera}.{name}.arrows"
            damaged += [path] if _scan_arrow_stream(path, schema).damaged else []
    damaged += [folder / _STATES_FILE] if _scan_json_lines(folder / _STATES_FILE, _state_change)[1] else []
    switches = folder / _SWITCHES_FILE
    damaged += [switches] if _scan_json_lines(switches, _identity_switch)[1] else []
    for path in map(_existing, damaged):
        yield (
            f"{folder.name}/{path.name}: damaged, so some captured data is lost; restore the file from a "
            f"backup and create the report again, or delete {folder.name} to continue without this data"
        )


def is_faces_journal_closed(folder: Path, camera: str) -> bool:
    """Whether a camera's faces journal was closed properly when the capture was stopped."""
    try:
        return (folder / f"{camera}.faces.arrows").read_bytes()[-len(_STREAM_END) :] == _STREAM_END
    except OSError:
        return False


def _append_json_line(file: TextIO, fields: dict[str, object]) -> None:
    file.write(json.dumps(fields, ensure_ascii=False) + "\n")
    file.flush()


def _scan_json_lines(path: Path, parse: Callable[[Any], _Record]) -> tuple[list[_Record], bool]:
    """Read the valid records of a file.

    Returns:
        The valid records, and whether any other records are damaged.
    """
    records = []
    path = _existing(path)
    try:
        *lines, unfinished = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return [], True
    damaged = False
    # Text after the last line end was still being written when the machine stopped.
    for number, line in enumerate([*lines, unfinished]):
        try:
            record = json.loads(line)
            if number == 0 and SCHEMA_KEY in record:  # version 1 has no such line
                JOURNAL.check(path, record[SCHEMA_KEY], record[VERSION_KEY])
            else:
                records.append(parse(record))
        except (ValueError, TypeError, LookupError):
            damaged = damaged or number < len(lines)
    return records, damaged


def _state_change(line: Any) -> StateChange:
    return StateChange(str(line["camera"]), _time(line), CameraState(line["state"]), str(line["why"]))


def _identity_switch(line: Any) -> tuple[str, IdentitySwitch]:
    fields = {key: value for key, value in line.items() if key != "camera"}
    switch = IdentitySwitch(**{**fields, "time": _time(line)})
    if min(switch.first, switch.second) < 0:
        raise ValueError("invalid track number")
    return str(line["camera"]), switch


def _time(line: Any) -> float:
    time_ = line["time"]
    if not -math.inf < time_ < math.inf:
        raise ValueError("invalid time")
    return float(time_)


@dataclass(frozen=True)
class _ScannedStream:
    """The valid rows of an Arrow stream, and whether any other rows are damaged."""

    table: pa.Table
    damaged: bool


def _scan_arrow_stream(path: Path, schema: pa.Schema) -> _ScannedStream:
    """Read the complete batches of a stream."""
    batches: list[pa.RecordBatch] = []
    path = _existing(path)
    try:
        file = path.open("rb")
    except OSError:
        return _ScannedStream(schema.empty_table(), damaged=True)
    end = 0
    with file:
        try:
            stream = pa.ipc.open_stream(file)
            metadata = stream.schema.metadata or {}
            JOURNAL.check_metadata(path, {key.decode(): value.decode() for key, value in metadata.items()})
            end = file.tell()
            for batch in stream:
                # Earlier versions have the same order, but version 1 has other names and neither has the last
                # columns, which were not measured.
                missing = [_unmeasured(batch.num_rows) for _ in schema.names[batch.num_columns :]]
                batches.append(pa.RecordBatch.from_arrays([*batch.columns, *missing], schema=schema))
                end = file.tell()
        except (pa.ArrowException, OSError, ValueError, TypeError, LookupError):
            pass  # the file ends where the machine stopped, or it is damaged from here on
        file.seek(end)
        rest = file.read()
    table = pa.Table.from_batches(batches, schema)
    valid = _valid_rows(table)
    damaged = not valid.all() or (rest not in (b"", _STREAM_END) and not _is_incomplete_batch(rest))
    return _ScannedStream(table.filter(pa.array(valid)), damaged)


def _unmeasured(rows: int) -> pa.Array:
    return pa.array(np.full(rows, np.nan, np.float32))


def _is_incomplete_batch(rest: bytes) -> bool:
    """Whether the unreadable rest of a stream is a single batch that was still being written."""
    starts = range(_ALIGNMENT, len(rest) - 7, _ALIGNMENT)
    if any(rest[k : k + 4] == _STREAM_END[:4] and not any(rest[k + 6 : k + 8]) for k in starts):
        return False  # another message follows
    if len(rest) < _ALIGNMENT:
        return True
    size = int.from_bytes(rest[4:8], "little")
    if rest[:4] != _STREAM_END[:4] or not 0 < size < _MAX_HEADER_BYTES:
        return False
    try:
        pa.ipc.read_message(rest)
    except (pa.ArrowException, OSError, ValueError) as error:
        return len(rest) < _ALIGNMENT + size or "message body" in str(error)
    return False


def _valid_rows(table: pa.Table) -> NDArray[np.bool_]:
    """(n,) whether each row contains only values that a capture could have written."""
    time_ = table["time"].to_numpy()
    valid: NDArray[np.bool_] = (time_ >= 0) & (time_ < _MAX_SECONDS)
    for name in (*map(str, EMOTIONS), "detection", "weight", "brightness"):
        if name in table.column_names:
            value, most = table[name].to_numpy(), 255 if name == "brightness" else 1
            valid &= np.isnan(value) | ((value >= 0) & (value <= most + _TOLERANCE))
    if "rejection_reason" in table.column_names:
        known = np.isin(table["rejection_reason"].to_numpy(), range(len(REJECTION_REASONS)))
        face = ~np.isnan(table["detection"].to_numpy())
        valid &= ~face | (known & ~np.isnan(table["weight"].to_numpy()))
    return valid


def _existing(path: Path) -> Path:
    """The path of a journal file, or of its version 1 counterpart if only that exists."""
    for suffix, earlier in _EARLIER_SUFFIXES.items():
        named = path.with_name(path.name.removesuffix(suffix) + earlier)
        if path.name.endswith(suffix) and named.is_file() and not path.is_file():
            return named
    return path
