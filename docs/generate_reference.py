"""Write the reference pages that are generated from the code: commands, tables and the HTTP API."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mkdocs_gen_files
import typer.main

from moviemotion.cli.commands import app
from moviemotion.reports.tables.data_dictionary import dictionary_markdown
from moviemotion.reports.tables.tidy import TABLES
from moviemotion.studio.app import create_app


def main() -> None:
    pages = {
        "reference/commands.md": command_page(),
        "reference/tables.md": table_page(),
        "reference/http-api.md": http_page(),
    }
    for path, lines in pages.items():
        with mkdocs_gen_files.open(path, "w") as file:
            file.writelines(f"{line}\n" for line in lines)


def command_page() -> Iterator[str]:
    """Yield the lines of the page of commands: their arguments and options, as shown by `--help`."""
    yield "# Commands\n"
    yield "Commands return these exit codes:\n"
    yield "- 0: the command completed."
    yield "- 1: results were written, but some recordings could not be read completely or show no viewer."
    yield "- 2: nothing was written."
    yield "- 130 (143 after SIGTERM): the command was interrupted. Run the same command again to resume.\n"
    yield from _command(typer.main.get_command(app), "moviemotion", 2)


def _command(command: Any, path: str, level: int) -> Iterator[str]:
    subcommands = getattr(command, "commands", {})
    if path != "moviemotion":
        yield f"{'#' * level} `{path}`\n"
    yield f"{_text(command.help)}\n"
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
    if not subcommands:
        usage = " ".join(a.make_metavar(None) if _takes_context(a) else a.name.upper() for a in arguments)
        yield f"```text\n{path} {usage} [OPTIONS]\n```\n" if options else f"```text\n{path} {usage}\n```\n"
    if arguments or options:
        yield "| name | meaning | default |\n| --- | --- | --- |"
        for parameter in (*arguments, *options):
            names = ", ".join(f"`{o}`" for o in (*parameter.opts, *parameter.secondary_opts))
            meaning = _text(getattr(parameter, "help", None))
            default = getattr(parameter, "default", None)
            shown = "" if default in (None, False, (), [], ...) or callable(default) else f"`{default}`"
            required = " Required." if parameter.required else ""
            yield f"| {names} | {meaning}{required} | {shown} |"
        yield ""
    for name, child in subcommands.items():
        if not child.hidden:
            yield from _command(child, f"{path} {name}", min(level + (path != "moviemotion"), 4))


def _takes_context(parameter: Any) -> bool:
    return False


def _text(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def table_page() -> Iterator[str]:
    """Yield the lines of the data dictionary of the exported tables."""
    yield "# Tables\n"
    yield "`moviemotion export STUDY --to csv,parquet` writes these tables, and the Python API returns them"
    yield "as DataFrames.\n"
    text = dictionary_markdown(TABLES, "Tables")
    yield text.partition("\n")[2]


def http_page() -> Iterator[str]:
    """Yield the lines of the page of the studio's API, with each route of its OpenAPI description."""
    with tempfile.TemporaryDirectory() as folder:
        api = create_app(Path(folder)).openapi()
    yield "# HTTP API\n"
    yield "The studio serves this API in addition to its pages. `/api/openapi.json` is its machine-readable"
    yield "description. Every request that changes data must send, in a header, the token returned by"
    yield "`GET /api/session`.\n"
    routes: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, methods in api["paths"].items():
        for method, route in methods.items():
            routes.setdefault((route.get("tags") or ["other"])[0], []).append((method.upper(), path, route))
    descriptions = {tag["name"]: tag["description"] for tag in api.get("tags", ())}
    for tag, found in routes.items():
        yield f"## {tag.capitalize()}\n"
        if tag in descriptions:
            yield f"{descriptions[tag]}\n"
        yield "| request | what it does | responses |\n| --- | --- | --- |"
        for method, path, route in found:
            answers = ", ".join(sorted(route["responses"]))
            yield f"| `{method} {path}` | {_text(route.get('summary'))} | {answers} |"
        yield ""


main()
