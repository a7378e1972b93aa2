"""Generate synthetic Fountain screenplays of a given length for benchmarks."""

from __future__ import annotations

import numpy as np

from moviemotion.reports.script.page_layout import paginate
from moviemotion.screenplay.formats.fountain import parse_fountain

PEOPLE = ("ADA", "BRAM", "CORA", "DOV", "ELSE", "FINN")
PLACES = (
    "LIGHTHOUSE",
    "FERRY DECK",
    "KITCHEN",
    "STATION HALL",
    "GLASSHOUSE",
    "ROOF",
    "ARCHIVE",
    "HARBOR BAR",
)
TIMES = ("DAY", "NIGHT", "DAWN", "LATER")
WHO = (
    "the lamp",
    "the last boat",
    "her coat",
    "a brass key",
    "the old piano",
    "the tide",
    "his letter",
    "a red kite",
)
DOES = (
    "hums",
    "drifts past",
    "will not open",
    "falls quiet",
    "comes back",
    "turns over",
    "waits",
    "catches the light",
)
WHERE = (
    "behind the door",
    "under the stairs",
    "in the rain",
    "by the window",
    "out on the water",
    "on the table",
)
SAYS = (
    "You told me {} {}.",
    "I never said that {} {}.",
    "Listen: {} {}, and nobody minds.",
    "If {} {}, we leave at once.",
    "Well, {} {}. So do I.",
    "And still {} {}?",
)


def long_script(pages: int, seed: int) -> str:
    """Write random scenes of action and dialogue until they fill the given number of pages.

    Args:
        pages: number of pages in 12-point Courier.
        seed: random seed.
    """
    rng = np.random.default_rng(seed)
    text = "Title: The Paper Harbor\nCredit: written by\nAuthor: A generator\n\n"
    scenes: list[str] = []
    while True:
        scenes += [_scene(rng) for _ in range(5)]
        whole = text + "".join(scenes)
        if len(paginate(parse_fountain(whole.split("\n")))) >= pages:
            return whole


def _scene(rng: np.random.Generator) -> str:
    def one(words: tuple[str, ...]) -> str:
        return words[int(rng.integers(len(words)))]

    parts = [f"{one(('INT.', 'EXT.'))} {one(PLACES)} - {one(TIMES)}\n\n"]
    for _ in range(int(rng.integers(4, 9))):
        if rng.random() < 0.35:
            action = " ".join(
                f"{one(WHO)} {one(DOES)} {one(WHERE)}.".capitalize() for _ in range(int(rng.integers(1, 5)))
            )
            parts.append(f"{action}\n\n")
        aside = "(quietly)\n" if rng.random() < 0.1 else ""
        said = " ".join(one(SAYS).format(one(WHO), one(DOES)) for _ in range(int(rng.integers(1, 4))))
        parts.append(f"{one(PEOPLE)}\n{aside}{said[0].upper()}{said[1:]}\n\n")
    return "".join(parts)
