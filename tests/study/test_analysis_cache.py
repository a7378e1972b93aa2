"""An analysis kept beside its study: the same to the last bit, and never older than the study."""

from __future__ import annotations

import os
import shutil
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import pytest

from moviemotion.analysis.analyze import Analysis
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.erasure import erase, find_files_containing
from moviemotion.privacy.status import read_status
from moviemotion.privacy.study_database import KEYS_FOLDER_VARIABLE
from moviemotion.study import analysis_cache, provenance
from moviemotion.study.analysis_cache import cached_analysis
from moviemotion.study.file_names import ANALYSIS_CACHE_FILE, EXPORTS_FOLDER


@pytest.fixture
def study(screened, tmp_path: Path) -> Path:
    return Path(shutil.copytree(screened.folder, tmp_path / "study"))


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The studies whose analysis was computed, in order."""
    folders: list[Path] = []

    def counted(folder: Path, *rest: object) -> object:
        folders.append(folder)
        return provenance.load_analysis(folder, *rest)

    monkeypatch.setattr(analysis_cache, "load_analysis", counted)
    return folders


def assert_same(one: object, other: object, where: str = "analysis") -> None:
    if is_dataclass(one):
        assert type(one) is type(other), where
        for field in fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name), f"{where}.{field.name}")
    elif isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other, where)
        assert one.dtype == other.dtype, where
    elif isinstance(one, tuple):
        assert isinstance(other, tuple), where
        assert len(one) == len(other), where
        for k, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_same(a, b, f"{where}[{k}]")
    else:
        assert one == other or (one != one and other != other), where


def test_what_is_kept_is_what_was_computed(study: Path, computed: list[Path]) -> None:
    first, again = cached_analysis(study), cached_analysis(study)
    assert computed == [study]
    assert_same(first, again)
    assert_same(first, provenance.load_analysis(study))


def test_a_study_that_changed_is_computed_again(study: Path, computed: list[Path]) -> None:
    cached_analysis(study)
    samples = next((study / "samples").iterdir())
    stat = samples.stat()
    os.utime(samples, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    cached_analysis(study)
    assert len(computed) == 2


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x05\x06" + bytes(18)])
def test_a_damaged_copy_is_made_again(study: Path, computed: list[Path], content: bytes) -> None:
    whole = cached_analysis(study)
    (study / EXPORTS_FOLDER / ANALYSIS_CACHE_FILE).write_bytes(content)
    assert_same(cached_analysis(study), whole)
    cached_analysis(study)
    assert len(computed) == 2


def test_a_folder_that_cannot_be_written_only_costs_time(study: Path, computed: list[Path]) -> None:
    (study / EXPORTS_FOLDER).write_text("a file where the folder should be")
    cached_analysis(study)
    cached_analysis(study)
    assert len(computed) == 2


def test_an_unfinished_study_is_refused(study: Path) -> None:
    (study / "provenance.json").unlink()
    with pytest.raises(MoviemotionError, match=r"provenance\.json"):
        cached_analysis(study)


def test_a_viewer_erased_while_it_is_computed_is_not_in_it(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEYS_FOLDER_VARIABLE, str(tmp_path / "keys"))
    viewer = read_status(study).viewers[0].viewer
    found: list[Analysis] = []

    def slowly(folder: Path, *rest: object) -> Analysis:
        found.append(provenance.load_analysis(folder, *rest))
        if len(found) == 1:
            erase(study, viewer)
        return found[-1]

    monkeypatch.setattr(analysis_cache, "load_analysis", slowly)
    assert viewer not in cached_analysis(study).timeline.viewers
    assert viewer in found[0].timeline.viewers
    assert list(find_files_containing(study, viewer)) == []
