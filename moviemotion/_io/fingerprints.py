"""Fingerprints by which a study recognizes the files it was made from."""

from __future__ import annotations

import hashlib
from pathlib import Path

_FINGERPRINT_BYTES = 1 << 20


def file_fingerprint(path: Path) -> str:
    """Size and hash of the first and last MiB of a file: hours of video are not read twice.

    Returns:
        Bytes, a hyphen, and the first 16 digits of the SHA-256; "unreadable" where there is no such file.
    """
    if not path.is_file():
        return "unreadable"
    size = path.stat().st_size
    with path.open("rb") as file:
        digest = hashlib.sha256(file.read(_FINGERPRINT_BYTES))
        file.seek(max(0, size - _FINGERPRINT_BYTES))
        digest.update(file.read())
    return f"{size}-{digest.hexdigest()[:16]}"
