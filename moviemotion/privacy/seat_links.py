"""The address of each seat's page: not to be guessed, and the same each time the sheet is printed."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b32encode
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from moviemotion.errors import MoviemotionError
from moviemotion.privacy.study_database import NoRoomError, Register, opened

_FACT = "seat pages"
_BYTES = 15
"""120 bits; 24 letters and digits that a person can type."""


def seat_tokens(folder: Path) -> dict[str, str]:
    """Seat → what stands in the address of its page.

    Raises:
        MoviemotionError: the study has no register.
    """
    with opened(folder) as register:
        key = _key(register)
        rows = register.db.execute("SELECT seat FROM seats ORDER BY seat")
        return {seat: _token(key, seat) for (seat,) in rows}


def seat_with(folders: Iterable[Path], token: str) -> tuple[Path, str] | None:
    """The study and the seat of a page, or None where there is no such page; damaged studies have none.

    Raises:
        NoRoomError: the disk is full, and a study could not be asked.
    """
    given = token.lower().encode(errors="replace")
    for folder in folders:
        try:
            tokens = seat_tokens(folder)
        except NoRoomError:
            raise
        except MoviemotionError:
            continue
        for seat, of_seat in tokens.items():
            if hmac.compare_digest(of_seat.encode(), given):
                return folder, seat
    return None


def _key(register: Register) -> bytes:
    """A study's own; made when it is first needed."""
    if register.fact(_FACT) is None:
        with register.writing():
            # Another request may have been quicker.
            if register.fact(_FACT) is None:
                register.set_fact(_FACT, secrets.token_hex(32))
    return bytes.fromhex(register.fact(_FACT) or "")


# Whoever opens a page is looked for among all seats of all studies.
@lru_cache(maxsize=1 << 14)
def _token(key: bytes, seat: str) -> str:
    digest = hmac.new(key, seat.encode(), hashlib.sha256).digest()
    return b32encode(digest[:_BYTES]).decode().lower()
