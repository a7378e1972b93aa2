"""Lay a screenplay over the stretches of a film in which somebody speaks.

The script is a sequence of speeches and silent action, each with an expected length. Dynamic programming
finds the lengths that fit best: somebody speaks in most seconds of a speech and in few seconds of action, and
lengths near the expected ones are more likely, including none for what was cut.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from moviemotion.screenplay.alignment.cues import Cue, TimeSource
from moviemotion.screenplay.alignment.interpolate import with_speech_times
from moviemotion.screenplay.alignment.line_times import SPOKEN_KINDS
from moviemotion.screenplay.alignment.page_duration import page_seconds
from moviemotion.screenplay.elements import Element
from moviemotion.screenplay.subtitles.voice_fit import STEP_SECONDS

_SECONDS_PER_WORD, _SECONDS_PER_LINE = 0.35, 0.5
"""Usual length of a line of dialogue."""
_VOICE_IN_SPEECH, _VOICE_IN_ACTION = 0.8, 0.12
"""Share of a second in which somebody speaks, in a speech and in action."""
_LENGTH_SD, _CUT_LOG_PROBABILITY = 0.9, -1.6
"""Standard deviation of the logarithm of a length, and the log-probability that a part was cut."""
_MAX_LENGTH_RATIO, _MAX_LENGTH = 4.0, 65_535
"""Longest part, relative to its expected length and in seconds."""

Float64Array = NDArray[np.float64]


def lay_over_voice(
    elements: Sequence[Element], voice: NDArray[np.float32], film_seconds: float
) -> tuple[Cue, ...]:
    """Estimate when each element is on screen from when somebody speaks.

    Args:
        elements: the elements of the screenplay, some of which are spoken.
        voice: (T,) probability from 0 to 1 that somebody speaks, in steps of 0.1 s.
        film_seconds: the length of the film.

    Returns:
        One cue for each element; all are estimates.
    """
    speaking = _per_second(voice, film_seconds)
    parts = _parts(elements)
    spoken = np.array([is_spoken for is_spoken, _ in parts])
    lengths = np.array([sum(_usual_seconds(elements[k]) for k in part) for _, part in parts])
    for kind, seconds in ((spoken, speaking.sum()), (~spoken, (1 - speaking).sum())):
        lengths[kind] *= seconds / max(lengths[kind].sum(), 1e-9)
    lengths *= len(speaking) / max(lengths.sum(), 1e-9)  # a script may have no action
    cues: list[Cue] = []
    at = 0.0
    for (_, part), end in zip(parts, _ends(speaking, spoken, lengths).tolist(), strict=True):
        weights = [_usual_seconds(elements[k]) for k in part]
        scale = (end - at) / max(sum(weights), 1e-9)
        for k, weight in zip(part, weights, strict=True):
            until = min(at + weight * scale, end)
            cues.append(Cue(k, at, until, TimeSource.VOICES, 0.0))
            at = until
        at = end
    return with_speech_times(elements, cues)


def _per_second(voice: NDArray[np.float32], film_seconds: float) -> Float64Array:
    """(S,) mean probability of speech in each second of the film."""
    steps = round(1 / STEP_SECONDS)
    padded = np.zeros(math.ceil(film_seconds) * steps)
    count = min(len(padded), len(voice))
    padded[:count] = voice[:count]
    return padded.reshape(-1, steps).mean(axis=1)


def _parts(elements: Sequence[Element]) -> list[tuple[bool, list[int]]]:
    """The speeches and the action between them: whether a part is spoken, and the indices of its elements."""
    parts: list[tuple[bool, list[int]]] = []
    for k, element in enumerate(elements):
        is_spoken = element.character is not None
        if parts and parts[-1][0] == is_spoken:
            parts[-1][1].append(k)
        else:
            parts.append((is_spoken, [k]))
    return parts


def _usual_seconds(element: Element) -> float:
    if element.kind in SPOKEN_KINDS:
        return _SECONDS_PER_WORD * len(element.text.split()) + _SECONDS_PER_LINE
    return 0.0 if element.character is not None else page_seconds(element)


def _ends(speaking: Float64Array, spoken: NDArray[np.bool_], lengths: Float64Array) -> NDArray[np.int64]:
    """The second at which each part ends, in the most probable layout.

    Args:
        speaking: (S,) probability of speech in each second.
        spoken: (P,) whether a part is spoken.
        lengths: (P,) expected length of each part in seconds.
    """
    n = len(speaking)
    fit = {
        is_spoken: np.cumsum(
            np.concatenate([[0.0], speaking * np.log(share) + (1 - speaking) * np.log(1 - share)])
        )
        for is_spoken, share in ((True, _VOICE_IN_SPEECH), (False, _VOICE_IN_ACTION))
    }
    best = np.full(n + 1, -np.inf)
    best[0] = 0.0
    chosen: list[NDArray[np.uint16]] = []
    for is_spoken, expected in zip(spoken.tolist(), lengths.tolist(), strict=True):
        candidates = np.arange(min(int(_MAX_LENGTH_RATIO * (expected + 1)), n, _MAX_LENGTH) + 1)
        prior = -0.5 * (np.log((candidates + 0.7) / (expected + 0.7)) / _LENGTH_SD) ** 2
        prior[0] = max(prior[0], _CUT_LOG_PROBABILITY)
        before, after = best - fit[is_spoken], np.full(n + 1, -np.inf)
        lengths_here = np.zeros(n + 1, np.uint16)
        for length, score in zip(candidates.tolist(), prior.tolist(), strict=True):
            better = before[: n + 1 - length] + score > after[length:]
            after[length:][better] = before[: n + 1 - length][better] + score
            lengths_here[length:][better] = length
        best = after + fit[is_spoken]
        chosen.append(lengths_here)
    ends = np.zeros(len(chosen), np.int64)
    at = n
    for k in range(len(chosen) - 1, -1, -1):
        ends[k] = at
        at -= int(chosen[k][at])
    return ends
