"""The commands that serve studies: to people in the studio, and to AI assistants."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from moviemotion.cli.console import stderr_console
from moviemotion.errors import MoviemotionError


def mcp(
    folder: Annotated[Path, typer.Argument(help="Folder that contains the studies.")],
) -> None:
    """Let an AI assistant read finished studies (Model Context Protocol), with the rights of a writer."""
    from moviemotion.assistant.mcp_server import run_mcp_server

    run_mcp_server(folder)


def studio(
    folder: Annotated[
        Path, typer.Argument(help="Folder that contains the studies; created if it does not exist.")
    ],
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8036,
    host: Annotated[
        str | None,
        typer.Option(
            help="Address to listen on; everyone must sign in. By default, only this computer has access."
        ),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="PEM certificate for HTTPS, with --host and --key.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Private key of the certificate, in PEM format.")] = None,
    account: Annotated[
        str | None, typer.Option(help="Create this account, or change its password, and exit.")
    ] = None,
    role: Annotated[
        str, typer.Option(help="Role of --account: researcher, writer, privacy officer or seat (a kiosk).")
    ] = "researcher",
    remove_account: Annotated[str | None, typer.Option(help="Remove this account and exit.")] = None,
    browser: Annotated[bool, typer.Option("--browser", help="Open the studio in the browser.")] = False,
) -> None:
    """Start the web application for screenings, results and privacy. Ctrl-C stops it."""
    from moviemotion.studio import server

    if account:
        password = typer.prompt(f"Password of {account}", hide_input=True, confirmation_prompt=True)
        server.add_account(folder, account, role, password)
        typer.echo(f"{account}: can sign in as {role}")
    elif remove_account:
        server.remove_account(folder, remove_account)
        typer.echo(f"{remove_account}: removed")
    else:
        if (certificate is None) != (key is None):
            raise MoviemotionError(
                "--certificate and --key: only one of them was given; give both or neither"
            )
        for line in server.startup_warnings(host, certificate):
            stderr_console.print(line, markup=False, style="yellow")
        server.serve(folder, host, port, certificate, key, typer.echo, browser)
