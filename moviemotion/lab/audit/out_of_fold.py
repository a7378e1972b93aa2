"""Out-of-fold predictions: every face is read by a network that was trained without it and its copies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from moviemotion.emotions import PROPOSAL_EMOTIONS
from moviemotion.lab.training.config import TrainingConfig
from moviemotion.lab.training.loop import Examples, fit, predict_logits

MONITORED_FACES = 64
"""Held-out faces on which `fit` reports its progress; nothing is chosen by them."""

TARGET_STEPS, MIN_EPOCHS, MAX_EPOCHS = 1260, 8, 60
"""Training ends after so many batches, within bounds: small folders need many epochs, large ones few."""
BATCH_SIZE, MIN_BATCHES_PER_EPOCH = 128, 8
"""Faces a batch, unless the folder is too small for so many batches."""

FOLD_CONFIG = TrainingConfig(options={"width": 0.5}, targets="labels", averaging=0.99)
"""The network that ships, half as wide: folds cost minutes."""


def predict_out_of_fold(
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    n_folds: int,
    label_smoothing: float,
    seed: int,
) -> NDArray[np.float64]:
    """(n, 4) probabilities of the deck's emotions from `folds` networks, each trained on the other folds.

    Args:
        images: (n, 48, 48).
        labels: (n,) indices into `DECK_EMOTIONS`.
        groups: (n,) pictures of one group stay in one fold.
        smoothing: share of each target that is spread over all classes.
    """
    k = len(PROPOSAL_EMOTIONS)
    targets = np.full((len(labels), k), label_smoothing / k, dtype=np.float32)
    targets[np.arange(len(labels)), labels] += 1 - label_smoothing
    probabilities = np.zeros((len(labels), k))
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    for fold, (learnt, held) in enumerate(splitter.split(images, labels, groups)):
        batch = min(BATCH_SIZE, max(2, len(learnt) // MIN_BATCHES_PER_EPOCH))
        epochs = int(np.clip(TARGET_STEPS * batch // len(learnt), MIN_EPOCHS, MAX_EPOCHS))
        recipe = replace(FOLD_CONFIG, batch=batch, epochs=epochs, seed=seed + fold)
        watched = held[:MONITORED_FACES]
        network, _ = fit(
            recipe,
            Examples(images[learnt], targets[learnt], labels[learnt]),
            Examples(images[watched], targets[watched], labels[watched]),
        )
        probabilities[held] = torch.softmax(predict_logits(network, images[held]), dim=1).double().numpy()
    return probabilities
