"""The studio on the command line: who may come in, and where it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from moviemotion.cli.console import stderr_console
from moviemotion.errors import MoviemotionError

app = typer.Typer()


@app.command()
def studio(
    folder: Annotated[Path, typer.Argument(help="Folder of the studies; it is made if need be.")],
    port: Annotated[int, typer.Option(help="Where it answers.", min=1, max=65535)] = 8036,
    host: Annotated[
        str | None,
        typer.Option(help="Address to answer at; everybody signs in. Else this computer only."),
    ] = None,
    certificate: Annotated[Path | None, typer.Option(help="With --host: PEM file, for HTTPS.")] = None,
    key: Annotated[Path | None, typer.Option(help="With --certificate: its private key, PEM.")] = None,
    account: Annotated[
        str | None, typer.Option(help="Make this account, or give it a new password, and end.")
    ] = None,
    role: Annotated[
        str, typer.Option(help="With --account: researcher, writer, privacy officer, or seat (a kiosk).")
    ] = "researcher",
    remove_account: Annotated[str | None, typer.Option(help="Remove this account, and end.")] = None,
    browser: Annotated[bool, typer.Option("--browser", help="Open it in the browser.")] = False,
) -> None:
    """The studio: run screenings, read the room beside the script, keep promises. Ctrl-C stops it."""
    from moviemotion.studio import server

    if account:
        password = typer.prompt(f"Password of {account}", hide_input=True, confirmation_prompt=True)
        server.add_account(folder, account, role, password)
        typer.echo(f"{account}: may sign in as {role}")
    elif remove_account:
        server.remove_account(folder, remove_account)
        typer.echo(f"{remove_account}: removed")
    else:
        if (certificate is None) != (key is None):
            raise MoviemotionError("--certificate and --key: give both or none")
        for line in server.startup_warnings(host, certificate):
            stderr_console.print(line, markup=False, style="yellow")
        server.serve(folder, host, port, certificate, key, typer.echo, browser)
