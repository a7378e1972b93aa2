"""Many live cameras at once: a thread a camera takes pictures, a few threads read the faces in them.

What a camera sees goes into the journal every few seconds. Pictures are only held in memory, at most
`DEPTH` a camera; where reading does not keep up, the oldest is dropped for the newest, and counted.
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

from moviemotion.audience.faces.detect import FaceDetector, crop_face
from moviemotion.audience.faces.emotion_model import EmotionModel
from moviemotion.audience.faces.face_scheduler import FaceScheduler
from moviemotion.audience.faces.identity_switches import IdentitySwitchDetector
from moviemotion.audience.faces.quality import quality_weights
from moviemotion.audience.faces.tracking import ViewerTracker
from moviemotion.audience.live.film_clock import CameraClock, FilmClock, sample_indices
from moviemotion.audience.live.journal import FLUSH_INTERVAL, NO_FACE, CameraState, Journal, StateChange
from moviemotion.audience.live.sources import Source, SourceLostError, SourcePicture
from moviemotion.audience.video.decode import Frame
from moviemotion.audience.video.masking import NO_MASK, Mask
from moviemotion.errors import MoviemotionError

QUEUE_DEPTH = 4
"""Pictures of a camera that wait to be read."""
FROZEN_TOLERANCE = 0.3
"""Mean grey levels by which a picture must differ from the last that did; people in front of a real
camera never stay below it for half a second."""
MIN_RECONNECT_SECONDS, MAX_RECONNECT_SECONDS = 0.5, 8.0
"""Seconds between attempts to reach a lost camera: doubled from the first to the longest while it does
not answer."""
RATE_WINDOW = 20
"""Samples over which the rate is told."""


@dataclass(frozen=True)
class CameraHealth:
    """How one camera is.

    Attributes:
        state, why: see `State`.
        rate: samples a second, of late.
        faces: in the last picture that was read.
        read: pictures that were read so far.
        dropped: pictures dropped so far because reading did not keep up.
        last_seen: film time of the last picture, seconds; NaN before the first.
        losses: how often it was lost or frozen.
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
    """How long a camera has been sending the same picture."""

    def __init__(self) -> None:
        self._reference = np.empty((0, 0), np.int16)
        self.since = 0.0
        """Film time of the first of the pictures that are the same."""

    def update(self, time: float, grey: NDArray[np.uint8]) -> float:
        """Seconds for which the picture has been the same."""
        now = grey.astype(np.int16)
        if now.shape != self._reference.shape or np.abs(now - self._reference).mean() >= FROZEN_TOLERANCE:
            self._reference, self.since = now, time
        return time - self.since


@dataclass
class _CameraWorker:
    """One camera at work. `waiting`, `reading` and the counts belong to whoever holds the capture's lock."""

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
    """A running capture. `clock.pause`, `clock.resume` and `stop` may be called from any thread."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        folder: Path,
        clock: FilmClock,
        rate: float,
        frozen_after: float,
        workers: int | None = None,
        masks: Mapping[str, Mask] | None = None,
    ) -> None:
        """Starts at once, and the clock with it.

        Args:
            sources: camera name → where its pictures come from.
            folder: to be made for the journal.
            rate: samples a second.
            frozen_after: film seconds of one picture after which a camera counts as frozen.
            workers: threads that read faces; by default one a core.
            masks: camera name → what of its picture may be seen; looked up for every picture, so that a seat
                can be masked while the film runs.

        Raises:
            MoviemotionError: the folder cannot be written.
        """
        self.clock = clock
        self._rate = rate
        self._frozen_after = frozen_after
        self._folder = folder
        self._masks = {} if masks is None else masks
        self._detector, self._emotion_model = FaceDetector(), EmotionModel()
        self._workers = [
            _CameraWorker(name, source, FaceScheduler(self._detector)) for name, source in sources.items()
        ]
        self._journal = Journal(folder, tuple(sources))
        self._condition = threading.Condition()
        self._turn_count = 0
        self._error: BaseException | None = None
        for seat in self._workers:
            self._journal.add_state_change(StateChange(seat.name, 0.0, CameraState.WAITING))
        clock.resume()
        self._camera_threads = [self._start_thread(self._receive_pictures, seat) for seat in self._workers]
        self._closed = threading.Event()
        self._journal_thread = self._start_thread(self._flush_journal)
        self._reading_threads = [
            self._start_thread(self._read_faces) for _ in range(workers or os.cpu_count() or 1)
        ]

    def health(self) -> list[CameraHealth]:
        """How each camera is, in the order given."""
        now = self.clock.now()
        with self._condition:
            return [
                CameraHealth(
                    seat.name,
                    seat.state,
                    seat.why,
                    len(seat.recent_times) / max(now - seat.recent_times[0], 1 / self._rate)
                    if seat.recent_times
                    else 0.0,
                    seat.faces,
                    seat.read,
                    seat.dropped,
                    seat.last_seen,
                    seat.losses,
                )
                for seat in self._workers
            ]

    def wait(self, seconds: float) -> bool:
        """Wait so many seconds of ours, or until there is nothing more to come: True then."""
        with self._condition:
            return self._condition.wait_for(self._is_finished, seconds)

    def stop(self) -> None:
        """Stop, read what waits, and close the journal.

        Raises:
            MoviemotionError: the journal could not be written, such as on a full disk.
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
            why = self._error.strerror
            raise MoviemotionError(
                f"{self._folder}: cannot be written ({why}); make room or choose another --out"
            ) from self._error
        if self._error:
            raise self._error

    def _start_thread(self, work: Callable[..., None], *args: object) -> threading.Thread:
        def guarded() -> None:
            try:
                work(*args)
            except BaseException as fault:  # told by `stop`: a thread that dies silently loses a camera
                self._error = self._error or fault
                self.clock.stop()
            with self._condition:
                self._condition.notify_all()

        thread = threading.Thread(target=guarded, daemon=True)
        thread.start()
        return thread

    def _is_finished(self) -> bool:
        return self.clock.stopped or all(seat.state is CameraState.ENDED for seat in self._workers)

    def _receive_pictures(self, seat: _CameraWorker) -> None:
        """A camera's thread: its pictures, and its losses."""
        wait = MIN_RECONNECT_SECONDS
        while not self.clock.stopped:
            why = "the stream ended"
            try:
                for picture in seat.source.pictures():
                    if self.clock.stopped:
                        return
                    wait = MIN_RECONNECT_SECONDS
                    self._handle_picture(seat, picture)
                if self.clock.stopped:
                    return
                if seat.source.is_recording:
                    self._set_state(seat, CameraState.ENDED, seat.last_seen)
                    return
                wait = MIN_RECONNECT_SECONDS  # it answers, though its stream ended, perhaps before a first picture
            except SourceLostError as error:
                why = str(error)
            seat.clock, seat.freeze_detector = CameraClock(), FreezeDetector()
            if seat.state is not CameraState.WAITING:
                self._set_state(seat, CameraState.LOST, seat.last_seen, why)
            seat.why = why
            self.clock.sleep(wait)
            wait = min(2 * wait, MAX_RECONNECT_SECONDS)

    def _handle_picture(self, seat: _CameraWorker, picture: SourcePicture) -> None:
        time = picture.time
        if not seat.source.is_recording:
            time = seat.clock.film_time(time, self.clock.now())
            if self.clock.paused:
                return
        same = seat.freeze_detector.update(time, picture.gray)
        if same >= self._frozen_after:
            self._set_state(
                seat,
                CameraState.FROZEN,
                seat.freeze_detector.since,
                f"the same picture for {self._frozen_after:g} s",
            )
        elif seat.state is not CameraState.FROZEN or same == 0:
            self._set_state(seat, CameraState.LIVE, time)
        seat.last_seen = time
        self._journal.brightness[seat.name].add((time, float(picture.gray.mean())))
        tick = int(sample_indices(time, self._rate))
        if tick < seat.next_tick or seat.state is CameraState.FROZEN:
            return
        seat.next_tick = tick + 1
        frame = Frame(time, self._masks.get(seat.name, NO_MASK).apply(picture.to_rgb()))
        with self._condition:
            seat.queue.append(frame)
            while len(seat.queue) > QUEUE_DEPTH or seat.queue[0].image.shape != frame.image.shape:
                seat.queue.popleft()
                seat.dropped += 1
            self._condition.notify()

    def _set_state(self, seat: _CameraWorker, state: CameraState, time: float, why: str = "") -> None:
        if state is seat.state:
            return
        time = 0.0 if math.isnan(time) else time  # a file that ends before its first picture
        with self._condition:
            seat.state, seat.why = state, why
            seat.losses += state in (CameraState.LOST, CameraState.FROZEN)
            self._journal.add_state_change(StateChange(seat.name, time, state, why))
            self._condition.notify_all()

    def _read_faces(self) -> None:
        """A reader's thread: the faces in the pictures that wait, camera by camera in turn."""
        while (turn := self._next_batch()) is not None:
            seat, frames = turn
            faces = self._journal_faces(seat, frames)
            with self._condition:
                seat.is_being_read = False
                seat.faces = faces
                seat.read += len(frames)
                seat.recent_times.extend(frame.time for frame in frames)
                self._condition.notify_all()

    def _journal_faces(self, seat: _CameraWorker, frames: list[Frame]) -> int:
        """Read a few pictures of one camera; how many faces the last of them shows."""
        found = seat.face_scheduler.detect([frame.image for frame in frames])
        faces = [face for in_frame in found for face in in_frame]
        crops = [crop_face(f.image, face) for f, faces in zip(frames, found, strict=True) for face in faces]
        weight, refused = quality_weights(faces, crops)
        read = zip(
            self._emotion_model.predict(crops).tolist(), weight.tolist(), refused.tolist(), strict=True
        )
        rows = self._journal.faces[seat.name]
        known = len(seat.switch_detector.switches)
        for frame, in_frame in zip(frames, found, strict=True):
            tracks = seat.tracker.assign(frame.time, in_frame)
            seat.switch_detector.update(frame.time, frame.image, in_frame, tracks)
            for face in in_frame:
                emotions, weight_of_face, why_refused = next(read)
                box = (face.left, face.top, face.right, face.bottom, face.score)
                rows.add((frame.time, *box, *emotions, weight_of_face, why_refused))
            if not in_frame:
                rows.add((frame.time, *NO_FACE))
        for exchange in seat.switch_detector.switches[known:]:
            with self._condition:
                self._journal.add_identity_switch(seat.name, exchange)
        return len(found[-1])

    def _flush_journal(self) -> None:
        """The thread that writes the journal down."""
        while not self._closed.wait(FLUSH_INTERVAL):
            self._journal.flush()

    def _next_batch(self) -> tuple[_CameraWorker, list[Frame]] | None:
        """The seat whose turn is longest ago, now this thread's own, and its pictures; None at the end."""

        def idle() -> list[_CameraWorker]:
            return [seat for seat in self._workers if seat.queue and not seat.is_being_read]

        def finished() -> bool:
            return self.clock.stopped and not any(camera.is_alive() for camera in self._camera_threads)

        with self._condition:
            self._condition.wait_for(lambda: idle() or finished())
            if not idle():
                return None
            seat = min(idle(), key=lambda seat: seat.last_turn)
            self._turn_count += 1
            seat.is_being_read, seat.last_turn = True, self._turn_count
            frames = list(seat.queue)
            seat.queue.clear()
            return seat, frames
