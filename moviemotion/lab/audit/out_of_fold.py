"""Out-of-fold predictions: every face is read by a network that was trained without it and its copies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from moviemotion.emotions import DECK_EMOTIONS
from moviemotion.lab.training.config import Recipe
from moviemotion.lab.training.loop import Examples, fit, predict_logits

JUDGED_EACH_EPOCH = 64
"""Held-out faces on which `fit` reports its progress; nothing is chosen by them."""

STEPS, FEWEST_EPOCHS, MOST_EPOCHS = 1260, 8, 60
"""Training ends after so many batches, within bounds: small folders need many epochs, large ones few."""
BATCH, BATCHES_AN_EPOCH = 128, 8
"""Faces a batch, unless the folder is too small for so many batches."""

RECIPE = Recipe(options={"width": 0.5}, targets="labels", averaging=0.99)
"""The network that ships, half as wide: folds cost minutes."""


def out_of_fold(
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    folds: int,
    smoothing: float,
    seed: int,
) -> NDArray[np.float64]:
    """(n, 4) probabilities of the deck's emotions from `folds` networks, each trained on the other folds.

    Args:
        images: (n, 48, 48).
        labels: (n,) indices into `DECK_EMOTIONS`.
        groups: (n,) pictures of one group stay in one fold.
        smoothing: share of each target that is spread over all classes.
    """
    k = len(DECK_EMOTIONS)
    targets = np.full((len(labels), k), smoothing / k, dtype=np.float32)
    targets[np.arange(len(labels)), labels] += 1 - smoothing
    probabilities = np.zeros((len(labels), k))
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    for fold, (learnt, held) in enumerate(splitter.split(images, labels, groups)):
        batch = min(BATCH, max(2, len(learnt) // BATCHES_AN_EPOCH))
        epochs = int(np.clip(STEPS * batch // len(learnt), FEWEST_EPOCHS, MOST_EPOCHS))
        recipe = replace(RECIPE, batch=batch, epochs=epochs, seed=seed + fold)
        watched = held[:JUDGED_EACH_EPOCH]
        network, _ = fit(
            recipe,
            Examples(images[learnt], targets[learnt], labels[learnt]),
            Examples(images[watched], targets[watched], labels[watched]),
        )
        probabilities[held] = torch.softmax(predict_logits(network, images[held]), dim=1).double().numpy()
    return probabilities
