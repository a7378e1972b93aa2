"""Commands that analyze several finished studies together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Seed = Annotated[int, typer.Option(help="Random seed for the statistics.")]


def compare(
    first: Annotated[Path, typer.Argument(help="Folder of a finished study.")],
    out: Annotated[Path, typer.Option(help="Folder for comparison.html, .csv and .json.")],
    second: Annotated[
        Path | None,
        typer.Argument(
            help="Folder of a finished study with another cut, ending or audience; leave it out to compare "
            "segments of one study."
        ),
    ] = None,
    segment: Annotated[
        list[str] | None,
        typer.Option(
            help="Name or rule of a segment, once or twice. In one study, it is compared with the second "
            "segment or with everybody else; of two studies, only the segments are compared."
        ),
    ] = None,
    script: Annotated[
        Path | None, typer.Option(help="Screenplay of both films; by default, each study's own is used.")
    ] = None,
    first_subtitles: Annotated[
        Path | None, typer.Option(help="Subtitles of the first film, with --script.")
    ] = None,
    second_subtitles: Annotated[
        Path | None, typer.Option(help="Subtitles of the second film, with --script.")
    ] = None,
    paired: Annotated[
        bool, typer.Option("--paired", help="The same viewers, matched by name, saw both.")
    ] = False,
    also_first: Annotated[
        list[Path], typer.Option(help="Another screening of the first cut; repeat it for each.")
    ] = [],  # noqa: B006
    also_second: Annotated[
        list[Path], typer.Option(help="Another screening of the second cut; repeat it for each.")
    ] = [],  # noqa: B006
    seed: Seed = 36,
) -> None:
    """Compare two cuts, endings or audiences by scene and line; estimate the viewers needed to decide."""
    from moviemotion.reports.html.comparison_report import comparison_lines
    from moviemotion.workflows.compare import compare_studies

    subtitles = (first_subtitles, second_subtitles)
    more = (also_first, also_second)
    found = compare_studies(first, second, out, script, subtitles, paired, seed, more, segment or ())
    for line in comparison_lines(found):
        typer.echo(line)
    typer.echo(f"Page: {out / 'comparison.html'}   (seed {seed})")


def patterns(
    studies: Annotated[list[Path], typer.Argument(help="Folders of finished studies, one per film.")],
    ratings: Annotated[Path, typer.Option(help="CSV file with the columns study and rating.")],
    seed: Seed = 36,
) -> None:
    """Relate emotional patterns to the films' ratings, corrected for multiple testing."""
    from moviemotion.reports.rating_lines import rated_pattern_lines
    from moviemotion.workflows.pattern_study import relate_patterns_to_ratings

    rated = relate_patterns_to_ratings(studies, ratings, seed)
    for line in rated_pattern_lines(rated.films, rated.motifs, rated.associations):
        typer.echo(line)


def trailer(
    sources: Annotated[
        list[Path], typer.Argument(help="One CSV table of reactions, or the study folders of the trailers.")
    ],
    outcomes: Annotated[
        Path,
        typer.Option(help="CSV file with the columns trailer, viewer or both (room if needed), and outcome."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for prediction.html, .json and reactions.csv.")],
    same_viewers: Annotated[
        bool, typer.Option("--same-viewers", help="The same people, with the same names, saw all trailers.")
    ] = False,
    seed: Seed = 36,
) -> None:
    """Test whether reactions to trailers predict an outcome: useful, not useful or inconclusive."""
    from moviemotion.reports.html.prediction_report import prediction_lines
    from moviemotion.workflows.trailer import predict_outcome

    for line in prediction_lines(predict_outcome(sources, outcomes, out, seed, same_viewers)):
        typer.echo(line)
    typer.echo(f"Page: {out / 'prediction.html'}   (seed {seed})")
