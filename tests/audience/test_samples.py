"""Samples are read from disk as they were written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moviemotion._io.schemas import NewerVersionError
from moviemotion.audience.faces.identity_switches import IdentitySwitch
from moviemotion.audience.faces.quality import REJECTION_REASONS
from moviemotion.audience.samples import Samples
from moviemotion.emotions import EMOTIONS
from moviemotion.privacy.viewer_samples import SAMPLE_COLUMNS

NAMES = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    max_size=4,
    unique=True,
).map(tuple)


@st.composite
def samples(draw: st.DrawFn) -> Samples:
    viewers = draw(NAMES)
    n = draw(st.integers(0, 12)) if viewers else 0
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    return Samples(
        viewers=viewers,
        frames=draw(st.integers(0, 10**6)),
        end=draw(st.floats(-100, 1e5)),
        viewer=rng.integers(0, max(1, len(viewers)), n).astype(np.int16),
        time=rng.uniform(-10, 7200, n),
        box=rng.normal(100, 50, (n, 4)).astype(np.float32),
        detection=rng.random(n, np.float32),
        emotions=rng.dirichlet(np.ones(8), n).astype(np.float32),
        weight=rng.random(n, np.float32),
        rejection_reason=rng.integers(0, len(REJECTION_REASONS), n).astype(np.int8),
        pose=rng.normal(0, 20, (n, 2)).astype(np.float32),
        displacement=rng.random(n, np.float32),
        identity_switches=tuple(
            IdentitySwitch(float(rng.uniform(0, 99)), k, k + 1, bool(rng.integers(2)))
            for k in range(len(viewers) - 1)
        ),
    )


def test_version_4_has_no_pose_and_gets_its_displacement_from_the_boxes(tmp_path: Path) -> None:
    seen = samples_at(np.arange(20.0), np.zeros(20, np.int16), ())
    box = np.tile(np.array([10, 10, 60, 60], np.float32), (20, 1))
    box[-1] += 100
    replace(seen, box=box, displacement=np.empty(0, np.float32)).write(path := tmp_path / "seat-01.parquet")
    table = pq.read_table(path)
    earlier = table.drop_columns(["yaw", "pitch", "displacement"])
    pq.write_table(earlier.replace_schema_metadata({**table.schema.metadata, b"version": b"4"}), path)
    samples = Samples.read(path)
    assert np.isnan(samples.pose).all()
    assert samples.displacement[-1] == pytest.approx(np.hypot(2, 2))
    samples.write(path)
    assert Samples.read(path).displacement.tolist()[-5:] == samples.displacement.tolist()[-5:]


@given(samples())
@settings(max_examples=40)
def test_round_trip(written: Samples) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "camera 1.mp4.parquet"
        written.write(path)
        read = Samples.read(path)
        assert list(Path(folder).iterdir()) == [path]
    assert (read.viewers, read.frames, read.end) == (written.viewers, written.frames, written.end)
    assert read.identity_switches == written.identity_switches
    for name in SAMPLE_COLUMNS:
        if name == "brightness":
            continue  # unknown in these samples
        before, after = getattr(written, name), getattr(read, name)
        assert after.dtype == before.dtype
        assert after.shape == before.shape
        assert (after == before).all()


def earlier_file(path: Path, version: str | None) -> None:
    """Two samples as version 1 or 2 of the file has them."""
    columns: dict[str, object] = {
        "viewer": pa.DictionaryArray.from_arrays(np.zeros(2, np.int16), pa.array(["seat-01"])),
        "time": np.array([0.0, 0.5]),
        **{name: np.ones(2, np.float32) for name in ("left", "top", "right", "bottom", "detection")},
        **{str(emotion): np.full(2, 1 / 8, np.float32) for emotion in EMOTIONS},
    }
    facts = {"viewers": '["seat-01"]', "frames": "2", "end": "0.5"}
    if version == "2":
        columns["weight"] = np.array([1, 0], np.float32)
        reasons = pa.array(REJECTION_REASONS)
        columns["refused"] = pa.DictionaryArray.from_arrays(np.array([0, 1], np.int8), reasons)
        facts |= {"format": "2", "exchanges": "[]", "blanks": "[[0.1, 0.2]]"}
    pq.write_table(pa.table(columns).replace_schema_metadata(facts), path)


def test_version_2_is_migrated(tmp_path: Path) -> None:
    earlier_file(path := tmp_path / "seat-01.parquet", "2")
    samples = Samples.read(path)
    assert samples.weight.tolist() == [1, 0]
    assert samples.rejection_reason.tolist() == [0, 1]
    assert samples.gaps == ((0.1, 0.2),)


def test_samples_of_version_1_are_all_trusted(tmp_path: Path) -> None:
    earlier_file(path := tmp_path / "seat-01.parquet", None)
    samples = Samples.read(path)
    assert samples.weight.tolist() == [1, 1]
    assert samples.rejection_reason.tolist() == [0, 0]
    samples.write(path)
    assert Samples.read(path).weight.tolist() == [1, 1]


def test_a_newer_version_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "seat-01.parquet"
    newer = pa.table({"time": [0.0]}).replace_schema_metadata(
        {"schema": "moviemotion/samples", "version": "99"}
    )
    pq.write_table(newer, path)
    with pytest.raises(NewerVersionError, match=r"version 99 .*; upgrade moviemotion") as refused:
        Samples.read(path)
    assert "\n" not in str(refused.value)
    assert str(path) in str(refused.value)


def test_identity_switches_are_applied_in_order_of_time_whatever_their_order_in_the_file() -> None:
    """Viewers 0 and 1 exchange seats at 10 s, then 1 and 2 at 20 s: the two do not commute."""
    times = np.repeat([5.0, 15.0, 25.0], 3)
    seats = np.tile(np.arange(3, dtype=np.int16), 3)
    first, second = IdentitySwitch(10.0, 0, 1, followed=False), IdentitySwitch(20.0, 1, 2, followed=False)
    for switches in ((first, second), (second, first)):
        seen = samples_at(times, seats, switches)
        assert seen.viewer_of_sample().reshape(3, 3).tolist() == [[0, 1, 2], [1, 0, 2], [1, 2, 0]]


def test_an_identity_switch_that_was_followed_moves_no_sample() -> None:
    followed = IdentitySwitch(10.0, 0, 1, followed=True)
    seen = samples_at(np.array([5.0, 15.0]), np.array([0, 0], np.int16), (followed,))
    assert seen.viewer_of_sample().tolist() == [0, 0]


def samples_at(times: np.ndarray, viewer: np.ndarray, switches: tuple[IdentitySwitch, ...]) -> Samples:
    """Samples of three viewers of which only time and viewer matter."""
    n = len(times)
    return Samples(
        viewers=("a", "b", "c"),
        frames=n,
        end=float(times[-1]),
        viewer=viewer,
        time=times,
        box=np.zeros((n, 4), np.float32),
        detection=np.ones(n, np.float32),
        emotions=np.full((n, 8), 0.125, np.float32),
        weight=np.ones(n, np.float32),
        rejection_reason=np.zeros(n, np.int8),
        identity_switches=switches,
    )
