"""Subtitles whose words match and whose times do not."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from subtitle_faults import FAULTS, FaultyFile, InventedFilm, invented_film, srt

from moviemotion.screenplay.alignment.align import TimedScript, TimeSource, align_script
from moviemotion.screenplay.alignment.known_film import KnownFilm
from moviemotion.screenplay.inputs import read_script_inputs
from moviemotion.screenplay.subtitles.cue_file import parse_cues
from moviemotion.screenplay.subtitles.parse import Subtitle, read_subtitle_track
from moviemotion.screenplay.subtitles.time_map import TimeMap, TimePiece
from moviemotion.screenplay.subtitles.voice_fit import fit_to_voice

CASES = Path(__file__).parents[3] / "shared" / "cases" / "subtitles"
needs_shared = pytest.mark.skipif(not CASES.is_dir(), reason="needs ../shared/cases/subtitles")


@cache
def film_of(seed: int) -> InventedFilm:
    return invented_film(seed, lines=240)


THREE_CUES = """1
00:00:50,000 --> 00:00:52,000
One.

2
{}
Two.

3
00:01:10,000 --> 00:01:12,000
Three.
"""
PARTLY_MISSING = {"first part alone", "second part alone, from zero", "middle missing"}
INVISIBLE_WITHOUT_SOUND = {"early by 2 to 9 s", "late by 3 to 90 s", "second half late"} | {
    kind for kind in FAULTS if kind.startswith("25 instead")
}


def aligned(folder: Path, invented: InventedFilm, file: FaultyFile, film: KnownFilm) -> TimedScript:
    path = folder / file.name
    path.write_text(file.text, encoding="utf-8")
    track = read_subtitle_track(path)
    timed = align_script(
        invented.film.screenplay, track.subtitles, None, film=film, part_starts=track.part_starts
    )
    return replace(timed, problems=(*track.repairs, *timed.problems))


def errors(timed: TimedScript, invented: InventedFilm) -> np.ndarray:
    """The errors in seconds of all lines whose times come from the subtitles."""
    cues = [timed.cues[k] for k in invented.film.starts]
    return np.array(
        [
            abs(cue.start - invented.film.starts[cue.element])
            for cue in cues
            if cue.source is TimeSource.SUBTITLES
        ]
    )


@pytest.mark.parametrize("kind", FAULTS)
def test_faults_are_corrected_by_the_films_sound_and_reported(tmp_path: Path, kind: str) -> None:
    invented = film_of(3)
    file = FAULTS[kind](invented.film.subtitles, np.random.default_rng(3))
    timed = aligned(tmp_path, invented, file, KnownFilm(invented.seconds, voice=invented.voice))
    assert timed.problems
    wrong = errors(timed, invented) > 1
    assert wrong.sum() <= 0.01 * len(wrong)
    if kind in PARTLY_MISSING:
        assert len(wrong) > 0.3 * len(invented.film.starts)
        uncovered = [cue for k in invented.film.starts if (cue := timed.cues[k]).source is TimeSource.CUT]
        assert len(uncovered) <= 3  # missing from the file, not from the film
    else:
        assert len(wrong) > 0.98 * len(invented.film.starts)


@pytest.mark.parametrize("kind", sorted(FAULTS.keys() - INVISIBLE_WITHOUT_SOUND))
def test_faults_are_corrected_or_reported_by_the_films_length(tmp_path: Path, kind: str) -> None:
    invented = film_of(4)
    file = FAULTS[kind](invented.film.subtitles, np.random.default_rng(4))
    timed = aligned(tmp_path, invented, file, KnownFilm(invented.seconds))
    assert timed.problems


@pytest.mark.parametrize("known", ["sound", "length", "nothing"])
def test_right_subtitles_are_not_reported(tmp_path: Path, known: str) -> None:
    for seed in (3, 4, 5):
        invented = film_of(seed)
        film = {
            "sound": KnownFilm(invented.seconds, voice=invented.voice),
            "length": KnownFilm(invented.seconds),
            "nothing": KnownFilm(),
        }[known]
        timed = aligned(tmp_path, invented, FaultyFile("film.srt", srt(invented.film.subtitles)), film)
        assert timed.problems == ()
        assert errors(timed, invented).max() < 0.01
        assert ("could not be compared" in timed.timing) == (known == "nothing")


def test_a_faster_version_that_ends_early_is_a_doubt_unless_the_credits_explain_it(tmp_path: Path) -> None:
    invented = film_of(5)
    last = invented.film.subtitles[-1].end
    fast = FaultyFile(
        "film.srt", srt([replace(s, start=s.start * 0.96, end=s.end * 0.96) for s in invented.film.subtitles])
    )
    timed = aligned(tmp_path, invented, fast, KnownFilm(last + 5))
    assert timed.problems == ()
    assert "unless that time is the credits, they are for a faster version" in timed.timing
    known = aligned(tmp_path, invented, fast, KnownFilm(last + 50, credits_start=last + 5))
    assert "faster version" in known.problems[0]
    explained = aligned(tmp_path, invented, fast, KnownFilm(last + 5, credits_start=last * 0.96 + 3))
    assert explained.problems == ()
    assert "faster version" not in explained.timing


def test_a_missing_end_is_not_called_absent_from_the_film(tmp_path: Path) -> None:
    invented = film_of(6)
    lines = list(invented.film.starts)
    first_half = invented.film.subtitles[: len(lines) // 2]
    file = FaultyFile("film.srt", srt(first_half))
    timed = aligned(tmp_path, invented, file, KnownFilm(invented.seconds))
    assert "The subtitles end at" in timed.problems[0]
    late = [timed.cues[k] for k in lines[len(lines) // 2 :]]
    assert {cue.source for cue in late} == {TimeSource.INTERPOLATED}
    assert late[0].start >= first_half[-1].end - 1
    assert late[-1].end <= invented.seconds
    # If the length is unknown, the film may also end there.
    assert "is unknown" in aligned(tmp_path, invented, file, KnownFilm()).problems[0]


def test_lines_that_were_cut_are_still_absent(tmp_path: Path) -> None:
    invented = film_of(6)
    lines = list(invented.film.starts)
    gone = range(len(lines) // 2, len(lines) // 2 + 30)
    shift = invented.film.starts[lines[gone[-1] + 1]] - invented.film.starts[lines[gone[0]]]
    kept = [
        s if k < gone[0] else replace(s, start=s.start - shift, end=s.end - shift)
        for k, s in enumerate(invented.film.subtitles)
        if k not in gone
    ]
    timed = aligned(
        tmp_path, invented, FaultyFile("film.srt", srt(kept)), KnownFilm(invented.seconds - shift)
    )
    assert timed.problems == ()
    assert sum(timed.cues[lines[k]].source is TimeSource.CUT for k in gone) >= 28
    # If the film has time for them, it may contain them, and all later times may be early.
    longer = aligned(tmp_path, invented, FaultyFile("film.srt", srt(kept)), KnownFilm(invented.seconds))
    assert "30 consecutive lines" in longer.problems[0]
    assert "those of a shorter version" in longer.problems[0]


def test_subtitles_of_another_version_that_exceed_the_film_are_estimates(tmp_path: Path) -> None:
    invented = film_of(5)
    late = [replace(s, start=s.start + 200, end=s.end + 200) for s in invented.film.subtitles]
    timed = aligned(tmp_path, invented, FaultyFile("film.srt", srt(late)), KnownFilm(invented.seconds))
    assert "another version" in timed.problems[0]
    assert not any(cue.source is TimeSource.SUBTITLES for cue in timed.cues)


def test_speed_and_offset_can_be_given(tmp_path: Path) -> None:
    script, subtitles = tmp_path / "film.fountain", tmp_path / "film.srt"
    script.write_text("INT. ROOM - DAY\n\nANNA\nThe ferry left without us again.\n", encoding="utf-8")
    subtitles.write_text(srt([Subtitle(10.0, 12.0, "The ferry left without us again.")]), encoding="utf-8")
    inputs = read_script_inputs(script, subtitles, subtitle_offset=-2.0, subtitle_speed=25 / 24)
    assert inputs is not None
    timed = inputs.align(60.0)
    assert timed.cues[2].start == pytest.approx(10 * 25 / 24 - 2, abs=0.01)
    assert timed.timing.endswith("Their speed and offset were given.")
    late = read_script_inputs(script, subtitles, subtitle_offset=60.0)
    assert late is not None
    assert "check both" in late.align(60.0, film_span=(0.0, 60.0)).problems[0]
    shifted = read_script_inputs(script, subtitles)
    assert shifted is not None
    assert "45 s early" in shifted.align(100.0, film_span=(45.0, 100.0)).problems[0]


def test_a_script_that_cannot_fit_the_film_is_not_squeezed() -> None:
    screenplay = film_of(3).film.screenplay
    long = align_script(screenplay, None, 200.0)
    assert "not squeezed" in long.problems[0]
    assert long.cues[-1].end > 1000
    fits = align_script(screenplay, None, long.cues[-1].end * 0.8)
    assert fits.problems == ()
    assert fits.cues[-1].end == pytest.approx(long.cues[-1].end * 0.8)


@pytest.mark.parametrize(
    "stamps",
    [
        "00:01:02,500 --> 00:01:04,000",
        "0O:0l:O2,5OO --> 00:01:04,000",
        "00:01:02.500 -> 00:01:04.000",
        "00:01:02:500 --> 00:01:04:000",
        "00:01:02,500 00:01:04,000",
        "00 : 01 : 02 , 500 --> 00 : 01 : 04 , 000",
        "00:01:02,500 –> 00:01:04,000",
        "00:01:02,500--&gt;00:01:04,000",
        "01:02.500 --> 01:04.000 align:start",
        "0:1:2,5 --> 0:1:4,0",
    ],
)
def test_damaged_time_stamps_are_read(stamps: str) -> None:
    text = THREE_CUES.format(stamps)
    assert [(cue.number, cue.start, cue.end, cue.text) for cue in parse_cues(text)] == [
        (1, 50.0, 52.0, "One."),
        (2, 62.5, 64.0, "Two."),
        (3, 70.0, 72.0, "Three."),
    ]


@pytest.mark.parametrize(
    "stamps",
    [
        "00:xx:02,500 --> 00:01:04,000",
        "00:01:02,500 --> xx:xx:xx,xxx",
        "?0:01:0?,500 --> 00:?1:04,000",
        "07:01:02,500 --> 00:01:04,000",
        "00:01:02,500 --> 09:01:04,000",
    ],
)
def test_stamps_that_cannot_be_read_are_filled_in(stamps: str) -> None:
    text = THREE_CUES.format(stamps)
    one, two, three = parse_cues(text)
    assert [cue.text for cue in (one, two, three)] == ["One.", "Two.", "Three."]
    assert 52.0 <= two.start < two.end <= 70.0
    assert [cue.repaired for cue in (one, two, three)] == [False, True, False]


def test_speech_that_mentions_times_is_no_line_of_times() -> None:
    text = "1\n00:00:01,000 --> 00:00:03,000\nAt 10:30 then, not 11:45.\n10:30 11:45\nA -> B\n"
    (cue,) = parse_cues(text)
    assert cue.text == "At 10:30 then, not 11:45.\n10:30 11:45\nA -> B"


def test_a_time_map_has_pieces() -> None:
    time_map = TimeMap((TimePiece(0.0, 2.0, 1.0), TimePiece(10.0, 1.0, 5.0)))
    assert time_map.film_times([0.0, 9.0, 10.0, 20.0]).tolist() == [1.0, 19.0, 15.0, 25.0]
    moved = TimeMap.linear(1.0, -5.0).apply([Subtitle(1.0, 4.0, "Gone."), Subtitle(4.0, 8.0, "Here.")])
    assert [(s.start, s.end, s.text) for s in moved] == [(0.0, 3.0, "Here.")]


def test_voices_of_another_film_fit_nothing() -> None:
    assert fit_to_voice(film_of(3).film.subtitles, film_of(4).voice) is None
    assert fit_to_voice(film_of(3).film.subtitles, np.zeros(20_000, np.float32)) is None


@needs_shared
@pytest.mark.parametrize("name", ["roll.vtt", "roll2.srt", "broken.srt", "tc1h.srt", "ntsc.srt"])
def test_cases_are_corrected(name: str) -> None:
    (path,) = CASES.glob(f"*/{name}")
    inputs = read_script_inputs(path.with_name("film.fountain"), path)
    assert inputs is not None
    timed = inputs.align(5400.0, film_span=(0.0, 5400.0))
    right = read_subtitle_track(CASES / "subs_speed" / "right.srt").subtitles
    said = [
        cue for cue, e in zip(timed.cues, inputs.screenplay.elements, strict=True) if e.kind == "dialogue"
    ]
    assert [cue.start for cue in said] == pytest.approx([s.start for s in right], abs=1.0)
    assert len(timed.problems) == 1
