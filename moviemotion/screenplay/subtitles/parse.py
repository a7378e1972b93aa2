"""Read subtitles from SubRip, WebVTT, ASS and other files that pysubs2 supports, or from film files."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pysubs2

from moviemotion._io.text_decoding import read_text
from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.subtitles.checks import check_one_language, check_times
from moviemotion.screenplay.subtitles.cue_file import FileCue, parse_cues, part_starts
from moviemotion.screenplay.subtitles.embedded_track import (
    VIDEO_SUFFIXES,
    RawSubtitle,
    read_embedded_subtitles,
)
from moviemotion.screenplay.subtitles.rolling_captions import unroll_captions
from moviemotion.screenplay.subtitles.subtitle_text import parse_subtitle_text
from moviemotion.timecode import clock_text

_FOREIGN_FORMATS = frozenset({"ass", "ssa", "microdvd", "mpl2", "ttml", "json"})
"""Formats, as pysubs2 calls them, whose times are not lines with an arrow."""

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


@dataclass(frozen=True)
class SubtitleTrack:
    """The subtitles of one film as read from a file, and what had to be repaired.

    Attributes:
        subtitles: the subtitles that contain spoken words, in chronological order.
        part_starts: times in seconds at which a further part starts, ascending. The file's times begin again
            there; the part was put directly after the one before, which may be too early.
        repairs: one sentence for each kind of repair.
    """

    subtitles: tuple[Subtitle, ...]
    part_starts: tuple[float, ...] = ()
    repairs: tuple[str, ...] = ()


def read_subtitles(path: Path | str, track: int | None = None) -> tuple[Subtitle, ...]:
    """Read the subtitles that contain spoken words, in chronological order.

    Damaged time stamps are repaired, words that rolling captions repeat are removed, and parts whose times
    begin again are put one after the other; see `read_subtitle_track`.

    Args:
        path: a subtitle file, or a film with a subtitle track.
        track: number of the film's text track, counting from 1; needed only if there are several.

    Raises:
        MoviemotionError: the file is missing, empty or does not contain subtitles; or the subtitles are
            images, are in two languages, or have impossible times.
    """
    return read_subtitle_track(path, track).subtitles


def read_subtitle_track(path: Path | str, track: int | None = None) -> SubtitleTrack:
    """Read subtitles as `read_subtitles` does, together with a record of what had to be repaired.

    Raises:
        MoviemotionError: as for `read_subtitles`.
    """
    path = Path(path)
    cues, repairs = (
        (read_embedded_subtitles(path, track), [])
        if path.suffix.lower() in VIDEO_SUFFIXES
        else _read_subtitle_file(path)
    )
    if not cues:
        raise _no_words_error(path)
    joined, starts = _join_parts(list(dict.fromkeys(cues)))  # some files contain everything twice
    if starts:
        repairs.append(
            f"{path}: contains {len(starts) + 1} parts whose times each begin again at zero; "
            f"they were put one after the other"
        )
    raw, rolled = unroll_captions(sorted(joined, key=lambda cue: cue.start))
    if rolled:
        repairs.append(
            f"{path}: rolling captions, which show each line several times; only its first appearance counts"
        )
    check_times([(r.start, r.end) for r in raw], [len(r.text) for r in raw], path)
    subtitles = _keep_spoken(raw)
    if not subtitles:
        raise _no_words_error(path)
    check_one_language([(s.start, s.end, s.text) for s in subtitles], [r.text for r in raw], path)
    return SubtitleTrack(subtitles, starts, tuple(repairs))


def _join_parts(cues: Sequence[RawSubtitle]) -> tuple[list[RawSubtitle], tuple[float, ...]]:
    """Put parts whose times begin again one after the other.

    Returns:
        The cues, and the times at which the second and later parts start, in seconds.
    """
    firsts = part_starts([(cue.start, cue.end) for cue in cues])
    joined, starts = list(cues), list[float]()
    for first in firsts:
        shift = max(cue.end for cue in joined[:first])
        starts.append(shift)
        joined[first:] = [
            replace(cue, start=old.start + shift, end=old.end + shift)
            for cue, old in zip(joined[first:], cues[first:], strict=True)
        ]
    return joined, tuple(starts)


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


def _read_subtitle_file(path: Path) -> tuple[list[RawSubtitle], list[str]]:
    """Read a subtitle file: its cues, and a sentence for each kind of repair."""
    text = _bounded(read_text(path, "subtitle file", "SubRip (.srt)"))
    if _file_format(text) not in _FOREIGN_FORMATS and (cues := parse_cues(text)):
        found = [RawSubtitle(cue.start, cue.end, cue.text[:_MAX_LETTERS]) for cue in cues]
        return found, list(_describe_repairs(path, [cue for cue in cues if cue.repaired]))
    try:
        with warnings.catch_warnings(action="ignore"):  # about fields that are not read here, such as layers
            events = pysubs2.SSAFile.from_string(text, keep_html_tags=True).events
    except pysubs2.exceptions.UnknownFPSError:
        raise MoviemotionError(
            f"{path}: the times are frame numbers without a frame rate; save the file as SubRip (.srt)"
        ) from None
    except Exception:  # the parsers of pysubs2 raise arbitrary exceptions on malformed files
        raise MoviemotionError(f"{path}: not a readable subtitle file; give a SubRip file (.srt)") from None
    events = _unsorted_styles([event for event in events if not event.is_comment])
    for event in events:
        event.text = event.text[:_MAX_LETTERS]
    return [
        RawSubtitle(event.start / 1000, event.end / 1000, event.plaintext, event.name or None)
        for event in events
    ], []


def _unsorted_styles(events: list[pysubs2.SSAEvent]) -> list[pysubs2.SSAEvent]:
    """Put events in order of time if the file is sorted by style or by name, which looks like parts."""
    edges = [0, *part_starts([(event.start / 1000, event.end / 1000) for event in events]), len(events)]
    for key in ("style", "name"):
        groups = [{getattr(event, key) for event in events[a:b]} for a, b in pairwise(edges)]
        if len(groups) > 1 and sum(map(len, groups)) == len(set[str]().union(*groups)):
            return sorted(events, key=lambda event: event.start)
    return events


def _file_format(text: str) -> str | None:
    try:
        return pysubs2.formats.autodetect_format(text)
    except pysubs2.exceptions.FormatAutodetectionError:
        return None


def _describe_repairs(path: Path, repaired: Sequence[FileCue]) -> Iterator[str]:
    if repaired:
        times = (
            "1 damaged time stamp was" if len(repaired) == 1 else f"{len(repaired)} damaged time stamps were"
        )
        yield f"{path}: {times} repaired, first in line {repaired[0].line} ({clock_text(repaired[0].start)})"
