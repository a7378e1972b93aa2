"""The API of the analysis page: it returns the analysis's figures, as far as the role may see them."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from moviemotion.analysis.analyze import Analysis
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.privacy.audit_log import read_entries
from moviemotion.privacy.erasure import erase
from moviemotion.privacy.pseudonymize import pseudonymize_study
from moviemotion.privacy.roles import Role
from moviemotion.privacy.study_database import open_database
from moviemotion.reports.html.chart_data import CURVE_STEPS, NO_VALUE
from moviemotion.studio.open_analyses import MAX_CACHED_RESPONSES, OpenAnalysis
from moviemotion.studio.routes.downloads import EXPORT_KINDS
from moviemotion.study.analysis_cache import cached_analysis
from moviemotion.study.provenance import load_analysis
from moviemotion.workflows.report import report


@pytest.fixture
def analysis(matinee: Path) -> Analysis:
    return load_analysis(matinee)


def curve(content: dict, name: str) -> np.ndarray:
    steps = np.frombuffer(base64.b64decode(content["curves"][name]), "<u2")
    return np.where(steps == NO_VALUE, np.nan, steps / CURVE_STEPS)


def test_audience_curves_equal_the_analysis(client: TestClient, matinee: Path, analysis: Analysis) -> None:
    content = client.get("/api/studies/matinee/audience-curves").json()
    assert content["seconds"] == len(analysis.audience_curve.seconds)
    assert content["problems"] == list(map(str, analysis.data_quality.problems))
    assert content["viewers"] == analysis.audience_curve.viewers.tolist()
    np.testing.assert_allclose(
        curve(content, "overall"), analysis.audience_curve.overall_strength, atol=1 / CURVE_STEPS
    )
    sad = NON_NEUTRAL_EMOTIONS.index("sad")
    for k, end in enumerate(("Low", "High")):
        of_analysis = analysis.audience_curve.strength_interval[k, :, sad]
        np.testing.assert_allclose(curve(content, f"sad{end}"), of_analysis, atol=1 / CURVE_STEPS)


def test_each_line_has_its_time_and_evidence(client: TestClient, matinee: Path, analysis: Analysis) -> None:
    rows = client.get("/api/studies/matinee/script").json()
    spoken = next(row for row in rows if row["text"].startswith("Then we shall learn"))
    cue = analysis.script.cues[spoken["index"]]
    assert (spoken["start"], spoken["end"]) == (cue.start, cue.end)
    assert not spoken["estimated"]
    summary = analysis.element_emotions[spoken["index"]]
    assert spoken["emotionSummary"]["viewers"] == summary.viewers == 12
    assert spoken["emotionSummary"]["usualViewers"] == summary.usual_viewers
    assert spoken["emotionSummary"]["enoughViewers"]
    assert spoken["emotionSummary"]["interval"] == pytest.approx(summary.strength_interval, abs=1e-6)


def test_moments_have_n_interval_and_adjusted_p(
    client: TestClient, matinee: Path, analysis: Analysis
) -> None:
    content = client.get("/api/studies/matinee/moments").json()
    assert len(content) == len(analysis.moment_search.moments) == 2
    for shown, moment in zip(content, analysis.moment_search.moments, strict=True):
        assert shown["p_adjusted"] == pytest.approx(moment.p_adjusted, abs=1e-6)
        assert shown["strength_interval"] == pytest.approx(moment.strength_interval, abs=1e-6)
        assert (shown["viewers"], shown["reacted"]) == (moment.viewers, moment.reacted)
        assert shown["expected_share"] == pytest.approx(moment.expected_share, abs=1e-6)
        assert shown["rank_interval"] == list(moment.rank_interval)


def test_a_segment_is_the_mean_of_its_viewers(people, analysis: Analysis) -> None:
    researcher, writer = people(Role.RESEARCHER), people(Role.WRITER)
    members = list(analysis.timeline.viewers[:6])
    assert researcher.put("/api/studies/matinee/segments/Front row", json={"viewers": members}).is_success
    (shown,) = writer.get("/api/studies/matinee/viewers").json()["segments"]
    assert shown == {"name": "Front row", "rule": "", "size": 6, "viewers": []}
    content = writer.get("/api/studies/matinee/curves", params={"segment": "Front row"}).json()
    part = analysis.strength[:6]
    weight = analysis.timeline.weight[:6, :, None] * ~np.isnan(part)
    mean = np.nansum(part * weight, axis=1 - 1) / weight.sum(axis=0)
    others = analysis.audience_curve.viewers - (analysis.timeline.sample_counts[:6] > 0).sum(axis=0)
    seen = (np.array(content["viewers"]) >= 5) & ((others == 0) | (others >= 5))
    assert seen.mean() > 0.5
    happy = curve(content, "happy")
    withheld = np.isnan(happy) & seen  # fewer than five of them account for it
    assert withheld.sum() < seen.sum() / 2
    seen &= ~withheld
    np.testing.assert_allclose(
        happy[seen], mean[seen, NON_NEUTRAL_EMOTIONS.index("happy")], atol=1 / CURVE_STEPS
    )
    assert np.isnan(happy[~seen]).all()


def test_chosen_viewers_are_known_where_all_of_them_were_seen(people, analysis: Analysis) -> None:
    """The audience is known where five were seen; three chosen viewers are known where the three were."""
    researcher, members = people(Role.RESEARCHER), list(analysis.timeline.viewers[:3])
    audience = researcher.get("/api/studies/matinee/audience-curves").json()
    group = researcher.get("/api/studies/matinee/curves", params={"viewer": members}).json()
    assert (audience["minViewers"], group["minViewers"]) == (5, 3)
    for content in (audience, group):
        known = np.array(content["viewers"]) >= content["minViewers"]
        assert known.mean() > 0.5
        np.testing.assert_array_equal(np.isnan(curve(content, "overall")), ~known)


@pytest.mark.parametrize("size", [1, 4, 8, 11])
def test_only_the_researcher_sees_small_segments_and_segments_with_a_small_rest(
    people, analysis: Analysis, size: int
) -> None:
    researcher, writer = people(Role.RESEARCHER), people(Role.WRITER)
    members = list(analysis.timeline.viewers[:size])
    assert researcher.put("/api/studies/matinee/segments/some", json={"viewers": members}).is_success
    assert researcher.get("/api/studies/matinee/curves", params={"segment": "some"}).is_success
    assert writer.get("/api/studies/matinee/viewers").json()["segments"] == []
    refused = writer.get("/api/studies/matinee/curves", params={"segment": "some"})
    assert refused.status_code == 404


def test_a_writer_sees_only_the_first_of_two_segments_that_differ_in_one_viewer(
    people, analysis: Analysis
) -> None:
    researcher, writer = people(Role.RESEARCHER), people(Role.WRITER)
    everybody = list(analysis.timeline.viewers)
    for name, members in (("six", everybody[:6]), ("seven", everybody[:7]), ("others", everybody[6:])):
        assert researcher.put(f"/api/studies/matinee/segments/{name}", json={"viewers": members}).is_success
    assert [group["name"] for group in writer.get("/api/studies/matinee/viewers").json()["segments"]] == [
        "six",
        "others",
    ]
    assert writer.get("/api/studies/matinee/curves", params={"segment": "six"}).is_success
    assert writer.get("/api/studies/matinee/curves", params={"segment": "seven"}).status_code == 404
    assert researcher.get("/api/studies/matinee/curves", params={"segment": "seven"}).is_success


def test_only_the_researcher_sees_single_viewers(people, analysis: Analysis) -> None:
    one = analysis.timeline.viewers[3]
    asked = {"viewer": one}
    content = people(Role.RESEARCHER).get("/api/studies/matinee/curves", params=asked).json()
    np.testing.assert_allclose(curve(content, "happy"), analysis.strength[3, :, 0], atol=1 / CURVE_STEPS)
    for role in (Role.WRITER, Role.PRIVACY_OFFICER):
        client = people(role)
        assert client.get("/api/studies/matinee/curves", params=asked).status_code == 403
        for what in ("audience-curves", "script", "moments", "viewers", "exports/moments", "exports/report"):
            assert one not in client.get(f"/api/studies/matinee/{what}").text
        assert client.put("/api/studies/matinee/segments/me", json={"viewers": [one]}).status_code == 403


def test_authors_add_change_and_delete_their_notes(people) -> None:
    writer, officer = people(Role.WRITER), people(Role.PRIVACY_OFFICER)
    note = writer.post("/api/studies/matinee/notes", json={"at": 12.5, "text": "Hold <this> a beat."}).json()
    assert (note["by"], note["at"]) == ("writer", 12.5)
    own = f"/api/studies/matinee/notes/{note['id']}"
    assert officer.put(own, json={"text": "mine now"}).status_code == 403
    assert officer.delete(own).status_code == 403
    assert writer.put(own, json={"text": "Hold it two beats."}).is_success
    assert [n["text"] for n in officer.get("/api/studies/matinee/notes").json()] == ["Hold it two beats."]
    assert writer.delete(own).is_success
    assert writer.delete(own).status_code == 404
    assert officer.get("/api/studies/matinee/notes").json() == []


@pytest.mark.parametrize(
    "note",
    [{"at": -1, "text": "x"}, {"at": 1, "text": "  "}, {"at": "NaN", "text": "x"}, {"at": 1, "text": "a\0b"}],
)
def test_invalid_notes_are_refused(client: TestClient, matinee: Path, note: dict) -> None:
    assert client.post("/api/studies/matinee/notes", json=note).status_code == 422


def test_erasure_removes_a_viewer_from_segments_notes_and_curves(client: TestClient, matinee: Path) -> None:
    pseudonymize_study(matinee)
    viewers = load_analysis(matinee).timeline.viewers
    gone, members = viewers[2], list(viewers[:6])
    client.put("/api/studies/matinee/segments/front", json={"viewers": members})
    client.post("/api/studies/matinee/notes", json={"at": 11, "text": f"Look at {gone} here."})
    client.post("/api/studies/matinee/notes", json={"at": 12, "text": "Everybody laughs."})
    before = client.get("/api/studies/matinee/audience-curves").json()
    erase(matinee, gone)
    assert client.get("/api/studies/matinee/audience-curves").json()["curves"] != before["curves"]
    content = client.get("/api/studies/matinee/viewers").json()
    assert [viewer["id"] for viewer in content["viewers"]] == [v for v in viewers if v != gone]
    assert content["segments"][0]["viewers"] == [v for v in members if v != gone]
    assert [n["text"] for n in client.get("/api/studies/matinee/notes").json()] == ["Everybody laughs."]
    client.get("/api/studies/matinee/curves", params={"segment": "front"})
    assert not any(gone.encode() in path.read_bytes() for path in matinee.rglob("*") if path.is_file())


def test_the_analysis_is_computed_once_for_all_requests(
    client: TestClient, matinee: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moviemotion.study import analysis_cache

    computed = []
    monkeypatch.setattr(
        analysis_cache, "load_analysis", lambda folder: computed.append(1) or load_analysis(folder)
    )
    for path in ("audience-curves", "script", "moments", "viewers", "audience-curves"):
        assert client.get(f"/api/studies/matinee/{path}").is_success
    assert len(computed) <= 1


@pytest.mark.parametrize("kind", EXPORT_KINDS)
def test_every_export_is_a_file(client: TestClient, matinee: Path, kind: str) -> None:
    client.post("/api/studies/matinee/notes", json={"at": 12, "text": "A beat, please."})
    answer = client.get(f"/api/studies/matinee/exports/{kind}", params={"fps": 24})
    assert answer.is_success
    name = answer.headers["content-disposition"]
    assert 'filename="The-Last-Ferry_' in name
    if kind in ("csv", "parquet"):
        assert "datapackage.json" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    elif kind == "notes":
        (row,) = csv.DictReader(io.StringIO(answer.text))
        assert (row["moment"], row["note"]) == ("1", "A beat, please.")
    elif kind == "moments":
        assert len(json.loads(answer.content)["moments"]) == 2
    else:
        assert len(answer.content) > 100


def test_notes_are_not_formulas_in_a_spreadsheet(client: TestClient, matinee: Path) -> None:
    client.post("/api/studies/matinee/notes", json={"at": 12, "text": "=2+3"})
    text = client.get("/api/studies/matinee/exports/notes").text
    assert [row["note"] for row in csv.DictReader(io.StringIO(text))] == ["'=2+3"]


def test_markers_need_a_frame_rate(client: TestClient, matinee: Path) -> None:
    refused = client.get("/api/studies/matinee/exports/otio")
    assert refused.status_code == 400
    assert "frame rate" in refused.json()["detail"]
    assert client.get("/api/studies/matinee/exports/nothing").status_code == 422
    refused = client.get("/api/studies/matinee/exports/premiere?fps=12")
    assert refused.json()["detail"].endswith("; choose another frame rate")


def test_a_film_that_browsers_cannot_play_is_refused(client: TestClient, matinee: Path) -> None:
    refused = client.put("/api/studies/matinee/files/film/cut.avi", content=b"RIFF")
    assert refused.status_code == 400
    assert "MP4 or WebM" in refused.json()["detail"]


def test_only_the_latest_responses_are_cached() -> None:
    study = OpenAnalysis((), None)  # type: ignore[arg-type]
    made: list[int] = []

    def ask(number: int) -> None:
        study.cached_json((number,), lambda: made.append(number))

    for number in [*range(MAX_CACHED_RESPONSES), 0, MAX_CACHED_RESPONSES, 0, 1]:
        ask(number)
    assert made == [*range(MAX_CACHED_RESPONSES + 1), 1]


def test_the_film_supports_range_requests(client: TestClient, matinee: Path) -> None:
    assert client.get("/api/studies/matinee/film").status_code == 404
    (matinee / "film.mp4").write_bytes(bytes(range(256)) * 4)
    part = client.get("/api/studies/matinee/film", headers={"Range": "bytes=10-19"})
    assert part.status_code == 206
    assert part.content == bytes(range(10, 20))
    assert part.headers["content-range"] == "bytes 10-19/1024"


def test_a_symbolic_link_is_not_a_film(client: TestClient, matinee: Path, root: Path) -> None:
    (root.parent / "secret").write_text("a secret", encoding="utf-8")
    (matinee / "film.mp4").symlink_to(root.parent / "secret")
    assert client.get("/api/studies/matinee/film").status_code == 404
    assert client.get("/api/studies/matinee").json()["files"] == []


def test_an_unfinished_study_has_no_analysis(client: TestClient, matinee: Path) -> None:
    (matinee / "provenance.json").unlink()
    refused = client.get("/api/studies/matinee/audience-curves")
    assert refused.status_code == 400
    assert "provenance.json" in refused.json()["detail"]


def test_comparisons_withhold_small_groups(people, matinee: Path, root: Path, study: Path) -> None:
    """The other study has six viewers; in seconds in which only some were seen, small groups are withheld."""
    asked = {"first": "matinee", "second": study.name}
    whole = people(Role.RESEARCHER).get("/api/compare", params=asked).json()
    seen = people(Role.WRITER).get("/api/compare", params=asked).json()
    assert whole["viewers"] == [12, 6]
    pairs = list(zip(whole["differences"], seen["differences"], strict=True))
    for of_all, of_writer in pairs:
        few = min(of_all["viewers_first"], of_all["viewers_second"]) < 5
        # Emotions for which only a few viewers account are withheld as well.
        shown = of_writer["difference"] is not None
        assert not (few and shown)
        assert not shown or of_writer["difference"] == pytest.approx(of_all["difference"], abs=0.0051)
    assert sum(of_writer["difference"] is not None for _, of_writer in pairs) > len(pairs) / 4
    assert people(Role.WRITER).get("/api/compare", params={**asked, "second": "matinee"}).status_code == 400
    assert people(Role.WRITER).get("/api/compare", params={**asked, "second": "none"}).status_code == 404


LINE = "Then we shall learn"


def row_of(client: TestClient, text: str = LINE) -> dict:
    return next(r for r in client.get("/api/studies/matinee/script").json() if r["text"].startswith(text))


def test_the_researcher_sets_a_line_time_that_the_audit_log_and_a_new_report_keep(
    people, matinee: Path, film: Path
) -> None:
    researcher = people(Role.RESEARCHER)
    before = row_of(researcher)
    pseudonymize_study(matinee)
    address = f"/api/studies/matinee/line-times/{before['index']}"
    assert researcher.put(address, json={"start": before["start"] + 7.5}).status_code == 204
    after = row_of(researcher)
    assert (after["start"], after["byHand"]) == (before["start"] + 7.5, True)
    assert after["end"] - after["start"] == pytest.approx(before["end"] - before["start"])
    assert "set by hand" in (matinee / "annotated.fountain").read_text(encoding="utf-8")
    assert 'title="Set by hand"' in (matinee / "report.html").read_text(encoding="utf-8")
    with open_database(matinee) as database:
        *_, entry = read_entries(database.connection)
    assert (entry.role, entry.action) == (Role.RESEARCHER, "line time set")
    assert json.loads(entry.details) == {
        "account": "researcher",
        "element": before["index"] + 1,
        "start": after["start"],
        "end": after["end"],
    }
    report(matinee)
    report(matinee, film / "film.fountain", film / "film.srt")
    assert row_of(researcher)["start"] == after["start"]
    assert researcher.delete(address).status_code == 204
    assert row_of(researcher) == before
    assert researcher.delete(address).status_code == 400


@pytest.mark.parametrize("role", [Role.WRITER, Role.PRIVACY_OFFICER])
def test_other_roles_do_not_set_line_times(people, role: Role) -> None:
    client = people(role)
    address = f"/api/studies/matinee/line-times/{row_of(client)['index']}"
    assert client.put(address, json={"start": 1.0}).status_code == 403
    assert client.delete(address).status_code == 403


@pytest.mark.parametrize(
    ("element", "time", "status", "message"),
    [
        (9999, {"start": 1}, 400, "element 10000: not in the script"),
        (0, {"start": 9999}, 400, "is not in the film, which runs from 0:00 to"),
        (0, {"start": 9, "end": 8}, 400, "ends at 0:08, before it starts at 0:09"),
        (0, {"start": -1}, 422, "start: enter 0.0 or more"),
    ],
)
def test_a_line_time_outside_the_film_is_refused(
    client: TestClient, matinee: Path, element: int, time: dict, status: int, message: str
) -> None:
    stored = (matinee / "provenance.json").read_bytes()
    answer = client.put(f"/api/studies/matinee/line-times/{element}", json=time)
    assert answer.status_code == status
    assert message in answer.json()["detail"]
    assert (matinee / "provenance.json").read_bytes() == stored


def rounded(text: str) -> str:
    """A text with nine digits of each number; sums of stored arrays may differ in the last digits."""
    return re.sub(r"-?\d+\.\d+(e-?\d+)?", lambda number: f"{float(number[0]):.9g}", text)


def test_a_line_time_changes_only_what_depends_on_it(client: TestClient, matinee: Path) -> None:
    """The analysis is not computed again, but equals the one that would be."""
    row = row_of(client)
    address = f"/api/studies/matinee/line-times/{row['index']}"
    assert client.put(address, json={"start": row["start"] + 20}).is_success
    stored, computed = cached_analysis(matinee), load_analysis(matinee)
    assert (stored.script, stored.element_emotions) == (computed.script, computed.element_emotions)
    assert stored.scene_emotions == computed.scene_emotions
    assert stored.moment_elements == computed.moment_elements
    assert rounded(repr(stored.patterns)) == rounded(repr(computed.patterns))
    assert stored.data_quality == computed.data_quality
