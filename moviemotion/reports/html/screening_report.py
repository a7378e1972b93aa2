"""The report: one HTML page that opens offline, with everything it needs inside it.

Telling computes nothing: the page shows what `Analysis` holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from moviemotion._io.html_shell import asset, script_data, templates
from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.moments.detection import ranks
from moviemotion.analysis.script_emotions import NOTHING_FELT, Feeling
from moviemotion.analysis.signals.audience_curve import REACTING
from moviemotion.emotions import COMPOUND_FEELINGS, FEELINGS
from moviemotion.reports import number_format
from moviemotion.reports.emotion_style import PALETTE, css_variables
from moviemotion.reports.html.arc_figure import HEIGHT, WIDTH, arc_picture
from moviemotion.reports.html.chart_data import chart_data
from moviemotion.reports.pattern_sentences import findings
from moviemotion.screenplay.alignment.align import Cue, TimeSource
from moviemotion.screenplay.formats.registry import Element, Kind

# A speaker's name and a parenthetical share the time of their dialogue: one label a speech is enough.
LABELLED = (Kind.SCENE_HEADING, Kind.ACTION, Kind.DIALOGUE, Kind.LYRICS, Kind.CENTERED)
NOT_PRINTED = (Kind.SECTION, Kind.SYNOPSIS)


@dataclass(frozen=True)
class ScriptRow:
    """One element of the script as the page shows it.

    Attributes:
        index: of the element.
        feeling: what to write beside it, or None where nothing is written.
        moments: numbers, from 1, of the moments it is in.
    """

    index: int
    element: Element
    cue: Cue
    feeling: Feeling | None
    moments: tuple[int, ...]

    @property
    def cut(self) -> bool:
        """Whether the element is not in the film."""
        return self.cue.source is TimeSource.CUT


def render_report(analysis: Analysis) -> str:
    """Render the report of one screening.

    Returns:
        A complete HTML page that makes no network request.
    """
    template = _environment().get_template("report.html")
    return template.render(
        analysis=analysis,
        moments=analysis.search.moments,
        ranks=ranks(analysis.search.moments),
        elements=analysis.script.screenplay.elements if analysis.script else (),
        rows=script_rows(analysis),
        findings=findings(analysis),
        arc=arc_picture(analysis),
        data=script_data(chart_data(analysis)),
    )


def script_rows(analysis: Analysis) -> list[ScriptRow]:
    """The script's printed elements, each with its time, its feeling and its moments."""
    if analysis.script is None:
        return []
    moments: dict[int, list[int]] = {}
    for number, indices in enumerate(analysis.moment_elements, 1):
        for index in indices:
            moments.setdefault(index, []).append(number)
    elements = analysis.script.screenplay.elements
    # A heading is told with its whole scene, not with the second in which it would be read.
    of_scenes = {scene.heading: scene.feeling for scene in analysis.scenes}
    return [
        ScriptRow(
            cue.element,
            elements[cue.element],
            cue,
            of_scenes.get(cue.element, feeling)
            if elements[cue.element].kind in LABELLED and cue.source is not TimeSource.CUT
            else None,
            tuple(moments.get(cue.element, ())),
        )
        for cue, feeling in zip(analysis.script.cues, analysis.lines, strict=True)
        if elements[cue.element].kind not in NOT_PRINTED
    ]


@cache
def _environment() -> Environment:
    environment = templates("moviemotion.reports.html")
    for function in (
        number_format.clock,
        number_format.span,
        number_format.plural,
        number_format.number,
        number_format.percent,
        number_format.interval,
        number_format.percent_interval,
        number_format.count_of,
        number_format.p_value,
        number_format.summary,
        number_format.together,
        number_format.baseline,
    ):
        environment.filters[function.__name__] = function
    environment.globals |= {
        "feelings": FEELINGS,
        "palette": PALETTE,
        "colours": {"light": Markup(css_variables(dark=False)), "dark": Markup(css_variables(dark=True))},
        "css": asset("moviemotion.reports.html", "report.css"),
        "javascript": asset("moviemotion.reports.html", "report.js"),
        "reacting": REACTING,
        "nothing_felt": NOTHING_FELT,
        "arc_box": (WIDTH, HEIGHT),
        "mixed_window": max(feeling.window for feeling in COMPOUND_FEELINGS),
        "not_measured": lambda feeling: feeling.strength != feeling.strength,
    }
    return environment
