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

from moviemotion.analysis.signals.baseline import TimeSpan
from moviemotion.audience.live.live_capture import CameraHealth, LiveCapture
from moviemotion.audience.recordings import Camera, ProcessingInterruptedError
from moviemotion.audience.video import decode
from moviemotion.audience.video.masking import Mask
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import consent
from moviemotion.privacy.consent import ConsentState
from moviemotion.privacy.erasure import delete_withdrawn_cameras, enforce_privacy
from moviemotion.privacy.pseudonymize import is_finished
from moviemotion.studio import uploads
from moviemotion.studio.messages import studio_message
from moviemotion.studio.screening_state import (
    ScreeningSettings,
    ScreeningSource,
    ScreeningState,
    Stage,
    delete_uploads,
    write_state,
)
from moviemotion.studio.seat_masks import REFRESH_SECONDS, SeatMasks
from moviemotion.studio.uploads import FileKind
from moviemotion.study.analysis_cache import cached_analysis
from moviemotion.study.file_names import CAPTURE_FILE, JOURNAL_FOLDER, SAMPLES_FOLDER
from moviemotion.study.folder import study_lock
from moviemotion.workflows import capture
from moviemotion.workflows.report import report
from moviemotion.workflows.screen import screen


class BusyError(Exception):
    """Something else is under way in the study, or it is past that."""


@dataclass(frozen=True)
class RecordingProgress:
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


class ScreeningJob:
    """One screening. Its thread may be stopped from any other."""

    def __init__(self, folder: Path, settings: ScreeningSettings) -> None:
        self.folder, self.settings = folder, settings
        self._stage = Stage.READING
        self.started_at = time.monotonic()
        self._durations: dict[str, float | None] = {}
        self._processed_seconds: dict[str, float] = {}
        self._processed_before = 0.0
        self._stop_requested = threading.Event()
        self._withdrawn_seats: frozenset[str] = frozenset()
        self._restart_needed = False
        self._last_consent_check = 0.0
        self._studio_stopping = False
        self._capture: LiveCapture | None = None
        self.thread = threading.Thread(target=self._run, name=f"screening {folder.name}", daemon=True)

    def start(self) -> None:
        """Begin, and leave word of it for the next start of the studio."""
        write_state(self.folder, ScreeningState(Stage.READING, self.settings))
        self.thread.start()

    def stop(self, studio_stopping: bool = False) -> None:
        """Stop reading recordings, to be gone on with; or end a live capture, whose results are then made.

        Args:
            leaving: the studio stops: go on when it starts again.
        """
        self._studio_stopping = studio_stopping
        self._stop_requested.set()

    @property
    def stage(self) -> Stage:
        """How far it is."""
        if (
            self._stage is Stage.READING
            and self._durations
            and all(r.finished for r in self.recording_progress)
        ):
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
    def recording_progress(self) -> tuple[RecordingProgress, ...]:
        """The recordings that are read, in order."""
        samples = self.folder / SAMPLES_FOLDER
        return tuple(
            RecordingProgress(
                name, self._processed_seconds.get(name, 0.0), length, (samples / f"{name}.parquet").exists()
            )
            for name, length in self._durations.items()
        )

    @property
    def camera_health(self) -> tuple[CameraHealth, ...]:
        """How each live camera is."""
        return tuple(self._capture.health()) if self._capture else ()

    @property
    def film_time(self) -> float | None:
        """Second of the film in a live capture."""
        return self._capture.clock.now() if self._capture else None

    def seconds_left(self) -> float | None:
        """Seconds of ours until all recordings are read, at the pace so far; None where not known."""
        done = sum(r.length or r.seconds if r.finished else r.seconds for r in self.recording_progress)
        total = sum(length or 0.0 for length in self._durations.values())
        read, taken = done - self._processed_before, time.monotonic() - self.started_at
        if self.stage is not Stage.READING or read <= 0 or taken < 2 or not total:
            return None
        return max(total - done, 0.0) * taken / read

    def _run(self) -> None:
        try:
            # One that was cut off between its results and its promises has been read already.
            if not is_finished(self.folder):
                self._process_recordings() if self.settings.source is ScreeningSource.FILES else self._capture_live()
            self._stage = Stage.TELLING
            enforce_privacy(self.folder)
            # Whoever reads the room next need not wait; where all have withdrawn there is none.
            with suppress(MoviemotionError):
                cached_analysis(self.folder)
            delete_uploads(self.folder)
            self._stage = Stage.FINISHED
        except ProcessingInterruptedError:
            if not self._studio_stopping:
                self._erase_withdrawn()
                self._save_state(ScreeningState(Stage.STOPPED, self.settings))
            self._stage = Stage.STOPPED
        except MoviemotionError as error:
            self._erase_withdrawn()
            self._fail(str(error))
        except Exception as error:
            self._fail(f"{self.folder.name}: a fault of the program ({error!r}); start again, and report it")
            raise

    def _process_recordings(self) -> None:
        while True:
            self._withdrawn_seats, self._restart_needed = _withdrawn_seats(self.folder), False
            delete_withdrawn_cameras(self.folder)
            try:
                self._process_consented()
                return
            except ProcessingInterruptedError:
                if self._stop_requested.is_set():
                    raise  # otherwise somebody has withdrawn, and is masked from here on

    def _process_consented(self) -> None:
        recordings = uploads.file_paths(self.folder, FileKind.SEATS)
        baseline = self.settings.baseline

        def masks(out: Path, cameras: Iterable[str]) -> Mapping[str, Mask]:
            names = list(cameras)
            seen = consent.camera_masks(out, names)
            of = {
                name: path
                for name, path in zip(names, recordings, strict=True)
                if not seen[name].hides_everything
            }
            self._durations = {name: _recording_duration(path) for name, path in of.items()}
            self._processed_before = sum(r.length or 0.0 for r in self.recording_progress if r.finished)
            return seen

        screen(
            recordings,
            self.folder,
            uploads.find_file(self.folder, FileKind.SCRIPT),
            self._subtitles(),
            offsets=self.settings.offsets,
            rate=self.settings.rate,
            seed=self.settings.seed,
            progress=self._on_progress,
            baseline=TimeSpan(*baseline) if baseline else None,
            masks=masks,
        )

    def _on_progress(self, camera: Camera, seconds: float) -> None:
        if time.monotonic() - self._last_consent_check > REFRESH_SECONDS:
            self._last_consent_check = time.monotonic()
            # Raised here it would be taken for a fault of the recording.
            with suppress(MoviemotionError):
                self._restart_needed = _withdrawn_seats(self.folder) != self._withdrawn_seats
        if self._stop_requested.is_set() or self._restart_needed:
            raise ProcessingInterruptedError
        self._processed_seconds[camera.name] = seconds

    def _capture_live(self) -> None:
        if not (self.folder / JOURNAL_FOLDER).is_dir() and not (self.folder / CAPTURE_FILE).is_file():
            seats = uploads.read_live_cameras(self.folder)
            running = capture.begin_capture(seats, self.folder, masks=SeatMasks(self.folder))
            self._capture = running
            try:
                with study_lock(self.folder):
                    while not self._stop_requested.is_set() and not running.wait(0.25):
                        pass
            finally:
                running.stop()
            if self._studio_stopping:
                raise ProcessingInterruptedError
        self._stage = Stage.TELLING
        report(
            self.folder,
            uploads.find_file(self.folder, FileKind.SCRIPT),
            self._subtitles(),
            self.settings.seed,
        )

    def _subtitles(self) -> Path | None:
        # Subtitles time a script; without one they say nothing.
        has_script = uploads.find_file(self.folder, FileKind.SCRIPT)
        return uploads.find_file(self.folder, FileKind.SUBTITLES) if has_script else None

    def _erase_withdrawn(self) -> None:
        # What fails here is tried again every hour.
        with suppress(MoviemotionError, OSError):
            enforce_privacy(self.folder)

    def _fail(self, problem: str) -> None:
        self._save_state(
            ScreeningState(Stage.FAILED, self.settings, studio_message(problem, self.folder.parent))
        )
        self._stage = Stage.FAILED

    def _save_state(self, record: ScreeningState) -> None:
        # On a full disk the studio finds it cut off at its next start.
        with suppress(OSError):
            write_state(self.folder, record)


def _withdrawn_seats(folder: Path) -> frozenset[str]:
    """Seats whose viewers have taken their consent back."""
    return frozenset(
        seat.label for seat in consent.list_seats(folder) if seat.state is ConsentState.WITHDRAWN
    )


def _recording_duration(recording: Path) -> float | None:
    try:
        seconds = decode.probe(recording).duration
    except MoviemotionError:  # told by `screen` when it comes to it
        return None
    return None if math.isnan(seconds) else seconds
