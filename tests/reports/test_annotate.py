from __future__ import annotations

import html
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.script_emotions import EmotionSummary
from moviemotion.emotions import Emotion
from moviemotion.errors import MoviemotionError
from moviemotion.problems import Harm, Problem
from moviemotion.reports.script.annotate import annotated_final_draft, annotated_fountain
from moviemotion.reports.script.line_notes import KINDS_WITH_EMOTION
from moviemotion.screenplay.alignment.align import Cue, TimedScript, TimeSource
from moviemotion.screenplay.elements import Element, Screenplay
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.formats.fountain import parse_fountain
from moviemotion.screenplay.formats.title_page import parse_title

SHARED = Path(__file__).parents[3] / "shared" / "data" / "scripts"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/scripts")
NAN = math.nan

SCRIPT = """Title: The Second Spoon

INT. KITCHEN - NIGHT #1#

MARTA lays a table
for two.

MARTA
(to the coat)
You are late.
Again.

IVO
I knocked.

> THE END <
"""


def with_emotions_everywhere(
    base: Analysis, screenplay: Screenplay, cut: frozenset[int] = frozenset()
) -> Analysis:
    """An analysis in which every element has an emotion, except those that were cut."""
    cues, lines = [], []
    for k in range(len(screenplay.elements)):
        start, end = (NAN, NAN) if k in cut else (2.0 * k, 2.0 * k + 2)
        cues.append(Cue(k, start, end, TimeSource.CUT if k in cut else TimeSource.SUBTITLES, 0.5))
        emotion = None if k in cut else Emotion.HAPPY
        lines.append(EmotionSummary(start, end, emotion, 0.62, (0.48, 0.74), 0.75, (0.47, 0.91), 12, 11))
    moments = base.moment_search.moments
    overlaps = tuple((k % len(cues),) for k in range(len(moments)))
    script = TimedScript(screenplay, tuple(cues), "Times come from nowhere.")
    return replace(
        base, script=script, element_emotions=tuple(lines), scene_emotions=(), moment_elements=overlaps
    )


def screenplay_of(source: str) -> Screenplay:
    lines = tuple(source.removesuffix("\n").split("\n"))
    return Screenplay(parse_title(lines), Path("film.fountain"), lines, parse_fountain(lines))


def content(elements: tuple[Element, ...]) -> list[tuple[object, ...]]:
    return [(e.kind, e.text, e.scene, e.character, e.dual) for e in elements]


def test_emotions_are_noted_beside_their_lines(analysis: Analysis) -> None:
    few = replace(
        analysis, moment_search=replace(analysis.moment_search, moments=analysis.moment_search.moments[:1])
    )
    annotated = annotated_fountain(with_emotions_everywhere(few, screenplay_of(SCRIPT), cut=frozenset({6})))
    lines = annotated.split("\n")
    assert lines[0] == "Title: The Second Spoon"
    assert lines[1] == ""
    assert lines[2].startswith("[[The audience's emotions")
    assert "Times come from nowhere." in lines[2]
    assert "for two. [[0:02–0:04 · happy 0.62 (0.48–0.74) · 75 % reacting, 11 seen]]" in lines
    assert "Again. [[0:08–0:10 · happy 0.62 (0.48–0.74) · 75 % reacting, 11 seen]]" in lines
    assert "I knocked. [[not in the film]]" in lines
    assert "MARTA" in lines  # cues and parentheticals stay bare
    assert "(to the coat)" in lines
    note = lines[lines.index("INT. KITCHEN - NIGHT #1#") + 2]
    assert note.startswith("[[MOMENT 1 · happy · ")
    assert "of 12 reacted (usually 5 %) · adjusted p = 0.002 · rank: first to third" in note
    assert lines[lines.index("> THE END <") + 2].startswith("[[0:14–0:16")


def test_scripts_say_in_their_header_that_there_were_not_enough_viewers(
    make: Callable[..., Analysis],
) -> None:
    few = make(viewers=3, conclusive=False)
    notice = f"Not enough viewers. {few.moment_search.conclusion} The audience's emotions."
    assert annotated_fountain(few).startswith(f"[[{notice}")
    assert notice in html.unescape(annotated_final_draft(few).decode())
    assert "[[SCENE 1 · 3 seen, too few to say]]" in annotated_fountain(few)
    assert " % reacting, " not in annotated_fountain(few), "no line has an emotion"


def test_a_mood_is_called_a_mood(analysis: Analysis) -> None:
    assert "[[MOOD 3 · sad · " in annotated_fountain(
        with_emotions_everywhere(analysis, screenplay_of(SCRIPT))
    )


def test_scenes_have_their_emotion(analysis: Analysis) -> None:
    assert analysis.script is not None
    for number, printed in ((" #12A#", "12A"), ("", "1")):
        base = with_emotions_everywhere(analysis, screenplay_of(SCRIPT.replace(" #1#", number)))
        scene = replace(
            analysis.scene_emotions[0], scene_number=1, heading_element=0, summary=base.element_emotions[0]
        )
        annotated = annotated_fountain(replace(base, scene_emotions=(scene,)))
        assert f"[[SCENE {printed} · 0:00–0:02 · happy 0.62" in annotated


def test_only_emotions_are_noted(make: Callable[..., Analysis]) -> None:
    base = with_emotions_everywhere(make(moments=0), screenplay_of(SCRIPT))
    nothing = tuple(replace(line, emotion=None) for line in base.element_emotions)
    annotated = annotated_fountain(replace(base, element_emotions=nothing))
    assert annotated.count("[[") == 1
    assert re.sub(r"\[\[.*\]\]\n\n?", "", annotated).replace("\n\n\n", "\n\n") == SCRIPT


def test_no_text_can_end_or_open_a_note(make: Callable[..., Analysis]) -> None:
    """Highland and Fade In show what follows `]]` as action, and hide everything after an open `[[`."""
    problems = (Problem("doubles", Harm.WRONG, "seen [[twice]] in a[1]] b", "seat-01"),)
    text = annotated_fountain(make(problems=problems))
    header = next(line for line in text.splitlines() if "Results may be wrong" in line)
    assert "seen [ [twice] ] in a[1] ] b" in header
    assert re.fullmatch(r"\[\[(?:(?!\[\[|\]\]).)*\]\]", header)
    for line in text.splitlines():
        assert line.count("[[") == line.count("]]")


def test_open_brackets_absorb_no_note(make: Callable[..., Analysis]) -> None:
    screenplay = screenplay_of("INT. A - DAY\n\nHe writes [[ on\nthe wall.\n\nShe reads.")
    lines = annotated_fountain(with_emotions_everywhere(make(moments=0), screenplay)).split("\n")
    assert lines[lines.index("the wall.") + 1] == ""
    assert lines[lines.index("the wall.") + 2].startswith("[[0:02–0:04")


PIECE = st.sampled_from(
    [
        "INT. A - DAY",
        "ANNA",
        "BO ^",
        "(low)",
        "Hello.",
        "~la",
        "> X <",
        "> END.",
        "CUT TO:",
        "# Act",
        "= So",
        "===",
        "",
        "",
        "",
        "  ",
        "[[",
        "]]",
        "[[note]]",
        "a [[two\nlines]] b",
        "/*",
        "*/",
        "/* x\n\ny */",
        "!BANG",
        "@Al",
        ".FORCED",
        "x [[",
        "]] y",
        "Title: T",
        "   more",
    ]
)


@given(pieces=st.lists(PIECE, min_size=1, max_size=14))
def test_any_source_reads_the_same_apart_from_notes(analysis: Analysis, pieces: list[str]) -> None:
    screenplay = screenplay_of("\n".join(pieces))
    if screenplay.elements:
        annotated = annotated_fountain(with_emotions_everywhere(analysis, screenplay))
        assert content(parse_fountain(annotated.split("\n"))) == content(screenplay.elements), annotated


@needs_shared
@pytest.mark.parametrize(
    "name", ["Big-Fish.fountain", "Brick-and-Steel.fountain", "screenplain_notes.fountain"]
)
def test_real_screenplays_read_the_same_apart_from_notes(analysis: Analysis, name: str) -> None:
    screenplay = screenplay_of((SHARED / name).read_text(encoding="utf-8").replace("\r\n", "\n"))
    annotated = annotated_fountain(with_emotions_everywhere(analysis, screenplay)).split("\n")
    assert content(parse_fountain(annotated)) == content(screenplay.elements)
    assert parse_title(annotated) == screenplay.title


@needs_shared
@pytest.mark.parametrize("name", ["mission_impossible", "mystery_men"])
def test_a_plain_text_script_becomes_fountain(analysis: Analysis, name: str) -> None:
    screenplay = read_screenplay(SHARED / "pairs" / f"{name}.txt")
    annotated = annotated_fountain(with_emotions_everywhere(analysis, screenplay)).split("\n")
    assert content(parse_fountain(annotated)) == content(screenplay.elements)
    assert parse_title(annotated) == screenplay.title


FDX = """<?xml version="1.0" encoding="UTF-8"?>\r
<FinalDraft DocumentType="Script" Version="5"><Content>\r
<Paragraph Type="Scene Heading"><Text>INT. KITCHEN - NIGHT</Text></Paragraph>\r
<Paragraph Type="Action"><Text>MARTA lays a table.</Text></Paragraph>\r
<Paragraph Type="Character"><Text>MARTA</Text></Paragraph>\r
<Paragraph Type="Dialogue"><Text>You are late.</Text></Paragraph>\r
</Content>\r
<ScriptNotes><ScriptNote Range="21,26"><Paragraph><Text>mine</Text></Paragraph></ScriptNote></ScriptNotes>\r
<Unknown x='1'/></FinalDraft>"""


def test_emotions_become_script_notes_in_the_users_own_file(
    make: Callable[..., Analysis], tmp_path: Path
) -> None:
    path = tmp_path / "film.fdx"
    path.write_bytes(FDX.encode())
    screenplay = read_screenplay(path)
    noted = annotated_final_draft(with_emotions_everywhere(make(moments=1), screenplay, cut=frozenset({1})))
    start, end = FDX.encode().split(b"</ScriptNotes>")
    assert noted.startswith(start)
    assert noted.endswith(b"</ScriptNotes>" + end)
    out = tmp_path / "annotated.fdx"
    out.write_bytes(noted)
    again = read_screenplay(out)
    assert again.elements == screenplay.elements
    assert [note.element for note in again.notes] == [1, 0, 0, 1, 3]
    assert again.notes[1].text.startswith("The audience's emotions")
    assert again.notes[2].text.startswith("MOMENT 1")
    assert again.notes[3].text == "not in the film"
    assert again.notes[4].text == "0:06–0:08 · happy 0.62 (0.48–0.74) · 75 % reacting, 11 seen"
    path.write_bytes(FDX.replace("late", "early").encode())
    with pytest.raises(MoviemotionError, match="has changed since it was read"):
        annotated_final_draft(with_emotions_everywhere(make(moments=1), screenplay))


def test_a_fountain_script_becomes_final_draft(analysis: Analysis, tmp_path: Path) -> None:
    screenplay = screenplay_of("# Act\n\n" + SCRIPT.partition("\n\n")[2])
    path = tmp_path / "film.fdx"
    path.write_bytes(annotated_final_draft(with_emotions_everywhere(analysis, screenplay)))
    again = read_screenplay(path)
    assert content(again.elements) == content(screenplay.elements[1:])
    assert any(note.text.startswith("MOMENT 1") for note in again.notes)


@needs_shared
def test_big_fish_with_script_notes(analysis: Analysis, tmp_path: Path) -> None:
    screenplay = read_screenplay(SHARED / "Big-Fish.fdx")
    path = tmp_path / "film.fdx"
    path.write_bytes(annotated_final_draft(with_emotions_everywhere(analysis, screenplay)))
    again = read_screenplay(path)
    assert content(again.elements) == content(screenplay.elements)
    labeled = [k for k, e in enumerate(screenplay.elements) if e.kind in KINDS_WITH_EMOTION]
    assert len(again.notes) == len(labeled) + len(analysis.moment_search.moments) + 1
    assert {note.element for note in again.notes[1:]} >= set(labeled)


def test_without_a_script_there_is_nothing_to_annotate(make: Callable[..., Analysis]) -> None:
    with pytest.raises(ValueError, match="no script"):
        annotated_fountain(make(scenes=0))
