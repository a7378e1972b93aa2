"""Studies: screen an audience, read a finished study, or simulate an audience."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from moviemotion.analysis.from_table import MAX_SECOND
from moviemotion.api.arguments import (
    checked_integer,
    checked_number,
    checked_offsets,
    checked_participants,
    checked_path,
    checked_paths,
    checked_rate,
    checked_rotations,
    checked_seats,
    checked_seed,
    film_or_span,
    optional_path,
    time_span,
)
from moviemotion.api.audience_analysis import AudienceAnalysis
from moviemotion.api.frames import frame_of
from moviemotion.audience.faces.face_registry import (
    DEFAULT_DETECTOR,
    DEFAULT_MODEL,
    EmotionModel,
    FaceDetector,
)
from moviemotion.audience.faces.quality import REJECTION_REASONS
from moviemotion.emotions import EMOTIONS
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.consent import ConsentState, list_seats
from moviemotion.privacy.erased_viewers import refuse_restored
from moviemotion.privacy.study_database import has_database
from moviemotion.study.folder import StudyFolder
from moviemotion.study.provenance import load_analysis
from moviemotion.study.stored_segments import read_participants, segment_members, with_carriers
from moviemotion.workflows import screen as screening
from moviemotion.workflows.report import report
from moviemotion.workflows.simulate import simulate as simulate_study

if TYPE_CHECKING:
    import pandas as pd


class Study(AudienceAnalysis):
    """A finished study: one screening with its samples and analysis.

    Attributes:
        path: the study folder.
    """

    def __init__(self, path: Path) -> None:
        """Open a finished study without writing anything.

        Raises:
            MoviemotionError: the folder does not contain a finished study, or the study is damaged.
        """
        self.path = path
        refuse_restored(path)
        super().__init__(with_carriers(path, load_analysis(path)), read_participants(path))

    @cached_property
    def samples(self) -> pd.DataFrame:
        """All samples: one row per face and frame.

        Columns: `camera, viewer, time` (film time, s), `left, top, right, bottom` (face box, pixels),
        `detection` (the detector's score), `weight` (quality weight, 0–1), `rejected` (the reason if the
        sample was rejected, otherwise empty), the eight emotion probabilities, `yaw, pitch` (direction of
        the head, degrees) and `displacement` (distance from the usual place, face sizes).
        """
        folder = StudyFolder.open_existing(self.path)
        parts = [(camera, read) for camera in folder.cameras if (read := folder.read_samples(camera))]

        def joined(arrays: Sequence[np.ndarray]) -> np.ndarray:
            return np.concatenate(arrays) if arrays else np.empty(0)

        # As in the timeline, if two viewers exchanged seats, each sample is assigned to the person it shows.
        names = [np.array(s.viewers, dtype=object)[s.viewer_of_sample()] for _, s in parts]
        boxes = np.concatenate([s.box for _, s in parts]) if parts else np.empty((0, 4))
        emotions = np.concatenate([s.emotions for _, s in parts]) if parts else np.empty((0, len(EMOTIONS)))
        reasons = np.array(["", *REJECTION_REASONS[1:]], dtype=object)
        columns = {
            "camera": joined([np.full(len(s.time), camera, dtype=object) for camera, s in parts]),
            "viewer": joined(names),
            "time": joined([s.time for _, s in parts]),
            **{side: boxes[:, k] for k, side in enumerate(("left", "top", "right", "bottom"))},
            "detection": joined([s.detection for _, s in parts]),
            "weight": joined([s.weight for _, s in parts]),
            "rejected": joined([reasons[s.rejection_reason] for _, s in parts]),
            **{str(emotion): emotions[:, k] for k, emotion in enumerate(EMOTIONS)},
            "yaw": joined([s.pose[:, 0] for _, s in parts]),
            "pitch": joined([s.pose[:, 1] for _, s in parts]),
            "displacement": joined([s.displacement for _, s in parts]),
        }
        return frame_of(columns)

    @property
    def segments(self) -> pd.DataFrame:
        """The segments that were saved with the study: one row each, with `name, rule, viewers`.

        `viewers` is the number of viewers. `segment(rule)` analyzes a segment, saved or not.
        """
        members = segment_members(self.path, self.viewers)
        return frame_of(
            {
                "name": [segment.name for segment in members],
                "rule": [segment.rule for segment in members],
                "viewers": [len(viewers) for viewers in members.values()],
            }
        )

    @property
    def participants(self) -> pd.DataFrame:
        """Consent of each participant: one row per seat, with `seat, camera, viewer, consent`.

        `viewer` is empty for a study that asked for consent: once the screening is over, the link between
        seats and random IDs is sealed (`moviemotion privacy open-seat` opens it, and logs it). A study
        without consent records has one row per viewer, with the consent "not recorded".
        """
        if has_database(self.path):
            seats = list_seats(self.path)
            rows = [(s.label, s.camera, "", s.state.value if s.state else None) for s in seats]
        else:
            rows = [("", "", viewer, ConsentState.UNRECORDED.value) for viewer in self.viewers]
        names = ("seat", "camera", "viewer", "consent")
        return frame_of({name: [row[k] for row in rows] for k, name in enumerate(names)})


def read_study(path: str | Path) -> Study:
    """Open a finished study for reading.

    Raises:
        MoviemotionError: the folder does not contain a finished study, or the study is damaged.
    """
    path = checked_path("path", path)
    try:
        return Study(path)
    except OSError as error:
        raise MoviemotionError(
            f"{path}: cannot be read ({error.strerror}); check the path and its permissions"
        ) from error


def screen(  # noqa: PLR0913 (a keyword for every setting of a screening)
    videos: Sequence[str | Path],
    out: str | Path,
    *,
    script: str | Path | None = None,
    subtitles: str | Path | None = None,
    offsets: Mapping[str, float] | None = None,
    rate: float = screening.DEFAULT_RATE,
    baseline: str | tuple[float, float] | None = None,
    film: str | Path | tuple[float, float] | None = None,
    credits: str | float | tuple[float, float] | None = None,
    seats: Any = None,
    participants: Any = None,
    count_doubles: bool = False,
    seed: int = screening.DEFAULT_SEED,
    model: str | Path | EmotionModel = DEFAULT_MODEL,
    detector: str | FaceDetector = DEFAULT_DETECTOR,
    progress: Callable[[str, float], None] | None = None,
    rotations: Mapping[str, int] | None = None,
    line_times: str | Path | None = None,
) -> Study:
    """Analyze recordings of an audience and write a study folder.

    An interrupted screening resumes where it left off if the function is called again with the same
    arguments.

    Args:
        videos: one file per camera; each may show one or more viewers.
        out: the study folder.
        script: the screenplay (Fountain, Final Draft, PDF or plain text).
        subtitles: the film's subtitles, used to time the screenplay.
        offsets: camera (file name, with or without suffix) → seconds to add to its clock to get film time.
            Other cameras are aligned by sound and light; `problems` names those that could not be aligned.
        rate: samples per second.
        baseline: a stretch of film time in which viewers are at rest, such as "0:00-0:20" or (0, 20).
        film: film time of the film's first and last picture, such as "0:45-1:52:10" or (45, 6730), or the
            film's video file, which is then found in the recordings. Seconds outside the film are measured,
            but are never evidence. A script without subtitles is aligned with the sound of this file.
        credits: film time of the credits, or only their start, such as "1:47:30"; the credits are never
            evidence, either.
        seats: who sat where: a mapping of viewers to (row, seat), or a table with the columns `viewer`, `row`
            and `seat`. Contagion between neighbors is then not mistaken for an effect of the film.
        participants: what is known about the viewers beside their faces: a table or CSV file with the column
            `viewer` or `seat` and any other columns, such as `age` and `sex`; see `Study.segment`.
        count_doubles: count viewers who appear to be one person recorded twice as different people. By
            default, only the one who was seen better counts.
        seed: random seed for the statistics.
        model: the emotion model: a registered name, an ONNX file, or an object that implements
            `EmotionModel`.
        detector: the face detector: a registered name, or an object that implements `FaceDetector`.
        progress: called with a camera's name and the number of seconds of its video that have been processed
            so far.
        rotations: camera → degrees by which its frames are rotated clockwise, after the rotation that the
            file declares: 0, 90, 180 or 270. By default, frames are rotated if the faces in them are not
            upright.
        line_times: a table of times of the script's lines that were set by hand, such as an edited export.
            By default, those that the study already has are kept.

    Raises:
        MoviemotionError: no video can be read, no viewer is seen, the script cannot be used, or `out`
            contains a different study. Nothing is written in these cases.
    """
    if progress is not None and not callable(progress):
        raise MoviemotionError(
            f"progress: expected a function, got {type(progress).__name__}; pass a function"
        )
    out = checked_path("out", out)
    screening.screen(
        checked_paths("videos", videos),
        out,
        script=optional_path("script", script),
        subtitles=optional_path("subtitles", subtitles),
        offsets=checked_offsets(offsets),
        rate=checked_rate(rate),
        seed=checked_seed(seed),
        baseline=time_span("baseline", baseline),
        film=film_or_span(film),
        credits=time_span("credits", credits),
        seats=checked_seats(seats),
        participants=checked_participants(participants),
        count_doubles=bool(count_doubles),
        progress=(lambda camera, seconds: progress(camera.name, seconds))
        if progress
        else (lambda camera, seconds: None),
        model=model,
        detector=detector,
        rotations=checked_rotations(rotations),
        line_times=optional_path("line_times", line_times),
    )
    return Study(out)


def simulate(
    emotion_script: str | Path,
    out: str | Path,
    *,
    viewers: int = 24,
    minutes: float = 10.0,
    seed: int = screening.DEFAULT_SEED,
) -> Study:
    """Simulate an audience with known emotions and write it as a study.

    Args:
        emotion_script: CSV file with the columns start, end (film time, s), emotion and strength (0–1).
        out: the study folder; the true emotions are also written there (`truth.parquet`).
        viewers: number of viewers.
        minutes: length of the film in minutes.
        seed: the same seed gives the same audience.

    Raises:
        MoviemotionError: the script cannot be read, the number of viewers is zero, or `out` contains other
            files.
    """
    remedy = "pass a number above 0"
    length = checked_number("minutes", minutes, remedy)
    if length <= 0:
        raise MoviemotionError(f"minutes: {minutes} is not valid; {remedy}")
    if length * 60 > MAX_SECOND:
        raise MoviemotionError(f"minutes: {minutes} is too long; pass at most {MAX_SECOND // 60}")
    path, seed = checked_path("out", out), checked_seed(seed)
    script = checked_path("emotion_script", emotion_script)
    simulate_study(script, checked_integer("viewers", viewers, 1), length, path, seed)
    report(path, seed=seed)
    return Study(path)
