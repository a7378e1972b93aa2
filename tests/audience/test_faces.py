"""Finding faces that the project draws itself, and cutting them out for the reader."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from moviemotion.audience import faces
from moviemotion.audience.faces import LOOKS, NEAR_SIDE, FaceBox, FaceDetector, FaceFinder, crop_face
from moviemotion.emotions import Emotion
from moviemotion.errors import MoviemotionError
from moviemotion.simulation.face import expression_of, sample_identity
from moviemotion.simulation.rendering import LEFT, TOP, render_face

Picture = NDArray[np.uint8]
SMILE = expression_of(Emotion.HAPPY, 0.4)


def portrait(number: int, scale: float = 44.0) -> Image.Image:
    """Head and shoulders of an invented person; `scale` pixels are half the width of the face."""
    return Image.fromarray(render_face(sample_identity(36, number), SMILE, scale))


def scene(width: int, height: int, *people: tuple[int, float, int, int]) -> Picture:
    """A dark room with people: number, scale, and x and y of the point between eyes and nose."""
    room = Image.new("RGB", (width, height), (34, 32, 42))
    for number, scale, x, y in people:
        figure = portrait(number, scale)
        room.paste(figure, (round(x + LEFT * scale), round(y + TOP * scale)), figure)
    return np.asarray(room)


def overlap(face: FaceBox, left: float, top: float, right: float, bottom: float) -> float:
    """Intersection over union."""
    wide = min(face.right, right) - max(face.left, left)
    high = min(face.bottom, bottom) - max(face.top, top)
    shared = max(wide, 0) * max(high, 0)
    own = (face.right - face.left) * (face.bottom - face.top)
    return shared / (own + (right - left) * (bottom - top) - shared)


def likeness(a: Picture, b: Picture) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


@pytest.mark.parametrize("look", LOOKS[1:])
@pytest.mark.parametrize("number", range(4))
def test_the_box_sits_on_the_face(detector: FaceDetector, number: int, look: int) -> None:
    x, y, scale = 150, 110, 44.0
    (found,) = detector.detect([scene(320, 240, (number, scale, x, y))], look)
    assert len(found) == 1
    box = (x - scale, y - 1.1 * scale, x + scale, y + 1.4 * scale)  # hairline to chin, cheek to cheek
    assert overlap(found[0], *box) > 0.55
    eye_left, eye_right, nose, mouth_left, mouth_right = found[0].landmarks
    assert eye_left[0] < nose[0] < eye_right[0]
    assert max(eye_left[1], eye_right[1]) < nose[1] < min(mouth_left[1], mouth_right[1])


def test_an_empty_room_has_no_face(detector: FaceDetector) -> None:
    assert detector.detect([scene(320, 240), scene(320, 240)], LOOKS[1]) == [[], []]


def test_faces_of_a_tall_picture_keep_its_proportions(detector: FaceDetector) -> None:
    (found,) = detector.detect([scene(250, 470, (2, 40.0, 120, 300))], LOOKS[1])
    assert len(found) == 1
    assert overlap(found[0], 80, 256, 160, 356) > 0.55


def test_a_batch_reads_as_its_pictures_alone(detector: FaceDetector) -> None:
    pictures = [scene(320, 240, (n, 44.0, 120 + 20 * n, 110)) for n in range(3)]
    together = detector.detect(pictures, LOOKS[1])
    for picture, found in zip(pictures, together, strict=True):
        (alone,) = detector.detect([picture], LOOKS[1])
        assert len(found) == len(alone) == 1
        assert found[0].centre == pytest.approx(alone[0].centre, abs=0.1)


def test_the_best_face_comes_first(detector: FaceDetector) -> None:
    (found,) = detector.detect([scene(640, 240, (0, 44.0, 150, 110), (1, 44.0, 480, 110))], LOOKS[-1])
    assert len(found) == 2
    assert found[0].score >= found[1].score


# Crops


def test_a_crop_is_a_small_grey_square_filled_by_the_face(detector: FaceDetector) -> None:
    picture = scene(320, 240, (1, 44.0, 150, 110))
    (face,) = detector.detect([picture], LOOKS[1])[0]
    crop = crop_face(picture, face)
    assert crop.shape == (48, 48)
    assert crop.dtype == np.uint8
    assert crop[16:32, 16:32].mean() > 60  # skin, where the room is about 34


def test_a_tilted_head_is_levelled(detector: FaceDetector) -> None:
    picture = scene(320, 320, (1, 44.0, 160, 160))
    tilted = np.asarray(
        Image.fromarray(picture).rotate(20, Image.Resampling.BILINEAR, fillcolor=(34, 32, 42))
    )
    (straight,) = detector.detect([picture], LOOKS[1])[0]
    (rolled,) = detector.detect([tilted], LOOKS[1])[0]
    level = likeness(crop_face(picture, straight), crop_face(tilted, rolled))
    flat = rolled.landmarks.copy()
    flat[:2, 1] = flat[:2, 1].mean()  # as if the eyes were level already
    left_as_it_is = likeness(crop_face(picture, straight), crop_face(tilted, replace(rolled, landmarks=flat)))
    assert level > 0.85
    assert level > left_as_it_is + 0.05


def test_a_face_at_the_edge_of_the_picture_is_cut_out_all_the_same() -> None:
    picture = np.full((60, 80, 3), 90, np.uint8)
    eyes = np.array([[-4, 20], [10, 20], [3, 28], [-2, 34], [8, 34]], np.float32)
    crop = crop_face(picture, FaceBox(-12, 5, 20, 45, 0.9, eyes))
    assert crop.shape == (48, 48)
    assert (crop == 90).all()


@settings(max_examples=40)
@given(
    left=st.floats(-200, 900),
    top=st.floats(-200, 700),
    width=st.floats(1, 300),
    height=st.floats(1, 300),
    eyes=st.lists(st.floats(-300, 900), min_size=4, max_size=4),
)
def test_any_box_gives_a_crop(
    left: float, top: float, width: float, height: float, eyes: list[float]
) -> None:
    landmarks = np.zeros((5, 2), np.float32)
    landmarks[:2] = np.array(eyes).reshape(2, 2)
    face = FaceBox(left, top, left + width, top + height, 0.5, landmarks)
    assert crop_face(np.zeros((48, 64, 3), np.uint8), face).shape == (48, 48)


# Overlapping boxes

BOXES = st.lists(
    st.tuples(st.floats(0, 100), st.floats(0, 100), st.floats(1, 50), st.floats(1, 50)), max_size=25
).map(lambda rows: np.array([(x, y, x + w, y + h) for x, y, w, h in rows], np.float32).reshape(-1, 4))


def iou(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    shared = (np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])).clip(0).prod()
    return float(shared / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - shared))


@given(BOXES)
def test_no_two_kept_boxes_overlap_and_each_dropped_one_overlaps_a_better(boxes: NDArray[np.float32]) -> None:
    kept = faces._without_overlaps(boxes)
    assert kept == sorted(set(kept))
    assert kept[:1] == ([0] if len(boxes) else [])
    for i in range(len(boxes)):
        better = [iou(boxes[k], boxes[i]) for k in kept if k < i]
        if i in kept:
            assert all(shared < faces.OVERLAP + 1e-4 for shared in better)
        else:
            assert max(better) > faces.OVERLAP - 1e-4


# Looks as close as the faces need


class Watched:
    """The real detector; remembers at what size it looked at how many pictures."""

    def __init__(self, detector: FaceDetector) -> None:
        self.detector, self.looks = detector, []

    def detect(self, images: list[Picture], long_side: int) -> list[list[FaceBox]]:
        self.looks.append((long_side, len(images)))
        return self.detector.detect(images, long_side)


def counts(finder: FaceFinder, pictures: list[Picture]) -> list[int]:
    return [len(found) for found in finder.find(pictures)]


def test_small_faces_are_found_by_a_close_look_and_then_each_in_its_place(detector: FaceDetector) -> None:
    picture = scene(960, 540, *((n, 16.0, 120 + 240 * n, 200 + 60 * (n % 2)) for n in range(4)))
    watched = Watched(detector)
    assert counts(FaceFinder(watched), [picture] * 3) == [4, 4, 4]
    assert watched.looks == [(LOOKS[-1], 1), (NEAR_SIDE, 4), (NEAR_SIDE, 4)]


def test_a_large_face_costs_small_looks_and_now_and_then_a_larger_one(detector: FaceDetector) -> None:
    watched = Watched(detector)
    picture = scene(320, 240, (1, 44.0, 150, 110))
    frames = faces.LOOK_CLOSELY_EVERY + 1
    assert counts(FaceFinder(watched), [picture] * frames) == [1] * frames
    sides = [side for side, _ in watched.looks]
    assert sides.count(LOOKS[-1]) == 2  # the first frame, and the last of these
    around = [side for side in sides if side not in (NEAR_SIDE, LOOKS[-1])]
    assert len(around) == -(-frames // faces.LOOK_AROUND_EVERY) - 1
    assert max(around) < LOOKS[1]


def test_a_look_in_its_place_tells_the_same_box_as_a_look_at_the_whole(detector: FaceDetector) -> None:
    pictures = [scene(320, 240, (1, 44.0, 150 + 6 * k, 110 + 3 * k)) for k in range(5)]
    watched = Watched(detector)
    found = FaceFinder(watched).find(pictures)
    assert [side for side, _ in watched.looks[1:]] == [NEAR_SIDE] * 4
    for picture, (face,) in zip(pictures, found, strict=True):
        (whole,) = detector.detect([picture], LOOKS[-1])[0]
        assert overlap(face, whole.left, whole.top, whole.right, whole.bottom) > 0.8
        assert np.abs(face.landmarks - whole.landmarks).max() < 0.08 * whole.size


def test_a_face_that_jumps_is_found_in_the_same_frame(detector: FaceDetector) -> None:
    places = [150, 150, 330, 330, 90]
    found = FaceFinder(detector).find([scene(480, 240, (1, 44.0, x, 110)) for x in places])
    assert [round(face.centre[0] / 30) for (face,) in found] == [x // 30 for x in places]


def test_a_newcomer_is_found_by_the_next_look_around(detector: FaceDetector) -> None:
    alone = scene(640, 240, (0, 44.0, 150, 110))
    both = scene(640, 240, (0, 44.0, 150, 110), (1, 44.0, 480, 110))
    seen = counts(FaceFinder(detector), [alone] * 3 + [both] * faces.LOOK_AROUND_EVERY)
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
    finder = FaceFinder(watched)
    taken, empty = scene(320, 240, (1, 44.0, 150, 110)), scene(320, 240)
    assert counts(finder, [taken, taken, empty, taken]) == [1, 1, 0, 1]
    assert (LOOKS[-1], 1) in watched.looks[3:]
    finder.find([empty] * (faces.PATIENCE + 1))
    watched.looks.clear()
    finder.find([empty] * 3)
    assert watched.looks == [(LOOKS[1], 1)] * 3


def test_a_far_face_behind_a_near_one_is_found(detector: FaceDetector) -> None:
    picture = scene(960, 540, (0, 90.0, 300, 260), (1, 13.0, 800, 160))
    assert counts(FaceFinder(detector), [picture] * 10) == [2] * 10


def test_pictures_of_another_size_begin_anew(detector: FaceDetector) -> None:
    pictures = [scene(320, 240, (1, 44.0, 150, 110)), scene(640, 480, (1, 88.0, 300, 220))]
    (small,), (large,) = FaceFinder(detector).find(pictures)
    assert large.size > 1.7 * small.size


def test_missing_weights_say_what_to_do(tmp_path) -> None:
    with pytest.raises(MoviemotionError, match=r"gone\.onnx: model file missing; reinstall"):
        faces.session(tmp_path / "gone.onnx")
