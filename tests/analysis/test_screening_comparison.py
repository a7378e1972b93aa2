"""Two screenings set side by side by the script, or by film seconds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.comparison.cut_alignment import CutUnitKind, match_elements
from moviemotion.analysis.comparison.group_differences import DifferenceVerdict
from moviemotion.analysis.comparison.screening_comparison import ScreeningComparison, compare_screenings
from moviemotion.emotions import Emotion
from moviemotion.errors import MoviemotionError
from tests.analysis.two_cuts import (
    GLAD_END,
    JOKE,
    SAD_END,
    SCENES,
    screening,
    script_of,
    time_of,
    timed,
)

NAMES = ("first", "second")
CUT = "It floats, that is why."
SAD = timed(script_of([*SCENES, ("EXT. ISLAND - DUSK", SAD_END)]))
GLAD = timed(script_of([*SCENES, ("EXT. ISLAND - DUSK", GLAD_END)]), start=2, cut=(CUT,))


@pytest.fixture(scope="module")
def endings() -> ScreeningComparison:
    """One audience laughs at the joke and the ending that the other did not see."""
    laughs = (time_of(GLAD, JOKE), time_of(GLAD, GLAD_END[0]))
    return compare_screenings(screening(SAD, 14, 1), screening(GLAD, 14, 2, laughs), NAMES, False, 1)


def standing_out(comparison: ScreeningComparison) -> set[tuple[str, Emotion]]:
    return {
        (d.unit.label, d.emotion) for d in comparison.differences if d.verdict is DifferenceVerdict.DIFFERS
    }


def test_a_line_is_compared_at_its_own_film_time_in_each_cut(endings: ScreeningComparison) -> None:
    joke = next(u for u in endings.alignment.units if u.label == JOKE)
    assert [s.start for s in joke.spans] == [time_of(SAD, JOKE), time_of(GLAD, JOKE)]
    assert (JOKE, Emotion.HAPPY) in standing_out(endings)
    assert ("The ferry leaves without us.", Emotion.HAPPY) not in standing_out(endings)


def test_two_endings_are_one_passage_and_unmatched_lines_are_counted(
    endings: ScreeningComparison,
) -> None:
    passage = next(u for u in endings.alignment.units if u.kind is CutUnitKind.PASSAGE)
    assert passage.spans[0].start == time_of(SAD, SAD_END[0])
    assert passage.spans[1].start == time_of(GLAD, GLAD_END[0])
    assert (passage.label, Emotion.HAPPY) in standing_out(endings)
    assert CUT not in {u.label for u in endings.alignment.units}
    assert endings.alignment.unmatched_lines == (3, 2)
    sentence = "lines are in both, 3 in the first script only, 2 in the second only."
    assert sentence in endings.alignment.condition


def test_scenes_and_the_film_are_compared_too(endings: ScreeningComparison) -> None:
    kinds = [u.kind for u in endings.alignment.units]
    assert kinds[0] is CutUnitKind.FILM
    assert kinds.count(CutUnitKind.SCENE) == 4
    assert ("EXT. ISLAND - DUSK", Emotion.HAPPY) in standing_out(endings)


def test_an_unseen_second_of_one_viewer_does_not_affect_the_others() -> None:
    """Each side's figure of a scene is the screening's own."""
    laughs = (time_of(SAD, JOKE),)
    first, second = screening(SAD, 14, 1, laughs), screening(SAD, 14, 2, laughs)
    strength = first.strength.copy()
    strength[0, [12, 25, 40]] = np.nan
    away = replace(first, strength=strength)
    units = compare_screenings(away, second, NAMES, False, 1)
    scenes = [k for k, u in enumerate(units.alignment.units) if u.kind is CutUnitKind.SCENE]
    assert len(scenes) > 2
    for k in scenes:
        at = units.alignment.units[k].spans[0]
        whole = np.nanmean(strength[:, int(at.start) : int(at.end)], axis=1).mean(axis=0)
        np.testing.assert_allclose(units.group_comparison.mean[0, k], whole, atol=1e-6)


def test_inconclusive_differences_say_how_many_viewers_are_needed(endings: ScreeningComparison) -> None:
    still_open = [d for d in endings.differences if d.verdict is DifferenceVerdict.INCONCLUSIVE]
    assert still_open
    assert endings.viewers_needed(1.0) == max(d.viewers_needed for d in still_open)
    assert endings.viewers_needed(0.5) <= endings.viewers_needed(1.0)


def test_two_screenings_of_one_cut_are_compared_by_film_seconds() -> None:
    laugh = compare_screenings(screening(None, 14, 1), screening(None, 14, 2, (40,)), NAMES, False, 1)
    happy = [
        d
        for d in laugh.differences
        if d.verdict is DifferenceVerdict.DIFFERS and d.unit.kind is CutUnitKind.SECONDS
    ]
    assert {d.emotion for d in happy} == {Emotion.HAPPY}
    assert all(35 <= d.unit.spans[0].start <= 45 for d in happy)
    assert "same cut" in laugh.alignment.condition


def test_screenings_of_different_lengths_are_rejected_without_scripts() -> None:
    with pytest.raises(MoviemotionError, match=r"add script .*subtitles"):
        compare_screenings(screening(None, 6, 1), screening(None, 6, 2, seconds=100), NAMES, False, 1)


def test_paired_viewers_are_matched_by_name() -> None:
    first, second = screening(SAD, 8, 1), screening(SAD, 7, 2)
    turned = replace(
        second,
        timeline=replace(second.timeline, viewers=second.timeline.viewers[::-1]),
        strength=second.strength[::-1],
    )
    plain, mixed = (
        compare_screenings(first, second, NAMES, True, 1),
        compare_screenings(first, turned, NAMES, True, 1),
    )
    np.testing.assert_array_equal(plain.group_comparison.difference, mixed.group_comparison.difference)
    assert plain.unpaired_viewers == ("seat-08",)
    assert plain.viewers == (7, 7)


@pytest.mark.parametrize(("viewers", "paired"), [(3, False), (5, True)])
def test_too_few_viewers_are_rejected_with_the_number_needed(viewers: int, paired: bool) -> None:
    with pytest.raises(MoviemotionError, match="compare at least"):
        compare_screenings(screening(SAD, 8, 1), screening(SAD, viewers, 2), NAMES, paired, 1)


def test_several_screenings_of_each_cut_are_compared_by_rooms() -> None:
    first = [screening(SAD, 5, seed) for seed in range(4)]
    second = [screening(SAD, 5, 10 + seed, (time_of(SAD, JOKE),)) for seed in range(5)]
    rooms = compare_screenings(first, second, NAMES, False, 1)
    assert rooms.group_comparison.rooms == (4, 5)
    assert rooms.viewers == (20, 25)
    assert (JOKE, Emotion.HAPPY) in standing_out(rooms)
    assert {emotion for _, emotion in standing_out(rooms)} == {Emotion.HAPPY}


def test_several_screenings_that_do_not_fit_are_rejected() -> None:
    two = [screening(None, 6, 1), screening(None, 6, 2)]
    with pytest.raises(MoviemotionError, match="paired only between two"):
        compare_screenings(two, screening(None, 6, 3), NAMES, True, 1)
    with pytest.raises(MoviemotionError, match="same cut"):
        compare_screenings([two[0], screening(None, 6, 3, seconds=100)], two[1], NAMES, False, 1)


def test_scripts_with_nothing_in_common_are_rejected() -> None:
    other = timed(script_of([("INT. MINE - DAY", ("Dig, you lazy poets, dig for the rhyme.",))]))
    with pytest.raises(MoviemotionError, match="no scenes or lines"):
        compare_screenings(screening(SAD, 6, 1), screening(other, 6, 2), NAMES, False, 1)


def test_a_rewritten_line_is_matched_and_an_added_one_is_not() -> None:
    before = script_of(
        [("INT. BARN - DAY", ("Where is the hay?", "Gone.", "Call the vet at once."))]
    ).elements
    after = script_of(
        [("INT. BARN - DAY", ("Where is all the hay?", "Eaten by the goats.", "Call the vet at once."))]
    ).elements
    pairs = match_elements(before, after)
    assert [pair for pair in pairs if None not in pair] == [(0, 0), (1, 1), (3, 3)]
    assert sorted(i for i, _ in pairs if i is not None) == sorted(j for _, j in pairs if j is not None)


def with_peaks(analysis: Analysis, samples_per_second: float = 5.0) -> Analysis:
    timeline = replace(analysis.timeline, peak=analysis.timeline.probabilities[:, :, 1:])
    quality = replace(analysis.data_quality, samples_per_second=samples_per_second)
    return replace(analysis, timeline=timeline, data_quality=quality)


def test_screenings_that_were_measured_differently_are_compared_with_a_caution() -> None:
    first, second = screening(SAD, 14, 1), screening(GLAD, 14, 2)
    caution = {
        "alike": compare_screenings(first, second, NAMES, False, 1).caution,
        "nearly": compare_screenings(with_peaks(first), with_peaks(second, 4.6), NAMES, False, 1).caution,
        "means": compare_screenings(with_peaks(first), second, NAMES, False, 1).caution,
        "rates": compare_screenings(with_peaks(first), with_peaks(second, 2.5), NAMES, False, 1).caution,
    }
    assert not caution["alike"]
    assert not caution["nearly"]
    assert "others only means" in caution["means"]
    assert "(2.5 to 5.0)" in caution["rates"]
