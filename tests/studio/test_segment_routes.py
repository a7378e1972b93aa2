"""Segments in the studio: by rule, from participants, and never of fewer than five for other roles."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from moviemotion.privacy.disclosure import MIN_GROUP_SIZE
from moviemotion.privacy.pseudonymize import pseudonymize_study
from moviemotion.privacy.roles import Role
from moviemotion.privacy.status import find_viewer
from moviemotion.study.provenance import load_analysis

API = "/api/studies/matinee"


@pytest.fixture
def names(matinee: Path) -> tuple[str, ...]:
    """The names that the twelve viewers had before they got random IDs."""
    before = load_analysis(matinee).timeline.viewers
    pseudonymize_study(matinee)
    return before


def participants(names: tuple[str, ...], young: int) -> str:
    """A list in which the first viewers are under 25."""
    ages = [22 if k < young else 40 for k in range(len(names))]
    return "seat,age,sex\n" + "".join(f"{n},{age},f\n" for n, age in zip(names, ages, strict=True))


def segments(client: TestClient) -> dict[str, int]:
    return {each["name"]: each["size"] for each in client.get(f"{API}/viewers").json()["segments"]}


def test_a_rule_makes_a_segment_whose_results_follow(client: TestClient, names, matinee: Path) -> None:
    assert client.put(f"{API}/participants", content=participants(names, 6)).status_code == 204
    content = client.get(f"{API}/viewers").json()
    assert content["attributes"] == {"age": "number", "sex": "text"}
    assert client.put(f"{API}/segments/young", json={"rule": "age < 25"}).status_code == 204
    (young,) = client.get(f"{API}/viewers").json()["segments"]
    assert sorted(young["viewers"]) == sorted(find_viewer(matinee, name) for name in names[:6])
    curves = client.get(f"{API}/curves", params={"segment": "young"}).json()
    assert max(curves["viewers"]) == 6
    assert curves["conclusive"]
    moments = client.get(f"{API}/moments", params={"segment": "young"}).json()
    assert {moment["viewers"] for moment in moments} == {6}
    rows = client.get(f"{API}/script", params={"segment": "young"}).json()
    shown = [row["emotionSummary"]["viewers"] for row in rows if row["emotionSummary"]]
    assert max(shown) == 6
    assert client.delete(f"{API}/segments/young").status_code == 204
    assert client.delete(f"{API}/segments/young").status_code == 400
    for path in ("curves", "moments", "script"):
        assert client.get(f"{API}/{path}", params={"segment": "young"}).status_code == 404


def test_quadrants_are_one_request(client: TestClient, names) -> None:
    refused = client.post(f"{API}/quadrants")
    assert refused.status_code == 400
    assert "need the columns sex and age" in refused.json()["detail"]
    client.put(f"{API}/participants", content=participants(names, 5))
    assert client.post(f"{API}/quadrants").status_code == 204
    assert segments(client) == {"women under 25": 5, "women 25 and over": 7}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("seat,age\nnowhere,20\n", "participants.csv: none of its seats is in this study"),
        (
            "seat,age\nSEAT,20\nnowhere,20\n",
            "participants.csv, line 3: there is no seat nowhere; choose from",
        ),
        ("seat,age\nSEAT,1987\n", "participants.csv, line 2: age 1987 is not an age; give the age in years"),
        ("seat,age\nSEAT,20\nSEAT,21\n", "participants.csv, line 3: seat SEAT is listed twice"),
    ],
)
def test_a_wrong_list_changes_nothing(client: TestClient, names, content: str, message: str) -> None:
    client.put(f"{API}/participants", content=participants(names, 6))
    refused = client.put(f"{API}/participants", content=content.replace("SEAT", names[0]))
    assert refused.status_code == 400
    assert message.replace("SEAT", names[0]) in refused.json()["detail"]
    assert client.put(f"{API}/segments/young", json={"rule": "age < 25"}).is_success
    assert segments(client) == {"young": 6}


def test_a_rule_that_cannot_be_used_is_refused(client: TestClient, names) -> None:
    client.put(f"{API}/participants", content=participants(names, 6))
    for rule, message in (
        ("age > 90", "applies to no viewer (age is 22 to 40)"),
        ("height > 2", "there is no attribute height; choose from age, sex"),
        ("age <", "not a rule"),
    ):
        refused = client.put(f"{API}/segments/x", json={"rule": rule})
        assert refused.status_code == 400
        assert message in refused.json()["detail"]
    both = {"rule": "age < 25", "viewers": ["v-1"]}
    for content in ({}, {"rule": " "}, both):
        assert client.put(f"{API}/segments/x", json=content).status_code == 422
    assert segments(client) == {}


@pytest.mark.parametrize("young", [4, 8])
def test_a_segment_of_four_and_its_rest_are_the_researchers(people, names, young: int) -> None:
    """By every route and export: with four inside, or with four outside, other roles see nothing of it."""
    researcher, writer, officer = people(Role.RESEARCHER), people(Role.WRITER), people(Role.PRIVACY_OFFICER)
    researcher.put(f"{API}/participants", content=participants(names, young))
    researcher.post(f"{API}/quadrants")
    assert segments(researcher) == {"women under 25": young, "women 25 and over": 12 - young}
    small = "women under 25" if young < MIN_GROUP_SIZE else "women 25 and over"
    assert researcher.get(f"{API}/curves", params={"segment": small}).is_success
    for client in (writer, officer):
        assert segments(client) == {}
        assert client.get(f"{API}/viewers").json()["attributes"] == {}
        for path in ("curves", "moments", "script"):
            assert client.get(f"{API}/{path}", params={"segment": small}).status_code == 404
        assert "women" not in client.get(f"{API}/exports/report").text
        shown = client.get(f"{API}/exports/moments")
        assert json.loads(shown.content)["segments"] == []
        assert "women" not in shown.text
        assert "women" not in client.get(f"{API}/moments").text
        with zipfile.ZipFile(io.BytesIO(client.get(f"{API}/exports/csv").content)) as archive:
            assert not any("segments" in name for name in archive.namelist())
            assert not any(b"women" in archive.read(name) for name in archive.namelist())
        for method, path in (("put", "participants"), ("post", "quadrants"), ("put", "segments/mine")):
            assert getattr(client, method)(f"{API}/{path}").status_code == 403
    exported = json.loads(researcher.get(f"{API}/exports/moments").content)["segments"]
    assert [segment["viewers"] for segment in exported] == [young, 12 - young]


def test_a_segment_of_five_is_exported_without_single_viewers(people, names, matinee: Path) -> None:
    researcher, writer = people(Role.RESEARCHER), people(Role.WRITER)
    researcher.put(f"{API}/participants", content=participants(names, 5))
    researcher.post(f"{API}/quadrants")
    assert segments(writer) == {"women under 25": 5, "women 25 and over": 7}
    content = json.loads(writer.get(f"{API}/exports/moments").content)
    assert [segment["viewers"] for segment in content["segments"]] == [5, 7]
    # What the others felt in a line would follow from a difference.
    assert all(segment["differences"] == [] for segment in content["segments"])
    assert all(
        moment["leave_one_out"] == [None, None] for s in content["segments"] for moment in s["moments"]
    )
    ids = [find_viewer(matinee, name).encode() for name in names]
    for kind in ("report", "csv", "moments"):
        export = writer.get(f"{API}/exports/{kind}").content
        assert not any(viewer in export for viewer in ids)
    with zipfile.ZipFile(io.BytesIO(researcher.get(f"{API}/exports/csv").content)) as archive:
        assert "segments/1-women-under-25/seconds.csv" in archive.namelist()
        assert ids[0] in archive.read("segments/1-women-under-25/viewer_emotions.csv")


def test_curves_of_fewer_than_five_are_logged(people, names, matinee: Path) -> None:
    from moviemotion.privacy import audit_log
    from moviemotion.privacy.study_database import open_database

    researcher = people(Role.RESEARCHER)
    researcher.put(f"{API}/participants", content=participants(names, 2))
    researcher.put(f"{API}/segments/two", json={"rule": "age < 25"})
    researcher.get(f"{API}/moments", params={"segment": "two"})
    with open_database(matinee) as database:
        actions = [entry.action for entry in audit_log.read_entries(database.connection)]
    assert "viewers shown" in actions
    assert "participants added" in actions
