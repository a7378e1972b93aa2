"""Turn the journal of a live capture into samples on the film's clock, and list every gap."""

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
    is_faces_journal_closed,
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
"""Minimum length of a reported gap, in seconds; gaps due to the camera's state are always reported."""
ARRIVED_SHARE = 0.5
"""If more than this fraction of the frames to be sampled in a gap arrived, they were dropped."""
MAX_COMPARED_SECONDS = 1200.0
"""Seconds of the film whose brightness is compared; decoding more would take long without adding accuracy."""


@dataclass(frozen=True)
class Gap:
    """A stretch of film time for which a camera has no samples.

    Attributes:
        camera: the camera's name.
        start, end: film times in seconds.
        reason: the reason, as human-readable text.
    """

    camera: str
    start: float
    end: float
    reason: str


@dataclass(frozen=True)
class Offset:
    """The offset added to a camera's clock to give film time.

    Attributes:
        seconds: the offset in seconds.
        half_width: half-width of the 95 % interval in seconds; NaN if the offset was not measured.
        origin: human-readable description of how the offset was determined.
    """

    seconds: float
    half_width: float
    origin: str


def measure_offsets(folder: Path, seats: SeatsConfig) -> dict[str, Offset]:
    """Measure the offset of each camera with the method specified in `seats.sync`.

    If the offset of a camera cannot be measured, the median of the other offsets is used, or 0 if there are
    none; `Offset.origin` then says so.

    Args:
        folder: the journal folder.
        seats: the cameras and the synchronization method.

    Returns:
        Camera name → offset.

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
        brightness = read_brightness(folder, camera.name)
        if sync.method is SyncMethod.MARK:
            measured[camera.name] = offset_from_mark(brightness, sync.mark)
        elif reference:
            measured[camera.name] = offset_from_brightness(brightness, reference, sync.within)
        elif camera.name == first:
            measured[first] = OffsetEstimate(0.0, 0.0)
        else:
            estimate = offset_from_brightness(brightness, read_brightness(folder, first), sync.within)
            measured[camera.name] = OffsetEstimate(
                estimate.seconds + measured[first].seconds, estimate.half_width
            )
    known = [estimate.seconds for estimate in measured.values() if not np.isnan(estimate.seconds)]
    usual = float(np.median(known)) if known else 0.0
    offsets = {}
    for camera in seats.cameras:
        estimate = measured[camera.name]
        if camera.offset is not None:
            offsets[camera.name] = Offset(camera.offset, float("nan"), "given")
        elif sync.method is SyncMethod.NONE:
            offsets[camera.name] = Offset(0.0, float("nan"), "not measured")
        elif np.isnan(estimate.seconds):
            offsets[camera.name] = Offset(usual, float("nan"), _UNMEASURED_ORIGINS[sync.method])
        else:
            offsets[camera.name] = Offset(
                float(estimate.seconds), float(estimate.half_width), str(sync.method)
            )
    return offsets


_UNMEASURED_ORIGINS = {
    SyncMethod.MARK: "no mark found; used the median of the other cameras",
    SyncMethod.LIGHT: "no match for the brightness; used the median of the other cameras",
}


def camera_samples(folder: Path, camera: str, offset: float, rate: float) -> Samples:
    """The samples of a camera in film time, excluding periods in which the camera was frozen.

    Args:
        folder: the journal folder.
        camera: the camera's name.
        offset: seconds to add to the journal's times.
        rate: samples per second.
    """
    faces = read_faces(folder, camera)
    # Frozen frames are tracked too, so that track numbers match the identity switches in the journal.
    tracker = ViewerTracker()
    tracks = [track for time, found in faces.by_frame() for track in tracker.assign(time, found)]
    frozen = [
        (start, end)
        for start, end, state, _ in _state_intervals(folder, camera)
        if state is CameraState.FROZEN
    ]
    frames = faces.frame_times[_outside_intervals(faces.frame_times, frozen)]
    viewers = tracker.viewers(len(frames), rate)
    # Track → viewer, −1 for tracks that do not belong to a viewer.
    number = np.full(len(tracker.tracks) + 1, -1, dtype=np.int16)
    for viewer, tracks_of_viewer in enumerate(viewers):
        number[tracks_of_viewer] = viewer
    viewer_of_row = number[np.array(tracks, dtype=int)]
    seen = (viewer_of_row >= 0) & _outside_intervals(faces.time, frozen)
    return Samples(
        viewers=viewer_names(camera, len(viewers)),
        frames=len(frames),
        end=float(frames[-1] if len(frames) else 0.0) + offset,
        viewer=viewer_of_row[seen],
        time=faces.time[seen] + offset,
        box=faces.box[seen],
        detection=faces.detection[seen],
        emotions=faces.emotions[seen],
        weight=faces.weight[seen],
        rejection_reason=faces.rejection_reason[seen],
        pose=faces.pose[seen],
        identity_switches=tuple(
            replace(switch, time=switch.time + offset, first=first, second=second)
            for switch in read_identity_switches(folder, camera)
            # A damaged journal has fewer tracks than the capture had.
            if max(switch.first, switch.second) < len(tracker.tracks)
            and (first := int(number[switch.first])) != (second := int(number[switch.second]))
            and min(first, second) >= 0
        ),
        doubts=tuple(
            dict.fromkeys(
                why
                for _, _, state, why in _state_intervals(folder, camera)
                if state is CameraState.LIVE and why
            )
        ),
    )


def count_dropped_pictures(folder: Path, camera: str, rate: float) -> int:
    """Count the frames to be sampled that were dropped because processing could not keep up."""
    frozen = [
        (start, end)
        for start, end, state, _ in _state_intervals(folder, camera)
        if state is CameraState.FROZEN
    ]
    times = read_brightness(folder, camera)[0], read_faces(folder, camera).frame_times
    arrived, read = (set(sample_indices(t[_outside_intervals(t, frozen)], rate).tolist()) for t in times)
    return len(arrived - read)


def find_gaps(folder: Path, offsets: Mapping[str, Offset], rate: float) -> list[Gap]:
    """Find every stretch of at least `MIN_REPORTED_GAP` without samples, and every loss of a camera.

    Args:
        folder: the journal folder.
        offsets: camera name → offset, for every camera.
        rate: samples per second.

    Returns:
        The gaps, grouped by camera and in chronological order.
    """
    ends = {camera: _last_picture_time(folder, camera) + offset.seconds for camera, offset in offsets.items()}
    end = max(ends.values(), default=0.0)
    gaps = []
    for camera, offset in offsets.items():
        explained = list(_state_gaps(folder, camera, end - offset.seconds))
        holes = _sample_gaps(
            read_faces(folder, camera), end - offset.seconds, max(MIN_REPORTED_GAP, 3 / rate)
        )
        others = [
            (a, b, _gap_reason(folder, camera, a, b, rate))
            for a, b in holes
            if not any(start < b and a < stop for start, stop, _ in explained)
        ]
        gaps += [
            Gap(camera, start + offset.seconds, stop + offset.seconds, reason)
            for start, stop, reason in sorted(explained + others)
        ]
    return gaps


def _state_gaps(folder: Path, camera: str, end: float) -> Iterator[tuple[float, float, str]]:
    """The start, end and reason of each stretch in which a camera was not live."""
    for start, last, state, why in _state_intervals(folder, camera):
        stop = min(last, end)
        short = state in (CameraState.WAITING, CameraState.ENDED) and stop - start < MIN_REPORTED_GAP
        if state is not CameraState.LIVE and stop > start and not short:
            reason = "never reached" if state is CameraState.WAITING and stop == end else why
            yield start, stop, f"{state}: {reason}" if reason else str(state)


def _state_intervals(folder: Path, camera: str) -> Iterator[tuple[float, float, CameraState, str]]:
    """Yield the start, end, state and reason of each period between changes of a camera's state."""
    changes = [change for change in read_state_changes(folder) if change.camera == camera]
    for k, change in enumerate(changes):
        end = changes[k + 1].time if k + 1 < len(changes) else float("inf")
        yield change.time, end, change.state, change.why


def _outside_intervals(times: NDArray[np.float64], spans: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    """(n,) whether each time lies outside all spans."""
    inside = np.zeros(len(times), bool)
    for start, end in spans:
        inside |= (times > start) & (times < end)
    return ~inside


def _sample_gaps(faces: DetectedFaces, end: float, least: float) -> list[tuple[float, float]]:
    """The start and end of each stretch of at least `least` seconds between two sampled frames."""
    times = np.concatenate([[0.0], faces.frame_times, [end]])
    at = np.flatnonzero(np.diff(times) >= least)
    return list(zip(times[at].tolist(), times[at + 1].tolist(), strict=True))


def _gap_reason(folder: Path, camera: str, start: float, end: float, rate: float) -> str:
    """The reason why there are no samples although the camera was live."""
    times, _ = read_brightness(folder, camera)
    first, last = (int(index) for index in sample_indices([start, end], rate))
    due = np.unique(sample_indices(times, rate))
    due = due[(due > first) & (due < last)]
    # A few frames may arrive after the last sample, or between two samples, before a camera falls silent.
    arrived = len(due) > ARRIVED_SHARE * (last - first - 1)
    is_cut_off = arrived and not is_faces_journal_closed(folder, camera)
    if is_cut_off and not (read_faces(folder, camera).frame_times > start).any():
        return "lost: the journal of the camera's faces is cut off"
    return "dropped: reading did not keep up" if arrived else "no frame arrived"


def _last_picture_time(folder: Path, camera: str) -> float:
    times, _ = read_brightness(folder, camera)
    # The brightness journal may be cut off earlier than the faces journal.
    return float(max([*times[-1:], *read_faces(folder, camera).frame_times[-1:]], default=0.0))
