"""Which page is which template."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from moviemotion.privacy.audit_log import Role
from moviemotion.studio.access import Reader
from moviemotion.studio.border import StudyFolder, render
from moviemotion.studio.reading import film_of

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_UPLOT = Path(__file__).parent / "static" / "vendor" / "uplot" / "uPlot.min.css"


@router.get("/")
def studies_page(request: Request, person: Reader) -> HTMLResponse:
    return render(request, "studies.html")


@router.get("/sign-in")
def sign_in_page(request: Request) -> HTMLResponse:
    return render(request, "sign-in.html")


@router.get("/api")
def api_page(request: Request) -> HTMLResponse:
    return render(request, "api.html", api=request.app.openapi())


@router.get("/studies/{study}")
def study_page(request: Request, folder: StudyFolder, person: Reader) -> HTMLResponse:
    return render(request, "study.html", study=folder.name)


@router.get("/studies/{study}/read")
def reading_page(request: Request, folder: StudyFolder, person: Reader) -> HTMLResponse:
    return render(
        request,
        "read.html",
        study=folder.name,
        film=film_of(folder) is not None,
        researcher=person.role is Role.RESEARCHER,
        uplot=Markup(_UPLOT.read_text(encoding="utf-8")),
    )


@router.get("/compare")
def compare_page(request: Request, person: Reader) -> HTMLResponse:
    return render(request, "compare.html", study="")
