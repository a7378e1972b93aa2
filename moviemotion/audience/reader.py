"""Faces → emotions, with the network that the lab exported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.faces import session
from moviemotion.emotions import EMOTIONS

WEIGHTS = Path(__file__).parent / "models" / "emotion.onnx"


class EmotionReader:
    """Reads crops in batches. The network standardises its input and calibrates its output itself."""

    def __init__(self) -> None:
        self._session = session(WEIGHTS)

    def read(self, crops: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Emotion probabilities of each crop.

        Args:
            crops: n arrays (48, 48) uint8, grey.

        Returns:
            (n, 8) float32 in the order of `EMOTIONS`; rows sum to one.
        """
        if not crops:
            return np.empty((0, len(EMOTIONS)), dtype=np.float32)
        faces = np.stack(crops)[:, None].astype(np.float32)
        (probabilities,) = self._session.run(["probabilities"], {"faces": faces})
        return np.asarray(probabilities)
