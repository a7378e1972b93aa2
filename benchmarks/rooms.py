"""Measure the moment test in real rooms: false moments, power, bounds, intervals and ranks.

    python benchmarks/rooms.py                       # everything: about an hour on 2 cores
    python benchmarks/rooms.py --only false --runs 100 --rooms chat dark
    python benchmarks/rooms.py --only power intervals ranks

Rooms come from `moviemotion.simulation.room_simulator`. In the rows of "false", nothing is shared by the film
and each moment is false. The other rows plant shared reactions. `--old` adds the test of version 0.1.0. The
exit status is 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one process per core; read when NumPy is loaded

import moment_test_0_1
import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.moments.detection import ALPHA, Moment, find_moments
from moviemotion.analysis.moments.evidence import MIN_REACTING_TIME
from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD
from moviemotion.analysis.signals.baseline import estimate_baseline, strength_above_baseline
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.simulation.room_simulator import Beat, RoomConditions, SimulatedRoom, simulate_room
from moviemotion.statistics import average_ranks, wilson_interval

SEED = 36
FILM = 600
LATEST = 3.0
"""Seconds after the end of a beat in which a moment still belongs to it, because people react late."""
MOST_FALSE, MOST_FALSE_HIGH = 0.05, 0.075
MOST_CONTAGIOUS = 0.10
LEAST_POWER_RATIO = 1.6
MOST_END_ERROR = 3.0
LEAST_COVERED, MOST_COVERED = 0.93, 0.97
LEAST_RANK_CORRELATION = 0.7
POPULATION = 800


@dataclass(frozen=True)
class Room:
    """A kind of room in which nothing is shared by the film.

    Attributes:
        conditions: what happens in the room.
        viewers, seconds: its size and the length of the film.
        knows_film: whether the analysis is told when the film starts and ends.
        knows_seats: whether the analysis is told who sits next to whom.
        most: largest share of rooms with a false moment; None if there is no target.
    """

    conditions: RoomConditions
    viewers: int = 24
    seconds: int = FILM
    knows_film: bool = False
    knows_seats: bool = False
    most: float | None = MOST_FALSE


C = RoomConditions
ROOMS = {
    "nothing unusual": Room(C()),
    "nothing unusual, 8 viewers": Room(C(), viewers=8),
    "nothing unusual, 100 viewers": Room(C(), viewers=100),
    "dark scenes": Room(C(dark_share=0.1)),
    "dark scenes, 6 viewers": Room(C(dark_share=0.1), viewers=6),
    "dark scenes, 12 viewers, 90 minutes": Room(C(dark_share=0.1), viewers=12, seconds=5400),
    "dark scenes, one face in three found": Room(C(dark_share=0.1, dark_found=0.33)),
    "dark scenes, smiling faces found more": Room(C(dark_share=0.1, dark_found=0.2, dark_smile_odds=5)),
    "dim scenes, smiling faces found more": Room(C(dark_share=0.1, dark_found=0.6, dark_smile_odds=5)),
    "chat before the film, 60 s": Room(C(chat_seconds=60)),
    "lights go up at the end": Room(C(lights_up_seconds=40), most=None),
    "lights go up at the end, film's span given": Room(C(lights_up_seconds=40), knows_film=True),
    "one camera runs on for 60 s": Room(C(camera_runs_on=60)),
    "neighbors infect each other, .2": Room(C(contagion=0.2), most=None),
    "neighbors infect each other, .5": Room(C(contagion=0.5), most=None),
    "neighbors, .2, seats given": Room(C(contagion=0.2), knows_seats=True, most=MOST_CONTAGIOUS),
    "neighbors, .5, seats given": Room(C(contagion=0.5), knows_seats=True, most=MOST_CONTAGIOUS),
    "one of 8 recorded twice": Room(C(doubled=1), viewers=8),
    "screen light on all faces": Room(C(light_coupling=0.2)),
    "faces sag": Room(C(sag=1.0)),
    "everybody settles": Room(C(settling=2.0)),
    "three livelier scenes": Room(C(lively_scenes=3)),
    "personal drift": Room(C(drift=1.0)),
}


@dataclass(frozen=True)
class Line:
    """What was measured, its target, and whether the target was met (None if there is no target)."""

    name: str
    measured: str
    bar: str = "–"
    ok: bool | None = None


def strength_in(room: SimulatedRoom) -> NDArray[np.float64]:
    return strength_above_baseline(room.timeline, estimate_baseline(room.timeline))


def share_text(hits: int, of: int) -> str:
    low, high = (float(x) for x in wilson_interval(hits, of))
    return f"{hits} of {of} = {hits / of:.1%} (95 % {low:.1%} to {high:.1%})"


# --- Nothing is shared --------------------------------------------------------------------------------


def false_moments_in(seed: int, name: str, old: bool) -> tuple[bool, bool]:
    """Whether today's test and that of version 0.1.0 find a moment in one room."""
    kind = ROOMS[name]
    room = simulate_room(kind.viewers, kind.seconds, seed, kind.conditions)
    strength = strength_in(room)
    in_film = np.ones(strength.shape[1], dtype=bool)
    if kind.knows_film:
        in_film[: room.film[0]] = in_film[room.film[1] :] = False
    seats = row_blocks(room) if kind.knows_seats else None
    found = find_moments(strength, 0, seed, in_film, seats).moments
    return bool(found), old and bool((moment_test_0_1.p_values(strength, seed) <= ALPHA).any())


def row_blocks(room: SimulatedRoom) -> NDArray[np.int64]:
    """Each row is a block; the simulator's rows have at most eight seats."""
    return np.unique(room.rows, return_inverse=True)[1].astype(np.int64)


def false_moments(pool: ProcessPoolExecutor, runs: int, rooms: Sequence[str], old: bool) -> Iterator[Line]:
    for name in rooms:
        kind = ROOMS[name]
        found = list(
            pool.map(partial(false_moments_in, name=name, old=old), range(SEED, SEED + runs), chunksize=5)
        )
        hits, old_hits = (sum(each) for each in zip(*found, strict=True))
        high = float(wilson_interval(hits, runs)[1])
        before = f"; version 0.1.0 {share_text(old_hits, runs)}" if old else ""
        if kind.most is None:
            yield Line(f"false, {name}", share_text(hits, runs) + before)
            continue
        ok = hits / runs <= kind.most and (kind.most > MOST_FALSE or high <= MOST_FALSE_HIGH)
        bar = f"≤ {kind.most:.0%}" + (
            "" if kind.most > MOST_FALSE else f", upper end ≤ {MOST_FALSE_HIGH:.1%}"
        )
        yield Line(f"false, {name}", share_text(hits, runs) + before, bar, ok)


# --- Planted beats ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Film:
    """Beats to plant.

    Attributes:
        lengths: shortest and longest beat in seconds, log-uniform between.
        shares: smallest and largest share of viewers who react.
        gaps: shortest and longest time between beats, in seconds.
        seconds: length of the film.
        emotions: emotions of the beats.
    """

    lengths: tuple[float, float]
    shares: tuple[float, float]
    gaps: tuple[float, float]
    seconds: int
    emotions: tuple[Emotion, ...] = (Emotion.HAPPY,)

    def beats(self, seed: int) -> tuple[Beat, ...]:
        rng = np.random.default_rng([seed, self.seconds])
        found, start = [], 90.0
        while start < self.seconds - 90 - self.lengths[1]:
            length = float(np.exp(rng.uniform(*np.log(self.lengths))))
            emotion = self.emotions[int(rng.integers(len(self.emotions)))]
            found.append(Beat(start, start + length, emotion, float(rng.uniform(*self.shares)), 3.5))
            start += length + float(rng.uniform(*self.gaps))
        return tuple(found)


THREE = (Emotion.HAPPY, Emotion.SURPRISE, Emotion.SAD)
LAUGHS = Film((1, 3), (0.3, 0.6), (60, 150), 5400)
BEATS = Film((4, 12), (0.3, 0.6), (40, 120), 1800, THREE)
STRETCHES = Film((20, 120), (0.3, 0.8), (60, 200), 1800, THREE)


@dataclass(frozen=True)
class Recovered:
    """Beats found and planted, those found by version 0.1.0, false moments, and errors of the bounds."""

    found: int
    planted: int
    old: int
    false: int
    starts: tuple[float, ...]
    ends: tuple[float, ...]


def recover(seed: int, film: Film, viewers: int, old: bool) -> Recovered:
    beats = film.beats(seed)
    strength = strength_in(simulate_room(viewers, film.seconds, seed, None, beats))
    moments = list(find_moments(strength, 0, seed).moments)
    starts, ends = [], []
    for beat in beats:
        own = [m for m in moments if belongs(m, beat)]
        if own:
            best = min(own, key=lambda m: abs(m.start - beat.start) + abs(m.end - beat.end))
            starts.append(best.start - beat.start)
            ends.append(best.end - beat.end)
            moments = [m for m in moments if m not in own]
    hits = 0
    if old:
        p = moment_test_0_1.p_values(strength, seed)
        for beat in beats:
            column = NON_NEUTRAL_EMOTIONS.index(beat.emotion)
            hits += bool((p[int(beat.start) : int(beat.end + LATEST), column] <= ALPHA).any())
    return Recovered(len(starts), len(beats), hits, len(moments), tuple(starts), tuple(ends))


def belongs(moment: Moment, beat: Beat) -> bool:
    return moment.emotion is beat.emotion and moment.start < beat.end + LATEST and moment.end > beat.start


def planted(
    pool: ProcessPoolExecutor, name: str, film: Film, runs: int, viewers: int = 24, old: bool = False
) -> Iterator[Line]:
    job = partial(recover, film=film, viewers=viewers, old=old)
    results = list(pool.map(job, range(SEED, SEED + runs)))
    found, beats = sum(r.found for r in results), sum(r.planted for r in results)
    before = sum(r.old for r in results)
    label = f"{name}, {viewers} viewers"
    yield Line(f"power, {label}", share_text(found, beats))
    if old:
        ratio = found / max(before, 1)
        yield Line(
            f"power, {label}, version 0.1.0",
            f"{share_text(before, beats)}; ratio {ratio:.2f}",
            f"≥ {LEAST_POWER_RATIO}",
            ratio >= LEAST_POWER_RATIO,
        )
    false = sum(r.false > 0 for r in results)
    yield Line(f"false beside planted beats, {label}", share_text(false, runs))
    for which in ("starts", "ends"):
        errors = np.array([error for r in results for error in getattr(r, which)])
        if len(errors):
            middle, most = np.quantile(np.abs(errors), [0.5, 0.9])
            text = f"{middle:.2f} s median (90 % within {most:.1f} s, n {len(errors)})"
            yield Line(
                f"bounds, {label}, error of {which}",
                text,
                f"≤ {MOST_END_ERROR:g} s",
                bool(middle <= MOST_END_ERROR),
            )


def power(pool: ProcessPoolExecutor, runs: int) -> Iterator[Line]:
    yield from planted(pool, "laughs of 1–3 s, 90 minutes", LAUGHS, max(runs // 25, 4), old=True)
    yield from planted(pool, "beats of 4–12 s", BEATS, max(runs // 10, 4))
    yield from planted(pool, "stretches of 20–120 s", STRETCHES, max(runs // 10, 4))
    for viewers in (5, 8, 12, 50, 100, 200):
        yield from planted(pool, "beats of 4–12 s", BEATS, max(runs // 25, 4), viewers)


# --- Intervals of what was selected -------------------------------------------------------------------


def covered(seed: int, film: Film, viewers: int) -> list[bool]:
    """Whether the interval of each moment's strength contains the population's mean in the same seconds."""
    beats = film.beats(SEED)
    everyone = strength_in(simulate_room(POPULATION, film.seconds, SEED, None, beats))
    rng = np.random.default_rng(seed)
    hits = []
    for _ in range(20):
        who = rng.choice(POPULATION, viewers, replace=False)
        for moment in find_moments(everyone[who], 0, seed).moments:
            column = NON_NEUTRAL_EMOTIONS.index(moment.emotion)
            during = everyone[:, int(moment.start) : int(moment.end), column]
            during = during[~np.isnan(during).all(axis=1)]
            truth = np.nanmean(np.nanmean(during, axis=1))
            low, high = moment.strength_interval
            hits.append(bool(low <= truth <= high))
    return hits


def intervals(pool: ProcessPoolExecutor, runs: int) -> Iterator[Line]:
    for viewers in (12, 24, 50):
        for name, film in (("laughs of 1–3 s", Film((1, 3), (0.2, 0.6), (30, 60), 1200)), ("beats", BEATS)):
            job = partial(covered, film=film, viewers=viewers)
            hits = [hit for each in pool.map(job, range(max(runs // 20, 2))) for hit in each]
            ok = LEAST_COVERED <= np.mean(hits) <= MOST_COVERED
            yield Line(
                f"coverage of selected moments' strength, {name}, {viewers} viewers",
                share_text(sum(hits), len(hits)),
                f"{LEAST_COVERED:.0%}–{MOST_COVERED:.0%}",
                bool(ok),
            )


# --- Ranks by resonance -------------------------------------------------------------------------------

MIXED = Film((2, 60), (0.35, 0.95), (40, 90), 2400, THREE)


def rank_correlation(seed: int, viewers: int) -> float:
    """Rank correlation of resonance between random halves, for the moments that the whole audience shows."""
    strength = strength_in(simulate_room(viewers, MIXED.seconds, seed, None, MIXED.beats(seed)))
    moments = find_moments(strength, 0, seed).moments
    order = np.random.default_rng(seed).permutation(viewers)
    halves = strength[order[: viewers // 2]], strength[order[viewers // 2 :]]
    ranks = [average_ranks(np.array([resonance_in(half, m) for m in moments])) for half in halves]
    return float(np.corrcoef(*ranks)[0, 1]) if len(moments) >= 5 else np.nan


def resonance_in(strength: NDArray[np.float64], moment: Moment) -> float:
    during = strength[:, int(moment.start) : int(moment.end), NON_NEUTRAL_EMOTIONS.index(moment.emotion)]
    during = during[~np.isnan(during).all(axis=1)]
    reacting = (np.nan_to_num(during) >= REACTION_THRESHOLD).mean(axis=1) >= MIN_REACTING_TIME
    return float(np.sqrt(np.nanmean(during) * reacting.mean()))


def ranks(pool: ProcessPoolExecutor, runs: int) -> Iterator[Line]:
    for viewers, least in ((24, None), (48, LEAST_RANK_CORRELATION)):
        found = np.array(
            list(pool.map(partial(rank_correlation, viewers=viewers), range(max(runs // 10, 4))))
        )
        low, middle, high = np.nanpercentile(found, [2.5, 50, 97.5])
        text = f"median {middle:.2f} (95 % of films {low:.2f} to {high:.2f}, n {np.isfinite(found).sum()})"
        name = f"rank correlation of resonance between halves of {viewers // 2}"
        yield Line(name, text, f"≥ {least}" if least else "–", bool(middle >= least) if least else None)


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = ("false", "power", "intervals", "ranks")
    options.add_argument("--only", nargs="+", choices=parts, default=parts)
    options.add_argument("--rooms", nargs="+", default=list(ROOMS), metavar="NAME", help="; ".join(ROOMS))
    options.add_argument("--runs", type=int, default=500)
    options.add_argument("--workers", type=int, default=os.cpu_count())
    options.add_argument(
        "--old", action="store_true", help="run the test of version 0.1.0 in every room, too"
    )
    arguments = options.parse_args()
    # A whole name stands for itself, and a part of one for every room whose name contains it.
    rooms = [
        room
        for room in ROOMS
        if any(word == room or (word not in ROOMS and word in room) for word in arguments.rooms)
    ]
    missed_target = False
    with ProcessPoolExecutor(arguments.workers) as pool:
        measured: dict[str, Callable[[], Iterator[Line]]] = {
            "false": partial(false_moments, pool, arguments.runs, rooms, arguments.old),
            "power": partial(power, pool, arguments.runs),
            "intervals": partial(intervals, pool, arguments.runs),
            "ranks": partial(ranks, pool, arguments.runs),
        }
        print(f"seed {SEED}")
        for part in arguments.only:
            for line in measured[part]():
                verdict = {True: "pass", False: "MISSED", None: "–"}[line.ok]
                print(f"{line.name}: {line.measured}   target {line.bar}: {verdict}", flush=True)
                missed_target |= line.ok is False
    return int(missed_target)


if __name__ == "__main__":
    sys.exit(main())
