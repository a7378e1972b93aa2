"""The proposal's protocol with 128 faces: the exact distribution compared with simulated draws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moviemotion.lab.evaluation.proposal_protocol import TEST_SET_SIZE, evaluate_proposal_protocol

RIGHT, N = np.array([834, 258, 1067, 394]), np.array([867, 347, 1176, 415])


def test_the_exact_distribution_matches_simulated_test_sets():
    rng = np.random.default_rng(1)
    draws = sum(rng.hypergeometric(k, n - k, 32, 40_000) for k, n in zip(RIGHT, N, strict=True))
    protocol = evaluate_proposal_protocol(RIGHT, N, seed=1)
    drawn = np.bincount(draws, minlength=TEST_SET_SIZE + 1) / 40_000
    assert np.abs(drawn - protocol.probability).max() < 0.01
    assert protocol.published_probability == pytest.approx((draws >= 120).mean(), abs=0.006)
    low, high = protocol.published_probability_interval
    assert low < protocol.published_probability < high
    for level, score in protocol.quantiles.items():
        assert score == pytest.approx(
            np.quantile(draws, float(level)) / TEST_SET_SIZE, abs=1.01 / TEST_SET_SIZE
        )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(32, 400), st.floats(0, 1)), min_size=4, max_size=4), st.integers(0, 9))
def test_probabilities_sum_to_one_and_the_mean_is_the_mean_recall(classes, seed):
    n = np.array([size for size, _ in classes])
    right = np.array([round(size * share) for size, share in classes])
    protocol = evaluate_proposal_protocol(right, n, seed)
    assert sum(protocol.probability) == pytest.approx(1)
    assert protocol.mean == pytest.approx((right / n).mean(), abs=1e-6)
    assert 0 <= protocol.published_probability_interval[0] <= protocol.published_probability_interval[1] <= 1


def test_a_perfect_model_always_passes_and_too_few_faces_have_no_protocol():
    assert evaluate_proposal_protocol(N, N, seed=1).published == pytest.approx(1)
    assert evaluate_proposal_protocol(np.full(4, 31), np.array([40, 40, 31, 40]), seed=1) is None
