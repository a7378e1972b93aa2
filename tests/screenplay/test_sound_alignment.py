"""Scripts aligned with the sound of a film, without subtitles."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from synthetic_film import Film, make_film

from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.alignment.align import align_script
from moviemotion.screenplay.alignment.cues import TimeSource
from moviemotion.screenplay.alignment.sound_alignment import FilmSpeech, align_to_sound
from moviemotion.screenplay.elements import Element, ElementKind, Screenplay
from moviemotion.screenplay.film_sound import SAMPLE_RATE
from moviemotion.screenplay.film_speech import (
    SpeechNotRecognizedError,
    _cut,
    recognize_speech,
    speech_stretches,
)
from moviemotion.screenplay.inputs import read_script_inputs
from moviemotion.screenplay.subtitles.parse import Subtitle

LINES = (
    "The ferry leaves without us tonight, I think.",
    "Then we shall learn to swim before morning comes.",
    "You cannot even stand in a bathtub, my dear.",
    "My mother kept a goat on the roof of the hotel.",
    "Nobody will believe a word of this tomorrow.",
    "Bring me the blue umbrella and a bottle of wine.",
    "The captain says that the engine is still warm.",
    "I have never trusted people who collect stamps.",
)


def voice_of(subtitles: tuple[Subtitle, ...], seconds: float) -> np.ndarray:
    voice = np.zeros(round(seconds * 10), np.float32)
    for subtitle in subtitles:
        voice[round(subtitle.start * 10) : round(subtitle.end * 10)] = 0.95
    return voice


@pytest.fixture(scope="module")
def film() -> Film:
    return make_film(120, seed=4)


def speech_of(film: Film, recognized: tuple[Subtitle, ...] | None, why_not: str = "") -> FilmSpeech:
    seconds = film.subtitles[-1].end + 20
    return FilmSpeech(seconds, voice_of(film.subtitles, seconds), recognized, why_not)


def test_recognized_words_time_the_lines(film: Film) -> None:
    heard = tuple(s for k, s in enumerate(film.subtitles) if k % 4)
    timed = align_to_sound(film.screenplay, speech_of(film, heard), film_start=30.0)
    found = [cue for cue in timed.cues if cue.source is TimeSource.SOUND and cue.element in film.starts]
    assert len(found) > 80
    assert np.mean([abs(cue.start - 30 - film.starts[cue.element]) < 1 for cue in found]) > 0.95
    assert max(cue.confidence for cue in found) <= 0.9
    assert not any(cue.source is TimeSource.CUT for cue in timed.cues)  # not heard is not absent
    assert f"{len(found)} of 120 lines of dialogue were recognized" in timed.timing


def test_words_of_another_film_are_not_used(film: Film) -> None:
    other = make_film(120, seed=5)
    timed = align_to_sound(film.screenplay, speech_of(film, other.subtitles))
    assert {cue.source for cue in timed.cues} == {TimeSource.VOICES}
    assert "too few of the words that were recognized in it are those of the script" in timed.timing


def test_without_words_scenes_follow_the_voices(film: Film) -> None:
    """Half of the scenes are silent for a minute, which the script does not say."""
    shift, late = 0.0, []
    for k, subtitle in enumerate(film.subtitles):
        shift += 60.0 * (k % 16 == 8)
        late.append(replace(subtitle, start=subtitle.start + shift, end=subtitle.end + shift))
    moved = replace(film, subtitles=tuple(late))
    starts = dict(zip(film.starts, (s.start for s in late), strict=True))
    speech = speech_of(moved, None, "nothing was recognized")
    timed = align_to_sound(film.screenplay, speech)
    by_page = align_script(film.screenplay, None, speech.seconds)

    def error(cues: tuple) -> float:
        return float(np.median([abs(cues[k].start - start) for k, start in starts.items()]))

    assert error(timed.cues) < 0.5 * error(by_page.cues)
    assert all(cue.is_estimated and cue.confidence == 0 for cue in timed.cues)
    assert all(a.start <= b.start for a, b in pairwise(timed.cues))
    assert "because nothing was recognized" in timed.timing


@pytest.mark.parametrize("kinds", [[ElementKind.DIALOGUE], [ElementKind.DIALOGUE, ElementKind.ACTION] * 40])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_layout_fills_any_film(kinds: list[ElementKind], share: float) -> None:
    elements = tuple(
        Element(kind, "One two three.", 1, 1, 0, "ANNA" if kind is ElementKind.DIALOGUE else None)
        for kind in kinds
    )
    play = Screenplay("Film", Path("film.txt"), (), elements)
    voice = (np.random.default_rng(0).random(900) < share).astype(np.float32)
    cues = align_to_sound(play, FilmSpeech(90.5, voice, None, "")).cues
    assert cues[0].start == 0
    assert all(0 <= cue.start <= cue.end <= 91 for cue in cues)


def test_a_script_without_dialogue_is_refused(film: Film) -> None:
    silent = replace(film.screenplay, elements=film.screenplay.elements[:2])
    with pytest.raises(MoviemotionError, match="no dialogue to find in the film's sound"):
        align_to_sound(silent, speech_of(film, None))


def test_stretches_hold_all_speech_and_are_short() -> None:
    voice = np.zeros(2000, np.float32)
    voice[100:110] = voice[115:700] = voice[1990:] = 0.9
    stretches = speech_stretches(voice)
    assert stretches[0] == pytest.approx((9.7, 39.7), abs=0.11)
    assert stretches[-1] == pytest.approx((198.7, 200.3), abs=0.01)
    assert all(start < end <= start + 30.01 for start, end in stretches)
    assert all(before[1] <= after[0] for before, after in pairwise(stretches))
    heard = np.zeros(2000, bool)
    for start, end in stretches:
        heard[round(start * 10) : round(end * 10)] = True
    assert heard[voice > 0].all()
    assert speech_stretches(np.zeros(50, np.float32)) == []


def test_sound_is_cut_at_film_time() -> None:
    """Each sample is its film time; there is no sound from 1 to 2 s."""
    pieces = []
    for start, end in ((0.0, 1.0), (2.0, 4.0)):
        whole = np.arange(round(start * SAMPLE_RATE), round(end * SAMPLE_RATE)) / SAMPLE_RATE
        pieces += [(float(part[0]), part.astype(np.float32)) for part in np.array_split(whole, 7)]
    cut = list(_cut(pieces, [(0.25, 0.5), (0.5, 2.5), (3.0, 9.0)]))
    assert [(start, len(samples) / SAMPLE_RATE) for start, samples in cut] == [(0.25, 0.25), (0.5, 2), (3, 6)]
    for start, samples in cut:
        clock = start + np.arange(len(samples)) / SAMPLE_RATE
        has_sound = ((clock < 1) | (clock >= 2)) & (clock < 4)
        np.testing.assert_allclose(samples, np.where(has_sound, clock, 0), atol=1e-4)


def test_only_english_is_recognized() -> None:
    pytest.importorskip("pocketsphinx")
    lines = ["Der Kapitän schläft noch, gnädige Frau.", "Dann müssen wir eben schwimmen."]
    with pytest.raises(SpeechNotRecognizedError, match="in another language"):
        recognize_speech(Path("film.mp4"), np.zeros(10, np.float32), lines)


def test_without_a_recognizer_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    with pytest.raises(SpeechNotRecognizedError, match=r"run pip install 'moviemotion\[speech\]'"):
        recognize_speech(Path("film.mp4"), np.zeros(10, np.float32), LINES)


@pytest.fixture(scope="module")
def talkie(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[float]]:
    """A script, a sound file in which a synthetic voice speaks its lines, and when each of them starts."""
    flite = shutil.which("flite")
    if flite is None:
        pytest.skip("flite is not installed")
    folder = tmp_path_factory.mktemp("talkie")
    sound, starts = [np.zeros(2 * SAMPLE_RATE, np.int16)], []
    for k, line in enumerate(LINES):
        starts.append(sum(map(len, sound)) / SAMPLE_RATE)
        spoken = folder / f"{k}.raw"
        command = [flite, "-voice", ("slt", "rms")[k % 2], "-t", line, "-o", str(spoken)]
        subprocess.run(command, check=True)
        sound += [np.frombuffer(spoken.read_bytes()[44:], np.int16), np.zeros(3 * SAMPLE_RATE, np.int16)]
    samples = np.concatenate(sound)
    write_film(folder / "film.mkv", samples)
    (folder / "film.fountain").write_text(
        "INT. PIER - NIGHT\n\n" + "\n\n".join(f"OLGA\n{line}" for line in LINES), encoding="utf-8"
    )
    return folder / "film.fountain", folder / "film.mkv", starts


def write_film(path: Path, samples: np.ndarray) -> None:
    """Write a black film with this sound."""
    with av.open(str(path), "w") as film:
        picture = film.add_stream("mpeg4", rate=1)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        sound = film.add_stream("pcm_s16le", rate=SAMPLE_RATE, layout="mono")
        for second in range(len(samples) // SAMPLE_RATE):
            black = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            black.pts = second
            film.mux(picture.encode(black))
            part = samples[second * SAMPLE_RATE : (second + 1) * SAMPLE_RATE]
            frame = av.AudioFrame.from_ndarray(part[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts = SAMPLE_RATE, second * SAMPLE_RATE
            film.mux(sound.encode(frame))
        film.mux(picture.encode(None))
        film.mux(sound.encode(None))


def test_a_script_is_aligned_with_spoken_lines(talkie: tuple[Path, Path, list[float]]) -> None:
    pytest.importorskip("pocketsphinx")
    script, film, starts = talkie
    steps: list[tuple[int, int]] = []
    inputs = read_script_inputs(script, film=film, progress=lambda done, total: steps.append((done, total)))
    assert inputs is not None
    assert inputs.files == (script, film)
    timed = inputs.align(None, film_span=(10.0, 90.0))
    lines = [c for c in timed.cues if timed.screenplay.elements[c.element].kind is ElementKind.DIALOGUE]
    errors = [
        abs(cue.start - 10.0 - start)
        for cue, start in zip(lines, starts, strict=True)
        if cue.source is TimeSource.SOUND
    ]
    assert len(errors) >= 7
    assert max(errors) < 1.0
    assert steps == sorted(steps)
    assert steps[-1][0] <= steps[-1][1]


def test_without_a_recognizer_a_film_still_gives_estimates(
    talkie: tuple[Path, Path, list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    script, film, _ = talkie
    inputs = read_script_inputs(script, shot_changes=film)
    assert inputs is not None
    timed = inputs.align(None)
    assert {cue.source for cue in timed.cues} == {TimeSource.VOICES}
    assert "run pip install 'moviemotion[speech]'" in timed.timing
