"""The analyses that are open in the studio: each computed once, and again only when its study has changed."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from moviemotion.analysis.analyze import Analysis
from moviemotion.privacy.roles import Role
from moviemotion.privacy.small_groups import analysis_for_role
from moviemotion.study.analysis_cache import InputState, cached_analysis, input_state

MAX_OPEN_ANALYSES = 3
"""Studies held open at once: a big one takes much memory."""
MAX_CACHED_RESPONSES = 50
"""Answers kept of each."""


class OpenAnalysis:
    """One study's analysis, as each role sees it, and the answers that were made of it."""

    def __init__(self, state: InputState, analysis: Analysis) -> None:
        self.cache_state, self.analysis = state, analysis
        self._lock = threading.Lock()
        self._by_role: dict[Role, Analysis] = {}
        self._responses: OrderedDict[tuple[object, ...], bytes] = OrderedDict()

    def visible_to(self, role: Role) -> Analysis:
        """What of it somebody may see."""
        with self._lock:
            if role not in self._by_role:
                self._by_role[role] = analysis_for_role(self.analysis, role)
            return self._by_role[role]

    def cached_json(self, key: tuple[object, ...], compute: Callable[[], object]) -> bytes:
        """What `make` makes, as JSON; kept by its key."""
        with self._lock:
            found = self._responses.get(key)
        if found is None:
            found = json.dumps(compute(), ensure_ascii=False, allow_nan=False).encode()
        with self._lock:
            self._responses[key] = found
            self._responses.move_to_end(key)
            while len(self._responses) > MAX_CACHED_RESPONSES:
                self._responses.popitem(last=False)
        return found


class OpenAnalyses:
    """The studies that were opened last. Threads may share it."""

    def __init__(self) -> None:
        self._analyses: OrderedDict[Path, OpenAnalysis] = OrderedDict()
        self._lock = threading.Lock()
        self._study_locks: dict[Path, threading.Lock] = {}

    def open(self, folder: Path) -> OpenAnalysis:
        """A finished study's analysis, as it is now.

        Raises:
            MoviemotionError: the study is not finished, or was damaged.
        """
        with self._lock:
            opening = self._study_locks.setdefault(folder, threading.Lock())
        # Whoever asks for a big study while it is being computed waits for that.
        with opening:
            state = input_state(folder)
            with self._lock:
                found = self._analyses.get(folder)
            if found is None or found.cache_state != state:
                found = OpenAnalysis(state, cached_analysis(folder))
            with self._lock:
                self._analyses[folder] = found
                self._analyses.move_to_end(folder)
                while len(self._analyses) > MAX_OPEN_ANALYSES:
                    self._analyses.popitem(last=False)
        return found
