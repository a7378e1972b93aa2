"""Whatever is done to a row of the audit log is found."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from privacy_studies import TERMS

from moviemotion.errors import MoviemotionError
from moviemotion.privacy import audit_log, consent, erasure, retention
from moviemotion.privacy.audit_log import AuditEntry
from moviemotion.privacy.disclosure import load_disclosure
from moviemotion.privacy.roles import Role
from moviemotion.privacy.status import read_status, verify_audit_log
from moviemotion.privacy.study_database import open_database

ROWS = 8
GUARDS = ("audit_no_update", "audit_no_delete", "audit_only_append")


@pytest.fixture
def logged(tmp_path: Path) -> Path:
    """A study with eight rows in its log."""
    folder = tmp_path / "logged"
    retention.begin_study(folder, TERMS, {})
    consent.add_seat(folder, "A", "cam-a")
    viewer = consent.ask_for_consent(folder, "A")
    consent.record_answer(folder, viewer, True, load_disclosure(folder).version)
    with open_database(folder) as database, database.transaction():
        for number in range(ROWS - 4):
            database.log(Role.RESEARCHER, "looked", {"number": number}, None)
    return folder


@contextmanager
def forger(folder: Path) -> Iterator[sqlite3.Connection]:
    """Somebody with the file and SQLite, who takes the triggers off and puts them back."""
    connection = sqlite3.connect(folder / "study.db", isolation_level=None)
    for name in GUARDS:
        connection.execute(f"DROP TRIGGER {name}")
    yield connection
    for trigger in audit_log.SCHEMA[1:]:
        connection.execute(trigger)
    connection.close()


def reseal(connection: sqlite3.Connection, first: int) -> None:
    """Make the chain whole again from a row on."""
    row = connection.execute("SELECT hash FROM audit WHERE seq = ?", (first - 1,)).fetchone()
    previous = row[0] if row else audit_log.GENESIS_HASH
    for entry in [e for e in audit_log.read_entries(connection) if e.seq >= first]:
        sealed = AuditEntry(**{**vars(entry), "previous": previous}).compute_hash()
        connection.execute(
            "UPDATE audit SET previous = ?, hash = ? WHERE seq = ?", (previous, sealed, entry.seq)
        )
        previous = sealed


def test_an_untouched_log_is_whole(logged: Path) -> None:
    verdict = verify_audit_log(logged)
    assert (verdict.rows, verdict.errors, verdict.anchored) == (ROWS, (), True)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET action = 'nothing' WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 3",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT seq, time, role, 'nothing', details, previous, hash FROM audit",
        "INSERT INTO audit SELECT 40, time, role, action, details, previous, hash FROM audit WHERE seq = 3",
        "INSERT INTO audit SELECT 0, time, role, action, details, previous, hash FROM audit WHERE seq = 3",
    ],
)
def test_the_table_refuses_all_but_the_next_row(logged: Path, statement: str) -> None:
    connection = sqlite3.connect(logged / "study.db")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.close()
    assert verify_audit_log(logged).errors == ()


@pytest.mark.parametrize("column", ["time", "role", "action", "details", "previous", "hash"])
@pytest.mark.parametrize("row", [1, 4, ROWS])
def test_a_changed_field_is_found_in_its_row(logged: Path, column: str, row: int) -> None:
    with forger(logged) as connection:
        connection.execute(f"UPDATE audit SET {column} = {column} || ' ' WHERE seq = ?", (row,))
    assert any(error.startswith(f"row {row}:") for error in verify_audit_log(logged).errors)


def log_in_memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in audit_log.SCHEMA:
        connection.execute(statement)
    for number in range(ROWS):
        audit_log.append_entry(connection, Role.RESEARCHER, "looked", {"number": number})
    for name in GUARDS:
        connection.execute(f"DROP TRIGGER {name}")
    return connection


@given(
    row=st.integers(1, ROWS),
    column=st.sampled_from(["time", "role", "action", "details", "previous", "hash"]),
    text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=70),
    resealed=st.booleans(),
)
def test_any_other_text_in_any_field_is_found_also_when_the_chain_is_made_whole_again(
    row: int, column: str, text: str, resealed: bool
) -> None:
    log = log_in_memory()
    *_, last = audit_log.read_entries(log)
    log.execute(f"UPDATE audit SET {column} = ? WHERE seq = ?", (text, row))
    if resealed:
        reseal(log, row)
    for guard in audit_log.SCHEMA[1:]:
        log.execute(guard)
    found = list(audit_log.integrity_errors(log, (last.seq, last.hash)))
    # These two are what the chain is made whole of.
    assert bool(found) == (not resealed or column not in ("previous", "hash"))


@pytest.mark.parametrize(
    ("forgery", "found"),
    [
        ("DELETE FROM audit WHERE seq = 3", "row 3 is missing"),
        ("DELETE FROM audit WHERE seq IN (3, 4)", "rows 3 to 4 are missing"),
        ("DELETE FROM audit WHERE seq = 1", "row 1 is missing"),
        (f"DELETE FROM audit WHERE seq > {ROWS - 2}", f"rows {ROWS - 1} to {ROWS} were cut off"),
        ("DELETE FROM audit", f"rows 1 to {ROWS} were cut off"),
        (
            "INSERT INTO audit SELECT seq + 1, time, role, action, details, hash, hash FROM audit "
            f"WHERE seq = {ROWS}",
            f"row {ROWS + 1}: was changed",
        ),
    ],
)
def test_rows_taken_out_cut_off_or_put_in_are_found(logged: Path, forgery: str, found: str) -> None:
    with forger(logged) as connection:
        connection.execute(forgery)
    assert any(error == found for error in verify_audit_log(logged).errors)


def test_a_row_that_was_changed_and_sealed_again_alone_is_found_in_the_next(logged: Path) -> None:
    with forger(logged) as connection:
        connection.execute("UPDATE audit SET action = 'nothing' WHERE seq = 4")
        changed = next(entry for entry in audit_log.read_entries(connection) if entry.seq == 4)
        connection.execute("UPDATE audit SET hash = ? WHERE seq = 4", (changed.compute_hash(),))
    assert verify_audit_log(logged).errors == ("row 5: does not match the hash of the row before it",)


@pytest.mark.parametrize("resealed", [False, True])
def test_rows_that_changed_places_are_found(logged: Path, resealed: bool) -> None:
    with forger(logged) as connection:
        for old, new in ((5, 99), (6, 5), (99, 6)):
            connection.execute("UPDATE audit SET seq = ? WHERE seq = ?", (new, old))
        if resealed:
            reseal(connection, 5)
    assert verify_audit_log(logged).errors


def test_a_row_taken_out_of_a_chain_made_whole_again_is_found_by_the_anchor(logged: Path) -> None:
    with forger(logged) as connection:
        connection.execute("DELETE FROM audit WHERE seq = 5")
        connection.execute("UPDATE audit SET seq = seq - 1 WHERE seq > 5")
        reseal(connection, 5)
    assert verify_audit_log(logged).errors == (f"rows {ROWS} to {ROWS} were cut off",)


def test_without_its_anchor_a_cut_is_missed_and_that_is_said_but_a_receipt_shows_it(
    logged: Path, keys: Path
) -> None:
    receipt = consent.record_answer(
        logged, consent.ask_for_consent(logged, add(logged, "B")), False, load_disclosure(logged).version
    )
    with forger(logged) as connection:
        connection.execute("DELETE FROM audit WHERE seq >= ?", (receipt.row,))
    assert verify_audit_log(logged).errors
    for anchor in keys.glob("*.head"):
        anchor.unlink()
    verdict = verify_audit_log(logged)
    assert (verdict.errors, verdict.anchored) == ((), False)
    with pytest.raises(MoviemotionError, match="not in the audit log"):
        consent.find_receipt(logged, receipt.code)


def add(folder: Path, seat: str) -> str:
    consent.add_seat(folder, seat, f"cam-{seat}")
    return seat


def test_a_dropped_guard_is_found(logged: Path) -> None:
    connection = sqlite3.connect(logged / "study.db")
    connection.execute("DROP TRIGGER audit_no_update")
    connection.close()
    assert any("no longer protected" in fault for fault in verify_audit_log(logged).errors)


def test_an_older_copy_put_in_its_place_is_found(logged: Path, tmp_path: Path) -> None:
    older = Path(shutil.copy(logged / "study.db", tmp_path / "older.db"))
    add(logged, "C")
    shutil.copy(older, logged / "study.db")
    assert verify_audit_log(logged).errors == (f"rows {ROWS + 1} to {ROWS + 1} were cut off",)


def test_a_log_that_lacks_rows_takes_no_consent_but_withdrawals_and_stays_reported(logged: Path) -> None:
    viewer, version = consent.ask_for_consent(logged, add(logged, "D")), load_disclosure(logged).version
    accepted = consent.record_answer(logged, consent.ask_for_consent(logged, add(logged, "E")), True, version)
    add(logged, "F")
    with forger(logged) as connection:
        connection.execute("DELETE FROM audit WHERE seq > ?", (accepted.row,))
    with pytest.raises(MoviemotionError, match="rows are missing") as refused:
        consent.record_answer(logged, viewer, True, version)
    assert "\n" not in str(refused.value)
    consent.record_answer(logged, viewer, False, version)
    assert erasure.withdraw(logged, accepted.code).state is consent.ConsentState.WITHDRAWN
    for seat in "GHI":
        add(logged, seat)
        assert verify_audit_log(logged).errors == (
            f"row {accepted.row + 1}: differs from the anchored row; the log was rewritten",
        )


def test_work_in_a_copy_is_missed_in_the_original(logged: Path, tmp_path: Path) -> None:
    add(Path(shutil.copytree(logged, tmp_path / "copy")), "C")
    assert verify_audit_log(logged).errors == (f"rows {ROWS + 1} to {ROWS + 1} were cut off",)
    assert verify_audit_log(tmp_path / "copy").errors == ()


@pytest.mark.parametrize("spoil", ["empty", "another program's", "no log", "log emptied", "date", "no date"])
def test_a_damaged_database_is_one_line_with_its_remedy(logged: Path, spoil: str) -> None:
    (path := logged / "study.db").with_name("study.db-wal").unlink(missing_ok=True)
    if spoil in ("empty", "another program's"):
        path.write_bytes(b"")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER IF EXISTS audit_no_delete")
        statement = {
            "another program's": "CREATE TABLE films (name TEXT)",
            "no log": "DROP TABLE audit",
            "log emptied": "DELETE FROM audit",
            "date": "UPDATE retention SET until = 'garbage'",
            "no date": "DELETE FROM retention WHERE kind = 'samples'",
        }
        connection.execute(statement.get(spoil, "SELECT 1"))
    with pytest.raises(MoviemotionError, match=r"restore .* from a backup") as refused:
        read_status(logged)
    assert "\n" not in str(refused.value)


DROPPED = [f"DROP TABLE {table}" for table in ("facts", "seats", "viewers", "retention", "audit")]


@pytest.mark.parametrize("damage", ["DELETE FROM retention", *DROPPED])
def test_any_missing_part_of_a_database_is_an_error_without_a_traceback(logged: Path, damage: str) -> None:
    with closing(sqlite3.connect(logged / "study.db", isolation_level=None)) as connection:
        connection.execute(damage)
    messages = set()
    for ask in (
        read_status,
        verify_audit_log,
        erasure.enforce_privacy,
        retention.stored_data,
        load_disclosure,
        consent.list_seats,
    ):
        try:
            ask(logged)
        except MoviemotionError as error:
            messages.add(str(error))
    assert messages
    assert all(line.endswith("restore it from a backup") for line in messages)


def test_what_fails_leaves_no_row(logged: Path) -> None:
    with open_database(logged) as database, pytest.raises(sqlite3.OperationalError), database.transaction():
        _ = database.log(Role.SYSTEM, "did it", {}, None), database.connection.execute("no such statement")
    assert verify_audit_log(logged).rows == ROWS


def test_the_log_names_nobody(logged: Path) -> None:
    with open_database(logged) as database:
        (viewer,) = database.connection.execute("SELECT id FROM viewers").fetchone()
        rows = [json.dumps(vars(entry)) for entry in audit_log.read_entries(database.connection)]
    assert not any(viewer in row or "cam-a" in row or '"A"' in row for row in rows)
