"""The times at which recordings were created, as noted in their files: the weakest way to align cameras.

Cameras note the time by their own clocks, which are often minutes wrong, in whole seconds, sometimes in local
time, and some note the end of the recording instead of its start. Editing may keep the old time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import av
import numpy as np

HALF_WIDTH = 2.0
"""Half-width of the interval of an offset, in seconds, if cameras' clocks were set by radio or network."""
MAX_SPREAD = 2.5
"""Seconds by which the creation times of aligned cameras may contradict their alignment."""
EARLIEST_YEAR = 2005
"""Earlier years mean a clock that was never set, or a file without a date (1904, 1970)."""
HOUR = 3600.0
MIN_OVERLAP_SHARE = 0.5
"""Fraction of the shortest recording by which all recordings must overlap for the times to be plausible."""
SAME_LENGTH_SECONDS = 0.5
"""Recordings whose lengths differ by less have been cut to one length; their times are not their starts."""


@dataclass(frozen=True)
class FileTime:
    """What a file says about its recording.

    Attributes:
        created: seconds since 1970.
        seconds: length of the recording.
    """

    created: float
    seconds: float


def read_creation_time(path: Path) -> float | None:
    """The creation time noted in a video file, in seconds since 1970; None if there is no plausible one."""
    try:
        with av.open(f"file:{path}") as container:
            notes = [container.metadata, *(stream.metadata for stream in container.streams.video[:1])]
    except (av.error.FFmpegError, OSError):
        return None
    for key in ("com.apple.quicktime.creationdate", "creation_time", "date", "DATE"):
        for note in notes:
            try:
                when = datetime.fromisoformat(note.get(key, ""))
            except ValueError:
                continue
            if when.year >= EARLIEST_YEAR and "T" in note.get(key, "").replace(" ", "T"):
                return when.timestamp()
    return None


def offsets_like_aligned(
    times: Mapping[str, FileTime], aligned: Mapping[str, float]
) -> tuple[dict[str, float], float]:
    """Offsets of cameras from creation times that agree with the cameras that were aligned.

    Args:
        times: camera → what its file says.
        aligned: camera → film time of the file's start, for cameras that were aligned in another way.

    Returns:
        Offsets of the other cameras, and the half-width of their interval; empty if fewer than two cameras
        were aligned, or if their creation times contradict the alignment.
    """
    known = [camera for camera in times if camera in aligned]
    for at_end in (False, True):
        starts = {c: t.created - (t.seconds if at_end else 0.0) for c, t in times.items()}
        differences = [aligned[camera] - starts[camera] for camera in known]
        if len(known) >= 2 and np.ptp(differences) <= MAX_SPREAD:
            middle = float(np.median(differences))
            width = max(HALF_WIDTH, 2 * float(np.ptp(differences)))
            return {c: start + middle for c, start in starts.items() if c not in aligned}, width
    return {}, float("nan")


def offsets_of_unaligned(times: Mapping[str, FileTime]) -> dict[str, float]:
    """Offsets of cameras of which none could be aligned, if their creation times are plausible.

    Returns:
        Camera → seconds after the earliest recording; empty if the times are equal or implausible.
    """
    if len(times) < 2:
        return {}
    lengths = [time.seconds for time in times.values()]
    earliest = min(time.created for time in times.values())
    offsets = {c: time.created - earliest for c, time in times.items()}
    if max(offsets.values()) > HOUR - 60:
        # Clocks in different time zones differ by whole hours.
        offsets = {c: offset - HOUR * round(offset / HOUR) for c, offset in offsets.items()}
        offsets = {c: offset - min(offsets.values()) for c, offset in offsets.items()}
    same_length = np.ptp(lengths) < SAME_LENGTH_SECONDS
    overlap = min(o + t.seconds for o, t in zip(offsets.values(), times.values(), strict=True)) - max(
        offsets.values()
    )
    if same_length or overlap < MIN_OVERLAP_SHARE * min(lengths) or not any(offsets.values()):
        return {}
    return offsets
