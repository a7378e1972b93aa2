"""Reports the comparison of two screenings as terminal lines, an HTML page, CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections import Counter
from functools import cache
from math import isnan
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from moviemotion._io.html_shell import inline_asset, template_environment
from moviemotion.analysis.comparison.cut_alignment import CutUnit, CutUnitKind
from moviemotion.analysis.comparison.group_differences import (
    ALPHA,
    MIN_VIEWERS,
    POWER,
    DifferenceVerdict,
)
from moviemotion.analysis.comparison.mean_test import SMALLEST_RELEVANT_DIFFERENCE
from moviemotion.analysis.comparison.screening_comparison import ScreeningComparison, UnitDifference
from moviemotion.reports import number_format
from moviemotion.reports.emotion_style import PALETTE, css_variables
from moviemotion.reports.tables.csv_json import escape_formula

MAX_LINES = 6
SAME_ROOM = (
    "Both segments sat in one room and saw the same cut. The emotion model may read the faces of some people "
    "better than those of others, so the size of a difference is less certain than its place in the film."
)
METHOD_TEXTS = {
    "test": "standardized differences; the larger p of viewers reassigned at random and of a bootstrap",
    "room_test": "standardized differences of the rooms' means; rooms reassigned at random, and a bootstrap",
    "paired_test": "each viewer's two values exchanged at random",
    "correction": "family-wise over all units and emotions (Westfall & Young, step-down maxT)",
    "interval": "95 %, for each difference separately, from the intervals of the two means (Zou & Donner)",
    "room_interval": "95 %, for each difference separately, from a mixed model with random rooms "
    "(REML, Hartung & Knapp)",
    "paired_interval": "95 %, for each difference separately, by the permutation t method (Janssen)",
}
_COLUMNS = (
    "kind",
    "scene",
    "character",
    "label",
    "start_first",
    "end_first",
    "start_second",
    "end_second",
    "emotion",
    "viewers_first",
    "viewers_second",
    "mean_first",
    "mean_second",
    "difference",
    "low",
    "high",
    "p_adjusted",
    "verdict",
    "viewers_needed",
)


def signed_number(value: float) -> str:
    """Format a difference with a sign: `+0.12`, `−0.12`; a dash for NaN."""
    text = number_format.number(value)
    return f"+{text}" if value > 0 and text != "0.00" else text


def signed_interval(interval: tuple[float, float]) -> str:
    """Format the interval of a difference: `−0.03 to +0.21`."""
    return (
        "no interval"
        if interval[0] != interval[0]
        else f"{signed_number(interval[0])} to {signed_number(interval[1])}"
    )


def unit_label(unit: CutUnit) -> str:
    """Return a label for a unit: its text, with the speaker if there is one, or its range of film time."""
    if unit.kind is CutUnitKind.SECONDS:
        return number_format.time_range(unit.spans[0].start, unit.spans[0].end)
    return f"{unit.character}: {unit.label}" if unit.character else unit.label


def comparison_conclusion(comparison: ScreeningComparison) -> str:
    """Summarize the findings of the comparison in one sentence."""
    count = Counter(d.verdict for d in comparison.differences)
    tested = sum(count.values()) - count[DifferenceVerdict.NOT_TESTED]
    kinds = Counter(unit.kind for unit in comparison.alignment.units)
    parts = [
        number_format.plural(kinds[kind], one, many)
        for kind, one, many in (
            (CutUnitKind.SCENE, "scene", "scenes"),
            (CutUnitKind.PASSAGE, "passage", "passages"),
            (CutUnitKind.LINE, "line", "lines"),
            (CutUnitKind.SECONDS, "stretch", "stretches"),
        )
        if kinds[kind]
    ]
    return (
        f"The film and {', '.join(parts)}, seven emotions each: of {tested:,} differences, "
        f"{count[DifferenceVerdict.DIFFERS]:,} are significant (adjusted p ≤ {ALPHA:g}), "
        f"{count[DifferenceVerdict.ALIKE]:,} are smaller than {SMALLEST_RELEVANT_DIFFERENCE:g} according to "
        f"their 95 % intervals, and {count[DifferenceVerdict.INCONCLUSIVE]:,} are inconclusive."
    )


def viewers_needed_sentence(comparison: ScreeningComparison) -> str:
    """State how many viewers would be needed to settle the inconclusive differences."""
    c = comparison.group_comparison
    if c.rooms_are_units and min(c.rooms) < MIN_VIEWERS:
        return (
            f"At least {MIN_VIEWERS} screenings of each cut are needed for any difference to be significant."
        )
    half, all_ = comparison.viewers_needed(0.5), comparison.viewers_needed(1.0)
    if half is None or all_ is None:
        return "No difference is inconclusive."
    if c.paired:
        unit = "viewers who see both"
    elif c.rooms_are_units:
        unit = "screenings of each cut, as large as these,"
    else:
        unit = "viewers in each screening"
    return (
        f"About {half:,} {unit} would decide half of the inconclusive differences, and {all_:,} "
        f"would decide all of them. With that many, a difference of the observed size (or of "
        f"{SMALLEST_RELEVANT_DIFFERENCE:g} if the observed difference is smaller) is detected with "
        f"{100 * POWER:.0f} % power."
    )


def rooms_sentence(comparison: ScreeningComparison) -> str:
    """Explain in one or two sentences how rooms affect the comparison; empty for paired viewers."""
    c = comparison.group_comparison
    if c.paired:
        return ""
    if comparison.same_screening:
        return SAME_ROOM
    if not c.rooms_are_units:
        return (
            "Each cut was shown in one room, so a difference between the two rooms, and not only between the "
            "cuts, could explain what differs."
        )
    first, second = (number_format.plural(count, "screening") for count in c.rooms)
    share = "" if isnan(c.room_share) else f" Rooms account for {100 * c.room_share:.0f} % of the variance."
    return (
        f"Rooms are treated as random ({first} and {second}): a difference counts only if it recurs from "
        f"room to room.{share}"
    )


def significant_differences(comparison: ScreeningComparison) -> list[UnitDifference]:
    """List the significant differences, largest first."""
    found = [d for d in comparison.differences if d.verdict is DifferenceVerdict.DIFFERS]
    return sorted(found, key=lambda d: -abs(d.difference))


def comparison_lines(comparison: ScreeningComparison) -> list[str]:
    """Summarize the comparison for the terminal in at most 12 lines."""
    first, second = comparison.names
    ours, theirs = (number_format.plural(count, "viewer") for count in comparison.viewers)
    who = f"{ours} saw both" if comparison.group_comparison.paired else f"{theirs} and {ours}"
    found = significant_differences(comparison)
    lines = [f"{second} minus {first}: {who}.", comparison_conclusion(comparison)]
    lines += filter(None, [comparison.caution])
    lines += [
        f"  {d.emotion} {signed_number(d.difference)} ({signed_interval(d.interval)}), "
        f"{number_format.p_value(d.p_adjusted)}: {d.unit.kind} {shorten_text(unit_label(d.unit), 60)}"
        for d in found[:MAX_LINES]
    ]
    if len(found) > MAX_LINES:
        lines.append(f"      and {len(found) - MAX_LINES:,} more")
    notes = [viewers_needed_sentence(comparison), rooms_sentence(comparison)]
    if not comparison.same_screening:
        notes.append(comparison.alignment.condition)
    return [*lines, *filter(None, notes)]


def shorten_text(text: str, max_length: int) -> str:
    """Join a text into one line and shorten it at a word boundary to at most `max_length` characters."""
    line = " ".join(text.split())
    return line if len(line) <= max_length else line[: max_length - 1].rsplit(" ", 1)[0] + " …"


def comparison_csv(comparison: ScreeningComparison) -> str:
    """Write the comparison as CSV, with one row for each unit and emotion.

    Times are seconds of film time in each screening; cells are empty if a difference was not tested.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    for difference in comparison.differences:
        values = _record(difference).values()
        table.writerow(escape_formula(value) if isinstance(value, str) else value for value in values)
    return text.getvalue()


def comparison_json(comparison: ScreeningComparison) -> dict[str, Any]:
    """Convert the comparison for `json.dumps(…, allow_nan=False)`; null means "not tested"."""
    c = comparison.group_comparison
    kind = "paired_" if c.paired else "room_" if c.rooms_are_units else ""
    return {
        "first": comparison.names[0],
        "second": comparison.names[1],
        "viewers": list(comparison.viewers),
        "excluded_viewers": list(comparison.unpaired_viewers),
        "caution": comparison.caution,
        "condition": comparison.alignment.condition,
        "conclusion": comparison_conclusion(comparison),
        "viewers_needed": viewers_needed_sentence(comparison),
        "rooms": rooms_sentence(comparison),
        "only_first": comparison.alignment.unmatched_lines[0],
        "only_second": comparison.alignment.unmatched_lines[1],
        "method": {
            "test": METHOD_TEXTS[f"{kind}test"],
            "rooms": list(c.rooms),
            "paired": c.paired,
            "permutations": c.permutations,
            "exact": c.exact,
            "seed": comparison.seed,
            "correction": METHOD_TEXTS["correction"],
            "alpha": ALPHA,
            "interval": METHOD_TEXTS[f"{kind}interval"],
            "smallest_relevant_difference": SMALLEST_RELEVANT_DIFFERENCE,
            "power": POWER,
        },
        "differences": [_record(d) for d in comparison.differences],
    }


def _record(d: UnitDifference) -> dict[str, Any]:
    first, second = d.unit.spans
    values = (
        str(d.unit.kind),
        d.unit.scene_number or None,
        d.unit.character,
        d.unit.label or None,
        *(round(at, 3) for at in (first.start, first.end, second.start, second.end)),
        str(d.emotion),
        *d.viewers,
        *(_or_none(value) for value in (*d.mean, d.difference, *d.interval, d.p_adjusted)),
        str(d.verdict),
        int(d.viewers_needed) if d.viewers_needed == d.viewers_needed else None,
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _or_none(value: float) -> float | None:
    return None if isnan(value) else round(value, 6)


def render_comparison(comparison: ScreeningComparison) -> str:
    """Render the comparison as an HTML page that makes no network requests."""
    found = significant_differences(comparison)
    overview = [
        d
        for d in comparison.differences
        if d.unit.kind in (CutUnitKind.FILM, CutUnitKind.SCENE, CutUnitKind.PASSAGE)
    ]
    largest: dict[int, UnitDifference] = {}
    for d in overview:
        now = largest.get(id(d.unit))
        if d.difference == d.difference and (now is None or abs(d.difference) > abs(now.difference)):
            largest[id(d.unit)] = d
    shown = [*found, *largest.values()]
    reach = max((abs(end) for d in shown for end in d.interval), default=1.0)
    return (
        _environment()
        .get_template("comparison.html")
        .render(
            comparison=comparison,
            lede=comparison_conclusion(comparison),
            viewers_needed=viewers_needed_sentence(comparison),
            rooms=rooms_sentence(comparison),
            found=found,
            overview=list(largest.values()),
            reach=max(reach, SMALLEST_RELEVANT_DIFFERENCE),
        )
    )


@cache
def _environment() -> Environment:
    environment = template_environment("moviemotion.reports.html")
    for function in (
        number_format.time_range,
        number_format.plural,
        number_format.number,
        number_format.p_value,
        signed_number,
        signed_interval,
        unit_label,
        shorten_text,
    ):
        environment.filters[function.__name__] = function
    environment.globals |= {
        "palette": PALETTE,
        "colors": {"light": Markup(css_variables(dark=False)), "dark": Markup(css_variables(dark=True))},
        "css": inline_asset("moviemotion.reports.html", "report.css"),
        "alpha": ALPHA,
        "smallest_relevant_difference": SMALLEST_RELEVANT_DIFFERENCE,
        "power": POWER,
    }
    return environment
