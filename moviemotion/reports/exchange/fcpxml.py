"""Exports the markers as FCPXML 1.10, which Final Cut Pro 10.6 and later and Resolve import.

Final Cut Pro rejects a file that does not obey its document type definition. The elements and attributes are
therefore written in the order and with the values that the definition allows:
https://developer.apple.com/documentation/professional-video-applications/document-type-definition
"""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree as ET

from moviemotion.analysis.analyze import Analysis
from moviemotion.reports.exchange.export_names import timeline_name
from moviemotion.reports.exchange.markers import screening_markers
from moviemotion.timecode import TimecodeFormat

FINAL_CUT_RATES = {
    Fraction(24000, 1001): "2398",
    Fraction(24): "24",
    Fraction(25): "25",
    Fraction(30000, 1001): "2997",
    Fraction(30): "30",
    Fraction(50): "50",
    Fraction(60000, 1001): "5994",
    Fraction(60): "60",
}
"""Frame rates of Final Cut Pro's timelines, as they are called in the names of its video formats."""
_FORMAT_ID = "r1"


def final_cut_xml(analysis: Analysis, timecode: TimecodeFormat) -> str:
    """Write a project whose timeline is a gap as long as the film, with a marker for each moment.

    Final Cut Pro's markers have no color, so only their names show the emotions.

    Args:
        analysis: the analysis of the screening.
        timecode: timecode at one of the `FINAL_CUT_RATES`.
    """

    def time(frame: int) -> str:
        seconds = frame / timecode.frame_rate
        return f"{seconds.numerator}{'' if seconds.denominator == 1 else f'/{seconds.denominator}'}s"

    name = timeline_name(analysis)
    start, length = time(timecode.start_frame), time(timecode.seconds_to_frame(analysis.data_quality.seconds))
    root = ET.Element("fcpxml", version="1.10")
    ET.SubElement(
        ET.SubElement(root, "resources"),
        "format",
        id=_FORMAT_ID,
        name=f"FFVideoFormat1080p{FINAL_CUT_RATES[timecode.frame_rate]}",
        frameDuration=time(1),
        width="1920",
        height="1080",
    )
    project = ET.SubElement(ET.SubElement(root, "event", name="MoviEmotion"), "project", name=name)
    sequence = ET.SubElement(
        project,
        "sequence",
        format=_FORMAT_ID,
        duration=length,
        tcStart=start,
        tcFormat="DF" if timecode.drop_frame else "NDF",
    )
    gap = ET.SubElement(
        ET.SubElement(sequence, "spine"), "gap", name=name, offset=start, start=start, duration=length
    )
    for marker in screening_markers(analysis, timecode):
        ET.SubElement(
            gap,
            "marker",
            start=time(timecode.start_frame + marker.start),
            duration=time(marker.frames),
            value=marker.name,
            note=marker.note,
        )
    ET.indent(root)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n'
        f"{ET.tostring(root, encoding='unicode')}\n"
    )
