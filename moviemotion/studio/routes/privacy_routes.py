"""What a privacy officer does: see what is held, prove it, erase, hand out, and bring dates forward."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from moviemotion.privacy import audit_log, erasure, retention
from moviemotion.privacy.audit_log import Entry, Role
from moviemotion.privacy.erasure import Erased, Kept
from moviemotion.privacy.participant_export import export_viewer
from moviemotion.privacy.retention import Held
from moviemotion.privacy.status import Status, Verdict, status, verify, viewer_named
from moviemotion.privacy.study_database import Kind, is_governed, opened
from moviemotion.studio.accounts import Officer, Person, needs
from moviemotion.studio.dependencies import FAULTS, StudyFolder, study_folders
from moviemotion.studio.routes.study_routes import IdleStudy
from moviemotion.studio.screening_job import BusyError
from moviemotion.studio.screening_jobs import Jobs

router = APIRouter(prefix="/api/studies/{study}/privacy", tags=["privacy"], responses=FAULTS)

Overseer = Annotated[Person, Depends(needs(Role.RESEARCHER, Role.PRIVACY_OFFICER))]
"""Who may see what is held; changing it is the officer's."""
EVERY = 3600.0
"""Seconds between two times that promises are kept; a day that has come is never far behind."""


class Whom(BaseModel):
    """A viewer."""

    viewer: str = Field(
        max_length=200, description="Their random id, their seat, or the code of their receipt."
    )


class Sooner(BaseModel):
    """A new day for a kind of data."""

    kind: Kind
    until: date = Field(description="The first day on which it is no longer kept; sooner than it was.")


@router.get("", summary="What is held, of whom, and until when")
def held(folder: StudyFolder, person: Overseer) -> Status:
    return status(folder)


@router.get("/verdict", summary="Whether the audit log is whole")
def verdict(folder: StudyFolder, person: Overseer) -> Verdict:
    return verify(folder)


@router.get("/log", summary="The audit log, the newest rows first")
def log(
    folder: StudyFolder,
    person: Overseer,
    before: Annotated[int | None, Query(ge=1, le=1 << 53, description="Only rows before this one.")] = None,
    rows: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[Entry]:
    with opened(folder) as register:
        known = [e for e in audit_log.entries(register.db) if before is None or e.seq < before]
    return known[::-1][:rows]


@router.post(
    "/erase",
    summary="Erase a viewer",
    description="Their samples, pictures, answers and their part in every result. It cannot be undone.",
)
def erase(folder: IdleStudy, person: Officer, whom: Whom) -> Erased:
    return erasure.erase(folder, viewer_named(folder, whom.viewer), person.role)


@router.post(
    "/export",
    summary="All that is held about a viewer, as a ZIP file for them",
    response_class=FileResponse,
    responses={200: {"content": {"application/zip": {}}}},
)
def export(folder: IdleStudy, person: Officer, whom: Whom) -> FileResponse:
    viewer = viewer_named(folder, whom.viewer)
    # Not in the study, which would then hold a copy.
    away = tempfile.TemporaryDirectory()
    out = export_viewer(folder, viewer, Path(away.name) / f"{viewer}.zip", person.role)
    return FileResponse(
        out, media_type="application/zip", filename=out.name, background=BackgroundTask(away.cleanup)
    )


@router.post("/dates", summary="Keep a kind of data for less long than was said")
def bring_forward(folder: StudyFolder, person: Officer, sooner: Sooner) -> tuple[Held, ...]:
    retention.bring_forward(folder, sooner.kind, sooner.until)
    return retention.held(folder)


@router.post(
    "/enforce",
    summary="Keep what was promised, now",
    description="Who has withdrawn is erased, and what has had its day is deleted. The studio also does it "
    "when it starts, and every hour.",
)
def enforce(folder: IdleStudy, person: Officer) -> Kept:
    return erasure.keep_promises(folder)


@asynccontextmanager
async def keeping(root: Path, jobs: Jobs) -> AsyncIterator[None]:
    """While the studio runs, keep what its viewers were promised: at once, and every hour."""
    over = asyncio.Event()

    async def keep() -> None:
        while not over.is_set():
            await run_in_threadpool(keep_all, root, jobs)
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), EVERY)

    task = asyncio.create_task(keep())
    yield
    # An erasure that has begun is not cut off.
    over.set()
    await task


def keep_all(root: Path, jobs: Jobs) -> None:
    """Keep the promises of all studies. One that is being screened is seen to at its end."""
    try:
        folders = study_folders(root)
    except OSError as error:
        logging.getLogger(__name__).warning("%s: promises are not kept: %s", root, error.strerror)
        return
    for folder in filter(is_governed, folders):
        try:
            jobs.refuse_at_work(folder)
            erasure.keep_promises(folder)
        except BusyError:
            pass
        except Exception as error:
            # Whatever is wrong with one study must not keep the others' promises from being kept.
            logging.getLogger(__name__).warning("%s: promises are not kept: %s", folder.name, error)
