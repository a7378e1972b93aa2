"""Contagion: do some viewers follow particular other viewers within seconds, beyond the film's common effect?

A single screening can provide only limited evidence. An emotion that spreads to the entire audience looks
exactly like an effect of the film, so it does not count as contagion, and neither does anything that happens
while the film moves the audience. Only quiet seconds are used, in which most of the audience does not react.
The question is who smiles in these seconds, and who smiles with them. Seats are not taken into account, so a
finding means that some viewers reacted together, not that they sat next to each other.

The test has four steps.

1. The audience is divided into halves at random. Each viewer's response to the film is estimated by a
   regression on the other viewers in the same half, up to `FILM_RESPONSE_LAG` seconds before and after, and
   subtracted. Because each half uses only its own viewers, contagion is all that the residuals of the two
   halves have in common.
2. For each pair of viewers from different halves, the residuals in the quiet seconds are multiplied at
   lags of 1 to `MAX_LAG` seconds and summed in blocks of time.
3. The coupling of a pair is the sum of its blocks divided by the root of the sum of their squares. Positive
   couplings are squared and averaged over all pairs.
4. For the null distribution, the sign of each viewer's residuals is flipped at random in each block (a wild
   bootstrap). This preserves the times at which viewers are restless, which circular shifts would not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD
from moviemotion.statistics import Float64Array

MAX_LAG = 5
"""Longest time an emotion may take to spread, in seconds; lag 0 is not used, because light changes affect all
faces at once."""
FILM_RESPONSE_LAG = 3
"""Longest time by which a viewer's response may precede or follow that of the others, in seconds."""
BLOCK_SECONDS = 30
"""Length of the blocks whose signs are flipped in the null distribution, in seconds."""
MAX_REACTING_SHARE = 0.25
"""A second is quiet if at most this proportion of the audience reacts within `QUIET_MARGIN` seconds of it."""
QUIET_MARGIN = 6
MIN_VIEWERS = 8
MIN_QUIET_SECONDS = 300
"""Smallest number of quiet seconds required for the test."""
N_SIGN_FLIPS = 300
ALPHA = 0.05


@dataclass(frozen=True)
class Contagion:
    """Whether some viewers followed particular other viewers.

    Attributes:
        found: whether `p` ≤ `ALPHA`; None if inconclusive.
        p: p-value; NaN if not tested.
        coupling: mean over pairs of the squared positive couplings, about 0.5 by chance; NaN if not tested.
        coupling_null_interval: the middle 95 % of `coupling` under the null.
        pairs: number of pairs that were compared.
        viewers: number of viewers who were seen in at least half of the film.
        seconds: number of quiet seconds.
        conclusion: a human-readable statement of the outcome.
    """

    found: bool | None
    p: float
    coupling: float
    coupling_null_interval: tuple[float, float]
    pairs: int
    viewers: int
    seconds: int
    conclusion: str


def find_contagion(strength: Float64Array, seed: int) -> Contagion:
    """Test a screening for contagion.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen; viewers seen in less than half of the
            film are ignored.
        seed: random seed for the halves and the sign flips.
    """
    x = strength[(~np.isnan(strength[:, :, 0])).mean(axis=1) >= 0.5]
    quiet = _quiet_seconds(x)
    viewers, seconds = len(x), int(quiet.sum())
    nan = float("nan")
    if viewers < MIN_VIEWERS or seconds < MIN_QUIET_SECONDS:
        conclusion = (
            f"Inconclusive: testing for contagion requires {MIN_VIEWERS} viewers and {MIN_QUIET_SECONDS} "
            f"seconds in which most of the audience is quiet; this screening has {viewers} viewers and "
            f"{seconds} such seconds."
        )
        return Contagion(None, nan, nan, (nan, nan), 0, viewers, seconds, conclusion)
    rng = np.random.default_rng(seed)
    halves = np.array_split(rng.permutation(viewers), 2)
    first, second = (_residuals(x[half]) * quiet[:, None] for half in halves)
    couplings = _block_couplings(first, _sum_over_lags(second))
    observed = _mean_squared_coupling(couplings.sum(axis=0))
    null = _null_couplings(couplings, rng)
    p = float((1 + (null >= observed).sum()) / (1 + N_SIGN_FLIPS))
    low, high = np.percentile(null, [2.5, 97.5])
    found = p <= ALPHA
    return Contagion(
        found=found,
        p=p,
        coupling=observed,
        coupling_null_interval=(float(low), float(high)),
        pairs=couplings[0].size,
        viewers=viewers,
        seconds=seconds,
        conclusion=(
            "While the rest of the audience was quiet, some viewers reacted within seconds of particular "
            "other viewers: emotions may have spread between them."
            if found
            else "There is no sign that emotions spread between individual viewers. Emotions that spread to "
            "everybody cannot be distinguished from an effect of the film."
        ),
    )


def _quiet_seconds(x: Float64Array) -> NDArray[np.bool_]:
    """(V, S, 7) → (S,) whether only a few viewers react within `QUIET_MARGIN` seconds of each second."""
    if not len(x):
        return np.zeros(x.shape[1], dtype=bool)
    reacting = (np.nan_to_num(x).max(axis=2) >= REACTION_THRESHOLD).sum(axis=0)
    seen = (~np.isnan(x[:, :, 0])).sum(axis=0)
    loud = reacting > MAX_REACTING_SHARE * seen
    return np.asarray(~binary_dilation(loud, iterations=QUIET_MARGIN) & (seen > 0))


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
        squares = around.transpose(0, 2, 1) @ around + 1e-6 * np.eye(
            len(lags)
        )  # keeps the system solvable for constant curves
        weights = np.linalg.solve(squares, around.transpose(0, 2, 1) @ deviation[viewer].T[:, :, None])
        residuals[viewer] = np.where(seen[viewer], deviation[viewer] - (around @ weights)[:, :, 0].T, 0)
    return residuals


def _sum_over_lags(x: Float64Array) -> Float64Array:
    """Sum of the values 1 to `MAX_LAG` seconds before and after each second."""
    near = np.zeros_like(x)
    for lag in range(1, MAX_LAG + 1):
        near[:, lag:] += x[:, :-lag]
        near[:, :-lag] += x[:, lag:]
    return near


def _block_couplings(first: Float64Array, near: Float64Array) -> NDArray[np.float32]:
    """(blocks, V1, V2) contribution of each block to the coupling of each pair, pooled over emotions."""
    blocks = first.shape[1] // BLOCK_SECONDS
    a, b = (x[:, : blocks * BLOCK_SECONDS].reshape(len(x), blocks, -1) for x in (first, near))
    products = np.matmul(a.transpose(1, 0, 2), b.transpose(1, 2, 0))
    return np.asarray(products / np.maximum(np.sqrt((products**2).sum(axis=0)), 1e-12), dtype=np.float32)


def _null_couplings(couplings: NDArray[np.float32], rng: np.random.Generator) -> Float64Array:
    """(`N_SIGN_FLIPS`,) mean squared couplings with a random sign for each viewer and block."""
    blocks, n_first, n_second = couplings.shape
    null, flipped = np.empty(N_SIGN_FLIPS), np.empty_like(couplings)
    for k in range(N_SIGN_FLIPS):
        signs = rng.integers(0, 2, (blocks, n_first + n_second)).astype(np.float32) * 2 - 1
        np.multiply(couplings, signs[:, :n_first, None], out=flipped)
        flipped *= signs[:, None, n_first:]
        null[k] = _mean_squared_coupling(flipped.sum(axis=0))
    return null


def _mean_squared_coupling(couplings: NDArray[np.float32]) -> float:
    """Mean over pairs of the squared positive couplings; squares emphasize a few strong pairs."""
    return float((np.maximum(couplings, 0) ** 2).mean())
