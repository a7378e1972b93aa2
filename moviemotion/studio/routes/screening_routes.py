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
from moviemotion.studio.accounts import Person, Researcher, whoever_asks
from moviemotion.studio.dependencies import FAULTS, StudyFolder
from moviemotion.studio.routes.study_routes import AllJobs
from moviemotion.studio.screening_job import BusyError, Job, Reading
from moviemotion.studio.screening_jobs import Jobs, stage_of
from moviemotion.studio.screening_state import AT_WORK, Settings, Source, Stage, read_record
from moviemotion.studio.uploads import Kind
from moviemotion.workflows.partial_results import told_so_far
from moviemotion.workflows.screen import RATE, SEED

router = APIRouter(prefix="/api/studies/{study}/screening", tags=["screening"], responses=FAULTS)

EVERY = 0.4
"""Seconds between two looks of a stream of events."""
_looked: WeakKeyDictionary[Job, tuple[float, Progress]] = WeakKeyDictionary()
_looking = threading.Lock()
Second = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Offset = Annotated[float, Field(ge=-86_400, le=86_400, allow_inf_nan=False)]


class Start(BaseModel):
    """How the audience is to be read."""

    source: Source = Field(default=Source.FILES, description="The study's recordings, or its live cameras.")
    rate: float = Field(default=RATE, ge=0.1, le=60, description="Samples a second, of recordings.")
    seed: int = Field(default=SEED, ge=0, le=2**32 - 1, description="Of the statistics.")
    offsets: dict[str, Offset] = Field(
        default={}, max_length=10_000, description="Recording → seconds added to its clock for film time."
    )
    baseline: tuple[Second, Second] | None = Field(
        default=None, description="From and to which second of the film nothing is felt."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Start:
        if self.baseline and self.baseline[0] >= self.baseline[1]:
            raise ValueError("the baseline ends before it begins")
        return self


class Camera(BaseModel):
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


class Progress(BaseModel):
    """How far a study's screening is."""

    stage: Stage
    problem: str = Field(description="What was wrong, a line a fault; empty where nothing was.")
    source: Source | None = Field(description="Null: nothing was started.")
    readings: tuple[Reading, ...] = Field(description="The recordings whose viewers agreed.")
    left: float | None = Field(description="Seconds until they are read, at the pace so far.")
    film_time: float | None = Field(description="Second of the film, of a live capture.")
    cameras: tuple[Camera, ...] = Field(description="The live cameras.")


class SoFarNow(BaseModel):
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
def start(folder: StudyFolder, person: Researcher, jobs: AllJobs, how: Start | None = None) -> Progress:
    jobs.start(folder, Settings(**vars(how)) if how else None)
    return progress(folder, person, jobs)


@router.delete(
    "",
    summary="Stop",
    description="Recordings that were read to their end stay read. A live capture ends here, and is told.",
    status_code=202,
)
def stop(folder: StudyFolder, person: Researcher, jobs: AllJobs) -> Progress:
    _at_work(folder, jobs).stop()
    return progress(folder, person, jobs)


@router.post("/pause", summary="Let the film of a live capture stand still", status_code=202)
def pause(folder: StudyFolder, person: Researcher, jobs: AllJobs) -> Progress:
    _at_work(folder, jobs).pause(True)
    return progress(folder, person, jobs)


@router.post("/resume", summary="Let it go on", status_code=202)
def resume(folder: StudyFolder, person: Researcher, jobs: AllJobs) -> Progress:
    _at_work(folder, jobs).pause(False)
    return progress(folder, person, jobs)


@router.get("", summary="How far it is")
def progress(folder: StudyFolder, person: Researcher, jobs: AllJobs) -> Progress:
    job, record = jobs.of(folder), read_record(folder)
    return Progress(
        stage=stage_of(jobs, folder),
        problem=record.problem if record else "",
        source=job.settings.source if job else record.settings.source if record else None,
        readings=job.readings if job else (),
        left=job.left() if job else None,
        film_time=job.film_time if job else None,
        cameras=tuple(
            Camera(**{**vars(c), "last_seen": None if math.isnan(c.last_seen) else c.last_seen})
            for c in (job.health if job else ())
        ),
    )


@router.get(
    "/events",
    summary="How far it is, as it changes",
    description="Server-sent events `progress`, each like GET …/screening; the last is `over`, after which "
    "there is no more to come: close the stream then. It also ends with the session.",
    response_class=EventSourceResponse,
)
async def events(
    request: Request, folder: StudyFolder, person: Researcher, jobs: AllJobs
) -> AsyncIterator[ServerSentEvent]:
    told = None
    while not request.app.state.leaving():
        now = await run_in_threadpool(_shown, request, folder, person, jobs)
        if now is None:
            return
        over = now.stage not in AT_WORK
        if over or now != told:
            told = now
            yield ServerSentEvent(data=now, event="over" if over else "progress")
        if over:
            return
        await asyncio.sleep(EVERY)


@router.get(
    "/so-far",
    summary="What it says so far",
    description="Of the recordings that have been read to their end. Computed when asked; nothing is kept.",
)
def so_far(folder: StudyFolder, person: Researcher, jobs: AllJobs) -> SoFarNow:
    script = uploads.first(folder, Kind.SCRIPT)
    found = told_so_far(folder, script, uploads.first(folder, Kind.SUBTITLES) if script else None)
    return SoFarNow(
        cameras=found.cameras,
        viewers=found.analysis.quality.viewers,
        lines=summary_lines(found.analysis),
    )


def _shown(request: Request, folder: Path, person: Person, jobs: Jobs) -> Progress | None:
    """How far it is, at most `EVERY` seconds ago, since however many watch a job, one looks.

    None where the session is over or has another role now.
    """
    if whoever_asks(request) != person:
        return None
    job = jobs.of(folder)
    if job is None:
        return progress(folder, person, jobs)
    with _looking:
        at, found = _looked.get(job, (-math.inf, None))
        if found is None or time.monotonic() - at > EVERY:
            found = progress(folder, person, jobs)
            _looked[job] = time.monotonic(), found
    return found


def _at_work(folder: StudyFolder, jobs: AllJobs) -> Job:
    job = jobs.of(folder)
    if job is None or job.stage not in AT_WORK:
        raise BusyError(f"{folder.name}: no screening is running")
    return job
