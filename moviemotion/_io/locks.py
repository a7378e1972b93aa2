"""Locks that prevent two programs, or two threads of one program, from writing the same files at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from moviemotion.errors import MoviemotionError


class LockHeldError(MoviemotionError):
    """Another program or thread holds the lock."""


@contextmanager
def hold_lock(path: Path, timeout: float, message: str) -> Iterator[None]:
    """Acquire a lock file and hold it.

    The lock is reentrant within a thread. If a program is killed, the operating system releases its lock.

    Args:
        path: path of the lock file, in an existing folder; the file is removed when the lock is released.
        timeout: seconds to wait for another holder to release it.
        message: the error message if the lock is not released in time.

    Raises:
        LockHeldError: another holder did not release the lock in time.
        MoviemotionError: the lock file cannot be created.
    """
    # Use one instance per path, so that the lock knows which thread holds it.
    lock = FileLock(path, is_singleton=True)
    try:
        lock.acquire(timeout=timeout)
    except Timeout as error:
        raise LockHeldError(message) from error
    except OSError as error:
        raise MoviemotionError(
            f"{path}: cannot be created ({error.strerror}); check the folder permissions"
        ) from error
    try:
        yield
    finally:
        if lock.lock_counter == 1:
            with suppress(OSError):  # Windows removes the file once the lock is released
                path.unlink()
        lock.release()
