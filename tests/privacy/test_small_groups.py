"""Outside the researcher's role nothing is told of fewer than five viewers."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from moviemotion.emotions import EMOTIONS
from moviemotion.privacy.audit_log import Role
from moviemotion.privacy.disclosure import FEWEST
from moviemotion.privacy.small_groups import WITHHELD, seen_by
from moviemotion.resonance.analysis import Analysis, analyse
from moviemotion.resonance.timeline import Timeline
from moviemotion.story.alignment import time_script
from moviemotion.story.screenplay import read_screenplay
from moviemotion.telling.report import render_report
from moviemotion.telling.tables import moments_json, timeline_csv

SECONDS = 80
OTHERS = [role for role in Role if role is not Role.RESEARCHER]
DECIDED = {
    *("title", "timeline", "rest", "strength", "room", "synchrony", "delay", "search", "quality", "script"),
    *("lines", "scenes", "moment_elements", "moment_mixed", "patterns"),
}
SCRIPT = "INT. BARN - DAY\n\nHay.\n\nANN\nWhat a barn.\n\nEXT. FIELD - DAY\n\nMore hay, and a hare.\n"


def laughing_room(folder: Path, viewers: int, alone: tuple[int, int] = (0, 0)) -> Analysis:
    """Viewers who laugh together at 20 and 50 s; from `alone` on only three of them are seen."""
    rng = np.random.default_rng(viewers)
    logits = rng.normal(0, 0.4, (viewers, SECONDS, len(EMOTIONS)))
    logits[:, :, 0] += 3
    for start in (20, 50):
        logits[:, start : start + 5, 1] += 6
    scores = (np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)).astype(np.float32)
    samples = np.full((viewers, SECONDS), 5, np.int32)
    scores[3:, slice(*alone)], samples[3:, slice(*alone)] = np.nan, 0
    (script := folder / "barn.fountain").write_text(SCRIPT, encoding="utf-8")
    timed = time_script(read_screenplay(script), None, float(SECONDS))
    names = tuple(f"v-{k:012x}" for k in range(viewers))
    return analyse("Hay", Timeline(names, 0, scores, samples), timed, ("v-000000000001: ends",), 36)


def figures(analysis: Analysis) -> np.ndarray:
    """Everything that is told of the room and its lines, as numbers."""
    room = analysis.room
    of_room = [
        room.strength.ravel(),
        room.overall,
        room.share,
        room.synchrony,
        room.strength_interval.ravel(),
    ]
    told = [*analysis.lines, *(scene.feeling for scene in analysis.scenes)]
    return np.concatenate([*of_room, [f.strength for f in told], [f.share for f in told]])


@pytest.mark.parametrize("role", OTHERS)
@pytest.mark.parametrize("viewers", [1, 2, 4])
def test_of_fewer_than_five_no_figure_is_told(tmp_path: Path, viewers: int, role: Role) -> None:
    analysis = seen_by(laughing_room(tmp_path, viewers), role)
    assert np.isnan(figures(analysis)).all()
    assert analysis.search.moments == ()
    assert np.isnan([analysis.synchrony.overall, analysis.delay.spread, analysis.quality.seen]).all()
    assert analysis.patterns.arc.shape is None
    assert np.isnan(analysis.patterns.arc.curve).all()
    assert analysis.patterns.changes.changes == ()
    assert f"{viewers} viewer" in analysis.search.conclusion


@pytest.mark.parametrize("viewers", [FEWEST, 9])
def test_of_five_the_figures_are_told_and_no_single_viewer_is(tmp_path: Path, viewers: int) -> None:
    whole = laughing_room(tmp_path, viewers)
    analysis = seen_by(whole, Role.WRITER)
    np.testing.assert_array_equal(figures(analysis), figures(whole))
    assert analysis.search == whole.search
    assert len(analysis.search.moments) == 2
    page = render_report(analysis)
    tables = "".join(timeline_csv(analysis.timeline)) + str(moments_json(analysis))
    assert not any(viewer in page or viewer in tables for viewer in whole.timeline.viewers)
    assert analysis.quality.problems == (WITHHELD,)


def test_seconds_lines_and_moments_with_too_few_are_withheld_and_the_others_stay(tmp_path: Path) -> None:
    whole = laughing_room(tmp_path, 8, alone=(45, 60))
    analysis = seen_by(whole, Role.PRIVACY_OFFICER)
    few = whole.room.viewers < FEWEST
    assert few.sum() == 15
    assert np.isnan(analysis.room.overall[few]).all()
    assert (analysis.room.viewers[few] == 0).all()
    np.testing.assert_array_equal(analysis.room.strength[~few], whole.room.strength[~few])
    assert [moment.peak for moment in analysis.search.moments] == [
        moment.peak for moment in whole.search.moments if not 45 <= moment.peak < 60
    ]
    assert len(analysis.moment_elements) == len(analysis.moment_mixed) == len(analysis.search.moments)
    shown = {k for scene in analysis.scenes for k in scene.moments}
    assert shown <= set(range(len(analysis.search.moments)))
    render_report(analysis)


def test_the_researcher_sees_all(tmp_path: Path) -> None:
    whole = laughing_room(tmp_path, 2)
    assert seen_by(whole, Role.RESEARCHER) is whole


def test_every_part_of_an_analysis_is_decided_on() -> None:
    assert {field.name for field in fields(Analysis)} == DECIDED, "let small_groups decide on the new one"
