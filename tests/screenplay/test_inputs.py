"""Reading the files of a screenplay together, and the errors if they do not belong together."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from cut_films import film_of
from refusal import refused_in_one_line
from synthetic_film import make_film

from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.alignment.cues import TimeSource
from moviemotion.screenplay.inputs import ScriptInputs, read_script_inputs

SCRIPT = """INT. KITCHEN - DAY

Rain falls on the roof.

EXT. GARDEN - DAY

The rain has stopped.
"""
EDL = """TITLE: REEL
FCM: NON-DROP FRAME

001  AX       V     C        00:00:00:00 00:00:02:20 01:00:00:00 01:00:02:20
* SCENE: 1
002  AX       V     C        00:00:00:00 00:00:02:00 01:00:02:20 01:00:04:20
* SCENE: 2
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return written(tmp_path / "rain.fountain", SCRIPT)


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def garden(inputs) -> tuple[float, TimeSource]:
    """The start of the second scene, and where that time comes from."""
    timed = inputs.align(None)
    (cue,) = [c for c in timed.cues if timed.screenplay.elements[c.element].text.startswith("EXT")]
    return cue.start, cue.source


def test_the_frame_rate_of_an_edl_is_the_given_one_else_the_films_else_24(
    tmp_path: Path, script: Path
) -> None:
    sheet = written(tmp_path / "reel.edl", EDL)
    film_of(tmp_path / "film.mp4", (2.8, 2.0), Fraction(25))
    start, source = garden(read_script_inputs(script, timing_sheet=sheet, frame_rate=50))
    assert (start, source) == (pytest.approx(2.4), TimeSource.TIMING_SHEET)
    by_film = read_script_inputs(script, timing_sheet=sheet, shot_changes=tmp_path / "film.mp4")
    assert garden(by_film)[0] == pytest.approx(2.8)
    assert garden(read_script_inputs(script, timing_sheet=sheet))[0] == pytest.approx(2 + 20 / 24)


def test_a_scene_starts_with_the_shot_detected_in_the_film(tmp_path: Path, script: Path) -> None:
    start, source = garden(read_script_inputs(script))
    (cut,) = film_of(tmp_path / "film.mp4", (start + 0.5, 2.0))
    assert garden(read_script_inputs(script, shot_changes=tmp_path / "film.mp4")) == (
        pytest.approx(cut),
        source,
    )
    assert start != pytest.approx(cut)
    listed = written(tmp_path / "shots.txt", f"{cut}\n")
    assert garden(read_script_inputs(script, shot_changes=listed))[0] == pytest.approx(cut)


def test_times_without_a_script_are_rejected(tmp_path: Path, script: Path) -> None:
    for setting in ("subtitles", "timing_sheet", "shot_changes"):
        with refused_in_one_line(tmp_path / "given.txt", "add script"):
            read_script_inputs(None, **{setting: tmp_path / "given.txt"})
    assert read_script_inputs(None) is None
    assert read_script_inputs(script).files == (script,)


def test_files_that_do_not_belong_together_are_named(tmp_path: Path, script: Path) -> None:
    sheet = written(tmp_path / "reel.csv", "scene,start\n99,0\n")
    with pytest.raises(MoviemotionError, match="'99'") as caught:
        read_script_inputs(script, timing_sheet=sheet).align(60.0)
    assert str(sheet) in str(caught.value)
    assert str(script) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_settings_in_errors_about_several_files_can_be_reworded(tmp_path: Path) -> None:
    film, other = make_film(40, seed=8), make_film(40, seed=9)
    inputs = ScriptInputs(
        film.screenplay, other.subtitles, None, (), (tmp_path / "a.txt", tmp_path / "b.srt")
    )
    with pytest.raises(MoviemotionError, match="do not match") as caught:
        inputs.align(None)
    message = caught.value.worded({"subtitles": "--subtitles"})
    assert message.startswith(f"{tmp_path / 'b.srt'}: ")
    assert message.endswith("or run without --subtitles")
