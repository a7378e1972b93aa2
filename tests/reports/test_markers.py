"""Markers as other programs read them: OpenTimelineIO's own reader, and its CMX3600 and Final Cut readers."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import opentimelineio as otio
import pytest

from moviemotion.analysis.analyze import Analysis
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.reports.exchange.markers import (
    MARKER_COLORS,
    final_cut_xml,
    locator_edl,
    moment_markers,
    otio_timeline,
    resolve_edl,
)
from moviemotion.timecode import TimecodeFormat, exact_frame_rate

NUMBERINGS = [
    TimecodeFormat.from_start_timecode(code, exact_frame_rate(fps))
    for fps, code in (
        (24, "01:00:00:00"),
        (23.976, "00:00:00:00"),
        (25, "10:00:00:00"),
        (29.97, "01:00:00:00"),
    )
]
DROP_FRAME = TimecodeFormat.from_start_timecode("01:00:00;00", exact_frame_rate(29.97))
on_any_film = pytest.mark.parametrize(
    "timecode", [*NUMBERINGS, DROP_FRAME], ids=lambda t: f"{t.frame_to_timecode(0)}@{t.frame_rate}"
)


def spans(found) -> list[tuple[float, float]]:
    """Start and length of OpenTimelineIO's markers, frames."""
    return [(m.marked_range.start_time.value, m.marked_range.duration.value) for m in found]


def expected_spans(analysis: Analysis, timecode: TimecodeFormat) -> list[tuple[int, int]]:
    return [(m.start, m.frames) for m in moment_markers(analysis, timecode)]


def test_a_marker_gives_emotion_evidence_and_scene(analysis: Analysis) -> None:
    moment, first = analysis.moment_search.moments[0], moment_markers(analysis, NUMBERINGS[0])[0]
    assert first.name == "Moment 1: happy"
    assert (first.start, first.frames) == (24 * moment.start, 24 * (moment.end - moment.start))
    assert re.match(
        r"strength 0\.\d\d \(0\.\d\d–0\.\d\d\), \d+ of 12 reacted \(usually 5 %\), "
        r"found again in 97 % of half-audiences, p = 0\.002, peak 01:00:",
        first.note,
    )
    assert first.note.endswith("scene 1: INT. LIGHTHOUSE KITCHEN – NIGHT")


@on_any_film
def test_opentimelineio_reads_its_timeline(analysis: Analysis, timecode: TimecodeFormat) -> None:
    read = otio.adapters.read_from_string(otio_timeline(analysis, timecode), "otio_json")
    assert read.name == "The Second Spoon"
    assert read.global_start_time.value == timecode.start_frame
    assert read.duration().value == timecode.seconds_to_frame(150)
    assert spans(read.tracks.markers) == expected_spans(analysis, timecode)
    assert [m.color for m in read.tracks.markers] == ["YELLOW", "CYAN", "BLUE", "YELLOW"]
    evidence = read.tracks.markers[1].metadata["moviemotion"]
    assert (evidence["emotion"], evidence["p_adjusted"]) == ("surprise", 0.002)
    assert list(evidence["strength_interval"]) == pytest.approx(
        analysis.moment_search.moments[1].strength_interval, abs=1e-6
    )
    assert read.metadata["moviemotion"]["viewers"] == 12


@on_any_film
def test_final_cuts_xml_is_read_with_its_timecode(analysis: Analysis, timecode: TimecodeFormat) -> None:
    text = final_cut_xml(analysis, timecode)
    read = otio.adapters.read_from_string(text, "fcp_xml")
    assert spans(read.tracks.markers) == expected_spans(analysis, timecode)
    assert [m.name for m in read.tracks.markers][:2] == ["Moment 1: happy", "Moment 2: surprise"]
    assert read.tracks.markers[0].metadata["fcp_xml"]["comment"] == moment_markers(analysis, timecode)[0].note
    assert read.global_start_time.value == timecode.start_frame
    assert f"<string>{timecode.frame_to_timecode(0)}</string>" in text
    assert f"<displayformat>{'DF' if timecode.drop_frame else 'NDF'}</displayformat>" in text


@pytest.mark.parametrize("timecode", NUMBERINGS, ids=str)
def test_a_cmx3600_reader_finds_the_locators(analysis: Analysis, timecode: TimecodeFormat) -> None:
    text = "".join(locator_edl(analysis, timecode))
    read = otio.adapters.read_from_string(text, "cmx_3600", rate=float(timecode.frame_rate))
    (clip,) = read.tracks[0]
    assert (read.name, clip.name) == ("The Second Spoon", "The Second Spoon")
    assert clip.duration().value == timecode.seconds_to_frame(150)
    starts = [m.marked_range.start_time.value - timecode.start_frame for m in clip.markers]
    assert starts == [start for start, _ in expected_spans(analysis, timecode)]
    assert [m.color for m in clip.markers] == ["YELLOW", "CYAN", "BLUE", "YELLOW"]
    assert clip.markers[0].name.startswith("Moment 1: happy, strength")


def test_locators_of_a_drop_frame_film(analysis: Analysis) -> None:
    """OpenTimelineIO's reader passes over locators whose timecode has a semicolon."""
    lines = locator_edl(analysis, DROP_FRAME).splitlines()
    assert lines[1].startswith("FCM: DROP FRAME")
    codes = [line.split()[2] for line in lines if line.startswith("* LOC: ")]
    assert [DROP_FRAME.timecode_to_frame(code) for code in codes] == [
        start for start, _ in expected_spans(analysis, DROP_FRAME)
    ]


@on_any_film
def test_resolves_marker_edl_has_one_event_for_each_moment(
    analysis: Analysis, timecode: TimecodeFormat
) -> None:
    text = "".join(resolve_edl(analysis, timecode))
    read = otio.adapters.read_from_string(text, "cmx_3600", rate=float(timecode.frame_rate))
    events = [clip for clip in read.tracks[0] if isinstance(clip, otio.schema.Clip)]
    starts = [clip.source_range.start_time.value - timecode.start_frame for clip in events]
    notes = [clip.metadata["cmx_3600"]["comments"][0] for clip in events]
    found = [re.fullmatch(r"(.+) \|C:ResolveColor(\w+) \|M:(.+) \|D:(\d+)", note) for note in notes]
    assert list(zip(starts, (int(f[4]) for f in found), strict=True)) == expected_spans(analysis, timecode)
    assert [f[2] for f in found] == ["Yellow", "Cyan", "Blue", "Yellow"]
    assert found[3][3] == "Moment 4: happy"


def test_a_title_cannot_break_an_edl(make) -> None:
    analysis = make(title="One\n* LOC: 00:00:00:00 RED  Two | “Three” – four")
    for edl in (locator_edl, resolve_edl):
        lines = "".join(edl(analysis, NUMBERINGS[0])).splitlines()
        assert lines[0] == "TITLE: One * LOC: 00:00:00:00 RED Two | “Three” - four"
    broken = replace(analysis.script.screenplay.elements[0], text="INT. A |C:ResolveColorRed\nB")
    screenplay = replace(
        analysis.script.screenplay, elements=(broken, *analysis.script.screenplay.elements[1:])
    )
    analysis = replace(analysis, script=replace(analysis.script, screenplay=screenplay))
    event, marker = "".join(resolve_edl(analysis, NUMBERINGS[0])).splitlines()[3:5]
    assert event.startswith("001  ")
    assert marker.count("|") == 3
    assert "INT. A /C:ResolveColorRed B |C:ResolveColorYellow" in marker


def test_control_characters_do_not_break_final_cuts_xml(make) -> None:
    analysis = make(title="One\x00 \x0bTwo")
    heading = replace(analysis.script.screenplay.elements[0], text="INT. \x01A\ufffe & <B>")
    screenplay = replace(
        analysis.script.screenplay, elements=(heading, *analysis.script.screenplay.elements[1:])
    )
    analysis = replace(analysis, script=replace(analysis.script, screenplay=screenplay))
    read = otio.adapters.read_from_string(final_cut_xml(analysis, NUMBERINGS[0]), "fcp_xml")
    assert read.name == "One Two"
    assert read.tracks.markers[0].metadata["fcp_xml"]["comment"].endswith("INT. A & <B>")


def test_an_inconclusive_screening_says_so_where_comments_are_allowed(make) -> None:
    few = make(viewers=3, conclusive=False)
    notice = f"Not enough viewers. {few.moment_search.conclusion}"
    assert f"* COMMENT: {notice}\n" in locator_edl(few, NUMBERINGS[0])
    assert json.loads(otio_timeline(few, NUMBERINGS[0]))["metadata"]["moviemotion"]["conclusive"] is False


@pytest.mark.parametrize("write", [locator_edl, resolve_edl, otio_timeline, final_cut_xml])
def test_a_screening_without_moments_or_script_is_still_a_timeline(make, write) -> None:
    text = "".join(write(make(viewers=1, conclusive=False, scenes=0), NUMBERINGS[0]))
    assert "The Second Spoon" in text
    assert "Moment" not in text


def test_every_emotion_has_a_color_that_programs_know() -> None:
    known = {name for name in dir(otio.schema.MarkerColor) if name.isupper()}
    of_locators = {"RED", "GREEN", "BLUE", "CYAN", "MAGENTA", "YELLOW", "BLACK", "WHITE"}
    assert tuple(MARKER_COLORS) == tuple(NON_NEUTRAL_EMOTIONS) or set(MARKER_COLORS) == set(
        NON_NEUTRAL_EMOTIONS
    )
    assert {colour for colour, _ in MARKER_COLORS.values()} <= known
    assert {colour for _, colour in MARKER_COLORS.values()} <= of_locators
    assert len(set(MARKER_COLORS.values())) == len(NON_NEUTRAL_EMOTIONS)
