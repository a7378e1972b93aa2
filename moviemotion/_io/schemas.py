"""Schema names and versions of the program's files, and the migration of older versions.

Every file that the program writes and reads back is marked with its schema and version. JSON files store them
in the keys `schema` and `version`, Parquet and Arrow files in their metadata, and SQLite databases in
`application_id` and `user_version`. Version 1 files were written by moviemotion 0.1.0 and carry no such mark.

While a file of an older version is read, its content is migrated one version at a time; nothing on disk is
changed. A file of a newer version is rejected because its format is unknown.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moviemotion.errors import MoviemotionError

SCHEMA_KEY, VERSION_KEY = "schema", "version"
"""Keys for the schema name and version in JSON files and in the metadata of Parquet and Arrow files."""
UNMARKED_VERSION = 1
"""The version assumed for a file without a mark."""


class NewerVersionError(MoviemotionError):
    """A file was written by a newer version of the program."""

    code = "newer-version"


@dataclass(frozen=True)
class FileSchema:
    """The name and current version of a kind of file, and the migrations from older versions.

    Attributes:
        name: a unique name, such as "moviemotion/study".
        version: the current version, used for writing.
        migrations: version → function that converts content from that version to the next. The content
            excludes the two keys of the mark. A version without a function has the same format as the next
            version.
        earlier_name: the name in files of older versions, if it was different.

    Example:
        >>> notes = FileSchema("example/notes", 2, {1: lambda notes: {"notes": notes}})
        >>> notes.current(Path("notes.json"), ["a note"])
        {'notes': ['a note']}
        >>> notes.mark({"notes": ["a note"]})
        {'schema': 'example/notes', 'version': 2, 'notes': ['a note']}
    """

    name: str
    version: int
    migrations: Mapping[int, Callable[[Any], Any]] = field(default_factory=dict)
    earlier_name: str | None = None

    def mark(self, content: Mapping[str, object]) -> dict[str, object]:
        """Prepend the schema's name and version to the content."""
        return {SCHEMA_KEY: self.name, VERSION_KEY: self.version, **content}

    def check(self, path: Path, name: str | None, version: int) -> int:
        """Check the mark of a file; `name` is None for a file without one.

        Returns:
            The version of the file.

        Raises:
            MoviemotionError: the file has a different schema.
            NewerVersionError: the file has a newer version than this program can read.
        """
        if name is not None and name not in (self.name, self.earlier_name):
            raise MoviemotionError(
                f"{path}: has the schema {name}, not {self.name}; restore the file from a backup"
            )
        if version > self.version:
            raise NewerVersionError(
                f"{path}: uses version {version} of the schema {self.name}, but this program reads only "
                "versions up to "
                f"{self.version}; upgrade moviemotion"
            )
        return version

    def version_of(self, path: Path, record: object) -> int:
        """Return the version of a JSON file.

        Args:
            path: the file, named in error messages.
            record: the parsed content of the file.

        Raises:
            MoviemotionError: see `check`.
        """
        name = record.get(SCHEMA_KEY) if isinstance(record, dict) else None
        # In version 1 of groups.json, group names are keys, so a group may be called "schema".
        if not isinstance(record, dict) or not isinstance(name, str):
            return UNMARKED_VERSION
        version = record.get(VERSION_KEY)
        if not isinstance(version, int) or isinstance(version, bool) or version < UNMARKED_VERSION:
            raise MoviemotionError(f"{path}: has no valid version; restore it from a backup")
        return self.check(path, name, version)

    def current(self, path: Path, record: Any) -> Any:
        """Return the content of a JSON file in the current version, without its mark.

        Raises:
            MoviemotionError: see `check`.
        """
        version = self.version_of(path, record)
        if isinstance(record, dict) and isinstance(record.get(SCHEMA_KEY), str):
            record = {key: value for key, value in record.items() if key not in (SCHEMA_KEY, VERSION_KEY)}
        for earlier in range(version, self.version):
            record = self.migrations.get(earlier, _unchanged)(record)
        return record

    def read_json(self, path: Path) -> Any:
        """Read a JSON file of any version up to the current one.

        Raises:
            OSError, ValueError: the file cannot be read, or is not valid JSON.
            MoviemotionError: see `check`.
        """
        return self.current(path, json.loads(path.read_text(encoding="utf-8")))

    def check_metadata(
        self, path: Path, metadata: Mapping[str, str], unmarked: int = UNMARKED_VERSION
    ) -> int:
        """Return the version of a Parquet or Arrow file.

        Args:
            path: the file, named in error messages.
            metadata: the metadata of the file's Arrow schema.
            unmarked: the version to assume for a file without a mark.

        Raises:
            MoviemotionError: see `check`.
        """
        name = metadata.get(SCHEMA_KEY)
        version = unmarked if name is None else int(metadata[VERSION_KEY])
        if version < UNMARKED_VERSION:
            raise MoviemotionError(f"{path}: has no valid version; restore it from a backup")
        return self.check(path, name, version)

    def metadata(self) -> dict[str, str]:
        """The mark, as metadata for a Parquet or Arrow file."""
        return {SCHEMA_KEY: self.name, VERSION_KEY: str(self.version)}


@dataclass(frozen=True)
class DatabaseSchema:
    """The schema of an SQLite database, whose mark is stored in the file header.

    Attributes:
        name: a unique name, such as "moviemotion/study-database".
        version: the current version (`PRAGMA user_version`); 0 in the header means version 1.
        application_id: four bytes that identify databases of this kind (`PRAGMA application_id`).
        migrations: version → SQL statements that migrate a database from that version to the next.
    """

    name: str
    version: int
    application_id: int
    migrations: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def check(self, path: Path, connection: sqlite3.Connection) -> int:
        """Return the version of an open database.

        Raises:
            MoviemotionError: the database has a different application ID.
            NewerVersionError: the database was written by a newer version of the program.
        """
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if application not in (0, self.application_id):
            raise MoviemotionError(
                f"{path}: belongs to another program; restore the original file from a backup"
            )
        FileSchema(self.name, self.version).check(path, None, version)
        return version or UNMARKED_VERSION

    def mark(self, connection: sqlite3.Connection) -> None:
        """Write the mark; must be called within the transaction that creates the tables."""
        connection.execute(f"PRAGMA application_id = {self.application_id}")
        connection.execute(f"PRAGMA user_version = {self.version}")

    def migrate(self, path: Path, connection: sqlite3.Connection) -> None:
        """Migrate an older database to the current version; must be called within a transaction."""
        version = self.check(path, connection)
        if version == self.version:
            return
        for earlier in range(version, self.version):
            for statement in self.migrations.get(earlier, ()):
                connection.execute(statement)
        self.mark(connection)


def _unchanged(content: Any) -> Any:
    return content
