"""Audit a face set: run all checks and list every issue with the reason for it.

The checks build on each other. Corrupted images are found first and are not checked further. Duplicates come
next, because the label check must keep copies of an image in one fold. Labels are checked last.
"""

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
from moviemotion.lab.progress import StageCallback, ignore_stage, in_stage

ISSUE_KIND_OF_DATASET_ISSUE = {
    "unreadable": IssueKind.UNREADABLE,
    "image format": IssueKind.IMAGE_FORMAT,
    "votes": IssueKind.VOTES,
}
"""Kind of `DatasetIssue` → kind of `Issue`; kinds that are not listed concern folders."""
BLANK_KINDS = (IssueKind.SOLID, IssueKind.NEAR_SOLID, IssueKind.NOISE)
"""Kinds of images that look alike without being copies of the same photograph."""


class SecondOpinion(StrEnum):
    """The predictions that the labels are compared with: out-of-fold ones or those of an emotion model."""

    OUT_OF_FOLD = "labels"
    EMOTION_MODEL = "model"


@dataclass(frozen=True)
class AuditResult:
    """The results of an audit.

    Attributes:
        data: the folder of the face set.
        counts: split → label → number of readable images; images without a label count as "other".
        issues: all issues, sorted by kind and, within a kind, the worst first.
        images: path → (48, 48) uint8, for the images named in issues.
        opinion_source: description of what the labels were compared with; "" if they were not checked.
        labels_checked: number of images whose label was checked.
        expected_label_errors: number of wrong labels among these, estimated by confident learning.
        notes: remarks to show before the results.
        seed: random seed for the label check.
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
        """The issues of the given kinds, the worst first within a kind."""
        return tuple(issue for issue in self.issues if issue.kind in kinds)


def audit_dataset(
    data: Path,
    second_opinion: SecondOpinion = SecondOpinion.OUT_OF_FOLD,
    model: Path = SHIPPED_EMOTION_MODEL,
    seed: int = 36,
    print_line: Callable[[str], None] = print,
    on_progress: StageCallback = ignore_stage,
) -> AuditResult:
    """Find corrupted images, duplicates, wrong labels and file errors in all splits of a face set.

    Args:
        data: folder with `<split>/<label>/<image>`, or `<label>/<image>`.
        second_opinion: what the labels are compared with.
        model: ONNX file of the emotion model, if that is the second opinion.
        print_line: called with lines of text for the user.
        on_progress: called with the name of each stage and its progress.

    Raises:
        MoviemotionError: there is no readable image, or the face detector or the emotion model is missing.
    """
    parts: list[tuple[str, dataset.FaceSet]] = []
    dataset_issues: list[dataset.DatasetIssue] = []
    splits = dataset.list_splits(data)
    for split in splits:
        print_line(f"reading {data / split}")
        on_progress("reading images", len(parts), len(splits))
        faces, found = dataset.inspect_split(data, split)
        parts.append((split, faces))
        dataset_issues.extend(found)
    faces = _concatenate([part for _, part in parts if len(part)])
    if not len(faces):
        raise MoviemotionError("\n".join(f"{data / issue.path}: {issue.message}" for issue in dataset_issues))
    split_of = np.repeat([split for split, _ in parts], [len(part) for _, part in parts])

    print_line(f"checking {len(faces)} images for corruption")
    damage = find_corrupted_images(faces.images, in_stage(on_progress, "finding corrupted images"))
    blank = {one.index for one in damage if one.kind in BLANK_KINDS}
    print_line("finding duplicates")
    found_pairs = duplicate_pairs(faces.images, in_stage(on_progress, "finding duplicates"))
    pairs = [p for p in found_pairs if not {p.first, p.second} & blank]
    group = duplicate_groups(len(faces), pairs)

    notes = []
    intact = np.ones(len(faces), dtype=bool)
    intact[[one.index for one in damage]] = False
    subset = faces.subset(intact)
    opinion = None
    if not any(subset.labels):
        notes.append("Labels were not checked, because no intact image has a label.")
    elif second_opinion is SecondOpinion.EMOTION_MODEL:
        print_line("comparing the labels with the emotion model")
        opinion = emotion_model_predictions(subset, model, in_stage(on_progress, "predicting emotions"))
        notes.append(
            "The emotion model can find wrong labels only in images that it was not trained on. If these are "
            "its training data, run the audit with out-of-fold predictions instead."
        )
    else:
        try:
            opinion = out_of_fold_predictions(
                subset, group[intact], seed, print_line, in_stage(on_progress, "checking labels")
            )
        except MoviemotionError as error:
            notes.append(f"Labels were not checked: {error}")
    suspicion = np.full(len(faces), np.nan)
    if opinion is not None:
        suspicion[intact] = opinion.margin

    issues = [
        Issue(
            ISSUE_KIND_OF_DATASET_ISSUE.get(issue.kind, IssueKind.FOLDER),
            issue.path,
            1.0,
            issue.message,
            action=CleaningAction.REMOVE if issue.kind == "unreadable" else CleaningAction.KEEP,
        )
        for issue in dataset_issues
    ]
    issues += [
        Issue(d.kind, faces.names[d.index], d.score, d.reason, action=CleaningAction.REMOVE) for d in damage
    ]
    issues += _duplicate_issues(faces, split_of, pairs, group, suspicion)
    if opinion is not None:
        issues += _label_issues(subset, opinion)
    order = {kind: k for k, kind in enumerate(IssueKind)}
    issues.sort(key=lambda issue: (order[issue.kind], -issue.score, issue.image))
    named = {name for issue in issues for name in (issue.image, issue.duplicate_of)}
    return AuditResult(
        data=data,
        counts={
            split: dict(Counter(label or dataset.OTHER_LABEL for label in part.labels))
            for split, part in parts
        },
        issues=tuple(issues),
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
    """Create an issue for every duplicate except one image of each group, which is kept.

    Images of the test split are preferred over those of the train split, so that a cleaned copy keeps the
    same test images. Otherwise, the image with the least suspicious label is kept.
    """
    closest: dict[int, float] = {}
    for pair in pairs:
        for index in (pair.first, pair.second):
            closest[index] = max(closest.get(index, 0.0), pair.correlation)
    members: dict[int, list[int]] = {}
    for index in closest:
        members.setdefault(int(group[index]), []).append(index)
    issues = []
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
                "identical pixels" if closest[i] == 1 else f"pixel correlation {closest[i]:.2f}",
            )
            if faces.labels[i] != faces.labels[kept]:
                kind = IssueKind.CROSS_CLASS_DUPLICATE
                own, other = (faces.labels[k] or dataset.OTHER_LABEL for k in (i, kept))
                how += f"; labeled {own}, the other image {other}"
            if split_of[i] != split_of[kept]:
                kind = IssueKind.CROSS_SPLIT_DUPLICATE
                how += f"; in split {split_of[i]}, the other image in {split_of[kept]}"
            issues.append(
                Issue(kind, faces.names[i], closest[i], how, faces.names[kept], CleaningAction.REMOVE)
            )
    return issues


def _label_issues(faces: dataset.FaceSet, opinion: LabelPredictions) -> list[Issue]:
    """Create an issue for every face for which another emotion is more likely than the label."""
    issues = []
    rank = opinion.ranking_score
    for i in np.flatnonzero(opinion.margin > 0):
        margin, best = float(opinion.margin[i]), opinion.predicted_classes[i]
        new = best if best in PROPOSAL_EMOTIONS else dataset.OTHER_LABEL
        clear = margin >= RELABEL_MIN_MARGIN
        issues.append(
            Issue(
                IssueKind.MISLABELED,
                faces.names[i],
                float(rank[i]),
                f"labeled {faces.labels[i]}, predicted {best} with a margin of {margin:.2f}",
                action=CleaningAction.RELABEL if clear else CleaningAction.KEEP,
                new_label=new if clear else "",
            )
        )
    return issues
