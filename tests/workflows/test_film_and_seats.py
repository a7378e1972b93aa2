"""The film's span and the seats are stored with the study, kept when it is resumed, and checked."""

from __future__ import annotations

import csv
import json
import shutil
from math import inf
from pathlib import Path

import numpy as np
import pytest

from moviemotion.analysis.analyze import FILM_SPAN_UNKNOWN
from moviemotion.analysis.signals.baseline import TimeSpan
from moviemotion.analysis.signals.seat_map import Place
from moviemotion.cli.setting_names import SETTING_NAMES
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.simulation import demo_film
from moviemotion.study.analysis_cache import cached_analysis
from moviemotion.study.provenance import load_analysis, read_provenance
from moviemotion.study.seat_table import SeatTable, read_seat_table
from moviemotion.workflows.report import report
from moviemotion.workflows.screen import Screening, screen
from moviemotion.workflows.simulate import simulate

FILM, CREDITS = TimeSpan(1, 7), TimeSpan(6, inf)
SEATS = "viewer,row,seat\nseat-01,A,1\nrow-02-03-1,B,4\nrow-02-03-2,B,5\n"
PLACES = {"seat-01": Place("A", 1), "row-02-03-1": Place("B", 4), "row-02-03-2": Place("B", 5)}
IN_FILM = [False, True, True, True, True, True, False, False]


def seat_file(folder: Path, text: str = SEATS) -> SeatTable:
    (path := folder / "seats.csv").write_text(text, encoding="utf-8")
    return read_seat_table(path)


@pytest.fixture(scope="module")
def study(seats: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Screening:
    """Tests only read it."""
    folder = tmp_path_factory.mktemp("spans")
    return screen(seats, folder / "study", rate=1.0, film=FILM, credits=CREDITS, seats=seat_file(folder))


def test_everything_is_stored_with_the_study(study: Screening) -> None:
    manifest = json.loads((study.folder / "study.json").read_text(encoding="utf-8"))
    assert [manifest[key] for key in ("film", "credits", "seats")] == [[1.0, 7.0], [6.0], "given"]
    provenance = read_provenance(study.folder)
    assert (provenance.film, provenance.credits, provenance.seats) == (FILM, CREDITS, PLACES)
    assert load_analysis(study.folder).in_film.tolist() == IN_FILM
    np.testing.assert_array_equal(cached_analysis(study.folder).in_film, IN_FILM)


def test_exports_say_which_seconds_are_in_the_film(study: Screening) -> None:
    with (study.folder / "timeline.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["viewer"] == "seat-01"]
    assert [row["in_film"] == "1" for row in rows] == IN_FILM
    results = json.loads((study.folder / "moments.json").read_text(encoding="utf-8"))
    assert results["in_film"] == [[1, 6]]


def test_the_same_command_resumes_the_study(study: Screening, seats: list[Path], tmp_path: Path) -> None:
    out = Path(shutil.copytree(study.folder, tmp_path / "study"))
    watched: list[str] = []
    again = screen(
        seats,
        out,
        rate=1.0,
        film=FILM,
        credits=CREDITS,
        seats=seat_file(tmp_path),
        progress=lambda camera, _: watched.append(camera.name),
    )
    assert watched == []
    assert again.analysis.in_film.tolist() == IN_FILM


@pytest.mark.parametrize(
    ("settings", "difference"),
    [
        ({"film": TimeSpan(0, 7)}, "film 1-7, not 0-7"),
        ({"credits": TimeSpan(6, 7)}, "credits 6, not 6-7"),
        ({"credits": None}, "credits 6, not none"),
        ({"seats": None}, "seats given, not none"),
    ],
)
def test_another_span_is_another_study(
    study: Screening, seats: list[Path], tmp_path: Path, settings: dict[str, object], difference: str
) -> None:
    given = {"film": FILM, "credits": CREDITS, "seats": seat_file(tmp_path), **settings}
    with pytest.raises(MoviemotionError, match=f"made with {difference}; use the same inputs"):
        screen(seats, study.folder, rate=1.0, **given)


def test_a_report_keeps_what_is_not_given_again(study: Screening, tmp_path: Path) -> None:
    out = Path(shutil.copytree(study.folder, tmp_path / "study"))
    report(out)
    provenance = read_provenance(out)
    assert (provenance.film, provenance.credits, provenance.seats) == (FILM, CREDITS, PLACES)
    report(out, film=TimeSpan(2, 8), seats=seat_file(tmp_path, SEATS.replace("A,1", "B,3")))
    provenance = read_provenance(out)
    assert (provenance.film, provenance.credits) == (TimeSpan(2, 8), CREDITS)
    assert provenance.seats == PLACES | {"seat-01": Place("B", 3)}


def test_seats_of_viewers_who_were_not_found_can_be_corrected(seats: list[Path], tmp_path: Path) -> None:
    def run(text: str) -> Screening:
        return screen(seats, tmp_path / "study", rate=1.0, seats=seat_file(tmp_path, text))

    with pytest.raises(MoviemotionError, match=r"seats\.csv, line 5: there is no viewer seat-07"):
        run(f"{SEATS}seat-07,A,2\n")
    assert not (tmp_path / "study").exists()  # refused before anything was processed
    with pytest.raises(MoviemotionError, match=r"seats\.csv: no seat for row-02-03-2; add a line"):
        run(SEATS.rpartition("row")[0])
    with pytest.raises(MoviemotionError, match=r"seats\.csv, line 5: there is no viewer row-02-03-3"):
        run(f"{SEATS}row-02-03-3,B,6\n")
    assert run(SEATS).analysis.data_quality.viewers == 3


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"film": TimeSpan(8, 20)}, "--film 8-20: the recordings end at 8 s; choose an earlier stretch"),
        ({"credits": TimeSpan(9, inf)}, "--credits 9: the recordings end at 8 s; choose an earlier stretch"),
    ],
)
def test_a_span_after_the_recordings_is_refused(
    seats: list[Path], tmp_path: Path, settings: dict[str, TimeSpan], message: str
) -> None:
    with pytest.raises(SettingError) as refused:
        screen(seats, tmp_path / "study", rate=1.0, **settings)
    assert refused.value.worded(SETTING_NAMES) == message
    assert not (tmp_path / "study").exists()


def test_a_report_refuses_a_span_outside_the_study(study: Screening, tmp_path: Path) -> None:
    out = Path(shutil.copytree(study.folder, tmp_path / "study"))
    before = (out / "provenance.json").read_bytes()
    with pytest.raises(SettingError, match=r"film 100-200: outside the analyzed film time, 0–8 s"):
        report(out, film=TimeSpan(100, 200))
    assert (out / "provenance.json").read_bytes() == before


def test_the_span_of_a_simulated_film_is_known(tmp_path: Path) -> None:
    simulate(demo_film.EMOTION_SCHEDULE, 12, demo_film.DURATION / 60, tmp_path / "study", seed=1)
    analysis = report(tmp_path / "study").analysis
    assert analysis.moment_search.conclusive
    assert FILM_SPAN_UNKNOWN not in analysis.data_quality.caveats
    assert read_provenance(tmp_path / "study").film == TimeSpan(0, demo_film.DURATION)


@pytest.mark.parametrize(
    "damage",
    [
        {"film": [7, 1]},
        {"film": [1]},
        {"credits": []},
        {"credits": ["a"]},
        {"seats": [{"viewer": "a"}]},
        {"seats": [{"viewer": "a", "row": 1, "seat": 2}]},
        {"seats": [{"viewer": "a", "row": "A", "seat": 1.5}]},
        {"seats": {"a": ["A", 1]}},
    ],
)
def test_a_damaged_provenance_is_refused(study: Screening, tmp_path: Path, damage: dict[str, object]) -> None:
    out = Path(shutil.copytree(study.folder, tmp_path / "study"))
    path = out / "provenance.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | damage), encoding="utf-8")
    with pytest.raises(SettingError, match=r"provenance\.json: cannot be read"):
        read_provenance(out)
