"""Measure how often the segment to which an effect was planted is found, on simulated screenings.

    python benchmarks/segments.py                      # 200 seeds of each: about two hours on one core
    python benchmarks/segments.py --runs 20

Each screening has four segments of equal size, like the film industry's quadrants. Everybody reacts alike to
three common beats. In the rows of power, one segment alone also reacts to a planted beat. Every row of power
has a row of false alarms beside it, from screenings without the planted beat. The exit status is 1 if a
target is missed.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from moviemotion.analysis.analyze import Analysis, analyze
from moviemotion.analysis.comparison import mean_test
from moviemotion.analysis.comparison.group_differences import DifferenceVerdict
from moviemotion.analysis.moments import detection
from moviemotion.analysis.segments.segment import Segment
from moviemotion.analysis.segments.segment_analysis import analyze_segments, moment_carriers
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.emotions import Emotion
from moviemotion.simulation.room_simulator import Beat, simulate_room
from moviemotion.simulation.synthetic_audience import seat_names
from moviemotion.statistics import wilson_interval

SECONDS = 400
COMMON = (
    Beat(60, 64, Emotion.HAPPY, 0.6),
    Beat(150, 155, Emotion.SURPRISE, 0.5),
    Beat(340, 346, Emotion.HAPPY, 0.6),
)
PLANTED = Beat(250, 256, Emotion.HAPPY, 0.9)
# p-values are valid with any number of permutations, resamples and shifts; these are enough for 5 %.
mean_test.N_PERMUTATIONS = mean_test.N_RESAMPLES = detection.N_SHIFTS = 499
LATE = 4.0
"""Seconds after the end of a beat in which a reaction to it may still be found."""
NAMES = ("women under 25", "women 25 and over", "men under 25", "men 25 and over")
AUDIENCES = (24, 48, 100, 200)
LEAST_FOUND, LEAST_RIGHT, MOST_FALSE = 0.90, 0.95, 0.05
SMALLEST = 48
"""Smallest audience for which the effect has to be found; with fewer, a quarter of the room is too few."""


@dataclass(frozen=True)
class Outcome:
    """What was found in one screening.

    Attributes:
        found: whether the planted beat was found in the segment to which it was planted, in any way below.
        right: whether it was found in no other segment.
        own_moment: whether it is a moment of this segment.
        carried: whether it is a moment of the room that this segment carries.
        differs: whether this segment differs from the others in that stretch.
        false_moment: whether a segment has a moment where nothing was planted in it.
        false_carrier: whether a segment is said to carry a common beat.
        false_difference: whether a segment is said to differ where none does.
    """

    found: bool
    right: bool
    own_moment: bool
    carried: bool
    differs: bool
    false_moment: bool
    false_carrier: bool
    false_difference: bool


def screening(seed: int, viewers: int, planted: bool) -> tuple[Analysis, dict[Segment, tuple[str, ...]], str]:
    """A simulated screening, its segments, and the name of the one that reacts to the planted beat."""
    size = viewers // len(NAMES)
    beats = (*COMMON, PLANTED) if planted else COMMON
    some = simulate_room(size, SECONDS, 2 * seed, beats=beats).timeline
    others = simulate_room(viewers - size, SECONDS, 2 * seed + 1, beats=COMMON).timeline
    names = seat_names(viewers)
    timeline = Timeline(
        names,
        0,
        np.concatenate([some.probabilities, others.probabilities]),
        np.concatenate([some.sample_counts, others.sample_counts]),
    )
    order = [(seed + k) % len(NAMES) for k in range(len(NAMES))]
    members = {
        Segment(NAMES[name], "age > 0"): tuple(names[k * size : (k + 1) * size])
        for k, name in enumerate(order)
    }
    return analyze("Simulated", timeline, None, (), seed), members, NAMES[order[0]]


def outcome(seed: int, viewers: int, planted: bool) -> Outcome:
    analysis, members, truth = screening(seed, viewers, planted)
    carriers = moment_carriers(analysis, members)
    segments = analyze_segments(analysis, members)

    def in_beat(start: float, end: float, beat: Beat = PLANTED) -> bool:
        return start < beat.end + LATE and end > beat.start

    carried = {
        (carrier.segment, in_beat(moment.start, moment.end))
        for moment, of_moment in zip(analysis.moment_search.moments, carriers, strict=True)
        for carrier in of_moment
    }
    different = {
        (segment.segment.name, in_beat(row.unit.spans[1].start, row.unit.spans[1].end))
        for segment in segments
        if segment.comparison
        for row in segment.comparison.differences
        # The whole film differs as well, if a part of it does.
        if row.verdict is DifferenceVerdict.DIFFERS
        and row.difference > 0
        and row.unit.spans[1].end - row.unit.spans[1].start < SECONDS / 2
    }
    own = {
        (segment.segment.name, in_beat(moment.start, moment.end))
        for segment in segments
        for moment in segment.analysis.moment_search.moments
        if not any(in_beat(moment.start, moment.end, beat) for beat in COMMON)
    }
    named = {name for name, here in carried | different | own if here}
    expected = (truth, True) if planted else None
    return Outcome(
        found=expected in carried | different | own,
        right=named == {truth},
        own_moment=expected in own,
        carried=expected in carried,
        differs=expected in different,
        false_moment=bool(own - {expected}),
        false_carrier=bool(carried - {expected}),
        false_difference=bool(different - {expected}),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--viewers", type=int, nargs="*", default=AUDIENCES)
    chosen = parser.parse_args()
    missed: list[str] = []

    def line(name: str, hits: int, of: int, least: float | None = None, most: float | None = None) -> None:
        low, high = (float(x) for x in wilson_interval(hits, of)) if of else (0.0, 1.0)
        ok = (least is None or hits >= least * of) and (most is None or hits <= most * of)
        bar = f"≥ {least:.0%}" if least is not None else f"≤ {most:.0%}" if most is not None else "–"
        verdict = "" if least is None and most is None else "pass" if ok else "MISSED"
        if not ok:
            missed.append(name)
        share = f"{hits / of:6.1%}" if of else "     –"
        print(f"{name:<62} {share} ({low:.1%} to {high:.1%}, n = {of:,})  {bar} {verdict}", flush=True)

    with ProcessPoolExecutor(chosen.jobs) as pool:
        for viewers in chosen.viewers:
            power, false = (
                list(pool.map(partial(outcome, viewers=viewers, planted=planted), range(1, chosen.runs + 1)))
                for planted in (True, False)
            )
            runs, found = chosen.runs, [each for each in power if each.found]
            at = f"{viewers} viewers"
            least = LEAST_FOUND if viewers >= SMALLEST else None
            line(f"power, {at}: found in the right segment", len(found), runs, least)
            right = sum(each.right for each in found)
            line(f"power, {at}: of these, in no other segment", right, len(found), LEAST_RIGHT)
            for name, planted, nothing in (
                ("a moment of it", [o.own_moment for o in power], [o.false_moment for o in false]),
                ("a moment that it carries", [o.carried for o in power], [o.false_carrier for o in false]),
                ("a difference", [o.differs for o in power], [o.false_difference for o in false]),
            ):
                line(f"power, {at}: {name}", sum(planted), runs)
                line(f"false, {at}: {name}", sum(nothing), runs, most=MOST_FALSE)
    if missed:
        sys.exit(f"targets missed: {', '.join(missed)}")


if __name__ == "__main__":
    main()
