"""Live capture of simulated cameras: samples, losses, frozen and dropped pictures, and crashes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cameras import CachingEmotionModel, CachingFaceScheduler, Image, SimulatedCamera, images

from moviemotion.audience.faces.detect import crop_face
from moviemotion.audience.live.film_clock import FilmClock
from moviemotion.audience.live.finalize import (
    Gap,
    Offset,
    camera_samples,
    count_dropped_pictures,
    find_gaps,
)
from moviemotion.audience.live.journal import CameraState, read_brightness, read_faces, read_state_changes
from moviemotion.audience.live.live_capture import (
    MIN_RECONNECT_SECONDS,
    QUEUE_DEPTH,
    FreezeDetector,
    LiveCapture,
)
from moviemotion.audience.live.sources import SourceLostError, SourcePicture
from moviemotion.audience.samples import Samples
from moviemotion.errors import MoviemotionError

RATE = 0.5
AS_IT_CAME = Offset(0.0, float("nan"), "not measured")


@pytest.fixture(scope="module")
def pictures(seats: list[Path]) -> Iterator[tuple[list[Image], list[Image]]]:
    """Pictures of one viewer and of two. Their faces are read beforehand: the speed is not tested."""
    scheduler, model = CachingFaceScheduler(), CachingEmotionModel()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("moviemotion.audience.live.live_capture.FaceScheduler", lambda detector: scheduler)
        patch.setattr("moviemotion.audience.live.live_capture.load_emotion_model", lambda choice: model)
        patch.setattr("moviemotion.audience.live.live_capture.FLUSH_INTERVAL", 0.5)
        one, two = images(seats[0], every=20), images(seats[1], every=20)
        for image in (*one, *two):
            (faces,) = scheduler.detect([image])
            model.predict([crop_face(image, face) for face in faces])
        yield one, two


def run(folder: Path, clock: FilmClock, cameras: dict[str, SimulatedCamera], **options: float) -> LiveCapture:
    """Capture to the end of every camera."""
    settings = {"rate": RATE, "frozen_after": 5.0} | options
    capture = LiveCapture(cameras, folder, clock, settings["rate"], settings["frozen_after"])
    assert capture.wait(120)
    capture.stop()
    return capture


@pytest.fixture(scope="module")
def captured(
    pictures: tuple[list[Image], list[Image]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, LiveCapture]:
    """40 s of film from a camera that is lost twice, one that freezes, and one without failures."""
    clock = FilmClock(speed=4)
    folder = tmp_path_factory.mktemp("capture") / "live"
    one, two = pictures
    cameras = {
        "lost": SimulatedCamera(clock, one, 40, lost=[(6, 10), (24, 27)]),
        "frozen": SimulatedCamera(clock, one, 40, frozen=[(12, 24)]),
        "well": SimulatedCamera(clock, two, 40),
    }
    return folder, run(folder, clock, cameras)


def test_simulated_failures_are_reported_and_nothing_else(captured: tuple[Path, LiveCapture]) -> None:
    folder, _ = captured
    lost, again, frozen = find_gaps(folder, dict.fromkeys(("lost", "frozen", "well"), AS_IT_CAME), RATE)
    assert (lost.camera, again.camera, frozen.camera) == ("lost", "lost", "frozen")
    assert lost.start == pytest.approx(5.8)
    assert again.start == pytest.approx(23.8)
    # It is tried again after waits that double: at most as long again as it was away, and a little.
    assert 10 <= lost.end <= 16
    assert 27 <= again.end <= 33
    assert lost.reason in ("lost: Connection reset by peer", "lost: Connection refused")
    assert frozen.start == pytest.approx(12)
    assert frozen.end == pytest.approx(24, abs=0.3)
    assert frozen.reason == "frozen: the same image for 5 s"


def test_health_describes_each_camera(captured: tuple[Path, LiveCapture]) -> None:
    _, capture = captured
    lost, frozen, well = capture.health()
    assert {c.state for c in (lost, frozen, well)} == {CameraState.ENDED}
    assert (lost.losses, frozen.losses, well.losses) == (2, 1, 0)
    assert (lost.faces, frozen.faces, well.faces) == (1, 1, 2)
    assert well.last_seen == pytest.approx(39.8)
    assert well.read + well.dropped == 20


def test_frozen_pictures_give_no_samples(captured: tuple[Path, LiveCapture]) -> None:
    folder, _ = captured
    assert (
        (read_faces(folder, "frozen").frame_times > 12) & (read_faces(folder, "frozen").frame_times < 17)
    ).any()
    samples = camera_samples(folder, "frozen", 0.0, RATE)
    assert not ((samples.time > 12) & (samples.time < 24)).any()
    assert (samples.time >= 24).any()


def test_samples_equal_those_of_a_screening_shifted_by_the_offset(captured: tuple[Path, LiveCapture]) -> None:
    folder, capture = captured
    samples = camera_samples(folder, "well", 100.0, RATE)
    assert samples.viewers == ("well-1", "well-2")
    assert samples.frames == capture.health()[2].read
    assert samples.time.min() >= 100
    assert samples.end == pytest.approx(samples.time.max())
    left, right = (samples.box[samples.viewer == viewer] for viewer in (0, 1))
    assert left[:, 2].max() < right[:, 0].min()
    assert samples.emotions.sum(axis=1) == pytest.approx(np.ones(len(samples.time)), abs=1e-5)


def test_dropped_pictures_are_counted_equally_live_and_from_the_journal(
    captured: tuple[Path, LiveCapture],
) -> None:
    folder, capture = captured
    for camera in (capture.health()[0], capture.health()[2]):
        assert count_dropped_pictures(folder, camera.name, RATE) == camera.dropped


class Ending:
    """A camera that answers, but whose stream ends before the first picture."""

    is_recording = False

    def __init__(self, clock: FilmClock) -> None:
        self.clock, self.tried = clock, list[float]()

    def pictures(self) -> Iterator[SourcePicture]:
        self.tried.append(self.clock.now())
        return iter(())


class Gone(Ending):
    """A camera that does not answer."""

    def pictures(self) -> Iterator[SourcePicture]:
        super().pictures()
        raise SourceLostError("Connection refused")


def test_a_responding_camera_is_retried_at_once_and_others_with_increasing_delay(
    tmp_path: Path,
) -> None:
    clock = FilmClock(speed=10)
    ending, gone = Ending(clock), Gone(clock)
    capture = LiveCapture({"ending": ending, "gone": gone}, tmp_path / "live", clock, RATE, 5.0)
    capture.wait(2)
    capture.stop()
    assert np.diff(ending.tried).min() >= MIN_RECONNECT_SECONDS
    assert np.median(np.diff(ending.tried)) < 2 * MIN_RECONNECT_SECONDS
    waits = np.diff(gone.tried)
    assert (waits >= [MIN_RECONNECT_SECONDS * 2**k for k in range(len(waits))]).all()
    assert len(waits) <= 5


def test_the_newest_pictures_are_read_and_older_ones_dropped(
    pictures: tuple[list[Image], list[Image]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading is blocked while 30 samples arrive: the last of them are read, the others counted."""
    let_go = threading.Event()
    add = LiveCapture._journal_faces

    def slow(self: LiveCapture, *args: object) -> int:
        let_go.wait(60)
        return add(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(LiveCapture, "_journal_faces", slow)
    clock = FilmClock(speed=30)
    camera = SimulatedCamera(clock, pictures[0], 60)
    capture = LiveCapture({"seat": camera}, tmp_path / "live", clock, RATE, 10.0, workers=1)
    until(lambda: capture.health()[0].state is CameraState.ENDED)
    let_go.set()
    capture.stop()
    times = read_faces(tmp_path / "live", "seat").frame_times
    assert times[-QUEUE_DEPTH:].tolist() == [52.0, 54.0, 56.0, 58.0]
    assert capture.health()[0].dropped == 30 - len(times) >= 30 - 2 * QUEUE_DEPTH
    (gap,) = find_gaps(tmp_path / "live", {"seat": AS_IT_CAME}, RATE)
    assert gap.reason == "dropped: reading did not keep up"
    assert gap.end == 52.0


def test_film_time_stops_in_a_pause_and_no_gap_is_reported(
    pictures: tuple[list[Image], list[Image]], tmp_path: Path
) -> None:
    clock = FilmClock(speed=4)
    capture = LiveCapture(
        {"seat": SimulatedCamera(clock, pictures[0], 12)}, tmp_path / "live", clock, RATE, 10.0
    )
    until(lambda: clock.now() > 4)
    clock.pause()
    before = clock.now()
    assert not capture.wait(0.5)
    assert clock.now() == before
    clock.resume()
    assert capture.wait(60)
    capture.stop()
    assert find_gaps(tmp_path / "live", {"seat": AS_IT_CAME}, RATE) == []
    times, _ = read_brightness(tmp_path / "live", "seat")
    assert np.diff(times) == pytest.approx(0.2)


def test_a_camera_that_never_answers_is_reported(
    pictures: tuple[list[Image], list[Image]], tmp_path: Path
) -> None:
    clock = FilmClock(speed=6)
    cameras = {
        "seat": SimulatedCamera(clock, pictures[0], 12),
        "gone": SimulatedCamera(clock, pictures[0], 12, lost=[(0, 1e9)]),
    }
    capture = LiveCapture(cameras, tmp_path / "live", clock, RATE, 10.0)
    until(lambda: capture.health()[0].state is CameraState.ENDED)
    gone = capture.health()[1]
    assert (gone.state, gone.why) == (CameraState.WAITING, "Connection refused")
    assert cameras["gone"].connections >= 2
    capture.stop()
    (gap,) = find_gaps(tmp_path / "live", dict.fromkeys(cameras, AS_IT_CAME), RATE)
    assert (gap.camera, gap.start, gap.reason) == ("gone", 0.0, "waiting: never reached")
    assert gap.end == pytest.approx(11.8)
    assert camera_samples(tmp_path / "live", "gone", 0.0, RATE).viewers == ()


def test_what_was_written_before_a_crash_is_read(captured: tuple[Path, LiveCapture], tmp_path: Path) -> None:
    """The files are cut off anywhere: every batch before the cut is read."""
    folder, _ = captured
    (broken := tmp_path / "live").mkdir()
    whole = read_faces(folder, "well")
    size = (folder / "well.faces.arrows").stat().st_size
    for keep in (0, 10, size // 2, size - 30):
        for path in folder.iterdir():
            share = keep / size
            (broken / path.name).write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
        found = read_faces(broken, "well")
        assert len(found.time) <= len(whole.time)
        assert (found.time == whole.time[: len(found.time)]).all()
        assert all(change.state in CameraState for change in read_state_changes(broken))
        assert camera_samples(broken, "well", 0.0, RATE).frames == len(found.frame_times)
    assert len(found.time) > 0


def test_an_error_in_a_thread_ends_the_capture_and_is_raised(
    pictures: tuple[list[Image], list[Image]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(LiveCapture, "_journal_faces", broken)
    clock = FilmClock(speed=10)
    capture = LiveCapture(
        {"seat": SimulatedCamera(clock, pictures[0], 1e6)}, tmp_path / "live", clock, RATE, 10.0
    )
    assert capture.wait(60)
    with pytest.raises(MoviemotionError, match=r"live: cannot be written \(No space left on device\)"):
        capture.stop()


def test_a_frozen_camera_is_distinguished_from_people_who_sit_still() -> None:
    rng, stillness = np.random.default_rng(0), FreezeDetector()
    background = rng.integers(0, 200, (48, 64)).astype(np.uint8)
    for k in range(20):
        noisy = background + rng.integers(0, 3, background.shape, np.uint8)
        assert stillness.update(k / 5, noisy) == 0
    for k in range(20, 40):
        assert stillness.update(k / 5, noisy) == pytest.approx((k - 19) / 5)


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


class RealCamera(SimulatedCamera):
    """A simulated camera with a clock of its own, which may be wrong."""

    is_recording = False

    def __init__(self, *args: Any, stamp: Callable[[float], float | None] = float, **options: Any) -> None:
        super().__init__(*args, **options)
        self.stamp = stamp

    def pictures(self) -> Iterator[SourcePicture]:
        for picture in super().pictures():
            assert picture.time is not None
            yield replace(picture, time=self.stamp(picture.time))
        self.clock.stop()


def capture_one(
    camera: SimulatedCamera, folder: Path, rate: float = 5.0, **options: Any
) -> tuple[Samples, list[Gap], LiveCapture]:
    """Capture a single camera until it stops the clock."""
    capture = LiveCapture({"seat": camera}, folder, camera.clock, rate, 5.0, **options)
    capture.wait(120)
    capture.stop()
    return (
        camera_samples(folder, "seat", 0.0, rate),
        find_gaps(folder, {"seat": AS_IT_CAME}, rate),
        capture,
    )


@pytest.mark.parametrize("name", ["back", "none", "half"])
def test_a_cameras_own_clock_costs_no_sample(
    pictures: tuple[list[Image], list[Image]], tmp_path: Path, name: str
) -> None:
    stamps: dict[str, Callable[[float], float | None]] = {
        "back": lambda time: time if time < 6 else time - 3,
        "none": lambda time: None,
        "half": lambda time: 1000 + time / 2,
    }
    camera = RealCamera(FilmClock(), pictures[0], 12, stamp=stamps[name])
    samples, gaps, capture = capture_one(camera, tmp_path / "live")
    (health,) = capture.health()
    assert health.read + health.dropped >= 55
    assert gaps == []
    times = read_faces(tmp_path / "live", "seat").frame_times
    assert np.diff(times).max() < 0.5 + health.dropped
    assert samples.doubts == (
        ("the camera's clock was set back, and was followed",) if name == "back" else ()
    )


def test_a_frame_of_another_size_is_not_dropped(
    pictures: tuple[list[Image], list[Image]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = pictures[0][0]
    batches: list[set[tuple[int, ...]]] = []
    add = LiveCapture._journal_faces

    def watched(self: LiveCapture, camera: Any, frames: list[Any]) -> int:
        batches.append({frame.image.shape for frame in frames})
        time.sleep(0.3)
        return add(self, camera, frames)

    monkeypatch.setattr(LiveCapture, "_journal_faces", watched)
    sizes = [one, np.ascontiguousarray(one[::2, ::2])]
    camera = SimulatedCamera(FilmClock(), sizes, 4, rate=2.0)
    _, _, capture = capture_one(camera, tmp_path / "live", rate=2.0)
    assert all(len(shapes) == 1 for shapes in batches)
    (health,) = capture.health()
    assert health.read >= 7
    assert health.dropped == 0


@pytest.mark.parametrize("given", [True, False])
def test_a_turned_live_camera_is_rotated(
    pictures: tuple[list[Image], list[Image]], tmp_path: Path, given: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moviemotion.audience.faces.orientation.FIRST_CHECK", 4)
    turned = [np.ascontiguousarray(np.rot90(image)) for image in pictures[0]]
    camera = SimulatedCamera(FilmClock(), turned, 24, rate=1.0)
    options = {"rotations": {"seat": 90}} if given else {}
    samples, _, _ = capture_one(camera, tmp_path / "live", rate=1.0, **options)
    late = samples.time > 17
    assert (samples.weight[late] > 0).mean() > 0.9
    boxes = samples.box[late]
    assert (boxes[:, 3] - boxes[:, 1] >= boxes[:, 2] - boxes[:, 0]).mean() > 0.9
    if given:
        assert samples.doubts == ()
    else:
        (doubt,) = samples.doubts
        assert doubt.startswith("the faces were not upright, so the frames from ")
        assert "rotated by 90° clockwise" in doubt
