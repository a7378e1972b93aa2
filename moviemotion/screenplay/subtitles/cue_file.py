"""Parse SubRip and WebVTT files, including files with damaged time stamps.

Parsers that drop a line they cannot read glue the text of its cue to the cue before, which then lasts too
long and starts the next words too early. Here, every line with an arrow or two time stamps starts a cue. Its
stamps are repaired if letters were misread as digits (`0O:08:l9,801`) or separators are missing or wrong; a
stamp that cannot be repaired is filled in from the neighboring cues.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

_MISREAD_DIGITS = str.maketrans("OoQDIl|!SsBZ", "000011115582")
_DIGIT = r"[0-9OoQDIl|!SsBZ]"
_FIELD = rf"{_DIGIT}{{1,3}}"
_COLON, _POINT = r"\s?[:;.]\s?", r"\s?[,.:;]\s?"
_STAMP = re.compile(
    rf"\s*(?:(?P<h>{_FIELD}){_COLON})?(?P<m>{_FIELD}){_COLON}"
    rf"(?P<s>{_DIGIT}{{1,2}})(?:{_POINT}(?P<f>{_DIGIT}{{1,6}}))?(?=\s|$)",
    re.ASCII,
)
_ARROW = re.compile(r"(?:[-–—−]{1,3}\s?(?:>|&gt;)+|={1,2}>|→|»)")
_PLAIN_STAMP = r"(?:\d{1,4}:)?\d{1,2}:\d{2}[,.]\d{1,3}"
_PLAIN_TIMES = re.compile(rf"\s*{_PLAIN_STAMP}\s*-->\s*{_PLAIN_STAMP}(?:\s|$)", re.ASCII)
_NUMBER = re.compile(r"\s*\d{1,6}\s*", re.ASCII)
_MAX_LINE = 200
"""Longest line, in characters, that can be a line of times."""
_SECONDS_PER_LETTER = 0.06
_MIN_SECONDS = 1.0
"""Estimated duration of a cue whose start or end is unknown: seconds per letter, and the shortest."""
_OUTLIER_SECONDS = 60.0
"""A stamp this much out of line, while the cues around it are in order, is damaged."""
_PART_START_SECONDS, _PART_START_SHARE = 300.0, 0.25
"""A part whose times begin again starts within this many seconds, and this share of the file's times, of the
earliest cue."""
_MIN_ORDERED_SHARE = 0.6
"""Smallest share of the cues of a part that are in order of time. With one stamp in five damaged, it is 0.8;
in files whose cues are in any order, it is below 0.2 from 100 cues on."""


@dataclass(frozen=True)
class FileCue:
    """One cue as it stands in the file.

    Attributes:
        number: the number written above the cue, or None.
        start, end: seconds.
        text: the lines of the cue, with tags.
        line: number of its line of times in the file, counting from 1.
        repaired: whether a time stamp was damaged and was repaired or filled in.
    """

    number: int | None
    start: float
    end: float
    text: str
    line: int
    repaired: bool = False


@dataclass(frozen=True)
class _Times:
    start: float | None
    end: float | None
    plain: bool


def parse_cues(text: str) -> list[FileCue]:
    """Parse a SubRip or WebVTT file.

    Args:
        text: the content of the file.

    Returns:
        The cues in the order of the file; empty if no line contains times.
    """
    lines = text.lstrip("\ufeff").split("\n")
    is_vtt = lines[0].startswith("WEBVTT")
    found = [(n, times) for n, line in enumerate(lines) if (times := _parse_times(line)) is not None]
    if not found:
        return []
    raw = list(_raw_cues(lines, found, is_vtt))
    numbers = [cue.number for cue in raw if cue.number is not None]
    if len(set(numbers)) == len(raw):
        raw.sort(key=lambda cue: cue.number or 0)
    return _fill_in(_without_outliers(raw))


def _parse_times(line: str) -> _Times | None:
    """Parse a line of times; None if it is another line."""
    if len(line) > _MAX_LINE or not any(c.isdigit() for c in line):
        return None
    arrow = _ARROW.search(line)
    if arrow is None:
        # Without an arrow, only two complete stamps are taken for times, so that speech is not.
        first = _STAMP.match(line)
        second = _STAMP.fullmatch(line.rstrip(), first.end()) if first else None
        if not first or not second or first["f"] is None or second["f"] is None:
            return None
        return _Times(_seconds(first), _seconds(second), plain=False)
    first = _STAMP.fullmatch(line[: arrow.start()].rstrip())
    second = _STAMP.match(line, arrow.end())
    if first is None and second is None:
        damaged = sum(c.isdigit() for c in line) >= 6 and "-->" in line
        return _Times(None, None, plain=False) if damaged else None
    start, end = (_seconds(stamp) if stamp else None for stamp in (first, second))
    return _Times(start, end, plain=bool(_PLAIN_TIMES.match(line)))


def _seconds(stamp: re.Match[str]) -> float | None:
    hours, minutes, seconds, fraction = (
        (stamp[name] or "0").translate(_MISREAD_DIGITS) for name in ("h", "m", "s", "f")
    )
    if int(seconds) >= 60 or (stamp["h"] and int(minutes) >= 60):
        return None
    return int(hours) * 3600.0 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")


@dataclass(frozen=True)
class _RawCue:
    number: int | None
    times: _Times
    text: str
    line: int


def _raw_cues(lines: Sequence[str], found: Sequence[tuple[int, _Times]], is_vtt: bool) -> Iterator[_RawCue]:
    ends = [n for n, _ in found[1:]] + [len(lines)]
    for (at, times), end in zip(found, ends, strict=True):
        number = int(lines[at - 1]) if at and _NUMBER.fullmatch(lines[at - 1]) else None
        body = list(lines[at + 1 : end])
        if is_vtt:
            # In WebVTT, an empty line ends a cue; what follows may be a comment or the name of a cue.
            body = body[: next((n for n, line in enumerate(body) if not line), len(body))]
        elif end < len(lines) and body and _NUMBER.fullmatch(body[-1]):
            body = body[:-1]
        text = "\n".join(body).strip("\n ")
        yield _RawCue(number, times, html.unescape(text) if is_vtt else text, at + 1)


def _without_outliers(cues: Sequence[_RawCue]) -> list[_RawCue]:
    """Discard stamps that are out of order by more than a minute while the cues around them are in order."""
    kept = list(cues)
    starts = [cue.times.start for cue in cues]
    if not _is_ordered([start for start in starts if start is not None]):
        return kept
    for k in range(1, len(cues) - 1):
        before, start, after = starts[k - 1 : k + 2]
        if before is None or start is None or after is None or not before <= after:
            continue
        if not before - _OUTLIER_SECONDS <= start <= after + _OUTLIER_SECONDS:
            kept[k] = replace(kept[k], times=replace(kept[k].times, start=None, plain=False))
            starts[k] = None
    for k, cue in enumerate(kept):
        start, end = cue.times.start, cue.times.end
        if start is not None and end is not None and end - start > _OUTLIER_SECONDS:
            after = next((s for s in starts[k + 1 : k + 3] if s is not None), None)
            if after is not None and start < after < end - _OUTLIER_SECONDS:
                kept[k] = replace(cue, times=replace(cue.times, end=None, plain=False))
        elif start is None and end is not None:
            before = next((s for s in reversed(starts[max(k - 2, 0) : k]) if s is not None), None)
            after = next((s for s in starts[k + 1 : k + 3] if s is not None), None)
            if (before is not None and end < before) or (
                after is not None and end > after + _OUTLIER_SECONDS
            ):
                kept[k] = replace(cue, times=replace(cue.times, end=None, plain=False))
    return kept


def _fill_in(cues: Sequence[_RawCue]) -> list[FileCue]:
    """Fill in missing starts and ends from the other stamp of the cue, or else from its neighbors."""
    filled: list[FileCue] = []
    for k, cue in enumerate(cues):
        length = max(_SECONDS_PER_LETTER * len(cue.text), _MIN_SECONDS)
        start, end = cue.times.start, cue.times.end
        before = filled[-1].end if filled else 0.0
        after = next((c.times.start for c in cues[k + 1 :] if c.times.start is not None), None)
        if start is None:
            start = max(end - length, min(before, end)) if end is not None else before
        if end is None:
            end = start + length if after is None or after <= start else min(start + length, after)
        damaged = cue.times.start is None or cue.times.end is None or not cue.times.plain
        filled.append(FileCue(cue.number, start, end, cue.text, cue.line, damaged))
    return filled


def part_starts(cues: Sequence[tuple[float, float]], min_back: float = _OUTLIER_SECONDS) -> list[int]:
    """Find where a file's times begin again: the cues at which a further part starts.

    A file whose cues are in any order has no parts.

    Args:
        cues: start and end of each cue in seconds, in the order of the file.
        min_back: a part starts where the times go back to the start by more than this many seconds and stay
            there.

    Returns:
        Indices of the first cue of the second and later parts, ascending.
    """
    starts = [start for start, _ in cues]
    found = _restarts(starts, min_back)
    return found if found and _is_ordered(starts, min_back) else []


def _restarts(starts: Sequence[float], min_back: float) -> list[int]:
    """The cues at which the times go back to the start; none if they also go back to anywhere else."""
    found = []
    for k, (before, start) in enumerate(pairwise(starts), 1):
        # A single stray cue, such as a credit of the translator at the end, is no part.
        rest = starts[k : k + 3]
        if start < before - min_back and len(rest) == 3 and max(rest) < before:
            found.append(k)
    earliest, latest = min(starts, default=0.0), max(starts, default=0.0)
    near = earliest + min(_PART_START_SECONDS, _PART_START_SHARE * (latest - earliest))
    return found if all(starts[k] <= near for k in (0, *found) if found) else []


def _is_ordered(starts: Sequence[float], min_back: float = _OUTLIER_SECONDS) -> bool:
    """Whether most cues of each part are in order of time."""
    edges = [0, *_restarts(starts, min_back), len(starts)]
    ordered = sum(_longest_ascent(starts[first:end]) for first, end in pairwise(edges))
    return ordered >= _MIN_ORDERED_SHARE * len(starts)


def _longest_ascent(values: Sequence[float]) -> int:
    """Length of the longest non-decreasing subsequence (patience sorting)."""
    ends: list[float] = []
    for value in values:
        at = bisect_right(ends, value)
        ends[at : at + 1] = [value]
    return len(ends)
