"""The command line. Thin: each command is one call of one public function."""

from __future__ import annotations

import sys

import typer

from moviemotion.cli import screening
from moviemotion.cli.console import BAD_INPUT, STOPPED, messages
from moviemotion.cli.laboratory import lab
from moviemotion.errors import MoviemotionError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="What the faces of an audience showed, second by second, beside the screenplay.",
    pretty_exceptions_enable=False,
)
app.add_typer(screening.app)
app.add_typer(lab, name="lab")


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
    except SystemExit as end:
        if end.code == STOPPED:  # what Typer makes of Ctrl-C
            messages.print("stopped; finished parts are kept, the same command goes on from there")
        raise
