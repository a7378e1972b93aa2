"""Two screenings compared, for people and for other programs: terminal, HTML page, CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections import Counter
from functools import cache
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from moviemotion._io.html_shell import asset, templates
from moviemotion.analysis.comparison.cut_alignment import Unit, UnitKind
from moviemotion.analysis.comparison.group_differences import ALPHA, MATTERS, POWER, Verdict
from moviemotion.analysis.comparison.screening_comparison import Comparison, Difference
from moviemotion.reports import number_format
from moviemotion.reports.emotion_style import PALETTE, css_variables
from moviemotion.reports.tables.csv_json import inert

MOST_LINES = 6
METHOD = {
    "test": "viewers dealt anew to the two screenings",
    "paired_test": "each viewer's two values changed places",
    "correction": "family-wise over all units and feelings (Westfall & Young, step-down maxT)",
    "interval": "95 %, of each difference alone: from those of the two means (Zou & Donner)",
    "paired_interval": "95 %, of each difference alone: permutation t (Janssen)",
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
    "feeling",
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


def signed(value: float) -> str:
    """A difference with its sign: `+0.12`, `−0.12`; a dash for NaN."""
    text = number_format.number(value)
    return f"+{text}" if value > 0 and text != "0.00" else text


def signed_interval(ends: tuple[float, float]) -> str:
    """An interval of a difference: `−0.03 to +0.21`."""
    return "no interval" if ends[0] != ends[0] else f"{signed(ends[0])} to {signed(ends[1])}"


def place(unit: Unit) -> str:
    """A unit by name: its label, or its seconds."""
    if unit.kind is UnitKind.SECONDS:
        return number_format.span(unit.stretches[0].start, unit.stretches[0].end)
    return f"{unit.character}: {unit.label}" if unit.character else unit.label


def conclusion(comparison: Comparison) -> str:
    """What the comparison found, in one or two sentences."""
    count = Counter(d.verdict for d in comparison.differences)
    tested = sum(count.values()) - count[Verdict.NOT_TESTED]
    kinds = Counter(unit.kind for unit in comparison.side_by_side.units)
    parts = [
        number_format.plural(kinds[kind], one, many)
        for kind, one, many in (
            (UnitKind.SCENE, "scene", "scenes"),
            (UnitKind.PASSAGE, "passage", "passages"),
            (UnitKind.LINE, "line", "lines"),
            (UnitKind.SECONDS, "stretch", "stretches"),
        )
        if kinds[kind]
    ]
    return (
        f"The film and {', '.join(parts)}, seven feelings each: of {tested:,} differences "
        f"{count[Verdict.DIFFERS]:,} stand out (adjusted p ≤ {ALPHA:g}), {count[Verdict.ALIKE]:,} are "
        f"smaller than {MATTERS:g} by their 95 % intervals, and {count[Verdict.OPEN]:,} are open."
    )


def remedy(comparison: Comparison) -> str:
    """How many viewers would settle what is open."""
    half, all_ = comparison.needed(0.5), comparison.needed(1.0)
    if half is None or all_ is None:
        return "Nothing is open."
    each = "who see both" if comparison.contrast.paired else "in each screening"
    return (
        f"To settle half of what is open takes about {half:,} viewers {each}, and to settle all of it "
        f"{all_:,}: with so many, a difference as large as was seen (or {MATTERS:g}, where less was) is "
        f"found with {POWER:.0%} power.".replace("%", " %")
    )


def standing_out(comparison: Comparison) -> list[Difference]:
    """The differences that stand out, the largest first."""
    found = [d for d in comparison.differences if d.verdict is Verdict.DIFFERS]
    return sorted(found, key=lambda d: -abs(d.difference))


def comparison_lines(comparison: Comparison) -> list[str]:
    """The comparison for the terminal, at most 12 lines."""
    first, second = comparison.names
    ours, theirs = (number_format.plural(count, "viewer") for count in comparison.viewers)
    who = f"{ours} saw both" if comparison.contrast.paired else f"{theirs} and {ours}"
    found = standing_out(comparison)
    lines = [f"{second} less {first}: {who}.", conclusion(comparison)]
    lines += [
        f"  {d.emotion} {signed(d.difference)} ({signed_interval(d.interval)}), "
        f"{number_format.p_value(d.p_adjusted)}: {d.unit.kind} {shorten(place(d.unit), 60)}"
        for d in found[:MOST_LINES]
    ]
    if len(found) > MOST_LINES:
        lines.append(f"      and {len(found) - MOST_LINES:,} more")
    return [*lines, remedy(comparison), comparison.side_by_side.condition]


def shorten(text: str, most: int) -> str:
    """One line of text, cut at a word to at most `most` letters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rsplit(" ", 1)[0] + " …"


def comparison_csv(comparison: Comparison) -> str:
    """A row for each unit and feeling. Seconds of each film's own clock; empty where not tested."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    for difference in comparison.differences:
        values = _record(difference).values()
        table.writerow(inert(value) if isinstance(value, str) else value for value in values)
    return text.getvalue()


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison, ready for `json.dumps(…, allow_nan=False)`; null stands for not tested."""
    c = comparison.contrast
    return {
        "first": comparison.names[0],
        "second": comparison.names[1],
        "viewers": list(comparison.viewers),
        "left_out": list(comparison.left_out),
        "condition": comparison.side_by_side.condition,
        "conclusion": conclusion(comparison),
        "remedy": remedy(comparison),
        "only_first": comparison.side_by_side.only[0],
        "only_second": comparison.side_by_side.only[1],
        "method": {
            "test": METHOD["paired_test" if c.paired else "test"],
            "paired": c.paired,
            "deals": c.deals,
            "exact": c.exact,
            "seed": comparison.seed,
            "correction": METHOD["correction"],
            "alpha": ALPHA,
            "interval": METHOD["paired_interval" if c.paired else "interval"],
            "matters": MATTERS,
            "power": POWER,
        },
        "differences": [_record(d) for d in comparison.differences],
    }


def _record(d: Difference) -> dict[str, Any]:
    first, second = d.unit.stretches
    values = (
        str(d.unit.kind),
        d.unit.scene or None,
        d.unit.character,
        d.unit.label or None,
        *(round(at, 3) for at in (first.start, first.end, second.start, second.end)),
        str(d.emotion),
        *d.viewers,
        *(_or_none(value) for value in (*d.mean, d.difference, *d.interval, d.p_adjusted)),
        str(d.verdict),
        int(d.needed) if d.needed == d.needed else None,
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _or_none(value: float) -> float | None:
    return round(value, 6) if value == value else None


def render_comparison(comparison: Comparison) -> str:
    """The comparison as one HTML page that makes no network request."""
    found = standing_out(comparison)
    told = [
        d for d in comparison.differences if d.unit.kind in (UnitKind.FILM, UnitKind.SCENE, UnitKind.PASSAGE)
    ]
    largest: dict[int, Difference] = {}
    for d in told:
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
            lede=conclusion(comparison),
            remedy=remedy(comparison),
            found=found,
            overview=list(largest.values()),
            reach=max(reach, MATTERS),
        )
    )


@cache
def _environment() -> Environment:
    environment = templates("moviemotion.reports.html")
    for function in (
        number_format.span,
        number_format.plural,
        number_format.number,
        number_format.p_value,
        signed,
        signed_interval,
        place,
        shorten,
    ):
        environment.filters[function.__name__] = function
    environment.globals |= {
        "palette": PALETTE,
        "colours": {"light": Markup(css_variables(dark=False)), "dark": Markup(css_variables(dark=True))},
        "css": asset("moviemotion.reports.html", "report.css"),
        "alpha": ALPHA,
        "matters": MATTERS,
        "power": POWER,
    }
    return environment
