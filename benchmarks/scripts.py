"""Do Fountain, Final Draft and PDF of one screenplay read alike? Prints a Markdown table.

    python benchmarks/scripts.py --data ../shared/data

A line is a scene heading, or what one speaker says in one element, with the scene it is in. Lines are
matched in order; white space and the wrapping of lines do not count. Headings that only Fountain's mark
makes such look like action on paper: a PDF may lack them, and they are named under the table. Ends with 1
where a file agrees in less than 99 % apart from these.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from moviemotion.screenplay.elements import ElementKind, Screenplay
from moviemotion.screenplay.formats.element_patterns import is_scene_heading
from moviemotion.screenplay.formats.registry import read_screenplay

BAR = 0.99
FILMS = ("Big-Fish", "Brick-and-Steel")
Line = tuple[str, str | None, str]


@dataclass(frozen=True)
class Agreement:
    """How much of one reading another has: headings, spoken lines with their speakers, and both."""

    scenes: tuple[int, int]
    spoken: tuple[int, int]

    def share(self, excused: int = 0) -> float:
        """The share of all lines that are the same in both, or may be missing from one."""
        return (self.scenes[0] + self.spoken[0] + excused) / (self.scenes[1] + self.spoken[1])


def lines_of(screenplay: Screenplay) -> list[Line]:
    """Kind, speaker and words of the headings and of all that is spoken."""
    return [
        (e.kind, e.character, " ".join(e.text.split()))
        for e in screenplay.elements
        if e.kind in (ElementKind.SCENE_HEADING, ElementKind.DIALOGUE, ElementKind.LYRICS)
    ]


def agreement(one: Screenplay, other: Screenplay) -> Agreement:
    """Compare two readings; out of the longer one's lines, so that lines too many count as well."""
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
    """Headings that only Fountain's mark makes such and the PDF, where they look like action, has not."""
    read = {e.text for e in pdf.elements if e.kind is ElementKind.SCENE_HEADING}
    headings = [e.text for e in fountain.elements if e.kind is ElementKind.SCENE_HEADING]
    return [text for text in headings if not is_scene_heading(text) and text not in read]


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
                notes.append(f"{film}{suffix} may lack: {', '.join(forced)} (forced headings).")
            (scenes, of_scenes), (spoken, of_spoken) = found.scenes, found.spoken
            print(
                f"| {film} | {suffix} | {scenes}/{of_scenes} | {spoken}/{of_spoken} | {found.share():.1%} "
                f"| {seconds:.1f} |"
            )
    print(*notes, sep="\n")
    return int(short)


if __name__ == "__main__":
    sys.exit(main())
