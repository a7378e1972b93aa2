"""Measure how faults in the times of subtitles are corrected or reported.

    python benchmarks/subtitles.py [--seeds 5] [--right 50] [--speech]

Each kind of fault (`tests/screenplay/subtitle_faults.py`) is made from the subtitles of an invented film with
known times. The table says for how many films the timed lines are within 1 s of the truth ("corrected"), for
how many a problem is reported otherwise, for how many the description of the times says that they could not
be checked, and how many are wrong without a word. It depends on what is known of the film: its sound, its
length, or nothing. Right subtitles must not be reported.

`--speech` has the sound of each film spoken by espeak-ng (`pip install espeakng-loader`), mixed with chords
and noise, and heard by the voice detector; otherwise, what a detector hears is drawn at random.
"""

from __future__ import annotations

import argparse
import ctypes
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "screenplay"))

from subtitle_faults import FAULTS, FaultyFile, InventedFilm, invented_film, srt

from moviemotion.screenplay.alignment.align import TimedScript, TimeSource, align_script
from moviemotion.screenplay.alignment.known_film import KnownFilm
from moviemotion.screenplay.film_sound import detect_voice
from moviemotion.screenplay.subtitles.parse import read_subtitle_track
from moviemotion.statistics import wilson_interval

RATE = 16_000
_UNCHECKED = ("could not be compared", "with the film's length only", "unless that time is the credits")
"""Phrases of the description of the times in the report and the terminal that say what was not checked."""


def outcome(timed: TimedScript, reported: bool, starts: dict[int, float]) -> str:
    """Whether the timed lines are right, or else whether something was reported."""
    cues = [timed.cues[k] for k in starts]
    sure = [abs(cue.start - starts[cue.element]) <= 1.0 for cue in cues if cue.source is TimeSource.SUBTITLES]
    cut = sum(cue.source is TimeSource.CUT for cue in cues)
    # One line in a hundred may be wrong for other reasons, such as a line that resembles another.
    if len(sure) + cut == len(cues) and sum(sure) >= 0.99 * len(sure) and cut <= 0.01 * len(cues):
        return "corrected"
    if reported:
        return "reported"
    return "unchecked" if any(phrase in timed.timing for phrase in _UNCHECKED) else "silent"


def align_file(invented: InventedFilm, file: FaultyFile, film: KnownFilm) -> tuple[TimedScript, bool]:
    """Align the film's script with a subtitle file; the second value is whether anything is reported."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file.name
        path.write_text(file.text, encoding="utf-8")
        track = read_subtitle_track(path)
    timed = align_script(
        invented.film.screenplay, track.subtitles, None, film=film, part_starts=track.part_starts
    )
    return timed, bool(track.repairs or timed.problems)


def known_films(invented: InventedFilm, voice: NDArray[np.float32] | None) -> dict[str, KnownFilm]:
    """What may be known of a film."""
    return {
        "sound": KnownFilm(invented.seconds, voice=invented.voice if voice is None else voice),
        "length": KnownFilm(invented.seconds),
        "nothing": KnownFilm(),
    }


def spoken_film(invented: InventedFilm, path: Path, seed: int) -> None:
    """Write the film's sound: every subtitle is spoken by espeak-ng, over chords and noise."""
    rng = np.random.default_rng(seed)
    speak = Espeak()
    sound = np.zeros(int((invented.seconds + 1) * RATE), np.float32)
    for number, subtitle in enumerate(invented.film.subtitles):
        said = speak(subtitle.text, (b"en", b"en-us+f2")[number % 2])
        at = int(max(subtitle.start + rng.normal(0.1, 0.1), 0) * RATE)
        sound[at : at + len(said)] += said[: len(sound) - at] * float(rng.uniform(0.05, 0.3))
    for first in range(0, len(sound), 4 * RATE):
        size = min(4 * RATE, len(sound) - first)
        clock = np.arange(size) / RATE
        chord = 220 * 2 ** (rng.integers(0, 24, 3)[:, None] / 12)
        loud = float(rng.choice([0, 0, 0.02, 0.06]))
        sound[first : first + size] += loud * np.sin(2 * np.pi * chord * clock).sum(axis=0).astype(np.float32)
    sound += rng.normal(0, 0.004, len(sound)).astype(np.float32)
    with av.open(str(path), "w") as film:
        stream = film.add_stream("pcm_s16le", rate=RATE, layout="mono")
        for first in range(0, len(sound), RATE):
            samples = (np.clip(sound[first : first + RATE], -1, 1) * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE, first
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))


class Espeak:
    """The speech synthesizer espeak-ng."""

    def __init__(self) -> None:
        import espeakng_loader

        self._library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        callback = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
        )
        self._pieces: list[NDArray[np.int16]] = []
        self._callback = callback(self._collect)
        self._library.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
        data = str(espeakng_loader.get_data_path()).encode()
        self._rate = self._library.espeak_Initialize(2, 0, data, 0)
        self._library.espeak_SetSynthCallback(self._callback)

    def _collect(self, wave: Any, count: int, _: Any) -> int:
        if count > 0:
            self._pieces.append(np.ctypeslib.as_array(wave, (count,)).copy())
        return 0

    def __call__(self, text: str, voice: bytes) -> NDArray[np.float32]:
        """Speak a text; samples at `RATE` from -1 to 1."""
        self._pieces.clear()
        self._library.espeak_SetVoiceByName(voice)
        data = text.encode()
        self._library.espeak_Synth(data, len(data) + 1, 0, 0, 0, 1, None, None)
        samples = np.concatenate(self._pieces) / 32768.0
        return np.asarray(resample_poly(samples, RATE, self._rate), np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--right", type=int, default=50)
    parser.add_argument("--speech", action="store_true")
    options = parser.parse_args()
    counts: dict[tuple[str, str], Counter[str]] = {}
    for seed in range(options.seeds):
        invented = invented_film(seed)
        voice = None
        if options.speech:
            with tempfile.TemporaryDirectory() as folder:
                spoken_film(invented, Path(folder) / "film.wav", seed)
                voice = detect_voice(Path(folder) / "film.wav")
        for kind, fault in FAULTS.items():
            file = fault(invented.film.subtitles, np.random.default_rng(seed))
            for known, film in known_films(invented, voice).items():
                timed, reported = align_file(invented, file, film)
                found = outcome(timed, reported, invented.film.starts)
                counts.setdefault((kind, known), Counter())[found] += 1
    known_names = ("sound", "length", "nothing")
    print(f"{options.seeds} films of each kind: corrected / reported / said to be unchecked / silently wrong")
    print(f"{'kind':40}" + "".join(f"{name:>18}" for name in known_names))
    for kind in FAULTS:
        cells = [counts[kind, known] for known in known_names]
        verdicts = ("corrected", "reported", "unchecked", "silent")
        row = [" / ".join(str(c[verdict]) for verdict in verdicts) for c in cells]
        print(f"{kind:40}" + "".join(f"{cell:>18}" for cell in row))
    for known in known_names:
        silent = 0
        for seed in range(options.right):
            invented = invented_film(1000 + seed)
            film = known_films(invented, None)[known]
            _, reported = align_file(invented, FaultyFile("film.srt", srt(invented.film.subtitles)), film)
            silent += not reported
        if options.right:
            low, high = wilson_interval(silent, options.right)
            print(
                f"right subtitles, {known} known: nothing reported in {silent} of {options.right} "
                f"(95 % {float(low):.0%}–{float(high):.0%})"
            )


if __name__ == "__main__":
    main()
