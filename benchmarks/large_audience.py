"""Measure the cost of a report for 200 viewers, 2 hours of film and 5 samples per second.

    python benchmarks/large_audience.py                  # about a minute on 2 cores, plus the simulation
    python benchmarks/large_audience.py --study FOLDER   # a study made by `moviemotion simulate`

Prints the wall-clock time, CPU time and peak memory of each stage. The exit status is 1 if a target is
missed. On a busy machine, the wall-clock time depends on other programs, but the CPU time does not.
"""

from __future__ import annotations

import argparse
import csv
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from moviemotion.analysis.analyze import analyze
from moviemotion.analysis.moments.detection import find_moments
from moviemotion.analysis.signals.audience_curve import compute_audience_curve
from moviemotion.analysis.signals.baseline import estimate_baseline, strength_above_baseline
from moviemotion.analysis.signals.reaction_delay import estimate_relative_delay
from moviemotion.analysis.signals.synchrony import film_synchrony
from moviemotion.reports.html.screening_report import render_report
from moviemotion.study.folder import StudyFolder
from moviemotion.study.provenance import audience_timeline
from moviemotion.workflows.simulate import simulate

VIEWERS, MINUTES, SEED = 200, 120, 36
MOST_SECONDS, MOST_MEGABYTES = 60.0, 2000.0
Result = TypeVar("Result")


def timed(name: str, work: Callable[[], Result]) -> Result:
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(f"  {name:<34} {wall:6.1f} s {processor:6.1f} s CPU {peak():6.0f} MB peak", flush=True)
    return result


def peak() -> float:
    unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes on macOS, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def measure(folder: Path) -> int:
    """Measure the stages of `moviemotion report`, then each part of the analysis."""
    study = StudyFolder.open_existing(folder)
    began, processor = time.perf_counter(), time.process_time()
    samples = timed("reading samples", lambda: [s for c in study.cameras if (s := study.read_samples(c))])
    print(f"  ({sum(len(s.time) for s in samples):,} samples of {len(samples)} viewers)")
    timeline = timed("timeline", lambda: audience_timeline(samples))
    samples.clear()
    analysis = timed("analysis, of which:", lambda: analyze("Large audience", timeline, None, (), SEED))
    page = timed("report", lambda: render_report(analysis))
    wall, processor = time.perf_counter() - began, time.process_time() - processor
    most = peak()
    baseline = timed("  baseline", lambda: estimate_baseline(timeline))
    strength = timed("  strength", lambda: strength_above_baseline(timeline, baseline))
    timed("  audience curve", lambda: compute_audience_curve(timeline, strength))
    timed("  film synchrony", lambda: film_synchrony(strength))
    timed("  relative delays", lambda: estimate_relative_delay(strength, SEED))
    timed("  moments, including the null model", lambda: find_moments(strength, timeline.start, SEED))
    print(f"{len(analysis.moment_search.moments)} moments; the report is {len(page) / 1e6:.1f} MB")
    quick, small = wall < MOST_SECONDS, most < MOST_MEGABYTES
    took = f"{wall:.1f} s ({processor:.1f} s CPU)"
    print(f"samples to report: {took}   target < {MOST_SECONDS:g} s: {verdict(quick)}")
    print(f"peak memory: {most:.0f} MB   target < {MOST_MEGABYTES:g} MB: {verdict(small)}")
    return int(not (quick and small))


def verdict(ok: bool) -> str:
    return "pass" if ok else "MISSED"


def write_events(path: Path) -> None:
    """Write an emotion schedule with an event every ninety seconds."""
    rng = np.random.default_rng(SEED)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["start", "end", "emotion", "strength"])
        for start in range(60, 60 * MINUTES - 60, 90):
            emotion = ("happy", "surprise", "sad")[int(rng.integers(3))]
            table.writerow(
                [start, round(start + rng.uniform(4, 12), 1), emotion, round(rng.uniform(0.5, 1), 2)]
            )


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--study", type=Path, help="Folder of a study to use instead of simulating one.")
    arguments = options.parse_args()
    if arguments.study:
        return measure(arguments.study)
    with tempfile.TemporaryDirectory() as folder:
        events, study = Path(folder) / "events.csv", Path(folder) / "study"
        write_events(events)
        timed("simulation (not counted)", lambda: simulate(events, VIEWERS, MINUTES, study, SEED))
        # A separate process is used, so that the peak memory does not include the simulation.
        return subprocess.run([sys.executable, __file__, "--study", str(study)]).returncode


if __name__ == "__main__":
    sys.exit(main())
