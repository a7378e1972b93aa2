"""Work that is killed at any step is finished by the next program, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from privacy_studies import TERMS, synthetic_samples, write_study

from moviemotion.analysis.segments.segment import Segment
from moviemotion.privacy import consent, retention
from moviemotion.privacy.erasure import enforce_privacy, erase, find_files_containing
from moviemotion.privacy.participants import save_segments
from moviemotion.privacy.pseudonymize import pseudonymize_study
from moviemotion.privacy.status import find_viewer, verify_audit_log
from moviemotion.privacy.study_database import KEYS_FOLDER_VARIABLE, open_database
from moviemotion.studio import notes
from moviemotion.study.analysis_cache import cached_analysis
from moviemotion.study.folder import StudyFolder

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

STEPS = {"os.rename", "os.remove", "os.rmdir", "os.mkdir"}
DEAD = 137


def killed_at_each_step(work: Callable[[], object], restore: Callable[[], None]) -> Iterator[int]:
    """Run `work` in a child that dies before its first step on a file or commit, then before its second, …

    After each death the caller sees what is left; the end is a child that lives.
    """
    for step in range(1, 1000):
        restore()
        child = os.fork()
        if not child:
            _die_before(step)
            work()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != DEAD:
            assert status == 0
            assert step > 3
            return
        yield step


def _die_before(step: int) -> None:
    left = step

    def count(event: str, args: tuple) -> None:
        nonlocal left
        # A partial file's own end is no step: it was renamed, or is still there.
        if event in STEPS and not (event == "os.remove" and str(args[0]).endswith(".partial")):
            left -= 1
            if not left:
                os._exit(DEAD)

    connect = sqlite3.connect

    def connected(*args: object, **options: object) -> sqlite3.Connection:
        connection = connect(*args, **options)
        connection.set_trace_callback(lambda sql: count("os.rename" if sql == "COMMIT" else "", ()))
        return connection

    sys.addaudithook(count)
    sqlite3.connect = connected


def readings(folder: Path) -> dict[str, np.ndarray]:
    """Viewer's id → their emotions, over all cameras."""
    study = StudyFolder.open_existing(folder)
    every = [samples for camera in study.cameras if (samples := study.read_samples(camera))]
    return {v: s.emotions[s.viewer == s.viewers.index(v)] for s in every for v in s.viewers}


def test_an_erasure_is_finished_by_the_next_start(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = find_viewer(study, "cam-a")
    cached_analysis(study)
    save_segments(study, [viewer], [Segment("front", chosen=(viewer,))])
    notes.add_note(study, 1, f"{viewer} laughs", "")
    before, work, keys = readings(study), tmp_path / "work", tmp_path / "keys"
    monkeypatch.setenv(KEYS_FOLDER_VARIABLE, str(tmp_path / "work-keys"))

    def restore() -> None:
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(tmp_path / "work-keys", ignore_errors=True)
        shutil.copytree(study, work)
        shutil.copytree(keys, tmp_path / "work-keys")

    for step in killed_at_each_step(lambda: erase(work, viewer), restore):
        enforce_privacy(work)
        after = readings(work)
        if viewer in after:  # it died before it was written down that they are to be erased
            assert step <= 5  # the last of these steps writes the ID down outside the study
            continue
        assert list(find_files_containing(work, viewer)) == []
        assert not any(viewer.encode() in p.read_bytes() for p in work.rglob("*") if p.is_file())
        assert set(after) == set(before) - {viewer}
        assert all(np.array_equal(after[v], before[v]) for v in after)
        with open_database(work) as database:
            known = {camera for (camera,) in database.connection.execute("SELECT id FROM cameras")}
        assert known == set(StudyFolder.open_existing(work).cameras)
        assert verify_audit_log(work).errors == ()


def test_what_is_due_is_deleted_by_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The results about a room of few go with the samples, also where the samples were the last thing."""
    template, work = tmp_path / "template", tmp_path / "work"
    retention.begin_study(template, TERMS, {})
    for camera in ("cam-a", "cam-b"):
        consent.add_seat(template, camera, camera)
        consent.record_offline_answer(template, camera, True)
    write_study(template)
    pseudonymize_study(template)
    (template / "timeline.csv.partial").write_text("cut off", encoding="utf-8")
    monkeypatch.setenv(KEYS_FOLDER_VARIABLE, str(tmp_path / "work-keys"))
    late = datetime.now(UTC) + timedelta(days=retention.DEFAULT_DAYS[retention.DataKind.SAMPLES] + 1)

    def restore() -> None:
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(template, work)

    for _ in killed_at_each_step(lambda: enforce_privacy(work, late), restore):
        enforce_privacy(work, late)
        assert {p.name for p in work.iterdir() if not p.name.startswith("study.db-")} == {
            "study.db",
            "study.json",
            "study.lock",
        }


def test_a_database_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    for _ in killed_at_each_step(
        lambda: retention.begin_study(folder, TERMS, {}), lambda: shutil.rmtree(folder, ignore_errors=True)
    ):
        if not (folder / "study.db").is_file():
            retention.begin_study(folder, TERMS, {})
        assert verify_audit_log(folder).errors == ()


def test_a_study_is_begun_again_by_the_same_command(tmp_path: Path) -> None:
    folder, samples = tmp_path / "study", synthetic_samples("cam-a", (200,), 1)

    def begin() -> None:
        StudyFolder(folder, {"cameras": {"cam-a": {"file": "fingerprint"}}}).save_samples("cam-a", samples)

    for _ in killed_at_each_step(begin, lambda: shutil.rmtree(folder, ignore_errors=True)):
        begin()
        assert StudyFolder.open_existing(folder).read_samples("cam-a") is not None
