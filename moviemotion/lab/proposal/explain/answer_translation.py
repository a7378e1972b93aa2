"""What the measurements say of the deck's answer on locality and translation, claim by claim.

A verdict that a measurement can turn is worked out from the measurement here; those that follow from
what the words mean are fixed, and their figure shows why.
"""

from __future__ import annotations

import numpy as np

from moviemotion.lab.proposal.explain.evidence import (
    AnswerAssessment,
    Claim,
    ClaimVerdict,
    Evidence,
    compare_estimates,
    exact_estimate,
    overall_verdict,
)
from moviemotion.lab.proposal.explain.figures import (
    ROUNDING_ERROR_LIMIT,
    format_estimate,
    format_number,
    format_percent,
    format_percent_estimate,
)
from moviemotion.lab.proposal.explain.measure import TranslationMeasurements
from moviemotion.lab.proposal.explain.translation import PIXEL_DISTANCES, SHIFT_DISTANCES

REPORTED_DISTANCES, REPORTED_SHIFTS = (1, 8, 24), (0, 2, 4, 8, 12)


def assess_translation_answer(measurements: TranslationMeasurements) -> AnswerAssessment:
    """Which two concepts make convolutional networks effective?"""
    near, far = measurements.pixel_correlation[0], measurements.pixel_correlation[-1]
    curve, most, at_4 = measurements.shift_curve, SHIFT_DISTANCES[-1], 1 + SHIFT_DISTANCES.index(4)
    whole, moved = curve.accuracy[0], curve.accuracy[-1]
    falls = moved.high < whole.low
    one, last = curve.map_correlation[0][at_4], curve.map_correlation[-1][at_4]
    claims = (
        Claim(
            "Spatial locality: near pixels are more related than far ones.",
            ClaimVerdict.CORRECT if near.low > far.high else ClaimVerdict.INCONCLUSIVE,
            f"Two pixels {PIXEL_DISTANCES[0]} px apart correlate at {format_estimate(near)} over faces, two that are "
            f"{PIXEL_DISTANCES[-1]} px apart at {format_estimate(far)}. A small kernel reads where most of the relation is.",
        ),
        Claim(
            "The second concept is translational invariance.",
            ClaimVerdict.INCOMPLETE if falls else ClaimVerdict.CORRECT,
            "A convolution is equivariant: when its input moves, its map moves with it (error "
            f"{format_number(_convolution_error(measurements))}). {_pooling_sentence(measurements)}Invariance comes after, and in part: moved by "
            f"{most} px, {format_percent_estimate(moved)} of faces are read right, against {format_percent_estimate(whole)} in "
            f"place, and {format_percent_estimate(curve.unchanged_share[-1])} of the answers stay the same.",
        ),
        Claim(
            "Pooling makes it so. (Not in the deck, but often said.)",
            {1: ClaimVerdict.INCOMPLETE, 0: ClaimVerdict.INCONCLUSIVE, -1: ClaimVerdict.INCORRECT}[
                compare_estimates(last, one)
            ],
            f"When a face moves by 4 px, its maps after block 1 correlate with the unmoved ones at "
            f"{format_estimate(one)}, after the last block at {format_estimate(last)}. One pooling alone does little: at 1 px, "
            f"{format_estimate(curve.one_pixel_correlation[0][0])} before that of block 1 and {format_estimate(curve.one_pixel_correlation[0][1])} after it.",
        ),
    )
    figures = (
        f"{format_percent(whole.value)} are read right in place, {format_percent(moved.value)} at {most} px"
    )
    return AnswerAssessment(
        "translation",
        "Two fundamental concepts make convolutional networks effective in processing images: which?",
        overall_verdict(claims[:2]),
        "The deck names spatial locality and translational invariance. Locality holds. "
        + (
            "The second is half of the truth: convolutions are equivariant, and what follows makes of that a "
            f"partial invariance only: {figures}."
            if falls
            else f"The second is borne out by the whole network ({figures}), though not by its convolutions: "
            "these are equivariant."
        ),
        claims,
        _translation_evidence(measurements),
    )


def _translation_evidence(m: TranslationMeasurements) -> tuple[Evidence, ...]:
    at_4 = 1 + SHIFT_DISTANCES.index(4)
    found = [
        Evidence(f"Two pixels {d} px apart correlate at {format_number(c.value)} over faces.", c)
        for d, c in zip(PIXEL_DISTANCES, m.pixel_correlation, strict=True)
        if d in REPORTED_DISTANCES
    ]
    found.append(
        Evidence(
            "When a convolution's input moves, its map moves with it: the error inside the borders is "
            f"{format_number(_convolution_error(m))}.",
            exact_estimate(_convolution_error(m), m.equivariance_faces),
        )
    )
    found += [
        Evidence(
            f"When a face moves by 2 px, the maps of block {k} are not the old ones moved: the error is "
            f"{format_number(error)}.",
            exact_estimate(error, m.equivariance_faces),
        )
        for k, error in _non_equivariant_blocks(m)[:1]
    ]
    for shift, right in zip((0, *SHIFT_DISTANCES), m.shift_curve.accuracy, strict=True):
        if shift not in REPORTED_SHIFTS:
            continue
        where = f"With faces moved by {shift} px" if shift else "With faces in place"
        found.append(Evidence(f"{where}, {format_percent(right.value)} are read right.", right))
    found += [
        Evidence(
            f"When a face moves by 4 px, its maps after block {k} correlate with the unmoved ones at "
            f"{format_number(similar[at_4].value)}.",
            similar[at_4],
        )
        for k, similar in (
            (1, m.shift_curve.map_correlation[0]),
            (len(m.shift_curve.map_correlation), m.shift_curve.map_correlation[-1]),
        )
    ]
    return tuple(found)


def _convolution_error(m: TranslationMeasurements) -> float:
    return max(error for error in m.equivariance.convolution if not np.isnan(error))


def _non_equivariant_blocks(m: TranslationMeasurements) -> list[tuple[int, float]]:
    """Blocks that a shift of 2 px leaves with more than an error of rounding."""
    return [
        (k, error)
        for k, error in enumerate(m.equivariance.two_pixel_shift, 1)
        if error > ROUNDING_ERROR_LIMIT
    ]


def _pooling_sentence(m: TranslationMeasurements) -> str:
    broken = _non_equivariant_blocks(m)
    if not broken:
        return ""
    block, error = broken[0]
    return (
        "Pooling breaks this for shifts that are no multiple of its step: 2 px leave block "
        f"{block} with an error of {format_number(error)}. "
    )
