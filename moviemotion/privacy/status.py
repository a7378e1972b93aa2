"""Privacy status of a study: stored data, deletion dates and the integrity of its audit log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from moviemotion.errors import MoviemotionError
from moviemotion.privacy import audit_log, retention
from moviemotion.privacy.consent import (
    RECEIPT_PATTERN,
    ConsentState,
    Receipt,
    audit_subject,
    viewer_by_receipt,
)
from moviemotion.privacy.erased_viewers import restored_message, restored_viewers
from moviemotion.privacy.erasure import EnforcementResult, ErasureResult
from moviemotion.privacy.pseudonymize import is_finished, pseudonymize_study
from moviemotion.privacy.retention import StoredData
from moviemotion.privacy.roles import Role
from moviemotion.privacy.study_database import has_database, open_database, read_anchor
from moviemotion.study.file_names import DATABASE_FILE


@dataclass(frozen=True)
class KnownViewer:
    """A participant about whom data is stored.

    Attributes:
        viewer: the participant's random ID.
        seat: the label of their seat; "" once the screening is over. The seat is then sealed, and `open_seat`
            opens it.
        state: the state of their consent.
    """

    viewer: str
    seat: str
    state: ConsentState


@dataclass(frozen=True)
class PrivacyStatus:
    """The data that a study stores.

    Attributes:
        viewers: participants about whom data is stored, sorted by seat, or by ID once the seats are sealed.
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
        errors: one sentence per error; empty if the log is intact, and no backup has brought back viewers who
            were erased.
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
    if is_finished(folder):
        # The order would reveal the seats.
        known = tuple(sorted((replace(one, seat="") for one in known), key=lambda one: one.viewer))
    return PrivacyStatus(known, held, rows[-1].seq, rows[-1].hash)


def verify_audit_log(folder: Path) -> LogVerification:
    """Verify the audit log by checking every row against its hash, the row before it, and the anchor.

    Raises:
        MoviemotionError: the study has no database, or the database cannot be read.
    """
    with open_database(folder) as database:
        anchor = read_anchor(database.study_id)
        errors = tuple(audit_log.integrity_errors(database.connection, anchor))
        if restored := restored_viewers(folder):
            errors = (*errors, restored_message(len(restored)))
        rows = sum(1 for _ in audit_log.read_entries(database.connection))
    return LogVerification(rows, errors, anchor is not None)


def open_seat(
    folder: Path, name: str, role: Role = Role.PRIVACY_OFFICER, now: datetime | None = None
) -> KnownViewer:
    """Open the sealed link between a participant's random ID and seat; the audit log records it.

    Args:
        folder: the study folder.
        name: the participant's random ID, seat or receipt code.
        role: the role of the person who opens the link.
        now: defaults to the current time.

    Raises:
        MoviemotionError: no data about this participant is stored.
    """
    viewer = find_viewer(folder, name)
    with open_database(folder) as database, database.transaction():
        query = "SELECT seat, state FROM viewers WHERE id = ?"
        seat, state = database.connection.execute(query, (viewer,)).fetchone()
        database.log(role, "seat opened", {"subject": audit_subject(database, viewer)}, now)
    return KnownViewer(viewer, seat, ConsentState(state))


def log_access(
    folder: Path,
    role: Role,
    action: str,
    viewers: Sequence[str] = (),
    details: Mapping[str, object] | None = None,
    now: datetime | None = None,
) -> None:
    """Record that somebody has read data, such as an export or the curve of a single viewer.

    A study without a database, in which nobody was asked for consent, has no log.

    Args:
        folder: the study folder.
        role: the role of the person.
        action: what was done.
        viewers: random IDs of the viewers whose data was read, if fewer than the audience.
        details: JSON-serializable values; must not contain personal data.
        now: defaults to the current time.
    """
    if not has_database(folder):
        return
    with open_database(folder) as database, database.transaction():
        subjects = [audit_subject(database, viewer) for viewer in viewers]
        database.log(role, action, {**(details or {}), **({"subjects": subjects} if subjects else {})}, now)


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
        yield f"  {known.viewer}  {f'seat {known.seat}' if known.seat else 'seat sealed'}  {known.state}"
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
    if result.restored:
        yield f"Erased again, because a backup had brought them back: {result.restored}"
    if result.erased > result.restored:
        yield f"Erased after withdrawal: {result.erased - result.restored}"
    for kind in result.deleted:
        yield f"Deleted because its retention period ended: {kind}"
    if not result.erased and not result.deleted:
        yield "Nothing to do."
