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
def processor() -> CameraProcessor:
    return CameraProcessor(RATE)


def process(processor: CameraProcessor, path: Path, offset: float = 0.0) -> Samples:
    return processor.process(Camera(path.stem, path, offset), lambda camera, seconds: None)


def seconds_seen(samples: Samples, viewer: int) -> float:
    """Share of the film's seconds in which a viewer was seen."""
    seen = np.unique(samples.time[samples.viewer == viewer].astype(int))
    return len(seen) / (int(samples.end) + 1)


def test_two_people_in_one_camera_are_two_viewers_named_from_left_to_right(
    processor: CameraProcessor, seats: list[Path]
) -> None:
    samples = process(processor, seats[1])
    assert samples.viewers == ("row-02-03-1", "row-02-03-2")
    left, right = (samples.box[samples.viewer == viewer] for viewer in (0, 1))
    assert left[:, 2].max() < right[:, 0].min()
    assert (seconds_seen(samples, 0), seconds_seen(samples, 1)) == (1.0, 1.0)
    assert samples.emotions.sum(axis=1) == pytest.approx(np.ones(len(samples.time)), abs=1e-5)


def test_the_offset_moves_every_time_and_nothing_else(processor: CameraProcessor, seats: list[Path]) -> None:
    here, later = process(processor, seats[0]), process(processor, seats[0], 30.0)
    assert later.time == pytest.approx(here.time + 30)
    assert later.end == here.end + 30
    assert (later.emotions == here.emotions).all()


def test_progress_reports_the_seconds_processed(processor: CameraProcessor, seats: list[Path]) -> None:
    reported: list[float] = []
    processor.process(Camera("seat", seats[0], 100.0), lambda camera, seconds: reported.append(seconds))
    assert reported == sorted(reported)
    assert reported[-1] == pytest.approx(7, abs=0.1)


def test_an_error_in_one_camera_does_not_stop_another(
    processor: CameraProcessor, seats: list[Path], tmp_path: Path
) -> None:
    (bad := tmp_path / "bad.mp4").write_bytes(b"no video")
    seen: list[str] = []
    problems = processor.process_all(
        [Camera("bad", bad), Camera("good", seats[0])],
        lambda camera, seconds: None,
        lambda camera, samples: seen.append(camera.name),
        workers=1,
    )
    assert seen == ["good"]
    assert list(problems) == ["bad"]


def test_processing_stops_if_samples_cannot_be_saved(seats: list[Path]) -> None:
    """A full disk is no error of a camera's file, and the remaining cameras are not processed in vain."""
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
    """The samples of each real clip, processed in parallel as in a real screening."""
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
def test_one_person_on_a_real_seat_is_one_viewer_seen_almost_always(
    real: dict[str, Samples], clip: str
) -> None:
    assert real[clip].viewers == (clip,)
    assert seconds_seen(real[clip], 0) >= 0.95


@real_clips
def test_a_real_empty_seat_has_no_viewer(real: dict[str, Samples]) -> None:
    assert real["empty-seat"].viewers == ()


@real_clips
def test_six_people_in_one_real_camera_are_six_viewers_who_never_switch(
    real: dict[str, Samples],
) -> None:
    samples = real["six-seats-one-camera"]
    assert len(samples.viewers) == 6
    for viewer in range(6):
        assert seconds_seen(samples, viewer) >= 0.95
        # All viewers stay on their seats, so a face that jumps would mean an identity switch.
        corners = samples.box[samples.viewer == viewer].reshape(-1, 2, 2)
        center, size = corners.mean(axis=1), np.median(np.ptp(corners, axis=1).max(axis=1))
        assert np.abs(center - np.median(center, axis=0)).max() < size
