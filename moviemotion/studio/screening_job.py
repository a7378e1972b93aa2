"""One screening at work: a thread that can be stopped, and gone on with.

A recording that was read to its end is not read again; a live capture that was cut off is told from what it
saw. Whoever withdraws meanwhile is masked from then on, and in no result.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from moviemotion.analysis.signals.baseline import Stretch
from moviemotion.audience.live.live_capture import Health, LiveCapture
from moviemotion.audience.recordings import Camera, InterruptedWatchError
from moviemotion.audience.video import decode
from moviemotion.audience.video.masking import Mask
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import consent
from moviemotion.privacy.consent import State
from moviemotion.privacy.erasure import keep_promises, leave_out
from moviemotion.privacy.pseudonymize import is_finished
from moviemotion.studio import uploads
from moviemotion.studio.messages import told
from moviemotion.studio.screening_state import Record, Settings, Source, Stage, close_record, write_record
from moviemotion.studio.seat_masks import LOOK_AGAIN, SeatMasks
from moviemotion.studio.uploads import Kind
from moviemotion.study.analysis_cache import kept_analysis
from moviemotion.study.folder import JOURNAL, making
from moviemotion.workflows import capture
from moviemotion.workflows.report import report
from moviemotion.workflows.screen import screen


class BusyError(Exception):
    """Something else is under way in the study, or it is past that."""


@dataclass(frozen=True)
class Reading:
    """A recording that is being read.

    Attributes:
        seconds: watched so far.
        length: of the recording; None where it does not say.
        finished: whether what it shows is kept.
    """

    name: str
    seconds: float
    length: float | None
    finished: bool


class Job:
    """One screening. Its thread may be stopped from any other."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder, self.settings = folder, settings
        self._stage = Stage.READING
        self.began = time.monotonic()
        self._lengths: dict[str, float | None] = {}
        self._watched: dict[str, float] = {}
        self._read_before = 0.0
        self._stopped = threading.Event()
        self._gone: frozenset[str] = frozenset()
        self._again = False
        self._looked = 0.0
        self._leaving = False
        self._capture: LiveCapture | None = None
        self.thread = threading.Thread(target=self._work, name=f"screening {folder.name}", daemon=True)

    def start(self) -> None:
        """Begin, and leave word of it for the next start of the studio."""
        write_record(self.folder, Record(Stage.READING, self.settings))
        self.thread.start()

    def stop(self, leaving: bool = False) -> None:
        """Stop reading recordings, to be gone on with; or end a live capture, whose results are then made.

        Args:
            leaving: the studio stops: go on when it starts again.
        """
        self._leaving = leaving
        self._stopped.set()

    @property
    def stage(self) -> Stage:
        """How far it is."""
        if self._stage is Stage.READING and self._lengths and all(r.finished for r in self.readings):
            return Stage.TELLING
        return self._stage

    def pause(self, paused: bool) -> None:
        """Let the film of a live capture stand still, or go on.

        Raises:
            BusyError: it is not a live capture, or over.
        """
        if self._capture is None or self._stage not in (Stage.READING, Stage.PAUSED):
            raise BusyError(f"{self.folder.name}: no live capture is running")
        clock = self._capture.clock
        clock.pause() if paused else clock.resume()
        self._stage = Stage.PAUSED if paused else Stage.READING

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The recordings that are read, in order."""
        samples = self.folder / "samples"
        return tuple(
            Reading(name, self._watched.get(name, 0.0), length, (samples / f"{name}.parquet").exists())
            for name, length in self._lengths.items()
        )

    @property
    def health(self) -> tuple[Health, ...]:
        """How each live camera is."""
        return tuple(self._capture.health()) if self._capture else ()

    @property
    def film_time(self) -> float | None:
        """Second of the film in a live capture."""
        return self._capture.clock.now() if self._capture else None

    def left(self) -> float | None:
        """Seconds of ours until all recordings are read, at the pace so far; None where not known."""
        done = sum(r.length or r.seconds if r.finished else r.seconds for r in self.readings)
        total = sum(length or 0.0 for length in self._lengths.values())
        read, taken = done - self._read_before, time.monotonic() - self.began
        if self.stage is not Stage.READING or read <= 0 or taken < 2 or not total:
            return None
        return max(total - done, 0.0) * taken / read

    def _work(self) -> None:
        try:
            # One that was cut off between its results and its promises has been read already.
            if not is_finished(self.folder):
                self._read() if self.settings.source is Source.FILES else self._capture_live()
            self._stage = Stage.TELLING
            keep_promises(self.folder)
            # Whoever reads the room next need not wait; where all have withdrawn there is none.
            with suppress(MoviemotionError):
                kept_analysis(self.folder)
            close_record(self.folder)
            self._stage = Stage.FINISHED
        except InterruptedWatchError:
            if not self._leaving:
                self._see_to_withdrawn()
                self._leave_word(Record(Stage.STOPPED, self.settings))
            self._stage = Stage.STOPPED
        except MoviemotionError as error:
            self._see_to_withdrawn()
            self._fail(str(error))
        except Exception as error:
            self._fail(f"{self.folder.name}: a fault of the program ({error!r}); start again, and report it")
            raise

    def _read(self) -> None:
        while True:
            self._gone, self._again = _withdrawn(self.folder), False
            leave_out(self.folder)
            try:
                self._read_as_agreed()
                return
            except InterruptedWatchError:
                if self._stopped.is_set():
                    raise  # otherwise somebody has withdrawn, and is masked from here on

    def _read_as_agreed(self) -> None:
        recordings = uploads.paths(self.folder, Kind.SEATS)
        baseline = self.settings.baseline

        def masks(out: Path, cameras: Iterable[str]) -> Mapping[str, Mask]:
            names = list(cameras)
            seen = consent.masks(out, names)
            of = {name: path for name, path in zip(names, recordings, strict=True) if not seen[name].closed}
            self._lengths = {name: _seconds(path) for name, path in of.items()}
            self._read_before = sum(r.length or 0.0 for r in self.readings if r.finished)
            return seen

        screen(
            recordings,
            self.folder,
            uploads.first(self.folder, Kind.SCRIPT),
            self._subtitles(),
            offsets=self.settings.offsets,
            rate=self.settings.rate,
            seed=self.settings.seed,
            progress=self._progress,
            baseline=Stretch(*baseline) if baseline else None,
            masks=masks,
        )

    def _progress(self, camera: Camera, seconds: float) -> None:
        if time.monotonic() - self._looked > LOOK_AGAIN:
            self._looked = time.monotonic()
            # Raised here it would be taken for a fault of the recording.
            with suppress(MoviemotionError):
                self._again = _withdrawn(self.folder) != self._gone
        if self._stopped.is_set() or self._again:
            raise InterruptedWatchError
        self._watched[camera.name] = seconds

    def _capture_live(self) -> None:
        if not (self.folder / JOURNAL).is_dir() and not (self.folder / "capture.json").is_file():
            seats = uploads.live_seats(self.folder)
            running = capture.begin(seats, self.folder, masks=SeatMasks(self.folder))
            self._capture = running
            try:
                with making(self.folder):
                    while not self._stopped.is_set() and not running.wait(0.25):
                        pass
            finally:
                running.stop()
            if self._leaving:
                raise InterruptedWatchError
        self._stage = Stage.TELLING
        report(self.folder, uploads.first(self.folder, Kind.SCRIPT), self._subtitles(), self.settings.seed)

    def _subtitles(self) -> Path | None:
        # Subtitles time a script; without one they say nothing.
        has_script = uploads.first(self.folder, Kind.SCRIPT)
        return uploads.first(self.folder, Kind.SUBTITLES) if has_script else None

    def _see_to_withdrawn(self) -> None:
        # What fails here is tried again every hour.
        with suppress(MoviemotionError, OSError):
            keep_promises(self.folder)

    def _fail(self, problem: str) -> None:
        self._leave_word(Record(Stage.FAILED, self.settings, told(problem, self.folder.parent)))
        self._stage = Stage.FAILED

    def _leave_word(self, record: Record) -> None:
        # On a full disk the studio finds it cut off at its next start.
        with suppress(OSError):
            write_record(self.folder, record)


def _withdrawn(folder: Path) -> frozenset[str]:
    """Seats whose viewers have taken their consent back."""
    return frozenset(seat.seat for seat in consent.seats(folder) if seat.state is State.WITHDRAWN)


def _seconds(recording: Path) -> float | None:
    try:
        seconds = decode.probe(recording).seconds
    except MoviemotionError:  # told by `screen` when it comes to it
        return None
    return None if math.isnan(seconds) else seconds
