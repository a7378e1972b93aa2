"""Export a finished study for other programs: markers, subtitles, annotations and tables."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from moviemotion._io.atomic_files import PRIVATE_FOLDER, atomic_write, atomic_write_text
from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.segments.segment_analysis import SegmentAnalysis
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.privacy.erased_viewers import refuse_restored
from moviemotion.reports.exchange.avid import avid_markers
from moviemotion.reports.exchange.edl import locator_edl, resolve_edl
from moviemotion.reports.exchange.elan import elan_document
from moviemotion.reports.exchange.export_names import export_file_name
from moviemotion.reports.exchange.fcpxml import FINAL_CUT_RATES, final_cut_xml
from moviemotion.reports.exchange.midi_markers import pro_tools_midi
from moviemotion.reports.exchange.otio_markers import is_smpte_rate, otio_timeline, premiere_xml
from moviemotion.reports.exchange.webvtt import captions_vtt, metadata_vtt
from moviemotion.reports.tables.csv_json import FORMULA_PATTERN, moments_json
from moviemotion.reports.tables.data_dictionary import data_package, dictionary_markdown
from moviemotion.reports.tables.tidy import TABLES
from moviemotion.screenplay.film_file import read_film_timecode
from moviemotion.study.file_names import EXPORTS_FOLDER
from moviemotion.study.folder import study_lock
from moviemotion.study.provenance import load_analysis
from moviemotion.study.stored_segments import analyze_study_segments, with_carriers
from moviemotion.timecode import DEFAULT_START_TIMECODE, TimecodeFormat, exact_frame_rate

MARKER_FORMATS: dict[str, tuple[str, Callable[[Analysis, TimecodeFormat], str | bytes]]] = {
    "avid": ("moments.avid.txt", avid_markers),
    "premiere": ("moments.premiere.xml", premiere_xml),
    "resolve": ("moments.resolve.edl", resolve_edl),
    "finalcut": ("moments.fcpxml", final_cut_xml),
    "pro-tools": ("moments.pro-tools.mid", pro_tools_midi),
    "otio": ("moments.otio", otio_timeline),
    "edl": ("moments.edl", locator_edl),
}
"""Format → its file name and writer. These formats count in frames, so they need a frame rate."""
_RATE_CHECKS: dict[str, tuple[str, Callable[[TimecodeFormat], bool]]] = {
    "premiere": ("Premiere", is_smpte_rate),
    "finalcut": ("Final Cut Pro", lambda timecode: timecode.frame_rate in FINAL_CUT_RATES),
}
"""Format → its program and whether the program supports a frame rate; other formats support any."""
WEBVTT_FILES: dict[str, Callable[[Analysis], str]] = {
    "moments.vtt": captions_vtt,
    "metadata.vtt": metadata_vtt,
}
ELAN_FILE = "study.eaf"
TABLE_WRITERS = {
    "csv": pyarrow.csv.CSVWriter,
    "parquet": lambda path, schema: pyarrow.parquet.ParquetWriter(path, schema, compression="zstd"),
}
SEGMENTS_FOLDER = "segments"
"""Folder beside the tables of everyone, with a folder of tables for each segment."""
FORMATS = (*MARKER_FORMATS, "vtt", "elan", *TABLE_WRITERS)


def export(
    study: Path,
    formats: Sequence[str] = (),
    frame_rate: float | None = None,
    start_timecode: str | None = None,
    film: Path | None = None,
    title: str | None = None,
) -> tuple[Path, ...]:
    """Export a finished study for other programs.

    Args:
        study: the study folder; files are written to its subfolder `exports`.
        formats: a selection of `FORMATS`; defaults to all.
        frame_rate: frames per second of the markers; defaults to the film's frame rate.
        start_timecode: timecode of the film's first frame; a semicolon before the frames means drop-frame.
            Defaults to the film's own timecode, or else to `DEFAULT_START_TIMECODE`.
        film: video of the film, which provides the frame rate and timecode and is linked in the ELAN file.
        title: title in the files and in their names; defaults to the study's.

    Returns:
        The files written.

    Raises:
        MoviemotionError: the folder does not contain a finished study or is not writable, a format is
            unknown, or the frame rate that the markers need is missing or does not support timecode.
    """
    chosen, timecode = _select_formats(formats, frame_rate, start_timecode, film)
    refuse_restored(study)
    with study_lock(study):
        analysis = with_carriers(study, load_analysis(study))
        if title is not None:
            analysis = replace(analysis, title=title)
        needs_segments = any(name in TABLE_WRITERS for name in chosen)
        segments = analyze_study_segments(study, analysis) if needs_segments else ()
        return _write_exports(analysis, study / EXPORTS_FOLDER, chosen, timecode, film, segments)


def export_analysis(
    analysis: Analysis,
    folder: Path,
    formats: Sequence[str],
    frame_rate: float | None = None,
    start_timecode: str | None = None,
    film: Path | None = None,
    segments: Sequence[SegmentAnalysis] = (),
) -> tuple[Path, ...]:
    """Export an analysis, with the tables of segments of the audience, to any folder.

    Raises:
        MoviemotionError: as for `export`.
    """
    chosen, timecode = _select_formats(formats, frame_rate, start_timecode, film)
    return _write_exports(analysis, folder, chosen, timecode, film, segments)


def _select_formats(
    formats: Sequence[str], frame_rate: float | None, start_timecode: str | None, film: Path | None
) -> tuple[tuple[str, ...], TimecodeFormat | None]:
    """Return the formats to write, and the timecode format if any of them counts in frames."""
    for name in formats:
        if name not in FORMATS:
            raise SettingError(
                "unknown-format",
                "{formats} {name}: unknown; choose from {known}",
                name=name,
                known=", ".join(FORMATS),
            )
    chosen = tuple(dict.fromkeys(formats)) or FORMATS
    counting = any(name in MARKER_FORMATS for name in chosen)
    timecode = _export_timecode(frame_rate, start_timecode, film) if counting else None
    unsupported = [
        name for name in chosen if timecode and name in _RATE_CHECKS and not _RATE_CHECKS[name][1](timecode)
    ]
    if timecode and unsupported:
        others = ",".join(name for name in chosen if name not in unsupported)
        raise SettingError(
            "no-timecode",
            "{programs}: no timecode at {fps} frames per second; give another {frame_rate}, "
            "or choose other formats: {formats} {others}",
            programs=" and ".join(_RATE_CHECKS[name][0] for name in unsupported),
            fps=f"{float(timecode.frame_rate):g}",
            others=others or "otio",
        )
    return chosen, timecode


def _write_exports(
    analysis: Analysis,
    folder: Path,
    chosen: Sequence[str],
    timecode: TimecodeFormat | None,
    film: Path | None,
    segments: Sequence[SegmentAnalysis],
) -> tuple[Path, ...]:
    def write(name: str, content: str | bytes) -> None:
        path = folder / export_file_name(analysis, name)
        with atomic_write(path) as partial:
            partial.write_bytes(content.encode() if isinstance(content, str) else content)
        written.append(path)

    written: list[Path] = []
    try:
        folder.mkdir(PRIVATE_FOLDER, exist_ok=True)
        for name in chosen:
            if name in MARKER_FORMATS and timecode:
                file, content_of = MARKER_FORMATS[name]
                write(file, content_of(analysis, timecode))
            elif name == "vtt":
                for file, text_of in WEBVTT_FILES.items():
                    write(file, text_of(analysis))
            elif name == "elan":
                write(ELAN_FILE, elan_document(analysis, film))
            else:
                written += write_tables(folder / name, name, analysis, segments)
    except OSError as error:
        raise MoviemotionError(f"{folder}: cannot be written ({error.strerror}); free some space") from error
    return tuple(written)


def _export_timecode(
    frame_rate: float | None, start_timecode: str | None, film: Path | None
) -> TimecodeFormat:
    if frame_rate is None and film is None:
        raise SettingError(
            "no-frame-rate",
            "markers need a frame rate; set {frame_rate} (for example, to 24) or {film}, or choose other "
            "formats with {formats}",
        )
    try:
        if film is None or frame_rate is not None:
            return TimecodeFormat.from_start_timecode(
                start_timecode or DEFAULT_START_TIMECODE, exact_frame_rate(frame_rate or 0)
            )
        own = read_film_timecode(film)
        return TimecodeFormat.from_start_timecode(start_timecode, own.frame_rate) if start_timecode else own
    except ValueError as error:
        raise SettingError(
            "invalid-timecode", "{frame_rate} or {start_timecode}: {reason}", reason=error
        ) from None


def _write_text_file(path: Path, text: str) -> Path:
    atomic_write_text(path, text)
    return path


def _escape_formulas(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Prefix an apostrophe to texts that a spreadsheet would execute as formulas."""
    for place, field in enumerate(batch.schema):
        if field.type == pa.string():
            texts = batch.column(place)
            quoted = pc.binary_join_element_wise("'", texts, "")
            safe = pc.if_else(pc.match_substring_regex(texts, FORMULA_PATTERN), quoted, texts)
            batch = batch.set_column(place, field, safe)
    return batch


def write_tables(
    folder: Path, suffix: str, analysis: Analysis, segments: Sequence[SegmentAnalysis] = ()
) -> Iterator[Path]:
    """Write every table, with machine-readable and human-readable descriptions of the columns.

    The tables of each segment are in a folder of its own below `SEGMENTS_FOLDER`, with the same columns.
    """
    yield from _write_each_table(folder, suffix, analysis)
    shutil.rmtree(folder / SEGMENTS_FOLDER, ignore_errors=True)  # of segments that may no longer exist
    for number, segment in enumerate(segments, 1):
        name = re.sub(r"\W+", "-", segment.segment.name).strip("-")
        yield from _write_each_table(folder / SEGMENTS_FOLDER / f"{number}-{name}", suffix, segment.analysis)
    about = {key: value for key, value in moments_json(analysis).items() if key != "moments"}
    package = json.dumps(data_package(TABLES, suffix, about), indent=2, ensure_ascii=False, allow_nan=False)
    yield _write_text_file(folder / "datapackage.json", package + "\n")
    yield _write_text_file(folder / "dictionary.md", dictionary_markdown(TABLES, analysis.title))


def _write_each_table(folder: Path, suffix: str, analysis: Analysis) -> Iterator[Path]:
    folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    for table in TABLES:
        path = folder / f"{table.name}.{suffix}"
        with atomic_write(path) as partial, TABLE_WRITERS[suffix](partial, table.schema) as writer:
            for batch in table.batches(analysis):
                writer.write_batch(_escape_formulas(batch) if suffix == "csv" else batch)
        yield path
