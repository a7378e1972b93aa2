"""Motifs: sequences of moments that recur more often than chance would explain.

A motif is a sequence of two or three emotions, each within a time window after the previous one. The count of
a motif is the number of moments of the first emotion that are followed by the other emotions.

The null distribution preserves the times of each film's moments and the number of moments of each emotion,
and permutes the emotions among the moments. The test therefore concerns only the order, not how often an
emotion occurs or how dense the moments are. Because many motifs and windows are tested, p-values are adjusted
using the smallest p-value in each permutation (Westfall & Young, 1993, single-step minP).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.moments.detection import Moment
from moviemotion.analysis.moments.null_model import adjusted_p_values
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.statistics import Float64Array, wilson_interval

WINDOWS = (30, 90, 240)
"""Windows to try: the largest number of seconds from the peak of one moment to the peak of the next."""
ALPHA = 0.05
N_PERMUTATIONS = 1000


@dataclass(frozen=True)
class Motif:
    """A sequence of emotions that recurs more often than chance would explain.

    Attributes:
        emotions: two or three emotions, in order.
        window: largest number of seconds between each emotion and the next.
        count: number of moments of the first emotion that were followed by the others.
        first_emotion_count: total number of moments of the first emotion.
        share: `count` / `first_emotion_count`, 0–1.
        share_interval: 95 % Wilson interval of `share`.
        expected: mean count in the permuted sequences.
        p_adjusted: p-value, adjusted for all motifs and windows that were tested.
    """

    emotions: tuple[Emotion, ...]
    window: int
    count: int
    first_emotion_count: int
    share: float
    share_interval: tuple[float, float]
    expected: float
    p_adjusted: float


@dataclass(frozen=True)
class MotifSearchResult:
    """The outcome of a search for motifs.

    Attributes:
        motifs: the motifs with `p_adjusted` ≤ `ALPHA`, sorted by p-value; for each sequence of emotions, only
            the window with the smallest p-value.
        moments: number of moments that were searched.
        films: number of films from which the moments come.
        tried: number of motifs that were tested, counting each window separately.
        conclusive: false if no order of these moments could have been significant.
        conclusion: a human-readable statement of the outcome.
    """

    motifs: tuple[Motif, ...]
    moments: int
    films: int
    tried: int
    conclusive: bool
    conclusion: str


def find_motifs(films: Sequence[Sequence[Moment]], seed: int) -> MotifSearchResult:
    """Search the moments of one or more films for motifs.

    The probability of one or more false motifs is at most `ALPHA`. An emotion that is concentrated in one
    part of a film follows itself more often than chance would explain. Such a motif is real, but may reflect
    nothing more than this concentration.

    Args:
        films: the moments of each film.
        seed: random seed for the permutations.
    """
    sequences = [_peaks_and_emotions(film) for film in films if len(film) > 1]
    moments = sum(len(film) for film in films)
    used = sorted({int(k) for _, emotions in sequences for k in emotions})
    if len(used) < 2:
        number = "1 moment" if moments == 1 else f"{moments} moments"
        what = f"{number}, all of one emotion" if used else number
        return MotifSearchResult(
            (),
            moments,
            len(films),
            0,
            False,
            f"Inconclusive: {what}; a motif requires several moments of at least two emotions.",
        )
    column = {emotion: k for k, emotion in enumerate(used)}
    prepared = [
        (_follows_within_window(times), np.array([column[int(k)] for k in emotions]))
        for times, emotions in sequences
    ]
    rng = np.random.default_rng(seed)
    observed = sum(_count_motifs(within, emotions[None], len(used))[0] for within, emotions in prepared)
    null = np.zeros((N_PERMUTATIONS, len(observed)), dtype=np.int64)
    for within, emotions in prepared:
        null += _count_motifs(within, rng.permuted(np.tile(emotions, (N_PERMUTATIONS, 1)), axis=1), len(used))
    # The smallest p-value of each permutation shows what this test could have found at best. If none reaches
    # ALPHA, a negative result is not informative.
    adjusted, *possible = adjusted_p_values(np.vstack([observed, null]).astype(float), null.astype(float))
    emotion_counts = np.bincount(np.concatenate([emotions for _, emotions in prepared]), minlength=len(used))
    found = [
        _build_motif(
            names,
            window,
            int(observed[k]),
            int(emotion_counts[column[names[0]]]),
            float(null[:, k].mean()),
            a,
        )
        for k, (window, names) in enumerate(_tested_motifs(used))
        if (a := float(adjusted[k])) <= ALPHA
    ]
    motifs = _drop_redundant(found)
    conclusive = bool(motifs) or float(np.min(possible)) <= ALPHA
    return MotifSearchResult(
        motifs, moments, len(films), len(observed), conclusive, _conclusion(motifs, moments, conclusive)
    )


def contains_motif(moments: Sequence[Moment], emotions: Sequence[Emotion], window: int) -> bool:
    """Whether moments of these emotions occur in order, each within `window` seconds of the previous one.

    Args:
        moments: the moments of one film, in any order.
        emotions: the emotions, in the order to look for.
        window: largest number of seconds between consecutive peaks.
    """
    ends = [m.peak for m in moments if m.emotion is emotions[0]]
    for emotion in emotions[1:]:
        ends = [
            m.peak for m in moments if m.emotion is emotion and any(0 < m.peak - e <= window for e in ends)
        ]
    return bool(ends)


def _peaks_and_emotions(film: Sequence[Moment]) -> tuple[Float64Array, NDArray[np.int64]]:
    """Return the peaks of a film's moments and the columns of their emotions, in chronological order."""
    ordered = sorted(film, key=lambda m: m.peak)
    return np.array([m.peak for m in ordered]), np.array(
        [NON_NEUTRAL_EMOTIONS.index(m.emotion) for m in ordered]
    )


def _follows_within_window(times: Float64Array) -> NDArray[np.float32]:
    """(W, n, n) 1 if the second moment follows the first within the window, else 0."""
    gap = times[None, :] - times[:, None]
    return np.stack([(gap > 0) & (gap <= window) for window in WINDOWS]).astype(np.float32)


def _count_motifs(within: NDArray[np.float32], emotions: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """(R, n) sequences of k emotions → (R, W·(k² + k³)) count of each motif."""
    label = np.eye(k, dtype=np.float32)[emotions]
    counts = []
    for window in within:
        follows = np.minimum(window @ label, 1)
        pairs = np.einsum("rna,rnb->rab", label, follows)
        # First, the moments of b that are followed by c; then, whether one of these follows each moment of a.
        chained = np.einsum("rnb,rnc->rnbc", label, follows).reshape(*label.shape[:2], k * k)
        then = np.minimum(window @ chained, 1)
        triples = np.einsum("rna,rnd->rad", label, then)
        counts += [pairs.reshape(len(label), -1), triples.reshape(len(label), -1)]
    return np.concatenate(counts, axis=1).astype(np.int64)


def _tested_motifs(used: Sequence[int]) -> list[tuple[int, tuple[int, ...]]]:
    """Window and emotions of each column of `_count_motifs`."""
    pairs = [(a, b) for a in used for b in used]
    triples = [(a, b, c) for a in used for b in used for c in used]
    return [(window, names) for window in WINDOWS for names in (*pairs, *triples)]


def _build_motif(
    columns: Sequence[int], window: int, count: int, first_emotion_count: int, expected: float, p: float
) -> Motif:
    low, high = wilson_interval(count, first_emotion_count)
    return Motif(
        emotions=tuple(NON_NEUTRAL_EMOTIONS[k] for k in columns),
        window=window,
        count=count,
        first_emotion_count=first_emotion_count,
        share=count / first_emotion_count,
        share_interval=(float(low), float(high)),
        expected=expected,
        p_adjusted=p,
    )


def _drop_redundant(found: Sequence[Motif]) -> tuple[Motif, ...]:
    """If motifs contain one another, keep the one with the smallest p-value; if tied, keep the shortest."""
    accepted: list[Motif] = []
    for motif in sorted(found, key=lambda m: (m.p_adjusted, len(m.emotions), m.window)):
        if not any(
            _contains(motif.emotions, other.emotions) or _contains(other.emotions, motif.emotions)
            for other in accepted
        ):
            accepted.append(motif)
    return tuple(accepted)


def _contains(emotions: tuple[Emotion, ...], part: tuple[Emotion, ...]) -> bool:
    return any(emotions[k : k + len(part)] == part for k in range(len(emotions) - len(part) + 1))


def _conclusion(motifs: Sequence[Motif], moments: int, conclusive: bool) -> str:
    if motifs:
        return f"Among {moments} moments, these sequences recur more often than chance would explain."
    if conclusive:
        return (
            f"No sequence among the {moments} moments recurs more often than chance would explain. "
            "That does not prove that there is none."
        )
    return f"Inconclusive: {moments} moments are too few for any motif to be significant."
