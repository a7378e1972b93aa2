"""Check that strength is on the same scale for every viewer, and that viewers who hardly ever rest are found.

    python benchmarks/strength_scale.py --data ../shared/data/faces             # about a minute
    python benchmarks/strength_scale.py --only steps rest                       # without faces

The parts: `steps` gives simulated viewers with calm and amused resting faces the same steps in log-odds.
`average` compares the constants of an average face at rest with votes and readings. `votes` takes pairs of
real faces, the first as a viewer's rest and the second as the same viewer's reaction, and compares the
strength of the readings with the step that the annotators' votes make. `rest` lets simulated viewers smile
for different shares of the time. Real faces are those that `moviemotion lab train` holds out of the train
split; the test split is never read.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from people import Bench
from scipy.stats import spearmanr

from moviemotion.analysis.signals.baseline import (
    AVERAGE_REST,
    MAX_PROBABILITY,
    MIN_PROBABILITY,
    Baseline,
    estimate_baseline,
    lasting_emotions,
    strength_above_baseline,
)
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.lab.data.dataset import load_faces, soft_targets, usable_mask
from moviemotion.statistics import wilson_interval

Float64Array = NDArray[np.float64]

SEED = 13
HAPPY = EMOTIONS.index(Emotion.HAPPY)
ANNOTATORS = 10
PAIRS = 100_000
STEPS = ((1.5, 2.5), (3.5, 5.0))
"""Ranges of the step that the votes make, in log-odds."""
RESTS = ((0.0, 0.05), (0.05, 0.15), (0.15, 0.3), (0.3, 0.6))
"""Ranges of the share of votes for the first face."""
MIN_PAIRS = 100


def logit(p: Float64Array) -> Float64Array:
    return np.asarray(np.log(p / (1 - p)))


def earlier_strength(rest: Float64Array, now: Float64Array) -> Float64Array:
    """The scale that MoviEmotion used before."""
    return np.maximum((now - rest) / np.maximum(1 - rest, 0.5), 0)


def strength(rest: Float64Array, now: Float64Array, column: int) -> Float64Array:
    """Strength of one emotion for (n,) viewers who are seen for one second."""
    n = len(rest)
    scores, at_rest = np.zeros((n, 1, len(EMOTIONS)), np.float32), np.zeros((n, len(EMOTIONS)))
    scores[:, 0, column], at_rest[:, column] = now, rest
    timeline = Timeline(tuple(map(str, range(n))), 0, scores, np.ones((n, 1), np.int32))
    baseline = Baseline(at_rest, np.ones(n, np.int64), np.ones(n, bool))
    return strength_above_baseline(timeline, baseline)[:, 0, column - 1]


def steps(_: Bench) -> Iterator[str]:
    """The same step for viewers whose joy at rest differs."""
    rests = np.array([0.013, 0.05, 0.15, 0.3, 0.6])
    for step in (1.0, 2.0, 4.0):
        odds = rests / (1 - rests) * np.exp(step)
        now = odds / (1 + odds)
        earlier, found = earlier_strength(rests, now), strength(rests, now, HAPPY)
        yield (
            f"step of +{step:g}, joy at rest {', '.join(f'{r:g}' for r in rests)}: strength "
            f"{', '.join(f'{s:.2f}' for s in found)}; earlier scale {', '.join(f'{s:.2f}' for s in earlier)}"
        )


def average(bench: Bench) -> Iterator[str]:
    """The average probabilities at rest, by votes and by readings."""
    train = load_faces(bench.data, "train")
    train = train.subset(usable_mask(train))
    assert train.votes is not None
    shares = soft_targets(train.votes)
    votes = shares[shares[:, 0] > 0.5].mean(axis=0)
    neutral = bench.shares[:, 0] > 0.5
    clipped = np.clip(bench.probabilities[neutral], MIN_PROBABILITY, MAX_PROBABILITY)
    readings = 1 / (1 + np.exp(-logit(clipped).mean(axis=0)))
    yield (
        f"average rest {AVERAGE_REST:g}; {', '.join(NON_NEUTRAL_EMOTIONS)}: votes "
        f"{', '.join(f'{v:.3f}' for v in votes[1:])} (n={int((shares[:, 0] > 0.5).sum())}); readings "
        f"{', '.join(f'{r:.3f}' for r in readings[1:])} (n={int(neutral.sum())})"
    )
    p, share = bench.probabilities[:, 1:].ravel(), bench.shares[:, 1:].ravel()
    for low, high in ((0, 0.001), (0.001, 0.003), (0.003, MIN_PROBABILITY), (0.01, 0.02), (0.02, 0.05)):
        here = (p >= low) & (p < high)
        half = 1.96 * share[here].std() / np.sqrt(here.sum())
        mean = share[here].mean()
        yield f"readings {low:g} to {high:g}: share of votes {mean:.4f} ± {half:.4f} (n={here.sum()})"


def votes(bench: Bench) -> Iterator[str]:
    """Strength against the step in votes, for pairs of faces, on both scales."""
    p, shares = bench.probabilities, bench.shares
    rng = np.random.default_rng(SEED)
    for emotion in (Emotion.HAPPY, Emotion.SURPRISE, Emotion.SAD, Emotion.ANGER):
        column = EMOTIONS.index(emotion)
        first, second = rng.integers(0, len(p), (2, PAIRS))
        # A quarter of a vote is added on either side, so that 0 and 10 of 10 votes have finite log-odds.
        votes = logit((shares[:, column] * ANNOTATORS + 0.25) / (ANNOTATORS + 0.5))
        step = votes[second] - votes[first]
        found = strength(p[first, column], p[second, column], column)
        earlier = earlier_strength(p[first, column], p[second, column])
        up = step > 0.5
        rank, earlier_rank = (float(spearmanr(step[up], s[up]).statistic) for s in (found, earlier))
        yield (
            f"{emotion}: Spearman of strength and step {rank:.2f}, earlier scale {earlier_rank:.2f} "
            f"(n={up.sum()} pairs of {len(p)} faces)"
        )
        for low, high in STEPS:
            rows = []
            for least, most in RESTS:
                at = shares[first, column]
                here = (step >= low) & (step < high) & (at >= least) & (at < most)
                if here.sum() >= MIN_PAIRS:
                    rows.append((f"{least:g}–{most:g}", found[here].mean(), earlier[here].mean(), here.sum()))
            new, old = [r[1] for r in rows], [r[2] for r in rows]
            yield (
                f"{emotion}, step +{low:g} to +{high:g}, by share at rest "
                f"{', '.join(r[0] for r in rows)}: "
                f"strength {', '.join(f'{s:.2f}' for s in new)} (differ by {max(new) - min(new):.2f}); "
                f"earlier scale {', '.join(f'{s:.2f}' for s in old)} (differ by {max(old) - min(old):.2f}); "
                f"n {', '.join(str(r[3]) for r in rows)}"
            )


def rest(_: Bench) -> Iterator[str]:
    """Viewers who smile for a share of the time: how much of it is measured, and who is warned of."""
    viewers, seconds = 500, 600
    for step in (2.5, 4.0, 6.0):
        for share in (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9):
            resting, smiling, timeline = smilers(viewers, seconds, step, share)
            baseline = estimate_baseline(timeline)
            known = Baseline(resting, np.ones(viewers, np.int64), np.ones(viewers, bool))
            measured, true = (strength_above_baseline(timeline, b)[:, :, 0] for b in (baseline, known))
            smiles = smiling.any(axis=1)
            ratio = np.ones(viewers)
            for v in np.flatnonzero(smiles):
                ratio[v] = measured[v, smiling[v]].mean() / true[v, smiling[v]].mean()
            warned = np.array([emotion is not None for emotion in lasting_emotions(timeline, baseline)])
            lost = ratio < 0.7
            yield (
                f"smile of +{step:g} in {share:.0%} of the seconds: {np.median(ratio):.2f} of its strength "
                f"is measured (median); of viewers who lose more than 30 %, warned of {part(warned[lost])}; "
                f"of the others {part(warned[~lost])}"
            )


def smilers(
    viewers: int, seconds: int, step: float, share: float
) -> tuple[Float64Array, NDArray[np.bool_], Timeline]:
    """Simulate viewers who smile in blocks of 10 s.

    Returns:
        (V, 8) the probabilities at rest; (V, S) whether each viewer smiles; the timeline.
    """
    rng = np.random.default_rng([SEED, int(10 * step), int(100 * share)])
    resting = rng.normal(0, 0.7, (viewers, 1, len(EMOTIONS)))
    resting[:, 0, 0] = rng.normal(3.3, 0.6, viewers)
    noise = rng.normal(0, 0.4, (viewers, seconds, len(EMOTIONS)))
    for second in range(1, seconds):  # slow changes beside the fast ones, correlated over about 5 s
        noise[:, second] += 0.8 * noise[:, second - 1]
    noise += rng.normal(0, 0.4, noise.shape)
    smiling = np.zeros((viewers, seconds), bool)
    for viewer in smiling:
        for block in rng.permutation(seconds // 10)[: round(share * seconds / 10)]:
            viewer[block * 10 : block * 10 + 10] = True
    noise += resting
    noise[smiling, HAPPY] += step
    scores = np.exp(noise)
    scores /= scores.sum(axis=2, keepdims=True)
    at_rest = np.exp(resting[:, 0])
    timeline = Timeline(
        tuple(map(str, range(viewers))), 0, scores.astype(np.float32), np.ones((viewers, seconds), np.int32)
    )
    return at_rest / at_rest.sum(axis=1, keepdims=True), smiling, timeline


def part(flags: NDArray[np.bool_]) -> str:
    low, high = wilson_interval(flags.sum(), len(flags))
    return f"{flags.mean():.1%} ({low:.1%} to {high:.1%}, n={len(flags)})" if len(flags) else "– (n=0)"


PARTS: dict[str, Callable[[Bench], Iterator[str]]] = {
    "steps": steps,
    "average": average,
    "votes": votes,
    "rest": rest,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/faces"))
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    arguments = parser.parse_args()
    bench = Bench(arguments.data)
    for name in arguments.only:
        for line in PARTS[name](bench):
            print(line, flush=True)


if __name__ == "__main__":
    main()
