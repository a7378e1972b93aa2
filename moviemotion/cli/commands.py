"""Every command, and what becomes of its faults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from moviemotion.cli import screening_commands, studio_commands, study_commands
from moviemotion.cli.console import stderr_console
from moviemotion.cli.exit_codes import BAD_INPUT, INTERRUPTED
from moviemotion.cli.lab_commands import lab
from moviemotion.cli.privacy_commands import privacy
from moviemotion.cli.setting_names import SETTING_NAMES
from moviemotion.errors import MoviemotionError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="What the faces of an audience showed, second by second, beside the screenplay.",
    pretty_exceptions_enable=False,
)
app.add_typer(screening_commands.app)
app.add_typer(study_commands.app)
app.add_typer(studio_commands.app)
app.add_typer(lab, name="lab")
app.add_typer(privacy, name="privacy")


@app.command("roi")
def roi_command(
    plan: Annotated[Path | None, typer.Argument(help="plan.toml: what is sold, used and paid.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for roi.html, cash-flow.csv and roi.xlsx.")] = Path("roi"),
    example: Annotated[bool, typer.Option("--example", help="Print the deck's figures as a plan.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of the draws.", min=0)] = 36,
) -> None:
    """Cash flow, ROI, what must be true and how sure it is, over six quarters."""
    from moviemotion import roi

    if example:
        typer.echo(roi.example_plan(), nl=False)
        return
    if plan is None:
        raise MoviemotionError("roi: no plan; moviemotion roi --example > plan.toml writes one to change")
    for line in roi.roi_lines(roi.calculate_roi(plan, out, seed)):
        typer.echo(line)
    typer.echo(f"Page: {out / 'roi.html'}   (seed {seed})")


@app.command()
def challenge() -> None:
    """The 3 Minute Challenge: the deck's three questions against the clock. Greg is not allowed to play."""
    from moviemotion.lab.proposal import challenge as quiz

    if quiz.play_challenge(print_line=typer.echo) is None:
        raise typer.Exit(BAD_INPUT)


def run() -> int:
    """Run the command that was typed; what the user can mend is one line a fault and exit code 2.

    Returns:
        The exit code.
    """
    try:
        return app(prog_name="moviemotion", standalone_mode=False) or 0
    except MoviemotionError as error:
        _print_errors(*error.worded(SETTING_NAMES).splitlines())
    except typer.TyperException as error:
        # It has no words where a command group was named alone: its help has been printed.
        if what := " ".join(error.format_message().split()).removesuffix("."):
            context = getattr(error, "ctx", None)
            _print_errors(f"{what} (see {context.command_path if context else 'moviemotion'} --help)")
    except typer.Abort:  # Ctrl-C or Ctrl-D where something is asked
        return INTERRUPTED
    except OSError as error:  # a path or a disk that no command speaks of in better words
        place = f"{error.filename}: " if error.filename else ""
        _print_errors(
            f"{place}{error.strerror or error}; check the path, its permissions and the room on the disk"
        )
    return BAD_INPUT


def _print_errors(*faults: str) -> None:
    for fault in faults:
        stderr_console.print(f"error: {fault}", markup=False, style="red")
