"""Exports the markers with OpenTimelineIO: as its own format, and as Final Cut Pro 7 XML for Premiere."""

from __future__ import annotations

from typing import Any

from moviemotion.analysis.analyze import Analysis
from moviemotion.reports.exchange.export_names import timeline_name
from moviemotion.reports.exchange.markers import Marker, screening_markers
from moviemotion.reports.tables.csv_json import moments_json
from moviemotion.timecode import TimecodeFormat


def otio_timeline(analysis: Analysis, timecode: TimecodeFormat) -> str:
    """Write an OpenTimelineIO timeline without clips, with a marker and metadata for each moment."""
    return _write_timeline(analysis, timecode, "otio_json")


def premiere_xml(analysis: Analysis, timecode: TimecodeFormat) -> str:
    """Write a Final Cut Pro 7 XML (xmeml) sequence with a marker for each moment, in Premiere's colors."""
    text = _write_timeline(analysis, timecode, "fcp_xml")
    # The adapter writes no document type, which the format requires.
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>{text.partition("?>")[2]}'


def is_smpte_rate(timecode: TimecodeFormat) -> bool:
    """Whether the frame rate is an SMPTE timecode rate; Final Cut Pro 7 XML supports only these rates."""
    from opentimelineio.opentime import RationalTime

    return bool(RationalTime.is_smpte_timecode_rate(float(timecode.frame_rate)))


def _write_timeline(analysis: Analysis, timecode: TimecodeFormat, adapter: str) -> str:
    # Imported here because the import takes about a second.
    import opentimelineio as otio
    from opentimelineio.opentime import RationalTime, TimeRange

    def span(start: int, frames: int) -> TimeRange:
        rate = float(timecode.frame_rate)
        return TimeRange(RationalTime(start, rate), RationalTime(frames, rate))

    name = timeline_name(analysis)
    timeline = otio.schema.Timeline(name, global_start_time=span(timecode.start_frame, 0).start_time)
    timeline.metadata["fcp_xml"] = {"timecode": {"displayformat": "DF" if timecode.drop_frame else "NDF"}}
    metadata = moments_json(analysis)
    figures = metadata.pop("moments")
    timeline.metadata["moviemotion"] = metadata
    film = otio.schema.Track(name, kind=otio.schema.TrackKind.Video)
    film.append(
        otio.schema.Gap(source_range=span(0, timecode.seconds_to_frame(analysis.data_quality.seconds)))
    )
    timeline.tracks.append(film)
    markers = screening_markers(analysis, timecode)
    # A caution comes first and is not a moment.
    for marker, moment in zip(markers, [{}] * (len(markers) - len(figures)) + figures, strict=True):
        timeline.tracks.markers.append(
            otio.schema.Marker(
                marker.name,
                span(marker.start, marker.frames),
                marker.color.timeline,
                {"moviemotion": moment, "fcp_xml": _premiere_fields(marker)},
                marker.note,
            )
        )
    return str(otio.adapters.write_to_string(timeline, adapter))


def _premiere_fields(marker: Marker) -> dict[str, Any]:
    color = {} if marker.color.premiere is None else {"pproColor": str(marker.color.premiere)}
    return {"comment": marker.note, **color}
