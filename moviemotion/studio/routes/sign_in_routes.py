"""API routes for signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import BaseModel, Field

from moviemotion.privacy.roles import Role
from moviemotion.studio.accounts import (
    MAX_PASSWORD_LENGTH,
    SESSION_COOKIE,
    SESSION_LIFETIME,
    AccountStore,
    current_user,
)
from moviemotion.studio.dependencies import ERROR_RESPONSES
from moviemotion.studio.request_guard import cookie_header, rate_limit

router = APIRouter(prefix="/api/session", tags=["sign-in"], responses=ERROR_RESPONSES)


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
    dependencies=[
        Depends(rate_limit("sign-in", "10/minute")),
        Depends(rate_limit("sign-in a day", "200/day")),
    ],
)
def sign_in(request: Request, credentials: Credentials) -> Response:
    accounts: AccountStore | None = request.app.state.accounts
    if accounts is None:
        raise HTTPException(409, "this studio has no accounts; use it without signing in")
    token = accounts.sign_in(credentials.name, credentials.password)
    if token is None:
        raise HTTPException(401, "the name or the password is wrong; try again")
    response = Response(status_code=204)
    cookie = cookie_header(SESSION_COOKIE, token, request.scope, "strict")
    response.headers.append("set-cookie", f"{cookie}; Max-Age={int(SESSION_LIFETIME.total_seconds())}")
    return response


@router.delete("", summary="Sign out", status_code=204)
def sign_out(request: Request) -> Response:
    accounts: AccountStore | None = request.app.state.accounts
    if accounts:
        accounts.sign_out(request.cookies.get(SESSION_COOKIE))
    response = Response(status_code=204)
    response.delete_cookie(SESSION_COOKIE)
    return response
