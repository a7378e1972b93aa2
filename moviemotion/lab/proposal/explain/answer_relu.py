"""Assess, claim by claim, the proposal's answer about ReLU.

Verdicts that depend on a measurement are computed from it here. Verdicts that follow from the meaning of the
words are fixed, and their explanation gives the relevant measurement.
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
"""Accuracy gain of ReLU over Leaky ReLU in the proposal's experiment 1, in points (78 % to 88 %)."""


def assess_relu_answer(measurements: ReluMeasurements) -> AnswerAssessment:
    """Assess the answer to the question: what is the purpose of ReLU, and how does it work?"""
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
            f"{format_percent(most.zero_share.value)} ({most.layer}) are at or below zero and become 0; the "
            "others pass unchanged.",
        ),
        Claim(
            "A negative input turns the neuron off.",
            ClaimVerdict.INCOMPLETE,
            f"Only for this input and position; another input can turn it on again. Of {units} filters "
            f"and neurons, {dead} are always off: they are never above zero on {n} faces (such a unit may "
            f"still be active on up to {format_percent(1 - 0.05 ** (1 / n))} of faces; 95 % bound).",
        ),
        Claim(
            "It adds non-linearity in forward propagation and backpropagation.",
            ClaimVerdict.INCOMPLETE,
            "True for forward propagation: the output for the mean of two faces deviates by "
            f"{format_estimate(s.as_trained)} from the mean of the two outputs. In backpropagation, ReLU "
            f"multiplies the gradient by {_format_range(g.negative_slope_range)} at {g.n_negative:,} units "
            f"with a negative input, and by {_format_range(g.positive_slope_range)} at {g.n_positive:,} "
            "units with a positive one. The forward pass determines these factors; given them, the "
            f"backward pass is linear in the gradient (error {format_number(g.backward_linearity_error)}).",
        ),
        Claim(
            "Without activations, a network would behave like a linear regression.",
            ClaimVerdict.INCOMPLETE,
            "True in principle: a sequence of linear maps is one linear map, which with softmax is a "
            "multinomial logistic regression. But not for this network: without ReLU it still deviates "
            f"from linear by {format_estimate(s.no_relu)}, because max pooling is non-linear too. With "
            f"average pooling instead, the deviation is {format_number(s.no_relu_no_max_pooling.value)}. "
            "(During training, batch norm also makes the output for a face depend on the other faces of "
            "its batch.)",
        ),
    )
    return AnswerAssessment(
        "relu",
        "What is the purpose of ReLU? How does it work?",
        overall_verdict(claims),
        "The formula is correct, and the purpose is essentially correct. It is not known why the answer was "
        "assessed as incorrect, but three points can be criticized. In backpropagation, ReLU multiplies by 0 "
        "or 1 and is not a non-linearity. A neuron is off for one input, not in general. And a classifier "
        "without activations is a logistic regression, which #36 would not be, because max pooling is "
        "non-linear too. The answer also does not explain why ReLU is preferred to other non-linearities: "
        "with its slope of 1, gradients pass through many layers without shrinking.",
        (*claims, *(_comparison_claim(measurements.runs[0], other) for other in measurements.runs[1:])),
        _relu_evidence(measurements, dead, units, n),
    )


def _relu_evidence(m: ReluMeasurements, dead: int, units: int, n: int) -> tuple[Evidence, ...]:
    s, g = m.linearity, m.gradients
    blocked = [
        Evidence(
            f"In {layer.layer}, {format_percent(layer.zero_share.value)} of a face's inputs to ReLU become "
            "0.",
            layer.zero_share,
        )
        for layer in (m.layers[0], m.layers[-1])
    ]
    runs = [
        Evidence(
            f"With {run.activation}, the network classifies {format_percent(run.accuracy.value)} of faces "
            "correctly.",
            run.accuracy,
        )
        for run in m.runs
    ]
    return (
        *blocked,
        Evidence(
            "If its input is negative, ReLU multiplies the gradient by "
            f"{_format_range(g.negative_slope_range)}.",
            exact_estimate(g.negative_slope_range[1], g.n_negative),
        ),
        Evidence(
            "If its input is positive, ReLU multiplies the gradient by "
            f"{_format_range(g.positive_slope_range)}.",
            exact_estimate(g.positive_slope_range[0], g.n_positive),
        ),
        Evidence(
            f"The output for the mean of two faces deviates by {format_number(s.as_trained.value)} from the "
            "mean of the two outputs; for a linear map it would be 0.",
            s.as_trained,
        ),
        Evidence(
            f"Without ReLU the deviation is {format_number(s.no_relu.value)}, because max pooling is "
            "non-linear too.",
            s.no_relu,
        ),
        Evidence(
            f"Without ReLU and max pooling it is {format_number(s.no_relu_no_max_pooling.value)}: "
            "the network is one linear map.",
            s.no_relu_no_max_pooling,
        ),
        Evidence(
            f"{dead} of {units} filters and neurons are never above zero on {n} faces.",
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
        f"{first.activation} minus {other.activation}: {format_number(gain, 1)} points "
        f"({format_number(low, 1)} to {format_number(high, 1)}; McNemar p = {c.p_value:.2g}, n = {c.n}). "
        "With one run each, the interval does not include the variation between seeds."
    )
    if other.activation == ACTIVATION_NAMES["leaky_relu"]:
        verdict = ClaimVerdict.INCONCLUSIVE
        if high < 0:
            verdict = ClaimVerdict.INCORRECT
        elif low > 0:
            verdict = ClaimVerdict.CORRECT if high >= PROPOSAL_RELU_GAIN else ClaimVerdict.INCOMPLETE
        return Claim(f"ReLU is {PROPOSAL_RELU_GAIN} points more accurate than Leaky ReLU.", verdict, measured)
    verdict = (
        ClaimVerdict.CORRECT if low > 0 else ClaimVerdict.INCORRECT if high < 0 else ClaimVerdict.INCONCLUSIVE
    )
    return Claim(f"ReLU is needed: the accuracy with {other.activation} is lower.", verdict, measured)
