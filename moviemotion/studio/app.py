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
from starlette.exceptions import HTTPException as StarletteHTTPException

from moviemotion import __version__
from moviemotion._io.html_shell import VENDOR_FOLDER
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.study_database import StorageError
from moviemotion.studio.accounts import AccountStore
from moviemotion.studio.dependencies import list_study_folders, render_page
from moviemotion.studio.messages import studio_message, validation_message
from moviemotion.studio.open_analyses import OpenAnalyses
from moviemotion.studio.request_guard import SecurityMiddleware, create_rate_limiter
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
from moviemotion.studio.screening_jobs import ScreeningJobs
from moviemotion.studio.uploads import FileTooLargeError

MAX_BODY_BYTES = 1 << 20
"""Bytes of a request, but for uploaded files."""
STATIC_FOLDER = Path(__file__).parent / "static"
_FRAMEWORK_MESSAGES = {
    "Not Found": "there is nothing at this address; check it",
    "Method Not Allowed": "this cannot be done at this address; check it",
}
"""The words of the framework, and ours."""
OPENAPI_TAGS = [
    {"name": "sign-in", "description": "Who asks, and the token that every change needs."},
    {"name": "studies", "description": "Studies, their seats, and the files to be read."},
    {"name": "screening", "description": "Reading an audience from files or live cameras; one job a study."},
    {"name": "reading", "description": "The room beside the script."},
    {"name": "consent", "description": "What an attendee is told, says, and takes back."},
    {"name": "privacy", "description": "What is held until when, erasure, and the proof of it."},
]


def create_app(root: Path, accounts: AccountStore | None = None) -> FastAPI:
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

    jobs = ScreeningJobs()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        jobs.resume_interrupted(list_study_folders(root))
        async with privacy_routes.enforce_periodically(root, jobs):
            yield
        await run_in_threadpool(jobs.stop_all)

    app = FastAPI(
        title="MoviEmotion studio",
        version=__version__,
        summary="Screenings, what they say about the screenplay, and the promises made to their audience.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # these pages ask a CDN
        redoc_url=None,
        max_body_size=MAX_BODY_BYTES,
        openapi_tags=OPENAPI_TAGS,
        lifespan=lifespan,
    )
    app.state.root, app.state.access, app.state.jobs, app.state.counts = (
        root,
        accounts,
        jobs,
        create_rate_limiter(),
    )
    app.state.shelf = OpenAnalyses()
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
    app.include_router(reading_room_routes.comparison_router)
    app.mount("/static/vendor", StaticFiles(directory=VENDOR_FOLDER), "vendor")
    app.mount("/static", StaticFiles(directory=STATIC_FOLDER), "static")
    app.add_middleware(SecurityMiddleware, signing_key=secrets.token_bytes(32), local_only=accounts is None)
    app.add_exception_handler(StarletteHTTPException, _handle_http_error)
    app.add_exception_handler(RequestValidationError, _handle_validation_error)
    faults = {MoviemotionError: 400, BusyError: 409, FileTooLargeError: 413, StorageError: 507}
    for fault, status in faults.items():
        app.add_exception_handler(fault, _error_handler(status))
    app.add_exception_handler(OSError, _handle_disk_error)
    return app


def _error_response(request: Request, status: int, detail: str) -> Response:
    """A fault as JSON, or as a page where somebody looks at one."""
    if request.url.path.startswith(("/api/", "/static/")):
        return JSONResponse({"detail": detail}, status)
    if status == 401:
        return RedirectResponse(f"/sign-in?to={quote(request.url.path)}", 303)
    return render_page(
        request, "fault.html", status, detail=detail, attendee=request.url.path.startswith("/c/")
    )


def _handle_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    detail = _FRAMEWORK_MESSAGES.get(str(error.detail), str(error.detail))
    answer = _error_response(request, error.status_code, detail)
    answer.headers.update(error.headers or {})
    return answer


def _handle_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _error_response(request, 422, validation_message(error.errors()[0]))


def _error_handler(status: int) -> Callable[[Request, Exception], Response]:
    """What a user can mend."""

    def answer(request: Request, error: Exception) -> Response:
        return _error_response(request, status, studio_message(str(error), request.app.state.root))

    return answer


def _handle_disk_error(request: Request, error: Exception) -> Response:
    """A disk that is full or cannot be reached, which is nobody's fault who asks."""
    assert isinstance(error, OSError)
    why = error.strerror or type(error).__name__
    detail = f"the folder of studies cannot be used ({why}); see that it is there and has room, and try again"
    return _error_response(request, 507, detail)
