"""Settings are checked before anything is processed or written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moviemotion.analysis.signals.baseline import TimeSpan
from moviemotion.cli.setting_names import SETTING_NAMES
from moviemotion.errors import SettingError
from moviemotion.workflows.demo import render_audience, run_demo
from moviemotion.workflows.report import report
from moviemotion.workflows.screen import screen
from moviemotion.workflows.simulate import simulate, simulate_videos

NAN, INFINITY = float("nan"), float("inf")


def refused(tmp_path: Path, says: str, run: Callable[..., Any], *given: Any, **settings: Any) -> None:
    before = sorted(tmp_path.iterdir())
    with pytest.raises(SettingError) as error:
        run(*given, **settings)
    assert error.value.worded(SETTING_NAMES).startswith(says)
    assert "\n" not in str(error.value)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("seed", [-1, 1.5, True, "x"])
def test_a_seed_is_an_integer_of_at_least_0(tmp_path: Path, seed: Any) -> None:
    video, out = tmp_path / "a.mp4", tmp_path / "study"
    says = f"--seed {seed}: not valid; give an integer of at least 0"
    refused(tmp_path, says, screen, [video], out, seed=seed)
    refused(tmp_path, says, report, tmp_path, seed=seed)
    refused(tmp_path, says, simulate, video, 2, 1, out, seed=seed)
    refused(tmp_path, says, simulate_videos, video, 2, 1, out, seed=seed)
    refused(tmp_path, says, render_audience, out, seed=seed)
    refused(tmp_path, says, run_demo, tmp_path, out, lambda *_: None, seed=seed)


@pytest.mark.parametrize("rate", [0, -1, 0.05, 61, NAN, INFINITY, True, "5"])
def test_a_rate_is_within_its_limits(tmp_path: Path, rate: Any) -> None:
    says = f"--rate {rate}: not valid; give a number of samples per second from 0.1 to 60"
    refused(tmp_path, says, screen, [tmp_path / "a.mp4"], tmp_path / "study", rate=rate)


@pytest.mark.parametrize("offset", [NAN, INFINITY, "2", None])
def test_an_offset_is_a_finite_number(tmp_path: Path, offset: Any) -> None:
    says = f"--offset a={offset}: not a finite number; give the offset"
    refused(tmp_path, says, screen, [tmp_path / "a.mp4"], tmp_path / "study", offsets={"a": offset})


@pytest.mark.parametrize("ends", [(5, 2), (3, 3), (-1, 2), (0, NAN), (0, INFINITY), ("a", "b")])
@pytest.mark.parametrize("setting", ["baseline", "film", "credits"])
def test_a_stretch_ends_after_it_starts(tmp_path: Path, setting: str, ends: Any) -> None:
    if setting == "credits" and ends == (0, INFINITY):
        return  # credits may last until the film's end
    says = f"--{setting} {ends[0]}-{ends[1]}: not a valid stretch; give a start and a later end"
    span = TimeSpan(*ends)
    refused(tmp_path, says, screen, [tmp_path / "a.mp4"], tmp_path / "study", **{setting: span})
    refused(tmp_path, says, report, tmp_path, **{setting: span})


@pytest.mark.parametrize("minutes", [NAN, INFINITY])
def test_a_film_has_a_finite_length(tmp_path: Path, minutes: float) -> None:
    (beats := tmp_path / "beats.csv").write_text(
        "start,end,emotion,strength\n1,5,happy,1\n", encoding="utf-8"
    )
    refused(tmp_path, "--viewers 2, --minutes", simulate, beats, 2, minutes, tmp_path / "study")
