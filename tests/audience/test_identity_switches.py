"""Two viewers who change places are detected; fidgeting, leaning out and flicker are ignored."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import FaceBox
from moviemotion.audience.faces.identity_switches import IdentitySwitchDetector, clothing_histogram

RATE = 5.0
SIZE = 40.0
RED, BLUE = (110, 48, 52), (52, 70, 96)
SEATS = (80.0, 200.0)


def frame(people: list[tuple[float, tuple[int, int, int]]], light: float, seed: int) -> NDArray[np.uint8]:
    """Draw faces and clothes at their positions, in some light."""
    image = np.full((160, 300, 3), 28.0)
    for x, worn in people:
        left = int(x - SIZE / 2)
        image[40:80, left : left + int(SIZE)] = (200, 150, 120)
        image[84:130, left - 10 : left + int(SIZE) + 10] = worn
    noise = np.random.default_rng(seed).normal(0, 4, image.shape)
    return np.clip(image * light + noise, 0, 255).astype(np.uint8)


def box(x: float) -> FaceBox:
    return FaceBox(x - SIZE / 2, 40, x + SIZE / 2, 80, 0.9, np.zeros((5, 2), np.float32))


def run(
    frames: Iterator[dict[int, tuple[float, tuple[int, int, int]]]], gray: bool = False
) -> IdentitySwitchDetector:
    """Process frames, given as track → position and color of the clothes."""
    watch, rng = IdentitySwitchDetector(), np.random.default_rng(0)
    for k, people in enumerate(frames):
        image = frame(list(people.values()), float(rng.uniform(0.5, 1.1)), k)
        if gray:
            image = np.repeat(image.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
        watch.update(k / RATE, image, [box(x) for x, _ in people.values()], list(people))
    return watch


def seated(seconds: int, first=RED, second=BLUE):
    return [{0: (SEATS[0], first), 1: (SEATS[1], second)}] * int(seconds * RATE)


def test_viewers_who_swap_out_of_sight_are_detected_and_again_when_they_swap_back() -> None:
    gone = [{}] * int(4 * RATE)
    found = run([*seated(15), *gone, *seated(15, BLUE, RED), *gone, *seated(15)]).switches
    assert [(e.first, e.second, e.followed) for e in found] == [(0, 1, False)] * 2
    assert [e.time for e in found] == pytest.approx([19, 38])  # when both were back


def test_a_switch_is_detected_in_the_dark_where_clothes_differ_less() -> None:
    dark, darker = (30, 14, 16), (24, 16, 19)
    found = run([*seated(15, dark, darker), *[{}] * 20, *seated(15, darker, dark)]).switches
    assert [(e.first, e.second, e.time) for e in found] == [(0, 1, pytest.approx(19))]
    assert run(seated(40, dark, darker)).switches == []


def test_a_switch_without_an_absence_has_the_time_of_its_detection() -> None:
    (found,) = run([*seated(15), *seated(15, BLUE, RED)]).switches
    assert 15 < found.time <= 20


def test_a_switch_that_the_tracks_followed_is_marked_as_followed() -> None:
    steps = np.linspace(0, 1, 20)
    crossing = [
        {0: (SEATS[0] + s * 120, RED), 1: (SEATS[1] - s * 120, BLUE)} for s in steps if abs(s - 0.5) > 0.2
    ]
    there = [{0: (SEATS[1], RED), 1: (SEATS[0], BLUE)}] * int(10 * RATE)
    (found,) = run([*seated(15), *crossing, *there]).switches
    assert found.followed


@pytest.mark.parametrize("gray", [False, True])
def test_flicker_fidgeting_and_leaning_out_are_no_switch(gray: bool) -> None:
    rng = np.random.default_rng(2)
    frames = []
    for k in range(int(60 * RATE)):
        people = {
            0: (SEATS[0] + rng.uniform(-10, 10), RED),
            1: (SEATS[1] + 40 * np.sin(k / 30), BLUE),
        }
        if 100 < k < 120:
            del people[1]
        frames.append(people)
    assert run(frames, gray).switches == []


def test_viewers_in_the_same_clothes_are_not_reported() -> None:
    assert run([*seated(15, RED, RED), *[{}] * 20, *seated(15, RED, RED)]).switches == []


def test_clothing_is_a_distribution_in_any_light_and_unknown_below_the_frame() -> None:
    bright, dim = (clothing_histogram(frame([(80.0, RED)], light, 1), box(80.0)) for light in (1.0, 0.5))
    assert bright is not None
    assert dim is not None
    assert bright.sum() == pytest.approx(1)
    assert (
        1 - np.sqrt(bright * dim).sum()
        < 0.1
        < 1 - np.sqrt(bright * clothing_histogram(frame([(80.0, BLUE)], 1.0, 1), box(80.0))).sum()
    )
    assert clothing_histogram(frame([(80.0, RED)], 1.0, 1)[:85], box(80.0)) is None
