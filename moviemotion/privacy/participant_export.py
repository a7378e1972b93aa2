"""Right of access: export all of a participant's data as a ZIP file to hand over to that participant."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from itertools import zip_longest
from pathlib import Path

import numpy as np

from moviemotion._io.atomic_files import atomic_write
from moviemotion.analysis.signals.attention_states import ATTENTION_STATES
from moviemotion.analysis.signals.timeline import PEAK_COLUMNS
from moviemotion.audience.faces.quality import REJECTION_REASONS
from moviemotion.audience.samples import Samples
from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS
from moviemotion.errors import SettingError
from moviemotion.privacy import audit_log, encrypted_pictures, retention
from moviemotion.privacy.consent import audit_subject
from moviemotion.privacy.pseudonymize import is_finished, pseudonymize_study
from moviemotion.privacy.roles import Role
from moviemotion.privacy.study_database import StudyDatabase, database_lock, open_database
from moviemotion.privacy.viewer_samples import viewer_rows
from moviemotion.study.folder import StudyFolder
from moviemotion.study.provenance import load_analysis, read_provenance
from moviemotion.study.stored_segments import read_participants

README_TEXT = """The data about you in this study.

viewer.json      your random ID, your seat, your place in the seat map (without the names of rows, which are
                 not kept), what is known about you beside your face (such as your age), your answers, when
                 each kind of data is deleted, and what was done with your data
samples.csv      each measurement of your face: film time in seconds, emotion probabilities, quality weight
                 (0 to 1), the reason if it was rejected, the direction of your head in degrees (yaw, pitch),
                 and how far your face was from its usual place, in face sizes
seconds.csv      the emotion probabilities in each second of the film, the strength of each emotion above
                 your baseline, and whether you faced the screen
disclosures/     the texts that you read before you answered
pictures/        pictures of you, if any were stored
"""


def export_viewer(
    folder: Path,
    viewer: str,
    out: Path,
    role: Role = Role.PRIVACY_OFFICER,
    now: datetime | None = None,
) -> Path:
    """Write all of a study's data about a participant to a ZIP file.

    Args:
        folder: the study folder.
        viewer: the participant's random ID.
        out: the ZIP file to write; must be outside the study folder.
        role: the role of the person who requests the export.
        now: defaults to the current time.

    Returns:
        `out`.

    Raises:
        MoviemotionError: no data about the participant is stored, or `out` cannot be written.
    """
    if out.resolve().is_relative_to(folder.resolve()):
        raise SettingError("out-in-study", "{path}: inside the study folder; choose another {out}", path=out)
    with database_lock(folder):  # so that the participant is not erased in the meantime
        return _export(folder, viewer, out, role, now)


def _export(folder: Path, viewer: str, out: Path, role: Role, now: datetime | None) -> Path:
    if is_finished(folder):
        pseudonymize_study(folder, now)
    with open_database(folder) as database:
        subject = audit_subject(database, viewer)
        held = _participant_record(folder, database, viewer, subject)
        disclosures = database.connection.execute(
            """SELECT DISTINCT version, text FROM disclosures JOIN consents ON version = disclosure
               WHERE viewer = ?""",
            (viewer,),
        ).fetchall()
        files = database.connection.execute(
            "SELECT file, time FROM pictures WHERE viewer = ?", (viewer,)
        ).fetchall()
    try:
        with atomic_write(out) as partial:
            partial.write_bytes(_zip_bytes(folder, viewer, held, disclosures, files))
    except OSError as error:
        raise SettingError(
            "not-written",
            "{path}: cannot be written ({reason}); choose another {out}",
            path=out,
            reason=error.strerror,
        ) from error
    with open_database(folder) as database, database.transaction():
        database.log(role, "exported", {"subject": subject}, now)
    return out


def _zip_bytes(
    folder: Path,
    viewer: str,
    held: dict[str, object],
    disclosures: list[tuple[str, str]],
    files: list[tuple[str, float]],
) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README_TEXT)
        archive.writestr("viewer.json", json.dumps(held, indent=2, ensure_ascii=False) + "\n")
        for version, text in disclosures:
            archive.writestr(f"disclosures/{version}.txt", text)
        for number, (name, _) in enumerate(files, 1):
            archive.writestr(f"pictures/{number}.png", encrypted_pictures.decrypt_picture(folder, name))
        if is_finished(folder):
            archive.writestr("samples.csv", _samples_csv(folder, viewer))
            archive.writestr("seconds.csv", _seconds_csv(folder, viewer))
    return content.getvalue()


def _participant_record(
    folder: Path, database: StudyDatabase, viewer: str, subject: str
) -> dict[str, object]:
    query = "SELECT seat, state FROM viewers WHERE id = ?"
    seat, state = database.connection.execute(query, (viewer,)).fetchone()
    answers = database.connection.execute(
        "SELECT state, time, disclosure FROM consents WHERE viewer = ? ORDER BY time", (viewer,)
    )
    places = (read_provenance(folder).seats if is_finished(folder) else None) or {}
    return {
        "viewer": viewer,
        "seat": seat,
        "seat_map": asdict(places[viewer]) if viewer in places else None,
        "attributes": dict(read_participants(folder).attributes.get(viewer, {})),
        "state": state,
        "answers": [dict(zip(("answer", "time", "disclosure"), row, strict=True)) for row in answers],
        "kept_until": {held.kind: held.until.isoformat() for held in retention.stored_data(folder)},
        "log": [
            {"time": entry.time, "by": entry.role, "what": entry.action}
            for entry in audit_log.read_entries(database.connection)
            if json.loads(entry.details).get("subject") == subject
        ],
    }


def _samples_csv(folder: Path, viewer: str) -> str:
    study = StudyFolder.open_existing(folder)
    rows: list[list[object]] = []
    for camera in study.cameras:
        samples = study.read_samples(camera)
        if samples and viewer in samples.viewers:
            rows += _sample_rows(samples, samples.viewers.index(viewer))
    return _csv_text(["seconds", *EMOTIONS, "weight", "refused", "yaw", "pitch", "displacement"], rows)


def _sample_rows(samples: Samples, viewer: int) -> list[list[object]]:
    mine = viewer_rows(samples, viewer)
    columns = zip(
        samples.time[mine].tolist(),
        samples.emotions[mine].tolist(),
        samples.weight[mine].tolist(),
        samples.rejection_reason[mine].tolist(),
        np.column_stack([samples.pose, samples.displacement])[mine].tolist(),
        strict=True,
    )
    return [
        [
            f"{time:.3f}",
            *(f"{p:.6f}" for p in emotions),
            f"{weight:.3f}",
            REJECTION_REASONS[why] if why else "",
            *("" if np.isnan(value) else f"{value:.2f}" for value in pose),
        ]
        for time, emotions, weight, why, pose in columns
    ]


def _seconds_csv(folder: Path, viewer: str) -> str:
    analysis = load_analysis(folder)
    strengths = (f"{emotion} strength" for emotion in NON_NEUTRAL_EMOTIONS)
    header = ["second", *EMOTIONS, *PEAK_COLUMNS, *strengths, "attention"]
    if viewer not in analysis.timeline.viewers:
        return _csv_text(header, [])
    index = analysis.timeline.viewers.index(viewer)
    own = analysis.timeline.of_viewers([index])
    figures = np.hstack([own.probabilities[0], own.at_peak()[0, :, 1:], analysis.strength[index]])
    states = [] if own.attention is None else [ATTENTION_STATES[code] for code in own.attention[0].tolist()]
    return _csv_text(
        header,
        (
            [second, *("" if np.isnan(value) else f"{value:.4f}" for value in row), state]
            for (second, row), state in zip_longest(enumerate(figures.tolist(), own.start), states)
        ),
    )


def _csv_text(header: list[str], rows: Iterable[list[object]]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(header)
    table.writerows(rows)
    return text.getvalue()
