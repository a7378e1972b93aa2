"""The Model Context Protocol server: `StudyReader`'s answers as tools that only read."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from moviemotion import __version__
from moviemotion.assistant.study_reader import MAX_ELEMENTS, MAX_SECONDS, StudyReader
from moviemotion.errors import MoviemotionError
from moviemotion.studio.messages import studio_message

INSTRUCTIONS = """\
MoviEmotion measures what the faces of a film's test audience showed and lays it beside the screenplay. Start
with list_studies and read_overview, and repeat the overview's cautions to the user. Answer only from what the
tools return, and quote the values with their interval and n.

- A face shows an expression, not a feeling, and the tools say where viewers reacted, not why. The script's
  text may suggest why; say that this is an interpretation.
- `emotion` null means that no emotion was clear, not that nobody felt anything. `known` false, or a value of
  null, means that too few viewers were seen or that a value is withheld because it would describe fewer than
  five people. Never treat it as 0.
- `strength` is the proportion of annotators who would see the emotion in the change of an average face.
  `mean_share_reacting` is the share of viewers who were reacting in a typical second.
- Times are seconds of film time. Lines with `estimated` true have times that are not measured.
- Pages and lines that "die": compare read_pages, then read_lines of the page, the flat stretches of the
  overview, and the scenes around it. An absent moment is no evidence of absence in a small audience.
"""


def run_mcp_server(studies: Path) -> None:
    """Serve the studies in a folder on standard input and output until the client disconnects.

    Raises:
        MoviemotionError: the folder does not exist.
    """
    build_mcp_server(studies).run("stdio")


def build_mcp_server(studies: Path) -> MCPServer:
    """Create the server for the studies in a folder.

    Raises:
        MoviemotionError: the folder does not exist.
    """
    reader = StudyReader(studies)
    server: MCPServer = MCPServer("moviemotion", instructions=INSTRUCTIONS, version=__version__)
    for name, (function, description) in _tools(reader).items():
        server.add_tool(
            _with_readable_errors(function, studies),
            name,
            description=description,
            annotations=ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False),
        )
    return server


def _tools(reader: StudyReader) -> dict[str, tuple[Callable[..., dict[str, Any]], str]]:
    return {
        "list_studies": (
            reader.studies,
            "List the studies, one per screening, with the film's title, version of the cut, and date.",
        ),
        "read_overview": (
            reader.overview,
            "Describe one study: film, audience, cautions, number of moments, and flat stretches in which "
            "almost nobody reacted.",
        ),
        "read_moments": (
            reader.moments,
            "List the moments in which the audience reacted together, with their evidence and lines.",
        ),
        "read_scenes": (reader.scenes, "List the scenes of the script with the reaction to each."),
        "read_pages": (
            reader.pages,
            "List the pages of the script with the reaction to each and its rank among the pages.",
        ),
        "read_lines": (
            reader.lines,
            "List action and dialogue with the reaction to each. Choose by page, scene, words, or start and "
            f"end in seconds of film time; at most {MAX_ELEMENTS} elements are returned.",
        ),
        "list_segments": (
            reader.segments,
            "List the segments of the audience, such as women under 25, whose reactions may be read "
            "separately.",
        ),
        "read_curve": (
            reader.curve,
            "Describe each second between start and end, in seconds of film time, for the audience or for a "
            f"segment; at most {MAX_SECONDS} seconds. Emotions weaker than 0.1 are left out.",
        ),
        "compare_studies": (
            reader.comparison,
            "Compare two screenings of one film, such as two cuts: the film, its scenes, and the lines that "
            "differ, with intervals and adjusted p-values. Differences are the second minus the first.",
        ),
    }


def _with_readable_errors(
    function: Callable[..., dict[str, Any]], studies: Path
) -> Callable[..., dict[str, Any]]:
    """Report errors that the assistant can correct; where the studies are stored is not revealed."""

    @wraps(function)
    def answer(*args: object, **settings: object) -> dict[str, Any]:
        try:
            return function(*args, **settings)
        except MoviemotionError as error:
            raise ToolError(studio_message(error, studies)) from error

    return answer
