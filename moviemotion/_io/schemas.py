"""Names and versions of the files that the program writes and reads again, and how old versions are read.

Every such file says what it is and in which version: JSON files in the keys `schema` and `version`, Parquet
and Arrow files in their metadata, SQLite databases in `application_id` and `user_version`. Version 1 of a
file is the one that moviemotion 0.1.0 wrote, which carries no such mark.

A file of an older version is migrated one version at a time while it is read, so reading works without
changing anything on disk. A file of a newer version is refused: its meaning is unknown.
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
"""Keys of the schema's name and version in JSON files and in the metadata of Parquet and Arrow files."""
UNMARKED_VERSION = 1
"""Version of a file without a mark."""


class NewerVersionError(MoviemotionError):
    """A file was written by a newer version of the program."""

    code = "newer-version"


@dataclass(frozen=True)
class FileSchema:
    """What a kind of file is called, its current version, and how older versions become the next one.

    Attributes:
        name: unique, such as "moviemotion/study".
        version: the one that is written now.
        migrations: version → function from the content in that version to the content in the next one.
            Contents are without the two keys of the mark. A version without a function reads like the next.

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

    def mark(self, content: Mapping[str, object]) -> dict[str, object]:
        """The content with the schema's name and version before it."""
        return {SCHEMA_KEY: self.name, VERSION_KEY: self.version, **content}

    def check(self, path: Path, name: str | None, version: int) -> int:
        """Check the mark of a file; `name` is None for a file without one.

        Returns:
            The version of the file.

        Raises:
            MoviemotionError: the file is of another kind.
            NewerVersionError: its version is not known yet.
        """
        if name is not None and name != self.name:
            raise MoviemotionError(
                f"{path}: is of the schema {name}, not {self.name}; restore it from a copy"
            )
        if version > self.version:
            raise NewerVersionError(
                f"{path}: has version {version} of {self.name}, and this program reads up to version "
                f"{self.version}; upgrade moviemotion"
            )
        return version

    def version_of(self, path: Path, record: object) -> int:
        """The version of a JSON file.

        Args:
            path: the file, for the message.
            record: what it holds.

        Raises:
            MoviemotionError: as `check`.
        """
        name = record.get(SCHEMA_KEY) if isinstance(record, dict) else None
        # Version 1 of groups.json has the names of groups as keys; one may be called "schema".
        if not isinstance(record, dict) or not isinstance(name, str):
            return UNMARKED_VERSION
        version = record.get(VERSION_KEY)
        if not isinstance(version, int) or isinstance(version, bool) or version < UNMARKED_VERSION:
            raise MoviemotionError(f"{path}: has no valid version; restore it from a copy")
        return self.check(path, name, version)

    def current(self, path: Path, record: Any) -> Any:
        """What a JSON file holds, in the current version and without its mark.

        Raises:
            MoviemotionError: as `check`.
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
            OSError, ValueError: the file cannot be read, or is no JSON.
            MoviemotionError: as `check`.
        """
        return self.current(path, json.loads(path.read_text(encoding="utf-8")))

    def check_metadata(
        self, path: Path, metadata: Mapping[str, str], unmarked: int = UNMARKED_VERSION
    ) -> int:
        """The version of a Parquet or Arrow file.

        Args:
            path: the file, for the message.
            metadata: of its Arrow schema.
            unmarked: the version of a file without a mark.

        Raises:
            MoviemotionError: as `check`.
        """
        name = metadata.get(SCHEMA_KEY)
        version = unmarked if name is None else int(metadata[VERSION_KEY])
        if version < UNMARKED_VERSION:
            raise MoviemotionError(f"{path}: has no valid version; restore it from a copy")
        return self.check(path, name, version)

    def metadata(self) -> dict[str, str]:
        """The mark for the metadata of a Parquet or Arrow file."""
        return {SCHEMA_KEY: self.name, VERSION_KEY: str(self.version)}


@dataclass(frozen=True)
class DatabaseSchema:
    """The same of an SQLite database, which carries its mark in its header.

    Attributes:
        name: unique, such as "moviemotion/study-database".
        version: the one that is written now (`PRAGMA user_version`); 0 in the header stands for version 1.
        application_id: four bytes that tell databases of this kind apart (`PRAGMA application_id`).
        migrations: version → statements that make the next version of it.
    """

    name: str
    version: int
    application_id: int
    migrations: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def check(self, path: Path, connection: sqlite3.Connection) -> int:
        """The version of an open database.

        Raises:
            MoviemotionError: it is of another kind.
            NewerVersionError: its version is not known yet.
        """
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if application not in (0, self.application_id):
            raise MoviemotionError(f"{path}: is a database of another program; restore it from a copy")
        FileSchema(self.name, self.version).check(path, None, version)
        return version or UNMARKED_VERSION

    def mark(self, connection: sqlite3.Connection) -> None:
        """Write the mark; belongs into the transaction that makes the tables."""
        connection.execute(f"PRAGMA application_id = {self.application_id}")
        connection.execute(f"PRAGMA user_version = {self.version}")

    def migrate(self, path: Path, connection: sqlite3.Connection) -> None:
        """Make the current version of an older database; belongs into a transaction."""
        version = self.check(path, connection)
        if version == self.version:
            return
        for earlier in range(version, self.version):
            for statement in self.migrations.get(earlier, ()):
                connection.execute(statement)
        self.mark(connection)


def _unchanged(content: Any) -> Any:
    return content
