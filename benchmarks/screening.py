"""Render a synthetic audience in difficult conditions, screen it, and compare with the ground truth.

    python benchmarks/screening.py                              # 24 viewers, 10 min of film: 16 core-minutes
    python benchmarks/screening.py --viewers 6 --minutes 3 --seed 2
    python benchmarks/screening.py --keep FOLDER                # keeps the videos and the study

The ground truth is the intensity, from 0 to 1, with which each face was made to show each emotion: the mean
over each second, including the viewer's own delay. It is what a perfect emotion model would measure, not what
the schedule asks for. Seconds in which a viewer was not seen or had only rejected samples do not count; their
number is reported. The faces are drawn by this project and were tuned with its emotion model. They therefore
test the processing from video to strength, but not the accuracy on real faces.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
from bars import Bar
from numpy.typing import NDArray
from scipy.stats import bootstrap, pearsonr

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.signals.baseline import AVERAGE_REST, Baseline, strength_above_baseline
from moviemotion.audience.samples import Samples
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.simulation.synthetic_audience import EmotionEvent
from moviemotion.statistics import wilson_interval
from moviemotion.study.folder import StudyFolder
from moviemotion.workflows.screen import screen
from moviemotion.workflows.simulate import simulate_videos

Float64Array = NDArray[np.float64]
Result = TypeVar("Result")

SEED = 36
MIN_VIEWER_CORRELATION = {Emotion.HAPPY: 0.85, Emotion.SURPRISE: 0.85, Emotion.SAD: 0.75}
MIN_AUDIENCE_CORRELATION = 0.95
MIN_REDUCTION = 0.70
EVENT_SHARE = 0.25
"""Share of the film that evokes an emotion."""
CALM = 0.03
"""Total true intensity below which a second counts as showing the resting expression."""
MIN_RESTING_INTENSITY = 0.1
"""Minimum true intensity at rest for a face to count as sad or amused."""
MIN_VIEWERS = 3
"""Minimum number of viewers for which an interval is reported."""
SWITCH_TOLERANCE = 10.0
"""Seconds by which the reported time of an identity switch may differ from the true time."""


@dataclass(frozen=True)
class Truth:
    """The ground truth for V viewers and S seconds.

    Attributes:
        viewers: the name of each viewer.
        camera: the name of each viewer's camera.
        felt: (V, S, 7) intensity of each emotion, in the order of `NON_NEUTRAL_EMOTIONS`.
        rest: (V, 7) intensity of each emotion that a face shows at rest.
        in_view: (V, S) share of each second for which the viewer was in view.
        covered: (V, S) share of each second for which the viewer's face was covered.
        swaps: for each seat swap, the names of both viewers, and the time at which both were seated again.
    """

    viewers: tuple[str, ...]
    camera: tuple[str, ...]
    felt: Float64Array
    rest: Float64Array
    in_view: Float64Array
    covered: Float64Array
    swaps: tuple[tuple[str, str, float], ...]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--viewers", type=int, default=24)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--keep", type=Path, help="folder in which the videos and the study are kept")
    options = parser.parse_args()
    with TemporaryDirectory() as work:
        short = 0
        for bar in measure(options.keep or Path(work), options.viewers, options.minutes, options.seed):
            short += bar.ok is False
            print(f"{bar.verdict:<6}{bar.name}: {bar.measured}   [{bar.bar}]", flush=True)
    sys.exit(bool(short))


def measure(folder: Path, viewers: int, minutes: float, seed: int) -> Iterator[Bar]:
    folder.mkdir(parents=True, exist_ok=True)
    schedule = folder / "schedule.csv"
    write_schedule(schedule, 60 * minutes, seed)
    videos, rendering = clocked(
        lambda: simulate_videos(schedule, viewers, minutes, folder / "audience", seed)
    )
    yield Bar("rendering", f"{rendering}; {sum(v.stat().st_size for v in videos) / 1e6:.0f} MB", "reported")
    screening, cost = clocked(lambda: screen(videos, folder / "study", seed=seed))
    yield Bar("screening", cost, "reported")
    analysis = screening.analysis
    truth = read_truth(folder / "audience")
    study = StudyFolder.open_existing(folder / "study")
    samples_by_camera = {
        c: s for c in dict.fromkeys(truth.camera) if (s := study.read_samples(c)) is not None
    }
    found = names_of(samples_by_camera)
    yield Bar("viewers", f"{len(found)} found", f"{len(truth.viewers)}", len(found) == len(truth.viewers))
    if found == list(analysis.timeline.viewers) and len(found) == len(truth.viewers):
        yield seen(analysis, truth)
        yield from correlations(analysis.strength, truth)
        yield from resting(analysis, truth)
        yield swaps(samples_by_camera, truth)


def write_schedule(path: Path, seconds: float, seed: int) -> None:
    """Write events of 4 to 9 s, each with one of three emotions, that fill a quarter of the film."""
    rng, at = np.random.default_rng(seed), 5.0
    events = []
    while at < seconds - 12:
        emotion = list(MIN_VIEWER_CORRELATION)[int(rng.integers(len(MIN_VIEWER_CORRELATION)))]
        lasts = float(rng.uniform(4, 9))
        events.append(EmotionEvent(at, at + lasts, emotion, float(rng.uniform(0.4, 1.0))))
        at += lasts / EVENT_SHARE
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["start", "end", "emotion", "strength"])
        table.writerows([b.start, b.end, b.emotion, b.strength] for b in events)


def clocked(work: Callable[[], Result]) -> tuple[Result, str]:
    """Run a function; return its result and a text that states the time it took."""
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return result, f"{wall:.0f} s, {processor:.0f} s of CPU time on {os.cpu_count()} cores"


def read_truth(folder: Path) -> Truth:
    people, seconds, swapped = (
        list(csv.DictReader((folder / name).read_text(encoding="utf-8").splitlines()))
        for name in ("viewers.csv", "truth.csv", "swaps.csv")
    )
    shape = len(people), -1
    return Truth(
        viewers=tuple(row["viewer"] for row in people),
        camera=tuple(row["camera"] for row in people),
        felt=np.array([[float(row[f]) for f in NON_NEUTRAL_EMOTIONS] for row in seconds]).reshape(
            *shape, len(NON_NEUTRAL_EMOTIONS)
        ),
        rest=np.array([[float(row[f]) for f in NON_NEUTRAL_EMOTIONS] for row in people]),
        in_view=np.array([float(row["in_view"]) for row in seconds]).reshape(shape),
        covered=np.array([float(row["covered"]) for row in seconds]).reshape(shape),
        swaps=tuple((row["first"], row["second"], float(row["end"])) for row in swapped),
    )


def seen(analysis: Analysis, truth: Truth) -> Bar:
    bare = (truth.in_view == 1) & (truth.covered == 0)
    known = ~np.isnan(analysis.strength[:, : bare.shape[1], 0])
    covered = truth.covered > 0
    return Bar(
        "seen",
        f"{known[bare].mean():.1%} of {bare.sum()} viewer-seconds in view and not covered, "
        f"{known[covered].mean():.1%} of {covered.sum()} behind a hand; "
        + ", ".join(
            f"{reason} {share:.2%}"
            for reason, share in analysis.data_quality.rejected_shares.items()
            if share
        ),
        "reported",
    )


def correlations(read: Float64Array, truth: Truth) -> Iterator[Bar]:
    """Correlate measured strength with true intensity over time, for each viewer and for the audience."""
    seconds = truth.felt.shape[1]
    for emotion, least in MIN_VIEWER_CORRELATION.items():
        column = NON_NEUTRAL_EMOTIONS.index(emotion)
        strengths, felt = read[:, :seconds, column], truth.felt[:, :, column]
        own = np.array([correlation(s, f) for s, f in zip(strengths, felt, strict=True)])

        def mean(i: NDArray[np.int64], own: Float64Array = own) -> float:
            return float(own[i].mean())

        low, high = interval(mean, len(own))
        yield Bar(
            f"{emotion}: each viewer",
            f"mean {own.mean():.3f} (95 % {low:.3f} to {high:.3f}, n={len(own)}), "
            f"median {np.median(own):.3f}, minimum {own.min():.3f}; "
            f"{(own >= least).sum()} of {len(own)} reach the target",
            f"mean ≥ {least}",
            bool(own.mean() >= least),
        )

        def audience(i: NDArray[np.int64], s: Float64Array = strengths, f: Float64Array = felt) -> float:
            present = ~np.isnan(s[i])
            mean = np.nansum(s[i], axis=0) / np.where(present.any(axis=0), present.sum(axis=0), np.nan)
            return correlation(mean, f[i].mean(axis=0))

        low, high = interval(audience, len(own))
        together = audience(np.arange(len(own)))
        yield Bar(
            f"{emotion}: the audience",
            f"{together:.3f} (95 % {low:.3f} to {high:.3f} over n={len(own)} viewers)",
            f"≥ {MIN_AUDIENCE_CORRELATION}",
            together >= MIN_AUDIENCE_CORRELATION,
        )


def resting(analysis: Analysis, truth: Truth) -> Iterator[Bar]:
    """Measure how sad or amused resting faces appear in calm seconds, without and with the baseline."""
    viewers, seconds = len(truth.viewers), truth.felt.shape[1]
    average = [AVERAGE_REST] * len(NON_NEUTRAL_EMOTIONS)
    everybody = Baseline(
        np.tile([1 - sum(average), *average], (viewers, 1)), np.ones(viewers, int), np.zeros(viewers, bool)
    )
    without, measured = strength_above_baseline(analysis.timeline, everybody), analysis.strength
    calm = truth.felt.sum(axis=2) < CALM
    for emotion, looks in ((Emotion.SAD, "sad"), (Emotion.HAPPY, "amused")):
        column = NON_NEUTRAL_EMOTIONS.index(emotion)
        biased = np.flatnonzero(truth.rest[:, column] >= MIN_RESTING_INTENSITY)
        if len(biased) < MIN_VIEWERS:
            yield Bar(f"resting {looks}", f"{len(biased)} viewers, which are too few", "reported")
            continue
        before, after = (
            np.array([np.nanmean(s[v, :seconds, column][calm[v]]) for v in biased])
            for s in (without, measured)
        )

        def reduction(
            i: NDArray[np.int64], before: Float64Array = before, after: Float64Array = after
        ) -> float:
            return 1 - float(after[i].mean() / before[i].mean())

        low, high = interval(reduction, len(biased))
        removed = reduction(np.arange(len(biased)))
        yield Bar(
            f"resting {looks}",
            f"{emotion} {before.mean():.3f} → {after.mean():.3f} in calm seconds, reduced by {removed:.0%} "
            f"(95 % {low:.0%} to {high:.0%}, n={len(biased)} viewers)",
            f"≥ {MIN_REDUCTION:.0%}",
            removed >= MIN_REDUCTION,
        )


def swaps(samples_by_camera: Mapping[str, Samples], truth: Truth) -> Bar:
    """Check that all seat swaps, and no others, were reported as identity switches."""
    reported = [
        ({samples.viewers[e.first], samples.viewers[e.second]}, e.time)
        for samples in samples_by_camera.values()
        for e in samples.identity_switches
    ]
    named = dict(zip(truth.viewers, names_of(samples_by_camera), strict=True))
    hits = [
        any(who == {named[a], named[b]} and abs(at - end) <= SWITCH_TOLERANCE for who, at in reported)
        for a, b, end in truth.swaps
    ]
    low, high = wilson_interval(sum(hits), len(hits)) if hits else (0.0, 1.0)
    return Bar(
        "seat swaps",
        f"{sum(hits)} of {len(hits)} reported (95 % {low:.0%} to {high:.0%}), "
        f"{len(reported) - sum(hits)} others reported",
        "all, and no others",
        all(hits) and len(reported) == sum(hits),
    )


def names_of(samples_by_camera: Mapping[str, Samples]) -> list[str]:
    """Return the viewers' names in the study, by camera and from left to right, as in the ground truth."""
    return [name for samples in samples_by_camera.values() for name in samples.viewers]


def correlation(read: Float64Array, truth: Float64Array) -> float:
    seen = ~np.isnan(read)
    return float(pearsonr(read[seen], truth[seen]).statistic)


def interval(statistic: Callable[[NDArray[np.int64]], float], viewers: int) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval over viewers."""
    result = bootstrap(
        (np.arange(viewers),),
        statistic,
        n_resamples=1000,
        vectorized=False,
        method="percentile",
        random_state=np.random.default_rng(SEED),
    )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)


if __name__ == "__main__":
    main()
