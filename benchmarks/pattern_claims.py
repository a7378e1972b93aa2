"""How often contagion and change points are found where there are none, and where they were planted.

    python benchmarks/pattern_claims.py                          # about 45 minutes on one core
    python benchmarks/pattern_claims.py --runs 100 --only contagion

Each row has its 95 % Wilson interval. The rows of real people use the observers of `--data` (see
`timelines/README.md` there), who watched alone: they are seated at random for contagion, and shifted in a
circle against each other for change points. The exit status is 1 if reliably more than 5 % of the screenings
of any row without a pattern give one.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when NumPy is loaded

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from moviemotion.analysis.patterns.change_points import find_change_points
from moviemotion.analysis.patterns.contagion import find_contagion
from moviemotion.analysis.signals.baseline import estimate_baseline, strength_above_baseline
from moviemotion.analysis.signals.seat_map import SeatMap
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.emotions import EMOTIONS, Emotion
from moviemotion.simulation.room_simulator import Beat, RoomConditions, SimulatedRoom, simulate_room
from moviemotion.statistics import wilson_interval

Float64Array = NDArray[np.float64]
Run = Callable[[int], bool]

BAR = 0.05
HAPPY = EMOTIONS.index(Emotion.HAPPY)
CLOSE = 120
"""A planted change is found if the middle of a change of the same emotion and direction is this close to its
middle, in seconds."""
LIGHT = np.array([0, 1, 0.5, -1, -0.5, 0, 0.5, 0])
"""Direction in which light changes the log-odds of `EMOTIONS`."""
LAUGHS = tuple(Beat(40.0 * k, 40.0 * k + 1 + 7 * (k % 3) / 2, Emotion.HAPPY, 0.6) for k in range(1, 20))


def strength_of(timeline: Timeline) -> Float64Array:
    return strength_above_baseline(timeline, estimate_baseline(timeline))


def add_log_odds(timeline: Timeline, added: Float64Array) -> Timeline:
    """Add (V, S, 8) log-odds to every reading."""
    odds = np.exp(np.log(timeline.probabilities) + added)
    probabilities = (odds / odds.sum(axis=2, keepdims=True)).astype(np.float32)
    return replace(timeline, probabilities=probabilities)


def slow_noise(rng: np.random.Generator, minutes: float, *shape: int) -> Float64Array:
    """Autoregressive noise of variance 1 along the second last axis; infinite minutes give a random walk."""
    carried = np.exp(-1 / (60 * minutes))
    noise = rng.standard_normal((*shape[:-2], shape[-2] + 3000, shape[-1]))
    walk = lfilter([1.0], [1.0, -carried], noise, axis=-2)[..., 3000:, :]
    return np.asarray(walk / walk.std(axis=-2, keepdims=True))


# --- Contagion ---------------------------------------------------------------------------------------


def contagion_in(room: SimulatedRoom, timeline: Timeline, seed: int) -> bool:
    seats = SeatMap(room.rows, room.seats)
    return bool(find_contagion(strength_of(timeline), seats, seed).found)


def contagion_found(
    seed: int,
    conditions: RoomConditions,
    viewers: int = 24,
    seconds: int = 600,
    beats: tuple[Beat, ...] = (),
) -> bool:
    room = simulate_room(viewers, seconds, seed, conditions, beats)
    return contagion_in(room, room.timeline, seed)


def found_in_uneven_light(seed: int) -> bool:
    """The screen's light reaches one end of each row and not the other."""
    room = simulate_room(24, 600, seed)
    coupling = 0.4 * room.seats / room.seats.max()
    lit = add_log_odds(room.timeline, coupling[:, None, None] * room.light[:, None] * LIGHT)
    return contagion_in(room, lit, seed)


def found_with_rising_delays(seed: int) -> bool:
    """Viewers react to shared laughs up to three seconds later toward one end of each row."""
    room = simulate_room(24, 800, seed, None, LAUGHS)
    late = np.round(3 * room.seats / room.seats.max()).astype(int)
    delayed = [np.roll(p, by, axis=0) for p, by in zip(room.timeline.probabilities, late, strict=True)]
    return contagion_in(room, replace(room.timeline, probabilities=np.stack(delayed)), seed)


def found_among_real_people(seed: int, strength: Float64Array) -> bool:
    """Twenty minutes of people who watched alone, seated at random in two rows."""
    rng = np.random.default_rng(seed)
    viewers, start = len(strength), int(rng.integers(strength.shape[1] - 1200))
    place = rng.permutation(viewers)
    row = place * 2 // viewers
    return bool(find_contagion(strength[:, start : start + 1200], SeatMap(row, place), seed).found)


# --- Change points -----------------------------------------------------------------------------------


def change_found(seed: int, conditions: RoomConditions, viewers: int = 16, seconds: int = 1500) -> bool:
    room = simulate_room(viewers, seconds, seed, conditions)
    return bool(find_change_points(strength_of(room.timeline), 0, seed).changes)


def found_with_slow_noise(seed: int, minutes: float, shared: bool) -> bool:
    """Every emotion drifts by slow noise with a standard deviation of 0.5 in log-odds."""
    viewers, seconds = 16, 1500
    rng = np.random.default_rng([seed, 1])
    drift = slow_noise(rng, minutes, 1 if shared else viewers, seconds, len(EMOTIONS))
    room = simulate_room(viewers, seconds, seed)
    drifting = add_log_odds(room.timeline, 0.5 * drift * rng.lognormal(0, 0.3, (viewers, 1, 1)))
    return bool(find_change_points(strength_of(drifting), 0, seed).changes)


def found_among_shifted_people(seed: int, strength: Float64Array) -> bool:
    by = np.random.default_rng(seed).integers(0, strength.shape[1], len(strength))
    shifted = np.stack([np.roll(one, k, axis=0) for one, k in zip(strength, by, strict=True)])
    return bool(find_change_points(shifted, 0, seed).changes)


def planted_change_found(
    seed: int,
    log_odds: float,
    rise_minutes: float = 0,
    film_minutes: int = 60,
    viewers: int = 30,
    share: float = 1.0,
) -> bool:
    """From the middle of the film on, a share of the viewers is happier, after a rise of some minutes."""
    seconds, rng = 60 * film_minutes, np.random.default_rng([seed, 2])
    room = simulate_room(viewers, seconds, seed)
    rise = np.clip((np.arange(seconds) - seconds / 2) / max(60 * rise_minutes, 1) + 0.5, 0, 1)
    amplitude = log_odds * rng.lognormal(0, 0.3, viewers) * (np.arange(viewers) < round(share * viewers))
    added = np.zeros((viewers, seconds, len(EMOTIONS)))
    added[:, :, HAPPY] = amplitude[:, None] * rise
    changes = find_change_points(strength_of(add_log_odds(room.timeline, added)), 0, seed).changes
    return any(
        c.emotion is Emotion.HAPPY and c.change > 0 and abs((c.start + c.end) / 2 - seconds / 2) <= CLOSE
        for c in changes
    )


def rows(part: str, data: Path) -> tuple[list[tuple[str, Run]], list[tuple[str, Run]]]:
    """The screenings without a pattern and with one: name → whether it is found with a given seed."""
    real = data / "timelines" / "forrest" / "observers12.npz"
    people = np.load(real)["strength"].astype(np.float64) if real.exists() else None
    alone: list[tuple[str, Run]]
    planted: list[tuple[str, Run]]
    if part == "contagion":
        inside = partial(partial, contagion_found)
        alone = [
            ("24 viewers, 10 min", inside(conditions=RoomConditions())),
            ("8 viewers, 10 min", inside(conditions=RoomConditions(), viewers=8)),
            (
                "dark scenes, smiles found more",
                inside(conditions=RoomConditions(dark_share=0.1, dark_smile_odds=4)),
            ),
            ("light coupling .4", inside(conditions=RoomConditions(light_coupling=0.4))),
            ("light reaches one end of each row", found_in_uneven_light),
            ("three livelier scenes", inside(conditions=RoomConditions(lively_scenes=3))),
            ("one camera runs on", inside(conditions=RoomConditions(camera_runs_on=60))),
            ("personal drift", inside(conditions=RoomConditions(drift=1.0))),
            (
                "shared laughs, own delays and gains",
                inside(conditions=RoomConditions(), seconds=800, beats=LAUGHS),
            ),
            ("shared laughs, later along the row", found_with_rising_delays),
        ]
        planted = [
            (
                f"{viewers} viewers, {seconds // 60} min, spreads with {q}",
                inside(conditions=RoomConditions(contagion=q), viewers=viewers, seconds=seconds),
            )
            for viewers, seconds, q in (
                (24, 600, 0.5),
                (24, 600, 0.3),
                (24, 600, 0.1),
                (12, 600, 0.3),
                (8, 600, 0.3),
                (8, 600, 0.1),
            )
        ]
        planted.append(
            (
                "the same with .3, shared laughs, light .2",
                inside(
                    conditions=RoomConditions(contagion=0.3, light_coupling=0.2), seconds=800, beats=LAUGHS
                ),
            )
        )
        if people is not None:
            alone.append(
                ("12 real people, seated at random", partial(found_among_real_people, strength=people))
            )
        return alone, planted
    inside, slow = partial(partial, change_found), partial(partial, found_with_slow_noise)
    alone = [
        ("16 viewers, 25 min", inside(conditions=RoomConditions())),
        ("personal linear drift 1.0", inside(conditions=RoomConditions(drift=1.0))),
        ("personal slow noise, 5 min", slow(minutes=5, shared=False)),
        ("personal random walks", slow(minutes=np.inf, shared=False)),
        ("all faces sag by 1.0", inside(conditions=RoomConditions(sag=1.0))),
        ("sag and personal drift", inside(conditions=RoomConditions(sag=1.0, drift=1.0))),
        ("shared slow noise, 1 min", slow(minutes=1, shared=True)),
        ("shared slow noise, 5 min", slow(minutes=5, shared=True)),
        ("shared random walk", slow(minutes=np.inf, shared=True)),
        (
            "dark scenes, smiles found more",
            inside(conditions=RoomConditions(dark_share=0.1, dark_smile_odds=4)),
        ),
        ("light coupling .4", inside(conditions=RoomConditions(light_coupling=0.4))),
        ("three livelier scenes", inside(conditions=RoomConditions(lively_scenes=3))),
        ("people chat for 60 s", inside(conditions=RoomConditions(chat_seconds=60))),
        ("8 viewers, personal linear drift 1.0", inside(conditions=RoomConditions(drift=1.0), viewers=8)),
    ]
    here = partial(partial, planted_change_found)
    planted = [
        ("abrupt, 30 of 30, +1.5 log-odds, 60 min", here(log_odds=1.5)),
        ("abrupt, 12 of 12, +1.5, 60 min", here(log_odds=1.5, viewers=12)),
        ("abrupt, 20 of 30, +1.5, 60 min", here(log_odds=1.5, share=2 / 3)),
        ("abrupt, 30 of 30, +1.5, 25 min", here(log_odds=1.5, film_minutes=25)),
        ("30 of 30 rise over 12 min, +3, 90 min", here(log_odds=3, rise_minutes=12, film_minutes=90)),
        ("30 of 30 rise over 12 min, +3, 60 min", here(log_odds=3, rise_minutes=12)),
        ("30 of 30 rise over 12 min, +1.5, 60 min", here(log_odds=1.5, rise_minutes=12)),
        ("30 of 30 rise over 12 min, +3, 40 min", here(log_odds=3, rise_minutes=12, film_minutes=40)),
        ("30 of 30 rise over 12 min, +3, 30 min", here(log_odds=3, rise_minutes=12, film_minutes=30)),
    ]
    if people is not None:
        alone.append(("12 real people, out of step", partial(found_among_shifted_people, strength=people)))
    return alone, planted


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument(
        "--only", nargs="+", choices=("contagion", "changes"), default=["contagion", "changes"]
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    missed = False
    for part in options.only:
        alone, planted = rows(part, options.data)
        for title, kind, runs in (
            ("none, found by chance", alone, options.runs),
            ("planted, found", planted, max(20, options.runs // 5)),
        ):
            print(f"{part}: {title} ({runs} screenings each)", flush=True)
            for name, run in kind:
                found = sum(run(seed) for seed in range(runs))
                low, high = (float(v) for v in wilson_interval(found, runs))
                verdict = ""
                if kind is alone:
                    verdict = f"  at most {BAR:.0%}: {'pass' if low <= BAR else 'MISSED'}"
                    missed |= low > BAR
                print(f"  {name:46} {found / runs:6.1%}  (95 % {low:.1%}–{high:.1%}){verdict}", flush=True)
    sys.exit(missed)


if __name__ == "__main__":
    main()
