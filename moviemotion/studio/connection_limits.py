"""Connections that hold nobody up: who says nothing is cut off, and there are never too many.

Each takes a file handle. Without any left no screening could open its recordings, and nobody could come in.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from uvicorn.protocols.http.h11_impl import H11Protocol

SILENT = 60.0
"""Seconds in which whoever connects must have sent something, when it is their turn."""
FILES = 1 << 16
"""File handles asked for, where the system gives so many."""


class Connection(H11Protocol):
    """uvicorn's own, which waits for a request or the rest of an upload for ever."""

    most = FILES // 2
    """Connections at once."""
    _heard = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.most:
            transport.abort()
            return
        self._heard = self.loop.time()
        self._look()

    def data_received(self, data: bytes) -> None:
        self._heard = self.loop.time()
        super().data_received(data)

    def _look(self) -> None:
        if self.transport.is_closing():
            return
        theirs = self.cycle is None or self.cycle.response_complete or self.cycle.more_body
        if theirs and not self.flow.read_paused and self.loop.time() - self._heard > SILENT:
            self.transport.close()
        else:
            self.loop.call_later(SILENT / 4, self._look)


def most_connections() -> int:
    """Half as many as this process may have files open, which is raised where the system lets it."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return FILES // 2
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if most == resource.RLIM_INFINITY else min(FILES, most)
    if now == resource.RLIM_INFINITY:
        return FILES // 2
    with suppress(OSError, ValueError):  # some systems say more than they give
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, wanted), most))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2
