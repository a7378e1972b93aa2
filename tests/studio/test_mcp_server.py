"""A scripted session of an AI assistant: the protocol's own client, over standard input and output."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moviemotion.analysis.segments.segment import Segment
from moviemotion.assistant.study_reader import StudyReader
from moviemotion.cli.commands import app
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.participants import save_segments
from moviemotion.privacy.roles import Role
from moviemotion.privacy.small_groups import analysis_for_role
from moviemotion.studio.screening_state import ScreeningSettings, ScreeningState, Stage, write_state
from moviemotion.study.provenance import load_analysis
from moviemotion.study.study_label import StudyLabel
from moviemotion.workflows.report import report
from moviemotion.workflows.simulate import simulate

mcp = pytest.importorskip("mcp", reason="the extra mcp is not installed")

TOOLS = {
    "list_studies",
    "read_overview",
    "read_moments",
    "read_scenes",
    "read_pages",
    "read_lines",
    "list_segments",
    "read_curve",
    "compare_studies",
}
Call = Callable[..., Awaitable[dict[str, Any]]]


def session(root: Path, steps: Callable[[Call, Any], Awaitable[None]]) -> None:
    """Start `moviemotion mcp` and let the client take some steps."""

    async def run() -> None:
        server = mcp.StdioServerParameters(
            command=sys.executable, args=["-m", "moviemotion", "mcp", str(root)], env=dict(os.environ)
        )
        async with mcp.Client(server) as client:

            async def call(tool: str, **arguments: object) -> dict[str, Any]:
                answer = await client.call_tool(tool, arguments)
                assert not answer.is_error, answer.content
                return answer.structured_content

            await steps(call, client)

    asyncio.run(asyncio.wait_for(run(), timeout=120))


@pytest.fixture
def three_pages(root: Path, tmp_path: Path) -> str:
    """A study of a script of three pages; the audience reacts on the first and on the third."""
    scene = "INT. CABIN {0} - NIGHT\n\nRain falls on the roof.\n\nANA\nWe missed number {0} again.\n\n"
    pages = ["".join(scene.format(f"{page}{k}") for k in range(6)) + "===\n\n" for page in (1, 2, 3)]
    (tmp_path / "film.fountain").write_text("Title: Three Pages\n\n" + "".join(pages), encoding="utf-8")
    (tmp_path / "emotions.csv").write_text(
        "start,end,emotion,strength\n15,25,happy,0.9\n140,150,sad,0.9\n", encoding="utf-8"
    )
    simulate(tmp_path / "emotions.csv", 12, 3, root / "preview", seed=3)
    report(root / "preview", tmp_path / "film.fountain", label=StudyLabel(cut="cut 2", date="2026-11-29"))
    return "preview"


def test_an_assistant_finds_the_page_that_dies(root: Path, three_pages: str) -> None:
    async def steps(call: Call, client: Any) -> None:
        tools = (await client.list_tools()).tools
        assert {tool.name for tool in tools} == TOOLS
        assert all(tool.annotations.read_only_hint for tool in tools)
        (listed,) = (await call("list_studies"))["studies"]
        assert listed == {
            "study": three_pages,
            "has_results": True,
            "title": "Three Pages",
            "cut": "cut 2",
            "date": "2026-11-29",
            "has_script": True,
        }
        overview = await call("read_overview", study=three_pages)
        assert (overview["audience"]["viewers"], overview["script"]["pages"]) == (12, 3)
        assert overview["cautions"]
        pages = (await call("read_pages", study=three_pages))["pages"]
        weakest = max(pages, key=lambda page: page["rank_of_share"])
        assert weakest["page"] == 2
        assert weakest["mean_share_reacting"]["n"] == 12
        assert not weakest["moments"]
        lines = (await call("read_lines", study=three_pages, page=2))["lines"]
        assert lines
        assert {line["page"] for line in lines} == {2}
        assert all(line["reaction"]["emotion"] is None for line in lines if line["reaction"])
        assert (await call("read_lines", study=three_pages, text="number 13"))["found"] == 1
        moments = (await call("read_moments", study=three_pages))["moments"]
        assert [moment["emotion"] for moment in moments] == ["happy", "sad"]
        assert all(moment["strength"]["n"] and moment["strength"]["interval"] for moment in moments)
        seconds = (await call("read_curve", study=three_pages, start=20, end=25))["seconds"]
        assert [second["second"] for second in seconds] == [20, 21, 22, 23, 24]
        assert seconds[0]["emotions"]["happy"]["value"] > 0.3

    session(root, steps)


def test_errors_are_answers_that_hide_where_the_studies_are(root: Path, three_pages: str) -> None:
    (root / "unfinished").mkdir()
    (root / "unfinished" / "study.json").write_text("{}", encoding="utf-8")

    async def steps(call: Call, client: Any) -> None:
        for arguments, message in (
            ({"study": "../preview"}, "no such study"),
            ({"study": "unfinished"}, "unfinished: has no results yet"),
        ):
            answer = await client.call_tool("read_overview", arguments)
            assert answer.is_error
            assert message in answer.content[0].text
            assert str(root) not in answer.content[0].text
        answer = await client.call_tool("read_curve", {"study": three_pages, "start": 0, "end": 500})
        assert "at most 120 seconds later" in answer.content[0].text

    session(root, steps)


def test_values_are_those_that_a_writer_sees(root: Path, matinee: Path) -> None:
    visible = analysis_for_role(load_analysis(matinee), Role.WRITER)
    lines = StudyReader(root).lines("matinee")["lines"]
    for line, summary in zip(lines, visible.element_emotions, strict=True):
        if line["reaction"]:
            assert line["reaction"]["emotion"] == summary.emotion
            value = line["reaction"]["strength"]["value"]
            assert (np.nan if value is None else value) == pytest.approx(summary.strength, nan_ok=True)


def test_a_small_audience_has_no_values(root: Path, tmp_path: Path, film: Path) -> None:
    (tmp_path / "emotions.csv").write_text("start,end,emotion,strength\n5,15,happy,0.9\n", encoding="utf-8")
    simulate(tmp_path / "emotions.csv", 4, 0.5, root / "four", seed=1)
    report(root / "four", film / "film.fountain", film / "film.srt")
    reader = StudyReader(root)
    reactions = [line["reaction"] for line in reader.lines("four")["lines"] if line["reaction"]]
    assert {reaction["strength"]["value"] for reaction in reactions} == {None}
    assert {page["mean_share_reacting"]["value"] for page in reader.pages("four")["pages"]} == {None}
    assert all(not second["known"] for second in reader.curve("four", 0, 20)["seconds"])
    assert reader.moments("four")["moments"] == []


def test_segments_that_single_out_fewer_than_five_are_not_shown(root: Path, matinee: Path) -> None:
    viewers = load_analysis(matinee).timeline.viewers
    members = {"front": viewers[:6], "pair": viewers[:2], "all but one of the front": viewers[:5]}
    save_segments(matinee, viewers, [Segment(name, chosen=tuple(who)) for name, who in members.items()])
    reader = StudyReader(root)
    assert reader.segments("matinee") == {"segments": [{"name": "front", "rule": None, "viewers": 6}]}
    seconds = reader.curve("matinee", 10, 20, "front")["seconds"]
    assert {second["overall_strength"]["n"] for second in seconds if second["known"]} <= {5, 6}
    for hidden in ("pair", "all but one of the front", "nobody"):
        with pytest.raises(MoviemotionError, match="no such segment"):
            reader.curve("matinee", 10, 20, hidden)


def test_two_cuts_are_compared(root: Path, matinee: Path, three_pages: str) -> None:
    reader = StudyReader(root)
    with pytest.raises(MoviemotionError, match="given twice"):
        reader.comparison("matinee", "matinee")
    with pytest.raises(MoviemotionError, match="no scenes or lines in common"):
        reader.comparison("matinee", three_pages)
    shutil.copytree(matinee, root / "second")
    found = reader.comparison("matinee", "second")
    assert found["viewers"] == [12, 12]
    assert {difference["kind"] for difference in found["differences"]} == {"film", "scene"}
    assert {difference["verdict"] for difference in found["differences"]} <= {
        "alike",
        "inconclusive",
        "not tested",
    }


def test_a_study_whose_screening_runs_is_not_read(root: Path, matinee: Path) -> None:
    write_state(matinee, ScreeningState(Stage.PROCESSING, ScreeningSettings()))
    reader = StudyReader(root)
    assert reader.studies() == {"studies": [{"study": "matinee", "has_results": False}]}
    with pytest.raises(MoviemotionError, match="wait until its screening has finished"):
        reader.overview("matinee")


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(MoviemotionError, match="no such folder"):
        app(["mcp", str(tmp_path / "none")], standalone_mode=False)
