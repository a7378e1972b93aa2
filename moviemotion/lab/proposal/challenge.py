"""The 3 Minute Challenge: the deck's three questions as a timed quiz, with the lab's evidence.

The clock runs while the player answers and stands while the evidence is read. In a terminal it ticks
before the answer; from a pipe one line is one answer, and the same three minutes hold.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import select
import sys
import textwrap
import time
import tomllib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

from prompt_toolkit import PromptSession
from rapidfuzz import fuzz

from moviemotion.errors import MoviemotionError
from moviemotion.lab.proposal.grading import GradedAnswer, Idea, grade_answer, parse_phrasing

TIME_LIMIT = 180.0
CLOCK_REFRESH = 0.25
LINE_WIDTH = 96
EVIDENCE_FILE = Path(str(files("moviemotion.lab.proposal"))) / "evidence.json"
NO_EVIDENCE_MESSAGE = "no evidence yet: run moviemotion lab explain"
REFUSAL_MESSAGE = "Sorry, Greg. The challenge has one rule, and it is that you are not allowed to play."
HOMOGLYPHS = str.maketrans("гґре369", "ggreegg")
GREG_PATTERN = re.compile(r"gr+[ea]+i*g+(o+r+(y|i|ie|ey)?)?|gregor(y|ie|ey|ius)s?")


@dataclass(frozen=True)
class MultipleChoice:
    """A multiple-choice question; `right` is an index into `options`."""

    ask: str
    options: tuple[str, ...]
    right: int
    why: str


@dataclass(frozen=True)
class Question:
    """One of the deck's questions: ideas to name, statements that are wrong, and a choice."""

    key: str
    prompt: str
    answer: str
    ideas: tuple[Idea, ...]
    wrong_statements: tuple[Idea, ...]
    multiple_choice: MultipleChoice


@dataclass(frozen=True)
class EvidenceFigure:
    """A sentence of evidence and its number; `interval` is its 95 % interval over n, where it has one."""

    text: str
    value: float
    interval: tuple[float, float] | None
    n: int


@dataclass(frozen=True)
class Score:
    """Ideas and choices that were right, of how many."""

    correct: int
    total: int


class Player(Protocol):
    """Where answers come from."""

    def ask(self, prompt: str, deadline: float | None) -> str | None:
        """One line; what was typed until the deadline (of `time.monotonic`); None when no more can come."""


@cache
def load_questions() -> tuple[Question, ...]:
    """The deck's three questions, from `challenge.toml`."""
    text = files("moviemotion.lab.proposal").joinpath("challenge.toml").read_text(encoding="utf-8")
    return tuple(
        Question(
            key=raw["key"],
            prompt=raw["ask"],
            answer=" ".join(raw["answer"].split()),
            ideas=tuple(_idea(idea) for idea in raw["ideas"]),
            wrong_statements=tuple(_idea(idea) for idea in raw["wrong"]),
            multiple_choice=MultipleChoice(**{**raw["choice"], "options": tuple(raw["choice"]["options"])}),
        )
        for raw in tomllib.loads(text)["questions"]
    )


def _idea(raw: dict[str, Any]) -> Idea:
    ways = tuple(parse_phrasing(way) for way in raw["ways"])
    return Idea(raw["name"], ways, raw.get("part"), tuple(raw.get("cancels", ())))


def read_evidence(path: Path = EVIDENCE_FILE) -> tuple[str, dict[str, tuple[EvidenceFigure, ...]]]:
    """The network that was measured, and its figures by question, as `lab explain` writes them.

    Both are empty where the file is missing.

    Raises:
        MoviemotionError: the file is not evidence.
    """
    if not path.exists():
        return "", {}
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        figures = {key: tuple(_figure(raw) for raw in raws) for key, raws in listed["figures"].items()}
        return str(listed["network"]), figures
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise MoviemotionError(
            f"{path}: not evidence ({error!r}); run moviemotion lab explain again"
        ) from error


def _figure(raw: dict[str, Any]) -> EvidenceFigure:
    interval = None
    if raw["interval"] is not None:
        low, high = raw["interval"]
        interval = float(low), float(high)
    return EvidenceFigure(str(raw["text"]), float(raw["value"]), interval, int(raw["n"]))


def is_greg(name: str) -> bool:
    """Whether this is Greg, however he spells it."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    for text in (plain, plain.translate(HOMOGLYPHS)):
        words = [w for w in re.split(r"[\W_\d]+", text) if w]
        # Letters set apart (G.r.e.g) are one word.
        joined = re.sub(r"\b(\w)\s(?=\w\b)", r"\1", " ".join(words)).split()
        if any(GREG_PATTERN.fullmatch(word) for word in (*words, *joined)):
            return True
        if words and words[0][0] == "g" and any(fuzz.ratio(w, "schoeninger") >= 80 for w in words):
            return True
    return False


def play_challenge(
    player: Player | None = None,
    print_line: Callable[[str], None] = print,
    evidence: Path = EVIDENCE_FILE,
    time_limit: float = TIME_LIMIT,
) -> Score | None:
    """Play once.

    Returns:
        The score, or None where the player is turned away.

    Raises:
        MoviemotionError: no name was given, or the evidence cannot be read.
    """
    network, figures = read_evidence(evidence)
    player = player or (TerminalPlayer() if sys.stdin.isatty() and sys.stdout.isatty() else PipePlayer())
    print_line(f"The 3 Minute Challenge: three questions, {_format_clock(time_limit)} of answering in all.")
    name = (player.ask("Your name: ", None) or "").strip()
    if not name:
        raise MoviemotionError("no name: the challenge asks for the player's name first; type it")
    if is_greg(name):
        print_line(REFUSAL_MESSAGE)
        return None
    print_line(f"Good luck, {name}. The clock runs while you answer and stands while you read.")
    left, right, of = time_limit, 0, 0
    for number, question in enumerate(load_questions(), 1):
        print_line("\n" + textwrap.fill(f"{number}. {question.prompt}", LINE_WIDTH, subsequent_indent="   "))
        text, left = _ask_timed(player, "> ", left)
        choice = question.multiple_choice
        print_line(
            "\n".join(["", choice.ask, *(f"  {letter}) {o}" for letter, o in _lettered_options(choice))])
        )
        picked, left = _ask_timed(player, "a, b, c or d: ", left)
        graded = grade_answer(text, question.ideas, question.wrong_statements)
        hit = picked.strip().casefold()[:1] == "abcd"[choice.right]
        right, of = right + len(graded.found) + hit, of + len(question.ideas) + 1
        for line in _feedback_lines(question, graded, hit, network, figures):
            print_line(textwrap.fill(line, LINE_WIDTH, subsequent_indent="    "))
        if left > 0 and number < len(load_questions()) and isinstance(player, TerminalPlayer):
            player.ask(f"[{_format_clock(left)} left; Enter goes on] ", None)
    print_line(f"\n{name}: {right} of {of}, {_format_clock(time_limit - left)} used.")
    return Score(right, of)


def _ask_timed(player: Player, prompt: str, left: float) -> tuple[str, float]:
    """An answer and the seconds that are left after it."""
    if left <= 0:
        return "", 0.0
    began = time.monotonic()
    answer = player.ask(prompt, began + left) or ""
    return answer, max(0.0, left - (time.monotonic() - began))


def _feedback_lines(
    question: Question,
    graded: GradedAnswer,
    hit: bool,
    network: str,
    figures: dict[str, tuple[EvidenceFigure, ...]],
) -> list[str]:
    choice = question.multiple_choice
    letter, option = _lettered_options(choice)[choice.right]
    lines = [
        "",
        *(f"  ✓ {name}" for name in graded.found),
        *(f"  ✗ missed: {name}" for name in graded.missed),
    ]
    lines += [f"  ✗ not so: {name}" for name in graded.wrong_statements]
    lines += [
        f"  {'✓' if hit else '✗ it is'} {letter}) {option}. {choice.why}",
        "",
        f"  {question.answer}",
        "",
    ]
    evidence = figures.get(question.key, ())
    if not evidence:
        return [*lines, f"  {NO_EVIDENCE_MESSAGE}"]
    return [
        *lines,
        f"  Evidence, from a trained network ({network}):",
        *(f"  – {_format_figure(f)}" for f in evidence),
    ]


def _format_figure(figure: EvidenceFigure) -> str:
    doubt = f", 95 % interval {figure.interval[0]:g} to {figure.interval[1]:g}" if figure.interval else ""
    return f"{figure.text} ({figure.value:g}{doubt}, n={figure.n})"


def _lettered_options(choice: MultipleChoice) -> list[tuple[str, str]]:
    return list(zip("abcd", choice.options, strict=True))


def _format_clock(seconds: float) -> str:
    minutes, rest = divmod(int(max(0.0, seconds) + 0.5), 60)
    return f"{minutes}:{rest:02}"


class TerminalPlayer:
    """Someone at a terminal: the clock ticks before the line that is being typed."""

    def __init__(self) -> None:
        self._session: PromptSession[str] = PromptSession()

    def ask(self, prompt: str, deadline: float | None) -> str | None:
        """See `Player`. Ctrl-D on an empty line gives no answer."""
        try:
            if deadline is None:
                return self._session.prompt(prompt, refresh_interval=0)
            return self._session.prompt(
                lambda: f"[{_format_clock(deadline - time.monotonic())}] {prompt}",
                refresh_interval=CLOCK_REFRESH,
                pre_run=lambda: self._end_at(deadline),
            )
        except EOFError:
            return None

    def _end_at(self, deadline: float) -> None:
        app = self._session.app

        async def end() -> None:
            await asyncio.sleep(max(0.0, deadline - time.monotonic()))
            app.exit(result=app.current_buffer.text)

        app.create_background_task(end())


class PipePlayer:
    """Answers from a pipe or a file, a line each. A line that is not finished in time counts as it is."""

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._buffer = b""
        self._ended = False

    def ask(self, prompt: str, deadline: float | None) -> str | None:
        """See `Player`."""
        while b"\n" not in self._buffer and not self._ended:
            wait = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([self._descriptor], [], [], wait)[0]:
                break
            read = os.read(self._descriptor, 4096)
            self._ended = not read
            self._buffer += read
        if not self._buffer and self._ended:
            return None
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode("utf-8", errors="replace")
