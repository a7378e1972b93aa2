"""Two programs never make one study's files at once."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from privacy_studies import another_program

from moviemotion._io.locks import LockHeldError, hold_lock
from moviemotion.errors import MoviemotionError
from moviemotion.study.folder import study_lock


def test_another_program_is_waited_for_and_then_refused(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with another_program(lock), pytest.raises(LockHeldError, match="busy"), hold_lock(lock, 0.1, "busy"):
        pass


def test_the_lock_of_a_program_that_was_killed_is_free(tmp_path: Path) -> None:
    with another_program(tmp_path / "lock") as program:
        program.kill()
        program.wait()
        with hold_lock(tmp_path / "lock", 0, "busy"):
            pass


def test_a_thread_may_hold_it_twice_and_others_wait(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with hold_lock(tmp_path / "lock", 5, "busy"):
            order.append("second")

    with hold_lock(tmp_path / "lock", 0, "busy"):
        thread = threading.Thread(target=second)
        thread.start()
        with hold_lock(tmp_path / "lock", 0, "busy"):
            order.append("inner")
        thread.join(0.3)
        assert (tmp_path / "lock").exists()
        order.append("first")
    thread.join()
    assert order == ["inner", "first", "second"]


RACE = """
import os, sys
from pathlib import Path
from moviemotion._io.locks import hold_lock
folder, rounds = Path(sys.argv[1]), int(sys.argv[2])
for _ in range(rounds):
    with hold_lock(folder / "lock", 30, "busy"):
        # Fails if another process is between these two lines.
        os.close(os.open(folder / "inside", os.O_CREAT | os.O_EXCL))
        count = int((folder / "count").read_text())
        (folder / "count").write_text(str(count + 1))
        (folder / "inside").unlink()
"""


def test_processes_that_race_for_the_lock_hold_it_one_at_a_time(tmp_path: Path) -> None:
    processes, rounds = 4, 60
    (tmp_path / "count").write_text("0")
    command = [sys.executable, "-c", RACE, str(tmp_path), str(rounds)]
    racing = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(processes)]
    assert [process.communicate(timeout=60)[1] for process in racing] == [""] * processes
    assert (tmp_path / "count").read_text() == str(processes * rounds)


def test_where_there_is_no_study_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(MoviemotionError, match="does not contain a study"), study_lock(tmp_path / "typo"):
        pass
    assert list(tmp_path.iterdir()) == []
