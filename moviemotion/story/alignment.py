"""Lay the script on the film's clock: every element of the screenplay gets a start and an end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moviemotion.story.cues import Cue, TimeSource
from moviemotion.story.elements import Screenplay
from moviemotion.story.found import SPOKEN, Found, find_lines
from moviemotion.story.pages import page_seconds
from moviemotion.story.placement import place_elements, with_speech
from moviemotion.story.subtitles import Subtitle

__all__ = ["Cue", "TimeSource", "TimedScript", "time_script"]


@dataclass(frozen=True)
class TimedScript:
    """A screenplay on the film's clock: one cue an element, in the order of the elements.

    Attributes:
        timing: one plain sentence for people: where the times come from and how many lines matched.
    """

    screenplay: Screenplay
    cues: tuple[Cue, ...]
    timing: str


def time_script(
    screenplay: Screenplay, subtitles: Sequence[Subtitle] | None, film_seconds: float | None
) -> TimedScript:
    """Give every element of a screenplay its time in the film.

    With subtitles, dialogue takes the time of its words in them; what stands between takes the time
    between. Lines that are probably spoken nowhere were cut. Without, time is estimated from the page.

    Args:
        film_seconds: length of the film where known; no time lies beyond it.

    Raises:
        MoviemotionError: the script has no dialogue to find, or the subtitles are of another film.
    """
    if subtitles is None:
        return _timed_by_page(screenplay, film_seconds)
    found = find_lines(screenplay, subtitles)
    end = film_seconds if film_seconds is not None else max(s.end for s in subtitles)
    cues = place_elements(screenplay.elements, found, end)
    return TimedScript(screenplay, cues, _timing(screenplay, found, cues))


def _timed_by_page(screenplay: Screenplay, film_seconds: float | None) -> TimedScript:
    seconds = [page_seconds(element) for element in screenplay.elements]
    total = sum(seconds)
    scale = film_seconds / total if film_seconds is not None and total else 1.0
    cues, at = [], 0.0
    for k, length in enumerate(seconds):
        cues.append(Cue(k, at, at + length * scale, TimeSource.PAGE, 0.0))
        at += length * scale
    fitted = "" if film_seconds is None else ", stretched to the length of the film"
    timing = f"Times are estimated from the page, one page a minute{fitted}: there were no subtitles."
    return TimedScript(screenplay, with_speech(screenplay.elements, cues), timing)


def _timing(screenplay: Screenplay, found: Found, cues: Sequence[Cue]) -> str:
    spoken = sum(e.kind in SPOKEN for e in screenplay.elements)
    moved = sum(line.moved for line in found.lines.values())
    cut = sum(
        cue.source is TimeSource.CUT and e.kind in SPOKEN
        for cue, e in zip(cues, screenplay.elements, strict=True)
    )
    elsewhere = f" ({moved} of them elsewhere than in the script)" if moved else ""
    rough = (
        " The script differs much from the film, so most times are rough."
        if len(found.lines) < spoken / 4
        else ""
    )
    return (
        f"Times come from the subtitles: {len(found.lines)} of {spoken} lines of dialogue were found in "
        f"them{elsewhere}, {cut} are not in the film, and everything else lies between its neighbours.{rough}"
    )
