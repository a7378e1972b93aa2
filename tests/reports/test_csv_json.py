from __future__ import annotations

import csv
import io
import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from moviemotion.analysis.signals.timeline import PEAK_COLUMNS, Timeline
from moviemotion.emotions import EMOTIONS
from moviemotion.reports.tables.csv_json import moments_json, timeline_csv


def rows_of(timeline: Timeline) -> list[dict[str, str]]:
    return list(
        csv.DictReader(
            io.StringIO(
                "".join(timeline_csv(timeline, np.ones(timeline.sample_counts.shape[1], dtype=bool))),
                newline="",
            )
        )
    )


@given(
    names=st.lists(st.text(st.characters(exclude_categories=["C"]), min_size=1), min_size=1, max_size=4),
    seconds=st.integers(1, 6),
    start=st.integers(0, 5000),
    seed=st.integers(0, 2**32 - 1),
)
def test_timeline_csv_gives_the_timeline_back(names, seconds, start, seed):
    rng = np.random.default_rng(seed)
    scores = rng.dirichlet(np.ones(8), (len(names), seconds)).astype(np.float32)
    samples = rng.integers(0, 6, (len(names), seconds)).astype(np.int32)
    scores[samples == 0] = np.nan
    peaks = np.where(samples[:, :, None] > 0, rng.random((len(names), seconds, 7)), np.nan).astype(np.float32)
    rows = rows_of(Timeline(tuple(names), start, scores, samples, peak=peaks))
    assert [r["viewer"] for r in rows] == [n for n in names for _ in range(seconds)]
    assert [int(r["second"]) for r in rows] == list(range(start, start + seconds)) * len(names)
    assert [int(r["samples"]) for r in rows] == samples.ravel().tolist()
    back = np.array([[float(r[e]) if r[e] else np.nan for e in EMOTIONS] for r in rows])
    np.testing.assert_allclose(back, scores.reshape(-1, 8), atol=5.1e-5)
    back = np.array([[float(r[name]) if r[name] else np.nan for name in PEAK_COLUMNS] for r in rows])
    np.testing.assert_allclose(back, peaks.reshape(-1, 7), atol=5.1e-5)


def test_timeline_csv_leaves_the_unseen_empty(analysis):
    rows = rows_of(analysis.timeline)
    assert list(rows[0]) == ["viewer", "second", "samples", "in_film", *EMOTIONS]
    unseen = [r for r in rows if r["second"] == "90"]
    assert len(unseen) == 12
    assert all(r["samples"] == "0" and not any(r[e] for e in EMOTIONS) for r in unseen)
    assert len(rows[0]["happy"].split(".")[1]) == 4


def test_timeline_csv_comes_in_pieces_no_longer_than_a_viewer(analysis):
    pieces = list(timeline_csv(analysis.timeline, analysis.in_film))
    assert len(pieces) == 1 + 12
    assert all(piece.count("\n") == 150 for piece in pieces[1:])


def test_moments_json_holds_the_evidence_and_the_lines(analysis):
    record = json.loads(json.dumps(moments_json(analysis), allow_nan=False))
    assert (record["film"], record["viewers"], record["seconds"]) == ("The Second Spoon", 12, 150)
    assert record["conclusive"] is True
    assert record["method"]["shifts"] == 999
    assert [m["number"] for m in record["moments"]] == [1, 2, 3, 4]
    first, moment = record["moments"][0], analysis.moment_search.moments[0]
    assert (first["start"], first["peak"], first["end"]) == (moment.start, moment.peak, moment.end)
    assert first["strength"] == round(moment.strength, 6)
    assert (first["synchrony"], first["synchrony_interval"]) == (0.41, [-0.05, 0.87])
    assert (first["kind"], first["reacted"], first["expected_share"]) == ("moment", moment.reacted, 0.05)
    assert (first["replicability"], first["rank_interval"]) == (0.97, [1, 3])
    assert first["leave_one_out"] == [round(end, 6) for end in moment.leave_one_out]
    assert record["moments"][2]["kind"] == "mood"
    assert (record["usual_viewers"], record["unknown_seconds"]) == (12, 5)
    assert record["method"]["null"].startswith("the same viewers, out of step")
    assert first["scene"] == {"number": 1, "heading": "INT. LIGHTHOUSE KITCHEN – NIGHT"}
    texts = [line["text"] for line in first["lines"]]
    assert "I knocked. You were talking to my coat & <nobody> else." in texts
    assert {"line", "kind", "character", "text"} == set(first["lines"][0])


def test_moments_json_says_undefined_with_null(make):
    record = moments_json(make(viewers=1, scenes=0))
    text = json.dumps(record, allow_nan=False)
    assert record["moments"][0]["synchrony"] is None
    assert record["moments"][0]["strength_interval"] == [None, None]
    assert record["moments"][0]["synchrony_interval"] == [None, None]
    assert record["moments"][0]["scene"] is None
    assert "NaN" not in text


def test_moments_json_without_a_conclusion_is_still_a_record(make):
    record = moments_json(make(viewers=1, conclusive=False))
    assert record["conclusive"] is False
    assert record["moments"] == []
    assert record["conclusion"]


def test_a_viewer_named_over_two_lines_stays_in_one_cell() -> None:
    timeline = Timeline(("a\nb",), 0, np.full((1, 2, 8), 0.125, np.float32), np.ones((1, 2), np.int32))
    rows = list(
        csv.reader(
            io.StringIO("".join(timeline_csv(timeline, np.ones(timeline.sample_counts.shape[1], dtype=bool))))
        )
    )
    assert [row[:2] for row in rows[1:]] == [["a\nb", "0"], ["a\nb", "1"]]


def test_moments_json_ranks_the_moments_and_tells_the_films_synchrony_and_delays(analysis, make):
    record = moments_json(analysis)
    by_rank = sorted(record["moments"], key=lambda m: m["rank"])
    assert [m["rank"] for m in by_rank] == [1, 2, 3, 4]
    resonances = [m["resonance"] for m in by_rank]
    assert resonances == sorted(resonances, reverse=True)
    overall = record["synchrony"]["overall"]
    assert overall["interval"][0] < overall["value"] < overall["interval"][1]
    assert set(record["synchrony"]) == {"overall", *EMOTIONS[1:]}
    assert set(record["delay"]["behind"]) == set(analysis.timeline.viewers)
    alone = moments_json(make(viewers=1, scenes=0))
    assert alone["synchrony"]["overall"] == {"value": None, "interval": [None, None]}
    assert alone["delay"]["spread"] is None
