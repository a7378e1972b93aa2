"""What people of the studio write into a study themselves: notes on its moments, and named groups of viewers.

Both are small JSON files in the study's folder. A note is its writer's own text. A group is a list of random
ids; when a viewer is erased, they leave every group, and a note that names them goes (`privacy.erasure`).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from moviemotion._io.atomic_files import write_whole
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.audit_log import utc
from moviemotion.privacy.study_database import alone
from moviemotion.study.folder import GROUPS, NOTES

MOST_NOTES, MOST_GROUPS = 5_000, 100


@dataclass(frozen=True)
class Note:
    """What somebody noted at a time of the film.

    Attributes:
        id: random.
        at: second of film time; a note belongs to the moment that it lies in.
        by: name of the writer's account, empty without accounts.
        written: UTC, ISO 8601.
    """

    id: str
    at: float
    text: str
    by: str
    written: str


def notes(folder: Path) -> tuple[Note, ...]:
    """A study's notes in the order of the film."""
    kept = _read(folder / NOTES, [])
    return tuple(sorted((Note(**note) for note in kept), key=lambda note: (note.at, note.written)))


def add_note(folder: Path, at: float, text: str, by: str, now: datetime | None = None) -> Note:
    """Write a note into a study.

    Raises:
        MoviemotionError: the study has very many already.
    """
    with alone(folder):
        before = notes(folder)
        if len(before) >= MOST_NOTES:
            raise MoviemotionError(f"{folder / NOTES}: {MOST_NOTES:,} notes are kept; delete some first")
        note = Note(secrets.token_hex(6), at, text, by, utc(now))
        _write(folder / NOTES, [asdict(each) for each in (*before, note)])
    return note


def change_note(folder: Path, note_id: str, text: str | None, now: datetime | None = None) -> None:
    """Give a note another text, or delete it where `text` is None.

    Raises:
        MoviemotionError: there is no such note.
    """
    with alone(folder):
        before = notes(folder)
        if not any(note.id == note_id for note in before):
            raise MoviemotionError(f"note {note_id}: there is none; it may have been deleted")
        after = [note for note in before if note.id != note_id or text is not None]
        if text is not None:
            after = [
                replace(note, text=text, written=utc(now)) if note.id == note_id else note for note in after
            ]
        _write(folder / NOTES, [asdict(note) for note in after])


def groups(folder: Path) -> dict[str, list[str]]:
    """A study's groups of viewers: name → random ids."""
    return dict(_read(folder / GROUPS, {}))


def set_group(folder: Path, name: str, viewers: Sequence[str] | None) -> None:
    """Keep a group of viewers by name, in place of one of that name; delete it where `viewers` is None.

    Raises:
        MoviemotionError: there are very many already, or none of that name to delete.
    """
    with alone(folder):
        kept: Mapping[str, Sequence[str]] = groups(folder)
        if viewers is None and name not in kept:
            raise MoviemotionError(f"group {name}: there is none; it may have been deleted")
        kept = {**kept, name: list(viewers)} if viewers else {n: v for n, v in kept.items() if n != name}
        if len(kept) > MOST_GROUPS:
            raise MoviemotionError(f"{folder / GROUPS}: {MOST_GROUPS} groups are kept; delete some first")
        _write(folder / GROUPS, kept)


def _read(path: Path, empty: Any) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return empty
    except (OSError, ValueError) as error:
        raise MoviemotionError(f"{path}: cannot be read; restore it from a copy or delete it") from error


def _write(path: Path, content: object) -> None:
    write_whole(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
