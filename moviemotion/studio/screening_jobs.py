"""The screenings of a studio: at most one a study."""

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
"""Seconds that a stopping studio waits for its jobs; what is not done then is done after the next start."""


class ScreeningJobs:
    """The jobs of a studio, at most one a study."""

    def __init__(self) -> None:
        self._jobs: dict[Path, ScreeningJob] = {}
        self._start_lock = threading.Lock()

    def get(self, folder: Path) -> ScreeningJob | None:
        """The study's job since the studio was started, also when it is over."""
        return self._jobs.get(folder)

    def start(self, folder: Path, settings: ScreeningSettings | None = None) -> ScreeningJob:
        """Begin a screening, or go on with one.

        Args:
            settings: by default those with which it was begun.

        Raises:
            BusyError: one is running, the study is finished, or was begun with other settings.
            MoviemotionError: there is nothing to read.
        """
        with self.while_idle(folder):
            if study_stage(self, folder) is Stage.FINISHED:
                raise BusyError(f"{folder.name}: is finished; make a new study")
            if not has_database(folder):
                raise MoviemotionError(f"{folder.name}: its viewers were not asked; make a new study")
            with open_database(folder) as register:
                refuse_expired(register)
            record = read_state(folder) if has_study(folder) else None
            begun = record.settings if record else None
            if begun and settings and settings != begun:
                raise BusyError(f"{folder.name}: was begun with other settings; go on with the same")
            settings = settings or begun or ScreeningSettings()
            if settings.source is ScreeningSource.LIVE:
                uploads.read_live_cameras(folder)
            elif not uploads.file_paths(folder, FileKind.SEATS):
                raise MoviemotionError(f"{folder.name}: no recording to read; upload one a camera")
            job = ScreeningJob(folder, settings)
            job.start()
            self._jobs[folder] = job
        return job

    @contextmanager
    def while_idle(self, folder: Path) -> Iterator[None]:
        """While it lasts no screening begins, so that a study's files can change.

        Raises:
            BusyError: a screening is running in the study.
        """
        with self._start_lock:
            self.refuse_if_active(folder)
            yield

    def refuse_if_active(self, folder: Path) -> None:
        """
        Raises:
            BusyError: a screening is running in the study.
        """
        job = self.get(folder)
        if job and job.stage in ACTIVE_STAGES:
            raise BusyError(f"{folder.name}: is being screened; wait until it is finished, or stop it")

    def resume_interrupted(self, folders: Iterable[Path]) -> None:
        """Go on with what was cut off when the studio was stopped."""
        for folder in folders:
            uploads.delete_partial_uploads(folder)
            with suppress(MoviemotionError):  # the others go on; the study's page says what is wrong
                record = read_state(folder)
                if record and record.stage is Stage.READING:
                    self._jobs[folder] = job = ScreeningJob(folder, record.settings)
                    job.start()

    def stop_all(self) -> None:
        """Stop all, to be gone on with at the next start."""
        jobs = [job for job in self._jobs.values() if job.thread.is_alive()]
        for job in jobs:
            job.stop(studio_stopping=True)
        end = time.monotonic() + SHUTDOWN_TIMEOUT
        for job in jobs:
            job.thread.join(max(0.0, end - time.monotonic()))


def study_stage(jobs: ScreeningJobs, folder: Path) -> Stage:
    """How far a study is."""
    job = jobs.get(folder)
    if job and job.stage in ACTIVE_STAGES:
        return job.stage
    record = read_state(folder)
    if record:
        return Stage.FAILED if record.stage is Stage.FAILED else Stage.STOPPED
    if is_finished(folder):
        return Stage.FINISHED
    if has_database(folder):
        with open_database(folder) as register:
            if register.first_expired():
                return Stage.OVER
    return Stage.STOPPED if has_study(folder) else Stage.NEW
