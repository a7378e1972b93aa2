"""All commands in the order shown by `--help`, and the reporting of their errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer
from typer.core import TyperGroup

from moviemotion import __version__
from moviemotion.cli import proposal_commands, screening_commands, studio_commands, study_commands
from moviemotion.cli.console import stderr_console
from moviemotion.cli.exit_codes import BAD_INPUT, INTERRUPTED
from moviemotion.cli.extras import missing_extra_message
from moviemotion.cli.lab_commands import lab
from moviemotion.cli.privacy_commands import privacy
from moviemotion.cli.setting_names import SETTING_NAMES
from moviemotion.errors import MoviemotionError

SCREENINGS = "Screen a film"
STUDIES = "Analyze finished studies"
SIMULATION = "Simulate an audience"
STUDIO = "Web application and privacy"
LABORATORY = "Laboratory and proposal"
COMMANDS: tuple[tuple[str, str, Callable[..., None] | typer.Typer], ...] = (
    ("demo", SCREENINGS, screening_commands.demo),
    ("plan", SCREENINGS, screening_commands.plan),
    ("screen", SCREENINGS, screening_commands.screen),
    ("sync-mark", SCREENINGS, screening_commands.sync_mark),
    ("capture", SCREENINGS, screening_commands.capture),
    ("import", SCREENINGS, screening_commands.import_measurements),
    ("report", SCREENINGS, screening_commands.report),
    ("export", SCREENINGS, screening_commands.export),
    ("compare", STUDIES, study_commands.compare),
    ("patterns", STUDIES, study_commands.patterns),
    ("trailer", STUDIES, study_commands.trailer),
    ("simulate", SIMULATION, screening_commands.simulate),
    ("studio", STUDIO, studio_commands.studio),
    ("mcp", STUDIO, studio_commands.mcp),
    ("privacy", STUDIO, privacy),
    ("lab", LABORATORY, lab),
    ("roi", LABORATORY, proposal_commands.roi),
    ("challenge", LABORATORY, proposal_commands.challenge),
)
"""Name, `--help` panel and function of every command, in typical order of use."""


class OrderedCommands(TyperGroup):
    """The top-level commands in the order of `COMMANDS`.

    Typer would otherwise list command groups before plain commands, regardless of the order of registration.
    """

    def list_commands(self, ctx: object) -> list[str]:  # noqa: ARG002 (the base class decides)
        """Return the names of all commands in the order shown by `--help`."""
        return [name for name, _, _ in COMMANDS]


app = typer.Typer(
    cls=OrderedCommands,
    no_args_is_help=True,
    help="Measure the emotions of a film's test audience, second by second, and read them alongside the "
    "screenplay.",
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"moviemotion {__version__}")
        raise typer.Exit


@app.callback()
def global_options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Measure the emotions of a film's test audience, second by second, alongside the screenplay."""


for name, panel, command in COMMANDS:
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name, rich_help_panel=panel)
    else:
        app.command(name, rich_help_panel=panel)(command)


def run() -> int:
    """Run the command in `sys.argv`; errors that the user can correct are printed as one line on stderr.

    Returns:
        The exit code.
    """
    try:
        return app(prog_name="moviemotion", standalone_mode=False) or 0
    except MoviemotionError as error:
        _print_errors(*error.worded(SETTING_NAMES).splitlines())
    except typer.TyperException as error:
        # If a command group is called without a command, its help is printed and the message is empty.
        if message := " ".join(error.format_message().split()).removesuffix("."):
            context = getattr(error, "ctx", None)
            _print_errors(f"{message} (see {context.command_path if context else 'moviemotion'} --help)")
    except typer.Abort:  # Ctrl-C or Ctrl-D at a prompt
        return INTERRUPTED
    except ModuleNotFoundError as error:
        explanation = missing_extra_message(error)
        if explanation is None:
            raise
        _print_errors(explanation)
    except OSError as error:  # a path or disk error that no command reports more specifically
        place = f"{error.filename}: " if error.filename else ""
        _print_errors(
            f"{place}{error.strerror or error}; check the path, its permissions and the free disk space"
        )
    return BAD_INPUT


def _print_errors(*messages: str) -> None:
    for message in messages:
        stderr_console.print(f"error: {message}", markup=False, style="red")
