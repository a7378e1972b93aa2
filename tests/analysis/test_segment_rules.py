"""Rules select viewers as SQL does, and everything that is not a rule is refused with a remedy."""

from __future__ import annotations

import pytest

from moviemotion.analysis.segments.participants import ColumnKind, Participants
from moviemotion.analysis.segments.rules import matches_nobody_error, viewers_matching
from moviemotion.analysis.segments.segment import (
    Segment,
    checked_segments,
    members_of,
    parse_segment,
    quadrants,
)
from moviemotion.errors import MoviemotionError

COLUMNS = {"sex": ColumnKind.TEXT, "age": ColumnKind.NUMBER, "fan": ColumnKind.YES_NO}
PEOPLE = Participants(
    COLUMNS,
    {
        "a": {"sex": "F", "age": 22.0, "fan": True},
        "b": {"sex": "m", "age": 40.0, "fan": False},
        "c": {"sex": "d", "age": 25.0},
        "d": {},
    },
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('sex == "f"', "a"),
        ('sex != "f"', "bc"),
        ('not sex == "f"', "bc"),
        ("age < 25", "a"),
        ("not age < 25", "bc"),
        ("25 <= age", "bc"),
        ("20 < age <= 25", "ac"),
        ("fan", "a"),
        ("not fan", "b"),
        ("fan == False", "b"),
        ('sex in ("f", "M")', "ab"),
        ('sex not in ["f"]', "bc"),
        ("age in []", ""),
        ('sex == "f" or age > 30 and not fan', "ab"),
        ("age > -1.5", "abc"),
        # Unknown or true is true, and unknown and false is false.
        ('age < 25 or sex == "d"', "ac"),
        ("not (fan and age > 30)", "abc"),
    ],
)
def test_a_rule_selects_those_to_whom_it_certainly_applies(rule: str, expected: str) -> None:
    assert "".join(viewers_matching(rule, PEOPLE)) == expected


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("age", "age alone is no rule; write age < 25"),
        ('sex < "g"', "sex is a text, which has no order; use == or in"),
        ('age == "3"', "age is a number; write age < 25"),
        ("age < True", "age is a number; write age < 25"),
        ("fan == 1", "fan is yes or no; write fan == True"),
        ("sex == f", 'f is not a value; put texts in quotes: sex == "f"'),
        ('gender == "f"', "there is no attribute gender; choose from sex, age, fan, and put texts in quotes"),
        ("age < sex", "age can only be compared with values, by == != < <= > >= or in"),
        ("age is 3", "age can only be compared with values, by == != < <= > >= or in"),
        ("age in 25", '"in" needs a list of values, such as age in ("a", "b")'),
        ("age < 9**9**9", "9 ** 9 ** 9 is not a value; write a number or a text"),
        ("age + 1 < 3", 'age + 1 is not the name of an attribute; write, for example, sex == "f"'),
        ("True", "True is not allowed in a rule; use attributes, values"),
        ('__import__("os").remove("x")', "is not allowed in a rule; use attributes, values"),
        ("(", 'not a rule; write, for example, sex == "f" and age < 25'),
        ("age < 25\x00", 'not a rule; write, for example, sex == "f" and age < 25'),
        ("(" * 499, 'not a rule; write, for example, sex == "f" and age < 25'),
        ("fan and " * 100 + "fan", "too long; use at most 500 characters"),
    ],
)
def test_what_is_not_a_rule_is_refused(rule: str, message: str) -> None:
    with pytest.raises(MoviemotionError) as refused:
        viewers_matching(rule, PEOPLE)
    assert message in str(refused.value)
    assert str(refused.value).startswith("segment ")


def test_without_participants_the_remedy_is_to_give_them() -> None:
    with pytest.raises(MoviemotionError, match="give participants first"):
        viewers_matching("age < 25", Participants({}, {}))


def test_a_rule_that_applies_to_nobody_is_refused_with_the_values_that_there_are() -> None:
    error = matches_nobody_error('sex == "w" or age > 90', PEOPLE)
    assert str(error) == (
        'segment sex == "w" or age > 90: applies to no viewer (sex is "F", "d", "m"; age is 22 to 40); '
        "change the rule"
    )
    with pytest.raises(MoviemotionError, match="applies to no viewer"):
        checked_segments([Segment("old", "age > 90")], PEOPLE, ["a", "b"])


def test_a_segment_is_limited_to_the_audience_and_has_a_name() -> None:
    assert parse_segment("young = age < 25") == Segment("young", "age < 25")
    assert parse_segment("age <= 30") == Segment("age <= 30", "age <= 30")
    assert parse_segment('fans == friends=sex == "f"').name == 'fans == friends=sex == "f"'
    for text in ("a/b=age < 25", f"{'x' * 61}=age < 25", "a\nb=age < 25"):
        with pytest.raises(MoviemotionError, match="needs a name of at most 60 characters without a slash"):
            parse_segment(text)
    rule, chosen = Segment("young", "age < 30"), Segment("two", chosen=("b", "x"))
    assert members_of([rule, chosen], PEOPLE, ["b", "a"]) == {rule: ("a",), chosen: ("b",)}
    with pytest.raises(MoviemotionError, match="segment two: given twice"):
        checked_segments([chosen, chosen], PEOPLE, ["b"])


def test_a_rule_that_no_longer_fits_the_participants_has_no_members() -> None:
    assert members_of([Segment("local", 'city == "Rome"')], PEOPLE, ["a"]) == {
        Segment("local", 'city == "Rome"'): ()
    }


def test_quadrants_divide_those_whose_sex_and_age_are_known() -> None:
    sexes = {"a": "F", "b": "Woman", "c": "male", "d": "M", "e": "other", "f": "w"}
    ages = dict(zip("abcdef", (24, 25, 24, 60, 30, 24.5), strict=True))
    people = Participants(
        {"gender": ColumnKind.TEXT, "age": ColumnKind.NUMBER},
        {v: {"gender": sexes[v], "age": float(ages[v])} for v in sexes},
    )
    members = members_of(quadrants(people), people, list(sexes))
    assert {segment.name: "".join(viewers) for segment, viewers in members.items()} == {
        "women under 25": "af",
        "women 25 and over": "b",
        "men under 25": "c",
        "men 25 and over": "d",
    }
    with pytest.raises(MoviemotionError, match="quadrants: need the columns sex and age"):
        quadrants(Participants({"sex": ColumnKind.TEXT}, {}))
