"""Pseudonyms: random IDs replace the names of recordings, which often contain seat labels.

`moviemotion screen` names viewers after their cameras. `pseudonymize_study` gives every camera and viewer of
a finished study a random ID and rebuilds the outputs. Cameras and viewers are sorted by ID, because their
original order would reveal the seats. After that, only `study.db` links a viewer to a seat, in a row that
erasure deletes. If participants were asked for consent, the samples of everyone who did not accept are also
removed here, regardless of what the camera showed.

A pseudonymized seat map contains only what the analysis needs: which viewers sat in the same row, and how far
apart, but not in which row or on which seats.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

from moviemotion.analysis.signals.seat_map import Place
from moviemotion.audience.samples import Samples
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import study_database
from moviemotion.privacy.consent import RETAINED_STATES, ConsentState, Seat, add_viewer, seats_in_database
from moviemotion.privacy.erased_viewers import erased_among
from moviemotion.privacy.releases import mark_as_shown
from moviemotion.privacy.retention import deletion_dates
from moviemotion.privacy.roles import Role
from moviemotion.privacy.study_database import StudyDatabase, database_lock, has_database, open_database
from moviemotion.privacy.viewer_samples import rename_viewers
from moviemotion.study.file_names import (
    AUDIENCE_OUTPUTS,
    CAPTURE_REPORTS,
    EARLIER_SEGMENTS_FILE,
    EXPORTS_FOLDER,
    JOURNAL_FOLDER,
    NOTES_FILE,
    PARTICIPANTS_FILE,
    PROVENANCE_FILE,
    SEGMENTS_FILE,
    UPLOADS_FOLDER,
    VIEWER_OUTPUTS,
)
from moviemotion.study.folder import StudyFolder, study_lock
from moviemotion.study.outputs import write_outputs
from moviemotion.study.provenance import has_provenance, load_analysis, places_from_json, places_json
from moviemotion.study.schema import PROVENANCE, write_json
from moviemotion.study.stored_segments import (
    read_participants,
    read_segments,
    segment_members,
    write_participants,
    write_segments,
)

_TEXTS_WITH_NAMES = (*CAPTURE_REPORTS, NOTES_FILE)
FILES_WITH_NAMES = (*_TEXTS_WITH_NAMES, PARTICIPANTS_FILE, SEGMENTS_FILE, EARLIER_SEGMENTS_FILE)
"""Files that may name viewers and cameras; erasing a viewer removes the name but keeps the file."""
MAX_EMPTY_SEATS = 2
"""Longest stretch of empty seats in a pseudonymized seat map; the analysis treats longer ones alike."""


def pseudonymize_study(folder: Path, now: datetime | None = None) -> None:
    """Give every camera and viewer of a finished study a random ID, unless it already has one.

    A study that was screened without a database gets one with the default retention. If a call is
    interrupted, the next call completes it. Earlier exports are deleted because they name viewers by seat.
    The recordings in `uploads` are deleted because they have already been measured.

    Raises:
        MoviemotionError: the folder does not contain a finished study.
    """
    with database_lock(folder), study_lock(folder):
        _pseudonymize_study(folder, now)


def _pseudonymize_study(folder: Path, now: datetime | None) -> None:
    study = StudyFolder.open_existing(folder)
    if not is_finished(folder):
        raise MoviemotionError(
            f"{folder}: the study is not finished; first complete the command that creates it"
        )
    if not has_database(folder):
        study_database.create_database(folder, None, deletion_dates({}, now), now)
    with open_database(folder) as database:
        known = dict(database.connection.execute("SELECT name, id FROM cameras"))
        if not database.get_metadata("settling") and set(study.cameras) <= set(known.values()):
            return
        with database.transaction():
            database.set_metadata("settling", "begun")
            for camera in set(study.cameras) - set(known) - set(known.values()):
                known[camera] = f"c-{secrets.token_hex(6)}"
                database.connection.execute("INSERT INTO cameras VALUES (?, ?)", (camera, known[camera]))
            names = {
                camera: _assign_viewer_ids(database, camera, samples)
                for camera in study.cameras
                if camera in known and (samples := study.read_samples(camera))
            }
        # The old samples are deleted last, so that an interrupted call can be resumed.
        _replace_names_in_files(study, known, names)
        for camera, of_camera in names.items():
            samples = study.read_samples(camera)
            assert samples is not None
            rename_viewers(samples, of_camera).write(study.samples_path(known[camera]))
            study.samples_path(camera).unlink()
        cameras = sorted(known.get(camera, camera) for camera in study.cameras)
        # Once the fingerprints are removed, recordings can no longer be linked to cameras.
        study.write_manifest(
            {**study.manifest, "cameras": {c: {} for c in cameras}, "study_id": database.study_id}
        )
        if (folder / UPLOADS_FOLDER).is_dir():
            shutil.rmtree(folder / UPLOADS_FOLDER)
        rebuild_outputs(folder)
        with database.transaction():
            database.set_metadata("settling", None)
            if database.terms is None:  # until now, the study could be shown without a record of it
                mark_as_shown(database, _stored_segments(folder))
            viewers = sum(map(len, names.values()))
            database.log(Role.SYSTEM, "named at random", {"viewers": viewers}, now)


def _stored_segments(folder: Path) -> dict[str, tuple[str, ...]]:
    """The viewers of each segment; nothing if a file is damaged, which is reported when somebody opens it."""
    try:
        chosen = [viewer for segment in read_segments(folder) for viewer in segment.chosen]
        audience = dict.fromkeys([*read_participants(folder).attributes, *chosen])
        members = segment_members(folder, list(audience))
    except MoviemotionError:
        return {}
    return {segment.name: viewers for segment, viewers in members.items()}


def is_finished(folder: Path) -> bool:
    """Whether a study has outputs and no live capture is in progress."""
    return has_provenance(folder) and not (folder / JOURNAL_FOLDER).is_dir()


def rebuild_outputs(folder: Path) -> None:
    """Rebuild a study's outputs from its samples; if no viewers remain, there are no outputs.

    Earlier exports are deleted because they include viewers who have since been removed.
    """
    study = StudyFolder.open_existing(folder)
    if (folder / EXPORTS_FOLDER).is_dir():
        shutil.rmtree(folder / EXPORTS_FOLDER)
    seen = any(samples.viewers for camera in study.cameras if (samples := study.read_samples(camera)))
    analysis = load_analysis(folder) if seen else None
    # Delete the old outputs first, so that they are gone even if the disk is too full for new ones.
    for name in (*VIEWER_OUTPUTS, *AUDIENCE_OUTPUTS):
        (folder / name).unlink(missing_ok=True)
    if analysis:
        write_outputs(study, analysis)


def _assign_viewer_ids(database: StudyDatabase, camera: str, samples: Samples) -> dict[int, str]:
    """Assign a random ID to each viewer of a camera whose samples may be stored: viewer index → ID."""
    seats = seats_in_database(database)
    if seats:
        return match_viewers_to_seats([seat for seat in seats if seat.camera == camera], samples)
    known = {seat: viewer for viewer, seat in database.connection.execute("SELECT id, seat FROM viewers")}
    erased = erased_among(database, samples.viewers)
    return {
        index: known.get(name) or add_viewer(database, name, ConsentState.UNRECORDED)
        for index, name in enumerate(samples.viewers)
        if name not in erased  # restored from a backup
    }


def match_viewers_to_seats(seats: Sequence[Seat], samples: Samples) -> dict[int, str]:
    """Match each seat to the viewer with the most samples among the faces that stayed in its region.

    Returns:
        Index into `samples.viewers` → random ID of the participant, if their data may be stored.
    """
    seen = np.bincount(samples.viewer, minlength=len(samples.viewers))
    result = {}
    for seat in seats:
        if seat.viewer is None or seat.state not in RETAINED_STATES:
            continue
        here = [
            index
            for index in range(len(samples.viewers))
            if seat.region is None or _is_in_seat_region(seat, samples, index)
        ]
        here = [index for index in here if index not in result]
        if here:
            result[max(here, key=lambda index: int(seen[index]))] = seat.viewer
    return result


def _is_in_seat_region(seat: Seat, samples: Samples, viewer: int) -> bool:
    box = samples.box[samples.viewer == viewer]
    x, y = (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
    return (
        len(box) > 0
        and seat.region is not None
        and seat.region.contains(float(np.median(x)), float(np.median(y)))
    )


def _replace_names_in_files(
    study: StudyFolder, camera_ids: Mapping[str, str], viewer_ids: Mapping[str, Mapping[int, str]]
) -> None:
    """Replace names in the problems listed in provenance.json, and in other files that may contain names."""
    words = dict(camera_ids)
    ids: dict[str, str | None] = {}
    for camera, of_camera in viewer_ids.items():
        samples = study.read_samples(camera)
        for index, viewer in enumerate(samples.viewers if samples else ()):
            ids[viewer] = of_camera.get(index)
            if viewer != camera or index in of_camera:
                words[viewer] = of_camera.get(index, "a viewer")
    content = PROVENANCE.read_json(study.folder / PROVENANCE_FILE)
    for problem in content["problems"]:
        for part in ("subject", "text"):
            problem[part] = replace_names(problem[part], words)
    if content["seats"]:
        places = places_from_json(content["seats"])
        renamed = {ids.get(viewer, viewer): place for viewer, place in places.items()}
        content["seats"] = places_json(
            anonymous_places({viewer: place for viewer, place in renamed.items() if viewer is not None})
        )
    write_json(study.folder / PROVENANCE_FILE, PROVENANCE, content)
    damaged = _rename_participants(study.folder, ids)
    for name in (*_TEXTS_WITH_NAMES, *damaged):
        if (path := study.folder / name).is_file():
            text = path.read_text(encoding="utf-8", errors="surrogateescape")  # it may be damaged
            replaced = replace_names(text, words)
            study.write_bytes(name, [replaced.encode("utf-8", errors="surrogateescape")])


def _rename_participants(folder: Path, ids: Mapping[str, str | None]) -> tuple[str, ...]:
    """Rename the viewers in the participants and segments; an attribute may be the same text as a name.

    Args:
        folder: the study folder.
        ids: viewer → random ID; None for a viewer who may not be stored.

    Returns:
        The damaged files, in which names can only be replaced as text.
    """

    def renamed(viewers: Iterable[str]) -> Iterator[str]:
        return (new for viewer in viewers if (new := ids.get(viewer, viewer)) is not None)

    damaged = []
    try:
        people = read_participants(folder)
        kept = {new: own for old, own in people.attributes.items() for new in renamed([old])}
        if kept:
            write_participants(folder, replace(people, attributes=kept))
    except MoviemotionError:
        damaged.append(PARTICIPANTS_FILE)
    try:
        segments = read_segments(folder)
        if segments:
            write_segments(
                folder, [replace(segment, chosen=tuple(renamed(segment.chosen))) for segment in segments]
            )
    except MoviemotionError:
        damaged += [SEGMENTS_FILE, EARLIER_SEGMENTS_FILE]
    return tuple(damaged)


def anonymous_places(places: Mapping[str, Place]) -> dict[str, Place]:
    """Replace viewers' places so that they reveal only who sat in the same row, and how far apart.

    Rows are numbered at random and possibly mirrored, seats are counted from 1, and stretches of empty seats
    are shortened to `MAX_EMPTY_SEATS`.

    Args:
        places: random ID of each viewer → place.
    """
    random = secrets.SystemRandom()
    rows: dict[str, list[tuple[int, str]]] = {}
    for viewer, place in places.items():
        rows.setdefault(place.row, []).append((place.seat, viewer))
    anonymous = {}
    for number, row in enumerate(random.sample(list(rows.values()), len(rows)), 1):
        in_order = sorted(row, reverse=random.random() < 0.5)
        position, last = 1, in_order[0][0]
        for seat, viewer in in_order:
            position += min(abs(seat - last), MAX_EMPTY_SEATS + 1)
            anonymous[viewer], last = Place(str(number), position), seat
    return dict(sorted(anonymous.items()))


def replace_names(text: str, names: Mapping[str, str]) -> str:
    """Replace names, and file paths that contain them, in a text; a path may be all of it."""
    for name in sorted(names, key=len, reverse=True):
        # Cameras whose files have the same name are called folder-file.
        file = re.escape(name).replace(r"\-", "[-/]") + r"(?:\.\w{1,5})?"
        text = re.sub(rf"^(?:.*/)?{file}(?=: |$)", names[name], text)
        text = re.sub(rf"(?<![\w-]){file}(?![\w-])", names[name], text)
    return text
