"""Change points: times at which the level of the audience's emotions changes, abruptly or over minutes.

The film is divided into 120 equal segments, and each viewer's segment means are replaced by their ranks
within the film, so that it does not matter how strongly or on which scale a face reacts. At each boundary
between segments, a viewer's level in the ten segments after it is compared with the level in the ten segments
before it. A level is the *median* rank, so a laugh, a lively scene or any other burst shorter than half of
the ten segments does not count. The viewers' changes are summed, and the sum has to pass two tests.

1. *Do the viewers change together?* If they do not, each viewer's changes are as likely to go one way as the
   other. The signs of all changes of a viewer are therefore flipped together, at random for each viewer. The
   observed change is compared with the largest change of each flipped audience, at any time and in any
   emotion. This allows for any personal drift, however slow.
2. *Does the change stand out from the rest of the film?* All faces may sag, the light may change slowly, or
   the mood may drift. Then the level changes at all times, and the largest change is only a few times as
   large as the usual one. The change must therefore be `MIN_RATIOS` times as large as the median change of
   the same emotion. This ratio compares a curve with itself. Its distribution is therefore nearly the same
   for shared noise with any autocorrelation, from white noise to a random walk, and a steady drift only makes
   it smaller. `benchmarks/pattern_claims.py` measures how often such curves exceed `MIN_RATIOS`.

The second test has a cost. A change that takes more than about a quarter of the film is regarded as a drift,
and no change stands out in a film whose mood changes all the time. No test can distinguish an abrupt change
of the light or of the cameras from a change of mood.

The start and end of a change are those of the best least-squares fit of a level, a straight slope and
another level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.statistics import Float64Array, average_ranks, paired_difference_interval

N_SEGMENTS = 120
"""Number of equal segments into which the film is divided."""
WINDOW = 10
"""Number of segments on each side of a change over which a level is measured."""
MIN_RATIOS = (5.7, 6.4, 6.9, 7.2, 7.5, 7.7, 7.8)
"""Smallest change that stands out, as a multiple of the film's median change, for 1, 2, … tested emotions.

For 1 to 7 independent emotions, the largest ratio exceeds this value in 5 % of 20,000 simulated random walks
that are not converted to ranks. The fraction is smaller for stationary autoregressive curves and for ranks,
which have shorter tails.
"""
MIN_CHANGE = 0.05
"""Smallest change of the audience's mean strength that is reported. An emotion that never changes by this
much between two neighboring stretches is not tested."""
MIN_VIEWERS = 6
"""Smallest number of viewers; with five, even a change of all in the same direction has p = 2 / 2⁵ = 0.06."""
MIN_SECONDS = 1200
"""Length in seconds of the shortest film that is searched; a level is then measured over 100 s."""
MIN_SEEN = 5
"""A second is used if this many viewers, and half of all viewers, are seen in it; otherwise, the few who are
found in a dark scene would represent the entire audience."""
ALPHA = 0.05
N_SIGN_FLIPS = 999
N_RESAMPLES = 200
"""Number of resampled audiences used for the intervals of a change's start and end."""


@dataclass(frozen=True)
class ChangePoint:
    """A lasting change in the level of an emotion.

    Attributes:
        start, end: seconds of film time between which the level changes; equal for an abrupt change.
        start_interval, end_interval: the middle 95 % of `start` and `end` in resampled audiences, widened by
            half a segment at each end.
        emotion: the emotion whose level changes most.
        before, after: mean over viewers of their median strength of that emotion in the `WINDOW` segments
            before `start` and after `end`, 0–1; over fewer segments near the film's ends and other changes.
        change: `after` − `before`, over the viewers seen in both stretches.
        change_interval: 95 % interval of `change` (paired Student's t).
        viewers: number of viewers who were seen in both stretches.
        same_direction: number of these viewers whose level changed in the direction of `change`.
        p_adjusted: p-value of the first test, adjusted for testing the whole film.
        ratio: size of the change as a multiple of the film's median change; NaN if that is 0.
    """

    start: float
    end: float
    start_interval: tuple[float, float]
    end_interval: tuple[float, float]
    emotion: Emotion
    before: float
    after: float
    change: float
    change_interval: tuple[float, float]
    viewers: int
    same_direction: int
    p_adjusted: float
    ratio: float


@dataclass(frozen=True)
class ChangePointSearchResult:
    """The outcome of a search for change points.

    Attributes:
        changes: the change points, in chronological order.
        conclusive: false if there were too few viewers or seconds.
        conclusion: a human-readable statement of the outcome.
    """

    changes: tuple[ChangePoint, ...]
    conclusive: bool
    conclusion: str


def find_change_points(strength: Float64Array, first_second: int, seed: int) -> ChangePointSearchResult:
    """Search a screening for change points.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.
        first_second: film second of the first column.
        seed: random seed for the sign flips and the resampling.
    """
    segments = _segment_means(strength)
    changes = _level_changes(_ranks(segments))
    known = ~np.isnan(changes[:, :, 0])
    enough = known.sum(axis=0) >= np.maximum(MIN_VIEWERS, known.any(axis=1).sum() / 2)
    reason = _insufficient_data(int(known.any(axis=1).sum()), strength.shape[1], int(enough.sum()))
    if reason:
        return ChangePointSearchResult((), False, reason)
    rng = np.random.default_rng(seed)
    size, null = _sizes_and_null(np.where(known[:, :, None], changes, 0), known, enough, rng)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.nan_to_num(size / np.median(size[enough], axis=0), posinf=np.inf)
    p = (1 + (null[:, None, None] >= size).sum(axis=0)) / (1 + N_SIGN_FLIPS)
    tested = _largest_mean_changes(segments) >= MIN_CHANGE
    stands_out = ratio >= MIN_RATIOS[max(int(tested.sum()) - 1, 0)]
    peaks = _peaks(size, tested & stands_out & (p <= ALPHA))
    at = [boundary + WINDOW for boundary, _ in peaks]
    step = strength.shape[1] / N_SEGMENTS
    found = (
        _build_change_point(
            segments, (begin, end), peak[1], first_second, step, (float(p[peak]), float(ratio[peak])), rng
        )
        for peak, begin, end in zip(peaks, [0, *at], [*at[1:], N_SEGMENTS], strict=False)
    )
    kept = tuple(change for change in found if abs(change.change) >= MIN_CHANGE)
    return ChangePointSearchResult(kept, True, _conclusion(len(kept)))


def _insufficient_data(viewers: int, seconds: int, boundaries: int) -> str:
    if viewers < MIN_VIEWERS:
        were = "1 viewer was" if viewers == 1 else f"{viewers} viewers were"
        return (
            f"Inconclusive: {were} seen long enough; finding changes of mood requires at least {MIN_VIEWERS}."
        )
    if seconds < MIN_SECONDS:
        return (
            f"Inconclusive: the film is {seconds // 60} min {seconds % 60} s long; finding changes of mood "
            f"requires at least {MIN_SECONDS // 60} minutes."
        )
    if boundaries < (N_SEGMENTS - 2 * WINDOW) / 2:
        return (
            "Inconclusive: in more than half of the film, too few viewers were seen to find changes of mood."
        )
    return ""


def _conclusion(changes: int) -> str:
    if not changes:
        return (
            "No lasting change in the audience's mood stands out from its usual ups and downs. "
            "That does not prove that there was none."
        )
    return (
        f"The audience's mood changes lastingly {changes} time{'s' if changes > 1 else ''}. "
        f"Where viewers share no change, or only a slow drift, this search finds one in at most "
        f"{ALPHA * 100:.0f}\N{NO-BREAK SPACE}% of films."
    )


def _segment_means(strength: Float64Array) -> Float64Array:
    """(V, S, 7) → (V, `N_SEGMENTS`, 7) mean over the seconds in which enough of the audience was seen."""
    seen = ~np.isnan(strength[:, :, 0])
    seen &= seen.sum(axis=0) >= max(MIN_SEEN, seen.any(axis=1).sum() / 2)
    segment = np.arange(strength.shape[1]) * N_SEGMENTS // max(strength.shape[1], 1)
    member = (segment[:, None] == np.arange(N_SEGMENTS)).astype(float)
    total = np.where(seen[:, :, None], strength, 0).transpose(0, 2, 1) @ member
    with np.errstate(invalid="ignore"):
        return np.asarray((total / (seen @ member)[:, None]).transpose(0, 2, 1))


def _largest_mean_changes(segments: Float64Array) -> Float64Array:
    """(V, P, 7) → (7,) largest change in median strength at any boundary, as the mean over viewers."""
    changes = _level_changes(segments)
    known = ~np.isnan(changes)
    return np.asarray(
        np.abs(np.where(known, changes, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)).max(axis=0)
    )


def _ranks(segments: Float64Array) -> Float64Array:
    """(V, P, 7) → (V, P, 7) rank of each segment among those of the same viewer and emotion, 0–1."""
    ranks = np.full(segments.shape, np.nan)
    for viewer, seen in enumerate(~np.isnan(segments[:, :, 0])):
        if seen.any():
            ranks[viewer, seen] = (average_ranks(segments[viewer, seen]) - 0.5) / seen.sum()
    return ranks


def _level_changes(segments: Float64Array) -> Float64Array:
    """(V, P, 7) → (V, P − 2 `WINDOW` + 1, 7) median after each boundary minus median before it.

    A level is NaN if fewer than half of its segments are known.
    """
    windows = np.sort(sliding_window_view(segments, WINDOW, axis=1), axis=-1)  # NaN comes last
    known = (~np.isnan(windows)).sum(axis=-1, keepdims=True)
    low, high = (
        np.take_along_axis(windows, np.clip(index, 0, WINDOW - 1), axis=-1)[..., 0]
        for index in ((known - 1) // 2, known // 2)
    )
    levels = np.where(known[..., 0] >= WINDOW / 2, (low + high) / 2, np.nan)
    return np.asarray(levels[:, WINDOW:] - levels[:, :-WINDOW])


def _sizes_and_null(
    changes: Float64Array, known: NDArray[np.bool_], enough: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[Float64Array, Float64Array]:
    """Compute the size of the audience's change at each boundary, and the largest one after sign flips.

    The size is the absolute sum of the viewers' changes, divided by the square root of the number of viewers.

    Args:
        changes: (V, B, 7) level changes, 0 where unknown.
        known: (V, B) whether the level changes are known.
        enough: (B,) whether the changes of enough viewers are known at each boundary.
        rng: random generator for the sign flips.

    Returns:
        (B, 7) sizes, 0 where the changes of too few viewers are known, and the (`N_SIGN_FLIPS`,) largest
        sizes after each sign flip.
    """
    viewers, boundaries, emotions = changes.shape
    scaled = np.where(known & enough, 1 / np.sqrt(np.maximum(known.sum(axis=0), 1)), 0)[:, :, None] * changes
    signs = rng.integers(0, 2, (N_SIGN_FLIPS + 1, viewers)) * 2.0 - 1
    signs[0] = 1
    sizes = np.abs(signs @ scaled.reshape(viewers, -1))
    return sizes[0].reshape(boundaries, emotions), sizes[1:].max(axis=1)


def _peaks(size: Float64Array, passes: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Find the largest sizes that pass both tests, at least `WINDOW` boundaries apart.

    Returns:
        The boundary and the emotion of each, in chronological order.
    """
    left, peaks = np.where(passes, size, 0), []
    while left.any():
        boundary, emotion = (int(k) for k in np.unravel_index(left.argmax(), left.shape))
        around = slice(max(boundary - WINDOW, 0), boundary + WINDOW + 1)
        # A boundary on the slope of a larger change is not a separate change.
        if size[boundary, emotion] >= size[around, emotion].max():
            peaks.append((boundary, emotion))
        left[around] = 0
    return sorted(peaks)


def _build_change_point(
    segments: Float64Array,
    section: tuple[int, int],
    emotion: int,
    first_second: int,
    step: float,
    evidence: tuple[float, float],
    rng: np.random.Generator,
) -> ChangePoint:
    """Locate and measure one change.

    Args:
        segments: (V, P, 7) segment means.
        section: first and last (exclusive) segment between the changes before and after this one.
        first_second: film second of the first column.
        step: seconds per segment.
        evidence: p-value and ratio.
        rng: random generator for the resampling.
    """
    part = segments[:, section[0] : section[1]]
    slopes, starts, ends = _slopes(part.shape[1])
    drawn = rng.multinomial(len(part), np.full(len(part), 1 / len(part)), size=N_RESAMPLES)
    curves = _audience_means(part[:, :, [emotion]], np.vstack([np.ones(len(part)), drawn]))[:, :, 0]
    best = np.abs(slopes @ curves.T).argmax(axis=0)
    start, end = int(starts[best[0]]), int(ends[best[0]])
    before = _viewer_levels(part[:, max(start - WINDOW, 0) : start, emotion])
    after = _viewer_levels(part[:, end : end + WINDOW, emotion])
    mean, low, high = paired_difference_interval(before, after)
    both = ~np.isnan(before + after)
    at = first_second + step * (section[0] + np.stack([starts[best], ends[best]]))
    lows, highs = np.percentile(at[:, 1:], [2.5, 97.5], axis=1)
    intervals = [
        (float(a - step / 2), float(b + step / 2)) for a, b in zip(lows, highs, strict=True)
    ]  # a change can happen anywhere within a segment
    return ChangePoint(
        start=float(at[0, 0]),
        end=float(at[1, 0]),
        start_interval=intervals[0],
        end_interval=intervals[1],
        emotion=NON_NEUTRAL_EMOTIONS[emotion],
        before=float(before[both].mean()),
        after=float(after[both].mean()),
        change=float(mean),
        change_interval=(float(low), float(high)),
        viewers=int(both.sum()),
        same_direction=int(((after - before)[both] * mean > 0).sum()),
        p_adjusted=evidence[0],
        ratio=evidence[1] if np.isfinite(evidence[1]) else float("nan"),
    )


def _slopes(length: int) -> tuple[Float64Array, NDArray[np.int64], NDArray[np.int64]]:
    """Return all curves that consist of a level, a straight slope and another level, with mean 0 and norm 1.

    The squared dot product of a curve and the data is the variance that the curve explains.

    Returns:
        (K, P) curves, and the (K,) segments at which their slopes start and end; they are equal for an abrupt
        change. Each level lasts at least half a `WINDOW`.
    """
    edge = WINDOW // 2
    starts, ends = np.triu_indices(length - 2 * edge + 1)
    starts, ends = starts + edge, ends + edge
    middles = np.arange(length) + 0.5
    rise = np.where(
        (ends > starts)[:, None],
        np.clip((middles - starts[:, None]) / np.maximum(ends - starts, 1)[:, None], 0, 1),
        middles > starts[:, None],
    )
    rise = rise - rise.mean(axis=1, keepdims=True)
    return rise / np.linalg.norm(rise, axis=1, keepdims=True), starts, ends


def _audience_means(segments: Float64Array, weights: Float64Array) -> Float64Array:
    """(V, P, F) and (R, V) weights → (R, P, F) weighted means over the viewers who were seen.

    A segment in which no viewer was seen is given the mean of the other segments, which favors no slope.
    """
    seen = ~np.isnan(segments)
    with np.errstate(invalid="ignore"):
        mean = np.tensordot(weights, np.where(seen, segments, 0), axes=1) / np.tensordot(
            weights, seen.astype(float), axes=1
        )
    return np.where(np.isnan(mean), np.nanmean(mean, axis=1, keepdims=True), mean)


def _viewer_levels(segments: Float64Array) -> Float64Array:
    """(V, P) → (V,) each viewer's median over the segments in which they were seen; NaN if there are none."""
    ordered = np.sort(segments, axis=1)  # NaN comes last
    known = (~np.isnan(segments)).sum(axis=1)
    middle = np.stack([np.maximum(known - 1, 0) // 2, known // 2], axis=1)
    return np.asarray(
        np.take_along_axis(ordered, np.minimum(middle, segments.shape[1] - 1), axis=1).mean(axis=1)
    )
