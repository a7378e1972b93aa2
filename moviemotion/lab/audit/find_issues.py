"""What is wrong with a folder of faces: every check in one call, every finding with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moviemotion.emotions import DECK_EMOTIONS
from moviemotion.errors import MoviemotionError
from moviemotion.lab.audit.label_errors import CLEAR_MARGIN, Opinion, label_opinion, reader_opinion
from moviemotion.lab.data import dataset
from moviemotion.lab.data.corruption import corrupted
from moviemotion.lab.data.duplicates import Pair, duplicate_pairs, groups
from moviemotion.lab.data.issues import Choice, Finding, Kind
from moviemotion.lab.evaluation.evaluate import SHIPPED_READER

KIND_OF_FAULT = {
    "unreadable": Kind.UNREADABLE,
    "other form": Kind.FORM,
    "votes": Kind.VOTES,
}
"""Fault → kind; what is not listed is a fault of the folder."""
BLANK = (Kind.SOLID, Kind.NEAR_SOLID, Kind.NOISE)
"""Corrupted pictures of which two are not the same photograph."""


class Judge(StrEnum):
    """Whose opinion labels are held against."""

    LABELS = "labels"
    READER = "reader"


@dataclass(frozen=True)
class Audit:
    """What is wrong with a folder of faces.

    Attributes:
        counts: split → label → readable pictures; the label of unlabelled pictures is "other".
        findings: all, worst first within a kind.
        images: name → (48, 48) uint8, the pictures that findings name.
        judge: whose opinion the labels were held against, for people; "" where nobody could judge.
        judged: pictures whose label was judged; `expected_wrong` of them, by confident learning.
        notes: what the reader of the report should know before the figures.
    """

    data: Path
    counts: dict[str, dict[str, int]]
    findings: tuple[Finding, ...]
    images: dict[str, NDArray[np.uint8]]
    judge: str
    judged: int
    expected_wrong: int
    notes: tuple[str, ...]
    seed: int

    def of(self, *kinds: Kind) -> tuple[Finding, ...]:
        """The findings of some kinds, worst first."""
        return tuple(finding for finding in self.findings if finding.kind in kinds)


def audit(
    data: Path,
    judge: Judge = Judge.LABELS,
    model: Path = SHIPPED_READER,
    seed: int = 36,
    say: Callable[[str], None] = print,
) -> Audit:
    """Look for corrupted pictures, duplicates, wrong labels and faults of the folder in all its splits.

    Raises:
        MoviemotionError: there is no picture to look at, or the detector or the reader is missing.
    """
    parts: list[tuple[str, dataset.FaceSet]] = []
    faults: list[dataset.Fault] = []
    for split in dataset.splits(data):
        say(f"reading {data / split}")
        faces, found = dataset.survey(data, split)
        parts.append((split, faces))
        faults.extend(found)
    faces = _joined([part for _, part in parts if len(part)])
    if not len(faces):
        raise MoviemotionError("\n".join(f"{data / fault.path}: {fault.message}" for fault in faults))
    split_of = np.repeat([split for split, _ in parts], [len(part) for _, part in parts])

    say(f"{len(faces)} pictures: looking for corrupted ones")
    damage = corrupted(faces.images)
    blank = {one.index for one in damage if one.kind in BLANK}
    say("looking for duplicates")
    pairs = [p for p in duplicate_pairs(faces.images) if not {p.first, p.second} & blank]
    group = groups(len(faces), pairs)

    notes = []
    sound = np.ones(len(faces), dtype=bool)
    sound[[one.index for one in damage]] = False
    subset = faces.subset(sound)
    opinion = None
    if not any(subset.labels):
        notes.append("Labels were not judged: no sound picture has one.")
    elif judge is Judge.READER:
        say("asking the reader about the labels")
        opinion = reader_opinion(subset, model)
        notes.append(
            "The reader is a fair judge only of pictures that it was not trained on. If these are its "
            "training data, run the audit with the labels as judge."
        )
    else:
        try:
            opinion = label_opinion(subset, group[sound], seed, say)
        except MoviemotionError as error:
            notes.append(f"Labels were not judged: {error}")
    suspicion = np.full(len(faces), np.nan)
    if opinion is not None:
        suspicion[sound] = opinion.suspicion

    findings = [
        Finding(
            KIND_OF_FAULT.get(fault.kind, Kind.FOLDER),
            fault.path,
            1.0,
            fault.message,
            choice=Choice.REMOVE if fault.kind == "unreadable" else Choice.KEEP,
        )
        for fault in faults
    ]
    findings += [Finding(d.kind, faces.names[d.index], d.score, d.why, choice=Choice.REMOVE) for d in damage]
    findings += _duplicates(faces, split_of, pairs, group, suspicion)
    if opinion is not None:
        findings += _label_errors(subset, opinion)
    order = {kind: k for k, kind in enumerate(Kind)}
    findings.sort(key=lambda finding: (order[finding.kind], -finding.score, finding.image))
    named = {name for finding in findings for name in (finding.image, finding.other)}
    return Audit(
        data=data,
        counts={
            split: dict(Counter(label or dataset.OTHER for label in part.labels)) for split, part in parts
        },
        findings=tuple(findings),
        images={name: image for name, image in zip(faces.names, faces.images, strict=True) if name in named},
        judge=opinion.source if opinion else "",
        judged=int(opinion.judged.sum()) if opinion else 0,
        expected_wrong=opinion.expected_wrong if opinion else 0,
        notes=tuple(notes),
        seed=seed,
    )


def _joined(parts: list[dataset.FaceSet]) -> dataset.FaceSet:
    return dataset.FaceSet(
        tuple(name for part in parts for name in part.names),
        np.concatenate([part.images for part in parts]) if parts else np.zeros((0, 48, 48), np.uint8),
        tuple(label for part in parts for label in part.labels),
        None,
    )


def _duplicates(
    faces: dataset.FaceSet,
    split_of: NDArray[np.str_],
    pairs: list[Pair],
    group: NDArray[np.int64],
    suspicion: NDArray[np.float64],
) -> list[Finding]:
    """One picture of each group stays: from test before train, then the least suspected label."""
    closest: dict[int, float] = {}
    for pair in pairs:
        for index in (pair.first, pair.second):
            closest[index] = max(closest.get(index, 0.0), pair.correlation)
    members: dict[int, list[int]] = {}
    for index in closest:
        members.setdefault(int(group[index]), []).append(index)
    findings = []
    for indices in members.values():
        kept, *rest = sorted(
            indices,
            key=lambda i: (
                -dataset.SPLIT_ORDER.get(str(split_of[i]), 1),
                np.nan_to_num(suspicion[i], nan=1.0),
                faces.names[i],
            ),
        )
        for i in rest:
            kind, how = (
                Kind.DUPLICATE,
                "equal pixels" if closest[i] == 1 else f"pixels correlate by {closest[i]:.2f}",
            )
            if faces.labels[i] != faces.labels[kept]:
                kind = Kind.CLASS_CONFLICT
                how += (
                    f"; {faces.labels[i] or dataset.OTHER} here, {faces.labels[kept] or dataset.OTHER} there"
                )
            if split_of[i] != split_of[kept]:
                kind = Kind.SPLIT_LEAK
                how += f"; {split_of[i]} here, {split_of[kept]} there"
            findings.append(Finding(kind, faces.names[i], closest[i], how, faces.names[kept], Choice.REMOVE))
    return findings


def _label_errors(faces: dataset.FaceSet, opinion: Opinion) -> list[Finding]:
    """Faces for which another answer is likelier than the label, ranked by how much."""
    findings = []
    rank = opinion.ranking
    for i in np.flatnonzero(opinion.suspicion > 0):
        margin, best = float(opinion.suspicion[i]), opinion.best[i]
        new = best if best in DECK_EMOTIONS else dataset.OTHER
        clear = margin >= CLEAR_MARGIN
        findings.append(
            Finding(
                Kind.MISLABELLED,
                faces.names[i],
                float(rank[i]),
                f"labelled {faces.labels[i]}, judged {best}, by a margin of {margin:.2f}",
                choice=Choice.RELABEL if clear else Choice.KEEP,
                new_label=new if clear else "",
            )
        )
    return findings
