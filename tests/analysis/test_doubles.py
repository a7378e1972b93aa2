"""One person who is recorded twice is found, and two people who react together are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from moviemotion.analysis.signals.doubles import find_doubles
from moviemotion.analysis.signals.timeline import ViewerSamples
from moviemotion.emotions import Emotion
from moviemotion.simulation.synthetic_audience import EmotionEvent, EmotionSchedule
from moviemotion.simulation.synthetic_samples import simulate_screening, simulate_viewer


def room(viewers: int, seconds: int, seed: int) -> list[ViewerSamples]:
    """A contagious audience that laughs every ten seconds."""
    laughs = [EmotionEvent(t, t + 2.0, Emotion.HAPPY, 0.9) for t in range(5, seconds - 5, 10)]
    screening = simulate_screening(EmotionSchedule(tuple(laughs)), viewers, seconds, seed, 0.3)
    return [simulate_viewer(screening, viewer).reading for viewer in range(viewers)]


def again(reading: ViewerSamples, deviation: float, rng: np.random.Generator, late: float) -> ViewerSamples:
    """The same person, seen by another camera: other noise in log-odds, and another clock."""
    log_odds = np.log(reading.probabilities + 1e-6)
    p = np.exp(log_odds + rng.normal(0, deviation, log_odds.shape))
    return replace(
        reading,
        viewer=f"{reading.viewer} again",
        time=reading.time + late,
        probabilities=(p / p.sum(axis=1, keepdims=True)).astype(np.float32),
        weight=reading.weight * np.float32(0.9),
    )


@pytest.mark.parametrize(("viewers", "seconds"), [(2, 60), (8, 120), (24, 300)])
def test_people_who_laugh_together_are_no_doubles(viewers: int, seconds: int) -> None:
    assert all(find_doubles(room(viewers, seconds, seed)) == () for seed in range(4))


@pytest.mark.parametrize("viewers", [1, 4, 12])
@pytest.mark.parametrize(("deviation", "late"), [(0.0, 0.0), (0.5, 0.33), (0.5, -3.1)])
def test_a_person_recorded_twice_is_found_with_the_clocks_difference(
    viewers: int, deviation: float, late: float
) -> None:
    people = room(viewers, 120, 7)
    (double,) = find_doubles([*people, again(people[0], deviation, np.random.default_rng(1), late)])
    assert (double.kept, double.left_out) == (0, viewers)
    assert double.lag == pytest.approx(late, abs=0.11)
    assert double.correlation > 0.7


def test_of_three_recordings_of_one_person_the_one_that_was_seen_best_counts() -> None:
    people, rng = room(3, 60, 2), np.random.default_rng(2)
    poor = again(again(people[1], 0.3, rng, 0.0), 0.3, rng, 0.0)
    doubles = find_doubles([poor, again(people[1], 0.3, rng, 0.0), *people])
    assert [(double.kept, double.left_out) for double in doubles] == [(3, 0), (3, 1)]


def test_too_few_seconds_in_common_prove_nothing() -> None:
    (person,) = room(1, 60, 3)
    first = person.time < 30

    def part(of: ViewerSamples, rows: np.ndarray) -> ViewerSamples:
        return ViewerSamples(of.viewer, of.time[rows], of.probabilities[rows], of.weight[rows])

    assert find_doubles([part(person, first), part(person, ~first)]) == ()
    assert find_doubles([part(person, person.time < 8)] * 2) == ()
    assert find_doubles([]) == find_doubles([person]) == ()
    assert find_doubles([part(person, person.time < 0)] * 2) == ()


def with_movement(
    reading: ViewerSamples, moves: np.ndarray, size: float, mirrored: bool, noise: float, seed: int
) -> ViewerSamples:
    """Add the box of a face that moves as in `moves`, in face sizes."""
    x, y = (moves + np.random.default_rng(seed).normal(0, noise, moves.shape)) * size
    x = 640 - x if mirrored else x
    half = size / 2
    return replace(reading, box=np.stack([x - half, y - half, x + half, y + half], axis=1))


def test_where_readings_leave_a_doubt_the_movements_decide() -> None:
    (person,) = room(1, 120, 4)
    rng = np.random.default_rng(5)
    steps = rng.normal(0, 0.05, (2, len(person.time)))
    other_steps = rng.normal(0, 0.05, (2, len(person.time)))
    doubtful = again(person, 1.0, rng, 0.0)
    assert find_doubles([person, doubtful]) == ()
    here = with_movement(person, steps, 120, False, 0.002, 0)
    assert len(find_doubles([here, with_movement(doubtful, steps, 60, True, 0.002, 1)])) == 1
    assert find_doubles([here, with_movement(doubtful, other_steps, 60, False, 0.002, 1)]) == ()
