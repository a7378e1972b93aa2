"""Judge what the program makes of an odd input whose truth is known.

A result is *right* if it agrees with the truth, *reported* if a problem names the true cause, and *refused*
if nothing was written and one line names the file and a remedy. Anything else is silent and wrong. A control,
an input that only looks odd, must be right and must not be reported as a problem.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from moviemotion.cli import commands
from moviemotion.problems import Harm

MAX_BIAS = 0.05
"""Largest difference of the mean probability of any emotion between a result and the plain recording."""
MAX_ERROR = 0.08
"""Largest mean difference, over the seconds, of the emotion that differs most in that second."""
MIN_SEEN = 0.85
"""Smallest share of the plain recording's seconds in which the viewer must be seen."""
MAX_LAG = 8
"""Seconds by which readings may seem to be late or early; at no lag may they fit much better than at none."""
EDGE_SECONDS = 1
"""Seconds at either end of a person's time that are not compared: the timeline is smoothed."""
SILENT_CAMERAS = r"clock could not be compared"
"""Said of cameras without sound that are too short to compare the screen's light: nothing is known then."""
CRASHED = -1
"""Exit code of a run that ended with a traceback."""

ABOUT_THE_PERSON = "hardly ever at rest"
"""Words of a problem that the plain recordings have too: these people make faces all the time."""


class Verdict(StrEnum):
    """What came out of an odd input."""

    RIGHT = "right"
    REPORTED = "reported"
    REFUSED = "refused"
    SILENT = "SILENT AND WRONG"
    FALSE_ALARM = "FALSE ALARM"
    CRASHED = "CRASHED"
    SKIPPED = "skipped"


FAILURES = (Verdict.SILENT, Verdict.FALSE_ALARM, Verdict.CRASHED)


@dataclass(frozen=True)
class Result:
    """A verdict and what was seen."""

    verdict: Verdict
    seen: str


@dataclass(frozen=True)
class Case:
    """An odd input.

    Attributes:
        kind, name: `--only` selects by these.
        built: what was built, for the table.
        judge: builds the input in an empty folder, runs the program and judges what comes out.
        control: the input is harmless, so nothing may be reported.
    """

    kind: str
    name: str
    built: str
    judge: Callable[[Path], Result]
    control: bool = False


class SkippedError(Exception):
    """The case needs something that is absent."""


@dataclass(frozen=True)
class Told:
    """A problem as the program told it; `harm` is empty for versions that did not rank problems."""

    harm: str
    text: str


@dataclass(frozen=True)
class Run:
    """A finished command.

    Attributes:
        code: exit code.
        out, err: what was printed.
        study: the study folder.
    """

    code: int
    out: str
    err: str
    study: Path

    @property
    def told(self) -> tuple[Told, ...]:
        """The problems in the study's machine-readable list."""
        path = self.study / "moments.json"
        if not path.is_file():
            return ()
        problems = json.loads(path.read_text(encoding="utf-8"))["problems"]
        told = (
            Told("", p) if isinstance(p, str) else Told(p["harm"], f"{p['subject']}: {p['text']}")
            for p in problems
        )
        return tuple(one for one in told if ABOUT_THE_PERSON not in one.text)

    def last_error(self) -> str:
        """The last line on stderr that is not a progress bar."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        return lines[-1] if lines else ""


def command(study: Path, *words: str | Path) -> Run:
    """Run a command in this process; `study` is the folder that it writes."""
    out, err, argv = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["moviemotion", *map(str, words)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = commands.run()
            except SystemExit as stopped:
                code = int(stopped.code or 0)
            except Exception:  # a traceback is a verdict
                code = CRASHED
                traceback.print_exc()
    finally:
        sys.argv = argv
    return Run(code, out.getvalue(), err.getvalue(), study)


def screen(folder: Path, videos: Sequence[Path], *options: str | Path) -> Run:
    """Screen recordings into `folder`/study."""
    study = folder / "study"
    return command(study, "screen", *videos, "--out", study, *options)


@dataclass(frozen=True)
class Person:
    """A person who must be one viewer.

    Attributes:
        readings: (n, 8) emotion probabilities of the plain recording, one row per second.
        start: film second of the first row.
    """

    readings: NDArray[np.float32]
    start: int = 0

    @property
    def end(self) -> int:
        """Film second after the last row."""
        return self.start + len(self.readings)


@dataclass(frozen=True)
class Viewer:
    """A viewer of a study: name, and (S, 8) probabilities from film second 0 on, NaN where not seen."""

    name: str
    readings: NDArray[np.float32]

    @property
    def seconds(self) -> NDArray[np.intp]:
        """The film seconds in which the viewer was seen."""
        return np.flatnonzero(~np.isnan(self.readings[:, 0]))


def viewers_of(study: Path) -> tuple[Viewer, ...]:
    """The viewers that count in a study, from its timeline.csv."""
    path = study / "timeline.csv"
    if not path.is_file():
        return ()
    header, *rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    first = header.index("neutral")
    names = dict.fromkeys(row[0] for row in rows)
    length = 1 + max((int(row[1]) for row in rows), default=0)
    found = {name: np.full((length, 8), np.nan, np.float32) for name in names}
    for row in rows:
        if row[first] and int(row[1]) >= 0:
            found[row[0]][int(row[1])] = [float(value or "nan") for value in row[first : first + 8]]
    return tuple(Viewer(name, readings) for name, readings in found.items())


@dataclass(frozen=True)
class Fit:
    """How a viewer differs from a person: see `MAX_BIAS`, `MAX_ERROR` and `MIN_SEEN`.

    Attributes:
        outside: seconds in which the viewer was seen and the person was not.
        lag: seconds by which the readings come late, if they fit much better then.
    """

    bias: float
    error: float
    seen: float
    outside: int
    lag: int = 0

    @property
    def is_right(self) -> bool:
        """Whether the viewer has this person's readings at the right seconds, and no others."""
        return (
            self.bias <= MAX_BIAS
            and self.error <= MAX_ERROR
            and self.seen >= MIN_SEEN
            and self.outside <= 2 * EDGE_SECONDS
            and self.lag == 0
        )

    def __str__(self) -> str:
        more = f", {self.outside} s at other times" if self.outside else ""
        more += f", {self.lag:+d} s late" if self.lag else ""
        return f"bias {self.bias:.2f}, error {self.error:.2f}, seen {self.seen:.0%}{more}"


def fit(person: Person, viewer: Viewer) -> Fit:
    """Compare a viewer with a person."""
    known = {
        second: person.readings[second - person.start]
        for second in range(person.start, person.end)
        if not np.isnan(person.readings[second - person.start, 0])
    }
    inner = [s for s in known if person.start + EDGE_SECONDS <= s < person.end - EDGE_SECONDS]
    seen = set(viewer.seconds.tolist())
    outside = len(seen - set(known))
    both = [second for second in inner if second in seen]
    if not both:
        return Fit(1.0, 1.0, 0.0, outside)
    differ = viewer.readings[both] - np.stack([known[second] for second in both])
    error = float(np.abs(differ).max(1).mean())
    return Fit(
        float(np.abs(differ.mean(0)).max()),
        error,
        len(both) / max(len(inner), 1),
        outside,
        _lag(known, inner, viewer, error),
    )


def _lag(known: dict[int, NDArray[np.float32]], inner: list[int], viewer: Viewer, error: float) -> int:
    """The lag at which the readings fit much better than at none; 0 if there is none."""
    best, lag = 0.5 * max(error, 0.04), 0
    for shift in range(-MAX_LAG, MAX_LAG + 1):
        there = [s for s in inner if 0 <= s + shift < len(viewer.readings)]
        there = [s for s in there if not np.isnan(viewer.readings[s + shift, 0])]
        if len(there) < max(5, 0.5 * len(inner)):
            continue
        differ = viewer.readings[[s + shift for s in there]] - np.stack([known[s] for s in there])
        if (shifted := float(np.abs(differ).max(1).mean())) < best:
            best, lag = shifted, shift
    return lag


def compare_people(people: Sequence[Person], viewers: Sequence[Viewer]) -> tuple[bool, str]:
    """Whether each person is one viewer with the right readings; and the differences in words."""
    if not viewers or not people:
        return len(viewers) == len(people), f"{len(viewers)} viewers of {len(people)}"
    fits = [[fit(person, viewer) for viewer in viewers] for person in people]
    costs = [[f.error + f.bias + 1 - f.seen for f in row] for row in fits]
    rows, columns = linear_sum_assignment(np.array(costs))
    chosen = [fits[row][column] for row, column in zip(rows, columns, strict=True)]
    right = len(viewers) == len(people) and all(f.is_right for f in chosen)
    worst = max(chosen, key=lambda f: (not f.is_right, f.error))
    return right, f"{len(viewers)} viewers of {len(people)}; {worst}"


def judge_screening(
    run: Run, people: Sequence[Person], cause: str, remedy_file: str = "", exact_viewers: bool = True
) -> Result:
    """Judge a screening.

    Args:
        run: the finished command.
        people: who must be seen; empty if nobody can be.
        cause: a regular expression that only a message with the true cause matches.
        remedy_file: a file name that a refusal must contain.
        exact_viewers: if false, further viewers are no fault.
    """
    if run.code == CRASHED:
        return Result(Verdict.CRASHED, run.last_error())
    told = told_lines(run)
    if run.code == 2:
        return judge_refusal(run, cause, remedy_file)
    viewers = viewers_of(run.study)
    right, seen = compare_people(people, viewers if exact_viewers else viewers[: len(people)])
    if right:
        return Result(Verdict.RIGHT, "; ".join([seen, *matching(told, cause)[:1]]))
    if named := matching(told, cause):
        return Result(Verdict.REPORTED, named[0])
    others = f"; told only: {' | '.join(told)}" if told else ""
    return Result(Verdict.SILENT, f"{seen}{others} (exit {run.code})")


def told_lines(run: Run) -> tuple[str, ...]:
    """All problems that a run told, in its list and in the terminal."""
    marked = [line.strip() for line in run.out.splitlines() if line.strip().startswith("!")]
    clocks = [line.strip() for line in run.out.splitlines() if line.startswith("Clocks")]
    errors = [line for line in run.err.splitlines() if ": " in line]
    lines = dict.fromkeys([*(t.text for t in run.told), *marked, *clocks, *errors])
    return tuple(without_folders(line) for line in lines if ABOUT_THE_PERSON not in line)


def without_folders(line: str) -> str:
    """Leave out the folders of file names, which may contain the words of a cause."""
    return re.sub(r"[^\s:]*/(?=[^/\s])", "", line)


def matching(lines: Sequence[str], cause: str) -> list[str]:
    """The lines that name the cause."""
    return [line for line in lines if re.search(cause, line, re.IGNORECASE)]


def judge_refusal(run: Run, cause: str, file: str = "") -> Result:
    """Judge a command that ended with exit code 2."""
    line = without_folders(run.last_error())
    if (run.study / "moments.json").exists() or (run.study / "study.json").exists():
        return Result(Verdict.SILENT, f"refused, but wrote files: {line}")
    if not matching([without_folders(line) for line in run.err.splitlines()], cause):
        return Result(Verdict.SILENT, f"refused for another reason: {line}")
    if file not in run.err or ";" not in run.err:
        return Result(Verdict.SILENT, f"refused without file or remedy: {line}")
    return Result(Verdict.REFUSED, line)


def judge_control(run: Run, people: Sequence[Person], true_of_all: str = "^$") -> Result:
    """Judge a harmless input: right, exit code 0, and no problem that asks for anything to be done.

    Args:
        true_of_all: a regular expression for problems that all such recordings have.
    """
    if run.code == CRASHED:
        return Result(Verdict.CRASHED, run.last_error())
    right, seen = compare_people(people, viewers_of(run.study))
    if not right:
        return Result(Verdict.SILENT, f"{seen}; {' | '.join(told_lines(run))} (exit {run.code})")
    told = [told.text for told in run.told if told.harm != Harm.NOTE]
    alarms = [line for line in told if not matching([line], true_of_all)]
    if alarms or run.code:
        return Result(Verdict.FALSE_ALARM, f"exit {run.code}; {' | '.join(alarms)}")
    return Result(Verdict.RIGHT, seen)


def table(rows: Sequence[tuple[Case, Result]]) -> str:
    """The Markdown table of all cases."""
    lines = ["| kind | input | what was built | verdict | what came out |", "| --- | --- | --- | --- | --- |"]
    for case, result in rows:
        seen = without_folders(result.seen).replace("|", "/").replace("\n", " ")
        built = f"{case.built} (control)" if case.control else case.built
        lines.append(f"| {case.kind} | {case.name} | {built} | {result.verdict} | {seen[:300]} |")
    return "\n".join(lines)


def as_json(value: object) -> Any:
    """Read a JSON file, or an empty object if it is absent."""
    path = Path(str(value))
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
