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
from moviemotion.privacy.study_database import StorageError, StudyDatabase, open_database

_KEY_NAME = "seat pages"
_TOKEN_BYTES = 15
"""120 bits; 24 letters and digits that a person can type."""


def seat_tokens(folder: Path) -> dict[str, str]:
    """Seat → what stands in the address of its page.

    Raises:
        MoviemotionError: the study has no register.
    """
    with open_database(folder) as register:
        key = _load_or_create_key(register)
        rows = register.connection.execute("SELECT seat FROM seats ORDER BY seat")
        return {seat: _seat_token(key, seat) for (seat,) in rows}


def find_seat_by_token(folders: Iterable[Path], token: str) -> tuple[Path, str] | None:
    """The study and the seat of a page, or None where there is no such page; damaged studies have none.

    Raises:
        NoRoomError: the disk is full, and a study could not be asked.
    """
    given = token.lower().encode(errors="replace")
    for folder in folders:
        try:
            tokens = seat_tokens(folder)
        except StorageError:
            raise
        except MoviemotionError:
            continue
        for seat, of_seat in tokens.items():
            if hmac.compare_digest(of_seat.encode(), given):
                return folder, seat
    return None


def _load_or_create_key(database: StudyDatabase) -> bytes:
    """A study's own; made when it is first needed."""
    if database.get_metadata(_KEY_NAME) is None:
        with database.transaction():
            # Another request may have been quicker.
            if database.get_metadata(_KEY_NAME) is None:
                database.set_metadata(_KEY_NAME, secrets.token_hex(32))
    return bytes.fromhex(database.get_metadata(_KEY_NAME) or "")


# Whoever opens a page is looked for among all seats of all studies.
@lru_cache(maxsize=1 << 14)
def _seat_token(key: bytes, seat: str) -> str:
    digest = hmac.new(key, seat.encode(), hashlib.sha256).digest()
    return b32encode(digest[:_TOKEN_BYTES]).decode().lower()
