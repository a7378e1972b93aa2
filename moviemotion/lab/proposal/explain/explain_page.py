"""Render the measurements as one self-contained HTML page with charts and images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment

from moviemotion._io.html_shell import inline_asset, template_environment
from moviemotion.emotions import PROPOSAL_EMOTIONS
from moviemotion.lab.proposal.explain import figures
from moviemotion.lab.proposal.explain.evidence import AnswerAssessment, ClaimVerdict, Estimate
from moviemotion.lab.proposal.explain.explain_charts import block_charts, relu_charts, translation_charts
from moviemotion.lab.proposal.explain.explain_pictures import (
    DISPLAYED_SHIFTS,
    gray_tiles,
    heat_tiles,
    shifted_face,
)
from moviemotion.lab.proposal.explain.frequency_tuning import CUTOFFS
from moviemotion.lab.proposal.explain.measure import (
    BlockMeasurements,
    ReluMeasurements,
    TranslationMeasurements,
)
from moviemotion.lab.proposal.explain.network_inspection import FaceSample

VERDICT_MARKS = {
    ClaimVerdict.CORRECT: "✓",
    ClaimVerdict.INCOMPLETE: "◐",
    ClaimVerdict.INCORRECT: "✕",
    ClaimVerdict.INCONCLUSIVE: "?",
}


@dataclass(frozen=True)
class ExplanationSettings:
    """The network that was measured, and the faces used to measure it.

    Attributes:
        run: name of the run's folder.
        parameter_count: number of parameters of the network.
        data: name of the face set's folder.
    """

    run: str
    filters: Sequence[int]
    kernels: Sequence[int]
    parameter_count: int
    data: str
    split: str
    seed: int


def render_explanation(
    settings: ExplanationSettings,
    sample: FaceSample,
    blocks: BlockMeasurements,
    relu: ReluMeasurements,
    translation: TranslationMeasurements,
    answers: Sequence[AnswerAssessment],
) -> str:
    """Render a self-contained HTML page, which loads nothing from the Internet."""
    charts = block_charts(blocks) | relu_charts(relu) | translation_charts(translation)
    return (
        _environment()
        .get_template("explain.html.jinja")
        .render(
            about=settings,
            sample=sample,
            blocks=blocks,
            relu=relu,
            translation=translation,
            answers={answer.key: answer for answer in answers},
            charts=charts,
            faces_row=gray_tiles(sample.images[blocks.displayed_faces]),
            shifts_row=shifted_face(sample, blocks.displayed_faces[0]),
        )
    )


@cache
def _environment() -> Environment:
    environment = template_environment("moviemotion.lab.proposal.explain")
    for function in (
        figures.format_number,
        figures.format_percent,
        figures.format_estimate,
        figures.format_percent_estimate,
        gray_tiles,
        heat_tiles,
    ):
        environment.filters[function.__name__] = function
    environment.globals |= {
        "css": inline_asset("moviemotion.lab.proposal.explain", "explain.css"),
        "marks": VERDICT_MARKS,
        "emotions": PROPOSAL_EMOTIONS,
        "shown_shifts": DISPLAYED_SHIFTS,
        "cutoff": CUTOFFS[len(CUTOFFS) // 2],
        "unknown": lambda value: (value.value if isinstance(value, Estimate) else value) != value,
    }
    return environment
