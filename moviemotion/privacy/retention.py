"""Until when each kind of data is kept, kept to: by command, on start, and written down.

The dates are set when a study is begun. They are part of the disclosure, so they may be brought forward
afterwards but never put off.
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
    EXPORTS_FOLDER,
    GROUPS_FILE,
    JOURNAL_FOLDER,
    PICTURES_FOLDER,
    PROVENANCE_FILE,
    SAMPLES_FOLDER,
    UPLOADS_FOLDER,
    VIEWER_OUTPUTS,
)
from moviemotion.study.folder import StudyFolder, has_study

MAX_DAYS = 3 * 365
"""Days: 740 ILCS 14/15(a) ends at three years after the last contact."""


DEFAULT_DAYS = {DataKind.PICTURES: 30, DataKind.SAMPLES: 180, DataKind.REPORTS: MAX_DAYS}
"""Days for which each kind is kept unless the operator says otherwise."""
_PATHS_BY_KIND = {
    DataKind.PICTURES: (UPLOADS_FOLDER, PICTURES_FOLDER),
    DataKind.SAMPLES: (
        SAMPLES_FOLDER,
        JOURNAL_FOLDER,
        PROVENANCE_FILE,
        EARLIER_PROVENANCE_FILE,
        *CAPTURE_REPORTS,
        GROUPS_FILE,
        EXPORTS_FOLDER,
        *VIEWER_OUTPUTS,
    ),
    DataKind.REPORTS: AUDIENCE_OUTPUTS,
}


@dataclass(frozen=True)
class StoredData:
    """One kind of data as it is now.

    Attributes:
        files, bytes: what is on disk.
        until: the first day on which it is no longer kept.
        deleted: when it was, UTC; None while it is kept.
    """

    kind: DataKind
    files: int
    bytes: int
    until: date
    deleted: str | None


def begin_study(
    folder: Path, terms: ConsentTerms, days: Mapping[DataKind, int], now: datetime | None = None
) -> None:
    """Begin the register of a study, before its seats are asked.

    Args:
        days: for which each kind is kept; `DAYS` for those not named.

    Raises:
        MoviemotionError: a number of days cannot be kept to, or the study has a register.
    """
    for kind, number in days.items():
        if not 1 <= number <= MAX_DAYS:
            raise MoviemotionError(f"{kind}: {number} days; give 1 to {MAX_DAYS}")
    study_database.create_database(folder, terms, deletion_dates(days, now), now)


def deletion_dates(days: Mapping[DataKind, int], now: datetime | None = None) -> dict[str, str]:
    """Kind → the day on which it is deleted, ISO 8601, counted from now."""
    today = (now or datetime.now(UTC)).astimezone(UTC).date()
    return {kind: (today + timedelta(days=n)).isoformat() for kind, n in {**DEFAULT_DAYS, **days}.items()}


def shorten_retention(folder: Path, kind: DataKind, until: date, now: datetime | None = None) -> None:
    """Keep a kind of data for less long than was said.

    Raises:
        MoviemotionError: it would be kept for longer.
    """
    with open_database(folder) as study, study.transaction():
        (row,) = (held for held in _retention_rows(study) if held[0] is kind)
        if until > row[1]:
            raise MoviemotionError(
                f"{kind}: kept until {row[1]}, as viewers were told; it can only end sooner"
            )
        study.connection.execute("UPDATE retention SET until = ? WHERE kind = ?", (until.isoformat(), kind))
        study.log(
            Role.PRIVACY_OFFICER, "date brought forward", {"kind": kind, "until": until.isoformat()}, now
        )


def stored_data(folder: Path) -> tuple[StoredData, ...]:
    """What a study holds of each kind, and until when."""
    with open_database(folder) as study:
        return tuple(
            StoredData(kind, len(sizes), sum(sizes), until, deleted)
            for kind, until, deleted in _retention_rows(study)
            for sizes in [_file_sizes(folder, kind)]
        )


def delete_expired(folder: Path, now: datetime | None = None) -> tuple[DataKind, ...]:
    """Delete every kind of data whose day has come, and write down that it was.

    Also what came into the study after its day. Results about a room of fewer than `FEWEST` viewers are about
    people: they go with the samples.

    Args:
        now: another moment, to see what would be kept then.

    Returns:
        The kinds that were deleted.
    """
    today = (now or datetime.now(UTC)).astimezone(UTC).date()
    with open_database(folder) as study:
        (viewers,) = study.connection.execute("SELECT COUNT(*) FROM viewers").fetchone()
        left = {
            kind: until
            for kind, until, before in _retention_rows(study)
            if not before or _file_sizes(folder, kind)
        }
        due = {kind for kind, until in left.items() if until <= today}
        if DataKind.SAMPLES in due and DataKind.REPORTS in left and viewers < MIN_GROUP_SIZE:
            due.add(DataKind.REPORTS)
        # Samples last: with them goes how many viewers there were, which an interrupted run asks for again.
        for kind in (DataKind.PICTURES, DataKind.REPORTS, DataKind.SAMPLES):
            if kind in due:
                _delete_kind(study, kind, now)
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
    """Bytes of each file of a kind."""
    sizes = []
    for name in _PATHS_BY_KIND[kind]:
        path = folder / name
        for file in [path] if path.is_file() else path.rglob("*"):
            with suppress(FileNotFoundError):  # deleted meanwhile
                sizes += [file.stat().st_size] if file.is_file() else []
    return sizes
