"""Faces → emotions, with the network that the lab exported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import create_onnx_session
from moviemotion.emotions import EMOTIONS

EMOTION_WEIGHTS = Path(__file__).parent / "models" / "emotion.onnx"


class EmotionModel:
    """Reads crops in batches. The network standardises its input itself.

    What it gives are shares of votes: of ten annotators, how many would name each emotion. The lab measures
    by which exponent its probabilities become such shares, and the file carries it (`lab/vote_scale.py`).
    """

    def __init__(self) -> None:
        self._session = create_onnx_session(EMOTION_WEIGHTS)
        self._exponent = float(self._session.get_modelmeta().custom_metadata_map.get("vote_exponent", 1.0))

    def predict(self, crops: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """The emotions of each crop, as shares of the annotators who would name them.

        Args:
            crops: n arrays (48, 48) uint8, grey.

        Returns:
            (n, 8) float32 in the order of `EMOTIONS`; rows sum to one.
        """
        if not crops:
            return np.empty((0, len(EMOTIONS)), dtype=np.float32)
        faces = np.stack(crops)[:, None].astype(np.float32)
        (probabilities,) = self._session.run(["probabilities"], {"faces": faces})
        shares = np.asarray(probabilities) ** self._exponent
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))
