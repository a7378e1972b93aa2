"""When somebody speaks in a film, according to its sound track."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.subtitles.voice_fit import STEP_SECONDS

VOICE_DETECTOR = Path(__file__).parent / "models" / "silero_vad.onnx"
"""Silero VAD (MIT, see `silero_vad.LICENSE`): `silero_vad_16k_sequence.onnx` of the package silero-vad 6.2.3.
The package itself is not installed, because it depends on torch."""
SAMPLE_RATE, _CHUNK, _CONTEXT = 16_000, 512, 64
"""Samples per second, per chunk, and before each chunk, as the detector expects them."""
_CHUNKS_PER_RUN = 512
"""Number of chunks per run of the network, 16 s of sound."""
_MAX_CLOCK_ERROR_SECONDS = 0.2
"""A difference between a frame's time stamp and the samples so far that is larger than this is a gap."""

Float32Array = NDArray[np.float32]


def detect_voice(path: Path) -> Float32Array | None:
    """Detect speech in the first sound track of a film with the Silero voice detector.

    The detector judges 32 ms at a time and tells speech from music and noise. The sound is read in pieces of
    16 s, and only ten probabilities per second are kept.

    Args:
        path: the film.

    Returns:
        (T,) probability from 0 to 1 that somebody speaks, in steps of `STEP_SECONDS` of film time; None if
        the film has no sound.

    Raises:
        MoviemotionError: the file is missing or is not a film.
    """
    sums, counts = np.zeros(0), np.zeros(0)
    for start, probabilities in _voice_runs(read_sound(path)):
        times = start + (np.arange(len(probabilities)) + 0.5) * _CHUNK / SAMPLE_RATE
        steps = np.floor(times / STEP_SECONDS).astype(int)
        inside = steps >= 0
        length = max(int(steps.max(initial=-1)) + 1, len(sums))
        sums, counts = (np.pad(a, (0, length - len(a))) for a in (sums, counts))
        sums += np.bincount(steps[inside], probabilities[inside], length)
        counts += np.bincount(steps[inside], minlength=length)
    return (sums / np.maximum(counts, 1)).astype(np.float32) if len(sums) else None


def read_sound(path: Path) -> Iterator[tuple[float, Float32Array]]:
    """Read the first sound track of a film in mono, in pieces of at most a few seconds.

    Args:
        path: the film.

    Yields:
        The film time of a piece's first sample, in seconds, and its samples from -1 to 1, `SAMPLE_RATE` per
        second; nothing if the film has no sound.

    Raises:
        MoviemotionError: the file is missing or is not a film.
    """
    try:
        with av.open(f"file:{path}") as film:
            if film.streams.audio:
                yield from _sound(film, film.streams.audio[0])
    except FileNotFoundError:
        raise MoviemotionError(f"{path}: no such file; check the film's path") from None
    except (av.error.FFmpegError, OSError):
        raise MoviemotionError(f"{path}: the film cannot be read; check that it plays") from None


def _sound(
    film: av.container.InputContainer, stream: av.audio.stream.AudioStream
) -> Iterator[tuple[float, Float32Array]]:
    """The samples of the sound track in mono, each piece with the film time of its first sample."""
    stream.thread_type = "AUTO"
    # Film time starts with the first picture, which may come before or after the first sound.
    video = film.streams.video[0] if film.streams.video else None
    first = video.start_time if video is not None else None
    origin = (
        float(first * video.time_base)
        if video is not None and first is not None and video.time_base is not None
        else (film.start_time or 0) / av.time_base
    )
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    clock = None
    for frame in film.decode(stream):
        stamp = None if frame.time is None else frame.time - origin
        if clock is None or (stamp is not None and abs(stamp - clock) > _MAX_CLOCK_ERROR_SECONDS):
            clock = stamp or 0.0
        for converted in resampler.resample(frame):
            samples = converted.to_ndarray()[0]
            yield clock, samples
            clock += len(samples) / SAMPLE_RATE


def _voice_runs(sound: Iterator[tuple[float, Float32Array]]) -> Iterator[tuple[float, Float32Array]]:
    """The probability of speech in consecutive chunks, each run with the film time of its start."""
    detector = _Detector()
    waiting: list[Float32Array] = []
    start = following = None
    for time, samples in sound:
        gap = following is not None and abs(time - following) > _MAX_CLOCK_ERROR_SECONDS
        held = sum(map(len, waiting))
        if start is not None and waiting and (gap or held >= _CHUNKS_PER_RUN * _CHUNK):
            joined = np.concatenate(waiting)
            whole = len(joined) // _CHUNK * _CHUNK
            if whole:
                yield start, detector.run(joined[:whole])
            waiting = [] if gap else [joined[whole:]]
            start = time if gap else time - (len(joined) - whole) / SAMPLE_RATE
        start = time if start is None else start
        waiting.append(samples)
        following = time + len(samples) / SAMPLE_RATE
    joined = np.concatenate(waiting) if waiting else np.zeros(0, np.float32)
    whole = len(joined) // _CHUNK * _CHUNK
    if start is not None and whole:
        yield start, detector.run(joined[:whole])


class _Detector:
    """The Silero voice detector and its state, which is kept from one run to the next."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(VOICE_DETECTOR), options, providers=["CPUExecutionProvider"]
        )
        self._state = [np.zeros((1, 1, 128), np.float32)] * 2
        self._context = np.zeros(_CONTEXT, np.float32)

    def run(self, samples: Float32Array) -> Float32Array:
        """The probability of speech in each chunk of (K · 512,) samples from -1 to 1, as an array (K,)."""
        chunks = samples.reshape(-1, _CHUNK)
        before = np.concatenate([self._context[None], chunks[:-1, -_CONTEXT:]])
        self._context = chunks[-1, -_CONTEXT:]
        found, *self._state = self._session.run(
            ["speech_probs", "hn", "cn"],
            {
                "input": np.concatenate([before, chunks], axis=1),
                "h": self._state[0],
                "c": self._state[1],
            },
        )
        return np.asarray(found, np.float32)
