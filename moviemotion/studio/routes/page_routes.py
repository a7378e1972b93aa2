"""Which page is which template."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from moviemotion.emotions import FEELINGS
from moviemotion.privacy.audit_log import Entry, Role
from moviemotion.privacy.disclosure import FEWEST, disclosure_of
from moviemotion.privacy.pseudonymize import is_finished
from moviemotion.privacy.retention import DAYS, LONGEST
from moviemotion.privacy.study_database import Kind, Terms, is_governed
from moviemotion.reports.emotion_style import PALETTE
from moviemotion.reports.number_format import plural
from moviemotion.studio import uploads
from moviemotion.studio.accounts import OWNER, ROLES, Person, Reader, Researcher, needs
from moviemotion.studio.dependencies import StudyFolder, render, study_folders
from moviemotion.studio.routes import privacy_routes, study_routes
from moviemotion.studio.routes.study_routes import AllJobs
from moviemotion.studio.screening_state import Stage

STAGES = {
    Stage.NEW: "not read yet",
    Stage.READING: "being read",
    Stage.PAUSED: "paused",
    Stage.TELLING: "results being made",
    Stage.STOPPED: "stopped",
    Stage.FAILED: "failed",
    Stage.FINISHED: "finished",
    Stage.OVER: "over",
}
KINDS = {
    Kind.PICTURES: "Recordings and pictures",
    Kind.SAMPLES: "Measurements of viewers, seats, answers",
    Kind.REPORTS: "Results about the room",
}

Anybody = Annotated[Person, Depends(needs(*ROLES))]

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_UPLOT = Path(__file__).parents[1] / "static" / "vendor" / "uplot" / "uPlot.min.css"


@router.get("/")
def studies_page(request: Request, person: Anybody, jobs: AllJobs) -> HTMLResponse:
    if person.role is Role.SEAT:
        folders = filter(is_governed, study_folders(request.app.state.root))
        return render(request, "kiosks.html", studies=[f.name for f in folders if not is_finished(f)])
    return render(
        request,
        "studies.html",
        studies=study_routes.studies(request, person, jobs),
        stages=STAGES,
        may_begin=person.role is Role.RESEARCHER,
    )


@router.get("/studies/new")
def new_page(request: Request, person: Researcher) -> HTMLResponse:
    return render(request, "new.html", terms=Terms, kinds=KINDS, days=DAYS, longest=LONGEST)


@router.get("/sign-in")
def sign_in_page(request: Request) -> HTMLResponse:
    return render(request, "sign-in.html")


@router.get("/api")
def api_page(request: Request) -> HTMLResponse:
    return render(request, "api.html", api=request.app.openapi())


@router.get("/studies/{study}")
def study_page(request: Request, folder: StudyFolder, person: Reader, jobs: AllJobs) -> HTMLResponse:
    return render(
        request,
        "study.html",
        study=folder.name,
        now=(now := study_routes.study(folder, person, jobs)),
        stages=STAGES,
        told=disclosure_of(folder) if now.terms else None,
        researcher=person.role is Role.RESEARCHER,
    )


@router.get("/studies/{study}/trust")
def trust_page(request: Request, folder: StudyFolder, person: privacy_routes.Overseer) -> HTMLResponse:
    return render(
        request,
        "trust.html",
        study=folder.name,
        now=privacy_routes.held(folder, person),
        verdict=privacy_routes.verdict(folder, person),
        log=privacy_routes.log(folder, person),
        today=datetime.now(UTC).date(),
        kinds=KINDS,
        officer=person is OWNER or person.role is Role.PRIVACY_OFFICER,
        details=_details,
        plural=plural,
        size=_size,
    )


@router.get("/studies/{study}/read")
def reading_page(request: Request, folder: StudyFolder, person: Reader) -> Response:
    """The room; a study that has not been read says how far it is."""
    if not is_finished(folder):
        return RedirectResponse(f"/studies/{folder.name}", 303)
    return render(
        request,
        "read.html",
        study=folder.name,
        film=uploads.first(folder, uploads.Kind.FILM) is not None,
        researcher=person.role is Role.RESEARCHER,
        fewest=FEWEST,
        uplot=Markup(_UPLOT.read_text(encoding="utf-8")),
    )


@router.get("/compare")
def compare_page(request: Request, person: Reader) -> HTMLResponse:
    finished = [folder.name for folder in study_folders(request.app.state.root) if is_finished(folder)]
    symbols = json.dumps({feeling: PALETTE[feeling].symbol for feeling in FEELINGS})
    return render(request, "compare.html", studies=finished, symbols=symbols)


def _details(entry: Entry) -> str:
    """What a row of the log says besides, for people; hashes and numbers of nobody in short."""
    told = json.loads(entry.details)
    if isinstance(until := told.get("until"), dict):
        told = until
    return ", ".join(f"{name} {str(value)[:16]}" for name, value in told.items())


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
