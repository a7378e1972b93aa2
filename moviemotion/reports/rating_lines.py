"""Patterns beside ratings, as lines for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from moviemotion.analysis.comparison.pattern_ratings import ALPHA, POWER, RatingCorrelation
from moviemotion.analysis.patterns.motifs import MotifSearchResult
from moviemotion.reports.number_format import interval, number, p_value, plural
from moviemotion.reports.pattern_sentences import motif_sentence

MAX_FILMS_NEEDED = 1000
"""More films than this would be needed: it is said so."""


def rated_pattern_lines(
    films: Sequence[str], motifs: MotifSearchResult, associations: Sequence[RatingCorrelation]
) -> list[str]:
    """The motifs of all films, then each pattern: does it go with the ratings, or what would settle it."""
    tested = [a for a in associations if not isnan(a.p_adjusted)]
    found = sum(a.is_significant for a in tested)
    go = "goes" if found == 1 else "go"
    lines = [
        f"{len(films)} films, {plural(len(tested), 'pattern')} tried: {found} {go} with ratings "
        f"(adjusted for all that were tried; a false one in at most {100 * ALPHA:.0f} % of such tables).",
        motifs.conclusion,
        *(f"  {' '.join(motif_sentence(motif))}" for motif in motifs.motifs),
    ]
    width = max((len(a.pattern) for a in tested), default=0)
    lines += [f"  {a.pattern:<{width}}  {_association_text(a)}" for a in tested]
    left_out = [a.pattern for a in associations if isnan(a.p_adjusted)]
    if left_out:
        lines.append(f"Not tried, as too few films have it or all are alike: {', '.join(left_out)}.")
    return lines


def _association_text(a: RatingCorrelation) -> str:
    figures = f"ρ = {number(a.correlation)} ({interval(a.interval)}), {p_value(a.p_adjusted)}, n = {a.films}"
    if a.is_significant:
        return f"goes with {'higher' if a.correlation > 0 else 'lower'} ratings: {figures}"
    many = a.films_needed is None or a.films_needed > MAX_FILMS_NEEDED
    films = f"more than {MAX_FILMS_NEEDED:,}" if many else f"{a.films_needed}"
    return f"cannot tell: {figures}; so much would show in {films} films (power {100 * POWER:.0f} %)"
