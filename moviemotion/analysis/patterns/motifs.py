"""Motifs: moments that follow one another more often than chance explains.

A motif is two or three feelings in order, each within a window of the one before. Its support is the number
of its first moments after which the rest follows. The null keeps every film's times and its number of
moments of each feeling, and shuffles which feeling came when: an exact permutation test. Many motifs are
tried, so p-values are adjusted by the smallest p of each shuffle (Westfall & Young, 1993, single-step minP).
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
"""Seconds from one moment's peak within which the next one's lies."""
ALPHA = 0.05
N_PERMUTATIONS = 1000


@dataclass(frozen=True)
class Motif:
    """Feelings that came in this order more often than chance explains.

    Attributes:
        feelings: two or three, in order.
        window: seconds within which each follows the one before.
        count: moments of the first feeling that the rest followed; `of` all moments of the first feeling.
        share: the one over the other, 0–1; `share_interval` its 95 % Wilson interval.
        expected: mean count in the shuffled sequences.
        p_adjusted: adjusted over all motifs and windows that were tried.
    """

    feelings: tuple[Emotion, ...]
    window: int
    count: int
    of: int
    share: float
    share_interval: tuple[float, float]
    expected: float
    p_adjusted: float


@dataclass(frozen=True)
class MotifSearchResult:
    """The outcome of a search for motifs.

    Attributes:
        motifs: those with `p_adjusted` ≤ `ALPHA`, the surest first; of one order of feelings the window that
            shows it best.
        moments: how many moments were searched; `films` in how many films.
        tried: how many motifs, windows counted.
        conclusive: false where no arrangement of these moments could have passed the test.
        conclusion: one plain sentence.
    """

    motifs: tuple[Motif, ...]
    moments: int
    films: int
    tried: int
    conclusive: bool
    conclusion: str


def find_motifs(films: Sequence[Sequence[Moment]], seed: int) -> MotifSearchResult:
    """Search the moments of one film, or of several together, for motifs.

    The chance of one or more false motifs is at most `ALPHA`. Feelings that a film heaps in one of its
    parts follow themselves more often than chance: such a motif is true, and may say no more than that.

    Args:
        films: the moments of each film.
        seed: of the shuffles.
    """
    sequences = [_peaks_and_emotions(film) for film in films if len(film) > 1]
    moments = sum(len(film) for film in films)
    used = sorted({int(k) for _, feelings in sequences for k in feelings})
    if len(used) < 2:
        number = "1 moment" if moments == 1 else f"{moments} moments"
        kinds = "all of one feeling" if used else "in all"
        return MotifSearchResult(
            (),
            moments,
            len(films),
            0,
            False,
            f"Cannot tell whether moments follow a pattern: {number} {kinds}; an order needs several of two.",
        )
    column = {feeling: k for k, feeling in enumerate(used)}
    prepared = [
        (_follows_within_window(times), np.array([column[int(k)] for k in feelings]))
        for times, feelings in sequences
    ]
    rng = np.random.default_rng(seed)
    observed = sum(_count_motifs(within, feelings[None], len(used))[0] for within, feelings in prepared)
    null = np.zeros((N_PERMUTATIONS, len(observed)), dtype=np.int64)
    for within, feelings in prepared:
        null += _count_motifs(within, rng.permuted(np.tile(feelings, (N_PERMUTATIONS, 1)), axis=1), len(used))
    # What the test could say at its surest is read from the shuffles themselves.
    adjusted, *possible = adjusted_p_values(np.vstack([observed, null]).astype(float), null.astype(float))
    firsts = np.bincount(np.concatenate([feelings for _, feelings in prepared]), minlength=len(used))
    found = [
        _build_motif(
            names, window, int(observed[k]), int(firsts[column[names[0]]]), float(null[:, k].mean()), a
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
    """Whether moments of these feelings come in this order, each within the window of the one before."""
    ends = [m.peak for m in moments if m.emotion is emotions[0]]
    for feeling in emotions[1:]:
        ends = [
            m.peak for m in moments if m.emotion is feeling and any(0 < m.peak - e <= window for e in ends)
        ]
    return bool(ends)


def _peaks_and_emotions(film: Sequence[Moment]) -> tuple[Float64Array, NDArray[np.int64]]:
    """The peaks and the feelings' columns of a film's moments, in order of time."""
    ordered = sorted(film, key=lambda m: m.peak)
    return np.array([m.peak for m in ordered]), np.array(
        [NON_NEUTRAL_EMOTIONS.index(m.emotion) for m in ordered]
    )


def _follows_within_window(times: Float64Array) -> NDArray[np.float32]:
    """(W, n, n) 1 where the second moment follows the first within the window."""
    gap = times[None, :] - times[:, None]
    return np.stack([(gap > 0) & (gap <= window) for window in WINDOWS]).astype(np.float32)


def _count_motifs(within: NDArray[np.float32], feelings: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """(R, n) sequences of k feelings → (R, W·(k² + k³)) how often each motif begins."""
    label = np.eye(k, dtype=np.float32)[feelings]
    counts = []
    for window in within:
        follows = np.minimum(window @ label, 1)
        pairs = np.einsum("rna,rnb->rab", label, follows)
        # A moment of b that c follows, itself following the first.
        chained = np.einsum("rnb,rnc->rnbc", label, follows).reshape(*label.shape[:2], k * k)
        then = np.minimum(window @ chained, 1)
        triples = np.einsum("rna,rnd->rad", label, then)
        counts += [pairs.reshape(len(label), -1), triples.reshape(len(label), -1)]
    return np.concatenate(counts, axis=1).astype(np.int64)


def _tested_motifs(used: Sequence[int]) -> list[tuple[int, tuple[int, ...]]]:
    """Window and feelings of each column of `_support`."""
    pairs = [(a, b) for a in used for b in used]
    triples = [(a, b, c) for a in used for b in used for c in used]
    return [(window, names) for window in WINDOWS for names in (*pairs, *triples)]


def _build_motif(names: Sequence[int], window: int, count: int, of: int, expected: float, p: float) -> Motif:
    low, high = wilson_interval(count, of)
    return Motif(
        tuple(NON_NEUTRAL_EMOTIONS[k] for k in names),
        window,
        count,
        of,
        count / of,
        (float(low), float(high)),
        expected,
        p,
    )


def _drop_redundant(found: Sequence[Motif]) -> tuple[Motif, ...]:
    """The surest of each order of feelings, and of two orders of which one contains the other."""
    kept: list[Motif] = []
    for motif in sorted(found, key=lambda m: (m.p_adjusted, len(m.feelings), m.window)):
        orders = [(motif.feelings, k.feelings) for k in kept] + [(k.feelings, motif.feelings) for k in kept]
        if not any(_contains(longer, part) for longer, part in orders):
            kept.append(motif)
    return tuple(kept)


def _contains(feelings: tuple[Emotion, ...], part: tuple[Emotion, ...]) -> bool:
    return any(feelings[k : k + len(part)] == part for k in range(len(feelings) - len(part) + 1))


def _conclusion(motifs: Sequence[Motif], moments: int, conclusive: bool) -> str:
    if motifs:
        return f"Among {moments} moments, these orders come more often than chance explains."
    if conclusive:
        return (
            f"The order of the {moments} moments does not stand out from chance; "
            "that does not prove that there is none."
        )
    return f"Cannot tell whether moments follow a pattern: {moments} are too few for any order to stand out."
