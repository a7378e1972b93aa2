"""Screen recordings: process the cameras, align the script, analyze the audience and write the outputs."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from moviemotion import __version__
from moviemotion._io.fingerprints import file_fingerprint
from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.signals.baseline import TimeSpan
from moviemotion.analysis.signals.film_span import span_text
from moviemotion.analysis.signals.seat_map import Place
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.audience.faces.face_registry import (
    DEFAULT_DETECTOR,
    DEFAULT_MODEL,
    DetectorChoice,
    EmotionModel,
    FaceDetector,
    ModelChoice,
    load_detector,
    load_emotion_model,
    provenance_of,
)
from moviemotion.audience.recordings import Camera, CameraProcessor, ProgressCallback
from moviemotion.audience.samples import Samples
from moviemotion.audience.video import decode
from moviemotion.audience.video.masking import NO_MASK, Mask
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.screenplay.inputs import ScriptInputs, read_script_inputs
from moviemotion.study.folder import StudyFolder
from moviemotion.study.outputs import write_outputs
from moviemotion.study.provenance import Provenance, analyze_study, audience_timeline, time_span_json
from moviemotion.study.seat_table import SeatTable
from moviemotion.workflows.identity_notes import identity_notes
from moviemotion.workflows.settings_checks import check_offsets, check_rate, check_seed, check_time_spans

DEFAULT_RATE = 5.0
DEFAULT_SEED = 36
COMPLETE_SHARE = 0.95
"""A camera that ends before this fraction of the film is reported as a problem."""
_UNPRINTABLE_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode categories of control characters, surrogates and line separators."""
_FORMULA_PREFIXES = ("=", "+", "-", "@")
"""First characters that make spreadsheets treat a cell as a formula."""


@dataclass(frozen=True)
class Screening:
    """A finished screening: the study folder and the analysis."""

    folder: Path
    analysis: Analysis
    unreadable: tuple[str, ...]
    """One line per file that could not be read completely."""


def screen(  # noqa: PLR0913 (mirrors the command)
    videos: Sequence[Path],
    out: Path,
    script: Path | None = None,
    subtitles: Path | None = None,
    offsets: Mapping[str, float] | None = None,
    rate: float = DEFAULT_RATE,
    seed: int = DEFAULT_SEED,
    progress: ProgressCallback = lambda _camera, _seconds: None,
    baseline: TimeSpan | None = None,
    subtitle_track: int | None = None,
    timing_sheet: Path | None = None,
    shots: Path | None = None,
    frame_rate: float | None = None,
    masks: Callable[[Path, Iterable[str]], Mapping[str, Mask]] = lambda _out, _cameras: {},
    model: ModelChoice = DEFAULT_MODEL,
    detector: DetectorChoice = DEFAULT_DETECTOR,
    film: TimeSpan | None = None,
    credits: TimeSpan | None = None,
    seats: SeatTable | None = None,
    count_doubles: bool = False,
) -> Screening:
    """Analyze recordings of an audience and write the study folder `out`.

    The folder receives `report.html`, `timeline.csv`, `moments.json` and, with a script,
    `annotated.fountain`, `annotated.fdx` and `annotated.pdf`. After an interruption, cameras that were
    already complete are not processed again.

    Args:
        videos: one file per camera; each may show one or more viewers.
        out: study folder to write.
        script, subtitles, subtitle_track, timing_sheet, shots, frame_rate: the screenplay and its timing, as
            in `read_script_inputs`.
        offsets: camera (file name with or without suffix) → seconds to add to its clock to get film time.
        rate: samples per second.
        seed: random seed for the null model of the moments.
        progress: called with a camera and the number of seconds of its video processed so far.
        baseline: a stretch of film time in which viewers are at rest; by default, each viewer's baseline is
            estimated from the whole film.
        masks: function that takes `out` and the camera names and returns the mask of each camera; completely
            masked cameras are not processed.
        model: the emotion model, given as a registered name, an ONNX file or a model object.
        detector: the face detector, given as a registered name or a detector object.
        film: film times of the film's first and last frame; reactions outside this span are never used as
            evidence.
        credits: the stretch of film time with the credits, which is never used as evidence either; its end
            may be infinite.
        seats: the viewers' places, so that contagion between neighbors is not mistaken for an effect of the
            film.
        count_doubles: count viewers who appear to be one person recorded twice as different people.

    Raises:
        MoviemotionError: the model, the detector, the script, its timing or the seats cannot be used, or the
            baseline, the film or the credits lie outside the recordings. Also raised if no video can be read,
            all videos are masked, no viewer is seen, or `out` contains other files. Nothing is written in
            these cases, except that the samples are kept if a viewer turns out to have no seat.
    """
    check_seed(seed)
    check_rate(rate)
    check_offsets(offsets or {})
    check_time_spans(baseline, film, credits)
    emotion_model, face_detector = load_emotion_model(model), load_detector(detector)
    sources = read_script_inputs(script, subtitles, subtitle_track, timing_sheet, shots, frame_rate)
    cameras = _cameras(videos, offsets or {})
    names = [camera.name for camera in cameras]
    if seats:
        # Reject a misspelled viewer before the time-consuming part starts.
        seats.of_viewers((), names)
    seen = masks(out, names)
    cameras = [replace(camera, mask=seen.get(camera.name, NO_MASK)) for camera in cameras]
    cameras = [camera for camera in cameras if not camera.mask.hides_everything]
    _refuse_duplicate_videos(cameras)
    if not cameras:
        raise MoviemotionError(
            f"{out}: none of the participants in these recordings has given consent; "
            "ask for their consent first"
        )
    problems, length = _probe(cameras)
    if sources:
        # Reject a script that does not match before the time-consuming part starts.
        sources.align(length)
    spans = {"baseline": baseline, "film": film, "credits": credits}
    for setting, span in spans.items():
        if span and length is not None and span.start >= length:
            raise SettingError(
                f"{setting}-after-end",
                f"{{{setting}}} {{span}}: the recordings end at {{seconds}} s; choose an earlier stretch",
                span=span_text(span),
                seconds=f"{length:.0f}",
            )
    texts = sources.files if sources else ()
    used = networks_used(emotion_model, face_detector)
    study = StudyFolder(out, used | _manifest(cameras, texts, rate, seed, spans, seats))
    with study.creating():
        readable = [camera for camera in cameras if camera.name not in problems]
        watched = {camera.name: saved for camera in readable if (saved := study.read_samples(camera.name))}

        def keep(camera: Camera, samples: Samples) -> None:
            study.save_samples(camera.name, samples)
            watched[camera.name] = samples

        waiting = [camera for camera in readable if camera.name not in watched]
        processor = CameraProcessor(rate, emotion_model, face_detector)
        problems |= processor.process_all(waiting, progress, keep, os.cpu_count() or 1)
        unreadable = (*problems.values(), *_missing_picture_notes(cameras, watched))
        empty = [camera for camera in cameras if camera.name in watched and not watched[camera.name].viewers]
        if len(empty) == len(watched):
            study.discard()
            nobody = [
                f"{camera.path}: {_unseen(watched[camera.name])}; check that it shows the audience"
                for camera in empty
            ]
            raise MoviemotionError("\n".join([*unreadable, *nobody]))
        in_order = [watched[camera.name] for camera in cameras if camera.name in watched]
        seen_viewers = [viewer for samples in in_order for viewer in samples.viewers]
        unseen = [name for name in names if name not in watched or not watched[name].viewers]
        analysis = analyze_and_write(
            study,
            in_order,
            sources,
            lambda seconds: (*unreadable, *_coverage_notes(cameras, watched, seconds, sources)),
            seed,
            baseline,
            film,
            credits,
            seats.of_viewers(seen_viewers, unseen) if seats else None,
            count_doubles,
        )
        return Screening(out, analysis, unreadable)


def analyze_and_write(  # noqa: PLR0913 (everything an analysis depends on)
    study: StudyFolder,
    camera_samples: Sequence[Samples],
    sources: ScriptInputs | None,
    notes: Callable[[float], Iterable[str]],
    seed: int,
    baseline: TimeSpan | None,
    film: TimeSpan | None = None,
    credits: TimeSpan | None = None,
    seats: Mapping[str, Place] | None = None,
    count_doubles: bool = False,
) -> Analysis:
    """Analyze the samples of a study and write its report, tables and annotated scripts.

    Args:
        study: the study to write.
        camera_samples: the samples of the cameras, at least one of which shows a viewer.
        sources: the script and its timing, or None.
        notes: function that takes the length of the timeline in seconds and returns problems with the data.
        seed, baseline, film, credits: as for `screen`.
        seats: viewer → place, or None.
        count_doubles: as for `screen`.

    Raises:
        MoviemotionError: the script does not match its timing.
    """
    timeline = audience_timeline(camera_samples)
    seconds = float(timeline.sample_counts.shape[1])
    timed = sources.align(seconds) if sources else None
    title = sources.screenplay.title if sources else "Untitled film"
    provenance = Provenance(
        title, timed, tuple(notes(seconds)), seed, baseline, film, credits, seats, count_doubles
    )
    return write_study(study, timeline, camera_samples, provenance)


def write_study(
    study: StudyFolder, timeline: Timeline, camera_samples: Sequence[Samples], provenance: Provenance
) -> Analysis:
    """Analyze the samples from which `timeline` was made, and write the study's provenance and outputs."""
    analysis = analyze_study(study, timeline, camera_samples, provenance)
    provenance.write(study)
    return write_outputs(study, analysis)


def total_video_seconds(videos: Sequence[Path]) -> float:
    """Total seconds of video in the readable files, for a progress bar."""
    lengths = []
    for path in videos:
        try:
            lengths.append(decode.probe(path).duration)
        except MoviemotionError:
            continue
    return float(np.nansum(lengths))


def _cameras(videos: Sequence[Path], offsets: Mapping[str, float]) -> list[Camera]:
    if not videos:
        raise MoviemotionError("no videos given; list the recordings of the audience, such as seats/*.mp4")
    for path in videos:
        if any(unicodedata.category(letter) in _UNPRINTABLE_CATEGORIES for letter in str(path)):
            raise MoviemotionError(
                f"{str(path)!r}: the file name contains control characters; rename the file"
            )
    names = _camera_names(videos)
    for path, name in zip(videos, names, strict=True):
        if name.startswith(_FORMULA_PREFIXES):
            raise MoviemotionError(
                f"{path}: spreadsheets would interpret the file name as a formula; rename the file"
            )
    twice = [path for path, name in zip(videos, names, strict=True) if names.count(name) > 1]
    if twice:
        raise MoviemotionError(
            f"{twice[0]}: given twice, or two cameras have the same name; remove or rename one of them"
        )
    left = dict(offsets)
    cameras = []
    for path, name in zip(videos, names, strict=True):
        given = [left.pop(key) for key in dict.fromkeys((name, path.name)) if key in left]
        cameras.append(Camera(name, path, given[0] if given else 0.0))
    if left:
        raise SettingError(
            "unknown-camera",
            "{offsets} {camera}: no such camera; choose from {cameras}",
            camera=next(iter(left)),
            cameras=", ".join(names),
        )
    return cameras


def _camera_names(videos: Sequence[Path]) -> list[str]:
    """Camera names that are as short as possible while keeping cameras and viewers distinct."""
    stems = Counter(path.stem for path in videos)
    names = [p.stem if stems[p.stem] == 1 else f"{p.resolve().parent.name}-{p.name}" for p in videos]
    # Two viewers of "row" are called "row-1" and "row-2", which may also be the names of cameras.
    numbered = {name.rpartition("-")[0] for name in names if name.rpartition("-")[2].isdecimal()}
    return [p.name if name in numbered else name for p, name in zip(videos, names, strict=True)]


def _refuse_duplicate_videos(cameras: Sequence[Camera]) -> None:
    """Reject identical videos; otherwise, one viewer would count as two who agree perfectly."""
    first: dict[str, Path] = {}
    for path in (camera.path for camera in cameras if camera.path.is_file() and camera.path.stat().st_size):
        twin = first.setdefault(file_fingerprint(path), path)
        if twin != path:
            raise MoviemotionError(f"{path}: identical to {twin}; give only one of them")


def _probe(cameras: Sequence[Camera]) -> tuple[dict[str, str], float | None]:
    """Check that the videos can be read and overlap the film.

    Returns:
        Unreadable camera → error message, and the length of the film in seconds (None if unknown).
    """
    problems, ends = {}, []
    for camera in cameras:
        try:
            end = decode.probe(camera.path).duration + camera.offset
        except MoviemotionError as error:
            problems[camera.name] = str(error)
            continue
        if abs(camera.offset) > decode.MAX_FILM_SECONDS:
            raise SettingError(
                "offset-too-large",
                "{offsets} {camera}={seconds}: the offset is more than a day; give a value in seconds",
                camera=camera.name,
                seconds=f"{camera.offset:g}",
            )
        if end <= 0:
            raise SettingError(
                "ends-before-film",
                "{offsets} {camera}={seconds}: the video would end before the film starts; "
                "give the seconds from the start of the film to the start of the video",
                camera=camera.name,
                seconds=f"{camera.offset:g}",
            )
        ends.append(end)
    if not ends:
        raise MoviemotionError("\n".join(problems.values()))
    return problems, None if np.isnan(ends).all() else float(np.nanmax(ends))


def _missing_picture_notes(cameras: Sequence[Camera], watched: Mapping[str, Samples]) -> Iterator[str]:
    """Report gaps within the cameras' files as problems."""
    for camera in cameras:
        blanks = watched[camera.name].gaps if camera.name in watched else ()
        if blanks:
            first, last = blanks[0][0], blanks[-1][1]
            where = f" at {len(blanks)} places" if len(blanks) > 1 else ""
            yield (
                f"{camera.path}: no frames{where} from {first:.1f} to {last:.1f} s; "
                "if the camera has a complete file, copy that file again and screen it into a new folder"
            )


def _coverage_notes(
    cameras: Sequence[Camera],
    watched: Mapping[str, Samples],
    seconds: float,
    sources: ScriptInputs | None,
) -> Iterator[str]:
    """Report parts of the film that the cameras do not show, and doubts about who was seen, as problems."""
    for camera in cameras:
        if camera.name not in watched:
            continue
        samples = watched[camera.name]
        if not samples.viewers:
            yield f"{camera.path}: no viewer was seen, {_unseen(samples)}"
        elif samples.end < seconds * COMPLETE_SHARE:
            yield f"{camera.path}: ends at {samples.end:.0f} s of {seconds:.0f} s; no data after that"
        yield from identity_notes(str(camera.path), samples)
        for exchange in samples.identity_switches:
            first, second = samples.viewers[exchange.first], samples.viewers[exchange.second]
            how = "in view" if exchange.followed else "recognized by their clothes"
            yield (
                f"{camera.path}: {first} and {second} exchanged seats at about {exchange.time:.0f} s, {how}; "
                "each was tracked to the new seat"
            )
    film = (sources.film_seconds(seconds) if sources else None) or seconds
    if seconds < film * COMPLETE_SHARE:
        yield (
            f"The subtitles run to {film:.0f} s, but the cameras end at {seconds:.0f} s; "
            "there is no data for later lines"
        )


def _unseen(samples: Samples) -> str:
    """What was seen instead of viewers."""
    if samples.still_faces:
        return "only faces that do not move, as in a photograph or a frozen recording"
    return "no face was seen"


def networks_used(model: EmotionModel, detector: FaceDetector) -> dict[str, object]:
    """The part of a study's manifest that records its networks and their versions."""
    return {"emotion_model": provenance_of(model), "face_detector": provenance_of(detector)}


def _manifest(
    cameras: Sequence[Camera],
    texts: Sequence[Path],
    rate: float,
    seed: int,
    spans: Mapping[str, TimeSpan | None],
    seats: SeatTable | None,
) -> dict[str, object]:
    return {
        "moviemotion": __version__,
        "rate": rate,
        "seed": seed,
        **{setting: time_span_json(span) for setting, span in spans.items()},
        # Whether a seat map was given; the seats themselves are data about people, and may be corrected.
        "seats": "given" if seats else None,
        "cameras": {c.name: {"file": file_fingerprint(c.path), "offset": c.offset} for c in cameras},
        "texts": {path.name: file_fingerprint(path) for path in texts},
    }
