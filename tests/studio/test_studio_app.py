"""The studio's pages and error responses."""

from __future__ import annotations

import errno
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient

from moviemotion.privacy.consent import record_offline_answer


def test_the_api_is_documented(client: TestClient) -> None:
    api = client.get("/api/openapi.json").json()
    for path, methods in api["paths"].items():
        for method, route in methods.items():
            assert route.get("summary"), f"{method} {path}"
            assert route.get("tags"), f"{method} {path}"
            assert {"400", "401", "403", "404", "422"} <= route["responses"].keys(), f"{method} {path}"
    assert "POST /api/session" in client.get("/api").text


def test_an_error_is_json_for_the_api_and_a_page_for_browsers(client: TestClient, study: Path) -> None:
    assert client.get("/api/nothing").json() == {"detail": "this page does not exist; check the address"}
    page = client.get("/studies/no-such-study")
    assert page.status_code == 404
    assert "no such study" in page.text
    assert page.headers["content-type"].startswith("text/html")
    assert 'href="/"' in page.text


def test_an_error_page_for_participants_has_no_links(client: TestClient) -> None:
    page = client.get("/c/nonsense")
    assert page.status_code == 404
    assert "ask the person who invited you" in page.text
    assert "<a " not in page.text


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"id": "my study"}, "id: use up to 64 letters, digits, dots and dashes without spaces"),
        ({"controller": "  "}, "controller: enter one line with at least one letter or digit"),
        ({"controller": ""}, "controller: enter some text"),
        ({"purpose": "x" * 301}, "purpose: enter at most 300 characters"),
        ({"days": {"pictures": 0}}, "days.pictures: enter 1 or more"),
        ({"days": {"pictures": 9999}}, "days.pictures: enter 1,095 or less"),
        ({"days": {"pictures": 1.5}}, "days.pictures: enter a whole number"),
    ],
)
def test_invalid_fields_are_explained(client: TestClient, wrong: dict[str, object], message: str) -> None:
    new = {"id": "preview", "controller": "Lantern Films", "contact": "here"}
    refused = client.post("/api/studies", json=new | wrong)
    assert refused.status_code == 422
    assert refused.json()["detail"].startswith(message)


def test_an_unfinished_study_has_no_analysis_page(client: TestClient, study: Path) -> None:
    client.post("/api/studies", json={"id": "preview", "controller": "Lantern Films", "contact": "here"})
    shown = client.get("/studies/preview/analysis")
    assert shown.url.path == "/studies/preview"
    assert "/studies/preview/privacy" in shown.text
    assert 'href="/studies/preview/analysis" aria' not in shown.text
    assert client.get(f"/studies/{study.name}/analysis").url.path == f"/studies/{study.name}/analysis"


def test_a_study_is_created_once(client: TestClient, root: Path) -> None:
    new = {"id": "preview", "controller": "Lantern Films", "contact": "privacy@lantern.example"}
    begun = client.post("/api/studies", json=new | {"days": {"pictures": 3}})
    assert begun.status_code == 201
    assert begun.json()["terms"]["controller"] == "Lantern Films"
    assert client.get("/api/studies").json()[0].items() <= begun.json().items()
    assert client.post("/api/studies", json=new).status_code == 409
    (root / "not-a-study").mkdir()
    for name in ("not-a-study", "studio.db", "studio.lock", "new"):
        assert client.post("/api/studies", json=new | {"id": name}).status_code == 409
    for wrong in (
        {"days": {"pictures": 0}},
        {"days": {"pictures": 10_000}},
        {"controller": ""},
        {"controller": "  "},
        {"id": ".."},
    ):
        assert client.post("/api/studies", json=new | {"id": "other"} | wrong).status_code == 422
    assert not (root / "other").exists()


def test_a_study_that_cannot_be_created_leaves_nothing(
    client: TestClient, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = {"id": "preview", "controller": "Lantern Films", "contact": "privacy@lantern.example"}

    def full(*given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("moviemotion.privacy.retention.begin_study", full)
        assert client.post("/api/studies", json=new).status_code == 507
    assert client.post("/api/studies", json=new).status_code == 201


def test_a_damaged_study_does_not_hide_the_others(client: TestClient, study: Path, root: Path) -> None:
    for name in ("damaged", "other"):
        client.post("/api/studies", json={"id": name, "controller": "Lantern Films", "contact": "here"})
    (root / "damaged" / "study.db").write_bytes(b"damaged" * 1000)
    for path in root.glob("damaged/study.db-*"):
        path.unlink()
    listed = {found["id"]: found for found in client.get("/api/studies").json()}
    assert {name: found["stage"] for name, found in listed.items()} == {
        "damaged": "failed",
        "other": "new",
        study.name: "finished",
    }
    assert listed["damaged"]["problem"].startswith("damaged/study.db: damaged")
    assert client.get("/api/studies/damaged").status_code == 400


def test_a_seat_is_added_once(client: TestClient, root: Path) -> None:
    client.post("/api/studies", json={"id": "preview", "controller": "Lantern Films", "contact": "here"})
    seat = {"seat": "R7", "camera": "row", "region": [0, 0, 10, 10]}
    for status, new in (
        (201, seat),
        (400, seat),
        (400, seat | {"seat": "R8", "region": [5, 0, 5, 9]}),
        (400, seat | {"seat": "R8", "camera": "row.MP4"}),
        (422, seat | {"seat": ""}),
        (422, seat | {"seat": ".."}),
        (422, seat | {"region": [-1, 0, 5, 9]}),
    ):
        assert client.post("/api/studies/preview/seats", json=new).status_code == status
    assert client.get("/api/studies/preview/seats").json() == [seat | {"state": None}]


def test_a_seat_can_be_removed_until_its_viewer_was_asked(client: TestClient, root: Path) -> None:
    client.post("/api/studies", json={"id": "preview", "controller": "Lantern Films", "contact": "here"})
    seats = "/api/studies/preview/seats"
    for name in ("R7", "left/1"):
        client.post(seats, json={"seat": name, "camera": name.replace("/", "-")})
    record_offline_answer(root / "preview", "R7", False)
    assert [client.delete(f"{seats}/{name}").status_code for name in ("left/1", "left/1", "R7")] == [
        204,
        400,
        400,
    ]
    assert [found["seat"] for found in client.get(seats).json()] == ["R7"]


def test_a_real_server_answers(served: str) -> None:
    assert httpx2.get(f"{served}/api/session").json()["role"] == "researcher"
