"""Results that were downloaded before and after a withdrawal do not reveal what the viewer felt."""

from __future__ import annotations

import csv
import io
import zipfile
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.privacy.disclosure import MIN_GROUP_SIZE
from moviemotion.privacy.erasure import erase
from moviemotion.privacy.pseudonymize import pseudonymize_study
from moviemotion.privacy.releases import current_release, forget_viewer, record_departure
from moviemotion.privacy.roles import Role
from moviemotion.privacy.study_database import open_database
from moviemotion.study.provenance import load_analysis

HAPPY = NON_NEUTRAL_EMOTIONS.index("happy")


@pytest.fixture(autouse=True)
def _pseudonymized(matinee: Path) -> None:
    pseudonymize_study(matinee)


def downloaded_sums(client: TestClient) -> tuple[int, np.ndarray]:
    """The size of the audience, and the sum over its viewers of each second's happiness."""
    answer = client.get("/api/studies/matinee/exports/csv")
    assert answer.is_success, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        rows = csv.DictReader(io.StringIO(archive.read("audience_emotions.csv").decode()))
        happy = [row for row in rows if row["emotion"] == "happy"]
    mean = np.array([float(row["strength"] or "nan") for row in happy])
    seen = np.array([int(row["viewers"]) for row in happy])
    return int(seen.max()), mean * seen


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    both = np.isfinite(one) & np.isfinite(other)
    return float(np.corrcoef(one[both], other[both])[0, 1])


def test_two_downloads_around_an_erasure_do_not_reveal_the_viewer(people, matinee: Path) -> None:
    """The attack: n times the mean before, minus n − 1 times the mean after.

    All viewers laugh at the same time, so what they have in common is subtracted: it is known anyway.
    """
    whole = load_analysis(matinee)
    researcher, writer = people(Role.RESEARCHER), people(Role.WRITER)
    viewer, own = whole.timeline.viewers[4], whole.strength[4, :, HAPPY]
    before = {client: downloaded_sums(client) for client in (researcher, writer)}
    erase(matinee, viewer)
    after = {client: downloaded_sums(client) for client in (researcher, writer)}
    common = np.nanmean(np.delete(whole.strength[:, :, HAPPY], 4, axis=0), axis=0)

    def revealed(client: TestClient) -> float:
        difference = (before[client][1] - after[client][1]) / (before[client][0] - after[client][0])
        return correlation(difference - common, own - common)

    # The researcher has seen single viewers all along; without releases, the writer would get these values.
    print(f"r = {revealed(researcher):.3f} without releases, {revealed(writer):.3f} with them")
    assert before[researcher][0] - after[researcher][0] == 1
    assert revealed(researcher) > 0.99
    assert before[writer][0] - after[writer][0] == MIN_GROUP_SIZE
    # How much is revealed depends on the draw, so all that could have been drawn are tried.
    draws = []
    for others in combinations([k for k in range(len(whole.timeline.viewers)) if k != 4], MIN_GROUP_SIZE - 1):
        five = np.nanmean(whole.strength[[4, *others], :, HAPPY], axis=0)
        draws.append(correlation(five - common, own - common))
    low, middle, high = np.quantile(draws, [0.05, 0.5, 0.95])
    print(f"over {len(draws)} draws: median {middle:.2f}, 90 % between {low:.2f} and {high:.2f}")
    assert middle < 0.9


def test_each_release_differs_from_the_one_before_by_five(matinee: Path) -> None:
    """Whoever goes, and in whatever order, no two releases differ by one to four viewers."""
    rng = np.random.default_rng(5)
    pseudonymize_study(matinee)
    viewers = [f"v-{k}" for k in range(90)]
    shown = []
    with open_database(matinee) as database:
        for _ in range(30):
            left_out, _ = current_release(matinee, viewers)
            shown.append(frozenset(viewers) - left_out)
            for gone in rng.choice(viewers, int(rng.integers(1, 4)), replace=False).tolist():
                with database.transaction():
                    record_departure(database, gone)
                    record_departure(database, gone)  # an erasure that is resumed
                    forget_viewer(database, gone)
                viewers.remove(gone)
    for one, other in pairwise(shown):
        assert other <= one
        assert not 0 < len(one - other) < MIN_GROUP_SIZE
    assert len(set(shown)) > 3


def test_the_groups_of_a_release_differ_by_five_too(matinee: Path) -> None:
    pseudonymize_study(matinee)
    viewers = [f"v-{k:02}" for k in range(30)]
    groups = {"front": viewers[:12], "back": viewers[12:]}
    before = current_release(matinee, viewers, groups)[1]
    assert set(before) == {"front", "back"}
    # A group that was changed by one viewer would reveal this viewer.
    changed = current_release(matinee, viewers, {"front": viewers[:13]})[1]
    assert changed == {}
    with open_database(matinee) as database, database.transaction():
        record_departure(database, viewers[0])
        forget_viewer(database, viewers[0])
    after = current_release(matinee, viewers[1:], groups)[1]
    assert set(after) == {"front", "back"}
    assert len(set(before["front"]) - set(after["front"])) == MIN_GROUP_SIZE
    assert after["back"] == before["back"]


def test_nobody_is_left_out_before_results_have_been_shown(people, matinee: Path) -> None:
    """Results that nobody has seen cannot be compared."""
    viewers = load_analysis(matinee).timeline.viewers
    with open_database(matinee) as database, database.transaction():
        database.set_metadata("release", None)
    erase(matinee, viewers[0])
    assert current_release(matinee, viewers[1:]) == (frozenset(), {})
    assert downloaded_sums(people(Role.WRITER))[0] == len(viewers) - 1


def test_if_too_few_remain_other_roles_see_nothing(people, matinee: Path) -> None:
    writer = people(Role.WRITER)
    for viewer in load_analysis(matinee).timeline.viewers[:4]:
        assert writer.get("/api/studies/matinee/moments").is_success
        erase(matinee, viewer)
    assert writer.get("/api/studies/matinee/moments").json() == []
    assert len(people(Role.RESEARCHER).get("/api/studies/matinee/viewers").json()["viewers"]) == 8
