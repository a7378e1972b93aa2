"""What is wrong with a folder of faces: every check in one call, every finding with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moviemotion.emotions import PROPOSAL_EMOTIONS
from moviemotion.errors import MoviemotionError
from moviemotion.lab.audit.label_errors import (
    RELABEL_MIN_MARGIN,
    LabelPredictions,
    emotion_model_predictions,
    out_of_fold_predictions,
)
from moviemotion.lab.data import dataset
from moviemotion.lab.data.corruption import find_corrupted_images
from moviemotion.lab.data.duplicates import DuplicatePair, duplicate_groups, duplicate_pairs
from moviemotion.lab.data.issues import CleaningAction, Issue, IssueKind
from moviemotion.lab.evaluation.evaluate import SHIPPED_EMOTION_MODEL

ISSUE_KIND_OF_DATASET_ISSUE = {
    "unreadable": IssueKind.UNREADABLE,
    "other form": IssueKind.IMAGE_FORMAT,
    "votes": IssueKind.VOTES,
}
"""Fault → kind; what is not listed is a fault of the folder."""
BLANK_KINDS = (IssueKind.SOLID, IssueKind.NEAR_SOLID, IssueKind.NOISE)
"""Corrupted pictures of which two are not the same photograph."""


class SecondOpinion(StrEnum):
    """Whose opinion labels are held against."""

    OUT_OF_FOLD = "labels"
    EMOTION_MODEL = "reader"


@dataclass(frozen=True)
class AuditResult:
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
    issues: tuple[Issue, ...]
    images: dict[str, NDArray[np.uint8]]
    opinion_source: str
    labels_checked: int
    expected_label_errors: int
    notes: tuple[str, ...]
    seed: int

    def issues_of_kind(self, *kinds: IssueKind) -> tuple[Issue, ...]:
        """The findings of some kinds, worst first."""
        return tuple(finding for finding in self.issues if finding.kind in kinds)


def audit_dataset(
    data: Path,
    second_opinion: SecondOpinion = SecondOpinion.OUT_OF_FOLD,
    model: Path = SHIPPED_EMOTION_MODEL,
    seed: int = 36,
    print_line: Callable[[str], None] = print,
) -> AuditResult:
    """Look for corrupted pictures, duplicates, wrong labels and faults of the folder in all its splits.

    Raises:
        MoviemotionError: there is no picture to look at, or the detector or the reader is missing.
    """
    parts: list[tuple[str, dataset.FaceSet]] = []
    faults: list[dataset.DatasetIssue] = []
    for split in dataset.list_splits(data):
        print_line(f"reading {data / split}")
        faces, found = dataset.inspect_split(data, split)
        parts.append((split, faces))
        faults.extend(found)
    faces = _concatenate([part for _, part in parts if len(part)])
    if not len(faces):
        raise MoviemotionError("\n".join(f"{data / fault.path}: {fault.message}" for fault in faults))
    split_of = np.repeat([split for split, _ in parts], [len(part) for _, part in parts])

    print_line(f"{len(faces)} pictures: looking for corrupted ones")
    damage = find_corrupted_images(faces.images)
    blank = {one.index for one in damage if one.kind in BLANK_KINDS}
    print_line("looking for duplicates")
    pairs = [p for p in duplicate_pairs(faces.images) if not {p.first, p.second} & blank]
    group = duplicate_groups(len(faces), pairs)

    notes = []
    sound = np.ones(len(faces), dtype=bool)
    sound[[one.index for one in damage]] = False
    subset = faces.subset(sound)
    opinion = None
    if not any(subset.labels):
        notes.append("Labels were not judged: no sound picture has one.")
    elif second_opinion is SecondOpinion.EMOTION_MODEL:
        print_line("asking the reader about the labels")
        opinion = emotion_model_predictions(subset, model)
        notes.append(
            "The reader is a fair judge only of pictures that it was not trained on. If these are its "
            "training data, run the audit with the labels as judge."
        )
    else:
        try:
            opinion = out_of_fold_predictions(subset, group[sound], seed, print_line)
        except MoviemotionError as error:
            notes.append(f"Labels were not judged: {error}")
    suspicion = np.full(len(faces), np.nan)
    if opinion is not None:
        suspicion[sound] = opinion.margin

    findings = [
        Issue(
            ISSUE_KIND_OF_DATASET_ISSUE.get(fault.kind, IssueKind.FOLDER),
            fault.path,
            1.0,
            fault.message,
            action=CleaningAction.REMOVE if fault.kind == "unreadable" else CleaningAction.KEEP,
        )
        for fault in faults
    ]
    findings += [
        Issue(d.kind, faces.names[d.index], d.score, d.reason, action=CleaningAction.REMOVE) for d in damage
    ]
    findings += _duplicate_issues(faces, split_of, pairs, group, suspicion)
    if opinion is not None:
        findings += _label_issues(subset, opinion)
    order = {kind: k for k, kind in enumerate(IssueKind)}
    findings.sort(key=lambda finding: (order[finding.kind], -finding.score, finding.image))
    named = {name for finding in findings for name in (finding.image, finding.duplicate_of)}
    return AuditResult(
        data=data,
        counts={
            split: dict(Counter(label or dataset.OTHER_LABEL for label in part.labels))
            for split, part in parts
        },
        issues=tuple(findings),
        images={name: image for name, image in zip(faces.names, faces.images, strict=True) if name in named},
        opinion_source=opinion.source if opinion else "",
        labels_checked=int(opinion.has_label.sum()) if opinion else 0,
        expected_label_errors=opinion.expected_label_errors if opinion else 0,
        notes=tuple(notes),
        seed=seed,
    )


def _concatenate(parts: list[dataset.FaceSet]) -> dataset.FaceSet:
    return dataset.FaceSet(
        tuple(name for part in parts for name in part.names),
        np.concatenate([part.images for part in parts]) if parts else np.zeros((0, 48, 48), np.uint8),
        tuple(label for part in parts for label in part.labels),
        None,
    )


def _duplicate_issues(
    faces: dataset.FaceSet,
    split_of: NDArray[np.str_],
    pairs: list[DuplicatePair],
    group: NDArray[np.int64],
    suspicion: NDArray[np.float64],
) -> list[Issue]:
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
                IssueKind.DUPLICATE,
                "equal pixels" if closest[i] == 1 else f"pixels correlate by {closest[i]:.2f}",
            )
            if faces.labels[i] != faces.labels[kept]:
                kind = IssueKind.CROSS_CLASS_DUPLICATE
                how += f"; {faces.labels[i] or dataset.OTHER_LABEL} here, {faces.labels[kept] or dataset.OTHER_LABEL} there"
            if split_of[i] != split_of[kept]:
                kind = IssueKind.CROSS_SPLIT_DUPLICATE
                how += f"; {split_of[i]} here, {split_of[kept]} there"
            findings.append(
                Issue(kind, faces.names[i], closest[i], how, faces.names[kept], CleaningAction.REMOVE)
            )
    return findings


def _label_issues(faces: dataset.FaceSet, opinion: LabelPredictions) -> list[Issue]:
    """Faces for which another answer is likelier than the label, ranked by how much."""
    findings = []
    rank = opinion.ranking_score
    for i in np.flatnonzero(opinion.margin > 0):
        margin, best = float(opinion.margin[i]), opinion.predicted_classes[i]
        new = best if best in PROPOSAL_EMOTIONS else dataset.OTHER_LABEL
        clear = margin >= RELABEL_MIN_MARGIN
        findings.append(
            Issue(
                IssueKind.MISLABELED,
                faces.names[i],
                float(rank[i]),
                f"labelled {faces.labels[i]}, judged {best}, by a margin of {margin:.2f}",
                action=CleaningAction.RELABEL if clear else CleaningAction.KEEP,
                new_label=new if clear else "",
            )
        )
    return findings
