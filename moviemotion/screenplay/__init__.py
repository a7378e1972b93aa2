"""Screenplays, and the times at which their elements are on screen.

The packages, in the order in which the data passes through them:

- `formats`: screenplay files (Fountain, Final Draft, PDF, plain text, plug-ins) → `elements.Screenplay`
- `subtitles`: subtitle files and subtitle tracks of films → timed spoken words
- `alignment`: screenplay + subtitles or timing sheet → one `Cue` for each element

`inputs` reads a screenplay together with its timing files; `film_file` finds the shot changes and the start
timecode in the film file.

The names below can be imported from here. They are loaded on first use, so that `import
moviemotion.screenplay` stays fast (scipy, pypdfium2 and pysubs2 are imported only when needed).

Example:
    >>> from moviemotion.screenplay import align_script, read_screenplay, read_subtitles
    >>> screenplay = read_screenplay("film.fountain")  # doctest: +SKIP
    >>> timed = align_script(screenplay, read_subtitles("film.srt"), film_seconds=None)  # doctest: +SKIP
    >>> [(screenplay.elements[cue.element].text, cue.start) for cue in timed.cues]  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moviemotion.screenplay.alignment.align import TimedScript, align_script
    from moviemotion.screenplay.alignment.cues import Cue, TimeSource
    from moviemotion.screenplay.elements import Element, ElementKind, Screenplay
    from moviemotion.screenplay.formats.format_registry import (
        ScreenplayFormat,
        read_screenplay,
        register_format,
    )
    from moviemotion.screenplay.subtitles.parse import Subtitle, read_subtitles

__all__ = [
    "Cue",
    "Element",
    "ElementKind",
    "Screenplay",
    "ScreenplayFormat",
    "Subtitle",
    "TimeSource",
    "TimedScript",
    "align_script",
    "read_screenplay",
    "read_subtitles",
    "register_format",
]

_MODULES = {
    "Cue": "alignment.cues",
    "Element": "elements",
    "ElementKind": "elements",
    "Screenplay": "elements",
    "ScreenplayFormat": "formats.format_registry",
    "Subtitle": "subtitles.parse",
    "TimeSource": "alignment.cues",
    "TimedScript": "alignment.align",
    "align_script": "alignment.align",
    "read_screenplay": "formats.format_registry",
    "read_subtitles": "subtitles.parse",
    "register_format": "formats.format_registry",
}


def __getattr__(name: str) -> object:
    """Import a public name from its module when it is first used (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
