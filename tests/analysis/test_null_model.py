"""The null model: the fast computation equals a plain one, and livelier stretches stay where they are."""

import numpy as np
import pytest

from moviemotion.analysis.moments.null_model import adjusted_p_values, null_maxima


def random_scores(viewers: int = 6, seconds: int = 90) -> np.ndarray:
    """(V, S, 7) scores, 0 where a viewer was not seen."""
    scores = np.random.default_rng(5).normal(0, 1, (viewers, seconds, 7)).astype(np.float32)
    for viewer, start, stop in ((0, 0, 20), (1, 80, 90), (2, 30, 31), (3, 0, 90), (4, 40, 60), (4, 70, 75)):
        scores[viewer, start:stop] = 0
    return scores


def shifted(curve: np.ndarray, by: int) -> np.ndarray:
    """A curve `by` seconds later, continued by its reflection beyond its ends."""
    last = len(curve) - 1
    at = np.abs(np.arange(len(curve)) - by)
    return curve[np.where(at > last, 2 * last - at, at)]


@pytest.mark.parametrize("blocks", [[0, 1, 2, 3, 4, 5], [0, 0, 1, 1, 0, 2]])
@pytest.mark.parametrize("reach", [5, 45])
def test_null_maxima_equal_those_of_plainly_shifted_viewers(blocks, reach):
    scores, eligible = random_scores(), np.random.default_rng(3).random(90) < 0.7
    plain = []
    for shifts in np.random.default_rng(9).integers(-reach, reach + 1, size=(40, max(blocks) + 1)):
        total = sum(shifted(curve, shifts[block]) for curve, block in zip(scores, blocks, strict=True))
        plain.append(total[eligible].max(axis=0))
    fast = null_maxima(scores, eligible, reach, np.array(blocks), 40, np.random.default_rng(9))
    np.testing.assert_allclose(fast, plain, rtol=1e-5, atol=1e-5)


def test_a_lively_stretch_stays_lively_in_the_shifted_audiences():
    """Everybody reacts often, but alone, in the first minute. Shifts by up to 30 s cannot spread it over the
    film, so the maxima come from there."""
    rng = np.random.default_rng(2)
    scores = np.zeros((20, 600, 1), np.float32)
    scores[:, :60] = 3 * (rng.random((20, 60, 1)) < 0.3)
    one_each, everywhere = np.arange(20), np.ones(600, bool)
    near = null_maxima(scores, everywhere, 30, one_each, 200, rng)
    far = null_maxima(scores, everywhere, 300, one_each, 200, rng)
    calm = null_maxima(scores, np.arange(600) >= 100, 30, one_each, 200, rng)
    assert scores.sum(axis=0).max() < np.quantile(near, 0.95)
    assert scores.sum(axis=0).max() > np.quantile(far, 0.95)
    assert (calm == 0).all()


def test_viewers_of_one_block_stay_in_step():
    scores = np.zeros((6, 200, 1), np.float32)
    scores[:, 100] = 1
    everywhere = np.ones(200, bool)
    together = null_maxima(scores, everywhere, 30, np.zeros(6, np.int64), 50, np.random.default_rng(1))
    pairs = null_maxima(scores, everywhere, 30, np.array([0, 0, 1, 1, 2, 2]), 50, np.random.default_rng(1))
    alone = null_maxima(scores, everywhere, 30, np.arange(6), 50, np.random.default_rng(1))
    assert (together == 6).all()
    assert set(np.unique(pairs)) <= {2, 4, 6}
    assert alone.mean() < pairs.mean() < 3


def test_p_values_count_larger_maxima_and_are_corrected_for_the_emotions():
    null = np.arange(99.0)[:, None]
    assert adjusted_p_values(np.array([[98.5], [49.0], [-1.0]]), null)[:, 0] == pytest.approx(
        [0.01, 0.51, 1.0]
    )
    two = np.random.default_rng(1).permuted(np.tile(null, 2), axis=0)
    assert (
        adjusted_p_values(np.array([[95.0, 95.0]]), two)[0, 0]
        > adjusted_p_values(np.array([[95.0]]), null)[0, 0]
    )


def test_p_values_count_ties_as_at_least_as_large():
    null = np.array([[1.0], [2.0], [3.0], [4.0]])
    assert adjusted_p_values(np.array([[4.0], [4.1], [3.0], [0.0]]), null)[:, 0] == pytest.approx(
        [0.4, 0.2, 0.6, 1]
    )


def test_an_emotion_that_is_hardly_ever_shown_costs_the_others_no_power():
    """Its maxima are −∞, and so are its sums in most seconds."""
    shown = np.random.default_rng(1).normal(5, 1, (999, 1))
    never = np.full((999, 1), -np.inf)
    alone = adjusted_p_values(np.array([[8.0]]), shown)
    both = adjusted_p_values(np.array([[8.0, -np.inf]]), np.concatenate([shown, never], axis=1))
    assert both[0, 0] == pytest.approx(alone[0, 0], abs=0.002)
    assert both[0, 1] == 1
