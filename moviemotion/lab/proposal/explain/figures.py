"""Format numbers and estimates for the page."""

from __future__ import annotations

import numpy as np

from moviemotion.lab.proposal.explain.evidence import Estimate

ROUNDING_ERROR_LIMIT = 1e-5
"""Errors below this value are treated as rounding errors."""


def format_number(value: float, digits: int = 2) -> str:
    """Format a decimal with a true minus sign (−); rounding errors are shown as powers (4 × 10⁻¹⁵)."""
    if np.isnan(value):
        return "–"
    if 0 < abs(value) < ROUNDING_ERROR_LIMIT:
        power = int(np.floor(np.log10(abs(value))))
        raised = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"{value / 10**power:.0f} × 10{raised}".replace("-", "−")
    return f"{value:.{digits}f}".replace("-", "−")


def format_percent(value: float) -> str:
    """Format a fraction as a percentage with one decimal."""
    return f"{100 * value:.1f} %".replace("-", "−")


def format_estimate(estimate: Estimate, digits: int = 2) -> str:
    """Format an estimate with its interval: `0.27 (0.26 to 0.29)`."""
    low, high = format_number(estimate.low, digits), format_number(estimate.high, digits)
    return f"{format_number(estimate.value, digits)} ({low} to {high})"


def format_percent_estimate(estimate: Estimate) -> str:
    """Format an estimated fraction with its interval: `27.4 % (25.9 to 28.9)`."""
    return f"{format_percent(estimate.value)} ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"
