"""Simulate an audience with known emotions, either as samples of a study or as rendered videos."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from moviemotion import __version__
from moviemotion._io.atomic_files import write_text_files
from moviemotion._io.fingerprints import file_fingerprint
from moviemotion.audience.faces.quality import REJECTION_REASONS, TURNED_AWAY
from moviemotion.audience.samples import Samples
from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS
from moviemotion.errors import SettingError
from moviemotion.simulation.nuisances import add_nuisances
from moviemotion.simulation.rendering.face import random_identity
from moviemotion.simulation.rendering.lighting import random_sensors
from moviemotion.simulation.rendering.seat_videos import camera_name, write_seat_videos
from moviemotion.simulation.synthetic_audience import (
    DEFAULT_CONTAGION,
    EmotionSchedule,
    read_emotion_schedule,
    seat_names,
    simulate_audience,
)
from moviemotion.simulation.synthetic_samples import (
    SAMPLE_RATE,
    SimulatedViewer,
    simulate_screening,
    simulate_viewer,
)
from moviemotion.study.file_names import TRUE_INTENSITY_FILE, TRUE_SCHEDULE_FILE, TRUE_VIEWERS_FILE
from moviemotion.study.folder import StudyFolder
from moviemotion.workflows.screen import DEFAULT_SEED
from moviemotion.workflows.settings_checks import check_seed

VIEWERS_PER_CAMERA = (1, 2, 3)
"""Numbers of viewers per camera in a rendered audience, used in rotation."""


@dataclass(frozen=True)
class SimulatedStudy:
    """A simulated study.

    Attributes:
        folder: the study folder.
        viewers: number of viewers.
        seconds: length of the film in seconds.
        samples: total number of samples over all viewers.
    """

    folder: Path
    viewers: int
    seconds: int
    samples: int


def simulate(
    emotion_script: Path, viewers: int, minutes: float, out: Path, seed: int = DEFAULT_SEED
) -> SimulatedStudy:
    """Simulate the samples of a screening for a synthetic audience.

    The folder receives one camera per viewer in `samples/`, and the ground truth: `emotion-script.csv` (the
    emotion script), `viewers.csv` (reaction profiles) and `truth.parquet` (intensities in each second).
    `workflows.report.report` creates the report.

    Args:
        emotion_script: CSV file with the columns start, end, emotion and strength; see
            `read_emotion_schedule`.
        viewers: number of viewers.
        minutes: length of the film in minutes.
        out: study folder to write.
        seed: the same seed gives the same samples.

    Raises:
        MoviemotionError: the emotion script cannot be read or is longer than the film, the number of viewers
            or the film's length is zero, or `out` contains other files.
    """
    check_seed(seed)
    script, seconds = _read_emotion_script(emotion_script, viewers, minutes)
    study = StudyFolder(
        out,
        {
            "moviemotion": __version__,
            "simulated": {
                "emotion_script": file_fingerprint(emotion_script),
                "seconds": seconds,
                "seed": seed,
            },
            "rate": SAMPLE_RATE,
            "cameras": {name: {} for name in seat_names(viewers)},
        },
    )
    crowd = simulate_screening(script, viewers, seconds, seed)
    samples, truth = 0, []
    profiles: list[tuple[str | float, ...]] = []
    for viewer, name in enumerate(crowd.viewers):
        seen = simulate_viewer(crowd, viewer)
        study.save_samples(name, _samples(seen, seconds))
        samples += len(seen.reading.time)
        profiles.append(
            (
                name,
                seen.reaction_profile.gain,
                seen.reaction_profile.delay,
                seen.contagion,
                *seen.resting_probabilities,
            )
        )
        truth.append(_ground_truth(seen))
    study.write_text(TRUE_SCHEDULE_FILE, [emotion_script.read_text(encoding="utf-8")])
    study.write_text(
        TRUE_VIEWERS_FILE, [_csv_text(("viewer", "gain", "delay", "contagion", *EMOTIONS), profiles)]
    )
    study.write_bytes(TRUE_INTENSITY_FILE, _parquet_bytes(pa.concat_tables(truth)))
    return SimulatedStudy(out, viewers, seconds, samples)


def simulate_videos(
    emotion_script: Path,
    viewers: int,
    minutes: float,
    out: Path,
    seed: int = DEFAULT_SEED,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Path]:
    """Render videos of a synthetic audience that is as hard to measure as a real one, with ground truth.

    `add_nuisances` and `random_sensors` make the emotions hard to see. They add hands, popcorn, expressive
    resting faces, infrared recordings, a dark theater and screen flicker, and let viewers lean out of view or
    exchange seats. Each video shows one to three viewers. The folder also receives the ground truth:
    `truth.csv`, `viewers.csv` (reaction profiles) and `swaps.csv` (identity switches). `truth.csv` contains
    the intensities in each second, after each viewer's reaction delay, and whether the viewer is in view or
    occluded.

    Args:
        emotion_script, viewers, minutes, seed: as for `simulate`.
        out: output folder, created if missing; existing files with the same names are replaced.
        progress: called with the seconds rendered so far over all cameras, and the total.

    Returns:
        The videos.

    Raises:
        MoviemotionError: as for `simulate`, or `out` is not writable.
    """
    check_seed(seed)
    script, seconds = _read_emotion_script(emotion_script, viewers, minutes)
    cameras = viewers_by_camera(viewers)
    calm = simulate_audience(script, viewers, seconds, seed, DEFAULT_CONTAGION)
    audience, swaps = add_nuisances(calm, cameras)
    done, total = count(1), seconds * len(cameras)
    looks = random_sensors(seed, len(cameras))
    videos = write_seat_videos(audience, out, cameras, looks, lambda: progress(next(done), total))
    people: list[tuple[str | float, ...]] = []
    for camera, seats in enumerate(cameras):
        for v in seats:
            temper, who = audience.reaction_profiles[v], random_identity(seed, v)
            row = (audience.viewers[v], videos[camera].stem, temper.gain, temper.delay, who.glasses)
            people.append((*row, *audience.resting_intensity[v]))
    changes = [
        (camera_name(audience, seats), audience.viewers[s.left], audience.viewers[s.right], s.start, s.end)
        for seats in cameras
        for s in swaps
        if s.left in seats
    ]
    texts = {
        TRUE_VIEWERS_FILE: _csv_text(
            ("viewer", "camera", "gain", "delay", "glasses", *NON_NEUTRAL_EMOTIONS), people
        ),
        "swaps.csv": _csv_text(("camera", "first", "second", "start", "end"), changes),
    }
    write_text_files(out, texts)
    return videos


def viewers_by_camera(viewers: int) -> list[list[int]]:
    """Indices of the viewers shown by each camera of a rendered audience; see `VIEWERS_PER_CAMERA`."""
    cameras: list[list[int]] = []
    at = 0
    while at < viewers:
        seats = VIEWERS_PER_CAMERA[len(cameras) % len(VIEWERS_PER_CAMERA)]
        cameras.append(list(range(at, min(at + seats, viewers))))
        at += seats
    return cameras


def _read_emotion_script(emotion_script: Path, viewers: int, minutes: float) -> tuple[EmotionSchedule, int]:
    """Check the settings, and return the emotion schedule and the length of the film in seconds."""
    script = read_emotion_schedule(emotion_script)
    seconds = round(60 * minutes) if math.isfinite(minutes) else 0
    if viewers < 1 or seconds < 1:
        raise SettingError(
            "empty-audience",
            "{viewers} {count}, {minutes} {length}: there are too few viewers or the film is too short; "
            "give at least 1 viewer and 1 second",
            count=viewers,
            length=f"{minutes:g}",
        )
    late = [event for event in script.events if event.end > seconds]
    if late:
        raise SettingError(
            "schedule-too-long",
            "{path}: an event ends at {end} s, but the film ends at {seconds} s; increase {minutes}",
            path=emotion_script,
            end=f"{late[0].end:g}",
            seconds=seconds,
        )
    return script, seconds


_TURNED_AWAY = REJECTION_REASONS.index(TURNED_AWAY)


def _samples(seen: SimulatedViewer, seconds: int) -> Samples:
    reading = seen.reading
    unknown = np.full(len(reading.time), np.nan, np.float32)
    return Samples(
        viewers=(reading.viewer,),
        frames=seconds * SAMPLE_RATE,
        end=seconds - 1 / SAMPLE_RATE,
        viewer=np.zeros(len(reading.time), np.int16),
        time=reading.time,
        box=np.stack([unknown] * 4, axis=1),  # no image exists
        detection=unknown,
        emotions=reading.probabilities,
        weight=reading.weight,
        rejection_reason=np.where(reading.weight > 0, 0, _TURNED_AWAY).astype(np.int8),
        pose=_known(reading.pose),
        displacement=_known(reading.displacement),
    )


def _known(values: NDArray[np.float32] | None) -> NDArray[np.float32]:
    assert values is not None  # simulated viewers have a pose
    return values


def _ground_truth(seen: SimulatedViewer) -> pa.Table:
    """One row per second, with the columns viewer, second, in_view and the intensity of each emotion."""
    seconds = len(seen.felt_intensity)
    columns = {
        "viewer": pa.DictionaryArray.from_arrays(
            np.zeros(seconds, np.int16), pa.array([seen.reading.viewer])
        ),
        "second": np.arange(seconds, dtype=np.int32),
        "in_view": seen.in_view,
        **{
            str(emotion): seen.felt_intensity[:, column]
            for column, emotion in enumerate(NON_NEUTRAL_EMOTIONS)
        },
    }
    return pa.table(columns)


def _parquet_bytes(table: pa.Table) -> Iterator[bytes]:
    buffer = io.BytesIO()
    pq.write_table(table.unify_dictionaries(), buffer)
    yield buffer.getvalue()


def _csv_text(header: tuple[str, ...], rows: Iterable[tuple[str | float, ...]]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(header)
    table.writerows([f"{x:.4f}" if isinstance(x, float) else x for x in row] for row in rows)
    return text.getvalue()
