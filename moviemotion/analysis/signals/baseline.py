"""Each viewer's baseline, and the strength of emotions above it.

Some faces look sad or amused at rest. If this were ignored, such viewers would seem to react throughout the
film. Each viewer's emotion probabilities at rest are therefore estimated first. Strength then measures how
much the face changes from this baseline, on a scale that is the same for every viewer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.errors import SettingError
from moviemotion.statistics import Float64Array

MIN_SECONDS = 5
"""Number of seconds for which a viewer must be seen in the marked stretch for the stretch to be used."""
NEUTRAL_SHARE = 0.6
"""Fraction of a viewer's seconds, starting with the most neutral, from which the baseline is estimated."""
MAX_EMOTION_AT_REST = 0.6
"""Largest total probability of the seven emotions in a baseline that is estimated from the film.

Of 20 faces that annotators label neutral, 19 have about this total or less (`benchmarks/people.py`).
"""
LASTING_EMOTION = 0.1
"""Smallest probability in a baseline at which an emotion may be a lasting expression."""
MIN_LASTING_STEP = 2.0
"""Smallest difference in log-odds between a baseline and the calmest seconds for the baseline to be doubted.

For a face at rest, noise alone causes a difference of up to about 1.6; a lasting smile adds 2.5 or more
(`benchmarks/strength_scale.py`).
"""
CALMEST_SHARE = 0.1
"""Fraction of the seconds that count as the calmest; they are those with the least of an emotion."""
AVERAGE_REST = 0.02
"""Probability of an emotion in an average face at rest, the same for all seven emotions.

In the 9,051 faces of the FER+ train split that most annotators call neutral (Barsoum et al., 2016), each of
the seven emotions has 0.02 of their votes on average: sadness 0.09, and the others 0.01 to 0.02. One value is
used for all, since otherwise a small change in sadness would be as strong as a large change in any other
emotion, and the screen's light on the faces would pass for sadness (`benchmarks/rooms.py`).
"""
MIN_PROBABILITY = 0.01
"""Smaller probabilities count as this value when strength is computed.

Below this value, the readings of different faces still differ by factors of ten. However, hardly any
annotator sees the emotion in such a face (in at most 0.005 of the votes), so the log-odds carry no
information about it.
"""
MAX_PROBABILITY = 0.999
"""Larger probabilities count as this value when strength is computed, so that log-odds remain finite."""
_MIN_PROBABILITY = 1e-4
_MIN_RATIO_PROBABILITY = 1e-3
_CLOCK_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class TimeSpan:
    """A stretch of the film in seconds of film time; the end is exclusive."""

    start: float
    end: float


@dataclass(frozen=True)
class Baseline:
    """Each viewer's emotion probabilities at rest.

    Attributes:
        probabilities: (V, 8) emotion probabilities in the order of `EMOTIONS`; NaN for a viewer who was never
            seen.
        seconds: (V,) number of seconds on which each estimate is based; 0 for a viewer who was never seen.
        from_marked_span: (V,) whether these seconds lie in the marked stretch; if not, they were chosen from
            the entire film.
    """

    probabilities: Float64Array
    seconds: NDArray[np.int64]
    from_marked_span: NDArray[np.bool_]


def parse_time_span(text: str, setting: str = "baseline", until_end: bool = False) -> TimeSpan:
    """Parse a stretch of film time such as `0:00-0:20`, `1:02:05-1:03:00` or `0-20`.

    Args:
        text: two film times, in clock notation or in seconds, joined by a hyphen or an en dash.
        setting: the setting that contains the text, for error messages.
        until_end: whether the end may be left out, for a stretch that lasts until the film's end; it is then
            infinite.

    Raises:
        SettingError: the text has a different form, or the stretch does not end after it starts.

    Example:
        >>> parse_time_span("1:02:05-1:03:00")
        TimeSpan(start=3725.0, end=3780.0)
    """
    ends = [_CLOCK_TIME.fullmatch(part.strip()) for part in re.split("[-–]", text)]
    times = [
        sum(float(part or 0) * unit for part, unit in zip(m.groups(), (3600, 60, 1), strict=True))
        for m in ends
        if m
    ]
    form = "START-END, such as 0:00-0:20" + (", or only START" if until_end else "")
    if len(times) != len(ends) or len(ends) not in ((1, 2) if until_end else (2,)):
        raise SettingError(
            "invalid-time-span",
            f"{{{setting}}} {{text}}: not a valid stretch of film time; enter {form}",
            text=text,
        )
    start, end = times[0], times[1] if len(times) == 2 else inf
    if not start < end:
        raise SettingError(
            "empty-time-span",
            f"{{{setting}}} {{text}}: the end is not after the start; enter {form}",
            text=text,
        )
    return TimeSpan(start, end)


def estimate_baseline(timeline: Timeline, marked_span: TimeSpan | None = None) -> Baseline:
    """Estimate each viewer's baseline.

    The baseline describes the peaks of seconds (`Timeline.at_peak`), because strength is computed from peaks.
    If a stretch is marked, the baseline is the mean over it. Without a marked stretch, or for a viewer who
    was seen in it for less than `MIN_SECONDS`, the baseline is estimated from the entire film as the state to
    which the face keeps returning: the mode of each emotion's log-odds over the more neutral seconds. The
    mode reflects the resting face even for a viewer who smiles through half of the film, whereas the median
    would lie between rest and smile. The total probability of the seven emotions is limited to
    `MAX_EMOTION_AT_REST`; otherwise, if a viewer cried throughout the film, crying would become the baseline
    and would never be reported. The strength of the crying is still underestimated; `lasting_emotions` finds
    such viewers.

    Args:
        timeline: the timeline of all viewers.
        marked_span: film time in which viewers are known to be at rest, such as before the titles.

    Raises:
        SettingError: the marked stretch lies outside the timeline.
    """
    viewers, seconds = timeline.sample_counts.shape
    seen = timeline.sample_counts > 0
    within = np.zeros(seconds, dtype=bool)
    if marked_span is not None:
        film_second = timeline.start + np.arange(seconds)
        within = (film_second >= np.floor(marked_span.start)) & (film_second < marked_span.end)
        if not within.any():
            raise SettingError(
                "time-span-outside-film",
                "{baseline} {span}: outside the analyzed film time, {first}–{last} s; "
                "choose a stretch within this time",
                span=f"{marked_span.start:g}-{marked_span.end:g}",
                first=timeline.start,
                last=timeline.start + seconds,
            )
    probabilities = np.full((viewers, len(EMOTIONS)), np.nan)
    at_peak = timeline.at_peak()
    count, is_marked = np.zeros(viewers, dtype=np.int64), np.zeros(viewers, dtype=bool)
    for v in range(viewers):
        marked = seen[v] & within
        marked_seconds, all_seconds = int(marked.sum()), int(seen[v].sum())
        if marked_seconds >= MIN_SECONDS:
            resting = at_peak[v, marked].astype(np.float64).mean(axis=0)
            probabilities[v] = resting / resting.sum()
            count[v], is_marked[v] = marked_seconds, True
        elif all_seconds:
            probabilities[v] = _resting_probabilities(at_peak[v, seen[v]].astype(np.float64))
            count[v] = _neutral_count(all_seconds)
    return Baseline(probabilities, count, is_marked)


def strength_above_baseline(timeline: Timeline, baseline: Baseline) -> Float64Array:
    """Compute the strength of each emotion above the viewer's baseline.

    Strength is the change in log-odds from the viewer's resting face, converted to a scale from 0 to 1 by
    applying the same change to an average face at rest, whose probability is r₀ (`AVERAGE_REST`):

        strength = max(0, (q − r₀) / (1 − r₀)), where logit q = logit p − logit rest + logit r₀

    Both p and the resting probability are peaks of seconds (`Timeline.peak`), so that a laugh of half a
    second has its full strength. The probability of an emotion is the fraction of annotators who would choose
    it (the emotion model is trained on annotators' votes and calibrated; Barsoum et al., 2016), and this
    fraction increases with the intensity of the expression (Hess, Blairy & Kleck, 1997). Strength is
    therefore the fraction of annotators who would name the emotion after this change, among those who do not
    name it in an average face at rest. For example, 0.6 means that of ten annotators who see no joy in an
    average face at rest, six would see joy in it if it changed as this viewer's face did.

    The same change in log-odds has the same strength for every viewer and every emotion. With the simpler
    formula (p − rest) / (1 − rest), a change of +4 would have a strength of 0.41 for a viewer whose joy at
    rest is 0.013, but of 0.94 if it is 0.3. For a resting probability of r₀, the two formulas agree.

    Probabilities are limited to `MIN_PROBABILITY` and `MAX_PROBABILITY` first. If the resting face has a high
    probability of an emotion, only a limited change in that emotion can therefore be measured: at most 6.9
    from a resting probability of 0.5.

    Args:
        timeline: the timeline of all viewers.
        baseline: the baseline of the same viewers.

    Returns:
        (V, S, 7) strengths 0–1 in the order of `NON_NEUTRAL_EMOTIONS`; NaN where the viewer was not seen.
    """
    columns = [EMOTIONS.index(emotion) for emotion in NON_NEUTRAL_EMOTIONS]
    average = np.array(AVERAGE_REST)
    # Adding log-odds means multiplying odds, which needs no logarithm for every second.
    now = _odds(timeline.at_peak()[:, :, columns].astype(np.float64))
    moved = now / _odds(baseline.probabilities[:, None, columns]) * _odds(average)
    # This is rounded in the same way as `moved`, so that the strength at rest is exactly 0.
    rest = _odds(average) / (1 + _odds(average))
    return np.maximum((moved / (1 + moved) - rest) / (1 - rest), 0)


def lasting_emotions(timeline: Timeline, baseline: Baseline) -> tuple[Emotion | None, ...]:
    """Find viewers whose baseline may reflect a lasting emotion rather than their resting face.

    If a viewer is amused in about two thirds of the seconds or more, the amused face becomes the baseline,
    and amusement can no longer be measured. There are two signs of this:

    - An emotion has a probability of at least `LASTING_EMOTION` in the baseline, and a much lower one in the
      calmest seconds. The difference exceeds `MIN_LASTING_STEP`, in log-odds relative to neutral, which do
      not change when other emotions come and go.
    - The seven emotions together reach `MAX_EMOTION_AT_REST`, and the baseline does not come from a marked
      stretch.

    Args:
        timeline: the timeline of all viewers.
        baseline: the baseline of the same viewers.

    Returns:
        For each viewer, the emotion that may have lasted; None for a viewer with a reliable baseline.
    """
    neutral = EMOTIONS.index(Emotion.NEUTRAL)
    columns = [EMOTIONS.index(emotion) for emotion in NON_NEUTRAL_EMOTIONS]
    found: list[Emotion | None] = []
    at_peak = timeline.at_peak()
    for v, at_rest in enumerate(baseline.probabilities):
        if not baseline.seconds[v]:
            found.append(None)
            continue
        seen = at_peak[v, timeline.sample_counts[v] > 0].astype(np.float64)
        calmest = np.quantile(_log_ratio(seen[:, columns], seen[:, [neutral]]), CALMEST_SHARE, axis=0)
        step = _log_ratio(at_rest[columns], at_rest[neutral]) - calmest
        lasting = (at_rest[columns] >= LASTING_EMOTION) & (step > MIN_LASTING_STEP)
        at_limit = at_rest[neutral] < 1 - MAX_EMOTION_AT_REST + 1e-6 and not baseline.from_marked_span[v]
        candidates = np.where(lasting | (at_limit and not lasting.any()), at_rest[columns], 0)
        found.append(NON_NEUTRAL_EMOTIONS[int(candidates.argmax())] if candidates.any() else None)
    return tuple(found)


def _log_ratio(numerator: Float64Array, denominator: ArrayLike) -> Float64Array:
    log_numerator, log_denominator = (
        np.log(np.maximum(p, _MIN_RATIO_PROBABILITY)) for p in (numerator, denominator)
    )
    return np.asarray(log_numerator - log_denominator)


def _odds(probabilities: Float64Array) -> Float64Array:
    p = np.clip(probabilities, MIN_PROBABILITY, MAX_PROBABILITY)
    return np.asarray(p / (1 - p))


def _resting_probabilities(probabilities: Float64Array) -> Float64Array:
    """(n, 8) values at the peaks → (8,) modes of the emotions' log-odds in the more neutral seconds."""
    # Probabilities accumulate near 0 and 1, where the mode would depend on clipping; log-odds do not.
    most_neutral_first = np.argsort(-probabilities[:, EMOTIONS.index(Emotion.NEUTRAL)], kind="stable")
    chosen = probabilities[most_neutral_first[: _neutral_count(len(probabilities))]]
    p = np.clip(chosen, _MIN_PROBABILITY, 1 - _MIN_PROBABILITY)
    modes = np.array([_half_sample_mode(log_odds) for log_odds in np.log(p / (1 - p)).T])
    resting = 1 / (1 + np.exp(-modes))
    resting /= resting.sum()
    # The modes of the emotions need not sum to 1, and may describe a viewer who is never at rest.
    emotion_total = 1 - resting[EMOTIONS.index(Emotion.NEUTRAL)]
    at_rest = min(emotion_total, MAX_EMOTION_AT_REST)
    resting *= at_rest / max(emotion_total, _MIN_PROBABILITY)
    resting[EMOTIONS.index(Emotion.NEUTRAL)] = 1 - at_rest
    return resting


def _neutral_count(seconds: int) -> int:
    return int(np.ceil(NEUTRAL_SHARE * seconds))


def _half_sample_mode(values: Float64Array) -> float:
    """Estimate the mode as the mean of the densest quarter of the values.

    The half-sample mode (Bickel & Frühwirth, 2006) takes the shortest interval that contains half of the
    values and repeats this step within it until two values are left. Here, the procedure stops after two
    steps, because the densest quarter is nearly as close to the mode, and its mean varies less.
    """
    x = np.sort(values)
    for _ in range(2):
        half = (len(x) + 1) // 2
        start = int((x[half - 1 :] - x[: len(x) - half + 1]).argmin())
        x = x[start : start + half]
    return float(x.mean())
