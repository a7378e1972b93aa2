"""Word what was seen of a camera's picture and of who its viewers are, for the problems of a study."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.faces.quality import FROZEN, REJECTION_REASONS
from moviemotion.audience.samples import PictureEventKind, Samples
from moviemotion.problems import Harm, Problem

MAX_TIMES = 5
"""Number of times that a note lists."""
MIN_ABSENCE = 2.0
"""Seconds without any face after which somebody has left; shorter gaps are missed detections."""
MAX_ARRIVAL = 1.0
"""Seconds around the start or end of such an absence in which the picture changes because of it."""
MAX_PAUSE = 1.0
"""Seconds between two frozen samples up to which they belong to one frozen stretch."""


def identity_notes(camera: str, samples: Samples) -> Iterator[Problem]:
    """Yield one problem for each doubt about who or what was seen.

    Args:
        camera: name or file of the camera.
        samples: the camera's samples.
    """
    ends = _ends_of_absences(samples)
    for kind, wording in _PICTURE_EVENTS.items():
        times = [
            event.time
            for event in samples.picture_events
            if event.kind is kind and not (np.abs(ends - event.time) <= MAX_ARRIVAL).any()
        ]
        if times:
            yield Problem(
                f"picture-{kind}", Harm.NOTE, f"the picture {wording.format(_listed(times))}", camera
            )
    for change in samples.viewer_changes:
        after, time = samples.viewers[change.after], f"{change.time:.0f} s"
        known = (samples.time[samples.viewer == change.after] < change.time - MAX_PAUSE).any()
        if change.before >= 0:
            who = after if known else "another person"
            counted = "" if known else f"; counted separately, as {after}"
            yield Problem(
                "seat-changed-hands",
                Harm.NOTE,
                f"from {time} on, {who} is in the place of {samples.viewers[change.before]} "
                f"(judged by hair and clothes){counted}",
                camera,
            )
        elif change.certain:
            yield Problem(
                "new-after-cut",
                Harm.NOTE,
                f"after the cut at {time}, {after} is a person who was not seen before (hair and clothes "
                "differ)",
                camera,
            )
        else:
            yield Problem(
                "unknown-after-cut",
                Harm.WRONG,
                f"after the cut at {time}, it cannot be told who {after} is; counted as a separate viewer, "
                "although it may be one of the others",
                camera,
            )
    for face in samples.still_faces:
        x, y = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
        yield Problem(
            "still-face",
            Harm.NOTE,
            f"a face {x:.0f} pixels from the left and {y:.0f} from the top, seen for "
            f"{face.end - face.start:.0f} s, is only a picture (a poster, a photograph, slides or a repeated "
            "video): it does not move, or moves the same way again; it was left out",
            camera,
        )
    yield from _frozen_notes(camera, samples)


def _ends_of_absences(samples: Samples) -> NDArray[np.float64]:
    """Times at which the last viewer left the picture or the first one returned.

    If one person fills the picture, all of it changes when that person ducks or sits down.
    """
    times = np.unique([0.0, *samples.time, samples.end])
    gaps = np.flatnonzero(np.diff(times) >= MIN_ABSENCE)
    return np.concatenate([times[gaps], times[gaps + 1]])


_PICTURE_EVENTS = {
    PictureEventKind.RESIZED: "changes its size at {}; the viewers were followed",
    PictureEventKind.MOVED: "moves at {} (a camera that was bumped or re-framed); the viewers were followed",
    PictureEventKind.CUT: "is cut at {}; viewers were recognized across the cuts by hair and clothes",
}


def _listed(times: Sequence[float]) -> str:
    more = len(times) - MAX_TIMES
    listed = ", ".join(f"{time:.0f}" for time in times[:MAX_TIMES]) + " s"
    return f"{listed} and {more} more times" if more > 0 else listed


def _frozen_notes(camera: str, samples: Samples) -> Iterator[Problem]:
    frozen = samples.rejection_reason == REJECTION_REASONS.index(FROZEN)
    viewers: dict[str, list[str]] = {}
    for index, viewer in enumerate(samples.viewers):
        times = samples.time[frozen & (samples.viewer == index)]
        if len(times):
            viewers.setdefault(_listed_stretches(times), []).append(viewer)
    for listed, affected in viewers.items():
        whose = "" if len(affected) == len(samples.viewers) else f" of {', '.join(affected)}"
        yield Problem(
            "frozen-picture",
            Harm.MISSING,
            f"the picture{whose} is frozen or repeated from {listed}: earlier pictures are shown again, so "
            "nothing was read; check the recording",
            camera,
        )


def _listed_stretches(times: NDArray[np.float64]) -> str:
    ends = np.flatnonzero(np.diff(times) > MAX_PAUSE)
    stretches = list(zip(times[[0, *(ends + 1)]], times[[*ends, -1]], strict=True))
    listed = ", ".join(f"{start:.0f} to {end:.0f}" for start, end in stretches[:MAX_TIMES]) + " s"
    more = len(stretches) - MAX_TIMES
    return f"{listed} and {more} more times" if more > 0 else listed
