"""Privacy status of a study: stored data, deletion dates and the integrity of its audit log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from moviemotion.errors import MoviemotionError
from moviemotion.privacy import audit_log, retention
from moviemotion.privacy.consent import RECEIPT_PATTERN, ConsentState, Receipt, viewer_by_receipt
from moviemotion.privacy.erasure import EnforcementResult, ErasureResult
from moviemotion.privacy.pseudonymize import is_finished, pseudonymize_study
from moviemotion.privacy.retention import StoredData
from moviemotion.privacy.study_database import open_database, read_anchor
from moviemotion.study.file_names import DATABASE_FILE


@dataclass(frozen=True)
class KnownViewer:
    """A participant about whom data is stored.

    Attributes:
        viewer: the participant's random ID.
        seat: the label of their seat.
        state: the state of their consent.
    """

    viewer: str
    seat: str
    state: ConsentState


@dataclass(frozen=True)
class PrivacyStatus:
    """The data that a study stores.

    Attributes:
        viewers: participants about whom data is stored, sorted by seat.
        held: the stored data of each kind.
        row, hash: number and hash of the last row of the audit log. A copy of these values kept elsewhere can
            later prove that no row was removed.
    """

    viewers: tuple[KnownViewer, ...]
    held: tuple[StoredData, ...]
    row: int
    hash: str


@dataclass(frozen=True)
class LogVerification:
    """Result of verifying the audit log.

    Attributes:
        rows: number of rows.
        errors: one sentence per error; empty if the log is intact.
        anchored: whether the last hash was also found outside the study. If not, rows removed from the end
            can be detected only with a receipt.
    """

    rows: int
    errors: tuple[str, ...]
    anchored: bool


def read_status(folder: Path, now: datetime | None = None) -> PrivacyStatus:
    """Read the privacy status of a study. If the study was screened without a database, create one.

    Raises:
        MoviemotionError: the folder does not contain a study, or its audit log is empty.
    """
    if is_finished(folder):
        pseudonymize_study(folder, now)
    with open_database(folder) as database:
        viewers = database.connection.execute(
            "SELECT id, seat, state FROM viewers ORDER BY seat, id"
        ).fetchall()
        rows = list(audit_log.read_entries(database.connection))
    if not rows:
        raise MoviemotionError(f"{folder}: the audit log is empty; restore {DATABASE_FILE} from a backup")
    held = retention.stored_data(folder)
    known = tuple(KnownViewer(viewer, seat, ConsentState(state)) for viewer, seat, state in viewers)
    return PrivacyStatus(known, held, rows[-1].seq, rows[-1].hash)


def verify_audit_log(folder: Path) -> LogVerification:
    """Verify the audit log by checking every row against its hash, the row before it, and the anchor.

    Raises:
        MoviemotionError: the study has no database, or the database cannot be read.
    """
    with open_database(folder) as database:
        anchor = read_anchor(database.study_id)
        errors = tuple(audit_log.integrity_errors(database.connection, anchor))
        rows = sum(1 for _ in audit_log.read_entries(database.connection))
    return LogVerification(rows, errors, anchor is not None)


def find_viewer(folder: Path, name: str) -> str:
    """Look up a participant's random ID, given that ID, their seat or their receipt code.

    Raises:
        MoviemotionError: no data about this participant is stored.
    """
    name = name.strip()
    if RECEIPT_PATTERN.fullmatch(name):
        return viewer_by_receipt(folder, name)
    if is_finished(folder):
        pseudonymize_study(folder)
    with open_database(folder) as database:
        row = database.connection.execute(
            "SELECT id FROM viewers WHERE id = ? OR seat = ?", (name, name)
        ).fetchone()
    if row is None:
        raise MoviemotionError(
            f"viewer {name}: no data about this viewer is stored; check the ID, seat or code"
        )
    return str(row[0])


def status_lines(status: PrivacyStatus, now: datetime | None = None) -> Iterator[str]:
    """Format the status as text lines for the terminal."""
    today = (now or datetime.now(UTC)).astimezone(UTC).date()
    count = Counter(known.state for known in status.viewers)
    yield f"Viewers: {len(status.viewers)}" + "".join(f", {n} {state}" for state, n in sorted(count.items()))
    for known in status.viewers:
        yield f"  {known.viewer}  seat {known.seat}  {known.state}"
    for held in status.held:
        what = f"{held.files} file{'s' * (held.files != 1)}, {held.bytes / 1e6:.1f} MB"
        when = f"until {held.until}"
        if held.deleted and not held.files:
            when = f"deleted on {held.deleted[:10]}"
        elif held.until <= today:
            when += ": overdue, run moviemotion privacy enforce"
        yield f"{str(held.kind).capitalize()}: {what}, {when}"
    yield f"Audit log: {status.row} rows, last hash {status.hash}"


def verification_lines(verification: LogVerification) -> Iterator[str]:
    """Format the result as text lines for the terminal."""
    yield from verification.errors
    if not verification.errors:
        yield f"The audit log is intact: {verification.rows} rows, with every hash matching."
    if not verification.anchored:
        yield (
            "The last hash is not stored on this machine, so rows removed from the end can be detected only "
            "with a receipt."
        )


def receipt_proof_line(receipt: Receipt) -> str:
    """One line stating what a receipt proves."""
    return f"Row {receipt.row}, {receipt.time}: {receipt.state} disclosure {receipt.disclosure}."


def receipt_lines(receipt: Receipt) -> Iterator[str]:
    """The text lines of the receipt that a participant takes home."""
    yield f"Receipt {receipt.code}"
    yield f"{str(receipt.state).capitalize()} disclosure {receipt.disclosure}, {receipt.time}."
    yield f"Row {receipt.row} of the audit log: {receipt.hash}"


def erasure_lines(result: ErasureResult) -> Iterator[str]:
    """Format the result as text lines for the terminal."""
    yield (
        f"Erased: {result.samples} samples, {result.pictures} pictures. "
        "The outputs were rebuilt; run exports again if you need them."
    )
    for name in result.files:
        yield f"Deleted, because it contained the viewer's ID: {name}"
    for name in result.damaged_files:
        yield f"{name}: damaged, so only the viewer's ID was removed; correct it and check what it says"
    for name in result.unknown_files:
        yield f"Not written by this program; check whether it contains data about the viewer: {name}"


def enforcement_lines(result: EnforcementResult) -> Iterator[str]:
    """Format the result as text lines for the terminal."""
    if result.erased:
        yield f"Erased after withdrawal: {result.erased}"
    for kind in result.deleted:
        yield f"Deleted because its retention period ended: {kind}"
    if not result.erased and not result.deleted:
        yield "Nothing to do."
