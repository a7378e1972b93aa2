"""Exports the markers as a Standard MIDI File, from which Pro Tools imports memory locations.

Pro Tools has no other file of markers that it can import: its session text is only exported.
"""

from __future__ import annotations

import unicodedata

from moviemotion.analysis.analyze import Analysis
from moviemotion.reports.exchange.edl import plain_punctuation
from moviemotion.reports.exchange.export_names import timeline_name
from moviemotion.reports.exchange.markers import screening_markers
from moviemotion.timecode import TimecodeFormat

_TICKS_PER_QUARTER = 960
_MICROSECONDS_PER_QUARTER = 500_000
"""Pro Tools's own resolution and the tempo of a new session, so that positions are right whether or not the
file's tempo is imported."""
_TRACK_NAME, _MARKER, _END_OF_TRACK, _TEMPO = 0x03, 0x06, 0x2F, 0x51
"""Types of meta events (Standard MIDI Files 1.0)."""


def pro_tools_midi(analysis: Analysis, timecode: TimecodeFormat) -> bytes:
    """Write a MIDI file with a marker at the start and at the end of each moment; time 0 is the first frame.

    Markers in MIDI have only a name. It contains the moment, its line and its evidence, in ASCII characters.
    """

    def ticks(frame: int) -> int:
        per_second = _TICKS_PER_QUARTER * 1_000_000 / _MICROSECONDS_PER_QUARTER
        return round(timecode.frame_to_seconds(frame) * per_second)

    events: list[tuple[int, str]] = []
    for marker in screening_markers(analysis, timecode):
        events.append((ticks(marker.start), f"{marker.name}, {marker.note}"))
        if marker.frames > 1:
            events.append((ticks(marker.start + marker.frames), f"End of {marker.name}"))
    track = _meta_event(0, _TRACK_NAME, _ascii(timeline_name(analysis)))
    track += _meta_event(0, _TEMPO, _MICROSECONDS_PER_QUARTER.to_bytes(3, "big"))
    before = 0
    for at, text in sorted(events, key=lambda event: event[0]):
        track += _meta_event(at - before, _MARKER, _ascii(text))
        before = at
    track += _meta_event(0, _END_OF_TRACK, b"")
    header = b"".join(number.to_bytes(2, "big") for number in (0, 1, _TICKS_PER_QUARTER))
    return _chunk(b"MThd", header) + _chunk(b"MTrk", track)


def _meta_event(delta: int, kind: int, data: bytes) -> bytes:
    return _variable_length(delta) + bytes((0xFF, kind)) + _variable_length(len(data)) + data


def _variable_length(number: int) -> bytes:
    """Encode a number in seven bits per byte; the highest bit says that another byte follows."""
    encoded = [number & 0x7F]
    while number := number >> 7:
        encoded.append(number & 0x7F | 0x80)
    return bytes(reversed(encoded))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + len(data).to_bytes(4, "big") + data


def _ascii(text: str) -> bytes:
    """Write letters without accents and other characters as question marks: MIDI texts have no encoding."""
    letters = unicodedata.normalize("NFKD", plain_punctuation(text))
    return "".join(c for c in letters if not unicodedata.combining(c)).encode("ascii", "replace")
