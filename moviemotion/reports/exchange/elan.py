"""Exports a screening as ELAN annotations, with tiers for moments, the audience's emotions and the script.

Times are milliseconds of film time. Annotations on the same tier never overlap, because ELAN rejects
overlaps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from math import isnan
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray

from moviemotion._io.xml_tree import INVALID_XML_CHARACTERS
from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.script_emotions import MIN_DOMINANT_STRENGTH
from moviemotion.analysis.signals.audience_curve import AudienceCurve
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.reports.number_format import (
    cautions,
    interval,
    moment_evidence,
    moment_name,
    number,
    too_few_seen,
)
from moviemotion.screenplay.elements import ElementKind

EAF_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
_FIXED_DATE = "1970-01-01T00:00:00+00:00"
"""The format requires a date; a fixed date makes the file reproducible."""
_LINGUISTIC_TYPE = "annotation"


@dataclass(frozen=True)
class Annotation:
    """Text on a tier from `start` to `end`, in milliseconds of film time."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Tier:
    """A row of annotations in chronological order.

    Attributes:
        name: tier name, unique within the document.
        annotations: the annotations, which do not overlap.
        speaker: the character who speaks, or None.
    """

    name: str
    annotations: tuple[Annotation, ...]
    speaker: str | None = None


def elan_document(analysis: Analysis, film: Path | None = None) -> str:
    """Write an ELAN annotation document (EAF 3.0).

    Args:
        analysis: the analysis of the screening.
        film: the film's file, which ELAN opens together with the annotations; None to open no film.
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
    if notice := cautions(analysis):
        ET.SubElement(header, "PROPERTY", NAME="caution").text = _xml_safe(notice)
    _time_slots(root, tiers)
    numbers = count(1)
    for tier in tiers:
        participant = {"PARTICIPANT": _xml_safe(tier.speaker)} if tier.speaker else {}
        row = ET.SubElement(
            root,
            "TIER",
            {"TIER_ID": _xml_safe(tier.name), "LINGUISTIC_TYPE_REF": _LINGUISTIC_TYPE, **participant},
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
    """Build the tiers for moments, the audience's emotions, scenes, action and each speaker."""
    moments = (
        (moment.start, moment.end, f"{moment_name(k, moment)}, {moment_evidence(moment)}")
        for k, moment in enumerate(analysis.moment_search.moments, 1)
    )
    yield Tier("moments", without_overlaps(moments))
    for column, emotion in enumerate(NON_NEUTRAL_EMOTIONS):
        yield Tier(f"audience: {emotion}", tuple(_strength_annotations(analysis, column)))
    yield Tier("audience: unknown", tuple(_unknown_annotations(analysis.audience_curve)))
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
    """Yield the stretches in which the mean strength of an emotion meets the criterion used for lines."""
    curve = analysis.audience_curve
    mean, low = curve.strength[:, column], curve.strength_interval[0, :, column]
    with np.errstate(invalid="ignore"):
        stands_out = (mean >= MIN_DOMINANT_STRENGTH) & (low > 0) & curve.has_enough_viewers
    for start, end in _stretches(stands_out):
        peak = start + int(mean[start:end].argmax())
        text = (
            f"{number(mean[peak])} ({interval(curve.strength_interval[:, peak, column].tolist())}), "
            f"{curve.viewers[peak]} seen"
        )
        begin = int(curve.seconds[start]) * 1000
        yield Annotation(begin, begin + (end - start) * 1000, text)


def _unknown_annotations(curve: AudienceCurve) -> Iterator[Annotation]:
    """Yield the stretches in which too few viewers were seen."""
    for start, end in _stretches(~curve.has_enough_viewers):
        most = int(curve.viewers[start:end].max())
        begin = int(curve.seconds[start]) * 1000
        yield Annotation(
            begin, begin + (end - start) * 1000, f"{'at most ' if most else ''}{too_few_seen(most)}"
        )


def _stretches(inside: NDArray[np.bool_]) -> list[list[int]]:
    """Return the start and the exclusive end of each run of true values in a mask."""
    edges = np.flatnonzero(np.diff(inside, prepend=False, append=False))
    stretches: list[list[int]] = edges.reshape(-1, 2).tolist()
    return stretches


def without_overlaps(spans: Iterable[tuple[float, float, str]]) -> tuple[Annotation, ...]:
    """Convert timed texts to annotations that do not overlap.

    A text that overlaps the next one is cut off where the next one starts. Texts that start at the same time
    are joined into one annotation.
    """
    timed = sorted(
        (round(start * 1000), round(end * 1000), " ".join(text.split()))
        for start, end, text in spans
        if not isnan(start)
    )
    annotations: list[Annotation] = []
    for start, end, text in timed:
        annotation = Annotation(start, max(end, start + 1), text)
        if annotations and annotations[-1].start == start:
            last = annotations.pop()
            annotation = Annotation(start, max(annotation.end, last.end), f"{last.text} / {text}")
        elif annotations and annotations[-1].end > start:
            last = annotations.pop()
            annotations.append(Annotation(last.start, start, last.text))
        annotations.append(annotation)
    return tuple(annotations)


def _time_slots(root: ET.Element, tiers: Iterable[Tier]) -> None:
    """Add two time slots for each annotation, in chronological order.

    If annotations shared a slot, editing one of them would also move the other.
    """
    times = [time for tier in tiers for a in tier.annotations for time in (a.start, a.end)]
    order = ET.SubElement(root, "TIME_ORDER")
    for slot in sorted(range(len(times)), key=times.__getitem__):
        ET.SubElement(order, "TIME_SLOT", TIME_SLOT_ID=f"ts{slot + 1}", TIME_VALUE=str(times[slot]))


def _xml_safe(text: str) -> str:
    """Remove the characters that XML cannot contain."""
    return INVALID_XML_CHARACTERS.sub("", text)
