"""Detect that a camera was moved, that a picture changed its size, and cuts in an edited recording.

Tracks follow faces by their position, so a change of the complete picture would exchange the viewers. Each
picture is compared with the one before it, as thumbnails. Usually they are nearly the same. Otherwise, either
a shift and a zoom explain the difference (the camera was bumped or the picture re-framed), and positions can
be converted, or nothing does (a cut), and positions before and after it have nothing to do with each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

THUMBNAIL_SIDE = 96
"""Longer side of the compared thumbnails, in pixels."""
UNCHANGED_CORRELATION = 0.93
"""Correlation of two thumbnails above which nothing has changed."""
CUT_INTERVALS, CUT_CORRELATIONS = (0.25, 0.5, 1.0), (0.6, 0.45, 0.35)
"""Seconds between two frames, and the correlation below which a change that no shift and zoom explain is a
cut (interpolated). People move in the meantime: in clips in which one head fills the picture, the smallest
correlation is 0.67 at five frames per second, 0.50 at two and 0.38 at one. Between pictures of different
clips, 95 % of correlations are below 0.41."""
ZOOM_CORRELATION = 0.7
"""Correlation below which a zoom is searched for, which takes longer than to search for a shift only."""
MOVED_CORRELATION = 0.9
"""Correlation, after a shift and a zoom, above which these explain the change."""
MIN_GAIN_SHARE = 0.6
"""Smallest part of the missing correlation that a shift and a zoom must explain."""
MIN_OVERLAP = 0.55
"""Smallest part of the picture that must still be in view after the camera was moved."""
_ZOOM_STEP, _ZOOM_STEPS, _FINE_ZOOM_STEP = 1.08, 13, 1.02
"""Coarse factors between zooms, their number in either direction, and fine factors around the best one."""
_SMALLEST_CONTRAST = 2.0
"""Standard deviation in gray levels below which a thumbnail shows nothing that could be compared."""

Float = NDArray[np.float64]


@dataclass(frozen=True)
class PictureChange:
    """A change of the complete picture between two consecutive frames.

    Attributes:
        is_cut: whether positions before and after the change are unrelated; `zoom` and `shift` then mean
            nothing.
        zoom: x and y factors by which positions grow.
        shift: x and y in pixels, added to the zoomed positions.
        resized: whether the frames have different sizes.
    """

    is_cut: bool
    resized: bool
    zoom: tuple[float, float] = (1.0, 1.0)
    shift: tuple[float, float] = (0.0, 0.0)


class PictureChangeDetector:
    """Compares the frames of one camera, which must be passed in order."""

    def __init__(self) -> None:
        self._thumbnail = np.empty((0, 0))
        self._shape: tuple[int, ...] = ()
        self._time = -np.inf

    def update(self, time: float, image: NDArray[np.uint8]) -> PictureChange | None:
        """Add a frame, (height, width, 3) uint8 RGB; return how it differs from the frame before, or None."""
        now, shape = _thumbnail(image), image.shape[:2]
        if now.std() < _SMALLEST_CONTRAST:
            return (
                None  # black or blank; the next picture is compared with the last one that showed something
            )
        before, shape_before = self._thumbnail, self._shape
        most = float(np.interp(time - self._time, CUT_INTERVALS, CUT_CORRELATIONS))
        self._thumbnail, self._shape, self._time = now, shape, time
        if not before.size:
            return None
        resized = shape_before != shape
        same_form = now if before.shape == now.shape else _resized(now, before.shape)
        stretch = self._shape[1] / shape_before[1], self._shape[0] / shape_before[0]
        unchanged = _correlation(before, same_form)
        if unchanged >= (MOVED_CORRELATION if resized else UNCHANGED_CORRELATION):
            return PictureChange(False, resized, stretch) if resized else None
        may_be_cut = resized or unchanged < most
        with_zoom = may_be_cut or unchanged < ZOOM_CORRELATION
        zoom, shift, correlation = _best_move(before, now, with_zoom)
        if correlation < max(MOVED_CORRELATION, unchanged + MIN_GAIN_SHARE * (1 - unchanged)):
            return PictureChange(True, resized) if may_be_cut else None
        if not resized and zoom == 1 and not any(shift):
            return None
        # From pixels of the thumbnails to pixels of the frames.
        unit_before = max(shape_before) / THUMBNAIL_SIDE
        unit = max(self._shape) / THUMBNAIL_SIDE
        factor = zoom * unit / unit_before
        return PictureChange(False, resized, (factor, factor), (shift[0] * unit, shift[1] * unit))


def _thumbnail(image: NDArray[np.uint8]) -> Float:
    height, width = image.shape[:2]
    step = max(1, max(height, width) // (3 * THUMBNAIL_SIDE))
    gray = image[::step, ::step, 1].astype(np.float32)  # green is close to brightness, and copied fast
    scale = THUMBNAIL_SIDE / max(height, width)
    return _resized(gray, (max(8, round(height * scale)), max(8, round(width * scale))))


def _resized(gray: NDArray[np.floating], shape: tuple[int, ...]) -> Float:
    picture = Image.fromarray(gray.astype(np.float32))
    return np.asarray(picture.resize((shape[1], shape[0]), Image.Resampling.BOX), dtype=np.float64)


def _correlation(a: Float, b: Float) -> float:
    x, y = a - a.mean(), b - b.mean()
    return float((x * y).sum() / np.sqrt(max((x * x).sum() * (y * y).sum(), 1e-9)))


def _best_move(before: Float, now: Float, with_zoom: bool) -> tuple[float, tuple[float, float], float]:
    """The zoom and the shift that turn one thumbnail into the next.

    Returns:
        The zoom, x and y of the shift in pixels of the later thumbnail, and the correlation where both
        overlap.
    """
    best = _best_shift(before, now, 1.0)
    if with_zoom:
        exponents = [k for k in range(-_ZOOM_STEPS, _ZOOM_STEPS + 1) if k]
        coarse = (_best_shift(before, now, _ZOOM_STEP**k) for k in exponents)
        best = max((best, *coarse), key=lambda move: move[2])
        if best[0] != 1:
            fine = (_best_shift(before, now, best[0] * _FINE_ZOOM_STEP**k) for k in (-3, -2, -1, 1, 2, 3))
            best = max((best, *fine), key=lambda move: move[2])
    return best


def _best_shift(before: Float, now: Float, zoom: float) -> tuple[float, tuple[float, float], float]:
    shape = tuple(max(8, round(side * zoom)) for side in before.shape)
    zoomed = _resized(before, shape) if shape != before.shape else before
    moves = (
        (
            shape[1] / before.shape[1],
            (float(right), float(down)),
            _overlap_correlation(zoomed, now, down, right),
        )
        for down, right in _likely_shifts(zoomed, now)
    )
    return max(moves, key=lambda move: move[2])


def _likely_shifts(before: Float, now: Float) -> list[tuple[int, int]]:
    """The most likely shifts, rows and columns, by phase correlation (Kuglin and Hines, 1975)."""
    shape = tuple(a + b for a, b in zip(before.shape, now.shape, strict=True))
    spectra = [np.fft.rfft2(_edges(image), shape) for image in (before, now)]
    cross = spectra[1] * np.conj(spectra[0])
    peaks = np.fft.irfft2(cross / np.maximum(np.abs(cross), 1e-6 * np.abs(cross).max()), shape)
    found = []
    for index in np.argsort(-peaks, axis=None)[:3]:
        row, column = np.unravel_index(int(index), shape)
        found.append(
            (
                int(row) if row < now.shape[0] else int(row) - shape[0],
                int(column) if column < now.shape[1] else int(column) - shape[1],
            )
        )
    return found


def _edges(image: Float) -> Float:
    """Differences from the surroundings, so that the borders of the picture do not dominate."""
    y, x = np.gradient(image)
    edges = np.hypot(x, y)
    return np.asarray(edges - edges.mean())


def _overlap_correlation(before: Float, now: Float, down: int, right: int) -> float:
    """Correlation where `before`, shifted, and `now` overlap; -1 if they hardly do."""
    top, left = max(0, down), max(0, right)
    bottom, end = min(now.shape[0], before.shape[0] + down), min(now.shape[1], before.shape[1] + right)
    if bottom <= top or end <= left:
        return -1.0
    area = (bottom - top) * (end - left)
    if area < MIN_OVERLAP * min(now.size, before.size):
        return -1.0
    a, b = before[top - down : bottom - down, left - right : end - right], now[top:bottom, left:end]
    if min(a.std(), b.std()) < _SMALLEST_CONTRAST:
        return -1.0
    return _correlation(a, b)
