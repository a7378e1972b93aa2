from __future__ import annotations

from dataclasses import replace
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
    quality = replace(analysis.data_quality, usual_viewers=11)
    text = number_format.summary_sentence(replace(analysis, data_quality=quality))
    assert text.startswith(
        "12 viewers watched 2 minutes 30 seconds of film, 11 of them seen in a typical second; "
        "the audience reacted together in 3 moments and 1 mood, most strongly in moment "
    )
    assert text.endswith(
        " reacted). For 5 seconds, fewer than 5 viewers were seen, and the audience's reaction is unknown."
    )
    strongest = max(analysis.moment_search.moments, key=lambda m: m.strength)
    assert number_format.time_range(strongest.start, strongest.end) in text


def test_summary_claims_nothing_where_nothing_can_be_concluded(make):
    text = number_format.summary_sentence(make(viewers=1, conclusive=False, scenes=0))
    assert text == "1 viewer watched 2 minutes 30 seconds of film."
    assert "no moment is distinguishable" in number_format.summary_sentence(make(moments=0))


def test_ranks_have_words():
    assert [number_format.ordinal(k) for k in (1, 10, 11, 12, 21, 22, 103, 111)] == (
        ["first", "tenth", "11th", "12th", "21st", "22nd", "103rd", "111th"]
    )
    assert number_format.rank_range((1, 3)) == "first to third"
    assert number_format.rank_range((2, 2)) == "second"
    assert number_format.rank_range((0, 0)) == ""


def test_a_moment_is_described_by_what_stands_out_and_what_would_be_found_again(analysis):
    moment = replace(analysis.moment_search.moments[0], reacting_share=11 / 12, viewers=12)
    sentence = number_format.evidence_sentences(replace(moment, leave_one_out=(0.61, 0.68)))
    assert sentence == (
        "In comparable seconds, 5 % react. Found again in 97 % of half-audiences. "
        "Leaving out any one viewer, the strength is 0.61–0.68."
    )
    withheld = replace(moment, leave_one_out=(nan, nan), expected_share=nan, replicability=nan)
    assert number_format.evidence_sentences(withheld) == ""
    assert number_format.moment_evidence(withheld).endswith("11 of 12 reacted, p = 0.002")


def test_too_little_data_is_said_of_viewers_or_of_film(make):
    assert number_format.inconclusive_notice(make()) == ""
    few, short = make(viewers=4, conclusive=False), make(viewers=12, conclusive=False)
    assert number_format.inconclusive_notice(few).startswith("Not enough viewers. With 4 viewer")
    assert number_format.inconclusive_notice(short).startswith("Not enough film. With 12 viewer")


def test_synchrony_sentence_gives_correlation_and_delay(analysis, make):
    text = number_format.synchrony_sentence(analysis)
    assert f"correlate {number_format.number(analysis.synchrony.overall)}" in text
    assert f"standard deviation of {number_format.number(analysis.relative_delay.spread)} s" in text
    assert "cannot be measured from faces alone" in text
    assert number_format.synchrony_sentence(make(viewers=1, conclusive=False, scenes=0)) == ""
