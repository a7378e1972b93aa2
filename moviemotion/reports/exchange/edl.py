"""Exports the markers as edit decision lists (CMX3600): with locators, and as Resolve writes its markers.

OpenTimelineIO's own EDL writer is not used because it capitalizes names, discards the length of markers, and
always writes 29.97 fps as drop-frame timecode.
"""

from __future__ import annotations

from moviemotion.analysis.analyze import Analysis
from moviemotion.reports.exchange.export_names import timeline_name
from moviemotion.reports.exchange.markers import screening_markers
from moviemotion.timecode import TimecodeFormat

_PLAIN_PUNCTUATION = str.maketrans("–—−‘’“”", "---''\"\"", "")


def locator_edl(analysis: Analysis, timecode: TimecodeFormat) -> str:
    """Write a CMX3600 EDL with the film as one event and a `* LOC:` comment for each moment.

    Avid and Baselight read and write locators in this form.
    """
    lines = [_edl_event(1, "AX", timecode, 0, timecode.seconds_to_frame(analysis.data_quality.seconds))]
    lines.append(f"* FROM CLIP NAME: {plain_punctuation(timeline_name(analysis))}\n")
    for marker in screening_markers(analysis, timecode):
        text = plain_punctuation(f"{marker.name}, {marker.note}")
        code = timecode.frame_to_timecode(marker.start)
        lines.append(f"* LOC: {code} {marker.color.locator:<7} {text}\n")
    return _edl_header(analysis, timecode) + "".join(lines)


def resolve_edl(analysis: Analysis, timecode: TimecodeFormat) -> str:
    """Write timeline markers in Resolve's EDL format: one event per moment, followed by its marker."""
    lines = []
    for k, marker in enumerate(screening_markers(analysis, timecode), 1):
        lines.append(_edl_event(k, "001", timecode, marker.start, marker.start + 1))
        name, note = (plain_punctuation(text).replace("|", "/") for text in (marker.name, marker.note))
        lines.append(f"{note} |C:ResolveColor{marker.color.resolve} |M:{name} |D:{marker.frames}\n\n")
    return _edl_header(analysis, timecode) + "".join(lines)


def plain_punctuation(text: str) -> str:
    """Replace typographic dashes and quotation marks, which programs that expect ASCII cannot show."""
    return text.translate(_PLAIN_PUNCTUATION)


def _edl_header(analysis: Analysis, timecode: TimecodeFormat) -> str:
    numbers = "DROP FRAME" if timecode.drop_frame else "NON-DROP FRAME"
    return f"TITLE: {plain_punctuation(timeline_name(analysis))}\nFCM: {numbers}\n\n"


def _edl_event(number: int, reel: str, timecode: TimecodeFormat, start: int, end: int) -> str:
    times = f"{timecode.frame_to_timecode(start)} {timecode.frame_to_timecode(end)}"
    return f"{number:03}  {reel:<8} V     C        {times} {times}\n"
