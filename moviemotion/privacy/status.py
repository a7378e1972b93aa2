"""What a study holds, until when, and whether its log is whole; in lines for people."""

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
    """Somebody about whom something is held.

    Attributes:
        viewer: random id.
    """

    viewer: str
    seat: str
    state: ConsentState


@dataclass(frozen=True)
class PrivacyStatus:
    """What a study holds.

    Attributes:
        viewers: everybody something is held about, by seat.
        held: each kind of data.
        row, hash: of the last row of the audit log; note them elsewhere, to show later that nothing was cut.
    """

    viewers: tuple[KnownViewer, ...]
    held: tuple[StoredData, ...]
    row: int
    hash: str


@dataclass(frozen=True)
class LogVerification:
    """Whether the audit log is whole.

    Attributes:
        rows: how many it has.
        faults: one sentence each; none where it is whole.
        anchored: whether its last hash was also found outside the study; without it rows that were cut off
            the end are only missed by whoever holds a receipt.
    """

    rows: int
    faults: tuple[str, ...]
    anchored: bool


def read_status(folder: Path, now: datetime | None = None) -> PrivacyStatus:
    """What a study holds; one that was screened without a register gets one.

    Raises:
        MoviemotionError: the folder holds no study.
    """
    if is_finished(folder):
        pseudonymize_study(folder, now)
    with open_database(folder) as register:
        viewers = register.connection.execute(
            "SELECT id, seat, state FROM viewers ORDER BY seat, id"
        ).fetchall()
        rows = list(audit_log.read_entries(register.connection))
    if not rows:
        raise MoviemotionError(f"{folder}: its audit log is empty; restore {DATABASE_FILE} from a copy")
    held = retention.stored_data(folder)
    known = tuple(KnownViewer(viewer, seat, ConsentState(state)) for viewer, seat, state in viewers)
    return PrivacyStatus(known, held, rows[-1].seq, rows[-1].hash)


def verify_audit_log(folder: Path) -> LogVerification:
    """Check the audit log: every row against its hash, the row before it, and the anchor.

    Raises:
        MoviemotionError: the study has no register, or it cannot be read.
    """
    with open_database(folder) as register:
        anchor = read_anchor(register.study_id)
        faults = tuple(audit_log.integrity_errors(register.connection, anchor))
        rows = sum(1 for _ in audit_log.read_entries(register.connection))
    return LogVerification(rows, faults, anchor is not None)


def find_viewer(folder: Path, name: str) -> str:
    """The random id of a viewer who is named by it, by their seat, or by the code of their receipt.

    Raises:
        MoviemotionError: nothing is held about anybody of that name.
    """
    name = name.strip()
    if RECEIPT_PATTERN.fullmatch(name):
        return viewer_by_receipt(folder, name)
    if is_finished(folder):
        pseudonymize_study(folder)
    with open_database(folder) as register:
        row = register.connection.execute(
            "SELECT id FROM viewers WHERE id = ? OR seat = ?", (name, name)
        ).fetchone()
    if row is None:
        raise MoviemotionError(f"viewer {name}: nothing is held about them; check the id, seat or code")
    return str(row[0])


def status_lines(status: PrivacyStatus, now: datetime | None = None) -> Iterator[str]:
    """For the terminal."""
    today = (now or datetime.now(UTC)).astimezone(UTC).date()
    count = Counter(known.state for known in status.viewers)
    yield f"Viewers: {len(status.viewers)}" + "".join(f", {n} {state}" for state, n in sorted(count.items()))
    for known in status.viewers:
        yield f"  {known.viewer}  seat {known.seat}  {known.state}"
    for held in status.held:
        what = f"{held.files} file{'s' * (held.files != 1)}, {held.bytes / 1e6:.1f} MB"
        when = f"until {held.until}"
        if held.deleted and not held.files:
            when = f"deleted {held.deleted[:10]}"
        elif held.until <= today:
            when += ": overdue, run moviemotion privacy enforce"
        yield f"{str(held.kind).capitalize()}: {what}, {when}"
    yield f"Audit log: {status.row} rows, the last is {status.hash}"


def verification_lines(verification: LogVerification) -> Iterator[str]:
    """For the terminal."""
    yield from verification.faults
    if not verification.faults:
        yield f"The audit log is whole: {verification.rows} rows, each sealed by the next."
    if not verification.anchored:
        yield (
            "Its last hash is not on this machine: rows cut off its end would only be missed with a receipt "
            "(--receipt)."
        )


def receipt_proof_line(receipt: Receipt) -> str:
    """What a receipt proves."""
    return f"Row {receipt.row}, {receipt.time}: {receipt.state} disclosure {receipt.disclosure}."


def receipt_lines(receipt: Receipt) -> Iterator[str]:
    """What a viewer takes home."""
    yield f"Receipt {receipt.code}"
    yield f"{str(receipt.state).capitalize()} disclosure {receipt.disclosure}, {receipt.time}."
    yield f"Row {receipt.row} of the audit log: {receipt.hash}"


def erasure_lines(result: ErasureResult) -> Iterator[str]:
    """For the terminal."""
    yield (
        f"Erased: {result.samples} samples, {result.pictures} pictures. "
        "The results were made again; exports are to be made again."
    )
    for name in result.files:
        yield f"Deleted, for it had the viewer's id: {name}"
    for name in result.strangers:
        yield f"Not this program's; see whether it speaks of the viewer: {name}"


def enforcement_lines(result: EnforcementResult) -> Iterator[str]:
    """For the terminal."""
    if result.erased:
        yield f"Erased, for they had withdrawn: {result.erased}"
    for kind in result.deleted:
        yield f"Deleted on its day: {kind}"
    if not result.erased and not result.deleted:
        yield "Nothing is due."
