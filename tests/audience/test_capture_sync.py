"""Offsets between clocks, measured on brightness with a known shift."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from moviemotion.audience.live.sources import film_brightness
from moviemotion.audience.live.sync import (
    BARKER_CODE,
    ELEMENT_SECONDS,
    LEAD_SECONDS,
    offset_from_brightness,
    offset_from_mark,
    write_sync_mark,
)
from moviemotion.errors import MoviemotionError

Array = NDArray[np.float64]


def film(times: Array, seed: int) -> Array:
    """Brightness of a film: shots of one to six seconds."""
    rng = np.random.default_rng(seed)
    cuts = np.cumsum(rng.uniform(1, 6, 3000))
    return rng.uniform(20, 200, len(cuts) + 1)[np.searchsorted(cuts, times)]


def seen_by_camera(light: Array, times: Array, rng: np.random.Generator) -> Array:
    """The screen's light as reflected by a face: weak, noisy, and mixed with the face's own movement."""
    return 30 + 0.04 * light + rng.normal(0, 0.2, len(light)) + 3 * np.sin(times / 7)


@settings(max_examples=15)
@given(shift=st.floats(-45, 45), seed=st.integers(0, 10_000), rate=st.sampled_from([12.5, 25.0, 30.0]))
def test_flicker_gives_the_offset_to_a_twentieth_of_a_second(shift: float, seed: int, rate: float) -> None:
    rng = np.random.default_rng(seed)
    times, own = np.arange(0, 400, 1 / 24), np.arange(60, 360, 1 / rate)
    seen = seen_by_camera(film(own + shift, seed), own, rng)
    measured = offset_from_brightness((own, seen), (times, film(times, seed)), max_offset=60)
    assert measured.seconds == pytest.approx(shift, abs=0.05)
    assert 0 < measured.half_width < 0.05


def test_cameras_are_synchronized_without_the_film() -> None:
    rng, times = np.random.default_rng(1), np.arange(0, 300, 1 / 25)
    one = seen_by_camera(film(times, 5), times, rng)
    other = seen_by_camera(film(times + 1.3, 5), times, rng)
    assert offset_from_brightness((times, other), (times, one), 10).seconds == pytest.approx(1.3, abs=0.05)


def test_the_interval_covers_the_true_offset_as_often_as_stated() -> None:
    """95 % intervals miss about once in twenty times, so rarely four times in thirty."""
    times, missed = np.arange(0, 260, 1 / 25), 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        seen = seen_by_camera(film(times + 0.4, seed), times, rng)
        measured = offset_from_brightness((times, seen), (times, film(times, seed)), 10)
        # The grid of the comparison is 25 ms: nothing finer is promised.
        missed += abs(measured.seconds - 0.4) > measured.half_width + 0.0125
    assert missed <= 4


def test_brightness_of_another_film_gives_no_offset() -> None:
    rng, times = np.random.default_rng(2), np.arange(0, 600, 1 / 25)
    for seed in range(5):
        seen = seen_by_camera(film(times, 100 + seed), times, rng)
        assert np.isnan(offset_from_brightness((times, seen), (times, film(times, seed)), 60).seconds)


def test_a_camera_that_saw_almost_nothing_gives_no_offset() -> None:
    times = np.arange(0, 100, 1 / 25)
    reference = (times, film(times, 1))
    assert np.isnan(offset_from_brightness((times[:10], film(times[:10], 1)), reference, 60).seconds)
    assert np.isnan(offset_from_brightness(([], []), reference, 60).seconds)
    assert np.isnan(offset_from_mark(([], []), 0.0).seconds)


@settings(max_examples=15)
@given(start=st.floats(10, 80), seed=st.integers(0, 10_000), rate=st.sampled_from([15.0, 25.0, 30.0]))
def test_the_mark_is_located_between_two_pictures(start: float, seed: int, rate: float) -> None:
    rng = np.random.default_rng(seed)
    times = np.arange(0, 100, 1 / rate)
    element = np.floor((times - start) / ELEMENT_SECONDS).astype(int)
    lit = np.where(
        (element >= 0) & (element < len(BARKER_CODE)), np.take(BARKER_CODE, element, mode="clip"), 0
    )
    seen = 25 + 4 * lit + rng.normal(0, 0.3, len(times)) + np.sin(times / 9)
    measured = offset_from_mark((times, seen), mark=5.0)
    assert measured.seconds == pytest.approx(5.0 - start, abs=1 / rate)


def test_the_cuts_of_a_film_are_not_mistaken_for_the_mark() -> None:
    times = np.arange(0, 1800, 1 / 25)
    for seed in range(4):
        seen = seen_by_camera(film(times, seed), times, np.random.default_rng(seed))
        assert np.isnan(offset_from_mark((times, seen), 0.0).seconds)


def test_the_written_mark_is_found(tmp_path: Path) -> None:
    write_sync_mark(path := tmp_path / "mark.mp4", width=64, height=48)
    assert list(tmp_path.iterdir()) == [path]
    times, light = film_brightness(path, 100)
    assert light.max() > 200
    assert light[0] < 30
    assert offset_from_mark((times, light), mark=LEAD_SECONDS).seconds == pytest.approx(0.0, abs=1 / 24)


@pytest.mark.parametrize("place", ["nowhere/mark.mp4", "file/mark.mp4", "folder"])
def test_a_mark_that_cannot_be_written_is_an_error_and_leaves_no_file(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    pattern = r"^[^\n]*: cannot be written \(.+\); choose another out$"
    with pytest.raises(MoviemotionError, match=pattern) as refused:
        write_sync_mark(tmp_path / place, width=64, height=48)
    assert str(tmp_path / place) in str(refused.value)
    assert {path.name for path in tmp_path.rglob("*")} == {"file", "folder"}
