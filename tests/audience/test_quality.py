"""Quality weights: known degradations lower the weight, and are given as the reason."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from moviemotion.audience.faces.detect import FaceBox, crop_face
from moviemotion.audience.faces.quality import (
    GOOD,
    QUALITY_LIMITS,
    REJECTION_REASONS,
    measure_quality,
    quality_weights,
)
from moviemotion.emotions import Emotion
from moviemotion.simulation.rendering.face import Expression, random_identity, scaled_prototype
from moviemotion.simulation.rendering.hand import GESTURES, Gesture, draw_hand
from moviemotion.simulation.rendering.render import LEFT, TOP, render_face

Picture = NDArray[np.uint8]
SCALE = 44.0
REST = Expression()


def portrait(person: int, expression: Expression = REST) -> tuple[Picture, FaceBox]:
    """A rendered face of about 115 pixels with its known box, so that nothing has to be detected."""
    rgba = render_face(random_identity(1, person), expression, SCALE).astype(float)
    alpha = rgba[..., 3:] / 255
    image = (rgba[..., :3] * alpha + 30 * (1 - alpha)).astype(np.uint8)

    def at(x: float, y: float) -> tuple[float, float]:
        return (x - LEFT) * SCALE, (y - TOP) * SCALE

    left, top = at(-1.05, -1.15)
    right, bottom = at(1.05, 1.45)
    marks = [at(-0.43, -0.1), at(0.43, -0.1), at(0, 0.4), at(-0.35, 0.86), at(0.35, 0.86)]
    return image, FaceBox(left, top, right, bottom, 0.9, np.array(marks, np.float32))


@pytest.fixture(scope="module", params=range(4))
def face(request: pytest.FixtureRequest) -> tuple[Picture, FaceBox]:
    return portrait(request.param)


def weight(image: Picture, box: FaceBox) -> tuple[float, str]:
    weights, reasons = quality_weights([box], [crop_face(image, box)])
    return float(weights[0]), REJECTION_REASONS[reasons[0]]


def test_a_plain_face_is_good(face: tuple[Picture, FaceBox]) -> None:
    assert weight(*face)[0] > 0.8
    assert weight(*face)[1] == GOOD


def test_a_blurred_face_has_less_weight_and_a_very_blurred_one_none(face: tuple[Picture, FaceBox]) -> None:
    image, box = face
    crops = [gaussian_filter(image, (sigma, sigma, 0)) for sigma in (0, 3, 6, 12)]
    weights = [weight(crop, box)[0] for crop in crops]
    assert weights == sorted(weights, reverse=True)
    assert weight(crops[-1], box) == (0.0, "blurred")


def test_darkness_is_rejected_but_a_dark_theater_is_not(face: tuple[Picture, FaceBox]) -> None:
    image, box = face
    dark = (255 * (image / 255) ** 2.5).astype(np.uint8)
    noisy = np.clip(dark + np.random.default_rng(1).normal(0, 3, dark.shape), 0, 255).astype(np.uint8)
    assert weight(noisy, box)[0] > 0.5
    assert weight((image * 0.01).astype(np.uint8), box) == (0.0, "too dark or washed out")


@pytest.mark.parametrize("amplification", [1, 8])
def test_noise_counts_however_bright_the_camera_makes_it(
    face: tuple[Picture, FaceBox], amplification: int
) -> None:
    image, box = face
    crop = crop_face(image, box)
    noise = np.random.default_rng(1).normal(0, 3, crop.shape)
    recorded = [np.rint((crop * light + noise).clip(0, 255)) for light in (0.01, 0.05, 0.2)]
    crops = [(one * amplification).clip(0, 255).astype(np.uint8) for one in recorded]
    weights, reasons = quality_weights([box] * 3, crops)
    assert weights.tolist() == sorted(weights.tolist())
    assert REJECTION_REASONS[reasons[0]] == "too dark or washed out"
    assert weights[2] > 0.7


@pytest.mark.parametrize("person", range(4))
def test_a_noisy_face_is_not_mistaken_for_a_covered_one(person: int) -> None:
    image, box = portrait(person)
    crop = crop_face(image, box)
    noisy = crop * 0.1 + np.random.default_rng(person).normal(0, 3, crop.shape)
    measures = [
        measure_quality([box], [c])["cover"][0] for c in (crop, np.rint(noisy.clip(0, 255)).astype(np.uint8))
    ]
    assert max(measures) < 0.12


def test_a_hand_in_front_of_the_face_lowers_the_weight(face: tuple[Picture, FaceBox]) -> None:
    image, box = face
    covered = image.astype(float)
    size = box.size
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    hand = ((x - box.center[0]) / (0.4 * size)) ** 2 + (
        (y - box.bottom + 0.2 * size) / (0.27 * size)
    ) ** 2 < 1
    covered[hand] = np.median(image[int(box.center[1])], axis=0) * 0.95
    assert weight(covered.astype(np.uint8), box)[0] < 0.5 * weight(image, box)[0]


@pytest.mark.parametrize(
    ("gesture", "most"),
    [(GESTURES[0], 0.0), (GESTURES[1], 0.6), (GESTURES[2], 0.0)],
    ids=["mouth", "cheek", "eye"],
)
def test_a_hand_with_fingers_counts(face: tuple[Picture, FaceBox], gesture: Gesture, most: float) -> None:
    image, box = face
    hand = draw_hand(random_identity(1, 0), gesture, SCALE)
    right, down = gesture.place
    covered = Image.fromarray(image)
    corner = (right - LEFT) * SCALE - hand.width / 2, (down - TOP) * SCALE - hand.height / 2
    covered.paste(hand, (round(corner[0]), round(corner[1])), hand)
    assert weight(np.asarray(covered), box)[0] <= most


@pytest.mark.parametrize("emotion", [Emotion.HAPPY, Emotion.SURPRISE, Emotion.SAD])
@pytest.mark.parametrize("person", range(12))
def test_a_strong_expression_is_not_mistaken_for_occlusion(person: int, emotion: Emotion) -> None:
    assert weight(*portrait(person, scaled_prototype(emotion, 1.0)))[0] > 0.8


def test_infrared_is_as_good_as_color(face: tuple[Picture, FaceBox]) -> None:
    image, box = face
    gray = np.repeat(np.asarray(Image.fromarray(image).convert("L"))[..., None], 3, axis=2)
    assert weight(gray, box)[0] == pytest.approx(weight(image, box)[0], abs=0.02)


@pytest.mark.parametrize(("nose", "reason"), [(0.0, GOOD), (0.55, "turned away")])
def test_a_profile_is_turned_away(nose: float, reason: str) -> None:
    image, box = portrait(0)
    marks = box.landmarks.copy()
    marks[2, 0] += nose * (marks[1, 0] - marks[0, 0])
    turned = FaceBox(box.left, box.top, box.right, box.bottom, box.score, marks)
    assert weight(image, turned)[1] == reason


def test_a_distant_face_is_too_small() -> None:
    image, box = portrait(0)
    tiny = FaceBox(0, 0, 7, 7, 0.9, box.landmarks / 18)
    assert quality_weights([tiny], [crop_face(image, box)])[1].tolist() == [
        REJECTION_REASONS.index("too small")
    ]


def test_no_face_gives_no_result() -> None:
    weights, reasons = quality_weights([], [])
    assert (len(weights), len(reasons)) == (0, 0)
    assert {name: len(values) for name, values in measure_quality([], []).items()} == dict.fromkeys(
        QUALITY_LIMITS, 0
    )


@given(st.integers(0, 999))
def test_weight_is_a_share_and_only_rejected_faces_have_a_reason(seed: int) -> None:
    rng = np.random.default_rng(seed)
    crops = [rng.integers(0, rng.integers(1, 257), (48, 48)).astype(np.uint8) for _ in range(4)]
    corners = rng.uniform(0, 60, (4, 2))
    faces = [
        FaceBox(0, 0, *map(float, c), float(rng.uniform(0, 1)), rng.uniform(0, 50, (5, 2)).astype(np.float32))
        for c in corners
    ]
    weights, reasons = quality_weights(faces, crops)
    assert ((weights >= 0) & (weights <= 1)).all()
    assert ((weights == 0) == (reasons > 0)).all()
