"""Sentences about segments: who carries a moment, and where a segment differs from everybody else."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from moviemotion.analysis.comparison.screening_comparison import UnitDifference
from moviemotion.analysis.moments.carrier import Carrier
from moviemotion.analysis.segments.segment_analysis import EVERYBODY_ELSE, SegmentAnalysis
from moviemotion.reports import number_format


def carriers_sentence(carriers: Sequence[Carrier]) -> str:
    """Say which segments carry a moment; empty if none is known to."""
    if not carriers:
        return ""
    return f"Carried by {' and by '.join(_carrier_phrase(carrier) for carrier in carriers)}."


def _carrier_phrase(carrier: Carrier) -> str:
    strengths = (
        ""
        if isnan(carrier.strength)
        else f"{number_format.number(carrier.strength)}, {EVERYBODY_ELSE} "
        f"{number_format.number(carrier.strength_of_others)}; "
    )
    return f"{carrier.segment} ({strengths}{number_format.p_value(carrier.p_adjusted)} adjusted)"


def segment_sentence(segment: SegmentAnalysis) -> str:
    """Say how many viewers a segment has, what was found in it, and where it differs."""
    search = segment.analysis.moment_search
    viewers = number_format.plural(segment.viewers, "viewer")
    if not search.conclusive:
        return f"{viewers}. {search.conclusion}"
    moments = number_format.plural(len(search.moments), "moment")
    if segment.comparison is None:
        return f"{viewers}, {moments}. Not compared with {EVERYBODY_ELSE}."
    differences = len(segment.differences)
    compared = (
        f"They differ from {EVERYBODY_ELSE} in {number_format.plural(differences, 'place')}."
        if differences
        else f"No difference from {EVERYBODY_ELSE} was found, which does not prove that there is none."
    )
    return f"{viewers}, {moments}. {compared}"


def difference_sentence(row: UnitDifference) -> str:
    """Describe one difference of a segment from everybody else: `more happy: 0.41, everybody else 0.08`."""
    more = "more" if row.difference > 0 else "less"
    strengths = f"{number_format.number(row.mean[1])}, {EVERYBODY_ELSE} {number_format.number(row.mean[0])}"
    return f"{more} {row.emotion}: {strengths}, {number_format.p_value(row.p_adjusted)} adjusted"
