"""Render a synthetic audience as the videos of seat cameras in a theater lit by the screen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from math import cos, radians, sin
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import gaussian_filter1d

from moviemotion._io.atomic_files import atomic_write
from moviemotion.errors import MoviemotionError
from moviemotion.simulation.rendering.face import blended_expression, random_identity
from moviemotion.simulation.rendering.hand import GESTURES, draw_hand
from moviemotion.simulation.rendering.lighting import (
    THEATER_DIM,
    THEATER_FLICKER,
    WELL_LIT_SENSOR,
    Light,
    SensorModel,
    simulate_screen_light,
)
from moviemotion.simulation.rendering.render import LEFT, TOP, render_face
from moviemotion.simulation.synthetic_audience import FRAME_RATE, SyntheticAudience, write_ground_truth

RgbImage = NDArray[np.uint8]

SEAT_WIDTH, VIDEO_HEIGHT = 320, 240
"""Size in pixels of the video of one seat."""
SHARED_SEAT_WIDTH = 240
"""Width in pixels of each seat if a camera shows several seats."""
PIXELS_PER_FACE_UNIT = 44.0
"""Pixels per face unit; faces are about 115 pixels high."""
INTENSITY_LEVELS = 12
"""Number of distinct intensity levels, limited so that drawn faces can be cached."""
FACE_CACHE_SIZE = 256
"""Number of cached faces per viewer, about 50 MB."""


def write_seat_videos(
    audience: SyntheticAudience,
    folder: Path,
    cameras: Sequence[Sequence[int]],
    sensors: Sequence[SensorModel] | None = None,
    on_second_rendered: Callable[[], None] = lambda: None,
) -> list[Path]:
    """Write a video for each camera, and the ground truth as `truth.csv` next to the videos.

    A camera with one viewer is named after the viewer; a camera with several viewers is named `row-` followed
    by the seat numbers from left to right.

    Args:
        audience: the viewers.
        folder: the output folder, created if missing; existing files with the same names are replaced
            atomically.
        cameras: for each camera, the indices of its viewers from left to right.
        sensors: the sensor models of the cameras, in a theater lit only by the screen; if None, the theater
            is well lit.
        on_second_rendered: called after each second of each camera, from several threads.

    Returns:
        The videos, in the order of `cameras`.

    Raises:
        MoviemotionError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_ground_truth(audience, folder / "truth.csv")
        paths = [folder / f"{camera_name(audience, seats)}.mp4" for seats in cameras]
        steps = audience.eye_closure.shape[1]
        light = (
            simulate_screen_light(audience.seed, steps, THEATER_DIM, THEATER_FLICKER)
            if sensors
            else simulate_screen_light(audience.seed, steps)
        )
        sensors = sensors or [WELL_LIT_SENSOR] * len(cameras)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            running = [
                pool.submit(_write_video, audience, seats, path, sensor, light, on_second_rendered)
                for seats, path, sensor in zip(cameras, paths, sensors, strict=True)
            ]
            for future in running:
                future.result()
    except OSError as error:
        raise MoviemotionError(
            f"{folder}: cannot be written ({error.strerror or error}); choose another folder"
        ) from error
    return paths


def camera_name(audience: SyntheticAudience, seats: Sequence[int]) -> str:
    """The file name of a camera's video, without the suffix."""
    names = [audience.viewers[v] for v in seats]
    return names[0] if len(names) == 1 else "-".join(["row", *(n.removeprefix("seat-") for n in names)])


def _write_video(
    audience: SyntheticAudience,
    seats: Sequence[int],
    path: Path,
    sensor: SensorModel,
    light: Light,
    on_second_rendered: Callable[[], None],
) -> None:
    codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
    width = SEAT_WIDTH if len(seats) == 1 else SHARED_SEAT_WIDTH * len(seats)
    with atomic_write(path) as partial, av.open(str(partial), "w", format="mp4") as container:
        stream = container.add_stream(codec, rate=FRAME_RATE)
        stream.width, stream.height, stream.pix_fmt = width, VIDEO_HEIGHT, "yuv420p"
        stream.thread_count = 1  # with several threads, output is not reproducible
        if codec == "libx264":
            # Noise requires many bits, so the quality is lower in the dark, as in real cameras.
            stream.options = {"preset": "ultrafast", "crf": "24" if sensor is WELL_LIT_SENSOR else "30"}
        for step, frame in enumerate(_render_frames(audience, seats, width, sensor, light), start=1):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
            if step % FRAME_RATE == 0:
                on_second_rendered()
        container.mux(stream.encode(None))


def _render_frames(
    audience: SyntheticAudience, seats: Sequence[int], width: int, sensor: SensorModel, light: Light
) -> Iterator[RgbImage]:
    """Yield a frame for each time step, (H, W, 3) uint8 RGB."""
    renderers = [_ViewerRenderer(audience, v) for v in seats]
    centers = [width * (k + 0.5) / len(seats) for k in range(len(seats))]
    background = _background(width, centers)
    rng = np.random.default_rng([audience.seed, 3, *seats])
    grain = rng.normal(0, 1, (2 * VIDEO_HEIGHT, 2 * width, 1)).astype(np.float32)
    for step in range(len(light)):
        image = background.copy()
        for seat, renderer in enumerate(renderers):
            shift = int(audience.seat_shift[renderer.viewer, step])
            renderer.draw_into(image, centers[seat + shift], step)
        y, x = int(rng.integers(VIDEO_HEIGHT)), int(rng.integers(width))
        yield sensor.apply(
            np.asarray(image, np.float32) * light[step], grain[y : y + VIDEO_HEIGHT, x : x + width]
        )


class _ViewerRenderer:
    """Draws one viewer's expression at each time step, on a slightly moving head."""

    def __init__(self, audience: SyntheticAudience, viewer: int) -> None:
        self.audience, self.viewer = audience, viewer
        self.identity = random_identity(audience.seed, viewer)
        self.levels = np.rint(audience.displayed_intensity[viewer] * INTENSITY_LEVELS).astype(int).tolist()
        steps = audience.felt_intensity.shape[1]
        rng = np.random.default_rng([audience.seed, 2, viewer])
        wander = gaussian_filter1d(rng.normal(size=(steps, 4)), 1.2 * FRAME_RATE, axis=0, mode="wrap")
        wander /= np.maximum(wander.std(axis=0), 1e-9)
        self.shift = wander[:, :2] * (4.0, 2.5)
        self.roll = wander[:, 2] * 2.0
        self.size = (1 + 0.015 * wander[:, 3]) * rng.uniform(0.94, 1.06)
        self.cached_face = lru_cache(maxsize=FACE_CACHE_SIZE)(self._render_face)
        self.hand = lru_cache(maxsize=None)(
            lambda kind: draw_hand(self.identity, GESTURES[kind], PIXELS_PER_FACE_UNIT)
        )

    def _render_face(self, levels: tuple[int, ...], eyes_closed: float) -> Image.Image:
        expression = blended_expression(np.array(levels) / INTENSITY_LEVELS, eyes_closed)
        return Image.fromarray(render_face(self.identity, expression, PIXELS_PER_FACE_UNIT))

    def draw_into(self, image: Image.Image, center: float, step: int) -> None:
        """Draw the viewer into a frame, with the center of the seat at x = `center` pixels."""
        away = float(self.audience.out_of_frame[self.viewer, step])
        x = SEAT_WIDTH / 2 + self.shift[step, 0] + 60 * away
        y = VIDEO_HEIGHT * 0.47 + self.shift[step, 1] + 260 * away
        left = round(center - SEAT_WIDTH / 2)
        figure = self._figure(x, y, step, away)
        image.paste(figure, (left, 0), figure)
        raised = float(self.audience.hand_raised[self.viewer, step])
        if raised > 0.05:
            kind = int(self.audience.gesture[self.viewer, step])
            hand, (right, down) = self.hand(kind), GESTURES[kind].place
            down += 4 * (1 - raised)
            corner = (
                left + x + right * PIXELS_PER_FACE_UNIT - hand.width / 2,
                y + down * PIXELS_PER_FACE_UNIT - hand.height / 2,
            )
            image.paste(hand, (round(corner[0]), round(corner[1])), hand)

    def _figure(self, x: float, y: float, step: int, away: float) -> Image.Image:
        """Draw the head and shoulders on a transparent image of `SEAT_WIDTH` × `VIDEO_HEIGHT` pixels."""
        sprite = self.cached_face(
            tuple(self.levels[step]), float(self.audience.eye_closure[self.viewer, step])
        )
        turn, zoom = radians(self.roll[step] + 25 * away), 1 / self.size[step]
        a, b = zoom * cos(turn), zoom * sin(turn)
        px, py = -LEFT * PIXELS_PER_FACE_UNIT, -TOP * PIXELS_PER_FACE_UNIT
        matrix = (a, b, px - a * x - b * y, -b, a, py + b * x - a * y)
        return sprite.transform(
            (SEAT_WIDTH, VIDEO_HEIGHT), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
        )


def _background(width: int, centers: Sequence[float]) -> Image.Image:
    """Draw the dark background and the seat backs."""
    image = Image.new("RGB", (width, VIDEO_HEIGHT), (30, 29, 38))
    draw = ImageDraw.Draw(image)
    for row in range(VIDEO_HEIGHT):
        draw.line([(0, row), (width, row)], fill=(26 + row // 16, 25 + row // 20, 36 + row // 20))
    for x in centers:
        draw.rounded_rectangle((x - 92, 92, x + 92, VIDEO_HEIGHT + 40), 34, fill=(78, 30, 36))
        draw.rounded_rectangle((x - 80, 104, x + 80, VIDEO_HEIGHT + 40), 28, fill=(92, 36, 42))
    return image.filter(ImageFilter.GaussianBlur(3))
