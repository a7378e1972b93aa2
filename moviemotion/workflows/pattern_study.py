"""Relate patterns in several studies to audience ratings; called by `moviemotion patterns`."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from moviemotion.analysis.comparison.film_features import film_features
from moviemotion.analysis.comparison.pattern_ratings import (
    MIN_FILMS,
    RatingCorrelation,
    correlate_with_ratings,
)
from moviemotion.analysis.patterns.motifs import MotifSearchResult, find_motifs
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.erased_viewers import refuse_restored
from moviemotion.study.provenance import load_analysis
from moviemotion.workflows.screen import DEFAULT_SEED


@dataclass(frozen=True)
class RatedPatterns:
    """Patterns of several films and their correlation with the ratings.

    Attributes:
        films: the names of the studies.
        motifs: the motifs found in the moments of all studies.
        associations: correlation of each pattern with the ratings, strongest evidence first.
    """

    films: tuple[str, ...]
    motifs: MotifSearchResult
    associations: tuple[RatingCorrelation, ...]


def relate_patterns_to_ratings(
    studies: Sequence[Path], ratings: Path, seed: int = DEFAULT_SEED
) -> RatedPatterns:
    """Correlate the patterns of finished studies with their audiences' ratings.

    Args:
        studies: study folders; each is one film or one test screening.
        ratings: CSV file with the columns `study` (the folder name) and `rating`.
        seed: random seed for the significance tests.

    Raises:
        MoviemotionError: a study or the ratings file cannot be used, or they do not match; the message has
            one line per error.
    """
    given = read_ratings(ratings)
    names = [folder.resolve().name for folder in studies]
    errors = [
        *(
            f"{folder}: a study with this name is given twice; rename or remove one"
            for folder in _repeated_names(studies, names)
        ),
        *(
            f"{ratings}: there is no rating for {name}; add one or remove the study"
            for name in names
            if name not in given
        ),
        *(
            f"{ratings}: contains a rating for {name}, which is not among the studies; add its folder or "
            "remove the line"
            for name in given
            if name not in names
        ),
    ]
    if not errors and len(names) < MIN_FILMS:
        errors = [f"{ratings}: too few studies ({len(names)}); give at least {MIN_FILMS}"]
    if errors:
        raise MoviemotionError("\n".join(errors))
    for folder in studies:
        refuse_restored(folder)
    analyses = [load_analysis(folder) for folder in studies]
    motifs = find_motifs([analysis.moment_search.moments for analysis in analyses], seed)
    figures = [film_features(analysis, motifs.motifs) for analysis in analyses]
    return RatedPatterns(
        tuple(names), motifs, correlate_with_ratings(figures, [given[name] for name in names], seed)
    )


def read_ratings(path: Path) -> dict[str, float]:
    """Read the rating of each study from a CSV file with the columns `study` and `rating`.

    Raises:
        MoviemotionError: the file cannot be read or contains invalid lines; the message has one line per
            error.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            if not {"study", "rating"} <= set(rows.fieldnames or ()):
                raise MoviemotionError(
                    f"{path}: the columns study and rating are missing; add them to the header line"
                )
            lines = [(rows.line_num, row["study"], row["rating"]) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or "not CSV in UTF-8"
        raise MoviemotionError(f"{path}: cannot be read ({reason}); provide a CSV file of ratings") from error
    ratings: dict[str, float] = {}
    errors = []
    for line, study, text in lines:
        name = (study or "").strip()
        rating = _parse_rating(text)
        if not name or not math.isfinite(rating):
            errors.append(f"{path}: line {line} is not a valid rating; write the study's name and a number")
        elif name in ratings:
            errors.append(f"{path}: line {line} rates {name} a second time; keep only one rating")
        else:
            ratings[name] = rating
    if errors:
        raise MoviemotionError("\n".join(errors))
    return ratings


def _parse_rating(text: str | None) -> float:
    try:
        return float(text or "")
    except ValueError:
        return math.nan


def _repeated_names(studies: Sequence[Path], names: Sequence[str]) -> list[Path]:
    return [folder for k, folder in enumerate(studies) if names[k] in names[:k]]
