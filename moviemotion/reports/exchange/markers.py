"""Exports the moments as markers for video editors: OpenTimelineIO, two kinds of EDL, and Final Cut XML.

OpenTimelineIO's own EDL writer is not used because it capitalizes names, discards the length of markers, and
always writes 29.97 fps as drop-frame timecode.
"""

from __future__ import annotations

from dataclasses import dataclass

from moviemotion._io.xml_tree import INVALID_XML_CHARACTERS
from moviemotion.analysis.analyze import Analysis
from moviemotion.emotions import Emotion
from moviemotion.reports.number_format import inconclusive_notice, moment_evidence, moment_name
from moviemotion.reports.tables.csv_json import moments_json
from moviemotion.timecode import TimecodeFormat

MARKER_COLORS: dict[Emotion, tuple[str, str]] = {
    Emotion.HAPPY: ("YELLOW", "YELLOW"),
    Emotion.SURPRISE: ("CYAN", "CYAN"),
    Emotion.SAD: ("BLUE", "BLUE"),
    Emotion.ANGER: ("RED", "RED"),
    Emotion.DISGUST: ("GREEN", "GREEN"),
    Emotion.FEAR: ("PURPLE", "MAGENTA"),
    Emotion.CONTEMPT: ("PINK", "WHITE"),
}
"""Colors of an emotion's markers in OpenTimelineIO and Resolve, and in EDLs, which have fewer colors."""


@dataclass(frozen=True)
class Marker:
    """A moment as a marker in a video editor.

    Attributes:
        name: name of the marker, such as `Moment 3: happy`.
        note: evidence for the moment, on one line.
        start: first frame of the moment; the first frame of the film is 0.
        frames: length of the moment in frames, at least 1.
        emotion: emotion of the moment, which determines the color.
    """

    name: str
    note: str
    start: int
    frames: int
    emotion: Emotion


def moment_markers(analysis: Analysis, timecode: TimecodeFormat) -> tuple[Marker, ...]:
    """Convert the moments of a screening to markers, in chronological order."""
    scenes = {moment: scene for scene in analysis.scene_emotions for moment in scene.moments}
    markers = []
    for k, moment in enumerate(analysis.moment_search.moments):
        parts = [
            moment_evidence(moment),
            f"peak {timecode.frame_to_timecode(timecode.seconds_to_frame(moment.peak))}",
            *(
                f"{mixed.emotion.name} {mixed.count} of {mixed.viewers}"
                for mixed in analysis.moment_mixed_emotions[k]
            ),
        ]
        if k in scenes and analysis.script:
            heading = analysis.script.screenplay.elements[scenes[k].heading_element]
            parts.append(
                f"scene {heading.number or scenes[k].scene_number}: {' '.join(heading.text.split())}"
            )
        start, end = timecode.seconds_to_frame(moment.start), timecode.seconds_to_frame(moment.end)
        name = moment_name(k + 1, moment)
        note = INVALID_XML_CHARACTERS.sub("", ", ".join(parts))
        markers.append(Marker(name, note, start, max(end - start, 1), moment.emotion))
    return tuple(markers)


def otio_timeline(analysis: Analysis, timecode: TimecodeFormat) -> str:
    """Write an OpenTimelineIO timeline without clips, with a marker and metadata for each moment."""
    return _write_otio(analysis, timecode, "otio_json")


def final_cut_xml(analysis: Analysis, timecode: TimecodeFormat) -> str:
    """Write a Final Cut XML (xmeml) sequence with a marker for each moment, also for Premiere and Resolve."""
    return _write_otio(analysis, timecode, "fcp_xml")


def is_smpte_rate(timecode: TimecodeFormat) -> bool:
    """Whether the frame rate is an SMPTE timecode rate; Final Cut XML supports only these rates."""
    from opentimelineio.opentime import RationalTime

    return bool(RationalTime.is_smpte_timecode_rate(float(timecode.frame_rate)))


def _write_otio(analysis: Analysis, timecode: TimecodeFormat, adapter: str) -> str:
    # Imported here because the import takes about a second.
    import opentimelineio as otio
    from opentimelineio.opentime import RationalTime, TimeRange

    def span(start: int, frames: int) -> TimeRange:
        rate = float(timecode.frame_rate)
        return TimeRange(RationalTime(start, rate), RationalTime(frames, rate))

    title = INVALID_XML_CHARACTERS.sub("", analysis.title)
    timeline = otio.schema.Timeline(title, global_start_time=span(timecode.start_frame, 0).start_time)
    timeline.metadata["fcp_xml"] = {"timecode": {"displayformat": "DF" if timecode.drop_frame else "NDF"}}
    metadata = moments_json(analysis)
    figures = metadata.pop("moments")
    timeline.metadata["moviemotion"] = metadata
    film = otio.schema.Track(title, kind=otio.schema.TrackKind.Video)
    film.append(
        otio.schema.Gap(source_range=span(0, timecode.seconds_to_frame(analysis.data_quality.seconds)))
    )
    timeline.tracks.append(film)
    for marker, moment in zip(moment_markers(analysis, timecode), figures, strict=True):
        timeline.tracks.markers.append(
            otio.schema.Marker(
                marker.name,
                span(marker.start, marker.frames),
                MARKER_COLORS[marker.emotion][0],
                {"moviemotion": moment, "fcp_xml": {"comment": marker.note}},
                marker.note,
            )
        )
    return str(otio.adapters.write_to_string(timeline, adapter))


def locator_edl(analysis: Analysis, timecode: TimecodeFormat) -> str:
    """Write a CMX3600 EDL with the film as one event and a `* LOC:` comment for each moment.

    Avid and Baselight read and write locators in this form.
    """
    lines = [_edl_event(1, "AX", timecode, 0, timecode.seconds_to_frame(analysis.data_quality.seconds))]
    lines.append(f"* FROM CLIP NAME: {_single_ascii_line(analysis.title)}\n")
    if notice := inconclusive_notice(analysis):
        lines.append(f"* COMMENT: {_single_ascii_line(notice)}\n")
    for marker in moment_markers(analysis, timecode):
        color = MARKER_COLORS[marker.emotion][1]
        text = _single_ascii_line(f"{marker.name}, {marker.note}")
        lines.append(f"* LOC: {timecode.frame_to_timecode(marker.start)} {color:<7} {text}\n")
    return _edl_header(analysis, timecode) + "".join(lines)


def resolve_edl(analysis: Analysis, timecode: TimecodeFormat) -> str:
    """Write timeline markers in Resolve's EDL format: one event per moment, followed by its marker."""
    lines = []
    for k, marker in enumerate(moment_markers(analysis, timecode), 1):
        lines.append(_edl_event(k, "001", timecode, marker.start, marker.start + 1))
        color = MARKER_COLORS[marker.emotion][0].title()
        name, note = (_single_ascii_line(text).replace("|", "/") for text in (marker.name, marker.note))
        lines.append(f"{note} |C:ResolveColor{color} |M:{name} |D:{marker.frames}\n\n")
    return _edl_header(analysis, timecode) + "".join(lines)


def _edl_header(analysis: Analysis, timecode: TimecodeFormat) -> str:
    numbers = "DROP FRAME" if timecode.drop_frame else "NON-DROP FRAME"
    return f"TITLE: {_single_ascii_line(analysis.title)}\nFCM: {numbers}\n\n"


def _edl_event(number: int, reel: str, timecode: TimecodeFormat, start: int, end: int) -> str:
    times = f"{timecode.frame_to_timecode(start)} {timecode.frame_to_timecode(end)}"
    return f"{number:03}  {reel:<8} V     C        {times} {times}\n"


def _single_ascii_line(text: str) -> str:
    """Join a text into one line of ASCII characters, because some programs read EDLs as ASCII."""
    return " ".join(text.split()).translate(str.maketrans("–—−’", "---'"))
