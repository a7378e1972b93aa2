"""The film on paper: screenplay files → one record of elements."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from moviemotion._io.text_decoding import read_text
from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.elements import Element, ElementKind, Screenplay, ScreenplayNote
from moviemotion.screenplay.formats.fdx import read_fdx
from moviemotion.screenplay.formats.fountain import parse_fountain, parse_notes
from moviemotion.screenplay.formats.pdf import read_pdf
from moviemotion.screenplay.formats.plain_text import has_script_layout, parse_plain_text, plain_text_title
from moviemotion.screenplay.formats.title_page import parse_title, parse_title_page

__all__ = ["Element", "ElementKind", "Screenplay", "is_fountain", "read_screenplay"]

FOUNTAIN_SUFFIXES = (".fountain", ".spmd")
UNSUPPORTED_SUFFIXES = (".docx", ".doc", ".rtf", ".odt", ".celtx", ".fdr", ".fadein")


def read_screenplay(path: Path | str) -> Screenplay:
    """Read a screenplay: Fountain, Final Draft, a PDF, or a plain-text script as it was typed or converted.

    A `.txt` file with marks of Fountain, or with hardly any cues, is read as Fountain.

    Raises:
        MoviemotionError: the file is missing, broken, of another kind, empty, or holds no scene and no
            dialogue; or it is a `.txt` file without dialogue.
    """
    path = Path(path)
    if path.suffix.lower() in UNSUPPORTED_SUFFIXES:
        raise MoviemotionError(
            f"{path}: {path.suffix} scripts cannot be read; export it as Fountain (.fountain), Final Draft "
            "(.fdx) or PDF."
        )
    reader = _READERS.get(path.suffix.lower(), _read_text_script)
    screenplay = reader(path)
    if not any(e.kind in (ElementKind.SCENE_HEADING, ElementKind.DIALOGUE) for e in screenplay.elements):
        raise MoviemotionError(
            f"{path}: no scene heading and no dialogue found; give a screenplay in Fountain (.fountain), "
            "Final Draft (.fdx), PDF, or plain text (.txt)."
        )
    spoken = any(e.kind in (ElementKind.DIALOGUE, ElementKind.LYRICS) for e in screenplay.elements)
    if not spoken and reader is _read_text_script and path.suffix.lower() not in FOUNTAIN_SUFFIXES:
        raise MoviemotionError(
            f"{path}: scenes but no speakers found; put each speaker's name in capitals on a line of its own "
            "above the speech, or name the file .fountain if nobody speaks in it."
        )
    return screenplay


def _read_text_script(path: Path) -> Screenplay:
    text = read_text(path, "screenplay", "Fountain (.fountain) or plain text (.txt)")
    source = tuple(text.removesuffix("\n").split("\n"))
    title_page: tuple[tuple[str, str], ...] = ()
    notes: tuple[ScreenplayNote, ...] = ()
    if is_fountain(path, source):
        title, elements = parse_title(source), parse_fountain(source)
        title_page, notes = parse_title_page(source), parse_notes(source, elements)
    else:
        title, elements = plain_text_title(source), parse_plain_text(source)
    return Screenplay(title or path.stem, path, source, elements, title_page, notes)


def is_fountain(path: Path, source: Sequence[str]) -> bool:
    """Whether a screenplay is read as Fountain: by its name, or for want of another layout."""
    suffix = path.suffix.lower()
    return suffix not in _READERS and (suffix in FOUNTAIN_SUFFIXES or not has_script_layout(source))


_READERS = {".fdx": read_fdx, ".pdf": read_pdf}
