"""A made-up film in two cuts, for the tests of comparisons: scripts, cues and audiences."""

from __future__ import annotations

from pathlib import Path

from moviemotion.analysis.analyze import Analysis, analyze
from moviemotion.emotions import Emotion
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.alignment.cues import Cue, TimeSource
from moviemotion.screenplay.elements import Element, ElementKind, Screenplay
from tests.analysis.audiences import simulate_timeline

SECONDS_A_LINE = 4
NAN = float("nan")
JOKE = "You cannot even stand in a bathtub, my dear."
SCENES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("EXT. PIER - NIGHT", ("The ferry leaves without us.", "Then we shall learn to swim.", JOKE)),
    (
        "INT. BOAT - NIGHT",
        ("Who packed only the violin?", "It floats, that is why.", "So does the landlord."),
    ),
    ("EXT. ISLAND - DAY", ("Nobody has lived here for years.", "Listen: somebody tunes a piano.")),
)
SAD_END = ("She left the letter on the table.", "I burnt it without reading a word.")
GLAD_END = ("There she comes, with the goat!", "Tell her the soup is nearly ready.")


def script_of(lines: list[tuple[str, tuple[str, ...]]]) -> Screenplay:
    """A screenplay of scenes with their lines of dialogue."""
    elements: list[Element] = []
    for number, (heading, spoken) in enumerate(lines, 1):
        elements.append(Element(ElementKind.SCENE_HEADING, heading, len(elements) + 1, 1, number))
        elements += [
            Element(ElementKind.DIALOGUE, text, len(elements) + 1, 1, number, "OLGA") for text in spoken
        ]
    return Screenplay("The Last Ferry", Path("ferry.fountain"), (), tuple(elements))


def timed(screenplay: Screenplay, start: float = 10, cut: tuple[str, ...] = ()) -> TimedScript:
    """Its lines one after the other, `SECONDS_A_LINE` each; those in `cut` are not in the film."""
    cues, at = [], start
    for k, element in enumerate(screenplay.elements):
        if element.text in cut:
            cues.append(Cue(k, NAN, NAN, TimeSource.CUT, 0.9))
        else:
            cues.append(Cue(k, at, at + SECONDS_A_LINE, TimeSource.SUBTITLES, 0.9))
            at += SECONDS_A_LINE
    return TimedScript(screenplay, tuple(cues), "Times come from the subtitles.")


def time_of(script: TimedScript, text: str) -> int:
    """The film second at which a line starts."""
    return int(next(c.start for c in script.cues if script.screenplay.elements[c.element].text == text))


def screening(
    script: TimedScript | None,
    viewers: int,
    seed: int,
    laughs_at: tuple[int, ...] = (),
    seconds: int = 80,
    strength: float = 0.9,
) -> Analysis:
    """An audience that laughs at the given film seconds and otherwise reacts only individually."""
    shared = tuple((at, at + SECONDS_A_LINE, Emotion.HAPPY, strength) for at in laughs_at)
    return analyze("The Last Ferry", simulate_timeline(viewers, seconds, seed, shared), script, (), seed)
