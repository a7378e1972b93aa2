"""A finished study for other programs: markers, subtitles, annotations, tables, in its folder `exports`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from moviemotion._io.atomic_files import appearing, write_whole
from moviemotion.analysis.analyze import Analysis
from moviemotion.errors import MoviemotionError
from moviemotion.reports.exchange.elan import elan_document
from moviemotion.reports.exchange.markers import (
    final_cut_xml,
    locator_edl,
    otio_timeline,
    resolve_edl,
    smpte_rate,
)
from moviemotion.reports.exchange.webvtt import metadata_vtt, readable_vtt
from moviemotion.reports.tables.csv_json import FORMULA, moments_json
from moviemotion.reports.tables.data_dictionary import data_package, dictionary_page
from moviemotion.reports.tables.tidy import TABLES
from moviemotion.screenplay.film_file import film_timecode
from moviemotion.study.folder import EXPORTS, making
from moviemotion.study.provenance import load_analysis
from moviemotion.timecode import FIRST_FRAME, Timecode, exact_rate

MARKERS: dict[str, tuple[str, Callable[[Analysis, Timecode], str]]] = {
    "otio": ("moments.otio", otio_timeline),
    "edl": ("moments.edl", locator_edl),
    "resolve": ("moments.resolve.edl", resolve_edl),
    "fcp": ("moments.xml", final_cut_xml),
}
"""Format → its file and what writes it; these count in frames."""
WEBVTT: dict[str, Callable[[Analysis], str]] = {
    "moments.vtt": readable_vtt,
    "metadata.vtt": metadata_vtt,
}
TABLE_WRITERS = {
    "csv": lambda path, schema: pyarrow.csv.CSVWriter(path, schema),
    "parquet": lambda path, schema: pyarrow.parquet.ParquetWriter(path, schema, compression="zstd"),
}
FORMATS = (*MARKERS, "vtt", "elan", *TABLE_WRITERS)


def export(
    study: Path,
    formats: Sequence[str] = (),
    frame_rate: float | None = None,
    start: str | None = None,
    film: Path | None = None,
) -> tuple[Path, ...]:
    """Write a finished study for other programs.

    Args:
        study: its folder, which gets or keeps a folder `exports`.
        formats: which of `FORMATS`; all without any.
        frame_rate: frames a second in which markers count; by default the film's.
        start: timecode of the film's first frame; a semicolon before its frames says drop-frame. By default
            the film's own, or `FIRST_FRAME`.
        film: the film, to take its frame rate and timecode from and to be opened in ELAN.

    Returns:
        The files written.

    Raises:
        MoviemotionError: the folder holds no finished study or cannot be written, a format is unknown, or
            the frame rate that markers need is not known or none of timecode.
    """
    chosen, timecode = _chosen(formats, frame_rate, start, film)
    with making(study):
        return _write(load_analysis(study), study / EXPORTS, chosen, timecode, film)


def export_analysis(
    analysis: Analysis,
    folder: Path,
    formats: Sequence[str],
    frame_rate: float | None = None,
    start: str | None = None,
    film: Path | None = None,
) -> tuple[Path, ...]:
    """The same of an analysis at hand, into any folder.

    Raises:
        MoviemotionError: as `export`.
    """
    chosen, timecode = _chosen(formats, frame_rate, start, film)
    return _write(analysis, folder, chosen, timecode, film)


def _chosen(
    formats: Sequence[str], frame_rate: float | None, start: str | None, film: Path | None
) -> tuple[tuple[str, ...], Timecode | None]:
    """What to write, and the timecode where something of it counts in frames."""
    for name in formats:
        if name not in FORMATS:
            raise MoviemotionError(f"--to {name}: unknown; choose of {', '.join(FORMATS)}")
    chosen = tuple(dict.fromkeys(formats)) or FORMATS
    counting = any(name in MARKERS for name in chosen)
    timecode = _timecode(frame_rate, start, film) if counting else None
    if timecode and "fcp" in chosen and not smpte_rate(timecode):
        others = ",".join(name for name in chosen if name != "fcp")
        told = f"Final Cut's XML has no timecode of {float(timecode.rate):g} frames a second"
        raise MoviemotionError(f"{told}; give another --fps, or leave it out: --to {others or 'otio'}")
    return chosen, timecode


def _write(
    analysis: Analysis, folder: Path, chosen: Sequence[str], timecode: Timecode | None, film: Path | None
) -> tuple[Path, ...]:
    written: list[Path] = []
    try:
        folder.mkdir(exist_ok=True)
        for name in chosen:
            if name in MARKERS and timecode:
                file, text_of = MARKERS[name]
                written.append(_text(folder / file, text_of(analysis, timecode)))
            elif name == "vtt":
                written += [_text(folder / file, text_of(analysis)) for file, text_of in WEBVTT.items()]
            elif name == "elan":
                written.append(_text(folder / "study.eaf", elan_document(analysis, film)))
            else:
                written += write_tables(folder / name, name, analysis)
    except OSError as error:
        raise MoviemotionError(f"{folder}: cannot be written ({error.strerror}); make room") from error
    return tuple(written)


def _timecode(frame_rate: float | None, start: str | None, film: Path | None) -> Timecode:
    if frame_rate is None and film is None:
        raise MoviemotionError(
            "markers count in frames: add --fps, such as 24, or --film FILE, or choose others with --to"
        )
    try:
        if film is None or frame_rate is not None:
            return Timecode.starting(start or FIRST_FRAME, exact_rate(frame_rate or 0))
        own = film_timecode(film)
        return Timecode.starting(start, own.rate) if start else own
    except ValueError as error:
        raise MoviemotionError(f"--fps or --start: {error}") from None


def _text(path: Path, text: str) -> Path:
    write_whole(path, text)
    return path


def _inert(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The same rows; texts that a spreadsheet would run have an apostrophe before them, as by `inert`."""
    for place, field in enumerate(batch.schema):
        if field.type == pa.string():
            texts = batch.column(place)
            quoted = pc.binary_join_element_wise("'", texts, "")
            safe = pc.if_else(pc.match_substring_regex(texts, FORMULA), quoted, texts)
            batch = batch.set_column(place, field, safe)
    return batch


def write_tables(folder: Path, suffix: str, analysis: Analysis) -> Iterator[Path]:
    """Every table, and what its columns mean for programs and for people."""
    folder.mkdir(exist_ok=True)
    for table in TABLES:
        path = folder / f"{table.name}.{suffix}"
        with appearing(path) as partial, TABLE_WRITERS[suffix](partial, table.schema) as writer:
            for batch in table.batches(analysis):
                writer.write_batch(_inert(batch) if suffix == "csv" else batch)
        yield path
    about = {key: value for key, value in moments_json(analysis).items() if key != "moments"}
    package = json.dumps(data_package(TABLES, suffix, about), indent=2, ensure_ascii=False, allow_nan=False)
    yield _text(folder / "datapackage.json", package + "\n")
    yield _text(folder / "dictionary.md", dictionary_page(TABLES, analysis.title))
