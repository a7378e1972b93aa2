"""Read timing sheets, which state when each scene is on screen: CSV files or edit decision lists (EDL).

Lists of shot changes are read here too, since they use the same time notation.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from moviemotion._io.text_decoding import read_text
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.timecode import TimecodeFormat, exact_frame_rate

_COLUMNS = "scene,start[,end] or heading,start[,end]"
_CLOCK_TIME = re.compile(r"(?:(\d+):)?(\d{1,3}):(\d{1,2}(?:[.,]\d+)?)")
_SECONDS = re.compile(r"\d+(?:[.,]\d+)?")
_EVENT = re.compile(
    r"\d{3,6}\s+\S+\s+\S+\s+\S+(?:\s+\d+)?\s+" + r"\s+".join([r"(\d\d[:;]\d\d[:;]\d\d[:;]\d\d)"] * 4)
)
_SCENE = re.compile(r"\*\s*SCENE:?\s+(\S+)", re.IGNORECASE)
_CLIP = re.compile(r"\*\s*FROM CLIP NAME:\s*(?:SC(?:ENE)?[ _.-]*)?(\d+[A-Z]{0,2})(?![0-9A-Z])", re.IGNORECASE)


@dataclass(frozen=True)
class SceneTime:
    """One uninterrupted stretch in which a scene is on screen.

    Attributes:
        scene_number: the scene's number as printed in the script or, in a script without numbers, its
            position, counting from 1; None if the sheet identifies scenes by heading.
        heading: the scene's heading, or None.
        start: seconds of film time.
        end: seconds of film time; None if the scene lasts until the next one.
    """

    scene_number: str | None
    heading: str | None
    start: float
    end: float | None


def read_timing_sheet(path: Path | str, frame_rate: float = 24.0) -> tuple[SceneTime, ...]:
    """Read a timing sheet and return its entries in chronological order.

    A `.csv` file has the columns `scene` or `heading`, `start` and optionally `end`; times are in seconds or
    [h:]m:s. An `.edl` file is a CMX3600 list whose events name their scene in a comment, either
    `* SCENE: 12A` or `* FROM CLIP NAME: 12A-3`. Film time 0 is the full hour of timecode in which the first
    event starts.

    Args:
        path: the timing sheet.
        frame_rate: frames per second of an EDL's timecode. A semicolon before the frames means drop-frame
            counting.

    Raises:
        MoviemotionError: the file cannot be read in either format; the message names the first invalid line.
    """
    path = Path(path)
    if path.suffix.lower() not in (".csv", ".edl"):
        raise MoviemotionError(f"{path}: not a timing sheet; give a CSV file ({_COLUMNS}) or an EDL (.edl)")
    text = read_text(path, "timing sheet", "CSV (.csv) or CMX3600 (.edl)")
    times = _parse_csv(path, text) if path.suffix.lower() == ".csv" else _parse_edl(path, text, frame_rate)
    return tuple(sorted(times, key=lambda time: time.start))


def _parse_csv(path: Path, text: str) -> list[SceneTime]:
    rows = csv.DictReader(text.splitlines(), skipinitialspace=True)
    names = {name.strip().lower(): name for name in rows.fieldnames or () if name}
    if "start" not in names or not {"scene", "heading"} & set(names):
        raise MoviemotionError(f"{path}: column names are missing; the first line must be {_COLUMNS}")
    times: list[SceneTime] = []
    for row in rows:
        cells = {key: (row[name] or "").strip() for key, name in names.items()}
        where = f"{path}, line {rows.line_num}"
        start, end = (parse_seconds(cells.get(key, ""), key, where) for key in ("start", "end"))
        scene, heading = cells.get("scene") or None, cells.get("heading") or None
        if start is None or not (scene or heading):
            raise MoviemotionError(
                f"{where}: the entry is incomplete; give a scene number or heading and a start time"
            )
        if end is not None and end < start:
            raise MoviemotionError(f"{where}: the scene ends before it starts; correct its times")
        times.append(SceneTime(scene, heading, start, end))
    if not times:
        raise MoviemotionError(f"{path}: contains no scenes; give one line per scene ({_COLUMNS})")
    return times


def parse_seconds(cell: str, name: str, where: str) -> float | None:
    """Parse a cell of a table: seconds or [h:]m:s, with a point or a comma before the decimals.

    Args:
        cell: the text of the cell.
        name: the name of its column, for the message.
        where: file and line, for the message.

    Returns:
        Seconds; None if the cell is empty.

    Raises:
        MoviemotionError: the text is not a time.
    """
    if not cell:
        return None
    if _SECONDS.fullmatch(cell):
        return float(cell.replace(",", "."))
    clock = _CLOCK_TIME.fullmatch(cell)
    if clock is None:
        raise MoviemotionError(f"{where}: {name} {cell!r} is not a valid time; give seconds (83.5) or h:m:s")
    return int(clock[1] or 0) * 3600.0 + int(clock[2]) * 60 + float(clock[3].replace(",", "."))


def _parse_edl(path: Path, text: str, frame_rate: float) -> list[SceneTime]:
    try:
        rate = exact_frame_rate(frame_rate)
    except ValueError as error:
        raise MoviemotionError(f"{path}: {error}") from None
    events: list[tuple[float, float, str | None]] = []
    hours: list[float] = []
    for number, line in enumerate(text.splitlines(), 1):
        event = _EVENT.match(line.strip())
        if event:
            where = f"{path}, line {number}"
            start, end = (_timecode_to_seconds(code, rate, where) for code in event.group(3, 4))
            hours.append(_timecode_to_seconds(f"{event[3][:2]}:00:00{event[3][8]}00", rate, where))
            events.append((start, end, None))
        elif events and (named := _SCENE.match(line.strip()) or _CLIP.match(line.strip())):
            start, end, scene = events[-1]
            events[-1] = start, end, scene or named[1].upper()
    if not events:
        raise MoviemotionError(f"{path}: contains no CMX3600 events; export the EDL again as CMX3600")
    scenes = [event for event in sorted(events, key=lambda event: event[0]) if event[2]]
    if not scenes:
        raise MoviemotionError(
            f"{path}: none of the events names its scene; export the EDL with comments "
            "(* SCENE: 12A or * FROM CLIP NAME)"
        )
    # A reel's timecode conventionally starts at 01:00:00:00, and the film may start a few frames later.
    zero = min(hours)
    times: list[SceneTime] = []
    for start, end, scene in scenes:
        last = times[-1] if times else None
        if last is not None and last.scene_number == scene:
            times[-1] = SceneTime(scene, None, last.start, max(end - zero, last.end or 0.0))
        else:
            times.append(SceneTime(scene, None, start - zero, end - zero))
    return times


def _timecode_to_seconds(code: str, rate: Fraction, where: str) -> float:
    """Seconds since timecode 00:00:00:00; an invalid timecode usually indicates a different frame rate."""
    try:
        timecode = TimecodeFormat(rate, drop_frame=code[8] == ";")
        return timecode.frame_to_seconds(timecode.timecode_to_frame(code))
    except ValueError as error:
        raise SettingError(
            "timecode-rate",
            "{where}: {problem}; set {frame_rate} to the frame rate of the EDL",
            where=where,
            problem=error,
        ) from None


def read_shot_changes(path: Path | str) -> tuple[float, ...]:
    """Read a list of shot changes: one time per line, in seconds or [h:]m:s.

    Args:
        path: a text file.

    Returns:
        Film times in seconds, ascending.

    Raises:
        MoviemotionError: the file is missing or empty, or a line is not a valid time.
    """
    path = Path(path)
    lines = enumerate(read_text(path, "list of shot changes", "plain text (.txt)").splitlines(), 1)
    times = [parse_seconds(line.strip(), "the shot change", f"{path}, line {n}") for n, line in lines]
    shots = [time for time in times if time is not None]
    if not shots:
        raise MoviemotionError(f"{path}: contains no shot changes; give one time per line")
    return tuple(sorted(shots))
