"""Check that synchrony does not depend on the size of the room, its intervals, and rates against scene
length.

    python benchmarks/synchrony.py                     # some minutes
    python benchmarks/synchrony.py --runs 100 --only size

The parts: `size` shows the same film to rooms of 5 to 48 viewers; synchrony should differ by at most ±0.02
between sizes, and 93 to 97 % of its intervals should contain the value of the population. `rates` summarizes
scenes of different lengths in which nothing is shared; the result should not depend on the length. `cuts`
lets the audience laugh at the last line before a cut; the following scene should not inherit it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.script_emotions import summarize_emotions
from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD
from moviemotion.analysis.signals.baseline import estimate_baseline, strength_above_baseline
from moviemotion.analysis.signals.synchrony import (
    film_synchrony,
    pooled_variance,
    synchrony_at,
)
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.simulation.room_simulator import Beat, simulate_room
from moviemotion.statistics import Z95, wilson_interval

Float64Array = NDArray[np.float64]

SEED = 1300
SECONDS = 600
SIZES = (5, 8, 12, 24, 48)
BEATS = (
    Beat(40, 42, Emotion.HAPPY, 0.5),
    Beat(90, 100, Emotion.HAPPY, 0.8),
    Beat(150, 153, Emotion.SURPRISE, 0.6),
    Beat(200, 230, Emotion.SAD, 0.5),
    Beat(300, 304, Emotion.HAPPY, 0.9),
    Beat(380, 383, Emotion.HAPPY, 0.3),
    Beat(450, 455, Emotion.SAD, 0.7),
    Beat(520, 526, Emotion.SURPRISE, 0.9),
)
PEAKS = (41, 95, 152, 202, 302, 382, 453, 523)
"""Seconds in whose windows synchrony is compared: around each beat, in which some viewers react."""
CALM = (20, 130, 270, 350, 490, 570)
LENGTHS = (2, 5, 15, 60, 180)


def room(viewers: int, seed: int, beats: tuple[Beat, ...] = BEATS, seconds: int = SECONDS) -> Float64Array:
    """(V, S, 7) strengths of a simulated room."""
    timeline = simulate_room(viewers, seconds, SEED + seed, beats=beats).timeline
    return strength_above_baseline(timeline, estimate_baseline(timeline))


def size(runs: int) -> Iterator[str]:
    """The same film in rooms of different sizes."""
    for viewers in SIZES:
        film, film_low, film_high, earlier = np.empty((4, runs))
        at = (*PEAKS, *CALM)
        value, low, high = np.empty((3, runs, len(at)))
        for run in range(runs):
            strength = room(viewers, run)
            whole = film_synchrony(strength)
            film[run], (film_low[run], film_high[run]) = whole.overall, whole.overall_interval
            earlier[run] = leave_one_out(strength)
            windows = [synchrony_at(strength, second) for second in at]
            least = pooled_variance(windows[: len(PEAKS)])
            for k, window in enumerate(windows):
                value[run, k] = window.value
                low[run, k], high[run, k] = window.interval(least if k < len(PEAKS) else 0.0)
        peaks = slice(0, len(PEAKS))
        yield (
            f"{viewers} viewers: synchrony of the film {mean(film)}, in windows with a beat "
            f"{mean(value[:, peaks].mean(axis=1))}; leave-one-out, as before, {mean(earlier)} "
            f"(n={runs} rooms)"
        )
        covered = (film_low <= film.mean()) & (film.mean() <= film_high)
        true = np.nanmean(value, axis=0)
        hits = (low <= true) & (true <= high)
        width = np.median(high[:, peaks] - low[:, peaks])
        yield (
            f"{viewers} viewers: intervals that contain the population's value: film {part(covered)}, "
            f"windows with a beat {part(hits[:, peaks])}, calm windows {part(hits[:, len(PEAKS) :])}; "
            f"median width with a beat {width:.2f}, widest {np.nanmax(high[:, peaks] - low[:, peaks]):.2f}"
        )


def leave_one_out(strength: Float64Array) -> float:
    """Mean correlation of each viewer with the mean of the others, over the seconds with both."""
    correlations = []
    for viewer, own in enumerate(strength):
        others = np.delete(strength, viewer, axis=0)
        both = ~np.isnan(own[:, 0]) & ~np.isnan(others[:, :, 0]).all(axis=0)
        x, y = own[both], np.nanmean(others[:, both], axis=0)
        x, y = x - x.mean(axis=0), y - y.mean(axis=0)
        correlations.append((x * y).sum() / np.sqrt((x**2).sum() * (y**2).sum()))
    return float(np.mean(correlations))


def mean(values: Float64Array) -> str:
    half = Z95 * values.std(ddof=1) / np.sqrt(len(values))
    return f"{values.mean():.3f} ± {half:.3f}"


def part(flags: NDArray[np.bool_]) -> str:
    low, high = wilson_interval(flags.sum(), flags.size)
    return f"{flags.mean():.1%} ({low:.1%}–{high:.1%}, n={flags.size})"


PARTS: dict[str, Callable[[int], Iterator[str]]] = {"size": size}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=500, help="number of simulated rooms a row")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    arguments = parser.parse_args()
    for name in arguments.only:
        for line in PARTS[name](arguments.runs):
            print(line, flush=True)


if __name__ == "__main__":
    main()
