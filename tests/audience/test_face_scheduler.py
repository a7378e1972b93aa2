"""The face scheduler on drawn people: where it searches, and in how much detail."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_people import Picture, overlap, scene

from moviemotion.audience.faces import face_scheduler
from moviemotion.audience.faces.detect import CenterFaceDetector, FaceBox
from moviemotion.audience.faces.face_scheduler import DETECTION_SIDES, SEARCH_SIDE, FaceScheduler


@pytest.fixture(scope="module")
def detector() -> CenterFaceDetector:
    return CenterFaceDetector()


class RecordingDetector:
    """The built-in detector; records the size and number of the images that it searched."""

    def __init__(self, detector: CenterFaceDetector) -> None:
        self.detector, self.searches = detector, []

    def detect(self, images: list[Picture], long_side: int) -> list[list[FaceBox]]:
        self.searches.append((long_side, len(images)))
        return self.detector.detect(images, long_side)


def counts(of: FaceScheduler, pictures: list[Picture]) -> list[int]:
    return [len(found) for found in of.detect(pictures)]


def test_small_faces_are_found_in_full_detail_and_then_near_their_positions(
    detector: CenterFaceDetector,
) -> None:
    picture = scene(960, 540, *((n, 16.0, 120 + 240 * n, 200 + 60 * (n % 2)) for n in range(4)))
    recorder = RecordingDetector(detector)
    scheduler = FaceScheduler(recorder)
    assert [counts(scheduler, [picture]) for _ in range(3)] == [[4], [4], [4]]
    assert recorder.searches == [(DETECTION_SIDES[-1], 1), (SEARCH_SIDE, 4), (SEARCH_SIDE, 4)]


def test_a_large_face_needs_few_large_searches(detector: CenterFaceDetector) -> None:
    recorder = RecordingDetector(detector)
    picture = scene(320, 240, (1, 44.0, 150, 110))
    frames = face_scheduler.FULL_RESOLUTION_INTERVAL + 1
    assert counts(FaceScheduler(recorder), [picture] * frames) == [1] * frames
    sides = [side for side, _ in recorder.searches]
    assert sides.count(DETECTION_SIDES[-1]) == 2  # the first frame, and the last of these
    around = [side for side in sides if side not in (SEARCH_SIDE, DETECTION_SIDES[-1])]
    assert len(around) == -(-frames // face_scheduler.FULL_FRAME_INTERVAL) - 1
    assert max(around) < DETECTION_SIDES[1]


def test_a_search_near_a_face_gives_the_same_box_as_a_full_one(detector: CenterFaceDetector) -> None:
    pictures = [scene(320, 240, (1, 44.0, 150 + 6 * k, 110 + 3 * k)) for k in range(5)]
    recorder = RecordingDetector(detector)
    scheduler = FaceScheduler(recorder)
    found = [faces for picture in pictures for faces in scheduler.detect([picture])]
    assert [side for side, _ in recorder.searches[1:]] == [SEARCH_SIDE] * 4
    for picture, (face,) in zip(pictures, found, strict=True):
        (whole,) = detector.detect([picture], DETECTION_SIDES[-1])[0]
        assert overlap(face, whole.left, whole.top, whole.right, whole.bottom) > 0.8
        assert np.abs(face.landmarks - whole.landmarks).max() < 0.08 * whole.size


def test_a_face_that_stays_still_is_searched_for_in_every_other_frame(detector: CenterFaceDetector) -> None:
    recorder = RecordingDetector(detector)
    pictures = [scene(320, 240, (1, 44.0, 150 + k, 110)) for k in range(face_scheduler.FULL_FRAME_INTERVAL)]
    found = FaceScheduler(recorder).detect(pictures)
    assert [side for side, _ in recorder.searches[1:]] == [SEARCH_SIDE] * 4  # in frames 2, 4, 6 and 7
    for k in (1, 3, 5):
        (before,), (between,), (after,) = found[k - 1 : k + 2]
        assert between.left == pytest.approx((before.left + after.left) / 2)
        np.testing.assert_allclose(between.landmarks, (before.landmarks + after.landmarks) / 2, rtol=1e-6)


def test_a_hand_in_front_of_a_still_face_is_not_skipped(detector: CenterFaceDetector) -> None:
    bare = scene(320, 240, (1, 44.0, 150, 110))
    (face,) = FaceScheduler(detector).detect([bare])[0]
    covered = bare.copy()
    covered[int(face.top) : int(face.bottom), int(face.left) : int(face.right)] = (150, 110, 90)
    assert counts(FaceScheduler(detector), [bare, covered, bare]) == [1, 0, 1]


def test_a_face_that_jumps_is_found_in_the_same_frame(detector: CenterFaceDetector) -> None:
    places = [150, 150, 330, 330, 90]
    found = FaceScheduler(detector).detect([scene(480, 240, (1, 44.0, x, 110)) for x in places])
    assert [round(face.center[0] / 30) for (face,) in found] == [x // 30 for x in places]


def test_a_newcomer_is_found_by_the_next_search_of_the_complete_frame(detector: CenterFaceDetector) -> None:
    alone = scene(640, 240, (0, 44.0, 150, 110))
    both = scene(640, 240, (0, 44.0, 150, 110), (1, 44.0, 480, 110))
    seen = counts(FaceScheduler(detector), [alone] * 3 + [both] * face_scheduler.FULL_FRAME_INTERVAL)
    assert seen[:3] == [1, 1, 1]
    assert seen[-1] == 2


def test_a_viewer_who_leaves_is_not_replaced_by_the_neighbor(detector: CenterFaceDetector) -> None:
    both = scene(400, 240, (0, 44.0, 110, 110), (1, 44.0, 250, 110))
    left = scene(400, 240, (0, 44.0, 110, 110))
    assert counts(FaceScheduler(detector), [both, both, left, left, both]) == [2, 2, 1, 1, 2]


def test_a_frame_with_a_missing_face_is_searched_in_detail_for_a_while(
    detector: CenterFaceDetector,
) -> None:
    recorder = RecordingDetector(detector)
    seat = FaceScheduler(recorder)
    taken, empty = scene(320, 240, (1, 44.0, 150, 110)), scene(320, 240)
    assert counts(seat, [taken, taken, empty, taken]) == [1, 1, 0, 1]
    assert (DETECTION_SIDES[-1], 1) in recorder.searches[3:]
    seat.detect([empty] * (face_scheduler.MAX_MISSING_FRAMES + 1))
    recorder.searches.clear()
    seat.detect([empty] * 3)
    assert recorder.searches == [(DETECTION_SIDES[1], 1)] * 3


def test_a_distant_face_behind_a_near_one_is_found(detector: CenterFaceDetector) -> None:
    picture = scene(960, 540, (0, 90.0, 300, 260), (1, 13.0, 800, 160))
    assert counts(FaceScheduler(detector), [picture] * 10) == [2] * 10


def test_frames_of_another_size_start_over(detector: CenterFaceDetector) -> None:
    pictures = [scene(320, 240, (1, 44.0, 150, 110)), scene(640, 480, (1, 88.0, 300, 220))]
    (small,), (large,) = FaceScheduler(detector).detect(pictures)
    assert large.size > 1.7 * small.size
