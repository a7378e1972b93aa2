"""The moments as markers for editing programs: OpenTimelineIO, two kinds of EDL, Final Cut XML.

OpenTimelineIO's own EDL writer is not used: it writes names in capitals, forgets how long a marker is and
counts 29.97 with dropped frames whether the film does or not.
"""

from __future__ import annotations

from dataclasses import dataclass

from moviemotion._io.xml_tree import NOT_XML
from moviemotion.analysis.analyze import Analysis
from moviemotion.emotions import Emotion
from moviemotion.reports.number_format import evidence
from moviemotion.reports.tables.csv_json import moments_json
from moviemotion.timecode import Timecode

COLOURS: dict[Emotion, tuple[str, str]] = {
    Emotion.HAPPY: ("YELLOW", "YELLOW"),
    Emotion.SURPRISE: ("CYAN", "CYAN"),
    Emotion.SAD: ("BLUE", "BLUE"),
    Emotion.ANGER: ("RED", "RED"),
    Emotion.DISGUST: ("GREEN", "GREEN"),
    Emotion.FEAR: ("PURPLE", "MAGENTA"),
    Emotion.CONTEMPT: ("PINK", "WHITE"),
}
"""A marker's colour in OpenTimelineIO and Resolve, and in an EDL's locators, of which there are fewer."""


@dataclass(frozen=True)
class Marker:
    """A moment as an editing program shows it.

    Attributes:
        name: `Moment 3: happy`.
        note: its evidence on one line.
        start: its first frame, counted from the film's first.
        frames: how many it lasts, at least one.
    """

    name: str
    note: str
    start: int
    frames: int
    emotion: Emotion


def markers(analysis: Analysis, timecode: Timecode) -> tuple[Marker, ...]:
    """The moments of a screening in frames of the film, in order of time."""
    scenes = {moment: scene for scene in analysis.scenes for moment in scene.moments}
    made = []
    for k, moment in enumerate(analysis.search.moments):
        parts = [
            evidence(moment),
            f"peak {timecode.code(timecode.frame(moment.peak))}",
            *(f"{mixed.feeling.name} {mixed.count} of {mixed.viewers}" for mixed in analysis.moment_mixed[k]),
        ]
        if k in scenes and analysis.script:
            heading = analysis.script.screenplay.elements[scenes[k].heading]
            parts.append(f"scene {heading.number or scenes[k].scene}: {' '.join(heading.text.split())}")
        start, end = timecode.frame(moment.start), timecode.frame(moment.end)
        name = f"Moment {k + 1}: {moment.emotion}"
        note = NOT_XML.sub("", ", ".join(parts))
        made.append(Marker(name, note, start, max(end - start, 1), moment.emotion))
    return tuple(made)


def otio_timeline(analysis: Analysis, timecode: Timecode) -> str:
    """An OpenTimelineIO timeline, empty but for a marker a moment, with the moment's figures as metadata."""
    return _written(analysis, timecode, "otio_json")


def final_cut_xml(analysis: Analysis, timecode: Timecode) -> str:
    """A sequence in Final Cut's XML (xmeml), which Premiere and Resolve read too: a marker a moment."""
    return _written(analysis, timecode, "fcp_xml")


def smpte_rate(timecode: Timecode) -> bool:
    """Whether SMPTE's timecode has this rate: Final Cut's XML knows no other."""
    from opentimelineio.opentime import RationalTime

    return bool(RationalTime.is_smpte_timecode_rate(float(timecode.rate)))


def _written(analysis: Analysis, timecode: Timecode, adapter: str) -> str:
    # OpenTimelineIO takes a second to import.
    import opentimelineio as otio
    from opentimelineio.opentime import RationalTime, TimeRange

    def span(start: int, frames: int) -> TimeRange:
        rate = float(timecode.rate)
        return TimeRange(RationalTime(start, rate), RationalTime(frames, rate))

    title = NOT_XML.sub("", analysis.title)
    timeline = otio.schema.Timeline(title, global_start_time=span(timecode.start, 0).start_time)
    timeline.metadata["fcp_xml"] = {"timecode": {"displayformat": "DF" if timecode.drop else "NDF"}}
    told = moments_json(analysis)
    figures = told.pop("moments")
    timeline.metadata["moviemotion"] = told
    film = otio.schema.Track(title, kind=otio.schema.TrackKind.Video)
    film.append(otio.schema.Gap(source_range=span(0, timecode.frame(analysis.quality.seconds))))
    timeline.tracks.append(film)
    for marker, moment in zip(markers(analysis, timecode), figures, strict=True):
        timeline.tracks.markers.append(
            otio.schema.Marker(
                marker.name,
                span(marker.start, marker.frames),
                COLOURS[marker.emotion][0],
                {"moviemotion": moment, "fcp_xml": {"comment": marker.note}},
                marker.note,
            )
        )
    return str(otio.adapters.write_to_string(timeline, adapter))


def locator_edl(analysis: Analysis, timecode: Timecode) -> str:
    """A CMX3600 EDL: the film as one event, a `* LOC:` comment a moment, as Avid and Baselight write them."""
    lines = [_event(1, "AX", timecode, 0, timecode.frame(analysis.quality.seconds))]
    lines.append(f"* FROM CLIP NAME: {_plain(analysis.title)}\n")
    for marker in markers(analysis, timecode):
        colour = COLOURS[marker.emotion][1]
        told = _plain(f"{marker.name}, {marker.note}")
        lines.append(f"* LOC: {timecode.code(marker.start)} {colour:<7} {told}\n")
    return _edl_head(analysis, timecode) + "".join(lines)


def resolve_edl(analysis: Analysis, timecode: Timecode) -> str:
    """Timeline markers as Resolve writes and imports them: an event a moment, its marker on the next line."""
    lines = []
    for k, marker in enumerate(markers(analysis, timecode), 1):
        lines.append(_event(k, "001", timecode, marker.start, marker.start + 1))
        colour = COLOURS[marker.emotion][0].title()
        name, note = (_plain(text).replace("|", "/") for text in (marker.name, marker.note))
        lines.append(f"{note} |C:ResolveColor{colour} |M:{name} |D:{marker.frames}\n\n")
    return _edl_head(analysis, timecode) + "".join(lines)


def _edl_head(analysis: Analysis, timecode: Timecode) -> str:
    numbers = "DROP FRAME" if timecode.drop else "NON-DROP FRAME"
    return f"TITLE: {_plain(analysis.title)}\nFCM: {numbers}\n\n"


def _event(number: int, reel: str, timecode: Timecode, start: int, end: int) -> str:
    times = f"{timecode.code(start)} {timecode.code(end)}"
    return f"{number:03}  {reel:<8} V     C        {times} {times}\n"


def _plain(text: str) -> str:
    """On one line, with the dashes of ASCII: some programs read EDLs as that."""
    return " ".join(text.split()).translate(str.maketrans("–—−’", "---'"))
