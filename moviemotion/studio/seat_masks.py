"""Masks for live cameras, kept up to date with the viewers' consent while the film is running."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from moviemotion.audience.video.masking import Mask
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import consent

REFRESH_SECONDS = 1.0
"""Maximum delay, in seconds, before an answer takes effect on the camera."""


class SeatMasks(Mapping[str, Mask]):
    """Live camera → its current mask, reread from the consent records every `REFRESH_SECONDS`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cached_masks: dict[str, tuple[float, Mask]] = {}

    def __getitem__(self, camera: str) -> Mask:
        now = time.monotonic()
        read_at, mask = self._cached_masks.get(camera, (-math.inf, Mask(visible=())))
        if now - read_at > REFRESH_SECONDS:
            try:
                mask = consent.camera_masks(self._folder, [camera])[camera]
            except MoviemotionError:
                mask = Mask(visible=())  # consent cannot be verified, so everything is masked
            self._cached_masks[camera] = now, mask
        return mask

    def __iter__(self) -> Iterator[str]:
        return iter(self._cached_masks)

    def __len__(self) -> int:
        return len(self._cached_masks)
