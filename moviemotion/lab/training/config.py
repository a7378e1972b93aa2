"""What decides a training run besides the data, and the recipes that come with the networks."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from moviemotion.errors import MoviemotionError

OPTIMIZERS = ("sgd", "adam", "adamw")
SCHEDULES = ("cosine", "plateau")
AUGMENTATIONS = ("none", "brightness", "camera")
TARGETS = ("votes", "labels")


@dataclass(frozen=True)
class TrainingConfig:
    """Everything a run can be told.

    Attributes:
        network, options: a name in the registry, and what its builder takes.
        first_weights: where a network that starts from others' weights finds them; None: their cache.
        targets: the annotators' "votes" over eight emotions, or the folders' "labels" over the deck's four.
        epochs: at most; `patience` epochs without a lower validation loss end the run (0: never), and the
            weights of the lowest are kept.
        optimiser: "sgd" (Nesterov momentum 0.9), "adam" or "adamw".
        learning_rate: its peak.
        schedule: "cosine" (a twelfth of the run rising, then falling to 0) or "plateau" (a fifth of it after
            three epochs in which the validation loss fell by less than `min_delta`).
        weight_decay: on weights, not on biases and norms; with "adam" an L2 penalty of half that factor.
        averaging: decay of the exponential moving average of weights that is kept; 0 keeps the weights.
        augmentation: "camera" (see `augmentation.camera`), "brightness" or "none".
        brightness: range of the factor that "brightness" multiplies grey values by.
        mixup: parameter of the Beta distribution that mixes pairs of faces; 0 mixes none.
        teacher_share: part of the target that is the teachers' probabilities, if there are teachers.
        validation: share of the train split that is held out.
        fraction: share of the train split that is used at all.
    """

    network: str = "compact"
    options: Mapping[str, object] = field(default_factory=dict)
    first_weights: str | None = None
    targets: str = "votes"
    epochs: int = 30
    patience: int = 0
    batch: int = 128
    optimiser: str = "sgd"
    learning_rate: float = 0.1
    schedule: str = "cosine"
    min_delta: float = 1e-4
    weight_decay: float = 5e-4
    averaging: float = 0.998
    augmentation: str = "camera"
    brightness: tuple[float, float] = (0.7, 2.0)
    mixup: float = 0.0
    teacher_share: float = 0.5
    validation: float = 0.06
    fraction: float = 1.0
    seed: int = 36

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> TrainingConfig:
        """A recipe from plain containers, as JSON and TOML hold it."""
        return cls(**{**fields, "brightness": tuple(fields["brightness"])})

    @property
    def n_outputs(self) -> int:
        """Columns of the network's answer: eight emotions, or the deck's four."""
        return 8 if self.targets == "votes" else 4


_PROPOSAL_CONFIG = TrainingConfig(
    network="deck36",
    targets="labels",
    epochs=60,
    patience=15,
    optimiser="adam",
    learning_rate=1e-4,
    schedule="plateau",
    weight_decay=0.0,
    averaging=0.0,
    augmentation="brightness",
    validation=0.3,
)

DEFAULT_CONFIGS: dict[str, TrainingConfig] = {
    "compact": TrainingConfig(mixup=0.2),
    "deck36": _PROPOSAL_CONFIG,
    "vgg16_block3": replace(_PROPOSAL_CONFIG, network="vgg16_block3"),
    "face_resnet": TrainingConfig(
        network="face_resnet",
        epochs=9,
        optimiser="adamw",
        learning_rate=4e-4,
        weight_decay=0.03,
    ),
}
"""Network → the recipe it is trained with unless told otherwise."""

_COMMAND_LINE_FIELDS = {"network", "epochs", "fraction", "seed", "first_weights"}
"""Fields that the command line has options for."""
_FRACTION_FIELDS = {"averaging", "teacher_share", "validation"}
"""Fields from 0 to 1."""


def make_config(
    network: str,
    epochs: int | None = None,
    fraction: float = 1.0,
    seed: int = 36,
    initial_weights: Path | None = None,
    overrides: Sequence[str] = (),
) -> TrainingConfig:
    """The recipe that comes with a network, with what a command line may change.

    Args:
        changes: any other field of `Recipe` that holds one value, as FIELD=VALUE.

    Raises:
        MoviemotionError: the network or a field is unknown, or a value is none that the field can have.
    """
    if network not in DEFAULT_CONFIGS:
        raise MoviemotionError(f"--network {network}: unknown; choose from {', '.join(DEFAULT_CONFIGS)}")
    recipe = DEFAULT_CONFIGS[network]
    return replace(
        recipe,
        **dict(_parse_override(recipe, text) for text in overrides),
        epochs=epochs or recipe.epochs,
        fraction=fraction,
        seed=seed,
        first_weights=str(initial_weights) if initial_weights else None,
    )


def _parse_override(recipe: TrainingConfig, text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    fields = {
        field: now
        for field, now in vars(recipe).items()
        if isinstance(now, int | float | str) and field not in _COMMAND_LINE_FIELDS
    }
    if name not in fields:
        known = ", ".join(fields)
        raise MoviemotionError(f"--set {text}: no such field; write FIELD=VALUE with one of {known}")
    now = fields[name]
    least, most = int(name == "batch"), 1 if name in _FRACTION_FIELDS else sys.maxsize
    try:
        given = type(now)(value)
    except ValueError:
        raise MoviemotionError(f"--set {text}: {name} takes a value such as {now}") from None
    if not isinstance(given, str) and not least <= given <= most:
        raise MoviemotionError(f"--set {text}: {name} is {least} or more" + " and at most 1" * (most == 1))
    return name, given
