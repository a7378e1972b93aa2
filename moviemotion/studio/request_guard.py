"""What stands before every request: host, origin, token and rate; and the headers of every answer."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlsplit

from fastapi import HTTPException, Request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moviemotion.studio.accounts import SESSION_COOKIE

VISITOR_COOKIE = "studio_visitor"
"""Name of the cookie that tells one browser from another; what a form's token is made from."""
CSRF_HEADER = "x-csrf-token"
"""Header that every request must have that changes something. `GET /api/session` gives the token."""
FORM_CONTENT_TYPE, CSRF_FIELD = "application/x-www-form-urlencoded", "csrf"
"""A form of a page that works without scripts, and its field that holds the token."""
MAX_FORM_BYTES = 1 << 14
"""Bytes."""
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
WILDCARD_HOSTS = frozenset({"0.0.0.0", "::"})
"""All addresses of a computer, and none at which another reaches it."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; "
        "media-src 'self' blob:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    # Without any referrer a browser would not say either that a form comes from here.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class SecurityMiddleware:
    """Pure ASGI, so that streams pass through it."""

    def __init__(self, app: ASGIApp, signing_key: bytes, local_only: bool) -> None:
        """
        Args:
            key: seals the tokens.
            at_home: only let requests in that were sent to this computer by a name of its own; otherwise a
                page elsewhere whose name is made to point here could read everything (DNS rebinding).
        """
        self._app, self._key, self._local_only = app, signing_key, local_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, cookies = Headers(scope=scope), Request(scope).cookies
        visitor = cookies.get(VISITOR_COOKIE, "")
        fresh = len(visitor) != 43
        if fresh:
            visitor = secrets.token_urlsafe(32)
        token = csrf_token(self._key, visitor, cookies.get(SESSION_COOKIE, ""))
        scope.setdefault("state", {})["csrf"] = token

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    answer.setdefault(name, value)
                answer.setdefault("cache-control", "no-store")
                if fresh:
                    answer.append("set-cookie", cookie_header(VISITOR_COOKIE, visitor, scope, "lax"))
            await send(message)

        refusal = self._reject_origin(scope["method"], headers)
        if refusal is None and scope["method"] not in SAFE_METHODS:
            given, is_form = (
                headers.get(CSRF_HEADER, ""),
                headers.get("content-type", "").startswith(FORM_CONTENT_TYPE),
            )
            if is_form:
                form, receive = await _read_form(receive)
                given = dict(parse_qsl(form.decode("latin-1"))).get(CSRF_FIELD, "")
            if not hmac.compare_digest(given.encode(), token.encode()):
                refusal = _invalid_token_response(scope["path"], is_form)
        await (refusal or self._app)(scope, receive, send_guarded)

    def _reject_origin(self, method: str, headers: Headers) -> Response | None:
        host = headers.get("host", "")
        if self._local_only and _host_name(host) not in LOCAL_HOSTS:
            return JSONResponse({"detail": "this studio answers at localhost only"}, 400)
        if method in SAFE_METHODS:
            return None
        origin = headers.get("origin")
        elsewhere = origin is not None and origin.lower().partition("://")[2] != host.lower()
        if elsewhere or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return JSONResponse({"detail": "the request comes from another site"}, 403)
        return None


def csrf_token(signing_key: bytes, visitor: str, session: str) -> str:
    """What a page proves with that it was served to this browser, in this session."""
    return hmac.new(signing_key, f"{visitor}|{session}".encode(), hashlib.sha256).hexdigest()


def _invalid_token_response(path: str, is_form: bool) -> Response:
    """The form's page again, which is to say so; a fault for programs."""
    if is_form:
        # "//elsewhere" would lead away.
        return RedirectResponse(f"/{path.lstrip('/')}?again=1", 303)
    return JSONResponse(
        {"detail": f"the header {CSRF_HEADER} is missing or out of date; GET /api/session gives it"}, 403
    )


def cookie_header(name: str, value: str, scope: Mapping[str, object], same_site: str) -> str:
    """A Set-Cookie header that scripts cannot read; over HTTPS it is never sent without."""
    secure = "; Secure" if scope.get("scheme") == "https" else ""
    return f"{name}={value}; Path=/; HttpOnly; SameSite={same_site.capitalize()}{secure}"


async def _read_form(receive: Receive) -> tuple[bytes, Receive]:
    """The body of a form, and what gives it once more. One that is too long is read no further."""
    body, more = b"", True
    while more and len(body) <= MAX_FORM_BYTES:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    whole: list[Message] = [{"type": "http.request", "body": body, "more_body": more}]

    async def again() -> Message:
        return whole.pop() if whole else await receive()

    return body, again


def create_rate_limiter() -> MovingWindowRateLimiter:
    """Counts, in memory, how often each address did what is `limited`."""
    return MovingWindowRateLimiter(MemoryStorage())


def rate_limit(action: str, rate: str) -> Callable[[Request], None]:
    """A dependency that lets one address do something so often only.

    Args:
        what: counted by this name.
        rate: such as `10/minute`.
    """
    limit = parse(rate)

    def check(request: Request) -> None:
        counts: MovingWindowRateLimiter = request.app.state.counts
        if not counts.hit(limit, action, request.client.host if request.client else ""):
            raise HTTPException(429, "too often; wait a little", {"Retry-After": str(limit.get_expiry())})

    return check


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
