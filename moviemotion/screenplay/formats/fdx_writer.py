"""Write Final Draft (FDX) files: a complete screenplay, or script notes added to an existing file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from moviemotion._io.xml_tree import INVALID_XML_CHARACTERS
from moviemotion.screenplay.elements import Element, ElementKind, Screenplay, TextStyle, speech_end
from moviemotion.screenplay.formats.emphasis import letter_styles, strip_emphasis, style_runs
from moviemotion.screenplay.formats.fdx import EMBEDDED_BLOCK_LENGTH

_PARAGRAPH_TYPES = {
    ElementKind.SCENE_HEADING: "Scene Heading",
    ElementKind.CHARACTER: "Character",
    ElementKind.PARENTHETICAL: "Parenthetical",
    ElementKind.DIALOGUE: "Dialogue",
    ElementKind.LYRICS: "Singing",
    ElementKind.TRANSITION: "Transition",
}
OMITTED_KINDS = (ElementKind.SECTION, ElementKind.SYNOPSIS)


@dataclass(frozen=True)
class ScriptNote:
    """A Final Draft script note.

    Attributes:
        start, end: the character range that the note is attached to (see `fdx.element_ranges`).
        title: the note's title.
        text: the note's text; lines are joined by newlines.
        color: `#rrggbb`.
    """

    start: int
    end: int
    title: str
    text: str
    color: str


def write_fdx(screenplay: Screenplay) -> bytes:
    """Write a screenplay as FDX. Reading the file again gives the same elements, with a few exceptions.

    Sections and synopses are dropped, since Final Draft keeps them in a separate outline. A page break at the
    end is dropped as well. Lyrics directly after a speech are assigned to the speaker of that speech.
    """
    parts = ['<?xml version="1.0" encoding="UTF-8" standalone="no" ?>']
    parts += ['<FinalDraft DocumentType="Script" Template="No" Version="5">', "<Content>"]
    parts += _content(screenplay.elements)
    parts += ["</Content>", "<TitlePage>", "<Content>"]
    parts += _title_page(screenplay)
    parts += ["</Content>", "</TitlePage>", "</FinalDraft>", ""]
    return "\n".join(parts).encode()


def _title_page(screenplay: Screenplay) -> Iterator[str]:
    """The title page: the title and the other entries in the middle, the contact at the left."""
    title = " ".join(value for key, value in screenplay.title_page if key.lower() == "title")
    others = [(key.lower(), value) for key, value in screenplay.title_page if key.lower() != "title"]
    for key, value in [("title", (title or screenplay.title).replace("\n", " ")), *others]:
        alignment = "Left" if key in ("contact", "copyright") else "Center"
        for line in strip_emphasis(value).split("\n"):
            yield f'<Paragraph Alignment="{alignment}"><Text>{_escape_xml(line)}</Text></Paragraph>'
        yield f'<Paragraph Alignment="{alignment}"><Text></Text></Paragraph>'


def written_element_ranges(elements: Sequence[Element]) -> dict[int, tuple[int, int]]:
    """The character ranges of elements in the output of `write_fdx`, counted as in `fdx.element_ranges`.

    Reading the file back would not give these ranges, because reading joins some elements and drops empty
    ones.

    Returns:
        Element index → start and end. Sections, synopses and page breaks have no entry.
    """
    ranges: dict[int, tuple[int, int]] = {}
    offset = 0
    for _, group in _paragraphs(elements):
        one = len(group) == 1
        end = offset + (
            len(INVALID_XML_CHARACTERS.sub("", elements[group[0]].text)) if one else EMBEDDED_BLOCK_LENGTH
        )
        ranges |= dict.fromkeys(group, (offset, end))
        offset = end + 1
    return ranges


def add_script_notes(data: bytes, notes: Iterable[ScriptNote]) -> bytes:
    """Add notes after the existing notes of an FDX file, leaving all other bytes unchanged.

    Args:
        data: the contents of the file.
        notes: the notes to add.
    """
    written = "".join(map(_note, notes))
    found = _InsertionPoints(data)
    if found.empty_notes_range is not None:
        start, end = found.empty_notes_range
        return data[:start] + found.encode(f"<ScriptNotes>\n{written}</ScriptNotes>") + data[end:]
    if found.notes_end is not None:
        return data[: found.notes_end] + found.encode(written) + data[found.notes_end :]
    block = f"<ScriptNotes>\n{written}</ScriptNotes>\n"
    return data[: found.root_end] + found.encode(block) + data[found.root_end :]


class _InsertionPoints:
    """The byte positions in an FDX file at which notes can be inserted.

    Attributes:
        empty_notes_range: start and end of an empty `<ScriptNotes/>` tag, if there is one.
        notes_end: start of the closing tag of the script notes, if there are any.
        root_end: start of the root element's closing tag.
    """

    def __init__(self, data: bytes) -> None:
        self.empty_notes_range: tuple[int, int] | None = None
        self.notes_end: int | None = None
        self.root_end = 0
        self._encoding = "utf-8"
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            self._encoding = "utf-16-le" if data[0] == 0xFF else "utf-16-be"
        path: list[str] = []
        parser = expat.ParserCreate()

        def start(tag: str, _attributes: dict[str, str]) -> None:
            path.append(tag)
            if path == ["FinalDraft", "ScriptNotes"]:
                at, close = parser.CurrentByteIndex, self.encode(">")
                after = data.index(close, at) + len(close)
                self.empty_notes_range = (at, after) if data[at:after].endswith(self.encode("/>")) else None

        def end(_tag: str) -> None:
            at = parser.CurrentByteIndex
            if path == ["FinalDraft", "ScriptNotes"] and self.empty_notes_range is None:
                self.notes_end = at
            elif len(path) == 1:
                self.root_end = at
            path.pop()

        def declaration(_version: str, encoding: str | None, _standalone: int) -> None:
            if encoding and not self._encoding.startswith("utf-16"):
                self._encoding = encoding

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.XmlDeclHandler = declaration
        parser.Parse(data, True)

    def encode(self, text: str) -> bytes:
        """Encode text in the file's encoding; unsupported characters become character references."""
        return text.encode(self._encoding, errors="xmlcharrefreplace")


def _note(note: ScriptNote) -> str:
    # Final Draft writes colors with 16 bits per channel.
    color = "#" + "".join(2 * note.color[k : k + 2].upper() for k in (1, 3, 5))
    attributes = {
        "Color": color,
        "Name": note.title,
        "Range": f"{note.start},{note.end}",
        "Type": "General",
        "WriterName": "MoviEmotion",
    }
    opening = " ".join(f"{key}={quoteattr(value)}" for key, value in attributes.items())
    lines = "".join(
        f"<Paragraph><Text>{_escape_xml(line)}</Text></Paragraph>" for line in note.text.split("\n")
    )
    return f"<ScriptNote {opening}>{lines}</ScriptNote>\n"


def _content(elements: Sequence[Element]) -> Iterator[str]:
    for new_page, group in _paragraphs(elements):
        if len(group) == 1:
            yield _paragraph(elements[group[0]], new_page)
        else:
            inner = "".join(_paragraph(elements[k], False) for k in group)
            attribute = ' StartsNewPage="Yes"' if new_page else ""
            yield f"<Paragraph{attribute}><DualDialogue>{inner}</DualDialogue></Paragraph>"


def _paragraphs(elements: Sequence[Element]) -> Iterator[tuple[bool, list[int]]]:
    """The paragraphs to write.

    Yields:
        Whether the paragraph starts a page, and its element indices: a single element, or a block of dual
        dialogue.
    """
    written = [k for k, e in enumerate(elements) if e.kind not in OMITTED_KINDS]
    shown = [elements[k] for k in written]
    new_page, at = False, 0
    while at < len(shown):
        if shown[at].kind is ElementKind.PAGE_BREAK:
            new_page, at = True, at + 1
            continue
        speech = end = speech_end(shown, at)
        while end < len(shown) and shown[end].kind is ElementKind.CHARACTER and shown[end].dual:
            end = speech_end(shown, end)
        end = end if end > speech else at + 1
        yield new_page, written[at:end]
        new_page, at = False, end


def _paragraph(element: Element, new_page: bool) -> str:
    attributes = {"Type": _PARAGRAPH_TYPES.get(element.kind, "Action")}
    if element.kind is ElementKind.CENTERED:
        attributes["Alignment"] = "Center"
    if element.number:
        attributes["Number"] = element.number
    if new_page:
        attributes["StartsNewPage"] = "Yes"
    properties = ""
    if element.eighths:
        whole, rest = divmod(element.eighths, 8)
        length = " ".join([*([str(whole)] if whole else []), *([f"{rest}/8"] if rest else [])])
        properties = f'<SceneProperties Length="{length}" Page="{element.page or ""}"/>'
    opening = " ".join(f"{key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<Paragraph {opening}>{properties}{_texts(element)}</Paragraph>"


def _texts(element: Element) -> str:
    parts = []
    for start, end, style in style_runs(letter_styles(element.text, element.emphasis)):
        names = "+".join(name.capitalize() for flag in TextStyle if flag in style and (name := flag.name))
        attribute = f' Style="{names}"' if names else ""
        parts.append(f"<Text{attribute}>{_escape_xml(element.text[start:end])}</Text>")
    return "".join(parts)


def _escape_xml(text: str) -> str:
    return escape(INVALID_XML_CHARACTERS.sub("", text))
