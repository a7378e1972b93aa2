"""Measure the audit against the votes of ten annotators, and on planted issues.

    python benchmarks/audit.py --data DATA [model] [labels] [planted]

A label counts as wrong if a different answer has the most votes, and at least five of ten. Faces for which no
answer has that many votes are not counted. The results are also reported for an absolute majority (six of
ten).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from cleanlab.rank import get_label_quality_scores
from sklearn.metrics import roc_auc_score

from moviemotion.emotions import PROPOSAL_COLUMNS, PROPOSAL_EMOTIONS
from moviemotion.lab.audit.label_errors import (
    LabelPredictions,
    emotion_model_predictions,
    out_of_fold_predictions,
)
from moviemotion.lab.data import dataset
from moviemotion.lab.data.corruption import find_corrupted_images
from moviemotion.lab.data.duplicates import duplicate_groups, duplicate_pairs
from moviemotion.lab.evaluation.evaluate import SHIPPED_EMOTION_MODEL
from moviemotion.statistics import wilson_interval

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "lab"))
import planted

PLANTED = 200
FIRST = 100
VOTES = {"at least five of ten": 5, "six of ten or more": 6}


def check_with_model(data: Path, seed: int) -> Iterator[str]:
    """Use the shipped emotion model as a second opinion on the test split."""
    faces = dataset.load_faces(data, "test")
    faces = faces.subset(dataset.label_truth(faces) >= 0)
    yield "Emotion model as second opinion, test split (required: AUC 0.95, 0.90 per class, 97 of first 100)"
    yield from ranking_lines(faces, emotion_model_predictions(faces, SHIPPED_EMOTION_MODEL))
    faces, flipped = with_flipped_labels(faces, seed)
    yield from flipped_label_lines(faces, flipped, emotion_model_predictions(faces, SHIPPED_EMOTION_MODEL))


def check_with_labels(data: Path, faces_used: int | None, seed: int) -> Iterator[str]:
    """Use out-of-fold predictions as a second opinion on the train split."""
    faces = dataset.load_faces(data, "train")
    faces = faces.subset(dataset.label_truth(faces) >= 0)
    if faces_used is not None:
        chosen = np.random.default_rng(seed).permutation(len(faces)) < faces_used
        faces = faces.subset(chosen)
    faces, flipped = with_flipped_labels(faces, seed)
    began = time.monotonic()
    opinion = out_of_fold_predictions(
        faces, duplicate_groups(len(faces), duplicate_pairs(faces.images)), seed
    )
    took = time.monotonic() - began
    yield f"Out-of-fold predictions, {len(faces)} faces of the train split, {took:.0f} s (required: AUC 0.85)"
    yield from ranking_lines(faces, opinion, ~flipped)
    yield from flipped_label_lines(faces, flipped, opinion)
    expected, checked = opinion.expected_label_errors, opinion.has_label.sum()
    yield f"  number of wrong labels estimated by confident learning: {expected} of {checked}"


def with_flipped_labels(faces: dataset.FaceSet, seed: int) -> tuple[dataset.FaceSet, np.ndarray]:
    """Give wrong labels to `PLANTED` of the faces whose labels agree with the consensus.

    Returns:
        All faces with their new labels; an (n,) mask of the faces whose label was changed.
    """
    rng = np.random.default_rng(seed)
    truth = dataset.label_truth(faces)
    right = np.flatnonzero(dataset.consensus_truth(faces) == truth)
    flipped = np.zeros(len(faces), dtype=bool)
    flipped[rng.choice(right, PLANTED, replace=False)] = True
    other = (truth + rng.integers(1, len(PROPOSAL_EMOTIONS), len(faces))) % len(PROPOSAL_EMOTIONS)
    given = np.where(flipped, other, truth)
    return replace(faces, labels=tuple(str(PROPOSAL_EMOTIONS[k]) for k in given)), flipped


def flipped_label_lines(
    faces: dataset.FaceSet, flipped: np.ndarray, opinion: LabelPredictions
) -> Iterator[str]:
    """Measure how the flipped labels rank among the labels that agree with the consensus."""
    right = ~flipped & (dataset.consensus_truth(faces) == dataset.label_truth(faces))
    score = opinion.ranking_score
    limit = np.quantile(score[right], 0.99)
    found = int((score[flipped] > limit).sum())
    area = roc_auc_score(flipped[flipped | right], score[flipped | right])
    yield (
        f"  flipped labels: AUC {area:.4f} (n={PLANTED} among {right.sum()} correct ones); "
        f"recall at 1 % false positives {_share(found, PLANTED)}"
    )


def ranking_lines(
    faces: dataset.FaceSet, opinion: LabelPredictions, selected: np.ndarray | None = None
) -> Iterator[str]:
    """Measure how well several scores rank wrong labels first.

    Args:
        faces: n faces, all of which have a label.
        opinion: the predictions from which the scores are computed.
        selected: (n,) mask of the faces to measure; all if None.
    """
    selected = np.ones(len(faces), dtype=bool) if selected is None else selected
    confidence = get_label_quality_scores(opinion.labels, opinion.probabilities)
    scores = {"the margin alone": opinion.margin, "cleanlab's self-confidence": 1 - confidence}
    if opinion.trained_on_labels:
        scores = {"ranking score, odds and class": opinion.ranking_score, **scores}
    for name, score in scores.items():
        yield from vote_lines(faces.subset(selected), name, score[selected])


def vote_lines(faces: dataset.FaceSet, name: str, suspicion: np.ndarray) -> Iterator[str]:
    assert faces.votes is not None
    truth = dataset.label_truth(faces)
    column = np.array(PROPOSAL_COLUMNS)[truth]
    top = faces.votes.max(axis=1)
    single = (faces.votes == top[:, None]).sum(axis=1) == 1
    for rule, least in VOTES.items():
        counted = (truth >= 0) & single & (top >= least)
        wrong = faces.votes.argmax(axis=1)[counted] != column[counted]
        score, label = suspicion[counted], truth[counted]
        each = ", ".join(
            f"{emotion} {roc_auc_score(wrong[label == k], score[label == k]):.3f}"
            for k, emotion in enumerate(PROPOSAL_EMOTIONS)
        )
        hits = int(wrong[np.argsort(-score, kind="stable")[:FIRST]].sum())
        low, high = wilson_interval(hits, FIRST)
        yield (
            f"  {name}, {rule} (n={counted.sum()}, {wrong.mean():.1%} wrong): "
            f"AUC {roc_auc_score(wrong, score):.4f}; {each}; "
            f"wrong among the first {FIRST}: {hits} ({low:.2f} to {high:.2f})"
        )


def check_planted_issues(data: Path, clean_faces: int, seed: int) -> Iterator[str]:
    """Measure the recall for 200 planted issues of each kind, and the false positives on unchanged images."""
    rng = np.random.default_rng(seed)
    faces = dataset.load_faces(data, "train")
    chosen = rng.permutation(len(faces))[:clean_faces]
    images = faces.images[np.sort(chosen)]
    # Real duplicates and drawings among the unchanged images are not false positives, but they are not
    # annotated. Everything reported counts as a false positive, so the value is an upper bound.
    originals = duplicate_groups(len(images), duplicate_pairs(images))
    false_positives = {"duplicate (including real ones)": len(images) - len(set(originals.tolist()))}
    flagged = {one.index for one in find_corrupted_images(images)}
    false_positives["corrupted (including drawings and occluded faces)"] = len(flagged)
    yield f"{PLANTED} planted issues of each kind among {len(images)} faces (required: recall 0.98)"
    for name, make in (("solid", planted.solid), ("noise", planted.noise), ("glyph", planted.glyph)):
        found = find_corrupted_images(np.stack([make(rng) for _ in range(PLANTED)]))
        yield f"  {name}: recall {_share(len(found), PLANTED)}"
    sources = rng.choice(len(images), 3 * PLANTED, replace=False)
    near = np.stack([planted.near_copy(images[i], rng) for i in sources[PLANTED:]])
    copies = np.concatenate([images[sources[:PLANTED]], near])
    group = duplicate_groups(len(images) + len(copies), duplicate_pairs(np.concatenate([images, copies])))
    paired = group[sources] == group[len(images) :]
    for k, name in enumerate(("exact duplicate", "near duplicate", "near duplicate across splits")):
        hits = int(paired[k * PLANTED : (k + 1) * PLANTED].sum())
        yield f"  {name}: recall {_share(hits, PLANTED)}"
    for name, count in false_positives.items():
        yield f"  reported as {name}: {_share(count, len(images))}"


def _share(k: int, n: int) -> str:
    low, high = wilson_interval(k, n)
    return f"{k / n:.4f} ({low:.4f} to {high:.4f}, n={n})"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", help="model, labels, planted; all by default")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--faces", type=int, help="number of faces for out-of-fold predictions")
    parser.add_argument("--clean", type=int, default=3000, help="number of unchanged faces")
    parser.add_argument("--seed", type=int, default=36)
    args = parser.parse_args()
    parts = {
        "model": lambda: check_with_model(args.data, args.seed),
        "labels": lambda: check_with_labels(args.data, args.faces, args.seed),
        "planted": lambda: check_planted_issues(args.data, args.clean, args.seed),
    }
    for name in args.parts or parts:
        for line in parts[name]():
            print(line, flush=True)


if __name__ == "__main__":
    main()
