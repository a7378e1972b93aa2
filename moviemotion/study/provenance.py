"""Provenance of a study's outputs: everything they are made from, apart from the samples.

`provenance.json` contains the timed script, the problems found, the seed, the baseline, the film's span and
the seats, so the same analysis can be recomputed from the samples at any time.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from moviemotion.analysis.analyze import Analysis, analyze, retime_script
from moviemotion.analysis.signals.baseline import TimeSpan
from moviemotion.analysis.signals.clock_summary import ClockSummary
from moviemotion.analysis.signals.doubles import Double, find_doubles
from moviemotion.analysis.signals.seat_map import Place, SeatMap
from moviemotion.analysis.signals.timeline import Timeline, ViewerSamples, build_timeline
from moviemotion.audience.faces.quality import REJECTION_REASONS, TURNED_AWAY
from moviemotion.audience.samples import Samples
from moviemotion.audience.synchronization.clock import ClockSource
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.problems import Harm, Problem
from moviemotion.screenplay.alignment import timed_script_json
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.alignment.line_corrections import (
    BACKWARD,
    LineCorrection,
    order_problems,
    with_corrections,
)
from moviemotion.study.file_names import PROVENANCE_FILE
from moviemotion.study.folder import StudyFolder
from moviemotion.study.manifest import version_problems
from moviemotion.study.schema import DECODING_ERRORS, PROVENANCE, provenance_path


def audience_timeline(camera_samples: Sequence[Samples]) -> Timeline:
    """Combine the viewers of all cameras into one timeline, as long as the longest recording.

    A viewer who exchanged seats with a neighbor is followed to the new seat.
    """
    end = max(samples.end for samples in camera_samples)
    return build_timeline(_viewer_samples(camera_samples), end)


def _viewer_samples(camera_samples: Sequence[Samples]) -> Iterator[ViewerSamples]:
    """The samples of each viewer, in the order of the timeline."""
    for samples in camera_samples:
        persons = samples.viewer_of_sample()
        # A face that is turned too far for its emotions still shows where it is turned.
        trusted = (samples.weight > 0) | (samples.rejection_reason == REJECTION_REASONS.index(TURNED_AWAY))
        for index, viewer in enumerate(samples.viewers):
            own = persons == index
            yield ViewerSamples(
                viewer,
                samples.time[own],
                samples.emotions[own],
                samples.weight[own],
                samples.box[own],
                np.where(trusted[own, None], samples.pose[own], np.nan),
                samples.displacement[own],
                (*samples.gaps, (samples.end, math.inf)),
                tuple(event.time for event in samples.picture_events),
            )


@dataclass(frozen=True)
class Provenance:
    """All inputs of an analysis except the samples.

    Attributes:
        title, script, problems, seed, baseline, film, credits: as for `analyze`.
        seats: viewer → place; None if the places are not known.
        count_doubles: whether viewers who appear to be one person recorded twice all count.
        line_corrections: times of script elements that were set by hand; `script` is without them.
        cut: version of the film's cut; empty if unknown.
        date: date of the screening, ISO 8601; empty if unknown.
    """

    title: str
    script: TimedScript | None
    problems: tuple[Problem, ...]
    seed: int
    baseline: TimeSpan | None
    film: TimeSpan | None = None
    credits: TimeSpan | None = None
    seats: Mapping[str, Place] | None = None
    count_doubles: bool = False
    line_corrections: tuple[LineCorrection, ...] = ()
    cut: str = ""
    date: str = ""

    def timed_script(self) -> TimedScript | None:
        """The script with the times that were set by hand."""
        return with_corrections(self.script, self.line_corrections) if self.script else None

    def analyze(
        self,
        timeline: Timeline,
        camera_samples: Sequence[Samples],
        clocks: tuple[ClockSummary, ...] = (),
    ) -> Analysis:
        """Analyze the camera samples from which `timeline` was made; of doubles, only one viewer counts."""
        doubles = find_doubles(list(_viewer_samples(camera_samples)))
        warnings = tuple(_double_warnings(timeline, doubles, self.count_doubles))
        if not self.count_doubles:
            left_out = {double.left_out for double in doubles}
            timeline = timeline.of_viewers([k for k in range(len(timeline.viewers)) if k not in left_out])
        counts = np.bincount(
            np.concatenate([s.rejection_reason for s in camera_samples]), minlength=len(REJECTION_REASONS)
        )
        # The first reason marks samples that were not rejected.
        rejected = dict(zip(REJECTION_REASONS[1:], counts[1:].tolist(), strict=True))
        analysis = analyze(
            self.title,
            timeline,
            self.timed_script(),
            (*warnings, *self.problems, *self._line_time_problems()),
            self.seed,
            self.baseline,
            rejected,
            self.film,
            self.credits,
            SeatMap.of(timeline.viewers, self.seats) if self.seats else None,
            clocks,
        )
        return replace(analysis, cut=self.cut, date=self.date)

    def retime(self, analysis: Analysis) -> Analysis:
        """The analysis of a study whose provenance differed from this one only in the line corrections."""
        script = self.timed_script()
        if script is None:
            return analysis
        retimed = retime_script(analysis, script, self.seed)
        others = (problem for problem in analysis.data_quality.problems if problem.code != BACKWARD)
        problems = (*self._line_time_problems(), *others)
        return replace(retimed, data_quality=replace(retimed.data_quality, problems=problems))

    def _line_time_problems(self) -> Iterator[Problem]:
        return order_problems(self.script, self.line_corrections) if self.script else iter(())

    def write(self, study: StudyFolder) -> None:
        """Write `provenance.json`."""
        content = {
            **vars(self),
            "problems": [problem.to_json() for problem in self.problems],
            "script": timed_script_json.to_json(self.script) if self.script else None,
            **{name: time_span_json(getattr(self, name)) for name in _SPANS},
            "seats": places_json(self.seats) if self.seats else None,
            "line_corrections": [vars(correction) for correction in self.line_corrections],
        }
        text = json.dumps(PROVENANCE.mark(content), ensure_ascii=False, allow_nan=False)
        study.write_text(PROVENANCE_FILE, [text, "\n"])


def _double_warnings(timeline: Timeline, doubles: Sequence[Double], counted: bool) -> Iterator[Problem]:
    for double in doubles:
        kept, left_out = timeline.viewers[double.kept], timeline.viewers[double.left_out]
        lag = "" if abs(double.lag) < _MENTIONED_LAG else f", {abs(double.lag):.1f} s apart"
        outcome = (
            "both count (count_doubles), although their agreement is no evidence"
            if counted
            else f"only {kept} counts; if they are two people, count both (count_doubles)"
        )
        yield Problem(
            "doubles",
            Harm.WRONG if counted else Harm.NOTE,
            f"{left_out} and {kept} are one person seen twice (two cameras, two streams of one camera, or a "
            f"mirror): over {double.seconds:.0f} s, their faces flicker alike, as no two people's do "
            f"(correlation {double.correlation:.2f}{lag}); {outcome}",
        )


_MENTIONED_LAG = 0.4
"""Smallest lag between two doubles that is mentioned, in seconds."""
_SPANS = ("baseline", "film", "credits")


def time_span_json(span: TimeSpan | None) -> list[float] | None:
    """A stretch of film time for JSON: `[start, end]`, or `[start]` if it lasts until the film's end."""
    return None if span is None else [time for time in (span.start, span.end) if math.isfinite(time)]


def places_json(places: Mapping[str, Place]) -> list[dict[str, object]]:
    """The places of viewers for JSON, as one record per viewer, so that erasure can remove a record."""
    return [{"viewer": viewer, "row": place.row, "seat": place.seat} for viewer, place in places.items()]


def places_from_json(records: Sequence[Mapping[str, Any]]) -> dict[str, Place]:
    """Invert `places_json`."""
    return {record["viewer"]: Place(record["row"], record["seat"]) for record in records}


def has_provenance(folder: Path) -> bool:
    """Whether the outputs of a study have been created."""
    return provenance_path(folder).is_file()


def read_provenance(folder: Path) -> Provenance:
    """Read everything that a finished study's outputs are made from, apart from the samples.

    Raises:
        MoviemotionError: `folder` does not contain a finished study, or the study is damaged or was written
            by a newer version.
    """
    path = provenance_path(folder)
    try:
        return _read_provenance_file(path)
    except FileNotFoundError as error:
        raise missing_provenance_error(folder) from error
    except DECODING_ERRORS as error:
        raise SettingError(
            "provenance-unreadable",
            "{path}: cannot be read; restore it from a backup, or create the report again with {script}",
            path=path,
        ) from error


def missing_provenance_error(folder: Path) -> MoviemotionError:
    """The error for a study whose outputs have not been created yet."""
    return MoviemotionError(
        f"{folder}: {PROVENANCE_FILE} is missing; rerun the command that created the study"
    )


def _read_provenance_file(path: Path) -> Provenance:
    content = PROVENANCE.read_json(path)
    title, problems, seed, seats = (content[key] for key in ("title", "problems", "seed", "seats"))
    cut, date = (content.get(key, "") for key in ("cut", "date"))
    valid = (
        all(isinstance(text, str) for text in (title, cut, date))
        and isinstance(problems, list)
        and type(seed) is int
        and seed >= 0
        and all(content[name] is None or _is_time_span(content[name], name) for name in _SPANS)
        and (seats is None or all(isinstance(s["viewer"], str) and _is_place(s) for s in seats))
    )
    if not valid:
        raise ValueError("invalid values")
    json.dumps(content, allow_nan=False)  # raises a ValueError if a time is not finite
    script = timed_script_json.from_json(content["script"]) if content["script"] else None
    return Provenance(
        title=content["title"],
        script=script,
        problems=tuple(map(Problem.from_json, problems)),
        seed=content["seed"],
        baseline=_time_span(content["baseline"]),
        film=_time_span(content["film"]),
        credits=_time_span(content["credits"]),
        seats=places_from_json(seats) if seats else None,
        count_doubles=content.get("count_doubles", False) is True,
        line_corrections=tuple(_line_corrections(content.get("line_corrections", ()), script)),
        cut=cut,
        date=date,
    )


def _line_corrections(
    records: Sequence[Mapping[str, Any]], script: TimedScript | None
) -> Iterator[LineCorrection]:
    known = set(range(len(script.cues))) if script else set()
    for record in records:
        correction = LineCorrection(**record)
        known.remove(correction.element)  # raises a KeyError for an unknown element, or one that is set twice
        if not correction.start <= correction.end:
            raise ValueError("invalid values")
        yield correction


def _time_span(times: Sequence[float] | None) -> TimeSpan | None:
    return TimeSpan(times[0], [*times, math.inf][1]) if times else None


def _is_time_span(value: object, name: str) -> bool:
    return (
        isinstance(value, list)
        and len(value) in ((1, 2) if name == "credits" else (2,))
        and all(type(time) in (int, float) and math.isfinite(time) for time in value)
        and value[0] < [*value, math.inf][1]
    )


def _is_place(value: Mapping[str, object]) -> bool:
    return isinstance(value["row"], str) and type(value["seat"]) is int and abs(value["seat"]) < 2**53


def load_analysis(folder: Path, left_out: Collection[str] = ()) -> Analysis:
    """Compute the analysis of a finished study from its samples, without writing anything.

    Args:
        folder: the study folder.
        left_out: viewers to leave out.

    Raises:
        MoviemotionError: `folder` does not contain a finished study, or the study is damaged.
    """
    study = StudyFolder.open_existing(folder)
    provenance = read_provenance(folder)
    camera_samples = [samples for camera in study.cameras if (samples := study.read_samples(camera))]
    if not camera_samples:
        raise MoviemotionError(f"{folder}: contains no samples; rerun the command that created the study")
    timeline = audience_timeline(camera_samples)
    if left_out:
        timeline = timeline.of_viewers([v not in left_out for v in timeline.viewers])
    return analyze_study(study, timeline, camera_samples, provenance)


def analyze_study(
    study: StudyFolder, timeline: Timeline, camera_samples: Sequence[Samples], provenance: Provenance
) -> Analysis:
    """Analyze a study's samples; samples from another version of the program are reported as problems.

    Args:
        timeline: the timeline made from `camera_samples`.
        camera_samples: the samples of the cameras, at least one of which saw a viewer.
    """
    # Computed on every analysis and never stored, because the files and the program's version may change.
    problems = (
        *provenance.problems,
        *_missing_samples(study, provenance.problems),
        *_repeated_viewers(study, camera_samples),
        *version_problems(study.manifest),
    )
    clocks = tuple(_clock_summaries(study, camera_samples))
    return replace(provenance, problems=problems).analyze(timeline, camera_samples, clocks)


def _clock_summaries(study: StudyFolder, camera_samples: Sequence[Samples]) -> Iterator[ClockSummary]:
    """The clocks of the cameras; nothing if a single camera defines film time."""
    saved = [camera for camera in study.cameras if study.samples_path(camera).is_file()]
    clocks = [samples.clock for samples in camera_samples]
    alone = len(clocks) == 1 and clocks[0] is not None and clocks[0].source is ClockSource.ASSUMED
    if alone or len(saved) != len(clocks):
        return
    for camera, clock in zip(saved, clocks, strict=True):
        if clock is not None:
            yield ClockSummary(
                camera,
                clock.offset,
                clock.half_width,
                clock.drift,
                clock.drift_half_width,
                str(clock.source),
                len(clock.pieces),
            )


CAMERA_SKIPPED = "camera-skipped"
"""Code of the problem of a camera that was not processed."""


def _missing_samples(study: StudyFolder, known: Sequence[Problem]) -> Iterator[Problem]:
    """Report cameras without samples, unless a known problem says that they were not processed."""
    unread = [str(problem) for problem in known if problem.code == CAMERA_SKIPPED]
    for camera in study.cameras:
        path = study.samples_path(camera)
        # Cameras whose files have the same name are called "folder-file", but problems may say "folder/file".
        name = re.escape(camera).replace(r"\-", "[-/]")
        if not path.is_file() and not any(re.search(rf"(?<![\w-]){name}(?![\w-])", line) for line in unread):
            yield Problem(
                "samples-missing",
                Harm.MISSING,
                f"its samples are missing; restore {path.relative_to(study.folder)} from a backup",
                f"camera {camera}",
            )


def _repeated_viewers(study: StudyFolder, camera_samples: Sequence[Samples]) -> Iterator[Problem]:
    """Report viewers whose samples are in more than one file."""
    count = Counter(viewer for samples in camera_samples for viewer in samples.viewers)
    for viewer in (viewer for viewer, files in count.items() if files > 1):
        files = [
            str(study.samples_path(camera).relative_to(study.folder))
            for camera in study.cameras
            if (samples := study.read_samples(camera)) and viewer in samples.viewers
        ]
        yield Problem(
            "viewer-counted-twice",
            Harm.WRONG,
            f"counted more than once, in {' and '.join(files)}; restore them from a backup",
            f"viewer {viewer}",
        )
