"""WebVTT as players read it: FFmpeg's demuxer, and a track in a real browser."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import av
import pytest

from moviemotion.analysis.analyze import Analysis
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.reports.exchange.webvtt import captions_vtt, metadata_vtt
from moviemotion.reports.tables.csv_json import moments_json

PAGE = """<!doctype html><meta charset=utf-8><video>
<track kind=captions src=moments.vtt default><track kind=metadata src=metadata.vtt></video>"""
CUES = """track => [...track.track.cues].map(cue => [cue.startTime, cue.endTime, cue.text])"""
Cue = tuple[float, float, str]


def with_hard_text(analysis: Analysis, text: str) -> Analysis:
    """The screening with another text for the script's first line of action."""
    screenplay = analysis.script.screenplay
    elements = list(screenplay.elements)
    elements[1] = replace(elements[1], text=text)
    script = replace(analysis.script, screenplay=replace(screenplay, elements=tuple(elements)))
    return replace(analysis, script=script)


def read_by_ffmpeg(text: str, folder: Path) -> list[Cue]:
    path = folder / "track.vtt"
    path.write_text(text, encoding="utf-8")
    with av.open(str(path)) as container:
        packets = [p for p in container.demux() if p.size]
        base = packets[0].time_base if packets else None
        return [(float(p.pts * base), float((p.pts + p.duration) * base), bytes(p).decode()) for p in packets]


def test_every_cue_of_the_metadata_is_json_in_its_time(analysis: Analysis, tmp_path: Path) -> None:
    cues = [(start, end, json.loads(t)) for start, end, t in read_by_ffmpeg(metadata_vtt(analysis), tmp_path)]
    assert [start for start, _, _ in cues] == sorted(start for start, _, _ in cues)
    seconds = {record["second"]: record for _, _, record in cues if record["type"] == "second"}
    assert sorted(seconds) == list(range(150))
    assert list(seconds[20]["strength"]) == list(NON_NEUTRAL_EMOTIONS)
    assert seconds[20]["strength"]["happy"] == pytest.approx(
        analysis.audience_curve.strength[20, 0], abs=1e-6
    )
    assert [seconds[k]["enough_viewers"] for k in (20, 90)] == [True, False]
    assert (seconds[90]["viewers"], seconds[90]["share"], seconds[90]["strength"]["sad"]) == (0, None, None)
    moments = [(start, end, record) for start, end, record in cues if record.pop("type") == "moment"]
    assert [record for _, _, record in moments] == moments_json(analysis)["moments"]
    assert [(start, end) for start, end, _ in moments] == [
        (m.start, m.end) for m in analysis.moment_search.moments
    ]
    assert [record["heading"] for _, _, record in cues if "heading" in record][1] == "EXT. CLIFF PATH – DAWN"


def test_lines_that_are_not_in_the_film_have_no_cue(analysis: Analysis, tmp_path: Path) -> None:
    record = [json.loads(text) for _, _, text in read_by_ffmpeg(metadata_vtt(analysis), tmp_path)]
    lines = [t["line"] for t in record if t["type"] == "line"]
    elements = analysis.script.screenplay.elements
    cut = {elements[c.element].line for c in analysis.script.cues if c.start != c.start}
    assert cut
    assert not cut & set(lines)
    assert {t["kind"] for t in record if t["type"] == "line"} == {"action", "dialogue"}


def test_captions_say_what_each_moment_was(analysis: Analysis, tmp_path: Path) -> None:
    cues = read_by_ffmpeg(captions_vtt(analysis), tmp_path)
    assert [(start, end) for start, end, _ in cues] == [
        (m.start, m.end) for m in analysis.moment_search.moments
    ]
    name, evidence = cues[0][2].split("\n")
    assert name == "● Moment 1: happy"
    assert evidence.startswith("strength 0.")
    assert evidence.endswith("p = 0.002")


def test_a_screening_without_moments_is_still_a_track(make, tmp_path: Path) -> None:
    analysis = make(viewers=1, conclusive=False, scenes=0, title="One\n--> two")
    notice = f"Not enough viewers. {analysis.moment_search.conclusion}"
    assert captions_vtt(analysis) == f"WEBVTT One -> two: moments\n\nNOTE {notice}\n"
    assert f"\n\nNOTE {notice}\n\n" in metadata_vtt(analysis)
    assert len(read_by_ffmpeg(metadata_vtt(analysis), tmp_path)) == 150


def test_a_browser_reads_both_tracks_completely(analysis: Analysis, browser) -> None:
    hard = 'A --> B\n\nNOTE "<i>&amp;\\n</i>" \u2028 00:00:01.000 --> 00:00:02.000'
    analysis = with_hard_text(analysis, hard)
    moments = list(analysis.moment_search.moments)
    moments[0] = replace(moments[0], p_adjusted=0.0002)
    analysis = replace(analysis, moment_search=replace(analysis.moment_search, moments=tuple(moments)))
    files = {"": PAGE, "moments.vtt": captions_vtt(analysis), "metadata.vtt": metadata_vtt(analysis)}
    page = browser.new_page()

    def answer(route) -> None:
        name = route.request.url.rpartition("/")[2]
        kind = "text/vtt" if name else "text/html"
        route.fulfill(body=files[name], content_type=f"{kind}; charset=utf-8")

    page.route("**/*", answer)
    page.goto("http://study.invalid/")
    page.evaluate("document.querySelectorAll('track').forEach(t => t.track.mode = 'hidden')")
    page.wait_for_function("[...document.querySelectorAll('track')].every(t => t.readyState === 2)")
    captions, metadata = (page.eval_on_selector(f"track[kind={k}]", CUES) for k in ("captions", "metadata"))
    assert [(start, end) for start, end, _ in captions] == [(m.start, m.end) for m in moments]
    assert page.eval_on_selector(
        "track[kind=captions]", "t => t.track.cues[0].getCueAsHTML().textContent"
    ).endswith("p < 0.001")
    record = [json.loads(text) for _, _, text in metadata]
    assert len(record) == metadata_vtt(analysis).count("\n{")
    assert next(t["text"] for t in record if t["type"] == "line") == hard
    page.close()
