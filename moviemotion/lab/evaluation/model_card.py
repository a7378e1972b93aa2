"""The model card: what a reader was made from, how good it is, and where it fails."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
from jinja2 import Template

from moviemotion._io.atomic_files import atomic_write_text
from moviemotion.lab.evaluation.evaluate import GroundTruth, evaluate
from moviemotion.lab.evaluation.evaluation_text import annotator_ceiling_line, protocol_line, score_lines
from moviemotion.lab.training.quantization import QUANTIZED_KEY

TEMPLATE = Path(__file__).with_name("model_card.md.jinja")


def write_model_card(model: Path, data: Path) -> Path:
    """Measure an exported reader on the test split and write `<model>.md` beside it.

    Raises:
        MoviemotionError: the model or the data cannot be read.
    """
    properties = {p.key: p.value for p in onnx.load(str(model)).metadata_props}
    run = json.loads(properties["run"])
    results = {truth: evaluate(data, "test", truth, model) for truth in GroundTruth}
    consensus = results[GroundTruth.CONSENSUS]
    assert consensus.panel is not None
    path = model.with_suffix(".md")
    text = Template(TEMPLATE.read_text(encoding="utf-8"), keep_trailing_newline=True).render(
        run=run,
        quantised=QUANTIZED_KEY in properties,
        scores=[line for result in results.values() for line in score_lines(result)],
        consensus=consensus,
        protocol=protocol_line(consensus.deck_protocol),
        panel=annotator_ceiling_line(consensus.panel, consensus.truth),
    )
    atomic_write_text(path, text)
    return path
