"""Erase a participant from a study: samples, contributions to outputs, pictures and database rows.

Only records in the audit log remain. They say that someone accepted and was erased, under a number that can
no longer be linked to a person. Disk blocks freed by the file system are not overwritten, so keep studies on
an encrypted disk.
"""

from __future__ import annotations

import json
import mmap
import secrets
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from moviemotion._io.atomic_files import delete_partial_files
from moviemotion._io.locks import LockHeldError
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import retention
from moviemotion.privacy.consent import (
    ConsentState,
    Receipt,
    audit_subject,
    camera_masks,
    list_seats,
    record_state,
    viewer_by_receipt,
)
from moviemotion.privacy.erased_viewers import record_erased, restored_viewers
from moviemotion.privacy.pseudonymize import (
    FILES_WITH_NAMES,
    is_finished,
    pseudonymize_study,
    rebuild_outputs,
)
from moviemotion.privacy.releases import forget_viewer, record_departure
from moviemotion.privacy.roles import Role
from moviemotion.privacy.study_database import DataKind, StudyDatabase, database_lock, open_database
from moviemotion.privacy.viewer_samples import viewer_rows, without_viewer
from moviemotion.study.file_names import (
    AUDIENCE_OUTPUTS,
    CAPTURE_REPORTS,
    DATABASE_FILE,
    FILM_INPUT_STEMS,
    JOURNAL_FOLDER,
    LOCK_FILE,
    PICTURES_FOLDER,
    PROVENANCE_FILE,
    SAMPLES_FOLDER,
    STUDY_FILE,
    UPLOADS_FOLDER,
    VIEWER_OUTPUTS,
    samples_path,
)
from moviemotion.study.folder import StudyFolder, has_study, study_lock


@dataclass(frozen=True)
class ErasureResult:
    """What was erased.

    Attributes:
        samples, pictures: numbers of erased samples and pictures.
        files: other files that were deleted because they contained the participant's ID, as paths relative
            to the study folder.
        unknown_files: files in the folder that this program did not write. They may contain data about the
            participant in another form, and are left for a person to check.
        damaged_files: files that could not be read; only the participant's ID was removed from them.
    """

    samples: int
    pictures: int
    files: tuple[str, ...]
    unknown_files: tuple[str, ...]
    damaged_files: tuple[str, ...] = ()


@dataclass(frozen=True)
class EnforcementResult:
    """The result of enforcing a study's privacy settings.

    Attributes:
        deleted: the kinds of data that were deleted because their retention period had ended.
        erased: the number of withdrawn participants who were erased.
        restored: the number of these who had been erased before, and were brought back by a backup.
    """

    deleted: tuple[DataKind, ...]
    erased: int
    restored: int = 0


def withdraw(folder: Path, code: str, now: datetime | None = None, defer_erasure: bool = False) -> Receipt:
    """Withdraw a participant's consent, given the receipt for their answer, and erase their data.

    During a screening, the participant is masked from then on, and `enforce_privacy` erases their data when
    the screening ends.

    Args:
        folder: the study folder.
        code: the receipt code.
        now: defaults to the current time.
        defer_erasure: whether to leave the erasure to `enforce_privacy`, which is necessary if a screening is
            running although outputs already exist. The erasure is also deferred if another program holds the
            study lock.

    Returns:
        A receipt of the withdrawal, which can still be verified after the erasure.

    Raises:
        MoviemotionError: no data is stored for the receipt.
    """
    # Hold the lock, so that the second of two simultaneous calls finds nothing left to erase.
    with database_lock(folder):
        viewer = viewer_by_receipt(folder, code)
        record_erased(folder, viewer)
        with open_database(folder) as database, database.transaction():
            query = "SELECT disclosure FROM consents WHERE viewer = ? ORDER BY rowid DESC"
            (disclosure,) = database.connection.execute(query, (viewer,)).fetchone()
            receipt = record_state(database, viewer, ConsentState.WITHDRAWN, disclosure, now)
            record_departure(database, viewer)
        if not defer_erasure:
            with suppress(LockHeldError), study_lock(folder):
                _erase_withdrawn(folder, Role.SEAT, now)
    return receipt


def delete_withdrawn_cameras(folder: Path) -> None:
    """Delete the samples of cameras whose participants have all withdrawn from an unfinished screening.

    Must not be called while the screening is running. Samples from other cameras are erased when the
    screening ends. If no participants remain, the screening is discarded.
    """
    gone = {seat.camera for seat in list_seats(folder) if seat.state is ConsentState.WITHDRAWN}
    for camera, mask in camera_masks(folder, gone).items():
        if mask.hides_everything:
            samples_path(folder, camera).unlink(missing_ok=True)
    left = any(seat.state is ConsentState.ACCEPTED for seat in list_seats(folder))
    captured = any(
        (folder / name).exists() for name in (JOURNAL_FOLDER, *CAPTURE_REPORTS)
    )  # a captured study can still be reported
    if gone and not left and not captured and has_study(folder):
        StudyFolder.open_existing(folder).discard()


def erase(
    folder: Path, viewer: str, role: Role = Role.PRIVACY_OFFICER, now: datetime | None = None
) -> ErasureResult:
    """Erase a participant and rebuild the outputs without their data.

    To complete an interrupted erasure, call this function again or run `enforce_privacy`.

    Args:
        folder: the study folder.
        viewer: the participant's random ID.
        role: the role of the person who requests the erasure.
        now: defaults to the current time.

    Raises:
        MoviemotionError: no data about the participant is stored, the study is not finished, or another
            program has the database open.
    """
    with database_lock(folder), study_lock(folder):
        return _erase(folder, viewer, role, now)


def _erase(folder: Path, viewer: str, role: Role, now: datetime | None) -> ErasureResult:
    if not _can_erase(folder):
        raise MoviemotionError(
            f"{folder}: a screening is running; erase the viewer afterward, or use the receipt to withdraw"
        )
    if has_study(folder):
        pseudonymize_study(folder, now)
    with open_database(folder) as database:
        subject = audit_subject(database, viewer)
        record_erased(folder, viewer)
        with database.transaction():
            # If the erasure is interrupted, `enforce_privacy` resumes it.
            database.connection.execute(
                "UPDATE viewers SET state = ? WHERE id = ?", (ConsentState.WITHDRAWN, viewer)
            )
            record_departure(database, viewer)
        _erase_uploads(database, viewer)
        samples, damaged = _erase_samples(folder, viewer)
        files = [
            name
            for (name,) in database.connection.execute(
                "SELECT file FROM pictures WHERE viewer = ?", (viewer,)
            )
        ]
        for name in files:
            (folder / PICTURES_FOLDER / name).unlink(missing_ok=True)
        delete_partial_files(folder)
        # Skip the database and its write-ahead log, which are open here.
        others = tuple(
            path for path in find_files_containing(folder, viewer) if not path.name.startswith(DATABASE_FILE)
        )
        for path in others:
            path.unlink()
        with database.secure_deletion():
            forget_viewer(database, viewer)
            for table, column in (("pictures", "viewer"), ("consents", "viewer"), ("viewers", "id")):
                database.connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (viewer,))
            if is_finished(folder):
                known = {camera for (camera,) in database.connection.execute("SELECT id FROM cameras")}
                gone = [(camera,) for camera in known - set(StudyFolder.open_existing(folder).cameras)]
                database.connection.executemany("DELETE FROM cameras WHERE id = ?", gone)
            details = {"subject": subject, "samples": samples, "pictures": len(files)}
            database.log(role, "erased", details, now)
    deleted = tuple(str(path.relative_to(folder)) for path in others)
    return ErasureResult(samples, len(files), deleted, tuple(_unknown_files(folder)), tuple(damaged))


def enforce_privacy(folder: Path, now: datetime | None = None) -> EnforcementResult:
    """Pseudonymize a finished study, erase participants who withdrew, and delete expired data.

    Call this at program start, after each screening, and once a day. It also resumes any interrupted run.

    Raises:
        LockHeldError: another program holds the study lock.
        MoviemotionError: the study has no database.
    """
    with database_lock(folder), study_lock(folder):
        return _enforce_privacy(folder, now)


def _enforce_privacy(folder: Path, now: datetime | None) -> EnforcementResult:
    with open_database(folder) as database:
        database.scrub()
    restored = len(restored_viewers(folder))
    _withdraw_restored(folder, now)  # before they could get new IDs
    if is_finished(folder):
        pseudonymize_study(folder, now)
    erased = _erase_withdrawn(folder, Role.SYSTEM, now)
    return EnforcementResult(retention.delete_expired(folder, now), erased, restored)


def find_files_containing(folder: Path, text: str) -> Iterator[Path]:
    """Find every file in a folder that contains a text, directly or inside a Parquet file or ZIP archive."""
    needle = text.encode()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with suppress(FileNotFoundError):  # such as a partial upload that has just been completed
            if path.stat().st_size and any(part.find(needle) >= 0 for part in _file_contents(path)):
                yield path


def _erase_uploads(database: StudyDatabase, viewer: str) -> None:
    """Delete recordings awaiting measurement that show the participant."""
    query = "SELECT camera FROM seats JOIN viewers USING (seat) WHERE id = ?"
    for (camera,) in database.connection.execute(query, (viewer,)).fetchall():
        for path in (database.folder / UPLOADS_FOLDER).glob("*"):
            if camera in (path.stem, path.name):
                path.unlink()


def _unknown_files(folder: Path) -> Iterator[str]:
    ours = {
        STUDY_FILE,
        LOCK_FILE,
        PROVENANCE_FILE,
        *FILES_WITH_NAMES,
        *VIEWER_OUTPUTS,
        *AUDIENCE_OUTPUTS,
        SAMPLES_FOLDER,
        PICTURES_FOLDER,
    }
    for path in sorted(folder.iterdir()):
        if (
            path.name not in ours
            and path.stem not in FILM_INPUT_STEMS
            and not path.name.startswith(DATABASE_FILE)
        ):
            yield path.name


def _erase_withdrawn(folder: Path, role: Role, now: datetime | None) -> int:
    """Erase participants who withdrew (in an unfinished study, only their cameras); return their number."""
    _withdraw_restored(folder, now)
    if not _can_erase(folder):
        delete_withdrawn_cameras(folder)
    if not _can_erase(folder):
        return 0
    with open_database(folder) as database:
        query = "SELECT id FROM viewers WHERE state = ?"
        withdrawn = [viewer for (viewer,) in database.connection.execute(query, (ConsentState.WITHDRAWN,))]
    for viewer in withdrawn:
        erase(folder, viewer, role, now)
    return len(withdrawn)


def _withdraw_restored(folder: Path, now: datetime | None) -> None:
    """Mark viewers who were brought back by a backup as withdrawn, so that they are erased again."""
    restored = restored_viewers(folder)
    if not restored:
        return
    with open_database(folder) as database, database.transaction():
        for viewer in restored:
            # If only the samples were restored, the viewer no longer has a row.
            database.connection.execute(
                "INSERT OR IGNORE INTO viewers VALUES (?, ?, '', ?)",
                (viewer, secrets.token_hex(8), ConsentState.WITHDRAWN),
            )
            database.connection.execute(
                "UPDATE viewers SET state = ? WHERE id = ?", (ConsentState.WITHDRAWN, viewer)
            )
        database.log(Role.SYSTEM, "found in a restored backup", {"viewers": len(restored)}, now)


def _can_erase(folder: Path) -> bool:
    """Check whether data can be erased: before a study's screening starts, or after it is finished."""
    return is_finished(folder) or not has_study(folder)


def _erase_samples(folder: Path, viewer: str) -> tuple[int, list[str]]:
    """Erase a viewer's samples, and the cameras that show nobody else.

    Returns:
        The number of samples, and the names of damaged files.
    """
    if not is_finished(folder):
        return 0, []
    study = StudyFolder.open_existing(folder)
    erased, gone = 0, []
    for camera in study.cameras:
        samples = study.read_samples(camera)
        if samples is None or viewer not in samples.viewers:
            continue
        index = samples.viewers.index(viewer)
        erased += int(viewer_rows(samples, index).sum())
        if len(samples.viewers) > 1:
            study.save_samples(camera, without_viewer(samples, index))
        else:
            gone.append(camera)
    damaged = _remove_mentions(study, [viewer, *gone])
    for camera in gone:
        study.samples_path(camera).unlink()
    rebuild_outputs(folder)
    return erased, damaged


def _remove_mentions(study: StudyFolder, ids: Sequence[str]) -> list[str]:
    """Remove a viewer and their camera from study.json and from all other files that mention them.

    Returns:
        Names of damaged files, from which only the IDs were removed.
    """
    damaged: list[str] = []
    for name in (PROVENANCE_FILE, *FILES_WITH_NAMES):
        path = study.folder / name
        if not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix != ".json":
            lines = content.splitlines(keepends=True)
            study.write_bytes(name, [line for line in lines if not any(id_.encode() in line for id_ in ids)])
            continue
        try:
            remaining = _without_mentions(json.loads(content), ids)
            text = json.dumps(remaining, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, RecursionError):
            # The file cannot be parsed, so only the IDs are removed; a person can still repair the rest.
            damaged.append(name)
            for id_ in ids:
                content = content.replace(id_.encode(), b"erased")
            study.write_bytes(name, [content])
        else:
            study.write_bytes(name, [text, b"\n"])
    # This comes last, because a resumed erasure needs the list of cameras.
    cameras = study.manifest["cameras"]
    assert isinstance(cameras, dict)
    study.write_manifest(
        {**study.manifest, "cameras": {c: how for c, how in cameras.items() if c not in ids}}
    )
    return damaged


def _without_mentions(value: Any, ids: Sequence[str]) -> Any:
    """Return a JSON value without the sentences and records that contain any of the given IDs."""
    if isinstance(value, dict):
        return {key: _without_mentions(part, ids) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_mentions(part, ids) for part in value if not _mentions(part, ids)]
    return value


def _mentions(value: Any, ids: Sequence[str]) -> bool:
    texts = value.values() if isinstance(value, dict) else [value]
    return any(isinstance(text, str) and any(each in text for each in ids) for text in texts)


def _file_contents(path: Path) -> Iterator[Any]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as bytes_on_disk:
        yield bytes_on_disk
    # A file from another program may be damaged or encrypted; `ErasureResult.unknown_files` lists it.
    with suppress(pa.ArrowException, zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error):
        yield from _unpacked_contents(path)


def _unpacked_contents(path: Path) -> Iterator[bytes]:
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        yield repr(table.schema.metadata).encode()
        for column in table.columns:
            if str(column.type).startswith(("string", "dictionary<values=string")):
                yield "\n".join(map(str, column.unique().to_pylist())).encode()
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                yield member.encode()
                yield archive.read(member)
