"""A study on disk: its manifest, the samples of each camera, and the outputs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from moviemotion._io.atomic_files import PRIVATE_FOLDER, atomic_write
from moviemotion._io.locks import hold_lock
from moviemotion.audience.samples import Samples, has_clock
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.study.file_names import (
    DATABASE_FILES,
    FILM_INPUT_STEMS,
    LOCK_FILE,
    PICTURES_FOLDER,
    SAMPLES_FOLDER,
    SAMPLES_SUFFIX,
    STUDY_FILE,
    UPLOADS_FOLDER,
    samples_path,
)
from moviemotion.study.manifest import (
    check_manifest,
    check_same_inputs,
    with_earlier_versions,
)
from moviemotion.study.schema import DECODING_ERRORS, STUDY, migrate_study

LOCK_TIMEOUT = 5.0
"""Seconds to wait for another program to release the lock."""
_ALLOWED_BEFORE_STUDY = {*DATABASE_FILES, LOCK_FILE, UPLOADS_FOLDER, PICTURES_FOLDER}
"""The files and folders that may already exist in a folder in which a study is created."""


class StudyFolder:
    """A study folder, in which every file is written atomically.

    `study.json` records the inputs and settings of the study. A folder that already contains a study with
    different inputs or settings is rejected, so that samples from different screenings are never mixed.
    """

    def __init__(self, folder: Path, manifest: Mapping[str, object]) -> None:
        """Open a new study, or one that was started with the same inputs and settings.

        Nothing is written yet. A study that was started with a different version of the program or a
        different emotion model is resumed; see `manifest.version_problems`.

        Args:
            folder: the study folder, which need not exist yet.
            manifest: inputs, settings and versions, as JSON-serializable values.

        Raises:
            SettingError: the folder contains a study with different inputs or settings, contains other files,
                or is not writable.
            MoviemotionError: `study.json` cannot be read, or was written by a newer version of the program.
        """
        self.folder = folder
        record = folder / STUDY_FILE
        try:
            is_started = record.exists()
        except OSError as error:
            raise SettingError(
                "out-unusable",
                "{path}: cannot be used ({reason}); choose another {out}",
                path=folder,
                reason=error.strerror,
            ) from error
        if folder.exists() and not folder.is_dir():
            raise SettingError(
                "out-is-file", "{path}: this is a file, not a folder; choose another {out}", path=folder
            )
        requested = json.loads(json.dumps(manifest))
        if is_started:
            stored = _manifest_to_resume(record)
            measured = {camera for camera in _cameras(stored) if self.samples_path(camera).exists()}
            movable = {camera for camera in measured if has_clock(self.samples_path(camera))}
            check_same_inputs(folder, stored, requested, measured, movable)
            self._manifest = with_earlier_versions(requested, stored, measured)
        else:
            if folder.exists() and any(map(_is_unrelated_file, folder.iterdir())):
                raise SettingError(
                    "out-not-empty",
                    "{path}: this folder is not empty and does not contain a study; choose another {out}",
                    path=folder,
                )
            self._manifest = requested
        nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        if not nearest.is_dir() or not os.access(nearest, os.W_OK):
            raise SettingError("out-not-writable", "{path}: not writable; choose another {out}", path=folder)

    @classmethod
    def open_existing(cls, folder: Path) -> StudyFolder:
        """Open the study in a folder, regardless of its inputs.

        Raises:
            MoviemotionError: the folder does not contain a study, or its study was written by a newer version
                of the program.
        """
        record = folder / STUDY_FILE
        if not record.is_file():
            raise MoviemotionError(f"{folder}: does not contain a study; check the folder name")
        try:
            manifest = _read_manifest(record)
        except DECODING_ERRORS as error:
            raise MoviemotionError(f"{record}: damaged ({error}); restore it from a backup") from error
        study = cls.__new__(cls)
        study.folder = folder
        study._manifest = manifest
        return study

    @property
    def manifest(self) -> dict[str, Any]:
        """Inputs, settings and versions, as recorded in `study.json`."""
        return dict(self._manifest)

    def write_manifest(self, manifest: Mapping[str, object]) -> None:
        """Replace `study.json`; samples and outputs are not changed."""
        self._manifest = dict(manifest)
        text = json.dumps(STUDY.mark(self._manifest), indent=2, ensure_ascii=False)
        self.write_text(STUDY_FILE, [text, "\n"])

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names of the study's cameras."""
        return tuple(_cameras(self._manifest))

    def read_samples(self, camera: str) -> Samples | None:
        """Read the samples of a camera; None if it has not been processed yet.

        Raises:
            MoviemotionError: the file is damaged, or was written by a newer version of the program.
        """
        path = self.samples_path(camera)
        try:
            return Samples.read(path)
        except FileNotFoundError:
            return None
        except DECODING_ERRORS as error:
            recording = _cameras(self._manifest).get(camera)
            again = isinstance(recording, dict) and "file" in recording
            raise MoviemotionError(
                f"{path}: damaged; restore it from a backup"
                + ", or delete it and run the same command again" * again
            ) from error

    def save_samples(self, camera: str, samples: Samples) -> None:
        """Save the samples of a camera, so that an interrupted study can resume with the next one."""
        path = self.samples_path(camera)
        with _reporting_write_errors(path):
            self.folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
            self.write_manifest(self._manifest)
            path.parent.mkdir(PRIVATE_FOLDER, exist_ok=True)
            samples.write(path)

    def write_text(self, name: str, parts: Iterable[str]) -> Path:
        """Write a study file as UTF-8 text.

        Raises:
            SettingError: the file cannot be written.
        """
        return self.write_bytes(name, (part.encode() for part in parts))

    def write_bytes(self, name: str, parts: Iterable[bytes]) -> Path:
        """Write a binary study file.

        Raises:
            SettingError: the file cannot be written.
        """
        path = self.folder / name
        with _reporting_write_errors(path), atomic_write(path) as partial, partial.open("wb") as file:
            file.writelines(parts)
        return path

    @contextmanager
    def creating(self) -> Iterator[None]:
        """Create the folder and hold its study lock; afterwards, remove the folder if it is empty.

        Raises:
            LockHeldError: another program is writing the study's files.
            SettingError: the folder is not writable.
        """
        with _reporting_write_errors(self.folder):
            self.folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
        try:
            with study_lock(self.folder):
                try:
                    yield
                finally:
                    self._remove_if_empty()
        finally:
            with suppress(OSError):  # already removed, or not empty
                self.folder.rmdir()

    def _remove_if_empty(self) -> None:
        """Remove a folder that contains nothing but the study lock, while the lock is held.

        A program that is waiting for the lock then finds that the lock file is gone and cannot be created
        again.
        """
        with suppress(OSError):  # Windows cannot remove an open file
            if [path.name for path in self.folder.iterdir()] == [LOCK_FILE]:
                (self.folder / LOCK_FILE).unlink()
                self.folder.rmdir()

    def discard(self) -> None:
        """Remove `study.json` and all samples, because no viewer was seen or none remain."""
        samples = self.folder / SAMPLES_FOLDER
        for path in samples.glob(f"*{SAMPLES_SUFFIX}"):
            path.unlink()
        (self.folder / STUDY_FILE).unlink(missing_ok=True)
        with suppress(OSError):  # not created yet, or contains other files
            samples.rmdir()

    def samples_path(self, camera: str) -> Path:
        """Path of a camera's samples."""
        return samples_path(self.folder, camera)


def has_study(folder: Path) -> bool:
    """Whether a folder contains a study that has been started."""
    return (folder / STUDY_FILE).is_file()


def study_lock(folder: Path) -> AbstractContextManager[None]:
    """Lock a study while its samples, outputs or exports are written; reentrant within a thread.

    A study written by an older version of the program is migrated first.

    Raises:
        LockHeldError: another program holds the lock.
        NewerVersionError: a file of the study was written by a newer version of the program.
        MoviemotionError: there is no such folder, or it is not writable.
    """
    if not folder.is_dir():
        raise MoviemotionError(f"{folder}: does not contain a study; check the folder name")
    return _locked_and_migrated(folder)


@contextmanager
def _locked_and_migrated(folder: Path) -> Iterator[None]:
    message = (
        f"{folder}: in use by another program (screening, export or erasure); try again when it has finished"
    )
    with hold_lock(folder.resolve() / LOCK_FILE, LOCK_TIMEOUT, message):
        with _reporting_write_errors(folder):
            migrate_study(folder)
        yield


def _is_unrelated_file(path: Path) -> bool:
    is_partial = path.suffix == ".partial"
    return not (is_partial or path.name in _ALLOWED_BEFORE_STUDY or path.stem in FILM_INPUT_STEMS)


@contextmanager
def _reporting_write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SettingError(
            "not-written",
            "{path}: cannot be written ({reason}); free some space or choose another {out}",
            path=error.filename or path,
            reason=error.strerror,
        ) from error


def _read_manifest(path: Path) -> dict[str, Any]:
    """Read `study.json`; raises one of `DECODING_ERRORS` if the file is damaged."""
    manifest = STUDY.read_json(path)
    check_manifest(manifest)
    return dict(manifest)


def _manifest_to_resume(path: Path) -> dict[str, Any]:
    try:
        return _read_manifest(path)
    except DECODING_ERRORS as error:
        raise SettingError(
            "study-unreadable",
            "{path}: cannot be read ({reason}); restore it from a backup, or choose another {out}",
            path=path,
            reason=error,
        ) from error


def _cameras(manifest: Any) -> dict[str, Any]:
    cameras = manifest.get("cameras") if isinstance(manifest, dict) else None
    return cameras if isinstance(cameras, dict) else {}
