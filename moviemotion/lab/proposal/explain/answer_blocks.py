"""What the measurements say of the deck's answer on early and late blocks, claim by claim.

A verdict that a measurement can turn is worked out from the measurement here; those that follow from
what the words mean are fixed, and their figure shows why.
"""

from __future__ import annotations

from moviemotion.lab.data.dataset import FACE_SIZE
from moviemotion.lab.evaluation.paired_comparison import Comparison
from moviemotion.lab.proposal.explain.evidence import Answer, Claim, Evidence, Verdict, census, order, overall
from moviemotion.lab.proposal.explain.figures import doubt, doubt_percent, number, percent
from moviemotion.lab.proposal.explain.frequency_tuning import CUTOFFS
from moviemotion.lab.proposal.explain.measure import Blocks


def about_blocks(m: Blocks) -> Answer:
    """What do the first blocks detect, and what the last?"""
    first, last = m.tuning[0], m.tuning[-1]
    near, whole = m.fields[1].pooled.side, m.fields[-1].expected
    before, after = m.losses[1], m.losses[-1]
    contrast = float(first.curve.max() / max(first.curve[0], 1e-12))
    finer = order(last.preferred, first.preferred), order(after.fine_share, before.fine_share)
    c = len(CUTOFFS) // 2
    cutoff = f"{CUTOFFS[c]:g} cycles a face"
    claims = (
        Claim(
            "Early blocks detect edges.",
            Verdict.RIGHT if contrast >= 2 else Verdict.UNDECIDED,
            f"Block 1 answers its best grating {number(contrast, 1)} times as strongly as the coarsest "
            "(one cycle a face): it looks for local change in light, of which an edge is the plainest kind.",
        ),
        Claim(
            "What they detect is big.",
            Verdict.WRONG if near < FACE_SIZE / 2 else Verdict.INCOMPLETE,
            f"A unit of block 1 sees {m.fields[0].pooled.side} px of a face {FACE_SIZE} px wide, one of "
            f"block 2 {near} px. Nothing bigger can reach it. Its edges are local: a big edge is seen "
            "only as many small ones.",
        ),
        Claim(
            "Final blocks detect fine detail.",
            _finer_verdict(finer),
            f"A unit of the last block sees {whole} px: it can answer parts and their arrangement. The best "
            f"grating is {doubt(first.preferred, 1)} cycles a face for filters of block 1 and "
            f"{doubt(last.preferred, 1)} for those of the last. When detail finer than {cutoff} is taken "
            f"away, block 1 loses {doubt(before.only_coarse[c])} of its answer to a face and the last block "
            f"{doubt(after.only_coarse[c])}; when all but it is taken away, {doubt(before.only_fine[c])} "
            f"and {doubt(after.only_fine[c])}. {_finer_sentence(finer)} The whole network reads "
            f"{doubt_percent(m.accuracy.only_coarse[c])} right with only the coarse part and "
            f"{doubt_percent(m.accuracy.only_fine[c])} with only the fine one.",
        ),
        Claim(
            "The difference is one of size.",
            Verdict.INCOMPLETE if m.late_over_early.interval[0] > 0 else Verdict.UNDECIDED,
            ("It is one of meaning too. " if m.late_over_early.interval[0] > 0 else "")
            + "A linear reader of the pixels is right on "
            f"{doubt_percent(m.probes[0])}, of block 1 on {doubt_percent(m.probes[1])}, of the last block "
            f"on {doubt_percent(m.probes[-1])}: {_points(m.late_over_early)} more than of block 1. The last "
            f"block says it in {m.last_numbers} numbers a face.",
        ),
    )
    return Answer(
        "blocks",
        "What is the difference between what the first and the final convolutional blocks detect?",
        overall(claims[:3]),
        f"Early blocks do find edges, but small ones: up to block 2 a unit sees {near} px. Late blocks see "
        f"{whole} px, and answer parts and their arrangement. {_finer_sentence(finer)}",
        claims,
        _block_evidence(m),
    )


def _block_evidence(m: Blocks) -> tuple[Evidence, ...]:
    """The first and the last block tell it; the page shows all."""
    c, ends = len(CUTOFFS) // 2, (0, len(m.fields) - 1)
    found = []
    for k in (1, 2, len(m.fields)):
        side = m.fields[k - 1].pooled.side
        seen = f"more than the {FACE_SIZE} px of the face" if side > FACE_SIZE else f"of {FACE_SIZE}"
        found.append(Evidence(f"A unit of block {k} sees a square of {side} px, {seen}.", census(side, 1)))
    for k in ends:
        best = m.tuning[k].preferred
        text = f"Filters of block {k + 1} answer gratings of {number(best.value, 1)} cycles a face most."
        found.append(Evidence(text, best))
    cutoff = f"{CUTOFFS[c]:g} cycles a face"
    for k in ends:
        lost = m.losses[k + 1].only_coarse[c]
        text = f"Without detail finer than {cutoff}, block {k + 1} loses {percent(lost.value)} of its answer."
        found.append(Evidence(text, lost))
    coarse, fine = m.accuracy.only_coarse[c], m.accuracy.only_fine[c]
    blurred = f"Without detail finer than {cutoff}, {percent(coarse.value)} of faces are read right."
    sharp = f"With nothing but detail finer than {cutoff}, {percent(fine.value)} of faces are read right."
    found += [Evidence(blurred, coarse), Evidence(sharp, fine)]
    for k in ends:
        right = m.probes[k + 1]
        text = f"A linear reader of block {k + 1} reads {percent(right.value)} of faces right."
        found.append(Evidence(text, right))
    return tuple(found)


def _finer_verdict(finer: tuple[int, int]) -> Verdict:
    if set(finer) == {0}:
        return Verdict.UNDECIDED
    if min(finer) < 0 < max(finer):
        return Verdict.INCOMPLETE
    return Verdict.RIGHT if max(finer) > 0 else Verdict.WRONG


def _finer_sentence(finer: tuple[int, int]) -> str:
    gratings = {1: "finer gratings than", -1: "coarser gratings than", 0: "about the same gratings as"}
    faces = {1: "more", -1: "less", 0: "about as much"}
    than = "as" if finer[1] == 0 else "than"
    joined = "but" if min(finer) < 0 < max(finer) else "and"
    return (
        f"Late filters prefer {gratings[finer[0]]} early ones, {joined} on real faces the last block's "
        f"answer rests {faces[finer[1]]} on fine detail {than} that of block 1."
    )


def _points(c: Comparison) -> str:
    low, high = (number(100 * end, 1) for end in c.interval)
    return f"{number(100 * c.difference, 1)} points ({low} to {high})"
