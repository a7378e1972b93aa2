"""Times of lines that were set by hand: the elements around them, other drafts, and the table."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.alignment.align import TimedScript, align_script
from moviemotion.screenplay.alignment.cues import TimeSource
from moviemotion.screenplay.alignment.line_corrections import (
    CORRECTABLE_KINDS,
    LineCorrection,
    carry_over,
    make_correction,
    order_problems,
    with_corrections,
)
from moviemotion.screenplay.alignment.line_times_table import corrections_of_table, read_line_times
from moviemotion.screenplay.elements import Element, ElementKind, Screenplay
from moviemotion.screenplay.subtitles.parse import Subtitle

FILM = (0.0, 300.0)
LINES = (
    "Nobody mentioned that elephants hate umbrellas.",
    "My sister sold her violin to a passing sailor last winter.",
    "Tomorrow we bury the mayor beneath his own orchard.",
    "Please count every candle before midnight, dear.",
    "Their train leaves Vienna without any brakes.",
    "You promised grandmother seven honest answers.",
    "Somebody poisoned the soup with cheap perfume!",
    "Gravity never bothered those stubborn pigeons.",
    "Forgive me, I married your lawyer yesterday.",
)


def screenplay() -> Screenplay:
    """Three scenes of ten elements: a heading, and three times an action, a character and what they say."""
    elements: list[Element] = []
    lines = iter(LINES)
    for scene in range(1, 4):
        elements.append(Element(ElementKind.SCENE_HEADING, f"INT. ROOM {scene} - DAY", 1, 1, scene))
        for k in range(3):
            elements.append(Element(ElementKind.ACTION, f"Rain falls on roof {scene}{k}.", 1, 1, scene))
            elements.append(Element(ElementKind.CHARACTER, "ANNA", 1, 1, scene, "ANNA"))
            elements.append(Element(ElementKind.DIALOGUE, next(lines), 1, 1, scene, "ANNA"))
    return Screenplay("Rain", Path("rain.fountain"), ("",), tuple(elements))


def by_page() -> TimedScript:
    return align_script(screenplay(), None, FILM[1])


def by_subtitles(left_out: tuple[int, ...] = ()) -> TimedScript:
    """The lines at 30, 60, … seconds, without the subtitles of some."""
    play = screenplay()
    spoken = [k for k, e in enumerate(play.elements) if e.kind is ElementKind.DIALOGUE]
    lines = [
        Subtitle(30.0 * n, 30.0 * n + 4, play.elements[k].text)
        for n, k in enumerate(spoken, 1)
        if n not in left_out
    ]
    return align_script(play, lines, FILM[1])


def test_a_corrected_line_counts_as_certain_and_its_speech_follows_it() -> None:
    timed = with_corrections(by_page(), [LineCorrection(3, 50.0, 54.0)])
    line, character = timed.cues[3], timed.cues[2]
    assert (line.start, line.end, line.source, line.confidence) == (50.0, 54.0, TimeSource.BY_HAND, 1.0)
    assert (character.start, character.end, character.source) == (50.0, 54.0, TimeSource.BY_HAND)
    assert not line.is_estimated
    assert timed.timing.endswith("1 time was set by hand.")


def test_estimated_elements_are_interpolated_around_the_corrected_one() -> None:
    before, corrected = by_page(), LineCorrection(3, 50.0, 54.0)
    after = with_corrections(before, [corrected])
    assert after.cues[0].start == 0.0
    assert after.cues[1].end == pytest.approx(50.0)
    assert after.cues[4].start == pytest.approx(54.0)
    assert after.cues[-1].end == pytest.approx(before.cues[-1].end)
    assert all(a.start <= b.start for a, b in pairwise(after.cues))


def test_neighbors_with_a_time_of_their_own_keep_it() -> None:
    before = by_subtitles(left_out=(2,))
    second = 6
    assert before.cues[second].source is TimeSource.CUT
    after = with_corrections(before, [LineCorrection(second, 70.0, 72.0)])
    own = [k for k, cue in enumerate(before.cues) if cue.source is TimeSource.SUBTITLES]
    assert len(own) == 16  # eight lines and their characters
    assert [after.cues[k] for k in own] == [before.cues[k] for k in own]
    assert after.cues[4].end == pytest.approx(70.0)
    assert (after.cues[7].start, after.cues[7].end) == pytest.approx((72.0, 90.0))
    assert after.cues[14:] == before.cues[14:]


def test_a_scene_with_a_corrected_line_is_in_the_film() -> None:
    before = by_subtitles(left_out=(4, 5, 6))
    assert {cue.source for cue in before.cues[10:20]} == {TimeSource.CUT}
    after = with_corrections(before, [LineCorrection(16, 130.0, 133.0)])
    assert [after.cues[k].source for k in (10, 11, 13, 14, 16, 19)] == [
        *[TimeSource.INTERPOLATED] * 2,
        TimeSource.CUT,
        TimeSource.INTERPOLATED,
        TimeSource.BY_HAND,
        TimeSource.CUT,
    ]
    assert 94 <= after.cues[10].start < after.cues[14].end <= 130.0


def test_a_line_set_far_away_does_not_take_its_scene_with_it() -> None:
    before = by_subtitles()
    after = with_corrections(before, [LineCorrection(6, 280.0, 283.0)])
    assert after.cues[6].start == 280.0
    assert before.cues[3].end <= after.cues[4].start < after.cues[7].end <= before.cues[9].start


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.integers(0, 29), st.floats(0, 299), max_size=8), st.sets(st.integers(1, 9)))
def test_any_corrections_leave_every_element_in_the_film(times: dict[int, float], left_out: set[int]) -> None:
    before = by_subtitles(tuple(left_out)) if len(left_out) < 6 else by_page()
    kinds = [element.kind for element in before.screenplay.elements]
    corrections = [
        LineCorrection(k, start, start + 1) for k, start in times.items() if kinds[k] in CORRECTABLE_KINDS
    ]
    after = with_corrections(before, corrections)
    assert [cue.element for cue in after.cues] == list(range(30))
    for cue in after.cues:
        if cue.source is not TimeSource.CUT:
            assert 0 <= cue.start <= cue.end <= FILM[1] + 1e-9
    for correction in corrections:
        cue = after.cues[correction.element]
        assert (cue.start, cue.end, cue.source) == (correction.start, correction.end, TimeSource.BY_HAND)
    assert with_corrections(before, []) is before


def test_another_draft_keeps_the_times_of_unchanged_lines() -> None:
    before = screenplay()
    added = Element(ElementKind.ACTION, "A ship passes.", 1, 1, 1)
    elements = [*before.elements[:2], added, *before.elements[2:]]
    elements[4] = replace(elements[4], text=elements[4].text.upper())  # the same words
    elements[7] = replace(elements[7], text="Something else entirely.")
    after = replace(before, elements=tuple(elements))
    corrections = [LineCorrection(k, 10.0 * k + 20, 10.0 * k + 24) for k in (3, 6, 9)]
    kept, (problem,) = carry_over(corrections, before, after)
    assert kept == (LineCorrection(4, 50.0, 54.0), LineCorrection(10, 110.0, 114.0))
    assert "1 of the times set by hand was dropped" in str(problem)
    assert "“My sister sold her violin to a passing s…” at 1:20" in str(problem)
    assert carry_over(corrections, before, before) == (tuple(corrections), ())


def test_times_that_go_back_within_a_scene_are_doubted() -> None:
    script = by_page()
    forward = [LineCorrection(3, 50.0, 54.0), LineCorrection(6, 60.0, 64.0)]
    backward = [LineCorrection(6, 60.0, 64.0), LineCorrection(3, 70.0, 74.0)]
    other_scene = [LineCorrection(3, 70.0, 74.0), LineCorrection(13, 60.0, 64.0)]
    assert [len(list(order_problems(script, c))) for c in (forward, backward, other_scene)] == [0, 1, 0]


@pytest.mark.parametrize(
    ("element", "start", "end", "message"),
    [
        (99, 1.0, 2.0, "element 100: not in the script, which has 30 elements"),
        (2, 1.0, 2.0, "element 3: has no time of its own, because it is a character"),
        (3, 9.0, 8.0, "element 4: ends at 0:08, before it starts at 0:09"),
        (3, 299.0, 400.0, "element 4: from 4:59 to 6:40 is not in the film, which runs from 0:00 to 5:00"),
        (3, 400.0, None, "element 4: from 6:40 to 6:40 is not in the film"),
    ],
)
def test_a_wrong_time_is_refused_with_a_remedy(
    element: int, start: float, end: float | None, message: str
) -> None:
    with pytest.raises(MoviemotionError, match=message):
        make_correction(by_page(), element, start, end, FILM)


def table(folder: Path, text: str) -> Path:
    path = folder / "lines.csv"
    path.write_text(text, encoding="utf-8")
    return path


LINE = LINES[0]


@pytest.mark.parametrize(
    "text",
    [
        f"element,text,start_s,end_s\n4,{LINE},50,54\n",
        f'element,text,start_s,end_s,time_source\n4,"{LINE}",0:50,0:54.0,By hand\n',
        f"\ufeffElement;Text;start_s;end_s\r\n4;{LINE.upper()};50,0;54,0\r\n",
        f'text\tscene\tend_s\tstart_s\telement\n"{LINE[:16]}\n{LINE[17:]}"\t1\t54\t50\t4\n\t\t\t\t\n',
    ],
    ids=["short", "marked", "semicolons", "tabs"],
)
def test_a_table_is_read_as_spreadsheets_write_it(tmp_path: Path, text: str) -> None:
    rows = read_line_times(table(tmp_path, text))
    assert corrections_of_table(rows, by_page(), FILM) == ((LineCorrection(3, 50.0, 54.0),), ())


def test_a_row_without_an_end_keeps_the_length(tmp_path: Path) -> None:
    script = by_subtitles()
    (one,), _ = corrections_of_table(
        read_line_times(table(tmp_path, f"element,text,start_s\n4,{LINE},50\n")), script, FILM
    )
    assert one.end - one.start == pytest.approx(script.cues[3].end - script.cues[3].start)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("element,start\n4,50\n", "lines.csv: column names are missing; the first line must be element,text"),
        ("element,text,start_s\n", "lines.csv: contains no lines"),
        ("element,text,start_s\nfour,x,50\n", "lines.csv, line 2: 'four' is not the number of an element"),
        (f"element,text,start_s\n{'9' * 5000},x,50\n", "is not the number of an element"),
        ("element,text,start_s\n99,x,50\n", "lines.csv, line 2: element 99: not in the script"),
        (f"element,text,start_s\n0,{LINE},50\n", "lines.csv, line 2: element 0: not in the script"),
        (f"element,text,start_s\n4,{LINE},soon\n", "lines.csv, line 2: start_s 'soon' is not a valid time"),
        (f"element,text,start_s\n4,{LINE},\n", "lines.csv, line 2: the time is missing"),
        (f"element,text,start_s\n5,{LINE},50\n", "element 5 has another text.*this text is now element 4"),
        ("element,text,start_s\n3,ANNA,50\n", "line 2: element 3: has no time of its own, because it is a"),
        ("element,text,start_s\n4,Goodbye.,50\n", "element 4 has another text in this script; export"),
        (f"element,text,start_s\n4,{LINE},50\n4,{LINE},60\n", "line 3: element 4 was already set in line 2"),
        (f"element,text,start_s\n4,{LINE},900\n", "lines.csv, line 2: element 4: from 15:00 to 15:00 is not"),
        (
            f"element,text,start_s,end_s\n4,{LINE},50,40\n",
            "element 4: ends at 0:40, before it starts at",
        ),
        (
            f"element,text,start_s,time_source\n4,{LINE},50,page\n",
            "line 2: the time was changed, but",
        ),
        ('element,text,start_s\n4,"never closed,50\n', "not valid CSV"),
    ],
)
def test_a_wrong_table_is_refused_by_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(MoviemotionError, match=message):
        corrections_of_table(read_line_times(table(tmp_path, text)), by_page(), FILM)


def test_changed_rows_without_a_mark_are_reported(tmp_path: Path) -> None:
    script = by_subtitles()
    marked = f"4,{LINE},50,54,by hand\n"
    other = f"7,{script.screenplay.elements[6].text},%s,by hand?\n"
    head = "element,text,start_s,end_s,time_source\n"
    cue = script.cues[6]
    same = read_line_times(table(tmp_path, head + marked + other % f"{cue.start},{cue.end}"))
    assert corrections_of_table(same, script, FILM)[1] == ()
    changed = read_line_times(table(tmp_path, head + marked + other % "99,101"))
    corrections, (problem,) = corrections_of_table(changed, script, FILM)
    assert corrections == (LineCorrection(3, 50.0, 54.0),)
    assert "1 of the rows has another time than this study" in str(problem)
    assert "lines.csv, line 3" in str(problem)
