"""API routes for signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import BaseModel, Field

from moviemotion.privacy.audit_log import AuditEntry
from moviemotion.privacy.roles import Role
from moviemotion.studio.accounts import (
    DEVICE_COOKIE,
    MAX_PASSWORD_LENGTH,
    SESSION_COOKIE,
    SESSION_LIFETIME,
    AccountStore,
    User,
    current_user,
    require_role,
)
from moviemotion.studio.dependencies import ERROR_RESPONSES
from moviemotion.studio.request_guard import cookie_header, refuse_too_many

router = APIRouter(prefix="/api/session", tags=["sign-in"], responses=ERROR_RESPONSES)


SIGN_IN_LIMITS = ("10/minute", "200/day")
"""Attempts to sign in to one account, from one known browser or from all other browsers together."""
DEVICE_COOKIE_SECONDS = 365 * 24 * 3600
log_router = APIRouter(prefix="/api/log", tags=["sign-in"], responses=ERROR_RESPONSES)
ResearcherOrOfficer = Annotated[User, Depends(require_role(Role.RESEARCHER, Role.PRIVACY_OFFICER))]


class SessionResponse(BaseModel):
    """The current session."""

    accounts: bool = Field(description="Whether this studio has accounts. Without accounts, nobody signs in.")
    name: str | None = Field(description="Name of the account; null if not signed in.")
    role: Role | None = Field(description="Role of the account; null if not signed in.")
    csrf: str = Field(description="Token to send as the header X-CSRF-Token with every change.")


class Credentials(BaseModel):
    """Name and password."""

    name: Annotated[str, Field(max_length=64)]
    password: Annotated[str, Field(max_length=MAX_PASSWORD_LENGTH)]


@router.get("", summary="Get the current session and its CSRF token")
def get_session(request: Request) -> SessionResponse:
    user = current_user(request)
    return SessionResponse(
        accounts=request.app.state.accounts is not None,
        name=user.name if user else None,
        role=user.role if user else None,
        csrf=request.state.csrf,
    )


@router.post(
    "",
    summary="Sign in",
    description="The response sets a cookie. Get the new CSRF token from GET /api/session afterwards.",
    status_code=204,
    responses={429: {"description": "Too many attempts"}},
)
def sign_in(request: Request, credentials: Credentials) -> Response:
    accounts: AccountStore | None = request.app.state.accounts
    if accounts is None:
        raise HTTPException(409, "this studio has no accounts; use it without signing in")
    device = request.cookies.get(DEVICE_COOKIE, "")
    is_known = accounts.is_known_device(credentials.name, device)
    # An address can be invented (X-Forwarded-For) or shared by a whole company, so it does not matter here.
    # Whoever guesses passwords of a name locks out only new browsers, and only for this name.
    refuse_too_many(
        request, SIGN_IN_LIMITS, credentials.name.casefold(), device if is_known else "new browsers"
    )
    token = accounts.sign_in(credentials.name, credentials.password)
    if token is None:
        raise HTTPException(401, "the name or the password is wrong; try again")
    response = Response(status_code=204)
    cookie = cookie_header(SESSION_COOKIE, token, request.scope, "strict")
    response.headers.append("set-cookie", f"{cookie}; Max-Age={int(SESSION_LIFETIME.total_seconds())}")
    known = cookie_header(DEVICE_COOKIE, accounts.device_token(credentials.name), request.scope, "strict")
    response.headers.append("set-cookie", f"{known}; Max-Age={DEVICE_COOKIE_SECONDS}")
    return response


@log_router.get("", summary="List the studio's audit log of accounts and sign-ins, newest rows first")
def list_studio_log(request: Request, user: ResearcherOrOfficer) -> list[AuditEntry]:
    accounts: AccountStore | None = request.app.state.accounts
    return accounts.log_entries()[:1000] if accounts else []


@router.delete("", summary="Sign out", status_code=204)
def sign_out(request: Request) -> Response:
    accounts: AccountStore | None = request.app.state.accounts
    if accounts:
        accounts.sign_out(request.cookies.get(SESSION_COOKIE))
    response = Response(status_code=204)
    response.delete_cookie(SESSION_COOKIE)
    return response
