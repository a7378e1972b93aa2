"""The configuration of a training run: everything that determines the result, apart from the data.

`DEFAULT_CONFIGS` has one configuration per network; `make_config` applies the user's overrides to it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from moviemotion.errors import SettingError

OPTIMIZERS = ("sgd", "adam", "adamw")
SCHEDULES = ("cosine", "plateau")
AUGMENTATIONS = ("none", "brightness", "camera")
TARGETS = ("votes", "labels")

_RENAMED_FIELDS = {"optimiser": "optimizer", "first_weights": "initial_weights", "averaging": "ema_decay"}
"""Field of `TrainingConfig` in files written by version 0.1.0 → current name."""
_RENAMED_OPTIONS = {"normalise": "batch_norm_position"}
"""Field of `networks.ProposalArchitecture` in files written by version 0.1.0 → current name."""


@dataclass(frozen=True)
class TrainingConfig:
    """The settings of a training run.

    Attributes:
        network, options: a name in `networks.NETWORKS`, and keyword arguments for its builder.
        initial_weights: path of the initial weights of a pretrained network; if None, any cached weights are
            used.
        targets: "votes" (the annotators' votes over eight emotions) or "labels" (the folder labels, which are
            the proposal's four emotions).
        epochs: the maximum number of epochs.
        patience: number of epochs without a lower validation loss after which training stops and the weights
            of the best epoch are returned. If 0, training runs for all epochs and returns the last weights.
        batch: faces per training step.
        optimizer: "sgd" (Nesterov momentum 0.9), "adam" or "adamw".
        learning_rate: the peak learning rate of the schedule.
        schedule: "cosine" (warm-up over the first twelfth of the run, then decay to 0) or "plateau" (the rate
            is multiplied by 0.2 after three epochs in which the validation loss fell by less than
            `min_delta`).
        weight_decay: decay factor, applied to weights but not to biases and norms; with "adam", it acts as an
            L2 penalty of half that factor.
        ema_decay: decay of the exponential moving average of the weights, which the run returns. If 0, the
            run returns the weights themselves.
        augmentation: "camera" (see `camera_augmentation`), "brightness" or "none".
        brightness: range of the factor by which the "brightness" augmentation multiplies gray values.
        mixup: parameter of the Beta distribution of the weights with which pairs of faces are mixed; 0 turns
            mixing off.
        teacher_share: weight of the teachers' probabilities in the targets, if there are teachers.
        validation: fraction of the train split that is held out for validation.
        fraction: fraction of the train split that is used.
        seed: determines the held-out faces, the initial weights and all random draws.
    """

    network: str = "compact"
    options: Mapping[str, object] = field(default_factory=dict)
    initial_weights: str | None = None
    targets: str = "votes"
    epochs: int = 30
    patience: int = 0
    batch: int = 128
    optimizer: str = "sgd"
    learning_rate: float = 0.1
    schedule: str = "cosine"
    min_delta: float = 1e-4
    weight_decay: float = 5e-4
    ema_decay: float = 0.998
    augmentation: str = "camera"
    brightness: tuple[float, float] = (0.7, 2.0)
    mixup: float = 0.0
    teacher_share: float = 0.5
    validation: float = 0.06
    fraction: float = 1.0
    seed: int = 36

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> TrainingConfig:
        """Create a configuration from the plain containers of a JSON or TOML file.

        Files written by version 0.1.0, including the shipped emotion model, use older names for some fields;
        both the old and the new names are accepted.
        """
        current = _rename_fields(fields, _RENAMED_FIELDS)
        options = _rename_fields(current.get("options", {}), _RENAMED_OPTIONS)
        return cls(**{**current, "options": options, "brightness": tuple(current["brightness"])})

    @property
    def n_outputs(self) -> int:
        """Number of network outputs: eight emotions, or the proposal's four."""
        return 8 if self.targets == "votes" else 4


_PROPOSAL_CONFIG = TrainingConfig(
    network="deck36",
    targets="labels",
    epochs=60,
    patience=15,
    optimizer="adam",
    learning_rate=1e-4,
    schedule="plateau",
    weight_decay=0.0,
    ema_decay=0.0,
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
        optimizer="adamw",
        learning_rate=4e-4,
        weight_decay=0.03,
    ),
}
"""Name of a network → default configuration."""

_PARAMETER_FIELDS = {"network", "epochs", "fraction", "seed", "initial_weights"}
"""Fields that are parameters of `make_config`; overrides cannot change them."""
_FRACTION_FIELDS = {"ema_decay", "teacher_share", "validation"}
"""Fields with values from 0 to 1."""


def make_config(
    network: str,
    epochs: int | None = None,
    fraction: float = 1.0,
    seed: int = 36,
    initial_weights: Path | None = None,
    overrides: Sequence[str] = (),
) -> TrainingConfig:
    """Create the configuration of a run from the network's default.

    Args:
        network: a name in `DEFAULT_CONFIGS`.
        epochs: the maximum number of epochs; if None, the network's default.
        overrides: other single-valued fields of `TrainingConfig`, as FIELD=VALUE.

    Raises:
        SettingError: the network or a field is unknown, or a value is not valid for its field.

    Example:
        >>> make_config("compact", epochs=2, overrides=["mixup=0"]).mixup
        0.0
    """
    if network not in DEFAULT_CONFIGS:
        raise SettingError(
            "unknown-network",
            "{network} {name}: unknown; choose from {known}",
            name=network,
            known=", ".join(DEFAULT_CONFIGS),
        )
    config = DEFAULT_CONFIGS[network]
    return replace(
        config,
        **dict(_parse_override(config, text) for text in overrides),
        epochs=epochs or config.epochs,
        fraction=fraction,
        seed=seed,
        initial_weights=str(initial_weights) if initial_weights else None,
    )


def _parse_override(config: TrainingConfig, text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    fields = {
        field: now
        for field, now in vars(config).items()
        if isinstance(now, int | float | str) and field not in _PARAMETER_FIELDS
    }
    if name not in fields:
        known = ", ".join(fields)
        raise SettingError(
            "unknown-config-field",
            "{overrides} {text}: unknown field; write FIELD=VALUE, where FIELD is one of {known}",
            text=text,
            known=known,
        )
    now = fields[name]
    least, most = int(name == "batch"), 1 if name in _FRACTION_FIELDS else sys.maxsize
    try:
        given = type(now)(value)
    except ValueError:
        raise SettingError(
            "invalid-config-value",
            "{overrides} {text}: invalid value; use the form {field}={example}",
            text=text,
            field=name,
            example=now,
        ) from None
    if not isinstance(given, str) and not least <= given <= most:
        bounds = f"from {least} to 1" if most == 1 else f"of {least} or more"
        raise SettingError(
            "config-value-out-of-range",
            "{overrides} {text}: out of range; write a value {bounds}",
            text=text,
            bounds=bounds,
        )
    return name, given


def config_fields(run: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration in the record of a run; version 0.1.0 stored it under a different name."""
    fields: dict[str, Any] = run["config"] if "config" in run else run["recipe"]
    return fields


def _rename_fields(fields: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in fields.items()}
