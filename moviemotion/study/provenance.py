"""A study told from its samples, and told again: `told.json` keeps what else it was told from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moviemotion.analysis.analyze import Analysis, analyse
from moviemotion.analysis.signals.baseline import Stretch
from moviemotion.analysis.signals.timeline import Reading, Timeline, build_timeline
from moviemotion.audience.faces.quality import REASONS
from moviemotion.audience.samples import Samples
from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.alignment import timed_script_json
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.study.folder import Study

TOLD = "told.json"


def timeline_of(watched: Sequence[Samples]) -> Timeline:
    """The viewers of all cameras on one timeline, as long as the longest camera.

    Who was seen to exchange seats with a neighbour is followed to the other seat.
    """

    def readings() -> Iterator[Reading]:
        for samples in watched:
            persons = samples.persons()
            for index, viewer in enumerate(samples.viewers):
                own = persons == index
                yield Reading(viewer, samples.time[own], samples.emotions[own], samples.weight[own])

    return build_timeline(readings(), max(samples.end for samples in watched))


@dataclass(frozen=True)
class Told:
    """What an analysis is made from beside the samples; the attributes are as for `analyse`."""

    title: str
    script: TimedScript | None
    problems: tuple[str, ...]
    seed: int
    baseline: Stretch | None

    def analyse(self, timeline: Timeline, watched: Sequence[Samples]) -> Analysis:
        """Analyse what the cameras saw, of which `timeline` was made."""
        counts = np.bincount(np.concatenate([s.refused for s in watched]), minlength=len(REASONS))
        refused = dict(zip(REASONS[1:], counts[1:].tolist(), strict=True))  # REASONS[0] is no reason
        return analyse(self.title, timeline, self.script, self.problems, self.seed, self.baseline, refused)

    def keep(self, study: Study) -> None:
        """Write `told.json`."""
        told = {
            **vars(self),
            "script": timed_script_json.to_json(self.script) if self.script else None,
            "baseline": [self.baseline.start, self.baseline.end] if self.baseline else None,
        }
        study.write(TOLD, [json.dumps(told, ensure_ascii=False, allow_nan=False), "\n"])


def read_told(folder: Path) -> Told:
    """What a finished study was told from.

    Raises:
        MoviemotionError: `folder` holds no finished study, or one that was damaged.
    """
    try:
        return _read(folder / TOLD)
    except FileNotFoundError as error:
        raise MoviemotionError(f"{folder}: holds no {TOLD}; run the command that made it again") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise MoviemotionError(
            f"{folder / TOLD}: cannot be read; run the command that made the study again"
        ) from error


def _read(path: Path) -> Told:
    told = json.loads(path.read_text(encoding="utf-8"))
    return Told(
        title=told["title"],
        script=timed_script_json.from_json(told["script"]) if told["script"] else None,
        problems=tuple(told["problems"]),
        seed=told["seed"],
        baseline=Stretch(*told["baseline"]) if told["baseline"] else None,
    )


def load_analysis(folder: Path) -> Analysis:
    """The analysis of a finished study, made again from its samples; nothing is written.

    Raises:
        MoviemotionError: `folder` holds no finished study, or one that was damaged.
    """
    study = Study.reopen(folder)
    told = read_told(folder)
    watched = [samples for camera in study.cameras if (samples := study.samples(camera))]
    if not watched:
        raise MoviemotionError(f"{folder}: holds no samples; run the command that made it again")
    return told.analyse(timeline_of(watched), watched)
