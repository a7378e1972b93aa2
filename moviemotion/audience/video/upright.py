"""Show a decoded frame as every player does: with square pixels, and rotated as its file declares."""

from __future__ import annotations

import struct

import av
import numpy as np
from av.sidedata.sidedata import Type
from av.video.stream import VideoStream
from numpy.typing import NDArray

ROTATIONS = (0, 90, 180, 270)
"""Degrees by which a camera's frames can be rotated clockwise."""
MIN_PIXEL_ASPECT, MAX_PIXEL_ASPECT = 0.25, 4.0
"""Limits of the width of a pixel divided by its height; anything else is a mistake in the file."""
ASPECT_TOLERANCE = 0.02
"""Pixels this close to square are not scaled."""


def upright_rgb(
    picture: av.VideoFrame, pixel_aspect: float = 1.0, quarter_turns: int = 0
) -> NDArray[np.uint8]:
    """Convert a decoded frame to (height, width, 3) uint8 RGB with square pixels, rotated upright.

    Args:
        picture: the decoded frame, with the display matrix of its file, if any.
        pixel_aspect: width of a pixel divided by its height; the shorter side of the pixel is enlarged.
        quarter_turns: number of clockwise quarter turns after those that the file declares.
    """
    width, height = picture.width, picture.height
    if abs(pixel_aspect - 1) > ASPECT_TOLERANCE:
        width, height = round(width * max(pixel_aspect, 1)), round(height / min(pixel_aspect, 1))
    # Starting a thread pool for each frame costs more than the conversion itself.
    image: NDArray[np.uint8] = picture.to_ndarray(format="rgb24", width=width, height=height, threads=1)
    image = np.rot90(_as_declared(image, picture), -quarter_turns)
    return np.ascontiguousarray(image)


class PixelAspect:
    """The shape of the pixels of a video track, which may change while it is decoded."""

    def __init__(self, track: VideoStream) -> None:
        self._track = track
        self._declared = track.sample_aspect_ratio
        self._first = track.codec_context.sample_aspect_ratio

    def current(self) -> float:
        """Width of a pixel of the last decoded frame divided by its height.

        The file's declaration precedes that of its frames, until the latter changes. The result is 1 if
        neither exists or the declaration is impossible.
        """
        now = self._track.codec_context.sample_aspect_ratio
        aspect = self._declared if now == self._first else now
        return float(aspect) if aspect and MIN_PIXEL_ASPECT <= aspect <= MAX_PIXEL_ASPECT else 1.0


def _as_declared(image: NDArray[np.uint8], picture: av.VideoFrame) -> NDArray[np.uint8]:
    """Rotate and mirror an image as the frame's display matrix says, to the nearest quarter turn."""
    matrix = picture.side_data.get(Type.DISPLAYMATRIX)
    if matrix is None:
        return image
    # The matrix maps column x and row y to column a·x + c·y and row b·x + d·y (ISO/IEC 14496-12, 6.2.2).
    a, b, _, c, d = struct.unpack_from("=5i", bytes(matrix))
    if abs(a) + abs(d) < abs(b) + abs(c):
        image, a, d = image.transpose(1, 0, 2), c, b
    if a < 0:
        image = image[:, ::-1]
    return image[::-1] if d < 0 else image
