"""Releases: the viewers whose results are shown to roles other than the researcher.

If results were simply recomputed without a viewer who withdrew, n times the old mean minus n − 1 times the
new mean would be exactly what that viewer felt. Once results have been shown, they are therefore a *release*.
After a withdrawal, the next release also leaves out other viewers, drawn at random, so that two successive
releases differ by at least `MIN_GROUP_SIZE` viewers. All that a comparison of old and new results can show is
then a result about five viewers or more, as the disclosure promises.

- Viewers who were left out stay left out of later releases. If one of them withdraws, nothing changes.
- Viewers who withdraw before the next release is shown count toward the five.
- The viewers left out are drawn from the groups of the viewer who withdrew, so that the values of each group
  differ by five viewers, too.
- A group is shown only if it singles out no small group in combination with all groups that were ever shown,
  even if those have been changed since (`small_groups.visible_segments`).

The researcher sees individual viewers, and therefore also the results of all of them.
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from moviemotion.privacy.disclosure import MIN_GROUP_SIZE
from moviemotion.privacy.roles import Role
from moviemotion.privacy.small_groups import visible_segments
from moviemotion.privacy.study_database import StudyDatabase, has_database, open_database

_STATE = "release"


@dataclass(frozen=True)
class Release:
    """What has been shown to roles other than the researcher.

    Attributes:
        left_out: random IDs of viewers who are in the study but not in the release.
        gone: one item for each viewer who was in the release and has been erased since it was shown: the
            indices in `groups` of the groups that contained the viewer.
        groups: random IDs of the viewers of each group that was ever shown.
    """

    left_out: tuple[str, ...] = ()
    gone: tuple[tuple[int, ...], ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()

    def pattern(self, viewer: str) -> tuple[int, ...]:
        """The indices of the groups that contain a viewer; viewers with the same pattern are alike."""
        return tuple(k for k, group in enumerate(self.groups) if viewer in group)


def current_release(
    folder: Path,
    viewers: Sequence[str],
    groups: Mapping[str, Sequence[str]] | None = None,
    now: datetime | None = None,
) -> tuple[frozenset[str], dict[str, tuple[str, ...]]]:
    """Determine what roles other than the researcher see now, and record that it has been shown.

    Args:
        folder: the folder of a finished study.
        viewers: random IDs of the viewers in the study.
        groups: the name and viewers of each group that is about to be shown, in order of creation.
        now: defaults to the current time.

    Returns:
        The viewers left out of the release, and the groups that may be shown, limited to its viewers. If the
        study has no database, nobody can have been erased from it, and nobody is left out.
    """
    if not has_database(folder):
        return frozenset(), visible_segments(groups or {}, viewers, Role.WRITER)
    with open_database(folder) as database:
        before = _read(database)
        after, shown = _next_release(before or Release(), viewers, groups or {})
        if after != before:
            with database.transaction():
                # Another request may have changed it in the meantime.
                before = _read(database)
                after, shown = _next_release(before or Release(), viewers, groups or {})
                _write(database, after)
                if before is None or after.left_out != before.left_out:
                    count = {
                        "viewers": len(viewers) - len(after.left_out),
                        "left out": len(after.left_out),
                    }
                    database.log(Role.SYSTEM, "released", count, now)
    return frozenset(after.left_out), shown


def record_departure(database: StudyDatabase, viewer: str) -> None:
    """Leave a viewer out who is about to be erased; must be called within a transaction, before the erasure.

    Calling it again has no effect.
    """
    release = _read(database)
    if release is None or viewer in release.left_out:
        return  # nothing has been shown yet, or nothing about this viewer
    gone = (*release.gone, release.pattern(viewer))
    _write(database, replace(release, left_out=(*release.left_out, viewer), gone=gone))


def forget_viewer(database: StudyDatabase, viewer: str) -> None:
    """Remove the ID of a viewer who is erased; must be called within the transaction that deletes the row."""
    release = _read(database)
    if release is not None:
        groups = tuple(tuple(v for v in group if v != viewer) for group in release.groups)
        left_out = tuple(v for v in release.left_out if v != viewer)
        _write(database, replace(release, left_out=left_out, groups=groups))


def mark_as_shown(database: StudyDatabase, groups: Mapping[str, Sequence[str]]) -> None:
    """Record that results may have been shown before the study had a database; within a transaction."""
    if _read(database) is None:
        _write(database, Release(groups=tuple(tuple(members) for members in groups.values())))


def _next_release(
    before: Release, viewers: Sequence[str], groups: Mapping[str, Sequence[str]]
) -> tuple[Release, dict[str, tuple[str, ...]]]:
    after = before
    if before.gone:
        after = replace(before, left_out=(*before.left_out, *_companions(before, viewers)), gone=())
    remaining = [viewer for viewer in viewers if viewer not in after.left_out]
    shown = visible_segments(groups, remaining, Role.WRITER, after.groups)
    known = [set(group) & set(remaining) for group in after.groups]
    new = tuple(members for members in shown.values() if set(members) not in known)
    return replace(after, groups=(*after.groups, *new)), shown


def _companions(release: Release, viewers: Sequence[str]) -> list[str]:
    """Draw the viewers who are left out along with those who have gone."""
    random, chosen = secrets.SystemRandom(), []
    present = [viewer for viewer in viewers if viewer not in release.left_out]
    for pattern, gone in Counter(release.gone).items():
        alike = [viewer for viewer in present if release.pattern(viewer) == pattern]
        chosen += random.sample(alike, min(max(MIN_GROUP_SIZE - gone, 0), len(alike)))
    others = [viewer for viewer in present if viewer not in chosen]
    missing = max(MIN_GROUP_SIZE - len(release.gone) - len(chosen), 0)
    return sorted(chosen + random.sample(others, min(missing, len(others))))


def _read(database: StudyDatabase) -> Release | None:
    stored = database.get_metadata(_STATE)
    if stored is None:
        return None
    content = json.loads(stored)
    return Release(
        tuple(content["left_out"]),
        tuple(map(tuple, content["gone"])),
        tuple(map(tuple, content["groups"])),
    )


def _write(database: StudyDatabase, release: Release) -> None:
    database.set_metadata(_STATE, json.dumps(asdict(release)))
