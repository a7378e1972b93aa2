"""The samples of one camera, and their file format: one row per face in each sampled frame."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import ArrayLike, NDArray

from moviemotion._io.atomic_files import atomic_write
from moviemotion._io.schemas import FileSchema
from moviemotion.audience.displacement import face_displacements
from moviemotion.audience.faces.identity_switches import IdentitySwitch
from moviemotion.audience.faces.quality import REJECTION_REASONS
from moviemotion.audience.faces.viewer_identities import StillFace, ViewerChange
from moviemotion.audience.synchronization.clock import CameraClock, ClockSource
from moviemotion.emotions import EMOTIONS

SAMPLES = FileSchema("moviemotion/samples", 5)
"""Schema of the file. Version 2 added weights, rejection reasons and identity switches. Version 3 added the
schema name and version, and introduced standard names: `rejection_reason` (was `refused`),
`identity_switches` (was `exchanges`) and `gaps` (was `blanks`). Version 4 added the brightness of faces and
pictures, and the camera's clock. Version 5 added the pose of heads and the displacement of faces."""


_POSE_COLUMNS = ("yaw", "pitch")
_UNKNOWN = np.empty(0, np.float32)


class PictureEventKind(StrEnum):
    """What happened to the complete picture of a camera."""

    CUT = "cut"
    MOVED = "moved"
    RESIZED = "resized"


@dataclass(frozen=True)
class PictureEvent:
    """A change of a camera's complete picture, at a film time in seconds."""

    time: float
    kind: PictureEventKind


@dataclass(frozen=True)
class Samples:
    """The samples of one camera.

    Attributes:
        viewers: the viewers' names, from left to right in the frame.
        frames: number of sampled frames.
        end: film time of the last sampled frame, in seconds.
        viewer: (n,) int16 index into `viewers`.
        time: (n,) float64 seconds of film time.
        box: (n, 4) float32 left, top, right and bottom of the face box, in pixels.
        detection: (n,) float32 confidence of the face detector, 0–1.
        emotions: (n, 8) float32 emotion probabilities in the order of `EMOTIONS`.
        weight: (n,) float32 quality weight, 0 (rejected) to 1.
        rejection_reason: (n,) int8 index into `quality.REJECTION_REASONS`; 0 if the sample was not rejected.
        identity_switches: the switches in which two of the `viewers` changed places with each other.
        gaps: stretches of film time without frames, as start and end in seconds.
        doubts: reasons to doubt the times, the orientation or the track of the recording, one line each,
            without the file's name.
        brightness: (n,) float32 mean brightness of the face box, 0–255; NaN if it was not measured.
        pose: (n, 2) float32 yaw and pitch of the head in degrees, as in `head_poses`; NaN if not measured.
        displacement: (n,) float32 distance of the face from its usual place in the minute before, in face
            sizes; NaN if unknown. Unlike the face box, it does not reveal the seat.
        picture_time: (m,) float64 time of each sampled frame on the file's clock, in seconds; empty if it was
            not stored.
        picture_brightness: (m,) float32 mean brightness of what may be seen of each sampled frame, 0–255.
        clock: how the file's clock was turned into film time; None if that was not recorded.
        viewer_changes: where one of the `viewers` follows another at a seat, or appears after a cut.
        picture_events: cuts, and moves of the camera.
        still_faces: faces that are only pictures, such as posters; they are no viewers.
    """

    viewers: tuple[str, ...]
    frames: int
    end: float
    viewer: NDArray[np.int16]
    time: NDArray[np.float64]
    box: NDArray[np.float32]
    detection: NDArray[np.float32]
    emotions: NDArray[np.float32]
    weight: NDArray[np.float32]
    rejection_reason: NDArray[np.int8]
    identity_switches: tuple[IdentitySwitch, ...] = ()
    gaps: tuple[tuple[float, float], ...] = ()
    doubts: tuple[str, ...] = ()
    brightness: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    pose: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 2), np.float32))
    displacement: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    picture_time: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    picture_brightness: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    clock: CameraClock | None = None
    viewer_changes: tuple[ViewerChange, ...] = ()
    picture_events: tuple[PictureEvent, ...] = ()
    still_faces: tuple[StillFace, ...] = ()

    def __post_init__(self) -> None:
        """Mark brightness and pose as unknown if they were not measured, and measure the displacement."""
        n = len(self.time)
        if len(self.brightness) != n:
            object.__setattr__(self, "brightness", np.full(n, np.nan, np.float32))
        if len(self.pose) != n:
            object.__setattr__(self, "pose", np.full((n, 2), np.nan, np.float32))
        if len(self.displacement) != n:
            object.__setattr__(self, "displacement", face_displacements(self.viewer, self.time, self.box))

    def on_clock(self, clock: CameraClock, offset: float) -> Samples:
        """The same samples on another clock.

        Args:
            clock: how the file's time becomes film time.
            offset: seconds that were added to the file's time, if these samples have no clock of their own.
        """
        present = self.clock or CameraClock.of_offset(offset, ClockSource.ASSUMED)

        def film_times(times: ArrayLike) -> NDArray[np.float64]:
            return clock.film_times(present.file_times(times))

        def film_time(time: float) -> float:
            return float(film_times(time))

        return replace(
            self,
            time=film_times(self.time),
            end=film_time(self.end),
            identity_switches=tuple(
                replace(switch, time=film_time(switch.time)) for switch in self.identity_switches
            ),
            gaps=tuple((film_time(start), film_time(end)) for start, end in self.gaps),
            viewer_changes=tuple(
                replace(change, time=film_time(change.time)) for change in self.viewer_changes
            ),
            picture_events=tuple(replace(event, time=film_time(event.time)) for event in self.picture_events),
            still_faces=tuple(
                replace(face, start=film_time(face.start), end=film_time(face.end))
                for face in self.still_faces
            ),
            clock=clock,
        )

    def viewer_of_sample(self) -> NDArray[np.int16]:
        """Determine which viewer each sample shows, taking identity switches into account.

        Tracks stay with the seats, so after two viewers have changed places, the samples of each viewer carry
        the other viewer's index, unless the tracks followed the viewers.

        Returns:
            (n,) int16 index into `viewers` of the person shown in each sample.
        """
        person = self.viewer.copy()
        # Seat → the current occupant. Switches do not commute, so they are applied in chronological order.
        sitting = np.arange(len(self.viewers), dtype=np.int16)
        for switch in sorted(self.identity_switches, key=lambda switch: switch.time):
            if not switch.followed:
                sitting[[switch.first, switch.second]] = sitting[[switch.second, switch.first]]
                later = self.time >= switch.time
                person[later] = sitting[self.viewer[later]]
        return person

    def write(self, path: Path) -> None:
        """Write a Parquet file; an interrupted write does not leave a partial file."""
        columns = {
            "viewer": pa.DictionaryArray.from_arrays(
                pa.array(self.viewer), pa.array(self.viewers, pa.string())
            ),
            "time": self.time,
            **dict(zip(("left", "top", "right", "bottom"), self.box.T, strict=True)),
            "detection": self.detection,
            **{str(e): self.emotions[:, i] for i, e in enumerate(EMOTIONS)},
            "weight": self.weight,
            "rejection_reason": pa.DictionaryArray.from_arrays(
                pa.array(self.rejection_reason), pa.array(REJECTION_REASONS)
            ),
            "brightness": self.brightness,
            **dict(zip(_POSE_COLUMNS, self.pose.T, strict=True)),
            "displacement": self.displacement,
        }
        metadata = {
            **SAMPLES.metadata(),
            "viewers": json.dumps(self.viewers),
            "frames": str(self.frames),
            "end": repr(self.end),
            "identity_switches": json.dumps([asdict(switch) for switch in self.identity_switches]),
            "gaps": json.dumps(self.gaps),
            "doubts": json.dumps(self.doubts),
            "picture_time": _packed(self.picture_time),
            "picture_brightness": _packed(self.picture_brightness),
            "clock": json.dumps(self.clock.to_json() if self.clock else None),
            "viewer_changes": json.dumps([asdict(change) for change in self.viewer_changes]),
            "picture_events": json.dumps([asdict(event) for event in self.picture_events]),
            "still_faces": json.dumps([asdict(face) for face in self.still_faces]),
        }
        with atomic_write(path) as partial:
            pq.write_table(pa.table(columns).replace_schema_metadata(metadata), partial)

    @classmethod
    def read(cls, path: Path) -> Samples:
        """Read a file written by this or an earlier version of `write`.

        Version 1 files contain no quality weights, so their samples are all fully trusted.

        Raises:
            NewerVersionError: the file was written by a newer version of the program.
        """
        table, metadata = _migrated(path, pq.read_table(path))
        column = {name: table[name].combine_chunks() for name in table.column_names}
        samples = cls(
            viewers=tuple(json.loads(metadata["viewers"])),
            frames=int(metadata["frames"]),
            end=float(metadata["end"]),
            viewer=column["viewer"].indices.to_numpy(),
            time=column["time"].to_numpy(),
            box=np.stack([column[c].to_numpy() for c in ("left", "top", "right", "bottom")], axis=1),
            detection=column["detection"].to_numpy(),
            emotions=np.stack([column[str(e)].to_numpy() for e in EMOTIONS], axis=1),
            weight=column["weight"].to_numpy(),
            rejection_reason=column["rejection_reason"].indices.to_numpy(),
            identity_switches=tuple(
                IdentitySwitch(**switch) for switch in json.loads(metadata["identity_switches"])
            ),
            gaps=tuple((start, end) for start, end in json.loads(metadata["gaps"])),
            doubts=tuple(map(str, json.loads(metadata.get("doubts", "[]")))),
            brightness=column["brightness"].to_numpy(),
            pose=np.stack([column[name].to_numpy() for name in _POSE_COLUMNS], axis=1),
            displacement=column["displacement"].to_numpy() if "displacement" in column else _UNKNOWN,
            picture_time=_unpacked(metadata["picture_time"], "<f8").astype(np.float64),
            picture_brightness=_unpacked(metadata["picture_brightness"], "<f4").astype(np.float32),
            clock=CameraClock.from_json(clock) if (clock := json.loads(metadata["clock"])) else None,
            # Files written by versions up to 0.1 do not have these.
            viewer_changes=tuple(
                ViewerChange(**change) for change in json.loads(metadata.get("viewer_changes", "[]"))
            ),
            picture_events=tuple(
                PictureEvent(event["time"], PictureEventKind(event["kind"]))
                for event in json.loads(metadata.get("picture_events", "[]"))
            ),
            still_faces=tuple(
                StillFace(face["start"], face["end"], tuple(face["box"]))
                for face in json.loads(metadata.get("still_faces", "[]"))
            ),
        )
        _check_samples(samples)
        return samples


def _check_samples(samples: Samples) -> None:
    """Raise a ValueError if a decoded file contains values that `write` never writes."""
    viewers = len(samples.viewers)
    indices = [samples.viewer, *([switch.first, switch.second] for switch in samples.identity_switches)]
    indices += [np.array([change.after, max(change.before, 0)]) for change in samples.viewer_changes]
    if any(np.any((np.asarray(index) < 0) | (np.asarray(index) >= viewers)) for index in indices):
        raise ValueError("unknown viewer")
    reasons = samples.rejection_reason
    if np.any((reasons < 0) | (reasons >= len(REJECTION_REASONS))):
        raise ValueError("unknown rejection reason")
    if not all(isinstance(viewer, str) for viewer in samples.viewers):
        raise ValueError("viewer name that is not text")
    if not (np.isfinite(samples.end) and np.isfinite(samples.time).all()):
        raise ValueError("time that is not finite")
    if not np.isfinite(samples.weight).all() or np.any(samples.weight < 0):
        raise ValueError("invalid quality weight")
    if len(samples.picture_time) != len(samples.picture_brightness):
        raise ValueError("pictures without brightness")
    if not np.isfinite(samples.picture_time).all():
        raise ValueError("time that is not finite")


def _packed(values: NDArray[np.floating]) -> str:
    """Numbers as compressed text; the table has no place for what belongs to frames without faces."""
    little_endian = values.astype(values.dtype.newbyteorder("<"))
    return base64.b64encode(zlib.compress(little_endian.tobytes(), 6)).decode()


def _unpacked(text: str, kind: str) -> NDArray[np.floating]:
    """Invert `_packed` for numbers of a kind; raises a ValueError if the text is damaged."""
    try:
        content = zlib.decompress(base64.b64decode(text, validate=True))
    except zlib.error as error:
        raise ValueError("damaged brightness") from error
    return np.frombuffer(content, kind)


def _migrated(path: Path, table: pa.Table) -> tuple[pa.Table, dict[str, str]]:
    """The columns and metadata of a file, migrated to the current version."""
    metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    version = samples_version(path, metadata)
    if version == 1:
        rows = len(table)
        reasons = pa.DictionaryArray.from_arrays(np.zeros(rows, np.int8), pa.array(REJECTION_REASONS))
        table = table.append_column("weight", pa.array(np.ones(rows, np.float32)))
        table = table.append_column("refused", reasons)
        metadata |= {"exchanges": "[]", "blanks": "[]"}
    if version <= 2:
        names = {"refused": "rejection_reason"}
        table = table.rename_columns([names.get(name, name) for name in table.column_names])
        metadata |= {"identity_switches": metadata["exchanges"], "gaps": metadata.get("blanks", "[]")}
    if version <= 3:
        table = table.append_column("brightness", pa.array(np.full(len(table), np.nan, np.float32)))
        nothing = _packed(np.empty(0))
        metadata |= {"picture_time": nothing, "picture_brightness": nothing, "clock": "null"}
    if version <= 4:
        unknown = pa.array(np.full(len(table), np.nan, np.float32))
        for name in _POSE_COLUMNS:
            table = table.append_column(name, unknown)  # the displacement is measured from the face boxes
    return table, metadata


def has_clock(path: Path) -> bool:
    """Whether a samples file records the camera's clock, so that its samples can be put on another one."""
    try:
        metadata = pq.read_schema(path).metadata or {}
        return json.loads(metadata.get(b"clock", b"null")) is not None
    except (OSError, ValueError, pa.ArrowException):
        return False  # reading the samples reports the damage


def samples_version(path: Path, metadata: dict[str, str]) -> int:
    """The schema version of a samples file, from its metadata.

    Raises:
        NewerVersionError: the file was written by a newer version of the program.
    """
    return SAMPLES.check_metadata(path, metadata, unmarked=int(metadata.get("format", "1")))
