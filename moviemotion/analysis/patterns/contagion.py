"""Contagion: do some viewers move with some others, within seconds, beyond what the film does to all?

What can be known from one screening is limited. A feeling that spreads to the whole room alike looks just as
if the film had done it, and is not counted; nor is what happens while the film moves the room. What is
counted are seconds in which most of the room is still: who smiles then, and who smiles with them? Where
people sit is not known, so a finding says that some moved together, not that they were neighbours.

The room is divided at random into halves. What the others of the own half felt, up to `REACH` seconds before
and after and with the viewer's own weights, is taken from each viewer's curves; so the residuals of the two
halves share nothing but contagion. In the still seconds, the residuals of each pair across the halves are
multiplied at lags of 1 to `LAG` seconds and added up in blocks of time; the pair's tie is the sum of the
blocks over the root of their squares, and positive ties are squared and averaged over pairs. The null turns
the sign of each viewer's residuals at random in each block (a wild bootstrap): it keeps when people are
restless, which circular shifts do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD
from moviemotion.statistics import Float64Array

MAX_LAG = 5
"""Seconds within which a feeling passes on; the same second is left out, as light falls on all at once."""
FILM_RESPONSE_LAG = 3
"""Seconds before and after in which viewers answer the film at their own pace."""
BLOCK_SECONDS = 30
"""Seconds."""
MAX_REACTING_SHARE = 0.25
"""The room is still where no larger share of it reacts within `CALM` seconds."""
QUIET_MARGIN = 6
MIN_VIEWERS = 8
MIN_QUIET_SECONDS = 300
"""Still ones."""
N_SIGN_FLIPS = 300
ALPHA = 0.05


@dataclass(frozen=True)
class Contagion:
    """Whether viewers moved together in smaller circles than the room.

    Attributes:
        found: whether `p` ≤ `ALPHA`; None where it cannot be told.
        p: how often the null is at least as strong; NaN where not tested.
        tie: mean over pairs of the squared positive ties, about 0.5 by chance; NaN where not tested.
        tie_by_chance: the middle 95 % of it under the null.
        pairs: how many pairs were compared, of `viewers`, in so many still `seconds`.
        conclusion: one plain sentence.
    """

    found: bool | None
    p: float
    tie: float
    tie_by_chance: tuple[float, float]
    pairs: int
    viewers: int
    seconds: int
    conclusion: str


def find_contagion(strength: Float64Array, seed: int) -> Contagion:
    """Test a screening for contagion.

    Args:
        strength: (V, S, 7) of every viewer, NaN where not seen; those seen in less than half are left out.
        seed: of the halves and of the signs.
    """
    x = strength[(~np.isnan(strength[:, :, 0])).mean(axis=1) >= 0.5]
    still = _quiet_seconds(x)
    viewers, seconds = len(x), int(still.sum())
    nan = float("nan")
    if viewers < MIN_VIEWERS or seconds < MIN_QUIET_SECONDS:
        conclusion = (
            f"Cannot tell whether feelings spread from viewer to viewer: it takes {MIN_VIEWERS} viewers "
            f"and {MIN_QUIET_SECONDS} seconds in which the room is mostly still; there were {viewers} and "
            f"{seconds}."
        )
        return Contagion(None, nan, nan, (nan, nan), 0, viewers, seconds, conclusion)
    rng = np.random.default_rng(seed)
    halves = np.array_split(rng.permutation(viewers), 2)
    one, other = (_residuals(x[half]) * still[:, None] for half in halves)
    together = _block_couplings(one, _sum_over_lags(other))
    observed = _mean_squared_coupling(together.sum(axis=0))
    null = _null_couplings(together, rng)
    p = float((1 + (null >= observed).sum()) / (1 + N_SIGN_FLIPS))
    low, high = np.percentile(null, [2.5, 97.5])
    found = p <= ALPHA
    return Contagion(
        found=found,
        p=p,
        tie=observed,
        tie_by_chance=(float(low), float(high)),
        pairs=together[0].size,
        viewers=viewers,
        seconds=seconds,
        conclusion=(
            "While the rest of the room was still, some viewers moved with some others within seconds: "
            "feelings may have spread between them."
            if found
            else "No sign that feelings spread between single viewers; what spreads to all alike cannot be "
            "told from what the film does."
        ),
    )


def _quiet_seconds(x: Float64Array) -> NDArray[np.bool_]:
    """(V, S, 7) → (S,) whether few react in the second and around it."""
    if not len(x):
        return np.zeros(x.shape[1], dtype=bool)
    reacting = (np.nan_to_num(x).max(axis=2) >= REACTION_THRESHOLD).sum(axis=0)
    seen = (~np.isnan(x[:, :, 0])).sum(axis=0)
    moved = reacting > MAX_REACTING_SHARE * seen
    return np.asarray(~binary_dilation(moved, iterations=QUIET_MARGIN) & (seen > 0))


def _residuals(x: Float64Array) -> Float64Array:
    """(V, S, 7) → what the others' mean, at each viewer's own pace and gain, leaves; 0 where not seen."""
    seen = ~np.isnan(x)
    mean = np.where(seen, x, 0).sum(axis=1, keepdims=True) / np.maximum(seen.sum(axis=1, keepdims=True), 1)
    departure = np.where(seen, x - mean, 0)
    total, count = departure.sum(axis=0), seen.sum(axis=0)
    left = np.empty_like(departure)
    for viewer in range(len(x)):
        others = (total - departure[viewer]) / np.maximum(count - seen[viewer], 1)
        lags = range(-FILM_RESPONSE_LAG, FILM_RESPONSE_LAG + 1)
        around = np.stack([np.roll(others, lag, axis=0) for lag in lags]) * seen[viewer]
        around = around.transpose(2, 1, 0)
        squares = around.transpose(0, 2, 1) @ around + 1e-6 * np.eye(len(lags))
        weights = np.linalg.solve(squares, around.transpose(0, 2, 1) @ departure[viewer].T[:, :, None])
        left[viewer] = np.where(seen[viewer], departure[viewer] - (around @ weights)[:, :, 0].T, 0)
    return left


def _sum_over_lags(x: Float64Array) -> Float64Array:
    """The sum of what lies 1 to `LAG` seconds before and after each second."""
    near = np.zeros_like(x)
    for lag in range(1, MAX_LAG + 1):
        near[:, lag:] += x[:, :-lag]
        near[:, :-lag] += x[:, lag:]
    return near


def _block_couplings(one: Float64Array, near: Float64Array) -> NDArray[np.float32]:
    """(blocks, V1, V2) what each block adds to the tie of each pair, the seven feelings pooled."""
    blocks = one.shape[1] // BLOCK_SECONDS
    a, b = (x[:, : blocks * BLOCK_SECONDS].reshape(len(x), blocks, -1) for x in (one, near))
    products = np.matmul(a.transpose(1, 0, 2), b.transpose(1, 2, 0))
    return np.asarray(products / np.maximum(np.sqrt((products**2).sum(axis=0)), 1e-12), dtype=np.float32)


def _null_couplings(together: NDArray[np.float32], rng: np.random.Generator) -> Float64Array:
    """(SIGNS,) the tie where each viewer's residuals have a random sign in each block."""
    blocks, one, other = together.shape
    ties, turned = np.empty(N_SIGN_FLIPS), np.empty_like(together)
    for k in range(N_SIGN_FLIPS):
        signs = rng.integers(0, 2, (blocks, one + other)).astype(np.float32) * 2 - 1
        np.multiply(together, signs[:, :one, None], out=turned)
        turned *= signs[:, None, one:]
        ties[k] = _mean_squared_coupling(turned.sum(axis=0))
    return ties


def _mean_squared_coupling(ties: NDArray[np.float32]) -> float:
    return float((np.maximum(ties, 0) ** 2).mean())
