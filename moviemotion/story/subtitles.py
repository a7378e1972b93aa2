"""Subtitles: SubRip files (and what else pysubs2 reads) → what is said when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pysubs2

from moviemotion.errors import MoviemotionError
from moviemotion.story.textfile import read_text

_SOUNDS = re.compile(r"\[[^\]]*\]|\([^)]*\)|\{[^}]*\}")
_TAGS = re.compile(r"</?[a-zA-Z][^>]*>")
_MUSIC = re.compile(r"[♪♫¶#]+")
_SPEAKER = re.compile(r"^[A-Z][A-Z0-9 .,'’&-]{0,30}:(?=\s|$)\s*")
_DASH = re.compile(r"^\s*[-–—‐]+\s*(?=\S)")


@dataclass(frozen=True)
class Subtitle:
    """What is said while one subtitle stands.

    Attributes:
        start, end: seconds of film time, start < end.
        text: the words spoken, without tags, sound descriptions and speakers' names; a newline stands
            where the speaker changes.
    """

    start: float
    end: float
    text: str


def read_subtitles(path: Path | str) -> tuple[Subtitle, ...]:
    """Read subtitles in order of time, those without spoken words left out.

    Raises:
        MoviemotionError: the file is missing, empty, or holds no subtitles.
    """
    path = Path(path)
    text = read_text(path, "subtitle file", "SubRip (.srt)")
    try:
        events = pysubs2.SSAFile.from_string(text).events
    except Exception:  # its parsers of other formats raise whatever they stumble over
        raise MoviemotionError(f"{path}: these are not subtitles; give a SubRip file (.srt).") from None
    subtitles = [
        Subtitle(event.start / 1000, event.end / 1000, spoken)
        for event in events
        if not event.is_comment and event.end > event.start and (spoken := _spoken(event.plaintext))
    ]
    if not subtitles:
        raise MoviemotionError(f"{path}: no subtitle with words in it; give a SubRip file (.srt).")
    return tuple(sorted(subtitles, key=lambda s: (s.start, s.end)))


def _spoken(text: str) -> str:
    """The words spoken. A dash or a name at the start of a line is a change of speaker."""
    text = _MUSIC.sub("", _TAGS.sub("", _SOUNDS.sub("", text)))
    speeches: list[str] = []
    for raw in text.splitlines():
        line = raw.strip()
        bare = _SPEAKER.sub("", _DASH.sub("", line)).strip()
        if not bare:
            continue
        if bare != line or not speeches:
            speeches.append(bare)
        else:
            speeches[-1] += " " + bare
    return "\n".join(speeches)
