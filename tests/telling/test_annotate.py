from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moviemotion.emotions import Emotion
from moviemotion.resonance.analysis import Analysis
from moviemotion.resonance.lines import Feeling
from moviemotion.story.alignment import Cue, TimedScript, TimeSource
from moviemotion.story.elements import Element, Screenplay
from moviemotion.story.fountain import parse_fountain
from moviemotion.story.screenplay import read_screenplay
from moviemotion.story.title_page import title_of
from moviemotion.telling.annotate import annotated_fountain

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


def felt_everywhere(base: Analysis, screenplay: Screenplay, cut: frozenset[int] = frozenset()) -> Analysis:
    """An analysis in which every element has a feeling, but those that were cut."""
    cues, lines = [], []
    for k in range(len(screenplay.elements)):
        start, end = (NAN, NAN) if k in cut else (2.0 * k, 2.0 * k + 2)
        cues.append(Cue(k, start, end, TimeSource.CUT if k in cut else TimeSource.SUBTITLES, 0.5))
        emotion = None if k in cut else Emotion.HAPPY
        lines.append(Feeling(start, end, emotion, 0.62, (0.48, 0.74), 0.75, (0.47, 0.91), 12))
    moments = base.search.moments
    overlaps = tuple((k % len(cues),) for k in range(len(moments)))
    script = TimedScript(screenplay, tuple(cues), "Times come from nowhere.")
    return replace(base, script=script, lines=tuple(lines), scenes=(), moment_elements=overlaps)


def screenplay_of(source: str) -> Screenplay:
    lines = tuple(source.removesuffix("\n").split("\n"))
    return Screenplay(title_of(lines), Path("film.fountain"), lines, parse_fountain(lines))


def content(elements: tuple[Element, ...]) -> list[tuple[object, ...]]:
    return [(e.kind, e.text, e.scene, e.character, e.dual) for e in elements]


def test_feelings_stand_beside_their_lines(analysis: Analysis) -> None:
    few = replace(analysis, search=replace(analysis.search, moments=analysis.search.moments[:1]))
    annotated = annotated_fountain(felt_everywhere(few, screenplay_of(SCRIPT), cut=frozenset({6})))
    lines = annotated.split("\n")
    assert lines[0] == "Title: The Second Spoon"
    assert lines[1] == ""
    assert lines[2].startswith("[[The room's feelings")
    assert "Times come from nowhere." in lines[2]
    assert "for two. [[0:02–0:04 · happy 0.62 (0.48–0.74) · 9 of 12 reacted]]" in lines
    assert "Again. [[0:08–0:10 · happy 0.62 (0.48–0.74) · 9 of 12 reacted]]" in lines
    assert "I knocked. [[not in the film]]" in lines
    assert "MARTA" in lines  # cues and parentheticals stay bare
    assert "(to the coat)" in lines
    assert lines[lines.index("INT. KITCHEN - NIGHT #1#") + 2].startswith("[[MOMENT 1 · ")
    assert lines[lines.index("> THE END <") + 2].startswith("[[0:14–0:16")


def test_scenes_carry_their_feeling(analysis: Analysis) -> None:
    assert analysis.script is not None
    base = felt_everywhere(analysis, screenplay_of(SCRIPT))
    scene = replace(analysis.scenes[0], scene=1, heading=0, feeling=base.lines[0])
    assert "[[SCENE 1 · 0:00–0:02 · happy 0.62" in annotated_fountain(replace(base, scenes=(scene,)))


def test_only_what_was_felt_is_noted(make: Callable[..., Analysis]) -> None:
    base = felt_everywhere(make(moments=0), screenplay_of(SCRIPT))
    nothing = tuple(replace(line, emotion=None) for line in base.lines)
    annotated = annotated_fountain(replace(base, lines=nothing))
    assert annotated.count("[[") == 1
    assert re.sub(r"\[\[.*\]\]\n\n?", "", annotated).replace("\n\n\n", "\n\n") == SCRIPT


def test_brackets_left_open_swallow_no_note(make: Callable[..., Analysis]) -> None:
    screenplay = screenplay_of("INT. A - DAY\n\nHe writes [[ on\nthe wall.\n\nShe reads.")
    lines = annotated_fountain(felt_everywhere(make(moments=0), screenplay)).split("\n")
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
        annotated = annotated_fountain(felt_everywhere(analysis, screenplay))
        assert content(parse_fountain(annotated.split("\n"))) == content(screenplay.elements), annotated


@needs_shared
@pytest.mark.parametrize(
    "name", ["Big-Fish.fountain", "Brick-and-Steel.fountain", "screenplain_notes.fountain"]
)
def test_real_screenplays_read_the_same_apart_from_notes(analysis: Analysis, name: str) -> None:
    screenplay = screenplay_of((SHARED / name).read_text(encoding="utf-8").replace("\r\n", "\n"))
    annotated = annotated_fountain(felt_everywhere(analysis, screenplay)).split("\n")
    assert content(parse_fountain(annotated)) == content(screenplay.elements)
    assert title_of(annotated) == screenplay.title


@needs_shared
@pytest.mark.parametrize("name", ["mission_impossible", "mystery_men"])
def test_a_plain_text_script_becomes_fountain(analysis: Analysis, name: str) -> None:
    screenplay = read_screenplay(SHARED / "pairs" / f"{name}.txt")
    annotated = annotated_fountain(felt_everywhere(analysis, screenplay)).split("\n")
    assert content(parse_fountain(annotated)) == content(screenplay.elements)
    assert title_of(annotated) == screenplay.title


def test_without_a_script_there_is_nothing_to_annotate(make: Callable[..., Analysis]) -> None:
    with pytest.raises(ValueError, match="without a script"):
        annotated_fountain(make(scenes=0))
