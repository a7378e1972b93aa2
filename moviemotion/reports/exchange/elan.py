"""A screening as annotations for ELAN: tiers of moments, of each feeling of the room, and of the script.

Times are milliseconds of film time. Annotations of one tier never overlap, as ELAN demands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from math import isnan
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np

from moviemotion._io.xml_tree import INVALID_XML_CHARACTERS
from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.script_emotions import MIN_DOMINANT_STRENGTH
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.reports.number_format import interval, moment_evidence, number
from moviemotion.screenplay.elements import ElementKind

EAF_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
_FIXED_DATE = "1970-01-01T00:00:00+00:00"
"""The format wants a date; the same study is to give the same file."""
_LINGUISTIC_TYPE = "annotation"


@dataclass(frozen=True)
class Annotation:
    """What stands on a tier from `start` to `end`, milliseconds of film time."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Tier:
    """A row of annotations in order of time; `speaker` is whom they are of, or None."""

    name: str
    annotations: tuple[Annotation, ...]
    speaker: str | None = None


def elan_document(analysis: Analysis, film: Path | None = None) -> str:
    """An annotation document of ELAN (EAF 3.0).

    Args:
        film: the film's file, to be opened with it; without it ELAN opens the annotations alone.
    """
    tiers = list(build_tiers(analysis))
    root = ET.Element(
        "ANNOTATION_DOCUMENT",
        {
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:noNamespaceSchemaLocation": EAF_SCHEMA,
            "AUTHOR": "MoviEmotion",
            "DATE": _FIXED_DATE,
            "FORMAT": "3.0",
            "VERSION": "3.0",
        },
    )
    header = ET.SubElement(root, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    if film is not None:
        kind = "video/mp4" if film.suffix.lower() in (".mp4", ".m4v") else "unknown"
        ET.SubElement(header, "MEDIA_DESCRIPTOR", MEDIA_URL=film.absolute().as_uri(), MIME_TYPE=kind)
    _time_slots(root, tiers)
    numbers = count(1)
    for tier in tiers:
        of_whom = {"PARTICIPANT": _xml_safe(tier.speaker)} if tier.speaker else {}
        row = ET.SubElement(
            root,
            "TIER",
            {"TIER_ID": _xml_safe(tier.name), "LINGUISTIC_TYPE_REF": _LINGUISTIC_TYPE, **of_whom},
        )
        for annotation in tier.annotations:
            number = next(numbers)
            aligned = ET.SubElement(
                ET.SubElement(row, "ANNOTATION"),
                "ALIGNABLE_ANNOTATION",
                ANNOTATION_ID=f"a{number}",
                TIME_SLOT_REF1=f"ts{2 * number - 1}",
                TIME_SLOT_REF2=f"ts{2 * number}",
            )
            ET.SubElement(aligned, "ANNOTATION_VALUE").text = _xml_safe(annotation.text)
    ET.SubElement(
        root,
        "LINGUISTIC_TYPE",
        LINGUISTIC_TYPE_ID=_LINGUISTIC_TYPE,
        TIME_ALIGNABLE="true",
        GRAPHIC_REFERENCES="false",
    )
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def build_tiers(analysis: Analysis) -> Iterator[Tier]:
    """The tiers: moments, the room's feelings, scenes, action, and one a speaker."""
    moments = (
        (moment.start, moment.end, f"Moment {k}: {moment.emotion}, {moment_evidence(moment)}")
        for k, moment in enumerate(analysis.moment_search.moments, 1)
    )
    yield Tier("moments", without_overlaps(moments))
    for column, feeling in enumerate(NON_NEUTRAL_EMOTIONS):
        yield Tier(f"room: {feeling}", tuple(_strength_annotations(analysis, column)))
    if analysis.script is None:
        return
    elements = analysis.script.screenplay.elements
    scenes = (
        (scene.summary.start, scene.summary.end, elements[scene.heading_element].text)
        for scene in analysis.scene_emotions
    )
    yield Tier("scenes", without_overlaps(scenes))
    rows: dict[str | None, list[tuple[float, float, str]]] = {None: []}
    for cue in analysis.script.cues:
        element = elements[cue.element]
        if element.kind in (
            ElementKind.ACTION,
            ElementKind.DIALOGUE,
            ElementKind.LYRICS,
            ElementKind.CENTERED,
        ):
            rows.setdefault(element.character, []).append((cue.start, cue.end, element.text))
    for speaker, spans in rows.items():
        yield Tier(f"speaker: {speaker}" if speaker else "action", without_overlaps(spans), speaker)


def _strength_annotations(analysis: Analysis, column: int) -> Iterator[Annotation]:
    """The stretches in which the room's mean strength of a feeling stands out, by the rule for lines."""
    room = analysis.audience_curve
    mean, low = room.strength[:, column], room.strength_interval[0, :, column]
    with np.errstate(invalid="ignore"):
        felt = (mean >= MIN_DOMINANT_STRENGTH) & ~(low <= 0)
    edges = np.flatnonzero(np.diff(felt, prepend=False, append=False))
    for start, end in edges.reshape(-1, 2).tolist():
        peak = start + int(mean[start:end].argmax())
        text = f"{number(mean[peak])} ({interval(room.strength_interval[:, peak, column].tolist())})"
        begin = int(room.seconds[start]) * 1000
        yield Annotation(begin, begin + (end - start) * 1000, text)


def without_overlaps(spans: Iterable[tuple[float, float, str]]) -> tuple[Annotation, ...]:
    """Annotations without overlap: one ends where the next starts; what starts together stands together."""
    timed = sorted(
        (round(start * 1000), round(end * 1000), " ".join(text.split()))
        for start, end, text in spans
        if not isnan(start)
    )
    kept: list[Annotation] = []
    for start, end, text in timed:
        if kept and kept[-1].start == start:
            last = kept.pop()
            end, text = max(end, last.end), f"{last.text} / {text}"
        elif kept and kept[-1].end > start:
            kept.append(Annotation(kept[-1].start, start, kept.pop().text))
        kept.append(Annotation(start, max(end, start + 1), text))
    return tuple(kept)


def _time_slots(root: ET.Element, tiers: Iterable[Tier]) -> None:
    """Two slots an annotation, in order of time: shared ones would move each other's annotations."""
    times = [time for tier in tiers for a in tier.annotations for time in (a.start, a.end)]
    order = ET.SubElement(root, "TIME_ORDER")
    for slot in sorted(range(len(times)), key=times.__getitem__):
        ET.SubElement(order, "TIME_SLOT", TIME_SLOT_ID=f"ts{slot + 1}", TIME_VALUE=str(times[slot]))


def _xml_safe(text: str) -> str:
    """Without what XML cannot carry."""
    return INVALID_XML_CHARACTERS.sub("", text)
