"""What live cameras may see, as their seats' viewers answer while the film runs."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from moviemotion.audience.video.masking import Mask
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import consent

REFRESH_SECONDS = 1.0
"""Seconds by which an answer at a seat may be late for its camera."""


class SeatMasks(Mapping[str, Mask]):
    """What each live camera may see now: it follows what viewers say while the film runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cached_masks: dict[str, tuple[float, Mask]] = {}

    def __getitem__(self, camera: str) -> Mask:
        now = time.monotonic()
        asked, mask = self._cached_masks.get(camera, (-math.inf, Mask(visible=())))
        if now - asked > REFRESH_SECONDS:
            try:
                mask = consent.camera_masks(self._folder, [camera])[camera]
            except MoviemotionError:
                mask = Mask(visible=())  # where consent cannot be read there is none
            self._cached_masks[camera] = now, mask
        return mask

    def __iter__(self) -> Iterator[str]:
        return iter(self._cached_masks)

    def __len__(self) -> int:
        return len(self._cached_masks)
