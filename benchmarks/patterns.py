"""Measure how often patterns are found by chance, and how often planted ones are found.

    python benchmarks/patterns.py                      # 500 runs each without a pattern, 100 with one
    python benchmarks/patterns.py --runs 50 --only motifs arc

Change points and contagion are measured by `pattern_claims.py`. The exit status is 1 if reliably more than
5 % of the runs without a pattern give one (interval above 5 %).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "analysis"))

from pattern_audiences import (
    autoregression,
    moments_at_random,
    moments_in_order,
)

from moviemotion.analysis.comparison.pattern_ratings import correlate_with_ratings
from moviemotion.analysis.patterns.acts import find_acts
from moviemotion.analysis.patterns.arc import find_arcs
from moviemotion.analysis.patterns.flat_stretches import find_flat_stretches
from moviemotion.analysis.patterns.motifs import find_motifs
from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD, compute_audience_curve
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.statistics import wilson_interval

BAR = 0.05
Run = Callable[[np.random.Generator, int], bool]


def by_motifs(moments: Callable[[np.random.Generator], list]) -> Run:
    return lambda rng, seed: bool(find_motifs([moments(rng)], seed).motifs)


def films(rng: np.random.Generator, count: int, correlation: float) -> tuple[list[dict[str, float]], list]:
    """Simulate films with fifteen features, the first of which is correlated with the films' ratings."""
    ratings = rng.standard_normal(count)
    figures = rng.standard_normal((count, 15))
    figures[:, 0] = correlation * ratings + np.sqrt(1 - correlation**2) * figures[:, 0]
    return [{str(k): x for k, x in enumerate(film)} for film in figures.tolist()], ratings.tolist()


def by_ratings(count: int, correlation: float) -> Run:
    return lambda rng, seed: any(
        a.is_significant for a in correlate_with_ratings(*films(rng, count, correlation), seed)
    )


def falling_and_rising_audience(
    rng: np.random.Generator, viewers: int, seconds: int, by: float
) -> np.ndarray:
    """Simulate viewers with slow emotions of their own and a shared mood that falls and rises by `by`."""
    audience = 0.1 + 0.08 * autoregression(rng, 0.98, viewers, seconds, len(NON_NEUTRAL_EMOTIONS))
    audience[:, :, 0] += (
        by * np.cos(2 * np.pi * np.arange(seconds) / seconds) * rng.uniform(0.3, 1.7, (viewers, 1))
    )
    return np.clip(audience, 0, 1)


def by_arc(by: float) -> Run:
    def run(rng: np.random.Generator, seed: int) -> bool:
        audience = falling_and_rising_audience(rng, 16, 1800, by)
        return any(arc.is_clear for arc in find_arcs(audience, 0, find_acts(None, 0, 1800)[0], seed))

    return run


def by_flat(share: float) -> Run:
    """Let each of 24 viewers react for a few seconds at a time, in the given share of the film."""

    def run(rng: np.random.Generator, seed: int) -> bool:
        level = autoregression(rng, 0.8, 24, 3600, 1)[:, :, 0]
        strength = np.zeros((24, 3600, len(NON_NEUTRAL_EMOTIONS)))
        strength[:, :, 0] = np.where(level > np.quantile(level, 1 - share), 2 * REACTION_THRESHOLD, 0)
        scores = np.zeros((24, 3600, 8), np.float32)
        names = tuple(str(v) for v in range(24))
        timeline = Timeline(names, 0, scores, np.full((24, 3600), 5, np.int32))
        return bool(find_flat_stretches(compute_audience_curve(timeline, strength)).stretches)

    return run


NOISE: dict[str, list[tuple[str, Run]]] = {
    "motifs": [
        (f"{n} moments in random order", by_motifs(lambda rng, n=n: moments_at_random(rng, n)))
        for n in (8, 16, 40)
    ],
    "ratings": [(f"{n} films, 15 patterns", by_ratings(n, 0.0)) for n in (6, 12, 30)],
    "arc": [("16 viewers, 30 min, film or an act", by_arc(0.0))],
    "flat": [("a quarter of 24 viewers reacts at any time", by_flat(0.25))],
}
PLANTED: dict[str, list[tuple[str, Run]]] = {
    "motifs": [
        (f"sad, then happy, {n} times", by_motifs(lambda rng, n=n: moments_in_order(rng, n)))
        for n in (3, 4, 6)
    ],
    "ratings": [(f"{n} films, correlation 0.8", by_ratings(n, 0.8)) for n in (8, 12, 20)],
    "arc": [(f"falls and rises by {by}", by_arc(by)) for by in (0.02, 0.04, 0.08)],
    "flat": [("5 % of 24 viewers react at any time", by_flat(0.05))],
}


def shares(kind: dict[str, list[tuple[str, Run]]], only: list[str], runs: int) -> Iterator[tuple[str, int]]:
    for part in only:
        for name, run in kind[part]:
            found = sum(run(np.random.default_rng([seed, len(name)]), seed) for seed in range(runs))
            yield f"{part}: {name}", found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--only", nargs="+", choices=NOISE, default=list(NOISE))
    options = parser.parse_args()
    missed = False
    for title, kind, runs in (
        ("Runs without a pattern: share in which one is found", NOISE, options.runs),
        ("Runs with a planted pattern: share in which it is found", PLANTED, max(20, options.runs // 5)),
    ):
        print(f"{title} ({runs} runs each)", flush=True)
        for name, found in shares(kind, options.only, runs):
            low, high = (float(v) for v in wilson_interval(found, runs))
            verdict = ""
            if kind is NOISE:
                verdict = f"  at most {BAR:.0%}: {'pass' if low <= BAR else 'MISSED'}"
                missed |= low > BAR
            print(f"  {name:58} {found / runs:6.1%}  (95 % {low:.1%}–{high:.1%}){verdict}", flush=True)
    sys.exit(missed)


if __name__ == "__main__":
    main()
