"""Tables of the attention in each second, of its drops, and of the walk-outs."""

from __future__ import annotations

from collections.abc import Iterator

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.attention import AttentionDrop, WalkOut
from moviemotion.analysis.signals.attention_states import KNOWN_STATES, MIN_ABSENCE
from moviemotion.reports.attention_sentences import line_at
from moviemotion.reports.tables.data_dictionary import (
    SHARE_RANGE,
    Column,
    Table,
    interval_columns,
    per_row,
    row_interval_columns,
)

_UNKNOWN = "nobody's attention is known, or it is withheld"
_WITHHELD = "withheld, or there are no comparable seconds"


def _whole_analysis(analysis: Analysis) -> Iterator[Analysis]:
    yield analysis


def _drops(analysis: Analysis) -> Iterator[list[tuple[int, AttentionDrop]]]:
    yield list(enumerate(analysis.attention.drops, 1))


def _walk_outs(analysis: Analysis) -> Iterator[list[tuple[WalkOut, int | None]]]:
    yield [(walk_out, line_at(analysis, walk_out.left)) for walk_out in analysis.attention.walk_outs]


def _state_column(code: int) -> Column:
    return Column(
        KNOWN_STATES[code].name.lower(),
        "number",
        f"Number of viewers: {KNOWN_STATES[code]}.",
        lambda analysis: analysis.attention.viewers_by_state[:, code],
        "withheld, because it could reveal a single viewer",
    )


ATTENTION = Table(
    "attention",
    "How many viewers face the screen in each second. The direction of heads is measured, not that of eyes.",
    ("second",),
    _whole_analysis,
    (
        Column(
            "second",
            "integer",
            "Film time at which the second starts, s.",
            lambda analysis: analysis.audience_curve.seconds,
            foreign_key=("seconds", "second"),
        ),
        Column(
            "known",
            "integer",
            "Number of viewers whose state is known. Viewers who are not seen do not count.",
            lambda analysis: analysis.attention.known,
        ),
        Column(
            "share",
            "number",
            "Share of the known viewers whose head faces the screen, compared with their usual direction.",
            lambda analysis: analysis.attention.share,
            _UNKNOWN,
            SHARE_RANGE,
        ),
        *interval_columns(
            "share",
            lambda analysis: analysis.attention.share_interval[0],
            lambda analysis: analysis.attention.share_interval[1],
            _UNKNOWN,
        ),
        *map(_state_column, range(len(KNOWN_STATES))),
    ),
)

ATTENTION_DROPS = Table(
    "attention_drops",
    "Stretches in which viewers looked elsewhere together more than chance would explain.",
    ("drop",),
    _drops,
    (
        Column("drop", "integer", "Number in chronological order, from 1.", per_row(lambda r: r[0])),
        Column(
            "start_s",
            "number",
            "Film time by which half of these viewers had looked away, s.",
            per_row(lambda r: r[1].start),
        ),
        Column(
            "peak_s", "number", "Film time at which most looked elsewhere, s.", per_row(lambda r: r[1].peak)
        ),
        Column(
            "end_s", "number", "Film time by which half of them were back, s.", per_row(lambda r: r[1].end)
        ),
        Column(
            "viewers", "integer", "Number of viewers whose state is known.", per_row(lambda r: r[1].viewers)
        ),
        Column(
            "elsewhere",
            "integer",
            "Number of these viewers who looked elsewhere for a third of the drop, or left.",
            per_row(lambda r: r[1].elsewhere),
        ),
        Column(
            "share",
            "number",
            "elsewhere ÷ viewers.",
            per_row(lambda r: r[1].elsewhere_share),
            value_range=SHARE_RANGE,
        ),
        *row_interval_columns("share", lambda r: r[1].elsewhere_share_interval),
        Column(
            "expected_share",
            "number",
            "Share of viewers who look elsewhere in comparable seconds around the drop.",
            per_row(lambda r: r[1].expected_share),
            _WITHHELD,
            SHARE_RANGE,
        ),
        Column(
            "p_adjusted",
            "number",
            "p-value, adjusted for all seconds and both time scales as for moments.",
            per_row(lambda r: r[1].p_adjusted),
            value_range=SHARE_RANGE,
        ),
    ),
)

WALK_OUTS = Table(
    "walk_outs",
    f"Viewers who left their seat in the film and were not seen for at least {MIN_ABSENCE} s.",
    ("viewer", "left_s"),
    _walk_outs,
    (
        Column(
            "viewer",
            "string",
            "The viewer.",
            per_row(lambda r: r[0].viewer),
            foreign_key=("viewers", "viewer"),
        ),
        Column("left_s", "number", "Film time at which the viewer left, s.", per_row(lambda r: r[0].left)),
        Column(
            "returned_s",
            "number",
            "Film time at which the viewer was seen again, s.",
            per_row(lambda r: r[0].returned),
            "the viewer did not come back",
        ),
        Column(
            "element",
            "integer",
            "The last heading, action or line of the script that had started by then.",
            per_row(lambda r: None if r[1] is None else r[1] + 1),
            "there is no script, or none had started",
            foreign_key=("lines", "element"),
        ),
    ),
)
