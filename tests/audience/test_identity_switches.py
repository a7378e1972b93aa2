"""Two viewers who change places are flagged; whoever fidgets, leans out or flickers is not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import FaceBox
from moviemotion.audience.faces.identity_switches import IdentitySwitchDetector, clothing_histogram

RATE = 5.0
SIZE = 40.0
RED, BLUE, GREEN = (110, 48, 52), (52, 70, 96), (58, 86, 70)
SEATS = (80.0, 200.0)


def frame(people: list[tuple[float, tuple[int, int, int]]], light: float, seed: int) -> NDArray[np.uint8]:
    """Faces and what they wear, at their places, in some light."""
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
    frames: Iterator[dict[int, tuple[float, tuple[int, int, int]]]], grey: bool = False
) -> IdentitySwitchDetector:
    """Watch frames of: track → place, colour of the clothes."""
    watch, rng = IdentitySwitchDetector(), np.random.default_rng(0)
    for k, people in enumerate(frames):
        image = frame(list(people.values()), float(rng.uniform(0.5, 1.1)), k)
        if grey:
            image = np.repeat(image.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
        watch.update(k / RATE, image, [box(x) for x, _ in people.values()], list(people))
    return watch


def seated(seconds: int, first=RED, second=BLUE):
    return [{0: (SEATS[0], first), 1: (SEATS[1], second)}] * int(seconds * RATE)


def test_people_who_swap_while_out_of_sight_are_flagged_and_flagged_again_when_they_swap_back() -> None:
    gone = [{}] * int(4 * RATE)
    found = run([*seated(15), *gone, *seated(15, BLUE, RED), *gone, *seated(15)]).switches
    assert [(e.first, e.second, e.followed) for e in found] == [(0, 1, False)] * 2
    assert [e.time for e in found] == pytest.approx([19, 38])  # when both were back


def test_in_the_dark_clothes_differ_less_and_an_exchange_is_still_flagged() -> None:
    dark, darker = (30, 14, 16), (24, 16, 19)
    found = run([*seated(15, dark, darker), *[{}] * 20, *seated(15, darker, dark)]).switches
    assert [(e.first, e.second, e.time) for e in found] == [(0, 1, pytest.approx(19))]
    assert run(seated(40, dark, darker)).switches == []


def test_an_exchange_that_nobody_saw_them_leave_for_is_dated_when_it_is_certain() -> None:
    (found,) = run([*seated(15), *seated(15, BLUE, RED)]).switches
    assert 15 < found.time <= 20


def test_people_whose_faces_were_followed_to_each_others_seat_are_told_so() -> None:
    steps = np.linspace(0, 1, 20)
    crossing = [
        {0: (SEATS[0] + s * 120, RED), 1: (SEATS[1] - s * 120, BLUE)} for s in steps if abs(s - 0.5) > 0.2
    ]
    there = [{0: (SEATS[1], RED), 1: (SEATS[0], BLUE)}] * int(10 * RATE)
    (found,) = run([*seated(15), *crossing, *there]).switches
    assert found.followed


@pytest.mark.parametrize("grey", [False, True])
def test_flicker_fidgeting_and_leaning_out_are_no_exchange(grey: bool) -> None:
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
    assert run(frames, grey).switches == []


def test_two_in_the_same_clothes_cannot_be_told_apart_and_are_not_flagged() -> None:
    assert run([*seated(15, RED, RED), *[{}] * 20, *seated(15, RED, RED)]).switches == []


def test_clothes_are_a_distribution_whatever_the_light_and_unknown_below_the_picture() -> None:
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
