"""Connections that hold nobody up: who says nothing is cut off, and there are never too many.

Each takes a file handle. Without any left no screening could open its recordings, and nobody could come in.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from uvicorn.protocols.http.h11_impl import H11Protocol

IDLE_TIMEOUT = 60.0
"""Seconds in which whoever connects must have sent something, when it is their turn."""
MAX_OPEN_FILES = 1 << 16
"""File handles asked for, where the system gives so many."""


class LimitedHTTPProtocol(H11Protocol):
    """uvicorn's own, which waits for a request or the rest of an upload for ever."""

    max_connections = MAX_OPEN_FILES // 2
    """Connections at once."""
    _last_received = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.max_connections:
            transport.abort()
            return
        self._last_received = self.loop.time()
        self._close_if_idle()

    def data_received(self, data: bytes) -> None:
        self._last_received = self.loop.time()
        super().data_received(data)

    def _close_if_idle(self) -> None:
        if self.transport.is_closing():
            return
        theirs = self.cycle is None or self.cycle.response_complete or self.cycle.more_body
        if theirs and not self.flow.read_paused and self.loop.time() - self._last_received > IDLE_TIMEOUT:
            self.transport.close()
        else:
            self.loop.call_later(IDLE_TIMEOUT / 4, self._close_if_idle)


def raise_connection_limit() -> int:
    """Half as many as this process may have files open, which is raised where the system lets it."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MAX_OPEN_FILES // 2
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_OPEN_FILES if most == resource.RLIM_INFINITY else min(MAX_OPEN_FILES, most)
    if now == resource.RLIM_INFINITY:
        return MAX_OPEN_FILES // 2
    with suppress(OSError, ValueError):  # some systems say more than they give
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, wanted), most))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2
