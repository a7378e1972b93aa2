"""A small face set of patterns that a network can distinguish after two epochs."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from PIL import Image

from moviemotion.emotions import EMOTIONS, PROPOSAL_EMOTIONS
from moviemotion.lab.data.dataset import VOTE_COLUMNS


def write_faces(data: Path, train: int = 24, test: int = 8, seed: int = 1) -> None:
    """Write `train` and `test` images per class, with the votes of ten annotators."""
    rng = np.random.default_rng(seed)
    rows = []
    for split, count in (("train", train), ("test", test)):
        for k, emotion in enumerate(PROPOSAL_EMOTIONS):
            folder = data / split / emotion
            folder.mkdir(parents=True)
            for i in range(count):
                image = rng.integers(90, 110, (48, 48))
                image[6 + 10 * k : 14 + 10 * k, 8:40] += 100
                Image.fromarray(image.astype(np.uint8)).save(folder / f"{i:03d}.png")
                votes = dict.fromkeys(VOTE_COLUMNS, 0)
                votes[VOTE_COLUMNS[EMOTIONS.index(emotion)]] = 8
                votes[VOTE_COLUMNS[0]] += 2
                rows.append({"image": f"{split}/{emotion}/{i:03d}.png", **votes})
    with (data / "annotations.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["image", *VOTE_COLUMNS])
        writer.writeheader()
        writer.writerows(rows)
