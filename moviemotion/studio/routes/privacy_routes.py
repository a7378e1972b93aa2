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
from moviemotion.privacy.audit_log import AuditEntry
from moviemotion.privacy.erasure import EnforcementResult, ErasureResult
from moviemotion.privacy.participant_export import export_viewer
from moviemotion.privacy.retention import StoredData
from moviemotion.privacy.roles import Role
from moviemotion.privacy.status import (
    LogVerification,
    PrivacyStatus,
    find_viewer,
    read_status,
    verify_audit_log,
)
from moviemotion.privacy.study_database import DataKind, has_database, open_database
from moviemotion.studio.accounts import PrivacyOfficer, User, require_role
from moviemotion.studio.dependencies import ERROR_RESPONSES, StudyPath, list_study_folders
from moviemotion.studio.routes.study_routes import IdleStudy
from moviemotion.studio.screening_job import BusyError
from moviemotion.studio.screening_jobs import ScreeningJobs

router = APIRouter(prefix="/api/studies/{study}/privacy", tags=["privacy"], responses=ERROR_RESPONSES)

ResearcherOrOfficer = Annotated[User, Depends(require_role(Role.RESEARCHER, Role.PRIVACY_OFFICER))]
"""Who may see what is held; changing it is the officer's."""
ENFORCEMENT_INTERVAL = 3600.0
"""Seconds between two times that promises are kept; a day that has come is never far behind."""


class ViewerReference(BaseModel):
    """A viewer."""

    viewer: str = Field(
        max_length=200, description="Their random id, their seat, or the code of their receipt."
    )


class EarlierDeletionDate(BaseModel):
    """A new day for a kind of data."""

    kind: DataKind
    until: date = Field(description="The first day on which it is no longer kept; sooner than it was.")


@router.get("", summary="What is held, of whom, and until when")
def get_privacy_status(folder: StudyPath, user: ResearcherOrOfficer) -> PrivacyStatus:
    return read_status(folder)


@router.get("/verdict", summary="Whether the audit log is whole")
def get_audit_log_verification(folder: StudyPath, user: ResearcherOrOfficer) -> LogVerification:
    return verify_audit_log(folder)


@router.get("/log", summary="The audit log, the newest rows first")
def list_audit_log(
    folder: StudyPath,
    user: ResearcherOrOfficer,
    before: Annotated[int | None, Query(ge=1, le=1 << 53, description="Only rows before this one.")] = None,
    rows: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[AuditEntry]:
    with open_database(folder) as register:
        known = [e for e in audit_log.read_entries(register.connection) if before is None or e.seq < before]
    return known[::-1][:rows]


@router.post(
    "/erase",
    summary="Erase a viewer",
    description="Their samples, pictures, answers and their part in every result. It cannot be undone.",
)
def erase_viewer(folder: IdleStudy, user: PrivacyOfficer, whom: ViewerReference) -> ErasureResult:
    return erasure.erase(folder, find_viewer(folder, whom.viewer), user.role)


@router.post(
    "/export",
    summary="All that is held about a viewer, as a ZIP file for them",
    response_class=FileResponse,
    responses={200: {"content": {"application/zip": {}}}},
)
def export_viewer_data(folder: IdleStudy, user: PrivacyOfficer, whom: ViewerReference) -> FileResponse:
    viewer = find_viewer(folder, whom.viewer)
    # Not in the study, which would then hold a copy.
    away = tempfile.TemporaryDirectory()
    out = export_viewer(folder, viewer, Path(away.name) / f"{viewer}.zip", user.role)
    return FileResponse(
        out, media_type="application/zip", filename=out.name, background=BackgroundTask(away.cleanup)
    )


@router.post("/dates", summary="Keep a kind of data for less long than was said")
def bring_deletion_forward(
    folder: StudyPath, user: PrivacyOfficer, sooner: EarlierDeletionDate
) -> tuple[StoredData, ...]:
    retention.shorten_retention(folder, sooner.kind, sooner.until)
    return retention.stored_data(folder)


@router.post(
    "/enforce",
    summary="Keep what was promised, now",
    description="Who has withdrawn is erased, and what has had its day is deleted. The studio also does it "
    "when it starts, and every hour.",
)
def enforce_retention(folder: IdleStudy, user: PrivacyOfficer) -> EnforcementResult:
    return erasure.enforce_privacy(folder)


@asynccontextmanager
async def enforce_periodically(root: Path, jobs: ScreeningJobs) -> AsyncIterator[None]:
    """While the studio runs, keep what its viewers were promised: at once, and every hour."""
    over = asyncio.Event()

    async def keep() -> None:
        while not over.is_set():
            await run_in_threadpool(enforce_all, root, jobs)
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), ENFORCEMENT_INTERVAL)

    task = asyncio.create_task(keep())
    yield
    # An erasure that has begun is not cut off.
    over.set()
    await task


def enforce_all(root: Path, jobs: ScreeningJobs) -> None:
    """Keep the promises of all studies. One that is being screened is seen to at its end."""
    try:
        folders = list_study_folders(root)
    except OSError as error:
        logging.getLogger(__name__).warning("%s: promises are not kept: %s", root, error.strerror)
        return
    for folder in filter(has_database, folders):
        try:
            jobs.refuse_if_active(folder)
            erasure.enforce_privacy(folder)
        except BusyError:
            pass
        except Exception as error:
            # Whatever is wrong with one study must not keep the others' promises from being kept.
            logging.getLogger(__name__).warning("%s: promises are not kept: %s", folder.name, error)
