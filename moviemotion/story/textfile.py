"""Read a text file in whatever encoding it was saved in."""

from __future__ import annotations

from pathlib import Path

from moviemotion.errors import MoviemotionError

_NOT_TEXT = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a word processor's or zipped file",
    b"\xd0\xcf\x11\xe0": "a word processor's file",
}


def read_text(path: Path, what: str, save_as: str) -> str:
    """The text of a file: UTF-8, UTF-16 with its mark, else Windows-1252; line ends become newlines.

    Args:
        what: what the file should hold, for the message ("screenplay").
        save_as: what to save it as instead, for the message ("Fountain (.fountain)").

    Raises:
        MoviemotionError: the file is missing, unreadable, empty, or not text.
    """
    data = read_bytes(path, what)
    for magic, name in _NOT_TEXT.items():
        if data.startswith(magic):
            raise MoviemotionError(f"{path}: this is {name}, not a {what} as text; save it as {save_as}.")
    text = _decode(data)
    if text is None:
        raise MoviemotionError(f"{path}: this is not a text file; give the {what} as {save_as}.")
    if not text.strip():
        raise MoviemotionError(f"{path}: the {what} is empty; give a file with text in it.")
    return _with_newlines(text)


def read_bytes(path: Path, what: str) -> bytes:
    """What a file holds.

    Raises:
        MoviemotionError: the file is missing or unreadable.
    """
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise MoviemotionError(f"{path}: there is no such file; check the {what}'s path.") from None
    except OSError as error:
        raise MoviemotionError(
            f"{path}: the {what} cannot be read ({error.strerror}); check the path and its permissions."
        ) from None


def as_lines(data: bytes) -> tuple[str, ...]:
    """The lines of a file that is known to be text."""
    text = _with_newlines(_decode(data) or "")
    return tuple(text.removesuffix("\n").split("\n"))


def _with_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode(data: bytes) -> str | None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data:  # no text encoding but UTF-16 holds zero bytes
        return None
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")  # five byte values are undefined in cp1252
