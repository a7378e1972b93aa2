"""Markers as other programs read them, at the frame rates of film and television."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from fractions import Fraction

import mido
import opentimelineio as otio
import pytest
from lxml import etree
from timecode import Timecode

from moviemotion.analysis.analyze import Analysis
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.reports.exchange.avid import avid_markers
from moviemotion.reports.exchange.edl import locator_edl, resolve_edl
from moviemotion.reports.exchange.export_names import export_file_name, timeline_name
from moviemotion.reports.exchange.fcpxml import final_cut_xml
from moviemotion.reports.exchange.markers import MARKER_COLORS, screening_markers
from moviemotion.reports.exchange.midi_markers import pro_tools_midi
from moviemotion.reports.exchange.otio_markers import otio_timeline, premiere_xml
from moviemotion.screenplay.elements import ElementKind
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
    return [(m.start, m.frames) for m in screening_markers(analysis, timecode)]


def test_a_marker_gives_emotion_line_evidence_and_scene(analysis: Analysis) -> None:
    moment, first = analysis.moment_search.moments[0], screening_markers(analysis, NUMBERINGS[0])[0]
    assert first.name == "Moment 1: happy"
    assert (first.start, first.frames) == (24 * moment.start, 24 * (moment.end - moment.start))
    assert re.match(
        r"IVO: “I knocked\. You were talking to my coat & <nobody> else\.” – "
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
def test_the_xml_for_premiere_is_read_with_its_timecode_and_colors(
    analysis: Analysis, timecode: TimecodeFormat
) -> None:
    text = premiere_xml(analysis, timecode)
    read = otio.adapters.read_from_string(text, "fcp_xml")
    assert spans(read.tracks.markers) == expected_spans(analysis, timecode)
    assert [m.name for m in read.tracks.markers][:2] == ["Moment 1: happy", "Moment 2: surprise"]
    assert (
        read.tracks.markers[0].metadata["fcp_xml"]["comment"] == screening_markers(analysis, timecode)[0].note
    )
    assert read.global_start_time.value == timecode.start_frame
    numbers = [MARKER_COLORS[m.emotion].premiere for m in analysis.moment_search.moments]
    assert [int(m.metadata["fcp_xml"]["pproColor"]) for m in read.tracks.markers] == numbers
    assert text.splitlines()[1] == "<!DOCTYPE xmeml>"
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
    assert clip.markers[0].name.startswith('Moment 1: happy, IVO: "I knocked.')


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
        assert lines[0] == 'TITLE: One * LOC: 00:00:00:00 RED Two | "Three" - four'
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
    read = otio.adapters.read_from_string(premiere_xml(analysis, NUMBERINGS[0]), "fcp_xml")
    assert read.name == "One Two"
    assert read.tracks.markers[0].metadata["fcp_xml"]["comment"].endswith("INT. A & <B>")


FCPXML_RULES = """
<!ELEMENT fcpxml (resources?, event*)> <!ATTLIST fcpxml version CDATA #FIXED "1.10">
<!ELEMENT resources (format)*>
<!ELEMENT format EMPTY>
<!ATTLIST format id ID #REQUIRED name CDATA #IMPLIED frameDuration CDATA #IMPLIED width CDATA #IMPLIED
  height CDATA #IMPLIED>
<!ELEMENT event (project)*> <!ATTLIST event name CDATA #IMPLIED>
<!ELEMENT project (sequence)> <!ATTLIST project name CDATA #IMPLIED>
<!ELEMENT sequence (note?, spine)>
<!ATTLIST sequence format IDREF #REQUIRED duration CDATA #IMPLIED tcStart CDATA #IMPLIED
  tcFormat (DF | NDF) #IMPLIED>
<!ELEMENT note (#PCDATA)>
<!ELEMENT spine (gap)*>
<!ELEMENT gap (note?, marker*)>
<!ATTLIST gap name CDATA #IMPLIED offset CDATA #IMPLIED start CDATA #IMPLIED duration CDATA #REQUIRED>
<!ELEMENT marker EMPTY>
<!ATTLIST marker start CDATA #REQUIRED duration CDATA #IMPLIED value CDATA #REQUIRED note CDATA #IMPLIED>
"""
"""What Apple's document type definition of FCPXML 1.10 says about the elements that are written."""


def fcpxml_time(text: str) -> Fraction:
    """A time in FCPXML: a rational number of seconds with a 64-bit numerator and a 32-bit denominator."""
    assert re.fullmatch(r"\d+(/\d+)?s", text)
    time = Fraction(text.removesuffix("s"))
    assert time.numerator < 2**63
    assert time.denominator < 2**31
    return time


@on_any_film
def test_fcpxml_obeys_its_definition_and_lies_on_frames(analysis: Analysis, timecode: TimecodeFormat) -> None:
    text = final_cut_xml(analysis, timecode)
    root = etree.fromstring(text.encode())
    rules = etree.DTD(io.StringIO(FCPXML_RULES))
    assert rules.validate(root), rules.error_log
    (frame,) = (fcpxml_time(f.get("frameDuration")) for f in root.iter("format"))
    assert frame == 1 / timecode.frame_rate
    (gap,) = root.iter("gap")
    assert fcpxml_time(gap.get("offset")) == fcpxml_time(gap.get("start")) == timecode.start_frame * frame
    found = [
        ((fcpxml_time(m.get("start")) / frame) - timecode.start_frame, fcpxml_time(m.get("duration")) / frame)
        for m in root.iter("marker")
    ]
    assert found == expected_spans(analysis, timecode)
    assert next(root.iter("sequence")).get("tcFormat") == ("DF" if timecode.drop_frame else "NDF")


@on_any_film
def test_opentimelineio_reads_fcpxml(analysis: Analysis, timecode: TimecodeFormat) -> None:
    """The adapter passes over the markers of gaps, but reads those of clips, which are written alike."""
    text = re.sub(r"(</?)gap", r"\1asset-clip", final_cut_xml(analysis, timecode))
    text = text.replace("<asset-clip ", '<asset-clip ref="r2" ').replace(
        "</resources>",
        '<asset id="r2" name="film" duration="150s" format="r1" src="file:///film"/></resources>',
    )
    (timeline,) = otio.adapters.read_from_string(text, "fcpx_xml")
    (clip,) = timeline.find_clips()
    first = float(timecode.start_frame / timecode.frame_rate)
    starts = [m.marked_range.start_time.to_seconds() - first for m in clip.markers]
    # The adapter counts in whole frames per second: 29 at 29.97.
    expected = [timecode.frame_to_seconds(start) for start, _ in expected_spans(analysis, timecode)]
    assert starts == pytest.approx(expected, abs=1 / 23)
    assert [m.name for m in clip.markers][:2] == ["Moment 1: happy", "Moment 2: surprise"]


@on_any_film
def test_avids_text_has_one_marker_per_line(analysis: Analysis, timecode: TimecodeFormat) -> None:
    rows = [line.split("\t") for line in avid_markers(analysis, timecode).splitlines()]
    rate = f"{float(timecode.frame_rate):.2f}" if timecode.frame_rate.denominator > 1 else timecode.frame_rate
    zero = Timecode(str(rate), timecode.frame_to_timecode(0), force_non_drop_frame=not timecode.drop_frame)
    starts = [
        Timecode(str(rate), row[1], force_non_drop_frame=not timecode.drop_frame).frames - zero.frames
        for row in rows
    ]
    assert list(zip(starts, (int(row[5]) for row in rows), strict=True)) == expected_spans(analysis, timecode)
    assert {(row[0], row[2], len(row)) for row in rows} == {("MoviEmotion", "V1", 6)}
    assert [row[3] for row in rows] == ["yellow", "cyan", "blue", "yellow"]
    assert rows[0][4].startswith('Moment 1: happy, IVO: "I knocked.')


@on_any_film
def test_pro_tools_finds_markers_in_the_midi_file(analysis: Analysis, timecode: TimecodeFormat) -> None:
    named = replace(analysis, title="Île – “ő”", cut="cut 3")
    file = mido.MidiFile(file=io.BytesIO(pro_tools_midi(named, timecode)))
    (track,) = file.tracks
    second, found = 0.0, {}
    for message in track:
        second += mido.tick2second(message.time, file.ticks_per_beat, 500_000)
        if message.type == "marker":
            found[message.text] = second
    for (text, start), (first, _) in zip(
        list(found.items())[::2], expected_spans(analysis, timecode), strict=True
    ):
        assert text.startswith(("Moment", "Mood"))
        assert start == pytest.approx(timecode.frame_to_seconds(first), abs=0.0003)
    for (text, end), (first, frames) in zip(
        list(found.items())[1::2], expected_spans(analysis, timecode), strict=True
    ):
        assert text.startswith("End of Mo")
        assert end == pytest.approx(timecode.frame_to_seconds(first + frames), abs=0.0003)
    assert [m.tempo for m in track if m.type == "set_tempo"] == [500_000]
    assert [m.name for m in track if m.type == "track_name"] == ['Ile - "o", cut 3']


def test_a_moment_without_speech_quotes_the_action_and_a_long_text_is_cut_off(make) -> None:
    base = make(moments=1)
    assert base.script is not None
    elements = tuple(
        replace(e, kind=ElementKind.ACTION, character=None, text="She waits. " * 30)
        for e in base.script.screenplay.elements
    )
    script = replace(base.script, screenplay=replace(base.script.screenplay, elements=elements))
    (marker,) = screening_markers(replace(base, script=script), NUMBERINGS[0])
    quote = marker.note.partition(" – strength")[0]
    assert quote.startswith("She waits. She waits.")
    assert len(quote) < 200
    assert "…" in quote


def test_files_and_timelines_are_called_by_title_cut_and_date(analysis: Analysis) -> None:
    named = replace(analysis, cut="Director's cut/2", date="2026-11-29")
    assert (
        export_file_name(named, "moments.edl") == "The-Second-Spoon_Director-s-cut-2_2026-11-29_moments.edl"
    )
    assert timeline_name(named) == "The Second Spoon, Director's cut/2, 2026-11-29"
    assert export_file_name(replace(analysis, title="../.. ?"), "a.edl") == "a.edl"
    assert export_file_name(replace(analysis, title="Čtyři 花様年華"), "a.edl") == "Čtyři-花様年華_a.edl"
    assert len(export_file_name(replace(named, title="花" * 99, cut="é" * 99), "moments.edl").encode()) < 200


def test_an_inconclusive_screening_says_so_in_its_first_marker(make) -> None:
    few = make(viewers=3, conclusive=False)
    notice = f"Not enough viewers. {few.moment_search.conclusion}"
    for write in (locator_edl, resolve_edl, avid_markers, premiere_xml, final_cut_xml):
        assert notice in write(few, NUMBERINGS[0])
        assert "Caution" in write(few, NUMBERINGS[0])
    assert notice.encode() in pro_tools_midi(few, NUMBERINGS[0])
    assert json.loads(otio_timeline(few, NUMBERINGS[0]))["metadata"]["moviemotion"]["conclusive"] is False


@pytest.mark.parametrize("write", [locator_edl, resolve_edl, otio_timeline, final_cut_xml])
def test_a_screening_without_moments_or_script_is_still_a_timeline(make, write) -> None:
    text = "".join(write(make(viewers=1, conclusive=False, scenes=0), NUMBERINGS[0]))
    assert "The Second Spoon" in text
    assert "Moment 1" not in text
    assert "Caution" in text


def test_every_emotion_has_a_color_that_programs_know() -> None:
    known = {name for name in dir(otio.schema.MarkerColor) if name.isupper()}
    of_locators = {"RED", "GREEN", "BLUE", "CYAN", "MAGENTA", "YELLOW", "BLACK", "WHITE"}
    assert tuple(MARKER_COLORS) == tuple(NON_NEUTRAL_EMOTIONS) or set(MARKER_COLORS) == set(
        NON_NEUTRAL_EMOTIONS
    )
    assert {color.timeline for color in MARKER_COLORS.values()} <= known
    assert {color.locator for color in MARKER_COLORS.values()} <= of_locators
    for palette in ("timeline", "resolve", "locator", "premiere"):
        assert len({getattr(color, palette) for color in MARKER_COLORS.values()}) == len(NON_NEUTRAL_EMOTIONS)
