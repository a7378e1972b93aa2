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
from moviemotion.audience.faces.identity_switches import IdentitySwitch
from moviemotion.audience.faces.quality import REJECTION_REASONS
from moviemotion.emotions import EMOTIONS
from moviemotion.errors import MoviemotionError

SAMPLES_FORMAT = "2"
"""Of the file. Since 2 it has weight, refused and the exchanges of seats."""


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
            "refused": pa.DictionaryArray.from_arrays(
                pa.array(self.rejection_reason), pa.array(REJECTION_REASONS)
            ),
        }
        facts = {
            "format": SAMPLES_FORMAT,
            "viewers": json.dumps(self.viewers),
            "frames": str(self.frames),
            "end": repr(self.end),
            "exchanges": json.dumps([asdict(exchange) for exchange in self.identity_switches]),
            "blanks": json.dumps(self.gaps),
        }
        with atomic_write(path) as partial:
            pq.write_table(pa.table(columns).replace_schema_metadata(facts), partial)

    @classmethod
    def read(cls, path: Path) -> Samples:
        """Load what `write` saved.

        Raises:
            MoviemotionError: another version wrote it.
        """
        table = pq.read_table(path)
        facts = {k.decode(): v.decode() for k, v in table.schema.metadata.items()}
        if facts.get("format", "1") != SAMPLES_FORMAT:
            raise MoviemotionError(
                f"{path}: written by another version of moviemotion; delete it and run the same command again"
            )
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
            rejection_reason=column["refused"].indices.to_numpy(),
            identity_switches=tuple(
                IdentitySwitch(**exchange) for exchange in json.loads(facts["exchanges"])
            ),
            gaps=tuple((start, end) for start, end in json.loads(facts.get("blanks", "[]"))),
        )
