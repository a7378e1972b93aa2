"""Lines that are cut, moved, repeated or rewritten in the film; stated probabilities must be right."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from odd_cases.films import Cue, Play, Speech, count_lines, cues_of, fountain, make_play, report, srt
from odd_cases.oracle import Case, Result, Verdict

MIN_SURE_RIGHT = 0.9
"""Smallest share of the lines that are sure of themselves that must be right."""
MIN_FOUND = 0.85
"""Smallest share of the spoken lines with a right time; fewer is a report of doubt, not a right result."""


def _changed(play: Play, change: Callable[[int, Speech], Speech]) -> Play:
    scenes, k = [], 0
    for scene in play.scenes:
        speeches = []
        for speech in scene.speeches:
            speeches.append(change(k, speech))
            k += 1
        scenes.append(replace(scene, speeches=tuple(speeches)))
    return replace(play, scenes=tuple(scenes))


def _judge(folder: Path, play: Play, cues: list[Cue] | None = None) -> Result:
    (script := folder / "film.fountain").write_text(fountain(play), encoding="utf-8")
    ordered = sorted(cues_of(play) if cues is None else cues, key=lambda cue: cue.start)
    (folder / "film.srt").write_text(srt(ordered), encoding="utf-8")
    run = report(folder, play.seconds, script, "--subtitles", folder / "film.srt")
    if run.code:
        return Result(Verdict.CRASHED if run.code == -1 else Verdict.SILENT, run.last_error())
    counts = count_lines(run, play)
    if counts.sure_right < MIN_SURE_RIGHT * counts.sure:
        return Result(Verdict.SILENT, str(counts))
    enough = counts.right >= MIN_FOUND * counts.spoken
    return Result(Verdict.RIGHT if enough else Verdict.REPORTED, str(counts))


def _film() -> Play:
    return make_play(scenes=24, speeches=9, seed=21)


def cut_with_echoes(folder: Path) -> Result:
    """Every eighth line is cut; elsewhere, the film has a new line with four of its words."""
    play = _film()
    echoes = []

    def change(k: int, speech: Speech) -> Speech:
        if k % 8 != 3:
            return speech
        words = speech.text.rstrip(".").split()
        if len(words) >= 5:
            at = (speech.start + play.seconds / 2) % play.seconds
            echoes.append(Cue(at, at + 1.5, " ".join(words[:4]) + " indeed."))
        return replace(speech, start=math.nan)

    cut = _changed(play, change)
    return _judge(folder, cut, [*cues_of(cut), *echoes])


def refrain(folder: Path) -> Result:
    """One speech four times in the script; the second and the third are cut."""

    def change(k: int, speech: Speech) -> Speech:
        if k not in (20, 70, 120, 180):
            return speech
        words = "Nobody leaves the harbor before the old bell has rung."
        return replace(speech, text=words, start=math.nan if k in (70, 120) else speech.start)

    return _judge(folder, _changed(_film(), change))


def scenes_exchanged(folder: Path) -> Result:
    """The fourth and the twelfth scene change places in the film."""
    play = _film()
    first, second = play.scenes[3], play.scenes[11]
    shift = second.speeches[0].start - first.speeches[0].start

    def moved(k: int, speech: Speech) -> Speech:
        number = k // 9
        by = shift if number == 3 else -shift if number == 11 else 0.0
        return replace(speech, start=speech.start + by)

    return _judge(folder, _changed(play, moved))


def half_cut(folder: Path) -> Result:
    rng = np.random.default_rng(4)
    gone = rng.random(24 * 9) < 0.5
    return _judge(folder, _changed(_film(), lambda k, s: replace(s, start=math.nan) if gone[k] else s))


def short_answers(folder: Path) -> Result:
    rng = np.random.default_rng(5)
    answers = rng.choice(["Yes.", "No.", "What?", "I know.", "Come on."], 24 * 9)
    short, gone = rng.random(24 * 9) < 0.4, rng.random(24 * 9) < 0.2

    def change(k: int, speech: Speech) -> Speech:
        if not short[k]:
            return speech
        return replace(speech, text=str(answers[k]), start=math.nan if gone[k] else speech.start)

    return _judge(folder, _changed(_film(), change))


def voice_over(folder: Path) -> Result:
    """Six single lines are spoken at the beginning of the film instead of in their scenes."""
    chosen = {30 * k + 15: 1.0 + 1.8 * k for k in range(1, 7)}
    return _judge(folder, _changed(_film(), lambda k, s: replace(s, start=chosen[k]) if k in chosen else s))


def improvised(folder: Path) -> Result:
    rng, play = np.random.default_rng(6), _film()
    cues = []
    for cue in cues_of(play):
        words = cue.text.rstrip(".").split()
        said = [f"x{word[::-1]}" if rng.random() < 0.35 else word for word in words]
        cues.append(replace(cue, text=" ".join(said) + "."))
    return _judge(folder, play, cues)


def as_written(folder: Path) -> Result:
    return _judge(folder, _film())


CASES = [
    Case("alignment", name, built, judge, control)
    for name, judge, built, control in (
        ("cut_with_echoes", cut_with_echoes, "lines are cut, some of their words are said elsewhere", False),
        ("refrain", refrain, "one speech four times in the script, twice in the film", False),
        ("scenes_exchanged", scenes_exchanged, "two scenes change places", False),
        ("half_cut", half_cut, "every second line is cut", False),
        ("short_answers", short_answers, "two lines of five are short answers, some are cut", False),
        ("voice_over", voice_over, "six single lines are moved to the beginning", False),
        ("improvised", improvised, "a third of all words are other ones", False),
        ("as_written", as_written, "the film follows the script", True),
    )
]
