"""Following faces from frame to frame, with looks as close as they need, on people that the project draws."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_people import Picture, overlap, scene

from moviemotion.audience.faces import face_scheduler
from moviemotion.audience.faces.detect import FaceBox, FaceDetector
from moviemotion.audience.faces.face_scheduler import LOOKS, NEAR_SIDE, FaceFinder


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


class Watched:
    """The real detector; remembers at what size it looked at how many pictures."""

    def __init__(self, detector: FaceDetector) -> None:
        self.detector, self.looks = detector, []

    def detect(self, images: list[Picture], long_side: int) -> list[list[FaceBox]]:
        self.looks.append((long_side, len(images)))
        return self.detector.detect(images, long_side)


def counts(of: FaceFinder, pictures: list[Picture]) -> list[int]:
    return [len(found) for found in of.find(pictures)]


def test_small_faces_are_found_by_a_close_look_and_then_each_in_its_place(detector: FaceDetector) -> None:
    picture = scene(960, 540, *((n, 16.0, 120 + 240 * n, 200 + 60 * (n % 2)) for n in range(4)))
    watched = Watched(detector)
    finder = FaceFinder(watched)
    assert [counts(finder, [picture]) for _ in range(3)] == [[4], [4], [4]]
    assert watched.looks == [(LOOKS[-1], 1), (NEAR_SIDE, 4), (NEAR_SIDE, 4)]


def test_a_large_face_costs_small_looks_and_now_and_then_a_larger_one(detector: FaceDetector) -> None:
    watched = Watched(detector)
    picture = scene(320, 240, (1, 44.0, 150, 110))
    frames = face_scheduler.LOOK_CLOSELY_EVERY + 1
    assert counts(FaceFinder(watched), [picture] * frames) == [1] * frames
    sides = [side for side, _ in watched.looks]
    assert sides.count(LOOKS[-1]) == 2  # the first frame, and the last of these
    around = [side for side in sides if side not in (NEAR_SIDE, LOOKS[-1])]
    assert len(around) == -(-frames // face_scheduler.LOOK_AROUND_EVERY) - 1
    assert max(around) < LOOKS[1]


def test_a_look_in_its_place_tells_the_same_box_as_a_look_at_the_whole(detector: FaceDetector) -> None:
    pictures = [scene(320, 240, (1, 44.0, 150 + 6 * k, 110 + 3 * k)) for k in range(5)]
    watched = Watched(detector)
    finder = FaceFinder(watched)
    found = [faces for picture in pictures for faces in finder.find([picture])]
    assert [side for side, _ in watched.looks[1:]] == [NEAR_SIDE] * 4
    for picture, (face,) in zip(pictures, found, strict=True):
        (whole,) = detector.detect([picture], LOOKS[-1])[0]
        assert overlap(face, whole.left, whole.top, whole.right, whole.bottom) > 0.8
        assert np.abs(face.landmarks - whole.landmarks).max() < 0.08 * whole.size


def test_a_face_that_stays_still_is_looked_for_in_every_other_frame(detector: FaceDetector) -> None:
    watched = Watched(detector)
    pictures = [scene(320, 240, (1, 44.0, 150 + k, 110)) for k in range(face_scheduler.LOOK_AROUND_EVERY)]
    found = FaceFinder(watched).find(pictures)
    assert [side for side, _ in watched.looks[1:]] == [NEAR_SIDE] * 4  # in frames 2, 4, 6 and 7
    for k in (1, 3, 5):
        (before,), (between,), (after,) = found[k - 1 : k + 2]
        assert between.left == pytest.approx((before.left + after.left) / 2)
        np.testing.assert_allclose(between.landmarks, (before.landmarks + after.landmarks) / 2, rtol=1e-6)


def test_a_hand_before_a_face_that_stays_still_is_looked_at(detector: FaceDetector) -> None:
    bare = scene(320, 240, (1, 44.0, 150, 110))
    (face,) = FaceFinder(detector).find([bare])[0]
    covered = bare.copy()
    covered[int(face.top) : int(face.bottom), int(face.left) : int(face.right)] = (150, 110, 90)
    assert counts(FaceFinder(detector), [bare, covered, bare]) == [1, 0, 1]


def test_a_face_that_jumps_is_found_in_the_same_frame(detector: FaceDetector) -> None:
    places = [150, 150, 330, 330, 90]
    found = FaceFinder(detector).find([scene(480, 240, (1, 44.0, x, 110)) for x in places])
    assert [round(face.centre[0] / 30) for (face,) in found] == [x // 30 for x in places]


def test_a_newcomer_is_found_by_the_next_look_around(detector: FaceDetector) -> None:
    alone = scene(640, 240, (0, 44.0, 150, 110))
    both = scene(640, 240, (0, 44.0, 150, 110), (1, 44.0, 480, 110))
    seen = counts(FaceFinder(detector), [alone] * 3 + [both] * face_scheduler.LOOK_AROUND_EVERY)
    assert seen[:3] == [1, 1, 1]
    assert seen[-1] == 2


def test_who_leaves_is_not_told_by_the_neighbour(detector: FaceDetector) -> None:
    both = scene(400, 240, (0, 44.0, 110, 110), (1, 44.0, 250, 110))
    left = scene(400, 240, (0, 44.0, 110, 110))
    assert counts(FaceFinder(detector), [both, both, left, left, both]) == [2, 2, 1, 1, 2]


def test_a_frame_with_a_face_less_is_looked_at_closely_and_an_empty_seat_soon_is_not(
    detector: FaceDetector,
) -> None:
    watched = Watched(detector)
    seat = FaceFinder(watched)
    taken, empty = scene(320, 240, (1, 44.0, 150, 110)), scene(320, 240)
    assert counts(seat, [taken, taken, empty, taken]) == [1, 1, 0, 1]
    assert (LOOKS[-1], 1) in watched.looks[3:]
    seat.find([empty] * (face_scheduler.PATIENCE + 1))
    watched.looks.clear()
    seat.find([empty] * 3)
    assert watched.looks == [(LOOKS[1], 1)] * 3


def test_a_far_face_behind_a_near_one_is_found(detector: FaceDetector) -> None:
    picture = scene(960, 540, (0, 90.0, 300, 260), (1, 13.0, 800, 160))
    assert counts(FaceFinder(detector), [picture] * 10) == [2] * 10


def test_pictures_of_another_size_begin_anew(detector: FaceDetector) -> None:
    pictures = [scene(320, 240, (1, 44.0, 150, 110)), scene(640, 480, (1, 88.0, 300, 220))]
    (small,), (large,) = FaceFinder(detector).find(pictures)
    assert large.size > 1.7 * small.size
