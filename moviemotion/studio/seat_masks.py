"""What live cameras may see, as their seats' viewers answer while the film runs."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from moviemotion.audience.video.masking import Mask
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import consent

LOOK_AGAIN = 1.0
"""Seconds by which an answer at a seat may be late for its camera."""


class SeatMasks(Mapping[str, Mask]):
    """What each live camera may see now: it follows what viewers say while the film runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[str, tuple[float, Mask]] = {}

    def __getitem__(self, camera: str) -> Mask:
        now = time.monotonic()
        asked, mask = self._seen.get(camera, (-math.inf, Mask(seen=())))
        if now - asked > LOOK_AGAIN:
            try:
                mask = consent.masks(self._folder, [camera])[camera]
            except MoviemotionError:
                mask = Mask(seen=())  # where consent cannot be read there is none
            self._seen[camera] = now, mask
        return mask

    def __iter__(self) -> Iterator[str]:
        return iter(self._seen)

    def __len__(self) -> int:
        return len(self._seen)
