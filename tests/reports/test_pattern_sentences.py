"""The patterns in the report, the JSON and the terminal: said in plain words, with their doubt."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from moviemotion.analysis.comparison.pattern_ratings import RatingCorrelation
from moviemotion.analysis.patterns.arc import ArcShape
from moviemotion.analysis.patterns.change_points import ChangePoint, ChangePointSearchResult
from moviemotion.analysis.patterns.contagion import Contagion
from moviemotion.analysis.patterns.flat_stretches import FlatStretch, FlatStretchSearchResult
from moviemotion.analysis.patterns.motifs import Motif, MotifSearchResult
from moviemotion.emotions import Emotion
from moviemotion.reports.html.arc_figure import HEIGHT, build_arc_figure
from moviemotion.reports.html.screening_report import render_report
from moviemotion.reports.pattern_sentences import arc_sentence, pattern_findings, pattern_summary
from moviemotion.reports.rating_lines import rated_pattern_lines
from moviemotion.reports.tables.csv_json import moments_json

MOTIF = Motif((Emotion.SAD, Emotion.HAPPY), 90, 5, 6, 5 / 6, (0.44, 0.97), 1.4, 0.004)


def described(analysis, title: str) -> str:
    return " ".join(
        " ".join(pair) for f in pattern_findings(analysis) if f.title == title for pair in f.sentences
    )


def with_patterns(analysis, **changes):
    return replace(analysis, patterns=replace(analysis.patterns, **changes))


def test_every_pattern_is_described_with_its_figures(analysis):
    flat = FlatStretchSearchResult(
        (FlatStretch(60.0, 435.0, 0.02, 0.21, 20),), 375, 600, True, "1 stretch is flat."
    )
    change = ChangePoint(
        300.0,
        300.0,
        (285.0, 315.0),
        (300.0, 330.0),
        Emotion.FEAR,
        0.05,
        0.2,
        0.15,
        (0.1, 0.2),
        12,
        11,
        0.002,
        9.0,
    )
    slow = replace(change, start=600.0, end=1320.0, emotion=Emotion.HAPPY)
    analysis = with_patterns(
        analysis,
        flat=flat,
        changes=ChangePointSearchResult((change, slow), True, ""),
        contagion=Contagion(
            True, 0.004, 0.21, 0.03, (-0.04, 0.05), 14, 12, 16, 600, "They reacted together."
        ),
        motifs=MotifSearchResult((MOTIF,), 14, 1, 20, True, ""),
    )
    assert "Almost nobody reacted for 6 minutes 15 seconds, 1:00–7:15." in described(analysis, "Flat")
    assert "upper bound 21 %" in described(analysis, "Flat")
    assert "From 5:00 on, the audience is more afraid." in described(analysis, "Changes")
    assert "between 4:45 and 5:30, strength 0.05 to 0.20" in described(analysis, "Changes")
    assert "change +0.15 (0.10–0.20), 11 of 12 viewers in this direction, p = 0.002" in described(
        analysis, "Changes"
    )
    assert "Between 10:00 and 22:00, the audience becomes happier." in described(analysis, "Changes")
    assert described(analysis, "Contagion") == (
        "They reacted together. correlation 0.21 for 14 pairs of neighbors and 0.03 for 12 pairs one seat "
        "apart, p = 0.004, 16 viewers"
    )
    assert "Sad is followed by happy within 1 minute 30 seconds." in described(analysis, "Motifs")
    assert "5 of 6 times (44–97 %), 1.4 expected by chance, p = 0.004" in described(analysis, "Motifs")
    assert "Sad is followed by happy" in pattern_summary(analysis)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1, "last second "), (60, "last minute "), (90, "last 1 minute 30 seconds "), (17, "last 17 seconds ")],
)
def test_the_length_of_the_end_is_in_plain_words(analysis, seconds: int, said: str):
    end = replace(analysis.patterns.peak_end, start=analysis.patterns.peak_end.end - seconds)
    assert f"In the {said}the strongest emotion is" in described(with_patterns(analysis, peak_end=end), "End")


def test_a_flat_stretch_keeps_number_and_percent_on_one_line(analysis):
    assert " %" not in analysis.patterns.flat.conclusion
    assert "25\N{NO-BREAK SPACE}%" in analysis.patterns.flat.conclusion


def test_a_shape_is_claimed_only_where_it_is_clear(analysis):
    arc = replace(
        analysis.patterns.arc, shape=ArcShape.FALL_RISE, fit=0.8, fit_interval=(0.7, 0.9),
        bootstrap_agreement=0.99,
        next_shape=ArcShape.FALL, p_adjusted=0.01,
    )  # fmt: skip
    assert arc_sentence("The film", arc)[0] == "The film falls, then rises: “man in a hole”."
    for doubt in ({"p_adjusted": 0.2}, {"fit": 0.3}, {"bootstrap_agreement": 0.6}):
        sentence = arc_sentence("The film", replace(arc, **doubt))[0]
        assert "falls, then rises" not in sentence


def test_too_few_viewers_are_reported_as_inconclusive(make):
    alone = make(viewers=1, conclusive=False)
    for title in ("Arc", "Peak", "End", "Flat", "Changes", "Motifs", "Contagion"):
        assert next(f for f in pattern_findings(alone) if f.title == title).inconclusive
    assert pattern_summary(alone) == "Patterns: none stands out."
    assert build_arc_figure(alone) is None


def test_the_page_has_the_patterns_and_a_described_arc(analysis):
    page = render_report(analysis)
    section = page[page.index('<section id="patterns"') :]
    section = section[: section.index("</section>")]
    assert 'role="img" aria-label="The film' in section
    assert "nan" not in section.lower()
    for finding in pattern_findings(analysis):
        assert f"<dt>{finding.title}</dt>" in section


def test_the_picture_stays_in_its_box(analysis):
    picture = build_arc_figure(analysis)
    heights = [float(y) for _, y in re.findall(r"([\d.-]+) ([\d.-]+)", picture.line + picture.band)]
    assert min(heights) >= 0
    assert max(heights) <= HEIGHT


@pytest.mark.parametrize("case", [{}, {"viewers": 1, "conclusive": False}, {"moments": 0, "scenes": 0}])
def test_the_json_carries_every_pattern_and_no_nan(make, case):
    written = json.dumps(moments_json(make(**case)), allow_nan=False)
    patterns = json.loads(written)["patterns"]
    assert set(patterns) >= {"arc", "acts", "peak_end", "flat", "changes", "motifs", "contagion"}
    assert len(patterns["acts"]) == 3


def test_rating_lines_give_correlations_and_the_films_needed():
    nan = float("nan")
    lines = rated_pattern_lines(
        ["a", "b", "c", "d", "e", "f"],
        MotifSearchResult((MOTIF,), 30, 6, 20, True, "Among 30 moments, …"),
        [
            RatingCorrelation("height of the peak", 0.95, (0.6, 0.99), 0.01, 6, None),
            RatingCorrelation("synchrony", -0.4, (-0.9, 0.5), 0.8, 6, 71),
            RatingCorrelation("turns an hour", nan, (nan, nan), nan, 0, None),
        ],
    )
    assert lines[0].startswith("6 films, 2 patterns tested: 1 correlates with ratings")
    assert any("height of the peak  correlates with higher ratings: ρ = 0.95" in line for line in lines)
    assert any("inconclusive" in line and "71 films" in line for line in lines)
    assert lines[-1].endswith("turns an hour.")
