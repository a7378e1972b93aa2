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

from moviemotion.analysis.script_emotions import mean_strength_during, summarize_emotions
from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD
from moviemotion.analysis.signals.baseline import estimate_baseline, strength_above_baseline
from moviemotion.analysis.signals.reaction_delay import AUDIENCE_DELAY
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
HAPPY = NON_NEUTRAL_EMOTIONS.index(Emotion.HAPPY)
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


def rates(runs: int) -> Iterator[str]:
    """Scenes of different lengths in which nothing is shared: 24 viewers who react at their own times."""
    viewers, seconds = 24, 240
    spans = [(20.0, 20.0 + length) for length in LENGTHS]
    shares, low, high, ever = np.empty((4, runs, len(LENGTHS)))
    for run in range(runs):
        strength = room(viewers, 10_000 + run, beats=(), seconds=seconds)
        for k, summary in enumerate(summarize_emotions(strength, 0, spans)):
            shares[run, k] = summary.mean_reacting_share
            low[run, k], high[run, k] = summary.mean_reacting_share_interval
            start, end = (int(t + AUDIENCE_DELAY) for t in spans[k])
            part_of_film = np.nan_to_num(strength[:, start:end])
            ever[run, k] = (part_of_film >= REACTION_THRESHOLD).any(axis=(1, 2)).mean()
    for k, length in enumerate(LENGTHS):
        covered = (low[:, k] <= shares[:, k].mean()) & (shares[:, k].mean() <= high[:, k])
        yield (
            f"scene of {length} s: mean share reacting {mean(shares[:, k])}, its interval contains the "
            f"population's value {part(covered)}; share who ever reacted, as before, {mean(ever[:, k])} "
            f"({viewers} viewers, n={runs} rooms)"
        )


def cuts(runs: int) -> Iterator[str]:
    """A laugh at the last line before a cut, and what is measured for the first line after it."""
    beats = (Beat(57, 60, Emotion.HAPPY, 0.8),)
    lines = [(57.0, 60.0), (60.0, 63.0), (30.0, 33.0)]
    measured, on_screen = np.empty((2, runs, len(lines)))
    named = np.empty(runs, bool)
    for run in range(runs):
        strength = room(24, 20_000 + run, beats, seconds=120)
        summaries = summarize_emotions(strength, 0, lines)
        for k, (start, end) in enumerate(lines):
            delayed = mean_strength_during(strength, 0, start + AUDIENCE_DELAY, end + AUDIENCE_DELAY)
            undelayed = mean_strength_during(strength, 0, start, end)
            measured[run, k], on_screen[run, k] = (np.nanmean(s[:, HAPPY]) for s in (delayed, undelayed))
        named[run] = summaries[1].emotion is Emotion.HAPPY
    for k, line in enumerate(("the last line before the cut", "the first line after it", "a line elsewhere")):
        yield (
            f"joy in {line}: {mean(measured[:, k])}, without the delay {mean(on_screen[:, k])} "
            f"(24 viewers, n={runs} rooms)"
        )
    yield f"the first line after the cut is called happy in {part(named)}"


PARTS: dict[str, Callable[[int], Iterator[str]]] = {"size": size, "rates": rates, "cuts": cuts}


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
