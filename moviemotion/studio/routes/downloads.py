"""Exports of a study, which are written on request and not stored."""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.segments.segment_analysis import SegmentAnalysis
from moviemotion.errors import MoviemotionError
from moviemotion.reports.exchange.export_names import export_file_name
from moviemotion.reports.html.screening_report import render_report
from moviemotion.reports.script.annotate import annotated_final_draft, annotated_fountain
from moviemotion.reports.script.annotated_json import annotated_json_text
from moviemotion.reports.script.annotated_pdf import annotated_pdf
from moviemotion.reports.tables.csv_json import escape_formula, moments_json
from moviemotion.studio.notes import Note
from moviemotion.workflows.export import FORMATS, TABLE_WRITERS, export_analysis

SCRIPT_EXPORTS: dict[str, tuple[str, Callable[[Analysis], bytes]]] = {
    "fountain": ("annotated.fountain", lambda analysis: annotated_fountain(analysis).encode()),
    "fdx": ("annotated.fdx", annotated_final_draft),
    "pdf": ("annotated.pdf", annotated_pdf),
    "json": ("annotated.json", lambda analysis: annotated_json_text(analysis).encode()),
}
"""Kind → file name and the function that writes it. These need a script."""
EXPORT_KINDS = ("report", *SCRIPT_EXPORTS, "moments", "notes", *FORMATS)
SEGMENT_EXPORTS = ("report", "moments", *TABLE_WRITERS)
"""The exports that contain the segments."""


def make_download(
    kind: str,
    analysis: Analysis,
    notes: Sequence[Note],
    folder: Path,
    frame_rate: float | None,
    film: Path | None,
    segments: Sequence[SegmentAnalysis],
) -> Path:
    """Write one kind of export. An export that consists of several files is packed into one ZIP file.

    Args:
        kind: one of `EXPORT_KINDS`.
        analysis: the part of the analysis that the user may see.
        notes: the notes of the study.
        folder: empty folder to write to.
        frame_rate: frames per second for markers; defaults to the film's.
        film: the film, if the study contains it.
        segments: the part of its segments that the user may see.

    Returns:
        Path of the exported file.

    Raises:
        MoviemotionError: the export needs a script or a frame rate, and there is none.
    """
    if kind in FORMATS:
        files = export_analysis(analysis, folder / kind, (kind,), frame_rate, None, film, segments)
        return (
            files[0]
            if len(files) == 1
            else _zip_files(files, folder / export_file_name(analysis, f"{kind}.zip"))
        )
    name, content = _make_file(kind, analysis, notes, segments)
    path = folder / export_file_name(analysis, name)
    path.write_bytes(content)
    return path


def _make_file(
    kind: str, analysis: Analysis, notes: Sequence[Note], segments: Sequence[SegmentAnalysis]
) -> tuple[str, bytes]:
    if kind == "report":
        return "report.html", render_report(analysis, segments).encode()
    if kind == "moments":
        text = json.dumps(moments_json(analysis, segments), indent=2, ensure_ascii=False, allow_nan=False)
        return "moments.json", f"{text}\n".encode()
    if kind == "notes":
        return "notes.csv", _notes_csv(analysis, notes).encode()
    if analysis.script is None:
        raise MoviemotionError("the study has no script; screen the film again with one")
    name, write = SCRIPT_EXPORTS[kind]
    return name, write(analysis)


def _notes_csv(analysis: Analysis, notes: Sequence[Note]) -> str:
    """The notes as CSV: film time in seconds, number of the moment, text, author, and time of writing."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["second", "moment", "note", "by", "written"])
    for note in notes:
        moments = (k for k, m in enumerate(analysis.moment_search.moments, 1) if m.start <= note.at < m.end)
        table.writerow(
            [
                f"{note.at:.1f}",
                next(moments, ""),
                escape_formula(note.text),
                escape_formula(note.by),
                note.written,
            ]
        )
    return text.getvalue()


def _zip_files(files: Sequence[Path], path: Path) -> Path:
    folder = os.path.commonpath(files)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.relative_to(folder))
    return path
