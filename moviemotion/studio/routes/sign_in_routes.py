"""Signing in and out."""

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
    """Who is signed in."""

    accounts: bool = Field(description="Whether this studio has accounts; without, nobody signs in.")
    name: str | None = Field(description="Of the account.")
    role: Role | None = Field(description="Null: not signed in.")
    csrf: str = Field(description="To be sent as the header X-CSRF-Token with every change.")


class Credentials(BaseModel):
    """What one signs in with."""

    name: Annotated[str, Field(max_length=64)]
    password: Annotated[str, Field(max_length=MAX_PASSWORD_LENGTH)]


@router.get("", summary="Who is signed in, and the token for changes")
def get_session(request: Request) -> SessionResponse:
    person = current_user(request)
    return SessionResponse(
        accounts=request.app.state.access is not None,
        name=person.name if person else None,
        role=person.role if person else None,
        csrf=request.state.csrf,
    )


@router.post(
    "",
    summary="Sign in",
    description="The answer sets a cookie. Ask GET /api/session for the new token afterwards.",
    status_code=204,
    dependencies=[
        Depends(rate_limit("sign-in", "10/minute")),
        Depends(rate_limit("sign-in a day", "200/day")),
    ],
)
def sign_in(request: Request, given: Credentials) -> Response:
    access: AccountStore | None = request.app.state.access
    if access is None:
        raise HTTPException(409, "this studio has no accounts: whoever sits at it is the researcher")
    token = access.sign_in(given.name, given.password)
    if token is None:
        raise HTTPException(401, "name or password is wrong")
    answer = Response(status_code=204)
    kept = f"; Max-Age={int(SESSION_LIFETIME.total_seconds())}"
    answer.headers.append("set-cookie", cookie_header(SESSION_COOKIE, token, request.scope, "strict") + kept)
    return answer


@router.delete("", summary="Sign out", status_code=204)
def sign_out(request: Request) -> Response:
    access: AccountStore | None = request.app.state.access
    if access:
        access.sign_out(request.cookies.get(SESSION_COOKIE))
    answer = Response(status_code=204)
    answer.delete_cookie(SESSION_COOKIE)
    return answer
