"""A study told from its samples, and told again: `told.json` keeps what else it was told from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moviemotion.analysis.analyze import Analysis, analyze
from moviemotion.analysis.signals.baseline import TimeSpan
from moviemotion.analysis.signals.timeline import Timeline, ViewerSamples, build_timeline
from moviemotion.audience.faces.quality import REJECTION_REASONS
from moviemotion.audience.samples import Samples
from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.alignment import timed_script_json
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.study.folder import StudyFolder

PROVENANCE = "told.json"


def audience_timeline(camera_samples: Sequence[Samples]) -> Timeline:
    """The viewers of all cameras on one timeline, as long as the longest camera.

    Who was seen to exchange seats with a neighbour is followed to the other seat.
    """

    def readings() -> Iterator[ViewerSamples]:
        for samples in camera_samples:
            persons = samples.viewer_of_sample()
            for index, viewer in enumerate(samples.viewers):
                own = persons == index
                yield ViewerSamples(viewer, samples.time[own], samples.emotions[own], samples.weight[own])

    return build_timeline(readings(), max(samples.end for samples in camera_samples))


@dataclass(frozen=True)
class Provenance:
    """What an analysis is made from beside the samples; the attributes are as for `analyse`."""

    title: str
    script: TimedScript | None
    problems: tuple[str, ...]
    seed: int
    baseline: TimeSpan | None

    def analyze(self, timeline: Timeline, camera_samples: Sequence[Samples]) -> Analysis:
        """Analyse what the cameras saw, of which `timeline` was made."""
        counts = np.bincount(
            np.concatenate([s.rejection_reason for s in camera_samples]), minlength=len(REJECTION_REASONS)
        )
        refused = dict(
            zip(REJECTION_REASONS[1:], counts[1:].tolist(), strict=True)
        )  # REASONS[0] is no reason
        return analyze(self.title, timeline, self.script, self.problems, self.seed, self.baseline, refused)

    def write(self, study: StudyFolder) -> None:
        """Write `told.json`."""
        told = {
            **vars(self),
            "script": timed_script_json.to_json(self.script) if self.script else None,
            "baseline": [self.baseline.start, self.baseline.end] if self.baseline else None,
        }
        study.write_text(PROVENANCE, [json.dumps(told, ensure_ascii=False, allow_nan=False), "\n"])


def read_provenance(folder: Path) -> Provenance:
    """What a finished study was told from.

    Raises:
        MoviemotionError: `folder` holds no finished study, or one that was damaged.
    """
    try:
        return _read_provenance_file(folder / PROVENANCE)
    except FileNotFoundError as error:
        raise MoviemotionError(
            f"{folder}: holds no {PROVENANCE}; run the command that made it again"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise MoviemotionError(
            f"{folder / PROVENANCE}: cannot be read; run the command that made the study again"
        ) from error


def _read_provenance_file(path: Path) -> Provenance:
    told = json.loads(path.read_text(encoding="utf-8"))
    return Provenance(
        title=told["title"],
        script=timed_script_json.from_json(told["script"]) if told["script"] else None,
        problems=tuple(told["problems"]),
        seed=told["seed"],
        baseline=TimeSpan(*told["baseline"]) if told["baseline"] else None,
    )


def load_analysis(folder: Path) -> Analysis:
    """The analysis of a finished study, made again from its samples; nothing is written.

    Raises:
        MoviemotionError: `folder` holds no finished study, or one that was damaged.
    """
    study = StudyFolder.open_existing(folder)
    told = read_provenance(folder)
    watched = [samples for camera in study.cameras if (samples := study.read_samples(camera))]
    if not watched:
        raise MoviemotionError(f"{folder}: holds no samples; run the command that made it again")
    return told.analyze(audience_timeline(watched), watched)
