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

    def holds(self, x: float, y: float) -> bool:
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

    seen: tuple[Region, ...] | None = None
    hidden: tuple[Region, ...] = ()

    @property
    def closed(self) -> bool:
        """Whether nothing may be seen: the camera need not be read at all."""
        return self.seen == ()

    def over(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture, (height, width, 3) uint8 RGB, with black where it may not be seen."""
        if self.seen is None and not self.hidden:
            return image
        result = image.copy() if self.seen is None else np.zeros_like(image)
        for part in self.seen or ():
            place = _place(part)
            result[place] = image[place]
        for part in self.hidden:
            result[_place(part)] = 0
        return result


OPEN = Mask()


def masked(frames: Iterable[Frame], mask: Mask) -> Iterator[Frame]:
    """The frames as the mask lets them be seen."""
    return (replace(frame, image=mask.over(frame.image)) for frame in frames)


def _place(part: Region) -> tuple[slice, slice]:
    return slice(max(0, part.top), max(0, part.bottom)), slice(max(0, part.left), max(0, part.right))
