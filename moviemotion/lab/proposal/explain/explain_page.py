"""One HTML page that opens offline, with charts and pictures inside it. It shows; it measures nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment

from moviemotion._io.html_shell import asset, script_data, templates
from moviemotion.emotions import DECK_EMOTIONS
from moviemotion.lab.proposal.explain import figures
from moviemotion.lab.proposal.explain.evidence import Answer, Estimate, Verdict
from moviemotion.lab.proposal.explain.explain_charts import block_charts, relu_charts, translation_charts
from moviemotion.lab.proposal.explain.explain_pictures import (
    SHOWN_SHIFTS,
    grey_tiles,
    heat_tiles,
    shifted_face,
)
from moviemotion.lab.proposal.explain.frequency_tuning import CUTOFFS
from moviemotion.lab.proposal.explain.measure import Blocks, Relu, Translation
from moviemotion.lab.proposal.explain.network_inspection import Sample

MARKS = {Verdict.RIGHT: "✓", Verdict.INCOMPLETE: "◐", Verdict.WRONG: "✕", Verdict.UNDECIDED: "?"}


@dataclass(frozen=True)
class About:
    """What was explained, and with what.

    Attributes:
        run: the folder's name.
        parameters: of the network.
    """

    run: str
    filters: Sequence[int]
    kernels: Sequence[int]
    parameters: int
    data: str
    split: str
    seed: int


def render(
    about: About,
    sample: Sample,
    blocks: Blocks,
    relu: Relu,
    translation: Translation,
    answers: Sequence[Answer],
) -> str:
    """A complete HTML page that makes no network request."""
    charts = block_charts(blocks) | relu_charts(relu) | translation_charts(translation)
    return (
        _environment()
        .get_template("explain.html.jinja")
        .render(
            about=about,
            sample=sample,
            blocks=blocks,
            relu=relu,
            translation=translation,
            answers={answer.key: answer for answer in answers},
            charts=script_data(charts),
            faces_row=grey_tiles(sample.images[blocks.faces_shown]),
            shifts_row=shifted_face(sample, blocks.faces_shown[0]),
        )
    )


@cache
def _environment() -> Environment:
    environment = templates("moviemotion.lab.proposal.explain")
    for function in (
        figures.number,
        figures.percent,
        figures.doubt,
        figures.doubt_percent,
        grey_tiles,
        heat_tiles,
    ):
        environment.filters[function.__name__] = function
    environment.globals |= {
        "css": asset("moviemotion.lab.proposal.explain", "explain.css"),
        "javascript": asset("moviemotion._io", "charts.js"),
        "marks": MARKS,
        "emotions": DECK_EMOTIONS,
        "shown_shifts": SHOWN_SHIFTS,
        "cutoff": CUTOFFS[len(CUTOFFS) // 2],
        "unknown": lambda value: (value.value if isinstance(value, Estimate) else value) != value,
    }
    return environment
