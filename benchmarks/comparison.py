"""Measure the error rates of comparisons and trailer predictions, on simulated data with known effects.

    python benchmarks/comparison.py                    # 500 runs each: several minutes on one core
    python benchmarks/comparison.py --runs 100

Viewers are drawn from a large simulated population, so the true differences are known exactly. The exit
status is 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import numpy as np

from moviemotion.analysis.comparison.cut_alignment import align_by_seconds
from moviemotion.analysis.comparison.group_differences import ALPHA, compare_groups
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
FEATURES, FACTORS = 34, 6
missed: list[str] = []


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=500)
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
    for sizes in AUDIENCES:
        rng = np.random.default_rng(sizes)
        false, covered, found, of_planted, cells = 0, 0, 0, 0, 0
        for run in range(runs):
            first, second = (same[rng.integers(0, POPULATION, n)] for n in sizes)
            null = compare_groups(first, second, False, run)
            false += bool((null.p_adjusted <= ALPHA).any())
            covered += int(((null.interval[0] <= 0) & (null.interval[1] >= 0)).sum())
            cells += null.difference.size
            other = compare_groups(first, planted[rng.integers(0, POPULATION, sizes[1])], False, run)
            found += bool(other.p_adjusted[at] <= ALPHA)
            of_planted += bool(other.interval[0][at] <= truth[at] <= other.interval[1][at])
        who = f"{sizes[0]} and {sizes[1]} viewers"
        report_share(f"identical cuts: significant difference, {who}", false, runs, 0.04, 0.06)
        report_share(f"identical cuts: intervals contain zero, {who}", covered, cells, 0.93, 0.97)
        report_share(f"planted difference: interval contains it, {who}", of_planted, runs, 0.93, 0.97)
        report_share(f"planted difference: found, {who}", found, runs)
    paired(same, again, runs)
    needed(same, planted, at, runs)
    contagious(max(runs // 5, 20))


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
    report_share("identical cuts: significant difference, 12 viewers who saw both", false, runs, 0.04, 0.06)
    report_share(
        "identical cuts: intervals contain zero, 12 viewers who saw both", covered, cells, 0.93, 0.97
    )


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
