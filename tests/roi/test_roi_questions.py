"""Break-even values are put back into the model; draws are compared with what is known of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from plans import small_plan

from moviemotion.roi.cash_flow import cash_flow, required_price
from moviemotion.roi.plan import QUARTERS
from moviemotion.roi.uncertainty import analyze_plan, break_even, monte_carlo, tornado_swings


def test_at_break_even_net_cash_is_zero_and_the_side_is_right(tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    solved = 0
    for driver in plan.drivers.values():
        need = break_even(plan, driver)
        assert need.positive_at_likely
        if np.isnan(need.value):
            continue
        solved += 1
        flow = cash_flow(plan, plan.likely_values() | {driver.key: need.value})
        assert flow.cumulative[-1] == pytest.approx(0, abs=1e-3)
        better = need.value * (1.01 if need.at_least else 0.99)
        assert cash_flow(plan, plan.likely_values() | {driver.key: better}).cumulative[-1] > 0
    assert solved >= 12


def test_the_break_even_price_is_what_costs_are_for_a_contract(tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    need = break_even(plan, plan.drivers["contracts.price"])
    assert need.value == pytest.approx(required_price(plan, 1.0))
    assert need.at_least


def test_the_text_says_if_no_value_or_any_value_is_enough(tmp_path: Path) -> None:
    hopeless = small_plan(tmp_path, price="0")
    need = break_even(hopeless, hopeless.drivers["use.viewers"])
    assert np.isnan(need.value)
    assert not need.positive_at_likely
    plan = small_plan(tmp_path, core_hour="0")
    need = break_even(plan, plan.drivers["compute.audience_hours_per_core_hour"])
    assert np.isnan(need.value)
    assert need.positive_at_likely


def test_the_closest_break_even_comes_first(tmp_path: Path) -> None:
    dear = small_plan(tmp_path)
    tight = small_plan(tmp_path, price=str(1.02 * required_price(dear, 1.0)))
    needs = analyze_plan(tight, 1).break_evens
    assert needs[0].driver.key in ("contracts.price", "contracts.number", "contracts.first_month")
    off = [abs(np.log(n.value / n.driver.likely)) for n in needs if n.value > 0]
    assert off == sorted(off)


def test_swings_are_the_model_at_the_ends_widest_first(tmp_path: Path) -> None:
    plan = small_plan(tmp_path, price="[6000, 12000, 15000]", core_hour="[0.4, 0.5, 0.6]")
    price, core_hour = tornado_swings(plan)
    assert price.driver.key == "contracts.price"
    assert core_hour.driver.key == "compute.core_hour"
    for end, roi in ((6000, price.at_low), (15000, price.at_high)):
        assert roi == cash_flow(plan, plan.likely_values() | {"contracts.price": end}).roi[-1]


def test_the_same_seed_draws_the_same_and_another_does_not(tmp_path: Path) -> None:
    plan = small_plan(tmp_path, price="[6000, 12000, 15000]")
    first, again, other = (monte_carlo(plan, seed) for seed in (1, 1, 2))
    assert (first.roi == again.roi).all()
    assert (first.roi != other.roi).any()


def test_a_plan_without_ranges_has_equal_draws(tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    result, flow = monte_carlo(plan, 1, draws=50), cash_flow(plan, plan.likely_values())
    assert result.roi == pytest.approx(np.full(50, flow.roi[-1]))
    assert result.roi_by_quarter == pytest.approx(np.repeat(flow.roi[:, None], 3, axis=1))
    assert result.positive_share == 1
    assert result.positive_from_share.tolist() == [0, 0, 1, 0, 0, 0]


def test_chances_are_those_of_the_triangle(tmp_path: Path) -> None:
    """Only the price is uncertain, evenly about break-even: half of the draws gain."""
    nil = required_price(small_plan(tmp_path), 1.0)
    plan = small_plan(tmp_path, price=f"[{nil - 900}, {nil}, {nil + 900}]")
    result = monte_carlo(plan, 36)
    low, high = result.positive_interval
    assert low < 0.5 < high
    assert result.positive_from_share.sum() == pytest.approx(result.positive_share)
    paid = nil / (result.roi_by_quarter[-1, 1] / 100 + 1)  # the median is the peak
    assert paid == pytest.approx(nil, rel=0.01)


def test_contracts_are_integers_in_each_draw(tmp_path: Path) -> None:
    plan = small_plan(tmp_path, number="[0, 1, 3]", paid_after="0")
    result = monte_carlo(plan, 36)
    assert len(np.unique(result.roi.round(9))) == 4
    assert result.roi_by_quarter.shape == (QUARTERS, 3)
