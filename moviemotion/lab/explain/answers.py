"""The deck's three questions: what the measurements say of its answers, claim by claim.

A verdict that a measurement can turn is worked out from the measurement here; those that follow from
what the words mean are fixed, and their figure shows why.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from moviemotion.lab.comparison import Comparison
from moviemotion.lab.dataset import FACE_SIZE
from moviemotion.lab.explain.activations import IN_WORDS, ActivationResult
from moviemotion.lab.explain.evidence import Answer, Claim, Estimate, Evidence, Verdict, census
from moviemotion.lab.explain.measure import Blocks, Relu, Translation
from moviemotion.lab.explain.shifts import DISTANCES, SHIFTS
from moviemotion.lab.explain.tuning import CUTOFFS

TINY = 1e-5
TOLD_DISTANCES, TOLD_SHIFTS = (1, 8, 24), (0, 2, 4, 8, 12)
DECK_GAIN = 10
"""Points of accuracy that the deck's experiment 1 reports for ReLU over Leaky ReLU (78 % to 88 %)."""


def number(value: float, digits: int = 2) -> str:
    """A value with so many decimals and a true minus sign; tiny ones, as of rounding, as 4 × 10⁻¹⁵."""
    if np.isnan(value):
        return "–"
    if 0 < abs(value) < TINY:
        power = int(np.floor(np.log10(abs(value))))
        raised = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"{value / 10**power:.0f} × 10{raised}".replace("-", "−")
    return f"{value:.{digits}f}".replace("-", "−")


def percent(value: float) -> str:
    """A share with one decimal."""
    return f"{100 * value:.1f} %".replace("-", "−")


def doubt(estimate: Estimate, digits: int = 2) -> str:
    """`0.27 (0.26 to 0.29)`."""
    low, high = number(estimate.low, digits), number(estimate.high, digits)
    return f"{number(estimate.value, digits)} ({low} to {high})"


def doubt_percent(estimate: Estimate) -> str:
    """`27.4 % (25.9 to 28.9)`."""
    return f"{percent(estimate.value)} ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"


def overall(claims: Sequence[Claim]) -> Verdict:
    """What all claims that are decided have in common; incomplete where they differ."""
    kinds = {claim.verdict for claim in claims} - {Verdict.UNDECIDED} or {Verdict.UNDECIDED}
    return kinds.pop() if len(kinds) == 1 else Verdict.INCOMPLETE


def about_blocks(m: Blocks) -> Answer:
    """What do the first blocks detect, and what the last?"""
    first, last = m.tuning[0], m.tuning[-1]
    near, whole = m.fields[1].pooled.side, m.fields[-1].expected
    before, after = m.losses[1], m.losses[-1]
    contrast = float(first.curve.max() / max(first.curve[0], 1e-12))
    finer = _order(last.preferred, first.preferred), _order(after.fine_share, before.fine_share)
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
            "It is one of meaning too. A linear reader of the pixels is right on "
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


def _order(one: Estimate, other: Estimate) -> int:
    """1 or −1 where one is above or below the other by more than their doubt; else 0."""
    return int(np.sign(one.value - other.value)) if one.apart_from(other) else 0


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


def about_relu(m: Relu) -> Answer:
    """What is ReLU for, and how does it work?"""
    blocks = [layer for layer in m.layers if layer.layer.startswith("block")]
    dead, units = sum(layer.dead for layer in m.layers), sum(layer.units for layer in m.layers)
    least = min(blocks, key=lambda layer: layer.blocked.value)
    most = max(blocks, key=lambda layer: layer.blocked.value)
    n = blocks[0].blocked.n
    s, g = m.straightness, m.gate
    claims = (
        Claim(
            "ReLU is max(0, u): zero for a negative input, the input itself for a positive one.",
            Verdict.RIGHT,
            f"Of a face's inputs to ReLU, {percent(least.blocked.value)} ({least.layer}) to "
            f"{percent(most.blocked.value)} ({most.layer}) are at or below zero and come out as 0; the rest "
            "pass as they are.",
        ),
        Claim(
            "A negative input turns the neuron off.",
            Verdict.INCOMPLETE,
            f"For this input, at this place; it is back for the next. Off for good are {dead} of {units} "
            f"filters and neurons: above zero nowhere on {n} faces (such a one may still fire on up to "
            f"{percent(1 - 0.05 ** (1 / n))} of faces, 95 % bound).",
        ),
        Claim(
            "It adds non-linearity in forward and in back propagation.",
            Verdict.INCOMPLETE,
            f"Forward, yes: the answer to the mean of two faces is {doubt(s.as_trained)} away from the mean "
            f"of the two answers. Backward, ReLU multiplies the gradient: by {_both(g.slope_below)} at "
            f"{g.negative:,} units with a negative input, by {_both(g.slope_above)} at {g.positive:,} with a "
            "positive one. The forward pass sets these gates; once set, the backward pass is linear in the "
            f"gradient (error {number(g.backward_error)}).",
        ),
        Claim(
            "Without activation a network would behave like a linear regression.",
            Verdict.INCOMPLETE,
            "Right in substance: linear maps in a row are one linear map, and with softmax that is a "
            "multinomial logistic regression. Not quite so here: with ReLU taken out the network still "
            f"bends, by {doubt(s.no_relu)}, because max pooling bends too. With average pooling instead, "
            f"nothing does: {number(s.no_relu_no_max.value)}. (In training, batch norm also makes a face's "
            "answer depend on the rest of its batch.)",
        ),
    )
    return Answer(
        "relu",
        "What is the purpose of ReLU? How does it work?",
        overall(claims),
        "The formula is right, and so at heart is the purpose. Why it was assessed as incorrect we cannot "
        "know; this can be held against it: backward, ReLU is a gate of 0 or 1, not a bend; 'off' holds for "
        "one input, not for the neuron; and a classifier without activation is a logistic regression, which "
        "#36 would not even be, since max pooling bends too. It also leaves out why ReLU and not another "
        "bend: its slope of 1 lets gradients through many layers without shrinking.",
        (*claims, *(_against(m.runs[0], other) for other in m.runs[1:])),
        _relu_evidence(m, dead, units, n),
    )


def _relu_evidence(m: Relu, dead: int, units: int, n: int) -> tuple[Evidence, ...]:
    s, g = m.straightness, m.gate
    blocked = [
        Evidence(
            f"In {layer.layer}, {percent(layer.blocked.value)} of a face's inputs to ReLU come out as 0.",
            layer.blocked,
        )
        for layer in (m.layers[0], m.layers[-1])
    ]
    runs = [
        Evidence(
            f"With {run.activation}, the network reads {percent(run.accuracy.value)} right.", run.accuracy
        )
        for run in m.runs
    ]
    return (
        *blocked,
        Evidence(
            f"Where its input is negative, ReLU passes back {_both(g.slope_below)} times the gradient.",
            census(g.slope_below[1], g.negative),
        ),
        Evidence(
            f"Where its input is positive, ReLU passes back {_both(g.slope_above)} times the gradient.",
            census(g.slope_above[0], g.positive),
        ),
        Evidence(
            f"The answer to the mean of two faces is {number(s.as_trained.value)} away from the mean of the "
            "two answers; 0 would be a straight map.",
            s.as_trained,
        ),
        Evidence(
            f"With ReLU taken out that is {number(s.no_relu.value)}: max pooling still bends.", s.no_relu
        ),
        Evidence(
            f"With ReLU and max pooling taken out it is {number(s.no_relu_no_max.value)}: one straight map.",
            s.no_relu_no_max,
        ),
        Evidence(
            f"{dead} of {units} filters and neurons are above zero nowhere on {n} faces.",
            census(dead / units, units),
        ),
        *runs,
    )


def _both(slopes: tuple[float, float]) -> str:
    low, high = (f"{value + 0.0:g}" for value in slopes)  # −0 + 0 is 0
    return low if low == high else f"{low} to {high}"


def _against(first: ActivationResult, other: ActivationResult) -> Claim:
    c = other.against_first
    assert c is not None
    gain, low, high = -100 * c.difference, -100 * c.interval[1], -100 * c.interval[0]
    measured = (
        f"{first.activation} less {other.activation}: {number(gain, 1)} points ({number(low, 1)} to "
        f"{number(high, 1)}; McNemar p = {c.p_value:.2g}, n = {c.n}). One run each: the luck of the seed "
        "comes on top."
    )
    if other.activation == IN_WORDS["leaky_relu"]:
        verdict = Verdict.UNDECIDED
        if high < 0:
            verdict = Verdict.WRONG
        elif low > 0:
            verdict = Verdict.RIGHT if high >= DECK_GAIN else Verdict.INCOMPLETE
        return Claim(f"ReLU reads {DECK_GAIN} points more than Leaky ReLU.", verdict, measured)
    verdict = Verdict.RIGHT if low > 0 else Verdict.WRONG if high < 0 else Verdict.UNDECIDED
    return Claim(f"ReLU is needed: {other.activation} reads worse.", verdict, measured)


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
            {1: Verdict.INCOMPLETE, 0: Verdict.UNDECIDED, -1: Verdict.WRONG}[_order(last, one)],
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
