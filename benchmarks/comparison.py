"""Measure the error rates of comparisons and trailer predictions, on simulated data with known effects.

    python benchmarks/comparison.py                    # 500 runs of each: about half an hour on one core
    python benchmarks/comparison.py --runs 100

Viewers are drawn from a large simulated population, so its true differences are known exactly. Every row of
false differences has a row of planted ones beside it, from the first fifth of the runs (at least 100). Rows
marked "plain test" show a permutation test of the plain difference, which was used before: its power counts
only where it is valid, that is, where its false differences are at most 5 %. The exit status is 1 if a target
is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.comparison import mean_test
from moviemotion.analysis.comparison.cut_alignment import align_by_seconds
from moviemotion.analysis.comparison.group_differences import ALPHA, compare_groups
from moviemotion.analysis.comparison.mean_test import permutations, step_down
from moviemotion.analysis.prediction.outcome_prediction import (
    PredictionVerdict,
    ReactionTable,
    predict_from_reactions,
    units_needed,
)
from moviemotion.analysis.script_emotions import mean_strength_during
from moviemotion.analysis.signals.baseline import estimate_baseline, strength_above_baseline
from moviemotion.analysis.signals.timeline import build_timeline
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.simulation.synthetic_audience import DEFAULT_CONTAGION, EmotionEvent, EmotionSchedule
from moviemotion.simulation.synthetic_samples import simulate_screening, simulate_viewer
from moviemotion.statistics import Float64Array, wilson_interval

SECONDS = 100
POPULATION = 1000
BEATS = (
    EmotionEvent(8, 14, Emotion.HAPPY, 0.7),
    EmotionEvent(30, 36, Emotion.SURPRISE, 0.6),
    EmotionEvent(52, 60, Emotion.SAD, 0.7),
    EmotionEvent(80, 88, Emotion.HAPPY, 0.8),
)
PLANTED = EmotionEvent(65, 70, Emotion.HAPPY, 0.6)
AUDIENCES = ((6, 6), (12, 12), (24, 24), (30, 10))
Draw = Callable[[Float64Array, np.random.Generator], Float64Array]
ROOM_SPREAD = 0.5
"""Largest part by which a room's strengths differ from those of others."""
FEATURES, FACTORS = 34, 6
missed: list[str] = []


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=500)
    # p-values are valid with any number of permutations and resamples; these are enough at a level of 5 %.
    mean_test.N_PERMUTATIONS = mean_test.N_RESAMPLES = 499
    parser.add_argument("--only", choices=("comparison", "trailer"))
    chosen = parser.parse_args()
    if chosen.only != "trailer":
        comparison(chosen.runs)
    if chosen.only != "comparison":
        trailers(chosen.runs)
    if missed:
        sys.exit(f"targets missed: {', '.join(missed)}")


def report_share(
    name: str, hits: int, of: int, least: float | None = None, most: float | None = None
) -> None:
    """Print a share with its 95 % interval and its target."""
    low, high = wilson_interval(hits, of)
    target, verdict = "no target", ""
    if least is not None or most is not None:
        ok = (least is None or hits >= least * of) and (most is None or hits <= most * of)
        target = f"{least or 0:.0%} to {most or 1:.0%}"
        verdict = "pass" if ok else "MISSED"
        if not ok:
            missed.append(name)
    print(
        f"{name:<66} {hits / of:6.1%} ({low:.1%} to {high:.1%}, n = {of:,})  {target} {verdict}", flush=True
    )


def comparison(runs: int) -> None:
    same, planted = (
        population(EmotionSchedule(beats), seed) for beats, seed in ((BEATS, 1), ((*BEATS, PLANTED), 2))
    )
    again = population(EmotionSchedule(BEATS), 3)
    at = (1 + int(PLANTED.start) // 5, NON_NEUTRAL_EMOTIONS.index(PLANTED.emotion))
    truth = planted.mean(axis=0) - same.mean(axis=0)
    print(
        f"{len(truth)} units, {len(NON_NEUTRAL_EMOTIONS)} emotions; "
        f"planted difference: {truth[at]:+.2f} in {PLANTED.emotion}"
    )
    populations = same, planted
    for sizes in AUDIENCES:
        groups("like audiences", as_they_are, as_they_are, sizes, populations, at, runs)
    for name, first, second, sizes in UNLIKE:
        groups(name, first, second, sizes, populations, at, runs)
    several_rooms(populations, at, runs)
    paired(same, again, runs)
    needed(same, planted, at, runs)
    contagious(max(runs // 5, 20))


def as_they_are(population: Float64Array, rng: np.random.Generator) -> Float64Array:
    return population


def even(population: Float64Array, rng: np.random.Generator) -> Float64Array:
    """People who all react much alike."""
    return population.mean(axis=0) + 0.3 * (population - population.mean(axis=0))


def all_or_nothing(population: Float64Array, rng: np.random.Generator) -> Float64Array:
    """People who react either fully or not at all, with the same mean."""
    return (rng.random(population.shape) < population).astype(np.float64)


def half_react(population: Float64Array, rng: np.random.Generator) -> Float64Array:
    """Half of the people react up to twice as much, and the other half as much less."""
    change = np.minimum(population, 1 - population)
    # People are paired with themselves: one copy reacts more and the other less, so the mean is the same.
    both = np.concatenate([population + change, population - change])
    return both[rng.permutation(len(both))]


def half_unseen(population: Float64Array, rng: np.random.Generator) -> Float64Array:
    """Even people, each of whom is not seen in half of the units."""
    return np.where(rng.random(population.shape[:2])[..., None] < 0.5, np.nan, even(population, rng))


UNLIKE: tuple[tuple[str, Draw, Draw, tuple[int, int]], ...] = (
    ("all or nothing, and even", all_or_nothing, even, (12, 12)),
    ("all or nothing, and even", all_or_nothing, even, (24, 24)),
    ("all or nothing, and even", all_or_nothing, even, (10, 30)),
    ("all or nothing, and even", all_or_nothing, even, (30, 10)),
    ("all or nothing, and as usual", all_or_nothing, as_they_are, (12, 12)),
    ("half react twice as much, and even", half_react, even, (10, 30)),
    ("as usual, and even with half unseen", as_they_are, half_unseen, (24, 24)),
)


def groups(
    name: str,
    first: Draw,
    second: Draw,
    sizes: tuple[int, int],
    populations: tuple[Float64Array, Float64Array],
    at: tuple[int, int],
    runs: int,
) -> None:
    """Print the false and the planted differences that are found, and how often the intervals are right."""
    same, planted = populations
    rng = np.random.default_rng(sizes)
    one, other, changed = first(same, rng), second(same, rng), second(planted, rng)
    true = np.nanmean(changed[:, at[0], at[1]]) - np.nanmean(one[:, at[0], at[1]])
    false, plain_false, found, plain_found, covered, cells, of_planted = 0, 0, 0, 0, 0, 0, 0
    planting = plants(runs)
    for run in range(runs):
        a, b = (x[rng.integers(0, len(x), n)] for x, n in zip((one, other), sizes, strict=True))
        null = compare_groups(a, b, False, run)
        false += bool((null.p_adjusted <= ALPHA).any())
        plain_false += bool((plain(a, b, run) <= ALPHA).any())
        covered += int(((null.interval[0] <= 0) & (null.interval[1] >= 0)).sum())
        cells += int((~np.isnan(null.difference)).sum())
        if run >= planting:
            continue
        b = changed[rng.integers(0, len(changed), sizes[1])]
        differs = compare_groups(a, b, False, run)
        found += bool(differs.p_adjusted[at] <= ALPHA)
        plain_found += bool(plain(a, b, run)[at] <= ALPHA)
        of_planted += bool(differs.interval[0][at] <= true <= differs.interval[1][at])
    who = f"{name}, {sizes[0]} and {sizes[1]}"
    report_share(f"false: {who}", false, runs, most=ALPHA)
    report_share(f"found: {who}", found, planting)
    report_share(f"  plain test, false: {who}", plain_false, runs)
    report_share(f"  plain test, found: {who}", plain_found, planting)
    report_share(f"  intervals of no difference cover it: {who}", covered, cells)
    report_share(f"  interval of the planted difference covers it: {who}", of_planted, planting)


def plain(first: Float64Array, second: Float64Array, seed: int) -> Float64Array:
    """(U, 7) step-down p-values of plain differences over permutations, with one standard error for all."""
    x = np.concatenate([first, second]).reshape(len(first) + len(second), -1)
    seen = ~np.isnan(x)
    n = seen.sum(axis=0)
    centered = np.where(seen, x - np.nanmean(x, axis=0), 0)
    standard = centered / np.maximum(np.sqrt((centered**2).sum(axis=0) / (n - 1)), 1e-9)
    grouping = permutations(len(first), len(second), seed)
    of_second = grouping @ seen
    statistic = np.abs(grouping @ standard) * np.sqrt(n / np.maximum(of_second * (n - of_second), 1))
    return step_down(statistic[0], iter([statistic]))[0].reshape(first.shape[1:])


def several_rooms(populations: tuple[Float64Array, Float64Array], at: tuple[int, int], runs: int) -> None:
    """Rooms in which everybody reacts more or less than elsewhere, whichever cut they see."""
    for rooms, viewers in ((4, 8), (6, 12)):
        rng = np.random.default_rng(rooms)
        false, plain_false, found, covered, cells = 0, 0, 0, 0, 0
        planting = plants(runs)
        numbers = np.repeat(np.arange(rooms), viewers)
        for run in range(runs):
            a, b, c = (
                in_rooms(population[rng.integers(0, POPULATION, rooms * viewers)], numbers, rng)
                for population in (populations[0], populations[0], populations[1])
            )
            null = compare_groups(a, b, False, run, (numbers, numbers))
            false += bool((null.p_adjusted <= ALPHA).any())
            plain_false += bool((compare_groups(a, b, False, run).p_adjusted <= ALPHA).any())
            covered += int(((null.interval[0] <= 0) & (null.interval[1] >= 0)).sum())
            cells += null.difference.size
            if run < planting:
                found += bool(compare_groups(a, c, False, run, (numbers, numbers)).p_adjusted[at] <= ALPHA)
        who = f"{rooms} and {rooms} rooms of {viewers}"
        report_share(f"false: {who}", false, runs, most=ALPHA)
        report_share(f"found: {who}", found, planting)
        report_share(f"  rooms ignored, false: {who}", plain_false, runs)
        report_share(f"  intervals of no difference cover it: {who}", covered, cells, 0.93)


def in_rooms(values: Float64Array, rooms: NDArray[np.int64], rng: np.random.Generator) -> Float64Array:
    """Multiply the strengths of each room by a factor of its own, the same in mean for every cut."""
    factor = rng.uniform(1 - ROOM_SPREAD, 1 + ROOM_SPREAD, int(rooms.max()) + 1)
    return np.clip(values * factor[rooms][:, None, None], 0, 1)


def paired(first: Float64Array, second: Float64Array, runs: int) -> None:
    rng, false, covered, cells = np.random.default_rng(4), 0, 0, 0
    for run in range(runs):
        chosen = rng.integers(0, POPULATION, 12)
        # The populations differ slightly by chance, so the order of the two cuts is random for each viewer.
        swap = (rng.random(12) < 0.5)[:, None, None]
        a, b = first[chosen], second[chosen]
        null = compare_groups(np.where(swap, b, a), np.where(swap, a, b), True, run)
        false += bool((null.p_adjusted <= ALPHA).any())
        covered += int(((null.interval[0] <= 0) & (null.interval[1] >= 0)).sum())
        cells += null.difference.size
    report_share("false: like audiences, 12 viewers who saw both", false, runs, most=ALPHA + 0.01)
    report_share("intervals of no difference cover it, 12 viewers who saw both", covered, cells, 0.93, 0.97)


def needed(same: Float64Array, planted: Float64Array, at: tuple[int, int], runs: int) -> None:
    """Check that the comparison has the promised power with the number of viewers that it asks for."""
    asked = int(compare_groups(same[:200], planted[:200], False, 1).viewers_needed[at])
    rng, found = np.random.default_rng(5), 0
    for run in range(runs):
        first, second = (group[rng.integers(0, POPULATION, asked)] for group in (same, planted))
        found += bool(compare_groups(first, second, False, run).p_adjusted[at] <= ALPHA)
    report_share(
        f"planted difference: found, with the {asked} viewers that the comparison asks for (80 % promised)",
        found,
        runs,
    )


def contagious(runs: int) -> None:
    """Measure false differences when viewers influence each other; the test assumes that they do not."""
    false = 0
    for run in range(runs):
        first, second = (
            population(EmotionSchedule(BEATS), 10_000 + 2 * run + k, 12, DEFAULT_CONTAGION) for k in range(2)
        )
        false += bool((compare_groups(first, second, False, run).p_adjusted <= ALPHA).any())
    report_share("identical cuts: significant difference, audiences of 12 with contagion", false, runs)


def population(
    script: EmotionSchedule, seed: int, viewers: int = POPULATION, contagion: float = 0.0
) -> Float64Array:
    """Return the (V, U, 7) mean strength of each viewer in each unit, with missing values filled in."""
    crowd = simulate_screening(script, viewers, SECONDS, seed, contagion)
    timeline = build_timeline((simulate_viewer(crowd, v).reading for v in range(viewers)), SECONDS - 0.2)
    shown = strength_above_baseline(timeline, estimate_baseline(timeline))
    units = [unit.spans[0] for unit in align_by_seconds(0, SECONDS).units]
    means = np.stack([mean_strength_during(shown, 0, s.start, s.end) for s in units], axis=1)
    # Missing values become the population mean, so that every sample has the same true value.
    return np.where(np.isnan(means), np.nanmean(means, axis=0), means)


def trailers(runs: int) -> None:
    """Measure how often predictions are called useful.

    Features are correlated like reactions. The outcome depends linearly on them, or it is pure noise.
    """
    asked = units_needed(reactions(np.random.default_rng(0), 1000), 0.3)
    for name, viewers, explained, yes_no, most in (
        ("noise: 20 viewers", 20, 0.0, False, 0.05),
        ("noise: 60 viewers", 60, 0.0, False, 0.05),
        ("noise: 60 viewers, yes or no", 60, 0.0, True, 0.05),
        ("30 % of the outcome explained: 60 viewers", 60, 0.3, False, None),
        (
            f"30 % of the outcome explained: the {asked} viewers asked for (80 % promised)",
            asked,
            0.3,
            False,
            None,
        ),
    ):
        useful = count_useful(runs, lambda rng: independent(rng, viewers, explained, yes_no))  # noqa: B023
        report_share(f"called useful, {name}", useful, runs, most=most)
    report_share(
        "called useful, noise: 15 trailers with 6 viewers each, correlated within a trailer",
        count_useful(runs, lambda rng: nested(rng, 15, 6)),
        runs,
        most=0.05,
    )
    report_share(
        "called useful, noise: 12 trailers, 8 viewers who saw all",
        count_useful(runs, lambda rng: crossed(rng, 12, 8)),
        runs,
        most=0.05,
    )
    rooms = (
        ("one trailer, 4 rooms of 15", 4, 15, False),
        ("one trailer, 12 rooms of 5", 12, 5, False),
        ("6 rooms that saw 4 trailers each, one outcome per trailer", 6, 4, True),
    )
    for name, count, rows, by_trailer in rooms:
        for explained, told in ((0.0, True), (0.0, False), (0.5, True)):
            useful = count_useful(
                runs if explained == 0 else plants(runs),
                lambda rng: in_several_rooms(rng, count, rows, explained, told, by_trailer),  # noqa: B023
            )
            what = "predictive within rooms" if explained else "only rooms differ"
            report_share(
                f"called useful, {what}, {name}{'' if told else ' (rooms not told)'}",
                useful,
                runs if explained == 0 else plants(runs),
                most=0.05 if explained == 0 and told else None,
            )
    report_share(
        "called useful, only rooms differ: 14 trailers, each in its own room of 3 to 16 viewers",
        count_useful(runs, uneven_rooms),
        runs,
        most=0.05,
    )
    report_share(
        "called useful, only rooms differ: 12 trailers, all seen by 3 rooms of 6",
        count_useful(runs, rooms_saw_all),
        runs,
        most=0.05,
    )


def plants(runs: int) -> int:
    """Number of runs for planted effects."""
    return max(runs // 5, min(runs, 100))


def in_several_rooms(
    rng: np.random.Generator, rooms: int, each: int, explained: float, told: bool, by_trailer: bool
) -> tuple[ReactionTable, Float64Array]:
    """Rooms react and rate in their own ways, which have nothing to do with each other."""
    room = np.repeat(np.arange(rooms), each)
    own = reactions(rng, rooms * each)
    signal = own @ rng.normal(size=FEATURES)
    outcome = np.sqrt(explained) * signal / signal.std() + np.sqrt(1 - explained) * rng.normal(size=len(room))
    outcome += 1.5 * rng.normal(size=rooms)[room]
    names = tuple(f"{k}" for k in range(len(room)))
    return ReactionTable(
        names if by_trailer else ("",) * len(room),
        ("",) * len(room) if by_trailer else names,
        NAMES,
        own + 1.5 * reactions(rng, rooms)[room],
        tuple(f"r{k}" for k in room) if told else (),
    ), outcome


def uneven_rooms(rng: np.random.Generator) -> tuple[ReactionTable, Float64Array]:
    room = np.repeat(np.arange(14), rng.integers(3, 17, 14))
    values = reactions(rng, 14)[room] + reactions(rng, len(room))
    outcome = rng.normal(size=14)[room] + rng.normal(size=len(room))
    seats = tuple(f"seat-{k}" for own in range(14) for k in range(int((room == own).sum())))
    return ReactionTable(tuple(f"t{k}" for k in room), seats, NAMES, values), outcome


def rooms_saw_all(rng: np.random.Generator) -> tuple[ReactionTable, Float64Array]:
    trailer, person = np.repeat(np.arange(12), 18), np.tile(np.arange(18), 12)
    room = person // 6
    values = reactions(rng, 3)[room] * 1.5 + reactions(rng, 18)[person] + reactions(rng, len(room))
    outcome = 1.5 * rng.normal(size=3)[room] + rng.normal(size=18)[person] + rng.normal(size=len(room))
    return ReactionTable(
        tuple(f"t{k}" for k in trailer),
        tuple(f"seat-{k % 6}" for k in person),
        NAMES,
        values,
        tuple(f"r{k}" for k in room),
    ), outcome


def count_useful(runs: int, make: Callable[[np.random.Generator], tuple[ReactionTable, Float64Array]]) -> int:
    count = 0
    for run in range(runs):
        table, outcome = make(np.random.default_rng([run, 1]))
        count += (
            predict_from_reactions(table, outcome, run, learning_curve=False).verdict
            is PredictionVerdict.USEFUL
        )
    return count


def reactions(rng: np.random.Generator, rows: int) -> Float64Array:
    factors = rng.normal(size=(rows, FACTORS)) @ rng.normal(size=(FACTORS, FEATURES))
    return factors + 0.7 * rng.normal(size=(rows, FEATURES))


def independent(
    rng: np.random.Generator, viewers: int, explained: float, yes_no: bool
) -> tuple[ReactionTable, Float64Array]:
    values = reactions(rng, viewers)
    signal = values @ rng.normal(size=FEATURES)
    outcome = np.sqrt(explained) * signal / signal.std() + np.sqrt(1 - explained) * rng.normal(size=viewers)
    names = tuple(f"v{k}" for k in range(viewers))
    outcome = (outcome > 0).astype(float) if yes_no else outcome
    return ReactionTable(("",) * viewers, names, NAMES, values), outcome


def nested(rng: np.random.Generator, trailers: int, viewers: int) -> tuple[ReactionTable, Float64Array]:
    rows = trailers * viewers
    values = np.repeat(reactions(rng, trailers), viewers, axis=0) + reactions(rng, rows)
    outcome = np.repeat(rng.normal(size=trailers), viewers) + rng.normal(size=rows)
    of_trailer = tuple(f"t{k // viewers}" for k in range(rows))
    return ReactionTable(of_trailer, tuple(f"v{k}" for k in range(rows)), NAMES, values), outcome


def crossed(rng: np.random.Generator, trailers: int, viewers: int) -> tuple[ReactionTable, Float64Array]:
    """Simulate viewers who all saw every trailer.

    Each trailer and each viewer affects both reactions and ratings, but the two effects are independent.
    """
    t, v = np.repeat(np.arange(trailers), viewers), np.tile(np.arange(viewers), trailers)
    values = reactions(rng, trailers)[t] + reactions(rng, viewers)[v] + reactions(rng, trailers * viewers)
    outcome = rng.normal(size=trailers)[t] + rng.normal(size=viewers)[v] + rng.normal(size=len(t))
    return ReactionTable(tuple(f"t{k}" for k in t), tuple(f"v{k}" for k in v), NAMES, values), outcome


NAMES = ("happy_mean", "strength_mean", *(f"feature {k}" for k in range(2, FEATURES)))

if __name__ == "__main__":
    main()
