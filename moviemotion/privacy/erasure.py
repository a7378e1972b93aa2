"""Take a viewer out of a study: their samples, their part in every result, their pictures and their rows.

What stays is that somebody agreed and was erased, in the audit log, under a number that nothing ties to them
any more. Blocks that a file system has freed are not overwritten: keep studies on an encrypted disk.
"""

from __future__ import annotations

import json
import mmap
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
from moviemotion.privacy.pseudonymize import (
    FILES_WITH_NAMES,
    is_finished,
    pseudonymize_study,
    rebuild_outputs,
)
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
    """What was erased of a viewer.

    Attributes:
        samples, pictures: how many.
        files: others that had the viewer's id and were deleted whole, relative to the study folder.
        strangers: files in the folder that this program did not write; they may speak of the viewer in
            another way, and are left to whoever put them there.
    """

    samples: int
    pictures: int
    files: tuple[str, ...]
    strangers: tuple[str, ...]


@dataclass(frozen=True)
class EnforcementResult:
    """What keeping a study's promises did.

    Attributes:
        deleted: kinds of data whose day had come.
        erased: how many viewers who had withdrawn.
    """

    deleted: tuple[DataKind, ...]
    erased: int


def withdraw(folder: Path, code: str, now: datetime | None = None, defer_erasure: bool = False) -> Receipt:
    """Take a viewer's consent back, with the receipt of their answer, and erase them.

    Where a screening is not finished they are masked from now on and erased at its end, by `keep_promises`.

    Args:
        later: a screening is at work, even if it has its results already: leave erasing to `keep_promises`.
            So it is left where another program is at work in the study.

    Returns:
        A receipt of the withdrawal, which can be checked after the viewer is gone.

    Raises:
        MoviemotionError: nothing is held for the receipt.
    """
    # One at a time: of two the second finds that nothing is held any more.
    with database_lock(folder):
        viewer = viewer_by_receipt(folder, code)
        with open_database(folder) as register, register.transaction():
            query = "SELECT disclosure FROM consents WHERE viewer = ? ORDER BY rowid DESC"
            (disclosure,) = register.connection.execute(query, (viewer,)).fetchone()
            receipt = record_state(register, viewer, ConsentState.WITHDRAWN, disclosure, now)
        if not defer_erasure:
            with suppress(LockHeldError), study_lock(folder):
                _erase_withdrawn(folder, Role.SEAT, now)
    return receipt


def delete_withdrawn_cameras(folder: Path) -> None:
    """Delete what an unfinished screening has read of cameras whose viewers have all withdrawn since.

    Not while a screening is at work. The rest is erased at its end; where nobody is left, it ends here.
    """
    gone = {seat.camera for seat in list_seats(folder) if seat.state is ConsentState.WITHDRAWN}
    for camera, mask in camera_masks(folder, gone).items():
        if mask.hides_everything:
            samples_path(folder, camera).unlink(missing_ok=True)
    left = any(seat.state is ConsentState.ACCEPTED for seat in list_seats(folder))
    captured = any(
        (folder / name).exists() for name in (JOURNAL_FOLDER, *CAPTURE_REPORTS)
    )  # which is told all the same
    if gone and not left and not captured and has_study(folder):
        StudyFolder.open_existing(folder).discard()


def erase(
    folder: Path, viewer: str, role: Role = Role.PRIVACY_OFFICER, now: datetime | None = None
) -> ErasureResult:
    """Erase a viewer and make the results again without them.

    An interrupted erasure is finished by a second one, or by `keep_promises`.

    Args:
        viewer: random id.

    Raises:
        MoviemotionError: nothing is held about the viewer, the study is not finished, or another program
            keeps the register open.
    """
    with database_lock(folder), study_lock(folder):
        return _erase(folder, viewer, role, now)


def _erase(folder: Path, viewer: str, role: Role, now: datetime | None) -> ErasureResult:
    if not _can_erase(folder):
        raise MoviemotionError(
            f"{folder}: is being screened; erase when it is finished, or let it be withdrawn"
        )
    if has_study(folder):
        pseudonymize_study(folder, now)
    with open_database(folder) as register:
        subject = audit_subject(register, viewer)
        with register.transaction():
            # One that is cut off is gone on with by `keep_promises`.
            register.connection.execute(
                "UPDATE viewers SET state = ? WHERE id = ?", (ConsentState.WITHDRAWN, viewer)
            )
        _erase_uploads(register, viewer)
        samples = _erase_samples(folder, viewer)
        files = [
            name
            for (name,) in register.connection.execute(
                "SELECT file FROM pictures WHERE viewer = ?", (viewer,)
            )
        ]
        for name in files:
            (folder / PICTURES_FOLDER / name).unlink(missing_ok=True)
        delete_partial_files(folder)
        # The register and its write-ahead log are open here.
        others = tuple(
            path for path in find_files_containing(folder, viewer) if not path.name.startswith(DATABASE_FILE)
        )
        for path in others:
            path.unlink()
        with register.secure_deletion():
            for table, column in (("pictures", "viewer"), ("consents", "viewer"), ("viewers", "id")):
                register.connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (viewer,))
            if is_finished(folder):
                known = {camera for (camera,) in register.connection.execute("SELECT id FROM cameras")}
                gone = [(camera,) for camera in known - set(StudyFolder.open_existing(folder).cameras)]
                register.connection.executemany("DELETE FROM cameras WHERE id = ?", gone)
            details = {"subject": subject, "samples": samples, "pictures": len(files)}
            register.log(role, "erased", details, now)
    deleted = tuple(str(path.relative_to(folder)) for path in others)
    return ErasureResult(samples, len(files), deleted, tuple(_unknown_files(folder)))


def enforce_privacy(folder: Path, now: datetime | None = None) -> EnforcementResult:
    """Do what a study's viewers were told: to be called on start, after each screening, and once a day.

    A finished study gets its random ids, who has withdrawn is erased, and what has had its day is deleted.

    Raises:
        HeldError: another program is at work in the study.
        MoviemotionError: the study has no register.
    """
    with database_lock(folder), study_lock(folder):
        return _enforce_privacy(folder, now)


def _enforce_privacy(folder: Path, now: datetime | None) -> EnforcementResult:
    with open_database(folder) as register:
        register.scrub()
    if is_finished(folder):
        pseudonymize_study(folder, now)
    erased = _erase_withdrawn(folder, Role.SYSTEM, now)
    return EnforcementResult(retention.delete_expired(folder, now), erased)


def find_files_containing(folder: Path, text: str) -> Iterator[Path]:
    """Every file in a folder that contains a text: as it is on disk, or packed in a table or an archive."""
    needle = text.encode()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with suppress(FileNotFoundError):  # such as an upload that has arrived
            if path.stat().st_size and any(part.find(needle) >= 0 for part in _file_contents(path)):
                yield path


def _erase_uploads(database: StudyDatabase, viewer: str) -> None:
    """Delete recordings that wait to be measured and show the viewer."""
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
    """Erase who has withdrawn, and say how many; of an unfinished screening only what can be left out."""
    if not _can_erase(folder):
        delete_withdrawn_cameras(folder)
    if not _can_erase(folder):
        return 0
    with open_database(folder) as register:
        query = "SELECT id FROM viewers WHERE state = ?"
        withdrawn = [viewer for (viewer,) in register.connection.execute(query, (ConsentState.WITHDRAWN,))]
    for viewer in withdrawn:
        erase(folder, viewer, role, now)
    return len(withdrawn)


def _can_erase(folder: Path) -> bool:
    """Not while a study is being made: there is nothing yet, or all of it."""
    return is_finished(folder) or not has_study(folder)


def _erase_samples(folder: Path, viewer: str) -> int:
    """Erase a viewer's samples, and each camera that saw nobody else; how many samples they were."""
    if not is_finished(folder):
        return 0
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
    _remove_mentions(study, [viewer, *gone])
    for camera in gone:
        study.samples_path(camera).unlink()
    rebuild_outputs(folder)
    return erased


def _remove_mentions(study: StudyFolder, ids: Sequence[str]) -> None:
    """Leave a viewer and their camera out of study.json and of what is told in words."""
    for name in (PROVENANCE_FILE, *FILES_WITH_NAMES):
        path = study.folder / name
        if path.suffix == ".json" and path.is_file():
            left = _without_mentions(json.loads(path.read_text(encoding="utf-8")), ids)
            study.write_text(name, [json.dumps(left, ensure_ascii=False, allow_nan=False), "\n"])
        elif path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            study.write_text(name, [line for line in lines if not any(each in line for each in ids)])
    # Last: an interrupted run finds its cameras here.
    cameras = study.manifest["cameras"]
    assert isinstance(cameras, dict)
    study.write_manifest(
        {**study.manifest, "cameras": {c: how for c, how in cameras.items() if c not in ids}}
    )


def _without_mentions(value: Any, ids: Sequence[str]) -> Any:
    """JSON without the sentences that mention, and the records that have, one of some ids."""
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
    # A stranger's file may be damaged or locked; it is named by `Erased.strangers`.
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
