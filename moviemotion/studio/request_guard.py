"""Protection of every request: token, host, origin, CSRF token, rate limits, and security headers.

A studio without accounts trusts everyone who has the address that it printed when it started. The address
contains a token, as Jupyter's does, because everyone who can log in to the computer can reach the port. Other
websites must not be able to reach it through the browser, either. The `Host` header must name this computer,
which prevents DNS rebinding. Requests that change something must come from the studio's own pages (`Origin`,
`Sec-Fetch-Site`). They must also carry a token known only to those pages (CSRF).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import HTTPException, Request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moviemotion.privacy import audit_log
from moviemotion.studio.accounts import SESSION_COOKIE

VISITOR_COOKIE = "studio_visitor"
"""Name of the cookie that identifies a browser; the CSRF token is derived from it."""
CSRF_HEADER = "x-csrf-token"
"""Header required in every request that changes something. `GET /api/session` returns the token."""
FORM_CONTENT_TYPE, CSRF_FIELD = "application/x-www-form-urlencoded", "csrf"
"""Content type of the forms that work without scripts, and the form field that holds the token."""
MAX_FORM_BYTES = 1 << 14
"""Maximum size of a form, in bytes."""
TOKEN_COOKIE = "studio_token"
"""Prefix of the cookie that holds the token of a studio without accounts; two studios have two cookies."""
PARTICIPANT_PATHS = ("/c/", "/api/consent/", "/api/receipts/", "/static/")
"""Addresses that participants use; they are protected by the secret in the address, or by the receipt."""
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
WILDCARD_HOSTS = frozenset({"0.0.0.0", "::"})
"""Addresses that make a server listen on all interfaces; other computers cannot open them."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; "
        "media-src 'self' blob:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    # With "no-referrer", browsers would send "Origin: null" with forms, which the origin check rejects.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class SecurityMiddleware:
    """Rejects requests from other websites, and adds security headers to every response.

    It is plain ASGI rather than Starlette's `BaseHTTPMiddleware`, which would buffer event streams.
    """

    def __init__(self, app: ASGIApp, signing_key: bytes, local_only: bool, token: str | None = None) -> None:
        """Wrap an application.

        Args:
            app: the application to protect.
            signing_key: key from which CSRF tokens are derived.
            local_only: accept only requests whose `Host` is a name of this computer. Otherwise, a website
                whose domain is made to point to this computer could read everything (DNS rebinding).
            token: secret that every request must carry, except those of participants: once as `?token=`,
                which sets a cookie, or in the header `Authorization: Bearer`. None if the users sign in.
        """
        self._token = token
        self._app, self._key, self._local_only = app, signing_key, local_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, cookies = Headers(scope=scope), Request(scope).cookies
        visitor = cookies.get(VISITOR_COOKIE, "")
        is_new_visitor = len(visitor) != 43  # the length of token_urlsafe(32)
        if is_new_visitor:
            visitor = secrets.token_urlsafe(32)
        token = csrf_token(self._key, visitor, cookies.get(SESSION_COOKIE, ""))
        scope.setdefault("state", {})["csrf"] = token

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                response_headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    response_headers.setdefault(name, value)
                response_headers.setdefault("cache-control", "no-store")
                if is_new_visitor:
                    cookie = cookie_header(VISITOR_COOKIE, visitor, scope, "lax")
                    response_headers.append("set-cookie", cookie)
            await send(message)

        # Filled in once the account of the session is known; the audit log adds it to each row.
        audit_log.ACTOR.set(audit_log.Actor())
        rejection = self._reject_origin(scope["method"], headers)
        rejection = rejection or self._reject_token(scope, headers, cookies)
        if rejection is None and scope["method"] not in SAFE_METHODS:
            sent_token = headers.get(CSRF_HEADER, "")
            is_form = headers.get("content-type", "").startswith(FORM_CONTENT_TYPE)
            if is_form:
                form, receive = await _read_form(receive)
                sent_token = dict(parse_qsl(form.decode("latin-1"))).get(CSRF_FIELD, "")
            if not hmac.compare_digest(sent_token.encode(), token.encode()):
                rejection = _invalid_token_response(scope["path"], is_form)
        await (rejection or self._app)(scope, receive, send_guarded)

    def _reject_token(self, scope: Scope, headers: Headers, cookies: Mapping[str, str]) -> Response | None:
        """Ask for the token; if the address contains it, remember it and remove it from the address."""
        if self._token is None or scope["path"].startswith(PARTICIPANT_PATHS):
            return None
        name = f"{TOKEN_COOKIE}_{hashlib.sha256(self._token.encode()).hexdigest()[:8]}"
        query = parse_qsl(scope["query_string"].decode("latin-1"))
        if self._is_token(dict(query).get("token", "")) and scope["method"] in SAFE_METHODS:
            rest = urlencode([field for field in query if field[0] != "token"])
            response = RedirectResponse(f"/{scope['path'].lstrip('/')}" + (f"?{rest}" if rest else ""), 303)
            response.headers.append("set-cookie", cookie_header(name, self._token, scope, "strict"))
            return response
        if self._is_token(cookies.get(name, "")) or self._is_token(
            headers.get("authorization", "").removeprefix("Bearer ")
        ):
            return None
        message = "this studio needs its token; open the address that it printed when it started"
        return JSONResponse({"detail": message}, 401)

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), (self._token or "").encode())

    def _reject_origin(self, method: str, headers: Headers) -> Response | None:
        host = headers.get("host", "")
        if self._local_only and _host_name(host) not in LOCAL_HOSTS:
            return JSONResponse(
                {"detail": "this studio is only available on this computer; open localhost"}, 400
            )
        if method in SAFE_METHODS:
            return None
        origin = headers.get("origin")
        is_other_origin = origin is not None and origin.lower().partition("://")[2] != host.lower()
        if is_other_origin or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            message = "the request comes from another website; use the studio's own pages"
            return JSONResponse({"detail": message}, 403)
        return None


def csrf_token(signing_key: bytes, visitor: str, session: str) -> str:
    """Create the token with which a page proves that it was served to this browser in this session.

    The token is an HMAC-SHA256 of the visitor and session cookies, so nothing needs to be stored.
    """
    return hmac.new(signing_key, f"{visitor}|{session}".encode(), hashlib.sha256).hexdigest()


def _invalid_token_response(path: str, is_form: bool) -> Response:
    """Reload the page with a message if the request submits a form; otherwise return an error."""
    if is_form:
        # "//example.com" would redirect to another website.
        return RedirectResponse(f"/{path.lstrip('/')}?again=1", 303)
    return JSONResponse(
        {"detail": f"the header {CSRF_HEADER} is missing or out of date; get it from /api/session"}, 403
    )


def cookie_header(name: str, value: str, scope: Mapping[str, object], same_site: str) -> str:
    """Create a `Set-Cookie` header. Scripts cannot read the cookie; over HTTPS it is also `Secure`."""
    secure = "; Secure" if scope.get("scheme") == "https" else ""
    return f"{name}={value}; Path=/; HttpOnly; SameSite={same_site.capitalize()}{secure}"


async def _read_form(receive: Receive) -> tuple[bytes, Receive]:
    """Read the body of a form, up to `MAX_FORM_BYTES`.

    Returns:
        The body, and a `receive` that replays it for the application.
    """
    body, more = b"", True
    while more and len(body) <= MAX_FORM_BYTES:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    replayed: list[Message] = [{"type": "http.request", "body": body, "more_body": more}]

    async def replay() -> Message:
        return replayed.pop() if replayed else await receive()

    return body, replay


def create_rate_limiter() -> MovingWindowRateLimiter:
    """Create an in-memory counter of requests per action and client address; a restart clears it."""
    return MovingWindowRateLimiter(MemoryStorage())


def rate_limit(action: str, rate: str) -> Callable[[Request], None]:
    """Create a dependency that limits how often one client address may do something.

    Args:
        action: name under which requests are counted.
        rate: the limit, such as `10/minute`.
    """

    def check(request: Request) -> None:
        refuse_too_many(request, [rate], action, request.client.host if request.client else "")

    return check


def refuse_too_many(request: Request, rates: Sequence[str], *keys: str) -> None:
    """Count an attempt, and refuse it if there were too many.

    Args:
        request: the request being answered.
        rates: the limits, such as `10/minute`.
        keys: what is counted, such as the name of an account.

    Raises:
        HTTPException: there were too many attempts (429).
    """
    limiter: MovingWindowRateLimiter = request.app.state.rate_limiter
    for rate in rates:
        if not limiter.hit(limit := parse(rate), *keys):
            message = "too many attempts; wait a moment and try again"
            raise HTTPException(429, message, {"Retry-After": str(limit.get_expiry())})


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
