"""From the journal of a live capture to samples on the film's clock, with every gap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.faces.tracking import ViewerTracker
from moviemotion.audience.live.film_clock import sample_indices
from moviemotion.audience.live.journal import (
    CameraState,
    DetectedFaces,
    read_brightness,
    read_faces,
    read_identity_switches,
    read_state_changes,
)
from moviemotion.audience.live.seats_config import SeatsConfig, SyncMethod
from moviemotion.audience.live.sources import film_brightness
from moviemotion.audience.live.sync import (
    UNKNOWN_OFFSET,
    OffsetEstimate,
    offset_from_brightness,
    offset_from_mark,
)
from moviemotion.audience.recordings import viewer_names
from moviemotion.audience.samples import Samples

MIN_REPORTED_GAP = 2.0
"""Seconds without a sample that are told, where the camera's state does not tell them anyway."""
MAX_COMPARED_SECONDS = 1200.0
"""Seconds of the film whose light is compared: more would not be more exact, and takes long to decode."""


@dataclass(frozen=True)
class Gap:
    """A stretch of film that a camera did not see.

    Attributes:
        start, end: seconds of film time.
    """

    camera: str
    start: float
    end: float
    reason: str


@dataclass(frozen=True)
class Offset:
    """Seconds added to a camera's clock to give film time.

    Attributes:
        seconds: what was added.
        half_width: of the 95 % interval; NaN where it was not measured.
        origin: where it comes from, in words.
    """

    seconds: float
    half_width: float
    origin: str


def measure_offsets(folder: Path, seats: SeatsConfig) -> dict[str, Offset]:
    """Put the cameras of a journal on the film's clock, as `seats.sync` asks.

    A camera whose offset cannot be measured gets the median of the others', or 0, and its origin says so.

    Raises:
        MoviemotionError: the film is not a readable video.
    """
    measured = {
        camera.name: UNKNOWN_OFFSET if camera.offset is None else OffsetEstimate(camera.offset, float("nan"))
        for camera in seats.cameras
    }
    sync = seats.sync
    reference = film_brightness(sync.film, MAX_COMPARED_SECONDS) if sync.film else None
    first = seats.cameras[0].name
    for camera in seats.cameras:
        if camera.offset is not None or sync.method is SyncMethod.NONE:
            continue
        light = read_brightness(folder, camera.name)
        if sync.method is SyncMethod.MARK:
            measured[camera.name] = offset_from_mark(light, sync.mark)
        elif reference:
            measured[camera.name] = offset_from_brightness(light, reference, sync.within)
        elif camera.name == first:
            measured[first] = OffsetEstimate(0.0, 0.0)
        else:
            shift = offset_from_brightness(light, read_brightness(folder, first), sync.within)
            measured[camera.name] = OffsetEstimate(shift.seconds + measured[first].seconds, shift.half_width)
    known = [shift.seconds for shift in measured.values() if not np.isnan(shift.seconds)]
    usual = float(np.median(known)) if known else 0.0
    offsets = {}
    for camera in seats.cameras:
        shift = measured[camera.name]
        if camera.offset is not None:
            offsets[camera.name] = Offset(camera.offset, float("nan"), "given")
        elif sync.method is SyncMethod.NONE:
            offsets[camera.name] = Offset(0.0, float("nan"), "as it came")
        elif np.isnan(shift.seconds):
            offsets[camera.name] = Offset(usual, float("nan"), _UNMEASURED_ORIGINS[sync.method])
        else:
            offsets[camera.name] = Offset(float(shift.seconds), float(shift.half_width), str(sync.method))
    return offsets


_UNMEASURED_ORIGINS = {
    SyncMethod.MARK: "no mark was seen; the median of the other cameras",
    SyncMethod.LIGHT: "the light fits nowhere; the median of the other cameras",
}


def camera_samples(folder: Path, camera: str, offset: float, rate: float) -> Samples:
    """What a camera saw, on the film's clock; nothing of the time in which it was frozen.

    Args:
        rate: samples a second.
    """
    faces = read_faces(folder, camera)
    # Also through the time in which it was frozen, so that the tracks are those of the journal's exchanges.
    tracker = ViewerTracker()
    tracks = [track for time, found in faces.by_frame() for track in tracker.assign(time, found)]
    frozen = [
        (start, end)
        for start, end, state, _ in _state_intervals(folder, camera)
        if state is CameraState.FROZEN
    ]
    frames = faces.frame_times[_outside_intervals(faces.frame_times, frozen)]
    kept = tracker.viewers(len(frames), rate)
    number = np.full(len(tracker.tracks) + 1, -1, dtype=np.int16)
    for viewer, own in enumerate(kept):
        number[own] = viewer
    whose = number[np.array(tracks, dtype=int)]
    seen = (whose >= 0) & _outside_intervals(faces.time, frozen)
    return Samples(
        viewers=viewer_names(camera, len(kept)),
        frames=len(frames),
        end=float(frames[-1] if len(frames) else 0.0) + offset,
        viewer=whose[seen],
        time=faces.time[seen] + offset,
        box=faces.box[seen],
        detection=faces.detection[seen],
        emotions=faces.emotions[seen],
        weight=faces.weight[seen],
        rejection_reason=faces.rejection_reason[seen],
        identity_switches=tuple(
            replace(exchange, time=exchange.time + offset, first=first, second=second)
            for exchange in read_identity_switches(folder, camera)
            if (first := int(number[exchange.first])) != (second := int(number[exchange.second]))
            and min(first, second) >= 0
        ),
    )


def count_dropped_pictures(folder: Path, camera: str, rate: float) -> int:
    """How many pictures of a camera were due to be read and were not, because reading did not keep up."""
    frozen = [
        (start, end)
        for start, end, state, _ in _state_intervals(folder, camera)
        if state is CameraState.FROZEN
    ]
    times = read_brightness(folder, camera)[0], read_faces(folder, camera).frame_times
    came, read = (set(sample_indices(t[_outside_intervals(t, frozen)], rate).tolist()) for t in times)
    return len(came - read)


def find_gaps(folder: Path, offsets: Mapping[str, Offset], rate: float) -> list[Gap]:
    """Every stretch of at least `LEAST_GAP` without samples, and every loss however short.

    Args:
        offsets: of every camera.
        rate: samples a second.
    """
    ends = {camera: _last_picture_time(folder, camera) + offset.seconds for camera, offset in offsets.items()}
    end = max(ends.values(), default=0.0)
    gaps = []
    for camera, offset in offsets.items():
        told = list(_state_gaps(folder, camera, end - offset.seconds))
        holes = _sample_gaps(
            read_faces(folder, camera), end - offset.seconds, max(MIN_REPORTED_GAP, 3 / rate)
        )
        untold = [
            (a, b, _gap_reason(folder, camera, a, b))
            for a, b in holes
            if not any(start < b and a < stop for start, stop, _ in told)
        ]
        gaps += [
            Gap(camera, start + offset.seconds, stop + offset.seconds, reason)
            for start, stop, reason in sorted(told + untold)
        ]
    return gaps


def _state_gaps(folder: Path, camera: str, end: float) -> Iterator[tuple[float, float, str]]:
    """Start, end and reason of the stretches in which a camera's state says that it saw nothing."""
    for start, stop, state, why in _state_intervals(folder, camera):
        stop = min(stop, end)
        short = state in (CameraState.WAITING, CameraState.ENDED) and stop - start < MIN_REPORTED_GAP
        if state is not CameraState.LIVE and stop > start and not short:
            reason = "never reached" if state is CameraState.WAITING and stop == end else why
            yield start, stop, f"{state}: {reason}" if reason else str(state)


def _state_intervals(folder: Path, camera: str) -> Iterator[tuple[float, float, CameraState, str]]:
    changes = [change for change in read_state_changes(folder) if change.camera == camera]
    for k, change in enumerate(changes):
        end = changes[k + 1].time if k + 1 < len(changes) else float("inf")
        yield change.time, end, change.state, change.why


def _outside_intervals(times: NDArray[np.float64], spans: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    inside = np.zeros(len(times), bool)
    for start, end in spans:
        inside |= (times > start) & (times < end)
    return ~inside


def _sample_gaps(faces: DetectedFaces, end: float, least: float) -> list[tuple[float, float]]:
    times = np.concatenate([[0.0], faces.frame_times, [end]])
    at = np.flatnonzero(np.diff(times) >= least)
    return list(zip(times[at].tolist(), times[at + 1].tolist(), strict=True))


def _gap_reason(folder: Path, camera: str, start: float, end: float) -> str:
    times, _ = read_brightness(folder, camera)
    came = ((times > start) & (times < end)).any()
    return "dropped: reading did not keep up" if came else "no picture came"


def _last_picture_time(folder: Path, camera: str) -> float:
    times, _ = read_brightness(folder, camera)
    return float(times[-1]) if len(times) else 0.0
