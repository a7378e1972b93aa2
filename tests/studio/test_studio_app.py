"""The studio's pages and faults."""

from __future__ import annotations

from pathlib import Path

import httpx2
from fastapi.testclient import TestClient


def test_the_api_is_documented(client: TestClient) -> None:
    api = client.get("/api/openapi.json").json()
    for path, methods in api["paths"].items():
        for method, route in methods.items():
            assert route.get("summary"), f"{method} {path}"
            assert route.get("tags"), f"{method} {path}"
            assert {"400", "401", "403", "404", "422"} <= route["responses"].keys(), f"{method} {path}"
    assert "POST /api/session" in client.get("/api").text


def test_a_fault_is_json_for_programs_and_a_page_for_people(client: TestClient, study: Path) -> None:
    assert client.get("/api/nothing").json() == {"detail": "Not Found"}
    page = client.get("/studies/no-such-study")
    assert page.status_code == 404
    assert "no such study" in page.text
    assert page.headers["content-type"].startswith("text/html")


def test_a_real_server_answers(served: str) -> None:
    assert httpx2.get(f"{served}/api/session").json()["role"] == "researcher"
