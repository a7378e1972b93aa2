"""A study as tidy tables: a row an observation, a column a variable, each said and filled in one place."""

from __future__ import annotations

from moviemotion.reports.tables.audience_tables import AUDIENCE_EMOTIONS, SECONDS, VIEWER_EMOTIONS, VIEWERS
from moviemotion.reports.tables.moment_tables import MIXED_EMOTION_TABLE, MOMENTS
from moviemotion.reports.tables.script_tables import LINES, SCENES

TABLES = (MOMENTS, MIXED_EMOTION_TABLE, SCENES, LINES, SECONDS, AUDIENCE_EMOTIONS, VIEWERS, VIEWER_EMOTIONS)
