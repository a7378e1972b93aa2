"""Assess, claim by claim, the proposal's answer about what early and late blocks detect.

Verdicts that depend on a measurement are computed from it here. Verdicts that follow from the meaning of the
words are fixed, and their explanation gives the relevant measurement.
"""

from __future__ import annotations

from moviemotion.lab.data.dataset import FACE_SIZE
from moviemotion.lab.evaluation.paired_comparison import PairedComparison
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
    format_estimate,
    format_number,
    format_percent,
    format_percent_estimate,
)
from moviemotion.lab.proposal.explain.frequency_tuning import CUTOFFS
from moviemotion.lab.proposal.explain.measure import BlockMeasurements


def assess_blocks_answer(measurements: BlockMeasurements) -> AnswerAssessment:
    """Assess the answer to the question: what do the first and the last blocks detect?"""
    first, last = measurements.tuning[0], measurements.tuning[-1]
    near, far = (
        measurements.receptive_fields[1].after_pooling.size,
        measurements.receptive_fields[-1].expected_size,
    )
    before, after = measurements.band_losses[1], measurements.band_losses[-1]
    contrast = float(first.response_curve.max() / max(first.response_curve[0], 1e-12))
    finer = (
        compare_estimates(last.preferred_frequency, first.preferred_frequency),
        compare_estimates(after.high_frequency_share, before.high_frequency_share),
    )
    c = len(CUTOFFS) // 2
    cutoff = f"{CUTOFFS[c]:g} cycles per face"
    claims = (
        Claim(
            "Early blocks detect edges.",
            ClaimVerdict.CORRECT if contrast >= 2 else ClaimVerdict.INCONCLUSIVE,
            f"Block 1 responds to its best grating {format_number(contrast, 1)} times as strongly as to the "
            "coarsest one (one cycle per face). It detects local changes of brightness, and an edge is the "
            "simplest of these.",
        ),
        Claim(
            "Early blocks detect big details.",
            ClaimVerdict.INCORRECT if near < FACE_SIZE / 2 else ClaimVerdict.INCOMPLETE,
            f"A unit of block 1 sees {measurements.receptive_fields[0].after_pooling.size} px of a face "
            f"that is {FACE_SIZE} px wide, and one of block 2 sees {near} px. They cannot detect anything "
            "bigger. A long edge is detected only as many short ones.",
        ),
        Claim(
            "Final blocks detect fine detail.",
            _detail_verdict(finer),
            f"A unit of the last block sees {far} px, so it can respond to parts and their arrangement. "
            "Filters of block 1 respond most to gratings of "
            f"{format_estimate(first.preferred_frequency, 1)} cycles per face, those of the last block to "
            f"{format_estimate(last.preferred_frequency, 1)}. Without detail finer than {cutoff}, block 1 "
            f"loses {format_estimate(before.low_pass[c])} of its response to a face and the last block "
            f"{format_estimate(after.low_pass[c])}; with nothing but this detail, they lose "
            f"{format_estimate(before.high_pass[c])} and {format_estimate(after.high_pass[c])}. "
            f"{_detail_sentence(finer)} The complete network classifies "
            f"{format_percent_estimate(measurements.band_accuracy.low_pass[c])} of the faces correctly from "
            f"coarse structure alone and {format_percent_estimate(measurements.band_accuracy.high_pass[c])} "
            "from fine detail alone.",
        ),
        Claim(
            "The difference is one of size.",
            ClaimVerdict.INCOMPLETE
            if measurements.last_against_first.interval[0] > 0
            else ClaimVerdict.INCONCLUSIVE,
            (
                "They also differ in how much of the emotion they encode. "
                if measurements.last_against_first.interval[0] > 0
                else ""
            )
            + "A linear classifier on the pixels is correct on "
            f"{format_percent_estimate(measurements.probe_accuracy[0])} of the faces, one on block 1 on "
            f"{format_percent_estimate(measurements.probe_accuracy[1])}, and one on the last block on "
            f"{format_percent_estimate(measurements.probe_accuracy[-1])}, which is "
            f"{_format_difference(measurements.last_against_first)} more than for block 1. The last block "
            f"has {measurements.last_block_outputs} outputs per face.",
        ),
    )
    return AnswerAssessment(
        "blocks",
        "What is the difference between what the first and the final convolutional blocks detect?",
        overall_verdict(claims[:3]),
        f"Early blocks do detect edges, but short ones: up to block 2, a unit sees {near} px. Late blocks "
        f"see {far} px and respond to parts and their arrangement. {_detail_sentence(finer)}",
        claims,
        _block_evidence(measurements),
    )


def _block_evidence(m: BlockMeasurements) -> tuple[Evidence, ...]:
    """Collect the evidence for the first and last blocks only, since the page shows all blocks."""
    c, ends = len(CUTOFFS) // 2, (0, len(m.receptive_fields) - 1)
    found = []
    for k in (1, 2, len(m.receptive_fields)):
        side = m.receptive_fields[k - 1].after_pooling.size
        seen = "more than" if side > FACE_SIZE else "out of"
        found.append(
            Evidence(
                f"A unit of block {k} sees {side}×{side} px, {seen} "
                f"the {FACE_SIZE}×{FACE_SIZE} px of a face.",
                exact_estimate(side, 1),
            )
        )
    for k in ends:
        best = m.tuning[k].preferred_frequency
        frequency = format_number(best.value, 1)
        text = f"Filters of block {k + 1} respond most to gratings of {frequency} cycles per face."
        found.append(Evidence(text, best))
    cutoff = f"{CUTOFFS[c]:g} cycles per face"
    for k in ends:
        lost = m.band_losses[k + 1].low_pass[c]
        share = format_percent(lost.value)
        text = f"Without detail finer than {cutoff}, block {k + 1} loses {share} of its response."
        found.append(Evidence(text, lost))
    coarse, fine = m.band_accuracy.low_pass[c], m.band_accuracy.high_pass[c]
    for condition, right in (("Without", coarse), ("With only", fine)):
        share = format_percent(right.value)
        text = f"{condition} detail finer than {cutoff}, {share} of faces are classified correctly."
        found.append(Evidence(text, right))
    for k in ends:
        right = m.probe_accuracy[k + 1]
        text = f"A linear classifier on block {k + 1} is correct on {format_percent(right.value)} of faces."
        found.append(Evidence(text, right))
    return tuple(found)


def _detail_verdict(finer: tuple[int, int]) -> ClaimVerdict:
    if set(finer) == {0}:
        return ClaimVerdict.INCONCLUSIVE
    if min(finer) < 0 < max(finer):
        return ClaimVerdict.INCOMPLETE
    return ClaimVerdict.CORRECT if max(finer) > 0 else ClaimVerdict.INCORRECT


def _detail_sentence(finer: tuple[int, int]) -> str:
    gratings = {1: "finer gratings than", -1: "coarser gratings than", 0: "about the same gratings as"}
    faces = {1: "more", -1: "less", 0: "about as much"}
    than = "as" if finer[1] == 0 else "than"
    joined = "but" if min(finer) < 0 < max(finer) else "and"
    return (
        f"Late filters prefer {gratings[finer[0]]} early ones, {joined} on real faces the last block's "
        f"response depends {faces[finer[1]]} on fine detail {than} that of block 1."
    )


def _format_difference(c: PairedComparison) -> str:
    low, high = (format_number(100 * end, 1) for end in c.interval)
    return f"{format_number(100 * c.difference, 1)} points ({low} to {high})"
