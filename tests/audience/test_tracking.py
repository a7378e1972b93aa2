"""Tracking of viewers, as boxes that move."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moviemotion.audience.faces.detect import FaceBox
from moviemotion.audience.faces.tracking import ViewerTracker

RATE = 5.0
SIZE = 40.0


def face(x: float, y: float = 100.0, size: float = SIZE) -> FaceBox:
    half = size / 2
    return FaceBox(x - half, y - half, x + half, y + half, 0.9, np.zeros((5, 2), np.float32))


def track(frames: Sequence[dict[str, FaceBox]], order: np.random.Generator | None = None) -> Tracked:
    """Run the tracker on frames of named faces, which are passed in any order."""
    tracker, owners = ViewerTracker(), {}
    for k, frame in enumerate(frames):
        names = list(frame)
        if order is not None:
            order.shuffle(names)
        for name, number in zip(names, tracker.assign(k / RATE, [frame[n] for n in names]), strict=True):
            owners.setdefault(name, []).append(number)
    viewers = tracker.viewers(len(frames), RATE)
    return Tracked([tracks[0] for tracks in viewers], owners)


class Tracked:
    def __init__(self, viewers: list[int], owners: dict[str, list[int]]) -> None:
        self.viewers, self.owners = viewers, owners

    def of(self, name: str) -> int:
        """The one track that a person's faces were given to."""
        (number,) = set(self.owners[name])
        return number


@given(
    seats=st.integers(1, 8),
    gap=st.floats(1.3, 4),
    fidget=st.floats(0, 0.25),
    missed=st.floats(0, 0.4),
    seed=st.integers(0, 10**6),
)
def test_viewers_on_their_seats_have_one_track_each(
    seats: int, gap: float, fidget: float, missed: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    frames = [
        {
            f"seat {s}": face(100 + s * gap * SIZE + rng.uniform(-fidget, fidget) * SIZE, 100)
            for s in range(seats)
            if k == 0 or rng.random() >= missed
        }
        for k in range(60)
    ]
    tracked = track(frames, rng)
    # Named from left to right, one track each, and none besides.
    assert tracked.viewers == [tracked.of(f"seat {s}") for s in range(seats)]


@example(lean=0.4375, gap=2.0, lasts=3, seed=0)
@given(lean=st.floats(0, 0.45), gap=st.floats(1.4, 3), lasts=st.integers(2, 20), seed=st.integers(0, 10**6))
def test_neighbors_who_lean_together_do_not_switch(lean: float, gap: float, lasts: int, seed: int) -> None:
    """Their heads come as close as a tenth of the distance of the seats, and are passed in any order."""
    toward = np.concatenate([np.zeros(10), np.hanning(lasts + 2), np.zeros(15)]) * lean * gap * SIZE
    frames = [{"left": face(100 + d), "right": face(100 + gap * SIZE - d)} for d in toward]
    tracked = track(frames, np.random.default_rng(seed))
    assert tracked.viewers == [tracked.of("left"), tracked.of("right")]


@given(gone=st.integers(1, 200), back=st.floats(-0.9, 0.9), down=st.floats(-0.4, 0.4))
def test_a_viewer_who_leaves_and_returns_is_the_same_viewer(gone: int, back: float, down: float) -> None:
    here = {"neighbor": face(300), "viewer": face(100)}
    again = {"neighbor": face(300), "viewer": face(100 + back * SIZE, 100 + down * SIZE)}
    frames = [here] * 12 + [{"neighbor": face(300)}] * gone + [again] * 12
    tracked = track(frames)
    assert tracked.viewers == [tracked.of("viewer"), tracked.of("neighbor")]


@given(stays=st.integers(1, 9), speed=st.floats(0, 0.9), enters=st.integers(1, 40))
def test_a_passer_by_of_less_than_two_seconds_is_no_viewer(stays: int, speed: float, enters: int) -> None:
    frames = [{"viewer": face(100)} for _ in range(60)]
    for k in range(stays):
        frames[enters + k]["passer-by"] = face(400 + k * speed * SIZE)
    tracked = track(frames)
    assert tracked.viewers == [tracked.of("viewer")]


def test_a_guest_of_two_seconds_is_a_viewer_of_a_short_film_but_not_of_a_long_one() -> None:
    def watched(seconds: int) -> int:
        frames = [{"viewer": face(100)} for _ in range(seconds * int(RATE))]
        for k in range(10):
            frames[k]["guest"] = face(400)
        return len(track(frames).viewers)

    assert watched(30) == 2
    assert watched(120) == 1


def test_a_clip_shorter_than_two_seconds_still_has_its_viewer() -> None:
    assert len(track([{"viewer": face(100)}] * 4).viewers) == 1


def test_no_face_gives_no_result() -> None:
    assert track([{}] * 20).viewers == []


@given(speed=st.floats(0.0, 1.8), up=st.floats(-0.5, 0.5))
def test_a_viewer_who_gets_up_and_walks_faster_and_faster_is_followed(speed: float, up: float) -> None:
    """From rest to `speed` face sizes per sample within eight samples, next to a neighbor who stays."""
    moves = np.concatenate([np.zeros(10), np.linspace(0, speed, 8), np.full(6, speed)]) * SIZE
    frames = [{"walker": face(500 + x, 100 + up * x), "sitter": face(400)} for x in moves.cumsum()]
    tracked = track(frames)
    assert tracked.viewers == [tracked.of("sitter"), tracked.of("walker")]


def test_a_large_face_in_front_is_not_the_small_one_behind() -> None:
    """Somebody stands up in front of a viewer and sits down again."""
    frames = [{"viewer": face(100)} for _ in range(40)]
    for k in range(10, 15):
        frames[k] = {"in front": face(105, 105, 3 * SIZE)}
    tracked = track(frames)
    assert tracked.viewers == [tracked.of("viewer")]
    assert tracked.of("in front") != tracked.of("viewer")


def test_a_face_on_a_distant_seat_is_another_viewer() -> None:
    beside = {"beside": face(100 + 3 * SIZE)}
    here, there = [{"first": face(100), **beside}] * 20, [{"second": face(100 + 6 * SIZE)}] * 20
    tracked = track([*here, *[beside] * 50, *there])
    assert tracked.viewers == [tracked.of("first"), tracked.of("beside"), tracked.of("second")]


def test_one_face_at_a_time_is_one_viewer_however_far_it_jumps() -> None:
    tracker = ViewerTracker()
    places = [100, 400, 700, 100]
    for k in range(80):
        tracker.assign(k / RATE, [face(places[k // 20])])
    (tracks,) = tracker.viewers(80, RATE)
    assert sum(tracker.tracks[i].samples for i in tracks) == 80


@pytest.mark.parametrize(("unseen", "away", "same"), [
    (1 / RATE, 1.6, False),
    (2.0, 1.6, True),
    (2.0, 2.1, False),
    (4.0, 2.4, True),
    (60.0, 2.4, True),
    (60.0, 2.7, False),
])  # fmt: skip
def test_the_longer_a_viewer_was_not_seen_the_farther_away_they_may_return(
    unseen: float, away: float, same: bool
) -> None:
    """One face size, plus a half for each second, up to two and a half."""
    tracker = ViewerTracker()
    for k in range(15):
        tracker.assign(k / RATE, [face(100)])
    returned = tracker.assign(14 / RATE + unseen, [face(100 + away * SIZE)])
    assert (returned == [0]) is same


@pytest.mark.parametrize(("seen", "unseen", "same"), [
    (0.0, 1.0, True),
    (1.0, 1.8, True),
    (0.0, 2.4, False),
    (1.0, 3.0, False),
    (1.8, 600.0, False),
    (2.0, 600.0, True),
])  # fmt: skip
def test_a_false_alarm_ends_where_a_viewer_may_return_at_any_time(
    seen: float, unseen: float, same: bool
) -> None:
    """A track that lasted less than two seconds is closed when it was not seen for two seconds."""
    tracker = ViewerTracker()
    for k in range(round(seen * RATE) + 1):
        tracker.assign(k / RATE, [face(100)])
    assert (tracker.assign(seen + unseen, [face(100)]) == [0]) is same


def test_repeated_false_alarms_at_one_place_do_not_add_up_to_a_viewer() -> None:
    frames = [{"viewer": face(100)} for _ in range(300)]
    for start in range(10, 290, 20):
        for k in range(3):
            frames[start + k]["false alarm"] = face(400)
    tracked = track(frames)
    assert tracked.viewers == [tracked.of("viewer")]
    assert len(set(tracked.owners["false alarm"])) == 14
