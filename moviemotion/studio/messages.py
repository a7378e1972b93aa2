"""Error messages in the studio's terms.

Functions of other packages serve both the command line and the studio. Their messages may name settings
(`SettingError`), which appear as option names on the command line and as the words used on the studio's
pages. If the remedy itself differs, because a page offers different means than a command, the studio has its
own template for the error code. Messages never reveal where the studies are stored on this computer.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from moviemotion.errors import MoviemotionError, SettingError

SETTING_NAMES: Mapping[str, str] = {
    "baseline": "baseline",
    "credits": "the credits",
    "difference": "difference between the cuts",
    "film": "the film",
    "formats": "export format",
    "frame_rate": "frame rate",
    "length": "length of the reaction",
    "minutes": "length of the film",
    "offsets": "clock offset",
    "out": "study",
    "pictures": "pictures",
    "room_share": "share of the variance between rooms",
    "rotations": "rotation",
    "script": "the script",
    "seats": "the seat map",
    "share": "share of the viewers who react",
    "start_timecode": "start timecode",
    "strength": "strength",
    "subtitles": "the subtitles",
}
"""Setting (a parameter of the Python API) → name on the studio's pages."""

_TEMPLATES: Mapping[str, str] = {
    "different-lengths": (
        "{first}, {second}: {first_length:.0f} s and {second_length:.0f} s long, so they cannot be compared "
        "second by second; screen both with their scripts and subtitles to compare them line by line"
    ),
    "no-dialogue": "{path}: the script has no dialogue to match with the subtitles; remove the subtitles",
    "no-frame-rate": "markers need a frame rate; choose the film's frame rate",
    "no-timecode": "{programs}: no timecode at {fps} frames per second; choose another frame rate",
    "nothing-in-common": (
        "{first}, {second}: their scripts have no scenes or lines in common; choose two cuts of one film"
    ),
    "subtitles-mismatch": (
        "{path}: the subtitles do not match this script ({share} of its dialogue was found); "
        "check that they belong to this film, or remove the subtitles"
    ),
}
"""Error code → message, if the remedy in the studio differs from that in `SettingError.template`."""

STUDY_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
"""Valid names of a study: folder names that cannot lead outside the studies folder."""
ONE_LINE_PATTERN = r"^[^\x00-\x1f\x7f]*\w[^\x00-\x1f\x7f]*$"
"""One line with at least one letter or digit; a seat called `..` could not be part of a URL."""
_PATTERN_MESSAGES = {
    STUDY_ID_PATTERN: (
        "use up to 64 letters, digits, dots and dashes without spaces, starting with a letter or digit"
    ),
    ONE_LINE_PATTERN: "enter one line with at least one letter or digit",
}
_LIMIT_MESSAGES = {
    "greater_than": "enter more than {gt:,}",
    "greater_than_equal": "enter {ge:,} or more",
    "less_than": "enter less than {lt:,}",
    "less_than_equal": "enter {le:,} or less",
    "string_too_long": "enter at most {max_length:,} characters",
    "string_too_short": "enter some text",
    "missing": "is missing; fill it in",
}


def studio_message(error: MoviemotionError, root: Path) -> str:
    """Phrase an error for the studio's pages and API.

    Args:
        error: an error raised by any function of the project.
        root: the folder that contains the studies. Paths inside it are shown relative to it, other paths by
            their file name.
    """
    if isinstance(error, SettingError):
        shown = {name: _shown_value(value, root) for name, value in error.parameters.items()}
        template = _TEMPLATES.get(error.code, error.template)
        message = SettingError(error.code, template, **shown).worded(SETTING_NAMES)
    else:
        message = error.worded(SETTING_NAMES)
    # Other messages contain their paths in the text, but only paths of folders that the studio itself passed
    # on.
    for folder in (root.resolve(), root, Path(tempfile.gettempdir())):
        message = message.replace(f"{folder}/", "")
    return message


def _shown_value(value: object, root: Path) -> object:
    if not isinstance(value, Path):
        return value
    return value.relative_to(root) if value.is_relative_to(root) else value.name


def validation_message(error: Mapping[str, Any]) -> str:
    """Phrase a pydantic error as `field: what to do`."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "string_pattern_mismatch":
        message = _PATTERN_MESSAGES.get(context["pattern"], "does not have the expected form")
    elif kind.startswith("int_"):
        message = "enter a whole number"
    elif kind.startswith(("date_", "datetime_")):
        message = "enter a date, such as 2027-01-31"
    else:
        message = _LIMIT_MESSAGES[kind].format(**context) if kind in _LIMIT_MESSAGES else str(error["msg"])
    field = ".".join(str(part) for part in error["loc"][1:])
    return f"{field}: {message}" if field else message
