"""A study as tidy tables: a row an observation, a column a variable, each said and filled in one place."""

from __future__ import annotations

from moviemotion.telling.tidy.moments import MIXED_FEELINGS, MOMENTS
from moviemotion.telling.tidy.room import FEELINGS_OF_VIEWERS, ROOM, SECONDS, VIEWERS
from moviemotion.telling.tidy.script import LINES, SCENES

TABLES = (MOMENTS, MIXED_FEELINGS, SCENES, LINES, SECONDS, ROOM, VIEWERS, FEELINGS_OF_VIEWERS)
