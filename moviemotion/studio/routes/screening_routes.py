"""API routes to start, stop, pause and resume a screening, and to follow its progress."""

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
"""Seconds between two updates of an event stream."""
_progress_cache: WeakKeyDictionary[ScreeningJob, tuple[float, ScreeningProgress]] = WeakKeyDictionary()
_progress_lock = threading.Lock()
FilmSecond = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
ClockOffset = Annotated[float, Field(ge=-86_400, le=86_400, allow_inf_nan=False)]


class ScreeningRequest(BaseModel):
    """The settings of a screening."""

    source: ScreeningSource = Field(
        default=ScreeningSource.FILES, description="The study's recordings, or its live cameras."
    )
    rate: float = Field(
        default=DEFAULT_RATE, ge=0.1, le=60, description="Samples per second, for recordings."
    )
    seed: int = Field(
        default=DEFAULT_SEED, ge=0, le=2**32 - 1, description="Random seed for the permutation tests."
    )
    offsets: dict[str, ClockOffset] = Field(
        default={},
        max_length=10_000,
        description="Recording → seconds added to its clock to give film time.",
    )
    baseline: tuple[FilmSecond, FilmSecond] | None = Field(
        default=None,
        description="Start and end, in seconds of film time, of a stretch in which viewers are at rest.",
    )

    film: tuple[FilmSecond, FilmSecond] | None = Field(
        default=None,
        description="Film time of the film's first and last picture; other seconds are never evidence.",
    )
    credits: tuple[FilmSecond, FilmSecond | None] | None = Field(
        default=None,
        description="Start and end of the credits, which are never evidence; a null end is the film's end.",
    )

    @model_validator(mode="after")
    def _check_order(self) -> ScreeningRequest:
        for name, span in (("baseline", self.baseline), ("film", self.film), ("credits", self.credits)):
            if span and span[1] is not None and span[0] >= span[1]:
                raise ValueError(f"{name}: the end is before the start; swap the two times")
        return self


class CameraHealthResponse(BaseModel):
    """The state of a live camera."""

    name: str
    state: str
    reason: str = Field(description="Why the camera is in this state; may be empty.")
    rate: float = Field(description="Recent samples per second.")
    faces: int = Field(description="Number of faces in the last frame.")
    read: int = Field(description="Number of frames processed.")
    dropped: int = Field(description="Number of frames dropped because processing was too slow.")
    last_seen: float | None = Field(
        description="Film time of the last frame in seconds; null if there was none."
    )
    losses: int = Field(description="Number of times that the connection was lost or the image froze.")


class ScreeningProgress(BaseModel):
    """The progress of a screening."""

    stage: Stage
    problem: str = Field(description="What went wrong, one line per error; empty if nothing did.")
    source: ScreeningSource | None = Field(description="Null if no screening has been started.")
    recordings: tuple[RecordingProgress, ...] = Field(
        description="The recordings that show at least one viewer who accepted."
    )
    seconds_left: float | None = Field(
        description="Estimated seconds until all recordings are processed; null if there is no estimate."
    )
    film_time: float | None = Field(
        description="Film time of a live capture in seconds; null for recordings."
    )
    cameras: tuple[CameraHealthResponse, ...] = Field(description="The live cameras.")


class PartialResultsResponse(BaseModel):
    """Results from the recordings that are completely processed."""

    cameras: int = Field(description="Number of recordings included.")
    viewers: int = Field(description="Number of viewers in these recordings.")
    lines: list[str] = Field(description="The results as sentences.")


@router.post(
    "",
    summary="Start or resume a screening",
    description="Without a body, a stopped screening is resumed with its original settings. The request is "
    "rejected while a screening is running.",
    status_code=202,
)
def start_screening(
    folder: StudyPath, user: Researcher, jobs: JobsDependency, settings: ScreeningRequest | None = None
) -> ScreeningProgress:
    jobs.start(folder, ScreeningSettings(**vars(settings)) if settings else None)
    return get_progress(folder, user, jobs)


@router.delete(
    "",
    summary="Stop the screening",
    description="Recordings that have been completely processed are not processed again. A live capture "
    "ends and is analyzed.",
    status_code=202,
)
def stop_screening(folder: StudyPath, user: Researcher, jobs: JobsDependency) -> ScreeningProgress:
    _active_job(folder, jobs).stop()
    return get_progress(folder, user, jobs)


@router.post("/pause", summary="Pause the film of a live capture", status_code=202)
def pause_film(folder: StudyPath, user: Researcher, jobs: JobsDependency) -> ScreeningProgress:
    _active_job(folder, jobs).pause(True)
    return get_progress(folder, user, jobs)


@router.post("/resume", summary="Resume the film of a live capture", status_code=202)
def resume_film(folder: StudyPath, user: Researcher, jobs: JobsDependency) -> ScreeningProgress:
    _active_job(folder, jobs).pause(False)
    return get_progress(folder, user, jobs)


@router.get("", summary="Get the progress")
def get_progress(folder: StudyPath, user: Researcher, jobs: JobsDependency) -> ScreeningProgress:
    job, state = jobs.get(folder), read_state(folder)
    return ScreeningProgress(
        stage=study_stage(jobs, folder),
        problem=state.problem if state else "",
        source=job.settings.source if job else state.settings.source if state else None,
        recordings=job.recording_progress if job else (),
        seconds_left=job.seconds_left() if job else None,
        film_time=job.film_time if job else None,
        cameras=tuple(
            CameraHealthResponse(
                name=camera.name,
                state=camera.state,
                reason=camera.why,
                rate=camera.rate,
                faces=camera.faces,
                read=camera.read,
                dropped=camera.dropped,
                last_seen=None if math.isnan(camera.last_seen) else camera.last_seen,
                losses=camera.losses,
            )
            for camera in (job.camera_health if job else ())
        ),
    )


@router.get(
    "/events",
    summary="Follow the progress as server-sent events",
    description="Sends a `progress` event, with the same data as GET …/screening, whenever something "
    "changes. The last event is `done`; close the stream then. The stream also ends when the session ends.",
    response_class=EventSourceResponse,
)
async def stream_progress(
    request: Request, folder: StudyPath, user: Researcher, jobs: JobsDependency
) -> AsyncIterator[ServerSentEvent]:
    previous = None
    while not request.app.state.is_stopping():
        progress = await run_in_threadpool(_cached_progress, request, folder, user, jobs)
        if progress is None:
            return
        done = progress.stage not in ACTIVE_STAGES
        if done or progress != previous:
            previous = progress
            yield ServerSentEvent(data=progress, event="done" if done else "progress")
        if done:
            return
        await asyncio.sleep(EVENT_INTERVAL)


@router.get(
    "/partial-results",
    summary="Get partial results",
    description="Computed on request from the recordings that are completely processed; nothing is stored.",
)
def get_partial_results(folder: StudyPath, user: Researcher, jobs: JobsDependency) -> PartialResultsResponse:
    script = uploads.find_file(folder, FileKind.SCRIPT)
    results = analyze_partial_results(
        folder, script, uploads.find_file(folder, FileKind.SUBTITLES) if script else None
    )
    return PartialResultsResponse(
        cameras=results.finished_cameras,
        viewers=results.analysis.data_quality.viewers,
        lines=summary_lines(results.analysis),
    )


def _cached_progress(
    request: Request, folder: Path, user: User, jobs: ScreeningJobs
) -> ScreeningProgress | None:
    """Return the progress of a screening, which is at most `EVENT_INTERVAL` seconds old.

    The progress is cached, so the work does not grow with the number of clients that follow a job.

    Returns:
        The progress, or None if the session has ended or the user's role has changed.
    """
    if current_user(request) != user:
        return None
    job = jobs.get(folder)
    if job is None:
        return get_progress(folder, user, jobs)
    with _progress_lock:
        read_at, progress = _progress_cache.get(job, (-math.inf, None))
        if progress is None or time.monotonic() - read_at > EVENT_INTERVAL:
            progress = get_progress(folder, user, jobs)
            _progress_cache[job] = time.monotonic(), progress
    return progress


def _active_job(folder: StudyPath, jobs: JobsDependency) -> ScreeningJob:
    job = jobs.get(folder)
    if job is None or job.stage not in ACTIVE_STAGES:
        raise BusyError(f"{folder.name}: no screening is running; start one first")
    return job
