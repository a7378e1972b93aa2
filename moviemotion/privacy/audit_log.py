"""The audit log: an append-only record of who did what and when, whose rows are chained by hashes.

A row's hash covers all of its fields and the previous row's hash. Changing, removing, inserting or moving a
row therefore breaks the chain, and `integrity_errors` reports the row at which it is broken. Removing rows
from the end leaves an intact chain. Such a removal is detected because hashes are also stored elsewhere: the
last hash of the log in the keys folder (the *anchor*), and the hash of each answer on the receipt that the
participant takes home.

Each row names the account that acted, if somebody has signed in. Apart from that, the log contains no
personal data. It refers to a participant by their *subject*, a random number. Only a row of the table
`viewers` links this number to the participant's random ID. Erasure deletes that row, so the log still proves
that something was done, but nothing links it to a person any longer. Receipts are logged only as hashes, so
only the holder of the code can show that a row is about them.

Three kinds of tampering cannot be detected. If no receipt is held elsewhere, someone with write access to
both folders can rewrite the log from the start along with its anchor. After the anchor has been lost, rows
can be removed from the end. Finally, the log cannot show that an event was never logged.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass
class Actor:
    """Who is acting: the name of their account, or "" if nobody has signed in."""

    account: str = ""


ACTOR: ContextVar[Actor | None] = ContextVar("actor", default=None)
"""The actor of the current request or command, whose account is added to every row."""

GENESIS_HASH = "0" * 64
"""The "previous" hash of the first row."""

SCHEMA = (
    """CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    role TEXT NOT NULL,
    action TEXT NOT NULL,
    details TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
)""",
    """CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    """CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    # INSERT OR REPLACE does not fire the delete trigger, so it is blocked here.
    """CREATE TRIGGER audit_only_append BEFORE INSERT ON audit
WHEN NEW.seq IS NOT (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
)


@dataclass(frozen=True)
class AuditEntry:
    """One row of the audit log.

    Attributes:
        seq: row number, counted from 1.
        time: UTC, ISO 8601.
        role: the capacity in which someone acted.
        action: what was done.
        details: JSON object with sorted keys.
        previous, hash: SHA-256 hashes, in hexadecimal.
    """

    seq: int
    time: str
    role: str
    action: str
    details: str
    previous: str
    hash: str

    def compute_hash(self) -> str:
        """Compute the hash that this row should have."""
        content = [self.seq, self.time, self.role, self.action, self.details, self.previous]
        return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()


def utc_timestamp(now: datetime | None) -> str:
    """Format a time as it is stored: UTC, ISO 8601, to the second. None means now."""
    return (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")


def append_entry(
    connection: sqlite3.Connection,
    role: str,
    action: str,
    details: Mapping[str, object],
    now: datetime | None = None,
) -> AuditEntry:
    """Add a row within the caller's transaction, so that it is committed with the change it describes.

    Args:
        connection: an open connection to `study.db`.
        role: the capacity in which someone acted; stored as text.
        action: what was done.
        details: JSON-serializable values; must not contain personal data. The account of `ACTOR` is added.
        now: the time to record; defaults to the current time.
    """
    last = connection.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    seq, previous = (last[0] + 1, last[1]) if last else (1, GENESIS_HASH)
    if (actor := ACTOR.get()) and actor.account:
        details = {**details, "account": actor.account}
    text = json.dumps(details, sort_keys=True, ensure_ascii=True)
    open_row = AuditEntry(seq, utc_timestamp(now), str(role), action, text, previous, "")
    entry = AuditEntry(**{**vars(open_row), "hash": open_row.compute_hash()})
    connection.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)", tuple(vars(entry).values()))
    return entry


def read_entries(connection: sqlite3.Connection) -> Iterator[AuditEntry]:
    """Read all rows in order."""
    for row in connection.execute("SELECT * FROM audit ORDER BY seq"):
        yield AuditEntry(*row)


def integrity_errors(connection: sqlite3.Connection, anchor: tuple[int, str] | None) -> Iterator[str]:
    """Check every row against its hash, the row before it, and the anchor.

    Args:
        connection: an open connection to `study.db`.
        anchor: number and hash of the last row, as stored outside the study; None if unknown.

    Yields:
        One sentence per error, in row order.
    """
    guards = {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'audit'")}
    if guards != set(SCHEMA):
        yield "the table is no longer protected: its triggers were changed or dropped"
    expected, previous, anchored = 1, GENESIS_HASH, anchor is None
    for entry in read_entries(connection):
        if entry.seq != expected:
            missing = (
                f"row {expected} is"
                if entry.seq == expected + 1
                else f"rows {expected} to {entry.seq - 1} are"
            )
            yield f"{missing} missing"
        if entry.previous != previous:
            yield f"row {entry.seq}: does not match the hash of the row before it"
        if entry.hash != entry.compute_hash():
            yield f"row {entry.seq}: was changed"
        anchored = anchored or (entry.seq, entry.hash) == anchor
        expected, previous = entry.seq + 1, entry.hash
    if not anchored and anchor:
        cut = expected <= anchor[0]
        yield (
            f"rows {expected} to {anchor[0]} were cut off"
            if cut
            else f"row {anchor[0]}: differs from the anchored row; the log was rewritten"
        )
