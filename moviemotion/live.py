"""A live capture from seats.toml to a study: run it, put it on the film's clock, keep it."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from moviemotion import __version__
from moviemotion.audience import reader, video
from moviemotion.audience.capture import LiveCapture
from moviemotion.audience.captured import (
    Gap,
    Offset,
    camera_samples,
    find_gaps,
    measure_offsets,
    pictures_dropped,
)
from moviemotion.audience.clock import FilmClock
from moviemotion.audience.masking import Mask
from moviemotion.audience.seats import SeatCamera, Seats, Sync, SyncMethod, read_seats
from moviemotion.audience.sources import open_source
from moviemotion.errors import MoviemotionError
from moviemotion.resonance.baseline import Stretch
from moviemotion.screen import SEED, Screening, fingerprint, tell, write
from moviemotion.story.sources import read_sources
from moviemotion.study import FORMAT, Study, making
from moviemotion.told import TOLD, read_told, timeline_of

JOURNAL = "live"
"""The folder in a study that holds what is not yet put on the film's clock."""


@dataclass(frozen=True)
class CapturedCamera:
    """What came of one camera.

    Attributes:
        viewers: their names, from left to right.
        read: pictures that were read.
        dropped: pictures that were due but not read, because reading did not keep up.
    """

    name: str
    viewers: tuple[str, ...]
    read: int
    dropped: int
    offset: Offset


@dataclass(frozen=True)
class Captured:
    """A finished capture.

    Attributes:
        folder: of the study.
        seconds: film time at which the last camera ends.
    """

    folder: Path
    seconds: float
    cameras: tuple[CapturedCamera, ...]
    gaps: tuple[Gap, ...]


def capture(config: Path, out: Path, watch: Callable[[LiveCapture], None]) -> Captured:
    """Capture live cameras until they are stopped.

    Args:
        config: seats.toml.
        out: study folder to make.
        watch: returns when the capture is to end; called with the running capture.

    Raises:
        MoviemotionError: the config has faults, or `out` is taken or cannot be written.
    """
    running = begin(read_seats(config), out)
    try:
        with making(out):
            watch(running)
    finally:
        running.stop()
    return finish(out)


def begin(
    seats: Seats, out: Path, clock: FilmClock | None = None, masks: Mapping[str, Mask] | None = None
) -> LiveCapture:
    """Start a capture; film time 0 is now. Call its `stop` at the end, and then `finish`.

    Args:
        clock: by default one that runs as ours does.
        masks: camera name → what of its picture may be seen, as for `LiveCapture`.

    Raises:
        MoviemotionError: a file or the film is not a video, or `out` is taken or cannot be written.
    """
    clock = clock or FilmClock()
    if seats.sync.film:
        video.probe(seats.sync.film)
    sources = {camera.name: open_source(camera.source, clock) for camera in seats.cameras}
    if (out / "study.json").exists():
        raise MoviemotionError(f"{out}: holds a study already; choose another --out")
    record = {"format": FORMAT, **_made_from(seats)}
    study = Study(out, _made_from(seats))
    out.mkdir(parents=True, exist_ok=True)
    study.write("study.json", [json.dumps(record, indent=2, ensure_ascii=False), "\n"])
    return LiveCapture(sources, out / JOURNAL, clock, seats.rate, seats.frozen_after, masks=masks)


def finish(out: Path) -> Captured:
    """Put what a capture saw on the film's clock, and keep it as a screening's samples are kept.

    Also what a capture left behind that was killed. Writes `samples/`, `gaps.csv` and `capture.json`.

    Raises:
        MoviemotionError: `out` holds no unfinished capture, or cannot be written.
    """
    journal = out / JOURNAL
    if not journal.is_dir():
        raise MoviemotionError(f"{out}: holds no unfinished capture; check the name")
    with making(out):
        return _finish(out, journal)


def _finish(out: Path, journal: Path) -> Captured:
    seats, study = _opened(out)
    offsets = measure_offsets(journal, seats)
    cameras, seconds = [], 0.0
    for camera in seats.cameras:
        offset = offsets[camera.name]
        samples = camera_samples(journal, camera.name, offset.seconds, seats.rate)
        study.save_samples(camera.name, samples)
        dropped = pictures_dropped(journal, camera.name, seats.rate)
        cameras.append(CapturedCamera(camera.name, samples.viewers, samples.frames, dropped, offset))
        seconds = max(seconds, samples.end)
    captured = Captured(out, seconds, tuple(cameras), tuple(find_gaps(journal, offsets, seats.rate)))
    study.write("gaps.csv", [_gaps_csv(captured.gaps)])
    told = {key: value for key, value in asdict(captured).items() if key != "folder"}
    study.write("capture.json", [json.dumps(told, indent=2, ensure_ascii=False), "\n"])
    shutil.rmtree(journal)
    return captured


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


def _gaps_csv(gaps: tuple[Gap, ...]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["camera", "from", "to", "reason"])
    table.writerows((gap.camera, f"{gap.start:.2f}", f"{gap.end:.2f}", gap.reason) for gap in gaps)
    return text.getvalue()


def _made_from(seats: Seats) -> dict[str, object]:
    return {
        "moviemotion": __version__,
        "reader": fingerprint(reader.WEIGHTS),
        "rate": seats.rate,
        "frozen_after": seats.frozen_after,
        "sync": {**asdict(seats.sync), "film": str(seats.sync.film) if seats.sync.film else None},
        "cameras": {c.name: {"live": c.public_source, "offset": c.offset} for c in seats.cameras},
    }


def _opened(folder: Path) -> tuple[Seats, Study]:
    """What a captured study was made from, and the study."""
    record = folder / "study.json"
    try:
        made_from = json.loads(record.read_text(encoding="utf-8"))
        seats = _seats(made_from)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise MoviemotionError(f"{folder}: holds no live capture; check the name") from error
    return seats, Study(folder, {key: value for key, value in made_from.items() if key != "format"})


def _seats(made_from: dict[str, Any]) -> Seats:
    sync = made_from["sync"]
    film = Path(sync["film"]) if sync["film"] else None
    return Seats(
        cameras=tuple(
            SeatCamera(name, camera["live"], camera["offset"])
            for name, camera in made_from["cameras"].items()
        ),
        rate=made_from["rate"],
        frozen_after=made_from["frozen_after"],
        sync=Sync(SyncMethod(sync["method"]), sync["mark"], film, sync["within"]),
    )
