"""From how sure a reader is to how many of ten annotators it stands for.

A reader's temperature is fitted so that it is right as often as it is sure. That is not the share of
annotators who name an emotion, which is smaller: one face on which seven agree is read right nearly always.
Strength is measured in shares, so an exported reader carries one more number: with that exponent, and
renormalised, its probabilities come closest to the annotators' votes.
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
from moviemotion.lab.training.face_selection import config_of_model, load_held_out_faces

VOTE_EXPONENT_KEY = "vote_exponent"
"""The reader of the audience looks for it in the file's metadata under this name."""
EXPONENT_BOUNDS = (0.2, 3.0)


def fit_vote_exponent(probabilities: NDArray[np.floating], shares: NDArray[np.floating]) -> float:
    """The exponent with the least cross-entropy between the annotators' votes and the reader's shares.

    The same as a temperature (Guo et al., 2017) fitted to the votes instead of to the top vote.

    Args:
        probabilities: (n, 8) of the reader.
        shares: (n, 8) of the votes; rows sum to one.
    """
    log = np.log(np.maximum(probabilities, 1e-7).astype(np.float64))

    def cross_entropy(exponent: float) -> float:
        scaled = exponent * log
        largest = scaled.max(axis=1, keepdims=True)
        normal = largest + np.log(np.exp(scaled - largest).sum(axis=1, keepdims=True))
        return float((shares * (normal - scaled)).sum())

    return round(float(minimize_scalar(cross_entropy, bounds=EXPONENT_BOUNDS, method="bounded").x), 3)


def calibrate_to_votes(model: Path, data: Path) -> float:
    """Fit the exponent on the faces that were held out of an exported reader's training; write it into it.

    Returns:
        the exponent; 1 for a reader of labels, which has no votes to be scaled to.

    Raises:
        MoviemotionError: the data or the model cannot be read.
    """
    exported = onnx.load(str(model))
    properties = {p.key: p.value for p in exported.metadata_props}
    exponent = 1.0
    if config_of_model(model).targets == "votes":
        faces = load_held_out_faces(model, data)
        assert faces.votes is not None
        exponent = fit_vote_exponent(predict(model, faces), soft_targets(faces.votes))
    helper.set_model_props(exported, {**properties, VOTE_EXPONENT_KEY: str(exponent)})
    with atomic_write(model) as partial:
        onnx.save(exported, str(partial))
    return exponent
