"""Tables of the moments and of the mixed emotions during them."""

from __future__ import annotations

from collections.abc import Iterator

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.moments.detection import Moment
from moviemotion.analysis.signals.mixed_emotions import MixedEmotionOccurrence
from moviemotion.analysis.signals.synchrony import SYNCHRONY_WINDOW
from moviemotion.emotions import MIXED_EMOTIONS, NON_NEUTRAL_EMOTIONS
from moviemotion.reports.tables.audience_tables import CORRELATION_RANGE, SYNCHRONY_UNDEFINED
from moviemotion.reports.tables.csv_json import CORRECTION
from moviemotion.reports.tables.data_dictionary import (
    SHARE_RANGE,
    Column,
    Table,
    per_row,
    row_interval_columns,
)


def _moments(analysis: Analysis) -> Iterator[list[tuple[int, Moment, int | None]]]:
    scenes = {moment: scene.scene_number for scene in analysis.scene_emotions for moment in scene.moments}
    yield [(k + 1, moment, scenes.get(k)) for k, moment in enumerate(analysis.moment_search.moments)]


def _mixed(analysis: Analysis) -> Iterator[list[tuple[int, MixedEmotionOccurrence]]]:
    yield [(k, mixed) for k, found in enumerate(analysis.moment_mixed_emotions, 1) for mixed in found]


MOMENTS = Table(
    "moments",
    "Stretches in which the audience reacted together more than chance would explain.",
    ("moment",),
    _moments,
    (
        Column("moment", "integer", "Number in chronological order, from 1.", per_row(lambda r: r[0])),
        Column(
            "start_s", "number", "Film time at which the moment starts, s.", per_row(lambda r: r[1].start)
        ),
        Column(
            "peak_s", "number", "Film time of the strongest shared reaction, s.", per_row(lambda r: r[1].peak)
        ),
        Column("end_s", "number", "Film time at which the moment ends, s.", per_row(lambda r: r[1].end)),
        Column(
            "emotion",
            "string",
            "The dominant emotion.",
            per_row(lambda r: r[1].emotion),
            allowed_values=NON_NEUTRAL_EMOTIONS,
        ),
        Column(
            "strength",
            "number",
            "Mean strength of that emotion at the peak.",
            per_row(lambda r: r[1].strength),
            value_range=SHARE_RANGE,
        ),
        *row_interval_columns("strength", lambda r: r[1].strength_interval),
        Column(
            "share",
            "number",
            "Share of the viewers seen during the moment who reacted with that emotion.",
            per_row(lambda r: r[1].reacting_share),
            value_range=SHARE_RANGE,
        ),
        *row_interval_columns("share", lambda r: r[1].reacting_share_interval),
        Column(
            "synchrony",
            "number",
            f"Mean correlation of two viewers' curves (ISC) in {SYNCHRONY_WINDOW} s around the peak.",
            per_row(lambda r: r[1].synchrony),
            SYNCHRONY_UNDEFINED,
            CORRELATION_RANGE,
        ),
        *row_interval_columns(
            "synchrony", lambda r: r[1].synchrony_interval, SYNCHRONY_UNDEFINED, CORRELATION_RANGE
        ),
        Column(
            "resonance",
            "number",
            "Cube root of strength × reacting share × synchrony; synchrony below 0 counts as 0.",
            per_row(lambda r: r[1].resonance),
            SYNCHRONY_UNDEFINED,
            SHARE_RANGE,
        ),
        *row_interval_columns("resonance", lambda r: r[1].resonance_interval, SYNCHRONY_UNDEFINED),
        Column(
            "viewers", "integer", "Number of viewers seen during the moment.", per_row(lambda r: r[1].viewers)
        ),
        Column(
            "p_adjusted",
            "number",
            f"p-value, {CORRECTION}.",
            per_row(lambda r: r[1].p_adjusted),
            value_range=SHARE_RANGE,
        ),
        Column(
            "scene",
            "integer",
            "The scene that contains the moment's peak.",
            per_row(lambda r: r[2]),
            "no scene, or no script",
            foreign_key=("scenes", "scene"),
        ),
    ),
)

MIXED_EMOTION_TABLE = Table(
    "mixed_emotions",
    "Mixed emotions (two emotions that are strong together in one viewer) during the moments.",
    ("moment", "emotion"),
    _mixed,
    (
        Column(
            "moment",
            "integer",
            "The moment.",
            per_row(lambda r: r[0]),
            foreign_key=("moments", "moment"),
        ),
        Column(
            "emotion",
            "string",
            "The name of the mixed emotion.",
            per_row(lambda r: r[1].emotion.name),
            allowed_values=tuple(emotion.name for emotion in MIXED_EMOTIONS),
        ),
        Column(
            "count",
            "integer",
            "Number of viewers who showed it at least once.",
            per_row(lambda r: r[1].count),
        ),
        Column(
            "viewers",
            "integer",
            "Number of viewers seen long enough to decide.",
            per_row(lambda r: r[1].viewers),
        ),
        Column(
            "share",
            "number",
            "count ÷ viewers.",
            per_row(lambda r: r[1].share),
            value_range=SHARE_RANGE,
        ),
        *row_interval_columns("share", lambda r: r[1].share_interval),
        Column(
            "strength",
            "number",
            "Mean peak strength over the viewers who showed it.",
            per_row(lambda r: r[1].strength),
            value_range=SHARE_RANGE,
        ),
    ),
)
