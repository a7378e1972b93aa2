"""Notes on a study's film, as written by the studio's users.

They are a small JSON file in the study folder. When a viewer is erased, notes that contain their ID are
deleted (see `privacy.erasure`).
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from moviemotion.errors import MoviemotionError
from moviemotion.privacy.audit_log import utc_timestamp
from moviemotion.privacy.study_database import database_lock
from moviemotion.study.file_names import NOTES_FILE
from moviemotion.study.schema import NOTES, read_user_file, write_json

MAX_NOTES = 5_000


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
    content = read_user_file(folder, NOTES_FILE, NOTES)
    stored = content["notes"] if content else []
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
        write_json(
            folder / NOTES_FILE, NOTES, {"notes": [asdict(each) for each in (*before, note)]}, indent=1
        )
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
        write_json(folder / NOTES_FILE, NOTES, {"notes": [asdict(note) for note in after]}, indent=1)
