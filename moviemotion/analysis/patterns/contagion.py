"""Contagion: do neighbors react together beyond the film's common effect?

A reaction that spreads to the entire audience looks exactly like an effect of the film, and viewers may react
alike for many reasons: similar tastes, the same light, the same camera. None of these depends on who sits
next to whom, but contagion does. The test therefore requires a seat map. Without one, contagion cannot be
distinguished from these other causes, and nothing is claimed.

1. Each viewer's response to the film is estimated by a regression on the other viewers, up to
   `FILM_RESPONSE_LAG` seconds before and after, and subtracted. Only seconds in which enough of the audience
   was seen are used.
2. The remaining curves, averaged over `SPREAD_SECONDS`, are correlated for neighbors and for pairs who sit in
   the same row with one seat between them. The statistic is the difference between the two mean correlations.
   Because it compares pairs at nearly the same place, changes of light or viewing angle along a row cancel
   out.
3. The null distribution is obtained by permuting the viewers among the seats of each row. If nothing spreads,
   all arrangements of a row are equally likely, and the p-value is exact whatever the curves look like. Gaps,
   dark scenes, slow drifts, and reactions with different delays and sizes do not matter.

The test assumes that seats within a row were taken at random. Friends who laugh at the same things and sit
together look like contagion.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma, log

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from moviemotion.analysis.signals.seat_map import SeatMap
from moviemotion.statistics import Float64Array

FILM_RESPONSE_LAG = 3
"""Longest time by which a viewer's response may precede or follow that of the others, in seconds."""
SPREAD_SECONDS = 3
"""Length of the moving average, in seconds, because emotions take about a second to spread."""
MIN_VIEWERS = 8
MIN_SECONDS = 300
"""Smallest number of seconds in which enough of the audience was seen."""
MIN_SEEN = 5
"""A second is used if this many viewers, and half of all viewers, are seen in it."""
MIN_ARRANGEMENTS = 100
"""Smallest number of different arrangements of the viewers within their rows."""
N_PERMUTATIONS = 999
ALPHA = 0.025
"""Largest p-value at which contagion is reported; the test is one-sided."""


@dataclass(frozen=True)
class Contagion:
    """Whether neighbors reacted together more than pairs with one seat between them.

    Attributes:
        found: whether `p` ≤ `ALPHA`; None if not tested or inconclusive.
        p: p-value; NaN if not tested.
        neighbor_correlation: mean correlation of neighbors, after subtracting the film's effect, −1…1.
        apart_correlation: the same for pairs with one seat between them.
        null_interval: the middle 95 % of the difference between the two correlations when the viewers are
            permuted among the seats of each row.
        neighbor_pairs, apart_pairs: number of pairs of each kind.
        viewers: number of viewers who were seen in at least half of the seconds used.
        seconds: number of seconds used.
        conclusion: a human-readable statement of the outcome.
    """

    found: bool | None
    p: float
    neighbor_correlation: float
    apart_correlation: float
    null_interval: tuple[float, float]
    neighbor_pairs: int
    apart_pairs: int
    viewers: int
    seconds: int
    conclusion: str


def find_contagion(strength: Float64Array, seats: SeatMap | None, seed: int) -> Contagion:
    """Test a screening for contagion between neighbors.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen; viewers seen in less than half of the
            seconds used are ignored.
        seats: the seats of the same viewers; None if unknown.
        seed: random seed for the permutations.
    """
    seen = ~np.isnan(strength[:, :, 0])
    used = seen.sum(axis=0) >= max(MIN_SEEN, seen.any(axis=1).sum() / 2)
    kept = seen.any(axis=1) & (seen[:, used].sum(axis=1) >= used.sum() / 2)
    viewers, seconds = int(kept.sum()), int(used.sum())
    if seats is None:
        return _not_tested(
            viewers,
            seconds,
            "Without a seat map, contagion was not tested.",
        )
    if viewers < MIN_VIEWERS or seconds < MIN_SECONDS:
        return _not_tested(
            viewers,
            seconds,
            f"Inconclusive: testing for contagion requires {MIN_VIEWERS} viewers and {MIN_SECONDS} seconds "
            f"in which most of them are seen; there are {viewers} viewers and {seconds} such seconds.",
        )
    row, position = seats.row[kept], seats.position[kept]
    neighbors, apart = (_pairs(row, position, distance) for distance in (1, 2))
    if not len(neighbors) or not len(apart) or _log_arrangements(row) < log(MIN_ARRANGEMENTS):
        return _not_tested(
            viewers,
            seconds,
            "Inconclusive: too few viewers sat in the same row to compare neighbors with others.",
        )
    correlation = _correlations(_residuals(np.where(used[:, None], strength[kept], np.nan)))
    rng = np.random.default_rng(seed)
    order = np.vstack([np.arange(viewers), _shuffled_rows(row, rng)])
    together, others = (
        correlation[order[:, pairs[:, 0]], order[:, pairs[:, 1]]].mean(axis=1) for pairs in (neighbors, apart)
    )
    difference = together - others
    # Arrangements that are mirror images of each other have the same difference, apart from rounding.
    p = float((difference >= difference[0] - 1e-12).mean())
    low, high = np.percentile(difference[1:], [2.5, 97.5])
    found = p <= ALPHA
    return Contagion(
        found=found,
        p=p,
        neighbor_correlation=float(together[0]),
        apart_correlation=float(others[0]),
        null_interval=(float(low), float(high)),
        neighbor_pairs=len(neighbors),
        apart_pairs=len(apart),
        viewers=viewers,
        seconds=seconds,
        conclusion=(
            "Neighbors reacted together more than viewers who sat one seat apart: emotions may have spread "
            "from seat to seat, or friends sat together."
            if found
            else "There is no sign that emotions spread from neighbor to neighbor. Emotions that spread to "
            "everybody cannot be distinguished from an effect of the film."
        ),
    )


def _not_tested(viewers: int, seconds: int, conclusion: str) -> Contagion:
    nan = float("nan")
    return Contagion(None, nan, nan, nan, (nan, nan), 0, 0, viewers, seconds, conclusion)


def _pairs(row: NDArray[np.int64], position: NDArray[np.int64], distance: int) -> NDArray[np.int64]:
    """(K, 2) pairs of viewers in the same row, the second `distance` seats to the right of the first."""
    right = (position - position[:, None] == distance) & (row == row[:, None])
    return np.argwhere(right)


def _log_arrangements(row: NDArray[np.int64]) -> float:
    """Logarithm of the number of arrangements within rows; mirror images count once."""
    return sum(lgamma(n + 1) - log(2) for n in np.unique(row, return_counts=True)[1].tolist() if n > 1)


def _shuffled_rows(row: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """(`N_PERMUTATIONS`, V) viewer who sits in each viewer's seat after shuffling each row."""
    by_row = np.argsort(row, kind="stable")
    keys = np.unique(row, return_inverse=True)[1] + rng.random((N_PERMUTATIONS, len(row)))
    order = np.empty(keys.shape, dtype=np.int64)
    order[:, by_row] = keys.argsort(axis=1)
    return order


def _residuals(x: Float64Array) -> Float64Array:
    """(V, S, 7) → (V, S, 7) each viewer's curves minus the response to the film; 0 where not seen.

    The response is a linear combination of the others' mean at lags −`FILM_RESPONSE_LAG` …
    `FILM_RESPONSE_LAG`, fitted for each viewer and emotion, so that viewers may respond earlier, later or
    less strongly than others.
    """
    seen = ~np.isnan(x)
    mean = np.where(seen, x, 0).sum(axis=1, keepdims=True) / np.maximum(seen.sum(axis=1, keepdims=True), 1)
    deviation = np.where(seen, x - mean, 0)
    total, count = deviation.sum(axis=0), seen.sum(axis=0)
    residuals = np.empty_like(deviation)
    for viewer in range(len(x)):
        others = (total - deviation[viewer]) / np.maximum(count - seen[viewer], 1)
        lags = range(-FILM_RESPONSE_LAG, FILM_RESPONSE_LAG + 1)
        around = np.stack([np.roll(others, lag, axis=0) for lag in lags]) * seen[viewer]
        around = around.transpose(2, 1, 0)
        # The small value added to the diagonal keeps the system solvable for constant curves.
        squares = around.transpose(0, 2, 1) @ around + 1e-6 * np.eye(len(lags))
        weights = np.linalg.solve(squares, around.transpose(0, 2, 1) @ deviation[viewer].T[:, :, None])
        residuals[viewer] = np.where(seen[viewer], deviation[viewer] - (around @ weights)[:, :, 0].T, 0)
    return residuals


def _correlations(residuals: Float64Array) -> Float64Array:
    """(V, S, 7) residuals → (V, V) correlations of their moving averages, over all emotions together."""
    smooth = uniform_filter1d(residuals, SPREAD_SECONDS, axis=1, mode="constant").reshape(len(residuals), -1)
    smooth /= np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-12)
    return np.asarray(smooth @ smooth.T)
