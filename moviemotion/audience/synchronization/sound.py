"""Read the sound of a recording or a film as a signal: how each band's loudness changes, 25 times a second.

Speech cannot be restored from the signal: it has neither pitch nor phase, and eight bands of loudness changes
with less than six bits. It is kept in a temporary file while cameras are compared, and is never stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import av
import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.synchronization.signals import Signal, quantized

SAMPLE_RATE = 8000
HOP = 320
"""Samples between two values of the signal: 40 ms."""
WINDOW = 512
"""Samples of each spectrum: 64 ms."""
BAND_EDGES = (150.0, 300.0, 480.0, 700.0, 980.0, 1320.0, 1750.0, 2350.0, 3300.0)
"""Edges of the bands in hertz, about equally wide in mel. Below lie rumble and hum, above what codecs cut."""
CHANGE_HOPS = 2
"""Values between which loudness is compared: 80 ms, about half a syllable."""
BLOCK_HOPS = 250
"""Values that are processed together and share a standard deviation: 10 s."""
FLOOR = 1e-5
"""Power added before taking logarithms; corresponds to the noise of 16-bit sound."""
MIN_DEVIATION = 0.05
"""Standard deviation of changes in log power below which a block counts as silent."""
MAX_JUMP_SECONDS = 0.1
"""Difference between timestamps and the number of samples that is corrected."""
MAX_SECONDS = 24 * 3600.0


class NoSoundError(Exception):
    """A file has no sound track, or its sound cannot be decoded."""


def read_sound_signal(path: Path, target: Path) -> Signal:
    """Read a file's sound as a signal on the clock of the file's video.

    Of several tracks, the first that is not silent is read.

    Args:
        path: the recording or film.
        target: temporary files in which the values are kept, without their suffix.

    Raises:
        NoSoundError: the file has no sound, or none of it can be decoded.
    """
    # The first value belongs to the middle of the first window, and to the middle of its change.
    start = (WINDOW / 2 - CHANGE_HOPS / 2 * HOP) / SAMPLE_RATE
    signal = Signal(np.zeros((0, len(BAND_EDGES) - 1), np.int8), HOP / SAMPLE_RATE, start)
    for track in range(_number_of_tracks(path)):
        with (written := target.with_suffix(f".{track}")).open("wb") as file:
            count = _write_values(path, track, file)
        if count:
            values = np.memmap(written, np.int8, "r", shape=(count, len(BAND_EDGES) - 1))
            signal = Signal(values, HOP / SAMPLE_RATE, start)
        if not signal.is_silent:
            break
    if not len(signal.values):
        raise NoSoundError("its sound cannot be decoded")
    return signal


def _number_of_tracks(path: Path) -> int:
    try:
        with av.open(f"file:{path}") as container:
            count = len(container.streams.audio)
    except (av.error.FFmpegError, OSError) as error:
        raise NoSoundError("its sound cannot be read") from error
    if not count:
        raise NoSoundError("it has no sound track")
    return count


def _write_values(path: Path, track: int, file: IO[bytes]) -> int:
    """Write the values of one of a file's sound tracks; returns how many there are."""
    bands = _band_matrix()
    window = np.hanning(WINDOW)
    waiting = np.empty(0)
    previous = np.empty((0, bands.shape[1]))
    count = 0
    for samples in _samples(path, track):
        waiting = np.concatenate([waiting, samples])
        while len(waiting) >= BLOCK_HOPS * HOP + WINDOW:
            block, waiting = waiting[: BLOCK_HOPS * HOP + WINDOW], waiting[BLOCK_HOPS * HOP :]
            values, previous = _block_values(block, window, bands, previous)
            file.write(values.tobytes())
            count += len(values)
    if len(waiting) >= WINDOW:
        values, _ = _block_values(waiting, window, bands, previous)
        file.write(values.tobytes())
        count += len(values)
    return count


def _block_values(
    samples: NDArray[np.float64],
    window: NDArray[np.float64],
    bands: NDArray[np.float64],
    previous: NDArray[np.float64],
) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """The values of a block, and the log powers that the next block needs."""
    windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP][:BLOCK_HOPS]
    power = np.abs(np.fft.rfft(windows * window, axis=1)) ** 2 @ bands
    log = np.log(power + FLOOR)
    if not len(previous):
        previous = np.repeat(log[:1], CHANGE_HOPS, axis=0)
    joined = np.concatenate([previous, log])
    change = joined[CHANGE_HOPS:] - joined[:-CHANGE_HOPS]
    deviation = np.sqrt(np.mean(change**2, axis=0))
    change = np.where(deviation > MIN_DEVIATION, change / np.maximum(deviation, MIN_DEVIATION), 0.0)
    # Padding in place of missing sound is no sound.
    change[(windows == 0).all(axis=1)] = 0.0
    return quantized(change), joined[-CHANGE_HOPS:]


def _band_matrix() -> NDArray[np.float64]:
    """(bins, bands) mean power of the spectrum's bins in each band."""
    frequency = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)[:, None]
    low, high = np.array(BAND_EDGES[:-1]), np.array(BAND_EDGES[1:])
    inside = ((frequency >= low) & (frequency < high)).astype(np.float64)
    return np.asarray(inside / inside.sum(axis=0))


def _samples(path: Path, track: int) -> Iterator[NDArray[np.float64]]:
    """The sound in mono, −1 to 1, so that time t of the file is at index t × `SAMPLE_RATE`."""
    with av.open(f"file:{path}") as container:
        stream = container.streams.audio[track]
        stream.codec_context.thread_count = 1
        origin = (container.start_time or 0) / 1e6
        resampler = av.AudioResampler("fltp", "mono", SAMPLE_RATE)
        position = 0
        for frame in _frames(container, stream):
            target = position if frame.time is None else round((frame.time - origin) * SAMPLE_RATE)
            if target > MAX_SECONDS * SAMPLE_RATE:
                return  # a broken clock, which reading the pictures reports
            frame.pts = None
            try:
                parts = [part.to_ndarray()[0] for part in resampler.resample(frame)]
            except (av.error.FFmpegError, ValueError):
                # The layout changed in the middle of the file.
                resampler = av.AudioResampler("fltp", "mono", SAMPLE_RATE)
                continue
            samples = np.concatenate(parts) if parts else np.empty(0)
            missing = target - position
            if missing > MAX_JUMP_SECONDS * SAMPLE_RATE:
                for _ in range(missing // (BLOCK_HOPS * HOP)):
                    yield np.zeros(BLOCK_HOPS * HOP)
                yield np.zeros(missing % (BLOCK_HOPS * HOP))
                position = target
            elif -missing > MAX_JUMP_SECONDS * SAMPLE_RATE:
                samples = samples[-missing:]
            position += len(samples)
            yield samples


def _frames(container: av.container.InputContainer, stream: av.audio.AudioStream) -> Iterator[av.AudioFrame]:
    """The decodable frames of a stream, until two consecutive reads fail or the file ends."""
    readable = True
    while True:
        try:
            for packet in container.demux(stream):
                readable = True
                try:
                    yield from packet.decode()
                except av.error.FFmpegError:
                    continue
        except av.error.FFmpegError:
            if not readable:
                return
            readable = False
        else:
            return
