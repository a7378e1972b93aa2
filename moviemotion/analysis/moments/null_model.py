"""The null model for moments: the same viewers, out of step with each other.

Each viewer's scores are shifted in time by a random number of seconds, up to twenty for moments, in either
direction. This preserves how often, how long and how strongly each viewer reacts. It also preserves in which
parts of the film the room is lively or calm: while people chat before the film, everybody smiles more often,
and so do the shifted viewers. The shifts remove only synchrony on a scale of seconds. Circular shifts over
the whole film (Kauppi et al., 2010) would spread the reactions of a lively stretch over the entire film, and
every lively stretch would then appear to be shared. Shifting within a window corresponds to the jitter method
of spike-train analysis (Amarasingham et al., 2012).

Viewers who sit next to each other can be shifted as one block, because they may infect each other.

The null distribution consists of the maximum of each shifted audience over all seconds, so no assumption
about the dependence between seconds is needed (Westfall & Young, 1993).
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from moviemotion.statistics import Float64Array

_BATCH_SIZE = 16
"""Number of shifted audiences that one thread computes at a time."""


def null_maxima(
    scores: NDArray[np.float32],
    eligible: NDArray[np.bool_],
    reach: int,
    blocks: NDArray[np.int64],
    count: int,
    rng: np.random.Generator,
) -> Float64Array:
    """Compute the largest sum of scores over viewers in each of `count` shifted audiences.

    Beyond its ends, each curve is continued by its reflection.

    Args:
        scores: (V, S, F) each viewer's scores, 0 where not seen.
        eligible: (S,) seconds that can be evidence; the others are ignored.
        reach: largest shift in either direction, in seconds; less than S.
        blocks: (V,) block of each viewer, numbered from 0; the viewers of a block are shifted together.
        count: number of shifted audiences.
        rng: random generator for the shifts.

    Returns:
        (count, F) maximum over the eligible seconds for each audience and emotion.
    """
    seconds = scores.shape[1]
    block_shifts = rng.integers(-reach, reach + 1, size=(count, int(blocks.max()) + 1))
    starts = reach - block_shifts[:, blocks]
    reflected = np.pad(scores, ((0, 0), (reach, reach), (0, 0)), mode="reflect")

    def maxima(batch: NDArray[np.int64]) -> list[NDArray[np.float32]]:
        totals = [np.zeros_like(scores[0]) for _ in batch]
        # Process one viewer at a time, so that the curve stays in the CPU cache while it is added to all
        # audiences.
        for curve, of_viewer in zip(reflected, batch.T.tolist(), strict=True):
            for total, start in zip(totals, of_viewer, strict=True):
                np.add(total, curve[start : start + seconds], out=total)
        return [total[eligible].max(axis=0) for total in totals]

    batches = [starts[at : at + _BATCH_SIZE] for at in range(0, count, _BATCH_SIZE)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # NumPy releases the GIL during addition
        return np.array([maximum for batch in pool.map(maxima, batches) for maximum in batch], np.float64)


def sum_over_viewers(scores: NDArray[np.float32]) -> Float64Array:
    """Sum the scores as `null_maxima` does: one viewer after another, in single precision.

    If the same viewers react in the observed and in a shifted audience, the two sums are then equal to the
    last digit. If the sums were rounded differently, ties would be broken at random, and a plateau that every
    shifted audience reaches could seem to exceed all of them.

    Args:
        scores: (V, S, F) each viewer's scores, 0 where not seen.

    Returns:
        (S, F) sums.
    """
    total = np.zeros_like(scores[0])
    for curve in scores:
        np.add(total, curve, out=total)
    return total.astype(np.float64)


def adjusted_p_values(observed: Float64Array, null_maxima: Float64Array) -> Float64Array:
    """Adjust p-values for all seconds and emotions (Westfall & Young, 1993, single-step minP).

    Comparison with the maxima corrects for the seconds within one emotion. Because the tails of the
    distributions differ between emotions, emotions are combined on the scale of p-values: each raw p-value is
    compared with the smallest p-value of every shifted audience. Counting the observed audience as one of the
    permutations (the 1 in both counts) keeps the test exact and p above 0 (Phipson & Smyth, 2010).

    Args:
        observed: (S, F) sums over the viewers.
        null_maxima: (n, F) largest sum of each shifted audience.

    Returns:
        (S, F) p-values adjusted for every second and emotion.
    """
    ranked = np.sort(null_maxima, axis=0)

    def raw_p_values(statistic: Float64Array, column: int) -> Float64Array:
        at_least = len(ranked) - np.searchsorted(ranked[:, column], statistic, side="left")
        return np.asarray((1 + at_least) / (1 + len(ranked)))

    columns = range(observed.shape[1])
    raw = np.stack([raw_p_values(observed[:, k], k) for k in columns], axis=1)
    smallest = np.sort(np.stack([raw_p_values(null_maxima[:, k], k) for k in columns], axis=1).min(axis=1))
    return np.asarray((1 + np.searchsorted(smallest, raw, side="right")) / (1 + len(smallest)))
