"""API routes for the privacy officer, and the periodic enforcement of retention.

The routes show what is stored, verify the audit log, erase or export a viewer, and bring deletion dates
forward. While the studio runs, `enforce_periodically` deletes data whose deletion date has passed and
erases viewers who have withdrawn.
"""

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
    KnownViewer,
    LogVerification,
    PrivacyStatus,
    find_viewer,
    open_seat,
    read_status,
    verify_audit_log,
)
from moviemotion.privacy.study_database import DataKind, has_database, open_database
from moviemotion.studio.accounts import PrivacyOfficer, User, require_role
from moviemotion.studio.dependencies import ERROR_RESPONSES, StudyPath
from moviemotion.studio.routes.study_routes import IdleStudy
from moviemotion.studio.screening_job import BusyError
from moviemotion.studio.screening_jobs import ScreeningJobs
from moviemotion.studio.study_folders import list_study_folders

router = APIRouter(prefix="/api/studies/{study}/privacy", tags=["privacy"], responses=ERROR_RESPONSES)

ResearcherOrOfficer = Annotated[User, Depends(require_role(Role.RESEARCHER, Role.PRIVACY_OFFICER))]
"""Roles that may see what is stored. Only the officer may change it."""
ENFORCEMENT_INTERVAL = 3600.0
"""Seconds between two enforcement runs, so that data is deleted at most an hour after it is due."""


class ViewerReference(BaseModel):
    """A reference to a viewer."""

    viewer: str = Field(max_length=200, description="The viewer's random ID, seat label, or receipt code.")


class EarlierDeletionDate(BaseModel):
    """An earlier deletion date for one kind of data."""

    kind: DataKind
    until: date = Field(
        description="First day on which the data is no longer stored; earlier than the current one."
    )


@router.get("", summary="List stored data with its viewers and deletion dates")
def get_privacy_status(folder: StudyPath, user: ResearcherOrOfficer) -> PrivacyStatus:
    return read_status(folder)


@router.get("/verification", summary="Verify the audit log")
def get_audit_log_verification(folder: StudyPath, user: ResearcherOrOfficer) -> LogVerification:
    return verify_audit_log(folder)


@router.get("/log", summary="List the audit log, newest rows first")
def list_audit_log(
    folder: StudyPath,
    user: ResearcherOrOfficer,
    before: Annotated[int | None, Query(ge=1, le=1 << 53, description="Only rows before this one.")] = None,
    rows: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[AuditEntry]:
    with open_database(folder) as database:
        entries = audit_log.read_entries(database.connection)
        selected = [entry for entry in entries if before is None or entry.seq < before]
    return selected[::-1][:rows]


@router.post(
    "/erase",
    summary="Erase a viewer",
    description="Deletes the viewer's samples, pictures and answers, and recomputes all results. "
    "This cannot be undone.",
)
def erase_viewer(folder: IdleStudy, user: PrivacyOfficer, reference: ViewerReference) -> ErasureResult:
    return erasure.erase(folder, find_viewer(folder, reference.viewer), user.role)


@router.post(
    "/open-seat",
    summary="Open the link between a viewer's random ID and seat",
    description="The link is sealed once the screening is over. The audit log records who opened it.",
)
def open_viewer_seat(folder: IdleStudy, user: PrivacyOfficer, reference: ViewerReference) -> KnownViewer:
    return open_seat(folder, reference.viewer, user.role)


@router.post(
    "/export",
    summary="Export everything stored about a viewer as a ZIP file",
    response_class=FileResponse,
    responses={200: {"content": {"application/zip": {}}}},
)
def export_viewer_data(folder: IdleStudy, user: PrivacyOfficer, reference: ViewerReference) -> FileResponse:
    viewer = find_viewer(folder, reference.viewer)
    # Written outside the study, which would otherwise contain a copy of the viewer's data.
    work = tempfile.TemporaryDirectory()
    out = export_viewer(folder, viewer, Path(work.name) / f"{viewer}.zip", user.role)
    return FileResponse(
        out, media_type="application/zip", filename=out.name, background=BackgroundTask(work.cleanup)
    )


@router.post("/dates", summary="Bring the deletion date of a kind of data forward")
def bring_deletion_forward(
    folder: StudyPath, user: PrivacyOfficer, earlier: EarlierDeletionDate
) -> tuple[StoredData, ...]:
    retention.shorten_retention(folder, earlier.kind, earlier.until)
    return retention.stored_data(folder)


@router.post(
    "/enforce",
    summary="Delete what is due now",
    description="Erases viewers who have withdrawn, and deletes data that has reached its deletion date. The "
    "studio also does this when it starts, and every hour.",
)
def enforce_retention(folder: IdleStudy, user: PrivacyOfficer) -> EnforcementResult:
    return erasure.enforce_privacy(folder)


@asynccontextmanager
async def enforce_periodically(root: Path, jobs: ScreeningJobs) -> AsyncIterator[None]:
    """Enforce withdrawals and deletion dates in all studies immediately, and hourly while the studio runs."""
    stopping = asyncio.Event()

    async def enforce_until_stopped() -> None:
        while not stopping.is_set():
            await run_in_threadpool(enforce_all, root, jobs)
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), ENFORCEMENT_INTERVAL)

    task = asyncio.create_task(enforce_until_stopped())
    yield
    # Wait for the task instead of canceling it, so that an erasure is not interrupted.
    stopping.set()
    await task


def enforce_all(root: Path, jobs: ScreeningJobs) -> None:
    """Enforce withdrawals and deletion dates in all studies.

    Studies in which a screening is running are skipped; the screening job does the same when it ends.
    """
    try:
        folders = list_study_folders(root)
    except OSError as error:
        logging.getLogger(__name__).warning(
            "%s: withdrawals and deletion dates cannot be enforced: %s", root, error.strerror
        )
        return
    for folder in filter(has_database, folders):
        try:
            jobs.refuse_if_active(folder)
            erasure.enforce_privacy(folder)
        except BusyError:
            pass
        except Exception as error:
            # An error in one study must not stop the enforcement in the others.
            logging.getLogger(__name__).warning(
                "%s: withdrawals and deletion dates cannot be enforced: %s", folder.name, error
            )
