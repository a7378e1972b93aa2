"""Process one screening in a thread that can be stopped and resumed.

A recording that was processed to the end is not processed again. An interrupted live capture is analyzed from
the data recorded so far. A viewer who withdraws in the meantime is masked from then on and does not appear in
any result.
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
    """The study is busy, or has passed the stage in which the request is allowed."""


@dataclass(frozen=True)
class RecordingProgress:
    """The progress of one recording.

    Attributes:
        name: name of the recording's camera.
        processed_seconds: seconds processed so far.
        duration: duration in seconds; None if the file does not specify it.
        finished: whether all samples of the recording are stored.
    """

    name: str
    processed_seconds: float
    duration: float | None
    finished: bool


class ScreeningJob:
    """The job that processes one screening. Other threads may stop it."""

    def __init__(self, folder: Path, settings: ScreeningSettings, allow_own_cameras: bool) -> None:
        self.folder, self.settings = folder, settings
        self._allow_own_cameras = allow_own_cameras
        self._stage = Stage.PROCESSING
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
        """Start the thread and store its state on disk, so that a restarted studio can resume it."""
        write_state(self.folder, ScreeningState(Stage.PROCESSING, self.settings))
        self.thread.start()

    def stop(self, studio_stopping: bool = False) -> None:
        """Stop processing recordings, which can be resumed, or end a live capture, which is then analyzed.

        Args:
            studio_stopping: whether the studio itself is stopping; the job is then resumed at the next start.
        """
        self._studio_stopping = studio_stopping
        self._stop_requested.set()

    @property
    def stage(self) -> Stage:
        """The current stage."""
        if (
            self._stage is Stage.PROCESSING
            and self._durations
            and all(r.finished for r in self.recording_progress)
        ):
            return Stage.ANALYZING
        return self._stage

    def pause(self, paused: bool) -> None:
        """Pause or resume the film clock of a live capture.

        Raises:
            BusyError: no live capture is running.
        """
        if self._capture is None or self._stage not in (Stage.PROCESSING, Stage.PAUSED):
            raise BusyError(f"{self.folder.name}: no live capture is running; start one first")
        clock = self._capture.clock
        clock.pause() if paused else clock.resume()
        self._stage = Stage.PAUSED if paused else Stage.PROCESSING

    @property
    def recording_progress(self) -> tuple[RecordingProgress, ...]:
        """The progress of each recording, in order."""
        samples = self.folder / SAMPLES_FOLDER
        return tuple(
            RecordingProgress(
                name, self._processed_seconds.get(name, 0.0), duration, (samples / f"{name}.parquet").exists()
            )
            for name, duration in self._durations.items()
        )

    @property
    def camera_health(self) -> tuple[CameraHealth, ...]:
        """The health of each live camera."""
        return tuple(self._capture.health()) if self._capture else ()

    @property
    def film_time(self) -> float | None:
        """Film time of a live capture in seconds; None for recordings."""
        return self._capture.clock.now() if self._capture else None

    def seconds_left(self) -> float | None:
        """Estimated seconds until all recordings are processed; None if there is no estimate."""
        done = sum(
            r.duration or r.processed_seconds if r.finished else r.processed_seconds
            for r in self.recording_progress
        )
        total = sum(duration or 0.0 for duration in self._durations.values())
        processed, elapsed = done - self._processed_before, time.monotonic() - self.started_at
        if self.stage is not Stage.PROCESSING or processed <= 0 or elapsed < 2 or not total:
            return None
        return max(total - done, 0.0) * elapsed / processed

    def _run(self) -> None:
        try:
            # A job that was interrupted after the analysis only needs to enforce privacy.
            if not is_finished(self.folder):
                if self.settings.source is ScreeningSource.FILES:
                    self._process_recordings()
                else:
                    self._capture_live()
            self._stage = Stage.ANALYZING
            enforce_privacy(self.folder)
            # Fill the cache, so that the analysis opens quickly. This fails if every viewer has withdrawn.
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
            self._fail(studio_message(error, self.folder.parent))
        except Exception as error:
            self._fail(f"{self.folder.name}: internal error ({error!r}); start again, and report the error")
            raise

    def _process_recordings(self) -> None:
        while True:
            self._withdrawn_seats, self._restart_needed = _withdrawn_seats(self.folder), False
            delete_withdrawn_cameras(self.folder)
            try:
                self._process_consented()
            except ProcessingInterruptedError:
                if self._stop_requested.is_set():
                    raise
                # Otherwise, a viewer has withdrawn: process again with that viewer masked.
            else:
                return

    def _process_consented(self) -> None:
        recordings = uploads.file_paths(self.folder, FileKind.RECORDING)

        def masks(out: Path, cameras: Iterable[str]) -> Mapping[str, Mask]:
            names = list(cameras)
            masks_by_camera = consent.camera_masks(out, names)
            visible = {
                name: path
                for name, path in zip(names, recordings, strict=True)
                if not masks_by_camera[name].hides_everything
            }
            self._durations = {name: _recording_duration(path) for name, path in visible.items()}
            self._processed_before = sum(r.duration or 0.0 for r in self.recording_progress if r.finished)
            return masks_by_camera

        screen(
            recordings,
            self.folder,
            uploads.find_file(self.folder, FileKind.SCRIPT),
            self._subtitles(),
            offsets=self.settings.offsets,
            rate=self.settings.rate,
            seed=self.settings.seed,
            progress=self._on_progress,
            baseline=_time_span(self.settings.baseline),
            masks=masks,
            film=_time_span(self.settings.film),
            credits=_time_span(self.settings.credits),
        )

    def _on_progress(self, camera: Camera, seconds: float) -> None:
        if time.monotonic() - self._last_consent_check > REFRESH_SECONDS:
            self._last_consent_check = time.monotonic()
            # An error raised here would be mistaken for an error in the recording.
            with suppress(MoviemotionError):
                self._restart_needed = _withdrawn_seats(self.folder) != self._withdrawn_seats
        if self._stop_requested.is_set() or self._restart_needed:
            raise ProcessingInterruptedError
        self._processed_seconds[camera.name] = seconds

    def _capture_live(self) -> None:
        if not (self.folder / JOURNAL_FOLDER).is_dir() and not (self.folder / CAPTURE_FILE).is_file():
            seats = uploads.read_live_cameras(self.folder, self._allow_own_cameras)
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
        self._stage = Stage.ANALYZING
        report(
            self.folder,
            uploads.find_file(self.folder, FileKind.SCRIPT),
            self._subtitles(),
            self.settings.seed,
            film=_time_span(self.settings.film),
            credits=_time_span(self.settings.credits),
        )

    def _subtitles(self) -> Path | None:
        # Subtitles are used only to time a script.
        has_script = uploads.find_file(self.folder, FileKind.SCRIPT)
        return uploads.find_file(self.folder, FileKind.SUBTITLES) if has_script else None

    def _erase_withdrawn(self) -> None:
        # If this fails, the hourly enforcement tries again.
        with suppress(MoviemotionError, OSError):
            enforce_privacy(self.folder)

    def _fail(self, problem: str) -> None:
        self._save_state(ScreeningState(Stage.FAILED, self.settings, problem))
        self._stage = Stage.FAILED

    def _save_state(self, state: ScreeningState) -> None:
        # If the disk is full, the state remains "processing", and the job is resumed at the next start.
        with suppress(OSError):
            write_state(self.folder, state)


def _time_span(times: tuple[float, float | None] | None) -> TimeSpan | None:
    return TimeSpan(times[0], math.inf if times[1] is None else times[1]) if times else None


def _withdrawn_seats(folder: Path) -> frozenset[str]:
    """Labels of the seats whose viewers have withdrawn."""
    return frozenset(
        seat.label for seat in consent.list_seats(folder) if seat.state is ConsentState.WITHDRAWN
    )


def _recording_duration(recording: Path) -> float | None:
    try:
        seconds = decode.probe(recording).duration
    except MoviemotionError:  # `screen` reports the error later
        return None
    return None if math.isnan(seconds) else seconds
