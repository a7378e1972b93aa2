"""What people of the studio write into a study themselves: notes on its moments, and named groups of viewers.

Both are small JSON files in the study's folder. A note is its writer's own text. A group is a list of random
ids; when a viewer is erased, they leave every group, and a note that names them goes (`privacy.erasure`).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from moviemotion._io.schemas import FileSchema
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.audit_log import utc_timestamp
from moviemotion.privacy.study_database import database_lock
from moviemotion.study.file_names import GROUPS_FILE, NOTES_FILE
from moviemotion.study.schema import GROUPS, NOTES, write_json

MAX_NOTES, MAX_GROUPS = 5_000, 100


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


def read_notes(folder: Path) -> tuple[Note, ...]:
    """A study's notes in the order of the film."""
    notes = _read_json(folder / NOTES_FILE, NOTES, {"notes": []})["notes"]
    return tuple(sorted((Note(**note) for note in notes), key=lambda note: (note.at, note.written)))


def add_note(folder: Path, at: float, text: str, by: str, now: datetime | None = None) -> Note:
    """Write a note into a study.

    Raises:
        MoviemotionError: the study has very many already.
    """
    with database_lock(folder):
        before = read_notes(folder)
        if len(before) >= MAX_NOTES:
            raise MoviemotionError(f"{folder / NOTES_FILE}: {MAX_NOTES:,} notes are kept; delete some first")
        note = Note(secrets.token_hex(6), at, text, by, utc_timestamp(now))
        _write_json(folder / NOTES_FILE, NOTES, {"notes": [asdict(each) for each in (*before, note)]})
    return note


def update_note(folder: Path, note_id: str, text: str | None, now: datetime | None = None) -> None:
    """Give a note another text, or delete it where `text` is None.

    Raises:
        MoviemotionError: there is no such note.
    """
    with database_lock(folder):
        before = read_notes(folder)
        if not any(note.id == note_id for note in before):
            raise MoviemotionError(f"note {note_id}: there is none; it may have been deleted")
        after = [note for note in before if note.id != note_id or text is not None]
        if text is not None:
            after = [
                replace(note, text=text, written=utc_timestamp(now)) if note.id == note_id else note
                for note in after
            ]
        _write_json(folder / NOTES_FILE, NOTES, {"notes": [asdict(note) for note in after]})


def read_groups(folder: Path) -> dict[str, list[str]]:
    """A study's groups of viewers: name → random ids."""
    return dict(_read_json(folder / GROUPS_FILE, GROUPS, {"groups": {}})["groups"])


def set_group(folder: Path, name: str, viewers: Sequence[str] | None) -> None:
    """Keep a group of viewers by name, in place of one of that name; delete it where `viewers` is None.

    Raises:
        MoviemotionError: there are very many already, or none of that name to delete.
    """
    with database_lock(folder):
        kept: Mapping[str, Sequence[str]] = read_groups(folder)
        if viewers is None and name not in kept:
            raise MoviemotionError(f"group {name}: there is none; it may have been deleted")
        kept = {**kept, name: list(viewers)} if viewers else {n: v for n, v in kept.items() if n != name}
        if len(kept) > MAX_GROUPS:
            raise MoviemotionError(f"{folder / GROUPS_FILE}: {MAX_GROUPS} groups are kept; delete some first")
        _write_json(folder / GROUPS_FILE, GROUPS, {"groups": kept})


def _read_json(path: Path, schema: FileSchema, empty: Any) -> Any:
    try:
        return schema.read_json(path)
    except FileNotFoundError:
        return empty
    except (OSError, ValueError) as error:
        raise MoviemotionError(f"{path}: cannot be read; restore it from a copy or delete it") from error


def _write_json(path: Path, schema: FileSchema, content: dict[str, Any]) -> None:
    write_json(path, schema, content, indent=1)
