"""Tables of the moments and of the mixed emotions during them."""

from __future__ import annotations

from collections.abc import Iterator

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.moments.carrier import Carrier
from moviemotion.analysis.moments.detection import Moment, resonance_ranks
from moviemotion.analysis.moments.evidence import COMPARABLE_SECONDS
from moviemotion.analysis.moments.reaction_scores import MOMENT, MOOD
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

_WITHHELD = "withheld, because it could reveal a single viewer"


def _moments(analysis: Analysis) -> Iterator[list[tuple[int, Moment, int | None, int, tuple[Carrier, ...]]]]:
    scenes = {moment: scene.scene_number for scene in analysis.scene_emotions for moment in scene.moments}
    moments = analysis.moment_search.moments
    ranks = resonance_ranks(moments)
    yield [
        (k + 1, moment, scenes.get(k), ranks[k], analysis.carriers_of(k)) for k, moment in enumerate(moments)
    ]


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
            "kind",
            "string",
            "moment: a reaction of seconds; mood: an expression that is held for longer.",
            per_row(lambda r: r[1].kind),
            allowed_values=(MOMENT.name, MOOD.name),
        ),
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
            "Mean strength of that emotion during the entire moment.",
            per_row(lambda r: r[1].strength),
            value_range=SHARE_RANGE,
        ),
        *row_interval_columns("strength", lambda r: r[1].strength_interval),
        Column(
            "leave_one_out_low",
            "number",
            "Smallest strength if any one viewer is left out.",
            per_row(lambda r: r[1].leave_one_out[0]),
            _WITHHELD,
            SHARE_RANGE,
        ),
        Column(
            "leave_one_out_high",
            "number",
            "Largest strength if any one viewer is left out.",
            per_row(lambda r: r[1].leave_one_out[1]),
            _WITHHELD,
            SHARE_RANGE,
        ),
        Column(
            "viewers", "integer", "Number of viewers seen during the moment.", per_row(lambda r: r[1].viewers)
        ),
        Column(
            "reacted",
            "integer",
            "Number of these viewers who reacted with that emotion.",
            per_row(lambda r: r[1].reacted),
        ),
        Column(
            "share",
            "number",
            "reacted ÷ viewers.",
            per_row(lambda r: r[1].reacting_share),
            value_range=SHARE_RANGE,
        ),
        *row_interval_columns("share", lambda r: r[1].reacting_share_interval),
        Column(
            "expected_share",
            "number",
            "Mean share of the viewers who react with that emotion in the seconds up to "
            f"{COMPARABLE_SECONDS} s before and after the moment.",
            per_row(lambda r: r[1].expected_share),
            f"no viewer was seen in these seconds, or {_WITHHELD}",
            SHARE_RANGE,
        ),
        Column(
            "replicability",
            "number",
            "Share of random half-audiences in which the moment is found again.",
            per_row(lambda r: r[1].replicability),
            f"the audience is too small, or {_WITHHELD}",
            SHARE_RANGE,
        ),
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
            "Geometric mean of strength and share.",
            per_row(lambda r: r[1].resonance),
            value_range=SHARE_RANGE,
        ),
        *row_interval_columns("resonance", lambda r: r[1].resonance_interval),
        Column(
            "rank",
            "integer",
            "Rank of the moment by resonance; 1 is the highest.",
            per_row(lambda r: r[3]),
        ),
        Column(
            "rank_low",
            "integer",
            "Smallest rank in the 95 % interval.",
            per_row(lambda r: r[1].rank_interval[0] or None),
            _WITHHELD,
        ),
        Column(
            "rank_high",
            "integer",
            "Largest rank in the 95 % interval.",
            per_row(lambda r: r[1].rank_interval[1] or None),
            _WITHHELD,
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
        Column(
            "carried_by",
            "string",
            "The segments that reacted more strongly than everybody else, separated by semicolons.",
            per_row(lambda r: "; ".join(carrier.segment for carrier in r[4]) or None),
            "no segment is known to",
        ),
        Column(
            "carried_by_p_adjusted",
            "number",
            "Smallest p-value of these segments, adjusted for all moments and segments.",
            per_row(lambda r: min((carrier.p_adjusted for carrier in r[4]), default=None)),
            "no segment is known to",
            SHARE_RANGE,
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
