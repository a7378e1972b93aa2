"""A finished study is analyzed again with the inputs in its provenance."""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from moviemotion.audience.faces.identity_switches import IdentitySwitch
from moviemotion.audience.samples import Samples
from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.alignment.align import align_script
from moviemotion.screenplay.alignment.timed_script_json import from_json, to_json
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.study.provenance import audience_timeline, load_analysis
from moviemotion.workflows.screen import Screening


def test_the_analysis_loaded_again_is_the_one_that_was_reported(screened: Screening) -> None:
    np.testing.assert_equal(asdict(load_analysis(screened.folder)), asdict(screened.analysis))


def test_who_exchanged_seats_is_followed_to_the_other_seat() -> None:
    seconds, felt = 20, {"laughs": 1, "weeps": 3}
    time = np.repeat(np.arange(0, seconds, 0.2), 2)
    seat = np.tile([0, 1], len(time) // 2).astype(np.int16)
    person = np.where(time >= 10, 1 - seat, seat)
    emotions = np.zeros((len(time), 8), np.float32)
    emotions[np.arange(len(time)), np.array(list(felt.values()))[person]] = 1
    nothing = np.zeros(len(time), np.float32)
    samples = Samples(
        viewers=tuple(felt),
        frames=seconds * 5,
        end=float(time[-1]),
        viewer=seat,
        time=time,
        box=np.stack([nothing] * 4, axis=1),
        detection=nothing,
        emotions=emotions,
        weight=nothing + 1,
        rejection_reason=nothing.astype(np.int8),
        identity_switches=(IdentitySwitch(10.0, 0, 1, followed=False),),
    )
    scores = audience_timeline([samples]).probabilities
    for viewer, emotion in enumerate(felt.values()):
        assert scores[viewer, :, emotion].min() > 0.99
    unnoticed = audience_timeline([replace(samples, identity_switches=())]).probabilities
    assert unnoticed[0, 15, felt["laughs"]] == 0
    seen = audience_timeline(
        [replace(samples, identity_switches=(IdentitySwitch(10.0, 0, 1, followed=True),))]
    ).probabilities
    np.testing.assert_array_equal(seen, unnoticed)


def test_a_timed_script_survives_json_with_its_cuts_and_emphasis(tmp_path: Path) -> None:
    (script := tmp_path / "a.fountain").write_text(
        "Title: A\n\nINT. BARN - DAY #3#\n\nHay. **Much** hay. [[why?]]\n\nANN ^\n_Run!_\n", encoding="utf-8"
    )
    timed = align_script(read_screenplay(script), None, 20.0)
    assert from_json(to_json(timed)) == timed


@pytest.mark.parametrize("name", ["provenance.json", "samples"])
def test_a_study_that_lacks_a_part_is_refused_in_one_line(
    screened: Screening, tmp_path: Path, name: str
) -> None:
    shutil.copytree(screened.folder, study := tmp_path / "study")
    shutil.rmtree(study / name) if name == "samples" else (study / name).unlink()
    with pytest.raises(MoviemotionError, match="rerun the command that created") as refused:
        load_analysis(study)
    assert "\n" not in str(refused.value)


def test_a_study_with_an_unreadable_input_is_refused(screened: Screening, tmp_path: Path) -> None:
    shutil.copytree(screened.folder, study := tmp_path / "study")
    (study / "provenance.json").write_text('{"script": 3}', encoding="utf-8")
    with pytest.raises(MoviemotionError, match="cannot be read"):
        load_analysis(study)
