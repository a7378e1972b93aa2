"""Synthetic audiences: what they feel follows the script, and their films can be watched."""

import csv
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.errors import MoviemotionError
from moviemotion.simulation.demo_film import DURATION, SCREENPLAY, SUBTITLES
from moviemotion.simulation.demo_film import EMOTION_SCHEDULE as FILM_FEELINGS
from moviemotion.simulation.rendering.seat_videos import write_seat_videos
from moviemotion.simulation.synthetic_audience import (
    EmotionEvent,
    EmotionSchedule,
    read_emotion_schedule,
    simulate_audience,
)

JOKE = EmotionSchedule((EmotionEvent(4, 9, Emotion.HAPPY, 1.0),))


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 28), st.floats(0.5, 6), st.sampled_from(NON_NEUTRAL_EMOTIONS), st.floats(0, 1)
        ),
        max_size=6,
    ),
    st.integers(0, 10_000),
)
def test_the_ground_truth_is_a_distribution_for_any_schedule(
    beats: list[tuple[float, float, Emotion, float]], seed: int
) -> None:
    script = EmotionSchedule(tuple(EmotionEvent(start, start + lasts, e, s) for start, lasts, e, s in beats))
    truth = simulate_audience(script, 3, 30, seed).ground_truth
    assert truth.shape == (3, 30, len(EMOTIONS))
    assert truth.min() >= 0
    np.testing.assert_allclose(truth.sum(axis=-1), 1, atol=1e-9)


def test_the_same_seed_gives_the_same_audience_and_another_does_not() -> None:
    first, again, other = (simulate_audience(JOKE, 4, 20, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.felt_intensity, again.felt_intensity)
    np.testing.assert_array_equal(first.eye_closure, again.eye_closure)
    assert not np.array_equal(first.felt_intensity, other.felt_intensity)


def test_a_viewer_does_not_depend_on_the_size_of_the_audience() -> None:
    few, many = simulate_audience(JOKE, 2, 20, 5), simulate_audience(JOKE, 6, 20, 5)
    np.testing.assert_array_equal(few.felt_intensity, many.felt_intensity[:2])


def test_most_viewers_laugh_shortly_after_the_joke_and_none_before() -> None:
    happy = simulate_audience(JOKE, 200, 20, 0).ground_truth[..., EMOTIONS.index(Emotion.HAPPY)]
    assert 0.8 < (happy[:, 7] > 0.5).mean() < 1
    assert happy[:, 0:3].mean() < 0.05
    assert happy[:, 4].mean() < happy[:, 6].mean()
    assert np.ptp(happy[:, 7]) > 0.3


def test_the_events_of_the_demo_film_are_far_enough_apart() -> None:
    beats = read_emotion_schedule(FILM_FEELINGS).events
    assert len(beats) >= 6
    assert {b.emotion for b in beats} == {Emotion.HAPPY, Emotion.SURPRISE, Emotion.SAD}
    assert all(b.start - a.end >= 6 for a, b in pairwise(beats))
    assert beats[-1].end <= DURATION
    assert SCREENPLAY.is_file()
    assert SUBTITLES.is_file()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("start,end,emotion\n1,2,happy\n", "the columns start,end,emotion,strength are missing"),
        ("", "are missing; add them"),
        ("a,b\n", "are missing; add them"),
        ("start,end,emotion,strength\n1,2\n", "line 2"),
        ("start,end,emotion,strength\n1,2,bored,1\n", "line 2"),
        ("start,end,emotion,strength\n1,2,happy,1\n5,4,sad,1\n", "line 3"),
        ("start,end,emotion,strength\n1,2,neutral,1\n", "line 2"),
        ("start,end,emotion,strength\n1,2,happy,1.5\n", "line 2"),
    ],
)
def test_an_invalid_schedule_is_refused_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "emotions.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MoviemotionError, match=says):
        read_emotion_schedule(path)


def test_a_schedule_from_a_spreadsheet_is_read_and_a_folder_is_refused(tmp_path: Path) -> None:
    (path := tmp_path / "emotions.csv").write_text(
        "start,end,emotion,strength\n1,2,happy,1\n", encoding="utf-8-sig"
    )
    assert len(read_emotion_schedule(path).events) == 1
    with pytest.raises(MoviemotionError) as refused:
        read_emotion_schedule(tmp_path)
    problem = f"{tmp_path}: cannot be read (Is a directory); give a CSV file of emotion events"
    assert str(refused.value) == problem


def test_a_folder_that_cannot_be_created_is_named_once(tmp_path: Path) -> None:
    (taken := tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(MoviemotionError) as refused:
        write_seat_videos(simulate_audience(JOKE, 1, 6, 11), taken, [[0]])
    assert str(refused.value).count(str(taken)) == 1


def test_videos_are_as_long_as_the_film_and_reproducible_byte_for_byte(tmp_path: Path) -> None:
    audience = simulate_audience(JOKE, 3, 6, 11)
    first = write_seat_videos(audience, tmp_path / "a", [[0], [1, 2]])
    again = write_seat_videos(audience, tmp_path / "b", [[0], [1, 2]])
    assert [p.name for p in first] == ["seat-01.mp4", "row-02-03.mp4"]
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in again]
    for path in first:
        with av.open(str(path)) as container:
            frames = list(container.decode(video=0))
        assert len({f.pts for f in frames}) == len(frames)
        last = frames[-1].time
        assert last is not None
        assert last + 1 / 8 == pytest.approx(6)
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == [
        "row-02-03.mp4",
        "seat-01.mp4",
        "truth.csv",
    ]


def test_the_written_ground_truth_equals_the_audiences(tmp_path: Path) -> None:
    audience = simulate_audience(JOKE, 2, 5, 3)
    write_seat_videos(audience, tmp_path, [])
    with (tmp_path / "truth.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 5
    written = np.array([[float(r[e]) for e in EMOTIONS] for r in rows]).reshape(2, 5, len(EMOTIONS))
    np.testing.assert_allclose(written, audience.ground_truth, atol=1e-4)
