"""Do Fountain, Final Draft and PDF of one screenplay read alike? Prints a Markdown table.

    python benchmarks/scripts.py --data ../shared/data

A line is a scene heading, or what one speaker says in one element, with the scene it is in. Lines are
matched in order; white space and the wrapping of lines do not count. Ends with 1 under 99 %, save for one
file whose scenes paper cannot show.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from moviemotion.story.elements import Kind, Screenplay
from moviemotion.story.screenplay import read_screenplay

BAR = 0.99
FILMS = ("Big-Fish", "Brick-and-Steel")
FORCED = "Brick-and-Steel.pdf"
"""Two of its eight headings are forced in Fountain; on paper they look as action in capitals does."""
Line = tuple[str, str | None, str]


@dataclass(frozen=True)
class Agreement:
    """How much of one reading another has: headings, spoken lines with their speakers, and both."""

    scenes: tuple[int, int]
    spoken: tuple[int, int]

    @property
    def share(self) -> float:
        """The share of all lines that are the same in both."""
        return (self.scenes[0] + self.spoken[0]) / (self.scenes[1] + self.spoken[1])


def lines_of(screenplay: Screenplay) -> list[Line]:
    """Kind, speaker and words of the headings and of all that is spoken."""
    return [
        (e.kind, e.character, " ".join(e.text.split()))
        for e in screenplay.elements
        if e.kind in (Kind.SCENE_HEADING, Kind.DIALOGUE, Kind.LYRICS)
    ]


def agreement(one: Screenplay, other: Screenplay) -> Agreement:
    """Compare two readings; out of the longer one's lines, so that lines too many count as well."""
    found: dict[bool, tuple[int, int]] = {}
    for heading in (True, False):
        a, b = (
            [line for line in lines_of(s) if (line[0] == Kind.SCENE_HEADING) is heading] for s in (one, other)
        )
        same = sum(block.size for block in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks())
        found[heading] = same, max(len(a), len(b))
    return Agreement(found[True], found[False])


def main() -> int:
    """Compare each film's Final Draft and PDF with its Fountain."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with scripts/Big-Fish.fountain and so on"
    )
    folder = parser.parse_args().data / "scripts"
    print("| film | file | scenes | speakers and dialogue | all lines | seconds |\n|---|---|---|---|---|---|")
    short = False
    for film in FILMS:
        fountain = read_screenplay(folder / f"{film}.fountain")
        for suffix in (".fdx", ".pdf"):
            began = time.process_time()
            other = read_screenplay(folder / f"{film}{suffix}")
            seconds = time.process_time() - began
            found = agreement(fountain, other)
            short |= found.share < BAR and film + suffix != FORCED
            (scenes, of_scenes), (spoken, of_spoken) = found.scenes, found.spoken
            print(
                f"| {film} | {suffix} | {scenes}/{of_scenes} | {spoken}/{of_spoken} | {found.share:.1%} "
                f"| {seconds:.1f} |"
            )
    return int(short)


if __name__ == "__main__":
    sys.exit(main())
