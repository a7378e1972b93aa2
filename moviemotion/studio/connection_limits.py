"""Limits for client connections: idle connections are closed, and the number of connections is bounded.

Each connection takes a file handle. If idle clients used up all handles, screenings could not open their
recordings and other clients could not connect.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from uvicorn.protocols.http.h11_impl import H11Protocol

IDLE_TIMEOUT = 60.0
"""Seconds after which a connection is closed if the server is waiting for data and none arrives."""
MAX_OPEN_FILES = 1 << 16
"""Number of file handles to request from the system."""


class LimitedHTTPProtocol(H11Protocol):
    """uvicorn's HTTP protocol with a connection limit and a timeout.

    By itself, uvicorn waits indefinitely for a request or for the rest of an upload.
    """

    max_connections = MAX_OPEN_FILES // 2
    """Maximum number of simultaneous connections."""
    _last_received = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Close the connection at once if there are too many; otherwise start its idle timer."""
        super().connection_made(transport)
        if len(self.connections) > self.max_connections:
            transport.abort()
            return
        self._last_received = self.loop.time()
        self._close_if_idle()

    def data_received(self, data: bytes) -> None:
        """Restart the idle timer."""
        self._last_received = self.loop.time()
        super().data_received(data)

    def _close_if_idle(self) -> None:
        if self.transport.is_closing():
            return
        # A connection is idle only if the client is expected to send something. A connection that waits for a
        # slow response, or whose upload the server has paused, is not idle.
        expecting_data = self.cycle is None or self.cycle.response_complete or self.cycle.more_body
        idle = self.loop.time() - self._last_received > IDLE_TIMEOUT
        if expecting_data and not self.flow.read_paused and idle:
            self.transport.close()
        else:
            self.loop.call_later(IDLE_TIMEOUT / 4, self._close_if_idle)


def raise_connection_limit() -> int:
    """Raise the limit on open files as far as the system allows.

    Returns:
        The number of connections to accept: half the number of files that this process may have open.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MAX_OPEN_FILES // 2
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(MAX_OPEN_FILES, hard)
    if soft == resource.RLIM_INFINITY:
        return MAX_OPEN_FILES // 2
    with suppress(OSError, ValueError):  # some systems report a higher limit than they grant
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2
