"""Errors that the user can correct, and how front ends phrase them.

A message is one line: the file or setting, what is wrong and, after a semicolon, the remedy. By default,
messages use the setting names of the Python API. Other front ends have their own names: for example,
`offsets` is `--offset` on the command line, and the studio uses labels. An error whose message names a
setting is therefore a `SettingError`, which contains a template that each front end fills in with its own
names.
"""

from __future__ import annotations

import string
from collections.abc import Mapping


class MoviemotionError(Exception):
    """A problem that the user can correct.

    The message has one line per problem. Each line names the file and, after a semicolon, the remedy.

    Attributes:
        code: a short name by which programs can identify the kind of error; it is stable across versions.
    """

    code = "invalid-input"

    def worded(self, names: Mapping[str, str]) -> str:  # noqa: ARG002 (only subclasses need it)
        """Return the message, using a front end's names for the settings.

        Args:
            names: setting (a parameter of the Python API) → its name in this front end, for example
                `offsets` → `--offset`. Settings that are not listed keep their Python names.
        """
        return str(self)


class SettingError(MoviemotionError):
    """An error whose message names settings; each front end substitutes its own names for them.

    Example:
        >>> error = SettingError("not-empty", "{path}: not empty; choose another {out}", path="study")
        >>> str(error)
        'study: not empty; choose another out'
        >>> error.worded({"out": "--out"})
        'study: not empty; choose another --out'
    """

    def __init__(self, code: str, template: str, **parameters: object) -> None:
        """Create an error.

        Args:
            code: identifies the kind of error; see the attribute `code`.
            template: the message, with fields in braces. A field listed in `parameters` is replaced by its
                value; every other field is the name of a setting.
            parameters: the files, values and limits in the message. A front end may use them in its own
                template for the same code.
        """
        self.code = code
        self.template = template
        self.parameters = parameters
        super().__init__(self.worded({}))

    def worded(self, names: Mapping[str, str]) -> str:
        """Return the message, using a front end's names for the settings."""
        return self.format(self.template, names)

    def format(self, template: str, names: Mapping[str, str]) -> str:
        """Fill in a template with this error's parameters and a front end's names for the settings."""
        fields = [field for _, field, _, _ in string.Formatter().parse(template) if field]
        settings = {field: names.get(field, field) for field in fields}
        return template.format(**{**settings, **self.parameters})

    # By default, exceptions are pickled with only their message, which is not enough to recreate an object of
    # this class.
    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.code, self.template, self.parameters)


def _rebuild(
    kind: type[SettingError], code: str, template: str, parameters: dict[str, object]
) -> SettingError:
    return kind(code, template, **parameters)
