"""Timelines from tables: the same analysis as from the original timeline, and clear errors."""

from dataclasses import replace

import numpy as np
import pytest
from audiences import hide_viewer, simulate_timeline
from hypothesis import given, settings
from hypothesis import strategies as st

from moviemotion.analysis.analyze import analyze
from moviemotion.analysis.from_table import MAX_SECOND, repeated_rows, timeline_from_table
from moviemotion.analysis.signals.timeline import PEAK_COLUMNS, Timeline
from moviemotion.emotions import EMOTIONS, Emotion
from moviemotion.errors import MoviemotionError
from moviemotion.reports.tables.csv_json import moments_json

LAUGH = ((30, 38, Emotion.HAPPY, 1.0),)


def table_of(timeline: Timeline, unseen_rows: bool = True) -> dict[str, np.ndarray]:
    """The columns of a timeline, with or without the rows of hide_viewer viewers."""
    viewers, seconds = timeline.sample_counts.shape
    columns = {
        "viewer": np.repeat(timeline.viewers, seconds),
        "second": np.tile(timeline.start + np.arange(seconds), viewers),
        "samples": timeline.sample_counts.ravel(),
        **{str(e): timeline.probabilities[:, :, k].ravel() for k, e in enumerate(EMOTIONS)},
    }
    if timeline.weight is not None:
        columns["weight"] = timeline.weight.ravel()
    if timeline.peak is not None:
        columns |= {name: timeline.peak[:, :, k].ravel() for k, name in enumerate(PEAK_COLUMNS)}
    if not unseen_rows:
        columns = {name: values[timeline.sample_counts.ravel() > 0] for name, values in columns.items()}
    return columns


def row(**changes: object) -> dict[str, list]:
    """A table of one row, in which a viewer is entirely happy."""
    values = {"viewer": "a", "second": 3, **dict.fromkeys(map(str, EMOTIONS), 0.0), "happy": 1.0}
    return {name: [value] for name, value in (values | changes).items()}


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 999), st.booleans(), st.booleans(), st.booleans(), st.integers(0, 500))
def test_the_table_of_a_timeline_gives_the_same_moments_byte_for_byte(
    seed, weighted, with_peaks, unseen_rows, start
):
    timeline = replace(hide_viewer(simulate_timeline(6, 70, seed, LAUGH), 1, 10, 25), start=start)
    if weighted:
        weight = np.random.default_rng(seed).uniform(0.1, 1, (6, 70)).astype(np.float32)
        timeline = replace(timeline, weight=np.where(timeline.sample_counts > 0, weight, 0))
    if with_peaks:
        higher = np.random.default_rng(seed).uniform(0, 0.1, (6, 70, 7)).astype(np.float32)
        timeline = replace(timeline, peak=np.minimum(timeline.probabilities[:, :, 1:] + higher, 1))
    again = timeline_from_table(table_of(timeline, unseen_rows), first_second=start)
    assert (again.viewers, again.start) == (timeline.viewers, start)
    np.testing.assert_array_equal(again.at_peak(), timeline.at_peak())
    np.testing.assert_array_equal(again.probabilities, timeline.probabilities)
    np.testing.assert_array_equal(again.sample_counts, timeline.sample_counts)
    assert (again.weight is None) is (timeline.weight is None)
    first, second = (moments_json(analyze("film", each, None, (), seed)) for each in (timeline, again))
    assert repr(first) == repr(second)


@given(st.integers(0, 999), st.integers(0, 99))
def test_the_order_of_the_rows_does_not_matter(seed, shuffle):
    timeline = simulate_timeline(3, 12, seed)
    table = table_of(timeline)
    order = np.random.default_rng(shuffle).permutation(36)
    order = np.concatenate([[0, 12, 24], order[~np.isin(order, [0, 12, 24])]])  # viewers appear in order
    shuffled = timeline_from_table({name: values[order] for name, values in table.items()})
    np.testing.assert_array_equal(shuffled.probabilities, timeline.probabilities)
    assert shuffled.viewers == timeline.viewers


def test_missing_rows_are_unseen_and_the_timeline_starts_with_the_film():
    timeline = timeline_from_table(row(second=3))
    assert timeline.sample_counts.tolist() == [[0, 0, 0, 1]]
    assert np.isnan(timeline.probabilities[0, :3]).all()
    assert timeline.probabilities[0, 3].tolist() == [0, 1, 0, 0, 0, 0, 0, 0]
    assert timeline.weight is None
    later = timeline_from_table(row(second=3), first_second=2)
    assert (later.start, later.sample_counts.tolist()) == (2, [[0, 1]])


def test_rows_of_one_viewer_and_second_are_averaged_by_weight_and_samples():
    two = {name: values * 2 for name, values in row().items()} | {"happy": [1.0, 0.0], "sad": [0.0, 1.0]}
    assert timeline_from_table(two).probabilities[0, 3, 1] == 0.5
    assert timeline_from_table(two).sample_counts[0, 3] == 2
    by_samples = timeline_from_table(two | {"samples": [3, 1]})
    assert by_samples.probabilities[0, 3, 1] == 0.75
    assert by_samples.sample_counts[0, 3] == 4
    weighted = timeline_from_table(two | {"samples": [3, 1], "weight": [0.25, 0.75]})
    assert weighted.probabilities[0, 3, 1] == 0.5
    assert weighted.weight[0].tolist() == [0, 0, 0, pytest.approx((3 * 0.25 + 0.75) / 4)]


def test_names_may_differ_in_case_and_missing_values_may_be_none():
    table = {f" {name.upper()} ": values for name, values in row(viewer=7).items()}
    assert timeline_from_table(table | {"notes": ["any"]}).viewers == ("7",)
    none = row() | {str(e): [None] for e in EMOTIONS} | {"samples": [None], "weight": [None]}
    nobody = timeline_from_table(none)
    assert nobody.sample_counts.sum() == 0
    assert np.isnan(nobody.probabilities).all()


def test_values_at_the_limits_are_accepted():
    assert timeline_from_table(row(happy=0.995)).probabilities[0, 3, 1] == np.float32(0.995)
    assert timeline_from_table(row(happy=0.75, sad=0.255)).sample_counts.sum() == 1
    assert timeline_from_table(row(second=0)).sample_counts.shape == (1, 1)
    assert timeline_from_table(row(second=MAX_SECOND)).sample_counts.shape == (1, MAX_SECOND + 1)
    assert timeline_from_table(row(weight=1, samples=1)).weight[0, 3] == 1
    assert timeline_from_table(row(second=4.0)).sample_counts.shape == (1, 5)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            {k: v for k, v in row().items() if k != "second"},
            r"missing column second; .*found: viewer, neutral, happy",
        ),
        ({k: v for k, v in row().items() if k not in ("sad", "fear")}, "missing column sad, fear;"),
        ({}, r"missing column viewer, second, .*found: none"),
        ({name: [] for name in row()}, "no rows"),
        (row() | {"Happy": [0.0]}, "more than one column is called happy"),
        (row() | {"happy": np.zeros((1, 2))}, r"column happy has the shape \(1, 2\)"),
        (row() | {"happy": 1.0}, r"column happy has the shape \(\)"),
        (row() | {"happy": [1.0, [2.0]]}, "column happy cannot be read"),
        (row(viewer=np.datetime64("2020-01-01")), "column viewer holds dates"),
        (row() | {"second": np.array(["2020-01-01"], "datetime64[s]")}, "second holds dates"),
        (row(viewer=b"a"), "row 1: viewer is b'a', not a name"),
        (row(viewer="a\ud800"), "row 1: viewer name .* contains non-printable"),
        (row(viewer="a\nb"), "row 1: viewer name .* contains non-printable"),
        (row(second=10**400), "row 1: second is too large"),
        (row(second=1_700_000_000), "row 1: second is 1700000000; enter film time"),
        (row(second=1e300), "row 1: second is 1e\\+300; enter a smaller"),
        (row(samples=2**31), "row 1: samples is 2147483648; enter a whole number from 1 to 2147483647"),
        (row(samples=-1) | {str(e): [None] for e in EMOTIONS}, "row 1: samples is -1"),
        ({n: v * 2 for n, v in row(samples=2**31 - 1).items()}, "second 3, have 4294967294 samples together"),
        (row() | {"viewer": np.ma.masked_array(["a"], [True])}, "row 1: the viewer is missing"),
        (row() | {"second": np.ma.masked_array([3], [True])}, "row 1: second is nan"),
        ({f"column {k}": [0.0] for k in range(99)}, "column 11 and 87 more"),
        (row() | {"second": [1, 2]}, "second has 2 values, but viewer has 1"),
        (row(happy=1.2), r"row 1: happy is 1\.2; enter a number from 0 to 1"),
        (row(happy=1.1, sad=-0.1), "row 1: happy is 1.1"),
        (row(sad=-0.001), "row 1: sad is -0.001"),
        (row(happy=0.98), r"row 1: the sum of the emotions is 0.98; scale"),
        (row(sad=0.02), "row 1: the sum of the emotions is 1.02"),
        (row(sad=float("nan")), "row 1: sad is nan; fill in all eight"),
        (row(second=1.5), "row 1: second is 1.5; enter a whole number"),
        (row(second=-1), "row 1: second is -1; enter film time in whole seconds from 0"),
        (row(second=MAX_SECOND + 1), "row 1: second is 86401"),
        (row(second=float("nan")), "row 1: second is nan"),
        (row(second="0:03"), "row 1: second is '0:03', which is not a number"),
        (row(happy="1.0"), "row 1: happy is '1.0', which is not a number"),
        (row(happy=True), "row 1: happy is True, which is not a number"),
        (row(viewer=None), "row 1: the viewer is missing"),
        (row(viewer=float("nan")), "row 1: the viewer is missing"),
        (row(viewer="  "), "row 1: the viewer is missing"),
        (row(weight=0.0), "row 1: weight is 0; enter a number above 0"),
        (row(weight=1.5), "row 1: weight is 1.5"),
        (row(weight=float("nan")), "row 1: weight is nan"),
        (row(samples=0), "row 1: samples is 0; enter a whole number from 1"),
        (row(samples=2.5), "row 1: samples is 2.5; enter a whole number"),
        (
            row(happy_peak=1.0),
            "missing column surprise_peak, .*; add it or remove",
        ),
        (row(**dict.fromkeys(PEAK_COLUMNS, 1.5)), "row 1: happy_peak is 1.5; enter a number from 0 to 1"),
        (row(**dict.fromkeys(PEAK_COLUMNS)), "row 1: happy_peak is nan; enter a number from 0 to 1"),
    ],
)
def test_a_wrong_table_is_rejected_in_one_line(table, message):
    with pytest.raises(MoviemotionError, match=message) as error:
        timeline_from_table(table, source="people.csv")
    assert str(error.value).startswith("people.csv: ")
    assert "\n" not in str(error.value)
    assert ";" in str(error.value)


def test_the_message_names_the_row_that_is_wrong():
    table = {name: values * 4 for name, values in row().items()} | {"happy": [1.0, 1.0, 1.3, 9.0]}
    with pytest.raises(MoviemotionError, match=r"row 3: happy is 1\.3"):
        timeline_from_table(table)


def test_data_frames_are_accepted():
    pyarrow = pytest.importorskip("pyarrow")
    timeline = simulate_timeline(2, 5, 1)
    frame = pyarrow.table(table_of(timeline))
    again = timeline_from_table(frame)
    np.testing.assert_array_equal(again.probabilities, timeline.probabilities)


@pytest.mark.parametrize("missing", ["pd.NA", "pd.NaT", "string", "nan among texts"])
def test_a_missing_viewer_is_not_a_viewer(missing):
    pd = pytest.importorskip("pandas")
    viewers = {
        "pd.NA": np.array(["a", pd.NA], dtype=object),
        "pd.NaT": [pd.NaT, "a"],
        "string": pd.Series(["a", None], dtype="string"),
        "nan among texts": ["a", float("nan")],
    }[missing]
    table = {name: values * 2 for name, values in row().items()} | {"second": [1, 2], "viewer": viewers}
    with pytest.raises(MoviemotionError, match=r"row [12]: the viewer is missing; enter the viewer's name"):
        timeline_from_table(table)


@pytest.mark.parametrize("names", [["a", "a "], [1, "1"], [1, " 1"], ["1", 1.0], ["Zo\u00eb", "Zoe\u0308"]])
def test_viewers_that_look_alike_are_not_merged(names):
    table = {name: values * 2 for name, values in row().items()} | {"viewer": names}
    with pytest.raises(MoviemotionError, match=r"row 2: viewer .* is too similar to .*; spell") as error:
        timeline_from_table(table)
    assert "\n" not in str(error.value)


def test_masked_values_are_missing():
    two = {name: values * 2 for name, values in row().items()} | {"second": [0, 1]}
    masked = two | {str(e): np.ma.masked_array(two[str(e)], [False, True]) for e in EMOTIONS}
    assert timeline_from_table(masked).sample_counts.tolist() == [[1, 0]]
    masked = two | {"happy": np.ma.masked_array([1.0, 1.0], [False, True])}
    with pytest.raises(MoviemotionError, match="row 2: happy is nan; fill in all eight"):
        timeline_from_table(masked)


def test_arrow_tables_with_a_column_twice_are_rejected():
    pyarrow = pytest.importorskip("pyarrow")
    columns = row()
    table = pyarrow.table([*columns.values(), [0.0]], names=[*columns, "happy"])
    with pytest.raises(MoviemotionError, match="more than one column is called happy"):
        timeline_from_table(table)


def test_repeated_rows_are_counted():
    table = {f" {name.upper()}": values * 3 for name, values in row().items()} | {" SECOND": [1, 2, 1]}
    assert repeated_rows(table) == 1


def test_rows_of_one_viewer_and_second_keep_their_largest_peak():
    peaks = {name: [0.1, 0.3] for name in PEAK_COLUMNS} | {"happy_peak": [0.2, 0.1]}
    two = {name: values * 2 for name, values in row(happy=0.5, sad=0.5).items()} | peaks
    timeline = timeline_from_table(two)
    assert timeline.peak[0, 3] == pytest.approx([0.5, 0.3, 0.5, *[0.3] * 4])
