"""A data dictionary, said once: the columns of tables as Arrow schema, Data Package and page to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from moviemotion.analysis.analyze import Analysis

ARROW = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}
"""Frictionless' name of a type → Arrow's."""
DIGITS = 6
"""Decimals of a number."""
SHARE = (0.0, 1.0)
NOBODY, TOO_FEW = "nobody was seen", "fewer than two viewers were seen"
Values = Callable[[Any], Any]
"""A part of a table's rows → a column's values as an array or a list; None and NaN where there is none."""


@dataclass(frozen=True)
class Column:
    """One column of a table: what it holds, and how to get it.

    Attributes:
        type: string, integer, number or boolean.
        means: what it holds, with its unit.
        empty: what an empty cell means; None where there is none.
        range: the least and the greatest value.
        one_of: all values that there may be.
        refers_to: the table and column whose values these are.
    """

    name: str
    type: str
    means: str
    values: Values
    empty: str | None = None
    range: tuple[float, float] | None = None
    one_of: tuple[str, ...] = ()
    refers_to: tuple[str, str] | None = None


@dataclass(frozen=True)
class Table:
    """A table of a study.

    Attributes:
        key: the columns that tell its rows apart.
        parts: an analysis → its rows, a part at a time, as the columns' `values` take them.
    """

    name: str
    means: str
    key: tuple[str, ...]
    parts: Callable[[Analysis], Iterator[Any]]
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        """The columns for Arrow, what they mean among their metadata."""
        return pa.schema(
            [
                pa.field(c.name, ARROW[c.type], c.empty is not None, {"description": c.means})
                for c in self.columns
            ],
            {"description": self.means},
        )

    def batches(self, analysis: Analysis) -> Iterator[pa.RecordBatch]:
        """The rows, a part at a time; an empty table has one part without rows."""
        for part in self.parts(analysis):
            yield pa.record_batch([_array(column, part) for column in self.columns], schema=self.schema)


def each(value: Callable[[Any], Any]) -> Values:
    """The values of a column of a part that is a list of rows."""
    return lambda rows: [value(row) for row in rows]


def ends(
    name: str, low: Values, high: Values, empty: str = TOO_FEW, range: tuple[float, float] = SHARE
) -> tuple[Column, Column]:
    """The two ends of a figure's 95 % interval."""
    return (
        Column(f"{name}_low", "number", f"Low end of the 95 % interval of {name}.", low, empty, range),
        Column(f"{name}_high", "number", f"High end of the 95 % interval of {name}.", high, empty, range),
    )


def ends_of_each(
    name: str,
    interval: Callable[[Any], tuple[float, float]],
    empty: str = TOO_FEW,
    range: tuple[float, float] = SHARE,
) -> tuple[Column, Column]:
    """The same where a part is a list of rows."""
    return ends(name, each(lambda row: interval(row)[0]), each(lambda row: interval(row)[1]), empty, range)


def _array(column: Column, part: Any) -> pa.Array:
    values = column.values(part)
    if column.type == "number":
        values = np.asarray(values, dtype=np.float64).round(DIGITS)
    return pa.array(values, ARROW[column.type], from_pandas=True)


def data_package(tables: Sequence[Table], suffix: str, about: Mapping[str, Any]) -> dict[str, Any]:
    """A Data Package (frictionless) of tables in files named `<table>.<suffix>`.

    Args:
        about: what else is known of the study.
    """
    kinds = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
    return {
        "profile": "tabular-data-package" if suffix == "csv" else "data-package",
        "name": "moviemotion-study",
        "title": about["film"],
        "moviemotion": dict(about),
        "resources": [
            {
                "name": table.name,
                "path": f"{table.name}.{suffix}",
                "profile": "tabular-data-resource" if suffix == "csv" else "data-resource",
                "format": suffix,
                "mediatype": kinds[suffix],
                **({"encoding": "utf-8"} if suffix == "csv" else {}),
                "description": table.means,
                "schema": _table_schema(table),
            }
            for table in tables
        ],
    }


def _table_schema(table: Table) -> dict[str, Any]:
    references = [
        {"fields": c.name, "reference": {"resource": c.refers_to[0], "fields": c.refers_to[1]}}
        for c in table.columns
        if c.refers_to
    ]
    return {
        "fields": [
            {"name": c.name, "type": c.type, "description": _described(c), "constraints": _constraints(c)}
            for c in table.columns
        ],
        "primaryKey": list(table.key),
        **({"foreignKeys": references} if references else {}),
        "missingValues": [""],
    }


def _described(column: Column) -> str:
    return f"{column.means} Empty: {column.empty}." if column.empty else column.means


def _constraints(column: Column) -> dict[str, Any]:
    return {
        "required": column.empty is None,
        **({"minimum": column.range[0], "maximum": column.range[1]} if column.range else {}),
        **({"enum": list(column.one_of)} if column.one_of else {}),
    }


def dictionary_page(tables: Sequence[Table], title: str) -> str:
    """The dictionary as Markdown."""
    lines = [f"# Data dictionary: {title}", ""]
    lines += ["Times are seconds of film time. An empty cell (null) stands for what is not known."]
    lines += ["", "In CSV a text that begins with = + - or @ has an apostrophe before it, so that no"]
    lines += ["spreadsheet takes it for a formula; in Parquet it is as it was."]
    for table in tables:
        lines += ["", f"## {table.name}", "", table.means]
        lines += ["", f"One row for each {' and '.join(f'`{name}`' for name in table.key)}.", ""]
        lines += ["| column | type | what it holds | empty |", "| --- | --- | --- | --- |"]
        lines += [_row(column) for column in table.columns]
    return "\n".join(lines) + "\n"


def _row(column: Column) -> str:
    means = column.means
    if column.range:
        means += f" From {column.range[0]:g} to {column.range[1]:g}."
    if column.one_of:
        means += f" One of {', '.join(column.one_of)}."
    if column.refers_to:
        means += f" As `{column.refers_to[1]}` of {column.refers_to[0]}."
    return f"| `{column.name}` | {column.type} | {means} | {column.empty or 'never'} |"
