"""Who may do what: accounts and sessions, in `studio.db` beside the studies."""

from __future__ import annotations

import hashlib
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

from moviemotion._io.schemas import DatabaseSchema
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.roles import Role

DATABASE_FILE = "studio.db"
DATABASE = DatabaseSchema("moviemotion/studio-database", 2, 0x4D4D5354)
"""Schema of `studio.db`; its application ID is "MMST". Version 2 added the mark itself."""
SESSION_COOKIE = "studio_session"
"""Name of the cookie."""
SESSION_LIFETIME = timedelta(hours=12)
"""After which one signs in again."""
MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH = 12, 200
"""Characters of a password. NIST SP 800-63B: length counts, rules of composition do not."""
ACCOUNT_ROLES = (Role.RESEARCHER, Role.WRITER, Role.PRIVACY_OFFICER, Role.SEAT)
"""Roles that an account can have. `SEAT` is a kiosk: it opens the consent page of every seat, and no more."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (token TEXT PRIMARY KEY,
    name TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE, until TEXT NOT NULL);
"""


@dataclass(frozen=True)
class User:
    """Who asks; without accounts whoever sits at this computer is the researcher, and may do everything."""

    name: str
    role: Role


LOCAL_USER = User("", Role.RESEARCHER)


class AccountStore:
    """The accounts of a studio. Threads may share it."""

    def __init__(self, root: Path) -> None:
        """
        Args:
            root: folder of the studies; gets a `studio.db` that only its owner may read.

        Raises:
            MoviemotionError: the folder cannot be written.
        """
        self._path = root / DATABASE_FILE
        self._hasher = PasswordHasher()
        # A hash takes 64 MiB: not many at a time, however many sign in.
        self._hash_lock = threading.Lock()
        self._dummy_hash = self._hasher.hash(secrets.token_hex(16))
        try:
            self._path.touch(mode=0o600)
            with self._connection() as database:
                DATABASE.check(self._path, database)
                database.executescript(_SCHEMA)
                DATABASE.migrate(self._path, database)
        except (OSError, sqlite3.Error) as error:
            raise MoviemotionError(
                f"{self._path}: cannot be used ({error}); choose another folder"
            ) from error

    def add(self, name: str, role: Role, password: str) -> None:
        """Make an account, or give one another role and password; its sessions end.

        Raises:
            MoviemotionError: the name, role or password cannot be used.
        """
        if not 1 <= len(name) <= 64 or not name.isprintable() or name != name.strip():
            raise MoviemotionError(f"account {name!r}: give a name of up to 64 letters")
        if role not in ACCOUNT_ROLES:
            raise MoviemotionError(f"role {role}: choose of {', '.join(ACCOUNT_ROLES)}")
        if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
            raise MoviemotionError(
                f"password: give {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters, such as four words"
            )
        hashed = self._hasher.hash(password)
        with self._connection() as database:
            database.execute("DELETE FROM accounts WHERE name = ?", (name,))
            database.execute("INSERT INTO accounts VALUES (?, ?, ?)", (name, str(role), hashed))

    def remove(self, name: str) -> None:
        """Remove an account and end its sessions.

        Raises:
            MoviemotionError: there is none of that name.
        """
        with self._connection() as database:
            if not database.execute("DELETE FROM accounts WHERE name = ?", (name,)).rowcount:
                raise MoviemotionError(f"account {name}: there is none; check the name")

    def users(self) -> tuple[User, ...]:
        """Who has an account, by name."""
        with self._connection() as database:
            rows = database.execute("SELECT name, role FROM accounts ORDER BY name").fetchall()
        return tuple(User(name, Role(role)) for name, role in rows)

    def sign_in(self, name: str, password: str, now: datetime | None = None) -> str | None:
        """Begin a session.

        Returns:
            The session's token, which is kept here as a hash only; None where name or password is wrong.
        """
        with self._connection() as database:
            row = database.execute("SELECT password FROM accounts WHERE name = ?", (name,)).fetchone()
        try:
            with self._hash_lock:
                # Somebody unknown takes as long as a wrong password, so that names cannot be tried out.
                self._hasher.verify(row[0] if row else self._dummy_hash, password)
        except VerifyMismatchError:
            return None
        if row is None:
            return None
        token, now = secrets.token_urlsafe(32), now or datetime.now(UTC)
        with self._connection() as database:
            database.execute("DELETE FROM sessions WHERE until <= ?", (now.isoformat(),))
            database.execute(
                "INSERT INTO sessions VALUES (?, ?, ?)",
                (_hash_token(token), name, (now + SESSION_LIFETIME).isoformat()),
            )
        return token

    def session_user(self, token: str | None, now: datetime | None = None) -> User | None:
        """Whose session it is; None where it is over or never was."""
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
        with self._connection() as database:
            database.execute("DELETE FROM sessions WHERE token = ?", (_hash_token(token or ""),))

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
    """The person of a request; None where nobody has signed in."""
    access: AccountStore | None = request.app.state.access
    return access.session_user(request.cookies.get(SESSION_COOKIE)) if access else LOCAL_USER


def require_role(*roles: Role) -> Callable[[Request], User]:
    """A dependency that lets only people of some roles through, and gives the person.

    Without accounts it lets `OWNER` through everywhere.
    """

    def person_of(request: Request) -> User:
        person = current_user(request)
        if person is None:
            raise HTTPException(401, "sign in first")
        if person is not LOCAL_USER and person.role not in roles:
            allowed = " or a ".join(", a ".join(roles).rsplit(", a ", 1))
            raise HTTPException(403, f"this is not for the role {person.role}; ask a {allowed}")
        return person

    return person_of


Researcher = Annotated[User, Depends(require_role(Role.RESEARCHER))]
PrivacyOfficer = Annotated[User, Depends(require_role(Role.PRIVACY_OFFICER))]
StaffUser = Annotated[User, Depends(require_role(Role.RESEARCHER, Role.WRITER, Role.PRIVACY_OFFICER))]
"""Everybody but a kiosk."""


def _hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
