"""Seats and what their viewers agreed to. A viewer is a random id; nobody's name is ever asked for.

A seat is masked unless its viewer has accepted the disclosure that is current when they accept. Every answer
gets a receipt: a random code that only its holder has. The register keeps its hash, and the audit log keeps
it beyond erasure, so that a viewer can always show what they answered and when, and withdraw with it.
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
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import audit_log
from moviemotion.privacy.audit_log import Role, utc_timestamp
from moviemotion.privacy.disclosure import build_disclosure
from moviemotion.privacy.study_database import StudyDatabase, has_database, open_database


class ConsentState(StrEnum):
    """What a viewer has said."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    """Accepted once, or is to be erased for another reason; what is held about them is being erased."""
    UNRECORDED = "not recorded"
    """Screened without a register: consent was taken in another way, or not at all."""


RECEIPT_PATTERN = re.compile("[0-9a-f]{8}(-[0-9a-f]{8}){3}", re.IGNORECASE)
"""What the code of a receipt looks like."""
RECORDING_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".avi", ".webm", ".gif", ".mpg", ".mts")
"""Suffixes of recordings: a camera of that name would see nobody."""
RETAINED_STATES = (ConsentState.ACCEPTED, ConsentState.UNRECORDED)
"""The states in which a viewer's samples are kept."""


@dataclass(frozen=True)
class Seat:
    """One seat.

    Attributes:
        seat: what the house calls it.
        camera: name of the camera that sees it, as in the study: the file's name without its suffix.
        region: where in that camera's picture; None where the camera sees this seat alone.
        viewer, state: who sits there, and what they said; None before they were asked.
    """

    label: str
    camera: str
    region: Region | None
    viewer: str | None
    state: ConsentState | None


@dataclass(frozen=True)
class Receipt:
    """What a viewer takes home from an answer.

    Attributes:
        code: random; kept nowhere but with the viewer.
        disclosure: version of the disclosure that was on the page.
        time: UTC.
        row, hash: of the audit log, which can be shown not to have been cut or rewritten since.
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
        camera, region: as in `Seat`.

    Raises:
        MoviemotionError: the seat is there already, the region is empty, or the camera is named with the
            suffix of its recording.
    """
    if (suffix := Path(camera).suffix).lower() in RECORDING_SUFFIXES:
        raise MoviemotionError(f"camera {camera}: ends in {suffix}, as a file does; leave that out")
    if region and (region.left >= region.right or region.top >= region.bottom):
        raise MoviemotionError(f"seat {seat}: its region is empty; give left, top, right, bottom in pixels")
    corners = (region.left, region.top, region.right, region.bottom) if region else (None,) * 4
    with open_database(folder) as register, register.transaction():
        try:
            register.connection.execute(
                "INSERT INTO seats VALUES (?, ?, ?, ?, ?, ?)", (seat, camera, *corners)
            )
        except sqlite3.IntegrityError:
            raise MoviemotionError(f"{folder}: seat {seat} is there already; choose another name") from None
        register.log(Role.RESEARCHER, "seat added", {}, now)


def remove_seat(folder: Path, seat: str, now: datetime | None = None) -> None:
    """Take out a seat at which nobody has been asked, such as one that was written wrongly.

    Raises:
        MoviemotionError: no such seat, or somebody was asked there.
    """
    with open_database(folder) as register, register.transaction():
        if _find_seat(register, seat).viewer:
            raise MoviemotionError(f"{folder}: seat {seat} has a viewer; erase them first")
        register.connection.execute("DELETE FROM seats WHERE seat = ?", (seat,))
        register.log(Role.RESEARCHER, "seat removed", {}, now)


def parse_region(text: str) -> Region:
    """Read `LEFT,TOP,RIGHT,BOTTOM`, pixels.

    Raises:
        MoviemotionError: it is written otherwise.
    """
    try:
        left, top, right, bottom = (int(part) for part in text.split(","))
    except ValueError:
        raise MoviemotionError(f"--region {text}: write LEFT,TOP,RIGHT,BOTTOM, such as 0,0,640,720") from None
    return Region(left, top, right, bottom)


def list_seats(folder: Path) -> tuple[Seat, ...]:
    """Every seat with its viewer and their answer."""
    with open_database(folder) as register:
        return seats_in_database(register)


def seats_in_database(database: StudyDatabase) -> tuple[Seat, ...]:
    """The same, of an open register."""
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
    """Open the page of a seat; the answer is to be given with the id that this returns.

    Who reloads the page, or comes back after declining, stays the same viewer.

    Returns:
        The viewer's random id.

    Raises:
        MoviemotionError: no such seat, its viewer has accepted already, or a day that they would be told of
            has come.
    """
    with open_database(folder) as register, register.transaction():
        refuse_expired(register, now)
        here = _find_seat(register, seat)
        if here.state in (ConsentState.ACCEPTED, ConsentState.WITHDRAWN):
            raise MoviemotionError(
                f"{folder}: the viewer of seat {seat} has accepted; withdraw with the receipt"
            )
        if here.viewer:
            return here.viewer
        viewer = add_viewer(register, seat, ConsentState.ASKED)
        register.log(Role.SEAT, "asked", {"subject": audit_subject(register, viewer)}, now)
        return viewer


def record_answer(
    folder: Path, viewer: str, accepted: bool, disclosure_version: str, now: datetime | None = None
) -> Receipt:
    """Take down a viewer's answer to the disclosure.

    Args:
        version: of the disclosure that was on the page.

    Raises:
        MoviemotionError: the disclosure has changed since, or a day that it names has come; there is no such
            viewer, or they have accepted before (what takes that back is `erasure.withdraw`); or they accept
            and the audit log lacks rows.
    """
    state = ConsentState.ACCEPTED if accepted else ConsentState.DECLINED
    with open_database(folder) as register, register.transaction():
        refuse_expired(register, now)
        disclosure = build_disclosure(register)
        if disclosure_version != disclosure.version:
            raise MoviemotionError("the disclosure has changed since the page was opened; read it again")
        if consent_state(register, viewer) not in (ConsentState.ASKED, ConsentState.DECLINED):
            raise MoviemotionError(f"viewer {viewer}: has accepted; withdraw with the receipt")
        if accepted and register.is_anchor_missing():
            raise MoviemotionError(
                f"{folder}: its audit log lacks rows (moviemotion privacy verify), so no consent is taken; "
                "go on in the newest copy of the study, or begin another"
            )
        register.connection.execute(
            "INSERT OR IGNORE INTO disclosures VALUES (?, ?)", (disclosure.version, disclosure.text)
        )
        return record_state(register, viewer, state, disclosure.version, now)


def refuse_expired(database: StudyDatabase, now: datetime | None = None) -> None:
    """Nobody is asked, or read, when something that they are told of is not kept any more.

    Raises:
        MoviemotionError: a kind of data has had its day.
    """
    if past := database.first_expired(now):
        kind, day = past
        raise MoviemotionError(
            f"{database.folder}: is over since {day}, when its {kind} were to go; begin another study"
        )


def record_offline_answer(folder: Path, seat: str, accepted: bool, now: datetime | None = None) -> Receipt:
    """Take down what a viewer said who had the current disclosure in their hand, not on a page.

    Raises:
        MoviemotionError: as for `ask` and `answer`.
    """
    with open_database(folder) as register:
        version = build_disclosure(register).version
    return record_answer(folder, ask_for_consent(folder, seat, now), accepted, version, now)


def record_state(
    database: StudyDatabase, viewer: str, state: ConsentState, disclosure: str, now: datetime | None
) -> Receipt:
    """Write down a viewer's new state, inside a transaction."""
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
    """What the viewer who holds a receipt has said last; None where nothing is held about them any more."""
    query = "SELECT v.state FROM viewers v JOIN consents c ON c.viewer = v.id WHERE c.receipt = ?"
    with open_database(folder) as register:
        row = register.connection.execute(query, (_hash_code(code),)).fetchone()
    return ConsentState(row[0]) if row else None


def viewer_by_receipt(folder: Path, code: str) -> str:
    """The viewer who holds a receipt.

    Raises:
        MoviemotionError: nobody who is held here does.
    """
    with open_database(folder) as register:
        row = register.connection.execute(
            "SELECT viewer FROM consents WHERE receipt = ?", (_hash_code(code),)
        ).fetchone()
    if row is None:
        raise MoviemotionError(f"{folder}: nothing is held here for this receipt; check the code")
    return str(row[0])


def find_receipt(folder: Path, code: str) -> Receipt:
    """A receipt as the audit log has it, also after erasure.

    Raises:
        MoviemotionError: it is not in the log: the code is wrong, or the log was cut or rewritten.
    """
    with open_database(folder) as register:
        for entry in audit_log.read_entries(register.connection):
            details = json.loads(entry.details)
            if details.get("receipt") == _hash_code(code):
                state, version = ConsentState(entry.action), details["disclosure"]
                return Receipt(_normalize_code(code), state, version, entry.time, entry.seq, entry.hash)
    raise MoviemotionError(
        f"{folder}: this receipt is not in the audit log; check the code, then run moviemotion privacy verify"
    )


def camera_masks(folder: Path, cameras: Iterable[str]) -> dict[str, Mask]:
    """What each camera of a study may see, by what its seats' viewers have said.

    Args:
        cameras: names. One that no seat names may see nothing.

    Returns:
        camera → mask; all open in a study that has no register.
    """
    if not has_database(folder):
        return dict.fromkeys(cameras, NO_MASK)
    by_camera: dict[str, list[Seat]] = {}
    for seat in list_seats(folder):
        by_camera.setdefault(seat.camera, []).append(seat)
    return {camera: mask_for_seats(by_camera.get(camera, [])) for camera in cameras}


def fully_masked_cameras(folder: Path, cameras: Iterable[str]) -> dict[str, str]:
    """The cameras of a study that may see nothing at all, by what its seats' viewers have said, and why."""
    if not has_database(folder):
        return {}
    everyone, why = list_seats(folder), {}
    for camera in cameras:
        here = [seat for seat in everyone if seat.camera == camera]
        if not mask_for_seats(here).hides_everything:
            continue
        if not here:
            why[camera] = "no seat has this camera"
        elif not any(seat.state is ConsentState.ACCEPTED for seat in here):
            why[camera] = "nobody there has said yes"
        else:
            unplaced = next(
                s.label for s in here if s.state is not ConsentState.ACCEPTED and s.region is None
            )
            why[camera] = f"seat {unplaced} has not said yes, and could be anywhere in its picture"
    return why


def mask_for_seats(camera_seats: list[Seat]) -> Mask:
    """What one camera may see: the regions of the seats whose viewers accepted, less those of the others."""
    agreed = [seat for seat in camera_seats if seat.state is ConsentState.ACCEPTED]
    others = [seat for seat in camera_seats if seat.state is not ConsentState.ACCEPTED]
    if not agreed or any(seat.region is None for seat in others):
        return Mask(visible=())
    hidden = tuple(seat.region for seat in others if seat.region)
    if any(seat.region is None for seat in agreed):
        return Mask(None, hidden)
    return Mask(tuple(seat.region for seat in agreed if seat.region), hidden)


def add_viewer(database: StudyDatabase, seat: str, state: ConsentState) -> str:
    """Give the viewer of a seat a random id; inside a transaction."""
    # The letter keeps spreadsheets from reading 12e4… as a number.
    viewer = f"v-{secrets.token_hex(6)}"
    database.connection.execute(
        "INSERT INTO viewers VALUES (?, ?, ?, ?)", (viewer, secrets.token_hex(8), seat, state)
    )
    return viewer


def audit_subject(database: StudyDatabase, viewer: str) -> str:
    """What the audit log calls a viewer.

    Raises:
        MoviemotionError: no such viewer.
    """
    row = database.connection.execute("SELECT subject FROM viewers WHERE id = ?", (viewer,)).fetchone()
    if row is None:
        raise MoviemotionError(f"viewer {viewer}: nothing is held about them; check the id")
    return str(row[0])


def consent_state(database: StudyDatabase, viewer: str) -> ConsentState:
    """What a viewer has said last.

    Raises:
        MoviemotionError: no such viewer.
    """
    audit_subject(database, viewer)
    row = database.connection.execute("SELECT state FROM viewers WHERE id = ?", (viewer,)).fetchone()
    return ConsentState(row[0])


def _find_seat(database: StudyDatabase, seat: str) -> Seat:
    here = next((s for s in seats_in_database(database) if s.label == seat), None)
    if here is None:
        raise MoviemotionError(f"{database.folder}: no such seat, {seat}; check the name")
    return here


def _normalize_code(code: str) -> str:
    """A code as the receipt has it, also where it was typed in capitals, with blanks or without dashes."""
    digits = re.sub(r"[\W_]", "", code.lower())
    return "-".join(digits[k : k + 8] for k in range(0, len(digits), 8))


def _hash_code(code: str) -> str:
    return hashlib.sha256(_normalize_code(code).encode()).hexdigest()
