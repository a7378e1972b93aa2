"""Detecting drawn faces, and cropping them for the emotion model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_people import overlap, scene
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from moviemotion.audience.faces import detect
from moviemotion.audience.faces.detect import CenterFaceDetector, FaceBox, crop_face
from moviemotion.audience.faces.face_scheduler import DETECTION_SIDES
from moviemotion.audience.faces.onnx_session import create_onnx_session
from moviemotion.errors import MoviemotionError

Picture = NDArray[np.uint8]


def likeness(a: Picture, b: Picture) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


@pytest.fixture(scope="module")
def detector() -> CenterFaceDetector:
    return CenterFaceDetector()


@pytest.mark.parametrize("look", DETECTION_SIDES[1:])
@pytest.mark.parametrize("number", range(4))
def test_the_box_sits_on_the_face(detector: CenterFaceDetector, number: int, look: int) -> None:
    x, y, scale = 150, 110, 44.0
    (found,) = detector.detect([scene(320, 240, (number, scale, x, y))], look)
    assert len(found) == 1
    box = (x - scale, y - 1.1 * scale, x + scale, y + 1.4 * scale)  # hairline to chin, cheek to cheek
    assert overlap(found[0], *box) > 0.55
    eye_left, eye_right, nose, mouth_left, mouth_right = found[0].landmarks
    assert eye_left[0] < nose[0] < eye_right[0]
    assert max(eye_left[1], eye_right[1]) < nose[1] < min(mouth_left[1], mouth_right[1])


def test_an_empty_frame_has_no_face(detector: CenterFaceDetector) -> None:
    assert detector.detect([scene(320, 240), scene(320, 240)], DETECTION_SIDES[1]) == [[], []]


def test_faces_in_a_tall_frame_keep_their_proportions(detector: CenterFaceDetector) -> None:
    (found,) = detector.detect([scene(250, 470, (2, 40.0, 120, 300))], DETECTION_SIDES[1])
    assert len(found) == 1
    assert overlap(found[0], 80, 256, 160, 356) > 0.55


def test_a_batch_gives_the_same_faces_as_single_images(detector: CenterFaceDetector) -> None:
    pictures = [scene(320, 240, (n, 44.0, 120 + 20 * n, 110)) for n in range(3)]
    together = detector.detect(pictures, DETECTION_SIDES[1])
    for picture, found in zip(pictures, together, strict=True):
        (alone,) = detector.detect([picture], DETECTION_SIDES[1])
        assert len(found) == len(alone) == 1
        assert found[0].center == pytest.approx(alone[0].center, abs=0.1)


def test_the_face_with_the_highest_score_comes_first(detector: CenterFaceDetector) -> None:
    (found,) = detector.detect(
        [scene(640, 240, (0, 44.0, 150, 110), (1, 44.0, 480, 110))], DETECTION_SIDES[-1]
    )
    assert len(found) == 2
    assert found[0].score >= found[1].score


# Crops


def test_a_crop_is_a_small_gray_square_filled_by_the_face(detector: CenterFaceDetector) -> None:
    picture = scene(320, 240, (1, 44.0, 150, 110))
    (face,) = detector.detect([picture], DETECTION_SIDES[1])[0]
    crop = crop_face(picture, face)
    assert crop.shape == (48, 48)
    assert crop.dtype == np.uint8
    assert crop[16:32, 16:32].mean() > 60  # skin, where the background is about 34


def test_a_tilted_head_is_leveled(detector: CenterFaceDetector) -> None:
    picture = scene(320, 320, (1, 44.0, 160, 160))
    tilted = np.asarray(
        Image.fromarray(picture).rotate(20, Image.Resampling.BILINEAR, fillcolor=(34, 32, 42))
    )
    (straight,) = detector.detect([picture], DETECTION_SIDES[1])[0]
    (rolled,) = detector.detect([tilted], DETECTION_SIDES[1])[0]
    level = likeness(crop_face(picture, straight), crop_face(tilted, rolled))
    flat = rolled.landmarks.copy()
    flat[:2, 1] = flat[:2, 1].mean()  # as if the eyes were level already
    left_as_it_is = likeness(crop_face(picture, straight), crop_face(tilted, replace(rolled, landmarks=flat)))
    assert level > 0.85
    assert level > left_as_it_is + 0.05


def test_a_small_face_is_enlarged_without_blocks(detector: CenterFaceDetector) -> None:
    picture = scene(320, 240, (1, 44.0, 150, 110))
    (face,) = detector.detect([picture], DETECTION_SIDES[1])[0]
    small = np.asarray(Image.fromarray(picture).reduce(8))
    far = FaceBox(face.left / 8, face.top / 8, face.right / 8, face.bottom / 8, 0.9, face.landmarks / 8)
    crop = crop_face(small, far)
    assert far.size < 16
    assert (crop[:, 1:] == crop[:, :-1]).mean() < 0.3  # in blocks of three, two of three neighbors are alike
    assert likeness(crop, crop_face(picture, face)) > 0.9


def test_a_face_at_the_edge_of_the_frame_is_cropped() -> None:
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
    kept = detect._non_maximum_suppression(boxes)
    assert kept == sorted(set(kept))
    assert kept[:1] == ([0] if len(boxes) else [])
    for i in range(len(boxes)):
        better = [iou(boxes[k], boxes[i]) for k in kept if k < i]
        if i in kept:
            assert all(shared < detect.NMS_IOU_THRESHOLD + 1e-4 for shared in better)
        else:
            assert max(better) > detect.NMS_IOU_THRESHOLD - 1e-4


def test_missing_weights_are_an_error_with_a_remedy(tmp_path) -> None:
    with pytest.raises(MoviemotionError, match=r"gone\.onnx: the model file is missing; reinstall"):
        create_onnx_session(tmp_path / "gone.onnx")
