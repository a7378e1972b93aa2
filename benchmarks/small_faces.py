"""Measure how much information a small or blurred face retains, and compare that with its weight.

    python benchmarks/small_faces.py --data ../shared/data/faces

Faces that the training run of the shipped emotion model held out of the train split are blurred, or scaled
down as a more distant camera would see them. They are then cropped, weighted and classified like faces in a
recording. The information retained is the squared correlation of the emotion probabilities with those of the
unchanged faces: the mean over the proposal's emotions, with its 95 % interval over resampled faces. The
quality weight should be about as large.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from moviemotion.audience.faces.detect import CROP_SCALE, FaceBox, crop_face
from moviemotion.audience.faces.emotion_model import OnnxEmotionModel
from moviemotion.audience.faces.quality import quality_weights
from moviemotion.emotions import PROPOSAL_COLUMNS, to_proposal_emotions
from moviemotion.lab.data.dataset import consensus_truth
from moviemotion.lab.evaluation.evaluate import SHIPPED_EMOTION_MODEL
from moviemotion.lab.training.face_selection import load_held_out_faces
from moviemotion.statistics import wilson_interval

Pixels = NDArray[np.uint8]
SIZES = (24, 20, 16, 14, 12, 10, 8, 6)
BLURS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
BATCH = 32
BOOTSTRAPS = 500
SEED = 36
MARKS = np.array([[0.3, 0.35], [0.7, 0.35], [0.5, 0.55], [0.35, 0.78], [0.65, 0.78]], dtype=np.float32)


def as_recorded(face: Pixels) -> tuple[Pixels, float]:
    """Return the crop and the quality weight for a frame that contains only this face."""
    side = len(face)
    edge = (side - side / CROP_SCALE) / 2
    box = FaceBox(edge, edge, side - edge, side - edge, 0.9, MARKS * side)
    crop = crop_face(np.repeat(face[..., None], 3, axis=2), box)
    return crop, float(quality_weights([box], [crop])[0][0])


def smaller(size: int) -> Callable[[Pixels], Pixels]:
    side = round(size * CROP_SCALE)
    return lambda face: np.asarray(Image.fromarray(face).resize((side, side), Image.Resampling.BOX))


def blurred(sigma: float) -> Callable[[Pixels], Pixels]:
    return lambda face: np.rint(gaussian_filter(face.astype(float), sigma)).astype(np.uint8)


def remaining(readings: NDArray[np.float32], before: NDArray[np.float32]) -> float:
    one, other = (r[:, list(PROPOSAL_COLUMNS)] for r in (readings, before))
    return float(np.mean([np.corrcoef(a, b)[0, 1] ** 2 for a, b in zip(one.T, other.T, strict=True)]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measure how much information a small or blurred face retains."
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with <split>/<label>/*.png")
    faces = load_held_out_faces(SHIPPED_EMOTION_MODEL, parser.parse_args().data)
    truth = consensus_truth(faces)
    images, truth = faces.images[truth >= 0], truth[truth >= 0]
    model, rng = OnnxEmotionModel(), np.random.default_rng(SEED)
    chosen = rng.integers(0, len(images), (BOOTSTRAPS, len(images)))

    def read(crops: list[Pixels]) -> NDArray[np.float32]:
        return np.concatenate([model.predict(crops[k : k + BATCH]) for k in range(0, len(crops), BATCH)])

    before = read([as_recorded(image)[0] for image in images])
    changes: list[tuple[str, Callable[[Pixels], Pixels]]] = [("unchanged", np.asarray)]
    changes += [(f"{size} px", smaller(size)) for size in SIZES]
    changes += [(f"blur of {sigma:g} px in 48", blurred(sigma)) for sigma in BLURS]
    print(f"{len(images)} faces\n\n| face | retained (95 %) | mean weight | rejected | accuracy (95 %) |")
    print("| --- | --- | --- | --- | --- |")
    for name, change in changes:
        crops, weights = zip(*(as_recorded(change(image)) for image in images), strict=True)
        readings = read(list(crops))
        low, high = np.quantile([remaining(readings[k], before[k]) for k in chosen], [0.025, 0.975])
        right = int((to_proposal_emotions(readings).argmax(axis=1) == truth).sum())
        worst, best = wilson_interval(right, len(truth))
        print(
            f"| {name} | {remaining(readings, before):.2f} "
            f"({low:.2f} to {high:.2f}) | {np.mean(weights):.2f} "
            f"| {np.mean(np.equal(weights, 0)):.0%} | {right / len(truth):.3f} ({worst:.3f} to {best:.3f}) |",
            flush=True,
        )


if __name__ == "__main__":
    main()
