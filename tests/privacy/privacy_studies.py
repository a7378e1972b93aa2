"""Small studies of synthetic samples: three viewers in one camera, and two with one each."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from moviemotion.audience.samples import Samples
from moviemotion.audience.video.masking import Region
from moviemotion.privacy.study_database import KEYS_FOLDER_VARIABLE, ConsentTerms
from moviemotion.problems import Harm, Problem
from moviemotion.study.folder import StudyFolder
from moviemotion.workflows.screen import analyze_and_write

SECONDS, RATE = 40, 2
PLACES = {"row": (100, 300, 500), "cam-a": (200,), "cam-b": (250,)}
REGIONS = {f"R{k + 1}": Region(100 * (2 * k + 0), 0, 100 * (2 * k + 2), 400) for k in range(3)}
TERMS = ConsentTerms("Lantern Films", "privacy@lantern.example", pictures=True)


HOLD = """
import sys
from pathlib import Path
from moviemotion._io.locks import hold_lock
with hold_lock(Path(sys.argv[1]), 0, "taken"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of keys of the test's own."""
    monkeypatch.setenv(KEYS_FOLDER_VARIABLE, str(tmp_path / "keys"))
    return tmp_path / "keys"


def synthetic_samples(camera: str, places: tuple[int, ...], seed: int, exchanges: tuple = ()) -> Samples:
    """Faces of 60 px around some x, each seen twice a second."""
    rng = np.random.default_rng(seed)
    frames = SECONDS * RATE
    n = frames * len(places)
    viewer = np.tile(np.arange(len(places), dtype=np.int16), frames)
    x = np.array(places, np.float32)[viewer] + rng.normal(0, 5, n).astype(np.float32)
    names = (camera,) if len(places) == 1 else tuple(f"{camera}-{k + 1}" for k in range(len(places)))
    return Samples(
        viewers=names,
        frames=frames,
        end=SECONDS - 1 / RATE,
        viewer=viewer,
        time=np.repeat(np.arange(frames) / RATE, len(places)),
        box=np.stack([x - 30, np.full(n, 170, np.float32), x + 30, np.full(n, 230, np.float32)], axis=1),
        detection=rng.uniform(0.5, 1, n).astype(np.float32),
        emotions=rng.dirichlet(np.ones(8), n).astype(np.float32),
        weight=np.ones(n, np.float32),
        rejection_reason=np.zeros(n, np.int8),
        identity_switches=exchanges,
    )


@contextmanager
def another_program(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Holds a lock until it is killed or the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout
        assert program.stdout.readline() == "held\n"
        yield program
        program.kill()


def write_study(folder: Path, exchanges: tuple = ()) -> Path:
    """A finished study as `screen` leaves it."""
    study = StudyFolder(folder, {"rate": RATE, "cameras": {c: {"file": f"{c}-fingerprint"} for c in PLACES}})
    watched = []
    for seed, (camera, places) in enumerate(PLACES.items()):
        watched.append(synthetic_samples(camera, places, seed, exchanges if camera == "row" else ()))
        study.save_samples(camera, watched[-1])
    notes = [
        Problem("ends-early", Harm.MISSING, "ends at 30 s of 40 s", "videos/cam-a.mp4"),
        Problem("seats-exchanged", Harm.NOTE, "row-1 and row-2 changed places", "videos/row.mp4"),
    ]
    analyze_and_write(study, watched, None, notes, 36, None)
    return folder


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tests only read it."""
    return write_study(tmp_path_factory.mktemp("privacy") / "finished")


@pytest.fixture
def study(finished: Path, tmp_path: Path) -> Path:
    """A finished study of five viewers, without a database."""
    return Path(shutil.copytree(finished, tmp_path / "study"))
