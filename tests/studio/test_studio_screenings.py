"""Screenings in the studio: they follow consent, and can be stopped and resumed."""

from __future__ import annotations

import errno
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from studio_servers import renew_token, until

from moviemotion.audience.recordings import Camera, CameraProcessor, ProgressCallback
from moviemotion.audience.samples import Samples
from moviemotion.privacy.consent import record_offline_answer, viewer_by_receipt
from moviemotion.privacy.erasure import withdraw
from moviemotion.privacy.status import read_status
from moviemotion.studio.app import create_app
from moviemotion.study.file_names import UPLOADS_FOLDER
from moviemotion.study.folder import StudyFolder
from moviemotion.study.provenance import load_analysis

STUDY = {"id": "preview", "controller": "Lantern Films", "contact": "privacy@lantern.example"}
AT = "/api/studies/preview"
RATE = 2.0


def give(client: TestClient, kind: str, path: Path) -> None:
    answer = client.put(f"{AT}/files/{kind}/{path.name}", content=path.read_bytes())
    assert answer.status_code == 201, answer.text


@pytest.fixture
def receipts() -> dict[str, str]:
    """Seat → code of its viewer's receipt."""
    return {}


@pytest.fixture
def preview(client: TestClient, root: Path, seats: list[Path], film: Path, receipts: dict[str, str]) -> Path:
    """A new study with two recordings, a script and subtitles; of its three seats one declines."""
    assert client.post("/api/studies", json=STUDY).status_code == 201
    for name, camera, region in (
        ("A1", "seat-01", None),
        ("A2", "row-02-03", (0, 0, 240, 480)),
        ("A3", "row-02-03", (240, 0, 480, 480)),
    ):
        seat = {"seat": name, "camera": camera, "region": region}
        assert client.post(f"{AT}/seats", json=seat).status_code == 201
    for path in seats:
        give(client, "recording", path)
    give(client, "script", film / "film.fountain")
    give(client, "subtitles", film / "film.srt")
    for seat, accepts in (("A1", True), ("A2", True), ("A3", False)):
        receipts[seat] = record_offline_answer(root / "preview", seat, accepts).code
    return root / "preview"


def start(client: TestClient) -> dict[str, Any]:
    answer = client.post(f"{AT}/screening", json={"rate": RATE})
    assert answer.status_code == 202, answer.text
    return answer.json()


def stop(client: TestClient) -> None:
    assert client.delete(f"{AT}/screening").status_code == 202
    assert finished(client)["stage"] == "stopped"


def until_one_is_processed(preview: Path) -> None:
    until((preview / "samples" / "seat-01.parquet").exists)


def finished(client: TestClient) -> dict[str, Any]:
    def over() -> dict[str, Any] | None:
        now = client.get(f"{AT}/screening").json()
        return now if now["stage"] not in ("processing", "paused", "analyzing") else None

    return until(over)


class Slow:
    """Makes the processing of one recording take until `end` is called."""

    def __init__(self) -> None:
        self.read: list[str] = []
        """Recordings that were begun."""
        self.held = "row-02-03"
        self._watch = CameraProcessor.process
        self._ended = False

    def watch(self, watcher: CameraProcessor, camera: Camera, progress: ProgressCallback) -> Samples:
        self.read.append(camera.name)
        while camera.name == self.held and not self._ended:
            progress(camera, 1.0)
            time.sleep(0.02)
        return self._watch(watcher, camera, progress)

    def end(self) -> None:
        self._ended = True
        self.read.clear()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    slow = Slow()
    monkeypatch.setattr(CameraProcessor, "process", lambda *given: slow.watch(*given))  # noqa: PLW0108 - a bound method would not get the processor
    return slow


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    parts = [dict(line.split(": ", 1) for line in part.splitlines()) for part in text.strip().split("\n\n")]
    return [(part["event"], json.loads(part["data"])) for part in parts if "event" in part]


def test_a_screening_from_consent_to_report(client: TestClient, preview: Path) -> None:
    assert start(client)["stage"] in ("processing", "analyzing")
    received = events(client.get(f"{AT}/screening/events").text)
    assert [name for name, _ in received[:-1]] == ["progress"] * (len(received) - 1)
    assert received[-1][0] == "done"
    assert received[-1][1]["stage"] == "finished", received[-1][1]["problem"]
    names = {r["name"] for _, state in received for r in state["recordings"]}
    assert names == {"seat-01", "row-02-03"}
    analysis = load_analysis(preview)
    assert analysis.title == "The Last Ferry"
    assert len(analysis.timeline.viewers) == 2  # the third declined
    assert all(viewer.startswith("v-") for viewer in analysis.timeline.viewers)
    assert not (preview / "uploads").exists()
    assert {path.name for path in preview.iterdir()} >= {"report.html", "script.fountain", "subtitles.srt"}
    now = client.get(AT).json()
    assert (now["stage"], now["answers"]) == ("finished", {"accepted": 2, "declined": 1})


def test_the_film_and_its_credits_are_settings_of_a_screening(client: TestClient, preview: Path) -> None:
    settings = {"rate": RATE, "film": [1, 7], "credits": [6, None]}
    assert client.post(f"{AT}/screening", json=settings).status_code == 202
    assert finished(client)["stage"] == "finished"
    assert load_analysis(preview).in_film.tolist() == [False, *[True] * 5, False, False]
    assert client.get(f"{AT}/audience-curves").json()["outside"] == [[0, 1], [6, 8]]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"film": [7, 1]}, "film: the end is before the start; swap the two times"),
        ({"credits": [7, 1]}, "credits: the end is before the start; swap the two times"),
    ],
)
def test_a_film_that_ends_before_it_starts_is_refused(
    client: TestClient, preview: Path, settings: dict[str, list[float]], message: str
) -> None:
    answer = client.post(f"{AT}/screening", json=settings)
    assert answer.status_code == 422
    assert message in answer.text


def test_a_film_after_the_recordings_is_explained(client: TestClient, preview: Path) -> None:
    client.post(f"{AT}/screening", json={"rate": RATE, "film": [100, 200]})
    state = finished(client)
    assert state["stage"] == "failed"
    assert state["problem"] == "the film 100-200: the recordings end at 8 s; choose an earlier stretch"


def test_the_script_is_read_back_before_the_screening(client: TestClient, preview: Path) -> None:
    script = "INT. BARN - DAY\n\nHay.\n\nANNA\n(low)\nWho is there?\n"
    assert client.put(f"{AT}/files/script/a.fountain", content=script).status_code == 201
    found = client.get(f"{AT}/script-preview").json()
    assert found["figures"] == "1 scene, 1 speech, 1 speaker, about 1 page"
    assert found["doubts"] == []
    assert found["speakers"] == {"ANNA": 1}
    assert [(e["kind"], e["text"]) for e in found["elements"]][:2] == [
        ("scene heading", "INT. BARN - DAY"),
        ("action", "Hay."),
    ]
    assert found["total"] == 5
    client.put(f"{AT}/files/script/a.fountain", content="ANNA\nWho is there?\n")
    assert "no scene heading was found" in client.get(f"{AT}/script-preview").json()["doubts"][0]
    client.delete(f"{AT}/files/script/script.fountain")
    assert client.get(f"{AT}/script-preview").json() is None


def test_a_recording_without_consent_is_not_processed(
    client: TestClient, root: Path, seats: list[Path]
) -> None:
    client.post("/api/studies", json=STUDY)
    client.post(f"{AT}/seats", json={"seat": "A1", "camera": "seat-01"})
    give(client, "recording", seats[0])
    client.post(f"{AT}/screening", json={"rate": RATE})
    over = finished(client)
    assert (over["stage"], over["recordings"]) == ("failed", [])
    assert "none of the participants in these recordings has given consent" in over["problem"]
    assert str(root) not in over["problem"]
    record_offline_answer(root / "preview", "A1", True)
    start(client)
    assert finished(client)["stage"] == "finished"


def test_excluded_recordings_are_listed_before_the_screening(
    client: TestClient, preview: Path, seats: list[Path]
) -> None:
    """Otherwise the recording would be deleted without being processed or a warning."""
    assert client.get(AT).json()["excluded_recordings"] == {}
    client.post(f"{AT}/seats", json={"seat": "A9", "camera": "seat-01"})
    suffix = seats[0].suffix
    client.put(f"{AT}/files/recording/door{suffix}", content=seats[0].read_bytes())
    assert client.get(AT).json()["excluded_recordings"] == {
        f"seat-01{suffix}": "the participant in seat A9 has not accepted and could be anywhere in the frame",
        f"door{suffix}": "no seat uses this camera",
    }
    client.post(f"{AT}/seats", json={"seat": "D", "camera": "door"})
    client.delete(f"{AT}/seats/A9")
    assert client.get(AT).json()["excluded_recordings"] == {
        f"door{suffix}": "none of its participants has accepted"
    }


def test_a_failure_is_explained_without_command_line_options(
    client: TestClient, preview: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.srt"
    other.write_text("1\n00:00:01,000 --> 00:00:02,000\nBoth engines burn.\n", encoding="utf-8")
    give(client, "subtitles", other)
    start(client)
    over = finished(client)
    assert over["stage"] == "failed"
    assert "or remove the subtitles" in over["problem"]
    assert "--" not in over["problem"]


def test_a_full_disk_does_not_block_a_study_forever(
    client: TestClient, preview: Path, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("moviemotion.studio.screening_job.write_state", full)
        refused = client.post(f"{AT}/screening", json={"rate": RATE})
        assert (refused.status_code, "No space left" in refused.json()["detail"]) == (507, True)
    start(client)
    monkeypatch.setattr("moviemotion.studio.screening_job.write_state", full)
    stop(client)


def test_a_second_screening_is_refused(client: TestClient, preview: Path, slow: Slow) -> None:
    start(client)
    second = client.post(f"{AT}/screening", json={"rate": RATE})
    assert second.status_code == 409
    assert "a screening is running" in second.json()["detail"]
    assert client.put(f"{AT}/files/subtitles/other.srt", content=b"").status_code == 409
    assert client.post(f"{AT}/seats", json={"seat": "A4", "camera": "seat-01"}).status_code == 409
    stop(client)


def test_files_cannot_change_while_a_screening_starts(
    client: TestClient, app: FastAPI, preview: Path
) -> None:
    script = preview / "script.fountain"
    before = script.read_bytes()
    with ThreadPoolExecutor() as others:
        with app.state.jobs.while_idle(preview):
            given = others.submit(client.put, f"{AT}/files/script/a.fountain", content=b"INT. BARN\n\nHay.\n")
            gone = others.submit(client.delete, f"{AT}/files/recording/seat-01.mp4")
            time.sleep(1)
            assert script.read_bytes() == before
            assert (preview / UPLOADS_FOLDER / "seat-01.mp4").exists()
        assert (given.result().status_code, gone.result().status_code) == (201, 204)
    assert script.read_bytes() != before


def test_a_stopped_screening_resumes_where_it_stopped(client: TestClient, preview: Path, slow: Slow) -> None:
    start(client)
    until_one_is_processed(preview)
    stop(client)
    assert client.post(f"{AT}/screening", json={"rate": 1.0}).status_code == 409  # other settings
    slow.end()
    assert client.post(f"{AT}/screening").status_code == 202
    assert finished(client)["stage"] == "finished"
    assert slow.read == ["row-02-03"]
    assert client.post(f"{AT}/screening").status_code == 409


def test_a_restarted_studio_resumes_its_screenings(
    root: Path, client: TestClient, preview: Path, slow: Slow
) -> None:
    with TestClient(create_app(root), base_url="http://localhost") as first:
        renew_token(first)
        start(first)
        until_one_is_processed(preview)
    assert StudyFolder.open_existing(preview).read_samples("row-02-03") is None
    slow.end()
    with TestClient(create_app(root), base_url="http://localhost") as second:
        assert finished(second)["stage"] == "finished"
    assert slow.read == ["row-02-03"]
    assert len(load_analysis(preview).timeline.viewers) == 2


def test_partial_results_appear_during_the_screening(client: TestClient, preview: Path, slow: Slow) -> None:
    assert client.get(f"{AT}/screening/partial-results").status_code == 400
    start(client)
    until_one_is_processed(preview)
    so_far = client.get(f"{AT}/screening/partial-results").json()
    assert (so_far["cameras"], so_far["viewers"]) == (1, 1)
    assert so_far["lines"][0].startswith("The Last Ferry: ")
    assert not (preview / "provenance.json").exists()
    stop(client)


def assert_nothing_of(viewers: list[str], preview: Path) -> None:
    """Only the answer of the viewer who declined and the log, which has no names, are left."""
    written = {path.name: path.read_bytes() for path in preview.rglob("*") if path.is_file()}
    assert not any(viewer.encode() in content for viewer in viewers for content in written.values())
    assert not any(name.endswith((".mp4", ".parquet")) or name == "study.json" for name in written)
    assert [known.state for known in read_status(preview).viewers] == ["declined"]


def test_nothing_is_left_of_viewers_who_withdraw_while_it_runs(
    client: TestClient, preview: Path, slow: Slow, receipts: dict[str, str]
) -> None:
    viewers = [viewer_by_receipt(preview, receipts[seat]) for seat in ("A1", "A2")]
    start(client)
    until_one_is_processed(preview)
    for seat in ("A1", "A2"):
        client.post("/api/receipts/withdraw", json={"code": receipts[seat]})
    over = finished(client)
    assert over["stage"] == "failed"
    assert "none of the participants in these recordings has given consent" in over["problem"]
    assert slow.read.count("seat-01") == 1
    assert_nothing_of(viewers, preview)


def test_nothing_is_left_of_viewers_who_all_withdraw_while_it_is_stopped(
    client: TestClient, preview: Path, slow: Slow, receipts: dict[str, str]
) -> None:
    viewers = [viewer_by_receipt(preview, receipts[seat]) for seat in ("A1", "A2")]
    start(client)
    until_one_is_processed(preview)
    stop(client)
    for seat in ("A1", "A2"):
        withdraw(preview, receipts[seat])
    assert_nothing_of(viewers, preview)


def test_a_viewer_who_withdraws_while_it_is_stopped_is_in_no_result(
    client: TestClient, preview: Path, slow: Slow, receipts: dict[str, str]
) -> None:
    start(client)
    until_one_is_processed(preview)
    stop(client)
    withdraw(preview, receipts["A1"])
    assert not (preview / "samples" / "seat-01.parquet").exists()
    assert client.get(f"{AT}/screening/partial-results").status_code == 400
    slow.end()
    client.post(f"{AT}/screening")
    assert finished(client)["stage"] == "finished"
    assert len(load_analysis(preview).timeline.viewers) == 1
    assert client.get(AT).json()["answers"] == {"accepted": 1, "declined": 1}


def test_a_withdrawn_neighbor_is_not_in_the_partial_results(
    client: TestClient, preview: Path, slow: Slow
) -> None:
    code = record_offline_answer(preview, "A3", True).code
    slow.held = "seat-01"
    start(client)
    kept = preview / "samples" / "row-02-03.parquet"
    until(kept.exists)
    stop(client)
    assert client.get(f"{AT}/screening/partial-results").json()["viewers"] == 2
    withdraw(preview, code)
    assert kept.exists()  # with the samples of the one who stays
    assert client.get(f"{AT}/screening/partial-results").status_code == 400
