"""Emotions of script elements and scenes."""

from pathlib import Path

import numpy as np
import pytest
from audiences import hide_viewer, simulate_timeline, strength_of

from moviemotion.analysis.analyze import analyze
from moviemotion.analysis.script_emotions import EmotionSummary, summarize_emotions
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.screenplay.alignment.align import align_script
from moviemotion.screenplay.elements import Screenplay
from moviemotion.screenplay.formats.fountain import parse_fountain


def summary_of(strength: np.ndarray, first: int, start: float, end: float) -> EmotionSummary:
    (summary,) = summarize_emotions(strength, first, [(start, end)])
    return summary


HAPPY = NON_NEUTRAL_EMOTIONS.index(Emotion.HAPPY)


def test_seconds_count_by_their_overlap_with_a_line():
    strength = np.zeros((5, 10, 7))
    strength[:, 4, HAPPY], strength[:, 5, HAPPY] = 0.8, 0.4
    summary = summary_of(strength, 0, 3.5, 5.0)  # measured a second later, from 4.5 to 6
    assert summary.emotion is Emotion.HAPPY
    assert summary.strength == pytest.approx((0.5 * 0.8 + 1.0 * 0.4) / 1.5)
    assert (summary.viewers, summary.usual_viewers, summary.mean_reacting_share) == (5, 5, 1.0)


def test_no_emotion_is_named_where_fewer_than_five_were_seen_at_once():
    """Twenty-nine viewers, of whom four are still seen after the first three seconds of the scene."""
    strength = np.full((29, 60, 7), 0.0)
    strength[:, :, HAPPY] = 0.8
    strength[4:, 13:] = np.nan
    full, left, late = summarize_emotions(strength, 0, [(9, 12), (9, 40), (20, 30)])
    assert (full.emotion, full.viewers, full.usual_viewers) == (Emotion.HAPPY, 29, 29)
    assert (left.emotion, left.viewers, left.usual_viewers) == (None, 29, 4)
    assert (late.emotion, late.viewers, late.usual_viewers) == (None, 4, 4)
    assert [s.has_enough_viewers for s in (full, left, late)] == [True, False, False]
    assert [left.strength, late.strength] == pytest.approx([0.8, 0.8]), "what was measured stays"


def test_weak_emotions_are_not_dominant_and_unknown_spans_are_nan():
    strength = np.full((3, 10, 7), 0.02)
    assert summary_of(strength, 0, 2, 4).emotion is None
    nan = float("nan")
    for start, end in [(nan, nan), (50.0, 51.0)]:
        nothing = summary_of(strength, 0, start, end)
        assert (nothing.emotion, nothing.viewers) == (None, 0)
        assert np.isnan(nothing.strength)


def test_a_line_without_length_uses_its_second():
    strength = np.zeros((3, 10, 7))
    strength[:, 4, HAPPY] = 0.6
    assert summary_of(strength, 0, 3.2, 3.2).strength == pytest.approx(0.6)


def test_the_reaction_to_the_last_line_of_a_scene_is_not_given_to_the_first_line_of_the_next():
    strength = np.zeros((6, 40, 7))
    strength[:, 20, HAPPY] = 0.8  # the laugh about a line that ends at the cut, second 20
    before, after = summarize_emotions(strength, 0, [(17.0, 20.0), (20.0, 23.0)])
    assert (before.emotion, after.emotion) == (Emotion.HAPPY, None)
    assert (before.mean_reacting_share, after.mean_reacting_share) == (pytest.approx(1 / 3), 0)
    assert (after.start, after.end) == (20.0, 23.0)  # when it is on screen


def test_the_mean_share_reacting_does_not_grow_with_the_length_of_a_scene():
    """Everybody reacts in every tenth second, at their own times."""
    strength = np.zeros((10, 200, 7))
    for viewer in range(10):
        strength[viewer, viewer::10, HAPPY] = 0.5
    for length in (10, 60, 150):
        summary = summary_of(strength, 0, 10, 10 + length)
        assert summary.mean_reacting_share == pytest.approx(0.1)
        low, high = summary.mean_reacting_share_interval
        assert 0 <= low <= 0.1 + 1e-9
        assert 0.1 - 1e-9 <= high < 0.5


def test_the_interval_of_a_stretch_does_not_depend_on_stretches_of_other_lengths():
    strength = strength_of(simulate_timeline(12, 200, 7, ((50, 60, Emotion.HAPPY, 1.0),)))
    spans = [(40.0, 43.0), (50.0, 80.0), (20.0, 180.0)]
    together = summarize_emotions(strength, 0, spans)
    for span, summary in zip(spans, together, strict=True):
        assert summarize_emotions(strength, 0, [span]) == (summary,)
    widths = [high - low for low, high in (s.mean_reacting_share_interval for s in together)]
    assert widths[0] > widths[2]


def test_the_share_of_a_stretch_in_which_nobody_reacts_has_an_upper_limit():
    strength = np.zeros((10, 60, 7))
    strength[:3, 50:55, HAPPY] = 0.5
    calm, _ = summarize_emotions(strength, 0, [(10, 20), (49, 53)])
    low, high = calm.mean_reacting_share_interval
    assert (calm.mean_reacting_share, low) == (0, pytest.approx(0, abs=1e-9))
    assert 0.02 < high < 0.5


def test_only_viewers_who_were_seen_count():
    timeline = hide_viewer(simulate_timeline(4, 70, 1, ((20, 30, Emotion.HAPPY, 1.0),)), 0, 15, 35)
    assert summary_of(strength_of(timeline), 0, 20, 30).viewers == 3


def test_scenes_list_their_moments_and_moments_their_lines():
    source = ("INT. ROOM - DAY", "", "She waits.", "", "INT. HALL - DAY", "", "He laughs out loud.", "")
    script = Screenplay("Two rooms", Path("two.fountain"), source, parse_fountain(source))
    timed = align_script(script, None, 120)
    analysis = analyze(
        "Two rooms", simulate_timeline(12, 120, 3, ((90, 97, Emotion.HAPPY, 1.0),)), timed, (), seed=1
    )
    assert [scene.moments for scene in analysis.scene_emotions] == [(), (0,)]
    (elements,) = analysis.moment_elements
    assert [script.elements[e].text for e in elements] == ["He laughs out loud."]
    assert len(analysis.element_emotions) == len(script.elements)
