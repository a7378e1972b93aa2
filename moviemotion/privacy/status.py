"""What a study holds, until when, and whether its log is whole; in lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from moviemotion.errors import MoviemotionError
from moviemotion.privacy import audit_log, retention
from moviemotion.privacy.consent import RECEIPT, Receipt, State, viewer_with
from moviemotion.privacy.erasure import Erased, Kept
from moviemotion.privacy.pseudonymize import is_finished, settle
from moviemotion.privacy.retention import Held
from moviemotion.privacy.study_database import anchor_of, opened
from moviemotion.study.folder import REGISTER


@dataclass(frozen=True)
class Known:
    """Somebody about whom something is held.

    Attributes:
        viewer: random id.
    """

    viewer: str
    seat: str
    state: State


@dataclass(frozen=True)
class Status:
    """What a study holds.

    Attributes:
        viewers: everybody something is held about, by seat.
        held: each kind of data.
        row, hash: of the last row of the audit log; note them elsewhere, to show later that nothing was cut.
    """

    viewers: tuple[Known, ...]
    held: tuple[Held, ...]
    row: int
    hash: str


@dataclass(frozen=True)
class Verdict:
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


def status(folder: Path, now: datetime | None = None) -> Status:
    """What a study holds; one that was screened without a register gets one.

    Raises:
        MoviemotionError: the folder holds no study.
    """
    if is_finished(folder):
        settle(folder, now)
    with opened(folder) as register:
        viewers = register.db.execute("SELECT id, seat, state FROM viewers ORDER BY seat, id").fetchall()
        rows = list(audit_log.entries(register.db))
    if not rows:
        raise MoviemotionError(f"{folder}: its audit log is empty; restore {REGISTER} from a copy")
    held = retention.held(folder)
    known = tuple(Known(viewer, seat, State(state)) for viewer, seat, state in viewers)
    return Status(known, held, rows[-1].seq, rows[-1].hash)


def verify(folder: Path) -> Verdict:
    """Check the audit log: every row against its hash, the row before it, and the anchor.

    Raises:
        MoviemotionError: the study has no register, or it cannot be read.
    """
    with opened(folder) as register:
        anchor = anchor_of(register.study_id)
        faults = tuple(audit_log.faults(register.db, anchor))
        rows = sum(1 for _ in audit_log.entries(register.db))
    return Verdict(rows, faults, anchor is not None)


def viewer_named(folder: Path, name: str) -> str:
    """The random id of a viewer who is named by it, by their seat, or by the code of their receipt.

    Raises:
        MoviemotionError: nothing is held about anybody of that name.
    """
    name = name.strip()
    if RECEIPT.fullmatch(name):
        return viewer_with(folder, name)
    if is_finished(folder):
        settle(folder)
    with opened(folder) as register:
        row = register.db.execute("SELECT id FROM viewers WHERE id = ? OR seat = ?", (name, name)).fetchone()
    if row is None:
        raise MoviemotionError(f"viewer {name}: nothing is held about them; check the id, seat or code")
    return str(row[0])


def status_lines(found: Status, now: datetime | None = None) -> Iterator[str]:
    """For the terminal."""
    today = (now or datetime.now(UTC)).astimezone(UTC).date()
    count = Counter(known.state for known in found.viewers)
    yield f"Viewers: {len(found.viewers)}" + "".join(f", {n} {state}" for state, n in sorted(count.items()))
    for known in found.viewers:
        yield f"  {known.viewer}  seat {known.seat}  {known.state}"
    for held in found.held:
        what = f"{held.files} file{'s' * (held.files != 1)}, {held.bytes / 1e6:.1f} MB"
        when = f"until {held.until}"
        if held.deleted and not held.files:
            when = f"deleted {held.deleted[:10]}"
        elif held.until <= today:
            when += ": overdue, run moviemotion privacy enforce"
        yield f"{str(held.kind).capitalize()}: {what}, {when}"
    yield f"Audit log: {found.row} rows, the last is {found.hash}"


def verdict_lines(verdict: Verdict) -> Iterator[str]:
    """For the terminal."""
    yield from verdict.faults
    if not verdict.faults:
        yield f"The audit log is whole: {verdict.rows} rows, each sealed by the next."
    if not verdict.anchored:
        yield (
            "Its last hash is not on this machine: rows cut off its end would only be missed with a receipt "
            "(--receipt)."
        )


def proof_line(receipt: Receipt) -> str:
    """What a receipt proves."""
    return f"Row {receipt.row}, {receipt.time}: {receipt.state} disclosure {receipt.disclosure}."


def receipt_lines(receipt: Receipt) -> Iterator[str]:
    """What a viewer takes home."""
    yield f"Receipt {receipt.code}"
    yield f"{str(receipt.state).capitalize()} disclosure {receipt.disclosure}, {receipt.time}."
    yield f"Row {receipt.row} of the audit log: {receipt.hash}"


def erased_lines(erased: Erased) -> Iterator[str]:
    """For the terminal."""
    yield (
        f"Erased: {erased.samples} samples, {erased.pictures} pictures. "
        "The results were made again; exports are to be made again."
    )
    for name in erased.files:
        yield f"Deleted, for it had the viewer's id: {name}"
    for name in erased.strangers:
        yield f"Not this program's; see whether it speaks of the viewer: {name}"


def kept_lines(kept: Kept) -> Iterator[str]:
    """For the terminal."""
    if kept.erased:
        yield f"Erased, for they had withdrawn: {kept.erased}"
    for kind in kept.deleted:
        yield f"Deleted on its day: {kind}"
    if not kept.erased and not kept.deleted:
        yield "Nothing is due."
