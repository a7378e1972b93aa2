"""Retention: each kind of data is deleted once its deletion date has passed.

Data is deleted by a command or at program start, and every deletion is logged. The dates are set when a study
is started. Because they are part of the disclosure, they can later be brought forward but never postponed.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from moviemotion._io.atomic_files import delete_partial_files
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import encrypted_pictures, study_database
from moviemotion.privacy.audit_log import utc_timestamp
from moviemotion.privacy.disclosure import MIN_GROUP_SIZE
from moviemotion.privacy.roles import Role
from moviemotion.privacy.study_database import ConsentTerms, DataKind, StudyDatabase, open_database
from moviemotion.study.file_names import (
    AUDIENCE_OUTPUTS,
    CAPTURE_REPORTS,
    EARLIER_PROVENANCE_FILE,
    EARLIER_SEGMENTS_FILE,
    EXPORTS_FOLDER,
    JOURNAL_FOLDER,
    PARTICIPANTS_FILE,
    PICTURES_FOLDER,
    PROVENANCE_FILE,
    SAMPLES_FOLDER,
    SEGMENTS_FILE,
    UPLOADS_FOLDER,
    VIEWER_OUTPUTS,
)
from moviemotion.study.folder import StudyFolder, has_study

MAX_DAYS = 3 * 365
"""Maximum retention in days. 740 ILCS 14/15(a) requires deletion within 3 years of the last interaction."""


DEFAULT_DAYS = {DataKind.PICTURES: 30, DataKind.SAMPLES: 180, DataKind.REPORTS: MAX_DAYS}
"""Default retention of each kind of data, in days."""
_PATHS_BY_KIND = {
    DataKind.PICTURES: (UPLOADS_FOLDER, PICTURES_FOLDER),
    DataKind.SAMPLES: (
        SAMPLES_FOLDER,
        JOURNAL_FOLDER,
        PROVENANCE_FILE,
        EARLIER_PROVENANCE_FILE,
        *CAPTURE_REPORTS,
        PARTICIPANTS_FILE,
        SEGMENTS_FILE,
        EARLIER_SEGMENTS_FILE,
        EXPORTS_FOLDER,
        *VIEWER_OUTPUTS,
    ),
    DataKind.REPORTS: AUDIENCE_OUTPUTS,
}


@dataclass(frozen=True)
class StoredData:
    """Stored data of one kind.

    Attributes:
        kind: the kind of data.
        files, bytes: number and size of the files on disk.
        until: the date on which the data is deleted.
        deleted: when the data was deleted, in UTC; None if it has not been deleted yet.
    """

    kind: DataKind
    files: int
    bytes: int
    until: date
    deleted: str | None


def begin_study(
    folder: Path, terms: ConsentTerms, days: Mapping[DataKind, int], now: datetime | None = None
) -> None:
    """Create a study's database before its participants are asked for consent.

    Args:
        folder: the study folder; created if it does not exist.
        terms: the terms of consent.
        days: the retention period of each kind, in days; kinds that are missing use their `DEFAULT_DAYS`.
        now: defaults to the current time.

    Raises:
        MoviemotionError: a number of days is out of range, or the study already has a database.
    """
    for kind, number in days.items():
        if not 1 <= number <= MAX_DAYS:
            raise MoviemotionError(
                f"{kind}: {number} days is out of range; give a number from 1 to {MAX_DAYS}"
            )
    study_database.create_database(folder, terms, deletion_dates(days, now), now)


def deletion_dates(days: Mapping[DataKind, int], now: datetime | None = None) -> dict[str, str]:
    """Map each kind to its deletion date (ISO 8601), counted from now."""
    today = (now or datetime.now(UTC)).astimezone(UTC).date()
    return {kind: (today + timedelta(days=n)).isoformat() for kind, n in {**DEFAULT_DAYS, **days}.items()}


def shorten_retention(folder: Path, kind: DataKind, until: date, now: datetime | None = None) -> None:
    """Move the deletion date of a kind of data to an earlier day.

    Raises:
        MoviemotionError: the new date is later than the current one.
    """
    with open_database(folder) as database, database.transaction():
        (row,) = (held for held in _retention_rows(database) if held[0] is kind)
        if until > row[1]:
            raise MoviemotionError(
                f"{kind}: the disclosure promises deletion on {row[1]}; give an earlier date"
            )
        database.connection.execute(
            "UPDATE retention SET until = ? WHERE kind = ?", (until.isoformat(), kind)
        )
        database.log(
            Role.PRIVACY_OFFICER, "date brought forward", {"kind": kind, "until": until.isoformat()}, now
        )


def stored_data(folder: Path) -> tuple[StoredData, ...]:
    """List the stored data by kind, with deletion dates."""
    with open_database(folder) as database:
        return tuple(
            StoredData(kind, len(sizes), sum(sizes), until, deleted)
            for kind, until, deleted in _retention_rows(database)
            for sizes in [_file_sizes(folder, kind)]
        )


def delete_expired(folder: Path, now: datetime | None = None) -> tuple[DataKind, ...]:
    """Delete every kind of data whose deletion date has passed, and log each deletion.

    Data added after its deletion date is deleted too. If the audience has fewer than
    `MIN_GROUP_SIZE` viewers, the outputs describe individuals, so they are deleted along with the samples.

    Args:
        folder: the study folder.
        now: defaults to the current time.

    Returns:
        The kinds that were deleted.
    """
    today = (now or datetime.now(UTC)).astimezone(UTC).date()
    with open_database(folder) as database:
        (viewers,) = database.connection.execute("SELECT COUNT(*) FROM viewers").fetchone()
        left = {
            kind: until
            for kind, until, before in _retention_rows(database)
            if not before or _file_sizes(folder, kind)
        }
        due = {kind for kind, until in left.items() if until <= today}
        if DataKind.SAMPLES in due and DataKind.REPORTS in left and viewers < MIN_GROUP_SIZE:
            due.add(DataKind.REPORTS)
        # Delete samples last: the number of viewers is lost with them, and a resumed call needs it.
        for kind in (DataKind.PICTURES, DataKind.REPORTS, DataKind.SAMPLES):
            if kind in due:
                _delete_kind(database, kind, now)
    return tuple(kind for kind in DataKind if kind in due)


def _delete_kind(database: StudyDatabase, kind: DataKind, now: datetime | None) -> None:
    sizes = _file_sizes(database.folder, kind)
    delete_partial_files(database.folder)
    for name in _PATHS_BY_KIND[kind]:
        path = database.folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    if kind is DataKind.PICTURES:
        encrypted_pictures.destroy_key(database.study_id)
    if kind is DataKind.SAMPLES and has_study(database.folder):
        begun = StudyFolder.open_existing(database.folder)
        begun.write_manifest({**begun.manifest, "cameras": {}, "study_id": database.study_id})
    with database.secure_deletion():
        if kind is DataKind.PICTURES:
            database.connection.execute("DELETE FROM pictures")
        if kind is DataKind.SAMPLES:
            for table in ("pictures", "consents", "viewers", "cameras", "seats"):
                database.connection.execute(f"DELETE FROM {table}")
        database.connection.execute(
            "UPDATE retention SET deleted = ? WHERE kind = ?", (utc_timestamp(now), kind)
        )
        details = {"kind": kind, "files": len(sizes), "bytes": sum(sizes)}
        database.log(Role.SYSTEM, "deleted on its day", details, now)


def _retention_rows(database: StudyDatabase) -> list[tuple[DataKind, date, str | None]]:
    until = database.deletion_dates()
    deleted = dict(database.connection.execute("SELECT kind, deleted FROM retention"))
    return [(kind, until[kind], deleted[kind]) for kind in DataKind]


def _file_sizes(folder: Path, kind: DataKind) -> list[int]:
    """Sizes of the files of one kind of data, in bytes."""
    sizes = []
    for name in _PATHS_BY_KIND[kind]:
        path = folder / name
        for file in [path] if path.is_file() else path.rglob("*"):
            with suppress(FileNotFoundError):  # deleted in the meantime
                sizes += [file.stat().st_size] if file.is_file() else []
    return sizes
