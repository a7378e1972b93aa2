"""What the measurements say of the deck's answer on ReLU, claim by claim.

A verdict that a measurement can turn is worked out from the measurement here; those that follow from
what the words mean are fixed, and their figure shows why.
"""

from __future__ import annotations

from moviemotion.lab.proposal.explain.activations import ACTIVATION_NAMES, ActivationResult
from moviemotion.lab.proposal.explain.evidence import (
    AnswerAssessment,
    Claim,
    ClaimVerdict,
    Evidence,
    exact_estimate,
    overall_verdict,
)
from moviemotion.lab.proposal.explain.figures import format_estimate, format_number, format_percent
from moviemotion.lab.proposal.explain.measure import ReluMeasurements

PROPOSAL_RELU_GAIN = 10
"""Points of accuracy that the deck's experiment 1 reports for ReLU over Leaky ReLU (78 % to 88 %)."""


def assess_relu_answer(measurements: ReluMeasurements) -> AnswerAssessment:
    """What is ReLU for, and how does it work?"""
    blocks = [layer for layer in measurements.layers if layer.layer.startswith("block")]
    dead, units = (
        sum(layer.n_dead for layer in measurements.layers),
        sum(layer.n_units for layer in measurements.layers),
    )
    least = min(blocks, key=lambda layer: layer.zero_share.value)
    most = max(blocks, key=lambda layer: layer.zero_share.value)
    n = blocks[0].zero_share.n
    s, g = measurements.linearity, measurements.gradients
    claims = (
        Claim(
            "ReLU is max(0, u): zero for a negative input, the input itself for a positive one.",
            ClaimVerdict.CORRECT,
            f"Of a face's inputs to ReLU, {format_percent(least.zero_share.value)} ({least.layer}) to "
            f"{format_percent(most.zero_share.value)} ({most.layer}) are at or below zero and come out as 0; the rest "
            "pass as they are.",
        ),
        Claim(
            "A negative input turns the neuron off.",
            ClaimVerdict.INCOMPLETE,
            f"For this input, at this place; it is back for the next. Off for good are {dead} of {units} "
            f"filters and neurons: above zero nowhere on {n} faces (such a one may still fire on up to "
            f"{format_percent(1 - 0.05 ** (1 / n))} of faces, 95 % bound).",
        ),
        Claim(
            "It adds non-linearity in forward and in back propagation.",
            ClaimVerdict.INCOMPLETE,
            f"Forward, yes: the answer to the mean of two faces is {format_estimate(s.as_trained)} away from the mean "
            f"of the two answers. Backward, ReLU multiplies the gradient: by {_format_range(g.negative_slope_range)} at "
            f"{g.n_negative:,} units with a negative input, by {_format_range(g.positive_slope_range)} at {g.n_positive:,} with a "
            "positive one. The forward pass sets these gates; once set, the backward pass is linear in the "
            f"gradient (error {format_number(g.backward_linearity_error)}).",
        ),
        Claim(
            "Without activation a network would behave like a linear regression.",
            ClaimVerdict.INCOMPLETE,
            "Right in substance: linear maps in a row are one linear map, and with softmax that is a "
            "multinomial logistic regression. Not quite so here: with ReLU taken out the network still "
            f"bends, by {format_estimate(s.no_relu)}, because max pooling bends too. With average pooling instead, "
            f"nothing does: {format_number(s.no_relu_no_max_pooling.value)}. (In training, batch norm also makes a face's "
            "answer depend on the rest of its batch.)",
        ),
    )
    return AnswerAssessment(
        "relu",
        "What is the purpose of ReLU? How does it work?",
        overall_verdict(claims),
        "The formula is right, and so at heart is the purpose. Why it was assessed as incorrect we cannot "
        "know; this can be held against it: backward, ReLU is a gate of 0 or 1, not a bend; 'off' holds for "
        "one input, not for the neuron; and a classifier without activation is a logistic regression, which "
        "#36 would not even be, since max pooling bends too. It also leaves out why ReLU and not another "
        "bend: its slope of 1 lets gradients through many layers without shrinking.",
        (*claims, *(_comparison_claim(measurements.runs[0], other) for other in measurements.runs[1:])),
        _relu_evidence(measurements, dead, units, n),
    )


def _relu_evidence(m: ReluMeasurements, dead: int, units: int, n: int) -> tuple[Evidence, ...]:
    s, g = m.linearity, m.gradients
    blocked = [
        Evidence(
            f"In {layer.layer}, {format_percent(layer.zero_share.value)} of a face's inputs to ReLU come out as 0.",
            layer.zero_share,
        )
        for layer in (m.layers[0], m.layers[-1])
    ]
    runs = [
        Evidence(
            f"With {run.activation}, the network reads {format_percent(run.accuracy.value)} right.",
            run.accuracy,
        )
        for run in m.runs
    ]
    return (
        *blocked,
        Evidence(
            f"Where its input is negative, ReLU passes back {_format_range(g.negative_slope_range)} times the gradient.",
            exact_estimate(g.negative_slope_range[1], g.n_negative),
        ),
        Evidence(
            f"Where its input is positive, ReLU passes back {_format_range(g.positive_slope_range)} times the gradient.",
            exact_estimate(g.positive_slope_range[0], g.n_positive),
        ),
        Evidence(
            f"The answer to the mean of two faces is {format_number(s.as_trained.value)} away from the mean of the "
            "two answers; 0 would be a straight map.",
            s.as_trained,
        ),
        Evidence(
            f"With ReLU taken out that is {format_number(s.no_relu.value)}: max pooling still bends.",
            s.no_relu,
        ),
        Evidence(
            f"With ReLU and max pooling taken out it is {format_number(s.no_relu_no_max_pooling.value)}: one straight map.",
            s.no_relu_no_max_pooling,
        ),
        Evidence(
            f"{dead} of {units} filters and neurons are above zero nowhere on {n} faces.",
            exact_estimate(dead / units, units),
        ),
        *runs,
    )


def _format_range(slopes: tuple[float, float]) -> str:
    low, high = (f"{value + 0.0:g}" for value in slopes)  # −0 + 0 is 0
    return low if low == high else f"{low} to {high}"


def _comparison_claim(first: ActivationResult, other: ActivationResult) -> Claim:
    c = other.difference_from_first
    assert c is not None
    gain, low, high = -100 * c.difference, -100 * c.interval[1], -100 * c.interval[0]
    measured = (
        f"{first.activation} less {other.activation}: {format_number(gain, 1)} points ({format_number(low, 1)} to "
        f"{format_number(high, 1)}; McNemar p = {c.p_value:.2g}, n = {c.n}). One run each: the luck of the seed "
        "comes on top."
    )
    if other.activation == ACTIVATION_NAMES["leaky_relu"]:
        verdict = ClaimVerdict.INCONCLUSIVE
        if high < 0:
            verdict = ClaimVerdict.INCORRECT
        elif low > 0:
            verdict = ClaimVerdict.CORRECT if high >= PROPOSAL_RELU_GAIN else ClaimVerdict.INCOMPLETE
        return Claim(f"ReLU reads {PROPOSAL_RELU_GAIN} points more than Leaky ReLU.", verdict, measured)
    verdict = (
        ClaimVerdict.CORRECT if low > 0 else ClaimVerdict.INCORRECT if high < 0 else ClaimVerdict.INCONCLUSIVE
    )
    return Claim(f"ReLU is needed: {other.activation} reads worse.", verdict, measured)
