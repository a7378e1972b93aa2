"""A synthetic analysis, so that reports are tested without cameras or statistics."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from moviemotion.analysis.analyze import Analysis, DataQuality
from moviemotion.analysis.attention import measure_attention
from moviemotion.analysis.moments.detection import Moment, MomentSearchResult
from moviemotion.analysis.patterns.find_patterns import find_patterns
from moviemotion.analysis.script_emotions import EmotionSummary, SceneEmotions
from moviemotion.analysis.signals.affect import compute_affect
from moviemotion.analysis.signals.attention_states import DOWN, NOT_SEEN, OUT, SCREEN
from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS, AudienceCurve
from moviemotion.analysis.signals.baseline import estimate_baseline
from moviemotion.analysis.signals.mixed_emotions import find_mixed_emotions
from moviemotion.analysis.signals.reaction_delay import estimate_relative_delay
from moviemotion.analysis.signals.synchrony import film_synchrony
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.problems import Harm, Problem
from moviemotion.screenplay.alignment.align import Cue, TimedScript, TimeSource
from moviemotion.screenplay.elements import Element, ElementKind, Screenplay

LONG_SECONDS = 1000
NAN = float("nan")
SCENE = (
    (ElementKind.SCENE_HEADING, None, "INT. LIGHTHOUSE KITCHEN – NIGHT"),
    (
        ElementKind.ACTION,
        None,
        "Rain on the window. MARTA, 71, lays a table for two. One chair has a coat on it.",
    ),
    (ElementKind.CHARACTER, "MARTA", "MARTA"),
    (ElementKind.PARENTHETICAL, "MARTA", "(to the coat)"),
    (ElementKind.DIALOGUE, "MARTA", "You are late again. The soup has gone to sleep without you."),
    (
        ElementKind.ACTION,
        None,
        "The lamp overhead goes out. Comes back. Something has moved the second spoon.",
    ),
    (ElementKind.CHARACTER, "IVO", "IVO"),
    (ElementKind.DIALOGUE, "IVO", "I knocked. You were talking to my coat & <nobody> else."),
    (ElementKind.CHARACTER, "MARTA", "MARTA"),
    (ElementKind.DIALOGUE, "MARTA", "It answers more often than you do."),
    (ElementKind.ACTION, None, "They look at each other. Then both begin, helplessly, to laugh."),
    (ElementKind.TRANSITION, None, "CUT TO:"),
)
HEADINGS = (
    "INT. LIGHTHOUSE KITCHEN – NIGHT",
    "EXT. CLIFF PATH – DAWN",
    "INT. BOAT SHED – DAY",
    "EXT. HARBOUR – DUSK",
)


def _strength(viewers: int, seconds: int, peaks: list[tuple[int, Emotion]], rng: np.random.Generator):
    time = np.arange(seconds)
    strength = rng.gamma(1.2, 0.025, (viewers, seconds, len(NON_NEUTRAL_EMOTIONS)))
    for peak, emotion in peaks:
        height = rng.uniform(0.1, 0.95, (viewers, 1))
        centre = peak + rng.normal(0, 1.0, (viewers, 1))
        strength[:, :, NON_NEUTRAL_EMOTIONS.index(emotion)] += height * np.exp(
            -(((time - centre) / 3.5) ** 2)
        )
    return np.clip(strength, 0, 1)


def _interval(values: np.ndarray, viewers: np.ndarray) -> np.ndarray:
    n = np.maximum(viewers, 1).reshape(-1, *[1] * (values.ndim - 2))
    error = 1.96 * np.nanstd(values, axis=0) / np.sqrt(n)
    mean = np.nanmean(values, axis=0)
    interval = np.clip(np.stack([mean - error, mean + error]), 0, 1)
    interval[:, viewers < 2] = NAN
    return interval


def _wilson(share: np.ndarray, n: np.ndarray) -> np.ndarray:
    n = np.where(n > 0, n, np.nan)
    centre = (share + 1.92 / n) / (1 + 3.84 / n)
    half = 1.96 * np.sqrt(share * (1 - share) / n + 0.96 / n**2) / (1 + 3.84 / n)
    return np.clip(np.stack([centre - half, centre + half]), 0, 1)


def _script(seconds: int, copies: int, start: int) -> TimedScript:
    """`copies` scenes; a speech in every second one is cut, and action is timed between its neighbours."""
    elements, cues, line = [], [], 1
    count = copies * len(SCENE)
    for copy in range(copies):
        for kind, character, text in SCENE:
            k = len(elements)
            heading = HEADINGS[copy % len(HEADINGS)] if kind is ElementKind.SCENE_HEADING else text
            elements.append(Element(kind, heading, line, 1, copy + 1, character))
            begin, end = start + seconds * k / count, start + seconds * (k + 1) / count
            source = TimeSource.INTERPOLATED if kind is ElementKind.ACTION else TimeSource.SUBTITLES
            if k % 24 == 9:
                begin = end = NAN
                source = TimeSource.CUT
            cues.append(Cue(k, begin, end, source, 0.9 if source is TimeSource.SUBTITLES else 0.0))
            line += 2
    screenplay = Screenplay("The Second Spoon", Path("spoon.fountain"), ("",) * line, tuple(elements))
    timing = (
        f"From the subtitles: {count - copies} of {count} lines found; the rest lie between their neighbours."
    )
    return TimedScript(screenplay, tuple(cues), timing)


def _summary(start: float, end: float, first: int, strength: np.ndarray) -> EmotionSummary:
    nothing = EmotionSummary(start, end, None, NAN, (NAN, NAN), NAN, (NAN, NAN), 0, 0)
    if np.isnan(start):
        return nothing
    low = max(0, int(start) - first)
    part = strength[:, low : max(low + 1, int(np.ceil(end)) - first)]
    seen = ~np.isnan(part[:, :, 0]).all(axis=1)
    if not seen.any():
        return nothing
    means = np.nanmean(part[seen], axis=1)
    column = int(means.mean(axis=0).argmax())
    mean, n = float(means[:, column].mean()), int(seen.sum())
    error = 1.96 * float(means[:, column].std()) / np.sqrt(n)
    interval = (max(0.0, mean - error), min(1.0, mean + error)) if n > 1 else (NAN, NAN)
    share = float((np.nanmax(part[seen], axis=(1, 2)) > 0.3).mean())
    low_share, high_share = _wilson(np.array(share), np.array(n))
    usual = int(np.median((~np.isnan(part[:, :, 0])).sum(axis=0)))
    emotion = NON_NEUTRAL_EMOTIONS[column] if mean > 0.06 and usual >= MIN_VIEWERS else None
    return EmotionSummary(
        start, end, emotion, mean, interval, share, (float(low_share), float(high_share)), n, usual
    )


def make_analysis(
    viewers: int = 12,
    seconds: int = 150,
    scenes: int = 4,
    moments: int = 4,
    conclusive: bool = True,
    problems: tuple[Problem, ...] = (),
    nobody: tuple[int, int] = (88, 93),
    start: int = 0,
    title: str = "The Second Spoon",
    seed: int = 7,
) -> Analysis:
    """A screening with `moments` moments; nobody is seen in the seconds from `nobody[0]` to `nobody[1]`."""
    rng = np.random.default_rng(seed)
    cast = (Emotion.HAPPY, Emotion.SURPRISE, Emotion.SAD, Emotion.HAPPY, Emotion.FEAR)
    peaks = [(int((k + 0.6) * seconds / max(moments, 1)), cast[k % len(cast)]) for k in range(moments)]
    strength = _strength(viewers, seconds, peaks, rng)
    unseen = rng.random((viewers, seconds)) < 0.004
    unseen = np.stack([np.convolve(row, np.ones(6), "same") > 0 for row in unseen])
    unseen[:, nobody[0] : nobody[1]] = True
    if viewers > 3:
        unseen[2, seconds // 2 : seconds // 2 + seconds // 5] = True
    strength[unseen] = np.nan
    neutral = 1 - np.clip(np.nansum(strength, axis=2, keepdims=True), 0, 0.9)
    scores = np.concatenate([neutral, strength], axis=2).astype(np.float32)
    scores[unseen] = np.nan
    samples = np.where(unseen, 0, 5).astype(np.int32)
    # Half of the viewers look at their phones in the middle, and the first one leaves for a while.
    states = np.where(unseen, NOT_SEEN, SCREEN).astype(np.int8)
    states[: viewers // 2, seconds // 2 : seconds // 2 + 8] = DOWN
    states[0, seconds // 5 : seconds // 5 + 25] = OUT
    names = tuple(f"seat-{v + 1:02}" for v in range(viewers))
    # The search in the long film would take most of the tests' time.
    timeline = Timeline(names, start, scores, samples, attention=None if seconds > LONG_SECONDS else states)

    seen = (~unseen).sum(axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # means of seconds in which nobody was seen
        top = np.max(strength, axis=2)
        share = np.where(seen > 0, np.nansum(top > 0.3, axis=0) / np.maximum(seen, 1), np.nan)
        curve = AudienceCurve(
            np.arange(start, start + seconds),
            seen,
            np.nanmean(strength, axis=0),
            _interval(strength, seen),
            np.nanmean(top, axis=0),
            _interval(top, seen),
            share,
            _wilson(share, seen),
            np.full(seconds, 0.3),
        )
    found = []
    for peak, emotion in peaks if conclusive else []:
        column, second = NON_NEUTRAL_EMOTIONS.index(emotion), start + peak
        while seen[second - start] == 0:
            second += 1
        k = second - start
        found.append(
            Moment(
                second - 4.0,
                second + 5.0,
                float(second),
                emotion,
                float(curve.strength[k, column]),
                tuple(float(v) for v in curve.strength_interval[:, k, column]),
                float(share[k]),
                tuple(float(v) for v in curve.reacting_share_interval[:, k]),
                0.41 if viewers > 1 else NAN,
                (-0.05, 0.87) if viewers > 1 else (NAN, NAN),
                int(seen[k]),
                0.002,
                kind="mood" if len(found) == 2 else "moment",
                expected_share=0.05,
                leave_one_out=(
                    float(curve.strength[k, column]) - 0.04,
                    float(curve.strength[k, column]) + 0.02,
                ),
                replicability=0.97,
                rank_interval=(1, 3),
            )
        )
    script = _script(seconds, scenes, start) if scenes else None
    lines: tuple[EmotionSummary, ...] = ()
    laid: list[SceneEmotions] = []
    overlaps = [() for _ in found]
    if script is not None:
        lines = tuple(_summary(c.start, c.end, start, strength) for c in script.cues)
        overlaps = [
            tuple(c.element for c in script.cues if c.start < m.end and c.end > m.start) for m in found
        ]
        for scene in range(scenes):
            cues = [c for c in script.cues if c.element // len(SCENE) == scene and not np.isnan(c.start)]
            begin, end = cues[0].start, cues[-1].end
            inside = tuple(k for k, m in enumerate(found) if begin <= m.peak < end)
            laid.append(
                SceneEmotions(scene + 1, scene * len(SCENE), _summary(begin, end, start, strength), inside)
            )
    conclusion = (
        f"{len(found)} moments stand out from chance at the 5 % level."
        if conclusive
        else f"With {viewers} viewer and {seconds} seconds, nothing can be distinguished from chance."
    )
    search = MomentSearchResult(tuple(found), conclusion, conclusive, 999 if conclusive else 0, 0.05, 1)
    by_viewer = tuple(float(v) for v in (~unseen).mean(axis=1))
    refused = {"too dark or washed out": 0.013, "half covered": 0.004}
    quality = DataQuality(
        viewers,
        seconds,
        float((~unseen).mean()),
        by_viewer,
        4.9,
        refused,
        problems,
        int(np.median(seen)),
        int((seen < MIN_VIEWERS).sum()),
    )
    rest = estimate_baseline(timeline)
    mixed = tuple(find_mixed_emotions(strength, start, m.start, m.end) for m in found)
    return Analysis(
        title,
        timeline,
        rest,
        strength,
        curve,
        film_synchrony(strength),
        estimate_relative_delay(strength, seed),
        search,
        quality,
        script,
        lines,
        tuple(laid),
        tuple(overlaps),
        mixed,
        find_patterns(strength, curve, search, script, seed),
        np.ones(seconds, dtype=bool),
        compute_affect(timeline, rest, strength),
        measure_attention(timeline, seed, np.ones(seconds, dtype=bool)),
    )


@pytest.fixture(scope="session")
def make() -> Callable[..., Analysis]:
    """`make_analysis`, for tests that want another screening than `analysis`."""
    return make_analysis


@pytest.fixture(scope="session")
def long_film() -> Analysis:
    """Two hundred viewers, two hours, 110 scenes, forty moments."""
    return make_analysis(viewers=200, seconds=7200, scenes=110, moments=40)


@pytest.fixture(scope="session")
def analysis() -> Analysis:
    """Twelve viewers, 150 seconds, four scenes, four moments, one failing seat."""
    return make_analysis(
        problems=(
            Problem(
                "camera-skipped",
                Harm.MISSING,
                "the file ends in the middle of a frame; camera skipped",
                "seat-13.mp4",
            ),
        )
    )
