"""Links to the consent pages of seats. They cannot be guessed, and are the same on every printed sheet."""

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
"""120 bits, written as 24 letters and digits that a person can type."""


def seat_tokens(folder: Path) -> dict[str, str]:
    """Map each seat to the token in the URL of its consent page.

    Raises:
        MoviemotionError: the study has no database.
    """
    with open_database(folder) as database:
        key = _load_or_create_key(database)
        rows = database.connection.execute("SELECT seat FROM seats ORDER BY seat")
        return {seat: _seat_token(key, seat) for (seat,) in rows}


def find_seat_by_token(folders: Iterable[Path], token: str) -> tuple[Path, str] | None:
    """Find the study and seat of a consent page; None if no seat matches. Damaged studies are skipped.

    Raises:
        StorageError: a study could not be searched because the disk is full.
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
    """Load the secret key of a study, creating it on first use."""
    if database.get_metadata(_KEY_NAME) is None:
        with database.transaction():
            # Another request may have created the key in the meantime.
            if database.get_metadata(_KEY_NAME) is None:
                database.set_metadata(_KEY_NAME, secrets.token_hex(32))
    return bytes.fromhex(database.get_metadata(_KEY_NAME) or "")


# Cached, because each visit compares its token with the tokens of all seats in all studies.
@lru_cache(maxsize=1 << 14)
def _seat_token(key: bytes, seat: str) -> str:
    digest = hmac.new(key, seat.encode(), hashlib.sha256).digest()
    return b32encode(digest[:_TOKEN_BYTES]).decode().lower()
