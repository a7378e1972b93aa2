"""Participants and segments of a study: saved under random IDs once the viewers have them.

A list of participants names seats or viewers. It is matched with the viewers of the study here, so that only
the attributes of people who were seen, and who consented if they were asked, are stored. The list itself
stays outside of the study.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from moviemotion.analysis.segments.participants import Participants
from moviemotion.analysis.segments.segment import Segment, checked_segments, quadrants
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.consent import list_seats
from moviemotion.privacy.pseudonymize import match_viewers_to_seats
from moviemotion.privacy.roles import Role
from moviemotion.privacy.study_database import database_lock, has_database, open_database
from moviemotion.study.folder import StudyFolder
from moviemotion.study.manifest import STUDY_ID_KEY
from moviemotion.study.participant_table import ParticipantTable
from moviemotion.study.stored_segments import (
    read_participants,
    read_segments,
    with_segments,
    write_participants,
    write_segments,
)
from moviemotion.study.table_cells import listed


def check_participants(folder: Path, table: ParticipantTable, cameras: Collection[str]) -> None:
    """Check a list of participants before a screening, when it is not known yet who will be seen.

    Raises:
        MoviemotionError: a seat or viewer can be in none of the recordings.
    """
    seats = [seat.label for seat in list_seats(folder)] if table.by_seat and has_database(folder) else []
    for name, location in table.locations.items():
        if name not in seats and (seats or not _is_of_camera(name, cameras)):
            what = "seat" if table.by_seat else "viewer"
            raise MoviemotionError(
                f"{location}: there is no {what} {name}; choose from {listed(seats or cameras)}"
            )


def match_participants(study: StudyFolder, table: ParticipantTable) -> Participants:
    """Match a list of participants with the viewers of a study, without storing anything.

    Raises:
        MoviemotionError: a seat or viewer is unknown, or two lines are about one viewer.
    """
    return table.named(_viewers_by_name(study, table))


def save_participants(study: StudyFolder, table: ParticipantTable, now: datetime | None = None) -> None:
    """Store the attributes of the viewers of a study, instead of any that were stored before.

    Raises:
        MoviemotionError: as for `match_participants`; nothing is stored.
    """
    with database_lock(study.folder):
        participants = match_participants(study, table)
        write_participants(study.folder, participants)
        if has_database(study.folder):
            with open_database(study.folder) as database, database.transaction():
                details = {"participants": len(participants.attributes)}
                database.log(Role.RESEARCHER, "participants added", details, now)


def save_segments(
    folder: Path, audience: Sequence[str], added: Sequence[Segment], add_quadrants: bool = False
) -> None:
    """Add segments to those of a study, replacing segments of the same names.

    Args:
        folder: the study folder.
        audience: the viewers in the study.
        added: the segments to add.
        add_quadrants: whether to add the film industry's four quadrants.

    Raises:
        MoviemotionError: a rule does not fit the study's participants or applies to nobody, or there are too
            many segments. Nothing is stored.
    """
    with database_lock(folder):
        participants = read_participants(folder)
        checked_segments(added, participants, audience)
        # Not every screening has somebody in every quadrant.
        every = (*added, *(quadrants(participants) if add_quadrants else ()))
        if every:
            write_segments(folder, with_segments(read_segments(folder), every))


def delete_segment(folder: Path, name: str) -> None:
    """Delete a segment.

    Raises:
        MoviemotionError: there is no such segment.
    """
    with database_lock(folder):
        before = read_segments(folder)
        if name not in {segment.name for segment in before}:
            raise MoviemotionError(f"segment {name}: does not exist; it may have been deleted")
        write_segments(folder, [segment for segment in before if segment.name != name])


def _viewers_by_name(study: StudyFolder, table: ParticipantTable) -> Mapping[str, str | None]:
    """Viewer or seat → viewer, or None for somebody of whom nothing may be stored."""
    samples = {camera: read for camera in study.cameras if (read := study.read_samples(camera))}
    seen = [viewer for read in samples.values() for viewer in read.viewers]
    asks_consent = has_database(study.folder)
    if STUDY_ID_KEY in study.manifest:
        with open_database(study.folder) as database:
            rows = database.connection.execute("SELECT seat, id FROM viewers").fetchall()
        by_seat = {seat: viewer if viewer in seen else None for seat, viewer in rows}
        unasked = {seat.label: None for seat in list_seats(study.folder)}
        return {**unasked, **by_seat} if table.by_seat else {**by_seat, **{viewer: viewer for viewer in seen}}
    seats = list_seats(study.folder) if asks_consent else ()
    if table.by_seat and seats:
        found: dict[str, str | None] = {seat.label: None for seat in seats}
        label = {seat.viewer: seat.label for seat in seats}
        for camera, read in samples.items():
            of_camera = [seat for seat in seats if seat.camera == camera]
            for index, viewer in match_viewers_to_seats(of_camera, read).items():
                found[label[viewer]] = read.viewers[index]
        return found
    unseen = {camera for camera in study.cameras if camera not in samples or not samples[camera].viewers}
    not_seen = (name for name in table.locations if _is_of_camera(name, unseen))
    return {**dict.fromkeys(not_seen), **{viewer: viewer for viewer in seen}}


def _is_of_camera(name: str, cameras: Collection[str]) -> bool:
    """Whether a viewer of one of the cameras may have this name."""
    return bool({name, re.sub(r"-\d+$", "", name)} & set(cameras))
