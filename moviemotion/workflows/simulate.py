"""An invented audience with the truth beside it: as samples of a screening, or filmed for one."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from moviemotion import __version__
from moviemotion._io.atomic_files import write_folder
from moviemotion.audience.faces.quality import REASONS
from moviemotion.audience.samples import Samples
from moviemotion.emotions import EMOTIONS, FEELINGS
from moviemotion.errors import MoviemotionError
from moviemotion.simulation.nuisances import make_restless
from moviemotion.simulation.rendering.face import sample_identity
from moviemotion.simulation.rendering.lighting import draw_looks
from moviemotion.simulation.rendering.seat_videos import camera_name, write_seat_videos
from moviemotion.simulation.synthetic_audience import (
    CONTAGION,
    FeelingScript,
    read_feeling_script,
    simulate_audience,
    viewer_names,
)
from moviemotion.simulation.synthetic_samples import RATE, Seen, gather_crowd, see
from moviemotion.study.folder import Study
from moviemotion.workflows.screen import SEED, fingerprint

TURNED_AWAY = REASONS.index("turned away")
ROWS = (1, 2, 3)
"""Viewers that the cameras of a filmed audience see, in turns."""


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
    script, seconds = _film(script_of_feelings, viewers, minutes)
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
    samples, truth = 0, []
    tempers: list[tuple[str | float, ...]] = []
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


def simulate_video(
    script_of_feelings: Path,
    viewers: int,
    minutes: float,
    out: Path,
    seed: int = SEED,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Path]:
    """Film an invented audience that is as hard to read as a real one, and write the truth beside it.

    What `make_restless` and `draw_looks` say hides the feelings: hands, popcorn, people who lean out or
    exchange seats, resting faces, a dark room, infrared, the screen's flicker. The folder gets a video for
    every one to three viewers, `truth.csv` (what each one felt in each second, at their own delay; whether
    they were in view, or covered), `viewers.csv` (who they are), and `swaps.csv` (who exchanged seats).

    Args:
        script_of_feelings, minutes, seed: as for `simulate`.
        out: made if missing; files of the same names are replaced.
        progress: called with the seconds of all cameras that are filmed, and how many there are.

    Returns:
        The videos.

    Raises:
        MoviemotionError: as `simulate`, or `out` cannot be written.
    """
    script, seconds = _film(script_of_feelings, viewers, minutes)
    cameras = seats_of_cameras(viewers)
    calm = simulate_audience(script, viewers, seconds, seed, CONTAGION)
    audience, swaps = make_restless(calm, cameras)
    done, total = count(1), seconds * len(cameras)
    looks = draw_looks(seed, len(cameras))
    videos = write_seat_videos(audience, out, cameras, looks, lambda: progress(next(done), total))
    people: list[tuple[str | float, ...]] = []
    for camera, seats in enumerate(cameras):
        for v in seats:
            temper, who = audience.tempers[v], sample_identity(seed, v)
            row = (audience.viewers[v], videos[camera].stem, temper.gain, temper.delay, who.glasses)
            people.append((*row, *audience.rest[v]))
    changes = [
        (camera_name(audience, seats), audience.viewers[s.left], audience.viewers[s.right], s.start, s.end)
        for seats in cameras
        for s in swaps
        if s.left in seats
    ]
    texts = {
        "viewers.csv": _csv(("viewer", "camera", "gain", "delay", "glasses", *FEELINGS), people),
        "swaps.csv": _csv(("camera", "first", "second", "start", "end"), changes),
    }
    write_folder(out, texts)
    return videos


def seats_of_cameras(viewers: int) -> list[list[int]]:
    """For each camera of a filmed audience, the indices of the viewers it sees: one, two, three, one, …"""
    cameras: list[list[int]] = []
    at = 0
    while at < viewers:
        seats = ROWS[len(cameras) % len(ROWS)]
        cameras.append(list(range(at, min(at + seats, viewers))))
        at += seats
    return cameras


def _film(script_of_feelings: Path, viewers: int, minutes: float) -> tuple[FeelingScript, int]:
    """The beats and the film's length in seconds, where somebody can watch it."""
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
    return script, seconds


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


def _csv(header: tuple[str, ...], rows: Iterable[tuple[str | float, ...]]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(header)
    table.writerows([f"{x:.4f}" if isinstance(x, float) else x for x in row] for row in rows)
    return text.getvalue()
