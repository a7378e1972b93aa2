"""Folders of faces → arrays: `<data>/<split>/<label>/<image>`, with the annotators' votes beside them."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from moviemotion.emotions import DECK_EMOTIONS, EMOTIONS
from moviemotion.errors import MoviemotionError

FACE_SIZE = 48
IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp"}
OTHER = "other"
VOTE_COLUMNS = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "not_a_face",
)
CONSENSUS_VOTES = 5
MOST_VOTES = 1000


@dataclass(frozen=True)
class FaceSet:
    """Labelled faces of one split.

    Attributes:
        names: n paths relative to the data folder.
        images: (n, 48, 48) uint8, grey.
        labels: n original labels: one of the deck's four, or "" where the folder is `other`.
        votes: (n, 10) votes in the order of `VOTE_COLUMNS`, or None without an annotations file.
    """

    names: tuple[str, ...]
    images: NDArray[np.uint8]
    labels: tuple[str, ...]
    votes: NDArray[np.int64] | None

    def __len__(self) -> int:
        return len(self.names)

    def subset(self, keep: NDArray[np.bool_]) -> FaceSet:
        """The faces where `keep`, (n,) bool, is true."""
        index = np.flatnonzero(keep)
        return FaceSet(
            tuple(self.names[i] for i in index),
            self.images[index],
            tuple(self.labels[i] for i in index),
            None if self.votes is None else self.votes[index],
        )


def load_faces(data: Path, split: str) -> FaceSet:
    """Read every image of one split.

    Images of another size or colour are converted to 48×48 grey.

    Raises:
        MoviemotionError: the folder, the split or an image cannot be read, a folder has an unknown
            label, or the votes do not cover the images.
    """
    root = data / split
    if not root.is_dir():
        raise MoviemotionError(f"{root}: no such folder; expected {data}/{split}/<label>/<image>.png")
    known = {*DECK_EMOTIONS, OTHER}
    unknown = sorted(d.name for d in root.iterdir() if d.is_dir() and d.name not in known)
    if unknown:
        raise MoviemotionError(
            f"{root / unknown[0]}: unknown label; rename it to one of {', '.join(sorted(known))}"
        )
    paths = sorted(p for p in root.glob("*/*") if p.suffix.lower() in IMAGE_SUFFIXES)
    if not paths:
        raise MoviemotionError(f"{root}: no images; expected {root}/<label>/<image>.png")
    images = np.stack([_read_face(path) for path in paths])
    names = tuple(p.relative_to(data).as_posix() for p in paths)
    labels = tuple("" if p.parent.name == OTHER else p.parent.name for p in paths)
    return FaceSet(names, images, labels, _read_votes(data / "annotations.csv", names))


def _read_face(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as image:
            grey = image.convert("L")
            if grey.size != (FACE_SIZE, FACE_SIZE):
                grey = grey.resize((FACE_SIZE, FACE_SIZE), Image.Resampling.LANCZOS)
            return np.asarray(grey, dtype=np.uint8)
    except (OSError, UnidentifiedImageError) as error:
        raise MoviemotionError(f"{path}: not a readable image ({error}); remove or replace it") from error


def _read_votes(path: Path, names: tuple[str, ...]) -> NDArray[np.int64] | None:
    if not path.exists():
        return None
    if not path.is_file():
        raise MoviemotionError(f"{path}: not a file; put the annotators' votes there, or remove it")
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.DictReader(file)
        missing = {"image", *VOTE_COLUMNS} - set(reader.fieldnames or ())
        if missing:
            raise MoviemotionError(f"{path}: no column {', '.join(sorted(missing))}; add it to the header")
        try:
            votes = {row["image"]: [_vote(row[c]) for c in VOTE_COLUMNS] for row in reader}
        except (TypeError, ValueError) as error:
            raise MoviemotionError(
                f"{path}: a vote is not a count of people ({error}); mend that row"
            ) from error
    absent = [name for name in names if name not in votes]
    if absent:
        raise MoviemotionError(
            f"{path}: no votes for {len(absent)} images, first {absent[0]}; add their rows"
        )
    return np.array([votes[name] for name in names], dtype=np.int64)


def _vote(text: str) -> int:
    votes = int(text)
    if not 0 <= votes <= MOST_VOTES:
        raise ValueError(text)
    return votes


def original_truth(faces: FaceSet) -> NDArray[np.int64]:
    """Index into `DECK_EMOTIONS` of each face's folder label; -1 where it has none."""
    index = {label: i for i, label in enumerate(DECK_EMOTIONS)}
    return np.array([index.get(label, -1) for label in faces.labels], dtype=np.int64)  # type: ignore[call-overload]


def consensus_truth(faces: FaceSet) -> NDArray[np.int64]:
    """Index into `DECK_EMOTIONS` of the annotators' top vote; -1 where they do not agree on one.

    They agree when the single top vote of all ten columns is one of the deck's four and has at
    least five of the ten votes.

    Raises:
        MoviemotionError: the faces have no votes.
    """
    if faces.votes is None:
        raise MoviemotionError("no annotations.csv beside the splits; use --truth label, or add the votes")
    top = faces.votes.argmax(axis=1)
    count = faces.votes.max(axis=1)
    unique = (faces.votes == count[:, None]).sum(axis=1) == 1
    deck_of = {EMOTIONS.index(e): i for i, e in enumerate(DECK_EMOTIONS)}
    return np.array(
        [
            deck_of.get(int(t), -1) if c >= CONSENSUS_VOTES and u else -1
            for t, c, u in zip(top, count, unique, strict=True)
        ],
        dtype=np.int64,
    )


def soft_targets(votes: NDArray[np.int64]) -> NDArray[np.float32]:
    """Votes → a distribution over the eight emotions.

    A lone vote beside larger ones is an outlier and is dropped, as in Barsoum et al. (2016).

    Args:
        votes: (n, 10) counts in the order of `VOTE_COLUMNS`.

    Returns:
        (n, 8) rows that sum to one; rows of zeros where no emotion keeps a vote.
    """
    kept = np.where(votes > 1, votes, 0)[:, : len(EMOTIONS)].astype(np.float32)
    return kept / np.maximum(kept.sum(axis=1, keepdims=True), 1)


def usable(faces: FaceSet) -> NDArray[np.bool_]:
    """(n,) true where an emotion, not `unknown` or `not_a_face`, has the most votes."""
    assert faces.votes is not None
    emotions, rest = faces.votes[:, : len(EMOTIONS)], faces.votes[:, len(EMOTIONS) :]
    return (emotions.max(axis=1) > rest.max(axis=1)) & (emotions.max(axis=1) > 1)


def pixel_keys(faces: FaceSet) -> list[bytes]:
    """One key a face, equal exactly where the pixels are equal."""
    return [image.tobytes() for image in faces.images]


def without_copies_of(faces: FaceSet, others: FaceSet) -> FaceSet:
    """`faces` less those whose pixels are also in `others`: training must not see a test image."""
    seen = set(pixel_keys(others))
    return faces.subset(np.array([key not in seen for key in pixel_keys(faces)]))


def validation_mask(faces: FaceSet, share: float, seed: int) -> NDArray[np.bool_]:
    """Choose a part: stratified by top vote, or by label without votes; exact duplicates stay on one side.

    Returns:
        (n,) true for about `share` of the faces.
    """
    rng = np.random.default_rng(seed)
    keys = pixel_keys(faces)
    first_of: dict[bytes, int] = {}
    for i, key in enumerate(keys):
        first_of.setdefault(key, i)
    group = np.array([first_of[key] for key in keys])
    size = Counter(group.tolist())
    top = original_truth(faces) if faces.votes is None else faces.votes.argmax(axis=1)
    chosen: set[int] = set()
    for emotion in np.unique(top):
        groups = np.array([g for g in first_of.values() if top[g] == emotion])
        wanted, taken = share * sum(size[int(g)] for g in groups), 0
        for g in rng.permutation(groups):
            if taken >= wanted:
                break
            chosen.add(int(g))
            taken += size[int(g)]
    return np.isin(group, list(chosen))
