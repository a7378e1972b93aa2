"""The registry of screenplay formats, and `read_screenplay`, which reads files in any of these formats.

A format is an object that implements the protocol `ScreenplayFormat`. Formats are tried in order, and the
first format that matches a file reads it:

1. formats that a program registered with `register_format`, newest first;
2. formats of installed packages, declared in the entry-point group `moviemotion.screenplay_formats`;
3. `BUILT_IN_FORMATS`: Final Draft, PDF, Fountain, plain text. Plain text accepts every file.

A parser that ships with MoviEmotion belongs in `BUILT_IN_FORMATS`, before plain text. Any other package
declares its format in `pyproject.toml`, as an instance or as a class without constructor parameters:

    [project.entry-points."moviemotion.screenplay_formats"]
    highland = "my_package.highland:HighlandFormat"
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

from moviemotion._io.text_decoding import read_text
from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.elements import ElementKind, Screenplay
from moviemotion.screenplay.formats.fdx import read_fdx
from moviemotion.screenplay.formats.fountain import (
    has_fountain_marks,
    has_markdown_headings,
    parse_fountain,
    screenplay_from_fountain,
)
from moviemotion.screenplay.formats.margin_marks import without_margin_marks
from moviemotion.screenplay.formats.page_furniture import parse_rows
from moviemotion.screenplay.formats.pdf import read_pdf
from moviemotion.screenplay.formats.plain_text import (
    GOOD_QUALITY,
    MAX_LINES,
    PlainTextReading,
    read_plain_text,
    reading_quality,
)

ENTRY_POINT_GROUP = "moviemotion.screenplay_formats"
HEAD_BYTES = 4096
"""Number of bytes of a file passed to `ScreenplayFormat.matches`."""
FOUNTAIN_SUFFIXES = (".fountain", ".spmd")
UNSUPPORTED_SUFFIXES = (".docx", ".doc", ".rtf", ".odt", ".celtx", ".fdr", ".fadein")
"""Suffixes of files that are rejected, with advice to the user, unless a registered or installed format
accepts them."""


@runtime_checkable
class ScreenplayFormat(Protocol):
    """A file format from which screenplays can be read.

    Example:
        >>> class Highland:
        ...     name = "Highland"
        ...     suffixes = (".highland",)
        ...
        ...     def matches(self, path: Path, head: bytes) -> bool:
        ...         return path.suffix.lower() in self.suffixes
        ...
        ...     def read(self, path: Path) -> Screenplay:
        ...         with zipfile.ZipFile(path) as bundle:
        ...             return screenplay_from_fountain(bundle.read("text.fountain").decode(), path)
        >>> register_format(Highland())
    """

    @property
    def name(self) -> str:
        """The user-facing name of the format, such as "Final Draft"."""
        ...

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The usual file suffixes, in lowercase and with the dot; error messages list them."""
        ...

    def matches(self, path: Path, head: bytes) -> bool:
        """Whether this format can read a file.

        Args:
            path: the file.
            head: the first `HEAD_BYTES` bytes of the file; empty if it cannot be opened.
        """
        ...

    def read(self, path: Path) -> Screenplay:
        """Read a matching file.

        Raises:
            MoviemotionError: the file is missing or corrupt; the message names the file and the remedy.
        """
        ...


@dataclass(frozen=True)
class _BuiltInFormat:
    """A built-in format, which matches files by suffix unless it accepts all files."""

    name: str
    suffixes: tuple[str, ...]
    reader: Callable[[Path], Screenplay]
    max_megabytes: int
    accepts_all: bool = False

    def matches(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the suffix is enough here
        return self.accepts_all or path.suffix.lower() in self.suffixes

    def read(self, path: Path) -> Screenplay:
        megabytes = path.stat().st_size / 1e6 if path.is_file() else 0.0
        if megabytes > self.max_megabytes:
            raise MoviemotionError(
                f"{path}: has {megabytes:,.0f} MB, but a {self.name} file of one screenplay has at most "
                f"{self.max_megabytes} MB; give one file per screenplay, without other material."
            )
        return self.reader(path)


def _read_fountain(path: Path) -> Screenplay:
    return screenplay_from_fountain(_read_script_text(path), path)


def _read_plain_text(path: Path) -> Screenplay:
    """Read a text file as a printed script if it is laid out like one, otherwise as Fountain."""
    text = _read_script_text(path)
    source = tuple(text.removesuffix("\n").split("\n"))
    reading = _read_as_printed(source)
    screenplay = (
        screenplay_from_fountain(text, path)
        if reading is None
        else Screenplay(reading.title or path.stem, path, source, reading.elements, reading.title_page)
    )
    kinds = {element.kind for element in screenplay.elements}
    if ElementKind.SCENE_HEADING in kinds and not kinds & {ElementKind.DIALOGUE, ElementKind.LYRICS}:
        # A silent film is possible, but a .txt file without dialogue almost always means that its speakers
        # were not recognized. With the Fountain suffix, users declare that the film really is silent.
        raise MoviemotionError(
            f"{path}: scenes were found, but no speakers; "
            "put each speaker's name in capitals on a separate line "
            "above the speech, or name the file .fountain if the film has no dialogue."
        )
    return screenplay


def _read_as_printed(source: Sequence[str]) -> PlainTextReading | None:
    """Read the lines of a text file as a printed script; None if they are Fountain."""
    reading = read_plain_text(source)
    markdown = has_markdown_headings(source)
    if reading is None or (reading.quality >= GOOD_QUALITY and not markdown):
        return reading
    if not (markdown or has_fountain_marks(source)):
        return reading
    quality = reading_quality(parse_fountain(source), parse_rows(source))
    return reading if reading.quality > quality and not (markdown and quality >= GOOD_QUALITY) else None


def _read_script_text(path: Path) -> str:
    text = read_text(path, "screenplay", "Fountain (.fountain) or plain text (.txt)")
    lines = text.count("\n")
    if lines > MAX_LINES:
        raise MoviemotionError(
            f"{path}: has {lines:,} lines, but one screenplay has at most {MAX_LINES:,}; give one file per "
            "screenplay, without other material."
        )
    return "\n".join(without_margin_marks(text.split("\n")))


FINAL_DRAFT = _BuiltInFormat("Final Draft", (".fdx",), read_fdx, max_megabytes=50)
PDF = _BuiltInFormat("PDF", (".pdf",), read_pdf, max_megabytes=500)
FOUNTAIN = _BuiltInFormat("Fountain", FOUNTAIN_SUFFIXES, _read_fountain, max_megabytes=5)
PLAIN_TEXT = _BuiltInFormat("plain text", (".txt",), _read_plain_text, max_megabytes=5, accepts_all=True)
BUILT_IN_FORMATS: tuple[ScreenplayFormat, ...] = (FINAL_DRAFT, PDF, FOUNTAIN, PLAIN_TEXT)
"""The built-in formats, in the order in which they are tried."""

_registered: list[ScreenplayFormat] = []
_Result = TypeVar("_Result")


def register_format(screenplay_format: ScreenplayFormat) -> None:
    """Add a format for the lifetime of the process. It is tried before all others.

    Raises:
        MoviemotionError: the object does not implement `ScreenplayFormat`.
    """
    provider = _provider(screenplay_format)
    try:
        _check_format(screenplay_format, provider)
    except MoviemotionError:
        raise
    except Exception as error:  # the name and the suffixes may be properties, which can raise anything
        raise _format_error(provider, f"cannot be used ({_describe(error)})") from error
    _registered.insert(0, screenplay_format)


def unregister_format(screenplay_format: ScreenplayFormat) -> None:
    """Remove a format that was added with `register_format`.

    Raises:
        ValueError: the format is not registered.
    """
    _registered.remove(screenplay_format)


def available_formats() -> tuple[ScreenplayFormat, ...]:
    """All formats in the order in which they are tried: registered, installed, built-in.

    Raises:
        MoviemotionError: an installed package's format cannot be loaded; the message names the package.
    """
    return tuple(screenplay_format for screenplay_format, _ in _formats_with_providers())


def read_screenplay(path: Path | str) -> Screenplay:
    """Read a screenplay in any registered format.

    Fountain, Final Draft, PDF and plain text are built in. A `.txt` file is read as Fountain if it has
    Fountain marks or hardly any recognizable speakers.

    Args:
        path: the screenplay file.

    Returns:
        The screenplay. It has at least one scene heading or one dialogue element.

    Raises:
        MoviemotionError: the file is missing, corrupt, empty, in an unsupported format, or has neither scenes
            nor dialogue; it is a `.txt` file without dialogue; or an installed format fails.
    """
    path = Path(path)
    screenplay_format, provider = _find_format(path)
    if screenplay_format is PLAIN_TEXT and path.suffix.lower() in UNSUPPORTED_SUFFIXES:
        raise MoviemotionError(
            f"{path}: {path.suffix} scripts cannot be read; export the script as Fountain (.fountain), "
            "Final Draft (.fdx) or PDF."
        )
    screenplay = _guarded(provider, path, partial(screenplay_format.read, path))
    if provider is not None and not isinstance(screenplay, Screenplay):
        raise _format_error(provider, f"returned no screenplay for {path}")
    if not _guarded(provider, path, partial(_has_scene_or_dialogue, screenplay)):
        formats = [f"{known.name} ({', '.join(known.suffixes)})" for known in available_formats()]
        raise MoviemotionError(
            f"{path}: no scene heading or dialogue found; give a screenplay in one of these formats: "
            f"{', '.join(formats)}."
        )
    return screenplay


def _has_scene_or_dialogue(screenplay: Screenplay) -> bool:
    return any(e.kind in (ElementKind.SCENE_HEADING, ElementKind.DIALOGUE) for e in screenplay.elements)


def is_fountain(path: Path, source: Sequence[str]) -> bool:
    """Whether the source lines of a screenplay are Fountain.

    Args:
        path: the path from which the screenplay was read; the file no longer needs to exist.
        source: `Screenplay.source`.
    """
    screenplay_format, _ = _find_format(path)
    return screenplay_format is FOUNTAIN or (
        screenplay_format is PLAIN_TEXT and _read_as_printed(source) is None
    )


def _find_format(path: Path) -> tuple[ScreenplayFormat, str | None]:
    """The format that reads a file, and the package that provides that format; None for MoviEmotion."""
    head = _read_head(path)
    for screenplay_format, provider in _formats_with_providers():
        if _guarded(provider, path, partial(screenplay_format.matches, path, head)):
            return screenplay_format, provider
    raise AssertionError("plain text accepts every file")


def _formats_with_providers() -> Iterator[tuple[ScreenplayFormat, str | None]]:
    yield from ((known, _provider(known)) for known in _registered)
    for entry_point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name):
        yield _load(entry_point)
    yield from ((known, None) for known in BUILT_IN_FORMATS)


def _load(entry_point: EntryPoint) -> tuple[ScreenplayFormat, str]:
    distribution = entry_point.dist
    name = f"{distribution.name} {distribution.version}" if distribution else entry_point.module
    provider = f"package {name}, screenplay format {entry_point.name!r}"
    try:
        loaded = entry_point.load()
        screenplay_format = loaded() if isinstance(loaded, type) else loaded
        _check_format(screenplay_format, provider)
    except MoviemotionError:
        raise
    except Exception as error:  # package code can raise anything
        raise _format_error(provider, f"cannot be loaded ({_describe(error)})") from error
    return screenplay_format, provider


def _check_format(screenplay_format: object, provider: str) -> None:
    if not isinstance(screenplay_format, ScreenplayFormat):
        parts = ("name", "suffixes", "matches", "read")
        missing = [part for part in parts if not hasattr(screenplay_format, part)]
        raise _format_error(provider, f"not a valid ScreenplayFormat: it lacks {' and '.join(missing)}")
    name, suffixes = screenplay_format.name, screenplay_format.suffixes
    # A bare string such as ".card" is also a sequence of strings, but not the intended one.
    if not (
        isinstance(name, str)
        and isinstance(suffixes, tuple)
        and all(isinstance(suffix, str) for suffix in suffixes)
    ):
        raise _format_error(provider, "its name must be a str and its suffixes a tuple of str")


def _guarded(provider: str | None, path: Path, call: Callable[[], _Result]) -> _Result:
    """Call a format of another package; any exception becomes an error that names the package."""
    try:
        return call()
    except MoviemotionError:
        raise
    except Exception as error:
        if provider is None:
            raise  # a bug in MoviEmotion, which must not look like a user error
        raise _format_error(provider, f"failed on {path} ({_describe(error)})") from error


def _format_error(provider: str, problem: str) -> MoviemotionError:
    return MoviemotionError(f"{provider}: {problem}; update or uninstall the package.")


def _provider(screenplay_format: object) -> str:
    kind = type(screenplay_format)
    return f"package {kind.__module__.partition('.')[0]}, screenplay format {kind.__qualname__}"


def _describe(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _read_head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""  # the format for this suffix reports the problem
