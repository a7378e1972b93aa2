"""One study on disk: what it was made from, the samples of each camera, and the results."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from moviemotion._io.atomic_files import atomic_write
from moviemotion._io.locks import hold_lock
from moviemotion.audience.samples import Samples
from moviemotion.errors import MoviemotionError

MANIFEST_FORMAT = 1
DATABASE_FILE = "study.db"
"""Consent, deletion dates and the audit log of a study; see `moviemotion.privacy`."""
UPLOADS_FOLDER, PICTURES_FOLDER, EXPORTS_FOLDER = "uploads", "pictures", "exports"
"""Folders in a study: cameras' files on their way to be watched, pictures that were asked for, and what
`moviemotion export` wrote."""
NOTES_FILE, GROUPS_FILE = "notes.json", "groups.json"
"""What people wrote into a study themselves: notes on the film, and groups of viewers by name."""
FILM_INPUT_STEMS = ("film", "script", "subtitles")
"""Names, less their suffix, of what a study may be given about the film; nothing in it is about viewers."""
JOURNAL_FOLDER = "live"
"""The folder in a study that holds what a live capture saw until it is on the film's clock."""
CAPTURE_REPORTS = ("capture.json", "gaps.csv")
"""What a live capture reports about its cameras, by name."""
LOCK_FILE = "study.lock"
"""In a study while its files are made, so that one program at a time makes them."""
LOCK_TIMEOUT = 5.0
"""Seconds for another one to be done."""
_ALLOWED_BEFORE_STUDY = {
    DATABASE_FILE,
    *(f"{DATABASE_FILE}-{part}" for part in ("wal", "shm", "lock")),
    LOCK_FILE,
    UPLOADS_FOLDER,
    PICTURES_FOLDER,
}


class StudyFolder:
    """A study folder. Every file in it appears whole or not at all.

    `study.json` says what the study was made from; a folder whose study was made from something
    else is left alone.
    """

    def __init__(self, folder: Path, manifest: dict[str, object]) -> None:
        """Open a new study, or the one that was begun from the same inputs and settings.

        Nothing is written yet.

        Raises:
            MoviemotionError: the folder holds another study, or other files, or cannot be written.
        """
        self.folder = folder
        self._manifest = {"format": MANIFEST_FORMAT, **manifest}
        record = folder / "study.json"
        try:
            begun = record.exists()
        except OSError as error:
            raise MoviemotionError(
                f"{folder}: cannot be used ({error.strerror}); choose another --out"
            ) from error
        if folder.exists() and not folder.is_dir():
            raise MoviemotionError(f"{folder}: a file, not a folder; choose another --out")
        if begun:
            if self._fixed_inputs(_read_json(record)) != self._fixed_inputs(
                json.loads(json.dumps(self._manifest))
            ):
                raise MoviemotionError(
                    f"{folder}: holds another study (other files, settings or version); choose another --out"
                )
        elif folder.exists() and any(map(_is_unrelated_file, folder.iterdir())):
            raise MoviemotionError(f"{folder}: not empty and not a study; choose another --out")
        nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        if not nearest.is_dir() or not os.access(nearest, os.W_OK):
            raise MoviemotionError(f"{folder}: cannot be written; choose another --out")

    @classmethod
    def open_existing(cls, folder: Path) -> StudyFolder:
        """Open the study that a folder holds, whatever it was made from.

        Raises:
            MoviemotionError: the folder holds no study, or one of another version.
        """
        record = folder / "study.json"
        made_from = _read_json(record) if record.is_file() else None
        if not isinstance(made_from, dict) or not isinstance(made_from.get("cameras"), dict):
            raise MoviemotionError(f"{folder}: holds no study; check the name")
        return cls(folder, {key: value for key, value in made_from.items() if key != "format"})

    @property
    def manifest(self) -> dict[str, object]:
        """What the study says it was made from."""
        return {key: value for key, value in self._manifest.items() if key != "format"}

    def write_manifest(self, manifest: dict[str, object]) -> None:
        """Have the study say that it was made from something else; its samples stay as they are."""
        self._manifest = {"format": MANIFEST_FORMAT, **manifest}
        self.write_text("study.json", [json.dumps(self._manifest, indent=2, ensure_ascii=False), "\n"])

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names of the cameras that the study was made from."""
        cameras = self._manifest.get("cameras")
        return tuple(cameras) if isinstance(cameras, dict) else ()

    def read_samples(self, camera: str) -> Samples | None:
        """What was saved of a camera, or None where it has not been watched yet.

        Raises:
            MoviemotionError: the file was damaged since.
        """
        path = self.samples_path(camera)
        try:
            return Samples.read(path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, AttributeError) as error:
            raise MoviemotionError(f"{path}: damaged; delete it and run the same command again") from error

    def save_samples(self, camera: str, samples: Samples) -> None:
        """Keep what a camera saw, so that an interrupted study can go on from here."""
        path = self.samples_path(camera)
        with _reporting_write_errors(path):
            self.folder.mkdir(parents=True, exist_ok=True)
            self.write_manifest(self.manifest)
            path.parent.mkdir(exist_ok=True)
            samples.write(path)

    def write_text(self, name: str, parts: Iterable[str]) -> Path:
        """Write a result as UTF-8 text."""
        return self.write_bytes(name, (part.encode() for part in parts))

    def write_bytes(self, name: str, parts: Iterable[bytes]) -> Path:
        """Write a result."""
        path = self.folder / name
        with _reporting_write_errors(path), atomic_write(path) as partial, partial.open("wb") as file:
            file.writelines(parts)
        return path

    @contextmanager
    def creating(self) -> Iterator[None]:
        """While its first files are made, as `making`; its folder is made, and goes if nothing came of it."""
        with _reporting_write_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with study_lock(self.folder):
                yield
        finally:
            with suppress(OSError):  # it holds something
                self.folder.rmdir()

    def discard(self) -> None:
        """Remove what this study has written: there was nothing to tell."""
        for path in (self.folder / "samples").glob("*.parquet"):
            path.unlink()
        (self.folder / "study.json").unlink(missing_ok=True)
        with suppress(OSError):  # not made yet, or it holds something else
            (self.folder / "samples").rmdir()

    def _fixed_inputs(self, manifest: object) -> object:
        """What of a record may not change: a camera without samples may still be mended or left out."""
        if not isinstance(manifest, dict) or not isinstance(manifest.get("cameras"), dict):
            return manifest
        cameras = {n: c for n, c in manifest["cameras"].items() if self.samples_path(n).exists()}
        return {**manifest, "cameras": cameras}

    def samples_path(self, camera: str) -> Path:
        """The file of a camera's samples."""
        return self.folder / "samples" / f"{camera}.parquet"


def study_lock(folder: Path) -> AbstractContextManager[None]:
    """To be held while a study's samples, results or exports are made; a thread may take it again.

    Raises:
        HeldError: another program is making them.
        MoviemotionError: there is no such folder, or it cannot be written.
    """
    if not folder.is_dir():
        raise MoviemotionError(f"{folder}: holds no study; check the name")
    refusal = f"{folder}: another program is screening, exporting or erasing there; try again when it is done"
    return hold_lock(folder.resolve() / LOCK_FILE, LOCK_TIMEOUT, refusal)


def _is_unrelated_file(path: Path) -> bool:
    cut_off = path.suffix == ".partial"
    return not (cut_off or path.name in _ALLOWED_BEFORE_STUDY or path.stem in FILM_INPUT_STEMS)


@contextmanager
def _reporting_write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MoviemotionError(
            f"{path}: cannot be written ({error.strerror}); make room or choose another --out"
        ) from error


def _read_json(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MoviemotionError(f"{path}: not readable ({error}); choose another --out") from error
