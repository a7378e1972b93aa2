"""Screen recordings: process the cameras, align the script, analyze the audience and write the outputs."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from moviemotion import __version__
from moviemotion._io.fingerprints import file_fingerprint
from moviemotion._io.text_decoding import is_unprintable
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
from moviemotion.audience.synchronization.camera_clocks import (
    FoundClocks,
    Recorded,
    ScreenedFilm,
    find_clocks,
    room_lights,
)
from moviemotion.audience.synchronization.film import film_seconds
from moviemotion.audience.synchronization.matching import MIN_COMPARED_SECONDS
from moviemotion.audience.video import decode
from moviemotion.audience.video.masking import NO_MASK, Mask
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.privacy.consent_problems import consent_problems
from moviemotion.privacy.participants import check_participants, match_participants, save_participants
from moviemotion.problems import Harm, Problem
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.alignment.line_times_table import LineTimeRow
from moviemotion.screenplay.inputs import ScriptInputs, read_script_inputs
from moviemotion.study.folder import StudyFolder
from moviemotion.study.outputs import write_outputs
from moviemotion.study.participant_table import ParticipantTable
from moviemotion.study.provenance import (
    CAMERA_SKIPPED,
    Provenance,
    analyze_study,
    audience_timeline,
    time_span_json,
)
from moviemotion.study.seat_table import SeatTable
from moviemotion.study.study_label import NO_LABEL, UNTITLED, StudyLabel
from moviemotion.workflows.identity_notes import identity_notes
from moviemotion.workflows.line_times import corrections_for, earlier_provenance, read_table
from moviemotion.workflows.settings_checks import (
    check_offsets,
    check_rate,
    check_rotations,
    check_seed,
    check_time_spans,
)

DEFAULT_RATE = 5.0
DEFAULT_SEED = 36
COMPLETE_SHARE = 0.95
"""A camera that ends before this fraction of the longest recording is reported as a problem."""
MIN_MISSING_SECONDS = 1.0
"""A camera that misses less than this at the end is complete, however short the film is."""
NO_VIEWER = "no-viewer"
"""Code of the problem of a camera in which no viewer was seen."""
_FORMULA_PREFIXES = ("=", "+", "-", "@")
"""First characters that make spreadsheets treat a cell as a formula."""


@dataclass(frozen=True)
class Screening:
    """A finished screening: the study folder and the analysis."""

    folder: Path
    analysis: Analysis
    incomplete: tuple[Problem, ...]
    """Recordings that could not be read completely, and those in which no viewer was seen."""


def screen(  # noqa: PLR0913, PLR0915 (mirrors the command, step by step)
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
    film: TimeSpan | Path | None = None,
    credits: TimeSpan | None = None,
    seats: SeatTable | None = None,
    count_doubles: bool = False,
    rotations: Mapping[str, int] | None = None,
    subtitle_offset: float | None = None,
    subtitle_speed: float | None = None,
    line_times: Path | None = None,
    label: StudyLabel = NO_LABEL,
    participants: ParticipantTable | None = None,
    speech_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Screening:
    """Analyze recordings of an audience and write the study folder `out`.

    The folder receives `report.html`, `timeline.csv`, `moments.json` and, with a script,
    `annotated.fountain`, `annotated.fdx` and `annotated.pdf`. After an interruption, cameras that were
    already complete are not processed again.

    Args:
        videos: one file per camera; each may show one or more viewers.
        out: study folder to write.
        script, subtitles, subtitle_track, timing_sheet, shots, frame_rate, subtitle_offset, subtitle_speed:
            the screenplay and its timing, as in `read_script_inputs`.
        offsets: camera (file name with or without suffix) → seconds to add to its clock to get film time.
            Other cameras are aligned by their sound, by the screen's light and, if both fail, by their files'
            creation times.
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
            evidence. Or the film's file, which is then found in the recordings by its sound or light; a
            script without subtitles and timing sheet is aligned with its sound.
        credits: the stretch of film time with the credits, which is never used as evidence either; its end
            may be infinite.
        seats: the viewers' places, so that contagion between neighbors is not mistaken for an effect of the
            film.
        count_doubles: count viewers who appear to be one person recorded twice as different people.
        rotations: camera (file name with or without suffix) → degrees by which its frames are rotated
            clockwise, after the rotation that the file declares: 0, 90, 180 or 270. By default, frames are
            rotated if the faces in them are not upright.
        line_times: a table of times that were set by hand; by default, those that the study already has are
            kept.
        label: what the study is called; the title defaults to the script's.
        participants: what is known about the viewers beside their faces; stored for those who were seen.
        speech_progress: called with the seconds of the film in which speech was recognized, and their total.

    Raises:
        MoviemotionError: the model, the detector, the script, its timing, the seats or the participants
            cannot be used, or the baseline, the film or the credits lie outside the recordings. Also raised
            if no video can be read, all videos are masked, no viewer is seen, or `out` contains other files.
            Nothing is written in these cases, except that the samples are kept if a viewer turns out to have
            no seat.
    """
    check_seed(seed)
    check_rate(rate)
    check_offsets(offsets or {})
    check_rotations(rotations or {})
    film_span = None if isinstance(film, Path) else film
    shown = ScreenedFilm(film, film_seconds(film)) if isinstance(film, Path) else None
    check_time_spans(baseline, film_span, credits)
    emotion_model, face_detector = load_emotion_model(model), load_detector(detector)
    sources = read_script_inputs(
        script,
        subtitles,
        subtitle_track,
        timing_sheet,
        shots,
        frame_rate,
        subtitle_offset,
        subtitle_speed,
        film if isinstance(film, Path) else None,
        speech_progress,
    )
    rows = read_table(line_times, has_script=sources is not None)
    cameras = _cameras(videos, offsets or {}, rotations)
    names = [camera.name for camera in cameras]
    if seats:
        # Reject a misspelled viewer before the time-consuming part starts.
        seats.of_viewers((), names)
    if participants:
        check_participants(out, participants, names)
    seen = masks(out, names)
    without_consent = tuple(consent_problems(out, {camera.name: str(camera.path) for camera in cameras}))
    cameras = [replace(camera, mask=seen.get(camera.name, NO_MASK)) for camera in cameras]
    cameras = [camera for camera in cameras if not camera.mask.hides_everything]
    _refuse_duplicate_videos(cameras)
    if not cameras:
        raise MoviemotionError(
            f"{out}: none of the participants in these recordings has given consent; "
            "ask for their consent first"
        )
    skipped, length = _probe(cameras)
    if sources:
        # Reject a script or times that do not match before the time-consuming part starts.
        timed = sources.align(length)
        if length is not None:
            corrections_for(timed, length, film_span, rows, None)
    spans = {"baseline": baseline, "film": film_span, "credits": credits}
    _check_spans_within(spans, _latest_second(cameras, skipped, length, shown))
    texts = sources.files if sources else ()
    used = networks_used(emotion_model, face_detector)
    if sources and sources.subtitle_clock:
        used["subtitle_clock"] = [subtitle_speed, subtitle_offset]
    study = StudyFolder(out, used | _manifest(cameras, texts, rate, seed, spans, shown, seats))
    with study.creating():
        readable = [camera for camera in cameras if camera.name not in skipped]
        watched = {camera.name: saved for camera in readable if (saved := study.read_samples(camera.name))}

        def keep(camera: Camera, samples: Samples) -> None:
            study.save_samples(camera.name, samples)
            watched[camera.name] = samples

        waiting = [camera for camera in readable if camera.name not in watched]
        processor = CameraProcessor(rate, emotion_model, face_detector)
        skipped |= processor.process_all(waiting, progress, keep, os.cpu_count() or 1)
        unreadable = (
            *(Problem(CAMERA_SKIPPED, Harm.MISSING, line) for line in skipped.values()),
            *_missing_picture_notes(cameras, watched),
        )
        doubts = tuple(
            Problem("recording-doubtful", Harm.WRONG, doubt, str(camera.path))
            for camera in cameras
            if camera.name in watched
            for doubt in watched[camera.name].doubts
        )
        empty = [camera for camera in cameras if camera.name in watched and not watched[camera.name].viewers]
        if len(empty) == len(watched):
            study.discard()
            nobody = [
                f"{camera.path}: {_unseen(watched[camera.name])}; check that it shows the audience"
                for camera in empty
            ]
            raise MoviemotionError("\n".join([*map(str, unreadable), *nobody]))
        clock_notes, film_span = _align(cameras, watched, film_span, shown, keep)
        in_order = [watched[camera.name] for camera in cameras if camera.name in watched]
        seen_viewers = [viewer for samples in in_order for viewer in samples.viewers]
        unseen = [name for name in names if name not in watched or not watched[name].viewers]
        if participants:
            match_participants(study, participants)
        analysis = analyze_and_write(
            study,
            in_order,
            sources,
            (*unreadable, *without_consent, *doubts, *clock_notes, *_coverage_notes(cameras, watched)),
            seed,
            baseline,
            film_span,
            credits,
            seats.of_viewers(seen_viewers, unseen) if seats else None,
            count_doubles,
            rows,
            label,
        )
    if participants:  # outside of the study's lock, which may only be taken after that of the database
        save_participants(study, participants)
    blank = (problem for problem in analysis.data_quality.problems if problem.code == NO_VIEWER)
    return Screening(out, analysis, (*unreadable, *blank))


def analyze_and_write(  # noqa: PLR0913 (everything an analysis depends on)
    study: StudyFolder,
    camera_samples: Sequence[Samples],
    sources: ScriptInputs | None,
    notes: Iterable[Problem],
    seed: int,
    baseline: TimeSpan | None,
    film: TimeSpan | None = None,
    credits: TimeSpan | None = None,
    seats: Mapping[str, Place] | None = None,
    count_doubles: bool = False,
    line_times: Sequence[LineTimeRow] | None = None,
    label: StudyLabel = NO_LABEL,
) -> Analysis:
    """Analyze the samples of a study and write its report, tables and annotated scripts.

    Args:
        study: the study to write.
        camera_samples: the samples of the cameras, at least one of which shows a viewer.
        sources: the script and its timing, or None.
        notes: problems with the recordings.
        seed, baseline, film, credits: as for `screen`.
        seats: viewer → place, or None.
        count_doubles, label: as for `screen`.
        line_times: the rows of a table of times that were set by hand. If None, those that the study already
            has are kept for all unchanged lines.

    Raises:
        MoviemotionError: the script does not match its timing, or the table does not match the script.
    """
    timeline = audience_timeline(camera_samples)
    seconds = float(timeline.sample_counts.shape[1])
    timed = align_inputs(sources, seconds, film, credits) if sources else None
    title = sources.screenplay.title if sources else UNTITLED
    before = earlier_provenance(study.folder, replaced=True)
    corrections, doubts = corrections_for(timed, seconds, film, line_times, before) if timed else ((), ())
    problems = (*(timed.data_problems() if timed else ()), *doubts, *notes)
    provenance = Provenance(
        title, timed, problems, seed, baseline, film, credits, seats, count_doubles, corrections
    )
    return write_study(study, timeline, camera_samples, replace(provenance, **label.given()))


def align_inputs(
    sources: ScriptInputs, seconds: float, film: TimeSpan | None, credits: TimeSpan | None
) -> TimedScript:
    """Align a script with a film, using what is known of the film.

    Args:
        sources: the script and its timing.
        seconds: the recorded length of the film in seconds.
        film, credits: as for `screen`.
    """
    span = (film.start, film.end) if film else None
    return sources.align(seconds, span, credits.start if credits else None)


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


def _cameras(
    videos: Sequence[Path], offsets: Mapping[str, float], rotations: Mapping[str, int] | None = None
) -> list[Camera]:
    if not videos:
        raise MoviemotionError("no videos given; list the recordings of the audience, such as seats/*.mp4")
    for path in videos:
        if is_unprintable(str(path)):
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
    rotations = rotations or {}
    keys = {name: (name, path.name) for path, name in zip(videos, names, strict=True)}
    for setting, values in (("offsets", offsets), ("rotations", rotations)):
        unknown = [key for key in values if not any(key in known for known in keys.values())]
        if unknown:
            raise SettingError(
                "unknown-camera",
                f"{{{setting}}} {{camera}}: no such camera; choose from {{cameras}}",
                camera=unknown[0],
                cameras=", ".join(names),
            )
    return [
        Camera(
            name,
            path,
            next((offsets[key] for key in keys[name] if key in offsets), 0.0),
            rotation=next((rotations[key] for key in keys[name] if key in rotations), None),
            offset_given=any(key in offsets for key in keys[name]),
        )
        for path, name in zip(videos, names, strict=True)
    ]


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


def _check_spans_within(spans: Mapping[str, TimeSpan | None], latest: float | None) -> None:
    """Reject a stretch that starts after the latest second that the recordings can show."""
    for setting, span in spans.items():
        if span and latest is not None and span.start >= latest:
            raise SettingError(
                f"{setting}-after-end",
                f"{{{setting}}} {{span}}: the recordings end at {{seconds}} s; choose an earlier stretch",
                span=span_text(span),
                seconds=f"{latest:.0f}",
            )


def _latest_second(
    cameras: Sequence[Camera],
    problems: Mapping[str, str],
    length: float | None,
    film: ScreenedFilm | None,
) -> float | None:
    """The latest second of film time that the recordings can show; None if it is not known yet."""
    readable = [camera for camera in cameras if camera.name not in problems]
    lengths = [decode.probe(camera.path).duration for camera in readable]
    others = len(readable) > 1 or film is not None
    if length is None or not others or all(camera.offset_given for camera in readable):
        return length
    # The recordings may follow each other, or be taken at any time of the film.
    alignable = [seconds for seconds in lengths if not seconds < MIN_COMPARED_SECONDS]
    latest = length + (sum(alignable) + (film.seconds if film else 0.0) if alignable else 0.0)
    return None if np.isnan(latest) else latest


def _align(
    cameras: Sequence[Camera],
    watched: Mapping[str, Samples],
    span: TimeSpan | None,
    film: ScreenedFilm | None,
    keep: Callable[[Camera, Samples], None],
) -> tuple[tuple[Problem, ...], TimeSpan | None]:
    """Find the cameras' clocks, and put their samples on film time.

    Args:
        cameras: all cameras.
        watched: camera → samples, for the cameras whose recordings were read.
        span: the film's span, if it was given.
        film: the film's file, if it was given.
        keep: called with each camera whose samples changed.

    Returns:
        Notes about what is in doubt, and the film's span if it was given or found.
    """
    cameras = [camera for camera in cameras if camera.name in watched]
    recordings = [_recorded(camera, watched[camera.name]) for camera in cameras]
    found = find_clocks(recordings, film, os.cpu_count() or 1)
    for camera in cameras:
        clock, before = found.clocks[camera.name], watched[camera.name]
        if before.clock is None or before.clock.to_json() != clock.to_json():
            keep(camera, before.on_clock(clock, camera.offset))
    span, note = (span, ()) if span else _found_film_span(recordings, found, film)
    doubts = [Problem("clock-doubtful", Harm.WRONG, line) for line in found.notes]
    if found.placed:
        doubts.append(Problem("clocks-relative", Harm.NOTE, found.placed))
    return (*doubts, *note), span


def _recorded(camera: Camera, samples: Samples) -> Recorded:
    return Recorded(
        camera.name,
        camera.path,
        camera.offset if camera.offset_given else None,
        decode.probe(camera.path).duration,
        samples.picture_time,
        samples.picture_brightness,
    )


def _found_film_span(
    recordings: Sequence[Recorded], found: FoundClocks, film: ScreenedFilm | None
) -> tuple[TimeSpan | None, tuple[Problem, ...]]:
    """The film's span if the film was found, or the stretch in which the lights were down; and a note."""
    if film is not None and found.film_found:
        return TimeSpan(0.0, film.seconds), ()
    down, up = room_lights(recordings, found.clocks)
    if down is None and up is None:
        return None, ()
    ends = [
        float(found.clocks[r.name].film_times(r.picture_time[-1])) for r in recordings if len(r.picture_time)
    ]
    span = TimeSpan(max(0.0, down or 0.0), round(max(ends), 1) if up is None else up)
    changes = (("go down", down), ("come up", up))
    seen = " and ".join(f"{change} at {time:.0f} s" for change, time in changes if time is not None)
    note = Problem(
        "film-span-found",
        Harm.NOTE,
        f"The lights in the room {seen}, so the film is taken to run in between ({span_text(span)} s of "
        "film time), and what happens outside is no evidence; if this is wrong, give the film time of its "
        "first and last picture (film START-END)",
    )
    return span, (note,)


def _missing_picture_notes(cameras: Sequence[Camera], watched: Mapping[str, Samples]) -> Iterator[Problem]:
    """Report gaps within the cameras' files as problems."""
    for camera in cameras:
        blanks = watched[camera.name].gaps if camera.name in watched else ()
        if blanks:
            first, last = blanks[0][0], blanks[-1][1]
            where = f" at {len(blanks)} places" if len(blanks) > 1 else ""
            yield Problem(
                "no-frames",
                Harm.MISSING,
                f"no frames{where} from {first:.1f} to {last:.1f} s; "
                "if the camera has a complete file, copy that file again and screen it into a new folder",
                str(camera.path),
            )


def _coverage_notes(
    cameras: Sequence[Camera],
    watched: Mapping[str, Samples],
) -> Iterator[Problem]:
    """Report parts of the film that the cameras do not show, and doubts about who was seen, as problems."""
    # The timeline's length in whole seconds is no measure: it may be almost a second too long.
    last = max((samples.end for samples in watched.values()), default=0.0)
    for camera in cameras:
        if camera.name not in watched:
            continue
        samples = watched[camera.name]
        if not samples.viewers:
            text = f"no viewer was seen, {_unseen(samples)}"
            yield Problem(NO_VIEWER, Harm.MISSING, text, str(camera.path))
        elif last - samples.end > max(MIN_MISSING_SECONDS, (1 - COMPLETE_SHARE) * last):
            text = f"ends at {samples.end:.0f} s of {last:.0f} s; no data after that"
            yield Problem("ends-early", Harm.MISSING, text, str(camera.path))
        yield from identity_notes(str(camera.path), samples)
        for exchange in samples.identity_switches:
            first, second = samples.viewers[exchange.first], samples.viewers[exchange.second]
            how = "in view" if exchange.followed else "recognized by their clothes"
            yield Problem(
                "seats-exchanged",
                Harm.NOTE,
                f"{first} and {second} exchanged seats at about {exchange.time:.0f} s, {how}; "
                "each was tracked to the new seat",
                str(camera.path),
            )


def _unseen(samples: Samples) -> str:
    """What was seen instead of viewers."""
    if samples.still_faces:
        return "only pictures of faces, as in a photograph, a slide show or a frozen recording"
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
    film: ScreenedFilm | None,
    seats: SeatTable | None,
) -> dict[str, object]:
    return {
        "moviemotion": __version__,
        "rate": rate,
        "seed": seed,
        **{setting: time_span_json(span) for setting, span in spans.items()},
        **({"film": {"file": file_fingerprint(film.path)}} if film else {}),
        # Whether a seat map was given; the seats themselves are data about people, and may be corrected.
        "seats": "given" if seats else None,
        "cameras": {
            c.name: {"file": file_fingerprint(c.path), "offset": c.offset}
            | ({} if c.rotation is None else {"rotation": c.rotation})
            for c in cameras
        },
        "texts": {path.name: file_fingerprint(path) for path in texts},
    }
