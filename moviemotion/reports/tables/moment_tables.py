"""The tables of the moments and of the mixed feelings in them."""

from __future__ import annotations

from collections.abc import Iterator

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.moments.detection import Moment
from moviemotion.analysis.signals.mixed_emotions import MixedFeeling
from moviemotion.analysis.signals.synchrony import SYNCHRONY_WINDOW
from moviemotion.emotions import COMPOUND_FEELINGS, FEELINGS
from moviemotion.reports.tables.audience_tables import CORRELATION, NO_SYNCHRONY
from moviemotion.reports.tables.csv_json import CORRECTION
from moviemotion.reports.tables.data_dictionary import SHARE, Column, Table, each, ends_of_each


def _moments(analysis: Analysis) -> Iterator[list[tuple[int, Moment, int | None]]]:
    scenes = {moment: scene.scene for scene in analysis.scenes for moment in scene.moments}
    yield [(k + 1, moment, scenes.get(k)) for k, moment in enumerate(analysis.search.moments)]


def _mixed(analysis: Analysis) -> Iterator[list[tuple[int, MixedFeeling]]]:
    yield [(k, mixed) for k, found in enumerate(analysis.moment_mixed, 1) for mixed in found]


MOMENTS = Table(
    "moments",
    "Stretches in which the room moved together more than chance explains.",
    ("moment",),
    _moments,
    (
        Column("moment", "integer", "Number, from 1 in order of time.", each(lambda r: r[0])),
        Column("start_s", "number", "Film time at which it starts, s.", each(lambda r: r[1].start)),
        Column(
            "peak_s", "number", "Film time of the strongest shared feeling, s.", each(lambda r: r[1].peak)
        ),
        Column("end_s", "number", "Film time at which it ends, s.", each(lambda r: r[1].end)),
        Column("feeling", "string", "The dominant one.", each(lambda r: r[1].emotion), one_of=FEELINGS),
        Column(
            "strength",
            "number",
            "Mean strength of that feeling at the peak.",
            each(lambda r: r[1].strength),
            range=SHARE,
        ),
        *ends_of_each("strength", lambda r: r[1].strength_interval),
        Column(
            "share",
            "number",
            "Share of the viewers seen in the moment who reacted with that feeling in it.",
            each(lambda r: r[1].share),
            range=SHARE,
        ),
        *ends_of_each("share", lambda r: r[1].share_interval),
        Column(
            "synchrony",
            "number",
            f"Leave-one-out inter-subject correlation in {SYNCHRONY_WINDOW} s around the peak.",
            each(lambda r: r[1].synchrony),
            NO_SYNCHRONY,
            CORRELATION,
        ),
        *ends_of_each("synchrony", lambda r: r[1].synchrony_interval, NO_SYNCHRONY, CORRELATION),
        Column(
            "resonance",
            "number",
            "Cube root of strength × share × synchrony; synchrony below 0 counts as 0.",
            each(lambda r: r[1].resonance),
            NO_SYNCHRONY,
            SHARE,
        ),
        *ends_of_each("resonance", lambda r: r[1].resonance_interval, NO_SYNCHRONY),
        Column("viewers", "integer", "How many viewers were seen in it.", each(lambda r: r[1].viewers)),
        Column(
            "p_adjusted", "number", f"p-value, {CORRECTION}.", each(lambda r: r[1].p_adjusted), range=SHARE
        ),
        Column(
            "scene",
            "integer",
            "The scene that its peak is in.",
            each(lambda r: r[2]),
            "no scene, or no script",
            refers_to=("scenes", "scene"),
        ),
    ),
)

MIXED_FEELINGS = Table(
    "mixed_feelings",
    "Two emotions at once in one viewer, in the moments.",
    ("moment", "feeling"),
    _mixed,
    (
        Column(
            "moment", "integer", "In which moment.", each(lambda r: r[0]), refers_to=("moments", "moment")
        ),
        Column(
            "feeling",
            "string",
            "Its name.",
            each(lambda r: r[1].feeling.name),
            one_of=tuple(feeling.name for feeling in COMPOUND_FEELINGS),
        ),
        Column("count", "integer", "How many viewers had it at least once.", each(lambda r: r[1].count)),
        Column("viewers", "integer", "Of how many who were seen long enough.", each(lambda r: r[1].viewers)),
        Column("share", "number", "The one over the other.", each(lambda r: r[1].share), range=SHARE),
        *ends_of_each("share", lambda r: r[1].share_interval),
        Column(
            "strength",
            "number",
            "Mean of its peak over those who had it.",
            each(lambda r: r[1].strength),
            range=SHARE,
        ),
    ),
)
