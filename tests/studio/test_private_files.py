"""Only the owner of a study can read its files, whatever the umask."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from studio_servers import until

from moviemotion.privacy.consent import record_offline_answer
from moviemotion.privacy.erasure import withdraw
from moviemotion.studio.accounts import AccountStore
from moviemotion.workflows.export import export

AT = "/api/studies/preview"


@pytest.fixture
def open_umask() -> Iterator[None]:
    """The umask of most systems, which lets everybody read new files."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def readable_by_others(folder: Path) -> list[str]:
    return [
        str(path.relative_to(folder))
        for path in (folder, *folder.rglob("*"))
        if stat.S_IMODE(path.lstat().st_mode) & 0o077
    ]


@pytest.mark.usefixtures("open_umask")
def test_nobody_else_can_read_a_study(
    client: TestClient, root: Path, keys: Path, seats: list[Path], film: Path
) -> None:
    study = {"id": "preview", "controller": "Lantern Films", "contact": "privacy@lantern.example"}
    assert client.post("/api/studies", json=study).status_code == 201
    receipts = []
    for seat, path in zip(("A1", "A2"), seats, strict=False):
        client.post(f"{AT}/seats", json={"seat": seat, "camera": path.stem})
        content = path.read_bytes()
        assert client.put(f"{AT}/files/recording/{path.name}", content=content).status_code == 201
        receipts.append(record_offline_answer(root / "preview", seat, True).code)
    script = (film / "film.fountain").read_bytes()
    assert client.put(f"{AT}/files/script/film.fountain", content=script).status_code == 201
    assert readable_by_others(root / "preview") == []
    assert client.post(f"{AT}/screening", json={"rate": 2}).status_code == 202
    until(lambda: client.get(f"{AT}/screening").json()["stage"] in ("finished", "failed"))
    assert client.get(AT).json()["stage"] == "finished"
    client.post(f"{AT}/notes", json={"at": 3, "text": "Here."})
    export(root / "preview", ("csv", "vtt"))
    written = {path.name for path in (root / "preview").iterdir()}
    assert {"samples", "exports", "study.db", "report.html", "notes.json"} <= written
    assert readable_by_others(root / "preview") == []
    withdraw(root / "preview", receipts[0])
    assert readable_by_others(root / "preview") == []
    assert readable_by_others(keys) == []
    AccountStore(root)
    assert stat.S_IMODE((root / "studio.db").stat().st_mode) == 0o600
