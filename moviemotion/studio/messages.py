"""Faults in the words of the studio's pages: no options of the command line, no folders, no patterns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_REMEDY_REPLACEMENTS = (
    (r" or choose another --out", ""),
    (r"choose another --out", "see that it can be written, or begin another study"),
    (r"run without subtitles", "remove the subtitles"),
    (r"give another --fps, or leave it out: --to \S+", "choose another number of frames a second"),
    (r"give --script, the script that both were made from", "choose two cuts of one film"),
    (
        r"give --script \(and each one's subtitles\), and they are",
        "screened with their scripts and subtitles, they would be",
    ),
    (r" \(moviemotion privacy verify\)", ""),
    (r", then run moviemotion privacy verify", ""),
)
"""What the commands advise, and what that is in the studio."""

STUDY_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
"""What a study may be called: its folder's name, which never climbs out of the folder of studies."""
ONE_LINE_PATTERN = r"^[^\x00-\x1f\x7f]*\w[^\x00-\x1f\x7f]*$"
"""A line with at least a letter or a digit: a seat called `..` could not stand in an address."""
_PATTERN_MESSAGES = {
    STUDY_ID_PATTERN: "write up to 64 letters, digits, dots and dashes without blanks, a letter or a digit first",
    ONE_LINE_PATTERN: "write one line with a letter or a digit in it",
}
_LIMIT_MESSAGES = {
    "greater_than": "give more than {gt:,}",
    "greater_than_equal": "give {ge:,} or more",
    "less_than": "give less than {lt:,}",
    "less_than_equal": "give {le:,} or less",
    "string_too_long": "write {max_length:,} characters at most",
    "string_too_short": "write something",
    "missing": "is missing; fill it in",
}


def studio_message(message: str, root: Path) -> str:
    """What a function says that serves the commands too, as the studio says it.

    Args:
        root: folder of the studies; where it lies on this computer is nobody's business.
    """
    message = message.replace(f"{root}/", "")
    for advice, here in _REMEDY_REPLACEMENTS:
        message = re.sub(advice, here, message)
    return message


def validation_message(error: Mapping[str, Any]) -> str:
    """What is wrong with a field, from the first of pydantic's errors: `field: what to do`."""
    kind, more = error["type"], error.get("ctx", {})
    if kind == "string_pattern_mismatch":
        said = _PATTERN_MESSAGES.get(more["pattern"], "is not written as it must be")
    elif kind.startswith("int_"):
        said = "give a whole number"
    elif kind.startswith(("date_", "datetime_")):
        said = "give a day, such as 2027-01-31"
    else:
        said = _LIMIT_MESSAGES[kind].format(**more) if kind in _LIMIT_MESSAGES else str(error["msg"])
    where = ".".join(str(part) for part in error["loc"][1:])
    return f"{where}: {said}" if where else said
