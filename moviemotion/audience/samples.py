"""What one camera saw: a column for each measurement, a row for each face in each sampled frame."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from moviemotion._io.atomic_files import atomic_write
from moviemotion._io.schemas import FileSchema
from moviemotion.audience.faces.identity_switches import IdentitySwitch
from moviemotion.audience.faces.quality import REJECTION_REASONS
from moviemotion.emotions import EMOTIONS

SAMPLES = FileSchema("moviemotion/samples", 3)
"""Schema of the file. Version 2 added weights, reasons of rejection and identity switches; version 3, the
schema's own name and version, and standard names: `rejection_reason` (was `refused`), `identity_switches`
(was `exchanges`) and `gaps` (was `blanks`)."""


@dataclass(frozen=True)
class Samples:
    """The readings of one camera.

    Attributes:
        viewers: names, from left to right in the picture.
        frames: how many frames were sampled.
        end: film time of the last of them, seconds.
        viewer: (n,) int16 index into `viewers`.
        time: (n,) float64 seconds of film time.
        box: (n, 4) float32 left, top, right, bottom of the face, px.
        detection: (n,) float32 the detector's confidence, 0–1.
        emotions: (n, 8) float32 probabilities in the order of `EMOTIONS`.
        weight: (n,) float32 how far the sample is to be trusted, 0 (refused) to 1.
        refused: (n,) int8 index into `quality.REASONS`: why its weight is 0; 0 where it is not.
        exchanges: pairs of `viewers` who changed places.
        blanks: film time, from and to, in which the file has no picture.
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

    def viewer_of_sample(self) -> NDArray[np.int16]:
        """(n,) index into `viewers` of the person behind each sample.

        It is the sample's own viewer but after two viewers changed places and were not followed: then each
        one's samples are the other's.
        """
        person = self.viewer.copy()
        sits = np.arange(len(self.viewers), dtype=np.int16)
        for exchange in sorted(self.identity_switches, key=lambda exchange: exchange.time):
            if not exchange.followed:
                sits[[exchange.first, exchange.second]] = sits[[exchange.second, exchange.first]]
                later = self.time >= exchange.time
                person[later] = sits[self.viewer[later]]
        return person

    def write(self, path: Path) -> None:
        """Save as Parquet; the file appears whole or not at all."""
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
        facts = {
            **SAMPLES.metadata(),
            "viewers": json.dumps(self.viewers),
            "frames": str(self.frames),
            "end": repr(self.end),
            "identity_switches": json.dumps([asdict(exchange) for exchange in self.identity_switches]),
            "gaps": json.dumps(self.gaps),
        }
        with atomic_write(path) as partial:
            pq.write_table(pa.table(columns).replace_schema_metadata(facts), partial)

    @classmethod
    def read(cls, path: Path) -> Samples:
        """Load what `write` saved, in this version or an earlier one.

        Samples of version 1 have no weights: all of them are trusted.

        Raises:
            NewerVersionError: a newer version of the program wrote it.
        """
        table, facts = _migrated(path, pq.read_table(path))
        column = {name: table[name].combine_chunks() for name in table.column_names}
        return cls(
            viewers=tuple(json.loads(facts["viewers"])),
            frames=int(facts["frames"]),
            end=float(facts["end"]),
            viewer=column["viewer"].indices.to_numpy(),
            time=column["time"].to_numpy(),
            box=np.stack([column[c].to_numpy() for c in ("left", "top", "right", "bottom")], axis=1),
            detection=column["detection"].to_numpy(),
            emotions=np.stack([column[str(e)].to_numpy() for e in EMOTIONS], axis=1),
            weight=column["weight"].to_numpy(),
            rejection_reason=column["rejection_reason"].indices.to_numpy(),
            identity_switches=tuple(
                IdentitySwitch(**exchange) for exchange in json.loads(facts["identity_switches"])
            ),
            gaps=tuple((start, end) for start, end in json.loads(facts["gaps"])),
        )


def _migrated(path: Path, table: pa.Table) -> tuple[pa.Table, dict[str, str]]:
    """Columns and metadata of a file in the current version."""
    facts = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    version = samples_version(path, facts)
    if version == 1:
        rows = len(table)
        reasons = pa.DictionaryArray.from_arrays(np.zeros(rows, np.int8), pa.array(REJECTION_REASONS))
        table = table.append_column("weight", pa.array(np.ones(rows, np.float32)))
        table = table.append_column("refused", reasons)
        facts |= {"exchanges": "[]", "blanks": "[]"}
    if version <= 2:
        names = {"refused": "rejection_reason"}
        table = table.rename_columns([names.get(name, name) for name in table.column_names])
        facts |= {"identity_switches": facts["exchanges"], "gaps": facts.get("blanks", "[]")}
    return table, facts


def samples_version(path: Path, metadata: dict[str, str]) -> int:
    """The version of a file of samples, from its metadata.

    Raises:
        NewerVersionError: a newer version of the program wrote it.
    """
    return SAMPLES.check_metadata(path, metadata, unmarked=int(metadata.get("format", "1")))
