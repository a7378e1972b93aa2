"""Folders of faces → arrays: `<data>/<split>/<label>/<image>`, with the annotators' votes beside them."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from moviemotion.emotions import EMOTIONS, PROPOSAL_EMOTIONS
from moviemotion.errors import MoviemotionError

FACE_SIZE = 48
IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp"}
GRAY_MODES = {"1", "L", "LA"}
OTHER_LABEL = "other"
KNOWN_LABELS = {*PROPOSAL_EMOTIONS, OTHER_LABEL}
ANNOTATIONS_FILE = "annotations.csv"
SPLIT_ORDER = {"train": 0, "test": 2}
"""Before and after the splits with other names."""
MAX_ERROR_LINES = 20
"""Faults that an error message lists."""
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
MIN_CONSENSUS_VOTES = 5
MAX_VOTES = 1000


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


@dataclass(frozen=True)
class DatasetIssue:
    """Something wrong with a data folder.

    Attributes:
        kind: "unreadable", "other form", "unknown class", "empty", "one class", "stray file" or "votes".
        path: the file or folder, relative to the data folder.
        message: what is wrong and what to do about it.
        refused: whether `load_faces` refuses a split that has it.
    """

    kind: str
    path: str
    message: str
    fatal: bool = True


def list_splits(data: Path) -> tuple[str, ...]:
    """The splits of a data folder, train first; ("",) where the classes lie in the folder itself.

    Raises:
        MoviemotionError: there is no such folder, or it has no folders in it.
    """
    if not data.is_dir():
        raise MoviemotionError(f"{data}: no such folder; expected {data}/<split>/<label>/<image>.png")
    folders = [d.name for d in data.iterdir() if d.is_dir() and not d.name.startswith(".")]
    if not folders:
        raise MoviemotionError(f"{data}: no folders in it; expected {data}/<split>/<label>/<image>.png")
    if any(name in KNOWN_LABELS for name in folders):
        return ("",)
    return tuple(sorted(folders, key=lambda name: (SPLIT_ORDER.get(name, 1), name)))


def load_faces(data: Path, split: str) -> FaceSet:
    """Read every image of one split, or refuse it with all its faults, one a line.

    Images of another size or colour are converted to 48×48 grey.

    Raises:
        MoviemotionError: the folder, the split or an image cannot be read, a folder has an unknown
            label, all images are of one class, or the votes do not cover the images.
    """
    faces, faults = inspect_split(data, split)
    refused = [fault for fault in faults if fault.fatal]
    if refused:
        lines = [f"{data / fault.path}: {fault.message}" for fault in refused[:MAX_ERROR_LINES]]
        if len(refused) > MAX_ERROR_LINES:
            lines.append(
                f"{data}: {len(refused) - MAX_ERROR_LINES} more; list all with: moviemotion lab audit {data}"
            )
        raise MoviemotionError("\n".join(lines))
    return faces


def inspect_split(data: Path, split: str) -> tuple[FaceSet, tuple[DatasetIssue, ...]]:
    """Read what can be read of one split, and list everything that is wrong with it.

    Returns:
        the readable faces under known labels, without votes where these do not cover them; the faults.
    """
    root = data / split
    if not root.is_dir():
        message = f"no such folder; expected {data}/{split}/<label>/<image>.png"
        return _empty_face_set(), (DatasetIssue("empty", split, message),)
    faults: list[DatasetIssue] = []
    names: list[str] = []
    images: list[NDArray[np.uint8]] = []
    for folder in sorted(root.iterdir()):
        place = _printable_name(folder.relative_to(data).as_posix())
        if folder.is_dir() and folder.name not in KNOWN_LABELS and not folder.name.startswith("."):
            known = ", ".join(sorted(KNOWN_LABELS))
            faults.append(DatasetIssue("unknown class", place, f"unknown label; rename it to one of {known}"))
        elif folder.is_file() and folder.suffix.lower() in IMAGE_SUFFIXES:
            faults.append(
                DatasetIssue("stray file", place, "a picture in no class; move it into a class's folder")
            )
        if folder.name not in KNOWN_LABELS or not folder.is_dir():
            continue
        for path in sorted(folder.iterdir()):
            name = path.relative_to(data).as_posix()
            if (shown := _printable_name(path.name)) != path.name:
                faults.append(
                    DatasetIssue("stray file", place, f"{shown} in it is no Unicode name; rename it")
                )
                continue
            if path.suffix.lower() not in IMAGE_SUFFIXES:
                if not path.name.startswith("."):
                    message = f"not read: expected one of {', '.join(sorted(IMAGE_SUFFIXES))}"
                    faults.append(DatasetIssue("stray file", name, message, fatal=False))
                continue
            try:
                image, form = _read_image(path)
            except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
                message = f"not a readable image ({_first_line(error)}); remove or replace it"
                faults.append(DatasetIssue("unreadable", name, message))
                continue
            if form:
                faults.append(DatasetIssue("other form", name, f"{form}; read as 48×48 grey", fatal=False))
            names.append(name)
            images.append(image)
    labels = tuple("" if (label := Path(name).parent.name) == OTHER_LABEL else label for name in names)
    if not names:
        expected = f"{root}/<label>/<image>.png"
        faults.append(DatasetIssue("empty", split, f"no images; expected {expected}"))
        return _empty_face_set(), tuple(faults)
    if len(classes := set(labels) - {""}) == 1:
        message = (
            f"all pictures are {classes.pop()}; a reader learns from, and is judged on, at least two classes"
        )
        faults.append(DatasetIssue("one class", split, message))
    votes, vote_faults = _read_votes(data, split, tuple(names), labels)
    return FaceSet(tuple(names), np.stack(images), labels, votes), (*faults, *vote_faults)


def _empty_face_set() -> FaceSet:
    return FaceSet((), np.zeros((0, FACE_SIZE, FACE_SIZE), np.uint8), (), None)


def _read_image(path: Path) -> tuple[NDArray[np.uint8], str]:
    """The picture as 48×48 grey, and how it differed from that; "" where it did not."""
    with Image.open(path) as image:
        form = [] if image.size == (FACE_SIZE, FACE_SIZE) else [f"{image.width}×{image.height} px"]
        deep = image.mode.startswith("I")
        if image.mode not in GRAY_MODES:
            form.append(f"{'sixteen bits' if deep else 'colour'} ({image.mode})")
        # Pillow would cut sixteen bits off at 255: a face would be read as white.
        grey = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)) if deep else image.convert("L")
        if grey.size != (FACE_SIZE, FACE_SIZE):
            grey = grey.resize((FACE_SIZE, FACE_SIZE), Image.Resampling.LANCZOS)
        return np.asarray(grey, dtype=np.uint8), ", ".join(form)


def _printable_name(name: str) -> str:
    """A file's name as it can be written: bytes that are no Unicode become question marks."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _read_votes(
    data: Path, split: str, names: tuple[str, ...], labels: tuple[str, ...]
) -> tuple[NDArray[np.int64] | None, list[DatasetIssue]]:
    """The votes of the named images, or None with the reasons; rows that fit nothing are faults too."""
    path = data / ANNOTATIONS_FILE
    if not path.exists():
        return None, []
    if not path.is_file():
        return None, [
            DatasetIssue(
                "votes", ANNOTATIONS_FILE, "not a file; put the annotators' votes there, or remove it"
            )
        ]
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.DictReader(file)
        missing = {"image", *VOTE_COLUMNS} - set(reader.fieldnames or ())
        if missing:
            message = f"no column {', '.join(sorted(missing))}; add it to the header"
            return None, [DatasetIssue("votes", ANNOTATIONS_FILE, message)]
        rows = {row["image"] or "": row for row in reader}
    faults = []
    votes: dict[str, list[int]] = {}
    for name, label in zip(names, labels, strict=True):
        if name not in rows:
            faults.append(DatasetIssue("votes", name, f"no votes in {ANNOTATIONS_FILE}; add its row"))
            continue
        try:
            votes[name] = [_parse_vote(rows[name][column]) for column in VOTE_COLUMNS]
        except (TypeError, ValueError) as error:
            message = f"a vote in {ANNOTATIONS_FILE} is not a count of people ({error}); mend that row"
            faults.append(DatasetIssue("votes", name, message))
        noted = rows[name].get("label")
        if noted and noted != (label or OTHER_LABEL):
            message = f"{ANNOTATIONS_FILE} calls it {noted}; mend the row or move the picture"
            faults.append(DatasetIssue("votes", name, message, fatal=False))
    prefix = f"{split}/" if split else ""
    unread = sorted({name for name in rows if name.startswith(prefix)} - set(names))
    if lost := [name for name in unread if not (data / name).is_file()]:
        message = f"votes for {len(lost)} pictures that are not there, such as {lost[0]}; remove their rows"
        faults.append(DatasetIssue("votes", ANNOTATIONS_FILE, message, fatal=False))
    whole = len(votes) == len(names)
    return np.array([votes[name] for name in names], dtype=np.int64) if whole else None, faults


def _parse_vote(text: str) -> int:
    votes = int(text)
    if not 0 <= votes <= MAX_VOTES:
        raise ValueError(text)
    return votes


def label_truth(faces: FaceSet) -> NDArray[np.int64]:
    """Index into `DECK_EMOTIONS` of each face's folder label; -1 where it has none."""
    index = {label: i for i, label in enumerate(PROPOSAL_EMOTIONS)}
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
    deck_of = {EMOTIONS.index(e): i for i, e in enumerate(PROPOSAL_EMOTIONS)}
    return np.array(
        [
            deck_of.get(int(t), -1) if c >= MIN_CONSENSUS_VOTES and u else -1
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


def usable_mask(faces: FaceSet) -> NDArray[np.bool_]:
    """(n,) true where an emotion, not `unknown` or `not_a_face`, has the most votes."""
    assert faces.votes is not None
    emotions, rest = faces.votes[:, : len(EMOTIONS)], faces.votes[:, len(EMOTIONS) :]
    return (emotions.max(axis=1) > rest.max(axis=1)) & (emotions.max(axis=1) > 1)


def pixel_keys(faces: FaceSet) -> list[bytes]:
    """One key a face, equal exactly where the pixels are equal."""
    return [image.tobytes() for image in faces.images]


def exclude_duplicates_of(faces: FaceSet, others: FaceSet) -> FaceSet:
    """`faces` less those whose pixels are also in `others`: training must not see a test image."""
    seen = set(pixel_keys(others))
    return faces.subset(np.array([key not in seen for key in pixel_keys(faces)]))


def stratified_sample_mask(faces: FaceSet, share: float, seed: int) -> NDArray[np.bool_]:
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
    top = label_truth(faces) if faces.votes is None else faces.votes.argmax(axis=1)
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
