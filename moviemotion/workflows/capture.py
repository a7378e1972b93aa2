"""Live capture, from seats.toml to a study: record, align the cameras to film time, save the samples."""

from __future__ import annotations

import csv
import io
import math
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from moviemotion import __version__
from moviemotion._io.atomic_files import PRIVATE_FOLDER
from moviemotion.audience.faces.face_registry import (
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
from moviemotion.audience.live.journal import journal_problems
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
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.study.file_names import CAPTURE_FILE, GAPS_FILE, JOURNAL_FOLDER
from moviemotion.study.folder import StudyFolder, has_study, study_lock
from moviemotion.study.schema import CAPTURE, write_json
from moviemotion.workflows.screen import networks_used
from moviemotion.workflows.settings_checks import check_offsets, check_rate


@dataclass(frozen=True)
class CapturedCamera:
    """The result of the capture for one camera.

    Attributes:
        name: the camera name.
        viewers: the viewers' names, from left to right.
        read: number of processed frames.
        dropped: number of frames that were skipped because processing could not keep up.
        offset: the offset of the camera's clock.
        doubts: reasons to doubt the camera's clock or orientation, one line each.
    """

    name: str
    viewers: tuple[str, ...]
    read: int
    dropped: int
    offset: Offset
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class CaptureResult:
    """A finished capture.

    Attributes:
        folder: the study folder.
        seconds: film time at which the last camera ends.
        cameras: the result of each camera, in the order of seats.toml.
        gaps: the gaps of all cameras.
        problems: one line for each damaged journal file; if there are any, the journal is kept.
    """

    folder: Path
    seconds: float
    cameras: tuple[CapturedCamera, ...]
    gaps: tuple[Gap, ...]
    problems: tuple[str, ...] = ()


def capture(
    config: Path,
    out: Path,
    run_until_done: Callable[[LiveCapture], None],
    model: ModelChoice = DEFAULT_MODEL,
    detector: DetectorChoice = DEFAULT_DETECTOR,
) -> CaptureResult:
    """Capture live cameras until they are stopped.

    Args:
        config: path of seats.toml.
        out: study folder to create.
        run_until_done: called with the running capture; the capture ends when this function returns.
        model, detector: as for `screen`.

    Raises:
        MoviemotionError: the configuration has errors, or `out` already contains a study or is not writable.
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
    """Start a capture at film time 0; to end it, call its `stop` method and then `finish_capture`.

    Args:
        seats: the configuration of the cameras.
        out: study folder to create.
        clock: the capture clock; defaults to one that runs in real time.
        masks: camera name → mask, as for `LiveCapture`.
        model, detector: as for `screen`.

    Raises:
        MoviemotionError: a file that serves as a camera, or the film, is not a video; or `out` already
            contains a study or is not writable.
    """
    check_rate(seats.rate)
    check_offsets({camera.name: camera.offset for camera in seats.cameras if camera.offset is not None})
    clock = clock or FilmClock()
    emotion_model, face_detector = load_emotion_model(model), load_detector(detector)
    if seats.sync.film:
        decode.probe(seats.sync.film)
    sources = {camera.name: source_at(camera.source, clock) for camera in seats.cameras}
    if has_study(out):
        raise SettingError("study-exists", "{path}: already contains a study; choose another {out}", path=out)
    study = StudyFolder(out, networks_used(emotion_model, face_detector) | _manifest(seats))
    out.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    study.write_manifest(study.manifest)
    return LiveCapture(
        sources,
        out / JOURNAL_FOLDER,
        clock,
        seats.rate,
        seats.frozen_after,
        masks=masks,
        model=emotion_model,
        detector=face_detector,
        rotations={camera.name: camera.rotate for camera in seats.cameras if camera.rotate is not None},
    )


def finish_capture(out: Path) -> CaptureResult:
    """Align the cameras of a stopped capture to film time and save their samples, as in a screening.

    This also finishes a capture that was killed. Writes `samples/`, `gaps.csv` and `capture.json`.

    Raises:
        MoviemotionError: `out` does not contain an unfinished capture, or is not writable.
    """
    journal = out / JOURNAL_FOLDER
    if not journal.is_dir():
        raise MoviemotionError(f"{out}: does not contain an unfinished capture; check the name")
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
        cameras.append(
            CapturedCamera(camera.name, samples.viewers, samples.frames, dropped, offset, samples.doubts)
        )
        seconds = max(seconds, samples.end)
    gaps = tuple(find_gaps(journal, offsets, seats.rate))
    problems = tuple(journal_problems(journal, (camera.name for camera in seats.cameras)))
    captured = CaptureResult(out, seconds, tuple(cameras), gaps, problems)
    study.write_text(GAPS_FILE, [_gaps_csv(captured.gaps)])
    write_json(out / CAPTURE_FILE, CAPTURE, _capture_report(captured), indent=2)
    if not problems:
        shutil.rmtree(journal)
    return captured


def _capture_report(captured: CaptureResult) -> dict[str, Any]:
    """The content of `capture.json`, with null for an interval that was not measured."""
    report = {key: value for key, value in asdict(captured).items() if key != "folder"}
    if not captured.problems:
        del report["problems"]
    for camera in report["cameras"]:
        if math.isnan(camera["offset"]["half_width"]):
            camera["offset"]["half_width"] = None
    return report


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
            c.name: {"live": c.source_without_credentials, "offset": c.offset}
            | ({} if c.rotate is None else {"rotation": c.rotate})
            for c in seats.cameras
        },
    }


def _open_captured_study(folder: Path) -> tuple[SeatsConfig, StudyFolder]:
    """Open a captured study, and return it with the seats configuration used for the capture."""
    study = StudyFolder.open_existing(folder)
    try:
        return _seats_from_manifest(study.manifest), study
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MoviemotionError(f"{folder}: does not contain a live capture; check the name") from error


def _seats_from_manifest(manifest: dict[str, Any]) -> SeatsConfig:
    sync = manifest["sync"]
    film = Path(sync["film"]) if sync["film"] else None
    return SeatsConfig(
        cameras=tuple(
            CameraConfig(name, camera["live"], camera["offset"], camera.get("rotation"))
            for name, camera in manifest["cameras"].items()
        ),
        rate=manifest["rate"],
        frozen_after=manifest["frozen_after"],
        sync=SyncConfig(SyncMethod(sync["method"]), sync["mark"], film, sync["within"]),
    )
