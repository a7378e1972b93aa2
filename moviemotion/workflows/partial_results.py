"""What a screening says while it is still running, from the cameras that have been read to their end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from moviemotion.analysis.analyze import Analysis
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.consent import State, seats
from moviemotion.privacy.study_database import is_governed
from moviemotion.screenplay.inputs import read_sources
from moviemotion.study.folder import Study
from moviemotion.study.provenance import Told, timeline_of
from moviemotion.workflows.screen import SEED


@dataclass(frozen=True)
class SoFar:
    """What is known before the end.

    Attributes:
        cameras: how many have been read.
        analysis: of their viewers; nothing of it is kept.
    """

    cameras: int
    analysis: Analysis


def told_so_far(
    folder: Path, script: Path | None = None, subtitles: Path | None = None, seed: int = SEED
) -> SoFar:
    """Analyse the cameras of a running or interrupted screening that are finished.

    A camera with a viewer who has withdrawn since is left out.

    Args:
        script, subtitles, seed: as for `screen`.

    Raises:
        MoviemotionError: no camera is finished, or none saw anybody.
    """
    gone: set[str | None] = set()
    for seat in seats(folder) if is_governed(folder) else ():
        # By then the study may have been told, and its viewers have their random ids.
        gone |= {seat.camera, seat.viewer} if seat.state is State.WITHDRAWN else set()
    watched = []
    if (folder / "study.json").is_file():
        study = Study.reopen(folder)
        saved = [s for camera in study.cameras if camera not in gone and (s := study.samples(camera))]
        watched = [samples for samples in saved if not gone & set(samples.viewers)]
    if not any(samples.viewers for samples in watched):
        raise MoviemotionError(f"{folder.name}: no camera has been read to its end yet; wait a little")
    sources = read_sources(script, subtitles)
    timeline = timeline_of(watched)
    timed = sources.time(float(timeline.samples.shape[1])) if sources else None
    title = sources.screenplay.title if sources else "Untitled film"
    return SoFar(len(watched), Told(title, timed, (), seed, None).analyse(timeline, watched))
