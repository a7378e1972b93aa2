"""Estimates with intervals, sentences that state them, and verdicts on claims."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student_t

from moviemotion._io.atomic_files import atomic_write_text
from moviemotion.statistics import mean_interval, wilson_interval


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval over n faces or filters; the interval is NaN if there is none."""

    value: float
    low: float
    high: float
    n: int

    def is_disjoint_from(self, other: Estimate) -> bool:
        """Whether the two intervals are disjoint, which is stricter than testing the difference."""
        return self.low > other.high or self.high < other.low


def mean_estimate(values: ArrayLike) -> Estimate:
    """Mean of (n,) unbounded values, with an interval from Student's t distribution."""
    x = np.asarray(values, dtype=np.float64)
    half = student_t.ppf(0.975, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x)) if len(x) > 1 else np.nan
    return Estimate(float(x.mean()), float(x.mean() - half), float(x.mean() + half), len(x))


def mean_share_estimate(values: ArrayLike) -> Estimate:
    """Mean of (n,) values between 0 and 1, with an interval within these bounds."""
    value, low, high = mean_interval(values)
    return Estimate(float(value), float(low), float(high), len(np.asarray(values)))


def share_estimate(hits: int, n: int) -> Estimate:
    """A proportion with its Wilson interval."""
    low, high = wilson_interval(hits, n)
    # With 0 or n hits, rounding errors would put the proportion slightly outside its interval.
    return Estimate(hits / n, min(float(low), hits / n), max(float(high), hits / n), n)


def exact_estimate(value: float, n: int) -> Estimate:
    """An exactly computed value, which has no interval."""
    return Estimate(value, float("nan"), float("nan"), n)


def compare_estimates(first: Estimate, second: Estimate) -> int:
    """Return 1 (first is larger) or −1 (smaller) if the intervals do not overlap; otherwise 0."""
    return int(np.sign(first.value - second.value)) if first.is_disjoint_from(second) else 0


@dataclass(frozen=True)
class Evidence:
    """One sentence and the estimate that it states."""

    text: str
    estimate: Estimate

    def as_dict(self) -> dict[str, object]:
        """The fields `text`, `value`, `interval` ([low, high], or None) and `n`."""
        e = self.estimate
        interval = None if np.isnan(e.low) else [_rounded(e.low), _rounded(e.high)]
        return {"text": self.text, "value": _rounded(e.value), "interval": interval, "n": e.n}


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


class ClaimVerdict(StrEnum):
    """Whether a claim of the proposal agrees with the measurement."""

    CORRECT = "correct"
    INCOMPLETE = "incomplete"
    INCORRECT = "incorrect"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Claim:
    """A paraphrased claim of the proposal, its verdict, and an explanation with the measurements."""

    statement: str
    verdict: ClaimVerdict
    explanation: str


def overall_verdict(claims: Sequence[Claim]) -> ClaimVerdict:
    """Return the verdict common to all conclusive claims; `INCOMPLETE` if their verdicts differ."""
    kinds = {claim.verdict for claim in claims} - {ClaimVerdict.INCONCLUSIVE} or {ClaimVerdict.INCONCLUSIVE}
    return kinds.pop() if len(kinds) == 1 else ClaimVerdict.INCOMPLETE


@dataclass(frozen=True)
class AnswerAssessment:
    """The assessment of the proposal's answer to one question, with its claims and the evidence."""

    key: str
    question: str
    verdict: ClaimVerdict
    summary: str
    claims: tuple[Claim, ...]
    evidence: tuple[Evidence, ...]


def write_evidence(answers: Sequence[AnswerAssessment], network: str, path: Path) -> None:
    """Write the evidence as JSON: a description of the network, and the evidence keyed by question."""
    figures: Mapping[str, object] = {a.key: [e.as_dict() for e in a.evidence] for a in answers}
    listed = {"network": network, "figures": figures}
    atomic_write_text(path, json.dumps(listed, indent=2, ensure_ascii=False) + "\n")
