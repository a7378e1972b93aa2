"""Is a moment a moment? The statistics against simulated audiences whose feelings are known.

    python benchmarks/validity.py                                  # all parts: some minutes on 2 cores
    python benchmarks/validity.py --only false planted --runs 100
    python benchmarks/validity.py --only power --picture docs/power.png     # needs matplotlib

Every audience is a crowd of `moviemotion.simulation.synthetic_samples`: noise that lingers, blinks, resting
misses, delays, contagion, absences. Ends with 1 where a bar is short. A bar of coverage, 93–97 %, is for all
figures of its kind together; the lines below it say where it is more and where less.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # a process a core; read when numpy is loaded

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.moments.detection import ALPHA, Moment, find_moments
from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD, compute_audience_curve
from moviemotion.analysis.signals.baseline import estimate_baseline, strength_above_baseline
from moviemotion.analysis.signals.reaction_delay import estimate_reaction_delay, estimate_relative_delay
from moviemotion.analysis.signals.synchrony import synchrony_at
from moviemotion.analysis.signals.timeline import Timeline, build_timeline
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.simulation.synthetic_audience import EmotionEvent, EmotionSchedule
from moviemotion.simulation.synthetic_samples import SAMPLE_RATE, simulate_screening, simulate_viewer
from moviemotion.statistics import mean_interval, wilson_interval

Float64Array = NDArray[np.float64]

SEED = 36
PLANTED = (Emotion.HAPPY, Emotion.SURPRISE, Emotion.SAD)
VIEWERS, FILM = 24, 600
LATEST = 3.0
"""Seconds after a beat's end in which a moment still belongs to it: people react late."""
LEAST_F1, MOST_SECONDS = 0.9, 2.0
LEAST_COVERED, MOST_COVERED = 0.93, 0.97
POPULATION = 3000
"""Viewers from whom the audiences of the coverage are drawn: their mean is the truth."""
POWER_VIEWERS = (5, 8, 12, 24, 50, 100, 200)
POWER_STRENGTHS = (0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
POWER_FILM = 120


@dataclass(frozen=True)
class Line:
    """What was measured, the bar, and whether it is kept (None: no verdict)."""

    name: str
    measured: str
    bar: str = "–"
    ok: bool | None = None


def watched(script: EmotionSchedule, viewers: int, seconds: int, seed: int, contagion: float | None = None):
    """The crowd's timeline, its strength, and each viewer's true delay."""
    crowd = simulate_screening(script, viewers, seconds, seed, *([] if contagion is None else [contagion]))
    seen = [simulate_viewer(crowd, viewer) for viewer in range(viewers)]
    timeline = build_timeline((one.reading for one in seen), seconds - 1 / SAMPLE_RATE)
    delays = np.array([one.reaction_profile.delay for one in seen])
    return timeline, strength_above_baseline(timeline, estimate_baseline(timeline)), delays


def search(timeline: Timeline, of_viewers: Float64Array, seed: int) -> tuple[Moment, ...]:
    return find_moments(of_viewers, compute_audience_curve(timeline, of_viewers), seed).moments


def counted(hits: int, of: int) -> str:
    low, high = (float(x) for x in wilson_interval(hits, of))
    return f"{hits} of {of} = {hits / of:.1%} (95 % {low:.1%} to {high:.1%})"


# --- No shared feeling --------------------------------------------------------------------------------


def false_moment(seed: int, viewers: int) -> bool:
    timeline, of_viewers, _ = watched(EmotionSchedule(()), viewers, FILM // 2, seed, contagion=0.0)
    return bool(search(timeline, of_viewers, seed))


def false_moments(pool: ProcessPoolExecutor, runs: int) -> Iterator[Line]:
    """Everybody feels something of their own about once a minute, nothing together."""
    for viewers in (8, VIEWERS):
        found = sum(pool.map(partial(false_moment, viewers=viewers), range(SEED, SEED + runs), chunksize=5))
        name = f"screenings with a false moment, {viewers} viewers"
        yield Line(name, counted(found, runs), f"≤ {ALPHA:.0%}", found / runs <= ALPHA)


# --- Planted moments ----------------------------------------------------------------------------------


def planted_script(rng: np.random.Generator) -> EmotionSchedule:
    """Seven beats of 4 to 12 seconds, at least twenty apart, of half strength or more."""
    beats, start = [], 20.0
    while start < FILM - 60:
        lasts = float(rng.uniform(4, 12))
        emotion = PLANTED[int(rng.integers(len(PLANTED)))]
        beats.append(EmotionEvent(start, start + lasts, emotion, float(rng.uniform(0.5, 1.0))))
        start += lasts + float(rng.uniform(20, 120))
    return EmotionSchedule(tuple(beats))


@dataclass(frozen=True)
class Found:
    """One screening: beats found, beats missed, false moments, errors of the boundaries and the delays."""

    found: int
    missed: int
    false: int
    starts: tuple[float, ...]
    ends: tuple[float, ...]
    correlation: float
    late: float


def find_planted(seed: int) -> Found:
    script = planted_script(np.random.default_rng([seed, 0]))
    timeline, of_viewers, delays = watched(script, VIEWERS, FILM, seed)
    moments = list(search(timeline, of_viewers, seed))
    starts, ends, missed = [], [], 0
    for beat in script.events:
        own = [
            m
            for m in moments
            if m.emotion is beat.emotion and m.start < beat.end + LATEST and m.end > beat.start
        ]
        if not own:
            missed += 1
            continue
        best = min(own, key=lambda m: abs(m.start - beat.start) + abs(m.end - beat.end))
        moments.remove(best)
        starts.append(best.start - beat.start)
        ends.append(best.end - beat.end)
    behind = estimate_relative_delay(of_viewers, seed).viewer_delays
    known = ~np.isnan(behind)
    correlation = float(np.corrcoef(behind[known], delays[known])[0, 1]) if known.sum() > 2 else np.nan
    late = estimate_reaction_delay(of_viewers, 0, [beat.start for beat in script.events], seed)
    return Found(
        len(starts),
        missed,
        len(moments),
        tuple(starts),
        tuple(ends),
        correlation,
        late.seconds - float(np.median(delays)),
    )


def planted_moments(pool: ProcessPoolExecutor, runs: int) -> Iterator[Line]:
    rooms = list(pool.map(find_planted, range(SEED, SEED + runs), chunksize=5))
    found, missed, false = (sum(getattr(r, k) for r in rooms) for k in ("found", "missed", "false"))
    f1 = 2 * found / (2 * found + missed + false)
    beats = f"{found} found, {missed} missed, {false} false in {runs} screenings"
    name = f"planted moments, {VIEWERS} viewers: F1"
    yield Line(name, f"{f1:.3f} ({beats})", f"≥ {LEAST_F1}", f1 >= LEAST_F1)
    for name in ("starts", "ends"):
        errors = np.array([error for room in rooms for error in getattr(room, name)])
        off, most = np.quantile(np.abs(errors), [0.5, 0.9])
        text = f"{off:.2f} s at the median (signed {np.median(errors):+.2f} s; 90 % within {most:.1f} s)"
        yield Line(f"planted moments: {name} off by", text, f"≤ {MOST_SECONDS:g} s", off <= MOST_SECONDS)
    correlations = np.array([r.correlation for r in rooms])
    low, middle, high = np.nanpercentile(correlations, [2.5, 50, 97.5])
    text = f"{middle:.2f} (95 % of rooms {low:.2f} to {high:.2f})"
    yield Line("delay: viewers' relative delays with the truth, r", text)
    low, middle, high = np.nanpercentile([r.late for r in rooms], [2.5, 50, 97.5])
    yield Line(
        "delay: after known events, less the median viewer's",
        f"{middle:+.2f} s (95 % of rooms {low:+.2f} to {high:+.2f})",
    )


# --- Intervals ----------------------------------------------------------------------------------------

COVERED_FILM = EmotionSchedule(
    (
        EmotionEvent(20, 26, Emotion.HAPPY, 1.0),
        EmotionEvent(55, 62, Emotion.SAD, 0.7),
        EmotionEvent(90, 95, Emotion.SURPRISE, 0.9),
        EmotionEvent(125, 130, Emotion.HAPPY, 0.45),
    )
)
COVERED_SECONDS = 160
AT_PEAK = ((23, Emotion.HAPPY), (59, Emotion.SAD), (93, Emotion.SURPRISE), (128, Emotion.HAPPY))
CALM_AT = (10, 42, 75, 110, 148)


def population() -> tuple[Timeline, Float64Array]:
    crowd = simulate_screening(COVERED_FILM, POPULATION, COVERED_SECONDS, SEED)
    timeline = build_timeline(
        (simulate_viewer(crowd, v).reading for v in range(POPULATION)), COVERED_SECONDS - 1 / SAMPLE_RATE
    )
    return timeline, strength_above_baseline(timeline, estimate_baseline(timeline))


def covered(low: Float64Array, high: Float64Array, truth: Float64Array) -> Float64Array:
    return ((low <= truth) & (truth <= high)).astype(float)


def intervals(pool: ProcessPoolExecutor, runs: int) -> Iterator[Line]:
    timeline, everyone = population()
    for viewers in (8, VIEWERS, 100):
        draw = partial(cover, timeline=timeline, everyone=everyone, viewers=viewers)
        yield from _coverage(draw, viewers, runs, everyone)


def drawn(
    timeline: Timeline, everyone: Float64Array, viewers: int, rng: np.random.Generator
) -> tuple[Timeline, Float64Array]:
    who = rng.integers(0, POPULATION, viewers)
    weight = None if timeline.weight is None else timeline.weight[who]
    names = tuple(map(str, range(viewers)))
    return Timeline(names, 0, timeline.probabilities[who], timeline.sample_counts[who], weight), everyone[who]


def cover(
    rng: np.random.Generator, timeline: Timeline, everyone: Float64Array, viewers: int
) -> dict[str, Float64Array]:
    own, of_viewers = drawn(timeline, everyone, viewers, rng)
    room = compute_audience_curve(own, of_viewers)
    in_step = {at: synchrony_at(of_viewers, at) for at in (*(at for at, _ in AT_PEAK), *CALM_AT)}
    pooled = float(np.mean([in_step[at].variance for at, _ in AT_PEAK]))
    least = [pooled if at in dict(AT_PEAK) else 0.0 for at in in_step]
    _, student_low, student_high = mean_interval(of_viewers)
    indices = rng.integers(0, viewers, (200, viewers))
    sample = of_viewers[:, [at for at, _ in AT_PEAK] + list(CALM_AT)]
    resampled = np.nanmean(sample[indices], axis=1)
    return {
        "mean": np.stack(room.strength_interval),
        "overall": np.stack(room.overall_strength_interval),
        "share": np.stack(room.reacting_share_interval),
        "student": np.stack([student_low, student_high]),
        "bootstrap": np.percentile(resampled, [2.5, 97.5], axis=0),
        "synchrony": np.array([one.interval(v) for one, v in zip(in_step.values(), least, strict=True)]).T,
        "value": np.array([one.value for one in in_step.values()]),
    }


def _coverage(
    draw: Callable[[np.random.Generator], dict[str, Float64Array]],
    viewers: int,
    runs: int,
    everyone: Float64Array,
) -> Iterator[Line]:
    rng = np.random.default_rng([SEED, viewers])
    rooms = [draw(rng) for _ in range(runs)]
    top = np.where(np.isnan(everyone[:, :, 0]), np.nan, np.nan_to_num(everyone).max(axis=2))
    reacts = np.where(np.isnan(top), np.nan, top >= REACTION_THRESHOLD)
    truth = {
        "mean": np.nanmean(everyone, axis=0),
        "overall": np.nanmean(top, axis=0),
        "share": np.nanmean(reacts, axis=0),
    }
    at = [at for at, _ in AT_PEAK] + list(CALM_AT)
    truth |= {
        "student": truth["mean"],
        "bootstrap": truth["mean"][at],
        "synchrony": np.mean([room["value"] for room in rooms], axis=0),
    }
    hits = {
        name: np.mean([covered(*room[name], true) for room in rooms], axis=0) for name, true in truth.items()
    }
    planted = np.zeros_like(truth["mean"], dtype=bool)
    for second, emotion in AT_PEAK:
        planted[second - 1 : second + 2, NON_NEUTRAL_EMOTIONS.index(emotion)] = True
    felt = planted.any(axis=1)
    n = f"{viewers} viewers, {runs} rooms"
    for name, where in (
        ("mean", planted),
        ("overall", felt),
        ("share", felt),
        ("synchrony", np.arange(len(at)) < len(AT_PEAK)),
    ):
        both = (hits[name][where].mean(), hits[name][~where].mean())
        middle = float(np.mean(both))
        ok = LEAST_COVERED <= middle <= MOST_COVERED
        yield Line(
            f"interval of {name} holds the truth ({n})",
            f"{middle:.1%} (felt seconds {both[0]:.1%}, calm ones {both[1]:.1%})",
            f"{LEAST_COVERED:.0%}–{MOST_COVERED:.0%}",
            bool(ok),
        )
    for name, where in (("student", planted), ("bootstrap", planted[at])):
        yield Line(
            f"for comparison, the mean's by {name} ({n})",
            f"felt {hits[name][where].mean():.1%}, calm {hits[name][~where].mean():.1%}",
        )


# --- Power --------------------------------------------------------------------------------------------


def power_of(intensity: float, runs: int) -> dict[int, int]:
    """Viewers → how many of the runs found a beat of six seconds of this intensity."""
    beat = EmotionEvent(60, 66, Emotion.HAPPY, intensity)
    everyone = max(POWER_VIEWERS) * 4
    timeline, of_viewers, _ = watched(EmotionSchedule((beat,)), everyone, POWER_FILM, round(1000 * intensity))
    rng = np.random.default_rng([SEED, round(1000 * intensity)])
    found = dict.fromkeys(POWER_VIEWERS, 0)
    for viewers in POWER_VIEWERS:
        for run in range(runs):
            who = rng.choice(everyone, viewers, replace=False)
            room = Timeline(tuple(map(str, who)), 0, timeline.probabilities[who], timeline.sample_counts[who])
            moments = search(room, of_viewers[who], run)
            found[viewers] += any(m.start < beat.end + LATEST and m.end > beat.start for m in moments)
    return found


def power(pool: ProcessPoolExecutor, runs: int, picture: Path) -> Iterator[Line]:
    rows = dict(
        zip(POWER_STRENGTHS, pool.map(power_of, POWER_STRENGTHS, [runs] * len(POWER_STRENGTHS)), strict=True)
    )
    for intensity, found in rows.items():
        cells = ", ".join(f"{viewers} viewers {hits / runs:.0%}" for viewers, hits in found.items())
        yield Line(f"power, a beat of intensity {intensity:g} ({runs} rooms each)", cells)
    draw(rows, runs, picture)
    yield Line("power, as a picture", str(picture))


def draw(rows: dict[float, dict[int, int]], runs: int, picture: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    colours = plt.get_cmap("viridis")(np.linspace(0.9, 0.0, len(rows)))
    for (intensity, found), colour in zip(rows.items(), colours, strict=True):
        hits = np.array([found[v] for v in POWER_VIEWERS])
        low, high = wilson_interval(hits, runs)
        axes.fill_between(POWER_VIEWERS, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.plot(POWER_VIEWERS, hits / runs, "o-", color=colour, label=f"{intensity:g}", markersize=4)
    axes.axhline(0.8, color="grey", linewidth=0.8, linestyle=":")
    axes.set_xscale("log", base=2)
    axes.set_xticks(POWER_VIEWERS, [str(v) for v in POWER_VIEWERS])
    axes.minorticks_off()
    axes.set(xlabel="viewers", ylabel="moment found", ylim=(-0.02, 1.02))
    axes.yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1.0))
    lines = axes.get_lines()[len(rows) - 1 :: -1]  # in the order of the curves, the strongest on top
    axes.legend(
        handles=lines, title="intensity felt", frameon=False, loc="center left", bbox_to_anchor=(1, 0.5)
    )
    axes.set_title(
        f"How often a shared feeling of six seconds is found, by viewers\n"
        f"({runs} simulated rooms a point; bands are 95 % intervals)",
        fontsize=11,
        loc="left",
    )
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, dpi=150)
    plt.close(figure)


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = ("false", "planted", "intervals", "power")
    options.add_argument("--only", nargs="+", choices=parts, default=parts)
    options.add_argument("--runs", type=int, default=500)
    options.add_argument("--power-runs", type=int, default=100)
    options.add_argument("--picture", type=Path, default=Path("docs/power.png"))
    asked = options.parse_args()
    if "power" in asked.only and find_spec("matplotlib") is None:
        options.error(
            "the picture of power needs matplotlib: pip install 'moviemotion[lab]', or leave power out"
        )
    short = False
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        measured: dict[str, Callable[[], Iterator[Line]]] = {
            "false": partial(false_moments, pool, asked.runs),
            "planted": partial(planted_moments, pool, asked.runs),
            "intervals": partial(intervals, pool, asked.runs),
            "power": partial(power, pool, asked.power_runs, asked.picture),
        }
        for part in asked.only:
            for line in measured[part]():
                verdict = {True: "pass", False: "SHORT", None: "–"}[line.ok]
                print(f"{line.name}: {line.measured}   bar {line.bar}: {verdict}", flush=True)
                short |= line.ok is False
    return int(short)


if __name__ == "__main__":
    sys.exit(main())
