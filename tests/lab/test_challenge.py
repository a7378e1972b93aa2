"""The challenge, from a pipe and at a terminal, with its time limit, for all players but Greg."""

import contextlib
import json
import os
import subprocess
import sys
import time

import pytest

from moviemotion.errors import MoviemotionError
from moviemotion.lab.proposal import challenge
from moviemotion.lab.proposal.challenge import PipePlayer, Score, is_greg, play_challenge, read_evidence

GOOD = (
    "early blocks: edges; late blocks: whole faces, with a larger receptive field",
    "d",
    "max(0, x); non-linear; the gradient is 1 for positive and 0 for negative values",
    "c",
    "translational invariance",
    "b",
)
PROGRAM = """
import sys
from pathlib import Path
from moviemotion.lab.proposal.challenge import play_challenge
print(play_challenge(evidence=Path("absent.json"), time_limit=float(sys.argv[1])))
"""


def played(*lines, evidence, seconds=180.0):
    read, write = os.pipe()
    os.write(write, "".join(f"{line}\n" for line in lines).encode())
    os.close(write)
    output = []
    try:
        return play_challenge(PipePlayer(read), output.append, evidence, seconds), "\n".join(output)
    finally:
        os.close(read)


def test_a_good_player_gets_full_marks_and_sees_the_evidence(tmp_path):
    figure = {"text": "A shift of 2 px changes nothing.", "value": 0.91, "interval": [0.9, 0.92], "n": 500}
    census = {"text": "Filters that never answer.", "value": 12, "interval": None, "n": 2688}
    path = tmp_path / "evidence.json"
    path.write_text(
        json.dumps(
            {"network": "narrow", "figures": {"blocks": [figure], "relu": [census], "translation": []}}
        )
    )
    score, output = played("Ann", *GOOD, evidence=path)
    assert score == Score(11, 11)
    assert "A shift of 2 px changes nothing. (0.91, 95 % interval 0.9 to 0.92, n=500)" in output
    assert "Filters that never answer. (12, n=2688)" in output
    assert output.count(challenge.NO_EVIDENCE_MESSAGE) == 1  # for translation alone


def test_missed_ideas_and_wrong_statements_are_listed(tmp_path):
    score, output = played(
        "Ann", "edges", "a", "negative values pass", "", "", "", evidence=tmp_path / "no.json"
    )
    assert score == Score(1, 11)
    assert "missed: late" in output
    assert "incorrect: Negative values do not pass" in output
    assert output.count(challenge.NO_EVIDENCE_MESSAGE) == 3


def test_a_pipe_that_ends_or_stalls_does_not_block(tmp_path):
    score, _ = played("Ann", "early: edges", evidence=tmp_path / "no.json")
    assert score == Score(1, 11)
    read, write = os.pipe()
    os.write(write, b"Ann\nearly: edges, la")  # without a line end
    began = time.monotonic()
    output = []
    score = play_challenge(PipePlayer(read), output.append, tmp_path / "no.json", time_limit=0.5)
    assert score == Score(1, 11)
    assert 0.4 < time.monotonic() - began < 5
    assert "0:00 of" not in output[-1]
    os.close(read)
    os.close(write)


@pytest.mark.parametrize(
    "name",
    ["greg", "Greg", "GREGORY", "G.r.e.g", "g r e g", "Greg Schoeninger", "  gREg!! ", "Gregg", "Grég",
     "Gr3g", "greg99", "Ｇｒｅｇ", "Schoeninger, Greg", "G. Schöninger", "G-R-E-G-O-R-Y", "Грег", "Greggory",
     "Gr\u200beg", "Mr. Greg"],
)  # fmt: skip
def test_greg_is_not_allowed_to_play(name, tmp_path):
    assert is_greg(name)
    score, output = played(name, *GOOD, evidence=tmp_path / "no.json")
    assert score is None
    assert "convolutional" not in output


@pytest.mark.parametrize(
    "name", ["Ann", "Craig", "Greta", "Meg", "Ewan McGregor", "Reg", "Inger", "Grace", "李"]
)
def test_others_may_play(name):
    assert not is_greg(name)


def test_a_missing_name_and_invalid_evidence_are_reported(tmp_path):
    with pytest.raises(MoviemotionError, match="no player name"):
        played(evidence=tmp_path / "no.json")
    for text in (
        "[]",
        "{",
        '{"network": "x", "figures": {"blocks": [{"value": 1}]}}',
        '{"figures": {"blocks": []}}',
    ):
        (tmp_path / "evidence.json").write_text(text)
        with pytest.raises(MoviemotionError, match=r"evidence\.json"):
            read_evidence(tmp_path / "evidence.json")


class Terminal:
    """A program at a pseudo-terminal, and its screen."""

    def __init__(self, seconds):
        pexpect, pyte = pytest.importorskip("pexpect"), pytest.importorskip("pyte")
        self.screen = pyte.Screen(100, 60)
        self.stream = pyte.ByteStream(self.screen)
        self.ended = (pexpect.EOF, pexpect.TIMEOUT)
        self.child = pexpect.spawn(
            sys.executable, ["-c", PROGRAM, str(seconds)], dimensions=(60, 100),
            env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
        )  # fmt: skip

    def shows(self, text, within=60):
        end = time.monotonic() + within
        while time.monotonic() < end:
            with contextlib.suppress(*self.ended):
                self.stream.feed(self.child.read_nonblocking(10_000, timeout=0.1))
            shown = "\n".join(line.rstrip() for line in self.screen.display)
            if text in shown:
                return True
        raise AssertionError(f"no {text!r} on:\n{shown}")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_at_a_terminal_the_clock_runs_during_typing_and_backspace_works():
    terminal = Terminal(90)
    assert terminal.shows("Your name:")
    terminal.child.send("Anx\x7fn\r")
    assert terminal.shows("Good luck, Ann")
    assert terminal.shows("[1:30] >")
    terminal.child.send("early: ed")
    assert terminal.shows("[1:27] > early: ed")  # the clock moved without a key press
    terminal.child.send("ges\r")
    assert terminal.shows("a, b, c or d:")
    terminal.child.send("d\r")
    assert terminal.shows("✓ early: edges")
    assert terminal.shows("left; press Enter to continue")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_at_a_terminal_unfinished_input_counts_when_time_runs_out():
    terminal = Terminal(4)
    assert terminal.shows("Your name:")
    terminal.child.send("Ann\r")
    assert terminal.shows("] >")
    terminal.child.send("early: edges")
    assert terminal.shows("Ann: 1 of 11 correct, 0:04 used.")
    assert terminal.shows("Score(correct=1, total=11)")


def test_a_pipe_gives_the_same_result():
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, "60"], input="\n".join(["Ann", *GOOD]), capture_output=True, text=True
    )
    assert "Score(correct=11, total=11)" in ran.stdout
    assert ran.stderr == ""
