"""Outside the researcher's role nothing is shown about fewer than five viewers."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from moviemotion.analysis.analyze import Analysis, analyze
from moviemotion.analysis.attention import AttentionDrop, measure_attention
from moviemotion.analysis.comparison.screening_comparison import ScreeningComparison, compare_screenings
from moviemotion.analysis.moments.carrier import Carrier
from moviemotion.analysis.moments.detection import Moment
from moviemotion.analysis.script_emotions import emotions_by_element, emotions_by_scene
from moviemotion.analysis.signals.attention_states import DOWN, NOT_SEEN, OUT, SCREEN
from moviemotion.analysis.signals.audience_curve import compute_audience_curve
from moviemotion.analysis.signals.mixed_emotions import MixedEmotionOccurrence
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.emotions import EMOTIONS, MIXED_EMOTIONS
from moviemotion.privacy.attention_of_few import attention_for_all
from moviemotion.privacy.disclosure import MIN_GROUP_SIZE
from moviemotion.privacy.roles import Role
from moviemotion.privacy.small_groups import (
    ROUNDED_DECIMALS,
    WITHHELD_NOTE,
    analysis_for_role,
    comparison_for_role,
    mask_small_groups,
    segment_for_role,
    visible_segments,
)
from moviemotion.problems import Harm, Problem
from moviemotion.reports.html.screening_report import render_report
from moviemotion.reports.tables.csv_json import moments_json, timeline_csv
from moviemotion.screenplay.alignment.align import align_script
from moviemotion.screenplay.formats.format_registry import read_screenplay

SECONDS = 80
OTHERS = [role for role in Role if role is not Role.RESEARCHER]
DECIDED = {
    *(
        "title",
        "cut",
        "date",
        "timeline",
        "baseline",
        "strength",
        "audience_curve",
        "synchrony",
        "relative_delay",
    ),
    *("moment_search", "data_quality", "script", "element_emotions", "scene_emotions", "moment_elements"),
    *("moment_mixed_emotions", "patterns", "in_film", "affect", "attention", "cut", "date"),
    *("seat_map", "moment_carriers"),
}
SCRIPT = "INT. BARN - DAY\n\nHay.\n\nANN\nWhat a barn.\n\nEXT. FIELD - DAY\n\nMore hay, and a hare.\n"


def laughing_room(folder: Path, viewers: int, alone: tuple[int, int] = (0, 0)) -> Analysis:
    """Viewers who laugh together at 20 and 50 s; from `alone` on only three of them are seen."""
    rng = np.random.default_rng(viewers)
    logits = rng.normal(0, 0.1, (viewers, SECONDS, len(EMOTIONS)))
    logits[:, :, 0] += 3
    for start in (20, 50):
        logits[:, start : start + 5, 1] += 6
    scores = (np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)).astype(np.float32)
    samples = np.full((viewers, SECONDS), 5, np.int32)
    scores[3:, slice(*alone)], samples[3:, slice(*alone)] = np.nan, 0
    (script := folder / "barn.fountain").write_text(SCRIPT, encoding="utf-8")
    timed = align_script(read_screenplay(script), None, float(SECONDS))
    names = tuple(f"v-{k:012x}" for k in range(viewers))
    return analyze(
        "Hay",
        Timeline(names, 0, scores, samples),
        timed,
        (Problem("ends-early", Harm.MISSING, "ends", "v-000000000001"),),
        36,
    )


def figures(analysis: Analysis) -> np.ndarray:
    """All figures about the audience and its lines."""
    room = analysis.audience_curve
    of_audience = [
        room.strength.ravel(),
        room.overall_strength,
        room.reacting_share,
        room.synchrony,
        room.strength_interval.ravel(),
    ]
    shown = [*analysis.element_emotions, *(scene.summary for scene in analysis.scene_emotions)]
    return np.concatenate([*of_audience, [f.strength for f in shown], [f.mean_reacting_share for f in shown]])


def without_evidence(moments: tuple[Moment, ...]) -> list[Moment]:
    """The moments without the values that other roles see rounded or not at all."""
    nothing = {
        "leave_one_out": (0.0, 0.0),
        "expected_share": 0.0,
        "replicability": 0.0,
        "rank_interval": (0, 0),
    }
    return [replace(moment, **nothing) for moment in moments]


@pytest.mark.parametrize("role", OTHERS)
@pytest.mark.parametrize("viewers", [1, 2, 4])
def test_of_fewer_than_five_no_figure_is_shown(tmp_path: Path, viewers: int, role: Role) -> None:
    analysis = analysis_for_role(laughing_room(tmp_path, viewers), role)
    assert np.isnan(figures(analysis)).all()
    assert analysis.moment_search.moments == ()
    assert np.isnan(
        [analysis.synchrony.overall, analysis.relative_delay.spread, analysis.data_quality.seen_share]
    ).all()
    assert analysis.patterns.arc.shape is None
    assert np.isnan(analysis.patterns.arc.curve).all()
    assert analysis.patterns.changes.changes == ()
    assert f"{viewers} viewer" in analysis.moment_search.conclusion


@pytest.mark.parametrize("viewers", [MIN_GROUP_SIZE, 9])
def test_of_five_the_figures_are_shown_and_no_single_viewer_is(tmp_path: Path, viewers: int) -> None:
    whole = laughing_room(tmp_path, viewers)
    analysis = analysis_for_role(whole, Role.WRITER)
    np.testing.assert_allclose(figures(analysis), figures(whole), atol=0.5 * 10**-ROUNDED_DECIMALS + 1e-9)
    assert without_evidence(analysis.moment_search.moments) == without_evidence(whole.moment_search.moments)
    assert len(analysis.moment_search.moments) == 2
    page = render_report(analysis)
    tables = "".join(timeline_csv(analysis.timeline, analysis.in_film)) + str(moments_json(analysis))
    assert not any(viewer in page or viewer in tables for viewer in whole.timeline.viewers)
    assert analysis.data_quality.problems == (WITHHELD_NOTE,)


def test_seconds_lines_and_moments_with_too_few_are_withheld_and_the_others_stay(tmp_path: Path) -> None:
    whole = laughing_room(tmp_path, 8, alone=(45, 60))
    analysis = analysis_for_role(whole, Role.PRIVACY_OFFICER)
    few = whole.audience_curve.viewers < MIN_GROUP_SIZE
    assert few.sum() == 15
    assert np.isnan(analysis.audience_curve.overall_strength[few]).all()
    assert (analysis.audience_curve.viewers[few] == 0).all()
    np.testing.assert_array_equal(analysis.audience_curve.strength[~few], whole.audience_curve.strength[~few])
    assert [moment.peak for moment in analysis.moment_search.moments] == [
        moment.peak for moment in whole.moment_search.moments if not 45 <= moment.peak < 60
    ]
    assert (
        len(analysis.moment_elements)
        == len(analysis.moment_mixed_emotions)
        == len(analysis.moment_search.moments)
    )
    shown = {k for scene in analysis.scene_emotions for k in scene.moments}
    assert shown <= set(range(len(analysis.moment_search.moments)))
    render_report(analysis)


@pytest.mark.parametrize("viewers", [MIN_GROUP_SIZE - 1, MIN_GROUP_SIZE])
def test_nobody_but_the_researcher_sees_the_delay_of_a_viewer(tmp_path: Path, viewers: int) -> None:
    analysis = laughing_room(tmp_path, viewers)
    assert analysis.relative_delay.viewer_delays.size == viewers
    for role in OTHERS:
        assert analysis_for_role(analysis, role).relative_delay.viewer_delays.size == 0


def test_a_moment_whose_peak_has_few_viewers_is_withheld(tmp_path: Path) -> None:
    """Its figures are those of its peak, even where more viewers were seen in all of it."""
    whole = laughing_room(tmp_path, 8)
    hidden, shown = whole.moment_search.moments
    assert min(hidden.viewers, shown.viewers) >= MIN_GROUP_SIZE
    viewers = whole.audience_curve.viewers.copy()
    viewers[int(hidden.peak)] = MIN_GROUP_SIZE - 1
    peaked = replace(whole, audience_curve=replace(whole.audience_curve, viewers=viewers))
    for role in OTHERS:
        seen = analysis_for_role(peaked, role).moment_search.moments
        assert without_evidence(seen) == without_evidence((shown,))
        assert seen[0].rank_interval == (0, 0), "a rank would count the moment that is withheld"
    assert analysis_for_role(peaked, Role.RESEARCHER).moment_search.moments == (hidden, shown)


@pytest.mark.parametrize("role", OTHERS)
@pytest.mark.parametrize("viewers", [9, 10])
def test_evidence_that_could_single_out_a_viewer_is_withheld(
    tmp_path: Path, role: Role, viewers: int
) -> None:
    whole = laughing_room(tmp_path, viewers)
    moments = tuple(replace(m, expected_share=0.12345) for m in whole.moment_search.moments)
    whole = replace(whole, moment_search=replace(whole.moment_search, moments=moments))
    seen = analysis_for_role(whole, role).moment_search.moments
    for moment, true in zip(seen, moments, strict=True):
        assert np.isfinite(true.leave_one_out).all()
        assert np.isnan(moment.leave_one_out).all()
        assert moment.expected_share == 0.12
        assert true.replicability == 1
        assert (moment.replicability == 1) == (viewers == 10), "half of nine is a small group"
        assert moment.rank_interval == true.rank_interval != (0, 0)
    shown = json.dumps(moments_json(analysis_for_role(whole, role)), allow_nan=False)
    assert '"leave_one_out": [null, null]' in shown
    assert "Leaving out any one viewer" not in render_report(analysis_for_role(whole, role))
    assert "Leaving out any one viewer" in render_report(whole)


def test_the_share_to_expect_is_withheld_where_it_is_of_few(tmp_path: Path) -> None:
    """In the seconds around both moments, only three viewers are seen from second 45 to 48."""
    whole = laughing_room(tmp_path, 8, alone=(45, 48))
    assert all(np.isfinite(m.expected_share) for m in whole.moment_search.moments)
    seen = analysis_for_role(whole, Role.WRITER).moment_search.moments
    assert len(seen) == 2
    assert np.isnan([m.expected_share for m in seen]).all()


def test_exactly_five_viewers_are_enough_everywhere(tmp_path: Path) -> None:
    five, ten = (laughing_room(tmp_path, viewers) for viewers in (MIN_GROUP_SIZE, 2 * MIN_GROUP_SIZE))
    seen = analysis_for_role(five, Role.WRITER)
    assert np.isfinite(seen.audience_curve.overall_strength).all()
    assert without_evidence(seen.moment_search.moments) == without_evidence(five.moment_search.moments)
    assert np.isfinite([seen.data_quality.seen_share, seen.data_quality.samples_per_second]).all()
    assert seen.relative_delay.spread_interval == five.relative_delay.spread_interval
    assert [f.viewers for f in seen.element_emotions] == [f.viewers for f in five.element_emotions]
    assert np.isfinite(mask_small_groups(five).strength).all()
    tears_of_joy = MixedEmotionOccurrence(MIXED_EMOTIONS[0], MIN_GROUP_SIZE, 9, 0.6, (0.3, 0.8), 0.5)
    of_few = replace(tears_of_joy, count=MIN_GROUP_SIZE - 1)
    mixed = replace(five, moment_mixed_emotions=((tears_of_joy, of_few), ()))
    assert analysis_for_role(mixed, Role.WRITER).moment_mixed_emotions == ((tears_of_joy,), ())
    halves = {"front": ten.timeline.viewers[:MIN_GROUP_SIZE], "back": ten.timeline.viewers[MIN_GROUP_SIZE:]}
    assert list(visible_segments(halves, ten.timeline.viewers, Role.WRITER)) == ["front", "back"]
    for members in halves.values():
        curve = segment_for_role(ten, members, Role.WRITER, [halves["front"]]).audience_curve
        assert np.isfinite(curve.overall_strength).all()
    alone = compare_screenings(five, five, ("a", "b"), False, 36)
    shown = comparison_for_role(alone, (five, five), Role.WRITER)
    np.testing.assert_allclose(shown.group_comparison.mean, alone.group_comparison.mean, atol=0.006)


def test_figures_of_lines_and_scenes_are_of_the_seconds_that_are_shown(tmp_path: Path) -> None:
    whole = laughing_room(tmp_path, 8, alone=(45, 60))
    few = whole.audience_curve.viewers < MIN_GROUP_SIZE
    others = replace(whole, strength=whole.strength + few[None, :, None])  # the three felt something else
    (seen, seen_else) = (analysis_for_role(analysis, Role.WRITER) for analysis in (whole, others))
    assert repr(seen.element_emotions + seen.scene_emotions) == repr(
        seen_else.element_emotions + seen_else.scene_emotions
    )
    assert any(line.start < 60 and line.end > 45 and line.viewers for line in seen.element_emotions)


def test_somebody_who_looks_away_changes_no_figure_of_a_line_or_a_scene(tmp_path: Path) -> None:
    """Figures are rounded to two decimals, so that a scene less its lines does not reveal a viewer."""
    whole = laughing_room(tmp_path, 8)
    strength = whole.strength.copy()
    strength[0, 22:60] = np.nan
    script = whole.script
    assert script
    lines = emotions_by_element(script, strength, 0)
    scenes = emotions_by_scene(script, strength, 0, whole.moment_search.moments)
    away = replace(whole, strength=strength, element_emotions=lines, scene_emotions=scenes)
    seen = analysis_for_role(away, Role.WRITER)
    shown = [
        (f.strength, *f.strength_interval)
        for f in (*seen.element_emotions, *(s.summary for s in seen.scene_emotions))
    ]
    true = [(f.strength, *f.strength_interval) for f in (*lines, *(s.summary for s in scenes))]
    np.testing.assert_allclose(shown, true, atol=0.005 + 1e-9)
    np.testing.assert_array_equal(np.round(shown, 2), shown)


def paired(
    folder: Path, viewers: int, of_second: int
) -> tuple[ScreeningComparison, tuple[Analysis, Analysis]]:
    """Two screenings; the second was seen by the first `of_second` viewers of the first."""
    screenings = tuple(laughing_room(folder, count) for count in (viewers, of_second))
    return compare_screenings(*screenings, ("a", "b"), True, 36), screenings


@pytest.mark.parametrize(("of_second", "shown"), [(12, True), (11, False), (8, False), (7, True)])
def test_comparisons_that_omit_few_pairs_are_withheld(tmp_path: Path, of_second: int, shown: bool) -> None:
    comparison, screenings = paired(tmp_path, 12, of_second)
    seen = comparison_for_role(comparison, screenings, Role.WRITER)
    assert np.isfinite(comparison.group_comparison.mean).any()
    assert np.isfinite(seen.group_comparison.mean).any() == shown
    assert comparison_for_role(comparison, screenings, Role.RESEARCHER) is comparison


def test_two_groups_single_out_no_few_viewers_in_any_second(tmp_path: Path) -> None:
    """Eleven and five of them: from second 45 to 60 of the six who differ only three are seen."""
    analysis = laughing_room(tmp_path, 20)
    samples, names = analysis.timeline.sample_counts.copy(), analysis.timeline.viewers
    samples[8:11, 45:60] = 0
    strength = np.where(samples[:, :, None] > 0, analysis.strength, np.nan)
    timeline = replace(analysis.timeline, sample_counts=samples)
    analysis = replace(
        analysis,
        timeline=timeline,
        strength=strength,
        audience_curve=compute_audience_curve(timeline, strength),
    )
    groups = {"eleven": names[:11], "five": names[:5]}
    assert list(visible_segments(groups, names, Role.WRITER)) == ["eleven", "five"]
    eleven = segment_for_role(analysis, groups["eleven"], Role.WRITER).audience_curve
    five = segment_for_role(analysis, groups["five"], Role.WRITER, [groups["eleven"]]).audience_curve
    assert np.isfinite(eleven.overall_strength).all()
    assert np.flatnonzero(np.isnan(five.overall_strength)).tolist() == list(range(45, 60))
    alone = segment_for_role(analysis, groups["five"], Role.WRITER).audience_curve
    assert np.isfinite(alone.overall_strength).all()


def test_other_roles_see_which_segment_carries_a_moment_but_not_its_strength(tmp_path: Path) -> None:
    whole = laughing_room(tmp_path, 20)
    carrier = Carrier("front", 0.5, 0.1, (0.2, 0.6), 0.01)
    whole = replace(whole, moment_carriers=((carrier,),) * len(whole.moment_search.moments))
    seen = analysis_for_role(whole, Role.WRITER)
    shown = [each for of_moment in seen.moment_carriers for each in of_moment]
    assert {(each.segment, each.p_adjusted) for each in shown} == {("front", 0.01)}
    assert np.isnan([[each.strength, each.strength_of_others, *each.interval] for each in shown]).all()


def test_what_the_others_felt_does_not_follow_from_a_segment(tmp_path: Path) -> None:
    """Of the six who are not in the segment, four laugh with it: nothing may be shown of it there."""
    whole = laughing_room(tmp_path, 12)
    names, strength = whole.timeline.viewers, whole.strength.copy()
    strength[10:] *= 0.0
    whole = replace(whole, strength=strength, audience_curve=compute_audience_curve(whole.timeline, strength))
    few, many = (segment_for_role(whole, names[:size], Role.WRITER) for size in (6, 5))
    researchers = segment_for_role(whole, names[:6], Role.RESEARCHER)
    laughing = slice(20, 25)
    assert np.isfinite(researchers.audience_curve.strength[laughing, 0]).all()
    assert np.isnan(few.audience_curve.strength[laughing, 0]).all()
    assert few.moment_search.moments == ()
    felt = [line.emotion is not None for line in researchers.element_emotions]
    assert any(felt)
    assert [line.emotion is not None for line in few.element_emotions] == [False] * len(felt)
    assert {line.viewers for line, is_felt in zip(few.element_emotions, felt, strict=True) if is_felt} == {0}
    # If five laugh beside the segment, its values may be shown.
    assert np.isfinite(many.audience_curve.strength[laughing, 0]).all()


def test_attention_of_few_and_walk_outs_are_shown_to_the_researcher_alone(tmp_path: Path) -> None:
    whole = laughing_room(tmp_path, 12)
    states = np.full((12, SECONDS), SCREEN, np.int8)
    states[:4, 10:20] = DOWN  # four look elsewhere
    states[:7, 30:40] = DOWN  # seven do, and five face the screen
    states[:9, 50:60] = DOWN  # three face the screen
    states[:8, 70:80] = NOT_SEEN
    states[11, 62:68] = OUT
    attention = measure_attention(replace(whole.timeline, attention=states), 36, np.ones(SECONDS, dtype=bool))
    dropped = replace(attention, drops=tuple(drop_of(k) for k in (4, 7, 9)))
    seen = analysis_for_role(replace(whole, attention=dropped), Role.WRITER)
    shown = np.flatnonzero(~np.isnan(seen.attention.share)).tolist()
    few = [*range(10, 20), *range(50, 60), *range(62, 68), *range(70, 80)]
    assert shown == [second for second in range(SECONDS) if second not in few]
    assert [drop.elsewhere for drop in seen.attention.drops] == [7]
    assert seen.attention.walk_outs == ()
    assert seen.attention.viewer_shares.size == 0
    assert np.isnan(seen.attention.viewers_by_state).all()
    assert seen.timeline.attention is None
    assert len(dropped.walk_outs) == 1


def test_attention_of_a_segment_reveals_no_few_others(tmp_path: Path) -> None:
    """Six of twelve; what the other six do follows from the attention of everyone."""
    whole = laughing_room(tmp_path, 12)
    states = np.full((12, SECONDS), SCREEN, np.int8)
    states[6:8, 20:30] = DOWN  # two of the others
    states[:, 40:50] = DOWN
    timeline = replace(whole.timeline, attention=states)
    whole = replace(whole, timeline=timeline, attention=measure_attention(timeline, 36, whole.in_film))
    six = whole.timeline.viewers[:6]
    everything = segment_for_role(whole, six, Role.RESEARCHER).attention
    assert np.isfinite(everything.share).all()
    seen = segment_for_role(whole, six, Role.WRITER)
    assert np.flatnonzero(np.isnan(seen.attention.share)).tolist() == list(range(20, 30))
    assert seen.attention.viewer_shares.size == 0
    drops = replace(everything, drops=(drop_from(20, 30), drop_from(40, 50)))
    others = attention_for_all(drops, [states[6:]]).drops
    assert [drop.start for drop in others] == [40]


def test_affect_of_a_segment_reveals_no_few_others(tmp_path: Path) -> None:
    """Six of twelve; of the other six, one is moved, whose values follow from those of everyone."""
    whole = laughing_room(tmp_path, 12)
    probabilities, strength = whole.timeline.probabilities.copy(), whole.strength.copy()
    probabilities[6:, 20:30] = whole.baseline.probabilities[6:, None]
    strength[6:, 20:30] = 0
    probabilities[6, 20:30] = np.eye(8)[1]
    strength[6, 20:30, 0] = 0.9
    timeline = replace(whole.timeline, probabilities=probabilities)
    whole = replace(whole, timeline=timeline, strength=strength)
    seen = segment_for_role(whole, whole.timeline.viewers[:6], Role.WRITER).affect
    assert np.isnan(seen.expressiveness[20:30]).all()
    assert np.isfinite(seen.expressiveness[:20]).all()


def test_affect_of_few_is_shown_to_the_researcher_alone(tmp_path: Path) -> None:
    whole = laughing_room(tmp_path, 12, alone=(60, 70))
    seen = analysis_for_role(whole, Role.WRITER).affect
    for name in ("expressiveness", "valence", "arousal"):
        assert np.isfinite(getattr(whole.affect, name)).all()
        assert np.isnan(getattr(seen, name)[60:70]).all()
        assert np.isfinite(getattr(seen, name)[21:24]).all()
    one = whole.timeline.probabilities.copy()
    one[1:, 20:25] = whole.baseline.probabilities[1:, None]  # one viewer laughs
    alone = replace(whole, timeline=replace(whole.timeline, probabilities=one))
    assert np.isnan(analysis_for_role(alone, Role.WRITER).affect.expressiveness[20:25]).all()


def drop_from(start: float, end: float) -> AttentionDrop:
    """A drop in which all of six viewers looked elsewhere."""
    return AttentionDrop(start, end, start, 1.0, (0.6, 1.0), 0.1, 6, 0.01)


def drop_of(viewers: int) -> AttentionDrop:
    """A drop in which some of twelve viewers looked elsewhere."""
    return AttentionDrop(10, 20, 15, viewers / 12, (0.1, 0.9), 0.1, 12, 0.01)


def test_the_researcher_sees_all(tmp_path: Path) -> None:
    whole = laughing_room(tmp_path, 2)
    assert analysis_for_role(whole, Role.RESEARCHER) is whole


def test_every_part_of_an_analysis_is_decided_on() -> None:
    assert {field.name for field in fields(Analysis)} == DECIDED, "let small_groups decide on the new one"
