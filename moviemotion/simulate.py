"""An invented audience as a study on disk: its samples as a screening has them, and the truth beside them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from moviemotion import __version__
from moviemotion.audience.quality import REASONS
from moviemotion.audience.samples import Samples
from moviemotion.emotions import EMOTIONS, FEELINGS
from moviemotion.errors import MoviemotionError
from moviemotion.screen import SEED, fingerprint
from moviemotion.simulation.audience import read_feeling_script, viewer_names
from moviemotion.simulation.crowd import RATE, Seen, gather_crowd, see
from moviemotion.study import Study

TURNED_AWAY = REASONS.index("turned away")


@dataclass(frozen=True)
class Simulated:
    """A simulated study.

    Attributes:
        folder: of the study.
        viewers: how many.
        seconds: of film.
        samples: how many readings all viewers have.
    """

    folder: Path
    viewers: int
    seconds: int
    samples: int


def simulate(
    script_of_feelings: Path, viewers: int, minutes: float, out: Path, seed: int = SEED
) -> Simulated:
    """Let an invented audience watch a film, and keep what a screening would have seen of it.

    The folder gets one camera a viewer in `samples/`, and the truth: `feelings.csv` (the script),
    `viewers.csv` (how each one reacts) and `truth.parquet` (what each one felt in each second).
    `live.report` makes the report of it.

    Args:
        script_of_feelings: CSV with start, end, emotion, strength; see `read_feeling_script`.
        minutes: length of the film.
        seed: same seed, same samples.

    Raises:
        MoviemotionError: the script cannot be read or goes on after the film, there is nobody to simulate
            or no film, or `out` holds something else.
    """
    script = read_feeling_script(script_of_feelings)
    seconds = round(60 * minutes)
    if viewers < 1 or seconds < 1:
        raise MoviemotionError(
            f"--viewers {viewers} --minutes {minutes:g}: nobody or nothing; give at least 1 viewer and 1 s"
        )
    late = [beat for beat in script.beats if beat.end > seconds]
    if late:
        raise MoviemotionError(
            f"{script_of_feelings}: a beat ends at {late[0].end:g} s, the film at {seconds} s; add --minutes"
        )
    study = Study(
        out,
        {
            "moviemotion": __version__,
            "simulated": {"feelings": fingerprint(script_of_feelings), "seconds": seconds, "seed": seed},
            "rate": RATE,
            "cameras": {name: {} for name in viewer_names(viewers)},
        },
    )
    crowd = gather_crowd(script, viewers, seconds, seed)
    samples, tempers, truth = 0, [], []
    for viewer, name in enumerate(crowd.viewers):
        seen = see(crowd, viewer)
        study.save_samples(name, _samples(seen, seconds))
        samples += len(seen.reading.time)
        tempers.append((name, seen.temper.gain, seen.temper.delay, seen.contagion, *seen.rest))
        truth.append(_truth(seen))
    study.write("feelings.csv", [script_of_feelings.read_text(encoding="utf-8")])
    study.write("viewers.csv", [_csv(("viewer", "gain", "delay", "contagion", *EMOTIONS), tempers)])
    study.write_bytes("truth.parquet", _parquet(pa.concat_tables(truth)))
    return Simulated(out, viewers, seconds, samples)


def _samples(seen: Seen, seconds: int) -> Samples:
    reading = seen.reading
    unknown = np.full(len(reading.time), np.nan, np.float32)
    return Samples(
        viewers=(reading.viewer,),
        frames=seconds * RATE,
        end=seconds - 1 / RATE,
        viewer=np.zeros(len(reading.time), np.int16),
        time=reading.time,
        box=np.stack([unknown] * 4, axis=1),  # there was no picture
        detection=unknown,
        emotions=reading.emotions,
        weight=reading.weight,
        refused=np.where(reading.weight > 0, 0, TURNED_AWAY).astype(np.int8),
    )


def _truth(seen: Seen) -> pa.Table:
    """One row a second: viewer, second, in_view, then the intensity of each feeling."""
    seconds = len(seen.feelings)
    columns = {
        "viewer": pa.DictionaryArray.from_arrays(
            np.zeros(seconds, np.int16), pa.array([seen.reading.viewer])
        ),
        "second": np.arange(seconds, dtype=np.int32),
        "in_view": seen.in_view,
        **{str(feeling): seen.feelings[:, column] for column, feeling in enumerate(FEELINGS)},
    }
    return pa.table(columns)


def _parquet(table: pa.Table) -> Iterator[bytes]:
    buffer = io.BytesIO()
    pq.write_table(table.unify_dictionaries(), buffer)
    yield buffer.getvalue()


def _csv(header: tuple[str, ...], rows: list[tuple[str | float, ...]]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(header)
    table.writerows([row[0], *(f"{value:.4f}" for value in row[1:])] for row in rows)
    return text.getvalue()
