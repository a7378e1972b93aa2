"""Measure the accuracy of the alignment, and print it with n and 95 % Wilson intervals.

    python benchmarks/alignment.py --data ../shared/data/scripts

The gold lists (`tests/screenplay/gold`) contain only line numbers and times. The first model was tuned on one
half of each list. Since then, the errors in both halves have been inspected, so neither half is unseen data.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "screenplay"))

from damaged_film import damaged_film
from gold_lines import GOLD, gold_lines
from harder_film import DAMAGE, harder_film
from synthetic_film import make_film

from moviemotion.screenplay.alignment.align import TimedScript, TimeSource, align_script
from moviemotion.screenplay.elements import Screenplay
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.subtitles.parse import read_subtitles
from moviemotion.statistics import wilson_interval

KINDS = ("kept", "changed", "moved")


def print_share(name: str, right: Sequence[bool]) -> None:
    """Print the share of correct answers with its interval."""
    if not right:
        print(f"  {name:64}      –  (n = 0)")
        return
    low, high = wilson_interval(sum(right), len(right))
    share = sum(right) / len(right)
    print(f"  {name:64} {share:6.1%}  (n = {len(right)}, 95 % {float(low):.1%}–{float(high):.1%})")


def gold_figures(timed: TimedScript, name: str) -> None:
    """Print the accuracy for each half of a gold list."""
    lines = gold_lines(timed, name)
    for half in ("development", "evaluation"):
        mine = [line for line in lines if line.half == half]
        print_share(f"{half}: spoken lines within 1 s", [line.near for line in mine if line.kind != "absent"])
        for kind in KINDS:
            print_share(f"{half}:   {kind}", [line.near for line in mine if line.kind == kind])
        print_share(f"{half}: absent lines recognized", [line.cut for line in mine if line.kind == "absent"])
        for low, high in ((0.0, 0.7), (0.7, 0.9), (0.9, 1.01)):
            sure = [
                line.near for line in mine if line.confidence is not None and low <= line.confidence < high
            ]
            print_share(f"{half}: correct at confidence {low}–{min(high, 1)}", sure)


def damage_figures(name: str, screenplay: Screenplay) -> None:
    """Print the accuracy for one script with synthetic damage."""
    near: list[bool] = []
    absent: list[bool] = []
    for seed in range(3):
        film = damaged_film(screenplay, seed)
        timed = align_script(screenplay, film.subtitles, None)
        for k, start in film.starts.items():
            if math.isnan(start):
                absent.append(timed.cues[k].source is TimeSource.CUT)
            else:
                near.append(abs(timed.cues[k].start - start) <= 1.5)
    print(f"{name}: synthetic damage, seeds 0–2")
    print_share("spoken lines within 1.5 s", near)
    print_share("cut lines recognized", absent)


def harder_figures(scripts: Sequence[Screenplay]) -> None:
    """Print the accuracy over all scripts for each kind of damage in the harder films."""
    for damage in DAMAGE:
        near: list[bool] = []
        found_cut: list[bool] = []
        for screenplay in scripts:
            film = harder_film(screenplay, damage, seed=0)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "film.srt"
                path.write_text(film.srt, encoding="utf-8")
                timed = align_script(screenplay, read_subtitles(path), None)
            for k, start in film.starts.items():
                if math.isnan(start):
                    found_cut.append(timed.cues[k].source is TimeSource.CUT)
                else:
                    near.append(abs(timed.cues[k].start - start) <= 1.0)
        print_share(f"{damage}: spoken lines within 1 s", near)
        print_share(f"{damage}: cut lines recognized", found_cut)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/scripts"))
    data: Path = parser.parse_args().data
    for gold in sorted(GOLD.glob("*.csv")):
        script = data / "pairs" / f"{gold.stem}.txt"
        if not script.is_file():
            print(f"{gold.stem}: skipped, {script} is missing")
            continue
        screenplay, subtitles = read_screenplay(script), read_subtitles(script.with_suffix(".srt"))
        began = time.process_time()
        timed = align_script(screenplay, subtitles, None)
        print(f"{gold.stem}: aligned in {time.process_time() - began:.1f} s of CPU time")
        gold_figures(timed, gold.stem)
        damage_figures(gold.stem, screenplay)
    synthetic = make_film(400, seed=21).screenplay
    damage_figures("synthetic film of 400 lines", synthetic)
    scripts = [
        data / name for name in ("pairs/mission_impossible.txt", "pairs/mystery_men.txt", "Big-Fish.fountain")
    ]
    found = [read_screenplay(script) for script in scripts if script.is_file()]
    print(f"harder films made from {len(found)} real scripts and the synthetic script, seed 0")
    harder_figures([*found, synthetic])


if __name__ == "__main__":
    main()
