"""Measure the validity of the moment search and of the intervals, on audiences with known emotions.

    python benchmarks/validity.py                                  # all parts: several minutes on 2 cores
    python benchmarks/validity.py --only false planted --runs 100
    python benchmarks/validity.py --only power --picture docs/power.png     # needs matplotlib

Every audience is simulated by `moviemotion.simulation.synthetic_samples`, with autocorrelated noise, blinks,
expressive resting faces, delays, contagion and absences. The exit status is 1 if a target is missed. The
target for coverage, 93 to 97 %, applies to the mean of the coverage in seconds with an event and in calm
seconds; both values are printed with it.
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

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one process per core; read when NumPy is loaded

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.moments.detection import ALPHA, Moment, find_moments
from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD, compute_audience_curve
from moviemotion.analysis.signals.baseline import estimate_baseline, strength_above_baseline
from moviemotion.analysis.signals.reaction_delay import estimate_reaction_delay, estimate_relative_delay
from moviemotion.analysis.signals.synchrony import pooled_variance, synchrony_at
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
"""Seconds after the end of an event in which a moment is still assigned to it, because people react late."""
LEAST_F1, MOST_SECONDS = 0.9, 2.0
LEAST_COVERED, MOST_COVERED = 0.93, 0.97
POPULATION = 3000
"""Size of the population from which audiences are drawn to measure coverage; its mean is the true value."""
POWER_VIEWERS = (5, 8, 12, 24, 50, 100, 200)
POWER_STRENGTHS = (0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
POWER_FILM = 120


@dataclass(frozen=True)
class Line:
    """A measurement, its target, and whether the target was met (None if there is no target)."""

    name: str
    measured: str
    bar: str = "–"
    ok: bool | None = None


def simulate(script: EmotionSchedule, viewers: int, seconds: int, seed: int, contagion: float | None = None):
    """Simulate an audience; return its timeline, its strength, and the true delay of each viewer."""
    audience = simulate_screening(script, viewers, seconds, seed, *([] if contagion is None else [contagion]))
    seen = [simulate_viewer(audience, viewer) for viewer in range(viewers)]
    timeline = build_timeline((one.reading for one in seen), seconds - 1 / SAMPLE_RATE)
    delays = np.array([one.reaction_profile.delay for one in seen])
    return timeline, strength_above_baseline(timeline, estimate_baseline(timeline)), delays


def search(timeline: Timeline, strength: Float64Array, seed: int) -> tuple[Moment, ...]:
    return find_moments(strength, timeline.start, seed).moments


def share_text(hits: int, of: int) -> str:
    low, high = (float(x) for x in wilson_interval(hits, of))
    return f"{hits} of {of} = {hits / of:.1%} (95 % {low:.1%} to {high:.1%})"


# --- No shared emotion --------------------------------------------------------------------------------


def false_moment(seed: int, viewers: int) -> bool:
    timeline, strength, _ = simulate(EmotionSchedule(()), viewers, FILM // 2, seed, contagion=0.0)
    return bool(search(timeline, strength, seed))


def false_moments(pool: ProcessPoolExecutor, runs: int) -> Iterator[Line]:
    """Measure how often a moment is found if each viewer reacts alone, about once a minute."""
    for viewers in (8, VIEWERS):
        found = sum(pool.map(partial(false_moment, viewers=viewers), range(SEED, SEED + runs), chunksize=5))
        name = f"screenings with a false moment, {viewers} viewers"
        yield Line(name, share_text(found, runs), f"≤ {ALPHA:.0%}", found / runs <= ALPHA)


# --- Planted moments ----------------------------------------------------------------------------------


def planted_script(rng: np.random.Generator) -> EmotionSchedule:
    """Draw about seven events of 4 to 12 s, at least 20 s apart, with an intensity of 0.5 or more."""
    events, start = [], 20.0
    while start < FILM - 60:
        lasts = float(rng.uniform(4, 12))
        emotion = PLANTED[int(rng.integers(len(PLANTED)))]
        events.append(EmotionEvent(start, start + lasts, emotion, float(rng.uniform(0.5, 1.0))))
        start += lasts + float(rng.uniform(20, 120))
    return EmotionSchedule(tuple(events))


@dataclass(frozen=True)
class Found:
    """The result for one screening: events found and missed, false moments, boundary and delay errors."""

    found: int
    missed: int
    false: int
    starts: tuple[float, ...]
    ends: tuple[float, ...]
    correlation: float
    late: float


def find_planted(seed: int) -> Found:
    script = planted_script(np.random.default_rng([seed, 0]))
    timeline, strength, delays = simulate(script, VIEWERS, FILM, seed)
    moments = list(search(timeline, strength, seed))
    starts, ends, missed = [], [], 0
    for event in script.events:
        own = [
            m
            for m in moments
            if m.emotion is event.emotion and m.start < event.end + LATEST and m.end > event.start
        ]
        if not own:
            missed += 1
            continue
        best = min(own, key=lambda m: abs(m.start - event.start) + abs(m.end - event.end))
        moments.remove(best)
        starts.append(best.start - event.start)
        ends.append(best.end - event.end)
    relative = estimate_relative_delay(strength, seed).viewer_delays
    known = ~np.isnan(relative)
    correlation = float(np.corrcoef(relative[known], delays[known])[0, 1]) if known.sum() > 2 else np.nan
    late = estimate_reaction_delay(strength, 0, [event.start for event in script.events], seed)
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
    results = list(pool.map(find_planted, range(SEED, SEED + runs), chunksize=5))
    found, missed, false = (sum(getattr(r, k) for r in results) for k in ("found", "missed", "false"))
    f1 = 2 * found / (2 * found + missed + false)
    counts = f"{found} found, {missed} missed, {false} false in {runs} screenings"
    name = f"planted moments, {VIEWERS} viewers: F1"
    yield Line(name, f"{f1:.3f} ({counts})", f"≥ {LEAST_F1}", f1 >= LEAST_F1)
    for name in ("starts", "ends"):
        errors = np.array([error for result in results for error in getattr(result, name)])
        off, most = np.quantile(np.abs(errors), [0.5, 0.9])
        text = f"median {off:.2f} s (signed {np.median(errors):+.2f} s; 90 % within {most:.1f} s)"
        yield Line(f"planted moments: error of {name}", text, f"≤ {MOST_SECONDS:g} s", off <= MOST_SECONDS)
    correlations = np.array([r.correlation for r in results])
    low, middle, high = np.nanpercentile(correlations, [2.5, 50, 97.5])
    text = f"{middle:.2f} (95 % of audiences {low:.2f} to {high:.2f})"
    yield Line("delay: correlation of relative delays with the true ones", text)
    low, middle, high = np.nanpercentile([r.late for r in results], [2.5, 50, 97.5])
    yield Line(
        "delay: estimate after known events minus the true median",
        f"{middle:+.2f} s (95 % of audiences {low:+.2f} to {high:+.2f})",
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
    audience = simulate_screening(COVERED_FILM, POPULATION, COVERED_SECONDS, SEED)
    timeline = build_timeline(
        (simulate_viewer(audience, v).reading for v in range(POPULATION)), COVERED_SECONDS - 1 / SAMPLE_RATE
    )
    return timeline, strength_above_baseline(timeline, estimate_baseline(timeline))


def is_covered(low: Float64Array, high: Float64Array, truth: Float64Array) -> Float64Array:
    return ((low <= truth) & (truth <= high)).astype(float)


def intervals(pool: ProcessPoolExecutor, runs: int) -> Iterator[Line]:
    timeline, everyone = population()
    for viewers in (8, VIEWERS, 100):
        draw = partial(cover, timeline=timeline, everyone=everyone, viewers=viewers)
        yield from _coverage(draw, viewers, runs, everyone)


def draw_audience(
    timeline: Timeline, everyone: Float64Array, viewers: int, rng: np.random.Generator
) -> tuple[Timeline, Float64Array]:
    who = rng.integers(0, POPULATION, viewers)
    weight = None if timeline.weight is None else timeline.weight[who]
    names = tuple(map(str, range(viewers)))
    return Timeline(names, 0, timeline.probabilities[who], timeline.sample_counts[who], weight), everyone[who]


def cover(
    rng: np.random.Generator, timeline: Timeline, everyone: Float64Array, viewers: int
) -> dict[str, Float64Array]:
    own, strength = draw_audience(timeline, everyone, viewers, rng)
    curve = compute_audience_curve(own, strength)
    synchronies = {at: synchrony_at(strength, at) for at in (*(at for at, _ in AT_PEAK), *CALM_AT)}
    pooled = pooled_variance([synchronies[at] for at, _ in AT_PEAK])
    least = [pooled if at in dict(AT_PEAK) else 0.0 for at in synchronies]
    _, student_low, student_high = mean_interval(strength)
    indices = rng.integers(0, viewers, (200, viewers))
    sample = strength[:, [at for at, _ in AT_PEAK] + list(CALM_AT)]
    resampled = np.nanmean(sample[indices], axis=1)
    return {
        "mean": np.stack(curve.strength_interval),
        "overall": np.stack(curve.overall_strength_interval),
        "share": np.stack(curve.reacting_share_interval),
        "student": np.stack([student_low, student_high]),
        "bootstrap": np.percentile(resampled, [2.5, 97.5], axis=0),
        "synchrony": np.array(
            [one.interval(v) for one, v in zip(synchronies.values(), least, strict=True)]
        ).T,
        "value": np.array([one.value for one in synchronies.values()]),
    }


def _coverage(
    draw: Callable[[np.random.Generator], dict[str, Float64Array]],
    viewers: int,
    runs: int,
    everyone: Float64Array,
) -> Iterator[Line]:
    rng = np.random.default_rng([SEED, viewers])
    results = [draw(rng) for _ in range(runs)]
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
        "synchrony": np.mean([result["value"] for result in results], axis=0),
    }
    hits = {
        name: np.mean([is_covered(*result[name], true) for result in results], axis=0)
        for name, true in truth.items()
    }
    planted = np.zeros_like(truth["mean"], dtype=bool)
    for second, emotion in AT_PEAK:
        planted[second - 1 : second + 2, NON_NEUTRAL_EMOTIONS.index(emotion)] = True
    with_event = planted.any(axis=1)
    n = f"{viewers} viewers, {runs} audiences"
    for name, where in (
        ("mean", planted),
        ("overall", with_event),
        ("share", with_event),
        ("synchrony", np.arange(len(at)) < len(AT_PEAK)),
    ):
        both = (hits[name][where].mean(), hits[name][~where].mean())
        middle = float(np.mean(both))
        ok = LEAST_COVERED <= middle <= MOST_COVERED
        yield Line(
            f"coverage of the {name} interval ({n})",
            f"{middle:.1%} (seconds with an event {both[0]:.1%}, calm seconds {both[1]:.1%})",
            f"{LEAST_COVERED:.0%}–{MOST_COVERED:.0%}",
            bool(ok),
        )
    for name, where in (("student", planted), ("bootstrap", planted[at])):
        yield Line(
            f"for comparison, coverage of the {name} interval of the mean ({n})",
            f"seconds with an event {hits[name][where].mean():.1%}, "
            f"calm seconds {hits[name][~where].mean():.1%}",
        )


# --- Power --------------------------------------------------------------------------------------------


def power_of(intensity: float, runs: int) -> dict[int, int]:
    """Return, for each number of viewers, in how many runs an event of six seconds was found."""
    event = EmotionEvent(60, 66, Emotion.HAPPY, intensity)
    everyone = max(POWER_VIEWERS) * 4
    timeline, strength, _ = simulate(EmotionSchedule((event,)), everyone, POWER_FILM, round(1000 * intensity))
    rng = np.random.default_rng([SEED, round(1000 * intensity)])
    found = dict.fromkeys(POWER_VIEWERS, 0)
    for viewers in POWER_VIEWERS:
        for run in range(runs):
            who = rng.choice(everyone, viewers, replace=False)
            chosen = Timeline(
                tuple(map(str, who)), 0, timeline.probabilities[who], timeline.sample_counts[who]
            )
            moments = search(chosen, strength[who], run)
            found[viewers] += any(m.start < event.end + LATEST and m.end > event.start for m in moments)
    return found


def power(pool: ProcessPoolExecutor, runs: int, picture: Path) -> Iterator[Line]:
    rows = dict(
        zip(POWER_STRENGTHS, pool.map(power_of, POWER_STRENGTHS, [runs] * len(POWER_STRENGTHS)), strict=True)
    )
    for intensity, found in rows.items():
        cells = ", ".join(f"{viewers} viewers {hits / runs:.0%}" for viewers, hits in found.items())
        yield Line(f"power, an event of intensity {intensity:g} ({runs} audiences each)", cells)
    draw(rows, runs, picture)
    yield Line("power, as a chart", str(picture))


def draw(rows: dict[float, dict[int, int]], runs: int, picture: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    colors = plt.get_cmap("viridis")(np.linspace(0.9, 0.0, len(rows)))
    for (intensity, found), color in zip(rows.items(), colors, strict=True):
        hits = np.array([found[v] for v in POWER_VIEWERS])
        low, high = wilson_interval(hits, runs)
        axes.fill_between(POWER_VIEWERS, low, high, color=color, alpha=0.15, linewidth=0)
        axes.plot(POWER_VIEWERS, hits / runs, "o-", color=color, label=f"{intensity:g}", markersize=4)
    axes.axhline(0.8, color="grey", linewidth=0.8, linestyle=":")
    axes.set_xscale("log", base=2)
    axes.set_xticks(POWER_VIEWERS, [str(v) for v in POWER_VIEWERS])
    axes.minorticks_off()
    axes.set(xlabel="viewers", ylabel="moment found", ylim=(-0.02, 1.02))
    axes.yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1.0))
    lines = axes.get_lines()[len(rows) - 1 :: -1]  # in the order of the curves, strongest first
    axes.legend(handles=lines, title="intensity", frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    axes.set_title(
        f"How often a shared reaction of six seconds is found, by number of viewers\n"
        f"({runs} simulated audiences per point; bands are 95 % intervals)",
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
    arguments = options.parse_args()
    if "power" in arguments.only and find_spec("matplotlib") is None:
        options.error(
            "the power chart needs matplotlib; run pip install 'moviemotion[lab]', or omit power from --only"
        )
    missed_target = False
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        measured: dict[str, Callable[[], Iterator[Line]]] = {
            "false": partial(false_moments, pool, arguments.runs),
            "planted": partial(planted_moments, pool, arguments.runs),
            "intervals": partial(intervals, pool, arguments.runs),
            "power": partial(power, pool, arguments.power_runs, arguments.picture),
        }
        for part in arguments.only:
            for line in measured[part]():
                verdict = {True: "pass", False: "MISSED", None: "–"}[line.ok]
                print(f"{line.name}: {line.measured}   target {line.bar}: {verdict}", flush=True)
                missed_target |= line.ok is False
    return int(missed_target)


if __name__ == "__main__":
    sys.exit(main())
