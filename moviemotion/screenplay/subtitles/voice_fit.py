"""Fit the times of subtitles to the voices in the film's sound.

Subtitles are on screen while somebody speaks. For each usual speed, the subtitles are laid on the voice
activity at every offset; dynamic programming then finds the offsets with which they cover most voice, with
a penalty for each change of offset. This is the approach of alass (Kaegi, 2019); the choice among frame rates
follows ffsubsync. The offset of each piece is refined afterwards, and a fit counts only if its score stands
out from the scores at all other offsets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from moviemotion.screenplay.subtitles.parse import Subtitle
from moviemotion.screenplay.subtitles.time_map import TRANSFER_SPEEDS, TimeMap, TimePiece

STEP_SECONDS = 0.1
"""Time step of voice activity and of offsets, in seconds."""
_BLOCK_CUES = 8
"""Number of consecutive subtitles that share one offset."""
_MIN_CUES = 24
"""Minimum number of subtitles for a fit."""
_JUMP_PENALTY_BLOCKS = 3.0
"""A change of offset has to gain as much voice as this many average blocks have."""
_MIN_PIECE_CUES = 20
"""Shortest piece, in subtitles; a shorter one takes over the offset of its neighbor."""
_SAME_OFFSET_SECONDS = 0.35
"""Offsets that differ by at most this much are the same."""
_FINE_SECONDS, _ONSET_SECONDS = 1.0, 0.6
"""Range in seconds in which an offset is refined, and the time before and after the start of a subtitle that
is compared for it."""
_LIMIT_TOLERANCE_SECONDS = 1.5
"""Seconds of covered voice by which two limits between pieces must differ for one to be better."""
_NEIGHBORHOOD_SECONDS = 5.0
_MIN_OTHERS = 300
"""Other offsets are those at least this many seconds away, and at least so many are needed."""
_MIN_Z = 6.5
"""Number of standard deviations by which a piece's score must stand out from the scores at other offsets. The
largest of 10⁶ random scores stands out by 5."""
_MIN_GAIN = 0.02
"""Relative gain in score that another speed than 1 must have."""

Float32Array = NDArray[np.float32]


@dataclass(frozen=True)
class VoiceFit:
    """The result of a fit.

    Attributes:
        time_map: from subtitle time to film time.
        z: the smallest number of standard deviations by which the score of a piece stands out.
    """

    time_map: TimeMap
    z: float


def fit_to_voice(
    subtitles: Sequence[Subtitle], voice: Float32Array, part_starts: Sequence[float] = ()
) -> VoiceFit | None:
    """Fit subtitles to voice activity.

    Args:
        subtitles: the subtitles in chronological order.
        voice: (T,) probability from 0 to 1 that somebody speaks, in steps of `STEP_SECONDS` of film time.
        part_starts: subtitle times in seconds at which the offset is expected to change.

    Returns:
        The fit; None if there are too few subtitles or voices, or no fit stands out.
    """
    times = np.array([(s.start, s.end) for s in subtitles])
    if len(times) < _MIN_CUES or not len(voice) or float(voice.max()) == float(voice.min()):
        return None
    breaks = [int(k) for k in np.searchsorted(times[:, 0], part_starts)]
    blocks = _blocks(len(times), breaks)
    tries = {speed: _Score.of(times * speed, voice, blocks, breaks) for speed in TRANSFER_SPEEDS}
    speed = max(tries, key=lambda speed: tries[speed].score)
    if tries[speed].score < tries[1.0].score * (1 + _MIN_GAIN):
        speed = 1.0
    return _refine(times * speed, voice, tries[speed].offsets, speed)


def _blocks(count: int, breaks: Sequence[int]) -> list[slice]:
    """Stretches of consecutive subtitles that share one offset; none contains the start of a part."""
    edges = [0, *(k for k in breaks if 0 < k < count), count]
    return [
        slice(k, min(k + _BLOCK_CUES, after))
        for before, after in pairwise(edges)
        for k in range(before, after, _BLOCK_CUES)
    ]


class _VoiceCurve:
    """Sums of centered voice activity.

    Args:
        voice: (T,) voice activity.
        margin: the number of steps before and after the film that can be asked for.
        outside: the centered voice activity before and after the film.
    """

    def __init__(self, voice: Float32Array, margin: int, outside: float) -> None:
        centered = voice.astype(np.float64) - float(voice.mean())
        padded = np.pad(centered, margin, constant_values=outside)
        self._margin = margin
        self._cumulative = np.concatenate([[0.0], np.cumsum(padded)])

    def coverage(self, times: NDArray[np.float64], low: int, count: int) -> NDArray[np.float64]:
        """The voice under subtitles at each of `count` offsets from step `low` on.

        Args:
            times: (N, 2) start and end of each subtitle, in seconds.
            low: the first offset, in steps.
            count: the number of offsets.

        Returns:
            (count,) sums, in steps.
        """
        total = np.zeros(count)
        for first, last in np.rint(times / STEP_SECONDS).astype(int) + (self._margin + low):
            total += self._cumulative[last : last + count]
            total -= self._cumulative[first : first + count]
        return total

    def until(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sum up to each time, interpolated between steps."""
        steps = seconds / STEP_SECONDS + self._margin
        return np.interp(steps, np.arange(len(self._cumulative)), self._cumulative)


@dataclass(frozen=True)
class _Score:
    """The best offsets for one speed.

    Attributes:
        score: the voice under the subtitles, less the penalties, in steps.
        offsets: (N,) offset of each subtitle, in seconds.
    """

    score: float
    offsets: NDArray[np.float64]

    @classmethod
    def of(
        cls, times: NDArray[np.float64], voice: Float32Array, blocks: Sequence[slice], breaks: Sequence[int]
    ) -> _Score:
        """Find the offsets by dynamic programming over the blocks."""
        low, count = _offset_range(times, voice)
        # Outside the film, nobody speaks.
        curve = _VoiceCurve(voice, _margin(times, low, count), float(-voice.mean()))
        seconds = float((times[:, 1] - times[:, 0]).sum())
        spoken = float(np.quantile(voice, 0.95) - voice.mean()) * seconds / STEP_SECONDS / len(blocks)
        best = np.zeros(count)
        stays = list[NDArray[np.uint8]]()
        origins = list[int]()
        for block in blocks:
            penalty = 0.0 if block.start in breaks else _JUMP_PENALTY_BLOCKS * spoken / 2
            jump = float(best.max()) - penalty
            stays.append(np.packbits(best >= jump))
            origins.append(int(best.argmax()))
            best = np.maximum(best, jump) + curve.coverage(times[block], low, count)
        at = int(best.argmax())
        offsets = np.zeros(len(times))
        for block, stay, origin in zip(blocks[::-1], stays[::-1], origins[::-1], strict=True):
            offsets[block] = (at + low) * STEP_SECONDS
            if not stay[at // 8] >> (7 - at % 8) & 1:
                at = origin
        return cls(float(best.max()), offsets)


def _offset_range(times: NDArray[np.float64], voice: Float32Array) -> tuple[int, int]:
    """The lowest offset and the number of offsets, in steps, at which any subtitle lies within the film."""
    low = -int(times[-1, 1] / STEP_SECONDS)
    return low, len(voice) - int(times[0, 0] / STEP_SECONDS) - low


def _margin(times: NDArray[np.float64], low: int, count: int) -> int:
    return abs(low) + count + int(times[-1, 1] / STEP_SECONDS) + 1


def _refine(
    times: NDArray[np.float64], voice: Float32Array, offsets: NDArray[np.float64], speed: float
) -> VoiceFit | None:
    """Refine the offset and the limits of each piece, and check that each stands out."""
    low, count = _offset_range(times, voice)
    curve = _VoiceCurve(voice, _margin(times, low, count), 0.0)
    pieces = _merge_short_pieces(times, offsets, curve)
    z = math.inf
    exact = list[TimePiece]()
    for piece, offset in pieces:
        z = min(z, _standing_out(times[piece], offset, voice, curve))
        fine = _refine_offset(times[piece, 0], offset, curve)
        first = 0.0 if not piece.start else (times[piece.start, 0] + times[piece.start - 1, 1]) / 2 / speed
        exact.append(TimePiece(float(first), speed, fine))
    if z < _MIN_Z:
        return None
    return VoiceFit(TimeMap(tuple(exact)), z)


def _standing_out(
    times: NDArray[np.float64], offset: float, voice: Float32Array, curve: _VoiceCurve
) -> float:
    """By how many standard deviations the score at `offset` exceeds those at all other offsets.

    Only offsets at which at least half of the subtitles' span lies within the film are compared, with the
    score per second of subtitles that lie within it.
    """
    half = (times[-1, 1] - times[0, 0]) / 2
    low = -int((times[0, 0] + half) / STEP_SECONDS)
    count = max(len(voice) - int((times[-1, 1] - half) / STEP_SECONDS) - low, 1)
    scores = curve.coverage(times, low, count)
    others = np.abs(np.arange(low, low + count) * STEP_SECONDS - offset) > _NEIGHBORHOOD_SECONDS
    if others.sum() < _MIN_OTHERS:
        return 0.0
    here = curve.coverage(times, round(offset / STEP_SECONDS), 1)[0]
    return float((here - scores[others].mean()) / max(scores[others].std(), 1e-9))


def _merge_short_pieces(
    times: NDArray[np.float64], offsets: NDArray[np.float64], curve: _VoiceCurve
) -> list[tuple[slice, float]]:
    """Pieces of equal offset, with their exact limits; short ones are joined to a neighbor."""
    edges = [0, *(np.flatnonzero(np.abs(np.diff(offsets)) > _SAME_OFFSET_SECONDS) + 1), len(times)]
    pieces = [(int(a), int(b), float(np.median(offsets[a:b]))) for a, b in pairwise(edges)]
    kept: list[tuple[int, int, float]] = []
    for first, last, offset in pieces:
        if kept and (last - first < _MIN_PIECE_CUES or abs(offset - kept[-1][2]) <= _SAME_OFFSET_SECONDS):
            kept[-1] = kept[-1][0], last, kept[-1][2]
        elif kept and kept[-1][1] - kept[-1][0] < _MIN_PIECE_CUES:
            kept[-1] = kept[-1][0], last, offset
        else:
            kept.append((first, last, offset))
    for k in range(len(kept) - 1):
        one, other = kept[k : k + 2]
        # The limit is moved to the subtitle at which most voice is covered on both sides. Where that leaves a
        # choice, it is the longest pause. Subtitles that were delayed follow a pause at least as long.
        low, high = one[0] + 1, other[1] - 1
        near = times[low:high]
        gains = [np.diff(curve.until(near + offset))[:, 0] for offset in (one[2], other[2])]
        scores = np.concatenate([[0.0], np.cumsum(gains[0] - gains[1])])
        pauses = times[low : high + 1, 0] - times[low - 1 : high, 1]
        possible = pauses >= one[2] - other[2] - _SAME_OFFSET_SECONDS
        if possible.any():
            scores = np.where(possible, scores, -np.inf)
        good = scores >= scores.max() - _LIMIT_TOLERANCE_SECONDS / STEP_SECONDS
        limit = low + int(np.where(good, pauses, -np.inf).argmax())
        kept[k], kept[k + 1] = (one[0], limit, one[2]), (limit, other[1], other[2])
    return [(slice(first, last), offset) for first, last, offset in kept]


def _refine_offset(starts: NDArray[np.float64], offset: float, curve: _VoiceCurve) -> float:
    """The offset near `offset` at which most subtitles start with a voice."""
    tries = np.arange(-_FINE_SECONDS, _FINE_SECONDS + 1e-9, 0.05)
    scores = []
    for shift in tries:
        at = starts + offset + shift
        before, here, after = (
            curve.until(at + seconds) for seconds in (-_ONSET_SECONDS, 0.0, _ONSET_SECONDS)
        )
        scores.append(float((after - 2 * here + before).sum()))
    return float(offset + tries[int(np.argmax(uniform_filter1d(scores, 3)))])
