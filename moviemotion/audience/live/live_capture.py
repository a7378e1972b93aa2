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
from moviemotion.audience.faces.emotion_model import EmotionReader
from moviemotion.audience.faces.face_scheduler import FaceFinder
from moviemotion.audience.faces.identity_switches import ExchangeWatch
from moviemotion.audience.faces.quality import weigh
from moviemotion.audience.faces.tracking import ViewerTracker
from moviemotion.audience.live.film_clock import CameraClock, FilmClock, ticks
from moviemotion.audience.live.journal import KEPT_EVERY, NOBODY, Change, Journal, State
from moviemotion.audience.live.sources import Picture, Source, SourceLostError
from moviemotion.audience.video.decode import Frame
from moviemotion.audience.video.masking import OPEN, Mask
from moviemotion.errors import MoviemotionError

DEPTH = 4
"""Pictures of a camera that wait to be read."""
STILL = 0.3
"""Mean grey levels by which a picture must differ from the last that did; people in front of a real
camera never stay below it for half a second."""
FIRST_WAIT, LONGEST_WAIT = 0.5, 8.0
"""Seconds between attempts to reach a lost camera: doubled from the first to the longest while it does
not answer."""
RECENT = 20
"""Samples over which the rate is told."""


@dataclass(frozen=True)
class Health:
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
    state: State
    why: str
    rate: float
    faces: int
    read: int
    dropped: int
    last_seen: float
    losses: int


class Stillness:
    """How long a camera has been sending the same picture."""

    def __init__(self) -> None:
        self._picture = np.empty((0, 0), np.int16)
        self.since = 0.0
        """Film time of the first of the pictures that are the same."""

    def look(self, time: float, grey: NDArray[np.uint8]) -> float:
        """Seconds for which the picture has been the same."""
        now = grey.astype(np.int16)
        if now.shape != self._picture.shape or np.abs(now - self._picture).mean() >= STILL:
            self._picture, self.since = now, time
        return time - self.since


@dataclass
class _Seat:
    """One camera at work. `waiting`, `reading` and the counts belong to whoever holds the capture's lock."""

    name: str
    source: Source
    finder: FaceFinder
    state: State = State.WAITING
    why: str = ""
    last_seen: float = float("nan")
    losses: int = 0
    next_tick: int = 0
    tracker: ViewerTracker = field(default_factory=ViewerTracker)
    exchanges: ExchangeWatch = field(default_factory=ExchangeWatch)
    stillness: Stillness = field(default_factory=Stillness)
    clock: CameraClock = field(default_factory=CameraClock)
    waiting: deque[Frame] = field(default_factory=deque)
    reading: bool = False
    last_turn: int = 0
    faces: int = 0
    read: int = 0
    dropped: int = 0
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))


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
        self._detector, self._reader = FaceDetector(), EmotionReader()
        self._seats = [_Seat(name, source, FaceFinder(self._detector)) for name, source in sources.items()]
        self._journal = Journal(folder, tuple(sources))
        self._turn = threading.Condition()
        self._turns = 0
        self._fault: BaseException | None = None
        for seat in self._seats:
            self._journal.change(Change(seat.name, 0.0, State.WAITING))
        clock.resume()
        self._cameras = [self._thread(self._take, seat) for seat in self._seats]
        self._closed = threading.Event()
        self._keeper = self._thread(self._keep)
        self._readers = [self._thread(self._read) for _ in range(workers or os.cpu_count() or 1)]

    def health(self) -> list[Health]:
        """How each camera is, in the order given."""
        now = self.clock.now()
        with self._turn:
            return [
                Health(
                    seat.name,
                    seat.state,
                    seat.why,
                    len(seat.recent) / max(now - seat.recent[0], 1 / self._rate) if seat.recent else 0.0,
                    seat.faces,
                    seat.read,
                    seat.dropped,
                    seat.last_seen,
                    seat.losses,
                )
                for seat in self._seats
            ]

    def wait(self, seconds: float) -> bool:
        """Wait so many seconds of ours, or until there is nothing more to come: True then."""
        with self._turn:
            return self._turn.wait_for(self._over, seconds)

    def stop(self) -> None:
        """Stop, read what waits, and close the journal.

        Raises:
            MoviemotionError: the journal could not be written, such as on a full disk.
        """
        self.clock.stop()
        for thread in (*self._cameras, *self._readers):
            with self._turn:
                self._turn.notify_all()
            thread.join()
        self._closed.set()
        self._keeper.join()
        try:
            self._journal.close()
        except OSError as error:
            self._fault = self._fault or error
        if isinstance(self._fault, OSError):
            why = self._fault.strerror
            raise MoviemotionError(
                f"{self._folder}: cannot be written ({why}); make room or choose another --out"
            ) from self._fault
        if self._fault:
            raise self._fault

    def _thread(self, work: Callable[..., None], *args: object) -> threading.Thread:
        def guarded() -> None:
            try:
                work(*args)
            except BaseException as fault:  # told by `stop`: a thread that dies silently loses a camera
                self._fault = self._fault or fault
                self.clock.stop()
            with self._turn:
                self._turn.notify_all()

        thread = threading.Thread(target=guarded, daemon=True)
        thread.start()
        return thread

    def _over(self) -> bool:
        return self.clock.stopped or all(seat.state is State.ENDED for seat in self._seats)

    def _take(self, seat: _Seat) -> None:
        """A camera's thread: its pictures, and its losses."""
        wait = FIRST_WAIT
        while not self.clock.stopped:
            why = "the stream ended"
            try:
                for picture in seat.source.pictures():
                    if self.clock.stopped:
                        return
                    wait = FIRST_WAIT
                    self._see(seat, picture)
                if self.clock.stopped:
                    return
                if seat.source.recorded:
                    self._become(seat, State.ENDED, seat.last_seen)
                    return
                wait = FIRST_WAIT  # it answers, though its stream ended, perhaps before a first picture
            except SourceLostError as error:
                why = str(error)
            seat.clock, seat.stillness = CameraClock(), Stillness()
            if seat.state is not State.WAITING:
                self._become(seat, State.LOST, seat.last_seen, why)
            seat.why = why
            self.clock.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)

    def _see(self, seat: _Seat, picture: Picture) -> None:
        time = picture.time
        if not seat.source.recorded:
            time = seat.clock.film_time(time, self.clock.now())
            if self.clock.paused:
                return
        same = seat.stillness.look(time, picture.grey)
        if same >= self._frozen_after:
            self._become(
                seat, State.FROZEN, seat.stillness.since, f"the same picture for {self._frozen_after:g} s"
            )
        elif seat.state is not State.FROZEN or same == 0:
            self._become(seat, State.LIVE, time)
        seat.last_seen = time
        self._journal.light[seat.name].add((time, float(picture.grey.mean())))
        tick = int(ticks(time, self._rate))
        if tick < seat.next_tick or seat.state is State.FROZEN:
            return
        seat.next_tick = tick + 1
        frame = Frame(time, self._masks.get(seat.name, OPEN).over(picture.image()))
        with self._turn:
            seat.waiting.append(frame)
            while len(seat.waiting) > DEPTH or seat.waiting[0].image.shape != frame.image.shape:
                seat.waiting.popleft()
                seat.dropped += 1
            self._turn.notify()

    def _become(self, seat: _Seat, state: State, time: float, why: str = "") -> None:
        if state is seat.state:
            return
        time = 0.0 if math.isnan(time) else time  # a file that ends before its first picture
        with self._turn:
            seat.state, seat.why = state, why
            seat.losses += state in (State.LOST, State.FROZEN)
            self._journal.change(Change(seat.name, time, state, why))
            self._turn.notify_all()

    def _read(self) -> None:
        """A reader's thread: the faces in the pictures that wait, camera by camera in turn."""
        while (turn := self._next()) is not None:
            seat, frames = turn
            faces = self._journal_faces(seat, frames)
            with self._turn:
                seat.reading = False
                seat.faces = faces
                seat.read += len(frames)
                seat.recent.extend(frame.time for frame in frames)
                self._turn.notify_all()

    def _journal_faces(self, seat: _Seat, frames: list[Frame]) -> int:
        """Read a few pictures of one camera; how many faces the last of them shows."""
        found = seat.finder.find([frame.image for frame in frames])
        faces = [face for in_frame in found for face in in_frame]
        crops = [crop_face(f.image, face) for f, faces in zip(frames, found, strict=True) for face in faces]
        weight, refused = weigh(faces, crops)
        read = zip(self._reader.read(crops).tolist(), weight.tolist(), refused.tolist(), strict=True)
        rows = self._journal.faces[seat.name]
        known = len(seat.exchanges.found)
        for frame, in_frame in zip(frames, found, strict=True):
            tracks = seat.tracker.assign(frame.time, in_frame)
            seat.exchanges.see(frame.time, frame.image, in_frame, tracks)
            for face in in_frame:
                emotions, weight_of_face, why_refused = next(read)
                box = (face.left, face.top, face.right, face.bottom, face.score)
                rows.add((frame.time, *box, *emotions, weight_of_face, why_refused))
            if not in_frame:
                rows.add((frame.time, *NOBODY))
        for exchange in seat.exchanges.found[known:]:
            with self._turn:
                self._journal.exchange(seat.name, exchange)
        return len(found[-1])

    def _keep(self) -> None:
        """The thread that writes the journal down."""
        while not self._closed.wait(KEPT_EVERY):
            self._journal.keep()

    def _next(self) -> tuple[_Seat, list[Frame]] | None:
        """The seat whose turn is longest ago, now this thread's own, and its pictures; None at the end."""

        def idle() -> list[_Seat]:
            return [seat for seat in self._seats if seat.waiting and not seat.reading]

        def finished() -> bool:
            return self.clock.stopped and not any(camera.is_alive() for camera in self._cameras)

        with self._turn:
            self._turn.wait_for(lambda: idle() or finished())
            if not idle():
                return None
            seat = min(idle(), key=lambda seat: seat.last_turn)
            self._turns += 1
            seat.reading, seat.last_turn = True, self._turns
            frames = list(seat.waiting)
            seat.waiting.clear()
            return seat, frames
