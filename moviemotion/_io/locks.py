"""Locks that keep two programs, or two threads of one program, from writing the same files at the same time.

The lock file is empty and is never removed. If it were removed, two programs could hold the same lock: one
that had already opened the removed file, and one that creates a new file of the same name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from moviemotion._io.atomic_files import PRIVATE_FILE
from moviemotion.errors import MoviemotionError


class LockHeldError(MoviemotionError):
    """Another program or thread holds the lock."""


@contextmanager
def hold_lock(path: Path, timeout: float, message: str) -> Iterator[None]:
    """Acquire a lock file and hold it.

    The lock is reentrant within a thread. If a program is killed, the operating system releases its lock.

    Args:
        path: the lock file, in an existing folder; it is created if missing and never removed.
        timeout: number of seconds to wait for another holder to release the lock.
        message: the error message if the lock is not released in time.

    Raises:
        LockHeldError: another holder did not release the lock in time.
        MoviemotionError: the file cannot be created.
    """
    # There is one lock object per path, so that it knows which thread holds it.
    lock = FileLock(path, mode=PRIVATE_FILE, is_singleton=True)
    try:
        lock.acquire(timeout=timeout)
    except Timeout as error:
        raise LockHeldError(message) from error
    except OSError as error:
        raise MoviemotionError(
            f"{path}: cannot be created ({error.strerror}); check the permissions of its folder"
        ) from error
    try:
        yield
    finally:
        lock.release()
