"""The analyses that are open in the studio: each computed once, and again only when its study has changed."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from moviemotion.analysis.analyze import Analysis
from moviemotion.privacy.audit_log import Role
from moviemotion.privacy.small_groups import seen_by
from moviemotion.study.analysis_cache import State, kept_analysis, state_of

MOST = 3
"""Studies held open at once: a big one takes much memory."""
MOST_ANSWERS = 50
"""Answers kept of each."""


class Opened:
    """One study's analysis, as each role sees it, and the answers that were made of it."""

    def __init__(self, state: State, analysis: Analysis) -> None:
        self.state, self.analysis = state, analysis
        self._lock = threading.Lock()
        self._seen: dict[Role, Analysis] = {}
        self._answers: OrderedDict[tuple[object, ...], bytes] = OrderedDict()

    def seen_by(self, role: Role) -> Analysis:
        """What of it somebody may see."""
        with self._lock:
            if role not in self._seen:
                self._seen[role] = seen_by(self.analysis, role)
            return self._seen[role]

    def answer(self, key: tuple[object, ...], make: Callable[[], object]) -> bytes:
        """What `make` makes, as JSON; kept by its key."""
        with self._lock:
            found = self._answers.get(key)
        if found is None:
            found = json.dumps(make(), ensure_ascii=False, allow_nan=False).encode()
        with self._lock:
            self._answers[key] = found
            self._answers.move_to_end(key)
            while len(self._answers) > MOST_ANSWERS:
                self._answers.popitem(last=False)
        return found


class Shelf:
    """The studies that were opened last. Threads may share it."""

    def __init__(self) -> None:
        self._opened: OrderedDict[Path, Opened] = OrderedDict()
        self._lock = threading.Lock()
        self._opening: dict[Path, threading.Lock] = {}

    def open(self, folder: Path) -> Opened:
        """A finished study's analysis, as it is now.

        Raises:
            MoviemotionError: the study is not finished, or was damaged.
        """
        with self._lock:
            opening = self._opening.setdefault(folder, threading.Lock())
        # Whoever asks for a big study while it is being computed waits for that.
        with opening:
            state = state_of(folder)
            with self._lock:
                found = self._opened.get(folder)
            if found is None or found.state != state:
                found = Opened(state, kept_analysis(folder))
            with self._lock:
                self._opened[folder] = found
                self._opened.move_to_end(folder)
                while len(self._opened) > MOST:
                    self._opened.popitem(last=False)
        return found
