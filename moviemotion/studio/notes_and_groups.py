"""Notes on a study's film, and named groups of its viewers, as written by the studio's users.

Both are small JSON files in the study folder. A group is a list of random IDs. When a viewer is erased, their
ID is removed from every group, and notes that contain it are deleted (see `privacy.erasure`).
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
from moviemotion.privacy.releases import current_release
from moviemotion.privacy.roles import Role
from moviemotion.privacy.small_groups import visible_groups
from moviemotion.privacy.study_database import database_lock
from moviemotion.study.file_names import GROUPS_FILE, NOTES_FILE
from moviemotion.study.schema import GROUPS, NOTES, write_json

MAX_NOTES, MAX_GROUPS = 5_000, 100


@dataclass(frozen=True)
class Note:
    """A user's note at a particular film time.

    Attributes:
        id: random ID of the note.
        at: film time in seconds. If it is within a moment, the note is shown with that moment.
        text: the text of the note.
        by: name of the author's account; empty in a studio without accounts.
        written: when the text was last changed; UTC, ISO 8601.
    """

    id: str
    at: float
    text: str
    by: str
    written: str


def read_notes(folder: Path) -> tuple[Note, ...]:
    """The notes of a study, sorted by film time."""
    stored = _read_json(folder / NOTES_FILE, NOTES, {"notes": []})["notes"]
    return tuple(sorted((Note(**note) for note in stored), key=lambda note: (note.at, note.written)))


def add_note(folder: Path, at: float, text: str, by: str, now: datetime | None = None) -> Note:
    """Add a note to a study.

    Raises:
        MoviemotionError: the study already has `MAX_NOTES` notes.
    """
    with database_lock(folder):
        before = read_notes(folder)
        if len(before) >= MAX_NOTES:
            raise MoviemotionError(
                f"{folder / NOTES_FILE}: already has the maximum of {MAX_NOTES:,} notes; delete some first"
            )
        note = Note(secrets.token_hex(6), at, text, by, utc_timestamp(now))
        _write_json(folder / NOTES_FILE, NOTES, {"notes": [asdict(each) for each in (*before, note)]})
    return note


def update_note(folder: Path, note_id: str, text: str | None, now: datetime | None = None) -> None:
    """Change the text of a note, or delete the note if `text` is None.

    Raises:
        MoviemotionError: there is no such note.
    """
    with database_lock(folder):
        before = read_notes(folder)
        if not any(note.id == note_id for note in before):
            raise MoviemotionError(f"note {note_id}: does not exist; it may have been deleted")
        after = [note for note in before if note.id != note_id or text is not None]
        if text is not None:
            after = [
                replace(note, text=text, written=utc_timestamp(now)) if note.id == note_id else note
                for note in after
            ]
        _write_json(folder / NOTES_FILE, NOTES, {"notes": [asdict(note) for note in after]})


def read_groups(folder: Path) -> dict[str, list[str]]:
    """The groups of viewers of a study: name → random IDs."""
    return dict(_read_json(folder / GROUPS_FILE, GROUPS, {"groups": {}})["groups"])


def groups_for_role(folder: Path, viewers: Sequence[str], role: Role) -> dict[str, tuple[str, ...]]:
    """The groups that a role may see, limited to the viewers whose results it sees; see `releases`.

    Args:
        folder: the folder of a finished study.
        viewers: the viewers of the analysis that the role sees.
        role: the role of the person who views the groups.
    """
    groups = read_groups(folder)
    if role is Role.RESEARCHER:
        return visible_groups(groups, viewers, role)
    return current_release(folder, viewers, groups)[1]


def set_group(folder: Path, name: str, viewers: Sequence[str] | None) -> None:
    """Save a group of viewers, replacing any group of the same name, or delete it if `viewers` is None.

    Raises:
        MoviemotionError: the study already has `MAX_GROUPS` groups, or there is no group to delete.
    """
    with database_lock(folder):
        groups: Mapping[str, Sequence[str]] = read_groups(folder)
        if viewers is None and name not in groups:
            raise MoviemotionError(f"group {name}: does not exist; it may have been deleted")
        groups = (
            {**groups, name: list(viewers)} if viewers else {n: v for n, v in groups.items() if n != name}
        )
        if len(groups) > MAX_GROUPS:
            raise MoviemotionError(
                f"{folder / GROUPS_FILE}: already has the maximum of {MAX_GROUPS} groups; delete some first"
            )
        _write_json(folder / GROUPS_FILE, GROUPS, {"groups": groups})


def _read_json(path: Path, schema: FileSchema, empty: Any) -> Any:
    try:
        return schema.read_json(path)
    except FileNotFoundError:
        return empty
    except (OSError, ValueError) as error:
        raise MoviemotionError(f"{path}: cannot be read; restore it from a backup or delete it") from error


def _write_json(path: Path, schema: FileSchema, content: dict[str, Any]) -> None:
    write_json(path, schema, content, indent=1)
