"""The studio's server. It can be reached over the network only if the studio has accounts."""

from __future__ import annotations

import secrets
import socket
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import uvicorn

from moviemotion._io.atomic_files import PRIVATE_FOLDER
from moviemotion._io.locks import hold_lock
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.privacy.roles import Role
from moviemotion.studio.accounts import ACCOUNT_ROLES, AccountStore
from moviemotion.studio.app import create_app
from moviemotion.studio.connection_limits import LimitedHTTPProtocol, raise_connection_limit
from moviemotion.studio.request_guard import WILDCARD_HOSTS

LOCALHOST = "127.0.0.1"
LOCK_FILE = "studio.lock"
CONNECTION_BACKLOG = 128
"""Number of connections that may wait to be accepted; they do not count toward the connection limit."""
SHUTDOWN_TIMEOUT = 3
"""Seconds that open responses are given to finish when the studio stops."""


def add_account(root: Path, name: str, role: str, password: str) -> None:
    """Create an account, or replace the role and password of an existing one.

    Anyone with write permission for the folder can do this.

    Raises:
        MoviemotionError: the name, role or password is not allowed.
    """
    if role not in list(ACCOUNT_ROLES):
        raise SettingError(
            "role-unknown",
            "{role} {value}: unknown; choose from {known}",
            value=role,
            known=", ".join(ACCOUNT_ROLES),
        )
    AccountStore(_create_folder(root)).add(name, Role(role), password)


def remove_account(root: Path, name: str) -> None:
    """Remove an account and end its sessions.

    Raises:
        MoviemotionError: there is no account with this name.
    """
    AccountStore(_create_folder(root)).remove(name)


def startup_warnings(host: str | None, certificate: Path | None) -> Iterator[str]:
    """Warnings to print when the studio starts."""
    if host and not certificate:
        yield (
            "Passwords and results are sent unencrypted: provide a certificate and its private key, or put "
            "the studio behind an HTTPS proxy on this computer."
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
        root: the folder that contains the studies, created if it does not exist.
        host: address on which other computers can reach the studio, which requires accounts; None for this
            computer only.
        port: TCP port.
        certificate: PEM file for HTTPS; None for HTTP.
        private_key: PEM file with the certificate's private key.
        print_line: called with the studio's URL once it accepts connections.
        open_browser: whether to open the URL in the default browser.

    Raises:
        MoviemotionError: no researcher has an account, another studio serves the folder, or the address or
            certificate cannot be used.
    """
    accounts = AccountStore(_create_folder(root)) if host else None
    if accounts and not any(user.role is Role.RESEARCHER for user in accounts.users()):
        raise SettingError(
            "no-researcher-account",
            "{host} {address}: no researcher has an account; first create one with {account}",
            address=host,
        )
    token = None if accounts else secrets.token_urlsafe(32)
    app = create_app(_create_folder(root), accounts, token)
    try:
        listener = socket.create_server((host or LOCALHOST, port))
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
        address = f"{host or LOCALHOST}:{port}" + (f" with {certificate}" if certificate else "")
        raise MoviemotionError(
            f"{address}: cannot be used ({error.strerror}); choose another address"
        ) from error
    url = f"{'https' if certificate else 'http'}://{browser_host(host)}:{port}/"
    url += f"?token={token}" if token else ""
    # Two studios serving the same folder would process studies twice.
    with hold_lock(root / LOCK_FILE, 0, f"{root}: another studio is serving this folder; stop it first"):
        print_line(f"Studio: {url}   (press Ctrl-C to stop)")
        if open_browser:
            webbrowser.open(url)
        server = uvicorn.Server(config)
        LimitedHTTPProtocol.max_connections = raise_connection_limit()
        # This lets event streams end by themselves instead of being cut off.
        app.state.is_stopping = lambda: server.should_exit
        server.run(sockets=[listener])


def browser_host(host: str | None) -> str:
    """The host to open in a browser.

    A wildcard address such as 0.0.0.0 cannot be opened, so it is replaced with this computer's network
    address. The QR codes on the seat cards then contain that address, which phones can reach.

    Args:
        host: address on which the studio listens; None for this computer only.
    """
    if host in WILDCARD_HOSTS:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
            # The UDP socket sends nothing, but the system chooses the local address that it would send from.
            probe.connect(("198.51.100.1", 9))
            host = probe.getsockname()[0]
    if host in WILDCARD_HOSTS or host is None:
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _create_folder(root: Path) -> Path:
    try:
        root.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise MoviemotionError(
            f"{root}: cannot be created ({error.strerror}); choose another folder"
        ) from error
    return root
