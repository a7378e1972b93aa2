"""Shot changes and timecode of films in which both are known."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from cut_films import film_of
from refusal import refused_in_one_line

from moviemotion.screenplay.film_file import detect_shot_changes, read_film_timecode

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize("rate", [Fraction(24), NTSC, Fraction(50)], ids=str)
def test_each_cut_is_found_on_its_frame_and_no_other(tmp_path: Path, rate: Fraction) -> None:
    begins = film_of(tmp_path / "film.mp4", (1.5, 0.5, 2.0, 1.0), rate)
    assert detect_shot_changes(tmp_path / "film.mp4") == pytest.approx(begins, abs=0.25 / rate)


def test_a_fast_pan_is_not_a_cut(tmp_path: Path) -> None:
    film_of(tmp_path / "film.mp4", (3.0,), speed=10)
    assert detect_shot_changes(tmp_path / "film.mp4") == ()


def test_times_of_cuts_count_from_the_first_frame(tmp_path: Path) -> None:
    begins = film_of(tmp_path / "film.mkv", (1.0, 1.0), origin=10.0)
    assert detect_shot_changes(tmp_path / "film.mkv") == pytest.approx(begins, abs=0.01)


def test_the_timecode_of_a_film_is_read_from_its_file(tmp_path: Path) -> None:
    film_of(tmp_path / "film.mov", (0.2,), NTSC, "01:00:00;00")
    timecode = read_film_timecode(tmp_path / "film.mov")
    assert (timecode.frame_rate, timecode.drop_frame, timecode.frame_to_timecode(0)) == (
        NTSC,
        True,
        "01:00:00;00",
    )
    film_of(tmp_path / "plain.mp4", (0.2,), Fraction(25))
    assert read_film_timecode(tmp_path / "plain.mp4").frame_to_timecode(25) == "01:00:01:00"


def test_films_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    film_of(tmp_path / "odd.mp4", (0.5,), Fraction(25, 2))
    for read in (detect_shot_changes, read_film_timecode):
        with refused_in_one_line(tmp_path / "broken.mp4", "cannot be read"):
            read(tmp_path / "broken.mp4")
        with refused_in_one_line(tmp_path / "gone.mp4", "no such file"):
            read(tmp_path / "gone.mp4")
    with refused_in_one_line(tmp_path / "odd.mp4", r"timecode is not defined for 12\.5 frames per second"):
        read_film_timecode(tmp_path / "odd.mp4")
