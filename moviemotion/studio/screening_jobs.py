"""The screening jobs of a studio: at most one per study; interrupted jobs are resumed after a restart."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from moviemotion.errors import MoviemotionError
from moviemotion.privacy.consent import refuse_expired
from moviemotion.privacy.pseudonymize import is_finished
from moviemotion.privacy.study_database import has_database, open_database
from moviemotion.studio import uploads
from moviemotion.studio.screening_job import BusyError, ScreeningJob
from moviemotion.studio.screening_state import (
    ACTIVE_STAGES,
    ScreeningSettings,
    ScreeningSource,
    Stage,
    read_state,
)
from moviemotion.studio.uploads import FileKind
from moviemotion.study.folder import has_study

SHUTDOWN_TIMEOUT = 10.0
"""Seconds for which a stopping studio waits for its jobs; they are resumed at the next start."""


class ScreeningJobs:
    """The jobs of a studio, at most one per study."""

    def __init__(self, allow_own_cameras: bool) -> None:
        """Create the studio's jobs.

        Args:
            allow_own_cameras: whether live cameras may be on the studio's own computer.
        """
        self._allow_own_cameras = allow_own_cameras
        self._jobs: dict[Path, ScreeningJob] = {}
        self._start_lock = threading.Lock()

    def get(self, folder: Path) -> ScreeningJob | None:
        """The job of a study, running or ended; None if there has been none since the studio started."""
        return self._jobs.get(folder)

    def start(self, folder: Path, settings: ScreeningSettings | None = None) -> ScreeningJob:
        """Start or resume a screening.

        Args:
            folder: the study folder.
            settings: defaults to the settings with which the screening was first started.

        Raises:
            BusyError: a screening is running, the study is finished, or it was started with different
                settings.
            MoviemotionError: the study has no recordings or cameras, or its consent terms have expired.
        """
        with self.while_idle(folder):
            if study_stage(self, folder) is Stage.FINISHED:
                raise BusyError(f"{folder.name}: this study is finished; create a new study")
            if not has_database(folder):
                raise MoviemotionError(
                    f"{folder.name}: its viewers were not asked for consent; create a new study"
                )
            with open_database(folder) as database:
                refuse_expired(database)
            state = read_state(folder) if has_study(folder) else None
            earlier = state.settings if state else None
            if earlier and settings and settings != earlier:
                raise BusyError(
                    f"{folder.name}: was started with different settings; "
                    "resume it with the original settings"
                )
            settings = settings or earlier or ScreeningSettings()
            if settings.source is ScreeningSource.LIVE:
                uploads.read_live_cameras(folder, self._allow_own_cameras)
            elif not uploads.file_paths(folder, FileKind.RECORDING):
                raise MoviemotionError(f"{folder.name}: has no recordings; upload one for each camera")
            job = ScreeningJob(folder, settings, self._allow_own_cameras)
            job.start()
            self._jobs[folder] = job
        return job

    @contextmanager
    def while_idle(self, folder: Path) -> Iterator[None]:
        """Block new screenings while the files of a study are changed.

        Raises:
            BusyError: a screening is running in the study.
        """
        with self._start_lock:
            self.refuse_if_active(folder)
            yield

    def refuse_if_active(self, folder: Path) -> None:
        """Check that no screening is running in a study.

        Raises:
            BusyError: a screening is running.
        """
        job = self.get(folder)
        if job and job.stage in ACTIVE_STAGES:
            raise BusyError(f"{folder.name}: a screening is running; wait until it has finished, or stop it")

    def resume_interrupted(self, folders: Iterable[Path]) -> None:
        """Resume the jobs that were interrupted when the studio stopped."""
        for folder in folders:
            uploads.delete_partial_uploads(folder)
            # An error in one study must not prevent resuming the others; it is shown on that study's page.
            with suppress(MoviemotionError):
                state = read_state(folder)
                if state and state.stage is Stage.PROCESSING:
                    self._jobs[folder] = job = ScreeningJob(folder, state.settings, self._allow_own_cameras)
                    job.start()

    def stop_all(self) -> None:
        """Stop all jobs; they are resumed at the next start."""
        jobs = [job for job in self._jobs.values() if job.thread.is_alive()]
        for job in jobs:
            job.stop(studio_stopping=True)
        deadline = time.monotonic() + SHUTDOWN_TIMEOUT
        for job in jobs:
            job.thread.join(max(0.0, deadline - time.monotonic()))


def study_stage(jobs: ScreeningJobs, folder: Path) -> Stage:
    """The stage of a study, taken from the running job or from the study folder."""
    job = jobs.get(folder)
    if job and job.stage in ACTIVE_STAGES:
        return job.stage
    state = read_state(folder)
    if state:
        return Stage.FAILED if state.stage is Stage.FAILED else Stage.STOPPED
    if is_finished(folder):
        return Stage.FINISHED
    if has_database(folder):
        with open_database(folder) as database:
            if database.first_expired():
                return Stage.EXPIRED
    return Stage.STOPPED if has_study(folder) else Stage.NEW
