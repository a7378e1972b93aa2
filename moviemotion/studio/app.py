"""The application: what answers where, and what stands before it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException as AnyHTTPException

from moviemotion import __version__
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.study_database import NoRoomError
from moviemotion.studio.accounts import Access
from moviemotion.studio.dependencies import render, study_folders
from moviemotion.studio.messages import told, undocumented
from moviemotion.studio.open_analyses import Shelf
from moviemotion.studio.request_guard import Guard, counter
from moviemotion.studio.routes import (
    consent_routes,
    page_routes,
    privacy_routes,
    reading_room_routes,
    screening_routes,
    sign_in_routes,
    study_routes,
)
from moviemotion.studio.screening_job import BusyError
from moviemotion.studio.screening_jobs import Jobs
from moviemotion.studio.uploads import TooLargeError

BODY = 1 << 20
"""Bytes of a request, but for uploaded files."""
STATIC = Path(__file__).parent / "static"
_NOTHING_HERE = {
    "Not Found": "there is nothing at this address; check it",
    "Method Not Allowed": "this cannot be done at this address; check it",
}
"""The words of the framework, and ours."""
TAGS = [
    {"name": "sign-in", "description": "Who asks, and the token that every change needs."},
    {"name": "studies", "description": "Studies, their seats, and the files to be read."},
    {"name": "screening", "description": "Reading an audience from files or live cameras; one job a study."},
    {"name": "reading", "description": "The room beside the script."},
    {"name": "consent", "description": "What an attendee is told, says, and takes back."},
    {"name": "privacy", "description": "What is held until when, erasure, and the proof of it."},
]


def create_app(root: Path, access: Access | None = None) -> FastAPI:
    """The studio over a folder of studies.

    Args:
        access: the accounts; without, the studio answers at this computer only and everybody is the
            researcher.

    Raises:
        MoviemotionError: `root` is not a folder.
    """
    root = root.resolve()
    if not root.is_dir():
        raise MoviemotionError(f"{root}: no such folder; make it first")

    jobs = Jobs()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        jobs.go_on(study_folders(root))
        async with privacy_routes.keeping(root, jobs):
            yield
        await run_in_threadpool(jobs.close)

    app = FastAPI(
        title="MoviEmotion studio",
        version=__version__,
        summary="Screenings, what they say about the screenplay, and the promises made to their audience.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # these pages ask a CDN
        redoc_url=None,
        max_body_size=BODY,
        openapi_tags=TAGS,
        lifespan=lifespan,
    )
    app.state.root, app.state.access, app.state.jobs, app.state.counts = root, access, jobs, counter()
    app.state.shelf = Shelf()
    app.state.leaving = lambda: False  # whoever serves it says otherwise
    for module in (
        sign_in_routes,
        study_routes,
        screening_routes,
        reading_room_routes,
        consent_routes,
        privacy_routes,
        page_routes,
    ):
        app.include_router(module.router)
    app.include_router(reading_room_routes.comparing)
    app.mount("/static", StaticFiles(directory=STATIC), "static")
    app.add_middleware(Guard, key=secrets.token_bytes(32), at_home=access is None)
    app.add_exception_handler(AnyHTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _not_as_documented)
    faults = {MoviemotionError: 400, BusyError: 409, TooLargeError: 413, NoRoomError: 507}
    for fault, status in faults.items():
        app.add_exception_handler(fault, _cannot(status))
    app.add_exception_handler(OSError, _no_room)
    return app


def _answer(request: Request, status: int, detail: str) -> Response:
    """A fault as JSON, or as a page where somebody looks at one."""
    if request.url.path.startswith(("/api/", "/static/")):
        return JSONResponse({"detail": detail}, status)
    if status == 401:
        return RedirectResponse(f"/sign-in?to={quote(request.url.path)}", 303)
    return render(request, "fault.html", status, detail=detail, attendee=request.url.path.startswith("/c/"))


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, AnyHTTPException)
    detail = _NOTHING_HERE.get(str(error.detail), str(error.detail))
    answer = _answer(request, error.status_code, detail)
    answer.headers.update(error.headers or {})
    return answer


def _not_as_documented(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _answer(request, 422, undocumented(error.errors()[0]))


def _cannot(status: int) -> Callable[[Request, Exception], Response]:
    """What a user can mend."""

    def answer(request: Request, error: Exception) -> Response:
        return _answer(request, status, told(str(error), request.app.state.root))

    return answer


def _no_room(request: Request, error: Exception) -> Response:
    """A disk that is full or cannot be reached, which is nobody's fault who asks."""
    assert isinstance(error, OSError)
    why = error.strerror or type(error).__name__
    detail = f"the folder of studies cannot be used ({why}); see that it is there and has room, and try again"
    return _answer(request, 507, detail)
