"""The command line. Thin: each command is one call of one public function."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from moviemotion.cli import screening, studies, studio
from moviemotion.cli.console import BAD_INPUT, STOPPED, messages
from moviemotion.cli.laboratory import lab
from moviemotion.cli.privacy import privacy
from moviemotion.errors import MoviemotionError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="What the faces of an audience showed, second by second, beside the screenplay.",
    pretty_exceptions_enable=False,
)
app.add_typer(screening.app)
app.add_typer(studies.app)
app.add_typer(studio.app)
app.add_typer(lab, name="lab")
app.add_typer(privacy, name="privacy")


@app.command("roi")
def return_on_investment(
    plan: Annotated[Path | None, typer.Argument(help="plan.toml: what is sold, used and paid.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for roi.html, cash-flow.csv and roi.xlsx.")] = Path("roi"),
    example: Annotated[bool, typer.Option("--example", help="Print the deck's figures as a plan.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of the draws.", min=0)] = 36,
) -> None:
    """Cash flow, ROI, what must be true and how sure it is, over six quarters."""
    from moviemotion import roi

    if example:
        typer.echo(roi.example(), nl=False)
        return
    if plan is None:
        raise MoviemotionError("roi: no plan; moviemotion roi --example > plan.toml writes one to change")
    for line in roi.roi_lines(roi.calculate(plan, out, seed)):
        typer.echo(line)
    typer.echo(f"Page: {out / 'roi.html'}   (seed {seed})")


@app.command()
def challenge() -> None:
    """The 3 Minute Challenge: the deck's three questions against the clock. Greg is not allowed to play."""
    from moviemotion import challenge as quiz

    if quiz.play(say=typer.echo) is None:
        raise typer.Exit(BAD_INPUT)


def main() -> None:
    """Run the command line; what the user can mend is one line a fault and exit code 2."""
    try:
        app()
    except MoviemotionError as error:
        for line in str(error).splitlines():
            messages.print(f"error: {line}", markup=False, style="red")
        sys.exit(BAD_INPUT)
    except OSError as error:  # a path or a disk that no command speaks of in better words
        place = f"{error.filename}: " if error.filename else ""
        told = f"{place}{error.strerror or error}; check the path, its permissions and the room on the disk"
        messages.print(f"error: {told}", markup=False, style="red")
        sys.exit(BAD_INPUT)
    except SystemExit as end:
        if end.code == STOPPED:  # what Typer makes of Ctrl-C
            messages.print("stopped; finished parts are kept, the same command goes on from there")
        raise
