"""How much a change in a recipe changed the accuracy, over seeds and on the same test images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import stats

CONFIDENCE, POWER = 0.95, 0.8


class ReplicationVerdict(StrEnum):
    """What the measurement says of a published change."""

    CONFIRMED = "confirmed"
    CONTRADICTED = "contradicted"
    INCONCLUSIVE = "cannot tell"


@dataclass(frozen=True)
class PairedChange:
    """Accuracy after less accuracy before.

    Attributes:
        before, after: mean accuracies over seeds.
        interval: 95 % interval of `mean` over seeds and test images.
        p: two-sided p-value of no change.
        seeds, images: how many.
        seed_variance: variance of the mean that comes from the seeds.
        image_deviation: standard deviation over images of the seeds' mean difference.
    """

    before: float
    after: float
    interval: tuple[float, float]
    p_value: float
    n_seeds: int
    n_images: int
    seed_variance: float
    image_std: float

    @property
    def difference(self) -> float:
        """The change itself."""
        return self.after - self.before


def paired_change(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> PairedChange:
    """Compare two designs by what each of their runs read right.

    The variance of the mean difference is taken as the sum of two parts: that of the seeds' differences
    over the number of seeds, and that of the images' mean differences over the number of images. Each
    also holds a share of the other, so the interval errs on the wide side. Its degrees of freedom are
    Satterthwaite's (1946).

    Args:
        before, after: (seeds, images) bool, whether each run read each image right; same seeds, same images.

    Raises:
        ValueError: the shapes differ, or there are fewer than two seeds.
    """
    if before.shape != after.shape or before.shape[0] < 2:
        raise ValueError("two designs need the same two or more seeds and the same images")
    seeds, images = before.shape
    difference = after.astype(float) - before
    mean = float(difference.mean())
    seed_variance = float(difference.mean(axis=1).var(ddof=1) / seeds)
    image_deviation = float(difference.mean(axis=0).std(ddof=1))
    image_variance = image_deviation**2 / images
    variance = seed_variance + image_variance
    if variance == 0:
        return PairedChange(
            float(before.mean()), float(after.mean()), (mean, mean), 1.0, seeds, images, 0.0, 0.0
        )
    freedom = variance**2 / (seed_variance**2 / (seeds - 1) + image_variance**2 / (images - 1))
    error = math.sqrt(variance)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom)) * error
    p = 2 * float(stats.t.sf(abs(mean) / error, freedom))
    return PairedChange(
        before=float(before.mean()),
        after=float(after.mean()),
        interval=(mean - half, mean + half),
        p_value=p,
        n_seeds=seeds,
        n_images=images,
        seed_variance=seed_variance,
        image_std=image_deviation,
    )


def judge_published_change(change: PairedChange, adjusted_p: float, published: float) -> ReplicationVerdict:
    """Does the measurement bear out the published change?

    Confirmed: a change in the published direction, with an adjusted p below 0.05. Contradicted: a change
    in the other direction with such a p, or an interval that leaves no room for even half of the
    published change. Otherwise it cannot tell, nor where both sides answered alike: the change never acted.
    """
    if not any(change.interval):
        return ReplicationVerdict.INCONCLUSIVE
    sign = math.copysign(1, published)
    if adjusted_p < 1 - CONFIDENCE:
        return (
            ReplicationVerdict.CONFIRMED if change.difference * sign > 0 else ReplicationVerdict.CONTRADICTED
        )
    largest = max(sign * end for end in change.interval)
    return (
        ReplicationVerdict.CONTRADICTED if largest < abs(published) / 2 else ReplicationVerdict.INCONCLUSIVE
    )


def required_images(change: PairedChange, effect_size: float) -> int | None:
    """Test images on which a change of `size` would be seen with 80 % power, with as many seeds.

    None where the seeds alone differ too much for any number of images, or both sides answered alike.
    """
    if not change.image_std:
        return None
    z = stats.norm.ppf((1 + CONFIDENCE) / 2) + stats.norm.ppf(POWER)
    left = (effect_size / z) ** 2 - change.seed_variance
    if left <= 0:
        return None
    return max(2, math.ceil(change.image_std**2 / left))
