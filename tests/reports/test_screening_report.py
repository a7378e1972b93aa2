from __future__ import annotations

import json
import re
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moviemotion.analysis.analyze import analyze
from moviemotion.analysis.attention import AttentionDrop
from moviemotion.analysis.signals.mixed_emotions import MixedEmotionOccurrence
from moviemotion.emotions import MIXED_EMOTIONS, NON_NEUTRAL_EMOTIONS
from moviemotion.problems import Harm, Problem
from moviemotion.reports.html.chart_data import (
    CURVE_STEPS,
    NO_VALUE,
    NOT_SEEN,
    chart_data,
    pack_curve,
    pack_strips,
)
from moviemotion.reports.html.screening_report import render_report, script_rows
from moviemotion.reports.tables.csv_json import moments_json
from moviemotion.reports.terminal_summary import summary_lines


class Page(HTMLParser):
    """The visible text of a page, the addresses it would fetch, and its data."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words, self.addresses, self.tags, self._inside, self.data = [], [], [], [], ""
        self.feed(html)
        self.text = re.sub(r"\s+", " ", " ".join(self.words))

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [v for k, v in attrs if k in ("src", "href", "srcset", "data") and v]
        if tag in ("script", "style"):
            self._inside.append((tag, dict(attrs).get("id")))

    def handle_endtag(self, tag):
        if self._inside and tag == self._inside[-1][0]:
            self._inside.pop()

    def handle_data(self, data):
        if not self._inside:
            self.words.append(data)
        elif self._inside[-1][1] == "data":
            self.data += data


@pytest.fixture(scope="module")
def page(analysis) -> Page:
    return Page(render_report(analysis))


def test_the_header_gives_findings_evidence_and_the_source_of_times(page, analysis):
    assert "12 viewers watched 2 minutes 30 seconds of film" in page.text
    assert analysis.moment_search.conclusion in page.text
    assert analysis.script.timing in page.text


def test_every_moment_shows_its_evidence(page, analysis):
    moment = analysis.moment_search.moments[1]
    low, high = moment.strength_interval
    assert f"{moment.strength:.2f} {low:.2f}–{high:.2f}" in page.text
    assert f"Reacted, of those seen {moment.reacted} of {moment.viewers}" in page.text
    evidence = "In comparable seconds, 5 % react. Found again in 97 % of half-audiences. Leaving out any one"
    assert f"{evidence} viewer, the strength is" in page.text
    assert "first to third" in page.text
    assert page.text.split("Screenplay 95 %")[0].count(" mood strongest at ") == 1
    before_patterns = page.text.split("The film as a whole")[0]
    assert before_patterns.count("p = 0.002") == 4


def test_mixed_emotions_of_a_moment_are_listed(analysis):
    tears = MixedEmotionOccurrence(MIXED_EMOTIONS[0], 5, 12, 5 / 12, (0.19, 0.68), 0.4)
    found = replace(analysis, moment_mixed_emotions=((tears,), *analysis.moment_mixed_emotions[1:]))
    assert f"Mixed emotions {MIXED_EMOTIONS[0].name} 5 of 12 19–68 %" in Page(render_report(found)).text


def test_cut_lines_are_struck_through_and_labeled(page):
    assert page.tags.count("s") == page.text.count("not in the film") == 2


def test_quality_names_the_failing_seat(page):
    assert "seat-13.mp4: the file ends in the middle of a frame; camera skipped" in page.text


def test_the_page_says_what_can_be_excluded_and_what_cannot(page):
    sure = page.text.split("How sure is this?")[-1].split("Data quality")[0]
    assert "the same viewers, out of step" in sure
    excluded, rest = sure.split("Not excluded")
    assert all(word in excluded for word in ("own pace", "Dark scenes", "Lively stretches", "Slow drift"))
    assert all(word in rest for word in ("light of the screen", "house lights", "phone"))


def test_attention_has_its_curve_its_walk_outs_and_says_what_it_is_not(make):
    analysis = make()
    page = Page(render_report(analysis))
    assert "0:30: seat-01 left at “" in page.text
    assert "Not measured is where eyes look" in page.text
    attention = np.frombuffer(b64decode(chart_data(analysis)["curves"]["attention"]), dtype="<u2")
    known = attention != NO_VALUE
    assert (known == (analysis.attention.known >= 5)).all()
    assert attention[known] / 10_000 == pytest.approx(analysis.attention.share[known], abs=1e-4)


def test_without_attention_the_report_has_neither_curve_nor_section(make):
    analysis = make()
    unknown = replace(analysis.attention, known=np.zeros_like(analysis.attention.known))
    text = render_report(replace(analysis, attention=unknown))
    assert 'id="attention"' not in text
    assert "attention-toggle" not in text.split("<script", 1)[0]


def test_a_drop_is_stated_with_its_evidence(make):
    analysis = make()
    drop = AttentionDrop(60, 72, 65, 0.5, (0.25, 0.75), 0.08, 12, 0.004)
    page = Page(render_report(replace(analysis, attention=replace(analysis.attention, drops=(drop,)))))
    assert "1:00–1:12: 6 of 12 looked elsewhere (95 %: 25–75 %; 8 % do in comparable seconds" in page.text


def test_seconds_with_too_few_viewers_are_unknown(make):
    analysis = make(viewers=6)
    few = analysis.audience_curve.viewers < 5
    assert 5 < few.sum() < 150
    data = chart_data(analysis)
    # The state of somebody who left the seat is known, although nobody is seen there.
    curves = {name: curve for name, curve in data["curves"].items() if not name.startswith("attention")}
    for name, curve in curves.items():
        unknown = np.frombuffer(b64decode(curve), dtype="<u2") == NO_VALUE
        assert unknown[few].all(), name
    assert (np.frombuffer(b64decode(data["curves"]["share"]), dtype="<u2") == NO_VALUE).sum() == few.sum()
    page = Page(render_report(analysis))
    assert "unknown: fewer than 5 viewers seen" in page.text
    assert "unknown: 4 seen" in render_report(make(viewers=4))
    assert "unknown: fewer" not in Page(render_report(make(nobody=(0, 0), moments=0))).text


def test_lines_and_scenes_of_too_few_are_neither_calm_nor_sure(make):
    page = Page(render_report(make(viewers=4)))
    assert "calm" not in page.text.split("The film as a whole")[0]
    assert "unknown, 4 seen" in page.text


def test_the_page_names_its_limits(page):
    assert "Barrett et al., 2019" in page.text
    assert "999 times" in page.text
    assert "geometric mean of strength and reacting share" in page.text
    assert "seed 1" in page.text


def test_the_page_links_to_nothing_outside_itself(page):
    assert all(a.startswith(("#", "data:")) for a in page.addresses)


@pytest.mark.parametrize(
    "case",
    [
        {},
        {"scenes": 0},
        {"moments": 0},
        {"viewers": 1, "conclusive": False},
        {"viewers": 1, "scenes": 0},
        {"start": 600},
        {"seconds": 20, "nobody": (0, 20), "moments": 0, "scenes": 1},
    ],
)
def test_no_case_shows_nan(make, case):
    page = Page(render_report(make(**case)))
    assert not re.search(r"\b(nan|none)\b", page.text, re.IGNORECASE)
    json.loads(page.data, parse_constant=pytest.fail)


def test_without_a_conclusion_the_page_says_so(make):
    analysis = make(viewers=1, conclusive=False)
    text = Page(render_report(analysis)).text
    assert f"Caution. Not enough viewers. {analysis.moment_search.conclusion}" in text
    assert "Moments 0" in text


def test_without_a_script_no_section_shows_one(make):
    page = Page(render_report(make(scenes=0)))
    assert "Screenplay 95 %" not in page.text
    assert "Scene by scene" not in page.text
    assert "#script" not in page.addresses


def test_hostile_text_stays_text(analysis):
    hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    elements = list(analysis.script.screenplay.elements)
    elements[0] = replace(elements[0], text=hostile)
    screenplay = replace(analysis.script.screenplay, elements=tuple(elements))
    attacked = replace(
        analysis,
        title=hostile,
        script=replace(analysis.script, screenplay=screenplay),
        timeline=replace(analysis.timeline, viewers=(hostile, *analysis.timeline.viewers[1:])),
    )
    page = Page(render_report(attacked))
    assert "img" not in page.tags
    assert page.tags.count("script") == 3
    assert json.loads(page.data)["names"][0] == hostile
    assert hostile in page.text


def test_script_rows_know_their_moments(analysis):
    rows = {row.index: row for row in script_rows(analysis)}
    for number, elements in enumerate(analysis.moment_elements, 1):
        assert all(number in rows[e].moments for e in elements)
    assert rows[9].is_cut
    assert rows[9].emotion_summary is None


def test_a_long_film_stays_light(long_film):
    html = render_report(long_film)
    assert len(html.encode()) < 4_000_000


def test_the_report_of_a_short_film_is_small(analysis):
    """Libraries, styles and scripts take under 100 kB; the rest is the screening's own data."""
    assert len(render_report(analysis).encode()) < 200_000


@given(st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), max_size=50))
def test_curves_survive_packing(values):
    packed = np.frombuffer(b64decode(pack_curve(np.array(values, dtype=float))), dtype="<u2")
    back = np.where(packed == NO_VALUE, np.nan, packed / CURVE_STEPS)
    np.testing.assert_allclose(back, values, atol=0.5 / CURVE_STEPS + 1e-12)


def test_strips_hold_the_strongest_emotion_and_unseen_seconds():
    strength = np.zeros((1, 3, len(NON_NEUTRAL_EMOTIONS)))
    strength[0, 0, 2], strength[0, 1, 6], strength[0, 2] = 1.0, 0.5, np.nan
    cells = list(b64decode(pack_strips(strength)))
    assert [divmod(c, 32) for c in cells[:2]] == [(2, 31), (6, 16)]
    assert cells[2] == NOT_SEEN


def test_a_real_analysis_can_be_reported(analysis):
    """The statistics themselves, not synthetic ones, go through the page, the tables and the summary."""
    read = analyze(
        analysis.title,
        analysis.timeline,
        analysis.script,
        (Problem("test", Harm.WRONG, "A problem."),),
        seed=3,
    )
    page = Page(render_report(read))
    assert read.moment_search.conclusion in page.text
    assert f"Moments {len(read.moment_search.moments)}" in page.text
    json.dumps(moments_json(read), allow_nan=False)
    assert len(summary_lines(read)) <= 15


def test_the_report_says_once_what_is_not_excluded(analysis):
    caveat = "Neighbors may have infected each other."
    quality = replace(analysis.data_quality, caveats=(caveat,))
    page = render_report(replace(analysis, data_quality=quality))
    assert page.count(caveat) == 1
    assert page.index('id="sure"') < page.index(caveat) < page.index('id="quality"')
    assert "infect" not in render_report(analysis)
