"""The viewers who were erased from a study, so that a restored backup does not bring them back.

A backup of a study folder contains the viewers who have been erased since, and nothing in it says so. The
hashes of their IDs are therefore stored outside the study, in the keys folder. A viewer is recorded as soon
as they withdraw, so that restoring an older backup does not undo a withdrawal either.

The keys folder must not be restored along with the study. A study restored on another machine, or from a
backup that was made before its viewers had random IDs, cannot be checked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from moviemotion._io.atomic_files import atomic_write_text
from moviemotion._io.schemas import FileSchema
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.consent import ConsentState
from moviemotion.privacy.study_database import (
    StudyDatabase,
    database_lock,
    has_database,
    key_file,
    open_database,
)
from moviemotion.study.folder import StudyFolder, has_study

ERASED = FileSchema("moviemotion/erased-viewers", 1)


def record_erased(folder: Path, viewer: str) -> None:
    """Record, outside the study, that a viewer is being erased or has withdrawn.

    Raises:
        MoviemotionError: the record cannot be read or written; nothing may be erased then.
    """
    with database_lock(folder):
        with open_database(folder) as database:
            study_id = database.study_id
        hashes = _read(study_id)
        if _hash(viewer) in hashes:
            return
        path = key_file(study_id, ".erased")
        try:
            atomic_write_text(path, json.dumps(ERASED.mark({"viewers": sorted({*hashes, _hash(viewer)})})))
        except OSError as error:
            raise MoviemotionError(
                f"{path}: cannot be written ({error.strerror}); free some space"
            ) from error


def restored_viewers(folder: Path) -> tuple[str, ...]:
    """List the viewers in a study who were erased, or withdrew, and have been brought back by a backup.

    Raises:
        MoviemotionError: the record of erased viewers cannot be read.
    """
    if not has_database(folder):
        return ()
    with open_database(folder) as database:
        return tuple(sorted(erased_among(database, _viewers(database))))


def erased_among(database: StudyDatabase, viewers: Iterable[str]) -> set[str]:
    """Select those of some viewers who were erased from a study, or have withdrawn from it."""
    erased = _read(database.study_id)
    return {viewer for viewer in viewers if erased and _hash(viewer) in erased}


def refuse_restored(folder: Path) -> None:
    """Check that no viewer has been brought back by a backup.

    Raises:
        MoviemotionError: the study contains viewers who were erased.
    """
    if restored := restored_viewers(folder):
        raise MoviemotionError(f"{folder}: {restored_message(len(restored))}")


def restored_message(count: int) -> str:
    """Say that a backup has brought viewers back, and how to erase them again."""
    whom = "a viewer who was" if count == 1 else f"{count} viewers who were"
    return (
        f"a backup has brought back {whom} erased; run moviemotion privacy enforce to erase them again, "
        "then make a new backup"
    )


def _viewers(database: StudyDatabase) -> set[str]:
    """All viewers in a study's database, except those whose erasure is pending, and in its samples."""
    rows = database.connection.execute("SELECT id, state FROM viewers").fetchall()
    found = {viewer for viewer, _ in rows}
    pending = {viewer for viewer, state in rows if state == ConsentState.WITHDRAWN}
    if has_study(database.folder):
        study = StudyFolder.open_existing(database.folder)
        for camera in study.cameras:
            if samples := study.read_samples(camera):
                found |= set(samples.viewers)
    return found - pending


def _read(study_id: str) -> set[str]:
    path = key_file(study_id, ".erased")
    try:
        return set(ERASED.read_json(path)["viewers"])
    except FileNotFoundError:
        return set()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MoviemotionError(
            f"{path}: cannot be read, so it is not known who was erased; restore it from a backup"
        ) from error


def _hash(viewer: str) -> str:
    return hashlib.sha256(viewer.encode()).hexdigest()
