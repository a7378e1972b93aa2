"""Until when each kind of data is kept, kept to: by command, on start, and written down.

The dates are set when a study is begun. They are part of the disclosure, so they may be brought forward
afterwards but never put off.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from moviemotion._io.atomic_files import delete_partial
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import encrypted_pictures, study_database
from moviemotion.privacy.audit_log import Role, utc
from moviemotion.privacy.disclosure import FEWEST
from moviemotion.privacy.study_database import Kind, Register, Terms, opened
from moviemotion.study.folder import CAPTURED, EXPORTS, GROUPS, JOURNAL, PICTURES, UPLOADS, Study
from moviemotion.study.outputs import REPORTS, VIEWERS_RESULTS
from moviemotion.study.provenance import TOLD

LONGEST = 3 * 365
"""Days: 740 ILCS 14/15(a) ends at three years after the last contact."""


DAYS = {Kind.PICTURES: 30, Kind.SAMPLES: 180, Kind.REPORTS: LONGEST}
"""Days for which each kind is kept unless the operator says otherwise."""
_PATHS = {
    Kind.PICTURES: (UPLOADS, PICTURES),
    Kind.SAMPLES: ("samples", JOURNAL, TOLD, *CAPTURED, GROUPS, EXPORTS, *VIEWERS_RESULTS),
    Kind.REPORTS: REPORTS,
}


@dataclass(frozen=True)
class Held:
    """One kind of data as it is now.

    Attributes:
        files, bytes: what is on disk.
        until: the first day on which it is no longer kept.
        deleted: when it was, UTC; None while it is kept.
    """

    kind: Kind
    files: int
    bytes: int
    until: date
    deleted: str | None


def begin(folder: Path, terms: Terms, days: Mapping[Kind, int], now: datetime | None = None) -> None:
    """Begin the register of a study, before its seats are asked.

    Args:
        days: for which each kind is kept; `DAYS` for those not named.

    Raises:
        MoviemotionError: a number of days cannot be kept to, or the study has a register.
    """
    for kind, number in days.items():
        if not 1 <= number <= LONGEST:
            raise MoviemotionError(f"{kind}: {number} days; give 1 to {LONGEST}")
    study_database.create(folder, terms, dates(days, now), now)


def dates(days: Mapping[Kind, int], now: datetime | None = None) -> dict[str, str]:
    """Kind → the day on which it is deleted, ISO 8601, counted from now."""
    today = (now or datetime.now(UTC)).astimezone(UTC).date()
    return {kind: (today + timedelta(days=n)).isoformat() for kind, n in {**DAYS, **days}.items()}


def bring_forward(folder: Path, kind: Kind, until: date, now: datetime | None = None) -> None:
    """Keep a kind of data for less long than was said.

    Raises:
        MoviemotionError: it would be kept for longer.
    """
    with opened(folder) as study, study.writing():
        (row,) = (held for held in _dates(study) if held[0] is kind)
        if until > row[1]:
            raise MoviemotionError(
                f"{kind}: kept until {row[1]}, as viewers were told; it can only end sooner"
            )
        study.db.execute("UPDATE retention SET until = ? WHERE kind = ?", (until.isoformat(), kind))
        study.log(
            Role.PRIVACY_OFFICER, "date brought forward", {"kind": kind, "until": until.isoformat()}, now
        )


def held(folder: Path) -> tuple[Held, ...]:
    """What a study holds of each kind, and until when."""
    with opened(folder) as study:
        return tuple(
            Held(kind, len(sizes), sum(sizes), until, deleted)
            for kind, until, deleted in _dates(study)
            for sizes in [_sizes(folder, kind)]
        )


def enforce(folder: Path, now: datetime | None = None) -> tuple[Kind, ...]:
    """Delete every kind of data whose day has come, and write down that it was.

    Also what came into the study after its day. Results about a room of fewer than `FEWEST` viewers are about
    people: they go with the samples.

    Args:
        now: another moment, to see what would be kept then.

    Returns:
        The kinds that were deleted.
    """
    today = (now or datetime.now(UTC)).astimezone(UTC).date()
    with opened(folder) as study:
        (viewers,) = study.db.execute("SELECT COUNT(*) FROM viewers").fetchone()
        left = {kind: until for kind, until, before in _dates(study) if not before or _sizes(folder, kind)}
        due = {kind for kind, until in left.items() if until <= today}
        if Kind.SAMPLES in due and Kind.REPORTS in left and viewers < FEWEST:
            due.add(Kind.REPORTS)
        # Samples last: with them goes how many viewers there were, which an interrupted run asks for again.
        for kind in (Kind.PICTURES, Kind.REPORTS, Kind.SAMPLES):
            if kind in due:
                _delete(study, kind, now)
    return tuple(kind for kind in Kind if kind in due)


def _delete(study: Register, kind: Kind, now: datetime | None) -> None:
    sizes = _sizes(study.folder, kind)
    delete_partial(study.folder)
    for name in _PATHS[kind]:
        path = study.folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    if kind is Kind.PICTURES:
        encrypted_pictures.destroy_key(study.study_id)
    if kind is Kind.SAMPLES and (study.folder / "study.json").is_file():
        begun = Study.reopen(study.folder)
        begun.remake({**begun.made_from, "cameras": {}, "register": study.study_id})
    with study.forgetting():
        if kind is Kind.PICTURES:
            study.db.execute("DELETE FROM pictures")
        if kind is Kind.SAMPLES:
            for table in ("pictures", "consents", "viewers", "cameras", "seats"):
                study.db.execute(f"DELETE FROM {table}")
        study.db.execute("UPDATE retention SET deleted = ? WHERE kind = ?", (utc(now), kind))
        details = {"kind": kind, "files": len(sizes), "bytes": sum(sizes)}
        study.log(Role.SYSTEM, "deleted on its day", details, now)


def _dates(study: Register) -> list[tuple[Kind, date, str | None]]:
    until = study.until()
    deleted = dict(study.db.execute("SELECT kind, deleted FROM retention"))
    return [(kind, until[kind], deleted[kind]) for kind in Kind]


def _sizes(folder: Path, kind: Kind) -> list[int]:
    """Bytes of each file of a kind."""
    sizes = []
    for name in _PATHS[kind]:
        path = folder / name
        for file in [path] if path.is_file() else path.rglob("*"):
            with suppress(FileNotFoundError):  # deleted meanwhile
                sizes += [file.stat().st_size] if file.is_file() else []
    return sizes
