"""The quiz: played from a pipe and at a real terminal, in its three minutes, by anyone but Greg."""

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
from moviemotion.lab.proposal.challenge import play
print(play(evidence=Path("absent.json"), seconds=float(sys.argv[1])))
"""


def played(*lines, evidence, seconds=180.0):
    read, write = os.pipe()
    os.write(write, "".join(f"{line}\n" for line in lines).encode())
    os.close(write)
    said = []
    try:
        return play_challenge(PipePlayer(read), said.append, evidence, seconds), "\n".join(said)
    finally:
        os.close(read)


def test_a_good_player_gets_every_mark_and_reads_the_evidence(tmp_path):
    figure = {"text": "A shift of 2 px changes nothing.", "value": 0.91, "interval": [0.9, 0.92], "n": 500}
    census = {"text": "Filters that never answer.", "value": 12, "interval": None, "n": 2688}
    path = tmp_path / "evidence.json"
    path.write_text(
        json.dumps(
            {"network": "narrow", "figures": {"blocks": [figure], "relu": [census], "translation": []}}
        )
    )
    score, said = played("Ann", *GOOD, evidence=path)
    assert score == Score(11, 11)
    assert "A shift of 2 px changes nothing. (0.91, 95 % interval 0.9 to 0.92, n=500)" in said
    assert "Filters that never answer. (12, n=2688)" in said
    assert said.count(challenge.NO_EVIDENCE_MESSAGE) == 1  # for translation alone


def test_what_was_missed_and_what_was_wrong_is_said(tmp_path):
    score, said = played(
        "Ann", "edges", "a", "negative values pass", "", "", "", evidence=tmp_path / "no.json"
    )
    assert score == Score(1, 11)
    assert "missed: late" in said
    assert "not so: Negative values do not pass" in said
    assert said.count(challenge.NO_EVIDENCE_MESSAGE) == 3


def test_a_pipe_that_ends_or_stalls_is_no_reason_to_wait(tmp_path):
    score, _ = played("Ann", "early: edges", evidence=tmp_path / "no.json")
    assert score == Score(1, 11)
    read, write = os.pipe()
    os.write(write, b"Ann\nearly: edges, la")  # and nothing more
    began = time.monotonic()
    said = []
    score = play_challenge(PipePlayer(read), said.append, tmp_path / "no.json", time_limit=0.5)
    assert score == Score(1, 11)
    assert 0.4 < time.monotonic() - began < 5
    assert "0:00 of" not in said[-1]
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
    score, said = played(name, *GOOD, evidence=tmp_path / "no.json")
    assert score is None
    assert "convolutional" not in said


@pytest.mark.parametrize(
    "name", ["Ann", "Craig", "Greta", "Meg", "Ewan McGregor", "Reg", "Inger", "Grace", "李"]
)
def test_others_are(name):
    assert not is_greg(name)


def test_no_name_and_broken_evidence_are_named(tmp_path):
    with pytest.raises(MoviemotionError, match="no name"):
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
    """A program at a pseudo-terminal, and what its screen shows."""

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
def test_at_a_terminal_the_clock_ticks_while_one_types_and_mistakes_can_be_rubbed_out():
    terminal = Terminal(90)
    assert terminal.shows("Your name:")
    terminal.child.send("Anx\x7fn\r")
    assert terminal.shows("Good luck, Ann")
    assert terminal.shows("[1:30] >")
    terminal.child.send("early: ed")
    assert terminal.shows("[1:27] > early: ed")  # it ticked, and nobody pressed a key meanwhile
    terminal.child.send("ges\r")
    assert terminal.shows("a, b, c or d:")
    terminal.child.send("d\r")
    assert terminal.shows("✓ early: edges")
    assert terminal.shows("left; Enter goes on")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_at_a_terminal_time_runs_out_and_what_was_typed_counts():
    terminal = Terminal(4)
    assert terminal.shows("Your name:")
    terminal.child.send("Ann\r")
    assert terminal.shows("] >")
    terminal.child.send("early: edges")
    assert terminal.shows("Ann: 1 of 11, 0:04 used.")
    assert terminal.shows("Score(right=1, of=11)")


def test_from_a_pipe_it_is_the_same_quiz():
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, "60"], input="\n".join(["Ann", *GOOD]), capture_output=True, text=True
    )
    assert "Score(right=11, of=11)" in ran.stdout
    assert ran.stderr == ""
