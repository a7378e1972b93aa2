"""Only the command line spells options: other packages name settings, and the table has all of them."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from moviemotion.cli.commands import app
from moviemotion.cli.setting_names import SETTING_NAMES
from moviemotion.errors import SettingError

PACKAGE = Path(__file__).parents[2] / "moviemotion"
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if "cli" not in path.relative_to(PACKAGE).parts]
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def text_of(node: ast.expr) -> str:
    """Return the literal parts of a string, or nothing for another expression."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value for part in node.values if isinstance(part, ast.Constant))
    return ""


TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}


def nodes_of_all_modules(kind: type[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, kind):
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


def options_in_raise_statements() -> list[str]:
    return [
        f"{place}: {option}"
        for place, statement in nodes_of_all_modules(ast.Raise)
        for node in ast.walk(statement)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for option in OPTION.findall(node.value)
    ]


def options_in_texts() -> list[str]:
    """Return every option in a string that is not a docstring: an expression statement of its own."""
    docstrings = {id(node.value) for _, node in nodes_of_all_modules(ast.Expr)}
    return [
        f"{place}: {option}"
        for place, node in nodes_of_all_modules(ast.Constant)
        if isinstance(node.value, str) and id(node) not in docstrings
        for option in OPTION.findall(node.value)
    ]


def settings_in_templates() -> list[tuple[str, str]]:
    """Return place and name of every setting that a SettingError's template names."""
    found = []
    for place, call in nodes_of_all_modules(ast.Call):
        if isinstance(call.func, ast.Name) and call.func.id == "SettingError" and len(call.args) > 1:
            parameters = {keyword.arg for keyword in call.keywords}
            fields = [field for _, field, _, _ in string.Formatter().parse(text_of(call.args[1])) if field]
            names = [re.split(r"[.\[]", field)[0] for field in fields]
            found += [(place, name) for name in names if name not in parameters]
    return found


def options_of_all_commands() -> set[str]:
    """Return every option and argument of every command."""
    found: set[str] = set()
    groups = [typer.main.get_command(app)]
    while groups:
        command = groups.pop()
        groups += getattr(command, "commands", {}).values()
        for parameter in command.params:
            found |= {*parameter.opts, *parameter.secondary_opts, parameter.name}
    return found


def test_no_error_outside_the_command_line_names_an_option() -> None:
    assert options_in_raise_statements() == []


def test_no_text_outside_the_command_line_names_an_option_of_this_program() -> None:
    """Messages are also built in functions and tables, not only in `raise` statements."""
    options = options_of_all_commands()
    assert [found for found in options_in_texts() if found.rpartition(" ")[2] in options] == []


def test_every_setting_of_an_error_has_a_name() -> None:
    assert [f"{place}: {name}" for place, name in settings_in_templates() if name not in SETTING_NAMES] == []


@pytest.mark.parametrize("name", sorted(SETTING_NAMES))
def test_every_name_is_one_of_an_option_or_argument(name: str) -> None:
    spelled = re.split(r", | and ", SETTING_NAMES[name])
    assert set(spelled) <= options_of_all_commands()


def test_an_error_is_worded_with_the_options_of_the_command_line() -> None:
    error = SettingError("not-empty", "{path}: not empty; choose another {out}", path="study")
    assert str(error) == "study: not empty; choose another out"
    assert error.worded(SETTING_NAMES) == "study: not empty; choose another --out"
