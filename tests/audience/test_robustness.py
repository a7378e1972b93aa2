"""Two rendered viewers in the dark, in infrared, with glasses, hands, flicker, absences and a seat swap."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from moviemotion.audience.faces.detect import CenterFaceDetector
from moviemotion.audience.faces.emotion_model import OnnxEmotionModel
from moviemotion.audience.recordings import SampleCollector
from moviemotion.audience.samples import Samples
from moviemotion.audience.video.decode import Frame
from moviemotion.emotions import EMOTIONS, Emotion
from moviemotion.simulation.rendering.face import Expression, random_identity, scaled_prototype
from moviemotion.simulation.rendering.render import render_face

Picture = NDArray[np.uint8]
RATE = 2.0
SEATS = (130, 390)
HAPPY = EMOTIONS.index(Emotion.HAPPY)
REST, LAUGH = Expression(), scaled_prototype(Emotion.HAPPY, 1.0)


@cache
def figure(person: int, expression: Expression, glasses: bool) -> Image.Image:
    who = replace(random_identity(1, person), glasses=glasses)
    return Image.fromarray(render_face(who, expression, 36.0))


def picture(people: Sequence[tuple[int, int, Expression]], glasses: bool = False) -> Picture:
    """Draw people with expressions on their seats; x in pixels."""
    background = Image.new("RGB", (520, 240), (30, 29, 38))
    for person, x, expression in people:
        sprite = figure(person, expression, glasses)
        background.paste(sprite, (x - sprite.width // 2, 20), sprite)
    return np.asarray(background)


def process(pictures: Iterable[Picture]) -> Samples:
    """Read the pictures, in which everybody sways a little: people who do not would be photographs."""
    log = SampleCollector("row", RATE, *tools())
    rng, sway, frames = np.random.default_rng(3), 0.0, []
    for k, image in enumerate(pictures):
        sway = float(np.clip(sway + rng.choice((-3, -2, 2, 3)), -8, 8))
        frames.append(Frame(k / RATE, np.roll(image, round(sway), axis=1)))
    for at in range(0, len(frames), 8):
        log.add_frames(frames[at : at + 8])
    return log.samples(frames[-1].time)


@cache
def tools() -> tuple[CenterFaceDetector, OnnxEmotionModel]:
    return CenterFaceDetector(), OnnxEmotionModel()


def laughing_in_the_middle(glasses: bool = False) -> list[Picture]:
    """Eight seconds; both laugh from the third to the sixth."""
    at_rest, laughing = (picture([(0, SEATS[0], e), (1, SEATS[1], e)], glasses) for e in (REST, LAUGH))
    return [laughing if 5 <= k < 11 else at_rest for k in range(16)]


def dark(image: Picture, rng: np.random.Generator) -> Picture:
    lit = 255 * (image / 255) ** 2.2 + rng.normal(0, 3, image.shape)
    return np.clip(lit, 0, 255).astype(np.uint8)


def infrared(image: Picture, rng: np.random.Generator) -> Picture:
    gray = image[..., 0] * 0.7 + rng.normal(0, 4, image.shape[:2])
    return np.repeat(np.clip(gray, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def flicker(image: Picture, rng: np.random.Generator) -> Picture:
    return np.clip(image * rng.uniform(0.35, 1.1), 0, 255).astype(np.uint8)


Light = Callable[[Picture, np.random.Generator], Picture]


@pytest.mark.parametrize(
    ("light", "glasses"),
    [(dark, False), (infrared, False), (flicker, False), (lambda image, rng: image, True)],
    ids=["dark theater", "infrared", "the screen's flicker", "glasses"],
)
def test_a_laugh_is_read_in_poor_light_and_with_glasses(light: Light, glasses: bool) -> None:
    rng = np.random.default_rng(4)
    samples = process(light(image, rng) for image in laughing_in_the_middle(glasses))
    assert len(samples.viewers) == 2
    assert samples.identity_switches == ()
    laughing = (samples.time >= 2.5) & (samples.time < 5.5)
    for viewer in (0, 1):
        own = samples.viewer == viewer
        assert own.sum() >= 15
        assert samples.weight[own].mean() > 0.4
        happy = samples.emotions[:, HAPPY]
        assert happy[own & laughing].mean() - happy[own & ~laughing].mean() > 0.4


def test_a_hand_in_front_of_a_face_lowers_its_weight() -> None:
    bare = picture([(0, SEATS[0], REST), (1, SEATS[1], REST)])
    covered = bare.copy()
    y, x = np.mgrid[: bare.shape[0], : bare.shape[1]]
    hand = ((x - SEATS[0]) / 34) ** 2 + ((y - 134) / 24) ** 2 < 1
    covered[hand] = (190, 140, 112)
    samples = process([bare] * 8 + [covered] * 8)
    before = samples.time < 4
    left, right = (samples.viewer == viewer for viewer in (0, 1))
    assert samples.weight[left & ~before].mean() < 0.6 * samples.weight[left & before].mean()
    assert samples.weight[right & ~before].mean() > 0.9 * samples.weight[right & before].mean()


def test_leaning_out_and_returning_is_no_identity_switch() -> None:
    both = picture([(0, SEATS[0], REST), (1, SEATS[1], REST)])
    alone = picture([(1, SEATS[1], REST)])
    samples = process([both] * 14 + [alone] * 8 + [both] * 14)
    assert len(samples.viewers) == 2
    assert samples.identity_switches == ()
    away = (samples.time >= 7) & (samples.time < 11)
    assert set(samples.viewer[away]) == {1}
    assert set(samples.viewer[~away]) == {0, 1}


def test_two_viewers_who_swap_seats_are_detected() -> None:
    here, there = (picture([(a, SEATS[0], REST), (b, SEATS[1], REST)]) for a, b in ((0, 1), (1, 0)))
    empty = picture([])
    samples = process([here] * 14 + [empty] * 6 + [there] * 14)
    assert len(samples.viewers) == 2
    (switch,) = samples.identity_switches
    assert (switch.first, switch.second, switch.followed) == (0, 1, False)
    assert 10 <= switch.time <= 15
