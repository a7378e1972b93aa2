"""The Python API on studies, tables and scripts, as a notebook uses it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import moviemotion as mm
from moviemotion.simulation import demo_film
from moviemotion.workflows.report import report

matplotlib = pytest.importorskip("matplotlib", reason="needs the notebook extra (matplotlib)")
matplotlib.use("agg")
VIEWERS = 12


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> mm.Study:
    """A simulated audience of the demo's film, with its script."""
    out = tmp_path_factory.mktemp("api") / "study"
    mm.simulate(demo_film.EMOTION_SCHEDULE, out, viewers=VIEWERS, minutes=demo_film.DURATION / 60)
    report(out, demo_film.SCREENPLAY, demo_film.SUBTITLES)
    return mm.read_study(str(out))


def test_the_timeline_is_tidy_long_and_wide(study: mm.Study) -> None:
    long, wide = study.timeline, study.timeline_wide
    seconds = len(study.room)
    assert len(study.viewers) == VIEWERS
    assert len(long) == VIEWERS * seconds * len(mm.EMOTIONS)
    assert len(wide) == VIEWERS * seconds
    probabilities = long.pivot(index=["viewer", "second"], columns="emotion", values="probability")
    expected = wide.set_index(["viewer", "second"])[list(mm.EMOTIONS)]
    pd.testing.assert_frame_equal(
        probabilities[list(mm.EMOTIONS)], expected, check_names=False, check_dtype=False, atol=1e-4
    )
    sums = wide[list(mm.EMOTIONS)].sum(axis=1, min_count=1).dropna()
    np.testing.assert_allclose(sums, 1, atol=1e-3)
    assert (wide.loc[wide["samples"] == 0, "happy"].isna()).all()


def test_room_moments_and_script_are_those_of_the_analysis(study: mm.Study) -> None:
    room, moments = study.room, study.moments
    assert room.viewers.max() <= VIEWERS
    np.testing.assert_array_equal(room.happy, study.analysis.audience_curve.strength[:, 0])
    assert len(moments) == len(study.analysis.moment_search.moments) > 0
    assert moments.p_adjusted.max() <= 0.05
    assert "happy" in set(moments.emotion)
    assert study.script.text.str.len().sum() > 100
    assert len(study.scenes) > 0
    assert study.conclusion == study.analysis.moment_search.conclusion
    assert "moment" in repr(study)


def test_samples_have_a_row_for_each_reading(study: mm.Study) -> None:
    samples = study.samples
    assert set(samples.viewer) == set(study.viewers)
    assert samples.time.between(0, demo_film.DURATION).all()
    trusted = samples[samples.rejected == ""]
    np.testing.assert_allclose(trusted[list(mm.EMOTIONS)].sum(axis=1), 1, atol=1e-3)


def test_a_study_without_consent_records_says_so(study: mm.Study) -> None:
    participants = study.participants
    assert list(participants.columns) == ["seat", "camera", "viewer", "consent"]
    assert set(participants.consent) == {"not recorded"}


def test_a_plot_shows_curves_and_moments(study: mm.Study, tmp_path: Path) -> None:
    ax = study.plot(["happy", "sad"])
    assert [line.get_label() for line in ax.get_lines()] == ["happy", "sad"]
    ax.figure.savefig(tmp_path / "curve.png")
    with pytest.raises(mm.MoviemotionError, match="'bored': no such emotion; choose from"):
        study.plot(["bored"])


def test_tables_go_to_parquet_and_arrow(study: mm.Study, tmp_path: Path) -> None:
    written = study.to_parquet(tmp_path / "tables")
    assert {"moments.parquet", "datapackage.json"} <= {path.name for path in written}
    assert study.table("moments").num_rows == len(study.moments)
    with pytest.raises(mm.MoviemotionError, match="no such table; choose from"):
        study.table("nothing")


def test_a_table_from_elsewhere_gives_the_same_moments(study: mm.Study) -> None:
    again = mm.analyze(study.timeline_wide, demo_film.SCREENPLAY, demo_film.SUBTITLES)
    pd.testing.assert_frame_equal(again.moments, study.moments)
    pd.testing.assert_frame_equal(again.script, study.script)


def test_two_audiences_are_compared(study: mm.Study, tmp_path: Path) -> None:
    comparison = mm.compare(study, mm.analyze(study.timeline_wide, demo_film.SCREENPLAY, demo_film.SUBTITLES))
    differences = comparison.differences
    assert set(differences.emotion) <= set(mm.EMOTIONS)
    np.testing.assert_allclose(differences.difference.dropna(), 0, atol=1e-9)
    assert "first and second" in repr(comparison)
    page = comparison.save(tmp_path)
    assert page.read_text(encoding="utf-8").lower().startswith("<!doctype html>")


def test_doubtful_tables_are_analyzed_and_reported(study: mm.Study) -> None:
    wide = study.timeline_wide
    repeated = mm.analyze(pd.concat([wide, wide[wide.viewer == wide.viewer[0]]]))
    assert any("more rows than viewer-seconds" in problem for problem in repeated.problems)
    empty = wide.copy()
    empty.loc[empty.viewer == empty.viewer[0], list(mm.EMOTIONS)] = np.nan
    assert any("without any values" in problem for problem in mm.analyze(empty).problems)
    assert mm.analyze(wide).problems == ()


def test_a_comparison_is_saved(study: mm.Study, tmp_path: Path) -> None:
    page = mm.compare(study, study).save(tmp_path / "comparison")
    assert page.read_text(encoding="utf-8").startswith("<!")
    assert (tmp_path / "comparison" / "comparison.csv").is_file()


def test_films_of_different_lengths_need_a_screenplay(study: mm.Study) -> None:
    shorter = mm.analyze(study.timeline_wide[study.timeline_wide.second < 100])
    with pytest.raises(mm.MoviemotionError, match="script= and with subtitles="):
        mm.compare(mm.analyze(study.timeline_wide), shorter)


def test_a_script_is_read_and_aligned() -> None:
    screenplay = mm.read_screenplay(str(demo_film.SCREENPLAY))
    aligned = mm.align(screenplay, demo_film.SUBTITLES)
    assert aligned.screenplay is screenplay
    table = aligned.table
    assert table[table.kind == "dialogue"].start.notna().mean() > 0.8
    pd.testing.assert_frame_equal(mm.align(demo_film.SCREENPLAY, demo_film.SUBTITLES).table, table)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda path: mm.read_study(path / "nothing"), "nothing: does not contain a study"),
        (lambda path: mm.read_screenplay(path / "film.fountain"), "film.fountain"),
        (lambda path: mm.screen([], path / "out"), "no videos given"),
        (lambda path: mm.screen([path / "seat.mp4"], path / "out"), "seat.mp4"),
        (lambda path: mm.simulate(path / "no.csv", path / "out"), "no.csv"),
        (lambda path: mm.analyze({"viewer": ["a"], "second": [0]}), "neutral"),
        (lambda path: mm.align(path / "a.fountain", path / "a.srt"), "a.fountain"),
        (lambda path: mm.analyze(path / "table.csv"), "frame: PosixPath is not a table"),
        (lambda path: mm.analyze([{"viewer": "a"}]), "frame: list is not a table"),
        (lambda path: mm.compare("a", "b"), "first: str is not a study"),
        (lambda path: mm.screen("seat.mp4", path / "out"), "videos: seat.mp4 is a single path"),
        (lambda path: mm.EmotionReader(dict), "model: dict is a class"),
        (lambda path: mm.EmotionReader().predict(np.zeros((48, 48, 3), np.uint8)), "one RGB image"),
    ],
)
def test_bad_input_is_one_clear_line(act, message: str, tmp_path: Path) -> None:
    with pytest.raises(mm.MoviemotionError, match=message) as caught:
        act(tmp_path)
    assert "\n" not in str(caught.value)
    assert "--" not in str(caught.value)
