"""An evaluation as lines for the terminal and the card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moviemotion.lab.evaluation.annotator_ceiling import PANEL, PanelAgreement
from moviemotion.lab.evaluation.paired_comparison import Comparison
from moviemotion.lab.evaluation.proposal_protocol import FACES, FACES_A_CLASS, PUBLISHED_RIGHT, DeckProtocol

if TYPE_CHECKING:
    from moviemotion.lab.evaluation.evaluate import Evaluation


def evaluation_lines(result: Evaluation) -> list[str]:
    """All of it, short."""
    lines = [*score_lines(result), *_confusion_lines(result)]
    if result.agreement:
        lines.append("by how many annotators agree:")
        lines += [
            f"  {one.votes:>2}  {one.accuracy:.3f} ({_span(one.interval)}, n={one.n})"
            for one in result.agreement
        ]
    lines.append(protocol_line(result.deck_protocol))
    if result.panel:
        lines.append(panel_line(result.panel, result.truth))
    if result.comparison:
        lines += comparison_lines(result.comparison)
    return lines


def score_lines(result: Evaluation) -> list[str]:
    """Accuracy, macro-F1, calibration, and the recall of each emotion."""
    lines = [
        f"{result.split} split against the {result.truth}: accuracy {result.accuracy:.3f} "
        f"(95 % interval {_span(result.interval)}, n={result.n}), "
        f"macro-F1 {result.macro_f1:.3f} ({_span(result.macro_f1_interval)}), "
        f"calibration error {result.ece:.3f} (an honest reader: under {result.honest_ece:.3f})"
    ]
    for emotion, one in result.per_class.items():
        lines.append(f"  {emotion:<9} recall {one.recall:.3f} ({_span(one.interval)}, n={one.n})")
    return lines


def protocol_line(protocol: DeckProtocol | None) -> str:
    """What the deck's protocol would have said of this reader."""
    name = f"the deck's protocol, {FACES} faces, {FACES_A_CLASS} of each emotion"
    if protocol is None:
        return f"{name}: not possible, an emotion has fewer than {FACES_A_CLASS} faces here"
    q = protocol.quantiles
    return (
        f"{name}: this reader scores {q['0.025']:.3f} to {q['0.975']:.3f} in 95 of 100 such sets, "
        f"half of them {q['0.25']:.3f} to {q['0.75']:.3f}; {100 * PUBLISHED_RIGHT / FACES:.0f} % or more in "
        f"{_percent(protocol.published)} ({_percent(protocol.published_interval[0])} to "
        f"{_percent(protocol.published_interval[1])})"
    )


def panel_line(panel: PanelAgreement, truth: str) -> str:
    """How far a reader can come."""
    limit = "; an estimate of what any reader could reach" if truth == "consensus" else ""
    return (
        f"a second panel of {PANEL} annotators would give the {truth} in {panel.second_panel:.3f} "
        f"({_span(panel.second_interval)}, n={panel.n}) of these faces, a panel without end in "
        f"{panel.endless_panel:.3f} ({_span(panel.endless_interval)}){limit}"
    )


def comparison_lines(comparison: Comparison) -> list[str]:
    """Which of two readers is better."""
    return [
        f"against {comparison.against} on the same {comparison.n} faces: {comparison.accuracy:.3f} − "
        f"{comparison.other_accuracy:.3f} = {_signed(comparison.difference)} "
        f"(95 % interval {_signed(comparison.interval[0])} to {_signed(comparison.interval[1])})",
        f"  right where the other is wrong: {comparison.only_first}, wrong where it is right: "
        f"{comparison.only_other}; exact McNemar p = {_p(comparison.p_value)}",
    ]


def _confusion_lines(result: Evaluation) -> list[str]:
    names = list(result.confusion)
    lines = ["read as:  " + "".join(f"{name:>10}" for name in names)]
    for name in names:
        lines.append(f"  {name:<8}" + "".join(f"{result.confusion[name][read]:>10}" for read in names))
    return lines


def _signed(difference: float) -> str:
    return f"{difference:+.3f}".replace("-", "−")


def _span(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.3f} to {interval[1]:.3f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share == 0 or share >= 0.001 else "under 0.1 %"


def _p(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else f"{p:.0e}"
