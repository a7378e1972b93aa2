from __future__ import annotations

from math import nan

import pytest

from moviemotion.reports import number_format


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (65.9, "1:05"), (3599, "59:59"), (3725, "1:02:05"), (nan, "–")]
)
def test_film_time(seconds, text):
    assert number_format.film_time(seconds) == text


def test_duration_in_words():
    assert number_format.duration(150) == "2 minutes 30 seconds"
    assert number_format.duration(3601) == "1 hour 1 second"
    assert number_format.duration(0) == "0 seconds"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (0.004, "under 1 %"), (0.5, "50 %"), (0.997, "over 99 %"), (1, "100 %"), (nan, "–")],
)
def test_percent_does_not_round_to_all_or_nothing(share, text):
    assert number_format.percent(share) == text


def test_an_undefined_interval_has_words():
    assert number_format.interval((nan, nan)) == "no interval"
    assert number_format.percent_interval((0.467, 0.911)) == "47–91 %"
    assert number_format.interval((0.314, 0.526)) == "0.31–0.53"
    assert number_format.interval((-0.12, 0.3)) == "−0.12 to 0.30"
    assert number_format.number(-0.001) == "0.00"


def test_p_values():
    assert number_format.p_value(0.0004) == "p < 0.001"
    assert number_format.p_value(0.0124) == "p = 0.012"


def test_summary_names_the_strongest_moment(analysis, make):
    text = number_format.summary_sentence(analysis)
    assert text.startswith(
        "12 viewers watched 2 minutes 30 seconds of film; the audience reacted together in 4 moments"
    )
    strongest = max(analysis.moment_search.moments, key=lambda m: m.strength)
    assert number_format.time_range(strongest.start, strongest.end) in text


def test_summary_claims_nothing_where_nothing_can_be_concluded(make):
    text = number_format.summary_sentence(make(viewers=1, conclusive=False, scenes=0))
    assert text == "1 viewer watched 2 minutes 30 seconds of film."
    assert "no moment is distinguishable" in number_format.summary_sentence(make(moments=0))


def test_synchrony_sentence_gives_correlation_and_delay(analysis, make):
    text = number_format.synchrony_sentence(analysis)
    assert f"correlate {number_format.number(analysis.synchrony.overall)}" in text
    assert f"standard deviation of {number_format.number(analysis.relative_delay.spread)} s" in text
    assert "cannot be measured from faces alone" in text
    assert number_format.synchrony_sentence(make(viewers=1, conclusive=False, scenes=0)) == ""
