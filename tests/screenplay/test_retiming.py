"""Fitting the clock of subtitles that were made for another transfer of the film."""

from __future__ import annotations

import numpy as np
import pytest

from moviemotion.screenplay.subtitles.parse import Subtitle
from moviemotion.screenplay.subtitles.retiming import Retiming, fit_retiming

SUBTITLE_TIMES = np.linspace(0.0, 6000.0, 101)
FRAME_RATE_RATIOS = [25 / 23.976, 23.976 / 25, 25 / 24, 24 / 25, 24 / 23.976, 29.97 / 25, 30 / 24, 1.0]


@pytest.mark.parametrize("ratio", FRAME_RATE_RATIOS)
@pytest.mark.parametrize("error", [-0.0004, 0.0, 0.0004])
def test_a_speed_near_a_ratio_of_frame_rates_becomes_exactly_that_ratio(ratio: float, error: float) -> None:
    retiming = fit_retiming(list(SUBTITLE_TIMES), list((ratio + error) * SUBTITLE_TIMES + 12.0))
    assert retiming is not None
    assert retiming.speed == ratio
    # The offset belongs to the snapped speed: half of the points lie on each side.
    residuals = (ratio + error) * SUBTITLE_TIMES + 12.0 - ratio * SUBTITLE_TIMES - retiming.offset
    assert np.median(residuals) == pytest.approx(0.0, abs=1e-9)
    assert retiming.median_error == pytest.approx(np.median(np.abs(residuals)), abs=1e-9)


def test_noise_in_the_points_does_not_change_a_pal_transfers_speed() -> None:
    noise = np.random.default_rng(1).normal(0.0, 2.0, len(SUBTITLE_TIMES))
    retiming = fit_retiming(list(SUBTITLE_TIMES), list(25 / 23.976 * SUBTITLE_TIMES + noise))
    assert retiming is not None
    assert retiming.speed == 25 / 23.976


@pytest.mark.parametrize("speed", [1.02, 0.9, 25 / 23.976 + 0.0025, 1.0 - 0.0035])
def test_a_speed_that_is_no_ratio_of_frame_rates_is_kept(speed: float) -> None:
    retiming = fit_retiming(list(SUBTITLE_TIMES), list(speed * SUBTITLE_TIMES - 3.0))
    assert retiming is not None
    assert retiming.speed == pytest.approx(speed, abs=1e-12)
    assert retiming.offset == pytest.approx(-3.0, abs=1e-6)
    assert retiming.median_error == pytest.approx(0.0, abs=1e-6)
    assert retiming.n_points == 101


def test_there_is_no_clock_through_too_few_or_scattered_points() -> None:
    assert fit_retiming([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0]) is None
    assert fit_retiming([1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 2.0, 3.0, 4.0, 5.0]) is not None
    assert fit_retiming([7.0] * 6, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) is None
    scattered = np.random.default_rng(2).uniform(0.0, 6000.0, len(SUBTITLE_TIMES))
    assert fit_retiming(list(SUBTITLE_TIMES), list(scattered)) is None


def test_retiming_moves_starts_and_ends() -> None:
    (moved,) = Retiming(2.0, -1.0, 0.0, 9).apply([Subtitle(10.0, 12.0, "No.", ("ANNA",), ("door",))])
    assert moved == Subtitle(19.0, 23.0, "No.", ("ANNA",), ("door",))
