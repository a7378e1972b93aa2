"""Outcomes predicted from trailer reactions: the ridge by brute force, verdicts, and fair permutations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from moviemotion.analysis.prediction import outcome_prediction
from moviemotion.analysis.prediction.outcome_prediction import (
    PredictionVerdict,
    ReactionTable,
    predict_from_reactions,
)
from moviemotion.analysis.prediction.ridge import PENALTIES, NestedRidge, assign_folds
from moviemotion.analysis.prediction.trailer_features import (
    FEATURE_NAMES,
    average_by_trailer,
    viewer_features,
)
from tests.analysis.two_cuts import screening


def table_of(values: np.ndarray, trailers: int = 1) -> ReactionTable:
    """Viewers of one trailer, or of several that each have their own."""
    rows = len(values)
    names = ("happy_mean", *(f"feature {k}" for k in range(1, values.shape[1])))
    return ReactionTable(
        tuple(f"trailer {k * trailers // rows}" for k in range(rows)),
        tuple(f"viewer {k}" for k in range(rows)),
        names,
        values,
    )


def data(seed: int, rows: int, features: int = 5, effect: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, features))
    return x, effect * x[:, 0] + rng.normal(size=rows)


def test_nested_ridge_equals_a_grid_search_of_scikit_learn() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
    selection = pytest.importorskip("sklearn.model_selection", reason="scikit-learn is not installed")
    x, y = data(1, 30, effect=1.0)
    groups = np.arange(30) // 3
    folds = assign_folds(groups, 5, np.random.default_rng(2))
    ours = NestedRidge(x, groups, folds).predict(y[:, None])[:, 0]
    for fold in range(5):
        test, train = folds == fold, folds != fold
        z = (x - x[train].mean(axis=0)) / x[train].std(axis=0)
        search = selection.GridSearchCV(
            linear_model.Ridge(),
            {"alpha": [train.sum() * penalty for penalty in PENALTIES]},
            scoring="neg_mean_squared_error",
            cv=selection.LeaveOneGroupOut().split(z[train], y[train], groups[train]),
        )
        np.testing.assert_allclose(ours[test], search.fit(z[train], y[train]).predict(z[test]))


def test_many_outcomes_are_predicted_like_each_one_alone() -> None:
    x, _ = data(3, 24)
    y = np.random.default_rng(4).normal(size=(24, 6))
    groups = np.arange(24)
    model = NestedRidge(x, groups, assign_folds(groups, 4, np.random.default_rng(5)))
    np.testing.assert_allclose(
        model.predict(y), np.column_stack([model.predict(y[:, [k]]) for k in range(6)])
    )


@pytest.mark.parametrize("yes_no", [False, True])
def test_a_planted_outcome_is_predicted_and_noise_is_not(yes_no: bool) -> None:
    x, y = data(6, 80, effect=2.0)
    _, noise = data(7, 80)
    if yes_no:
        y, noise = (y > 0).astype(float), (noise > 0).astype(float)
    found = predict_from_reactions(table_of(x), y, 1)
    assert found.verdict is PredictionVerdict.USEFUL
    assert found.is_binary is yes_no
    assert found.score.interval[0] < found.score.variance_explained < found.score.interval[1]
    assert found.score.concordance > 0.75
    assert (
        0.6
        < found.score.concordance_interval[0]
        < found.score.concordance
        < found.score.concordance_interval[1]
    )
    assert 0 < found.score.pairs < 80 * 79
    assert found.baseline_scores[0].name == "happiness alone"
    assert found.baseline_scores[0].variance_explained > 0.4
    assert predict_from_reactions(table_of(x), noise, 1).verdict is not PredictionVerdict.USEFUL


def test_noise_is_not_predictive_with_many_units_and_inconclusive_with_few() -> None:
    x, y = data(8, 200)
    assert (
        predict_from_reactions(table_of(x), y, 1, learning_curve=False).verdict
        is PredictionVerdict.NOT_USEFUL
    )
    little = predict_from_reactions(table_of(x[:20]), y[:20], 1)
    assert little.verdict is PredictionVerdict.INCONCLUSIVE
    assert little.units_needed > 20


def test_a_significant_but_small_effect_is_not_useful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome_prediction, "MAX_PERMUTATIONS", 111)  # enough for p below the level, and fast
    x, y = data(13, 400, features=2, effect=0.2)
    found = predict_from_reactions(table_of(x), y, 1, learning_curve=False)
    assert found.p_value <= outcome_prediction.ALPHA
    assert found.verdict is PredictionVerdict.NOT_USEFUL
    assert "but less than 0.1" in found.reason


def test_the_learning_curve_rises_if_there_is_more_to_learn() -> None:
    x, y = data(9, 60, features=20, effect=1.0)
    found = predict_from_reactions(table_of(x), y, 1)
    units = [n for n, _ in found.learning_curve]
    assert units == sorted(units)
    assert units[-1] == 60
    assert found.learning_curve[0][1] < found.learning_curve[-1][1] <= found.variance_explained_at_double <= 1


def test_the_same_seed_gives_the_same_prediction() -> None:
    x, y = data(10, 30, effect=0.5)
    assert predict_from_reactions(table_of(x), y, 3) == predict_from_reactions(table_of(x), y, 3)


def test_viewers_of_a_trailer_count_as_one() -> None:
    """What a trailer's viewers share is no evidence: features and outcome only know which trailer it is."""
    useful = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        x = np.repeat(rng.normal(size=(12, 3)), 4, axis=0) + rng.normal(0, 0.3, (48, 3))
        y = np.repeat(rng.normal(size=12), 4) + rng.normal(0, 0.3, 48)
        found = predict_from_reactions(table_of(x, trailers=12), y, seed, learning_curve=False)
        assert (found.units, found.unit) == (12, "trailer")
        useful += found.verdict is PredictionVerdict.USEFUL
    assert useful <= 2


def rooms_data(seed: int, effect: float) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Four rooms of 12 that react and rate in their own ways, and viewers with an effect within rooms."""
    rng, room = np.random.default_rng(seed), np.repeat(np.arange(4), 12)
    own = rng.normal(size=(48, 4))
    y = effect * own[:, 0] + rng.normal(size=48) + 2 * rng.normal(size=4)[room]
    return own + 2 * rng.normal(size=(4, 4))[room], y, tuple(f"room {k}" for k in room)


def test_rooms_that_differ_predict_nothing() -> None:
    useful, untold = 0, 0
    for seed in range(12):
        x, y, rooms = rooms_data(seed, 0)
        table = table_of(x)
        told = replace(table, rooms=rooms)
        useful += predict_from_reactions(told, y, 1, False).verdict is PredictionVerdict.USEFUL
        untold += predict_from_reactions(table, y, 1, False).verdict is PredictionVerdict.USEFUL
    assert useful <= 2
    assert untold >= 6


def test_what_predicts_within_rooms_is_found() -> None:
    x, y, rooms = rooms_data(1, 2)
    found = predict_from_reactions(replace(table_of(x), rooms=rooms), y, 1, False)
    assert found.verdict is PredictionVerdict.USEFUL
    assert found.rooms == 4


def test_seats_with_one_name_are_not_one_person() -> None:
    """Without the claim that viewers are the same, unequal audiences of several trailers are compared."""
    rng = np.random.default_rng(1)
    trailer = np.repeat(np.arange(12), [4, 6] * 6)
    seats = tuple(f"seat-{k}" for size in [4, 6] * 6 for k in range(size))
    table = ReactionTable(tuple(f"t{k}" for k in trailer), seats, ("x",), rng.normal(size=(60, 1)))
    found = predict_from_reactions(table, rng.normal(size=60), 1, False)
    assert found.permutations > 0
    same = predict_from_reactions(replace(table, same_viewers=True), rng.normal(size=60), 1, False)
    assert "saw several" in same.reason


def test_outcomes_are_permuted_only_within_rooms() -> None:
    room = np.repeat(np.arange(3), 5)
    table = replace(table_of(np.zeros((15, 1))), rooms=tuple(f"{k}" for k in room))
    design = outcome_prediction._Design.from_table(table)
    permuted = design.permute(100.0 * room + np.arange(15), 6, np.random.default_rng(1))
    assert (permuted // 100 == room[:, None]).all()
    assert (np.sort(permuted, axis=0) == (100.0 * room + np.arange(15))[:, None]).all()


def test_a_crossed_design_is_permuted_by_trailer_and_by_viewer() -> None:
    """Outcomes of a crossed design are permuted by trailer and by viewer, never row by row."""
    trailers, viewers = 10, 4
    of_trailer, of_viewer = np.repeat(np.arange(10), 4), np.tile(np.arange(4), 10)
    outcome = 100.0 * of_trailer + of_viewer
    table = ReactionTable(
        tuple(f"t{k}" for k in of_trailer), tuple(f"v{k}" for k in of_viewer), ("a",), outcome[:, None]
    )
    design = outcome_prediction._Design.from_table(table)
    permuted = design.permute(outcome, 5, np.random.default_rng(1)).T.reshape(5, trailers, viewers)
    for one in permuted:
        assert (np.ptp(one // 100, axis=1) == 0).all()
        assert (np.ptp(one % 100, axis=0) == 0).all()


def test_inconclusive_predictions_give_a_reason() -> None:
    x, y = data(11, 12)
    few = predict_from_reactions(table_of(x[:8]), y[:8], 1)
    assert few.verdict is PredictionVerdict.INCONCLUSIVE
    assert "at least 10" in few.reason
    assert "All outcomes are the same" in predict_from_reactions(table_of(x), np.full(12, 3.0), 1).reason
    mostly = predict_from_reactions(table_of(x), np.array([1.0] + [0.0] * 11), 1)
    assert "outcomes are yes or fewer" in mostly.reason
    some = ReactionTable(tuple("aabbcdefghij"), tuple("121345678901"), ("x",), x[:, :1], same_viewers=True)
    assert "saw several" in predict_from_reactions(some, y, 1).reason
    twice = ReactionTable(("a",) * 12, tuple("112345678901"), ("x",), x[:, :1])
    assert "occurs twice" in predict_from_reactions(twice, y, 1).reason
    mixed = ReactionTable(
        tuple("abcabcdefghi"), tuple("0123456789xy"), ("x",), x[:, :1], tuple("111223345678")
    )
    assert "cannot be told apart" in predict_from_reactions(mixed, y, 1).reason


def test_viewer_features_describe_the_curves() -> None:
    analysis = screening(None, 6, 1, laughs_at=(20, 50))
    table = viewer_features("teaser", analysis)
    assert table.values.shape == (6, len(FEATURE_NAMES))
    assert np.isfinite(table.values).all()
    happy = dict(zip(FEATURE_NAMES, table.values[2], strict=True))
    assert happy["happy_peak"] == pytest.approx(analysis.strength[2, :, 0].max())
    assert happy["happy_mean"] == pytest.approx(analysis.strength[2, :, 0].mean())
    assert happy["happy_end"] == pytest.approx(analysis.strength[2, -5:, 0].mean())
    assert -1 <= happy["synchrony"] <= 1
    assert 0 <= happy["moments"] <= len(analysis.moment_search.moments)
    joined = average_by_trailer(table)
    assert joined.trailers == ("teaser",)
    np.testing.assert_allclose(joined.values[0], table.values.mean(axis=0))
