"""Comparison of two models on the same faces."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moviemotion.lab.evaluation.evaluation_text import comparison_lines
from moviemotion.lab.evaluation.paired_comparison import compare_paired, paired_interval


def outcomes(both, only_first, only_other, neither):
    first = np.repeat([True, True, False, False], [both, only_first, only_other, neither])
    other = np.repeat([True, False, True, False], [both, only_first, only_other, neither])
    return first, other


def test_only_faces_on_which_the_models_differ_count():
    result = compare_paired(*outcomes(80, 9, 1, 10), "other.onnx")
    assert (result.only_first, result.only_other, result.n) == (9, 1, 100)
    assert result.difference == pytest.approx(0.08)
    assert result.p_value == pytest.approx(2 * 11 / 2**10)  # two-sided binomial(10, ½)
    assert result.interval[0] < 0.08 < result.interval[1]


def test_negative_differences_have_a_minus_sign():
    (line, _) = comparison_lines(compare_paired(*outcomes(80, 1, 9, 10), "other.onnx"))
    assert "0.810 − 0.890 = −0.080 (95 % interval −0." in line
    assert "-" not in line


@given(*[st.integers(0, 40)] * 4)
def test_swapping_the_models_changes_the_sign(a, b, c, d):
    if a + b + c + d == 0:
        return
    first, other = outcomes(a, b, c, d)
    one, two = compare_paired(first, other, "x"), compare_paired(other, first, "x")
    assert one.difference == pytest.approx(-two.difference)
    assert one.interval == pytest.approx((-two.interval[1], -two.interval[0]))
    assert one.p_value == pytest.approx(two.p_value)
    assert 0 <= one.p_value <= 1


def test_the_interval_covers_the_true_difference_in_95_of_100_samples():
    rng = np.random.default_rng(1)
    draws = rng.multinomial(300, [0.8, 0.09, 0.05, 0.06], 2000)
    covered = [low <= 0.04 <= high for low, high in (paired_interval(b, c, 300) for _, b, c, _ in draws)]
    assert 0.935 <= np.mean(covered) <= 0.97
