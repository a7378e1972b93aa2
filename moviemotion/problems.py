"""Problems with the data of a screening: what was seen, what it means for the results, and the remedy.

A problem does not stop the program; errors do (see `moviemotion.errors`). Problems are ranked by the harm
that they can do, and problems of the same kind are grouped, so that one line names all cameras that it is
about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

SHOWN_SUBJECTS = 8
"""Number of subjects that one line names."""


class Harm(StrEnum):
    """What a problem can do to the results, the most harmful first."""

    WRONG = "wrong"
    """Results may be wrong until the remedy is applied."""
    MISSING = "missing"
    """Data are missing: results are of fewer viewers, seconds or lines than they seem to be."""
    NOTE = "note"
    """The program has dealt with it; the results hold as they are."""


HARM_TITLES: Mapping[Harm, str] = {
    Harm.WRONG: "May make results wrong",
    Harm.MISSING: "Missing data",
    Harm.NOTE: "Dealt with",
}


@dataclass(frozen=True)
class Problem:
    """One problem with the data.

    Attributes:
        code: kind of problem, such as "no-viewer"; stable across versions, for programs that read the list.
        harm: what the problem can do to the results.
        text: what was seen, what it means and the remedy, in one sentence without the subject.
        subject: the recording, viewer or file that the problem is about; empty if it is about the screening.

    Example:
        >>> str(Problem("no-viewer", Harm.MISSING, "no viewer was seen", "seat-3.mp4"))
        'seat-3.mp4: no viewer was seen'
    """

    code: str
    harm: Harm
    text: str
    subject: str = ""

    def __str__(self) -> str:
        return f"{self.subject}: {self.text}" if self.subject else self.text

    def to_json(self) -> dict[str, str]:
        """The problem as a JSON object with the attributes' names."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Problem:
        """Read a problem from its JSON object.

        Raises:
            ValueError, LookupError: the object is not a problem.
        """
        words = tuple(content[name] for name in ("code", "text", "subject"))
        if not all(isinstance(word, str) for word in words):
            raise ValueError("invalid problem")
        return cls(words[0], Harm(content["harm"]), words[1], words[2])


def ranked_groups(problems: Iterable[Problem]) -> list[tuple[Harm, list[str]]]:
    """Rank problems by harm and group those of one kind.

    Returns:
        One (harm, lines) pair for each kind of problem, the most harmful first, and among these the kind that
        was found first. Problems with the same text share a line that names their subjects.
    """
    groups: dict[tuple[Harm, str], dict[str, list[str]]] = {}
    for problem in problems:
        group = groups.setdefault((problem.harm, problem.code), {})
        group.setdefault(problem.text, []).append(problem.subject)
    order = list(Harm)
    ranked = sorted(groups.items(), key=lambda item: order.index(item[0][0]))
    return [
        (harm, [_line(text, subjects) for text, subjects in texts.items()]) for (harm, _), texts in ranked
    ]


def _line(text: str, subjects: list[str]) -> str:
    names = list(dict.fromkeys(name for name in subjects if name))
    if not names:
        return text
    shown = names[:SHOWN_SUBJECTS]
    if len(names) > len(shown):
        shown.append(f"{len(names) - len(shown)} more")
    listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    return f"{listed}: {text}"
