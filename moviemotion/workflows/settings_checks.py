"""Checks of the workflows' settings, performed before anything is processed or written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeGuard

from moviemotion.analysis.signals.baseline import TimeSpan
from moviemotion.audience.video.upright import ROTATIONS
from moviemotion.errors import SettingError

MIN_RATE, MAX_RATE = 0.1, 60.0
"""Minimum and maximum number of samples per second."""


def check_seed(seed: object) -> None:
    """Check that a seed is a non-negative integer.

    Raises:
        SettingError: the seed is not valid.
    """
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise SettingError(
            "invalid-seed", "{seed} {value}: not valid; give an integer of at least 0", value=seed
        )


def check_rate(rate: object) -> None:
    """Check the number of samples per second.

    Raises:
        SettingError: the rate is not between `MIN_RATE` and `MAX_RATE`.
    """
    if not _is_number(rate) or not MIN_RATE <= rate <= MAX_RATE:
        raise SettingError(
            "invalid-rate",
            "{rate} {value}: not valid; give a number of samples per second from {least} to {most}",
            value=rate,
            least=f"{MIN_RATE:g}",
            most=f"{MAX_RATE:g}",
        )


def check_offsets(offsets: Mapping[str, float]) -> None:
    """Check that offsets are finite numbers.

    Raises:
        SettingError: an offset is not a finite number.
    """
    for camera, seconds in offsets.items():
        if not _is_number(seconds):
            raise SettingError(
                "invalid-offset",
                "{offsets} {camera}={value}: not a finite number; give the offset in seconds",
                camera=camera,
                value=seconds,
            )


def check_rotations(rotations: Mapping[str, int]) -> None:
    """Check that rotations are whole quarter turns.

    Raises:
        SettingError: a rotation is not 0, 90, 180 or 270 degrees.
    """
    for camera, degrees in rotations.items():
        if degrees not in ROTATIONS:
            raise SettingError(
                "invalid-rotation",
                "{rotations} {camera}={value}: invalid; give 0, 90, 180 or 270 degrees clockwise",
                camera=camera,
                value=degrees,
            )


def check_time_spans(baseline: TimeSpan | None, film: TimeSpan | None, credits: TimeSpan | None) -> None:
    """Check that stretches of film time start at or after 0 and end after they start.

    Only the credits may have an infinite end, which stands for the film's end.

    Raises:
        SettingError: a stretch is not valid.
    """
    for setting, span in (("baseline", baseline), ("film", film), ("credits", credits)):
        if span is None:
            continue
        valid = _is_number(span.start) and (
            _is_number(span.end) or (setting == "credits" and span.end == math.inf)
        )
        if not valid or not 0 <= span.start < span.end:
            raise SettingError(
                f"invalid-{setting}",
                f"{{{setting}}} "
                "{value}: not a valid stretch; give a start and a later end in seconds of film time",
                value=f"{span.start}-{span.end}",
            )


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
