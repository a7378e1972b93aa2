"""One camera from file to samples, on rendered people and on real clips."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from moviemotion.audience.recordings import Camera, CameraProcessor
from moviemotion.audience.samples import Samples
from moviemotion.errors import MoviemotionError

SHARED = Path(__file__).parents[3] / "shared" / "data"
CLIPS = ("seat-a1", "seat-a2", "seat-a3", "seat-b1", "seat-b2", "seat-b3")
RATE = 1.0

real_clips = pytest.mark.skipif(not SHARED.is_dir(), reason="real clips: ../shared/data is not here")


@pytest.fixture(scope="module")
def watcher() -> CameraProcessor:
    return CameraProcessor(RATE)


def watch(watcher: CameraProcessor, path: Path, offset: float = 0.0) -> Samples:
    return watcher.process(Camera(path.stem, path, offset), lambda camera, seconds: None)


def seconds_seen(samples: Samples, viewer: int) -> float:
    """Share of the film's seconds in which a viewer was seen."""
    seen = np.unique(samples.time[samples.viewer == viewer].astype(int))
    return len(seen) / (int(samples.end) + 1)


def test_two_on_one_camera_are_two_viewers_named_from_left_to_right(
    watcher: CameraProcessor, seats: list[Path]
) -> None:
    samples = watch(watcher, seats[1])
    assert samples.viewers == ("row-02-03-1", "row-02-03-2")
    left, right = (samples.box[samples.viewer == viewer] for viewer in (0, 1))
    assert left[:, 2].max() < right[:, 0].min()
    assert (seconds_seen(samples, 0), seconds_seen(samples, 1)) == (1.0, 1.0)
    assert samples.emotions.sum(axis=1) == pytest.approx(np.ones(len(samples.time)), abs=1e-5)


def test_the_offset_moves_every_time_and_nothing_else(watcher: CameraProcessor, seats: list[Path]) -> None:
    here, later = watch(watcher, seats[0]), watch(watcher, seats[0], 30.0)
    assert later.time == pytest.approx(here.time + 30)
    assert later.end == here.end + 30
    assert (later.emotions == here.emotions).all()


def test_progress_tells_the_seconds_watched(watcher: CameraProcessor, seats: list[Path]) -> None:
    told: list[float] = []
    watcher.process(Camera("seat", seats[0], 100.0), lambda camera, seconds: told.append(seconds))
    assert told == sorted(told)
    assert told[-1] == pytest.approx(7, abs=0.1)


def test_an_error_in_one_camera_does_not_stop_another(
    watcher: CameraProcessor, seats: list[Path], tmp_path: Path
) -> None:
    (bad := tmp_path / "bad.mp4").write_bytes(b"no video")
    seen: list[str] = []
    problems = watcher.process_all(
        [Camera("bad", bad), Camera("good", seats[0])],
        lambda camera, seconds: None,
        lambda camera, samples: seen.append(camera.name),
        workers=1,
    )
    assert seen == ["good"]
    assert list(problems) == ["bad"]


def test_what_cannot_be_kept_stops_the_work(seats: list[Path]) -> None:
    """A full disk is not a fault of the camera's file, and the cameras to come are not watched in vain."""
    watched: list[str] = []

    def keep(camera: Camera, samples: Samples) -> None:
        raise MoviemotionError("disk full")

    with pytest.raises(MoviemotionError, match="disk full"):
        CameraProcessor(RATE).process_all(
            [Camera(str(k), seats[0]) for k in range(6)],
            lambda camera, seconds: watched.append(camera.name),
            keep,
            workers=1,
        )
    assert len(set(watched)) < 6


@pytest.fixture(scope="module")
def real() -> dict[str, Samples]:
    """What is seen in each real clip, all watched at once as in a real screening."""
    files = [*(SHARED / "seats").glob("*.mp4"), SHARED / "groups" / "six-seats-one-camera.mp4"]
    seen: dict[str, Samples] = {}
    problems = CameraProcessor(RATE).process_all(
        [Camera(path.stem, path) for path in files],
        lambda camera, seconds: None,
        lambda camera, samples: seen.update({camera.name: samples}),
        workers=os.cpu_count() or 1,
    )
    assert problems == {}
    return seen


@real_clips
@pytest.mark.parametrize("clip", CLIPS)
def test_one_person_on_a_real_seat_is_one_viewer_seen_nearly_always(
    real: dict[str, Samples], clip: str
) -> None:
    assert real[clip].viewers == (clip,)
    assert seconds_seen(real[clip], 0) >= 0.95


@real_clips
def test_a_real_empty_seat_has_no_viewer(real: dict[str, Samples]) -> None:
    assert real["empty-seat"].viewers == ()


@real_clips
def test_six_people_on_one_real_camera_are_six_viewers_who_never_change_places(
    real: dict[str, Samples],
) -> None:
    samples = real["six-seats-one-camera"]
    assert len(samples.viewers) == 6
    for viewer in range(6):
        assert seconds_seen(samples, viewer) >= 0.95
        # Nobody leaves their seat, so a viewer whose face jumps has been exchanged.
        corners = samples.box[samples.viewer == viewer].reshape(-1, 2, 2)
        centre, size = corners.mean(axis=1), np.median(np.ptp(corners, axis=1).max(axis=1))
        assert np.abs(centre - np.median(centre, axis=0)).max() < size
