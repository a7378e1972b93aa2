"""The studio's pages: each route renders one template."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from moviemotion._io.html_shell import vendored_asset
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.planning.screening_plan import plan_screening
from moviemotion.privacy.audit_log import AuditEntry
from moviemotion.privacy.disclosure import MIN_GROUP_SIZE, load_disclosure
from moviemotion.privacy.pseudonymize import is_finished
from moviemotion.privacy.retention import DEFAULT_DAYS, MAX_DAYS
from moviemotion.privacy.roles import Role
from moviemotion.privacy.study_database import ConsentTerms, DataKind, has_database
from moviemotion.reports.emotion_style import PALETTE
from moviemotion.reports.html.plan_page import plan_part
from moviemotion.reports.number_format import plural
from moviemotion.studio import uploads
from moviemotion.studio.accounts import ACCOUNT_ROLES, LOCAL_USER, Researcher, StaffUser, User, require_role
from moviemotion.studio.dependencies import StudyPath, render_page
from moviemotion.studio.routes import privacy_routes, study_routes
from moviemotion.studio.routes.study_routes import JobsDependency
from moviemotion.studio.screening_state import Stage
from moviemotion.studio.study_folders import list_study_folders

STAGE_LABELS = {
    Stage.NEW: "not processed yet",
    Stage.PROCESSING: "processing",
    Stage.PAUSED: "paused",
    Stage.ANALYZING: "analyzing",
    Stage.STOPPED: "stopped",
    Stage.FAILED: "failed",
    Stage.FINISHED: "finished",
    Stage.EXPIRED: "expired",
}
"""Stage → name on the pages; `static/study.js` has the same table."""
DATA_KIND_LABELS = {
    DataKind.PICTURES: "Recordings and pictures",
    DataKind.SAMPLES: "Samples, seats and answers",
    DataKind.REPORTS: "Results about the audience",
}
"""Kind of data → name on the pages."""

PLAN_FIELDS = {
    "length": "Length of the reaction, in seconds",
    "share": "Share of the viewers who react, 0 to 1",
    "strength": "Strength of the emotion in their faces, 0 to 1",
    "minutes": "Length of the film, in minutes",
    "difference": "Difference between two cuts, in standard deviations between viewers",
    "room_share": "Share of the variance that lies between rooms, 0 to 1",
}
"""Setting of a plan → its label."""

AnyUser = Annotated[User, Depends(require_role(*ACCOUNT_ROLES))]

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/")
def studies_page(request: Request, user: AnyUser, jobs: JobsDependency) -> HTMLResponse:
    """List all studies; for a kiosk, only the unfinished studies that ask for consent."""
    if user.role is Role.SEAT:
        folders = filter(has_database, list_study_folders(request.app.state.root))
        return render_page(
            request, "kiosk-studies.html", studies=[f.name for f in folders if not is_finished(f)]
        )
    return render_page(
        request,
        "studies.html",
        studies=study_routes.list_studies(request, user, jobs),
        stages=STAGE_LABELS,
        can_create=user.role is Role.RESEARCHER,
    )


@router.get("/studies/new")
def new_study_page(request: Request, user: Researcher) -> HTMLResponse:
    return render_page(
        request,
        "new-study.html",
        terms=ConsentTerms,
        kinds=DATA_KIND_LABELS,
        days=DEFAULT_DAYS,
        max_days=MAX_DAYS,
    )


@router.get("/sign-in")
def sign_in_page(request: Request) -> HTMLResponse:
    return render_page(request, "sign-in.html")


@router.get("/api")
def api_page(request: Request) -> HTMLResponse:
    return render_page(request, "api.html", api=request.app.openapi())


@router.get("/studies/{study}")
def study_page(request: Request, folder: StudyPath, user: StaffUser, jobs: JobsDependency) -> HTMLResponse:
    """Show the seats, files and progress of one study."""
    return render_page(
        request,
        "study.html",
        study=folder.name,
        details=(details := study_routes.get_study(folder, user, jobs)),
        stages=STAGE_LABELS,
        disclosure=load_disclosure(folder) if details.terms else None,
        researcher=user.role is Role.RESEARCHER,
    )


@router.get("/studies/{study}/privacy")
def privacy_page(
    request: Request, folder: StudyPath, user: privacy_routes.ResearcherOrOfficer
) -> HTMLResponse:
    return render_page(
        request,
        "privacy.html",
        study=folder.name,
        privacy=privacy_routes.get_privacy_status(folder, user),
        verification=privacy_routes.get_audit_log_verification(folder, user),
        log=privacy_routes.list_audit_log(folder, user),
        today=datetime.now(UTC).date(),
        kinds=DATA_KIND_LABELS,
        sealed=is_finished(folder),
        is_officer=user is LOCAL_USER or user.role is Role.PRIVACY_OFFICER,
        details=_format_details,
        plural=plural,
        size=_format_size,
    )


@router.get("/studies/{study}/analysis")
def analysis_page(request: Request, folder: StudyPath, user: StaffUser) -> Response:
    """Show the analysis of a finished study; redirect to the progress page for other studies."""
    if not is_finished(folder):
        return RedirectResponse(f"/studies/{folder.name}", 303)
    return render_page(
        request,
        "analysis.html",
        study=folder.name,
        film=uploads.find_file(folder, uploads.FileKind.FILM) is not None,
        researcher=user.role is Role.RESEARCHER,
        min_group_size=MIN_GROUP_SIZE,
        uplot=vendored_asset("uplot/uPlot.min.css"),
    )


@router.get("/plan")
def plan_page(
    request: Request,
    user: StaffUser,
    length: float = 2.0,
    share: float = 0.4,
    strength: float = 0.5,
    minutes: float = 90.0,
    difference: float = 0.5,
    room_share: float = 0.05,
) -> HTMLResponse:
    plan = plan_screening(length, share, strength, minutes, difference, room_share)
    return render_page(request, "plan.html", plan=plan, result=plan_part(plan), fields=PLAN_FIELDS)


@router.get("/compare")
def compare_page(request: Request, user: StaffUser) -> HTMLResponse:
    finished = [folder.name for folder in list_study_folders(request.app.state.root) if is_finished(folder)]
    symbols = json.dumps({emotion: PALETTE[emotion].symbol for emotion in NON_NEUTRAL_EMOTIONS})
    return render_page(request, "compare.html", studies=finished, symbols=symbols)


def _format_details(entry: AuditEntry) -> str:
    """The details of an audit log entry as text, with long values such as hashes shortened."""
    details = json.loads(entry.details)
    if isinstance(until := details.get("until"), dict):
        details = until
    return ", ".join(f"{name} {str(value)[:16]}" for name, value in details.items())


def _format_size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
