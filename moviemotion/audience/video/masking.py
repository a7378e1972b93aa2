"""Black out what a camera may not see, before the detector sees it: seats whose viewer has not agreed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.video.decode import Frame


@dataclass(frozen=True)
class Region:
    """A rectangle of a camera's upright picture, in pixels; `right` and `bottom` are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    def contains(self, x: float, y: float) -> bool:
        """Whether a point lies in it."""
        return self.left <= x < self.right and self.top <= y < self.bottom


@dataclass(frozen=True)
class Mask:
    """What a camera may see.

    Attributes:
        seen: what stays; None for the whole picture. Everything else is blacked out, so that whoever
            passes by, or was forgotten, is not watched.
        hidden: what is blacked out of it again: where two seats overlap, the one that did not agree counts.
    """

    visible: tuple[Region, ...] | None = None
    hidden: tuple[Region, ...] = ()

    @property
    def hides_everything(self) -> bool:
        """Whether nothing may be seen: the camera need not be read at all."""
        return self.visible == ()

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture, (height, width, 3) uint8 RGB, with black where it may not be seen."""
        if self.visible is None and not self.hidden:
            return image
        result = image.copy() if self.visible is None else np.zeros_like(image)
        for part in self.visible or ():
            place = _slices(part)
            result[place] = image[place]
        for part in self.hidden:
            result[_slices(part)] = 0
        return result


NO_MASK = Mask()


def mask_frames(frames: Iterable[Frame], mask: Mask) -> Iterator[Frame]:
    """The frames as the mask lets them be seen."""
    return (replace(frame, image=mask.apply(frame.image)) for frame in frames)


def _slices(part: Region) -> tuple[slice, slice]:
    return slice(max(0, part.top), max(0, part.bottom)), slice(max(0, part.left), max(0, part.right))
