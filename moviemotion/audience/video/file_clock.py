"""Turn the timestamps of a file into seconds on one clock that never goes back.

Some files have a clock that starts again (recordings that were joined, a camera that was restarted), single
stamps that are hours away from those around them, or many pictures with the same stamp. The clock looks some
packets ahead, which distinguishes a few wrong stamps from a clock that was set.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from statistics import fmean, median

import av

LOOKAHEAD = 32
"""Number of following packets whose stamps are compared with those of a packet."""
REORDER_WINDOW = 16
"""Number of frames within which a codec may reorder frames."""
HISTORY = 256
"""Number of packets from which the usual step between two of them is determined."""
DEFAULT_STEP = 0.04
"""Usual step in seconds before any step is known."""
OUTLIER_STEPS = 2.5
"""A step of more than this many usual steps may be the start of wrong stamps."""
MAX_EDGE_OUTLIERS = 3
"""Number of packets at either end of a file whose stamps may be wrong although no others lie beyond them."""
EDGE_OUTLIER_SECONDS, EDGE_OUTLIER_STEPS = 60.0, 100
"""Distance in seconds and in usual steps beyond which stamps at either end of a file count as wrong."""
MAX_PAUSE_SECONDS = 4 * 3600.0
"""A longer jump forward is not a pause of the recording: the clock was set."""
WRAP_SECONDS = 2**33 / 90_000
"""After this many seconds, the 33-bit clock of MPEG streams starts again at zero."""
WRAP_TOLERANCE = 60.0
"""Largest difference in seconds between a jump back and `WRAP_SECONDS` that counts as such a new start."""


@dataclass
class ClockFaults:
    """What was found wrong with a file's timestamps.

    Attributes:
        misplaced: number of pictures whose stamp does not fit those around it.
        first_misplaced: time of the first of them, in seconds.
        restarts: number of times the clock was set or started again.
        first_restart: time at which it first did so, in seconds.
    """

    misplaced: int = 0
    first_misplaced: float = 0.0
    restarts: int = 0
    first_restart: float = 0.0


@dataclass(frozen=True)
class Stamp:
    """The timestamps of one picture, in seconds.

    Attributes:
        decoded: when the picture is decoded; in a sound file, this increases from packet to packet.
        shown: when the picture is shown; None if the file does not say.
    """

    decoded: float
    shown: float | None


class FileClock:
    """Corrects the stamps of one video stream.

    Attributes:
        faults: what has been found wrong so far.
        shift: seconds currently added to the file's stamps, because its clock was set.
    """

    def __init__(self) -> None:
        self.faults = ClockFaults()
        self.shift = 0.0
        self._started = False
        self._time = self._stamp = 0.0
        """The corrected time of the previous picture, and its stamp plus `shift`."""
        self._steps: deque[float] = deque(maxlen=HISTORY)
        self._delays: deque[float] = deque(maxlen=HISTORY)

    def timed_packets(self, packets: Iterable[av.Packet]) -> Iterator[tuple[av.Packet, float | None]]:
        """Yield each packet with the corrected time at which its picture is shown.

        Args:
            packets: the packets of one video stream, in the order of the file.

        Yields:
            Each packet and the time in seconds, or None if the file does not say.
        """
        stamped = ((packet, _stamp_of(packet)) for packet in packets)
        ahead = deque(islice(stamped, LOOKAHEAD + 1))
        while ahead:
            packet, stamp = ahead.popleft()
            if stamp is None:
                yield packet, None if (shown := _seconds(packet, packet.pts)) is None else shown + self.shift
            else:
                yield packet, self.corrected(stamp, [other for _, other in ahead if other is not None])
            ahead.extend(islice(stamped, 1))

    def corrected(self, stamp: Stamp, following: Sequence[Stamp]) -> float | None:
        """The time at which the next picture is shown, in seconds; None if `stamp.shown` is None.

        Args:
            stamp: the picture's stamps.
            following: the stamps of at most `LOOKAHEAD` pictures that follow it in the file.
        """
        later = [other.decoded + self.shift for other in following]
        usual = self._usual_step(later)
        raw = stamp.decoded + self.shift
        if not self._started:
            self._start(raw, later, usual)
        step = raw - self._stamp
        shift, restarts = self.shift, self.faults.restarts
        misplaced = self._is_misplaced(step, later, usual)
        if misplaced:
            next_time = next((other for other in later if other > self._time), float("inf"))
            time = self._time + min(usual, (next_time - self._time) / 2)
        elif step == 0:
            time = self._spread(raw, later, usual)
        elif step < 0 or step > MAX_PAUSE_SECONDS or raw <= self._time:
            time = self._restarted(raw, usual)
        else:
            time = raw
        raw, later = raw + (self.shift - shift), [other + (self.shift - shift) for other in later]
        # A clock that stands still says nothing about the usual step.
        if not misplaced and (step != 0 or any(other != raw for other in later)):
            self._steps.append(max(0.0, raw - self._stamp))
        self._time, self._stamp = time, time if misplaced else raw
        shown = None if stamp.shown is None else stamp.shown + self.shift
        if shown is not None:
            window = REORDER_WINDOW * usual
            latest = max([raw, *later]) + window if len(following) == LOOKAHEAD else float("inf")
            if misplaced or not raw - window <= shown <= latest:
                misplaced = True
                shown = time + (median(self._delays) if self._delays else 0.0)
            else:
                self._delays.append(shown - raw)
                shown += time - raw
        self._note_faults(time if shown is None else shown, misplaced, self.faults.restarts > restarts)
        return shown

    def _start(self, raw: float, later: Sequence[float], usual: float) -> None:
        """Place the first picture, which may have a wrong stamp, one usual step after the clock's start."""
        self._started = True
        times = [raw, *later]
        far = [
            k for k, (a, b) in enumerate(pairwise(times), 1) if not 0 <= b - a <= _edge_outlier_limit(usual)
        ]
        # All jumps are among the first pictures, so those before the last jump are wrong.
        wrong = far[-1] if far and far[-1] <= MAX_EDGE_OUTLIERS < len(times) // 2 else 0
        self._time = self._stamp = times[wrong] - (wrong + 1) * usual

    def _is_misplaced(self, step: float, later: Sequence[float], usual: float) -> bool:
        """Whether a stamp `step` seconds after the previous one is wrong, judging by those that follow.

        A few wrong stamps are followed by a jump back to where the clock was; a clock that was set stays
        where it is.
        """
        if 0 <= step <= OUTLIER_STEPS * usual:
            return False
        times = [self._stamp + step, *later]
        for number, (before, time) in enumerate(pairwise(times), 1):
            returns = time - before < 0 if step > 0 else time - before > OUTLIER_STEPS * usual
            elapsed = time - self._stamp
            if returns and abs(time - before) > abs(step) / 2:
                return 0 <= elapsed <= max(1.0, 2 * OUTLIER_STEPS * number * usual)
        return len(later) < MAX_EDGE_OUTLIERS and (step < 0 or step > _edge_outlier_limit(usual))

    def _spread(self, raw: float, later: Sequence[float], usual: float) -> float:
        """The time of a picture with the same stamp as the one before: spread evenly up to the next stamp."""
        same = next((number for number, time in enumerate(later) if time != raw), len(later))
        end = later[same] if same < len(later) and later[same] > self._time else -float("inf")
        return self._time + (max(end - self._time, 0) / (same + 2) or usual)

    def _restarted(self, raw: float, usual: float) -> float:
        """The time of the first picture after the clock was set; the clock is shifted accordingly."""
        time = self._time + usual
        if abs(raw + WRAP_SECONDS - time) < WRAP_TOLERANCE:
            time = raw + WRAP_SECONDS
        else:
            self.faults.restarts += 1
        self.shift += time - raw
        return time

    def _usual_step(self, later: Sequence[float]) -> float:
        """The usual step between two pictures in seconds."""
        steps = list(self._steps)
        if len(steps) < LOOKAHEAD:
            steps += [b - a for a, b in pairwise(later) if 0 <= b - a <= MAX_PAUSE_SECONDS]
        positive = [step for step in steps if step > 0]
        if not positive:
            return DEFAULT_STEP
        # Many pictures with the same stamp share the step to the next stamp.
        return median(positive) if len(positive) == len(steps) else fmean(steps)

    def _note_faults(self, time: float, misplaced: bool, restarted: bool) -> None:
        faults = self.faults
        faults.misplaced += misplaced
        if misplaced and faults.misplaced == 1:
            faults.first_misplaced = time
        if restarted and faults.restarts == 1:
            faults.first_restart = time


def _edge_outlier_limit(usual: float) -> float:
    return max(EDGE_OUTLIER_SECONDS, EDGE_OUTLIER_STEPS * usual)


def _stamp_of(packet: av.Packet) -> Stamp | None:
    """The stamps of a packet; None for packets whose picture is not shown or that have no decoding time."""
    decoded = _seconds(packet, packet.dts)
    if decoded is None or packet.is_discard or not packet.size:
        return None
    return Stamp(decoded, _seconds(packet, packet.pts))


def _seconds(packet: av.Packet, ticks: int | None) -> float | None:
    return None if ticks is None or packet.time_base is None else float(ticks * packet.time_base)
