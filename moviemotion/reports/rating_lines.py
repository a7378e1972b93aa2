"""Terminal lines that compare the patterns of several films with their ratings."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from moviemotion.analysis.comparison.pattern_ratings import ALPHA, POWER, RatingCorrelation
from moviemotion.analysis.patterns.motifs import MotifSearchResult
from moviemotion.reports.number_format import interval, number, p_value, plural
from moviemotion.reports.pattern_sentences import motif_sentence

MAX_FILMS_NEEDED = 1000
"""Largest number of films needed that is printed; for larger numbers, the line says "more than" this one."""


def rated_pattern_lines(
    films: Sequence[str], motifs: MotifSearchResult, associations: Sequence[RatingCorrelation]
) -> list[str]:
    """Describe how patterns and ratings correlate.

    Args:
        films: titles of the films.
        motifs: the motifs found in all films together.
        associations: one correlation for each pattern.

    Returns:
        The motifs, then one line for each tested pattern, with its correlation with the ratings or the number
        of films needed to decide.
    """
    tested = [a for a in associations if not isnan(a.p_adjusted)]
    found = sum(a.is_significant for a in tested)
    correlate = "correlates" if found == 1 else "correlate"
    lines = [
        f"{len(films)} films, {plural(len(tested), 'pattern')} tested: {found} {correlate} with ratings "
        f"(adjusted for all tests; at most {100 * ALPHA:.0f} % of such tables contain a false correlation).",
        motifs.conclusion,
        *(f"  {' '.join(motif_sentence(motif))}" for motif in motifs.motifs),
    ]
    width = max((len(a.pattern) for a in tested), default=0)
    lines += [f"  {a.pattern:<{width}}  {_association_text(a)}" for a in tested]
    untested = [a.pattern for a in associations if isnan(a.p_adjusted)]
    if untested:
        lines.append(f"Not tested (known for too few films, or equal in all films): {', '.join(untested)}.")
    return lines


def _association_text(a: RatingCorrelation) -> str:
    figures = f"ρ = {number(a.correlation)} ({interval(a.interval)}), {p_value(a.p_adjusted)}, n = {a.films}"
    if a.is_significant:
        return f"correlates with {'higher' if a.correlation > 0 else 'lower'} ratings: {figures}"
    many = a.films_needed is None or a.films_needed > MAX_FILMS_NEEDED
    films = f"more than {MAX_FILMS_NEEDED:,}" if many else f"{a.films_needed}"
    return f"inconclusive: {figures}; {films} films are needed to detect it with {100 * POWER:.0f} % power"
