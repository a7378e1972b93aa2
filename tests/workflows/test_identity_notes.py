"""What is said of a camera's picture, and what is not."""

import numpy as np
import pytest

from moviemotion.audience.samples import PictureEvent, PictureEventKind, Samples
from moviemotion.workflows.identity_notes import MAX_ARRIVAL, MIN_ABSENCE, identity_notes


def camera(time: np.ndarray, *events: PictureEvent) -> Samples:
    """A viewer who is found at the given times of 60 s."""
    n = len(time)
    return Samples(
        viewers=("seat-01",),
        frames=300,
        end=60.0,
        viewer=np.zeros(n, np.int16),
        time=time,
        box=np.tile(np.array([0, 0, 60, 60], np.float32), (n, 1)),
        detection=np.ones(n, np.float32),
        emotions=np.full((n, 8), 0.125, np.float32),
        weight=np.ones(n, np.float32),
        rejection_reason=np.zeros(n, np.int8),
        picture_events=events,
    )


def codes(samples: Samples) -> list[str]:
    return [problem.code for problem in identity_notes("seat-01.mp4", samples)]


ALWAYS = np.arange(0, 60.01, 0.2)
AWAY = ALWAYS[(ALWAYS <= 20) | (ALWAYS >= 25)]


@pytest.mark.parametrize("kind", [PictureEventKind.CUT, PictureEventKind.MOVED])
@pytest.mark.parametrize("time", [20 - 0.9 * MAX_ARRIVAL, 20.3, 24.8, 25 + 0.9 * MAX_ARRIVAL])
def test_somebody_who_ducks_is_no_change_of_the_picture(kind: PictureEventKind, time: float) -> None:
    event = PictureEvent(time, kind)
    assert codes(camera(AWAY, event)) == []
    assert codes(camera(ALWAYS, event)) == [f"picture-{kind}"]


@pytest.mark.parametrize("kind", [PictureEventKind.CUT, PictureEventKind.MOVED])
def test_changes_away_from_an_absence_and_around_missed_faces_are_reported(kind: PictureEventKind) -> None:
    missed = ALWAYS[(ALWAYS <= 20) | (ALWAYS >= 20 + 0.8 * MIN_ABSENCE)]
    for time, seen in ((40.0, AWAY), (20.1, missed)):
        assert codes(camera(seen, PictureEvent(time, kind))) == [f"picture-{kind}"]
