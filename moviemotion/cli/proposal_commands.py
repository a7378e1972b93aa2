"""Commands based on the MoviEmotion proposal of March 2024: its financial plan and its challenge."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from moviemotion.cli.exit_codes import BAD_INPUT
from moviemotion.errors import MoviemotionError


def roi(
    plan: Annotated[
        Path | None, typer.Argument(help="Business plan in TOML: prices, usage and costs.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for roi.html, cash-flow.csv and roi.xlsx.")] = Path("roi"),
    example: Annotated[
        bool, typer.Option("--example", help="Print a plan with the proposal's numbers and exit.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Random seed for the Monte Carlo simulation.", min=0)] = 36,
) -> None:
    """Calculate cash flow, return on investment and break-even over six quarters, with uncertainty."""
    from moviemotion import roi as model

    if example:
        typer.echo(model.example_plan(), nl=False)
        return
    if plan is None:
        raise MoviemotionError(
            "roi: no plan given; to create an example plan that you can edit, run: moviemotion roi "
            "--example > plan.toml"
        )
    for line in model.roi_lines(model.calculate_roi(plan, out, seed)):
        typer.echo(line)
    typer.echo(f"Page: {out / 'roi.html'}   (seed {seed})")


def challenge() -> None:
    """Answer the proposal's three questions in three minutes. Greg is not allowed to play."""
    from moviemotion.lab.proposal import challenge as quiz

    if quiz.play_challenge(print_line=typer.echo) is None:
        raise typer.Exit(BAD_INPUT)
