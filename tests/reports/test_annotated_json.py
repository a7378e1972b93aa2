"""The annotated script as JSON: it obeys the published schema, and its values are those of the analysis."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from moviemotion.analysis.analyze import Analysis
from moviemotion.privacy.roles import Role
from moviemotion.privacy.small_groups import analysis_for_role
from moviemotion.reports.script.annotated_json import annotated_json, annotated_json_text
from moviemotion.reports.script.page_layout import page_numbers, paginate

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs/reference/annotated-script.schema.json").read_text(encoding="utf-8")
)


def checked(analysis: Analysis) -> dict:
    """The file's content, after a check against the schema."""
    content = json.loads(annotated_json_text(analysis))
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(content)
    return content


def test_it_obeys_the_schema_and_has_the_values_of_the_analysis(analysis: Analysis) -> None:
    content = checked(replace(analysis, cut="cut 3", date="2026-11-29"))
    assert content["film"] == {"title": "The Second Spoon", "cut": "cut 3", "date": "2026-11-29"}
    moment, found = content["moments"][0], analysis.moment_search.moments[0]
    assert moment["strength"] == {
        "value": pytest.approx(found.strength, abs=1e-6),
        "interval": pytest.approx(found.strength_interval, abs=1e-6),
        "n": 12,
    }
    for element, summary in zip(content["elements"], analysis.element_emotions, strict=True):
        if element["reaction"]:
            assert element["reaction"]["strength"]["n"] == summary.viewers
            assert element["reaction"]["emotion"] == summary.emotion
    cut = [element for element in content["elements"] if not element["in_film"]]
    assert cut
    assert all(element["start"] is None for element in cut)
    assert content["scenes"][0]["heading"] == "INT. LIGHTHOUSE KITCHEN – NIGHT"


def test_what_a_writer_may_not_see_is_null(make: Callable[..., Analysis]) -> None:
    content = checked(analysis_for_role(make(viewers=4, conclusive=False), Role.WRITER))
    reactions = [element["reaction"] for element in content["elements"] if element["reaction"]]
    assert reactions
    assert not any(reaction["known"] for reaction in reactions)
    assert {reaction["strength"]["value"] for reaction in reactions} == {None}
    assert content["cautions"][0].startswith("Not enough viewers.")


def test_the_schema_refuses_a_value_without_its_number_of_viewers(analysis: Analysis) -> None:
    content = annotated_json(analysis)
    del content["moments"][0]["strength"]["n"]
    with pytest.raises(jsonschema.ValidationError, match="'n' is a required property"):
        jsonschema.validate(content, SCHEMA)


def test_pages_are_those_of_the_file_or_else_of_the_annotated_pdf(make: Callable[..., Analysis]) -> None:
    elements = make(scenes=12).script.screenplay.elements
    pages = page_numbers(elements)
    assert max(pages) == len(paginate(elements)) > 1
    assert list(pages) == sorted(pages)
    numbered = [replace(element, page=7 + k // 10) for k, element in enumerate(elements)]
    assert page_numbers(numbered) == tuple(element.page for element in numbered)


def test_it_needs_a_script(make: Callable[..., Analysis]) -> None:
    with pytest.raises(ValueError, match="no script"):
        annotated_json(make(scenes=0))
