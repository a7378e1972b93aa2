"""The clock of subtitles: whether their times are those of the film, and how to correct them.

Words of subtitles can match the script while all times are wrong: the file starts at one hour, was made for
another transfer, contains only the second half, or belongs to a longer version. The words do not show it, so
this module compares the times with what is known of the film. In this order: a speed and offset that were
given; the voices in the film's sound; and the film's length. Corrections and doubts are returned as
sentences. What cannot be decided is said, not guessed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from moviemotion.screenplay.alignment.known_film import KnownFilm
from moviemotion.screenplay.alignment.line_times import SPOKEN_KINDS, LineTimes
from moviemotion.screenplay.alignment.page_duration import page_seconds
from moviemotion.screenplay.elements import Element
from moviemotion.screenplay.subtitles.parse import Subtitle
from moviemotion.screenplay.subtitles.time_map import TRANSFER_SPEEDS, TimeMap
from moviemotion.screenplay.subtitles.voice_fit import VoiceFit, fit_to_voice
from moviemotion.timecode import clock_text

_HOUR = 3600.0
_GIVE_FILM = "To correct the times by the film's sound, give the film file in place of a list of shot changes"
_FAST_SPEED = 1.01
"""Speeds above this one shorten a film noticeably."""
_RIGHT_SECONDS = 0.75
"""Subtitles whose offset from the voices is at most this are right; subtitlers differ by as much."""
_END_TOLERANCE = 0.001
"""Share of the film's length, and at least 2 s, by which the last subtitle may stay after the film's end."""
_MIN_END_TOLERANCE_SECONDS = 2.0
_MAX_LEAD_SECONDS = 1200.0
"""Longest stretch of the script, in estimated seconds, that may be missing before the first line found if
subtitles that start after an hour are to begin with the film."""
_TRANSFER_GAP = 0.015
"""Largest share of the film's length by which subtitles of a faster transfer, once corrected, may end before
the film does."""
_LONG_SILENCE_SHARE, _LONG_SILENCE_SECONDS = 0.15, 300.0
"""A film of which more than this share, and this many seconds, follow the last subtitle is doubtful."""
_MIN_FOUND_SHARE = 0.6
"""Share of the lines between the first and the last line found that must be found before a missing part can
be told from a script that differs from the film."""
_MIN_MISSING_LINES, _MIN_MISSING_SHARE, _MIN_MISSING_SECONDS = 8, 0.05, 120.0
"""A missing part has at least this many lines, this share of all lines, and this many seconds on the page."""
_MIN_UNKNOWN_SHARE = 0.25
"""The same share if the length of the film is unknown, because an end may also have been cut."""
_MIN_GAP_SECONDS = 180.0
"""Shortest stretch without subtitles that is a missing part if the script has lines there."""

_CLOSE_SCRIPT_SHARE = 0.9
"""Share of the other lines that must be found before a scene without subtitles may be missing from them, and
not from the film: scripts differ from their films, but transcripts do not."""
_SCENE_SECONDS = 45.0
"""Shortest scene, in estimated seconds, whose absence is reported then."""


@dataclass(frozen=True)
class SubtitleClock:
    """The clock of a film's subtitles.

    Attributes:
        time_map: from the times in the file to film time.
        notes: one sentence for each correction or doubt.
        doubtful_from: film time in seconds from which the corrected times may still be wrong by an unknown
            amount; infinite if they can be trusted.
        basis: a sentence that says what the times were compared with.
    """

    time_map: TimeMap
    notes: tuple[str, ...] = ()
    doubtful_from: float = math.inf
    basis: str = ""


@dataclass(frozen=True)
class ScriptGap:
    """Consecutive lines of a script that were not found.

    Attributes:
        lines: number of lines.
        at: end of the line found before them, in seconds.
        pause: seconds from then to the start of the line found after them.
        seconds: their estimated screen time, with what is between the two lines found.
    """

    lines: int
    at: float
    pause: float
    seconds: float


@dataclass(frozen=True)
class ScriptCoverage:
    """Which stretch of a script was found in subtitles.

    Attributes:
        lines: indices of all lines of dialogue, in order.
        first, last: positions in `lines` of the first and last line found in the script's order.
        start, end: times of these two lines in the subtitles, in seconds.
        lead_seconds, tail_seconds: estimated screen time of the script before the first and after the last
            line found.
        found_share: share of the lines between the two that were found.
        gaps: the stretches between two lines found in order in which no line was found.
    """

    lines: tuple[int, ...]
    first: int
    last: int
    start: float
    end: float
    lead_seconds: float
    tail_seconds: float
    found_share: float
    gaps: tuple[ScriptGap, ...]

    @classmethod
    def of(cls, elements: Sequence[Element], found: LineTimes) -> ScriptCoverage | None:
        """The coverage of a script by the lines found; None if no line was found in order."""
        lines = tuple(k for k, element in enumerate(elements) if element.kind in SPOKEN_KINDS)
        in_order = [k for k, line in found.lines.items() if not line.moved]
        if not in_order:
            return None
        first, last = lines.index(min(in_order)), lines.index(max(in_order))
        between = lines[first : last + 1]
        ordered = [k for k in between if k in found.lines and not found.lines[k].moved]
        position = {k: n for n, k in enumerate(lines)}
        seconds = np.concatenate([[0.0], np.cumsum([page_seconds(element) for element in elements])])
        return cls(
            lines,
            first,
            last,
            found.lines[lines[first]].start,
            found.lines[lines[last]].end,
            float(seconds[lines[first]]),
            float(seconds[-1] - seconds[lines[last] + 1]),
            sum(k in found.lines for k in between) / len(between),
            tuple(
                ScriptGap(
                    position[after] - position[before] - 1,
                    found.lines[before].end,
                    found.lines[after].start - found.lines[before].end,
                    float(seconds[after] - seconds[before + 1]),
                )
                for before, after in pairwise(ordered)
                if not any(k in found.lines for k in lines[position[before] + 1 : position[after]])
            ),
        )

    @property
    def misses_start(self) -> bool:
        """Whether a considerable part of the script before the first line found is missing."""
        return self._misses(self.first, self.lead_seconds)

    @property
    def misses_end(self) -> bool:
        """Whether a considerable part of the script after the last line found is missing."""
        return self._misses(len(self.lines) - 1 - self.last, self.tail_seconds)

    def _misses(self, count: int, seconds: float) -> bool:
        return (
            self.found_share >= _MIN_FOUND_SHARE
            and count >= max(_MIN_MISSING_LINES, _MIN_MISSING_SHARE * len(self.lines))
            and seconds >= _MIN_MISSING_SECONDS
        )


def find_subtitle_clock(
    elements: Sequence[Element],
    found: LineTimes,
    subtitles: Sequence[Subtitle],
    part_starts: Sequence[float],
    film: KnownFilm,
) -> SubtitleClock:
    """Determine the clock of subtitles whose words match the script.

    Args:
        elements: the elements of the screenplay.
        found: the lines as timed by the subtitles' own times.
        subtitles: the subtitles in chronological order, with the times of the file.
        part_starts: times at which a further part of the file starts.
        film: what is known of the film.
    """
    if film.voice is not None and (fit := fit_to_voice(subtitles, film.voice, part_starts)):
        return replace(_clock_by_voice(fit, subtitles), basis="They run with the voices in the film's sound.")
    clock = _clock_without_voice(elements, found, subtitles, part_starts, film)
    basis = (
        "They could not be compared with the film, whose length and sound are unknown."
        if film.seconds is None
        else "They were compared with the film's length only, not with its sound."
    )
    return replace(clock, basis=clock.basis or basis)


def _clock_without_voice(
    elements: Sequence[Element],
    found: LineTimes,
    subtitles: Sequence[Subtitle],
    part_starts: Sequence[float],
    film: KnownFilm,
) -> SubtitleClock:
    coverage = ScriptCoverage.of(elements, found)
    if coverage is None:
        return SubtitleClock(TimeMap.linear())
    unheard = (
        ("The subtitles could not be compared with the film's sound: too few voices were recognized in it.",)
        if film.voice is not None
        else ()
    )
    first, last = subtitles[0].start, max(s.end for s in subtitles)
    hours = math.floor(first / _HOUR) * _HOUR
    if hours and coverage.lead_seconds <= _MAX_LEAD_SECONDS:
        note = (
            f"The subtitles start at {clock_text(first)}, as files with a broadcast timecode do; they were "
            f"moved {hours / _HOUR:.0f} h earlier."
        )
        rest = _clock_by_length(coverage, first - hours, last - hours, (), film)
        moved = TimeMap.linear(
            rest.time_map.pieces[0].speed,
            -hours * rest.time_map.pieces[0].speed + rest.time_map.pieces[0].offset,
        )
        return replace(rest, time_map=moved, notes=(note, *rest.notes, *unheard))
    by_length = _clock_by_length(coverage, first, last, part_starts, film)
    return replace(by_length, notes=(*by_length.notes, *unheard))


def check_given_clock(time_map: TimeMap, subtitles: Sequence[Subtitle], film: KnownFilm) -> SubtitleClock:
    """The clock of subtitles whose speed and offset were given, with a doubt if they then exceed the film."""
    end = max((float(s.end) for s in time_map.apply(subtitles)), default=0.0)
    notes = []
    if not time_map.apply(subtitles):
        notes.append("With the given offset, all subtitles lie before the film's start.")
    elif film.seconds is not None and end > film.seconds + _end_tolerance(film.seconds):
        notes.append(
            f"With the given speed and offset, the subtitles run to {clock_text(end)}, but the film ends at "
            f"{clock_text(film.seconds)}; check both."
        )
    return SubtitleClock(time_map, tuple(notes), basis="Their speed and offset were given.")


def _end_tolerance(seconds: float) -> float:
    return max(_END_TOLERANCE * seconds, _MIN_END_TOLERANCE_SECONDS)


def _clock_by_voice(fit: VoiceFit, subtitles: Sequence[Subtitle]) -> SubtitleClock:
    pieces = fit.time_map.pieces
    if len(pieces) == 1 and pieces[0].speed == 1.0 and abs(pieces[0].offset) <= _RIGHT_SECONDS:
        return SubtitleClock(TimeMap.linear())
    speed = pieces[0].speed
    what = []
    if speed != 1.0:
        what.append(f"made {speed_text(speed)}")
    if len(pieces) == 1:
        if abs(pieces[0].offset) > _RIGHT_SECONDS:
            what.append(f"moved by {_signed(pieces[0].offset)}")
    else:
        starts = [max(subtitles[0].start, pieces[0].first), *(piece.first for piece in pieces[1:])]
        moves = ", ".join(
            f"from {clock_text(at)} on by {_signed(piece.offset)}"
            for at, piece in zip(starts, pieces, strict=True)
        )
        what.append(f"moved {moves}")
    return SubtitleClock(
        fit.time_map,
        (
            "The subtitles did not run with the voices in the film's sound; they were "
            f"{' and '.join(what)}, after which they do.",
        ),
    )


def speed_text(speed: float) -> str:
    """Describe a speed: `4.17 % slower (from 25 to 24 frames per second)`."""
    change = f"{abs(speed - 1) * 100:.2f} % {'slower' if speed > 1 else 'faster'}"
    rates = {24000 / 1001: "23.976", 24.0: "24", 25.0: "25"}
    for made, made_text in rates.items():
        for shown, shown_text in rates.items():
            if made != shown and abs(made / shown - speed) < 1e-6:
                return f"{change} (from {made_text} to {shown_text} frames per second)"
    return change


def _signed(seconds: float) -> str:
    return (
        f"{seconds:+.1f} s"
        if abs(seconds) < 60
        else f"{'−' if seconds < 0 else '+'}{clock_text(abs(seconds))}"
    )


def _clock_by_length(
    coverage: ScriptCoverage, first: float, last: float, part_starts: Sequence[float], film: KnownFilm
) -> SubtitleClock:
    """The clock according to the film's length, or to the script if the length is unknown."""
    identity = TimeMap.linear()
    length = film.seconds
    if part_starts:
        starts = " and ".join(clock_text(start) for start in part_starts)
        return SubtitleClock(
            identity,
            (
                "The times of the subtitles begin again at zero in the middle of the file; what follows was "
                f"put directly after the part before, at {starts}{_room(last, length)}. From there on, times "
                f"may be seconds to minutes early. {_GIVE_FILM}.",
            ),
            doubtful_from=part_starts[0],
        )
    if coverage.misses_start and _begins_late(coverage):
        return _second_part(coverage, first, last, film)
    if length is None:
        return SubtitleClock(identity)
    if last > length + _end_tolerance(length):
        return _too_long(first, last, length)
    if coverage.misses_end:
        return SubtitleClock(identity)  # reported as a missing part
    return _maybe_removed(coverage, film) or _maybe_short(last, length, film.credits_start)


def _maybe_removed(coverage: ScriptCoverage, film: KnownFilm) -> SubtitleClock | None:
    """Subtitles that lack whole scenes of a script that they otherwise contain, in a film with time for them.

    The film may lack these scenes as well; only its sound tells.
    """
    assert film.seconds is not None
    room = min(film.credits_start or film.seconds, film.seconds) - coverage.end
    gaps = [
        gap
        for gap in coverage.gaps
        # Where the subtitles leave time for the scene, nobody speaks it, and nothing is shifted.
        if gap.lines >= _MIN_MISSING_LINES and gap.seconds >= max(_SCENE_SECONDS, 2 * gap.pause)
    ]
    inside, missing = coverage.last - coverage.first + 1, sum(gap.lines for gap in gaps)
    shift = sum(gap.seconds - gap.pause for gap in gaps)
    if not gaps or coverage.found_share * inside < _CLOSE_SCRIPT_SHARE * (inside - missing):
        return None
    if room < shift / 2:
        return None
    places = " and ".join(clock_text(gap.at) for gap in gaps)
    # Most often, the film lacks the scene as well, so the times are kept.
    return SubtitleClock(
        TimeMap.linear(),
        (
            f"At {places}, {missing} consecutive lines of the script are not in the subtitles, which contain "
            "nearly all others. If the film contains them, the subtitles are those of a shorter version, and "
            f"all later times are about {clock_text(shift)} early. {_GIVE_FILM}.",
        ),
    )


def _room(last: float, length: float | None) -> str:
    room = 0.0 if length is None else length - last
    return f" (at most {clock_text(room)} too early)" if room > 0 else ""


def _begins_late(coverage: ScriptCoverage) -> bool:
    """Whether the subtitles begin with a line for which the film would have had no time yet."""
    return coverage.start < coverage.lead_seconds / 2


def _second_part(coverage: ScriptCoverage, first: float, last: float, film: KnownFilm) -> SubtitleClock:
    """Subtitles that begin, near zero, with a line from the middle of the script."""
    lines = f"the first {coverage.first} of {len(coverage.lines)} lines of the script are not in them"
    length = film.seconds
    missing_share = coverage.first / len(coverage.lines)
    if length is None and missing_share < _MIN_UNKNOWN_SHARE:
        return SubtitleClock(TimeMap.linear())
    if length is not None and length - last < coverage.lead_seconds / 2:
        return SubtitleClock(TimeMap.linear())  # the film has no time for these lines: they were cut
    seconds = coverage.lead_seconds - coverage.start
    if length is not None:
        seconds = min(seconds, length - last)
        total = coverage.lead_seconds + coverage.tail_seconds
        seconds = max(seconds, (length - last) * coverage.lead_seconds / max(total, 1.0))
        seconds = min(seconds, length - last)
    return SubtitleClock(
        TimeMap.linear(1.0, seconds),
        (
            f"The subtitles seem to be the second part of the film: they begin at {clock_text(first)}, but "
            f"{lines}. When this part starts in the film is unknown; it was put at about "
            f"{clock_text(seconds)}, and all times are rough. {_GIVE_FILM}, or give the subtitles of all "
            "parts, or set the subtitles' offset to the start of this part.",
        ),
        doubtful_from=0.0,
    )


def _too_long(first: float, last: float, length: float) -> SubtitleClock:
    excess = last - length
    head = f"The subtitles run to {clock_text(last)}, but the film ends at {clock_text(length)}"
    remedy = f"{_GIVE_FILM}, or set the subtitles' offset and speed."
    speeds = [
        speed
        for speed in TRANSFER_SPEEDS
        if speed < 1.0 and length * (1 - _TRANSFER_GAP) <= last * speed <= length + _end_tolerance(length)
    ]
    if speeds and first < excess:
        # An offset would put the first subtitles before the film, so it must be the speed.
        speed = speeds[0]
        others = f"; {speed_text(speeds[-1])} is possible, too" if len(speeds) > 1 else ""
        return SubtitleClock(
            TimeMap.linear(speed),
            (
                f"{head}: they are for a slower version. They were made {speed_text(speed)}{others}, so "
                f"times may still be some seconds off. {remedy}",
            ),
        )
    return SubtitleClock(
        TimeMap.linear(),
        (
            f"{head}: their times are those of another version, so the lines are timed up to "
            f"{clock_text(excess)} or more off. {remedy}",
        ),
        doubtful_from=0.0,
    )


def _maybe_short(last: float, length: float, credits_start: float | None) -> SubtitleClock:
    """Subtitles that end before the film does, perhaps because they are for a faster version."""
    end = length if credits_start is None else min(credits_start, length)
    head = f"end at {clock_text(last)}, {clock_text(max(end - last, 0.0))} before the"
    faster = "they are for a faster version: set their speed to 25/24 or 25/23.976"
    if any(
        speed > _FAST_SPEED and end * (1 - _TRANSFER_GAP) <= last * speed <= end + _end_tolerance(end)
        for speed in TRANSFER_SPEEDS
    ):
        if credits_start is None:
            # As many films have credits of this length as subtitles are too fast, so this is no warning.
            basis = (
                f"They {head} film does; unless that time is the credits, {faster}, or give the film's sound."
            )
            return SubtitleClock(TimeMap.linear(), basis=basis)
        note = f"The subtitles {head} credits start. Unless nobody speaks then, {faster}. {_GIVE_FILM}."
        return SubtitleClock(TimeMap.linear(), (note,))
    if end - last > max(_LONG_SILENCE_SHARE * end, _LONG_SILENCE_SECONDS):
        where = "film does" if credits_start is None else "credits start"
        note = f"The subtitles {head} {where}; check that they belong to this version of the film."
        return SubtitleClock(TimeMap.linear(), (note,))
    return SubtitleClock(TimeMap.linear())


@dataclass(frozen=True)
class MissingPart:
    """A stretch of the film for which there are no subtitles although the script has lines there.

    Attributes:
        lines: indices of the lines of dialogue concerned.
        note: the sentence that reports it.
    """

    lines: tuple[int, ...]
    note: str


def find_missing_parts(
    elements: Sequence[Element],
    found: LineTimes,
    subtitles: Sequence[Subtitle],
    film: KnownFilm,
) -> list[MissingPart]:
    """Find parts of the film that the subtitles do not cover, as opposed to lines that are not in the film.

    Args:
        elements: the elements of the screenplay.
        found: the lines as timed by the subtitles in film time.
        subtitles: the subtitles in film time.
        film: what is known of the film.
    """
    coverage = ScriptCoverage.of(elements, found)
    if coverage is None or coverage.found_share < _MIN_FOUND_SHARE:
        return []
    parts = []
    lines = coverage.lines
    begin, end = subtitles[0].start, max(s.end for s in subtitles)
    if coverage.misses_start and begin >= max(coverage.lead_seconds / 2, _MIN_GAP_SECONDS):
        head = lines[: coverage.first]
        parts.append(
            MissingPart(
                head,
                f"The subtitles begin at {clock_text(begin)}; the {len(head)} lines before that have only "
                "estimated times.",
            )
        )
    in_order = [k for k in lines if k in found.lines and not found.lines[k].moved]
    for before, after in pairwise(in_order):
        between = tuple(k for k in lines if before < k < after and k not in found.lines)
        gap = _largest_gap(subtitles, found.lines[before].end, found.lines[after].start)
        seconds = sum(page_seconds(element) for element in elements[before + 1 : after])
        if (
            gap
            and len(between) >= _MIN_MISSING_LINES
            and gap[1] - gap[0] >= max(seconds / 2, _MIN_GAP_SECONDS)
        ):
            parts.append(
                MissingPart(
                    between,
                    f"There are no subtitles from {clock_text(gap[0])} to {clock_text(gap[1])}; the "
                    f"{len(between)} lines there have only estimated times.",
                )
            )
    if coverage.misses_end:
        tail = lines[coverage.last + 1 :]
        length = film.credits_start or film.seconds
        recorded = f" of {clock_text(length)}" if length is not None else ""
        if length is not None and length - end >= max(coverage.tail_seconds / 2, _MIN_GAP_SECONDS):
            note = (
                f"The subtitles end at {clock_text(end)}{recorded}; the {len(tail)} lines after that have "
                "only estimated times."
            )
            parts.append(MissingPart(tail, note))
        elif length is None and len(tail) >= _MIN_UNKNOWN_SHARE * len(lines):
            note = (
                f"The subtitles end at {clock_text(end)}, {len(tail)} lines before the end of the script; "
                "whether these lines are in the film is unknown."
            )
            parts.append(MissingPart(tail, note))
    return parts


def _largest_gap(subtitles: Sequence[Subtitle], start: float, end: float) -> tuple[float, float] | None:
    """The longest stretch without subtitles between two times; None if there is none."""
    inside = [(s.start, s.end) for s in subtitles if s.end > start and s.start < end]
    edges = [start, *(t for pair in inside for t in pair), end]
    gaps = [(edges[k], edges[k + 1]) for k in range(0, len(edges), 2)]
    return max(gaps, key=lambda gap: gap[1] - gap[0], default=None)
