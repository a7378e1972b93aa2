"""Measure the emotion model in a dark theater: little light, noise, motion, blur and distance.

    python benchmarks/conditions.py --data ../shared/data/faces
    python benchmarks/conditions.py --data ../shared/data/faces --part test --model OTHER.onnx

Faces with a consensus are degraded as a camera in a theater would degrade them. They are then cropped,
weighted and classified like faces in a recording. Faces of which the training faces contain a near copy are
left out. The validation part (the faces that the shipped model's run held out of the train split) is for
choosing; the test part is for looking at once.

- kept: fraction of the faces that the quality weights do not reject.
- accuracy: agreement with the consensus, of the kept faces, of the rejected ones and of all.
- guess: accuracy of always answering with the most frequent emotion.
- confidence, ECE: mean largest probability and expected calibration error of the kept faces.
- eight: accuracy of all faces with a unique most frequent vote, among all eight emotions.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, shift

from moviemotion.audience.faces.detect import CROP_SCALE, FaceBox, crop_face
from moviemotion.audience.faces.quality import quality_weights
from moviemotion.emotions import EMOTIONS, PROPOSAL_EMOTIONS, to_proposal_emotions
from moviemotion.lab.data.dataset import FaceSet, consensus_truth
from moviemotion.lab.data.duplicates import duplicate_pairs
from moviemotion.lab.evaluation.calibration import expected_calibration_error
from moviemotion.lab.evaluation.evaluate import SHIPPED_EMOTION_MODEL, predict
from moviemotion.lab.training.face_selection import config_of_model, load_train_and_test, select_faces
from moviemotion.statistics import wilson_interval

Pixels = NDArray[np.uint8]
Degrade = Callable[[NDArray[np.float64], np.random.Generator], NDArray[np.float64]]
READ_NOISE = 3.0
SEED = 36
MARKS = np.array([[0.3, 0.35], [0.7, 0.35], [0.5, 0.55], [0.35, 0.78], [0.65, 0.78]], dtype=np.float32)
COLUMNS = ("condition", "kept", "accuracy, kept", "rejected", "all", "guess", "confidence", "ECE", "eight")


def darkened(gain: float) -> Degrade:
    """Light times `gain`, and the sensor's noise."""
    return lambda face, rng: face * gain + rng.normal(0, READ_NOISE, face.shape)


def moved(pixels: float) -> Degrade:
    """Motion blur along a line of this length, in a random direction."""

    def blur(face: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
        angle = rng.uniform(0, np.pi)
        steps = np.linspace(-pixels / 2, pixels / 2, 2 * round(pixels) + 1)
        along = [(s * np.sin(angle), s * np.cos(angle)) for s in steps]
        return np.mean([shift(face, one, order=1, mode="nearest") for one in along], axis=0)

    return blur


def blurred(sigma: float) -> Degrade:
    return lambda face, rng: gaussian_filter(face, sigma)


def distant(pixels: int) -> Degrade:
    """Recorded at this many pixels, then enlarged as `crop_face` does."""

    def shrink(face: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
        small = Image.fromarray(face.astype(np.uint8)).resize((pixels, pixels), Image.Resampling.BOX)
        return np.asarray(small.resize(face.shape[::-1], Image.Resampling.BICUBIC), np.float64)

    return shrink


CONDITIONS: dict[str, Degrade] = {
    "clear": lambda face, rng: face,
    **{f"light × {gain:g}, noise {READ_NOISE:g}": darkened(gain) for gain in (0.2, 0.1, 0.05)},
    **{f"motion {pixels} px": moved(pixels) for pixels in (5, 9)},
    "blur σ 2 px": blurred(2.0),
    "20 px": distant(20),
}


def choose_faces(model: Path, data: Path, part: str) -> FaceSet:
    """The faces of a part that have votes for an emotion, without near copies of training faces."""
    train, test = load_train_and_test(data)
    selected = select_faces(train, test, config_of_model(model))
    faces = selected.held_out if part == "validation" else test
    assert faces is not None
    others = len(selected.train)
    pairs = duplicate_pairs(np.concatenate([selected.train.images, faces.images]))
    copies = {pair.second - others for pair in pairs if pair.first < others <= pair.second}
    return faces.subset(np.array([i not in copies for i in range(len(faces))]))


def plurality(faces: FaceSet) -> NDArray[np.int64]:
    """(n,) the index of the most frequent vote in `EMOTIONS`; -1 if it is not a unique emotion."""
    assert faces.votes is not None
    top, count = faces.votes.argmax(axis=1), faces.votes.max(axis=1)
    unique = (faces.votes == count[:, None]).sum(axis=1) == 1
    return np.where(unique & (top < len(EMOTIONS)), top, -1)


def as_recorded(images: Pixels) -> tuple[Pixels, NDArray[np.float32]]:
    """The crops and quality weights of frames that each contain only one face."""
    side = images.shape[1]
    edge = (side - side / CROP_SCALE) / 2
    box = FaceBox(edge, edge, side - edge, side - edge, 0.9, MARKS * side)
    crops = [crop_face(np.repeat(image[..., None], 3, axis=2), box) for image in images]
    weights = [quality_weights([box] * len(part), part)[0] for part in _batches(crops)]
    return np.stack(crops), np.concatenate(weights)


def _batches(crops: list[Pixels], size: int = 256) -> list[list[Pixels]]:
    return [crops[k : k + size] for k in range(0, len(crops), size)]


def with_interval(right: NDArray[np.bool_]) -> str:
    if not len(right):
        return "–"
    low, high = wilson_interval(right.sum(), len(right))
    return f"{right.mean():.3f} ({low:.3f} to {high:.3f}, n={len(right)})"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the emotion model in a dark theater.")
    parser.add_argument("--data", type=Path, required=True, help="folder with <split>/<label>/*.png")
    parser.add_argument("--part", choices=("validation", "test"), default="validation")
    parser.add_argument("--model", type=Path, action="append", help="ONNX file; may be repeated")
    given = parser.parse_args()
    models = given.model or [SHIPPED_EMOTION_MODEL]
    faces = choose_faces(models[0], given.data, given.part)
    truth, eight = consensus_truth(faces), plurality(faces)
    used = (truth >= 0) | (eight >= 0)
    faces, truth, eight = faces.subset(used), truth[used], eight[used]
    agreed = truth >= 0
    guess = np.bincount(truth[agreed]).max() / agreed.sum()
    crops: dict[str, tuple[Pixels, NDArray[np.float32]]] = {}
    for name, degrade in CONDITIONS.items():
        rng = np.random.default_rng(SEED)
        degraded = np.stack([degrade(image.astype(np.float64), rng) for image in faces.images])
        crops[name] = as_recorded(np.rint(degraded).clip(0, 255).astype(np.uint8))
    for model in models:
        print(f"\n{model.name}, {given.part} part\n")
        print("| " + " | ".join(COLUMNS) + " |\n|" + " --- |" * len(COLUMNS))
        recalls = []
        for name, (images, weights) in crops.items():
            probabilities = predict(model, FaceSet(faces.names, images, faces.labels, faces.votes))
            shares = to_proposal_emotions(probabilities)
            right, kept = shares.argmax(axis=1) == truth, weights > 0
            sure = shares.max(axis=1)[agreed & kept]
            cells = [
                name,
                with_interval(kept[agreed]),
                with_interval(right[agreed & kept]),
                with_interval(right[agreed & ~kept]),
                with_interval(right[agreed]),
                f"{guess:.3f}",
                f"{sure.mean():.3f}" if len(sure) else "–",
                f"{expected_calibration_error(sure, right[agreed & kept]):.3f}" if len(sure) else "–",
                with_interval((probabilities.argmax(axis=1) == eight)[eight >= 0]),
            ]
            print("| " + " | ".join(cells) + " |", flush=True)
            recalls.append(
                [name, *(f"{right[(truth == k) & kept].mean():.2f}" for k in range(len(PROPOSAL_EMOTIONS)))]
            )
        print("\n| recall, kept | " + " | ".join(PROPOSAL_EMOTIONS) + " |\n|" + " --- |" * 5)
        for row in recalls:
            print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
