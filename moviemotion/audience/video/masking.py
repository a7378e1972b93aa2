"""Black out the parts of a frame that may not be processed, before the face detector sees the frame.

These parts are the seats of viewers who have not agreed to be recorded, and everything outside the known
seats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.video.decode import Frame


@dataclass(frozen=True)
class Region:
    """A rectangle in a camera's upright frame, in pixels; `right` and `bottom` are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    def contains(self, x: float, y: float) -> bool:
        """Whether a point lies in the rectangle."""
        return self.left <= x < self.right and self.top <= y < self.bottom


@dataclass(frozen=True)
class Mask:
    """The parts of a camera's frames that may be processed.

    Attributes:
        visible: the parts that remain visible; None for the complete frame. Everything else is blacked out,
            so that people who pass by are not recorded.
        hidden: areas within the visible parts that are blacked out nevertheless; where two seats overlap, the
            area is hidden if either viewer has not agreed to be recorded.
    """

    visible: tuple[Region, ...] | None = None
    hidden: tuple[Region, ...] = ()

    @property
    def hides_everything(self) -> bool:
        """Whether nothing is visible, so that the camera does not need to be read at all."""
        return self.visible == ()

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Black out the hidden parts of a frame, (height, width, 3) uint8 RGB, without changing the input."""
        if self.visible is None and not self.hidden:
            return image
        result = image.copy() if self.visible is None else np.zeros_like(image)
        for region in self.visible or ():
            pixels = _slices(region)
            result[pixels] = image[pixels]
        for region in self.hidden:
            result[_slices(region)] = 0
        return result


NO_MASK = Mask()


def mask_frames(frames: Iterable[Frame], mask: Mask) -> Iterator[Frame]:
    """Apply a mask to each frame."""
    return (replace(frame, image=mask.apply(frame.image)) for frame in frames)


def _slices(region: Region) -> tuple[slice, slice]:
    """The rows and columns of a region, clipped to the frame."""
    return slice(max(0, region.top), max(0, region.bottom)), slice(max(0, region.left), max(0, region.right))
