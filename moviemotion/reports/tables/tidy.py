"""All tables of a study in tidy form, with one row per observation and one column per variable."""

from __future__ import annotations

from moviemotion.reports.tables.attention_tables import ATTENTION, ATTENTION_DROPS, WALK_OUTS
from moviemotion.reports.tables.audience_tables import AUDIENCE_EMOTIONS, SECONDS, VIEWER_EMOTIONS, VIEWERS
from moviemotion.reports.tables.moment_tables import MIXED_EMOTION_TABLE, MOMENTS
from moviemotion.reports.tables.script_tables import LINES, SCENES

TABLES = (
    MOMENTS,
    MIXED_EMOTION_TABLE,
    SCENES,
    LINES,
    SECONDS,
    AUDIENCE_EMOTIONS,
    VIEWERS,
    VIEWER_EMOTIONS,
    ATTENTION,
    ATTENTION_DROPS,
    WALK_OUTS,
)
