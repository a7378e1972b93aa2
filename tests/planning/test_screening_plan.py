"""Plans of a screening: the shipped table, what is read from it, rooms, and how plans are written."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from itertools import cycle, pairwise
from math import log, prod
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

import moviemotion as mm
from moviemotion.analysis.moments.detection import find_moments
from moviemotion.analysis.signals.baseline import AVERAGE_REST, estimate_baseline, strength_above_baseline
from moviemotion.emotions import Emotion
from moviemotion.errors import SettingError
from moviemotion.planning.moment_power import (
    MomentPower,
    adjusted_level,
    moment_power,
    power_table,
    viewers_needed,
)
from moviemotion.planning.room_power import difference_power, rooms_needed
from moviemotion.planning.screening_plan import plan_screening
from moviemotion.reports.plan_lines import moment_answer, plan_csv, plan_lines
from moviemotion.simulation.room_simulator import Beat, simulate_room
from moviemotion.studio.app import create_app


def test_the_table_has_every_cell_and_no_impossible_count() -> None:
    table = power_table()
    shape = tuple(len(table.axes[name]) for name in ("length", "share", "strength", "viewers", "minutes"))
    assert table.hits.shape == shape
    assert table.trials.shape == shape[:-1]
    assert table.trials.min() > 0
    assert (table.hits <= table.trials[..., None]).all()
    # A longer film has a stricter level for each of its seconds.
    assert (np.diff(table.hits, axis=-1) <= 0).all()


def test_power_grows_with_viewers_share_and_strength() -> None:
    """Over all cells; a single cell may differ by chance."""
    table = power_table()
    power = table.hits / table.trials[..., None]
    for axis in (1, 2, 3):
        means = power.mean(axis=tuple(k for k in range(power.ndim) if k != axis))
        assert (np.diff(means) > 0).all(), axis


def test_a_simulated_cell_is_read_as_it_was_counted() -> None:
    table = power_table()
    asked = [table.axes[name][1] for name in ("length", "share", "strength", "minutes")]
    rows = moment_power(*asked)
    assert [row.viewers for row in rows] == list(table.axes["viewers"])
    assert [row.power for row in rows] == pytest.approx(
        list(table.hits[1, 1, 1, :, 1] / table.trials[1, 1, 1])
    )
    assert all(row.low <= row.power + 1e-9 and row.power <= row.high + 1e-9 for row in rows)


def test_values_between_cells_lie_between_them() -> None:
    table = power_table()
    first, second = table.axes["length"][:2]
    share, strength = table.axes["share"][1], table.axes["strength"][1]
    ends = [moment_power(length, share, strength, 90)[2] for length in (first, second)]
    middle = moment_power((first * second) ** 0.5, share, strength, 90)[2]
    assert middle.power == pytest.approx((ends[0].power + ends[1].power) / 2)


def test_the_level_of_a_film_is_that_of_its_parts() -> None:
    assert adjusted_level(1) == pytest.approx(0.05)
    assert 1 - prod([1 - adjusted_level(4.5)] * 9) == pytest.approx(1 - 0.95**2)


def rows_of(*powers: float) -> list[MomentPower]:
    return [
        MomentPower(viewers, power, power, power) for viewers, power in zip((5, 10, 20), powers, strict=True)
    ]


def test_the_viewers_needed_are_interpolated_over_their_logarithm() -> None:
    assert viewers_needed(rows_of(0.0, 0.6, 1.0)) == 15  # 10 × 2^(1/2), rounded up
    assert log(15) > (log(10) + log(20)) / 2 > log(14)
    assert viewers_needed(rows_of(0.9, 1.0, 1.0)) == 5
    assert viewers_needed(rows_of(0.1, 0.2, 0.79)) is None


def test_the_table_is_that_of_this_moment_search() -> None:
    """A strong and a weak beat: the search finds about as many as the table says."""
    length, share, viewers = 3.0, 0.4, 24
    emotions = cycle((Emotion.HAPPY, Emotion.SURPRISE, Emotion.SAD))
    for strength in (0.3, 0.8):
        beats = []
        for at, emotion in zip(range(60, 1200, 120), emotions, strict=False):
            q = AVERAGE_REST + strength * (1 - AVERAGE_REST)
            amplitude = log(q / (1 - q)) - log(AVERAGE_REST / (1 - AVERAGE_REST))
            beats.append(Beat(at, at + length, emotion, share, amplitude))
        timeline = simulate_room(viewers, 1200, 5, beats=beats).timeline
        strengths = strength_above_baseline(timeline, estimate_baseline(timeline))
        moments = find_moments(strengths, 0, 1).moments
        found = sum(
            any(m.start < b.end + 3 and m.end > b.start and m.emotion is b.emotion for m in moments)
            for b in beats
        )
        expected = next(row for row in moment_power(length, share, strength, 20) if row.viewers == viewers)
        share_found = found / len(beats)
        error = np.sqrt(max(expected.power * (1 - expected.power), 0.05) / len(beats))
        assert expected.low - 3 * error <= share_found <= expected.high + 3 * error, strength


def test_the_power_of_rooms_is_that_of_a_t_test_of_their_means() -> None:
    rng = np.random.default_rng(3)
    viewers, rooms, room_share, difference = 12, 3, 0.1, 0.6
    runs = 4000
    sd = np.sqrt(room_share + (1 - room_share) / viewers)
    means = rng.normal(0, sd, (runs, 2, rooms)) + difference * np.array([0, 1])[:, None]
    gap = means[:, 1].mean(axis=1) - means[:, 0].mean(axis=1)
    error = np.sqrt(means.var(axis=2, ddof=1).mean(axis=1) * 2 / rooms)
    found = (np.abs(gap / error) > 2.7764).mean()  # 97.5 % quantile of t with 4 degrees of freedom
    assert difference_power(difference, viewers, rooms, room_share) == pytest.approx(found, abs=0.025)


def test_without_a_difference_the_power_is_the_level() -> None:
    assert difference_power(0, 20, 4, 0.1) == pytest.approx(0.05)


def test_more_viewers_in_a_room_do_not_replace_rooms() -> None:
    needed = [rooms_needed(0.5, viewers, 0.1) for viewers in (8, 24, 100, 10_000)]
    assert all(one is not None and other is not None and one >= other for one, other in pairwise(needed))
    assert needed[-1] is not None
    assert needed[-1] > 5  # the variance between rooms remains
    assert rooms_needed(3, 100, 0.01) == 4  # fewer rooms cannot be significant
    assert rooms_needed(0.05, 8, 0.5) is None


@pytest.mark.parametrize(
    ("setting", "value"),
    [("length", 0.1), ("share", 1.5), ("strength", 0.05), ("minutes", 1e6), ("difference", 0)],
)
def test_what_was_not_simulated_is_refused(setting: str, value: float) -> None:
    with pytest.raises(SettingError, match=f"^{setting} .*: not covered by the plan; choose a number from"):
        plan_screening(**{setting: value})


def test_a_plan_says_how_many_viewers_and_rooms() -> None:
    plan = plan_screening(length=3, share=0.6)
    text = "\n".join(plan_lines(plan))
    assert f"About {plan.viewers} viewers" in text
    assert f"seed {plan.seed}" in text
    assert "one" not in moment_answer(plan)
    assert "Even 100 viewers" in moment_answer(replace(plan, viewers=None))
    rows = list(csv.DictReader(io.StringIO(plan_csv(plan))))
    assert [int(row["viewers"]) for row in rows] == [row.viewers for row in plan.moments]


def test_python_writes_a_page_a_table_and_json(tmp_path: Path) -> None:
    plan = mm.plan(length=3, share=0.6)
    page = plan.save(tmp_path / "plan").read_text(encoding="utf-8")
    assert moment_answer(plan.result) in page
    assert "<svg" in page
    written = json.loads((tmp_path / "plan" / "plan.json").read_text(encoding="utf-8"))
    assert written["viewers"] == plan.viewers
    assert len(plan.moments) == len(written["moments"])
    assert list(plan.rooms["rooms"]) == [row["rooms"] for row in written["rooms"]]
    assert repr(plan).endswith(plan.summary())


def test_python_refuses_what_is_not_a_number() -> None:
    with pytest.raises(mm.MoviemotionError, match=r"^length: 'two' is not valid"):
        mm.plan(length="two")  # type: ignore[arg-type]


def test_the_studio_plans(tmp_path: Path) -> None:
    with TestClient(create_app(tmp_path), base_url="http://127.0.0.1") as client:
        assert 'href="/plan"' in client.get("/").text
        page = client.get("/plan?length=3&share=0.6")
        assert page.status_code == 200
        assert moment_answer(plan_screening(length=3, share=0.6)) in page.text
        refused = client.get("/plan?length=900")
        assert refused.status_code == 400
        assert "Length of the reaction 900: not covered by the plan" in refused.text
