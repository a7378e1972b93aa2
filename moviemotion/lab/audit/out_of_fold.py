"""Out-of-fold predictions: the network that predicts a face was not trained on it or its duplicates.

The faces are divided into folds, and for each fold a network is trained on the other folds. Duplicates stay
in the same fold, since a network that has seen a copy would reproduce its label.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from moviemotion.emotions import PROPOSAL_EMOTIONS
from moviemotion.lab.progress import ProgressCallback, ignore_progress
from moviemotion.lab.training.config import TrainingConfig
from moviemotion.lab.training.loop import Examples, fit, predict_logits

MONITORED_FACES = 64
"""Number of held-out faces on which `fit` computes its validation loss, which is not used here."""

TARGET_STEPS, MIN_EPOCHS, MAX_EPOCHS = 1260, 8, 60
"""Target number of training batches, and bounds on the number of epochs derived from it."""
BATCH_SIZE, MIN_BATCHES_PER_EPOCH = 128, 8
"""Faces per batch; fewer if an epoch would have fewer batches than the minimum."""

FOLD_CONFIG = TrainingConfig(options={"width": 0.5}, targets="labels", ema_decay=0.99)
"""The network of the shipped emotion model at half its width, to save time."""


def predict_out_of_fold(
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    n_folds: int,
    label_smoothing: float,
    seed: int,
    on_progress: ProgressCallback = ignore_progress,
) -> NDArray[np.float64]:
    """Predict the emotions of all faces, each with a network that was trained on the other folds.

    Args:
        images: (n, 48, 48) uint8.
        labels: (n,) indices into `PROPOSAL_EMOTIONS`.
        groups: (n,) group number of each face; faces of one group stay in one fold.
        label_smoothing: fraction of each target that is spread over all classes.
        on_progress: called after each batch with the number of batches done and the total over all folds.

    Returns:
        (n, 4) probabilities of the proposal's emotions.
    """
    k = len(PROPOSAL_EMOTIONS)
    targets = np.full((len(labels), k), label_smoothing / k, dtype=np.float32)
    targets[np.arange(len(labels)), labels] += 1 - label_smoothing
    probabilities = np.zeros((len(labels), k))
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    for fold, (trained, held) in enumerate(splitter.split(images, labels, groups)):
        batch = min(BATCH_SIZE, max(2, len(trained) // MIN_BATCHES_PER_EPOCH))
        epochs = int(np.clip(TARGET_STEPS * batch // len(trained), MIN_EPOCHS, MAX_EPOCHS))
        config = replace(FOLD_CONFIG, batch=batch, epochs=epochs, seed=seed + fold)
        monitored = held[:MONITORED_FACES]
        network, _ = fit(
            config,
            Examples(images[trained], targets[trained], labels[trained]),
            Examples(images[monitored], targets[monitored], labels[monitored]),
            on_batch_end=_in_fold(on_progress, fold, n_folds),
        )
        probabilities[held] = torch.softmax(predict_logits(network, images[held]), dim=1).double().numpy()
    return probabilities


def _in_fold(on_progress: ProgressCallback, fold: int, n_folds: int) -> ProgressCallback:
    """Convert the progress within one fold to the progress over all folds, which take about equally long."""
    return lambda done, total: on_progress(fold * total + done, n_folds * total)
