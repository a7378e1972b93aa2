"""Commands that ask finished studies something together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()

Seed = Annotated[int, typer.Option(help="Seed of the test.")]


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="Folder of a finished study.")],
    second: Annotated[Path, typer.Argument(help="Another: of another cut, ending or audience.")],
    out: Annotated[Path, typer.Option(help="Folder for comparison.html, .csv and .json.")],
    script: Annotated[
        Path | None, typer.Option(help="Screenplay of both; without it each study's own is used.")
    ] = None,
    first_subtitles: Annotated[Path | None, typer.Option(help="With --script: of the first film.")] = None,
    second_subtitles: Annotated[Path | None, typer.Option(help="With --script: of the second.")] = None,
    paired: Annotated[bool, typer.Option("--paired", help="The same viewers, by name, saw both.")] = False,
    seed: Seed = 36,
) -> None:
    """Two cuts, endings or audiences: what differs by scene and line, and what would settle the rest."""
    from moviemotion.reports.html.comparison_report import comparison_lines
    from moviemotion.workflows.compare import compare_studies

    subtitles = (first_subtitles, second_subtitles)
    for line in comparison_lines(compare_studies(first, second, out, script, subtitles, paired, seed)):
        typer.echo(line)
    typer.echo(f"Page: {out / 'comparison.html'}   (seed {seed})")


@app.command()
def patterns(
    studies: Annotated[list[Path], typer.Argument(help="Folders of finished studies, one a film.")],
    ratings: Annotated[Path, typer.Option(help="CSV with the columns study and rating.")],
    seed: Seed = 36,
) -> None:
    """Which patterns of feeling go with the audiences' ratings, corrected for the many that were tried."""
    from moviemotion.reports.rating_lines import rated_pattern_lines
    from moviemotion.workflows.pattern_study import relate_patterns_to_ratings

    rated = relate_patterns_to_ratings(studies, ratings, seed)
    for line in rated_pattern_lines(rated.films, rated.motifs, rated.associations):
        typer.echo(line)


@app.command()
def trailer(
    sources: Annotated[
        list[Path], typer.Argument(help="A CSV table of reactions, or the study folder of each trailer.")
    ],
    outcomes: Annotated[Path, typer.Option(help="CSV: trailer, viewer or both, and outcome.")],
    out: Annotated[Path, typer.Option(help="Folder for prediction.html, .json and reactions.csv.")],
    seed: Seed = 36,
) -> None:
    """Do reactions to trailers predict an outcome? Usefully, not, or it cannot be told."""
    from moviemotion.reports.html.prediction_report import prediction_lines
    from moviemotion.workflows.trailer import predict_outcome

    for line in prediction_lines(predict_outcome(sources, outcomes, out, seed)):
        typer.echo(line)
    typer.echo(f"Page: {out / 'prediction.html'}   (seed {seed})")
