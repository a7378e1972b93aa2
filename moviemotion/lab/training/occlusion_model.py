"""A small network that sees where something lies before a face, and its ONNX file.

It learns from real faces, half of them covered by `covers`, where each cell of a 6×6 grid is covered. Data
sets of faces have hands before them already, which nobody marked: halfway, the faces that the network finds
covered as they are leave the training.
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
from moviemotion.lab.training.config import make_config
from moviemotion.lab.training.face_selection import load_train_and_test, select_faces
from moviemotion.lab.training.layers import Standardize
from moviemotion.lab.training.occlusion_augmentation import OcclusionAugmenter
from moviemotion.lab.training.onnx_export import convert_to_onnx, save_model

BASE_FILTERS = 16
GRID_SIZE = 6
FACE_CENTER = slice(1, GRID_SIZE), slice(1, GRID_SIZE - 1)
"""Rows and columns of the cells from brows to chin and from cheek to cheek."""
BATCH_SIZE = 128
LEARNING_RATE = 4e-3
OCCLUDED_MIN_SHARE = 0.3
"""Share of the middle beyond which a face of the data set counts as covered already …"""
MAX_DROPPED_SHARE = 0.1
"""… and the share of the faces that may: a judge that knows little finds hands everywhere."""


class OcclusionNetwork(nn.Module):
    """(n, 1, 48, 48) crops, grey 0–255 → (n, 6, 6) log-odds that a cell is covered; 97,000 parameters."""

    def __init__(self) -> None:
        super().__init__()
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
        cells: Tensor = self.layers(crops)
        return cells[:, 0]


class _OccludedShare(nn.Module):
    def __init__(self, judge: OcclusionNetwork) -> None:
        super().__init__()
        self.judge = judge

    def forward(self, faces: Tensor) -> Tensor:
        return torch.sigmoid(self.judge(faces))[:, *FACE_CENTER].mean(dim=(1, 2))


def train_occlusion_model(
    data: Path, out: Path, epochs: int, seed: int, print_line: Callable[[str], None]
) -> None:
    """Train a judge on the faces that readers learn from, and write it.

    The file takes faces, (n, 1, 48, 48) float32 with grey 0–255, and gives cover, (n,) shares of the middle
    of the face.

    Args:
        data: a data set, as for a reader.
        out: ONNX file.

    Raises:
        MoviemotionError: the data cannot be read.
    """
    torch.manual_seed(seed)
    chosen = select_faces(*load_train_and_test(data), make_config("compact"))
    faces = torch.from_numpy(chosen.train.images).float()
    judge, painter = OcclusionNetwork(), OcclusionAugmenter(seed)
    steps = epochs * -(-len(faces) // BATCH_SIZE)
    optimiser = torch.optim.AdamW(judge.parameters(), LEARNING_RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=steps)
    held = torch.from_numpy(chosen.held_out.images).float()
    shown, hidden = OcclusionAugmenter(seed + 1).augment(held)
    for epoch in range(epochs):
        if epoch and epoch == epochs // 2:
            found = occluded_shares(judge, faces)
            faces = faces[
                torch.from_numpy(
                    found <= max(OCCLUDED_MIN_SHARE, float(np.quantile(found, 1 - MAX_DROPPED_SHARE)))
                )
            ]
            print_line(f"{len(faces)} faces are bare")
        judge.train()
        for batch in torch.randperm(len(faces)).split(BATCH_SIZE):
            pictures, cover = painter.augment(faces[batch])
            wanted = F.avg_pool2d(cover[:, None], FACE_SIZE // GRID_SIZE)[:, 0]
            loss = F.binary_cross_entropy_with_logits(judge(pictures[:, None]), wanted)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        drawn = (
            F.avg_pool2d(hidden[:, None], FACE_SIZE // GRID_SIZE)[:, 0][:, *FACE_CENTER]
            .mean(dim=(1, 2))
            .numpy()
        )
        print_line(
            f"epoch {epoch + 1} of {epochs}: {_describe_separation(occluded_shares(judge, shown), drawn)}"
        )
    _export_onnx(judge, out, {"data": data.name, "epochs": epochs, "seed": seed, "faces": len(chosen.train)})


def occluded_shares(network: OcclusionNetwork, faces: Tensor) -> NDArray[np.float32]:
    """(n,) share of the middle that is covered, of (n, 48, 48) faces."""
    share = _OccludedShare(network).eval()
    with torch.no_grad():
        return torch.cat([share(some[:, None]) for some in faces.split(BATCH_SIZE)]).numpy()


def _describe_separation(found: NDArray[np.float32], drawn: NDArray[np.float32]) -> str:
    """How well held-out faces behind a drawn hand or thing are told from those without."""
    bare, covered = found[drawn == 0], found[drawn > 0.15]
    limit = float(np.quantile(bare, 0.99))
    return (
        f"{(covered > limit).mean():.1%} of {len(covered)} covered faces are above {limit:.2f}, "
        f"as is 1 % of {len(bare)} others"
    )


def _export_onnx(judge: OcclusionNetwork, out: Path, settings: dict[str, object]) -> None:
    save_model(
        convert_to_onnx(_OccludedShare(judge), "cover"), {"run": json.dumps(settings, sort_keys=True)}, out
    )
