"""The null model: the fast computation equals a plain one, also if viewers come and go."""

import numpy as np
import pytest

from moviemotion.analysis.moments.null_model import ViewerDeviations, adjusted_p_values


def curves(gaps: bool) -> np.ndarray:
    rng = np.random.default_rng(5)
    values = rng.gamma(1.0, 0.1, (6, 90, 7))
    if gaps:
        for viewer, start, stop in (
            (0, 0, 20),
            (1, 80, 90),
            (2, 30, 31),
            (3, 0, 90),
            (4, 40, 60),
            (4, 70, 75),
        ):
            values[viewer, start:stop] = np.nan
    return values


@pytest.mark.parametrize("gaps", [False, True])
def test_null_maxima_equal_those_of_plainly_shifted_viewers(gaps: bool) -> None:
    x = curves(gaps)
    seen = ~np.isnan(x)
    mean = np.where(seen, x, 0).sum(axis=1, keepdims=True) / np.maximum(seen.sum(axis=1, keepdims=True), 1)
    deviation = np.where(seen, x - mean, 0)
    variance = (deviation**2).sum(axis=1, keepdims=True) / np.maximum(seen.sum(axis=1, keepdims=True), 1)
    variance = np.where(seen, variance, 0)
    rng, plain = np.random.default_rng(9), []
    for shift in rng.integers(0, 90, size=(20, 6)):
        total, spread = (
            sum(np.roll(of_viewer, by, axis=0) for of_viewer, by in zip(part, shift, strict=True))
            for part in (deviation, variance)
        )
        plain.append((total / np.sqrt(spread)).max(axis=0))
    departures = ViewerDeviations.from_curves(x)
    fast = departures.null_maxima(20, np.random.default_rng(9))
    np.testing.assert_allclose(fast, plain, rtol=1e-4)
    observed = deviation.sum(axis=0) / np.sqrt(variance.sum(axis=0))
    np.testing.assert_allclose(departures.standardized_sum(), observed, rtol=1e-3, atol=1e-5)


def test_p_values_count_larger_maxima_and_are_corrected_for_the_emotions() -> None:
    null = np.arange(99.0)[:, None]
    assert adjusted_p_values(np.array([[98.5], [49.0], [-1.0]]), null)[:, 0] == pytest.approx(
        [0.01, 0.51, 1.0]
    )
    two = np.random.default_rng(1).permuted(np.tile(null, 2), axis=0)
    assert (
        adjusted_p_values(np.array([[95.0, 95.0]]), two)[0, 0]
        > adjusted_p_values(np.array([[95.0]]), null)[0, 0]
    )
