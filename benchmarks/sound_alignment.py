"""Measure how well a script is aligned with a film's sound alone.

    python benchmarks/sound_alignment.py ../shared/data/scripts/pairs [--minutes 20] [--music none 10 5 0]
        [--recording reading.wav reading.srt]

The folder contains scripts (`NAME.txt`) of released films with their subtitles (`NAME.srt`). The subtitles
are spoken at their times by the four voices of flite (Debian's package flite), without music or with chords
and drums that are so many decibels softer than the speech. The reference is the alignment of the script with
the subtitles themselves, for the lines of which it is sure. Synthetic voices speak more clearly than actors
do, so results of real films will be worse. `--recording` measures a recording of real speech: its subtitles
are put into the first script as one more scene, among all other lines, which are not spoken.

The second table compares estimates without recognized words, over the entire film: from the page, and from
when somebody speaks, as told by the subtitles' times.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import tempfile
import time
import wave
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from moviemotion.screenplay.alignment.align import TimedScript, align_script
from moviemotion.screenplay.alignment.cues import TimeSource
from moviemotion.screenplay.alignment.line_times import SPOKEN_KINDS
from moviemotion.screenplay.alignment.sound_alignment import FilmSpeech, align_to_sound
from moviemotion.screenplay.elements import Element, ElementKind, Screenplay
from moviemotion.screenplay.film_sound import SAMPLE_RATE, detect_voice, read_sound
from moviemotion.screenplay.film_speech import recognize_speech
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.subtitles.parse import Subtitle, read_subtitles
from moviemotion.screenplay.subtitles.voice_fit import STEP_SECONDS

VOICES = ("slt", "rms", "awb", "kal16")
SPEECH_LEVEL = 0.1
"""Root mean square of speech; full scale is 1."""
TOLERANCES = (1.0, 3.0, 10.0)
SURE = 0.9
_UNSPEAKABLE = re.compile(r"[^A-Za-z0-9',.?! -]")


def say(text: str, voice: str, seconds: float) -> NDArray[np.float32]:
    """Speak a text with flite, faster than usual if it would take longer than `seconds`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        stretch = 1.0
        while True:
            setting = f"duration_stretch={stretch:.2f}"
            command = ["flite", "-voice", voice, "--setf", setting, "-t", text, "-o", str(path)]
            subprocess.run(command, check=True)
            with wave.open(str(path)) as file:
                rate, data = file.getframerate(), file.readframes(file.getnframes())
            samples = resample_poly(np.frombuffer(data, np.int16).astype(np.float32), SAMPLE_RATE, rate)
            length = len(samples) / SAMPLE_RATE
            if stretch < 1 or length <= seconds:
                return np.asarray(samples / (samples.std() + 1e-9) * SPEECH_LEVEL, np.float32)
            stretch = max(seconds / length, 0.65)


def music(count: int, seed: int) -> NDArray[np.float32]:
    """Chords that change every two seconds, with a drum twice a second, at the level of speech."""
    rng = np.random.default_rng(seed)
    sound = np.zeros(count, np.float32)
    for first in range(0, count, 2 * SAMPLE_RATE):
        part = sound[first : first + 2 * SAMPLE_RATE]
        clock = np.arange(len(part)) / SAMPLE_RATE
        root = 110 * 2 ** (rng.integers(0, 12) / 12)
        for ratio in (1, 1.26, 1.5, 2, 3, 4):
            part += (np.sin(2 * np.pi * root * ratio * clock + rng.uniform(0, 6)) / ratio).astype(np.float32)
        for beat in range(0, len(part), SAMPLE_RATE // 2):
            drum = part[beat : beat + 3000]
            drum += (2 * np.exp(-np.arange(len(drum)) / 500) * rng.standard_normal(len(drum))).astype(
                np.float32
            )
    return np.asarray(sound / sound.std() * SPEECH_LEVEL, np.float32)


def write_sound(path: Path, sound: NDArray[np.float32]) -> None:
    """Write samples from -1 to 1 as a WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((sound.clip(-1, 1) * 32767).astype(np.int16).tobytes())


def spoken(subtitles: Sequence[Subtitle], seconds: float) -> NDArray[np.float32]:
    """The subtitles, each spoken at its time by a voice drawn at random."""
    voices = random.Random(0)
    sound = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    for subtitle in subtitles:
        text = " ".join(_UNSPEAKABLE.sub(" ", subtitle.text).split())
        at = round(subtitle.start * SAMPLE_RATE)
        if re.search("[A-Za-z]", text) and at < len(sound):
            said = say(text, voices.choice(VOICES), subtitle.end - subtitle.start)
            sound[at : at + len(said)] += said[: len(sound) - at]
    return sound


def align_file(play: Screenplay, path: Path, seconds: float) -> TimedScript:
    """Align a script with a sound file."""
    voice = detect_voice(path)
    assert voice is not None
    dialogue = [element.text for element in play.elements if element.kind in SPOKEN_KINDS]
    return align_to_sound(play, FilmSpeech(seconds, voice, recognize_speech(path, voice, dialogue)))


def report(name: str, timed: TimedScript, starts: dict[int, float], elapsed: float) -> None:
    """Print the share of the lines within each tolerance, and how many of the sure ones are right.

    Args:
        name: name of the case.
        timed: the script as aligned.
        starts: the lines that are spoken, and their true starts in seconds.
        elapsed: processor time divided by the length of the film.
    """
    errors = np.array([abs(timed.cues[k].start - start) for k, start in starts.items()])
    shares = " ".join(f"{np.mean(errors <= tolerance):6.0%}" for tolerance in TOLERANCES)
    found = [cue for cue in timed.cues if cue.source is TimeSource.SOUND and _is_line(timed, cue.element)]
    sure = [cue for cue in found if cue.confidence >= SURE * max(c.confidence for c in found)]
    right = sum(abs(cue.start - starts.get(cue.element, np.inf)) <= TOLERANCES[1] for cue in sure)
    print(
        f"{name:36} {len(starts):5} {shares}   {right} of {len(sure)} sure ones   {elapsed:.2f}", flush=True
    )


def _is_line(timed: TimedScript, element: int) -> bool:
    return timed.screenplay.elements[element].kind in SPOKEN_KINDS


def reference(play: Screenplay, subtitles: Sequence[Subtitle], seconds: float) -> dict[int, float]:
    """The lines that are spoken in the first seconds of the film according to the subtitles, and when."""
    timed = align_script(play, subtitles, None)
    return {
        cue.element: cue.start
        for cue in timed.cues
        if cue.source is TimeSource.SUBTITLES
        and cue.confidence >= SURE
        and cue.start < seconds - TOLERANCES[-1]
        and _is_line(timed, cue.element)
    }


def measure(
    name: str, play: Screenplay, speech: NDArray[np.float32], starts: dict[int, float], levels: Sequence[str]
) -> None:
    """Align a script with speech under music of each level."""
    seconds = len(speech) / SAMPLE_RATE
    for level in levels:
        loud = 0.0 if level == "none" else 10 ** (-float(level) / 20)
        with tempfile.TemporaryDirectory() as folder:
            write_sound(path := Path(folder) / "film.wav", speech + loud * music(len(speech), 1))
            begin = time.process_time()
            timed = align_file(play, path, seconds)
        report(f"{name}, music {level}", timed, starts, (time.process_time() - begin) / seconds)


def measure_synthetic(script: Path, minutes: float, levels: Sequence[str]) -> None:
    """Speak the film's subtitles and align the script with the sound."""
    play, subtitles = read_screenplay(script), read_subtitles(script.with_suffix(".srt"))
    starts = reference(play, subtitles, minutes * 60)
    measure(script.stem, play, spoken(subtitles, minutes * 60), starts, levels)


def measure_recording(script: Path, recording: Path, subtitles_file: Path, levels: Sequence[str]) -> None:
    """Align a recording with a script of which it is one scene."""
    play, subtitles = read_screenplay(script), read_subtitles(subtitles_file)
    elements, scene = list(play.elements), max(element.scene for element in play.elements) + 1
    for subtitle in subtitles:
        elements.append(Element(ElementKind.CHARACTER, "READER", 0, 1, scene, "READER"))
        elements.append(Element(ElementKind.DIALOGUE, subtitle.text, 0, 1, scene, "READER"))
    starts = {len(play.elements) + 2 * k + 1: subtitle.start for k, subtitle in enumerate(subtitles)}
    speech = np.concatenate([samples for _, samples in read_sound(recording)])
    speech *= SPEECH_LEVEL / np.sqrt(np.mean(speech**2))
    measure(recording.stem, replace(play, elements=tuple(elements)), speech, starts, levels)


def measure_layout(script: Path) -> None:
    """Compare estimates from the page with those from when somebody speaks."""
    play, subtitles = read_screenplay(script), read_subtitles(script.with_suffix(".srt"))
    seconds = subtitles[-1].end + 120
    starts = reference(play, subtitles, seconds)
    voice = np.zeros(round(seconds / STEP_SECONDS), np.float32)
    for subtitle in subtitles:
        voice[round(subtitle.start / STEP_SECONDS) : round(subtitle.end / STEP_SECONDS)] = 1.0
    by_voice = align_to_sound(play, FilmSpeech(seconds, voice, None, "this is not measured"))
    for name, timed in (("page", align_script(play, None, seconds)), ("voices", by_voice)):
        errors = np.array([abs(timed.cues[k].start - start) for k, start in starts.items()])
        shares = " ".join(f"{np.mean(errors <= limit):6.0%}" for limit in (10, 60, 120))
        print(f"{script.stem + ', ' + name:36} {len(starts):5} {shares}   median {np.median(errors):.0f} s")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--music", nargs="*", default=["none", "10", "5", "0"])
    parser.add_argument("--recording", nargs=2, type=Path, action="append", default=[])
    options = parser.parse_args()
    scripts = sorted(options.pairs.glob("*.txt"))
    print(f"{'sound':36} lines   1 s    3 s   10 s   right within 3 s   processor time / film time")
    for recording, subtitles in options.recording:
        measure_recording(scripts[0], recording, subtitles, options.music)
    for script in scripts:
        measure_synthetic(script, options.minutes, options.music)
    print(f"{'estimated from':36} lines  10 s   60 s  120 s")
    for script in scripts:
        measure_layout(script)


if __name__ == "__main__":
    main()
