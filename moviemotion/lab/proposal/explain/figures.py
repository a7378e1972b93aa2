"""Figures as people read them."""

from __future__ import annotations

import numpy as np

from moviemotion.lab.proposal.explain.evidence import Estimate

TINY = 1e-5
"""Below it an error is one of rounding."""


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
