"""Which page is which template."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from moviemotion.studio.access import Reader
from moviemotion.studio.border import StudyFolder, render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


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
