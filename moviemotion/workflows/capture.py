"""A live capture from seats.toml to a study: run it, put it on the film's clock, keep it."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from moviemotion import __version__
from moviemotion.audience.faces.registry import (
    DEFAULT_DETECTOR,
    DEFAULT_MODEL,
    DetectorChoice,
    ModelChoice,
    load_detector,
    load_emotion_model,
)
from moviemotion.audience.live.film_clock import FilmClock
from moviemotion.audience.live.finalize import (
    Gap,
    Offset,
    camera_samples,
    count_dropped_pictures,
    find_gaps,
    measure_offsets,
)
from moviemotion.audience.live.live_capture import LiveCapture
from moviemotion.audience.live.seats_config import (
    CameraConfig,
    SeatsConfig,
    SyncConfig,
    SyncMethod,
    read_seats_config,
)
from moviemotion.audience.live.sources import source_at
from moviemotion.audience.video import decode
from moviemotion.audience.video.masking import Mask
from moviemotion.errors import MoviemotionError
from moviemotion.study.folder import JOURNAL_FOLDER, MANIFEST_FORMAT, StudyFolder, study_lock
from moviemotion.workflows.screen import networks_used


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
class CaptureResult:
    """A finished capture.

    Attributes:
        folder: of the study.
        seconds: film time at which the last camera ends.
    """

    folder: Path
    seconds: float
    cameras: tuple[CapturedCamera, ...]
    gaps: tuple[Gap, ...]


def capture(
    config: Path,
    out: Path,
    run_until_done: Callable[[LiveCapture], None],
    model: ModelChoice = DEFAULT_MODEL,
    detector: DetectorChoice = DEFAULT_DETECTOR,
) -> CaptureResult:
    """Capture live cameras until they are stopped.

    Args:
        config: seats.toml.
        out: study folder to make.
        watch: returns when the capture is to end; called with the running capture.
        model, detector: as for `screen`.

    Raises:
        MoviemotionError: the config has faults, or `out` is taken or cannot be written.
    """
    running = begin_capture(read_seats_config(config), out, model=model, detector=detector)
    try:
        with study_lock(out):
            run_until_done(running)
    finally:
        running.stop()
    return finish_capture(out)


def begin_capture(
    seats: SeatsConfig,
    out: Path,
    clock: FilmClock | None = None,
    masks: Mapping[str, Mask] | None = None,
    model: ModelChoice = DEFAULT_MODEL,
    detector: DetectorChoice = DEFAULT_DETECTOR,
) -> LiveCapture:
    """Start a capture; film time 0 is now. Call its `stop` at the end, and then `finish`.

    Args:
        clock: by default one that runs as ours does.
        masks: camera name → what of its picture may be seen, as for `LiveCapture`.
        model, detector: as for `screen`.

    Raises:
        MoviemotionError: a file or the film is not a video, or `out` is taken or cannot be written.
    """
    clock = clock or FilmClock()
    emotion_model, face_detector = load_emotion_model(model), load_detector(detector)
    if seats.sync.film:
        decode.probe(seats.sync.film)
    sources = {camera.name: source_at(camera.source, clock) for camera in seats.cameras}
    if (out / "study.json").exists():
        raise MoviemotionError(f"{out}: holds a study already; choose another --out")
    manifest = networks_used(emotion_model, face_detector) | _manifest(seats)
    record = {"format": MANIFEST_FORMAT, **manifest}
    study = StudyFolder(out, manifest)
    out.mkdir(parents=True, exist_ok=True)
    study.write_text("study.json", [json.dumps(record, indent=2, ensure_ascii=False), "\n"])
    return LiveCapture(
        sources,
        out / JOURNAL_FOLDER,
        clock,
        seats.rate,
        seats.frozen_after,
        masks=masks,
        model=emotion_model,
        detector=face_detector,
    )


def finish_capture(out: Path) -> CaptureResult:
    """Put what a capture saw on the film's clock, and keep it as a screening's samples are kept.

    Also what a capture left behind that was killed. Writes `samples/`, `gaps.csv` and `capture.json`.

    Raises:
        MoviemotionError: `out` holds no unfinished capture, or cannot be written.
    """
    journal = out / JOURNAL_FOLDER
    if not journal.is_dir():
        raise MoviemotionError(f"{out}: holds no unfinished capture; check the name")
    with study_lock(out):
        return _finish_capture(out, journal)


def _finish_capture(out: Path, journal: Path) -> CaptureResult:
    seats, study = _open_captured_study(out)
    offsets = measure_offsets(journal, seats)
    cameras, seconds = [], 0.0
    for camera in seats.cameras:
        offset = offsets[camera.name]
        samples = camera_samples(journal, camera.name, offset.seconds, seats.rate)
        study.save_samples(camera.name, samples)
        dropped = count_dropped_pictures(journal, camera.name, seats.rate)
        cameras.append(CapturedCamera(camera.name, samples.viewers, samples.frames, dropped, offset))
        seconds = max(seconds, samples.end)
    captured = CaptureResult(out, seconds, tuple(cameras), tuple(find_gaps(journal, offsets, seats.rate)))
    study.write_text("gaps.csv", [_gaps_csv(captured.gaps)])
    told = {key: value for key, value in asdict(captured).items() if key != "folder"}
    study.write_text("capture.json", [json.dumps(told, indent=2, ensure_ascii=False), "\n"])
    shutil.rmtree(journal)
    return captured


def _gaps_csv(gaps: tuple[Gap, ...]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["camera", "from", "to", "reason"])
    table.writerows((gap.camera, f"{gap.start:.2f}", f"{gap.end:.2f}", gap.reason) for gap in gaps)
    return text.getvalue()


def _manifest(seats: SeatsConfig) -> dict[str, object]:
    return {
        "moviemotion": __version__,
        "rate": seats.rate,
        "frozen_after": seats.frozen_after,
        "sync": {**asdict(seats.sync), "film": str(seats.sync.film) if seats.sync.film else None},
        "cameras": {
            c.name: {"live": c.source_without_credentials, "offset": c.offset} for c in seats.cameras
        },
    }


def _open_captured_study(folder: Path) -> tuple[SeatsConfig, StudyFolder]:
    """What a captured study was made from, and the study."""
    record = folder / "study.json"
    try:
        made_from = json.loads(record.read_text(encoding="utf-8"))
        seats = _seats_from_manifest(made_from)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise MoviemotionError(f"{folder}: holds no live capture; check the name") from error
    return seats, StudyFolder(folder, {key: value for key, value in made_from.items() if key != "format"})


def _seats_from_manifest(manifest: dict[str, Any]) -> SeatsConfig:
    sync = manifest["sync"]
    film = Path(sync["film"]) if sync["film"] else None
    return SeatsConfig(
        cameras=tuple(
            CameraConfig(name, camera["live"], camera["offset"])
            for name, camera in manifest["cameras"].items()
        ),
        rate=manifest["rate"],
        frozen_after=manifest["frozen_after"],
        sync=SyncConfig(SyncMethod(sync["method"]), sync["mark"], film, sync["within"]),
    )
