"""The odd inputs of `benchmarks/odd_inputs.py`: the judge knows right from wrong, and cheap cases pass."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from odd_cases import CASES, films
from odd_cases.oracle import FAILURES, Person, Viewer, compare_people, fit, without_folders

CHEAP = (
    "scripts/tabs",
    "scripts/fdx_cut_off",
    "scripts/pdf_scanned",
    "scripts/plain_text",
    "scripts/open_marks",
)


@pytest.fixture(scope="module", autouse=True)
def _simulated():
    yield
    films.clean_up()


def readings(seconds: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(8), seconds).astype(np.float32)


def test_there_are_enough_inputs_of_each_kind():
    names = [f"{case.kind}/{case.name}" for case in CASES]
    assert len(names) == len(set(names))
    assert sum(not case.control for case in CASES) >= 60
    assert sum(case.control for case in CASES) >= 8
    assert len({case.kind for case in CASES}) == 8


@pytest.mark.parametrize("name", CHEAP)
def test_cheap_inputs_are_read_rightly_or_refused(name: str, tmp_path: Path):
    (case,) = (case for case in CASES if f"{case.kind}/{case.name}" == name)
    result = case.judge(tmp_path)
    assert result.verdict not in FAILURES, result.seen


def test_the_judge_accepts_the_same_readings_and_no_others():
    truth = readings(12)
    one = Person(truth)
    assert fit(one, Viewer("a", truth + 0.01)).is_right
    assert not fit(one, Viewer("a", readings(12, seed=2))).is_right


def test_the_judge_notices_readings_that_come_late():
    truth = readings(20)
    late = np.full((23, 8), np.nan, np.float32)
    late[3:] = truth
    found = fit(Person(truth), Viewer("a", late))
    assert found.lag == 3
    assert not found.is_right


def test_the_judge_notices_readings_where_there_is_nobody():
    truth = readings(20)
    gone = truth.copy()
    gone[8:14] = np.nan
    assert not fit(Person(gone), Viewer("a", truth)).is_right


def test_the_judge_counts_viewers():
    one, other = readings(12), readings(12, seed=2)
    assert compare_people([Person(one), Person(other)], [Viewer("a", other), Viewer("b", one)])[0]
    assert not compare_people([Person(one)], [Viewer("a", one), Viewer("b", one)])[0]
    assert compare_people([], [])[0]


def test_a_folder_of_a_message_is_no_cause():
    assert without_folders("error: /tmp/clock/a.mp4: damaged") == "error: a.mp4: damaged"
