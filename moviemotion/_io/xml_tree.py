"""XML as a tree with line numbers. Files that declare entities or a document type are rejected.

Python's built-in parser (expat) supports entities, but a screenplay does not need them, and a malicious file
could use them to exhaust memory or fetch other files.
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
        first_line, last_line: the lines of the file on which the element starts and ends, counted from 1.
        text: the element's own text, excluding that of its children.
    """

    tag: str
    attributes: dict[str, str]
    first_line: int
    last_line: int = 0
    text: str = ""
    children: list[XmlNode] = field(default_factory=list)

    def find_all(self, tag: str) -> Iterator[XmlNode]:
        """Find all children with a given tag."""
        return (child for child in self.children if child.tag == tag)

    def find(self, tag: str) -> XmlNode | None:
        """Find the first child with a given tag, if any."""
        return next(self.find_all(tag), None)


def parse_xml(data: bytes, path: Path, remedy: str) -> XmlNode:
    """Parse an XML file and return its root.

    Args:
        path: the file, named in error messages.
        remedy: what the user should do instead, for error messages.

    Raises:
        MoviemotionError: the file is not well-formed, or declares a document type or entities.
    """
    open_nodes = [XmlNode("", {}, 0)]
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(open_nodes) > _MAX_DEPTH:
            raise MoviemotionError(f"{path}: the XML is nested too deeply; {remedy}.")
        node = XmlNode(tag, attributes, parser.CurrentLineNumber)
        open_nodes[-1].children.append(node)
        open_nodes.append(node)

    def end(_tag: str) -> None:
        open_nodes.pop().last_line = parser.CurrentLineNumber

    def text(data: str) -> None:
        open_nodes[-1].text += data

    def doctype(*_: object) -> None:
        raise MoviemotionError(f"{path}: the XML declares a document type, which is not supported; {remedy}.")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype  # entities can be declared only in a document type
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # the last two indicate an unknown encoding
        raise MoviemotionError(f"{path}: the XML is malformed ({error}); {remedy}.") from None
    return open_nodes[0].children[0]
