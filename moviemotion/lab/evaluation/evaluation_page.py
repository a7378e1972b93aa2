"""Write an evaluation as one self-contained HTML page with charts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from moviemotion._io.atomic_files import atomic_write_text
from moviemotion._io.html_shell import template_environment
from moviemotion._io.svg_chart import (
    SOLID,
    Axis,
    Bar,
    Bars,
    Chart,
    Rule,
    Series,
    category_axis,
    linear_axis,
)
from moviemotion.errors import SettingError
from moviemotion.lab.evaluation.calibration import CalibrationBin
from moviemotion.lab.evaluation.evaluate import AgreementResult, Evaluation
from moviemotion.lab.evaluation.evaluation_text import annotator_ceiling_line, comparison_lines, protocol_line
from moviemotion.lab.evaluation.proposal_protocol import PUBLISHED_CORRECT, TEST_SET_SIZE, ProposalProtocol

MIN_PLOTTED_PROBABILITY = 1e-5
"""Probability below which a score is not drawn."""
CHART_HEIGHT = 360
CELL_HALF = 0.48
"""Half the side length of a confusion-matrix cell, in rows; the remainder is the gap between cells."""


def write_evaluation_page(result: Evaluation, model: str, path: Path) -> None:
    """Write an evaluation as an HTML page.

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
            charts=_charts(result),
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


def _charts(result: Evaluation) -> dict[str, Chart]:
    """The charts of the page, keyed by ID."""
    charts = {"calibration": _calibration_chart(result), "confusion": _confusion_chart(result)}
    if result.agreement:
        charts["agreement"] = _agreement_chart(result)
    if result.proposal_protocol:
        charts["protocol"] = _protocol_chart(result.accuracy, result.proposal_protocol)
    return charts


def _calibration_chart(result: Evaluation) -> Chart:
    bins = result.calibration
    most = max(b.n for b in bins)
    diagonal = Series("", "muted", (0.2, 1), (0.2, 1), dash="7 4", width=1)
    points = _points_with_intervals(
        [b.confidence for b in bins],
        bins,
        [f"confidence {b.confidence:.2f}" for b in bins],
        # The area of a marker grows with the number of faces.
        [0.7 + 1.7 * (b.n / most) ** 0.5 for b in bins],
    )
    return Chart(
        linear_axis([], "confidence", low=0.2, high=1.03, ticks=9),
        linear_axis([], "fraction classified correctly", low=0, high=1.03),
        (diagonal, points),
        CHART_HEIGHT,
    )


def _agreement_chart(result: Evaluation) -> Chart:
    rows = result.agreement
    votes = [float(row.votes) for row in rows]
    points = _points_with_intervals(votes, rows, [f"{row.votes} out of ten agree" for row in rows])
    ticks = tuple((vote, f"{row.votes}\nn={row.n}") for vote, row in zip(votes, rows, strict=True))
    return Chart(
        Axis(min(votes) - 0.4, max(votes) + 0.4, ticks, "annotators out of ten who agree"),
        linear_axis([], "fraction classified correctly", low=0, high=1.03),
        (points,),
        CHART_HEIGHT,
    )


def _points_with_intervals(
    x: Sequence[float],
    rows: Sequence[CalibrationBin | AgreementResult],
    labels: Sequence[str],
    sizes: Sequence[float] = (),
) -> Series:
    return Series(
        "",
        "accent",
        x,
        [row.accuracy for row in rows],
        [row.interval[0] for row in rows],
        [row.interval[1] for row in rows],
        [
            f"{label}: {row.accuracy:.3f} ({row.interval[0]:.3f} to {row.interval[1]:.3f}), n = {row.n:,}"
            for label, row in zip(labels, rows, strict=True)
        ],
        symbol="circle",
        sizes=sizes,
        width=1.5,
    )


def _confusion_chart(result: Evaluation) -> Chart:
    names = list(result.confusion)
    cells = []
    for i, true in enumerate(names):
        total = max(sum(result.confusion[true].values()), 1)
        for j, predicted in enumerate(names):
            count = result.confusion[true][predicted]
            share = count / total
            cells.append(
                Bar(
                    j - CELL_HALF,
                    j + CELL_HALF,
                    i - CELL_HALF,
                    i + CELL_HALF,
                    f"{true} predicted as {predicted}: {share:.1%}",
                    share,
                    (f"{count:,}", f"{share:.0%}"),
                    "paper" if share > 0.5 else "ink",
                )
            )
    return Chart(
        category_axis(names, "predicted emotion"),
        category_axis(names, "true emotion", reverse=True),
        (Bars("", "accent", cells),),
        CHART_HEIGHT,
    )


def _protocol_chart(accuracy: float, protocol: ProposalProtocol) -> Chart:
    published = PUBLISHED_CORRECT / TEST_SET_SIZE
    half = 0.4 / TEST_SET_SIZE
    bars: dict[bool, list[Bar]] = {False: [], True: []}
    for correct, probability in enumerate(protocol.probability):
        score = correct / TEST_SET_SIZE
        if probability > MIN_PLOTTED_PROBABILITY:
            text = f"{correct} of {TEST_SET_SIZE} correct ({score:.1%}): {probability:.2%} of test sets"
            bars[score >= published].append(Bar(score - half, score + half, 0, probability, text))
    scores = [bar.x0 + half for bar in (*bars[False], *bars[True])]
    return Chart(
        linear_axis([*scores, accuracy, published], "score on 128 faces", text="{:.0%}".format, ticks=8),
        linear_axis([0, *protocol.probability], "fraction of test sets", text="{:.0%}".format),
        (
            Bars("", "accent", bars[False]),
            Bars("", "warn", bars[True]),
            Rule(accuracy, "ink", label="accuracy on the complete split"),
            Rule(published, "warn", dash=SOLID, label="the proposal’s 94 %", level=1),
        ),
        CHART_HEIGHT,
    )
