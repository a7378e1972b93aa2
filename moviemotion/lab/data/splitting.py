"""Train, validation and test: stratified by class, and copies of one picture on one side only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moviemotion.errors import MoviemotionError
from moviemotion.lab.data import dataset
from moviemotion.lab.data.cleaning import check_output_folder, write_dataset_copy
from moviemotion.lab.data.duplicates import duplicate_groups, duplicate_pairs

DEFAULT_SPLIT_SHARES = {"train": 0.7, "validation": 0.2, "test": 0.1}
"""The deck's ideal."""


@dataclass(frozen=True)
class SplitResult:
    """A new division of a folder of faces.

    Attributes:
        counts: split → label → pictures.
        copies: pictures that share their split with a copy of themselves.
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
) -> SplitResult:
    """Divide all pictures of `data`, whatever its splits, into `<out>/<split>/<label>/<image>`.

    Raises:
        MoviemotionError: the shares do not add up to 1, the data are refused (see `load_faces`), or `out`
            is no place for a copy.
    """
    if min(shares.values()) <= 0 or abs(sum(shares.values()) - 1) > 1e-6:
        text = " ".join(f"{name} {share:g}" for name, share in shares.items())
        raise MoviemotionError(f"shares {text}: each must be above 0, and together 1")
    check_output_folder(data, out)
    parts = [dataset.load_faces(data, split) for split in dataset.list_splits(data)]
    names = [name for part in parts for name in part.names]
    labels = np.array([Path(name).parent.name for name in names])
    images = np.concatenate([part.images for part in parts])
    group = duplicate_groups(len(images), duplicate_pairs(images))
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
    """(n,) the split of each picture.

    Groups go, the largest first and then at random, to the split that lacks most of the group's classes.

    Args:
        labels: (n,) the pictures' classes.
        group: (n,) pictures of one group stay together.
        shares: split → part of each class.
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
    """The result as lines for the terminal."""
    total = sum(sum(row.values()) for row in result.counts.values())
    lines = [
        f"{to}: {sum(row.values())} pictures ({sum(row.values()) / total:.1%}): "
        + ", ".join(f"{label} {n}" for label, n in row.items())
        for to, row in result.counts.items()
    ]
    return [
        *lines,
        f"{result.duplicates} pictures have copies; each lies with its copies (seed {result.seed})",
    ]
