"""The audit log: who did what and when, append-only, each row sealed with the hash of the row before it.

A row's hash covers all of its fields and the previous row's hash, so a row that is changed, taken out, put
in or moved breaks the chain at a place that `verify` names. Rows cut off the end leave a chain that is
whole; they are missed because the last hash is also kept outside the study folder (the *anchor*, in the
folder of keys) and on every receipt that a viewer takes home.

There is no personal data in the log. A viewer is spoken of by their *subject*, a random number that only
their row in the table `viewers` ties to their random id. Erasure destroys that row: what the log says about
somebody then stays, as proof, but can no longer be tied to anybody. A receipt is in it as a hash; whoever
holds the code can show that a row is about them, nobody else can.

What cannot be found: a log that was rewritten from its beginning together with its anchor, by somebody who
may write both folders, where no receipt is left outside; rows that were cut off after the anchor was lost;
and what was never written down.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

GENESIS_HASH = "0" * 64
"""What stands for the previous hash in the first row."""

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
    # INSERT OR REPLACE fires no delete trigger; it is stopped here.
    """CREATE TRIGGER audit_only_append BEFORE INSERT ON audit
WHEN NEW.seq IS NOT (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
)


@dataclass(frozen=True)
class AuditEntry:
    """One row.

    Attributes:
        seq: 1, 2, 3, …
        time: UTC, ISO 8601.
        details: JSON object with sorted keys.
        previous, hash: SHA-256, hexadecimal.
    """

    seq: int
    time: str
    role: str
    action: str
    details: str
    previous: str
    hash: str

    def compute_hash(self) -> str:
        """The hash that the row should have."""
        content = [self.seq, self.time, self.role, self.action, self.details, self.previous]
        return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()


def utc_timestamp(now: datetime | None) -> str:
    """A moment as it is written down: UTC, to the second. None is the present."""
    return (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")


def append_entry(
    connection: sqlite3.Connection,
    role: str,
    action: str,
    details: Mapping[str, object],
    now: datetime | None = None,
) -> AuditEntry:
    """Add a row. The caller's transaction keeps it together with what it speaks of."""
    last = connection.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    seq, previous = (last[0] + 1, last[1]) if last else (1, GENESIS_HASH)
    text = json.dumps(details, sort_keys=True, ensure_ascii=True)
    open_row = AuditEntry(seq, utc_timestamp(now), str(role), action, text, previous, "")
    entry = AuditEntry(**{**vars(open_row), "hash": open_row.compute_hash()})
    connection.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)", tuple(vars(entry).values()))
    return entry


def read_entries(connection: sqlite3.Connection) -> Iterator[AuditEntry]:
    """All rows in order."""
    for row in connection.execute("SELECT * FROM audit ORDER BY seq"):
        yield AuditEntry(*row)


def integrity_errors(connection: sqlite3.Connection, anchor: tuple[int, str] | None) -> Iterator[str]:
    """What is wrong with the log, one sentence a fault, in the order of its rows.

    Args:
        anchor: number and hash of a row that was once the last, as kept elsewhere; None if there is none.
    """
    guards = {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'audit'")}
    if guards != set(SCHEMA):
        yield "the table is not guarded as it was made: its triggers were changed or dropped"
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
            yield f"row {entry.seq}: does not follow from the row before it"
        if entry.hash != entry.compute_hash():
            yield f"row {entry.seq}: was changed"
        anchored = anchored or (entry.seq, entry.hash) == anchor
        expected, previous = entry.seq + 1, entry.hash
    if not anchored and anchor:
        cut = expected <= anchor[0]
        yield (
            f"rows {expected} to {anchor[0]} were cut off"
            if cut
            else f"row {anchor[0]}: is not the one that was anchored; the log was rewritten"
        )
