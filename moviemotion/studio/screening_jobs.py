"""The screenings of a studio: at most one a study."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from moviemotion.errors import MoviemotionError
from moviemotion.privacy.consent import refuse_late
from moviemotion.privacy.pseudonymize import is_finished
from moviemotion.privacy.study_database import is_governed, opened
from moviemotion.studio import uploads
from moviemotion.studio.screening_job import BusyError, Job
from moviemotion.studio.screening_state import AT_WORK, Settings, Source, Stage, read_record
from moviemotion.studio.uploads import Kind

PATIENCE = 10.0
"""Seconds that a stopping studio waits for its jobs; what is not done then is done after the next start."""


class Jobs:
    """The jobs of a studio, at most one a study."""

    def __init__(self) -> None:
        self._jobs: dict[Path, Job] = {}
        self._one_at_a_time = threading.Lock()

    def of(self, folder: Path) -> Job | None:
        """The study's job since the studio was started, also when it is over."""
        return self._jobs.get(folder)

    def start(self, folder: Path, settings: Settings | None = None) -> Job:
        """Begin a screening, or go on with one.

        Args:
            settings: by default those with which it was begun.

        Raises:
            BusyError: one is running, the study is finished, or was begun with other settings.
            MoviemotionError: there is nothing to read.
        """
        with self.idle(folder):
            if stage_of(self, folder) is Stage.FINISHED:
                raise BusyError(f"{folder.name}: is finished; make a new study")
            if not is_governed(folder):
                raise MoviemotionError(f"{folder.name}: its viewers were not asked; make a new study")
            with opened(folder) as register:
                refuse_late(register)
            record = read_record(folder) if (folder / "study.json").is_file() else None
            begun = record.settings if record else None
            if begun and settings and settings != begun:
                raise BusyError(f"{folder.name}: was begun with other settings; go on with the same")
            settings = settings or begun or Settings()
            if settings.source is Source.LIVE:
                uploads.live_seats(folder)
            elif not uploads.paths(folder, Kind.SEATS):
                raise MoviemotionError(f"{folder.name}: no recording to read; upload one a camera")
            job = Job(folder, settings)
            job.start()
            self._jobs[folder] = job
        return job

    @contextmanager
    def idle(self, folder: Path) -> Iterator[None]:
        """While it lasts no screening begins, so that a study's files can change.

        Raises:
            BusyError: a screening is running in the study.
        """
        with self._one_at_a_time:
            self.refuse_at_work(folder)
            yield

    def refuse_at_work(self, folder: Path) -> None:
        """
        Raises:
            BusyError: a screening is running in the study.
        """
        job = self.of(folder)
        if job and job.stage in AT_WORK:
            raise BusyError(f"{folder.name}: is being screened; wait until it is finished, or stop it")

    def go_on(self, folders: Iterable[Path]) -> None:
        """Go on with what was cut off when the studio was stopped."""
        for folder in folders:
            uploads.sweep(folder)
            with suppress(MoviemotionError):  # the others go on; the study's page says what is wrong
                record = read_record(folder)
                if record and record.stage is Stage.READING:
                    self._jobs[folder] = job = Job(folder, record.settings)
                    job.start()

    def close(self) -> None:
        """Stop all, to be gone on with at the next start."""
        jobs = [job for job in self._jobs.values() if job.thread.is_alive()]
        for job in jobs:
            job.stop(leaving=True)
        end = time.monotonic() + PATIENCE
        for job in jobs:
            job.thread.join(max(0.0, end - time.monotonic()))


def stage_of(jobs: Jobs, folder: Path) -> Stage:
    """How far a study is."""
    job = jobs.of(folder)
    if job and job.stage in AT_WORK:
        return job.stage
    record = read_record(folder)
    if record:
        return Stage.FAILED if record.stage is Stage.FAILED else Stage.STOPPED
    if is_finished(folder):
        return Stage.FINISHED
    if is_governed(folder):
        with opened(folder) as register:
            if register.past():
                return Stage.OVER
    return Stage.STOPPED if (folder / "study.json").is_file() else Stage.NEW
