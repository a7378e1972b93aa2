from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusal import refused_in_one_line
from synthetic_film import make_film

from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.alignment.align import TimeSource, align_script
from moviemotion.screenplay.alignment.timing_sheet import SceneTime, read_shot_changes, read_timing_sheet
from moviemotion.screenplay.elements import Element, ElementKind, Screenplay
from moviemotion.screenplay.subtitles.retiming import Retiming, fit_retiming

EDL = """TITLE: REEL 1
FCM: NON-DROP FRAME

001  AX       V     C        00:00:00:00 00:00:10:00 01:00:00:00 01:00:10:00
* FROM CLIP NAME: 1-2
002  AX       V     C        00:00:00:00 00:00:05:12 01:00:10:00 01:00:15:12
* FROM CLIP NAME: 1A-1
003  AX       V     D    012 00:00:00:00 00:00:04:12 01:00:15:12 01:00:20:00
* SCENE: 1A
004  AX       V     C        00:00:00:00 00:00:10:00 01:00:20:00 01:00:30:00
* FROM CLIP NAME: SC2_T4.MOV
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def script(numbers: list[str | None]) -> Screenplay:
    elements: list[Element] = []
    for k, number in enumerate(numbers, 1):
        heading = f"INT. {('KITCHEN', 'GARDEN', 'ATTIC', 'CELLAR')[k % 4]} - DAY"
        elements.append(Element(ElementKind.SCENE_HEADING, heading, 6 * k, 1, k, number=number))
        elements.append(Element(ElementKind.ACTION, "Rain falls on the roof.", 6 * k + 2, 1, k))
        elements.append(Element(ElementKind.CHARACTER, "ANNA", 6 * k + 3, 1, k, "ANNA"))
        elements.append(Element(ElementKind.DIALOGUE, "It is raining again.", 6 * k + 4, 1, k, "ANNA"))
    return Screenplay("Rain", Path("rain.fountain"), ("",) * 40, tuple(elements))


def test_an_edl_times_the_scenes_of_the_script(tmp_path: Path) -> None:
    sheet = read_timing_sheet(written(tmp_path, "reel.edl", EDL))
    assert [(t.scene_number, t.start, t.end) for t in sheet] == [("1", 0, 10), ("1A", 10, 20), ("2", 20, 30)]
    timed = align_script(script(["1", "1A", "1B", "2"]), None, None, timing_sheet=sheet)
    headings = [c for c, e in zip(timed.cues, timed.screenplay.elements, strict=True) if e.text[:3] == "INT"]
    assert [c.source for c in headings] == [
        *[TimeSource.TIMING_SHEET] * 2,
        TimeSource.CUT,
        TimeSource.TIMING_SHEET,
    ]
    assert [c.start for c in headings if c.source is TimeSource.TIMING_SHEET] == [0, 10, 20]
    assert all(math.isnan(c.start) for c in timed.cues[8:12])
    assert 10 < timed.cues[7].start < timed.cues[7].end <= 20
    assert "3 of 4 scenes" in timed.timing


def test_a_csv_with_headings_and_without_ends(tmp_path: Path) -> None:
    text = "Heading, Start\nint. garden – day,0:00:02.5\nINT ATTIC DAY,1:02\n"
    sheet = read_timing_sheet(written(tmp_path, "sheet.csv", text))
    assert [t.start for t in sheet] == [2.5, 62]
    timed = align_script(script([None] * 2), None, 90.0, timing_sheet=sheet)
    assert timed.cues[0].start == 2.5
    assert timed.cues[3].end == pytest.approx(62)
    assert timed.cues[4].start == 62
    assert timed.cues[7].end == pytest.approx(90)


def test_drop_frame_timecode_keeps_up_with_the_clock(tmp_path: Path) -> None:
    # An hour of drop-frame timecode is an hour: 107,892 frames at 30000/1001 a second.
    text = EDL.replace("01:00:30:00", "02:00:00;00").replace("01:00:00:00", "01:00:00;00")
    sheet = read_timing_sheet(written(tmp_path, "reel.edl", text), frame_rate=30000 / 1001)
    assert sheet[-1].end == pytest.approx(3600, abs=0.1)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.csv", "scene,begin\n1,2\n", "column names are missing"),
        ("a.csv", "scene,start\n1,noon\n", "line 2.*not a valid time"),
        ("a.csv", "scene,start,end\n1,9,3\n", "ends before it starts"),
        ("a.csv", "scene,start\n,3\n", "number or heading"),
        ("a.csv", "scene,start\n", "contains no scenes"),
        ("a.edl", "TITLE: X\n", "no CMX3600 events"),
        ("a.edl", "\n".join(EDL.splitlines()[:4]), "names its scene"),
        ("a.edl", EDL.replace("01:00:10:00", "01:00:10:28"), "not a timecode.*set frame_rate"),
        ("a.ods", "scene,start\n1,2\n", "not a timing sheet"),
    ],
)
def test_bad_sheets_are_rejected_in_one_line(tmp_path: Path, name: str, text: str, says: str) -> None:
    path = written(tmp_path, name, text)
    with refused_in_one_line(path, says):
        read_timing_sheet(path)


def test_a_scene_of_another_draft_is_named() -> None:
    with pytest.raises(MoviemotionError, match="'99'"):
        align_script(script(["1", "2"]), None, None, timing_sheet=(SceneTime("99", None, 0.0, None),))


def test_shot_changes_move_estimated_scenes_only(tmp_path: Path) -> None:
    shots = read_shot_changes(written(tmp_path, "shots.txt", "0\n0:07.2\n70\n"))
    plain = align_script(script([None] * 2), None, None)
    snapped = align_script(script([None] * 2), None, None, shot_changes=shots)
    assert plain.cues[4].start != 7.2 == snapped.cues[4].start == snapped.cues[3].end
    sheet = (SceneTime("1", None, 0.0, None), SceneTime("2", None, 5.0, None))
    assert (
        align_script(script([None] * 2), None, None, timing_sheet=sheet, shot_changes=shots).cues[4].start
        == 5.0
    )
    with pytest.raises(MoviemotionError, match="line 2"):
        read_shot_changes(written(tmp_path, "shots.txt", "0\nlater\n"))


@given(
    st.sampled_from([24 / 23.976, 25 / 23.976, 1.0, 25 / 24]),
    st.floats(-300, 300),
    st.integers(0, 2**32 - 1),
)
def test_a_retiming_is_found_among_wrong_points(speed: float, offset: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(0, 6000, 200))
    y = speed * x + offset + rng.normal(0, 1.0, 200)
    wrong = rng.choice(200, 30, replace=False)
    y[wrong] = rng.uniform(0, 6000, 30)
    clock = fit_retiming(list(x), list(y))
    assert clock is not None
    assert clock.speed == pytest.approx(speed, abs=1e-3)
    assert abs(clock.speed * 3000 + clock.offset - speed * 3000 - offset) < 1.0


def test_a_timing_sheet_corrects_subtitles_of_another_transfer() -> None:
    film = make_film(240, seed=3)
    elements = film.screenplay.elements
    first = {elements[k].scene: t for k, t in reversed(film.starts.items())}
    sheet = [SceneTime(str(scene), None, at - 6.0, None) for scene, at in sorted(first.items())]
    other = Retiming(23.976 / 25, 40.0, 0.0, 9).apply(film.subtitles)
    timed = align_script(film.screenplay, other, None, timing_sheet=sheet)
    errors = [abs(timed.cues[k].start - t) for k, t in film.starts.items()]
    assert "run at 0.9590 times the film's speed" in timed.timing
    assert np.quantile(errors, 0.9) < 3.0
