"""The studio as a server: at home for whoever sits there, or at an address where people sign in."""

from __future__ import annotations

import socket
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import uvicorn

from moviemotion._io.locks import hold_lock
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.roles import Role
from moviemotion.studio.accounts import ACCOUNT_ROLES, AccountStore
from moviemotion.studio.app import create_app
from moviemotion.studio.connection_limits import LimitedHTTPProtocol, raise_connection_limit
from moviemotion.studio.request_guard import WILDCARD_HOSTS

LOCALHOST = "127.0.0.1"
LOCK_FILE = "studio.lock"
CONNECTION_BACKLOG = 128
"""Connections that wait to be let in; they are let in together, and counted after that."""
SHUTDOWN_TIMEOUT = 3
"""Seconds that open answers get when the studio is stopped."""


def add_account(root: Path, name: str, role: str, password: str) -> None:
    """Make an account, or give one another role and password; whoever may write the folder may do so.

    Raises:
        MoviemotionError: the role is unknown, or as for `Access`.
    """
    if role not in list(ACCOUNT_ROLES):
        raise MoviemotionError(f"--role {role}: choose of {', '.join(ACCOUNT_ROLES)}")
    AccountStore(_create_folder(root)).add(name, Role(role), password)


def remove_account(root: Path, name: str) -> None:
    """Remove an account and end its sessions.

    Raises:
        MoviemotionError: there is none of that name.
    """
    AccountStore(_create_folder(root)).remove(name)


def startup_warnings(host: str | None, certificate: Path | None) -> Iterator[str]:
    """What whoever starts the studio must know."""
    if host and not certificate:
        yield (
            "Passwords and figures travel unencrypted: give --certificate and --key, or put the studio "
            "behind a proxy on this computer that speaks HTTPS."
        )


def serve(
    root: Path,
    host: str | None,
    port: int,
    certificate: Path | None,
    private_key: Path | None,
    print_line: Callable[[str], None],
    open_browser: bool,
) -> None:
    """Serve the studio until it is stopped.

    Args:
        host: where others reach it, who must then sign in; None for this computer only.
        say: told the address once it can be asked.

    Raises:
        MoviemotionError: nobody could sign in, another studio serves the folder, or the address or
            certificate cannot be used.
    """
    access = AccountStore(_create_folder(root)) if host else None
    if access and not any(person.role is Role.RESEARCHER for person in access.users()):
        raise MoviemotionError(
            f"--host {host}: nobody could sign in; first run moviemotion studio {root} --account NAME"
        )
    app = create_app(_create_folder(root), access)
    try:
        place = socket.create_server((host or LOCALHOST, port))
        config = uvicorn.Config(
            app,
            http=LimitedHTTPProtocol,
            ws="none",
            backlog=CONNECTION_BACKLOG,
            log_level="warning",
            ssl_certfile=certificate,
            ssl_keyfile=private_key,
            timeout_graceful_shutdown=SHUTDOWN_TIMEOUT,
            server_header=False,
        )
        config.load()
    except OSError as error:
        where = f"{host or LOCALHOST}:{port}" + (f" with {certificate}" if certificate else "")
        raise MoviemotionError(f"{where}: cannot be used ({error.strerror}); give another") from error
    address = f"{'https' if certificate else 'http'}://{browser_host(host)}:{port}/"
    # Two studios over one folder would read one study twice.
    with hold_lock(root / LOCK_FILE, 0, f"{root}: another studio is open on it; stop that first"):
        print_line(f"Studio: {address}   (Ctrl-C stops it)")
        if open_browser:
            webbrowser.open(address)
        server = uvicorn.Server(config)
        LimitedHTTPProtocol.max_connections = raise_connection_limit()
        # Streams end by themselves then, and are not cut off.
        app.state.leaving = lambda: server.should_exit
        server.run(sockets=[place])


def browser_host(host: str | None) -> str:
    """What of an address stands in a browser: where the studio answers at every one, this computer's own.

    The codes on the cards of the seats lead to the address that the page was opened at.
    """
    if host in WILDCARD_HOSTS:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way, suppress(OSError):
            way.connect(("198.51.100.1", 9))  # sends nothing: the system chooses by which way it would
            host = way.getsockname()[0]
    if host in WILDCARD_HOSTS or host is None:
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _create_folder(root: Path) -> Path:
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MoviemotionError(f"{root}: cannot be made ({error.strerror}); choose another") from error
    return root
