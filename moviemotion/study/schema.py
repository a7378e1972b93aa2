"""Schemas of the files in a study folder: their names, versions and migrations.

Files of any version up to the current one can be read. A study that is opened for writing is first migrated
on disk, under the study lock. Each file is replaced atomically, with `study.json` last, so that an
interrupted migration is completed the next time. If any file has a newer version, the migration stops before
anything is changed.

To change a file format, increment its version here and add a migration from the previous version. Also
increment the version of `STUDY`, which determines whether a study needs migration at all, and describe the
change in `docs/reference/file-formats.md`. The studies in `tests/study/golden` were made
with earlier versions and are used to test the migrations.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from moviemotion._io.atomic_files import atomic_write_text
from moviemotion._io.schemas import FileSchema, NewerVersionError
from moviemotion.audience.samples import SAMPLES, Samples, samples_version
from moviemotion.errors import MoviemotionError
from moviemotion.study.file_names import (
    CAPTURE_FILE,
    EARLIER_PROVENANCE_FILE,
    EARLIER_SEGMENTS_FILE,
    NOTES_FILE,
    PARTICIPANTS_FILE,
    PROVENANCE_FILE,
    SAMPLES_FOLDER,
    SAMPLES_SUFFIX,
    SCREENING_STATE_FILE,
    SEGMENTS_FILE,
    STUDY_FILE,
    UPLOADS_FOLDER,
)

_STUDY_KEYS = {"reader": "emotion_model", "register": "study_id"}
_MODEL_OF_0_1_0 = {"2821012-f505fb40fb41b000": "166927117759bfd0"}
"""Fingerprint of the emotion model in 0.1.0 → current fingerprint of the same weights."""
_SIMULATION_KEYS = {"feelings": "emotion_script"}
_TIME_SOURCES = {"between neighbours": "interpolated"}
_PROBLEM_KINDS = {
    ": no frames": ("no-frames", "missing"),
    ": no viewer was seen": ("no-viewer", "missing"),
    ": nobody was seen": ("no-viewer", "missing"),
    ": ends at ": ("ends-early", "missing"),
    " exchanged seats ": ("seats-exchanged", "note"),
    ": the offset is an estimate": ("offset-estimated", "wrong"),
    ": its offset is a guess": ("offset-estimated", "wrong"),
    ": no data from ": ("capture-gap", "missing"),
    "The subtitles run to ": ("subtitles-longer", "missing"),
}
"""Phrase in a problem of an earlier version → its kind and harm."""
_STAGES = {"reading": "processing", "telling": "analyzing", "over": "expired"}


def _study_2(manifest: Any) -> Any:
    """`reader` is now `emotion_model`, `register` is now `study_id`, and the mark replaces `format`."""
    if not isinstance(manifest, dict):
        return manifest
    # 0.1.0 had one emotion model and one face detector.
    if isinstance(weights := manifest.get("reader"), str):
        fingerprint = _MODEL_OF_0_1_0.get(weights, weights)
        networks = {
            "reader": {"name": "shipped", "fingerprint": fingerprint},
            "face_detector": {"name": "centerface"},
        }
        manifest = {**manifest, **networks}
    named = {_STUDY_KEYS.get(key, key): value for key, value in manifest.items() if key != "format"}
    if isinstance(simulated := named.get("simulated"), dict):
        named["simulated"] = {_SIMULATION_KEYS.get(key, key): value for key, value in simulated.items()}
    return named


def _provenance_2(provenance: Any) -> Any:
    """Times between neighboring cues are now called "interpolated"."""
    if script := provenance["script"]:
        cues = [{**cue, "source": _TIME_SOURCES.get(cue["source"], cue["source"])} for cue in script["cues"]]
        return {**provenance, "script": {**script, "cues": cues}}
    return provenance


def _provenance_3(provenance: Any) -> Any:
    """The film's span, its credits and the seats are new; earlier versions did not record them."""
    return {**provenance, "film": None, "credits": None, "seats": None}


def _provenance_4(provenance: Any) -> Any:
    """Problems now have a kind and a harm; in earlier versions they were only sentences."""
    return {**provenance, "problems": [_problem(text) for text in provenance["problems"]]}


def _problem(text: str) -> dict[str, str]:
    known = (kind for phrase, kind in _PROBLEM_KINDS.items() if phrase in text)
    code, harm = next(known, ("camera-skipped", "missing"))
    return {"code": code, "harm": harm, "text": text, "subject": ""}


def _capture_2(report: Any) -> Any:
    """Intervals that were not measured are now null; they used to be NaN, which is not valid JSON."""
    if isinstance(report, dict):
        return {key: _capture_2(value) for key, value in report.items()}
    if isinstance(report, list):
        return [_capture_2(value) for value in report]
    return None if isinstance(report, float) and math.isnan(report) else report


def _screening_2(state: Any) -> Any:
    """The stages now have standard names."""
    return {**state, "stage": _STAGES.get(state["stage"], state["stage"])}


def _segments_3(groups: Any) -> Any:
    """Groups of viewers are now segments, which may also have a rule."""
    segments = [{"name": name, "viewers": viewers} for name, viewers in groups["groups"].items()]
    return {"segments": segments}


STUDY = FileSchema("moviemotion/study", 5, {1: _study_2})
PROVENANCE = FileSchema("moviemotion/provenance", 4, {1: _provenance_2, 2: _provenance_3, 3: _provenance_4})
CAPTURE = FileSchema("moviemotion/capture", 2, {1: _capture_2})
NOTES = FileSchema("moviemotion/notes", 2, {1: lambda notes: {"notes": notes}})
PARTICIPANTS = FileSchema("moviemotion/participants", 1)
SEGMENTS = FileSchema(
    "moviemotion/segments", 3, {1: lambda groups: {"groups": groups}, 2: _segments_3}, "moviemotion/groups"
)
SCREENING_STATE = FileSchema("moviemotion/screening", 2, {1: _screening_2})
ANALYSIS_CACHE = FileSchema("moviemotion/analysis-cache", 6)
"""Caches are never migrated; a cache written by any other version is recomputed."""

DECODING_ERRORS = (
    OSError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    LookupError,
    RuntimeError,
    pa.ArrowException,
)
"""Errors that reading a damaged JSON, Parquet or Arrow file may raise."""

_JSON_FILES = {
    PROVENANCE_FILE: PROVENANCE,
    CAPTURE_FILE: CAPTURE,
    NOTES_FILE: NOTES,
    PARTICIPANTS_FILE: PARTICIPANTS,
    SEGMENTS_FILE: SEGMENTS,
    f"{UPLOADS_FOLDER}/{SCREENING_STATE_FILE}": SCREENING_STATE,
}
_MAY_BE_DAMAGED = (NOTES_FILE, PARTICIPANTS_FILE, SEGMENTS_FILE)


_EARLIER_NAMES = {PROVENANCE_FILE: EARLIER_PROVENANCE_FILE, SEGMENTS_FILE: EARLIER_SEGMENTS_FILE}


def existing_path(folder: Path, name: str) -> Path:
    """Path of a study file, under its old or new name; the file may not exist."""
    path, earlier = folder / name, folder / _EARLIER_NAMES.get(name, name)
    return earlier if earlier.is_file() and not path.is_file() else path


def provenance_path(folder: Path) -> Path:
    """Path of a study's provenance file, under its old or new name; the file may not exist."""
    return existing_path(folder, PROVENANCE_FILE)


def write_json(path: Path, schema: FileSchema, content: dict[str, Any], indent: int | None = None) -> None:
    """Atomically write a JSON file that is marked with its schema and version."""
    text = json.dumps(schema.mark(content), ensure_ascii=False, allow_nan=False, indent=indent)
    atomic_write_text(path, text + "\n")


def migrate_study(folder: Path) -> None:
    """Migrate every file of an older study to the current version; the caller must hold the study lock.

    A folder without a study, or with a damaged study.json, is left unchanged; opening it reports the error.

    Raises:
        NewerVersionError: a file was written by a newer version; nothing is changed.
        MoviemotionError: a file is damaged; nothing is changed.
    """
    record = folder / STUDY_FILE
    try:
        manifest = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if STUDY.version_of(record, manifest) == STUDY.version or not isinstance(manifest, dict):
        return
    # Read all files before replacing the first one, so that a damaged file leaves the study unchanged.
    outdated = _outdated_json_files(folder)
    outdated_samples = _outdated_samples(folder)
    for path, target, schema, content in outdated:
        write_json(target, schema, content)
        if path != target:
            path.unlink()
    for path in outdated_samples:
        Samples.read(path).write(path)
    write_json(record, STUDY, STUDY.current(record, manifest), indent=2)


def read_user_file(folder: Path, name: str, schema: FileSchema) -> Any:
    """Read a JSON file that users fill, such as the notes; None if there is none.

    Raises:
        MoviemotionError: the file is damaged, or was written by a newer version of the program.
    """
    path = existing_path(folder, name)
    try:
        return schema.read_json(path)
    except FileNotFoundError:
        return None
    except DECODING_ERRORS as error:
        raise MoviemotionError(f"{path}: cannot be read; restore it from a backup or delete it") from error


def damaged_file_error(path: Path) -> MoviemotionError:
    """The error for a damaged file that can be restored only from a backup."""
    return MoviemotionError(f"{path}: damaged; restore it from a backup")


def _outdated_json_files(folder: Path) -> list[tuple[Path, Path, FileSchema, dict[str, Any]]]:
    """Find the outdated JSON files of a study.

    Damaged notes, participants and segments are left unchanged and are reported when they are read, because
    they must not prevent the erasure of a viewer.

    Returns:
        For each file: its current path, its path after migration, its schema and its migrated content.
    """
    found = []
    for name, schema in _JSON_FILES.items():
        target = folder / name
        path = existing_path(folder, name)
        if not path.is_file():
            continue
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            if schema.version_of(path, record) < schema.version or path != target:
                content = schema.current(path, record)
                json.dumps(schema.mark(content), allow_nan=False)
                found.append((path, target, schema, content))
        except NewerVersionError:
            raise
        except (MoviemotionError, *DECODING_ERRORS) as error:
            if name in _MAY_BE_DAMAGED:
                continue
            raise damaged_file_error(path) from error
    return found


def _outdated_samples(folder: Path) -> list[Path]:
    found = []
    for path in sorted((folder / SAMPLES_FOLDER).glob(f"*{SAMPLES_SUFFIX}")):
        try:
            metadata = pq.read_schema(path).metadata or {}
            text = {key.decode(): value.decode() for key, value in metadata.items()}
            if samples_version(path, text) < SAMPLES.version:
                Samples.read(path)
                found.append(path)
        except DECODING_ERRORS as error:
            raise damaged_file_error(path) from error
    return found
