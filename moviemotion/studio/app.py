"""The studio's web application: routes, middleware and error handlers.

Routes raise `MoviemotionError` and similar errors; the handlers here turn each error into a status code and a
message, as JSON for the API or as a page for browsers.
"""

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
from moviemotion.studio.dependencies import render_page
from moviemotion.studio.messages import studio_message, validation_message
from moviemotion.studio.open_analyses import OpenAnalyses
from moviemotion.studio.request_guard import SecurityMiddleware, create_rate_limiter
from moviemotion.studio.routes import (
    analysis_routes,
    consent_routes,
    page_routes,
    privacy_routes,
    screening_routes,
    segment_routes,
    sign_in_routes,
    study_routes,
)
from moviemotion.studio.screening_job import BusyError
from moviemotion.studio.screening_jobs import ScreeningJobs
from moviemotion.studio.study_folders import list_study_folders
from moviemotion.studio.uploads import FileTooLargeError

MAX_BODY_BYTES = 1 << 20
"""Maximum size of a request body in bytes, except for uploaded files."""
STATIC_FOLDER = Path(__file__).parent / "static"
_FRAMEWORK_MESSAGES = {
    "Not Found": "this page does not exist; check the address",
    "Method Not Allowed": "this address does not support the request; check the address",
}
"""The framework's message → the studio's message."""
OPENAPI_TAGS = [
    {"name": "sign-in", "description": "The session, and the token that every change needs."},
    {"name": "studies", "description": "Studies with their seats and files."},
    {
        "name": "screening",
        "description": "Processing recordings or live cameras; at most one job per study.",
    },
    {"name": "analysis", "description": "Audience curves, script and moments of a finished study."},
    {"name": "consent", "description": "The disclosure, participants' answers, receipts and withdrawal."},
    {"name": "privacy", "description": "Stored data and its deletion dates, erasure, and the audit log."},
]


def create_app(root: Path, accounts: AccountStore | None = None, token: str | None = None) -> FastAPI:
    """Create the studio for the studies in a folder.

    Args:
        root: the folder that contains the studies.
        accounts: the accounts. Without them, the studio is reachable only from this computer, and every user
            is the researcher.
        token: secret that every request must carry in a studio without accounts; None for no secret.

    Raises:
        MoviemotionError: `root` is not a folder.
    """
    root = root.resolve()
    if not root.is_dir():
        raise MoviemotionError(f"{root}: no such folder; create it first")

    # Without accounts, the user is at this computer anyway, and may run a camera's relay on it.
    jobs = ScreeningJobs(allow_own_cameras=accounts is None)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        jobs.resume_interrupted(list_study_folders(root))
        async with privacy_routes.enforce_periodically(root, jobs):
            yield
        await run_in_threadpool(jobs.stop_all)

    app = FastAPI(
        title="MoviEmotion studio",
        version=__version__,
        summary="Screenings of films, the emotions of their audiences, and the participants' privacy.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # the docs pages load scripts from a CDN, which the content security policy forbids
        redoc_url=None,
        max_body_size=MAX_BODY_BYTES,
        openapi_tags=OPENAPI_TAGS,
        lifespan=lifespan,
    )
    app.state.root = root
    app.state.accounts = accounts
    app.state.jobs = jobs
    app.state.rate_limiter = create_rate_limiter()
    app.state.open_analyses = OpenAnalyses()
    app.state.is_stopping = lambda: False  # replaced by the server, so that event streams end when it stops
    for module in (
        sign_in_routes,
        study_routes,
        screening_routes,
        analysis_routes,
        segment_routes,
        consent_routes,
        privacy_routes,
        page_routes,
    ):
        app.include_router(module.router)
    app.include_router(analysis_routes.comparison_router)
    app.include_router(sign_in_routes.log_router)
    app.mount("/static/vendor", StaticFiles(directory=VENDOR_FOLDER), "vendor")
    app.mount("/static", StaticFiles(directory=STATIC_FOLDER), "static")
    app.add_middleware(
        SecurityMiddleware,
        signing_key=secrets.token_bytes(32),
        local_only=accounts is None,
        token=token,
    )
    app.add_exception_handler(StarletteHTTPException, _handle_http_error)
    app.add_exception_handler(RequestValidationError, _handle_validation_error)
    statuses = {MoviemotionError: 400, BusyError: 409, FileTooLargeError: 413, StorageError: 507}
    for error, status in statuses.items():
        app.add_exception_handler(error, _error_handler(status))
    app.add_exception_handler(OSError, _handle_disk_error)
    return app


def _error_response(request: Request, status: int, detail: str) -> Response:
    """Return an error as JSON for API requests, and as a page for all others."""
    if request.url.path.startswith(("/api/", "/static/")):
        return JSONResponse({"detail": detail}, status)
    if status == 401:
        return RedirectResponse(f"/sign-in?to={quote(request.url.path)}", 303)
    return render_page(
        request, "error.html", status, detail=detail, participant=request.url.path.startswith("/c/")
    )


def _handle_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    detail = _FRAMEWORK_MESSAGES.get(str(error.detail), str(error.detail))
    response = _error_response(request, error.status_code, detail)
    response.headers.update(error.headers or {})
    return response


def _handle_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _error_response(request, 422, validation_message(error.errors()[0]))


def _error_handler(status: int) -> Callable[[Request, Exception], Response]:
    """Create a handler for errors that the user can correct."""

    def handle(request: Request, error: Exception) -> Response:
        message = (
            studio_message(error, request.app.state.root)
            if isinstance(error, MoviemotionError)
            else str(error)
        )
        return _error_response(request, status, message)

    return handle


def _handle_disk_error(request: Request, error: Exception) -> Response:
    """Report a full or unreachable disk as an error of the server, not of the request."""
    assert isinstance(error, OSError)
    reason = error.strerror or type(error).__name__
    detail = (
        f"the studies folder cannot be used ({reason}); "
        "make sure that it exists and has free space, then try again"
    )
    return _error_response(request, 507, detail)
