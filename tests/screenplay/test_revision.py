"""A revised script takes its times from the script with which the film was screened."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from moviemotion.screenplay.alignment.align import Cue, TimedScript, TimeSource
from moviemotion.screenplay.alignment.interpolate import with_speech_times
from moviemotion.screenplay.alignment.revision import carry_times_over
from moviemotion.screenplay.elements import Screenplay
from moviemotion.screenplay.formats.format_registry import read_screenplay

KITCHEN = """INT. KITCHEN - NIGHT

Rain on the window. Marta lays a table for two.

MARTA
You are late again.

IVO
I knocked. You were talking to my coat.
"""
PATH = """EXT. CLIFF PATH - DAWN

They walk without a word.

MARTA
(softly)
It answers more often than you do.

IVO
No.
"""
SHED = """INT. BOAT SHED - DAY

A boat without a name hangs from the roof.

IVO
We could still paint it before the winter comes.
"""


@pytest.fixture
def script_of(tmp_path: Path):
    def read(*scenes: str) -> Screenplay:
        path = tmp_path / "film.fountain"
        path.write_text("Title: Spoon\n\n" + "\n".join(scenes), encoding="utf-8")
        return read_screenplay(path)

    return read


def timed(screenplay: Screenplay) -> TimedScript:
    """Each element ten seconds after the one before."""
    cues = tuple(
        Cue(k, 10.0 * k, 10.0 * k + 8, TimeSource.SUBTITLES, 0.9) for k in range(len(screenplay.elements))
    )
    return TimedScript(
        screenplay, with_speech_times(screenplay.elements, cues), "Times come from the subtitles."
    )


def times(script: TimedScript) -> dict[str, float]:
    """Start of each element, by its text; NaN where it is not in the film."""
    return {
        element.text: cue.start
        for element, cue in zip(script.screenplay.elements, script.cues, strict=True)
        if element.character != element.text
    }


def is_cut(start: float) -> bool:
    return math.isnan(start)


def test_unchanged_lines_keep_their_times_and_new_ones_have_none(script_of) -> None:
    before = timed(script_of(KITCHEN, PATH, SHED))
    revised = KITCHEN.replace("You are late again.", "You came back.") + "\nMARTA\nSit down.\n"
    after = carry_times_over(before, script_of(revised, PATH, SHED))
    assert after is not None
    expected = times(before)
    for text, start in times(after).items():
        if text in ("You came back.", "Sit down."):
            assert is_cut(start)
        else:
            assert start == expected[text]
    assert "of 9 lines of action and dialogue, 7 are unchanged" in after.timing
    assert "New or rewritten lines (2) and lines moved to another scene (0)" in after.timing
    assert after.timing.endswith("Times come from the subtitles.")
    assert [cue.element for cue in after.cues] == list(range(len(after.cues)))


def test_character_names_and_parentheticals_go_with_their_speech(script_of) -> None:
    before = timed(script_of(KITCHEN, PATH, SHED))
    revised = PATH.replace("MARTA", "ANNA").replace("No.", "Perhaps, in time.")
    after = carry_times_over(before, script_of(KITCHEN, revised, SHED))
    assert after is not None
    by_text = times(after)
    assert by_text["(softly)"] == by_text["It answers more often than you do."]
    names = [
        cue.source
        for element, cue in zip(after.screenplay.elements, after.cues, strict=True)
        if element.text == "IVO"
    ]
    assert names == [TimeSource.SUBTITLES, TimeSource.CUT, TimeSource.SUBTITLES]


def test_case_and_punctuation_are_no_change(script_of) -> None:
    before = timed(script_of(KITCHEN, PATH, SHED))
    after = carry_times_over(before, script_of(KITCHEN.replace("late again.", "late… AGAIN!"), PATH, SHED))
    assert after is not None
    assert not any(map(is_cut, times(after).values()))


def test_a_moved_scene_keeps_its_times_but_a_single_moved_line_does_not(script_of) -> None:
    before = timed(script_of(KITCHEN, PATH, SHED))
    moved = carry_times_over(before, script_of(SHED, KITCHEN, PATH))
    assert moved is not None
    assert times(moved) == times(before)
    line = "\nIVO\nI knocked. You were talking to my coat.\n"
    away = carry_times_over(before, script_of(KITCHEN.replace(line, ""), PATH, SHED + line))
    assert away is not None
    assert is_cut(times(away)["I knocked. You were talking to my coat."])
    assert "New or rewritten lines (0) and lines moved to another scene (1)" in away.timing


def test_scenes_may_be_divided_and_joined(script_of) -> None:
    before = timed(script_of(KITCHEN, PATH, SHED))
    divided = KITCHEN.replace("\nIVO\nI", "\nINT. HALL - NIGHT\n\nIVO\nI")
    joined = PATH + SHED.partition("\n")[2]
    after = carry_times_over(before, script_of(divided, joined))
    assert after is not None
    assert {text for text, start in times(after).items() if is_cut(start)} == {"INT. HALL - NIGHT"}


def test_another_film_is_no_revision(script_of) -> None:
    before = timed(script_of(KITCHEN, PATH, SHED))
    other = "INT. SPACESHIP - DAY\n\nStars.\n\nCAPTAIN\nEngage the second engine now.\n"
    assert carry_times_over(before, script_of(other)) is None
