"""Capture many live cameras at once.

One thread per camera receives frames, a few threads read the faces in the frames, and one thread writes the
results to the journal every few seconds. Frames are held in memory only, at most `QUEUE_DEPTH` per camera: if
processing cannot keep up, the oldest frame is dropped and counted. Cameras take turns, so that a camera with
many faces does not starve the others.
"""

from __future__ import annotations

import math
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import FaceBox
from moviemotion.audience.faces.face_readings import predict_faces
from moviemotion.audience.faces.face_registry import (
    DEFAULT_DETECTOR,
    DEFAULT_MODEL,
    DetectorChoice,
    ModelChoice,
    load_detector,
    load_emotion_model,
)
from moviemotion.audience.faces.face_scheduler import FaceScheduler
from moviemotion.audience.faces.identity_switches import IdentitySwitchDetector
from moviemotion.audience.faces.orientation import OrientationMonitor
from moviemotion.audience.faces.tracking import ViewerTracker
from moviemotion.audience.live.film_clock import CameraClock, FilmClock, sample_indices
from moviemotion.audience.live.journal import FLUSH_INTERVAL, NO_FACE, CameraState, Journal, StateChange
from moviemotion.audience.live.sources import Source, SourceLostError, SourcePicture
from moviemotion.audience.video.decode import Frame
from moviemotion.audience.video.masking import NO_MASK, Mask
from moviemotion.errors import SettingError

QUEUE_DEPTH = 4
"""Maximum number of frames per camera waiting to be read."""
FROZEN_TOLERANCE = 0.3
"""Maximum mean difference from the last changed frame, in gray levels, for a frame to count as unchanged.
With people in front of a working camera, the difference never stays below this value for half a second."""
MIN_RECONNECT_SECONDS, MAX_RECONNECT_SECONDS = 0.5, 8.0
"""Seconds between attempts to reach a lost camera: initial value, doubled after each attempt, and maximum."""
RATE_WINDOW = 20
"""Samples over which the reported rate is averaged."""


@dataclass(frozen=True)
class CameraHealth:
    """The condition of one camera during a capture.

    Attributes:
        name: the camera's name.
        state, why: the camera's state, and the reason as human-readable text.
        rate: samples per second over the last `RATE_WINDOW` samples.
        faces: number of faces in the last frame that was read.
        read: number of frames read so far.
        dropped: number of frames dropped so far because processing could not keep up.
        last_seen: film time of the last frame in seconds; NaN before the first frame.
        losses: number of times the camera was lost or frozen.
    """

    name: str
    state: CameraState
    why: str
    rate: float
    faces: int
    read: int
    dropped: int
    last_seen: float
    losses: int


class FreezeDetector:
    """Measures how long a camera has been sending the same image."""

    def __init__(self) -> None:
        self._reference = np.empty((0, 0), np.int16)
        self.since = 0.0
        """Film time of the first unchanged frame."""

    def update(self, time: float, gray: NDArray[np.uint8]) -> float:
        """Add a frame, and return the number of seconds for which the image has not changed."""
        now = gray.astype(np.int16)
        if now.shape != self._reference.shape or np.abs(now - self._reference).mean() >= FROZEN_TOLERANCE:
            self._reference, self.since = now, time
        return time - self.since


@dataclass
class _CameraWorker:
    """The state of one camera.

    The capture's condition variable protects the queue, `is_being_read` and the counters.
    """

    name: str
    source: Source
    face_scheduler: FaceScheduler
    state: CameraState = CameraState.WAITING
    why: str = ""
    last_seen: float = float("nan")
    losses: int = 0
    next_tick: int = 0
    tracker: ViewerTracker = field(default_factory=ViewerTracker)
    switch_detector: IdentitySwitchDetector = field(default_factory=IdentitySwitchDetector)
    orientation: OrientationMonitor | None = None
    quarter_turns: int = 0
    freeze_detector: FreezeDetector = field(default_factory=FreezeDetector)
    clock: CameraClock = field(default_factory=CameraClock)
    queue: deque[Frame] = field(default_factory=deque)
    is_being_read: bool = False
    last_turn: int = 0
    faces: int = 0
    read: int = 0
    dropped: int = 0
    recent_times: deque[float] = field(default_factory=lambda: deque(maxlen=RATE_WINDOW))


class LiveCapture:
    """A running capture. Any thread may call `clock.pause`, `clock.resume` and `stop`."""

    def __init__(  # noqa: PLR0913 - independent settings, most with defaults
        self,
        sources: Mapping[str, Source],
        folder: Path,
        clock: FilmClock,
        rate: float,
        frozen_after: float,
        workers: int | None = None,
        masks: Mapping[str, Mask] | None = None,
        model: ModelChoice = DEFAULT_MODEL,
        detector: DetectorChoice = DEFAULT_DETECTOR,
        rotations: Mapping[str, int] | None = None,
    ) -> None:
        """Start the capture and its clock.

        Args:
            sources: camera name → source of frames.
            folder: the journal folder, which is created.
            clock: the film clock.
            rate: samples per second.
            frozen_after: seconds of film time without a change in the image after which a camera counts as
                frozen.
            workers: number of threads that read faces; defaults to one per core.
            masks: camera name → the part of the frames that may be processed. The mask is looked up for every
                frame, so that a seat can be masked while the film runs.
            model: the emotion model: a registered name, an ONNX file or a model object.
            detector: the face detector: a registered name or a detector object.
            rotations: camera name → degrees by which its frames are rotated clockwise; the frames of other
                cameras without a mask are rotated if the faces in them are not upright.

        Raises:
            MoviemotionError: the folder cannot be written, or the model or detector cannot be used.
        """
        self.clock = clock
        self._rate = rate
        self._frozen_after = frozen_after
        self._folder = folder
        self._masks = {} if masks is None else masks
        self._detector, self._emotion_model = load_detector(detector), load_emotion_model(model)
        self._workers = [
            _CameraWorker(name, source, FaceScheduler(self._detector)) for name, source in sources.items()
        ]
        rotations = rotations or {}
        for camera in self._workers:
            camera.quarter_turns = rotations.get(camera.name, 0) // 90
            if camera.name not in rotations:
                camera.orientation = OrientationMonitor(self._detector)
        self._journal = Journal(folder, tuple(sources))
        self._condition = threading.Condition()
        self._turn_count = 0
        self._error: BaseException | None = None
        for camera in self._workers:
            self._journal.add_state_change(StateChange(camera.name, 0.0, CameraState.WAITING))
        clock.resume()
        self._camera_threads = [
            self._start_thread(self._receive_pictures, camera) for camera in self._workers
        ]
        self._closed = threading.Event()
        self._journal_thread = self._start_thread(self._flush_journal)
        self._reading_threads = [
            self._start_thread(self._read_faces) for _ in range(workers or os.cpu_count() or 1)
        ]

    def health(self) -> list[CameraHealth]:
        """The condition of each camera, in the order of `sources`."""
        now = self.clock.now()
        with self._condition:
            return [
                CameraHealth(
                    camera.name,
                    camera.state,
                    camera.why,
                    len(camera.recent_times) / max(now - camera.recent_times[0], 1 / self._rate)
                    if camera.recent_times
                    else 0.0,
                    camera.faces,
                    camera.read,
                    camera.dropped,
                    camera.last_seen,
                    camera.losses,
                )
                for camera in self._workers
            ]

    def wait(self, seconds: float) -> bool:
        """Wait for a number of seconds, or until the capture or all recordings have ended.

        Returns:
            True if the capture or all recordings have ended.
        """
        with self._condition:
            return self._condition.wait_for(self._is_finished, seconds)

    def stop(self) -> None:
        """Stop the cameras, read the pending frames, and close the journal.

        Raises:
            MoviemotionError: the journal could not be written, for example because the disk is full.
        """
        self.clock.stop()
        for thread in (*self._camera_threads, *self._reading_threads):
            with self._condition:
                self._condition.notify_all()
            thread.join()
        self._closed.set()
        self._journal_thread.join()
        try:
            self._journal.close()
        except OSError as error:
            self._error = self._error or error
        if isinstance(self._error, OSError):
            raise SettingError(
                "not-writable",
                "{folder}: cannot be written ({reason}); free some space or choose another {out}",
                folder=self._folder,
                reason=self._error.strerror,
            ) from self._error
        if self._error:
            raise self._error

    def _start_thread(self, work: Callable[..., None], *args: object) -> threading.Thread:
        def guarded() -> None:
            try:
                work(*args)
            except BaseException as error:  # raised again by `stop`, so that a thread cannot fail unnoticed
                self._error = self._error or error
                self.clock.stop()
            with self._condition:
                self._condition.notify_all()

        thread = threading.Thread(target=guarded, daemon=True)
        thread.start()
        return thread

    def _is_finished(self) -> bool:
        return self.clock.stopped or all(camera.state is CameraState.ENDED for camera in self._workers)

    def _receive_pictures(self, camera: _CameraWorker) -> None:
        """Run a camera's thread, which receives frames and reconnects after losses."""
        wait = MIN_RECONNECT_SECONDS
        while not self.clock.stopped:
            why = "the stream ended"
            try:
                for picture in camera.source.pictures():
                    if self.clock.stopped:
                        return
                    wait = MIN_RECONNECT_SECONDS
                    self._handle_picture(camera, picture)
                if self.clock.stopped:
                    return
                if camera.source.is_recording:
                    self._set_state(camera, CameraState.ENDED, camera.last_seen)
                    return
                # The camera responds, even if its stream ended before the first frame.
                wait = MIN_RECONNECT_SECONDS
            except SourceLostError as error:
                why = str(error)
            camera.clock, camera.freeze_detector = CameraClock(), FreezeDetector()
            if camera.state is not CameraState.WAITING:
                self._set_state(camera, CameraState.LOST, camera.last_seen, why)
            camera.why = why
            self.clock.sleep(wait)
            wait = min(2 * wait, MAX_RECONNECT_SECONDS)

    def _handle_picture(self, camera: _CameraWorker, picture: SourcePicture) -> None:
        if camera.source.is_recording and picture.time is not None:
            time = picture.time
        else:
            time = camera.clock.film_time(picture.time, self.clock.now())
            if self.clock.paused:
                return
            if camera.clock.was_set_back:
                self._note(camera, time, "the camera's clock was set back, and was followed")
        unchanged = camera.freeze_detector.update(time, picture.gray)
        if unchanged >= self._frozen_after:
            self._set_state(
                camera,
                CameraState.FROZEN,
                camera.freeze_detector.since,
                f"the same image for {self._frozen_after:g} s",
            )
        elif camera.state is not CameraState.FROZEN or unchanged == 0:
            self._set_state(camera, CameraState.LIVE, time)
        camera.last_seen = time
        self._journal.brightness[camera.name].add((time, float(picture.gray.mean())))
        tick = int(sample_indices(time, self._rate))
        if tick < camera.next_tick or camera.state is CameraState.FROZEN:
            return
        camera.next_tick = tick + 1
        image = picture.to_rgb(camera.quarter_turns)
        frame = Frame(time, self._masks.get(camera.name, NO_MASK).apply(image))
        with self._condition:
            camera.queue.append(frame)
            while len(camera.queue) > QUEUE_DEPTH:
                camera.queue.popleft()
                camera.dropped += 1
            self._condition.notify()

    def _set_state(self, camera: _CameraWorker, state: CameraState, time: float, why: str = "") -> None:
        if state is camera.state:
            return
        time = 0.0 if math.isnan(time) else time  # the file ended before its first frame
        with self._condition:
            camera.state, camera.why = state, why
            camera.losses += state in (CameraState.LOST, CameraState.FROZEN)
            self._journal.add_state_change(StateChange(camera.name, time, state, why))
            self._condition.notify_all()

    def _read_faces(self) -> None:
        """Run a reading thread, which reads the faces in pending frames, one camera after another."""
        while (turn := self._next_batch()) is not None:
            camera, frames = turn
            faces = self._journal_faces(camera, frames)
            with self._condition:
                camera.is_being_read = False
                camera.faces = faces
                camera.read += len(frames)
                camera.recent_times.extend(frame.time for frame in frames)
                self._condition.notify_all()

    def _journal_faces(self, camera: _CameraWorker, frames: list[Frame]) -> int:
        """Journal the faces in frames of one camera, and return the number of faces in the last frame."""
        images = [frame.image for frame in frames]
        found = camera.face_scheduler.detect(images)
        self._watch_orientation(camera, frames[-1].time, images, found)
        readings = predict_faces(images, found, self._emotion_model)
        read = zip(
            readings.emotions.tolist(),
            readings.weight.tolist(),
            readings.rejection_reason.tolist(),
            readings.pose.tolist(),
            strict=True,
        )
        rows = self._journal.faces[camera.name]
        known = len(camera.switch_detector.switches)
        for frame, in_frame in zip(frames, found, strict=True):
            tracks = camera.tracker.assign(frame.time, in_frame)
            camera.switch_detector.update(frame.time, frame.image, in_frame, tracks)
            for face in in_frame:
                emotions, weight, rejection_reason, pose = next(read)
                box = (face.left, face.top, face.right, face.bottom, face.score)
                rows.add((frame.time, *box, *emotions, weight, rejection_reason, *pose))
            if not in_frame:
                rows.add((frame.time, *NO_FACE))
        for switch in camera.switch_detector.switches[known:]:
            with self._condition:
                self._journal.add_identity_switch(camera.name, switch)
        return len(found[-1])

    def _watch_orientation(
        self,
        camera: _CameraWorker,
        time: float,
        images: list[NDArray[np.uint8]],
        found: list[list[FaceBox]],
    ) -> None:
        """Rotate all following frames of a camera if its faces are not upright."""
        if camera.orientation is None or self._masks.get(camera.name, NO_MASK) != NO_MASK:
            return
        camera.orientation.add(images, found)
        if turns := camera.orientation.quarter_turns:
            camera.quarter_turns = turns
            camera.orientation = None
            camera.face_scheduler = FaceScheduler(self._detector)
            self._note(
                camera,
                time,
                f"the faces were not upright, so the frames from {time:.0f} s on were rotated by "
                f"{90 * turns}° clockwise; if that is wrong, set this camera's rotation to 0",
            )

    def _note(self, camera: _CameraWorker, time: float, doubt: str) -> None:
        """Journal a reason to doubt a live camera."""
        with self._condition:
            if camera.state is CameraState.LIVE:
                self._journal.add_state_change(StateChange(camera.name, time, CameraState.LIVE, doubt))

    def _flush_journal(self) -> None:
        """Run the thread that writes the journal."""
        while not self._closed.wait(FLUSH_INTERVAL):
            self._journal.flush()

    def _next_batch(self) -> tuple[_CameraWorker, list[Frame]] | None:
        """Claim the pending frames of the least recently served camera; return None after the capture."""

        def waiting() -> list[_CameraWorker]:
            return [camera for camera in self._workers if camera.queue and not camera.is_being_read]

        def finished() -> bool:
            return self.clock.stopped and not any(thread.is_alive() for thread in self._camera_threads)

        with self._condition:
            self._condition.wait_for(lambda: waiting() or finished())
            if not waiting():
                return None
            camera = min(waiting(), key=lambda camera: camera.last_turn)
            self._turn_count += 1
            camera.is_being_read, camera.last_turn = True, self._turn_count
            frames = [camera.queue.popleft()]
            # The detector processes a batch as one array, so its frames must have the same size.
            while camera.queue and camera.queue[0].image.shape == frames[0].image.shape:
                frames.append(camera.queue.popleft())
            return camera, frames
