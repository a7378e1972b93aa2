"""Which faces a run learns from and which it holds out; the same for the same recipe, today and later."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import onnxruntime as ort

from moviemotion.errors import MoviemotionError
from moviemotion.lab.data import dataset
from moviemotion.lab.training.config import TrainingConfig

HELD_OUT_SPLIT = "held-out"
"""Name, in place of a split's, of the part of the train split that a reader's own run held out."""


@dataclass(frozen=True)
class FaceSelection:
    """Faces to learn from and faces held out, and how many of the split were left out and why.

    Attributes:
        without_target: had no emotion to learn.
        in_test: have the pixels of a test image.
    """

    train: dataset.FaceSet
    held_out: dataset.FaceSet
    without_target: int
    also_in_test: int


def load_train_and_test(data: Path) -> tuple[dataset.FaceSet, dataset.FaceSet | None]:
    """The faces of `<data>/train`, and of `<data>/test` if there is one.

    Raises:
        MoviemotionError: a split cannot be read.
    """
    test = dataset.load_faces(data, "test") if (data / "test").is_dir() else None
    return dataset.load_faces(data, "train"), test


def select_faces(
    faces: dataset.FaceSet, test: dataset.FaceSet | None, config: TrainingConfig
) -> FaceSelection:
    """Divide the faces of the train split as `recipe` says; none with the pixels of a test image is kept.

    Raises:
        MoviemotionError: the faces have no votes and the recipe learns from votes.
    """
    if config.targets == "votes" and faces.votes is None:
        raise MoviemotionError(
            "no annotations.csv beside the splits; a network on votes needs the annotators' votes"
        )
    has_target = dataset.usable_mask(faces) if config.targets == "votes" else dataset.label_truth(faces) >= 0
    usable = faces.subset(has_target)
    kept = usable if test is None else dataset.exclude_duplicates_of(usable, test)
    in_test = len(usable) - len(kept)
    if config.fraction < 1:
        kept = kept.subset(dataset.stratified_sample_mask(kept, config.fraction, config.seed))
    held = dataset.stratified_sample_mask(kept, config.validation, config.seed)
    return FaceSelection(kept.subset(~held), kept.subset(held), len(faces) - len(usable), in_test)


def load_held_out_faces(model: Path, data: Path) -> dataset.FaceSet:
    """The faces that the run of an exported reader held out of `<data>/train`.

    Raises:
        MoviemotionError: the model does not say how it was trained, or the data cannot be read.
    """
    return select_faces(*load_train_and_test(data), config_of_model(model)).held_out


def config_of_model(model: Path) -> TrainingConfig:
    """The recipe of an exported reader's run, from the file itself.

    Raises:
        MoviemotionError: the model cannot be read or does not say how it was trained.
    """
    try:
        session = ort.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        return TrainingConfig.from_dict(
            json.loads(session.get_modelmeta().custom_metadata_map["run"])["recipe"]
        )
    except Exception as error:  # ONNX Runtime raises its own classes, derived from Exception alone
        first = str(error).splitlines()[0]
        raise MoviemotionError(
            f"{model}: does not say how it was trained ({first}); export it with moviemotion lab export"
        ) from error
