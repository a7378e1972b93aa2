"""`study.db`: seats, consent records, retention and the audit log. Each operation opens and closes it."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path

from moviemotion._io.atomic_files import PRIVATE_FOLDER, atomic_write
from moviemotion._io.locks import hold_lock
from moviemotion._io.schemas import DatabaseSchema, FileSchema
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import audit_log
from moviemotion.privacy.audit_log import AuditEntry
from moviemotion.privacy.roles import Role
from moviemotion.study.file_names import DATABASE_FILE, DATABASE_LOCK_FILE
from moviemotion.study.folder import StudyFolder, has_study
from moviemotion.study.manifest import STUDY_ID_KEY

DATABASE = DatabaseSchema("moviemotion/study-database", 2, 0x4D4D5355)
"""Schema of `study.db`; its application ID is "MMSU". Version 2 added the application ID and the version."""
ANCHOR = FileSchema("moviemotion/anchor", 2)
"""Schema of the anchors in the keys folder. Version 2 added the schema's name and version."""
KEYS_FOLDER_VARIABLE = "MOVIEMOTION_KEYS"
"""Environment variable that sets the keys folder, which must be outside every study folder."""
BUSY_TIMEOUT = 10.0
"""Seconds to wait while another process is writing a row."""
LOCK_TIMEOUT = 60.0
"""Seconds to wait while another program rebuilds a study's outputs, for example during an erasure."""

SCHEMA = (
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE seats (seat TEXT PRIMARY KEY, camera TEXT NOT NULL,
       x0 INTEGER, y0 INTEGER, x1 INTEGER, y1 INTEGER)""",
    "CREATE TABLE cameras (name TEXT PRIMARY KEY, id TEXT UNIQUE NOT NULL)",
    """CREATE TABLE viewers (id TEXT PRIMARY KEY, subject TEXT UNIQUE NOT NULL, seat TEXT NOT NULL,
       state TEXT NOT NULL)""",
    """CREATE TABLE consents (viewer TEXT NOT NULL REFERENCES viewers (id), state TEXT NOT NULL,
       disclosure TEXT NOT NULL, time TEXT NOT NULL, receipt TEXT UNIQUE NOT NULL)""",
    "CREATE TABLE disclosures (version TEXT PRIMARY KEY, text TEXT NOT NULL)",
    "CREATE TABLE retention (kind TEXT PRIMARY KEY, until TEXT NOT NULL, deleted TEXT)",
    "CREATE TABLE pictures (file TEXT PRIMARY KEY, viewer TEXT NOT NULL REFERENCES viewers (id), time REAL)",
    *audit_log.SCHEMA,
)


class DataKind(StrEnum):
    """Kinds of data, each with its own deletion date."""

    PICTURES = "pictures"
    """Recordings awaiting measurement, and encrypted pictures."""
    SAMPLES = "samples"
    """Samples, outputs that show individual viewers, seats and answers."""
    REPORTS = "reports"
    """Outputs about the audience."""


@dataclass(frozen=True)
class ConsentTerms:
    """The operator's statements about a study; everything else in the disclosure comes from the program.

    Attributes:
        controller: name of the person or organization responsible for the data.
        contact: how participants can reach the controller.
        purpose: the purpose of the study, in a few words that follow "to".
        recipients: others who receive the outputs; empty for none.
        pictures: whether pictures may be stored.
    """

    controller: str
    contact: str
    purpose: str = "learn which moments of the film move its audience"
    recipients: str = ""
    pictures: bool = False


class StorageError(MoviemotionError):
    """The disk is full or failing."""


class StudyDatabase:
    """An open `study.db`."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self.connection = connection
        self._last_entry: AuditEntry | None = None

    @property
    def study_id(self) -> str:
        """Random ID that names the study's key and anchor files."""
        return self.get_metadata("study") or ""

    @property
    def terms(self) -> ConsentTerms | None:
        """The operator's terms; None for a study that was screened without a database."""
        told = self.get_metadata("terms")
        return ConsentTerms(**json.loads(told)) if told else None

    def get_metadata(self, name: str) -> str | None:
        """Return a stored value by name, or None."""
        row = self.connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def set_metadata(self, name: str, value: str | None) -> None:
        """Store a value by name, or delete it if the value is None; must be called within a transaction."""
        self.connection.execute("DELETE FROM facts WHERE name = ?", (name,))
        if value is not None:
            self.connection.execute("INSERT INTO facts VALUES (?, ?)", (name, value))

    def deletion_dates(self) -> dict[str, date]:
        """Map each kind of data to its deletion date.

        Raises:
            MoviemotionError: a date is damaged or missing.
        """
        days = dict(self.connection.execute("SELECT kind, until FROM retention"))
        try:
            return {kind: date.fromisoformat(days.get(kind, "")) for kind in DataKind}
        except ValueError as error:
            raise MoviemotionError(
                f"{self.folder / DATABASE_FILE}: damaged ({error}); restore it from a backup"
            ) from error

    def first_expired(self, now: datetime | None = None) -> tuple[str, date] | None:
        """The kind of data that expired first, with its deletion date; None if no date has passed.

        Raises:
            MoviemotionError: a date is damaged.
        """
        kind, day = min(self.deletion_dates().items(), key=lambda item: item[1])
        return (kind, day) if day <= (now or datetime.now(UTC)).astimezone(UTC).date() else None

    def is_anchor_missing(self) -> bool:
        """Whether the anchored row is missing: it was removed, or this copy of the log is outdated."""
        anchor = read_anchor(self.study_id)
        row = "SELECT 1 FROM audit WHERE seq = ? AND hash = ?"
        return anchor is not None and self.connection.execute(row, anchor).fetchone() is None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a transaction: either all changes are stored, together with their log rows, or none are."""
        # Hold the lock, so that the last row anchored is also the last row of the log.
        with database_lock(self.folder):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                DATABASE.migrate(self.folder / DATABASE_FILE, self.connection)
                yield
                with self._updating_anchor():
                    self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:  # a full disk ends the transaction
                    self.connection.execute("ROLLBACK")
                self._last_entry = None
                raise

    @contextmanager
    def _updating_anchor(self) -> Iterator[None]:
        """Write the anchor before the commit, so that a committed change is never reported as failed."""
        if self._last_entry is None:
            yield
            return
        path = key_file(self.study_id, ".head")
        with ExitStack() as stack:
            try:
                partial = stack.enter_context(atomic_write(path))
                head = {"seq": self._last_entry.seq, "hash": self._last_entry.hash}
                partial.write_text(json.dumps(ANCHOR.mark(head)) + "\n", encoding="utf-8")
            except OSError as error:
                raise StorageError(
                    f"{path}: cannot be written ({error.strerror}); free some space"
                ) from error
            yield

    def log(self, role: Role, action: str, details: Mapping[str, object], now: datetime | None) -> AuditEntry:
        """Add a row to the audit log; must be called within `transaction`."""
        entry = audit_log.append_entry(self.connection, role, action, details, now)
        # If rows are missing, the anchor is left unchanged, so that the loss can always be detected.
        self._last_entry = None if self.is_anchor_missing() else entry
        return entry

    @contextmanager
    def secure_deletion(self) -> Iterator[None]:
        """Run a transaction that leaves no trace of deleted rows in the file.

        Raises:
            MoviemotionError: another program is reading the file, or the disk is full. The rows are deleted;
                call `scrub` again to remove the remaining bytes.
        """
        with self.transaction():
            self.set_metadata("unscrubbed", "yes")
            yield
        self.scrub()

    def scrub(self) -> None:
        """Remove the bytes of deleted rows from the database file and its write-ahead log."""
        if not self.get_metadata("unscrubbed"):
            return
        for step in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            try:
                answer = self.connection.execute(step).fetchone()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                    raise _in_use_error(self.folder) from error
                raise
            if answer and answer[0]:
                raise _in_use_error(self.folder)
        with self.transaction():
            self.set_metadata("unscrubbed", None)


def database_lock(folder: Path) -> AbstractContextManager[None]:
    """Lock a study for writing its database or rebuilding its files; reentrant within a thread.

    Raises:
        LockHeldError: another thread or program has held the lock for `LOCK_TIMEOUT` seconds.
    """
    refusal = f"{folder}: in use by another program; try again when it has finished"
    return hold_lock(folder.resolve() / DATABASE_LOCK_FILE, LOCK_TIMEOUT, refusal)


def keys_folder() -> Path:
    """The folder that holds keys and anchors: $MOVIEMOTION_KEYS, or a subfolder of the user's data folder."""
    named = os.environ.get(KEYS_FOLDER_VARIABLE)
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return Path(named) if named else data / "moviemotion" / "keys"


def key_file(study_id: str, suffix: str) -> Path:
    """Path of a study's file in the keys folder, which only its owner can read.

    Raises:
        MoviemotionError: the folder cannot be created.
    """
    folder = keys_folder()
    try:
        folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise MoviemotionError(
            f"{folder}: cannot be created ({error.strerror}); set {KEYS_FOLDER_VARIABLE} to another folder"
        ) from error
    return folder / f"{study_id}{suffix}"


def read_anchor(study_id: str) -> tuple[int, str] | None:
    """Number and hash of the log's last row, as stored outside the study; None if no anchor is found."""
    try:
        anchor = ANCHOR.read_json(key_file(study_id, ".head"))
        return int(anchor["seq"]), str(anchor["hash"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        return 0, "unreadable"


def has_database(folder: Path) -> bool:
    """Whether a study has a database."""
    return (folder / DATABASE_FILE).is_file()


@contextmanager
def open_database(folder: Path) -> Iterator[StudyDatabase]:
    """Open the database of a study.

    Raises:
        NewerVersionError: a newer version of the program wrote it.
        MoviemotionError: the database does not exist, or cannot be read.
    """
    if not has_database(folder):
        _refuse_missing_database(folder)
        raise MoviemotionError(f"{folder}: {DATABASE_FILE} is missing; run moviemotion privacy begin first")
    with _connect(folder / DATABASE_FILE) as connection:
        DATABASE.check(folder / DATABASE_FILE, connection)
        database = StudyDatabase(folder, connection)
        _refuse_other_study(database)
        yield database


def create_database(
    folder: Path, terms: ConsentTerms | None, deletion_dates: Mapping[str, str], now: datetime | None = None
) -> None:
    """Create the database of a study, either before or after the screening.

    Args:
        folder: the study folder; created if it does not exist.
        terms: the operator's terms, or None for a study that was screened without a database.
        deletion_dates: kind of data → deletion date, ISO 8601.
        now: defaults to the current time.

    Raises:
        MoviemotionError: the study has or once had a database, or the folder is not writable.
    """
    if has_database(folder):
        raise MoviemotionError(
            f"{folder}: already contains a {DATABASE_FILE} with different terms; choose another folder"
        )
    _refuse_missing_database(folder)
    try:
        folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise MoviemotionError(
            f"{folder}: cannot be created ({error.strerror}); choose another folder"
        ) from error
    study_id = secrets.token_hex(8)
    for cut_off in folder.glob(f"{DATABASE_FILE}.partial*"):
        cut_off.unlink()
    with atomic_write(folder / DATABASE_FILE) as partial, _connect(partial) as connection:
        database = StudyDatabase(folder, connection)
        DATABASE.mark(connection)
        with database.transaction():
            for statement in SCHEMA:
                connection.execute(statement)
            database.set_metadata("study", study_id)
            database.set_metadata("terms", json.dumps(asdict(terms)) if terms else None)
            connection.executemany("INSERT INTO retention VALUES (?, ?, NULL)", deletion_dates.items())
            database.log(Role.PRIVACY_OFFICER, "begun", {"until": dict(deletion_dates)}, now)


def _refuse_missing_database(folder: Path) -> None:
    """Raise an error if study.json says that the study has a database, which must not be replaced."""
    if has_study(folder) and STUDY_ID_KEY in StudyFolder.open_existing(folder).manifest:
        raise MoviemotionError(f"{folder}: its {DATABASE_FILE} is missing; restore it from a backup")


def _refuse_other_study(database: StudyDatabase) -> None:
    """Reject a database that belongs to a different study than the one named in study.json."""
    folder = database.folder
    if not has_study(folder):
        return
    try:
        expected = StudyFolder.open_existing(folder).manifest.get(STUDY_ID_KEY)
    except MoviemotionError:
        return  # study.json is damaged, which is reported when the study is opened
    if expected is not None and expected != database.study_id:
        raise MoviemotionError(
            f"{folder / DATABASE_FILE}: belongs to another study; restore it from a backup"
        )


@contextmanager
def _connect(path: Path) -> Iterator[sqlite3.Connection]:
    connection = None
    try:
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None)
        for pragma in (
            "journal_mode = WAL",
            "secure_delete = ON",
            "temp_store = MEMORY",
            "foreign_keys = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")
        yield connection
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        # The low byte gives the kind of error. A write-ahead log that runs out of space raises an I/O error.
        if code & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise StorageError(
                f"{path}: cannot be written ({error}); check that the disk has free space"
            ) from error
        # SQLITE_ERROR means that a statement does not match the tables: they are missing or were changed.
        if code != sqlite3.SQLITE_ERROR and isinstance(error, sqlite3.OperationalError):
            raise MoviemotionError(
                f"{path}: cannot be used ({error}); close other programs that use it"
            ) from error
        raise MoviemotionError(f"{path}: damaged ({error}); restore it from a backup") from error
    finally:
        if connection:
            connection.close()


def _in_use_error(folder: Path) -> MoviemotionError:
    return MoviemotionError(
        f"{folder / DATABASE_FILE}: another program is reading the file, which may still contain "
        "deleted data; "
        "close that program and run moviemotion privacy enforce"
    )
