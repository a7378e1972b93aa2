"""Divide a face set into train, validation and test splits.

The splits are stratified by class. Duplicates always share a split, since a copy of a training image in the
test split would inflate the test score.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moviemotion.errors import MoviemotionError
from moviemotion.lab.data import dataset
from moviemotion.lab.data.cleaning import check_output_folder, write_dataset_copy
from moviemotion.lab.data.duplicates import duplicate_groups, duplicate_pairs
from moviemotion.lab.progress import ProgressCallback, ignore_progress

DEFAULT_SPLIT_SHARES = {"train": 0.7, "validation": 0.2, "test": 0.1}
"""The fractions recommended by the proposal."""


@dataclass(frozen=True)
class SplitResult:
    """A new division of a face set.

    Attributes:
        counts: split → label → number of images.
        duplicates: number of images that have at least one duplicate in their split.
        seed: random seed for the order of the images.
    """

    counts: dict[str, dict[str, int]]
    duplicates: int
    seed: int


def split_dataset(
    data: Path,
    out: Path,
    shares: dict[str, float] = DEFAULT_SPLIT_SHARES,
    seed: int = 36,
    copy_files: bool = False,
    on_progress: ProgressCallback = ignore_progress,
) -> SplitResult:
    """Divide all images of `data` into `<out>/<split>/<label>/<image>`, ignoring the current splits.

    Args:
        shares: split → fraction of the images. Each fraction is above 0, and all of them sum to 1.
        copy_files: copy the image files instead of linking to them.
        on_progress: passed to `duplicate_pairs`, which takes most of the time.

    Raises:
        MoviemotionError: the shares do not add up to 1, the data cannot be used (see `load_faces`), or
            `out` cannot hold a copy.
    """
    if min(shares.values()) <= 0 or abs(sum(shares.values()) - 1) > 1e-6:
        text = " ".join(f"{name} {share:g}" for name, share in shares.items())
        raise MoviemotionError(
            f"shares {text}: each share must be above 0, and all shares must add up to 1; change the values"
        )
    check_output_folder(data, out)
    parts = [dataset.load_faces(data, split) for split in dataset.list_splits(data)]
    names = [name for part in parts for name in part.names]
    labels = np.array([Path(name).parent.name for name in names])
    images = np.concatenate([part.images for part in parts])
    group = duplicate_groups(len(images), duplicate_pairs(images, on_progress))
    assigned = assign_splits(labels, group, shares, seed)
    places = {
        name: f"{to}/{label}/{Path(name).name}"
        for name, label, to in zip(names, labels, assigned, strict=True)
    }
    write_dataset_copy(data, out, places, copy_files)
    counts = {
        to: {str(label): int(((assigned == to) & (labels == label)).sum()) for label in sorted(set(labels))}
        for to in shares
    }
    sizes = np.bincount(group)
    return SplitResult(counts, int((sizes[group] > 1).sum()), seed)


def assign_splits(
    labels: NDArray[np.str_], groups: NDArray[np.int64], shares: dict[str, float], seed: int
) -> NDArray[np.str_]:
    """Assign each image to a split.

    Groups are assigned one by one, the largest first; groups of equal size are assigned in random order. Each
    group goes to the split that still lacks the largest fraction of the group's classes. Large groups come
    first because they are the hardest to place.

    Args:
        labels: (n,) the class of each image.
        groups: (n,) group number of each image; images of one group stay together.
        shares: split → fraction of each class.

    Returns:
        (n,) the split name of each image.
    """
    names = list(shares)
    classes, column = np.unique(labels, return_inverse=True)
    wanted = np.outer(list(shares.values()), np.bincount(column))
    lacking = wanted.astype(np.float64)
    order = np.argsort(groups, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    shuffled = [members[k] for k in np.random.default_rng(seed).permutation(len(members))]
    assigned = np.empty(len(labels), dtype=object)
    for indices in sorted(shuffled, key=len, reverse=True):
        size = np.bincount(column[indices], minlength=len(classes))
        to = int(((lacking / np.maximum(wanted, 1e-9)) @ size).argmax())
        lacking[to] -= size
        assigned[indices] = names[to]
    return assigned.astype(str)


def split_lines(result: SplitResult) -> list[str]:
    """Format a result for the terminal."""
    total = sum(sum(row.values()) for row in result.counts.values())
    lines = [
        f"{to}: {sum(row.values())} images ({sum(row.values()) / total:.1%}): "
        + ", ".join(f"{label} {n}" for label, n in row.items())
        for to, row in result.counts.items()
    ]
    return [
        *lines,
        f"{result.duplicates} images have duplicates and share a split with them (seed {result.seed})",
    ]
