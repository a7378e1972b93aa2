"""Assess, claim by claim, the proposal's answer about locality and translation.

Verdicts that depend on a measurement are computed from it here. Verdicts that follow from the meaning of the
words are fixed, and their explanation gives the relevant measurement.
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
    """Assess the answer to the question: which two concepts make convolutional networks effective?"""
    near, far = measurements.pixel_correlation[0], measurements.pixel_correlation[-1]
    curve, most, at_4 = measurements.shift_curve, SHIFT_DISTANCES[-1], 1 + SHIFT_DISTANCES.index(4)
    in_place, moved = curve.accuracy[0], curve.accuracy[-1]
    falls = moved.high < in_place.low
    one, last = curve.map_correlation[0][at_4], curve.map_correlation[-1][at_4]
    claims = (
        Claim(
            "Spatial locality: nearby pixels are more closely related than distant ones.",
            ClaimVerdict.CORRECT if near.low > far.high else ClaimVerdict.INCONCLUSIVE,
            f"Across faces, the correlation of two pixels is {format_estimate(near)} at a distance of "
            f"{PIXEL_DISTANCES[0]} px and {format_estimate(far)} at {PIXEL_DISTANCES[-1]} px. A small "
            "kernel covers the most closely related pixels.",
        ),
        Claim(
            "The second concept is translational invariance.",
            ClaimVerdict.INCOMPLETE if falls else ClaimVerdict.CORRECT,
            "A convolution is equivariant: when its input moves, its map moves with it (error "
            f"{format_number(_convolution_error(measurements))}). {_pooling_sentence(measurements)}The "
            f"complete network is only partly invariant: of faces moved by {most} px, "
            f"{format_percent_estimate(moved)} are classified correctly, compared with "
            f"{format_percent_estimate(in_place)} in place, and "
            f"{format_percent_estimate(curve.unchanged_share[-1])} of the predictions stay the same.",
        ),
        Claim(
            "Pooling causes this invariance. (Not in the proposal, but a common explanation.)",
            {1: ClaimVerdict.INCOMPLETE, 0: ClaimVerdict.INCONCLUSIVE, -1: ClaimVerdict.INCORRECT}[
                compare_estimates(last, one)
            ],
            "When a face moves by 4 px, the correlation of its maps with the original ones is "
            f"{format_estimate(one)} after block 1 and {format_estimate(last)} after the last block. A "
            "single pooling has little effect: for a shift of 1 px, the correlation is "
            f"{format_estimate(curve.one_pixel_correlation[0][0])} before the pooling of block 1 and "
            f"{format_estimate(curve.one_pixel_correlation[0][1])} after it.",
        ),
    )
    figures = (
        f"{format_percent(in_place.value)} of faces are classified correctly in place, and "
        f"{format_percent(moved.value)} when moved by {most} px"
    )
    return AnswerAssessment(
        "translation",
        "Which two fundamental concepts make convolutional networks effective in processing images?",
        overall_verdict(claims[:2]),
        "The proposal names spatial locality and translational invariance. Locality is confirmed. "
        + (
            "Invariance is only half of the story. Convolutions are equivariant, and the later layers turn "
            f"this into partial invariance only: {figures}."
            if falls
            else f"Invariance is confirmed for the complete network ({figures}), but its convolutions are "
            "equivariant."
        ),
        claims,
        _translation_evidence(measurements),
    )


def _translation_evidence(m: TranslationMeasurements) -> tuple[Evidence, ...]:
    at_4 = 1 + SHIFT_DISTANCES.index(4)
    found = [
        Evidence(
            f"Across faces, two pixels {d} px apart have a correlation of {format_number(c.value)}.",
            c,
        )
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
            f"When a face moves by 2 px, the maps of block {k} do not just move with it: the error is "
            f"{format_number(error)}.",
            exact_estimate(error, m.equivariance_faces),
        )
        for k, error in _non_equivariant_blocks(m)[:1]
    ]
    for shift, right in zip((0, *SHIFT_DISTANCES), m.shift_curve.accuracy, strict=True):
        if shift not in REPORTED_SHIFTS:
            continue
        subject = f"Of faces moved by {shift} px" if shift else "Of unshifted faces"
        found.append(Evidence(f"{subject}, {format_percent(right.value)} are classified correctly.", right))
    found += [
        Evidence(
            f"When a face moves by 4 px, its maps after block {k} have a correlation of "
            f"{format_number(similar[at_4].value)} with the original ones.",
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
    """The blocks whose error after a shift of 2 px exceeds rounding error, each with its error."""
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
        "Pooling breaks this for shifts that are not a multiple of its stride: a shift of 2 px gives block "
        f"{block} an error of {format_number(error)}. "
    )
