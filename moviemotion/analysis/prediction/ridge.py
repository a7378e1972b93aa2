"""Ridge regression in nested cross-validation, of many outcomes at once.

Ridge is linear in the outcome, so what belongs to the features is worked out once and a thousand permuted
outcomes are then predicted by one matrix product. scikit-learn's RidgeCV can neither leave whole groups out
in its inner loop nor do that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.statistics import Float64Array

IntArray = NDArray[np.int64]

PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""Tried in the inner loop, each times the number of rows; and an endless one, which predicts the mean."""
_MIN_STD = 1e-9


@dataclass(frozen=True)
class _Fit:
    """One penalty on one training set: what it predicts, and how to leave a group out of it.

    Attributes:
        predict: (test, train): outcomes → predictions of the test rows.
        residual: (train, train): outcomes → residual of each row were its group left out.
    """

    predict: Float64Array
    leave_group_out: Float64Array


class NestedRidge:
    """Folds of a table of features: outcomes in, out-of-fold predictions out.

    The outer folds and the inner loop leave whole groups out. The inner loop leaves out one group at a time,
    in closed form: the residuals of a left-out group g are (I − H_gg)⁻¹ (y − Hy)_g with H the hat matrix
    (Cook & Weisberg, 1982), and chooses the penalty for each outcome.
    """

    def __init__(self, features: Float64Array, groups: IntArray, folds: IntArray) -> None:
        """Work out what does not depend on the outcome.

        Args:
            features: (n, p), finite.
            groups: (n,) rows of one group stay together.
            folds: (n,) the outer fold of each row; a group is in one.
        """
        self._rows = len(features)
        self._folds = []
        for fold in np.unique(folds):
            test, train = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
            self._folds.append((test, train, _fit_penalties(features, groups, test, train)))

    def predict(self, outcomes: Float64Array) -> Float64Array:
        """(n, B) outcomes → (n, B) out-of-fold predictions."""
        predictions = np.empty(outcomes.shape)
        for test, train, fits in self._folds:
            y = outcomes[train]
            errors = np.stack([((fit.leave_group_out @ y) ** 2).sum(axis=0) for fit in fits])
            best = errors.argmin(axis=0)
            for k in np.unique(best):
                predictions[np.ix_(test, best == k)] = fits[k].predict @ y[:, best == k]
        return predictions


def _fit_penalties(features: Float64Array, groups: IntArray, test: IntArray, train: IntArray) -> list[_Fit]:
    mean, spread = features[train].mean(axis=0), features[train].std(axis=0)
    usable = spread > _MIN_STD
    z = ((features - mean) / np.maximum(spread, _MIN_STD))[:, usable]
    values, vectors = np.linalg.eigh(z[train] @ z[train].T)
    n = len(train)
    average = np.full((n, n), 1 / n)
    names, sizes = np.unique(groups[train], return_counts=True)
    members = [np.flatnonzero(groups[train] == group) for group in names[sizes > 1]]
    fits = []
    for penalty in (*(n * p for p in PENALTIES), np.inf):
        inverse = (vectors / (np.maximum(values, 0) + penalty)) @ vectors.T
        weights = z[train].T @ inverse
        weights -= weights.mean(axis=1, keepdims=True)
        left = np.eye(n) - average - z[train] @ weights
        residual = left / np.diag(left)[:, None]
        for own in members:
            residual[own] = np.linalg.solve(left[np.ix_(own, own)], left[own])
        fits.append(_Fit(z[test] @ weights + 1 / n, residual))
    return fits


def out_of_fold_means(outcomes: Float64Array, folds: IntArray) -> Float64Array:
    """(n, B) the mean outcome of the other folds: what is predicted without any feature."""
    predictions = np.empty(outcomes.shape)
    for fold in np.unique(folds):
        predictions[folds == fold] = outcomes[folds != fold].mean(axis=0)
    return predictions


def assign_folds(groups: IntArray, count: int, rng: np.random.Generator) -> IntArray:
    """(n,) a random fold for each row, whole groups together, as even in groups as can be."""
    names, of_row = np.unique(groups, return_inverse=True)
    return (rng.permutation(len(names)) % count)[of_row]
