"""Predicts an outcome from the reactions to trailers, and decides whether the prediction is useful.

The outcome belongs to a trailer (such as its number of views) or to a viewer (such as the intention to see
the film). Because there are few trailers and many features, a good fit to the training data means nothing.
Predictions are therefore evaluated on units that the model has not seen, using ridge regression in nested
cross-validation (`ridge`), a permutation test of the explained variance, and an interval over units. With too
few units, the result is inconclusive, and the number of units that would be sufficient is reported.

People in one room share the evening, the seats and each other's company. A lively room that also happens to
give high ratings would make reactions look predictive. Differences between rooms are therefore not used as
evidence: if a room contains several units, features and outcomes are compared with the room's mean, whole
rooms are left out in cross-validation, and outcomes are permuted only within rooms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri, ncfdtr

from moviemotion.analysis.prediction.ridge import NestedRidge, assign_folds, out_of_fold_means
from moviemotion.statistics import Float64Array

ALPHA = 0.025
"""Significance level of the one-sided permutation test, half of 5 %."""
POWER = 0.8
MIN_USEFUL_VARIANCE = 0.1
"""Smallest fraction of the outcome's variance that is useful to predict."""
MIN_UNITS = 10
N_FOLDS, N_REPEATS = 5, 2
MAX_PERMUTATIONS = 999
MAX_EXCEEDANCES = 20
"""The test stops once this many permuted outcomes are predicted as well as the real one.

The p-value can no longer be small then. Such sequential stopping keeps the test valid (Besag & Clifford,
1991).
"""
_BATCH_SIZE = 111
N_RESAMPLES = 2000
LEARNING_CURVE_FRACTIONS = (0.5, 0.65, 0.8, 1.0)
"""Fractions of the units from which the points of the learning curve are computed."""
_SUBSETS_PER_FRACTION = 6
MAX_UNITS_NEEDED = 100_000
BASELINE_PREDICTORS = (("happiness alone", ("happy_mean",)), ("strength alone", ("strength_mean",)))


class PredictionVerdict(StrEnum):
    """Whether reactions predict the outcome."""

    USEFUL = "usefully predictive"
    NOT_USEFUL = "not usefully predictive"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class ReactionTable:
    """Features of reactions; each row is a trailer, a viewer, or a viewer of one of several trailers.

    Attributes:
        trailers, viewers: (n) trailer and viewer of each row; "" if rows do not differ in this respect.
        feature_names: (p) names of the features.
        values: (n, p) finite values.
        rooms: (n) room of each row, that is, the people who sat together; empty if unknown, in which case
            each trailer counts as one room.
        same_viewers: whether viewers with the same name in the same room (in any room if rooms are unknown)
            are the same person. Otherwise, viewers of different trailers are different people.
    """

    trailers: tuple[str, ...]
    viewers: tuple[str, ...]
    feature_names: tuple[str, ...]
    values: Float64Array
    rooms: tuple[str, ...] = ()
    same_viewers: bool = False


@dataclass(frozen=True)
class PredictorScore:
    """How well one predictor performs on units that it has not seen.

    Attributes:
        name: name of the predictor.
        variance_explained: fraction of the outcome's variance explained out of fold, at most 1; it is 1 minus
            the ratio of the squared error to that of predicting the mean (the Brier skill score for a
            yes-or-no outcome).
        interval: 95 % interval of `variance_explained` over units (bootstrap of the units' errors; the models
            are not refitted).
        concordance: fraction of pairs with different outcomes that are predicted in the correct order; 0.5
            corresponds to chance; NaN if there are no such pairs.
        concordance_interval: 95 % interval of `concordance` over units, from the same resamples.
        pairs: number of pairs; a pair that is in the same fold in both repeats counts twice.
    """

    name: str
    variance_explained: float
    interval: tuple[float, float]
    concordance: float
    concordance_interval: tuple[float, float]
    pairs: int


@dataclass(frozen=True)
class OutcomePrediction:
    """The result of predicting an outcome from reactions.

    Attributes:
        verdict: whether the prediction is useful; see `predict_from_reactions`.
        reason: one sentence giving the reason for the verdict.
        rows: number of rows.
        units: number of trailers or viewers that count as independent.
        unit: what a unit is, "trailer" or "viewer".
        rooms: number of rooms within which units are compared; 1 if units are compared across rooms.
        is_binary: whether the outcome has only the values yes and no.
        score: score of the model based on all reactions.
        baseline_scores: scores of simple predictors.
        p_value: p-value of the permutation test of `score`; NaN if the test was not run.
        permutations: number of permutations tried.
        learning_curve: pairs of the number of units and the fraction of variance explained, for subsets of
            the units and for all of them.
        variance_explained_at_double: fraction of variance explained with twice as many units, extrapolated
            from the learning curve; NaN without a learning curve.
        units_needed: number of units needed to detect a fraction of variance as large as that of `score`, or
            `MIN_USEFUL_VARIANCE` if that is larger, with a power of `POWER`.
        seed: random seed for folds, permutations and resamples.
    """

    verdict: PredictionVerdict
    reason: str
    rows: int
    units: int
    unit: str
    rooms: int
    is_binary: bool
    score: PredictorScore
    baseline_scores: tuple[PredictorScore, ...]
    p_value: float
    permutations: int
    learning_curve: tuple[tuple[int, float], ...]
    variance_explained_at_double: float
    units_needed: int
    seed: int


def predict_from_reactions(
    table: ReactionTable, outcome: Float64Array, seed: int, learning_curve: bool = True
) -> OutcomePrediction:
    """Predict an outcome from reactions, and decide whether the prediction is useful.

    If there are several trailers, the trailer is the unit: cross-validation leaves out entire trailers, and
    the permutation test permutes entire trailers. If viewers with the same names saw all trailers, viewers
    are permuted as well, which is valid whether or not they are the same people. Otherwise the viewer is the
    unit. Units in the same room are compared only with each other; see the module docstring. The verdict is

    - *usefully predictive* if the permutation p-value is at most `ALPHA`, unless the interval of the
      explained variance ends below `MIN_USEFUL_VARIANCE`;
    - *not usefully predictive* if the interval ends below `MIN_USEFUL_VARIANCE`, and either p is at most
      `ALPHA` or there are enough units to detect this much variance;
    - *inconclusive* otherwise.

    Args:
        table: features of the reactions.
        outcome: (n,) outcome of each row; 0 and 1 stand for no and yes.
        seed: random seed for folds, permutations and resamples.
        learning_curve: whether to compute the learning curve, which accounts for most of the run time.
    """
    design = _Design.from_table(table)
    is_binary = bool(np.isin(outcome, (0, 1)).all())
    clip = is_binary and design.rooms == 1
    rng = np.random.default_rng(seed)
    reason = design.insufficient_data(outcome)
    values, outcome = design.within_rooms(table.values), design.within_rooms(outcome)
    if reason:
        unknown = math.nan, math.nan
        no_score = PredictorScore("all reactions", math.nan, unknown, math.nan, unknown, 0)
        needed = units_needed(values, MIN_USEFUL_VARIANCE)
        return OutcomePrediction(
            PredictionVerdict.INCONCLUSIVE, reason, len(outcome), design.units, design.unit,
            design.rooms, is_binary, no_score, (), math.nan, 0, (), math.nan, needed, seed,
        )  # fmt: skip
    folds = [assign_folds(design.left_out, N_FOLDS, rng) for _ in range(N_REPEATS)]
    models = [NestedRidge(values, design.groups, f) for f in folds]
    score = _score("all reactions", models, folds, outcome, design, clip, rng)
    p, tried = _permutation_p(models, folds, outcome, design, clip, score.variance_explained, rng)
    needed = units_needed(values, max(score.variance_explained, MIN_USEFUL_VARIANCE))
    points = (
        _learning_curve(values, outcome, design, clip, score.variance_explained, rng)
        if learning_curve
        else ()
    )
    verdict, reason = _reach_verdict(score, p, design, units_needed(values, MIN_USEFUL_VARIANCE))
    return OutcomePrediction(
        verdict=verdict,
        reason=reason,
        rows=len(outcome),
        units=design.units,
        unit=design.unit,
        rooms=design.rooms,
        is_binary=is_binary,
        score=score,
        baseline_scores=tuple(
            _score(
                name,
                [NestedRidge(values[:, _columns(table, names)], design.groups, f) for f in folds],
                folds,
                outcome,
                design,
                clip,
                rng,
            )
            for name, names in BASELINE_PREDICTORS
            if set(names) <= set(table.feature_names)
        ),
        p_value=p,
        permutations=tried,
        learning_curve=points,
        variance_explained_at_double=_extrapolate(points, 2 * design.units),
        units_needed=needed,
        seed=seed,
    )


def _columns(table: ReactionTable, names: Sequence[str]) -> list[int]:
    return [table.feature_names.index(name) for name in names]


_TWICE = (
    "A viewer occurs twice with the same trailer; keep one row, or add a column room if the rows belong to "
    "people of different rooms."
)
_SOME = (
    "Some but not all viewers saw several trailers, so rows cannot be permuted without breaking their "
    "dependence; keep only viewers who saw all trailers, or use one outcome per trailer."
)
_SOME_ROOMS = (
    "Some rooms saw several but not all trailers, and some trailers were shown in several rooms, so rooms "
    "and trailers cannot be told apart; keep only rooms that saw all trailers."
)


@dataclass(frozen=True)
class _Design:
    """Describes which rows belong together, and how outcomes may be permuted.

    Attributes:
        groups: (n,) index of each row's unit.
        viewers: (n,) index of each row's viewer.
        room: (n,) index of each row's room, if rows are compared with their room's mean; otherwise all 0.
        block: (n,) index of the set of units, such as a room, within which outcomes are permuted.
        unit: what a unit is, "trailer" or "viewer".
        crossed: whether viewers with the same names saw every trailer.
        problem: reason why rows cannot be permuted, or an empty string.
    """

    groups: NDArray[np.int64]
    viewers: NDArray[np.int64]
    room: NDArray[np.int64]
    block: NDArray[np.int64]
    unit: str
    crossed: bool
    problem: str = ""

    @classmethod
    def from_table(cls, table: ReactionTable) -> _Design:
        rows = len(table.trailers)
        trailers, trailer_of = np.unique(table.trailers, return_inverse=True)
        rooms, room_of = np.unique(table.rooms or [""] * rows, return_inverse=True)
        # Seats have the same names in every room, so a viewer is identified by both room and name.
        people = [f"{room}\n{name}" for room, name in zip(room_of, table.viewers, strict=True)]
        viewers, viewer_of = np.unique(people, return_inverse=True)
        nowhere = np.zeros(rows, np.int64)
        if len(trailers) == 1:
            twice = _TWICE if len(viewers) < rows else ""
            return cls(viewer_of, nowhere, room_of, room_of, "viewer", False, twice)
        shown = len(np.unique(np.stack([trailer_of, room_of]), axis=1).T)
        repeated = len(viewers) < rows > len(trailers)
        crossed = repeated and len(trailers) * len(viewers) == rows
        if shown == len(rooms):  # each room saw one trailer
            room, block, problem = nowhere, nowhere, ""
        elif shown == len(trailers) * len(rooms):  # each room saw each trailer
            room, block, problem = room_of, nowhere, ""
        else:
            room, block, problem = room_of, room_of, "" if shown == len(trailers) else _SOME_ROOMS
        if table.same_viewers and repeated and not crossed:
            problem = _SOME
        return cls(trailer_of, viewer_of, room, block, "trailer", crossed and not block.any(), problem)

    @property
    def rooms(self) -> int:
        """Number of rooms within which units are compared."""
        return int(self.room.max()) + 1

    @property
    def left_out(self) -> NDArray[np.int64]:
        """(n,) what cross-validation leaves out: each row's room, or its unit if units occur in all rooms."""
        return self.block if self.block.any() else self.groups

    def within_rooms(self, values: Float64Array) -> Float64Array:
        """(n, …) values minus their mean in each room, if units are compared only within rooms."""
        if self.rooms == 1:
            return values
        centered = values.astype(np.float64)
        for room in range(self.rooms):
            centered[self.room == room] -= values[self.room == room].mean(axis=0)
        return centered

    @property
    def units(self) -> int:
        """Number of independent units; `groups` numbers them from 0."""
        return int(self.groups.max()) + 1

    def insufficient_data(self, outcome: Float64Array) -> str:
        """Return the reason why no prediction is possible, or an empty string."""
        if self.problem:
            return self.problem
        if self.units < MIN_UNITS:
            return f"There are only {self.units} {self.unit}s; a prediction requires at least {MIN_UNITS}."
        if np.isin(outcome, (0, 1)).all() and min(outcome.sum(), (1 - outcome).sum()) < N_FOLDS:
            return (
                f"Fewer than {N_FOLDS} outcomes are yes or fewer than {N_FOLDS} are no: too few for training."
            )
        if np.ptp(self.within_rooms(outcome)) == 0:
            where = " in each room" if self.rooms > 1 else ""
            return f"All outcomes are the same{where}; there is nothing to predict."
        return ""

    def permute(self, outcome: Float64Array, count: int, rng: np.random.Generator) -> Float64Array:
        """Permute the outcome `count` times; return (n, count).

        Each unit receives the outcomes of another unit of its block, which preserves the similarity of rows
        within a unit. Viewers who saw all trailers are also permuted within their rooms, in the same way for
        all trailers. If the units of a block differ in size, each unit receives the mean of another unit.
        Each unit keeps the deviations of its own rows from their mean, in random order.
        """
        members = [np.flatnonzero(self.groups == group) for group in range(self.units)]
        if self.crossed:
            members = [own[np.argsort(self.viewers[own])] for own in members]
        permuted = np.empty((len(outcome), count))
        for block in np.unique(self.block):
            units = [own for own in members if self.block[own[0]] == block]
            exchange = _exchange_means if len({len(own) for own in units}) > 1 else self._exchange_rows
            for column in range(count):
                permuted[np.concatenate(units), column] = exchange(units, outcome, rng)
        return permuted

    def _exchange_rows(
        self, units: Sequence[NDArray[np.int64]], outcome: Float64Array, rng: np.random.Generator
    ) -> Float64Array:
        rows = np.stack(units)
        received = outcome[rows[rng.permutation(len(units))]]
        if self.crossed:
            order = np.arange(rows.shape[1])
            for room in np.unique(self.room):
                own = np.flatnonzero(self.room[rows[0]] == room)
                order[own] = rng.permutation(own)
            received = received[:, order]
        return np.asarray(received.ravel())


def _exchange_means(
    units: Sequence[NDArray[np.int64]], outcome: Float64Array, rng: np.random.Generator
) -> Float64Array:
    means = [outcome[own].mean() for own in units]
    order = rng.permutation(len(units))
    return np.concatenate(
        [
            means[k] + rng.permutation(outcome[own] - outcome[own].mean())
            for k, own in zip(order, units, strict=True)
        ]
    )


def _squared_errors(
    models: Sequence[NestedRidge], folds: Sequence[NDArray[np.int64]], outcomes: Float64Array, is_binary: bool
) -> tuple[Float64Array, Float64Array, list[Float64Array]]:
    """Compute the squared errors of the models and of a mean-only baseline, along with the predictions.

    Returns:
        The squared errors of the models and of the baseline, each (n, B) and averaged over the repeats, and
        the predictions, one (n, B) array per repeat.
    """
    model_errors, mean_errors, predictions = [], [], []
    for model, fold in zip(models, folds, strict=True):
        predicted = model.predict(outcomes)
        if is_binary:
            predicted = np.clip(predicted, 0, 1)
        model_errors.append((outcomes - predicted) ** 2)
        mean_errors.append((outcomes - out_of_fold_means(outcomes, fold)) ** 2)
        predictions.append(predicted)
    return np.mean(model_errors, axis=0), np.mean(mean_errors, axis=0), predictions


def _score(
    name: str,
    models: Sequence[NestedRidge],
    folds: Sequence[NDArray[np.int64]],
    outcome: Float64Array,
    design: _Design,
    is_binary: bool,
    rng: np.random.Generator,
) -> PredictorScore:
    error, mean_error, predicted = _squared_errors(models, folds, outcome[:, None], is_binary)
    error_by_unit = np.bincount(design.groups, error[:, 0])
    mean_error_by_unit = np.bincount(design.groups, mean_error[:, 0])
    times = rng.multinomial(
        len(error_by_unit), np.full(len(error_by_unit), 1 / len(error_by_unit)), N_RESAMPLES
    )
    resampled = 1 - (times @ error_by_unit) / (times @ mean_error_by_unit)
    low, high = np.quantile(resampled, [0.025, 0.975])
    explained = float(1 - error.sum() / mean_error.sum())
    concordance, concordance_interval, pairs = _concordance(outcome, predicted, folds, design.groups, times)
    return PredictorScore(
        name, explained, (float(low), float(high)), concordance, concordance_interval, pairs
    )


def _concordance(
    outcome: Float64Array,
    predicted: Sequence[Float64Array],
    folds: Sequence[NDArray[np.int64]],
    groups: NDArray[np.int64],
    times: NDArray[np.int64],
) -> tuple[float, tuple[float, float], int]:
    """Compute the concordance, its 95 % interval, and the number of pairs.

    Concordance is the fraction of pairs with different outcomes that are predicted in the correct order; ties
    count half. Only pairs within one fold are compared: a fold with high outcomes is predicted from folds
    with lower outcomes, so comparisons across folds would be biased against the model.

    Args:
        times: (B, U) number of times that each resample contains each unit.
    """
    right, pairs = np.zeros((2, len(outcome), len(outcome)))
    for prediction, fold in zip(predicted, folds, strict=True):
        differ = (outcome[:, None] > outcome[None]) & (fold[:, None] == fold[None])
        gap = prediction[:, 0, None] - prediction[None, :, 0]
        right += differ * (0.5 + 0.5 * np.sign(np.round(gap, 12)))
        pairs += differ
    units = np.eye(times.shape[1])[groups]
    right, pairs = units.T @ right @ units, units.T @ pairs @ units
    if not pairs.any():
        return math.nan, (math.nan, math.nan), 0
    with np.errstate(invalid="ignore"):
        spread = ((times @ right) * times).sum(axis=1) / ((times @ pairs) * times).sum(axis=1)
    low, high = np.nanquantile(spread, [0.025, 0.975])
    return float(right.sum() / pairs.sum()), (float(low), float(high)), int(pairs.sum())


def _permutation_p(
    models: Sequence[NestedRidge],
    folds: Sequence[NDArray[np.int64]],
    outcome: Float64Array,
    design: _Design,
    is_binary: bool,
    explained: float,
    rng: np.random.Generator,
) -> tuple[float, int]:
    """Return the p-value of the explained variance, and the number of permutations tried."""
    as_large, tried = 0, 0
    while tried < MAX_PERMUTATIONS and as_large < MAX_EXCEEDANCES:
        error, mean_error, _ = _squared_errors(
            models, folds, design.permute(outcome, _BATCH_SIZE, rng), is_binary
        )
        as_large += int((1 - error.sum(axis=0) / mean_error.sum(axis=0) >= explained - 1e-12).sum())
        tried += _BATCH_SIZE
    return (1 + as_large) / (1 + tried), tried


def _learning_curve(
    values: Float64Array,
    outcome: Float64Array,
    design: _Design,
    is_binary: bool,
    explained: float,
    rng: np.random.Generator,
) -> tuple[tuple[int, float], ...]:
    """Compute the mean variance explained by models trained and tested on random subsets of the units."""
    points = []
    for fraction in LEARNING_CURVE_FRACTIONS[:-1]:
        count = round(fraction * design.units)
        if count < MIN_UNITS:
            continue
        explained_shares = []
        for _ in range(_SUBSETS_PER_FRACTION):
            chosen = np.isin(design.groups, rng.permutation(design.units)[:count])
            groups, y = design.groups[chosen], outcome[chosen]
            if np.ptp(y) == 0:
                continue
            folds = assign_folds(groups, N_FOLDS, rng)
            error, mean_error, _ = _squared_errors(
                [NestedRidge(values[chosen], groups, folds)], [folds], y[:, None], is_binary
            )
            explained_shares.append(1 - error.sum() / mean_error.sum())
        if explained_shares:
            points.append((count, float(np.mean(explained_shares))))
    return (*points, (design.units, explained))


def _extrapolate(points: Sequence[tuple[int, float]], units: int) -> float:
    """Extrapolate the variance explained to more units, assuming growth as a − b / n with b at least 0."""
    if len(points) < 3:
        return math.nan
    n, share = np.array(points).T
    slope, _ = np.polyfit(1 / n, share, 1)
    return float(min(1.0, share[-1] + min(slope, 0.0) * (1 / units - 1 / n[-1])))


def units_needed(values: Float64Array, variance_explained: float) -> int:
    """Estimate how many units are needed to detect that the features explain a fraction of the variance.

    The estimate applies to the F test of a linear model with a power of `POWER` (Cohen, 1988, chapter 9).
    Ridge regression needs fewer units if the relevant features are correlated.

    Args:
        values: (n, p) features; the rank of this matrix is the number of parameters.
        variance_explained: fraction of the outcome's variance, 0–1.
    """
    features = int(np.linalg.matrix_rank(values - values.mean(axis=0)))
    ratio = min(variance_explained, 0.99) / (1 - min(variance_explained, 0.99))
    low, high = features + 2, MAX_UNITS_NEEDED
    while low < high:
        n = (low + high) // 2
        limit = fdtri(features, n - features - 1, 1 - ALPHA)
        if 1 - ncfdtr(features, n - features - 1, ratio * n, limit) >= POWER:
            high = n
        else:
            low = n + 1
    return max(low, MIN_UNITS)


def _reach_verdict(
    score: PredictorScore, p: float, design: _Design, enough: int
) -> tuple[PredictionVerdict, str]:
    high = score.interval[1]
    units = f"{design.units} {design.unit}s"
    little = f"less than {MIN_USEFUL_VARIANCE:g} of the outcome's variance"
    if p <= ALPHA and high < MIN_USEFUL_VARIANCE:
        return PredictionVerdict.NOT_USEFUL, f"Reactions explain more than chance would, but {little}."
    if p <= ALPHA:
        return PredictionVerdict.USEFUL, "Reactions explain more of the outcome than chance would."
    if design.units < enough:
        return PredictionVerdict.INCONCLUSIVE, (
            f"{units} are too few; about {enough} are needed to detect that reactions explain "
            f"{MIN_USEFUL_VARIANCE:g} of the outcome's variance."
        )
    if high < MIN_USEFUL_VARIANCE:
        return (
            PredictionVerdict.NOT_USEFUL,
            f"Reactions explain {little}, and {units} would have been enough to detect that much.",
        )
    return (
        PredictionVerdict.INCONCLUSIVE,
        f"The interval of the explained fraction of variance includes both 0 and {MIN_USEFUL_VARIANCE:g}.",
    )
