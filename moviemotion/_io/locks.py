"""One at a time: what keeps two programs, or two threads of one, from making the same files at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from moviemotion.errors import MoviemotionError


class LockHeldError(MoviemotionError):
    """Somebody else holds the lock."""


@contextmanager
def hold_lock(path: Path, timeout: float, message: str) -> Iterator[None]:
    """Hold a lock file. A thread that holds it may take it again; the system lets go of it for the dead.

    Args:
        path: there while it is held, in a folder that exists.
        wait: seconds for another holder to let go.
        refusal: what to say if they do not.

    Raises:
        HeldError: they did not.
        MoviemotionError: the file cannot be made.
    """
    # One object for all who ask for the path, so that it knows which thread holds it.
    lock = FileLock(path, is_singleton=True)
    try:
        lock.acquire(timeout=timeout)
    except Timeout as error:
        raise LockHeldError(message) from error
    except OSError as error:
        raise MoviemotionError(
            f"{path}: cannot be made ({error.strerror}); see who may write there"
        ) from error
    try:
        yield
    finally:
        if lock.lock_counter == 1:
            with suppress(OSError):  # Windows removes it itself, when it has been let go of
                path.unlink()
        lock.release()
