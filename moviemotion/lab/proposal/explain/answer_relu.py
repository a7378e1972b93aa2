"""What the measurements say of the deck's answer on ReLU, claim by claim.

A verdict that a measurement can turn is worked out from the measurement here; those that follow from
what the words mean are fixed, and their figure shows why.
"""

from __future__ import annotations

from moviemotion.lab.proposal.explain.activations import IN_WORDS, ActivationResult
from moviemotion.lab.proposal.explain.evidence import Answer, Claim, Evidence, Verdict, census, overall
from moviemotion.lab.proposal.explain.figures import doubt, number, percent
from moviemotion.lab.proposal.explain.measure import Relu

DECK_GAIN = 10
"""Points of accuracy that the deck's experiment 1 reports for ReLU over Leaky ReLU (78 % to 88 %)."""


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
