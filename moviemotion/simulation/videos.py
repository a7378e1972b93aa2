"""Film an invented audience: seat cameras in a dark cinema, lit by the screen."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from math import cos, radians, sin
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import gaussian_filter1d

from moviemotion.errors import MoviemotionError
from moviemotion.files import appearing
from moviemotion.simulation.audience import RATE, Audience, write_truth
from moviemotion.simulation.face import blended_expression, sample_identity
from moviemotion.simulation.rendering import LEFT, TOP, render_face

Frame = NDArray[np.uint8]

SEAT_WIDTH, HEIGHT = 320, 240
SHARED_SEAT_WIDTH = 240
SCALE = 44.0
"""Pixels a face unit: faces are about 115 pixels high."""
LEVELS = 12
"""Steps of intensity that are drawn apart; faces drawn once are kept."""


def write_seat_videos(audience: Audience, folder: Path, cameras: Sequence[Sequence[int]]) -> list[Path]:
    """Write one video a camera, and `truth.csv` beside them.

    A camera with one viewer is named after the viewer; one with several, from left to right, is named
    `row-` and the numbers of its seats.

    Args:
        audience: whom to film.
        folder: made if missing; files of the same names are replaced, each in one step.
        cameras: for each camera, the indices of the viewers it sees.

    Returns:
        The videos, in the order of `cameras`.

    Raises:
        MoviemotionError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_truth(audience, folder / "truth.csv")
        paths = [folder / f"{camera_name(audience, seats)}.mp4" for seats in cameras]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda job: _film(audience, *job), zip(cameras, paths, strict=True)))
    except OSError as error:
        raise MoviemotionError(f"{folder}: cannot be written ({error}); choose another folder") from error
    return paths


def camera_name(audience: Audience, seats: Sequence[int]) -> str:
    """The name of the file without its suffix."""
    names = [audience.viewers[v] for v in seats]
    return names[0] if len(names) == 1 else "-".join(["row", *(n.removeprefix("seat-") for n in names)])


def _film(audience: Audience, seats: Sequence[int], path: Path) -> None:
    codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
    width = SEAT_WIDTH if len(seats) == 1 else SHARED_SEAT_WIDTH * len(seats)
    with appearing(path) as partial, av.open(str(partial), "w", format="mp4") as container:
        stream = container.add_stream(codec, rate=RATE)
        stream.width, stream.height, stream.pix_fmt = width, HEIGHT, "yuv420p"
        stream.thread_count = 1  # for the same bytes from the same seed
        if codec == "libx264":
            stream.options = {"preset": "ultrafast", "crf": "24"}
        for frame in _frames(audience, seats, width):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))


def _frames(audience: Audience, seats: Sequence[int], width: int) -> Iterator[Frame]:
    """(H, W, 3) uint8 RGB pictures, one a step."""
    steps = audience.feelings.shape[1]
    sitters = [_Sitter(audience, v) for v in seats]
    centres = [width * (k + 0.5) / len(seats) for k in range(len(seats))]
    room = _room(width, centres)
    light = _screen_light(audience.seed, steps)
    rng = np.random.default_rng([audience.seed, 3, *seats])
    grain = rng.normal(0, 2.0, (2 * HEIGHT, 2 * width, 1)).astype(np.float32)
    for step in range(steps):
        image = room.copy()
        for sitter, centre in zip(sitters, centres, strict=True):
            figure = sitter.pose(step)
            image.paste(figure, (round(centre - SEAT_WIDTH / 2), 0), figure)
        picture = np.asarray(image, np.float32) * light[step]
        y, x = int(rng.integers(HEIGHT)), int(rng.integers(width))
        yield np.clip(picture + grain[y : y + HEIGHT, x : x + width], 0, 255).astype(np.uint8)


class _Sitter:
    """One viewer before the camera: the face of the moment, moving a little."""

    def __init__(self, audience: Audience, viewer: int) -> None:
        self.audience, self.viewer = audience, viewer
        self.who = sample_identity(audience.seed, viewer)
        steps = audience.feelings.shape[1]
        rng = np.random.default_rng([audience.seed, 2, viewer])
        wander = gaussian_filter1d(rng.normal(size=(steps, 4)), 1.2 * RATE, axis=0, mode="wrap")
        wander /= np.maximum(wander.std(axis=0), 1e-9)
        self.shift = wander[:, :2] * (4.0, 2.5)
        self.roll = wander[:, 2] * 2.0
        self.size = (1 + 0.015 * wander[:, 3]) * rng.uniform(0.94, 1.06)
        self.draw = lru_cache(maxsize=None)(self._draw)

    def _draw(self, levels: tuple[int, ...], eyes_closed: float) -> Image.Image:
        expression = blended_expression(np.array(levels) / LEVELS, eyes_closed)
        return Image.fromarray(render_face(self.who, expression, SCALE))

    def pose(self, step: int) -> Image.Image:
        """The figure on a transparent frame of SEAT_WIDTH × HEIGHT."""
        feelings = self.audience.feelings[self.viewer, step]
        levels = tuple(round(float(f) * LEVELS) for f in feelings)
        sprite = self.draw(levels, float(self.audience.blinks[self.viewer, step]))
        away = float(self.audience.away[self.viewer, step])
        turn, zoom = radians(self.roll[step] + 25 * away), 1 / self.size[step]
        x = SEAT_WIDTH / 2 + self.shift[step, 0] + 60 * away
        y = HEIGHT * 0.47 + self.shift[step, 1] + 260 * away
        a, b = zoom * cos(turn), zoom * sin(turn)
        px, py = -LEFT * SCALE, -TOP * SCALE
        matrix = (a, b, px - a * x - b * y, -b, a, py + b * x - a * y)
        return sprite.transform(
            (SEAT_WIDTH, HEIGHT), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
        )


def _room(width: int, centres: Sequence[float]) -> Image.Image:
    """The dark behind the seats, and the seat backs."""
    image = Image.new("RGB", (width, HEIGHT), (30, 29, 38))
    draw = ImageDraw.Draw(image)
    for row in range(HEIGHT):
        draw.line([(0, row), (width, row)], fill=(26 + row // 16, 25 + row // 20, 36 + row // 20))
    for x in centres:
        draw.rounded_rectangle((x - 92, 92, x + 92, HEIGHT + 40), 34, fill=(78, 30, 36))
        draw.rounded_rectangle((x - 80, 104, x + 80, HEIGHT + 40), 28, fill=(92, 36, 42))
    return image.filter(ImageFilter.GaussianBlur(3))


def _screen_light(seed: int, steps: int) -> NDArray[np.float32]:
    """(T, 3) gain of each colour: every shot of the film lights the room a little differently."""
    rng = np.random.default_rng([seed, 4])
    light = np.empty((steps, 3), np.float32)
    step = 0
    while step < steps:
        lasts = int(rng.uniform(2, 6) * RATE)
        light[step : step + lasts] = rng.uniform(0.88, 1.08) * (1 + rng.uniform(-0.04, 0.04, 3))
        step += lasts
    return light * (1 + 0.01 * rng.standard_normal((steps, 1), np.float32))
