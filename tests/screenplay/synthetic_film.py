"""A synthetic film: a screenplay and its subtitles with known times, and ways to change them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from moviemotion.screenplay.elements import Element, ElementKind, Screenplay
from moviemotion.screenplay.subtitles.parse import Subtitle

COMMON_WORDS = """
the you i to a it and that of is in what we me this he for my on have your do no be not are with was
dont know its all im get there just like go right here out now up so they if can come one about good
him how she want at yes well oh but will as think see did who say why us when take time her man
"""
COMMON = COMMON_WORDS.split()


@dataclass(frozen=True)
class Film:
    """A screenplay, its subtitles, and the true start of each line of dialogue (NaN if not in the film)."""

    screenplay: Screenplay
    subtitles: tuple[Subtitle, ...]
    starts: dict[int, float]


def make_film(lines: int, seed: int, pause: float = 1.5) -> Film:
    """A film of `lines` lines: common words as frequent as in speech, and rarer ones that only this film
    has."""
    rng = np.random.default_rng(seed)
    letters = np.array(list("bcdfglmnprst")), np.array(list("aeiou"))
    rare = ["".join(rng.choice(letters[k % 2]) for k in range(rng.integers(4, 9))) for _ in range(600)]
    words = np.array(COMMON + rare)
    weight = 1 / (np.arange(len(words)) + 5.0)
    elements: list[Element] = []
    subtitles: list[Subtitle] = []
    starts: dict[int, float] = {}
    clock, row, scene = 5.0, 1, 0
    for number in range(lines):
        if number % 8 == 0:
            scene += 1
            clock += 6.0
            elements.append(Element(ElementKind.SCENE_HEADING, f"INT. ROOM {scene} - DAY", row, 1, scene))
            elements.append(Element(ElementKind.ACTION, "Someone comes in and waits.", row + 2, 1, scene))
            row += 4
        text = " ".join(rng.choice(words, rng.integers(2, 15), p=weight / weight.sum()))
        who = ("ANNA", "BO")[number % 2]
        elements.append(Element(ElementKind.CHARACTER, who, row, 1, scene, who))
        elements.append(Element(ElementKind.DIALOGUE, text, row + 1, 1, scene, who))
        row += 3
        length = 0.3 * len(text.split()) + 0.5
        starts[len(elements) - 1] = clock
        subtitles.append(Subtitle(clock, clock + length, text))
        clock += length + float(rng.exponential(pause))
    screenplay = Screenplay("Film", Path("film.fountain"), ("",) * row, tuple(elements))
    return Film(screenplay, tuple(subtitles), starts)


def with_words_changed(film: Film, share: float, seed: int) -> Film:
    """The same film with a share of the words in its subtitles replaced."""
    rng = np.random.default_rng(seed)
    subtitles = []
    for subtitle in film.subtitles:
        words = [str(rng.choice(COMMON)) if rng.random() < share else word for word in subtitle.text.split()]
        subtitles.append(replace(subtitle, text=" ".join(words)))
    return replace(film, subtitles=tuple(subtitles))
