"""A study folder: whole files or none, and never somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from moviemotion.audience.samples import Samples
from moviemotion.errors import MoviemotionError
from moviemotion.study.folder import StudyFolder

MADE_FROM = {"rate": 5.0, "seed": 36, "cameras": {"seat-01": {"file": "12-ab", "offset": 0.0}}}


def seen(n: int = 3) -> Samples:
    return Samples(
        viewers=("seat-01",),
        frames=n,
        end=float(n),
        viewer=np.zeros(n, np.int16),
        time=np.arange(n, dtype=float),
        box=np.zeros((n, 4), np.float32),
        detection=np.ones(n, np.float32),
        emotions=np.full((n, 8), 1 / 8, np.float32),
        weight=np.ones(n, np.float32),
        rejection_reason=np.zeros(n, np.int8),
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_opening_a_study_writes_nothing(tmp_path: Path) -> None:
    study = StudyFolder(tmp_path / "study", MADE_FROM)
    assert study.read_samples("seat-01") is None
    assert list(tmp_path.iterdir()) == []


def test_saved_samples_are_there_when_the_study_is_opened_again(tmp_path: Path) -> None:
    StudyFolder(tmp_path / "study", MADE_FROM).save_samples("seat-01", seen())
    again = StudyFolder(tmp_path / "study", dict(MADE_FROM)).read_samples("seat-01")
    assert again is not None
    assert again.time.tolist() == [0.0, 1.0, 2.0]


def test_an_empty_folder_may_become_a_study(tmp_path: Path) -> None:
    StudyFolder(tmp_path, MADE_FROM).save_samples("seat-01", seen())
    assert (tmp_path / "study.json").exists()


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    study = StudyFolder(tmp_path / "study", MADE_FROM)
    study.save_samples("seat-01", seen())
    study.write_text("timeline.csv", ["viewer,", "second\n"])
    assert set(contents(tmp_path / "study")) == {"study.json", "timeline.csv", "samples/seat-01.parquet"}
    assert (tmp_path / "study" / "timeline.csv").read_bytes() == b"viewer,second\n"


def test_a_result_that_breaks_off_leaves_the_old_one(tmp_path: Path) -> None:
    study = StudyFolder(tmp_path / "study", MADE_FROM)
    study.save_samples("seat-01", seen())
    study.write_text("timeline.csv", ["old"])

    def breaks_off():
        yield "new"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        study.write_text("timeline.csv", breaks_off())
    assert (tmp_path / "study" / "timeline.csv").read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize(
    "other",
    [
        {**MADE_FROM, "seed": 37},
        {**MADE_FROM, "rate": 2.0},
        {**MADE_FROM, "cameras": {"seat-01": {"file": "12-ab", "offset": 1.0}}},
        {**MADE_FROM, "cameras": {"seat-01": {"file": "13-cd", "offset": 0.0}}},
    ],
)
def test_another_study_is_left_alone(tmp_path: Path, other: dict[str, object]) -> None:
    StudyFolder(tmp_path / "study", MADE_FROM).save_samples("seat-01", seen())
    before = contents(tmp_path)
    with pytest.raises(MoviemotionError, match="contains a different study"):
        StudyFolder(tmp_path / "study", other)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("record", ["", "{", "[1, 2]", "\xff"])
def test_a_study_whose_record_is_damaged_is_left_alone(tmp_path: Path, record: str) -> None:
    (tmp_path / "study.json").write_text(record, encoding="latin-1")
    with pytest.raises(MoviemotionError, match="choose another out"):
        StudyFolder(tmp_path, MADE_FROM)
    assert contents(tmp_path) == {"study.json": record.encode("latin-1")}


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("draft", encoding="utf-8")
    with pytest.raises(MoviemotionError, match="not empty and does not contain a study"):
        StudyFolder(tmp_path, MADE_FROM)
    assert contents(tmp_path) == {"thesis.txt": b"draft"}


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("draft", encoding="utf-8")
    with pytest.raises(MoviemotionError, match="a file, not a folder"):
        StudyFolder(tmp_path / "thesis.txt", MADE_FROM)


def test_a_discarded_study_leaves_no_trace(tmp_path: Path) -> None:
    study = StudyFolder(tmp_path / "study", MADE_FROM)
    with study.creating():
        study.save_samples("seat-01", seen())
        study.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_discarded_study_takes_nothing_of_others_with_it(tmp_path: Path) -> None:
    study = StudyFolder(tmp_path / "study", MADE_FROM)
    study.save_samples("seat-01", seen())
    (tmp_path / "study" / "notes.txt").write_text("mine", encoding="utf-8")
    study.discard()
    assert contents(tmp_path / "study") == {"notes.txt": b"mine"}


def test_a_study_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MoviemotionError, match="not writable"):
        StudyFolder(tmp_path / "file" / "study", MADE_FROM).save_samples("seat-01", seen())


def test_a_full_disk_is_reported_with_the_file_that_did_not_fit(tmp_path: Path) -> None:
    study = StudyFolder(tmp_path / "study", MADE_FROM)
    study.save_samples("seat-01", seen())

    def text() -> Iterator[str]:
        yield "<!doctype html>"
        raise OSError(28, "No space left on device")

    with pytest.raises(MoviemotionError, match=r"report\.html: cannot be written \(No space left"):
        study.write_text("report.html", text())


def test_damaged_samples_are_named_with_the_remedy(tmp_path):
    study = StudyFolder(tmp_path / "study", {"cameras": {"seat": {"file": "1"}}})
    (tmp_path / "study" / "samples").mkdir(parents=True)
    (tmp_path / "study" / "samples" / "seat.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(MoviemotionError, match=r"seat\.parquet: damaged; restore it .*, or delete it"):
        study.read_samples("seat")


def test_a_camera_that_could_not_be_read_may_be_mended_a_watched_one_may_not_change(tmp_path):
    def cameras(bad: str, good: str = "1") -> dict[str, object]:
        return {"cameras": {"good": {"file": good}, "bad": {"file": bad}}}

    study = StudyFolder(tmp_path / "study", cameras("empty"))
    nothing = np.empty((0, 8), np.float32)
    study.save_samples(
        "good",
        Samples(
            ("good",),
            5,
            1.0,
            nothing[:, 0].astype(np.int16),
            nothing[:, 0].astype(float),
            nothing[:, :4],
            nothing[:, 0],
            nothing,
            nothing[:, 0],
            nothing[:, 0].astype(np.int8),
        ),
    )
    StudyFolder(tmp_path / "study", cameras("copied again"))
    with pytest.raises(MoviemotionError, match="a different study"):
        StudyFolder(tmp_path / "study", cameras("empty", good="2"))
