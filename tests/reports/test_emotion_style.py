"""Colors have enough contrast, and the three emphasized ones are distinct for every kind of color vision."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.reports.emotion_style import DARK_BACKGROUND, EMPHASIZED, LIGHT_BACKGROUND, PALETTE

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
VISIONS = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour: str) -> np.ndarray:
    channel = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(TO_XYZ[1] @ linear(c)) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    x, y, z = np.cbrt(np.maximum(TO_XYZ @ np.clip(rgb, 0, 1) / (0.9505, 1, 1.089), 0.009))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("emotion", NON_NEUTRAL_EMOTIONS)
def test_every_emotion_has_contrast_with_its_background(emotion):
    style = PALETTE[emotion]
    assert contrast(style.light, LIGHT_BACKGROUND) >= 3
    assert contrast(style.dark, DARK_BACKGROUND) >= 3


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("paper", ["light", "dark"])
def test_the_emphasized_emotions_differ_for_every_color_vision(vision, paper):
    seen = [lab(VISIONS[vision] @ linear(getattr(PALETTE[f], paper))) for f in EMPHASIZED]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 15


@pytest.mark.parametrize("sign", ["symbol", "dash"])
def test_color_is_never_the_only_sign(sign):
    assert len({getattr(style, sign) for style in PALETTE.values()}) == len(NON_NEUTRAL_EMOTIONS)
