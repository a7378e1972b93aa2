"""Invented films: a play with known scenes, speeches and times; and studies of the films' length."""

from __future__ import annotations

import math
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from odd_cases.oracle import (
    Result,
    Run,
    Verdict,
    as_json,
    command,
    judge_refusal,
    matching,
    told_lines,
)

PLACES = (
    *("FERRY", "HARBOR", "KITCHEN", "ATTIC", "TRAIN STATION"),
    *("GARDEN", "HOTEL LOBBY", "BRIDGE", "LIBRARY", "CELLAR"),
)
SPEAKERS = ("MILA", "TOMAS", "DR. HALE", "OLD SAILOR")
_SYLLABLES = "ba de fi go lu ma ne po ri sa te vo wen dor lim ker tan mol pir sun hal bre cos fen gra"
_COMMON = """the you i to a it and that of is in what we me this he for my on have your do no be not are with
was know all get there just like go right here out now up so they if can come one about good him how she want
at yes well but will as think see did who say why us when take time her man"""
MAX_LATE = 1.0
"""Seconds by which the time of a line may be wrong."""
MIN_RIGHT = 0.98
"""Smallest share of the scenes, speeches or times that must be right."""
SURE = 0.9
"""Stated probability from which a line counts as sure of itself."""


@dataclass(frozen=True)
class Speech:
    """Who says what; `start` is the film time in seconds, NaN if it is not in the film."""

    speaker: str
    text: str
    note: str = ""
    start: float = math.nan


@dataclass(frozen=True)
class Scene:
    """A heading, an action and speeches."""

    inside: bool
    place: str
    night: bool
    action: str
    speeches: tuple[Speech, ...]

    @property
    def heading(self) -> str:
        """The heading in English."""
        return f"{'INT.' if self.inside else 'EXT.'} {self.place} - {'NIGHT' if self.night else 'DAY'}"


@dataclass(frozen=True)
class Play:
    """A script whose scenes and speeches are known."""

    title: str
    scenes: tuple[Scene, ...]
    seconds: float = field(default=0.0)

    @property
    def speeches(self) -> tuple[Speech, ...]:
        """All speeches in the script's order."""
        return tuple(speech for scene in self.scenes for speech in scene.speeches)


def make_play(scenes: int = 8, speeches: int = 7, seed: int = 1, pause: float = 2.0) -> Play:
    """Invent a play; words are common ones as in speech, and rare ones that only this film has."""
    rng = np.random.default_rng(seed)
    rare = ["".join(rng.choice(_SYLLABLES.split(), rng.integers(2, 4))) for _ in range(500)]
    words = np.array([*_COMMON.split(), *rare])
    weights = 1 / (np.arange(len(words)) + 5.0)
    clock, made = 6.0, []
    for number in range(scenes):
        clock += 6.0
        said = []
        for k in range(speeches):
            count = int(rng.integers(3, 14))
            text = " ".join(rng.choice(words, count, p=weights / weights.sum())).capitalize() + "."
            note = "quietly" if rng.random() < 0.15 else ""
            who = SPEAKERS[(k + number) % 2 + 2 * (rng.random() < 0.2)]
            said.append(Speech(who, text, note, round(clock, 3)))
            clock += 0.3 * count + 0.5 + float(rng.exponential(pause)) + 0.1
        place = f"{PLACES[number % len(PLACES)]}{'' if number < len(PLACES) else f' {number}'}"
        action = "Somebody comes in, shuts the door and waits for a while at the window."
        made.append(Scene(bool(rng.random() < 0.6), place, bool(rng.random() < 0.5), action, tuple(said)))
    return Play("The Last Ferry", tuple(made), clock + 20)


def fountain(
    play: Play,
    heading: Callable[[int, Scene], str] = lambda _, scene: scene.heading,
    cue: Callable[[int, str], str] = lambda _, who: who,
    words: Callable[[str], str] = str,
    action: Callable[[str], str] = str,
    front: str | None = None,
) -> str:
    """Print a play as Fountain; numbers count from 0."""
    lines = [f"Title: {play.title}\n" if front is None else front]
    k = 0
    for number, scene in enumerate(play.scenes):
        lines += [f"\n{heading(number, scene)}\n", f"{action(scene.action)}\n"]
        for speech in scene.speeches:
            note = f"({speech.note})\n" if speech.note else ""
            lines.append(f"{cue(k, speech.speaker)}\n{note}{words(speech.text)}\n")
            k += 1
    return "\n".join(lines)


def printed(
    play: Play,
    columns: tuple[int, int, int, int] = (10, 10, 30, 20),
    heading: Callable[[int, Scene], str] = lambda _, scene: scene.heading,
    cue: Callable[[int, str], str] = lambda _, who: who,
    space: str = " ",
    blank_after_cue: bool = False,
) -> list[str]:
    """Print a play as lines of plain text, with heading, action, cue and dialogue in columns."""
    at_heading, at_action, at_cue, at_words = (space * column for column in columns)
    lines, k = [at_cue + play.title.upper(), ""], 0
    for number, scene in enumerate(play.scenes):
        lines += ["", at_heading + heading(number, scene), "", at_action + scene.action]
        for speech in scene.speeches:
            lines += ["", at_cue + cue(k, speech.speaker), *([""] if blank_after_cue else [])]
            lines += [f"{at_words}({speech.note})"] * bool(speech.note)
            lines += [at_words + row for row in wrapped(speech.text, 35)]
            k += 1
    return lines


def wrapped(text: str, width: int) -> list[str]:
    """Wrap a text."""
    rows = [""]
    for word in text.split():
        if rows[-1] and len(rows[-1]) + 1 + len(word) > width:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}".strip()
    return rows


@lru_cache(maxsize=4)
def _simulated(seconds: int) -> Path:
    """A simulated study of six viewers, as long as a film; copied for each case."""
    folder = Path(tempfile.mkdtemp(prefix="odd-inputs-"))
    events = folder / "events.csv"
    events.write_text(f"start,end,emotion,strength\n{seconds // 2},{seconds // 2 + 6},happy,0.9\n")
    minutes = f"{seconds / 60:.4f}"
    done = command(
        folder / "study",
        *("simulate", "--emotion-script", events, "--out", folder / "study"),
        *("--viewers", "6", "--minutes", minutes),
    )
    if done.code:
        raise RuntimeError(done.err)
    return folder / "study"


def clean_up() -> None:
    """Remove the simulated studies."""
    for seconds in _known_lengths:
        shutil.rmtree(_simulated(seconds).parent, ignore_errors=True)
    _known_lengths.clear()
    _simulated.cache_clear()


_known_lengths: set[int] = set()


def report(folder: Path, seconds: float, script: Path, *options: str | Path) -> Run:
    """Report a study of a film of the given length with a script."""
    length = int(-(-seconds // 1))
    _known_lengths.add(length)
    study = folder / "study"
    shutil.copytree(_simulated(length), study)
    return command(study, "report", study, "--script", script, *options)


def timed_script(run: Run) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The elements and cues that a study stores; empty if there are none."""
    script = as_json(run.study / "provenance.json").get("script")
    return (script["screenplay"]["elements"], script["cues"]) if script else ([], [])


def _plain(text: str) -> str:
    text = "".join(c for c in text if unicodedata.category(c) != "Cf")
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def _matched(expected: Sequence[object], read: Sequence[object]) -> int:
    blocks = SequenceMatcher(None, expected, read, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks)


def judge_script(run: Run, play: Play, cause: str, file: str = "") -> Result:
    """Whether a script was read with its scenes, speeches and speakers; see `judge_screening`."""
    if run.code == -1:
        return Result(Verdict.CRASHED, run.last_error())
    if run.code == 2:
        return judge_script_refusal(run, cause, file)
    right, seen = compare_script(run, play)
    named = matching(told_lines(run), cause)
    if right:
        return Result(Verdict.RIGHT, "; ".join([seen, *named[:1]]))
    if named:
        return Result(Verdict.REPORTED, named[0])
    return Result(Verdict.SILENT, f"{seen}; {' | '.join(told_lines(run))} (exit {run.code})")


def judge_script_refusal(run: Run, cause: str, file: str) -> Result:
    """Judge a refused script; the study itself exists, but its outputs must not."""
    if any((run.study / name).exists() for name in ("report.html", "provenance.json")):
        return Result(Verdict.SILENT, f"refused, but wrote files: {run.last_error()}")
    return judge_refusal(replace(run, study=run.study / "outputs"), cause, file)


def judge_script_control(run: Run, play: Play) -> Result:
    """Judge a harmless script."""
    if run.code == -1:
        return Result(Verdict.CRASHED, run.last_error())
    right, seen = compare_script(run, play)
    if not right:
        return Result(Verdict.SILENT, f"{seen}; {run.last_error()} (exit {run.code})")
    alarms = [told.text for told in run.told if told.harm != "note"]
    if alarms or run.code:
        return Result(Verdict.FALSE_ALARM, f"exit {run.code}; {' | '.join(alarms)}")
    return Result(Verdict.RIGHT, seen)


def compare_script(run: Run, play: Play) -> tuple[bool, str]:
    """Whether scenes, speeches and speakers are those of the play; and the counts in words."""
    elements, _ = timed_script(run)
    scenes = sum(element["kind"] == "scene heading" for element in elements)
    spoken = [e for e in elements if e["kind"] in ("dialogue", "lyrics")]
    read: list[tuple[str, str]] = []
    for element in spoken:
        who, text = _plain(element["character"] or ""), _plain(element["text"])
        follows = bool(read) and read[-1][0] == who and len(read) > 0
        expected = play.speeches[len(read) - 1] if 0 < len(read) <= len(play.speeches) else None
        if follows and expected and _plain(expected.text).startswith(f"{read[-1][1]} {text}"):
            read[-1] = who, f"{read[-1][1]} {text}"
        else:
            read.append((who, text))
    wanted = [(_plain(speech.speaker), _plain(speech.text)) for speech in play.speeches]
    same = _matched(wanted, read)
    speakers = {who for who, _ in read}
    seen = (
        f"{scenes} of {len(play.scenes)} scenes, {same} of {len(wanted)} speeches ({len(read)} read), "
        f"{len(speakers)} speakers"
    )
    right = (
        scenes == len(play.scenes)
        and same >= MIN_RIGHT * len(wanted)
        and len(read) <= len(wanted) / MIN_RIGHT
        and speakers == {who for who, _ in wanted}
    )
    return right, seen


@dataclass(frozen=True)
class Cue:
    """A subtitle: start and end in seconds, and the text."""

    start: float
    end: float
    text: str


def cues_of(play: Play) -> list[Cue]:
    """The right subtitles of a film, in the film's order."""
    said = [s for s in play.speeches if not math.isnan(s.start)]
    return sorted(
        (Cue(s.start, s.start + 0.3 * len(s.text.split()) + 0.5, s.text) for s in said),
        key=lambda cue: cue.start,
    )


def stamp(seconds: float, point: str = ",") -> str:
    """SubRip's time stamp."""
    sign, total = ("-" if seconds < 0 else ""), round(abs(seconds) * 1000)
    clock = f"{total // 3_600_000:02}:{total // 60_000 % 60:02}:{total // 1000 % 60:02}"
    return f"{sign}{clock}{point}{total % 1000:03}"


def srt(cues: Iterable[Cue], first: int = 1, time: Callable[[float], str] = stamp) -> str:
    """Write subtitles as SubRip."""
    return "\n".join(f"{n}\n{time(c.start)} --> {time(c.end)}\n{c.text}\n" for n, c in enumerate(cues, first))


@dataclass(frozen=True)
class LineCounts:
    """The times of a play's lines.

    Attributes:
        spoken, right: lines that are in the film, and those timed by subtitles within `MAX_LATE`.
        wrong: lines with a time from subtitles that is wrong, or that are not in the film.
        cut: lines in the film that are said not to be.
        sure, sure_right: lines with a stated probability of at least `SURE`, and how many of these are right.
        worst: largest error in seconds.
    """

    spoken: int
    right: int
    wrong: int
    cut: int
    sure: int
    sure_right: int
    worst: float

    def __str__(self) -> str:
        return (
            f"{self.right} of {self.spoken} lines right, {self.wrong} wrong (by up to {self.worst:.0f} s), "
            f"{self.cut} called cut; {self.sure_right} of {self.sure} sure ones right"
        )


def count_lines(run: Run, play: Play) -> LineCounts:
    """Compare the lines' times with the truth."""
    elements, cues = timed_script(run)
    spoken = [(e, c) for e, c in zip(elements, cues, strict=True) if e["kind"] in ("dialogue", "lyrics")]
    right = wrong = cut = sure = sure_right = 0
    worst = 0.0
    for speech, (_, cue) in zip(play.speeches, spoken, strict=False):
        present = not math.isnan(speech.start)
        stated = cue["source"] in ("subtitles", "not in the film") and cue["confidence"] >= SURE
        if cue["source"] == "not in the film":
            good = not present
            cut += present
        elif cue["source"] == "subtitles":
            error = abs(cue["start"] - speech.start) if present else math.inf
            good = error <= MAX_LATE
            right, wrong = right + good, wrong + (not good)
            worst = max(worst, error if present else 0.0)
        else:
            continue
        sure, sure_right = sure + stated, sure_right + (stated and good)
    total = sum(not math.isnan(speech.start) for speech in play.speeches)
    return LineCounts(total, right, wrong, cut, sure, sure_right, worst)


def judge_times(run: Run, play: Play, cause: str, file: str = "", control: bool = False) -> Result:
    """Whether the lines have the right times; see `judge_screening`."""
    if run.code == -1:
        return Result(Verdict.CRASHED, run.last_error())
    if run.code == 2:
        return judge_script_refusal(run, cause, file)
    counts = count_lines(run, play)
    right = counts.right >= 0.95 * counts.spoken and counts.wrong + counts.cut <= 0.02 * counts.spoken
    named = matching(told_lines(run), cause)
    alarms = [told.text for told in run.told if told.harm != "note"]
    if right and control and (alarms or run.code):
        return Result(Verdict.FALSE_ALARM, f"exit {run.code}; {' | '.join(alarms)}")
    if right:
        return Result(Verdict.RIGHT, "; ".join([str(counts), *named[:1]]))
    if named:
        return Result(Verdict.REPORTED, named[0])
    return Result(Verdict.SILENT, f"{counts}; {' | '.join(told_lines(run))} (exit {run.code})")
