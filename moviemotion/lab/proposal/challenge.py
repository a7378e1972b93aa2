"""The 3 Minute Challenge: the proposal's three questions as a timed quiz, with the lab's evidence.

The clock runs while the player answers and pauses while the player reads the evidence. A terminal shows the
clock next to the answer. If the input is a pipe, each line is one answer, and the same time limit applies.
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
NO_EVIDENCE_MESSAGE = "no evidence yet; run moviemotion lab explain"
REFUSAL_MESSAGE = "Sorry, Greg. The challenge has one rule, and it is that you are not allowed to play."
HOMOGLYPHS = str.maketrans("гґре369", "ggreegg")
GREG_PATTERN = re.compile(r"gr+[ea]+i*g+(o+r+(y|i|ie|ey)?)?|gregor(y|ie|ey|ius)s?")


@dataclass(frozen=True)
class MultipleChoice:
    """A multiple-choice question; `correct` is an index into `options`."""

    prompt: str
    options: tuple[str, ...]
    correct: int
    explanation: str


@dataclass(frozen=True)
class Question:
    """One of the proposal's questions.

    Attributes:
        answer: the model answer, shown after the player has answered.
        ideas: the ideas that the player's answer should mention.
        wrong_statements: the statements that the player's answer should not contain.
        multiple_choice: a second question on the same topic.
    """

    key: str
    prompt: str
    answer: str
    ideas: tuple[Idea, ...]
    wrong_statements: tuple[Idea, ...]
    multiple_choice: MultipleChoice


@dataclass(frozen=True)
class EvidenceFigure:
    """A sentence of evidence with its value, its 95 % interval, if any, and the sample size n."""

    text: str
    value: float
    interval: tuple[float, float] | None
    n: int


@dataclass(frozen=True)
class Score:
    """The number of correct ideas and choices, and the largest possible number."""

    correct: int
    total: int


class Player(Protocol):
    """A source of answers."""

    def ask(self, prompt: str, deadline: float | None) -> str | None:
        """Ask for one line.

        Args:
            deadline: value of `time.monotonic` at which time is up; None for no time limit.

        Returns:
            The text typed before the deadline; None at the end of the input.
        """


@cache
def load_questions() -> tuple[Question, ...]:
    """The proposal's three questions, from `challenge.toml`."""
    text = files("moviemotion.lab.proposal").joinpath("challenge.toml").read_text(encoding="utf-8")
    return tuple(
        Question(
            key=raw["key"],
            prompt=raw["prompt"],
            answer=" ".join(raw["answer"].split()),
            ideas=tuple(_idea(idea) for idea in raw["ideas"]),
            wrong_statements=tuple(_idea(idea) for idea in raw["wrong_statements"]),
            multiple_choice=MultipleChoice(**{**raw["choice"], "options": tuple(raw["choice"]["options"])}),
        )
        for raw in tomllib.loads(text)["questions"]
    )


def _idea(raw: dict[str, Any]) -> Idea:
    phrasings = tuple(parse_phrasing(text) for text in raw["phrasings"])
    return Idea(raw["name"], phrasings, raw.get("part"), tuple(raw.get("contradicts", ())))


def read_evidence(path: Path = EVIDENCE_FILE) -> tuple[str, dict[str, tuple[EvidenceFigure, ...]]]:
    """Read the evidence that `lab explain` writes.

    Returns:
        The description of the network, and the evidence by question; both are empty if the file is missing.

    Raises:
        MoviemotionError: the file does not contain evidence.
    """
    if not path.exists():
        return "", {}
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        figures = {key: tuple(_figure(raw) for raw in raws) for key, raws in listed["figures"].items()}
        return str(listed["network"]), figures
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise MoviemotionError(
            f"{path}: not a valid evidence file ({error!r}); run moviemotion lab explain again"
        ) from error


def _figure(raw: dict[str, Any]) -> EvidenceFigure:
    interval = None
    if raw["interval"] is not None:
        low, high = raw["interval"]
        interval = float(low), float(high)
    return EvidenceFigure(str(raw["text"]), float(raw["value"]), interval, int(raw["n"]))


def is_greg(name: str) -> bool:
    """Whether the player is Greg, in any spelling. The proposal's challenge excludes him, as a joke."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    for text in (plain, plain.translate(HOMOGLYPHS)):
        words = [w for w in re.split(r"[\W_\d]+", text) if w]
        # Separated letters (G.r.e.g) count as one word.
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
    """Play the challenge once.

    Args:
        player: source of answers; defaults to the terminal or the pipe.
        print_line: called with each line of output.
        evidence: file written by `lab explain`.
        time_limit: total time for all answers, in seconds.

    Returns:
        The score, or None if the player is not allowed to play.

    Raises:
        MoviemotionError: no name was given, or the evidence cannot be read.
    """
    network, figures = read_evidence(evidence)
    player = player or (TerminalPlayer() if sys.stdin.isatty() and sys.stdout.isatty() else PipePlayer())
    print_line(
        f"The 3 Minute Challenge: three questions, {_format_clock(time_limit)} for all answers together."
    )
    name = (player.ask("Your name: ", None) or "").strip()
    if not name:
        raise MoviemotionError("no player name was entered; type your name when asked for it")
    if is_greg(name):
        print_line(REFUSAL_MESSAGE)
        return None
    print_line(f"Good luck, {name}. The clock runs while you answer and pauses while you read.")
    left, correct, total = time_limit, 0, 0
    for number, question in enumerate(load_questions(), 1):
        print_line("\n" + textwrap.fill(f"{number}. {question.prompt}", LINE_WIDTH, subsequent_indent="   "))
        text, left = _ask_timed(player, "> ", left)
        choice = question.multiple_choice
        print_line(
            "\n".join(["", choice.prompt, *(f"  {letter}) {o}" for letter, o in _lettered_options(choice))])
        )
        picked, left = _ask_timed(player, "a, b, c or d: ", left)
        graded = grade_answer(text, question.ideas, question.wrong_statements)
        hit = picked.strip().casefold()[:1] == "abcd"[choice.correct]
        correct += len(graded.found) + hit
        total += len(question.ideas) + 1
        for line in _feedback_lines(question, graded, hit, network, figures):
            print_line(textwrap.fill(line, LINE_WIDTH, subsequent_indent="    "))
        if left > 0 and number < len(load_questions()) and isinstance(player, TerminalPlayer):
            player.ask(f"[{_format_clock(left)} left; press Enter to continue] ", None)
    print_line(f"\n{name}: {correct} of {total} correct, {_format_clock(time_limit - left)} used.")
    return Score(correct, total)


def _ask_timed(player: Player, prompt: str, left: float) -> tuple[str, float]:
    """Ask for an answer and return it with the seconds left."""
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
    letter, option = _lettered_options(choice)[choice.correct]
    lines = [
        "",
        *(f"  ✓ {name}" for name in graded.found),
        *(f"  ✗ missed: {name}" for name in graded.missed),
    ]
    lines += [f"  ✗ incorrect: {name}" for name in graded.wrong_statements]
    lines += [
        f"  {'✓' if hit else '✗ the answer is'} {letter}) {option}. {choice.explanation}",
        "",
        f"  {question.answer}",
        "",
    ]
    evidence = figures.get(question.key, ())
    if not evidence:
        return [*lines, f"  {NO_EVIDENCE_MESSAGE}"]
    return [
        *lines,
        f"  Evidence from a trained network ({network}):",
        *(f"  – {_format_figure(f)}" for f in evidence),
    ]


def _format_figure(figure: EvidenceFigure) -> str:
    interval = f", 95 % interval {figure.interval[0]:g} to {figure.interval[1]:g}" if figure.interval else ""
    return f"{figure.text} ({figure.value:g}{interval}, n={figure.n})"


def _lettered_options(choice: MultipleChoice) -> list[tuple[str, str]]:
    return list(zip("abcd", choice.options, strict=True))


def _format_clock(seconds: float) -> str:
    minutes, rest = divmod(int(max(0.0, seconds) + 0.5), 60)
    return f"{minutes}:{rest:02}"


class TerminalPlayer:
    """A player at a terminal, where the clock is shown next to the line being typed."""

    def __init__(self) -> None:
        self._session: PromptSession[str] = PromptSession()

    def ask(self, prompt: str, deadline: float | None) -> str | None:
        """See `Player`. Ctrl-D on an empty line ends the input."""
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
    """A player who answers from a pipe or a file, one line per answer.

    The last line counts even if it does not end with a newline.
    """

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._buffer = b""
        self._ended = False

    def ask(self, prompt: str, deadline: float | None) -> str | None:  # noqa: ARG002  # a pipe needs no prompt
        """See `Player`."""
        while b"\n" not in self._buffer and not self._ended:
            timeout = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([self._descriptor], [], [], timeout)[0]:
                break
            read = os.read(self._descriptor, 4096)
            self._ended = not read
            self._buffer += read
        if not self._buffer and self._ended:
            return None
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode("utf-8", errors="replace")
