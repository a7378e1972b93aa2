"""Renders the report of a screening as an HTML page that works offline.

Reports compute nothing: the page shows the values in the `Analysis`. The page's script,
`templates/report.js`, uses the data from `chart_data.py` to draw the curves with uPlot and the viewer strips
on a canvas. If the address names a segment, `templates/report-segments.js` first puts its values in the
place of everyone's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from moviemotion._io.html_shell import (
    inline_asset,
    json_for_script,
    template_environment,
    vendored_asset,
)
from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.moments.detection import (
    MIN_REACTING_SHARE,
    MIN_REACTING_VIEWERS,
    resonance_ranks,
)
from moviemotion.analysis.moments.evidence import COMPARABLE_SECONDS, N_HALVES
from moviemotion.analysis.moments.reaction_scores import MOMENT, MOOD
from moviemotion.analysis.script_emotions import MIN_DOMINANT_STRENGTH, EmotionSummary
from moviemotion.analysis.segments.segment_analysis import SegmentAnalysis
from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS, REACTION_THRESHOLD
from moviemotion.emotions import MIXED_EMOTIONS, NON_NEUTRAL_EMOTIONS
from moviemotion.problems import HARM_TITLES, Problem, ranked_groups
from moviemotion.reports import clock_sentences, number_format, segment_sentences
from moviemotion.reports.attention_sentences import (
    WHAT_IT_IS,
    attention_summary,
    drop_sentence,
    walk_out_sentence,
)
from moviemotion.reports.emotion_style import PALETTE, css_variables
from moviemotion.reports.html.arc_figure import HEIGHT, WIDTH, build_arc_figure
from moviemotion.reports.html.chart_data import chart_data
from moviemotion.reports.html.comparison_report import unit_label
from moviemotion.reports.pattern_sentences import pattern_findings
from moviemotion.screenplay.alignment.align import Cue, TimeSource
from moviemotion.screenplay.elements import Element, ElementKind
from moviemotion.screenplay.read_back import read_back

# Character names and parentheticals have the same time as their dialogue, so only the dialogue is labeled.
LABELED_KINDS = (
    ElementKind.SCENE_HEADING,
    ElementKind.ACTION,
    ElementKind.DIALOGUE,
    ElementKind.LYRICS,
    ElementKind.CENTERED,
)
HIDDEN_KINDS = (ElementKind.SECTION, ElementKind.SYNOPSIS)
MAX_DIFFERENCES = 8
"""Number of places listed in which a segment differs from everybody else."""


@dataclass(frozen=True)
class ScriptRow:
    """One element of the script on the page.

    Attributes:
        index: index of the element in the screenplay.
        element: the element.
        cue: when the element is on screen.
        emotion_summary: the emotions shown beside the element, or None.
        moments: numbers, counted from 1, of the moments that overlap the element.
    """

    index: int
    element: Element
    cue: Cue
    emotion_summary: EmotionSummary | None
    moments: tuple[int, ...]

    @property
    def is_cut(self) -> bool:
        """Whether the element is not in the film."""
        return self.cue.source is TimeSource.CUT

    @property
    def is_by_hand(self) -> bool:
        """Whether a person has set the element's time."""
        return self.cue.source is TimeSource.BY_HAND


def render_report(analysis: Analysis, segments: Sequence[SegmentAnalysis] = ()) -> str:
    """Render the report of one screening and of segments of its audience.

    Returns:
        A complete HTML page that makes no network requests.
    """
    template = _environment().get_template("report.html")
    return template.render(
        analysis=analysis,
        moments=analysis.moment_search.moments,
        elements=analysis.script.screenplay.elements if analysis.script else (),
        rows=script_rows(analysis),
        findings=pattern_findings(analysis),
        arc=build_arc_figure(analysis),
        segments=segments,
        segment_rows=[script_rows(segment.analysis) for segment in segments],
        data=json_for_script(chart_data(analysis, segments)),
    )


def script_rows(analysis: Analysis) -> list[ScriptRow]:
    """Combine each printed element of the script with its time, emotions and moments."""
    if analysis.script is None:
        return []
    moments: dict[int, list[int]] = {}
    for number, indices in enumerate(analysis.moment_elements, 1):
        for index in indices:
            moments.setdefault(index, []).append(number)
    elements = analysis.script.screenplay.elements
    # A heading shows the emotion of the entire scene, not of the second in which the scene begins.
    scene_summaries = {scene.heading_element: scene.summary for scene in analysis.scene_emotions}
    return [
        ScriptRow(
            cue.element,
            elements[cue.element],
            cue,
            scene_summaries.get(cue.element, summary)
            if elements[cue.element].kind in LABELED_KINDS and cue.source is not TimeSource.CUT
            else None,
            tuple(moments.get(cue.element, ())),
        )
        for cue, summary in zip(analysis.script.cues, analysis.element_emotions, strict=True)
        if elements[cue.element].kind not in HIDDEN_KINDS
    ]


def problem_sections(problems: Iterable[Problem]) -> list[tuple[str, list[str]]]:
    """Headings and lines for all problems, the most harmful first."""
    sections: dict[str, list[str]] = {}
    for harm, lines in ranked_groups(problems):
        sections.setdefault(HARM_TITLES[harm], []).extend(lines)
    return list(sections.items())


@cache
def _environment() -> Environment:
    environment = template_environment("moviemotion.reports.html")
    for function in (
        number_format.film_time,
        number_format.time_range,
        number_format.plural,
        number_format.number,
        number_format.percent,
        number_format.interval,
        number_format.percent_interval,
        number_format.count_of,
        number_format.p_value,
        number_format.summary_sentence,
        number_format.synchrony_sentence,
        number_format.baseline_sentence,
        number_format.evidence_sentences,
        number_format.inconclusive_notice,
        number_format.rank_range,
        number_format.affect_sentence,
        number_format.too_few_seen,
        problem_sections,
        attention_summary,
        drop_sentence,
        walk_out_sentence,
        clock_sentences.clock_sentence,
        clock_sentences.clocks_summary,
        segment_sentences.carriers_sentence,
        segment_sentences.difference_sentence,
        segment_sentences.segment_sentence,
        resonance_ranks,
        unit_label,
        read_back,
    ):
        environment.filters[function.__name__] = function
    environment.globals |= {
        "emotions": NON_NEUTRAL_EMOTIONS,
        "palette": PALETTE,
        "colors": {"light": Markup(css_variables(dark=False)), "dark": Markup(css_variables(dark=True))},
        "css": inline_asset("moviemotion.reports.html", "report.css"),
        "javascript": inline_asset("moviemotion.reports.html", "report.js"),
        "segments_javascript": inline_asset("moviemotion.reports.html", "report-segments.js"),
        "max_differences": MAX_DIFFERENCES,
        "uplot": vendored_asset("uplot/uPlot.iife.min.js"),
        "uplot_css": vendored_asset("uplot/uPlot.min.css"),
        "reacting": REACTION_THRESHOLD,
        "min_viewers": MIN_VIEWERS,
        "time_scales": {scale.name: scale for scale in (MOMENT, MOOD)},
        "comparable_seconds": COMPARABLE_SECONDS,
        "min_reacting_share": MIN_REACTING_SHARE,
        "min_reacting_viewers": MIN_REACTING_VIEWERS,
        "halves": N_HALVES,
        "min_dominant_strength": MIN_DOMINANT_STRENGTH,
        "arc_box": (WIDTH, HEIGHT),
        "attention_is": WHAT_IT_IS,
        "mixed_window": max(emotion.window for emotion in MIXED_EMOTIONS),
        "not_measured": lambda summary: summary.strength != summary.strength,
    }
    return environment
