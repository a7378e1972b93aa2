"""The model card: what a reader was made from, how good it is, and where it fails."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from jinja2 import Template
from numpy.typing import NDArray

from moviemotion.lab import dataset
from moviemotion.lab.evaluation import Evaluation, Truth, evaluation_lines, predict, score

TEMPLATE = Path(__file__).with_name("card.md.jinja")
AGREEMENT = (5, 6, 7, 8, 9, 10)


def write_card(model: Path, data: Path) -> Path:
    """Measure an exported reader on the test split and write `<model>.md` beside it.

    Raises:
        MoviemotionError: the model or the data cannot be read.
    """
    faces = dataset.load_faces(data, "test")
    probabilities = predict(model, faces)
    properties = {p.key: p.value for p in onnx.load(str(model)).metadata_props}
    run = json.loads(properties["run"])
    results = [score(probabilities, faces, "test", truth) for truth in Truth]
    path = model.with_suffix(".md")
    partial = path.with_suffix(".partial")
    text = Template(TEMPLATE.read_text(encoding="utf-8"), keep_trailing_newline=True).render(
        run=run,
        results=results,
        lines=evaluation_lines,
        names=list(results[-1].confusion),
        confusion=results[-1].confusion,
        agreement=_by_agreement(probabilities, faces),
    )
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
    return path


def _by_agreement(probabilities: NDArray[np.float32], faces: dataset.FaceSet) -> list[tuple[int, Evaluation]]:
    """The consensus score of the faces on which exactly k of ten annotators chose the top emotion."""
    assert faces.votes is not None
    top = faces.votes.max(axis=1)
    rows = []
    for votes in AGREEMENT:
        kept = (top == votes) & (dataset.consensus_truth(faces) >= 0)
        if kept.any():
            rows.append((votes, score(probabilities[kept], faces.subset(kept), "test", Truth.CONSENSUS)))
    return rows
