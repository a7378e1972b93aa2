"""Audiences that are hard to read: what is felt stays, and what hides it is where the truth says it is."""

import csv
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moviemotion.emotions import Emotion
from moviemotion.errors import MoviemotionError
from moviemotion.simulation.nuisances import add_nuisances
from moviemotion.simulation.rendering.face import random_identity
from moviemotion.simulation.rendering.hand import GESTURES, draw_hand
from moviemotion.simulation.rendering.lighting import (
    THEATER_DIM,
    THEATER_FLICKER,
    SensorModel,
    random_sensors,
    simulate_screen_light,
)
from moviemotion.simulation.synthetic_audience import (
    FRAME_RATE,
    EmotionEvent,
    EmotionSchedule,
    simulate_audience,
)
from moviemotion.workflows.simulate import simulate_videos, viewers_by_camera

JOKE = EmotionSchedule((EmotionEvent(10, 20, Emotion.HAPPY, 1.0),))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 8))
def test_nuisances_hide_emotions_and_change_none(seed: int, viewers: int) -> None:
    calm = simulate_audience(JOKE, viewers, 40, seed)
    restless, swaps = add_nuisances(calm, viewers_by_camera(viewers))
    np.testing.assert_array_equal(restless.ground_truth, calm.ground_truth)
    assert restless.displayed_intensity.min() >= 0
    assert restless.displayed_intensity.sum(axis=-1).max() <= 1 + 1e-9
    assert restless.in_view.sum() <= calm.in_view.sum()
    assert restless.hand_raised.min() >= 0
    for swap in swaps:
        before, after = round(swap.start * FRAME_RATE) - 1, round(swap.end * FRAME_RATE) + 1
        pair = [swap.left, swap.right]
        assert restless.seat_shift[pair, before].tolist() == [0, 0]
        assert restless.seat_shift[pair, after].tolist() == [1, -1]
        assert restless.out_of_frame[pair, (before + after) // 2].min() > 0.95
    still = [v for v in range(viewers) if all(v not in (s.left, s.right) for s in swaps)]
    assert not restless.seat_shift[still].any()


def test_the_resting_expression_recedes_behind_what_is_felt() -> None:
    restless, _ = add_nuisances(simulate_audience(JOKE, 40, 40, 3), [])
    biased = restless.resting_intensity.max(axis=1) > 0
    assert 0.25 < biased.mean() < 0.75
    felt = restless.felt_intensity.sum(axis=-1)
    over = restless.displayed_intensity.sum(axis=-1) - felt
    assert over[biased][felt[biased] == 0].min() >= 0.15
    assert np.abs(over[felt > 0.99]).max() < 0.01


def test_every_viewer_covers_their_face_occasionally() -> None:
    restless, _ = add_nuisances(simulate_audience(JOKE, 30, 300, 3), [])
    share = restless.occluded.mean(axis=1)
    assert 0.03 < share.mean() < 0.2
    assert (share > 0).mean() > 0.9
    assert {int(g) for g in np.unique(restless.gesture[restless.hand_raised > 0.9])} == set(
        range(len(GESTURES))
    )


def test_contagion_affects_only_viewers_who_feel_less() -> None:
    alone = simulate_audience(JOKE, 60, 40, 9).felt_intensity
    together = simulate_audience(JOKE, 60, 40, 9, contagion=0.6).felt_intensity
    unmoved = alone[:, 12 * FRAME_RATE : 18 * FRAME_RATE].sum(axis=(1, 2)) == 0
    assert unmoved.any()
    assert (together[unmoved, 12 * FRAME_RATE : 18 * FRAME_RATE].sum(axis=(1, 2)) > 1).all()
    assert together[:, : 10 * FRAME_RATE].sum() >= alone[:, : 10 * FRAME_RATE].sum()


@pytest.mark.parametrize("gesture", range(len(GESTURES)))
def test_a_hand_covers_a_realistic_part_of_the_face(gesture: int) -> None:
    hand = np.asarray(draw_hand(random_identity(1, 0), GESTURES[gesture], 44.0))[..., 3] / 255
    middle = hand.shape[0] // 2
    assert hand[middle, middle] == 1
    assert 0.3 < hand[: middle + 10].sum() / 44.0**2 < 1.5


def test_infrared_is_gray_darkness_is_dark_and_the_screen_flickers() -> None:
    picture = np.full((20, 20, 3), (200.0, 120.0, 80.0), np.float32)
    grain = np.random.default_rng(0).normal(0, 1, (20, 20, 1)).astype(np.float32)
    gray, dark, lit = (
        look.apply(picture, grain).astype(float)
        for look in (SensorModel(infrared=True), SensorModel(gamma=2), SensorModel())
    )
    assert np.ptp(gray.mean(axis=(0, 1))) == 0
    assert dark[..., 2].mean() < 0.5 * lit[..., 2].mean()
    assert SensorModel(noise=8).apply(picture, grain).std(axis=(0, 1)).max() > 2 * lit.std(axis=(0, 1)).max()
    assert {look.infrared for look in random_sensors(36, 12)} == {True, False}
    calm, theater = simulate_screen_light(1, 600), simulate_screen_light(1, 600, THEATER_DIM, THEATER_FLICKER)
    assert theater.min() < 0.55
    assert calm.min() > 0.8


def test_the_ground_truth_is_written_beside_the_videos(tmp_path: Path) -> None:
    beats = tmp_path / "beats.csv"
    beats.write_text("start,end,emotion,strength\n2,5,happy,1\n", encoding="utf-8")
    steps: list[tuple[int, int]] = []
    videos = simulate_videos(
        beats, 4, 0.1, tmp_path / "a", 36, lambda done, total: steps.append((done, total))
    )
    assert [video.name for video in videos] == ["seat-01.mp4", "row-02-03.mp4", "seat-04.mp4"]
    assert sorted(done for done, _ in steps) == list(range(1, 19))
    assert {total for _, total in steps} == {18}
    again = simulate_videos(beats, 4, 0.1, tmp_path / "b", 36)
    for name in (*(v.name for v in again), "truth.csv", "viewers.csv", "swaps.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    with av.open(str(videos[1])) as container:
        assert sum(1 for _ in container.decode(video=0)) == 6 * FRAME_RATE
    with (tmp_path / "a" / "viewers.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["camera"] for row in rows] == ["seat-01", "row-02-03", "row-02-03", "seat-04"]
    with pytest.raises(MoviemotionError, match="increase minutes"):
        simulate_videos(beats, 4, 0.05, tmp_path / "c")
    assert not (tmp_path / "c").exists()
