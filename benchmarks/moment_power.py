"""Simulate the power of the moment search, for the table that `moviemotion plan` ships and interpolates.

    python benchmarks/moment_power.py table --rooms 720        # an hour or more; continues moment_power.json
    python benchmarks/moment_power.py check                    # some minutes

`table` simulates films of 20 minutes in which beats of one length, share and strength come every two minutes,
as joy, surprise and sadness in turn. It shows each film to audiences of all sizes (different people of one
large room), and counts the
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
from itertools import cycle, product
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
SHARES = (0.2, 0.4, 0.7)
STRENGTHS = (0.3, 0.5, 0.8)
VIEWERS = (5, 8, 12, 24, 50, 100)
FILM_MINUTES = (20, 45, 90, 150)
ROOM_MINUTES = 20
BEAT_EVERY = 120
LATEST = 3.0
"""Seconds after the end of a beat in which a moment is still assigned to it, because people react late."""
SHIFTS = 200
"""Shifted audiences for the table; a fifth of those in a real analysis."""
HALVES = 1
"""Half-audiences for the table, which does not use them."""
GRID = (LENGTHS, SHARES, STRENGTHS)
AXES = {
    "length": list(LENGTHS),
    "share": list(SHARES),
    "strength": list(STRENGTHS),
    "viewers": list(VIEWERS),
    "minutes": list(FILM_MINUTES),
}
TABLE = Path(moviemotion.planning.__file__).with_name("moment_power.json")


def amplitude(strength: float) -> float:
    """The change in log-odds that appears as this strength (`strength_above_baseline`)."""
    return float(logit(AVERAGE_REST + strength * (1 - AVERAGE_REST)) - logit(AVERAGE_REST))


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
    """Fill the table up to a number of films; it is saved after every film and continued when run again."""
    detection.N_SHIFTS, evidence.N_HALVES = SHIFTS, HALVES
    cells = list(product(range(len(LENGTHS)), range(len(SHARES)), range(len(STRENGTHS))))
    content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if content.get("axes") != AXES:
        shape = (len(LENGTHS), len(SHARES), len(STRENGTHS), len(VIEWERS))
        hits = np.zeros((*shape, len(FILM_MINUTES)), int)
        content = {"seed": SEED, "rooms": 0, "axes": AXES, "trials": np.zeros(shape, int).tolist()}
        content["hits"] = hits.tolist()
    trials, hits = np.array(content["trials"]), np.array(content["hits"])
    levels = np.array([adjusted_level(minutes / ROOM_MINUTES) for minutes in FILM_MINUTES])
    started = time.monotonic()
    for room in range(content["rooms"], rooms):
        cell = cells[room % len(cells)]
        length, share, strength = (axis[k] for axis, k in zip(GRID, cell, strict=True))
        starts = range(BEAT_EVERY // 2, ROOM_MINUTES * 60, BEAT_EVERY)
        beats = [
            Beat(start, start + length, emotion, share, amplitude(strength))
            for start, emotion in zip(starts, cycle(EMOTIONS), strict=False)
        ]
        everyone = strengths(sum(VIEWERS), ROOM_MINUTES * 60, SEED + room, beats)
        for size, who in enumerate(np.split(np.arange(sum(VIEWERS)), np.cumsum(VIEWERS)[:-1])):
            moments = find_moments(everyone[who], 0, SEED + room).moments
            for beat in beats:
                trials[cell][size] += 1
                hits[cell][size] += found_at(moments, beat) <= levels + 1e-12
        content |= {"rooms": room + 1, "trials": trials.tolist(), "hits": hits.tolist()}
        path.write_text(json.dumps(content) + "\n", encoding="utf-8")
        if (room + 1) % len(cells) == 0:
            yield f"{room + 1} films, {trials.min()} beats a cell, {time.monotonic() - started:.0f} s"


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
                Beat(at, at + length, emotion, share, amplitude(strength))
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
    parser.add_argument("--rooms", type=int, default=720, help="number of simulated films")
    parser.add_argument("--out", type=Path, default=TABLE, help="file for the table")
    arguments = parser.parse_args()
    lines = table(arguments.rooms, arguments.out) if arguments.part == "table" else check(arguments.rooms)
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main()
