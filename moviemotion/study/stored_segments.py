"""The participants and segments of a study on disk: `participants.json` and `segments.json`.

No function takes a lock; whoever writes holds that of the database (`privacy.study_database`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.segments.participants import NO_PARTICIPANTS, ColumnKind, Participants
from moviemotion.analysis.segments.segment import Segment, members_of
from moviemotion.analysis.segments.segment_analysis import SegmentAnalysis, analyze_segments, moment_carriers
from moviemotion.errors import MoviemotionError
from moviemotion.study.file_names import PARTICIPANTS_FILE, SEGMENTS_FILE
from moviemotion.study.participant_table import VIEWER
from moviemotion.study.schema import DECODING_ERRORS, PARTICIPANTS, SEGMENTS, read_user_file, write_json

MAX_SEGMENTS = 100


def read_participants(folder: Path) -> Participants:
    """The participants of a study; nobody if none were given.

    Raises:
        MoviemotionError: the file is damaged, or was written by a newer version of the program.
    """
    content = read_user_file(folder, PARTICIPANTS_FILE, PARTICIPANTS)
    if content is None:
        return NO_PARTICIPANTS
    try:
        columns = {str(name): ColumnKind(kind) for name, kind in content["columns"].items()}
        records = {
            record[VIEWER]: {name: record[name] for name in columns if name in record}
            for record in content["participants"]
        }
    except DECODING_ERRORS as error:
        raise MoviemotionError(
            f"{folder / PARTICIPANTS_FILE}: damaged; give the participants again, or delete the file"
        ) from error
    return Participants(columns, records)


def write_participants(folder: Path, participants: Participants) -> None:
    """Replace the participants of a study. They are sorted, because their order could reveal the seats."""
    records = [{VIEWER: viewer, **own} for viewer, own in sorted(participants.attributes.items())]
    content = {"columns": dict(participants.columns), "participants": records}
    write_json(folder / PARTICIPANTS_FILE, PARTICIPANTS, content, indent=1)


def read_segments(folder: Path) -> tuple[Segment, ...]:
    """The segments of a study, in the order in which they were saved.

    Raises:
        MoviemotionError: the file is damaged, or was written by a newer version of the program.
    """
    content = read_user_file(folder, SEGMENTS_FILE, SEGMENTS)
    try:
        return tuple(
            Segment(str(record["name"]), str(record.get("rule", "")), tuple(record.get("viewers", ())))
            for record in (content["segments"] if content else ())
        )
    except DECODING_ERRORS as error:
        raise MoviemotionError(
            f"{folder / SEGMENTS_FILE}: damaged; restore it from a backup or delete it"
        ) from error


def write_segments(folder: Path, segments: Sequence[Segment]) -> None:
    """Replace the segments of a study.

    Raises:
        MoviemotionError: there are more than `MAX_SEGMENTS`.
    """
    if len(segments) > MAX_SEGMENTS:
        raise MoviemotionError(
            f"{folder / SEGMENTS_FILE}: already has the maximum of {MAX_SEGMENTS} segments; delete some first"
        )
    records = [
        {"name": each.name, **({"rule": each.rule} if each.rule else {"viewers": list(each.chosen)})}
        for each in segments
    ]
    write_json(folder / SEGMENTS_FILE, SEGMENTS, {"segments": records}, indent=1)


def with_segments(before: Sequence[Segment], added: Sequence[Segment]) -> tuple[Segment, ...]:
    """Add segments to others, replacing those of the same names in their places."""
    by_name = {segment.name: segment for segment in (*before, *added)}
    return tuple(by_name.values())


def segment_members(folder: Path, audience: Sequence[str]) -> dict[Segment, tuple[str, ...]]:
    """The viewers of each segment of a study, limited to the given viewers.

    Raises:
        MoviemotionError: a file is damaged, or was written by a newer version of the program.
    """
    segments = read_segments(folder)
    return members_of(segments, read_participants(folder), audience) if segments else {}


def with_carriers(folder: Path, analysis: Analysis) -> Analysis:
    """Add to the analysis of a study which of its segments carry each moment."""
    members = segment_members(folder, analysis.timeline.viewers)
    return replace(analysis, moment_carriers=moment_carriers(analysis, members))


def analyze_study_segments(folder: Path, analysis: Analysis) -> tuple[SegmentAnalysis, ...]:
    """Analyze each segment of a study that has viewers; see `analyze_segments`."""
    return analyze_segments(analysis, segment_members(folder, analysis.timeline.viewers))
