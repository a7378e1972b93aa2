"""Do reactions to a trailer tell how it will do, or who will come? Prediction, and how far to trust it."""

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
"""Level of the permutation test, which has one side: half of 5 %."""
POWER = 0.8
MIN_USEFUL_VARIANCE = 0.1
"""Least share of the outcome's variance that is worth predicting."""
MIN_UNITS = 10
N_FOLDS, N_REPEATS = 5, 2
MAX_PERMUTATIONS = 999
MAX_EXCEEDANCES = 20
"""Permuted outcomes predicted as well as the real one, after which no more are tried: p is not small."""
_BATCH_SIZE = 111
N_RESAMPLES = 2000
LEARNING_CURVE_FRACTIONS = (0.5, 0.65, 0.8, 1.0)
"""Of the units, of which the learning curve is made."""
_SUBSETS_PER_FRACTION = 6
MAX_UNITS_NEEDED = 100_000
BASELINE_PREDICTORS = (("happiness alone", ("happy_mean",)), ("strength alone", ("strength_mean",)))


class PredictionVerdict(StrEnum):
    """Whether reactions predict the outcome."""

    USEFUL = "usefully predictive"
    NOT_USEFUL = "not usefully predictive"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class ReactionTable:
    """A table of reactions: one row a trailer, a viewer, or a viewer of one of several trailers.

    Attributes:
        trailers, viewers: (n) names; "" where the rows are not told apart by it.
        names: of the features.
        values: (n, p), finite.
    """

    trailers: tuple[str, ...]
    viewers: tuple[str, ...]
    feature_names: tuple[str, ...]
    values: Float64Array


@dataclass(frozen=True)
class PredictorScore:
    """How well one predictor does on units that it has not seen.

    Attributes:
        explained: share of the outcome's variance explained out of fold, at most 1: 1 less the squared
            error over that of predicting the mean; for yes and no this is the Brier skill score.
        interval: 95 % over units (bootstrap of their errors; the predictors are not fitted anew).
        in_order: share of pairs with different outcomes that the predictions put in the right order; 0.5
            is chance; NaN without such pairs.
        in_order_interval: its 95 % over units, resampled alike.
        pairs: of how many pairs; those of two deals of folds count twice.
    """

    name: str
    variance_explained: float
    interval: tuple[float, float]
    concordance: float
    concordance_interval: tuple[float, float]
    pairs: int


@dataclass(frozen=True)
class OutcomePrediction:
    """What reactions tell about an outcome.

    Attributes:
        verdict: see `predict`; `reason` says why, in one sentence.
        rows, units: rows, and the trailers or viewers that count as independent; `unit` names them.
        yes_no: whether the outcome is yes or no.
        score: of all reactions together.
        baselines: of simple predictors; their names say which.
        p: of the permutation test of `score`; NaN where none was made.
        permutations: tried.
        curve: units learnt from (in training and testing together) → share explained.
        twice: share explained with twice the units, extrapolated from the curve; NaN without one.
        needed: units to find, with 80 % power, a share as large as explained now, or `USEFUL` where less is.
        seed: of folds, permutations and resamples.
    """

    verdict: PredictionVerdict
    reason: str
    rows: int
    units: int
    unit: str
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
    """Predict an outcome from reactions, and judge the prediction.

    Ridge regression in nested cross-validation, which leaves out whole trailers where there are several;
    the outcome is permuted, whole trailers at a time, and where the same viewers saw all of them the viewers
    too. *Usefully predictive*: permutation p at most `ALPHA`, unless the interval of the share explained ends
    below `USEFUL`. *Not*: the interval ends below it, and p is small, or there are enough units to have found
    it. Else it *cannot tell*.

    Args:
        outcome: (n,) of the table's rows; 0 and 1 for no and yes.
        seed: of folds, permutations and resamples.
        curve: whether to make the learning curve, which takes most of the time.
    """
    design = _Design.from_table(table)
    yes_no = bool(np.isin(outcome, (0, 1)).all())
    rng = np.random.default_rng(seed)
    lacking = design.insufficient_data(outcome)
    if lacking:
        unknown = math.nan, math.nan
        nothing = PredictorScore("all reactions", math.nan, unknown, math.nan, unknown, 0)
        needed = units_needed(table.values, MIN_USEFUL_VARIANCE)
        return OutcomePrediction(
            PredictionVerdict.CANNOT_TELL, lacking, len(outcome), design.units, design.unit, yes_no,
            nothing, (), math.nan, 0, (), math.nan, needed, seed,
        )  # fmt: skip
    folds = [assign_folds(design.groups, N_FOLDS, rng) for _ in range(N_REPEATS)]
    models = [NestedRidge(table.values, design.groups, f) for f in folds]
    score = _score("all reactions", models, folds, outcome, design, yes_no, rng)
    p, tried = _permutation_p(models, folds, outcome, design, yes_no, score.variance_explained, rng)
    needed = units_needed(table.values, max(score.variance_explained, MIN_USEFUL_VARIANCE))
    points = (
        _learning_curve(table.values, outcome, design, yes_no, score.variance_explained, rng)
        if learning_curve
        else ()
    )
    verdict, reason = _reach_verdict(score, p, design, units_needed(table.values, MIN_USEFUL_VARIANCE))
    return OutcomePrediction(
        verdict=verdict,
        reason=reason,
        rows=len(outcome),
        units=design.units,
        unit=design.unit,
        is_binary=yes_no,
        score=score,
        baseline_scores=tuple(
            _score(
                name,
                [NestedRidge(table.values[:, _columns(table, names)], design.groups, f) for f in folds],
                folds,
                outcome,
                design,
                yes_no,
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


@dataclass(frozen=True)
class _Design:
    """Which rows belong together, and how outcomes may be permuted.

    Attributes:
        groups: (n,) the unit of each row.
        viewers: (n,) the viewer of each row.
        crossed: whether the same viewers saw every trailer.
        repeated: whether a viewer is in several trailers.
    """

    groups: NDArray[np.int64]
    viewers: NDArray[np.int64]
    unit: str
    crossed: bool
    repeated: bool

    @classmethod
    def from_table(cls, table: ReactionTable) -> _Design:
        trailers, trailer_of = np.unique(table.trailers, return_inverse=True)
        viewers, viewer_of = np.unique(table.viewers, return_inverse=True)
        rows = len(table.trailers)
        if len(trailers) == 1:
            return cls(viewer_of, np.zeros(rows, np.int64), "viewer", False, len(viewers) < rows)
        alone = len(trailers) == rows
        repeated = not alone and len(viewers) < rows
        crossed = repeated and len(trailers) * len(viewers) == rows
        return cls(trailer_of, viewer_of, "trailer", crossed, repeated)

    @property
    def units(self) -> int:
        """How many count as independent; their numbers in `groups` are 0 to this."""
        return int(self.groups.max()) + 1

    def insufficient_data(self, outcome: Float64Array) -> str:
        """Why nothing can be said, or ""."""
        if self.repeated and not self.crossed:
            return (
                "Some viewers, not all, saw several trailers, so that rows cannot be permuted fairly; keep "
                "the viewers who saw all of them, or give one outcome a trailer."
            )
        if self.units < MIN_UNITS:
            return f"Only {self.units} {self.unit}s; a prediction needs at least {MIN_UNITS}."
        if np.isin(outcome, (0, 1)).all() and min(outcome.sum(), (1 - outcome).sum()) < N_FOLDS:
            return f"Fewer than {N_FOLDS} say yes, or no; nothing can be learnt of them."
        if np.ptp(outcome) == 0:
            return "The outcome is the same everywhere; there is nothing to predict."
        return ""

    def permute(self, outcome: Float64Array, count: int, rng: np.random.Generator) -> Float64Array:
        """(n, count) outcomes of other units: each unit gets those of one other, so that what the rows of a
        unit have in common, they still have."""
        if self.units == len(outcome):
            return rng.permuted(np.tile(outcome, (count, 1)), axis=1).T
        members = [np.flatnonzero(self.groups == group) for group in range(self.units)]
        if self.crossed:
            members = [own[np.argsort(self.viewers[own])] for own in members]
        permuted = np.empty((len(outcome), count))
        for column in range(count):
            viewers = rng.permutation(len(members[0]))
            for own, other in zip(members, rng.permutation(self.units), strict=True):
                of_other = outcome[members[other]]
                if self.crossed:
                    permuted[own, column] = of_other[viewers]
                else:
                    few = len(own) > len(of_other)
                    permuted[own, column] = rng.choice(of_other, len(own), replace=few)
        return permuted


def _squared_errors(
    models: Sequence[NestedRidge], folds: Sequence[NDArray[np.int64]], outcomes: Float64Array, yes_no: bool
) -> tuple[Float64Array, Float64Array, list[Float64Array]]:
    """(n, B) squared errors of the models and of the mean, averaged over deals of folds; each one's
    predictions."""
    of_models, of_mean, all_predicted = [], [], []
    for model, fold in zip(models, folds, strict=True):
        predicted = model.predict(outcomes)
        if yes_no:
            predicted = np.clip(predicted, 0, 1)
        of_models.append((outcomes - predicted) ** 2)
        of_mean.append((outcomes - out_of_fold_means(outcomes, fold)) ** 2)
        all_predicted.append(predicted)
    return np.mean(of_models, axis=0), np.mean(of_mean, axis=0), all_predicted


def _score(
    name: str,
    models: Sequence[NestedRidge],
    folds: Sequence[NDArray[np.int64]],
    outcome: Float64Array,
    design: _Design,
    yes_no: bool,
    rng: np.random.Generator,
) -> PredictorScore:
    error, of_mean, predicted = _squared_errors(models, folds, outcome[:, None], yes_no)
    ours = np.bincount(design.groups, error[:, 0])
    theirs = np.bincount(design.groups, of_mean[:, 0])
    times = rng.multinomial(len(ours), np.full(len(ours), 1 / len(ours)), N_RESAMPLES)
    spread = 1 - (times @ ours) / (times @ theirs)
    low, high = np.quantile(spread, [0.025, 0.975])
    explained = float(1 - error.sum() / of_mean.sum())
    in_order, ends, pairs = _concordance(outcome, predicted, folds, design.groups, times)
    return PredictorScore(name, explained, (float(low), float(high)), in_order, ends, pairs)


def _concordance(
    outcome: Float64Array,
    predicted: Sequence[Float64Array],
    folds: Sequence[NDArray[np.int64]],
    groups: NDArray[np.int64],
    times: NDArray[np.int64],
) -> tuple[float, tuple[float, float], int]:
    """Share of pairs with different outcomes in the right order, its 95 % interval, and how many pairs.

    Ties count half. Pairs are of one fold: a fold with high outcomes is predicted from the others, and so
    from lower ones.

    Args:
        times: (B, U) how often each unit is in each resample.
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
    yes_no: bool,
    explained: float,
    rng: np.random.Generator,
) -> tuple[float, int]:
    """p of a share explained as large by permuted outcomes, and how many were tried."""
    as_large, tried = 0, 0
    while tried < MAX_PERMUTATIONS and as_large < MAX_EXCEEDANCES:
        error, of_mean, _ = _squared_errors(models, folds, design.permute(outcome, _BATCH_SIZE, rng), yes_no)
        as_large += int((1 - error.sum(axis=0) / of_mean.sum(axis=0) >= explained - 1e-12).sum())
        tried += _BATCH_SIZE
    return (1 + as_large) / (1 + tried), tried


def _learning_curve(
    values: Float64Array,
    outcome: Float64Array,
    design: _Design,
    yes_no: bool,
    explained: float,
    rng: np.random.Generator,
) -> tuple[tuple[int, float], ...]:
    """The share explained by models made from some of the units, mean over random choices of them."""
    points = []
    for share in LEARNING_CURVE_FRACTIONS[:-1]:
        count = round(share * design.units)
        if count < MIN_UNITS:
            continue
        shares = []
        for _ in range(_SUBSETS_PER_FRACTION):
            kept = np.isin(design.groups, rng.permutation(design.units)[:count])
            groups, y = design.groups[kept], outcome[kept]
            if np.ptp(y) == 0:
                continue
            folds = assign_folds(groups, N_FOLDS, rng)
            error, of_mean, _ = _squared_errors(
                [NestedRidge(values[kept], groups, folds)], [folds], y[:, None], yes_no
            )
            shares.append(1 - error.sum() / of_mean.sum())
        if shares:
            points.append((count, float(np.mean(shares))))
    return (*points, (design.units, explained))


def _extrapolate(points: Sequence[tuple[int, float]], units: int) -> float:
    """The share explained with more units, were it a − b / n (b at least 0)."""
    if len(points) < 3:
        return math.nan
    n, share = np.array(points).T
    slope, _ = np.polyfit(1 / n, share, 1)
    return float(min(1.0, share[-1] + min(slope, 0.0) * (1 / units - 1 / n[-1])))


def units_needed(values: Float64Array, variance_explained: float) -> int:
    """Units at which the F test of a linear model of so many features, explaining so much, has 80 % power.

    Cohen (1988), section 9. Ridge needs fewer where the features that matter go together.
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
    there = f"{design.units} {design.unit}s"
    less = f"less than {MIN_USEFUL_VARIANCE:g} of the outcome's variance"
    if p <= ALPHA and high < MIN_USEFUL_VARIANCE:
        return PredictionVerdict.NOT_USEFUL, f"Reactions explain more than chance would, but {less}."
    if p <= ALPHA:
        return PredictionVerdict.USEFUL, "Reactions explain more of the outcome than chance would."
    if design.units < enough:
        few = f"{there} are too few: it takes about {enough} to find that reactions explain {MIN_USEFUL_VARIANCE:g} of the"
        return PredictionVerdict.CANNOT_TELL, f"{few} outcome's variance."
    if high < MIN_USEFUL_VARIANCE:
        return (
            PredictionVerdict.NOT_USEFUL,
            f"Reactions explain {less}, and {there} are enough to have found so much.",
        )
    return (
        PredictionVerdict.CANNOT_TELL,
        f"The interval holds both none and {MIN_USEFUL_VARIANCE:g} of the outcome's variance.",
    )
