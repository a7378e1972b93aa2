"""Is every line laid in its second? Prints the alignment's figures with n and 95 % Wilson intervals.

    python benchmarks/alignment.py --data ../shared/data/scripts

The gold lists (`tests/screenplay/gold`) hold line numbers and times only. The first model was tuned on half
of each; since then the wrong lines of both halves have been read, so neither is unseen.
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
from invented_film import make_film

from moviemotion.screenplay.alignment.align import TimedScript, TimeSource, align_script
from moviemotion.screenplay.elements import Screenplay
from moviemotion.screenplay.formats.registry import read_screenplay
from moviemotion.screenplay.subtitles.parse import read_subtitles
from moviemotion.statistics import wilson_interval

KINDS = ("kept", "changed", "moved")


def told(name: str, right: Sequence[bool]) -> None:
    """Print one figure."""
    if not right:
        print(f"  {name:64}      –  (n = 0)")
        return
    low, high = wilson_interval(sum(right), len(right))
    share = sum(right) / len(right)
    print(f"  {name:64} {share:6.1%}  (n = {len(right)}, 95 % {float(low):.1%}–{float(high):.1%})")


def gold_figures(timed: TimedScript, name: str) -> None:
    """Print the figures of a gold list, half by half."""
    lines = gold_lines(timed, name)
    for half in ("development", "evaluation"):
        mine = [line for line in lines if line.half == half]
        told(f"{half}: spoken lines within 1 s", [line.near for line in mine if line.kind != "absent"])
        for kind in KINDS:
            told(f"{half}:   {kind}", [line.near for line in mine if line.kind == kind])
        told(f"{half}: absent lines told", [line.cut for line in mine if line.kind == "absent"])
        for low, high in ((0.0, 0.7), (0.7, 0.9), (0.9, 1.01)):
            sure = [
                line.near for line in mine if line.confidence is not None and low <= line.confidence < high
            ]
            told(f"{half}: right at confidence {low}–{min(high, 1)}", sure)


def damage_figures(name: str, screenplay: Screenplay) -> None:
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
    print(f"{name}: planted damage, seeds 0–2")
    told("spoken lines within 1.5 s", near)
    told("cut lines told", absent)


def harder_figures(scripts: Sequence[Screenplay]) -> None:
    """Print, for each kind of harder film, the figures over all scripts."""
    for damage in DAMAGE:
        near: list[bool] = []
        told_cut: list[bool] = []
        for screenplay in scripts:
            film = harder_film(screenplay, damage, seed=0)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "film.srt"
                path.write_text(film.srt, encoding="utf-8")
                timed = align_script(screenplay, read_subtitles(path), None)
            for k, start in film.starts.items():
                if math.isnan(start):
                    told_cut.append(timed.cues[k].source is TimeSource.CUT)
                else:
                    near.append(abs(timed.cues[k].start - start) <= 1.0)
        told(f"{damage}: spoken lines within 1 s", near)
        told(f"{damage}: cut lines told", told_cut)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/scripts"))
    data: Path = parser.parse_args().data
    for gold in sorted(GOLD.glob("*.csv")):
        script = data / "pairs" / f"{gold.stem}.txt"
        if not script.is_file():
            print(f"{gold.stem}: left out, {script} is not there")
            continue
        screenplay, subtitles = read_screenplay(script), read_subtitles(script.with_suffix(".srt"))
        began = time.process_time()
        timed = align_script(screenplay, subtitles, None)
        print(f"{gold.stem}: aligned in {time.process_time() - began:.1f} s of processor time")
        gold_figures(timed, gold.stem)
        damage_figures(gold.stem, screenplay)
    invented = make_film(400, seed=21).screenplay
    damage_figures("invented film of 400 lines", invented)
    scripts = [
        data / name for name in ("pairs/mission_impossible.txt", "pairs/mystery_men.txt", "Big-Fish.fountain")
    ]
    found = [read_screenplay(script) for script in scripts if script.is_file()]
    print(f"harder films of {len(found)} real scripts and the invented one, seed 0")
    harder_figures([*found, invented])


if __name__ == "__main__":
    main()
