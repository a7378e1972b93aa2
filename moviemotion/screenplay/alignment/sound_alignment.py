"""Align a screenplay with the sound of a film, without subtitles.

Lines are timed by the words that were recognized in the sound. If there are none, or if too few of them
belong to the script, the script is laid over the stretches in which somebody speaks; that is good enough for
acts and long scenes at best, and all its times count as estimates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.alignment.cues import Cue, TimeSource
from moviemotion.screenplay.alignment.interpolate import interpolate_cues
from moviemotion.screenplay.alignment.line_times import SPOKEN_KINDS, find_line_times
from moviemotion.screenplay.alignment.voice_layout import lay_over_voice
from moviemotion.screenplay.elements import Screenplay
from moviemotion.screenplay.subtitles.parse import Subtitle

_RELIABILITY = 0.9
"""Share of the lines found with certainty that are right in films with music under the speech; the stated
probabilities are multiplied by it (`benchmarks/sound_alignment.py`)."""


@dataclass(frozen=True)
class FilmSpeech:
    """What is known of the speech in a film.

    Attributes:
        seconds: the length of the film.
        voice: (T,) probability from 0 to 1 that somebody speaks, in steps of 0.1 s from the film's start.
        recognized: the recognized phrases, in seconds from the film's start; None if there are none.
        not_recognized: why there are none, as the end of a sentence; "" if there are.
    """

    seconds: float
    voice: NDArray[np.float32]
    recognized: tuple[Subtitle, ...] | None
    not_recognized: str = ""


def align_to_sound(screenplay: Screenplay, speech: FilmSpeech, film_start: float = 0.0) -> TimedScript:
    """Assign a time in the film to every element of a screenplay, from the film's sound alone.

    Args:
        screenplay: the screenplay.
        speech: the speech in the film.
        film_start: film time of the film's first picture, in seconds.

    Raises:
        MoviemotionError: the script has no dialogue.
    """
    spoken = sum(element.kind in SPOKEN_KINDS for element in screenplay.elements)
    why_not = speech.not_recognized
    if speech.recognized:
        try:
            return _align_to_words(screenplay, speech.recognized, speech.seconds, film_start)
        except MoviemotionError:
            why_not = "too few of the words that were recognized in it are those of the script"
    if not spoken:
        raise MoviemotionError(f"{screenplay.path}: the script has no dialogue to find in the film's sound")
    cues = lay_over_voice(screenplay.elements, speech.voice, speech.seconds)
    timing = (
        "Times are estimated from when somebody speaks in the film: there were no subtitles, and its sound "
        f"could not be used for more, because {why_not}. They are good enough for acts and long scenes at "
        "best: half of them are off by a minute or more, and by several minutes if the film departs from "
        "the script."
    )
    return TimedScript(screenplay, _shifted(cues, film_start), timing)


def _align_to_words(
    screenplay: Screenplay, recognized: Sequence[Subtitle], seconds: float, film_start: float
) -> TimedScript:
    found = find_line_times(screenplay, recognized)
    # A line whose words were not recognized may well be in the film.
    found = replace(found, absent_probability={})
    cues = [
        replace(cue, source=TimeSource.SOUND, confidence=_RELIABILITY * cue.confidence)
        if cue.source is TimeSource.SUBTITLES
        else cue
        for cue in interpolate_cues(screenplay.elements, found, seconds)
    ]
    spoken = sum(element.kind in SPOKEN_KINDS for element in screenplay.elements)
    timing = (
        f"Times come from the film's sound: {len(found.lines)} of {spoken} lines of dialogue were recognized "
        "in it, of which about one in ten may be in the wrong place; all other times are interpolated, "
        "whether or not the line is in the film. Subtitles would be more reliable."
    )
    return TimedScript(screenplay, _shifted(cues, film_start), timing)


def _shifted(cues: Sequence[Cue], seconds: float) -> tuple[Cue, ...]:
    return tuple(replace(cue, start=cue.start + seconds, end=cue.end + seconds) for cue in cues)
