"""The moments as markers, which the format of every editing program contains in its own way."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from moviemotion._io.xml_tree import INVALID_XML_CHARACTERS
from moviemotion.analysis.analyze import Analysis
from moviemotion.emotions import Emotion
from moviemotion.reports.number_format import cautions, moment_evidence, moment_name
from moviemotion.reports.script.line_notes import element_at_peak
from moviemotion.screenplay.elements import ElementKind
from moviemotion.timecode import TimecodeFormat


@dataclass(frozen=True)
class MarkerColor:
    """A marker's color in the palettes of the editing programs.

    Attributes:
        timeline: name in OpenTimelineIO.
        resolve: name in DaVinci Resolve.
        locator: name in Avid and in EDLs, which have eight colors.
        premiere: number of the color in Premiere, with the bytes alpha, blue, green and red; None for green,
            the color of a marker without a number.
    """

    timeline: str
    resolve: str
    locator: str
    premiere: int | None


MARKER_COLORS: dict[Emotion, MarkerColor] = {
    Emotion.HAPPY: MarkerColor("YELLOW", "Yellow", "YELLOW", 0xFF2BA1D0),
    Emotion.SURPRISE: MarkerColor("CYAN", "Cyan", "CYAN", 0xFFD6F419),
    Emotion.SAD: MarkerColor("BLUE", "Blue", "BLUE", 0xFFFC8D42),
    Emotion.ANGER: MarkerColor("RED", "Red", "RED", 0xFF362CD2),
    Emotion.DISGUST: MarkerColor("GREEN", "Green", "GREEN", None),
    Emotion.FEAR: MarkerColor("PURPLE", "Purple", "MAGENTA", 0xFFB18BAF),
    Emotion.CONTEMPT: MarkerColor("PINK", "Pink", "WHITE", 0xFFFFFFFF),
}
_CAUTION_COLOR = MarkerColor("ORANGE", "Sand", "BLACK", 0xFF246FE9)
_MAX_QUOTE_LENGTH = 160
"""Longest line of the script that is quoted in full, in characters."""


@dataclass(frozen=True)
class Marker:
    """A marker in a video editor.

    Attributes:
        name: name of the marker, such as `Moment 3: happy`.
        note: the line of the script and the evidence for the moment, on one line.
        start: first frame of the moment; the first frame of the film is 0.
        frames: length of the moment in frames, at least 1.
        color: color of the moment's emotion.
    """

    name: str
    note: str
    start: int
    frames: int
    color: MarkerColor


def screening_markers(analysis: Analysis, timecode: TimecodeFormat) -> tuple[Marker, ...]:
    """Convert the moments of a screening to markers, in chronological order.

    If there is too little data, the first marker says so, because not every format has a place for comments.
    """
    notice = cautions(analysis)
    caution = [Marker("Caution", _one_line(notice), 0, 1, _CAUTION_COLOR)] if notice else []
    return (*caution, *_moment_markers(analysis, timecode))


def _moment_markers(analysis: Analysis, timecode: TimecodeFormat) -> Iterator[Marker]:
    for k, moment in enumerate(analysis.moment_search.moments):
        parts = [
            moment_evidence(moment),
            f"peak {timecode.frame_to_timecode(timecode.seconds_to_frame(moment.peak))}",
            *(
                f"{mixed.emotion.name} {mixed.count} of {mixed.viewers}"
                for mixed in analysis.moment_mixed_emotions[k]
            ),
            *_scene_name(analysis, k),
        ]
        note = " – ".join([*_quoted_line(analysis, k), ", ".join(parts)])
        start, end = timecode.seconds_to_frame(moment.start), timecode.seconds_to_frame(moment.end)
        color = MARKER_COLORS[moment.emotion]
        yield Marker(moment_name(k + 1, moment), _one_line(note), start, max(end - start, 1), color)


def _quoted_line(analysis: Analysis, index: int) -> Iterator[str]:
    """Quote the line to which a moment is a reaction: the speech nearest to its peak, or else the action."""
    overlapped, script = analysis.moment_elements[index], analysis.script
    if script is None or not overlapped:
        return
    elements = script.screenplay.elements
    speech = [k for k in overlapped if elements[k].kind in (ElementKind.DIALOGUE, ElementKind.LYRICS)]
    at = element_at_peak(analysis.moment_search.moments[index], speech or overlapped, script)
    text = textwrap.shorten(elements[at].text, _MAX_QUOTE_LENGTH, placeholder=" …")
    quote = f"{elements[at].character}: “{text}”" if elements[at].character else text
    yield f"{quote} (the line’s time is estimated)" if script.cues[at].is_estimated else quote


def _scene_name(analysis: Analysis, index: int) -> Iterator[str]:
    for scene in analysis.scene_emotions:
        if index in scene.moments and analysis.script:
            heading = analysis.script.screenplay.elements[scene.heading_element]
            yield f"scene {heading.number or scene.scene_number}: {heading.text}"


def _one_line(text: str) -> str:
    return " ".join(INVALID_XML_CHARACTERS.sub("", text).split())
