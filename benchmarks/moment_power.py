"""Simulate the power of the moment search, for the table that `moviemotion plan` ships and interpolates.

    python benchmarks/moment_power.py table --rooms 400        # about an hour; writes moment_power.json
    python benchmarks/moment_power.py check                    # some minutes

`table` simulates films of 20 minutes in which a beat of random length, share, strength and emotion comes
every minute, shows each film to audiences of all sizes (different people of one large room), and counts the
beats that `find_moments` reports. Longer films are not simulated: shifts are local, so the largest sums of
scores of separate stretches are nearly independent, and a beat of a film of M minutes is found if its
adjusted p-value within 20 minutes is at most 1 − 0.95^(20/M) (Šidák, 1967). `check` compares this with a
search of films of 90 minutes, reports false moments beside it, and compares the formula for several rooms
with simulated rooms.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit
from scipy.stats import ttest_ind

import moviemotion.planning
from moviemotion.analysis.moments import detection, evidence
from moviemotion.analysis.moments.detection import ALPHA, Moment, find_moments
from moviemotion.analysis.signals.baseline import AVERAGE_REST, estimate_baseline, strength_above_baseline
from moviemotion.emotions import Emotion
from moviemotion.planning.moment_power import adjusted_level, moment_power
from moviemotion.planning.room_power import difference_power
from moviemotion.simulation.room_simulator import Beat, simulate_room
from moviemotion.statistics import wilson_interval

Float64Array = NDArray[np.float64]

SEED = 1311
EMOTIONS = (Emotion.HAPPY, Emotion.SURPRISE, Emotion.SAD)
LENGTHS = (1.0, 3.0, 10.0, 30.0)
SHARES = (0.2, 0.4, 0.6, 0.9)
STRENGTHS = (0.3, 0.5, 0.8)
VIEWERS = (5, 8, 12, 24, 50, 100)
LARGE_EVERY = 2
"""The largest audience takes half of the time, so it sees only every second film."""
FILM_MINUTES = (20, 45, 90, 150)
ROOM_MINUTES = 20
BEAT_EVERY = 60
LATEST = 3.0
"""Seconds after the end of a beat in which a moment is still assigned to it, because people react late."""
SHIFTS = 200
"""Shifted audiences for the table; a fifth of those in a real analysis."""
HALVES = 1
"""Half-audiences for the table, which does not use them."""
TABLE = Path(moviemotion.planning.__file__).with_name("moment_power.json")


def amplitude(strength: float, emotion: Emotion) -> float:
    """The change in log-odds that appears as this strength (`strength_above_baseline`)."""
    rest = AVERAGE_REST[emotion]
    return float(logit(rest + strength * (1 - rest)) - logit(rest))


def strengths(viewers: int, seconds: int, seed: int, beats: Sequence[Beat]) -> Float64Array:
    timeline = simulate_room(viewers, seconds, seed, beats=beats).timeline
    return strength_above_baseline(timeline, estimate_baseline(timeline))


def found_at(moments: Sequence[Moment], beat: Beat) -> float:
    """Smallest adjusted p-value of the moments that belong to a beat; 1 if there are none."""
    return min(
        (
            one.p_adjusted
            for one in moments
            if one.emotion is beat.emotion and one.start < beat.end + LATEST and one.end > beat.start
        ),
        default=1.0,
    )


def table(rooms: int, path: Path) -> Iterator[str]:
    """Fill the table; it is saved after every ten rooms."""
    detection.N_SHIFTS, evidence.N_HALVES = SHIFTS, HALVES
    rng = np.random.default_rng(SEED)
    cells = list(product(range(len(LENGTHS)), range(len(SHARES)), range(len(STRENGTHS))))
    shape = (len(LENGTHS), len(SHARES), len(STRENGTHS))
    trials = np.zeros((*shape, len(VIEWERS)), int)
    hits = np.zeros((*shape, len(VIEWERS), len(FILM_MINUTES)), int)
    levels = [adjusted_level(minutes / ROOM_MINUTES) for minutes in FILM_MINUTES]
    deck: list[tuple[int, int, int]] = []
    started = time.monotonic()
    for room in range(rooms):
        beats, of_cell = [], []
        for start in range(40, ROOM_MINUTES * 60 - BEAT_EVERY, BEAT_EVERY):
            deck = deck or [cells[k] for k in rng.permutation(len(cells))]
            cell = deck.pop()
            length, share, strength = (
                axis[k] for axis, k in zip((LENGTHS, SHARES, STRENGTHS), cell, strict=True)
            )
            emotion = EMOTIONS[int(rng.integers(len(EMOTIONS)))]
            beats.append(Beat(start, start + length, emotion, share, amplitude(strength, emotion)))
            of_cell.append(cell)
        sizes = VIEWERS if room % LARGE_EVERY == 0 else VIEWERS[:-1]
        everyone = strengths(sum(sizes), ROOM_MINUTES * 60, SEED + room, beats)
        people = np.split(rng.permutation(sum(sizes)), np.cumsum(sizes)[:-1])
        for size, who in enumerate(people):
            moments = find_moments(everyone[who], 0, SEED + room).moments
            for beat, cell in zip(beats, of_cell, strict=True):
                trials[cell][size] += 1
                hits[cell][size] += found_at(moments, beat) <= np.array(levels) + 1e-12
        if room % 10 == 9 or room == rooms - 1:
            content = {
                "seed": SEED,
                "rooms": room + 1,
                "room_minutes": ROOM_MINUTES,
                "axes": {
                    "length": LENGTHS,
                    "share": SHARES,
                    "strength": STRENGTHS,
                    "viewers": VIEWERS,
                    "minutes": FILM_MINUTES,
                },
                "trials": trials.tolist(),
                "hits": hits.tolist(),
            }
            path.write_text(json.dumps(content) + "\n", encoding="utf-8")
            yield (
                f"{room + 1} rooms, {trials[..., 0].min()} to {trials[..., 0].max()} beats a cell "
                f"({trials[..., -1].min()} to {trials[..., -1].max()} with {VIEWERS[-1]} viewers), "
                f"{time.monotonic() - started:.0f} s"
            )


def check(rooms: int) -> Iterator[str]:
    yield from _long_films(rooms)
    yield from _several_rooms(20 * rooms)


def _long_films(rooms: int) -> Iterator[str]:
    """Films of 90 minutes without beats, and with beats of one kind, beside the table."""
    viewers, minutes = 24, 90
    false = sum(
        bool(find_moments(strengths(viewers, minutes * 60, 7000 + run, ()), 0, run).moments)
        for run in range(rooms)
    )
    yield f"false moments, {viewers} viewers, {minutes} minutes: {share_text(false, rooms)}"
    for length, share, strength in ((1.5, 0.4, 0.6), (3.0, 0.3, 0.5), (10.0, 0.3, 0.4)):
        hits = of = 0
        for run in range(rooms):
            beats = [
                Beat(at, at + length, emotion, share, amplitude(strength, emotion))
                for at, emotion in zip(range(200, minutes * 60 - 200, 500), EMOTIONS * 9, strict=False)
            ]
            moments = find_moments(strengths(viewers, minutes * 60, 8000 + run, beats), 0, run).moments
            hits += sum(found_at(moments, beat) <= ALPHA for beat in beats)
            of += len(beats)
        row = next(r for r in moment_power(length, share, strength, minutes) if r.viewers == viewers)
        yield (
            f"beats of {length:g} s, share {share:g}, strength {strength:g}, {viewers} viewers, {minutes} "
            f"minutes: {share_text(hits, of)}; the table says {row.power:.1%} ({row.low:.1%}–{row.high:.1%})"
        )


def _several_rooms(runs: int) -> Iterator[str]:
    """Two cuts shown in several rooms each: Welch's test of the rooms' means, and the formula."""
    rng = np.random.default_rng(SEED)
    for viewers, rooms, room_share in ((12, 3, 0.05), (24, 4, 0.1), (40, 2, 0.02)):
        for difference in (0.0, 0.5):
            room = rng.normal(0, np.sqrt(room_share), (runs, 2, rooms))
            error = rng.normal(0, np.sqrt((1 - room_share) / viewers), (runs, 2, rooms))
            mean = room + error + difference * np.array([0, 1])[:, None]
            found = int((ttest_ind(mean[:, 0], mean[:, 1], axis=1).pvalue <= ALPHA).sum())
            expected = difference_power(difference, viewers, rooms, room_share)
            yield (
                f"difference {difference:g}, {rooms} rooms of {viewers} a cut, room share {room_share:g}: "
                f"{share_text(found, runs)}; the formula says {expected:.1%}"
            )


def share_text(hits: int, of: int) -> str:
    low, high = (float(x) for x in wilson_interval(hits, of))
    return f"{hits} of {of} = {hits / of:.1%} ({low:.1%}–{high:.1%})"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=("table", "check"))
    parser.add_argument("--rooms", type=int, default=400, help="number of simulated films")
    parser.add_argument("--out", type=Path, default=TABLE, help="file for the table")
    arguments = parser.parse_args()
    lines = table(arguments.rooms, arguments.out) if arguments.part == "table" else check(arguments.rooms)
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main()
