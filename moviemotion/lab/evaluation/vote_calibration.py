"""Adjust an emotion model's probabilities to match the shares of annotators who choose each emotion.

A model's temperature is fitted so that its confidence equals its accuracy. Accuracy is not the same as the
share of annotators who choose the emotion. If seven of ten annotators agree on a face, the model is nearly
always correct, so its confidence is close to 1 rather than to 0.7. Emotion probabilities and strength are
defined as shares of annotators, so an exported model stores one more number, the vote exponent. The
probabilities come closest to the annotators' votes when they are raised to this power and normalized.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper
from scipy.optimize import minimize_scalar

from moviemotion._io.atomic_files import atomic_write
from moviemotion.lab.data.dataset import soft_targets
from moviemotion.lab.evaluation.evaluate import predict
from moviemotion.lab.progress import ProgressCallback, ignore_progress
from moviemotion.lab.training.face_selection import config_of_model, load_held_out_faces

VOTE_EXPONENT_KEY = "vote_exponent"
"""Key in the metadata of an exported model; the audience pipeline reads it."""
EXPONENT_BOUNDS = (0.2, 3.0)


def fit_vote_exponent(probabilities: NDArray[np.floating], shares: NDArray[np.floating]) -> float:
    """The exponent that minimizes the cross-entropy between the votes and the scaled probabilities.

    This is temperature scaling (Guo et al., 2017), fitted to all votes rather than the most frequent answer.

    Args:
        probabilities: (n, 8) predicted by the model.
        shares: (n, 8) shares of the votes; rows sum to one.
    """
    log = np.log(np.maximum(probabilities, 1e-7).astype(np.float64))

    def cross_entropy(exponent: float) -> float:
        scaled = exponent * log
        largest = scaled.max(axis=1, keepdims=True)
        normal = largest + np.log(np.exp(scaled - largest).sum(axis=1, keepdims=True))
        return float((shares * (normal - scaled)).sum())

    return round(float(minimize_scalar(cross_entropy, bounds=EXPONENT_BOUNDS, method="bounded").x), 3)


def calibrate_to_votes(model: Path, data: Path, on_progress: ProgressCallback = ignore_progress) -> float:
    """Fit the vote exponent on the model's held-out faces and add it to the model's metadata.

    Args:
        model: ONNX file; it is rewritten.
        data: the face set that the model was trained on.
        on_progress: called after each batch of faces.

    Returns:
        The exponent. It is 1 for a model that was trained on labels, since there are then no votes to fit.

    Raises:
        MoviemotionError: the data or the model cannot be read.
    """
    exported = onnx.load(str(model))
    properties = {p.key: p.value for p in exported.metadata_props}
    exponent = 1.0
    if config_of_model(model).targets == "votes":
        faces = load_held_out_faces(model, data)
        assert faces.votes is not None
        exponent = fit_vote_exponent(predict(model, faces, on_progress), soft_targets(faces.votes))
    helper.set_model_props(exported, {**properties, VOTE_EXPONENT_KEY: str(exponent)})
    with atomic_write(model) as partial:
        onnx.save(exported, str(partial))
    return exponent
