"""Select the faces that a run trains on and those that it holds out.

The selection depends only on the configuration and the data, so the held-out faces of a run can be recovered
later from the configuration stored in its exported model.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import onnxruntime as ort

from moviemotion.errors import MoviemotionError
from moviemotion.lab.data import dataset
from moviemotion.lab.training.config import TrainingConfig, config_fields

HELD_OUT_SPLIT = "held-out"
"""Pseudo-split: the part of the train split that was held out in a model's own run."""


@dataclass(frozen=True)
class FaceSelection:
    """The faces to train on, the held-out faces, and the numbers of skipped faces.

    Attributes:
        without_target: number of faces skipped because they have no emotion to learn.
        also_in_test: number of faces skipped because they are pixel-identical to a test image.
    """

    train: dataset.FaceSet
    held_out: dataset.FaceSet
    without_target: int
    also_in_test: int


def load_train_and_test(data: Path) -> tuple[dataset.FaceSet, dataset.FaceSet | None]:
    """Read the faces of `<data>/train` and, if it exists, `<data>/test`.

    Raises:
        MoviemotionError: a split cannot be read.
    """
    test = dataset.load_faces(data, "test") if (data / "test").is_dir() else None
    return dataset.load_faces(data, "train"), test


def select_faces(
    faces: dataset.FaceSet, test: dataset.FaceSet | None, config: TrainingConfig
) -> FaceSelection:
    """Divide the faces of the train split into training and held-out faces.

    Faces that are pixel-identical to a test image are skipped.

    Args:
        faces: the train split.
        test: the test split, if there is one.

    Raises:
        MoviemotionError: the configuration trains on votes and the faces have none.
    """
    if config.targets == "votes" and faces.votes is None:
        raise MoviemotionError(
            f"{dataset.ANNOTATIONS_FILE}: missing, but this network needs votes; "
            "add the file next to the split folders"
        )
    has_target = dataset.usable_mask(faces) if config.targets == "votes" else dataset.label_truth(faces) >= 0
    usable = faces.subset(has_target)
    selected = usable if test is None else dataset.exclude_duplicates_of(usable, test)
    also_in_test = len(usable) - len(selected)
    if config.fraction < 1:
        selected = selected.subset(dataset.stratified_sample_mask(selected, config.fraction, config.seed))
    held = dataset.stratified_sample_mask(selected, config.validation, config.seed)
    return FaceSelection(
        selected.subset(~held), selected.subset(held), len(faces) - len(usable), also_in_test
    )


def load_held_out_faces(model: Path, data: Path) -> dataset.FaceSet:
    """The faces of `<data>/train` that were held out in the run of an exported model.

    Raises:
        MoviemotionError: the model does not contain its configuration, or the data cannot be read.
    """
    return select_faces(*load_train_and_test(data), config_of_model(model)).held_out


def config_of_model(model: Path) -> TrainingConfig:
    """The configuration of an exported model's run, read from the file's metadata.

    Raises:
        MoviemotionError: the model cannot be read or does not contain its configuration.
    """
    try:
        session = ort.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        run = json.loads(session.get_modelmeta().custom_metadata_map["run"])
        return TrainingConfig.from_dict(config_fields(run))
    except Exception as error:  # ONNX Runtime's own errors derive directly from Exception
        first = str(error).splitlines()[0]
        raise MoviemotionError(
            f"{model}: contains no training configuration ({first}); export it with moviemotion lab export"
        ) from error
