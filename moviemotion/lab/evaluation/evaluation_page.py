"""An evaluation as one HTML page with charts, which opens offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from moviemotion._io.atomic_files import write_whole
from moviemotion._io.html_shell import script_data, templates
from moviemotion.errors import MoviemotionError
from moviemotion.lab.evaluation.evaluate import Evaluation
from moviemotion.lab.evaluation.evaluation_text import comparison_lines, panel_line, protocol_line
from moviemotion.lab.evaluation.proposal_protocol import FACES, PUBLISHED_RIGHT

VISIBLE = 1e-5
"""Scores rarer than this are not drawn."""


def write_page(result: Evaluation, model: str, page: Path) -> None:
    """Write the page of an evaluation.

    Raises:
        MoviemotionError: the page cannot be written there.
    """
    text = (
        templates("moviemotion.lab.evaluation", ".")
        .get_template("evaluation.html.jinja")
        .render(
            result=result,
            model=model,
            protocol=protocol_line(result.deck_protocol),
            panel=panel_line(result.panel, result.truth) if result.panel else "",
            comparison=comparison_lines(result.comparison) if result.comparison else [],
            data=script_data(_chart_data(result)),
        )
    )
    try:
        write_whole(page, text)
    except OSError as error:
        raise MoviemotionError(
            f"{page}: cannot be written ({error.strerror}); choose another --page"
        ) from error


def _chart_data(result: Evaluation) -> dict[str, Any]:
    names = list(result.confusion)
    table = [[result.confusion[true][read] for read in names] for true in names]
    protocol = result.deck_protocol
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
        "protocol": [{"x": k / FACES, "y": p, "right": k} for k, p in chances if p > VISIBLE],
        "published": PUBLISHED_RIGHT / FACES,
    }
