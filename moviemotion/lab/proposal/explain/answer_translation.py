"""What the measurements say of the deck's answer on locality and translation, claim by claim.

A verdict that a measurement can turn is worked out from the measurement here; those that follow from
what the words mean are fixed, and their figure shows why.
"""

from __future__ import annotations

import numpy as np

from moviemotion.lab.proposal.explain.evidence import Answer, Claim, Evidence, Verdict, census, order, overall
from moviemotion.lab.proposal.explain.figures import TINY, doubt, doubt_percent, number, percent
from moviemotion.lab.proposal.explain.measure import Translation
from moviemotion.lab.proposal.explain.translation import DISTANCES, SHIFTS

TOLD_DISTANCES, TOLD_SHIFTS = (1, 8, 24), (0, 2, 4, 8, 12)


def about_translation(m: Translation) -> Answer:
    """Which two concepts make convolutional networks effective?"""
    near, far = m.correlation[0], m.correlation[-1]
    curve, most, at_4 = m.shifts, SHIFTS[-1], 1 + SHIFTS.index(4)
    whole, moved = curve.accuracy[0], curve.accuracy[-1]
    falls = moved.high < whole.low
    one, last = curve.similarity[0][at_4], curve.similarity[-1][at_4]
    claims = (
        Claim(
            "Spatial locality: near pixels are more related than far ones.",
            Verdict.RIGHT if near.low > far.high else Verdict.UNDECIDED,
            f"Two pixels {DISTANCES[0]} px apart correlate at {doubt(near)} over faces, two that are "
            f"{DISTANCES[-1]} px apart at {doubt(far)}. A small kernel reads where most of the relation is.",
        ),
        Claim(
            "The second concept is translational invariance.",
            Verdict.INCOMPLETE if falls else Verdict.RIGHT,
            "A convolution is equivariant: when its input moves, its map moves with it (error "
            f"{number(_exact(m))}). {_broken_sentence(m)}Invariance comes after, and in part: moved by "
            f"{most} px, {doubt_percent(moved)} of faces are read right, against {doubt_percent(whole)} in "
            f"place, and {doubt_percent(curve.kept[-1])} of the answers stay the same.",
        ),
        Claim(
            "Pooling makes it so. (Not in the deck, but often said.)",
            {1: Verdict.INCOMPLETE, 0: Verdict.UNDECIDED, -1: Verdict.WRONG}[order(last, one)],
            f"When a face moves by 4 px, its maps after block 1 correlate with the unmoved ones at "
            f"{doubt(one)}, after the last block at {doubt(last)}. One pooling alone does little: at 1 px, "
            f"{doubt(curve.one_px[0][0])} before that of block 1 and {doubt(curve.one_px[0][1])} after it.",
        ),
    )
    figures = f"{percent(whole.value)} are read right in place, {percent(moved.value)} at {most} px"
    return Answer(
        "translation",
        "Two fundamental concepts make convolutional networks effective in processing images: which?",
        overall(claims[:2]),
        "The deck names spatial locality and translational invariance. Locality holds. "
        + (
            "The second is half of the truth: convolutions are equivariant, and what follows makes of that a "
            f"partial invariance only: {figures}."
            if falls
            else f"The second is borne out by the whole network ({figures}), though not by its convolutions: "
            "these are equivariant."
        ),
        claims,
        _translation_evidence(m),
    )


def _translation_evidence(m: Translation) -> tuple[Evidence, ...]:
    at_4 = 1 + SHIFTS.index(4)
    found = [
        Evidence(f"Two pixels {d} px apart correlate at {number(c.value)} over faces.", c)
        for d, c in zip(DISTANCES, m.correlation, strict=True)
        if d in TOLD_DISTANCES
    ]
    found.append(
        Evidence(
            "When a convolution's input moves, its map moves with it: the error inside the borders is "
            f"{number(_exact(m))}.",
            census(_exact(m), m.equivariance_faces),
        )
    )
    found += [
        Evidence(
            f"When a face moves by 2 px, the maps of block {k} are not the old ones moved: the error is "
            f"{number(error)}.",
            census(error, m.equivariance_faces),
        )
        for k, error in _broken(m)[:1]
    ]
    for shift, right in zip((0, *SHIFTS), m.shifts.accuracy, strict=True):
        if shift not in TOLD_SHIFTS:
            continue
        where = f"With faces moved by {shift} px" if shift else "With faces in place"
        found.append(Evidence(f"{where}, {percent(right.value)} are read right.", right))
    found += [
        Evidence(
            f"When a face moves by 4 px, its maps after block {k} correlate with the unmoved ones at "
            f"{number(similar[at_4].value)}.",
            similar[at_4],
        )
        for k, similar in ((1, m.shifts.similarity[0]), (len(m.shifts.similarity), m.shifts.similarity[-1]))
    ]
    return tuple(found)


def _exact(m: Translation) -> float:
    return max(error for error in m.equivariance.convolution if not np.isnan(error))


def _broken(m: Translation) -> list[tuple[int, float]]:
    """Blocks that a shift of 2 px leaves with more than an error of rounding."""
    return [(k, error) for k, error in enumerate(m.equivariance.two_px, 1) if error > TINY]


def _broken_sentence(m: Translation) -> str:
    broken = _broken(m)
    if not broken:
        return ""
    block, error = broken[0]
    return (
        "Pooling breaks this for shifts that are no multiple of its step: 2 px leave block "
        f"{block} with an error of {number(error)}. "
    )
