"""Random ids in place of what a study is screened with: the names of cameras' files, and so of seats.

`moviemotion screen` names viewers after their cameras. `settle` gives every camera and viewer of a finished
study a random id, sorts by it (their order would tell the seats), and tells the study again. Which seat a
viewer sat in is then in `study.db` only, in a row that erasure destroys. In a study whose seats were asked,
samples of nobody who accepted are left out here, whatever the camera saw.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import numpy as np

from moviemotion.audience.samples import Samples
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import study_database as registers
from moviemotion.privacy.audit_log import Role
from moviemotion.privacy.consent import WATCHED, Seat, State, new_viewer, seats_in
from moviemotion.privacy.retention import dates
from moviemotion.privacy.study_database import Register, alone, is_governed, opened
from moviemotion.privacy.viewer_samples import renamed
from moviemotion.study.folder import CAPTURED, EXPORTS, GROUPS, JOURNAL, NOTES, UPLOADS, Study, making
from moviemotion.study.outputs import REPORTS, VIEWERS_RESULTS, write_results
from moviemotion.study.provenance import TOLD, load_analysis

NAMING = (*CAPTURED, NOTES, GROUPS)
"""Files that may name a viewer or a camera among other things, which stay when that viewer is erased."""


def settle(folder: Path, now: datetime | None = None) -> None:
    """Give every camera and viewer of a finished study a random id; does nothing where they have one.

    A study that was screened without a register gets one, with the usual dates. An interrupted `settle` is
    gone on with. Exports made before name the viewers by seat, and are deleted; so are the recordings in
    `uploads`, which have been measured.

    Raises:
        MoviemotionError: the folder holds no finished study.
    """
    with alone(folder), making(folder):
        _settle(folder, now)


def _settle(folder: Path, now: datetime | None) -> None:
    study = Study.reopen(folder)
    if not is_finished(folder):
        raise MoviemotionError(f"{folder}: is not finished; run the command that makes it to its end first")
    if not is_governed(folder):
        registers.create(folder, None, dates({}, now), now)
    with opened(folder) as register:
        known = dict(register.db.execute("SELECT name, id FROM cameras"))
        if not register.fact("settling") and set(study.cameras) <= set(known.values()):
            return
        with register.writing():
            register.set_fact("settling", "begun")
            for camera in set(study.cameras) - set(known) - set(known.values()):
                known[camera] = f"c-{secrets.token_hex(6)}"
                register.db.execute("INSERT INTO cameras VALUES (?, ?)", (camera, known[camera]))
            names = {
                camera: _viewers(register, camera, samples)
                for camera in study.cameras
                if camera in known and (samples := study.samples(camera))
            }
        # In this order an interrupted run finds all that it needs: the old samples go last.
        _name_in_texts(study, known, names)
        for camera, of_camera in names.items():
            samples = study.samples(camera)
            assert samples is not None
            renamed(samples, of_camera).write(study.samples_path(known[camera]))
            study.samples_path(camera).unlink()
        cameras = sorted(known.get(camera, camera) for camera in study.cameras)
        # Without its fingerprint no camera's file can be told any more.
        study.remake({**study.made_from, "cameras": {c: {} for c in cameras}, "register": register.study_id})
        if (folder / UPLOADS).is_dir():
            shutil.rmtree(folder / UPLOADS)
        tell_again(folder)
        with register.writing():
            register.set_fact("settling", None)
            viewers = sum(map(len, names.values()))
            register.log(Role.SYSTEM, "named at random", {"viewers": viewers}, now)


def is_finished(folder: Path) -> bool:
    """Whether a study has been told, and nothing is being added to it."""
    return (folder / TOLD).is_file() and not (folder / JOURNAL).is_dir()


def tell_again(folder: Path) -> None:
    """Make the results of a study again from its samples; without a viewer there are none.

    What was exported before is deleted: it counts whoever was there then.
    """
    study = Study.reopen(folder)
    if (folder / EXPORTS).is_dir():
        shutil.rmtree(folder / EXPORTS)
    seen = any(samples.viewers for camera in study.cameras if (samples := study.samples(camera)))
    analysis = load_analysis(folder) if seen else None
    # The old results go first, also where the disk is too full for the new ones.
    for name in (*VIEWERS_RESULTS, *REPORTS):
        (folder / name).unlink(missing_ok=True)
    if analysis:
        write_results(study, analysis)


def _viewers(register: Register, camera: str, samples: Samples) -> dict[int, str]:
    """Index into the viewers of a camera → random id, for those whose samples may be kept."""
    seats = seats_in(register)
    if seats:
        return _seated([seat for seat in seats if seat.camera == camera], samples)
    known = {seat: viewer for viewer, seat in register.db.execute("SELECT id, seat FROM viewers")}
    return {
        index: known.get(name) or new_viewer(register, name, State.UNRECORDED)
        for index, name in enumerate(samples.viewers)
    }


def _seated(seats: list[Seat], samples: Samples) -> dict[int, str]:
    """Who sits where: of the faces that stayed in a seat's region, the one that was seen most."""
    seen = np.bincount(samples.viewer, minlength=len(samples.viewers))
    result = {}
    for seat in seats:
        if seat.viewer is None or seat.state not in WATCHED:
            continue
        here = [
            index
            for index in range(len(samples.viewers))
            if seat.region is None or _sits(seat, samples, index)
        ]
        here = [index for index in here if index not in result]
        if here:
            result[max(here, key=lambda index: int(seen[index]))] = seat.viewer
    return result


def _sits(seat: Seat, samples: Samples, viewer: int) -> bool:
    box = samples.box[samples.viewer == viewer]
    x, y = (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
    return (
        len(box) > 0
        and seat.region is not None
        and seat.region.holds(float(np.median(x)), float(np.median(y)))
    )


def _name_in_texts(study: Study, known: Mapping[str, str], names: Mapping[str, Mapping[int, str]]) -> None:
    """Use the ids in told.json's notes and in what a live capture tells of its cameras."""
    words = dict(known)
    for camera, of_camera in names.items():
        samples = study.samples(camera)
        for index, viewer in enumerate(samples.viewers if samples else ()):
            if viewer != camera or index in of_camera:
                words[viewer] = of_camera.get(index, "a viewer")
    told = json.loads((study.folder / TOLD).read_text(encoding="utf-8"))
    told["problems"] = [in_words(problem, words) for problem in told["problems"]]
    study.write(TOLD, [json.dumps(told, ensure_ascii=False, allow_nan=False), "\n"])
    for name in NAMING:
        if (path := study.folder / name).is_file():
            study.write(name, [in_words(path.read_text(encoding="utf-8"), words)])


def in_words(text: str, names: Mapping[str, str]) -> str:
    """A text in which names, and the paths of files that have them, are replaced."""
    for name in sorted(names, key=len, reverse=True):
        # Cameras whose files have one name are called folder-file.
        file = re.escape(name).replace(r"\-", "[-/]") + r"(?:\.\w{1,5})?"
        text = re.sub(rf"^(?:.*/)?{file}(?=: )", names[name], text)
        text = re.sub(rf"(?<![\w-]){file}(?![\w-])", names[name], text)
    return text
