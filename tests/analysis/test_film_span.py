"""Seconds outside the film are shown, but are never evidence."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from moviemotion.analysis.analyze import FILM_SPAN_UNKNOWN, SEATS_UNKNOWN, Analysis, analyze
from moviemotion.analysis.signals.baseline import TimeSpan, parse_time_span
from moviemotion.analysis.signals.film_span import seconds_in_film, stretches
from moviemotion.analysis.signals.seat_map import SeatMap
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.cli.setting_names import SETTING_NAMES
from moviemotion.emotions import EMOTIONS, Emotion
from moviemotion.errors import SettingError

VIEWERS, SECONDS = 16, 400
ARRIVAL, BEAT, CREDITS = slice(20, 26), slice(200, 206), slice(370, 376)
FILM = TimeSpan(60, 400)


def room_that_laughs(*together: slice) -> Timeline:
    """Viewers who each laugh now and then, and in some stretches all together."""
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 0.3, (VIEWERS, SECONDS, len(EMOTIONS)))
    logits[:, :, EMOTIONS.index(Emotion.NEUTRAL)] += 3
    happy = EMOTIONS.index(Emotion.HAPPY)
    for v in range(VIEWERS):
        for start in rng.integers(0, SECONDS - 4, 8):
            logits[v, start : start + 4, happy] += 5
    for stretch in together:
        logits[:, stretch, happy] += 6
    scores = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    names = tuple(f"v{k}" for k in range(VIEWERS))
    return Timeline(names, 0, scores.astype(np.float32), np.full((VIEWERS, SECONDS), 5, np.int32))


def analysis_of(timeline: Timeline, **settings: object) -> Analysis:
    return analyze("Film", timeline, None, (), 36, **settings)  # type: ignore[arg-type]


def peaks(analysis: Analysis) -> list[float]:
    return [moment.peak for moment in analysis.moment_search.moments]


def starts_in(analysis: Analysis, stretch: slice) -> bool:
    return any(stretch.start - 2 <= peak < stretch.stop + 2 for peak in peaks(analysis))


def test_what_is_shared_before_the_film_and_in_its_credits_is_no_moment() -> None:
    timeline = room_that_laughs(ARRIVAL, BEAT, CREDITS)
    whole = analysis_of(timeline)
    assert [starts_in(whole, stretch) for stretch in (ARRIVAL, BEAT, CREDITS)] == [True, True, True]
    film = analysis_of(timeline, film=FILM, credits=TimeSpan(365, inf))
    assert [starts_in(film, stretch) for stretch in (ARRIVAL, BEAT, CREDITS)] == [False, True, False]
    assert all(60 <= moment.peak < 365 for moment in film.moment_search.moments)
    assert stretches(film.in_film, 0) == [(60, 365)]


def test_a_moment_that_runs_into_the_credits_ends_with_the_film() -> None:
    film = analysis_of(room_that_laughs(slice(355, 372)), film=FILM, credits=TimeSpan(365, inf))
    (moment,) = film.moment_search.moments
    assert 354 <= moment.start <= 357
    assert moment.end == 365


def test_curves_remain_outside_the_film() -> None:
    timeline = room_that_laughs(ARRIVAL)
    whole, film = analysis_of(timeline), analysis_of(timeline, film=FILM)
    np.testing.assert_array_equal(film.audience_curve.strength, whole.audience_curve.strength)
    np.testing.assert_array_equal(film.strength, whole.strength)


def test_patterns_and_synchrony_use_the_film_only() -> None:
    calm = analysis_of(room_that_laughs(), film=FILM)
    chatty = analysis_of(room_that_laughs(slice(0, 58)), film=FILM)
    assert chatty.synchrony.overall == pytest.approx(calm.synchrony.overall, abs=0.02)
    assert analysis_of(room_that_laughs(slice(0, 58))).synchrony.overall > calm.synchrony.overall + 0.1
    assert (calm.patterns.peak_end.start, calm.patterns.peak_end.end) == (366, 400)
    assert all(stretch.start >= 60 for stretch in calm.patterns.flat.stretches)


def test_the_whole_timeline_given_as_the_film_changes_nothing_but_the_caveat() -> None:
    timeline = room_that_laughs(BEAT)
    unknown, given = analysis_of(timeline), analysis_of(timeline, film=TimeSpan(0, SECONDS))
    assert given.moment_search == unknown.moment_search
    assert unknown.data_quality.caveats == (FILM_SPAN_UNKNOWN, SEATS_UNKNOWN)
    assert given.data_quality.caveats == (SEATS_UNKNOWN,)


def test_seats_that_are_known_are_no_caveat() -> None:
    seats = SeatMap(np.arange(VIEWERS) // 4, np.arange(VIEWERS) % 4)
    analysis = analysis_of(room_that_laughs(BEAT), film=TimeSpan(0, SECONDS), seat_map=seats)
    assert starts_in(analysis, BEAT)
    assert analysis.data_quality.caveats == ()


def test_an_analysis_that_concludes_nothing_has_no_caveats() -> None:
    timeline = room_that_laughs()
    few = Timeline(timeline.viewers[:2], 0, timeline.probabilities[:2], timeline.sample_counts[:2])
    assert analysis_of(few).data_quality.caveats == ()


@pytest.mark.parametrize(
    ("film", "credits", "inside"),
    [
        (None, None, [10, 11, 12, 13, 14]),
        (TimeSpan(0, 99), None, [10, 11, 12, 13, 14]),
        (TimeSpan(11, 13), None, [11, 12]),
        (TimeSpan(10.5, 13.5), None, [11, 12]),
        (None, TimeSpan(12.5, 13.1), [10, 11, 14]),
        (TimeSpan(11, 14.9), TimeSpan(13, inf), [11, 12]),
    ],
)
def test_a_second_counts_if_all_of_it_is_film(film: TimeSpan, credits: TimeSpan, inside: list[int]) -> None:
    assert (10 + np.flatnonzero(seconds_in_film(10, 5, film, credits))).tolist() == inside


@pytest.mark.parametrize(
    ("film", "credits", "message"),
    [
        (
            TimeSpan(0, 10),
            None,
            "--film 0-10: outside the analyzed film time, 10–15 s; choose a stretch within this time",
        ),
        (
            None,
            TimeSpan(15, inf),
            "--credits 15: outside the analyzed film time, 10–15 s; choose a stretch within this time",
        ),
        (
            TimeSpan(12, 15),
            TimeSpan(11, inf),
            "--credits 11: covers the entire film; give the stretch of the credits only",
        ),
    ],
)
def test_a_span_outside_the_timeline_is_refused(film: TimeSpan, credits: TimeSpan, message: str) -> None:
    with pytest.raises(SettingError) as refused:
        seconds_in_film(10, 5, film, credits)
    assert refused.value.worded(SETTING_NAMES) == message


def test_credits_may_be_given_by_their_start() -> None:
    assert parse_time_span("1:47:30", "credits", until_end=True) == TimeSpan(6450, inf)
    assert parse_time_span("1:47:30-1:50:00", "credits", until_end=True) == TimeSpan(6450, 6600)
    for text in ("", "1-2-3", "x", "20-10"):
        with pytest.raises(SettingError, match=f"^credits {text}: .*or only START"):
            parse_time_span(text, "credits", until_end=True)
    with pytest.raises(SettingError, match=r"^film 1:47:30: not a valid stretch"):
        parse_time_span("1:47:30", "film")
