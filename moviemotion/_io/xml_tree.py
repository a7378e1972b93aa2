"""XML as a tree that knows its line numbers. Files that declare entities or a document type are refused.

Python's own parser (expat) reads them. A screenplay needs no entities, and a hostile file could use them to
fill the memory or to fetch other files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from moviemotion.errors import MoviemotionError

INVALID_XML_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that are not allowed in XML."""
_MAX_DEPTH = 200


@dataclass
class XmlNode:
    """One XML element.

    Attributes:
        first_line, last_line: lines of the file on which it begins and ends, from 1.
        text: its own text, without that of its children.
    """

    tag: str
    attributes: dict[str, str]
    first_line: int
    last_line: int = 0
    text: str = ""
    children: list[XmlNode] = field(default_factory=list)

    def find_all(self, tag: str) -> Iterator[XmlNode]:
        """Its children of one tag."""
        return (child for child in self.children if child.tag == tag)

    def find(self, tag: str) -> XmlNode | None:
        """Its first child of one tag, if there is one."""
        return next(self.find_all(tag), None)


def parse_xml(data: bytes, path: Path, remedy: str) -> XmlNode:
    """Parse an XML file; returns its root.

    Args:
        path: the file, for the message.
        remedy: what to do instead, for the message.

    Raises:
        MoviemotionError: it is not well-formed, or declares a document type or entities.
    """
    open_nodes = [XmlNode("", {}, 0)]
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(open_nodes) > _MAX_DEPTH:
            raise MoviemotionError(f"{path}: its XML is nested too deeply; {remedy}.")
        node = XmlNode(tag, attributes, parser.CurrentLineNumber)
        open_nodes[-1].children.append(node)
        open_nodes.append(node)

    def end(_tag: str) -> None:
        open_nodes.pop().last_line = parser.CurrentLineNumber

    def text(data: str) -> None:
        open_nodes[-1].text += data

    def doctype(*_: object) -> None:
        raise MoviemotionError(f"{path}: its XML declares a document type, which is not supported; {remedy}.")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype  # entities can only be declared in one
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # the latter two: an unknown encoding
        raise MoviemotionError(f"{path}: its XML is broken ({error}); {remedy}.") from None
    return open_nodes[0].children[0]
