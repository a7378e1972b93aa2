"""Check that Fountain, Final Draft and PDF files of one screenplay are parsed alike; print a table.

    python benchmarks/scripts.py --data ../shared/data

A line is a scene heading or a dialogue element. Lines are matched in order; white space and line wrapping are
ignored. Headings that are forced with Fountain's mark look like action on paper, so they may be missing from
a PDF and are listed below the table. The exit status is 1 if, apart from these headings, less than 99 % of a
file's lines agree with the Fountain file.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from moviemotion.screenplay.elements import ElementKind, Screenplay
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.formats.scene_headings import split_heading

BAR = 0.99
FILMS = ("Big-Fish", "Brick-and-Steel")
Line = tuple[str, str | None, str]


@dataclass(frozen=True)
class Agreement:
    """The agreement of two versions of a screenplay.

    Attributes:
        scenes: number of scene headings that agree, and the total number.
        spoken: number of dialogue elements that agree with their speakers, and the total number.
    """

    scenes: tuple[int, int]
    spoken: tuple[int, int]

    def share(self, excused: int = 0) -> float:
        """Return the share of lines that agree, including `excused` lines that may be missing."""
        return (self.scenes[0] + self.spoken[0] + excused) / (self.scenes[1] + self.spoken[1])


def lines_of(screenplay: Screenplay) -> list[Line]:
    """Return the kind, speaker and words of each heading and dialogue element."""
    return [
        (e.kind, e.character, " ".join(e.text.split()))
        for e in screenplay.elements
        if e.kind in (ElementKind.SCENE_HEADING, ElementKind.DIALOGUE, ElementKind.LYRICS)
    ]


def agreement(one: Screenplay, other: Screenplay) -> Agreement:
    """Compare two versions. The longer one is the denominator, so that extra lines count as errors too."""
    found: dict[bool, tuple[int, int]] = {}
    for heading in (True, False):
        a, b = (
            [line for line in lines_of(s) if (line[0] == ElementKind.SCENE_HEADING) is heading]
            for s in (one, other)
        )
        same = sum(block.size for block in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks())
        found[heading] = same, max(len(a), len(b))
    return Agreement(found[True], found[False])


def forced_headings(fountain: Screenplay, pdf: Screenplay) -> list[str]:
    """Return headings that are forced in the Fountain file and missing from the PDF."""
    read = {e.text for e in pdf.elements if e.kind is ElementKind.SCENE_HEADING}
    headings = [e.text for e in fountain.elements if e.kind is ElementKind.SCENE_HEADING]
    return [text for text in headings if not split_heading(text) and text not in read]


def main() -> int:
    """Compare the Final Draft and PDF files of each film with its Fountain file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        help="folder that contains scripts/Big-Fish.fountain and the other scripts",
    )
    folder = parser.parse_args().data / "scripts"
    print("| film | file | scenes | speakers and dialogue | all lines | seconds |\n|---|---|---|---|---|---|")
    short = False
    notes = []
    for film in FILMS:
        fountain = read_screenplay(folder / f"{film}.fountain")
        for suffix in (".fdx", ".pdf"):
            began = time.process_time()
            other = read_screenplay(folder / f"{film}{suffix}")
            seconds = time.process_time() - began
            found = agreement(fountain, other)
            forced = forced_headings(fountain, other) if suffix == ".pdf" else []
            short |= found.share(len(forced)) < BAR
            if forced:
                notes.append(f"{film}{suffix}: these forced headings may be missing: {', '.join(forced)}.")
            (scenes, of_scenes), (spoken, of_spoken) = found.scenes, found.spoken
            print(
                f"| {film} | {suffix} | {scenes}/{of_scenes} | {spoken}/{of_spoken} | {found.share():.1%} "
                f"| {seconds:.1f} |"
            )
    print(*notes, sep="\n")
    return int(short)


if __name__ == "__main__":
    sys.exit(main())
