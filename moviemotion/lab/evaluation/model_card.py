"""Write the model card: what an emotion model was made from, how good it is, and where it fails."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
from jinja2 import Template

from moviemotion._io.atomic_files import atomic_write_text
from moviemotion.lab.evaluation.evaluate import GroundTruth, evaluate
from moviemotion.lab.evaluation.evaluation_text import annotator_ceiling_line, protocol_line, score_lines
from moviemotion.lab.progress import StageCallback, ignore_stage
from moviemotion.lab.training.config import config_fields
from moviemotion.lab.training.quantization import QUANTIZED_KEY

TEMPLATE = Path(__file__).with_name("model_card.md.jinja")


def write_model_card(model: Path, data: Path, on_progress: StageCallback = ignore_stage) -> Path:
    """Evaluate an exported emotion model on the test split and write `<model>.md` next to it.

    Args:
        model: ONNX file.
        data: folder with a test split and the annotators' votes.
        on_progress: see `evaluate`.

    Returns:
        The path of the model card.

    Raises:
        MoviemotionError: the model or the data cannot be read.
    """
    properties = {p.key: p.value for p in onnx.load(str(model)).metadata_props}
    run = json.loads(properties["run"])
    results = {truth: evaluate(data, "test", truth, model, on_progress=on_progress) for truth in GroundTruth}
    consensus = results[GroundTruth.CONSENSUS]
    assert consensus.annotator_ceiling is not None
    path = model.with_suffix(".md")
    text = Template(TEMPLATE.read_text(encoding="utf-8"), keep_trailing_newline=True).render(
        run=run,
        config=config_fields(run),
        quantized=QUANTIZED_KEY in properties,
        scores=[line for result in results.values() for line in score_lines(result)],
        consensus=consensus,
        protocol=protocol_line(consensus.proposal_protocol),
        annotator_ceiling=annotator_ceiling_line(consensus.annotator_ceiling, consensus.truth),
    )
    atomic_write_text(path, text)
    return path
