"""An invalid plan is rejected with one line for each error, each with its key and remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from plans import SMALL, small_plan, written

from moviemotion.errors import MoviemotionError
from moviemotion.roi.cash_flow import cash_flow, required_price
from moviemotion.roi.plan import DRIVER_SPECS, CostBasis
from moviemotion.roi.plan_file import example_plan, read_plan


def errors(path: Path) -> list[str]:
    with pytest.raises(MoviemotionError) as refused:
        read_plan(path)
    lines = str(refused.value).splitlines()
    assert all(line.startswith(f"{path}: ") for line in lines)
    return [line.removeprefix(f"{path}: ") for line in lines]


def changed(folder: Path, old: str, new: str) -> Path:
    assert SMALL.count(old) == 1
    return written(folder, SMALL.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ('title = "A small plan"', "", "title: not a single line of text; write one line in quotes"),
        (
            'currency = "EUR"',
            'currency = "\\u0007"',
            "currency: not a single line of text; write one line in quotes",
        ),
        (
            "discount_rate = 0.1",
            'discount_rate = "ten"',
            "discount_rate: not a valid number; write a number from 0 to 10",
        ),
        ('notes = ["Invented."]', "notes = 3", 'notes: not a list; write notes = ["…", "…"]'),
        (
            'notes = ["Invented."]',
            "notes = [3]",
            "notes, 1: not a single line of text; write one line in quotes",
        ),
        ("viewers = 10", "", "use.viewers: missing; write a number, [low, likely, high]"),
        ("viewers = 10", "viewers = true", "use.viewers: True is not valid; write a number"),
        ("viewers = 10", "viewers = nan", "use.viewers: nan is not valid; write a number"),
        ("viewers = 10", f"viewers = {10**400}", "use.viewers: out of range; write 0 to 1e+06"),
        ("viewers = 10", "viewers = [1, 2]", "use.viewers: [1, 2] is not valid; write a number"),
        ("viewers = 10", "viewers = { source = 'x' }", "use.viewers: missing; write a number"),
        ("viewers = 10", "viewers = { value = 1, of = 2 }", "use.viewers.of: unknown; use source or value"),
        ("viewers = 10", "viewers = [3, 2, 4]", "use.viewers: [3, 2, 4] is not in ascending order; write ["),
        ("viewers = 10", "viewers = -1", "use.viewers: out of range; write 0 to 1e+06"),
        ("viewers = 10", "veiwers = 10\nviewers = 10", "use.veiwers: unknown; use film_hours, screenings"),
        ("film_hours = 2", "film_hours = 25", "use.film_hours: out of range; write 0 to 24"),
        (
            "per_core_hour = 8",
            "per_core_hour = 0",
            "compute.audience_hours_per_core_hour: out of range; write 0.001 to",
        ),
        ("[use]", "[usage]", "usage: unknown; use compute, contracts, costs"),
        ('"Made" = { once = 110 }', '"Made" = 110', 'costs."Machines"."Made": not a table; write { month'),
        (
            "once = 110",
            "",
            '"Made": the cost needs exactly one basis; write one of once, month, contract, '
            "screening or persons",
        ),
        (
            "once = 110",
            "once = 1, month = 2",
            'costs."Machines"."Made": the cost needs exactly one basis; write one of once, month',
        ),
        ("once = 110", "once = -1", 'costs."Machines"."Made": out of range; write 0 to 1e+12'),
        ("once = 110", "once = 1, until = 3", 'costs."Machines"."Made".until: unknown; use from, once or'),
        (
            "month = 50, until = 12",
            "month = 50, until = 19",
            '"Model".until: not a valid number; write a number from 0 to 18',
        ),
        (
            "month = 50, until = 12",
            "month = 5, from = 9, until = 8",
            '"Model".until: not a valid number; write a number from 9',
        ),
        ("month = 50, until = 12", "month = 50, source = 3", '"Model".source: not a single line of text'),
        ('"Made" =', '"=1+1" =', "'=1+1' is not a valid name; begin it with a letter or a digit"),
        ("price = 12000", "price = 1\nmultiple = 10", "contracts.price: unknown; use first_month, months"),
    ],
)
def test_an_error_is_one_line_with_the_key_and_the_remedy(
    tmp_path: Path, old: str, new: str, error: str
) -> None:
    found = errors(changed(tmp_path, old, new))
    assert any(error in line for line in found), found
    assert len(found) == 1 or "[use]" in old


def test_all_errors_are_reported_at_once(tmp_path: Path) -> None:
    found = errors(written(tmp_path, viewers="-1", number="99", once="0"))
    assert [line.partition(":")[0] for line in found] == ["contracts.number", "use.viewers"]


def test_an_empty_plan_names_every_figure(tmp_path: Path) -> None:
    assert errors(written(tmp_path, "costs = 3"))[-1] == "costs: not a table; write [costs]"
    named = {line.partition(":")[0] for line in errors(written(tmp_path, ""))}
    assert named == {"title", "currency", "discount_rate", *DRIVER_SPECS}


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"price = [", "not valid TOML"), (b"\xff\xfe", "cannot be read (not UTF-8 text); check the file")],
)
def test_invalid_toml_is_rejected(tmp_path: Path, content: bytes, error: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(content)
    assert error in errors(path)[0]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert errors(tmp_path / "none.toml") == ["cannot be read (No such file or directory); check the file"]


def test_a_multiple_without_any_payment_gives_no_price(tmp_path: Path) -> None:
    text = SMALL.replace("price = 12000", "multiple = 10").replace("number = 2", "number = 0")
    assert errors(written(tmp_path, text)) == [
        "contracts.multiple: no contract is paid within 18 months, so no price can be derived; "
        "set contracts.price"
    ]


def test_a_multiple_becomes_a_price_that_keeps_its_range(tmp_path: Path) -> None:
    text = SMALL.replace("price = 12000", "multiple = { value = [2, 10, 12], source = 'proposal' }")
    plan = read_plan(written(tmp_path, text))
    price = plan.drivers["contracts.price"]
    once = required_price(small_plan(tmp_path), 1.0)
    assert (price.low, price.likely, price.high) == pytest.approx((2 * once, 10 * once, 12 * once))
    assert price.unit == "EUR per contract"
    assert price.source == "10 × the burdened cost; proposal"
    assert cash_flow(plan, plan.likely_values()).roi[-1] == pytest.approx(900)


def test_the_three_ways_to_write_a_figure(tmp_path: Path) -> None:
    plan = small_plan(
        tmp_path, viewers="[5, 10, 20]", screenings="{ value = 4, source = 'a guess' }", film_hours="2"
    )
    viewers, screenings = plan.drivers["use.viewers"], plan.drivers["use.screenings"]
    assert (viewers.low, viewers.likely, viewers.high, viewers.source) == (5, 10, 20, "")
    assert (screenings.likely, screenings.source, screenings.is_uncertain) == (4, "a guess", False)


def test_every_figure_of_the_example_has_a_source(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(example_plan(), encoding="utf-8")
    plan = read_plan(path)
    assert {cost.basis for cost in plan.costs} == set(CostBasis)
    for driver in plan.drivers.values():
        assert re.search(r"\b(proposal|assumed|measured)\b", driver.source), driver.key
