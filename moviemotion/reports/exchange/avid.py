"""Exports the markers as the text file that Media Composer's Markers window imports and exports."""

from __future__ import annotations

from moviemotion.analysis.analyze import Analysis
from moviemotion.reports.exchange.edl import plain_punctuation
from moviemotion.reports.exchange.markers import screening_markers
from moviemotion.timecode import TimecodeFormat

_USER, _TRACK = "MoviEmotion", "V1"


def avid_markers(analysis: Analysis, timecode: TimecodeFormat) -> str:
    """Write one marker per line: user, timecode, track, color, comment and length in frames, between tabs.

    Media Composer has shown the length as a span since version 7. The markers have no names in this format,
    so the comment starts with the name.
    """
    return "".join(
        "\t".join(
            (
                _USER,
                timecode.frame_to_timecode(marker.start),
                _TRACK,
                marker.color.locator.lower(),
                plain_punctuation(f"{marker.name}, {marker.note}"),
                str(marker.frames),
            )
        )
        + "\n"
        for marker in screening_markers(analysis, timecode)
    )
