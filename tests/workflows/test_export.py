"""A finished study exported: every file exists and is readable, and errors have one line."""

from __future__ import annotations

import shutil
from pathlib import Path

import opentimelineio as otio
import pytest

from moviemotion.errors import MoviemotionError
from moviemotion.reports.tables.tidy import TABLES
from moviemotion.study.study_label import StudyLabel
from moviemotion.workflows.export import FORMATS, export
from moviemotion.workflows.report import report
from moviemotion.workflows.screen import Screening

MARKERS = [
    f"The-Last-Ferry_moments.{suffix}"
    for suffix in ("avid.txt", "premiere.xml", "resolve.edl", "fcpxml", "pro-tools.mid", "otio", "edl")
]
TEXTS = [f"The-Last-Ferry_{name}" for name in ("moments.vtt", "metadata.vtt", "study.eaf")]


@pytest.fixture
def study(screened: Screening, tmp_path: Path) -> Path:
    """A copy of the finished study of three viewers."""
    return shutil.copytree(screened.folder, tmp_path / "study")


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def refused(match: str, study: Path, *given: object, **settings: object) -> None:
    """An export that fails with one line and writes nothing."""
    before = names(study)
    with pytest.raises(MoviemotionError, match=match) as caught:
        export(study, *given, **settings)
    assert "\n" not in str(caught.value)
    assert names(study) == before


def test_everything_is_exported_and_the_same_each_time(study: Path) -> None:
    before = names(study)
    written = export(study, frame_rate=25)
    tables = [f"{kind}/{table.name}.{kind}" for kind in ("csv", "parquet") for table in TABLES]
    sheets = [
        f"{kind}/{name}" for kind in ("csv", "parquet") for name in ("datapackage.json", "dictionary.md")
    ]
    assert {str(p.relative_to(study / "exports")) for p in written} == {*MARKERS, *TEXTS, *tables, *sheets}
    assert names(study) - before == {str(path.relative_to(study)) for path in written}
    contents = [path.read_bytes() for path in written]
    assert [path.read_bytes() for path in export(study, frame_rate=25)] == contents


def test_a_chosen_format_alone_is_written_and_tables_need_no_frame_rate(study: Path) -> None:
    export(study, ["parquet", "vtt"])
    assert {p.name for p in (study / "exports").iterdir()} == {"parquet", *TEXTS[:2]}


def test_markers_count_at_the_rate_and_from_the_start_that_are_given(study: Path) -> None:
    (path,) = export(study, ["otio"], frame_rate=29.97, start_timecode="02:00:00;00")
    start = otio.adapters.read_from_file(str(path)).global_start_time
    assert start.to_timecode() == "02:00:00;00"
    export(study, ["otio"], frame_rate=24)
    assert otio.adapters.read_from_file(str(path)).global_start_time.to_timecode() == "01:00:00:00"


def test_the_film_gives_rate_and_start_and_is_opened_in_elan(study: Path, seats: list[Path]) -> None:
    timeline, document = export(study, ["otio", "elan"], film=seats[0])
    own = otio.adapters.read_from_file(str(timeline)).global_start_time
    (moment_of_a_second,) = export(study, ["otio"], film=seats[0], start_timecode="00:00:01:00")
    assert otio.adapters.read_from_file(str(moment_of_a_second)).global_start_time.value == own.rate
    assert seats[0].as_uri() in document.read_text(encoding="utf-8")


def test_what_cannot_be_exported_is_said_and_nothing_written(study: Path, tmp_path: Path) -> None:
    refused("formats wav: unknown; choose from avid", study, ["wav"])
    refused("set frame_rate", study)
    refused("timecode is not defined for 12.5 frames", study, frame_rate=12.5)
    refused("25:00:00:00 is not a timecode", study, frame_rate=24, start_timecode="25:00:00:00")
    refused("gone.mp4: no such file", study, film=tmp_path / "gone.mp4")
    refused(
        "Premiere and Final Cut Pro: no timecode at 15 .*formats avid,resolve,pro-tools,otio,edl,vtt",
        study,
        frame_rate=15,
    )
    refused("^Final Cut Pro: no timecode at 48 ", study, ["finalcut", "premiere"], frame_rate=48)
    (study / "provenance.json").unlink()
    refused("provenance.json is missing", study, frame_rate=24)


def test_a_rate_that_only_final_cut_lacks_is_exported_to_the_others(study: Path) -> None:
    written = export(study, ["avid", "pro-tools", "premiere"], frame_rate=48)
    assert {p.name for p in written} == {MARKERS[0], MARKERS[1], MARKERS[4]}


def test_files_are_called_by_the_title_cut_and_date_of_the_study(study: Path) -> None:
    report(study, label=StudyLabel("Ferry II", "cut 3", "2026-11-29"))
    (path,) = export(study, ["avid"], frame_rate=24)
    assert path.name == "Ferry-II_cut-3_2026-11-29_moments.avid.txt"
    report(study, label=StudyLabel(cut="cut 4"))
    (path,) = export(study, ["edl"], frame_rate=24)
    assert path.read_text(encoding="utf-8").startswith("TITLE: Ferry II, cut 4, 2026-11-29\n")
    (path,) = export(study, ["edl"], frame_rate=24, title="Working title")
    assert path.name == "Working-title_cut-4_2026-11-29_moments.edl"


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ({"title": " "}, "title"),
        ({"cut": "3\n4"}, "cut"),
        ({"date": "29.11.2026"}, "write it as 2026-11-29"),
        ({"date": "2026-02-30"}, "not a date"),
    ],
)
def test_a_label_that_cannot_name_a_study(label: dict[str, str], message: str) -> None:
    with pytest.raises(MoviemotionError, match=message):
        StudyLabel(**label)


def test_every_format_is_named_in_the_refusal_of_another(study: Path) -> None:
    with pytest.raises(MoviemotionError) as caught:
        export(study, ["pdf"])
    assert str(caught.value).endswith(", ".join(FORMATS))


def test_a_folder_that_cannot_be_written(study: Path) -> None:
    (study / "exports").write_text("a file", encoding="utf-8")
    refused("exports: cannot be written", study, ["vtt"])
