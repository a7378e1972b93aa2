"""Format an evaluation as lines of text for the terminal and the model card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moviemotion.lab.evaluation.annotator_ceiling import PANEL_SIZE, AnnotatorCeiling
from moviemotion.lab.evaluation.paired_comparison import PairedComparison
from moviemotion.lab.evaluation.proposal_protocol import (
    FACES_PER_CLASS,
    PUBLISHED_CORRECT,
    TEST_SET_SIZE,
    ProposalProtocol,
)

if TYPE_CHECKING:
    from moviemotion.lab.evaluation.evaluate import Evaluation


def evaluation_lines(result: Evaluation) -> list[str]:
    """Summarize all results of an evaluation."""
    lines = [*score_lines(result), *_confusion_lines(result)]
    if result.agreement:
        lines.append("accuracy by the number of annotators who agree:")
        lines += [
            f"  {one.votes:>2}  {one.accuracy:.3f} ({_format_interval(one.interval)}, n={one.n})"
            for one in result.agreement
        ]
    lines.append(protocol_line(result.proposal_protocol))
    if result.annotator_ceiling:
        lines.append(annotator_ceiling_line(result.annotator_ceiling, result.truth))
    if result.comparison:
        lines += comparison_lines(result.comparison)
    return lines


def score_lines(result: Evaluation) -> list[str]:
    """Format the accuracy, the macro-F1, the calibration, and the recall of each emotion."""
    lines = [
        f"{result.split} split against the {result.truth}: accuracy {result.accuracy:.3f} "
        f"(95 % interval {_format_interval(result.interval)}, n={result.n}), "
        f"macro-F1 {result.macro_f1:.3f} ({_format_interval(result.macro_f1_interval)}), "
        f"calibration error {result.ece:.3f} "
        f"(a perfectly calibrated model: under {result.calibrated_ece_limit:.3f})"
    ]
    for emotion, one in result.per_class.items():
        lines.append(f"  {emotion:<9} recall {one.recall:.3f} ({_format_interval(one.interval)}, n={one.n})")
    return lines


def protocol_line(protocol: ProposalProtocol | None) -> str:
    """Describe how this model scores under the proposal's protocol."""
    name = f"the proposal's protocol, {TEST_SET_SIZE} faces, {FACES_PER_CLASS} of each emotion"
    if protocol is None:
        return f"{name}: not possible, since an emotion has fewer than {FACES_PER_CLASS} faces"
    q = protocol.quantiles
    return (
        f"{name}: this model scores {q['0.025']:.3f} to {q['0.975']:.3f} on 95 of 100 such sets, "
        f"{q['0.25']:.3f} to {q['0.75']:.3f} on half of them, and "
        f"{100 * PUBLISHED_CORRECT / TEST_SET_SIZE:.0f} % or more on "
        f"{_format_percent(protocol.published_probability)} "
        f"({_format_percent(protocol.published_probability_interval[0])} to "
        f"{_format_percent(protocol.published_probability_interval[1])})"
    )


def annotator_ceiling_line(ceiling: AnnotatorCeiling, truth: str) -> str:
    """Describe the accuracy that a second panel of annotators would reach."""
    limit = (
        "; the latter estimates the best accuracy that any model could reach" if truth == "consensus" else ""
    )
    return (
        f"a second panel of {PANEL_SIZE} annotators would give the {truth} for {ceiling.second_panel:.3f} "
        f"({_format_interval(ceiling.second_interval)}, n={ceiling.n}) of these faces, an infinitely large "
        f"panel for {ceiling.infinite_panel:.3f} ({_format_interval(ceiling.infinite_interval)}){limit}"
    )


def comparison_lines(comparison: PairedComparison) -> list[str]:
    """Describe the difference between two models."""
    return [
        f"compared with {comparison.other_name} on the same {comparison.n} faces: {comparison.accuracy:.3f} "
        f"− {comparison.other_accuracy:.3f} = {_format_difference(comparison.difference)} (95 % interval "
        f"{_format_difference(comparison.interval[0])} to {_format_difference(comparison.interval[1])})",
        f"  correct where the other is wrong: {comparison.only_first}; wrong where the other is correct: "
        f"{comparison.only_other}; exact McNemar p = {_format_p_value(comparison.p_value)}",
    ]


def _confusion_lines(result: Evaluation) -> list[str]:
    names = list(result.confusion)
    counts = [[result.confusion[true][predicted] for predicted in names] for true in names]
    rows = [
        f"  {name:<8}" + "".join(f"{count:>10}" for count in row)
        for name, row in zip(names, counts, strict=True)
    ]
    return ["predicted:" + "".join(f"{name:>10}" for name in names), *rows]


def _format_difference(difference: float) -> str:
    return f"{difference:+.3f}".replace("-", "−")


def _format_interval(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.3f} to {interval[1]:.3f}"


def _format_percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share == 0 or share >= 0.001 else "under 0.1 %"


def _format_p_value(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else f"{p:.0e}"
