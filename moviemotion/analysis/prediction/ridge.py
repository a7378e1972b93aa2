"""Ridge regression in nested cross-validation, for many outcomes at once.

Ridge regression is linear in the outcome. Everything that depends only on the features is therefore computed
once, and a thousand permuted outcomes can then be predicted by a single matrix product. scikit-learn's
RidgeCV supports neither this nor leaving out entire groups in its inner loop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.statistics import Float64Array

IntArray = NDArray[np.int64]

PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""Penalties tried in the inner loop, as multiples of the number of rows, in addition to an infinite penalty,
which predicts the mean."""
_MIN_STD = 1e-9


@dataclass(frozen=True)
class _Fit:
    """Linear maps for one penalty and one training set.

    Attributes:
        predict: (test, train) maps the training outcomes to the predictions of the test rows.
        leave_group_out: (train, train) maps the training outcomes to each row's residual under the model
            fitted without that row's group.
    """

    predict: Float64Array
    leave_group_out: Float64Array


class NestedRidge:
    """Out-of-fold predictions from a table of features.

    Both loops leave out entire groups, so that rows of the same trailer or viewer are never split between
    training and test data. The inner loop chooses the penalty for each outcome. It leaves out one group at a
    time in closed form: the residuals of the left-out group g are (I − H_gg)⁻¹ (y − Hy)_g, where H is the hat
    matrix (Cook & Weisberg, 1982).

    Example:
        >>> model = NestedRidge(features, groups, folds)  # doctest: +SKIP
        >>> predictions = model.predict(outcome[:, None])[:, 0]  # doctest: +SKIP
    """

    def __init__(self, features: Float64Array, groups: IntArray, folds: IntArray) -> None:
        """Compute everything that does not depend on the outcome.

        Args:
            features: (n, p) finite features.
            groups: (n,) group of each row.
            folds: (n,) outer fold of each row; all rows of a group are in the same fold.
        """
        self._rows = len(features)
        self._folds = []
        for fold in np.unique(folds):
            test, train = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
            self._folds.append((test, train, _fit_penalties(features, groups, test, train)))

    def predict(self, outcomes: Float64Array) -> Float64Array:
        """Predict (n, B) outcomes out of fold; return (n, B) predictions."""
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
    # One eigendecomposition serves all penalties.
    values, vectors = np.linalg.eigh(z[train] @ z[train].T)
    n = len(train)
    mean_map = np.full((n, n), 1 / n)  # the intercept, which is not penalized
    names, sizes = np.unique(groups[train], return_counts=True)
    members = [np.flatnonzero(groups[train] == group) for group in names[sizes > 1]]
    fits = []
    for penalty in (*(n * p for p in PENALTIES), np.inf):
        inverse = (vectors / (np.maximum(values, 0) + penalty)) @ vectors.T
        weights = z[train].T @ inverse
        weights -= weights.mean(axis=1, keepdims=True)
        residual_map = np.eye(n) - mean_map - z[train] @ weights
        residual = residual_map / np.diag(residual_map)[:, None]
        for own in members:
            residual[own] = np.linalg.solve(residual_map[np.ix_(own, own)], residual_map[own])
        fits.append(_Fit(z[test] @ weights + 1 / n, residual))
    return fits


def out_of_fold_means(outcomes: Float64Array, folds: IntArray) -> Float64Array:
    """(n, B) mean outcome of the other folds, which is the prediction without any features."""
    predictions = np.empty(outcomes.shape)
    for fold in np.unique(folds):
        predictions[folds == fold] = outcomes[folds != fold].mean(axis=0)
    return predictions


def assign_folds(groups: IntArray, count: int, rng: np.random.Generator) -> IntArray:
    """Assign rows to random folds; groups are never split, and fold sizes differ by at most one group."""
    names, of_row = np.unique(groups, return_inverse=True)
    return (rng.permutation(len(names)) % count)[of_row]
