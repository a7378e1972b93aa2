"""Words how the cameras' clocks were found, and how certain that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import isnan

from moviemotion.analysis.signals.clock_summary import ClockSummary

_SOURCES = {
    "given": "as given",
    "sound": "found by sound",
    "light": "found by the screen's light",
    "creation time": "from the file's creation time",
    "assumed": "assumed",
}


def clock_sentence(clock: ClockSummary) -> str:
    """State a camera's clock: `A7: starts at 37.29 s (± 0.02 s), no drift (± 12 ppm), found by sound`."""
    # The camera by which film time was defined has no doubt of its own.
    doubt = f" (± {clock.half_width:.2f} s)" if clock.half_width > 0 else ""
    drift = ""
    if not isnan(clock.drift_half_width):
        value, width = round(1e6 * clock.drift), max(1, round(1e6 * clock.drift_half_width))
        drift = f", drifts by {value:+d} ± {width} ppm" if value else f", no drift (± {width} ppm)"
    pieces = f", in {clock.pieces} parts" if clock.pieces > 1 else ""
    return f"{clock.camera}: starts at {clock.start:.2f} s{doubt}{drift}{pieces}, {_SOURCES[clock.source]}"


def clocks_summary(clocks: Sequence[ClockSummary]) -> str:
    """Summarize the clocks of several cameras in one sentence; empty if there is nothing to say."""
    if not clocks:
        return ""
    count = Counter(clock.source for clock in clocks)
    parts = [f"{count[source]} {text}" for source, text in _SOURCES.items() if count[source]]
    widths = [clock.half_width for clock in clocks if clock.half_width > 0]
    within = f" (within {max(widths):.2f} s)" if widths else ""
    return f"Clocks of the cameras: {', '.join(parts)}{within}."
