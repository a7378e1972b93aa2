"""What exported files and the timelines in them are called: film, cut and date of the screening."""

from __future__ import annotations

import re

from moviemotion._io.xml_tree import INVALID_XML_CHARACTERS
from moviemotion.analysis.analyze import Analysis

_MAX_PART_BYTES = 70
"""Longest part of a file name; file systems allow 255 bytes for the entire name."""


def timeline_name(analysis: Analysis) -> str:
    """Name a timeline on one line: `The Second Spoon, cut 3, 2026-11-29`; unknown parts are left out."""
    parts = (" ".join(INVALID_XML_CHARACTERS.sub("", part).split()) for part in _parts(analysis))
    return ", ".join(filter(None, parts))


def export_file_name(analysis: Analysis, name: str) -> str:
    """Put the screening before a file's name: `The-Second-Spoon_cut-3_2026-11-29_moments.edl`.

    Only letters, digits and hyphens are kept, because other characters are not allowed in the file names of
    every operating system.
    """
    parts = (re.sub(r"[\W_]+", "-", part).strip("-").encode()[:_MAX_PART_BYTES] for part in _parts(analysis))
    return "_".join([*(part.decode(errors="ignore") for part in parts if part), name])


def _parts(analysis: Analysis) -> tuple[str, str, str]:
    return analysis.title, analysis.cut, analysis.date
