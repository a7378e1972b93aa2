"""A study's report made from its samples, or made again; what `moviemotion report` calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from moviemotion.analysis.signals.baseline import Stretch
from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.inputs import read_sources
from moviemotion.study.folder import JOURNAL, Study, making
from moviemotion.study.provenance import TOLD, read_told, timeline_of
from moviemotion.workflows.capture import finish
from moviemotion.workflows.screen import SEED, Screening, tell, write


def report(
    folder: Path,
    script: Path | None = None,
    subtitles: Path | None = None,
    seed: int = SEED,
    baseline: Stretch | None = None,
    subtitle_track: int | None = None,
    timing_sheet: Path | None = None,
    shots: Path | None = None,
    frame_rate: float | None = None,
) -> Screening:
    """Make of a study's samples what `screen` makes of files: report, timeline, moments, annotated script.

    The study may be captured or simulated. A capture that was killed is finished first. Without a script, one
    that was told before keeps its script, notes and baseline.

    Args:
        script, subtitles, subtitle_track, timing_sheet, shots, frame_rate: as for `read_sources`.
        seed, baseline: as for `screen`.

    Raises:
        MoviemotionError: `folder` holds no study, nobody was seen, or the script or what times it cannot
            be used.
    """
    sources = read_sources(script, subtitles, subtitle_track, timing_sheet, shots, frame_rate)
    with making(folder):
        if (folder / JOURNAL).is_dir():
            finish(folder)
        study = Study.reopen(folder)
        saved = {camera: samples for camera in study.cameras if (samples := study.samples(camera))}
        if not any(samples.viewers for samples in saved.values()):
            raise MoviemotionError(f"{folder}: no camera saw a face; check that they show the audience")
        watched = list(saved.values())
        if sources is None and (folder / TOLD).is_file():
            before = read_told(folder)
            told = replace(before, seed=seed, baseline=baseline or before.baseline)
            return Screening(folder, write(study, timeline_of(watched), watched, told), ())
        unread = [f"{camera}: was not read" for camera in study.cameras if camera not in saved]
        notes = [*unread, *_notes(folder / "capture.json")]
        return Screening(folder, tell(study, watched, sources, lambda _: notes, seed, baseline), ())


def _notes(captured: Path) -> Iterator[str]:
    """What capture.json says of cameras that saw nobody, of clocks that are guessed, and of gaps."""
    if not captured.exists():
        return
    told = json.loads(captured.read_text(encoding="utf-8"))
    for camera in told["cameras"]:
        if not camera["viewers"]:
            yield f"{camera['name']}: nobody was seen"
        if "median" in camera["offset"]["origin"]:
            yield f"{camera['name']}: its clock is guessed: {camera['offset']['origin']}"
    for gap in told["gaps"]:
        yield f"{gap['camera']}: not seen from {gap['start']:.0f} to {gap['end']:.0f} s, {gap['reason']}"
