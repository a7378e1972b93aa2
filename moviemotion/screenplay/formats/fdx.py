"""Read FDX files written by Final Draft and by programs that export this format.

The XML is read directly, because existing parsers discard scene numbers, scene lengths and notes.
Final Draft refers to elements by ranges of characters, counted from the start of the script. `_Reader` counts
them in the same way, so that notes can be assigned to elements and written back (see `fdx_writer`).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from moviemotion._io.text_decoding import decode_lines, read_bytes, repair_characters
from moviemotion._io.xml_tree import XmlNode, parse_xml
from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.elements import (
    SPEECH_KINDS,
    Element,
    ElementKind,
    Emphasis,
    Screenplay,
    ScreenplayNote,
    TextStyle,
)
from moviemotion.screenplay.formats.element_patterns import character_name
from moviemotion.screenplay.formats.emphasis import emphasis_runs
from moviemotion.screenplay.formats.printed_title_page import TitlePageLine, printed_title_page

FDX_REMEDY = "save it again as Final Draft (.fdx), or export it as Fountain (.fountain)"
_ELEMENT_KINDS = {
    "Scene Heading": ElementKind.SCENE_HEADING,
    "Character": ElementKind.CHARACTER,
    "Parenthetical": ElementKind.PARENTHETICAL,
    "Dialogue": ElementKind.DIALOGUE,
    "Singing": ElementKind.LYRICS,
    "Lyrics": ElementKind.LYRICS,
    "Transition": ElementKind.TRANSITION,
    "New Act": ElementKind.CENTERED,
    "End of Act": ElementKind.CENTERED,
}
"""Paragraph type → element kind. All other types (Action, Shot, General, Cast List, …) become action."""
_TEXT_STYLES = {"Italic": TextStyle.ITALIC, "Bold": TextStyle.BOLD, "Underline": TextStyle.UNDERLINE}
_LENGTH = re.compile(r"(?:(\d+)(?:\s+|$))?(?:(\d)/8)?")
_EMBEDDED_TAGS = ("DualDialogue", "OmittedScene")
EMBEDDED_BLOCK_LENGTH = 2
"""Number of characters that Final Draft counts for a block inside a paragraph; its text is not counted."""


def read_fdx(path: Path) -> Screenplay:
    """Read an FDX file.

    Raises:
        MoviemotionError: the file is missing or is not a Final Draft script, or its XML is malformed or
            unsafe.
    """
    data = read_bytes(path, "screenplay")
    root, reader = _read(data, path)
    title_lines = _title_lines(root.find("TitlePage"))
    title = next((text for text, _ in title_lines if text), "")
    source = decode_lines(data)
    return Screenplay(
        title or path.stem,
        path,
        source,
        # The XML parser and Python count the lines of some damaged files differently.
        tuple(replace(e, line=min(e.line, len(source))) for e in reader.elements),
        title_page=printed_title_page(title, title_lines),
        notes=tuple(_notes(root, reader)),
    )


def element_ranges(data: bytes, path: Path) -> list[tuple[int, int]]:
    """The character range of each element of an FDX file, counted like the ranges of its script notes.

    Characters are counted from the start of the script, and each paragraph end counts as one character.
    Elements of dual dialogue have the range of their block.

    Args:
        data: the contents of the file.
        path: the file, for error messages.
    """
    return _read(data, path)[1].ranges


def _read(data: bytes, path: Path) -> tuple[XmlNode, _Reader]:
    root = parse_xml(data, path, FDX_REMEDY)
    content = root.find("Content")
    if root.tag != "FinalDraft" or content is None:
        raise MoviemotionError(f"{path}: not a Final Draft script; {FDX_REMEDY}")
    reader = _Reader()
    for paragraph in content.find_all("Paragraph"):
        reader.read_paragraph(paragraph)
    return root, reader


def _paragraph_text(paragraph: XmlNode) -> str:
    """The text of a paragraph, limited to the characters that Final Draft counts."""
    return "".join(text.text for text in paragraph.find_all("Text"))


class _Reader:
    """Creates elements in one pass over the paragraphs, counting characters as Final Draft does.

    Attributes:
        elements: the elements so far.
        ranges: the character range of each element.
    """

    def __init__(self) -> None:
        self.elements: list[Element] = []
        self.ranges: list[tuple[int, int]] = []
        self._offset = 0
        self._scene = 0
        self._speaker: str | None = None

    def read_paragraph(self, paragraph: XmlNode) -> None:
        """Read one top-level paragraph of the script."""
        dual = paragraph.find("DualDialogue")
        if paragraph.attributes.get("StartsNewPage") == "Yes":
            self._add(ElementKind.PAGE_BREAK, "", paragraph)
            self.ranges.append((self._offset, self._offset))
        if dual is not None:
            self._dual_dialogue(dual)
        else:
            self._element(paragraph)
        embedded = sum(child.tag in _EMBEDDED_TAGS for child in paragraph.children)
        end = self._offset + len(_paragraph_text(paragraph)) + EMBEDDED_BLOCK_LENGTH * embedded
        added = len(self.elements) - len(self.ranges)
        if added:
            self.ranges += [(self._offset, end)] * added
        elif self.ranges and _styled_text(paragraph)[0]:  # joined to the previous element
            self.ranges[-1] = (self.ranges[-1][0], end)
        self._offset = end + 1

    def _dual_dialogue(self, block: XmlNode) -> None:
        speeches = 0
        for paragraph in block.find_all("Paragraph"):
            speeches += paragraph.attributes.get("Type") == "Character"
            self._element(paragraph, dual=speeches > 1)

    def _element(self, paragraph: XmlNode, dual: bool = False) -> None:
        text, emphasis = _styled_text(paragraph)
        if not text:
            return
        kind = _ELEMENT_KINDS.get(paragraph.attributes.get("Type", ""), ElementKind.ACTION)
        if kind is ElementKind.ACTION and paragraph.attributes.get("Alignment") == "Center":
            kind = ElementKind.CENTERED
        if kind is ElementKind.CHARACTER:
            self._speaker = character_name(text)
        elif kind not in SPEECH_KINDS:
            self._speaker = None
        who = self._speaker if kind is ElementKind.CHARACTER or kind in SPEECH_KINDS else None
        if kind is ElementKind.SCENE_HEADING:
            self._heading(paragraph, text, emphasis)
        elif kind in (ElementKind.DIALOGUE, ElementKind.LYRICS) and self._continues_last(kind, who):
            self._append_to_last(text, emphasis, paragraph)
        else:
            self._add(kind, text, paragraph, who, dual, emphasis)

    def _heading(self, paragraph: XmlNode, text: str, emphasis: tuple[Emphasis, ...]) -> None:
        self._scene += 1
        self._add(ElementKind.SCENE_HEADING, text, paragraph, emphasis=emphasis)
        properties = paragraph.find("SceneProperties")
        of_scene = properties.attributes if properties is not None else {}
        page = of_scene.get("Page", "")
        self.elements[-1] = replace(
            self.elements[-1],
            number=paragraph.attributes.get("Number") or of_scene.get("Number") or None,
            page=int(page) if page.isdecimal() else None,
            eighths=_eighths(of_scene.get("Length", "")),
        )
        summary = properties.find("Summary") if properties is not None else None
        for line in summary.find_all("Paragraph") if summary is not None else ():
            synopsis, styles = _styled_text(line)
            if synopsis:
                self._add(ElementKind.SYNOPSIS, synopsis, line, emphasis=styles)

    def _add(
        self,
        kind: ElementKind,
        text: str,
        node: XmlNode,
        who: str | None = None,
        dual: bool = False,
        emphasis: tuple[Emphasis, ...] = (),
    ) -> None:
        lines = node.last_line - node.first_line + 1
        self.elements.append(
            Element(kind, text, node.first_line, lines, self._scene, who, dual, emphasis=emphasis)
        )

    def _continues_last(self, kind: ElementKind, who: str | None) -> bool:
        """Whether a paragraph belongs to the last element.

        Within a speech, consecutive paragraphs of the same kind form one element. Fountain works in the same
        way, and both formats must produce the same elements.
        """
        return who is not None and bool(self.elements) and self.elements[-1].kind is kind

    def _append_to_last(self, text: str, emphasis: tuple[Emphasis, ...], node: XmlNode) -> None:
        last = self.elements[-1]
        shift = len(last.text) + 1
        moved = tuple(Emphasis(e.start + shift, e.end + shift, e.style) for e in emphasis)
        self.elements[-1] = replace(
            last,
            text=f"{last.text}\n{text}",
            lines=node.last_line - last.line + 1,
            emphasis=last.emphasis + moved,
        )


def _styled_text(paragraph: XmlNode) -> tuple[str, tuple[Emphasis, ...]]:
    """The text and emphasis of a paragraph, without whitespace around its lines."""
    letters: list[tuple[str, TextStyle]] = []
    for piece in paragraph.find_all("Text"):
        named = piece.attributes.get("Style", "").split("+")
        style = TextStyle(sum(_TEXT_STYLES.get(name, TextStyle(0)) for name in named))
        # Letters displayed as capitals are read as capitals, so that character names are recognized.
        shown = repair_characters(piece.text.upper() if "AllCaps" in named else piece.text)
        letters += [(letter, style) for letter in shown]
    lines: list[list[tuple[str, TextStyle]]] = [[]]
    for letter, style in letters:
        if letter in "\n\u2028":
            lines.append([])
        else:
            lines[-1].append((letter, style))
    trimmed = [_trim(line) for line in lines]
    while trimmed and not trimmed[0]:
        del trimmed[0]
    while trimmed and not trimmed[-1]:
        del trimmed[-1]
    joined = [pair for line in trimmed for pair in [("\n", TextStyle(0)), *line]][1:]
    text, styles = "".join(letter for letter, _ in joined), [style for _, style in joined]
    # A space has only the styles that its two neighbors share: in "the **end** now", neither space is bold,
    # even if it is bold in the file.
    for space in re.finditer(r"\s+", text):
        start, end = space.span()
        around = styles[start - 1] & styles[end]
        styles[start:end] = [style & around for style in styles[start:end]]
    return text, emphasis_runs(styles)


def _trim(line: list[tuple[str, TextStyle]]) -> list[tuple[str, TextStyle]]:
    inked = [k for k, (letter, _) in enumerate(line) if not letter.isspace()]
    return line[inked[0] : inked[-1] + 1] if inked else []


def _eighths(length: str) -> int | None:
    """Parse a length in pages as eighths of a page: 11 for "1 3/8"; None if the text is not a length."""
    match = _LENGTH.fullmatch(length.strip())
    eighths = 8 * int(match[1] or 0) + int(match[2] or 0) if match else 0
    return eighths or None


def _title_lines(title_page: XmlNode | None) -> list[TitlePageLine]:
    """The paragraphs of the title page, and whether each is centered."""
    content = title_page.find("Content") if title_page is not None else None
    return [
        (_styled_text(p)[0].replace("\n", " ").strip(), p.attributes.get("Alignment") == "Center")
        for p in (content.find_all("Paragraph") if content is not None else ())
    ]


def _notes(root: XmlNode, reader: _Reader) -> Iterator[ScreenplayNote]:
    """The script notes of the file, each assigned to the element in which the note's range starts."""
    block = root.find("ScriptNotes")
    for note in block.find_all("ScriptNote") if block is not None else ():
        start = note.attributes.get("Range", "").partition(",")[0]
        at = int(start) if start.isdecimal() else -1
        lines = [_styled_text(line)[0] for line in note.find_all("Paragraph")]
        if any(lines):
            yield ScreenplayNote("\n".join(lines).strip(), _element_at(reader.ranges, at))


def _element_at(ranges: list[tuple[int, int]], letter: int) -> int:
    """The element that contains or precedes a text position; in dual dialogue, the first of the block."""
    last = bisect_right(ranges, letter, key=lambda r: r[0]) - 1
    return bisect_left(ranges, ranges[last]) if last >= 0 else -1
