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
from moviemotion.lab.training.config import recipe_for
from moviemotion.lab.training.face_selection import read_splits, select
from moviemotion.lab.training.layers import Standardise
from moviemotion.lab.training.occlusion_augmentation import Painter
from moviemotion.lab.training.onnx_export import save_onnx, to_onnx

FILTERS = 16
CELLS = 6
MIDDLE = slice(1, CELLS), slice(1, CELLS - 1)
"""Rows and columns of the cells from brows to chin and from cheek to cheek."""
BATCH = 128
LEARNING_RATE = 4e-3
FOUND = 0.3
"""Share of the middle beyond which a face of the data set counts as covered already …"""
MOST_FOUND = 0.1
"""… and the share of the faces that may: a judge that knows little finds hands everywhere."""


class CoverJudge(nn.Module):
    """(n, 1, 48, 48) crops, grey 0–255 → (n, 6, 6) log-odds that a cell is covered; 97,000 parameters."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [Standardise()]
        inputs = 1
        for outputs, stride in ((1, 2), (2, 2), (4, 2), (4, 1), (4, 1)):
            layers += [
                nn.Conv2d(inputs, FILTERS * outputs, 3, stride, 1, bias=False),
                nn.BatchNorm2d(FILTERS * outputs),
                nn.ReLU(),
            ]
            inputs = FILTERS * outputs
        self.layers = nn.Sequential(*layers, nn.Conv2d(inputs, 1, 1))

    def forward(self, crops: Tensor) -> Tensor:
        cells: Tensor = self.layers(crops)
        return cells[:, 0]


class _Share(nn.Module):
    def __init__(self, judge: CoverJudge) -> None:
        super().__init__()
        self.judge = judge

    def forward(self, faces: Tensor) -> Tensor:
        return torch.sigmoid(self.judge(faces))[:, *MIDDLE].mean(dim=(1, 2))


def train(data: Path, out: Path, epochs: int, seed: int, say: Callable[[str], None]) -> None:
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
    chosen = select(*read_splits(data), recipe_for("compact"))
    faces = torch.from_numpy(chosen.learnt.images).float()
    judge, painter = CoverJudge(), Painter(seed)
    steps = epochs * -(-len(faces) // BATCH)
    optimiser = torch.optim.AdamW(judge.parameters(), LEARNING_RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=steps)
    held = torch.from_numpy(chosen.held_out.images).float()
    shown, hidden = Painter(seed + 1).paint(held)
    for epoch in range(epochs):
        if epoch and epoch == epochs // 2:
            found = shares(judge, faces)
            faces = faces[torch.from_numpy(found <= max(FOUND, float(np.quantile(found, 1 - MOST_FOUND))))]
            say(f"{len(faces)} faces are bare")
        judge.train()
        for batch in torch.randperm(len(faces)).split(BATCH):
            pictures, cover = painter.paint(faces[batch])
            wanted = F.avg_pool2d(cover[:, None], FACE_SIZE // CELLS)[:, 0]
            loss = F.binary_cross_entropy_with_logits(judge(pictures[:, None]), wanted)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        drawn = F.avg_pool2d(hidden[:, None], FACE_SIZE // CELLS)[:, 0][:, *MIDDLE].mean(dim=(1, 2)).numpy()
        say(f"epoch {epoch + 1} of {epochs}: {_told(shares(judge, shown), drawn)}")
    _export(judge, out, {"data": data.name, "epochs": epochs, "seed": seed, "faces": len(chosen.learnt)})


def shares(judge: CoverJudge, faces: Tensor) -> NDArray[np.float32]:
    """(n,) share of the middle that is covered, of (n, 48, 48) faces."""
    share = _Share(judge).eval()
    with torch.no_grad():
        return torch.cat([share(some[:, None]) for some in faces.split(BATCH)]).numpy()


def _told(found: NDArray[np.float32], drawn: NDArray[np.float32]) -> str:
    """How well held-out faces behind a drawn hand or thing are told from those without."""
    bare, covered = found[drawn == 0], found[drawn > 0.15]
    limit = float(np.quantile(bare, 0.99))
    return (
        f"{(covered > limit).mean():.1%} of {len(covered)} covered faces are above {limit:.2f}, "
        f"as is 1 % of {len(bare)} others"
    )


def _export(judge: CoverJudge, out: Path, settings: dict[str, object]) -> None:
    save_onnx(to_onnx(_Share(judge), "cover"), {"run": json.dumps(settings, sort_keys=True)}, out)
