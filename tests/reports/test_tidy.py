"""The tidy tables and their dictionary, which must say of each column what DuckDB finds in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet
import pytest

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.signals.mixed_emotions import MixedEmotionOccurrence
from moviemotion.emotions import EMOTIONS, MIXED_EMOTIONS, NON_NEUTRAL_EMOTIONS
from moviemotion.reports.tables.data_dictionary import Table
from moviemotion.reports.tables.tidy import TABLES
from moviemotion.workflows.export import write_tables

DUCK = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN"}
Rows = Callable[[str], list[tuple]]
of_each_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


def opened(folder: Path, suffix: str) -> duckdb.DuckDBPyConnection:
    """A folder of tables as DuckDB reads them by itself."""
    connection = duckdb.connect()
    for table in TABLES:
        path = folder / f"{table.name}.{suffix}"
        connection.execute(f"create table {table.name} as select * from '{path}'")
    return connection


@pytest.fixture(scope="module", params=["csv", "parquet"])
def suffix(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def folder(analysis: Analysis, suffix: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study of twelve viewers as tables; in the third moment some had mixed emotions."""
    folder = tmp_path_factory.mktemp("exports") / suffix
    mixed = tuple(MixedEmotionOccurrence(f, 3, 11, 3 / 11, (0.09, 0.57), 0.31) for f in MIXED_EMOTIONS[:2])
    list(write_tables(folder, suffix, replace(analysis, moment_mixed_emotions=((), (), mixed, ()))))
    return folder


@pytest.fixture(scope="module")
def rows(folder: Path, suffix: str) -> Iterator[Rows]:
    """What DuckDB answers to a query."""
    with opened(folder, suffix) as connection:
        yield lambda query: connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def package(folder: Path) -> dict[str, dict]:
    """The Data Package's resource of each table."""
    described = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    return {resource["name"]: resource for resource in described["resources"]}


@of_each_table
def test_the_dictionary_has_each_column_of_the_file_with_its_type(
    package, rows: Rows, suffix: str, table: Table
) -> None:
    resource = package[table.name]
    assert resource["path"] == f"{table.name}.{suffix}"
    found = {name: kind for name, kind, *_ in rows(f"describe {table.name}")}
    said = {field["name"]: DUCK[field["type"]] for field in resource["schema"]["fields"]}
    assert list(found) == list(said)
    filled = rows(f"select {', '.join(f'count({name})' for name in said)} from {table.name}")[0]
    if suffix == "csv":
        # A column that is empty throughout has no type in CSV, and one of whole numbers is of integers.
        said = {name: kind for (name, kind), count in zip(said.items(), filled, strict=True) if count}
        whole = {name for name in said if said[name] == "DOUBLE" and found[name] == "BIGINT"}
        said |= dict.fromkeys(whole, "BIGINT")
    assert {name: found[name] for name in said} == said


@of_each_table
def test_every_value_is_what_the_dictionary_allows(package, rows: Rows, table: Table) -> None:
    schema = package[table.name]["schema"]
    for field in schema["fields"]:
        name, limits = field["name"], field["constraints"]
        violations = [f"{name} is null"] if limits["required"] else []
        if "minimum" in limits:
            violations.append(f"{name}::double not between {limits['minimum']} and {limits['maximum']}")
        if "enum" in limits:
            violations.append(f"{name} not in {(*limits['enum'], '')}")
        for violation in violations:
            assert rows(f"select {name} from {table.name} where {violation}") == [], violation
    key = ", ".join(schema["primaryKey"])
    assert rows(f"select {key} from {table.name} group by {key} having count(*) > 1") == []
    for reference in schema.get("foreignKeys", ()):
        own, other = reference["fields"], reference["reference"]
        known = f"select {other['fields']} from {other['resource']}"
        assert rows(f"select {own} from {table.name} where {own} not in ({known})") == []


@of_each_table
def test_the_page_for_people_says_the_same(folder: Path, table: Table) -> None:
    page = (folder / "dictionary.md").read_text(encoding="utf-8")
    part = page.partition(f"## {table.name}\n")[2].partition("\n## ")[0]
    described = [line.split(" | ")[:2] for line in part.splitlines() if line.startswith("| `")]
    assert described == [[f"| `{c.name}`", c.type] for c in table.columns]


def test_the_figures_are_those_of_the_analysis(rows: Rows, analysis: Analysis) -> None:
    timeline, moments, cues = analysis.timeline, analysis.moment_search.moments, analysis.script.cues
    assert rows("select count(*) from viewer_emotions") == [(12 * 150 * len(EMOTIONS),)]
    sad = "select probability, strength from viewer_emotions where viewer = 'seat-05' and emotion = 'sad'"
    expected = [timeline.probabilities[4, :, 3], analysis.strength[4, :, 2]]
    found = np.array(rows(f"{sad} order by second"), dtype=float).T
    np.testing.assert_allclose(found, expected, atol=5.1e-5)
    assert rows("select start_s, peak_s, end_s, emotion, scene from moments order by moment") == [
        (m.start, m.peak, m.end, str(m.emotion), k + 1) for k, m in enumerate(moments)
    ]
    (low,) = rows("select strength_low from audience_emotions where second = 20 and emotion = 'happy'")
    assert low[0] == pytest.approx(analysis.audience_curve.strength_interval[0, 20, 0], abs=1e-6)
    cut = "select count(*) from lines where time_source = 'not in the film' and start_s is null"
    assert rows(cut) == [(sum(c.start != c.start for c in cues),)]
    said = "select text from lines where character = 'IVO' and kind = 'dialogue' limit 1"
    assert rows(said) == [("I knocked. You were talking to my coat & <nobody> else.",)]


def test_lines_and_moments_meet_in_a_join(rows: Rows, analysis: Analysis) -> None:
    query = """select l.element from lines l join moments m on l.start_s < m.end_s and l.end_s > m.start_s
        where m.moment = 1 order by 1"""
    assert [k - 1 for (k,) in rows(query)] == list(analysis.moment_elements[0])


@pytest.mark.parametrize("said", ["=1+1", "+44 20", "-- What?", "@home"])
def test_a_line_that_a_spreadsheet_would_run_is_a_text_in_csv(
    analysis: Analysis, suffix: str, said: str, tmp_path: Path
) -> None:
    play = analysis.script.screenplay
    spoken = (*play.elements[:-1], replace(play.elements[-1], text=said))
    odd = replace(analysis, script=replace(analysis.script, screenplay=replace(play, elements=spoken)))
    list(write_tables(tmp_path / suffix, suffix, odd))
    with opened(tmp_path / suffix, suffix) as connection:
        *_, (before,), (last,) = connection.execute("select text from lines order by element").fetchall()
    assert last == (f"'{said}" if suffix == "csv" else said)
    assert before == play.elements[-2].text


def test_what_was_not_seen_is_empty_and_neutral_has_no_strength(rows: Rows) -> None:
    assert rows("select count(strength) from viewer_emotions where emotion = 'neutral'") == [(0,)]
    assert rows("select count(probability), count(strength) from viewer_emotions where second = 90") == [
        (0, 0)
    ]
    assert rows("select count(*) from seconds where share is null") == [(5,)]


def test_a_study_without_script_or_moments_has_empty_tables(make, suffix: str, tmp_path: Path) -> None:
    list(write_tables(tmp_path / suffix, suffix, make(viewers=1, conclusive=False, scenes=0)))
    with opened(tmp_path / suffix, suffix) as connection:
        for name in ("moments", "mixed_emotions", "scenes", "lines"):
            assert connection.execute(f"select count(*) from {name}").fetchall() == [(0,)]
        assert connection.execute("select count(strength_low) from audience_emotions").fetchall() == [
            (0,)
        ]  # one viewer
        found = connection.execute("select distinct emotion from audience_emotions").fetchall()
    assert {emotion for (emotion,) in found} == set(NON_NEUTRAL_EMOTIONS)


def test_parquet_carries_what_its_columns_mean(folder: Path, suffix: str) -> None:
    if suffix == "csv":
        pytest.skip("CSV has no place for it")
    schema = pyarrow.parquet.read_schema(folder / "audience_emotions.parquet")
    assert schema.field("strength").metadata[b"description"].startswith(b"Mean strength over")


def test_frictionless_finds_the_package_valid(folder: Path, suffix: str) -> None:
    frictionless = pytest.importorskip("frictionless", reason="frictionless is not installed")
    if suffix == "parquet":
        pytest.skip("frictionless needs a plug-in for Parquet")
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])
