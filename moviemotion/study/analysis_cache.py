"""The analysis cache: a stored analysis, so that a large study opens without being recomputed.

The cache is stored in the exports folder, so it is deleted along with the exports. This happens when a viewer
is erased, when seats get random IDs, and when the retention period of samples ends.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any, get_origin

import cattrs
import numpy as np

from moviemotion import __version__
from moviemotion._io.atomic_files import PRIVATE_FOLDER, atomic_write
from moviemotion._io.schemas import SCHEMA_KEY, VERSION_KEY
from moviemotion.analysis.analyze import Analysis
from moviemotion.errors import MoviemotionError
from moviemotion.study.file_names import ANALYSIS_CACHE_FILE, EXPORTS_FOLDER, RELEASE_CACHE_FILE
from moviemotion.study.folder import StudyFolder, study_lock
from moviemotion.study.provenance import load_analysis, missing_provenance_error
from moviemotion.study.schema import ANALYSIS_CACHE, provenance_path

_RECORD_ARRAY = "record"
_READ_ERRORS = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, cattrs.BaseValidationError)

InputState = tuple[tuple[str, int, int], ...]
"""The program's version, followed by the name, size in bytes and modification time in ns of each file."""


def input_state(folder: Path) -> InputState:
    """State of the files on which a finished study's analysis depends: its samples and provenance.

    Raises:
        MoviemotionError: the folder does not contain a finished study.
    """
    study = StudyFolder.open_existing(folder)
    paths = [provenance_path(folder), *(study.samples_path(camera) for camera in study.cameras)]
    if not paths[0].is_file():
        raise missing_provenance_error(folder)
    found = [(__version__, 0, 0)]
    for path in paths:
        with suppress(FileNotFoundError):
            stat = path.stat()
            found.append((path.name, stat.st_size, stat.st_mtime_ns))
    return tuple(found)


def cached_analysis(folder: Path, left_out: Collection[str] = ()) -> Analysis:
    """Return the analysis of a finished study from the cache, or compute and cache it.

    Args:
        folder: the study folder.
        left_out: viewers to leave out; the analysis without them has a cache of its own.

    Raises:
        MoviemotionError: `folder` does not contain a finished study, or the study is damaged.
    """
    path = folder / EXPORTS_FOLDER / (RELEASE_CACHE_FILE if left_out else ANALYSIS_CACHE_FILE)
    while True:
        state = input_state(folder)
        cache_state = (*state, *((viewer, 0, 0) for viewer in sorted(left_out)))
        with suppress(*_READ_ERRORS):
            if cached := _read_cache(path, cache_state):
                return cached
        computed = load_analysis(folder, left_out)
        # A viewer who is erased in the meantime must appear neither in the result nor in the cache.
        with suppress(MoviemotionError), study_lock(folder):
            if input_state(folder) == state:
                _write_cache(path, cache_state, computed)
        if input_state(folder) == state:
            return computed


def store_analysis(folder: Path, analysis: Analysis) -> None:
    """Store the analysis of a study's current files in the cache; the caller must hold the study lock."""
    _write_cache(folder / EXPORTS_FOLDER / ANALYSIS_CACHE_FILE, input_state(folder), analysis)


def _write_cache(path: Path, state: InputState, analysis: Analysis) -> None:
    arrays: dict[str, np.ndarray] = {}
    content = {"state": state, "analysis": _array_unstructurer(arrays).unstructure(analysis)}
    record = json.dumps(ANALYSIS_CACHE.mark(content), default=float)
    arrays[_RECORD_ARRAY] = np.frombuffer(record.encode(), np.uint8)
    try:
        path.parent.mkdir(PRIVATE_FOLDER, exist_ok=True)
        with atomic_write(path) as partial, partial.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
    except OSError:
        return  # If the disk is full or read-only, the analysis is simply recomputed next time.


def _read_cache(path: Path, state: InputState) -> Analysis | None:
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as arrays:
        record = json.loads(arrays[_RECORD_ARRAY].tobytes())
        mark = (record[SCHEMA_KEY], record[VERSION_KEY])
        if mark != (ANALYSIS_CACHE.name, ANALYSIS_CACHE.version):
            return None  # neither migrated nor rejected: recomputed
        if record["state"] != [list(part) for part in state]:
            return None
        return _array_structurer(arrays).structure(record["analysis"], Analysis)


def _array_unstructurer(arrays: dict[str, np.ndarray]) -> cattrs.Converter:
    """Convert dataclasses to JSON. Arrays are collected in `arrays`; the JSON refers to them by name."""

    def put(array: np.ndarray) -> str:
        name = f"a{len(arrays)}"
        arrays[name] = array
        return name

    converter = cattrs.Converter()
    converter.register_unstructure_hook_func(_is_array, put)
    converter.register_unstructure_hook(Path, str)
    return converter


def _array_structurer(arrays: Any) -> cattrs.Converter:
    converter = cattrs.Converter(detailed_validation=False)
    converter.register_structure_hook_func(_is_array, lambda name, _: arrays[name])
    converter.register_structure_hook(Path, lambda text, _: Path(text))
    return converter


def _is_array(kind: object) -> bool:
    return kind is np.ndarray or get_origin(kind) is np.ndarray
