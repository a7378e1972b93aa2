"""What a study is called: the film's title, the version of its cut and the date of the screening."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as calendar_date
from typing import Any

from moviemotion.errors import SettingError


@dataclass(frozen=True)
class StudyLabel:
    """The parts of a study's label that a user has given; None leaves a part as it is.

    Attributes:
        title: title of the film.
        cut: version of the film's cut, such as `cut 3` or `director's cut`.
        date: date of the screening, ISO 8601 (`2026-11-29`).

    Raises:
        SettingError: a part is empty or has several lines, or the date is not a date.
    """

    title: str | None = None
    cut: str | None = None
    date: str | None = None

    def __post_init__(self) -> None:
        for setting in ("title", "cut"):
            text = getattr(self, setting)
            if text is not None and (not text.strip() or not text.isprintable()):
                raise SettingError(
                    f"invalid-{setting}", f"{{{setting}}} {{value!r}}: not a name; give one line", value=text
                )
        if self.date is not None:
            try:
                calendar_date.fromisoformat(self.date)
            except ValueError as error:
                raise SettingError(
                    "invalid-date",
                    "{date} {value}: not a date; write it as 2026-11-29",
                    value=self.date,
                ) from error

    def given(self) -> dict[str, Any]:
        """The parts that were given, by name."""
        return {name: text for name, text in vars(self).items() if text is not None}


NO_LABEL = StudyLabel()
UNTITLED = "Untitled film"
"""Title of a study without a script whose title was not given."""
