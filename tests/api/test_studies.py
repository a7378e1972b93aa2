"""The Python API on studies, tables and scripts, as a notebook uses it."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import moviemotion as mm
from moviemotion.api.arguments import checked_offsets, checked_rate, checked_seed
from moviemotion.audience.faces.identity_switches import IdentitySwitch
from moviemotion.simulation import demo_film
from moviemotion.workflows.report import report
from tests.privacy.privacy_studies import write_study

matplotlib = pytest.importorskip("matplotlib", reason="needs the notebook extra (matplotlib)")
matplotlib.use("agg")
VIEWERS = 12
TABLE = {
    "viewer": ["a", "b"] * 40,
    "second": [k // 2 for k in range(80)],
    **{str(e): [0.0] * 80 for e in mm.EMOTIONS},
}
TABLE |= {"neutral": [1.0] * 80}


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


def test_a_plot_has_no_curve_where_too_few_were_seen() -> None:
    table = pd.DataFrame({"viewer": np.repeat(list("abcdef"), 40), "second": np.tile(np.arange(40), 6)})
    for emotion in mm.EMOTIONS:
        table[emotion] = 0.125
    seen = table[(table.viewer < "e") | (table.second < 30)]
    ax = mm.analyze(seen).plot(["happy"])
    assert np.flatnonzero(np.isnan(ax.get_lines()[0].get_ydata())).tolist() == list(range(30, 40))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "happy",
        "unknown: fewer than 5 seen",
    ]


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
    assert any(
        "rows for the same viewer and second were averaged" in str(problem) for problem in repeated.problems
    )
    empty = wide.copy()
    empty.loc[empty.viewer == empty.viewer[0], list(mm.EMOTIONS)] = np.nan
    assert any("without any values" in str(problem) for problem in mm.analyze(empty).problems)
    late = mm.analyze(wide.assign(second=wide.second + 1000))
    assert any("No viewer was seen before 16:40" in str(problem) for problem in late.problems)
    assert all("hardly ever at rest" in str(problem) for problem in mm.analyze(wide).problems)


def test_a_comparison_is_saved(study: mm.Study, tmp_path: Path) -> None:
    page = mm.compare(study, mm.analyze(study.timeline_wide)).save(tmp_path / "comparison")
    assert page.read_text(encoding="utf-8").startswith("<!")
    assert (tmp_path / "comparison" / "comparison.csv").is_file()


def test_one_study_is_not_compared_with_itself(study: mm.Study) -> None:
    with pytest.raises(mm.MoviemotionError, match="both are the same study"):
        mm.compare(study, study)


def test_films_of_different_lengths_need_a_screenplay(study: mm.Study) -> None:
    shorter = mm.analyze(study.timeline_wide[study.timeline_wide.second < 100])
    with pytest.raises(mm.MoviemotionError, match="script= and subtitles="):
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
        (lambda path: mm.analyze(path / "table.csv"), "frame: expected a table, got PosixPath"),
        (lambda path: mm.analyze([{"viewer": "a"}]), "frame: expected a table, got list"),
        (lambda path: mm.compare("a", "b"), "first: expected a study, got str"),
        (lambda path: mm.screen("seat.mp4", path / "out"), "videos: expected a list, got one path"),
        (lambda path: mm.analyze(TABLE).plot(5), "emotions: expected a list of emotion names, got int"),
        (lambda path: mm.analyze(TABLE).plot(ax=5), "ax: expected matplotlib axes, got int"),
        (lambda path: mm.analyze(TABLE).table(["moments"]), "no such table"),
        (lambda path: mm.detect_faces(None), "frame: unsupported object array"),
        (lambda path: mm.detect_faces(np.zeros((9, 9), np.uint8), None), "detector: NoneType: .*centerface"),
        (lambda path: mm.EmotionReader("/"), "/: this is a folder, not an emotion model"),
        (lambda path: mm.EmotionReader(dict), "model: dict is a class"),
        (lambda path: mm.EmotionReader().predict(np.zeros((48, 48, 3), np.uint8)), "a single RGB image"),
    ],
)
def test_bad_input_is_one_clear_line(act, message: str, tmp_path: Path) -> None:
    with pytest.raises(mm.MoviemotionError, match=message) as caught:
        act(tmp_path)
    assert "\n" not in str(caught.value)
    assert "--" not in str(caught.value)


NOT_PATHS = (None, 5, b"study", "", "a\0b", "a" * 300, "a/" * 3000 + "a", "a\ud800")


@pytest.mark.parametrize("path", NOT_PATHS, ids=lambda path: ascii(path)[:12])
@pytest.mark.parametrize(
    ("name", "act"),
    [
        ("path", mm.read_study),
        ("path", mm.read_screenplay),
        ("screenplay", lambda path: mm.align(path, demo_film.SUBTITLES)),
        ("subtitles", lambda path: mm.align(demo_film.SCREENPLAY, path)),
        ("emotion_script", lambda path: mm.simulate(path, "out")),
        ("out", lambda path: mm.simulate(demo_film.EMOTION_SCHEDULE, path)),
        ("out", lambda path: mm.screen(["a.mp4"], path)),
        ("videos", lambda path: mm.screen([path], "out")),
        ("folder", lambda path: mm.analyze(TABLE).to_parquet(path)),
    ],
)
def test_what_is_no_path_is_refused(name: str, act, path: object, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(mm.MoviemotionError, match=rf"^{name}(\[0\])?: .*; ") as caught:
        act(path)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_comparison_is_not_saved_to_what_is_no_path(study: mm.Study) -> None:
    comparison = mm.compare(study, mm.analyze(study.timeline_wide))
    for path in NOT_PATHS:
        with pytest.raises(mm.MoviemotionError, match=r"^folder: "):
            comparison.save(path)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("rate", [0, -1, 61, float("nan"), float("inf"), "5", None, True, 10**400]),
        ("seed", [-1, 1.0, "36", None, True]),
        ("offsets", [5, "seat", {"a": float("nan")}, {"a": "1"}, {1: 1.0}, {"a": None}]),
        ("progress", [5, "print"]),
        (
            "baseline",
            [5, (1,), (1, 2, 3), ("0", "20"), (20, 0), (-1, 5), (0, float("inf")), b"0-20", "0-" + "9" * 400],
        ),
        ("film", [5, (1,), ("0", "20"), (20, 0), (0, float("inf")), "10", "0-" + "9" * 400]),
        ("credits", ["20-10", (5, 2), True, float("nan"), float("inf"), "x", ("a", "b")]),
        ("seats", [5, "seats.csv", {}, {"a": 1}, {"a": ("A", "first")}, {"a": ("A", 1), "b": ("A", 1)}]),
        ("script", [5, b"film.fountain", ["film.fountain"]]),
        ("subtitles", [5]),
    ],
)
def test_settings_of_a_screening_are_checked(name: str, values: list[object], tmp_path: Path) -> None:
    for value in values:
        with pytest.raises(mm.MoviemotionError, match=f"^{name}.*; ") as caught:
            mm.screen([tmp_path / "a.mp4"], tmp_path / "out", **{name: value})
        assert "\n" not in str(caught.value)
    for videos in (None, 5, b"a.mp4", {"a.mp4": 1}):
        with pytest.raises(mm.MoviemotionError, match=r"^videos: .*; pass a list"):
            mm.screen(videos, tmp_path / "out")
    assert checked_offsets({"a": np.float32(1.5)}) == {"a": 1.5}
    assert (type(checked_seed(np.int64(3))), type(checked_rate(np.float32(5)))) == (int, float)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("viewers", [0, -1, 2.0, True, None, "3"]),
        ("minutes", [0, -1, float("nan"), float("inf"), "10", None, True, 1e9]),
        ("seed", [-1, 0.5]),
    ],
)
def test_settings_of_a_simulation_are_checked(name: str, values: list[object], tmp_path: Path) -> None:
    for value in values:
        with pytest.raises(mm.MoviemotionError, match=f"^{name}: .*; "):
            mm.simulate(demo_film.EMOTION_SCHEDULE, tmp_path / "out", **{name: value})


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("names", ["ab", ("a",), ("a", "b", "c"), ("a", 5), ("a", ""), ("a", "a"), None, ("a", "\ud800")]),
        ("seed", [-1, "36", None]),
        ("paired", ["yes", None]),
    ],
)
def test_settings_of_a_comparison_are_checked(study: mm.Study, name: str, values: list[object]) -> None:
    for value in values:
        with pytest.raises(mm.MoviemotionError, match=f"^{name}.*; "):
            mm.compare(study, study, **{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", 5),
        ("title", "\ud800"),
        ("seed", -1),
        ("baseline", 5),
        ("script", 5),
        ("subtitles", b"a.srt"),
    ],
)
def test_settings_of_an_analysis_are_checked(name: str, value: object) -> None:
    with pytest.raises(mm.MoviemotionError, match=f"^{name}: .*; "):
        mm.analyze(TABLE, **{name: value})


def test_names_of_columns_may_differ_in_case() -> None:
    assert mm.analyze({f" {name.upper()}": values for name, values in TABLE.items()}).viewers == ("a", "b")


def test_an_emotion_reader_is_pickled() -> None:
    reader = mm.EmotionReader()
    image = np.arange(48 * 48, dtype=np.uint8).reshape(48, 48)
    again = pickle.loads(pickle.dumps(reader))
    np.testing.assert_array_equal(again.predict([image]), reader.predict([image]))


def test_a_study_that_may_not_be_read_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("moviemotion.api.study.load_analysis", refuse)
    with pytest.raises(mm.MoviemotionError, match=r"cannot be read \(Permission denied\); check"):
        mm.read_study(tmp_path)


def test_samples_follow_a_viewer_who_exchanged_seats_as_the_timeline_does(tmp_path: Path) -> None:
    study = mm.Study(write_study(tmp_path / "study", (IdentitySwitch(20.0, 0, 1, followed=False),)))
    samples = study.samples
    row = samples[(samples.camera == "row") & (samples.viewer == "row-1") & (samples.weight > 0)]
    # After the exchange, the viewer of the first seat (x 100) sits in the second (x 300).
    assert (row[row.time < 20].left.mean(), row[row.time >= 20].left.mean()) == pytest.approx(
        (70, 270), abs=5
    )
    wide = study.timeline_wide
    measured = wide[(wide.viewer == "row-1") & (wide.second == 30)][list(mm.EMOTIONS)].iloc[0]
    nearest = samples[(samples.camera == "row") & (samples.time.astype(int) == 30)]
    by_viewer = nearest.groupby("viewer")[list(mm.EMOTIONS)].mean()
    assert ((by_viewer - measured) ** 2).sum(axis=1).idxmin() == "row-1"


def laughing_table(viewers: int = 12, seconds: int = 300) -> pd.DataFrame:
    """Viewers who laugh together before the film, at 10 s, and in it, at 150 s."""
    rng = np.random.default_rng(5)
    happy = rng.uniform(0.01, 0.03, (viewers, seconds))
    for start in (10, 150):
        happy[:, start : start + 5] = 0.8
    table = pd.DataFrame(
        {
            "viewer": np.repeat([f"v{k}" for k in range(viewers)], seconds),
            "second": np.tile(np.arange(seconds), viewers),
            **{str(emotion): 0.0 for emotion in mm.EMOTIONS},
        }
    )
    table["happy"] = happy.ravel()
    table["neutral"] = 1 - table["happy"]
    return table


@pytest.mark.parametrize("credits", [250, "4:10", (250, 300), "4:10-5:00"])
def test_the_film_and_the_seats_of_a_table_are_used(credits) -> None:
    table = laughing_table()
    places = {f"v{k}": ("A" if k < 6 else "B", k % 6) for k in range(12)}
    seats = pd.DataFrame([(v, *place) for v, place in places.items()], columns=["viewer", "row", "seat"])
    assert mm.analyze(table).moments.start_s.between(8, 15).any()
    assert len(mm.analyze(table).caveats) == 2
    for given in (places, seats, seats.to_dict("list")):
        found = mm.analyze(table, film="1:00-5:00", credits=credits, seats=given)
        assert found.moments.start_s.between(148, 155).any()
        assert found.moments.start_s.min() >= 60
        assert found.caveats == ()
        assert found.room.second[found.room.in_film].agg(["min", "max"]).tolist() == [60, 249]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"film": (400, 500)}, "film 400-500: outside the analyzed film time, 0–300 s; choose"),
        ({"credits": 0}, "credits 0: covers the entire film; give"),
        ({"seats": {"v0": ("A", 1)}}, "seats: no seat for v1, v2"),
        ({"seats": {"w": ("A", 1)}}, r"seats\['w'\]: there is no viewer w; choose from v0, v1"),
        ({"seats": {"viewer": ["v0"], "row": [None], "seat": [1]}}, "seats, row 1: the entry is incomplete"),
        ({"seats": {"viewer": ["v0"], "row": [1, 2], "seat": [1]}}, "seats: the columns have different"),
    ],
)
def test_a_film_or_seats_that_do_not_fit_the_table_are_refused(setting, message: str) -> None:
    with pytest.raises(mm.MoviemotionError, match=f"^{message}") as caught:
        mm.analyze(laughing_table(), **setting)
    assert "\n" not in str(caught.value)


def test_a_segment_is_an_analysis_of_its_own(study: mm.Study) -> None:
    people = pd.DataFrame(
        {
            "viewer": study.viewers,
            "age": [20 + k for k in range(VIEWERS)],
            "fan": [k % 2 == 0 for k in range(VIEWERS)],
        }
    )
    room = mm.analyze(study.timeline_wide, participants=people)
    young, old = room.segment("age < 26"), room.segment("age >= 26")
    assert young.viewers == study.viewers[:6]
    assert young.room.viewers.max() == 6
    assert set(young.timeline.viewer) == set(young.viewers)
    assert young.segment("fan").viewers == study.viewers[:6:2]
    compared = mm.compare(young, old, names=("young", "old"))
    assert "Both segments sat in one room" in compared.summary()
    assert compared.result.viewers == (6, 6)
    with pytest.raises(mm.MoviemotionError, match="3 viewers belong to both"):
        mm.compare(young, room.segment("age > 22"))
    with pytest.raises(mm.MoviemotionError, match="applies to no viewer"):
        room.segment("age > 90")
    with pytest.raises(mm.MoviemotionError, match="participants, row 2: age 1987 is not an age"):
        mm.analyze(TABLE, participants={"viewer": ["a", "b"], "age": [20, 1987]})
    with pytest.raises(mm.MoviemotionError, match="participants: 3 is not valid; pass a CSV file"):
        mm.analyze(TABLE, participants=3)
    assert study.segments.empty
