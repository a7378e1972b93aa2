"""Accounts, sessions and roles of the studio.

They are stored in `studio.db` next to the studies. Passwords are stored as Argon2id hashes and session tokens
as SHA-256 hashes, so that the file's contents cannot be used to sign in. Routes declare who may use them with
`require_role`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import Depends, HTTPException, Request

from moviemotion._io.atomic_files import PRIVATE_FILE
from moviemotion._io.schemas import DatabaseSchema
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import audit_log
from moviemotion.privacy.audit_log import AuditEntry
from moviemotion.privacy.roles import Role

DATABASE_FILE = "studio.db"
DATABASE = DatabaseSchema("moviemotion/studio-database", 2, 0x4D4D5354)
"""Schema of `studio.db`; its application ID is "MMST". Version 2 added the application ID and the version."""
SESSION_COOKIE = "studio_session"
"""Name of the cookie that holds the session token."""
DEVICE_COOKIE = "studio_device"
"""Name of the cookie that shows that a browser has signed in to an account before."""
SESSION_LIFETIME = timedelta(hours=12)
"""Duration of a session after signing in."""
MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH = 12, 200
"""Limits for the length of a password. NIST SP 800-63B recommends long passwords, not complex ones."""
ACCOUNT_ROLES = (Role.RESEARCHER, Role.WRITER, Role.PRIVACY_OFFICER, Role.SEAT)
"""Roles that an account can have. `SEAT` is a kiosk, which can only open the consent pages of seats."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (token TEXT PRIMARY KEY,
    name TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE, until TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True)
class User:
    """The user who sent a request."""

    name: str
    role: Role


LOCAL_USER = User("", Role.RESEARCHER)
"""The user of a studio without accounts. This user has every permission, but only on this computer."""


class AccountStore:
    """The accounts of a studio. Thread-safe."""

    def __init__(self, root: Path) -> None:
        """Open the database, or create it.

        Args:
            root: the folder that contains the studies. `studio.db` is created in it, readable only by the
                file's owner.

        Raises:
            MoviemotionError: the folder cannot be written.
        """
        self._path = root / DATABASE_FILE
        self._hasher = PasswordHasher()
        # Each Argon2 hash takes 64 MiB, so hash one password at a time, even if many users sign in at once.
        self._hash_lock = threading.Lock()
        self._dummy_hash = self._hasher.hash(secrets.token_hex(16))
        try:
            self._path.touch(mode=PRIVATE_FILE)
            with self._connection() as database:
                DATABASE.check(self._path, database)
                database.executescript(_SCHEMA)
                if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'audit'").fetchone():
                    for statement in audit_log.SCHEMA:
                        database.execute(statement)
                DATABASE.migrate(self._path, database)
        except (OSError, sqlite3.Error) as error:
            raise MoviemotionError(
                f"{self._path}: cannot be used ({error}); choose another folder"
            ) from error

    def add(self, name: str, role: Role, password: str) -> None:
        """Create an account, or replace an existing account's role and password and end its sessions.

        Raises:
            MoviemotionError: the name, role or password is not allowed.
        """
        if not 1 <= len(name) <= 64 or not name.isprintable() or name != name.strip():
            raise MoviemotionError(f"account {name!r}: not a valid name; use 1 to 64 printable characters")
        if role not in ACCOUNT_ROLES:
            raise MoviemotionError(f"role {role}: unknown; choose from {', '.join(ACCOUNT_ROLES)}")
        if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
            raise MoviemotionError(
                f"password: too short or too long; use {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} "
                "characters, such as four words"
            )
        hashed = self._hasher.hash(password)
        with self._connection() as database:
            database.execute("DELETE FROM accounts WHERE name = ?", (name,))
            database.execute("INSERT INTO accounts VALUES (?, ?, ?)", (name, str(role), hashed))
            audit_log.append_entry(database, Role.SYSTEM, "account saved", {"account": name, "role": role})

    def remove(self, name: str) -> None:
        """Remove an account and end its sessions.

        Raises:
            MoviemotionError: there is no account with this name.
        """
        with self._connection() as database:
            if not database.execute("DELETE FROM accounts WHERE name = ?", (name,)).rowcount:
                raise MoviemotionError(f"account {name}: does not exist; check the name")
            audit_log.append_entry(database, Role.SYSTEM, "account removed", {"account": name})

    def users(self) -> tuple[User, ...]:
        """All users with an account, sorted by name."""
        with self._connection() as database:
            rows = database.execute("SELECT name, role FROM accounts ORDER BY name").fetchall()
        return tuple(User(name, Role(role)) for name, role in rows)

    def sign_in(self, name: str, password: str, now: datetime | None = None) -> str | None:
        """Start a session.

        Returns:
            The session token, of which only a hash is stored, or None if the name or password is wrong.
        """
        with self._connection() as database:
            query = "SELECT password, role FROM accounts WHERE name = ?"
            row = database.execute(query, (name,)).fetchone()
        try:
            with self._hash_lock:
                # An unknown name takes as long to check as a wrong password, so that timing does not reveal
                # names.
                self._hasher.verify(row[0] if row else self._dummy_hash, password)
            refused = row is None
        except VerifyMismatchError:
            refused = True
        if refused:
            # A name that does not exist may be a password that was typed into the wrong field.
            with self._connection() as database:
                details = {"account": name if row else "unknown"}
                database.execute("BEGIN IMMEDIATE")  # a row refers to the row before it
                audit_log.append_entry(database, Role.SYSTEM, "sign-in refused", details, now)
            return None
        token, now = secrets.token_urlsafe(32), now or datetime.now(UTC)
        with self._connection() as database:
            database.execute("DELETE FROM sessions WHERE until <= ?", (now.isoformat(),))
            database.execute(
                "INSERT INTO sessions VALUES (?, ?, ?)",
                (_hash_token(token), name, (now + SESSION_LIFETIME).isoformat()),
            )
            audit_log.append_entry(database, row[1], "signed in", {"account": name}, now)
        return token

    def device_token(self, name: str) -> str:
        """Create a token that shows that a browser has signed in to an account before (OWASP device cookie).

        It gives no access; it only keeps others who guess passwords from locking this browser out.
        """
        nonce = secrets.token_urlsafe(16)
        return f"{nonce}.{self._device_code(name, nonce)}"

    def is_known_device(self, name: str, token: str) -> bool:
        """Whether a browser has signed in to an account before."""
        nonce, _, code = token.partition(".")
        return hmac.compare_digest(code.encode(), self._device_code(name, nonce).encode())

    def _device_code(self, name: str, nonce: str) -> str:
        with self._connection() as database:
            database.execute("INSERT OR IGNORE INTO secrets VALUES ('devices', ?)", (secrets.token_hex(32),))
            (key,) = database.execute("SELECT value FROM secrets WHERE name = 'devices'").fetchone()
        return hmac.new(bytes.fromhex(key), f"{name}|{nonce}".encode(), hashlib.sha256).hexdigest()

    def session_user(self, token: str | None, now: datetime | None = None) -> User | None:
        """The user of a session, or None if the session has expired or does not exist."""
        if not token:
            return None
        query = "SELECT name, role FROM sessions JOIN accounts USING (name) WHERE token = ? AND until > ?"
        with self._connection() as database:
            row = database.execute(
                query, (_hash_token(token), (now or datetime.now(UTC)).isoformat())
            ).fetchone()
        return User(row[0], Role(row[1])) if row else None

    def sign_out(self, token: str | None) -> None:
        """End a session."""
        user = self.session_user(token)
        with self._connection() as database:
            database.execute("DELETE FROM sessions WHERE token = ?", (_hash_token(token or ""),))
            if user:
                audit_log.append_entry(database, user.role, "signed out", {"account": user.name})

    def log_entries(self) -> list[AuditEntry]:
        """The studio's own audit log: accounts and sign-ins, the newest first."""
        with self._connection() as database:
            return list(audit_log.read_entries(database))[::-1]

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=10)
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            with connection:
                yield connection
        finally:
            connection.close()


def current_user(request: Request) -> User | None:
    """The user who sent a request, or None if they have not signed in."""
    accounts: AccountStore | None = request.app.state.accounts
    user = accounts.session_user(request.cookies.get(SESSION_COOKIE)) if accounts else LOCAL_USER
    if user and (actor := audit_log.ACTOR.get()):
        actor.account = user.name
    return user


def require_role(*roles: Role) -> Callable[[Request], User]:
    """Create a dependency that returns the user of a request and rejects all other roles.

    In a studio without accounts, it always accepts `LOCAL_USER`.
    """

    def user_with_role(request: Request) -> User:
        user = current_user(request)
        if user is None:
            raise HTTPException(401, "you are not signed in; sign in first")
        if user is not LOCAL_USER and user.role not in roles:
            allowed = " or a ".join(", a ".join(roles).rsplit(", a ", 1))
            raise HTTPException(403, f"the role {user.role} is not allowed to do this; ask a {allowed}")
        return user

    return user_with_role


Researcher = Annotated[User, Depends(require_role(Role.RESEARCHER))]
PrivacyOfficer = Annotated[User, Depends(require_role(Role.PRIVACY_OFFICER))]
StaffUser = Annotated[User, Depends(require_role(Role.RESEARCHER, Role.WRITER, Role.PRIVACY_OFFICER))]
"""Every role except the kiosk's."""


def _hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
