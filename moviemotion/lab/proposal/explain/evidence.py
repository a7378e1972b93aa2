"""What a page of evidence is made of: estimates with their doubt, sentences, and verdicts on claims."""

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
    """A value with its 95 % interval over n faces (or filters, where said); NaN where it has none."""

    value: float
    low: float
    high: float
    n: int

    def is_disjoint_from(self, other: Estimate) -> bool:
        """Whether the two intervals do not overlap: stricter than a test of their difference."""
        return self.low > other.high or self.high < other.low


def mean_estimate(values: ArrayLike) -> Estimate:
    """Mean of (n,) values without bounds and its interval from Student's t."""
    x = np.asarray(values, dtype=np.float64)
    half = student_t.ppf(0.975, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x)) if len(x) > 1 else np.nan
    return Estimate(float(x.mean()), float(x.mean() - half), float(x.mean() + half), len(x))


def mean_share_estimate(values: ArrayLike) -> Estimate:
    """The same of values between 0 and 1: the interval stays there too."""
    value, low, high = mean_interval(values)
    return Estimate(float(value), float(low), float(high), len(np.asarray(values)))


def share_estimate(hits: int, n: int) -> Estimate:
    """A share and its Wilson interval."""
    low, high = wilson_interval(hits, n)
    # Rounding leaves the interval of 0 or of n hits a hair beside its end.
    return Estimate(hits / n, min(float(low), hits / n), max(float(high), hits / n), n)


def exact_estimate(value: float, n: int) -> Estimate:
    """A count of everything there is: it has no interval."""
    return Estimate(value, float("nan"), float("nan"), n)


def compare_estimates(first: Estimate, second: Estimate) -> int:
    """1 or −1 where one is above or below the other by more than their doubt; else 0."""
    return int(np.sign(first.value - second.value)) if first.is_disjoint_from(second) else 0


@dataclass(frozen=True)
class Evidence:
    """One plain sentence and the number in it."""

    text: str
    estimate: Estimate

    def as_dict(self) -> dict[str, object]:
        """`text`, `value`, `interval` ([low, high], or null where it has none) and `n`."""
        e = self.estimate
        interval = None if np.isnan(e.low) else [_rounded(e.low), _rounded(e.high)]
        return {"text": self.text, "value": _rounded(e.value), "interval": interval, "n": e.n}


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


class ClaimVerdict(StrEnum):
    """How a claim of the deck stands after the measurement."""

    CORRECT = "right"
    INCOMPLETE = "incomplete"
    INCORRECT = "wrong"
    INCONCLUSIVE = "cannot tell"


@dataclass(frozen=True)
class Claim:
    """Something that the deck says, in our words, its verdict, and the figure that decides."""

    statement: str
    verdict: ClaimVerdict
    explanation: str


def overall_verdict(claims: Sequence[Claim]) -> ClaimVerdict:
    """What all claims that are decided have in common; incomplete where they differ."""
    kinds = {claim.verdict for claim in claims} - {ClaimVerdict.INCONCLUSIVE} or {ClaimVerdict.INCONCLUSIVE}
    return kinds.pop() if len(kinds) == 1 else ClaimVerdict.INCOMPLETE


@dataclass(frozen=True)
class AnswerAssessment:
    """One of the deck's questions: the verdict on its answer, claim by claim, and the evidence."""

    key: str
    question: str
    verdict: ClaimVerdict
    summary: str
    claims: tuple[Claim, ...]
    evidence: tuple[Evidence, ...]


def write_evidence(answers: Sequence[AnswerAssessment], network: str, path: Path) -> None:
    """Write every answer's evidence as JSON: key → list of `Evidence.as_dict()`, and what was measured."""
    figures: Mapping[str, object] = {a.key: [e.as_dict() for e in a.evidence] for a in answers}
    listed = {"network": network, "figures": figures}
    atomic_write_text(path, json.dumps(listed, indent=2, ensure_ascii=False) + "\n")
