"""The single definition of all tables and columns, used for the data files and their documentation.

A `Table` yields its rows in chunks, and each `Column` extracts its values from a chunk. Names, types,
meanings and constraints are defined next to the code that computes the values. The data, the Arrow schema,
the Data Package and the data dictionary therefore always agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from moviemotion.analysis.analyze import Analysis

ARROW_TYPES = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}
"""Frictionless type name → Arrow type."""
DECIMALS = 6
"""Number of decimals of all numbers."""
SHARE_RANGE = (0.0, 1.0)
NOBODY_SEEN, TOO_FEW_VIEWERS = "no viewer was seen", "fewer than two viewers were seen"
ColumnValues = Callable[[Any], Any]
"""Extracts a column from a chunk of rows as an array or list; None and NaN become empty cells."""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: column name, unique within the table.
        type: string, integer, number or boolean.
        description: contents of the column, with the unit.
        values: extracts the values from a chunk of rows.
        empty_meaning: meaning of an empty cell; None if cells are never empty.
        value_range: the smallest and largest possible values.
        allowed_values: all possible values; empty if there is no restriction.
        foreign_key: table and column that the values refer to.
    """

    name: str
    type: str
    description: str
    values: ColumnValues
    empty_meaning: str | None = None
    value_range: tuple[float, float] | None = None
    allowed_values: tuple[str, ...] = ()
    foreign_key: tuple[str, str] | None = None


@dataclass(frozen=True)
class Table:
    """A table of a study.

    Attributes:
        name: table name, also used as the file name.
        description: contents of the table.
        primary_key: the columns that identify a row.
        parts: yields the rows of an analysis in chunks, in the form that `Column.values` expects.
        columns: the columns, in order.
    """

    name: str
    description: str
    primary_key: tuple[str, ...]
    parts: Callable[[Analysis], Iterator[Any]]
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, with the descriptions as metadata."""
        return pa.schema(
            [
                pa.field(
                    c.name, ARROW_TYPES[c.type], c.empty_meaning is not None, {"description": c.description}
                )
                for c in self.columns
            ],
            {"description": self.description},
        )

    def batches(self, analysis: Analysis) -> Iterator[pa.RecordBatch]:
        """Yield the rows in chunks; an empty table yields one chunk without rows."""
        for part in self.parts(analysis):
            yield pa.record_batch([_arrow_array(column, part) for column in self.columns], schema=self.schema)


def per_row(value: Callable[[Any], Any]) -> ColumnValues:
    """Return a function that extracts a column from a list of rows by applying `value` to each row."""
    return lambda rows: [value(row) for row in rows]


def interval_columns(
    name: str,
    low: ColumnValues,
    high: ColumnValues,
    empty_meaning: str = TOO_FEW_VIEWERS,
    value_range: tuple[float, float] = SHARE_RANGE,
) -> tuple[Column, Column]:
    """Define the columns for the two ends of the 95 % interval of a value."""
    return (
        Column(
            f"{name}_low",
            "number",
            f"Lower end of the 95 % interval of {name}.",
            low,
            empty_meaning,
            value_range,
        ),
        Column(
            f"{name}_high",
            "number",
            f"Upper end of the 95 % interval of {name}.",
            high,
            empty_meaning,
            value_range,
        ),
    )


def row_interval_columns(
    name: str,
    interval: Callable[[Any], tuple[float, float]],
    empty_meaning: str = TOO_FEW_VIEWERS,
    value_range: tuple[float, float] = SHARE_RANGE,
) -> tuple[Column, Column]:
    """Define the columns of an interval for chunks that are lists of rows."""
    return interval_columns(
        name,
        per_row(lambda row: interval(row)[0]),
        per_row(lambda row: interval(row)[1]),
        empty_meaning,
        value_range,
    )


def _arrow_array(column: Column, part: Any) -> pa.Array:
    values = column.values(part)
    if column.type == "number":
        values = np.asarray(values, dtype=np.float64).round(DECIMALS)
    return pa.array(values, ARROW_TYPES[column.type], from_pandas=True)


def data_package(tables: Sequence[Table], suffix: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the tables in files named `<table>.<suffix>` as a Frictionless Data Package.

    Args:
        tables: the tables that were written.
        suffix: csv or parquet.
        metadata: metadata of the study; must contain `film`.
    """
    kinds = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
    return {
        "profile": "tabular-data-package" if suffix == "csv" else "data-package",
        "name": "moviemotion-study",
        "title": metadata["film"],
        "moviemotion": dict(metadata),
        "resources": [
            {
                "name": table.name,
                "path": f"{table.name}.{suffix}",
                "profile": "tabular-data-resource" if suffix == "csv" else "data-resource",
                "format": suffix,
                "mediatype": kinds[suffix],
                **({"encoding": "utf-8"} if suffix == "csv" else {}),
                "description": table.description,
                "schema": _table_schema(table),
            }
            for table in tables
        ],
    }


def _table_schema(table: Table) -> dict[str, Any]:
    references = [
        {"fields": c.name, "reference": {"resource": c.foreign_key[0], "fields": c.foreign_key[1]}}
        for c in table.columns
        if c.foreign_key
    ]
    return {
        "fields": [
            {
                "name": c.name,
                "type": c.type,
                "description": _full_description(c),
                "constraints": _constraints(c),
            }
            for c in table.columns
        ],
        "primaryKey": list(table.primary_key),
        **({"foreignKeys": references} if references else {}),
        "missingValues": [""],
    }


def _full_description(column: Column) -> str:
    return (
        f"{column.description} Empty: {column.empty_meaning}." if column.empty_meaning else column.description
    )


def _constraints(column: Column) -> dict[str, Any]:
    return {
        "required": column.empty_meaning is None,
        **(
            {"minimum": column.value_range[0], "maximum": column.value_range[1]} if column.value_range else {}
        ),
        **({"enum": list(column.allowed_values)} if column.allowed_values else {}),
    }


def dictionary_markdown(tables: Sequence[Table], title: str) -> str:
    """Write the data dictionary as Markdown."""
    lines = [f"# Data dictionary: {title}", ""]
    lines += ["Times are seconds of film time. An empty cell (null) means unknown or undefined."]
    lines += ["", "In CSV files, text that begins with = + - or @ is prefixed with an apostrophe, so that"]
    lines += ["spreadsheets do not execute it as a formula. Parquet files contain the original text."]
    for table in tables:
        lines += ["", f"## {table.name}", "", table.description]
        lines += ["", f"One row for each {' and '.join(f'`{name}`' for name in table.primary_key)}.", ""]
        lines += ["| column | type | description | empty |", "| --- | --- | --- | --- |"]
        lines += [_markdown_row(column) for column in table.columns]
    return "\n".join(lines) + "\n"


def _markdown_row(column: Column) -> str:
    text = column.description
    if column.value_range:
        text += f" From {column.value_range[0]:g} to {column.value_range[1]:g}."
    if column.allowed_values:
        text += f" One of {', '.join(column.allowed_values)}."
    if column.foreign_key:
        text += f" Refers to `{column.foreign_key[1]}` of {column.foreign_key[0]}."
    return f"| `{column.name}` | {column.type} | {text} | {column.empty_meaning or 'never'} |"
