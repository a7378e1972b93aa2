"""Try the moment search on twelve real people: replication, false moments, bounds, ranks and the script.

    python benchmarks/real_people.py                                 # about a quarter of an hour
    python benchmarks/real_people.py --only halves --splits 50

The people marked, second by second, which emotions the characters of a two-hour film show (0 or 1). They are
no audience, and three of them only heard the film, but they are independent, they agree about some stretches
and not about others, and their marks are as autocorrelated as real people's reactions. Nothing in MoviEmotion
was fitted to them.

The parts: `film` searches the whole film. `halves` divides the people into random halves and compares what
is found in them. `resonance` asks which value ranks the moments alike in both halves, and how alike they
could be ranked. `shifted` shifts each person in a circle by more than two minutes, so that every moment is
false. `stretches` lets six people see six different stretches of the film, so that every moment is false.
`script` compares the moments with scenes, shots and dialogue.

The same twelve people are in every split and every draw, so the intervals over splits and draws describe the
search on these people, not other people. Only the intervals over people do that.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.moments.detection import ALPHA, Moment, find_moments
from moviemotion.analysis.moments.evidence import COMPARABLE_SECONDS, MIN_REACTING_TIME
from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD
from moviemotion.analysis.signals.synchrony import synchrony_at
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.statistics import average_ranks, student_t_quantile, wilson_interval

Float64Array = NDArray[np.float64]

SEED = 13
DATA = Path(__file__).parents[2] / "shared/data/timelines/forrest"
FAR = 121
"""Smallest shift in seconds in which people are out of step for certain: more than two minutes."""
STRETCHES = 6
NEAR = 5.0
"""A moment starts with a scene if it starts at most this many seconds before or after the scene."""
MIN_SCENE = 3
"""Shorter scenes have no strongest emotion."""
LEAST_CORRELATION, LEAST_COVERED = 0.7, 0.93


@dataclass(frozen=True)
class Line:
    """A measurement, its target, and whether the target was met (None if there is no target)."""

    name: str
    measured: str
    bar: str = ""
    ok: bool | None = None


@dataclass(frozen=True)
class Bench:
    """The data, and the number of splits and draws."""

    data: Path
    splits: int
    draws: int

    @cached_property
    def strength(self) -> Float64Array:
        """(12, 7085, 7) marks, 0 or 1."""
        with np.load(self.data / "observers12.npz") as file:
            return np.asarray(file["strength"], dtype=np.float64)

    @cached_property
    def moments(self) -> tuple[Moment, ...]:
        return find_moments(self.strength, 0, SEED).moments

    def starts(self, name: str) -> Float64Array:
        """The column `start` of a table, in seconds."""
        with (self.data / name).open(encoding="utf-8", newline="") as file:
            return np.array([float(row["start"]) for row in csv.DictReader(file)])

    def scenes(self) -> list[tuple[int, int]]:
        """First second of each scene, and the second after its last one."""
        starts = self.starts("scenes.csv").astype(int)
        return list(zip(starts, [*starts[1:], self.strength.shape[1]], strict=True))


def film(bench: Bench) -> Iterator[Line]:
    """The whole film and all people: number and lengths of moments, their intervals, and speed."""
    started = time.perf_counter()
    moments = find_moments(bench.strength, 0, SEED).moments
    seconds = time.perf_counter() - started
    kinds = [one.kind for one in moments]
    yield Line(
        "moments in the whole film",
        f"{len(moments)}, of which moods {kinds.count('mood')} (12 people, {bench.strength.shape[1]} s)",
    )
    for kind in ("moment", "mood"):
        lengths = [one.end - one.start for one in moments if one.kind == kind]
        if lengths:
            middle, long, longest = np.quantile(lengths, [0.5, 0.9, 1])
            yield Line(
                f"length of a {kind}",
                f"median {middle:.0f} s, 90 % up to {long:.0f} s, longest {longest:.0f} s (n={len(lengths)})",
            )
    widths = np.array([np.subtract(*one.strength_interval[::-1]) for one in moments])
    known = widths[~np.isnan(widths)]
    yield Line(
        "width of the interval of strength",
        f"median {np.median(known):.2f}, widest {known.max():.2f} (n={len(known)} of {len(widths)} moments)",
    )
    spans = np.array([one.rank_interval[1] - one.rank_interval[0] + 1 for one in moments])
    yield Line("ranks in the interval of a rank", f"median {np.median(spans):.0f} of {len(moments)}")
    yield Line("time to search two hours", f"{seconds:.1f} s")


@dataclass(frozen=True)
class _Half:
    """What one half of the people says about the moments of all: (M,) each."""

    found: tuple[Moment, ...]
    resonance: Float64Array
    again: NDArray[np.bool_]


def halves(bench: Bench) -> Iterator[Line]:
    """Random halves: replication, agreement in time, rank correlation, and the intervals of strength."""
    rng = np.random.default_rng([SEED, 1])
    people = len(bench.strength)
    replicated, overlap, counts = [], [], []
    plain, both_found, regression, inside = [], [], [], []
    for _ in range(bench.splits):
        order = rng.permutation(people)
        first, second = (_half(bench, who) for who in np.split(order, 2))
        for own, other in ((first, second), (second, first)):
            counts.append(len(own.found))
            if own.found:
                replicated.append(np.mean([_has_match(one, other.found) for one in own.found]))
        overlap.append(_jaccard(first.found, second.found, bench.strength.shape[1]))
        plain.append(_spearman(first.resonance, second.resonance))
        again = first.again & second.again
        both_found.append(_spearman(first.resonance[again], second.resonance[again]))
        for who, other, own in ((order[:6], order[6:], first), (order[6:], order[:6], second)):
            for one in own.found:
                shrinkage, covered = _in_other_half(bench.strength, one, who, other)
                regression.append(shrinkage)
                inside.append(covered)
    n = f"{bench.splits} splits"
    yield Line("moments found in a half of six", f"{_spread(counts)} ({n})")
    yield Line("share of a half's moments that the other half has", f"{_spread(replicated)} ({n})")
    yield Line("agreement of the halves in time (Jaccard)", f"{_spread(overlap)} ({n})")
    median = float(np.nanmedian(plain))
    yield Line(
        f"rank correlation of resonance between halves, {len(bench.moments)} moments of all people",
        f"{_spread(plain)} ({n})",
        f"≥ {LEAST_CORRELATION}",
        median >= LEAST_CORRELATION,
    )
    replicating = [one for one in both_found if not np.isnan(one)]
    if replicating:
        yield Line(
            "the same for the moments that both halves find, if three or more",
            f"{_spread(replicating)} ({len(replicating)} of {n})",
            f"≥ {LEAST_CORRELATION}",
            float(np.median(replicating)) >= LEAST_CORRELATION,
        )
    else:
        yield Line("the same for the moments that both halves find", f"never three of them ({n})")
    yield Line(
        "strength of a half's moments minus that of the other half at the same place",
        f"{np.mean(regression):+.3f} (n={len(regression)} moments)",
    )
    known = np.array([one for one in inside if one is not None])
    low, high = (float(x) for x in wilson_interval(known.sum(), len(known)))
    yield Line(
        "mean of the other half within the interval of strength, widened by its own error",
        f"{known.mean():.1%} ({low:.1%}–{high:.1%}, n={len(known)} moments; "
        f"{len(inside) - len(known)} without an interval)",
        f"≥ {LEAST_COVERED:.0%}",
        bool(known.mean() >= LEAST_COVERED),
    )


def _half(bench: Bench, who: NDArray[np.int64]) -> _Half:
    strength = bench.strength[who]
    found = find_moments(strength, 0, SEED).moments
    again = np.array([_has_match(one, found) for one in bench.moments])
    return _Half(found, _candidate_values(strength, bench.moments)["strength × share"], again)


def resonance(bench: Bench) -> Iterator[Line]:
    """Which value ranks the moments alike in both halves, and how alike they could be ranked."""
    rng = np.random.default_rng([SEED, 1])
    scenes = [span for span in bench.scenes() if span[1] - span[0] >= MIN_SCENE]
    found: dict[str, list[float]] = {}
    everywhere = []
    for _ in range(bench.splits):
        halves = [bench.strength[who] for who in np.split(rng.permutation(len(bench.strength)), 2)]
        one, other = (_candidate_values(half, bench.moments) for half in halves)
        for name, values in one.items():
            found.setdefault(name, []).append(_spearman(values, other[name]))
        everywhere.append(_spearman(*(_scene_resonance(half, scenes) for half in halves)))
    n = f"{len(bench.moments)} moments, {bench.splits} splits"
    for name, correlations in found.items():
        yield Line(f"rank correlation of the moments by {name}", f"{_spread(correlations)} ({n})")
    levels = np.stack([_strength_and_share(bench.strength, one)[0] for one in bench.moments])
    error = levels.var(axis=1, ddof=1).mean()
    true = max(float(levels.mean(axis=1).var(ddof=1) - error / levels.shape[1]), 0.0)
    highest = true / (true + error / 6)
    yield Line(
        "strength of the moments: true differences and the error of a half of six",
        f"standard deviations {np.sqrt(true):.3f} and {np.sqrt(error / 6):.3f}, "
        f"so halves correlate {highest:.2f}",
    )
    yield Line(
        "rank correlation of all scenes and emotions by strength × share",
        f"{_spread(everywhere)} ({len(scenes)} scenes, {bench.splits} splits)",
        f"≥ {LEAST_CORRELATION}",
        float(np.median(everywhere)) >= LEAST_CORRELATION,
    )


def _scene_resonance(strength: Float64Array, scenes: Sequence[tuple[int, int]]) -> Float64Array:
    """Strength × share of each scene and each emotion that anybody marked anywhere."""
    marked = strength.any(axis=(0, 1))
    during = [strength[:, start:stop, marked] for start, stop in scenes]
    level = np.stack([one.mean(axis=(0, 1)) for one in during])
    reacting = [(one >= REACTION_THRESHOLD).mean(axis=1) >= MIN_REACTING_TIME for one in during]
    return np.asarray(level * np.stack([one.mean(axis=0) for one in reacting])).ravel()


def _candidate_values(strength: Float64Array, moments: Sequence[Moment]) -> dict[str, Float64Array]:
    """Values by which moments could be ranked, (M,) each."""
    values: dict[str, list[float]] = {}
    for one in moments:
        level, share = _strength_and_share(strength, one)
        start, stop = int(one.start), int(one.end)
        curves = strength[:, :, NON_NEUTRAL_EMOTIONS.index(one.emotion)]
        before = curves[:, max(start - COMPARABLE_SECONDS, 0) : max(start - 3, 0)]
        around = np.concatenate([before, curves[:, stop + 3 : stop + COMPARABLE_SECONDS]], axis=1)
        synchrony = max(float(np.nan_to_num(synchrony_at(strength, int(one.peak)).value)), 0.0)
        for name, value in (
            ("strength × share", level.mean() * share),
            ("strength × share × synchrony", level.mean() * share * synchrony),
            ("strength", level.mean()),
            ("strength above the comparable seconds around", level.mean() - around.mean()),
        ):
            values.setdefault(name, []).append(float(value))
    return {name: np.array(column) for name, column in values.items()}


def _strength_and_share(strength: Float64Array, moment: Moment) -> tuple[Float64Array, float]:
    """Each person's mean strength during a moment, and the share who reacted, as the search defines it."""
    span = slice(int(moment.start), int(moment.end))
    during = strength[:, span, NON_NEUTRAL_EMOTIONS.index(moment.emotion)]
    reacting = (during >= REACTION_THRESHOLD).mean(axis=1) >= MIN_REACTING_TIME
    return during.mean(axis=1), float(reacting.mean())


def _has_match(moment: Moment, others: Sequence[Moment]) -> bool:
    return any(
        moment.emotion is other.emotion and moment.start < other.end and other.start < moment.end
        for other in others
    )


def _jaccard(first: Sequence[Moment], second: Sequence[Moment], seconds: int) -> float:
    masks = np.zeros((2, seconds, len(NON_NEUTRAL_EMOTIONS)), dtype=bool)
    for mask, moments in zip(masks, (first, second), strict=True):
        for one in moments:
            mask[int(one.start) : int(one.end), NON_NEUTRAL_EMOTIONS.index(one.emotion)] = True
    union = (masks[0] | masks[1]).sum()
    return float((masks[0] & masks[1]).sum() / union) if union else float("nan")


def _in_other_half(
    strength: Float64Array, moment: Moment, who: NDArray[np.int64], others: NDArray[np.int64]
) -> tuple[float, bool | None]:
    """Strength of a moment minus that of the other half, and whether the latter was to be expected.

    It was if it lies within the moment's interval, widened by the error of the other half's mean (squares of
    the half-widths are added, as for the difference of two means).
    """
    own, _ = _strength_and_share(strength[who], moment)
    other, _ = _strength_and_share(strength[others], moment)
    difference = float(own.mean() - other.mean())
    low, high = moment.strength_interval
    if np.isnan(low):
        return difference, None
    error = float(student_t_quantile(len(other) - 1)) * float(other.std(ddof=1)) / np.sqrt(len(other))
    below, above = np.hypot(own.mean() - low, error), np.hypot(high - own.mean(), error)
    return difference, bool(-above <= difference <= below)


def shifted(bench: Bench) -> Iterator[Line]:
    """Each person shifted in a circle by a random offset of more than two minutes."""
    rng = np.random.default_rng([SEED, 2])
    people, seconds = bench.strength.shape[:2]
    found = []
    for draw in range(bench.draws):
        offsets = _far_offsets(people, seconds, rng)
        moved = [np.roll(one, offset, axis=0) for one, offset in zip(bench.strength, offsets, strict=True)]
        found.append(find_moments(np.stack(moved), 0, SEED + draw).moments)
    yield _false_moments(f"{people} people out of step", found)


def _far_offsets(people: int, seconds: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw offsets of which each two differ by at least `FAR` seconds in either direction."""
    slack = rng.permutation(seconds - people * FAR)[:people]
    return np.asarray(rng.permutation(np.sort(slack) + FAR * np.arange(people)), dtype=np.int64)


def stretches(bench: Bench) -> Iterator[Line]:
    """Six people who each see another sixth of the film."""
    rng = np.random.default_rng([SEED, 3])
    people, seconds = bench.strength.shape[:2]
    length = seconds // STRETCHES
    found = []
    for draw in range(3 * bench.draws):
        first = int(rng.integers(seconds))
        film = np.roll(bench.strength, -first, axis=1)
        who = rng.permutation(people)[:STRETCHES]
        room = [film[person, k * length : (k + 1) * length] for k, person in enumerate(who)]
        found.append(find_moments(np.stack(room), 0, SEED + draw).moments)
    yield _false_moments(f"six people, six films of {length} s", found)


def _false_moments(name: str, found: Sequence[tuple[Moment, ...]]) -> Line:
    rooms = sum(bool(moments) for moments in found)
    low, high = (float(x) for x in wilson_interval(rooms, len(found)))
    kinds = [one.kind for moments in found for one in moments]
    return Line(
        f"false moments: {name}",
        f"{rooms} of {len(found)} = {rooms / len(found):.1%} ({low:.1%}–{high:.1%}); "
        f"moments {kinds.count('moment')}, moods {kinds.count('mood')}",
        f"≤ {ALPHA:.0%}",
        rooms / len(found) <= ALPHA,
    )


def script(bench: Bench) -> Iterator[Line]:
    """Moments against the film's scenes, shots and dialogue, compared with moments shifted in a circle."""
    seconds = bench.strength.shape[1]
    starts = np.array([one.start for one in bench.moments])
    ends = np.array([one.end for one in bench.moments])
    edges = {"scene": bench.starts("scenes.csv"), "shot": bench.starts("shots.csv")}
    edges["line of dialogue"] = bench.starts("english_dialog.csv")
    for name, at in edges.items():
        # Seconds whose distance to the nearest edge is at most NEAR.
        near = (np.abs(np.arange(seconds)[:, None] - at) <= NEAR).any(axis=1)
        for which, times in (("start", starts), ("end", ends)):
            columns = np.minimum(times.astype(int), seconds - 1)
            by_shift = np.array([np.roll(near, shift)[columns].mean() for shift in range(seconds)])
            observed = float(by_shift[0])
            # Shifts of less than two minutes are left out: they still are partly in step.
            null = by_shift[FAR : seconds - FAR]
            p = (1 + (null >= observed).sum()) / (1 + len(null))
            low, high = (float(x) for x in wilson_interval(round(observed * len(times)), len(times)))
            yield Line(
                f"moments that {which} within {NEAR:g} s of the start of a {name}",
                f"{observed:.0%} ({low:.0%}–{high:.0%}, n={len(times)}); "
                f"shifted in a circle {null.mean():.0%}, p = {p:.3f}",
            )
    yield from _scene_lines(bench)


def _scene_lines(bench: Bench) -> Iterator[Line]:
    """Whether a scene's strongest emotion is the same in both halves of the people."""
    bounds = [span for span in bench.scenes() if span[1] - span[0] >= MIN_SCENE]
    means = np.stack([bench.strength[:, a:b].mean(axis=1) for a, b in bounds])
    rng = np.random.default_rng([SEED, 4])
    agree, chance = [], []
    for _ in range(bench.splits):
        one, other = (means[:, who].mean(axis=1) for who in np.split(rng.permutation(means.shape[1]), 2))
        # Scenes in which one of the halves marked hardly anything have no strongest emotion.
        clear = np.minimum(one.max(axis=1), other.max(axis=1)) >= REACTION_THRESHOLD / 2
        strongest, others = one[clear].argmax(axis=1), other[clear].argmax(axis=1)
        agree.append((strongest == others).mean())
        chance.append((strongest[:, None] == others[None, :]).mean())
    yield Line(
        "scenes whose strongest emotion is the same in both halves",
        f"{_spread(agree)}, of two random scenes {np.mean(chance):.0%} ({bench.splits} splits)",
    )


def _spearman(x: Float64Array, y: Float64Array) -> float:
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(np.corrcoef(average_ranks(x), average_ranks(y))[0, 1])


def _spread(values: Sequence[float]) -> str:
    """Median and the range of 95 % of the values."""
    low, middle, high = np.nanpercentile(values, [2.5, 50, 97.5])
    return f"median {middle:.2f} (95 % of them {low:.2f} to {high:.2f})"


PARTS: dict[str, Callable[[Bench], Iterator[Line]]] = {
    "film": film,
    "halves": halves,
    "resonance": resonance,
    "shifted": shifted,
    "stretches": stretches,
    "script": script,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA, help="folder with observers12.npz and its tables")
    parser.add_argument("--splits", type=int, default=50, help="number of random halves")
    parser.add_argument("--draws", type=int, default=100, help="number of audiences out of step")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    arguments = parser.parse_args()
    if not (arguments.data / "observers12.npz").exists():
        print(f"real people: skipped, {arguments.data / 'observers12.npz'} is missing")
        return
    bench = Bench(arguments.data, arguments.splits, arguments.draws)
    met = True
    for name in arguments.only:
        for line in PARTS[name](bench):
            verdict = "" if line.ok is None else f" [{line.bar}: {'met' if line.ok else 'MISSED'}]"
            print(f"{line.name}: {line.measured}{verdict}", flush=True)
            met &= line.ok is not False
    sys.exit(not met)


if __name__ == "__main__":
    main()
