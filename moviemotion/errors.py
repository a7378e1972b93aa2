"""The errors of MoviEmotion: each says in one line what is wrong, where, and how to correct it."""

from __future__ import annotations

import string
from collections.abc import Mapping


class MoviemotionError(Exception):
    """Something that the user can correct.

    The message is one line for each problem. It names the file and, after a semicolon, the remedy.

    Attributes:
        code: identifies the kind of error for programs; stable between versions.
    """

    code = "invalid-input"

    def worded(self, names: Mapping[str, str]) -> str:
        """The message as a front end words it.

        Args:
            names: setting (a parameter of the Python API) → what this front end calls it, for example
                `offsets` → `--offset`. Settings that are missing here keep their Python name.
        """
        return str(self)


class SettingError(MoviemotionError):
    """An error whose message names settings, which every front end calls by names of its own.

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
            code: as the attribute.
            template: the message, with fields in braces. A field that is in `parameters` stands for its
                value; every other field is the name of a setting.
            parameters: what the message is about: files, values, limits. Other front ends may use them
                in a template of their own for the same code.
        """
        self.code = code
        self.template = template
        self.parameters = parameters
        super().__init__(self.worded({}))

    def worded(self, names: Mapping[str, str]) -> str:
        return self.format(self.template, names)

    def format(self, template: str, names: Mapping[str, str]) -> str:
        """A template filled in with this error's parameters and a front end's names of settings."""
        fields = [field for _, field, _, _ in string.Formatter().parse(template) if field]
        settings = {field: names.get(field, field) for field in fields}
        return template.format(**{**settings, **self.parameters})

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.code, self.template, self.parameters)


def _rebuild(
    kind: type[SettingError], code: str, template: str, parameters: dict[str, object]
) -> SettingError:
    return kind(code, template, **parameters)
