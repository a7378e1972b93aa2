"""Read text files in any common encoding."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import charset_normalizer
import ftfy

from moviemotion.errors import MoviemotionError

_BINARY_SIGNATURES = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a word-processor document or a ZIP file",
    b"\xd0\xcf\x11\xe0": "a word-processor document",
    b"{\\rtf": "an RTF document",
}

_UNPRINTABLE_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode categories of control characters, lone surrogates, and line and paragraph separators."""
_LEGACY_ENCODINGS = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258"),
    *("iso8859_2", "iso8859_5", "koi8_r", "mac_roman", "gb18030", "big5", "shift_jis", "euc_jp", "cp949"),
]
"""Encodings other than Unicode that are used for scripts and subtitles."""
_MIN_BYTES_TO_DETECT = 40
"""Minimum number of non-ASCII bytes for detecting the encoding; with fewer, cp1252 is assumed."""
_MIN_ZERO_SHARE = 0.3
_LINE_END = re.compile(r"\r{0,8}\n|\r")
_LINE_SEPARATOR = re.compile("[\v\u2028\u2029]\n?")
"""Line ends of word processors."""
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb]"
    "|[\u200c\u200d](?=[\\x00-\x7f]|$)|(?:(?<=[\\x00-\x7f])|^)[\u200c\u200d]"
)
"""Characters without a picture, such as U+200B and soft hyphens. Joiners (U+200C and U+200D) stay between
letters of scripts that need them, and within emoji."""
_BLANK = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f](?![?!:;»%])(?<![«‹].)")
"""Blanks of other widths, apart from those that French puts inside quotation marks and before some marks."""
_WIDE_MARK = re.compile("(?<=[A-Za-z0-9])[．：／－＃](?!$)|＃(?=[0-9])")
_WIDE_OFFSET = 0xFEE0
_LIGATURES = range(0xFB00, 0xFB07)


def read_text(path: Path, expected: str, suggested_format: str) -> str:
    """Read the text of a file in any common encoding; line endings become newlines.

    Args:
        path: the file to read.
        expected: what the file should contain, for error messages, such as "screenplay".
        suggested_format: the recommended format, for error messages, such as "Fountain (.fountain)".

    Raises:
        MoviemotionError: the file is missing, unreadable, empty, or not text.
    """
    data = read_bytes(path, expected)
    for magic, name in _BINARY_SIGNATURES.items():
        if data.startswith(magic):
            raise MoviemotionError(
                f"{path}: this is {name}, not a plain-text {expected}; save it as {suggested_format}."
            )
    text = _decode(data)
    if text is None:
        raise MoviemotionError(
            f"{path}: this is not a text file; provide the {expected} as {suggested_format}."
        )
    if not text.strip():
        raise MoviemotionError(f"{path}: the {expected} is empty; provide a file that contains text.")
    return _LINE_SEPARATOR.sub("\n", _normalize_newlines(repair_characters(text)))


def repair_characters(text: str) -> str:
    """Write a text in the characters that a typist would use.

    Double encoding ("â€”" for a dash, or the control character U+0097) is undone; letters and accents are
    joined; characters that cannot be seen are removed; blanks of other widths become spaces; full-width or
    mathematical letters and ligatures become plain letters. Only sequences that no writer types are taken for
    double encoding, so "IRMÃ…" stays as it is.
    """
    if text.isascii():
        return text
    text = _INVISIBLE.sub("", ftfy.fix_encoding(text))
    text = text.translate({ord(letter): plain for letter in set(text) if (plain := _plain_letter(letter))})
    text = _WIDE_MARK.sub(lambda mark: chr(ord(mark[0]) - _WIDE_OFFSET), _BLANK.sub(" ", text))
    return unicodedata.normalize("NFC", text)


def _plain_letter(letter: str) -> str | None:
    """The plain form of a full-width or mathematical letter or digit, or of a ligature; otherwise None."""
    tag = unicodedata.decomposition(letter).partition(" ")[0]
    if tag in ("<wide>", "<font>") or ord(letter) in _LIGATURES:
        plain = unicodedata.normalize("NFKC", letter)
        return plain if plain.isalnum() else None
    return None


def is_unprintable(text: str) -> bool:
    """Whether a text contains control characters, lone surrogates or line ends."""
    return any(unicodedata.category(letter) in _UNPRINTABLE_CATEGORIES for letter in text)


def read_bytes(path: Path, expected: str) -> bytes:
    """Read the bytes of a file.

    Raises:
        MoviemotionError: the file is missing or unreadable, or its name cannot be stored.
    """
    if is_unprintable(str(path)):
        raise MoviemotionError(f"{str(path)!r}: the file name contains control characters; rename the file")
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise MoviemotionError(f"{path}: no such file; check the path of the {expected}.") from None
    except OSError as error:
        raise MoviemotionError(
            f"{path}: the {expected} cannot be read ({error.strerror}); check the path and the permissions."
        ) from None


def decode_lines(data: bytes) -> tuple[str, ...]:
    """Decode the lines of a file that is known to be text."""
    text = _normalize_newlines(_decode(data) or "")
    return tuple(text.removesuffix("\n").split("\n"))


def _normalize_newlines(text: str) -> str:
    # Some programs write \r\r\n, which is one line ending, not two.
    return _LINE_END.sub("\n", text)


def _decode(data: bytes) -> str | None:
    """Decode UTF-8, UTF-16 or the most likely legacy encoding; return None if the data is not text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data:  # no text encoding except UTF-16 contains zero bytes
        return _decode_utf16_without_bom(data)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    beyond_ascii = sum(byte > 127 for byte in data)
    if beyond_ascii >= _MIN_BYTES_TO_DETECT:
        guess = charset_normalizer.from_bytes(data, cp_isolation=_LEGACY_ENCODINGS).best()
        if guess is not None:
            return str(guess)
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")  # five byte values are undefined in cp1252


def _decode_utf16_without_bom(data: bytes) -> str | None:
    """Decode UTF-16 without a byte order mark: every second byte of Western text is zero."""
    half = len(data) // 2
    for encoding, high in (("utf-16-le", data[1::2]), ("utf-16-be", data[::2])):
        if high.count(0) > _MIN_ZERO_SHARE * half and data.count(0) == high.count(0) and len(data) % 2 == 0:
            text = data.decode(encoding, errors="replace")
            return text if all(c.isprintable() or c.isspace() for c in text[:1000]) else None
    return None
