"""Estimate the effect of a configuration change from paired runs with the same seeds and test images.

Accuracies of single runs differ by chance for two reasons: the training seed and the choice of test images.
Comparing runs with and without the change on the same seeds and images removes the variation they have in
common. This leaves a table of differences, seeds × images, whose mean is the effect.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import stats

CONFIDENCE, POWER = 0.95, 0.8


class ReplicationVerdict(StrEnum):
    """Whether the measurement supports a published change."""

    CONFIRMED = "confirmed"
    CONTRADICTED = "contradicted"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class PairedChange:
    """The change in accuracy between two designs.

    Attributes:
        before, after: mean accuracies over seeds.
        interval: 95 % interval of the difference, over seeds and test images.
        p_value: two-sided p-value for the null hypothesis of no change.
        n_seeds, n_images: number of seeds and of test images.
        seed_variance: the component of the difference's variance that is due to the seeds.
        image_std: standard deviation, over images, of the difference averaged over seeds.
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
        """The accuracy after minus the accuracy before."""
        return self.after - self.before


def paired_change(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> PairedChange:
    """Compare two designs by the images that each of their runs classifies correctly.

    The variance of the mean difference is estimated as the sum of two parts. One is the variance of the
    seeds' mean differences divided by the number of seeds. The other is the variance of the images' mean
    differences divided by the number of images. The two parts overlap, so the interval is conservative.

    Args:
        before, after: (seeds, images) bool, whether each run classifies each image correctly; both arrays
            have the same seeds and images.

    Raises:
        ValueError: the shapes differ, or there are fewer than two seeds.
    """
    if before.shape != after.shape or before.shape[0] < 2:
        raise ValueError("both designs must use the same images and the same seeds, with at least two seeds")
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
    # Satterthwaite's (1946) degrees of freedom for a sum of two variance estimates. With three seeds and
    # thousands of images they are close to 2 if the seeds contribute most of the variance, and large if the
    # images do.
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
    """Decide whether the measurement supports the published change.

    - Confirmed: the change has the published direction, with an adjusted p-value below 0.05.
    - Contradicted: the change has the opposite direction, with an adjusted p-value below 0.05; or its
      interval excludes half of the published change.
    - Inconclusive: any other result. If both designs made the same predictions, there was no effect to
      measure.

    Args:
        adjusted_p: the p-value, adjusted for the number of experiments.
        published: the published change in accuracy, as a fraction.
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
    """The number of test images needed to detect a change with 80 % power, given the number of seeds.

    Args:
        effect_size: the change in accuracy, as a fraction.

    Returns:
        The number of images; None if the variation between seeds is too large for any number to suffice, or
        if both designs made the same predictions.
    """
    if not change.image_std:
        return None
    z = stats.norm.ppf((1 + CONFIDENCE) / 2) + stats.norm.ppf(POWER)
    image_variance = (effect_size / z) ** 2 - change.seed_variance
    if image_variance <= 0:
        return None
    return max(2, math.ceil(change.image_std**2 / image_variance))
