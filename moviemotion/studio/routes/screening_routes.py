"""Reading an audience: start, stop, go on, pause, and how far it is."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field, model_validator
from starlette.concurrency import run_in_threadpool

from moviemotion.reports.terminal_summary import summary_lines
from moviemotion.studio import uploads
from moviemotion.studio.accounts import Researcher, User, current_user
from moviemotion.studio.dependencies import ERROR_RESPONSES, StudyPath
from moviemotion.studio.routes.study_routes import JobsDependency
from moviemotion.studio.screening_job import BusyError, RecordingProgress, ScreeningJob
from moviemotion.studio.screening_jobs import ScreeningJobs, study_stage
from moviemotion.studio.screening_state import (
    ACTIVE_STAGES,
    ScreeningSettings,
    ScreeningSource,
    Stage,
    read_state,
)
from moviemotion.studio.uploads import FileKind
from moviemotion.workflows.partial_results import analyze_partial_results
from moviemotion.workflows.screen import DEFAULT_RATE, DEFAULT_SEED

router = APIRouter(prefix="/api/studies/{study}/screening", tags=["screening"], responses=ERROR_RESPONSES)

EVENT_INTERVAL = 0.4
"""Seconds between two looks of a stream of events."""
_progress_cache: WeakKeyDictionary[ScreeningJob, tuple[float, ScreeningProgress]] = WeakKeyDictionary()
_progress_lock = threading.Lock()
FilmSecond = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
ClockOffset = Annotated[float, Field(ge=-86_400, le=86_400, allow_inf_nan=False)]


class ScreeningRequest(BaseModel):
    """How the audience is to be read."""

    source: ScreeningSource = Field(
        default=ScreeningSource.FILES, description="The study's recordings, or its live cameras."
    )
    rate: float = Field(
        default=DEFAULT_RATE, ge=0.1, le=60, description="Samples a second, of recordings."
    )
    seed: int = Field(default=DEFAULT_SEED, ge=0, le=2**32 - 1, description="Of the statistics.")
    offsets: dict[str, ClockOffset] = Field(
        default={}, max_length=10_000, description="Recording → seconds added to its clock for film time."
    )
    baseline: tuple[FilmSecond, FilmSecond] | None = Field(
        default=None, description="From and to which second of the film nothing is felt."
    )

    @model_validator(mode="after")
    def _check_baseline_order(self) -> ScreeningRequest:
        if self.baseline and self.baseline[0] >= self.baseline[1]:
            raise ValueError("the baseline ends before it begins")
        return self


class CameraHealth(BaseModel):
    """How a live camera is; as `moviemotion capture` tells it."""

    name: str
    state: str
    why: str
    rate: float = Field(description="Samples a second, of late.")
    faces: int = Field(description="In the last picture that was read.")
    read: int
    dropped: int
    last_seen: float | None = Field(description="Second of the film; null: never.")
    losses: int


class ScreeningProgress(BaseModel):
    """How far a study's screening is."""

    stage: Stage
    problem: str = Field(description="What was wrong, a line a fault; empty where nothing was.")
    source: ScreeningSource | None = Field(description="Null: nothing was started.")
    readings: tuple[RecordingProgress, ...] = Field(description="The recordings whose viewers agreed.")
    left: float | None = Field(description="Seconds until they are read, at the pace so far.")
    film_time: float | None = Field(description="Second of the film, of a live capture.")
    cameras: tuple[CameraHealth, ...] = Field(description="The live cameras.")


class PartialResultsResponse(BaseModel):
    """What the recordings say that have been read to their end."""

    cameras: int
    viewers: int
    lines: list[str] = Field(description="In words, as `moviemotion screen` says it at its end.")


@router.post(
    "",
    summary="Start, or go on",
    description="Without a body, one that was stopped goes on with its settings. One screening a study: "
    "a second is refused while one runs.",
    status_code=202,
)
def start_screening(
    folder: StudyPath, user: Researcher, jobs: JobsDependency, settings: ScreeningRequest | None = None
) -> ScreeningProgress:
    jobs.start(folder, ScreeningSettings(**vars(settings)) if settings else None)
    return get_progress(folder, user, jobs)


@router.delete(
    "",
    summary="Stop",
    description="Recordings that were read to their end stay read. A live capture ends here, and is told.",
    status_code=202,
)
def stop_screening(folder: StudyPath, user: Researcher, jobs: JobsDependency) -> ScreeningProgress:
    _active_job(folder, jobs).stop()
    return get_progress(folder, user, jobs)


@router.post("/pause", summary="Let the film of a live capture stand still", status_code=202)
def pause_film(folder: StudyPath, user: Researcher, jobs: JobsDependency) -> ScreeningProgress:
    _active_job(folder, jobs).pause(True)
    return get_progress(folder, user, jobs)


@router.post("/resume", summary="Let it go on", status_code=202)
def resume_film(folder: StudyPath, user: Researcher, jobs: JobsDependency) -> ScreeningProgress:
    _active_job(folder, jobs).pause(False)
    return get_progress(folder, user, jobs)


@router.get("", summary="How far it is")
def get_progress(folder: StudyPath, user: Researcher, jobs: JobsDependency) -> ScreeningProgress:
    job, record = jobs.get(folder), read_state(folder)
    return ScreeningProgress(
        stage=study_stage(jobs, folder),
        problem=record.problem if record else "",
        source=job.settings.source if job else record.settings.source if record else None,
        readings=job.recording_progress if job else (),
        left=job.seconds_left() if job else None,
        film_time=job.film_time if job else None,
        cameras=tuple(
            CameraHealth(**{**vars(c), "last_seen": None if math.isnan(c.last_seen) else c.last_seen})
            for c in (job.camera_health if job else ())
        ),
    )


@router.get(
    "/events",
    summary="How far it is, as it changes",
    description="Server-sent events `progress`, each like GET …/screening; the last is `over`, after which "
    "there is no more to come: close the stream then. It also ends with the session.",
    response_class=EventSourceResponse,
)
async def stream_progress(
    request: Request, folder: StudyPath, user: Researcher, jobs: JobsDependency
) -> AsyncIterator[ServerSentEvent]:
    told = None
    while not request.app.state.leaving():
        now = await run_in_threadpool(_cached_progress, request, folder, user, jobs)
        if now is None:
            return
        over = now.stage not in ACTIVE_STAGES
        if over or now != told:
            told = now
            yield ServerSentEvent(data=now, event="over" if over else "progress")
        if over:
            return
        await asyncio.sleep(EVENT_INTERVAL)


@router.get(
    "/so-far",
    summary="What it says so far",
    description="Of the recordings that have been read to their end. Computed when asked; nothing is kept.",
)
def get_partial_results(folder: StudyPath, user: Researcher, jobs: JobsDependency) -> PartialResultsResponse:
    script = uploads.find_file(folder, FileKind.SCRIPT)
    found = analyze_partial_results(
        folder, script, uploads.find_file(folder, FileKind.SUBTITLES) if script else None
    )
    return PartialResultsResponse(
        cameras=found.finished_cameras,
        viewers=found.analysis.data_quality.viewers,
        lines=summary_lines(found.analysis),
    )


def _cached_progress(
    request: Request, folder: Path, user: User, jobs: ScreeningJobs
) -> ScreeningProgress | None:
    """How far it is, at most `EVERY` seconds ago, since however many watch a job, one looks.

    None where the session is over or has another role now.
    """
    if current_user(request) != user:
        return None
    job = jobs.get(folder)
    if job is None:
        return get_progress(folder, user, jobs)
    with _progress_lock:
        at, found = _progress_cache.get(job, (-math.inf, None))
        if found is None or time.monotonic() - at > EVENT_INTERVAL:
            found = get_progress(folder, user, jobs)
            _progress_cache[job] = time.monotonic(), found
    return found


def _active_job(folder: StudyPath, jobs: JobsDependency) -> ScreeningJob:
    job = jobs.get(folder)
    if job is None or job.stage not in ACTIVE_STAGES:
        raise BusyError(f"{folder.name}: no screening is running")
    return job
