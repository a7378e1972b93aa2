"""Predict outcomes from reactions to trailers; called by `moviemotion trailer`."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from moviemotion._io.atomic_files import write_text_files
from moviemotion.analysis.prediction.outcome_prediction import (
    OutcomePrediction,
    ReactionTable,
    predict_from_reactions,
)
from moviemotion.analysis.prediction.trailer_features import average_by_trailer, viewer_features
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.erased_viewers import refuse_restored
from moviemotion.reports.html.prediction_report import prediction_json, reactions_csv, render_prediction
from moviemotion.study.provenance import load_analysis
from moviemotion.workflows.screen import DEFAULT_SEED

YES_NO_VALUES = {"yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0}
KEY_COLUMNS = ("trailer", "room", "viewer")


def predict_outcome(
    sources: Sequence[Path],
    outcomes: Path,
    out: Path,
    seed: int = DEFAULT_SEED,
    same_viewers: bool = False,
) -> OutcomePrediction:
    """Predict outcomes from reactions and write `prediction.html`, `prediction.json` and `reactions.csv`.

    Args:
        sources: either one CSV table that contains features and the columns `trailer`, `viewer` or both; or
            one study folder per screening, named after the trailer. A table of people from several rooms
            needs the column `room`. If a trailer was shown in several rooms, the study folders of each room
            are in a folder named after the room.
        outcomes: CSV file with the columns `trailer`, `viewer` or both, and `room` if names recur in several
            rooms, plus `outcome` (numbers, or yes and no).
        out: the output folder.
        seed: random seed for the folds and permutations.
        same_viewers: whether a viewer with the same name is the same person for every trailer. Otherwise,
            viewers of different trailers are treated as different people, even if their seats have the same
            name.

    Raises:
        MoviemotionError: a source or the outcomes cannot be read or do not match, or `out` is not writable.
    """
    keys, outcome_of = _read_outcomes(outcomes)
    table = (
        _read_table(sources[0])
        if len(sources) == 1 and sources[0].is_file()
        else _reactions_from_studies(sources)
    )
    if "viewer" not in keys:
        table = average_by_trailer(table)
    of_row = [
        tuple(name for key, name in zip(KEY_COLUMNS, row, strict=True) if key in keys)
        for row in zip(table.trailers, table.rooms or [""] * len(table.trailers), table.viewers, strict=True)
    ]
    if len(set(of_row)) < len(of_row):
        raise MoviemotionError(
            f"{outcomes}: viewers of different trailers or rooms have the same name; "
            f"add a trailer or room column"
        )
    matched = [k for k, key in enumerate(of_row) if key in outcome_of]
    if not matched:
        raise MoviemotionError(
            f"{outcomes}: none of the {' and '.join(keys)} names occur in the reactions, whose first name is "
            f"{' '.join(of_row[0]) if of_row else 'missing'}; use the same names in both files"
        )
    table = ReactionTable(
        tuple(table.trailers[k] for k in matched),
        tuple(table.viewers[k] for k in matched),
        table.feature_names,
        table.values[matched],
        tuple(table.rooms[k] for k in matched) if table.rooms else (),
        same_viewers,
    )
    outcome = np.array([outcome_of[of_row[k]] for k in matched])
    prediction = predict_from_reactions(table, outcome, seed)
    content = json.dumps(prediction_json(prediction), indent=2, ensure_ascii=False, allow_nan=False)
    pages = {
        "reactions.csv": reactions_csv(table, outcome),
        "prediction.json": content + "\n",
        "prediction.html": render_prediction(prediction),
    }
    write_text_files(out, pages)
    return prediction


def _reactions_from_studies(folders: Sequence[Path]) -> ReactionTable:
    names = [folder.resolve().name for folder in folders]
    rooms = [folder.resolve().parent.name for folder in folders]
    shown = list(zip(names, rooms, strict=True))
    twice = [name for name, room in shown if shown.count((name, room)) > 1]
    if twice:
        raise MoviemotionError(
            f"{twice[0]}: two studies have this name, which identifies the trailer, in folders of one name, "
            "which identifies the room; rename one of them"
        )
    # Parent folders represent rooms only if a trailer was shown in several rooms, so that its name recurs.
    known = len(set(names)) < len(names)
    for folder in folders:
        refuse_restored(folder)
    tables = [viewer_features(n, load_analysis(f)) for n, f in zip(names, folders, strict=True)]
    return ReactionTable(
        tuple(name for table in tables for name in table.trailers),
        tuple(name for table in tables for name in table.viewers),
        tables[0].feature_names,
        np.concatenate([table.values for table in tables]),
        tuple(room for room, table in zip(rooms, tables, strict=True) for _ in table.viewers if known),
    )


def _read_rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or "not CSV in UTF-8"
        raise MoviemotionError(f"{path}: cannot be read ({reason}); provide a CSV file") from error
    columns = list(reader.fieldnames or ())
    if not rows or not {"trailer", "viewer"} & {*columns}:
        raise MoviemotionError(
            f"{path}: contains no rows, or no column named trailer or viewer; "
            "add the rows, or one of the columns"
        )
    return columns, rows


def _read_table(path: Path) -> ReactionTable:
    columns, rows = _read_rows(path)
    names = tuple(column for column in columns if column not in (*KEY_COLUMNS, "outcome"))
    if not names:
        raise MoviemotionError(f"{path}: contains no feature columns; add columns such as happy_mean")
    values = np.array(
        [[_parse_number(path, n, row, name) for name in names] for n, row in enumerate(rows, 2)]
    )
    trailers, rooms, viewers = (tuple(row.get(key) or "" for row in rows) for key in KEY_COLUMNS)
    return ReactionTable(trailers, viewers, names, values, rooms if any(rooms) else ())


def _read_outcomes(path: Path) -> tuple[tuple[str, ...], dict[tuple[str, ...], float]]:
    columns, rows = _read_rows(path)
    if "outcome" not in columns:
        raise MoviemotionError(f"{path}: the column outcome is missing; add it, with numbers or yes and no")
    keys = tuple(key for key in KEY_COLUMNS if key in columns)
    found: dict[tuple[str, ...], float] = {}
    for line, row in enumerate(rows, 2):
        key = tuple(row[name] for name in keys)
        if key in found:
            raise MoviemotionError(
                f"{path}: line {line}: {' '.join(key)} already has an outcome; remove one of the two lines"
            )
        found[key] = _parse_number(path, line, row, "outcome")
    return keys, found


def _parse_number(path: Path, line: int, row: dict[str, str], column: str) -> float:
    text = (row[column] or "").strip()
    try:
        value = YES_NO_VALUES.get(text.lower())
        value = float(text) if value is None else value
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise MoviemotionError(f"{path}: line {line}: {column} is {text!r}; give a number, yes or no")
    return value
