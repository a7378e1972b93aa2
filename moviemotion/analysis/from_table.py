"""Builds a timeline from any table that has one row per viewer and second, and one column per emotion.

The analysis needs only a `Timeline`. This module builds one from emotion probabilities measured by another
program, so that moments, patterns and comparisons do not depend on MoviEmotion's cameras and models.

| column | content |
| --- | --- |
| `viewer` | name of the viewer; numbers are converted to text |
| `second` | film second, a whole number from 0 |
| `neutral`, `happy`, … | probabilities of the eight `EMOTIONS`, 0–1, with a sum of about 1; NaN if not seen |
| `weight` (optional) | quality weight of the row, greater than 0 and at most 1 |
| `samples` (optional) | number of samples that were averaged in the row, a whole number from 1 |

A missing row means the same as a row of NaN: the viewer was not seen in that second. Several rows of the same
viewer and second are averaged. Other columns are ignored.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from math import floor, isfinite, isnan
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moviemotion._io.text_decoding import is_unprintable
from moviemotion.analysis.signals.timeline import PEAK_COLUMNS, Timeline
from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS
from moviemotion.errors import MoviemotionError
from moviemotion.statistics import Float64Array

MAX_SUM_ERROR = 0.01
"""Largest permitted deviation of a row's sum of probabilities from 1; sufficient for two decimals."""
MAX_SECOND = 24 * 3600
"""Largest film second; a larger number is a timestamp or a frame number rather than film time."""
MAX_SAMPLES = 2**31 - 1
"""Largest number of samples of one viewer in one second, summed over all rows."""
_MAX_EXACT = 2**53
"""Above this value, not every whole number can be represented exactly in floating point."""
_SHOWN_COLUMNS = 12
"""Largest number of column names that an error message lists."""


def timeline_from_table(columns: Any, first_second: int = 0, source: str = "table") -> Timeline:
    """Build a timeline from the columns of a table.

    The timeline ends with the largest second of the table. Probabilities are averaged with the weights
    `weight` × `samples` and are otherwise used unchanged. Strength is computed from the columns
    `PEAK_COLUMNS` if the table has them, and otherwise from the probabilities. Rows are never discarded
    because of a low weight; leave out any rows that should not count.

    Args:
        columns: a mapping from names to values of equal length, or a pandas, Polars or Arrow table. Names are
            matched regardless of case and surrounding whitespace. Any values that NumPy can convert are
            accepted.
        first_second: film second at which the timeline starts.
        source: name of the table in error messages, such as its path.

    Raises:
        MoviemotionError: a column is missing, or a value is not valid for its column; the message names the
            column or the row, counted from 1.

    Example:
        >>> table = {"viewer": ["a", "a"], "second": [0, 2], **{str(e): [0.0, 0.0] for e in EMOTIONS}}
        >>> table["happy"] = [1.0, 1.0]
        >>> timeline_from_table(table).sample_counts
        array([[1, 0, 1]], dtype=int32)
    """
    table = _Table(columns, source)
    viewer_names, row_viewer = table.viewers()
    seconds = table.whole_numbers("second")
    table.check(
        (seconds >= first_second) & (seconds <= MAX_SECOND), "second", seconds, _second_rule(first_second)
    )
    probabilities = np.column_stack([table.numbers(emotion) for emotion in EMOTIONS])
    seen = np.asarray(~np.isnan(probabilities).all(axis=1))
    table.check_probabilities(probabilities, seen)
    samples = np.ones(table.rows, dtype=np.int64)
    if table.has("samples"):
        samples = table.whole_numbers("samples", where=seen)
        table.check(~(table.numbers("samples") < 0), "samples", table.numbers("samples"), _SAMPLES_RULE)
        table.check(~seen | ((samples >= 1) & (samples <= MAX_SAMPLES)), "samples", samples, _SAMPLES_RULE)
    weight = np.ones(table.rows)
    if table.has("weight"):
        weight = table.numbers("weight")
        table.check(~seen | ((weight > 0) & (weight <= 1)), "weight", weight, "enter a number above 0 to 1")

    peaks = np.column_stack([table.numbers(name) for name in PEAK_COLUMNS]) if table.has_peaks() else None
    if peaks is not None:
        table.check_peaks(peaks, seen)

    length = int(seconds.max()) - first_second + 1
    shape = (len(viewer_names), length)
    cell = (row_viewer * length + (seconds - first_second))[seen]

    def total(values: Float64Array) -> Float64Array:
        """Sum the values over the rows of each viewer and second."""
        return np.asarray(np.bincount(cell, values, minlength=shape[0] * length), dtype=np.float64).reshape(
            shape
        )

    count = total(samples[seen].astype(np.float64))
    if count.max() > MAX_SAMPLES:
        viewer, at = np.unravel_index(int(count.argmax()), shape)
        raise MoviemotionError(
            f"{source}: the rows of viewer {viewer_names[viewer]}, second {at + first_second}, have "
            f"{count.max():.0f} samples together; {_SAMPLES_RULE}"
        )
    row_weight = (weight * samples)[seen]
    total_weight = total(row_weight)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (
            np.stack([total(row_weight * p) for p in probabilities[seen].T], axis=2)
            / total_weight[:, :, None]
        )
        mean_weight = np.where(count > 0, total_weight / count, 0)
    return Timeline(
        viewers=viewer_names,
        start=first_second,
        probabilities=mean.astype(np.float32),
        sample_counts=count.astype(np.int32),
        weight=mean_weight.astype(np.float32) if table.has("weight") else None,
        peak=None if peaks is None else _largest(peaks[seen], cell, mean),
    )


def _largest(peaks: Float64Array, cell: NDArray[np.int64], mean: Float64Array) -> NDArray[np.float32]:
    """Return the largest peak of the rows of each viewer and second, which is at least their mean."""
    columns = [EMOTIONS.index(emotion) for emotion in NON_NEUTRAL_EMOTIONS]
    largest = mean[:, :, columns].reshape(-1, len(columns))
    np.maximum.at(largest, cell, peaks)
    return largest.reshape(*mean.shape[:2], -1).astype(np.float32)


def repeated_rows(columns: Any, source: str = "table") -> int:
    """Count the rows that repeat a viewer and second in a table that `timeline_from_table` accepts."""
    table = _Table(columns, source)
    _, row_viewer = table.viewers()
    keys = np.stack([row_viewer, table.whole_numbers("second")])
    return table.rows - np.unique(keys, axis=1).shape[1]


_SAMPLES_RULE = f"enter a whole number from 1 to {MAX_SAMPLES}"


def _second_rule(first_second: int) -> str:
    return f"enter film time in whole seconds from {first_second} to {MAX_SECOND}"


class _Table:
    """The columns of a table, with checks whose error messages name the column or row."""

    def __init__(self, columns: Any, source: str) -> None:
        self._source = source
        self._columns: dict[str, NDArray[np.generic]] = {}
        names = column_names(columns)
        known = {"viewer", "second", "weight", "samples", *map(str, EMOTIONS), *PEAK_COLUMNS}
        keys = [str(name).strip().lower() for name in names]
        for key, uses in Counter(keys).items():
            if key in known and uses > 1:
                raise self._error(f"more than one column is called {key}; remove or rename the others")
        for name, key in zip(names, keys, strict=True):
            if key in known:
                self._columns[key] = self._column(key, columns, name)
        missing = [name for name in ("viewer", "second", *map(str, EMOTIONS)) if name not in self._columns]
        if missing:
            found = ", ".join(_shown(str(name)) for name in names[:_SHOWN_COLUMNS]) or "none"
            if len(names) > _SHOWN_COLUMNS:
                found += f" and {len(names) - _SHOWN_COLUMNS} more"
            raise self._error(f"missing column {', '.join(missing)}; add it (columns found: {found})")
        lengths = {name: len(column) for name, column in self._columns.items()}
        self.rows = lengths["viewer"]
        for name, length in lengths.items():
            if length != self.rows:
                raise self._error(
                    f"column {name} has {length} values, but viewer has {self.rows}; "
                    "give all columns the same length"
                )
        if not self.rows:
            raise self._error("the table has no rows; add one row per viewer and second")

    def _column(self, key: str, columns: Any, name: object) -> NDArray[np.generic]:
        """Return the values of a column; the masked values of a masked array become None."""
        try:
            values = columns[name]
            if isinstance(values, np.ma.MaskedArray):
                hidden = np.ma.getmaskarray(values)
                values = np.asarray(values.data).astype(object)
                values[hidden] = None
            column: NDArray[np.generic] = np.asarray(values)
            if column.ndim == 1 and column.dtype.kind in "US" and isinstance(values, list | tuple):
                # NumPy has converted all values to text, including numbers and NaN.
                column = np.array([*values, None], dtype=object)[:-1]
        except Exception as error:  # tables of other libraries raise anything
            problem = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            raise self._error(
                f"column {key} cannot be read ({problem}); give one number or name for each row"
            ) from error
        if column.ndim != 1:
            raise self._error(
                f"column {key} has the shape {column.shape}, not (rows,); give one value for each row"
            )
        if column.dtype.kind in "mM":
            raise self._error(
                f"column {key} holds dates or durations ({column.dtype}); enter names and numbers instead"
            )
        return column

    def has(self, name: str) -> bool:
        return name in self._columns

    def has_peaks(self) -> bool:
        """Whether the table has peaks; it needs all seven or none."""
        missing = [name for name in PEAK_COLUMNS if not self.has(name)]
        if 0 < len(missing) < len(PEAK_COLUMNS):
            raise self._error(
                f"missing column {', '.join(missing)}; add it or remove the other columns with peaks"
            )
        return not missing

    def viewers(self) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        """Names in order of first appearance, and the index of each row's viewer."""
        names: list[str] = []
        texts: dict[tuple[bool, object], str] = {}
        spellings: dict[str, tuple[bool, object]] = {}
        for row, value in enumerate(self._columns["viewer"].tolist(), 1):
            if _is_missing(value):
                raise self._error(f"row {row}: the viewer is missing; enter the viewer's name")
            if not isinstance(value, str | Real) or isinstance(value, bool):
                raise self._error(f"row {row}: viewer is {_shown(repr(value))}, not a name; enter text")
            raw = (isinstance(value, str), value)
            if raw not in texts:
                text = texts[raw] = str(value).strip()
                if not text:
                    raise self._error(f"row {row}: the viewer is missing; enter the viewer's name")
                if is_unprintable(text):
                    raise self._error(
                        f"row {row}: viewer name {text!a} contains non-printable characters; remove them"
                    )
                first = spellings.setdefault(_spelling(value, text), raw)
                if first != raw:
                    raise self._error(
                        f"row {row}: viewer {value!a} is too similar to viewer {first[1]!a}; spell each "
                        "viewer's name the same way in every row, and give different viewers different names"
                    )
            names.append(texts[raw])
        index = {name: k for k, name in enumerate(dict.fromkeys(names))}
        return tuple(index), np.array([index[name] for name in names], dtype=np.int64)

    def numbers(self, name: str) -> Float64Array:
        """Return a column as numbers; missing values become NaN."""
        column = self._columns[name]
        if column.dtype.kind in "fiu":
            return np.asarray(column, dtype=np.float64)
        numbers = np.full(len(column), np.nan)
        for row, value in enumerate(column.tolist(), 1):
            if _is_missing(value):
                continue
            if isinstance(value, bool) or not isinstance(value, Real):
                raise self._error(
                    f"row {row}: {name} is {_shown(repr(value))}, which is not a number; enter a number"
                )
            try:
                numbers[row - 1] = float(value)
            except OverflowError:
                raise self._error(f"row {row}: {name} is too large; enter a smaller number") from None
        return numbers

    def whole_numbers(self, name: str, where: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Return a column as whole numbers; rows outside `where` become 0 and are not checked."""
        values = self.numbers(name)
        if where is not None:
            values = np.where(where, values, 0)
        whole = np.isfinite(values) & (np.floor(values) == values)
        self.check(whole, name, values, "enter a whole number")
        self.check(np.abs(values) <= _MAX_EXACT, name, values, "enter a smaller number")
        return values.astype(np.int64)

    def check(self, valid: NDArray[np.bool_], name: str, values: NDArray[np.generic], remedy: str) -> None:
        """Raise an error about the first invalid row."""
        if not valid.all():
            row = int(np.argmin(valid))
            raise self._error(f"row {row + 1}: {name} is {_plain(float(values[row]))}; {remedy}")

    def check_probabilities(self, probabilities: Float64Array, seen: NDArray[np.bool_]) -> None:
        """Check that the rows of seen viewers are complete, lie between 0 and 1, and sum to about 1."""
        for k, emotion in enumerate(EMOTIONS):
            values = probabilities[:, k]
            self.check(
                ~seen | ~np.isnan(values), emotion, values, "fill in all eight emotions of the row or none"
            )
            self.check(~seen | ((values >= 0) & (values <= 1)), emotion, values, "enter a number from 0 to 1")
        sums = np.where(seen, probabilities.sum(axis=1), 1)
        self.check(
            np.abs(sums - 1) <= MAX_SUM_ERROR,
            "the sum of the emotions",
            sums,
            "scale the row so that the sum is 1",
        )

    def check_peaks(self, peaks: Float64Array, seen: NDArray[np.bool_]) -> None:
        """Check that the peaks of seen viewers are complete and lie between 0 and 1."""
        for k, name in enumerate(PEAK_COLUMNS):
            valid = (peaks[:, k] >= 0) & (peaks[:, k] <= 1)
            self.check(~seen | valid, name, peaks[:, k], "enter a number from 0 to 1")

    def _error(self, message: str) -> MoviemotionError:
        return MoviemotionError(f"{self._source}: {message}")


def column_names(table: Any) -> list[Any]:
    """Return the column names of a mapping or data frame (`column_names` in Arrow, `columns` elsewhere)."""
    if isinstance(table, Mapping):
        return list(table)
    return list(table.column_names if hasattr(table, "column_names") else table.columns)


def _is_missing(value: object) -> bool:
    """Whether a value stands for a missing one: None, NaN, or NA and NaT of pandas."""
    if value is None or value is np.ma.masked or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float | np.floating) and isnan(value)


def _spelling(value: object, text: str) -> str:
    """Return a form of the name that is the same for all names that look alike."""
    if isinstance(value, Real) and not isinstance(value, Integral) and isfinite(value):
        return str(floor(value)) if value == floor(value) else text
    return unicodedata.normalize("NFC", text)


def _plain(value: float) -> str:
    """Format a number, without an exponent if it is whole and not huge."""
    return str(int(value)) if isfinite(value) and value == int(value) and abs(value) < 1e18 else f"{value:g}"


def _shown(text: str) -> str:
    """Format a text as one short line."""
    line = (
        " ".join(text.encode("ascii", "backslashreplace").decode().split())
        if not text.isprintable()
        else text
    )
    return line if len(line) <= 60 else line[:59] + "…"
