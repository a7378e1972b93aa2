"""Read Final Draft's FDX, as Final Draft and the programs that export it write it.

Own reading of the XML: the parsers we tried keep neither scene numbers and lengths nor notes.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from moviemotion._io.text_decoding import as_lines, read_bytes
from moviemotion._io.xml_tree import Node, parse_xml
from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.elements import IN_SPEECH, Element, Emphasis, Kind, Note, Screenplay, Style
from moviemotion.screenplay.formats.element_patterns import character_name
from moviemotion.screenplay.formats.emphasis import runs

SAVE_AS = "save it again as Final Draft (.fdx), or export it as Fountain (.fountain)"
_KIND = {
    "Scene Heading": Kind.SCENE_HEADING,
    "Character": Kind.CHARACTER,
    "Parenthetical": Kind.PARENTHETICAL,
    "Dialogue": Kind.DIALOGUE,
    "Singing": Kind.LYRICS,
    "Lyrics": Kind.LYRICS,
    "Transition": Kind.TRANSITION,
    "New Act": Kind.CENTERED,
    "End of Act": Kind.CENTERED,
}
"""Every other type of paragraph (Action, Shot, General, Cast List, …) is action."""
_STYLE = {"Italic": Style.ITALIC, "Bold": Style.BOLD, "Underline": Style.UNDERLINE}
_LENGTH = re.compile(r"(?:(\d+)(?:\s+|$))?(?:(\d)/8)?")
_EMBEDDED = ("DualDialogue", "OmittedScene")
EMBEDDED_UNITS = 2
"""What Final Draft counts for a block inside a paragraph; its text counts nothing."""


def read_final_draft(path: Path) -> Screenplay:
    """The screenplay in an FDX file.

    Raises:
        MoviemotionError: the file is missing, is not a Final Draft script, or its XML is broken or a trap.
    """
    data = read_bytes(path, "screenplay")
    root, reader = _read(data, path)
    title_page = root.first("TitlePage")
    return Screenplay(
        _title(title_page) or path.stem,
        path,
        as_lines(data),
        tuple(reader.found),
        notes=tuple(_notes(root, reader)),
    )


def letter_ranges(data: bytes, path: Path) -> list[tuple[int, int]]:
    """The letters of each element of an FDX file, counted as the ranges of its script notes are.

    Letters count from the start of the script, each end of a paragraph as one. What stands in a block of
    dual dialogue has the range of the block.
    """
    return _read(data, path)[1].ranges


def _read(data: bytes, path: Path) -> tuple[Node, _Reader]:
    root = parse_xml(data, path, SAVE_AS)
    content = root.first("Content")
    if root.tag != "FinalDraft" or content is None:
        raise MoviemotionError(f"{path}: this is not a Final Draft script; {SAVE_AS}.")
    reader = _Reader()
    for paragraph in content.all("Paragraph"):
        reader.paragraph(paragraph)
    return root, reader


def _paragraph_text(paragraph: Node) -> str:
    """What a paragraph says, as Final Draft counts its letters."""
    return "".join(text.text for text in paragraph.all("Text"))


class _Reader:
    """One pass over the paragraphs; counts letters as the ranges of Final Draft's notes do."""

    def __init__(self) -> None:
        self.found: list[Element] = []
        self.ranges: list[tuple[int, int]] = []
        self._offset = 0
        self._scene = 0
        self._who: str | None = None

    def paragraph(self, paragraph: Node) -> None:
        """Read a paragraph of the script itself."""
        dual = paragraph.first("DualDialogue")
        if paragraph.attributes.get("StartsNewPage") == "Yes":
            self._add(Kind.PAGE_BREAK, "", paragraph)
            self.ranges.append((self._offset, self._offset))
        if dual is not None:
            self._dual_dialogue(dual)
        else:
            self._element(paragraph)
        embedded = sum(child.tag in _EMBEDDED for child in paragraph.children)
        end = self._offset + len(_paragraph_text(paragraph)) + EMBEDDED_UNITS * embedded
        added = len(self.found) - len(self.ranges)
        if added:
            self.ranges += [(self._offset, end)] * added
        elif self.ranges and _styled(paragraph)[0]:  # joined to the element before
            self.ranges[-1] = (self.ranges[-1][0], end)
        self._offset = end + 1

    def _dual_dialogue(self, block: Node) -> None:
        speeches = 0
        for paragraph in block.all("Paragraph"):
            speeches += paragraph.attributes.get("Type") == "Character"
            self._element(paragraph, dual=speeches > 1)

    def _element(self, paragraph: Node, dual: bool = False) -> None:
        text, emphasis = _styled(paragraph)
        if not text:
            return
        kind = _KIND.get(paragraph.attributes.get("Type", ""), Kind.ACTION)
        if kind is Kind.ACTION and paragraph.attributes.get("Alignment") == "Center":
            kind = Kind.CENTERED
        if kind is Kind.CHARACTER:
            self._who = character_name(text)
        elif kind not in IN_SPEECH:
            self._who = None
        who = self._who if kind is Kind.CHARACTER or kind in IN_SPEECH else None
        if kind is Kind.SCENE_HEADING:
            self._heading(paragraph, text, emphasis)
        elif kind in (Kind.DIALOGUE, Kind.LYRICS) and self._goes_on(kind, who):
            self._join(text, emphasis, paragraph)
        else:
            self._add(kind, text, paragraph, who, dual, emphasis)

    def _heading(self, paragraph: Node, text: str, emphasis: tuple[Emphasis, ...]) -> None:
        self._scene += 1
        self._add(Kind.SCENE_HEADING, text, paragraph, emphasis=emphasis)
        properties = paragraph.first("SceneProperties")
        of_scene = properties.attributes if properties is not None else {}
        page = of_scene.get("Page", "")
        self.found[-1] = replace(
            self.found[-1],
            number=paragraph.attributes.get("Number") or of_scene.get("Number") or None,
            page=int(page) if page.isdecimal() else None,
            eighths=_eighths(of_scene.get("Length", "")),
        )
        summary = properties.first("Summary") if properties is not None else None
        for line in summary.all("Paragraph") if summary is not None else ():
            synopsis, styles = _styled(line)
            if synopsis:
                self._add(Kind.SYNOPSIS, synopsis, line, emphasis=styles)

    def _add(
        self,
        kind: Kind,
        text: str,
        node: Node,
        who: str | None = None,
        dual: bool = False,
        emphasis: tuple[Emphasis, ...] = (),
    ) -> None:
        lines = node.last_line - node.line + 1
        self.found.append(Element(kind, text, node.line, lines, self._scene, who, dual, emphasis=emphasis))

    def _goes_on(self, kind: Kind, who: str | None) -> bool:
        """Paragraphs of one kind in a row are one element in a speech, as they are in Fountain."""
        return who is not None and bool(self.found) and self.found[-1].kind is kind

    def _join(self, text: str, emphasis: tuple[Emphasis, ...], node: Node) -> None:
        last = self.found[-1]
        shift = len(last.text) + 1
        moved = tuple(Emphasis(e.start + shift, e.end + shift, e.style) for e in emphasis)
        self.found[-1] = replace(
            last,
            text=f"{last.text}\n{text}",
            lines=node.last_line - last.line + 1,
            emphasis=last.emphasis + moved,
        )


def _styled(paragraph: Node) -> tuple[str, tuple[Emphasis, ...]]:
    """A paragraph's text and emphasis, without the white space around its lines."""
    letters: list[tuple[str, Style]] = []
    for piece in paragraph.all("Text"):
        named = piece.attributes.get("Style", "").split("+")
        style = Style(sum(_STYLE.get(name, Style(0)) for name in named))
        # Letters that are shown as capitals are read as such, so that a cue is one.
        shown = piece.text.upper() if "AllCaps" in named else piece.text
        letters += [(letter, style) for letter in shown]
    lines: list[list[tuple[str, Style]]] = [[]]
    for letter, style in letters:
        if letter in "\n\u2028":
            lines.append([])
        else:
            lines[-1].append((letter, style))
    kept = [_trimmed(line) for line in lines]
    while kept and not kept[0]:
        del kept[0]
    while kept and not kept[-1]:
        del kept[-1]
    joined = [pair for line in kept for pair in [("\n", Style(0)), *line]][1:]
    text, styles = "".join(letter for letter, _ in joined), [style for _, style in joined]
    # A space takes a style only between letters that have it: "the **end** " has no bold space.
    for space in re.finditer(r"\s+", text):
        start, end = space.span()
        around = styles[start - 1] & styles[end]
        styles[start:end] = [style & around for style in styles[start:end]]
    return text, runs(styles)


def _trimmed(line: list[tuple[str, Style]]) -> list[tuple[str, Style]]:
    inked = [k for k, (letter, _) in enumerate(line) if not letter.isspace()]
    return line[inked[0] : inked[-1] + 1] if inked else []


def _eighths(length: str) -> int | None:
    """`1 3/8` is 11 eighths."""
    match = _LENGTH.fullmatch(length.strip())
    eighths = 8 * int(match[1] or 0) + int(match[2] or 0) if match else 0
    return eighths or None


def _title(title_page: Node | None) -> str:
    """The first line of the title page."""
    content = title_page.first("Content") if title_page is not None else None
    lines = (_styled(p)[0] for p in content.all("Paragraph")) if content is not None else iter(())
    return next((line.replace("\n", " ") for line in lines if line), "")


def _notes(root: Node, reader: _Reader) -> Iterator[Note]:
    """Final Draft's script notes; a note's range counts letters from the start of the script."""
    block = root.first("ScriptNotes")
    for note in block.all("ScriptNote") if block is not None else ():
        start = note.attributes.get("Range", "").partition(",")[0]
        at = int(start) if start.isdecimal() else -1
        lines = [_styled(line)[0] for line in note.all("Paragraph")]
        if any(lines):
            yield Note("\n".join(lines).strip(), _element_at(reader.ranges, at))


def _element_at(ranges: list[tuple[int, int]], letter: int) -> int:
    """The element a letter is in or after; in a block of dual dialogue its first."""
    last = bisect_right(ranges, letter, key=lambda r: r[0]) - 1
    return bisect_left(ranges, ranges[last]) if last >= 0 else -1
