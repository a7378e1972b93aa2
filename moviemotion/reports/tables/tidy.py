"""A study as tidy tables: a row an observation, a column a variable, each said and filled in one place."""

from __future__ import annotations

from moviemotion.reports.tables.audience_tables import FEELINGS_OF_VIEWERS, ROOM, SECONDS, VIEWERS
from moviemotion.reports.tables.moment_tables import MIXED_FEELINGS, MOMENTS
from moviemotion.reports.tables.script_tables import LINES, SCENES

TABLES = (MOMENTS, MIXED_FEELINGS, SCENES, LINES, SECONDS, ROOM, VIEWERS, FEELINGS_OF_VIEWERS)
