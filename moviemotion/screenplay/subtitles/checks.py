"""Reject subtitles in two languages or with impossible times, which would silently corrupt an alignment."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from pathlib import Path
from statistics import median

from moviemotion.errors import MoviemotionError

MAX_FILM_SECONDS = 10 * 3600.0
"""Longest plausible film (ten hours); times that span more have a wrong unit."""
_MAX_CLOCK_SECONDS = 24 * 3600.0
"""Latest plausible time; broadcast timecode often starts at one or ten hours."""
_MAX_LETTERS_PER_SECOND = 200.0
"""Median number of letters per second above which the times must be wrong; people read about 20."""
_MAX_BACKWARD_SHARE = 0.1
"""Maximum fraction of subtitles that end before they start; a few typing errors are harmless."""
_MIN_PAIRED_SHARE = 0.4
"""Minimum fraction of two-line subtitles for a file to be checked for two languages."""
_MIN_WORDS = 150
"""Minimum number of words in each of the two texts to be compared; fewer words do not reveal the language."""
_MIN_SAME_LANGUAGE_COSINE = 0.3
"""Minimum cosine similarity of word counts: two texts in the same language have its function words in common,
while texts in two languages have hardly any words in common."""
# Text in writing systems without spaces between words is compared character by character.
_WORD = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\d_]+")
TimedText = tuple[float, float, str]


def check_times(times: Sequence[tuple[float, float]], letter_counts: Sequence[int], path: Path) -> None:
    """Reject times that cannot belong to a film.

    Args:
        times: start and end of each subtitle, in seconds.
        letter_counts: number of letters in each subtitle.
        path: the file, for error messages.

    Raises:
        MoviemotionError: many subtitles end before they start, the subtitles span more than ten hours, or
            they are shown too briefly to be read.
    """
    backward = sum(end <= start for start, end in times)
    if backward > _MAX_BACKWARD_SHARE * len(times):
        raise MoviemotionError(
            f"{path}: {backward} of {len(times)} subtitles end before they start; save the file again from a "
            "subtitle editor"
        )
    last = max(end for _, end in times)
    if last > _MAX_CLOCK_SECONDS:
        raise MoviemotionError(
            f"{path}: the times reach {last / 3600:.0f} hours; shift them so that the film starts at 0"
        )
    span = last - min(start for start, _ in times)
    if span > MAX_FILM_SECONDS:
        raise MoviemotionError(
            f"{path}: the times span {span / 3600:.0f} hours; save the file again from a subtitle editor"
        )
    speeds = [
        count / (end - start) for (start, end), count in zip(times, letter_counts, strict=True) if end > start
    ]
    if median(speeds) > _MAX_LETTERS_PER_SECOND:
        raise MoviemotionError(
            f"{path}: the subtitles run at {median(speeds):.0f} letters per second, which is too fast; "
            "save them again as SubRip (.srt) with the film's frame rate"
        )


def check_one_language(subtitles: Sequence[TimedText], raw_texts: Sequence[str], path: Path) -> None:
    """Reject a file that contains every subtitle in two languages.

    Args:
        subtitles: start and end in seconds and the spoken words of each subtitle, in chronological order.
        raw_texts: the text of each subtitle as stored in the file.
        path: the file, for error messages.

    Raises:
        MoviemotionError: upper and lower lines, or subtitles shown at the same time, have hardly any words in
            common.
    """
    stacked = [
        lines for text in raw_texts if len(lines := [line for line in text.split("\n") if line.strip()]) == 2
    ]
    at_once = [
        (above[2], below[2])
        for above, below in pairwise(subtitles)
        if below[1] > below[0]
        and min(above[1], below[1]) - max(above[0], below[0]) > 0.8 * (below[1] - below[0])
    ]
    for pairs in (stacked, at_once):
        upper, lower = (Counter(w for pair in pairs for w in _words(pair[side])) for side in (0, 1))
        enough = min(upper.total(), lower.total()) >= _MIN_WORDS
        if (
            enough
            and len(pairs) >= _MIN_PAIRED_SHARE * len(raw_texts)
            and _cosine_similarity(upper, lower) < _MIN_SAME_LANGUAGE_COSINE
        ):
            raise MoviemotionError(
                f"{path}: the subtitles are in two languages; give a file that contains only the "
                "language of the script"
            )


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _cosine_similarity(one: Counter[str], other: Counter[str]) -> float:
    product = sum(count * other[word] for word, count in one.items())
    return product / sqrt(sum(c * c for c in one.values()) * sum(c * c for c in other.values()))
