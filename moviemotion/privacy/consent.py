"""Seats and the consent of their participants. A participant is known only by a random ID, never by name.

A seat is masked unless its participant accepted the disclosure that was current when they answered. For every
answer, there is a receipt: a random code known only to the participant. The study database stores the hash of
the code, and the audit log keeps that hash even after erasure. Participants can therefore always prove what
they answered and when, and can use the code to withdraw.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from moviemotion.audience.video.masking import NO_MASK, Mask, Region
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.privacy import audit_log
from moviemotion.privacy.audit_log import utc_timestamp
from moviemotion.privacy.disclosure import build_disclosure
from moviemotion.privacy.roles import Role
from moviemotion.privacy.study_database import StudyDatabase, has_database, open_database


class ConsentState(StrEnum):
    """A participant's state of consent."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    """The participant accepted and later withdrew, or is being erased for another reason."""
    UNRECORDED = "not recorded"
    """The screening had no study database: consent was obtained by other means, or not at all."""


RECEIPT_PATTERN = re.compile("[0-9a-f]{8}(-[0-9a-f]{8}){3}", re.IGNORECASE)
"""The format of a receipt code."""
RECORDING_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".avi", ".webm", ".gif", ".mpg", ".mts")
"""File suffixes of recordings. A camera whose name ends in such a suffix would never match a recording."""
RETAINED_STATES = (ConsentState.ACCEPTED, ConsentState.UNRECORDED)
"""The consent states in which a participant's samples are stored."""


@dataclass(frozen=True)
class Seat:
    """One seat.

    Attributes:
        label: the theater's name for the seat.
        camera: the name of the camera that shows the seat, as used in the study: the file name without its
            suffix.
        region: the part of that camera's frame that shows the seat; None if the camera shows only this seat.
        viewer, state: the random ID and consent state of the seat's participant; None until the participant
            is asked.
    """

    label: str
    camera: str
    region: Region | None
    viewer: str | None
    state: ConsentState | None


@dataclass(frozen=True)
class Receipt:
    """A participant's proof of their answer, to take home.

    Attributes:
        code: a random code known only to the participant.
        state: the state of consent that follows from their answer.
        disclosure: the version of the disclosure that they read.
        time: when they answered, in UTC.
        row, hash: number and hash of the answer's row in the audit log; they reveal whether rows were later
            removed or rewritten.
    """

    code: str
    state: ConsentState
    disclosure: str
    time: str
    row: int
    hash: str


def add_seat(
    folder: Path, seat: str, camera: str, region: Region | None = None, now: datetime | None = None
) -> None:
    """Add a seat.

    Args:
        camera, region: as for `Seat`.

    Raises:
        MoviemotionError: the seat already exists, the region is empty, or the camera name ends in the suffix
            of a recording.
    """
    if (suffix := Path(camera).suffix).lower() in RECORDING_SUFFIXES:
        raise MoviemotionError(
            f"camera {camera}: the name ends in {suffix}, like a file name; remove this suffix"
        )
    if region and (region.left >= region.right or region.top >= region.bottom):
        raise MoviemotionError(
            f"seat {seat}: the region is empty; give left, top, right and bottom in pixels"
        )
    corners = (region.left, region.top, region.right, region.bottom) if region else (None,) * 4
    with open_database(folder) as database, database.transaction():
        try:
            database.connection.execute(
                "INSERT INTO seats VALUES (?, ?, ?, ?, ?, ?)", (seat, camera, *corners)
            )
        except sqlite3.IntegrityError:
            raise MoviemotionError(f"{folder}: seat {seat} already exists; choose another name") from None
        database.log(Role.RESEARCHER, "seat added", {}, now)


def remove_seat(folder: Path, seat: str, now: datetime | None = None) -> None:
    """Remove a seat whose participant has not been asked yet, for example because its label was misspelled.

    Raises:
        MoviemotionError: there is no such seat, or its participant has already been asked.
    """
    with open_database(folder) as database, database.transaction():
        if _find_seat(database, seat).viewer:
            raise MoviemotionError(
                f"{folder}: seat {seat} already has a participant; erase this participant's data first"
            )
        database.connection.execute("DELETE FROM seats WHERE seat = ?", (seat,))
        database.log(Role.RESEARCHER, "seat removed", {}, now)


def parse_region(text: str) -> Region:
    """Parse `LEFT,TOP,RIGHT,BOTTOM` in pixels.

    Raises:
        SettingError: the text does not have this form.
    """
    try:
        left, top, right, bottom = (int(part) for part in text.split(","))
    except ValueError:
        raise SettingError(
            "invalid-region",
            "{region} {text}: not a valid region; write LEFT,TOP,RIGHT,BOTTOM, such as 0,0,640,720",
            text=text,
        ) from None
    return Region(left, top, right, bottom)


def list_seats(folder: Path) -> tuple[Seat, ...]:
    """List all seats, each with its participant and their answer."""
    with open_database(folder) as database:
        return seats_in_database(database)


def seats_in_database(database: StudyDatabase) -> tuple[Seat, ...]:
    """List all seats, as `list_seats` does, using an open study database."""
    rows = database.connection.execute(
        """SELECT s.seat, s.camera, s.x0, s.y0, s.x1, s.y1, v.id, v.state FROM seats s
           LEFT JOIN viewers v ON v.seat = s.seat ORDER BY s.seat"""
    )
    return tuple(
        Seat(
            seat,
            camera,
            None if corners[0] is None else Region(*corners),
            viewer,
            ConsentState(state) if state else None,
        )
        for seat, camera, *corners, viewer, state in rows
    )


def ask_for_consent(folder: Path, seat: str, now: datetime | None = None) -> str:
    """Open the consent page of a seat; the answer is recorded under the returned ID.

    A participant who reloads the page, or comes back after declining, keeps their ID.

    Returns:
        The participant's random ID.

    Raises:
        MoviemotionError: there is no such seat, its participant has already accepted, or the retention period
            of some data has ended.
    """
    with open_database(folder) as database, database.transaction():
        refuse_expired(database, now)
        here = _find_seat(database, seat)
        if here.state in (ConsentState.ACCEPTED, ConsentState.WITHDRAWN):
            raise MoviemotionError(
                f"{folder}: the participant in seat {seat} has already given consent; "
                "use the receipt to withdraw it"
            )
        if here.viewer:
            return here.viewer
        viewer = add_viewer(database, seat, ConsentState.ASKED)
        database.log(Role.SEAT, "asked", {"subject": audit_subject(database, viewer)}, now)
        return viewer


def record_answer(
    folder: Path, viewer: str, accepted: bool, disclosure_version: str, now: datetime | None = None
) -> Receipt:
    """Record a participant's answer to the disclosure.

    Args:
        folder: the study folder.
        viewer: the participant's random ID, as returned by `ask_for_consent`.
        accepted: whether the participant accepts.
        disclosure_version: the version of the disclosure that they read.
        now: defaults to the current time.

    Raises:
        MoviemotionError: the disclosure has changed since it was read, one of its deletion dates has passed,
            or there is no such participant. Also raised if the participant has already accepted (use
            `erasure.withdraw` to revoke consent), or accepts while rows are missing from the audit log.
    """
    state = ConsentState.ACCEPTED if accepted else ConsentState.DECLINED
    with open_database(folder) as database, database.transaction():
        refuse_expired(database, now)
        disclosure = build_disclosure(database)
        if disclosure_version != disclosure.version:
            raise MoviemotionError(
                "the disclosure has changed since the page was opened; reload the page and read it again"
            )
        if consent_state(database, viewer) not in (ConsentState.ASKED, ConsentState.DECLINED):
            raise MoviemotionError(
                f"viewer {viewer}: has already given consent; use the receipt to withdraw it"
            )
        if accepted and database.is_anchor_missing():
            raise MoviemotionError(
                f"{folder}: rows are missing from the audit log (run moviemotion privacy verify), so new "
                "consents cannot be recorded; use the latest copy of the study, or start a new study"
            )
        database.connection.execute(
            "INSERT OR IGNORE INTO disclosures VALUES (?, ?)", (disclosure.version, disclosure.text)
        )
        return record_state(database, viewer, state, disclosure.version, now)


def refuse_expired(database: StudyDatabase, now: datetime | None = None) -> None:
    """Check that no deletion date has passed; otherwise, nobody may be asked for consent or measured.

    Raises:
        MoviemotionError: a deletion date has passed.
    """
    if past := database.first_expired(now):
        kind, day = past
        raise MoviemotionError(
            f"{database.folder}: expired on {day}, the deletion date of its {kind}; start a new study"
        )


def record_offline_answer(folder: Path, seat: str, accepted: bool, now: datetime | None = None) -> Receipt:
    """Record the answer of a participant who read the current disclosure on paper.

    Raises:
        MoviemotionError: as for `ask_for_consent` and `record_answer`.
    """
    with open_database(folder) as database:
        version = build_disclosure(database).version
    return record_answer(folder, ask_for_consent(folder, seat, now), accepted, version, now)


def record_state(
    database: StudyDatabase, viewer: str, state: ConsentState, disclosure: str, now: datetime | None
) -> Receipt:
    """Record a participant's new state; must be called within a transaction."""
    code = "-".join(secrets.token_hex(4) for _ in range(4))
    subject = audit_subject(database, viewer)
    database.connection.execute("UPDATE viewers SET state = ? WHERE id = ?", (state, viewer))
    database.connection.execute(
        "INSERT INTO consents VALUES (?, ?, ?, ?, ?)",
        (viewer, state, disclosure, utc_timestamp(now), _hash_code(code)),
    )
    details = {"subject": subject, "disclosure": disclosure, "receipt": _hash_code(code)}
    entry = database.log(Role.SEAT, str(state), details, now)
    return Receipt(code, state, disclosure, entry.time, entry.seq, entry.hash)


def state_by_receipt(folder: Path, code: str) -> ConsentState | None:
    """Look up the current consent state of a receipt's holder; None if their data is no longer stored."""
    query = "SELECT v.state FROM viewers v JOIN consents c ON c.viewer = v.id WHERE c.receipt = ?"
    with open_database(folder) as database:
        row = database.connection.execute(query, (_hash_code(code),)).fetchone()
    return ConsentState(row[0]) if row else None


def viewer_by_receipt(folder: Path, code: str) -> str:
    """Look up the random ID of a receipt's holder.

    Raises:
        MoviemotionError: no data is stored for this receipt.
    """
    with open_database(folder) as database:
        row = database.connection.execute(
            "SELECT viewer FROM consents WHERE receipt = ?", (_hash_code(code),)
        ).fetchone()
    if row is None:
        raise MoviemotionError(f"{folder}: no data is stored for this receipt; check the code")
    return str(row[0])


def find_receipt(folder: Path, code: str) -> Receipt:
    """Find a receipt in the audit log, even after erasure.

    Raises:
        MoviemotionError: the receipt is not in the log, because the code is wrong or rows were removed or
            rewritten.
    """
    with open_database(folder) as database:
        for entry in audit_log.read_entries(database.connection):
            details = json.loads(entry.details)
            if details.get("receipt") == _hash_code(code):
                state, version = ConsentState(entry.action), details["disclosure"]
                return Receipt(_normalize_code(code), state, version, entry.time, entry.seq, entry.hash)
    raise MoviemotionError(
        f"{folder}: this receipt is not in the audit log; check the code, then run moviemotion privacy verify"
    )


def camera_masks(folder: Path, cameras: Iterable[str]) -> dict[str, Mask]:
    """Determine the mask of each camera in a study from the consent of the participants it shows.

    Args:
        folder: the study folder.
        cameras: the camera names. A camera without a seat is masked completely.

    Returns:
        Camera → mask; nothing is masked in a study without a database.
    """
    if not has_database(folder):
        return dict.fromkeys(cameras, NO_MASK)
    by_camera: dict[str, list[Seat]] = {}
    for seat in list_seats(folder):
        by_camera.setdefault(seat.camera, []).append(seat)
    return {camera: mask_for_seats(by_camera.get(camera, [])) for camera in cameras}


def fully_masked_cameras(folder: Path, cameras: Iterable[str]) -> dict[str, str]:
    """Map each camera that is completely masked for lack of consent to the reason."""
    if not has_database(folder):
        return {}
    everyone, why = list_seats(folder), {}
    for camera in cameras:
        here = [seat for seat in everyone if seat.camera == camera]
        if not mask_for_seats(here).hides_everything:
            continue
        if not here:
            why[camera] = "no seat uses this camera"
        elif not any(seat.state is ConsentState.ACCEPTED for seat in here):
            why[camera] = "none of its participants has accepted"
        else:
            unplaced = next(
                s.label for s in here if s.state is not ConsentState.ACCEPTED and s.region is None
            )
            why[camera] = (
                f"the participant in seat {unplaced} has not accepted and could be anywhere in the frame"
            )
    return why


def mask_for_seats(camera_seats: list[Seat]) -> Mask:
    """Build a camera's mask, which shows seats with consent except where they overlap seats without it."""
    agreed = [seat for seat in camera_seats if seat.state is ConsentState.ACCEPTED]
    others = [seat for seat in camera_seats if seat.state is not ConsentState.ACCEPTED]
    if not agreed or any(seat.region is None for seat in others):
        return Mask(visible=())
    hidden = tuple(seat.region for seat in others if seat.region)
    if any(seat.region is None for seat in agreed):
        return Mask(None, hidden)
    return Mask(tuple(seat.region for seat in agreed if seat.region), hidden)


def add_viewer(database: StudyDatabase, seat: str, state: ConsentState) -> str:
    """Assign a random ID to the participant in a seat; must be called within a transaction."""
    # The letter prefix keeps spreadsheets from reading 12e4… as a number.
    viewer = f"v-{secrets.token_hex(6)}"
    database.connection.execute(
        "INSERT INTO viewers VALUES (?, ?, ?, ?)", (viewer, secrets.token_hex(8), seat, state)
    )
    return viewer


def audit_subject(database: StudyDatabase, viewer: str) -> str:
    """Look up the number that identifies a participant in the audit log.

    Raises:
        MoviemotionError: there is no such participant.
    """
    row = database.connection.execute("SELECT subject FROM viewers WHERE id = ?", (viewer,)).fetchone()
    if row is None:
        raise MoviemotionError(f"viewer {viewer}: no data about this viewer is stored; check the ID")
    return str(row[0])


def consent_state(database: StudyDatabase, viewer: str) -> ConsentState:
    """Look up the current consent state of a participant.

    Raises:
        MoviemotionError: there is no such participant.
    """
    audit_subject(database, viewer)
    row = database.connection.execute("SELECT state FROM viewers WHERE id = ?", (viewer,)).fetchone()
    return ConsentState(row[0])


def _find_seat(database: StudyDatabase, seat: str) -> Seat:
    here = next((s for s in seats_in_database(database) if s.label == seat), None)
    if here is None:
        raise MoviemotionError(f"{database.folder}: there is no seat {seat}; check the name")
    return here


def _normalize_code(code: str) -> str:
    """Restore a code to its printed form, even if typed in capitals, with spaces or without dashes."""
    digits = re.sub(r"[\W_]", "", code.lower())
    return "-".join(digits[k : k + 8] for k in range(0, len(digits), 8))


def _hash_code(code: str) -> str:
    return hashlib.sha256(_normalize_code(code).encode()).hexdigest()
