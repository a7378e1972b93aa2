"""Read subtitles from SubRip, WebVTT, ASS and other files that pysubs2 supports, or from film files."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pysubs2

from moviemotion._io.text_decoding import read_text
from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.subtitles.checks import check_one_language, check_times
from moviemotion.screenplay.subtitles.embedded_track import (
    VIDEO_SUFFIXES,
    RawSubtitle,
    read_embedded_subtitles,
)
from moviemotion.screenplay.subtitles.subtitle_text import parse_subtitle_text

_MAX_LETTERS = 3000
"""Characters of one subtitle, and of one line, that are read, including tags."""
_BLANK_LINES, _SPACES = re.compile(r"\n{4,}"), re.compile(r" {20,}")


@dataclass(frozen=True)
class Subtitle:
    """One subtitle with spoken words.

    Attributes:
        start, end: seconds of film time, with start < end.
        text: the spoken words, without tags, sound descriptions and speaker names; each change of speaker
            starts a new line.
        speakers: the speaker of each line of the text; None if the subtitle does not name one.
        sounds: descriptions of sounds, music and manner of speaking.
    """

    start: float
    end: float
    text: str
    speakers: tuple[str | None, ...] = ()
    sounds: tuple[str, ...] = ()


def read_subtitles(path: Path | str, track: int | None = None) -> tuple[Subtitle, ...]:
    """Read the subtitles that contain spoken words, in chronological order.

    Args:
        path: a subtitle file, or a film with a subtitle track.
        track: number of the film's text track, counting from 1; needed only if there are several.

    Raises:
        MoviemotionError: the file is missing, empty or does not contain subtitles; or the subtitles are
            images, are in two languages, or have impossible times.
    """
    path = Path(path)
    raw = (
        read_embedded_subtitles(path, track)
        if path.suffix.lower() in VIDEO_SUFFIXES
        else _read_subtitle_file(path)
    )
    if not raw:
        raise _no_words_error(path)
    check_times([(r.start, r.end) for r in raw], [len(r.text) for r in raw], path)
    subtitles = _keep_spoken(raw)
    if not subtitles:
        raise _no_words_error(path)
    check_one_language([(s.start, s.end, s.text) for s in subtitles], [r.text for r in raw], path)
    return subtitles


def _keep_spoken(raw: Sequence[RawSubtitle]) -> tuple[Subtitle, ...]:
    subtitles = []
    for each in raw:
        spoken = parse_subtitle_text(each.text, each.speaker)
        if spoken.text and each.end > each.start:
            subtitles.append(Subtitle(each.start, each.end, spoken.text, spoken.speakers, spoken.sounds))
    return tuple(sorted(subtitles, key=lambda s: (s.start, s.end)))


def _no_words_error(path: Path) -> MoviemotionError:
    return MoviemotionError(f"{path}: contains no subtitles with spoken words; give a SubRip file (.srt)")


def _bounded(text: str) -> str:
    """Shorten endless lines and gaps, because pysubs2's time grows with the square of their length."""
    text = _SPACES.sub(" " * 20, _BLANK_LINES.sub("\n" * 3, text))
    return "\n".join(line[:_MAX_LETTERS] for line in text.split("\n"))


def _read_subtitle_file(path: Path) -> list[RawSubtitle]:
    text = _bounded(read_text(path, "subtitle file", "SubRip (.srt)"))
    try:
        with warnings.catch_warnings(action="ignore"):  # about fields that are not read here, such as layers
            events = pysubs2.SSAFile.from_string(text, keep_html_tags=True).events
    except pysubs2.exceptions.UnknownFPSError:
        raise MoviemotionError(
            f"{path}: the times are frame numbers without a frame rate; save the file as SubRip (.srt)"
        ) from None
    except Exception:  # the parsers of pysubs2 raise arbitrary exceptions on malformed files
        raise MoviemotionError(f"{path}: not a readable subtitle file; give a SubRip file (.srt)") from None
    for event in events:
        event.text = event.text[:_MAX_LETTERS]
    return [
        RawSubtitle(event.start / 1000, event.end / 1000, event.plaintext, event.name or None)
        for event in events
        if not event.is_comment
    ]
