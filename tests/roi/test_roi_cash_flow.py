"""The model against sums by hand, a month-by-month account, and the laws of money."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import small_plan, with_likely

from moviemotion.roi.cash_flow import (
    COMPUTE_GROUP,
    FACE_READING_COST,
    STORAGE_COST,
    CashFlow,
    cash_flow,
    required_price,
)
from moviemotion.roi.plan import MONTHS, QUARTERS, Plan
from moviemotion.roi.plan_file import example_plan, read_plan


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return small_plan(tmp_path_factory.mktemp("plan"))


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    path = tmp_path_factory.mktemp("example") / "plan.toml"
    path.write_text(example_plan(), encoding="utf-8")
    return read_plan(path)


def flow_of(plan: Plan, **likely: float) -> CashFlow:
    return cash_flow(plan, with_likely(plan, **likely).likely_values())


def test_a_plan_calculated_by_hand(plan: Plan) -> None:
    flow = flow_of(plan)
    # 1,000 a month: the first contract is paid in months 4 to 16, the second in 10 to 18.
    assert flow.receipts.tolist() == [0, 2000, 3000, 5000, 6000, 4000]
    assert flow.costs["Machines", "Made"].tolist() == [110, 0, 0, 0, 0, 0]
    assert flow.costs["Machines", "Later"].tolist() == [0, 0, 0, 0, 0, 90]
    assert flow.costs["Machines", "Model"].tolist() == [150, 150, 150, 150, 0, 0]
    assert flow.costs["People", "Staff"].tolist() == [300, 900, 900, 900, 900, 900]
    assert flow.costs["Studios", "Cameras"].tolist() == [0, 600, 0, 600, 0, 0]
    # Served from month 3 and from month 9: 1, 1, 2, 2, 1 screenings in quarters 2 to 6; 20 hours each.
    assert flow.costs["Studios", "Evening"].tolist() == [0, 30, 30, 60, 60, 30]
    assert flow.audience_hours.tolist() == [0, 20, 20, 40, 40, 20]
    assert flow.costs[COMPUTE_GROUP, FACE_READING_COST].tolist() == [0, 1.25, 1.25, 2.5, 2.5, 1.25]
    assert flow.costs[COMPUTE_GROUP, STORAGE_COST].tolist() == [0, 1.25, 1.25, 2.5, 2.5, 1.25]
    cost = [560, 1682.5, 1082.5, 1715, 965, 1022.5]
    assert flow.cost.tolist() == cost
    net = np.array([0, 2000, 3000, 5000, 6000, 4000]) - cost
    assert flow.quarterly_roi == pytest.approx(100 * net / cost)
    assert flow.roi == pytest.approx(100 * net.cumsum() / np.cumsum(cost))
    assert flow.positive_from_quarter == 3
    by_hand = sum(cash / 1.1 ** (q / 4) for q, cash in enumerate(net, 1))
    assert flow.net_present_value(0.1) == pytest.approx(by_hand)


def test_the_proposals_example_is_reproduced(example: Plan) -> None:
    flow = cash_flow(example, example.likely_values())
    group = "Software and compute"
    assert flow.costs[group, "Creating the model"].sum() == 110
    assert flow.costs[group, "Model, first year"].tolist() == [15_000] * 4 + [0, 0]
    assert flow.receipts.sum() == pytest.approx(10 * flow.cost.sum())
    assert flow.roi[-1] == pytest.approx(900)
    assert (
        flow.costs[COMPUTE_GROUP, FACE_READING_COST].sum() < 0.01 * flow.cost.sum()
    )  # the proposal: a tiny workload


@given(
    number=st.floats(0, 7),
    first=st.floats(0, 18),
    between=st.floats(0, 6),
    months=st.floats(1, 24),
    after=st.floats(0, 6),
)
def test_contracts_agree_with_an_hourly_simulation(
    plan: Plan, number: float, first: float, between: float, months: float, after: float
) -> None:
    flow = flow_of(
        plan,
        contracts__number=number,
        contracts__first_month=first,
        contracts__months_between=between,
        contracts__months=months,
        contracts__paid_after=after,
    )
    hours = (np.arange(MONTHS * 720) + 0.5) / 720
    served, paid = np.zeros(QUARTERS), np.zeros(QUARTERS)
    for k in range(int(np.ceil(number))):
        won, begin = min(number - k, 1), first + k * between
        for account, start in ((served, begin), (paid, begin + after)):
            inside = (hours >= start) & (hours < start + months)
            account += won * inside.reshape(QUARTERS, -1).sum(axis=1) / 720
    assert flow.audience_hours == pytest.approx(80 * served / months, abs=0.5)
    assert flow.receipts == pytest.approx(12_000 * paid / months, abs=70)


@given(low=st.floats(0, 1e6), more=st.floats(1, 1e6))
def test_a_higher_price_never_lowers_roi_or_net_present_value(plan: Plan, low: float, more: float) -> None:
    cheap, dear = (flow_of(plan, contracts__price=price) for price in (low, low + more))
    assert (dear.roi >= cheap.roi).all()
    assert dear.roi[-1] > cheap.roi[-1]
    assert dear.net_present_value(0.1) > cheap.net_present_value(0.1)


@given(factor=st.floats(0.01, 100))
def test_roi_does_not_depend_on_the_currency(plan: Plan, factor: float) -> None:
    """Every amount of money times a factor: so is the cash, and ROI stays."""
    money = {key: d.likely * factor for key, d in plan.drivers.items() if "EUR" in d.unit}
    other, own = cash_flow(plan, plan.likely_values() | money), cash_flow(plan, plan.likely_values())
    assert other.net == pytest.approx(factor * own.net)
    assert other.roi == pytest.approx(own.roi)


@given(multiple=st.floats(0, 100))
def test_a_price_by_the_rule_brings_that_many_times_the_cost(plan: Plan, multiple: float) -> None:
    flow = flow_of(plan, contracts__price=required_price(plan, multiple))
    assert flow.roi[-1] == pytest.approx(100 * multiple - 100)


def test_speed_is_audience_hours_a_core_hour(plan: Plan) -> None:
    slow, fast = (flow_of(plan, compute__audience_hours_per_core_hour=speed) for speed in (8.0, 16.0))
    assert fast.costs[COMPUTE_GROUP, FACE_READING_COST] == pytest.approx(
        slow.costs[COMPUTE_GROUP, FACE_READING_COST] / 2
    )


def test_without_any_cost_roi_is_not_defined_and_cash_is(plan: Plan) -> None:
    nothing = dict.fromkeys(plan.drivers, 0.0)
    for key in ("contracts.price", "contracts.number", "contracts.months"):
        nothing[key] = plan.drivers[key].likely
    flow = cash_flow(plan, nothing | {"compute.audience_hours_per_core_hour": 1.0})
    assert flow.cost.tolist() == [0] * QUARTERS
    assert np.isnan(flow.roi).all()
    assert np.isnan(flow.quarterly_roi).all()
    assert flow.positive_from_quarter == 1


def test_without_contracts_all_is_lost_and_no_price_follows(plan: Plan) -> None:
    none = with_likely(plan, contracts__number=0)
    flow = cash_flow(none, none.likely_values())
    assert flow.roi.tolist() == [-100] * QUARTERS
    assert np.isnan(flow.positive_from_quarter)
    assert np.isnan(required_price(none, 10))


def test_a_gain_that_is_lost_again_is_no_turning_point(plan: Plan) -> None:
    flow = cash_flow(plan, plan.likely_values() | {'costs."Machines"."Later"': 20_000.0})
    assert flow.roi[4] > 0 > flow.roi[5]
    assert np.isnan(flow.positive_from_quarter)


def test_arrays_are_calculated_like_their_elements(plan: Plan) -> None:
    numbers, prices = np.array([0.0, 1.0, 3.5]), np.array([0.0, 5000.0, 12_000.0])
    together = cash_flow(
        plan, plan.likely_values() | {"contracts.number": numbers, "contracts.price": prices}
    )
    for k in range(3):
        alone = flow_of(plan, contracts__number=numbers[k], contracts__price=prices[k])
        assert together.roi[:, k] == pytest.approx(alone.roi)
        assert together.net_present_value(0.1)[k] == pytest.approx(alone.net_present_value(0.1))
