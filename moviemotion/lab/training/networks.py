"""The registry of network architectures, selected by name.

Every network takes (n, 1, 48, 48) float32 crops with gray values 0–255 and returns (n, outputs) logits. Each
network scales its own input, so that callers need not know the scale it was trained on.

`compact` is the network of the shipped emotion model. `deck36` is CNN #36 of the proposal (the
MoviEmotion capstone deck of March 2024); each experiment varies one of its properties.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.lab.training.layers import Rescale, Restore, Standardize
from moviemotion.lab.training.pretrained import (
    FaceResNet,
    VGG16Block3,
    load_face_resnet_weights,
    load_vgg16_weights,
)

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": lambda: nn.LeakyReLU(0.3),  # the default slope in Keras
    "identity": nn.Identity,
}


def _conv_bn(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
    )


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut (He et al., 2016), with average pooling if the stride exceeds 1."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = _conv_bn(inputs, outputs, 3, stride)
        self.second = _conv_bn(outputs, outputs, 3)
        shrink: nn.Module = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
        same = inputs == outputs and stride == 1
        self.shortcut = nn.Identity() if same else nn.Sequential(shrink, _conv_bn(inputs, outputs, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) → (n, outputs, h / stride, w / stride)."""
        return torch.relu(self.second(torch.relu(self.first(x))) + self.shortcut(x))


class CompactResNet(nn.Sequential):
    """A residual network with 2.7 million parameters that restores each crop first.

    The more noise a crop contains, the less can be seen in it, so the network divides its logits by
    1 + `NOISE_DOUBT` × the noise ratio: it answers with less confidence, but not with "neutral".
    """

    NOISE_DOUBT = 0.55
    """Fitted to held-out faces at light × 0.035 to × 1 with read noise 3 (`benchmarks/conditions.py`)."""

    def __init__(self, outputs: int, filters: list[int]) -> None:
        super().__init__(
            Standardize(),
            _conv_bn(1, filters[0], 3),
            nn.ReLU(),
            ResidualBlock(filters[0], filters[1], stride=2),
            ResidualBlock(filters[1], filters[2], stride=2),
            ResidualBlock(filters[2], filters[3], stride=1),
            ResidualBlock(filters[3], filters[4], stride=2),
            ResidualBlock(filters[4], filters[5], stride=1),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(0.2),
            nn.Linear(filters[5], outputs),
        )
        self.restore = Restore()

    def forward(self, x: Tensor) -> Tensor:
        """(n, 1, 48, 48) gray values 0–255 → (n, outputs) logits."""
        x, noise_ratio = self.restore(x)
        *layers, _ = self.children()  # the last one restores
        for layer in layers:
            x = layer(x)
        return x / (1 + self.NOISE_DOUBT * noise_ratio)


def compact_resnet(outputs: int = 8, width: float = 1.0) -> nn.Module:
    """The network of the shipped emotion model.

    Args:
        outputs: number of emotions.
        width: factor by which the number of filters in each layer is multiplied.
    """
    return CompactResNet(outputs, [round(width * n) for n in (32, 64, 128, 128, 256, 256)])


@dataclass(frozen=True)
class ProposalArchitecture:
    """The properties that the experiments vary in the proposal's network; the defaults are those of CNN #36.

    Attributes:
        filters, kernels: number of filters, and kernel size in pixels, of each block's convolution.
        dense: number of neurons in each dense layer.
        conv_activation, dense_activation: names in `ACTIVATIONS`.
        batch_norm_position: "after" or "before" the activation.
        dropout: fraction of neurons dropped after each dense layer.
    """

    filters: tuple[int, ...] = (128, 256, 1024, 1024, 256)
    kernels: tuple[int, ...] = (3, 3, 2, 2, 2)
    dense: tuple[int, ...] = (256, 512, 1024)
    conv_activation: str = "relu"
    dense_activation: str = "relu"
    batch_norm_position: str = "after"
    dropout: float = 0.2


class ProposalNetwork(nn.Module):
    """The proposal's network: blocks of convolution, activation, batch norm and pooling, then dense layers.

    Attributes:
        architecture: the properties of this network.
        blocks: one module per block, so that the output of each can be inspected.
        head: flattening, dense layers and the classification layer; the softmax is part of the loss.
    """

    def __init__(self, design: ProposalArchitecture, outputs: int) -> None:
        super().__init__()
        self.architecture = design
        self.scale = Rescale()
        blocks: list[nn.Module] = []
        inputs, side = 1, 48
        for filters, kernel in zip(design.filters, design.kernels, strict=True):
            blocks.append(_proposal_block(inputs, filters, kernel, design))
            inputs, side = filters, side // 2
        self.blocks = nn.ModuleList(blocks)
        dense: list[nn.Module] = [nn.Flatten()]
        inputs *= side * side
        for width in design.dense:
            activation = ACTIVATIONS[design.dense_activation]()
            dense += [nn.Linear(inputs, width), activation, nn.Dropout(design.dropout)]
            inputs = width
        self.head = nn.Sequential(*dense, nn.Linear(inputs, outputs))
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                # The default in Keras, which the proposal used (Glorot & Bengio, 2010).
                nn.init.xavier_uniform_(layer.weight)
                assert layer.bias is not None
                nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(n, 1, 48, 48) gray values 0–255 → (n, outputs) logits."""
        x = self.scale(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def _proposal_block(inputs: int, filters: int, kernel: int, design: ProposalArchitecture) -> nn.Sequential:
    # "Same" padding as in Keras, which pads even kernels with one extra pixel at the bottom and right.
    before, after = (kernel - 1) // 2, kernel // 2
    convolution = nn.Sequential(
        nn.ZeroPad2d((before, after, before, after)), nn.Conv2d(inputs, filters, kernel)
    )
    activation = ACTIVATIONS[design.conv_activation]()
    # The Keras defaults: the running mean keeps 0.99 of its value in each step (0.9 in PyTorch).
    norm = nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01)
    middle = [activation, norm] if design.batch_norm_position == "after" else [norm, activation]
    return nn.Sequential(*convolution, *middle, nn.MaxPool2d(2))


def proposal_cnn36(outputs: int = 4, **design: object) -> nn.Module:
    """The proposal's CNN #36, or a variant of it.

    Args:
        outputs: number of emotions.
        design: fields of `ProposalArchitecture` that differ from CNN #36.

    Raises:
        MoviemotionError: a field, an activation or a batch-norm position is unknown.
    """
    values = {key: tuple(v) if isinstance(v, list) else v for key, v in design.items()}
    try:
        chosen = ProposalArchitecture(**values)  # type: ignore[arg-type]
    except TypeError as error:
        raise MoviemotionError(f"network deck36: {error}; use the fields of ProposalArchitecture") from error
    for name in (chosen.conv_activation, chosen.dense_activation):
        if name not in ACTIVATIONS:
            raise MoviemotionError(f"activation {name}: unknown; choose from {', '.join(ACTIVATIONS)}")
    if chosen.batch_norm_position not in ("after", "before"):
        raise MoviemotionError(
            f"batch_norm_position {chosen.batch_norm_position}: unknown; choose after or before"
        )
    return ProposalNetwork(chosen, outputs)


NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "compact": compact_resnet,
    "deck36": proposal_cnn36,
    "vgg16_block3": VGG16Block3,
    "face_resnet": FaceResNet,
}

INITIAL_WEIGHT_LOADERS: dict[str, Callable[[nn.Module, Path | None], None]] = {
    "vgg16_block3": load_vgg16_weights,
    "face_resnet": load_face_resnet_weights,
}
"""Pretrained network → the function that loads its published weights from a local path or a cache."""


def build_network(name: str, outputs: int, options: Mapping[str, object]) -> nn.Module:
    """Create an untrained network.

    Args:
        name: a name in `NETWORKS`.
        outputs: number of emotions.
        options: keyword arguments for the network's builder.

    Raises:
        MoviemotionError: the name or an option is unknown.
    """
    if name not in NETWORKS:
        raise SettingError(
            "unknown-network",
            "{network} {name}: unknown; choose from {known}",
            name=name,
            known=", ".join(NETWORKS),
        )
    try:
        return NETWORKS[name](outputs, **options)
    except TypeError as error:
        raise MoviemotionError(f"network {name}: {error}; change the network's options") from error


def load_run_weights(network: nn.Module, path: Path | None) -> None:
    """Load the final weights of a run of the same network.

    Args:
        path: the run's `weights.pt`.

    Raises:
        MoviemotionError: the file is missing or contains the weights of a different network.
    """
    try:
        network.load_state_dict(torch.load(path or "", weights_only=True, map_location="cpu"))
    except Exception as error:  # torch raises pickle, zip and other errors
        first = str(error).splitlines()[0]
        raise MoviemotionError(
            f"{path}: not the weights of this network ({first}); choose the file weights.pt of a run"
        ) from error


def summarize_layers(network: nn.Module) -> list[tuple[str, str, int]]:
    """List the layers of a network, in the order of computation.

    Returns:
        For each layer, its type, its output shape for one face, and its number of parameters, including the
        running statistics of batch norms.
    """
    rows: list[tuple[str, str, int]] = []

    def record(layer: nn.Module, _: object, output: Tensor | tuple[Tensor, ...]) -> None:
        count = sum(p.numel() for p in layer.parameters())
        # Keras counts the running mean and variance as parameters, but not the number of batches.
        count += sum(b.numel() for b in layer.buffers(recurse=False) if b.is_floating_point())
        first = output[0] if isinstance(output, tuple) else output
        rows.append((type(layer).__name__, "×".join(map(str, first.shape[1:])), count))

    leaves = [layer for layer in network.modules() if not any(True for _ in layer.children())]
    hooks = [layer.register_forward_hook(record) for layer in leaves]
    with torch.inference_mode():
        network.eval()(torch.zeros(1, 1, 48, 48))
    for hook in hooks:
        hook.remove()
    return rows
