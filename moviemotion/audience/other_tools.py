"""Reads what other programs measured in faces: FaceReader, iMotions, Py-Feat, OpenFace, or any other as CSV.

Each file is one viewer's recording, as the program exports it. Values become probabilities of the eight
emotions in the same way for every program: they are divided by the value of full intensity, and if their sum
exceeds 1, by their sum. What is missing from 1 is neutral, unless the program measures neutral itself.
OpenFace measures action units instead of emotions. The intensity of an emotion is then the mean intensity of
its action units (Friesen & Ekman, 1983, EMFACS-7: Emotional Facial Action Coding System).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moviemotion._io.text_decoding import read_text
from moviemotion.audience.samples import Samples
from moviemotion.emotions import EMOTIONS, Emotion
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.statistics import Float64Array

_ACTION_UNITS = {
    Emotion.HAPPY: (6, 12),
    Emotion.SURPRISE: (1, 2, 5, 26),
    Emotion.SAD: (1, 4, 15),
    Emotion.ANGER: (4, 5, 7, 23),
    Emotion.DISGUST: (9, 15),
    Emotion.FEAR: (1, 2, 4, 5, 7, 20, 26),
}
_CLOCK_TIME = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:[.,]\d+)?)")
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
_MAX_HEADER_LINES = 200


@dataclass(frozen=True)
class Tool:
    """How a program exports its measurements.

    Attributes:
        name: name of the program.
        time: name of the column with the time.
        time_unit: seconds per unit of the time; None if the column counts frames. Times such as 00:01:02.5
            are recognized in any case.
        columns: the columns whose mean is the intensity of an emotion.
        full: value of full intensity.
        valid: a column that is 1 where the face was found, or None.
    """

    name: str
    time: str
    time_unit: float | None
    columns: Mapping[Emotion, tuple[str, ...]]
    full: float = 1.0
    valid: str | None = None


def _same_names(**names: str) -> dict[Emotion, tuple[str, ...]]:
    return {Emotion(emotion): (column,) for emotion, column in names.items()}


TOOLS: Mapping[str, Tool] = {
    "facereader": Tool(
        "FaceReader",
        "video time",
        1.0,
        _same_names(
            neutral="neutral",
            happy="happy",
            surprise="surprised",
            sad="sad",
            anger="angry",
            disgust="disgusted",
            fear="scared",
            contempt="contempt",
        ),
    ),
    "imotions": Tool(
        "iMotions",
        "timestamp",
        0.001,
        _same_names(
            happy="joy",
            surprise="surprise",
            sad="sadness",
            anger="anger",
            disgust="disgust",
            fear="fear",
            contempt="contempt",
        ),
        full=100.0,
    ),
    "pyfeat": Tool(
        "Py-Feat",
        "frame",
        None,
        _same_names(
            neutral="neutral",
            happy="happiness",
            surprise="surprise",
            sad="sadness",
            anger="anger",
            disgust="disgust",
            fear="fear",
        ),
    ),
    "openface": Tool(
        "OpenFace",
        "timestamp",
        1.0,
        {emotion: tuple(f"au{unit:02}_r" for unit in units) for emotion, units in _ACTION_UNITS.items()},
        full=5.0,
        valid="success",
    ),
    "csv": Tool("another program", "time", 1.0, {emotion: (str(emotion),) for emotion in EMOTIONS}),
}
"""Name on the command line → program."""
_OPTIONAL_EMOTIONS = (Emotion.CONTEMPT, Emotion.NEUTRAL)
"""Emotions that some versions of a program do not export."""


@dataclass(frozen=True)
class ImportedMeasurements:
    """What another program measured in one viewer's face.

    Attributes:
        samples: the samples.
        measured: the emotions that the file contains; the others have the probability 0.
    """

    samples: Samples
    measured: frozenset[Emotion]


def read_tool_file(
    tool: Tool, path: Path, viewer: str, frame_rate: float | None = None
) -> ImportedMeasurements:
    """Read a file that another program exported for one viewer.

    Args:
        tool: the program.
        path: the file: text separated by commas, semicolons or tabs.
        viewer: name of the viewer.
        frame_rate: frames per second of the recording; needed if the file counts frames.

    Raises:
        MoviemotionError: the file cannot be read, lacks a column, contains several faces or no face, or has
            an invalid value; the message names the line.
    """
    if tool.time_unit is None and frame_rate is None:
        raise SettingError(
            "no-recording-rate",
            "{path}: counts frames; set {frame_rate} to the frames per second of the recording",
            path=path,
        )
    header, rows = _read_rows(tool, path)
    unit = tool.time_unit if tool.time_unit is not None else 1 / (frame_rate or 1)
    columns = {
        emotion: [_column(header, name, path) for name in names]
        for emotion, names in tool.columns.items()
        if emotion not in _OPTIONAL_EMOTIONS or names[0] in header
    }
    at_time = header.index(tool.time)
    valid = header.index(tool.valid) if tool.valid in header else None
    times, values = [], []
    for line, row in rows:
        if valid is not None and _number(row[valid], path, line) != 1:
            continue
        measured = [[_number(row[at], path, line) for at in places] for places in columns.values()]
        if np.isnan([value for each in measured for value in each]).any():
            continue
        times.append(_seconds(row[at_time], unit, path, line))
        values.append([np.mean(each) for each in measured])
    if not times:
        raise MoviemotionError(f"{path}: contains no face; check that it is the file of a viewer")
    time = np.array(times)
    if (repeated := np.flatnonzero(np.diff(time) <= 0)).size:
        raise MoviemotionError(
            f"{path}: two measurements at {time[repeated[0] + 1]:g} s, or times that run backward; give one "
            "file per viewer, with one face in it"
        )
    probabilities = _probabilities(tuple(columns), np.array(values) / tool.full, path)
    return ImportedMeasurements(_samples(viewer, time, probabilities), frozenset(columns))


def _read_rows(tool: Tool, path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The names of the columns, in lower case, and the rows below them with their line numbers."""
    lines = read_text(path, "measurements", f"an export of {tool.name}").split("\n")
    for number, line in enumerate(lines[:_MAX_HEADER_LINES], 1):
        separator = max("\t;,", key=line.count)
        header = [name.strip().lower() for name in next(csv.reader([line], delimiter=separator), [])]
        if tool.time in header and any(names[0] in header for names in tool.columns.values()):
            below = csv.reader(lines[number:], delimiter=separator)
            rows = [(at, row) for at, row in enumerate(below, number + 1) if len(row) >= len(header)]
            return header, rows
    raise MoviemotionError(
        f'{path}: no line with the column "{tool.time}" and emotions; export the measurements of '
        f"{tool.name} as text"
    )


def _column(header: Sequence[str], name: str, path: Path) -> int:
    if name not in header:
        raise MoviemotionError(f'{path}: the column "{name}" is missing; export it as well')
    return header.index(name)


def _number(text: str, path: Path, line: int) -> float:
    """A number; NaN for an empty cell and for words such as FIND_FAILED, with which faces are not found."""
    text = text.strip()
    if not text or re.fullmatch(r"[A-Za-z_]+", text):
        return float("nan")
    try:
        return float(text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text)
    except ValueError as error:
        raise MoviemotionError(f"{path}, line {line}: {text!r} is not a number; correct the file") from error


def _seconds(text: str, unit: float, path: Path, line: int) -> float:
    if clock := _CLOCK_TIME.fullmatch(text.strip()):
        hours, minutes, seconds = clock.groups()
        return 3600 * int(hours or 0) + 60 * int(minutes) + float(seconds.replace(",", "."))
    time = _number(text, path, line) * unit
    if not 0 <= time < 24 * 3600:
        raise MoviemotionError(f"{path}, line {line}: {text!r} is not a time in the film; correct the file")
    return time


def _probabilities(measured: Sequence[Emotion], values: Float64Array, path: Path) -> Float64Array:
    """(n, M) intensities of the measured emotions → (n, 8) probabilities."""
    if values.min() < -0.001 or values.max() > 1.02:
        raise MoviemotionError(
            f"{path}: values from {values.min():g} to {values.max():g} of full intensity; check that it is "
            "the export of this program"
        )
    found = np.zeros((len(values), len(EMOTIONS)))
    found[:, [EMOTIONS.index(emotion) for emotion in measured]] = np.clip(values, 0, 1)
    neutral = EMOTIONS.index(Emotion.NEUTRAL)
    if Emotion.NEUTRAL not in measured:
        found[:, neutral] = np.maximum(1 - found.sum(axis=1), 0)
    total = found.sum(axis=1, keepdims=True)
    found[total[:, 0] == 0, neutral] = 1
    return found / np.where(total > 0, total, 1)


def _samples(viewer: str, time: Float64Array, probabilities: Float64Array) -> Samples:
    unknown = np.full(len(time), np.nan, np.float32)
    return Samples(
        viewers=(viewer,),
        frames=len(time),
        end=float(time[-1]),
        viewer=np.zeros(len(time), np.int16),
        time=time,
        box=np.stack([unknown] * 4, axis=1),  # not exported by every program, and not needed
        detection=unknown,
        emotions=probabilities.astype(np.float32),
        weight=np.ones(len(time), np.float32),
        rejection_reason=np.zeros(len(time), np.int8),
    )
