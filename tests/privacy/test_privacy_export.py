"""A viewer gets everything that is held about them, and nothing of anybody else."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from privacy_studies import TERMS, write_study

from moviemotion.errors import MoviemotionError
from moviemotion.privacy import consent, encrypted_pictures, retention
from moviemotion.privacy.disclosure import load_disclosure
from moviemotion.privacy.participant_export import export_viewer
from moviemotion.privacy.pseudonymize import pseudonymize_study
from moviemotion.privacy.status import find_viewer, read_status
from moviemotion.study.folder import StudyFolder


def read(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_it_holds_the_samples_the_answers_the_disclosure_and_the_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    retention.begin_study(folder, TERMS, {})
    consent.add_seat(folder, "A", "cam-a")
    viewer = consent.ask_for_consent(folder, "A")
    consent.record_answer(folder, viewer, True, load_disclosure(folder).version)
    write_study(folder)
    pseudonymize_study(folder)
    encrypted_pictures.store_picture(folder, viewer, np.zeros((5, 5), np.uint8), 2.0)
    files = read(export_viewer(folder, viewer, tmp_path / "mine.zip"))
    record = json.loads(files["viewer.json"])
    assert (record["viewer"], record["seat"], record["state"]) == (viewer, "A", "accepted")
    assert [row["what"] for row in record["log"]] == ["asked", "accepted", "picture stored"]
    assert files["pictures/1.png"].startswith(b"\x89PNG")
    assert (
        files[f"disclosures/{record['answers'][0]['disclosure']}.txt"].decode()
        == load_disclosure(folder).text
    )
    assert len(table(files["seconds.csv"])) == 40
    study = StudyFolder.open_existing(folder)
    samples = next(s for c in study.cameras if (s := study.read_samples(c)) and viewer in s.viewers)
    rows = table(files["samples.csv"])
    assert [float(row["happy"]) for row in rows] == pytest.approx(samples.emotions[:, 1].tolist(), abs=1e-6)


def test_of_a_shared_camera_only_their_own_rows(study: Path, tmp_path: Path) -> None:
    viewer = find_viewer(study, "row-2")
    files = read(export_viewer(study, viewer, tmp_path / "mine.zip"))
    assert len(table(files["samples.csv"])) == 80
    others = {other.viewer for other in read_status(study).viewers} - {viewer}
    content = b"".join(files.values())
    assert not any(other.encode() in content for other in others)


def test_it_is_not_put_into_the_study(study: Path) -> None:
    viewer = find_viewer(study, "cam-a")
    with pytest.raises(MoviemotionError, match="choose another out"):
        export_viewer(study, viewer, study / "mine.zip")
    with pytest.raises(MoviemotionError, match="cannot be written"):
        export_viewer(study, viewer, study.parent / "nowhere" / "mine.zip")
