"""Measurements of other programs, in the formats in which these programs export them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from moviemotion.audience.other_tools import TOOLS, read_tool_file
from moviemotion.emotions import EMOTIONS, Emotion
from moviemotion.errors import MoviemotionError
from moviemotion.study.provenance import load_analysis
from moviemotion.workflows.import_measurements import import_measurements
from moviemotion.workflows.report import report

FACEREADER = """Video analysis detailed log
Face Model:\tGeneral
Calibration:\tNone
Start time:\t11/29/2026 10:00:00
Filename:\tseat-1.mp4
Frame rate:\t25

Video Time\tNeutral\tHappy\tSad\tAngry\tSurprised\tScared\tDisgusted\tContempt\tValence\tArousal
00:00:00.000\t0.8000\t0.1000\t0.0500\t0.0000\t0.0300\t0.0100\t0.0100\t0.0000\t0.05\t0.2
00:00:00.040\tFIND_FAILED\tFIND_FAILED\tFIND_FAILED\tFIND_FAILED\tFIND_FAILED\tFIND_FAILED\tFIND_FAILED\tFIND_FAILED\t\t
00:01:00.080\t0,2000\t0,9000\t0,0000\t0,0000\t0,1000\t0,0000\t0,0000\t0,0000\t0,9\t0,5
"""
IMOTIONS = """#METADATA
#Export Version,2
#Respondent Name,Seat 1
#DATA
Row,Timestamp,EventSource,Anger,Contempt,Disgust,Fear,Joy,Sadness,Surprise,Engagement,Valence
1,0,1,,,,,,,,,
2,40,5,1.5,0,0,0.5,60,0,20,80,50
3,80,5,0,0,0,0,90,0,40,90,70
"""
PYFEAT = """frame,FaceRectX,FaceScore,AU01,anger,disgust,fear,happiness,sadness,surprise,neutral,input
0,10,0.99,0.2,0.01,0.01,0.02,0.9,0.02,0.02,0.02,seat-1.mp4
25,,,,,,,,,,,seat-1.mp4
50,10,0.99,0.2,0.01,0.01,0.02,0.1,0.8,0.02,0.04,seat-1.mp4
"""
UNITS = (1, 2, 4, 5, 6, 7, 9, 12, 15, 20, 23, 26)
OPENFACE = "\n".join(
    [
        "frame, face_id, timestamp, confidence, success, " + ", ".join(f"AU{unit:02}_r" for unit in UNITS),
        "1, 0, 0.000, 0.98, 1, " + ", ".join("4.00" if unit in (6, 12) else "0.00" for unit in UNITS),
        "2, 0, 0.040, 0.10, 0, " + ", ".join("0.00" for _ in UNITS),
        "3, 0, 0.080, 0.98, 1, " + ", ".join("5.00" if unit in (4, 5, 7, 23) else "0.00" for unit in UNITS),
    ]
)


@pytest.fixture
def written(tmp_path: Path):
    def write(text: str, name: str = "seat-1.csv") -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def probability(read, emotion: Emotion) -> list[float]:
    return read.samples.emotions[:, EMOTIONS.index(emotion)].tolist()


def test_facereader(written) -> None:
    read = read_tool_file(TOOLS["facereader"], written(FACEREADER), "seat-1")
    assert read.samples.time.tolist() == [0.0, 60.08]
    assert probability(read, Emotion.HAPPY) == pytest.approx([0.1, 0.75])
    assert probability(read, Emotion.NEUTRAL) == pytest.approx([0.8, 0.2 / 1.2])
    assert read.measured == set(EMOTIONS)


def test_imotions(written) -> None:
    read = read_tool_file(TOOLS["imotions"], written(IMOTIONS), "seat-1")
    assert read.samples.time.tolist() == pytest.approx([0.04, 0.08])
    assert probability(read, Emotion.HAPPY) == pytest.approx([0.6, 0.9 / 1.3])
    assert probability(read, Emotion.NEUTRAL) == pytest.approx([0.18, 0.0])


def test_pyfeat(written) -> None:
    read = read_tool_file(TOOLS["pyfeat"], written(PYFEAT), "seat-1", frame_rate=25)
    assert read.samples.time.tolist() == [0.0, 2.0]
    assert probability(read, Emotion.SAD) == pytest.approx([0.02, 0.8], abs=1e-6)
    assert Emotion.CONTEMPT not in read.measured
    with pytest.raises(MoviemotionError, match="frames per second of the recording"):
        read_tool_file(TOOLS["pyfeat"], written(PYFEAT), "seat-1")


def test_openface_gives_emotions_by_their_action_units(written) -> None:
    read = read_tool_file(TOOLS["openface"], written(OPENFACE), "seat-1")
    assert read.samples.time.tolist() == [0.0, 0.08]
    assert probability(read, Emotion.HAPPY)[0] == pytest.approx(0.8)
    strongest = read.samples.emotions[1].argmax()
    assert EMOTIONS[strongest] is Emotion.ANGER
    np.testing.assert_allclose(read.samples.emotions.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(
    ("tool", "text", "message"),
    [
        ("imotions", FACEREADER, 'no line with the column "timestamp"'),
        ("facereader", FACEREADER.replace("\tScared", "\tAfraid"), 'column "scared" is missing'),
        ("imotions", IMOTIONS.replace(",60,", ",6O%,"), "line 7: '6O%' is not a number"),
        ("imotions", IMOTIONS.replace(",60,", ",600,"), "of full intensity"),
        ("facereader", FACEREADER.replace("00:01:00.080", "00:00:00.000"), "two measurements at 0 s"),
        ("openface", OPENFACE.replace(", 1, ", ", 0, "), "contains no face"),
    ],
)
def test_files_that_cannot_be_used(written, tool: str, text: str, message: str) -> None:
    with pytest.raises(MoviemotionError, match=message):
        read_tool_file(TOOLS[tool], written(text), "seat-1")


def laughing(viewer: int) -> str:
    """A viewer who smiles from second 20 to 26 and now and then alone."""
    rng = np.random.default_rng(viewer)
    rows = ["time,neutral,happy,surprise,sad,anger,disgust,fear,contempt"]
    for step in range(480):
        second = step / 4
        happy = 0.8 if 20 <= second < 26 else 0.02 + 0.02 * rng.random()
        rows.append(f"{second},{1 - happy},{happy},0,0,0,0,0,0")
    return "\n".join(rows)


def test_a_study_is_made_and_can_be_reported_again(written, tmp_path: Path, film: Path) -> None:
    files = [written(laughing(viewer), f"seat-{viewer}.csv") for viewer in range(8)]
    result = import_measurements("csv", files, tmp_path / "study")
    (moment,) = result.analysis.moment_search.moments
    assert moment.emotion is Emotion.HAPPY
    assert 19 <= moment.start <= 21
    assert moment.viewers == 8
    again = report(tmp_path / "study", film / "film.fountain", film / "film.srt").analysis
    assert again.title == "The Last Ferry"
    codes = [problem.code for problem in load_analysis(tmp_path / "study").data_quality.problems]
    assert "imported" in codes
    assert "emotion-not-measured" not in codes


def test_what_is_not_measured_is_said(written, tmp_path: Path) -> None:
    files = [written(PYFEAT.replace("0.99", f"0.9{k}"), f"seat-{k}.csv") for k in range(3)]
    analysis = import_measurements("pyfeat", files, tmp_path / "study", frame_rate=25).analysis
    (problem,) = (p for p in analysis.data_quality.problems if p.code == "emotion-not-measured")
    assert str(problem).startswith("Py-Feat: contempt not measured")


def test_a_bad_file_or_name_leaves_nothing_behind(written, tmp_path: Path) -> None:
    good, bad = written(IMOTIONS), written(FACEREADER, "seat-2.txt")
    (tmp_path / "other").mkdir()
    same = tmp_path / "other" / good.name
    same.write_bytes(good.read_bytes())
    copy = written(IMOTIONS, "seat-9.csv")
    for tool, files, message in (
        ("imotions", [good, bad], "seat-2.txt: no line"),
        ("imotions", [good, same], "seat-1: two files have this name"),
        ("noldus", [good], "choose from facereader"),
        ("imotions", [], "no files given"),
        ("imotions", [good, copy], "seat-9.csv: the same file as"),
    ):
        with pytest.raises(MoviemotionError, match=message):
            import_measurements(tool, files, tmp_path / "study")
        assert not (tmp_path / "study").exists()
