"""The samples of one camera, and their file format: one row per face in each sampled frame."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from moviemotion._io.atomic_files import atomic_write
from moviemotion._io.schemas import FileSchema
from moviemotion.audience.faces.identity_switches import IdentitySwitch
from moviemotion.audience.faces.quality import REJECTION_REASONS
from moviemotion.audience.faces.viewer_identities import StillFace, ViewerChange
from moviemotion.emotions import EMOTIONS

SAMPLES = FileSchema("moviemotion/samples", 3)
"""Schema of the file. Version 2 added weights, rejection reasons and identity switches. Version 3 added the
schema name and version, and introduced standard names: `rejection_reason` (was `refused`),
`identity_switches` (was `exchanges`) and `gaps` (was `blanks`)."""


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
    viewer_changes: tuple[ViewerChange, ...] = ()
    picture_events: tuple[PictureEvent, ...] = ()
    still_faces: tuple[StillFace, ...] = ()

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
        }
        metadata = {
            **SAMPLES.metadata(),
            "viewers": json.dumps(self.viewers),
            "frames": str(self.frames),
            "end": repr(self.end),
            "identity_switches": json.dumps([asdict(switch) for switch in self.identity_switches]),
            "gaps": json.dumps(self.gaps),
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
    return table, metadata


def samples_version(path: Path, metadata: dict[str, str]) -> int:
    """The schema version of a samples file, from its metadata.

    Raises:
        NewerVersionError: the file was written by a newer version of the program.
    """
    return SAMPLES.check_metadata(path, metadata, unmarked=int(metadata.get("format", "1")))
