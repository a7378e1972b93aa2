"""Conversion of tables to pandas DataFrames; pandas is imported only when needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from moviemotion.errors import MoviemotionError

if TYPE_CHECKING:
    import pandas as pd


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Convert an Arrow table to a pandas DataFrame; integers without missing values stay integers.

    Raises:
        MoviemotionError: pandas is not installed.
    """
    _require("pandas")
    return table.to_pandas()


def frame_of(columns: Mapping[str, Iterable[Any]]) -> pd.DataFrame:
    """Convert columns of equal length to a pandas DataFrame.

    Raises:
        MoviemotionError: pandas is not installed.
    """
    _require("pandas")
    import pandas as pd

    return pd.DataFrame(dict(columns))


def _require(package: str) -> None:
    try:
        __import__(package)
    except ModuleNotFoundError:
        raise MoviemotionError(
            f"{package} is not installed; run: pip install 'moviemotion[notebook]'"
        ) from None
