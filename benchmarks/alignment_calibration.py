"""Print the calibration curve of the alignment's stated probabilities.

    python benchmarks/alignment_calibration.py --data ../shared/data/scripts [--harder 2]

For each bin of stated probability, the curve gives the share of lines whose time is right (within 1 s), with
n and a 95 % Wilson interval: for the hand-timed lines of two real films (`tests/screenplay/gold`), and for
films with known times that are made from the scripts by cutting, moving and rewriting
(`tests/screenplay/harder_film.py`). Lines that were moved alone are listed separately as well.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "screenplay"))

from gold_lines import GOLD
from harder_film import DAMAGE, harder_film
from synthetic_film import make_film

from moviemotion.screenplay.alignment.line_times import SPOKEN_KINDS, LineTimes, find_line_times
from moviemotion.screenplay.elements import Screenplay
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.subtitles.parse import read_subtitles
from moviemotion.statistics import wilson_interval

BINS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0000001)
PASSAGE_SECONDS = 60.0
"""Two moved lines that are at most this far apart in the film were moved together."""


@dataclass(frozen=True)
class StatedLine:
    """A line that was found: its stated probability, whether it is right, and whether it moved alone."""

    probability: float
    right: bool
    alone: bool


def stated_lines(found: LineTimes, truth: dict[int, float]) -> Iterator[StatedLine]:
    """The lines found whose true time is known; NaN marks lines that are not in the film."""
    order = sorted(found.lines)
    for n, k in enumerate(order):
        line = found.lines[k]
        around = [found.lines[order[m]] for m in (n - 1, n + 1) if 0 <= m < len(order)]
        together = any(near.moved and abs(near.start - line.start) <= PASSAGE_SECONDS for near in around)
        if k in truth:
            right = abs(line.start - truth[k]) <= 1.0  # False for NaN
            yield StatedLine(line.probability, right, line.moved and not together)


def gold_truth(screenplay: Screenplay, name: str) -> dict[int, float]:
    """The true start of each line of a gold list, by index of its element; NaN if it is not in the film."""
    elements = {e.line: k for k, e in enumerate(screenplay.elements) if e.kind in SPOKEN_KINDS}
    with (GOLD / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {
            elements[int(row["line"])]: math.nan if row["kind"] == "absent" else float(row["seconds"])
            for row in csv.DictReader(file)
        }


def print_curve(title: str, lines: Sequence[StatedLine]) -> None:
    """Print a calibration curve."""
    print(f"{title} (n = {len(lines)})")
    for low, high in pairwise(BINS):
        print_share(
            f"  stated {low:g} to {min(high, 1):g}", [s for s in lines if low <= s.probability < high]
        )
    print_share("  stated at least 0.9", [s for s in lines if s.probability >= 0.9])
    print_share("  moved alone", [s for s in lines if s.alone])
    print_share("  moved alone, stated at least 0.9", [s for s in lines if s.alone and s.probability >= 0.9])


def print_share(name: str, lines: Sequence[StatedLine]) -> None:
    """Print the share of right lines, with its interval, beside the mean stated probability."""
    if not lines:
        print(f"{name:38} n = 0")
        return
    right = sum(line.right for line in lines)
    low, high = wilson_interval(right, len(lines))
    mean = sum(line.probability for line in lines) / len(lines)
    print(
        f"{name:38} mean stated {mean:.3f}, right {right / len(lines):.3f} "
        f"({right} of {len(lines)}, 95 % {float(low):.2f}–{float(high):.2f})"
    )


def harder_lines(scripts: Sequence[Screenplay], seeds: int) -> Iterator[StatedLine]:
    """The lines found in films made from scripts with every kind of damage."""
    for screenplay in scripts:
        for damage in DAMAGE:
            for seed in range(seeds):
                film = harder_film(screenplay, damage, seed)
                with tempfile.TemporaryDirectory() as folder:
                    path = Path(folder) / "film.srt"
                    path.write_text(film.srt, encoding="utf-8")
                    found = find_line_times(screenplay, read_subtitles(path))
                yield from stated_lines(found, film.starts)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/scripts"))
    parser.add_argument("--harder", type=int, default=1, help="seeds of films made from scripts; 0 for none")
    options = parser.parse_args()
    scripts = [make_film(400, seed=21).screenplay]
    real: list[StatedLine] = []
    for gold in sorted(GOLD.glob("*.csv")):
        path = options.data / "pairs" / f"{gold.stem}.txt"
        if not path.is_file():
            print(f"{gold.stem}: skipped, {path} is missing")
            continue
        screenplay = read_screenplay(path)
        scripts.append(screenplay)
        found = find_line_times(screenplay, read_subtitles(path.with_suffix(".srt")))
        lines = list(stated_lines(found, gold_truth(screenplay, gold.stem)))
        print_curve(gold.stem, lines)
        real += lines
    print_curve("both real films", real)
    if options.harder:
        print_curve("films made from scripts", list(harder_lines(scripts, options.harder)))


if __name__ == "__main__":
    main()
