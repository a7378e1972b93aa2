"""Harder films of a script: what rewriting, editing and subtitling do to it, with known truth.

Each kind of damage makes a film out of utterances, and subtitles of that film. The truth of a line is when
its first remaining words are spoken, regardless of how the subtitles show them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from moviemotion.screenplay.elements import ElementKind, Screenplay

_SYNONYMS = """
big: large huge, get: fetch grab, think: guess believe, look: see watch, guy: man fellow, talk: speak
want: need would like, know: understand, right: correct true, stop: quit, kid: child boy, house: home place
start: begin, kill: murder, money: cash, tell: let know, afraid: scared, sure: certain, really: truly
maybe: perhaps, fast: quick, happen: go on, little: small, car: wagon, crazy: mad, job: work, find: locate
leave: go, call: phone, yes: yeah sure, no: nope nah, hello: hi hey, okay: fine all right, father: dad
mother: mom, woman: lady, hear: listen to, say: tell, great: wonderful fine, never: not ever
"""
_OTHERS = {
    word.strip(): tuple(others.split())
    for word, others in (entry.split(":") for entry in _SYNONYMS.strip().replace("\n", ",").split(","))
}
_CONTRACTED = (
    *(("i am", "I'm"), ("do not", "don't"), ("it is", "it's"), ("can not", "can't"), ("cannot", "can't")),
    *(("you are", "you're"), ("we are", "we're"), ("i will", "I'll"), ("going to", "gonna")),
    *(("that is", "that's"), ("did not", "didn't"), ("want to", "wanna"), ("he is", "he's")),
)
_FILLERS = ("Well,", "Look,", "You know,", "I mean,", "Oh,", "Listen,", "So,", "Hey,", "Now,")
_FILLER = re.compile(r"\b(?:well|look|you know|i mean|oh|listen|so|hey|now|just|really|very|um)\b,? ", re.I)
_SHORT_LINES = ("Yes.", "What?", "No.", "Okay.", "Why?", "Come on.", "Yeah.", "Right.", "Let's go.")
_FOREIGN = "ne var yasun dolma kerim sufle antar mirosh telak vren ostag lumi perto salaniq"
_HEARD = ("[DOOR SLAMS]", "(sighs)", "[tense music playing]", "[phone ringing]", "(CROWD CHEERING)")
_SUBTITLE_LETTERS = 72
_SENTENCES = re.compile(r"(?<=[.?!])\s+")


@dataclass(frozen=True)
class Utterance:
    """One utterance in the film.

    Attributes:
        line: index of its line in `Screenplay.elements`; None if it is not in the script.
        who: the speaker.
        text: the words.
        scene: number of its scene.
        sung: whether it is sung.
    """

    line: int | None
    who: str
    text: str
    scene: int
    sung: bool = False


@dataclass(frozen=True)
class HarderFilm:
    """A SubRip file, and the time at which each line of dialogue is spoken (NaN: nowhere)."""

    srt: str
    starts: dict[int, float]


Utterances = list[Utterance]
Edit = Callable[[Utterances, np.random.Generator], Utterances]


def spoken(screenplay: Screenplay) -> Utterances:
    """The dialogue of a script, unchanged."""
    return [
        Utterance(k, e.character or "", " ".join(e.text.split()), e.scene)
        for k, e in enumerate(screenplay.elements)
        if e.kind is ElementKind.DIALOGUE
    ]


def paraphrased(utterances: Utterances, rng: np.random.Generator, share: float = 0.5) -> Utterances:
    """Rephrase sentences: synonyms, contractions, fillers, dropped words and clauses."""

    def rewritten(sentence: str) -> str:
        for whole, short in _CONTRACTED:
            if rng.random() < 0.5:
                sentence = re.sub(rf"\b{whole}\b", short, sentence, flags=re.I)
            else:
                sentence = re.sub(rf"\b{re.escape(short)}\b", whole, sentence, flags=re.I)
        words = []
        for word in sentence.split():
            others = _OTHERS.get(word.lower().strip(".,?!"))
            chosen = word
            if others and rng.random() < 0.7:
                chosen = str(rng.choice(others)) + ("" if word[-1].isalnum() else word[-1])
            if rng.random() > 0.08:
                words.append(chosen)
        clauses = " ".join(words).split(", ")
        if len(clauses) > 1 and rng.random() < 0.3:
            clauses.pop(int(rng.integers(len(clauses))))
        sentence = ", ".join(clauses)
        return f"{rng.choice(_FILLERS)} {sentence}" if rng.random() < 0.25 else sentence

    found = []
    for each in utterances:
        sentences = [rewritten(s) if rng.random() < share else s for s in _SENTENCES.split(each.text)]
        text = " ".join(s for s in sentences if re.search(r"\w", s))
        found.append(replace(each, text=text or each.text))
    return found


def cut(utterances: Utterances, rng: np.random.Generator, share: float = 0.15) -> Utterances:
    """Cut stretches of one to five lines."""
    gone = np.zeros(len(utterances), bool)
    while gone.mean() < share:
        at = int(rng.integers(len(utterances)))
        gone[at : at + int(rng.integers(1, 6))] = True
    return [each for each, out in zip(utterances, gone, strict=True) if not out]


def reordered(utterances: Utterances, rng: np.random.Generator, share: float = 0.15) -> Utterances:
    """Move complete scenes."""
    scenes = _by_scene(utterances)
    for _ in range(max(1, round(share * len(scenes)))):
        scene = scenes.pop(int(rng.integers(len(scenes))))
        scenes.insert(int(rng.integers(len(scenes) + 1)), scene)
    return [each for scene in scenes for each in scene]


def rewritten(
    utterances: Utterances, rng: np.random.Generator, kept: float = 0.12, replaced: float = 0.12
) -> Utterances:
    """Halve some lines, and replace others by something else."""
    every = [word for each in utterances for word in each.text.split()]
    found = []
    for scene in _by_scene(utterances):
        heard = [word for each in scene for word in each.text.split()]
        for each in scene:
            words, fate = each.text.split(), rng.random()
            if fate < kept:
                own = rng.random(len(words)) < 0.5
                own[int(rng.integers(len(words)))] = True
                text = " ".join(w if o else str(rng.choice(every)) for w, o in zip(words, own, strict=True))
                found.append(replace(each, text=text))
            elif fate < kept + replaced:
                for size in rng.integers(1, 12, int(rng.integers(0, 3))):
                    text = " ".join(str(rng.choice((heard, every)[rng.random() < 0.5])) for _ in range(size))
                    found.append(Utterance(None, each.who, text, each.scene))
            else:
                found.append(each)
    return found


def extended(utterances: Utterances, rng: np.random.Generator, share: float = 0.2) -> Utterances:
    """Add scenes that are not in the script, in the words of the film."""
    every = [word for each in utterances for word in each.text.split()]
    scenes = _by_scene(utterances)
    added = 0
    while added < share * len(utterances):
        texts = [rng.choice(every, n) for n in rng.integers(2, 15, int(rng.integers(4, 20)))]
        scene = [Utterance(None, f"NEW {n % 2}", " ".join(text), -1) for n, text in enumerate(texts)]
        added += len(scene)
        scenes.insert(int(rng.integers(len(scenes) + 1)), scene)
    return [each for scene in scenes for each in scene]


def with_short_lines(utterances: Utterances, rng: np.random.Generator, share: float = 0.25) -> Utterances:
    """Add improvised "Yes.", "What?", "Come on." between the lines."""
    found = []
    for each in utterances:
        found.append(each)
        if rng.random() < share:
            found.append(Utterance(None, "OTHER", str(rng.choice(_SHORT_LINES)), each.scene))
    return found


def foreign(utterances: Utterances, rng: np.random.Generator, share: float = 0.08) -> Utterances:
    """Translate stretches into another language."""
    words = _FOREIGN.split()
    left, found = 0, []
    for each in utterances:
        if not left and rng.random() < share / 3:
            left = int(rng.integers(1, 6))
        if left:
            left -= 1
            text = " ".join(rng.choice(words, max(1, len(each.text.split()))))
            found.append(replace(each, text=f"{text.capitalize()}."))
        else:
            found.append(each)
    return found


def with_songs(utterances: Utterances, rng: np.random.Generator) -> Utterances:
    """Add songs with a chorus, in the words of the film, that are not in the script."""
    every = [word for each in utterances for word in each.text.lower().split()]
    scenes = _by_scene(utterances)
    for _ in range(4):
        verse = [" ".join(rng.choice(every, 6)) for _ in range(4)]
        song = [Utterance(None, "", text, -1, sung=True) for text in (*verse, *verse[:2], *verse)]
        scenes.insert(int(rng.integers(len(scenes) + 1)), song)
    return [each for scene in scenes for each in scene]


def without_a_reel(utterances: Utterances, rng: np.random.Generator, share: float = 0.15) -> Utterances:
    """Remove a stretch of the film."""
    size = round(share * len(utterances))
    at = int(rng.integers(len(utterances) - size))
    return utterances[:at] + utterances[at + size :]


@dataclass(frozen=True)
class Style:
    """How subtitles are made of the utterances.

    Attributes:
        condensed: fillers are dropped, and short subtitles of two speakers are joined with dashes.
        split: subtitles have a third of the usual length.
        marks: there are capitals, italics, names, sounds and music.
        misread: share of the letters l, I, m, 0 and o that text recognition confuses with others.
        speed, offset, drift: film time is divided by `speed`, `offset` seconds are added, and `drift`
            seconds more for each hour.
    """

    condensed: bool = False
    split: bool = False
    marks: bool = False
    misread: float = 0.0
    speed: float = 1.0
    offset: float = 0.0
    drift: float = 0.0


def _by_scene(utterances: Utterances) -> list[Utterances]:
    scenes: list[Utterances] = []
    for each in utterances:
        if not scenes or scenes[-1][0].scene != each.scene:
            scenes.append([])
        scenes[-1].append(each)
    return scenes


def subtitled(
    utterances: Utterances, lines: Sequence[int], style: Style, rng: np.random.Generator
) -> HarderFilm:
    """Speak the utterances one after another, and make subtitles of them."""
    starts = dict.fromkeys(lines, math.nan)
    subtitles: list[tuple[float, float, list[Utterance]]] = []
    clock, scene = 40.0, None
    for each in utterances:
        clock += float(rng.exponential(1.2)) * (rng.random() < 0.6) + 8.0 * (each.scene != scene)
        scene = each.scene
        if each.line is not None:
            starts[each.line] = clock
        for text in _parts(each.text, _SUBTITLE_LETTERS // 3 if style.split else _SUBTITLE_LETTERS):
            end = clock + 0.06 * len(text) + 0.25
            subtitles.append((clock, end, [replace(each, text=text)]))
            clock = end + 0.05
    if style.condensed:
        subtitles = _condensed(subtitles)

    def seen(t: float) -> float:
        return t / style.speed + style.offset + style.drift * t / 3600

    blocks = [
        f"{n}\n{_stamp(seen(start))} --> {_stamp(seen(end))}\n{_written(both, style, rng)}\n"
        for n, (start, end, both) in enumerate(subtitles, 1)
    ]
    return HarderFilm("\n".join(blocks), {k: seen(t) for k, t in starts.items()})


def _parts(text: str, letters: int) -> list[str]:
    parts = [""]
    for word in text.split():
        full = len(parts[-1]) + len(word) >= letters
        if full or (len(parts[-1]) > letters / 2 and parts[-1].endswith((".", "?", "!"))):
            parts.append("")
        parts[-1] = f"{parts[-1]} {word}".strip()
    return parts


def _condensed(
    subtitles: list[tuple[float, float, list[Utterance]]],
) -> list[tuple[float, float, list[Utterance]]]:
    found: list[tuple[float, float, list[Utterance]]] = []
    for start, end, [each] in subtitles:
        short = _FILLER.sub("", each.text)
        short = replace(each, text=short if re.search(r"\w", short) else each.text)
        last = found[-1] if found else None
        together = last is not None and start - last[1] < 0.6 and len(last[2]) == 1 and end - last[0] < 5
        if last is not None and together and last[2][0].who != each.who:
            found[-1] = (last[0], end, [last[2][0], short])
        else:
            found.append((start, end, [short]))
    return found


def _written(both: list[Utterance], style: Style, rng: np.random.Generator) -> str:
    rows = []
    for each in both:
        text = each.text
        if style.marks:
            text = text.upper() if rng.random() < 0.4 else text
            text = f"{each.who.upper()}: {text}" if each.who and rng.random() < 0.15 else text
            text = f"{rng.choice(_HEARD)} {text}" if rng.random() < 0.1 else text
            text = f"<i>{text}</i>" if rng.random() < 0.2 else text
        if style.misread:
            text = "".join(_misread(c, rng) if rng.random() < style.misread else c for c in text)
        text = f"♪ {text} ♪" if each.sung else text
        rows.append(f"- {text}" if len(both) > 1 else text)
    return "\n".join(rows)


def _misread(letter: str, rng: np.random.Generator) -> str:
    return {"l": "I", "I": "l", "m": "rn", "0": "O", "o": "0"}.get(letter, letter)


def _stamp(t: float) -> str:
    ms = round(1000 * t)
    return f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02},{ms % 1000:03}"


_PAL = Style(speed=25 / 23.976, offset=-17.3)
DAMAGE: dict[str, tuple[tuple[Edit, ...], Style]] = {
    "as written": ((), Style()),
    "paraphrased": ((paraphrased, cut), Style()),
    "rewritten": ((rewritten, cut), Style()),
    "condensed, two speakers in a subtitle": ((cut,), Style(condensed=True)),
    "subtitles split in three": ((cut,), Style(split=True)),
    "capitals, italics, names, sounds": ((cut,), Style(marks=True)),
    "letters misread": ((cut,), Style(misread=0.15)),
    "scenes reordered": ((reordered, cut), Style()),
    "scenes added": ((extended, cut), Style()),
    "short lines improvised": ((with_short_lines, cut), Style()),
    "songs": ((with_songs, cut), Style()),
    "foreign lines": ((foreign, cut), Style()),
    "another frame rate, offset and drift": ((cut,), replace(_PAL, drift=4.0)),
    "a reel missing": ((without_a_reel, cut), Style()),
    "all of it, mildly": (
        (
            lambda utterances, rng: paraphrased(utterances, rng, 0.25),
            lambda utterances, rng: rewritten(utterances, rng, 0.04, 0.04),
            lambda utterances, rng: reordered(utterances, rng, 0.07),
            lambda utterances, rng: extended(utterances, rng, 0.08),
            lambda utterances, rng: with_short_lines(utterances, rng, 0.08),
            lambda utterances, rng: foreign(utterances, rng, 0.02),
            cut,
        ),
        replace(_PAL, condensed=True, misread=0.03, drift=4.0),
    ),
}


def harder_film(screenplay: Screenplay, damage: str, seed: int) -> HarderFilm:
    """A film of a script with one kind of `DAMAGE`."""
    rng = np.random.default_rng(seed)
    utterances = spoken(screenplay)
    lines = [each.line for each in utterances if each.line is not None]
    edits, style = DAMAGE[damage]
    for edit in edits:
        utterances = edit(utterances, rng)
    return subtitled(utterances, lines, style, rng)
