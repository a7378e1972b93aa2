"""Fingerprints that a study uses to recognize its input files."""

from __future__ import annotations

import hashlib
from pathlib import Path

_FINGERPRINT_BYTES = 1 << 20


def file_fingerprint(path: Path) -> str:
    """Identify a file by its size and a hash of its first and last MiB, without reading hours of video.

    Returns:
        The size in bytes, a hyphen, and the first 16 digits of the SHA-256 hash; "unreadable" if the
        file does not exist.
    """
    if not path.is_file():
        return "unreadable"
    size = path.stat().st_size
    with path.open("rb") as file:
        digest = hashlib.sha256(file.read(_FINGERPRINT_BYTES))
        file.seek(max(0, size - _FINGERPRINT_BYTES))
        digest.update(file.read())
    return f"{size}-{digest.hexdigest()[:16]}"
