"""Doubles: two viewers that are one person, seen by two cameras, in two streams of a camera, or in a mirror.

Two people who watch the same film react alike, but not within the same tenth of a second, and their readings
do not flicker alike. Readings of one person do, because both cameras see the same blinks, lips and turns of
the head. The readings are therefore compared at the rate of the samples, after slow changes and what the room
has in common have been removed. Where the readings alone leave a doubt, the movements of both faces decide.
Nothing is compared but emotion probabilities and face boxes; no face is recognized.

The limits were set with clips of real people: among pairs of different people, the largest
correlation was 0.32 over 14 to 19 s in common and 0.58 over 8 s; among copies that were mirrored, reduced,
recompressed, darkened or seen at an angle, the smallest was 0.52. `benchmarks/doubles.py` counts how often
doubles are found, and how often two people are taken for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from moviemotion.analysis.signals.timeline import ViewerSamples
from moviemotion.emotions import EMOTIONS

SURE_CORRELATION, SURE_SECONDS = 0.6, 15.0
"""Correlation of the fine changes of two viewers' readings above which they are one person, and the seconds
in common from which it holds. In less time t, chance reaches higher, in proportion to 1/√t."""
LIKELY_CORRELATION, LIKELY_SECONDS = 0.4, 30.0
"""The same, if the two faces also move alike."""
MOVEMENT_CORRELATION = 0.5
"""Mean correlation of the movements of two faces (sideways, up and down, in size) that move alike."""
MIN_OUTLIER = 6.0
"""Smallest distance of a double from the median pair, in standard deviations over all pairs (from their MAD).
In a room of doubles of a shaking camera, many pairs would be similar."""
MIN_SECONDS_IN_COMMON = 10.0
"""Seconds in which both viewers must have been seen; less proves nothing."""
MAX_LAG_SECONDS = 5.0
"""Largest difference between the clocks of the two cameras."""
GRID_RATE = 5.0
"""Readings per second that are compared."""
TREND_SECONDS = 4.2
"""Changes slower than about this are removed: the film causes them in everybody."""
MIN_ROOM = 6
"""Viewers needed to know what the room has in common."""

_CHUNK_SECONDS = 60
_SEARCHED_CHUNKS = 10
"""Minutes of a long film, evenly spread, in which all pairs are compared to find the candidates."""
_CANDIDATE_CORRELATION = 0.25
_MIN_PAIRS = 28
"""Pairs needed to know the usual spread of the correlations."""
_MAX_GAP_SECONDS = 0.5
"""Readings are interpolated between samples at most this far apart, or two samples at a lower rate."""
_FEATURES, _MOVEMENTS = len(EMOTIONS), 3
_TINY = 1e-9

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Double:
    """Two viewers that are one person.

    Attributes:
        kept, left_out: indices of the viewer who was seen better, who counts, and of the other.
        correlation: correlation of the fine changes of their readings.
        lag: seconds by which the readings of `left_out` come later than those of `kept`.
        seconds: seconds in which both were seen.
    """

    kept: int
    left_out: int
    correlation: float
    lag: float
    seconds: float


def find_doubles(viewers: Sequence[ViewerSamples]) -> tuple[Double, ...]:
    """Find the viewers who are one person with another viewer.

    Args:
        viewers: the samples of each viewer. Movements are compared if they contain face boxes.

    Returns:
        One double for each viewer to be left out. If several viewers are one person, all but one of them are
        left out, and `kept` is the same for all.
    """
    end = max((float(v.time[-1]) for v in viewers if len(v.time)), default=0.0)
    if len(viewers) < 2 or end <= 0:
        return ()
    rate = min([GRID_RATE, *(_sample_rate(v) for v in viewers if len(v.time) > 1)])
    starts = np.arange(0.0, end, _CHUNK_SECONDS)
    spread = np.linspace(0, len(starts) - 1, min(len(starts), _SEARCHED_CHUNKS)).round().astype(int)
    correlation, lag = _all_pairs(viewers, starts[spread], rate)
    one, other = np.triu_indices(len(viewers), 1)
    r = correlation[one, other]
    usual = float(np.median(r)) if len(r) >= _MIN_PAIRS else 0.0
    scatter = 1.4826 * float(np.median(np.abs(r - usual))) if len(r) >= _MIN_PAIRS else 0.0
    found = []
    for k in np.flatnonzero(r >= max(_CANDIDATE_CORRELATION, usual + MIN_OUTLIER * scatter)):
        a, b = int(one[k]), int(other[k])
        pair = _compare(viewers, (a, b), starts, rate, int(lag[a, b]))
        if pair is not None:
            found.append((a, b, pair))
    return _groups(viewers, found)


@dataclass(frozen=True)
class _Pair:
    correlation: float
    lag: float
    seconds: float


def _sample_rate(samples: ViewerSamples) -> float:
    """Samples per second while the viewer is seen."""
    return 1 / max(float(np.median(np.diff(samples.time))), 1e-3)


def _chunk(
    samples: ViewerSamples, start: float, rate: float, movement: bool
) -> tuple[Array, NDArray[np.bool_]]:
    """The fine changes of a viewer's readings, and optionally movements, on a regular grid.

    Returns:
        (T, F) changes, 0 where not seen; F is 8, or 11 with movements. (T,) whether seen.
    """
    grid = start + np.arange(round(_CHUNK_SECONDS * rate)) / rate
    seen = np.zeros(len(grid), dtype=bool)
    features = _FEATURES + (_MOVEMENTS if movement else 0)
    first, last = np.searchsorted(samples.time, (start - 1, start + _CHUNK_SECONDS + 1))
    rows = np.arange(first, last)[samples.weight[first:last] > 0]
    if len(rows) < 2:
        return np.zeros((len(grid), features)), seen
    time = samples.time[rows]
    logs = np.log(np.clip(samples.probabilities[rows].astype(np.float64), 1e-4, 1))
    values = logs - logs.mean(axis=1, keepdims=True)
    if movement:
        assert samples.box is not None
        left, top, right, bottom = samples.box[rows].astype(np.float64).T
        size = np.maximum(np.maximum(right - left, bottom - top), 1.0)
        usual = float(np.median(size))
        moves = ((left + right) / 2 / usual, (top + bottom) / 2 / usual, np.log(size))
        values = np.column_stack([values, *moves])
    after = np.clip(np.searchsorted(time, grid), 1, len(time) - 1)
    apart = time[after] - time[after - 1]
    inside = (grid >= time[0] - 0.5 / rate) & (grid <= time[-1] + 0.5 / rate)
    seen = inside & (apart <= max(_MAX_GAP_SECONDS, 2.1 / rate))
    on_grid = np.column_stack([np.interp(grid, time, column) for column in values.T])
    width = max(3, round(TREND_SECONDS * rate) | 1)
    count = uniform_filter1d(seen.astype(np.float64), width, mode="constant")[:, None]
    trend = uniform_filter1d(np.where(seen[:, None], on_grid, 0.0), width, axis=0, mode="constant")
    return np.where(seen[:, None], on_grid - trend / np.maximum(count, _TINY), 0.0), seen


def _without_room(x: Array, seen: NDArray[np.bool_]) -> Array:
    """Remove from each viewer's changes, (V, T, F), what the mean of all other viewers explains."""
    if len(x) < MIN_ROOM:
        return x
    n = seen.sum(axis=0)[None, :, None] - seen[:, :, None]
    others = np.where(seen[:, :, None], (x.sum(axis=0) - x) / np.maximum(n, 1), 0.0)
    slope = (x * others).sum(axis=(1, 2), keepdims=True) / np.maximum(
        (others**2).sum(axis=(1, 2), keepdims=True), _TINY
    )
    return np.asarray(x - slope.clip(0, None) * others)


def _all_pairs(
    viewers: Sequence[ViewerSamples], starts: Array, rate: float
) -> tuple[Array, NDArray[np.int64]]:
    """Largest correlation of the readings of each pair over all lags, (V, V), and that lag in grid steps.

    Pairs that were not seen together for long enough have the correlation 0. A positive lag at [a, b] means
    that b comes later.
    """
    n, lags = len(viewers), round(MAX_LAG_SECONDS * rate)
    steps = np.arange(-lags, lags + 1)
    product = np.zeros((len(steps), n, n), np.float32)
    own, others = np.zeros_like(product), np.zeros_like(product)
    together = np.zeros_like(product)
    for start in starts:
        chunks = [_chunk(v, float(start), rate, movement=False) for v in viewers]
        seen = np.stack([s for _, s in chunks])
        x = _without_room(np.stack([c for c, _ in chunks]), seen).astype(np.float32)
        mask, power = seen.astype(np.float32), (x**2).sum(axis=2)
        length = x.shape[1]
        for k, step in enumerate(steps):
            early = slice(max(0, -step), length - max(0, step))
            late = slice(max(0, step), length - max(0, -step))
            product[k] += x[:, early].reshape(n, -1) @ x[:, late].reshape(n, -1).T
            own[k] += power[:, early] @ mask[:, late].T
            others[k] += mask[:, early] @ power[:, late].T
            together[k] += mask[:, early] @ mask[:, late].T
    r = product / np.sqrt(np.maximum(own * others, _TINY))
    r[together < MIN_SECONDS_IN_COMMON * rate] = 0
    best = r.argmax(axis=0)
    return np.take_along_axis(r, best[None], axis=0)[0].astype(np.float64), steps[best]


def _compare(
    viewers: Sequence[ViewerSamples], pair: tuple[int, int], starts: Array, rate: float, lag: int
) -> _Pair | None:
    """Compare two viewers over the whole film; None if they are two people, or if that cannot be told."""
    both = [viewers[index] for index in pair]
    movement = all(v.box is not None and bool(np.isfinite(v.box).all()) for v in both)
    features = _FEATURES + (_MOVEMENTS if movement else 0)
    sums = {step: np.zeros((3, features)) for step in (lag - 1, lag, lag + 1)}
    together = 0
    for start in starts:
        (x, seen_x), (y, seen_y) = (_chunk(v, float(start), rate, movement) for v in both)
        length = len(x)
        for step in sums:
            early = slice(max(0, -step), length - max(0, step))
            late = slice(max(0, step), length - max(0, -step))
            seen = (seen_x[early] & seen_y[late])[:, None]
            a, b = x[early] * seen, y[late] * seen
            sums[step] += ((a * b).sum(axis=0), (a**2).sum(axis=0), (b**2).sum(axis=0))
            together += int(seen.sum()) if step == lag else 0

    def correlation(total: Array) -> float:
        product, own, other = total[:, :_FEATURES].sum(axis=1)
        return float(product / np.sqrt(max(own * other, _TINY)))

    best = max(sums, key=lambda step: correlation(sums[step]))
    r, seconds = correlation(sums[best]), together / rate
    if seconds < MIN_SECONDS_IN_COMMON or r < LIKELY_CORRELATION * max(1, LIKELY_SECONDS / seconds) ** 0.5:
        return None
    if r < SURE_CORRELATION * max(1, SURE_SECONDS / seconds) ** 0.5:
        if not movement:
            return None
        product, own, other = sums[best][:, _FEATURES:]
        moves = product / np.sqrt(np.maximum(own * other, _TINY))
        moves[0] = abs(moves[0])  # a mirror exchanges left and right
        if moves.mean() < MOVEMENT_CORRELATION:
            return None
    return _Pair(r, best / rate, seconds)


def _groups(viewers: Sequence[ViewerSamples], found: Sequence[tuple[int, int, _Pair]]) -> tuple[Double, ...]:
    """Choose the viewer who counts among those who are one person: the one who was seen best."""
    person = list(range(len(viewers)))
    for a, b, _ in found:
        keep, change = person[a], person[b]
        person = [keep if p == change else p for p in person]
    result = []
    for who in dict.fromkeys(person):
        members = [k for k, p in enumerate(person) if p == who]
        kept = max(members, key=lambda k: (float(viewers[k].weight.sum()), -k))
        for left_out in members:
            if left_out == kept:
                continue
            pairs = [(a, b, p) for a, b, p in found if left_out in (a, b)]
            a, _, pair = max(pairs, key=lambda item: (kept in item[:2], item[2].correlation))
            sign = -1.0 if a == left_out else 1.0
            result.append(Double(kept, left_out, pair.correlation, sign * pair.lag, pair.seconds))
    return tuple(result)
