"""The report: one HTML page that opens offline, with everything it needs inside it.

Telling computes nothing: the page shows what `Analysis` holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from moviemotion.emotions import COMPOUND_FEELINGS, FEELINGS
from moviemotion.page import asset, script_data, templates
from moviemotion.resonance.analysis import Analysis
from moviemotion.resonance.lines import NOTHING_FELT, Feeling
from moviemotion.resonance.moments import ranks
from moviemotion.resonance.room import REACTING
from moviemotion.story.alignment import Cue, TimeSource
from moviemotion.story.screenplay import Element, Kind
from moviemotion.telling import words
from moviemotion.telling.arc_picture import HEIGHT, WIDTH, arc_picture
from moviemotion.telling.charts import chart_data
from moviemotion.telling.palette import PALETTE, css_variables
from moviemotion.telling.patterns import findings

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
    environment = templates("moviemotion.telling")
    for function in (
        words.clock,
        words.span,
        words.plural,
        words.number,
        words.percent,
        words.interval,
        words.percent_interval,
        words.count_of,
        words.p_value,
        words.summary,
        words.together,
        words.baseline,
    ):
        environment.filters[function.__name__] = function
    environment.globals |= {
        "feelings": FEELINGS,
        "palette": PALETTE,
        "colours": {"light": Markup(css_variables(dark=False)), "dark": Markup(css_variables(dark=True))},
        "css": asset("moviemotion.telling", "report.css"),
        "javascript": asset("moviemotion.telling", "report.js"),
        "reacting": REACTING,
        "nothing_felt": NOTHING_FELT,
        "arc_box": (WIDTH, HEIGHT),
        "mixed_window": max(feeling.window for feeling in COMPOUND_FEELINGS),
        "not_measured": lambda feeling: feeling.strength != feeling.strength,
    }
    return environment
