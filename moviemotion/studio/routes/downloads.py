"""A study's files for other programs, made when they are asked for and not kept."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from moviemotion.analysis.analyze import Analysis
from moviemotion.errors import MoviemotionError
from moviemotion.reports.html.screening_report import render_report
from moviemotion.reports.script.annotate import annotated_final_draft, annotated_fountain
from moviemotion.reports.script.annotated_pdf import annotated_pdf
from moviemotion.reports.tables.csv_json import escape_formula, moments_json
from moviemotion.studio.notes_and_groups import Note
from moviemotion.workflows.export import FORMATS, MARKER_FORMATS, export_analysis

SCRIPT_EXPORTS: dict[str, tuple[str, Callable[[Analysis], bytes]]] = {
    "fountain": ("annotated.fountain", lambda analysis: annotated_fountain(analysis).encode()),
    "fdx": ("annotated.fdx", annotated_final_draft),
    "pdf": ("annotated.pdf", annotated_pdf),
}
"""Kind → its file and what makes it; these need a script."""
EXPORT_KINDS = ("report", *SCRIPT_EXPORTS, "moments", "notes", *FORMATS)


def make_download(
    kind: str,
    analysis: Analysis,
    notes: Sequence[Note],
    folder: Path,
    frame_rate: float | None,
    film: Path | None,
) -> Path:
    """Make one kind of file; several become one ZIP.

    Args:
        kind: of `KINDS`.
        folder: empty, to write to.
        frame_rate: frames a second in which markers count; by default the film's.

    Raises:
        MoviemotionError: the study has no script for it, or markers have no frame rate.
    """
    if kind in FORMATS:
        if kind in MARKER_FORMATS and frame_rate is None and film is None:
            raise MoviemotionError("markers count in frames: choose the film's frames a second")
        files = export_analysis(analysis, folder / kind, (kind,), frame_rate, film=film)
        return files[0] if len(files) == 1 else _zip_files(files, folder / f"{kind}.zip")
    name, content = _make_file(kind, analysis, notes)
    (folder / name).write_bytes(content)
    return folder / name


def _make_file(kind: str, analysis: Analysis, notes: Sequence[Note]) -> tuple[str, bytes]:
    if kind == "report":
        return "report.html", render_report(analysis).encode()
    if kind == "moments":
        told = json.dumps(moments_json(analysis), indent=2, ensure_ascii=False, allow_nan=False)
        return "moments.json", f"{told}\n".encode()
    if kind == "notes":
        return "notes.csv", _notes_csv(analysis, notes).encode()
    if analysis.script is None:
        raise MoviemotionError("the study has no script; screen it with one")
    name, make = SCRIPT_EXPORTS[kind]
    return name, make(analysis)


def _notes_csv(analysis: Analysis, notes: Sequence[Note]) -> str:
    """One row a note: second, number of the moment it lies in, text, who wrote it and when."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["second", "moment", "note", "by", "written"])
    for note in notes:
        inside = (k for k, m in enumerate(analysis.moment_search.moments, 1) if m.start <= note.at < m.end)
        table.writerow(
            [
                f"{note.at:.1f}",
                next(inside, ""),
                escape_formula(note.text),
                escape_formula(note.by),
                note.written,
            ]
        )
    return text.getvalue()


def _zip_files(files: Sequence[Path], path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
    return path
