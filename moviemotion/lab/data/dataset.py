"""Read face sets: folders `<data>/<split>/<label>/<image>`, with the annotators' votes in `annotations.csv`.

`load_faces` reads one split into a `FaceSet` or raises an error that lists everything wrong with it;
`inspect_split` reads everything readable and returns the problems for the audit. The other functions turn
labels and votes into training targets (`soft_targets`) and reference labels (`label_truth`,
`consensus_truth`), and divide faces so that copies of one image stay together.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from moviemotion.emotions import EMOTIONS, PROPOSAL_EMOTIONS
from moviemotion.errors import MoviemotionError, SettingError

FACE_SIZE = 48
IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp"}
GRAY_MODES = {"1", "L", "LA"}
OTHER_LABEL = "other"
KNOWN_LABELS = {*PROPOSAL_EMOTIONS, OTHER_LABEL}
ANNOTATIONS_FILE = "annotations.csv"
SPLIT_ORDER = {"train": 0, "test": 2}
"""Sort position of the first and the last split in listings; all other splits come between them."""
MAX_ERROR_LINES = 20
"""Largest number of problems listed in one error message."""
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
"""Number of votes, out of ten, that the most frequent answer needs to count as the consensus."""
MAX_VOTES = 1000
"""Largest plausible number of votes for one answer; a larger number in the annotations file is an error."""


@dataclass(frozen=True)
class FaceSet:
    """The labeled faces of one split.

    Attributes:
        names: n paths relative to the data folder.
        images: (n, 48, 48) uint8, gray.
        labels: n labels from the folder names: each one of the proposal's four emotions, or "" for `other`.
        votes: (n, 10) counts in the order of `VOTE_COLUMNS`, or None without an annotations file.
    """

    names: tuple[str, ...]
    images: NDArray[np.uint8]
    labels: tuple[str, ...]
    votes: NDArray[np.int64] | None

    def __len__(self) -> int:
        return len(self.names)

    def subset(self, keep: NDArray[np.bool_]) -> FaceSet:
        """Return the faces for which `keep`, an (n,) bool array, is true."""
        index = np.flatnonzero(keep)
        return FaceSet(
            tuple(self.names[i] for i in index),
            self.images[index],
            tuple(self.labels[i] for i in index),
            None if self.votes is None else self.votes[index],
        )


@dataclass(frozen=True)
class DatasetIssue:
    """A problem with a data folder.

    Attributes:
        kind: "unreadable", "image format", "unknown class", "empty", "one class", "stray file" or "votes".
        path: the file or folder, relative to the data folder.
        message: what is wrong and how to correct it.
        fatal: whether `load_faces` raises an error because of this issue.
    """

    kind: str
    path: str
    message: str
    fatal: bool = True


def list_splits(data: Path) -> tuple[str, ...]:
    """List the splits of a data folder, train first; ("",) if it contains the class folders directly.

    Raises:
        MoviemotionError: the folder does not exist or contains no folders.
    """
    if not data.is_dir():
        raise MoviemotionError(f"{data}: no such folder; expected {data}/<split>/<label>/<image>.png")
    folders = [d.name for d in data.iterdir() if d.is_dir() and not d.name.startswith(".")]
    if not folders:
        raise MoviemotionError(f"{data}: contains no folders; expected {data}/<split>/<label>/<image>.png")
    if any(name in KNOWN_LABELS for name in folders):
        return ("",)
    return tuple(sorted(folders, key=lambda name: (SPLIT_ORDER.get(name, 1), name)))


def load_faces(data: Path, split: str) -> FaceSet:
    """Read all images of one split.

    Images of a different size or in color are converted to 48×48 gray.

    Raises:
        MoviemotionError: the folder, the split or an image cannot be read, a folder has an unknown label, all
            images are in one class, or images have no votes. The message contains one line per problem.
    """
    faces, issues = inspect_split(data, split)
    fatal = [issue for issue in issues if issue.fatal]
    if fatal:
        lines = [f"{data / issue.path}: {issue.message}" for issue in fatal[:MAX_ERROR_LINES]]
        if len(fatal) > MAX_ERROR_LINES:
            lines.append(
                f"{data}: {len(fatal) - MAX_ERROR_LINES} more problems; list them all with: moviemotion lab "
                f"audit {data}"
            )
        raise MoviemotionError("\n".join(lines))
    return faces


def inspect_split(data: Path, split: str) -> tuple[FaceSet, tuple[DatasetIssue, ...]]:
    """Read everything readable in one split and list all problems with it.

    Returns:
        The readable faces that have known labels, and the issues. If any of these faces has no votes, the
        votes are omitted for all of them.
    """
    root = data / split
    if not root.is_dir():
        message = f"no such folder; expected {data}/{split}/<label>/<image>.png"
        return _empty_face_set(), (DatasetIssue("empty", split, message),)
    issues: list[DatasetIssue] = []
    names: list[str] = []
    images: list[NDArray[np.uint8]] = []
    for folder in sorted(root.iterdir()):
        place = _printable_name(folder.relative_to(data).as_posix())
        if folder.is_dir() and folder.name not in KNOWN_LABELS and not folder.name.startswith("."):
            known = ", ".join(sorted(KNOWN_LABELS))
            issues.append(
                DatasetIssue("unknown class", place, f"unknown label; rename the folder to one of {known}")
            )
        elif folder.is_file() and folder.suffix.lower() in IMAGE_SUFFIXES:
            issues.append(
                DatasetIssue(
                    "stray file", place, "an image outside the class folders; move it into one of them"
                )
            )
        if folder.name not in KNOWN_LABELS or not folder.is_dir():
            continue
        for path in sorted(folder.iterdir()):
            image, issue = _inspect_file(path, data)
            if issue is not None:
                issues.append(issue)
            if image is not None:
                names.append(path.relative_to(data).as_posix())
                images.append(image)
    labels = tuple("" if (label := Path(name).parent.name) == OTHER_LABEL else label for name in names)
    if not names:
        expected = f"{root}/<label>/<image>.png"
        issues.append(DatasetIssue("empty", split, f"no images; expected {expected}"))
        return _empty_face_set(), tuple(issues)
    if len(classes := set(labels) - {""}) == 1:
        message = (
            f"all images are labeled {classes.pop()}; training and evaluation need at least two classes; "
            "add images of another class"
        )
        issues.append(DatasetIssue("one class", split, message))
    votes, vote_issues = _read_votes(data, split, tuple(names), labels)
    return FaceSet(tuple(names), np.stack(images), labels, votes), (*issues, *vote_issues)


def _inspect_file(path: Path, data: Path) -> tuple[NDArray[np.uint8] | None, DatasetIssue | None]:
    """Read one file of a class folder: the image, if it is readable, and the problem with it, if any."""
    name = path.relative_to(data).as_posix()
    if (shown := _printable_name(path.name)) != path.name:
        folder = _printable_name(path.parent.relative_to(data).as_posix())
        message = f"the file name {shown} in this folder is not valid Unicode; rename the file"
        return None, DatasetIssue("stray file", folder, message)
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        message = f"ignored; expected a file of type {', '.join(sorted(IMAGE_SUFFIXES))}"
        hidden = path.name.startswith(".")
        return None, None if hidden else DatasetIssue("stray file", name, message, fatal=False)
    try:
        image, form = _read_image(path)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        message = f"not a readable image ({_first_line(error)}); delete or replace the file"
        return None, DatasetIssue("unreadable", name, message)
    if form:
        message = f"{form}; converted to 48×48 gray"
        return image, DatasetIssue("image format", name, message, fatal=False)
    return image, None


def _empty_face_set() -> FaceSet:
    return FaceSet((), np.zeros((0, FACE_SIZE, FACE_SIZE), np.uint8), (), None)


def _read_image(path: Path) -> tuple[NDArray[np.uint8], str]:
    """Read the image as 48×48 gray; also return how its format differs from that ("" if it does not)."""
    with Image.open(path) as stored:
        # Phones store photographs as the sensor sees them, and note in the file which way is up.
        image = ImageOps.exif_transpose(stored)
        form = ["rotated as its EXIF data say"] if _is_rotated(stored) else []
        form += [] if image.size == (FACE_SIZE, FACE_SIZE) else [f"{image.width}×{image.height} px"]
        deep = image.mode.startswith("I")
        if image.mode not in GRAY_MODES:
            form.append(f"{'16 bit' if deep else 'color'} ({image.mode})")
        # Pillow clips 16-bit values to 255, which would turn a face entirely white.
        gray = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)) if deep else image.convert("L")
        if gray.size != (FACE_SIZE, FACE_SIZE):
            gray = gray.resize((FACE_SIZE, FACE_SIZE), Image.Resampling.LANCZOS)
        return np.asarray(gray, dtype=np.uint8), ", ".join(form)


def _is_rotated(image: Image.Image) -> bool:
    """Whether the image's EXIF data declare an orientation other than upright."""
    return image.getexif().get(ExifTags.Base.Orientation, 1) in range(2, 9)


def _printable_name(name: str) -> str:
    """Make a file name printable: bytes that are not valid Unicode become question marks."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _read_votes(
    data: Path, split: str, names: tuple[str, ...], labels: tuple[str, ...]
) -> tuple[NDArray[np.int64] | None, list[DatasetIssue]]:
    """Read the votes for the named images (None if some are missing) and list the file's problems."""
    path = data / ANNOTATIONS_FILE
    if not path.exists():
        return None, []
    if not path.is_file():
        return None, [
            DatasetIssue(
                "votes",
                ANNOTATIONS_FILE,
                "not a file; replace it with a file of the annotators' votes, or delete it",
            )
        ]
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.DictReader(file)
        missing = {"image", *VOTE_COLUMNS} - set(reader.fieldnames or ())
        if missing:
            message = f"column {', '.join(sorted(missing))} is missing; add it to the header"
            return None, [DatasetIssue("votes", ANNOTATIONS_FILE, message)]
        rows = {row["image"] or "": row for row in reader}
    issues = []
    votes: dict[str, list[int]] = {}
    for name, label in zip(names, labels, strict=True):
        if name not in rows:
            issues.append(DatasetIssue("votes", name, f"no votes in {ANNOTATIONS_FILE}; add a row"))
            continue
        try:
            votes[name] = [_parse_vote(rows[name][column]) for column in VOTE_COLUMNS]
        except (TypeError, ValueError) as error:
            message = f"a vote in {ANNOTATIONS_FILE} is not a number of annotators ({error}); correct the row"
            issues.append(DatasetIssue("votes", name, message))
        noted = rows[name].get("label")
        if noted and noted != (label or OTHER_LABEL):
            message = f"labeled {noted} in {ANNOTATIONS_FILE}; correct the row or move the image"
            issues.append(DatasetIssue("votes", name, message, fatal=False))
    prefix = f"{split}/" if split else ""
    unread = sorted({name for name in rows if name.startswith(prefix)} - set(names))
    if lost := [name for name in unread if not (data / name).is_file()]:
        message = f"contains votes for {len(lost)} missing images, such as {lost[0]}; remove their rows"
        issues.append(DatasetIssue("votes", ANNOTATIONS_FILE, message, fatal=False))
    complete = len(votes) == len(names)
    return np.array([votes[name] for name in names], dtype=np.int64) if complete else None, issues


def _parse_vote(text: str) -> int:
    votes = int(text)
    if not 0 <= votes <= MAX_VOTES:
        raise ValueError(text)
    return votes


def label_truth(faces: FaceSet) -> NDArray[np.int64]:
    """(n,) the folder label of each face as an index into `PROPOSAL_EMOTIONS`; -1 if it has none."""
    index = {label: i for i, label in enumerate(PROPOSAL_EMOTIONS)}
    return np.array([index.get(label, -1) for label in faces.labels], dtype=np.int64)  # type: ignore[call-overload]


def consensus_truth(faces: FaceSet) -> NDArray[np.int64]:
    """(n,) the annotators' consensus as an index into `PROPOSAL_EMOTIONS`; -1 if there is none.

    There is a consensus if one of the proposal's four emotions has more votes than each of the other nine
    answers, and at least five of the ten votes.

    Raises:
        MoviemotionError: the faces have no votes.
    """
    if faces.votes is None:
        raise SettingError(
            "no-votes",
            "{file}: missing, but the consensus requires its votes; add the file, or set {truth} to label",
            file=ANNOTATIONS_FILE,
        )
    top = faces.votes.argmax(axis=1)
    count = faces.votes.max(axis=1)
    unique = (faces.votes == count[:, None]).sum(axis=1) == 1
    proposal_index = {EMOTIONS.index(e): i for i, e in enumerate(PROPOSAL_EMOTIONS)}
    return np.array(
        [
            proposal_index.get(int(t), -1) if c >= MIN_CONSENSUS_VOTES and u else -1
            for t, c, u in zip(top, count, unique, strict=True)
        ],
        dtype=np.int64,
    )


def soft_targets(votes: NDArray[np.int64]) -> NDArray[np.float32]:
    """Convert votes to a distribution over the eight emotions.

    An answer with a single vote counts as an outlier and is dropped, as in Barsoum et al. (2016).

    Args:
        votes: (n, 10) counts in the order of `VOTE_COLUMNS`.

    Returns:
        (n, 8) float32; rows sum to one, or are zero if no emotion has two votes.
    """
    counted = np.where(votes > 1, votes, 0)[:, : len(EMOTIONS)].astype(np.float32)
    return counted / np.maximum(counted.sum(axis=1, keepdims=True), 1)


def usable_mask(faces: FaceSet) -> NDArray[np.bool_]:
    """(n,) true where an emotion, rather than `unknown` or `not_a_face`, has the most votes."""
    assert faces.votes is not None
    emotions, rest = faces.votes[:, : len(EMOTIONS)], faces.votes[:, len(EMOTIONS) :]
    return (emotions.max(axis=1) > rest.max(axis=1)) & (emotions.max(axis=1) > 1)


def pixel_keys(faces: FaceSet) -> list[bytes]:
    """One key per face; two keys are equal if and only if all pixels are equal."""
    return [image.tobytes() for image in faces.images]


def exclude_duplicates_of(faces: FaceSet, others: FaceSet) -> FaceSet:
    """Return the faces without those that are pixel-identical to a face in `others`, such as test images."""
    seen = set(pixel_keys(others))
    return faces.subset(np.array([key not in seen for key in pixel_keys(faces)]))


def stratified_sample_mask(faces: FaceSet, share: float, seed: int) -> NDArray[np.bool_]:
    """Choose a fraction of the faces, stratified by the most frequent vote or, without votes, by label.

    Exact duplicates are chosen together or not at all.

    Returns:
        (n,) true for approximately the fraction `share` of the faces.
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
