"""Recordings of one room, started by hand: a film's sound and light, as different cameras record them."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

from moviemotion.audience.synchronization.camera_clocks import Recorded
from moviemotion.audience.video.decode import probe, read_frames

Float = NDArray[np.float64]

SOUND_RATE = 16_000
FRAME_RATE = 12
WIDTH, HEIGHT = 64, 48


@dataclass(frozen=True)
class Film:
    """A film.

    Attributes:
        sound: (n,) −1 to 1, at `SOUND_RATE`.
        light: (m,) brightness of the screen, 0 to 1, at `FRAME_RATE`.
    """

    sound: Float
    light: Float

    @property
    def seconds(self) -> float:
        return len(self.light) / FRAME_RATE


@dataclass(frozen=True)
class Microphone:
    """How a camera hears. `loudness` 0 is a camera that hears only itself."""

    noise: float = 0.01
    loudness: float = 1.0
    echo: float = 0.4
    gain: float = 1.0
    automatic_gain: bool = False
    neighbors: float = 0.05


@dataclass(frozen=True)
class Recording:
    """One camera's recording.

    Attributes:
        start: film time at which it begins, in seconds.
        seconds: its length in film time.
        drift: how much faster film time runs than the file's clock.
        microphone: None for a file without a sound track.
        coupling: how strongly the screen lights the picture; 0 for an infrared camera.
        pause: film times between which the camera was paused; the file goes on as if nothing had happened.
        creation_time: of the file, UTC.
        house_lights: film times between which the lights in the room are off.
    """

    start: float
    seconds: float
    drift: float = 0.0
    microphone: Microphone | None = field(default_factory=Microphone)
    coupling: float = 0.5
    pause: tuple[float, float] | None = None
    creation_time: str | None = None
    house_lights: tuple[float, float] | None = None


def make_film(seconds: float, seed: int, loop: float | None = None, silent: bool = False) -> Film:
    """A film with dialogue, music and noise, cut every few seconds.

    Args:
        loop: length in seconds of a passage that repeats throughout, in sound and in picture.
        silent: without any sound.
    """
    rng = np.random.default_rng(seed)
    sound = np.zeros(round(seconds * SOUND_RATE)) if silent else _film_sound(seconds, rng)
    light = _film_light(seconds, rng)
    if loop:
        sound = np.resize(sound[: round(loop * SOUND_RATE)], len(sound))
        light = np.resize(light[: round(loop * FRAME_RATE)], len(light))
    return Film(sound, light)


def record(
    film: Film, recording: Recording, path: Path, seed: int, picture: NDArray[np.uint8] | None = None
) -> Path:
    """Write a camera's recording of a film.

    Args:
        picture: (height, width, 3) what the camera sees in full light; gray by default.
    """
    rng = np.random.default_rng([seed, 1])
    sound = None
    own_seconds = recording.seconds / (1 + recording.drift)
    times = recording.start + np.arange(int(own_seconds * FRAME_RATE)) / FRAME_RATE * (1 + recording.drift)
    if recording.microphone:
        at = recording.start + np.arange(int(own_seconds * SOUND_RATE)) / SOUND_RATE * (1 + recording.drift)
        heard = _heard(film.sound, recording.microphone, rng)
        sound = np.interp(_kept(at, recording.pause), np.arange(len(heard)) / SOUND_RATE, heard, 0, 0)
        sound = _electronics(sound, recording.microphone, rng)
    times = _kept(times, recording.pause)
    lit = np.interp(times, np.arange(len(film.light)) / FRAME_RATE, film.light, 0, 0)
    level = 0.25 + recording.coupling * lit
    if recording.house_lights:
        first, last = recording.house_lights
        level = np.where((times < first) | (times > last), 1.5, level)
    level = level * np.exp(0.02 * np.cumsum(rng.normal(0, 0.1, len(level))))  # exposure wanders
    write_recording(path, level, sound, rng, recording.creation_time, picture)
    return path


def write_film(film: Film, path: Path) -> Path:
    """Write the film itself as a video file."""
    sound = film.sound if film.sound.any() else None
    write_recording(path, 0.05 + 1.6 * film.light, sound, np.random.default_rng(0), None, None)
    return path


def write_recording(
    path: Path,
    level: Float,
    sound: Float | None,
    rng: np.random.Generator,
    creation_time: str | None,
    picture: NDArray[np.uint8] | None,
) -> None:
    """Write pictures of the given brightness, and sound."""
    base = np.full((HEIGHT, WIDTH, 3), 120.0) if picture is None else picture.astype(np.float64)
    height, width = base.shape[:2]
    with av.open(str(path), "w") as container:
        if creation_time:
            container.metadata["creation_time"] = creation_time
        video = container.add_stream("mpeg4", rate=FRAME_RATE)
        video.width, video.height, video.pix_fmt, video.bit_rate = width, height, "yuv420p", 2_000_000
        audio = None
        if sound is not None:
            audio = container.add_stream("aac", rate=SOUND_RATE, layout="mono")
            audio.bit_rate = 48_000
        position = 0
        sway = np.random.default_rng(len(level)).normal(0, 3, len(level) + 9)
        for k, brightness in enumerate(level):
            # Everybody sways a little: faces that do not move would be photographs.
            seen = np.roll(base, round(float(sway[k : k + 9].sum())), axis=1)
            image = np.clip(seen * brightness + rng.normal(0, 2, base.shape), 0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(image, "rgb24")
            frame.pts, frame.time_base = k, Fraction(1, FRAME_RATE)
            container.mux(video.encode(frame))
            end = round((k + 1) * SOUND_RATE / FRAME_RATE)
            while audio and sound is not None and position + 1024 <= min(end, len(sound)):
                chunk = np.clip(sound[position : position + 1024], -1, 1).astype(np.float32)[None]
                part = av.AudioFrame.from_ndarray(chunk, "fltp", "mono")
                part.sample_rate, part.pts, part.time_base = SOUND_RATE, position, Fraction(1, SOUND_RATE)
                container.mux(audio.encode(part))
                position += 1024
        container.mux(video.encode(None))
        if audio:
            container.mux(audio.encode(None))


def read_recording(path: Path, name: str, offset: float | None = None) -> Recorded:
    """What the program knows of a recording after it has read the pictures."""
    frames = [(frame.time, float(frame.image.mean())) for frame in read_frames(path, 5.0)]
    times, brightness = np.array(frames).T
    return Recorded(name, path, offset, probe(path).duration, times, brightness.astype(np.float32))


def true_film_times(recording: Recording, times: Float) -> Float:
    """Film times of a recording's own times, in seconds."""
    return _kept(recording.start + (1 + recording.drift) * times, recording.pause)


def _kept(times: Float, pause: tuple[float, float] | None) -> Float:
    if pause is None:
        return times
    return np.where(times >= pause[0], times + pause[1] - pause[0], times)


def _heard(sound: Float, microphone: Microphone, rng: np.random.Generator) -> Float:
    """The film's sound after the room: echo, and the tone of the place."""
    length = int(0.8 * SOUND_RATE)
    decay = np.exp(-np.arange(length) / (microphone.echo / 6.9 * SOUND_RATE))
    response = rng.normal(0, 1, length) * decay * 0.3
    response[0] = 1.0
    tone = butter(2, (rng.uniform(80, 250), rng.uniform(2500, 6000)), "bandpass", fs=SOUND_RATE, output="sos")
    heard = fftconvolve(sound, response)[: len(sound)]
    heard = sosfilt(tone, heard)
    return microphone.loudness * heard / max(float(heard.std()), 1e-9) * 0.08


def _electronics(sound: Float, microphone: Microphone, rng: np.random.Generator) -> Float:
    """Noise, neighbors who cough, laugh and rustle, and a gain that may follow the level."""
    n = len(sound)
    hiss = lfilter([1], [1, -0.9], rng.normal(0, 1, n))
    sound = sound + microphone.noise * hiss / max(float(hiss.std()), 1e-9)
    for _ in range(rng.poisson(n / SOUND_RATE / 8)):
        length = int(rng.uniform(0.1, 1.5) * SOUND_RATE)
        at = int(rng.integers(0, max(1, n - length)))
        burst = rng.normal(0, 1, min(length, n)) * np.hanning(min(length, n))
        sound[at : at + len(burst)] += microphone.neighbors * rng.exponential() * burst[: n - at]
    if microphone.automatic_gain:
        level = np.sqrt(lfilter([1e-4], [1, -(1 - 1e-4)], sound**2) + 1e-8)
        sound = 0.1 * sound / level
    return microphone.gain * sound


def _film_light(seconds: float, rng: np.random.Generator) -> Float:
    light = np.zeros(int(seconds * FRAME_RATE))
    at = 0
    while at < len(light):
        scene = rng.uniform(0.1, 0.8)
        for _ in range(rng.integers(3, 15)):
            length = max(6, int(rng.exponential(4.0) * FRAME_RATE))
            light[at : at + length] = np.clip(scene + rng.normal(0, 0.15), 0.02, 1)
            at += length
    return np.clip(light + 0.02 * np.cumsum(rng.normal(0, 0.05, len(light))) % 0.05, 0, 1)


def _film_sound(seconds: float, rng: np.random.Generator) -> Float:
    sound = np.zeros(round(seconds * SOUND_RATE))
    at = 0
    while at < len(sound):
        length = int(rng.uniform(8, 40) * SOUND_RATE)
        part = rng.choice([_dialogue, _dialogue, _music, _action, _quiet])(length, rng)
        sound[at : at + length] += part[: len(sound) - at]
        at += length
    return 0.2 * sound


def _dialogue(n: int, rng: np.random.Generator) -> Float:
    sound = 0.02 * rng.normal(0, 1, n)
    at = 0
    while at < n:
        pitch = rng.uniform(90, 220)
        for _ in range(rng.integers(3, 14)):
            length = int(rng.uniform(0.08, 0.35) * SOUND_RATE)
            t = np.arange(length) / SOUND_RATE
            pitch *= np.exp(rng.normal(0, 0.05))
            formants = rng.uniform((250, 800, 2000), (800, 2200, 3200))
            voice = sum(
                np.sin(2 * np.pi * pitch * h * t)
                * sum(np.exp(-(((pitch * h - f) / 120) ** 2)) for f in formants)
                for h in range(1, 20)
            )
            if rng.random() < 0.3:
                voice = 0.5 * np.diff(rng.normal(0, 1, length + 1))
            syllable = voice * np.hanning(length) * rng.uniform(0.4, 1.2)
            sound[at : at + length] += syllable[: max(0, n - at)]
            at += length
            if at >= n:
                break
        at += int(rng.exponential(0.8) * SOUND_RATE)
    return sound


def _music(n: int, rng: np.random.Generator) -> Float:
    sound = 0.01 * rng.normal(0, 1, n)
    beat = int(rng.uniform(0.25, 0.6) * SOUND_RATE)
    bar = rng.choice([0, 2, 4, 5, 7, 9, 11, 12], 8)
    for k, at in enumerate(range(0, n, beat)):
        note = bar[k % 8] if rng.random() < 0.8 else rng.choice(bar)
        t = np.arange(min(2 * beat, n - at)) / SOUND_RATE
        tone = sum(np.sin(2 * np.pi * 220 * 2 ** (note / 12) * h * t) / h for h in range(1, 8))
        sound[at : at + len(t)] += 0.4 * tone * np.exp(-4 * t)
    return sound


def _action(n: int, rng: np.random.Generator) -> Float:
    sound = 0.05 * rng.normal(0, 1, n)
    for _ in range(rng.poisson(n / SOUND_RATE * 0.8)):
        at, t = int(rng.integers(0, n)), np.arange(int(rng.uniform(0.1, 2) * SOUND_RATE)) / SOUND_RATE
        burst = lfilter([1], [1, -rng.uniform(-0.5, 0.9)], rng.normal(0, 1, len(t))) * np.exp(-4 * t / t[-1])
        sound[at : at + len(t)] += rng.uniform(0.2, 1.2) * burst[: n - at]
    return sound


def _quiet(n: int, rng: np.random.Generator) -> Float:
    return 0.02 * lfilter([1], [1, -0.95], rng.normal(0, 1, n))
