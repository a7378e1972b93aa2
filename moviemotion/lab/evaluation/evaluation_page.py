"""Write an evaluation as one self-contained HTML page with charts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from moviemotion._io.atomic_files import atomic_write_text
from moviemotion._io.html_shell import json_for_script, template_environment
from moviemotion.errors import SettingError
from moviemotion.lab.evaluation.evaluate import Evaluation
from moviemotion.lab.evaluation.evaluation_text import annotator_ceiling_line, comparison_lines, protocol_line
from moviemotion.lab.evaluation.proposal_protocol import PUBLISHED_CORRECT, TEST_SET_SIZE

MIN_PLOTTED_PROBABILITY = 1e-5
"""Scores with a smaller probability are not drawn."""


def write_evaluation_page(result: Evaluation, model: str, path: Path) -> None:
    """Write the page of an evaluation.

    Args:
        model: name of the emotion model, for the heading.

    Raises:
        SettingError: the page cannot be written to `path`.
    """
    text = (
        template_environment("moviemotion.lab.evaluation", ".")
        .get_template("evaluation.html.jinja")
        .render(
            result=result,
            model=model,
            protocol=protocol_line(result.proposal_protocol),
            annotator_ceiling=annotator_ceiling_line(result.annotator_ceiling, result.truth)
            if result.annotator_ceiling
            else "",
            comparison=comparison_lines(result.comparison) if result.comparison else [],
            data=json_for_script(_chart_data(result)),
        )
    )
    try:
        atomic_write_text(path, text)
    except OSError as error:
        raise SettingError(
            "cannot-write-page",
            "{path}: cannot be written ({reason}); choose another {page}",
            path=path,
            reason=error.strerror,
        ) from error


def _chart_data(result: Evaluation) -> dict[str, Any]:
    names = list(result.confusion)
    table = [[result.confusion[true][read] for read in names] for true in names]
    protocol = result.proposal_protocol
    chances = enumerate(protocol.probability) if protocol else ()
    return {
        "calibration": [
            {"x": b.confidence, "y": b.accuracy, "interval": b.interval, "n": b.n} for b in result.calibration
        ],
        "names": names,
        "counts": table,
        "shares": [[count / max(sum(row), 1) for count in row] for row in table],
        "agreement": [
            {"x": row.votes, "y": row.accuracy, "interval": row.interval, "n": row.n}
            for row in result.agreement
        ],
        "accuracy": result.accuracy,
        "protocol": [
            {"x": k / TEST_SET_SIZE, "y": p, "right": k} for k, p in chances if p > MIN_PLOTTED_PROBABILITY
        ],
        "published": PUBLISHED_CORRECT / TEST_SET_SIZE,
    }
