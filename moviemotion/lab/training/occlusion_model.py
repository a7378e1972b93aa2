"""Train the occlusion model, a small network that finds hands and objects in front of a face.

The training data are real faces, half of them with occlusions drawn by `occlusion_augmentation`; the targets
are the occluded fractions of the cells of a 6×6 grid. Some faces in a data set are already occluded but not
marked as such, which would teach the network that hands are part of the face. Halfway through training, the
network therefore predicts the occlusion of all original faces, and the faces that it predicts to be occluded
are dropped.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from moviemotion.lab.data.dataset import FACE_SIZE
from moviemotion.lab.progress import ProgressCallback, ignore_progress
from moviemotion.lab.training.config import make_config
from moviemotion.lab.training.face_selection import load_train_and_test, select_faces
from moviemotion.lab.training.layers import Restore, Standardize
from moviemotion.lab.training.occlusion_augmentation import OcclusionAugmenter
from moviemotion.lab.training.onnx_export import convert_to_onnx, save_model

BASE_FILTERS = 16
GRID_SIZE = 6
FACE_CENTER = slice(1, GRID_SIZE), slice(1, GRID_SIZE - 1)
"""Rows and columns of the grid cells that cover the face from brows to chin and from cheek to cheek."""
BATCH_SIZE = 128
LEARNING_RATE = 4e-3
OCCLUDED_MIN_SHARE = 0.3
"""Occluded fraction of the face center above which a face of the data set counts as already occluded."""
MAX_DROPPED_SHARE = 0.1
"""Largest fraction of faces dropped as occluded, since a half-trained network finds hands everywhere."""


class OcclusionNetwork(nn.Module):
    """(n, 1, 48, 48) crops, gray 0–255 → (n, 6, 6) log-odds that each cell is occluded; 97,000 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.restore = Restore()
        layers: list[nn.Module] = [Standardize()]
        inputs = 1
        for outputs, stride in ((1, 2), (2, 2), (4, 2), (4, 1), (4, 1)):
            layers += [
                nn.Conv2d(inputs, BASE_FILTERS * outputs, 3, stride, 1, bias=False),
                nn.BatchNorm2d(BASE_FILTERS * outputs),
                nn.ReLU(),
            ]
            inputs = BASE_FILTERS * outputs
        self.layers = nn.Sequential(*layers, nn.Conv2d(inputs, 1, 1))

    def forward(self, crops: Tensor) -> Tensor:
        """(n, 1, 48, 48) gray values 0–255 → (n, 6, 6) log-odds."""
        restored, _ = self.restore(crops)  # noise would look like an object
        cells: Tensor = self.layers(restored)
        return cells[:, 0]


class _OccludedShare(nn.Module):
    def __init__(self, network: OcclusionNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, faces: Tensor) -> Tensor:
        return torch.sigmoid(self.network(faces))[:, *FACE_CENTER].mean(dim=(1, 2))


def train_occlusion_model(
    data: Path,
    out: Path,
    epochs: int,
    seed: int,
    print_line: Callable[[str], None] = print,
    on_batch_end: ProgressCallback = ignore_progress,
) -> None:
    """Train an occlusion model on the faces that emotion models train on, and write it as ONNX.

    The model has one input, `faces`: (n, 1, 48, 48) float32, gray 0–255; and one output, `cover`: (n,), the
    occluded fraction of the face center.

    Args:
        data: a face set, as for an emotion model.
        out: ONNX file to write.
        print_line: called with one line of text per epoch.
        on_batch_end: called after each batch with the number of batches done and the total of the run.

    Raises:
        MoviemotionError: the data cannot be read.
    """
    torch.manual_seed(seed)
    chosen = select_faces(*load_train_and_test(data), make_config("compact"))
    faces = torch.from_numpy(chosen.train.images).float()
    network, augmenter = OcclusionNetwork(), OcclusionAugmenter(seed)
    steps = epochs * -(-len(faces) // BATCH_SIZE)
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    held = torch.from_numpy(chosen.held_out.images).float()
    shown, held_mask = OcclusionAugmenter(seed + 1).augment(held)
    done = 0
    for epoch in range(epochs):
        if epoch and epoch == epochs // 2:
            found = occluded_shares(network, faces)
            faces = faces[
                torch.from_numpy(
                    found <= max(OCCLUDED_MIN_SHARE, float(np.quantile(found, 1 - MAX_DROPPED_SHARE)))
                )
            ]
            print_line(f"{len(faces)} faces that were not already occluded are kept")
        network.train()
        for batch in torch.randperm(len(faces)).split(BATCH_SIZE):
            images, mask = augmenter.augment(faces[batch])
            targets = F.avg_pool2d(mask[:, None], FACE_SIZE // GRID_SIZE)[:, 0]
            loss = F.binary_cross_entropy_with_logits(network(images[:, None]), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            done += 1
            on_batch_end(done, steps)
        drawn = (
            F.avg_pool2d(held_mask[:, None], FACE_SIZE // GRID_SIZE)[:, 0][:, *FACE_CENTER]
            .mean(dim=(1, 2))
            .numpy()
        )
        print_line(
            f"epoch {epoch + 1} of {epochs}: {_describe_separation(occluded_shares(network, shown), drawn)}"
        )
    _export_onnx(
        network, out, {"data": data.name, "epochs": epochs, "seed": seed, "faces": len(chosen.train)}
    )


def occluded_shares(network: OcclusionNetwork, faces: Tensor) -> NDArray[np.float32]:
    """Return the occluded fraction, (n,), of the center of each of the (n, 48, 48) faces."""
    share = _OccludedShare(network).eval()
    with torch.no_grad():
        return torch.cat([share(some[:, None]) for some in faces.split(BATCH_SIZE)]).numpy()


def _describe_separation(found: NDArray[np.float32], drawn: NDArray[np.float32]) -> str:
    """Describe how well held-out faces with a drawn occlusion are separated from those without."""
    clear, occluded = found[drawn == 0], found[drawn > 0.15]
    limit = float(np.quantile(clear, 0.99))
    return (
        f"{(occluded > limit).mean():.1%} of {len(occluded)} occluded faces score above {limit:.2f}, "
        f"as are 1 % of the {len(clear)} other faces"
    )


def _export_onnx(network: OcclusionNetwork, out: Path, settings: dict[str, object]) -> None:
    save_model(
        convert_to_onnx(_OccludedShare(network), "cover"), {"run": json.dumps(settings, sort_keys=True)}, out
    )
